//! Names of columns: trimmed, never empty, never twice.

use std::collections::BTreeSet;

use gradus_model::{Finding, Findings, Place, Text};

use crate::clean::personal::PersonalRules;

const MAX_NAME_CHARS: usize = 200;

/// Names for `n` columns from a header row, which may be shorter or absent.
pub(crate) fn name(
    header: &[Option<String>],
    n: usize,
    place: &Place,
    findings: &mut Findings,
) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(n);
    let mut taken = BTreeSet::new();
    let (mut unnamed, mut repeated, mut personal) = (Vec::new(), Vec::new(), Vec::<String>::new());
    for index in 0..n {
        let mut written = header.get(index).and_then(Option::as_deref).map(clean).unwrap_or_default();
        // Names of columns are shown and kept; a value that was taken for one must not be.
        if written.len() >= 8 && PersonalRules::new("CN").is_in(&written) {
            personal.push((index + 1).to_string());
            written.clear();
        }
        let wanted = if written.is_empty() {
            if !header.is_empty() && personal.last() != Some(&(index + 1).to_string()) {
                unnamed.push((index + 1).to_string());
            }
            format!("column_{}", index + 1)
        } else {
            written.clone()
        };
        let mut name = wanted.clone();
        let mut occurrence = 2;
        while !taken.insert(name.clone()) {
            name = format!("{wanted}_{occurrence}");
            occurrence += 1;
        }
        if name != wanted {
            repeated.push(format!("{wanted} → {name}"));
        }
        names.push(name);
    }
    if !personal.is_empty() {
        let list = shortened(&personal);
        findings.push(Finding::warning(
            "header-looks-personal",
            place.clone(),
            Text::new(
                format!("表头第 {list} 列像个人数据而不像列名"),
                format!("the header's column {list} looks like personal data and not like a name"),
            ),
            Text::new(
                "如果文件没有表头，写 read: {header: false}；现在按 column_<列号> 命名",
                "read: {header: false} if the file has no header; it is called column_<number> for now",
            ),
        ));
    }
    if !unnamed.is_empty() {
        let list = shortened(&unnamed);
        findings.push(Finding::warning(
            "unnamed-column",
            place.clone(),
            Text::new(format!("第 {list} 列没有列名"), format!("column {list} has no name")),
            Text::new(
                "在表头写上列名；现在按 column_<列号> 命名",
                "write a name into the header; it is called column_<number> for now",
            ),
        ));
    }
    if !repeated.is_empty() {
        let list = shortened(&repeated);
        findings.push(Finding::warning(
            "repeated-column",
            place.clone(),
            Text::new(
                format!("列名重复，已改名：{list}"),
                format!("column names repeat and were changed: {list}"),
            ),
            Text::new("每个列名只用一次", "use each column name once"),
        ));
    }
    names
}

/// A name as a person would write it: no surrounding blanks (full-width ones included), no line
/// ends, no invisible marks.
fn clean(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|c| !matches!(c, '\u{FEFF}' | '\u{200B}' | '\u{200C}' | '\u{200D}' | '\u{2060}' | '\0'))
        .collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    words.join(" ").chars().take(MAX_NAME_CHARS).collect()
}

fn shortened(list: &[String]) -> String {
    let shown = list.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
    if list.len() > 10 { format!("{shown} … ({})", list.len()) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_filled_and_made_unique() {
        let header = ["\u{FEFF} 订单号 ", "金额", "", "金额", "下单\n时间", "金额_2"];
        let header: Vec<Option<String>> = header.iter().map(|text| Some(text.to_string())).collect();
        let mut findings = Findings::default();
        let names = name(&header, 7, &Place::document("orders.csv"), &mut findings);
        assert_eq!(names, ["订单号", "金额", "column_3", "金额_2", "下单 时间", "金额_2_2", "column_7"]);
        let codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["unnamed-column", "repeated-column"]);
    }
}
