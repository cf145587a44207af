//! `gradus import`: files become events. An import counts when its one commit to the events table
//! exists: vault entries, staged quarantine and the report before it, links after it, all under the
//! import's id. What a crash left half done is removed or completed at the next start.

mod file;
mod newcomers;
mod report;
mod retractions;
mod source;
mod staging;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use gradus_ledger::LedgerError;
use gradus_ledger::collect::{ExcelProgram, expand};
use gradus_ledger::table::{DEFAULT_RETENTION, EVENTS_TABLE, EventsTable, WriterLease};
use gradus_model::Findings;
use gradus_model::document::Source;
use gradus_model::event_stream::Field;
use gradus_store::FileKey;

pub use report::{FileReport, ImportReport, Imported};

use crate::clock::system_us;
use crate::recover::recover;
use crate::references::check_types;
use crate::{Documents, Progress, Workspace, WorkspaceError};
use file::OneImport;
use source::source_of;

/// What to import and how.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Files, folders or globs.
    pub files: Vec<String>,
    /// The source they belong to; found by file name if left out.
    pub source: Option<String>,
    /// Read and judge, write nothing.
    pub dry_run: bool,
    /// How to start the process that reads workbooks.
    pub excel: Option<ExcelProgram>,
    /// The files are exported quarantine, mended.
    pub replay: Option<Replay>,
    /// A source that is not in the folder, or another one than there, with its name.
    pub with_source: Option<(String, Source)>,
    /// Keys of the files that are sealed, by their paths.
    pub keys: HashMap<PathBuf, FileKey>,
    /// The hash of the content of those that were hashed when they came in.
    pub content_hashes: HashMap<PathBuf, String>,
    /// Files are called by their names, and not by where they lie.
    pub short_names: bool,
}

impl ImportOptions {
    /// What a file is called.
    fn shown(&self, file: &Path) -> String {
        match file.file_name() {
            Some(name) if self.short_names => name.to_string_lossy().into_owned(),
            _ => file.display().to_string(),
        }
    }
}

/// Where the rows of exported quarantine stand, and which they were.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The key of each JSON line under which its row stands.
    pub under: String,
    /// Numbers of the quarantined rows, which are replayed when the import counts.
    pub rows: Vec<i64>,
}

/// Imports files one after the other. A file that cannot be imported does not keep the others from it.
///
/// # Errors
/// Only if nothing could begin: the workspace's documents are wrong, or somebody else is writing.
pub async fn import(
    workspace: &Workspace,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<ImportReport, WorkspaceError> {
    let mut documents = crate::versions::now_in_force(workspace).await?;
    if let Some((name, source)) = &options.with_source {
        documents.sources.0.retain(|(known, _)| known != name);
        documents.sources.0.push((name.clone(), source.clone()));
    }
    let (files, findings) = expand(&options.files)?;
    // What stands for no file is reported like a file that cannot be read.
    let mut report = ImportReport { files: Vec::new(), broke: None };
    for finding in findings.0 {
        let file = finding.place.document.clone().unwrap_or_default();
        report.files.push(FileReport::Refused { file, source: None, findings: Findings(vec![finding]) });
    }
    // A dry run takes nobody's place and writes nothing; it only looks up what retractions name.
    let known = match options.dry_run && workspace.has_table(EVENTS_TABLE) {
        true => Some(EventsTable::open(&workspace.storage).await?),
        false => None,
    };
    let mut ledger = match options.dry_run || files.is_empty() {
        true => None,
        false => Some(open_for_writing(workspace, &documents).await?),
    };
    for file in files {
        match one(workspace, &documents, options, progress, &file, known.as_ref(), ledger.as_mut()).await {
            Ok(one) => report.files.push(one),
            Err(error) => {
                report.broke = Some(error);
                break;
            }
        }
    }
    if let Some(Ledger { lease, events }) = &mut ledger
        && report.broke.is_none()
    {
        report.broke = tidy(lease, events).await.err();
    }
    Ok(report)
}

/// Imports one file, or says why not; an error is of the world.
async fn one(
    workspace: &Workspace,
    documents: &Documents,
    options: &ImportOptions,
    progress: &dyn Progress,
    file: &PathBuf,
    known: Option<&EventsTable>,
    mut ledger: Option<&mut Ledger>,
) -> Result<FileReport, WorkspaceError> {
    let shown = options.shown(file);
    let name = match source_of(documents, options.source.as_deref(), file) {
        Ok(name) => name,
        Err(finding) => {
            return Ok(FileReport::Refused { file: shown, source: None, findings: Findings(vec![finding]) });
        }
    };
    let Some(source) = documents.sources.get(&name) else {
        return Err(WorkspaceError::Defect(format!("the source {name} is gone")));
    };
    let one = OneImport { workspace, documents, options, progress, file, name: &name, source, known };
    match one.run(ledger.as_deref_mut()).await {
        Ok(imported) => Ok(FileReport::Imported(Box::new(imported))),
        Err(error) => {
            progress.end();
            // What was staged for it goes at once, and not only at the next start.
            let undone = match ledger {
                Some(Ledger { lease, events }) => recover(workspace, lease, Some(events)).await,
                None => Ok(()),
            };
            match error {
                WorkspaceError::Findings(findings) => {
                    undone?;
                    Ok(FileReport::Refused { file: shown, source: Some(name), findings })
                }
                error => Err(error),
            }
        }
    }
}

/// The events table and the right to write to it.
pub(crate) struct Ledger {
    pub(crate) lease: WriterLease,
    pub(crate) events: EventsTable,
}

/// Takes the lease, tidies up after an import that was interrupted, and adds new fields.
async fn open_for_writing(workspace: &Workspace, documents: &Documents) -> Result<Ledger, WorkspaceError> {
    let lease = WriterLease::acquire(workspace.root.join("ledger"))?;
    let schema = documents.event_schema(&workspace.settings);
    let mut events = EventsTable::open_or_create(&workspace.storage, &schema, system_us()).await?;
    recover(workspace, &lease, Some(&mut events)).await?;
    let changed = check_types(&schema, events.event_schema());
    if changed.has_errors() {
        return Err(changed.into());
    }
    let is_new = |field: &Field| !events.event_schema().fields.iter().any(|known| known.name == field.name);
    let missing: Vec<Field> = schema.fields.into_iter().filter(is_new).collect();
    if !missing.is_empty() {
        events.add_fields(&lease, &missing, system_us()).await?;
    }
    Ok(Ledger { lease, events })
}

/// Most files that a bucket keeps: more would be merged again and again while reading.
const MAX_RUNS: usize = 8;

/// Merges small files, and deletes what no reader of the last day needs.
async fn tidy(lease: &WriterLease, events: &mut EventsTable) -> Result<(), WorkspaceError> {
    match events.compact(lease, MAX_RUNS, system_us()).await {
        // Everything counts already; the next import tries again.
        Ok(_) | Err(LedgerError::Conflict { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    events.vacuum(lease, DEFAULT_RETENTION, system_us()).await?;
    Ok(())
}

/// The stream of the commit that makes an import count.
pub(crate) fn app_id(import: &str) -> String {
    format!("import:{import}")
}
