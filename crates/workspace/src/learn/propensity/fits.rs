//! Which learned propensity a grading applies: the newest that was learned from nothing later than the instant, or
//! a new one where there is none, or where that is older than the model's `refit` says. A fit is kept by what it
//! depends on (the indicators and the prediction, not the rest of the model) and by the last day of its data.

use std::collections::BTreeMap;

use gradus_grading::fold::{AsOf, date_of};
use gradus_grading::grade::propensity::PropensityFit;
use gradus_grading::grade::{FITS_FORMAT, Fit, Fits, fit_key};
use gradus_model::document::{Prediction, Span, SpanUnit};
use gradus_model::{Finding, Findings, Place, Text};
use gradus_store::NewFit;
use serde_json::json;

use super::{LearnedPropensity, PropensityOptions, PropensityRequest, fill, learned};
use crate::backtest::{last_day, moved};
use crate::clock::system_us;
use crate::learn::TrainingRequest;
use crate::{Documents, Progress, Workspace, WorkspaceError};

/// After so long it is learned anew where the model says nothing.
const REFIT: Span = Span { n: 3, unit: SpanUnit::Month };
/// Kinds of fits in the store: with all that is known now, and with what was known then.
const KIND: &str = "propensity";
const KIND_THEN: &str = "propensity_as_known_then";

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

    fn kind(&self) -> &'static str {
        if self.known_us.is_some() { KIND_THEN } else { KIND }
    }

    async fn kept(&self, as_of: AsOf) -> Result<Option<Dated>, WorkspaceError> {
        let hash = hash_of(self.workspace, self.documents, self.prediction)?;
        let (fits, subject) = (self.workspace.store.fits(), fit_key(self.name));
        let Some(found) = fits.latest(&hash, self.kind(), &subject, as_of.instant_us).await? else {
            return Ok(None);
        };
        // What another program wrote is learned anew.
        let fit: Option<PropensityFit> = serde_json::from_value(found.numbers["fit"].clone()).ok();
        Ok(fit.map(|fit| Dated { day: self.workspace.as_of(found.as_of).day, fit }))
    }

    async fn keep(&self, day: i32, done: &LearnedPropensity) -> Result<i64, WorkspaceError> {
        let hash = hash_of(self.workspace, self.documents, self.prediction)?;
        let numbers = json!({ "fit": done.fit_itself, "card": done.card });
        let subject = fit_key(self.name);
        let new = NewFit {
            model_hash: &hash,
            kind: self.kind(),
            subject: &subject,
            numbers: &numbers,
            population: &done.card.base,
            n: done.fit_itself.n,
            as_of: AsOf::close_of(day, &self.workspace.zone).instant_us,
            created: system_us(),
        };
        let numbers = self.workspace.store.fits().add(&[new]).await?;
        Ok(numbers.first().copied().unwrap_or_default())
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

/// Names what a fit depends on.
fn hash_of(
    workspace: &Workspace,
    documents: &Documents,
    prediction: &Prediction,
) -> Result<String, WorkspaceError> {
    let mut own = prediction.clone();
    (own.title, own.description) = (None, None);
    if let Some(propensity) = &mut own.propensity {
        propensity.refit = None;
    }
    let text = json!({
        "time_zone": workspace.zone.name(),
        "indicators": documents.model.indicators,
        "prediction": own,
    })
    .to_string();
    Ok(gradus_store::content_hash(text.as_bytes()))
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
