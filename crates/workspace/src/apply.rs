//! `gradus apply DIR` and `gradus pull DIR`: the model as files. Files and page are two views of
//! one document: what is applied becomes the draft that the page shows; what is pulled is what is
//! in force, byte for byte the same each time.

mod sources;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gradus_ledger::table::{Disk, RealDisk};
use gradus_model::document::Model;
use gradus_model::write::model_to_yaml;
use gradus_model::{Finding, Findings, Place, Text};
use serde::Serialize;
use serde_json::Value;

use crate::access::{Permission, Principal};
use crate::export::write_small;
use crate::folder::read_models;
use crate::versions::{self, VersionView, canonical};
use crate::{Workspace, WorkspaceError};

pub use sources::{SourceChange, SourceChanges, SourceDocuments, read_source_folder, write_source_folder};

/// The file that a pull writes, below the folder.
const PULLED: &str = "model/model.yaml";

/// What becomes of the files.
#[derive(Debug, Clone, Default)]
pub struct ApplyOptions {
    /// Take the place of a draft that somebody works at.
    pub replace_draft: bool,
    /// Submit it for review, with this note.
    pub submit: Option<String>,
}

/// What became of the files.
#[derive(Debug, Clone, Serialize)]
pub struct Applied {
    /// False if the files say what is in force, or what the draft says, already.
    pub changed: bool,
    /// Of the draft; 0 if there is none.
    pub revision: i64,
    /// What the documents say wrong.
    pub findings: Findings,
    /// What became of the sources.
    pub sources: SourceChanges,
    /// The version that was submitted.
    pub version: Option<VersionView>,
}

/// The model of a folder's `model/`, as one JSON document.
///
/// # Errors
/// Findings: what the files say wrong, or that there are none.
pub fn read_folder(folder: &Path) -> Result<Value, WorkspaceError> {
    let (model, files, findings) = read_models(folder)?;
    // A name that was mistyped is not a model with nothing in it.
    if files.is_empty() {
        return Err(Finding::error(
            "no-model-documents",
            Place::document(folder.join("model").display().to_string()),
            Text::new("这里没有模型文档", "there is no model document here"),
            Text::new(
                "一个文件夹，它的 model/ 里有 YAML 或 JSON 文档",
                "a folder whose model/ holds documents in YAML or JSON",
            ),
        )
        .into());
    }
    if findings.has_errors() {
        return Err(WorkspaceError::Findings(findings));
    }
    canonical(&model)
}

/// Makes the model of a folder the draft, and its sources those of the workspace.
///
/// # Errors
/// Findings: what the files say wrong; a draft is there that says something else.
pub async fn apply(
    workspace: &Workspace,
    who: &Principal,
    folder: &Path,
    options: &ApplyOptions,
) -> Result<Applied, WorkspaceError> {
    who.needs(Permission::EditModels)?;
    let document = read_folder(folder)?;
    let now = versions::draft(workspace, who).await?;
    let same = same_document(&now.document, &document);
    if now.revision > 0 && !same && !options.replace_draft {
        return Err(draft_exists(&now.changed_by.unwrap_or_default()).into());
    }
    // Sources first: a draft may speak of their fields.
    let folder = read_source_folder(folder)?;
    let changes = sources::changes_here(workspace, who, &folder)?;
    sources::apply_sources(workspace, who, &changes, &folder).await?;
    // The first publication may say what the folder says.
    let is_first = now.base_version.is_none() && options.submit.is_some();
    if same && now.revision <= 0 && !is_first {
        return Ok(Applied {
            changed: false,
            revision: 0,
            findings: Findings::default(),
            sources: changes,
            version: None,
        });
    }
    let draft = match same && now.revision > 0 {
        true => now,
        false => versions::write_draft(workspace, who, now.revision, &document).await?,
    };
    let version = match &options.submit {
        Some(note) => Some(versions::submit(workspace, who, draft.revision, note).await?),
        None => None,
    };
    let (revision, findings) = (draft.revision, draft.findings);
    Ok(Applied { changed: !same, revision, findings, sources: changes, version })
}

/// Whether two documents are the same, order included: the order of levels, rules and layers means
/// something.
pub fn same_document(one: &Value, other: &Value) -> bool {
    let read = |value: &Value| {
        serde_json::from_value::<Model>(value.clone()).ok().map(|model| model_to_yaml(&model))
    };
    match (read(one), read(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one.to_string() == other.to_string(),
    }
}

/// Refuses to take the place of somebody's work.
pub fn draft_exists(by: &str) -> Finding {
    Finding::error(
        "draft-exists",
        Place::default(),
        Text::new(format!("已有一份不同的草稿（{by}）"), format!("there is another draft (by {by})")),
        Text::new(
            "先提交或丢弃它，或用 --replace-draft 取代它",
            "submit or drop it first, or take its place with --replace-draft",
        ),
    )
}

/// Which document is pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulled {
    InForce,
    Draft,
    Version(i64),
}

/// Writes a model to a folder's `model/model.yaml`, and the sources to its `sources/`, if they may be seen.
///
/// # Errors
/// A finding if the folder has other documents that say something else, unless they may be replaced.
pub async fn pull(
    workspace: &Workspace,
    who: &Principal,
    folder: &Path,
    what: Pulled,
    replace: bool,
) -> Result<PathBuf, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let document = match what {
        Pulled::InForce => canonical(&versions::now_in_force(workspace).await?.model)?,
        Pulled::Draft => versions::draft(workspace, who).await?.document,
        Pulled::Version(number) => versions::document(workspace, who, number).await?,
    };
    if who.needs(Permission::ImportData).is_ok() {
        write_source_folder(folder, &read_source_folder(&workspace.root)?, replace)?;
    }
    write_folder(folder, &document, replace)
}

/// Writes a document to a folder's `model/model.yaml`. Files that say the same are left as they are,
/// comments included.
pub fn write_folder(folder: &Path, document: &Value, replace: bool) -> Result<PathBuf, WorkspaceError> {
    let model: Model = serde_json::from_value(document.clone()).map_err(|_| {
        WorkspaceError::from(Finding::error(
            "draft-shape",
            Place::default(),
            Text::new(
                "草稿还不是一份可读的模型文档",
                "the draft does not have the shape of a model document yet",
            ),
            Text::new("先在网页上改正它", "mend it on the page first"),
        ))
    })?;
    let path = folder.join(PULLED);
    let text = model_to_yaml(&model);
    // What cannot be read says something else.
    let (is, files) = match read_models(folder) {
        Ok((is, files, findings)) => ((!findings.has_errors()).then_some(is), files),
        Err(WorkspaceError::Findings(_)) => (None, crate::folder::model_files(folder)?),
        Err(error) => return Err(error),
    };
    if is.is_some_and(|is| model_to_yaml(&is) == text) && !files.is_empty() {
        return Ok(files.first().cloned().unwrap_or(path));
    }
    if !files.is_empty() && !replace {
        let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        return Err(Finding::error(
            "would-replace",
            Place::document(names.join(", ")),
            Text::new("文件夹里的模型文档说的不一样", "the folder's model documents say something else"),
            Text::new(
                "换一个文件夹，或用 --replace 取代它们",
                "another folder, or --replace to take their place",
            ),
        )
        .into());
    }
    let io = |error| WorkspaceError::io(&path, error);
    std::fs::create_dir_all(folder.join("model")).map_err(io)?;
    // Whole before it is there; the files whose place it takes go afterwards.
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    write_small(&disk, &path, false, text.as_bytes()).map_err(io)?;
    for file in files.iter().filter(|file| **file != path) {
        disk.remove(file).map_err(|error| WorkspaceError::io(file, error))?;
    }
    Ok(path)
}
