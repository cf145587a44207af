//! Lists are renewed with the gradings of today, where the model says how they are learned and those that are there are
//! too old, or were learned in another way.

use gradus_grading::fold::AsOf;
use gradus_model::document::Next;
use gradus_model::{Finding, Findings, Place, Severity, Text};

use super::kept::Kept;
use super::learn_by;
use super::plan::Plan;
use crate::backtest::moved;
use crate::{Clock, Documents, Progress, Workspace, WorkspaceError};

/// Learns the lists anew as of a grading of today, where it is time. What keeps them from being learned is a warning:
/// everybody is graded all the same.
///
/// # Errors
/// The tables cannot be read or written.
pub(crate) async fn renew(
    workspace: &Workspace,
    documents: &Documents,
    (as_of, clock): (AsOf, Clock),
    progress: &dyn Progress,
) -> Result<Findings, WorkspaceError> {
    let Some(recipe) = &documents.model.next else { return Ok(Findings::default()) };
    if as_of.day < AsOf::new(clock.now_us, &workspace.zone).day {
        return Ok(Findings::default());
    }
    let plan = match Plan::by(documents.clone(), &Next::default(), as_of) {
        Ok(plan) => plan,
        Err(WorkspaceError::Findings(found)) => return Ok(told(found)),
        Err(other) => return Err(other),
    };
    if let Some(kept) = Kept::newest(workspace).await? {
        let then = workspace.as_of(crate::instant_of(&kept.learned.as_of, &workspace.zone)?);
        let is_fresh = moved(then.day, recipe.refit.unwrap_or(Next::REFIT), 1) > as_of.day;
        // Lists of a later day are never taken back by a grading of an earlier one.
        if then > as_of || (is_fresh && kept.learned.recipe == plan.recipe) {
            return Ok(Findings::default());
        }
    }
    match learn_by(workspace, &plan, progress).await {
        Ok(_) => Ok(Findings::default()),
        Err(WorkspaceError::Findings(found)) => Ok(told(found)),
        Err(other) => Err(other),
    }
}

/// What is wrong, as a grading says it.
fn told(found: Findings) -> Findings {
    let warned = found.0.into_iter().map(|finding| Finding {
        severity: Severity::Warning,
        place: match finding.place.path.as_deref() {
            None | Some("") => Place::default().key("next"),
            Some(path) => Place::default().key("next").key(path),
        },
        what: Text::new(
            format!("接下来买什么没有重学：{}", finding.what.zh),
            format!("what customers may want next was not learned anew: {}", finding.what.en),
        ),
        ..finding
    });
    Findings(warned.collect())
}
