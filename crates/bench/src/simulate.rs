//! A changed model beside the one in force, as an operator asks for it before publishing: everybody as of one
//! instant, then over six month ends; from the events, or from stored grades where there are some.

use std::path::Path;
use std::time::Instant;

use gradus_workspace::access::Principal;
use gradus_workspace::simulate::{Stretch, What, simulate_history, simulate_what};
use gradus_workspace::{Workspace, versions};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::{cpu_seconds, peak_mb};
use crate::{Outcome, data};

const AS_OF: &str = "2025-12-31";
const FROM: &str = "2025-07-31";

#[derive(Debug, Serialize, Deserialize)]
pub struct Simulated {
    /// One instant, or a stretch.
    steps: usize,
    n_customers: u64,
    /// Customers whose tier is another by the changed model, or who moved at some step.
    n_moved: u64,
    /// Instants whose indicators came from stored grades.
    n_reused: usize,
    seconds: f64,
    cpu_seconds: f64,
    peak_mb: f64,
}

/// Simulates once; `over_history`: over six month ends.
pub async fn run(root: &Path, over_history: bool) -> Outcome<Simulated> {
    std::fs::write(root.join("model").join("bench.yaml"), data::MODEL)?;
    let workspace = Workspace::open(root, None).await?;
    let who = Principal::local();
    let draft = versions::draft(&workspace, &who).await?;
    let mut document = draft.document;
    let weight = document
        .pointer_mut("/scorecards/value/attributes/recency/weight")
        .ok_or("the model of the benchmark has no weight of recency")?;
    *weight = json!(3.5);
    versions::write_draft(&workspace, &who, draft.revision, &document).await?;
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let (steps, n_customers, n_moved, n_reused) = match over_history {
        false => {
            let done = simulate_what(&workspace, What::Draft, Some(AS_OF), &()).await?;
            let moved = done.matrix.iter().filter(|one| one.from != one.to).map(|one| one.count);
            (1, done.customers, moved.sum::<u64>(), 0)
        }
        true => {
            let stretch = Stretch { from: Some(FROM.into()), to: Some(AS_OF.into()), ..Stretch::default() };
            let done = simulate_history(&workspace, What::Draft, &stretch, &()).await?;
            let scheme = done.schemes.first().ok_or("no scheme was simulated")?;
            let last = scheme.steps.last().ok_or("no step was simulated")?;
            // Everybody is on one level or none.
            let n_customers = last.levels.iter().map(|level| level.count).sum();
            let moved = scheme.flapping.first().map_or(0, |one| one.customers_moved);
            (done.as_of.len(), n_customers, moved, done.n_reused)
        }
    };
    let (seconds, cpu_seconds) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    Ok(Simulated { steps, n_customers, n_moved, n_reused, seconds, cpu_seconds, peak_mb: peak_mb() })
}

/// The same by DuckDB, and how much longer one took than the other.
///
/// # Errors
/// They moved other customers.
pub fn beside(own: &Simulated, other: &Simulated) -> Outcome<()> {
    let counts = |one: &Simulated| (one.steps, one.n_customers, one.n_moved);
    println!(
        "  duckdb, same files  {:.1} s ({:.1} cpu s, peak {:.0} MB): gradus takes {:.2} times as long",
        other.seconds,
        other.cpu_seconds,
        other.peak_mb,
        own.seconds / other.seconds
    );
    match counts(own) == counts(other) {
        true => Ok(()),
        false => {
            Err(format!("steps, customers, moved: {:?}, by duckdb {:?}", counts(own), counts(other)).into())
        }
    }
}

pub fn print(done: &Simulated) {
    let Simulated { steps, n_customers, n_moved, n_reused, .. } = done;
    println!("\nSimulation of a changed weight, {steps} instants, both versions");
    println!("  {n_customers} customers, {n_moved} moved, {n_reused} instants from stored grades");
    println!("  whole  {:.1} s ({:.1} cpu s, peak {:.0} MB)", done.seconds, done.cpu_seconds, done.peak_mb);
}
