//! Rule sets (规则集): ordered rules that give points or a category.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, Named, Undecided};
use crate::Text;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    #[serde(default)]
    pub hit: HitPolicy,
    pub rules: Named<Rule>,
    /// What a rule does whose condition cannot be told: `does_not_hold` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided: Option<Undecided>,
    /// What is given when no rule matches: a number or a text. Unknown if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<serde_json::Value>,
}

/// Which matching rules count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HitPolicy {
    /// The one with the highest priority; among equals the first as written.
    #[default]
    First,
    /// The points of all are added.
    Sum,
    /// The greatest points.
    Max,
    /// The least points.
    Min,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    pub when: Condition,
    /// A number (points) or a text (a category); the same in all rules of a set.
    pub then: serde_json::Value,
    /// Higher first. 0 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// Of the rules of one group only the first that matches counts, by priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Rules after this one that do not count where this one does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excludes: Vec<String>,
    /// First local date on which the rule holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Last local date on which the rule holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}
