//! What a file is: format, encoding, delimiter, header, first rows. Everything can be overridden.

mod magic;
mod text;

use std::io::Read;

use gradus_model::{Finding, Findings, Place, Text};
use serde::{Deserialize, Serialize};

use crate::collect::encoding::EncodingEvidence;
use crate::collect::excel::ExcelProgram;
use crate::collect::input_file::InputFile;
use crate::collect::options::{Header, MAX_COLUMNS, ReadOptions};
use crate::collect::{columns, document_name, header};
use crate::error::LedgerError;

const PREVIEW_ROWS: usize = 20;
/// Rows kept for proposing what the columns mean.
const SAMPLE_ROWS: usize = 1000;
const SAMPLE_CELLS: usize = 200_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Delimited text.
    Csv,
    Xlsx,
    JsonLines,
    Parquet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    None,
    Gzip,
}

/// A worksheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    pub name: String,
    pub hidden: bool,
}

/// One of the first rows of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewRow {
    /// Physical line, or row of the sheet, from 1; none for Parquet.
    pub line: Option<u64>,
    pub cells: Vec<Option<String>>,
}

/// What a file is, as far as can be seen without reading all of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sniffed {
    pub format: Format,
    pub compression: Compression,
    pub file_bytes: u64,
    /// Name of the encoding, lower case; empty for formats that have none.
    pub encoding: String,
    pub encoding_evidence: Option<EncodingEvidence>,
    /// How to say the encoding to a person.
    pub encoding_shown: Text,
    /// ASCII code of the character between cells; a comma for formats that have none.
    pub delimiter: u8,
    pub quote: Option<u8>,
    pub has_header: bool,
    /// Line of the header, from 1.
    pub header_line: Option<u64>,
    /// Line of the first data row, from 1.
    pub data_from_line: u64,
    /// Names of the columns, trimmed and unique.
    pub columns: Vec<String>,
    pub sheets: Vec<Sheet>,
    /// The worksheet that is read.
    pub sheet: Option<String>,
    /// The first data rows, for a person to look at before the import.
    pub preview: Vec<PreviewRow>,
    /// More data rows, for proposing what the columns mean; those that could be read.
    #[serde(skip)]
    pub sample: Vec<Vec<Option<String>>>,
    pub findings: Findings,
}

impl Sniffed {
    pub(crate) fn new(format: Format, file_bytes: u64) -> Sniffed {
        Sniffed {
            format,
            compression: Compression::None,
            file_bytes,
            encoding: String::new(),
            encoding_evidence: None,
            encoding_shown: Text::default(),
            delimiter: b',',
            quote: Some(b'"'),
            has_header: true,
            header_line: None,
            data_from_line: 1,
            columns: Vec::new(),
            sheets: Vec::new(),
            sheet: None,
            preview: Vec::new(),
            sample: Vec::new(),
            findings: Findings::default(),
        }
    }

    /// Takes the rows of a sample: finds or obeys the header, names the columns, keeps a preview.
    /// `lines` are the physical lines where the rows begin, `ends` those after the rows.
    pub(crate) fn take_rows(
        &mut self,
        rows: Vec<Vec<Option<String>>>,
        lines: &[u64],
        ends: &[u64],
        options: &ReadOptions,
        place: &Place,
    ) {
        let line_of = |index: usize| lines.get(index).copied().unwrap_or(1);
        let found = match options.header {
            None => header::find(&rows),
            Some(Header::Present(false)) => header::HeaderPlace { header: None, data: 0 },
            Some(Header::Present(true)) => header::HeaderPlace { header: Some(0), data: 1 },
            Some(Header::Row(line)) => match lines.iter().position(|at| *at >= line) {
                Some(index) => header::HeaderPlace { header: Some(index), data: index + 1 },
                None => {
                    self.findings.push(Finding::error(
                        "no-such-header",
                        place.clone(),
                        Text::new(
                            format!("文件开头没有第 {line} 行"),
                            format!("the file's start has no row {line}"),
                        ),
                        Text::new(
                            "header 应为列名所在的行号",
                            "header should be the number of the row with the names",
                        ),
                    ));
                    header::HeaderPlace { header: None, data: 0 }
                }
            },
        };
        self.has_header = found.header.is_some();
        self.header_line = found.header.map(line_of);
        // Right behind the header, so that a row that cannot be read there is not taken for a title.
        self.data_from_line =
            found.data.checked_sub(1).and_then(|above| ends.get(above)).copied().unwrap_or(1);
        // Whoever named the header's row knows what stands above it.
        let was_named = matches!(options.header, Some(Header::Row(_)));
        let skips = found.header.map_or(found.data, |index| index);
        if skips > 0 && !was_named {
            let n = skips;
            self.findings.push(Finding::note(
                "rows-above-header",
                place.clone(),
                Text::new(
                    format!("表头之前的 {n} 行被当作标题跳过"),
                    format!("{n} rows above the header are taken for titles and skipped"),
                ),
                Text::new(
                    "如果不对，用 header 指定表头的行号",
                    "if that is wrong, name the header's row with header",
                ),
            ));
        }
        let header_row = found.header.and_then(|index| rows.get(index)).cloned().unwrap_or_default();
        let body: Vec<Vec<Option<String>>> = rows.into_iter().skip(found.data).collect();
        let width = self.width(&header_row, &body);
        if width > MAX_COLUMNS {
            self.findings.push(Finding::error(
                "too-many-columns",
                place.clone(),
                Text::new(format!("文件有 {width} 列"), format!("the file has {width} columns")),
                Text::new(
                    format!("至多 {MAX_COLUMNS} 列；请检查分隔符，或只导出需要的列"),
                    format!("at most {MAX_COLUMNS}; check the delimiter, or export only the columns needed"),
                ),
            ));
            return;
        }
        self.columns = columns::name(&header_row, width, place, &mut self.findings);
        if body.is_empty() && width > 0 {
            self.findings.push(Finding::warning(
                "no-rows",
                place.clone(),
                Text::new("文件只有表头，没有数据", "the file has a header and no data"),
                Text::new("表头下面应有数据行", "data rows should follow the header"),
            ));
        }
        let fits = |row: &Vec<Option<String>>| row.iter().skip(width).all(Option::is_none);
        self.preview = body
            .iter()
            .enumerate()
            .take(PREVIEW_ROWS)
            .map(|(index, cells)| PreviewRow {
                line: lines.get(found.data + index).copied(),
                cells: cells.iter().map(|cell| cell.as_deref().map(shortened)).collect(),
            })
            .collect();
        let most = (SAMPLE_CELLS / width.max(1)).clamp(20, SAMPLE_ROWS);
        self.sample = body
            .into_iter()
            .filter(fits)
            .take(most)
            .map(|mut row| {
                row.resize(width, None);
                row
            })
            .collect();
    }

    /// Columns of the table: those of the header, without empty names at its end that no row fills;
    /// without a header, what most rows have.
    fn width(&self, header: &[Option<String>], body: &[Vec<Option<String>>]) -> usize {
        let named = header.iter().rposition(Option::is_some).map_or(0, |index| index + 1);
        let in_use = |column: usize| {
            let n = body.iter().filter(|row| row.get(column).is_some_and(Option::is_some)).count();
            n * 2 > body.len()
        };
        match header.len() {
            // A sheet leaves empty cells out: as wide as at least one row in twenty.
            0 if self.format == Format::Xlsx => {
                let mut widths: Vec<usize> = body.iter().map(Vec::len).collect();
                widths.sort_unstable_by(|left, right| right.cmp(left));
                widths.get(widths.len() / 20).copied().unwrap_or(0)
            }
            0 => {
                let lengths = body.iter().map(Vec::len);
                let usual = header::usual_width(body);
                // Empty cells at the end of every row are cells nevertheless.
                lengths.clone().filter(|length| *length >= usual).min().unwrap_or(usual)
            }
            _ => {
                (named..header.len()).rev().find(|column| in_use(*column)).map_or(named, |column| column + 1)
            }
        }
    }
}

/// Looks at a file. A file that cannot be used has an error among its findings.
/// `excel` starts the process that reads workbooks; without it they are refused.
pub fn sniff(
    file: impl Into<InputFile>,
    options: &ReadOptions,
    excel: Option<&ExcelProgram>,
) -> Result<Sniffed, LedgerError> {
    let file = file.into();
    let path = file.path();
    let place = Place::document(document_name(path));
    let file_bytes = file.n_bytes()?;
    let mut head = Vec::with_capacity(magic::HEAD_BYTES);
    let start = file.open()?.take(magic::HEAD_BYTES as u64).read_to_end(&mut head);
    start.map_err(|source| LedgerError::io(path, source))?;
    if file_bytes == 0 {
        let mut sniffed = Sniffed::new(Format::Csv, 0);
        sniffed.findings.push(empty(&place));
        return Ok(sniffed);
    }
    if let Some(finding) = magic::refused(&file, &head, &place)? {
        let mut sniffed = Sniffed::new(Format::Csv, file_bytes);
        sniffed.findings.push(finding);
        return Ok(sniffed);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return match excel {
            Some(program) => crate::collect::excel::sniff(&file, file_bytes, options, program, &place),
            None => {
                let mut sniffed = Sniffed::new(Format::Xlsx, file_bytes);
                sniffed.findings = crate::collect::excel::without_program(&place);
                Ok(sniffed)
            }
        };
    }
    if head.starts_with(b"PAR1") {
        return crate::collect::parquet_file::sniff(&file, file_bytes, options, &place);
    }
    text::sniff_text(&file, file_bytes, options, &place)
}

fn empty(place: &Place) -> Finding {
    Finding::error(
        "empty-file",
        place.clone(),
        Text::new("文件是空的", "the file is empty"),
        Text::new("应有一行表头和数据行", "it should have a header and data rows"),
    )
}

/// A cell as a preview shows it.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}
