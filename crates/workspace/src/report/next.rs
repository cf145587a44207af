//! What customers may want next, as a page: how well each method did, what goes together, what is due again.

use gradus_model::{Lang, Text};

use super::plot::{Whisker, whiskers};
use super::validation::{figure, said};
use super::{Section, html_table, page};
use crate::next::{Named, NextJudged, NextLearned};
use crate::summary::{grouped, percent};

/// Rules and items of a table.
const SHOWN: usize = 50;

/// What was learned as one page.
pub fn next_page(done: &NextLearned, workspace: &str, lang: Lang) -> String {
    let title = Text::new("下一个商品或品类", "Next product or category");
    let as_of = match lang {
        Lang::Zh => format!("截至 {}", done.as_of),
        Lang::En => format!("as of {}", done.as_of),
    };
    let meta = [workspace.to_string(), done.of_title.get(lang).to_string(), as_of];
    let mut words: Vec<&Text> = done.words.iter().collect();
    words.extend(done.findings.iter().map(|note| &note.what));
    let mut sections = vec![Section { title: Text::new("概要", "In short"), html: said(lang, &words) }];
    if !done.judged.is_empty() {
        let cards: String = done.judged.iter().map(|one| judged(one, lang)).collect();
        let html = format!("<div class=\"cards\">{cards}</div>");
        sections.push(Section { title: Text::new("检验", "NextMethod good it is"), html });
    }
    if !done.rules.is_empty() {
        sections.push(Section {
            title: Text::new("关联规则", "What is bought together"),
            html: rules(done, lang),
        });
    }
    if !done.due.is_empty() {
        sections.push(Section { title: Text::new("到期复购", "Due again"), html: due(done, lang) });
    }
    page(lang, title.get(lang), &meta, &sections)
}

fn judged(one: &NextJudged, lang: Lang) -> String {
    let t = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let all: Vec<Whisker> = one
        .methods
        .iter()
        .map(|method| Whisker {
            label: method.title.get(lang).to_string(),
            value: method.hit_rate.value,
            low: method.hit_rate.low,
            high: method.hit_rate.high,
            words: percent(method.hit_rate.value, 1),
        })
        .collect();
    let head = [
        t("方法", "method").to_string(),
        format!("{} @{}", t("命中率（95% 区间）", "hit rate (95% interval)"), one.k),
        format!("NDCG@{}", one.k),
        t("召回", "recall").into(),
        t("不同的", "different items").into(),
    ];
    let rows = one.methods.iter().map(|method| {
        let rate = method.hit_rate;
        vec![
            method.title.get(lang).to_string(),
            format!("{} ({}–{})", percent(rate.value, 1), percent(rate.low, 1), percent(rate.high, 1)),
            format!("{:.4}", method.ndcg),
            percent(method.recall, 1),
            grouped(method.n_items as f64, 0),
        ]
    });
    let table = html_table(&head, &rows.collect::<Vec<_>>());
    let title = format!("{} → {}", one.from, one.until);
    figure(lang, false, &title, &whiskers(&all, &title), one.words.get(lang), &table)
}

fn rules(done: &NextLearned, lang: Lang) -> String {
    let t = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let head = [
        t("有", "with").to_string(),
        t("也有", "also").into(),
        t("数目", "count").into(),
        t("支持度", "support").into(),
        t("置信度（95% 区间）", "confidence (95% interval)").into(),
        t("提升度", "lift").into(),
    ];
    let rows = done.rules.iter().take(SHOWN).map(|rule| {
        let left: Vec<&str> = rule.left.iter().map(|one: &Named| one.title.get(lang)).collect();
        let sure = rule.confidence;
        vec![
            left.join(" + "),
            rule.right.title.get(lang).to_string(),
            grouped(rule.count as f64, 0),
            percent(rule.support, 2),
            format!("{} ({}–{})", percent(sure.value, 1), percent(sure.low, 1), percent(sure.high, 1)),
            format!("{:.1}", rule.lift),
        ]
    });
    format!("<div class=\"card scroll\">{}</div>", html_table(&head, &rows.collect::<Vec<_>>()))
}

fn due(done: &NextLearned, lang: Lang) -> String {
    let t = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let head = [
        t("商品或品类", "item").to_string(),
        t("买过的客户", "customers").into(),
        t("将到期", "due").into(),
        t("通常间隔（天）", "usual days").into(),
    ];
    let rows = done.due.iter().take(SHOWN).map(|one| {
        let n = |n: u64| grouped(n as f64, 0);
        vec![one.title.get(lang).to_string(), n(one.n_customers), n(one.n_due), format!("{:.0}", one.days)]
    });
    format!("<div class=\"card scroll\">{}</div>", html_table(&head, &rows.collect::<Vec<_>>()))
}
