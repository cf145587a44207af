//! What there is: for the first look at a workspace, and for whoever watches over it.

use std::path::Path;

use crate::clock::{Clock, system_us};
use crate::{Workspace, WorkspaceError};
use gradus_ledger::table::EventsTable;

/// A first look.
#[derive(Debug, Clone)]
pub struct Facts {
    pub clock: Clock,
    /// There are events.
    pub has_data: bool,
    /// There is at least one indicator.
    pub has_model: bool,
}

pub async fn facts(workspace: &Workspace) -> Result<Facts, WorkspaceError> {
    let mut last = None;
    if workspace.has_table("events") {
        last = EventsTable::open(&workspace.storage).await?.snapshot().await?.last_event().await?;
    }
    // A document that cannot be read is told where it is edited.
    let has_model = crate::versions::now_in_force(workspace)
        .await
        .is_ok_and(|documents| documents.model.indicators.iter().next().is_some());
    let clock = Clock::read(&workspace.settings.clock, &workspace.zone, last)?;
    Ok(Facts { clock, has_data: last.is_some(), has_model })
}

/// Below so much room on the disk nothing new should come in: the next import or grading could stop half-way.
const LEAST_FREE_BYTES: u64 = 256 << 20;

/// The store answers and takes writes, and there is room on the disk.
///
/// # Errors
/// What keeps it from taking work on.
pub async fn is_ready(workspace: &Workspace) -> Result<(), WorkspaceError> {
    let settings = workspace.store.settings();
    settings.set("last_ready", &serde_json::json!(system_us())).await?;
    has_room(&workspace.root, free_bytes(&workspace.root))
}

fn has_room(root: &Path, free: Option<u64>) -> Result<(), WorkspaceError> {
    match free {
        Some(free) if free < LEAST_FREE_BYTES => {
            Err(WorkspaceError::io(root, std::io::ErrorKind::StorageFull.into()))
        }
        _ => Ok(()),
    }
}

/// What is left on the disk of a folder; `None` where the system does not tell.
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(folder).ok()?;
    told.f_frsize.checked_mul(told.f_bavail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_too_little_room_it_is_not_ready() {
        let here = std::env::temp_dir();
        assert!(free_bytes(&here).is_some());
        assert!(has_room(&here, None).is_ok() && has_room(&here, Some(LEAST_FREE_BYTES)).is_ok());
        let full = has_room(&here, Some(LEAST_FREE_BYTES - 1)).unwrap_err();
        assert!(
            matches!(&full, WorkspaceError::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull)
        );
    }
}
