//! Segments (分群): named sets of customers over a stated base; groupings: families of disjoint ones.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, Named, Number, Sql, Ties};
use crate::Text;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// The population that the segment is a part of: `everyone`, or the name of another segment.
    /// `not` and `did_not` speak of this base and of nobody else.
    pub base: String,
    #[serde(rename = "where")]
    pub condition: Condition,
}

/// A family of disjoint segments: each customer of the base falls in at most one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grouping {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    pub base: String,
    pub kind: GroupingKind,
    /// For `rfm8` and `rfm11`: the three indicators. Fewer days since the last order is better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recency: Option<Sql>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency: Option<Sql>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monetary: Option<Sql>,
    /// For `rfm8`: where high begins: `mean` (default), `median`, or three numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<RfmSplit>,
    /// For `rfm11`: what becomes of quintiles whose edges coincide because values repeat, as orders do:
    /// `keep` if left out, so that the best are always a 5; `renumber` as other tools do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ties: Option<Ties>,
    /// For `waterfall`: layers in order; the first that holds takes the customer.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub layers: Named<Layer>,
    /// For `by_value`: the category whose values name the segments. For `bands`: the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Sql>,
    /// For `bands`: cuts of n numbers make n + 1 bands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<Number>,
    /// For `buckets`: the seed; another seed gives an independent draw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// For `buckets`: the share of each in percent, by name; they add up to 100.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub shares: Named<Number>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupingKind {
    /// Eight classes by high or low recency, frequency, monetary value (重要价值 … 一般挽留).
    Rfm8,
    /// Eleven segments by the complete table of 125 quintile codes (Champions … Lost).
    Rfm11,
    /// Ordered conditions; the first that holds takes the customer.
    Waterfall,
    /// One segment for each value of a category: country, industry, favourite category.
    ByValue,
    /// Bands of a number.
    Bands,
    /// Random buckets by seed: the same customer always falls in the same one.
    Buckets,
}

/// Where high begins in the eight-class RFM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RfmSplit {
    Mean,
    Median,
    /// Days, orders, money.
    Fixed(Number, Number, Number),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// Everybody left if left out.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "where")]
    pub condition: Option<Condition>,
}
