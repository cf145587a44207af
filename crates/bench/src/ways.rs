//! What lifts or keeps the tier, as whoever opens a customer waits for it: events are added to the customer's own and
//! graded again, until the least that suffices is found; customer by customer, spread over the whole base.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use gradus_workspace::access::Principal;
use gradus_workspace::base::Base;
use gradus_workspace::{GradeOptions, Workspace, customers, grade};
use serde::{Deserialize, Serialize};

use crate::answer::{cpu_seconds, peak_mb};
use crate::{Outcome, data};

/// Customers that are asked about.
const N: usize = 200;

#[derive(Debug, Serialize, Deserialize)]
pub struct Searched {
    n_customers: usize,
    n_asked: usize,
    /// Goals with a way, and goals out of reach with the reason.
    n_ways: usize,
    n_out_of_reach: usize,
    /// Of one customer.
    median_ms: f64,
    p95_ms: f64,
    most_ms: f64,
    cpu_ms: f64,
    peak_mb: f64,
}

/// Grades everybody, and asks for one customer after the other.
pub async fn run(root: &Path, n_threads: NonZeroUsize) -> Outcome<Searched> {
    std::fs::write(root.join("model").join("bench.yaml"), data::MODEL)?;
    let workspace = Workspace::open(root, None).await?;
    let options = GradeOptions {
        instants: vec![data::as_of(&workspace.zone)],
        known_at_us: None,
        store: true,
        reuse: true,
        n_threads,
    };
    grade(&workspace, &options, &()).await?;
    let base = Base::as_of(&workspace, None).await?;
    let who = Principal::local();
    let step = (base.n_customers() / N).max(1);
    let asked: Vec<i64> = base.rows().map(|(customer, _, _)| customer).step_by(step).take(N).collect();
    let (mut times, mut n_ways, mut n_out_of_reach) = (Vec::with_capacity(asked.len()), 0, 0);
    let cpu = cpu_seconds();
    for customer in &asked {
        let start = Instant::now();
        let found = customers::ways(&workspace, &who, &base, *customer, None).await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        for goal in found.schemes.iter().flat_map(|scheme| &scheme.goals) {
            n_ways += usize::from(!goal.ways.is_empty());
            n_out_of_reach += usize::from(goal.out_of_reach.is_some());
        }
    }
    let cpu_ms = (cpu_seconds() - cpu) * 1e3 / asked.len().max(1) as f64;
    // What was kept for this alone.
    for table in ["grades", "transitions"] {
        let _ = std::fs::remove_dir_all(root.join("ledger").join(table));
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).or(times.last()).copied();
    Ok(Searched {
        n_customers: base.n_customers(),
        n_asked: asked.len(),
        n_ways,
        n_out_of_reach,
        median_ms: at(0.5).ok_or("nobody was asked about")?,
        p95_ms: at(0.95).ok_or("nobody was asked about")?,
        most_ms: at(1.0).ok_or("nobody was asked about")?,
        cpu_ms,
        peak_mb: peak_mb(),
    })
}

pub fn print(done: &Searched) {
    let Searched { n_customers, n_asked, n_ways, n_out_of_reach, .. } = done;
    println!("\nWhat lifts or keeps the tier: {n_asked} of {n_customers} customers, one after the other");
    println!("  {n_ways} goals with a way, {n_out_of_reach} out of reach");
    println!(
        "  each  median {:.1} ms, 95 % within {:.1} ms, the slowest {:.1} ms ({:.1} cpu ms, peak {:.0} MB)",
        done.median_ms, done.p95_ms, done.most_ms, done.cpu_ms, done.peak_mb
    );
}
