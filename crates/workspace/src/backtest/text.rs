//! A back-test for a terminal.

use gradus_feedback::judge::{Groups, Judged, ScoreJudged};
use gradus_feedback::order::Measured;
use gradus_model::Lang;

use super::{Backtest, Date};
use crate::summary::{aligned_table, grouped, percent};
use crate::versions;

impl Backtest {
    /// The whole of it, in words and tables.
    pub fn render(&self, lang: Lang) -> String {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let mut out =
            format!("{}  {}\n", self.model_title.get(lang), versions::shown(self.version).get(lang));
        for one in &self.outcomes {
            out.push_str(&format!("  {}{}{}\n", one.title.get(lang), say("：", ": "), one.words.get(lang)));
        }
        for date in &self.dates {
            out.push_str(&date.render(lang));
        }
        if !self.across.is_empty() {
            out.push_str(&format!("\n{}\n", say("各日期之间", "Over the dates")));
        }
        for one in &self.across {
            out.push_str(&format!("  {}\n", one.get(lang)));
        }
        out
    }
}

impl Date {
    fn render(&self, lang: Lang) -> String {
        let judged = &self.judged;
        let mut out = match lang {
            Lang::Zh => format!(
                "\n截至 {}（只用当时已知的数据），结果看到 {}；{} 位客户\n{}\n",
                self.as_of, self.until, judged.n_customers, self.words.zh
            ),
            Lang::En => format!(
                "\nAs of {} with what was known then, outcomes until {}; {} customers\n{}\n",
                self.as_of, self.until, judged.n_customers, self.words.en
            ),
        };
        for leak in &self.leaks {
            let (title, words) = (leak.title.get(lang), leak.words.get(lang));
            out.push_str(&match lang {
                Lang::Zh => format!("注意，可能泄漏：{title}（{} 位客户）{words}\n", leak.n),
                Lang::En => format!("Beware of leakage: {title} ({} customers) is {words}\n", leak.n),
            });
        }
        for groups in &judged.tiers {
            out.push_str(&groups_table(judged, groups, lang));
        }
        for score in &judged.scores {
            out.push_str(&score_text(judged, score, lang));
        }
        if let Some(challenge) = &self.challenge {
            let (champion, challenger) = (challenge.champion.get(lang), challenge.challenger.get(lang));
            out.push_str(&match lang {
                Lang::Zh => format!(
                    "\n现行（{champion}）与挑战者（{challenger}），同一批 {} 位客户：{}\n",
                    challenge.n, challenge.verdict.zh
                ),
                Lang::En => format!(
                    "\nChampion ({champion}) and challenger ({challenger}), the same {} customers: {}\n",
                    challenge.n, challenge.verdict.en
                ),
            });
            for words in challenge.lines() {
                out.push_str(&format!("  {}\n", words.get(lang)));
            }
        }
        out
    }
}

/// An outcome of a group: its share or mean with the interval.
pub(crate) fn each(judged: &Judged, one: &Measured) -> String {
    let is_share =
        judged.outcomes.iter().any(|whole| whole.measured.outcome == one.outcome && whole.is_share);
    let shown = |value: f64| if is_share { percent(value, 1) } else { grouped(value, 0) };
    match &one.each {
        Some(each) => format!("{} ({}–{})", shown(each.value), shown(each.low), shown(each.high)),
        None => "–".into(),
    }
}

fn groups_table(judged: &Judged, groups: &Groups, lang: Lang) -> String {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let mut head = vec![groups.title.get(lang).to_string(), say("客户数", "customers").to_string()];
    for whole in &judged.outcomes {
        let per = if whole.is_share { "" } else { say("／人", " each") };
        head.push(format!("{}{per}", whole.title.get(lang)));
    }
    let rows = groups.groups.iter().rev().map(|group| {
        let mut row = vec![group.title.get(lang).to_string(), grouped(group.n as f64, 0)];
        row.extend(group.outcomes.iter().map(|one| each(judged, one)));
        row
    });
    let mut out = format!("\n{}", aligned_table(&head, &rows.collect::<Vec<_>>()));
    for order in &groups.orders {
        out.push_str(&format!("  {}\n", order.words.get(lang)));
        for one in &order.contradictions {
            out.push_str(&format!("    ! {}\n", one.words.get(lang)));
        }
    }
    out
}

fn score_text(judged: &Judged, score: &ScoreJudged, lang: Lang) -> String {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let mut out = format!("\n{}\n", score.title.get(lang));
    let lines = score.separations.iter().map(|one| &one.words);
    let lines = lines.chain(score.lifts.iter().map(|one| &one.words));
    for words in lines.chain(score.calibrations.iter().map(|one| &one.words)) {
        out.push_str(&format!("  {}\n", words.get(lang)));
    }
    let mut head = vec![say("十等分", "tenth").to_string()];
    for lift in &score.lifts {
        let title = judged.outcomes.iter().find(|whole| whole.measured.outcome == lift.outcome);
        let title = title.map(|whole| whole.title.get(lang)).unwrap_or(&lift.outcome);
        head.push(title.to_string());
        head.push(say("提升", "lift").to_string());
        head.push(say("累计占", "captured").to_string());
    }
    let n = score.lifts.iter().map(|lift| lift.tenths.len()).max().unwrap_or(0);
    let rows = (0..n).map(|tenth| {
        let mut row = vec![(tenth + 1).to_string()];
        for lift in &score.lifts {
            let is_share =
                judged.outcomes.iter().any(|whole| whole.measured.outcome == lift.outcome && whole.is_share);
            let Some(one) = lift.tenths.get(tenth) else { continue };
            row.push(if is_share { percent(one.each, 1) } else { grouped(one.each, 0) });
            row.push(format!("{:.2}", one.lift));
            row.push(percent(one.captured, 1));
        }
        row
    });
    if n > 0 {
        out.push_str(&aligned_table(&head, &rows.collect::<Vec<_>>()));
    }
    out.push_str(&groups_table(judged, &score.bands, lang));
    out
}
