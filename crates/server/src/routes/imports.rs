//! `/imports`: started, listed, their reports; the rows that failed as a workbook.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gradus_workspace::imports::{self as verbs, ImportRequest};
use gradus_workspace::{Import, quarantine};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobView, view};
use super::wire::{Body, Path, Query, instant, limit_of};
use crate::caller::Caller;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::request::facts;
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, start))
        .routes(routes!(see))
        .routes(routes!(failed_rows))
        .routes(routes!(undo))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImportBody {
    /// Ids of uploads.
    #[schema(min_items = 1)]
    uploads: Vec<String>,
    /// The source they belong to; by their names if left out.
    #[serde(default)]
    source: Option<String>,
    /// That source's document, where it is new or changed; it is kept unless this is a dry run.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    source_document: Option<Value>,
    /// Read and judge everything, write nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Import uploaded files
#[utoipa::path(post, path = "/imports", tag = "imports", request_body = ImportBody,
    extensions(("x-permission" = json!("import_data"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn start(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<ImportBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let request = ImportRequest {
        uploads: given.uploads,
        source: given.source,
        source_document: given.source_document,
        dry_run: given.dry_run,
    };
    let job = verbs::start(&app.workspace, &app.jobs, &who, request, app.options.excel.clone()).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}

/// What an import did.
#[derive(Serialize, ToSchema)]
struct ImportSummary {
    number: i64,
    source: String,
    files: Vec<String>,
    at: String,
    finished: Option<String>,
    /// `running`, `done`, `undone` or `failed`.
    state: String,
    /// Rows read; read = attributed + unattributed + reference + retractions + quarantined + skipped.
    read: u64,
    attributed: u64,
    unattributed: u64,
    /// Facts of a reference: products, stores, campaigns, rates.
    reference: u64,
    retractions: u64,
    quarantined: u64,
    skipped: u64,
    /// Rows that came into the ledger.
    new: u64,
    /// Rows that were there already.
    known: u64,
}

impl From<&Import> for ImportSummary {
    fn from(import: &Import) -> ImportSummary {
        let rows = import.reconciliation.as_ref().map(|report| &report["rows"]);
        let n = |pointer: &str| rows.and_then(|rows| rows.pointer(pointer)?.as_u64()).unwrap_or(0);
        ImportSummary {
            number: import.number.0,
            source: import.source.clone(),
            files: import.files.iter().map(|file| file.name.clone()).collect(),
            at: instant(import.started),
            finished: import.finished.map(instant),
            state: verbs::standing(import.status).into(),
            read: n("/read"),
            attributed: n("/attributed"),
            unattributed: n("/unattributed"),
            reference: n("/reference"),
            retractions: n("/retractions"),
            quarantined: n("/quarantined"),
            skipped: n("/skipped"),
            new: n("/appended/added"),
            known: n("/appended/already_there"),
        }
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
struct ImportList {
    items: Vec<ImportSummary>,
    next_cursor: Option<String>,
}

/// Imports, newest first
#[utoipa::path(get, path = "/imports", tag = "imports", params(Page), extensions(("x-permission" = json!("import_data"))),
    responses((status = 200, body = ImportList), Guarded, NotUnderstood))]
async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(page): Query<Page>,
) -> Result<Json<ImportList>, Problem> {
    let limit = limit_of(page.limit, 100, 200)?;
    let found = verbs::list(&app.workspace, &who, page.cursor, limit).await?;
    let next_cursor =
        (found.len() == limit as usize).then(|| found.last().map(|one| one.number.0.to_string())).flatten();
    Ok(Json(ImportList { items: found.iter().map(ImportSummary::from).collect(), next_cursor }))
}

/// What an import did, with its reports.
#[derive(Serialize, ToSchema)]
struct ImportDetail {
    #[serde(flatten)]
    summary: ImportSummary,
    /// In rows and in money.
    reconciliation: Option<Value>,
    /// By column.
    quality: Option<Value>,
}

/// One import with reconciliation and quality
#[utoipa::path(get, path = "/imports/{number}", tag = "imports", params(("number" = i64, Path)),
    extensions(("x-permission" = json!("import_data"))),
    responses((status = 200, body = ImportDetail), Guarded, Missing))]
async fn see(
    State(app): State<App>,
    Caller(who): Caller,
    Path(number): Path<i64>,
) -> Result<Json<ImportDetail>, Problem> {
    let import = verbs::see(&app.workspace, &who, number).await?;
    let summary = ImportSummary::from(&import);
    Ok(Json(ImportDetail { summary, reconciliation: import.reconciliation, quality: import.quality }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UndoBody {
    /// Say what that would mean, write nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Undo an import: what it brought does not count any more, unless another import delivered it, too
#[utoipa::path(post, path = "/imports/{number}/undo", tag = "imports", params(("number" = i64, Path)),
    request_body = UndoBody, extensions(("x-permission" = json!("import_data"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Conflicting, Missing, WithFindings))]
async fn undo(
    State(app): State<App>,
    Caller(who): Caller,
    Path(number): Path<i64>,
    Body(given): Body<UndoBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let job = verbs::start_undo(&app.workspace, &app.jobs, &who, number, given.dry_run).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}

/// The rows of an import that wait in quarantine, as a workbook with their reasons; logged
#[utoipa::path(get, path = "/imports/{number}/failed-rows", tag = "imports", params(("number" = i64, Path)),
    extensions(("x-permission" = json!("export_identities"))),
    responses((status = 200, body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), Guarded, Missing))]
async fn failed_rows(
    State(app): State<App>,
    Caller(who): Caller,
    Path(number): Path<i64>,
) -> Result<Response, Problem> {
    let bytes = quarantine::workbook(&app.workspace, &who, number, facts().lang).await?;
    let headers = [
        (
            header::CONTENT_TYPE,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_string(),
        ),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"import-{number}-failed-rows.xlsx\"")),
    ];
    Ok((headers, bytes).into_response())
}
