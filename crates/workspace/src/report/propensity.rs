//! The model card of a propensity as one page.

use gradus_model::{Lang, Text};

use super::chart::{Bar, bars};
use super::learned::{base_words, dates_html, separated_html};
use super::plot::{Whisker, survival_curve, whiskers};
use super::validation::{figure, said};
use super::{Section, escape, html_table, page};
use crate::learn::propensity::Survival;
use crate::learn::{ModelCard, TrainingDate};
use crate::summary::{grouped, percent};
use crate::versions;

fn words(lang: Lang, zh: &str, en: &str) -> String {
    if lang == Lang::Zh { zh.to_string() } else { en.to_string() }
}

/// The page.
pub(crate) fn propensity_page(card: &ModelCard, workspace: &str, lang: Lang) -> String {
    let t = |zh: &str, en: &str| words(lang, zh, en);
    let mut html =
        format!("<p>{}: {}</p>", escape(card.outcome.get(lang)), escape(card.outcome_words.get(lang)));
    html += &format!(
        "<p>{}</p>",
        escape(&t(
            &format!("方法：{}；人群：{}", card.method.zh, base_words(&card.base).zh),
            &format!("Method: {}; base: {}", card.method.en, base_words(&card.base).en),
        ))
    );
    let dates: Vec<TrainingDate> = card
        .training
        .iter()
        .map(|date| TrainingDate {
            as_of: date.as_of.clone(),
            until: date.until.clone(),
            is_held_out: date.held_out,
            n_customers: date.n,
            n: date.n,
            n_events: date.n_with,
        })
        .collect();
    html += &dates_html(&dates, lang);
    let head = [t("数据", "data"), t("值", "value")];
    let rows = card.data.iter().map(|datum| {
        let number = datum.value.as_f64().unwrap_or_default();
        let value = match datum.unit.as_deref() {
            Some("share") => percent(number, 1),
            _ => grouped(number, 0),
        };
        vec![datum.title.get(lang).to_string(), value]
    });
    html += &format!("<div class=\"card\">{}</div>", html_table(&head, &rows.collect::<Vec<_>>()));
    html += &said(lang, &card.cautions.iter().collect::<Vec<_>>());
    let mut sections = vec![
        Section { title: Text::new("从什么学习", "What it was learned from"), html },
        Section {
            title: Text::new("留出日期上的检验", "On the held-out date"),
            html: format!("{}{}", metrics(card, lang), separated_html(&card.held_out, lang)),
        },
        Section { title: Text::new("主要因素", "Top factors"), html: factors(card, lang) },
    ];
    if let Some(found) = &card.survival {
        let title = Text::new("多久之后发生", "How long it takes");
        sections.push(Section { title, html: survival(found, lang) });
    }
    let meta = [
        workspace.to_string(),
        versions::shown(card.version).get(lang).to_string(),
        t(&format!("观察期 {}", card.horizon.zh), &format!("horizon {}", card.horizon.en)),
    ];
    page(lang, card.title.get(lang), &meta, &sections)
}

fn metrics(card: &ModelCard, lang: Lang) -> String {
    let t = |zh: &str, en: &str| words(lang, zh, en);
    let head = [t("指标", "figure"), t("值", "value"), t("95% 区间", "95% interval")];
    let rows = card.metrics.iter().map(|one| {
        let between = match (one.low, one.high) {
            (Some(low), Some(high)) => format!("{low:.3}–{high:.3}"),
            _ => "–".to_string(),
        };
        vec![one.title.get(lang).to_string(), format!("{:.4}", one.value), between]
    });
    format!("<div class=\"card\">{}</div>", html_table(&head, &rows.collect::<Vec<_>>()))
}

fn factors(card: &ModelCard, lang: Lang) -> String {
    let t = |zh: &str, en: &str| words(lang, zh, en);
    let direction = |one: &str| match one {
        "up" => t("越大越可能", "more of it, likelier"),
        "down" => t("越大越不可能", "more of it, less likely"),
        _ => t("不一", "mixed"),
    };
    let shown: Vec<Bar> = card
        .factors
        .iter()
        .filter(|one| one.weight > 0.0)
        .map(|one| Bar {
            label: one.title.get(lang).to_string(),
            share: one.weight,
            value_share: None,
            count: (1000.0 * one.weight).round() as u64,
        })
        .collect();
    let head = [t("特征", "feature"), t("份量", "weight"), t("方向", "direction")];
    let rows = card
        .factors
        .iter()
        .map(|one| vec![one.title.get(lang).to_string(), percent(one.weight, 1), direction(&one.direction)]);
    let table = html_table(&head, &rows.collect::<Vec<_>>());
    let title = t("各特征的份量", "How much each feature weighs");
    let read = t(
        "每位客户身上各特征推动的平均份额（括号内为千分数）；合计 100%。",
        "The average share of what each feature moves, customer by customer (in brackets of a thousand); 100% together.",
    );
    let legend = t("份量", "weight");
    let mut out = String::from("<div class=\"cards\">");
    out += &figure(lang, false, &title, &bars(&shown, &title, (&legend, "")), &read, &table);
    if !card.parameters.is_empty() {
        let head =
            [t("系数", "coefficient"), t("值", "value"), t("标准误", "standard error"), "p".to_string()];
        let rows = card.parameters.iter().map(|one| {
            let shown =
                |value: Option<f64>| value.map_or_else(|| "–".to_string(), |value| format!("{value:.4}"));
            vec![one.title.get(lang).to_string(), format!("{:.6}", one.value), shown(one.error), shown(one.p)]
        });
        out += &format!("<div class=\"card\">{}</div>", html_table(&head, &rows.collect::<Vec<_>>()));
    }
    if !card.left_out.is_empty() {
        let head = [t("没有采用", "left out"), t("原因", "why")];
        let rows = card
            .left_out
            .iter()
            .map(|(title, why)| vec![title.get(lang).to_string(), why.get(lang).to_string()]);
        out += &format!("<div class=\"card\">{}</div>", html_table(&head, &rows.collect::<Vec<_>>()));
    }
    out + "</div>"
}

fn survival(found: &Survival, lang: Lang) -> String {
    let t = |zh: &str, en: &str| words(lang, zh, en);
    let title = t("尚未发生的占比（Kaplan–Meier）", "Share to whom it has not happened (Kaplan–Meier)");
    let points: Vec<(f64, f64, f64, f64)> =
        found.curve.iter().map(|point| (point.days, point.share, point.low, point.high)).collect();
    let head =
        [t("天", "days"), t("尚在观察", "at risk"), t("尚未发生", "not yet"), t("95% 区间", "95% interval")];
    let rows = found.curve.iter().map(|point| {
        let between = format!("{}–{}", percent(point.low, 1), percent(point.high, 1));
        vec![grouped(point.days, 0), grouped(point.n_at_risk, 0), percent(point.share, 1), between]
    });
    let table = html_table(&head, &rows.collect::<Vec<_>>());
    let axes = (t("天", "days"), t("尚未发生", "not yet"));
    let mut out = format!("<p>{}</p><div class=\"cards\">", escape(found.words.get(lang)));
    let read = t(
        "曲线每下降一步，就有客户发生；灰线是 95% 区间。",
        "Each step down is customers to whom it happened; the gray lines are the 95% interval.",
    );
    out += &figure(lang, false, &title, &survival_curve(&points, &title, (&axes.0, &axes.1)), &read, &table);
    if !found.hazards.is_empty() {
        let title = t("什么使它来得更快（Cox）", "What makes it come sooner (Cox)");
        let all: Vec<Whisker> = found
            .hazards
            .iter()
            .map(|one| Whisker {
                label: one.title.get(lang).to_string(),
                value: one.ratio,
                low: one.low.unwrap_or(one.ratio),
                high: one.high.unwrap_or(one.ratio),
                words: format!("{:.2}×", one.ratio),
            })
            .collect();
        let head = [
            t("特征，多一个标准差", "feature, one standard deviation more"),
            t("风险比", "hazard ratio"),
            t("95% 区间", "95% interval"),
            "p".to_string(),
        ];
        let rows = found.hazards.iter().map(|one| {
            let between = match (one.low, one.high) {
                (Some(low), Some(high)) => format!("{low:.2}–{high:.2}"),
                _ => "–".to_string(),
            };
            let p = one.p.map_or_else(|| "–".to_string(), |p| format!("{p:.4}"));
            vec![one.title.get(lang).to_string(), format!("{:.3}", one.ratio), between, p]
        });
        let table = html_table(&head, &rows.collect::<Vec<_>>());
        let mut read = t("大于 1：来得更快；小于 1：来得更慢。", "Above 1 it comes sooner, below 1 later.");
        if let Some(c) = found.concordance {
            read += &t(&format!(" 一致性 {c:.3}。"), &format!(" Concordance {c:.3}."));
        }
        if let Some(together) = &found.together {
            read += &format!(" {}", together.get(lang));
        }
        out += &figure(lang, false, &title, &whiskers(&all, &title), &read, &table);
    }
    out + "</div>"
}
