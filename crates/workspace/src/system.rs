//! The workspace as whoever looks after it sees it: versions, formats, sizes, the last backup; and a backup
//! made from the page.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gradus_grading::fold::{STATE_FORMAT, time_zone_data};
use gradus_ledger::table::{EVENTS_TABLE, EventsTable, LINKS_FORMAT, LINKS_TABLE, PlainTable};
use gradus_model::Text;
use gradus_model::document::MODEL_FORMAT;
use gradus_model::event_stream::EVENTS_FORMAT;
use gradus_store::{Job, StoreAbout};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::{Permission, Principal};
use crate::accounts::{Demands, audit, demands, token};
use crate::backup::{FORMAT as BACKUP_FORMAT, LAST, backup, names_in, table_names};
use crate::clock::system_us;
use crate::grades::GRADES_FORMAT;
use crate::jobs::{JobRunner, Work, on_a_thread};
use crate::transitions::TRANSITIONS_FORMAT;
use crate::uploads::private_folder;
use crate::{Workspace, WorkspaceError, versions};

/// How long a backup that was made from the page waits to be fetched.
const KEPT_US: i64 = 24 * 3_600_000_000;

/// What is running here, on what.
#[derive(Debug, Clone)]
pub struct SystemInfo {
    pub version: &'static str,
    pub store: StoreAbout,
    pub time_zone: String,
    pub time_zone_data: &'static str,
    pub currency: String,
    /// What is stored, and the number of its form; the newest program opens all older ones.
    pub formats: Vec<(Text, i64)>,
    pub sizes: Vec<StoredSize>,
    pub last_backup: Option<LastBackup>,
    pub four_eyes: bool,
    pub demands: Demands,
}

/// How much there is of something.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSize {
    pub what: Text,
    /// None where it lies among something else.
    pub n_bytes: Option<u64>,
    pub n_rows: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastBackup {
    /// Microseconds UTC.
    pub at: i64,
    /// An account, or the command line.
    pub by: String,
    pub n_bytes: u64,
}

/// Looks at everything; no table is read.
pub async fn see(workspace: &Workspace, who: &Principal) -> Result<SystemInfo, WorkspaceError> {
    who.needs(Permission::ManageSystem)?;
    who.sees_everyone()?;
    let store = workspace.store.about().await?;
    let formats = vec![
        (Text::new("数据库结构", "store schema"), store.format),
        (Text::new("事件账本", "events ledger"), i64::from(EVENTS_FORMAT)),
        (Text::new("身份关联", "links of identities"), i64::from(LINKS_FORMAT)),
        (Text::new("评级结果", "grades"), i64::from(GRADES_FORMAT)),
        (Text::new("变动记录", "transitions"), i64::from(TRANSITIONS_FORMAT)),
        (Text::new("客户状态", "customers' states"), i64::from(STATE_FORMAT)),
        (Text::new("模型文档", "model document"), i64::from(MODEL_FORMAT)),
        (Text::new("备份文件", "backup file"), i64::from(BACKUP_FORMAT)),
    ];
    let last = workspace.store.settings().get(LAST).await?;
    Ok(SystemInfo {
        version: env!("CARGO_PKG_VERSION"),
        sizes: sizes(workspace, &store).await?,
        store,
        time_zone: workspace.zone.name().to_string(),
        time_zone_data: time_zone_data(),
        currency: workspace.settings.currency.clone(),
        formats,
        last_backup: last.and_then(|value| serde_json::from_value(value).ok()),
        four_eyes: versions::four_eyes(workspace).await?,
        demands: demands(workspace).await?,
    })
}

async fn sizes(workspace: &Workspace, store: &StoreAbout) -> Result<Vec<StoredSize>, WorkspaceError> {
    let ledger = workspace.root.join("ledger");
    let mut rows: BTreeMap<&str, u64> = BTreeMap::new();
    for name in table_names(&ledger)? {
        let (kind, n) = match name.split('/').next().unwrap_or("") {
            EVENTS_TABLE => {
                let events = EventsTable::open(&workspace.storage).await?;
                ("events", events.snapshot().await?.n_rows())
            }
            "grades" => ("grades", n_rows(workspace, &name, GRADES_FORMAT).await?),
            "transitions" => ("transitions", n_rows(workspace, &name, TRANSITIONS_FORMAT).await?),
            LINKS_TABLE => ("links", n_rows(workspace, &name, LINKS_FORMAT).await?),
            _ => continue,
        };
        *rows.entry(kind).or_default() += n;
    }
    let table = |folder: &str, kind: &str, what: Text| StoredSize {
        what,
        n_bytes: Some(size_of(&ledger.join(folder))),
        n_rows: Some(rows.get(kind).copied().unwrap_or(0)),
    };
    let of_store = |what: Text, n: u64| StoredSize { what, n_bytes: None, n_rows: Some(n) };
    Ok(vec![
        table(EVENTS_TABLE, "events", Text::new("事件账本", "events ledger")),
        table("grades", "grades", Text::new("评级结果", "grades")),
        table("transitions", "transitions", Text::new("变动记录", "transitions")),
        table(LINKS_TABLE, "links", Text::new("身份关联", "links of identities")),
        StoredSize {
            what: Text::new("客户状态", "customers' states"),
            n_bytes: Some(size_of(&ledger.join("states")) + size_of(&workspace.root.join("states"))),
            n_rows: None,
        },
        StoredSize {
            what: Text::new(
                "数据库（模型、用户、任务、审计、保险库）",
                "store (models, users, jobs, audit, vault)",
            ),
            n_bytes: Some(store.n_bytes),
            n_rows: None,
        },
        of_store(Text::new("　保险库：身份", "  vault: identities"), store.n_identities),
        of_store(Text::new("　隔离区：行", "  quarantine: rows"), store.n_quarantined),
        of_store(Text::new("　审计：条目", "  audit: entries"), store.n_audited),
    ])
}

async fn n_rows(workspace: &Workspace, name: &str, format: u32) -> Result<u64, WorkspaceError> {
    Ok(PlainTable::open(&workspace.storage, name, format).await?.n_rows(&BTreeMap::new())?)
}

/// Bytes of all files below a folder; what goes away meanwhile counts nothing.
fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let of = |entry: std::fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => size_of(&entry.path()),
        Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |facts| facts.len()),
        _ => 0,
    };
    entries.flatten().map(of).sum()
}

/// Starts a backup of the whole workspace, without the master key: who the customers are stays sealed in it.
/// The job's result names the file, which waits a day for those who manage the system.
pub async fn start_backup(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::ManageSystem)?;
    who.sees_everyone()?;
    who.is_present()?;
    let id = token::id()?;
    let (owned, by) = (workspace.clone(), who.clone());
    let work: Work = Box::new(move |progress| {
        Box::pin(on_a_thread(move || async move {
            sweep(&owned);
            let folder = folder(&owned);
            private_folder(&folder).map_err(|error| WorkspaceError::io(&folder, error))?;
            let path = folder.join(format!("{id}.tar"));
            let done = backup(&owned, &by, &path, false, &*progress).await?;
            Ok(json!({ "file": id, "bytes": done.n_bytes, "tables": done.n_tables, "files": done.n_files }))
        }))
    });
    jobs.start(workspace, who, "backup", json!({}), work).await
}

/// The file of a backup that was made from the page, to be fetched; each time is audited.
///
/// # Errors
/// [`WorkspaceError::NotFound`] if there is none, or it is too old.
pub async fn fetch_backup(
    workspace: &Workspace,
    who: &Principal,
    id: &str,
) -> Result<PathBuf, WorkspaceError> {
    who.needs(Permission::ManageSystem)?;
    who.sees_everyone()?;
    let missing = || WorkspaceError::NotFound { what: "backup" };
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(missing());
    }
    sweep(workspace);
    let path = folder(workspace).join(format!("{id}.tar"));
    if !path.is_file() {
        return Err(missing());
    }
    audit(workspace, &who.account, "workspace.backup.fetch", id, json!({})).await?;
    Ok(path)
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.own().join("backups")
}

/// Removes what is too old.
fn sweep(workspace: &Workspace) {
    let folder = folder(workspace);
    for name in names_in(&folder).unwrap_or_default() {
        let path = folder.join(name);
        let made = std::fs::metadata(&path).and_then(|facts| facts.modified()).ok();
        let at = made.and_then(|made| {
            let since = made.duration_since(std::time::UNIX_EPOCH).ok()?;
            i64::try_from(since.as_micros()).ok()
        });
        if at.is_none_or(|at| system_us() - at > KEPT_US) {
            drop(std::fs::remove_file(path));
        }
    }
}
