//! The best way to join neighbours, exactly. A state is the last bin (from which pre-bin, to which), how many bins
//! there are, and for a peak or valley whether the turn is behind; its value is the greatest information value of the
//! bins up to there. O(b³ k) for b pre-bins and k bins, whatever the number of rows.

use std::cmp::Ordering;

use super::{Options, Trend};
use crate::woe::Counts;

/// By how much a turn must be better than the best monotone answer.
const TURN_GAIN: f64 = 0.1;
/// Two values that differ by less are equal: then fewer bins are better.
const EQUAL: f64 = 1e-12;

/// A division of the pre-bins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Division {
    /// The first pre-bin of each bin.
    pub starts: Vec<usize>,
    pub iv: f64,
    /// What was followed: never `Auto`.
    pub trend: Trend,
}

/// The best division. Where ordinary values are all of one kind, and none of the other is asked for, they are one bin.
pub(super) fn division(pre_bins: &[Counts], all: Counts, options: &Options) -> Option<Division> {
    let ordinary = pre_bins.iter().fold(Counts::default(), |sum, counts| sum.plus(*counts));
    if ordinary.is_pure() && options.min_good == 0 && options.min_bad == 0 {
        return Some(Division { starts: vec![0], iv: 0.0, trend: Trend::Any });
    }
    best(pre_bins, all, options)
}

/// The best division, or `None` where none meets the conditions. `all` are the totals of all rows.
pub(super) fn best(pre_bins: &[Counts], all: Counts, options: &Options) -> Option<Division> {
    let grid = Grid::new(pre_bins, all, options);
    match options.trend {
        Trend::Auto => {
            let better = |a: Option<Division>, b: Option<Division>, gain: f64| match (a, b) {
                (Some(a), Some(b)) => Some(if b.iv > a.iv * (1.0 + gain) + EQUAL { b } else { a }),
                (a, b) => a.or(b),
            };
            let monotone = better(grid.best(Trend::Ascending), grid.best(Trend::Descending), EQUAL);
            let turned = better(grid.best(Trend::Peak), grid.best(Trend::Valley), EQUAL);
            better(monotone, turned, TURN_GAIN)
        }
        trend => grid.best(trend),
    }
}

/// Every bin that could be: pre-bins i to j.
struct Grid<'a> {
    size: usize,
    max_bins: usize,
    counts: Vec<Counts>,
    /// Its part of the information value; `NAN` if its size is not allowed.
    gains: Vec<f64>,
    options: &'a Options,
}

impl<'a> Grid<'a> {
    fn new(pre_bins: &[Counts], all: Counts, options: &'a Options) -> Grid<'a> {
        let size = pre_bins.len();
        let rows = all.n() as f64;
        // A share of 0.05 of 100 rows is 5 rows, also where the product is 5.000000000000001.
        let (least, most) = (options.min_share * rows - 1e-9 * rows, options.max_share * rows + 1e-9 * rows);
        let (mut counts, mut gains) = (vec![Counts::default(); size * size], vec![f64::NAN; size * size]);
        for i in 0..size {
            let mut sum = Counts::default();
            for j in i..size {
                sum = sum.plus(pre_bins[j]);
                let n = sum.n() as f64;
                let allowed = n >= least
                    && n <= most
                    && sum.good >= options.min_good.max(1)
                    && sum.bad >= options.min_bad.max(1);
                counts[i * size + j] = sum;
                if allowed {
                    let (good, bad) = (sum.good as f64 / all.good as f64, sum.bad as f64 / all.bad as f64);
                    gains[i * size + j] = (good - bad) * (good / bad).ln();
                }
            }
        }
        Grid { size, max_bins: options.max_bins.min(size), counts, gains, options }
    }

    /// Whether `next` may follow `last`, going up or down; `None` is any way.
    fn follows(&self, last: Counts, next: Counts, up: Option<bool>) -> bool {
        let (a, b) =
            (u128::from(last.bad) * u128::from(next.n()), u128::from(next.bad) * u128::from(last.n()));
        let right = match (b.cmp(&a), up) {
            (_, None) | (Ordering::Equal, _) => true,
            (Ordering::Greater, Some(up)) => up,
            (Ordering::Less, Some(up)) => !up,
        };
        right && (next.bad_rate() - last.bad_rate()).abs() >= self.options.min_difference - EQUAL
    }

    fn best(&self, trend: Trend) -> Option<Division> {
        // The ways to go, phase after phase.
        let ways: &[Option<bool>] = match trend {
            Trend::Auto | Trend::Any => &[None],
            Trend::Ascending => &[Some(true)],
            Trend::Descending => &[Some(false)],
            Trend::Peak => &[Some(true), Some(false)],
            Trend::Valley => &[Some(false), Some(true)],
        };
        let b = self.size;
        let at = |phase: usize, k: usize, i: usize, j: usize| ((phase * self.max_bins + k) * b + i) * b + j;
        let mut values = vec![f64::NEG_INFINITY; ways.len() * self.max_bins * b * b];
        // Whence: the phase and the first pre-bin of the bin before.
        let mut whence = vec![(0u8, 0u16); values.len()];
        for j in 0..b {
            if !self.gains[j].is_nan() {
                values[at(0, 0, 0, j)] = self.gains[j];
            }
        }
        for k in 1..self.max_bins {
            for i in k..b {
                for j in i..b {
                    let gain = self.gains[i * b + j];
                    if gain.is_nan() {
                        continue;
                    }
                    for h in k - 1..i {
                        let last = self.counts[h * b + i - 1];
                        for phase in 0..ways.len() {
                            if !self.follows(last, self.counts[i * b + j], ways[phase]) {
                                continue;
                            }
                            for before in 0..=phase {
                                let value = values[at(before, k - 1, h, i - 1)] + gain;
                                let to = at(phase, k, i, j);
                                if value > values[to] {
                                    values[to] = value;
                                    whence[to] = (before as u8, h as u16);
                                }
                            }
                        }
                    }
                }
            }
        }
        let mut best: Option<(usize, usize, usize)> = None;
        let mut most = f64::NEG_INFINITY;
        for k in 0..self.max_bins {
            for i in 0..b {
                for phase in 0..ways.len() {
                    let value = values[at(phase, k, i, b - 1)];
                    if value > most + EQUAL * most.abs() || (best.is_none() && value.is_finite()) {
                        (best, most) = (Some((phase, k, i)), value);
                    }
                }
            }
        }
        let (mut phase, mut k, mut i) = best?;
        let mut j = b - 1;
        let mut starts = vec![i];
        while k > 0 {
            let (before, h) = whence[at(phase, k, i, j)];
            (phase, k, j, i) = (usize::from(before), k - 1, i - 1, usize::from(h));
            starts.push(i);
        }
        starts.reverse();
        Some(Division { starts, iv: most, trend })
    }
}
