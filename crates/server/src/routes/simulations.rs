//! `/simulate`, `/simulations`: everybody graded by another version, and whom it moves.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::simulate::{
    self, How, SimulatedFilter, SimulatedList, SimulatedOf, SteppedFilter, Stretch, What,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobView, view};
use super::wire::{Body, Path, Query, limit_of};
use crate::caller::Caller;
use crate::refusals::{Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(start)).routes(routes!(customers))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SimulateBody {
    /// `draft`, `folder`, or the number of a version.
    version: String,
    /// The model document as it is being edited, in the place of what is saved.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    document: Option<serde_json::Value>,
    /// A date; the newest graded one if left out.
    #[serde(default)]
    as_of: Option<String>,
    /// Over a stretch of history: its first date; a year before `to` if left out.
    #[serde(default)]
    from: Option<String>,
    /// Its last date; the newest graded one if left out.
    #[serde(default)]
    to: Option<String>,
    /// `day`, `week`, `month`, `quarter` or `year`; `month` if left out.
    #[serde(default)]
    every: Option<String>,
    /// Over history: also how often customers would have moved back and forth without the keep rules.
    #[serde(default)]
    flapping: Option<bool>,
}

/// Grade everybody by the draft or a version beside the one in force; nobody changes. The job's result
/// names the simulation (`id`) whose customers can be listed for a week. With any of `from`, `to`, `every`,
/// `flapping` over a stretch of history: the tiers step by step, moves, costs
#[utoipa::path(post, path = "/simulate", tag = "preview", request_body = SimulateBody,
    extensions(("x-permission" = json!("run_jobs"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Missing, WithFindings))]
async fn start(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<SimulateBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let what = What::parse(&given.version).ok_or_else(|| {
        Problem::invalid(
            "version 须为 draft、folder 或版本号",
            "version must be draft, folder or the number of a version",
        )
    })?;
    let SimulateBody { document, as_of, from, to, every, flapping, .. } = given;
    let edited = document.as_ref();
    if from.is_some() || to.is_some() || every.is_some() || flapping.is_some() {
        if as_of.is_some() {
            return Err(Problem::invalid(
                "as_of 与 from、to、every、flapping 不能同时写",
                "as_of does not go with from, to, every or flapping",
            ));
        }
        let stretch = Stretch { from, to, every, flapping: flapping.unwrap_or(false) };
        let job = simulate::start_history(&app.workspace, &app.jobs, &who, what, edited, stretch).await?;
        return Ok((StatusCode::ACCEPTED, Json(view(&app, job))));
    }
    let job = simulate::start(&app.workspace, &app.jobs, &who, what, edited, as_of).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SimulatedParams {
    /// A tier scheme; this or a segment.
    scheme: Option<String>,
    /// A segment; this or a tier scheme.
    segment: Option<String>,
    /// A level, `$not_graded`, or `$new`: was not there. Segments: `in` or `out`. From anywhere if left out.
    from: Option<String>,
    /// A level, `$not_graded`, or `$gone`: is not there any more. Segments: `in` or `out`. To anywhere if
    /// left out.
    to: Option<String>,
    /// Of a simulation over history: one of its instants. Levels are then those at that step, `from` those at
    /// the step before. Any of `step`, `by` and `how` looks into a simulation over history.
    step: Option<String>,
    /// Over history: `simulated`, which it is if left out, or `in_force`.
    by: Option<String>,
    /// Over history: `up`, `down`, `entered`, `left` or `moved`, at the step or at any; without a step also
    /// `back_and_forth`.
    how: Option<String>,
    /// At most so many, 1000 at most.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// What the page before gave.
    cursor: Option<String>,
}

/// Customers of a simulation, by number.
#[derive(Serialize, ToSchema)]
struct SimulatedPage {
    as_of: String,
    items: Vec<SimulatedCustomer>,
    next_cursor: Option<String>,
    total: u64,
}

#[derive(Serialize, ToSchema)]
struct SimulatedCustomer {
    customer: String,
    /// What they are called, masked.
    label: String,
    /// A level, `$not_graded` or `$new`; `in` or `out`.
    from: String,
    /// A level, `$not_graded` or `$gone`; `in` or `out`.
    to: String,
    /// What the scheme cuts; null for segments, and where there is no one value.
    value_before: Option<f64>,
    value_after: Option<f64>,
}

/// Whom a simulation moves: the customers of a cell of its matrix, or those who enter or leave a segment;
/// over history those of a level or a move, step by step
#[utoipa::path(get, path = "/simulations/{simulation}/customers", tag = "preview",
    params(("simulation" = String, Path), SimulatedParams), extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = SimulatedPage), Guarded, NotUnderstood, Missing, WithFindings))]
async fn customers(
    State(app): State<App>,
    Caller(who): Caller,
    Path(simulation): Path<String>,
    Query(given): Query<SimulatedParams>,
) -> Result<Json<SimulatedPage>, Problem> {
    let limit = limit_of(given.limit, 50, 1000)? as usize;
    let cursor = given.cursor.as_deref();
    if given.step.is_some() || given.by.is_some() || given.how.is_some() {
        let filter = stepped(&given)?;
        let found =
            simulate::stepped_customers(&app.workspace, &who, &simulation, &filter, cursor, limit).await?;
        return Ok(Json(found.into()));
    }
    let of = match (given.scheme, given.segment) {
        (Some(scheme), None) => SimulatedOf::Scheme(scheme),
        (None, Some(segment)) => SimulatedOf::Segment(segment),
        _ => {
            return Err(Problem::invalid(
                "请给出 scheme 或 segment 中的一个",
                "give either a scheme or a segment",
            ));
        }
    };
    let filter = SimulatedFilter { of, from: given.from, to: given.to };
    let found =
        simulate::simulated_customers(&app.workspace, &who, &simulation, &filter, cursor, limit).await?;
    Ok(Json(found.into()))
}

/// Which customers of a simulation over history are meant.
fn stepped(given: &SimulatedParams) -> Result<SteppedFilter, Problem> {
    let Some(scheme) = given.scheme.clone().filter(|_| given.segment.is_none()) else {
        return Err(Problem::invalid(
            "沿历史的试算按等级体系列出客户：请给出 scheme",
            "a simulation over history lists customers by tier: give a scheme",
        ));
    };
    let in_force = match given.by.as_deref() {
        None | Some("simulated") => false,
        Some("in_force") => true,
        Some(_) => {
            return Err(Problem::invalid(
                "by 须为 simulated 或 in_force",
                "by must be simulated or in_force",
            ));
        }
    };
    let how = given.how.as_deref().map(|text| How::parse(text).ok_or(())).transpose();
    let how = how.ok().filter(|how| *how != Some(How::BackAndForth) || given.step.is_none());
    let Some(how) = how else {
        return Err(Problem::invalid(
            "how 须为 up、down、entered、left 或 moved；不指定 step 时也可为 back_and_forth",
            "how must be up, down, entered, left or moved; without a step also back_and_forth",
        ));
    };
    let SimulatedParams { step, from, to, .. } = given;
    Ok(SteppedFilter { scheme, in_force, step: step.clone(), from: from.clone(), to: to.clone(), how })
}

impl From<SimulatedList> for SimulatedPage {
    fn from(found: SimulatedList) -> SimulatedPage {
        let item = |one: simulate::SimulatedCustomer| SimulatedCustomer {
            customer: one.customer.to_string(),
            label: one.label,
            from: one.from,
            to: one.to,
            value_before: one.value_before,
            value_after: one.value_after,
        };
        SimulatedPage {
            as_of: found.as_of,
            items: found.items.into_iter().map(item).collect(),
            next_cursor: found.next_cursor,
            total: found.total,
        }
    }
}
