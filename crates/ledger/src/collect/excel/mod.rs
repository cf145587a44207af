//! Excel workbooks, read only in a process of their own: a file of five kilobytes can ask a reader
//! for more memory than any machine has, and such a reader cannot be stopped from within.

mod cell;
mod child;
mod frame;
mod process;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use gradus_model::{Finding, Findings, Place, Text};

use super::batch::BatchBuilder;
use super::fault::{FaultCode, MAX_RAW_BYTES, RawFault, reason};
use super::input_file::InputFile;
use super::options::ReadOptions;
use super::sniff::{Format, Sniffed};
use super::{RawItem, Rows, Summary, document_name};
use crate::error::LedgerError;
use child::{End, PipedKey, Refusal, Request, Sheets};
use frame::{FrameRow, Kind};
use process::{Outcome, ReaderProcess};

pub use child::child_main;
pub use process::ExcelProgram;

/// Largest size a workbook may unpack to, whatever the options say: it is held in memory in part.
const MAX_UNPACKED_BYTES: u64 = 8 << 30;
/// Rows looked at before the import.
const SNIFF_ROWS: u64 = 1000;

/// Looks at a workbook: its sheets, header and first rows.
pub(crate) fn sniff(
    file: &InputFile,
    file_bytes: u64,
    options: &ReadOptions,
    program: &ExcelProgram,
    place: &Place,
) -> Result<Sniffed, LedgerError> {
    let mut sniffed = Sniffed::new(Format::Xlsx, file_bytes);
    let mut process = ReaderProcess::start(program, &request(file, options, program, SNIFF_ROWS))?;
    let (mut rows, mut lines, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        match process.next()? {
            Outcome::Frame(Kind::Sheets, payload) => match serde_json::from_slice::<Sheets>(&payload) {
                Ok(found) => {
                    sniffed.sheets = found.sheets;
                    sniffed.sheet = Some(found.sheet);
                }
                Err(_) => sniffed.findings.push(stopped(place, program, "")),
            },
            Outcome::Frame(Kind::Rows, payload) => {
                for row in frame::rows(&payload).unwrap_or_default() {
                    lines.push(row.line);
                    ends.push(row.line + 1);
                    rows.push(cells_of(row, options));
                }
            }
            Outcome::Frame(Kind::Refused, payload) => {
                sniffed.findings.push(refused(&payload, place));
                break;
            }
            Outcome::Frame(Kind::End, _) => break,
            Outcome::Stopped(why) => {
                sniffed.findings.push(stopped(place, program, &why));
                break;
            }
            Outcome::TooSlow => {
                sniffed.findings.push(too_slow(place, program));
                break;
            }
        }
    }
    let other: Vec<&str> = sniffed.sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    if let (Some(sheet), None, true) = (&sniffed.sheet, &options.sheet, other.len() > 1) {
        let list = other.iter().take(20).copied().collect::<Vec<_>>().join(", ");
        sniffed.findings.push(Finding::note(
            "several-sheets",
            place.clone(),
            Text::new(
                format!("工作簿有 {} 个工作表，读取“{sheet}”", other.len()),
                format!("the workbook has {} sheets; `{sheet}` is read", other.len()),
            ),
            Text::new(format!("用 sheet 指定：{list}"), format!("name another with sheet: {list}")),
        ));
    }
    if !rows.is_empty() {
        sniffed.take_rows(rows, &lines, &ends, options, place);
    } else if !sniffed.findings.has_errors() {
        sniffed.findings.push(Finding::error(
            "empty-file",
            place.clone(),
            Text::new("工作表是空的", "the sheet is empty"),
            Text::new("应有一行表头和数据行", "it should have a header and data rows"),
        ));
    }
    Ok(sniffed)
}

fn request(file: &InputFile, options: &ReadOptions, program: &ExcelProgram, max_rows: u64) -> Request {
    Request {
        path: file.path().to_string_lossy().into_owned(),
        key: file.key().map(|key| PipedKey(key.to_hex().to_string())),
        sheet: options.sheet.clone(),
        max_rows,
        max_cell_bytes: options.max_cell_bytes,
        max_unpacked_bytes: options.max_unpacked_bytes.min(MAX_UNPACKED_BYTES),
        memory_bytes: program.memory_bytes,
    }
}

fn cells_of(row: FrameRow, options: &ReadOptions) -> Vec<Option<String>> {
    let width = row.cells.iter().map(|cell| cell.column as usize + 1).max().unwrap_or(0);
    let mut cells = vec![None; width];
    for cell in row.cells {
        if let (Some(slot), Some(text)) = (cells.get_mut(cell.column as usize), cell.text) {
            *slot = Some(text).filter(|text| !text.is_empty() && !options.null_texts.contains(text));
        }
    }
    cells
}

/// The rows of one worksheet.
pub(crate) struct ExcelRows {
    process: ReaderProcess,
    program: ExcelProgram,
    place: Place,
    builder: BatchBuilder,
    /// Texts of the row at hand, by column.
    cells: Vec<Option<String>>,
    data_from_line: u64,
    max_rows: u64,
    max_cell: u64,
    queue: VecDeque<RawItem>,
    ended: bool,
    summary: Summary,
}

impl ExcelRows {
    pub(crate) fn start(
        file: &InputFile,
        columns: Arc<[String]>,
        sniffed: &Sniffed,
        options: &ReadOptions,
        program: &ExcelProgram,
    ) -> Result<ExcelRows, LedgerError> {
        let mut request = request(file, options, program, u64::MAX);
        request.sheet = sniffed.sheet.clone();
        Ok(ExcelRows {
            process: ReaderProcess::start(program, &request)?,
            program: program.clone(),
            place: Place::document(document_name(file.path())),
            builder: BatchBuilder::new(columns, &options.null_texts, true),
            cells: Vec::new(),
            data_from_line: sniffed.data_from_line,
            max_rows: options.max_rows.unwrap_or(u64::MAX),
            max_cell: options.max_cell_bytes,
            queue: VecDeque::new(),
            ended: false,
            summary: Summary::default(),
        })
    }

    fn row(&mut self, row: FrameRow) -> Result<(), LedgerError> {
        if row.line < self.data_from_line || self.summary.rows >= self.max_rows {
            return Ok(());
        }
        if row.cells.iter().all(|cell| cell.text.as_ref().is_some_and(String::is_empty)) {
            self.summary.blank_rows += 1;
            return Ok(());
        }
        self.summary.rows += 1;
        let (number, n_columns) = (self.summary.rows, self.builder.n_columns());
        let found = row.cells.iter().map(|cell| cell.column as usize + 1).max().unwrap_or(0);
        let fault = if row.cells.iter().any(|cell| cell.text.is_none()) {
            Some((FaultCode::CellTooLong, reason::cell_too_long(self.max_cell)))
        } else if found > n_columns {
            Some((FaultCode::WrongNumberOfCells, reason::wrong_number_of_cells(found, n_columns)))
        } else {
            None
        };
        if let Some((code, reason)) = fault {
            let (raw, cut) = raw(&row);
            self.summary.faults += 1;
            let line = Some(row.line);
            self.queue.push_back(RawItem::Fault(RawFault {
                row: number,
                line,
                code,
                reason,
                raw,
                cut,
                encoding: "UTF-8",
            }));
            return Ok(());
        }
        self.cells.clear();
        self.cells.resize(n_columns, None);
        for cell in row.cells {
            if let Some(slot) = self.cells.get_mut(cell.column as usize) {
                *slot = cell.text;
            }
        }
        for (column, text) in self.cells.iter().enumerate() {
            match text {
                Some(text) => self.builder.cell(column, |out| out.extend_from_slice(text.as_bytes())),
                None => self.builder.null(column),
            }
        }
        self.builder.end_row(number, row.line);
        if self.builder.is_full() {
            self.queue.push_back(RawItem::Batch(self.builder.finish()?));
        }
        Ok(())
    }

    fn read_on(&mut self) -> Result<(), LedgerError> {
        let finding = match self.process.next()? {
            Outcome::Frame(Kind::Sheets, _) => None,
            Outcome::Frame(Kind::Rows, payload) => match frame::rows(&payload) {
                Some(rows) => {
                    for row in rows {
                        self.row(row)?;
                    }
                    self.ended = self.summary.rows >= self.max_rows;
                    None
                }
                None => Some(stopped(&self.place, &self.program, "")),
            },
            Outcome::Frame(Kind::Refused, payload) => Some(refused(&payload, &self.place)),
            Outcome::Frame(Kind::End, payload) => {
                self.ended = true;
                match serde_json::from_slice::<End>(&payload) {
                    Ok(end) => {
                        if end.error_cells > 0 {
                            self.queue.push_back(RawItem::Finding(error_cells(&self.place, end.error_cells)));
                        }
                        None
                    }
                    Err(_) => Some(stopped(&self.place, &self.program, "")),
                }
            }
            Outcome::Stopped(why) => Some(stopped(&self.place, &self.program, &why)),
            Outcome::TooSlow => Some(too_slow(&self.place, &self.program)),
        };
        if let Some(finding) = finding {
            self.ended = true;
            self.queue.push_back(RawItem::Finding(finding));
        }
        Ok(())
    }
}

impl Rows for ExcelRows {
    fn next(&mut self) -> Result<Option<RawItem>, LedgerError> {
        loop {
            if let Some(item) = self.queue.pop_front() {
                return Ok(Some(item));
            }
            if self.ended {
                if self.builder.is_empty() {
                    return Ok(None);
                }
                return Ok(Some(RawItem::Batch(self.builder.finish()?)));
            }
            self.read_on()?;
        }
    }

    fn summary(&self) -> Summary {
        self.summary
    }
}

/// The row as tab-separated text, each cell with its column where columns are left out.
fn raw(row: &FrameRow) -> (Vec<u8>, bool) {
    let mut raw = Vec::new();
    let mut at = 0;
    for cell in &row.cells {
        if cell.column > at && cell.column - at < 1000 {
            raw.resize(raw.len() + (cell.column - at) as usize, b'\t');
        } else if cell.column != at {
            raw.extend_from_slice(format!("\t[{}]\t", cell.column + 1).as_bytes());
        }
        at = cell.column;
        raw.extend_from_slice(cell.text.as_deref().unwrap_or("…").as_bytes());
        if raw.len() > MAX_RAW_BYTES {
            raw.truncate(MAX_RAW_BYTES);
            return (raw, true);
        }
    }
    (raw, row.cells.iter().any(|cell| cell.text.is_none()))
}

fn error_cells(place: &Place, n: u64) -> Finding {
    Finding::warning(
        "excel-error-cells",
        place.clone(),
        Text::new(
            format!("{n} 个单元格是 #N/A、#REF! 之类的错误，按空值读取"),
            format!("{n} cells hold errors such as #N/A or #REF! and are read as empty"),
        ),
        Text::new("在 Excel 中改正公式", "mend the formulas in Excel"),
    )
}

fn stopped(place: &Place, program: &ExcelProgram, why: &str) -> Finding {
    let mebibytes = program.memory_bytes >> 20;
    Finding::error(
        "excel-reader-stopped",
        place.clone(),
        Text::new(
            format!("读取工作簿的进程中途停止{why}（内存上限 {mebibytes} MiB）"),
            format!("the process that reads the workbook stopped{why} (memory limit {mebibytes} MiB)"),
        ),
        Text::new(
            "在 Excel 中另存为新的 .xlsx 或 CSV UTF-8 再导入；来路不明的文件不要导入",
            "save it in Excel as a new .xlsx or as CSV UTF-8; do not import files of unknown origin",
        ),
    )
}

fn too_slow(place: &Place, program: &ExcelProgram) -> Finding {
    let seconds = program.wait_seconds;
    Finding::error(
        "excel-reader-too-slow",
        place.clone(),
        Text::new(
            format!("读取工作簿超过 {seconds} 秒，已中止"),
            format!("reading the workbook took more than {seconds} seconds and was stopped"),
        ),
        Text::new("在 Excel 中另存为 CSV UTF-8 再导入", "save it in Excel as CSV UTF-8 and import that"),
    )
}

fn refused(payload: &[u8], place: &Place) -> Finding {
    let refusal = serde_json::from_slice::<Refusal>(payload).unwrap_or(Refusal::NotAWorkbook);
    let resave = || {
        Text::new(
            "在 Excel 中另存为新的 .xlsx 或 CSV UTF-8 再导入",
            "save it in Excel as a new .xlsx or as CSV UTF-8 and import that",
        )
    };
    let (code, what, right) = match refusal {
        Refusal::NotAZip => (
            "excel-damaged",
            Text::new(
                "工作簿已损坏，压缩目录读不出来",
                "the workbook is damaged: its archive cannot be read",
            ),
            resave(),
        ),
        Refusal::NotAWorkbook => (
            "not-a-workbook",
            Text::new("这个压缩文件不是 .xlsx 工作簿", "this archive is not an .xlsx workbook"),
            Text::new(
                "解压后导入其中的文件，或在 Excel 中另存为 .xlsx",
                "unpack it and import the files in it, or save as .xlsx in Excel",
            ),
        ),
        Refusal::Encrypted => return encrypted(place),
        Refusal::TooManyEntries { n, limit } => (
            "excel-too-many-parts",
            Text::new(format!("工作簿里有 {n} 个部件"), format!("the workbook has {n} parts")),
            Text::new(format!("至多 {limit} 个"), format!("at most {limit}")),
        ),
        Refusal::UnpacksTooLarge { bytes, limit } => (
            "unpacks-too-large",
            Text::new(
                format!("工作簿解开后有 {bytes} 字节"),
                format!("the workbook unpacks to {bytes} bytes"),
            ),
            Text::new(
                format!("至多 {limit} 字节（max_unpacked_bytes）"),
                format!("at most {limit} bytes (max_unpacked_bytes)"),
            ),
        ),
        Refusal::Bomb { bytes, ratio } => (
            "zip-bomb",
            Text::new(
                format!("工作簿解开后有 {bytes} 字节，压缩比 {ratio}:1，像是压缩炸弹"),
                format!("the workbook unpacks to {bytes} bytes, {ratio}:1, like a zip bomb"),
            ),
            resave(),
        ),
        Refusal::OddNames => (
            "excel-odd-names",
            Text::new(
                "工作簿里的部件名称重复或带有路径",
                "parts of the workbook have repeated names or paths that lead outside",
            ),
            resave(),
        ),
        Refusal::NestedArchive => (
            "excel-nested-archive",
            Text::new("工作簿里还有压缩文件", "the workbook holds another archive"),
            resave(),
        ),
        Refusal::NoSuchSheet { sheets } => (
            "no-such-sheet",
            Text::new("没有这个工作表", "there is no such sheet"),
            Text::plain(sheets.join(", ")),
        ),
        Refusal::NoSheet => {
            ("no-sheet", Text::new("工作簿没有工作表", "the workbook has no worksheet"), resave())
        }
        Refusal::TooManyCells { limit } => (
            "excel-too-many-cells",
            Text::new(
                format!("工作表超过 {limit} 个单元格"),
                format!("the sheet has more than {limit} cells"),
            ),
            resave(),
        ),
        Refusal::Disordered { row } => (
            "excel-damaged",
            Text::new(format!("第 {row} 行的位置不对"), format!("row {row} stands in the wrong place")),
            resave(),
        ),
        Refusal::Broken { detail } => (
            "excel-damaged",
            Text::new("工作簿的内容已损坏", format!("the content of the workbook is damaged ({detail})")),
            resave(),
        ),
        Refusal::CannotLimit => (
            "excel-no-limit",
            Text::new(
                "系统不允许限制读取进程的内存，因此不读取 Excel",
                "the system does not let the reader limit its memory, so Excel is not read",
            ),
            resave(),
        ),
        Refusal::Io { detail } => (
            "excel-unreadable",
            Text::new("工作簿文件打不开", format!("the workbook cannot be opened ({detail})")),
            Text::new("检查文件是否存在、是否有权限", "check that the file exists and may be read"),
        ),
    };
    Finding::error(code, place.clone(), what, right)
}

/// A workbook that only its password opens.
pub(crate) fn encrypted(place: &Place) -> Finding {
    Finding::error(
        "excel-encrypted",
        place.clone(),
        Text::new("工作簿有密码", "the workbook has a password"),
        Text::new("在 Excel 中去掉密码再保存", "remove the password in Excel and save"),
    )
}

/// Findings of a file that is looked at without a program to read it.
pub(crate) fn without_program(place: &Place) -> Findings {
    Findings(vec![Finding::error(
        "excel-no-reader",
        place.clone(),
        Text::new("这里不能读取 Excel", "Excel cannot be read here"),
        Text::new("另存为 CSV UTF-8 再导入", "save it as CSV UTF-8 and import that"),
    )])
}
