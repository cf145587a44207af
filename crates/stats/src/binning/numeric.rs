//! Bins of numbers: intervals `[a, b)`, then each special value, then what is missing.

use super::{Options, Telling, Trend, check, partition, prebin, pure};
use crate::refusal::{Refusal, lengths};
use crate::woe::{Counts, Table, table};

/// A column of numbers, binned.
#[derive(Debug, Clone, PartialEq)]
pub struct NumericBinning {
    /// Ascending; bin 0 lies below the first, each cut is the least value of the bin above it.
    pub cuts: Vec<f64>,
    pub specials: Vec<f64>,
    /// What was followed: never `Auto`.
    pub trend: Trend,
    /// The bins of ordinary values from the lowest, each special value, and last what is missing; the last are
    /// there also without rows.
    pub table: Table,
    /// What the pre-bins told; runs are places among the fine cuts that had rows.
    pub telling: Telling,
    /// The fine cuts that had rows on both sides of them.
    pub fine: Vec<f64>,
}

impl NumericBinning {
    /// The cell of a value; `NAN` is missing.
    pub fn bin_of(&self, value: f64) -> usize {
        if value.is_nan() {
            return self.table.cells.len() - 1;
        }
        match self.specials.iter().position(|special| *special == value) {
            Some(special) => self.cuts.len() + 1 + special,
            None => self.cuts.partition_point(|cut| *cut <= value),
        }
    }

    /// The weight of evidence of a value.
    pub fn woe(&self, value: f64) -> f64 {
        self.table.cells[self.bin_of(value)].woe
    }
}

/// Bins a column of numbers by the share of the bad. `NAN` is missing. Refuses no rows, outcomes of one kind,
/// only missing or special values, and conditions that nothing meets.
///
/// ```
/// use gradus_stats::binning::{Options, bin_numbers};
/// let months: Vec<f64> = (0..100).map(f64::from).collect();
/// let bad: Vec<bool> = (0..100).map(|at| at % 7 == 0 || at > 60 && at % 2 == 0).collect();
/// let binning = bin_numbers(&months, &bad, &Options::default())?;
/// assert!(binning.woe(90.0) < binning.woe(10.0));
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn bin_numbers(values: &[f64], bad: &[bool], options: &Options) -> Result<NumericBinning, Refusal> {
    check(options)?;
    lengths("the outcomes", values.len(), bad.len())?;
    let mut apart = vec![Counts::default(); options.specials.len() + 1];
    let is_apart = |value: f64| value.is_nan() || options.specials.contains(&value);
    let any_apart = values.iter().any(|value| is_apart(*value));
    let (ordinary, ordinary_bad): (Vec<f64>, Vec<bool>) = if any_apart {
        let mut kept = Vec::with_capacity(values.len());
        for (value, bad) in values.iter().zip(bad) {
            if is_apart(*value) {
                let at = options.specials.iter().position(|special| special == value);
                let counts = &mut apart[at.unwrap_or(options.specials.len())];
                *counts = counts.plus(Counts { good: u64::from(!bad), bad: u64::from(*bad) });
            } else {
                kept.push((*value, *bad));
            }
        }
        kept.into_iter().unzip()
    } else {
        (Vec::new(), Vec::new())
    };
    let (ordinary, ordinary_bad) =
        if any_apart { (ordinary.as_slice(), ordinary_bad.as_slice()) } else { (values, bad) };
    if ordinary.is_empty() {
        return Err(Refusal::Empty);
    }
    let cuts = prebin::cuts(ordinary, &options.pre_bins)?;
    let (cuts, pre_bins) = prebin::count(ordinary, ordinary_bad, cuts);
    let all = pre_bins.iter().chain(&apart).fold(Counts::default(), |sum, counts| sum.plus(*counts));
    if all.good == 0 || all.bad == 0 {
        return Err(Refusal::OneClass);
    }
    let division = partition::division(&pre_bins, all, options).ok_or(Refusal::Infeasible)?;
    let mut bins: Vec<Counts> = joined(&pre_bins, &division.starts);
    bins.extend(&apart);
    let telling = pure::telling(&pre_bins, &apart, options);
    Ok(NumericBinning {
        telling,
        cuts: division.starts[1..].iter().map(|start| cuts[start - 1]).collect(),
        specials: options.specials.clone(),
        trend: division.trend,
        table: table(&bins, options.smoothing)?,
        fine: cuts,
    })
}

/// The sums of the pre-bins from each start to the next.
pub(super) fn joined(pre_bins: &[Counts], starts: &[usize]) -> Vec<Counts> {
    let ends = starts[1..].iter().copied().chain([pre_bins.len()]);
    let sum =
        |(from, to): (usize, usize)| pre_bins[from..to].iter().fold(Counts::default(), |s, c| s.plus(*c));
    starts.iter().copied().zip(ends).map(sum).collect()
}
