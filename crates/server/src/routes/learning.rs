//! `/learn/scorecard`, `…/propensity`, `…/tree`, `…/weights`, `/weights/ahp`: what is learned from what was known and
//! what came after; all but the last are jobs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::access::Permission;
use gradus_workspace::learn::propensity::{self, PropensityRequest};
use gradus_workspace::learn::scorecard::{self, ScorecardRequest};
use gradus_workspace::learn::tree::{self, TreeRequest};
use gradus_workspace::learn::weights::{self, Comparisons, WeightsRequest};
use gradus_workspace::learn::{TrainingRequest, Write};
use gradus_workspace::{Job, WorkspaceError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobView, view};
use super::wire::{Body, object};
use crate::caller::Caller;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(learn_scorecard))
        .routes(routes!(learn_propensity))
        .routes(routes!(learn_tree))
        .routes(routes!(learn_weights))
        .routes(routes!(weigh))
}

/// Where it is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WriteBody {
    /// What it is called in the draft.
    name: String,
    /// Take the place of what is called so.
    #[serde(default)]
    replace: bool,
}

impl From<WriteBody> for Write {
    fn from(body: WriteBody) -> Write {
        Write { name: body.name, replace: body.replace }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LearnScorecardBody {
    /// `draft`, `folder` or the number of a version; what is in force if left out.
    #[serde(default)]
    model: Option<String>,
    /// `everyone`, a segment, or a condition.
    #[serde(default)]
    base: Option<String>,
    /// An outcome of the model's validation, or one written out in JSON; churn if left out.
    #[serde(default)]
    outcome: Option<String>,
    /// `90d`, `3 months`; the model's, else 90 days.
    #[serde(default)]
    horizon: Option<String>,
    /// The date that is held out; the last one whose horizon is over if left out.
    #[serde(default)]
    as_of: Option<String>,
    /// So many dates before it to learn from; 6 if left out.
    #[serde(default)]
    dates: Option<u32>,
    /// `day`, `week`, `month`, `quarter` or `year`; a month if left out.
    #[serde(default)]
    every: Option<String>,
    /// Indicators, or expressions over them; all indicators if left out.
    #[serde(default)]
    features: Vec<String>,
    /// Not these.
    #[serde(default)]
    without: Vec<String>,
    /// Rows at most; more customers are drawn by seed.
    #[serde(default)]
    most_rows: Option<usize>,
    #[serde(default)]
    seed: Option<u64>,
    /// What the card is called for people, in `zh` and `en`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    title: Option<Value>,
    /// `max_bins`, `min_share`, `trend`, `trends`, `specials`, `min_iv`, `max_iv`, `max_correlation`, `max_p`,
    /// `max_attributes`, `base_score`, `base_odds`, `points_to_double`, `digits`, `apart`, `min_events`: what is left
    /// out is as `gradus learn scorecard --help` says.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    options: Option<Value>,
    /// Into the draft; needs the right to edit models.
    #[serde(default)]
    write: Option<WriteBody>,
}

/// What every body says of the dates and customers that are learned from.
macro_rules! training {
    ($given:ident $(, $more:ident)*) => {
        TrainingRequest {
            model: $given.model,
            base: $given.base,
            outcome: $given.outcome,
            horizon: $given.horizon,
            as_of: $given.as_of,
            dates: $given.dates,
            every: $given.every,
            features: $given.features,
            without: $given.without,
            seed: $given.seed.unwrap_or_default(),
            $($more: $given.$more,)*
            ..TrainingRequest::default()
        }
    };
}

/// That a job has begun.
type Begun = Result<(StatusCode, Json<JobView>), Problem>;

fn begun(app: &App, job: Result<Job, WorkspaceError>) -> Begun {
    Ok((StatusCode::ACCEPTED, Json(view(app, job?))))
}

/// A part of a body that the description calls only an object.
fn read<T: DeserializeOwned>(at: &str, given: Option<Value>) -> Result<Option<T>, WorkspaceError> {
    let Some(given) = given else { return Ok(None) };
    serde_json::from_value(given)
        .map(Some)
        .map_err(|error| gradus_workspace::learn::unreadable(at, &error.to_string()).into())
}

/// A scorecard: optimal bins, weights of evidence, a regression, points; tested on a date held out; a job
#[utoipa::path(post, path = "/learn/scorecard", tag = "learning", request_body = LearnScorecardBody,
    extensions(("x-permission" = json!("run_jobs"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn learn_scorecard(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<LearnScorecardBody>,
) -> Begun {
    let request = ScorecardRequest {
        training: training!(given, most_rows),
        options: read("options", given.options)?.unwrap_or_default(),
        title: read("title", given.title)?,
        write: given.write.map(Write::from),
    };
    begun(&app, scorecard::start(&app.workspace, &app.jobs, &who, request).await)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LearnPropensityBody {
    /// A propensity of the model: what it says stands for what is left out below, and the fit is kept for gradings.
    #[serde(default)]
    prediction: Option<String>,
    /// `draft`, `folder` or the number of a version; what is in force if left out.
    #[serde(default)]
    model: Option<String>,
    /// `everyone`, a segment, or a condition.
    #[serde(default)]
    base: Option<String>,
    /// An outcome of the model's validation, or one written out in JSON; churn if left out.
    #[serde(default)]
    outcome: Option<String>,
    /// `90d`, `3 months`; the model's, else 90 days.
    #[serde(default)]
    horizon: Option<String>,
    /// The date that is held out; the last one whose horizon is over if left out.
    #[serde(default)]
    as_of: Option<String>,
    /// So many dates before it to learn from; 6 if left out.
    #[serde(default)]
    dates: Option<u32>,
    /// `day`, `week`, `month`, `quarter`, `year` or a stretch such as `2 weeks`; a month if left out.
    #[serde(default)]
    every: Option<String>,
    /// Indicators, or expressions over them; all indicators if left out.
    #[serde(default)]
    features: Vec<String>,
    /// Not these.
    #[serde(default)]
    without: Vec<String>,
    /// Rows at most; more customers are drawn by seed.
    #[serde(default)]
    most_rows: Option<usize>,
    #[serde(default)]
    seed: Option<u64>,
    /// What it is called for people, in `zh` and `en`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    title: Option<Value>,
    /// `method` (`logistic` or `boosting`), `calibration` (`auto`, `platt`, `isotonic`, `none`), `min_events`,
    /// `survival`: what is left out is as `gradus learn propensity --help` says.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    options: Option<Value>,
    /// Into the draft; needs the right to edit models.
    #[serde(default)]
    write: Option<WriteBody>,
}

/// How likely something is to happen to a customer: calibrated, tested on a date held out, with its model card; a job
#[utoipa::path(post, path = "/learn/propensity", tag = "learning", request_body = LearnPropensityBody,
    extensions(("x-permission" = json!("run_jobs"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn learn_propensity(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<LearnPropensityBody>,
) -> Begun {
    let request = PropensityRequest {
        prediction: given.prediction,
        training: training!(given, most_rows),
        options: read("options", given.options)?.unwrap_or_default(),
        title: read("title", given.title)?,
        write: given.write.map(Write::from),
    };
    begun(&app, propensity::start(&app.workspace, &app.jobs, &who, request).await)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LearnTreeBody {
    /// A segment, tier scheme, grouping or prediction of groups to describe; left out, groups are found by `outcome`.
    #[serde(default)]
    describe: Option<String>,
    /// `draft`, `folder` or the number of a version; what is in force if left out.
    #[serde(default)]
    model: Option<String>,
    /// `everyone`, a segment, or a condition.
    #[serde(default)]
    base: Option<String>,
    /// An outcome of the model's validation, or one written out in JSON; churn if left out.
    #[serde(default)]
    outcome: Option<String>,
    /// `90d`, `3 months`; the model's, else 90 days.
    #[serde(default)]
    horizon: Option<String>,
    /// The day of a description; of an outcome the date that is held out.
    #[serde(default)]
    as_of: Option<String>,
    #[serde(default)]
    dates: Option<u32>,
    #[serde(default)]
    every: Option<String>,
    /// Indicators, or expressions over them; all indicators if left out.
    #[serde(default)]
    features: Vec<String>,
    /// Not these.
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    seed: Option<u64>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    title: Option<Value>,
    /// `max_depth`, `min_leaf`, `min_events`, `write_as` (`segments` or `tree`).
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    options: Option<Value>,
    /// Into the draft; needs the right to edit models.
    #[serde(default)]
    write: Option<WriteBody>,
}

/// A small decision tree that describes a segment, or finds groups by an outcome, in readable rules; a job
#[utoipa::path(post, path = "/learn/tree", tag = "learning", request_body = LearnTreeBody,
    extensions(("x-permission" = json!("run_jobs"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn learn_tree(State(app): State<App>, Caller(who): Caller, Body(given): Body<LearnTreeBody>) -> Begun {
    let request = TreeRequest {
        describe: given.describe,
        training: training!(given),
        options: read("options", given.options)?.unwrap_or_default(),
        title: read("title", given.title)?,
        write: given.write.map(Write::from),
    };
    begun(&app, tree::start(&app.workspace, &app.jobs, &who, request).await)
}

/// Judgements in pairs: `matrix[i][j]` says how many times as important i is as j.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ComparisonsBody {
    criteria: Vec<String>,
    matrix: Vec<Vec<f64>>,
}

impl From<ComparisonsBody> for Comparisons {
    fn from(body: ComparisonsBody) -> Comparisons {
        Comparisons { criteria: body.criteria, matrix: body.matrix }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LearnWeightsBody {
    /// The scorecard whose attributes are weighed.
    card: String,
    /// Judgements; left out, the weights come from the data (entropy).
    #[serde(default)]
    comparisons: Option<ComparisonsBody>,
    /// `eigenvector`, `geometric_mean` or `normalised_columns`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    method: Option<Value>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    base: Option<String>,
    /// The day of the data; the last one that is over if left out.
    #[serde(default)]
    as_of: Option<String>,
    /// Set the weights of the card in the draft; needs the right to edit models.
    #[serde(default)]
    write: bool,
}

/// Weights of a scorecard, from comparisons in pairs or from the data; a job
#[utoipa::path(post, path = "/learn/weights", tag = "learning", request_body = LearnWeightsBody,
    extensions(("x-permission" = json!("run_jobs"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn learn_weights(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<LearnWeightsBody>,
) -> Begun {
    let request = WeightsRequest {
        card: Some(given.card.clone()),
        comparisons: given.comparisons.map(Comparisons::from),
        method: read("method", given.method)?.unwrap_or_default(),
        later_index: false,
        training: TrainingRequest {
            model: given.model,
            base: given.base,
            as_of: given.as_of,
            ..TrainingRequest::default()
        },
        write: given.write.then_some(Write { name: given.card, replace: true }),
    };
    begun(&app, weights::start(&app.workspace, &app.jobs, &who, request).await)
}

/// Weights from comparisons in pairs, with how far they agree, at once; nothing is written
#[utoipa::path(post, path = "/weights/ahp", tag = "learning", request_body = ComparisonsBody,
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Object), Guarded, NotUnderstood, WithFindings))]
async fn weigh(Caller(who): Caller, Body(given): Body<ComparisonsBody>) -> Result<Json<Value>, Problem> {
    who.needs(Permission::SeeGrades)?;
    let found = weights::compared(&given.into(), Default::default(), false).map_err(WorkspaceError::from)?;
    object(&found)
}
