//! `/industries`, `/setup/industry`, `/setup/start-over`: beginning with sample data, and leaving it behind.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_model::Text;
use gradus_workspace::industries::{self as verbs, Standing};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobView, view as job_view};
use super::wire::Body;
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(see, set_up)).routes(routes!(start_over))
}

/// A whole workspace to begin with: documents, invented data, a guided tour.
#[derive(Serialize, ToSchema)]
struct IndustryView {
    name: String,
    title: Words,
    summary: Words,
    /// Customers of the sample data.
    n_customers: u64,
    /// Rows of the sample data.
    n_rows: u64,
    n_indicators: usize,
    scorecards: Vec<Words>,
    tiers: Vec<Words>,
    segments: Vec<Words>,
    groupings: Vec<Words>,
    /// Stops of the guided tour.
    n_steps: usize,
}

impl From<verbs::Industry> for IndustryView {
    fn from(one: verbs::Industry) -> IndustryView {
        let words = |all: Vec<Text>| all.into_iter().map(Words::from).collect();
        IndustryView {
            name: one.name.into(),
            title: one.title.into(),
            summary: one.summary.into(),
            n_customers: one.n_customers,
            n_rows: one.n_rows,
            n_indicators: one.n_indicators,
            scorecards: words(one.scorecards),
            tiers: words(one.tiers),
            segments: words(one.segments),
            groupings: words(one.groupings),
            n_steps: one.n_steps,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct IndustryList {
    items: Vec<IndustryView>,
}

/// The industries to begin with
#[utoipa::path(get, path = "/industries", tag = "setup", extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = IndustryList), Guarded))]
async fn list(_caller: Caller) -> Json<IndustryList> {
    // The blobs are unpacked once, at the first time.
    let all = tokio::task::spawn_blocking(verbs::industries).await.unwrap_or_default();
    Json(IndustryList { items: all.into_iter().map(IndustryView::from).collect() })
}

/// How far the workspace is from its beginning.
#[derive(Serialize, ToSchema)]
struct BeginningView {
    /// Nothing was imported and nothing was modelled: an industry may be chosen.
    is_empty: bool,
    /// The industry that it was begun with.
    industry: Option<InUseView>,
}

#[derive(Serialize, ToSchema)]
struct InUseView {
    name: String,
    title: Words,
    /// True while what is graded is invented.
    with_data: bool,
    /// `at_work`, `there`, or `cut_off`: then starting over tidies up.
    state: String,
    /// The job that is at work.
    job: Option<String>,
    /// What starting over takes away; not while a job is at work.
    effect: Option<EffectView>,
}

/// What starting over takes away.
#[derive(Serialize, ToSchema)]
struct EffectView {
    n_events: u64,
    n_identities: u64,
    n_imports: usize,
    /// Imports that did not come with the industry.
    n_own_imports: usize,
    n_versions: usize,
    /// Versions that somebody submitted.
    n_own_versions: usize,
    has_draft: bool,
    n_runs: usize,
    n_documents: usize,
    /// What has to be typed to confirm it.
    confirm: String,
}

impl From<verbs::Effect> for EffectView {
    fn from(effect: verbs::Effect) -> EffectView {
        EffectView {
            n_events: effect.n_events,
            n_identities: effect.n_identities,
            n_imports: effect.n_imports,
            n_own_imports: effect.n_own_imports,
            n_versions: effect.n_versions,
            n_own_versions: effect.n_own_versions,
            has_draft: effect.has_draft,
            n_runs: effect.n_runs,
            n_documents: effect.n_documents,
            confirm: effect.confirm,
        }
    }
}

/// Whether an industry may be chosen, or which one was, and what starting over would take away
#[utoipa::path(get, path = "/setup/industry", tag = "setup", extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = BeginningView), Guarded))]
async fn see(State(app): State<App>, Caller(who): Caller) -> Result<Json<BeginningView>, Problem> {
    let beginning = verbs::beginning(&app.workspace, &who).await?;
    let effect = beginning.effect.map(EffectView::from);
    let industry = beginning.in_use.map(|in_use| InUseView {
        title: in_use.title().into(),
        with_data: in_use.with_data,
        state: match in_use.standing {
            Standing::There => "there",
            _ if in_use.is_at_work => "at_work",
            _ => "cut_off",
        }
        .into(),
        job: in_use.job.filter(|_| in_use.is_at_work),
        name: in_use.name,
        effect,
    });
    Ok(Json(BeginningView { is_empty: beginning.is_empty, industry }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IndustryBody {
    /// One of `/industries`.
    name: String,
    /// False: only sources and model, for one's own data.
    #[serde(default = "yes")]
    with_data: bool,
}

fn yes() -> bool {
    true
}

/// Begin with an industry, in an empty workspace
#[utoipa::path(post, path = "/setup/industry", tag = "setup", request_body = IndustryBody,
    extensions(("x-permission" = json!("manage_system"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Missing, Conflicting))]
async fn set_up(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<IndustryBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let next = app.clone();
    let then = move |workspace| next.go_on_with(workspace);
    let excel = app.options.excel.clone();
    let job =
        verbs::start(&app.workspace, &app.jobs, &who, &given.name, given.with_data, excel, then).await?;
    Ok((StatusCode::ACCEPTED, Json(job_view(&app, job))))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StartOverBody {
    /// What the effect says is to be typed.
    confirm: String,
}

/// Leave the sample data behind: it goes, with everything that came of it; people and the audit log stay
#[utoipa::path(post, path = "/setup/start-over", tag = "setup", request_body = StartOverBody,
    extensions(("x-permission" = json!("manage_system"))),
    responses((status = 204), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn start_over(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<StartOverBody>,
) -> Result<StatusCode, Problem> {
    let (_, workspace) = verbs::start_over(&app.workspace, &who, &given.confirm).await?;
    app.go_on_with(workspace);
    Ok(StatusCode::NO_CONTENT)
}
