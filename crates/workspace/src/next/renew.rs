//! Lists are renewed with the gradings of today, where the model says how they are learned and those that are there are
//! too old, or were learned in another way. What the model says of them is checked like every rule.

use gradus_expression::{Scope, Want, compile};
use gradus_grading::fold::AsOf;
use gradus_model::document::{Model, Next};
use gradus_model::{Finding, Findings, Place, Severity, Text};

use super::kept::Kept;
use super::learn_by;
use super::plan::Plan;
use super::request::Settings;
use crate::backtest::moved;
use crate::{Documents, Progress, Workspace, WorkspaceError};

/// Learns the lists anew as of a grading, where it is time. What keeps them from being learned is a warning: everybody
/// is graded all the same.
///
/// # Errors
/// The tables cannot be read or written.
pub(crate) async fn renew(
    workspace: &Workspace,
    documents: &Documents,
    as_of: AsOf,
    progress: &dyn Progress,
) -> Result<Findings, WorkspaceError> {
    let Some(recipe) = &documents.model.next else { return Ok(Findings::default()) };
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
        place: Place::default().key("next").key(finding.place.path.as_deref().unwrap_or_default()),
        what: Text::new(
            format!("接下来买什么没有重学：{}", finding.what.zh),
            format!("what customers may want next was not learned anew: {}", finding.what.en),
        ),
        ..finding
    });
    Findings(warned.collect())
}

/// What is wrong with a recipe as it is written.
pub(crate) fn findings(model: &Model, scope: &Scope, root: &Place) -> Findings {
    let Some(recipe) = &model.next else { return Findings::default() };
    let place = root.key("next");
    let mut out = Settings::of(recipe).findings(&place);
    let expressions = [
        ("item", &recipe.item, Want::Any),
        ("title", &recipe.title, Want::Any),
        ("where", &recipe.filter, Want::Boolean),
        ("available", &recipe.available, Want::Boolean),
        ("refused", &recipe.refused, Want::Boolean),
    ];
    for (key, sql, want) in expressions {
        let Some(sql) = sql else { continue };
        out.extend(compile(sql, scope, want, &place.key(key)).err().unwrap_or_default());
    }
    out
}
