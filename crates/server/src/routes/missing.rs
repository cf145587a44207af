//! `/missing`: who stands provisionally because something is unknown, and what would settle most.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{AsOf, Query, apart};
use crate::caller::Caller;
use crate::problem::{FieldProblem, Words, field_problems};
use crate::refusals::{Conflicting, Guarded, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(see))
}

/// What is missing as of one instant.
#[derive(Serialize, ToSchema)]
struct MissingTable {
    as_of: String,
    /// One for each scheme that cuts a scorecard.
    schemes: Vec<MissingScheme>,
    /// Lines that leave more than a fifth of those with a tier provisional.
    findings: Vec<FieldProblem>,
}

#[derive(Serialize, ToSchema)]
struct MissingScheme {
    scheme: String,
    title: Words,
    scorecard: String,
    /// Customers with a tier.
    n_graded: u64,
    /// Of them those whose tier may change by what is unknown.
    n_provisional: u64,
    /// Mean share of the scorecard's weight that is known, 0 to 1.
    completeness: f64,
    /// Lines of the card, those that settle most first.
    lines: Vec<MissingLine>,
}

#[derive(Serialize, ToSchema)]
struct MissingLine {
    name: String,
    title: Words,
    /// `attribute` or `adjustment`.
    kind: String,
    /// Provisional customers for whom it is unknown.
    n_open: u64,
    /// Of them those who would stand firm if it were known, whatever it turned out to be.
    n_settled: u64,
}

/// Whose tier is provisional because something is unknown, and which line would settle most of them
#[utoipa::path(get, path = "/missing", tag = "runs", params(AsOf),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = MissingTable), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn see(
    State(app): State<App>,
    Caller(who): Caller,
    Query(given): Query<AsOf>,
) -> Result<Json<MissingTable>, Problem> {
    who.sees_everyone()?;
    let base = app.bases.as_of(&app.workspace, given.as_of.as_deref()).await?;
    let (workspace, runtime) = (app.workspace.clone(), tokio::runtime::Handle::current());
    // Everybody is looked at.
    let told = apart(move || runtime.block_on(gradus_workspace::missing_in(&workspace, &base))).await?;
    let line = |field: gradus_workspace::MissingField| MissingLine {
        name: field.name,
        title: field.title.into(),
        kind: if field.is_attribute { "attribute" } else { "adjustment" }.into(),
        n_open: field.n_open,
        n_settled: field.n_settled,
    };
    let scheme = |one: gradus_workspace::Missing| MissingScheme {
        scheme: one.scheme,
        title: one.title.into(),
        scorecard: one.scorecard,
        n_graded: one.n_graded,
        n_provisional: one.n_provisional,
        completeness: one.completeness.to_f64(),
        lines: one.fields.into_iter().map(line).collect(),
    };
    Ok(Json(MissingTable {
        as_of: told.as_of,
        schemes: told.schemes.into_iter().map(scheme).collect(),
        findings: field_problems(&told.findings),
    }))
}
