//! Who asks: the session of a browser, or the key of a program.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use gradus_workspace::access::Principal;
use gradus_workspace::accounts::{principal_of_key, principal_of_session};

use crate::request::facts;
use crate::{App, Problem};

/// Somebody who is signed in; a route without this extractor is open to everybody.
#[derive(Debug, Clone)]
pub struct Caller(pub Principal);

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Caller, Problem> {
        // Whoever asked for the operation's right found out who it is.
        parts.extensions.get::<Principal>().cloned().map(Caller).ok_or_else(Problem::not_signed_in)
    }
}

/// Who sent these headers.
///
/// # Errors
/// 401 if nobody did, or no longer; 403 if a foreign page made the browser send them.
pub async fn principal(app: &App, method: &Method, headers: &HeaderMap) -> Result<Principal, Problem> {
    if let Some(token) = bearer(headers) {
        let from = facts().address;
        return principal_of_key(&app.workspace, token, &from).await?.ok_or_else(Problem::not_signed_in);
    }
    let Some(token) = cookie(headers, app.cookie_name()) else { return Err(Problem::not_signed_in()) };
    same_origin(method, headers)?;
    principal_of_session(&app.workspace, token).await?.ok_or_else(Problem::not_signed_in)
}

/// What changes something comes from our own page: a foreign page cannot set this header without
/// asking first, and its origin is another one.
pub fn same_origin(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let refused = || {
        Problem::new(
            StatusCode::FORBIDDEN,
            "cross_site",
            "请求不是来自本站页面（缺少 X-Gradus 请求头，或来源不同）",
            "the request does not come from our own page (no X-Gradus header, or another origin)",
        )
    };
    if !headers.contains_key("x-gradus") {
        return Err(refused());
    }
    let Some(origin) = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()) else {
        return Ok(());
    };
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("");
    match origin.split_once("://") {
        Some((_, from)) if from == host => Ok(()),
        _ => Err(refused()),
    }
}

/// How a browser on this very machine names us; `None` if it says another name.
pub fn loopback_origin(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let origin = format!("http://{host}");
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:[]".contains(&byte));
    (plain && gradus_workspace::accounts::is_private_address(&origin)).then_some(origin)
}

/// The value of a cookie.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let given = headers(&[("cookie", "a=1; gradus=token; b=2")]);
        assert_eq!(cookie(&given, "gradus"), Some("token"));
        assert_eq!(cookie(&given, "grad"), None);
    }

    #[test]
    fn only_our_own_page_changes_anything() {
        let own = [("x-gradus", "1"), ("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")];
        assert!(same_origin(&Method::POST, &headers(&own)).is_ok());
        assert!(same_origin(&Method::GET, &headers(&[])).is_ok());
        assert!(same_origin(&Method::POST, &headers(&own[1..])).is_err());
        let foreign = [("x-gradus", "1"), ("origin", "http://evil.example"), ("host", "127.0.0.1:8080")];
        assert!(same_origin(&Method::DELETE, &headers(&foreign)).is_err());
        assert!(
            same_origin(&Method::POST, &headers(&[("x-gradus", "1"), ("origin", "null"), ("host", "h")]))
                .is_err()
        );
    }
}
