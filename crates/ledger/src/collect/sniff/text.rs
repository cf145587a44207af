//! Looking at text files: encoding, kind of text, delimiter, first rows.

use encoding_rs::Encoding;
use gradus_model::{Finding, Place, Text};

use super::magic::{self, Promised};
use super::{Compression, Format, SAMPLE_CELLS, SAMPLE_ROWS, Sniffed, empty};
use crate::collect::csv::{self, Splitter, Step, append_cell, next_line};
use crate::collect::encoding::{self, EncodingEvidence};
use crate::collect::input::Input;
use crate::collect::input_file::InputFile;
use crate::collect::options::ReadOptions;
use crate::collect::text::TextReader;
use crate::collect::{document_name, input_findings, json_lines};
use crate::error::LedgerError;

/// Unpacked bytes that are looked at.
const SAMPLE_BYTES: usize = 1 << 20;
/// How far a file whose sample is plain ASCII is searched for its first other character.
const ASCII_SEARCH_BYTES: u64 = 256 << 20;

pub(super) fn sniff_text(
    file: &InputFile,
    file_bytes: u64,
    options: &ReadOptions,
    place: &Place,
) -> Result<Sniffed, LedgerError> {
    let path = file.path();
    let io = |source| LedgerError::io(path, source);
    let mut sniffed = Sniffed::new(Format::Csv, file_bytes);
    let mut input = Input::open(file, options.max_unpacked_bytes)?;
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
        sniffed.findings.extend(input_findings(&input, &document_name(path)).into_iter().map(
            |mut finding| {
                // The rows before the break can be imported; reading reports the break as an error.
                finding.severity = gradus_model::Severity::Warning;
                finding
            },
        ));
    }
    if whole && says_nothing(&sample) {
        sniffed.findings.push(empty(place));
        return Ok(sniffed);
    }
    if input.is_gzip()
        && let Some(finding) = magic::refused_inside(path, &sample, place)
    {
        sniffed.findings.push(finding);
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
    let mut text = TextReader::new(Input::open(file, options.max_unpacked_bytes)?, encoding);
    while text.text().len() < SAMPLE_BYTES && !text.finished() {
        text.fill().map_err(io)?;
    }
    let is_wide = encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE;
    // Decoding as a guessed encoding swallows half of what shows that the bytes are no text.
    let is_broken_guess =
        |text: &TextReader| evidence == EncodingEvidence::Statistics && text.is_bad(0, text.text().len());
    let named_excel = Promised::by(path) == Promised::Excel;
    if looks_binary(text.text())
        || (!is_wide && looks_binary(&sample))
        || (named_excel && is_broken_guess(&text))
    {
        sniffed.findings.push(magic::not_a_table(path, place));
        return Ok(sniffed);
    }
    if named_excel {
        sniffed.findings.push(magic::text_named_excel(place));
    }
    let first = text.text().iter().find(|byte| !byte.is_ascii_whitespace());
    if options.delimiter.is_none() && matches!(first, Some(b'{')) {
        json_lines::sniff(&mut sniffed, &text, options, place);
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

/// Nothing but blanks and a byte-order mark.
fn says_nothing(sample: &[u8]) -> bool {
    let text = Encoding::for_bom(sample).map_or(sample, |(_, length)| &sample[length..]);
    text.iter().all(u8::is_ascii_whitespace)
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
