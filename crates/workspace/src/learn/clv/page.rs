//! What was learned of lifetime value, for a terminal and as a page.

use gradus_grading::grade::Parameter;
use gradus_model::{Lang, Text};

use super::{ClvLearned, HeldOut, HeldOutRenewal, TopCustomer};
use crate::predictions::parameter_words;
use crate::report::{Section, figure, html_table, page, said, tracked};
use crate::summary::{grouped, percent};

fn number(value: f64) -> String {
    match value.abs() {
        size if size != 0.0 && !(1e-3..1e6).contains(&size) => format!("{value:.3e}"),
        _ => format!("{value:.4}"),
    }
}

/// Name, value and error of each parameter.
fn parameters(learned: &ClvLearned, lang: Lang) -> Vec<Vec<String>> {
    let row = |prefix: &str, one: &Parameter| {
        let error = one.error.map(number).unwrap_or_else(|| "–".into());
        let name = parameter_words(&one.name);
        vec![format!("{prefix}{}", name.get(lang)), number(one.value), error]
    };
    let mut rows = Vec::new();
    if let Some(fit) = &learned.lifetime {
        rows.extend(fit.parameters.iter().map(|one| row("", one)));
        rows.extend(fit.spend.parameters.iter().map(|one| row("", one)));
    }
    if let Some(fit) = &learned.contract {
        rows.extend(fit.parameters.iter().map(|one| row("", one)));
        rows.extend(fit.value.iter().map(|one| row("", one)));
    }
    rows
}

fn parameter_head(lang: Lang) -> Vec<String> {
    let head: [&str; 3] = match lang {
        Lang::Zh => ["参数", "值", "标准误"],
        Lang::En => ["parameter", "value", "standard error"],
    };
    head.map(str::to_string).to_vec()
}

/// What was fitted to how many.
fn made_of(learned: &ClvLearned) -> Text {
    if let Some(fit) = &learned.lifetime {
        let spend = match fit.spend.n_left_out {
            0 => Text::default(),
            n => Text::new(
                format!("；{n} 位净额不为正的回头客未计入每次金额的拟合"),
                format!("; {n} who came back and brought nothing are not in the fit of values"),
            ),
        };
        return Text::new(
            format!(
                "{}：{} 位购买过的客户，其中 {} 位再次购买；每次购买平均 {}{}",
                fit.model_words(),
                fit.n,
                fit.n_repeaters,
                number(fit.spend.mean),
                spend.zh
            ),
            format!(
                "{}: {} customers who bought, {} of whom came back; a purchase brings {} on average{}",
                fit.model_words(),
                fit.n,
                fit.n_repeaters,
                number(fit.spend.mean),
                spend.en
            ),
        );
    }
    if let Some(fit) = &learned.contract {
        return Text::new(
            format!("合约（移位 beta-几何）：{} 份，其中 {} 份已结束", fit.n, fit.n_left),
            format!("contracts (shifted beta-geometric): {}, {} of which have ended", fit.n, fit.n_left),
        );
    }
    Text::new("没有可拟合的数据", "there is nothing to fit")
}

/// The totals in a sentence: apart, never added up.
fn totals(learned: &ClvLearned) -> Text {
    let (to_date, residual) = (grouped(learned.to_date, 2), grouped(learned.residual, 2));
    let n = learned.n_valued;
    Text::new(
        format!("至今共带来 {to_date}；期限内预期再带来 {residual}（已折现，{n} 位客户）"),
        format!(
            "{to_date} to date; {residual} more to expect within the horizon (discounted, {n} customers)"
        ),
    )
}

fn top_head(lang: Lang, is_contract: bool) -> Vec<String> {
    let head: [&str; 6] = match (lang, is_contract) {
        (Lang::Zh, false) => ["客户", "预期（折现）", "九成区间", "仍活跃", "预期次数", "至今"],
        (Lang::En, false) => ["customer", "to expect", "nine of ten", "still one", "purchases", "to date"],
        (Lang::Zh, true) => ["客户", "预期（折现）", "九成区间", "合约有效", "预期续约期数", "至今"],
        (Lang::En, true) => ["customer", "to expect", "nine of ten", "runs", "terms", "to date"],
    };
    head.map(str::to_string).to_vec()
}

fn top_row(one: &TopCustomer) -> Vec<String> {
    let money = |value: Option<f64>| value.map(|value| grouped(value, 2)).unwrap_or_else(|| "–".into());
    let interval = match (one.low, one.high) {
        (Some(low), Some(high)) => format!("{} – {}", grouped(low, 2), grouped(high, 2)),
        _ => "–".into(),
    };
    vec![
        format!("#{}", one.customer),
        grouped(one.residual, 2),
        interval,
        one.alive.map(|alive| percent(alive, 0)).unwrap_or_else(|| "–".into()),
        one.purchases.map(|n| format!("{n:.2}")).unwrap_or_else(|| "–".into()),
        money(one.to_date),
    ]
}

fn plain_table(head: &[String], rows: &[Vec<String>]) -> String {
    let width = |text: &str| crate::summary::display_width(text);
    let all: Vec<&[String]> = std::iter::once(head).chain(rows.iter().map(Vec::as_slice)).collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|at| all.iter().filter_map(|row| row.get(at)).map(|cell| width(cell)).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for row in all {
        for (cell, widest) in row.iter().zip(&widths) {
            out.push_str(&format!("  {cell}{}", " ".repeat(widest - width(cell))));
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

pub(super) fn text(learned: &ClvLearned, lang: Lang) -> String {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let mut out = format!("{}  {} {}\n", learned.title.get(lang), say("截至", "as of"), learned.as_of);
    out.push_str(&format!("{}\n\n", made_of(learned).get(lang)));
    out.push_str(&plain_table(&parameter_head(lang), &parameters(learned, lang)));
    out.push('\n');
    for words in &learned.words {
        out.push_str(&format!("{}\n", words.get(lang)));
    }
    if let Some(held_out) = &learned.held_out {
        out.push_str(&format!("{}\n", held_out.words.get(lang)));
        let (absolute, square) = (held_out.mean_absolute, held_out.root_mean_square);
        out.push_str(&match (lang, learned.contract.is_some()) {
            (Lang::Zh, false) => format!("单个客户：平均绝对误差 {absolute:.3} 次，均方根误差 {square:.3} 次\n"),
            (Lang::En, false) => {
                format!("single customers: off by {absolute:.3} purchases on average, root mean square {square:.3}\n")
            }
            (Lang::Zh, true) => format!("单份合约：平均绝对误差 {absolute:.3} 期，均方根误差 {square:.3} 期\n"),
            (Lang::En, true) => {
                format!("single contracts: off by {absolute:.3} renewals on average, root mean square {square:.3}\n")
            }
        });
        if !held_out.renewals.is_empty() {
            let rows: Vec<Vec<String>> = held_out.renewals.iter().take(12).map(held_out_row).collect();
            out.push_str(&format!("\n{}", plain_table(&held_out_head(lang), &rows)));
        }
    }
    if let Some(fit) = learned.contract.as_ref().filter(|fit| !fit.renewals.is_empty()) {
        let head = renewal_head(lang);
        let rows: Vec<Vec<String>> = fit.renewals.iter().take(12).map(renewal_row).collect();
        out.push_str(&format!("\n{}", plain_table(&head, &rows)));
    }
    if !learned.refused {
        out.push_str(&format!("\n{}\n\n", totals(learned).get(lang)));
        let rows: Vec<Vec<String>> = learned.top.iter().take(10).map(top_row).collect();
        out.push_str(&plain_table(&top_head(lang, learned.contract.is_some()), &rows));
    }
    out
}

fn renewal_head(lang: Lang) -> Vec<String> {
    let head: [&str; 6] = match lang {
        Lang::Zh => ["第几次续约", "到期", "续约", "续约率", "模型", "95 % 区间"],
        Lang::En => ["renewal", "came to it", "renewed", "share", "model", "95 % interval"],
    };
    head.map(str::to_string).to_vec()
}

fn renewal_row(one: &gradus_grading::grade::Renewal) -> Vec<String> {
    let share = one.n_renewed as f64 / one.n.max(1) as f64;
    vec![
        one.renewal.to_string(),
        one.n.to_string(),
        one.n_renewed.to_string(),
        percent(share, 1),
        percent(one.expected, 1),
        match (one.low, one.high) {
            (Some(low), Some(high)) => format!("{} – {}", percent(low, 1), percent(high, 1)),
            _ => "–".into(),
        },
    ]
}

fn held_out_head(lang: Lang) -> Vec<String> {
    let head: [&str; 4] = match lang {
        Lang::Zh => ["留出：第几次续约", "到期", "预期续约", "实际续约"],
        Lang::En => ["held out: renewal", "came to it", "expected to renew", "renewed"],
    };
    head.map(str::to_string).to_vec()
}

fn held_out_row(one: &HeldOutRenewal) -> Vec<String> {
    vec![one.renewal.to_string(), one.n.to_string(), format!("{:.1}", one.expected), one.actual.to_string()]
}

fn held_out_html(held_out: &HeldOut, is_contract: bool, lang: Lang) -> String {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let points: Vec<(f64, f64, f64)> = held_out
        .points
        .iter()
        .map(|one| (one.weeks, one.cumulative_actual, one.cumulative_expected))
        .collect();
    let split = held_out.points.iter().filter(|one| one.until <= held_out.from).map(|one| one.weeks);
    let split = split.fold(0.0, f64::max);
    let title = match is_contract {
        true => say("累计续约：实际与预期", "Renewals so far: actual and expected"),
        false => say("累计回购：实际与预期", "Repeat purchases so far: actual and expected"),
    };
    let legend = (say("实际", "actual"), say("预期", "expected"));
    let axes = match is_contract {
        true => (say("首份合约以来的周数", "weeks since the first contract of all"), say("期", "renewals")),
        false => (say("首次购买以来的周数", "weeks since the first purchase of all"), say("次", "purchases")),
    };
    let svg = tracked(&points, split, title, legend, axes);
    let head: Vec<String> = match lang {
        Lang::Zh => ["截至", "实际", "预期", "累计实际", "累计预期"],
        Lang::En => ["until", "actual", "expected", "actual so far", "expected so far"],
    }
    .map(str::to_string)
    .to_vec();
    let rows: Vec<Vec<String>> = held_out
        .points
        .iter()
        .map(|one| {
            let all = [one.actual, one.expected, one.cumulative_actual, one.cumulative_expected];
            std::iter::once(one.until.clone()).chain(all.map(|value| grouped(value, 0))).collect()
        })
        .collect();
    figure(lang, true, title, &svg, held_out.words.get(lang), &html_table(&head, &rows))
}

pub(super) fn html(learned: &ClvLearned, workspace: &str, lang: Lang) -> String {
    let section = |zh: &str, en: &str, html: String| Section { title: Text::new(zh, en), html };
    let made_of = made_of(learned);
    let mut words: Vec<&Text> = vec![&made_of];
    words.extend(&learned.words);
    let totals = totals(learned);
    if !learned.refused {
        words.push(&totals);
    }
    let mut sections = vec![section("把握有多大", "How sure it is", said(lang, &words))];
    if let Some(held_out) = &learned.held_out {
        let mut html = held_out_html(held_out, learned.contract.is_some(), lang);
        if !held_out.renewals.is_empty() {
            let rows: Vec<Vec<String>> = held_out.renewals.iter().map(held_out_row).collect();
            html.push_str(&html_table(&held_out_head(lang), &rows));
        }
        sections.push(section("留出检验", "Held out", format!("<div class=\"cards\">{html}</div>")));
    }
    let table = html_table(&parameter_head(lang), &parameters(learned, lang));
    sections.push(section("参数", "Parameters", table));
    if let Some(fit) = learned.contract.as_ref().filter(|fit| !fit.renewals.is_empty()) {
        let rows: Vec<Vec<String>> = fit.renewals.iter().map(renewal_row).collect();
        sections.push(section("续约曲线", "Renewals", html_table(&renewal_head(lang), &rows)));
    }
    if !learned.refused {
        let rows: Vec<Vec<String>> = learned.top.iter().map(top_row).collect();
        sections.push(section(
            "预期最高的客户",
            "Who is worth most",
            html_table(&top_head(lang, learned.contract.is_some()), &rows),
        ));
    }
    let as_of = match lang {
        Lang::Zh => format!("截至 {}", learned.as_of),
        Lang::En => format!("as of {}", learned.as_of),
    };
    page(lang, learned.title.get(lang), &[workspace.to_string(), as_of], &sections)
}
