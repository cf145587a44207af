//! Requests that carry a key of their own: sent again, they are answered as the first time.

use gradus_store::{Asked, content_hash};

use crate::access::Principal;
use crate::clock::system_us;
use crate::{Workspace, WorkspaceError};

/// Notes a request, or tells how it was answered.
pub async fn begin(
    workspace: &Workspace,
    who: &Principal,
    key: &str,
    method: &str,
    address: &str,
    body: &[u8],
) -> Result<Asked, WorkspaceError> {
    let asked = format!("{method} {address} {}", content_hash(body));
    Ok(workspace.vault.answers().begin(&who.account, key, &asked, system_us()).await?)
}

/// Keeps an answer for seven days.
pub async fn keep(
    workspace: &Workspace,
    who: &Principal,
    key: &str,
    status: u16,
    body: &str,
) -> Result<(), WorkspaceError> {
    Ok(workspace.vault.answers().keep(&who.account, key, status, body).await?)
}

/// Nothing came of the request: it may be sent again.
pub async fn forget(workspace: &Workspace, who: &Principal, key: &str) -> Result<(), WorkspaceError> {
    Ok(workspace.vault.answers().forget(&who.account, key).await?)
}
