//! `Idempotency-Key`: a POST that is sent again with its key is answered as the first time, and nothing
//! happens twice. What was refused is not kept: it may be mended and sent with the same key.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gradus_workspace::access::Principal;
use gradus_workspace::{Asked, answers};

use crate::{App, Problem};

const KEY: &str = "idempotency-key";
/// Says that the answer is that of the first time.
const REPLAYED: &str = "idempotency-replayed";
const LONGEST_KEY: usize = 200;
/// Larger answers are not kept: only lists are, and those start nothing.
const LARGEST_ANSWER_BYTES: usize = 256 << 10;

/// Answers a repeated request; the right to ask was looked at before.
pub async fn once(State(app): State<App>, request: Request, next: Next) -> Response {
    let who = request.extensions().get::<Principal>().cloned();
    let (Some(given), Some(who), &Method::POST) = (request.headers().get(KEY), who, request.method()) else {
        return next.run(request).await;
    };
    let key = match given.to_str() {
        Ok(key)
            if (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            key.to_string()
        }
        _ => {
            return Problem::new(
                StatusCode::BAD_REQUEST,
                "idempotency_key",
                "Idempotency-Key 应为 1 至 200 个可见 ASCII 字符，例如一个 UUID",
                "Idempotency-Key has 1 to 200 visible ASCII characters, such as a UUID",
            )
            .into_response();
        }
    };
    match answered(&app, &who, &key, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn answered(
    app: &App,
    who: &Principal,
    key: &str,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, crate::routes::MAX_BODY_BYTES).await.map_err(|_| {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "请求正文过大", "the body is too large")
    })?;
    let address = parts.uri.path_and_query().map_or("", |address| address.as_str());
    match answers::begin(&app.workspace, who, key, parts.method.as_str(), address, &body).await? {
        Asked::First => {}
        Asked::Before { status, body } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
                (header::HeaderName::from_static(REPLAYED), HeaderValue::from_static("true")),
            ];
            return Ok((status, headers, body).into_response());
        }
        Asked::Now => {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "idempotency_in_progress",
                "同一个 Idempotency-Key 的请求正在处理；请稍候再试",
                "a request with this Idempotency-Key is being worked at; try again in a moment",
            ));
        }
        Asked::Other => {
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "这个 Idempotency-Key 已用于另一个请求；新的请求请用新的键",
                "this Idempotency-Key was used for another request; give a new request a new key",
            ));
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (parts, body) = response.into_parts();
    let kept = match parts.status.is_success() {
        true => to_bytes(body, LARGEST_ANSWER_BYTES).await.ok(),
        false => {
            answers::forget(&app.workspace, who, key).await?;
            return Ok(Response::from_parts(parts, body));
        }
    };
    let Some(kept) = kept else {
        answers::forget(&app.workspace, who, key).await?;
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "answer_too_large",
            "回答太大，无法按 Idempotency-Key 保存；请不带该请求头再发一次",
            "the answer is too large to be kept for an Idempotency-Key; send the request without the header",
        ));
    };
    match std::str::from_utf8(&kept) {
        Ok(text) => answers::keep(&app.workspace, who, key, parts.status.as_u16(), text).await?,
        Err(_) => answers::forget(&app.workspace, who, key).await?,
    }
    Ok(Response::from_parts(parts, Body::from(kept)))
}
