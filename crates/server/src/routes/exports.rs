//! `/exports`, `/files`: customers as a file.

use axum::Json;
use axum::body::Body as ByteBody;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use gradus_workspace::customers::Find;
use gradus_workspace::exports::{self as verbs, ExportRequest};
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::customers::{CategoryFilter, CohortFilter, GroupFilter, MovedFilter, TierFilter};
use super::jobs::{JobView, view};
use super::wire::{Body, Path};
use crate::caller::Caller;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::request::facts;
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(start))
}

/// What may take long and be large.
pub fn streamed() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(fetch))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExportBody {
    /// Whom: all that is given holds; everybody whom one may see if nothing is.
    who: ExportWho,
    /// Names of columns; all if empty.
    #[serde(default)]
    columns: Vec<String>,
    /// `csv`, `xlsx` or `parquet`.
    format: String,
    /// For older Chinese programs.
    #[serde(default)]
    gb18030: bool,
    /// Phone, e-mail and numbers in clear; logged.
    #[serde(default)]
    identifiers: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExportWho {
    #[serde(default)]
    tier: Option<TierFilter>,
    #[serde(default)]
    segment: Option<String>,
    #[serde(default)]
    group: Option<GroupFilter>,
    #[serde(default)]
    category: Option<CategoryFilter>,
    #[serde(default)]
    cohort: Option<CohortFilter>,
    /// Counted by this KPI of `/kpis`.
    #[serde(default)]
    kpi: Option<String>,
    #[serde(default)]
    moved: Option<MovedFilter>,
}

/// Write customers to a file; the job's result names it
#[utoipa::path(post, path = "/exports", tag = "customers", request_body = ExportBody,
    extensions(("x-permission" = json!("export_data"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn start(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<ExportBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    let find = Find {
        tier: given.who.tier.map(|tier| (tier.scheme, tier.level)),
        segment: given.who.segment,
        group: given.who.group.map(|group| (group.grouping, group.group)),
        category: given.who.category.map(|one| (one.indicator, one.value)),
        cohort: given.who.cohort.map(CohortFilter::cell).transpose()?,
        kpi: given.who.kpi,
        moved: given.who.moved.map(MovedFilter::flow),
        columns: given.columns,
        ..Find::default()
    };
    let request = ExportRequest {
        find,
        format: given.format,
        gb18030: given.gb18030,
        identifiers: given.identifiers,
        lang: facts().lang,
    };
    let job = verbs::start(&app.workspace, &app.jobs, &who, base, request).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}

/// Fetch a file that one exported
#[utoipa::path(get, path = "/files/{id}", tag = "customers", params(("id" = String, Path)),
    extensions(("x-permission" = json!("export_data"))),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), Guarded, Missing))]
async fn fetch(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (file, path) = verbs::find(&app.workspace, &who, &id)?;
    let opened = tokio::fs::File::open(&path).await.map_err(|_| Problem::not_found())?;
    let chunks = futures::stream::try_unfold(opened, |mut file| async move {
        let mut bytes = vec![0u8; 64 << 10];
        let n = file.read(&mut bytes).await?;
        bytes.truncate(n);
        Ok::<_, std::io::Error>((n > 0).then(|| (Bytes::from(bytes), file)))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
    ];
    Ok((headers, ByteBody::from_stream(chunks)).into_response())
}
