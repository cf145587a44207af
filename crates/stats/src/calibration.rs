//! Whether probabilities come true: bins with Wilson intervals, the Brier score (Brier 1950, Monthly
//! Weather Review 78, 1-3), the expected calibration error (Naeini, Cooper and Hauskrecht 2015, AAAI), and the
//! curve that makes a probability of a score (Platt 1999, Probabilistic Outputs for Support Vector
//! Machines; without his smoothing of the targets: the plain logistic likelihood).

use crate::proportion::{Estimate, wilson};
use crate::ranked::{Ranked, Tie};

/// Customers of similar probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    pub n: u64,
    /// The mean of what was predicted for them.
    pub predicted: f64,
    /// What came.
    pub observed: Estimate,
}

/// How well probabilities are calibrated.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// From the lowest probability; of equal size as far as ties allow.
    pub bins: Vec<Bin>,
    /// The mean of (p - y)^2: 0 is best.
    pub brier: f64,
    /// -(mean of ln of what was given to what came).
    pub log_loss: f64,
    /// The mean distance of predicted and observed over the bins, weighted by their size.
    pub expected_error: f64,
}

/// `n_bins` parts of equal size by probability, equal ones together. `None` without customers, or if the
/// lists differ in length, or a probability is none.
pub fn calibration(predicted: &[f64], outcomes: &[bool], n_bins: usize, level: f64) -> Option<Calibration> {
    calibration_of(&Ranked::of(predicted, outcomes)?, n_bins, level)
}

/// The same of customers who are in the order of their probability already.
pub fn calibration_of(ranked: &Ranked, n_bins: usize, level: f64) -> Option<Calibration> {
    let (n, n_bins) = (ranked.n(), n_bins as u64);
    if n == 0 || n_bins == 0 || ranked.ties().iter().any(|tie| !(0.0..=1.0).contains(&tie.score)) {
        return None;
    }
    let mut bins: Vec<Bin> = Vec::new();
    let mut expected_error = 0.0;
    let mut ties = ranked.ties().iter();
    let mut start = 0;
    while start < n {
        // The end of the part that this row lies in, moved on over equal probabilities.
        let part = start * n_bins / n;
        let wanted = ((part + 1) * n).div_ceil(n_bins).clamp(start + 1, n);
        let (mut end, mut n_with, mut sum) = (start, 0, 0.0);
        while end < wanted {
            let Some(tie) = ties.next() else { break };
            (end, n_with, sum) = (end + tie.n(), n_with + tie.n_with, sum + tie.score * tie.n() as f64);
        }
        let size = end - start;
        let mean = sum / size as f64;
        let observed = wilson(n_with, size, level)?;
        expected_error += (mean - observed.value).abs() * size as f64 / n as f64;
        bins.push(Bin { n: size, predicted: mean, observed });
        start = end;
    }
    let weighed = |of_with: &dyn Fn(f64) -> f64, of_without: &dyn Fn(f64) -> f64| {
        let of =
            |tie: &Tie| tie.n_with as f64 * of_with(tie.score) + tie.n_without as f64 * of_without(tie.score);
        ranked.ties().iter().map(of).sum::<f64>() / n as f64
    };
    let brier = weighed(&|p| (p - 1.0).powi(2), &|p| p.powi(2));
    let log_loss = weighed(&|p| -p.max(1e-15).ln(), &|p| -(1.0 - p).max(1e-15).ln());
    Some(Calibration { bins, brier, log_loss, expected_error })
}

/// p = 1 / (1 + exp(-(intercept + slope x))).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    pub intercept: f64,
    pub slope: f64,
}

impl Curve {
    pub fn probability(&self, score: f64) -> f64 {
        1.0 / (1.0 + (-(self.intercept + self.slope * score)).exp())
    }

    /// The curve of greatest likelihood, by Newton's method on standardised scores. `None` if only one
    /// outcome occurs, all scores are equal, or the score separates the outcomes wholly (the likelihood
    /// then has no greatest value).
    pub fn fit(scores: &[f64], outcomes: &[bool]) -> Option<Curve> {
        Curve::of(&Ranked::of(scores, outcomes)?)
    }

    /// The same of customers who are in order already.
    pub fn of(ranked: &Ranked) -> Option<Curve> {
        let n = ranked.n() as f64;
        if ranked.n_with() == 0 || ranked.n_without() == 0 {
            return None;
        }
        let weighed = |of: &dyn Fn(f64) -> f64| {
            ranked.ties().iter().map(|tie| tie.n() as f64 * of(tie.score)).sum::<f64>() / n
        };
        let mean = weighed(&|score| score);
        let sd = weighed(&|score| (score - mean).powi(2)).sqrt();
        if !(sd > 0.0) || is_separated(ranked) {
            return None;
        }
        let share = ranked.n_with() as f64 / n;
        let mut curve = Curve { intercept: (share / (1.0 - share)).ln(), slope: 0.0 };
        let likelihood = |curve: &Curve| -> f64 {
            // ln(1 / (1 + exp(-s))) without overflow.
            let ln = |s: f64| if s > 0.0 { -(-s).exp().ln_1p() } else { s - s.exp().ln_1p() };
            let one = |tie: &Tie| {
                let at = curve.intercept + curve.slope * (tie.score - mean) / sd;
                tie.n_with as f64 * ln(at) + tie.n_without as f64 * ln(-at)
            };
            ranked.ties().iter().map(one).sum()
        };
        let mut best = likelihood(&curve);
        for _ in 0..100 {
            let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for tie in ranked.ties() {
                let x = (tie.score - mean) / sd;
                let p = curve.probability(x);
                let (n, n_with) = (tie.n() as f64, tie.n_with as f64);
                let (gap, weight) = (n_with - n * p, n * p * (1.0 - p));
                (g0, g1) = (g0 + gap, g1 + gap * x);
                (h00, h01, h11) = (h00 + weight, h01 + weight * x, h11 + weight * x * x);
            }
            let determinant = h00 * h11 - h01 * h01;
            if !(determinant > 0.0) {
                return None;
            }
            let step = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant);
            let size = step.0.abs().max(step.1.abs());
            let after = |length: f64| Curve {
                intercept: curve.intercept + length * step.0,
                slope: curve.slope + length * step.1,
            };
            // So near, each step doubles the digits that are right, and what the likelihood gains is less than
            // the rounding of its sum: there is nothing left to compare.
            if size < CLOSE {
                curve = after(1.0);
                if size < CLOSE * CLOSE {
                    break;
                }
                continue;
            }
            let mut length = 1.0;
            let better = loop {
                let next = after(length);
                let found = likelihood(&next);
                if found >= best {
                    (curve, best) = (next, found);
                    break true;
                }
                length *= 0.5;
                if length < 1e-10 {
                    break false;
                }
            };
            if !better {
                break;
            }
        }
        let slope = curve.slope / sd;
        Some(Curve { intercept: curve.intercept - slope * mean, slope })
    }
}

/// A step of Newton's method that is so near its end.
const CLOSE: f64 = 1e-5;

/// Whether a cut has all with the outcome on one side and all without on the other.
fn is_separated(ranked: &Ranked) -> bool {
    let range = |count: fn(&Tie) -> u64| {
        let mut chosen = ranked.ties().iter().filter(|tie| count(tie) > 0).map(|tie| tie.score);
        let first = chosen.next();
        (first, chosen.next_back().or(first))
    };
    let (with, without) = (range(|tie| tie.n_with), range(|tie| tie.n_without));
    with.0 >= without.1 || with.1 <= without.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_scores_give_back_their_own_shares() {
        // With two distinct scores the curve meets both shares: 1 of 4 and 3 of 4.
        let scores = [0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0];
        let outcomes = [true, false, false, false, true, true, true, false];
        let curve = Curve::fit(&scores, &outcomes).unwrap();
        assert!((curve.intercept - (1.0f64 / 3.0).ln()).abs() < 1e-9, "{curve:?}");
        assert!((curve.slope - 3f64.ln()).abs() < 1e-9);
        assert!((curve.probability(2.0) - 0.75).abs() < 1e-12);
        let predicted: Vec<f64> = scores.iter().map(|score| curve.probability(*score)).collect();
        let found = calibration(&predicted, &outcomes, 10, 0.95).unwrap();
        assert_eq!(found.bins.len(), 2, "equal probabilities stay together");
        assert!(found.expected_error < 1e-9);
        assert!((found.brier - 0.1875).abs() < 1e-9);
    }

    #[test]
    fn the_gradient_is_nought_at_the_curve_also_of_many() {
        // Half a million rows, whose sums round: the fit ends, and no direction leads further up.
        let scores: Vec<f64> = (0..500_000u64).map(|at| (at * 7919 % 500_000) as f64 / 100.0).collect();
        let outcomes: Vec<bool> =
            scores.iter().enumerate().map(|(at, score)| (at * 31 % 5_000) as f64 <= *score).collect();
        let curve = Curve::fit(&scores, &outcomes).unwrap();
        let gap = |(score, y): (&f64, &bool)| (f64::from(*y) - curve.probability(*score)) / 500_000.0;
        let flat: f64 = scores.iter().zip(&outcomes).map(gap).sum();
        let tilted: f64 = scores.iter().zip(&outcomes).map(|one| gap(one) * one.0 / 5_000.0).sum();
        assert!(flat.abs() < 1e-12 && tilted.abs() < 1e-12, "{flat} {tilted}");
        assert!(curve.slope > 0.0);
    }

    #[test]
    fn what_cannot_be_fitted_says_so() {
        assert_eq!(Curve::fit(&[1.0, 2.0, 3.0], &[false, false, true]), None, "separated");
        assert_eq!(Curve::fit(&[1.0, 1.0], &[false, true]), None);
        assert_eq!(Curve::fit(&[1.0, 2.0], &[true, true]), None);
        assert_eq!(calibration(&[], &[], 10, 0.95), None);
        assert_eq!(calibration(&[1.5], &[true], 10, 0.95), None);
    }

    #[test]
    fn bins_hold_everybody_once() {
        let predicted: Vec<f64> = (0..97).map(|i| f64::from(i) / 97.0).collect();
        let outcomes: Vec<bool> = (0..97).map(|i| i % 3 == 0).collect();
        let found = calibration(&predicted, &outcomes, 10, 0.95).unwrap();
        assert_eq!(found.bins.iter().map(|bin| bin.n).sum::<u64>(), 97);
        assert_eq!(found.bins.len(), 10);
        assert!(found.bins.windows(2).all(|pair| pair[0].predicted < pair[1].predicted));
    }
}
