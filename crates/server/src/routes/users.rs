//! `/users`, `/roles`: who may sign in, as what, seeing whose data.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::Account;
use gradus_workspace::access::{Permission, Role};
use gradus_workspace::accounts::{self, NewUser, UserChange};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::session::{PermissionName, ScopeView, permission_name};
use super::wire::{Body, Page, Path, Query, instant};
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Conflicting, Guarded, Missing, NotSignedIn, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(update))
        .routes(routes!(reset_password))
        .routes(routes!(roles))
        .routes(routes!(people))
}

/// Somebody who may sign in.
#[derive(Serialize, ToSchema)]
struct User {
    id: String,
    email: String,
    name: String,
    role: String,
    #[schema(value_type = ScopeView)]
    scope: serde_json::Value,
    language: String,
    created: String,
    disabled: bool,
    /// False until they have set a password.
    has_password: bool,
    /// Whether signing in asks them for a code of an authenticator, too.
    second_factor: bool,
}

impl From<Account> for User {
    fn from(account: Account) -> User {
        User {
            created: instant(account.created),
            disabled: account.disabled.is_some(),
            has_password: account.password.is_some(),
            second_factor: account.sealed_totp.is_some(),
            id: account.id,
            email: account.email,
            name: account.name,
            role: account.role,
            scope: account.scope,
            language: account.language,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct UserList {
    items: Vec<User>,
    next_cursor: Option<String>,
}

/// All users
#[utoipa::path(get, path = "/users", tag = "users", params(Page),
    extensions(("x-permission" = json!("manage_users"))),
    responses((status = 200, body = UserList), Guarded, NotUnderstood))]
async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(page): Query<Page>,
) -> Result<Json<UserList>, Problem> {
    let all = accounts::users(&app.workspace, &who).await?;
    let (found, next_cursor) = page.of(all, |user| user.id.clone())?;
    Ok(Json(UserList { items: found.into_iter().map(User::from).collect(), next_cursor }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct NewUserBody {
    email: String,
    name: String,
    /// One of `/roles`.
    role: String,
    #[serde(default)]
    scope: Option<ScopeView>,
    #[serde(default)]
    language: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct CreatedUser {
    user: User,
    /// With this they set their password, once, within a week. It is not shown again.
    code: String,
}

/// Make a user
#[utoipa::path(post, path = "/users", tag = "users", request_body = NewUserBody,
    extensions(("x-permission" = json!("manage_users"))),
    responses((status = 201, body = CreatedUser), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn create(
    State(app): State<App>,
    Caller(who): Caller,
    Body(new): Body<NewUser>,
) -> Result<(StatusCode, Json<CreatedUser>), Problem> {
    let (account, code) = accounts::create_user(&app.workspace, &who, new).await?;
    Ok((StatusCode::CREATED, Json(CreatedUser { user: account.into(), code })))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct UserChangeBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    scope: Option<ScopeView>,
    /// A disabled user is signed out at once.
    #[serde(default)]
    disabled: Option<bool>,
    #[serde(default)]
    language: Option<String>,
    /// True: whoever lost their second factor signs in without it.
    #[serde(default)]
    forget_second_factor: bool,
    /// True: they are signed out everywhere.
    #[serde(default)]
    end_sessions: bool,
}

/// Change a user
#[utoipa::path(patch, path = "/users/{id}", tag = "users", params(("id" = String, Path)), request_body = UserChangeBody,
    extensions(("x-permission" = json!("manage_users"))),
    responses((status = 200, body = User), Guarded, NotUnderstood, Missing, WithFindings))]
async fn update(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
    Body(change): Body<UserChange>,
) -> Result<Json<User>, Problem> {
    Ok(Json(accounts::update_user(&app.workspace, &who, &id, change).await?.into()))
}

#[derive(Serialize, ToSchema)]
struct ResetCode {
    /// With this they set a new password, once, within a day. It is not shown again.
    code: String,
}

/// A one-time code for a new password
#[utoipa::path(post, path = "/users/{id}/password-reset", tag = "users", params(("id" = String, Path)),
    extensions(("x-permission" = json!("manage_users"))),
    responses((status = 200, body = ResetCode), Guarded, Missing))]
async fn reset_password(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<ResetCode>, Problem> {
    Ok(Json(ResetCode { code: accounts::reset_password(&app.workspace, &who, &id).await? }))
}

#[derive(Serialize, ToSchema)]
struct RoleView {
    name: String,
    title: Words,
    permissions: Vec<RoleRight>,
}

#[derive(Serialize, ToSchema)]
struct RoleRight {
    #[schema(value_type = String)]
    name: PermissionName,
    title: Words,
}

/// The roles and their rights
#[utoipa::path(get, path = "/roles", tag = "users", extensions(("x-permission" = json!("signed_in"))),
    responses((status = 200, body = Vec<RoleView>), NotSignedIn))]
async fn roles(_caller: Caller) -> Json<Vec<RoleView>> {
    let right = |permission: &Permission| RoleRight {
        name: permission_name(*permission),
        title: permission.title().into(),
    };
    let view = |role: Role| RoleView {
        name: role.as_str().into(),
        title: role.title().into(),
        permissions: role.permissions().iter().map(right).collect(),
    };
    Json(Role::ALL.into_iter().map(view).collect())
}

/// Somebody, by name.
#[derive(Serialize, ToSchema)]
struct Person {
    id: String,
    name: String,
    disabled: bool,
}

/// Names of those who may sign in, for whoever reads who did what
#[utoipa::path(get, path = "/people", tag = "users", extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Vec<Person>), Guarded))]
async fn people(State(app): State<App>, Caller(who): Caller) -> Result<Json<Vec<Person>>, Problem> {
    let all = accounts::people(&app.workspace, &who).await?;
    Ok(Json(all.into_iter().map(|(id, name, disabled)| Person { id, name, disabled }).collect()))
}
