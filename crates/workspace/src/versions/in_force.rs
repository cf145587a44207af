//! Which documents grade: the version in force, else those of the folder.

use gradus_model::Text;
use gradus_model::document::Model;
use gradus_model::load::{Loaded, Locations, load_model};
use gradus_store::{Publication, Version};

use crate::clock::system_us;
use crate::folder::Documents;
use crate::{StoredGrades, Workspace, WorkspaceError};

/// The documents in force at an instant: the version published by then, else those of the folder.
pub async fn in_force(workspace: &Workspace, at_us: i64) -> Result<Documents, WorkspaceError> {
    match workspace.store.versions().in_force(at_us).await? {
        Some(version) => documents_of(workspace, &version).await,
        None => workspace.documents(),
    }
}

/// The documents with a version's model in place of the folder's.
pub async fn documents_of(workspace: &Workspace, version: &Version) -> Result<Documents, WorkspaceError> {
    let loaded = match workspace.lately.version(version) {
        Some(known) => known,
        None => {
            let text = workspace.store.models().document(&version.hash).await?;
            let text = text
                .ok_or_else(|| WorkspaceError::Defect(format!("version {} has no text", version.number)))?;
            let loaded = load_model(&format!("version {}", version.number), &text);
            workspace.lately.keep_version(version, &loaded);
            loaded
        }
    };
    Ok(Documents { version: Some(version.number), ..beside_sources(workspace, loaded)? })
}

/// The documents that grade now: the version in force by the system's clock, else the folder's.
///
/// It is the clock on the wall that decides, not the instant as of which is graded: a version that
/// is in force grades the past, too, so that its history is comparable.
pub async fn now_in_force(workspace: &Workspace) -> Result<Documents, WorkspaceError> {
    in_force(workspace, system_us()).await
}

/// The documents by which customers were graded last: those in force now, or, while these have
/// graded nobody yet, the newest that were in force before. If nobody has been graded at all, those
/// in force now.
pub async fn graded_by(workspace: &Workspace) -> Result<Documents, WorkspaceError> {
    let now = system_us();
    let current = in_force(workspace, now).await?;
    let Some(newest) = current.version else { return Ok(current) };
    let versions = workspace.store.versions();
    let mut candidates: Vec<Publication> = versions.publications().await?;
    candidates.retain(|one| one.withdrawn.is_none() && one.effective_from <= now);
    candidates.sort_by_key(|one| std::cmp::Reverse((one.effective_from, one.number)));
    let mut earlier: Vec<i64> = Vec::new();
    for publication in candidates {
        if publication.version != newest && !earlier.contains(&publication.version) {
            earlier.push(publication.version);
        }
    }
    if has_graded(workspace, &current).await? {
        return Ok(current);
    }
    for number in earlier {
        let documents = documents_of(workspace, &versions.get(number).await?).await?;
        if has_graded(workspace, &documents).await? {
            return Ok(documents);
        }
    }
    match workspace.documents() {
        Ok(folder) if has_graded(workspace, &folder).await? => Ok(folder),
        _ => Ok(current),
    }
}

/// Whether grades by these documents are stored. What cannot be compiled has graded nobody.
async fn has_graded(workspace: &Workspace, documents: &Documents) -> Result<bool, WorkspaceError> {
    let schema = documents.event_schema(&workspace.settings);
    let Ok(compiled) = workspace.compiled(documents, &schema) else { return Ok(false) };
    Ok(!StoredGrades::open(workspace, &compiled.hash).await?.instants()?.is_empty())
}

/// The documents with this model, if it can be read.
pub fn documents_with(workspace: &Workspace, name: &str, text: &str) -> Result<Documents, WorkspaceError> {
    beside_sources(workspace, load_model(name, text))
}

fn beside_sources(workspace: &Workspace, loaded: Loaded<Model>) -> Result<Documents, WorkspaceError> {
    let Some(model) = loaded.value else { return Err(WorkspaceError::Findings(loaded.findings)) };
    let sources = crate::folder::read_sources(&workspace.root)?;
    let locations = Locations::merge(vec![loaded.locations]);
    Ok(Documents { sources, model, locations, version: None, findings: loaded.findings })
}

/// What the validation of a published version said; `None`: not yet validated, or no version.
pub(crate) async fn validation(
    workspace: &Workspace,
    version: Option<i64>,
) -> Result<Option<String>, WorkspaceError> {
    match version {
        Some(number) => Ok(workspace.store.versions().get(number).await?.validation),
        None => Ok(None),
    }
}

/// How people read which documents graded.
pub fn shown(version: Option<i64>) -> Text {
    match version {
        Some(number) => Text::new(format!("版本 {number}"), format!("version {number}")),
        None => Text::new("文件夹中的文档（未发布）", "documents of the folder (unpublished)"),
    }
}

/// What people read about a version's validation: its words, or that there is none yet.
pub fn validated(validation: Option<&str>) -> Text {
    match validation {
        // In both languages since back-tests stamp it; earlier programs wrote one text for both.
        Some(words) => serde_json::from_str(words).unwrap_or_else(|_| Text::plain(words)),
        None => Text::new("尚未验证", "not yet validated"),
    }
}
