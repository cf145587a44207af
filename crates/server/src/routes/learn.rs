//! `/predictions`, `/learn/…`: model cards of what was fitted, and learning on its own.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::learn::Write;
use gradus_workspace::learn::clv::{self, ClvOptions};
use gradus_workspace::{WorkspaceError, predictions};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobView, view};
use super::learning::WriteBody;
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
    /// `bg_nbd`, `mbg_nbd` or `pareto_nbd`; what the prediction says if left out, as with all that follows.
    #[serde(default)]
    kind: Option<String>,
    /// Which events are purchases, over the columns of events.
    #[serde(default)]
    purchases: Option<String>,
    /// Under contract: which events begin or renew a term, over the columns of events.
    #[serde(default)]
    contract: Option<String>,
    /// Under contract: how long a term is, such as `1 year`.
    #[serde(default)]
    term: Option<String>,
    /// Under contract: how long after its end a renewal may still come, such as `1 month`, or `0 days`.
    #[serde(default)]
    grace: Option<String>,
    /// Under contract: which events end it at once, over the columns of events.
    #[serde(default)]
    ends: Option<String>,
    /// What an event brings, over the columns of events.
    #[serde(default)]
    value: Option<String>,
    /// The share of the value that stays, between 0 and 1.
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    margin: Option<serde_json::Number>,
    /// What serving a customer costs, over the columns of events.
    #[serde(default)]
    costs: Option<String>,
    /// How far ahead, such as `12 months`.
    #[serde(default)]
    horizon: Option<String>,
    /// A year's rate, between 0 and 1.
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    discount: Option<serde_json::Number>,
    /// How long before the end an earlier fit is held against what came, such as `39 weeks`.
    #[serde(default)]
    hold_out: Option<String>,
    /// Into the draft; needs the right to edit models.
    #[serde(default)]
    write: Option<WriteBody>,
}

impl From<ClvBody> for (ClvOptions, Option<Write>) {
    fn from(body: ClvBody) -> (ClvOptions, Option<Write>) {
        let number = |given: Option<serde_json::Number>| given.map(|number| number.to_string());
        let options = ClvOptions {
            prediction: body.prediction,
            model: body.model,
            as_of: body.as_of,
            kind: body.kind,
            purchases: body.purchases,
            contract: body.contract,
            term: body.term,
            grace: body.grace,
            ends: body.ends,
            value: body.value,
            margin: number(body.margin),
            costs: body.costs,
            horizon: body.horizon,
            discount: number(body.discount),
            hold_out: body.hold_out,
        };
        (options, body.write.map(Write::from))
    }
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
    let (options, to): (ClvOptions, Option<Write>) = given.into();
    let request = options.request().map_err(WorkspaceError::from)?;
    let job = clv::start(&app.workspace, &app.jobs, &who, request, to).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}
