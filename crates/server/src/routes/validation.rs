//! `/backtests` and who is behind their groups, `/reviews`, `/challenger`, `/runs/{run}/drift`: whether grades were
//! right, and whether the customers are still those for whom they were made.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::backtest::{self, BacktestRequest, Behind, Figure};
use gradus_workspace::{challenger as shadow, drift, review, tier_holdout};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobView, view};
use super::wire::{Body, Path, Query, object};
use crate::caller::Caller;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(behind))
        .routes(routes!(start_review))
        .routes(routes!(drifted))
        .routes(routes!(challenger, set_challenger))
        .routes(routes!(differences))
        .routes(routes!(hold_out, begin_hold_out, end_hold_out))
        .routes(routes!(hold_out_effect))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BacktestBody {
    /// A date, or FROM..TO with `every`; the last one whose horizon is over if left out.
    #[serde(default)]
    as_of: Option<String>,
    /// `day`, `week`, `month`, `quarter` or `year`.
    #[serde(default)]
    every: Option<String>,
    /// So many dates: the given one and those before it.
    #[serde(default)]
    dates: Option<u32>,
    /// `90d`, `3 months`; the model's, else 90 days.
    #[serde(default)]
    horizon: Option<String>,
    /// `draft`, `folder` or the number of a version; what is in force if left out.
    #[serde(default)]
    model: Option<String>,
    /// The champion on the same customers: `in_force`, `draft`, `folder` or a version.
    #[serde(default)]
    against: Option<String>,
}

/// Grade as of past days with what was known then, and hold it against what came; a job
#[utoipa::path(post, path = "/backtests", tag = "validation", request_body = BacktestBody,
    extensions(("x-permission" = json!("run_jobs"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn start(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<BacktestBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let request = BacktestRequest {
        as_of: given.as_of,
        every: given.every,
        dates: given.dates,
        horizon: given.horizon,
        model: given.model,
        against: given.against,
    };
    let job = backtest::start(&app.workspace, &app.jobs, &who, request).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}

/// Which groups of a back-test have customers.
#[derive(Deserialize, Clone, Copy, ToSchema)]
#[serde(rename_all = "snake_case")]
enum BehindKind {
    /// A level of a scheme.
    Tier,
    /// A band of a score.
    Band,
    /// A tenth by a score of those of whom an outcome is asked.
    Tenth,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct BehindParams {
    /// One of its dates.
    as_of: String,
    #[param(inline)]
    kind: BehindKind,
    /// The scheme, or the score.
    name: String,
    /// As the result names it: a level, empty for who is not graded; a band from 1, empty where the score is not
    /// known; a tenth, 1 for the best scores.
    #[serde(default)]
    group: String,
    /// Of a tenth: the outcome.
    #[serde(default)]
    outcome: Option<String>,
    /// The champion's group instead.
    #[serde(default)]
    against: bool,
    /// How many; 100 if left out, 1,000 at most.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Who is behind a group of a back-test, with the grade of the day and what came of it
#[utoipa::path(get, path = "/backtests/{job}/customers", tag = "validation",
    params(("job" = String, Path, description = "The job that ran it"), BehindParams),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Object), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn behind(
    State(app): State<App>,
    Caller(who): Caller,
    Path(job): Path<String>,
    Query(given): Query<BehindParams>,
) -> Result<Json<Value>, Problem> {
    let BehindParams { as_of, kind, name, group, outcome, against, limit, after } = given;
    let behind = match kind {
        BehindKind::Tier => Behind::Tier { scheme: name, level: group },
        BehindKind::Band => Behind::Band { score: name, band: group },
        BehindKind::Tenth => {
            let outcome = outcome.ok_or_else(|| {
                Problem::invalid("十分位还要写 outcome", "a tenth is of an outcome: `outcome`")
            })?;
            Behind::Tenth { score: name, outcome, tenth: group }
        }
    };
    let figure = Figure { as_of, against, behind, limit: limit.unwrap_or(100), after };
    let found = backtest::customers(&app.workspace, &who, &app.opened, &job, &figure).await?;
    object(&found)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReviewBody {
    /// Such as `2011-Q4`; the last one that is over if left out.
    #[serde(default)]
    quarter: Option<String>,
}

/// The quarterly review: evidence, drift, outcomes, contradictions, a proposed model, and its pages; a job
#[utoipa::path(post, path = "/reviews", tag = "validation", request_body = ReviewBody,
    extensions(("x-permission" = json!("run_jobs"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn start_review(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<ReviewBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let job = review::start(&app.workspace, &app.jobs, &who, given.quarter).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DriftParams {
    /// The run to compare with; that of the instant before if left out.
    from: Option<String>,
}

/// How far indicators, scores and tiers moved since an earlier grading: population stability, bin by bin
#[utoipa::path(get, path = "/runs/{run}/drift", tag = "validation",
    params(("run" = String, Path, description = "A run, as `/runs` names it"), DriftParams),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Object), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn drifted(
    State(app): State<App>,
    Caller(who): Caller,
    Path(run): Path<String>,
    Query(given): Query<DriftParams>,
) -> Result<Json<Value>, Problem> {
    let found = drift::drift(&app.workspace, &who, given.from.as_deref(), Some(&run)).await?;
    object(&found)
}

/// The version that grades in shadow; null: none.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChallengerBody {
    version: Option<i64>,
}

/// The version that grades in shadow beside the one in force
#[utoipa::path(get, path = "/challenger", tag = "validation", extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = ChallengerBody), Guarded))]
async fn challenger(State(app): State<App>, Caller(who): Caller) -> Result<Json<ChallengerBody>, Problem> {
    let version = shadow::see(&app.workspace, &who).await?.map(|one| one.version);
    Ok(Json(ChallengerBody { version }))
}

/// Let a version grade in shadow from now on, or none; nobody's grade changes
#[utoipa::path(put, path = "/challenger", tag = "validation", request_body = ChallengerBody,
    extensions(("x-permission" = json!("approve_models"))),
    responses((status = 200, body = ChallengerBody), Guarded, NotUnderstood, Missing, WithFindings))]
async fn set_challenger(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<ChallengerBody>,
) -> Result<Json<ChallengerBody>, Problem> {
    shadow::set(&app.workspace, &who, given.version).await?;
    Ok(Json(given))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DifferencesParams {
    /// A graded instant; the newest if left out.
    as_of: Option<String>,
    /// How many lines; 100 if left out, 1,000 at most.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Who would stand elsewhere by the challenger, customer by customer
#[utoipa::path(get, path = "/challenger/differences", tag = "validation", params(DifferencesParams),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Object), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn differences(
    State(app): State<App>,
    Caller(who): Caller,
    Query(given): Query<DifferencesParams>,
) -> Result<Json<Value>, Problem> {
    let limit = given.limit.unwrap_or(100).clamp(1, 1_000);
    let found =
        shadow::differences(&app.workspace, &who, given.as_of.as_deref(), limit, given.after.as_deref())
            .await?;
    object(&found)
}

/// A seeded share of the customers that keeps an earlier version's tiers.
#[derive(Serialize, ToSchema)]
struct HoldOut {
    version: i64,
    share: f64,
    /// Larger than what JavaScript counts exactly.
    seed: String,
    from: String,
    runs: bool,
}

impl From<tier_holdout::TierHoldout> for HoldOut {
    fn from(one: tier_holdout::TierHoldout) -> HoldOut {
        HoldOut {
            version: one.version,
            share: one.share,
            seed: one.seed.to_string(),
            from: one.from,
            runs: one.until_us.is_none(),
        }
    }
}

/// The hold-out on the tiering that runs, or the last one that did; null: there was none
#[utoipa::path(get, path = "/hold-out", tag = "validation", extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Option<HoldOut>), Guarded))]
async fn hold_out(State(app): State<App>, Caller(who): Caller) -> Result<Json<Option<HoldOut>>, Problem> {
    Ok(Json(tier_holdout::see(&app.workspace, &who).await?.map(HoldOut::from)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HoldOutBody {
    /// The version whose tiers are kept.
    version: i64,
    /// Of all customers, above 0 and 0.5 at most.
    share: f64,
    /// Another seed is another draw.
    #[serde(default)]
    seed: Option<u64>,
}

/// Let a seeded share keep an earlier version's tiers from the last close on; it shows at the next grading
#[utoipa::path(post, path = "/hold-out", tag = "validation", request_body = HoldOutBody,
    extensions(("x-permission" = json!("approve_models"))),
    responses((status = 200, body = HoldOut), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn begin_hold_out(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<HoldOutBody>,
) -> Result<Json<HoldOut>, Problem> {
    let one = tier_holdout::begin(&app.workspace, &who, given.version, given.share, given.seed).await?;
    Ok(Json(one.into()))
}

/// End the hold-out: everybody has the tier of the version in force from the next grading on
#[utoipa::path(delete, path = "/hold-out", tag = "validation",
    extensions(("x-permission" = json!("approve_models"))),
    responses((status = 204), Guarded, Conflicting, WithFindings))]
async fn end_hold_out(State(app): State<App>, Caller(who): Caller) -> Result<StatusCode, Problem> {
    tier_holdout::end(&app.workspace, &who).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EffectParams {
    /// `90d`; as far as the data go at most.
    horizon: Option<String>,
    /// The difference that is planned for.
    change: Option<f64>,
}

/// What the new tiers did, outcome by outcome: difference with interval, power, planned size, what to do
#[utoipa::path(get, path = "/hold-out/effect", tag = "validation", params(EffectParams),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Object), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn hold_out_effect(
    State(app): State<App>,
    Caller(who): Caller,
    Query(given): Query<EffectParams>,
) -> Result<Json<Value>, Problem> {
    let found = tier_holdout::effects(&app.workspace, &who, given.horizon.as_deref(), given.change).await?;
    object(&found)
}
