//! `/identities/doubles`: pairs of customers that may be one person, and what people say of them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::WorkspaceError;
use gradus_workspace::doubles::{self as verbs, Decided, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobView, view};
use super::wire::{Body, Path, Query, instant, limit_of};
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, look)).routes(routes!(decide))
}

/// Two customers that may be one person.
#[derive(Serialize, ToSchema)]
struct DoublePair {
    /// Both numbers, as `/identities/doubles/{pair}` takes them.
    pair: String,
    /// How likely they are one person, 0 to 1.
    probability: f64,
    a: DoubleSide,
    b: DoubleSide,
    /// What speaks most, first.
    reasons: Vec<DoubleReason>,
    /// `open`, `same` or `different`.
    state: String,
    /// When it was last found.
    found: String,
    /// Who decided, and when.
    by: Option<String>,
    decided: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct DoubleSide {
    customer: String,
    /// What they are known by, masked.
    known_by: Vec<KnownBy>,
}

#[derive(Serialize, ToSchema)]
struct KnownBy {
    /// `id`, `phone`, `email`, `name`, `address`, `external:…`.
    kind: String,
    value: String,
}

#[derive(Serialize, ToSchema)]
struct DoubleReason {
    code: String,
    title: Words,
    /// The weight of evidence in bits: above zero it speaks for one person.
    bits: f64,
    /// How many customers have the value that both have.
    n_with: Option<u64>,
}

impl From<verbs::Double> for DoublePair {
    fn from(double: verbs::Double) -> DoublePair {
        let verbs::Double { pair, sides, reasons } = double;
        let side = |side: verbs::Side| DoubleSide {
            customer: side.customer.to_string(),
            known_by: side.known_by.into_iter().map(|(kind, value)| KnownBy { kind, value }).collect(),
        };
        let reason = |one: verbs::Reason| DoubleReason {
            code: code(one.code),
            title: one.code.title().into(),
            bits: one.bits,
            n_with: one.n_with,
        };
        let [a, b] = sides.map(side);
        DoublePair {
            pair: format!("{}-{}", pair.a, pair.b),
            probability: pair.score as f64 / 10_000.0,
            a,
            b,
            reasons: reasons.into_iter().map(reason).collect(),
            state: pair.state,
            found: instant(pair.found),
            by: pair.account,
            decided: pair.decided.map(instant),
        }
    }
}

/// The name of a reason as it travels.
fn code(code: verbs::ReasonCode) -> String {
    let written = serde_json::to_value(code).ok();
    written.and_then(|value| value.as_str().map(str::to_string)).unwrap_or_default()
}

#[derive(Serialize, ToSchema)]
struct DoubleList {
    items: Vec<DoublePair>,
    next_cursor: Option<String>,
    n_open: i64,
    n_same: i64,
    n_different: i64,
    /// When pairs were last looked for; null: never.
    looked: Option<String>,
    /// How many less likely pairs were left out then.
    left_out: i64,
    /// Whether what speaks for a pair was weighed by what the data say; null: never looked.
    weights: Option<Words>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DoubleParams {
    /// `open` (if left out), `same` or `different`.
    state: Option<String>,
    /// At most so many, 200 at most; 50 if left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// What the page before gave.
    cursor: Option<String>,
}

fn verdict_of(name: &str, text: &str) -> Result<Verdict, Problem> {
    Verdict::parse(text).ok_or_else(|| {
        Problem::invalid(
            format!("{name} 须为 open、same 或 different"),
            format!("{name} is one of open, same, different"),
        )
    })
}

/// Pairs of customers that may be one person, the likeliest first
#[utoipa::path(get, path = "/identities/doubles", tag = "customers", params(DoubleParams),
    extensions(("x-permission" = json!("import_data"))),
    responses((status = 200, body = DoubleList), Guarded, NotUnderstood, WithFindings))]
async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(given): Query<DoubleParams>,
) -> Result<Json<DoubleList>, Problem> {
    let state = given.state.as_deref().map(|text| verdict_of("state", text)).transpose()?;
    let limit = limit_of(given.limit, 50, 200)? as usize;
    let state = state.unwrap_or(Verdict::Open);
    let found = verbs::list(&app.workspace, &who, state, given.cursor.as_deref(), limit).await?;
    let [n_open, n_same, n_different] = found.counts;
    Ok(Json(DoubleList {
        items: found.items.into_iter().map(DoublePair::from).collect(),
        next_cursor: found.next_cursor,
        n_open,
        n_same,
        n_different,
        looked: found.looked_us.map(instant),
        left_out: found.left_out,
        weights: found.weights.map(Words::from),
    }))
}

/// Look for pairs anew; what was decided stays
#[utoipa::path(post, path = "/identities/doubles", tag = "customers",
    extensions(("x-permission" = json!("import_data"))),
    responses((status = 202, body = JobView), Guarded))]
async fn look(State(app): State<App>, Caller(who): Caller) -> Result<(StatusCode, Json<JobView>), Problem> {
    let job = verbs::start(&app.workspace, &app.jobs, &who).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VerdictBody {
    /// `same`: one person, whose identities are linked. `different`: two, and the pair is not proposed again.
    /// `open`: what was said is taken back.
    verdict: String,
    /// Why, in words that name nobody; needed where identities are linked or taken apart.
    #[serde(default)]
    reason: String,
}

#[derive(Serialize, ToSchema)]
struct Verdicted {
    /// The job that writes the links; null where nothing is linked or taken apart.
    job: Option<JobView>,
}

/// Say that a pair is one person, or two, or take that back
#[utoipa::path(post, path = "/identities/doubles/{pair}", tag = "customers", params(("pair" = String, Path)),
    request_body = VerdictBody, extensions(("x-permission" = json!("import_data"))),
    responses((status = 200, body = Verdicted), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn decide(
    State(app): State<App>,
    Caller(who): Caller,
    Path(pair): Path<String>,
    Body(given): Body<VerdictBody>,
) -> Result<Json<Verdicted>, Problem> {
    let verdict = verdict_of("verdict", &given.verdict)?;
    let both = pair.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    let both = both.ok_or(WorkspaceError::NotFound { what: "pair" })?;
    let done = verbs::decide(&app.workspace, &app.jobs, &who, both, verdict, &given.reason).await?;
    Ok(Json(Verdicted {
        job: match done {
            Decided::Now => None,
            Decided::ByJob(job) => Some(view(&app, *job)),
        },
    }))
}
