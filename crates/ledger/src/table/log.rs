//! The Delta log of one table: what is in it now, and how something is added to it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use deltalake_core::kernel::transaction::{CommitBuilder, TransactionError};
use deltalake_core::kernel::{Action, Add, Metadata, Protocol, Remove, Transaction};
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::{DeltaTable, DeltaTableBuilder, DeltaTableError, checkpoints};
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::path::Path;
use url::Url;

use crate::error::LedgerError;
use crate::table::lease::WriterLease;
use crate::table::store::Storage;

/// Application id under which each commit notes the number of its writer.
const FENCE_APP: &str = "gradus:fence";

/// Table property that holds a table's format number.
pub(crate) const FORMAT_PROPERTY: &str = "gradus.format";

/// Table property that says what kind of table it is.
pub(crate) const KIND_PROPERTY: &str = "gradus.table";

/// A checkpoint is written each time the version reaches a multiple of this.
const CHECKPOINT_EVERY: u64 = 20;

/// How often a commit that only adds is written again when another takes its version.
const ATTEMPTS: usize = 20;

/// A data file that is part of the table now.
#[derive(Debug, Clone)]
pub struct ActiveFile {
    /// Relative to the table.
    pub path: String,
    pub size: u64,
    pub partition: BTreeMap<String, Option<String>>,
    pub tags: BTreeMap<String, String>,
    /// Delta's statistics, as JSON.
    pub stats: Option<String>,
}

impl ActiveFile {
    /// Rows, if the statistics say.
    pub fn n_rows(&self) -> Option<u64> {
        let stats: serde_json::Value = serde_json::from_str(self.stats.as_deref()?).ok()?;
        stats.get("numRecords")?.as_u64()
    }
}

/// A file to be added by a commit.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct NewFile {
    pub path: String,
    pub size: u64,
    pub partition: BTreeMap<String, Option<String>>,
    pub tags: BTreeMap<String, String>,
    pub stats: String,
}

/// What happens in one commit.
#[derive(Debug, Default)]
pub(crate) struct Commit {
    pub adds: Vec<NewFile>,
    pub removes: Vec<ActiveFile>,
    pub metadata: Option<Metadata>,
    pub transactions: Vec<(String, i64)>,
    /// False for a rewrite that changes no row.
    pub data_change: bool,
    pub note: BTreeMap<String, serde_json::Value>,
    /// Conflict unless the table still has this version.
    pub based_on: Option<u64>,
    /// Conflict unless this application's last number is still this.
    pub unchanged: Option<(String, Option<i64>)>,
    /// Microseconds, UTC.
    pub at: i64,
}

/// The log of one table.
#[derive(Debug, Clone)]
pub(crate) struct TableLog {
    table: DeltaTable,
    storage: Storage,
    url: Url,
}

impl TableLog {
    /// Creates an empty table: reader protocol 1, writer protocol 2.
    pub async fn create(
        storage: &Storage,
        name: &str,
        delta_schema: &str,
        partition_columns: &[&str],
        properties: &BTreeMap<String, String>,
        at: i64,
    ) -> Result<Self, LedgerError> {
        let url = storage.table_url(name)?;
        let log_store = builder(storage, &url)?.build_storage()?;
        if has_version(&log_store.object_store(None)).await? {
            return Err(LedgerError::TableExists { path: url.path().to_owned() });
        }
        let protocol: Protocol =
            from_json(serde_json::json!({"minReaderVersion": 1, "minWriterVersion": 2}))?;
        let metadata = metadata(delta_schema, partition_columns, properties, &table_id(name, at), at)?;
        let operation = DeltaOperation::Create {
            mode: SaveMode::ErrorIfExists,
            location: url.clone(),
            protocol: protocol.clone(),
            metadata: metadata.clone(),
        };
        CommitBuilder::default()
            .with_actions(vec![Action::Protocol(protocol), Action::Metadata(metadata)])
            .with_max_retries(0)
            .build(None, log_store, operation)
            .into_prepared_commit_future()
            .await?
            .await?;
        Self::open(storage, name).await
    }

    /// Opens a table at its newest version.
    pub async fn open(storage: &Storage, name: &str) -> Result<Self, LedgerError> {
        let url = storage.table_url(name)?;
        let (opened, store) = (storage.opened(), storage.object_store().as_ref());
        if let Some(table) = opened.again(&url, store).await {
            return Ok(Self { table, storage: storage.clone(), url });
        }
        let table = builder(storage, &url)?.load().await.map_err(|e| match e {
            DeltaTableError::NotATable(reason) => {
                LedgerError::NotATable { path: url.path().to_owned(), reason }
            }
            // What the system refused is told as such; else it is the log.
            other if crate::error::is_refused(&other) => other.into(),
            other => {
                LedgerError::NotATable { path: url.path().to_owned(), reason: crate::error::cause(&other) }
            }
        })?;
        opened.keep(&url, &table, store).await;
        Ok(Self { table, storage: storage.clone(), url })
    }

    /// True if there is a table of this name.
    pub async fn exists(storage: &Storage, name: &str) -> Result<bool, LedgerError> {
        let url = storage.table_url(name)?;
        has_version(&builder(storage, &url)?.build_storage()?.object_store(None)).await
    }

    /// Checks what kind of table it is and that its format is not newer than `supported`.
    pub fn check_format(&self, kind: &str, supported: u32) -> Result<(), LedgerError> {
        let path = self.url.path().to_owned();
        let property = |name: &str| self.property(name);
        match (property(KIND_PROPERTY), property(FORMAT_PROPERTY).and_then(|v| v.parse::<u32>().ok())) {
            (Some(found), Some(format)) if found == kind => {
                if format > supported {
                    return Err(LedgerError::FormatTooNew { path, found: format, supported });
                }
                Ok(())
            }
            (found, _) => Err(LedgerError::NotATable {
                path,
                reason: format!(
                    "expected a table of {kind}, found {}",
                    found.as_deref().unwrap_or("another")
                ),
            }),
        }
    }

    /// Reads what was committed since.
    pub async fn refresh(&mut self) -> Result<(), LedgerError> {
        Ok(self.table.update_state().await?)
    }

    pub fn version(&self) -> u64 {
        self.table.version().map_or(0, |v| v as u64)
    }

    pub fn property(&self, name: &str) -> Option<String> {
        let metadata = self.table.snapshot().ok()?.metadata();
        metadata.configuration().get(name).cloned()
    }

    /// Delta's schema string.
    pub fn delta_schema(&self) -> Result<String, LedgerError> {
        let schema = self.table.snapshot()?.schema();
        serde_json::to_string(schema.as_ref()).map_err(|e| self.malformed(e.to_string()))
    }

    /// The same table with other columns or properties, for a commit.
    pub fn changed_metadata(
        &self,
        delta_schema: &str,
        properties: &BTreeMap<String, String>,
    ) -> Result<Metadata, LedgerError> {
        let old = self.table.snapshot()?.metadata();
        let mut all: BTreeMap<String, String> =
            old.configuration().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        all.extend(properties.iter().map(|(k, v)| (k.clone(), v.clone())));
        let columns: Vec<&str> = old.partition_columns().iter().map(String::as_str).collect();
        let at = old.created_time().unwrap_or(0) * 1000;
        metadata(delta_schema, &columns, &all, old.id(), at)
    }

    /// The files of the loaded version, by path.
    pub fn files(&self) -> Result<Vec<ActiveFile>, LedgerError> {
        let mut files = Vec::new();
        for view in self.table.snapshot()?.log_data().iter() {
            // The views give no tags otherwise.
            #[allow(deprecated)]
            let add = view.add_action();
            files.push(ActiveFile {
                path: add.path,
                size: u64::try_from(add.size).unwrap_or(0),
                partition: add.partition_values.into_iter().collect(),
                tags: add.tags.into_iter().flatten().filter_map(|(k, v)| Some((k, v?))).collect(),
                stats: add.stats,
            });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// Files that were removed, and when, in microseconds, as far back as the log remembers.
    pub async fn tombstones(&self) -> Result<Vec<(String, i64)>, LedgerError> {
        let log_store = self.table.log_store();
        let removed: Vec<_> = self.table.snapshot()?.all_tombstones(log_store.as_ref()).try_collect().await?;
        // Without an instant, as if removed just now.
        let at = |millis: Option<i64>| millis.map_or(i64::MAX, |m| m.saturating_mul(1000));
        Ok(removed.iter().map(|t| (t.path().into_owned(), at(t.deletion_timestamp()))).collect())
    }

    pub fn partition_columns(&self) -> Result<Vec<String>, LedgerError> {
        Ok(self.table.snapshot()?.metadata().partition_columns().to_vec())
    }

    /// Removes what interrupted writers left on a local disk; no list shows it.
    pub fn remove_staging(&self) -> Result<usize, LedgerError> {
        self.storage.remove_staging(&self.url)
    }

    /// The last version that an application committed.
    pub async fn transaction(&self, app_id: &str) -> Result<Option<i64>, LedgerError> {
        let log_store = self.table.log_store();
        Ok(self.table.snapshot()?.transaction_version(log_store.as_ref(), app_id).await?)
    }

    /// The highest writer number in the log.
    pub async fn fence(&self) -> Result<u64, LedgerError> {
        Ok(self.transaction(FENCE_APP).await?.and_then(|v| u64::try_from(v).ok()).unwrap_or(0))
    }

    /// Commits, if what the commit rests on still holds in the fresh snapshot.
    ///
    /// A commit that removes files is tried once: on a conflict the caller plans anew. When this
    /// returns, the commit is on disk. When it fails, the commit may or may not have happened; the
    /// application transaction tells.
    pub async fn commit(&mut self, lease: &WriterLease, commit: Commit) -> Result<u64, LedgerError> {
        let actions = actions(&commit, lease);
        let attempts = if commit.removes.is_empty() { ATTEMPTS } else { 1 };
        let mut committed = false;
        for _ in 0..attempts {
            self.refresh().await?;
            self.check(&commit, lease).await?;
            if self.try_commit(actions.clone(), &commit.note).await? {
                committed = true;
                break;
            }
        }
        if !committed {
            return Err(LedgerError::Conflict { reason: "other commits came first".into() });
        }
        // From here on it counts, whatever fails.
        self.refresh().await?;
        let version = self.version();
        if version.is_multiple_of(CHECKPOINT_EVERY) {
            // A checkpoint only makes opening faster; the next one comes anyway.
            let _ = checkpoints::create_checkpoint(&self.table, None).await;
        }
        Ok(version)
    }

    /// Writes the next version; false if another commit has it already.
    async fn try_commit(
        &self,
        actions: Vec<Action>,
        note: &BTreeMap<String, serde_json::Value>,
    ) -> Result<bool, LedgerError> {
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        let note: HashMap<String, serde_json::Value> = note.clone().into_iter().collect();
        let outcome = CommitBuilder::default()
            .with_actions(actions)
            .with_app_metadata(note)
            .with_max_retries(0)
            .build(Some(self.table.snapshot()?), self.table.log_store(), operation)
            .into_prepared_commit_future()
            .await?
            .await;
        match outcome {
            Ok(_) => Ok(true),
            Err(DeltaTableError::Transaction { source: TransactionError::MaxCommitAttempts(_) }) => Ok(false),
            Err(other) => Err(other.into()),
        }
    }

    async fn check(&self, commit: &Commit, lease: &WriterLease) -> Result<(), LedgerError> {
        let found = self.fence().await?;
        if found > lease.fence() {
            return Err(LedgerError::Fenced { ours: lease.fence(), found });
        }
        if commit.based_on.is_some_and(|v| v != self.version()) {
            return Err(LedgerError::Conflict { reason: "another commit came first".into() });
        }
        if let Some((app, expected)) = &commit.unchanged
            && self.transaction(app).await? != *expected
        {
            return Err(LedgerError::Conflict { reason: "another append came first".into() });
        }
        self.check_removes(&commit.removes)
    }

    /// Writes a checkpoint now.
    pub async fn checkpoint(&self) -> Result<(), LedgerError> {
        Ok(checkpoints::create_checkpoint(&self.table, None).await?)
    }

    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        self.storage.object_store()
    }

    /// The place in the store of a path relative to the table.
    pub fn location(&self, path: &str) -> Result<Path, LedgerError> {
        location(&self.url, path)
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    /// delta-rs does not notice that two rewrites remove one file.
    fn check_removes(&self, removes: &[ActiveFile]) -> Result<(), LedgerError> {
        if removes.is_empty() {
            return Ok(());
        }
        let active: BTreeSet<String> = self.files()?.into_iter().map(|f| f.path).collect();
        match removes.iter().find(|f| !active.contains(&f.path)) {
            Some(gone) => Err(LedgerError::Conflict { reason: format!("{} was rewritten", gone.path) }),
            None => Ok(()),
        }
    }

    fn malformed(&self, reason: String) -> LedgerError {
        LedgerError::NotATable { path: self.url.path().to_owned(), reason }
    }
}

fn actions(commit: &Commit, lease: &WriterLease) -> Vec<Action> {
    let millis = commit.at.div_euclid(1000);
    let mut actions: Vec<Action> = commit.metadata.clone().into_iter().map(Action::Metadata).collect();
    actions.extend(commit.removes.iter().map(|f| {
        Action::Remove(Remove {
            path: f.path.clone(),
            data_change: commit.data_change,
            deletion_timestamp: Some(millis),
            extended_file_metadata: Some(true),
            partition_values: Some(f.partition.clone().into_iter().collect()),
            size: i64::try_from(f.size).ok(),
            ..Default::default()
        })
    }));
    actions.extend(commit.adds.iter().map(|f| {
        Action::Add(Add {
            path: f.path.clone(),
            partition_values: f.partition.clone().into_iter().collect(),
            size: i64::try_from(f.size).unwrap_or(i64::MAX),
            modification_time: millis,
            data_change: commit.data_change,
            stats: Some(f.stats.clone()),
            tags: Some(f.tags.iter().map(|(k, v)| (k.clone(), Some(v.clone()))).collect()),
            deletion_vector: None,
            base_row_id: None,
            default_row_commit_version: None,
            clustering_provider: None,
        })
    }));
    let fence = (FENCE_APP.to_owned(), i64::try_from(lease.fence()).unwrap_or(i64::MAX));
    actions.extend(
        commit
            .transactions
            .iter()
            .cloned()
            .chain([fence])
            .map(|(app, version)| Action::Txn(Transaction::new_with_last_update(app, version, Some(millis)))),
    );
    actions
}

/// The place in the store of a path relative to a table.
pub(crate) fn location(url: &Url, path: &str) -> Result<Path, LedgerError> {
    let folder = Path::from_url_path(url.path()).map_err(object_store::Error::from)?;
    // The path is taken as it is: what is percent-encoded in the folder's name is its name.
    Ok(Path::parse(format!("{folder}/{path}")).map_err(object_store::Error::from)?)
}

fn builder(storage: &Storage, url: &Url) -> Result<DeltaTableBuilder, LedgerError> {
    Ok(DeltaTableBuilder::from_url(url.clone())?
        .with_storage_backend(storage.object_store().clone(), url.clone()))
}

/// A table id without chance: the same name created at the same instant is the same table.
fn table_id(name: &str, at: i64) -> String {
    let hash = blake3::hash(format!("{name}@{at}").as_bytes()).to_hex();
    let part = |range| hash.get(range).unwrap_or_default();
    format!("{}-{}-4{}-8{}-{}", part(0..8), part(8..12), part(13..16), part(17..20), part(20..32))
}

fn metadata(
    delta_schema: &str,
    partition_columns: &[&str],
    properties: &BTreeMap<String, String>,
    id: &str,
    at: i64,
) -> Result<Metadata, LedgerError> {
    from_json(serde_json::json!({
        "id": id,
        "name": null,
        "description": null,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": delta_schema,
        "partitionColumns": partition_columns,
        "configuration": properties,
        "createdTime": at.div_euclid(1000),
    }))
}

fn from_json<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Result<T, LedgerError> {
    serde_json::from_value(value).map_err(|e| DeltaTableError::generic(e.to_string()).into())
}

/// True if the log holds a version. The library also takes the staging file of a first commit that
/// was killed for one, and then finds nothing to open.
async fn has_version(store: &Arc<dyn ObjectStore>) -> Result<bool, LedgerError> {
    let mut files = store.list(Some(&Path::from("_delta_log")));
    while let Some(file) = files.try_next().await? {
        let version = |name: &str| {
            let number = name.strip_suffix(".json").or_else(|| name.strip_suffix(".checkpoint.parquet"));
            number.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        };
        if file.location.filename().is_some_and(version) {
            return Ok(true);
        }
    }
    Ok(false)
}
