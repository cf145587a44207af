//! JSON lines: one object per line, its keys as columns. Objects within become dotted keys, lists
//! stay JSON text, numbers stay as they are written.

mod flatten;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use gradus_model::{Finding, Place, Text};

use crate::collect::batch::{BatchBuilder, to_hand_out};
use crate::collect::csv::next_line;
use crate::collect::fault::{FaultCode, MAX_RAW_BYTES, RawFault, reason};
use crate::collect::options::{MAX_COLUMNS, ReadOptions};
use crate::collect::sniff::{Format, PreviewRow, Sniffed};
use crate::collect::text::TextReader;
use crate::collect::{RawItem, Rows, Summary, document_name, input_findings};
use crate::error::LedgerError;
use flatten::flatten;

/// Longest line in bytes of UTF-8.
const MAX_LINE_BYTES: usize = 16 << 20;
/// Holds the keys that no column was made for, as a JSON object.
pub const OTHER_KEYS: &str = "_other_keys";
const SNIFF_ROWS: usize = 1000;
/// Unseen keys that are named in the finding.
const NAMED_KEYS: usize = 20;

/// Finds the columns of the first rows of a sample.
pub(crate) fn sniff(sniffed: &mut Sniffed, text: &TextReader, options: &ReadOptions, place: &Place) {
    sniffed.format = Format::JsonLines;
    sniffed.has_header = false;
    let (bytes, last) = (text.text(), text.finished());
    let mut columns: Vec<String> = options.keys.clone();
    let mut index: HashMap<String, usize> = columns.iter().cloned().zip(0..).collect();
    let mut rows: Vec<(u64, Vec<(usize, Option<String>)>)> = Vec::new();
    let (mut at, mut line, mut broken) = (0, 1, 0);
    while at < bytes.len() && rows.len() + broken < SNIFF_ROWS {
        let end = match next_line(bytes, at, last) {
            Some(end) => end,
            None if last => bytes.len(),
            None => break,
        };
        if let Some(parsed) = std::str::from_utf8(&bytes[at..end]).ok().filter(|text| !text.trim().is_empty())
        {
            match flatten(parsed.trim()) {
                Ok(pairs) => {
                    let pairs = row_of(pairs, options.under.as_deref());
                    let mut row = Vec::with_capacity(pairs.len());
                    for (key, value) in pairs {
                        let column = *index.entry(key).or_insert_with_key(|key| {
                            columns.push(key.clone());
                            columns.len() - 1
                        });
                        row.push((column, value.filter(|text| !options.null_texts.contains(text))));
                    }
                    rows.push((line, row));
                }
                Err(_) => broken += 1,
            }
        }
        at = end;
        line += 1;
    }
    if rows.is_empty() {
        sniffed.findings.push(Finding::error(
            "no-readable-row",
            place.clone(),
            Text::new("开头没有一行是 JSON 对象", "none of the first lines is a JSON object"),
            Text::new("每行写一个完整的 {\"键\": 值}", "write one whole {\"key\": value} per line"),
        ));
        return;
    }
    if columns.len() >= MAX_COLUMNS {
        sniffed.findings.push(Finding::error(
            "too-many-columns",
            place.clone(),
            Text::new(
                format!("前 {} 行有 {} 个不同的键", rows.len(), columns.len()),
                format!("the first {} rows have {} different keys", rows.len(), columns.len()),
            ),
            Text::new(
                format!("至多 {MAX_COLUMNS} 个；变化的键应写成值"),
                format!("at most {MAX_COLUMNS}; write keys that vary as values"),
            ),
        ));
        return;
    }
    let width = columns.len();
    let cells = |row: &[(usize, Option<String>)]| {
        let mut cells = vec![None; width];
        for (column, value) in row {
            cells[*column].clone_from(value);
        }
        cells
    };
    sniffed.preview =
        rows.iter().take(20).map(|(line, row)| PreviewRow { line: Some(*line), cells: cells(row) }).collect();
    sniffed.sample = rows.iter().take((200_000 / width.max(1)).max(20)).map(|(_, row)| cells(row)).collect();
    sniffed.columns = columns;
    if !sniffed.columns.iter().any(|name| name == OTHER_KEYS) {
        sniffed.columns.push(OTHER_KEYS.to_string());
        for row in &mut sniffed.sample {
            row.push(None);
        }
    }
}

/// The keys of the row, where it is the whole line or stands under one key of it.
fn row_of(pairs: Vec<(String, Option<String>)>, under: Option<&str>) -> Vec<(String, Option<String>)> {
    let Some(under) = under else { return pairs };
    let within = |(key, value): (String, Option<String>)| {
        Some((key.strip_prefix(under)?.strip_prefix('.')?.to_string(), value))
    };
    pairs.into_iter().filter_map(within).collect()
}

/// The rows of one file of JSON lines.
pub(crate) struct JsonRows {
    text: TextReader,
    at: usize,
    line: u64,
    index: HashMap<String, usize>,
    /// The column of [`OTHER_KEYS`], always the last.
    other: usize,
    cells: Vec<Option<String>>,
    builder: BatchBuilder,
    unseen: BTreeMap<String, u64>,
    max_cell: u64,
    max_rows: u64,
    under: Option<String>,
    discarding: bool,
    queue: VecDeque<RawItem>,
    document: String,
    ended: bool,
    summary: Summary,
}

impl JsonRows {
    pub(crate) fn new(
        path: &Path,
        text: TextReader,
        columns: Arc<[String]>,
        options: &ReadOptions,
    ) -> JsonRows {
        JsonRows {
            text,
            at: 0,
            line: 1,
            index: columns.iter().cloned().zip(0..).collect(),
            other: columns.len().saturating_sub(1),
            cells: Vec::new(),
            builder: BatchBuilder::new(columns, &options.null_texts, true),
            unseen: BTreeMap::new(),
            max_cell: options.max_cell_bytes,
            max_rows: options.max_rows.unwrap_or(u64::MAX),
            under: options.under.clone(),
            discarding: false,
            queue: VecDeque::new(),
            document: document_name(path),
            ended: false,
            summary: Summary::default(),
        }
    }

    fn step(&mut self) -> Result<(), LedgerError> {
        let last = self.text.finished();
        let length = self.text.text().len();
        if self.at >= length && last {
            self.end();
            return Ok(());
        }
        match next_line(self.text.text(), self.at, last) {
            Some(next) => self.line_of(next),
            None if last => self.line_of(length),
            None => {
                if length - self.at > MAX_LINE_BYTES {
                    if !self.discarding {
                        self.summary.rows += 1;
                        let reason = reason::row_too_long(MAX_LINE_BYTES as u64);
                        self.fault(self.at, length, FaultCode::RowTooLong, reason);
                        self.discarding = true;
                    }
                    self.at = length;
                }
                self.text.consume(self.at);
                self.at = 0;
                self.text.fill().map_err(|source| LedgerError::io(self.document.clone(), source))?;
            }
        }
        Ok(())
    }

    /// The line that ends before `next`.
    fn line_of(&mut self, next: usize) {
        let start = self.at;
        self.at = next;
        let line = self.line;
        self.line += 1;
        if std::mem::take(&mut self.discarding) {
            return;
        }
        if self.text.text()[start..next].iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0x1a) {
            self.summary.blank_rows += 1;
            return;
        }
        self.summary.rows += 1;
        self.line = line;
        let result = self.object(start, next);
        if let Err((code, reason)) = result {
            self.fault(start, next, code, reason);
        }
        self.line = line + 1;
    }

    fn object(&mut self, start: usize, next: usize) -> Result<(), (FaultCode, Text)> {
        if self.text.is_bad(start, next) {
            return Err((FaultCode::Undecodable, reason::undecodable(self.text.encoding().name())));
        }
        let text = std::str::from_utf8(&self.text.text()[start..next]).unwrap_or("").trim();
        let pairs = row_of(flatten(text)?, self.under.as_deref());
        self.cells.clear();
        self.cells.resize(self.builder.n_columns(), None);
        let mut others = serde_json::Map::new();
        for (key, value) in pairs {
            let Some(value) = value else { continue };
            if value.len() as u64 > self.max_cell {
                return Err((FaultCode::CellTooLong, reason::cell_too_long(self.max_cell)));
            }
            if value.contains('\0') {
                return Err((FaultCode::NulCharacter, reason::nul_character()));
            }
            match self.index.get(&key) {
                Some(column) if *column != self.other => self.cells[*column] = Some(value),
                _ => {
                    others.insert(key, serde_json::Value::String(value));
                }
            }
        }
        for key in others.keys() {
            if let Some(count) = self.unseen.get_mut(key) {
                *count += 1;
            } else if self.unseen.len() < 10 * NAMED_KEYS {
                self.unseen.insert(key.clone(), 1);
            }
        }
        if !others.is_empty() {
            self.cells[self.other] = Some(serde_json::Value::Object(others).to_string());
        }
        for (column, cell) in self.cells.iter().enumerate() {
            match cell {
                Some(text) => self.builder.cell(column, |out| out.extend_from_slice(text.as_bytes())),
                None => self.builder.null(column),
            }
        }
        self.builder.end_row(self.summary.rows, self.line);
        Ok(())
    }

    fn fault(&mut self, start: usize, next: usize, code: FaultCode, reason: Text) {
        let (raw, cut) = self.text.raw(start, next, MAX_RAW_BYTES);
        self.summary.faults += 1;
        let encoding = self.text.encoding().name();
        let (row, line) = (self.summary.rows, Some(self.line));
        self.queue.push_back(RawItem::Fault(RawFault { row, line, code, reason, raw, cut, encoding }));
    }

    fn end(&mut self) {
        self.ended = true;
        if !self.unseen.is_empty() {
            let list: Vec<String> =
                self.unseen.iter().take(NAMED_KEYS).map(|(key, count)| format!("{key} ({count})")).collect();
            let list = list.join(", ");
            self.queue.push_back(RawItem::Finding(Finding::warning(
                "unseen-keys",
                Place::document(&self.document),
                Text::new(
                    format!("后面的行出现了开头没有的键：{list}；已放入 {OTHER_KEYS} 列"),
                    format!("later rows have keys that the first do not: {list}; they are kept in column {OTHER_KEYS}"),
                ),
                Text::new("在 keys 里列出需要的键", "list the keys that are needed under keys"),
            )));
        }
        let findings = input_findings(self.text.input(), &self.document);
        self.queue.extend(findings.into_iter().map(RawItem::Finding));
    }
}

impl Rows for JsonRows {
    fn next(&mut self) -> Result<Option<RawItem>, LedgerError> {
        loop {
            if let ControlFlow::Break(item) = to_hand_out(&mut self.queue, &mut self.builder, self.ended)? {
                return Ok(item);
            }
            if self.summary.rows >= self.max_rows && !self.discarding { self.end() } else { self.step()? }
        }
    }

    fn summary(&self) -> Summary {
        Summary { unpacked_bytes: self.text.input().unpacked(), ..self.summary }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::{read, sniff as sniff_file};

    fn get(
        text: &[u8],
        options: &ReadOptions,
    ) -> (Sniffed, Vec<String>, Vec<(u64, FaultCode)>, Vec<&'static str>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        std::fs::write(&path, text).unwrap();
        let sniffed = sniff_file(&path, options, None).unwrap();
        let (mut rows, mut faults, mut findings) = (Vec::new(), Vec::new(), Vec::new());
        for item in read(&path, &sniffed, options, None).unwrap() {
            match item.unwrap() {
                RawItem::Batch(batch) => {
                    for row in 0..batch.rows.num_rows() {
                        let cells = batch.rows.columns().iter().map(|column| {
                            let column = column.as_any().downcast_ref::<arrow::array::StringArray>().unwrap();
                            use arrow::array::Array;
                            if column.is_null(row) {
                                "∅".to_string()
                            } else {
                                column.value(row).to_string()
                            }
                        });
                        rows.push(cells.collect::<Vec<_>>().join("|"));
                    }
                }
                RawItem::Fault(fault) => faults.push((fault.row, fault.code)),
                RawItem::Finding(finding) => findings.push(finding.code),
            }
        }
        (sniffed, rows, faults, findings)
    }

    #[test]
    fn objects_become_rows_of_dotted_columns() {
        let text = "{\"id\": 1, \"who\": {\"name\": \"王\\\"\\u4e2d\", \"tags\": [1, {\"a\": \"]\"}]}, \"x\": null}\r\n\
                    \n{\"id\": 1.50, \"ok\": true, \"big\": 12345678901234567890.123}\n";
        let (sniffed, rows, faults, _) = get(text.as_bytes(), &ReadOptions::default());
        assert_eq!(sniffed.columns, ["id", "who.name", "who.tags", "x", "ok", "big", OTHER_KEYS]);
        assert_eq!(
            rows,
            ["1|王\"中|[1, {\"a\": \"]\"}]|∅|∅|∅|∅", "1.50|∅|∅|∅|true|12345678901234567890.123|∅"]
        );
        assert!(faults.is_empty());
    }

    #[test]
    fn broken_lines_and_unseen_keys_are_not_lost() {
        let mut text = String::new();
        for n in 0..1200 {
            text.push_str(&format!("{{\"n\": {n}}}\n"));
        }
        let deep = format!("{}1{}", "{\"a\":".repeat(9), "}".repeat(9));
        text.push_str(&format!("{{\"n\": 1, \"late\": \"kept\"}}\n[1]\n{{\"n\": \n{deep}\n{{\"n\": 7}}"));
        let (_, rows, faults, findings) = get(text.as_bytes(), &ReadOptions::default());
        assert_eq!(rows.len(), 1202);
        assert_eq!(rows[1200], "1|{\"late\":\"kept\"}");
        assert_eq!(
            faults,
            [(1202, FaultCode::NotAnObject), (1203, FaultCode::BrokenJson), (1204, FaultCode::TooDeep)]
        );
        assert_eq!(findings, ["unseen-keys"]);
        let options = ReadOptions { keys: vec!["late".into()], ..ReadOptions::default() };
        let (_, rows, _, findings) = get(text.as_bytes(), &options);
        assert_eq!(rows[1200], "kept|1|∅");
        assert!(findings.is_empty());
    }

    #[test]
    fn a_json_list_and_a_huge_line_are_named() {
        let (sniffed, ..) = get(b"[\n{\"a\": 1}\n]\n", &ReadOptions::default());
        assert_eq!(sniffed.findings.0[0].code, "json-list");
        let text = format!("{{\"a\": 1}}\n{{\"a\": \"{}\"}}\n{{\"a\": 3}}\n", "x".repeat(40 << 20));
        let (_, rows, faults, _) = get(text.as_bytes(), &ReadOptions::default());
        assert_eq!(rows, ["1|∅", "3|∅"]);
        assert_eq!(faults, [(2, FaultCode::RowTooLong)]);
    }
}
