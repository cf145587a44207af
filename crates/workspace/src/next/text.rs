//! What was learned, for a terminal.

use gradus_model::document::NextMethod;
use gradus_model::{Lang, Severity};

use super::{Named, NextFor, NextItem, NextLearned};
use crate::summary::{aligned_table, grouped, percent};

/// Rules and items that a terminal shows.
const SHOWN: usize = 10;

impl NextLearned {
    pub fn render(&self, lang: Lang) -> String {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let mut out = match lang {
            Lang::Zh => format!("截至 {}，按「{}」\n", self.as_of, self.of_title.zh),
            Lang::En => format!("as of {}, by “{}”\n", self.as_of, self.of_title.en),
        };
        for words in &self.words {
            out += &format!("{}\n", words.get(lang));
        }
        if let Some(judged) = self.judged.first() {
            let head = [
                say("方法", "method").to_string(),
                format!("{} @{}", say("命中率", "hit rate"), judged.k),
                say("95% 区间", "95% interval").into(),
                format!("NDCG@{}", judged.k),
                say("召回", "recall").into(),
                say("不同的", "different items").into(),
            ];
            let rows = judged.methods.iter().map(|one| {
                let rate = one.hit_rate;
                vec![
                    one.title.get(lang).to_string(),
                    percent(rate.value, 1),
                    format!("{}–{}", percent(rate.low, 1), percent(rate.high, 1)),
                    format!("{:.4}", one.ndcg),
                    percent(one.recall, 1),
                    grouped(one.n_items as f64, 0),
                ]
            });
            out += &aligned_table(&head, &rows.collect::<Vec<_>>());
            if judged.due.is_some() && judged.methods.iter().all(|one| one.method != NextMethod::Due.name()) {
                out += say(
                    "「到期复购」不在表里：名单不含已经买过的（加 --again 才含），到期另行检验\n",
                    "“due again” is not in the table: lists leave out what somebody has (unless `--again`), and what is due is judged apart\n",
                );
            }
        }
        if !self.rules.is_empty() {
            let head = [
                say("有", "with").to_string(),
                say("也有", "also").into(),
                say("数目", "count").into(),
                say("支持度", "support").into(),
                say("置信度", "confidence").into(),
                say("提升度", "lift").into(),
            ];
            let rows = self.rules.iter().take(SHOWN).map(|rule| {
                let left: Vec<&str> = rule.left.iter().map(|one: &Named| one.title.get(lang)).collect();
                vec![
                    left.join(" + "),
                    rule.right.title.get(lang).to_string(),
                    grouped(rule.count as f64, 0),
                    percent(rule.support, 2),
                    percent(rule.confidence.value, 1),
                    format!("{:.1}", rule.lift),
                ]
            });
            out += &aligned_table(&head, &rows.collect::<Vec<_>>());
        }
        if !self.due.is_empty() {
            let head = [
                say("复购", "again").to_string(),
                say("客户数", "customers").into(),
                say("将到期", "due").into(),
                say("通常间隔（天）", "usual days").into(),
            ];
            let rows = self.due.iter().take(SHOWN).map(|one| {
                vec![
                    one.title.get(lang).to_string(),
                    grouped(one.n_customers as f64, 0),
                    grouped(one.n_due as f64, 0),
                    format!("{:.0}", one.days),
                ]
            });
            out += &aligned_table(&head, &rows.collect::<Vec<_>>());
        }
        for note in &self.findings {
            let place = note.place.as_ref().map_or_else(String::new, |place| format!("{place}: "));
            let is_note = note.severity == Severity::Note;
            let warning = if is_note { say("提示", "note") } else { say("警告", "warning") };
            let arrow = say("应为", "instead");
            let (what, right) = (note.what.get(lang), note.right.get(lang));
            out += &format!("{place}{warning} [{}] {what}\n    {arrow}: {right}\n", note.code);
        }
        out
    }
}

impl NextFor {
    pub fn render(&self, lang: Lang) -> String {
        let mut out = format!("{}\n", self.words.get(lang));
        let mut list = |title: &str, items: &[NextItem]| {
            if !items.is_empty() {
                out += &format!("{title}\n");
            }
            for (at, item) in items.iter().enumerate() {
                out += &format!("  {}. {}: {}\n", at + 1, item.title.get(lang), item.why.get(lang));
            }
        };
        let zh = lang == Lang::Zh;
        list(if zh { "可能想要" } else { "may want next" }, &self.items);
        list(if zh { "到期复购" } else { "due again" }, &self.due);
        out
    }
}
