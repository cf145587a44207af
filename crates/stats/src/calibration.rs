//! Whether probabilities come true: bins with Wilson intervals, the Brier score (Brier 1950, Monthly
//! Weather Review 78, 1-3), the expected calibration error (Naeini, Cooper and Hauskrecht 2015, AAAI), and the
//! curve that makes a probability of a score (Platt 1999, Probabilistic Outputs for Support Vector
//! Machines; without his smoothing of the targets: the plain logistic likelihood).

use crate::proportion::{Estimate, wilson};

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
    let n = predicted.len();
    if n == 0 || outcomes.len() != n || n_bins == 0 {
        return None;
    }
    if predicted.iter().any(|p| !(0.0..=1.0).contains(p)) {
        return None;
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| predicted[*a].total_cmp(&predicted[*b]));
    let (mut bins, mut start): (Vec<Bin>, usize) = (Vec::new(), 0);
    let mut expected_error = 0.0;
    while start < n {
        // The end of the part that this row lies in, moved on over equal probabilities.
        let part = start * n_bins / n;
        let mut end = (((part + 1) * n).div_ceil(n_bins)).clamp(start + 1, n);
        while end < n && predicted[order[end]] == predicted[order[end - 1]] {
            end += 1;
        }
        let rows = &order[start..end];
        let n_with = rows.iter().filter(|row| outcomes[**row]).count() as u64;
        let mean = rows.iter().map(|row| predicted[*row]).sum::<f64>() / rows.len() as f64;
        let observed = wilson(n_with, rows.len() as u64, level)?;
        expected_error += (mean - observed.value).abs() * rows.len() as f64 / n as f64;
        bins.push(Bin { n: rows.len() as u64, predicted: mean, observed });
        start = end;
    }
    let pairs = || predicted.iter().zip(outcomes);
    let brier = pairs().map(|(p, y)| (p - f64::from(*y)).powi(2)).sum::<f64>() / n as f64;
    let given = |(p, y): (&f64, &bool)| -(if *y { *p } else { 1.0 - p }).max(1e-15).ln();
    let log_loss = pairs().map(given).sum::<f64>() / n as f64;
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
        let n = scores.len() as f64;
        let n_with = outcomes.iter().filter(|outcome| **outcome).count();
        if scores.len() != outcomes.len() || n_with == 0 || n_with == scores.len() {
            return None;
        }
        let mean = scores.iter().sum::<f64>() / n;
        let sd = (scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / n).sqrt();
        if !(sd > 0.0) || is_separated(scores, outcomes) {
            return None;
        }
        let share = n_with as f64 / n;
        let mut curve = Curve { intercept: (share / (1.0 - share)).ln(), slope: 0.0 };
        let likelihood = |curve: &Curve| -> f64 {
            let one = |(score, y): (&f64, &bool)| {
                let at = curve.intercept + curve.slope * (score - mean) / sd;
                let signed = if *y { at } else { -at };
                // ln(1 / (1 + exp(-s))) without overflow.
                if signed > 0.0 { -(-signed).exp().ln_1p() } else { signed - signed.exp().ln_1p() }
            };
            scores.iter().zip(outcomes).map(one).sum()
        };
        let mut best = likelihood(&curve);
        for _ in 0..100 {
            let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for (score, y) in scores.iter().zip(outcomes) {
                let x = (score - mean) / sd;
                let p = curve.probability(x);
                let (gap, weight) = (f64::from(*y) - p, p * (1.0 - p));
                (g0, g1) = (g0 + gap, g1 + gap * x);
                (h00, h01, h11) = (h00 + weight, h01 + weight * x, h11 + weight * x * x);
            }
            let determinant = h00 * h11 - h01 * h01;
            if !(determinant > 0.0) {
                return None;
            }
            let step = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant);
            let mut length = 1.0;
            let better = loop {
                let next = Curve {
                    intercept: curve.intercept + length * step.0,
                    slope: curve.slope + length * step.1,
                };
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
            if !better || step.0.abs().max(step.1.abs()) < 1e-12 {
                break;
            }
        }
        let slope = curve.slope / sd;
        Some(Curve { intercept: curve.intercept - slope * mean, slope })
    }
}

/// Whether a cut has all with the outcome on one side and all without on the other.
fn is_separated(scores: &[f64], outcomes: &[bool]) -> bool {
    let range = |which: bool| {
        let chosen = scores.iter().zip(outcomes).filter(|(_, y)| **y == which).map(|(score, _)| *score);
        chosen
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), score| (low.min(score), high.max(score)))
    };
    let (with, without) = (range(true), range(false));
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
