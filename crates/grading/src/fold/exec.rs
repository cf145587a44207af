//! The fold as a DataFusion operator: sorted events in, one row per customer and instant out. It
//! holds no data of its own per partition, so that a cluster can send it anywhere.

use std::fmt;
use std::sync::{Arc, Mutex};

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};
use futures::{StreamExt, TryStreamExt, stream};
use gradus_model::event_stream::column;

use super::plan::{Faults, FoldPlan};
use super::runs::{RunCutter, Runs, identities};
use super::window::AsOf;

/// Which events a grading may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Visible {
    /// Only what was known by this instant.
    pub known_at_us: Option<i64>,
    /// Only what was committed up to this position.
    pub position: Option<i64>,
    /// Whether retractions may be among the events.
    pub retractions: bool,
}

/// Customers that are folded elsewhere, sorted: their events lie under several identities.
pub type Elsewhere = Arc<Vec<i64>>;

/// Folds each partition of its child, which must be sorted by identity, time and event id.
#[derive(Debug)]
pub struct FoldExec {
    plan: Arc<FoldPlan>,
    as_ofs: Arc<Vec<AsOf>>,
    visible: Visible,
    elsewhere: Elsewhere,
    child: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
    faults: Arc<Mutex<Faults>>,
}

impl FoldExec {
    pub fn new(
        plan: Arc<FoldPlan>,
        as_ofs: Vec<AsOf>,
        visible: Visible,
        elsewhere: Elsewhere,
        child: Arc<dyn ExecutionPlan>,
    ) -> FoldExec {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(plan.output_schema().clone()),
            Partitioning::UnknownPartitioning(child.output_partitioning().partition_count()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        FoldExec {
            plan,
            as_ofs: Arc::new(as_ofs),
            visible,
            elsewhere,
            child,
            properties: Arc::new(properties),
            faults: Arc::default(),
        }
    }

    /// Rows that could not be evaluated so far, by indicator.
    pub fn faults(&self) -> Faults {
        self.faults.lock().map(|faults| faults.clone()).unwrap_or_default()
    }
}

impl DisplayAs for FoldExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FoldExec: indicators={}, instants={}", self.plan.indicators().len(), self.as_ofs.len())
    }
}

impl ExecutionPlan for FoldExec {
    fn name(&self) -> &str {
        "FoldExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.child]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        // The fold's expressions are bound to its plan; no optimizer rule may rewrite them.
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let [child] = children.as_slice() else {
            return internal_err!("the fold has one child");
        };
        Ok(Arc::new(FoldExec::new(
            self.plan.clone(),
            self.as_ofs.to_vec(),
            self.visible,
            self.elsewhere.clone(),
            child.clone(),
        )))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let events = self.child.execute(partition, context)?;
        let mut folder = Folder {
            cutter: RunCutter::new(events.schema()),
            plan: self.plan.clone(),
            as_ofs: self.as_ofs.clone(),
            visible: self.visible,
            elsewhere: self.elsewhere.clone(),
            faults: self.faults.clone(),
        };
        // The end of the stream is one more item, so that the last run is folded too.
        let ended = stream::once(async { Ok(None) });
        let folded = events.map(|batch| batch.map(Some)).chain(ended).map(move |batch| {
            let batches = batch.and_then(|batch| folder.next(batch))?;
            Ok::<_, datafusion::error::DataFusionError>(stream::iter(batches.into_iter().map(Ok)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.plan.output_schema().clone(), folded.try_flatten())))
    }
}

/// Folds one stream of sorted events.
pub struct Folder {
    cutter: RunCutter,
    plan: Arc<FoldPlan>,
    as_ofs: Arc<Vec<AsOf>>,
    visible: Visible,
    elsewhere: Elsewhere,
    faults: Arc<Mutex<Faults>>,
}

impl Folder {
    /// The next batch, or `None` at the end.
    fn next(&mut self, batch: Option<RecordBatch>) -> Result<Vec<RecordBatch>> {
        let whole = match batch {
            Some(batch) => self.cutter.push(batch)?,
            None => self.cutter.finish()?.into_iter().collect(),
        };
        let mut out = Vec::new();
        let mut faults = Faults::new();
        for runs in whole {
            if let Some(runs) = visible_runs(runs, self.visible, &self.elsewhere)? {
                out.extend(self.plan.fold(&runs, &self.as_ofs, &mut faults)?);
            }
        }
        if !faults.is_empty()
            && let Ok(mut all) = self.faults.lock()
        {
            for (name, n) in faults {
                *all.entry(name).or_default() += n;
            }
        }
        Ok(out)
    }
}

/// The runs as the grading may see them: without what was not known yet, without what was
/// retracted, without the customers that are folded elsewhere. `None` if nothing is left.
pub fn visible_runs(runs: Runs, visible: Visible, elsewhere: &[i64]) -> Result<Option<Runs>> {
    let n_rows = runs.batch.num_rows();
    let mut keep: Option<Vec<bool>> = None;
    if let Some(known_at) = visible.known_at_us {
        let known = primitive_column::<TimestampMicrosecondType>(&runs.batch, column::KNOWN)?;
        let keep = keep.get_or_insert_with(|| vec![true; n_rows]);
        keep.iter_mut().zip(known).for_each(|(keep, known)| *keep &= *known <= known_at);
    }
    if let Some(last) = visible.position {
        let positions = primitive_column::<Int64Type>(&runs.batch, column::POSITION)?;
        let keep = keep.get_or_insert_with(|| vec![true; n_rows]);
        keep.iter_mut().zip(positions).for_each(|(keep, position)| *keep &= *position <= last);
    }
    if visible.retractions {
        let keep = keep.get_or_insert_with(|| vec![true; n_rows]);
        drop_retracted(&runs.batch, keep)?;
    }
    if !elsewhere.is_empty() {
        let keep = keep.get_or_insert_with(|| vec![true; n_rows]);
        for run in 0..runs.len() {
            if elsewhere.binary_search(&runs.customers[run]).is_ok() {
                let (start, end) = runs.range(run);
                keep[start as usize..end as usize].fill(false);
            }
        }
    }
    match keep {
        Some(keep) if keep.contains(&false) => {
            let batch = filter_record_batch(&runs.batch, &BooleanArray::from(keep))?;
            Ok(if batch.num_rows() == 0 { None } else { Some(Runs::of(batch)) })
        }
        _ => Ok(Some(runs)),
    }
}

/// An event and its retraction have the same identity, time and event id, so they are neighbours;
/// what may not be seen yet does not retract.
fn drop_retracted(batch: &RecordBatch, keep: &mut [bool]) -> Result<()> {
    let (Some(ids), Some(retractions)) =
        (batch.column_by_name(column::EVENT_ID), batch.column_by_name(column::RETRACTION))
    else {
        return internal_err!("retractions need the event id and the mark of retraction");
    };
    let (ids, retractions) = (ids.as_binary::<i32>(), retractions.as_boolean());
    let (identities, times) = (identities(batch), super::runs::times(batch));
    let same = |a: usize, b: usize| {
        identities[a] == identities[b] && times[a] == times[b] && ids.value(a) == ids.value(b)
    };
    let mut start = 0;
    while start < keep.len() {
        let mut end = start + 1;
        while end < keep.len() && same(start, end) {
            end += 1;
        }
        if (start..end).any(|row| keep[row] && retractions.value(row)) {
            keep[start..end].fill(false);
        }
        start = end;
    }
    Ok(())
}

fn primitive_column<'a, T: arrow::datatypes::ArrowPrimitiveType>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a [T::Native]> {
    match batch.column_by_name(name) {
        Some(column) if column.data_type() == &T::DATA_TYPE || column.as_primitive_opt::<T>().is_some() => {
            Ok(column.as_primitive::<T>().values())
        }
        _ => internal_err!("the scan did not read the column {name}"),
    }
}
