//! What there is: for the first look at a workspace, and for whoever watches over it.

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

/// The store answers and takes writes.
pub async fn is_ready(workspace: &Workspace) -> Result<(), WorkspaceError> {
    let settings = workspace.store.settings();
    settings.set("last_ready", &serde_json::json!(system_us())).await?;
    Ok(())
}
