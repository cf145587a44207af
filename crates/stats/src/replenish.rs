//! When a product will be wanted again: intervals between purchases are log-normal, each customer with a rhythm of their
//! own around the product's; a customer's few intervals are drawn towards the product's mean (empirical Bayes: Efron and
//! Morris 1975, J. Am. Stat. Assoc. 70; variances by the moments of one-way random effects, Searle, Casella and McCulloch
//! 1992, Variance Components, 3.6).

mod again;

pub use again::{Again, Past, Prior};

use crate::normal;
use crate::refusal::{Refusal, parameter};

/// The rhythm of a product, in logarithms of days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rhythm {
    pub mean: f64,
    /// Variance of one customer's intervals, and between customers.
    pub within: f64,
    pub between: f64,
    pub n_customers: u64,
    pub n_intervals: u64,
}

/// When one customer is due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Due {
    /// Days after the last purchase: the median, and the bounds of the level asked for.
    pub days: f64,
    pub low: f64,
    pub high: f64,
    /// How much of it is the customer's own: 0 without own intervals, towards 1 with many.
    pub own: f64,
}

impl Rhythm {
    /// From each customer's intervals in days (greater than 0). Refuses fewer than two intervals; with one each,
    /// all variance counts as within.
    ///
    /// ```
    /// use gradus_stats::replenish::Rhythm;
    /// let rhythm = Rhythm::fit(&[vec![30.0, 28.0, 33.0], vec![60.0, 58.0], vec![29.0]])?;
    /// assert!(rhythm.due(&[60.0, 58.0], 0.8).days > rhythm.due(&[], 0.8).days);
    /// # Ok::<(), gradus_stats::refusal::Refusal>(())
    /// ```
    pub fn fit(intervals: &[Vec<f64>]) -> Result<Rhythm, Refusal> {
        let valid = intervals.iter().flatten().all(|days| *days > 0.0 && days.is_finite());
        parameter(valid, "an interval", "greater than 0")?;
        let logs: Vec<Vec<f64>> = intervals
            .iter()
            .filter(|own| !own.is_empty())
            .map(|own| own.iter().map(|x| x.ln()).collect())
            .collect();
        let n: f64 = logs.iter().map(|own| own.len() as f64).sum();
        if n < 2.0 {
            return Err(Refusal::Empty);
        }
        let k = logs.len() as f64;
        let all = logs.iter().flatten().sum::<f64>() / n;
        let of = |own: &Vec<f64>| own.iter().sum::<f64>() / own.len() as f64;
        let square = |x: f64| x * x;
        let inside: f64 = logs.iter().map(|own| own.iter().map(|x| square(x - of(own))).sum::<f64>()).sum();
        let outside: f64 = logs.iter().map(|own| own.len() as f64 * square(of(own) - all)).sum();
        let sizes: f64 = logs.iter().map(|own| square(own.len() as f64)).sum();
        let (within, between) = if n > k && k > 1.0 {
            let within = inside / (n - k);
            let size = (n - sizes / n) / (k - 1.0);
            (within, ((outside / (k - 1.0) - within) / size).max(0.0))
        } else {
            ((inside + outside) / (n - 1.0), 0.0)
        };
        // The mean of customers, each counted by how well its own mean is known.
        let weigh = |own: &Vec<f64>| {
            let variance = between + within / own.len() as f64;
            if variance > 0.0 { 1.0 / variance } else { own.len() as f64 }
        };
        let weight: f64 = logs.iter().map(weigh).sum();
        let mean = logs.iter().map(|own| weigh(own) * of(own)).sum::<f64>() / weight;
        Ok(Rhythm { mean, within, between, n_customers: logs.len() as u64, n_intervals: n as u64 })
    }

    /// When a customer with these intervals is due again. Intervals that are not greater than 0 do not count.
    pub fn due(&self, intervals: &[f64], level: f64) -> Due {
        let own = self.own(intervals);
        let (middle, spread) = self.middle(intervals);
        let half = normal::critical(level) * spread;
        Due { days: middle.exp(), low: (middle - half).exp(), high: (middle + half).exp(), own }
    }

    /// How much of the middle is the customer's own.
    fn own(&self, intervals: &[f64]) -> f64 {
        let n = intervals.iter().filter(|x| **x > 0.0 && x.is_finite()).count() as f64;
        if n == 0.0 || self.between <= 0.0 {
            0.0
        } else {
            n * self.between / (n * self.between + self.within)
        }
    }

    /// The mean and the standard deviation of the logarithm of the next interval.
    fn middle(&self, intervals: &[f64]) -> (f64, f64) {
        let logs: Vec<f64> =
            intervals.iter().filter(|x| **x > 0.0 && x.is_finite()).map(|x| x.ln()).collect();
        let n = logs.len() as f64;
        let own = self.own(intervals);
        let customer = if n == 0.0 { self.mean } else { logs.iter().sum::<f64>() / n };
        let middle = self.mean + own * (customer - self.mean);
        // What is not known of the rhythm, and what varies anyhow.
        (middle, (self.between * (1.0 - own) + self.within).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn variances_are_found_and_the_interval_covers() {
        let mut random = Random::new(11);
        let customer = |random: &mut Random, n: usize| {
            let own = 3.4 + 0.5 * random.normal();
            (0..n).map(|_| (own + 0.3 * random.normal()).exp()).collect::<Vec<f64>>()
        };
        let data: Vec<Vec<f64>> = (0..3_000).map(|at| customer(&mut random, 1 + at % 6)).collect();
        let rhythm = Rhythm::fit(&data).unwrap();
        assert!((rhythm.mean - 3.4).abs() < 0.03 && (rhythm.within - 0.09).abs() < 0.005);
        assert!((rhythm.between - 0.25).abs() < 0.03);
        let mut covered = 0;
        for at in 0..4_000 {
            let all = customer(&mut random, 1 + at % 5);
            let (next, before) = all.split_last().unwrap();
            let due = rhythm.due(before, 0.8);
            covered += usize::from(due.low <= *next && *next <= due.high);
        }
        assert!((covered as f64 / 4_000.0 - 0.8).abs() < 0.025, "{covered}");
    }

    #[test]
    fn few_intervals() {
        assert_eq!(Rhythm::fit(&[vec![], vec![9.0]]), Err(Refusal::Empty));
        assert!(matches!(Rhythm::fit(&[vec![0.0, 2.0]]), Err(Refusal::Parameter { .. })));
        let one = Rhythm::fit(&[vec![10.0, 10.0, 10.0]]).unwrap();
        let due = one.due(&[], 0.9);
        assert!((due.days - 10.0).abs() < 1e-9 && (due.low - due.high).abs() < 1e-9 && due.own == 0.0);
        let once_each = Rhythm::fit(&[vec![10.0], vec![20.0]]).unwrap();
        assert_eq!((once_each.between, once_each.due(&[5.0], 0.9).own), (0.0, 0.0));
    }
}
