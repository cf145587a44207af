//! Fitting a model: the search, what it ended with, and how sure the parameters are. Shared by all models
//! of lifetime value, whose parameters are positive and searched for as logarithms.

use crate::newton::{Evaluation, Optimum, maximise};
use crate::symmetric::{eigen, inverse};

/// Parameters of a model, positive, in a fixed order.
pub trait Parameters: Copy {
    const NAMES: &'static [&'static str];

    fn to_logs(&self) -> Vec<f64>;

    fn from_logs(logs: &[f64]) -> Self;
}

/// How a fit is to be done. The default is plain maximum likelihood.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Options {
    /// c in: maximise (1/n) ln L - c (sum of squared parameters), with times divided by the longest
    /// history first, as the Python library `lifetimes` does (its `penalizer_coef`). Parameters that are
    /// times are penalised in that unit.
    pub penalty: f64,
    pub prior: Prior,
}

/// What is believed before any customer is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prior {
    #[default]
    None,
    /// Normal distributions on the logarithms of the parameters, wide enough to hold what was published
    /// of shops, banks and media, and narrow enough that 200 customers do not send a parameter to
    /// infinity. Each model says its own (`prior`). Ten thousand customers outweigh it.
    Weak,
}

/// One independent normal belief on a weighted sum of the logarithms of the parameters (times divided by
/// the longest history).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief {
    pub weights: &'static [f64],
    pub mean: f64,
    pub deviation: f64,
}

/// Where a parameter runs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Zero,
    Infinity,
}

/// What a fit ended with. There are parameters in every case, and predictions from them are finite.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// A maximum was found, and the likelihood falls in every direction.
    Converged,
    /// The likelihood rises as long as these parameters run there: customers differ less than the model
    /// can say, or nobody leaves, or all do. Predictions are those of the limit, which they have
    /// practically reached.
    Boundary(Vec<(&'static str, End)>),
    /// The data say nothing about a parameter; the prior's value stands for it.
    Unidentified,
    /// Fewer customers than [`Few`] asks for; the parameters are those of the weak prior, moved by the few.
    TooFew(Few),
}

/// What there is, and what it would take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Few {
    pub n: f64,
    pub needed: f64,
}

/// A model with its parameters, and how they were found.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit<M> {
    pub model: M,
    pub status: Status,
    /// ln L at these parameters, without penalty and prior, in the unit of time of the data.
    pub log_likelihood: f64,
    /// What was maximised, per customer, with penalty and prior and times divided by the longest history.
    pub objective: f64,
    /// The largest slope of the objective in the logarithm of a parameter that is free.
    pub gradient: f64,
    pub n_customers: f64,
    pub n_patterns: usize,
    pub n_iterations: usize,
    /// Covariance of the logarithms of the parameters, row by row: the inverse of the observed
    /// information (with the prior's). Along directions about which nothing is known it is 0, since
    /// predictions hardly change along them; the status says that there are some.
    pub covariance: Vec<f64>,
    /// Of the parameters themselves (delta method), where the fit converged.
    pub standard_errors: Option<Vec<f64>>,
    /// Per parameter, what share of the certainty about its logarithm came from the customers and not from
    /// the prior: 1 without a prior, near 0 where only the prior spoke.
    pub learned: Vec<f64>,
}

/// A log-likelihood to be maximised, and what the search needs to know about it.
pub(crate) struct Problem<'a> {
    pub starts: Vec<Vec<f64>>,
    pub n: f64,
    pub n_patterns: usize,
    pub penalty: f64,
    pub beliefs: &'a [Belief],
    /// ln by which the search's parameter is larger than the reported one (times in another unit).
    pub shifts: Vec<f64>,
    /// By how much ln L grows when times are given back their unit.
    pub unit: f64,
}

/// Logarithms stay within e^-16 and e^16.
pub(crate) const FAR: f64 = 16.0;

/// Curvature of ln L per unit of a logarithm, squared, below which nothing is known: a standard error of
/// more than a factor of e^10.
const FLAT: f64 = 1e-2;

/// From here on a parameter counts as running away: a factor of 300.
const AWAY: f64 = 5.7;

/// What a fit is made to: it can be looked at in part first.
pub(crate) trait Data {
    fn n_patterns(&self) -> usize;

    /// About so many patterns of it that stand for all.
    fn part(&self, n: usize) -> Self;
}

/// Searches from every start on a small part of the data, from the best of them on a larger one, and so on
/// all; `evaluate` gives ln L at logarithms of the parameters. A part is only taken if it is a third at most.
pub(crate) fn fit<M: Parameters, D: Data>(
    problem: &Problem,
    all: &D,
    parts: (usize, usize),
    evaluate: impl Fn(&[f64], &D) -> Evaluation,
) -> Fit<M> {
    let k = M::NAMES.len();
    let bounds = vec![(-FAR, FAR); k];
    let climb = |start: &[f64], data: &D| {
        maximise(start, &bounds, |logs| {
            let mut at = evaluate(logs, data);
            add_penalty(&mut at, logs, problem.penalty * problem.n);
            add_beliefs(&mut at, logs, problem.beliefs);
            at
        })
    };
    let part = |n: usize| (all.n_patterns() > 3 * n).then(|| all.part(n));
    let (small, large) = (part(parts.0), part(parts.1));
    let mut n_iterations = 0;
    let mut best: Option<Optimum> = None;
    for start in &problem.starts {
        let found = climb(start, small.as_ref().unwrap_or(all));
        n_iterations += found.n_iterations;
        if best.as_ref().is_none_or(|best| found.at.value > best.at.value + 1e-9) {
            best = Some(found);
        }
    }
    let mut optimum = best.unwrap_or_else(|| climb(&vec![0.0; k], all));
    if small.is_some() {
        for data in large.iter().chain([all]) {
            optimum = climb(&optimum.place, data);
            n_iterations += optimum.n_iterations;
        }
    }
    // Penalty and prior are taken off again.
    let mut added = Evaluation::zero(k);
    add_penalty(&mut added, &optimum.place, problem.penalty * problem.n);
    add_beliefs(&mut added, &optimum.place, problem.beliefs);
    report(problem, &optimum, optimum.at.value - added.value, n_iterations)
}

fn report<M: Parameters>(problem: &Problem, optimum: &Optimum, value: f64, n_iterations: usize) -> Fit<M> {
    let k = M::NAMES.len();
    let logs: Vec<f64> = optimum.place.iter().zip(&problem.shifts).map(|(log, shift)| log - shift).collect();
    let model = M::from_logs(&logs);
    let information: Vec<f64> = optimum.at.hessian.iter().map(|value| -value).collect();
    let status = status::<M>(optimum);
    let covariance = pseudo_inverse(&information, k);
    let standard_errors = (status == Status::Converged)
        .then(|| inverse(&information, k))
        .flatten()
        .map(|covariance| (0..k).map(|i| logs[i].exp() * covariance[i * k + i].sqrt()).collect());
    let free = (0..k).filter(|&i| optimum.held[i] == 0);
    let per_customer = problem.n.max(1.0);
    Fit {
        model,
        status,
        log_likelihood: value + problem.unit,
        objective: optimum.at.value / per_customer,
        gradient: free.map(|i| optimum.at.gradient[i].abs()).fold(0.0, f64::max) / per_customer,
        n_customers: problem.n,
        n_patterns: problem.n_patterns,
        n_iterations,
        covariance,
        standard_errors,
        learned: learned(&information, problem.beliefs, k),
    }
}

fn status<M: Parameters>(optimum: &Optimum) -> Status {
    let k = M::NAMES.len();
    let mut away: Vec<bool> = optimum.held.iter().map(|held| *held != 0).collect();
    let flat = optimum.flat_directions(FLAT);
    for direction in &flat {
        for i in 0..k {
            away[i] |= direction[i].abs() > 0.2 && optimum.place[i].abs() > AWAY;
        }
    }
    if away.contains(&true) {
        let end = |i: usize| if optimum.place[i] > 0.0 { End::Infinity } else { End::Zero };
        return Status::Boundary((0..k).filter(|&i| away[i]).map(|i| (M::NAMES[i], end(i))).collect());
    }
    if flat.is_empty() && optimum.is_settled { Status::Converged } else { Status::Unidentified }
}

/// The inverse in the directions about which something is known.
fn pseudo_inverse(information: &[f64], k: usize) -> Vec<f64> {
    let found = eigen(information, k);
    let mut out = vec![0.0; k * k];
    for (value, vector) in found.values.iter().zip(found.vectors.chunks(k)) {
        if *value > FLAT {
            for i in 0..k {
                for j in 0..k {
                    out[i * k + j] += vector[i] * vector[j] / value;
                }
            }
        }
    }
    out
}

/// 1 - (variance after the data) / (variance before) per parameter; 1 where there was no belief before.
fn learned(information: &[f64], beliefs: &[Belief], k: usize) -> Vec<f64> {
    let mut before = vec![0.0; k * k];
    for belief in beliefs {
        for i in 0..k {
            for j in 0..k {
                before[i * k + j] += belief.weights[i] * belief.weights[j] / belief.deviation.powi(2);
            }
        }
    }
    match (inverse(&before, k), inverse(information, k)) {
        (Some(before), Some(after)) => {
            (0..k).map(|i| (1.0 - after[i * k + i] / before[i * k + i]).clamp(0.0, 1.0)).collect()
        }
        _ => vec![1.0; k],
    }
}

fn add_penalty(at: &mut Evaluation, logs: &[f64], strength: f64) {
    if strength == 0.0 {
        return;
    }
    let k = logs.len();
    for (i, log) in logs.iter().enumerate() {
        let square = (2.0 * log).exp();
        at.value -= strength * square;
        at.gradient[i] -= 2.0 * strength * square;
        at.hessian[i * k + i] -= 4.0 * strength * square;
    }
}

fn add_beliefs(at: &mut Evaluation, logs: &[f64], beliefs: &[Belief]) {
    let k = logs.len();
    for belief in beliefs {
        let precision = belief.deviation.powi(-2);
        let sum: f64 = belief.weights.iter().zip(logs).map(|(weight, log)| weight * log).sum();
        let away = sum - belief.mean;
        at.value -= 0.5 * precision * away * away;
        for i in 0..k {
            at.gradient[i] -= precision * away * belief.weights[i];
            for j in 0..k {
                at.hessian[i * k + j] -= precision * belief.weights[i] * belief.weights[j];
            }
        }
    }
}

/// Derivatives in the parameters made those in their logarithms.
pub(crate) fn in_logs(mut at: Evaluation, parameters: &[f64]) -> Evaluation {
    let k = parameters.len();
    for i in 0..k {
        for j in 0..k {
            at.hessian[i * k + j] *= parameters[i] * parameters[j];
        }
        at.gradient[i] *= parameters[i];
        at.hessian[i * k + i] += at.gradient[i];
    }
    at
}
