//! Tables other than the events: links, grading snapshots, transitions.
//!
//! They share the events' log, lease and storage, and have no order of their own.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{cast, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{binary, col, lit};
use datafusion::physical_plan::{ExecutionPlan, Partitioning};
use datafusion::prelude::SessionConfig;
use datafusion::scalar::ScalarValue;
use futures::{StreamExt, TryStreamExt};
use object_store::buffered::BufWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::error::LedgerError;
use crate::table::columns::ColumnsWriter;
use crate::table::file::ROW_GROUP_ROWS;
use crate::table::lease::WriterLease;
use crate::table::log::{ActiveFile, Commit, FORMAT_PROPERTY, KIND_PROPERTY, NewFile, TableLog};
use crate::table::schema::{arrow_schema, delta_schema};
use crate::table::store::Storage;

/// Values of the partition columns, as Delta writes them; `None` is null.
pub type PartitionValues = BTreeMap<String, Option<String>>;

/// Rows read at a time.
const READ_ROWS: usize = 32 * 1024;

/// Of a file that several threads read, one reads the row groups that begin in so many bytes.
const STRETCH_BYTES: u64 = 8 << 20;

/// Files looked into beside each other.
const FILES_AT_ONCE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(3);

/// The stream and number of a commit, and its instant.
#[derive(Debug, Clone)]
pub struct CommitId {
    /// The stream, such as `run:12`.
    pub app_id: String,
    /// What was committed with this number or a higher one is skipped.
    pub app_version: i64,
    /// Microseconds, UTC.
    pub at: i64,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// True if it was committed before; nothing was done.
    pub already_committed: bool,
    pub rows: u64,
    pub version: u64,
}

/// A table of flat columns, perhaps partitioned.
#[derive(Debug)]
pub struct PlainTable {
    log: TableLog,
    schema: SchemaRef,
    partition_columns: Vec<String>,
}

/// A file being written; it is nothing until it is committed.
pub struct PlainFile {
    writer: ColumnsWriter,
    path: String,
    schema: SchemaRef,
    partition: PartitionValues,
    rows: u64,
}

/// How the columns of a plain table are encoded: whoever grades anew reads all the numbers of everybody,
/// so they are compressed lightly; texts well. Bounds are kept for a row group, and for each page of the first
/// column of whole numbers only: by it the rows are sorted, and one customer's are found.
fn writer_properties(schema: &Schema) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_created_by("gradus".to_owned())
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for field in schema.fields().iter().filter(|field| field.data_type().is_string()) {
        let path = ColumnPath::from(field.name().as_str());
        builder = builder.set_column_compression(path, Compression::ZSTD(ZstdLevel::default()));
    }
    if let Some(key) = schema.fields().iter().find(|field| *field.data_type() == DataType::Int64) {
        builder = builder
            .set_column_statistics_enabled(ColumnPath::from(key.name().as_str()), EnabledStatistics::Page);
    }
    builder.build()
}

/// A file written and synced, to be committed. It can be noted beside another commit, so that whoever
/// finds that commit can complete this one.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct StagedFile {
    file: NewFile,
    rows: u64,
}

impl PlainTable {
    /// Creates a table under `name`. `format` is the number of its layout; `schema` includes the
    /// partition columns, which must be text, integers, booleans or dates.
    pub async fn create(
        storage: &Storage,
        name: &str,
        format: u32,
        schema: &Schema,
        partition_columns: &[&str],
        at: i64,
    ) -> Result<Self, LedgerError> {
        for name in partition_columns {
            let field =
                schema.field_with_name(name).map_err(|_| LedgerError::columns(*name, "does not exist"))?;
            if !can_partition(field.data_type()) {
                return Err(LedgerError::columns(*name, "cannot be a partition column"));
            }
        }
        let properties = BTreeMap::from([
            (FORMAT_PROPERTY.to_owned(), format.to_string()),
            (KIND_PROPERTY.to_owned(), name.to_owned()),
        ]);
        TableLog::create(storage, name, &delta_schema(schema)?, partition_columns, &properties, at).await?;
        Self::open(storage, name, format).await
    }

    /// Opens a table at its newest version.
    ///
    /// # Errors
    /// [`LedgerError::FormatTooNew`] if its format is above `supported`.
    pub async fn open(storage: &Storage, name: &str, supported: u32) -> Result<Self, LedgerError> {
        let log = TableLog::open(storage, name).await?;
        log.check_format(name, supported)?;
        let (schema, partition_columns) = columns_of(&log)?;
        Ok(Self { log, schema, partition_columns })
    }

    /// Opens a table, or creates it if there is none.
    pub async fn open_or_create(
        storage: &Storage,
        name: &str,
        format: u32,
        schema: &Schema,
        partition_columns: &[&str],
        at: i64,
    ) -> Result<Self, LedgerError> {
        match TableLog::exists(storage, name).await? {
            true => Self::open(storage, name, format).await,
            false => Self::create(storage, name, format, schema, partition_columns, at).await,
        }
    }

    /// Reads what was committed since.
    pub async fn refresh(&mut self) -> Result<(), LedgerError> {
        self.log.refresh().await?;
        (self.schema, self.partition_columns) = columns_of(&self.log)?;
        Ok(())
    }

    /// All columns, the partition columns included.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Delta's version.
    pub fn version(&self) -> u64 {
        self.log.version()
    }

    /// The last number that a stream committed, as of the last refresh.
    pub async fn committed(&self, app_id: &str) -> Result<Option<i64>, LedgerError> {
        self.log.transaction(app_id).await
    }

    /// Every combination of partition values that has files, sorted.
    pub fn partitions(&self) -> Result<Vec<PartitionValues>, LedgerError> {
        let mut all: Vec<PartitionValues> = self.log.files()?.into_iter().map(|f| f.partition).collect();
        all.sort();
        all.dedup();
        Ok(all)
    }

    /// Rows in the partitions that have these values.
    pub fn n_rows(&self, values: &PartitionValues) -> Result<u64, LedgerError> {
        Ok(self.files(values)?.iter().filter_map(ActiveFile::n_rows).sum())
    }

    /// What was noted beside each file of the partitions that have these values.
    pub fn notes(&self, values: &PartitionValues) -> Result<Vec<BTreeMap<String, String>>, LedgerError> {
        Ok(self.files(values)?.into_iter().map(|file| file.tags).collect())
    }

    /// Begins a file of one partition, for rows that come in batches.
    pub fn begin(&self, lease: &WriterLease, values: PartitionValues) -> Result<PlainFile, LedgerError> {
        if let Some(missing) = self.partition_columns.iter().find(|c| !values.contains_key(*c)) {
            return Err(LedgerError::columns(missing, "has no partition value"));
        }
        let schema = self.file_schema();
        let path = format!("{}.parquet", lease.unique_name());
        let options = ArrowWriterOptions::new()
            .with_properties(writer_properties(&schema))
            .with_skip_arrow_metadata(true);
        let sink = BufWriter::with_capacity(self.log.store().clone(), self.log.location(&path)?, 8 << 20);
        let n_threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(8));
        let writer = ColumnsWriter::create(sink, schema.clone(), options, ROW_GROUP_ROWS, n_threads)?;
        Ok(PlainFile { writer, path, schema, partition: values, rows: 0 })
    }

    /// Commits files, in place of the files of these partition values if `replaced` names some.
    pub async fn commit(
        &mut self,
        lease: &WriterLease,
        files: Vec<StagedFile>,
        replaced: Option<&PartitionValues>,
        id: CommitId,
    ) -> Result<Written, LedgerError> {
        self.refresh().await?;
        if let Some(done) = self.done_before(&id).await? {
            return Ok(done);
        }
        let rows = files.iter().map(|f| f.rows).sum();
        let removes = replaced.map(|values| self.files(values)).transpose()?.unwrap_or_default();
        let commit = Commit {
            adds: files.into_iter().map(|f| f.file).collect(),
            removes,
            transactions: vec![(id.app_id, id.app_version)],
            data_change: true,
            at: id.at,
            ..Commit::default()
        };
        let version = self.log.commit(lease, commit).await?;
        Ok(Written { already_committed: false, rows, version })
    }

    /// Adds rows, split by their partition values.
    pub async fn append(
        &mut self,
        lease: &WriterLease,
        batches: &[RecordBatch],
        id: CommitId,
    ) -> Result<Written, LedgerError> {
        self.refresh().await?;
        if let Some(done) = self.done_before(&id).await? {
            return Ok(done);
        }
        let files = self.stage(lease, batches).await?;
        self.commit(lease, files, None, id).await
    }

    /// Puts rows in place of all rows that have these partition values; the rows must have them too.
    pub async fn replace_partition(
        &mut self,
        lease: &WriterLease,
        values: &PartitionValues,
        batches: &[RecordBatch],
        id: CommitId,
    ) -> Result<Written, LedgerError> {
        self.replace_partition_noted(lease, values, batches, &BTreeMap::new(), id).await
    }

    /// As [`PlainTable::replace_partition`], with notes beside each file: they come and go with its
    /// rows, in one commit.
    pub async fn replace_partition_noted(
        &mut self,
        lease: &WriterLease,
        values: &PartitionValues,
        batches: &[RecordBatch],
        notes: &BTreeMap<String, String>,
        id: CommitId,
    ) -> Result<Written, LedgerError> {
        self.refresh().await?;
        if let Some(done) = self.done_before(&id).await? {
            return Ok(done);
        }
        let mut files = self.stage(lease, batches).await?;
        for staged in &mut files {
            staged.file.tags.clone_from(notes);
        }
        if let Some((name, _)) = files
            .iter()
            .find_map(|f| values.iter().find(|(name, value)| f.file.partition.get(*name) != Some(value)))
        {
            return Err(LedgerError::columns(name, "holds rows of another partition"));
        }
        self.commit(lease, files, Some(values), id).await
    }

    /// Declares further columns, nullable; rows written before read as null there.
    pub async fn add_columns(
        &mut self,
        lease: &WriterLease,
        columns: &[Field],
        at: i64,
    ) -> Result<(), LedgerError> {
        self.upgrade(lease, columns, None, at).await
    }

    /// As [`PlainTable::add_columns`]; the table gets this format number in the same commit.
    pub async fn upgrade(
        &mut self,
        lease: &WriterLease,
        columns: &[Field],
        format: Option<u32>,
        at: i64,
    ) -> Result<(), LedgerError> {
        self.refresh().await?;
        let mut fields: Vec<Field> = self.schema.fields().iter().map(|f| f.as_ref().clone()).collect();
        for column in columns {
            match self.schema.field_with_name(column.name()) {
                Ok(old) if old.data_type() == column.data_type() => {}
                Ok(_) => return Err(LedgerError::columns(column.name(), "exists with another type")),
                Err(_) => fields.push(column.clone().with_nullable(true)),
            }
        }
        if fields.len() == self.schema.fields().len() {
            return Ok(());
        }
        let delta = delta_schema(&Schema::new(fields))?;
        let properties =
            format.map(|format| (FORMAT_PROPERTY.to_owned(), format.to_string())).into_iter().collect();
        let metadata = self.log.changed_metadata(&delta, &properties)?;
        self.log
            .commit(
                lease,
                Commit { metadata: Some(metadata), based_on: Some(self.version()), at, ..Commit::default() },
            )
            .await?;
        self.refresh().await
    }

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
        self.rows(columns, groups, None, n_threads).await
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
        self.rows(columns, groups, Some((key, equals)), FILES_AT_ONCE).await
    }

    /// What a plan yields, group by group.
    async fn rows(
        &self,
        columns: &[&str],
        groups: Vec<FileGroup>,
        only: Option<(&str, i64)>,
        n_threads: NonZeroUsize,
    ) -> Result<Vec<RecordBatch>, LedgerError> {
        let n_groups = groups.len();
        if n_groups == 0 {
            return Ok(Vec::new());
        }
        let plan = self.plan(columns, groups, only)?;
        let config = SessionConfig::new().with_batch_size(READ_ROWS);
        let context = Arc::new(TaskContext::default().with_session_config(config));
        let parts = (0..n_groups).map(|part| {
            let (plan, context) = (plan.clone(), context.clone());
            async move {
                let task =
                    tokio::spawn(async move { plan.execute(part, context)?.try_collect::<Vec<_>>().await });
                Ok::<_, LedgerError>(task.await.map_err(|error| LedgerError::Task(error.to_string()))??)
            }
        });
        let read: Vec<Vec<RecordBatch>> =
            futures::stream::iter(parts).buffered(n_threads.get()).try_collect().await?;
        Ok(read.into_iter().flatten().collect())
    }

    /// Deletes data files that no version of the last `retention` microseconds needs.
    pub async fn vacuum(
        &mut self,
        _lease: &WriterLease,
        retention: i64,
        now: i64,
    ) -> Result<usize, LedgerError> {
        self.refresh().await?;
        self.log.vacuum(retention, now).await
    }

    async fn done_before(&self, id: &CommitId) -> Result<Option<Written>, LedgerError> {
        let done = self.committed(&id.app_id).await?.is_some_and(|v| v >= id.app_version);
        Ok(done.then(|| Written { already_committed: true, rows: 0, version: self.version() }))
    }

    /// Writes rows to files, split by their partition values; they are nothing until
    /// [`PlainTable::commit`] adds them.
    pub async fn stage(
        &self,
        lease: &WriterLease,
        batches: &[RecordBatch],
    ) -> Result<Vec<StagedFile>, LedgerError> {
        let mut open: BTreeMap<PartitionValues, PlainFile> = BTreeMap::new();
        for batch in batches {
            for (values, rows) in self.split(batch)? {
                if !open.contains_key(&values) {
                    open.insert(values.clone(), self.begin(lease, values.clone())?);
                }
                if let Some(file) = open.get_mut(&values) {
                    file.write(&rows).await?;
                }
            }
        }
        let mut staged = Vec::with_capacity(open.len());
        for file in open.into_values() {
            staged.push(file.finish().await?);
        }
        Ok(staged)
    }

    fn split(&self, batch: &RecordBatch) -> Result<Vec<(PartitionValues, RecordBatch)>, LedgerError> {
        if batch.num_rows() == 0 {
            return Ok(Vec::new());
        }
        if self.partition_columns.is_empty() {
            return Ok(vec![(PartitionValues::new(), batch.clone())]);
        }
        let mut texts: Vec<(String, ArrayRef)> = Vec::new();
        for name in &self.partition_columns {
            let values =
                batch.column_by_name(name).ok_or_else(|| LedgerError::columns(name, "is missing"))?;
            texts.push((name.clone(), cast(values, &DataType::Utf8)?));
        }
        let mut rows: BTreeMap<PartitionValues, Vec<u32>> = BTreeMap::new();
        // Mostly all rows of a batch belong to one partition: then no row is looked at twice.
        let first_other = |text: &ArrayRef| {
            let text = text.as_string::<i32>();
            let first = text.is_valid(0).then(|| text.value(0));
            text.iter().position(|value| value != first)
        };
        let n_looked_at = match texts.iter().all(|(_, text)| first_other(text).is_none()) {
            true => 1,
            false => batch.num_rows(),
        };
        for row in 0..n_looked_at {
            let values = texts.iter().map(|(name, text)| {
                let text = text.as_string::<i32>();
                (name.clone(), text.is_valid(row).then(|| text.value(row).to_owned()))
            });
            rows.entry(values.collect()).or_default().push(row as u32);
        }
        if rows.len() == 1 {
            return Ok(rows.into_keys().map(|values| (values, batch.clone())).collect());
        }
        rows.into_iter()
            .map(|(values, rows)| Ok((values, take_record_batch(batch, &UInt32Array::from(rows))?)))
            .collect()
    }

    fn files(&self, values: &PartitionValues) -> Result<Vec<ActiveFile>, LedgerError> {
        let matches =
            |f: &ActiveFile| values.iter().all(|(name, value)| f.partition.get(name) == Some(value));
        Ok(self.log.files()?.into_iter().filter(matches).collect())
    }

    fn partition_fields(&self) -> impl Iterator<Item = &Field> {
        self.partition_columns.iter().filter_map(|name| self.schema.field_with_name(name).ok())
    }

    /// The columns that are in the files.
    fn file_schema(&self) -> SchemaRef {
        let fields: Vec<_> = self
            .schema
            .fields()
            .iter()
            .filter(|f| !self.partition_columns.contains(f.name()))
            .cloned()
            .collect();
        Arc::new(Schema::new(fields))
    }
}

impl PlainFile {
    /// Adds rows; columns are taken by name, missing ones are null, partition columns are left out.
    pub async fn write(&mut self, batch: &RecordBatch) -> Result<(), LedgerError> {
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for field in self.schema.fields() {
            columns.push(match batch.column_by_name(field.name()) {
                Some(values) if values.data_type() == field.data_type() => values.clone(),
                Some(values) => cast(values, field.data_type())?,
                None => arrow::array::new_null_array(field.data_type(), batch.num_rows()),
            });
        }
        let rows = RecordBatch::try_new(self.schema.clone(), columns)
            .map_err(|e| LedgerError::columns("row", e.to_string()))?;
        self.rows += rows.num_rows() as u64;
        self.writer.write(&rows).await?;
        Ok(())
    }

    /// Closes and syncs the file.
    pub async fn finish(self) -> Result<StagedFile, LedgerError> {
        let size = self.writer.finish().await?;
        let file = NewFile {
            path: self.path,
            size,
            partition: self.partition,
            tags: BTreeMap::new(),
            stats: serde_json::json!({"numRecords": self.rows}).to_string(),
        };
        Ok(StagedFile { file, rows: self.rows })
    }
}

fn can_partition(data_type: &DataType) -> bool {
    data_type.is_integer() || matches!(data_type, DataType::Utf8 | DataType::Boolean | DataType::Date32)
}

fn columns_of(log: &TableLog) -> Result<(SchemaRef, Vec<String>), LedgerError> {
    let schema = arrow_schema(&log.delta_schema()?).ok_or_else(|| LedgerError::NotATable {
        path: log.url().path().to_owned(),
        reason: "its columns are of types that Gradus does not write".into(),
    })?;
    Ok((Arc::new(schema), log.partition_columns()?))
}
