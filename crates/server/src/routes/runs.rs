//! `/runs`, `/rebase`, `/instants`, `/summary`: gradings and their figures.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::{figures, runs as verbs};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobView, view};
use super::wire::{AsOf, Body, Page, Query, instant};
use crate::caller::Caller;
use crate::refusals::{Conflicting, Guarded, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, start))
        .routes(routes!(rebase))
        .routes(routes!(instants))
        .routes(routes!(summary))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RunBody {
    /// A date, or FROM..TO with `every`; the clock's now if left out.
    #[serde(default)]
    as_of: Option<String>,
    /// `day`, `week`, `month`, `quarter` or `year`.
    #[serde(default)]
    every: Option<String>,
    /// Only what was known by then.
    #[serde(default)]
    known_at: Option<String>,
}

/// Grade everyone
#[utoipa::path(post, path = "/runs", tag = "runs", request_body = RunBody,
    extensions(("x-permission" = json!("run_jobs"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, WithFindings))]
async fn start(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<RunBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let request = verbs::RunRequest { as_of: given.as_of, every: given.every, known_at: given.known_at };
    let job = verbs::start(&app.workspace, &app.jobs, &who, request).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RebaseBody {
    /// An instant; the clock's now if left out.
    #[serde(default)]
    as_of: Option<String>,
}

/// Write the states of everybody, with which a live grading begins
#[utoipa::path(post, path = "/rebase", tag = "runs", request_body = RebaseBody,
    extensions(("x-permission" = json!("run_jobs"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, WithFindings))]
async fn rebase(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<RebaseBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let job = verbs::start_rebase(&app.workspace, &app.jobs, &who, given.as_of).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}

/// A grading that was made.
#[derive(Serialize, ToSchema)]
struct Run {
    run: String,
    /// The published version that graded; null: the documents of the folder.
    version: Option<i64>,
    model_hash: String,
    as_of: String,
    known_at: String,
    /// The position in the ledger up to which it read.
    position: i64,
    fits: Vec<i64>,
    counts: Option<serde_json::Value>,
    started: String,
    finished: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct RunList {
    items: Vec<Run>,
    next_cursor: Option<String>,
}

/// Gradings, of the latest instant first
#[utoipa::path(get, path = "/runs", tag = "runs", params(Page),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = RunList), Guarded, NotUnderstood))]
async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(page): Query<Page>,
) -> Result<Json<RunList>, Problem> {
    let limit = page.limit()?;
    let mut all = verbs::list_after(&app.workspace, &who, page.cursor.as_deref(), limit as u32 + 1).await?;
    let is_end = all.len() <= limit;
    all.truncate(limit);
    let next_cursor = all.last().filter(|_| !is_end).map(|run| run.id.clone());
    let run = |run: gradus_workspace::Run| Run {
        run: run.id,
        version: run.version,
        model_hash: run.model_hash,
        as_of: instant(run.as_of),
        known_at: instant(run.known_at),
        position: run.position,
        fits: run.fits,
        counts: run.counts,
        started: instant(run.started),
        finished: run.finished.map(instant),
    };
    Ok(Json(RunList { items: all.into_iter().map(run).collect(), next_cursor }))
}

/// The graded instants of the version in force
#[utoipa::path(get, path = "/instants", tag = "runs", extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Vec<String>), Guarded, Conflicting, WithFindings))]
async fn instants(State(app): State<App>, Caller(who): Caller) -> Result<Json<Vec<String>>, Problem> {
    Ok(Json(figures::instants(&app.workspace, &who).await?))
}

/// Figures of the whole base: tiers, segments, groupings, distributions, concentration, RFM map,
/// migration, levels over time
#[utoipa::path(get, path = "/summary", tag = "runs", params(AsOf),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Object), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn summary(
    State(app): State<App>,
    Caller(who): Caller,
    Query(given): Query<AsOf>,
) -> Result<Json<serde_json::Value>, Problem> {
    let summary = app.summaries.summary(&app.workspace, &who, given.as_of.as_deref()).await?;
    let body = serde_json::to_value(&*summary);
    Ok(Json(body.map_err(|error| gradus_workspace::WorkspaceError::Defect(error.to_string()))?))
}
