//! The review as a page and as Markdown.

use gradus_feedback::drift::DriftBand;
use gradus_model::{Lang, Text};

use super::Review;
use crate::report::{Section, backtest_sections, drift_html, escape, flow, page, said};
use crate::summary::grouped;
use crate::versions;

fn title(review: &Review, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{} 季度复盘：{}", review.quarter, review.model_title.zh),
        Lang::En => format!("Quarterly review {}: {}", review.quarter, review.model_title.en),
    }
}

fn stretch(review: &Review) -> Text {
    let (from, until) = (&review.from, &review.until);
    match review.is_over {
        true => Text::new(format!("{from} 之后至 {until}"), format!("after {from} until {until}")),
        false => Text::new(
            format!("{from} 之后至 {until}（季度尚未结束，数据只到这一天）"),
            format!("after {from} until {until} (the quarter goes on; this is as far as the data go)"),
        ),
    }
}

fn nothing(lang: Lang, what: &Text) -> String {
    format!("<p>{}</p>", escape(what.get(lang)))
}

fn no_contradiction() -> Text {
    Text::new("没有发现级别较高而结果明显较差的地方", "nowhere did a higher level come out clearly worse")
}

fn no_proposal() -> Text {
    Text::new("结果没有提示需要改动", "the outcomes suggest no change")
}

fn next_step() -> Text {
    Text::new(
        "gradus review --draft 把建议写成草稿；gradus simulate draft 看谁会变动；再由另一位同事审批",
        "`gradus review --draft` makes it the draft; `gradus simulate draft` shows who would move; then another person approves",
    )
}

pub(super) fn html(review: &Review, workspace: &str, lang: Lang) -> String {
    let section = |zh: &str, en: &str, html: String| Section { title: Text::new(zh, en), html };
    let card = |html: String| format!("<div class=\"card\">{html}</div>");
    let mut sections =
        vec![section("依据", "Evidence", card(said(lang, &review.evidence.iter().collect::<Vec<_>>())))];
    let flows: String = review
        .summary
        .migrations
        .iter()
        .map(|one| {
            let (up, down, same) = (one.n_up, one.n_down, one.n_same);
            let words = match lang {
                Lang::Zh => format!("升级 {up}，降级 {down}，不变 {same}"),
                Lang::En => format!("{up} up, {down} down, {same} unchanged"),
            };
            let title = escape(one.title.get(lang));
            format!("<figure class=\"card wide\"><h3>{title}</h3>{}<figcaption class=\"read\">{words}</figcaption></figure>", flow(one, lang))
        })
        .collect();
    if !flows.is_empty() {
        sections.push(section(
            "等级的流向",
            "Where customers moved",
            format!("<div class=\"cards\">{flows}</div>"),
        ));
    }
    sections.push(section("漂移", "Drift", drift_html(&review.drift, lang)));
    let contradictions = match review.contradictions.is_empty() {
        true => nothing(lang, &no_contradiction()),
        false => said(lang, &review.contradictions.iter().collect::<Vec<_>>()),
    };
    sections.push(section("矛盾", "Contradictions", card(contradictions)));
    let mut proposed = match review.proposals.is_empty() {
        true => nothing(lang, &no_proposal()),
        false => said(lang, &review.proposals.iter().map(|one| &one.words).collect::<Vec<_>>()),
    };
    if review.proposed.is_some() {
        proposed += &nothing(lang, &next_step());
    }
    sections.push(section("建议的改动", "Proposed change", card(proposed)));
    sections.extend(backtest_sections(&review.backtest, lang));
    let meta = [
        workspace.to_string(),
        stretch(review).get(lang).to_string(),
        versions::shown(review.version).get(lang).to_string(),
    ];
    page(lang, &title(review, lang), &meta, &sections)
}

/// What a Markdown table or list would take for its own.
fn plain(text: &str) -> String {
    let one_line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    one_line
        .replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('<', "&lt;")
        .replace('*', "\\*")
        .replace('`', "\\`")
}

fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = line(head.iter().map(|cell| plain(cell)).collect());
    out += &line(head.iter().map(|_| "---".to_string()).collect());
    for row in rows {
        out += &line(row.iter().map(|cell| plain(cell)).collect());
    }
    out + "\n"
}

pub(super) fn markdown(review: &Review, workspace: &str, lang: Lang) -> String {
    let t = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let list = |all: &mut dyn Iterator<Item = &Text>| {
        let lines: String = all.map(|one| format!("- {}\n", plain(one.get(lang)))).collect();
        lines + "\n"
    };
    let mut out = format!("# {}\n\n", plain(&title(review, lang)));
    out += &format!("{} · {}\n\n", plain(workspace), stretch(review).get(lang));
    out += &format!("## {}\n\n{}", t("依据", "Evidence"), list(&mut review.evidence.iter()));
    out += &format!("## {}\n\n", t("等级的流向", "Where customers moved"));
    for one in &review.summary.migrations {
        let (title, up, down, same) = (plain(one.title.get(lang)), one.n_up, one.n_down, one.n_same);
        out += &match lang {
            Lang::Zh => format!("- {title}：升级 {up}，降级 {down}，不变 {same}\n"),
            Lang::En => format!("- {title}: {up} up, {down} down, {same} unchanged\n"),
        };
    }
    out += &format!("\n## {}\n\n{}\n\n", t("漂移", "Drift"), plain(review.drift.verdict.get(lang)));
    let moved = review.drift.all.iter().filter(|one| one.band != DriftBand::Stable);
    let rows: Vec<Vec<String>> = moved
        .map(|one| {
            let (psi, band) = (format!("{:.3}", one.psi), one.band.words());
            vec![one.title.get(lang).into(), psi, band.get(lang).into(), one.words.get(lang).into()]
        })
        .collect();
    if !rows.is_empty() {
        let head =
            [t("对象", "of"), "PSI", t("判断", "verdict"), t("变动最大的一段", "the bin that moved most")];
        out += &table(&head, &rows);
    }
    out += &format!("## {}\n\n", t("矛盾", "Contradictions"));
    match review.contradictions.is_empty() {
        true => out += &format!("{}\n\n", no_contradiction().get(lang)),
        false => out += &list(&mut review.contradictions.iter()),
    }
    out += &format!("## {}\n\n", t("建议的改动", "Proposed change"));
    match review.proposals.is_empty() {
        true => out += &format!("{}\n\n", no_proposal().get(lang)),
        false => out += &list(&mut review.proposals.iter().map(|one| &one.words)),
    }
    if review.proposed.is_some() {
        out += &format!("{}\n\n", next_step().get(lang));
    }
    out += &format!("## {}\n\n", t("结果", "Outcomes"));
    for one in &review.backtest.outcomes {
        out += &format!("- {}{}{}\n", plain(one.title.get(lang)), t("：", ": "), plain(one.words.get(lang)));
    }
    out.push('\n');
    for date in &review.backtest.dates {
        let judged = &date.judged;
        let bands = judged.scores.iter().map(|score| &score.bands);
        for groups in judged.tiers.iter().chain(bands) {
            let mut head = vec![groups.title.get(lang).to_string(), t("客户数", "customers").to_string()];
            head.extend(judged.outcomes.iter().map(|whole| whole.title.get(lang).to_string()));
            let rows: Vec<Vec<String>> = groups
                .groups
                .iter()
                .rev()
                .map(|group| {
                    let mut row = vec![group.title.get(lang).to_string(), grouped(group.n as f64, 0)];
                    row.extend(group.outcomes.iter().map(|one| crate::backtest::each(judged, one)));
                    row
                })
                .collect();
            out += &table(&head.iter().map(String::as_str).collect::<Vec<_>>(), &rows);
            out += &list(&mut groups.orders.iter().map(|order| &order.words));
        }
        for score in &judged.scores {
            out += &format!("### {}\n\n", plain(score.title.get(lang)));
            let lines = score.separations.iter().map(|one| &one.words);
            let lines = lines.chain(score.lifts.iter().map(|one| &one.words));
            out += &list(&mut lines.chain(score.calibrations.iter().map(|one| &one.words)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_break_a_table() {
        let made = table(&["a|b"], &[vec!["<b>\nx".into()]]);
        assert_eq!(made, "| a\\|b |\n| --- |\n| &lt;b> x |\n\n");
    }
}
