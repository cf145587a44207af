//! `/backtests`, `/reviews`, `/runs/{run}/drift`: whether grades were right, and whether the customers are still those
//! for whom they were made.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::backtest::{self, BacktestRequest};
use gradus_workspace::{drift, review};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobView, view};
use super::wire::{Body, Path, Query};
use crate::caller::Caller;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(start)).routes(routes!(start_review)).routes(routes!(drifted))
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
    let body = serde_json::to_value(found);
    Ok(Json(body.map_err(|error| gradus_workspace::WorkspaceError::Defect(error.to_string()))?))
}
