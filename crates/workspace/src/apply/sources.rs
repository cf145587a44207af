//! The sources of a folder beside its model: what `apply` brings to a workspace, and `pull` to a folder.
//! Sources have no versions: what is applied counts from the next import on. A source that the folder
//! does not have is left as it is, and told.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gradus_ledger::table::{Disk, RealDisk};
use gradus_model::document::Source;
use gradus_model::write::to_yaml;
use gradus_model::{Finding, Place, Text};
use serde::Serialize;
use serde_json::Value;

use crate::access::{Permission, Principal};
use crate::diff::source_changes;
use crate::export::write_small;
use crate::folder::{read_sources, source_files};
use crate::sources::{self, view};
use crate::{Workspace, WorkspaceError};

/// Sources by name, as documents.
pub type SourceDocuments = BTreeMap<String, Value>;

/// One source that is new or another one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceChange {
    pub name: String,
    /// `added` or `changed`.
    pub kind: &'static str,
    /// What is different, in words; none of one that is new.
    pub words: Vec<Text>,
}

/// What a folder's sources change.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SourceChanges {
    pub changes: Vec<SourceChange>,
    /// Names of those that are there and not in the folder; they stay.
    pub left: Vec<String>,
    /// Whoever applies may not see sources: all of them stay as they are.
    pub may_not: bool,
}

impl SourceChanges {
    /// Of what is there and what the folder says; a folder without sources says nothing of them.
    pub fn of(there: &SourceDocuments, folder: &SourceDocuments) -> SourceChanges {
        if folder.is_empty() {
            return SourceChanges::default();
        }
        let changed = |(name, new): (&String, &Value)| match there.get(name) {
            None => Some(SourceChange { name: name.clone(), kind: "added", words: Vec::new() }),
            Some(old) if old == new => None,
            Some(old) => {
                let words = source_changes(old, new).into_iter().map(|change| change.words).collect();
                Some(SourceChange { name: name.clone(), kind: "changed", words })
            }
        };
        SourceChanges {
            changes: folder.iter().filter_map(changed).collect(),
            left: there.keys().filter(|name| !folder.contains_key(*name)).cloned().collect(),
            may_not: false,
        }
    }
}

/// The sources of a folder's `sources/`.
///
/// # Errors
/// Findings: what the files say wrong.
pub fn read_source_folder(folder: &Path) -> Result<SourceDocuments, WorkspaceError> {
    let mut documents = SourceDocuments::new();
    for (name, source) in read_sources(folder)?.iter() {
        let document = view(name, source)?.document;
        // The name is part of what is applied, too.
        sources::read(name, &document)?;
        documents.insert(name.to_string(), document);
    }
    Ok(documents)
}

/// Makes the sources of a folder those of the workspace.
///
/// # Errors
/// [`WorkspaceError::Forbidden`] before anything is written; [`WorkspaceError::Conflict`] if somebody
/// changes a source meanwhile.
pub(super) async fn apply_sources(
    workspace: &Workspace,
    who: &Principal,
    changes: &SourceChanges,
    folder: &SourceDocuments,
) -> Result<(), WorkspaceError> {
    let seen = read_sources(&workspace.root)?;
    for change in &changes.changes {
        let Some(document) = folder.get(&change.name) else { continue };
        let revision = seen.get(&change.name).map(|source| view(&change.name, source)).transpose()?;
        let revision = revision.map(|seen| seen.revision);
        sources::write(workspace, who, &change.name, document, revision.as_deref()).await?;
    }
    Ok(())
}

/// What the sources of a folder would change here, if somebody may.
pub(super) fn changes_here(
    workspace: &Workspace,
    who: &Principal,
    folder: &SourceDocuments,
) -> Result<SourceChanges, WorkspaceError> {
    let changes = SourceChanges::of(&read_source_folder(&workspace.root)?, folder);
    if !changes.changes.is_empty() {
        who.needs(Permission::EditModels)?;
    }
    Ok(changes)
}

/// Writes sources to a folder's `sources/`. Files that say the same are left as they are, comments
/// included; so are those of other sources. Returns how many were written.
///
/// # Errors
/// A finding if a file says something else, unless it may be replaced: then nothing is written.
pub fn write_source_folder(
    folder: &Path,
    documents: &SourceDocuments,
    replace: bool,
) -> Result<usize, WorkspaceError> {
    let files = source_files(folder)?;
    // What cannot be read says something else.
    let is = read_source_folder(folder).unwrap_or_default();
    let other: Vec<(&String, &Value)> =
        documents.iter().filter(|(name, document)| is.get(*name) != Some(document)).collect();
    let file_of = |name: &str| files.iter().find(|file| file.file_stem().is_some_and(|stem| stem == name));
    let taken: Vec<String> =
        other.iter().filter_map(|(name, _)| file_of(name)).map(|file| file.display().to_string()).collect();
    if !taken.is_empty() && !replace {
        return Err(Finding::error(
            "would-replace",
            Place::document(taken.join(", ")),
            Text::new("文件夹里的数据源文档说的不一样", "the folder's source documents say something else"),
            Text::new(
                "换一个文件夹，或用 --replace 取代它们",
                "another folder, or --replace to take their place",
            ),
        )
        .into());
    }
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    for (name, document) in &other {
        let source: Source = sources::read(name, document)?;
        let path = folder.join("sources").join(format!("{name}.yaml"));
        let io = |error| WorkspaceError::io(&path, error);
        std::fs::create_dir_all(folder.join("sources")).map_err(io)?;
        let text = match serde_json::to_value(&source) {
            Ok(Value::Object(map)) => to_yaml(&map),
            _ => return Err(WorkspaceError::Defect("a source is no map".into())),
        };
        write_small(&disk, &path, false, text.as_bytes()).map_err(io)?;
        // Under another ending it was the same source.
        if let Some(old) = file_of(name).filter(|old| **old != path) {
            disk.remove(old).map_err(|error| WorkspaceError::io(old, error))?;
        }
    }
    Ok(other.len())
}
