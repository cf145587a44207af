//! What undoing an import did, for a terminal.

use gradus_model::Lang;

use super::{Sum, UndoneImport};

impl Sum {
    /// In words, such as `3 events, 1 fact; 40.00 CNY`.
    pub fn render(&self, lang: Lang) -> String {
        let parts = [
            (self.events, "条客户事件", "events of customers"),
            (self.unattributed, "条未归属事件", "unattributed events"),
            (self.facts, "条参考数据", "facts of references"),
            (self.retractions, "条撤销", "retractions"),
        ];
        let said: Vec<String> = parts
            .into_iter()
            .filter(|(n, _, _)| *n > 0)
            .map(|(n, zh, en)| if lang == Lang::Zh { format!("{n} {zh}") } else { format!("{n} {en}") })
            .collect();
        let none = if lang == Lang::Zh { "无" } else { "nothing" };
        let mut out = if said.is_empty() {
            none.to_string()
        } else {
            said.join(if lang == Lang::Zh { "、" } else { ", " })
        };
        for (currency, money) in &self.money.0 {
            let separator = if lang == Lang::Zh { "；" } else { "; " };
            out.push_str(&format!("{separator}{money} {currency}"));
        }
        out
    }
}

impl UndoneImport {
    /// For a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let effect = &self.effect;
        let number = self.import;
        let files = self.files.join(", ");
        let mut out = match (lang, self.dry_run) {
            (Lang::Zh, true) => format!("撤销导入 {number}（{}：{files}）将会（尚未写入）：\n", self.source),
            (Lang::Zh, false) => format!("导入 {number}（{}：{files}）已撤销：\n", self.source),
            (Lang::En, true) => {
                format!(
                    "undoing import {number} ({}: {files}) would mean (nothing is written):\n",
                    self.source
                )
            }
            (Lang::En, false) => format!("import {number} ({}: {files}) is undone:\n", self.source),
        };
        let mut line = |name: &str, value: String| out.push_str(&format!("  {name}  {value}\n"));
        line(say("带来", "brought"), effect.brought.render(lang));
        line(say("不再计入", "does not count any more"), effect.taken_back.render(lang));
        if effect.stays.rows() > 0 {
            let by: Vec<String> = effect.kept_by.iter().map(i64::to_string).collect();
            let by = by.join(", ");
            let by = match lang {
                Lang::Zh => format!("（导入 {by} 也提供了）"),
                Lang::En => format!(" (import {by} delivered it, too)"),
            };
            line(say("保留", "stays"), format!("{}{by}", effect.stays.render(lang)));
        }
        if effect.of_undone.rows() > 0 {
            line(
                say(
                    "此前已撤销的导入中仅由它提供的",
                    "of imports undone before, delivered by this one alone",
                ),
                effect.of_undone.render(lang),
            );
        }
        if let (Some(first), Some(last)) = (&effect.first, &effect.last) {
            line(say("日期", "dates"), format!("{first} … {last}"));
        }
        line(say("涉及客户", "customers concerned"), effect.customers.to_string());
        if effect.quarantine_closed > 0 {
            line(say("关闭的隔离行", "quarantined rows closed"), effect.quarantine_closed.to_string());
        }
        if effect.quarantine_reopened > 0 {
            line(
                say("重新打开的隔离行", "quarantined rows open again"),
                effect.quarantine_reopened.to_string(),
            );
        }
        if self.link_changes > 0 {
            line(say("身份关联变化", "links between identities changed"), self.link_changes.to_string());
        }
        line(
            say("对账", "reconciliation"),
            match effect.balanced {
                true => {
                    say("带来 = 不再计入 + 保留", "brought = does not count any more + stays").to_string()
                }
                false => {
                    say("不平，请联系维护人员", "does not balance; this is a fault of Gradus").to_string()
                }
            },
        );
        if !self.dry_run {
            out.push_str(say(
                "等级在下次评级时更新；重新导入同一文件可恢复\n",
                "tiers follow with the next grading; importing the same file again brings it back\n",
            ));
        }
        out
    }
}
