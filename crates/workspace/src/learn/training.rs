//! The training set: what was known of everybody in a base on rolling dates, and what came of them after. It is
//! a back-test with indicators in place of grades: the features come from a grading that is bounded by the day
//! in both times, the outcomes from a pass of their own over what came after, so that nothing later can reach a
//! feature. One date is in memory at a time, and of it only the columns that are learned from stay.

use std::ops::Range;

use arrow::array::{Array, AsArray, RecordBatch};
use gradus_grading::fold::AsOf;
use gradus_grading::grade::{OutputColumn, OutputKind};
use gradus_model::document::{Condition, Indicator, IndicatorKind, Model, Named, SERVICE, Segment};
use gradus_model::{Finding, Findings, Place, Severity, Text};
use gradus_stats::random::Random;
use serde::Serialize;

use super::ask::{MOST_ROWS, MOST_VALUES, TrainingRequest, argument};
use super::columns::{Feature, Growing, Unfit};
use super::plan::TrainingPlan;
use crate::backtest::{Leak, came_of_all, leaks};
use crate::clock::{label, system_us};
use crate::compiled::Compiled;
use crate::grade::{Tiers, grade_with, open_events};
use crate::moves::customers;
use crate::stored::processors;
use crate::validation::{Asked, folded, span_words};
use crate::{Documents, GradeOptions, Progress, Workspace, WorkspaceError};

/// What is learned from.
#[derive(Debug, Clone, Serialize)]
pub struct TrainingSet {
    pub model_title: Text,
    pub version: Option<i64>,
    pub base: String,
    pub outcome: Asked,
    pub horizon: Text,
    /// The same as it is typed.
    #[serde(skip)]
    pub horizon_text: String,
    /// Those to learn from, ascending, then the one held out.
    pub dates: Vec<TrainingDate>,
    pub features: Vec<Feature>,
    /// Names that cannot be learned from, and why.
    pub left_out: Vec<LeftOut>,
    /// Features that may know more than was known on the day.
    pub leaks: Vec<Leak>,
    /// Whether it happened, by row: dates one after the other.
    #[serde(skip)]
    pub happened: Vec<bool>,
    #[serde(skip)]
    pub customers: Vec<i64>,
    /// Rows of the dates to learn from; those of the held-out date follow.
    pub n_train: usize,
    pub seconds: f64,
}

/// One date.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainingDate {
    pub as_of: String,
    pub until: String,
    pub is_held_out: bool,
    /// Of the base, with an outcome.
    pub n_customers: u64,
    /// Of them those that are learned from: all, or as many as fit.
    pub n: u64,
    pub n_events: u64,
}

/// Something that is not learned from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeftOut {
    pub feature: String,
    pub title: Text,
    pub reason: Text,
}

impl TrainingSet {
    pub fn n(&self) -> usize {
        self.happened.len()
    }

    pub fn train(&self) -> Range<usize> {
        0..self.n_train
    }

    pub fn held_out(&self) -> Range<usize> {
        self.n_train..self.n()
    }

    /// How many of these rows it happened to.
    pub fn n_events(&self, rows: Range<usize>) -> u64 {
        self.happened[rows].iter().filter(|happened| **happened).count() as u64
    }

    /// The last date that was learned from.
    pub fn learned_until(&self) -> &str {
        let last = self.dates.iter().rfind(|date| !date.is_held_out);
        last.map_or("", |date| date.as_of.as_str())
    }

    /// The date held out.
    pub fn held_out_date(&self) -> &str {
        self.dates.iter().find(|date| date.is_held_out).map_or("", |date| date.as_of.as_str())
    }
}

/// A feature as it is asked for, and the column of the grading that holds it.
pub(super) struct Wanted {
    pub name: String,
    pub column: String,
    pub title: Text,
}

/// Collects it.
///
/// # Errors
/// Findings: an unknown feature, base, outcome or date; nobody in the base.
pub async fn training_set(
    workspace: &Workspace,
    documents: &Documents,
    request: &TrainingRequest,
    progress: &dyn Progress,
) -> Result<TrainingSet, WorkspaceError> {
    let began = std::time::Instant::now();
    let plan = TrainingPlan::of(workspace, documents, request).await?;
    let (light, whole, expressions) = prepared(&documents.model, request);
    let mut written = Documents { model: light, ..documents.clone() };
    // Nothing but indicators is graded, unless features or base need more than that.
    let events = open_events(workspace).await?;
    if Compiled::new(&written, events.event_schema(), &workspace.zone).is_err() {
        written.model = whole;
    }
    let mut wanted: Option<Vec<Wanted>> = None;
    let mut growing: Vec<Growing> = Vec::new();
    let mut left_out: Vec<LeftOut> = Vec::new();
    let mut set = TrainingSet {
        model_title: documents.model.title.clone(),
        version: documents.version,
        base: request.base().to_string(),
        outcome: plan.outcome.clone(),
        horizon: span_words(plan.horizon),
        horizon_text: plan.horizon.to_string(),
        dates: Vec::new(),
        features: Vec::new(),
        left_out: Vec::new(),
        leaks: Vec::new(),
        happened: Vec::new(),
        customers: Vec::new(),
        n_train: 0,
        seconds: 0.0,
    };
    let all = plan.dates.iter().map(|date| (date, false)).chain([(&plan.held_out, true)]);
    let n_dates = plan.dates.len() + 1;
    for ((as_of, until), is_held_out) in all {
        let options = GradeOptions {
            instants: vec![*as_of],
            known_at_us: Some(as_of.instant_us),
            store: false,
            reuse: true,
            n_threads: processors(),
        };
        let grading = grade_with(workspace, &written, &options, Tiers::Computed, progress).await;
        let grading = grading.map_err(|error| said_of_features(error, &expressions))?;
        let Some(instant) = grading.instants.into_iter().next() else {
            return Err(WorkspaceError::Defect("a grading without an instant".into()));
        };
        let batches = instant.batches;
        if wanted.is_none() {
            let (chosen, out) = chosen(&grading.columns, &batches, request, &expressions)?;
            growing = chosen.iter().map(|_| Growing::default()).collect();
            left_out = out;
            wanted = Some(chosen);
        }
        let chosen = wanted.as_deref().unwrap_or_default();
        let ids = customers(&batches);
        let inside = in_base(&batches, ids.len(), request.base(), &written.model)?;
        let known = request.known_us.unwrap_or_else(system_us);
        let outcomes = [plan.outcome.clone()];
        let came = came_of_all(workspace, documents, *as_of, plan.horizon, &outcomes, &ids, known).await?;
        let [came] = &came[..] else {
            return Err(WorkspaceError::Defect("an outcome was not counted".into()));
        };
        let asked: Vec<usize> =
            (0..ids.len()).filter(|row| inside[*row] && came.values[*row].is_some()).collect();
        let rows = drawn(&asked, &ids, request, n_dates, chosen.len());
        let mut kept: Vec<bool> = Vec::new();
        for (one, growing) in chosen.iter().zip(&mut growing) {
            kept.push(growing.add(&batches, &one.column, &rows)?.is_ok());
        }
        if kept.contains(&false) {
            return Err(WorkspaceError::Defect("a column changed its type between two dates".into()));
        }
        let happened = rows.iter().map(|row| came.values[*row].is_some_and(|value| value > 0.5));
        let happened: Vec<bool> = happened.collect();
        set.dates.push(TrainingDate {
            as_of: label(*as_of, &workspace.zone),
            until: label(*until, &workspace.zone),
            is_held_out,
            n_customers: asked.len() as u64,
            n: rows.len() as u64,
            n_events: happened.iter().filter(|happened| **happened).count() as u64,
        });
        set.happened.extend(happened);
        set.customers.extend(rows.iter().map(|row| ids[*row]));
        if !is_held_out {
            set.n_train = set.happened.len();
        }
    }
    if set.n_train == 0 {
        return Err(empty_base(&set));
    }
    for (one, growing) in wanted.unwrap_or_default().into_iter().zip(growing) {
        let values = growing.finish();
        set.features.push(Feature { name: one.name, title: one.title, kind: values.kind(), values });
    }
    set.left_out = left_out;
    set.leaks = undated(workspace, documents, plan.held_out.0, &set.features).await?;
    set.seconds = began.elapsed().as_secs_f64();
    Ok(set)
}

/// The segment of a base that is written as a condition.
const BASE: &str = "learn_base";

fn expression_name(at: usize) -> String {
    format!("learn_feature_{}", at + 1)
}

/// The model that the features are read from: its indicators alone, and all of it; and which features are
/// expressions: their places and texts.
pub(super) fn prepared(model: &Model, request: &TrainingRequest) -> (Model, Model, Vec<(String, String)>) {
    let is_known = |name: &str| {
        model.indicators.get(name).is_some()
            || model.scorecards.get(name).is_some()
            || model.rule_sets.get(name).is_some()
            || model.decision_tables.get(name).is_some()
            || model.cross_tables.get(name).is_some()
            || model.decision_trees.get(name).is_some()
            || model.flows.get(name).is_some()
            || model.tiers.get(name).is_some()
            || model.segments.get(name).is_some()
            || model.groupings.get(name).is_some()
    };
    let mut indicators: Vec<(String, Indicator)> = model.indicators.0.clone();
    let mut expressions = Vec::new();
    for (at, text) in request.features.iter().enumerate().filter(|(_, text)| !is_known(text.trim())) {
        let name = expression_name(at);
        indicators.push((name.clone(), formula(text)));
        expressions.push((name, text.trim().to_string()));
    }
    let indicators: Named<Indicator> = indicators.into_iter().collect();
    let base = request.base();
    let mut whole = Model {
        indicators: indicators.clone(),
        // What is foretold is not learned from.
        predictions: Named::default(),
        ..model.that_grades()
    };
    let mut light = Model { indicators, ..folded(&[]) };
    let of_indicators = |name: &String| model.indicators.get(name.trim()).is_some() || !is_known(name.trim());
    if !request.features.iter().all(of_indicators) || whole.segments.get(base).is_some() {
        light = whole.clone();
    } else if base != "everyone" {
        let one = Segment {
            title: None,
            description: None,
            base: "everyone".into(),
            condition: Condition::Sql(base.to_string()),
        };
        light.segments.0.push((BASE.into(), one.clone()));
        whole.segments.0.push((BASE.into(), one));
    }
    (light, whole, expressions)
}

fn formula(of: &str) -> Indicator {
    Indicator {
        title: Some(Text::plain(of.trim())),
        description: None,
        kind: IndicatorKind::Formula,
        of: Some(of.trim().to_string()),
        filter: None,
        window: None,
        share: None,
        over: None,
        q: None,
        per: None,
        step: None,
        pick: None,
        compare: None,
        cap: None,
        refunds_count_by: None,
        empty: None,
        purpose: SERVICE.into(),
        unit: None,
    }
}

/// Findings about what was added to the model speak of what was asked for.
pub(super) fn said_of_features(error: WorkspaceError, expressions: &[(String, String)]) -> WorkspaceError {
    let WorkspaceError::Findings(findings) = error else { return error };
    let moved = findings.0.into_iter().map(|finding| {
        let path = finding.place.path.clone().unwrap_or_default();
        if path.contains(&format!("segments.{BASE}")) {
            return Finding { place: Place::default().at("base"), ..finding };
        }
        let of = expressions.iter().find(|(name, _)| {
            path.strip_prefix("indicators.").is_some_and(|rest| rest.split('.').next() == Some(name))
        });
        match of {
            Some((_, text)) => Finding { place: Place::default().at(format!("features: {text}")), ..finding },
            None => finding,
        }
    });
    let moved: Vec<Finding> = moved.collect();
    // Warnings of the model itself are not what stops here.
    let errors: Vec<Finding> =
        moved.iter().filter(|finding| finding.severity == Severity::Error).cloned().collect();
    WorkspaceError::Findings(Findings(if errors.is_empty() { moved } else { errors }))
}

/// The features, and what is left out of all indicators.
pub(super) fn chosen(
    columns: &[OutputColumn],
    batches: &[RecordBatch],
    request: &TrainingRequest,
    expressions: &[(String, String)],
) -> Result<(Vec<Wanted>, Vec<LeftOut>), WorkspaceError> {
    let mut out = Vec::new();
    let mut left_out = Vec::new();
    let fits = |name: &str| -> Result<Result<(), Unfit>, WorkspaceError> {
        let first = batches.first().map(|batch| vec![batch.slice(0, batch.num_rows().min(1))]);
        Growing::default().add(&first.unwrap_or_default(), name, &[])
    };
    let is_without = |name: &str| request.without.iter().any(|without| without.trim() == name);
    if request.features.is_empty() {
        for column in columns.iter().filter(|column| column.kind == OutputKind::Indicator) {
            if is_without(&column.name) {
                continue;
            }
            match fits(&column.name)? {
                Ok(()) => out.push(Wanted {
                    name: column.name.clone(),
                    column: column.name.clone(),
                    title: column.title.clone(),
                }),
                Err(_) => left_out.push(LeftOut {
                    feature: column.name.clone(),
                    title: column.title.clone(),
                    reason: neither_number_nor_category(),
                }),
            }
        }
    }
    for (at, name) in request.features.iter().enumerate() {
        let name = name.trim();
        let of_expression = expression_name(at);
        let column = match expressions.iter().any(|(own, _)| *own == of_expression) {
            true => of_expression,
            false => name.to_string(),
        };
        if out.iter().any(|one: &Wanted| one.name == name) {
            continue;
        }
        let title = columns.iter().find(|one| one.name == column).map(|one| one.title.clone());
        match fits(&column)? {
            Ok(()) => out.push(Wanted {
                name: name.to_string(),
                column,
                title: title.unwrap_or_else(|| Text::plain(name)),
            }),
            Err(_) => {
                return Err(Finding::error(
                    "feature-type",
                    Place::default().at(format!("features: {name}")),
                    Text::new(
                        format!("「{name}」既不是数值也不是类别，不能学习"),
                        format!(
                            "“{name}” is neither a number nor a category, so nothing can be learned from it"
                        ),
                    ),
                    Text::new(
                        "日期可写成距今天数的指标（days_since）",
                        "a date can be an indicator of days since (`days_since`)",
                    ),
                )
                .into());
            }
        }
    }
    if out.is_empty() {
        return Err(argument(
            "features",
            Text::new("没有可以学习的特征", "there is no feature to learn from"),
            Text::new("模型里要有数值或类别的指标", "indicators that are numbers or categories"),
        )
        .into());
    }
    Ok((out, left_out))
}

fn neither_number_nor_category() -> Text {
    Text::new("既不是数值也不是类别", "neither a number nor a category")
}

/// Who belongs to the base.
pub(super) fn in_base(
    batches: &[RecordBatch],
    n: usize,
    base: &str,
    model: &Model,
) -> Result<Vec<bool>, WorkspaceError> {
    if base == "everyone" {
        return Ok(vec![true; n]);
    }
    let name = if model.segments.get(BASE).is_some() { BASE } else { base };
    let mut out = Vec::with_capacity(n);
    for batch in batches {
        let column = batch.column_by_name(name).and_then(|column| column.as_boolean_opt().cloned());
        let Some(flags) = column else {
            return Err(WorkspaceError::Defect(format!("the base {name} was not graded")));
        };
        out.extend((0..flags.len()).map(|row| flags.is_valid(row) && flags.value(row)));
    }
    Ok(out)
}

/// All of them, or as many as fit: drawn by customer and seed, so that the order of the rows does not matter.
fn drawn(
    asked: &[usize],
    ids: &[i64],
    request: &TrainingRequest,
    n_dates: usize,
    n_features: usize,
) -> Vec<usize> {
    let most = request.most_rows.unwrap_or(MOST_ROWS).min(MOST_VALUES / n_features.max(1));
    let most = (most / n_dates).max(1);
    if asked.len() <= most {
        return asked.to_vec();
    }
    let share = most as f64 / asked.len() as f64;
    let is_drawn = |row: &&usize| Random::new(request.seed ^ ids[**row] as u64).unit() < share;
    asked.iter().filter(is_drawn).copied().collect()
}

fn empty_base(set: &TrainingSet) -> WorkspaceError {
    let base = &set.base;
    Finding::error(
        "empty-base",
        Place::default().at("base"),
        Text::new(
            format!("「{base}」在学习的日期里没有客户，或没有人可以问这个结果"),
            format!("nobody of “{base}” was there on the dates to learn from, or could have the outcome"),
        ),
        Text::new(
            "换一个人群、日期或结果（of_whom: everyone）",
            "another base, other dates, or an outcome of everybody (`of_whom: everyone`)",
        ),
    )
    .into()
}

/// Features that read facts without a date.
async fn undated(
    workspace: &Workspace,
    documents: &Documents,
    as_of: AsOf,
    features: &[Feature],
) -> Result<Vec<Leak>, WorkspaceError> {
    let all = leaks(workspace, documents, as_of).await?;
    Ok(all.into_iter().filter(|leak| features.iter().any(|feature| feature.name == leak.indicator)).collect())
}
