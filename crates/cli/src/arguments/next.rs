//! What can be asked of `gradus learn next`.

use std::path::PathBuf;

use clap::Args;

/// What is left out is as the model's `next` has it.
#[derive(Debug, Args)]
pub struct NextArguments {
    /// What an item is: a field, or an expression such as product.category; found if left out (什么算一种).
    #[arg(long, value_name = "EXPRESSION")]
    pub item: Option<String>,
    /// What people call it, such as product.name; its name in the reference data if left out (名称).
    #[arg(long, value_name = "EXPRESSION")]
    pub title: Option<String>,
    /// Which events are purchases; those that the model counts as orders if left out (哪些事件是购买).
    #[arg(long = "where", value_name = "CONDITION")]
    pub filter: Option<String>,
    /// Rules look at all that a customer has, and not at one order (按客户而不是按订单).
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "TRUE|FALSE")]
    pub by_customer: Option<bool>,
    /// A date or an instant; the last day that is over if left out (截至).
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<String>,
    /// Only purchases of so long before it: 12 months (只看多久以内).
    #[arg(long, value_name = "SPAN")]
    pub history: Option<String>,
    /// How long a stretch is held out; 1 month if left out (留出多长来检验).
    #[arg(long, value_name = "SPAN")]
    pub hold_out: Option<String>,
    /// So many stretches, one before the other; 1 if left out (留出几段).
    #[arg(long, value_name = "N")]
    pub stretches: Option<u32>,
    /// Items for each customer; 5 if left out (每位客户几种).
    #[arg(long, value_name = "N")]
    pub k: Option<u32>,
    /// popular, recent, rules, factors or due; the best on what is held out if left out (方法).
    #[arg(long, value_name = "METHOD")]
    pub method: Option<String>,
    /// What somebody has bought before may be on the list (可以有买过的).
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "TRUE|FALSE")]
    pub again: Option<bool>,
    /// What can be had, such as product.stock > 0 (有货的条件).
    #[arg(long, value_name = "CONDITION")]
    pub available: Option<String>,
    /// Items that are shown to nobody, separated by commas (不推荐的).
    #[arg(long, value_name = "ITEMS", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// Events by which a customer refused an item (拒绝的事件).
    #[arg(long, value_name = "CONDITION")]
    pub refused: Option<String>,
    /// Orders that a rule needs, and intervals that a rhythm needs; 10 if left out (最少次数).
    #[arg(long, value_name = "N")]
    pub min_count: Option<u32>,
    /// Of a rule; 0.05 if left out (最低置信度).
    #[arg(long, value_name = "SHARE")]
    pub min_confidence: Option<f64>,
    /// Items on the left of a rule: 1 or 2; 1 if left out (规则左侧几种).
    #[arg(long, value_name = "N")]
    pub max_left: Option<u32>,
    /// The items of most customers that are looked at; 5,000 if left out (最多几种).
    #[arg(long, value_name = "N")]
    pub max_items: Option<u32>,
    /// Of the factorisation; 16 if left out (因子数).
    #[arg(long, value_name = "N")]
    pub factors: Option<u32>,
    /// Of the factorisation; 10 if left out (轮数).
    #[arg(long, value_name = "N")]
    pub rounds: Option<u32>,
    /// Of the factorisation; 0.1 if left out (正则).
    #[arg(long, value_name = "NUMBER")]
    pub ridge: Option<f64>,
    /// Of the factorisation: how much more a purchase says than none; 40 if left out (权重).
    #[arg(long, value_name = "NUMBER")]
    pub alpha: Option<f64>,
    /// One seed gives one result; 0 if left out (随机种子).
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Show what a customer may want, as it was learned last, and learn nothing (某位客户).
    #[arg(long, value_name = "CUSTOMER", conflicts_with = "out")]
    pub customer: Option<String>,
    /// After how long gradings learn it anew, such as 2 weeks; 1 month if left out (多久重学一次).
    #[arg(long, value_name = "SPAN", requires = "write")]
    pub refit: Option<String>,
    /// Write how it is learned into the draft, as its `next` (写入草稿).
    #[arg(long, conflicts_with = "customer")]
    pub write: bool,
    /// Take the place of what the draft has there (取代已有的).
    #[arg(long, requires = "write")]
    pub replace: bool,
    /// Write it as a page, too (网页文件).
    #[arg(long, short = 'o', value_name = "FILE")]
    pub out: Option<PathBuf>,
}
