//! Which identities are one customer's, for the page and for programs: seen with the evidence, linked and
//! taken apart as jobs, because the ledger has one writer at a time.

use std::sync::Arc;

use gradus_store::Job;
use serde_json::json;

use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::base::Base;
use crate::customers::visible;
use crate::jobs::{JobRunner, Work, on_a_thread};
use crate::link::{Identities, LinkOptions, identities_of, link, unlink};
use crate::{Workspace, WorkspaceError};

/// What somebody says of two identities.
#[derive(Debug, Clone)]
pub struct Statement {
    /// A customer number, phone, e-mail, SYSTEM:ID of another system, or # and the ledger's number.
    pub a: String,
    pub b: String,
    /// That they are one customer's; else that they are not.
    pub same: bool,
    /// From when on; always if left out. Of no meaning where they are taken apart.
    pub from: Option<String>,
    /// Why, in words that name nobody.
    pub reason: String,
}

/// A customer's identities, masked, and the evidence for them.
///
/// # Errors
/// [`WorkspaceError::NotFound`] if whoever asks may not see the customer.
pub async fn see(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: i64,
) -> Result<Identities, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    visible(workspace, who, base, customer).await?;
    base.find(customer).ok_or(WorkspaceError::NotFound { what: "customer" })?;
    identities_of(workspace, &format!("#{customer}"), false, &who.account).await
}

/// Starts to write down what somebody says; the job's result is a [`crate::LinkedPair`].
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    said: Statement,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::ImportData)?;
    who.sees_everyone()?;
    let kind = if said.same { "link" } else { "unlink" };
    let (owned, actor) = (workspace.clone(), who.account.clone());
    let work: Work = Box::new(move |_| {
        Box::pin(on_a_thread(move || async move {
            let Statement { a, b, same, from, reason } = said;
            let options = LinkOptions { a, b, from, reason, actor };
            let done = if same { link(&owned, &options).await } else { unlink(&owned, &options).await }?;
            Ok(json!({
                "customers": done.customers.map(|customer| customer.to_string()),
                "link_changes": done.link_changes,
                "audit": done.audit,
                "findings": done.findings,
            }))
        }))
    });
    // What was typed may identify somebody: the job's record does not hold it.
    let job = jobs.start(workspace, who, kind, json!({}), work).await?;
    audit(workspace, &who.account, &format!("{kind}.start"), &job.id, json!({})).await?;
    Ok(job)
}
