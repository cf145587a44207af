//! `/sources`: how the columns of files become events.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use gradus_workspace::WorkspaceError;
use gradus_workspace::sources::{self as verbs, SourceView};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{Body, Path};
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Guarded, Missing, NotUnderstood, Overtaken, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(see, write))
}

#[derive(Serialize, ToSchema)]
struct SourceItem {
    name: String,
    title: Words,
    /// File names that belong to it, as patterns.
    files: Vec<String>,
}

/// All sources
#[utoipa::path(get, path = "/sources", tag = "imports", extensions(("x-permission" = json!("import_data"))),
    responses((status = 200, body = Vec<SourceItem>), Guarded, WithFindings))]
async fn list(State(app): State<App>, Caller(who): Caller) -> Result<Json<Vec<SourceItem>>, Problem> {
    let all = verbs::list(&app.workspace, &who)?;
    let item = |(name, title, files): (String, gradus_model::Text, Vec<String>)| SourceItem {
        name,
        title: title.into(),
        files,
    };
    Ok(Json(all.into_iter().map(item).collect()))
}

/// A source. Its ETag is needed to change it.
#[derive(Serialize, ToSchema)]
struct SourceBody {
    name: String,
    #[schema(value_type = Object)]
    document: Value,
    /// The same as the header.
    etag: String,
}

fn answer(view: SourceView) -> Response {
    let etag = format!("\"{}\"", view.revision);
    ([(header::ETAG, etag.clone())], Json(SourceBody { name: view.name, document: view.document, etag }))
        .into_response()
}

/// One source
#[utoipa::path(get, path = "/sources/{name}", tag = "imports", params(("name" = String, Path)),
    extensions(("x-permission" = json!("import_data"))),
    responses((status = 200, body = SourceBody, headers(("etag" = String))), Guarded, Missing, WithFindings))]
async fn see(
    State(app): State<App>,
    Caller(who): Caller,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    Ok(answer(verbs::see(&app.workspace, &who, &name)?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WriteSource {
    #[schema(value_type = Object)]
    document: Value,
}

/// Write a source; the next import uses it
#[utoipa::path(put, path = "/sources/{name}", tag = "imports", request_body = WriteSource,
    params(("name" = String, Path),
        ("if-match" = Option<String>, Header, description = "The ETag of the source that was changed; left out for a new one")),
    extensions(("x-permission" = json!("edit_models"))),
    responses((status = 200, body = SourceBody, headers(("etag" = String))), Guarded, NotUnderstood, Overtaken, WithFindings))]
async fn write(
    State(app): State<App>,
    Caller(who): Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    Body(given): Body<WriteSource>,
) -> Result<Response, Problem> {
    let revision = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
    let revision = revision.map(|text| text.trim().trim_start_matches("W/").trim_matches('"'));
    let written = verbs::write(&app.workspace, &who, &name, &given.document, revision).await;
    Ok(answer(written.map_err(changed_meanwhile)?))
}

fn changed_meanwhile(error: WorkspaceError) -> Problem {
    match error {
        WorkspaceError::Conflict { .. } => Problem::new(
            axum::http::StatusCode::PRECONDITION_FAILED,
            "changed_meanwhile",
            "数据源已被他人修改；请重新读取后再保存",
            "somebody changed the source meanwhile; read it again, then save",
        ),
        other => other.into(),
    }
}
