//! The operator that makes one sorted stream per bucket of several files per bucket.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, exec_err};
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, ReplaceChildrenOptions};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
    SendableRecordBatchStream,
};
use futures::StreamExt;
use gradus_model::event_stream::SORT_COLUMNS;

use crate::table::merge::{Merger, Step};

/// Merges its children partition by partition: partition b of each child is sorted, and so is
/// partition b of the result. Partitions are buckets; nothing moves between them.
///
/// It keeps no rows but one batch per child, and takes no part in which rows count: a retraction
/// stays beside the event it retracts, for the fold.
#[derive(Debug)]
pub struct BucketMergeExec {
    children: Vec<Arc<dyn ExecutionPlan>>,
    projection: Vec<usize>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl BucketMergeExec {
    /// `projection` names the columns of the children that leave; the key columns must be among
    /// the children's columns, though they need not leave.
    pub fn try_new(children: Vec<Arc<dyn ExecutionPlan>>, projection: Vec<usize>) -> Result<Self> {
        let Some(first) = children.first() else { return exec_err!("a merge of nothing") };
        let schema = first.schema();
        let n_partitions = first.output_partitioning().partition_count();
        for child in &children {
            if child.schema().fields() != schema.fields() {
                return exec_err!("children of a merge differ in their columns");
            }
            if child.output_partitioning().partition_count() != n_partitions {
                return exec_err!("children of a merge differ in their buckets");
            }
        }
        if let Some(missing) = SORT_COLUMNS.iter().find(|name| schema.column_with_name(name).is_none()) {
            return exec_err!("a merge needs the column {missing}");
        }
        let schema = Arc::new(schema.project(&projection)?);
        let properties = PlanProperties::new(
            EquivalenceProperties::new_with_orderings(schema.clone(), ordering(&schema)),
            Partitioning::UnknownPartitioning(n_partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let metrics = ExecutionPlanMetricsSet::new();
        Ok(Self { children, projection, properties: Arc::new(properties), metrics })
    }

    /// The children's columns that leave.
    pub fn projection(&self) -> &[usize] {
        &self.projection
    }
}

/// The order of rows within a bucket, as far as the columns that are there tell.
pub(crate) fn ordering(schema: &SchemaRef) -> Option<LexOrdering> {
    LexOrdering::new(SORT_COLUMNS.iter().map_while(|name| {
        let column = Column::new_with_schema(name, schema).ok()?;
        let expr: Arc<dyn PhysicalExpr> = Arc::new(column);
        Some(PhysicalSortExpr::new(
            expr,
            arrow::compute::SortOptions { descending: false, nulls_first: false },
        ))
    }))
}

impl DisplayAs for BucketMergeExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        let schema = self.schema();
        let columns: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        write!(f, "BucketMergeExec: order=[{}], columns=[{}]", SORT_COLUMNS.join(", "), columns.join(", "))
    }
}

impl ExecutionPlan for BucketMergeExec {
    fn name(&self) -> &'static str {
        "BucketMergeExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true; self.children.len()]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false; self.children.len()]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.children.iter().collect()
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Self::try_new(children, self.projection.clone())?))
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Self::try_new(children, self.projection.clone())?))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let mut inputs = Vec::with_capacity(self.children.len());
        for child in &self.children {
            inputs.push(child.execute(partition, context.clone())?);
        }
        let merge = Merge {
            merger: Merger::new(inputs.len(), context.session_config().batch_size()),
            inputs,
            projection: self.projection.clone(),
            metrics: BaselineMetrics::new(&self.metrics, partition),
        };
        let rows = futures::stream::try_unfold(merge, |mut merge| async move {
            Ok::<_, DataFusionError>(merge.next().await?.map(|rows| (rows, merge)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

struct Merge {
    merger: Merger,
    inputs: Vec<SendableRecordBatchStream>,
    projection: Vec<usize>,
    metrics: BaselineMetrics,
}

impl Merge {
    async fn next(&mut self) -> Result<Option<arrow::array::RecordBatch>> {
        loop {
            let step = {
                let _timer = self.metrics.elapsed_compute().timer();
                self.merger.step().map_err(external)?
            };
            match step {
                Step::Done => return Ok(None),
                Step::Rows(rows) => {
                    self.metrics.record_output(rows.num_rows());
                    return Ok(Some(rows.project(&self.projection)?));
                }
                Step::Need(index) => {
                    let next = match self.inputs.get_mut(index) {
                        Some(input) => input.next().await.transpose()?,
                        None => None,
                    };
                    self.merger.feed(index, next).map_err(external)?;
                }
            }
        }
    }
}

fn external(error: crate::error::LedgerError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
