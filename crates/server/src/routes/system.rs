//! `/system`, `/settings`: what runs here, a backup of it, and what holds for the whole workspace.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use gradus_workspace::accounts::{Demanded, Demands, DemandsChange};
use gradus_workspace::{accounts, system as verbs, versions};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobView, view};
use super::wire::{Body, Path, instant, sent_as};
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Guarded, Missing, NotSignedIn, NotUnderstood, WithFindings};
use crate::{App, Problem};

/// Name, version and licence of everything that is built in; a test says when it is stale.
const LICENCES: &str = include_str!("../../licences.tsv");

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(look))
        .routes(routes!(licences))
        .routes(routes!(start_backup))
        .routes(routes!(see, set))
}

/// What may be large.
pub fn streamed() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(fetch_backup))
}

/// What runs here, on what.
#[derive(Serialize, ToSchema)]
struct SystemView {
    version: String,
    store: SystemStore,
    time_zone: String,
    /// The edition of the time zone data.
    time_zone_data: String,
    currency: String,
    /// The newest program opens all older forms.
    formats: Vec<SystemFormat>,
    sizes: Vec<SystemSize>,
    /// Null: never.
    last_backup: Option<SystemBackup>,
    settings: Settings,
}

#[derive(Serialize, ToSchema)]
struct SystemStore {
    /// `SQLite` or `PostgreSQL`.
    kind: String,
    version: String,
}

#[derive(Serialize, ToSchema)]
struct SystemFormat {
    what: Words,
    number: i64,
}

#[derive(Serialize, ToSchema)]
struct SystemSize {
    what: Words,
    /// Null where it lies among something else.
    bytes: Option<u64>,
    rows: Option<u64>,
}

#[derive(Serialize, ToSchema)]
struct SystemBackup {
    at: String,
    by: String,
    bytes: u64,
}

/// What runs here: versions, formats, sizes, the last backup, settings
#[utoipa::path(get, path = "/system", tag = "system", extensions(("x-permission" = json!("manage_system"))),
    responses((status = 200, body = SystemView), Guarded))]
async fn look(State(app): State<App>, Caller(who): Caller) -> Result<Json<SystemView>, Problem> {
    let told = verbs::see(&app.workspace, &who).await?;
    let size =
        |one: verbs::StoredSize| SystemSize { what: one.what.into(), bytes: one.n_bytes, rows: one.n_rows };
    Ok(Json(SystemView {
        version: told.version.into(),
        store: SystemStore { kind: told.store.kind.into(), version: told.store.version },
        time_zone: told.time_zone,
        time_zone_data: told.time_zone_data.into(),
        currency: told.currency,
        formats: told
            .formats
            .into_iter()
            .map(|(what, number)| SystemFormat { what: what.into(), number })
            .collect(),
        sizes: told.sizes.into_iter().map(size).collect(),
        last_backup: told.last_backup.map(|last| SystemBackup {
            at: instant(last.at),
            by: last.by,
            bytes: last.n_bytes,
        }),
        settings: Settings::of(told.four_eyes, told.demands),
    }))
}

/// A package that is built in.
#[derive(Serialize, ToSchema)]
struct Licence {
    name: String,
    version: String,
    /// As the package names it (SPDX).
    licence: String,
    /// `program` or `page`.
    part: String,
}

#[derive(Serialize, ToSchema)]
struct LicenceList {
    items: Vec<Licence>,
}

/// Licences of what is built in
#[utoipa::path(get, path = "/system/licences", tag = "system", extensions(("x-permission" = json!("signed_in"))),
    responses((status = 200, body = LicenceList), NotSignedIn))]
async fn licences(_caller: Caller) -> Json<LicenceList> {
    let licence = |line: &str| {
        let mut parts = line.split('\t').map(String::from);
        Some(Licence {
            part: parts.next()?,
            name: parts.next()?,
            version: parts.next()?,
            licence: parts.next()?,
        })
    };
    let lines = LICENCES.lines().filter(|line| !line.starts_with('#'));
    Json(LicenceList { items: lines.filter_map(licence).collect() })
}

/// Back the whole workspace up, without the master key; the job's result names the file
#[utoipa::path(post, path = "/system/backup", tag = "system", extensions(("x-permission" = json!("manage_system"))),
    responses((status = 202, body = JobView), Guarded))]
async fn start_backup(
    State(app): State<App>,
    Caller(who): Caller,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let job = verbs::start_backup(&app.workspace, &app.jobs, &who).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}

/// Fetch a backup that was made within the last day; logged
#[utoipa::path(get, path = "/system/backups/{id}", tag = "system", params(("id" = String, Path)),
    extensions(("x-permission" = json!("manage_system"))),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), Guarded, Missing))]
async fn fetch_backup(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let path = verbs::fetch_backup(&app.workspace, &who, &id).await?;
    sent_as(&path, "gradus-backup.tar").await
}

/// Settings of the workspace.
#[derive(Serialize, ToSchema)]
struct Settings {
    /// Whoever submits or asks for something does not approve it.
    four_eyes: bool,
    /// Of whom a second factor is demanded: `nobody`, `approvers` (administrators and approvers) or `everybody`.
    second_factor: String,
    /// After so many minutes whoever changes something sensitive shows anew that it is they.
    presence_minutes: u32,
}

impl Settings {
    fn of(four_eyes: bool, demands: Demands) -> Settings {
        Settings {
            four_eyes,
            second_factor: demands.second_factor.as_str().into(),
            presence_minutes: demands.presence_minutes,
        }
    }
}

/// The settings
#[utoipa::path(get, path = "/settings", tag = "system", extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Settings), Guarded))]
async fn see(State(app): State<App>, _caller: Caller) -> Result<Json<Settings>, Problem> {
    let workspace = &app.workspace;
    Ok(Json(Settings::of(versions::four_eyes(workspace).await?, accounts::demands(workspace).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SettingsBody {
    /// As it is if left out.
    #[serde(default)]
    four_eyes: Option<bool>,
    /// `nobody`, `approvers` or `everybody`.
    #[serde(default)]
    second_factor: Option<String>,
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1440)]
    presence_minutes: Option<u32>,
}

/// Change settings
#[utoipa::path(put, path = "/settings", tag = "system", request_body = SettingsBody,
    extensions(("x-permission" = json!("manage_system"))),
    responses((status = 204), Guarded, NotUnderstood, WithFindings))]
async fn set(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<SettingsBody>,
) -> Result<StatusCode, Problem> {
    let second_factor = given.second_factor.as_deref().map(demanded).transpose()?;
    let change = DemandsChange { second_factor, presence_minutes: given.presence_minutes };
    accounts::set_demands(&app.workspace, &who, change).await?;
    if let Some(needed) = given.four_eyes {
        versions::set_four_eyes(&app.workspace, &who, needed).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn demanded(text: &str) -> Result<Demanded, Problem> {
    Demanded::parse(text).ok_or_else(|| {
        let known = Demanded::ALL.map(Demanded::as_str).join(", ");
        Problem::invalid(
            format!("second_factor 应为 {known} 之一"),
            format!("second_factor is one of {known}"),
        )
    })
}
