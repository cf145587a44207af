//! What is learned from the ledger: one command for each kind of lesson. A new one is a line here and a line in
//! `crate::learn`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::NextArguments;
use super::learn_clusters::{LearnClusters, LearnCuts};
use super::training::{PropensityArguments, ScorecardArguments, TreeArguments, WeightsArguments};

#[derive(Debug, Subcommand)]
pub enum LearnCommand {
    /// What each customer may want next, and what they are due to buy again (下一个商品或品类).
    Next(Box<NextArguments>),
    /// Customer lifetime value: parameters, how sure they are, a hold-out, who is worth most (客户终身价值).
    Clv(Box<ClvArguments>),
    /// A scorecard: optimal bins, weights of evidence, a regression, points; tested on a date held out (评分卡).
    Scorecard(Box<ScorecardArguments>),
    /// How likely something is to happen to a customer, calibrated, with its model card (倾向预测).
    Propensity(Box<PropensityArguments>),
    /// A small decision tree that describes a segment, or finds groups by an outcome, in readable rules (决策树).
    Tree(Box<TreeArguments>),
    /// Weights of a scorecard: from comparisons in pairs, or from the data (权重，AHP 与熵权).
    Weights(Box<WeightsArguments>),
    /// Groups of customers that are alike: how many there are, and what is typical of each (聚类).
    Clusters(Box<LearnClusters>),
    /// Where a number is cut best, for tiers, RFM and bins (切点：自然断点、k-means、分位).
    Cuts(Box<LearnCuts>),
}

#[derive(Debug, Args)]
pub struct ClvArguments {
    /// A prediction of the model; the first of lifetime value if left out, else a plain one.
    #[arg(long, value_name = "NAME")]
    pub prediction: Option<String>,
    /// `draft`, `folder` or the number of a version; what is in force if left out.
    #[arg(long, value_name = "WHICH")]
    pub model: Option<String>,
    /// As of this day's close or instant; the clock's now if left out.
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<String>,
    /// `bg_nbd`, `mbg_nbd` or `pareto_nbd`.
    #[arg(long, value_name = "MODEL")]
    pub kind: Option<String>,
    /// Which events are purchases, over the columns of events; `spend` if left out.
    #[arg(long, value_name = "SQL")]
    pub purchases: Option<String>,
    /// Under contract: which events begin or renew a term, over the columns of events. With --term a contract is
    /// learned that the model does not have yet.
    #[arg(long, value_name = "SQL")]
    pub contract: Option<String>,
    /// Under contract: how long a term is, such as `1 year`.
    #[arg(long, value_name = "SPAN")]
    pub term: Option<String>,
    /// Under contract: how long after the end of a term a renewal may still come; 1 month if left out.
    #[arg(long, value_name = "SPAN")]
    pub grace: Option<String>,
    /// Under contract: which events end it at once.
    #[arg(long, value_name = "SQL")]
    pub ends: Option<String>,
    /// What an event brings; the amount of purchases if left out.
    #[arg(long, value_name = "SQL")]
    pub value: Option<String>,
    /// The share of the value that stays, between 0 and 1.
    #[arg(long, value_name = "SHARE")]
    pub margin: Option<String>,
    /// What serving a customer costs, over the columns of events.
    #[arg(long, value_name = "SQL")]
    pub costs: Option<String>,
    /// How far ahead, such as `12 months`.
    #[arg(long, value_name = "SPAN")]
    pub horizon: Option<String>,
    /// A year's rate, between 0 and 1; 0.1 if left out.
    #[arg(long, value_name = "RATE")]
    pub discount: Option<String>,
    /// How long before the end an earlier fit is held against what came; a third of the time if left out.
    #[arg(long, value_name = "SPAN")]
    pub hold_out: Option<String>,
    /// Puts the prediction into the draft under this name.
    #[arg(long, value_name = "NAME")]
    pub write: Option<String>,
    /// Take the place of what is called so already.
    #[arg(long, requires = "write")]
    pub replace: bool,
    /// Where the page goes; `reports/` if left out.
    #[arg(long, short = 'o', alias = "to", value_name = "FILE")]
    pub out: Option<PathBuf>,
}
