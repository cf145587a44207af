//! `/exports`, `/reports`, `/files`: customers, and figures of them, as a file.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use gradus_workspace::customers::Find;
use gradus_workspace::exports::{self as verbs, ExportRequest};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::filters::with_filters;
use super::jobs::{JobView, view};
use super::wire::{Body, Path, sent_as};
use crate::caller::Caller;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::request::facts;
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(start)).routes(routes!(report))
}

/// What may take long and be large.
pub fn streamed() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(fetch))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExportBody {
    /// Whom: all that is given holds; everybody whom one may see if nothing is.
    who: ExportWho,
    /// Names of columns; all if empty.
    #[serde(default)]
    columns: Vec<String>,
    /// `csv`, `xlsx` or `parquet`.
    format: String,
    /// For older Chinese programs.
    #[serde(default)]
    gb18030: bool,
    /// Phone, e-mail and numbers in clear; logged.
    #[serde(default)]
    identifiers: bool,
}

with_filters! {
    struct ExportWho {}
}

/// Write customers to a file; the job's result names it
#[utoipa::path(post, path = "/exports", tag = "customers", request_body = ExportBody,
    extensions(("x-permission" = json!("export_data"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn start(
    State(app): State<App>,
    Caller(who): Caller,
    Body(mut given): Body<ExportBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let filters = given.who.take_filters()?;
    let base = app.bases.as_of(&app.workspace, given.who.as_of.as_deref()).await?;
    let find = Find { columns: given.columns, ..filters };
    let request = ExportRequest {
        find,
        format: given.format,
        gb18030: given.gb18030,
        identifiers: given.identifiers,
        lang: facts().lang,
    };
    let job = verbs::start(&app.workspace, &app.jobs, &who, base, request).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReportBody {
    /// A graded instant; the newest if left out. 409 if its grading is not stored.
    #[serde(default)]
    as_of: Option<String>,
}

/// Write the report, one self-contained page, in the language of the request; the job's result names it
#[utoipa::path(post, path = "/reports", tag = "customers", request_body = ReportBody,
    extensions(("x-permission" = json!("export_data"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn report(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<ReportBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let base = app.bases.as_of(&app.workspace, given.as_of.as_deref()).await?;
    let job = verbs::start_report(&app.workspace, &app.jobs, &who, base, facts().lang).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}

/// Fetch a file that one exported
#[utoipa::path(get, path = "/files/{id}", tag = "customers", params(("id" = String, Path)),
    extensions(("x-permission" = json!("export_data"))),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), Guarded, Missing))]
async fn fetch(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (file, path) = verbs::find(&app.workspace, &who, &id)?;
    sent_as(&path, &file.name).await
}
