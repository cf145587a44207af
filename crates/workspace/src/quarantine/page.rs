//! Quarantine as people look at it: rows with their cells, mended in place, replayed as a job.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use gradus_ledger::collect::{ExcelProgram, InputFile};
use gradus_model::document::{Named, Source};
use gradus_model::{Finding, Lang, Place, Text, closest};
use gradus_store::{
    FileKey, ImportNumber, Job, QuarantineFilter, QuarantineRow, QuarantineStatus, QuarantinedRow,
    SealedWriter,
};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde_json::{Map, Value, json};

use super::{ExportedRow, ReplayAs, replay_file};
use crate::access::{Permission, Principal};
use crate::accounts::{audit, token};
use crate::folder::read_sources;
use crate::imports::told;
use crate::jobs::{JobRunner, Work, on_a_thread};
use crate::mask::RowMask;
use crate::uploads::{private_file, private_folder};
use crate::{FileReport, ImportReport, Progress, Workspace, WorkspaceError};

/// Most rows that one request replays.
const MOST_REPLAYED: usize = 1_000;
/// Most rows that one workbook holds.
const MOST_EXPORTED: usize = 100_000;

/// A row with what stands in it.
#[derive(Debug, Clone)]
pub struct RowView {
    pub listed: QuarantineRow,
    /// Column, value, and whether the value is masked. Empty where the row could not be cut into cells.
    pub cells: Vec<(String, Option<String>, bool)>,
}

/// One page of open rows.
#[derive(Debug, Clone)]
pub struct RowPage {
    pub rows: Vec<RowView>,
    pub next_cursor: Option<i64>,
    pub total: u64,
}

/// Open rows with their cells; identifying ones masked for who may not see them. Who sees them in
/// clear is in the audit log.
pub async fn page(
    workspace: &Workspace,
    who: &Principal,
    import: Option<i64>,
    after: i64,
    limit: u32,
) -> Result<RowPage, WorkspaceError> {
    who.needs(Permission::MendQuarantine)?;
    who.sees_everyone()?;
    let limit = limit.clamp(1, 200);
    let import = import.map(ImportNumber);
    let filter = QuarantineFilter { import, status: Some(QuarantineStatus::Open), after, limit, code: None };
    let found = workspace.vault.quarantine().export(&filter).await?;
    let clear = who.may(Permission::SeeIdentities);
    if clear && !found.is_empty() {
        let numbers: Vec<i64> = found.iter().map(|row| row.listed.number).collect();
        audit(workspace, &who.account, "quarantine.see", "rows", json!({ "rows": numbers })).await?;
    }
    let sources = Sources::of(workspace, &found).await?;
    let next_cursor =
        (found.len() == limit as usize).then(|| found.last().map(|row| row.listed.number)).flatten();
    let rows = found.into_iter().map(|row| view(workspace, &sources, row, clear)).collect();
    let total = workspace.vault.quarantine().count(import, QuarantineStatus::Open).await?;
    Ok(RowPage { rows, next_cursor, total })
}

/// The source of each import.
struct Sources {
    by_import: BTreeMap<i64, String>,
    sources: Named<Source>,
}

impl Sources {
    async fn of(workspace: &Workspace, rows: &[QuarantinedRow]) -> Result<Sources, WorkspaceError> {
        let mut by_import = BTreeMap::new();
        for row in rows {
            let number = row.listed.import_number;
            if let std::collections::btree_map::Entry::Vacant(vacant) = by_import.entry(number) {
                vacant.insert(workspace.store.imports().get(ImportNumber(number)).await?.source);
            }
        }
        Ok(Sources { by_import, sources: read_sources(&workspace.root)? })
    }

    fn get(&self, import: i64) -> Option<&Source> {
        self.sources.get(self.by_import.get(&import)?)
    }
}

fn cells_of(row: &QuarantinedRow) -> Option<Map<String, Value>> {
    serde_json::from_slice(&row.raw).ok()
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn view(workspace: &Workspace, sources: &Sources, row: QuarantinedRow, clear: bool) -> RowView {
    let cells = cells_of(&row).unwrap_or_default();
    let columns: Vec<&str> = cells.keys().map(String::as_str).collect();
    let mask = RowMask::of(sources.get(row.listed.import_number), &columns, &workspace.settings.region);
    let cell = |(column, value): (&String, &Value)| match text_of(value) {
        Some(value) if !clear => {
            let (shown, masked) = mask.shown(column, &value);
            (column.clone(), Some(shown), masked)
        }
        value => (column.clone(), value, false),
    };
    RowView { cells: cells.iter().map(cell).collect(), listed: row.listed }
}

/// A row with what was changed in it.
#[derive(Debug, Clone)]
pub struct Mended {
    pub number: i64,
    /// Column and new value; the other cells stay as they are.
    pub cells: Vec<(String, Option<String>)>,
}

/// Starts a replay of mended rows. A row that is wrong again comes back with its new reason.
pub async fn replay(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    rows: Vec<Mended>,
    excel: Option<ExcelProgram>,
) -> Result<Job, WorkspaceError> {
    let lines = lines_of(workspace, who, &rows).await?;
    let owned = workspace.clone();
    let work: Work = Box::new(move |progress| {
        Box::pin(on_a_thread(move || async move {
            let files = replay_lines(&owned, &lines, excel, progress.as_ref()).await?;
            told(&ImportReport { files, broke: None })
        }))
    });
    let job = jobs.start(workspace, who, "replay", json!({ "rows": rows.len() }), work).await?;
    audit(workspace, &who.account, "quarantine.replay", &job.id, numbers_in(&rows)).await?;
    Ok(job)
}

/// As [`replay`], at once: for whoever waits at a terminal. What became of the rows of each source.
pub async fn mend(
    workspace: &Workspace,
    who: &Principal,
    rows: &[Mended],
    excel: Option<ExcelProgram>,
    progress: &dyn Progress,
) -> Result<Vec<FileReport>, WorkspaceError> {
    let lines = lines_of(workspace, who, rows).await?;
    audit(workspace, &who.account, "quarantine.replay", "rows", numbers_in(rows)).await?;
    replay_lines(workspace, &lines, excel, progress).await
}

fn numbers_in(rows: &[Mended]) -> Value {
    json!({ "rows": rows.iter().map(|row| row.number).collect::<Vec<_>>() })
}

/// One open row with its cells: identifying ones masked, unless they are asked for in clear. That is in the
/// audit log.
pub async fn row(
    workspace: &Workspace,
    who: &Principal,
    number: i64,
    clear: bool,
) -> Result<RowView, WorkspaceError> {
    who.needs(Permission::MendQuarantine)?;
    who.sees_everyone()?;
    let row = open_row(workspace, number).await?;
    if clear {
        who.needs(Permission::SeeIdentities)?;
        audit(workspace, &who.account, "quarantine.see", "rows", json!({ "rows": [number] })).await?;
    }
    let sources = Sources::of(workspace, std::slice::from_ref(&row)).await?;
    Ok(view(workspace, &sources, row, clear))
}

async fn open_row(workspace: &Workspace, number: i64) -> Result<QuarantinedRow, WorkspaceError> {
    let found = workspace.vault.quarantine().get(number).await?;
    let open = found.filter(|row| row.listed.status == QuarantineStatus::Open);
    open.ok_or(WorkspaceError::NotFound { what: "quarantined row" })
}

/// Mended rows as an exported file has them, by source.
async fn lines_of(
    workspace: &Workspace,
    who: &Principal,
    rows: &[Mended],
) -> Result<BTreeMap<String, Vec<ExportedRow>>, WorkspaceError> {
    who.needs(Permission::MendQuarantine)?;
    who.sees_everyone()?;
    if rows.is_empty() || rows.len() > MOST_REPLAYED {
        return Err(Finding::error(
            "replay-count",
            Place::default().at("rows"),
            Text::new(format!("须有 1 至 {MOST_REPLAYED} 行"), format!("1 to {MOST_REPLAYED} rows")),
            Text::new("分批重新导入", "replay them in parts"),
        )
        .into());
    }
    let documents = read_sources(&workspace.root)?;
    let mut lines: BTreeMap<String, Vec<ExportedRow>> = BTreeMap::new();
    for mended in rows {
        let row = open_row(workspace, mended.number).await?;
        let source = workspace.store.imports().get(ImportNumber(row.listed.import_number)).await?.source;
        let mut cells = cells_of(&row).unwrap_or_default();
        for (column, _) in &mended.cells {
            has_column(&cells, documents.get(&source), column)?;
        }
        for (column, value) in &mended.cells {
            cells.insert(column.clone(), json!(value));
        }
        lines.entry(source).or_default().push(ExportedRow {
            number: row.listed.number,
            import: row.listed.import_number,
            file: row.listed.file,
            row: row.listed.row,
            code: row.listed.code,
            reason: String::new(),
            column: None,
            cells: Some(cells),
            raw: None,
        });
    }
    Ok(lines)
}

/// A cell that nobody reads mends nothing: its column stands in the row, or its source names it (a line of JSON
/// may lack it). A row that could not be cut into cells says nothing of its columns.
fn has_column(
    cells: &Map<String, Value>,
    source: Option<&Source>,
    column: &str,
) -> Result<(), WorkspaceError> {
    let is_named = || {
        let text = source.and_then(|source| serde_json::to_string(source).ok());
        !column.is_empty() && text.is_some_and(|text| text.contains(column))
    };
    if cells.is_empty() || cells.contains_key(column) || is_named() {
        return Ok(());
    }
    let known: Vec<&str> = cells.keys().map(String::as_str).collect();
    let right = match closest(column, &known) {
        Some(near) => Text::new(format!("是否为「{near}」？"), format!("did you mean “{near}”?")),
        None => Text::new(format!("可选：{}", known.join("、")), format!("one of {}", known.join(", "))),
    };
    Err(Finding::error(
        "mended-column",
        Place::default().at("cells"),
        Text::new(format!("这一行没有「{column}」列"), format!("this row has no column “{column}”")),
        right,
    )
    .into())
}

async fn replay_lines(
    workspace: &Workspace,
    lines: &BTreeMap<String, Vec<ExportedRow>>,
    excel: Option<ExcelProgram>,
    progress: &dyn Progress,
) -> Result<Vec<FileReport>, WorkspaceError> {
    let mut files = Vec::new();
    for (source, rows) in lines {
        let file = MendedFile::write(workspace, rows)?;
        let keys = HashMap::from([(file.0.clone(), file.1.clone())]);
        let how = ReplayAs { excel: excel.clone(), keys, short_names: true };
        let input = InputFile::new(&file.0, Some(file.1.clone()));
        files.push(replay_file(workspace, &input, source, how, progress).await?);
    }
    Ok(files)
}

/// Mended rows, sealed: only the service may read the file, and it goes with the replay.
struct MendedFile(PathBuf, FileKey);

impl MendedFile {
    fn write(workspace: &Workspace, rows: &[ExportedRow]) -> Result<MendedFile, WorkspaceError> {
        // Beside the uploads, so that what a killed process leaves is removed at the next start.
        let id = token::id()?;
        let folder = workspace.own().join("uploads").join(&id);
        // Nobody reads it after this process, so the wrapped key is kept nowhere.
        let (key, _) = workspace.vault.new_file_key(&id)?;
        let path = folder.join("mended.jsonl");
        let io = |error| WorkspaceError::io(&path, error);
        private_folder(&folder).map_err(io)?;
        let file = MendedFile(path.clone(), key.clone());
        let mut out = SealedWriter::new(private_file(&path).map_err(io)?, &key);
        for row in rows {
            let line =
                serde_json::to_string(row).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
            writeln!(out, "{line}").map_err(io)?;
        }
        out.finish().map_err(io)?;
        Ok(file)
    }
}

impl Drop for MendedFile {
    fn drop(&mut self) {
        if let Some(folder) = self.0.parent() {
            drop(std::fs::remove_dir_all(folder));
        }
    }
}

/// The open rows of an import as a workbook, each with its reason: to be mended in Excel and imported
/// again. It holds what stood in the file, so it is in the audit log before it leaves.
pub async fn workbook(
    workspace: &Workspace,
    who: &Principal,
    import: i64,
    lang: Lang,
) -> Result<Vec<u8>, WorkspaceError> {
    who.needs(Permission::ExportIdentities)?;
    who.sees_everyone()?;
    who.is_present()?;
    workspace.store.imports().get(ImportNumber(import)).await?;
    audit(
        workspace,
        &who.account,
        "quarantine.export",
        &format!("import {import}"),
        json!({ "form": "xlsx" }),
    )
    .await?;
    let mut filter = QuarantineFilter {
        import: Some(ImportNumber(import)),
        status: Some(QuarantineStatus::Open),
        ..QuarantineFilter::default()
    };
    let mut rows: Vec<QuarantinedRow> = Vec::new();
    while rows.len() < MOST_EXPORTED {
        let page = workspace.vault.quarantine().export(&filter).await?;
        let Some(last) = page.last() else { break };
        filter.after = last.listed.number;
        rows.extend(page);
    }
    sheet(&rows, lang).map_err(|error| WorkspaceError::Defect(error.to_string()))
}

fn sheet(rows: &[QuarantinedRow], lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let mut columns: Vec<String> = Vec::new();
    let cells: Vec<Map<String, Value>> = rows.iter().map(|row| cells_of(row).unwrap_or_default()).collect();
    for row in &cells {
        for column in row.keys() {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        }
    }
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    let wrong = Format::new().set_background_color(0x00FF_E0B2);
    let sheet = workbook.add_worksheet();
    sheet.set_freeze_panes(1, 0)?;
    // The last columns tell; an import passes over columns that no source names.
    let told = if lang == Lang::Zh {
        ["第几行", "原因", "出错的列"]
    } else {
        ["row", "reason", "column at fault"]
    };
    for (at, heading) in columns.iter().map(String::as_str).chain(told).enumerate() {
        sheet.write_string_with_format(0, at as u16, heading, &bold)?;
    }
    for (line, (row, cells)) in rows.iter().zip(&cells).enumerate() {
        let line = line as u32 + 1;
        for (at, column) in columns.iter().enumerate() {
            let text = cells.get(column).and_then(text_of);
            let text: Option<String> = text.map(|text| text.chars().take(32_767).collect());
            match (text, row.listed.column.as_ref() == Some(column)) {
                (Some(text), true) => sheet.write_string_with_format(line, at as u16, text, &wrong)?,
                (Some(text), false) => sheet.write_string(line, at as u16, text)?,
                (None, true) => sheet.write_blank(line, at as u16, &wrong)?,
                (None, false) => continue,
            };
        }
        let n = columns.len() as u16;
        sheet.write_number(line, n, row.listed.row as f64)?;
        sheet.write_string(line, n + 1, row.listed.message.get(lang))?;
        sheet.write_string(line, n + 2, row.listed.column.as_deref().unwrap_or_default())?;
    }
    workbook.save_to_buffer()
}
