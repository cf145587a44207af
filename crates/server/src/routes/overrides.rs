//! `/overrides`: tiers that a person sets, with reason, approver and expiry.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::overrides::{self as verbs, NewOverride, OverrideView};
use gradus_workspace::runs::start_newest;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{Body, Path, Query, instant, limit_of};
use crate::caller::Caller;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(of_customer, ask))
        .routes(routes!(approve))
        .routes(routes!(reject))
        .routes(routes!(end))
}

/// A tier that a person set.
#[derive(Serialize, ToSchema)]
struct Override {
    id: String,
    customer: String,
    /// What they are called, masked.
    label: String,
    scheme: String,
    level: String,
    reason: String,
    by: String,
    at: String,
    /// The last instant at which it holds; null: of one from before an end was needed, until somebody ends it.
    expires: Option<String>,
    #[schema(value_type = OverrideStanding)]
    state: String,
    approved_by: Option<String>,
}

/// How an override stands, by the workspace's clock.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code)]
enum OverrideStanding {
    Waiting,
    Active,
    Rejected,
    Ended,
    Expired,
}

impl From<OverrideView> for Override {
    fn from(view: OverrideView) -> Override {
        Override {
            id: view.one.id,
            customer: view.one.customer.to_string(),
            label: view.label,
            scheme: view.one.scheme,
            level: view.one.level,
            reason: view.reason,
            by: view.one.account,
            at: instant(view.one.at),
            expires: view.one.expires.map(instant),
            state: view.standing.into(),
            approved_by: view.one.decided_by,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct OverrideList {
    items: Vec<Override>,
    next_cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Params {
    /// Only those that stand so: `waiting`, `active`, `expired`, `ended` or `rejected`.
    state: Option<String>,
    /// At most so many, 200 at most; 100 if left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// What the page before gave.
    cursor: Option<String>,
}

/// All that one may see, newest first
#[utoipa::path(get, path = "/overrides", tag = "overrides", params(Params), extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = OverrideList), Guarded, NotUnderstood, Conflicting))]
async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(given): Query<Params>,
) -> Result<Json<OverrideList>, Problem> {
    let limit = limit_of(given.limit, 100, 200)? as usize;
    let base = app.bases.newest(&app.workspace).await?;
    let (state, cursor) = (given.state.as_deref(), given.cursor.as_deref());
    if let Some(state) = state.filter(|state| !verbs::STANDINGS.contains(state)) {
        let all = verbs::STANDINGS.join(", ");
        return Err(Problem::invalid(
            format!("state 没有「{state}」：可为 {all}"),
            format!("state has no “{state}”: it is one of {all}"),
        ));
    }
    let (found, next_cursor) = verbs::part(&app.workspace, &who, &base, state, cursor, limit).await?;
    Ok(Json(OverrideList { items: found.into_iter().map(Override::from).collect(), next_cursor }))
}

/// Those of one customer
#[utoipa::path(get, path = "/customers/{customer}/overrides", tag = "overrides", params(("customer" = String, Path)),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = OverrideList), Guarded, Missing, Conflicting))]
async fn of_customer(
    State(app): State<App>,
    Caller(who): Caller,
    Path(customer): Path<i64>,
) -> Result<Json<OverrideList>, Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    let found = verbs::list(&app.workspace, &who, &base, Some(customer)).await?;
    Ok(Json(OverrideList { items: found.into_iter().map(Override::from).collect(), next_cursor: None }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OverrideBody {
    scheme: String,
    level: String,
    /// Why; kept in the vault.
    reason: String,
    /// The last day on which it holds: needed, for at its end the computed tier stands again.
    #[serde(default)]
    expires: Option<String>,
}

/// Ask for another tier; another person approves it
#[utoipa::path(post, path = "/customers/{customer}/overrides", tag = "overrides", params(("customer" = String, Path)),
    request_body = OverrideBody, extensions(("x-permission" = json!("override_tiers"))),
    responses((status = 201, body = Override), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn ask(
    State(app): State<App>,
    Caller(who): Caller,
    Path(customer): Path<i64>,
    Body(given): Body<OverrideBody>,
) -> Result<(StatusCode, Json<Override>), Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    let OverrideBody { scheme, level, reason, expires } = given;
    let new = NewOverride { customer, scheme, level, reason, expires };
    let view = verbs::ask(&app.workspace, &who, &base, new).await?;
    if view.standing == "active" {
        regrade(&app, &who).await?;
    }
    Ok((StatusCode::CREATED, Json(view.into())))
}

/// Approve one that waits
#[utoipa::path(post, path = "/overrides/{id}/approve", tag = "overrides", params(("id" = String, Path)),
    extensions(("x-permission" = json!("approve_models"))),
    responses((status = 200, body = Override), Guarded, Missing, Conflicting, WithFindings))]
async fn approve(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Override>, Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    let view = verbs::decide(&app.workspace, &who, &base, &id, true).await?;
    regrade(&app, &who).await?;
    Ok(Json(view.into()))
}

/// Reject one that waits
#[utoipa::path(post, path = "/overrides/{id}/reject", tag = "overrides", params(("id" = String, Path)),
    extensions(("x-permission" = json!("approve_models"))),
    responses((status = 200, body = Override), Guarded, Missing, Conflicting, WithFindings))]
async fn reject(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Override>, Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    Ok(Json(verbs::decide(&app.workspace, &who, &base, &id, false).await?.into()))
}

/// End one: the computed tier stands again
#[utoipa::path(post, path = "/overrides/{id}/end", tag = "overrides", params(("id" = String, Path)),
    extensions(("x-permission" = json!("override_tiers"))),
    responses((status = 200, body = Override), Guarded, Missing, Conflicting))]
async fn end(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Override>, Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    let view = verbs::end(&app.workspace, &who, &base, &id).await?;
    regrade(&app, &who).await?;
    Ok(Json(view.into()))
}

/// So that what was decided is seen. Who may not grade waits for the next run.
async fn regrade(app: &App, who: &gradus_workspace::access::Principal) -> Result<(), Problem> {
    if who.may(gradus_workspace::access::Permission::RunJobs) {
        start_newest(&app.workspace, &app.jobs, who).await?;
    }
    Ok(())
}
