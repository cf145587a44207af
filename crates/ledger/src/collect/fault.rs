//! A row that cannot be read. It goes to quarantine with its reason, and reading goes on.

use gradus_model::Text;
use serde::{Deserialize, Serialize};

/// Most bytes of a row that a fault keeps.
pub const MAX_RAW_BYTES: usize = 64 << 10;

/// Why a row cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultCode {
    /// A quote opens and never closes.
    UnclosedQuote,
    /// There is text between a closing quote and the next delimiter.
    TextAfterQuote,
    /// The row has more or fewer cells than there are columns.
    WrongNumberOfCells,
    /// The bytes are not text in the file's encoding.
    Undecodable,
    /// A cell is longer than the limit.
    CellTooLong,
    /// The row is longer than the limit.
    RowTooLong,
    /// The row holds a NUL character.
    NulCharacter,
    /// The file ends within the row.
    CutOff,
    /// The line is not one JSON object.
    NotAnObject,
    /// The line is not valid JSON.
    BrokenJson,
    /// Objects lie deeper in each other than the limit.
    TooDeep,
}

impl FaultCode {
    /// The stable name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            FaultCode::UnclosedQuote => "unclosed-quote",
            FaultCode::TextAfterQuote => "text-after-quote",
            FaultCode::WrongNumberOfCells => "wrong-number-of-cells",
            FaultCode::Undecodable => "undecodable",
            FaultCode::CellTooLong => "cell-too-long",
            FaultCode::RowTooLong => "row-too-long",
            FaultCode::NulCharacter => "nul-character",
            FaultCode::CutOff => "cut-off",
            FaultCode::NotAnObject => "not-an-object",
            FaultCode::BrokenJson => "broken-json",
            FaultCode::TooDeep => "too-deep",
        }
    }
}

/// One row that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFault {
    /// Data row, from 1, counted together with the rows that could be read.
    pub row: u64,
    /// Physical line where the row begins (sheet row for Excel), from 1; none for Parquet.
    pub line: Option<u64>,
    pub code: FaultCode,
    /// What is wrong and what would be right.
    pub reason: Text,
    /// The row as it stands in the file, in `encoding`, at most [`MAX_RAW_BYTES`].
    pub raw: Vec<u8>,
    /// True if the row was longer than what `raw` holds.
    pub cut: bool,
    /// Name of the encoding of `raw`.
    pub encoding: &'static str,
}

impl RawFault {
    /// The row as text, with U+FFFD where the bytes are not text.
    pub fn text(&self) -> String {
        match encoding_rs::Encoding::for_label(self.encoding.as_bytes()) {
            Some(encoding) => encoding.decode_without_bom_handling(&self.raw).0.into_owned(),
            None => String::from_utf8_lossy(&self.raw).into_owned(),
        }
    }
}

/// The text of each reason; the numbers are those of the row at hand.
pub(crate) mod reason {
    use super::Text;

    pub(crate) fn unclosed_quote() -> Text {
        Text::new(
            "引号打开后没有关闭；请补上右引号，或把单元格内的引号写成两个",
            "a quote opens and never closes; close it, or write a quote inside a cell twice",
        )
    }

    pub(crate) fn text_after_quote() -> Text {
        Text::new(
            "右引号之后、分隔符之前还有文字；单元格内的引号要写成两个",
            "text stands between a closing quote and the delimiter; write a quote inside a cell twice",
        )
    }

    pub(crate) fn wrong_number_of_cells(found: usize, expected: usize) -> Text {
        Text::new(
            format!("这一行有 {found} 个单元格，应为 {expected} 个"),
            format!("the row has {found} cells; {expected} expected"),
        )
    }

    pub(crate) fn undecodable(encoding: &str) -> Text {
        Text::new(
            format!("有字节不是 {encoding} 文字；请检查文件编码，或单独改正这一行"),
            format!("bytes are not {encoding} text; check the encoding of the file, or mend this row"),
        )
    }

    pub(crate) fn cell_too_long(limit: u64) -> Text {
        Text::new(
            format!("单元格超过 {limit} 字节；请缩短，或调高 max_cell_bytes"),
            format!("a cell is longer than {limit} bytes; shorten it, or raise max_cell_bytes"),
        )
    }

    pub(crate) fn row_too_long(limit: u64) -> Text {
        Text::new(
            format!("这一行超过 {limit} 字节；很可能缺少换行或右引号"),
            format!("the row is longer than {limit} bytes; a line end or closing quote is probably missing"),
        )
    }

    pub(crate) fn nul_character() -> Text {
        Text::new(
            "这一行含有 NUL 字符（字节 0）；请去掉",
            "the row holds a NUL character (byte 0); remove it",
        )
    }

    pub(crate) fn cut_off() -> Text {
        Text::new(
            "文件在这一行中间结束；请重新导出或重新传输文件",
            "the file ends within this row; export or transfer it again",
        )
    }

    pub(crate) fn not_an_object() -> Text {
        Text::new(
            "这一行不是 JSON 对象；每行应为一个 {\"键\": 值}",
            "the line is not a JSON object; each line should be one {\"key\": value}",
        )
    }

    pub(crate) fn broken_json(column: usize) -> Text {
        Text::new(
            format!("这一行不是合法的 JSON（第 {column} 个字节附近）"),
            format!("the line is not valid JSON (near byte {column})"),
        )
    }

    pub(crate) fn too_deep(limit: usize) -> Text {
        Text::new(
            format!("JSON 对象嵌套超过 {limit} 层"),
            format!("JSON objects lie more than {limit} deep in each other"),
        )
    }
}
