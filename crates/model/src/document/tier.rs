//! Tier schemes (等级体系): ordered levels; a customer has at most one per scheme.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Benefit, Condition, Named, Number, Span, Sql};
use crate::Text;

/// A tier scheme. Either `by` with levels that state `from`, `top_percent` or a quota, or a `grid`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TierScheme {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// The score or expression that the levels cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Sql>,
    /// Two axes and a table of levels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<Grid>,
    /// Levels from lowest to highest.
    pub levels: Named<Level>,
    /// Who is graded. Everyone if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eligible: Option<Condition>,
    /// What people are told who are not graded (未定级).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_graded: Option<NotGraded>,
    /// When the tier is decided: the review calendar.
    #[serde(default)]
    pub decide: Decide,
    /// First local date at whose close the scheme may decide. A scheme that remembers is decided from
    /// there, review by review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// When a customer rises: at a review if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promote: Option<Promote>,
    /// How long a level is kept, whatever the value does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Keep>,
    /// Stretches in which nobody falls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<Freeze>,
}

impl TierScheme {
    /// True if a decision depends on those before it, and not on the values of the instant alone.
    pub fn remembers(&self) -> bool {
        self.promote == Some(Promote::AtOnce)
            || self.keep.is_some()
            || !self.freeze.is_empty()
            || matches!(self.decide, Decide::Anniversary | Decide::TierAnniversary)
            || self.levels.iter().any(|(_, level)| level.demote.is_some())
    }
}

/// When a customer rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Promote {
    /// As soon as the threshold is reached; it is firm at the close of that local day.
    AtOnce,
    /// At the next review.
    Review,
}

/// How long a level is kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// Minimum stay: so long after entering a level nobody falls from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Span>,
    /// Grace period: so long after the value was first found below the level it is still kept. Who is
    /// back above by then has lost nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<Span>,
    /// So long after falling nobody rises again. At once if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_fall: Option<Span>,
    /// At most one level down at a review.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub one_level: bool,
}

/// A stretch of local dates, both included, in which nobody falls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// First local date.
    pub from: String,
    /// Last local date.
    pub until: String,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The least value of this level: whoever reaches it rises. The lowest level has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Number>,
    /// Whoever is in this level falls below this value only; `from` if left out. Not above `from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demote: Option<Number>,
    /// The best so many percent of the eligible customers, ties included: a cut-off that is
    /// estimated in the run and frozen as a fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_percent: Option<Number>,
    /// Exactly so many customers are in this level, the best of the eligible that are not in a higher
    /// one; equal values are told apart by the customer's number. Settled at each review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<u32>,
    /// The same as a share of the eligible customers, rounded down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_percent: Option<Number>,
    /// What the level gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub benefits: Vec<Benefit>,
}

/// Two axes mapped to ordered levels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    pub rows: GridAxis,
    pub columns: GridAxis,
    /// `cells[row][column]`, lowest values first: names of levels.
    pub cells: Vec<Vec<String>>,
}

/// An axis: `cuts` of n numbers make n + 1 bands, each `[cut, next)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GridAxis {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    pub value: Sql,
    pub cuts: Vec<Number>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotGraded {
    pub reason: Text,
}

/// The decision instants of a scheme. The tier as of an instant is the one decided at the last
/// decision instant at or before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decide {
    /// The close of each local day.
    #[default]
    Daily,
    /// The close of the last local day of each month.
    Monthly,
    /// Of each quarter.
    Quarterly,
    /// Of each year.
    Yearly,
    /// The close of each anniversary of the customer's entry into the scheme.
    Anniversary,
    /// The close of each anniversary of the customer's entry into the level that they are in.
    TierAnniversary,
}
