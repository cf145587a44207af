//! Sources as documents: listed, read, written to the workspace's folder, where git holds them.

use std::io::Write;

use gradus_model::document::Source;
use gradus_model::load::load_source;
use gradus_model::write::to_yaml;
use gradus_model::{Finding, Place, Text};
use gradus_store::content_hash;
use serde_json::{Value, json};

use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::export::Part;
use crate::folder::read_sources;
use crate::{Workspace, WorkspaceError};

/// A source and its document.
#[derive(Debug, Clone)]
pub struct SourceView {
    pub name: String,
    pub document: Value,
    /// Names this state of it.
    pub revision: String,
}

/// Names, titles and file names of all sources.
pub fn list(
    workspace: &Workspace,
    who: &Principal,
) -> Result<Vec<(String, Text, Vec<String>)>, WorkspaceError> {
    who.needs(Permission::ImportData)?;
    let sources = read_sources(&workspace.root)?;
    Ok(sources
        .iter()
        .map(|(name, source)| (name.to_string(), source.title.clone(), source.files.clone()))
        .collect())
}

/// One source.
pub fn see(workspace: &Workspace, who: &Principal, name: &str) -> Result<SourceView, WorkspaceError> {
    who.needs(Permission::ImportData)?;
    let sources = read_sources(&workspace.root)?;
    let source = sources.get(name).ok_or(WorkspaceError::NotFound { what: "source" })?;
    view(name, source)
}

/// Writes a source. `revision` is the state of it that was seen; `None` for one that is new.
///
/// # Errors
/// [`WorkspaceError::Conflict`] if somebody changed it meanwhile; findings on the document.
pub async fn write(
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    document: &Value,
    revision: Option<&str>,
) -> Result<SourceView, WorkspaceError> {
    let sources = read_sources(&workspace.root)?;
    let known = sources.get(name);
    // A new kind of file is part of importing it; how known files are read is part of the model.
    who.needs(if known.is_some() { Permission::EditModels } else { Permission::ImportData })?;
    let source = read(name, document)?;
    let now = known.map(|known| view(name, known)).transpose()?;
    if let Some(now) = &now
        && revision != Some(now.revision.as_str())
    {
        return Err(WorkspaceError::Conflict { what: "source" });
    }
    let written = view(name, &source)?;
    if now.is_some_and(|now| now.revision == written.revision) {
        return Ok(written);
    }
    let text = match serde_json::to_value(&source) {
        Ok(Value::Object(map)) => to_yaml(&map),
        _ => return Err(WorkspaceError::Defect("a source is no map".into())),
    };
    let folder = workspace.root.join("sources");
    // Whichever of the names the file has, it keeps.
    let file = ["yaml", "yml", "json"].map(|ending| folder.join(format!("{name}.{ending}")));
    let path = file.iter().find(|path| path.exists()).unwrap_or(&file[0]);
    let text = match path.extension().is_some_and(|ending| ending == "json") {
        true => serde_json::to_string_pretty(&source)
            .map_err(|error| WorkspaceError::Defect(error.to_string()))?,
        false => text,
    };
    let put = || -> std::io::Result<()> {
        std::fs::create_dir_all(&folder)?;
        let mut part = Part::begin(&workspace.disk, path, false)?;
        match part.file().write_all(text.as_bytes()) {
            Ok(()) => part.finish().map(|_| ()),
            Err(error) => {
                part.give_up();
                Err(error)
            }
        }
    };
    put().map_err(|error| WorkspaceError::io(path, error))?;
    audit(workspace, &who.account, "source.write", name, json!({ "revision": written.revision })).await?;
    Ok(written)
}

/// A document as a source, if it is one and may be called so.
pub(crate) fn read(name: &str, document: &Value) -> Result<Source, WorkspaceError> {
    let fine = !name.is_empty()
        && name.chars().count() <= 64
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
        && !name.starts_with('-');
    if !fine {
        return Err(Finding::error(
            "source-name",
            Place::default().at("name"),
            Text::new(
                "数据源名称只能用文字、数字、_ 和 -，最多 64 个字",
                "a source's name is letters, digits, _ and -, at most 64",
            ),
            Text::new("例如 orders_2024", "such as orders_2024"),
        )
        .into());
    }
    let mut document = document.clone();
    if let Some(map) = document.as_object_mut() {
        map.entry("gradus").or_insert(json!(1));
    }
    let loaded = load_source(&format!("sources/{name}.json"), &document.to_string());
    loaded.value.ok_or(WorkspaceError::Findings(loaded.findings))
}

/// A source with its document and the name of its state.
pub(crate) fn view(name: &str, source: &Source) -> Result<SourceView, WorkspaceError> {
    let document = serde_json::to_value(source).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    let revision = content_hash(document.to_string().as_bytes()).chars().take(16).collect();
    Ok(SourceView { name: name.to_string(), document, revision })
}
