//! Validation in pages: a back-test and drift as figures, each with how to read it and a table that says
//! the same.

use gradus_feedback::drift::{Drift, DriftBand};
use gradus_feedback::judge::{Judged, ScoreJudged};
use gradus_feedback::order::Measured;
use gradus_model::{Lang, Text};

use super::plot::{Reliable, Whisker, calibration, drift, gain, lift, sankey, whiskers};
use super::{Section, escape, html_table};
use crate::backtest::{Backtest, Date, each};
use crate::summary::{Migration, grouped, percent, states};
use crate::validation::Asked;
use crate::versions;

/// Most things whose drift a figure shows.
const N_DRIFT: usize = 24;

/// A figure, how to read it, and the same as a table.
pub(crate) fn figure(lang: Lang, wide: bool, title: &str, svg: &str, read: &str, table: &str) -> String {
    let as_table = if lang == Lang::Zh { "以表格查看" } else { "as a table" };
    let class = if wide { "card wide" } else { "card" };
    format!(
        "<figure class=\"{class}\"><h3>{}</h3>{svg}<figcaption class=\"read\">{}</figcaption><details><summary>{as_table}</summary>{table}</details></figure>\n",
        escape(title),
        escape(read),
    )
}

/// Paragraphs of words.
pub(crate) fn said(lang: Lang, words: &[&Text]) -> String {
    let items: String = words.iter().map(|one| format!("<li>{}</li>", escape(one.get(lang)))).collect();
    if items.is_empty() { items } else { format!("<ul>{items}</ul>") }
}

/// What each outcome is, in words.
fn counted(done: &Backtest, lang: Lang) -> String {
    let of = |one: &Asked| {
        Text::new(
            format!("{}：{}", one.title.zh, one.words.zh),
            format!("{}: {}", one.title.en, one.words.en),
        )
    };
    let all: Vec<Text> = done.outcomes.iter().map(of).collect();
    said(lang, &all.iter().collect::<Vec<_>>())
}

/// The sections of a back-test: what was counted, then each date, the newest in figures.
pub(crate) fn backtest_sections(done: &Backtest, lang: Lang) -> Vec<Section> {
    let mut out = Vec::new();
    let mut html = counted(done, lang);
    html += &said(lang, &done.across.iter().collect::<Vec<_>>());
    out.push(Section { title: Text::new("结果怎么算", "What is counted"), html });
    for date in done.dates.iter().rev() {
        let title = Text::new(
            format!("截至 {} 的评级，结果看到 {}", date.as_of, date.until),
            format!("Graded as of {}, outcomes until {}", date.as_of, date.until),
        );
        out.push(Section { title, html: date_html(date, lang) });
    }
    out
}

/// The newest date of a back-test for a page about other things: what was counted, and what came.
pub(crate) fn proved_html(done: &Backtest, lang: Lang) -> String {
    let Some(date) = done.dates.last() else { return String::new() };
    let stretch = match lang {
        Lang::Zh => format!("按 {} 当时所知评级，结果看到 {}。", date.as_of, date.until),
        Lang::En => {
            format!("Graded with what was known on {}, outcomes until {}.", date.as_of, date.until)
        }
    };
    format!("<p>{}</p>{}{}", escape(&stretch), counted(done, lang), date_html(date, lang))
}

fn date_html(date: &Date, lang: Lang) -> String {
    let judged = &date.judged;
    let mut html = format!("<p>{}</p>", escape(date.words.get(lang)));
    for leak in &date.leaks {
        let words = match lang {
            Lang::Zh => format!("注意，可能泄漏：{}（{} 位客户）{}", leak.title.zh, leak.n, leak.words.zh),
            Lang::En => {
                format!("Beware of leakage: {} ({} customers) is {}", leak.title.en, leak.n, leak.words.en)
            }
        };
        html += &format!("<p class=\"banner\" role=\"note\">{}</p>", escape(&words));
    }
    let mut cards = String::new();
    for groups in &judged.tiers {
        cards += &by_group(judged, groups, lang);
    }
    for score in &judged.scores {
        cards += &score_figures(judged, score, lang);
    }
    html += &format!("<div class=\"cards\">{cards}</div>");
    if let Some(challenge) = &date.challenge {
        html += &format!(
            "<h3>{}</h3>",
            if lang == Lang::Zh { "现行与挑战者" } else { "Champion and challenger" }
        );
        html += &format!("<p>{}</p>", escape(challenge.verdict.get(lang)));
        html += &said(lang, &challenge.lines());
    }
    html
}

/// The outcomes by tier or band: one figure an outcome, the highest on top.
fn by_group(judged: &Judged, groups: &gradus_feedback::judge::Groups, lang: Lang) -> String {
    let mut out = String::new();
    for (at, whole) in judged.outcomes.iter().enumerate() {
        let shown = |value: f64| if whole.is_share { percent(value, 1) } else { grouped(value, 0) };
        let listed = groups.groups.iter().rev();
        let all: Vec<Whisker> = listed
            .filter_map(|group| {
                let each = group.outcomes[at].each?;
                Some(Whisker {
                    label: group.title.get(lang).to_string(),
                    value: each.value,
                    low: each.low,
                    high: each.high,
                    words: shown(each.value),
                })
            })
            .collect();
        let Some(order) = groups.orders.get(at) else { continue };
        let title = format!("{} · {}", groups.title.get(lang), whole.title.get(lang));
        let mut read = order.words.get(lang).to_string();
        for one in &order.contradictions {
            read += if lang == Lang::Zh { "；" } else { "; " };
            read += one.words.get(lang);
        }
        let head = [
            groups.title.get(lang).to_string(),
            if lang == Lang::Zh { "客户数".into() } else { "customers".into() },
            if lang == Lang::Zh { "值（95% 区间）".into() } else { "value (95% interval)".to_string() },
            if lang == Lang::Zh { "合计".into() } else { "total".to_string() },
        ];
        let total = |one: &Measured| match (one.total, one.n_with) {
            (Some(total), _) => grouped(total, 0),
            (None, Some(n)) => grouped(n as f64, 0),
            _ => String::new(),
        };
        let rows = groups.groups.iter().rev().map(|group| {
            let one = &group.outcomes[at];
            vec![group.title.get(lang).to_string(), grouped(one.n as f64, 0), each(judged, one), total(one)]
        });
        let table = html_table(&head, &rows.collect::<Vec<_>>());
        out += &figure(lang, false, &title, &whiskers(&all, &title), &read, &table);
    }
    out
}

fn score_figures(judged: &Judged, score: &ScoreJudged, lang: Lang) -> String {
    let t = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let title_of = |name: &str| {
        let whole = judged.outcomes.iter().find(|whole| whole.measured.outcome == name);
        whole.map(|whole| whole.title.get(lang).to_string()).unwrap_or_else(|| name.to_string())
    };
    let mut out = String::new();
    if !score.lifts.is_empty() {
        let lines: Vec<(String, Vec<f64>)> = score
            .lifts
            .iter()
            .map(|lift| (title_of(&lift.outcome), lift.tenths.iter().map(|tenth| tenth.captured).collect()))
            .collect();
        let title = format!("{} · {}", score.title.get(lang), t("捕获曲线", "what the best have"));
        let axes = (
            t("客户，分数从高到低", "customers, the best scores first"),
            t("占结果的比例", "share of the outcome"),
        );
        let mut head = vec![t("十等分", "tenth").to_string()];
        for lift in &score.lifts {
            head.extend([title_of(&lift.outcome), t("提升", "lift").into(), t("累计占", "captured").into()]);
        }
        let rows = (0..10).map(|at| {
            let mut row = vec![(at + 1).to_string()];
            for lift in &score.lifts {
                let is_share = judged
                    .outcomes
                    .iter()
                    .any(|whole| whole.measured.outcome == lift.outcome && whole.is_share);
                let Some(one) = lift.tenths.get(at) else { continue };
                row.push(if is_share { percent(one.each, 1) } else { grouped(one.each, 0) });
                row.extend([format!("{:.2}", one.lift), percent(one.captured, 1)]);
            }
            row
        });
        let read: Vec<&str> = score.lifts.iter().map(|lift| lift.words.get(lang)).collect();
        let read = format!("{}{}", t("斜线是碰运气。", "The diagonal is chance. "), read.join(t("；", "; ")));
        let table = html_table(&head, &rows.collect::<Vec<_>>());
        out += &figure(lang, false, &title, &gain(&lines, &title, axes), &read, &table);
        let lines: Vec<(String, Vec<f64>)> = score
            .lifts
            .iter()
            .map(|lift| (title_of(&lift.outcome), lift.tenths.iter().map(|tenth| tenth.lift).collect()))
            .collect();
        let title = format!("{} · {}", score.title.get(lang), t("提升曲线", "lift"));
        let axes = (axes.0, t("是全部客户的几倍", "times that of everybody"));
        let read = t(
            "每十分之一的客户各是全部客户平均的几倍；1 倍的横线是全部客户。",
            "How each tenth of the customers compares with the average of all, which is the line at 1.",
        );
        out += &figure(lang, false, &title, &lift(&lines, &title, axes), read, &table);
    }
    for one in &score.calibrations {
        let points: Vec<Reliable> = one
            .bins
            .iter()
            .map(|bin| Reliable {
                predicted: bin.predicted,
                observed: bin.observed.value,
                low: bin.observed.low,
                high: bin.observed.high,
            })
            .collect();
        let title =
            format!("{} · {} · {}", score.title.get(lang), title_of(&one.outcome), t("校准", "calibration"));
        let axes = (t("预计", "promised"), t("实际", "what came"));
        let head = [
            t("客户数", "customers").to_string(),
            t("预计", "promised").to_string(),
            t("实际（95% 区间）", "came (95% interval)").to_string(),
        ];
        let rows = one.bins.iter().map(|bin| {
            let (low, high) = (percent(bin.observed.low, 1), percent(bin.observed.high, 1));
            let came = format!("{} ({low}–{high})", percent(bin.observed.value, 1));
            vec![grouped(bin.n as f64, 0), percent(bin.predicted, 1), came]
        });
        let table = html_table(&head, &rows.collect::<Vec<_>>());
        out += &figure(lang, false, &title, &calibration(&points, &title, axes), one.words.get(lang), &table);
    }
    let words: Vec<&Text> = score.separations.iter().map(|one| &one.words).collect();
    if !words.is_empty() {
        let title =
            format!("{} · {}", score.title.get(lang), t("区分力", "how well it tells customers apart"));
        out += &format!("<div class=\"card\"><h3>{}</h3>{}</div>", escape(&title), said(lang, &words));
    }
    out + &by_group(judged, &score.bands, lang)
}

/// How far things drifted.
pub(crate) fn drift_html(found: &Drift, lang: Lang) -> String {
    let t = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let shown: Vec<(String, f64)> =
        found.all.iter().take(N_DRIFT).map(|one| (one.title.get(lang).to_string(), one.psi)).collect();
    let head = [
        t("对象", "of").to_string(),
        "PSI".to_string(),
        t("判断", "verdict").to_string(),
        t("变动最大的一段", "the bin that moved most").to_string(),
    ];
    let rows = found.all.iter().map(|one| {
        let (psi, band) = (format!("{:.3}", one.psi), one.band.words());
        vec![
            one.title.get(lang).to_string(),
            psi,
            band.get(lang).to_string(),
            one.words.get(lang).to_string(),
        ]
    });
    let table = html_table(&head, &rows.collect::<Vec<_>>());
    let title = t("人群稳定性（PSI）", "Population stability (PSI)");
    let read = t(
        "低于 0.10 稳定，0.10 至 0.25 需留意，0.25 以上明显偏移。",
        "Below 0.10 stable, to 0.25 to be watched, above shifted.",
    );
    let read = format!("{} {read}", found.verdict.get(lang));
    let html = figure(lang, false, title, &drift(&shown, title), &read, &table);
    let shifted = found.all.iter().filter(|one| one.band != DriftBand::Stable).take(6).map(|one| {
        let head = [
            one.title.get(lang).to_string(),
            t("先前", "then").to_string(),
            t("现在", "now").to_string(),
            "PSI".to_string(),
        ];
        let rows = one.bins.iter().map(|bin| {
            let part = format!("{:.3}", bin.part);
            vec![bin.label.get(lang).to_string(), percent(bin.base, 1), percent(bin.current, 1), part]
        });
        format!("<div class=\"card\">{}</div>", html_table(&head, &rows.collect::<Vec<_>>()))
    });
    let shifted: String = shifted.collect();
    format!("<div class=\"cards\">{html}{shifted}</div>")
}

/// Customers flowing between the levels of a scheme.
pub(crate) fn flow(migration: &Migration, lang: Lang) -> String {
    let (rows, columns) = (states(migration, lang, true), states(migration, lang, false));
    let flows: Vec<Vec<u64>> = rows
        .iter()
        .map(|(row, _)| columns.iter().map(|(column, _)| migration.counts[*row][*column]).collect())
        .collect();
    let names = |all: &[(usize, String)]| all.iter().map(|(_, title)| title.clone()).collect::<Vec<_>>();
    let label = if lang == Lang::Zh { "迁移流向" } else { "flow between levels" };
    sankey(
        migration.levels.len(),
        (&names(&rows), &names(&columns)),
        &flows,
        label,
        (&migration.from_as_of, &migration.to_as_of),
    )
}

/// A back-test as one page.
pub fn backtest_page(done: &Backtest, workspace: &str, lang: Lang) -> String {
    let title =
        Text::new(format!("回测：{}", done.model_title.zh), format!("Back-test: {}", done.model_title.en));
    let meta = [
        workspace.to_string(),
        versions::shown(done.version).get(lang).to_string(),
        match lang {
            Lang::Zh => format!("观察期 {}", done.horizon),
            Lang::En => format!("horizon {}", done.horizon),
        },
    ];
    super::page(lang, title.get(lang), &meta, &backtest_sections(done, lang))
}
