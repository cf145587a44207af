//! `/uploads`: files on their way to an import, streamed to disk.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use futures::StreamExt;
use gradus_workspace::uploads;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{Body, Path, Query, apart};
use crate::caller::Caller;
use crate::problem::{FieldProblem, Words, field_problems};
use crate::refusals::{Guarded, Missing, NotUnderstood, TooLarge, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(preview)).routes(routes!(propose)).routes(routes!(remove))
}

/// What may take long and be large.
pub fn streamed() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(upload))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UploadParams {
    /// What the file is called.
    name: String,
}

/// A file that was sent.
#[derive(Serialize, ToSchema)]
struct UploadView {
    upload: String,
    name: String,
    n_bytes: u64,
}

/// Send a file, as the body; it lies here for a day at most
#[utoipa::path(post, path = "/uploads", tag = "imports", params(UploadParams),
    request_body(content = String, content_type = "application/octet-stream"),
    extensions(("x-permission" = json!("import_data"))),
    responses((status = 201, body = UploadView), Guarded, NotUnderstood, TooLarge, WithFindings))]
async fn upload(
    State(app): State<App>,
    Caller(who): Caller,
    Query(given): Query<UploadParams>,
    request: Request,
) -> Result<(StatusCode, Json<UploadView>), Problem> {
    let mut incoming = uploads::begin(&app.workspace, &who, &given.name)?;
    let mut body = request.into_body().into_data_stream();
    while let Some(bytes) = body.next().await {
        let bytes = bytes.map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "upload_cut_off",
                "上传中断，请重试",
                "the upload was cut off; try again",
            )
        })?;
        // A disk write of a few kilobytes; what waits is this upload alone.
        incoming = apart(move || incoming.write(&bytes).map(|()| incoming)).await?;
    }
    if incoming.is_empty() {
        return Err(Problem::invalid("文件是空的", "the file is empty"));
    }
    let upload = apart(move || incoming.finish()).await?;
    Ok((
        StatusCode::CREATED,
        Json(UploadView { upload: upload.id, name: upload.name, n_bytes: upload.n_bytes }),
    ))
}

/// How the file has to be read, where what was found out is wrong.
#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
struct ReadAs {
    #[serde(default)]
    encoding: Option<String>,
    #[serde(default)]
    delimiter: Option<String>,
    #[serde(default)]
    sheet: Option<String>,
}

impl From<ReadAs> for uploads::ReadAs {
    fn from(given: ReadAs) -> uploads::ReadAs {
        uploads::ReadAs { encoding: given.encoding, delimiter: given.delimiter, sheet: given.sheet }
    }
}

/// A first look at a file.
#[derive(Serialize, ToSchema)]
struct UploadPreview {
    name: String,
    n_bytes: u64,
    /// Empty for formats that have none.
    encoding: String,
    encoding_shown: Words,
    delimiter: Option<String>,
    has_header: bool,
    sheets: Vec<String>,
    sheet: Option<String>,
    columns: Vec<String>,
    /// The first rows; what identifies somebody is masked.
    rows: Vec<Vec<Option<String>>>,
    sources: Vec<KnownSource>,
    findings: Vec<FieldProblem>,
}

#[derive(Serialize, ToSchema)]
struct KnownSource {
    name: String,
    title: Words,
    /// Whether the file has the columns that it wants.
    fits: bool,
}

/// Look at the first rows
#[utoipa::path(post, path = "/uploads/{upload}/preview", tag = "imports", params(("upload" = String, Path)),
    request_body = ReadAs, extensions(("x-permission" = json!("import_data"))),
    responses((status = 200, body = UploadPreview), Guarded, NotUnderstood, Missing, WithFindings))]
async fn preview(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
    Body(given): Body<ReadAs>,
) -> Result<Json<UploadPreview>, Problem> {
    let work = move || uploads::preview(&app.workspace, &who, &id, &given.into(), app.options.excel.as_ref());
    let seen = apart(work).await?;
    let sniffed = seen.sniffed;
    let source = |(name, title, fits): (String, gradus_model::Text, bool)| KnownSource {
        name,
        title: title.into(),
        fits,
    };
    // Only delimited text has a character between its cells.
    let delimited = !sniffed.encoding.is_empty() && seen.rows.iter().any(|row| row.len() > 1);
    Ok(Json(UploadPreview {
        name: seen.upload.name,
        n_bytes: seen.upload.n_bytes,
        encoding: sniffed.encoding,
        encoding_shown: sniffed.encoding_shown.into(),
        delimiter: delimited.then(|| char::from(sniffed.delimiter).to_string()),
        has_header: sniffed.has_header,
        sheets: sniffed.sheets.into_iter().map(|sheet| sheet.name).collect(),
        sheet: sniffed.sheet,
        columns: sniffed.columns,
        rows: seen.rows,
        sources: seen.sources.into_iter().map(source).collect(),
        findings: field_problems(&sniffed.findings),
    }))
}

/// A source for the file, as proposed.
#[derive(Serialize, ToSchema)]
struct ProposedSource {
    name: String,
    /// A source document.
    #[schema(value_type = Object)]
    source: Value,
    findings: Vec<FieldProblem>,
}

/// Propose a source from headers and values
#[utoipa::path(post, path = "/uploads/{upload}/propose", tag = "imports", params(("upload" = String, Path)),
    request_body = ReadAs, extensions(("x-permission" = json!("import_data"))),
    responses((status = 200, body = ProposedSource), Guarded, NotUnderstood, Missing, WithFindings))]
async fn propose(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
    Body(given): Body<ReadAs>,
) -> Result<Json<ProposedSource>, Problem> {
    let work = move || uploads::propose(&app.workspace, &who, &id, &given.into(), app.options.excel.as_ref());
    let seen = apart(work).await?;
    Ok(Json(ProposedSource {
        name: seen.name,
        source: seen.document,
        findings: field_problems(&seen.findings),
    }))
}

/// Remove a file that was sent
#[utoipa::path(delete, path = "/uploads/{upload}", tag = "imports", params(("upload" = String, Path)),
    extensions(("x-permission" = json!("import_data"))),
    responses((status = 204), Guarded, Missing))]
async fn remove(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    uploads::remove(&app.workspace, &who, &id)?;
    Ok(StatusCode::NO_CONTENT)
}
