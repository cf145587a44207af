//! Test cases (测试用例): what the author of a model expects of it, kept beside the rules. A case is one
//! customer, given by indicators or by events, and what shall come out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Named, Number};
use crate::Text;

/// One customer and what is expected of them. Either `inputs` or `events`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestCase {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// A date (its close) or an instant. Events need one; otherwise the workspace's clock says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Values by indicator. One that is left out is unknown; `null` is that there is nothing to state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Named<Value>>,
    /// Events of the customer: `kind`, `time`, and whatever columns and fields of events matter, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<BTreeMap<String, Value>>>,
    /// By how much numbers may differ; exact if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Number>,
    pub expect: Expected,
}

/// What shall come out; what is left out is not looked at.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Values of indicators; `null` where there is none.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub indicators: Named<Value>,
    /// Scores by scorecard.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub scores: Named<ExpectedScore>,
    /// What rule sets, decision tables, cross tables, trees and flows give, by the name of the outcome: a number, a
    /// text, true or false; `null` where nothing is given.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub outcomes: Named<Value>,
    /// Levels by tier scheme; `null` is not graded.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub tiers: Named<Option<String>>,
    /// Whether the customer is in a segment; `null` is that it cannot be told.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub segments: Named<Option<bool>>,
    /// Groups by grouping; `null` is in none.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub groupings: Named<Option<String>>,
}

/// What a scorecard shall give.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedScore {
    /// The score; its lower end where it is an interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Number>,
    /// The upper end of an interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<Number>,
    /// What each attribute or adjustment adds to the score, by name.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub points: Named<Number>,
    /// By how much these numbers may differ; that of the case if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Number>,
}
