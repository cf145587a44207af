//! What can be asked of `gradus learn next`.

use std::path::PathBuf;

use clap::Args;

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
    #[arg(long)]
    pub by_customer: bool,
    /// A date or an instant; the last day that is over if left out (截至).
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<String>,
    /// Only purchases of so long before it: 12 months (只看多久以内).
    #[arg(long, value_name = "SPAN")]
    pub history: Option<String>,
    /// How long a stretch is held out (留出多长来检验).
    #[arg(long, value_name = "SPAN", default_value = "1 month")]
    pub hold_out: String,
    /// So many stretches, one before the other (留出几段).
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub stretches: u32,
    /// Items for each customer (每位客户几种).
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub k: usize,
    /// popular, recent, rules, factors or due; the best on what is held out if left out (方法).
    #[arg(long, value_name = "METHOD")]
    pub method: Option<String>,
    /// What somebody has bought before may be on the list (可以有买过的).
    #[arg(long)]
    pub again: bool,
    /// What can be had, such as product.stock > 0 (有货的条件).
    #[arg(long, value_name = "CONDITION")]
    pub available: Option<String>,
    /// Items that are shown to nobody, separated by commas (不推荐的).
    #[arg(long, value_name = "ITEMS", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// Events by which a customer refused an item (拒绝的事件).
    #[arg(long, value_name = "CONDITION")]
    pub refused: Option<String>,
    /// Orders that a rule needs, and intervals that a rhythm needs (最少次数).
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub min_count: u64,
    /// Of a rule (最低置信度).
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    pub min_confidence: f64,
    /// Items on the left of a rule: 1 or 2 (规则左侧几种).
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub max_left: usize,
    /// The items of most customers that are looked at (最多几种).
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    pub max_items: usize,
    /// Of the factorisation (因子数).
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub factors: usize,
    /// Of the factorisation (轮数).
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub rounds: usize,
    /// Of the factorisation (正则).
    #[arg(long, value_name = "NUMBER", default_value_t = 0.1)]
    pub ridge: f64,
    /// Of the factorisation: how much more a purchase says than none (权重).
    #[arg(long, value_name = "NUMBER", default_value_t = 40.0)]
    pub alpha: f64,
    /// One seed gives one result (随机种子).
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Show what a customer may want, as it was learned last, and learn nothing (某位客户).
    #[arg(long, value_name = "CUSTOMER", conflicts_with = "out")]
    pub customer: Option<String>,
    /// The model document has no place for lists of items; says where they are kept (写入草稿).
    #[arg(long, value_name = "NAME", hide = true)]
    pub write: Option<String>,
    /// Write it as a page, too (网页文件).
    #[arg(long, short = 'o', value_name = "FILE")]
    pub out: Option<PathBuf>,
}
