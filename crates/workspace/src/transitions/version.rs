//! From one version of the model to the next: where a new version is the first to grade after another
//! one, customers come from where that one had put them, and history has no hole.

use gradus_grading::fold::AsOf;
use gradus_grading::grade::Fits;
use gradus_model::document::Model;
use gradus_store::Run;

use super::Graded;
use super::cause::Cause;
use super::compare::{Move, Rows};
use crate::clock::label;
use crate::compiled::Compiled;
use crate::folder::Documents;
use crate::grade::open_events;
use crate::runs::fits_of;
use crate::versions::{documents_of, documents_with};
use crate::{StoredGrades, Workspace, WorkspaceError};

/// What the version before gave last, up to the instant that is graded now.
pub(super) struct VersionBefore {
    model: Model,
    compiled: Compiled,
    stored: StoredGrades,
    as_of: AsOf,
    pub(super) date: String,
    fits: Fits,
}

impl VersionBefore {
    /// Finds it; `None` if the newest grading was by this very version, or there was none up to now, or
    /// its model cannot be read any more.
    pub(super) async fn of(
        workspace: &Workspace,
        now: &Graded<'_>,
    ) -> Result<Option<VersionBefore>, WorkspaceError> {
        let mut runs = workspace.store.runs().list(None, u32::MAX).await?;
        runs.retain(|run| run.finished.is_some() && run.is_announced());
        let hash = match runs.iter().max_by_key(|run| run.finished) {
            Some(newest) if newest.model_hash != now.compiled.hash => newest.model_hash.clone(),
            _ => return Ok(None),
        };
        // The newest of its instants, and of that the newest run, which comes first.
        let own = runs.iter().filter(|run| run.model_hash == hash && run.as_of <= now.as_of.instant_us);
        let Some(run) = own.reduce(|best, run| if run.as_of > best.as_of { run } else { best }) else {
            return Ok(None);
        };
        let Some(documents) = documents(workspace, run).await? else { return Ok(None) };
        let events = open_events(workspace).await?;
        let Ok(compiled) = Compiled::new(&documents, events.event_schema(), &workspace.zone) else {
            return Ok(None);
        };
        let stored = StoredGrades::open(workspace, &hash).await?;
        let as_of = AsOf::new(run.as_of, &workspace.zone);
        let date = label(as_of, &workspace.zone);
        if compiled.hash != hash || !stored.instants()?.contains(&date) {
            return Ok(None);
        }
        let fits = fits_of(workspace, run).await?;
        Ok(Some(VersionBefore { model: documents.model, compiled, stored, as_of, date, fits }))
    }

    pub(super) fn graded(&self) -> Graded<'_> {
        Graded {
            model: &self.model,
            compiled: &self.compiled,
            as_of: self.as_of,
            fits: &self.fits,
            rows: Rows::Stored(&self.stored, &self.date),
        }
    }
}

/// The model that graded in a run; `None` if it was not kept.
async fn documents(workspace: &Workspace, run: &Run) -> Result<Option<Documents>, WorkspaceError> {
    if let Some(number) = run.version {
        let version = workspace.store.versions().get(number).await?;
        return Ok(documents_of(workspace, &version).await.ok());
    }
    let Some(text) = workspace.store.models().document(&run.model_hash).await? else { return Ok(None) };
    let model = serde_json::from_str::<serde_json::Value>(&text).ok().map(|kept| kept["model"].to_string());
    Ok(model.and_then(|model| documents_with(workspace, "model", &model).ok()))
}

/// Whatever else moved in between: what is graded by another model is told as such.
pub(super) fn mark(moves: &mut [Move]) {
    for one in moves {
        if matches!(one.cause, Cause::Values | Cause::Cuts | Cause::Both | Cause::Decision) {
            one.cause = Cause::Version;
        }
    }
}
