//! The customers who are compared: folded as of an instant, as far as the prediction reads them.

use gradus_grading::fold::{AsOf, Told, date_of};
use gradus_grading::grade::clusters::{Alike, ClusterOptions};
use gradus_model::document::{Model, Prediction};

use crate::clock::{label, system_us};
use crate::compiled::Compiled;
use crate::coverage::{Coverage, marked, seen};
use crate::grade::{fold_bounded, open_events};
use crate::kept_fits::at_hand;
use crate::links::linked;
use crate::preview::pruned;
use crate::references::conversion;
use crate::stored::processors;
use crate::{Clock, Documents, Progress, Workspace, WorkspaceError};

/// Who is compared, and by what.
pub(crate) struct Looked {
    pub as_of: String,
    pub instant: AsOf,
    pub alike: Alike,
    pub options: ClusterOptions,
}

/// The prediction compiled with what it reads and nothing else.
pub(crate) async fn compiled(
    workspace: &Workspace,
    documents: &Documents,
    name: &str,
    prediction: &Prediction,
) -> Result<Compiled, WorkspaceError> {
    let events = open_events(workspace).await?;
    let mut predictions: Vec<(String, Prediction)> =
        documents.model.predictions.0.iter().filter(|(own, _)| own != name).cloned().collect();
    predictions.push((name.to_string(), prediction.clone()));
    let model = Model { predictions: predictions.into_iter().collect(), ..documents.model.that_grades() };
    let documents = Documents {
        sources: documents.sources.clone(),
        model: pruned(&model, &[name]),
        locations: documents.locations.clone(),
        version: documents.version,
        findings: Default::default(),
    };
    Ok(Compiled::new(&documents, events.event_schema(), &workspace.zone)?)
}

/// Folds everybody.
///
/// # Errors
/// Findings: the ledger is empty, no such instant, or what is asked does not compile.
pub(crate) async fn look(
    workspace: &Workspace,
    documents: &Documents,
    name: &str,
    prediction: &Prediction,
    as_of: Option<&str>,
    progress: &dyn Progress,
) -> Result<Looked, WorkspaceError> {
    let compiled = compiled(workspace, documents, name, prediction).await?;
    let events = open_events(workspace).await?;
    let snapshot = events.snapshot().await?;
    let as_of = match as_of {
        Some(text) => workspace.as_of(crate::instant_of(text, &workspace.zone)?),
        None => {
            let last = snapshot.last_event().await?;
            let clock = Clock::read(&workspace.settings.clock, &workspace.zone, last)?;
            let now = AsOf::new(clock.now_us, &workspace.zone);
            if clock.stands { AsOf::close_of(now.day, &workspace.zone) } else { now }
        }
    };
    let date = date_of(as_of.day).ok_or_else(|| WorkspaceError::Defect("the instant has no date".into()))?;
    let known_at = system_us();
    let uncovered =
        Coverage::of(&snapshot, &compiled.fold, Some(known_at)).await?.uncovered(seen(as_of, known_at));
    let told = Told { known_us: known_at, position: snapshot.last_position() };
    let compiled = compiled.over(&snapshot, conversion(&workspace.settings, &snapshot), told).await?;
    progress.begin("fold", Some(snapshot.n_rows()));
    let links = [linked(workspace, as_of.instant_us, known_at).await?];
    let rows = fold_bounded(&compiled, &snapshot, &[as_of], &links, known_at, progress).await?;
    progress.end();
    let rows = marked(rows.into_iter().flatten().collect(), &uncovered)?;
    let kept = at_hand(workspace, &documents.model, |other| other != name, as_of, None).await?;
    let alike = compiled.stage_b.alike(name, &rows, kept, date, processors());
    let (alike, options) =
        alike.ok_or_else(|| WorkspaceError::Defect("a prediction that was compiled is not there".into()))?;
    Ok(Looked { as_of: label(as_of, &workspace.zone), instant: as_of, alike, options })
}
