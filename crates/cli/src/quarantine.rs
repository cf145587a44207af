//! `gradus quarantine`: rows that were refused, listed, looked at, mended.

use gradus_model::{Lang, Text};
use gradus_workspace::access::Principal;
use gradus_workspace::quarantine::{self as verbs, Mended, RowView};
use gradus_workspace::{
    FileReport, Workspace, WorkspaceError, export_quarantine, quarantined, replay_quarantine,
};
use serde_json::{Value, json};

use crate::arguments::QuarantineCommand;
use crate::bars::Bars;
use crate::render;
use crate::run::{ACTOR, excel, wrong_argument};

/// Lists rows, shows one, exports, replays and mends them; the exit code.
pub async fn quarantine(
    workspace: &Workspace,
    command: &QuarantineCommand,
    lang: Lang,
    as_json: bool,
) -> Result<u8, WorkspaceError> {
    match command {
        QuarantineCommand::List { import } => {
            let rows = quarantined(workspace, *import).await?;
            if as_json {
                render::json(&rows);
            } else {
                render::quarantine(&rows, lang);
            }
        }
        QuarantineCommand::Show { number, identifiers } => {
            let row = verbs::row(workspace, &Principal::local(), *number, *identifiers).await?;
            if as_json {
                render::json(&told(&row));
            } else {
                show(&row, lang);
            }
        }
        QuarantineCommand::Export { to, import } => {
            let n_rows = export_quarantine(workspace, *import, to, ACTOR).await?;
            if as_json {
                render::json(&json!({ "file": to, "n_rows": n_rows }));
            } else {
                render::text(&match lang {
                    Lang::Zh => format!("已导出 {n_rows} 行到 {}", to.display()),
                    Lang::En => format!("{n_rows} rows written to {}", to.display()),
                });
            }
        }
        QuarantineCommand::Replay { from, source } => {
            let one = replay_quarantine(workspace, from, source, excel(), &Bars::default()).await?;
            if as_json {
                render::json(&one);
            } else {
                render::file_report(&one, false, lang);
            }
            return Ok(u8::from(one.findings().has_errors()));
        }
        QuarantineCommand::Mend { number, set, empty } => {
            let row = Mended { number: *number, cells: cells_of(set, empty)? };
            let who = Principal::local();
            let files = verbs::mend(workspace, &who, &[row], excel(), &Bars::default()).await?;
            for one in &files {
                if as_json {
                    render::json(one);
                } else {
                    render::file_report(one, false, lang);
                }
            }
            // What was typed is wrong again: the row stands in quarantine anew, with its reason.
            return Ok(u8::from(!files.iter().all(is_mended)));
        }
    }
    Ok(0)
}

fn is_mended(file: &FileReport) -> bool {
    match file {
        FileReport::Imported(one) => one.quarantined == 0 && !one.findings.has_errors(),
        FileReport::Refused { .. } => false,
    }
}

/// The cells as they were typed. A value may hold the sign `=`, a column may not.
fn cells_of(set: &[String], empty: &[String]) -> Result<Vec<(String, Option<String>)>, WorkspaceError> {
    let mut cells = Vec::new();
    for typed in set {
        let (column, value) = typed.split_once('=').ok_or_else(|| {
            wrong_argument(
                "--set".into(),
                Text::new("要写成 列=值", "this is written COLUMN=VALUE"),
                Text::new("例如 --set amount=12.50", "such as --set amount=12.50"),
            )
        })?;
        cells.push((column.to_string(), Some(value.to_string())));
    }
    cells.extend(empty.iter().map(|column| (column.clone(), None)));
    Ok(cells)
}

fn told(row: &RowView) -> Value {
    let cells: Vec<Value> = row
        .cells
        .iter()
        .map(|(column, value, masked)| json!({ "column": column, "value": value, "masked": masked }))
        .collect();
    json!({
        "number": row.listed.number, "import": row.listed.import_number, "file": row.listed.file,
        "row": row.listed.row, "code": row.listed.code, "message": row.listed.message,
        "column": row.listed.column, "cells": cells,
    })
}

fn show(row: &RowView, lang: Lang) {
    let listed = &row.listed;
    render::text(&format!(
        "{}  {} #{}  [{}] {}",
        listed.number,
        listed.file,
        listed.row,
        listed.code,
        listed.message.get(lang)
    ));
    for (column, value, _) in &row.cells {
        let mark = if listed.column.as_ref() == Some(column) { "→" } else { " " };
        render::text(&format!("{mark} {column}: {}", value.as_deref().unwrap_or("—")));
    }
    if row.cells.is_empty() {
        render::text(match lang {
            Lang::Zh => "这一行没能拆成单元格；gradus quarantine export 可取出原文",
            Lang::En => {
                "this row could not be cut into cells; `gradus quarantine export` writes it as it stands"
            }
        });
    }
}
