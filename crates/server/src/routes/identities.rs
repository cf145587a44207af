//! `/customers/{customer}/identities`, `/identities`: which identities are one customer's.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::identities::{self as verbs, Statement};
use gradus_workspace::{By, OneIdentity, Said, Told};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobView, view};
use super::wire::{Body, Path};
use crate::caller::Caller;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(see)).routes(routes!(link)).routes(routes!(unlink))
}

/// A customer's identities.
#[derive(Serialize, ToSchema)]
struct IdentityList {
    /// The customer that all of them are now.
    customer: String,
    identities: Vec<CustomerIdentity>,
    /// What was ever shown or said about pairs of them.
    evidence: Vec<Evidence>,
}

#[derive(Serialize, ToSchema)]
struct CustomerIdentity {
    identity: String,
    /// `id`, `phone`, `email`, `external:…`.
    kind: String,
    /// Masked.
    value: String,
    /// From when on it is this customer's; null: always.
    since: Option<String>,
}

impl From<OneIdentity> for CustomerIdentity {
    fn from(one: OneIdentity) -> CustomerIdentity {
        CustomerIdentity {
            identity: one.identity.to_string(),
            kind: one.kind,
            value: one.value,
            since: one.since,
        }
    }
}

/// One piece of evidence about a pair of identities.
#[derive(Serialize, ToSchema)]
struct Evidence {
    a: String,
    b: String,
    /// `seen` (rows name both), `linked` or `unlinked`.
    what: String,
    /// From when on it holds; null: always.
    from: Option<String>,
    /// When it became known.
    known: Option<String>,
    /// The import that showed it; null if a person said it.
    import: Option<i64>,
    source: Option<String>,
    /// Who said it, and why; null if rows showed it.
    by: Option<String>,
    reason: Option<String>,
}

impl From<Told> for Evidence {
    fn from(told: Told) -> Evidence {
        let what = match told.what {
            Said::Seen => "seen",
            Said::Linked => "linked",
            Said::Unlinked => "unlinked",
        };
        let (import, source, by, reason) = match told.by {
            By::Import { import, source, .. } => (Some(import), Some(source), None, None),
            By::Person { actor, reason, .. } => (None, None, Some(actor), Some(reason)),
        };
        let (a, b, what) = (told.a.to_string(), told.b.to_string(), what.to_string());
        Evidence { a, b, what, from: told.from, known: told.known, import, source, by, reason }
    }
}

/// Which identities are this customer's, since when and by what evidence
#[utoipa::path(get, path = "/customers/{customer}/identities", tag = "customers",
    params(("customer" = String, Path)), extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = IdentityList), Guarded, Missing, Conflicting, WithFindings))]
async fn see(
    State(app): State<App>,
    Caller(who): Caller,
    Path(customer): Path<i64>,
) -> Result<Json<IdentityList>, Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    let found = verbs::see(&app.workspace, &who, &base, customer).await?;
    Ok(Json(IdentityList {
        customer: found.customer.to_string(),
        identities: found.identities.into_iter().map(CustomerIdentity::from).collect(),
        evidence: found.pairs.into_iter().map(Evidence::from).collect(),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PairBody {
    /// A customer number, phone, e-mail, SYSTEM:ID of another system, or # and the ledger's number.
    a: String,
    /// The other one, in the same way.
    b: String,
    /// From this date on, where they are linked; always if left out.
    #[serde(default)]
    from: Option<String>,
    /// Why, in words that name nobody; kept in the audit log.
    #[schema(min_length = 1)]
    reason: String,
}

async fn said(
    app: &App,
    who: &gradus_workspace::access::Principal,
    given: PairBody,
    same: bool,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let PairBody { a, b, from, reason } = given;
    if reason.trim().is_empty() {
        return Err(Problem::invalid("请写明原因", "a reason is needed"));
    }
    let said = Statement { a, b, same, from, reason };
    let job = verbs::start(&app.workspace, &app.jobs, who, said).await?;
    Ok((StatusCode::ACCEPTED, Json(view(app, job))))
}

/// Say that two identities are one customer's
#[utoipa::path(post, path = "/identities/link", tag = "customers", request_body = PairBody,
    extensions(("x-permission" = json!("import_data"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, WithFindings))]
async fn link(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<PairBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    said(&app, &who, given, true).await
}

/// Say that two identities are not one customer's, whatever rows show
#[utoipa::path(post, path = "/identities/unlink", tag = "customers", request_body = PairBody,
    extensions(("x-permission" = json!("import_data"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, WithFindings))]
async fn unlink(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<PairBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    said(&app, &who, given, false).await
}
