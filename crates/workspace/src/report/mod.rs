//! The report: one HTML file that needs nothing else, for somebody who was not there.

mod chart;
mod figure;
mod groups;
mod learned;
mod next;
mod plot;
mod propensity;
mod satisfaction;
mod tracked;
mod tree;
mod validation;

pub(crate) use chart::{Bar, Heat, bars, heat};
pub(crate) use groups::{lines_of_k, scatter};
pub(crate) use learned::learned_card_page;
pub use next::next_page;
pub(crate) use propensity::propensity_page;
pub use satisfaction::satisfaction_page;
pub(crate) use tracked::tracked;
pub(crate) use tree::{learned_tree_page, learned_weights_page};
pub use validation::backtest_page;
pub(crate) use validation::{backtest_sections, drift_html, figure, flow, proved_html, said};

use gradus_model::{Lang, Text};

use crate::summary::{Summary, grouped, percent};

/// A part of the page that was rendered elsewhere: data quality, reconciliation.
#[derive(Debug, Clone)]
pub struct Section {
    pub title: Text,
    /// HTML, already escaped.
    pub html: String,
}

/// What the page says.
#[derive(Debug, Clone)]
pub struct ReportInput<'r> {
    pub lang: Lang,
    pub summary: &'r Summary,
    /// The workspace, as its owner calls it.
    pub workspace: &'r str,
    pub model_version: Option<String>,
    pub fit_number: Option<String>,
    /// Said at the top if the clock is not the system's.
    pub clock_banner: Option<Text>,
    /// Names for movers: the caller decides what a reader may see. The customer's number if none.
    pub mover_names: Option<&'r dyn NameOf>,
    /// After the figures, in order.
    pub sections: Vec<Section>,
    /// Sources and their licences, or other words for the end of the page.
    pub credit: Option<Text>,
}

/// What a reader may call a customer.
pub trait NameOf: std::fmt::Debug {
    /// None for the customer's number.
    fn name_of(&self, customer: i64) -> Option<String>;
}

/// Makes a text safe anywhere in HTML, in attributes too.
///
/// ```
/// use gradus_workspace::report::escape;
/// assert_eq!(escape("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
/// ```
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Neither control characters nor a turned direction of writing.
            c if c.is_control() && c != '\n' && c != '\t' => (),
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => (),
            c => out.push(c),
        }
    }
    out
}

/// A table in HTML: the first column to the left, numbers to the right. Cells are escaped here.
pub fn html_table(head: &[String], rows: &[Vec<String>]) -> String {
    let mut out = String::from("<div class=\"scroll\"><table><thead><tr>");
    for cell in head {
        out += &format!("<th scope=\"col\">{}</th>", escape(cell));
    }
    out += "</tr></thead><tbody>";
    for row in rows {
        out += "<tr>";
        for cell in row {
            out += &format!("<td>{}</td>", escape(cell));
        }
        out += "</tr>";
    }
    out + "</tbody></table></div>"
}

/// The beginning of a page, up to its first section. Nothing on it runs, and it needs nothing else.
fn opening(lang: Lang, title: &str, head: &str, meta: &[String]) -> String {
    let code = if lang == Lang::Zh { "zh-CN" } else { "en" };
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{code}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\
         <meta name=\"referrer\" content=\"no-referrer\">\
         <title>{}</title><style>{}</style></head><body><main>\n",
        escape(head),
        include_str!("style.css").replace('\n', ""),
    );
    out += &format!("<header><h1>{}</h1><p class=\"meta\">", escape(title));
    for words in meta.iter().filter(|words| !words.is_empty()) {
        out += &format!("<span>{}</span>", escape(words));
    }
    out + "</p></header>\n"
}

/// A page of sections alone.
pub(crate) fn page(lang: Lang, title: &str, meta: &[String], sections: &[Section]) -> String {
    let mut out = opening(lang, title, title, meta);
    for section in sections {
        let heading = escape(section.title.get(lang));
        out += &format!("<section><h2>{heading}</h2>{}</section>\n", section.html);
    }
    out + "</main></body></html>\n"
}

/// The whole page.
pub fn render_html(input: &ReportInput<'_>) -> String {
    let t = |zh: &'static str, en: &'static str| if input.lang == Lang::Zh { zh } else { en };
    let latest = &input.summary.latest;
    let title = latest.model_title.get(input.lang);
    let mut meta = vec![input.workspace.to_string(), format!("{} {}", t("截至", "as of"), latest.as_of)];
    meta.extend(
        input.model_version.iter().map(|version| format!("{} {version}", t("模型版本", "model version"))),
    );
    meta.extend(input.fit_number.iter().map(|fit| format!("{} {fit}", t("拟合参数", "fit"))));
    let mut out = opening(input.lang, title, &format!("{title} · {}", latest.as_of), &meta);
    if let Some(banner) = &input.clock_banner {
        out += &format!("<p class=\"banner\" role=\"note\">{}</p>\n", escape(banner.get(input.lang)));
    }
    out += &tiles(input);
    out += &figure::figures(input);
    for section in &input.sections {
        out += &format!(
            "<section><h2>{}</h2><div class=\"card scroll\">{}</div></section>\n",
            escape(section.title.get(input.lang)),
            section.html
        );
    }
    out += "<footer>";
    if let Some(credit) = &input.credit {
        out += &format!("<p>{}</p>", escape(credit.get(input.lang)));
    }
    out += t(
        "<p>由 Gradus 生成。占比以全部客户为分母；金额占比以全部客户的金额合计为分母。</p>",
        "<p>Made by Gradus. Shares are of all customers; value shares are of all customers' total.</p>",
    );
    out + "</footer></main></body></html>\n"
}

fn tiles(input: &ReportInput<'_>) -> String {
    let t = |zh: &str, en: &str| if input.lang == Lang::Zh { zh.to_string() } else { en.to_string() };
    let latest = &input.summary.latest;
    let mut tiles = vec![(grouped(latest.n_customers as f64, 0), t("客户", "customers"))];
    if let Some(tier) = latest.tiers.first() {
        let share = tier.n_graded as f64 / latest.n_customers.max(1) as f64;
        let words = t("已定级，占 ", "graded, ") + &percent(share, 1);
        tiles.push((grouped(tier.n_graded as f64, 0), words));
        if let Some(top) = tier.levels.last() {
            let share = top.value_share.map(|share| percent(share, 1));
            let name = top.title.get(input.lang);
            let words = match share {
                Some(share) => {
                    t(&format!("{name}，贡献 {share} 金额"), &format!("{name}, with {share} of the value"))
                }
                None => name.to_string(),
            };
            tiles.push((grouped(top.count as f64, 0), words));
        }
    }
    if let Some(value) = &latest.value {
        tiles.push((grouped(value.total, 0), value.title.get(input.lang).to_string()));
        if let Some(share) = value.top20_share {
            tiles.push((
                percent(share, 1),
                t("由金额最高的 20% 客户贡献", "held by the top 20% of customers"),
            ));
        }
    }
    if let Some(migration) = input.summary.migrations.first() {
        let words = format!(
            "↑\u{a0}{} ↓\u{a0}{}",
            grouped(migration.n_up as f64, 0),
            grouped(migration.n_down as f64, 0)
        );
        let since = t(
            &format!("自 {} 升级、降级", migration.from_as_of),
            &format!("up and down since {}", migration.from_as_of),
        );
        tiles.push((words, since));
    }
    let mut out = String::from("<section class=\"tiles\">");
    for (number, words) in tiles {
        out +=
            &format!("<div class=\"tile\"><b>{}</b><span>{}</span></div>", escape(&number), escape(&words));
    }
    out + "</section>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::synthetic::{Month, base};
    use crate::summary::{SummaryOptions, summarise};

    #[derive(Debug)]
    struct Named;

    impl NameOf for Named {
        fn name_of(&self, customer: i64) -> Option<String> {
            (customer % 2 == 0).then(|| "王*明<script>".into())
        }
    }

    fn summary(n_months: u64) -> Summary {
        let options = SummaryOptions {
            value_indicator: Some("monetary".into()),
            recency: Some("recency".into()),
            frequency: Some("frequency".into()),
            monetary: None,
            n_movers: 5,
        };
        let bases: Vec<_> = (0..n_months).map(|m| base(Month(m), 2000 + 150 * m as usize)).collect();
        summarise(&bases, &options).unwrap()
    }

    fn input(summary: &Summary, lang: Lang) -> ReportInput<'_> {
        ReportInput {
            lang,
            summary,
            workspace: "examples/retail",
            model_version: Some("3".into()),
            fit_number: Some("7".into()),
            clock_banner: Some(Text::new(
                "时钟固定在数据的最后一天（2011-12-28），不是今天。",
                "The clock is fixed to the last day of the data (2011-12-28), not today.",
            )),
            mover_names: Some(&Named),
            sections: vec![Section {
                title: Text::new("对账", "Reconciliation"),
                html: html_table(&["来源".into(), "行".into()], &[vec!["orders".into(), "541,909".into()]]),
            }],
            credit: None,
        }
    }

    #[test]
    fn a_page_needs_nothing_else_and_runs_nothing() {
        let mut summary = summary(12);
        let evil = Text::plain("<script>alert(1)</script>\" onload=\"x");
        summary.latest.model_title = evil.clone();
        summary.latest.as_of = evil.en.clone();
        for tier in &mut summary.latest.tiers {
            tier.title = evil.clone();
            tier.levels[0].title = evil.clone();
            tier.not_graded[0].title = evil.clone();
        }
        summary.latest.scores[0].title = evil.clone();
        summary.latest.segments[0].members.title = evil.clone();
        summary.latest.groupings[0].title = evil.clone();
        summary.latest.groupings[0].groups[0].title = evil.clone();
        summary.migrations[0].levels[0].1 = evil.clone();
        summary.history[0].levels[0].1 = evil.clone();
        summary.history[0].points[0].as_of = evil.en.clone();
        for lang in [Lang::Zh, Lang::En] {
            let mut input = input(&summary, lang);
            input.workspace = &evil.en;
            input.clock_banner = Some(evil.clone());
            input.credit = Some(evil.clone());
            let page = render_html(&input);
            assert!(!page.contains("<script") && !page.contains("\" onload"));
            assert!(page.contains("&lt;script&gt;"));
            let links = page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "");
            assert!(!links.contains("http") && !links.contains("url(") && !links.contains(" src="));
            assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
            assert_eq!(page.matches("<figure").count(), page.matches("<details").count());
        }
    }

    #[test]
    fn pages_without_much_are_pages_too() {
        let options = SummaryOptions::default();
        for n in [0, 1] {
            let summary = summarise(&[base(Month(0), n)], &options).unwrap();
            let mut bare = input(&summary, Lang::En);
            bare.sections.clear();
            assert!(render_html(&bare).ends_with("</html>\n"));
        }
    }

    /// Writes pages to look at: `GRADUS_REPORT_FOLDER=/tmp cargo test -p gradus-workspace a_look`.
    #[test]
    fn a_look_at_the_page() {
        let Ok(folder) = std::env::var("GRADUS_REPORT_FOLDER") else { return };
        let summary = summary(12);
        for (lang, name) in [(Lang::Zh, "face.zh.html"), (Lang::En, "face.en.html")] {
            std::fs::write(format!("{folder}/{name}"), render_html(&input(&summary, lang))).unwrap();
        }
    }
}
