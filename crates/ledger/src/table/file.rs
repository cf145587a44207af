//! Data files: how they are encoded, and what is known of each without opening it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::{max, min};
use arrow::datatypes::{DataType, Int64Type, Schema, SchemaRef, TimestampMicrosecondType};
use gradus_model::event_stream::{REFERENCE, column};
use object_store::ObjectStore;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;
use serde::{Deserialize, Serialize};

use crate::error::LedgerError;
use crate::table::columns::ColumnsWriter;
use crate::table::delivered::Delivered;
use crate::table::keys::KeyColumns;

/// Rows per row group: few enough that a writer's buffers stay small and that one identity's rows
/// are found quickly, enough that dictionaries pay.
pub const ROW_GROUP_ROWS: usize = 256 * 1024;

/// Rows per page, the grain in which single identities are read.
pub const PAGE_ROWS: usize = 8 * 1024;

/// The tag of an added file under which its [`FileFacts`] stand.
pub const FACTS_TAG: &str = "gradus.events";

/// Smallest and largest value, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    pub min: i64,
    pub max: i64,
}

impl Range {
    /// Of a file of which nothing is known.
    pub const ANY: Self = Self { min: i64::MIN, max: i64::MAX };
    const NONE: Self = Self { min: i64::MAX, max: i64::MIN };

    pub fn overlaps(&self, other: &Range) -> bool {
        self.min <= other.max && other.min <= self.max
    }

    fn widen(&mut self, low: Option<i64>, high: Option<i64>) {
        self.min = low.map_or(self.min, |v| self.min.min(v));
        self.max = high.map_or(self.max, |v| self.max.max(v));
    }
}

/// What a scan wants to know of an events file before it opens it. Instants are microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    pub rows: u64,
    /// Rows that retract; a file without any needs no event ids.
    pub retractions: u64,
    /// Leading columns of the table that the file holds; fields declared later read as null.
    pub n_columns: usize,
    pub identity: Range,
    pub time: Range,
    pub known: Range,
    pub position: Range,
    /// The last time at which something happened, the least number if nothing did: facts of a reference
    /// hold from a date on, and do not happen. `None` in files of before there were any.
    #[serde(default)]
    pub last_event: Option<i64>,
    /// The currencies of its amounts; `None` in files of before this was noted.
    #[serde(default)]
    pub currencies: Option<BTreeSet<String>>,
    /// What its rows deliver; a file that was written before this was kept does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Delivered>,
}

impl FileFacts {
    /// The widest facts, for a file that another program wrote.
    pub fn unknown(rows: u64) -> Self {
        Self {
            rows,
            retractions: rows,
            n_columns: 0,
            identity: Range::ANY,
            time: Range::ANY,
            known: Range::ANY,
            position: Range::ANY,
            last_event: None,
            currencies: None,
            delivered: None,
        }
    }
}

/// A file that is written and synced, but not yet part of a table.
#[derive(Debug, Clone)]
pub struct WrittenFile {
    /// Relative to the table.
    pub path: String,
    pub size: u64,
    pub facts: FileFacts,
    /// Delta's per-file statistics.
    pub stats: String,
}

/// Writes one file of sorted events.
pub struct EventFileWriter {
    writer: ColumnsWriter,
    path: String,
    facts: FileFacts,
    nulls: BTreeMap<String, u64>,
    committed_at: Option<i64>,
    /// What the rows deliver is known without looking at them.
    is_told: bool,
}

impl EventFileWriter {
    /// `location` is the file's place in the store, `path` its name relative to the table; columns are
    /// encoded on `n_threads`.
    pub fn create(
        store: Arc<dyn ObjectStore>,
        location: Path,
        path: String,
        schema: SchemaRef,
        n_threads: usize,
    ) -> Result<Self, LedgerError> {
        let n_columns = schema.fields().len();
        let nulls = schema.fields().iter().map(|f| (f.name().clone(), 0)).collect();
        let properties = writer_properties(&schema);
        // No Arrow schema in the footer: other readers see plain Parquet, ours names its own types.
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let sink = BufWriter::with_capacity(store, location, 8 << 20);
        let writer = ColumnsWriter::create(sink, schema, options, ROW_GROUP_ROWS, n_threads)?;
        let facts = FileFacts {
            rows: 0,
            retractions: 0,
            n_columns,
            identity: Range::NONE,
            time: Range::NONE,
            known: Range::NONE,
            position: Range::NONE,
            last_event: Some(i64::MIN),
            currencies: Some(BTreeSet::new()),
            delivered: Some(Delivered::default()),
        };
        Ok(Self { writer, path, facts, nulls, committed_at: None, is_told: false })
    }

    /// All rows are of one commit, whose first position this is: they are told apart no further.
    pub fn committed_at(self, position: i64) -> Self {
        Self { committed_at: Some(position), ..self }
    }

    /// The rows deliver this: they need not be looked at.
    pub fn delivering(mut self, delivered: Delivered) -> Self {
        self.facts.delivered = Some(delivered);
        Self { is_told: true, ..self }
    }

    /// Adds rows, which must come after those before in the order of [`crate::table::EventKey`].
    pub async fn write(&mut self, batch: &RecordBatch) -> Result<(), LedgerError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let keys = KeyColumns::of(batch)?;
        self.facts.rows += batch.num_rows() as u64;
        self.facts.retractions += keys.n_retractions() as u64;
        let ids = keys.identities();
        self.facts.identity.widen(ids.first().copied(), ids.last().copied());
        self.facts.time.widen(keys.times().iter().min().copied(), keys.times().iter().max().copied());
        // Identities ascend, and those of facts come first.
        let n_facts = ids.partition_point(|identity| *identity <= REFERENCE);
        let last = keys.times().get(n_facts..).and_then(|times| times.iter().max().copied());
        self.facts.last_event = self.facts.last_event.max(last);
        let known = batch
            .column_by_name(column::KNOWN)
            .and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>())
            .ok_or_else(|| LedgerError::columns(column::KNOWN, "is missing or has the wrong type"))?;
        self.facts.known.widen(min(known), max(known));
        let position = batch
            .column_by_name(column::POSITION)
            .and_then(|c| c.as_primitive_opt::<Int64Type>())
            .ok_or_else(|| LedgerError::columns(column::POSITION, "is missing or has the wrong type"))?;
        self.facts.position.widen(min(position), max(position));
        self.note_currencies(batch);
        for (field, values) in batch.schema().fields().iter().zip(batch.columns()) {
            if let Some(n) = self.nulls.get_mut(field.name()) {
                *n += values.null_count() as u64;
            }
        }
        if let Some(delivered) = self.facts.delivered.as_mut().filter(|_| !self.is_told) {
            delivered.add(batch, self.committed_at)?;
        }
        self.writer.write(batch).await?;
        Ok(())
    }

    fn note_currencies(&mut self, batch: &RecordBatch) {
        let column = batch.column_by_name(column::CURRENCY).and_then(|values| values.as_string_opt::<i32>());
        let Some(currencies) = column else {
            self.facts.currencies = None;
            return;
        };
        let Some(noted) = &mut self.facts.currencies else { return };
        // Nearly all rows say the same as the one before.
        let mut last = None;
        for currency in currencies.iter().flatten() {
            if last != Some(currency) {
                if !noted.contains(currency) {
                    noted.insert(currency.to_string());
                }
                last = Some(currency);
            }
        }
    }

    /// Closes and syncs the file.
    pub async fn finish(self) -> Result<WrittenFile, LedgerError> {
        let size = self.writer.finish().await?;
        let stats = stats_json(&self.facts, &self.nulls);
        Ok(WrittenFile { path: self.path, size, facts: self.facts, stats })
    }
}

/// How the columns of an events file are encoded.
///
/// Chosen by measurement (see the crate's `events` example): keys and times as deltas, event ids
/// plain and uncompressed since they are random, amounts and text as dictionaries.
pub fn writer_properties(schema: &Schema) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by("gradus".to_owned())
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS / 4)
        .set_dictionary_page_size_limit(1 << 20)
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for field in schema.fields() {
        let path = ColumnPath::from(field.name().as_str());
        match field.name().as_str() {
            column::IDENTITY => {
                builder = builder
                    .set_column_statistics_enabled(path.clone(), EnabledStatistics::Page)
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED)
                    .set_column_compression(path, Compression::UNCOMPRESSED);
            }
            column::TIME | column::KNOWN | column::POSITION => {
                builder = builder
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED)
                    .set_column_compression(path, Compression::UNCOMPRESSED);
            }
            column::EVENT_ID => {
                builder = builder
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_statistics_enabled(path.clone(), EnabledStatistics::None)
                    .set_column_compression(path, Compression::UNCOMPRESSED);
            }
            column::ORDER_KEY => {
                builder = builder
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_compression(path, Compression::SNAPPY);
            }
            _ if matches!(field.data_type(), DataType::Decimal128(..) | DataType::Int64) => {
                builder = builder.set_column_compression(path, Compression::SNAPPY);
            }
            _ => {}
        }
    }
    builder.build()
}

fn stats_json(facts: &FileFacts, nulls: &BTreeMap<String, u64>) -> String {
    let bounds = |pick: fn(&Range) -> i64| {
        let mut values = serde_json::Map::new();
        if facts.rows > 0 {
            values.insert(column::IDENTITY.into(), pick(&facts.identity).into());
            for (name, range) in [(column::TIME, &facts.time), (column::KNOWN, &facts.known)] {
                if let Ok(instant) = jiff::Timestamp::from_microsecond(pick(range)) {
                    values.insert(name.into(), format!("{instant:.6}").into());
                }
            }
            values.insert(column::POSITION.into(), pick(&facts.position).into());
        }
        values
    };
    serde_json::json!({
        "numRecords": facts.rows,
        "minValues": bounds(|r| r.min),
        "maxValues": bounds(|r| r.max),
        "nullCount": nulls,
    })
    .to_string()
}
