//! Figures of the whole base, as the report and the dashboards show them.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::access::{Permission, Principal};
use crate::stored::{Stored, summary_options};
use crate::summary::{Summary, summarise};
use crate::{Workspace, WorkspaceError};

/// So many summaries are kept: the newest, and a few dates that somebody leafs through.
const KEPT: usize = 8;

/// Keeps summaries that were made: they read every instant, and change only with a grading.
#[derive(Default)]
pub struct SummaryCache {
    /// By what they were made of, the one used last at the end.
    kept: Mutex<Vec<(String, Arc<Summary>)>>,
}

impl SummaryCache {
    /// The summary as of a graded date, the newest if none is named, with the instants before it; made
    /// anew only if somebody was graded meanwhile.
    ///
    /// # Errors
    /// A finding if nobody was graded then; [`WorkspaceError::OutOfScope`] for those who see a part.
    pub async fn summary(
        &self,
        workspace: &Workspace,
        who: &Principal,
        as_of: Option<&str>,
    ) -> Result<Arc<Summary>, WorkspaceError> {
        who.needs(Permission::SeeGrades)?;
        who.sees_everyone()?;
        // Whoever comes second waits for the first instead of reading everything once more.
        let mut kept = self.kept.lock().await;
        let stored = Stored::open(workspace).await?;
        let key = made_of(workspace, &stored, as_of).await?;
        if let Some(at) = kept.iter().position(|(own, _)| *own == key) {
            let found = kept.remove(at);
            kept.push(found.clone());
            return Ok(found.1);
        }
        let made = Arc::new(summarise_stored(workspace, stored, as_of).await?);
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push((key, made.clone()));
        Ok(made)
    }
}

/// Names what a summary is made of: the version, its instants with their gradings, the date.
async fn made_of(
    workspace: &Workspace,
    stored: &Stored,
    as_of: Option<&str>,
) -> Result<String, WorkspaceError> {
    let runs = workspace.store.runs().list(Some(&stored.compiled.hash), 1_000).await?;
    let mut key = format!("{} {} {}", stored.compiled.hash, as_of.unwrap_or(""), stored.instants.join(" "));
    for run in runs.iter().filter(|run| run.finished.is_some()) {
        key.push(' ');
        key.push_str(&run.id);
    }
    Ok(key)
}

async fn summarise_stored(
    workspace: &Workspace,
    stored: Stored,
    as_of: Option<&str>,
) -> Result<Summary, WorkspaceError> {
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
