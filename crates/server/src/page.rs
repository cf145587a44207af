//! The page, built into the binary: files with hashed names are kept for ever, the first one is
//! asked for anew each time and carries a fresh nonce for its styles.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::Problem;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// What the page puts where its nonce belongs.
const NONCE_MARK: &str = "__CSP_NONCE__";

/// A file of the page, or the page itself for every path that is no file: it finds its own way.
pub async fn page(request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api") {
        return Problem::not_found().into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::method_not_allowed().into_response();
    }
    let name = path.trim_start_matches('/');
    match Built::get(name) {
        Some(file) if name != "index.html" => {
            let cache = match name.starts_with("assets/") {
                true => "public, max-age=31536000, immutable",
                false => "no-cache",
            };
            let headers = [(header::CONTENT_TYPE, content_type(name)), (header::CACHE_CONTROL, cache)];
            (headers, Body::from(file.data)).into_response()
        }
        // A missing asset is missing; only paths of the page's own are answered by the page.
        None if name.starts_with("assets/") => StatusCode::NOT_FOUND.into_response(),
        _ => first(),
    }
}

fn first() -> Response {
    let Some(index) = Built::get("index.html") else {
        let text = "The page was not built into this binary: run `make web` and build again. \
                    The API is at /api/v1.\n本程序未包含网页：请运行 make web 后重新构建。API 位于 /api/v1。\n";
        return (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text)
            .into_response();
    };
    let mut bytes = [0u8; 16];
    if getrandom::fill(&mut bytes).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let nonce: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let html = String::from_utf8_lossy(&index.data).replace(NONCE_MARK, &nonce);
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
         worker-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let mut response =
        ([(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], html)
            .into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or("") {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
