//! `/me/totp`: one's own second factor.

use axum::Json;
use axum::extract::State;
use gradus_workspace::accounts::{self, SecondFactor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::Body;
use crate::caller::Caller;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::request::facts;
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(totp))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TotpBody {
    /// Six digits of the authenticator; left out to begin.
    #[serde(default)]
    code: Option<String>,
    /// False takes the second factor away; that needs a code, too.
    #[serde(default = "yes")]
    enable: bool,
}

fn yes() -> bool {
    true
}

/// What the authenticator has to be told, or that it is set up.
#[derive(Serialize, ToSchema)]
struct TotpView {
    enabled: bool,
    /// To type into the authenticator; only while it is being set up.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// The same as an `otpauth:` address, for a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    /// Each opens the door once where the authenticator is lost; shown this once.
    recovery_codes: Vec<String>,
}

impl From<SecondFactor> for TotpView {
    fn from(factor: SecondFactor) -> TotpView {
        let SecondFactor { enabled, secret, uri, recovery_codes } = factor;
        TotpView { enabled, secret, uri, recovery_codes }
    }
}

/// Set up the second factor (first without a code, then with one), or take it away
#[utoipa::path(post, path = "/me/totp", tag = "session", request_body = TotpBody,
    extensions(("x-permission" = json!("signed_in")), ("x-before-second-factor" = json!(true))),
    responses((status = 200, body = TotpView), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn totp(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<TotpBody>,
) -> Result<Json<TotpView>, Problem> {
    let workspace = &app.workspace;
    let told = match (given.enable, given.code.as_deref()) {
        (true, None) => accounts::begin_totp(workspace, &who).await?,
        (true, Some(code)) => accounts::confirm_totp(workspace, &who, code).await?,
        (false, code) => accounts::remove_totp(workspace, &who, code.unwrap_or(""), &facts().address).await?,
    };
    Ok(Json(told.into()))
}
