//! `/session/provider`: signing in by the company's own provider of identities.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use gradus_workspace::accounts;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::session::{OwnPage, SessionView, add_cookie, secure, signed_in};
use super::wire::{Body, Query};
use crate::caller::{cookie, loopback_origin, principal};
use crate::openid::{OpenidError, Return};
use crate::problem::Words;
use crate::refusals::{Guarded, Missing, NotAllowed, NotUnderstood, Throttled, Unreachable};
use crate::request::facts;
use crate::{App, Problem};

/// Where the provider sends the browser back to: a path of the page, which hands on what came with it.
const RETURN_PATH: &str = "/sign-in/return";
/// As long as a sign-in may be under way.
const COOKIE_S: u64 = 600;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(see, begin)).routes(routes!(end))
}

/// Ways to sign in beside with a password.
#[derive(Serialize, ToSchema)]
struct SignInWays {
    /// The company's own provider of identities, where there is one.
    provider: Option<ProviderView>,
}

#[derive(Serialize, ToSchema)]
struct ProviderView {
    /// What its button is called.
    title: Words,
}

/// Whether one can sign in by the company's own provider of identities
#[utoipa::path(get, path = "/session/provider", tag = "session", extensions(("x-permission" = json!("nobody"))),
    responses((status = 200, body = SignInWays)))]
async fn see(State(app): State<App>) -> Json<SignInWays> {
    let title = |openid: &crate::openid::Openid| ProviderView { title: openid.provider.title.clone().into() };
    Json(SignInWays { provider: app.openid.as_deref().map(title) })
}

/// Where the browser goes now.
#[derive(Serialize, ToSchema)]
struct DepartureView {
    url: String,
}

/// How to go there.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Going {
    /// True: the provider asks who they are, also if it knows them. So whoever is signed in shows that it is
    /// still they.
    #[serde(default)]
    anew: Option<bool>,
}

/// Begin to sign in by the provider of identities
#[utoipa::path(post, path = "/session/provider", tag = "session", params(Going),
    extensions(("x-permission" = json!("nobody"))),
    responses((status = 200, body = DepartureView), NotUnderstood, NotAllowed, Missing, Throttled, Unreachable))]
async fn begin(
    State(app): State<App>,
    OwnPage: OwnPage,
    Query(going): Query<Going>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(openid) = &app.openid else { return Err(Problem::not_found()) };
    let base = match &app.options.public_url {
        Some(url) => url.trim_end_matches('/').to_string(),
        None => loopback_origin(&headers).ok_or_else(wrong_host)?,
    };
    let browser = cookie(&headers, app.departure_cookie_name());
    let went = openid
        .begin(&format!("{base}{RETURN_PATH}"), &facts().address, browser, going.anew == Some(true))
        .await;
    let went = went.map_err(|error| told(&error))?;
    let mut response = Json(DepartureView { url: went.url }).into_response();
    let name = app.departure_cookie_name();
    let value = format!(
        "{name}={}; Path=/; Max-Age={COOKIE_S}; HttpOnly; SameSite=Strict{}",
        went.browser,
        secure(&app)
    );
    add_cookie(&mut response, &value);
    Ok(response)
}

/// What the provider gave the browser to bring back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReturnBody {
    state: String,
    #[serde(default)]
    code: Option<String>,
    /// The code of an error, where there is no code.
    #[serde(default)]
    error: Option<String>,
    /// The issuer (RFC 9207).
    #[serde(default)]
    iss: Option<String>,
}

/// Sign in with what the provider of identities said
#[utoipa::path(post, path = "/session/provider/return", tag = "session", request_body = ReturnBody,
    extensions(("x-permission" = json!("nobody"))),
    responses((status = 200, body = SessionView), Guarded, NotUnderstood, Missing, Throttled, Unreachable))]
async fn end(
    State(app): State<App>,
    OwnPage: OwnPage,
    headers: HeaderMap,
    Body(given): Body<ReturnBody>,
) -> Result<Response, Problem> {
    let Some(openid) = &app.openid else { return Err(Problem::not_found()) };
    let address = facts().address;
    accounts::may_return(&app.workspace, &address).await?;
    let browser = cookie(&headers, app.departure_cookie_name());
    let given = Return { state: given.state, code: given.code, error: given.error, issuer: given.iss };
    let (person, anew) = match openid.end(given, browser).await {
        Ok(returned) => returned,
        Err(error) => {
            let problem = told(&error);
            if !matches!(error, OpenidError::Unreachable(_)) {
                accounts::return_refused(&app.workspace, &address, &problem.code).await?;
            }
            return Err(problem);
        }
    };
    // Whoever went to show that it is still they comes back as the same, and goes on in a session of its own.
    let before = match anew {
        true => principal(&app, &Method::POST, &headers).await.ok(),
        false => None,
    };
    let expected = before.as_ref().map(|who| who.account.as_str());
    let made = accounts::admit(&app.workspace, &openid.provider, &person, expected).await?;
    if let Some(before) = &before {
        accounts::sign_out(&app.workspace, before).await?;
    }
    let mut response = signed_in(&app, made).await?;
    let name = app.departure_cookie_name();
    add_cookie(
        &mut response,
        &format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{}", secure(&app)),
    );
    Ok(response)
}

/// What people are told; what the provider said goes into the log.
fn told(error: &OpenidError) -> Problem {
    tracing::warn!(request = facts().id, %error, "nobody was signed in by the provider of identities");
    match error {
        OpenidError::Unreachable(_) => Problem {
            retry_after_s: Some(10),
            ..Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "provider_unreachable",
                "暂时无法连接身份提供方。请稍后再试，或用密码登录",
                "the provider of identities cannot be reached: try again in a moment, or sign in with a password",
            )
        },
        OpenidError::Lapsed => Problem::new(
            StatusCode::UNAUTHORIZED,
            "sign_in_lapsed",
            "这次登录已失效，或不是从这个浏览器开始的。请重新登录",
            "this sign-in was used, is too old, or was begun in another browser: begin it again",
        ),
        OpenidError::Declined(_) => Problem::new(
            StatusCode::UNAUTHORIZED,
            "provider_declined",
            "身份提供方没有同意登录。请重试；若反复出现，请联系其管理员",
            "the provider of identities did not agree: try again, and ask whoever runs it if that stays so",
        ),
        OpenidError::NotAsked => Problem::new(
            StatusCode::UNAUTHORIZED,
            "provider_not_asked",
            "身份提供方没有重新核实您的身份（没有给出本次核实的时间 auth_time）。请改用密码或动态验证码，或请其管理员允许 max_age",
            "the provider of identities let you through without asking who you are (it gives no auth_time of now): use \
             a password or a code of your second factor, or ask whoever runs it to honour max_age",
        ),
        OpenidError::Invalid(_) => Problem::new(
            StatusCode::UNAUTHORIZED,
            "provider_invalid",
            "身份提供方的答复未通过校验，没有登录。请重试；若反复出现，请联系管理员查看服务器日志",
            "what the provider of identities sent does not hold, so nobody was signed in: try again, and have an \
             administrator look at the server's log if that stays so",
        ),
        OpenidError::Busy => Problem {
            retry_after_s: Some(60),
            ..Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "throttled",
                "正在进行的登录过多，请一分钟后再试",
                "too many sign-ins are under way: try again in a minute",
            )
        },
        OpenidError::NoRandomness => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "internal",
            "服务器出错，请稍后再试",
            "the server failed; try again later",
        ),
    }
}

fn wrong_host() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "wrong_host",
        "请用服务器终端显示的地址打开本页",
        "open this page at the address that the server's console shows",
    )
}
