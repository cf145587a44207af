//! Tables other than the events: links, grading snapshots, transitions.
//!
//! They share the events' log, lease and storage, and have no order of their own.

mod read;

pub use read::BatchMap;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{cast, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use object_store::ObjectStoreExt;
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
use crate::table::partition_path::folder_of;
use crate::table::schema::{arrow_schema, delta_schema};
use crate::table::store::Storage;

/// Values of the partition columns, as Delta writes them; `None` is null.
pub type PartitionValues = BTreeMap<String, Option<String>>;

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
        let path = self.path_of(lease, &values);
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
        self.into_folders(lease, replaced, id.at).await?;
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

    /// Where a new file of these values goes, relative to the table.
    fn path_of(&self, lease: &WriterLease, values: &PartitionValues) -> String {
        format!("{}{}.parquet", folder_of(&self.partition_columns, values), lease.unique_name())
    }

    /// Moves files of older programs into the folders of their partitions, unless they are replaced anyhow:
    /// who reads the values from paths reads none beside others. The rows are the same, and so is what
    /// is noted beside them.
    async fn into_folders(
        &mut self,
        lease: &WriterLease,
        replaced: Option<&PartitionValues>,
        at: i64,
    ) -> Result<(), LedgerError> {
        if self.partition_columns.is_empty() {
            return Ok(());
        }
        let goes = |file: &ActiveFile| {
            replaced.is_some_and(|values| {
                values.iter().all(|(name, value)| file.partition.get(name) == Some(value))
            })
        };
        let all = self.log.files()?;
        let flat: Vec<ActiveFile> =
            all.into_iter().filter(|file| !file.path.contains('/') && !goes(file)).collect();
        if flat.is_empty() {
            return Ok(());
        }
        let mut adds = Vec::with_capacity(flat.len());
        for file in &flat {
            let path = self.path_of(lease, &file.partition);
            self.log.store().copy(&self.log.location(&file.path)?, &self.log.location(&path)?).await?;
            adds.push(NewFile {
                path,
                size: file.size,
                partition: file.partition.clone(),
                tags: file.tags.clone(),
                stats: file.stats.clone().unwrap_or_default(),
            });
        }
        let commit = Commit { adds, removes: flat, based_on: Some(self.version()), at, ..Commit::default() };
        self.log.commit(lease, commit).await?;
        self.refresh().await
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
