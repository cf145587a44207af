//! `/jobs`: long work, how far it is, and stopping it.

use std::convert::Infallible;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use gradus_workspace::Job;
use gradus_workspace::jobs::Step;
use serde::{Deserialize, Serialize};
use tokio_stream::wrappers::WatchStream;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{Path, Query, instant, limit_of};
use crate::caller::Caller;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood};
use crate::{App, Problem};

/// Longest result that a list carries, in bytes.
const LONG: usize = 4_096;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(see))
        .routes(routes!(watch))
        .routes(routes!(cancel))
}

/// Long work.
#[derive(Serialize, ToSchema)]
pub struct JobView {
    id: String,
    /// `import`, `grade`, `simulate` …
    kind: String,
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    state: String,
    progress: StepView,
    /// Who started it.
    by: String,
    input: serde_json::Value,
    created: String,
    started: Option<String>,
    finished: Option<String>,
    /// What came of it.
    result: Option<serde_json::Value>,
    /// What went wrong: code, zh, en, and findings if documents or data are wrong.
    problem: Option<serde_json::Value>,
}

/// How far it is.
#[derive(Serialize, ToSchema)]
pub struct StepView {
    step: String,
    done: u64,
    total: Option<u64>,
}

impl From<Step> for StepView {
    fn from(step: Step) -> StepView {
        StepView { step: step.step, done: step.done, total: step.total }
    }
}

/// A job as it travels.
pub fn view(app: &App, job: Job) -> JobView {
    let step = app.jobs.watch(&job.id).map(|steps| steps.borrow().clone()).unwrap_or_default();
    JobView {
        state: job.state.as_str().into(),
        progress: step.into(),
        by: job.account,
        input: job.input,
        created: instant(job.created),
        started: job.started.map(instant),
        finished: job.finished.map(instant),
        result: job.result,
        problem: job.problem,
        id: job.id,
        kind: job.kind,
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Page {
    /// At most so many, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// What the page before gave.
    cursor: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct JobList {
    items: Vec<JobView>,
    next_cursor: Option<String>,
}

/// Jobs, newest first; without results of more than 4 kB, which each job has of its own
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(Page), extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = JobList), Guarded, NotUnderstood))]
async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(page): Query<Page>,
) -> Result<Json<JobList>, Problem> {
    let limit = limit_of(page.limit, 50, 200)?;
    let jobs = gradus_workspace::jobs::list(&app.workspace, &who, page.cursor, limit).await?;
    let next_cursor =
        (jobs.len() == limit as usize).then(|| jobs.last().map(|job| job.created.to_string())).flatten();
    let items = jobs.into_iter().map(|job| in_short(view(&app, job))).collect();
    Ok(Json(JobList { items, next_cursor }))
}

/// In a list a long result is left out: a back-test or a review is half a megabyte, and lists are asked for often.
fn in_short(mut job: JobView) -> JobView {
    let long = |result: &serde_json::Value| result.to_string().len() > LONG;
    job.result = job.result.filter(|result| !long(result));
    job
}

/// One job
#[utoipa::path(get, path = "/jobs/{id}", tag = "jobs", params(("id" = String, Path)),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = JobView), Guarded, Missing))]
async fn see(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<JobView>, Problem> {
    let job = gradus_workspace::jobs::get(&app.workspace, &who, &id).await?;
    Ok(Json(view(&app, job)))
}

/// A job's progress as server-sent events: `progress` with {step, done, total}, at last `over`
#[utoipa::path(get, path = "/jobs/{id}/events", tag = "jobs", params(("id" = String, Path)),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = String, content_type = "text/event-stream"), Guarded, Missing))]
async fn watch(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    gradus_workspace::jobs::get(&app.workspace, &who, &id).await?;
    let steps = app.jobs.watch(&id);
    let told = futures::stream::iter(steps.map(WatchStream::new)).flatten();
    let told = told.take_while(|step| std::future::ready(!step.over)).map(|step| {
        let data = serde_json::to_string(&StepView::from(step)).unwrap_or_default();
        Ok(Event::default().event("progress").data(data))
    });
    let over = futures::stream::once(async { Ok(Event::default().event("over").data("{}")) });
    Ok(Sse::new(told.chain(over)).keep_alive(KeepAlive::default()))
}

/// Cut a job off
#[utoipa::path(post, path = "/jobs/{id}/cancel", tag = "jobs", params(("id" = String, Path)),
    extensions(("x-permission" = json!("run_jobs"))),
    responses((status = 204), Guarded, Missing, Conflicting))]
async fn cancel(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    gradus_workspace::jobs::to_cancel(&app.workspace, &who, &id).await?;
    app.jobs.cancel(&app.workspace, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
