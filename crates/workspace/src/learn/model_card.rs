//! The card of a learned prediction (model card): what it was made of, how good it is, how sure that is, and if
//! there is none, why not. The page and the report show it.

use gradus_model::Text;
use serde::{Deserialize, Serialize};

use super::propensity::Survival;
use super::separation::{Promised, Separated, Slice};

/// A column that a prediction gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gives {
    pub name: String,
    pub title: Text,
    /// `share`, `money`, `number` or `text`.
    pub unit: String,
}

/// A fact about the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Datum {
    pub title: Text,
    pub value: serde_json::Value,
    /// `count`, `money`, `share` or `date`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A date from which it was learned, or on which it was held to what came after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CardDate {
    pub as_of: String,
    pub until: String,
    pub n: u64,
    pub n_with: u64,
    pub held_out: bool,
}

/// One figure that says how good it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    pub name: String,
    pub title: Text,
    pub value: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// `share` or `number`.
    pub unit: String,
    /// `more` or `less`.
    pub better: String,
}

/// A number of the regression, in the unit of its column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CardParameter {
    pub name: String,
    pub title: Text,
    pub value: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
}

/// How much a feature weighs among all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorWeight {
    pub name: String,
    pub title: Text,
    /// Its share of what all features together move, customer by customer.
    pub weight: f64,
    /// `up`: more of it, likelier; `down`; `mixed` of categories and what turns.
    pub direction: String,
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    pub code: String,
    pub message: Text,
    pub hint: Text,
}

/// The card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    pub name: String,
    pub title: Text,
    /// `propensity`.
    pub kind: String,
    /// `fitted`, `refused` or `not_fitted`.
    pub state: String,
    pub method: Text,
    /// The last day of what it was learned from.
    pub as_of: Option<String>,
    pub fitted_at: Option<String>,
    pub fit: Option<i64>,
    pub version: Option<i64>,
    pub base: String,
    /// What happens, and how it is counted.
    pub outcome: Text,
    pub outcome_words: Text,
    pub horizon: Text,
    pub gives: Vec<Gives>,
    pub data: Vec<Datum>,
    pub training: Vec<CardDate>,
    pub metrics: Vec<Metric>,
    pub parameters: Vec<CardParameter>,
    /// On the held-out date.
    pub calibration: Option<Promised>,
    pub lift: Vec<Slice>,
    pub train: Separated,
    pub held_out: Separated,
    /// The strongest first.
    pub factors: Vec<FactorWeight>,
    /// Names that it was not learned from, and why.
    pub left_out: Vec<(Text, Text)>,
    /// Time until it happens.
    pub survival: Option<Survival>,
    pub sure: Text,
    pub cautions: Vec<Text>,
    pub refusal: Option<Refused>,
    pub seconds: f64,
}
