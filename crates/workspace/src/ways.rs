//! What lifts or keeps a tier (升级与保级办法): things that the customer can do by a date, found by adding
//! events to the customer's own and grading again by the same code, through both stages and the keep rules.
//! What is found suffices whether it is done at once or on the last day, and one unit less does not. Where nothing
//! does, because what is done too early is too long ago by then, it suffices from a day on that is said.

mod added;
mod search;
mod words;

pub use words::way_words;

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, RecordBatch};
use gradus_grading::fold::{AsOf, FoldPlan, closes_step, day_of};
use gradus_grading::grade::{Fits, Needed, OVERRIDDEN, Remembered, StageB, Standing};
use gradus_model::Text;
use gradus_model::document::{Decide, Model, Promote, SpanUnit, TierScheme};
use serde::Serialize;

use crate::{Workspace, WorkspaceError};
use search::Search;

/// The kind of event that is an order.
const ORDER: &str = "order_line";
/// Kinds of event that nobody does to reach a tier.
const NO_DEEDS: [&str; 5] = ["refund", "list", "attribute", "identify", "campaign"];
/// Greatest amount of an order that is tried, in whole units of the workspace's currency.
const MOST_AMOUNT: i64 = 10_000_000;
/// Most orders of any amount, and most events of another kind, that are tried.
const MOST_ORDERS: u32 = 12;
const MOST_DEEDS: u32 = 6;
/// Kinds of event that are tried, those named first in the model.
const MOST_KINDS: usize = 8;
/// Variants that are graded at a time.
const VARIANTS: i64 = 40;
/// Days that there are to do something where tiers are decided every day, at least.
const FEW_DAYS: i32 = 7;

/// What would lift a customer to a level, or keep them there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Goal {
    pub scheme: String,
    pub level: String,
    pub level_title: Text,
    /// The customer is in that level and would lose it.
    pub keeps: bool,
    /// The last local date on which to do it: that of the decision.
    pub by: String,
    /// The first local date on which to do it: what is done before may be too long ago by then. None: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// Each alone suffices; empty if nothing more is needed, or nothing was found.
    pub ways: Vec<Vec<Deed>>,
    /// What suffices at once as well as on the last day, where `ways` are less and suffice from `not_before` on only;
    /// each alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sooner: Vec<Vec<Deed>>,
    /// Why nothing was found.
    pub out_of_reach: Option<Text>,
    pub words: Text,
}

/// Something that a customer does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deed {
    pub kind: String,
    pub title: Text,
    pub times: u32,
    /// What each order amounts to at least, in whole units of the workspace's currency; none: any amount.
    pub amount: Option<i64>,
}

/// A customer as of an instant, as whoever explains the tier has found them.
pub(crate) struct Ground<'a> {
    pub workspace: &'a Workspace,
    pub model: &'a Model,
    pub stage_b: &'a StageB,
    /// What of it decides the tiers, and the fold for that, over the references' facts.
    pub needed: Needed,
    pub plan: FoldPlan,
    /// All events, under the identities that these are.
    pub events: &'a [RecordBatch],
    pub owners: &'a BTreeMap<i64, i64>,
    pub uncovered: &'a BTreeSet<String>,
    /// The customer's row, with what was decided.
    pub row: &'a RecordBatch,
    pub fits: &'a Fits,
    pub as_of: AsOf,
    /// Kinds of event with what they are called.
    pub kinds: Vec<(String, Text)>,
}

/// What a customer can do for the tier of one scheme.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lifting {
    pub scheme: String,
    pub title: Text,
    pub level: Option<String>,
    pub level_title: Option<Text>,
    /// What would keep the level comes first.
    pub goals: Vec<Goal>,
    /// Why there are none.
    pub none_because: Option<Text>,
}

/// What would lift or keep the tier of every scheme.
pub(crate) fn liftings(ground: &Ground<'_>, standings: &[Standing]) -> Result<Vec<Lifting>, WorkspaceError> {
    let mut out = Vec::new();
    for standing in standings {
        let Some(scheme) = ground.model.tiers.get(&standing.scheme) else { continue };
        let level = standing.level.clone();
        let titled = level.as_ref().and_then(|name| scheme.levels.get(name).map(|level| (name, level)));
        let level_title =
            titled.map(|(name, level)| level.title.clone().unwrap_or_else(|| Text::plain(name)));
        let (goals, none_because) = match goals(ground, standing, scheme)? {
            Ok(goals) => (goals, None),
            Err(reason) => (Vec::new(), Some(reason)),
        };
        let (scheme, title) = (standing.scheme.clone(), standing.title.clone());
        out.push(Lifting { scheme, title, level, level_title, goals, none_because });
    }
    Ok(out)
}

/// The goals of one scheme, or why there are none.
fn goals(
    ground: &Ground<'_>,
    standing: &Standing,
    scheme: &TierScheme,
) -> Result<Result<Vec<Goal>, Text>, WorkspaceError> {
    let set = ground.row.column_by_name(&format!("{OVERRIDDEN}{}", standing.scheme));
    if set.is_some_and(|column| column.is_valid(0)) {
        return Ok(Err(Text::new(
            "等级由人工设定，目前既不因客户的行为上升，也不因此下降",
            "a person set the tier: for now nothing that the customer does lifts or lowers it",
        )));
    }
    let Some(deadline) = deadline(scheme, standing, ground.as_of) else {
        return Ok(Err(Text::new("没有将到的评定时点", "no decision is to come")));
    };
    let Some(search) = Search::new(ground, standing, scheme, deadline)? else {
        return Ok(Err(Text::new("这位客户还没有任何事件", "this customer has no events yet")));
    };
    // So soon after a fall nothing lifts at the next decision: what does at the first that may is looked for.
    let calm = standing.remembered.as_ref().and_then(|one| one.rises_from.as_deref());
    let calm = calm.and_then(|text| text.parse().ok()).map(day_of).filter(|day| *day > deadline);
    let rises = match calm {
        Some(day) => Search::new(ground, standing, scheme, day)?,
        None => None,
    };
    let rises = rises.map(|search| search.after_a_fall());
    let goals = search.goals(rises.as_ref())?;
    if goals.is_empty() {
        let by = search.by();
        return Ok(Err(Text::new(
            format!("已是最高等级，{by} 前无须再做什么即可保持"),
            format!("the highest level already, and it stays until {by} with nothing more to do"),
        )));
    }
    Ok(Ok(goals))
}

/// The day by whose close something has to be done: the next review, or the end of a month where tiers are
/// decided every day; of a tier that is kept for a while, the end of that.
fn deadline(scheme: &TierScheme, standing: &Standing, as_of: AsOf) -> Option<i32> {
    let remembered: Option<&Remembered> = standing.remembered.as_ref();
    let day = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok()).map(day_of);
    let until = remembered.and_then(|one| day(&one.until)).filter(|until| *until > as_of.day);
    if until.is_some() {
        return until;
    }
    let at_once = scheme.promote == Some(Promote::AtOnce);
    let (from, unit) = match scheme.decide {
        Decide::Anniversary | Decide::TierAnniversary if !at_once => {
            return remembered.and_then(|one| day(&one.next_review));
        }
        Decide::Monthly if !at_once => (1, SpanUnit::Month),
        Decide::Quarterly if !at_once => (1, SpanUnit::Quarter),
        Decide::Yearly if !at_once => (1, SpanUnit::Year),
        _ => (FEW_DAYS, SpanUnit::Month),
    };
    (as_of.day + from..as_of.day + from + 367).find(|day| closes_step(*day, unit))
}

/// The kinds of event that are tried beside orders, with what they are called: those that the model names.
pub(crate) fn kinds_of(named: Vec<String>, titles: &BTreeMap<String, Text>) -> Vec<(String, Text)> {
    let mut out: Vec<(String, Text)> = Vec::new();
    for kind in named {
        let is_deed = kind != ORDER && !NO_DEEDS.contains(&kind.as_str());
        if is_deed && !out.iter().any(|(known, _)| *known == kind) && out.len() < MOST_KINDS {
            let title = titles.get(&kind).cloned().unwrap_or_else(|| Text::plain(&kind));
            out.push((kind, title));
        }
    }
    out
}
