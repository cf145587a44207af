//! Cross tables (交叉决策表): two axes, each of one or several conditions, and a value where they meet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cell, Named, Outcome, TableInput, Undecided};
use crate::Text;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrossTable {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    pub rows: CrossAxis,
    pub columns: CrossAxis,
    /// `cells[row][column]`, in the order of the bands: numbers or texts, the same in all; null gives
    /// nothing.
    pub cells: Vec<Vec<Outcome>>,
    /// What is given when no band of an axis is hit. Unknown if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Undecided::is_default")]
    pub undecided: Undecided,
}

/// An axis: what its bands test, and the bands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrossAxis {
    pub inputs: Named<TableInput>,
    pub bands: Vec<CrossBand>,
}

/// A line of the axis: the first whose cells all hold counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrossBand {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// One cell for each input of the axis.
    pub when: Vec<Cell>,
}
