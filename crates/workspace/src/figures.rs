//! Figures of the whole base, as the report and the dashboards show them.

use crate::access::{Permission, Principal};
use crate::stored::{Stored, summary_options};
use crate::summary::{Summary, summarise};
use crate::{Workspace, WorkspaceError};

/// The summary as of a graded date, the newest if none is named, with the instants before it.
///
/// # Errors
/// A finding if nobody was graded then; [`WorkspaceError::OutOfScope`] for those who see a part.
pub async fn summary(
    workspace: &Workspace,
    who: &Principal,
    as_of: Option<&str>,
) -> Result<Summary, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    who.sees_everyone()?;
    let stored = Stored::open(workspace).await?;
    let newest = stored.instants.last().cloned().unwrap_or_default();
    let date = as_of.unwrap_or(&newest);
    let mut bases = Vec::new();
    for instant in stored.instants.iter().filter(|instant| instant.as_str() < date) {
        bases.push(stored.base(workspace, instant, true).await?);
    }
    bases.push(stored.base(workspace, date, false).await?);
    let options = summary_options(&stored.model);
    tokio::task::spawn_blocking(move || summarise(&bases, &options))
        .await
        .map_err(|error| WorkspaceError::Defect(error.to_string()))?
        .map_err(|error| WorkspaceError::Defect(error.to_string()))
}

/// The graded instants of the version in force, ascending.
pub async fn instants(workspace: &Workspace, who: &Principal) -> Result<Vec<String>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    Ok(Stored::open(workspace).await?.instants)
}
