//! Why an item is on a list, in words.

use gradus_grading::fold::date_of;
use gradus_model::Text;
use gradus_model::document::NextMethod;
use gradus_stats::factorise::Factors;

use super::basis::Basis;
use super::due::Due;
use super::rank::{Fitted, Pick, RECENT_DAYS};
use crate::summary::{grouped, percent};

/// Items that a reason names at most.
const NAMED: usize = 2;

/// What a method is called.
pub(super) fn method(how: NextMethod) -> Text {
    match how {
        NextMethod::Popular => Text::new("热门", "what everybody buys"),
        NextMethod::Recent => {
            Text::new(format!("近 {RECENT_DAYS} 天热门"), format!("what sold in {RECENT_DAYS} days"))
        }
        NextMethod::Rules => Text::new("关联规则", "what is bought together"),
        NextMethod::Factors => Text::new("口味相近（矩阵分解）", "similar tastes (matrix factorisation)"),
        NextMethod::Due => Text::new("到期复购", "due again"),
    }
}

/// Why this item.
pub(super) fn why(basis: &Basis, fitted: &Fitted, customer: u32, pick: &Pick, by_customer: bool) -> Text {
    match pick.how {
        NextMethod::Rules => by_rule(basis, fitted, pick, by_customer),
        NextMethod::Factors => by_taste(basis, fitted, customer, pick),
        NextMethod::Due => {
            let due = fitted.dues.of_customer(customer).iter().find(|due| due.item == pick.item);
            due.map(why_due).unwrap_or_default()
        }
        NextMethod::Popular => {
            let share = percent(pick.score, 1);
            Text::new(format!("{share} 的客户买过"), format!("{share} of the customers have bought it"))
        }
        NextMethod::Recent => {
            let share = percent(pick.score, 1);
            Text::new(
                format!("近 {RECENT_DAYS} 天 {share} 的客户买过"),
                format!("{share} of the customers bought it within {RECENT_DAYS} days"),
            )
        }
    }
}

fn by_rule(basis: &Basis, fitted: &Fitted, pick: &Pick, by_customer: bool) -> Text {
    let rules = fitted.rules.as_ref().zip(pick.rule);
    let Some(rule) = rules.and_then(|(found, at)| found.rules.get(at)) else { return Text::default() };
    let quoted = |open: &str, close: &str, with: &str| {
        let all = rule.left.iter().map(|item| format!("{open}{}{close}", basis.titles[*item as usize]));
        all.collect::<Vec<_>>().join(with)
    };
    let (share, lift, n) = (percent(rule.confidence.value, 0), rule.lift, grouped(rule.count as f64, 0));
    let (zh, en) = if by_customer { ("客户", "customers") } else { ("订单", "orders") };
    Text::new(
        format!(
            "有{}的{zh}里 {share} 也有它，是平常的 {lift:.1} 倍（依据 {n} 个{zh}）",
            quoted("「", "」", "和")
        ),
        format!(
            "of {en} with {} {share} have it too, {lift:.1} times as many as usual (from {n} {en})",
            quoted("“", "”", " and ")
        ),
    )
}

fn by_taste(basis: &Basis, fitted: &Fitted, customer: u32, pick: &Pick) -> Text {
    let Some(factors) = &fitted.factors else { return Text::default() };
    let mut near: Vec<(f64, u32)> = fitted.has[customer as usize]
        .iter()
        .filter(|item| **item != pick.item)
        .map(|item| (cosine(factors, *item, pick.item), *item))
        .filter(|(cosine, _)| *cosine > 0.0)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    near.truncate(NAMED);
    let named = |open: &str, close: &str, with: &str| {
        let all = near.iter().map(|(_, item)| format!("{open}{}{close}", basis.titles[*item as usize]));
        all.collect::<Vec<_>>().join(with)
    };
    match near.is_empty() {
        true => Text::new("口味相近的客户会买", "customers of a similar taste buy it"),
        false => Text::new(
            format!("口味相近的客户会买：与买过的{}最相近", named("「", "」", "、")),
            format!(
                "customers of a similar taste buy it: nearest to {}, which they have",
                named("“", "”", " and ")
            ),
        ),
    }
}

fn cosine(factors: &Factors, a: u32, b: u32) -> f64 {
    let f = factors.n_factors;
    let of = |item: u32| &factors.items[item as usize * f..(item as usize + 1) * f];
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (a, b) = (of(a), of(b));
    let length = (dot(a, a) * dot(b, b)).sqrt();
    if length > 0.0 { dot(a, b) / length } else { 0.0 }
}

/// When an item is due, in words.
pub(super) fn why_due(due: &Due) -> Text {
    let (last, day) = (shown(f64::from(due.last)), shown(due.day));
    let (low, high, days) = (shown(due.low), shown(due.high), due.days);
    if due.overdue {
        return Text::new(
            format!(
                "上次 {last} 购买，通常约 {days:.0} 天一次，{day} 前后就该再需要，已过期未买（最迟 {high}）"
            ),
            format!(
                "bought last on {last}, usually every {days:.0} days: overdue since about {day} (until {high} at the latest)"
            ),
        );
    }
    Text::new(
        format!("上次 {last} 购买，通常约 {days:.0} 天一次，预计 {day} 前后（{low} 至 {high}）再需要"),
        format!("bought last on {last}, usually every {days:.0} days: due about {day} ({low} to {high})"),
    )
}

/// A day as people write it; the last one that there is if it lies beyond.
pub(super) fn shown(day: f64) -> String {
    let day = day.round().clamp(f64::from(i32::MIN), f64::from(i32::MAX)) as i32;
    date_of(day).map_or_else(|| String::from("9999-12-31"), |date| date.to_string())
}
