//! Which row of a sample names the columns, and where the data begin.

use std::collections::BTreeMap;

use super::value;

/// Rows from the top that may be titles or remarks above the table.
const TITLE_ROWS: usize = 20;

/// Where the header and the data are, as indices into the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeaderPlace {
    pub(crate) header: Option<usize>,
    pub(crate) data: usize,
}

/// Finds the header of a sample of rows.
pub(crate) fn find(rows: &[Vec<Option<String>>]) -> HeaderPlace {
    let width = usual_width(rows);
    for (index, row) in rows.iter().enumerate().take(TITLE_ROWS) {
        if is_title(row, width) {
            continue;
        }
        if is_header(row, &rows[index + 1..]) {
            return HeaderPlace { header: Some(index), data: index + 1 };
        }
        return HeaderPlace { header: None, data: index };
    }
    HeaderPlace { header: None, data: 0 }
}

/// The most frequent number of cells, empty ones at the end not counted; the wider on a tie.
pub(crate) fn usual_width(rows: &[Vec<Option<String>>]) -> usize {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for row in rows {
        *counts.entry(filled_width(row)).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(width, count)| (*count, *width)).map_or(0, |(width, _)| width)
}

fn filled_width(row: &[Option<String>]) -> usize {
    row.iter().rposition(|cell| filled(cell).is_some()).map_or(0, |index| index + 1)
}

fn filled(cell: &Option<String>) -> Option<&str> {
    cell.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// A title fills few of the cells that the table has.
fn is_title(row: &[Option<String>], width: usize) -> bool {
    let n_filled = row.iter().filter(|cell| filled(cell).is_some()).count();
    width >= 2 && n_filled * 2 < width || (width >= 3 && n_filled == 1) || n_filled == 0
}

/// A header is made of words, not of data, and its words do not come back below.
fn is_header(row: &[Option<String>], below: &[Vec<Option<String>>]) -> bool {
    let words: Vec<&str> = row.iter().filter_map(filled).collect();
    if words.is_empty() || words.iter().any(|word| looks_like_data(word)) {
        return false;
    }
    if below.is_empty() {
        return true;
    }
    let repeated = row
        .iter()
        .enumerate()
        .filter(|(column, cell)| {
            filled(cell).is_some_and(|word| {
                below.iter().take(100).any(|row| row.get(*column).and_then(filled) == Some(word))
            })
        })
        .count();
    repeated * 2 < words.len().max(1) || words.len() == 1 && repeated == 0
}

fn looks_like_data(text: &str) -> bool {
    value::number(text).is_some()
        || value::date(text).is_some()
        || value::is_email(text)
        || value::is_phone(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(rows: &[&[&str]]) -> (Option<usize>, usize) {
        let rows: Vec<Vec<Option<String>>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| (!cell.is_empty()).then(|| cell.to_string())).collect())
            .collect();
        let place = find(&rows);
        (place.header, place.data)
    }

    #[test]
    fn headers_titles_and_bare_data() {
        assert_eq!(place(&[&["订单号", "金额"], &["A1", "2.5"]]), (Some(0), 1));
        assert_eq!(place(&[&["A1", "2.5"], &["A2", "3.5"]]), (None, 0));
        let title: &[&[&str]] =
            &[&["客户名单", "", ""], &["", "", ""], &["姓名", "城市", "等级"], &["王", "京", "甲"]];
        assert_eq!(place(title), (Some(2), 3));
        assert_eq!(place(&[&["red", "big"], &["blue", "big"], &["red", "big"]]), (None, 0));
        assert_eq!(place(&[&["name"], &["x"]]), (Some(0), 1));
        assert_eq!(place(&[&["id", "name"]]), (Some(0), 1));
    }
}
