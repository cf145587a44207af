//! `/session`, `/setup`, `/me`: signing in and out, and who one is.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gradus_model::Lang;
use gradus_workspace::access::{DataScope, Permission, Principal, Role};
use gradus_workspace::industries::in_use;
use gradus_workspace::{Clock, WorkspaceError, accounts};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{Body, Path, instant};
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Conflicting, Guarded, Missing, NotSignedIn, NotUnderstood, Throttled, WithFindings};
use crate::request::facts;
use crate::{App, Problem, caller};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(see, sign_in, sign_out))
        .routes(routes!(enter))
        .routes(routes!(set_up_needed, set_up))
        .routes(routes!(prove))
        .routes(routes!(change_password))
        .routes(routes!(reset))
        .routes(routes!(sessions))
        .routes(routes!(end_session))
}

/// Who is signed in, and where.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    user: UserView,
    permissions: Vec<PermissionName>,
    scope: ScopeView,
    workspace: WorkspaceView,
}

/// Whose data somebody sees.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ScopeView {
    /// `everyone`, `segment` or `own`.
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
}

impl From<&DataScope> for ScopeView {
    fn from(scope: &DataScope) -> ScopeView {
        match scope {
            DataScope::Everyone => ScopeView { kind: "everyone".into(), segment: None },
            DataScope::Segment { segment } => {
                ScopeView { kind: "segment".into(), segment: Some(segment.clone()) }
            }
            DataScope::Own => ScopeView { kind: "own".into(), segment: None },
        }
    }
}

/// A right, by its name.
pub type PermissionName = String;

/// The name of a right as it travels.
pub fn permission_name(permission: Permission) -> PermissionName {
    serde_json::to_value(permission)
        .ok()
        .and_then(|value| value.as_str().map(str::to_string))
        .unwrap_or_default()
}

#[derive(Serialize, ToSchema)]
struct UserView {
    id: String,
    name: String,
    role: String,
    role_title: Words,
    /// `zh` or `en`.
    language: String,
    /// Whether signing in asks for a code of an authenticator, too.
    second_factor: bool,
    /// They are to have a second factor and have none: until it is set up they can do nothing else.
    second_factor_demanded: bool,
}

#[derive(Serialize, ToSchema)]
struct WorkspaceView {
    title: Words,
    time_zone: String,
    currency: String,
    clock: ClockView,
    language: String,
    has_data: bool,
    has_model: bool,
    /// What the data are a sample of, while they are.
    sample: Option<SampleView>,
}

#[derive(Serialize, ToSchema)]
struct SampleView {
    /// The industry's name.
    industry: String,
    title: Words,
}

#[derive(Serialize, ToSchema)]
struct ClockView {
    /// `system`: it runs. `fixed`: it stands at the instant.
    kind: String,
    now: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignInBody {
    email: String,
    password: String,
    /// Six digits, where a second factor is set up.
    #[serde(default)]
    totp: Option<String>,
}

/// Who is signed in
#[utoipa::path(get, path = "/session", tag = "session",
    extensions(("x-permission" = json!("signed_in")), ("x-before-second-factor" = json!(true))),
    responses((status = 200, body = SessionView), NotSignedIn))]
async fn see(State(app): State<App>, Caller(who): Caller) -> Result<Json<SessionView>, Problem> {
    Ok(Json(view(&app, &who).await?))
}

/// Sign in
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignInBody,
    extensions(("x-permission" = json!("nobody"))),
    responses((status = 200, body = SessionView), Guarded, NotUnderstood, Throttled))]
async fn sign_in(
    State(app): State<App>,
    OwnPage: OwnPage,
    Body(given): Body<SignInBody>,
) -> Result<Response, Problem> {
    let given = accounts::SignIn {
        email: given.email,
        password: given.password,
        totp: given.totp,
        address: facts().address,
    };
    let made = accounts::sign_in(&app.workspace, &given).await.inspect_err(|error| {
        if matches!(error, WorkspaceError::InvalidCredentials | WorkspaceError::Throttled { .. }) {
            metrics::counter!("gradus_sign_in_refused_total").increment(1);
        }
    })?;
    signed_in(&app, made).await
}

/// Sign out
#[utoipa::path(delete, path = "/session", tag = "session",
    extensions(("x-permission" = json!("signed_in")), ("x-before-second-factor" = json!(true))),
    responses((status = 204), NotSignedIn))]
async fn sign_out(State(app): State<App>, Caller(who): Caller) -> Result<Response, Problem> {
    accounts::sign_out(&app.workspace, &who).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let gone =
        format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{}", app.cookie_name(), secure(&app));
    add_cookie(&mut response, &gone);
    Ok(response)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CodeBody {
    code: String,
}

/// Sign in by a one-time link, from the server's own machine
#[utoipa::path(post, path = "/session/enter", tag = "session", request_body = CodeBody,
    extensions(("x-permission" = json!("nobody"))),
    responses((status = 200, body = SessionView), Guarded, NotUnderstood))]
async fn enter(
    State(app): State<App>,
    OwnPage: OwnPage,
    Body(given): Body<CodeBody>,
) -> Result<Response, Problem> {
    signed_in(&app, accounts::enter(&app.workspace, &given.code, &facts().address).await?).await
}

#[derive(Serialize, ToSchema)]
struct SetUpNeeded {
    /// True until the first administrator was made.
    needed: bool,
}

/// Whether the first administrator is still to be made
#[utoipa::path(get, path = "/setup", tag = "session", extensions(("x-permission" = json!("nobody"))),
    responses((status = 200, body = SetUpNeeded)))]
async fn set_up_needed(State(app): State<App>) -> Result<Json<SetUpNeeded>, Problem> {
    Ok(Json(SetUpNeeded { needed: accounts::needs_set_up(&app.workspace).await? }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetUpBody {
    /// The one-time code that the server's console shows.
    code: String,
    email: String,
    name: String,
    password: String,
    /// `zh` or `en`.
    language: String,
}

/// Make the first administrator
#[utoipa::path(post, path = "/setup", tag = "session", request_body = SetUpBody,
    extensions(("x-permission" = json!("nobody"))),
    responses((status = 200, body = SessionView), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn set_up(
    State(app): State<App>,
    OwnPage: OwnPage,
    Body(given): Body<SetUpBody>,
) -> Result<Response, Problem> {
    let made = accounts::set_up(
        &app.workspace,
        &given.code,
        &given.email,
        &given.name,
        &given.password,
        &given.language,
    )
    .await?;
    signed_in(&app, made).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PresenceBody {
    #[serde(default)]
    password: Option<String>,
    /// Six digits of the second factor, or a recovery code.
    #[serde(default)]
    totp: Option<String>,
}

/// Show that it is still you, by password or second factor, before something sensitive
#[utoipa::path(post, path = "/session/presence", tag = "session", request_body = PresenceBody,
    extensions(("x-permission" = json!("signed_in"))),
    responses((status = 204), Guarded, NotUnderstood, Missing))]
async fn prove(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<PresenceBody>,
) -> Result<StatusCode, Problem> {
    let shown = accounts::Shown { password: given.password, totp: given.totp, address: facts().address };
    accounts::prove(&app.workspace, &who, &shown).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordBody {
    old: String,
    new: String,
}

/// Change one's password; all other sessions end
#[utoipa::path(post, path = "/me/password", tag = "session", request_body = PasswordBody,
    extensions(("x-permission" = json!("signed_in"))),
    responses((status = 204), Guarded, NotUnderstood, WithFindings))]
async fn change_password(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<PasswordBody>,
) -> Result<StatusCode, Problem> {
    let address = facts().address;
    accounts::change_password(&app.workspace, &who, &given.old, &given.new, &address).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResetBody {
    code: String,
    password: String,
}

/// Set a password by a one-time code
#[utoipa::path(post, path = "/setup/password", tag = "session", request_body = ResetBody,
    extensions(("x-permission" = json!("nobody"))),
    responses((status = 204), Guarded, NotUnderstood, WithFindings))]
async fn reset(
    State(app): State<App>,
    OwnPage: OwnPage,
    Body(given): Body<ResetBody>,
) -> Result<StatusCode, Problem> {
    accounts::reset_with_code(&app.workspace, &given.code, &given.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
struct OwnSession {
    id: String,
    created: String,
    last_seen: String,
    expires: String,
    /// True for the one that asks.
    this: bool,
}

/// One's own sessions
#[utoipa::path(get, path = "/me/sessions", tag = "session", extensions(("x-permission" = json!("signed_in"))),
    responses((status = 200, body = Vec<OwnSession>), NotSignedIn))]
async fn sessions(State(app): State<App>, Caller(who): Caller) -> Result<Json<Vec<OwnSession>>, Problem> {
    let all = accounts::sessions(&app.workspace, &who).await?;
    let view = |session: gradus_workspace::Session| OwnSession {
        this: who.session.as_ref() == Some(&session.id),
        created: instant(session.created),
        last_seen: instant(session.last_seen),
        expires: instant(session.expires),
        id: session.id,
    };
    Ok(Json(all.into_iter().map(view).collect()))
}

/// End one of one's sessions
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "session", params(("id" = String, Path)),
    extensions(("x-permission" = json!("signed_in"))),
    responses((status = 204), NotSignedIn, Missing))]
async fn end_session(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    accounts::end_session(&app.workspace, &who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Before anybody is signed in there is no cookie to misuse, but a foreign page must not sign a
/// person in as somebody else.
pub struct OwnPage;

impl axum::extract::FromRequestParts<App> for OwnPage {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &App) -> Result<OwnPage, Problem> {
        caller::same_origin(&parts.method, &parts.headers).map(|()| OwnPage)
    }
}

pub async fn signed_in(app: &App, made: accounts::SignedIn) -> Result<Response, Problem> {
    let mut response = Json(view(app, &made.principal).await?).into_response();
    let value =
        format!("{}={}; Path=/; HttpOnly; SameSite=Strict{}", app.cookie_name(), made.token, secure(app));
    add_cookie(&mut response, &value);
    Ok(response)
}

pub fn secure(app: &App) -> &'static str {
    if app.is_secure() { "; Secure" } else { "" }
}

/// Gives the browser one more cookie.
pub fn add_cookie(response: &mut Response, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

async fn view(app: &App, who: &Principal) -> Result<SessionView, Problem> {
    let workspace = &app.workspace;
    let facts = gradus_workspace::facts(workspace).await?;
    let Clock { now_us, stands } = facts.clock;
    let role: Role = who.role;
    let sample = in_use(workspace).await?.filter(|in_use| in_use.with_data);
    Ok(SessionView {
        user: UserView {
            id: who.account.clone(),
            name: who.name.clone(),
            role: role.as_str().into(),
            role_title: role.title().into(),
            language: lang(who.language),
            second_factor: accounts::has_totp(workspace, who).await?,
            second_factor_demanded: who.has_set_up().is_err(),
        },
        permissions: who.permissions.iter().copied().map(permission_name).collect(),
        scope: ScopeView::from(&who.scope),
        workspace: WorkspaceView {
            title: workspace.settings.title.clone().into(),
            time_zone: workspace.settings.time_zone.clone(),
            currency: workspace.settings.currency.clone(),
            clock: ClockView { kind: if stands { "fixed" } else { "system" }.into(), now: instant(now_us) },
            language: lang(workspace.settings.language),
            has_data: facts.has_data,
            has_model: facts.has_model,
            sample: sample.map(|in_use| SampleView { title: in_use.title().into(), industry: in_use.name }),
        },
    })
}

fn lang(lang: Lang) -> String {
    match lang {
        Lang::Zh => "zh".into(),
        Lang::En => "en".into(),
    }
}
