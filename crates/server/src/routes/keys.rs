//! `/keys`: keys for programs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::ApiKey;
use gradus_workspace::access::Permission;
use gradus_workspace::accounts::{self, KeyChange, NewKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{Body, Page, Path, Query, instant, instant_of};
use crate::caller::Caller;
use crate::refusals::{Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(change, revoke))
}

/// A key, without its token.
#[derive(Serialize, ToSchema)]
struct Key {
    id: String,
    name: String,
    /// The user whose rights bound its own.
    account: String,
    #[schema(value_type = Vec<String>)]
    scopes: serde_json::Value,
    /// From where it is taken; from everywhere if there is none.
    #[schema(value_type = Vec<String>)]
    networks: serde_json::Value,
    created: String,
    expires: Option<String>,
    last_used: Option<String>,
    revoked: Option<String>,
}

impl From<ApiKey> for Key {
    fn from(key: ApiKey) -> Key {
        Key {
            id: key.id,
            name: key.name,
            account: key.account,
            scopes: key.scopes,
            networks: key.networks,
            created: instant(key.created),
            expires: key.expires.map(instant),
            last_used: key.last_used.map(instant),
            revoked: key.revoked.map(instant),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct KeyList {
    items: Vec<Key>,
    next_cursor: Option<String>,
}

/// All keys
#[utoipa::path(get, path = "/keys", tag = "users", params(Page),
    extensions(("x-permission" = json!("manage_users"))),
    responses((status = 200, body = KeyList), Guarded, NotUnderstood))]
async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(page): Query<Page>,
) -> Result<Json<KeyList>, Problem> {
    let all = accounts::keys(&app.workspace, &who).await?;
    let (found, next_cursor) = page.of(all, |key| key.id.clone())?;
    Ok(Json(KeyList { items: found.into_iter().map(Key::from).collect(), next_cursor }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKeyBody {
    name: String,
    /// Rights, each one's own.
    #[schema(value_type = Vec<String>)]
    scopes: Vec<Permission>,
    /// An instant; never if left out.
    #[serde(default)]
    expires: Option<String>,
    /// From where it is taken, such as `203.0.113.0/24` or `2001:db8::/32`; from everywhere if left out.
    #[serde(default)]
    networks: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyChangeBody {
    /// As it is if left out.
    #[serde(default)]
    #[schema(min_length = 1)]
    name: Option<String>,
    /// As they are if left out; an empty list: from everywhere.
    #[serde(default)]
    networks: Option<Vec<String>>,
}

#[derive(Serialize, ToSchema)]
struct CreatedKey {
    key: Key,
    /// Shown this once.
    token: String,
}

/// Make a key
#[utoipa::path(post, path = "/keys", tag = "users", request_body = NewKeyBody,
    extensions(("x-permission" = json!("manage_users"))),
    responses((status = 201, body = CreatedKey), Guarded, NotUnderstood, WithFindings))]
async fn create(
    State(app): State<App>,
    Caller(who): Caller,
    Body(new): Body<NewKeyBody>,
) -> Result<(StatusCode, Json<CreatedKey>), Problem> {
    let expires_us = new.expires.as_deref().map(|text| instant_of("expires", text)).transpose()?;
    let new = NewKey { name: new.name, scopes: new.scopes, expires_us, networks: new.networks };
    let (key, token) = accounts::create_key(&app.workspace, &who, new).await?;
    Ok((StatusCode::CREATED, Json(CreatedKey { key: key.into(), token })))
}

/// Change what a key is called, and from which networks it is taken
#[utoipa::path(patch, path = "/keys/{id}", tag = "users", params(("id" = String, Path)), request_body = KeyChangeBody,
    extensions(("x-permission" = json!("manage_users"))),
    responses((status = 200, body = Key), Guarded, NotUnderstood, Missing, WithFindings))]
async fn change(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
    Body(given): Body<KeyChangeBody>,
) -> Result<Json<Key>, Problem> {
    let change = KeyChange { name: given.name, networks: given.networks };
    Ok(Json(accounts::update_key(&app.workspace, &who, &id, change).await?.into()))
}

/// Revoke a key
#[utoipa::path(delete, path = "/keys/{id}", tag = "users", params(("id" = String, Path)),
    extensions(("x-permission" = json!("manage_users"))),
    responses((status = 204), Guarded, Missing))]
async fn revoke(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    accounts::revoke_key(&app.workspace, &who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
