//! Columns as small numbers: at most 254 bins of about as many rows, and one for what is missing.

use super::Node;
use crate::select::order_statistics_f64;

/// The bin of what is missing.
pub(super) const MISSING: u8 = 255;
pub(super) const BINS: usize = 256;

/// All columns, binned.
pub(super) struct Binned {
    /// Column after column, one number per row.
    pub bins: Vec<Vec<u8>>,
    /// Per column ascending: bin b holds what is at most the b-th and above the one before.
    pub thresholds: Vec<Vec<f64>>,
}

impl Binned {
    pub fn new(columns: &[&[f64]], max_bins: usize) -> Binned {
        let thresholds: Vec<Vec<f64>> = columns.iter().map(|column| thresholds(column, max_bins)).collect();
        let bin = |(column, thresholds): (&&[f64], &Vec<f64>)| {
            let of = |x: &f64| {
                if x.is_nan() { MISSING } else { thresholds.partition_point(|threshold| threshold < x) as u8 }
            };
            column.iter().map(of).collect()
        };
        Binned { bins: columns.iter().zip(&thresholds).map(bin).collect(), thresholds }
    }

    /// Adds a tree's answer to the sums of rows.
    pub fn add(&self, tree: &[Node], rows: impl Iterator<Item = usize>, sums: &mut [f64]) {
        // Thresholds are those of bins, so that small numbers are compared.
        let edges: Vec<u8> = tree
            .iter()
            .map(|node| {
                node.split.map_or(0, |split| {
                    self.thresholds[split.column].partition_point(|threshold| *threshold < split.threshold)
                        as u8
                })
            })
            .collect();
        for row in rows {
            let mut at = 0;
            while let Some(split) = &tree[at].split {
                let bin = self.bins[split.column][row];
                let left = if bin == MISSING { split.missing_left } else { bin <= edges[at] };
                at = if left { split.left } else { split.right };
            }
            sums[row] += tree[at].value;
        }
    }
}

/// Halfway between neighbouring values where there are few, else at quantiles.
fn thresholds(column: &[f64], max_bins: usize) -> Vec<f64> {
    let mut known: Vec<f64> = Vec::with_capacity(max_bins);
    let mut few = true;
    for x in column.iter().filter(|x| !x.is_nan()) {
        let at = known.partition_point(|value| value < x);
        if known.get(at) != Some(x) {
            if known.len() == max_bins {
                few = false;
                break;
            }
            known.insert(at, *x);
        }
    }
    if few {
        let middle = |pair: &[f64]| {
            let middle = pair[0] + (pair[1] - pair[0]) / 2.0;
            if middle < pair[1] { middle } else { pair[0] }
        };
        return known.windows(2).map(middle).collect();
    }
    let present: Vec<f64> = column.iter().copied().filter(|x| !x.is_nan()).collect();
    let ranks: Vec<usize> = (1..max_bins).map(|part| part * present.len() / max_bins - 1).collect();
    let mut out = order_statistics_f64(&[&present], &ranks).unwrap_or_default();
    out.dedup();
    let greatest = present.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    out.retain(|threshold| *threshold < greatest);
    out
}
