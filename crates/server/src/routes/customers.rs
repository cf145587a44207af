//! `/customers`: found, listed, opened; identifiers masked. A customer's number is a string, because
//! it is larger than what JavaScript counts exactly.

use axum::Json;
use axum::extract::State;
use gradus_workspace::customers::{self, CustomerList, Find, Order};
use gradus_workspace::{Against, ExplainOptions, instant_of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::filters::with_filters;
use super::wire::{Body, Path, Query, limit_of};
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(search))
        .routes(routes!(see))
        .routes(routes!(statement))
        .routes(routes!(reveal))
}

with_filters! {
    struct SearchBody {
        /// A customer number, phone, e-mail or name; # and the ledger's number.
        #[serde(default)]
        text: Option<String>,
        /// Names of columns to show; scores and the first indicators if left out.
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
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SortBy {
    pub column: String,
    #[serde(default)]
    pub descending: bool,
}

/// One page of customers.
#[derive(Serialize, ToSchema)]
pub struct CustomerPage {
    /// The graded instant that they are shown of.
    as_of: String,
    columns: Vec<ColumnHead>,
    items: Vec<CustomerItem>,
    next_cursor: Option<String>,
    total: usize,
}

#[derive(Serialize, ToSchema)]
struct ColumnHead {
    name: String,
    title: Words,
}

#[derive(Serialize, ToSchema)]
struct CustomerItem {
    customer: String,
    /// What they are called, masked.
    label: String,
    /// Level by scheme; null: not graded.
    tiers: BTreeMap<String, Option<String>>,
    /// In the order of the columns; null: unknown or not applicable.
    values: Vec<Option<String>>,
}

impl From<CustomerList> for CustomerPage {
    fn from(list: CustomerList) -> CustomerPage {
        let item = |row: customers::CustomerRow| CustomerItem {
            customer: row.customer.to_string(),
            label: row.label,
            tiers: row.tiers,
            values: row.values,
        };
        CustomerPage {
            as_of: list.as_of,
            columns: list
                .columns
                .into_iter()
                .map(|(name, title)| ColumnHead { name, title: title.into() })
                .collect(),
            items: list.rows.into_iter().map(item).collect(),
            next_cursor: list.next_cursor,
            total: list.total,
        }
    }
}

/// Find and list customers
#[utoipa::path(post, path = "/customers/search", tag = "customers", request_body = SearchBody,
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = CustomerPage), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn search(
    State(app): State<App>,
    Caller(who): Caller,
    Body(mut given): Body<SearchBody>,
) -> Result<Json<CustomerPage>, Problem> {
    let filters = given.take_filters()?;
    let base = app.bases.as_of(&app.workspace, given.as_of.as_deref()).await?;
    let find = Find {
        text: given.text,
        columns: given.columns,
        order: given.sort.map(|sort| Order { column: sort.column, descending: sort.descending }),
        limit: limit_of(given.limit, 50, 1000)? as usize,
        cursor: given.cursor,
        ..filters
    };
    Ok(Json(customers::search(&app.workspace, &who, &base, &find).await?.into()))
}

/// One customer.
#[derive(Serialize, ToSchema)]
struct Profile {
    customer: String,
    label: String,
    identities: Vec<IdentityView>,
    owner: Option<String>,
    as_of: String,
    run: String,
    values: Vec<ProfileValue>,
}

#[derive(Serialize, ToSchema)]
struct IdentityView {
    /// `id`, `phone`, `email`, `external`, `name` …
    kind: String,
    /// Masked, except where it was revealed.
    value: String,
}

#[derive(Serialize, ToSchema)]
struct ProfileValue {
    name: String,
    title: Words,
    /// `indicator`, `score`, `tier`, `segment` or `grouping`.
    kind: String,
    /// Null: unknown or not applicable.
    value: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ProfileParams {
    /// A graded instant; the newest if left out. 409 if its grading is not stored.
    as_of: Option<String>,
}

/// Open a customer
#[utoipa::path(get, path = "/customers/{customer}", tag = "customers",
    params(("customer" = String, Path), ProfileParams), extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Profile), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn see(
    State(app): State<App>,
    Caller(who): Caller,
    Path(customer): Path<i64>,
    Query(given): Query<ProfileParams>,
) -> Result<Json<Profile>, Problem> {
    let base = app.bases.as_of(&app.workspace, given.as_of.as_deref()).await?;
    let profile = customers::profile(&app.workspace, &who, &base, customer).await?;
    let value = |(name, title, kind, value): (String, gradus_model::Text, &'static str, Option<String>)| {
        ProfileValue { name, title: title.into(), kind: kind.into(), value }
    };
    Ok(Json(Profile {
        customer: profile.customer.to_string(),
        label: profile.label,
        identities: identities(profile.identities),
        owner: profile.owner,
        as_of: profile.as_of,
        run: profile.run,
        values: profile.values.into_iter().map(value).collect(),
    }))
}

fn identities(known: Vec<(String, String)>) -> Vec<IdentityView> {
    known.into_iter().map(|(kind, value)| IdentityView { kind, value }).collect()
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StatementParams {
    /// A graded date; the newest if left out.
    as_of: Option<String>,
    /// Another graded date, or another customer's number: differences are shown too.
    against: Option<String>,
    /// How many of the newest events, 500 at most.
    #[param(minimum = 0, maximum = 500)]
    events: Option<usize>,
}

/// Why a customer has these grades: statements whose lines add up, distances, segments with why or
/// why not, events
#[utoipa::path(get, path = "/customers/{customer}/statement", tag = "customers",
    params(("customer" = String, Path), StatementParams),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Object), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn statement(
    State(app): State<App>,
    Caller(who): Caller,
    Path(customer): Path<i64>,
    Query(given): Query<StatementParams>,
) -> Result<Json<serde_json::Value>, Problem> {
    let workspace = &app.workspace;
    if given.events.is_some_and(|events| events > 500) {
        return Err(Problem::invalid("events 最多 500", "events is 500 at most"));
    }
    let at = |text: &String| instant_of(text, &workspace.zone).map(|us| workspace.as_of(us));
    let wrong =
        |finding: gradus_model::Finding| Problem::from(gradus_workspace::WorkspaceError::from(finding));
    let as_of = given.as_of.as_ref().map(at).transpose().map_err(wrong)?;
    let against = given.against.as_ref().map(|text| match at(text) {
        Ok(as_of) => Against::AsOf(as_of),
        Err(_) => Against::Customer(format!("#{}", text.trim_start_matches('#'))),
    });
    let options = ExplainOptions {
        customer: String::new(),
        as_of,
        against,
        n_events: given.events.unwrap_or(20).min(500),
    };
    let base = app.bases.newest(workspace).await?;
    let explanation = customers::explain_customer(workspace, &who, &base, customer, options).await?;
    let mut body = serde_json::to_value(explanation)
        .map_err(|error| gradus_workspace::WorkspaceError::Defect(error.to_string()))?;
    body["customer"] = serde_json::json!(customer.to_string());
    Ok(Json(body))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RevealBody {
    /// Why it has to be seen; kept in the audit log.
    #[schema(min_length = 1)]
    reason: String,
}

/// What identifies a customer, in clear; logged
#[utoipa::path(post, path = "/customers/{customer}/reveal", tag = "customers", params(("customer" = String, Path)),
    request_body = RevealBody, extensions(("x-permission" = json!("see_identities"))),
    responses((status = 200, body = Vec<IdentityView>), Guarded, NotUnderstood, Missing, Conflicting))]
async fn reveal(
    State(app): State<App>,
    Caller(who): Caller,
    Path(customer): Path<i64>,
    Body(given): Body<RevealBody>,
) -> Result<Json<Vec<IdentityView>>, Problem> {
    if given.reason.trim().is_empty() {
        return Err(Problem::invalid("请说明查看的理由", "say why it has to be seen"));
    }
    let base = app.bases.newest(&app.workspace).await?;
    let known = customers::reveal(&app.workspace, &who, &base, customer, given.reason.trim()).await?;
    Ok(Json(identities(known)))
}
