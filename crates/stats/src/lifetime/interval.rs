//! How sure a prediction is as far as the parameters go: intervals by the delta method or by draws, and one
//! plain measure for a base. What a single customer does is uncertain beyond that: see
//! [`super::model::RepeatModel::individual_interval`] and [`super::simulate`].

use super::fit::{Fit, Parameters, Status};
use super::history::Histories;
use super::model::RepeatModel;
use crate::normal;
use crate::random::Random;
use crate::symmetric::eigen;

/// On which scale a quantity is nearly normal, and what it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Any number.
    Linear,
    /// Above 0.
    Log,
    /// Between 0 and 1.
    Logit,
}

/// A prediction with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// The interval of what `quantity` says of a model, as far as its parameters are uncertain (delta method:
/// slopes in the logarithms of the parameters, by central differences).
pub fn interval<M: Parameters>(
    fit: &Fit<M>,
    scale: Scale,
    level: f64,
    quantity: impl Fn(&M) -> f64,
) -> Interval {
    let onto = |value: f64| match scale {
        Scale::Linear => value,
        Scale::Log => value.ln(),
        Scale::Logit => value.ln() - (-value).ln_1p(),
    };
    let back = |value: f64| match scale {
        Scale::Linear => value,
        Scale::Log => value.exp(),
        Scale::Logit => 1.0 / (1.0 + (-value).exp()),
    };
    let value = quantity(&fit.model);
    let middle = onto(value);
    if !middle.is_finite() {
        // At an end of its scale, such as P(alive) = 1, it does not depend on the parameters.
        return Interval { value, low: value, high: value };
    }
    let error = variance(fit, |model| onto(quantity(model))).sqrt();
    let half = normal::critical(level) * error;
    Interval { value, low: back(middle - half), high: back(middle + half) }
}

/// The variance of a quantity by the delta method.
fn variance<M: Parameters>(fit: &Fit<M>, quantity: impl Fn(&M) -> f64) -> f64 {
    const STEP: f64 = 1e-4;
    let logs = fit.model.to_logs();
    let k = logs.len();
    let slopes: Vec<f64> = (0..k)
        .map(|i| {
            let moved = |by: f64| {
                let mut there = logs.clone();
                there[i] += by;
                quantity(&M::from_logs(&there))
            };
            let slope = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
            if slope.is_finite() { slope } else { 0.0 }
        })
        .collect();
    let mut sum = 0.0;
    for i in 0..k {
        for j in 0..k {
            sum += slopes[i] * fit.covariance[i * k + j] * slopes[j];
        }
    }
    sum.max(0.0)
}

/// Models that the data hold possible: their logarithms drawn from the normal distribution around the fit.
/// The same seed gives the same models.
pub fn draws<M: Parameters>(fit: &Fit<M>, n: usize, seed: u64) -> Vec<M> {
    let logs = fit.model.to_logs();
    let k = logs.len();
    let found = eigen(&fit.covariance, k);
    let mut random = Random::new(seed);
    (0..n)
        .map(|_| {
            let mut there = logs.clone();
            for (value, vector) in found.values.iter().zip(found.vectors.chunks(k)) {
                let z = value.max(0.0).sqrt() * random.normal();
                there.iter_mut().zip(vector).for_each(|(log, part)| *log += z * part);
            }
            // As far as a fit goes, so that predictions stay finite.
            let there: Vec<f64> = there.iter().map(|log| log.clamp(-40.0, 40.0)).collect();
            M::from_logs(&there)
        })
        .collect()
}

/// The middle `level` of what a quantity is over drawn models, with its value at the fit.
pub fn interval_of_draws<M: Parameters>(
    fit: &Fit<M>,
    draws: &[M],
    level: f64,
    quantity: impl Fn(&M) -> f64,
) -> Interval {
    let value = quantity(&fit.model);
    let mut values: Vec<f64> = draws.iter().map(quantity).filter(|value| !value.is_nan()).collect();
    values.sort_by(f64::total_cmp);
    let at = |share: f64| -> f64 {
        let place = share * values.len().saturating_sub(1) as f64;
        let (below, above) = (place.floor() as usize, place.ceil() as usize);
        match (values.get(below), values.get(above)) {
            (Some(low), Some(high)) => low + (place - place.floor()) * (high - low),
            _ => value,
        }
    };
    Interval { value, low: at(0.5 * (1.0 - level)), high: at(0.5 * (1.0 + level)) }
}

/// A plain word for how sure the base's total is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sure {
    /// Within a tenth, nineteen times of twenty.
    Well,
    /// Within a third.
    Roughly,
    /// The total may be off by more than a third, or the data could not carry a fit of their own.
    Hardly,
}

/// How sure a fit is of what its base will do within `t`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sureness {
    /// All purchases of the base, with the interval of 95 %.
    pub total: Interval,
    /// Half the interval's width over the total.
    pub relative: f64,
    /// What share of the certainty about the least known parameter came from the data, not from the prior.
    pub learned: f64,
    pub sure: Sure,
}

/// The measure, over at most two thousand patterns of the base, evenly chosen.
pub fn sureness<M: Parameters + RepeatModel>(fit: &Fit<M>, base: &Histories, t: f64) -> Sureness {
    const PATTERNS: usize = 2_000;
    let part = base.thinned(PATTERNS);
    let total = interval(fit, Scale::Log, 0.95, |model| {
        part.patterns().map(|(history, count)| count * model.expected(&history, t)).sum::<f64>() + 0.0
    });
    let relative =
        if total.value > 0.0 { 0.5 * (total.high - total.low) / total.value } else { f64::INFINITY };
    let carried = !matches!(fit.status, Status::TooFew(_) | Status::Unidentified);
    let sure = match relative {
        relative if carried && relative <= 0.1 => Sure::Well,
        relative if carried && relative <= 1.0 / 3.0 => Sure::Roughly,
        _ => Sure::Hardly,
    };
    Sureness { total, relative, learned: fit.learned.iter().copied().fold(1.0, f64::min), sure }
}
