//! `/model/rules`: rules from and for other programs: PMML, DMN, JDM.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gradus_model::exchange::Format;
use gradus_workspace::diff::Which;
use gradus_workspace::{export_rules, look_at_rules};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{Body, Path, Query};
use crate::caller::Caller;
use crate::problem::{FieldProblem, field_problems};
use crate::refusals::{Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(import)).routes(routes!(export))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    /// As the operator calls it; findings name it.
    file_name: String,
    /// The whole text of the file.
    text: String,
}

/// What a file of rules becomes. Nothing is written: the page adds it to the draft.
#[derive(Serialize, ToSchema)]
struct RulesPart {
    /// `pmml`, `dmn` or `jdm`.
    format: String,
    /// A model document with nothing but the rules.
    #[schema(value_type = Object)]
    document: Value,
    /// Names that the rules read.
    inputs: Vec<RulesInput>,
    /// Warnings and notes.
    findings: Vec<FieldProblem>,
}

/// A name that the rules read.
#[derive(Serialize, ToSchema)]
struct RulesInput {
    name: String,
    /// Its type, as the file calls it.
    kind: String,
    /// The draft has something of this name already.
    known: bool,
}

/// Read a file of rules of another program (PMML, DMN or JDM) as a part of a model
#[utoipa::path(post, path = "/model/rules", tag = "model", request_body = RulesFile,
    extensions(("x-permission" = json!("edit_models"))),
    responses((status = 200, body = RulesPart), Guarded, NotUnderstood, WithFindings))]
async fn import(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<RulesFile>,
) -> Result<Json<RulesPart>, Problem> {
    let read = look_at_rules(&app.workspace, &who, &given.file_name, given.text.as_bytes()).await?;
    let document = serde_json::to_value(&read.part)
        .map_err(|error| Problem::from(gradus_workspace::WorkspaceError::Defect(error.to_string())))?;
    let inputs = read.inputs.into_iter();
    Ok(Json(RulesPart {
        format: read.format.into(),
        document,
        inputs: inputs.map(|one| RulesInput { name: one.name, kind: one.kind, known: one.known }).collect(),
        findings: field_problems(&read.findings),
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// `pmml` for a scorecard, `dmn` for a decision table or a flow.
    format: String,
    /// `draft`, `in_force`, or the number of a version; the draft if left out.
    of: Option<String>,
}

/// A scorecard as PMML 4.4, a decision table or a flow as DMN 1.5
#[utoipa::path(get, path = "/model/rules/{name}", tag = "model", params(("name" = String, Path), ExportQuery),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = String, content_type = "application/xml"), Guarded, NotUnderstood, Missing,
        WithFindings))]
async fn export(
    State(app): State<App>,
    Caller(who): Caller,
    Path(name): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let Some(format) = Format::parse(&query.format) else {
        return Err(Problem::invalid("format 须为 pmml 或 dmn", "format is pmml or dmn"));
    };
    let of = query.of.as_deref().unwrap_or("draft");
    // The folder is the operator's at the terminal, not the page's.
    let Some(which) = Which::parse(of).filter(|which| *which != Which::Folder) else {
        return Err(Problem::invalid(
            "of 须为 draft、in_force 或版本号",
            "of is draft, in_force or a version's number",
        ));
    };
    let text = export_rules(&app.workspace, &who, which, &name, format).await.map_err(Problem::of_path)?;
    let headers = [
        (header::CONTENT_TYPE, "application/xml; charset=utf-8".to_string()),
        (header::CONTENT_DISPOSITION, attachment(&name, format.word())),
    ];
    Ok((headers, text).into_response())
}

/// The file is called as the rules are. Names may be Chinese, headers are ASCII: RFC 6266 has a second form for those.
fn attachment(name: &str, ending: &str) -> String {
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            encoded.push(byte as char);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"rules.{ending}\"; filename*=UTF-8''{encoded}.{ending}")
}
