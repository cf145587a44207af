//! One pass over the ledger: every customer's indicators as of some instants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{AsArray, Int64Array, RecordBatch};
use arrow::compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use futures::{StreamExt, TryStreamExt, stream};
use gradus_grading::fold::{AS_OF, AsOf, Elsewhere, FoldExec, RunCutter, Runs, Visible, visible_runs};
use gradus_ledger::table::{EventsSnapshot, ScanBound};
use gradus_model::event_stream::{SORT_COLUMNS, column};

use super::GradeOptions;
use crate::compiled::Compiled;
use crate::links::linked;
use crate::{Progress, Workspace, WorkspaceError};

/// Rows the scan gives at a time: large enough that work per batch does not show.
const BATCH_ROWS: usize = 32_768;

/// The columns that the fold needs of a scan.
pub fn scan_columns(compiled: &Compiled, retractions: bool) -> Vec<String> {
    let mut columns = compiled.fold.columns();
    if retractions {
        columns.extend([column::EVENT_ID, column::RETRACTION].map(String::from));
    }
    columns.into_iter().collect()
}

/// Folds all customers as of all instants: one list of batches per instant.
pub(super) async fn fold_all(
    compiled: &Compiled,
    snapshot: &EventsSnapshot,
    instants: &[AsOf],
    links: &[BTreeMap<i64, i64>],
    known_at: i64,
    options: &GradeOptions,
    progress: &dyn Progress,
) -> Result<(Vec<Vec<RecordBatch>>, BTreeMap<String, u64>), WorkspaceError> {
    let bound = known_by(known_at, instants);
    let retractions = snapshot.shape(bound).has_retractions;
    let columns = scan_columns(compiled, retractions);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let scan = snapshot.scan(&columns, bound)?;
    let visible = Visible { retractions, ..Visible::default() };
    // Whoever has several identities at any of the instants is folded apart at all of them.
    let mut elsewhere: Vec<i64> = links.iter().flat_map(|links| links.keys().copied()).collect();
    elsewhere.sort_unstable();
    elsewhere.dedup();
    let elsewhere: Elsewhere = Arc::new(elsewhere);
    let fold =
        Arc::new(FoldExec::new(compiled.fold.clone(), instants.to_vec(), visible, elsewhere, scan.plan));
    let context = task_context();
    let n_partitions = fold.properties().output_partitioning().partition_count();
    let tasks = (0..n_partitions).map(|partition| {
        let (fold, context) = (fold.clone(), context.clone());
        async move {
            let task = tokio::spawn(async move {
                let stream = fold.execute(partition, context)?;
                stream.try_collect::<Vec<RecordBatch>>().await
            });
            let batches =
                task.await.map_err(|error| WorkspaceError::Defect(format!("a fold ended: {error}")))??;
            Ok::<_, WorkspaceError>(batches)
        }
    });
    let at: BTreeMap<i64, usize> =
        instants.iter().enumerate().map(|(i, as_of)| (as_of.instant_us, i)).collect();
    let mut out: Vec<Vec<RecordBatch>> = vec![Vec::new(); instants.len()];
    // Partitions come back in their own order, so that nothing depends on which thread was faster.
    let mut done = stream::iter(tasks).buffered(options.n_threads.get());
    let mut n_done = 0u64;
    while let Some(batches) = done.next().await {
        for batch in batches? {
            if let Some(instant) = instant_of(&batch).and_then(|instant| at.get(&instant)) {
                out[*instant].push(without_instant(batch));
            }
        }
        n_done += 1;
        progress.at(snapshot.n_rows() * n_done / n_partitions.max(1) as u64);
    }
    Ok((out, fold.faults()))
}

/// Folds everybody as of each instant, each with the links given for it.
pub(crate) async fn fold_bounded(
    compiled: &Compiled,
    snapshot: &EventsSnapshot,
    instants: &[AsOf],
    links: &[BTreeMap<i64, i64>],
    known_at: i64,
    progress: &dyn Progress,
) -> Result<Vec<Vec<RecordBatch>>, WorkspaceError> {
    let options = GradeOptions {
        instants: instants.to_vec(),
        known_at_us: Some(known_at),
        store: false,
        reuse: false,
        n_threads: crate::stored::processors(),
    };
    let (mut folded, mut faults) =
        fold_all(compiled, snapshot, instants, links, known_at, &options, progress).await?;
    let mut keep = |at: usize, batch| folded[at].push(batch);
    let bound = known_by(known_at, instants);
    fold_linked(compiled, snapshot, instants, links, bound, &mut keep, &mut faults).await?;
    Ok(folded)
}

/// Folds everybody as of one instant, as it was known by then.
pub(crate) async fn fold_now(
    workspace: &Workspace,
    compiled: &Compiled,
    snapshot: &EventsSnapshot,
    as_of: AsOf,
    known_at: i64,
) -> Result<Vec<RecordBatch>, WorkspaceError> {
    let links = [linked(workspace, as_of.instant_us, known_at).await?];
    let n_threads = crate::stored::processors();
    let options = GradeOptions {
        instants: vec![as_of],
        known_at_us: Some(known_at),
        store: false,
        reuse: false,
        n_threads,
    };
    let (mut folded, mut faults) =
        fold_all(compiled, snapshot, &[as_of], &links, known_at, &options, &()).await?;
    let mut keep = |at: usize, batch| folded[at].push(batch);
    fold_linked(compiled, snapshot, &[as_of], &links, known_by(known_at, &[as_of]), &mut keep, &mut faults)
        .await?;
    Ok(folded.pop().unwrap_or_default())
}

/// The events that count as of these instants, as far as they were known by then.
pub(super) fn known_by(known_at: i64, instants: &[AsOf]) -> ScanBound {
    let last = instants.iter().map(|as_of| as_of.instant_us).max();
    ScanBound { position: None, known: Some(known_at), time: last }
}

/// Identities read at a time, so that memory does not grow with the number of linked customers.
const LINKED_AT_A_TIME: usize = 200_000;

/// Folds the customers whose events lie under several identities: their events are read, put
/// under the customer's number, sorted, and folded by the same code.
pub(crate) async fn fold_linked(
    compiled: &Compiled,
    snapshot: &EventsSnapshot,
    instants: &[AsOf],
    links: &[BTreeMap<i64, i64>],
    bound: ScanBound,
    keep: &mut (dyn FnMut(usize, RecordBatch) + Send),
    faults: &mut BTreeMap<String, u64>,
) -> Result<(), WorkspaceError> {
    let all: BTreeSet<i64> = links.iter().flat_map(|links| links.keys().copied()).collect();
    if all.is_empty() {
        return Ok(());
    }
    // Instants with the same links are folded together.
    let mut groups: Vec<(&BTreeMap<i64, i64>, Vec<usize>)> = Vec::new();
    for (at, links) in links.iter().enumerate() {
        match groups.iter_mut().find(|(known, _)| *known == links) {
            Some((_, instants)) => instants.push(at),
            None => groups.push((links, vec![at])),
        }
    }
    for (links, members) in groups {
        let as_ofs: Vec<AsOf> = members.iter().map(|at| instants[*at]).collect();
        let mut each = |runs: Runs| -> Result<(), WorkspaceError> {
            for batch in compiled.fold.fold(&runs, &as_ofs, faults)? {
                if let Some(at) =
                    instant_of(&batch).and_then(|us| instants.iter().position(|a| a.instant_us == us))
                {
                    keep(at, without_instant(batch));
                }
            }
            Ok(())
        };
        each_linked(compiled, snapshot, &all, links, bound, &mut each).await?;
    }
    Ok(())
}

/// Hands out the events of these identities under their customers' numbers, some customers at a time.
pub(crate) async fn each_linked(
    compiled: &Compiled,
    snapshot: &EventsSnapshot,
    identities: &BTreeSet<i64>,
    links: &BTreeMap<i64, i64>,
    bound: ScanBound,
    each: &mut (dyn FnMut(Runs) -> Result<(), WorkspaceError> + Send),
) -> Result<(), WorkspaceError> {
    each_linked_columns(&scan_columns(compiled, true), snapshot, identities, links, bound, each).await
}

/// As [`each_linked`], with these columns.
pub(crate) async fn each_linked_columns(
    columns: &[String],
    snapshot: &EventsSnapshot,
    identities: &BTreeSet<i64>,
    links: &BTreeMap<i64, i64>,
    bound: ScanBound,
    each: &mut (dyn FnMut(Runs) -> Result<(), WorkspaceError> + Send),
) -> Result<(), WorkspaceError> {
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    // Those who are linked at another instant only stand for themselves at these.
    let mut by_customer: Vec<(i64, i64)> = identities
        .iter()
        .map(|identity| (links.get(identity).copied().unwrap_or(*identity), *identity))
        .collect();
    by_customer.sort_unstable();
    let mut start = 0;
    while start < by_customer.len() {
        let mut end = (start + LINKED_AT_A_TIME).min(by_customer.len());
        while end < by_customer.len() && by_customer[end].0 == by_customer[end - 1].0 {
            end += 1;
        }
        let customers: BTreeMap<i64, i64> = by_customer[start..end].iter().map(|(c, i)| (*i, *c)).collect();
        let identities: Vec<i64> = customers.keys().copied().collect();
        let batches = snapshot.read_identities(&identities, &columns, bound).await?;
        for runs in runs_of_customers(&batches, &customers)? {
            each(runs)?;
        }
        start = end;
    }
    Ok(())
}

/// Events under their customers' numbers, in order, without what was retracted.
pub fn runs_of_customers(
    batches: &[RecordBatch],
    customers: &BTreeMap<i64, i64>,
) -> Result<Vec<Runs>, WorkspaceError> {
    let Some(first) = batches.first() else { return Ok(Vec::new()) };
    let events = concat_batches(&first.schema(), batches)?;
    let index = events.schema().index_of(column::IDENTITY)?;
    let identities = events.column(index).as_primitive::<Int64Type>();
    let owners: Int64Array =
        identities.values().iter().map(|id| customers.get(id).copied().unwrap_or(*id)).collect();
    let mut columns = events.columns().to_vec();
    columns[index] = Arc::new(owners);
    let events = RecordBatch::try_new(events.schema(), columns)?;
    let sort: Vec<SortColumn> = SORT_COLUMNS
        .iter()
        .filter_map(|name| events.column_by_name(name))
        .map(|values| SortColumn { values: values.clone(), options: None })
        .collect();
    let order = lexsort_to_indices(&sort, None)?;
    let events = take_record_batch(&events, &order)?;
    let mut cutter = RunCutter::new(events.schema());
    let mut whole = cutter.push(events)?;
    whole.extend(cutter.finish()?);
    let visible = Visible { retractions: true, ..Visible::default() };
    let mut out = Vec::new();
    for runs in whole {
        out.extend(visible_runs(runs, visible, &[])?);
    }
    Ok(out)
}

pub(crate) fn instant_of(batch: &RecordBatch) -> Option<i64> {
    let instants = batch.column_by_name(AS_OF)?.as_primitive_opt::<TimestampMicrosecondType>()?;
    instants.values().first().copied()
}

/// The instant says the same of everybody, and is known from here on.
fn without_instant(mut batch: RecordBatch) -> RecordBatch {
    if let Ok(column) = batch.schema_ref().index_of(AS_OF) {
        batch.remove_column(column);
    }
    batch
}

/// A context whose scans give large batches.
pub fn task_context() -> Arc<TaskContext> {
    let config = datafusion::prelude::SessionConfig::new().with_batch_size(BATCH_ROWS);
    Arc::new(TaskContext::default().with_session_config(config))
}
