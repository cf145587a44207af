//! Exports as jobs: customers as a file that lies here for a week, for whoever asked for it.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::BooleanArray;
use arrow::compute::{and, filter_record_batch};
use gradus_model::{Finding, Lang, Place, Text};
use gradus_store::Job;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::{Permission, Principal};
use crate::accounts::{audit, token};
use crate::base::Base;
use crate::clock::system_us;
use crate::customers::{Find, masks};
use crate::export::{ExportOptions, FileKind, Who, write_small};
use crate::export_customers::write_base;
use crate::jobs::{JobRunner, Work, on_a_thread};
use crate::next::with_columns;
use crate::summary::GradedBase;
use crate::uploads::private_folder;
use crate::write_report::write_report;
use crate::{Workspace, WorkspaceError};

/// How long a file lies here.
const KEPT_US: i64 = 7 * 86_400_000_000;
const ABOUT: &str = ".about.json";

/// A file that can be fetched.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExportedFile {
    pub id: String,
    pub name: String,
    pub with_identifiers: bool,
    account: String,
    at: i64,
}

/// What is exported.
#[derive(Debug, Clone, Default)]
pub struct ExportRequest {
    /// Tier, segment and group, as a list of customers is filtered.
    pub find: Find,
    /// `csv`, `xlsx` or `parquet`.
    pub format: String,
    pub gb18030: bool,
    /// Phone, e-mail and numbers in clear.
    pub identifiers: bool,
    pub lang: Lang,
}

/// Starts an export of the newest grades. Who sees a part of the customers exports that part.
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    base: Arc<Base>,
    request: ExportRequest,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::ExportData)?;
    if request.identifiers {
        who.needs(Permission::ExportIdentities)?;
        who.is_present()?;
    }
    let kind = match (request.format.as_str(), request.gb18030) {
        ("csv", false) => FileKind::Csv,
        ("csv", true) => FileKind::CsvGb18030,
        ("xlsx", _) => FileKind::Excel,
        ("parquet", _) => FileKind::Parquet,
        _ => {
            return Err(Finding::error(
                "export-format",
                Place::default().at("format"),
                Text::new("不认识这种文件", "this kind of file is not known"),
                Text::new("csv、xlsx 或 parquet", "csv, xlsx or parquet"),
            )
            .into());
        }
    };
    let graded = chosen(workspace, who, &base, &request.find).await?;
    let graded = with_columns(workspace, graded, &request.find.columns).await?;
    let (name, id) = (format!("customers-{}.{}", base.graded.as_of, request.format), token::id()?);
    let options = ExportOptions {
        kind,
        who: Who::Everyone,
        columns: request.find.columns.clone(),
        lang: request.lang,
        titles: true,
        guard_formulas: true,
    };
    let input = json!({ "format": request.format, "identifiers": request.identifiers, "columns": request.find.columns });
    let file = ExportedFile {
        id: id.clone(),
        name,
        with_identifiers: request.identifiers,
        account: who.account.clone(),
        at: system_us(),
    };
    let (owned, actor) = (workspace.clone(), who.account.clone());
    let work: Work = Box::new(move |_| {
        Box::pin(async move {
            sweep(&owned);
            let folder = files(&owned).join(&file.id);
            let io = |error| WorkspaceError::io(&folder, error);
            private_folder(&folder).map_err(io)?;
            let path = folder.join(&file.name);
            let report = write_base(&owned, &graded, &path, &options, file.with_identifiers, &actor).await?;
            let about =
                serde_json::to_vec(&file).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
            // Without this there is no such file.
            write_small(&owned.disk, &folder.join(ABOUT), true, &about).map_err(io)?;
            Ok(
                json!({ "file": file.id, "name": file.name, "customers": report.n_customers, "bytes": report.n_bytes }),
            )
        })
    });
    let job = jobs.start(workspace, who, "export", input, work).await?;
    let detail = json!({ "job": job.id, "identifiers": request.identifiers });
    audit(workspace, &who.account, "export.start", &id, detail).await?;
    Ok(job)
}

/// Starts the report: one self-contained page, which lies with the exported files.
pub async fn start_report(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    base: Arc<Base>,
    lang: Lang,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::ExportData)?;
    who.sees_everyone()?;
    let date = base.graded.as_of.clone();
    let file = ExportedFile {
        id: token::id()?,
        name: format!("report-{date}.html"),
        with_identifiers: false,
        account: who.account.clone(),
        at: system_us(),
    };
    let (owned, id, as_of) = (workspace.clone(), file.id.clone(), date.clone());
    let work: Work = Box::new(move |_| {
        Box::pin(on_a_thread(move || async move {
            sweep(&owned);
            let folder = files(&owned).join(&file.id);
            let io = |error| WorkspaceError::io(&folder, error);
            private_folder(&folder).map_err(io)?;
            let path = folder.join(&file.name);
            write_report(&owned, Some(&as_of), Some(&path), lang).await?;
            let about =
                serde_json::to_vec(&file).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
            write_small(&owned.disk, &folder.join(ABOUT), true, &about).map_err(io)?;
            Ok(json!({ "file": file.id, "name": file.name }))
        }))
    });
    let job = jobs.start(workspace, who, "report", json!({ "as_of": date }), work).await?;
    audit(workspace, &who.account, "report.start", &id, json!({ "job": job.id })).await?;
    Ok(job)
}

/// The customers that are meant and that may be seen.
async fn chosen(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    find: &Find,
) -> Result<GradedBase, WorkspaceError> {
    let masks = masks(workspace, who, base, find).await?;
    let mut batches = Vec::with_capacity(base.graded.batches.len());
    for (at, batch) in base.graded.batches.iter().enumerate() {
        let mut keep = BooleanArray::from(vec![true; batch.num_rows()]);
        for mask in &masks {
            keep = and(&keep, &mask[at])?;
        }
        batches.push(filter_record_batch(batch, &keep)?);
    }
    Ok(GradedBase { batches, ..base.graded.clone() })
}

/// A file that somebody exported: theirs alone, and only as long as they may export.
pub fn find(
    workspace: &Workspace,
    who: &Principal,
    id: &str,
) -> Result<(ExportedFile, PathBuf), WorkspaceError> {
    who.needs(Permission::ExportData)?;
    let missing = || WorkspaceError::NotFound { what: "file" };
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(missing());
    }
    let folder = files(workspace).join(id);
    let about = std::fs::read(folder.join(ABOUT)).map_err(|_| missing())?;
    let file: ExportedFile = serde_json::from_slice(&about).map_err(|_| missing())?;
    if file.account != who.account || system_us() - file.at > KEPT_US {
        return Err(missing());
    }
    if file.with_identifiers {
        who.needs(Permission::ExportIdentities)?;
    }
    let path = folder.join(&file.name);
    Ok((file, path))
}

/// Removes what is too old, and what was cut off.
fn sweep(workspace: &Workspace) {
    let Ok(entries) = std::fs::read_dir(files(workspace)) else { return };
    for entry in entries.flatten() {
        let about = std::fs::read(entry.path().join(ABOUT)).ok();
        let file = about.and_then(|about| serde_json::from_slice::<ExportedFile>(&about).ok());
        let at = file.map(|file| file.at).or_else(|| {
            let made = entry.metadata().ok()?.modified().ok()?;
            let since = made.duration_since(std::time::UNIX_EPOCH).ok()?;
            i64::try_from(since.as_micros()).ok()
        });
        if at.is_none_or(|at| system_us() - at > KEPT_US) {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

fn files(workspace: &Workspace) -> PathBuf {
    workspace.own().join("files")
}
