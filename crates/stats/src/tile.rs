//! Quantile bins and tiles: how a population is cut into parts of equal size when values repeat.
//!
//! Two conventions are in use and give different numbers. *Bins* cut at sample quantiles, so equal
//! values always share a bin, and heavy ties leave fewer bins. *Tiles* (SQL:2003 NTILE) cut the
//! sorted file into runs of equal length, so there are always as many, but equal values may fall
//! apart by file order.

/// What becomes of bins whose edges coincide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ties {
    /// Edges that coincide merge, the minimum included, and what is left is numbered from the
    /// lowest without gaps (as `pandas.qcut(duplicates="drop")`).
    #[default]
    Merge,
    /// Each bin keeps its number; a value falls in the lowest bin whose upper edge it does not
    /// exceed, and bins between equal edges stay empty. What reaches the greatest value is always in
    /// the last bin, and the least in the first; if there is one value only, it is in the first.
    Keep,
}

/// Bins closed on the right: interval i holds what is above `cuts[i - 1]` and at most `cuts[i]`.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileBins<T> {
    /// Strictly ascending upper edges of all intervals but the last.
    pub cuts: Vec<T>,
    /// The bin of each interval, from 0; one more than `cuts`.
    pub bins: Vec<u16>,
}

/// Bins from `parts + 1` sample quantiles, minimum and maximum included.
///
/// ```
/// use gradus_stats::tile::{bins_from_edges, Ties};
/// let bins = bins_from_edges(&[1, 1, 2, 4, 6, 10], Ties::Merge);
/// assert_eq!((bins.cuts, bins.bins), (vec![2, 4, 6], vec![0, 1, 2, 3]));
/// ```
pub fn bins_from_edges<T: PartialOrd + Copy>(edges: &[T], ties: Ties) -> QuantileBins<T> {
    let parts = edges.len().saturating_sub(1);
    let mut cuts: Vec<T> = Vec::new();
    let mut bins: Vec<u16> = Vec::new();
    match ties {
        Ties::Merge => {
            let mut distinct: Vec<T> = edges.to_vec();
            distinct.dedup_by(|a, b| a == b);
            if distinct.len() > 2 {
                cuts = distinct[1..distinct.len() - 1].to_vec();
            }
            bins = (0..=cuts.len() as u16).collect();
        }
        Ties::Keep => {
            let (least, greatest) = (edges.first(), edges.last());
            for (bin, edge) in edges.iter().skip(1).take(parts.saturating_sub(1)).enumerate() {
                if cuts.last() != Some(edge) && Some(edge) != greatest {
                    cuts.push(*edge);
                    bins.push(bin as u16);
                }
            }
            match (least, greatest) {
                (Some(least), Some(greatest)) if least != greatest => {
                    if cuts.is_empty() {
                        // All edges but the first are the greatest value.
                        cuts.push(*least);
                        bins.push(0);
                    }
                    bins.push(parts.saturating_sub(1) as u16);
                }
                _ => bins.push(0),
            }
        }
    }
    QuantileBins { cuts, bins }
}

impl<T: PartialOrd + Copy> QuantileBins<T> {
    /// The bin of a value, from 0.
    pub fn bin_of(&self, value: T) -> u16 {
        let interval = self.cuts.iter().take_while(|cut| value > **cut).count();
        self.bins.get(interval).copied().unwrap_or(0)
    }
}

/// NTILE: the tile of each value, from 1, after a stable sort ascending; sizes differ by at most
/// one, larger tiles first. Equal values may get different tiles.
pub fn ntile<T: PartialOrd>(values: &[T], tiles: usize) -> Vec<u32> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].partial_cmp(&values[b]).unwrap_or(std::cmp::Ordering::Equal));
    let mut result = vec![0; values.len()];
    if tiles == 0 {
        return result;
    }
    let (size, larger) = (values.len() / tiles, values.len() % tiles);
    let mut position = 0;
    for tile in 0..tiles {
        let n = size + usize::from(tile < larger);
        for &index in &order[position..position + n] {
            result[index] = tile as u32 + 1;
        }
        position += n;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_bins_leave_the_empty_ones_out_and_keep_their_numbers() {
        let bins = bins_from_edges(&[1, 1, 1, 1, 2, 9], Ties::Keep);
        assert_eq!((bins.bin_of(1), bins.bin_of(2), bins.bin_of(3)), (0, 3, 4));
        let merged = bins_from_edges(&[1, 1, 1, 1, 2, 9], Ties::Merge);
        assert_eq!((merged.bin_of(1), merged.bin_of(2), merged.bin_of(3)), (0, 0, 1));
    }

    #[test]
    fn the_best_bin_stays_the_best_when_most_are_the_best() {
        let bins = bins_from_edges(&[1, 3, 5, 5, 5, 5], Ties::Keep);
        assert_eq!((bins.bin_of(1), bins.bin_of(3), bins.bin_of(4), bins.bin_of(5)), (0, 0, 4, 4));
        let bins = bins_from_edges(&[1, 5, 5, 5, 5, 5], Ties::Keep);
        assert_eq!((bins.bin_of(1), bins.bin_of(5)), (0, 4));
    }

    #[test]
    fn one_value_for_everybody_is_one_bin() {
        for ties in [Ties::Merge, Ties::Keep] {
            let bins = bins_from_edges(&[5; 6], ties);
            assert_eq!(bins.bin_of(5), 0);
            assert_eq!(bins.cuts.len() + 1, bins.bins.len());
        }
        assert_eq!(bins_from_edges::<i64>(&[], Ties::Merge).bin_of(1), 0);
        assert_eq!(bins_from_edges::<i64>(&[], Ties::Keep).bin_of(1), 0);
    }

    #[test]
    fn tiles_are_of_equal_size_and_split_ties_by_file_order() {
        assert_eq!(ntile(&[7, 7, 7, 1, 7, 7, 7], 3), vec![1, 1, 2, 1, 2, 3, 3]);
        assert_eq!(ntile(&[1], 5), vec![1]);
        assert_eq!(ntile(&[1, 2], 0), vec![0, 0]);
    }
}
