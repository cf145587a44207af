//! Imports as jobs, and what became of them.

use std::collections::HashMap;
use std::sync::Arc;

use gradus_ledger::collect::ExcelProgram;
use gradus_model::Lang;
use gradus_model::document::Source;
use gradus_store::{Import, ImportNumber, ImportStatus, Job};
use serde_json::{Value, json};

use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::clock::local_time;
use crate::jobs::{JobRunner, Work, on_a_thread};
use crate::undo::{UndoOptions, check_undo, undo_import};
use crate::{FileReport, ImportOptions, ImportReport, Workspace, WorkspaceError, import, sources, uploads};

/// What to import.
#[derive(Debug, Clone, Default)]
pub struct ImportRequest {
    pub uploads: Vec<String>,
    /// The source they belong to; by their names if left out.
    pub source: Option<String>,
    /// The source's document, where it is a new or changed one.
    pub source_document: Option<Value>,
    /// Read and judge, write nothing.
    pub dry_run: bool,
}

/// Starts an import of uploaded files. A source that came with it is written first, except for a
/// dry run.
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    request: ImportRequest,
    excel: Option<ExcelProgram>,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::ImportData)?;
    who.sees_everyone()?;
    let (mut files, mut keys, mut content_hashes) = (Vec::new(), HashMap::new(), HashMap::new());
    for id in &request.uploads {
        let (upload, path, key) = uploads::find(workspace, who, id)?;
        files.push(path.display().to_string());
        if let Some(hash) = upload.content_hash() {
            content_hashes.insert(path.clone(), hash.to_string());
        }
        keys.insert(path, key);
    }
    if files.is_empty() {
        return Err(WorkspaceError::NotFound { what: "upload" });
    }
    let mut with_source = None;
    if let Some(document) = &request.source_document {
        let name = request.source.clone().unwrap_or_default();
        let source: Source = sources::read(&name, document)?;
        match request.dry_run {
            true => with_source = Some((name, source)),
            false => {
                let seen = sources::see(workspace, who, &name).ok().map(|view| view.revision);
                sources::write(workspace, who, &name, document, seen.as_deref()).await?;
            }
        }
    }
    let options = ImportOptions {
        files,
        source: request.source.clone().filter(|name| !name.is_empty()),
        dry_run: request.dry_run,
        excel,
        replay: None,
        with_source,
        keys,
        content_hashes,
        short_names: true,
    };
    let input = json!({ "uploads": request.uploads, "source": request.source, "dry_run": request.dry_run });
    let kind = if request.dry_run { "import_dry_run" } else { "import" };
    let (owned, account, ids) = (workspace.clone(), who.clone(), request.uploads.clone());
    let dry_run = request.dry_run;
    let work: Work = Box::new(move |progress| {
        Box::pin(on_a_thread(move || async move {
            let report = import(&owned, &options, progress.as_ref()).await?;
            let result = told(&report)?;
            if !dry_run && report.is_whole() {
                for id in &ids {
                    // What is imported lies in the ledger and in the vault; a file that stays goes tomorrow.
                    drop(uploads::remove(&owned, &account, id));
                }
            }
            // What was imported before the world failed counts, and has been told by its record.
            match report.broke {
                Some(error) => Err(error),
                None => Ok(result),
            }
        }))
    });
    let job = jobs.start(workspace, who, kind, input, work).await?;
    if !dry_run {
        audit(workspace, &who.account, "import.start", &job.id, json!({ "source": request.source })).await?;
    }
    Ok(job)
}

/// Starts the undoing of an import, or asks what that would do.
///
/// # Errors
/// Findings at once: there is no such import, or it was undone before.
pub async fn start_undo(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    number: i64,
    dry_run: bool,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::ImportData)?;
    who.sees_everyone()?;
    check_undo(workspace, number).await?;
    let options = UndoOptions { import: number, dry_run, actor: who.account.clone() };
    let owned = workspace.clone();
    let work: Work = Box::new(move |_| {
        Box::pin(on_a_thread(move || async move {
            let undone = undo_import(&owned, &options).await?;
            value(&undone)
        }))
    });
    let kind = if dry_run { "import_undo_dry_run" } else { "import_undo" };
    jobs.start(workspace, who, kind, json!({ "import": number, "dry_run": dry_run }), work).await
}

/// What became of the files, as a job keeps it. Reasons name columns, never what stands in them.
pub(crate) fn told(report: &ImportReport) -> Result<Value, WorkspaceError> {
    let files: Vec<Value> = report.files.iter().map(file_told).collect::<Result<_, _>>()?;
    Ok(json!({ "files": files }))
}

fn file_told(file: &FileReport) -> Result<Value, WorkspaceError> {
    Ok(match file {
        FileReport::Refused { file, source, findings } => {
            json!({ "outcome": "refused", "file": file, "source": source, "findings": value(findings)? })
        }
        FileReport::Imported(one) => {
            let landed = one.reconciliation.rows.appended;
            let examples: Vec<Value> =
                one.examples.iter().map(|(row, reason)| json!({ "row": row, "reason": reason })).collect();
            json!({
                "outcome": "imported", "file": one.file, "source": one.source, "import": one.import,
                "dry_run": one.dry_run, "new": landed.map(|landed| landed.added),
                "known": landed.map(|landed| landed.already_there), "quarantined": one.quarantined,
                "customers": value(&one.customers)?, "new_identities": one.new_identities, "link_changes": one.link_changes,
                "balanced": one.reconciliation.balances(), "reconciliation": value(&one.reconciliation)?,
                "quality": value(&one.quality)?, "findings": value(&one.findings)?, "examples": examples,
                "seconds": one.seconds,
            })
        }
    })
}

fn value(part: &impl serde::Serialize) -> Result<Value, WorkspaceError> {
    serde_json::to_value(part).map_err(|error| WorkspaceError::Defect(error.to_string()))
}

/// The newest imports, below number `before`.
pub async fn list(
    workspace: &Workspace,
    who: &Principal,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Import>, WorkspaceError> {
    who.needs(Permission::ImportData)?;
    Ok(workspace.store.imports().list_before(before, limit).await?)
}

/// One import with its reports.
pub async fn see(workspace: &Workspace, who: &Principal, number: i64) -> Result<Import, WorkspaceError> {
    who.needs(Permission::ImportData)?;
    Ok(workspace.store.imports().get(ImportNumber(number)).await?)
}

/// What people call how far an import came: `running`, `done`, `undone` or `failed`.
pub fn standing(status: ImportStatus) -> &'static str {
    match status {
        ImportStatus::Planned | ImportStatus::Vaulted | ImportStatus::Committed => "running",
        ImportStatus::Done => "done",
        ImportStatus::Undone => "undone",
        ImportStatus::Abandoned => "failed",
    }
}

/// Imports, one a line, for a terminal.
pub fn render(imports: &[Import], workspace: &Workspace, lang: Lang) -> String {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let mut out = String::new();
    for import in imports {
        let standing = match standing(import.status) {
            "running" => say("未完成", "not finished"),
            "undone" => say("已撤销", "undone"),
            "failed" => say("未导入", "not imported"),
            _ => say("已导入", "imported"),
        };
        let files: Vec<&str> = import.files.iter().map(|file| file.name.as_str()).collect();
        let rows = import.reconciliation.as_ref().and_then(|told| told.pointer("/rows/read")?.as_u64());
        let rows = rows.map_or(String::new(), |n| format!("  {n} {}", say("行", "rows")));
        let at = local_time(import.started, &workspace.zone);
        out.push_str(&format!(
            "{}  {at}  {}  {standing}{rows}  {}\n",
            import.number.0,
            import.source,
            files.join(", ")
        ));
    }
    if out.is_empty() {
        out.push_str(say("还没有导入过文件\n", "nothing was imported yet\n"));
    }
    out
}
