//! `/learn/next`, `/next`, `/customers/{customer}/next`: what customers may want next.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::next::{self as verbs, NextRequest, NextWrite};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobView, view};
use super::wire::{Body, Path, object};
use crate::caller::Caller;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(start)).routes(routes!(learned)).routes(routes!(of_customer))
}

/// What is left out is as the model's `next` has it, else found in the sources and the model, or as the command line
/// has it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NextBody {
    /// What an item is, as an expression over events: `stock_code`, `product.category`.
    item: Option<String>,
    /// What people call it, in the same way.
    title: Option<String>,
    /// Which events are purchases.
    #[serde(rename = "where")]
    filter: Option<String>,
    /// Rules look at all that a customer has, and not at one order.
    by_customer: Option<bool>,
    /// A date or an instant; the last day that is over if left out.
    as_of: Option<String>,
    /// Only purchases of so long before it: `12 months`.
    history: Option<String>,
    /// How long a stretch is held out; `1 month` if left out.
    hold_out: Option<String>,
    #[schema(minimum = 1, maximum = 24)]
    stretches: Option<u32>,
    #[schema(minimum = 1, maximum = 50)]
    k: Option<u32>,
    /// `popular`, `recent`, `rules`, `factors` or `due`; the best on what is held out if left out.
    method: Option<String>,
    /// What somebody has bought before may be on the list.
    again: Option<bool>,
    /// What can be had, such as `product.stock > 0`.
    available: Option<String>,
    /// Items that are shown to nobody.
    #[serde(default)]
    exclude: Vec<String>,
    /// Events by which a customer refused an item.
    refused: Option<String>,
    min_count: Option<u32>,
    min_confidence: Option<f64>,
    #[schema(minimum = 1, maximum = 2)]
    max_left: Option<u32>,
    #[schema(minimum = 2, maximum = 20000)]
    max_items: Option<u32>,
    n_factors: Option<u32>,
    rounds: Option<u32>,
    ridge: Option<f64>,
    alpha: Option<f64>,
    seed: Option<u64>,
    /// After how long gradings learn it anew, where it is written: `2 weeks`; `1 month` if left out.
    refit: Option<String>,
    /// Into the draft's `next`; needs the right to edit models.
    write: Option<NextWriteBody>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NextWriteBody {
    /// Take the place of another way that the draft has.
    #[serde(default)]
    replace: bool,
}

impl From<NextBody> for NextRequest {
    fn from(given: NextBody) -> NextRequest {
        NextRequest {
            item: given.item,
            title: given.title,
            filter: given.filter,
            by_customer: given.by_customer,
            as_of: given.as_of,
            history: given.history,
            hold_out: given.hold_out,
            stretches: given.stretches,
            k: given.k,
            method: given.method,
            again: given.again,
            available: given.available,
            exclude: given.exclude,
            refused: given.refused,
            min_count: given.min_count,
            min_confidence: given.min_confidence,
            max_left: given.max_left,
            max_items: given.max_items,
            n_factors: given.n_factors,
            rounds: given.rounds,
            ridge: given.ridge,
            alpha: given.alpha,
            seed: given.seed,
            refit: given.refit,
            write: given.write.map(|to| NextWrite { replace: to.replace }),
        }
    }
}

/// Learn what each customer may want next, and hold it against a stretch that was held out; a job
#[utoipa::path(post, path = "/learn/next", tag = "learning", request_body = NextBody,
    extensions(("x-permission" = json!("run_jobs"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn start(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<NextBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let job = verbs::start(&app.workspace, &app.jobs, &who, given.into()).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}

/// What was learned last: how good each method was, rules, what is due; null if nothing was
#[utoipa::path(get, path = "/next", tag = "learning", extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Option<Object>), Guarded))]
async fn learned(State(app): State<App>, Caller(who): Caller) -> Result<Json<Value>, Problem> {
    let found = verbs::learned(&app.workspace, &who).await?;
    object(&found)
}

/// What a customer may want next, and what they are due to buy again, with reasons
#[utoipa::path(get, path = "/customers/{customer}/next", tag = "customers", params(("customer" = String, Path)),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Object), Guarded, Missing, Conflicting, WithFindings))]
async fn of_customer(
    State(app): State<App>,
    Caller(who): Caller,
    Path(customer): Path<i64>,
) -> Result<Json<Value>, Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    let found = verbs::next_of(&app.workspace, &who, &base, customer).await?;
    object(&found)
}
