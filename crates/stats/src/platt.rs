//! Platt's calibration: a score of any kind turned into a chance by one sigmoid, fitted to targets that are drawn
//! in from 0 and 1 so that few rows do not give certainty (Platt 1999, Advances in Large Margin Classifiers, ch. 5;
//! solved as in Lin, Lin and Weng 2007, Machine Learning 68(3), algorithm 1).

use crate::logistic::chance;
use crate::refusal::{Refusal, finite_columns};

/// P(outcome) = 1 / (1 + exp(-(intercept + slope score))).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Platt {
    pub intercept: f64,
    pub slope: f64,
}

impl Platt {
    /// Refuses no rows, one outcome and scores that are not finite. Equal scores everywhere give slope 0.
    ///
    /// ```
    /// use gradus_stats::platt::Platt;
    /// let curve = Platt::fit(&[-2.0, -1.0, 0.0, 1.0, 2.0], &[false, false, true, false, true])?;
    /// assert!(curve.probability(2.0) > curve.probability(-2.0));
    /// # Ok::<(), gradus_stats::refusal::Refusal>(())
    /// ```
    pub fn fit(scores: &[f64], outcomes: &[bool]) -> Result<Platt, Refusal> {
        if outcomes.is_empty() {
            return Err(Refusal::Empty);
        }
        finite_columns(&[scores], outcomes.len())?;
        let n = outcomes.len() as f64;
        let met = outcomes.iter().filter(|outcome| **outcome).count() as f64;
        if met == 0.0 || met == n {
            return Err(Refusal::OneClass);
        }
        let (high, low) = ((met + 1.0) / (met + 2.0), 1.0 / (n - met + 2.0));
        let mean = scores.iter().sum::<f64>() / n;
        let spread = (scores.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / n).sqrt();
        if spread <= 1e-12 * mean.abs() || spread <= f64::MIN_POSITIVE {
            let common = (met * high + (n - met) * low) / n;
            return Ok(Platt { intercept: (common / (1.0 - common)).ln(), slope: 0.0 });
        }
        let rows =
            || scores.iter().zip(outcomes).map(|(s, y)| ((s - mean) / spread, if *y { high } else { low }));
        let loss = |a: f64, b: f64| {
            rows().map(move |(s, t)| {
                let eta = a + b * s;
                (-eta.abs()).exp().ln_1p() + eta.max(0.0) - t * eta
            })
        };
        let (mut a, mut b) = (((met + 1.0) / (n - met + 1.0)).ln(), 0.0);
        let mut now: f64 = loss(a, b).sum();
        for _ in 0..100 {
            let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0.0, 0.0, 1e-12, 0.0, 1e-12);
            for (s, t) in rows() {
                let p = chance(a + b * s);
                let w = p * (1.0 - p);
                (ga, gb) = (ga + p - t, gb + (p - t) * s);
                (haa, hab, hbb) = (haa + w, hab + w * s, hbb + w * s * s);
            }
            let determinant = haa * hbb - hab * hab;
            let (da, db) = ((hab * gb - hbb * ga) / determinant, (hab * ga - haa * gb) / determinant);
            let mut part = 1.0;
            while part > 1e-10 {
                let next: f64 = loss(a + part * da, b + part * db).sum();
                if next < now + 1e-4 * part * (ga * da + gb * db) {
                    (a, b, now) = (a + part * da, b + part * db, next);
                    break;
                }
                part /= 2.0;
            }
            if part <= 1e-10 || da.abs().max(db.abs()) < 1e-10 {
                break;
            }
        }
        Ok(Platt { intercept: a - b * mean / spread, slope: b / spread })
    }

    /// The chance at a score.
    pub fn probability(&self, score: f64) -> f64 {
        chance(self.intercept + self.slope * score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_chance_is_the_mean_target_even_where_scores_separate() {
        let scores = [-3.0, -1.0, -0.5, 0.5, 2.0, 4.0];
        let outcomes = [false, false, false, true, true, true];
        let curve = Platt::fit(&scores, &outcomes).unwrap();
        let targets = 3.0 * (4.0 / 5.0) + 3.0 * (1.0 / 5.0);
        let sum: f64 = scores.iter().map(|score| curve.probability(*score)).sum();
        assert!((sum - targets).abs() < 1e-8, "{sum}");
        let weighted: f64 = scores.iter().map(|s| s * curve.probability(*s)).sum();
        let wanted: f64 = scores.iter().zip(&outcomes).map(|(s, y)| s * if *y { 0.8 } else { 0.2 }).sum();
        assert!((weighted - wanted).abs() < 1e-7, "the second score equation");
        assert!(curve.slope > 0.0 && curve.slope.is_finite());
    }

    #[test]
    fn degenerate_scores() {
        assert_eq!(Platt::fit(&[], &[]), Err(Refusal::Empty));
        assert_eq!(Platt::fit(&[1.0, 2.0], &[true, true]), Err(Refusal::OneClass));
        let flat = Platt::fit(&[5.0; 4], &[true, false, false, false]).unwrap();
        assert_eq!(flat.slope, 0.0);
        // Targets 2/3 once and 1/5 three times.
        assert!((flat.probability(5.0) - (2.0 / 3.0 + 0.6) / 4.0).abs() < 1e-12);
    }
}
