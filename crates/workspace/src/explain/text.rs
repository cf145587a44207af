//! The explanation as text for a terminal.

use gradus_model::Lang;

use super::Explanation;
use super::events::UNDATED_WORD;
use crate::clock::{local, on_clock};
use crate::versions;

/// Changes that a terminal shows.
const SHOWN_CHANGES: usize = 12;

impl Explanation {
    /// The whole explanation for a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let mut out = String::new();
        let fit = self.fit.map(|fit| fit.to_string()).unwrap_or_else(|| "-".into());
        let as_of = on_clock(&self.as_of, &self.time_zone);
        out.push_str(&format!(
            "{} #{}  {} {}  {} {}  {} {fit}  {}\n\n",
            say("客户", "customer"),
            self.customer,
            say("截至", "as of"),
            as_of,
            say("评级", "run"),
            self.run,
            say("拟合", "fit"),
            versions::shown(self.version).get(lang),
        ));
        for standing in &self.standings {
            out.push_str(&standing.render(lang));
            for goal in self.goals.iter().filter(|goal| goal.scheme == standing.scheme) {
                out.push_str(&goal.render(lang));
            }
            out.push('\n');
        }
        for set in &self.overrides {
            let until = set.one.expires.map(|us| local(us, &self.time_zone, "%Y-%m-%d"));
            let until = until.unwrap_or_else(|| say("直到有人结束", "until somebody ends it").into());
            out.push_str(&format!(
                "{}: {} = {}  {}  {} {until}\n\n",
                say("人工调整", "set by a person"),
                set.one.scheme,
                set.one.level,
                set.reason,
                say("到期", "until")
            ));
        }
        for standing in &self.standings {
            for (_, note) in self.notes.iter().filter(|(of, _)| *of == standing.scheme) {
                out.push_str(&format!("{}: {}\n\n", standing.scheme, note.get(lang)));
            }
        }
        for prediction in &self.predictions {
            out.push_str(&prediction.render(lang));
            out.push('\n');
        }
        for statement in &self.scores {
            out.push_str(&statement.render(lang));
            out.push('\n');
        }
        for difference in &self.differences {
            out.push_str(&difference.render(lang));
            out.push('\n');
        }
        for rule in &self.rules {
            out.push_str(&rule.render(lang));
            out.push('\n');
        }
        out.push_str(say("指标\n", "indicators\n"));
        for (name, title, value) in &self.indicators {
            let title = title.get(lang);
            let label = if title.is_empty() { name } else { title };
            out.push_str(&format!("  {label}: {}\n", value.as_deref().unwrap_or("—")));
            for (_, note) in self.notes.iter().filter(|(of, _)| of == name) {
                out.push_str(&format!("    {}\n", note.get(lang)));
            }
        }
        out.push('\n');
        for (_, title, value) in &self.groupings {
            out.push_str(&format!(
                "{}: {}\n",
                title.get(lang),
                value.as_ref().map_or("—", |value| value.get(lang))
            ));
        }
        for segment in &self.segments {
            out.push_str(&segment.render(lang));
        }
        if !self.history.is_empty() {
            out.push_str(say("\n变化经过\n", "\nhistory\n"));
        }
        for change in self.history.iter().take(SHOWN_CHANGES) {
            for (at, words) in change.told(lang, &self.time_zone).iter().enumerate() {
                out.push_str(&format!("{}{words}\n", if at == 0 { "  " } else { "      " }));
            }
        }
        if self.history.len() > SHOWN_CHANGES {
            let n = self.history.len() - SHOWN_CHANGES;
            out.push_str(&format!(
                "  {n} {}\n",
                say("项更早的变化（--format json 给出全部）", "earlier changes (--format json gives all)")
            ));
        }
        let taken_back = match (self.n_retracted, lang) {
            (0, _) => String::new(),
            (n, Lang::Zh) => format!("（另有 {n} 个已撤回）"),
            (n, Lang::En) => format!(" ({n} more were taken back)"),
        };
        let (n, zone) = (self.n_events, &self.time_zone);
        out.push_str(&match lang {
            Lang::Zh => format!("\n{n} 个事件{taken_back}，最近的（时间按 {zone}）：\n"),
            Lang::En => format!("\n{n} events{taken_back}, the newest (times of {zone}):\n"),
        });
        for event in &self.events {
            let part = |value: &Option<String>| value.clone().unwrap_or_else(|| "—".into());
            let time = match event.time.as_str() {
                UNDATED_WORD => say("未注明日期", "without a date"),
                _ => event.local.as_str(),
            };
            let kind = event.kind_title.as_ref().map_or(event.kind.as_str(), |title| title.get(lang));
            let amount = match (&event.amount, &event.currency) {
                (Some(amount), Some(currency)) => format!("{amount} {currency}"),
                _ => part(&event.amount),
            };
            out.push_str(&format!(
                "  {time}  {kind}  {}  {amount} × {}{}\n",
                part(&event.order),
                part(&event.quantity),
                if event.retracted {
                    say("  已撤回，不再计入", "  taken back, counts no more")
                } else {
                    ""
                }
            ));
        }
        out
    }
}
