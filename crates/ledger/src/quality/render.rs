//! The reports as people read them: text for a terminal, HTML for a page.

use gradus_model::Lang;

use super::reconciliation::{MoneyLine, Reconciliation};
use super::report::{QualityReport, number, share};
use crate::clean::Money;

/// A table: a title, a header, and rows whose first cell is a name and whose others are numbers.
struct Sheet {
    title: &'static str,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Reconciliation {
    /// The reconciliation as text, one line per class.
    pub fn render_text(&self, lang: Lang) -> String {
        let mut text = text(&self.sheets(lang));
        text.push_str(self.verdict(lang));
        text.push('\n');
        text
    }

    /// The reconciliation as an HTML fragment of tables.
    pub fn to_html(&self, lang: Lang) -> String {
        let class = if self.balances() { "balanced" } else { "unbalanced" };
        format!("{}<p class=\"{class}\">{}</p>\n", html(&self.sheets(lang)), escaped(self.verdict(lang)))
    }

    fn verdict(&self, lang: Lang) -> &'static str {
        match (self.balances(), lang) {
            (true, Lang::Zh) => "账平：读入的每一行、每一笔金额都有去处。",
            (true, Lang::En) => "Balanced: every row and every amount that was read is accounted for.",
            (false, Lang::Zh) => "账不平：这是 Gradus 的缺陷，请报告。",
            (false, Lang::En) => "Not balanced: this is a defect of Gradus; please report it.",
        }
    }

    fn sheets(&self, lang: Lang) -> Vec<Sheet> {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let line = |name: &str, n: u64| vec![name.to_string(), grouped(&n.to_string())];
        let rows = &self.rows;
        let mut lines = vec![
            line(say("读入", "read"), rows.read),
            line(say("= 已归属客户", "= attributed"), rows.attributed),
            line(say("+ 未归属", "+ unattributed"), rows.unattributed),
            line(say("+ 撤销", "+ retractions"), rows.retractions),
            line(say("+ 隔离", "+ quarantined"), rows.quarantined),
            line(say("+ 跳过", "+ skipped"), rows.skipped),
        ];
        if rows.reference > 0 {
            lines.insert(3, line(say("+ 参考数据", "+ reference data"), rows.reference));
        }
        if let Some(appended) = rows.appended {
            lines.push(line(say("入账：新增", "events: added"), appended.added));
            lines.push(line(say("入账：账本已有", "events: already in the ledger"), appended.already_there));
            lines.push(line(say("入账：同键副本", "events: copies under one key"), appended.copies));
        }
        let mut sheets = vec![Sheet {
            title: say("对账：行数", "Reconciliation: rows"),
            header: vec![String::new(), say("行", "rows").to_string()],
            rows: lines,
        }];
        let reasons = rows.unreadable.iter().map(|(code, n)| line(code, *n));
        let reasons: Vec<Vec<String>> =
            reasons.chain(rows.refused.iter().map(|(code, n)| line(code.name(), *n))).collect();
        if !reasons.is_empty() {
            sheets.push(Sheet {
                title: say("隔离原因", "Why rows are quarantined"),
                header: vec![String::new(), say("行", "rows").to_string()],
                rows: reasons,
            });
        }
        if !self.money.is_empty() {
            let mut header = vec![String::new()];
            header.extend(self.money.iter().map(|line| line.currency.clone()));
            let row = |name: &str, of: fn(&MoneyLine) -> Money| {
                let mut row = vec![name.to_string()];
                row.extend(self.money.iter().map(|line| grouped(&of(line).to_string())));
                row
            };
            let mut rows = vec![
                row(say("读入", "read"), |line| line.amounts.read),
                row(say("= 已归属客户", "= attributed"), |line| line.amounts.attributed),
                row(say("+ 未归属", "+ unattributed"), |line| line.amounts.unattributed),
                row(say("+ 撤销", "+ retractions"), |line| line.amounts.retractions),
                row(say("+ 隔离", "+ quarantined"), |line| line.amounts.quarantined),
                row(say("+ 跳过", "+ skipped"), |line| line.amounts.skipped),
                row(say("+ 封顶削减", "+ taken off by caps"), |line| line.amounts.capped),
            ];
            if self.rows_with_unreadable_amount > 0 {
                let mut unreadable = line(
                    say(
                        "金额无法读出的行（不在以上合计内）",
                        "rows with an unreadable amount (in no sum above)",
                    ),
                    self.rows_with_unreadable_amount,
                );
                unreadable.resize(self.money.len() + 1, String::new());
                rows.push(unreadable);
            }
            sheets.push(Sheet { title: say("对账：金额", "Reconciliation: money"), header, rows });
        }
        sheets
    }
}

impl QualityReport {
    /// The report as text.
    pub fn render_text(&self, lang: Lang) -> String {
        text(&self.sheets(lang))
    }

    /// The report as an HTML fragment of tables.
    pub fn to_html(&self, lang: Lang) -> String {
        html(&self.sheets(lang))
    }

    fn sheets(&self, lang: Lang) -> Vec<Sheet> {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let header = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<String>>();
        let mut sheets = vec![Sheet {
            title: say("数据质量：列", "Data quality: columns"),
            header: header(&["", say("填写率", "given"), say("不同值", "distinct")]),
            rows: self
                .columns
                .iter()
                .map(|column| {
                    let about = if column.distinct.exact { "" } else { "≈" };
                    let n = grouped(&column.distinct.n.to_string());
                    vec![column.column.clone(), percent(self.completeness(column)), format!("{about}{n}")]
                })
                .collect(),
        }];
        let mut facts = vec![
            vec![say("行数", "rows").to_string(), grouped(&self.rows.to_string())],
            vec![say("有效率", "valid").to_string(), percent(self.validity())],
        ];
        let mut fact = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                facts.push(vec![name.to_string(), value]);
            }
        };
        let timeliness = &self.timeliness;
        fact(say("最早事件（UTC）", "first event (UTC)"), timeliness.first.and_then(instant));
        fact(say("最近事件（UTC）", "last event (UTC)"), timeliness.last.and_then(instant));
        fact(
            say("最近事件距导入（天）", "days from the last event to the import"),
            timeliness.lag_to_import.map(days),
        );
        fact(say("平均知晓延迟（天）", "mean days until known"), timeliness.mean_lag_to_known.map(days));
        let counts = [
            (say("日期在未来的事件", "events dated in the future"), timeliness.in_the_future),
            (say("没有日期的事件", "events without a date"), self.notes.undated),
            (
                say("时钟回拨造成的歧义时间（取较早者）", "ambiguous local times (the earlier was taken)"),
                self.notes.folds,
            ),
            (say("时钟拨快略过的时间（顺延）", "local times that never were (moved later)"), self.notes.gaps),
            (say("舍入到四位小数的数字", "numbers rounded to four digits"), self.notes.rounded),
        ];
        for (name, n) in counts {
            fact(name, (n > 0).then(|| grouped(&n.to_string())));
        }
        let by_name = [
            (say("无效的标识", "invalid identifiers"), &self.notes.invalid_identifiers),
            (say("未知地区", "unknown regions"), &self.notes.unknown_regions),
            (say("异常值（保留）", "outliers (kept)"), &self.notes.outliers_flagged),
            (say("异常值（封顶）", "outliers (capped)"), &self.notes.outliers_capped),
            (
                say("像个人标识的值（已入保险库）", "values like identifiers (in the vault)"),
                &self.notes.personal_values,
            ),
        ];
        for (name, counts) in by_name {
            for (which, n) in counts {
                fact(&format!("{name}: {which}"), Some(grouped(&n.to_string())));
            }
        }
        sheets.push(Sheet {
            title: say("数据质量：概况", "Data quality: facts"),
            header: header(&["", ""]),
            rows: facts,
        });
        if !self.numbers.is_empty() {
            sheets.push(Sheet {
                title: say("数据质量：数字", "Data quality: numbers"),
                header: header(&[
                    "",
                    say("个数", "n"),
                    say("最小", "min"),
                    "25%",
                    say("中位数", "median"),
                    "75%",
                    say("最大", "max"),
                    say("平均", "mean"),
                ]),
                rows: self
                    .numbers
                    .iter()
                    .map(|one| {
                        let m = &one.measure;
                        let mut row = vec![one.column.clone(), grouped(&m.n.to_string())];
                        row.extend(
                            [m.min, m.p25, m.median, m.p75, m.max, m.mean].map(|v| grouped(&number(v))),
                        );
                        row
                    })
                    .collect(),
            });
        }
        if !self.changes.is_empty() {
            sheets.push(Sheet {
                title: say("与上次导入相比", "Against the last import"),
                header: header(&["", say("上次", "before"), say("这次", "now")]),
                rows: self
                    .changes
                    .iter()
                    .map(|change| {
                        let column = change.column.as_deref().map(|c| format!(" {c}")).unwrap_or_default();
                        vec![format!("{}{column}", change.what), number(change.before), number(change.now)]
                    })
                    .collect(),
            });
        }
        sheets
    }
}

fn text(sheets: &[Sheet]) -> String {
    let mut out = String::new();
    for sheet in sheets {
        out.push_str(sheet.title);
        out.push('\n');
        let named = sheet.header.iter().any(|name| !name.is_empty());
        let rows: Vec<&Vec<String>> = named.then_some(&sheet.header).into_iter().chain(&sheet.rows).collect();
        let n_columns = rows.iter().map(|row| row.len()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..n_columns)
            .map(|c| rows.iter().filter_map(|row| row.get(c)).map(|s| width(s)).max().unwrap_or(0))
            .collect();
        for row in rows {
            let mut line = String::from(" ");
            for (column, cell) in row.iter().enumerate() {
                let pad = " ".repeat(widths.get(column).copied().unwrap_or(0).saturating_sub(width(cell)));
                line.push(' ');
                // Names to the left, numbers to the right.
                line.push_str(&if column == 0 {
                    format!("{}{pad}", plain(cell))
                } else {
                    format!("{pad} {}", plain(cell))
                });
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out.push('\n');
    }
    out
}

fn html(sheets: &[Sheet]) -> String {
    let mut out = String::new();
    for sheet in sheets {
        out.push_str(&format!("<table><caption>{}</caption>\n<tr>", escaped(sheet.title)));
        for name in &sheet.header {
            out.push_str(&format!("<th scope=\"col\">{}</th>", escaped(name)));
        }
        out.push_str("</tr>\n");
        for row in &sheet.rows {
            out.push_str("<tr>");
            for (column, cell) in row.iter().enumerate() {
                let cell = escaped(cell);
                out.push_str(&if column == 0 {
                    format!("<th scope=\"row\">{cell}</th>")
                } else {
                    format!("<td>{cell}</td>")
                });
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</table>\n");
    }
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// Column names are the file's: what would move the cursor of a terminal is taken out.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !crate::clean::text::is_invisible(*c)).collect()
}

/// Columns of a terminal that a text takes: Chinese characters take two.
fn width(text: &str) -> usize {
    let wide = |c: char| matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}');
    plain(text).chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

/// Commas between thousands.
fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let mut out = String::from(sign);
    for (index, c) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    if let Some(part) = part {
        out.push('.');
        out.push_str(part);
    }
    out
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn days(micros: i64) -> String {
    format!("{:.1}", share(micros.unsigned_abs(), 86_400_000_000) * if micros < 0 { -1.0 } else { 1.0 })
}

fn instant(micros: i64) -> Option<String> {
    jiff::Timestamp::from_microsecond(micros)
        .ok()
        .map(|instant| instant.strftime("%Y-%m-%d %H:%M:%S").to_string())
}
