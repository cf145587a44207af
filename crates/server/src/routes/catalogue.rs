//! `/catalogue`: what a formula may say.

use axum::Json;
use axum::extract::State;
use gradus_workspace::catalogue as verbs;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Guarded, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(catalogue))
}

/// The words of a formula.
#[derive(Serialize, ToSchema)]
struct Catalogue {
    /// Columns of events.
    columns: Vec<CatalogueColumn>,
    /// Kinds of event that the sources give.
    kinds: Vec<CatalogueKind>,
    functions: Vec<CatalogueFunction>,
    /// Lists of customers that sources give, for `in_list`.
    lists: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct CatalogueColumn {
    name: String,
    title: Words,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Serialize, ToSchema)]
struct CatalogueKind {
    name: String,
    title: Words,
}

#[derive(Serialize, ToSchema)]
struct CatalogueFunction {
    name: String,
    signature: String,
    title: Words,
    example: String,
}

/// Columns, kinds and functions that a formula may name
#[utoipa::path(get, path = "/catalogue", tag = "model", extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = Catalogue), Guarded, WithFindings))]
async fn catalogue(State(app): State<App>, Caller(who): Caller) -> Result<Json<Catalogue>, Problem> {
    let found = verbs::catalogue(&app.workspace, &who)?;
    Ok(Json(Catalogue {
        columns: found
            .columns
            .into_iter()
            .map(|(name, title, kind)| CatalogueColumn { name, title: title.into(), kind })
            .collect(),
        kinds: found
            .kinds
            .into_iter()
            .map(|(name, title)| CatalogueKind { name, title: title.into() })
            .collect(),
        functions: found
            .functions
            .into_iter()
            .map(|one| CatalogueFunction {
                name: one.name.into(),
                signature: one.signature.into(),
                title: Words { zh: one.zh.into(), en: one.en.into() },
                example: one.example.into(),
            })
            .collect(),
        lists: found.lists,
    }))
}
