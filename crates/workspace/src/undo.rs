//! `gradus import --undo`: what an import brought does not count any more from now on. Nothing in the
//! ledger changes, so that what was known before stays what it was.
//!
//! An event that another import delivered, too, stays. Undoing counts when its one commit to the events
//! table exists: announced before it, completed after it. What a crash left half done is completed or
//! forgotten at the next start.

mod deliveries;
mod effect;
mod words;

use gradus_ledger::table::{EVENTS_TABLE, EventsTable, Positions, WriterLease, undo_app};
use gradus_model::{Finding, Place, Text};
use gradus_store::{Import, ImportNumber, ImportStatus, NewAuditEntry, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) use deliveries::{deliveries_table, keep_deliveries};
pub use effect::{Effect, Sum};

use crate::clock::system_us;
use crate::links::{UNSETTLED, settle_links};
use crate::recover::recover;
use crate::{Workspace, WorkspaceError};
use deliveries::Deliveries;

/// Setting that says which import is being undone.
pub(crate) const UNDOING: &str = "imports.undoing";

/// Which import, and whether it is only asked what that would do.
#[derive(Debug, Clone)]
pub struct UndoOptions {
    pub import: i64,
    pub dry_run: bool,
    pub actor: String,
}

/// What undoing an import did, or would do.
#[derive(Debug, Clone, Serialize)]
pub struct UndoneImport {
    pub import: i64,
    pub source: String,
    pub files: Vec<String>,
    pub dry_run: bool,
    pub effect: Effect,
    /// Links between identities that were added or taken back.
    pub link_changes: u64,
}

/// What is written down before the commit, so that it can be completed after it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Announced {
    id: String,
    number: i64,
    actor: String,
    /// Microseconds UTC.
    at: i64,
    effect: Effect,
    /// Links that change with it.
    link_changes: u64,
    /// The audit log's last entry before.
    audit: i64,
}

/// Undoes an import, or says what that would do.
///
/// # Errors
/// Findings: there is no such import, it was undone before, it never counted, or it is from before it was
/// noted which events are whose.
pub async fn undo_import(
    workspace: &Workspace,
    options: &UndoOptions,
) -> Result<UndoneImport, WorkspaceError> {
    let import = find(workspace, options.import).await?;
    let mut undone = UndoneImport {
        import: import.number.0,
        source: import.source.clone(),
        files: import.files.iter().map(|file| file.name.clone()).collect(),
        dry_run: options.dry_run,
        effect: Effect::default(),
        link_changes: 0,
    };
    if options.dry_run {
        let events = EventsTable::open(&workspace.storage).await?;
        (_, undone.effect) = plan(workspace, &events, &import).await?;
        undone.link_changes = crate::links::changes_without(workspace, &import.id).await?;
        return Ok(undone);
    }
    let lease = WriterLease::acquire(workspace.root.join("ledger"))?;
    let mut events = EventsTable::open(&workspace.storage).await?;
    recover(workspace, &lease, Some(&mut events)).await?;
    // What was half done may have been this.
    let import = find(workspace, options.import).await?;
    let (rows, effect) = plan(workspace, &events, &import).await?;
    let announced = Announced {
        id: import.id.clone(),
        number: import.number.0,
        actor: options.actor.clone(),
        at: system_us(),
        effect: effect.clone(),
        link_changes: crate::links::changes_without(workspace, &import.id).await?,
        audit: workspace.store.audit().head().await?.number,
    };
    let told = serde_json::to_value(&announced).map_err(|e| WorkspaceError::Defect(e.to_string()))?;
    workspace.store.settings().set(UNDOING, &told).await?;
    events.undo(&lease, &import.id, rows, announced.at).await?;
    complete(workspace, &lease, &announced).await?;
    (undone.effect, undone.link_changes) = (effect, announced.link_changes);
    Ok(undone)
}

/// Completes an undoing that was interrupted after its commit, and forgets one that was before it.
pub(crate) async fn recover_undoing(
    workspace: &Workspace,
    lease: &WriterLease,
    events: Option<&EventsTable>,
) -> Result<(), WorkspaceError> {
    let settings = workspace.store.settings();
    let Some(told) = settings.get(UNDOING).await? else { return Ok(()) };
    let announced: Announced =
        serde_json::from_value(told).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    let commit = match events {
        Some(events) => events.committed(&undo_app(&announced.id)).await?,
        None => None,
    };
    match commit {
        Some(_) => complete(workspace, lease, &announced).await,
        None => Ok(settings.remove(UNDOING).await?),
    }
}

/// What follows from the commit: the import is undone, its quarantine closed, its links taken back, and
/// the audit log says so. Doing it again changes nothing.
async fn complete(
    workspace: &Workspace,
    lease: &WriterLease,
    announced: &Announced,
) -> Result<(), WorkspaceError> {
    let store = &workspace.store;
    store.settings().set(UNSETTLED, &json!(undo_app(&announced.id))).await?;
    let report =
        serde_json::to_value(&announced.effect).map_err(|e| WorkspaceError::Defect(e.to_string()))?;
    store.imports().undo(ImportNumber(announced.number), announced.at, Some(&report)).await?;
    settle_links(workspace, lease, &undo_app(&announced.id)).await?;
    store.settings().remove(UNSETTLED).await?;
    let subject = format!("import {}", announced.number);
    let since = store.audit().list(announced.audit, 10_000).await?;
    if !since.iter().any(|entry| entry.action == "import.undo" && entry.subject == subject) {
        let Effect { customers, taken_back, stays, .. } = &announced.effect;
        let detail = json!({
            "rows": taken_back.rows(), "customers": customers, "stays": stays.rows(), "links": announced.link_changes,
        });
        let entry = NewAuditEntry::new(system_us(), &announced.actor, "import.undo", &subject).detail(detail);
        store.audit().append(entry).await?;
    }
    Ok(store.settings().remove(UNDOING).await?)
}

/// The positions that will not count any more, and what that means.
async fn plan(
    workspace: &Workspace,
    events: &EventsTable,
    import: &Import,
) -> Result<(Positions, Effect), WorkspaceError> {
    let deliveries = Deliveries::read(workspace).await?;
    let Some(rows) = deliveries.only_by(&import.id) else {
        return Err(Finding::error(
            "import-not-noted",
            Place::default(),
            Text::new(
                format!("导入 {} 是旧版本做的，当时没有记下哪些事件由它带来", import.number.0),
                format!(
                    "import {} is of an older version, which did not note which events it brought",
                    import.number.0
                ),
            ),
            Text::new(
                "导入一个撤销这些事件的文件（数据源的 mapping.retracts）",
                "import a file that takes its events back (the source's `mapping.retracts`)",
            ),
        )
        .into());
    };
    let effect = Effect::of(workspace, &events.snapshot().await?, &deliveries, import, &rows).await?;
    Ok((rows, effect))
}

/// Says at once what would keep an import from being undone.
pub(crate) async fn check_undo(workspace: &Workspace, number: i64) -> Result<(), WorkspaceError> {
    find(workspace, number).await.map(|_| ())
}

/// The import, if it counts.
async fn find(workspace: &Workspace, number: i64) -> Result<Import, WorkspaceError> {
    let see = || {
        Text::new(
            "gradus imports 列出编号；页面的导入列表里也有",
            "`gradus imports` lists the numbers; so does the page",
        )
    };
    let import = match workspace.store.imports().get(ImportNumber(number)).await {
        Ok(import) => import,
        Err(StoreError::UnknownImport { .. }) => {
            let wrong = Text::new(format!("没有导入 {number}"), format!("there is no import {number}"));
            return Err(Finding::error("unknown-import", Place::default(), wrong, see()).into());
        }
        Err(error) => return Err(error.into()),
    };
    match import.status {
        ImportStatus::Done if workspace.has_table(EVENTS_TABLE) => Ok(import),
        ImportStatus::Undone => {
            let wrong =
                Text::new(format!("导入 {number} 已经撤销过"), format!("import {number} was undone before"));
            let right = Text::new(
                "无需再做；要恢复，请重新导入同一文件",
                "nothing is left to do; to bring it back, import the same file again",
            );
            Err(Finding::error("import-undone-before", Place::default(), wrong, right).into())
        }
        _ => {
            let wrong = Text::new(
                format!("导入 {number} 没有完成，账本里没有它的内容"),
                format!("import {number} was never complete, and the ledger holds nothing of it"),
            );
            Err(Finding::error("import-does-not-count", Place::default(), wrong, see()).into())
        }
    }
}
