//! `gradus quarantine`: rows that were refused, listed without their content, exported to be
//! mended (and that is in the audit log), and replayed.

use std::io::{BufRead, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use gradus_ledger::collect::ExcelProgram;
use gradus_model::{Finding, Findings, Place, Text};
use gradus_store::{ImportNumber, NewAuditEntry, QuarantineFilter, QuarantineRow, QuarantineStatus};
use serde::{Deserialize, Serialize};

use crate::clock::system_us;
use crate::{ImportOptions, Imported, Progress, Workspace, WorkspaceError, import};

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
    /// Cells by column; null where the row could not even be cut into cells.
    cells: Option<serde_json::Map<String, serde_json::Value>>,
    /// The row as it stands in the file, where it could not be cut into cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
}

/// Open rows with their reasons, without their content.
pub async fn quarantined(workspace: &Workspace, import: Option<i64>) -> Result<Vec<QuarantineRow>, WorkspaceError> {
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
    let io = |error| WorkspaceError::io(to, error);
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(io)?;
    let mut filter = QuarantineFilter {
        import: import.map(ImportNumber),
        status: Some(QuarantineStatus::Open),
        limit: LISTED,
        ..QuarantineFilter::default()
    };
    // What leaves the vault is in the audit log before it leaves.
    let subject = import.map_or("all".to_string(), |import| format!("import {import}"));
    let entry = NewAuditEntry::new(system_us(), actor, "quarantine.export", &subject);
    workspace.store.audit().append(entry).await?;
    let mut n_rows = 0;
    loop {
        let page = workspace.vault.quarantine().export(&filter).await?;
        let Some(last) = page.last() else { break };
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
                raw: if cells.is_none() { Some(text) } else { None },
                cells,
            };
            let line = serde_json::to_string(&exported).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
            writeln!(file, "{line}").map_err(io)?;
            n_rows += 1;
        }
    }
    file.sync_all().map_err(io)?;
    Ok(n_rows)
}

/// Imports mended rows of an exported file, and marks those that are events now.
pub async fn replay_quarantine(
    workspace: &Workspace,
    from: &Path,
    source: &str,
    excel: Option<ExcelProgram>,
    progress: &dyn Progress,
) -> Result<Imported, WorkspaceError> {
    let io = |error| WorkspaceError::io(from, error);
    let (mut numbers, mut findings) = (Vec::new(), Findings::default());
    let scratch = workspace.root.join(".gradus").join("replay");
    std::fs::create_dir_all(&scratch).map_err(|error| WorkspaceError::io(&scratch, error))?;
    // The name says which rows, so that replaying the same file again finds the same events.
    let mended = scratch.join(format!("{source}-{}.jsonl", gradus_ledger::collect::content_hash(from)?));
    let mut out =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&mended)
            .map_err(|error| WorkspaceError::io(&mended, error))?;
    let reader = std::io::BufReader::new(std::fs::File::open(from).map_err(io)?);
    for (at, line) in reader.lines().enumerate() {
        let line = line.map_err(io)?;
        if line.trim().is_empty() {
            continue;
        }
        let place = Place::document(from.display().to_string()).line(at as u64 + 1);
        match serde_json::from_str::<ExportedRow>(&line) {
            Ok(ExportedRow { number, cells: Some(cells), .. }) => {
                numbers.push(number);
                writeln!(out, "{}", serde_json::Value::Object(cells))
                    .map_err(|error| WorkspaceError::io(&mended, error))?;
            }
            Ok(_) => findings.push(Finding::error(
                "row-without-cells",
                place,
                Text::new("这一行还没有拆成单元格", "this row is not cut into cells yet"),
                Text::new("把 raw 里的内容写进 cells，例如 {\"订单号\": \"A1\"}", "write what `raw` says into `cells`, such as {\"order\": \"A1\"}"),
            )),
            Err(error) => findings.push(Finding::error(
                "not-an-exported-row",
                place,
                Text::new(format!("不是导出的隔离行：{error}"), format!("this is no exported row: {error}")),
                Text::new("保持 gradus quarantine export 写出的格式", "the form that `gradus quarantine export` writes"),
            )),
        }
    }
    drop(out);
    if findings.has_errors() {
        return Err(findings.into());
    }
    let options = ImportOptions {
        files: vec![mended.display().to_string()],
        source: Some(source.to_string()),
        dry_run: false,
        excel,
    };
    let imported = import(workspace, &options, progress).await?.into_iter().next();
    std::fs::remove_file(&mended).map_err(|error| WorkspaceError::io(&mended, error))?;
    let imported = imported.ok_or_else(|| WorkspaceError::Defect("nothing was replayed".into()))?;
    // Rows that are refused again stand in quarantine as new rows, with their new reason.
    workspace
        .vault
        .quarantine()
        .mark(&numbers, QuarantineStatus::Replayed, imported.import.map(ImportNumber))
        .await?;
    Ok(imported)
}
