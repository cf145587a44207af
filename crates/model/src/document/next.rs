//! What customers may want next (接下来买什么): how the lists of items are learned. Lists grade nobody; they are learned
//! from what was bought and kept beside the grades.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Span, SpanUnit, Sql};

/// How each customer's next items are learned. What is left out is found in the sources and in the model, or as
/// `gradus learn next` has it. A grading of today learns the lists anew where they are older than `refit` says, or
/// were learned in another way.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Next {
    /// What an item is, as an expression over the columns of the event: `stock_code`, `product.category`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Sql>,
    /// What people call it, in the same way; its name in the reference data if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Sql>,
    /// Which events are purchases; those that the model counts as orders if left out.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<Sql>,
    /// Rules look at all that a customer has, and not at one order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_customer: Option<bool>,
    /// Only purchases of so long before; all if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<Span>,
    /// How long a stretch is held out to judge by; 1 month if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_out: Option<Span>,
    /// How many such stretches, one before the other, from 1 to 24; 1 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretches: Option<u32>,
    /// Items for each customer, from 1 to 50; 5 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k: Option<u32>,
    /// The best on what is held out if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<NextMethod>,
    /// What somebody has bought before may be on the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<bool>,
    /// What can be had: a condition over the columns of the event, with reference data as they are at the instant, such
    /// as `product.stock > 0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<Sql>,
    /// Items that are shown to nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Events by which a customer refused an item: a condition over their columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Sql>,
    /// Orders that a rule needs, and intervals that a rhythm needs; 10 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_count: Option<u32>,
    /// Of a rule, between 0 and 1; 0.05 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_confidence: Option<f64>,
    /// Items on the left of a rule, 1 or 2; 1 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_left: Option<u32>,
    /// The items of most customers that are looked at, from 2 to 20,000; 5,000 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u32>,
    /// Of the factorisation, from 1 to 128; 16 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_factors: Option<u32>,
    /// Of the factorisation, from 1 to 100; 10 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds: Option<u32>,
    /// Of the factorisation, greater than 0; 0.1 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ridge: Option<f64>,
    /// Of the factorisation: how much more a purchase says than none, greater than 0; 40 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// After how long the lists are learned anew; 1 month if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refit: Option<Span>,
}

impl Next {
    /// After how long lists are learned anew where nothing is said.
    pub const REFIT: Span = Span { n: 1, unit: SpanUnit::Month };

    /// What was asked, and where nothing was asked what `self` says.
    #[must_use]
    pub fn with(&self, asked: &Next) -> Next {
        let Next {
            item,
            title,
            filter,
            by_customer,
            history,
            hold_out,
            stretches,
            k,
            method,
            again,
            available,
            exclude,
            refused,
            min_count,
            min_confidence,
            max_left,
            max_items,
            n_factors,
            rounds,
            ridge,
            alpha,
            seed,
            refit,
        } = asked.clone();
        Next {
            item: item.or_else(|| self.item.clone()),
            title: title.or_else(|| self.title.clone()),
            filter: filter.or_else(|| self.filter.clone()),
            by_customer: by_customer.or(self.by_customer),
            history: history.or(self.history),
            hold_out: hold_out.or(self.hold_out),
            stretches: stretches.or(self.stretches),
            k: k.or(self.k),
            method: method.or(self.method),
            again: again.or(self.again),
            available: available.or_else(|| self.available.clone()),
            exclude: if exclude.is_empty() { self.exclude.clone() } else { exclude },
            refused: refused.or_else(|| self.refused.clone()),
            min_count: min_count.or(self.min_count),
            min_confidence: min_confidence.or(self.min_confidence),
            max_left: max_left.or(self.max_left),
            max_items: max_items.or(self.max_items),
            n_factors: n_factors.or(self.n_factors),
            rounds: rounds.or(self.rounds),
            ridge: ridge.or(self.ridge),
            alpha: alpha.or(self.alpha),
            seed: seed.or(self.seed),
            refit: refit.or(self.refit),
        }
    }
}

/// By what an item comes on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NextMethod {
    /// What most customers have bought.
    Popular,
    /// What most customers bought lately.
    Recent,
    /// What is bought together with what somebody has.
    Rules,
    /// What customers with similar tastes buy.
    Factors,
    /// What somebody has bought before and is due to buy again.
    Due,
}

impl NextMethod {
    pub const ALL: [NextMethod; 5] =
        [NextMethod::Popular, NextMethod::Recent, NextMethod::Rules, NextMethod::Factors, NextMethod::Due];

    pub fn parse(text: &str) -> Option<NextMethod> {
        NextMethod::ALL.into_iter().find(|method| method.name() == text)
    }

    pub fn name(self) -> &'static str {
        match self {
            NextMethod::Popular => "popular",
            NextMethod::Recent => "recent",
            NextMethod::Rules => "rules",
            NextMethod::Factors => "factors",
            NextMethod::Due => "due",
        }
    }
}
