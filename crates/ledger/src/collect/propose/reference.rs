//! Files that are plainly no events: a list of products, stores or campaigns, or of exchange rates.

use gradus_model::Text;
use gradus_model::event_stream::RATES;
use serde::Serialize;

use super::profile::Profile;
use super::{ColumnProposal, Role, alias, field};

/// What a list is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReferenceGuess {
    /// The name that it is proposed under: `product`, `store`, `campaign` or `rates`.
    pub name: String,
    /// The column of the key.
    pub key: String,
    /// Of rates: the column of the rate.
    pub rate: Option<String>,
    /// Of rates: how many units it is for, where its name says so.
    pub per: Option<u32>,
    pub evidence: Text,
}

/// Names of keys, and the reference they belong to.
const KEYS: [(&str, &[&str]); 3] = [
    (
        "product",
        &[
            "商品编码",
            "商品编号",
            "商品代码",
            "产品编码",
            "产品编号",
            "货号",
            "款号",
            "条码",
            "sku",
            "product code",
            "product id",
            "stock code",
            "item code",
            "item id",
            "商品",
            "product",
        ],
    ),
    (
        "store",
        &[
            "门店编号",
            "门店编码",
            "门店代码",
            "店铺编号",
            "store id",
            "store code",
            "shop id",
            "门店",
            "store",
        ],
    ),
    ("campaign", &["活动编号", "活动编码", "活动代码", "campaign id", "campaign code"]),
];

/// What such a list says of its keys.
const SAYS: [&str; 26] = [
    "品类",
    "类目",
    "分类",
    "品牌",
    "成本",
    "进价",
    "售价",
    "定价",
    "规格",
    "区域",
    "大区",
    "城市",
    "面积",
    "渠道",
    "预算",
    "category",
    "brand",
    "cost",
    "list price",
    "price",
    "region",
    "city",
    "channel",
    "budget",
    "class",
    "size",
];

const RATE_WORDS: [&str; 5] = ["汇率", "中间价", "牌价", "exchange rate", "rate"];
const FROM_WORDS: [&str; 9] =
    ["生效", "起始", "开始", "启用", "effective", "valid", "since", "from", "start"];

/// Takes a file for a list if nothing in it belongs to customers and its columns say so. Roles that
/// only events have become fields.
pub(super) fn settle(columns: &mut [ColumnProposal], profiles: &[Profile]) -> Option<ReferenceGuess> {
    let of_events = |role: &Role| {
        matches!(
            role,
            Role::Order
                | Role::Quantity
                | Role::Line
                | Role::Address
                | Role::FreeText
                | Role::Identity { .. }
        )
    };
    let names_a_thing = |column: &str| KEYS.iter().any(|(_, words)| words.contains(&plain(column).as_str()));
    if columns.iter().any(|column| of_events(&column.role) && !names_a_thing(&column.column)) {
        return None;
    }
    let guess = rates(columns, profiles).or_else(|| list(columns, profiles))?;
    for (column, profile) in columns.iter_mut().zip(profiles) {
        let is_from = matches!(column.role, Role::Time { .. })
            && (guess.rate.is_some() || says(&column.column, &FROM_WORDS));
        let of_guess = column.column == guess.key || guess.rate.as_deref() == Some(column.column.as_str());
        let keeps = is_from || of_guess || matches!(column.role, Role::Known { .. } | Role::Field { .. });
        if !keeps && column.role != Role::Ignore {
            column.role = field(&column.column, profile);
        }
    }
    Some(guess)
}

fn rates(columns: &[ColumnProposal], profiles: &[Profile]) -> Option<ReferenceGuess> {
    let numeric =
        |profile: &Profile| profile.share(profile.numbers).max(profile.share(profile.decimal_commas)) > 0.9;
    let key =
        columns.iter().zip(profiles).find(|(_, profile)| profile.share(profile.currency_codes) >= 0.8)?.0;
    let rate = columns
        .iter()
        .zip(profiles)
        .find(|(column, profile)| numeric(profile) && says(&column.column, &RATE_WORDS))?
        .0;
    columns.iter().find(|column| matches!(column.role, Role::Time { .. }))?;
    Some(ReferenceGuess {
        name: RATES.into(),
        key: key.column.clone(),
        rate: Some(rate.column.clone()),
        per: rate.column.contains("100").then_some(100),
        evidence: Text::new("有货币、日期和汇率", "it has currencies, dates and rates"),
    })
}

fn list(columns: &[ColumnProposal], profiles: &[Profile]) -> Option<ReferenceGuess> {
    let (name, at) = KEYS.iter().find_map(|(name, words)| {
        let at =
            words.iter().find_map(|word| columns.iter().position(|column| plain(&column.column) == *word))?;
        Some((*name, at))
    })?;
    let (key, profile) = (&columns[at], profiles.get(at)?);
    let describes =
        columns.iter().filter(|column| column.column != key.column && says(&column.column, &SAYS)).count();
    let dated = columns
        .iter()
        .any(|column| matches!(column.role, Role::Time { .. }) && says(&column.column, &FROM_WORDS));
    // A list names each thing once, or once a date; a file of events names it over and over.
    let is_key = profile.filled == profile.rows && (profile.distinct == profile.filled || dated);
    (describes > 0 && is_key).then(|| ReferenceGuess {
        name: name.into(),
        key: key.column.clone(),
        rate: None,
        per: None,
        evidence: Text::new(
            format!("每行一个“{}”，没有客户，也没有订单", key.column),
            format!("one `{}` a row, no customers and no orders", key.column),
        ),
    })
}

/// The words of a column's name.
fn plain(name: &str) -> String {
    alias::words_of(name).join(" ")
}

fn says(name: &str, words: &[&str]) -> bool {
    let name = plain(name);
    words.iter().any(|word| match word.is_ascii() {
        true => format!(" {name} ").contains(&format!(" {word} ")),
        false => name.contains(word),
    })
}
