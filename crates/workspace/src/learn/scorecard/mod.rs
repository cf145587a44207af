//! `gradus learn scorecard`: bins, weights of evidence, a logistic regression and points (Siddiqi 2006, Credit Risk
//! Scorecards, ch. 5 and 6), written as an ordinary scorecard. Good is whatever is better of the outcome, so that
//! more points are always better. What is tested on the held-out date are the points as they are written, rounded.

mod binned;
mod card;
mod choose;
mod points;

use std::collections::BTreeMap;
use std::sync::Arc;

use gradus_model::document::{Better, Scorecard};
use gradus_model::fixed::Fixed;
use gradus_model::{Finding, Lang, Place, Text};
use gradus_store::Job;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::binned::{Binned, bin_features};
pub use self::binned::{LearnedAttribute, LearnedBin};
use self::choose::choose;
use self::points::{Pointed, pointed};
use super::ask::argument;
use super::job::{begin, may_learn, with_pages};
use super::training::{LeftOut, TrainingDate, TrainingSet, training_set};
use super::write::{Write, Written, write};
use super::{Promised, Separated, TrainingRequest};
use crate::access::Principal;
use crate::backtest::Leak;
use crate::jobs::{JobRunner, Work};
use crate::validation::Asked;
use crate::{Progress, Workspace, WorkspaceError};

/// How a bad rate may go with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrendAsked {
    /// The better of rising and falling; a peak or valley where it is worth its explanation.
    #[default]
    Auto,
    Rising,
    Falling,
    Peak,
    Valley,
    Any,
}

/// How the card is learned. Everything may be left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScorecardOptions {
    /// Bins of an attribute at most, those of missing and special values not counted.
    pub max_bins: usize,
    /// Of all customers, at least this share in each.
    pub min_share: f64,
    pub trend: TrendAsked,
    /// By feature.
    pub trends: BTreeMap<String, TrendAsked>,
    /// Numbers with a meaning of their own, by feature: each gets a bin of its own.
    pub specials: BTreeMap<String, Vec<Fixed>>,
    /// Added to the good and to the bad of every bin; left out, evidence is that of the plain counts, and half a
    /// customer is added to each kind only in bins of one kind, whose evidence would be infinite.
    pub smoothing: Option<f64>,
    /// Attributes with less information value are left out, and those with more, too.
    pub min_iv: f64,
    pub max_iv: Option<f64>,
    /// Of two attributes whose evidence is correlated more strongly the weaker is left out.
    pub max_correlation: f64,
    /// Attributes that may be chance are left out: Wald's test.
    pub max_p: f64,
    /// Attributes at most.
    pub max_attributes: usize,
    /// So many points at `base_odds` good to one bad; twice the odds are `points_to_double` more.
    pub base_score: f64,
    pub base_odds: f64,
    pub points_to_double: f64,
    /// Digits after the point, up to four.
    pub digits: u32,
    /// The points of the intercept stand apart as points that everybody starts with, instead of being spread.
    pub apart: bool,
    /// Customers with the rarer of the two outcomes at least, to learn from.
    pub min_events: u64,
}

impl Default for ScorecardOptions {
    fn default() -> Self {
        ScorecardOptions {
            max_bins: 6,
            min_share: 0.05,
            trend: TrendAsked::Auto,
            trends: BTreeMap::new(),
            specials: BTreeMap::new(),
            smoothing: None,
            min_iv: 0.02,
            max_iv: None,
            max_correlation: 0.7,
            max_p: 0.05,
            max_attributes: 10,
            base_score: 600.0,
            base_odds: 1.0,
            points_to_double: 50.0,
            digits: 0,
            apart: false,
            min_events: 50,
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScorecardRequest {
    pub training: TrainingRequest,
    pub options: ScorecardOptions,
    pub title: Option<Text>,
    pub write: Option<Write>,
}

/// How odds become points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CardScaling {
    pub base_score: f64,
    pub base_odds: f64,
    pub points_to_double: f64,
    /// Score = offset + factor ln(good : bad).
    pub factor: f64,
    pub offset: f64,
}

/// A learned scorecard.
#[derive(Debug, Clone, Serialize)]
pub struct LearnedCard {
    /// What it would be called in the model.
    pub name: String,
    pub title: Text,
    pub model_title: Text,
    pub version: Option<i64>,
    pub base: String,
    pub outcome: Asked,
    /// What counts as good and as bad.
    pub good: Text,
    pub bad: Text,
    pub horizon: Text,
    pub dates: Vec<TrainingDate>,
    /// Rows that it was learned from.
    pub n: u64,
    pub n_bad: u64,
    /// Of the regression of bad.
    pub intercept: f64,
    /// Every feature with its bins: those of the card in its order, then the others by information value.
    pub attributes: Vec<LearnedAttribute>,
    pub left_out: Vec<LeftOut>,
    pub scaling: CardScaling,
    /// On the rows that it was learned from, and on the held-out date: of the points as they are written.
    pub train: Separated,
    pub held_out: Separated,
    /// On the held-out date.
    pub calibration: Option<Promised>,
    /// How far the scores drifted from the former to the latter.
    pub psi: Option<f64>,
    pub leaks: Vec<Leak>,
    /// What to bear in mind.
    pub words: Vec<Text>,
    /// The scorecard as the model document says it.
    pub scorecard: Scorecard,
    pub written: Option<Written>,
    /// Of the held-out date, customer by customer, as the card gives them.
    #[serde(skip)]
    pub held_out_scores: Vec<(i64, Fixed)>,
    pub seconds: f64,
}

/// Starts the work; its result is a [`LearnedCard`] and its pages.
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    request: ScorecardRequest,
) -> Result<Job, WorkspaceError> {
    may_learn(who, request.write.is_some())?;
    check(&request.options)?;
    let documents = request.training.documents(workspace, who).await?;
    super::TrainingPlan::of(workspace, &documents, &request.training).await?;
    let (owned, by) = (workspace.clone(), who.clone());
    let input = json!(request);
    let work: Work = Box::new(move |progress| {
        Box::pin(async move {
            let done = learn_scorecard(&owned, &by, &request, progress.as_ref()).await?;
            with_pages(&owned, &done, |title, lang| done.html(title, lang))
        })
    });
    begin(workspace, jobs, who, "learn_scorecard", input, work).await
}

/// Learns a scorecard, tests it on the held-out date, and writes it into the draft if asked to.
///
/// # Errors
/// Findings: what was asked for is wrong, or the data are too few to learn from.
pub async fn learn_scorecard(
    workspace: &Workspace,
    who: &Principal,
    request: &ScorecardRequest,
    progress: &dyn Progress,
) -> Result<LearnedCard, WorkspaceError> {
    check(&request.options)?;
    let documents = request.training.documents(workspace, who).await?;
    let set = training_set(workspace, &documents, &request.training, progress).await?;
    progress.begin("learn", None);
    let mut done = learned(&set, request)?;
    progress.end();
    if let Some(asked) = &request.write {
        let card = done.scorecard.clone();
        let put = |model: &mut gradus_model::document::Model, name: &str| {
            match model.scorecards.0.iter_mut().find(|(own, _)| own == name) {
                Some((_, own)) => *own = card,
                None => model.scorecards.0.push((name.to_string(), card)),
            }
            Ok(())
        };
        done.written = Some(write(workspace, who, asked, put).await?);
    }
    Ok(done)
}

/// The same of a training set, without writing anything.
pub fn learned(set: &TrainingSet, request: &ScorecardRequest) -> Result<LearnedCard, WorkspaceError> {
    let began = std::time::Instant::now();
    let options = &request.options;
    let is_bad_event = set.outcome.better == Better::Less;
    let bad: Vec<bool> = set.happened.iter().map(|happened| *happened == is_bad_event).collect();
    enough(&bad[set.train()], options.min_events)?;
    let (binned, mut left_out) = bin_features(set, &bad[set.train()], options)?;
    let chosen = choose(set, &binned, &bad[set.train()], options, &mut left_out)?;
    let Pointed { sums, scores, chances, scaling, base, points } = pointed(set, &binned, &chosen, options)?;
    let train = set.train();
    let held = set.held_out();
    // Scores grow with the good, so the chance of the bad grows with their opposite.
    let opposite: Vec<f64> = scores.iter().map(|score| -score).collect();
    let judge = |rows: std::ops::Range<usize>| {
        Separated::of(&opposite[rows.clone()], Some(&chances[rows.clone()]), &bad[rows])
    };
    let (train_result, held_out) = (judge(train.clone()), judge(held.clone()));
    let psi = drift(&scores[train.clone()], &scores[held]);
    let (good_words, bad_words) = sides(&set.outcome);
    let title = request.title.clone().unwrap_or_else(|| title_of(&set.outcome));
    let scorecard = card::scorecard(&title, set, &binned, &chosen, base, &points, options);
    let mut words = notes(set, &train_result, &held_out, psi);
    words.extend(one_kind(&binned, &chosen, options, is_bad_event));
    words.extend(suspicious(&binned, &chosen));
    let attributes = attributes(&binned, &chosen, &points, &left_out, is_bad_event);
    let n_bad = bad[train].iter().filter(|bad| **bad).count() as u64;
    Ok(LearnedCard {
        name: name_of(request),
        title,
        model_title: set.model_title.clone(),
        version: set.version,
        base: set.base.clone(),
        outcome: set.outcome.clone(),
        good: good_words,
        bad: bad_words,
        horizon: set.horizon.clone(),
        dates: set.dates.clone(),
        n: set.n_train as u64,
        n_bad,
        intercept: chosen.intercept,
        attributes,
        left_out,
        scaling: CardScaling {
            base_score: options.base_score,
            base_odds: options.base_odds,
            points_to_double: options.points_to_double,
            factor: scaling.factor,
            offset: scaling.offset,
        },
        train: train_result,
        calibration: held_out.calibration.clone(),
        held_out,
        psi,
        leaks: set.leaks.clone(),
        words,
        scorecard,
        written: None,
        held_out_scores: set.customers[set.held_out()]
            .iter()
            .copied()
            .zip(sums[set.held_out()].iter().copied())
            .collect(),
        seconds: set.seconds + began.elapsed().as_secs_f64(),
    })
}

/// What it is called where nobody says.
fn name_of(request: &ScorecardRequest) -> String {
    request.write.as_ref().map_or_else(|| "learned_score".to_string(), |write| write.name.trim().to_string())
}

/// Every feature: those of the card in its order, then the others by information value.
fn attributes(
    binned: &[Binned],
    chosen: &choose::Chosen,
    points: &[Vec<Fixed>],
    left_out: &[LeftOut],
    is_bad_event: bool,
) -> Vec<LearnedAttribute> {
    let on_card = chosen.terms.iter().zip(points).enumerate().map(|(at, (term, points))| LearnedAttribute {
        coefficient: Some(term.coefficient.value),
        standard_error: term.coefficient.standard_error,
        p: term.coefficient.p(),
        reason: Some(reason(at)),
        ..binned[term.at].shown(Some(points), is_bad_event)
    });
    let mut out: Vec<LearnedAttribute> = on_card.collect();
    let is_on_card = |at: &usize| chosen.terms.iter().any(|term| term.at == *at);
    let mut others: Vec<usize> = (0..binned.len()).filter(|at| !is_on_card(at)).collect();
    others.sort_by(|a, b| binned[*b].table.iv.total_cmp(&binned[*a].table.iv));
    out.extend(others.into_iter().map(|at| LearnedAttribute {
        why_not: left_out.iter().find(|one| one.feature == binned[at].name).map(|one| one.reason.clone()),
        ..binned[at].shown(None, is_bad_event)
    }));
    out
}

/// The code under which an attribute is a reason.
fn reason(at: usize) -> String {
    format!("R{:02}", at + 1)
}

fn check(options: &ScorecardOptions) -> Result<(), Finding> {
    let wrong = |at: &str, zh: &str, en: &str| {
        argument(
            at,
            Text::new(zh, en),
            Text::new("见 gradus learn scorecard --help", "see `gradus learn scorecard --help`"),
        )
    };
    if !(2..=50).contains(&options.max_bins) {
        return Err(wrong("options.max_bins", "箱数须在 2 至 50 之间", "bins are 2 to 50"));
    }
    if !(options.min_share > 0.0 && options.min_share < 0.5) {
        return Err(wrong(
            "options.min_share",
            "每箱的最小占比须大于 0、小于 0.5",
            "the least share of a bin is above 0 and below 0.5",
        ));
    }
    if options.digits > 4 {
        return Err(wrong(
            "options.digits",
            "分值最多四位小数",
            "points have four digits after the point at most",
        ));
    }
    if options.max_attributes == 0 {
        return Err(wrong("options.max_attributes", "至少一个属性", "one attribute at least"));
    }
    if !options.smoothing.is_none_or(|add| add > 0.0 && add.is_finite()) {
        return Err(wrong("options.smoothing", "平滑值须大于 0", "what is added to each bin is above 0"));
    }
    for (at, value) in
        [("min_iv", options.min_iv), ("max_correlation", options.max_correlation), ("max_p", options.max_p)]
    {
        if !(value >= 0.0 && value.is_finite()) {
            return Err(wrong(&format!("options.{at}"), "须是不小于 0 的数", "a number of at least 0"));
        }
    }
    Ok(())
}

/// Refuses outcomes of one kind, and too few of the rarer kind.
fn enough(bad: &[bool], least: u64) -> Result<(), WorkspaceError> {
    let n_bad = bad.iter().filter(|bad| **bad).count() as u64;
    let n_good = bad.len() as u64 - n_bad;
    super::few::enough(n_bad, n_good, least).map_err(WorkspaceError::from)
}

fn title_of(outcome: &Asked) -> Text {
    Text::new(
        format!("学习得到的评分卡：{}", outcome.title.zh),
        format!("Learned scorecard: {}", outcome.title.en),
    )
}

/// What good and bad are, in words.
fn sides(outcome: &Asked) -> (Text, Text) {
    let happened =
        Text::new(format!("发生「{}」", outcome.title.zh), format!("“{}” came true", outcome.title.en));
    let not = Text::new(
        format!("没有发生「{}」", outcome.title.zh),
        format!("“{}” did not come true", outcome.title.en),
    );
    match outcome.better {
        Better::Less => (not, happened),
        Better::More => (happened, not),
    }
}

/// How far scores drifted: population stability over tenths of the former.
fn drift(then: &[f64], now: &[f64]) -> Option<f64> {
    use gradus_stats::stability::{DEFAULT_EPSILON, psi};
    psi(then, now, 10, DEFAULT_EPSILON)
}

fn notes(set: &TrainingSet, trained: &Separated, held_out: &Separated, psi: Option<f64>) -> Vec<Text> {
    let mut out = super::few::notes(set);
    if let (Some(then), Some(now)) = (trained.auc, held_out.auc)
        && then.value - now.value > 0.05
    {
        out.push(Text::new(
            format!("留出日期上的 AUC 比学习时低 {:.3}：箱或属性可能太多", then.value - now.value),
            format!(
                "the AUC on the held-out date is {:.3} lower: bins or attributes may be too many",
                then.value - now.value
            ),
        ));
    }
    if let Some(psi) = psi.filter(|psi| *psi >= 0.1) {
        out.push(Text::new(
            format!("分数分布有偏移（PSI {psi:.3}）：使用前先看看客户变了什么"),
            format!(
                "the scores drifted (PSI {psi:.3}): look at what changed in the customers before using it"
            ),
        ));
    }
    out
}

/// Where evidence is not that of the plain counts, and which values were of one kind before they were joined.
fn one_kind(
    binned: &[Binned],
    chosen: &choose::Chosen,
    options: &ScorecardOptions,
    is_bad_event: bool,
) -> Vec<Text> {
    let mut out = Vec::new();
    if let Some(add) = options.smoothing {
        out.push(Text::new(
            format!("每一箱的好、坏客户数各加 {add} 后再算 WOE"),
            format!("{add} was added to the good and to the bad of every bin before its evidence was taken"),
        ));
    }
    for one in chosen.terms.iter().map(|term| &binned[term.at]) {
        let kind = |counts: &gradus_stats::woe::Counts| match (counts.bad > 0) == is_bad_event {
            true => Text::new("都发生了", "all have the outcome"),
            false => Text::new("都没有发生", "none has the outcome"),
        };
        for (cell, (_, label)) in one.table.cells.iter().zip(one.labels()) {
            if options.smoothing.is_none() && cell.counts.is_pure() {
                let (n, all) = (cell.counts.n(), kind(&cell.counts));
                out.push(Text::new(
                    format!("「{}」{}：{n} 位客户{}，WOE 本为无穷大；只在这一箱的好、坏各加 0.5", one.title.zh, label.zh, all.zh),
                    format!("“{}”, {}: of {n} customers {}, so that the evidence would be infinite; 0.5 was added to both kinds of this bin only", one.title.en, label.en, all.en),
                ));
            }
        }
        for (label, counts) in &one.runs {
            let (n, all) = (counts.n(), kind(counts));
            out.push(Text::new(
                format!("「{}」{}：{n} 位客户{}，已与相邻取值并为一箱；确认它不是结果本身的另一种写法", one.title.zh, label.zh, all.zh),
                format!("“{}”, {}: of {n} customers {}; joined with what is next to it into one bin; make sure that it is not the outcome in other words", one.title.en, label.en, all.en),
            ));
        }
    }
    out
}

/// What foretells so well that it may be the outcome itself.
fn suspicious(binned: &[Binned], chosen: &choose::Chosen) -> Vec<Text> {
    let strong = chosen.terms.iter().map(|term| &binned[term.at]).filter(|one| one.table.iv > 1.0);
    strong
        .map(|one| {
            Text::new(
                format!("「{}」的信息值 {:.2} 很高：确认它不是结果本身的另一种写法", one.title.zh, one.table.iv),
                format!("“{}” has a very high information value ({:.2}): make sure that it is not the outcome in other words", one.title.en, one.table.iv),
            )
        })
        .collect()
}

impl LearnedCard {
    /// As one self-contained page.
    pub fn html(&self, workspace: &str, lang: Lang) -> String {
        crate::report::learned_card_page(self, workspace, lang)
    }
}

/// Findings about one feature.
fn of_feature(code: &'static str, name: &str, what: Text, right: Text) -> Finding {
    Finding::error(code, Place::default().at(format!("features: {name}")), what, right)
}
