//! What a process left half done that was ended in the middle: completed where it counts already,
//! removed where it does not. It happens before anything else, at every start that finds such a
//! thing and nobody at work on it.

use gradus_ledger::LedgerError;
use gradus_ledger::table::{DEFAULT_RETENTION, EVENTS_TABLE, EventsTable, PlainTable, WriterLease};
use gradus_store::ImportStatus;

use crate::clock::system_us;
use crate::grades::complete_runs;
use crate::import::app_id;
use crate::links::{UNSETTLED, link_tables, settle_links};
use crate::quarantine::expire_quarantine;
use crate::undo::{UNDOING, deliveries_table, recover_undoing};
use crate::{Workspace, WorkspaceError};

/// Tidies up if something is half done and no process is at work; says whether it did.
pub(crate) async fn recover_if_idle(workspace: &Workspace) -> Result<bool, WorkspaceError> {
    if !is_half_done(workspace).await? {
        return Ok(false);
    }
    let lease = match WriterLease::acquire(workspace.root.join("ledger")) {
        // It is not half done, but being done.
        Err(LedgerError::LeaseHeld { .. }) => return Ok(false),
        lease => lease?,
    };
    let mut events = match workspace.has_table(EVENTS_TABLE) {
        true => Some(EventsTable::open(&workspace.storage).await?),
        false => None,
    };
    recover(workspace, &lease, events.as_mut()).await?;
    Ok(true)
}

/// Completes or removes what interrupted processes left; the lease says that there is no other.
pub(crate) async fn recover(
    workspace: &Workspace,
    lease: &WriterLease,
    mut events: Option<&mut EventsTable>,
) -> Result<(), WorkspaceError> {
    if is_half_done(workspace).await? {
        let imports = workspace.store.imports();
        if let Some(events) = events.as_deref_mut() {
            events.refresh().await?;
        }
        for unfinished in imports.unfinished().await? {
            let commit = match events.as_deref() {
                Some(events) => events.committed(&app_id(&unfinished.id)).await?,
                None => None,
            };
            if commit.is_some() || unfinished.status == ImportStatus::Committed {
                settle_links(workspace, lease, &unfinished.id).await?;
                imports.finish(unfinished.number, system_us()).await?;
            } else {
                imports.abandon(unfinished.number, system_us()).await?;
            }
        }
        recover_undoing(workspace, lease, events.as_deref()).await?;
        if workspace.store.settings().get(UNSETTLED).await?.is_some() {
            settle_links(workspace, lease, "recovered").await?;
            workspace.store.settings().remove(UNSETTLED).await?;
        }
        complete_runs(workspace, lease).await?;
        // Files that were written for a commit which never came.
        if let Some(events) = events {
            events.vacuum(lease, DEFAULT_RETENTION, system_us()).await?;
        }
        for (name, format) in link_tables().into_iter().chain([deliveries_table()]) {
            tidy_table(workspace, lease, name, format).await?;
        }
    }
    // Rows that nobody mended in time: they are personal data and go when it was said that they would.
    expire_quarantine(workspace).await?;
    // Half-written states of a process that is gone.
    gradus_ledger::states::tidy(crate::states::folder(workspace), lease)?;
    // Spilled runs of a process that is gone.
    for folder in [workspace.scratch(), workspace.own().join("replay")] {
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(WorkspaceError::io(folder, error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Deletes files that were written for a commit which never came, and a table that never came to be.
pub(crate) async fn tidy_table(
    workspace: &Workspace,
    lease: &WriterLease,
    name: &str,
    format: u32,
) -> Result<(), WorkspaceError> {
    if workspace.has_table(name) {
        let mut table = PlainTable::open(&workspace.storage, name, format).await?;
        table.vacuum(lease, DEFAULT_RETENTION, system_us()).await?;
        return Ok(());
    }
    let folder = workspace.root.join("ledger").join(name);
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(WorkspaceError::io(folder, error)),
        _ => Ok(()),
    }
}

async fn is_half_done(workspace: &Workspace) -> Result<bool, WorkspaceError> {
    let store = &workspace.store;
    Ok(!store.imports().unfinished().await?.is_empty()
        || store.settings().get(UNDOING).await?.is_some()
        || store.settings().get(UNSETTLED).await?.is_some()
        || !store.runs().unfinished().await?.is_empty())
}
