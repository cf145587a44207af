//! `/satisfaction`: what customers answered when asked, and what it says of those who stay and those who leave.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use gradus_workspace::base::Base;
use gradus_workspace::customers::{Find, Order};
use gradus_workspace::satisfaction::{self as verbs, SatisfactionCell, SatisfactionRequest};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::customers::{CustomerPage, SortBy};
use super::wire::{Body, Query, limit_of, object};
use crate::caller::Caller;
use crate::refusals::{Conflicting, Guarded, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(see)).routes(routes!(customers))
}

/// What is left out is found in the sources and the model.
#[derive(Default, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct SatisfactionParams {
    /// `nps`, `csat` or `ces`.
    measure: Option<String>,
    /// The field of events with the answer, or an expression over them.
    field: Option<String>,
    /// The kind of event that holds it; any if left out.
    kind: Option<String>,
    /// The greatest answer of CSAT: 5, 7 or 10.
    scale: Option<u32>,
    /// How others rate customers (drivers, hosts, staff), and not what customers answer.
    of_customers: bool,
    /// Answers of so long before the instant: `90d`, `12 months`; all if left out.
    window: Option<String>,
    /// A scheme, segment, grouping, indicator or score; the first tier scheme if left out.
    by: Option<String>,
    /// What the answers are weighted by, separated by commas; as `by` if left out.
    weigh_by: Option<String>,
    /// What says how loyal somebody is; as `by` if left out.
    loyalty: Option<String>,
    /// Who is leaving: a segment, or a condition over what is stored of customers.
    leaving: Option<String>,
    /// Who is loyal, in the same way; the upper half of `loyalty` if left out.
    loyal: Option<String>,
    /// The field of events with coded answers, such as `price, delivery`.
    codes: Option<String>,
    /// A graded instant; the newest if left out. 409 if its grading is not stored.
    as_of: Option<String>,
}

impl SatisfactionParams {
    fn request(self) -> (SatisfactionRequest, Option<String>) {
        let weigh_by = self.weigh_by.unwrap_or_default();
        let weigh_by = weigh_by.split(',').map(str::trim).filter(|name| !name.is_empty()).map(String::from);
        let request = SatisfactionRequest {
            measure: self.measure,
            field: self.field,
            kind: self.kind,
            scale: self.scale,
            of_customers: self.of_customers,
            window: self.window,
            by: self.by,
            weigh_by: weigh_by.collect(),
            loyalty: self.loyalty,
            leaving: self.leaving,
            loyal: self.loyal,
            codes: self.codes,
        };
        (request, self.as_of)
    }
}

/// NPS, CSAT or CES with intervals: overall, weighted to all customers, by group, against loyalty, topics of need
#[utoipa::path(get, path = "/satisfaction", tag = "satisfaction", params(SatisfactionParams),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Object), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn see(
    State(app): State<App>,
    Caller(who): Caller,
    Query(given): Query<SatisfactionParams>,
) -> Result<Json<Value>, Problem> {
    let (request, as_of) = given.request();
    let base: Arc<Base> = app.bases.as_of(&app.workspace, as_of.as_deref()).await?;
    let found = verbs::satisfaction(&app.workspace, &who, &base, &request, &()).await?;
    object(&found)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SatisfactionCustomersBody {
    /// What was asked of `/satisfaction`.
    #[serde(default)]
    of: SatisfactionParams,
    /// `low`, `middle`, `high`, `answered` or `unanswered`.
    #[serde(default)]
    band: Option<String>,
    /// A group of `loyalty`; `$none` for those without a value.
    #[serde(default)]
    group: Option<String>,
    /// `satisfied_leaving` or `dissatisfied_loyal`.
    #[serde(default)]
    corner: Option<String>,
    /// A topic of need; `of` names the codes.
    #[serde(default)]
    topic: Option<String>,
    /// Names of columns; scores and the first indicators if empty.
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    sort: Option<SortBy>,
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    #[serde(default)]
    cursor: Option<String>,
}

/// The customers of a band, a cell, a corner or a topic
#[utoipa::path(post, path = "/satisfaction/customers", tag = "satisfaction", request_body = SatisfactionCustomersBody,
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = CustomerPage), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn customers(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<SatisfactionCustomersBody>,
) -> Result<Json<CustomerPage>, Problem> {
    let (request, as_of) = given.of.request();
    let base: Arc<Base> = app.bases.as_of(&app.workspace, as_of.as_deref()).await?;
    let cell =
        SatisfactionCell { band: given.band, group: given.group, corner: given.corner, topic: given.topic };
    let find = Find {
        columns: given.columns,
        order: given.sort.map(|sort| Order { column: sort.column, descending: sort.descending }),
        limit: limit_of(given.limit, 50, 1000)? as usize,
        cursor: given.cursor,
        ..Find::default()
    };
    let list = verbs::satisfaction_customers(&app.workspace, &who, &base, &request, &cell, find).await?;
    Ok(Json(list.into()))
}
