//! Reading the events table: a plan whose partitions are buckets, each in order.

use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::config::TableParquetOptions;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{binary, col, lit};
use datafusion::physical_plan::filter::FilterExecBuilder;
use datafusion::physical_plan::{ExecutionPlan, Partitioning};
use datafusion::scalar::ScalarValue;
use gradus_model::event_stream::{SORT_COLUMNS, column};

use crate::error::LedgerError;
use crate::table::bucket_merge::{BucketMergeExec, ordering};
use crate::table::events::{EventFile, EventsSnapshot};
use crate::table::file::FileFacts;
use crate::table::positions::Positions;
use crate::table::schema::scan_schema;
use crate::table::undone::Counts;

/// Which events a reader sees. Instants are microseconds, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScanBound {
    /// Only rows with position <= this.
    pub position: Option<i64>,
    /// Only rows with known <= this.
    pub known: Option<i64>,
    /// Files that hold no event with time <= this are left out; rows of the other files are not
    /// filtered, since the fold looks at time anyway.
    pub time: Option<i64>,
}

impl ScanBound {
    /// False if no row of the file can be seen.
    pub(crate) fn admits(&self, facts: &FileFacts) -> bool {
        self.position.is_none_or(|p| facts.position.min <= p)
            && self.known.is_none_or(|k| facts.known.min <= k)
            && self.time.is_none_or(|t| facts.time.min <= t)
    }

    /// The position filter, if some row of some file may fail it.
    fn position_filter(&self, files: &[&EventFile]) -> Option<i64> {
        self.position.filter(|p| files.iter().any(|f| f.facts.position.max > *p))
    }

    fn known_filter(&self, files: &[&EventFile]) -> Option<i64> {
        self.known.filter(|k| files.iter().any(|f| f.facts.known.max > *k))
    }
}

/// What the plan looks like, for the reader of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanShape {
    pub n_buckets: usize,
    pub n_files: usize,
    /// The most files that one bucket has; with more than 1, buckets are merged.
    pub n_children: usize,
    /// Rows in the files, before any filter.
    pub n_rows: u64,
    /// Some file holds retractions: read `event_id` and `retraction`, so that a retraction meets its event.
    pub has_retractions: bool,
    /// The rows' reader must ask for `event_id` (only if there are retractions).
    pub needs_event_id: bool,
}

/// A plan and its shape.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Partition b gives bucket b, sorted by identity, time, event id, retraction.
    pub plan: Arc<dyn ExecutionPlan>,
    pub shape: ScanShape,
}

impl EventsSnapshot {
    /// What a scan under this bound will look like, before its columns are chosen.
    pub fn shape(&self, bound: ScanBound) -> ScanShape {
        let buckets = self.files_by_bucket(bound);
        let files: Vec<&EventFile> = buckets.iter().flatten().copied().collect();
        let has_retractions = files.iter().any(|f| f.facts.retractions > 0);
        ScanShape {
            n_buckets: buckets.len(),
            n_files: files.len(),
            n_children: buckets.iter().map(Vec::len).max().unwrap_or(0).max(1),
            n_rows: files.iter().map(|f| f.facts.rows).sum(),
            has_retractions,
            needs_event_id: has_retractions,
        }
    }

    /// Plans a scan that gives these columns in this order.
    ///
    /// The k-th child of a merge scans the k-th file of every bucket, the last child every bucket's
    /// largest; buckets with one file each need no merge, and then the plan is the file scan alone.
    ///
    /// # Errors
    /// [`LedgerError::Columns`] if a column does not exist.
    pub fn scan(&self, columns: &[&str], bound: ScanBound) -> Result<Scan, LedgerError> {
        let shape = self.shape(bound);
        let buckets = self.files_by_bucket(bound);
        let all: Vec<&EventFile> = buckets.iter().flatten().copied().collect();
        let filters = [
            bound.position_filter(&all).map(|p| (column::POSITION, ScalarValue::Int64(Some(p)))),
            bound
                .known_filter(&all)
                .map(|k| (column::KNOWN, ScalarValue::TimestampMicrosecond(Some(k), Some("UTC".into())))),
        ];
        let filters: Vec<_> = filters.into_iter().flatten().collect();
        // What was undone does not count, where there is such a thing.
        let hidden = self.hidden(bound);
        let hidden = all.iter().any(|file| hidden.overlaps(&file.facts.position)).then_some(hidden);

        let schema = scan_schema(self.event_schema());
        let mut read: Vec<&str> = columns.to_vec();
        let merged = if shape.n_children > 1 { SORT_COLUMNS.as_slice() } else { &[] };
        let undone = hidden.iter().map(|_| &column::POSITION);
        for name in merged.iter().chain(filters.iter().map(|(name, _)| name)).chain(undone) {
            if !read.contains(name) {
                read.push(name);
            }
        }
        let indices = read
            .iter()
            .map(|name| schema.index_of(name).map_err(|_| LedgerError::columns(*name, "does not exist")))
            .collect::<Result<Vec<_>, _>>()?;
        let output: Vec<usize> = (0..columns.len()).collect();

        let mut children = Vec::with_capacity(shape.n_children);
        for child in 0..shape.n_children {
            let groups = buckets.iter().map(|files| {
                // Files are in ascending size; the largest is the last child's.
                let index = (child + files.len()).checked_sub(shape.n_children);
                let file = index.and_then(|i| files.get(i));
                FileGroup::new(file.iter().map(|f| self.partitioned_file(f, &schema)).collect())
            });
            let scan = file_scan(self.object_store_url()?, &schema, groups.collect(), &indices)?;
            let is_last_step = shape.n_children == 1;
            children.push(filtered(scan, &filters, hidden.as_ref(), is_last_step.then(|| output.clone()))?);
        }
        let plan = match children.len() {
            1 => children.remove(0),
            _ => Arc::new(BucketMergeExec::try_new(children, output)?),
        };
        Ok(Scan { plan, shape })
    }

    /// The files that may hold visible rows, bucket by bucket, small ones first.
    fn files_by_bucket(&self, bound: ScanBound) -> Vec<Vec<&EventFile>> {
        let mut buckets = vec![Vec::new(); self.event_schema().n_buckets as usize];
        for file in self.files().iter().filter(|f| bound.admits(&f.facts)) {
            if let Some(bucket) = buckets.get_mut(file.bucket as usize) {
                bucket.push(file);
            }
        }
        for files in &mut buckets {
            files.sort_by(|a, b| (a.facts.rows, &a.active.path).cmp(&(b.facts.rows, &b.active.path)));
        }
        buckets
    }

    fn partitioned_file(&self, file: &EventFile, schema: &SchemaRef) -> PartitionedFile {
        let mut scanned = PartitionedFile::new(file.location.to_string(), file.active.size);
        // `new` parses a path that may hold characters it would encode again.
        scanned.object_meta.location = file.location.clone();
        match file_columns(&file.facts, schema) {
            Some(schema) => scanned.with_arrow_schema(schema),
            None => scanned,
        }
    }
}

/// The types in which a file's columns are to be decoded: those of the scan, so that text of few
/// values keeps its dictionary; unknown for files of other writers.
pub(crate) fn file_columns(facts: &FileFacts, schema: &SchemaRef) -> Option<SchemaRef> {
    let n = facts.n_columns;
    if n == 0 || n > schema.fields().len() {
        return None;
    }
    if n == schema.fields().len() {
        return Some(schema.clone());
    }
    Some(Arc::new(Schema::new(schema.fields().iter().take(n).cloned().collect::<Vec<_>>())))
}

fn file_scan(
    store: ObjectStoreUrl,
    schema: &SchemaRef,
    groups: Vec<FileGroup>,
    columns: &[usize],
) -> Result<Arc<dyn ExecutionPlan>, LedgerError> {
    let mut options = TableParquetOptions::default();
    // Whole files are read: there is nothing to prune by, and no index worth loading.
    options.global.enable_page_index = false;
    options.global.pruning = false;
    options.global.bloom_filter_on_read = false;
    let n_buckets = groups.len();
    let source = ParquetSource::new(schema.clone()).with_table_parquet_options(options);
    let config = FileScanConfigBuilder::new(store, Arc::new(source))
        .with_file_groups(groups)
        .with_projection_indices(Some(columns.to_vec()))?
        .with_output_ordering(ordering(schema).into_iter().collect())
        // Otherwise an idle partition would take the files of another, or an optimiser cut them up.
        .with_preserve_order(true)
        .with_output_partitioning(Some(Partitioning::UnknownPartitioning(n_buckets)))
        .build();
    Ok(DataSourceExec::from_data_source(config))
}

fn filtered(
    input: Arc<dyn ExecutionPlan>,
    filters: &[(&str, ScalarValue)],
    hidden: Option<&Arc<Positions>>,
    output: Option<Vec<usize>>,
) -> Result<Arc<dyn ExecutionPlan>, LedgerError> {
    let schema = input.schema();
    let mut predicate: Option<Arc<dyn PhysicalExpr>> = None;
    for (name, bound) in filters {
        let test = binary(col(name, &schema)?, Operator::LtEq, lit(bound.clone()), &schema)?;
        predicate = Some(match predicate {
            None => test,
            Some(before) => binary(before, Operator::And, test, &schema)?,
        });
    }
    if let Some(hidden) = hidden {
        let test: Arc<dyn PhysicalExpr> =
            Arc::new(Counts::new(col(column::POSITION, &schema)?, hidden.clone()));
        predicate = Some(match predicate {
            None => test,
            Some(before) => binary(before, Operator::And, test, &schema)?,
        });
    }
    let Some(predicate) = predicate else { return Ok(input) };
    Ok(Arc::new(FilterExecBuilder::new(predicate, input).apply_projection(output)?.build()?))
}
