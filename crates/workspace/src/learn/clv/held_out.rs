//! A hold-out: what a fit of an earlier day foretold, against what came after it.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use gradus_grading::fold::AsOf;
use gradus_grading::grade::Fit;
use gradus_model::document::{Contract, Lifetime, Prediction, Span, SpanUnit};
use gradus_model::{Finding, Place, Text};
use gradus_stats::lifetime::tracking::{Errors, errors};
use serde::Serialize;
use serde_json::{Value, json};

use super::asked::{Asked, DAYS, FIRST, LAST};
use super::columns::{customers, integers, values};
use super::options::ClvRequest;
use super::{fit_of, graded};
use crate::clock::label;
use crate::{Progress, Workspace, WorkspaceError};

/// A fit as of an earlier day against what came after.
#[derive(Debug, Clone, Serialize)]
pub struct HeldOut {
    /// The day of the fit, and the end.
    pub from: String,
    pub until: String,
    /// Customers known on the first day; of contracts, those that ran.
    pub n_customers: u64,
    /// Days with a purchase between the two, of those known on the first; of contracts, terms that began.
    pub actual: f64,
    pub expected: f64,
    /// How far off single customers were, in purchases or renewals.
    pub mean_absolute: f64,
    pub root_mean_square: f64,
    /// Repeat purchases (renewals) of those known on the day of the fit, over all the time.
    pub points: Vec<HeldOutPoint>,
    /// Of contracts: who came to their next renewal within the time, by which renewal it was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub renewals: Vec<HeldOutRenewal>,
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

/// Contracts whose next renewal, the first or a later one, fell into the time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldOutRenewal {
    /// 1 is the first.
    pub renewal: u32,
    pub n: u64,
    /// How many were expected to renew, and how many did.
    pub expected: f64,
    pub actual: u64,
}

/// Days that a hold-out has at least, and that lie before it.
const SHORTEST_HELD_OUT: i64 = 14;
const SHORTEST_BEFORE: i64 = 28;
/// Stretches of the plot.
const N_POINTS: i32 = 26;
const HELD: &str = "learned_held_out";

/// An earlier fit against what came. The hold-out is a third of the time since the first purchase, if it is not
/// stated; under contract a term with its grace at least, so that everybody comes to a renewal.
pub(super) async fn held_out(
    workspace: &Workspace,
    asked: &Asked,
    request: &ClvRequest,
    (now, batches): (AsOf, &[RecordBatch]),
    progress: &dyn Progress,
) -> Result<Option<HeldOut>, WorkspaceError> {
    let first: Vec<Option<i64>> = integers(batches, FIRST);
    let longest = first.iter().flatten().copied().max().unwrap_or(0);
    let contract = asked.prediction.contract.as_ref();
    // Before anybody came to a renewal nothing is known of renewals.
    let to_a_renewal =
        contract.map_or(0, |contract| days_before(now, contract.term) + grace_days(now, contract));
    let before = SHORTEST_BEFORE.max(to_a_renewal);
    let length = match request.hold_out {
        Some(span) => days_before(now, span),
        None => (longest / 3).max(to_a_renewal),
    };
    if length < SHORTEST_HELD_OUT || longest - length < before {
        // What was asked for in so many words is not left out in silence.
        return match request.hold_out {
            Some(_) => Err(no_hold_out(length, longest, before).into()),
            None => Ok(None),
        };
    }
    let close = |day: i32| AsOf::close_of(day, &workspace.zone);
    let then = close(now.day - length as i32);
    let span = Span { n: length as u32, unit: SpanUnit::Day };
    let prediction = within(&asked.prediction, span);
    let earlier = graded(workspace, &asked.documents(Some((HELD, prediction))), vec![then], progress).await?;
    let Some(earlier) = earlier.instants.last() else { return Ok(None) };
    let Some(fit) = fit_of(&earlier.fits, HELD) else { return Ok(None) };
    let bought: HashMap<i64, i64> = customers(batches)
        .into_iter()
        .zip(integers(batches, DAYS))
        .map(|(customer, days)| (customer, days.unwrap_or(0)))
        .collect();
    let known = Known::of(&earlier.batches, &bought, contract.is_some());
    let (predicted, actual): (Vec<f64>, Vec<f64>) = known.iter().map(|one| (one.foretold, one.made)).unzip();
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
    let tracked = match (&fit, contract) {
        (Fit::Lifetime(fit), _) => fit.tracking(&births, &repeats, &ends),
        (Fit::Contract(fit), Some(contract)) => fit.tracking(contract.term, &births, &repeats, &ends),
        _ => return Ok(None),
    };
    let points = tracked.into_iter().zip(labels).map(|(one, until)| HeldOutPoint {
        until,
        weeks: one.until,
        actual: one.actual,
        expected: one.expected,
        cumulative_actual: one.cumulative_actual,
        cumulative_expected: one.cumulative_expected,
    });
    let (from, until) = (label(then, &workspace.zone), label(now, &workspace.zone));
    let words = match contract {
        Some(_) => words_of_renewals((&from, &until), &errors),
        None => words_of_purchases((&from, &until), &errors),
    };
    let renewals = contract.map(|contract| by_renewal(&known, days_before(now, contract.term), length));
    Ok(Some(HeldOut {
        from,
        until,
        n_customers: errors.n as u64,
        actual: errors.actual_total,
        expected: errors.predicted_total,
        mean_absolute: errors.mean_absolute,
        root_mean_square: errors.root_mean_square,
        points: points.collect(),
        renewals: renewals.unwrap_or_default(),
        words,
    }))
}

/// The same prediction with another horizon.
fn within(prediction: &Prediction, horizon: Span) -> Prediction {
    let mut out = prediction.clone();
    if let Some(lifetime) = &mut out.lifetime {
        *lifetime = Lifetime { horizon: Some(horizon), ..lifetime.clone() };
    }
    if let Some(contract) = &mut out.contract {
        *contract = Contract { horizon: Some(horizon), ..contract.clone() };
    }
    out
}

fn grace_days(now: AsOf, contract: &Contract) -> i64 {
    days_before(now, contract.grace.unwrap_or(Span { n: 1, unit: SpanUnit::Month }))
}

/// What was foretold of one customer, and what they did.
struct Known {
    foretold: f64,
    made: f64,
    /// Under contract: the chance of the next renewal, which it is, and the days since the term began.
    renews: f64,
    terms: u32,
    since: i64,
}

impl Known {
    /// Of whom the earlier fit said something; of contracts, of those that ran.
    fn of(earlier: &[RecordBatch], bought: &HashMap<i64, i64>, is_contract: bool) -> Vec<Known> {
        let own = |suffix: &str| values(earlier, &format!("{HELD}{suffix}"));
        let foretold = own(if is_contract { "_terms" } else { "_purchases" });
        let (alive, renews) = (own("_alive"), own("_renews"));
        let (before, since) = (integers(earlier, DAYS), integers(earlier, LAST));
        let mut out = Vec::new();
        for (row, customer) in customers(earlier).into_iter().enumerate() {
            let Some(foretold) = foretold.get(row).copied().flatten() else { continue };
            let at = |column: &[Option<f64>]| column.get(row).copied().flatten().unwrap_or(0.0);
            if is_contract && at(&alive) <= 0.0 {
                continue;
            }
            let before = before.get(row).copied().flatten().unwrap_or(0);
            let made = (bought.get(&customer).copied().unwrap_or(0) - before).max(0) as f64;
            let since = since.get(row).copied().flatten().unwrap_or(0);
            let terms = before.clamp(1, i64::from(u32::MAX)) as u32;
            out.push(Known { foretold, made, renews: at(&renews), terms, since });
        }
        out
    }
}

/// Next renewals that fell into the time: which renewal it was, how many were expected to make it, and how many did.
fn by_renewal(known: &[Known], term_days: i64, length: i64) -> Vec<HeldOutRenewal> {
    let mut out: Vec<HeldOutRenewal> = Vec::new();
    let mut due: Vec<&Known> = known.iter().filter(|one| term_days - one.since <= length).collect();
    due.sort_by_key(|one| one.terms);
    for one in due {
        if out.last().is_none_or(|last| last.renewal != one.terms) {
            out.push(HeldOutRenewal { renewal: one.terms, n: 0, expected: 0.0, actual: 0 });
        }
        if let Some(last) = out.last_mut() {
            last.n += 1;
            last.expected += one.renews;
            last.actual += u64::from(one.made > 0.0);
        }
    }
    out
}

/// By how much a total was off, in percent; empty where nothing came, because there is nothing to be off by.
fn off(errors: &Errors) -> (String, String) {
    match errors.actual_total > 0.0 {
        true => {
            let off = 100.0 * (errors.predicted_total / errors.actual_total - 1.0);
            (format!("（偏差 {off:+.1} %）"), format!(" ({off:+.1} %)"))
        }
        false => (String::new(), String::new()),
    }
}

fn words_of_purchases((from, until): (&str, &str), errors: &Errors) -> Text {
    let (expected, came, n) = (errors.predicted_total, errors.actual_total, errors.n);
    let (off_zh, off_en) = off(errors);
    Text::new(
        format!(
            "用截至 {from} 的拟合预测之后到 {until} 的购买：{n} 位客户预期 {expected:.0} 次，实际 {came:.0} 次{off_zh}"
        ),
        format!(
            "fitted as of {from} and held against what came until {until}: {} expected of {}, {came:.0} made{off_en}",
            so_many(expected, "purchase"),
            so_many(n as f64, "customer")
        ),
    )
}

fn words_of_renewals((from, until): (&str, &str), errors: &Errors) -> Text {
    let (expected, came, n) = (errors.predicted_total, errors.actual_total, errors.n);
    let (off_zh, off_en) = off(errors);
    Text::new(
        format!(
            "用截至 {from} 的拟合预测之后到 {until} 的续约：当时有效的 {n} 份合约预期续 {expected:.0} 期，实际续 {came:.0} 期{off_zh}"
        ),
        format!(
            "fitted as of {from} and held against what came until {until}: {} expected of {} that ran, {came:.0} made{off_en}",
            so_many(expected, "renewal"),
            so_many(n as f64, "contract")
        ),
    )
}

/// That an earlier fit was off by more than a tenth: what the parameters know of themselves is not all.
pub(super) fn off_before(held: &HeldOut) -> Option<Text> {
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

fn no_hold_out(length: i64, longest: i64, before: i64) -> Finding {
    let most = longest - before;
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
                "最早的购买在 {longest} 天前，留不出 {length} 天来检验：之前至少要有 {before} 天，留出的至少 {SHORTEST_HELD_OUT} 天"
            ),
            format!(
                "the first purchase was {longest} days ago: {length} days cannot be held out, because at least {before} days must lie before and {SHORTEST_HELD_OUT} after"
            ),
        ),
        right,
    )
}

/// How many days before an instant a span begins.
fn days_before(now: AsOf, span: Span) -> i64 {
    (span.mean_days().round() as i64).min(i64::from(now.day))
}

impl HeldOut {
    /// Expected against actual, as cards show it.
    pub(super) fn tracking(&self) -> Value {
        let first = self.points.first().map_or(self.from.as_str(), |one| one.until.as_str());
        json!({ "from": first, "held_out_from": self.from, "points": self.points, "words": self.words, "renewals": self.renewals })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renewals_that_fell_into_the_time_are_told_by_which_they_were() {
        let one = |terms, since, renews, made| Known { foretold: renews, made, renews, terms, since };
        let known = [
            one(1, 300, 0.6, 1.0),
            one(1, 340, 0.6, 0.0),
            // Due after the time.
            one(1, 20, 0.6, 0.0),
            one(2, 360, 0.8, 2.0),
        ];
        let found = by_renewal(&known, 365, 100);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].renewal, found[0].n, found[0].actual), (1, 2, 1));
        assert!((found[0].expected - 1.2).abs() < 1e-12);
        assert_eq!((found[1].renewal, found[1].n, found[1].actual), (2, 1, 1));
    }
}
