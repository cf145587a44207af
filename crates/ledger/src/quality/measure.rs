//! Measures that fit in little memory: how many different values, and how they are spread.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use serde::{Deserialize, Serialize};

use crate::clean::event_id::{quick_hash, spread};

/// Different values are counted exactly up to here, and estimated beyond.
pub const EXACT_DISTINCT: usize = 65_536;

/// 2^14 registers: a standard error of 0.81 % (Flajolet et al. 2007, 1.04 / sqrt(m)).
const REGISTER_BITS: u32 = 14;

/// Values kept for quantiles.
const SAMPLE: usize = 4_096;

/// How many different values there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Distinct {
    pub n: u64,
    /// False if it is an estimate (standard error 0.8 %).
    pub exact: bool,
}

/// Counts different texts.
#[derive(Debug, Clone, Default)]
pub(super) struct DistinctCounter {
    exact: HashSet<u64, BuildHasherDefault<PassThrough>>,
    registers: Vec<u8>,
}

impl DistinctCounter {
    #[inline]
    pub(super) fn see(&mut self, text: &str) {
        let hash = quick_hash(text.as_bytes());
        if self.registers.is_empty() {
            self.exact.insert(hash);
            if self.exact.len() > EXACT_DISTINCT {
                self.registers = vec![0; 1 << REGISTER_BITS];
                for hash in std::mem::take(&mut self.exact) {
                    self.register(hash);
                }
            }
        } else {
            self.register(hash);
        }
    }

    fn register(&mut self, hash: u64) {
        let index = (hash >> (64 - REGISTER_BITS)) as usize;
        let rank = ((hash << REGISTER_BITS).leading_zeros() + 1).min(64 - REGISTER_BITS + 1) as u8;
        if let Some(register) = self.registers.get_mut(index) {
            *register = (*register).max(rank);
        }
    }

    pub(super) fn distinct(&self) -> Distinct {
        if self.registers.is_empty() {
            return Distinct { n: self.exact.len() as u64, exact: true };
        }
        let m = self.registers.len() as f64;
        let sum: f64 = self.registers.iter().map(|register| 0.5f64.powi(i32::from(*register))).sum();
        let raw = 0.7213 / (1.0 + 1.079 / m) * m * m / sum;
        let zeros = self.registers.iter().filter(|register| **register == 0).count() as f64;
        let estimate = if raw <= 2.5 * m && zeros > 0.0 { m * (m / zeros).ln() } else { raw };
        Distinct { n: estimate.round() as u64, exact: false }
    }
}

/// How the numbers of a column are spread; in units of the column.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Measure {
    pub n: u64,
    pub min: f64,
    pub max: f64,
    pub mean: f64,
    /// From a sample of 4,096 rows, chosen by row number: exact below that.
    pub p25: f64,
    pub median: f64,
    pub p75: f64,
}

/// Collects the numbers of a column, in ten-thousandths.
#[derive(Debug, Clone, Default)]
pub(super) struct Spread {
    n: u64,
    sum: i128,
    min: i64,
    max: i64,
    /// (hash of the row, value): the rows with the smallest hashes, so that the sample is the same
    /// however the file is cut into batches.
    sample: std::collections::BinaryHeap<(u64, i64)>,
}

impl Spread {
    #[inline]
    pub(super) fn see(&mut self, row: u64, units: i64) {
        if self.n == 0 {
            (self.min, self.max) = (units, units);
        }
        self.n += 1;
        self.sum += i128::from(units);
        self.min = self.min.min(units);
        self.max = self.max.max(units);
        let hash = spread(row);
        if self.sample.len() < SAMPLE {
            self.sample.push((hash, units));
        } else if self.sample.peek().is_some_and(|(largest, _)| hash < *largest) {
            self.sample.pop();
            self.sample.push((hash, units));
        }
    }

    pub(super) fn measure(&self) -> Option<Measure> {
        if self.n == 0 {
            return None;
        }
        let mut values: Vec<i64> = self.sample.iter().map(|(_, units)| *units).collect();
        values.sort_unstable();
        let quantile = |share: f64| {
            let place = (share * (values.len() - 1) as f64).round() as usize;
            values.get(place).map_or(0.0, |units| *units as f64 / 10_000.0)
        };
        Some(Measure {
            n: self.n,
            min: self.min as f64 / 10_000.0,
            max: self.max as f64 / 10_000.0,
            mean: self.sum as f64 / self.n as f64 / 10_000.0,
            p25: quantile(0.25),
            median: quantile(0.5),
            p75: quantile(0.75),
        })
    }
}

/// The hashes are spread already.
#[derive(Debug, Clone, Default)]
pub(super) struct PassThrough(u64);

impl Hasher for PassThrough {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_counted_exactly_and_many_within_two_percent() {
        let mut counter = DistinctCounter::default();
        for n in 0..EXACT_DISTINCT * 2 {
            counter.see(&(n % EXACT_DISTINCT).to_string());
        }
        assert_eq!(counter.distinct(), Distinct { n: EXACT_DISTINCT as u64, exact: true });
        for n in 0..300_000 {
            counter.see(&n.to_string());
        }
        let Distinct { n, exact } = counter.distinct();
        assert!(!exact && (294_000..=306_000).contains(&n), "{n}");
    }

    #[test]
    fn the_spread_of_a_small_column_is_exact() {
        let mut spread = Spread::default();
        for n in 1..=101i64 {
            spread.see(n as u64, n * 10_000);
        }
        let measure = spread.measure().unwrap();
        assert_eq!(
            (measure.min, measure.p25, measure.median, measure.p75, measure.max),
            (1.0, 26.0, 51.0, 76.0, 101.0)
        );
        assert_eq!(measure.mean, 51.0);
        assert_eq!(Spread::default().measure(), None);
    }
}
