//! What is said beside a result: how good it is in words, and what to think of.

use gradus_model::document::NextMethod;
use gradus_model::{Finding, Place, Text};

use super::basis::Basis;
use super::judge::DueVerdict;
use super::rank::Fitted;
use super::request::Settings;
use super::{DueJudged, NextJudged, why};

pub(super) fn words(basis: &Basis, judged: &[NextJudged], method: NextMethod) -> Vec<Text> {
    let (customers, items) = (basis.customers.len(), basis.items.len());
    let title = why::method(method);
    let (filled_zh, filled_en) = match method {
        NextMethod::Popular | NextMethod::Recent => ("", ""),
        _ => ("，排不满的用热门补足", ", filled with what sells"),
    };
    let customers_en =
        if customers == 1 { "1 customer has".into() } else { format!("{customers} customers have") };
    let items_en = if items == 1 { "1 item".into() } else { format!("{items} items") };
    let mut out = vec![Text::new(
        format!("{customers} 位客户买过 {items} 种；名单用「{}」排出{filled_zh}", title.zh),
        format!("{customers_en} bought {items_en}; lists are by “{}”{filled_en}", title.en),
    )];
    out.extend(judged.iter().map(|one| one.words.clone()));
    if let Some(DueJudged { expected, came, .. }) = DueJudged::sum(judged)
        && (expected > 0.0 || came > 0)
    {
        out.push(Text::new(
            format!("到期复购：预计 {expected:.0} 次，实际 {came} 次"),
            format!("due again: {expected:.0} purchases were expected, {came} came"),
        ));
    }
    out
}

pub(super) fn nothing_to_have(n: usize) -> Finding {
    Finding::warning(
        "next-nothing-available",
        Place::default().at("available"),
        Text::new(
            format!("{n} 种全都被排除或没有货，没有可推荐的，也没有可到期的"),
            format!("each of {n} items is excluded or not available: nothing can be recommended or be due"),
        ),
        Text::new("检查 available 与 exclude", "see whether `available` and `exclude` are right"),
    )
}

/// Large orders, which rules with two items on the left do not look at.
pub(super) fn sets_left_out(fitted: &Fitted, settings: &Settings) -> Option<Finding> {
    let n = fitted.rules.as_ref().map_or(0, |found| found.sets_left_out);
    let most = gradus_stats::basket::Options::default().max_set;
    (n > 0).then(|| {
        let (zh, en) = if settings.by_customer { ("位客户", "customers") } else { ("张订单", "orders") };
        Finding::note(
            "next-large-sets",
            Place::default().at("max_left"),
            Text::new(
                format!("{n} {zh}超过 {most} 种，左边两种的规则不看它们"),
                format!("{n} {en} have more than {most} items, at which rules with two items on the left do not look"),
            ),
            Text::new("左边一种的规则（max_left 1）看全部", "rules with one item on the left (`max_left` 1) look at all"),
        )
    })
}

/// Due dates that were far off on the held-out stretches.
pub(super) fn due_off(judged: &DueJudged) -> Option<Finding> {
    let (expected, came) = (judged.expected, judged.came);
    let (what_zh, what_en) = match judged.verdict() {
        DueVerdict::Fine => return None,
        DueVerdict::Doubtful => ("到期日期要小心使用", "take the dates with care"),
        DueVerdict::Useless => ("因此不列出到期的商品", "so nothing is said to be due"),
    };
    Some(Finding::warning(
        "next-due-off",
        Place::default().at("hold_out"),
        Text::new(
            format!("留出的时段里预计到期复购 {expected:.0} 次，实际 {came} 次，相差太远：{what_zh}"),
            format!(
                "on the held-out stretches {expected:.0} purchases were due and {came} came, which is far off: {what_en}"
            ),
        ),
        Text::new(
            "只看最近的购买（history），或换一个 item、hold_out；节日前后本来就难预计",
            "only the latest purchases (`history`), or another `item` or `hold_out`; around a holiday little can be foretold",
        ),
    ))
}

pub(super) fn one_item(item: &str) -> Finding {
    Finding::warning(
        "next-one-item",
        Place::default().at("item"),
        Text::new(
            format!("只有一种：「{item}」，没有别的可推荐"),
            format!("there is one item only, “{item}”: nothing else can be recommended"),
        ),
        Text::new("换一个更细的 item，或放宽 where", "a finer `item`, or a wider `where`"),
    )
}
