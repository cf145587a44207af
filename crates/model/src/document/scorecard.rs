//! Scorecards (评分卡): weighted attributes, each cut into bins with points, plus adjustments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, Named, Number, Span, Sql, Window};
use crate::Text;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scorecard {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    #[serde(default)]
    pub combine: Combine,
    /// Points that everyone starts with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_points: Option<Number>,
    #[serde(default)]
    pub attributes: Named<Attribute>,
    /// Point rules, positive and negative.
    #[serde(default)]
    pub adjustments: Named<Adjustment>,
    /// Limits on the sum of the points of a group.
    #[serde(default)]
    pub groups: Named<Caps>,
    /// Limits on the score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Caps>,
    /// Reason codes (原因代码): which attributes speak most against a score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Reasons>,
}

/// How the attributes are ranked as reasons for a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reasons {
    pub rank: ReasonRank,
    /// What the points are compared with where an attribute gives no baseline of its own. 0 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Number>,
}

/// What makes a reason: greater differences first, among equals the first as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReasonRank {
    /// Points less the baseline: for cards on which many points are bad.
    PointsAbove,
    /// The baseline less the points: for cards on which few points are bad.
    PointsBelow,
}

/// How the points of the attributes become the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// The points are added; weights must be 1.
    #[default]
    Sum,
    /// Points times weight, added.
    WeightedSum,
    /// Points times weight, added, then stretched so that the least attainable is 0 and the
    /// greatest 100.
    Scaled,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// What is cut into bins: an indicator, or an expression over indicators and scores. Left out
    /// beside `cases`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: Sql,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    // Exactly one of `bins`, `quantiles`, `slope`, `cases` says how the value becomes points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bins: Option<Vec<Bin>>,
    /// Bins with cuts estimated on the graded population: a fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantiles: Option<QuantileBins>,
    /// Points in proportion to the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slope: Option<Slope>,
    /// Conditions over several values, each with its points: the first that holds counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cases: Option<Vec<ScoreCase>>,
    /// Values that stand for something else, looked at before the bins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub special: Vec<Bin>,
    /// What an unknown value does. An interval if left out.
    #[serde(default)]
    pub unknown: Unknown,
    /// The code under which an unknown value is a reason, instead of the attribute's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_reason: Option<String>,
    /// Points for not applicable (an average of no orders). Like unknown if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_applicable: Option<Number>,
    /// Limits on the points of this attribute after weighting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Caps>,
    /// How the points must go with the value. The check holds the bins to it, value by value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monotone: Option<Monotone>,
    /// The code under which this attribute is a reason; a bin may have its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Points that neither speak for nor against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Number>,
}

/// The direction in which points go with the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Monotone {
    /// A greater value never has fewer points.
    Increasing,
    /// A greater value never has more points.
    Decreasing,
}

/// A bin: `[from, below)` for numbers, `in` for categories, `else` for the rest.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bin {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Number>,
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<serde_json::Value>>,
    /// Every value that no other bin takes.
    #[serde(default, rename = "else", skip_serializing_if = "std::ops::Not::not")]
    pub otherwise: bool,
    pub points: Number,
    /// The code under which this bin is a reason, instead of its attribute's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A row of a complex scorecard: a condition over several values, and what it gives.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreCase {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// Every customer that no other case takes.
    #[serde(default, rename = "else", skip_serializing_if = "std::ops::Not::not")]
    pub otherwise: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Number>,
    /// Points that are computed, instead of `points`; limits are then needed in `cap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_of: Option<Sql>,
    /// The code under which this case is a reason, instead of its attribute's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Quantile bins, lowest values first. Equal values share a bin: edges are the sample quantiles
/// (linear interpolation), intervals closed on the right. Where values repeat so often that edges
/// coincide, there are fewer bins, and `ties` says which they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuantileBins {
    /// Points for each bin; five of them make quintiles.
    pub points: Vec<Number>,
    /// What becomes of bins whose edges coincide: `keep` if left out.
    #[serde(default, skip_serializing_if = "Ties::is_keep")]
    pub ties: Ties,
}

/// What becomes of quantile bins whose edges coincide because values repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// Each bin keeps its number, and those between coinciding edges stay empty: the greatest values
    /// are always in the last bin, the least in the first.
    #[default]
    Keep,
    /// What is left is numbered from the lowest without gaps, as `pandas.qcut(duplicates="drop")`: of
    /// five bins the greatest values may be in the third.
    Renumber,
}

impl Ties {
    pub fn is_keep(&self) -> bool {
        *self == Ties::Keep
    }
}

/// `points_each` for every `per` of value, rounded half away from zero to four digits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slope {
    pub points_each: Number,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<Number>,
}

/// What an unknown value does to the score.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// The score becomes an interval from the least to the greatest points of this attribute.
    #[default]
    Interval,
    /// The weight goes to the attributes that are known; completeness is shown.
    Reweight,
    /// A bin of its own with these points.
    Points(Number),
}

/// Limits; either may be left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Caps {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Number>,
}

/// A point rule: `when` holds, or once `per_event`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_event: Option<PerEvent>,
    /// Points given when `when` holds, or for each event.
    pub points: Number,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Caps>,
}

/// Events that each give points, less so as they age.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PerEvent {
    pub event: String,
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<Sql>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decay: Option<Decay>,
}

/// How points fade with the age of the event in local dates; rounded per event to four digits,
/// then summed exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decay {
    /// Points times (1 - age / span), never below zero.
    Linear(Span),
    /// Points times 2^(-age / span).
    HalfLife(Span),
}
