//! Reading a plain table: whole partitions, in order and on several threads, or the rows of one key.

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{binary, col, lit};
use datafusion::physical_plan::{ExecutionPlan, Partitioning};
use datafusion::prelude::SessionConfig;
use datafusion::scalar::ScalarValue;
use futures::{StreamExt, TryStreamExt};

use super::{PartitionValues, PlainTable};
use crate::error::LedgerError;
use crate::table::log::ActiveFile;

/// What becomes of a batch that was read.
pub type BatchMap = Arc<dyn Fn(RecordBatch) -> Result<RecordBatch, ArrowError> + Send + Sync>;

/// Rows read at a time.
const READ_ROWS: usize = 32 * 1024;

/// Of a file that several threads read, one reads the row groups that begin in so many bytes.
const STRETCH_BYTES: u64 = 8 << 20;

/// Files looked into beside each other.
const FILES_AT_ONCE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(3);

impl PlainTable {
    /// Plans a scan of the partitions that have these values, over `n_partitions` streams; a file is
    /// read whole, in its own order, by one of them.
    pub fn scan(
        &self,
        columns: &[&str],
        values: &PartitionValues,
        n_partitions: usize,
    ) -> Result<Arc<dyn ExecutionPlan>, LedgerError> {
        let mut groups = vec![FileGroup::default(); n_partitions.max(1)];
        let n_groups = groups.len();
        for (index, file) in self.files(values)?.iter().enumerate() {
            if let Some(group) = groups.get_mut(index % n_groups) {
                group.push(self.scanned(file)?);
            }
        }
        self.plan(columns, groups, None)
    }

    fn scanned(&self, file: &ActiveFile) -> Result<PartitionedFile, LedgerError> {
        let mut scanned = PartitionedFile::new(String::new(), file.size);
        scanned.object_meta.location = self.log.location(&file.path)?;
        for field in self.partition_fields() {
            let value = match file.partition.get(field.name()).and_then(Option::as_ref) {
                Some(text) => ScalarValue::try_from_string(text.clone(), field.data_type())?,
                None => ScalarValue::try_from(field.data_type())?,
            };
            scanned.partition_values.push(value);
        }
        Ok(scanned)
    }

    /// Reads columns of some files; with `only`, just the rows whose column of whole numbers has that value.
    fn plan(
        &self,
        columns: &[&str],
        groups: Vec<FileGroup>,
        only: Option<(&str, i64)>,
    ) -> Result<Arc<dyn ExecutionPlan>, LedgerError> {
        let n_groups = groups.len();
        let partition_fields: Vec<_> = self.partition_fields().cloned().map(Arc::new).collect();
        let table =
            TableSchema::builder(self.file_schema()).with_table_partition_cols(partition_fields).build();
        let all = table.table_schema().clone();
        let indices = columns
            .iter()
            .map(|name| all.index_of(name).map_err(|_| LedgerError::columns(*name, "does not exist")))
            .collect::<Result<Vec<_>, _>>()?;
        let url = self.log.url();
        let store = ObjectStoreUrl::parse(&url[..url::Position::BeforePath])?;
        let mut source = ParquetSource::new(table);
        if let Some((name, value)) = only {
            let is_it = binary(col(name, &all)?, Operator::Eq, lit(value), &all)?;
            source = source.with_predicate(is_it).with_pushdown_filters(true).with_enable_page_index(true);
        }
        let config = FileScanConfigBuilder::new(store, Arc::new(source))
            .with_file_groups(groups)
            .with_projection_indices(Some(indices))?
            .with_preserve_order(true)
            .with_output_partitioning(Some(Partitioning::UnknownPartitioning(n_groups)))
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    /// Reads columns of the partitions that have these values into memory.
    pub async fn read(
        &self,
        columns: &[&str],
        values: &PartitionValues,
    ) -> Result<Vec<RecordBatch>, LedgerError> {
        self.read_with(columns, values, NonZeroUsize::MIN).await
    }

    /// As [`PlainTable::read`], on so many threads: row groups are decoded beside each other, and the
    /// rows come in the order in which they lie, however many threads there are.
    pub async fn read_with(
        &self,
        columns: &[&str],
        values: &PartitionValues,
        n_threads: NonZeroUsize,
    ) -> Result<Vec<RecordBatch>, LedgerError> {
        self.read_mapped(columns, values, n_threads, Arc::new(Ok)).await
    }

    /// As [`PlainTable::read_with`], each batch put through `map` as soon as it is decoded, on the thread that
    /// decoded it. Batches of which nothing is left are left out.
    pub async fn read_mapped(
        &self,
        columns: &[&str],
        values: &PartitionValues,
        n_threads: NonZeroUsize,
        map: BatchMap,
    ) -> Result<Vec<RecordBatch>, LedgerError> {
        let mut groups = Vec::new();
        for file in self.files(values)? {
            // A row group belongs to the stretch in which it begins.
            let stretch = if n_threads.get() == 1 { file.size } else { STRETCH_BYTES };
            let mut start = 0;
            while start < file.size {
                let end = (start + stretch).min(file.size);
                let part = self.scanned(&file)?.with_range(start as i64, end as i64);
                groups.push(FileGroup::new(vec![part]));
                start = end;
            }
        }
        self.rows(columns, groups, None, n_threads, map).await
    }

    /// The rows of the partitions that have these values whose column `key`, of whole numbers, is `equals`.
    ///
    /// Of files that are sorted by the key only the pages that may hold the value are decoded.
    pub async fn find(
        &self,
        columns: &[&str],
        values: &PartitionValues,
        key: &str,
        equals: i64,
    ) -> Result<Vec<RecordBatch>, LedgerError> {
        let files = self.files(values)?;
        let groups: Vec<FileGroup> = files
            .iter()
            .map(|file| Ok(FileGroup::new(vec![self.scanned(file)?])))
            .collect::<Result<_, LedgerError>>()?;
        self.rows(columns, groups, Some((key, equals)), FILES_AT_ONCE, Arc::new(Ok)).await
    }

    /// What a plan yields, group by group.
    async fn rows(
        &self,
        columns: &[&str],
        groups: Vec<FileGroup>,
        only: Option<(&str, i64)>,
        n_threads: NonZeroUsize,
        map: BatchMap,
    ) -> Result<Vec<RecordBatch>, LedgerError> {
        let n_groups = groups.len();
        if n_groups == 0 {
            return Ok(Vec::new());
        }
        let plan = self.plan(columns, groups, only)?;
        let config = SessionConfig::new().with_batch_size(READ_ROWS);
        let context = Arc::new(TaskContext::default().with_session_config(config));
        let parts = (0..n_groups).map(|part| {
            let (plan, context, map) = (plan.clone(), context.clone(), map.clone());
            async move {
                let task = tokio::spawn(async move {
                    let mut read = plan.execute(part, context)?;
                    let mut kept = Vec::new();
                    while let Some(batch) = read.try_next().await? {
                        kept.push(map(batch)?);
                    }
                    kept.retain(|batch| batch.num_rows() > 0);
                    Ok::<_, DataFusionError>(kept)
                });
                Ok::<_, LedgerError>(task.await.map_err(|error| LedgerError::Task(error.to_string()))??)
            }
        });
        let read: Vec<Vec<RecordBatch>> =
            futures::stream::iter(parts).buffered(n_threads.get()).try_collect().await?;
        Ok(read.into_iter().flatten().collect())
    }
}
