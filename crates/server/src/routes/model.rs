//! `/model`: the draft, its versions, review and publication.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gradus_workspace::WorkspaceError;
use gradus_workspace::diff;
use gradus_workspace::runs::start_again;
use gradus_workspace::versions::{self, DraftView, VersionView};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{Body, Page, Path, Query, instant};
use crate::caller::Caller;
use crate::problem::{FieldProblem, Words, field_problems};
use crate::refusals::{
    Conflicting, Guarded, Missing, NoRevision, NotSignedIn, NotUnderstood, Overtaken, WithFindings,
};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(see_draft, write_draft, drop_draft))
        .routes(routes!(see_in_force))
        .routes(routes!(check))
        .routes(routes!(submit))
        .routes(routes!(list))
        .routes(routes!(see))
        .routes(routes!(approve))
        .routes(routes!(reject))
        .routes(routes!(publish))
        .routes(routes!(withdraw))
        .routes(routes!(restore))
        .routes(routes!(schema))
        .routes(routes!(difference))
}

/// What somebody works at. Its ETag is needed to change it.
#[derive(Serialize, ToSchema)]
pub struct Draft {
    /// A model document; its JSON Schema is at `/model/schema`.
    #[schema(value_type = Object)]
    document: Value,
    /// The version that it began as.
    base_version: Option<i64>,
    /// Names this state of the draft; while there is none, 0 or less: another one for every version in force.
    revision: i64,
    changed_by: Option<String>,
    changed_at: Option<String>,
    findings: Vec<FieldProblem>,
}

fn draft_response(view: DraftView) -> Response {
    let etag = format!("\"{}\"", view.revision);
    let body = Draft {
        document: view.document,
        base_version: view.base_version,
        revision: view.revision,
        changed_by: view.changed_by,
        changed_at: view.changed_us.map(instant),
        findings: field_problems(&view.findings),
    };
    ([(header::ETAG, etag)], Json(body)).into_response()
}

/// The draft; what is in force, if there is none
#[utoipa::path(get, path = "/model/draft", tag = "model", extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Draft, headers(("etag" = String))), Guarded))]
async fn see_draft(State(app): State<App>, Caller(who): Caller) -> Result<Response, Problem> {
    Ok(draft_response(versions::draft(&app.workspace, &who).await?))
}

/// What grades now.
#[derive(Serialize, ToSchema)]
struct InForce {
    /// The published version; null: the documents of the workspace's folder.
    version: Option<i64>,
    #[schema(value_type = Object)]
    document: Value,
}

/// The model that grades now
#[utoipa::path(get, path = "/model/in-force", tag = "model", extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = InForce), Guarded, WithFindings))]
async fn see_in_force(State(app): State<App>, Caller(who): Caller) -> Result<Json<InForce>, Problem> {
    let (version, document) = versions::see_in_force(&app.workspace, &who).await?;
    Ok(Json(InForce { version, document }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DocumentBody {
    #[schema(value_type = Object)]
    document: Value,
}

/// Write the draft; it may still be wrong, findings tell
#[utoipa::path(put, path = "/model/draft", tag = "model", request_body = DocumentBody,
    params(("if-match" = Option<String>, Header, description = "The ETag of the draft that was changed")),
    extensions(("x-permission" = json!("edit_models"))),
    responses((status = 200, body = Draft, headers(("etag" = String))), Guarded, NotUnderstood, Overtaken, WithFindings, NoRevision))]
async fn write_draft(
    State(app): State<App>,
    Caller(who): Caller,
    headers: HeaderMap,
    Body(given): Body<DocumentBody>,
) -> Result<Response, Problem> {
    an_object(&given.document)?;
    let revision = revision_of(&headers)?;
    let written = versions::write_draft(&app.workspace, &who, revision, &given.document).await;
    Ok(draft_response(written.map_err(changed_meanwhile)?))
}

/// Throw the draft away
#[utoipa::path(delete, path = "/model/draft", tag = "model",
    params(("if-match" = Option<String>, Header)),
    extensions(("x-permission" = json!("edit_models"))),
    responses((status = 204), Guarded, Overtaken, NoRevision))]
async fn drop_draft(
    State(app): State<App>,
    Caller(who): Caller,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let revision = revision_of(&headers)?;
    versions::drop_draft(&app.workspace, &who, revision).await.map_err(changed_meanwhile)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A document is a map, whatever else is wrong with it.
pub(super) fn an_object(document: &Value) -> Result<(), Problem> {
    if document.is_object() {
        return Ok(());
    }
    let (zh, en) = ("模型文档必须是一个对象", "a model document must be an object");
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not-a-mapping", zh, en))
}

#[derive(Serialize, ToSchema)]
struct CheckedDocument {
    findings: Vec<FieldProblem>,
}

/// Everything that a document says wrong; nothing is kept
#[utoipa::path(post, path = "/model/check", tag = "model", request_body = DocumentBody,
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = CheckedDocument), Guarded, NotUnderstood, WithFindings))]
async fn check(
    State(app): State<App>,
    _caller: Caller,
    Body(given): Body<DocumentBody>,
) -> Result<Json<CheckedDocument>, Problem> {
    an_object(&given.document)?;
    let findings = versions::draft_findings(&app.workspace, &given.document).await?;
    Ok(Json(CheckedDocument { findings: field_problems(&findings) }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NoteBody {
    /// Why, for whoever decides and whoever reads it later.
    note: String,
}

/// A version of the model.
#[derive(Serialize, ToSchema)]
pub struct ModelVersion {
    version: i64,
    /// `review`, `rejected`, `withdrawn`, `approved`, `scheduled`, `published` or `retired`.
    state: String,
    hash: String,
    note: String,
    by: String,
    at: String,
    reviewer: Option<String>,
    review_note: Option<String>,
    decided_at: Option<String>,
    /// What its validation said; null: not yet validated.
    validation: Option<String>,
    /// The same for people, with the words that say so where there is none.
    validated: Words,
    publications: Vec<PublicationView>,
    /// The job that grades with it, where it has just come into force.
    #[serde(skip_serializing_if = "Option::is_none")]
    grading: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct PublicationView {
    publication: i64,
    effective_from: String,
    at: String,
    by: String,
    reason: String,
    withdrawn: Option<String>,
}

impl From<VersionView> for ModelVersion {
    fn from(view: VersionView) -> ModelVersion {
        let version = view.version;
        let publication = |one: gradus_workspace::Publication| PublicationView {
            publication: one.number,
            effective_from: instant(one.effective_from),
            at: instant(one.at),
            by: one.account,
            reason: one.reason,
            withdrawn: one.withdrawn.map(instant),
        };
        ModelVersion {
            version: version.number,
            state: view.standing.into(),
            hash: version.hash,
            note: version.note,
            by: version.account,
            at: instant(version.created),
            reviewer: version.reviewer,
            review_note: version.review_note,
            decided_at: version.decided.map(instant),
            validated: versions::validated(version.validation.as_deref()).into(),
            validation: version.validation,
            grading: None,
            publications: view.publications.into_iter().map(publication).collect(),
        }
    }
}

/// Submit the draft for review
#[utoipa::path(post, path = "/model/draft/submit", tag = "model", request_body = NoteBody,
    params(("if-match" = Option<String>, Header)),
    extensions(("x-permission" = json!("edit_models"))),
    responses((status = 201, body = ModelVersion), Guarded, NotUnderstood, Overtaken, WithFindings, NoRevision))]
async fn submit(
    State(app): State<App>,
    Caller(who): Caller,
    headers: HeaderMap,
    Body(given): Body<NoteBody>,
) -> Result<(StatusCode, Json<ModelVersion>), Problem> {
    let revision = revision_of(&headers)?;
    let version =
        versions::submit(&app.workspace, &who, revision, &given.note).await.map_err(changed_meanwhile)?;
    Ok((StatusCode::CREATED, Json(version.into())))
}

#[derive(Serialize, ToSchema)]
struct VersionList {
    items: Vec<ModelVersion>,
    next_cursor: Option<String>,
}

/// All versions, newest first
#[utoipa::path(get, path = "/model/versions", tag = "model", params(Page),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = VersionList), Guarded, NotUnderstood))]
async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(page): Query<Page>,
) -> Result<Json<VersionList>, Problem> {
    let all = versions::list(&app.workspace, &who).await?;
    let (found, next_cursor) = page.of(all, |one| one.version.number.to_string())?;
    Ok(Json(VersionList { items: found.into_iter().map(ModelVersion::from).collect(), next_cursor }))
}

#[derive(Serialize, ToSchema)]
struct VersionDocument {
    version: ModelVersion,
    #[schema(value_type = Object)]
    document: Value,
}

/// A version with its document
#[utoipa::path(get, path = "/model/versions/{version}", tag = "model", params(("version" = i64, Path)),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = VersionDocument), Guarded, Missing))]
async fn see(
    State(app): State<App>,
    Caller(who): Caller,
    Path(number): Path<i64>,
) -> Result<Json<VersionDocument>, Problem> {
    let version = versions::see(&app.workspace, &who, number).await?.into();
    Ok(Json(VersionDocument { version, document: versions::document(&app.workspace, &who, number).await? }))
}

/// Approve a version in review
#[utoipa::path(post, path = "/model/versions/{version}/approve", tag = "model", params(("version" = i64, Path)),
    request_body = NoteBody, extensions(("x-permission" = json!("approve_models"))),
    responses((status = 200, body = ModelVersion), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn approve(
    State(app): State<App>,
    Caller(who): Caller,
    Path(number): Path<i64>,
    Body(given): Body<NoteBody>,
) -> Result<Json<ModelVersion>, Problem> {
    Ok(Json(versions::decide(&app.workspace, &who, number, true, &given.note).await?.into()))
}

/// Reject a version in review
#[utoipa::path(post, path = "/model/versions/{version}/reject", tag = "model", params(("version" = i64, Path)),
    request_body = NoteBody, extensions(("x-permission" = json!("approve_models"))),
    responses((status = 200, body = ModelVersion), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn reject(
    State(app): State<App>,
    Caller(who): Caller,
    Path(number): Path<i64>,
    Body(given): Body<NoteBody>,
) -> Result<Json<ModelVersion>, Problem> {
    Ok(Json(versions::decide(&app.workspace, &who, number, false, &given.note).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PublishBody {
    /// From when it holds: an instant, or a date, which is its first instant on the clock of the workspace; from now
    /// on if left out.
    #[serde(default)]
    effective_from: Option<String>,
    /// Why, such as a rollback.
    #[serde(default)]
    reason: String,
}

/// Put an approved version in force; also an earlier one once more (rollback)
#[utoipa::path(post, path = "/model/versions/{version}/publish", tag = "model", params(("version" = i64, Path)),
    request_body = PublishBody, extensions(("x-permission" = json!("approve_models"))),
    responses((status = 200, body = ModelVersion), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn publish(
    State(app): State<App>,
    Caller(who): Caller,
    Path(number): Path<i64>,
    Body(given): Body<PublishBody>,
) -> Result<Json<ModelVersion>, Problem> {
    let effective = versions::effective_from(given.effective_from.as_deref(), &app.workspace.zone);
    let effective = effective.map_err(WorkspaceError::from)?;
    let mut published: ModelVersion =
        versions::publish(&app.workspace, &who, number, effective, &given.reason).await?.into();
    if effective.is_none() {
        published.grading = start_again(&app.workspace, &app.jobs, &who).await?.map(|job| job.id);
    }
    Ok(Json(published))
}

/// Take back a publication that is still to come
#[utoipa::path(delete, path = "/model/publications/{publication}", tag = "model", params(("publication" = i64, Path)),
    extensions(("x-permission" = json!("approve_models"))),
    responses((status = 204), Guarded, Missing, Conflicting))]
async fn withdraw(
    State(app): State<App>,
    Caller(who): Caller,
    Path(publication): Path<i64>,
) -> Result<StatusCode, Problem> {
    versions::withdraw(&app.workspace, &who, publication).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RestoreParams {
    /// The revision of the draft that is replaced, as it came with the draft.
    revision: i64,
}

/// Begin a draft with a version's text
#[utoipa::path(post, path = "/model/versions/{version}/restore", tag = "model",
    params(("version" = i64, Path), RestoreParams),
    extensions(("x-permission" = json!("edit_models"))),
    responses((status = 200, body = Draft, headers(("etag" = String))), Guarded, NotUnderstood, Missing, Overtaken))]
async fn restore(
    State(app): State<App>,
    Caller(who): Caller,
    Path(number): Path<i64>,
    Query(given): Query<RestoreParams>,
) -> Result<Response, Problem> {
    let view =
        versions::restore(&app.workspace, &who, number, given.revision).await.map_err(changed_meanwhile)?;
    Ok(draft_response(view))
}

/// The JSON Schema of a model document, for editors
#[utoipa::path(get, path = "/model/schema", tag = "model", extensions(("x-permission" = json!("signed_in"))),
    responses((status = 200, body = Object), NotSignedIn))]
async fn schema(_caller: Caller) -> Json<Value> {
    Json(gradus_model::schema::of::<gradus_model::document::Model>().as_value().clone())
}

/// The revision that `If-Match` names.
fn revision_of(headers: &HeaderMap) -> Result<i64, Problem> {
    let Some(given) = headers.get(header::IF_MATCH) else {
        return Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if_match_required",
            "需要 If-Match 请求头：读取草稿时得到的 ETag",
            "the header If-Match is needed: the ETag that came with the draft",
        ));
    };
    let text = given.to_str().unwrap_or("").trim().trim_matches('"');
    text.parse().map_err(|_| changed_problem())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DiffParams {
    /// `in_force`, `draft`, `folder`, or the number of a version.
    from: String,
    /// The same.
    to: String,
}

/// What is different between two documents.
#[derive(Serialize, ToSchema)]
struct Difference {
    changes: Vec<ChangeView>,
}

/// One difference, in words.
#[derive(Serialize, ToSchema)]
struct ChangeView {
    /// Where in the document.
    path: String,
    words: Words,
    /// `added`, `removed` or `changed`.
    kind: String,
    before: Option<Value>,
    after: Option<Value>,
}

/// The difference of two documents in words; another order of levels is a difference
#[utoipa::path(get, path = "/model/diff", tag = "model", params(DiffParams),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Difference), Guarded, NotUnderstood, Missing, WithFindings))]
async fn difference(
    State(app): State<App>,
    Caller(who): Caller,
    Query(given): Query<DiffParams>,
) -> Result<Json<Difference>, Problem> {
    let which = |name: &str, text: &str| {
        let right = "in_force, draft, folder";
        diff::Which::parse(text).ok_or_else(|| {
            Problem::invalid(
                format!("{name} 须为 {right} 或版本号"),
                format!("{name} must be {right} or the number of a version"),
            )
        })
    };
    let (from, to) = (which("from", &given.from)?, which("to", &given.to)?);
    let change = |one: diff::Change| ChangeView {
        path: one.path,
        words: one.words.into(),
        kind: one.kind.into(),
        before: one.before,
        after: one.after,
    };
    let changes = diff::diff(&app.workspace, &who, from, to).await?;
    Ok(Json(Difference { changes: changes.into_iter().map(change).collect() }))
}

fn changed_meanwhile(error: WorkspaceError) -> Problem {
    match error {
        WorkspaceError::Conflict { .. } => changed_problem(),
        other => other.into(),
    }
}

fn changed_problem() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "changed_meanwhile",
        "草稿已被他人修改；请重新读取后再保存",
        "somebody changed the draft meanwhile; read it again, then save",
    )
}
