//! Reading the audit log, and proving that nobody changed it.

use gradus_store::{AuditEntry, AuditVerdict};

use crate::access::{Permission, Principal};
use crate::{Workspace, WorkspaceError};

/// Entries after a number, oldest first.
pub async fn entries(
    workspace: &Workspace,
    who: &Principal,
    after: i64,
    limit: u32,
) -> Result<Vec<AuditEntry>, WorkspaceError> {
    who.needs(Permission::SeeAudit)?;
    Ok(workspace.store.audit().list(after, limit).await?)
}

/// Entries before a number, or the newest ones: newest first.
pub async fn newest(
    workspace: &Workspace,
    who: &Principal,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<AuditEntry>, WorkspaceError> {
    who.needs(Permission::SeeAudit)?;
    Ok(workspace.store.audit().newest(before, limit).await?)
}

/// Recomputes the whole chain.
pub async fn verify(workspace: &Workspace, who: &Principal) -> Result<AuditVerdict, WorkspaceError> {
    who.needs(Permission::SeeAudit)?;
    Ok(workspace.store.audit().verify(None).await?)
}
