//! Events read for what they say themselves: who, when, and the values of some expressions. Links, retractions and
//! reference facts are those with which everybody is graded, so that what is learned from events and what is graded
//! from them are about the same customers.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, TimestampMicrosecondArray};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use datafusion::physical_plan::ExecutionPlanProperties;
use futures::{StreamExt, stream};
use gradus_expression::{Expression, Scope, Want, compile};
use gradus_grading::fold::{
    Elsewhere, ReferenceFacts, ReferenceField, RunCutter, Runs, Told, Visible, visible_runs,
};
use gradus_ledger::table::{EventsSnapshot, ScanBound};
use gradus_model::event_stream::{UNDATED, column};
use gradus_model::{Findings, Place};

use crate::grade::{each_linked_columns, open_events, task_context};
use crate::links::linked;
use crate::references::{event_scope, read_facts_of};
use crate::stored::processors;
use crate::{Documents, Progress, Workspace, WorkspaceError};

/// One value that is read of each event.
pub(crate) struct Wanted<'a> {
    /// What it is called where its mistakes are told: `field`, `item`.
    pub place: &'static str,
    pub sql: &'a str,
    pub want: Want,
    /// References say what held at this instant, and not at the event's.
    pub as_of_us: Option<i64>,
}

impl<'a> Wanted<'a> {
    pub fn text(place: &'static str, sql: &'a str) -> Wanted<'a> {
        Wanted { place, sql, want: Want::Any, as_of_us: None }
    }

    pub fn number(place: &'static str, sql: &'a str) -> Wanted<'a> {
        Wanted { place, sql, want: Want::Number, as_of_us: None }
    }

    /// A condition, with references as they are at an instant.
    pub fn condition(place: &'static str, sql: &'a str, as_of_us: i64) -> Wanted<'a> {
        Wanted { place, sql, want: Want::Boolean, as_of_us: Some(as_of_us) }
    }
}

/// What is read, and until when.
pub(crate) struct Reading<'a> {
    /// Which events count; all of them if left out.
    pub filter: Option<(&'static str, &'a str)>,
    pub values: Vec<Wanted<'a>>,
    /// With the number of each event's order.
    pub orders: bool,
    /// Events that happened up to here, as far as they were known by `known_us`.
    pub until_us: i64,
    pub known_us: i64,
}

/// Events of some customers: each customer's lie together, by time.
pub(crate) struct LineBatch {
    pub customers: Vec<i64>,
    pub times: Vec<i64>,
    /// 0 where an event belongs to no order; empty if they were not asked for.
    pub orders: Vec<i64>,
    /// One column for each value: text as Utf8, numbers as floats, conditions as Boolean.
    pub values: Vec<ArrayRef>,
}

/// What was read.
#[derive(Default)]
pub(crate) struct Lines {
    pub batches: Vec<LineBatch>,
    /// Events of which a value could not be worked out: they are left out.
    pub n_faults: u64,
}

impl Lines {
    /// Every event: whose, when, and where its values stand.
    pub fn each(&self) -> impl Iterator<Item = (&LineBatch, usize)> {
        self.batches.iter().flat_map(|batch| (0..batch.customers.len()).map(move |row| (batch, row)))
    }
}

impl Lines {
    /// Lets go of what happened up to an instant.
    pub fn keep_after(&mut self, from_us: i64) -> Result<(), WorkspaceError> {
        for batch in &mut self.batches {
            let keep: Vec<bool> = batch.times.iter().map(|time| *time > from_us).collect();
            let mut kept = keep.iter();
            batch.customers.retain(|_| kept.next().copied().unwrap_or(false));
            let mut kept = keep.iter();
            batch.orders.retain(|_| kept.next().copied().unwrap_or(false));
            batch.times.retain(|time| *time > from_us);
            let keep = BooleanArray::from(keep);
            for values in &mut batch.values {
                *values = arrow::compute::filter(values, &keep)?;
            }
        }
        Ok(())
    }
}

/// A text of a column, if there is one.
pub(crate) fn text_at(values: &ArrayRef, row: usize) -> Option<&str> {
    let texts = values.as_string_opt::<i32>()?;
    texts.is_valid(row).then(|| texts.value(row))
}

/// A number of a column, if there is one.
pub(crate) fn number_at(values: &ArrayRef, row: usize) -> Option<f64> {
    let numbers = values.as_primitive_opt::<arrow::datatypes::Float64Type>()?;
    numbers.is_valid(row).then(|| numbers.value(row))
}

/// A truth value of a column; what is unknown is not true.
pub(crate) fn holds_at(values: &ArrayRef, row: usize) -> bool {
    values.as_boolean_opt().is_some_and(|values| values.is_valid(row) && values.value(row))
}

/// Reads events.
///
/// # Errors
/// Findings: an expression is wrong, at the place that was named for it.
pub(crate) async fn read(
    workspace: &Workspace,
    documents: &Documents,
    reading: &Reading<'_>,
    progress: &dyn Progress,
) -> Result<Lines, WorkspaceError> {
    let events = open_events(workspace).await?;
    let (scope, references) = event_scope(documents, events.event_schema());
    let snapshot = events.snapshot().await?;
    let plan = Arc::new(Plan::of(reading, &scope, &references, &snapshot).await?);
    let bound = ScanBound { position: None, known: Some(reading.known_us), time: Some(reading.until_us) };
    let links = linked(workspace, reading.until_us, reading.known_us).await?;
    let mut lines = all(&plan, &snapshot, &links, bound, progress).await?;
    let identities = links.keys().copied().collect();
    let mut each = |runs: Runs| plan.take(runs, &mut lines);
    let columns = plan.columns(true);
    each_linked_columns(&columns, &snapshot, &identities, &links, bound, &mut each).await?;
    Ok(lines)
}

/// Everybody whose events lie under one identity, part by part on all processors.
async fn all(
    plan: &Arc<Plan>,
    snapshot: &EventsSnapshot,
    links: &BTreeMap<i64, i64>,
    bound: ScanBound,
    progress: &dyn Progress,
) -> Result<Lines, WorkspaceError> {
    let retractions = snapshot.shape(bound).has_retractions;
    let columns = plan.columns(retractions);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let scan = snapshot.scan(&columns, bound)?.plan;
    let elsewhere: Elsewhere = Arc::new(links.keys().copied().collect());
    let visible = Visible { retractions, ..Visible::default() };
    let context = task_context();
    let n_partitions = scan.output_partitioning().partition_count();
    let tasks = (0..n_partitions).map(|partition| {
        let (scan, context, plan, elsewhere) =
            (scan.clone(), context.clone(), plan.clone(), elsewhere.clone());
        async move {
            let task = tokio::spawn(async move {
                let mut out = Lines::default();
                let mut events = scan.execute(partition, context)?;
                let mut cutter = RunCutter::new(events.schema());
                let mut take = |whole: Vec<Runs>| -> Result<(), WorkspaceError> {
                    for runs in whole {
                        if let Some(runs) = visible_runs(runs, visible, &elsewhere)? {
                            plan.take(runs, &mut out)?;
                        }
                    }
                    Ok(())
                };
                while let Some(batch) = events.next().await {
                    take(cutter.push(batch?)?)?;
                }
                take(cutter.finish()?.into_iter().collect())?;
                Ok::<_, WorkspaceError>(out)
            });
            task.await.map_err(|error| WorkspaceError::Defect(format!("a reading ended: {error}")))?
        }
    });
    let mut out = Lines::default();
    // Partitions come back in their own order, so that nothing depends on which thread was faster.
    let mut done = stream::iter(tasks).buffered(processors().get());
    let mut n_done = 0u64;
    while let Some(part) = done.next().await {
        let part = part?;
        out.batches.extend(part.batches);
        out.n_faults += part.n_faults;
        n_done += 1;
        progress.at(snapshot.n_rows() * n_done / n_partitions.max(1) as u64);
    }
    Ok(out)
}

/// The expressions, bound to the columns of events.
struct Plan {
    filter: Option<Expression>,
    values: Vec<(Expression, Option<i64>)>,
    references: Vec<ReferenceField>,
    facts: Option<ReferenceFacts>,
    until_us: i64,
    orders: bool,
}

impl Plan {
    async fn of(
        reading: &Reading<'_>,
        scope: &Scope,
        known: &[ReferenceField],
        snapshot: &EventsSnapshot,
    ) -> Result<Plan, WorkspaceError> {
        let mut findings = Findings::default();
        let mut bound =
            |place: &str, sql: &str, want: Want| match compile(sql, scope, want, &Place::default().at(place))
            {
                Ok(expression) => Some(expression),
                Err(found) => {
                    findings.extend(found);
                    None
                }
            };
        let filter = reading.filter.and_then(|(place, sql)| bound(place, sql, Want::Boolean));
        let values: Vec<(Expression, Option<i64>)> = reading
            .values
            .iter()
            .filter_map(|one| Some((bound(one.place, one.sql, one.want)?, one.as_of_us)))
            .collect();
        if findings.has_errors() {
            return Err(findings.into());
        }
        let reads = |name: &String| {
            filter.iter().chain(values.iter().map(|one| &one.0)).any(|one| one.references().contains(name))
        };
        let references: Vec<ReferenceField> =
            known.iter().filter(|field| reads(&field.name)).cloned().collect();
        let facts = match references.is_empty() {
            true => None,
            false => {
                let position = snapshot.last_position();
                let told = Told { known_us: reading.known_us, position };
                let bound = ScanBound { known: Some(told.known_us), position: Some(position), time: None };
                let rows = read_facts_of(&references, snapshot, bound).await?;
                Some(ReferenceFacts::of(&rows, &references, told)?)
            }
        };
        Ok(Plan { filter, values, references, facts, until_us: reading.until_us, orders: reading.orders })
    }

    /// The columns that have to be read.
    fn columns(&self, retractions: bool) -> Vec<String> {
        let mut columns =
            std::collections::BTreeSet::from([column::IDENTITY, column::TIME].map(String::from));
        for expression in self.filter.iter().chain(self.values.iter().map(|one| &one.0)) {
            columns.extend(expression.references().iter().cloned());
        }
        for field in &self.references {
            columns.remove(&field.name);
            columns.insert(field.of.clone());
        }
        if self.orders {
            columns.insert(column::ORDER_KEY.to_string());
        }
        if retractions {
            columns.extend([column::EVENT_ID, column::RETRACTION].map(String::from));
        }
        columns.into_iter().collect()
    }

    /// Adds the events of some customers.
    fn take(&self, runs: Runs, out: &mut Lines) -> Result<(), WorkspaceError> {
        let events = self.extended(&runs.batch)?;
        let times = times(&events)?;
        // A fact without a date lies in no stretch of time. The scan leaves out files, and not rows, by time.
        let counts = |time: &i64| *time > UNDATED && *time <= self.until_us;
        let mut keep: Vec<bool> = times.values().iter().map(counts).collect();
        if let Some(filter) = &self.filter {
            let told = filter.evaluate(&events);
            for row in told.faults {
                out.n_faults += u64::from(keep[row as usize]);
                keep[row as usize] = false;
            }
            keep.iter_mut().enumerate().for_each(|(row, keep)| *keep &= holds_at(&told.values, row));
        }
        let mut events = filter_record_batch(&events, &BooleanArray::from(keep))?;
        if events.num_rows() == 0 {
            return Ok(());
        }
        let (mut values, mut failed) = (Vec::with_capacity(self.values.len()), vec![true; events.num_rows()]);
        for (expression, as_of) in &self.values {
            let told = match as_of {
                None => expression.evaluate(&events),
                Some(as_of) => expression.evaluate(&self.as_of(&events, *as_of)?),
            };
            told.faults.iter().for_each(|row| failed[*row as usize] = false);
            values.push(plain(&told.values)?);
        }
        let n_failed = failed.iter().filter(|fine| !**fine).count();
        if n_failed > 0 {
            out.n_faults += n_failed as u64;
            let fine = BooleanArray::from(failed);
            events = filter_record_batch(&events, &fine)?;
            values = values.iter().map(|one| arrow::compute::filter(one, &fine)).collect::<Result<_, _>>()?;
        }
        let whole = |name: &str| -> Result<Vec<i64>, WorkspaceError> {
            let numbers = events.column_by_name(name).and_then(|one| one.as_primitive_opt::<Int64Type>());
            let numbers = numbers.ok_or_else(|| no_column(name))?;
            Ok(numbers.iter().map(|one| one.unwrap_or(0)).collect())
        };
        out.batches.push(LineBatch {
            customers: whole(column::IDENTITY)?,
            times: self::times(&events)?.values().to_vec(),
            orders: if self.orders { whole(column::ORDER_KEY)? } else { Vec::new() },
            values,
        });
        Ok(())
    }

    /// The events with the fields of references that some expression reads.
    fn extended(&self, events: &RecordBatch) -> Result<RecordBatch, WorkspaceError> {
        Ok(match &self.facts {
            Some(facts) => facts.extend(events, &self.references)?,
            None => events.clone(),
        })
    }

    /// The same events with what references say as of an instant.
    fn as_of(&self, events: &RecordBatch, as_of_us: i64) -> Result<RecordBatch, WorkspaceError> {
        let Some(facts) = &self.facts else { return Ok(events.clone()) };
        let own: Vec<usize> = (0..events.num_columns())
            .filter(|at| self.references.iter().all(|field| &field.name != events.schema().field(*at).name()))
            .collect();
        let bare = events.project(&own)?;
        let at = bare.schema().index_of(column::TIME)?;
        let mut columns = bare.columns().to_vec();
        let moved = TimestampMicrosecondArray::from(vec![as_of_us; bare.num_rows()]);
        columns[at] = cast(&(Arc::new(moved) as ArrayRef), bare.column(at).data_type())?;
        Ok(facts.extend(&RecordBatch::try_new(bare.schema(), columns)?, &self.references)?)
    }
}

fn times(
    events: &RecordBatch,
) -> Result<&arrow::array::PrimitiveArray<TimestampMicrosecondType>, WorkspaceError> {
    let times = events.column_by_name(column::TIME);
    times
        .and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>())
        .ok_or_else(|| no_column(column::TIME))
}

fn no_column(name: &str) -> WorkspaceError {
    WorkspaceError::Defect(format!("the events have no column {name}"))
}

/// Values in one of three types.
fn plain(values: &ArrayRef) -> Result<ArrayRef, WorkspaceError> {
    let wanted = match values.data_type() {
        DataType::Boolean => return Ok(values.clone()),
        one if one.is_numeric() => DataType::Float64,
        _ => DataType::Utf8,
    };
    Ok(cast(values, &wanted)?)
}
