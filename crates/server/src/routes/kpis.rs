//! `/kpis`: figures of every tier or segment, the operator's own among them, and their targets.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gradus_model::Text;
use gradus_workspace::WorkspaceError;
use gradus_workspace::kpis::{self as verbs, KpisBy};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{Body, Query};
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Conflicting, Guarded, NoRevision, NotUnderstood, Overtaken, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(see, set))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct KpiParams {
    /// `tier` (if left out), `segment` or `category`.
    by: Option<String>,
    /// With `category`: an indicator that is one, such as a country; its 50 largest values are told apart.
    name: Option<String>,
    /// With `tier`: the tier scheme; the first of the model if left out.
    scheme: Option<String>,
}

/// KPIs as of the newest grading. Their ETag is needed to change definitions and targets.
#[derive(Serialize, ToSchema)]
struct KpiTable {
    as_of: String,
    by: String,
    /// The tier scheme whose levels the groups are.
    scheme: Option<String>,
    /// What `If-Match` has to name to change them.
    revision: String,
    groups: Vec<KpiGroupView>,
    kpis: Vec<KpiView>,
}

#[derive(Serialize, ToSchema)]
struct KpiGroupView {
    /// A level, segment or value; null: not graded.
    name: Option<String>,
    title: Words,
    n_customers: u64,
}

#[derive(Serialize, ToSchema)]
struct KpiView {
    name: String,
    title: Words,
    /// How it is made.
    words: Words,
    unit: KpiUnit,
    target: Option<KpiTarget>,
    /// Of everybody whom one may see.
    total: KpiFigureView,
    /// In the order of the groups.
    rows: Vec<KpiFigureView>,
    /// As the operator made it; null if it stands in every workspace.
    own: Option<KpiMeasure>,
    /// What keeps it from being told.
    trouble: Option<Words>,
}

#[derive(Serialize, ToSchema)]
struct KpiFigureView {
    /// Null where there is nothing to tell.
    value: Option<f64>,
    /// How many customers the KPI counts there: those whom it opens.
    n_customers: u64,
}

impl From<verbs::KpiFigure> for KpiFigureView {
    fn from(figure: verbs::KpiFigure) -> KpiFigureView {
        KpiFigureView { value: figure.value, n_customers: figure.n_customers }
    }
}

/// How people read a value; of `percent` 0.25 is shown as 25 %.
#[derive(Serialize, Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum KpiUnit {
    Count,
    Number,
    Money,
    Percent,
    Days,
}

/// What is aimed at.
#[derive(Serialize, ToSchema)]
struct KpiTarget {
    value: f64,
    higher_is_better: bool,
}

/// What is told of some customers.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KpiMeasure {
    /// `sum`, `mean` or `median` of an indicator or score, or `share` of customers of whom a condition holds.
    kind: KpiMeasureKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    indicator: Option<String>,
    /// With `share`: a condition as segments have it.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    condition: Option<Value>,
}

#[derive(Serialize, Deserialize, ToSchema, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum KpiMeasureKind {
    Sum,
    Mean,
    Median,
    Share,
}

impl From<verbs::KpiMeasure> for KpiMeasure {
    fn from(measure: verbs::KpiMeasure) -> KpiMeasure {
        let (kind, indicator, condition) = match measure {
            verbs::KpiMeasure::Sum { indicator } => (KpiMeasureKind::Sum, Some(indicator), None),
            verbs::KpiMeasure::Mean { indicator } => (KpiMeasureKind::Mean, Some(indicator), None),
            verbs::KpiMeasure::Median { indicator } => (KpiMeasureKind::Median, Some(indicator), None),
            verbs::KpiMeasure::Share { condition } => (KpiMeasureKind::Share, None, Some(condition)),
        };
        KpiMeasure { kind, indicator, condition }
    }
}

impl KpiMeasure {
    fn verb(self) -> Result<verbs::KpiMeasure, Problem> {
        Ok(match (self.kind, self.indicator, self.condition) {
            (KpiMeasureKind::Sum, Some(indicator), None) => verbs::KpiMeasure::Sum { indicator },
            (KpiMeasureKind::Mean, Some(indicator), None) => verbs::KpiMeasure::Mean { indicator },
            (KpiMeasureKind::Median, Some(indicator), None) => verbs::KpiMeasure::Median { indicator },
            (KpiMeasureKind::Share, None, Some(condition)) => verbs::KpiMeasure::Share { condition },
            _ => {
                return Err(Problem::invalid(
                    "measure：share 须有 where，其余须有 indicator",
                    "measure: `share` has a `where`, the others have an `indicator`",
                ));
            }
        })
    }
}

impl From<KpiUnit> for verbs::KpiUnit {
    fn from(unit: KpiUnit) -> verbs::KpiUnit {
        match unit {
            KpiUnit::Count => verbs::KpiUnit::Count,
            KpiUnit::Number => verbs::KpiUnit::Number,
            KpiUnit::Money => verbs::KpiUnit::Money,
            KpiUnit::Percent => verbs::KpiUnit::Percent,
            KpiUnit::Days => verbs::KpiUnit::Days,
        }
    }
}

impl From<verbs::KpiUnit> for KpiUnit {
    fn from(unit: verbs::KpiUnit) -> KpiUnit {
        match unit {
            verbs::KpiUnit::Count => KpiUnit::Count,
            verbs::KpiUnit::Number => KpiUnit::Number,
            verbs::KpiUnit::Money => KpiUnit::Money,
            verbs::KpiUnit::Percent => KpiUnit::Percent,
            verbs::KpiUnit::Days => KpiUnit::Days,
        }
    }
}

/// KPIs by tier, segment or category
#[utoipa::path(get, path = "/kpis", tag = "runs", params(KpiParams),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = KpiTable, headers(("etag" = String))), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn see(
    State(app): State<App>,
    Caller(who): Caller,
    Query(given): Query<KpiParams>,
) -> Result<Response, Problem> {
    let (name, by) = match given.by.as_deref().unwrap_or("tier") {
        "tier" => ("tier", KpisBy::Tier(given.scheme)),
        "segment" => ("segment", KpisBy::Segment),
        "category" => match given.name {
            Some(name) => ("category", KpisBy::Category(name)),
            None => {
                return Err(Problem::invalid(
                    "category 须有 name：一个指标",
                    "category needs a name: an indicator",
                ));
            }
        },
        _ => {
            return Err(Problem::invalid(
                "by 须为 tier、segment 或 category",
                "by must be tier, segment or category",
            ));
        }
    };
    let base = app.bases.newest(&app.workspace).await?;
    let told = verbs::kpis(&app.workspace, &who, base, &by).await?;
    let etag = format!("\"{}\"", told.revision);
    let group = |one: verbs::KpiGroup| KpiGroupView {
        name: one.name,
        title: one.title.into(),
        n_customers: one.n_customers,
    };
    let kpi = |one: verbs::Kpi| KpiView {
        name: one.name,
        title: one.title.into(),
        words: one.words.into(),
        unit: one.unit.into(),
        target: one
            .target
            .map(|target| KpiTarget { value: target.value, higher_is_better: target.higher_is_better }),
        total: one.total.into(),
        rows: one.rows.into_iter().map(KpiFigureView::from).collect(),
        own: one.own.map(KpiMeasure::from),
        trouble: one.trouble.map(Words::from),
    };
    let body = KpiTable {
        as_of: told.as_of,
        by: name.into(),
        scheme: told.scheme,
        revision: told.revision,
        groups: told.groups.into_iter().map(group).collect(),
        kpis: told.kpis.into_iter().map(kpi).collect(),
    };
    Ok(([(header::ETAG, etag)], Json(body)).into_response())
}

/// The operator's own KPIs and the targets of all, as a whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KpiBody {
    #[schema(max_items = 50)]
    own: Vec<KpiDefinition>,
    #[schema(max_items = 100)]
    targets: Vec<KpiTargetOf>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KpiDefinition {
    #[schema(min_length = 1, max_length = 40)]
    name: String,
    title: Words,
    unit: KpiUnit,
    measure: KpiMeasure,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KpiTargetOf {
    /// The KPI, one's own or a standing one.
    name: String,
    value: f64,
    higher_is_better: bool,
}

/// The new revision.
#[derive(Serialize, ToSchema)]
struct KpiRevision {
    revision: String,
}

/// Set the operator's own KPIs and all targets
#[utoipa::path(put, path = "/kpis", tag = "runs", request_body = KpiBody,
    params(("if-match" = Option<String>, Header, description = "The ETag that came with the KPIs")),
    extensions(("x-permission" = json!("edit_models"))),
    responses((status = 200, body = KpiRevision, headers(("etag" = String))), Guarded, NotUnderstood, Conflicting, Overtaken, WithFindings, NoRevision))]
async fn set(
    State(app): State<App>,
    Caller(who): Caller,
    headers: HeaderMap,
    Body(given): Body<KpiBody>,
) -> Result<Response, Problem> {
    let revision = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
    let revision = revision.map(|text| text.trim().trim_start_matches("W/").trim_matches('"'));
    let Some(revision) = revision else {
        return Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if_match_required",
            "需要 If-Match 请求头：读取 KPI 时得到的 ETag",
            "the header If-Match is needed: the ETag that came with the KPIs",
        ));
    };
    let definition = |one: KpiDefinition| -> Result<verbs::KpiDefinition, Problem> {
        Ok(verbs::KpiDefinition {
            name: one.name,
            title: Text::new(one.title.zh, one.title.en),
            unit: one.unit.into(),
            measure: one.measure.verb()?,
        })
    };
    let target = |one: KpiTargetOf| verbs::NamedTarget {
        name: one.name,
        value: one.value,
        higher_is_better: one.higher_is_better,
    };
    let settings = verbs::KpiSettings {
        own: given.own.into_iter().map(definition).collect::<Result<_, _>>()?,
        targets: given.targets.into_iter().map(target).collect(),
    };
    let base = app.bases.newest(&app.workspace).await?;
    let written = verbs::write(&app.workspace, &who, &base, settings, revision).await;
    let revision = written.map_err(changed_meanwhile)?;
    Ok(([(header::ETAG, format!("\"{revision}\""))], Json(KpiRevision { revision })).into_response())
}

fn changed_meanwhile(error: WorkspaceError) -> Problem {
    match error {
        WorkspaceError::Conflict { .. } => Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "changed_meanwhile",
            "KPI 已被他人修改；请重新读取后再保存",
            "somebody changed the KPIs meanwhile; read them again, then save",
        ),
        other => other.into(),
    }
}
