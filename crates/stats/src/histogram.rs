//! How numbers lie: their extent, and how many are in each of some stretches.

/// From where to where numbers go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    pub low: f64,
    pub high: f64,
    /// None has a fraction, and 64 bits hold each.
    pub is_whole: bool,
}

impl Extent {
    /// Of all chunks together; `None` without values, or if one is not a number.
    pub fn of(chunks: &[&[f64]]) -> Option<Extent> {
        let mut all = Extent { low: f64::INFINITY, high: f64::NEG_INFINITY, is_whole: true };
        for chunk in chunks {
            for &value in *chunk {
                if value.is_nan() {
                    return None;
                }
                all.low = if value < all.low { value } else { all.low };
                all.high = if value > all.high { value } else { all.high };
            }
            all.is_whole = all.is_whole && chunk.iter().all(|value| *value as i64 as f64 == *value);
        }
        (all.low <= all.high).then_some(all)
    }
}

/// How many values are in each stretch between two edges, which ascend; of a value that is an edge it is the
/// stretch that begins there. What lies outside is in the first or the last.
///
/// ```
/// use gradus_stats::histogram::count;
/// assert_eq!(count(&[0.0, 1.0, 3.0], &[0.5, 1.0, 2.0, 3.0]), [1, 3]);
/// ```
pub fn count(edges: &[f64], values: &[f64]) -> Vec<u64> {
    let Some(last) = edges.len().checked_sub(2) else { return Vec::new() };
    let mut counts = vec![0u64; last + 1];
    let stretches_per_unit = (last + 1) as f64 / (edges[last + 1] - edges[0]);
    for &value in values {
        // Where it would be if all were equally wide; mostly they are, so it is right or nearly so.
        let mut at = (((value - edges[0]) * stretches_per_unit) as usize).min(last);
        while at > 0 && value < edges[at] {
            at -= 1;
        }
        while at < last && value >= edges[at + 1] {
            at += 1;
        }
        counts[at] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_extent_is_of_all_chunks() {
        let all = Extent::of(&[&[2.0, -1.0], &[], &[7.5]]);
        assert_eq!(all, Some(Extent { low: -1.0, high: 7.5, is_whole: false }));
        assert_eq!(Extent::of(&[&[4.0]]), Some(Extent { low: 4.0, high: 4.0, is_whole: true }));
        assert_eq!(Extent::of(&[&[-0.0, 1e300]]).map(|all| all.is_whole), Some(false));
        assert_eq!((Extent::of(&[&[]]), Extent::of(&[&[1.0, f64::NAN]])), (None, None));
    }

    proptest! {
        /// Whatever the edges, evenly wide or not: the same as looking each value up.
        #[test]
        fn each_value_is_in_its_stretch(
            mut edges in proptest::collection::vec(prop_oneof![-50.0f64..50.0, (-9i32..9).prop_map(f64::from)], 2..30),
            more in proptest::collection::vec(prop_oneof![-60.0f64..60.0, -1e300f64..1e300], 0..40),
        ) {
            edges.sort_by(f64::total_cmp);
            let values: Vec<f64> = edges.iter().copied().chain(more).collect();
            let mut expected = vec![0u64; edges.len() - 1];
            for value in &values {
                let after = edges.partition_point(|edge| edge <= value);
                expected[after.saturating_sub(1).min(edges.len() - 2)] += 1;
            }
            prop_assert_eq!(count(&edges, &values), expected);
        }
    }
}
