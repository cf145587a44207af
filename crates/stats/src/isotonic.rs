//! Isotonic calibration: the non-decreasing chances nearest to the outcomes, by pooling adjacent violators (Ayer et
//! al. 1955, Ann. Math. Statist. 26(4); Zadrozny and Elkan 2002, KDD). Between scores it is interpolated.

use crate::refusal::{Refusal, finite_columns, lengths, parameter};

/// A rising curve by its corners.
#[derive(Debug, Clone, PartialEq)]
pub struct Isotonic {
    /// Ascending.
    pub scores: Vec<f64>,
    /// The value at each score, never falling.
    pub values: Vec<f64>,
}

/// Rows pooled to one value.
struct Pool {
    from: f64,
    to: f64,
    sum: f64,
    weight: f64,
}

impl Isotonic {
    /// Fits targets (0 and 1 for outcomes) to scores; equal scores have one value. Weights are at least 0.
    ///
    /// ```
    /// use gradus_stats::isotonic::Isotonic;
    /// let curve = Isotonic::fit(&[1.0, 2.0, 3.0, 4.0], &[0.0, 1.0, 0.0, 1.0], None)?;
    /// assert_eq!((curve.at(0.0), curve.at(2.5), curve.at(9.0)), (0.0, 0.5, 1.0));
    /// # Ok::<(), gradus_stats::refusal::Refusal>(())
    /// ```
    pub fn fit(scores: &[f64], targets: &[f64], weights: Option<&[f64]>) -> Result<Isotonic, Refusal> {
        finite_columns(&[scores, targets], scores.len())?;
        if let Some(weights) = weights {
            lengths("weights", scores.len(), weights.len())?;
            parameter(weights.iter().all(|w| w.is_finite() && *w >= 0.0), "weights", "at least 0")?;
        }
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
        let mut pools: Vec<Pool> = Vec::new();
        for tie in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
            let of = |row: &usize| weights.map_or(1.0, |weights| weights[*row]);
            let weight: f64 = tie.iter().map(of).sum();
            if weight <= 0.0 {
                continue;
            }
            let score = scores[tie[0]];
            let sum = tie.iter().map(|row| of(row) * targets[*row]).sum();
            let mut pool = Pool { from: score, to: score, sum, weight };
            // A pool that is not below the new one violates the order: both become one.
            while let Some(last) = pools.pop_if(|last| last.sum * pool.weight >= pool.sum * last.weight) {
                pool = Pool {
                    from: last.from,
                    to: pool.to,
                    sum: last.sum + pool.sum,
                    weight: last.weight + pool.weight,
                };
            }
            pools.push(pool);
        }
        if pools.is_empty() {
            return Err(Refusal::Empty);
        }
        let mut out = Isotonic { scores: Vec::new(), values: Vec::new() };
        for pool in pools {
            let value = pool.sum / pool.weight;
            let ends = if pool.from < pool.to { vec![pool.from, pool.to] } else { vec![pool.from] };
            out.values.extend(ends.iter().map(|_| value));
            out.scores.extend(ends);
        }
        Ok(out)
    }

    /// The value at a score; beyond the ends that of the end.
    pub fn at(&self, score: f64) -> f64 {
        let above = self.scores.partition_point(|known| *known < score);
        match (self.scores.get(above), above) {
            (None, _) => self.values.last().copied().unwrap_or(f64::NAN),
            (Some(_), 0) => self.values[0],
            (Some(next), _) => {
                let (from, to) = (self.scores[above - 1], *next);
                let part = (score - from) / (to - from);
                self.values[above - 1] + part * (self.values[above] - self.values[above - 1])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The min-max formula (Barlow et al. 1972, eq. 1.9): value i is max over s <= i of min over t >= i of the mean.
    fn naive(targets: &[f64], weights: &[f64]) -> Vec<f64> {
        let mean = |s: usize, t: usize| {
            let sum: f64 = (s..=t).map(|at| targets[at] * weights[at]).sum();
            sum / weights[s..=t].iter().sum::<f64>()
        };
        let least = |s: usize, i: usize| (i..targets.len()).map(|t| mean(s, t)).fold(f64::INFINITY, f64::min);
        (0..targets.len()).map(|i| (0..=i).map(|s| least(s, i)).fold(f64::NEG_INFINITY, f64::max)).collect()
    }

    proptest! {
        #[test]
        fn pools_meet_the_formula(rows in prop::collection::vec((0u8..2, 1u8..4), 1..30)) {
            let scores: Vec<f64> = (0..rows.len()).map(|at| at as f64).collect();
            let targets: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
            let weights: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
            let curve = Isotonic::fit(&scores, &targets, Some(&weights)).unwrap();
            for (score, wanted) in scores.iter().zip(naive(&targets, &weights)) {
                prop_assert!((curve.at(*score) - wanted).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn ties_and_refusals() {
        let tied = Isotonic::fit(&[1.0, 1.0, 2.0], &[0.0, 1.0, 1.0], None).unwrap();
        assert_eq!((tied.at(1.0), tied.at(2.0)), (0.5, 1.0));
        assert_eq!(Isotonic::fit(&[], &[], None), Err(Refusal::Empty));
        let broken = Isotonic::fit(&[f64::NAN], &[0.0], None);
        assert_eq!(broken, Err(Refusal::NotFinite { column: 0, row: 0 }));
    }
}
