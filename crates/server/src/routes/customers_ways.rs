//! `/customers/{customer}/ways`: what lifts or keeps the tier, as things that the customer can do by a date.

use axum::Json;
use axum::extract::State;
use gradus_workspace::{Deed, Goal, Lifting, WorkspaceError, customers, instant_of, way_words};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{AsOf, Path, Query};
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(ways))
}

/// What a customer can do for their tiers.
#[derive(Serialize, ToSchema)]
struct CustomerWays {
    customer: String,
    /// The graded instant that it is told of.
    as_of: String,
    run: String,
    schemes: Vec<SchemeWays>,
}

/// The same for one scheme.
#[derive(Serialize, ToSchema)]
struct SchemeWays {
    scheme: String,
    title: Words,
    /// Null: not graded.
    level: Option<String>,
    level_title: Option<Words>,
    /// Why there are no goals: a person set the tier, or the highest level is kept anyway.
    none_because: Option<Words>,
    /// What would keep the level comes first.
    goals: Vec<TierGoal>,
}

/// A level, and what suffices for it.
#[derive(Serialize, ToSchema)]
struct TierGoal {
    level: String,
    level_title: Words,
    /// The customer is in that level and would lose it.
    keeps: bool,
    /// The last local date on which to do it: that of the decision.
    by: String,
    /// The first local date on which to do it: what is done before may be too long ago by then. Null: at once.
    not_before: Option<String>,
    /// `to_do`: any one of `ways` suffices. `by_itself`: nothing more is needed. `out_of_reach`: that says why.
    state: &'static str,
    /// Each alone suffices; a way of two deeds is the smallest pair, where nothing single suffices.
    ways: Vec<TierWay>,
    /// What suffices before `not_before`, too, and is more than `ways`; each alone. Empty: nothing else is to be told.
    sooner: Vec<TierWay>,
    out_of_reach: Option<Words>,
    /// All of it in one sentence.
    words: Words,
}

/// What suffices, whether it is done at once (not before `not_before`) or on the last day; one unit less does not.
#[derive(Serialize, ToSchema)]
struct TierWay {
    words: Words,
    deeds: Vec<TierDeed>,
}

/// Something that a customer does.
#[derive(Serialize, ToSchema)]
struct TierDeed {
    /// A kind of event; `order_line` is an order.
    kind: String,
    title: Words,
    times: u32,
    /// What each order amounts to at least, in whole units of `currency`; null: any amount, or no order.
    amount: Option<i64>,
    currency: Option<String>,
}

/// What lifts or keeps the tiers: things to do by a date, searched by grading with them added
#[utoipa::path(get, path = "/customers/{customer}/ways", tag = "customers",
    params(("customer" = String, Path), AsOf), extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = CustomerWays), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn ways(
    State(app): State<App>,
    Caller(who): Caller,
    Path(customer): Path<i64>,
    Query(given): Query<AsOf>,
) -> Result<Json<CustomerWays>, Problem> {
    let workspace = &app.workspace;
    let at = |text: &String| instant_of(text, &workspace.zone).map(|us| workspace.as_of(us));
    let as_of = given.as_of.as_ref().map(at).transpose().map_err(WorkspaceError::from)?;
    let base = app.bases.newest(workspace).await?;
    let found = customers::ways(workspace, &who, &base, customer, as_of).await?;
    let currency = &workspace.settings.currency;
    Ok(Json(CustomerWays {
        customer: customer.to_string(),
        as_of: found.as_of,
        run: found.run,
        schemes: found.schemes.into_iter().map(|own| scheme_ways(own, currency)).collect(),
    }))
}

fn scheme_ways(own: Lifting, currency: &str) -> SchemeWays {
    SchemeWays {
        scheme: own.scheme,
        title: own.title.into(),
        level: own.level,
        level_title: own.level_title.map(Words::from),
        none_because: own.none_because.map(Words::from),
        goals: own.goals.into_iter().map(|goal| tier_goal(goal, currency)).collect(),
    }
}

fn tier_goal(goal: Goal, currency: &str) -> TierGoal {
    let state = match (&goal.out_of_reach, goal.ways.is_empty()) {
        (Some(_), _) => "out_of_reach",
        (None, true) => "by_itself",
        (None, false) => "to_do",
    };
    let way = |deeds: Vec<Deed>| TierWay {
        words: way_words(&deeds, currency).into(),
        deeds: deeds.into_iter().map(|deed| tier_deed(deed, currency)).collect(),
    };
    TierGoal {
        level: goal.level,
        level_title: goal.level_title.into(),
        keeps: goal.keeps,
        by: goal.by,
        not_before: goal.not_before,
        state,
        ways: goal.ways.into_iter().map(way).collect(),
        sooner: goal.sooner.into_iter().map(way).collect(),
        out_of_reach: goal.out_of_reach.map(Words::from),
        words: goal.words.into(),
    }
}

fn tier_deed(deed: Deed, currency: &str) -> TierDeed {
    TierDeed {
        kind: deed.kind,
        title: deed.title.into(),
        times: deed.times,
        currency: deed.amount.map(|_| currency.to_string()),
        amount: deed.amount,
    }
}
