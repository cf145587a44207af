//! Which learned propensity a grading applies: the newest that was learned from nothing later than the instant, or
//! a new one where there is none, or where that is older than the model's `refit` says. A fit is kept by what it
//! depends on (the indicators and the prediction, not the rest of the model) and by the last day of its data.

use std::collections::BTreeMap;

use gradus_grading::fold::{AsOf, date_of};
use gradus_grading::grade::propensity::PropensityFit;
use gradus_grading::grade::{FITS_FORMAT, Fit, Fits, fit_key};
use gradus_model::document::Prediction;
use gradus_model::{Finding, Findings, Place, Text};
use serde_json::json;

use super::{LearnedPropensity, PropensityOptions, PropensityRequest, fill, learned};
use crate::backtest::{last_day, moved};
use crate::kept_fits::{self, Kept, KeptFit, REFIT, depends_on, newest};
use crate::learn::TrainingRequest;
use crate::{Documents, Progress, Workspace, WorkspaceError};

/// What the gradings of some instants apply.
#[derive(Debug, Default)]
pub(crate) struct LearnedFits {
    by_instant: BTreeMap<AsOf, Fits>,
    /// What could not be learned, and why.
    pub findings: Findings,
}

impl LearnedFits {
    /// None where nothing was learned.
    pub(crate) fn at(&self, as_of: AsOf) -> Option<Fits> {
        self.by_instant.get(&as_of).cloned()
    }
}

/// A fit with the last day of its data.
#[derive(Clone)]
struct Dated {
    day: i32,
    fit: PropensityFit,
}

/// The fits of the propensities of a model for these instants, ascending; learned where they are missing.
pub(crate) async fn learned_fits(
    workspace: &Workspace,
    documents: &Documents,
    instants: &[AsOf],
    known_us: Option<i64>,
    progress: &dyn Progress,
) -> Result<LearnedFits, WorkspaceError> {
    let mut out = LearnedFits::default();
    let propensities = documents.model.predictions.iter().filter(|(_, one)| one.propensity.is_some());
    for (name, prediction) in propensities {
        let mut held: Option<Dated> = None;
        let mut refused: Option<Finding> = None;
        for as_of in instants {
            let one = One { workspace, documents, name, prediction, known_us };
            match one.at(*as_of, held.as_ref(), progress).await {
                Ok(found) => held = found.or(held),
                Err(WorkspaceError::Findings(found)) => refused = found.0.into_iter().next().or(refused),
                Err(error) => return Err(error),
            }
            if let Some(dated) = &held {
                let fits = out.by_instant.entry(*as_of).or_insert_with(|| Fits {
                    format: FITS_FORMAT,
                    as_of: date_of(as_of.day).map(|date| date.to_string()),
                    ..Fits::default()
                });
                fits.fits.insert(fit_key(name), Fit::Propensity(Box::new(dated.fit.clone())));
            }
        }
        out.findings.extend(refused.map(|why| said(name, &why, held.is_some())));
    }
    Ok(out)
}

/// One prediction of the model.
struct One<'a> {
    workspace: &'a Workspace,
    documents: &'a Documents,
    name: &'a str,
    prediction: &'a Prediction,
    known_us: Option<i64>,
}

impl One<'_> {
    /// What an instant applies: what is at hand, what is kept, or something new. None: what is at hand.
    async fn at(
        &self,
        as_of: AsOf,
        at_hand: Option<&Dated>,
        progress: &dyn Progress,
    ) -> Result<Option<Dated>, WorkspaceError> {
        let Some(propensity) = &self.prediction.propensity else { return Ok(None) };
        let refit = propensity.refit.unwrap_or(REFIT);
        let is_fresh = |dated: &Dated| moved(dated.day, refit, 1) > as_of.day;
        if at_hand.is_some_and(is_fresh) {
            return Ok(None);
        }
        let kept = self.kept(as_of).await?;
        if let Some(kept) = kept.as_ref().filter(|kept| is_fresh(kept)) {
            return Ok(Some(kept.clone()));
        }
        // The newest date whose horizon is over by the instant.
        let last = as_of.day.min(last_day(self.workspace).await?);
        let day = moved(last, propensity.horizon, -1);
        let mut asked = PropensityRequest {
            prediction: Some(self.name.to_string()),
            training: TrainingRequest {
                as_of: date_of(day).map(|date| date.to_string()),
                most_rows: Some(super::MOST_ROWS),
                known_us: self.known_us,
                ..TrainingRequest::default()
            },
            options: PropensityOptions { survival: false, ..PropensityOptions::default() },
            ..PropensityRequest::default()
        };
        fill(&mut asked, self.prediction, propensity)?;
        match learned(self.workspace, self.documents, &asked, progress).await {
            Ok(done) => {
                let day = moved(day, propensity.horizon, 1);
                self.keep(day, &done).await?;
                Ok(Some(Dated { day, fit: done.fit_itself }))
            }
            // An older one is better than none; that it is old is said.
            Err(WorkspaceError::Findings(found)) => match kept {
                Some(kept) => Ok(Some(kept)),
                None => Err(WorkspaceError::Findings(found)),
            },
            Err(error) => Err(error),
        }
    }

    fn hash(&self) -> String {
        depends_on(self.workspace, &self.documents.model, self.name)
    }

    async fn kept(&self, as_of: AsOf) -> Result<Option<Dated>, WorkspaceError> {
        let about = (self.hash(), self.name);
        let found =
            newest(self.workspace, Kept::Propensity, (&about.0, about.1), as_of, self.known_us).await?;
        let dated = |found: KeptFit| match found.fit {
            Fit::Propensity(fit) => Some(Dated { day: found.day, fit: *fit }),
            _ => None,
        };
        Ok(found.and_then(dated))
    }

    async fn keep(&self, day: i32, done: &LearnedPropensity) -> Result<i64, WorkspaceError> {
        let numbers = json!({ "fit": done.fit_itself, "card": done.card });
        let kind = Kept::Propensity.kind(self.known_us);
        let as_of = AsOf::close_of(day, &self.workspace.zone);
        let about = (&numbers, done.card.base.as_str(), done.fit_itself.n);
        kept_fits::keep(self.workspace, kind, (&self.hash(), self.name), as_of, about).await
    }
}

/// Keeps what somebody learned of a prediction of the model, if it is the prediction as the model says it.
pub(super) async fn keep(
    workspace: &Workspace,
    documents: &Documents,
    name: &str,
    done: &LearnedPropensity,
) -> Result<Option<i64>, WorkspaceError> {
    let Some(prediction) = documents.model.predictions.get(name) else { return Ok(None) };
    let Ok(last) = done.fit_itself.as_of.parse() else { return Ok(None) };
    let one = One { workspace, documents, name, prediction, known_us: None };
    one.keep(gradus_grading::fold::day_of(last), done).await.map(Some)
}

/// That a propensity is unknown, or older than it should be.
fn said(name: &str, why: &Finding, is_old: bool) -> Finding {
    let place = Place::default().at(format!("predictions.{name}.propensity"));
    let (zh, en) = (&why.what.zh, &why.what.en);
    let what = match is_old {
        true => Text::new(
            format!("在其中一些时点没有学到新的倾向：{zh}"),
            format!("at some of the instants nothing new could be learned: {en}"),
        ),
        false => Text::new(
            format!("还学不出这个倾向，因此未知：{zh}"),
            format!("this propensity cannot be learned yet, so it is unknown: {en}"),
        ),
    };
    Finding::warning("prediction-not-learned", place, what, why.right.clone())
}
