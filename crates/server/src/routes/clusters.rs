//! `/learn/clusters`, `/learn/cuts`: groups of customers that are alike, and where a number is best cut.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradus_model::document::{ClusterMethod, ClusterScale};
use gradus_workspace::access::Permission;
use gradus_workspace::base::Base;
use gradus_workspace::clusters::{self, ClustersRequest, IntoDraft};
use gradus_workspace::cuts::{self, CutsRequest};
use gradus_workspace::learn::Write;
use gradus_workspace::{WorkspaceError, jobs};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobView, view};
use super::learning::WriteBody;
use super::wire::{Body, Path};
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Conflicting, Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(learn)).routes(routes!(learned)).routes(routes!(cut))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClustersBody {
    /// Indicators, or expressions over them; those of the model's RFM grouping if left out.
    #[serde(default)]
    features: Vec<String>,
    /// How many groups; as many as fit best if left out.
    #[serde(default)]
    k: Option<u32>,
    /// Numbers of groups that are tried: 2 to this; 8 if left out.
    #[serde(default)]
    most: Option<u32>,
    /// `k_means` or `mixture`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    method: Option<ClusterMethod>,
    /// `standard`, `robust`, `min_max` or `log`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    scale: Option<ClusterScale>,
    #[serde(default)]
    seed: Option<u64>,
    /// `everyone`, or a condition over indicators.
    #[serde(default)]
    base: Option<String>,
    /// `draft`, `folder` or the number of a version; what is in force if left out.
    #[serde(default)]
    model: Option<String>,
    /// The prediction: if the model has clusters of this name, what is not asked is as they have it.
    #[serde(default)]
    name: Option<String>,
    /// The prediction into the draft, under this name; needs the right to edit models.
    #[serde(default)]
    write: Option<WriteBody>,
    /// A segment for each group into the draft, by rules that describe it; needs the right to edit models.
    #[serde(default)]
    segments: bool,
    /// Segments take the place of what is called so; of the prediction `write` says it.
    #[serde(default)]
    replace: bool,
    /// A date or an instant; now if left out.
    #[serde(default)]
    as_of: Option<String>,
}

/// Find groups of customers that are alike; a job whose result `/learn/clusters/{job}` gives
#[utoipa::path(post, path = "/learn/clusters", tag = "learning", request_body = ClustersBody,
    extensions(("x-permission" = json!("run_jobs"))),
    responses((status = 202, body = JobView), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn learn(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<ClustersBody>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let to = given.write.map(Write::from);
    let into = IntoDraft {
        prediction: to.is_some(),
        segments: given.segments,
        replace: given.replace || to.as_ref().is_some_and(|to| to.replace),
    };
    let request = ClustersRequest {
        model: given.model,
        name: to.map(|to| to.name).or(given.name),
        as_of: given.as_of,
        features: given.features,
        base: given.base,
        k: given.k,
        most: given.most,
        method: given.method,
        scale: given.scale,
        seed: given.seed,
    };
    let job = clusters::start(&app.workspace, &app.jobs, &who, request, into).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, job))))
}

/// What a job has learned of groups
#[utoipa::path(get, path = "/learn/clusters/{job}", tag = "learning",
    params(("job" = String, Path, description = "The job, once it is done")),
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = LearnedClusters), Guarded, Missing, Conflicting))]
async fn learned(
    State(app): State<App>,
    Caller(who): Caller,
    Path(job): Path<String>,
) -> Result<Json<LearnedClusters>, Problem> {
    let job = jobs::get(&app.workspace, &who, &job).await?;
    if job.kind != clusters::JOB {
        return Err(WorkspaceError::NotFound { what: "job" }.into());
    }
    let result = job.result.ok_or(WorkspaceError::Conflict { what: "job" })?;
    let read = serde_json::from_value(result);
    Ok(Json(read.map_err(|error| WorkspaceError::Defect(error.to_string()))?))
}

/// Groups of customers that are alike: numbers of groups that were tried, and what is typical of each group.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LearnedClusters {
    as_of: String,
    model_title: Words,
    /// The published version whose indicators were looked at; null: draft or folder.
    version: Option<i64>,
    /// The name of the prediction.
    name: String,
    method: String,
    scale: String,
    seed: u64,
    /// Customers who were grouped: all their features are known.
    n: u64,
    /// Customers of whom a feature is unknown: they are in no group.
    n_left_out: u64,
    features: Vec<ClusterFeature>,
    /// Each number of groups that was tried; empty where too few customers differ.
    tried: Vec<TriedNumber>,
    /// Customers in the sample on which they were judged.
    n_judged: u64,
    /// The number of the groups shown here.
    k: u32,
    /// The number that is advised.
    advised: u32,
    /// Whether the advised groups come again when customers are drawn anew.
    stable: bool,
    /// The number by the gap statistic, from 1 on, if it names one; of centres.
    by_gap: Option<u32>,
    /// The number by the BIC, from 1 on; of mixtures.
    by_bic: Option<u32>,
    /// The largest first.
    clusters: Vec<LearnedCluster>,
    scatter: Option<Scatter>,
    /// The groups by plain rules; null for a single group.
    description: Option<ClustersDescribed>,
    /// The entry for `predictions:` of the model document.
    #[schema(value_type = Object)]
    prediction: Value,
    /// Entries for `segments:`, one a group, by name.
    #[schema(value_type = Object)]
    segments: BTreeMap<String, Value>,
    words: Words,
    /// What to beware of.
    cautions: Vec<Words>,
    seconds: f64,
    /// What came into the draft, where something was to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    draft: Option<IntoDraftDone>,
}

/// What came into the draft.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IntoDraftDone {
    revision: i64,
    /// Such as `predictions.groups`.
    paths: Vec<String>,
    /// Segments of an earlier write whose groups are no longer there: they went.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    removed: Vec<String>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClusterFeature {
    /// The expression as it is written.
    name: String,
    title: Words,
    mean: f64,
    deviation: f64,
    /// Everybody has the same value, so it parts nobody.
    constant: bool,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TriedNumber {
    k: u32,
    inertia: f64,
    /// From -1 to 1: how much nearer customers are to their own group than to the next.
    silhouette: f64,
    /// Of centres; null of mixtures.
    gap: Option<f64>,
    gap_error: Option<f64>,
    /// Of mixtures, the less the better; null of centres.
    bic: Option<f64>,
    /// From about 0 to 1: how far the groups come again when customers are drawn anew.
    stability: f64,
    /// Customers of the sample in the smallest group.
    smallest: u64,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LearnedCluster {
    /// `c1`, `c2` …
    name: String,
    title: Words,
    n: u64,
    share: f64,
    /// How clearly its customers belong to it, on average, from 0 to 1.
    sure: f64,
    /// How much nearer its customers are to it than to the next group, from -1 to 1; null for a single group.
    silhouette: Option<f64>,
    /// How far it comes again when customers are drawn anew, from about 0 to 1; null for a single group.
    stability: Option<f64>,
    /// All features, the greatest difference first.
    typical: Vec<TypicalFeature>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TypicalFeature {
    feature: String,
    title: Words,
    mean: f64,
    /// The mean of all others who were grouped.
    others: Option<f64>,
    /// In standard deviations, on the scale by which they were grouped.
    difference: f64,
    /// Null where it is as with everybody.
    words: Option<Words>,
}

/// A sample of customers in a plane.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Scatter {
    /// What the axes are.
    x: Words,
    y: Words,
    /// The share of all differences between customers that the plane shows.
    kept: f64,
    /// Two places, and the group from 0.
    #[schema(value_type = Vec<Vec<f64>>)]
    points: Vec<(f64, f64, u32)>,
    #[schema(value_type = Vec<Vec<f64>>)]
    centres: Vec<(f64, f64)>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClustersDescribed {
    /// The share of customers whom the rules put into their own group.
    right: f64,
    /// In the order of the groups.
    clusters: Vec<ClusterDescribed>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClusterDescribed {
    name: String,
    rules: Vec<ClusterRule>,
    /// The share of the group for whom a rule holds.
    caught: f64,
    /// The share of those for whom a rule holds that are in the group.
    precise: f64,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClusterRule {
    /// SQL; all hold.
    conditions: Vec<String>,
    words: Words,
    n: u64,
    n_right: u64,
    caught: f64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CutsBody {
    /// An indicator, or an expression over indicators.
    value: String,
    /// Into how many parts; 5 if left out.
    #[serde(default = "usual_parts")]
    parts: u32,
    /// `jenks`, `k_means` or `quantiles`; `jenks` if left out.
    #[serde(default = "usual_method")]
    #[schema(value_type = String)]
    method: cuts::CutMethod,
    /// A date or an instant; the newest grading if left out. A day that is not graded needs the right to run jobs.
    #[serde(default)]
    as_of: Option<String>,
    /// Into the draft: `scorecards.CARD.attributes.NAME` or `groupings.NAME`; needs the right to edit models.
    #[serde(default)]
    write: Option<String>,
    /// `everyone`, or a condition over indicators.
    #[serde(default)]
    base: Option<String>,
    /// `draft`, `folder` or the number of a version; what is in force if left out.
    #[serde(default)]
    model: Option<String>,
}

fn usual_parts() -> u32 {
    5
}

fn usual_method() -> cuts::CutMethod {
    cuts::CutMethod::Jenks
}

/// Where a number is cut best, and how much of its differences that explains.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CutsFound {
    as_of: String,
    value: String,
    title: Words,
    method: String,
    /// Parts are `[a, b)`: one more than cuts.
    cuts: Vec<f64>,
    /// Customers in each part.
    counts: Vec<u64>,
    means: Vec<Option<f64>>,
    /// From 0 to 1: the share of the variance that lies between the parts; null where nobody differs.
    goodness: Option<f64>,
    n: u64,
    n_unknown: u64,
    words: Words,
    /// What came into the draft, where something was to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    draft: Option<IntoDraftDone>,
}

/// Where to cut a number, by the newest grading or as of a day
#[utoipa::path(post, path = "/learn/cuts", tag = "learning", request_body = CutsBody,
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = CutsFound), Guarded, NotUnderstood, Missing, Conflicting, WithFindings))]
async fn cut(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<CutsBody>,
) -> Result<Json<CutsFound>, Problem> {
    let request = CutsRequest {
        value: given.value,
        parts: given.parts,
        method: given.method,
        base: given.base,
        model: given.model,
        as_of: given.as_of,
    };
    let newest = app.bases.newest(&app.workspace).await?;
    let base = match request.as_of.as_deref() {
        Some(day) if !newest.instants.iter().any(|instant| instant == day) => {
            // Grading everybody for one question is work that not everybody may start.
            who.needs(Permission::RunJobs)?;
            std::sync::Arc::new(Base::as_of_apart(&app.workspace, &newest, day).await?)
        }
        day => app.bases.as_of(&app.workspace, day).await?,
    };
    let found = cuts::cuts_at_once(&app.workspace, &who, base, &request).await?;
    let drafted = match &given.write {
        Some(path) => Some(cuts::to_draft(&app.workspace, &who, &found, path).await?),
        None => None,
    };
    let mut value = serde_json::to_value(found).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    if let Some(drafted) = drafted {
        value["draft"] = serde_json::json!(drafted);
    }
    let value = serde_json::from_value(value);
    Ok(Json(value.map_err(|error| WorkspaceError::Defect(error.to_string()))?))
}
