//! `/views`: what people save under a name.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::views as verbs;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{Body, Path};
use crate::caller::Caller;
use crate::refusals::{Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, save)).routes(routes!(remove)).routes(routes!(bring_back))
}

/// Something saved.
#[derive(Serialize, ToSchema)]
struct SavedView {
    id: String,
    /// What it is a view of.
    kind: String,
    name: String,
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    content: Value,
    by: String,
}

impl From<verbs::View> for SavedView {
    fn from(view: verbs::View) -> SavedView {
        SavedView { id: view.id, kind: view.kind, name: view.name, content: view.content, by: view.by }
    }
}

#[derive(Serialize, ToSchema)]
struct ViewList {
    items: Vec<SavedView>,
}

/// All views
#[utoipa::path(get, path = "/views", tag = "views", extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = ViewList), Guarded))]
async fn list(State(app): State<App>, Caller(who): Caller) -> Result<Json<ViewList>, Problem> {
    let all = verbs::list(&app.workspace, &who).await?;
    Ok(Json(ViewList { items: all.into_iter().map(SavedView::from).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ViewBody {
    #[schema(min_length = 1, max_length = 40)]
    kind: String,
    #[schema(min_length = 1, max_length = 80)]
    name: String,
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    content: Map<String, Value>,
}

/// Save a view
#[utoipa::path(post, path = "/views", tag = "views", request_body = ViewBody,
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 201, body = SavedView), Guarded, NotUnderstood, WithFindings))]
async fn save(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<ViewBody>,
) -> Result<(StatusCode, Json<SavedView>), Problem> {
    let view =
        verbs::save(&app.workspace, &who, &given.kind, &given.name, Value::Object(given.content)).await?;
    Ok((StatusCode::CREATED, Json(view.into())))
}

/// Bring a view back that was removed within the last week
#[utoipa::path(post, path = "/views/{id}/restore", tag = "views", params(("id" = String, Path)),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = SavedView), Guarded, Missing))]
async fn bring_back(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<SavedView>, Problem> {
    Ok(Json(verbs::bring_back(&app.workspace, &who, &id).await?.into()))
}

/// Remove one's own view; for a week it can be brought back
#[utoipa::path(delete, path = "/views/{id}", tag = "views", params(("id" = String, Path)),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 204), Guarded, Missing))]
async fn remove(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    verbs::remove(&app.workspace, &who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
