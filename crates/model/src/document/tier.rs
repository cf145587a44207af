//! Tier schemes (等级体系): ordered levels; a customer has at most one per scheme.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Benefit, Condition, Named, Number, Sql};
use crate::Text;

/// A tier scheme. Either `by` with levels that state `from` or `top_percent`, or a `grid`.
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
    /// When the tier is decided.
    #[serde(default)]
    pub decide: Decide,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The least value of this level. The lowest level has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Number>,
    /// The best so many percent of the eligible customers, ties included: a cut-off that is
    /// estimated in the run and frozen as a fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_percent: Option<Number>,
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
}
