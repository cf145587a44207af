//! Validation (验证): what has to come true of a grading for it to have been right. Outcomes are counted
//! after the grading, over a horizon, by the same fold that computes indicators.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{IndicatorKind, Named, Span, SpanUnit, Sql};
use crate::Text;

/// How grades are held against what came after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// How long after a grading outcomes are counted; 90 days if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<Span>,
    /// What is looked at. Left out: revenue, repurchase and churn by the model's own indicators of
    /// orders and spend.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub outcomes: Named<ValidationOutcome>,
}

impl Validation {
    /// The horizon of a model that states none.
    pub const HORIZON: Span = Span { n: 90, unit: SpanUnit::Day };
}

/// One outcome: what customers do in the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidationOutcome {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// `sum`, `count`, `orders`, `distinct` or `active`.
    pub kind: IndicatorKind,
    /// As of an indicator: an expression over the columns of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Sql>,
    /// Which events count, as of an indicator.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<Sql>,
    /// Whether the number itself is the outcome, or that there is any. Left out: `value` for a sum,
    /// `happened` for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// Of whom it is asked: `everyone` who is graded (default), or `active`: those of whom it happened in
    /// a stretch as long as the horizon, just before.
    #[serde(default, skip_serializing_if = "is_everyone")]
    pub of_whom: OfWhom,
    /// Whether more of it is good. Left out: yes, except for what did `not_happened`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better: Option<Better>,
}

impl ValidationOutcome {
    pub fn counts(&self) -> Counts {
        self.counts.unwrap_or(match self.kind {
            IndicatorKind::Sum => Counts::Value,
            _ => Counts::Happened,
        })
    }

    pub fn better(&self) -> Better {
        self.better.unwrap_or(match self.counts() {
            Counts::NotHappened => Better::Less,
            _ => Better::More,
        })
    }

    /// Kinds that give a number that can be nothing.
    pub fn is_countable(kind: IndicatorKind) -> bool {
        use IndicatorKind::{Active, Count, Distinct, Orders, Sum};
        matches!(kind, Sum | Count | Orders | Distinct | Active)
    }
}

/// What of an outcome counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// The number: revenue, margin.
    Value,
    /// Whether it is above zero: bought again.
    Happened,
    /// Whether it is not: churned.
    NotHappened,
}

/// Of whom an outcome is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfWhom {
    #[default]
    Everyone,
    Active,
}

fn is_everyone(whom: &OfWhom) -> bool {
    *whom == OfWhom::Everyone
}

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    More,
    Less,
}
