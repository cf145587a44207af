//! `gradus quarantine`: rows that were refused, listed without their content, exported to be
//! mended (and that is in the audit log), and replayed.

mod page;

pub use page::{Mended, RowPage, RowView, mend, page, replay, row, workbook};

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use gradus_ledger::LedgerError;
use gradus_ledger::collect::{ExcelProgram, InputFile};
use gradus_model::{Finding, Findings, Place, Text};
use gradus_store::{FileKey, ImportNumber, NewAuditEntry, QuarantineFilter, QuarantineRow, QuarantineStatus};
use serde::{Deserialize, Serialize};

use crate::clock::system_us;
use crate::export::{Part, is_free};
use crate::{FileReport, ImportOptions, Progress, Replay, Workspace, WorkspaceError, import};

/// Most rows that one listing shows.
const LISTED: u32 = 1_000;

/// One exported row: mend `cells`, leave `number` as it is.
#[derive(Debug, Serialize, Deserialize)]
struct ExportedRow {
    number: i64,
    import: i64,
    file: String,
    row: u64,
    code: String,
    reason: String,
    /// The column whose cell is to be mended, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    /// Cells by column; null where the row could not even be cut into cells.
    cells: Option<serde_json::Map<String, serde_json::Value>>,
    /// The row as it stands in the file, where it could not be cut into cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
}

/// Removes the rows whose time is over; returns how many.
pub async fn expire_quarantine(workspace: &Workspace) -> Result<u64, WorkspaceError> {
    Ok(workspace.vault.quarantine().expire(system_us()).await?)
}

/// Open rows with their reasons, without their content.
pub async fn quarantined(
    workspace: &Workspace,
    import: Option<i64>,
) -> Result<Vec<QuarantineRow>, WorkspaceError> {
    let filter = QuarantineFilter {
        import: import.map(ImportNumber),
        status: Some(QuarantineStatus::Open),
        limit: LISTED,
        ..QuarantineFilter::default()
    };
    Ok(workspace.vault.quarantine().list(&filter).await?)
}

/// Writes open rows with their content to a JSON lines file that only its owner may read.
pub async fn export_quarantine(
    workspace: &Workspace,
    import: Option<i64>,
    to: &Path,
    actor: &str,
) -> Result<u64, WorkspaceError> {
    // Somebody may have mended it.
    is_free(to)?;
    let filter = QuarantineFilter {
        import: import.map(ImportNumber),
        status: Some(QuarantineStatus::Open),
        limit: LISTED,
        ..QuarantineFilter::default()
    };
    // What leaves the vault is in the audit log before it leaves.
    let subject = import.map_or("all".to_string(), |import| format!("import {import}"));
    let entry = NewAuditEntry::new(system_us(), actor, "quarantine.export", &subject);
    workspace.store.audit().append(entry).await?;
    let mut part = Part::begin(&workspace.disk, to, true).map_err(|error| WorkspaceError::io(to, error))?;
    match write_rows(workspace, filter, part.file(), to).await {
        Ok(n_rows) => {
            part.finish().map_err(|error| WorkspaceError::io(to, error))?;
            Ok(n_rows)
        }
        Err(error) => {
            part.give_up();
            Err(error)
        }
    }
}

async fn write_rows(
    workspace: &Workspace,
    mut filter: QuarantineFilter<'_>,
    file: &mut std::fs::File,
    to: &Path,
) -> Result<u64, WorkspaceError> {
    let io = |error| WorkspaceError::io(to, error);
    let mut n_rows = 0;
    loop {
        let page = workspace.vault.quarantine().export(&filter).await?;
        let Some(last) = page.last() else { return Ok(n_rows) };
        filter.after = last.listed.number;
        for row in &page {
            let text = String::from_utf8_lossy(&row.raw).into_owned();
            let cells = serde_json::from_str(&text).ok();
            let exported = ExportedRow {
                number: row.listed.number,
                import: row.listed.import_number,
                file: row.listed.file.clone(),
                row: row.listed.row,
                code: row.listed.code.clone(),
                reason: row.listed.message.en.clone(),
                column: row.listed.column.clone(),
                raw: if cells.is_none() { Some(text) } else { None },
                cells,
            };
            let line = serde_json::to_string(&exported)
                .map_err(|error| WorkspaceError::Defect(error.to_string()))?;
            writeln!(file, "{line}").map_err(io)?;
            n_rows += 1;
        }
    }
}

/// Imports mended rows of an exported file. What they mend is replayed once the import counts.
///
/// The rows are read from that very file: a copy of it would hold in clear what the vault keeps.
pub async fn replay_quarantine(
    workspace: &Workspace,
    from: &Path,
    source: &str,
    excel: Option<ExcelProgram>,
    progress: &dyn Progress,
) -> Result<FileReport, WorkspaceError> {
    replay_file(
        workspace,
        &InputFile::from(from),
        source,
        ReplayAs { excel, keys: HashMap::new(), short_names: false },
        progress,
    )
    .await
}

/// How mended rows are read.
struct ReplayAs {
    excel: Option<ExcelProgram>,
    keys: HashMap<PathBuf, FileKey>,
    short_names: bool,
}

async fn replay_file(
    workspace: &Workspace,
    from: &InputFile,
    source: &str,
    how: ReplayAs,
    progress: &dyn Progress,
) -> Result<FileReport, WorkspaceError> {
    let numbers = numbers_of(from)?;
    let options = ImportOptions {
        files: vec![from.path().display().to_string()],
        source: Some(source.to_string()),
        dry_run: false,
        excel: how.excel,
        replay: Some(Replay { under: "cells".to_string(), rows: numbers }),
        keys: how.keys,
        short_names: how.short_names,
        ..ImportOptions::default()
    };
    // Rows that are refused again stand in quarantine as new rows, with their new reason.
    let report = import(workspace, &options, progress).await?;
    match (report.broke, report.files.into_iter().next()) {
        (Some(error), _) => Err(error),
        (None, Some(file)) => Ok(file),
        (None, None) => Err(WorkspaceError::Defect("nothing was replayed".into())),
    }
}

/// The numbers of the rows in an exported file, all of which must have their cells.
fn numbers_of(from: &InputFile) -> Result<Vec<i64>, WorkspaceError> {
    let (mut numbers, mut findings) = (Vec::new(), Findings::default());
    let document = from.path().display().to_string();
    let file = match from.reader() {
        Ok(file) => file,
        Err(LedgerError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Err(Finding::error(
                "no-file",
                Place::document(document),
                Text::new("没有找到文件", "no file was found"),
                Text::new(
                    "gradus quarantine export 写出的文件",
                    "the file that `gradus quarantine export` wrote",
                ),
            )
            .into());
        }
        Err(error) => return Err(error.into()),
    };
    for (at, line) in std::io::BufReader::new(file).lines().enumerate() {
        let place = Place::document(&document).line(at as u64 + 1);
        let line = match line {
            Ok(line) => line,
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                findings.push(not_exported(place));
                continue;
            }
            Err(error) => return Err(WorkspaceError::io(from.path(), error)),
        };
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<ExportedRow>(&line) {
            Ok(ExportedRow { number, cells: Some(_), .. }) => numbers.push(number),
            Ok(_) => findings.push(Finding::error(
                "row-without-cells",
                place,
                Text::new("这一行还没有拆成单元格", "this row is not cut into cells yet"),
                Text::new(
                    "把 raw 里的内容写进 cells，例如 {\"订单号\": \"A1\"}",
                    "write what `raw` says into `cells`, such as {\"order\": \"A1\"}",
                ),
            )),
            // The parser's words may quote the line, which holds what must not be shown.
            Err(_) => findings.push(not_exported(place)),
        }
    }
    if findings.has_errors() {
        return Err(findings.into());
    }
    if numbers.is_empty() {
        return Err(not_exported(Place::document(document)).into());
    }
    Ok(numbers)
}

fn not_exported(place: Place) -> Finding {
    Finding::error(
        "not-an-exported-row",
        place,
        Text::new("不是导出的隔离行", "this is no exported row"),
        Text::new(
            "保持 gradus quarantine export 写出的格式：每行一个 JSON 对象，有 number 和 cells",
            "the form that `gradus quarantine export` writes: one JSON object a line, with `number` and `cells`",
        ),
    )
}
