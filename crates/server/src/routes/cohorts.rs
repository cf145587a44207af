//! `/cohorts`: customers by when they first bought, and how many of them stayed.

use axum::Json;
use axum::extract::State;
use gradus_workspace::cohorts::{self as verbs, CohortStep};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::Query;
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Conflicting, Guarded, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(see))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CohortParams {
    /// `month` (if left out) or `quarter`.
    by: Option<String>,
}

/// Retention and value by the month or quarter of the first purchase.
#[derive(Serialize, ToSchema)]
struct CohortTable {
    /// The graded instant that they are counted as of.
    as_of: String,
    by: String,
    /// The indicator that says what a purchase is.
    purchase: NamedIndicator,
    /// The indicator that says what it is worth; null if the model has none.
    value: Option<NamedIndicator>,
    cohorts: Vec<CohortView>,
    /// Customers whose first purchase lies before the first cohort.
    n_earlier: u64,
    /// Customers without any purchase.
    n_without: u64,
}

#[derive(Serialize, ToSchema)]
struct NamedIndicator {
    name: String,
    title: Words,
}

impl From<(String, gradus_model::Text)> for NamedIndicator {
    fn from((name, title): (String, gradus_model::Text)) -> NamedIndicator {
        NamedIndicator { name, title: title.into() }
    }
}

#[derive(Serialize, ToSchema)]
struct CohortView {
    /// `2011-03` or `2011-Q1`.
    cohort: String,
    size: u64,
    /// That of the first purchase, then each one after.
    periods: Vec<CohortPeriodView>,
}

#[derive(Serialize, ToSchema)]
struct CohortPeriodView {
    period: String,
    n_active: u64,
    /// Share of the cohort that bought in it, 0 to 1.
    active: f64,
    /// What the cohort brought in it; null if the model has no such sum.
    value: Option<f64>,
    /// True if the period goes on beyond the grading.
    runs: bool,
}

/// The step that a parameter names.
pub fn step_of(text: &str) -> Result<CohortStep, Problem> {
    CohortStep::parse(text)
        .ok_or_else(|| Problem::invalid("by 须为 month 或 quarter", "by must be month or quarter"))
}

/// Cohorts: retention share and value per period after the first purchase
#[utoipa::path(get, path = "/cohorts", tag = "runs", params(CohortParams),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = CohortTable), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn see(
    State(app): State<App>,
    Caller(who): Caller,
    Query(given): Query<CohortParams>,
) -> Result<Json<CohortTable>, Problem> {
    let by = step_of(given.by.as_deref().unwrap_or("month"))?;
    let base = app.bases.newest(&app.workspace).await?;
    let told = verbs::cohorts(&app.workspace, &who, &base, by).await?;
    let period = |one: verbs::CohortPeriod| CohortPeriodView {
        period: one.period,
        n_active: one.n_active,
        active: one.active,
        value: one.value,
        runs: one.runs,
    };
    let cohort = |one: verbs::Cohort| CohortView {
        cohort: one.cohort,
        size: one.size,
        periods: one.periods.into_iter().map(period).collect(),
    };
    Ok(Json(CohortTable {
        as_of: told.as_of,
        by: given.by.unwrap_or_else(|| "month".into()),
        purchase: told.purchase.into(),
        value: told.value.map(NamedIndicator::from),
        cohorts: told.cohorts.into_iter().map(cohort).collect(),
        n_earlier: told.n_earlier,
        n_without: told.n_without,
    }))
}
