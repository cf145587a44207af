//! Order statistics without sorting everything.
//!
//! A histogram on the leading bits finds the bucket of each wanted rank; only that bucket is
//! looked at again (radix selection; Knuth, The Art of Computer Programming, vol. 3, 5.2.5).
//! The values are read two or three times in order, which for millions of customers is several
//! times faster than sorting them, and the result does not depend on how they are cut into chunks.

use std::collections::BTreeMap;

const HISTOGRAM_BITS: u32 = 14;
const SMALL: usize = 8192;

/// The values at the given ranks (0 is the least) of all chunks together, in the order of `ranks`.
/// `None` if a rank is not below the number of values.
///
/// ```
/// use gradus_stats::select::order_statistics;
/// assert_eq!(order_statistics(&[&[5, 1], &[4]], &[0, 2]), Some(vec![1, 5]));
/// ```
pub fn order_statistics(chunks: &[&[i64]], ranks: &[usize]) -> Option<Vec<i64>> {
    let n: usize = chunks.iter().map(|chunk| chunk.len()).sum();
    if ranks.iter().any(|&rank| rank >= n) {
        return None;
    }
    let mut wanted: Vec<usize> = ranks.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = BTreeMap::new();
    descend(chunks, n, 0, &wanted, &mut found);
    ranks.iter().map(|rank| found.get(rank).copied()).collect()
}

/// The same for floating-point numbers in their total order; not-a-number must not be among them.
pub fn order_statistics_f64(chunks: &[&[f64]], ranks: &[usize]) -> Option<Vec<f64>> {
    let keys: Vec<Vec<i64>> =
        chunks.iter().map(|chunk| chunk.iter().map(|&value| ordered_key(value)).collect()).collect();
    let views: Vec<&[i64]> = keys.iter().map(Vec::as_slice).collect();
    Some(order_statistics(&views, ranks)?.into_iter().map(from_ordered_key).collect())
}

/// An integer that orders as the number does; negative zero just below zero.
pub fn ordered_key(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// The number of an ordered key.
pub fn from_ordered_key(key: i64) -> f64 {
    f64::from_bits((key ^ (((key >> 63) as u64) >> 1) as i64) as u64)
}

/// Finds `wanted` ranks (ascending, counted from `offset`) among the `n` values of `chunks`.
fn descend(chunks: &[&[i64]], n: usize, offset: usize, wanted: &[usize], found: &mut BTreeMap<usize, i64>) {
    if wanted.is_empty() {
        return;
    }
    if n <= SMALL {
        let mut values: Vec<i64> = chunks.concat();
        values.sort_unstable();
        for &rank in wanted {
            found.insert(rank, values[rank - offset]);
        }
        return;
    }
    let (mut least, mut greatest) = (i64::MAX, i64::MIN);
    for chunk in chunks {
        for &value in *chunk {
            least = least.min(value);
            greatest = greatest.max(value);
        }
    }
    let width = greatest.wrapping_sub(least) as u64;
    let shift = (64 - width.leading_zeros()).saturating_sub(HISTOGRAM_BITS);
    let mut counts = vec![0usize; 1 << HISTOGRAM_BITS];
    for chunk in chunks {
        for &value in *chunk {
            counts[((value.wrapping_sub(least) as u64) >> shift) as usize] += 1;
        }
    }
    // Which buckets hold a wanted rank; what lies in them is collected in one more pass.
    let (mut before, mut next) = (offset, 0);
    let mut opened: Vec<Opened<'_>> = Vec::new();
    let mut slot_of = vec![UNOPENED; if shift == 0 { 0 } else { counts.len() }];
    for (bucket, &count) in counts.iter().enumerate() {
        let from = next;
        while next < wanted.len() && wanted[next] < before + count {
            next += 1;
        }
        let here = &wanted[from..next];
        if !here.is_empty() {
            if shift == 0 {
                found.extend(here.iter().map(|&rank| (rank, least.wrapping_add(bucket as i64))));
            } else {
                slot_of[bucket] = opened.len() as u32;
                opened.push(Opened { before, wanted: here, values: Vec::with_capacity(count) });
            }
        }
        before += count;
    }
    if opened.is_empty() {
        return;
    }
    for chunk in chunks {
        for &value in *chunk {
            let slot = slot_of[((value.wrapping_sub(least) as u64) >> shift) as usize];
            if slot != UNOPENED {
                opened[slot as usize].values.push(value);
            }
        }
    }
    for Opened { before, wanted, values } in opened {
        descend(&[&values], values.len(), before, wanted, found);
    }
}

const UNOPENED: u32 = u32::MAX;

/// A bucket that holds wanted ranks.
struct Opened<'a> {
    /// How many values lie below it.
    before: usize,
    wanted: &'a [usize],
    values: Vec<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn selection_is_what_sorting_gives(mut values in prop::collection::vec(any::<i64>(), 1..200), cut in 0usize..200) {
            let cut = cut.min(values.len());
            let ranks: Vec<usize> = (0..values.len()).rev().collect();
            let (left, right) = values.split_at(cut);
            let selected = order_statistics(&[left, right], &ranks).unwrap();
            values.sort_unstable();
            values.reverse();
            prop_assert_eq!(selected, values);
        }

        #[test]
        fn keys_order_as_the_numbers_do(a in any::<f64>(), b in any::<f64>()) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            prop_assert_eq!(ordered_key(a).cmp(&ordered_key(b)), a.total_cmp(&b));
            prop_assert_eq!(from_ordered_key(ordered_key(a)).to_bits(), a.to_bits());
        }
    }

    #[test]
    fn large_samples_take_the_histogram_and_agree_with_sorting() {
        // A heavy tail (one huge value), many ties, both signs.
        let mut values: Vec<i64> = (0..50_000i64).map(|i| (i * 7919) % 10_007 - 3000).collect();
        values.push(i64::MAX);
        values.push(i64::MIN);
        let ranks = [0, 1, 100, 25_000, 49_999, 50_000, 50_001];
        let selected = order_statistics(&[&values[..20_000], &values[20_000..]], &ranks).unwrap();
        values.sort_unstable();
        assert_eq!(selected, ranks.map(|rank| values[rank]));
        assert_eq!(order_statistics(&[&values], &[50_002]), None);
        assert_eq!(order_statistics(&[], &[0]), None);
    }
}
