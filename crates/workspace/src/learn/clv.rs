//! Lifetime value, learned as of a day: parameters with errors, how sure they are, whether an earlier fit foretold
//! what came (a hold-out), and whom it values most. Everything is what a grading would compute, by the same code.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use gradus_grading::fold::{AsOf, CUSTOMER};
use gradus_grading::grade::{ContractFit, Fit, Fits, LifetimeFit};
use gradus_model::document::{
    Indicator, IndicatorKind, Lifetime, LifetimeModel, Model, Number, Prediction, Span, SpanUnit,
};
use gradus_model::{Finding, Findings, Lang, Place, Text};
use gradus_stats::lifetime::tracking::errors;
use gradus_store::Job;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::clv_page;
use super::write::{Write, Written, write};
use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::clock::label;
use crate::grade::{Tiers, grade_with};
use crate::jobs::{JobRunner, Work};
use crate::predictions::Card;
use crate::preview::pruned;
use crate::simulate::What;
use crate::stored::processors;
use crate::{Documents, GradeOptions, Grading, Progress, Workspace, WorkspaceError, instant_of, versions};

/// What is asked, as it is typed. What is left out is what the prediction says, else the document's defaults.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClvRequest {
    /// A prediction of the model; the first of lifetime value or under contract if left out, else a plain one.
    pub prediction: Option<String>,
    /// `draft`, `folder` or a version; what is in force if left out.
    pub model: Option<String>,
    pub as_of: Option<String>,
    pub kind: Option<LifetimeModel>,
    pub purchases: Option<String>,
    pub value: Option<String>,
    pub margin: Option<Number>,
    pub costs: Option<String>,
    pub horizon: Option<Span>,
    pub discount: Option<Number>,
    /// How long before the end an earlier fit is made, and held against what came.
    pub hold_out: Option<Span>,
}

/// What was learned.
#[derive(Debug, Clone, Serialize)]
pub struct ClvLearned {
    /// The prediction's name; `None` if the model has none.
    pub prediction: Option<String>,
    pub title: Text,
    pub as_of: String,
    /// The prediction as it would be written into a model.
    pub written: Prediction,
    /// The fit of a lifetime value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<LifetimeFit>,
    /// The fit under contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractFit>,
    /// How sure it is, and what to beware of.
    pub words: Vec<Text>,
    /// True if it says nothing of anybody: the words say why.
    pub refused: bool,
    pub n_customers: u64,
    /// Customers of whom it says something.
    pub n_valued: u64,
    /// What all brought to date, and are expected to bring within the horizon.
    pub to_date: f64,
    pub residual: f64,
    /// How an earlier fit foretold what came; none where there is too little time, or nothing to foretell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out: Option<HeldOut>,
    /// Who is expected to bring most.
    pub top: Vec<TopCustomer>,
    pub seconds: f64,
}

/// One customer with what is expected of them.
#[derive(Debug, Clone, Serialize)]
pub struct TopCustomer {
    /// The ledger's number; who it is stays in the vault.
    pub customer: i64,
    pub residual: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub alive: Option<f64>,
    pub purchases: Option<f64>,
    pub to_date: Option<f64>,
}

/// A fit as of an earlier day against what came after.
#[derive(Debug, Clone, Serialize)]
pub struct HeldOut {
    /// The day of the fit, and the end.
    pub from: String,
    pub until: String,
    pub n_customers: u64,
    /// Days with a purchase between the two, of those known on the first.
    pub actual: f64,
    pub expected: f64,
    /// How far off single customers were, in purchases.
    pub mean_absolute: f64,
    pub root_mean_square: f64,
    /// Repeat purchases of those known on the day of the fit, over all the time.
    pub points: Vec<HeldOutPoint>,
    pub words: Text,
}

/// One stretch of the plot.
#[derive(Debug, Clone, Serialize)]
pub struct HeldOutPoint {
    pub until: String,
    /// Weeks since the first purchase of all.
    pub weeks: f64,
    pub actual: f64,
    pub expected: f64,
    pub cumulative_actual: f64,
    pub cumulative_expected: f64,
}

/// Days that a hold-out has at least, and that lie before it.
const SHORTEST_HELD_OUT: i64 = 14;
const SHORTEST_BEFORE: i64 = 28;
/// Stretches of the plot.
const N_POINTS: i32 = 26;
const N_TOP: usize = 20;
const DAYS: &str = "learned_days";
const FIRST: &str = "learned_first";
const NAME: &str = "clv";
const HELD: &str = "learned_held_out";

/// Starts it as a job; the result is a [`ClvLearned`].
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    request: ClvRequest,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    who.sees_everyone()?;
    // What is wrong with the request is said at once.
    Asked::of(workspace, who, &request).await?;
    let (owned, by) = (workspace.clone(), who.clone());
    let input = json!(request);
    let work: Work = Box::new(move |progress| {
        Box::pin(async move {
            let learned = learn_clv(&owned, &by, &request, progress.as_ref()).await?;
            learned.card_value()
        })
    });
    let job = jobs.start(workspace, who, "learn_clv", input.clone(), work).await?;
    audit(workspace, &who.account, "learn.clv", &job.id, input).await?;
    Ok(job)
}

/// Which prediction, over which documents.
struct Asked {
    documents: Documents,
    name: Option<String>,
    prediction: Prediction,
}

impl Asked {
    async fn of(
        workspace: &Workspace,
        who: &Principal,
        request: &ClvRequest,
    ) -> Result<Asked, WorkspaceError> {
        let documents = match &request.model {
            Some(name) => {
                let what = What::parse(name).ok_or_else(|| {
                    Finding::error(
                        "argument",
                        Place::default().at("model"),
                        Text::new(format!("不认识版本「{name}」"), format!("“{name}” is no version")),
                        Text::new("draft、folder 或版本号", "draft, folder or the number of a version"),
                    )
                })?;
                what.documents(workspace, who).await?
            }
            None => versions::now_in_force(workspace).await?,
        };
        let is_value = |one: &Prediction| one.lifetime.is_some() || one.contract.is_some();
        let all = &documents.model.predictions;
        let found = match &request.prediction {
            Some(name) => match all.get(name).filter(|one| is_value(one)) {
                Some(one) => Some((name.clone(), one.clone())),
                None => return Err(unknown(name, all.iter().filter(|(_, one)| is_value(one)))),
            },
            None => {
                all.iter().find(|(_, one)| is_value(one)).map(|(name, one)| (name.to_string(), one.clone()))
            }
        };
        let (name, mut prediction) = match found {
            Some((name, one)) => (Some(name), one),
            None => {
                let title = Some(Text::new("客户终身价值", "Lifetime value"));
                (None, Prediction { title, lifetime: Some(Lifetime::default()), ..Prediction::default() })
            }
        };
        if let Some(lifetime) = &mut prediction.lifetime {
            lifetime.model = request.kind.or(lifetime.model);
            lifetime.purchases = request.purchases.clone().or(lifetime.purchases.take());
            lifetime.value = request.value.clone().or(lifetime.value.take());
            lifetime.costs = request.costs.clone().or(lifetime.costs.take());
            lifetime.margin = request.margin.or(lifetime.margin);
            lifetime.horizon = request.horizon.or(lifetime.horizon);
            lifetime.discount = request.discount.or(lifetime.discount);
        }
        if let Some(contract) = &mut prediction.contract {
            contract.value = request.value.clone().or(contract.value.take());
            contract.margin = request.margin.or(contract.margin);
            contract.horizon = request.horizon.or(contract.horizon);
            contract.discount = request.discount.or(contract.discount);
        }
        Ok(Asked { documents, name, prediction })
    }

    /// What is wrong with what a purchase is, is said of it once, and not of the counts that were added for the hold-out.
    fn said(&self, error: WorkspaceError, request: &ClvRequest) -> WorkspaceError {
        let WorkspaceError::Findings(findings) = error else { return error };
        let own = |finding: &Finding| {
            let path = finding.place.path.as_deref().unwrap_or_default();
            path.starts_with(&format!("indicators.{DAYS}"))
                || path.starts_with(&format!("indicators.{FIRST}"))
        };
        let (added, mut kept): (Vec<Finding>, Vec<Finding>) = findings.0.into_iter().partition(own);
        let name = self.name.as_deref().unwrap_or(NAME);
        let place = match (&self.prediction.contract, &request.purchases) {
            (Some(_), _) => format!("predictions.{name}.contract.terms"),
            (None, Some(_)) => "purchases".to_string(),
            (None, None) => format!("predictions.{name}.lifetime.purchases"),
        };
        for finding in added {
            if kept.iter().all(|known| (known.code, &known.what) != (finding.code, &finding.what)) {
                kept.push(Finding { place: Place::default().at(place.clone()), ..finding });
            }
        }
        WorkspaceError::Findings(Findings(kept))
    }

    /// Documents that say this prediction alone, and count days with a purchase.
    fn documents(&self, prediction: Option<(&str, Prediction)>) -> Documents {
        let mut model = match &self.name {
            Some(name) => pruned(&self.documents.model, &[name]),
            None => Model::default(),
        };
        let kept = Model { indicators: model.indicators.clone(), ..Model::default() };
        if prediction.is_none() {
            model = Model::default();
        } else if self.prediction.among.is_none() {
            model = kept;
        }
        model.predictions = prediction.into_iter().map(|(name, one)| (name.to_string(), one)).collect();
        let filter = match (&self.prediction.lifetime, &self.prediction.contract) {
            (Some(lifetime), _) => lifetime.purchases.clone().unwrap_or_else(|| "spend".to_string()),
            (None, Some(contract)) => contract.terms.clone(),
            (None, None) => "true".to_string(),
        };
        model.indicators.0.push((DAYS.to_string(), counting(IndicatorKind::Active, &filter)));
        model.indicators.0.push((FIRST.to_string(), counting(IndicatorKind::DaysSince, &filter)));
        Documents { model, ..self.documents.clone() }
    }
}

fn counting(kind: IndicatorKind, filter: &str) -> Indicator {
    Indicator {
        title: None,
        description: None,
        kind,
        of: None,
        filter: Some(filter.to_string()),
        window: None,
        share: None,
        over: None,
        q: None,
        per: None,
        step: (kind == IndicatorKind::Active).then_some(SpanUnit::Day),
        pick: (kind == IndicatorKind::DaysSince).then(|| "first".to_string()),
        compare: None,
        cap: None,
        refunds_count_by: None,
        empty: None,
        purpose: "service".to_string(),
        unit: None,
    }
}

fn unknown<'p>(name: &str, known: impl Iterator<Item = (&'p str, &'p Prediction)>) -> WorkspaceError {
    let known: Vec<&str> = known.map(|(name, _)| name).collect();
    let right = match known.is_empty() {
        true => Text::new(
            "模型里还没有；不写名称就按默认做法学习，再用 --write 写进草稿",
            "the model has none yet; without a name the default is learned, and `--write` puts it into the draft",
        ),
        false => Text::new(format!("已有：{}", known.join("、")), format!("one of: {}", known.join(", "))),
    };
    Finding::error(
        "unknown-prediction",
        Place::default().at("prediction"),
        Text::new(
            format!("没有名为“{name}”的终身价值预测"),
            format!("there is no prediction of lifetime value named `{name}`"),
        ),
        right,
    )
    .into()
}

/// Learns.
///
/// # Errors
/// Findings of the prediction; an empty ledger.
pub async fn learn_clv(
    workspace: &Workspace,
    who: &Principal,
    request: &ClvRequest,
    progress: &dyn Progress,
) -> Result<ClvLearned, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    who.sees_everyone()?;
    let began = Instant::now();
    let asked = Asked::of(workspace, who, request).await?;
    let as_of = match &request.as_of {
        Some(text) => vec![workspace.as_of(instant_of(text, &workspace.zone)?)],
        None => Vec::new(),
    };
    let name = asked.name.clone().unwrap_or_else(|| NAME.to_string());
    let documents = asked.documents(Some((&name, asked.prediction.clone())));
    let now = graded(workspace, &documents, as_of, progress).await;
    let now = now.map_err(|error| asked.said(error, request))?;
    let Some(instant) = now.instants.last() else {
        return Err(WorkspaceError::Defect("a grading has no instant".into()));
    };
    let fit = fit_of(&instant.fits, &name);
    let (mut words, refused) = match &fit {
        Some(Fit::Lifetime(fit)) if fit.n == 0 => (vec![nobody_bought()], true),
        Some(Fit::Contract(fit)) if fit.n == 0 => (vec![no_contract()], true),
        Some(Fit::Lifetime(fit)) => (fit.words(), fit.status.is_refused()),
        Some(Fit::Contract(fit)) => (fit.words(), fit.status.is_refused()),
        _ => (Vec::new(), true),
    };
    // Of nobody there are no parameters but those of a prior.
    let fit = fit.filter(|fit| {
        !matches!(fit, Fit::Lifetime(fit) if fit.n == 0) && !matches!(fit, Fit::Contract(fit) if fit.n == 0)
    });
    let column = |suffix: &str| values(&instant.batches, &format!("{name}{suffix}"));
    let (own, to_date) = (column(""), column("_to_date"));
    let held_out = match (&fit, &asked.prediction.lifetime) {
        (Some(Fit::Lifetime(fit)), Some(_)) if !fit.status.is_refused() => {
            held_out(workspace, &asked, request, (instant.as_of, &instant.batches), progress).await?
        }
        _ => None,
    };
    words.extend(held_out.as_ref().and_then(off_before));
    let customers = customers(&instant.batches);
    let mut best: Vec<(usize, f64)> =
        own.iter().enumerate().filter_map(|(row, value)| Some((row, (*value)?))).collect();
    let n_valued = best.len() as u64;
    best.sort_by(|a, b| b.1.total_cmp(&a.1).then(customers[a.0].cmp(&customers[b.0])));
    let [low, high, alive, purchases] = ["_low", "_high", "_alive", "_purchases"].map(column);
    let at = |column: &[Option<f64>], row: usize| column.get(row).copied().flatten();
    let top = best.iter().take(N_TOP).map(|(row, residual)| TopCustomer {
        customer: customers[*row],
        residual: *residual,
        low: at(&low, *row),
        high: at(&high, *row),
        alive: at(&alive, *row),
        purchases: at(&purchases, *row),
        to_date: at(&to_date, *row),
    });
    let top = top.collect();
    let (lifetime, contract) = match fit {
        Some(Fit::Lifetime(fit)) => (Some(*fit), None),
        Some(Fit::Contract(fit)) => (None, Some(*fit)),
        _ => (None, None),
    };
    if let Some(held_out) = &held_out {
        // The card of the prediction shows it, whoever learned and wherever.
        let mut model = asked.documents.model.clone();
        model.predictions.0.retain(|(own, _)| *own != name);
        model.predictions.0.push((name.clone(), asked.prediction.clone()));
        let about = (&held_out.tracking(), n_valued);
        crate::predictions::keep_tracking(workspace, &model, &name, instant.as_of, about).await?;
    }
    Ok(ClvLearned {
        title: asked.prediction.title.clone().unwrap_or_else(|| Text::plain(name)),
        prediction: asked.name,
        as_of: instant.date.clone(),
        written: asked.prediction,
        lifetime,
        contract,
        words,
        refused,
        n_customers: instant.n_customers,
        n_valued,
        to_date: to_date.iter().flatten().sum(),
        residual: own.iter().flatten().sum(),
        held_out,
        top,
        seconds: began.elapsed().as_secs_f64(),
    })
}

async fn graded(
    workspace: &Workspace,
    documents: &Documents,
    instants: Vec<AsOf>,
    progress: &dyn Progress,
) -> Result<Grading, WorkspaceError> {
    let options =
        GradeOptions { instants, known_at_us: None, store: false, reuse: false, n_threads: processors() };
    grade_with(workspace, documents, &options, Tiers::Computed, progress).await
}

fn fit_of(fits: &Fits, name: &str) -> Option<Fit> {
    fits.fits.get(&format!("predictions.{name}")).cloned()
}

/// An earlier fit against what came. The hold-out is a third of the time since the first purchase, if it is not
/// stated.
async fn held_out(
    workspace: &Workspace,
    asked: &Asked,
    request: &ClvRequest,
    (now, batches): (AsOf, &[RecordBatch]),
    progress: &dyn Progress,
) -> Result<Option<HeldOut>, WorkspaceError> {
    let first: Vec<Option<i64>> = integers(batches, FIRST);
    let longest = first.iter().flatten().copied().max().unwrap_or(0);
    let length = match request.hold_out {
        Some(span) => days_before(now, span),
        None => longest / 3,
    };
    if length < SHORTEST_HELD_OUT || longest - length < SHORTEST_BEFORE {
        // What was asked for in so many words is not left out in silence.
        return match request.hold_out {
            Some(_) => Err(no_hold_out(length, longest).into()),
            None => Ok(None),
        };
    }
    let close = |day: i32| AsOf::close_of(day, &workspace.zone);
    let then = close(now.day - length as i32);
    let lifetime = asked.prediction.lifetime.clone().unwrap_or_default();
    let span = Span { n: length as u32, unit: SpanUnit::Day };
    let lifetime = Some(Lifetime { horizon: Some(span), ..lifetime });
    let prediction = Prediction { lifetime, ..asked.prediction.clone() };
    let earlier = graded(workspace, &asked.documents(Some((HELD, prediction))), vec![then], progress).await?;
    let Some(earlier) = earlier.instants.last() else { return Ok(None) };
    let Some(Fit::Lifetime(fit)) = fit_of(&earlier.fits, HELD) else { return Ok(None) };
    let bought: HashMap<i64, i64> = customers(batches)
        .into_iter()
        .zip(integers(batches, DAYS))
        .map(|(customer, days)| (customer, days.unwrap_or(0)))
        .collect();
    let (mut predicted, mut actual) = (Vec::new(), Vec::new());
    let foretold = values(&earlier.batches, &format!("{HELD}_purchases"));
    let before = integers(&earlier.batches, DAYS);
    for ((customer, foretold), before) in customers(&earlier.batches).into_iter().zip(foretold).zip(before) {
        let Some(foretold) = foretold else { continue };
        predicted.push(foretold);
        actual.push((bought.get(&customer).copied().unwrap_or(0) - before.unwrap_or(0)).max(0) as f64);
    }
    let Some(errors) = errors(&predicted, &actual) else { return Ok(None) };
    // The plot begins with the first purchase of all.
    let begin = now.day - longest as i32;
    let step = (longest as i32 / N_POINTS).max(7);
    let mut days: Vec<i32> = (1..).map(|at| begin + at * step).take_while(|day| *day < now.day).collect();
    days.push(now.day);
    let instants: Vec<AsOf> = days.iter().map(|day| close(*day)).collect();
    let counted = graded(workspace, &asked.documents(None), instants, progress).await?;
    let mut births: HashMap<i32, f64> = HashMap::new();
    for ago in first.iter().flatten() {
        let day = now.day - *ago as i32;
        if day <= then.day {
            *births.entry(day).or_default() += 1.0;
        }
    }
    let mut births: Vec<(f64, f64)> =
        births.into_iter().map(|(day, count)| (f64::from(day - begin) / 7.0, count)).collect();
    births.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut repeats, mut ends, mut so_far) = (Vec::new(), Vec::new(), 0.0);
    for instant in &counted.instants {
        let firsts = integers(&instant.batches, FIRST);
        let known = firsts.into_iter().zip(integers(&instant.batches, DAYS)).filter_map(|(first, days)| {
            let born = instant.as_of.day - first? as i32;
            (born <= then.day).then(|| (days.unwrap_or(0) - 1).max(0) as f64)
        });
        let total: f64 = known.sum();
        let weeks = f64::from(instant.as_of.day - begin) / 7.0;
        ends.push(weeks);
        repeats.push((weeks, total - so_far));
        so_far = total;
    }
    let labels: Vec<String> = counted.instants.iter().map(|instant| instant.date.clone()).collect();
    let points = fit.tracking(&births, &repeats, &ends).into_iter().zip(labels);
    let points = points.map(|(one, until)| HeldOutPoint {
        until,
        weeks: one.until,
        actual: one.actual,
        expected: one.expected,
        cumulative_actual: one.cumulative_actual,
        cumulative_expected: one.cumulative_expected,
    });
    let (expected, came) = (errors.predicted_total, errors.actual_total);
    let off = |of: &dyn Fn(f64) -> String| match came > 0.0 {
        true => of(100.0 * (expected / came - 1.0)),
        false => String::new(),
    };
    let (off_zh, off_en) =
        (off(&|off| format!("（偏差 {off:+.1} %）")), off(&|off| format!(" ({off:+.1} %)")));
    let (from, until) = (label(then, &workspace.zone), label(now, &workspace.zone));
    let n = errors.n;
    let words = Text::new(
        format!(
            "用截至 {from} 的拟合预测之后到 {until} 的购买：{n} 位客户预期 {expected:.0} 次，实际 {came:.0} 次{off_zh}"
        ),
        format!(
            "fitted as of {from} and held against what came until {until}: {} expected of {}, {came:.0} made{off_en}",
            so_many(expected, "purchase"),
            so_many(n as f64, "customer")
        ),
    );
    Ok(Some(HeldOut {
        from,
        until,
        n_customers: n as u64,
        actual: came,
        expected,
        mean_absolute: errors.mean_absolute,
        root_mean_square: errors.root_mean_square,
        points: points.collect(),
        words,
    }))
}

/// That an earlier fit was off by more than a tenth: what the parameters know of themselves is not all.
fn off_before(held: &HeldOut) -> Option<Text> {
    let off = held.expected / held.actual - 1.0;
    (off.is_finite() && off.abs() > 0.1).then(|| {
        let percent = 100.0 * off;
        Text::new(
            format!("留出检验的合计偏差 {percent:+.0} %：现在的预期也可能差这么多，不论参数的区间多窄"),
            format!("on the hold-out the total was {percent:+.0} % off: what is expected now may be off as far, however narrow the interval of the parameters"),
        )
    })
}

/// A number of things, of which there may be one.
fn so_many(n: f64, what: &str) -> String {
    let shown = format!("{n:.0}");
    if shown == "1" { format!("1 {what}") } else { format!("{shown} {what}s") }
}

fn nobody_bought() -> Text {
    Text::new(
        "还没有人买过：没有一个事件符合 purchases 的条件（不写时是 spend），没有可学的",
        "nobody has bought anything: no event is a purchase by `purchases` (`spend` if left out), so there is nothing to learn",
    )
}

fn no_contract() -> Text {
    Text::new(
        "没有一份合约：没有一个事件符合 terms 的条件",
        "there is no contract: no event begins a term by `terms`",
    )
}

fn no_hold_out(length: i64, longest: i64) -> Finding {
    let most = longest - SHORTEST_BEFORE;
    let right = match most >= SHORTEST_HELD_OUT {
        true => Text::new(
            format!("{SHORTEST_HELD_OUT} 至 {most} 天"),
            format!("{SHORTEST_HELD_OUT} to {most} days"),
        ),
        false => Text::new(
            "先导入更长时间的数据，或不写 --hold-out",
            "a longer past imported first, or no `--hold-out`",
        ),
    };
    Finding::error(
        "hold-out-length",
        Place::default().at("hold_out"),
        Text::new(
            format!(
                "最早的购买在 {longest} 天前，留不出 {length} 天来检验：之前至少要有 {SHORTEST_BEFORE} 天，留出的至少 {SHORTEST_HELD_OUT} 天"
            ),
            format!(
                "the first purchase was {longest} days ago: {length} days cannot be held out, because at least {SHORTEST_BEFORE} days must lie before and {SHORTEST_HELD_OUT} after"
            ),
        ),
        right,
    )
}

/// How many days before an instant a span begins.
fn days_before(now: AsOf, span: Span) -> i64 {
    let unit = match span.unit {
        SpanUnit::Day => 1.0,
        SpanUnit::Week => 7.0,
        SpanUnit::Month => 365.25 / 12.0,
        SpanUnit::Quarter => 365.25 / 4.0,
        SpanUnit::Year => 365.25,
    };
    ((f64::from(span.n) * unit).round() as i64).min(i64::from(now.day))
}

fn customers(batches: &[RecordBatch]) -> Vec<i64> {
    integers(batches, CUSTOMER).into_iter().map(Option::unwrap_or_default).collect()
}

fn integers(batches: &[RecordBatch], name: &str) -> Vec<Option<i64>> {
    let mut out = Vec::new();
    for batch in batches {
        let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
        match column {
            Some(column) => out.extend(column.iter()),
            None => out.resize(out.len() + batch.num_rows(), None),
        }
    }
    out
}

/// Decimals with four digits as numbers; none where the column is absent.
fn values(batches: &[RecordBatch], name: &str) -> Vec<Option<f64>> {
    let mut out = Vec::new();
    for batch in batches {
        let column = batch.column_by_name(name);
        let is_decimal =
            column.is_some_and(|column| matches!(column.data_type(), DataType::Decimal128(_, 4)));
        match column.filter(|_| is_decimal).and_then(|one| one.as_primitive_opt::<Decimal128Type>()) {
            Some(column) => out.extend(column.iter().map(|value| value.map(|value| value as f64 / 1e4))),
            None => out.resize(out.len() + batch.num_rows(), None),
        }
    }
    out
}

impl HeldOut {
    /// Expected against actual, as cards show it.
    fn tracking(&self) -> Value {
        let first = self.points.first().map_or(self.from.as_str(), |one| one.until.as_str());
        json!({ "from": first, "held_out_from": self.from, "points": self.points, "words": self.words })
    }
}

impl ClvLearned {
    /// The model card, with the hold-out as its tracking, and what was learned beside it.
    fn card_value(&self) -> Result<Value, WorkspaceError> {
        let name = self.prediction.as_deref().unwrap_or(NAME);
        let mut card = Card::of(name, &self.written, &[]);
        card.as_of = Some(self.as_of.clone());
        if let Some(fit) = &self.lifetime {
            card.tell(&Fit::Lifetime(Box::new(fit.clone())));
        }
        if let Some(fit) = &self.contract {
            card.tell(&Fit::Contract(Box::new(fit.clone())));
        }
        if let Some(held_out) = &self.held_out {
            card.tracking = Some(held_out.tracking());
            let metric = |name: &str, zh: &str, en: &str, value: f64| json!({ "name": name, "title": Text::new(zh, en), "value": value, "unit": "number", "better": "less" });
            // Where nothing came there is nothing that it could be off by, in percent.
            if held_out.actual > 0.0 {
                card.metrics.push(json!({
                    "name": "total", "title": Text::new("合计偏差", "total off by"),
                    "value": held_out.expected / held_out.actual - 1.0,
                    "unit": "percent_error", "words": held_out.words,
                }));
            }
            card.metrics.extend([
                metric(
                    "mae",
                    "单个客户的平均误差（次）",
                    "single customers off by (purchases)",
                    held_out.mean_absolute,
                ),
                metric(
                    "rmse",
                    "均方根误差（次）",
                    "root mean square error (purchases)",
                    held_out.root_mean_square,
                ),
            ]);
        }
        let mut value =
            serde_json::to_value(card).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
        value["learned"] =
            serde_json::to_value(self).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
        Ok(value)
    }

    /// For a terminal.
    pub fn render(&self, lang: Lang) -> String {
        clv_page::text(self, lang)
    }

    /// One page that needs nothing else.
    pub fn html(&self, workspace: &str, lang: Lang) -> String {
        clv_page::html(self, workspace, lang)
    }

    /// Puts the prediction into the draft under a name. Who has no draft begins one from what is in force. The prediction
    /// that was learned may be written under its own name; another of that name only if it is to be replaced.
    ///
    /// # Errors
    /// A name that cannot be one, or is taken; a draft that changed meanwhile.
    pub async fn write(
        &self,
        workspace: &Workspace,
        who: &Principal,
        to: &Write,
    ) -> Result<Written, WorkspaceError> {
        let own = self.prediction.as_deref() == Some(to.name.trim());
        let to = Write { replace: to.replace || own, ..to.clone() };
        let prediction = self.written.clone();
        let put = |model: &mut Model, name: &str| {
            match model.predictions.0.iter_mut().find(|(own, _)| own == name) {
                Some((_, own)) => *own = prediction,
                None => model.predictions.0.push((name.to_string(), prediction)),
            }
            Ok(())
        };
        write(workspace, who, &to, put).await
    }
}
