//! Rule sets (规则集): ordered rules that give points or a category.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, Named};
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
    /// First local date on which the rule holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Last local date on which the rule holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}
