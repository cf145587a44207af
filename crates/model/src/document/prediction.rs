//! Predictions (预测): numbers about the time to come. Their parameters are a fit, estimated in a run or learned
//! before; what they say of one customer is computed row by row, like an indicator.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Named, Number, Span, Sql, ValidationOutcome};
use crate::Text;

/// One prediction. Exactly one of `lifetime`, `contract`, `propensity`, `clusters` and `trained` says how.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// Of whom it is made: a condition over indicators. Left out: everyone of whom there is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub among: Option<Sql>,
    /// Lifetime value (客户终身价值) where nobody says that they leave: shops, restaurants, marketplaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<Lifetime>,
    /// Lifetime value under contract, where leaving is seen: memberships, schools, subscriptions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<Contract>,
    /// How likely something is to happen (倾向), such as churn (流失), learned from what came before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub propensity: Option<Propensity>,
    /// Groups of customers that are alike (聚类).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<Clusters>,
    /// A model that was trained elsewhere (ONNX, PMML), taken apart into what it computes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained: Option<Trained>,
}

/// Lifetime value without a contract. Gives, under the prediction's name, the discounted margin to expect
/// within the horizon; `NAME_low` and `NAME_high`, between which it falls for nine customers of ten;
/// `NAME_alive`, how likely the customer still is one; `NAME_purchases`, how many to expect within the
/// horizon; `NAME_to_date`, what there was so far.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lifetime {
    /// Which events are purchases: a condition over the columns of the event; `spend` if left out. Several on
    /// one local day are one purchase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchases: Option<Sql>,
    /// What an event brings: an expression over its columns, summed over all events for which it has a
    /// value. Left out: `amount` of purchases. Refunds and costs count where they are negative here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Sql>,
    /// The share of the value that stays with the company, between 0 and 1; 1 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<Number>,
    /// What serving a customer costs, whatever they buy: an expression over the columns of the event, summed
    /// over the life, such as `case when kind = 'ticket' then 12 end`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub costs: Option<Sql>,
    /// `bg_nbd` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<LifetimeModel>,
    /// How far ahead; 12 months if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<Span>,
    /// By how much money in a year's time is worth less than today's: 0.1 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Number>,
}

/// Which model of repeat purchases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LifetimeModel {
    /// Beta-geometric: customers may leave after each purchase (Fader, Hardie and Lee 2005).
    #[default]
    BgNbd,
    /// The same, where those who bought once may have left, too (Batislam, Denizel and Filiztekin 2007).
    MbgNbd,
    /// Customers may leave at any time (Schmittlein, Morrison and Colombo 1987).
    ParetoNbd,
}

/// Lifetime value under contract: customers renew or leave at the end of every term. Gives, under the
/// prediction's name, the discounted margin to expect within the horizon; `NAME_low` and `NAME_high`, between
/// which it falls for nine customers of ten; `NAME_alive`, whether the contract runs; `NAME_renews`, how likely
/// the next renewal is; `NAME_terms`, how many more terms to expect within the horizon; `NAME_to_date`, what
/// there was so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// Which events begin or renew a term: a condition over the columns of the event.
    pub terms: Sql,
    /// How long a term is.
    pub term: Span,
    /// How long after the end of a term a renewal may still come; 1 month if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<Span>,
    /// Which events end a contract at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Sql>,
    /// What an event brings; `amount` of the events that begin or renew a term if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Sql>,
    /// The share of the value that stays with the company, between 0 and 1; 1 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<Number>,
    /// How far ahead; 3 years if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<Span>,
    /// By how much money in a year's time is worth less than today's: 0.1 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Number>,
}

/// How likely an outcome is within a horizon. Gives the probability under the prediction's name. It is learned
/// from customers as they stood at earlier dates and from what came after each; without that it is unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Propensity {
    /// What happens, counted after the date, as outcomes of the validation are.
    pub outcome: ValidationOutcome,
    /// Within how long.
    pub horizon: Span,
    /// What is known of a customer on the date: indicators, or expressions over them. Left out: all indicators
    /// that are numbers or categories of few values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<Sql>,
    /// `logistic` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<PropensityMethod>,
    /// From how many dates it is learned; 6 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<u32>,
    /// How far these dates lie apart; as long as the horizon if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Span>,
    /// After how long it is learned anew; 3 months if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refit: Option<Span>,
    /// The seed of what is drawn by chance in boosting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// How a propensity is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PropensityMethod {
    /// Logistic regression: each feature adds its part.
    #[default]
    Logistic,
    /// Boosted trees: features may work together.
    Boosting,
}

/// Groups of customers that are alike. Gives the group's name (`c1`, `c2` …, the largest first when they are found
/// for the first time) under the prediction's name, and `NAME_sure`, how clearly the customer belongs to it, between 0 and 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clusters {
    /// By which numbers customers are alike or not: indicators, or expressions over them.
    pub features: Vec<Sql>,
    /// How many groups. Left out: as many as fit best, up to `most`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k: Option<u32>,
    /// 8 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
    /// `k_means` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<ClusterMethod>,
    /// How the numbers are brought to one scale; `standard` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<ClusterScale>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// After how long groups are found anew; 3 months if left out. In between customers are placed in those that
    /// were found, and afterwards a group keeps the name of the one nearest to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refit: Option<Span>,
    /// What groups are called, by name: `c1: {zh: 高频小额, en: Often and little}`. Left out: by what is typical of
    /// each.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub names: Named<Text>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClusterMethod {
    #[default]
    KMeans,
    /// Gaussian mixture: groups of different width.
    Mixture,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClusterScale {
    /// By mean and standard deviation.
    #[default]
    Standard,
    /// By median and quartiles: few extreme customers do not set the scale.
    Robust,
    /// From 0 to 1.
    MinMax,
    /// Logarithms (of 1 + |x|, with the sign of x) by mean and standard deviation: for money and counts.
    Log,
}

/// A model that was trained elsewhere: a sum of trees or a weighted sum, and what is made of it. Gives a number
/// under the prediction's name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trained {
    /// From where it came, for people: file, tool, date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What it looks at, in its order: by the names it was trained with, expressions over indicators.
    pub inputs: Named<Sql>,
    /// What is added to the sum.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub intercept: f64,
    /// Of a weighted sum: the weight of each input, by name.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub weights: Named<f64>,
    /// Of a sum of trees: the trees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trees: Vec<TrainedTree>,
    /// What is made of the sum; `identity` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// One tree: nodes in a list, the first is the root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainedTree {
    pub nodes: Vec<TrainedNode>,
}

/// A leaf has `gives`; another node asks whether `input` is at most `cut`, or below it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainedNode {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<f64>,
    /// True: `input < cut`; false, as if left out: `input <= cut`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub below: bool,
    /// The place of the next node if it is so, and if not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yes: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no: Option<u32>,
    /// Where an unknown input goes: to `yes` if true. Left out: the prediction is unknown then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<bool>,
    /// Of a leaf: its part of the sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gives: Option<f64>,
}

/// What is made of a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    #[default]
    Identity,
    /// 1 / (1 + e^-x): a probability.
    Logit,
    /// e^x.
    Exp,
}

fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

fn is_false(value: &bool) -> bool {
    !*value
}
