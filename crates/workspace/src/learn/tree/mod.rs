//! `gradus learn tree`: a small decision tree (CART) that says in rules what a segment, tier or group of customers
//! is, or that finds groups of customers to whom an outcome happens more or less often. Its leaves become segments,
//! or the whole of it a decision tree of the model, on request.

mod document;
mod grown;
mod words;

use std::sync::Arc;

use gradus_model::document::{Condition, DecisionTree, Model, Segment};
use gradus_model::{Finding, Lang, Text};
use gradus_store::Job;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::grown::{Grown, grow};
use super::ask::argument;
use super::columns::{Feature, Values};
use super::described::described;
use super::job::{begin, may_learn, with_pages};
use super::training::{LeftOut, TrainingDate, training_set};
use super::write::{Write, Written, taken, write};
use super::{Separated, TrainingRequest, few};
use crate::access::Principal;
use crate::jobs::{JobRunner, Work};
use crate::{Documents, Progress, Workspace, WorkspaceError};

/// What the tree becomes in the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TreeAs {
    /// One segment a leaf: `NAME_1`, `NAME_2` …
    #[default]
    Segments,
    /// A decision tree that gives the class, or the share to whom it happened.
    Tree,
}

/// How it is grown. Everything may be left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TreeOptions {
    /// Questions one after the other at most.
    pub max_depth: usize,
    /// Of the customers, at least this share in each leaf.
    pub min_leaf: f64,
    /// Customers with the rarer outcome, or of the rarest class that is described, at least.
    pub min_events: u64,
    pub write_as: TreeAs,
}

impl Default for TreeOptions {
    fn default() -> Self {
        TreeOptions { max_depth: 3, min_leaf: 0.02, min_events: 30, write_as: TreeAs::default() }
    }
}

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TreeRequest {
    /// A segment, tier scheme, grouping or prediction of groups to describe; left out, groups are found by an outcome.
    pub describe: Option<String>,
    pub training: TrainingRequest,
    pub options: TreeOptions,
    pub title: Option<Text>,
    pub write: Option<Write>,
}

/// A class that the tree tells apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TreeClass {
    pub name: String,
    pub title: Text,
    pub n: u64,
}

/// One leaf as a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TreeRule {
    /// All that must hold, in words.
    pub words: Text,
    /// The class that most of them are of; of an outcome whether it happens to most.
    pub class: String,
    pub title: Text,
    pub n: u64,
    /// Of all customers.
    pub share: f64,
    /// How many of them are of the class; of an outcome to how many it happened.
    pub n_with: u64,
    /// Their share of the leaf.
    pub rate: f64,
    /// That share over the one among all.
    pub lift: f64,
    pub condition: Condition,
}

/// How much a feature tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TreeFactor {
    pub name: String,
    pub title: Text,
    pub weight: f64,
}

/// A learned tree.
#[derive(Debug, Clone, Serialize)]
pub struct LearnedTree {
    pub title: Text,
    pub model_title: Text,
    pub version: Option<i64>,
    /// What is described, or the outcome.
    pub target: Text,
    pub target_words: Text,
    pub is_outcome: bool,
    pub base: String,
    /// Of a description; none of an outcome.
    pub as_of: Option<String>,
    pub dates: Vec<TrainingDate>,
    pub n: u64,
    pub classes: Vec<TreeClass>,
    /// Of an outcome the likeliest first, else as the tree stands.
    pub rules: Vec<TreeRule>,
    pub factors: Vec<TreeFactor>,
    pub depth: usize,
    /// The share of customers whose class the rules tell, and what always telling the most frequent would.
    pub accuracy: f64,
    pub baseline: f64,
    /// On the held-out date; only of an outcome.
    pub held_out: Option<Separated>,
    pub left_out: Vec<LeftOut>,
    pub words: Vec<Text>,
    /// As the model document says it.
    pub segments: Vec<(String, Segment)>,
    pub decision_tree: DecisionTree,
    pub written: Option<Written>,
    pub seconds: f64,
    /// The leaf's rate or class of each customer of the newest date, as the decision tree gives it.
    #[serde(skip)]
    pub given: Vec<(i64, serde_json::Value)>,
}

/// Starts the work; its result is a [`LearnedTree`] and its pages.
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    request: TreeRequest,
) -> Result<Job, WorkspaceError> {
    may_learn(who, request.write.is_some())?;
    check(&request.options)?;
    let documents = request.training.documents(workspace, who).await?;
    if request.describe.is_none() {
        super::TrainingPlan::of(workspace, &documents, &request.training).await?;
    }
    let (owned, by) = (workspace.clone(), who.clone());
    let input = json!(request);
    let work: Work = Box::new(move |progress| {
        Box::pin(async move {
            let done = learn_tree(&owned, &by, &request, progress.as_ref()).await?;
            with_pages(&owned, &done, |title, lang| done.html(title, lang))
        })
    });
    begin(workspace, jobs, who, "learn_tree", input, work).await
}

/// Learns a tree and writes it into the draft if asked to.
///
/// # Errors
/// Findings: what was asked for is wrong, or there is nothing to tell apart.
pub async fn learn_tree(
    workspace: &Workspace,
    who: &Principal,
    request: &TreeRequest,
    progress: &dyn Progress,
) -> Result<LearnedTree, WorkspaceError> {
    check(&request.options)?;
    let documents = request.training.documents(workspace, who).await?;
    let mut done = match &request.describe {
        Some(target) => describe(workspace, &documents, request, target.trim(), progress).await?,
        None => by_outcome(workspace, &documents, request, progress).await?,
    };
    if let Some(to) = &request.write {
        let (segments, tree) = (done.segments.clone(), done.decision_tree.clone());
        let put = |model: &mut Model, name: &str| {
            match request.options.write_as {
                TreeAs::Segments => put_segments(model, name, segments, to.replace)?,
                TreeAs::Tree => match model.decision_trees.0.iter_mut().find(|(own, _)| own == name) {
                    Some((_, own)) => *own = tree,
                    None => model.decision_trees.0.push((name.to_string(), tree)),
                },
            }
            Ok(())
        };
        done.written = Some(write(workspace, who, to, put).await?);
    }
    Ok(done)
}

/// The leaves as segments; those of an earlier tree of this name go, if they may.
fn put_segments(
    model: &mut Model,
    name: &str,
    segments: Vec<(String, Segment)>,
    replace: bool,
) -> Result<(), Finding> {
    let is_own = |own: &str| {
        own.strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('_'))
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
    };
    if !replace && let Some(own) = model.segments.names().find(|own| is_own(own)) {
        return Err(taken(own));
    }
    model.segments.0.retain(|(own, _)| !is_own(own));
    model.segments.0.extend(segments);
    Ok(())
}

fn check(options: &TreeOptions) -> Result<(), Finding> {
    if !(1..=8).contains(&options.max_depth) {
        return Err(argument(
            "options.max_depth",
            Text::new("深度须在 1 至 8 之间", "the depth is 1 to 8"),
            Text::new("3 层就能读懂", "3 is what people can read"),
        ));
    }
    if !(options.min_leaf > 0.0 && options.min_leaf < 0.5) {
        return Err(argument(
            "options.min_leaf",
            Text::new(
                "叶子的最小占比须大于 0、小于 0.5",
                "the least share of a leaf is above 0 and below 0.5",
            ),
            Text::new("例如 0.02", "such as 0.02"),
        ));
    }
    Ok(())
}

async fn by_outcome(
    workspace: &Workspace,
    documents: &Documents,
    request: &TreeRequest,
    progress: &dyn Progress,
) -> Result<LearnedTree, WorkspaceError> {
    let began = std::time::Instant::now();
    let set = training_set(workspace, documents, &request.training, progress).await?;
    progress.begin("learn", None);
    let n_with = set.n_events(set.train());
    few::enough(n_with, set.n_train as u64 - n_with, request.options.min_events)?;
    let classes: Vec<u32> = set.happened.iter().map(|happened| u32::from(*happened)).collect();
    let grown = grow(
        &set.features,
        &set.customers,
        &classes,
        2,
        set.train(),
        &request.options,
        request.training.seed,
    )?;
    let title = &set.outcome.title;
    let names = [
        ("false".to_string(), Text::new(format!("没有发生「{}」", title.zh), format!("no “{}”", title.en))),
        ("true".to_string(), title.clone()),
    ];
    // The score of a customer is how often it happened in their leaf.
    let rates: Vec<f64> = grown.leaf_of.iter().map(|leaf| grown.rate(*leaf, 1)).collect();
    let held = set.held_out();
    let held_out =
        Separated::of(&rates[held.clone()], Some(&rates[held.clone()]), &set.happened[held.clone()]);
    let mut words = few::notes(&set);
    words.push(Text::new(
        format!("留出日期 {}：{}", set.held_out_date(), held_out.words().zh),
        format!("held-out date {}: {}", set.held_out_date(), held_out.words().en),
    ));
    let asked = Told {
        request,
        documents,
        features: &set.features,
        grown: &grown,
        names: &names,
        is_outcome: true,
        title: request.title.clone().unwrap_or_else(|| {
            Text::new(format!("「{}」的客群", title.zh), format!("Groups by “{}”", title.en))
        }),
        base: &set.base,
    };
    let given = held.clone().map(|row| (set.customers[row], asked.gives(grown.leaf_of[row]))).collect();
    let mut done = asked.told(title.clone(), set.outcome.words.clone(), set.left_out.clone(), words)?;
    done.dates = set.dates.clone();
    done.held_out = Some(held_out);
    done.given = given;
    done.seconds = began.elapsed().as_secs_f64();
    progress.end();
    Ok(done)
}

async fn describe(
    workspace: &Workspace,
    documents: &Documents,
    request: &TreeRequest,
    target: &str,
    progress: &dyn Progress,
) -> Result<LearnedTree, WorkspaceError> {
    let began = std::time::Instant::now();
    let found = described(workspace, documents, &request.training, Some(target), progress).await?;
    progress.begin("learn", None);
    let Some(own) = found.target else {
        return Err(WorkspaceError::Defect("the target was not graded".into()));
    };
    let Values::Categories { codes, words: names, is_flag } = own.values else {
        return Err(WorkspaceError::Defect("the target has no classes".into()));
    };
    // Who has no class is a class of their own.
    let none = names.len() as u32;
    let has_none = codes.contains(&None);
    let classes: Vec<u32> = codes.iter().map(|code| code.unwrap_or(none)).collect();
    let mut named: Vec<(String, Text)> = names
        .iter()
        .map(|name| (name.clone(), class_title(name, &own.titles, is_flag, &own.title)))
        .collect();
    if has_none {
        // As everywhere: who has no level was not graded; of other classes there is no value.
        let is_tier = documents.model.tiers.get(target).is_some();
        named.push((
            String::new(),
            if is_tier { Text::new("未定级", "not graded") } else { Text::new("没有值", "no value") },
        ));
    }
    let mut counts = vec![0u64; named.len()];
    classes.iter().for_each(|class| counts[*class as usize] += 1);
    let present = counts.iter().filter(|n| **n > 0).count();
    let most = counts.iter().copied().max().unwrap_or(0);
    if present < 2 {
        few::enough(most, 0, request.options.min_events)?;
    }
    let others = classes.len() as u64 - most;
    few::enough(most, others, request.options.min_events)?;
    let n = classes.len();
    let grown = grow(
        &found.features,
        &found.customers,
        &classes,
        named.len() as u32,
        0..n,
        &request.options,
        request.training.seed,
    )?;
    let asked = Told {
        request,
        documents,
        features: &found.features,
        grown: &grown,
        names: &named,
        is_outcome: false,
        title: request.title.clone().unwrap_or_else(|| {
            Text::new(format!("「{}」是什么样的客户", own.title.zh), format!("What “{}” is", own.title.en))
        }),
        base: request.training.base(),
    };
    let given = (0..n).map(|row| (found.customers[row], asked.gives(grown.leaf_of[row]))).collect();
    let told = Text::new(format!("截至 {} 的评级", found.as_of), format!("graded as of {}", found.as_of));
    let mut done = asked.told(own.title.clone(), told, found.left_out, Vec::new())?;
    done.as_of = Some(found.as_of);
    done.given = given;
    done.seconds = began.elapsed().as_secs_f64();
    progress.end();
    Ok(done)
}

fn class_title(name: &str, titles: &[(String, Text)], is_flag: bool, target: &Text) -> Text {
    match (is_flag, name) {
        (true, "true") => target.clone(),
        (true, _) => Text::new(format!("不属于「{}」", target.zh), format!("not in “{}”", target.en)),
        _ => titles
            .iter()
            .find(|(own, _)| own == name)
            .map_or_else(|| Text::plain(name), |(_, title)| title.clone()),
    }
}

/// What is told of a grown tree.
struct Told<'a> {
    request: &'a TreeRequest,
    documents: &'a Documents,
    features: &'a [Feature],
    grown: &'a Grown,
    names: &'a [(String, Text)],
    is_outcome: bool,
    title: Text,
    base: &'a str,
}

impl Told<'_> {
    /// What the decision tree gives in a leaf: the class, or the share with the outcome.
    fn gives(&self, leaf: usize) -> serde_json::Value {
        match self.is_outcome {
            true => {
                let share = (self.grown.rate(leaf, 1) * 10_000.0).round() / 10_000.0;
                json!(share)
            }
            false => json!(self.names[self.grown.class(leaf)].0),
        }
    }

    fn told(
        &self,
        target: Text,
        target_words: Text,
        left_out: Vec<LeftOut>,
        mut words: Vec<Text>,
    ) -> Result<LearnedTree, WorkspaceError> {
        let grown = self.grown;
        let mut rules: Vec<(usize, TreeRule)> = Vec::new();
        for rule in grown.tree.rules() {
            let leaf = rule.leaf;
            let class = if self.is_outcome { 1 } else { grown.class(leaf) };
            let (n, n_with) = (grown.n(leaf), grown.count(leaf, class));
            let among_all = grown.counts_all()[class] as f64 / grown.n_all().max(1) as f64;
            let rate = grown.rate(leaf, class);
            let conditions = &rule.conditions;
            rules.push((
                leaf,
                TreeRule {
                    words: words::rule(conditions, self.features),
                    class: self.names[class].0.clone(),
                    title: self.names[class].1.clone(),
                    n,
                    share: n as f64 / grown.n_all().max(1) as f64,
                    n_with,
                    rate,
                    lift: if among_all > 0.0 { rate / among_all } else { 0.0 },
                    condition: document::condition(
                        conditions,
                        self.features,
                        self.base,
                        &self.documents.model,
                    ),
                },
            ));
        }
        if self.is_outcome {
            rules.sort_by(|a, b| b.1.rate.total_cmp(&a.1.rate).then(a.0.cmp(&b.0)));
        }
        if rules.len() == 1 {
            words.push(Text::new(
                "没有一个特征能把客户分开：树只有一片叶子",
                "no feature parts the customers: the tree is one leaf",
            ));
        }
        let name = self.request.write.as_ref().map_or("group", |write| write.name.trim());
        let segments = document::segments(name, &rules, self.base, &self.documents.model);
        let decision_tree =
            document::tree(&self.title, &target_words, grown, self.features, &|leaf| self.gives(leaf));
        let importances = grown.tree.importances();
        let mut factors: Vec<TreeFactor> = self
            .features
            .iter()
            .zip(importances)
            .filter(|(_, weight)| *weight > 0.0)
            .map(|(feature, weight)| TreeFactor {
                name: feature.name.clone(),
                title: feature.title.clone(),
                weight,
            })
            .collect();
        factors.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let counts = grown.counts_all();
        let classes = self.names.iter().zip(counts).map(|((name, title), n)| TreeClass {
            name: name.clone(),
            title: title.clone(),
            n: *n,
        });
        let right: u64 = grown.tree.leaves().map(|leaf| grown.count(leaf, grown.class(leaf))).sum();
        let n = grown.n_all();
        Ok(LearnedTree {
            title: self.title.clone(),
            model_title: self.documents.model.title.clone(),
            version: self.documents.version,
            target,
            target_words,
            is_outcome: self.is_outcome,
            base: self.base.to_string(),
            as_of: None,
            dates: Vec::new(),
            n,
            classes: classes.collect(),
            rules: rules.into_iter().map(|(_, rule)| rule).collect(),
            factors,
            depth: grown.tree.depth(),
            accuracy: right as f64 / n.max(1) as f64,
            baseline: counts.iter().copied().max().unwrap_or(0) as f64 / n.max(1) as f64,
            held_out: None,
            left_out,
            words,
            segments,
            decision_tree,
            written: None,
            seconds: 0.0,
            given: Vec::new(),
        })
    }
}

impl LearnedTree {
    /// As one self-contained page.
    pub fn html(&self, workspace: &str, lang: Lang) -> String {
        crate::report::learned_tree_page(self, workspace, lang)
    }
}
