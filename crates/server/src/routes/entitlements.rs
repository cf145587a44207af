//! `/entitlements`: what a customer's tier gives them.

use axum::Json;
use axum::extract::State;
use gradus_workspace::entitlements::{self as verbs, Asked};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{Body, Path};
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(check)).routes(routes!(benefits))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EntitlementBody {
    /// A customer number, phone, e-mail, or # and the ledger's number.
    customer: String,
    /// The tier scheme; the only one if left out.
    #[serde(default)]
    scheme: Option<String>,
    /// Whether the customer stands at least on this level.
    #[serde(default)]
    at_least: Option<String>,
    /// Whether the customer has this benefit, by its key or title.
    #[serde(default)]
    benefit: Option<String>,
}

/// What a customer is entitled to.
#[derive(Serialize, ToSchema)]
struct Entitlement {
    /// Everything that was asked for holds.
    entitled: bool,
    customer: String,
    scheme: String,
    /// Null: not graded.
    level: Option<String>,
    level_title: Option<Words>,
    /// Only a part of what the tier is made from is known.
    provisional: bool,
    not_graded: Option<Words>,
    benefits: Vec<BenefitView>,
    /// The graded instant, the run and the version that this rests on.
    as_of: String,
    run: String,
    version: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct BenefitView {
    key: Option<String>,
    title: Words,
}

/// What a customer's tier gives them, and whether what is asked for is among it
#[utoipa::path(post, path = "/entitlements/check", tag = "customers", request_body = EntitlementBody,
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Entitlement), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn check(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<EntitlementBody>,
) -> Result<Json<Entitlement>, Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    let EntitlementBody { customer, scheme, at_least, benefit } = given;
    let told =
        verbs::check(&app.workspace, &who, &base, &Asked { customer, scheme, at_least, benefit }).await?;
    Ok(Json(Entitlement {
        entitled: told.entitled,
        customer: told.customer.to_string(),
        scheme: told.scheme,
        level: told.level,
        level_title: told.level_title.map(Words::from),
        provisional: told.provisional,
        not_graded: told.not_graded.map(Words::from),
        benefits: told
            .benefits
            .into_iter()
            .map(|one| BenefitView { key: one.key, title: one.title.into() })
            .collect(),
        as_of: told.as_of,
        run: told.run,
        version: told.version,
    }))
}

#[derive(Serialize, ToSchema)]
struct BenefitList {
    items: Vec<GivenBenefit>,
}

/// A benefit, and the tier that gives it.
#[derive(Serialize, ToSchema)]
struct GivenBenefit {
    title: Words,
    tier: Words,
}

/// What a customer's tiers give
#[utoipa::path(get, path = "/customers/{customer}/benefits", tag = "customers", params(("customer" = String, Path)),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = BenefitList), Guarded, Missing, Conflicting))]
async fn benefits(
    State(app): State<App>,
    Caller(who): Caller,
    Path(customer): Path<i64>,
) -> Result<Json<BenefitList>, Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    let given = verbs::of_customer(&app.workspace, &who, &base, customer).await?;
    let items =
        given.into_iter().map(|one| GivenBenefit { title: one.benefit.title.into(), tier: one.level.into() });
    Ok(Json(BenefitList { items: items.collect() }))
}
