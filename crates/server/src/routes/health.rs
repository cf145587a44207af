//! `/livez`, `/readyz`, `/metrics`: for those who run it.

mod exposition;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use gradus_workspace::vitals::vitals;

use crate::{App, Problem, serve};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// Ready: the store answers and takes writes, and the disk has room.
async fn ready(State(app): State<App>) -> Response {
    match gradus_workspace::is_ready(&app.workspace).await {
        Ok(()) => "ok\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
        }
    }
}

/// Figures for Prometheus: with the token, where one is set; else from this machine only.
async fn metrics(State(app): State<App>, request: Request) -> Response {
    let allowed = match &app.options.metrics_token {
        Some(token) => {
            let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
            given.and_then(|given| given.strip_prefix("Bearer ")) == Some(token.as_str())
        }
        None => {
            let from = crate::request::facts().address;
            from.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    };
    if !allowed {
        return Problem::not_signed_in().into_response();
    }
    let mut text = serve::rendered_metrics();
    match vitals(&app.workspace, &app.jobs, &app.summaries).await {
        Ok(vitals) => text.push_str(&exposition::written(&vitals)),
        // What the process counts itself is told in any case.
        Err(error) => tracing::warn!(%error, "the workspace could not be counted"),
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
