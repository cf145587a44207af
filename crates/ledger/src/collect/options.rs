//! What an operator may say about a file when the sniffed answer is wrong.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Largest text that one cell may hold, in bytes of UTF-8.
pub const MAX_CELL_BYTES: u64 = 1 << 20;
/// Largest size a compressed file may unpack to, in bytes.
pub const MAX_UNPACKED_BYTES: u64 = 64 << 30;
/// Most columns that a table may have: what Excel can show.
pub const MAX_COLUMNS: usize = 16_384;

/// How a file is read. Whatever is not said is found out from the file itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReadOptions {
    /// Name of the text encoding, such as `utf-8`, `gb18030`, `utf-16le`, `big5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The one ASCII character between two cells; `\t` or `tab` for a tab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// The one ASCII character around cells that contain delimiters; empty if nothing is quoted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// `true`, `false`, or the number of the row (from 1) that names the columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// Name of the worksheet; the first visible one otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Longest text of one cell, in bytes of UTF-8; a row with a longer one is a fault.
    pub max_cell_bytes: u64,
    /// Reading ends after this many data rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_rows: Option<u64>,
    /// Reading ends when a compressed file has unpacked to this many bytes.
    pub max_unpacked_bytes: u64,
    /// Texts that mean "nothing here". The empty text stands for the empty cell.
    pub null_texts: Vec<String>,
    /// Keys of JSON lines that become columns even if the first rows do not have them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// The key of each JSON line under which the row stands, where the line says more than the row:
    /// exported quarantine. No source says this.
    #[serde(skip)]
    pub under: Option<String>,
}

/// Where the names of the columns are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Header {
    /// `true`: the first row names the columns; `false`: no row does.
    Present(bool),
    /// The row with this number, from 1; rows above it are skipped.
    Row(u64),
}

impl Default for ReadOptions {
    fn default() -> ReadOptions {
        ReadOptions {
            encoding: None,
            delimiter: None,
            quote: None,
            header: None,
            sheet: None,
            max_cell_bytes: MAX_CELL_BYTES,
            max_rows: None,
            max_unpacked_bytes: MAX_UNPACKED_BYTES,
            null_texts: vec![String::new()],
            keys: Vec::new(),
            under: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_from_a_document_and_unknown_keys_are_refused() {
        let options: ReadOptions =
            serde_json::from_str(r#"{"encoding": "gb18030", "header": 3, "null_texts": ["", "NULL"]}"#)
                .unwrap();
        assert_eq!(options.header, Some(Header::Row(3)));
        assert_eq!(options.max_cell_bytes, MAX_CELL_BYTES);
        let header: ReadOptions = serde_json::from_str(r#"{"header": false}"#).unwrap();
        assert_eq!(header.header, Some(Header::Present(false)));
        assert!(serde_json::from_str::<ReadOptions>(r#"{"seperator": ";"}"#).is_err());
        let text = serde_json::to_string(&options).unwrap();
        assert_eq!(serde_json::from_str::<ReadOptions>(&text).unwrap(), options);
    }
}
