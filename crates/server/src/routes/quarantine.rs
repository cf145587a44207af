//! `/quarantine`: rows that were refused, mended and replayed.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::WorkspaceError;
use gradus_workspace::quarantine::{self as verbs, Mended};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobView, view};
use super::wire::{Body, Query, instant, limit_of};
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(replay))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Params {
    /// Only those of this import.
    import: Option<i64>,
    /// At most so many, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// What the page before gave.
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct QuarantineList {
    items: Vec<QuarantineRow>,
    next_cursor: Option<String>,
    total: u64,
}

/// A row that was refused.
#[derive(Serialize, ToSchema)]
struct QuarantineRow {
    id: String,
    import: i64,
    file: String,
    /// Data row of the file, from 1.
    row: u64,
    code: String,
    /// Why.
    message: Words,
    /// The column whose cell is to be mended; null where the reason is not of one column.
    column: Option<String>,
    /// When it goes, mended or not.
    expires: String,
    /// Empty where the row could not be cut into cells.
    cells: Vec<QuarantineCell>,
}

#[derive(Serialize, ToSchema)]
struct QuarantineCell {
    column: String,
    value: Option<String>,
    /// The value is hidden, because it may identify somebody.
    masked: bool,
}

/// Rows that wait
#[utoipa::path(get, path = "/quarantine", tag = "imports", params(Params),
    extensions(("x-permission" = json!("mend_quarantine"))),
    responses((status = 200, body = QuarantineList), Guarded, NotUnderstood))]
async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(given): Query<Params>,
) -> Result<Json<QuarantineList>, Problem> {
    let after = given.cursor.as_deref().map(str::parse).transpose();
    let after = after.map_err(|_| {
        Problem::invalid("cursor 须为上一页给出的值", "cursor must be what the page before gave")
    })?;
    let (after, limit) = (after.unwrap_or(0), limit_of(given.limit, 50, 200)?);
    let page = verbs::page(&app.workspace, &who, given.import, after, limit).await?;
    let row = |row: verbs::RowView| QuarantineRow {
        id: row.listed.number.to_string(),
        import: row.listed.import_number,
        file: row.listed.file,
        row: row.listed.row,
        code: row.listed.code,
        message: row.listed.message.into(),
        column: row.listed.column,
        expires: instant(row.listed.expires),
        cells: row
            .cells
            .into_iter()
            .map(|(column, value, masked)| QuarantineCell { column, value, masked })
            .collect(),
    };
    Ok(Json(QuarantineList {
        items: page.rows.into_iter().map(row).collect(),
        next_cursor: page.next_cursor.map(|cursor| cursor.to_string()),
        total: page.total,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayBody {
    #[schema(min_items = 1, max_items = 1000)]
    rows: Vec<MendedRow>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MendedRow {
    id: String,
    /// The cells that are other than they were.
    cells: Vec<MendedCell>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MendedCell {
    column: String,
    value: Option<String>,
}

/// Import mended rows again
#[utoipa::path(post, path = "/quarantine/replay", tag = "imports", request_body = ReplayBody,
    extensions(("x-permission" = json!("mend_quarantine"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Missing, WithFindings))]
async fn replay(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<ReplayBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let mut rows = Vec::with_capacity(given.rows.len());
    for row in given.rows {
        let number = row.id.parse().map_err(|_| WorkspaceError::NotFound { what: "quarantined row" })?;
        rows.push(Mended {
            number,
            cells: row.cells.into_iter().map(|cell| (cell.column, cell.value)).collect(),
        });
    }
    let job = verbs::replay(&app.workspace, &app.jobs, &who, rows, app.options.excel.clone()).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}
