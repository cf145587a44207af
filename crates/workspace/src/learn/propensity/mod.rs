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
use super::job::{begin, may_learn, with_pages};
use super::model_card::ModelCard;
use super::training::training_set;
use super::write::{Write, Written, write};
use crate::access::Principal;
use crate::clusters::condition_of;
use crate::jobs::{JobRunner, Work};
use crate::validation::Asked;
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
    /// That of the prediction, else a regression, if left out.
    pub method: Option<PropensityMethod>,
    pub calibration: CalibrationAsked,
    /// Customers with the rarer of the two outcomes at least.
    pub min_events: u64,
    /// Also how long it takes until it happens.
    pub survival: bool,
}

impl Default for PropensityOptions {
    fn default() -> Self {
        PropensityOptions {
            method: None,
            calibration: CalibrationAsked::default(),
            min_events: 50,
            survival: true,
        }
    }
}

impl PropensityOptions {
    pub fn method(&self) -> PropensityMethod {
        self.method.unwrap_or_default()
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
    may_learn(who, request.write.is_some())?;
    let documents = request.training.documents(workspace, who).await?;
    let asked = completed(&documents.model, &request)?;
    super::TrainingPlan::of(workspace, &documents, &asked.training).await?;
    writable(workspace, who, &documents, &request, &asked).await?;
    let (owned, by) = (workspace.clone(), who.clone());
    let input = json!(request);
    let work: Work = Box::new(move |progress| {
        Box::pin(async move {
            let done = learn_propensity(&owned, &by, &request, progress.as_ref()).await?;
            with_pages(&owned, &done, |title, lang| done.html(title, lang))
        })
    });
    begin(workspace, jobs, who, "learn_propensity", input, work).await
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
    writable(workspace, who, &documents, request, &asked).await?;
    let mut done = learned(workspace, &documents, &asked, progress).await?;
    if let Some(name) = &asked.prediction {
        match is_trial(&documents.model, request, &asked)? {
            true => done.card.cautions.push(Text::new(
                format!("与预测「{name}」在模型里写的不一样，只是试一次：不保留，评级仍用原来的"),
                format!("a trial: “{name}” says otherwise in the model, so nothing is kept and gradings go on as before"),
            )),
            false => done.card.fit = fits::keep(workspace, &documents, name, &done).await?,
        }
    }
    if let Some(to) = &request.write {
        done.written = Some(write(workspace, who, to, put(done.prediction.clone())).await?);
    }
    Ok(done)
}

fn put(prediction: Prediction) -> impl FnOnce(&mut Model, &str) -> Result<(), Finding> {
    move |model: &mut Model, name: &str| {
        match model.predictions.0.iter_mut().find(|(own, _)| own == name) {
            Some((_, own)) => *own = prediction,
            None => model.predictions.0.push((name.to_string(), prediction)),
        }
        Ok(())
    }
}

/// Whether something that was typed is not what the prediction says: a grading would learn something else.
fn is_trial(
    model: &Model,
    request: &PropensityRequest,
    asked: &PropensityRequest,
) -> Result<bool, WorkspaceError> {
    let training = &request.training;
    let plain = PropensityRequest {
        prediction: request.prediction.clone(),
        training: TrainingRequest {
            model: training.model.clone(),
            as_of: training.as_of.clone(),
            known_us: training.known_us,
            ..TrainingRequest::default()
        },
        options: PropensityOptions { survival: request.options.survival, ..PropensityOptions::default() },
        title: asked.title.clone(),
        write: request.write.clone(),
    };
    let plain = completed(model, &plain)?;
    let mut own = asked.clone();
    // 60d and 60 days are one stretch of time.
    let same = |a: &Option<String>, b: &Option<String>| {
        let of = |text: &Option<String>| {
            text.as_deref().and_then(|text| crate::validation::parse_horizon(text).ok())
        };
        of(a).is_some() && of(a) == of(b)
    };
    if same(&own.training.horizon, &plain.training.horizon) {
        own.training.horizon.clone_from(&plain.training.horizon);
    }
    if same(&own.training.every, &plain.training.every) {
        own.training.every.clone_from(&plain.training.every);
    }
    Ok(plain != own)
}

/// Says before anything is learned what would keep it from being written: options that a prediction does not hold, a
/// name that is taken, a base or a feature that has no value yet where predictions are made.
async fn writable(
    workspace: &Workspace,
    who: &Principal,
    documents: &Documents,
    request: &PropensityRequest,
    asked: &PropensityRequest,
) -> Result<(), WorkspaceError> {
    let Some(to) = &request.write else { return Ok(()) };
    let usual = PropensityOptions::default();
    let held_back = [
        ("most_rows", request.training.most_rows.is_some()),
        ("calibration", request.options.calibration != usual.calibration),
        ("min_events", request.options.min_events != usual.min_events),
    ];
    if let Some((name, _)) = held_back.iter().find(|(_, is)| *is) {
        return Err(Finding::error(
            "learn-not-kept",
            Place::default().at(*name),
            Text::new(
                format!("模型里的预测不记 {name}：评级会按通常的方式重新学，与这里检验的不是同一个"),
                format!("a prediction of the model does not hold `{name}`: gradings would learn it anew in the usual way, and not as it was tested here"),
            ),
            Text::new(format!("写入草稿时不用 {name}"), format!("leave out `{name}` where it is written")),
        )
        .into());
    }
    let plan = super::TrainingPlan::of(workspace, documents, &asked.training).await?;
    let features = match asked.training.features.is_empty() {
        // Some of all indicators: which of them are numbers or categories is seen when they are there.
        true => documents.model.indicators.names().take(1).map(String::from).collect(),
        false => asked.training.features.clone(),
    };
    let prediction = prediction_of(asked, &plan.outcome, &plan.horizon.to_string(), features)?;
    super::write::check(workspace, who, to, put(prediction)).await
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
    let features = set.features.iter().map(|feature| feature.name.clone()).collect();
    let prediction = prediction_of(asked, &set.outcome, &set.horizon_text, features)?;
    let mut card = card::card(asked, &set, &model, survival);
    progress.end();
    card.seconds = began.elapsed().as_secs_f64();
    Ok(LearnedPropensity { card, prediction, written: None, fit_itself: model.fit })
}

/// What a prediction of the model says stands for what is left out.
fn completed(model: &Model, request: &PropensityRequest) -> Result<PropensityRequest, WorkspaceError> {
    let mut asked = request.clone();
    asked.training.most_rows = asked.training.most_rows.or(Some(MOST_ROWS));
    // A prediction is made before segments are: the condition of one stands for it.
    asked.training.base = asked.training.base.map(|base| condition_of(model, base.trim()));
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
    // What is typed is tried, and not kept.
    asked.options.method.get_or_insert(propensity.method.unwrap_or_default());
    if asked.title.is_none() {
        asked.title = prediction.title.clone();
    }
    Ok(())
}

/// The prediction as a document says it, so that gradings learn it anew in the same way.
fn prediction_of(
    asked: &PropensityRequest,
    outcome: &Asked,
    horizon: &str,
    features: Vec<String>,
) -> Result<Prediction, WorkspaceError> {
    let horizon: Span = crate::validation::parse_horizon(horizon)?;
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
            features,
            method: Some(asked.options.method()).filter(|method| *method != PropensityMethod::default()),
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
