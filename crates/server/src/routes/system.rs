//! `/settings`: what holds for the whole workspace.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::versions;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::Body;
use crate::caller::Caller;
use crate::problem::ProblemBody;
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(see, set))
}

/// Settings of the workspace.
#[derive(Serialize, ToSchema)]
struct Settings {
    /// Whoever submits or asks for something does not approve it.
    four_eyes: bool,
}

/// The settings
#[utoipa::path(get, path = "/settings", tag = "system", extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Settings),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json")))]
async fn see(State(app): State<App>, _caller: Caller) -> Result<Json<Settings>, Problem> {
    Ok(Json(Settings { four_eyes: versions::four_eyes(&app.workspace).await? }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SettingsBody {
    /// As it is if left out.
    #[serde(default)]
    four_eyes: Option<bool>,
}

/// Change settings
#[utoipa::path(put, path = "/settings", tag = "system", request_body = SettingsBody,
    extensions(("x-permission" = json!("manage_system"))),
    responses((status = 204),
        (status = 400, body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json")))]
async fn set(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<SettingsBody>,
) -> Result<StatusCode, Problem> {
    if let Some(needed) = given.four_eyes {
        versions::set_four_eyes(&app.workspace, &who, needed).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
