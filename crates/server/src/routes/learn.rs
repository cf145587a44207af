//! `/predictions`, `/learn/…`: model cards of what was fitted, and learning on its own.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::learn::clv::{self, ClvRequest};
use gradus_workspace::validation::parse_horizon;
use gradus_workspace::{WorkspaceError, predictions};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobView, view};
use super::wire::{Body, Path, object};
use crate::caller::Caller;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(card)).routes(routes!(start_clv))
}

fn value(of: impl Serialize) -> Result<Json<Value>, Problem> {
    object(&of)
}

/// The model cards of all predictions of the model that graded last
#[utoipa::path(get, path = "/predictions", tag = "predictions",
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Object), Guarded, WithFindings))]
async fn list(State(app): State<App>, Caller(who): Caller) -> Result<Json<Value>, Problem> {
    let items = predictions::cards(&app.workspace, &who).await?;
    value(serde_json::json!({ "items": items }))
}

/// The model card of one prediction: what it was made of, how sure it is, what it says of everybody
#[utoipa::path(get, path = "/predictions/{name}", tag = "predictions",
    params(("name" = String, Path, description = "The prediction, as the model names it")),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Object), Guarded, Missing, WithFindings))]
async fn card(
    State(app): State<App>,
    Caller(who): Caller,
    Path(name): Path<String>,
) -> Result<Json<Value>, Problem> {
    value(predictions::card(&app.workspace, &who, &name).await?)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClvBody {
    /// A prediction of lifetime value or under contract; the model's first, else a plain one.
    #[serde(default)]
    prediction: Option<String>,
    /// `draft`, `folder` or the number of a version; what is in force if left out.
    #[serde(default)]
    model: Option<String>,
    /// A day or an instant; the clock's now if left out.
    #[serde(default)]
    as_of: Option<String>,
    /// How long before the end an earlier fit is held against what came, such as `39 weeks`.
    #[serde(default)]
    hold_out: Option<String>,
}

/// Fit lifetime value as of a day, with a hold-out; a job whose result is a model card
#[utoipa::path(post, path = "/learn/clv", tag = "predictions", request_body = ClvBody,
    extensions(("x-permission" = json!("run_jobs"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn start_clv(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<ClvBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let hold_out = given.hold_out.as_deref().map(parse_horizon).transpose();
    let request = ClvRequest {
        prediction: given.prediction,
        model: given.model,
        as_of: given.as_of,
        hold_out: hold_out.map_err(WorkspaceError::from)?,
        ..ClvRequest::default()
    };
    let job = clv::start(&app.workspace, &app.jobs, &who, request).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}
