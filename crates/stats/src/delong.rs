//! How sure an AUC is, and whether two scores of the same customers differ: DeLong, DeLong and
//! Clarke-Pearson (1988, Biometrics 44, 837-845), in n log n by midranks (Sun and Xu 2014, IEEE Signal
//! Processing Letters 21, 1389-1393).

use crate::normal;
use crate::proportion::Estimate;
use crate::ranked::{Ranked, Tie};

/// An AUC with its variance; the interval stays within 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Auc {
    pub estimate: Estimate,
    pub variance: f64,
}

/// Two scores of the same customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedAuc {
    pub first: Auc,
    pub second: Auc,
    /// First less second.
    pub difference: Estimate,
    pub z: f64,
    /// Two-sided.
    pub p: f64,
}

/// `None` unless at least two customers have either outcome, or a score is no number.
pub fn auc(scores: &[f64], outcomes: &[bool], level: f64) -> Option<Auc> {
    auc_of(&Ranked::of(scores, outcomes)?, level)
}

/// The same of customers who are in order already: those of one score contribute the same, so that it is one
/// pass over the ties.
pub fn auc_of(ranked: &Ranked, level: f64) -> Option<Auc> {
    if ranked.n_with() < 2 || ranked.n_without() < 2 {
        return None;
    }
    let (m, n) = (ranked.n_with() as f64, ranked.n_without() as f64);
    let (mut with_below, mut without_below) = (0u64, 0u64);
    let parts: Vec<(f64, f64)> = ranked
        .ties()
        .iter()
        .map(|tie| {
            let of_with = (without_below as f64 + 0.5 * tie.n_without as f64) / n;
            let of_without = 1.0 - (with_below as f64 + 0.5 * tie.n_with as f64) / m;
            with_below += tie.n_with;
            without_below += tie.n_without;
            (of_with, of_without)
        })
        .collect();
    let value =
        parts.iter().zip(ranked.ties()).map(|(part, tie)| part.0 * tie.n_with as f64).sum::<f64>() / m;
    let spread = |of: &dyn Fn(&(f64, f64), &Tie) -> (f64, u64), size: f64| {
        let squares = parts.iter().zip(ranked.ties()).map(|(part, tie)| {
            let (part, weight) = of(part, tie);
            weight as f64 * (part - value).powi(2)
        });
        squares.sum::<f64>() / (size - 1.0) / size
    };
    let variance =
        spread(&|part, tie| (part.0, tie.n_with), m) + spread(&|part, tie| (part.1, tie.n_without), n);
    Some(Auc::new(value, variance, level))
}

impl Auc {
    fn new(value: f64, variance: f64, level: f64) -> Auc {
        let half = normal::critical(level) * variance.max(0.0).sqrt();
        let estimate = Estimate { value, low: (value - half).max(0.0), high: (value + half).min(1.0) };
        Auc { estimate, variance }
    }
}

/// Both AUCs and their difference. `None` as for [`auc`].
pub fn paired(first: &[f64], second: &[f64], outcomes: &[bool], level: f64) -> Option<PairedAuc> {
    let (a, b) = (Components::of(first, outcomes)?, Components::of(second, outcomes)?);
    let covariance = covariance(&a.of_with, &b.of_with) / a.of_with.len() as f64
        + covariance(&a.of_without, &b.of_without) / a.of_without.len() as f64;
    let (first, second) = (a.auc(level), b.auc(level));
    let value = first.estimate.value - second.estimate.value;
    let variance = (first.variance + second.variance - 2.0 * covariance).max(0.0);
    // Scores of one and the same order differ by nothing but rounding.
    let error = if variance < 1e-18 { 0.0 } else { variance.sqrt() };
    let z = if error > 0.0 { value / error } else { 0.0 };
    let half = normal::critical(level) * error;
    let difference = Estimate { value, low: value - half, high: value + half };
    Some(PairedAuc { first, second, difference, z, p: normal::two_sided_p(z) })
}

/// What each customer contributes: the share of the other side that they win against, ties half.
struct Components {
    of_with: Vec<f64>,
    of_without: Vec<f64>,
}

impl Components {
    fn of(scores: &[f64], outcomes: &[bool]) -> Option<Components> {
        if scores.len() != outcomes.len() || scores.iter().any(|score| score.is_nan()) {
            return None;
        }
        let (with, without): (Vec<usize>, Vec<usize>) = (0..scores.len()).partition(|at| outcomes[*at]);
        if with.len() < 2 || without.len() < 2 {
            return None;
        }
        let all = midranks(scores, &(0..scores.len()).collect::<Vec<_>>());
        let (own_with, own_without) = (midranks(scores, &with), midranks(scores, &without));
        let (m, n) = (with.len() as f64, without.len() as f64);
        let of_with = with.iter().zip(own_with).map(|(at, own)| (all[*at] - own) / n).collect();
        let of_without =
            without.iter().zip(own_without).map(|(at, own)| 1.0 - (all[*at] - own) / m).collect();
        Some(Components { of_with, of_without })
    }

    fn auc(&self, level: f64) -> Auc {
        let value = self.of_with.iter().sum::<f64>() / self.of_with.len() as f64;
        let variance = covariance(&self.of_with, &self.of_with) / self.of_with.len() as f64
            + covariance(&self.of_without, &self.of_without) / self.of_without.len() as f64;
        Auc::new(value, variance, level)
    }
}

/// The rank of each of these customers among them, from 1; equal scores share the middle of theirs.
fn midranks(scores: &[f64], of: &[usize]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..of.len()).collect();
    order.sort_unstable_by(|a, b| scores[of[*a]].total_cmp(&scores[of[*b]]));
    let mut ranks = vec![0.0; of.len()];
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && scores[of[order[end]]] == scores[of[order[start]]] {
            end += 1;
        }
        let middle = 0.5 * (start + end - 1) as f64 + 1.0;
        order[start..end].iter().for_each(|at| ranks[*at] = middle);
        start = end;
    }
    ranks
}

/// With n - 1.
fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum::<f64>() / (n - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::separation::separation;
    use proptest::prelude::*;

    /// The definition, pair by pair.
    fn naive(first: &[f64], second: &[f64], outcomes: &[bool]) -> (f64, f64, f64) {
        let wins = |x: f64, y: f64| {
            if x > y {
                1.0
            } else if x == y {
                0.5
            } else {
                0.0
            }
        };
        let (with, without): (Vec<usize>, Vec<usize>) = (0..first.len()).partition(|at| outcomes[*at]);
        let parts = |scores: &[f64]| {
            let mean = |of: f64, n: usize| of / n as f64;
            let ten: Vec<f64> = with
                .iter()
                .map(|i| mean(without.iter().map(|j| wins(scores[*i], scores[*j])).sum(), without.len()))
                .collect();
            let one: Vec<f64> = without
                .iter()
                .map(|j| mean(with.iter().map(|i| wins(scores[*i], scores[*j])).sum(), with.len()))
                .collect();
            (ten, one)
        };
        let (a, b) = (parts(first), parts(second));
        let both = |x: &(Vec<f64>, Vec<f64>), y: &(Vec<f64>, Vec<f64>)| {
            covariance(&x.0, &y.0) / with.len() as f64 + covariance(&x.1, &y.1) / without.len() as f64
        };
        let value = |x: &(Vec<f64>, Vec<f64>)| x.0.iter().sum::<f64>() / x.0.len() as f64;
        (value(&a), both(&a, &a), both(&a, &a) + both(&b, &b) - 2.0 * both(&a, &b))
    }

    proptest! {
        #[test]
        fn ranks_give_what_all_pairs_give(
            rows in prop::collection::vec((0u8..6, 0u8..9, any::<bool>()), 4..40),
        ) {
            let first: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
            let second: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
            let outcomes: Vec<bool> = rows.iter().map(|row| row.2).collect();
            let n_with = outcomes.iter().filter(|outcome| **outcome).count();
            prop_assume!(n_with > 1 && n_with + 1 < outcomes.len());
            let found = paired(&first, &second, &outcomes, 0.95).unwrap();
            let (value, variance, of_difference) = naive(&first, &second, &outcomes);
            prop_assert!((found.first.estimate.value - value).abs() < 1e-12);
            let alone = auc(&first, &outcomes, 0.95).unwrap();
            prop_assert!((alone.estimate.value - value).abs() < 1e-12);
            prop_assert!((alone.variance - variance).abs() < 1e-12);
            prop_assert!((value - separation(&first, &outcomes).unwrap().auc).abs() < 1e-12);
            prop_assert!((found.first.variance - variance).abs() < 1e-12);
            let half = 0.5 * (found.difference.high - found.difference.low);
            let expected = normal::critical(0.95) * of_difference.max(0.0).sqrt();
            prop_assert!((half - expected).abs() < 1e-6, "{half} {expected}");
        }
    }

    #[test]
    fn the_same_order_makes_no_difference() {
        let outcomes = [false, true, false, true, true, false];
        let scores = [1.0, 2.0, 3.0, 4.0, 5.0, 2.0];
        let turned: Vec<f64> = scores.iter().map(|score| 10.0 * score + 3.0).collect();
        let found = paired(&scores, &turned, &outcomes, 0.95).unwrap();
        assert_eq!((found.difference.value, found.z, found.p), (0.0, 0.0, 1.0));
        assert_eq!(auc(&[1.0, 2.0, 3.0], &[true, false, false], 0.95), None);
        assert_eq!(auc(&[1.0, f64::NAN, 3.0, 4.0], &[true, true, false, false], 0.95), None);
    }
}
