//! The tables that a terminal shows. A Chinese character takes two columns.

use gradus_model::{Lang, Text};

use super::{Migration, Part, Summary};

/// Tiers, segments, groupings and migration as aligned plain text.
pub fn render_text(summary: &Summary, lang: Lang) -> String {
    let t = |zh: &str, en: &str| if lang == Lang::Zh { zh.to_string() } else { en.to_string() };
    let latest = &summary.latest;
    let mut out = String::new();
    let customers = grouped(latest.n_customers as f64, 0);
    out += &t(
        &format!(
            "{}  截至 {}  客户 {customers}\n",
            clean(latest.model_title.get(lang)),
            clean(&latest.as_of)
        ),
        &format!(
            "{}  as of {}  {customers} customers\n",
            clean(latest.model_title.get(lang)),
            clean(&latest.as_of)
        ),
    );
    let with_value = latest.value.is_some();
    let head = |first: String| {
        let mut head = vec![first, t("客户数", "customers"), t("占比", "share")];
        if with_value {
            let value = latest.value.as_ref().map_or("", |value| value.title.get(lang));
            head.push(value.to_string());
            head.push(t("金额占比", "value share"));
        }
        head
    };
    for tier in &latest.tiers {
        let mut rows: Vec<Vec<String>> =
            tier.levels.iter().rev().map(|level| row(level, lang, with_value)).collect();
        for reason in &tier.not_graded {
            let mut line = row(reason, lang, with_value);
            line[0] = t("未定级：", "not graded: ") + &line[0];
            rows.push(line);
        }
        out.push('\n');
        out += &aligned_table(&head(tier.title.get(lang).to_string()), &rows);
        if tier.n_provisional > 0 {
            let n = grouped(tier.n_provisional as f64, 0);
            out += &t(
                &format!("其中暂定 {n}：缺少的信息可能改变等级\n"),
                &format!("{n} of them provisional: what is unknown could change the level\n"),
            );
        }
    }
    if !latest.segments.is_empty() {
        let rows: Vec<Vec<String>> =
            latest.segments.iter().map(|s| row(&s.members, lang, with_value)).collect();
        out.push('\n');
        out += &aligned_table(&head(t("分群", "segment")), &rows);
    }
    for grouping in &latest.groupings {
        let rows: Vec<Vec<String>> =
            grouping.shown().iter().map(|group| row(group, lang, with_value)).collect();
        out.push('\n');
        out += &aligned_table(&head(grouping.title.get(lang).to_string()), &rows);
    }
    for migration in &summary.migrations {
        out.push('\n');
        out += &migration_text(migration, lang);
    }
    out
}

fn migration_text(migration: &Migration, lang: Lang) -> String {
    let t = |zh: &str, en: &str| if lang == Lang::Zh { zh.to_string() } else { en.to_string() };
    let mut out = format!(
        "{}  {} → {}\n",
        clean(migration.title.get(lang)),
        clean(&migration.from_as_of),
        clean(&migration.to_as_of)
    );
    let (rows_of, columns_of) = (states(migration, lang, true), states(migration, lang, false));
    let mut head = vec![t("从 ＼ 到", "from \\ to")];
    head.extend(columns_of.iter().map(|(_, title)| title.clone()));
    let rows: Vec<Vec<String>> = rows_of
        .iter()
        .map(|(from, title)| {
            let cell =
                |(to, _): &(usize, String)| match migration.counts.get(*from).and_then(|row| row.get(*to)) {
                    Some(0) | None => "·".to_string(),
                    Some(count) => grouped(*count as f64, 0),
                };
            std::iter::once(title.clone()).chain(columns_of.iter().map(cell)).collect()
        })
        .collect();
    out += &aligned_table(&head, &rows);
    let (up, down, same) = (
        grouped(migration.n_up as f64, 0),
        grouped(migration.n_down as f64, 0),
        grouped(migration.n_same as f64, 0),
    );
    out += &t(
        &format!("升级 {up}，降级 {down}，不变 {same}\n"),
        &format!("{up} up, {down} down, {same} unchanged\n"),
    );
    out
}

/// The states of a migration as a table shows them: highest level first, then those outside;
/// "new" among the rows and "gone" among the columns only if there are any.
pub(crate) fn states(migration: &Migration, lang: Lang, rows: bool) -> Vec<(usize, String)> {
    let n = migration.levels.len();
    let any = |state: usize| {
        if rows {
            migration.counts.get(state).is_some_and(|row| row.iter().any(|count| *count > 0))
        } else {
            migration.counts.iter().any(|row| row.get(state).is_some_and(|count| *count > 0))
        }
    };
    let none = Text::new("未定级", "not graded");
    let outside = if rows { Text::new("新客户", "new") } else { Text::new("不再出现", "gone") };
    let mut states: Vec<(usize, String)> = migration
        .levels
        .iter()
        .enumerate()
        .rev()
        .map(|(i, (_, title))| (i, title.get(lang).to_string()))
        .collect();
    if migration.counts.get(n).is_some_and(|row| row.iter().any(|c| *c > 0))
        || migration.counts.iter().any(|row| row.get(n).is_some_and(|c| *c > 0))
    {
        states.push((n, none.get(lang).to_string()));
    }
    if any(n + 1) {
        states.push((n + 1, outside.get(lang).to_string()));
    }
    states
}

fn row(part: &Part, lang: Lang, with_value: bool) -> Vec<String> {
    let mut row =
        vec![part.title.get(lang).to_string(), grouped(part.count as f64, 0), percent(part.share, 1)];
    if with_value {
        row.push(part.value.map_or_else(|| "—".into(), |value| grouped(value, 2)));
        row.push(part.value_share.map_or_else(|| "—".into(), |share| percent(share, 1)));
    }
    row
}

/// First column to the left, the others to the right.
pub(crate) fn aligned_table(head: &[String], rows: &[Vec<String>]) -> String {
    let all: Vec<Vec<String>> = std::iter::once(head)
        .chain(rows.iter().map(Vec::as_slice))
        .map(|row| row.iter().map(|cell| clean(cell)).collect())
        .collect();
    let n_columns = all.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..n_columns)
        .map(|column| {
            all.iter().filter_map(|row| row.get(column)).map(|cell| display_width(cell)).max().unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for (index, row) in all.iter().enumerate() {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[column].saturating_sub(display_width(cell)));
            if column == 0 {
                line += &format!("{cell}{pad}");
            } else {
                line += &format!("  {pad}{cell}");
            }
        }
        out += line.trim_end();
        out.push('\n');
        if index == 0 {
            let total = widths.iter().sum::<usize>() + 2 * n_columns.saturating_sub(1);
            out += &"─".repeat(total);
            out.push('\n');
        }
    }
    out
}

/// Titles come from documents and data: a control character must not steer the terminal.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() && !matches!(*c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'))
        .collect()
}

/// How many columns a text takes in a terminal.
pub fn display_width(text: &str) -> usize {
    text.chars()
        .map(|c| match c as u32 {
            0..=0x1F | 0x7F..=0x9F | 0x300..=0x36F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
            0x1100..=0x115F
            | 0x2E80..=0x303E
            | 0x3041..=0xA4CF
            | 0xA960..=0xA97F
            | 0xAC00..=0xD7A3
            | 0xF900..=0xFAFF
            | 0xFE30..=0xFE6F
            | 0xFF00..=0xFF60
            | 0xFFE0..=0xFFE6
            | 0x1F300..=0x1F64F
            | 0x1F680..=0x1F6FF
            | 0x1F900..=0x1F9FF
            | 0x20000..=0x3FFFD => 2,
            _ => 1,
        })
        .sum()
}

/// `1234567.8` as `1,234,567.80`.
pub fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, part) = match text.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (text.as_str(), None),
    };
    let mut out = String::new();
    if value < 0.0 && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
        out.push('-');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(part) = part {
        out.push('.');
        out += part;
    }
    out
}

/// `0.256` as `25.6%`.
pub fn percent(share: f64, decimals: usize) -> String {
    format!("{}%", grouped(share * 100.0, decimals))
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{Month, base};
    use super::super::{SummaryOptions, summarise};
    use super::*;

    fn summary() -> Summary {
        let options = SummaryOptions {
            value_indicator: Some("monetary".into()),
            n_movers: 2,
            ..SummaryOptions::default()
        };
        summarise(&[base(Month(0), 2000), base(Month(1), 2100)], &options).unwrap()
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(1_234_567.891, 2), "1,234,567.89");
        assert_eq!((grouped(-999.6, 0), grouped(-0.001, 2)), ("-1,000".into(), "0.00".into()));
        assert_eq!((grouped(0.0, 0), percent(0.2564, 1)), ("0".into(), "25.6%".into()));
    }

    #[test]
    fn the_tables_line_up_in_both_languages() {
        for (lang, expected) in
            [(Lang::Zh, include_str!("text.zh.txt")), (Lang::En, include_str!("text.en.txt"))]
        {
            let text = render_text(&summary(), lang);
            assert_eq!(text, expected, "\n{text}");
        }
    }

    #[test]
    fn a_title_cannot_steer_the_terminal() {
        let mut summary = summary();
        summary.latest.tiers[0].levels[0].title = Text::plain("\u{1b}[2Jgone\nline\u{202e}");
        let text = render_text(&summary, Lang::En);
        assert!(!text.contains('\u{1b}') && text.contains("[2Jgoneline "), "{text}");
    }
}
