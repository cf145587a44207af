//! The pass that looks at every event once: each customer's events of one month or quarter are folded as if they
//! were somebody's whole life. What an indicator counts in a window is what it counts of the events in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt, stream};
use gradus_grading::fold::{AsOf, Elsewhere, FoldPlan, RunCutter, Runs, Visible, visible_runs};
use gradus_ledger::table::{EventsSnapshot, ScanBound};

use super::grid::{Counting, Folded, Grid};
use crate::WorkspaceError;
use crate::compiled::Compiled;
use crate::grade::{each_linked, scan_columns, task_context};
use crate::stored::processors;

/// Counts everybody, part by part on all processors; those with several identities at the end.
pub(super) async fn count(
    compiled: &Compiled,
    snapshot: &EventsSnapshot,
    links: BTreeMap<i64, i64>,
    bound: ScanBound,
    counting: &Arc<Counting>,
) -> Result<Grid, WorkspaceError> {
    let retractions = snapshot.shape(bound).has_retractions;
    let columns = scan_columns(compiled, retractions);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let plan = snapshot.scan(&columns, bound)?.plan;
    let elsewhere: Elsewhere = Arc::new(links.keys().copied().collect());
    let visible = Visible { retractions, ..Visible::default() };
    let context = task_context();
    let n_partitions = plan.properties().output_partitioning().partition_count();
    let tasks = (0..n_partitions).map(|partition| {
        let (plan, context, counting) = (plan.clone(), context.clone(), counting.clone());
        let (fold, elsewhere) = (compiled.fold.clone(), elsewhere.clone());
        async move {
            let task = tokio::spawn(async move {
                let mut grid = Grid::new(counting.instants.len());
                let mut events = plan.execute(partition, context)?;
                let mut cutter = RunCutter::new(events.schema());
                let mut add = |whole: Vec<Runs>| -> Result<(), WorkspaceError> {
                    for runs in whole {
                        if let Some(runs) = visible_runs(runs, visible, &elsewhere)? {
                            add(&counting, &fold, &mut grid, runs)?;
                        }
                    }
                    Ok(())
                };
                while let Some(batch) = events.next().await {
                    add(cutter.push(batch?)?)?;
                }
                add(cutter.finish()?.into_iter().collect())?;
                Ok::<_, WorkspaceError>(grid)
            });
            task.await.map_err(|error| WorkspaceError::Defect(format!("a count ended: {error}")))?
        }
    });
    let mut grid = Grid::new(counting.instants.len());
    let mut done = stream::iter(tasks).buffered(processors().get());
    while let Some(part) = done.next().await {
        grid.merge(&part?);
    }
    drop(done);
    let identities = links.keys().copied().collect();
    let mut each = |runs: Runs| add(counting, &compiled.fold, &mut grid, runs);
    each_linked(compiled, snapshot, &identities, &links, bound, &mut each).await?;
    Ok(grid)
}

/// Adds the events of some customers.
fn add(counting: &Counting, fold: &FoldPlan, grid: &mut Grid, runs: Runs) -> Result<(), WorkspaceError> {
    let Some(last) = counting.instants.last() else { return Ok(()) };
    let (stretches, of) = stretches(runs, &counting.instants, counting.before_us);
    // What could not be worked out was told when everybody was graded.
    let mut faults = BTreeMap::new();
    // Who this is, where they stand and when they first bought, from one stretch to the next.
    let (mut customer, mut place, mut began, mut from) = (None, None, None, 0);
    for batch in fold.fold(&stretches, &[*last], &mut faults)? {
        let folded = Folded::of(&batch)?;
        for row in 0..folded.len() {
            let Some((who, step)) = of.get(folded.customers.value(row) as usize).copied() else { continue };
            if customer != Some(who) {
                customer = Some(who);
                place = counting.place(who, from);
                from = place.unwrap_or(from);
                began = None;
            }
            let Some(place) = place else { continue };
            began = began.or_else(|| folded.began(row, last.day, counting.by.unit(), counting.first));
            if let Some(began) = began {
                counting.note(grid, place, began, step, folded.bought(row));
            }
        }
    }
    Ok(())
}

/// The runs cut at the close of each step: one stretch stands under its number, and the list says whose it is and
/// of which step. All before the first step is one stretch, of the step 0; it tells no more than that somebody
/// bought before.
fn stretches(runs: Runs, closes: &[AsOf], before_us: i64) -> (Runs, Vec<(i64, usize)>) {
    let (mut offsets, mut of) = (Vec::new(), Vec::new());
    let times = runs.times();
    for (run, customer) in runs.customers.iter().enumerate() {
        let (mut start, end) = runs.range(run);
        while start < end {
            let time = times[start as usize];
            let step = closes.partition_point(|close| close.instant_us < time);
            let until = match time <= before_us {
                true => before_us,
                false => closes.get(step).map_or(i64::MAX, |close| close.instant_us),
            };
            offsets.push(start);
            of.push((*customer, step));
            start += times[start as usize..end as usize].partition_point(|time| *time <= until) as u32;
        }
    }
    offsets.push(runs.offsets.last().copied().unwrap_or(0));
    let customers = (0..of.len() as i64).collect();
    (Runs { batch: runs.batch, customers, offsets }, of)
}
