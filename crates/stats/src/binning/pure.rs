//! Neighbouring pre-bins of one kind. A bin has both kinds, so they are joined with others; what they said is said
//! apart, because a column that tells the outcomes apart is the most telling there is, and often the outcome itself.

use super::Options;
use crate::woe::Counts;

/// How far the fine bins, before they are joined, tell the outcomes apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Telling {
    /// Every one of them, those of missing and special values included, is of one kind: the column says the outcome.
    Wholly,
    /// Runs of neighbours of one kind, each as large as a bin has to be: the first pre-bin and the one after the last.
    Runs(Vec<(usize, usize, Counts)>),
}

/// What the pre-bins tell; `apart` are the cells of missing and special values.
pub(super) fn telling(pre_bins: &[Counts], apart: &[Counts], options: &Options) -> Telling {
    let all = pre_bins.iter().chain(apart);
    let n: u64 = all.clone().map(Counts::n).sum();
    if all.filter(|counts| counts.n() > 0).all(Counts::is_pure) {
        return Telling::Wholly;
    }
    let least = options.min_share * n as f64 * (1.0 - 1e-9);
    let mut out: Vec<(usize, usize, Counts)> = Vec::new();
    let mut at = 0;
    while at < pre_bins.len() {
        let (from, mut sum) = (at, pre_bins[at]);
        at += 1;
        while at < pre_bins.len() && sum.plus(pre_bins[at]).is_pure() {
            sum = sum.plus(pre_bins[at]);
            at += 1;
        }
        if sum.is_pure() && sum.n() as f64 >= least {
            out.push((from, at, sum));
        }
    }
    Telling::Runs(out)
}
