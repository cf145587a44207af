//! Every route, with its description: one module mirrors one part of the URLs. What a description
//! does not say is no route, and every operation names the right that it needs (`x-permission`).

mod audit;
mod catalogue;
mod clusters;
mod cohorts;
mod customers;
mod customers_more;
mod customers_ways;
mod doubles;
mod entitlements;
mod exports;
mod filters;
mod health;
mod identities;
mod imports;
mod industries;
mod jobs;
mod keys;
mod kpis;
mod learn;
mod learning;
mod me;
mod missing;
mod model;
mod model_test;
mod next;
mod overrides;
mod preview;
mod provider;
mod quarantine;
mod rules;
mod runs;
mod satisfaction;
mod session;
mod simulations;
mod sources;
mod system;
mod tour;
mod transitions;
mod uploads;
mod users;
mod validation;
mod views;
mod wire;

use std::net::SocketAddr;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::rights::{self, Rights};
use crate::{App, Problem, described, guard, page, repeated, request};

/// The largest body of a request that is no upload.
pub(crate) const MAX_BODY_BYTES: usize = 4 << 20;
/// The longest time a request may take; longer work is a job.
const LONGEST_REQUEST_S: u64 = 60;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Gradus",
        description = "Scores, tiers and segments of customers. Errors are problem details (RFC 9457) with a stable \
                       code. Send `Accept-Language: en` for English texts. Programs use a key as `Authorization: \
                       Bearer gra_…`; browsers a session cookie and the header `X-Gradus: 1` on every change. A POST \
                       with an `Idempotency-Key` of your own may be sent again: for seven days it is answered as \
                       the first time (`Idempotency-Replayed: true`), but for `/uploads`; 409 while it is being worked at, 422 if the \
                       key was used for another request.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/api/v1"))
)]
struct Description;

/// Everything that answers at once.
fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(session::routes())
        .merge(provider::routes())
        .merge(users::routes())
        .merge(keys::routes())
        .merge(jobs::routes())
        .merge(model::routes())
        .merge(rules::routes())
        .merge(model_test::routes())
        .merge(runs::routes())
        .merge(learn::routes())
        .merge(cohorts::routes())
        .merge(kpis::routes())
        .merge(satisfaction::routes())
        .merge(next::routes())
        .merge(transitions::routes())
        .merge(audit::routes())
        .merge(customers::routes())
        .merge(uploads::routes())
        .merge(identities::routes())
        .merge(doubles::routes())
        .merge(imports::routes())
        .merge(quarantine::routes())
        .merge(sources::routes())
        .merge(preview::routes())
        .merge(simulations::routes())
        .merge(overrides::routes())
        .merge(entitlements::routes())
        .merge(customers_more::routes())
        .merge(customers_ways::routes())
        .merge(missing::routes())
        .merge(me::routes())
        .merge(views::routes())
        .merge(system::routes())
        .merge(exports::routes())
        .merge(catalogue::routes())
        .merge(industries::routes())
        .merge(tour::routes())
        .merge(validation::routes())
        .merge(clusters::routes())
        .merge(learning::routes())
}

/// What comes in or goes out piece by piece, and may take long.
fn streamed() -> OpenApiRouter<App> {
    uploads::streamed().merge(exports::streamed()).merge(system::streamed())
}

/// The OpenAPI document.
pub fn open_api() -> utoipa::openapi::OpenApi {
    let mut description = described().merge(streamed()).into_openapi();
    let components = description.components.get_or_insert_default();
    components.schemas.extend(crate::refusals::schemas());
    described::complete(&mut description);
    description
}

/// All routes: the API, health, the page.
pub fn router(app: App) -> Router {
    let (api, _) = described().split_for_parts();
    let (streamed, _) = streamed().split_for_parts();
    let description = open_api();
    let document = description.to_json().unwrap_or_default();
    let rights = Rights::of(app.clone(), &description);
    // Files are counted while they come in, and take the time they take.
    let streamed = streamed
        .route_layer(from_fn_with_state(rights.clone(), rights::ask))
        .method_not_allowed_fallback(async || Problem::method_not_allowed());
    let api = api
        .route_layer(from_fn_with_state(app.clone(), repeated::once))
        .route_layer(from_fn_with_state(rights, rights::ask))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(
            axum::http::StatusCode::GATEWAY_TIMEOUT,
            std::time::Duration::from_secs(LONGEST_REQUEST_S),
        ))
        .merge(streamed);
    Router::new()
        .nest("/api/v1", api)
        .route(
            "/api/openapi.json",
            get(async move || ([(header::CONTENT_TYPE, "application/json")], document.clone())),
        )
        .merge(health::routes())
        .fallback(page::page)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .layer(from_fn_with_state(app.clone(), request::note))
        .layer(from_fn_with_state(app.clone(), hand_on))
        .with_state(app)
}

/// Hands a request on to whoever answers in this one's place, if the workspace's settings were written anew.
async fn hand_on(
    axum::extract::State(app): axum::extract::State<App>,
    mut request: axum::extract::Request,
    next: axum::middleware::Next,
) -> axum::response::Response {
    let Some(router) = app.successor() else { return next.run(request).await };
    // The path was matched already, and would be matched a second time on top of that. Where the request came from stays.
    let peer = request.extensions_mut().remove::<ConnectInfo<SocketAddr>>();
    request.extensions_mut().clear();
    if let Some(peer) = peer {
        request.extensions_mut().insert(peer);
    }
    match tower::ServiceExt::oneshot(router, request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> axum::response::Response {
    use axum::response::IntoResponse;
    tracing::error!("a request panicked: this is a defect of Gradus");
    Problem::new(
        axum::http::StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "这是 Gradus 的缺陷；请附上请求编号告知我们",
        "this is a defect of Gradus; tell us the request number",
    )
    .into_response()
}
