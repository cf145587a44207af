//! A learned tree and learned weights as pages.

use gradus_model::{Lang, Text};

use super::chart::{Bar, bars};
use super::learned::{dates_html, left_out_html, separated_html};
use super::validation::{figure, said};
use super::{Section, escape, html_table, page};
use crate::learn::tree::LearnedTree;
use crate::learn::weights::LearnedWeights;
use crate::summary::{grouped, percent};
use crate::versions;

fn words(lang: Lang, zh: &str, en: &str) -> String {
    if lang == Lang::Zh { zh.to_string() } else { en.to_string() }
}

/// A tree as one page.
pub(crate) fn learned_tree_page(done: &LearnedTree, workspace: &str, lang: Lang) -> String {
    let t = |zh: &str, en: &str| words(lang, zh, en);
    let mut html =
        format!("<p>{}: {}</p>", escape(done.target.get(lang)), escape(done.target_words.get(lang)));
    if !done.dates.is_empty() {
        html += &dates_html(&done.dates, lang);
    }
    let (accuracy, baseline) = (percent(done.accuracy, 1), percent(done.baseline, 1));
    html += &format!(
        "<p>{}</p>",
        escape(&t(
            &format!(
                "{} 位客户，深度 {}，{} 条规则；说对 {accuracy}（只说最多的一类：{baseline}）",
                done.n,
                done.depth,
                done.rules.len()
            ),
            &format!(
                "{} customers, depth {}, {} rules; right for {accuracy} (always the most frequent: {baseline})",
                done.n,
                done.depth,
                done.rules.len()
            ),
        ))
    );
    html += &said(lang, &done.words.iter().collect::<Vec<_>>());
    let mut sections =
        vec![Section { title: Text::new("从什么学习", "What it was learned from"), html }];
    let shown: Vec<Bar> = done
        .rules
        .iter()
        .enumerate()
        .map(|(at, rule)| Bar {
            label: format!("{} {}", at + 1, rule.title.get(lang)),
            share: rule.share,
            value_share: Some(rule.rate),
            count: rule.n,
        })
        .collect();
    let head = [
        "#".to_string(),
        t("条件", "rule"),
        t("是", "is"),
        t("客户", "customers"),
        t("占比", "share"),
        t("其中", "of them"),
        t("提升", "lift"),
    ];
    let rows = done.rules.iter().enumerate().map(|(at, rule)| {
        vec![
            (at + 1).to_string(),
            rule.words.get(lang).to_string(),
            rule.title.get(lang).to_string(),
            grouped(rule.n as f64, 0),
            percent(rule.share, 1),
            percent(rule.rate, 1),
            format!("{:.2}×", rule.lift),
        ]
    });
    let table = html_table(&head, &rows.collect::<Vec<_>>());
    let title = t("规则", "Rules");
    let read = t(
        "每条规则的客户占比，以及其中属于这一类（或发生）的比例。规则互斥，合起来是所有客户。",
        "The customers of each rule, and how many of them are of the class (or have the outcome). Rules exclude each other and take everybody.",
    );
    let legend = (t("客户占比", "share of customers"), t("其中的比例", "of them"));
    let mut html = String::from("<div class=\"cards\">");
    html += &figure(lang, true, &title, &bars(&shown, &title, (&legend.0, &legend.1)), &read, &table);
    html += &format!("<div class=\"card\">{table}</div>");
    let head = [t("特征", "feature"), t("份量", "weight")];
    let rows = done.factors.iter().map(|one| vec![one.title.get(lang).to_string(), percent(one.weight, 1)]);
    html += &format!("<div class=\"card\">{}</div></div>", html_table(&head, &rows.collect::<Vec<_>>()));
    sections.push(Section { title: Text::new("规则", "Rules"), html });
    if let Some(held_out) = &done.held_out {
        let title = Text::new("留出日期上的检验", "On the held-out date");
        sections.push(Section { title, html: separated_html(held_out, lang) });
    }
    if !done.left_out.is_empty() {
        let title = Text::new("没有采用的特征", "What was not learned from");
        sections.push(Section { title, html: left_out_html(&done.left_out, lang) });
    }
    let meta = [workspace.to_string(), versions::shown(done.version).get(lang).to_string()];
    page(lang, done.title.get(lang), &meta, &sections)
}

/// Weights as one page.
pub(crate) fn learned_weights_page(done: &LearnedWeights, workspace: &str, lang: Lang) -> String {
    let t = |zh: &str, en: &str| words(lang, zh, en);
    let shown: Vec<Bar> = done
        .weights
        .iter()
        .map(|one| Bar {
            label: one.title.get(lang).to_string(),
            share: one.weight,
            value_share: None,
            count: (1000.0 * one.weight).round() as u64,
        })
        .collect();
    let mut head = vec![t("属性", "attribute"), t("权重", "weight")];
    if done.from == "entropy" {
        head.push(t("信息熵", "entropy"));
    }
    let rows = done.weights.iter().map(|one| {
        let mut row = vec![one.title.get(lang).to_string(), format!("{:.4}", one.weight)];
        row.extend(one.entropy.map(|entropy| format!("{entropy:.4}")));
        row
    });
    let table = html_table(&head, &rows.collect::<Vec<_>>());
    let title = t("权重", "Weights");
    let legend = t("权重（括号内为千分数）", "weight (in brackets of a thousand)");
    let read = done.words.get(lang).to_string();
    let mut html = String::from("<div class=\"cards\">");
    html += &figure(lang, true, &title, &bars(&shown, &title, (&legend, "")), &read, &table);
    html += "</div>";
    if let Some(doubt) = &done.doubt {
        html += &format!("<p>{}</p>", escape(doubt.words.get(lang)));
    }
    html += &left_out_html(&done.left_out, lang);
    let heading = match done.from {
        "entropy" => Text::new("权重（熵权法）", "Weights from the data (entropy)"),
        _ => Text::new("权重（层次分析法）", "Weights from comparisons (AHP)"),
    };
    let sections = [Section { title: Text::new("权重", "Weights"), html }];
    page(lang, heading.get(lang), &[workspace.to_string()], &sections)
}
