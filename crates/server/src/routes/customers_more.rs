//! `/customers/{customer}/notes`, `…/owner`: what people write about a customer.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_workspace::customers::{self as verbs};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{Body, Path, instant};
use crate::caller::Caller;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(notes, write_note)).routes(routes!(set_owner))
}

/// What somebody wrote about a customer.
#[derive(Serialize, ToSchema)]
struct Note {
    id: String,
    by: String,
    at: String,
    text: String,
}

impl From<verbs::Note> for Note {
    fn from(note: verbs::Note) -> Note {
        Note { id: note.id, by: note.by, at: instant(note.at), text: note.text }
    }
}

#[derive(Serialize, ToSchema)]
struct NoteList {
    items: Vec<Note>,
}

/// Notes, newest first
#[utoipa::path(get, path = "/customers/{customer}/notes", tag = "customers", params(("customer" = String, Path)),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = NoteList), Guarded, Missing, Conflicting))]
async fn notes(
    State(app): State<App>,
    Caller(who): Caller,
    Path(customer): Path<i64>,
) -> Result<Json<NoteList>, Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    let found = verbs::notes(&app.workspace, &who, &base, customer).await?;
    Ok(Json(NoteList { items: found.into_iter().map(Note::from).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CustomerNoteBody {
    #[schema(min_length = 1, max_length = 5000)]
    text: String,
}

/// Write a note; it lies in the vault with the customer
#[utoipa::path(post, path = "/customers/{customer}/notes", tag = "customers", params(("customer" = String, Path)),
    request_body = CustomerNoteBody, extensions(("x-permission" = json!("write_notes"))),
    responses((status = 201, body = Note), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn write_note(
    State(app): State<App>,
    Caller(who): Caller,
    Path(customer): Path<i64>,
    Body(given): Body<CustomerNoteBody>,
) -> Result<(StatusCode, Json<Note>), Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    let note = verbs::write_note(&app.workspace, &who, &base, customer, &given.text).await?;
    Ok((StatusCode::CREATED, Json(note.into())))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnerBody {
    /// An account's id; null: nobody.
    owner: Option<String>,
}

/// Say who looks after a customer
#[utoipa::path(put, path = "/customers/{customer}/owner", tag = "customers", params(("customer" = String, Path)),
    request_body = OwnerBody, extensions(("x-permission" = json!("write_notes"))),
    responses((status = 204), Guarded, NotUnderstood, Missing, Conflicting))]
async fn set_owner(
    State(app): State<App>,
    Caller(who): Caller,
    Path(customer): Path<i64>,
    Body(given): Body<OwnerBody>,
) -> Result<StatusCode, Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    verbs::set_owner(&app.workspace, &who, &base, customer, given.owner.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
