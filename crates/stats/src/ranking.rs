//! How good lists of recommendations are, held against what was bought afterwards; and the baseline that any method must
//! beat: what everybody buys.

use std::collections::BTreeSet;

use crate::proportion::{Estimate, wilson};
use crate::refusal::{Refusal, lengths, parameter};

/// The quality of the first `k` of every list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranking {
    /// Customers who bought anything afterwards; the others cannot judge and are left out.
    pub n: u64,
    /// The share with at least one hit, with Wilson's interval.
    pub hit_rate: Estimate,
    /// Mean discounted gain 1/log2(place + 1) of the hits, over the greatest possible (Järvelin and Kekäläinen 2002, ACM
    /// Trans. Inf. Syst. 20(4)).
    pub ndcg: f64,
    /// The mean share of what was bought that was on the list.
    pub recall: f64,
    /// Different items on all lists.
    pub n_items: usize,
}

/// Holds lists, the best first, against what each customer bought afterwards.
///
/// ```
/// use gradus_stats::ranking::ranking;
/// let found = ranking(&[vec![1, 2], vec![3, 4]], &[vec![2], vec![9]], 2, 0.95)?;
/// assert_eq!(found.hit_rate.value, 0.5);
/// assert!((found.ndcg - 0.5 / 3f64.log2()).abs() < 1e-12);
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn ranking(lists: &[Vec<u32>], bought: &[Vec<u32>], k: usize, level: f64) -> Result<Ranking, Refusal> {
    lengths("what was bought", lists.len(), bought.len())?;
    parameter(k > 0, "the length of a list", "at least 1")?;
    let (mut n, mut hits, mut ndcg, mut recall) = (0u64, 0u64, 0.0, 0.0);
    let mut items = BTreeSet::new();
    for (list, bought) in lists.iter().zip(bought) {
        let list = &list[..k.min(list.len())];
        items.extend(list.iter().copied());
        let bought: BTreeSet<u32> = bought.iter().copied().collect();
        if bought.is_empty() {
            continue;
        }
        n += 1;
        let discount = |place: usize| 1.0 / (place as f64 + 2.0).log2();
        let mut counted = BTreeSet::new();
        // An item twice on a list is one hit, at its better place.
        let places: Vec<usize> =
            (0..list.len()).filter(|at| bought.contains(&list[*at]) && counted.insert(list[*at])).collect();
        let gain: f64 = places.iter().map(|place| discount(*place)).sum();
        ndcg += gain / (0..k.min(bought.len())).map(discount).sum::<f64>();
        recall += places.len() as f64 / bought.len() as f64;
        hits += u64::from(!places.is_empty());
    }
    let hit_rate = wilson(hits, n, level).ok_or(Refusal::Empty)?;
    Ok(Ranking { n, hit_rate, ndcg: ndcg / n as f64, recall: recall / n as f64, n_items: items.len() })
}

/// Items by how many customers have them, the most first; of equals the lowest.
pub fn popularity(sets: &[Vec<u32>]) -> Vec<(u32, u64)> {
    let mut counts = std::collections::BTreeMap::<u32, u64>::new();
    for set in sets {
        for item in set.iter().copied().collect::<BTreeSet<u32>>() {
            *counts.entry(item).or_insert(0) += 1;
        }
    }
    let mut out: Vec<(u32, u64)> = counts.into_iter().collect();
    out.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    out
}

/// The baseline: for every customer the most popular items that they do not have yet.
pub fn most_popular(popularity: &[(u32, u64)], has: &[Vec<u32>], k: usize) -> Vec<Vec<u32>> {
    let list = |own: &Vec<u32>| {
        popularity.iter().map(|one| one.0).filter(|item| !own.contains(item)).take(k).collect()
    };
    has.iter().map(list).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perfect_list_is_one_and_customers_who_bought_nothing_do_not_judge() {
        let found = ranking(&[vec![4, 7, 1], vec![2]], &[vec![7, 4], vec![]], 3, 0.95).unwrap();
        assert_eq!((found.n, found.hit_rate.value, found.n_items), (1, 1.0, 4));
        assert!((found.ndcg - 1.0).abs() < 1e-12 && found.recall == 1.0);
        assert_eq!(ranking(&[vec![1]], &[vec![]], 1, 0.95), Err(Refusal::Empty));
        let twice = ranking(&[vec![4, 4]], &[vec![4]], 2, 0.95).unwrap();
        assert_eq!((twice.ndcg, twice.recall), (1.0, 1.0));
        // The place counts: 1/log2(4) of 1.
        let third = ranking(&[vec![1, 2, 3]], &[vec![3]], 3, 0.95).unwrap();
        assert!((third.ndcg - 0.5).abs() < 1e-12);
    }

    #[test]
    fn the_baseline_leaves_out_what_somebody_has() {
        let sets = vec![vec![1, 1, 2], vec![1, 3], vec![1, 3], vec![2]];
        let popular = popularity(&sets);
        assert_eq!(popular, [(1, 3), (2, 2), (3, 2)]);
        assert_eq!(most_popular(&popular, &sets, 2), [vec![3], vec![2], vec![2], vec![1, 3]]);
    }
}
