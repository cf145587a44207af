//! `/preview`, `/indicators`: what a changed document would do to everybody. Nothing is kept.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use gradus_workspace::WorkspaceError;
use gradus_workspace::preview::{self as verbs, PreviewOf};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::filters::RangeFilter;
use super::wire::{Body, Path};
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(model))
        .routes(routes!(rules))
        .routes(routes!(segment))
        .routes(routes!(indicator))
        .routes(routes!(stored_indicator))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ModelPreviewBody {
    /// The model document as it is being edited.
    #[schema(value_type = Object)]
    document: Value,
    /// Whose distribution is shown.
    #[serde(default)]
    scorecard: Option<String>,
    /// Whose levels are counted.
    #[serde(default)]
    scheme: Option<String>,
    /// Whose groups are counted.
    #[serde(default)]
    grouping: Option<String>,
    /// Whose statement is shown.
    #[serde(default)]
    customer: Option<String>,
}

/// What a document would do.
#[derive(Serialize, ToSchema)]
struct ModelPreview {
    as_of: String,
    customers: u64,
    /// A definition was never graded and there are too many events to do it now: simulate tells.
    needs_fold: bool,
    seconds: f64,
    score: Option<ScorePreview>,
    /// From the lowest level; an empty one is not graded.
    tiers: Vec<LevelPreview>,
    up: u64,
    down: u64,
    matrix: Vec<Moved>,
    /// Customers closest to a cut.
    edges: Vec<Edge>,
    attributes: Vec<AttributeBins>,
    groups: Vec<GroupPreview>,
    /// The score of the chosen customer, line by line.
    #[schema(value_type = Option<Object>)]
    statement: Option<Value>,
}

#[derive(Serialize, ToSchema)]
struct ScorePreview {
    histogram: Vec<ScoreBar>,
    /// At 0, 25, 50, 75 and 100 %.
    quantiles: Vec<f64>,
    n_unknown: u64,
}

#[derive(Serialize, ToSchema)]
struct ScoreBar {
    from: f64,
    to: f64,
    count: u64,
    /// As graded last.
    before: Option<u64>,
    /// What `/customers/search` takes to open those whom `before` counts.
    range: RangeFilter,
}

#[derive(Serialize, ToSchema)]
struct LevelPreview {
    level: String,
    title: Words,
    count: u64,
    before: Option<u64>,
}

#[derive(Serialize, ToSchema)]
struct GroupPreview {
    group: String,
    title: Words,
    count: u64,
    before: Option<u64>,
}

/// How many went from one level to another. An empty level is not graded; null was not there.
#[derive(Serialize, ToSchema)]
struct Moved {
    scheme: String,
    from: Option<String>,
    to: Option<String>,
    count: u64,
}

#[derive(Serialize, ToSchema)]
struct Edge {
    scheme: String,
    level: String,
    cut: String,
    customer: String,
    /// What they are called, masked.
    label: String,
    /// What they have less what it takes.
    distance: f64,
}

/// How the customers fall into the bins of an attribute.
#[derive(Serialize, ToSchema)]
struct AttributeBins {
    name: String,
    title: Words,
    bins: Vec<BinCount>,
}

#[derive(Serialize, ToSchema)]
struct BinCount {
    label: Words,
    count: u64,
    points: Option<f64>,
}

impl From<verbs::ModelPreview> for ModelPreview {
    fn from(seen: verbs::ModelPreview) -> ModelPreview {
        let bins = |bins: gradus_workspace::AttributeBins| AttributeBins {
            name: bins.name,
            title: bins.title.into(),
            bins: bins
                .bins
                .into_iter()
                .map(|bin| BinCount {
                    label: bin.label.into(),
                    count: bin.count,
                    points: bin.points.map(|p| p.to_f64()),
                })
                .collect(),
        };
        let bar = |bar: verbs::Bar| ScoreBar {
            from: bar.from,
            to: bar.to,
            count: bar.count,
            before: bar.before,
            range: bar.range.into(),
        };
        ModelPreview {
            as_of: seen.as_of,
            customers: seen.customers,
            needs_fold: seen.needs_fold,
            seconds: seen.seconds,
            score: seen.score.map(|score| ScorePreview {
                histogram: score.histogram.into_iter().map(bar).collect(),
                quantiles: score.quantiles,
                n_unknown: score.n_unknown,
            }),
            tiers: seen
                .tiers
                .into_iter()
                .map(|one| LevelPreview {
                    level: one.level,
                    title: one.title.into(),
                    count: one.count,
                    before: one.before,
                })
                .collect(),
            up: seen.up,
            down: seen.down,
            matrix: seen
                .matrix
                .into_iter()
                .map(|one| Moved { scheme: one.scheme, from: one.from, to: one.to, count: one.count })
                .collect(),
            edges: seen
                .edges
                .into_iter()
                .map(|edge| Edge {
                    scheme: edge.scheme,
                    level: edge.level,
                    cut: edge.cut,
                    customer: edge.customer.to_string(),
                    label: edge.label,
                    distance: edge.distance,
                })
                .collect(),
            attributes: seen.attributes.into_iter().map(bins).collect(),
            groups: seen
                .groups
                .into_iter()
                .map(|one| GroupPreview {
                    group: one.group,
                    title: one.title.into(),
                    count: one.count,
                    before: one.before,
                })
                .collect(),
            statement: seen.statement.and_then(|statement| serde_json::to_value(statement).ok()),
        }
    }
}

/// What a changed scorecard, tier scheme or grouping would do to everybody
#[utoipa::path(post, path = "/preview/model", tag = "preview", request_body = ModelPreviewBody,
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = ModelPreview), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn model(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<ModelPreviewBody>,
) -> Result<Json<ModelPreview>, Problem> {
    let customer = given.customer.as_deref().map(str::parse).transpose();
    let customer = customer.map_err(|_| WorkspaceError::NotFound { what: "customer" })?;
    let of =
        PreviewOf { scorecard: given.scorecard, scheme: given.scheme, grouping: given.grouping, customer };
    let base = app.bases.newest(&app.workspace).await?;
    Ok(Json(verbs::preview(&app.workspace, &who, base, &given.document, of).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RulePreviewBody {
    /// The model document as it is being edited.
    #[schema(value_type = Object)]
    document: Value,
    /// A decision table, cross table, tree, flow or rule set of the document.
    name: String,
    /// Who is tried out, as they are.
    #[serde(default)]
    customer: Option<String>,
    /// Who is tried out instead, by values of indicators; what is left out is unknown.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    inputs: Option<BTreeMap<String, Value>>,
}

/// How many each part of a rule decides for, what it gives, and what one customer meets.
#[derive(Serialize, ToSchema)]
struct RulePreview {
    as_of: String,
    customers: u64,
    /// An indicator was never graded and there are too many events to do it now: nothing is counted.
    needs_fold: bool,
    seconds: f64,
    /// Rows, cells, branches, steps or rules, in the order of the document.
    parts: Vec<RulePart>,
    /// What the rule gives, most frequent first, 200 at most.
    outcomes: Vec<RuleOutcome>,
    /// Paths of the parts that the customer who is tried out meets.
    met: Option<Vec<String>>,
    /// What they are given.
    gives: Option<String>,
    /// What the rule reads, with the values of the customer who is tried out.
    reads: Vec<RuleRead>,
}

/// A part of a rule and how many customers it decides for.
#[derive(Serialize, ToSchema)]
struct RulePart {
    /// `rule`, `row`, `branch` or `otherwise`.
    #[schema(value_type = String)]
    kind: gradus_workspace::PartKind,
    path: String,
    title: Words,
    count: u64,
}

#[derive(Serialize, ToSchema)]
struct RuleOutcome {
    /// Null: unknown.
    value: Option<String>,
    count: u64,
    /// As graded last; null if there was no such rule.
    before: Option<u64>,
}

#[derive(Serialize, ToSchema)]
struct RuleRead {
    name: String,
    title: Words,
    value: Option<String>,
}

/// A rule that is being edited: how many each of its parts decides for, and what one customer meets
#[utoipa::path(post, path = "/preview/rules", tag = "preview", request_body = RulePreviewBody,
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = RulePreview), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn rules(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<RulePreviewBody>,
) -> Result<Json<RulePreview>, Problem> {
    let customer = given.customer.as_deref().map(str::parse).transpose();
    let customer = customer.map_err(|_| WorkspaceError::NotFound { what: "customer" })?;
    let inputs = given.inputs.map(|inputs| inputs.into_iter().collect());
    let of = verbs::RuleOf { name: given.name, customer, inputs };
    let base = app.bases.newest(&app.workspace).await?;
    let seen = verbs::preview_rule(&app.workspace, &who, base, &given.document, of).await?;
    let part = |hits: gradus_workspace::PartHits| RulePart {
        kind: hits.part.kind,
        path: hits.part.path,
        title: hits.part.title.into(),
        count: hits.count,
    };
    let outcome =
        |one: verbs::RuleOutcome| RuleOutcome { value: one.value, count: one.count, before: one.before };
    let read = |one: verbs::RuleRead| RuleRead { name: one.name, title: one.title.into(), value: one.value };
    Ok(Json(RulePreview {
        as_of: seen.as_of,
        customers: seen.customers,
        needs_fold: seen.needs_fold,
        seconds: seen.seconds,
        parts: seen.parts.into_iter().map(part).collect(),
        outcomes: seen.outcomes.into_iter().map(outcome).collect(),
        met: seen.met,
        gives: seen.gives,
        reads: seen.reads.into_iter().map(read).collect(),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SegmentPreviewBody {
    /// The model document as it is being edited; the one in force if left out.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    document: Option<Value>,
    /// `everyone`, or a segment.
    base: String,
    /// A condition: SQL, or a tree.
    #[serde(rename = "where")]
    condition: Value,
}

/// What a segment holds.
#[derive(Serialize, ToSchema)]
struct SegmentPreview {
    as_of: String,
    count: u64,
    /// Of the base those of whom it cannot be told.
    n_unknown: u64,
    base_count: u64,
    share: f64,
    needs_fold: bool,
    /// The condition read back.
    words: Words,
    inside: Vec<SegmentSample>,
    /// Those whom the fewest conditions keep out.
    outside: Vec<SegmentSample>,
    seconds: f64,
}

#[derive(Serialize, ToSchema)]
struct SegmentSample {
    customer: String,
    label: String,
    /// The values that decide.
    values: Vec<SampleValue>,
    fails: Option<Words>,
}

#[derive(Serialize, ToSchema)]
struct SampleValue {
    name: String,
    value: Option<String>,
}

impl From<verbs::SegmentSample> for SegmentSample {
    fn from(sample: verbs::SegmentSample) -> SegmentSample {
        SegmentSample {
            customer: sample.customer,
            label: sample.label,
            values: sample.values.into_iter().map(|(name, value)| SampleValue { name, value }).collect(),
            fails: sample.fails.map(Words::from),
        }
    }
}

/// How many a segment would hold, exactly; who is in, who is just outside, and why
#[utoipa::path(post, path = "/preview/segment", tag = "preview", request_body = SegmentPreviewBody,
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = SegmentPreview), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn segment(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<SegmentPreviewBody>,
) -> Result<Json<SegmentPreview>, Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    let SegmentPreviewBody { document, base: population, condition } = given;
    let seen = verbs::preview_segment(&app.workspace, &who, base, document.as_ref(), &population, &condition)
        .await?;
    Ok(Json(SegmentPreview {
        as_of: seen.as_of,
        count: seen.count,
        n_unknown: seen.n_unknown,
        base_count: seen.base_count,
        share: seen.share,
        needs_fold: seen.needs_fold,
        words: seen.words.into(),
        inside: seen.inside.into_iter().map(SegmentSample::from).collect(),
        outside: seen.outside.into_iter().map(SegmentSample::from).collect(),
        seconds: seen.seconds,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IndicatorPreviewBody {
    #[schema(value_type = Object)]
    document: Value,
    name: String,
}

/// An indicator: in words, how its values lie, who uses it.
#[derive(Serialize, ToSchema)]
struct IndicatorDetail {
    title: Words,
    words: Words,
    needs_fold: bool,
    distribution: Distribution,
    used_by: Vec<UsedBy>,
}

#[derive(Serialize, ToSchema)]
struct Distribution {
    /// Stretches of numbers; categories have a label, the most frequent first.
    bins: Vec<DistributionBin>,
    n_unknown: u64,
    n_not_applicable: u64,
    quantiles: Vec<QuantileValue>,
}

#[derive(Serialize, ToSchema)]
struct DistributionBin {
    from: f64,
    to: f64,
    count: u64,
    label: Option<String>,
    /// What `/customers/search` takes to open those whom a stretch counts; a category is opened by its label.
    range: Option<RangeFilter>,
}

#[derive(Serialize, ToSchema)]
struct QuantileValue {
    q: f64,
    value: f64,
}

#[derive(Serialize, ToSchema)]
struct UsedBy {
    kind: Words,
    name: String,
}

impl From<verbs::IndicatorDetail> for IndicatorDetail {
    fn from(seen: verbs::IndicatorDetail) -> IndicatorDetail {
        let lies = seen.distribution;
        IndicatorDetail {
            title: seen.title.into(),
            words: seen.words.into(),
            needs_fold: seen.needs_fold,
            distribution: Distribution {
                bins: lies
                    .bins
                    .into_iter()
                    .map(|bin| DistributionBin {
                        from: bin.from,
                        to: bin.to,
                        count: bin.count,
                        label: bin.label,
                        range: bin.range.map(RangeFilter::from),
                    })
                    .collect(),
                n_unknown: lies.n_unknown,
                n_not_applicable: lies.n_not_applicable,
                quantiles: lies.quantiles.into_iter().map(|(q, value)| QuantileValue { q, value }).collect(),
            },
            used_by: seen
                .used_by
                .into_iter()
                .map(|(kind, name)| UsedBy { kind: kind.into(), name })
                .collect(),
        }
    }
}

/// An indicator of a document that is being edited
#[utoipa::path(post, path = "/preview/indicator", tag = "preview", request_body = IndicatorPreviewBody,
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = IndicatorDetail), Guarded, NotUnderstood, Conflicting, WithFindings))]
async fn indicator(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<IndicatorPreviewBody>,
) -> Result<Json<IndicatorDetail>, Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    Ok(Json(verbs::indicator(&app.workspace, &who, base, &given.document, &given.name).await?.into()))
}

/// An indicator of the model that graded last
#[utoipa::path(get, path = "/indicators/{name}", tag = "preview", params(("name" = String, Path)),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = IndicatorDetail), Guarded, Missing, Conflicting, WithFindings))]
async fn stored_indicator(
    State(app): State<App>,
    Caller(who): Caller,
    Path(name): Path<String>,
) -> Result<Json<IndicatorDetail>, Problem> {
    let base = app.bases.newest(&app.workspace).await?;
    Ok(Json(verbs::stored_indicator(&app.workspace, &who, base, &name).await?.into()))
}
