//! A back-test of four dates, a quarter apart, as an operator asks for it: everybody graded four times with
//! what was known then, the horizons counted, and all of it judged.

use std::path::Path;
use std::time::Instant;

use gradus_workspace::Workspace;
use gradus_workspace::access::Principal;
use gradus_workspace::backtest::{BacktestRequest, backtest};
use serde::{Deserialize, Serialize};

use crate::answer::{cpu_seconds, peak_mb};
use crate::{Outcome, data};

#[derive(Debug, Serialize, Deserialize)]
pub struct Backtested {
    dates: Vec<String>,
    n_customers: Vec<u64>,
    /// AUC of the score for repurchase, at each date.
    auc: Vec<f64>,
    seconds: f64,
    cpu_seconds: f64,
    peak_mb: f64,
}

/// Runs it once: the ledger is read eight times and more, so that one run is long enough to measure.
pub async fn run(root: &Path) -> Outcome<Backtested> {
    std::fs::write(root.join("model").join("bench.yaml"), data::MODEL)?;
    let workspace = Workspace::open(root, None).await?;
    let request = BacktestRequest {
        every: Some("quarter".into()),
        dates: Some(4),
        horizon: Some("90d".into()),
        ..BacktestRequest::default()
    };
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let done = backtest(&workspace, &Principal::local(), &request, &()).await?;
    let (seconds, cpu_seconds) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let mut auc = Vec::new();
    for date in &done.dates {
        let judged = &date.judged;
        // Everybody is on one level or none, and their revenue adds up.
        for groups in &judged.tiers {
            let n: u64 = groups.groups.iter().map(|group| group.n).sum();
            if n != judged.n_customers {
                return Err("the levels do not hold everybody".into());
            }
        }
        let score = judged.scores.first().ok_or("no score was judged")?;
        let one = score.separations.iter().find(|one| one.outcome == "repurchase");
        auc.push(one.ok_or("repurchase was not judged")?.auc.value);
    }
    Ok(Backtested {
        dates: done.dates.iter().map(|date| date.as_of.clone()).collect(),
        n_customers: done.dates.iter().map(|date| date.judged.n_customers).collect(),
        auc,
        seconds,
        cpu_seconds,
        peak_mb: peak_mb(),
    })
}

pub fn print(done: &Backtested) {
    println!("\nBack-test of {} dates, horizon 90 days", done.dates.len());
    for ((date, n), auc) in done.dates.iter().zip(&done.n_customers).zip(&done.auc) {
        println!("  {date}  {n:>9} customers  AUC {auc:.3}");
    }
    println!("  whole  {:.1} s ({:.1} cpu s, peak {:.0} MB)", done.seconds, done.cpu_seconds, done.peak_mb);
}
