//! Documents as text: YAML or JSON becomes a typed document, or findings with document, path and
//! line. What an operator types decides nothing by surprise: a scalar is read as what the schema
//! wants at that place, from the text as it is written, so `2011-12-10`, `NO` and `0012` stay texts
//! where a text is wanted, and a number is never guessed from a date.

mod json;
mod locations;
mod merge;
mod node;
mod source;
mod syntax;
mod yaml;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

pub(crate) use json::parse as parse_json;
pub use locations::{Location, Locations};
pub use merge::merge_models;
pub(crate) use node::{Kind, Node};

use crate::document::{MODEL_FORMAT, Model, Source, Tour, Workspace};
use crate::{Finding, Findings, Place, Text};

/// Bytes of one document at most.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Maps and lists inside each other at most.
pub const MAX_DEPTH: usize = 64;

/// Values in one document at most, those that aliases repeat included.
pub const MAX_NODES: usize = 400_000;

/// Values that aliases may repeat at most: a few lines can otherwise stand for billions.
pub const MAX_ALIAS_NODES: usize = 20_000;

/// A kind of document that can be loaded from text.
pub trait Document: DeserializeOwned + JsonSchema + 'static {
    /// The newest format number that this program reads.
    const FORMAT: u32;

    /// What its shape cannot say.
    fn check(&self) -> Findings {
        Findings::default()
    }
}

impl Document for Model {
    const FORMAT: u32 = MODEL_FORMAT;
}

impl Document for Source {
    const FORMAT: u32 = 1;

    fn check(&self) -> Findings {
        source::check(self)
    }
}

impl Document for Workspace {
    const FORMAT: u32 = 1;
}

impl Document for Tour {
    const FORMAT: u32 = 1;
}

/// What became of a document.
#[derive(Debug, Clone)]
pub struct Loaded<T> {
    /// `None` if and only if `findings` has errors.
    pub value: Option<T>,
    /// Where each path of the document is written; what could be read of it, if there are findings.
    pub locations: Locations,
    pub findings: Findings,
}

/// Reads a model document. See [`load`].
pub fn load_model(document_name: &str, text: &str) -> Loaded<Model> {
    load(document_name, text)
}

/// Reads a source document. See [`load`].
pub fn load_source(document_name: &str, text: &str) -> Loaded<Source> {
    load(document_name, text)
}

/// Reads the workspace document. See [`load`].
pub fn load_workspace(document_name: &str, text: &str) -> Loaded<Workspace> {
    load(document_name, text)
}

/// Reads the guided tour of an industry. See [`load`].
pub fn load_tour(document_name: &str, text: &str) -> Loaded<Tour> {
    load(document_name, text)
}

/// Reads a document from YAML or JSON text and reports everything that is wrong with its shape.
///
/// ```
/// let loaded = gradus_model::load::load_model("value.yaml", "gradus: 1\nindikators: {}\n");
/// let finding = loaded.findings.iter().next().unwrap();
/// assert_eq!((finding.code, finding.place.line), ("unknown-key", Some(2)));
/// ```
pub fn load<T: Document>(document_name: &str, text: &str) -> Loaded<T> {
    let mut findings = Findings::default();
    let mut locations = Locations::default();
    let value = read(document_name, text, &mut findings).and_then(|root| {
        locations = Locations::of(document_name, &root);
        let before = findings.has_errors();
        let value = crate::shape::check(document_name, &root, &crate::schema::of::<T>(), &mut findings);
        check_format::<T>(document_name, &root, &mut findings);
        if before || findings.has_errors() {
            return None;
        }
        match serde_json::from_value::<T>(value) {
            Ok(value) => {
                let mut found = value.check();
                for finding in &mut found.0 {
                    finding.place.document = Some(document_name.to_owned());
                }
                findings.extend(found.locate(&locations));
                (!findings.has_errors()).then_some(value)
            }
            Err(_) => {
                findings.push(shape_bug(document_name));
                None
            }
        }
    });
    findings.0.sort_by_key(|finding| finding.place.line);
    Loaded { value, locations, findings }
}

/// The text of a document file: UTF-8 with or without byte-order mark, or UTF-16 with one.
pub fn decode(document_name: &str, bytes: &[u8]) -> Result<String, Finding> {
    decode_at_most(document_name, bytes, MAX_BYTES)
}

/// The same with a limit of one's own: files of other programs say the same with more letters.
pub(crate) fn decode_at_most(document_name: &str, bytes: &[u8], max_bytes: usize) -> Result<String, Finding> {
    let wide = |from_bytes: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].as_chunks::<2>().0.iter().map(|pair| from_bytes(*pair)).collect();
        String::from_utf16(&units).map_err(|_| encoding_finding(document_name, None))
    };
    if bytes.len() > max_bytes {
        return Err(too_big(document_name));
    }
    match bytes {
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes),
        _ => {
            let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
                let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let line = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
                encoding_finding(document_name, Some(line))
            })
        }
    }
}

fn read(document_name: &str, text: &str, findings: &mut Findings) -> Option<Node> {
    if text.len() > MAX_BYTES {
        findings.push(too_big(document_name));
        return None;
    }
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let is_json = document_name.ends_with(".json");
    let root = if is_json || looks_like_json(text) {
        match json::parse(document_name, text, findings) {
            Ok(root) => Some(root),
            Err(finding) if is_json => {
                findings.push(finding);
                return None;
            }
            // Braces also open a YAML map; what is neither gets the YAML finding.
            Err(_) => yaml::parse(document_name, text, findings),
        }
    } else {
        yaml::parse(document_name, text, findings)
    };
    match root {
        Some(root) if root.is_null() => {
            findings.push(empty(document_name));
            None
        }
        None if !findings.has_errors() => {
            findings.push(empty(document_name));
            None
        }
        other => other,
    }
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// A document of a newer format is refused here, once, rather than by its unknown keys alone.
fn check_format<T: Document>(document_name: &str, root: &Node, findings: &mut Findings) {
    let Kind::Map(entries) = &root.kind else { return };
    let Some((key, value)) = entries.iter().find(|(key, _)| key.text == "gradus") else { return };
    let Kind::Scalar { text, .. } = &value.kind else { return };
    if let Ok(format) = text.parse::<u32>()
        && (format == 0 || format > T::FORMAT)
    {
        let newest = T::FORMAT;
        findings.push(Finding::error(
            "unknown-format",
            Place::document(document_name).at("gradus").line(key.line),
            Text::new(
                format!("此文档的格式号为 {format}，本程序可读的最新格式为 {newest}"),
                format!(
                    "the document has format number {format}; the newest that this program reads is {newest}"
                ),
            ),
            Text::new(
                format!("`gradus: {newest}`，或使用更新的程序"),
                format!("`gradus: {newest}`, or a newer program"),
            ),
        ));
    }
}

fn too_big(document_name: &str) -> Finding {
    Finding::error(
        "document-too-big",
        Place::document(document_name),
        Text::new("文档过大", "the document is too big"),
        Text::new(
            "每个文档不超过 8 MiB、40 万个值；可拆成几个文档",
            "at most 8 MiB and 400,000 values in one document; it may be split into several",
        ),
    )
}

fn empty(document_name: &str) -> Finding {
    Finding::error(
        "document-empty",
        Place::document(document_name).line(1),
        Text::new("文档是空的", "the document is empty"),
        Text::new("至少写上 `gradus: 1`", "at least `gradus: 1`"),
    )
}

fn encoding_finding(document_name: &str, line: Option<u64>) -> Finding {
    Finding::error(
        "document-encoding",
        Place { line, ..Place::document(document_name) },
        Text::new("文档的文字编码不是 UTF-8", "the text of the document is not UTF-8"),
        Text::new("在编辑器中另存为 UTF-8", "saved as UTF-8 by the editor"),
    )
}

/// The shape check and the reader disagree: ours to mend, and the operator should know that.
fn shape_bug(document_name: &str) -> Finding {
    Finding::error(
        "bug-document-shape",
        Place::document(document_name),
        Text::new(
            "程序自身的缺陷：检查认为此文档无误，却读不进来",
            "a defect of this program: the checks found nothing wrong, yet the document cannot be read",
        ),
        Text::new("请把此文档发给我们", "please send us this document"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_every_common_encoding_are_read_or_refused_with_a_line() {
        assert_eq!(decode("a.yaml", "\u{FEFF}gradus: 1".as_bytes()).unwrap(), "gradus: 1");
        let wide: Vec<u8> = "\u{FEFF}标题".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode("a.yaml", &wide).unwrap(), "标题");
        let finding = decode("a.yaml", b"gradus: 1\ntitle: \xB1\xEA\xCC\xE2\n").unwrap_err();
        assert_eq!((finding.code, finding.place.line), ("document-encoding", Some(2)));
        assert_eq!(decode("a.yaml", &vec![b' '; MAX_BYTES + 1]).unwrap_err().code, "document-too-big");
    }

    #[test]
    fn a_newer_format_is_refused() {
        let loaded = load_model("a.yaml", "gradus: 2\n");
        assert_eq!(loaded.findings.iter().map(|f| f.code).collect::<Vec<_>>(), ["unknown-format"]);
        assert!(loaded.value.is_none());
    }
}
