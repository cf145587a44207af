//! `/audit`: who did what, and whether anybody changed it.

use axum::Json;
use axum::extract::State;
use gradus_workspace::{AuditVerdict, audit_log};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{Query, instant, limit_of};
use crate::caller::Caller;
use crate::refusals::{Guarded, NotUnderstood};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(verify))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditParams {
    /// `newest` or `oldest` first; oldest if left out.
    order: Option<String>,
    /// At most so many, 500 at most.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// What the page before gave.
    cursor: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct AuditPage {
    items: Vec<Entry>,
    next_cursor: Option<String>,
}

/// One entry of the log.
#[derive(Serialize, ToSchema)]
struct Entry {
    number: i64,
    at: String,
    actor: String,
    action: String,
    subject: String,
    detail: serde_json::Value,
    hash: String,
}

/// The audit log, oldest first or newest first
#[utoipa::path(get, path = "/audit", tag = "audit", params(AuditParams), extensions(("x-permission" = json!("see_audit"))),
    responses((status = 200, body = AuditPage), Guarded, NotUnderstood))]
async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(given): Query<AuditParams>,
) -> Result<Json<AuditPage>, Problem> {
    let limit = limit_of(given.limit, 100, 500)?;
    let entries = match given.order.as_deref() {
        None | Some("oldest") => {
            audit_log::entries(&app.workspace, &who, given.cursor.unwrap_or(0), limit).await?
        }
        Some("newest") => audit_log::newest(&app.workspace, &who, given.cursor, limit).await?,
        Some(_) => {
            return Err(Problem::invalid("order 须为 newest 或 oldest", "order must be newest or oldest"));
        }
    };
    let full = entries.len() == limit as usize;
    let next_cursor = entries.last().filter(|_| full).map(|entry| entry.number.to_string());
    let entry = |entry: gradus_workspace::AuditEntry| Entry {
        number: entry.number,
        at: instant(entry.at),
        actor: entry.actor,
        action: entry.action,
        subject: entry.subject,
        detail: entry.detail,
        hash: entry.hash,
    };
    Ok(Json(AuditPage { items: entries.into_iter().map(entry).collect(), next_cursor }))
}

#[derive(Serialize, ToSchema)]
struct Verdict {
    intact: bool,
    entries: Option<u64>,
    /// The first entry that is not as it was written, or is missing.
    tampered_at: Option<i64>,
}

/// Recompute the log's chain of hashes
#[utoipa::path(get, path = "/audit/verify", tag = "audit", extensions(("x-permission" = json!("see_audit"))),
    responses((status = 200, body = Verdict), Guarded))]
async fn verify(State(app): State<App>, Caller(who): Caller) -> Result<Json<Verdict>, Problem> {
    Ok(Json(match audit_log::verify(&app.workspace, &who).await? {
        AuditVerdict::Intact { n_entries } => {
            Verdict { intact: true, entries: Some(n_entries), tampered_at: None }
        }
        AuditVerdict::TamperedAt { number } => {
            Verdict { intact: false, entries: None, tampered_at: Some(number) }
        }
    }))
}
