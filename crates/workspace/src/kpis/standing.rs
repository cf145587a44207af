//! The KPIs that stand in every workspace whose model has the indicators for them. What a purchase is and
//! what it is worth, the model says by its RFM grouping.

use gradus_model::document::{GroupingKind, IndicatorKind, Model};
use gradus_model::{Lang, Text};

use super::definition::{KpiMeasure, KpiUnit};
use super::figure::{Figure, How};
use crate::cohorts::Purchases;
use crate::moves::title;

/// Who bought within so many days is active.
const ACTIVE_DAYS: u32 = 90;
/// Kinds of event that give money back, as sources call them.
const RETURNS: [&str; 4] = ["return_line", "return", "refund", "refund_line"];

/// Those that this model has.
pub fn all(model: &Model) -> Vec<Figure> {
    let mut out = Vec::new();
    let mut add = |name: &str, zh: &str, en: &str, unit: KpiUnit, words: Text, how: How| {
        let (name, title) = (name.to_string(), Text::new(zh, en));
        out.push(Figure { name, title, words, unit, how, own: None, trouble: None });
    };
    let said = |name: &str| title(model.indicators.get(name).and_then(|one| one.title.as_ref()), name);
    add(
        "customers",
        "客户数",
        "Customers",
        KpiUnit::Count,
        Text::new("客户的人数", "how many customers there are"),
        How::Customers,
    );
    if let Some(recency) = recency(model) {
        let name = said(&recency);
        add(
            "active_share",
            "活跃率",
            "Active share",
            KpiUnit::Percent,
            Text::new(
                format!("「{}」不超过 {ACTIVE_DAYS} 天的客户占比", name.zh),
                format!("share of customers with “{}” of {ACTIVE_DAYS} days at most", name.en),
            ),
            How::Within { of: recency, from: f64::MIN, to: f64::from(ACTIVE_DAYS), among_from: f64::MIN },
        );
    }
    let purchases = Purchases::of(model);
    let counted = purchases.as_ref().map(|one| one.name.clone());
    let value = purchases.as_ref().and_then(|one| one.value.as_ref()).map(|(name, _)| name.clone());
    if let Some(value) = &value {
        let name = said(value);
        add(
            "revenue",
            "收入",
            "Revenue",
            KpiUnit::Money,
            Text::new(format!("「{}」之和", name.zh), format!("sum of “{}”", name.en)),
            How::Sum(value.clone()),
        );
        add(
            "revenue_share",
            "收入占比",
            "Share of revenue",
            KpiUnit::Percent,
            Text::new(format!("占全部「{}」的比例", name.zh), format!("part of all “{}”", name.en)),
            How::ShareOfAll(value.clone()),
        );
        add(
            "revenue_per_customer",
            "客均收入",
            "Revenue per customer",
            KpiUnit::Money,
            Text::new(
                format!("「{}」之和除以客户数", name.zh),
                format!("sum of “{}” over the number of customers", name.en),
            ),
            How::PerCustomer(value.clone()),
        );
    }
    if let Some(orders) = &counted {
        let name = said(orders);
        let of_orders = model.indicators.get(orders).is_some_and(|one| one.kind == IndicatorKind::Orders);
        if let Some(value) = value.as_ref().filter(|_| of_orders) {
            let money = said(value);
            add(
                "average_order_value",
                "客单价",
                "Average order value",
                KpiUnit::Money,
                Text::new(
                    format!("「{}」之和除以「{}」之和", money.zh, name.zh),
                    format!("sum of “{}” over sum of “{}”", money.en, name.en),
                ),
                How::Ratio(value.clone(), orders.clone()),
            );
        }
        add(
            "orders_per_customer",
            "人均购买次数",
            "Purchases per customer",
            KpiUnit::Number,
            Text::new(
                format!("「{}」之和除以客户数", name.zh),
                format!("sum of “{}” over the number of customers", name.en),
            ),
            How::PerCustomer(orders.clone()),
        );
        add(
            "repeat_rate",
            "复购率",
            "Repeat rate",
            KpiUnit::Percent,
            Text::new(
                format!("「{}」至少 2 的客户占至少 1 的客户的比例", name.zh),
                format!("customers with “{}” of 2 or more, of those with 1 or more", name.en),
            ),
            How::Within { of: orders.clone(), from: 2.0, to: f64::MAX, among_from: 1.0 },
        );
    }
    if let Some((value, returns)) = value.as_ref().and_then(|value| Some((value, returns(model)?))) {
        let (money, back) = (said(value), said(&returns));
        add(
            "returns_share",
            "退货占比",
            "Returns share",
            KpiUnit::Percent,
            Text::new(
                format!("「{}」之和除以「{}」之和", back.zh, money.zh),
                format!("sum of “{}” over sum of “{}”", back.en, money.en),
            ),
            How::Ratio(returns, value.clone()),
        );
    }
    out
}

/// The days since the last purchase: of the RFM grouping, else the first of the model.
fn recency(model: &Model) -> Option<String> {
    let fits = |name: &str| {
        let one = model.indicators.get(name)?;
        let last = one.kind == IndicatorKind::DaysSince && one.pick.as_deref().unwrap_or("last") == "last";
        last.then(|| name.to_string())
    };
    let rfm = model
        .groupings
        .iter()
        .map(|(_, grouping)| grouping)
        .find(|grouping| matches!(grouping.kind, GroupingKind::Rfm8 | GroupingKind::Rfm11));
    let of_rfm = rfm.and_then(|rfm| fits(rfm.recency.as_deref()?));
    of_rfm.or_else(|| model.indicators.names().find_map(fits))
}

/// The lifelong sum over events that give money back.
fn returns(model: &Model) -> Option<String> {
    let found = model.indicators.iter().find(|(_, one)| {
        let filter = one.filter.as_deref().unwrap_or("");
        let gives_back = RETURNS.iter().any(|kind| filter.contains(&format!("kind = '{kind}'")));
        one.kind == IndicatorKind::Sum && one.window.is_none() && one.compare.is_none() && gives_back
    });
    found.map(|(name, _)| name.to_string())
}

/// How one of the operator's own is made, in words.
pub fn words(model: &Model, measure: &KpiMeasure) -> Text {
    let said = |name: &str, lang: Lang| {
        let written = model.indicators.get(name).and_then(|one| one.title.as_ref());
        let written = written.or_else(|| model.scorecards.get(name).and_then(|one| one.title.as_ref()));
        title(written, name).get(lang).to_string()
    };
    let both = |name: &str, zh: &str, en: &str| {
        Text::new(
            format!("「{}」的{zh}", said(name, Lang::Zh)),
            format!("{en} of “{}”", said(name, Lang::En)),
        )
    };
    match measure {
        KpiMeasure::Sum { indicator } => both(indicator, "总和", "sum"),
        KpiMeasure::Mean { indicator } => both(indicator, "平均值", "mean"),
        KpiMeasure::Median { indicator } => both(indicator, "中位数", "median"),
        KpiMeasure::Share { .. } => {
            Text::new("符合条件的客户占比", "share of customers who fulfil the condition")
        }
    }
}
