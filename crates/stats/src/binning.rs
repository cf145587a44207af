//! Optimal binning (Navas-Palencia 2020, Optimal binning: mathematical programming formulation, arXiv:2001.08025):
//! of all ways to join neighbouring pre-bins, the one with the most information value (his eq. 3) whose bins are of
//! allowed size and whose bad rates follow the wanted trend. With the pre-bins in a row it is a longest path, found
//! exactly by dynamic programming; no solver is needed. The totals are those of all rows, those in the bins of
//! missing and special values included, so that what is made greatest is the value that the table shows.

mod category;
mod numeric;
mod partition;
mod prebin;
mod pure;

pub use category::{CategoryBinning, bin_categories};
pub use numeric::{NumericBinning, bin_numbers};
pub use prebin::PreBins;
pub use pure::Telling;

use crate::refusal::{Refusal, parameter};
use crate::woe::Smoothing;

/// How the bad rate goes from the lowest bin to the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trend {
    /// The better of ascending and descending, or a peak or valley where its information value is greater by
    /// more than a tenth: a turn must be worth its explanation.
    #[default]
    Auto,
    /// Anything.
    Any,
    Ascending,
    Descending,
    /// First ascending, then descending; either part may be absent.
    Peak,
    /// First descending, then ascending; either part may be absent.
    Valley,
}

/// What a binning must meet.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    pub pre_bins: PreBins,
    pub trend: Trend,
    /// Bins of ordinary values at most.
    pub max_bins: usize,
    /// Of all rows, at least this share in each bin of ordinary values.
    pub min_share: f64,
    /// Of all rows, at most this share in each bin of ordinary values.
    pub max_share: f64,
    /// At least this many good and this many bad in each.
    pub min_good: u64,
    pub min_bad: u64,
    /// Neighbouring bad rates differ by at least this.
    pub min_difference: f64,
    /// Values with a meaning of their own, each a bin of its own.
    pub specials: Vec<f64>,
    /// Categories with a smaller share of all rows are taken together before anything else.
    pub rare_share: f64,
    pub smoothing: Smoothing,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            pre_bins: PreBins::Quantiles(100),
            trend: Trend::Auto,
            max_bins: 10,
            min_share: 0.05,
            max_share: 1.0,
            min_good: 1,
            min_bad: 1,
            min_difference: 0.0,
            specials: Vec::new(),
            rare_share: 0.01,
            smoothing: Smoothing::Raw,
        }
    }
}

fn check(options: &Options) -> Result<(), Refusal> {
    let share = |value: f64| (0.0..=1.0).contains(&value);
    parameter(options.max_bins >= 1, "the number of bins", "at least 1")?;
    parameter(share(options.min_share) && share(options.max_share), "a bin's share", "from 0 to 1")?;
    parameter(share(options.rare_share), "the share of a rare category", "from 0 to 1")?;
    parameter(options.min_difference >= 0.0, "the least difference", "at least 0")
}

#[cfg(test)]
mod tests;
