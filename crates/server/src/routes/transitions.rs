//! `/transitions`, `/customers/{customer}/history`, `/segments/{segment}`: who changed, when and why; who
//! is where on any past day.

use axum::Json;
use axum::extract::State;
use gradus_model::Finding;
use gradus_workspace::access::Permission;
use gradus_workspace::base::Base;
use gradus_workspace::customers::{self, HistoryOf};
use gradus_workspace::transitions::{self as verbs, Cause, Kind, TransitionFilter};
use gradus_workspace::{WorkspaceError, instant_of};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::customers::CustomerPage;
use super::wire::{AsOf, Path, Query, limit_of};
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(counts))
        .routes(routes!(history))
        .routes(routes!(segment))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct TransitionParams {
    /// `tier`, `group` or `segment`.
    kind: Option<String>,
    /// The tier scheme, grouping or segment.
    name: Option<String>,
    /// A level or group; `$none`: not graded, in no group, or not there. Segments: `in` or `out`.
    from: Option<String>,
    to: Option<String>,
    /// `new`, `gone`, `values`, `cuts`, `both`, `override`, `decision` or `version`.
    cause: Option<String>,
    /// The earliest graded instant: a date or an instant.
    since: Option<String>,
    /// The latest graded instant.
    until: Option<String>,
    /// At most so many, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// What the page before gave.
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct TransitionPage {
    items: Vec<TransitionView>,
    next_cursor: Option<String>,
}

/// A change of tier, group or segment, and why.
#[derive(Serialize, ToSchema)]
struct TransitionView {
    id: String,
    customer: String,
    /// What they are called, masked.
    label: String,
    /// `tier`, `group` or `segment`.
    kind: String,
    name: String,
    title: Words,
    from: Option<String>,
    to: Option<String>,
    from_title: Words,
    to_title: Words,
    /// What is cut, before and after, where that is one value.
    value_before: Option<String>,
    value_after: Option<String>,
    /// The instants that were compared.
    since: String,
    as_of: String,
    /// `new`, `gone`, `values`, `cuts`, `both`, `override`, `decision` or `version`.
    cause: String,
    cause_title: Words,
    /// What moved, the furthest first.
    lines: Vec<Words>,
    is_correction: bool,
}

impl From<verbs::ListedTransition> for TransitionView {
    fn from(listed: verbs::ListedTransition) -> TransitionView {
        let one = listed.transition;
        TransitionView {
            id: one.id,
            customer: one.customer.to_string(),
            label: listed.label,
            kind: one.kind.code().into(),
            name: one.name,
            title: listed.title.into(),
            from: one.from,
            to: one.to,
            from_title: listed.from.into(),
            to_title: listed.to.into(),
            value_before: one.value_before,
            value_after: one.value_after,
            since: one.since,
            as_of: one.as_of,
            cause: one.cause.code().into(),
            cause_title: listed.cause.into(),
            lines: listed.lines.into_iter().map(Words::from).collect(),
            is_correction: one.is_correction,
        }
    }
}

fn kind_of(text: &str) -> Result<Kind, Problem> {
    Kind::from_code(text).ok_or_else(|| {
        Problem::invalid("kind 须为 tier、group 或 segment", "kind must be tier, group or segment")
    })
}

fn cause_of(text: &str) -> Result<Cause, Problem> {
    Cause::from_code(text).ok_or_else(|| {
        Problem::invalid(
            "cause 须为 new、gone、values、cuts、both、override、decision 或 version",
            "cause must be new, gone, values, cuts, both, override, decision or version",
        )
    })
}

/// Who changed tier, group or segment, and why; newest first
#[utoipa::path(get, path = "/transitions", tag = "runs", params(TransitionParams),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = TransitionPage), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(given): Query<TransitionParams>,
) -> Result<Json<TransitionPage>, Problem> {
    let place = |text: String| Some(text).filter(|text| text != "$none");
    let filter = TransitionFilter {
        kind: given.kind.as_deref().map(kind_of).transpose()?,
        name: given.name,
        from: given.from.map(place),
        to: given.to.map(place),
        cause: given.cause.as_deref().map(cause_of).transpose()?,
        since: given.since.map(|text| graded_at(&app, "since", text)).transpose()?,
        until: given.until.map(|text| graded_at(&app, "until", text)).transpose()?,
    };
    let limit = limit_of(given.limit, 50, 200)? as usize;
    let base = app.bases.newest(&app.workspace).await?;
    let found = verbs::list(&app.workspace, &who, &base, &filter, given.cursor.as_deref(), limit).await?;
    Ok(Json(TransitionPage {
        items: found.items.into_iter().map(TransitionView::from).collect(),
        next_cursor: found.next_cursor,
    }))
}

/// A date or an instant, as it was written: so are graded instants.
fn graded_at(app: &App, name: &str, text: String) -> Result<String, Problem> {
    match instant_of(text.trim(), &app.workspace.zone) {
        Ok(_) => Ok(text.trim().to_string()),
        Err(finding) => {
            let place = finding.place.clone().at(name);
            Err(WorkspaceError::from(Finding { place, ..finding }).into())
        }
    }
}

#[derive(Serialize, ToSchema)]
struct TransitionCounts {
    as_of: String,
    items: Vec<TransitionCountView>,
}

/// How many changed alike for one cause.
#[derive(Serialize, ToSchema)]
struct TransitionCountView {
    kind: String,
    name: String,
    title: Words,
    from: Option<String>,
    to: Option<String>,
    from_title: Words,
    to_title: Words,
    cause: String,
    cause_title: Words,
    n_customers: u64,
}

/// How many changed at an instant, from where, to where and why; most first
#[utoipa::path(get, path = "/transitions/counts", tag = "runs", params(AsOf),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = TransitionCounts), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn counts(
    State(app): State<App>,
    Caller(who): Caller,
    Query(given): Query<AsOf>,
) -> Result<Json<TransitionCounts>, Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    let (as_of, items) = verbs::counts(&app.workspace, &who, &base, given.as_of.as_deref()).await?;
    let item = |one: verbs::TransitionCount| TransitionCountView {
        kind: one.kind.code().into(),
        name: one.name,
        title: one.title.into(),
        from: one.from,
        to: one.to,
        from_title: one.from_title.into(),
        to_title: one.to_title.into(),
        cause: one.cause.code().into(),
        cause_title: one.cause_title.into(),
        n_customers: one.n_customers,
    };
    Ok(Json(TransitionCounts { as_of, items: items.into_iter().map(item).collect() }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct HistoryParams {
    /// One indicator, score, tier, segment or grouping; scores, tiers and groups if left out.
    name: Option<String>,
}

/// What was graded of a customer, instant by instant, and what changed in between.
#[derive(Serialize, ToSchema)]
struct CustomerHistory {
    columns: Vec<HistoryColumn>,
    /// Oldest first.
    items: Vec<HistoryPointView>,
    /// Newest first.
    moves: Vec<TransitionView>,
}

#[derive(Serialize, ToSchema)]
struct HistoryColumn {
    name: String,
    title: Words,
    /// `indicator`, `score`, `tier`, `segment` or `grouping`.
    kind: String,
}

#[derive(Serialize, ToSchema)]
struct HistoryPointView {
    as_of: String,
    run: String,
    /// The last event that counted; null if there was none yet.
    last_event: Option<String>,
    /// In the order of the columns; null: unknown, not applicable, not graded.
    values: Vec<Option<String>>,
    /// Titles of levels and groups in the place of their names.
    titles: Vec<Option<Words>>,
}

/// A customer's scores, tiers and groups over time, with the cause of each change
#[utoipa::path(get, path = "/customers/{customer}/history", tag = "customers",
    params(("customer" = String, Path), HistoryParams),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = CustomerHistory), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn history(
    State(app): State<App>,
    Caller(who): Caller,
    Path(customer): Path<i64>,
    Query(given): Query<HistoryParams>,
) -> Result<Json<CustomerHistory>, Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    let which = given.name.as_deref().map_or(HistoryOf::Grades, HistoryOf::Named);
    let found = customers::history_of(&app.workspace, &who, &base, &format!("#{customer}"), which).await?;
    let moves = verbs::of_one(&app.workspace, &who, &base, found.customer).await?;
    let moves =
        moves.into_iter().filter(|one| given.name.as_ref().is_none_or(|name| *name == one.transition.name));
    let point = |one: customers::HistoryPoint| HistoryPointView {
        as_of: one.as_of,
        run: one.run,
        last_event: one.last_event,
        values: one.values,
        titles: one.titles.into_iter().map(|title| title.map(Words::from)).collect(),
    };
    let column = |(name, title, kind): (String, gradus_model::Text, &'static str)| HistoryColumn {
        name,
        title: title.into(),
        kind: kind.into(),
    };
    Ok(Json(CustomerHistory {
        columns: found.columns.into_iter().map(column).collect(),
        items: found.points.into_iter().map(point).collect(),
        moves: moves.map(TransitionView::from).collect(),
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SegmentParams {
    /// Any past day; the newest grading if left out. Days that were not graded are graded for this question,
    /// for which one has to be allowed to grade.
    as_of: Option<String>,
    /// At most so many, 1000 at most.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// What the page before gave.
    cursor: Option<String>,
}

/// A segment as of a day, and who was in it.
#[derive(Serialize, ToSchema)]
struct SegmentMembership {
    segment: String,
    title: Words,
    /// The condition in words.
    words: Words,
    base: String,
    base_title: Words,
    n_base: u64,
    as_of: String,
    /// True if that day was graded for this question and is not stored.
    graded_for_this: bool,
    n_members: u64,
    n_unknown: u64,
    n_customers: u64,
    members: CustomerPage,
}

/// Who was in a segment on any past day
#[utoipa::path(get, path = "/segments/{segment}", tag = "customers", params(("segment" = String, Path), SegmentParams),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = SegmentMembership), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn segment(
    State(app): State<App>,
    Caller(who): Caller,
    Path(segment): Path<String>,
    Query(given): Query<SegmentParams>,
) -> Result<Json<SegmentMembership>, Problem> {
    let limit = limit_of(given.limit, 50, 1000)? as usize;
    let newest = app.bases.newest(&app.workspace).await?;
    let base = match given.as_of.as_deref() {
        Some(day) if !newest.instants.iter().any(|instant| instant == day) => {
            // Grading everybody for one question is work that not everybody may start.
            who.needs(Permission::RunJobs)?;
            std::sync::Arc::new(Base::as_of_apart(&app.workspace, &newest, day).await?)
        }
        day => app.bases.as_of(&app.workspace, day).await?,
    };
    let told = customers::segment(&app.workspace, &who, &base, &segment, limit, given.cursor).await;
    let told = told.map_err(Problem::of_path)?;
    Ok(Json(SegmentMembership {
        segment: told.segment,
        title: told.title.into(),
        words: told.words.into(),
        base: told.base,
        base_title: told.base_title.into(),
        n_base: told.n_base,
        as_of: told.as_of,
        graded_for_this: told.graded_for_this,
        n_members: told.n_members,
        n_unknown: told.n_unknown,
        n_customers: told.n_customers,
        members: told.members.into(),
    }))
}
