//! Rule flows (规则流): named steps in order, with branches, each taking the result of a form.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, Named, Sql};
use crate::Text;

/// Steps in order. The result of a step is called `FLOW_STEP` everywhere; later steps of the flow, and
/// the forms that they use, may read it. The flow's own name is the result of `gives`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    pub steps: Named<FlowStep>,
    /// The step whose result is the flow's. The last if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gives: Option<String>,
}

/// A step: either `use`, or `branches` of which the first that holds is taken.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowStep {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The step is passed over where this does not hold, and has no result there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// The name of a form (a table, tree, scorecard, rule set, flow), or an expression over names.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub takes: Option<Sql>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<FlowBranch>,
    /// What is used where no branch holds. Nothing if left out.
    #[serde(default, rename = "else", skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Sql>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowBranch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    pub when: Condition,
    /// The name of a form, or an expression over names.
    #[serde(rename = "use")]
    pub takes: Sql,
}
