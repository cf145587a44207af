//! The events table: created, opened, seen at one version.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::datasource::object_store::ObjectStoreUrl;
use gradus_model::event_stream::{
    EVENTS_FORMAT, EVENTS_FORMAT_FIRST, EventSchema, Field, SORT_COLUMNS, column,
};
use object_store::ObjectStore;
use object_store::path::Path;

use crate::error::LedgerError;
use crate::table::file::{FACTS_TAG, FileFacts};
use crate::table::lease::WriterLease;
use crate::table::log::{ActiveFile, Commit, FORMAT_PROPERTY, KIND_PROPERTY, TableLog};
use crate::table::lookup::Footers;
use crate::table::schema::{delta_schema, file_schema};
use crate::table::store::Storage;
use crate::table::undone::{UNDONE_PROPERTY, Undone};

/// Name of the events table under the workspace's root.
pub const EVENTS_TABLE: &str = "events";

/// Application id whose version is the next position to be given.
pub(crate) const POSITION_APP: &str = "gradus:position";

const KIND: &str = "events";
const BUCKETS_PROPERTY: &str = "gradus.buckets";
const SORT_PROPERTY: &str = "gradus.sort";
const FIELDS_PROPERTY: &str = "gradus.fields";

/// The one table of all events: hash-bucketed and sorted by identity.
#[derive(Debug, Clone)]
pub struct EventsTable {
    pub(crate) log: TableLog,
    schema: EventSchema,
    footers: Arc<Footers>,
}

/// One data file of the events table.
#[derive(Debug, Clone)]
pub struct EventFile {
    pub bucket: u32,
    pub facts: FileFacts,
    pub active: ActiveFile,
    /// Its place in the store.
    pub location: Path,
}

/// The table as of one commit; what is committed later does not show.
#[derive(Debug, Clone)]
pub struct EventsSnapshot {
    schema: EventSchema,
    version: u64,
    next_position: i64,
    files: Arc<Vec<EventFile>>,
    undone: Arc<Vec<Undone>>,
    store: Arc<dyn ObjectStore>,
    url: url::Url,
    footers: Arc<Footers>,
}

impl EventsTable {
    /// Creates the table, empty. `at` is microseconds, UTC.
    ///
    /// # Errors
    /// [`LedgerError::TableExists`]; [`LedgerError::Columns`] if a declared field has the name of
    /// another column.
    pub async fn create(storage: &Storage, schema: &EventSchema, at: i64) -> Result<Self, LedgerError> {
        check_fields(schema)?;
        let properties = BTreeMap::from([
            (FORMAT_PROPERTY.to_owned(), EVENTS_FORMAT_FIRST.to_string()),
            (KIND_PROPERTY.to_owned(), KIND.to_owned()),
            (BUCKETS_PROPERTY.to_owned(), schema.n_buckets.to_string()),
            (SORT_PROPERTY.to_owned(), SORT_COLUMNS.join(",")),
            (FIELDS_PROPERTY.to_owned(), fields_json(&schema.fields)?),
        ]);
        TableLog::create(storage, EVENTS_TABLE, &table_schema(schema)?, &[column::BUCKET], &properties, at)
            .await?;
        Self::open(storage).await
    }

    /// Opens the table at its newest version.
    ///
    /// # Errors
    /// [`LedgerError::FormatTooNew`] if a newer Gradus wrote it, [`LedgerError::NotATable`] if it is
    /// something else.
    pub async fn open(storage: &Storage) -> Result<Self, LedgerError> {
        let log = TableLog::open(storage, EVENTS_TABLE).await?;
        log.check_format(KIND, EVENTS_FORMAT)?;
        let schema = read_schema(&log)?;
        Ok(Self { log, schema, footers: Arc::default() })
    }

    /// Opens the table, or creates it if there is none.
    pub async fn open_or_create(
        storage: &Storage,
        schema: &EventSchema,
        at: i64,
    ) -> Result<Self, LedgerError> {
        match TableLog::exists(storage, EVENTS_TABLE).await? {
            true => Self::open(storage).await,
            false => Self::create(storage, schema, at).await,
        }
    }

    /// Reads what was committed since.
    pub async fn refresh(&mut self) -> Result<(), LedgerError> {
        self.log.refresh().await?;
        self.schema = read_schema(&self.log)?;
        Ok(())
    }

    /// The columns of the table.
    pub fn event_schema(&self) -> &EventSchema {
        &self.schema
    }

    /// Delta's version; it is for operations only, reproduction rests on positions.
    pub fn version(&self) -> u64 {
        self.log.version()
    }

    /// The highest writer number in the log: a lease must have a higher one, or the same.
    pub async fn fence(&self) -> Result<u64, LedgerError> {
        self.log.fence().await
    }

    /// The last version that an application committed, as of the last refresh.
    pub async fn committed(&self, app_id: &str) -> Result<Option<i64>, LedgerError> {
        self.log.transaction(app_id).await
    }

    /// The table as of the last refresh.
    pub async fn snapshot(&self) -> Result<EventsSnapshot, LedgerError> {
        let mut files = Vec::new();
        for active in self.log.files()? {
            let bucket = active.partition.get(column::BUCKET).and_then(|b| b.as_deref()?.parse().ok());
            let bucket = bucket.ok_or_else(|| LedgerError::NotATable {
                path: active.path.clone(),
                reason: "the file belongs to no bucket".into(),
            })?;
            let rows = active.n_rows().unwrap_or(0);
            let facts = active.tags.get(FACTS_TAG).and_then(|t| serde_json::from_str(t).ok());
            let facts = facts.unwrap_or_else(|| FileFacts::unknown(rows));
            let location = self.log.location(&active.path)?;
            files.push(EventFile { bucket, facts, active, location });
        }
        let from_files = files.iter().map(|f| f.facts.position.max).filter(|p| *p < i64::MAX).max();
        let noted = self.log.transaction(POSITION_APP).await?;
        Ok(EventsSnapshot {
            schema: self.schema.clone(),
            version: self.log.version(),
            next_position: noted.unwrap_or(1).max(from_files.map_or(1, |p| p + 1)),
            files: Arc::new(files),
            undone: Arc::new(read_undone(&self.log)?),
            store: self.log.store().clone(),
            url: self.log.url().clone(),
            footers: self.footers.clone(),
        })
    }

    /// Declares further fields; rows written before read as null there.
    ///
    /// A field that is already there with the same type is left as it is.
    ///
    /// # Errors
    /// [`LedgerError::Columns`] if a name is taken by a column or by a field of another type.
    pub async fn add_fields(
        &mut self,
        lease: &WriterLease,
        fields: &[Field],
        at: i64,
    ) -> Result<(), LedgerError> {
        self.refresh().await?;
        let mut schema = self.schema.clone();
        for field in fields {
            match schema.fields.iter().find(|f| f.name == field.name) {
                Some(old) if old.field_type == field.field_type => {}
                Some(_) => return Err(LedgerError::columns(&field.name, "exists with another type")),
                None => schema.fields.push(field.clone()),
            }
        }
        if schema == self.schema {
            return Ok(());
        }
        check_fields(&schema)?;
        let properties = BTreeMap::from([(FIELDS_PROPERTY.to_owned(), fields_json(&schema.fields)?)]);
        let metadata = self.log.changed_metadata(&table_schema(&schema)?, &properties)?;
        let commit =
            Commit { metadata: Some(metadata), based_on: Some(self.version()), at, ..Commit::default() };
        self.log.commit(lease, commit).await?;
        self.refresh().await
    }

    /// Writes a checkpoint of the log now, so that opening is quick.
    pub async fn checkpoint(&self) -> Result<(), LedgerError> {
        self.log.checkpoint().await
    }
}

impl EventsSnapshot {
    pub fn event_schema(&self) -> &EventSchema {
        &self.schema
    }

    /// Delta's version.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The position of the last event, 0 if there is none: what a run stores to be reproducible.
    pub fn last_position(&self) -> i64 {
        self.next_position - 1
    }

    pub(crate) fn next_position(&self) -> i64 {
        self.next_position
    }

    /// All data files, by path.
    pub fn files(&self) -> &[EventFile] {
        &self.files
    }

    /// The imports that were undone, in the order in which that was done.
    pub fn undone(&self) -> &[Undone] {
        &self.undone
    }

    /// Rows in the table, retractions and what was undone included.
    pub fn n_rows(&self) -> u64 {
        self.files.iter().map(|f| f.facts.rows).sum()
    }

    /// False if every amount is in this currency.
    pub fn may_hold_other_currency(&self, own: &str) -> bool {
        let other = |file: &EventFile| match &file.facts.currencies {
            Some(currencies) => currencies.iter().any(|currency| currency != own),
            None => true,
        };
        self.files.iter().any(other)
    }

    pub(crate) fn log_store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    pub(crate) fn footers(&self) -> &Footers {
        &self.footers
    }

    /// The place in the store of a path relative to the table.
    pub(crate) fn location(&self, path: &str) -> Result<Path, LedgerError> {
        crate::table::log::location(&self.url, path)
    }

    pub(crate) fn object_store_url(&self) -> Result<ObjectStoreUrl, LedgerError> {
        Ok(ObjectStoreUrl::parse(&self.url[..url::Position::BeforePath])?)
    }
}

fn read_schema(log: &TableLog) -> Result<EventSchema, LedgerError> {
    let malformed = |name: &str| LedgerError::NotATable {
        path: log.url().path().to_owned(),
        reason: format!("table property {name} is missing or malformed"),
    };
    let n_buckets = log
        .property(BUCKETS_PROPERTY)
        .and_then(|v| v.parse().ok())
        .filter(|n| *n > 0)
        .ok_or_else(|| malformed(BUCKETS_PROPERTY))?;
    let fields = log
        .property(FIELDS_PROPERTY)
        .and_then(|v| serde_json::from_str(&v).ok())
        .ok_or_else(|| malformed(FIELDS_PROPERTY))?;
    Ok(EventSchema { n_buckets, fields })
}

fn read_undone(log: &TableLog) -> Result<Vec<Undone>, LedgerError> {
    let Some(told) = log.property(UNDONE_PROPERTY) else { return Ok(Vec::new()) };
    serde_json::from_str(&told).map_err(|_| LedgerError::NotATable {
        path: log.url().path().to_owned(),
        reason: format!("table property {UNDONE_PROPERTY} is malformed"),
    })
}

/// Delta's schema string of the table.
pub(crate) fn table_schema(schema: &EventSchema) -> Result<String, LedgerError> {
    delta_schema(&table_columns(schema))
}

/// The file's columns and the partition column.
fn table_columns(schema: &EventSchema) -> arrow::datatypes::Schema {
    let mut fields: Vec<_> = file_schema(schema).fields().iter().cloned().collect();
    fields.push(Arc::new(arrow::datatypes::Field::new(
        column::BUCKET,
        arrow::datatypes::DataType::Int32,
        false,
    )));
    arrow::datatypes::Schema::new(fields)
}

fn check_fields(schema: &EventSchema) -> Result<(), LedgerError> {
    if schema.n_buckets == 0 {
        return Err(LedgerError::columns(column::BUCKET, "there must be at least one bucket"));
    }
    let columns = table_columns(schema);
    let mut seen = std::collections::BTreeSet::new();
    for field in columns.fields() {
        // Delta compares names without regard to case.
        if !seen.insert(field.name().to_lowercase()) {
            return Err(LedgerError::columns(field.name(), "the name is taken"));
        }
        if field.name().is_empty()
            || field.name().contains([' ', ',', ';', '{', '}', '(', ')', '\n', '\t', '='])
        {
            return Err(LedgerError::columns(field.name(), "the name holds characters that Parquet refuses"));
        }
    }
    Ok(())
}

fn fields_json(fields: &[Field]) -> Result<String, LedgerError> {
    serde_json::to_string(fields).map_err(|e| LedgerError::columns("fields", e.to_string()))
}
