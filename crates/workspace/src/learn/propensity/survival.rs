//! How long it takes until it happens: from the first date that was learned from, everybody of whom it is asked is
//! followed as far as the data go (Kaplan and Meier 1958), and what is known of them on that date is held against
//! the time (Cox 1972). A customer who is still there at the end is censored.
//!
//! Whoever leaves has left a horizon after what they did last; whoever does something has done it when they did it
//! first.

use gradus_grading::fold::AsOf;
use gradus_model::Text;
use gradus_model::document::{Counts, Indicator, IndicatorKind, OfWhom, Span, SpanUnit, Window};
use gradus_stats::random::Random;
use gradus_stats::survival::cox::{CoxStatus, cox};
use gradus_stats::survival::kaplan_meier::curve;
use serde::{Deserialize, Serialize};

use super::train::Trained;
use crate::backtest::{came_of_all, last_day, moved};
use crate::clock::{label, system_us};
use crate::learn::few::read_together;
use crate::learn::training::TrainingSet;
use crate::learn::{TrainingPlan, TrainingRequest};
use crate::validation::Asked;
use crate::{Documents, Workspace, WorkspaceError};

/// Points of a curve that are kept.
const MOST_POINTS: usize = 60;
/// Customers whose times are held against what is known of them.
const MOST_ROWS: usize = 20_000;
/// Features of which it is asked.
const MOST_FEATURES: usize = 6;
const LEVEL: f64 = 0.95;

/// A place of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SurvivalPoint {
    pub days: f64,
    pub n_at_risk: f64,
    /// The share to whom it has not happened by then.
    pub share: f64,
    pub low: f64,
    pub high: f64,
}

/// What a feature does to the pace at which it happens: one standard deviation more multiplies it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hazard {
    pub name: String,
    pub title: Text,
    pub ratio: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub p: Option<f64>,
}

/// Time until it happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Survival {
    pub from: String,
    pub until: String,
    pub n: u64,
    pub n_events: u64,
    pub median_days: Option<f64>,
    pub curve: Vec<SurvivalPoint>,
    /// The strongest features first; empty where Cox's model could not be fitted.
    pub hazards: Vec<Hazard>,
    pub concordance: Option<f64>,
    /// Features that nearly say the same, whose ratios mean something together only.
    #[serde(default)]
    pub together: Option<Text>,
    pub words: Text,
}

/// The curve and the hazards; none without anybody to follow.
pub(super) async fn survival(
    workspace: &Workspace,
    documents: &Documents,
    request: &TrainingRequest,
    set: &TrainingSet,
    model: &Trained,
) -> Result<Option<Survival>, WorkspaceError> {
    let plan = TrainingPlan::of(workspace, documents, request).await?;
    let Some((from, _)) = plan.dates.first().copied() else { return Ok(None) };
    let end = last_day(workspace).await?.min(match request.known_us {
        Some(known) => workspace.as_of(known).day,
        None => i32::MAX,
    });
    let span = end - from.day;
    let horizon = moved(from.day, plan.horizon, 1) - from.day;
    let n_first = set.dates.first().map_or(0, |date| date.n as usize);
    if n_first == 0 || span <= horizon {
        return Ok(None);
    }
    let customers = &set.customers[..n_first];
    let known = request.known_us.unwrap_or_else(system_us);
    let happened = set.outcome.counts == Counts::Happened;
    let asked = [asked(&set.outcome, None, span), asked(&set.outcome, Some(happened), span)];
    let days = Span { n: span as u32, unit: SpanUnit::Day };
    let came = came_of_all(workspace, documents, from, days, &asked, customers, known).await?;
    let [count, since] = &came[..] else { return Ok(None) };
    let (mut times, mut events) = (Vec::with_capacity(n_first), Vec::with_capacity(n_first));
    for row in 0..n_first {
        let any = count.values[row].unwrap_or(0.0) > 0.0;
        // Days after the date on which it was done first, or last.
        let day = any.then(|| f64::from(span) - since.values[row].unwrap_or(0.0));
        let (time, event) = match (happened, day) {
            (true, Some(day)) => (day, true),
            (true, None) => (f64::from(span), false),
            (false, day) => {
                let gone = day.unwrap_or(0.0) + f64::from(horizon);
                (gone.min(f64::from(span)), gone <= f64::from(span))
            }
        };
        times.push(time.max(0.5));
        events.push(event);
    }
    told(workspace, from, end, set, model, &times, &events)
}

fn told(
    workspace: &Workspace,
    from: AsOf,
    end: i32,
    set: &TrainingSet,
    model: &Trained,
    times: &[f64],
    events: &[bool],
) -> Result<Option<Survival>, WorkspaceError> {
    let defect = |error: gradus_stats::survival::SurvivalError| WorkspaceError::Defect(error.to_string());
    let found = curve(times, events, LEVEL).map_err(defect)?;
    let every = found.points.len().div_ceil(MOST_POINTS).max(1);
    let last = found.points.len().saturating_sub(1);
    let kept = found.points.iter().enumerate().filter(|(at, _)| at % every == 0 || *at == last);
    let points: Vec<SurvivalPoint> = kept
        .map(|(_, point)| SurvivalPoint {
            days: point.time,
            n_at_risk: point.n_at_risk,
            share: point.survival,
            low: point.low,
            high: point.high,
        })
        .collect();
    let Hazards { all: hazards, concordance, together } =
        hazards(set, model, times, events).map_err(defect)?;
    let until = label(AsOf::close_of(end, &workspace.zone), &workspace.zone);
    let from = label(from, &workspace.zone);
    let n_events = events.iter().filter(|event| **event).count();
    let (n, median) = (times.len(), found.median());
    let half = match median {
        Some(days) => {
            Text::new(format!("一半在 {days:.0} 天内"), format!("half of them within {days:.0} days"))
        }
        None => Text::new("不到一半", "fewer than half of them"),
    };
    let outcome = &set.outcome.title;
    Ok(Some(Survival {
        words: Text::new(
            format!("从 {from} 跟踪 {n} 位客户到 {until}：{n_events} 位发生「{}」，{}", outcome.zh, half.zh),
            format!(
                "{n} customers followed from {from} until {until}: “{}” came true for {n_events}, {}",
                outcome.en, half.en
            ),
        ),
        from,
        until,
        n: n as u64,
        n_events: n_events as u64,
        median_days: median,
        curve: points,
        hazards,
        concordance,
        together,
    }))
}

/// Whether anything was done, or how long ago it was done first or last.
fn asked(outcome: &Asked, first: Option<bool>, span: i32) -> Asked {
    let window = Some(Window::Short(Span { n: span as u32, unit: SpanUnit::Day }));
    let own = &outcome.indicator;
    let indicator = match first {
        None => Indicator { window, ..own.clone() },
        Some(first) => Indicator {
            kind: IndicatorKind::DaysSince,
            of: None,
            step: None,
            pick: Some(if first { "first" } else { "last" }.to_string()),
            window,
            ..own.clone()
        },
    };
    Asked {
        name: if first.is_some() { "since" } else { "count" }.to_string(),
        indicator,
        counts: Counts::Value,
        // Whom it is asked of was decided on the date.
        of_whom: OfWhom::Everyone,
        ..outcome.clone()
    }
}

/// The hazards of the strongest features.
#[derive(Debug, Default)]
struct Hazards {
    all: Vec<Hazard>,
    concordance: Option<f64>,
    together: Option<Text>,
}

/// What the strongest features do to the pace.
fn hazards(
    set: &TrainingSet,
    model: &Trained,
    times: &[f64],
    events: &[bool],
) -> Result<Hazards, gradus_stats::survival::SurvivalError> {
    let mut order: Vec<usize> = (0..model.fit.features.len()).collect();
    order.sort_by(|a, b| model.weights[*b].0.total_cmp(&model.weights[*a].0));
    let mut starts = Vec::new();
    let mut at = 0;
    for feature in &model.fit.features {
        starts.push(at);
        at += feature.encoding.width();
    }
    let mut rows: Vec<usize> = (0..times.len()).collect();
    if rows.len() > MOST_ROWS {
        let share = MOST_ROWS as f64 / rows.len() as f64;
        rows.retain(|row| Random::new(set.customers[*row] as u64).unit() < share);
    }
    let numbers = order.into_iter().filter(|at| model.fit.features[*at].encoding.is_number());
    let chosen: Vec<usize> = numbers.take(MOST_FEATURES).collect();
    let mut columns = Vec::new();
    for at in &chosen {
        let of = |row: &usize| model.first_date[*row][starts[*at]];
        let own: Vec<f64> = rows.iter().map(of).collect();
        let known: Vec<f64> = own.iter().copied().filter(|value| value.is_finite()).collect();
        let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
        let spread =
            (known.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / known.len().max(1) as f64).sqrt();
        let scale = if spread > 0.0 { spread } else { 1.0 };
        // What is unknown counts as the average.
        columns.push(
            own.iter().map(|v| if v.is_finite() { (v - mean) / scale } else { 0.0 }).collect::<Vec<f64>>(),
        );
    }
    let own_times: Vec<f64> = rows.iter().map(|row| times[*row]).collect();
    let own_events: Vec<bool> = rows.iter().map(|row| events[*row]).collect();
    if columns.is_empty() || !own_events.contains(&true) {
        return Ok(Hazards::default());
    }
    let found = cox(&own_times, &own_events, &columns)?;
    if found.status != CoxStatus::Converged {
        return Ok(Hazards::default());
    }
    let mut out: Vec<Hazard> = Vec::new();
    for (at, coefficient) in chosen.iter().zip(&found.coefficients) {
        let Some(coefficient) = coefficient else { continue };
        let feature = &model.fit.features[*at];
        let between = coefficient.interval(LEVEL);
        out.push(Hazard {
            name: feature.name.clone(),
            title: feature.title.clone(),
            ratio: coefficient.value.exp(),
            // That of the ratio already.
            low: between.map(|between| between.0),
            high: between.map(|between| between.1),
            p: coefficient.p(),
        });
    }
    out.sort_by(|a, b| b.ratio.ln().abs().total_cmp(&a.ratio.ln().abs()));
    let titles: Vec<&Text> = chosen.iter().map(|at| &model.fit.features[*at].title).collect();
    let own: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Ok(Hazards { all: out, concordance: found.concordance.c(), together: read_together(&titles, &own) })
}
