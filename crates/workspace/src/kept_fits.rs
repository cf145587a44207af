//! Fits that outlive the run that made them: what a propensity learned, the groups that customers were found in. Each is
//! kept by what it depends on (the prediction and what it reads, not the rest of the model), and by the day of its data;
//! a grading applies the newest of its time until it is time for a new one, which `refit` of the prediction says.
//! See docs/decisions/0023-groups-keep-their-names.md.

use gradus_grading::fold::{AsOf, date_of};
use gradus_grading::grade::clusters::{ClustersFit, ClustersStatus};
use gradus_grading::grade::propensity::PropensityFit;
use gradus_grading::grade::{EVERYONE, FITS_FORMAT, Fit, Fits, fit_key};
use gradus_model::document::{Model, Prediction, Span, SpanUnit};
use gradus_store::NewFit;
use serde_json::{Value, json};

use crate::backtest::moved;
use crate::clock::system_us;
use crate::preview::pruned;
use crate::{Workspace, WorkspaceError};

/// After so long what is kept is found anew where the model says nothing.
pub(crate) const REFIT: Span = Span { n: 3, unit: SpanUnit::Month };
/// A base that has grown so many times has new groups before it is time: those of a first trial import do not stay for
/// months.
const GROWN: u64 = 2;

/// What is kept, with all that is known now, or with what was known then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Propensity,
    Clusters,
}

impl Kept {
    /// The name in the store.
    pub(crate) fn kind(self, known_us: Option<i64>) -> &'static str {
        match (self, known_us) {
            (Kept::Propensity, None) => "propensity",
            (Kept::Propensity, Some(_)) => "propensity_as_known_then",
            (Kept::Clusters, None) => "clusters",
            (Kept::Clusters, Some(_)) => "clusters_as_known_then",
        }
    }

    fn of(prediction: &Prediction) -> Option<Kept> {
        match prediction {
            Prediction { propensity: Some(_), .. } => Some(Kept::Propensity),
            Prediction { clusters: Some(_), .. } => Some(Kept::Clusters),
            _ => None,
        }
    }

    /// What is kept, as a fit.
    pub(crate) fn read(self, numbers: &Value) -> Option<Fit> {
        // What another program wrote is found anew.
        let fit = numbers["fit"].clone();
        match self {
            Kept::Propensity => {
                serde_json::from_value::<PropensityFit>(fit).ok().map(|fit| Fit::Propensity(Box::new(fit)))
            }
            Kept::Clusters => {
                serde_json::from_value::<ClustersFit>(fit).ok().map(|fit| Fit::Clusters(Box::new(fit)))
            }
        }
    }
}

/// A fit that is kept.
#[derive(Debug, Clone)]
pub(crate) struct KeptFit {
    /// The last local day of its data.
    pub day: i32,
    pub fit: Fit,
    /// All that is kept beside it.
    pub numbers: Value,
    /// When it was made: microseconds UTC.
    pub created: i64,
}

/// Names what a fit depends on: the prediction and what it reads. How things are called, and when it is time for a new
/// fit, is no part of it.
pub(crate) fn depends_on(workspace: &Workspace, model: &Model, name: &str) -> String {
    let reads_everything = model
        .predictions
        .get(name)
        .and_then(|one| one.propensity.as_ref())
        .is_some_and(|one| one.features.is_empty());
    let mut part = match reads_everything {
        true => model.clone(),
        false => pruned(model, &[name]),
    };
    part.predictions.0.retain(|(own, _)| !reads_everything || own == name);
    for (_, prediction) in &mut part.predictions.0 {
        (prediction.title, prediction.description) = (None, None);
        if let Some(propensity) = &mut prediction.propensity {
            propensity.refit = None;
        }
        if let Some(clusters) = &mut prediction.clusters {
            clusters.refit = None;
            clusters.names = Default::default();
        }
    }
    let text = json!({
        "time_zone": workspace.zone.name(),
        "indicators": part.indicators,
        "predictions": part.predictions,
    })
    .to_string();
    gradus_store::content_hash(text.as_bytes())
}

/// The newest fit as of an instant that is kept; with `known_us` of what was known by then.
pub(crate) async fn newest(
    workspace: &Workspace,
    kept: Kept,
    (hash, name): (&str, &str),
    as_of: AsOf,
    known_us: Option<i64>,
) -> Result<Option<KeptFit>, WorkspaceError> {
    let (fits, subject) = (workspace.store.fits(), fit_key(name));
    // What was announced by then was known by then.
    let by = known_us.unwrap_or(i64::MAX);
    let mut found = fits.latest(hash, kept.kind(None), &subject, as_of.instant_us, by).await?;
    if let (None, Some(_)) = (&found, known_us) {
        found = fits.latest(hash, kept.kind(known_us), &subject, as_of.instant_us, i64::MAX).await?;
    }
    Ok(found.and_then(|found| read(workspace, kept, found)))
}

fn read(workspace: &Workspace, kept: Kept, found: gradus_store::Fit) -> Option<KeptFit> {
    let fit = kept.read(&found.numbers)?;
    Some(KeptFit {
        day: workspace.as_of(found.as_of).day,
        fit,
        created: found.created,
        numbers: found.numbers,
    })
}

/// Keeps a fit as of an instant; its number.
pub(crate) async fn keep(
    workspace: &Workspace,
    kind: &str,
    (hash, name): (&str, &str),
    as_of: AsOf,
    (numbers, population, n): (&Value, &str, u64),
) -> Result<i64, WorkspaceError> {
    let subject = fit_key(name);
    let new = NewFit {
        model_hash: hash,
        kind,
        subject: &subject,
        numbers,
        population,
        n,
        as_of: as_of.instant_us,
        created: system_us(),
    };
    let numbers = workspace.store.fits().add(&[new]).await?;
    Ok(numbers.first().copied().unwrap_or_default())
}

/// What is at hand for some predictions of a model as of an instant, for those who look and do not grade: nothing is
/// learned, nothing is kept, and what is missing is unknown. What a run applied to the same predictions is taken first.
pub(crate) async fn at_hand(
    workspace: &Workspace,
    model: &Model,
    wanted: impl Fn(&str) -> bool,
    as_of: AsOf,
    applied: Option<(&Model, &Fits)>,
) -> Result<Fits, WorkspaceError> {
    let mut out = empty(as_of);
    for (name, prediction) in model.predictions.iter().filter(|(name, _)| wanted(name)) {
        let (key, hash) = (fit_key(name), depends_on(workspace, model, name));
        let of_run = applied.filter(|(theirs, _)| {
            theirs.predictions.get(name).is_some() && depends_on(workspace, theirs, name) == hash
        });
        let mut fit = of_run.and_then(|(_, fits)| fits.fits.get(&key).cloned());
        if let (None, Some(kept)) = (&fit, Kept::of(prediction)) {
            fit = newest(workspace, kept, (&hash, name), as_of, None).await?.map(|kept| kept.fit);
        }
        if let Some(fit) = fit {
            out.fits.insert(key, retitled(fit, prediction));
        }
    }
    Ok(out)
}

fn empty(as_of: AsOf) -> Fits {
    Fits { format: FITS_FORMAT, as_of: date_of(as_of.day).map(|date| date.to_string()), ..Fits::default() }
}

/// Groups are called as the model calls them now.
fn retitled(fit: Fit, prediction: &Prediction) -> Fit {
    match (fit, &prediction.clusters) {
        (Fit::Clusters(mut fit), Some(written)) => {
            fit.retitle(&written.names);
            Fit::Clusters(fit)
        }
        (fit, _) => fit,
    }
}

/// The groups whose names a grading of this prediction as of an instant would carry over; `None` if there were none.
pub(crate) async fn groups_before(
    workspace: &Workspace,
    model: &Model,
    name: &str,
    as_of: AsOf,
) -> Result<Option<ClustersFit>, WorkspaceError> {
    let hash = depends_on(workspace, model, name);
    let known = newest(workspace, Kept::Clusters, (&hash, name), as_of, None).await?.map(|known| known.fit);
    let known = match known {
        Some(known) => Some(known),
        None => later(workspace, (&hash, name), as_of, None).await?,
    };
    Ok(known.and_then(|fit| match fit {
        Fit::Clusters(fit) => Some(*fit),
        _ => None,
    }))
}

/// The first groups that are kept as of later than an instant.
async fn later(
    workspace: &Workspace,
    (hash, name): (&str, &str),
    as_of: AsOf,
    known_us: Option<i64>,
) -> Result<Option<Fit>, WorkspaceError> {
    let (fits, kind) = (workspace.store.fits(), Kept::Clusters.kind(known_us));
    let found = fits.earliest(hash, kind, &fit_key(name), as_of.instant_us).await?;
    Ok(found.and_then(|found| Kept::Clusters.read(&found.numbers)))
}

/// The groups of a grading, from one instant to the next.
pub(crate) struct Groups<'a> {
    workspace: &'a Workspace,
    known_us: Option<i64>,
    /// Whether what is found is kept.
    is_kept: bool,
    of: Vec<GroupsOf<'a>>,
}

/// Those of one prediction.
struct GroupsOf<'a> {
    name: &'a str,
    prediction: &'a Prediction,
    hash: String,
    /// The newest that this grading found or was given.
    held: Option<KeptFit>,
}

impl<'a> Groups<'a> {
    pub(crate) fn of(
        workspace: &'a Workspace,
        model: &'a Model,
        known_us: Option<i64>,
        is_kept: bool,
    ) -> Groups<'a> {
        let all = model.predictions.iter().filter(|(_, one)| one.clusters.is_some());
        let of = all.map(|(name, prediction)| GroupsOf {
            name,
            prediction,
            hash: depends_on(workspace, model, name),
            held: None,
        });
        Groups { workspace, known_us, is_kept, of: of.collect() }
    }

    /// Gives what is to be applied as of an instant, or the names for what is to be found then. Instants ascend.
    pub(crate) async fn give(
        &mut self,
        as_of: AsOf,
        n_customers: u64,
        fits: Option<Fits>,
    ) -> Result<Option<Fits>, WorkspaceError> {
        if self.of.is_empty() {
            return Ok(fits);
        }
        let mut fits = fits.unwrap_or_else(|| empty(as_of));
        for one in &mut self.of {
            let known =
                newest(self.workspace, Kept::Clusters, (&one.hash, one.name), as_of, self.known_us).await?;
            let held_day = one.held.as_ref().map(|held| held.day);
            if let Some(known) = known.filter(|known| held_day.is_none_or(|day| known.day > day)) {
                one.held = Some(known);
            }
            let key = fit_key(one.name);
            let Some(held) = &one.held else {
                // Who looks back further than anything is kept calls groups as they were called later.
                if let Some(later) =
                    later(self.workspace, (&one.hash, one.name), as_of, self.known_us).await?
                {
                    fits.before.insert(key, later);
                }
                continue;
            };
            let refit = one.prediction.clusters.as_ref().and_then(|clusters| clusters.refit).unwrap_or(REFIT);
            let n_then = held.numbers["customers"].as_u64().unwrap_or(u64::MAX);
            let is_fresh =
                moved(held.day, refit, 1) > as_of.day && n_customers <= n_then.saturating_mul(GROWN);
            let place = if is_fresh { &mut fits.fits } else { &mut fits.before };
            place.insert(key, retitled(held.fit.clone(), one.prediction));
        }
        Ok(Some(fits))
    }

    /// Takes note of what was found as of an instant where nothing was given.
    pub(crate) async fn note(
        &mut self,
        as_of: AsOf,
        n_customers: u64,
        given: Option<&Fits>,
        fits: &Fits,
    ) -> Result<(), WorkspaceError> {
        for one in &mut self.of {
            let key = fit_key(one.name);
            if given.is_some_and(|given| given.fits.contains_key(&key)) {
                continue;
            }
            let Some(Fit::Clusters(fit)) = fits.fits.get(&key) else { continue };
            // Nothing was found, or nothing new.
            if fit.status != ClustersStatus::Found || fit.declined.is_some() {
                continue;
            }
            let numbers = json!({ "fit": fit, "customers": n_customers });
            if self.is_kept {
                let population = one.prediction.among.clone().unwrap_or_else(|| EVERYONE.to_string());
                let kind = Kept::Clusters.kind(self.known_us);
                let about = (&numbers, population.as_str(), fit.n);
                keep(self.workspace, kind, (&one.hash, one.name), as_of, about).await?;
            }
            one.held = Some(KeptFit {
                day: as_of.day,
                fit: Fit::Clusters(fit.clone()),
                numbers,
                created: system_us(),
            });
        }
        Ok(())
    }
}
