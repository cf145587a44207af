//! Exchange with other programs (规则交换): PMML scorecards and DMN decisions both ways, JDM graphs
//! and trained models (PMML, ONNX) in. What a file says beyond what
//! a document can say is refused with its place, never left out in silence.

mod condition;
pub mod dmn;
mod feel;
mod grammar;
mod jdm;
mod onnx;
pub mod pmml;
mod term;
mod xml;

use crate::document::Model;
use crate::{Finding, Findings, Place, Text};

pub use xml::MAX_BYTES;

/// Findings of one file at most: a file of another dialect is wrong in every line.
const MAX_FINDINGS: usize = 200;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Pmml,
    Dmn,
    Jdm,
    Onnx,
}

impl Format {
    /// The word by which people and programs name it.
    pub fn word(self) -> &'static str {
        match self {
            Format::Pmml => "pmml",
            Format::Dmn => "dmn",
            Format::Jdm => "jdm",
            Format::Onnx => "onnx",
        }
    }

    /// The format that is written and named so: JDM and ONNX are only read.
    pub fn parse(word: &str) -> Option<Format> {
        [Format::Pmml, Format::Dmn].into_iter().find(|format| format.word() == word)
    }
}

/// What became of a file.
#[derive(Debug, Clone)]
pub struct Imported {
    pub format: Option<Format>,
    /// Scorecards, decision tables and flows, as a document has them. `None` if there are errors.
    pub part: Option<Model>,
    /// Names that the file reads and somebody has to give: indicators of the model.
    pub inputs: Vec<Input>,
    /// Cells that a document keeps as the FEEL that they are: whoever can read FEEL looks whether they are of
    /// the subset.
    pub cells: Vec<ReadCell>,
    pub findings: Findings,
}

/// A cell of a decision table as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadCell {
    pub text: String,
    /// Names that it may read, as the file writes them.
    pub names: Vec<String>,
    pub place: Place,
}

/// A name that rules read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Input {
    pub name: String,
    /// As the file calls it: `double`, `string`.
    pub kind: String,
}

/// Writes a form of a model: its scorecard, or prediction of a trained model, of this name as PMML, its decision table or flow as DMN.
///
/// # Errors
/// There is no such form, or the format cannot say what it says.
pub fn export(model: &Model, name: &str, format: Format) -> Result<String, Findings> {
    match format {
        Format::Pmml => match model.scorecards.get(name) {
            Some(card) => pmml::write(name, card, &Place::default().key("scorecards").key(name)),
            None => match model.predictions.get(name) {
                Some(prediction) => pmml::write_trained(name, prediction),
                None => Err(no_form(
                    "scorecards",
                    name,
                    model.scorecards.names().chain(model.predictions.names()),
                )),
            },
        },
        Format::Dmn if model.decision_tables.get(name).is_some() || model.flows.get(name).is_some() => {
            dmn::write(model, name)
        }
        Format::Dmn | Format::Jdm | Format::Onnx => {
            Err(no_form("decision_tables", name, model.decision_tables.names().chain(model.flows.names())))
        }
    }
}

fn no_form<'n>(section: &str, name: &str, known: impl Iterator<Item = &'n str>) -> Findings {
    let known: Vec<&str> = known.take(20).collect();
    let right = if known.is_empty() {
        Text::new(format!("模型里还没有 {section}"), format!("the model has no {section} yet"))
    } else {
        Text::new(format!("可选：{}", known.join("、")), format!("one of {}", known.join(", ")))
    };
    let what = Text::new(format!("{section} 里没有「{name}」"), format!("{section} has no “{name}”"));
    Findings(vec![Finding::error("exchange-no-form", Place::default().key(section).key(name), what, right)])
}

/// Reads a file of another program, whatever it is; what it is shows in its content.
pub fn import(document_name: &str, bytes: &[u8]) -> Imported {
    let mut findings = Findings::default();
    let (mut inputs, mut cells) = (Vec::new(), Vec::new());
    let read = read(document_name, bytes, &mut inputs, &mut cells, &mut findings);
    findings.0.truncate(MAX_FINDINGS);
    findings.0.sort_by_key(|finding| (finding.place.line, finding.place.column));
    let format = read.as_ref().map(|(format, _)| *format);
    let part = read.map(|(_, part)| part).filter(|_| !findings.has_errors());
    Imported { format, part, inputs, cells, findings }
}

fn read(
    document_name: &str,
    bytes: &[u8],
    inputs: &mut Vec<Input>,
    cells: &mut Vec<ReadCell>,
    findings: &mut Findings,
) -> Option<(Format, Model)> {
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(1024)).unwrap_or_default()).into_owned();
    if onnx::looks_like_onnx(bytes) {
        return Some((Format::Onnx, onnx::read(document_name, bytes, inputs, findings)));
    }
    let wide = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    if !wide && jdm::looks_like_jdm(&head) {
        return Some((Format::Jdm, jdm::read(document_name, bytes, inputs, findings)));
    }
    if !wide && !xml::looks_like_xml(&head) {
        findings.push(unknown_format(Place::document(document_name)));
        return None;
    }
    let tree = match xml::read(document_name, bytes) {
        Ok(tree) => tree,
        Err(finding) => {
            findings.push(finding);
            return None;
        }
    };
    let root = tree.root();
    if root.name() == "PMML" {
        return Some((Format::Pmml, pmml::read(document_name, root, inputs, findings)));
    }
    if dmn::is_dmn(root) {
        return Some((Format::Dmn, dmn::read(root, inputs, cells, findings)));
    }
    findings.push(unknown_format(root.place()));
    None
}

fn unknown_format(place: Place) -> Finding {
    Finding::error(
        "exchange-format",
        place,
        Text::new("认不出这是什么规则文件", "this is no file of rules that is known here"),
        Text::new(
            "PMML 4.1–4.4（.pmml）、DMN 1.2–1.5（.dmn）、JDM（.json）或 ONNX（.onnx）",
            "PMML 4.1–4.4 (.pmml), DMN 1.2–1.5 (.dmn), JDM (.json) or ONNX (.onnx)",
        ),
    )
}

/// What the subset does not have: the reason as `why`.
fn unsupported(place: Place, what: Text, why: Text) -> Finding {
    Finding::error("exchange-unsupported", place, what, why)
}

/// What the other format does not have.
fn not_expressible(place: Place, what: Text, right: Text) -> Finding {
    Finding::error("exchange-not-expressible", place, what, right)
}

/// A name that is not taken yet: `name`, `name_2`, …
/// The name that a document's file gives to the one model in it; `None` if it is none that a model can have.
fn name_of_file(document_name: &str) -> Option<String> {
    let stem = std::path::Path::new(document_name).file_stem()?.to_string_lossy().into_owned();
    usable_name(&stem).then_some(stem)
}

/// True for letters, digits and underscores that begin with a letter.
pub fn usable_name(name: &str) -> bool {
    name.starts_with(char::is_alphabetic) && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn free_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(name) {
        return name.to_owned();
    }
    (2..).map(|n| format!("{name}_{n}")).find(|name| !taken(name)).unwrap_or_default()
}
