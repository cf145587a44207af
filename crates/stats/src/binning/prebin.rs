//! The first, fine division of numbers, in time linear in the rows.

use crate::refusal::{Refusal, parameter};
use crate::select::order_statistics_f64;
use crate::woe::Counts;

/// Where the fine cuts come from. A cut is the least value of the bin above it: bins are `[a, b)`.
#[derive(Debug, Clone, PartialEq)]
pub enum PreBins {
    /// About as many rows in each of at most so many (2 to 250); every value its own where there are not more
    /// different values.
    Quantiles(usize),
    /// These, ascending.
    Cuts(Vec<f64>),
}

/// Most pre-bins: the work on them grows with their third power.
pub(super) const MOST: usize = 250;

/// The cuts for values that are numbers.
pub(super) fn cuts(values: &[f64], pre_bins: &PreBins) -> Result<Vec<f64>, Refusal> {
    match pre_bins {
        PreBins::Cuts(cuts) => {
            let rising =
                cuts.windows(2).all(|pair| pair[0] < pair[1]) && cuts.iter().all(|cut| !cut.is_nan());
            parameter(rising && cuts.len() < MOST, "the cuts", "fewer than 250, ascending")?;
            Ok(cuts.clone())
        }
        PreBins::Quantiles(n) => {
            parameter((2..=MOST).contains(n), "the number of pre-bins", "from 2 to 250")?;
            let mut found = match few_different(values, *n) {
                Some(different) => different,
                None => {
                    let ranks: Vec<usize> = (0..*n).map(|part| part * values.len() / n).collect();
                    let mut found = order_statistics_f64(&[values], &ranks).unwrap_or_default();
                    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
                    found.dedup();
                    if found.first() != Some(&least) {
                        found.insert(0, least);
                    }
                    found
                }
            };
            // Nothing lies below the least value.
            if !found.is_empty() {
                found.remove(0);
            }
            Ok(found)
        }
    }
}

/// The different values, if there are at most `most`.
fn few_different(values: &[f64], most: usize) -> Option<Vec<f64>> {
    let mut different: Vec<f64> = Vec::with_capacity(most);
    for value in values {
        // -0 and 0 are one value.
        if let Err(at) =
            different.binary_search_by(|known| known.partial_cmp(value).unwrap_or(std::cmp::Ordering::Less))
        {
            if different.len() == most {
                return None;
            }
            different.insert(at, *value);
        }
    }
    Some(different)
}

/// Good and bad between the cuts, and the cuts that have rows on both sides of them up to the next.
pub(super) fn count(values: &[f64], bad: &[bool], cuts: Vec<f64>) -> (Vec<f64>, Vec<Counts>) {
    let mut counts = vec![[0u64; 2]; cuts.len() + 1];
    for (value, bad) in values.iter().zip(bad) {
        counts[cuts.partition_point(|cut| cut <= value)][usize::from(*bad)] += 1;
    }
    let mut kept: Vec<f64> = Vec::with_capacity(cuts.len());
    let mut out: Vec<Counts> = Vec::with_capacity(counts.len());
    for (at, [good, bad]) in counts.into_iter().enumerate() {
        if good + bad == 0 {
            continue;
        }
        if !out.is_empty() {
            kept.push(cuts[at - 1]);
        }
        out.push(Counts { good, bad });
    }
    (kept, out)
}
