//! Collect: files of any sort become rows of text, safely and fast.
//!
//! [`sniff`] finds out what a file is and shows its first rows; [`read`] then streams all of them in
//! batches of text columns. A row that cannot be read becomes a [`RawFault`], which goes to
//! quarantine, and reading goes on with the next row; nothing is lost. What concerns the whole file
//! is a finding. Both calls block: run them where blocking is allowed.

mod batch;
mod columns;
mod csv;
mod encoding;
pub mod excel;
mod fault;
mod files;
mod header;
mod input;
mod input_file;
mod json_lines;
mod options;
mod parquet_file;
pub mod propose;
mod sniff;
mod text;
pub(crate) mod value;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{RecordBatch, UInt64Array};
use gradus_model::{Finding, Findings, Place, Text};

pub use batch::BATCH_ROWS;
pub use encoding::{EncodingEvidence, text_of};
pub use excel::ExcelProgram;
pub use fault::{FaultCode, MAX_RAW_BYTES, RawFault};
pub use files::{content_hash, expand};
pub use input_file::InputFile;
pub use options::{Header, MAX_CELL_BYTES, MAX_COLUMNS, MAX_UNPACKED_BYTES, ReadOptions};
pub use sniff::{Compression, Format, PreviewRow, Sheet, Sniffed, sniff};

use crate::error::LedgerError;
use input::{EarlyEnd, Input};

/// Some thousand rows of one file, every cell a text.
#[derive(Debug, Clone)]
pub struct RawBatch {
    /// Names of the columns, in the order of `rows`.
    pub columns: Arc<[String]>,
    /// Utf8 columns; null where the cell says nothing.
    pub rows: RecordBatch,
    /// Data row of the first row, from 1. Rows that could not be read are counted too.
    pub first_row: u64,
    /// Data row of each row, from 1.
    pub numbers: UInt64Array,
    /// Physical line where each row begins; for Excel the sheet's row; null for Parquet.
    pub lines: UInt64Array,
}

/// What a file gives.
#[derive(Debug)]
pub enum RawItem {
    Batch(RawBatch),
    /// A row for quarantine. It may come before rows that stand above it.
    Fault(RawFault),
    /// Something about the whole file that shows only while reading.
    Finding(Finding),
}

/// What has been read so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Data rows, those with faults included.
    pub rows: u64,
    /// Rows that could not be read.
    pub faults: u64,
    /// Rows without any text, which are passed over.
    pub blank_rows: u64,
    /// Bytes after unpacking.
    pub unpacked_bytes: u64,
}

/// One format's way to read rows.
trait Rows: Send {
    fn next(&mut self) -> Result<Option<RawItem>, LedgerError>;
    fn summary(&self) -> Summary;
}

/// The rows of one file, as an iterator that blocks.
pub struct RowReader {
    rows: Box<dyn Rows>,
    taken: Arc<AtomicU64>,
    file_bytes: u64,
    ended: bool,
}

impl RowReader {
    /// How much of the file has been read, from 0 to 1, for progress bars.
    pub fn progress(&self) -> f64 {
        match self.file_bytes {
            0 => 1.0,
            all => (self.taken.load(Ordering::Relaxed) as f64 / all as f64).min(1.0),
        }
    }

    /// Bytes taken from the file, as a counter that another thread may look at.
    pub fn bytes_taken(&self) -> Arc<AtomicU64> {
        self.taken.clone()
    }

    pub fn summary(&self) -> Summary {
        self.rows.summary()
    }
}

impl Iterator for RowReader {
    type Item = Result<RawItem, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.rows.next().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

/// Reads all rows of a file that was sniffed with the same options. A file whose findings have
/// errors gives no rows. `excel` starts the process that reads workbooks; without it they are refused.
pub fn read(
    file: impl Into<InputFile>,
    sniffed: &Sniffed,
    options: &ReadOptions,
    excel: Option<&ExcelProgram>,
) -> Result<RowReader, LedgerError> {
    let file = file.into();
    let path = file.path();
    let columns: Arc<[String]> = sniffed.columns.clone().into();
    if sniffed.findings.has_errors() {
        return Ok(RowReader { rows: Box::new(NoRows), taken: Arc::default(), file_bytes: 0, ended: true });
    }
    let (rows, taken): (Box<dyn Rows>, _) = match sniffed.format {
        Format::Csv => {
            let input = Input::open(&file, options.max_unpacked_bytes)?;
            let taken = input.taken();
            let encoding = encoding::by_name(&sniffed.encoding).unwrap_or(encoding_rs::UTF_8);
            let text = text::TextReader::new(input, encoding);
            let dialect = csv::Dialect { delimiter: sniffed.delimiter, quote: sniffed.quote };
            let rows = csv::CsvRows::new(path, text, &dialect, columns, sniffed.data_from_line, options);
            (Box::new(rows), taken)
        }
        Format::JsonLines => {
            let input = Input::open(&file, options.max_unpacked_bytes)?;
            let taken = input.taken();
            let encoding = encoding::by_name(&sniffed.encoding).unwrap_or(encoding_rs::UTF_8);
            let text = text::TextReader::new(input, encoding);
            (Box::new(json_lines::JsonRows::new(path, text, columns, options)), taken)
        }
        Format::Parquet => {
            (Box::new(parquet_file::ParquetRows::open(&file, columns, options)?), Arc::default())
        }
        Format::Xlsx => match excel {
            Some(program) => {
                let rows = excel::ExcelRows::start(&file, columns, sniffed, options, program)?;
                (Box::new(rows), Arc::default())
            }
            None => (Box::new(NoRows), Arc::default()),
        },
    };
    Ok(RowReader { rows, taken, file_bytes: sniffed.file_bytes, ended: false })
}

struct NoRows;

impl Rows for NoRows {
    fn next(&mut self) -> Result<Option<RawItem>, LedgerError> {
        Ok(None)
    }

    fn summary(&self) -> Summary {
        Summary::default()
    }
}

/// The name of a file in findings: as the operator named it.
fn document_name(path: &Path) -> String {
    path.display().to_string()
}

/// Findings about how the bytes of a file came to an end.
fn input_findings(input: &Input, document: &str) -> Findings {
    let mut findings = Findings::default();
    let place = Place::document(document);
    match input.early_end() {
        Some(EarlyEnd::TooLarge) => findings.push(Finding::error(
            "unpacks-too-large",
            place.clone(),
            Text::new(
                format!("压缩文件解开后超过 {} 字节，读到这里为止", input.unpacked()),
                format!(
                    "the compressed file unpacks to more than {} bytes; reading stopped there",
                    input.unpacked()
                ),
            ),
            Text::new(
                "确认文件无误后调高 max_unpacked_bytes，或先解压再导入",
                "if the file is right, raise max_unpacked_bytes, or unpack it before the import",
            ),
        )),
        Some(EarlyEnd::CutOff) => findings.push(Finding::error(
            "file-cut-off",
            place.clone(),
            Text::new(
                "压缩文件不完整，只读到中断处",
                "the compressed file is incomplete; it was read up to the break",
            ),
            Text::new("重新导出或重新传输文件", "export or transfer the file again"),
        )),
        Some(EarlyEnd::Damaged) => findings.push(Finding::error(
            "file-damaged",
            place.clone(),
            Text::new(
                "压缩文件已损坏，只读到损坏处",
                "the compressed file is damaged; it was read up to the damage",
            ),
            Text::new("重新导出或重新传输文件", "export or transfer the file again"),
        )),
        None => {}
    }
    let taken = input.taken().load(Ordering::Relaxed).max(1);
    let ratio = input.unpacked() / taken;
    if input.is_gzip() && ratio > 200 {
        findings.push(Finding::warning(
            "high-compression",
            place,
            Text::new(
                format!("压缩比为 {ratio}:1，很不寻常"),
                format!("the file is compressed {ratio}:1, which is unusual"),
            ),
            Text::new("表格文件通常在 3:1 到 30:1 之间", "tables usually lie between 3:1 and 30:1"),
        ));
    }
    findings
}
