//! What a file is: format, encoding, delimiter, header, first rows. Everything can be overridden.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use encoding_rs::Encoding;
use gradus_model::{Finding, Findings, Place, Text};
use serde::{Deserialize, Serialize};

use super::csv::{self, Splitter, Step, append_cell, next_line};
use super::encoding::{self, EncodingEvidence};
use super::excel::ExcelProgram;
use super::input::Input;
use super::options::{Header, MAX_COLUMNS, ReadOptions};
use super::text::TextReader;
use super::{columns, document_name, header};
use crate::error::LedgerError;

/// Unpacked bytes that are looked at.
const SAMPLE_BYTES: usize = 1 << 20;
/// How far a file whose sample is plain ASCII is searched for its first other character.
const ASCII_SEARCH_BYTES: u64 = 256 << 20;
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
        if found.header.is_some_and(|index| index > 0) || (found.header.is_none() && found.data > 0) {
            let n = found.header.unwrap_or(found.data);
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
    path: &Path,
    options: &ReadOptions,
    excel: Option<&ExcelProgram>,
) -> Result<Sniffed, LedgerError> {
    let place = Place::document(document_name(path));
    let file = File::open(path).map_err(|source| LedgerError::io(path, source))?;
    let file_bytes = file.metadata().map_err(|source| LedgerError::io(path, source))?.len();
    let mut magic = Vec::with_capacity(8);
    file.take(8).read_to_end(&mut magic).map_err(|source| LedgerError::io(path, source))?;
    if file_bytes == 0 {
        let mut sniffed = Sniffed::new(Format::Csv, 0);
        sniffed.findings.push(empty(&place));
        return Ok(sniffed);
    }
    if let Some(finding) = refused(&magic, &place) {
        let mut sniffed = Sniffed::new(Format::Csv, file_bytes);
        sniffed.findings.push(finding);
        return Ok(sniffed);
    }
    if magic.starts_with(b"PK\x03\x04") || magic.starts_with(b"PK\x05\x06") {
        return match excel {
            Some(program) => super::excel::sniff(path, file_bytes, options, program, &place),
            None => {
                let mut sniffed = Sniffed::new(Format::Xlsx, file_bytes);
                sniffed.findings = super::excel::without_program(&place);
                Ok(sniffed)
            }
        };
    }
    if magic.starts_with(b"PAR1") {
        return super::parquet_file::sniff(path, file_bytes, options, &place);
    }
    sniff_text(path, file_bytes, options, &place)
}

/// Files that are recognised and cannot be read.
fn refused(magic: &[u8], place: &Place) -> Option<Finding> {
    let (what, right) = if magic.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        (
            Text::new(
                "这是旧版 Excel（.xls）或加密的工作簿",
                "this is an old Excel workbook (.xls) or an encrypted one",
            ),
            Text::new(
                "在 Excel 中另存为不加密的 .xlsx 或 CSV UTF-8",
                "save it in Excel as .xlsx without password, or as CSV UTF-8",
            ),
        )
    } else if magic.starts_with(b"%PDF") {
        (
            Text::new("这是 PDF 文件", "this is a PDF file"),
            Text::new("请导出 CSV、Excel、JSON 行或 Parquet", "export CSV, Excel, JSON lines or Parquet"),
        )
    } else if magic.starts_with(b"BZh")
        || magic.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || magic.starts_with(b"7z\xbc\xaf")
        || magic.starts_with(b"Rar!")
        || magic.starts_with(&[0xfd, b'7', b'z', b'X', b'Z'])
    {
        (
            Text::new("不支持这种压缩格式", "this kind of compression is not supported"),
            Text::new("请先解压，或用 gzip 压缩", "unpack the file first, or compress it with gzip"),
        )
    } else {
        return None;
    };
    Some(Finding::error("unsupported-format", place.clone(), what, right))
}

fn empty(place: &Place) -> Finding {
    Finding::error(
        "empty-file",
        place.clone(),
        Text::new("文件是空的", "the file is empty"),
        Text::new("应有一行表头和数据行", "it should have a header and data rows"),
    )
}

fn sniff_text(
    path: &Path,
    file_bytes: u64,
    options: &ReadOptions,
    place: &Place,
) -> Result<Sniffed, LedgerError> {
    let io = |source| LedgerError::io(path, source);
    let mut sniffed = Sniffed::new(Format::Csv, file_bytes);
    let mut input = Input::open(path, options.max_unpacked_bytes)?;
    if input.is_gzip() {
        sniffed.compression = Compression::Gzip;
    }
    let mut sample = vec![0; SAMPLE_BYTES];
    let mut length = 0;
    while length < sample.len() {
        match input.read(&mut sample[length..]).map_err(io)? {
            0 => break,
            n => length += n,
        }
    }
    sample.truncate(length);
    let whole = length < SAMPLE_BYTES;
    if let Some(early) = input.early_end().filter(|_| whole) {
        let _ = early;
        sniffed.findings.extend(super::input_findings(&input, &document_name(path)).into_iter().map(
            |mut finding| {
                // The rows before the break can be imported; reading reports the break as an error.
                finding.severity = gradus_model::Severity::Warning;
                finding
            },
        ));
    }
    if sample.iter().all(u8::is_ascii_whitespace) && whole {
        sniffed.findings.push(empty(place));
        return Ok(sniffed);
    }
    let (encoding, evidence) = match &options.encoding {
        Some(name) => match encoding::by_name(name) {
            Some(encoding) => (encoding, EncodingEvidence::Given),
            None => {
                sniffed.findings.push(Finding::error(
                    "unknown-encoding",
                    place.clone(),
                    Text::new(format!("不认识的编码 {name}"), format!("unknown encoding {name}")),
                    Text::plain("utf-8, gb18030, utf-16le, utf-16be, big5, windows-1252 …"),
                ));
                return Ok(sniffed);
            }
        },
        None if !whole && sample.is_ascii() => beyond_ascii(&mut input).map_err(io)?,
        None => encoding::detect(&sample, whole),
    };
    sniffed.encoding = encoding.name().to_ascii_lowercase();
    sniffed.encoding_evidence = Some(evidence);
    sniffed.encoding_shown = encoding::described(encoding, evidence);
    if evidence == EncodingEvidence::Statistics {
        sniffed.findings.push(Finding::note(
            "encoding-guessed",
            place.clone(),
            Text::new(
                format!("编码按字频猜为 {}", encoding.name()),
                format!("the encoding is guessed to be {}", encoding.name()),
            ),
            Text::new(
                "请看预览；文字不对时用 encoding 指定，如 big5",
                "look at the preview; if it is garbled, set encoding, such as big5",
            ),
        ));
    }
    let mut text = TextReader::new(Input::open(path, options.max_unpacked_bytes)?, encoding);
    while text.text().len() < SAMPLE_BYTES && !text.finished() {
        text.fill().map_err(io)?;
    }
    if looks_binary(text.text()) {
        sniffed.findings.push(Finding::error(
            "not-a-table",
            place.clone(),
            Text::new("这不像表格或文字文件", "this does not look like a table or a text"),
            Text::new(
                "请导出 CSV、Excel（.xlsx）、JSON 行或 Parquet",
                "export CSV, Excel (.xlsx), JSON lines or Parquet",
            ),
        ));
        return Ok(sniffed);
    }
    let first = text.text().iter().find(|byte| !byte.is_ascii_whitespace());
    if options.delimiter.is_none() && matches!(first, Some(b'{')) {
        super::json_lines::sniff(&mut sniffed, &text, options, place);
    } else if options.delimiter.is_none() && is_json_list(text.text()) {
        sniffed.findings.push(Finding::error(
            "json-list",
            place.clone(),
            Text::new("这是一个 JSON 数组", "this is one JSON list"),
            Text::new(
                "每行写一个对象（JSON 行），例如 jq -c '.[]' 文件",
                "write one object per line (JSON lines), as with jq -c '.[]' FILE",
            ),
        ));
    } else {
        sniff_csv(&mut sniffed, &text, options, place);
    }
    Ok(sniffed)
}

fn is_json_list(text: &[u8]) -> bool {
    let mut marks = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    marks.next() == Some(&b'[') && matches!(marks.next(), Some(b'{' | b'[' | b']'))
}

/// The encoding of a file that begins with plain ASCII: decided where another character appears.
fn beyond_ascii(input: &mut Input) -> std::io::Result<(&'static Encoding, EncodingEvidence)> {
    let mut chunk = vec![0; SAMPLE_BYTES];
    while input.unpacked() < ASCII_SEARCH_BYTES {
        let n = input.read(&mut chunk)?;
        if n == 0 {
            break;
        }
        if let Some(first) = chunk[..n].iter().position(|byte| !byte.is_ascii()) {
            return Ok(encoding::detect(&chunk[first..n], false));
        }
    }
    Ok((encoding_rs::UTF_8, EncodingEvidence::ValidUtf8))
}

/// Text has no control characters but blanks and line ends; a few are forgiven.
fn looks_binary(text: &[u8]) -> bool {
    let control = text
        .iter()
        .filter(|byte| {
            **byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x01 | 0x0b | 0x0c | 0x1a | 0x1e | 0x1f)
        })
        .count();
    control * 20 > text.len()
}

fn sniff_csv(sniffed: &mut Sniffed, text: &TextReader, options: &ReadOptions, place: &Place) {
    let (bytes, last) = (text.text(), text.finished());
    let delimiter = match options.delimiter.as_deref().map(one_byte) {
        None => None,
        Some(Ok(Some(byte))) if !matches!(byte, b'\n' | b'\r' | b'"') => Some(byte),
        Some(_) => {
            sniffed.findings.push(not_one_character("delimiter", place));
            return;
        }
    };
    let quote = match options.quote.as_deref().map(one_byte) {
        None => None,
        Some(Ok(byte)) if !matches!(byte, Some(b'\n' | b'\r')) && (byte.is_none() || byte != delimiter) => {
            Some(byte)
        }
        Some(_) => {
            sniffed.findings.push(not_one_character("quote", place));
            return;
        }
    };
    let dialect = csv::detect(bytes, last, delimiter, quote);
    sniffed.delimiter = dialect.delimiter;
    sniffed.quote = dialect.quote;
    let splitter = Splitter::new(dialect.delimiter, dialect.quote, options.max_cell_bytes);
    let (mut rows, mut lines, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    let (mut at, mut line, mut cells, mut n_cells) = (0, 1, Vec::new(), 0);
    while at < bytes.len() && rows.len() < SAMPLE_ROWS + TITLE_MARGIN && n_cells < 2 * SAMPLE_CELLS {
        match splitter.split(bytes, at, last, &mut cells) {
            Step::Row { next, lines: spanned } => {
                if cells.iter().any(|cell| cell.end > cell.start || cell.quoted) && !text.is_bad(at, next) {
                    n_cells += cells.len();
                    rows.push(
                        cells.iter().map(|cell| cell_text(bytes, *cell, dialect.quote, options)).collect(),
                    );
                    lines.push(line);
                    ends.push(line + spanned);
                }
                at = next;
                line += spanned;
            }
            Step::NeedMore => {
                if rows.is_empty() {
                    sniffed.findings.push(Finding::error(
                        "no-line-end",
                        place.clone(),
                        Text::new(
                            format!("开头 {SAMPLE_BYTES} 字节内没有一行结束"),
                            format!("no row ends within the first {SAMPLE_BYTES} bytes"),
                        ),
                        Text::new(
                            "检查换行、引号和编码；列很多时只导出需要的列",
                            "check line ends, quotes and encoding; if there are very many columns, export those needed",
                        ),
                    ));
                    return;
                }
                break;
            }
            _ => match next_line(bytes, at, true) {
                Some(next) => {
                    at = next;
                    line += 1;
                }
                None => break,
            },
        }
    }
    if rows.is_empty() {
        sniffed.findings.push(Finding::error(
            "no-readable-row",
            place.clone(),
            Text::new("开头没有一行读得出来", "none of the first rows can be read"),
            Text::new("检查编码、分隔符和引号", "check encoding, delimiter and quote"),
        ));
        return;
    }
    sniffed.take_rows(rows, &lines, &ends, options, place);
}

/// Rows beyond the sample, for titles above the table.
const TITLE_MARGIN: usize = 20;

fn cell_text(text: &[u8], cell: csv::Cell, quote: Option<u8>, options: &ReadOptions) -> Option<String> {
    let mut bytes = Vec::with_capacity(cell.end - cell.start);
    append_cell(text, cell, quote, &mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let null = text.is_empty() || options.null_texts.contains(&text);
    (!null).then_some(text)
}

fn one_byte(text: &str) -> Result<Option<u8>, ()> {
    match text {
        "" => Ok(None),
        "\\t" | "tab" => Ok(Some(b'\t')),
        _ => match text.as_bytes() {
            [byte] if byte.is_ascii() => Ok(Some(*byte)),
            _ => Err(()),
        },
    }
}

fn not_one_character(key: &str, place: &Place) -> Finding {
    Finding::error(
        "not-one-character",
        place.clone().at(key),
        Text::new(
            format!("{key} 不是一个可用的 ASCII 字符"),
            format!("{key} is not one usable ASCII character"),
        ),
        Text::new(
            "例如 , ; | 或 tab；分隔符与引号不能相同",
            "such as , ; | or tab; delimiter and quote must differ",
        ),
    )
}

/// A cell as a preview shows it.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}
