//! What was learned, in pages: what it was learned from, what it says, and how well it foretells on the date
//! that was held out. Each figure has how to read it and a table that says the same.

use gradus_model::{Lang, Text};

use super::chart::{Bar, bars};
use super::plot::{Reliable, calibration, gain, lift};
use super::validation::{figure, said};
use super::{Section, escape, html_table, page};
use crate::learn::scorecard::{LearnedAttribute, LearnedCard};
use crate::learn::{LeftOut, Separated, TrainingDate};
use crate::summary::{grouped, percent};
use crate::versions;

/// Most features whose bins are drawn.
const N_FEATURES: usize = 24;

fn words(lang: Lang, zh: &str, en: &str) -> String {
    if lang == Lang::Zh { zh.to_string() } else { en.to_string() }
}

/// Who is learned from, for people.
pub(super) fn base_words(base: &str) -> Text {
    if base == "everyone" { Text::new("全部客户", "everybody") } else { Text::plain(base) }
}

/// The dates, as a table.
pub(super) fn dates_html(dates: &[TrainingDate], lang: Lang) -> String {
    let t = |zh: &str, en: &str| words(lang, zh, en);
    let head = [
        t("截至", "as of"),
        t("结果看到", "outcome until"),
        t("用途", "used to"),
        t("客户", "customers"),
        t("用到", "used"),
        t("发生", "with the outcome"),
        t("占比", "share"),
    ];
    let rows = dates.iter().map(|date| {
        let share = date.n_events as f64 / date.n.max(1) as f64;
        vec![
            date.as_of.clone(),
            date.until.clone(),
            if date.is_held_out { t("检验", "test") } else { t("学习", "learn") },
            grouped(date.n_customers as f64, 0),
            grouped(date.n as f64, 0),
            grouped(date.n_events as f64, 0),
            percent(share, 1),
        ]
    });
    html_table(&head, &rows.collect::<Vec<_>>())
}

/// What is not learned from, and why.
pub(super) fn left_out_html(all: &[LeftOut], lang: Lang) -> String {
    if all.is_empty() {
        return String::new();
    }
    let head = [words(lang, "没有采用", "left out"), words(lang, "原因", "why")];
    let rows = all.iter().map(|one| vec![one.title.get(lang).to_string(), one.reason.get(lang).to_string()]);
    format!("<div class=\"card\">{}</div>", html_table(&head, &rows.collect::<Vec<_>>()))
}

/// How well it foretells.
pub(super) fn separated_html(found: &Separated, lang: Lang) -> String {
    let t = |zh: &str, en: &str| words(lang, zh, en);
    let mut out = format!("<p>{}</p><div class=\"cards\">", escape(found.words().get(lang)));
    if !found.lift.is_empty() {
        let title = t("累计捕获", "Gain");
        let curve = [(title.clone(), found.lift.iter().map(|part| part.captured).collect::<Vec<f64>>())];
        let (x, y) = (
            t("客户占比，最可能的在前", "share of customers, the likeliest first"),
            t("捕获的占比", "share captured"),
        );
        let head = [
            t("第几份", "part"),
            t("客户", "customers"),
            t("发生", "with the outcome"),
            t("提升", "lift"),
            t("累计捕获", "captured"),
        ];
        let rows: Vec<Vec<String>> = found
            .lift
            .iter()
            .enumerate()
            .map(|(at, part)| {
                vec![
                    (at + 1).to_string(),
                    grouped(part.n as f64, 0),
                    grouped(part.n_events as f64, 0),
                    format!("{:.2}×", part.lift),
                    percent(part.captured, 1),
                ]
            })
            .collect();
        let table = html_table(&head, &rows);
        let read = t(
            "曲线越高于对角线，越能先找到会发生的客户。",
            "The higher above the diagonal, the sooner those to whom it happens are found.",
        );
        out += &figure(lang, false, &title, &gain(&curve, &title, (&x, &y)), &read, &table);
        let title = t("十等分提升", "Lift by tenths");
        let curve = [(title.clone(), found.lift.iter().map(|part| part.lift).collect::<Vec<f64>>())];
        let read = t(
            "最可能的十分之一里，发生的比例是全体的几倍。",
            "How many times as often it happens in each tenth as among all.",
        );
        out += &figure(lang, false, &title, &lift(&curve, &title, (&x, &t("倍数", "times"))), &read, &table);
    }
    if let Some(promised) = &found.calibration {
        let title = t("预测概率与实际", "Foretold and come");
        let points: Vec<Reliable> = promised
            .bins
            .iter()
            .map(|bin| Reliable {
                predicted: bin.predicted,
                observed: bin.observed.value,
                low: bin.observed.low,
                high: bin.observed.high,
            })
            .collect();
        let head =
            [t("客户", "customers"), t("预测", "foretold"), t("实际（95% 区间）", "came (95% interval)")];
        let rows = promised.bins.iter().map(|bin| {
            let (low, high) = (percent(bin.observed.low, 1), percent(bin.observed.high, 1));
            let came = format!("{} ({low}–{high})", percent(bin.observed.value, 1));
            vec![grouped(bin.n as f64, 0), percent(bin.predicted, 1), came]
        });
        let table = html_table(&head, &rows.collect::<Vec<_>>());
        let mut read = t(
            "点落在对角线上，概率就可以当真。",
            "Points on the diagonal are chances that can be taken at their word.",
        );
        let (brier, slope) = (promised.brier, promised.slope);
        read += &t(
            &format!(" Brier {brier:.4}，斜率 {slope:.2}（1 为准）。"),
            &format!(" Brier {brier:.4}, slope {slope:.2} (1 is right)."),
        );
        let axes = (t("预测概率", "foretold"), t("实际比例", "came"));
        out += &figure(lang, false, &title, &calibration(&points, &title, (&axes.0, &axes.1)), &read, &table);
    }
    out + "</div>"
}

/// One feature with its bins: who is in them, and how many of them are bad.
fn feature_html(one: &LearnedAttribute, lang: Lang) -> String {
    let t = |zh: &str, en: &str| words(lang, zh, en);
    let n: u64 = one.bins.iter().map(|bin| bin.n).sum();
    let shown: Vec<Bar> = one
        .bins
        .iter()
        .filter(|bin| bin.n > 0)
        .map(|bin| Bar {
            label: bin.label.get(lang).to_string(),
            share: bin.n as f64 / n.max(1) as f64,
            value_share: bin.bad_rate,
            count: bin.n,
        })
        .collect();
    let used = if one.taken { String::new() } else { t("（未采用）", " (not on the card)") };
    let title = format!("{}{used} · IV {:.3}", one.title.get(lang), one.iv);
    let mut head = vec![
        t("箱", "bin"),
        t("客户", "customers"),
        t("坏", "bad"),
        t("坏占比", "bad rate"),
        "WOE".to_string(),
        "IV".to_string(),
    ];
    if one.taken {
        head.push(t("分值", "points"));
    }
    let rows = one.bins.iter().map(|bin| {
        let mut row = vec![
            bin.label.get(lang).to_string(),
            grouped(bin.n as f64, 0),
            grouped(bin.n_bad as f64, 0),
            bin.bad_rate.map_or_else(|| "–".to_string(), |rate| percent(rate, 1)),
            format!(
                "{:.3}{}",
                bin.woe,
                if bin.one_kind { t("（只有一种结果）", " (of one kind)") } else { String::new() }
            ),
            format!("{:.4}", bin.iv),
        ];
        if one.taken {
            row.push(bin.points.to_string());
        }
        row
    });
    let table = html_table(&head, &rows.collect::<Vec<_>>());
    let legend = (t("客户占比", "share of customers"), t("坏占比", "bad rate"));
    let read = match one.trend {
        "ascending" => t("值越大，坏占比越高。", "The greater the value, the higher the bad rate."),
        "descending" => t("值越大，坏占比越低。", "The greater the value, the lower the bad rate."),
        "peak" => t("坏占比先升后降。", "The bad rate rises, then falls."),
        "valley" => t("坏占比先降后升。", "The bad rate falls, then rises."),
        _ => t("各箱的客户与坏占比。", "The customers of each bin, and how many of them are bad."),
    };
    figure(lang, false, &title, &bars(&shown, &title, (&legend.0, &legend.1)), &read, &table)
}

/// A learned scorecard as one page.
pub(crate) fn learned_card_page(done: &LearnedCard, workspace: &str, lang: Lang) -> String {
    let t = |zh: &str, en: &str| words(lang, zh, en);
    let mut sections = Vec::new();
    let mut html = format!(
        "<p>{}</p>",
        escape(&format!("{}: {}", done.outcome.title.get(lang), done.outcome.words.get(lang)))
    );
    html += &format!(
        "<p>{}</p>",
        escape(&t(
            &format!("好：{}；坏：{}。人群：{}", done.good.zh, done.bad.zh, base_words(&done.base).zh),
            &format!("Good: {}; bad: {}. Base: {}", done.good.en, done.bad.en, base_words(&done.base).en),
        ))
    );
    html += &dates_html(&done.dates, lang);
    html += &said(lang, &done.words.iter().collect::<Vec<_>>());
    sections.push(Section { title: Text::new("从什么学习", "What it was learned from"), html });
    sections.push(Section {
        title: Text::new("留出日期上的检验", "On the held-out date"),
        html: separated_html(&done.held_out, lang),
    });
    let head = [
        t("原因代码", "reason code"),
        t("属性", "attribute"),
        t("系数", "coefficient"),
        t("标准误", "standard error"),
        "p".to_string(),
        "IV".to_string(),
    ];
    let rows = done.attributes.iter().filter(|one| one.taken).map(|one| {
        let shown = |value: Option<f64>| value.map_or_else(|| "–".to_string(), |value| format!("{value:.4}"));
        vec![
            one.reason.clone().unwrap_or_default(),
            one.title.get(lang).to_string(),
            shown(one.coefficient),
            shown(one.standard_error),
            shown(one.p),
            format!("{:.3}", one.iv),
        ]
    });
    let mut html = html_table(&head, &rows.collect::<Vec<_>>());
    html += &format!(
        "<p>{}</p>",
        escape(&t(
            &format!(
                "截距 {:.4}；分数 = {:.3} + {:.3} × ln(好:坏)",
                done.intercept, done.scaling.offset, done.scaling.factor
            ),
            &format!(
                "intercept {:.4}; score = {:.3} + {:.3} × ln(good:bad)",
                done.intercept, done.scaling.offset, done.scaling.factor
            ),
        ))
    );
    html += "<div class=\"cards\">";
    html += &done
        .attributes
        .iter()
        .filter(|one| one.taken)
        .map(|one| feature_html(one, lang))
        .collect::<String>();
    html += "</div>";
    sections.push(Section { title: Text::new("评分卡", "The scorecard"), html });
    let others = done.attributes.iter().filter(|one| !one.taken).take(N_FEATURES);
    let others: String = others.map(|one| feature_html(one, lang)).collect();
    let html = format!("{}<div class=\"cards\">{others}</div>", left_out_html(&done.left_out, lang));
    sections.push(Section { title: Text::new("没有采用的特征", "What is not on the card"), html });
    let meta = [
        workspace.to_string(),
        versions::shown(done.version).get(lang).to_string(),
        t(&format!("观察期 {}", done.horizon.zh), &format!("horizon {}", done.horizon.en)),
    ];
    page(lang, done.title.get(lang), &meta, &sections)
}
