//! `gradus rules import FILE`: rules that another program wrote become part of the model. What the
//! file says beyond what a model can say is a finding with its place in the file, and then nothing
//! is written.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use gradus_expression::{FeelCell, Scope, names_in_feel};
use gradus_ledger::table::{Disk, RealDisk};
use gradus_model::document::Model;
use gradus_model::exchange::{self, Imported, ReadCell};
use gradus_model::load::merge_models;
use gradus_model::write::model_to_yaml;
use gradus_model::{Finding, Findings, Place, Text};
use serde::Serialize;

use crate::access::{Permission, Principal};
use crate::export::write_small;
use crate::folder::{read_models, read_settings};
use crate::versions;
use crate::{Workspace, WorkspaceError};

/// Cells that are refused at once, at most.
const MOST_FINDINGS: usize = 200;
/// Digits of a file's hash that tell it from others.
const HASH_DIGITS: usize = 16;

/// What a file of rules becomes.
#[derive(Debug, Clone, Serialize)]
pub struct ImportedRules {
    /// `pmml`, `dmn` or `jdm`.
    pub format: &'static str,
    /// The part of a model document, as YAML.
    pub text: String,
    /// The same as JSON.
    #[serde(skip)]
    pub part: Model,
    /// Names that the rules read.
    pub inputs: Vec<RuleInput>,
    /// Warnings and notes; errors let nothing through.
    pub findings: Findings,
    /// Where it was written, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<PathBuf>,
}

/// A name that the rules read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleInput {
    pub name: String,
    /// Its type, as the file calls it.
    pub kind: String,
    /// The model has something of this name already.
    pub known: bool,
}

/// Reads the bytes of a file. `model` is what the names are looked up in.
///
/// # Errors
/// All findings of the file, if any is an error.
fn read_rules(file_name: &str, bytes: &[u8], model: &Model) -> Result<ImportedRules, WorkspaceError> {
    let Imported { format, part, inputs, cells, findings } = exchange::import(file_name, bytes);
    let (Some(format), Some(mut part)) = (format, part) else {
        return Err(WorkspaceError::Findings(findings));
    };
    // Of a trained model nothing else says which file it was.
    let name = Path::new(file_name).file_name().map(|name| name.to_string_lossy().into_owned());
    let hash: String = gradus_store::content_hash(bytes).chars().take(HASH_DIGITS).collect();
    for (_, prediction) in &mut part.predictions.0 {
        if let Some(trained) = &mut prediction.trained {
            let tool = trained.from.take().unwrap_or_else(|| format.word().to_string());
            let name = name.as_deref().unwrap_or(file_name);
            trained.from = Some(format!("{tool}; {name}, BLAKE3 {hash}"));
        }
    }
    let outside = outside_the_subset(&cells);
    if outside.has_errors() {
        return Err(WorkspaceError::Findings(outside));
    }
    let known = |name: &str| is_known(model, name) || is_known(&part, name);
    let inputs = inputs
        .into_iter()
        .map(|input| RuleInput { known: known(&input.name), name: input.name, kind: input.kind })
        .collect();
    Ok(ImportedRules {
        format: format.word(),
        text: model_to_yaml(&part),
        part,
        inputs,
        findings,
        document: None,
    })
}

/// Cells that say what no cell here can say, each at its element. A name that nothing has yet is no error: the
/// indicator may come later.
fn outside_the_subset(cells: &[ReadCell]) -> Findings {
    let mut findings = Findings::default();
    for cell in cells {
        let names: BTreeSet<String> =
            names_in_feel(&cell.text).into_iter().chain(cell.names.iter().cloned()).collect();
        let fields: Vec<Field> = names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        let scope = Scope::new(Arc::new(Schema::new(fields)));
        if let Err(finding) = FeelCell::parse(&cell.text, &scope, &cell.place) {
            findings.push(finding);
        }
        if findings.0.len() >= MOST_FINDINGS {
            break;
        }
    }
    findings
}

/// The same for somebody who edits the draft; nothing is written.
///
/// # Errors
/// All findings of the file, if any is an error.
pub async fn look_at_rules(
    workspace: &Workspace,
    who: &Principal,
    file_name: &str,
    bytes: &[u8],
) -> Result<ImportedRules, WorkspaceError> {
    who.needs(Permission::EditModels)?;
    let draft = versions::draft(workspace, who).await?.document;
    // A draft that is not readable yet knows no names.
    let model =
        serde_json::from_value(draft).or_else(|_| serde_json::from_value(serde_json::json!({ "gradus": 1 })));
    let model = model.map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    read_rules(file_name, bytes, &model)
}

/// True if an expression may read the name.
fn is_known(model: &Model, name: &str) -> bool {
    model.indicators.get(name).is_some()
        || model.predictions.get(name).is_some()
        || model.scorecards.get(name).is_some()
        || model.rule_sets.get(name).is_some()
        || model.decision_tables.get(name).is_some()
        || model.cross_tables.get(name).is_some()
        || model.decision_trees.get(name).is_some()
        || model.flows.get(name).is_some()
}

impl ImportedRules {
    /// The name that was asked for goes to the trained model too, if it is all that the file holds: programs give
    /// all of theirs the same name, or none.
    fn rename(&mut self, name: &str) {
        let alone = Model { predictions: self.part.predictions.clone(), ..Model::default() };
        if alone == self.part
            && exchange::usable_name(name)
            && let [(own, _)] = &mut self.part.predictions.0[..]
        {
            *own = name.to_owned();
            self.text = model_to_yaml(&self.part);
        }
    }
}

/// Imports a file into `model/NAME.yaml` of a workspace; without `write` it is only looked at.
///
/// # Errors
/// Findings of the file; a document or a definition of the same name is there already.
pub fn import_rules(
    root: &Path,
    file: &Path,
    name: Option<&str>,
    write: bool,
) -> Result<ImportedRules, WorkspaceError> {
    read_settings(root)?;
    let bytes = bounded(file)?;
    let shown = file.display().to_string();
    let (model, _, _) = read_models(root)?;
    let mut imported = read_rules(&shown, &bytes, &model)?;
    if let Some(name) = name {
        imported.rename(name);
    }
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = name.map(str::to_owned).or(stem).unwrap_or_default();
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
        return Err(Finding::error(
            "argument",
            Place::default().at("name"),
            Text::new(format!("「{name}」不能作文件名"), format!("“{name}” cannot be the name of a file")),
            Text::new("例如 --name loyalty", "such as `--name loyalty`"),
        )
        .into());
    }
    let document = format!("model/{name}.yaml");
    let (_, clashes) = merge_models(vec![("model".into(), model), (document.clone(), imported.part.clone())]);
    let clashes: Vec<Finding> =
        clashes.into_iter().filter(|finding| finding.place.document.as_deref() == Some(&document)).collect();
    let path = root.join(&document);
    if path.exists() {
        return Err(there(&document).into());
    }
    if !clashes.is_empty() {
        return Err(WorkspaceError::Findings(Findings(clashes)));
    }
    if write {
        write_new(&path, imported.text.as_bytes())?;
        imported.document = Some(path);
    }
    Ok(imported)
}

/// Never more of a file than an import reads.
fn bounded(file: &Path) -> Result<Vec<u8>, WorkspaceError> {
    let io = |error| WorkspaceError::io(file, error);
    let mut bytes = Vec::new();
    let limit = exchange::MAX_BYTES as u64 + 1;
    std::fs::File::open(file).map_err(io)?.take(limit).read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
}

fn there(document: &str) -> Finding {
    Finding::error(
        "rules-there",
        Place::document(document),
        Text::new("这个文件已经存在，没有改动它", "this document is there already; it was not touched"),
        Text::new(
            "先改名或删除它，或用 --name 换一个名称",
            "rename or remove it first, or another name with --name",
        ),
    )
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), WorkspaceError> {
    let io = |error| WorkspaceError::io(path, error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(io)?;
    }
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    write_small(&disk, path, false, bytes).map_err(io)
}
