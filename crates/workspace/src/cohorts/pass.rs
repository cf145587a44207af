//! The pass that asks of everybody as of the close of every step.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::physical_plan::ExecutionPlan;
use futures::{StreamExt, stream};
use gradus_grading::fold::{Elsewhere, FoldExec, Visible};
use gradus_ledger::table::{EventsSnapshot, ScanBound};

use super::grid::{Counting, Grid};
use crate::WorkspaceError;
use crate::compiled::Compiled;
use crate::grade::{instant_of, scan_columns, task_context};
use crate::stored::processors;

/// Folds everybody whose events lie under one identity, part by part, and keeps only the counts.
pub(super) async fn fold(
    compiled: &Compiled,
    snapshot: &EventsSnapshot,
    links: &BTreeMap<i64, i64>,
    bound: ScanBound,
    counting: &Arc<Counting>,
) -> Result<Grid, WorkspaceError> {
    let retractions = snapshot.shape(bound).has_retractions;
    let columns = scan_columns(compiled, retractions);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let scan = snapshot.scan(&columns, bound)?;
    let elsewhere: Elsewhere = Arc::new(links.keys().copied().collect());
    let visible = Visible { retractions, ..Visible::default() };
    let exec = FoldExec::new(compiled.fold.clone(), counting.instants.clone(), visible, elsewhere, scan.plan);
    let exec = Arc::new(exec);
    let n = counting.instants.len();
    let at: Arc<BTreeMap<i64, usize>> =
        Arc::new(counting.instants.iter().enumerate().map(|(at, as_of)| (as_of.instant_us, at)).collect());
    let context = task_context();
    let n_partitions = exec.properties().output_partitioning().partition_count();
    let tasks = (0..n_partitions).map(|partition| {
        let (exec, context, at) = (exec.clone(), context.clone(), at.clone());
        let counting = counting.clone();
        async move {
            let task = tokio::spawn(async move {
                let mut grid = Grid::new(n);
                let mut batches = exec.execute(partition, context)?;
                while let Some(batch) = batches.next().await {
                    let batch = batch?;
                    if let Some(at) = instant_of(&batch).and_then(|us| at.get(&us)) {
                        counting.add(&mut grid, *at, &batch)?;
                    }
                }
                Ok::<_, WorkspaceError>(grid)
            });
            task.await.map_err(|error| WorkspaceError::Defect(format!("a fold ended: {error}")))?
        }
    });
    let mut grid = Grid::new(n);
    let mut done = stream::iter(tasks).buffered(processors().get());
    while let Some(part) = done.next().await {
        grid.merge(&part?);
    }
    Ok(grid)
}
