//! The process that reads a workbook: limits its own memory first, looks at the archive without
//! unpacking it, then streams cells.

use std::fmt;
use std::io::{self, BufReader, BufWriter, Read, Write};

use calamine::{Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use gradus_store::FileKey;
use serde::{Deserialize, Serialize};

use super::cell::{self, CellText};
use super::frame::{self, FrameCell, FrameRow, Kind};
use crate::collect::input_file::InputFile;
use crate::collect::sniff::Sheet;

/// Bytes of rows that are sent together.
const FRAME_BYTES: usize = 1 << 20;
const FRAME_ROWS: usize = 1024;
const MAX_ENTRIES: usize = 10_000;
const MAX_RATIO: u64 = 300;
/// Below this, a high ratio is harmless.
const HARMLESS_BYTES: u64 = 64 << 20;
const MAX_CELLS: u64 = 500_000_000;

/// What is to be read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// Opens the file, where it is sealed.
    pub(crate) key: Option<PipedKey>,
    pub(crate) sheet: Option<String>,
    /// Rows that are sent at most.
    pub(crate) max_rows: u64,
    pub(crate) max_cell_bytes: u64,
    pub(crate) max_unpacked_bytes: u64,
    pub(crate) memory_bytes: u64,
}

/// The key of a sealed file on its way through the pipe; printing it shows nothing of it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct PipedKey(pub(crate) String);

impl fmt::Debug for PipedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PipedKey")
    }
}

impl Request {
    fn file(&self) -> Result<InputFile, Refusal> {
        let key = match &self.key {
            Some(PipedKey(hex)) => {
                let key = FileKey::from_hex(hex);
                Some(key.ok_or_else(|| Refusal::Io { detail: "the file's key is none".into() })?)
            }
            None => None,
        };
        Ok(InputFile::new(&self.path, key))
    }
}

/// Sent first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sheets {
    pub(crate) sheets: Vec<Sheet>,
    pub(crate) sheet: String,
}

/// Sent last.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) error_cells: u64,
}

/// A sheet ends at XFD1048576.
const SHEET_ROWS: u32 = 1 << 20;
const SHEET_COLUMNS: u32 = 1 << 14;

/// Why a workbook is not read, or not to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Refusal {
    NotAZip,
    NotAWorkbook,
    Encrypted,
    TooManyEntries { n: u64, limit: u64 },
    UnpacksTooLarge { bytes: u64, limit: u64 },
    Bomb { bytes: u64, ratio: u64 },
    OddNames,
    NestedArchive,
    NoSuchSheet { sheets: Vec<String> },
    NoSheet,
    TooManyCells { limit: u64 },
    Disordered { row: u64 },
    Broken { detail: String },
    CannotLimit,
    Io { detail: String },
}

/// What the hidden sub-command does: reads a request, sends frames. Returns the exit code.
pub fn child_main(mut input: impl Read, output: impl Write) -> u8 {
    let mut text = String::new();
    if input.by_ref().take(64 << 10).read_to_string(&mut text).is_err() || text.is_empty() {
        return 2;
    }
    let Ok(request) = serde_json::from_str::<Request>(&text) else { return 2 };
    let mut out = BufWriter::with_capacity(FRAME_BYTES, output);
    if frame::write_preamble(&mut out).is_err() {
        return 3;
    }
    let sent = match limit_memory(request.memory_bytes) {
        Ok(()) => match serve(&request, &mut out) {
            Ok(end) => send_json(&mut out, Kind::End, &end),
            Err(Stop::Refused(refusal)) => send_json(&mut out, Kind::Refused, &refusal),
            Err(Stop::Pipe) => return 3,
        },
        Err(_) => send_json(&mut out, Kind::Refused, &Refusal::CannotLimit),
    };
    if sent.is_ok() { 0 } else { 3 }
}

enum Stop {
    Refused(Refusal),
    /// Nobody listens any more.
    Pipe,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Stop {
        Stop::Pipe
    }
}

impl From<XlsxError> for Stop {
    fn from(error: XlsxError) -> Stop {
        Stop::Refused(match error {
            XlsxError::Password => Refusal::Encrypted,
            XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound => Refusal::NotAWorkbook,
            error => Refusal::Broken { detail: error.to_string() },
        })
    }
}

/// Memory is limited by the process itself: there is nothing else that may go on without it.
fn limit_memory(bytes: u64) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    setrlimit(Resource::As, Rlimit { current: Some(bytes), maximum: Some(bytes) })?;
    Ok(())
}

fn send_json(out: &mut impl Write, kind: Kind, value: &impl Serialize) -> io::Result<()> {
    frame::write(out, kind, &serde_json::to_vec(value).map_err(io::Error::other)?)
}

fn unreadable(error: impl fmt::Display) -> Stop {
    Stop::Refused(Refusal::Io { detail: error.to_string() })
}

/// Looks at the archive's directory; nothing is unpacked.
fn check_archive(file: &InputFile, max_unpacked: u64) -> Result<(), Stop> {
    let packed = file.n_bytes().map_err(unreadable)?;
    let file = file.open_io().map_err(unreadable)?;
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|_| Refusal::NotAZip)?;
    let n = archive.len();
    if n > MAX_ENTRIES {
        return Err(Refusal::TooManyEntries { n: n as u64, limit: MAX_ENTRIES as u64 }.into());
    }
    if archive.has_duplicate_names() {
        return Err(Refusal::OddNames.into());
    }
    let (mut unpacked, mut workbook) = (0u64, false);
    for index in 0..n {
        let entry = archive.by_index_raw(index).map_err(|_| Refusal::NotAZip)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let part = name.trim_start_matches('/').to_ascii_lowercase();
        if name.split(['/', '\\']).any(|part| part == "..") || name.contains('\0') || name.contains(':') {
            return Err(Refusal::OddNames.into());
        }
        let archive_within =
            [".zip", ".gz", ".7z", ".rar", ".jar"].iter().any(|ending| part.ends_with(ending));
        if archive_within {
            return Err(Refusal::NestedArchive.into());
        }
        if entry.encrypted() {
            return Err(Refusal::Encrypted.into());
        }
        workbook |= part == "[content_types].xml";
        unpacked = unpacked.saturating_add(entry.size());
    }
    if unpacked > max_unpacked {
        return Err(Refusal::UnpacksTooLarge { bytes: unpacked, limit: max_unpacked }.into());
    }
    let ratio = unpacked / packed.max(1);
    if ratio > MAX_RATIO && unpacked > HARMLESS_BYTES {
        return Err(Refusal::Bomb { bytes: unpacked, ratio }.into());
    }
    if !workbook {
        return Err(Refusal::NotAWorkbook.into());
    }
    Ok(())
}

fn serve(request: &Request, out: &mut impl Write) -> Result<End, Stop> {
    let file = request.file()?;
    check_archive(&file, request.max_unpacked_bytes)?;
    let mut workbook = Xlsx::new(BufReader::new(file.open_io().map_err(unreadable)?))?;
    let worksheets: Vec<Sheet> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| Sheet { name: sheet.name.clone(), hidden: sheet.visible != SheetVisible::Visible })
        .collect();
    let chosen = match &request.sheet {
        Some(name) => worksheets.iter().find(|sheet| sheet.name.trim() == name.trim()).ok_or_else(|| {
            Refusal::NoSuchSheet {
                sheets: worksheets.iter().take(50).map(|sheet| sheet.name.clone()).collect(),
            }
        })?,
        None => {
            worksheets.iter().find(|sheet| !sheet.hidden).or(worksheets.first()).ok_or(Refusal::NoSheet)?
        }
    };
    let sheet = chosen.name.clone();
    let sent = Sheets { sheets: worksheets.into_iter().take(1000).collect(), sheet: sheet.clone() };
    send_json(out, Kind::Sheets, &sent)?;
    let mut cells = workbook.worksheet_cells_reader(&sheet)?;
    let mut sending = Sending { payload: Vec::new(), rows: 0, current: None, sent_rows: 0, last_line: 0 };
    let mut end = End::default();
    let mut n_cells = 0u64;
    while let Some(cell) = cells.next_cell()? {
        let (row, column) = cell.get_position();
        let line = u64::from(row) + 1;
        // No sheet has such a place; a table as wide as it says would not fit into memory.
        if row >= SHEET_ROWS || column >= SHEET_COLUMNS {
            sending.finish(out)?;
            return Err(Refusal::Disordered { row: line }.into());
        }
        n_cells += 1;
        if n_cells > MAX_CELLS {
            return Err(Refusal::TooManyCells { limit: MAX_CELLS }.into());
        }
        let text = match cell::text(cell.get_value()) {
            CellText::Empty => continue,
            CellText::Error => {
                end.error_cells += 1;
                continue;
            }
            CellText::Text(text) if text.len() as u64 > request.max_cell_bytes => None,
            CellText::Text(text) => Some(text),
        };
        if sending.current.as_ref().is_none_or(|current| current.line != line) {
            if line <= sending.last_line {
                sending.finish(out)?;
                return Err(Refusal::Disordered { row: line }.into());
            }
            if sending.sent_rows + u64::from(sending.current.is_some()) >= request.max_rows {
                break;
            }
            sending.begin(line, out)?;
        }
        if let Some(current) = &mut sending.current {
            current.cells.push(FrameCell { column, text });
        }
    }
    sending.finish(out)?;
    Ok(end)
}

struct Sending {
    payload: Vec<u8>,
    rows: usize,
    current: Option<FrameRow>,
    sent_rows: u64,
    last_line: u64,
}

impl Sending {
    fn begin(&mut self, line: u64, out: &mut impl Write) -> io::Result<()> {
        self.end_row(out)?;
        self.last_line = line;
        self.current = Some(FrameRow { line, cells: Vec::new() });
        Ok(())
    }

    fn end_row(&mut self, out: &mut impl Write) -> io::Result<()> {
        let Some(mut row) = self.current.take() else { return Ok(()) };
        // A row that would not fit into a frame goes on without its longest texts: a fault.
        let mut bytes: usize =
            row.cells.iter().map(|cell| 8 + cell.text.as_ref().map_or(0, String::len)).sum();
        while bytes + self.payload.len() > frame::MAX_FRAME / 2 && bytes > frame::MAX_FRAME / 2 {
            let longest = row.cells.iter_mut().max_by_key(|cell| cell.text.as_ref().map_or(0, String::len));
            let Some(text) = longest.and_then(|cell| cell.text.take()) else { break };
            bytes -= text.len();
        }
        frame::push_row(&mut self.payload, &row);
        self.rows += 1;
        self.sent_rows += 1;
        if self.payload.len() >= FRAME_BYTES || self.rows >= FRAME_ROWS {
            self.send(out)?;
        }
        Ok(())
    }

    fn send(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.rows > 0 {
            frame::write(out, Kind::Rows, &self.payload)?;
            self.payload.clear();
            self.rows = 0;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.end_row(out)?;
        self.send(out)
    }
}
