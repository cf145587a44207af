//! `gradus learn propensity`: how likely something is to happen to a customer, learned from what was known on
//! earlier dates and what came after each, brought to true chances on customers that nothing was fitted on, and
//! tested on a date held out. What is learned is a fit: a grading applies it to one row at a time.

mod card;
mod encode;
mod fits;
mod survival;
mod train;

use std::sync::Arc;

use gradus_grading::grade::propensity::PropensityFit;
use gradus_model::document::{Model, Prediction, Propensity, PropensityMethod, Span, ValidationOutcome};
use gradus_model::{Finding, Lang, Place, Text};
use gradus_store::Job;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) use self::fits::{LearnedFits, learned_fits};
pub use self::survival::{Hazard, Survival, SurvivalPoint};
use super::TrainingRequest;
use super::model_card::ModelCard;
use super::training::{TrainingSet, training_set};
use super::write::{Write, Written, write};
use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::jobs::{JobRunner, Work};
use crate::{Documents, Progress, Workspace, WorkspaceError};

/// Rows to learn from unless it is asked otherwise.
const MOST_ROWS: usize = 300_000;

/// How sums of log-odds are brought to chances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalibrationAsked {
    /// A curve of two numbers for a regression or few customers, a free one for trees and many.
    #[default]
    Auto,
    Platt,
    Isotonic,
    None,
}

/// How it is learned. Everything may be left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PropensityOptions {
    pub method: PropensityMethod,
    pub calibration: CalibrationAsked,
    /// Customers with the rarer of the two outcomes at least.
    pub min_events: u64,
    /// Also how long it takes until it happens.
    pub survival: bool,
}

impl Default for PropensityOptions {
    fn default() -> Self {
        PropensityOptions {
            method: PropensityMethod::default(),
            calibration: CalibrationAsked::default(),
            min_events: 50,
            survival: true,
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PropensityRequest {
    /// A prediction of the model; what it says stands for what is left out below.
    pub prediction: Option<String>,
    pub training: TrainingRequest,
    pub options: PropensityOptions,
    pub title: Option<Text>,
    pub write: Option<Write>,
}

/// What was learned.
#[derive(Debug, Clone, Serialize)]
pub struct LearnedPropensity {
    #[serde(flatten)]
    pub card: ModelCard,
    /// The prediction as the model document says it.
    pub prediction: Prediction,
    pub written: Option<Written>,
    #[serde(skip)]
    pub fit_itself: PropensityFit,
}

/// Starts the work; its result is a [`LearnedPropensity`] and its pages.
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    request: PropensityRequest,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    who.sees_everyone()?;
    if request.write.is_some() {
        who.needs(Permission::EditModels)?;
    }
    let documents = request.training.documents(workspace, who).await?;
    let asked = completed(&documents.model, &request)?;
    super::TrainingPlan::of(workspace, &documents, &asked.training).await?;
    let (owned, by) = (workspace.clone(), who.clone());
    let input = json!(request);
    let work: Work = Box::new(move |progress| {
        Box::pin(async move {
            let done = learn_propensity(&owned, &by, &request, progress.as_ref()).await?;
            let pages = |lang: Lang| done.html(owned.settings.title.get(lang), lang);
            let mut value =
                serde_json::to_value(&done).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
            value["pages"] = json!({ "zh": pages(Lang::Zh), "en": pages(Lang::En) });
            Ok(value)
        })
    });
    let job = jobs.start(workspace, who, "learn_propensity", input.clone(), work).await?;
    audit(workspace, &who.account, "learn.start", &job.id, input).await?;
    Ok(job)
}

/// Learns, tests, and writes the prediction into the draft if asked to. Of a prediction of the model the fit is
/// kept, and gradings apply it.
///
/// # Errors
/// Findings: what was asked for is wrong, or the data are too few to learn from.
pub async fn learn_propensity(
    workspace: &Workspace,
    who: &Principal,
    request: &PropensityRequest,
    progress: &dyn Progress,
) -> Result<LearnedPropensity, WorkspaceError> {
    let documents = request.training.documents(workspace, who).await?;
    let asked = completed(&documents.model, request)?;
    let mut done = learned(workspace, &documents, &asked, progress).await?;
    if let Some(name) = &asked.prediction {
        done.card.fit = fits::keep(workspace, &documents, name, &done).await?;
    }
    if let Some(to) = &request.write {
        let prediction = done.prediction.clone();
        let put = |model: &mut Model, name: &str| {
            match model.predictions.0.iter_mut().find(|(own, _)| own == name) {
                Some((_, own)) => *own = prediction,
                None => model.predictions.0.push((name.to_string(), prediction)),
            }
            Ok(())
        };
        done.written = Some(write(workspace, who, to, put).await?);
    }
    Ok(done)
}

/// Learns, without keeping anything.
pub(super) async fn learned(
    workspace: &Workspace,
    documents: &Documents,
    asked: &PropensityRequest,
    progress: &dyn Progress,
) -> Result<LearnedPropensity, WorkspaceError> {
    let began = std::time::Instant::now();
    let set = training_set(workspace, documents, &asked.training, progress).await?;
    progress.begin("learn", None);
    let model = train::train(&set, &asked.options, asked.training.seed)?;
    let survival = match asked.options.survival {
        true => survival::survival(workspace, documents, &asked.training, &set, &model).await?,
        false => None,
    };
    let prediction = prediction_of(asked, &set)?;
    let mut card = card::card(asked, &set, &model, survival);
    progress.end();
    card.seconds = began.elapsed().as_secs_f64();
    Ok(LearnedPropensity { card, prediction, written: None, fit_itself: model.fit })
}

/// What a prediction of the model says stands for what is left out.
fn completed(model: &Model, request: &PropensityRequest) -> Result<PropensityRequest, WorkspaceError> {
    let mut asked = request.clone();
    asked.training.most_rows = asked.training.most_rows.or(Some(MOST_ROWS));
    let Some(name) = &request.prediction else { return Ok(asked) };
    let known = || {
        let all = model.predictions.iter().filter(|(_, one)| one.propensity.is_some());
        let all = all.map(|(name, _)| name).collect::<Vec<_>>().join(", ");
        Finding::error(
            "unknown-name",
            Place::default().at("prediction"),
            Text::new(format!("没有名为「{name}」的倾向预测"), format!("no propensity is called “{name}”")),
            Text::new(format!("可选：{all}"), format!("one of: {all}")),
        )
    };
    let prediction = model.predictions.get(name).ok_or_else(known)?;
    let propensity = prediction.propensity.as_ref().ok_or_else(known)?;
    fill(&mut asked, prediction, propensity)?;
    Ok(asked)
}

fn fill(
    asked: &mut PropensityRequest,
    prediction: &Prediction,
    propensity: &Propensity,
) -> Result<(), WorkspaceError> {
    let training = &mut asked.training;
    if training.outcome.is_none() {
        let mut outcome = propensity.outcome.clone();
        outcome.title = outcome.title.or_else(|| prediction.title.clone());
        let text = serde_json::to_string(&outcome);
        training.outcome = Some(text.map_err(|error| WorkspaceError::Defect(error.to_string()))?);
    }
    training.horizon.get_or_insert_with(|| propensity.horizon.to_string());
    training.every.get_or_insert_with(|| propensity.every.unwrap_or(propensity.horizon).to_string());
    training.dates = training.dates.or(propensity.dates);
    if training.features.is_empty() {
        training.features = propensity.features.clone();
    }
    if training.base.is_none() {
        training.base = prediction.among.clone();
    }
    if training.seed == 0 {
        training.seed = propensity.seed.unwrap_or_default();
    }
    if let Some(method) = propensity.method {
        asked.options.method = method;
    }
    if asked.title.is_none() {
        asked.title = prediction.title.clone();
    }
    Ok(())
}

/// The prediction as a document says it, so that gradings learn it anew in the same way.
fn prediction_of(asked: &PropensityRequest, set: &TrainingSet) -> Result<Prediction, WorkspaceError> {
    let outcome = &set.outcome;
    let horizon: Span = crate::validation::parse_horizon(&set.horizon_text)?;
    let every = asked.training.every.as_deref().unwrap_or("month");
    let every = match crate::grade::step_unit(every) {
        Ok(unit) => Span { n: 1, unit },
        Err(_) => crate::validation::parse_horizon(every)?,
    };
    Ok(Prediction {
        title: Some(asked.title.clone().unwrap_or_else(|| outcome.title.clone())),
        description: Some(outcome.words.clone()),
        among: asked.training.base.clone().filter(|base| base != "everyone"),
        lifetime: None,
        contract: None,
        propensity: Some(Propensity {
            outcome: ValidationOutcome {
                title: Some(outcome.title.clone()),
                kind: outcome.indicator.kind,
                of: outcome.indicator.of.clone(),
                filter: outcome.indicator.filter.clone(),
                counts: Some(outcome.counts),
                of_whom: outcome.of_whom,
                better: Some(outcome.better),
            },
            horizon,
            features: set.features.iter().map(|feature| feature.name.clone()).collect(),
            method: (asked.options.method != PropensityMethod::default()).then_some(asked.options.method),
            dates: asked.training.dates,
            every: Some(every),
            refit: None,
            seed: (asked.training.seed != 0).then_some(asked.training.seed),
        }),
        clusters: None,
        trained: None,
    })
}

impl LearnedPropensity {
    /// As one self-contained page.
    pub fn html(&self, workspace: &str, lang: Lang) -> String {
        crate::report::propensity_page(&self.card, workspace, lang)
    }
}
