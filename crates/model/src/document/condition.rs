//! Conditions: an SQL expression, or a tree that a page can draw. Both become the same expression.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Number, Span, Sql, Window};

/// A condition over everything known of a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Condition {
    /// `orders >= 3 and country = 'France'`
    Sql(Sql),
    Node(Box<ConditionNode>),
}

/// One node of the tree. Exactly one of `all`, `any`, `not`, `sql`, `value`, `did`, `did_not`,
/// `sequence`, `in_segment`, `in_list`, `tier` is given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionNode {
    /// Every one holds (且).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<Vec<Condition>>,
    /// At least one holds (或).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any: Option<Vec<Condition>>,
    /// It does not hold (非).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not: Option<Condition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<Sql>,
    /// The name of an indicator or score, tested by the keys below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more_than: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub less_than: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<serde_json::Value>>,
    /// True: the value is known. False: it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<bool>,
    /// Did it (做过).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub did: Option<Behaviour>,
    /// Did not do it (没做过).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub did_not: Option<Behaviour>,
    /// Did these one after the other (依次做过).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Sequence>,
    /// Is in another segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_segment: Option<String>,
    /// Is on an uploaded list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_list: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<TierTest>,
}

/// Events that happened, how often, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// The kind of event.
    pub event: String,
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<Sql>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

/// How often; at least once if nothing is given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Times {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exactly: Option<u32>,
}

/// Steps in order, each at most `within` after the one before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    pub steps: Vec<SequenceStep>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SequenceStep {
    pub event: String,
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<Sql>,
    /// At most this long after the step before, in local dates. Any time later if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
}

/// Where a customer stands in a tier scheme.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TierTest {
    pub scheme: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
}
