//! `gradus learn clusters`: groups of customers that are alike. Numbers of groups are tried and judged, each group is
//! told by what is typical of it and, as far as plain rules reach, described by them. What is learned becomes a
//! prediction of the model, or segments, which a person can read and edit.

mod describe;
mod draft;
mod look;
mod page;
mod project;
mod text;

use std::sync::Arc;

use gradus_grading::grade::EVERYONE;
use gradus_grading::grade::clusters::{
    Alike, Cluster, ClusterOptions, ClustersFit, ClustersStatus, choice_options, typical_word,
};
use gradus_model::document::{ClusterMethod, ClusterScale, Clusters, Condition, Model, Prediction, Segment};
use gradus_model::{Finding, Place, Text};
use gradus_stats::cluster::{Choice, choose_k};
use gradus_store::Job;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use self::describe::{DescribedCluster, Description, RuleOfCluster};
pub(crate) use self::describe::{number, roundest};
pub use self::draft::{Drafted, to_draft};
pub(crate) use self::look::{Looked, look};
pub use self::page::clusters_page;
pub use self::project::Scatter;
use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::jobs::{JobRunner, Work};
use crate::kept_fits::groups_before;
use crate::simulate::What;
use crate::stored::summary_options;
use crate::{Documents, Progress, Workspace, WorkspaceError, versions};

/// The kind of the jobs that learn.
pub const JOB: &str = "learn_clusters";
/// The name of what is learned, unless another is asked for.
const NAME: &str = "groups";
/// Indicators that are looked at where nobody says which.
const USUAL_FEATURES: usize = 8;

/// What is asked, as it is typed. Everything may be left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClustersRequest {
    /// `draft`, `folder` or the number of a version; what is in force if left out.
    pub model: Option<String>,
    /// The prediction: if the model has clusters of this name, what is not asked is as they have it.
    pub name: Option<String>,
    /// A date or an instant; now if left out.
    pub as_of: Option<String>,
    /// Indicators, or expressions over them; those of the model's RFM grouping if left out.
    pub features: Vec<String>,
    /// `everyone`, or a condition over indicators; everyone if left out.
    pub base: Option<String>,
    /// How many groups; as many as fit best if left out.
    pub k: Option<u32>,
    /// Numbers of groups that are tried: 2 to this; 8 if left out.
    pub most: Option<u32>,
    pub method: Option<ClusterMethod>,
    pub scale: Option<ClusterScale>,
    pub seed: Option<u64>,
}

/// What was learned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LearnedClusters {
    pub as_of: String,
    pub model_title: Text,
    /// The published version whose indicators were looked at; `None`: draft or folder.
    pub version: Option<i64>,
    /// The name of the prediction.
    pub name: String,
    pub method: ClusterMethod,
    pub scale: ClusterScale,
    pub seed: u64,
    /// Customers who were grouped: all their features are known.
    pub n: u64,
    /// Customers of whom a feature is unknown: they are in no group.
    pub n_left_out: u64,
    pub features: Vec<ClusterFeature>,
    /// Each number of groups that was tried; empty where too few customers differ.
    pub tried: Vec<TriedNumber>,
    /// Customers in the sample on which they were judged.
    pub n_judged: u64,
    /// The number of the groups shown here.
    pub k: u32,
    /// The number that is advised; that of the groups where nothing could be tried.
    pub advised: u32,
    /// Whether the advised groups come again when customers are drawn anew.
    pub stable: bool,
    /// The number by the gap statistic, from 1 on, if it names one; of centres.
    pub by_gap: Option<u32>,
    /// The number by the BIC, from 1 on; of mixtures.
    pub by_bic: Option<u32>,
    /// The largest first.
    pub clusters: Vec<LearnedCluster>,
    pub scatter: Option<Scatter>,
    /// The groups by plain rules; `None` for a single group.
    pub description: Option<Description>,
    /// The entry for `predictions:`.
    pub prediction: Value,
    /// Entries for `segments:`, one a group, by name; empty without description.
    pub segments: Value,
    pub words: Text,
    /// What to beware of.
    pub cautions: Vec<Text>,
    pub seconds: f64,
}

/// A number by which customers are alike or not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClusterFeature {
    /// The expression as it is written.
    pub name: String,
    pub title: Text,
    pub mean: f64,
    /// The standard deviation of those who were grouped.
    pub deviation: f64,
    /// Everybody has the same value, so it parts nobody.
    pub constant: bool,
}

/// A number of groups that was tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TriedNumber {
    pub k: u32,
    /// The sum of squared distances to the own centre.
    pub inertia: f64,
    /// From -1 to 1: how much nearer customers are to their own group than to the next.
    pub silhouette: f64,
    /// Of centres; none of mixtures.
    pub gap: Option<f64>,
    pub gap_error: Option<f64>,
    /// Of mixtures, the less the better; none of centres.
    pub bic: Option<f64>,
    /// From about 0 to 1: how far the groups come again when customers are drawn anew.
    pub stability: f64,
    /// Customers of the sample in the smallest group.
    pub smallest: u64,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LearnedCluster {
    /// `c1`, `c2` …
    pub name: String,
    pub title: Text,
    pub n: u64,
    pub share: f64,
    /// How clearly its customers belong to it, on average, from 0 to 1.
    pub sure: f64,
    /// How far it lies from the others, and whether it is found again; `None` where there is one group only.
    pub silhouette: Option<f64>,
    pub stability: Option<f64>,
    /// All features, the greatest difference first.
    pub typical: Vec<TypicalFeature>,
}

/// A feature of a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypicalFeature {
    pub feature: String,
    pub title: Text,
    pub mean: f64,
    /// The mean of all others who were grouped; `None` for a single group.
    pub others: Option<f64>,
    /// Its distance from all others in standard deviations, on the scale by which they were grouped.
    pub difference: f64,
    /// In words; `None` where it is as with everybody.
    pub words: Option<Text>,
}

/// What of it goes into the draft.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct IntoDraft {
    /// The prediction, under its name.
    pub prediction: bool,
    /// A segment for each group, by rules that describe it.
    pub segments: bool,
    /// Taking the place of what is called so.
    pub replace: bool,
}

/// Starts learning; its result is a [`LearnedClusters`], with what came into the draft if something is to.
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    request: ClustersRequest,
    into: IntoDraft,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    who.sees_everyone()?;
    let writes = into.prediction || into.segments;
    if writes {
        who.needs(Permission::EditModels)?;
    }
    // What is wrong with the request is said at once.
    Asked::of(workspace, who, &request).await?.compiled(workspace).await?;
    let (owned, by) = (workspace.clone(), who.clone());
    let mut input = json!(request);
    if writes {
        input["into_draft"] = json!(into);
    }
    let work: Work = Box::new(move |progress| {
        Box::pin(async move {
            let learned = learn_clusters(&owned, &by, &request, progress.as_ref()).await?;
            let mut result =
                serde_json::to_value(&learned).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
            if writes {
                let IntoDraft { prediction, segments, replace } = into;
                let drafted = to_draft(&owned, &by, &learned, prediction, segments, replace).await?;
                result["draft"] = json!(drafted);
            }
            Ok(result)
        })
    });
    let job = jobs.start(workspace, who, JOB, input.clone(), work).await?;
    audit(workspace, &who.account, "learn.clusters", &job.id, input).await?;
    Ok(job)
}

/// A model with the prediction that is asked for.
struct Asked {
    documents: Documents,
    name: String,
    prediction: Prediction,
    clusters: Clusters,
}

impl Asked {
    async fn of(
        workspace: &Workspace,
        who: &Principal,
        request: &ClustersRequest,
    ) -> Result<Asked, WorkspaceError> {
        let documents = documents_of(workspace, who, request.model.as_deref()).await?;
        let name = request.name.clone().unwrap_or_else(|| NAME.to_string());
        let there = documents.model.predictions.get(&name).cloned();
        if there.as_ref().is_some_and(|there| there.clusters.is_none()) {
            let what = Text::new(
                format!("预测“{name}”不是聚类"),
                format!("the prediction `{name}` does not group customers"),
            );
            let right = Text::new("换一个名字", "another name");
            return Err(argument("name", what, right).into());
        }
        let before = there.as_ref().and_then(|there| there.clusters.clone());
        let mut features = request.features.clone();
        if features.is_empty() {
            features = before.as_ref().map_or_else(|| usual(&documents.model), |one| one.features.clone());
        }
        if features.is_empty() {
            let what = Text::new("没有说按什么分群", "it is not said by what customers are alike");
            let right = Text::new(
                "--features 指标1,指标2…，例如消费金额、订单数",
                "--features INDICATOR,INDICATOR…, such as spend and orders",
            );
            return Err(argument("features", what, right).into());
        }
        let before_is = |key: fn(&Clusters) -> Option<u32>| before.as_ref().and_then(key);
        let clusters = Clusters {
            k: request.k.or_else(|| before_is(|one| one.k).filter(|_| request.most.is_none())),
            most: request.most.or_else(|| before_is(|one| one.most)),
            method: request.method.or_else(|| before.as_ref().and_then(|one| one.method)),
            scale: request.scale.or_else(|| before.as_ref().and_then(|one| one.scale)),
            seed: request.seed.or_else(|| before.as_ref().and_then(|one| one.seed)),
            refit: before.as_ref().and_then(|one| one.refit),
            names: before.as_ref().map(|one| one.names.clone()).unwrap_or_default(),
            features,
        };
        let among = match request.base.as_deref().map(str::trim) {
            None | Some("") => there.as_ref().and_then(|there| there.among.clone()),
            Some(EVERYONE) => None,
            Some(base) => Some(condition_of(&documents.model, base)),
        };
        let prediction = Prediction {
            title: there.as_ref().and_then(|there| there.title.clone()),
            description: there.as_ref().and_then(|there| there.description.clone()),
            among,
            lifetime: None,
            contract: None,
            propensity: None,
            clusters: Some(clusters.clone()),
            trained: None,
        };
        Ok(Asked { documents, name, prediction, clusters })
    }

    /// Checks what is asked.
    async fn compiled(&self, workspace: &Workspace) -> Result<(), WorkspaceError> {
        look::compiled(workspace, &self.documents, &self.name, &self.prediction).await.map(drop)
    }
}

/// A base as a condition: a segment that is one over everybody stands for it.
pub(crate) fn condition_of(model: &Model, base: &str) -> String {
    match model.segments.get(base) {
        Some(Segment { base: of, condition: Condition::Sql(sql), .. }) if of == EVERYONE => sql.clone(),
        _ => base.to_string(),
    }
}

/// The documents that somebody names.
pub(crate) async fn documents_of(
    workspace: &Workspace,
    who: &Principal,
    model: Option<&str>,
) -> Result<Documents, WorkspaceError> {
    let Some(name) = model else { return versions::now_in_force(workspace).await };
    let what = What::parse(name).ok_or_else(|| {
        argument(
            "model",
            Text::new(format!("不认识版本「{name}」"), format!("“{name}” is no version")),
            Text::new("draft、folder 或版本号", "draft, folder or the number of a version"),
        )
    })?;
    what.documents(workspace, who).await
}

pub(crate) fn argument(name: &str, what: Text, right: Text) -> Finding {
    Finding::error("argument", Place::default().at(name), what, right)
}

/// By what customers are compared where nobody says: recency, frequency and monetary value of the model's grouping, else
/// the first indicators that are numbers.
fn usual(model: &Model) -> Vec<String> {
    let rfm = summary_options(model);
    let named: Vec<String> = [rfm.recency, rfm.frequency, rfm.monetary].into_iter().flatten().collect();
    if !named.is_empty() {
        return named;
    }
    use gradus_model::document::IndicatorKind::{Active, Average, Count, DaysSince, Distinct, Orders, Sum};
    let is_number = |kind| matches!(kind, Active | Average | Count | DaysSince | Distinct | Orders | Sum);
    let numbers = model.indicators.iter().filter(|(_, one)| is_number(one.kind));
    numbers.map(|(name, _)| gradus_expression::quote_name(name)).take(USUAL_FEATURES).collect()
}

/// Learns groups of customers.
///
/// # Errors
/// Findings: the request is wrong, nobody is there to be grouped, everybody is alike, or there are more groups than
/// different customers.
pub async fn learn_clusters(
    workspace: &Workspace,
    who: &Principal,
    request: &ClustersRequest,
    progress: &dyn Progress,
) -> Result<LearnedClusters, WorkspaceError> {
    who.sees_everyone()?;
    let began = std::time::Instant::now();
    let asked = Asked::of(workspace, who, request).await?;
    let looked =
        look(workspace, &asked.documents, &asked.name, &asked.prediction, request.as_of.as_deref(), progress)
            .await?;
    let Looked { as_of, instant, alike, options } = &looked;
    progress.begin("cluster", None);
    let found = found(alike, options)?;
    progress.end();
    progress.begin("describe", None);
    let (mut fit, choice) = found;
    // Where these groups would continue others they are called as those are.
    let mut model = asked.documents.model.clone();
    let written: Prediction = serde_json::from_value(draft::written(&asked.prediction, &fit, options))
        .map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    model.predictions.0.retain(|(name, _)| *name != asked.name);
    model.predictions.0.push((asked.name.clone(), written));
    if let Some(before) = groups_before(workspace, &model, &asked.name, *instant).await? {
        fit = fit.after(&before, &asked.clusters.names);
    }
    let points = alike.points(&fit).map_err(|refusal| WorkspaceError::Defect(refusal.to_string()))?;
    let placing = fit.placing();
    let placed: Vec<(usize, f64)> = points.rows().map(|point| placing.of(point)).collect();
    let labels: Vec<u32> = placed.iter().map(|(label, _)| *label as u32).collect();
    let clusters = learned(&fit, &placed, &asked.clusters.features);
    let description = describe::describe(&alike.columns, &labels, &fit, &asked.clusters.features);
    let written = draft::written(&asked.prediction, &fit, options);
    let segments = match &description {
        Some(description) => draft::segments(&asked.name, &asked.prediction, &fit, description),
        None => json!({}),
    };
    let n = alike.len() as f64;
    let features = fit.features.iter().zip(&alike.columns).zip(&asked.clusters.features);
    let features = features.map(|((feature, column), sql)| ClusterFeature {
        name: sql.clone(),
        title: feature.title.clone(),
        mean: feature.mean,
        deviation: (column.iter().map(|x| (x - feature.mean).powi(2)).sum::<f64>() / n).sqrt(),
        constant: feature.constant,
    });
    let number = |k: usize| k as u32;
    let mut learned = LearnedClusters {
        as_of: as_of.clone(),
        model_title: asked.documents.model.title.clone(),
        version: asked.documents.version,
        name: asked.name.clone(),
        method: options.method,
        scale: options.scale,
        seed: options.seed,
        n: fit.n,
        n_left_out: fit.n_unknown,
        features: features.collect(),
        tried: choice.iter().flat_map(|choice| choice.tried.iter().map(tried)).collect(),
        n_judged: choice.as_ref().map_or(0, |choice| choice.n as u64),
        advised: choice.as_ref().map_or(fit.clusters.len() as u32, |choice| number(choice.advised)),
        by_gap: choice.as_ref().and_then(|choice| choice.by_gap).map(number),
        by_bic: choice.as_ref().and_then(|choice| choice.by_bic).map(number),
        stable: choice.as_ref().is_some_and(|choice| choice.stable),
        k: number(fit.clusters.len()),
        scatter: project::scatter(&points, &labels, &fit, options.seed),
        clusters,
        description,
        prediction: written,
        segments,
        words: Text::default(),
        cautions: Vec::new(),
        seconds: 0.0,
    };
    (learned.words, learned.cautions) = text::words(&learned);
    progress.end();
    learned.seconds = began.elapsed().as_secs_f64();
    Ok(learned)
}

/// The groups, with how their numbers were judged even where one is asked for.
fn found(alike: &Alike, options: &ClusterOptions) -> Result<(ClustersFit, Option<Choice>), WorkspaceError> {
    let scales = ClustersFit::scales(alike, options);
    let is_constant = scales.features.iter().all(|feature| feature.constant);
    let points = alike.points(&scales).ok().filter(|_| !is_constant);
    let choice = points.and_then(|points| choose_k(&points, &choice_options(options)).ok());
    let k = options.k.or(choice.as_ref().map(|choice| choice.advised as u32));
    let (mut fit, _) = ClustersFit::learn(alike, &ClusterOptions { k: k.or(Some(2)), ..options.clone() });
    fit.judge(alike, options);
    match fit.status {
        ClustersStatus::Found => Ok((fit, choice)),
        status => Err(status.finding(&Place::default().at("features"), fit.n_unknown).map_or_else(
            || WorkspaceError::Defect("no groups were found".into()),
            |finding| Finding { severity: gradus_model::Severity::Error, ..finding }.into(),
        )),
    }
}

fn tried(one: &gradus_stats::cluster::Tried) -> TriedNumber {
    TriedNumber {
        k: one.k as u32,
        inertia: one.inertia,
        silhouette: one.silhouette,
        gap: one.gap.map(|gap| gap.value),
        gap_error: one.gap.map(|gap| gap.error),
        bic: one.bic,
        stability: one.stability,
        smallest: one.smallest,
    }
}

fn learned(fit: &ClustersFit, placed: &[(usize, f64)], features: &[String]) -> Vec<LearnedCluster> {
    let mut sure = vec![0.0; fit.clusters.len()];
    placed.iter().for_each(|(label, own)| sure[*label] += own);
    let n = placed.len() as f64;
    let typical = |cluster: &Cluster, at: usize| {
        let (feature, mean, difference) = (&fit.features[at], cluster.means[at], cluster.differences[at]);
        let own = cluster.n as f64;
        TypicalFeature {
            feature: features[at].clone(),
            title: feature.title.clone(),
            mean,
            others: (n > own).then(|| (feature.mean * n - mean * own) / (n - own)),
            difference,
            words: typical_word(&feature.title, difference),
        }
    };
    let of = |(cluster, sure): (&Cluster, f64)| {
        let mut all: Vec<TypicalFeature> = (0..features.len()).map(|at| typical(cluster, at)).collect();
        all.sort_by(|a, b| b.difference.abs().total_cmp(&a.difference.abs()));
        LearnedCluster {
            name: cluster.name.clone(),
            title: cluster.title.clone(),
            n: cluster.n,
            share: cluster.n as f64 / n.max(1.0),
            sure: sure / cluster.n.max(1) as f64,
            silhouette: cluster.silhouette,
            stability: cluster.stability,
            typical: all,
        }
    };
    fit.clusters.iter().zip(sure).map(of).collect()
}
