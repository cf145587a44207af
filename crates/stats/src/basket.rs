//! What is bought together: rules "who has A (and B) has C" from sets of items (Agrawal and Srikant 1994, VLDB: Apriori).
//! Support is the share of sets with all of them, confidence the share with C among those with A and B, lift that share
//! over C's own (Brin et al. 1997, SIGMOD). Work is bounded: at most so many items, so large sets, so many rules.

use std::collections::BTreeMap;

use crate::proportion::{Estimate, wilson};
use crate::refusal::{Refusal, parameter};

/// What counts, and how far the search goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Sets that must have all items of a rule.
    pub min_count: u64,
    pub min_confidence: f64,
    pub min_lift: f64,
    /// Items on the left side: 1 or 2.
    pub max_left: usize,
    /// The most frequent items that are looked at.
    pub max_items: usize,
    /// Rules with two items on the left are those of sets that are not larger: the work grows with the third power. All
    /// others look at every set.
    pub max_set: usize,
    /// The best rules that are kept.
    pub max_rules: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            min_count: 10,
            min_confidence: 0.05,
            min_lift: 1.0,
            max_left: 2,
            max_items: 2_000,
            max_set: 60,
            max_rules: 1_000,
        }
    }
}

/// Who has the left has the right.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// One or two items, ascending.
    pub left: Vec<u32>,
    pub right: u32,
    /// Sets with all of them, and with the left.
    pub count: u64,
    pub left_count: u64,
    /// Of all sets.
    pub support: f64,
    /// With Wilson's interval at 95 %: few sets give a wide one.
    pub confidence: Estimate,
    pub lift: f64,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// The greatest lift first, then the greatest count, then by items.
    pub rules: Vec<Rule>,
    pub n_sets: u64,
    /// Items with enough sets that were beyond `max_items`, and sets beyond `max_set` that rules with two items on the left
    /// do not look at: 0 if nothing was left out.
    pub items_left_out: usize,
    pub sets_left_out: u64,
}

/// The rules of sets of items; an item twice in a set counts once. Refuses no sets.
///
/// ```
/// use gradus_stats::basket::{Options, rules};
/// let sets = vec![vec![1, 2], vec![1, 2], vec![1, 2, 3], vec![3], vec![4]];
/// let found = rules(&sets, &Options { min_count: 2, ..Options::default() })?;
/// assert_eq!((found.rules[0].left.clone(), found.rules[0].right), (vec![1], 2));
/// assert!((found.rules[0].lift - 5.0 / 3.0).abs() < 1e-12);
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn rules(sets: &[Vec<u32>], options: &Options) -> Result<Rules, Refusal> {
    if sets.is_empty() {
        return Err(Refusal::Empty);
    }
    parameter((1..=2).contains(&options.max_left), "items on the left", "1 or 2")?;
    parameter(
        options.min_count > 0 && options.max_items <= 20_000,
        "count and items",
        "at least 1; at most 20,000",
    )?;
    let mut single: BTreeMap<u32, u64> = BTreeMap::new();
    for set in sets {
        distinct(set).into_iter().for_each(|item| *single.entry(item).or_insert(0) += 1);
    }
    let mut frequent: Vec<(u32, u64)> = single.into_iter().filter(|(_, n)| *n >= options.min_count).collect();
    // The most frequent first, of equals the lowest item: its place is its short name from here on.
    frequent.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let items_left_out = frequent.len().saturating_sub(options.max_items);
    frequent.truncate(options.max_items);
    let place: BTreeMap<u32, u32> =
        frequent.iter().enumerate().map(|(at, item)| (item.0, at as u32)).collect();
    let short: Vec<Vec<u32>> = sets
        .iter()
        .map(|set| {
            let mut places: Vec<u32> =
                distinct(set).iter().filter_map(|item| place.get(item).copied()).collect();
            places.sort_unstable();
            places
        })
        .collect();
    // Counts of sets that stand beside each other in a rule are of the same sets.
    let mut out = Vec::new();
    let mut offer = |left: &[u32], right: (u32, u64), counts: (u64, u64), n: f64| {
        let ((right, right_count), (count, left_count)) = (right, counts);
        let lift = count as f64 * n / (left_count as f64 * right_count as f64);
        let Some(confidence) = wilson(count, left_count, 0.95) else { return };
        if confidence.value >= options.min_confidence && lift >= options.min_lift {
            let mut left: Vec<u32> = left.iter().map(|item| frequent[*item as usize].0).collect();
            left.sort_unstable();
            let right = frequent[right as usize].0;
            out.push(Rule { left, right, count, left_count, support: count as f64 / n, confidence, lift });
        }
    };
    let all: Vec<&[u32]> = short.iter().map(Vec::as_slice).collect();
    let pairs = Pairs::count(&all, frequent.len());
    let of = |item: u32| (item, frequent[item as usize].1);
    for (a, b, count) in pairs.frequent(options.min_count) {
        offer(&[a], of(b), (count, of(a).1), sets.len() as f64);
        offer(&[b], of(a), (count, of(b).1), sets.len() as f64);
    }
    let mut sets_left_out = 0;
    if options.max_left == 2 {
        let small: Vec<&[u32]> = all.iter().filter(|set| set.len() <= options.max_set).copied().collect();
        sets_left_out = (all.len() - small.len()) as u64;
        let pairs = if sets_left_out == 0 { pairs } else { Pairs::count(&small, frequent.len()) };
        let mut single = vec![0u64; frequent.len()];
        small.iter().flat_map(|set| set.iter()).for_each(|item| single[*item as usize] += 1);
        let n = small.len() as f64;
        triples(&small, &pairs, options.min_count, |[a, b, c], count| {
            for (left, right) in [([a, b], c), ([a, c], b), ([b, c], a)] {
                let counts = (count, pairs.of(left[0], left[1]));
                offer(&left, (right, single[right as usize]), counts, n);
            }
        });
    }
    out.sort_by(|a: &Rule, b: &Rule| {
        let best = b.lift.total_cmp(&a.lift).then(b.count.cmp(&a.count));
        best.then_with(|| (a.left.len(), &a.left, a.right).cmp(&(b.left.len(), &b.left, b.right)))
    });
    out.truncate(options.max_rules);
    Ok(Rules { rules: out, n_sets: sets.len() as u64, items_left_out, sets_left_out })
}

fn distinct(set: &[u32]) -> Vec<u32> {
    let mut items = set.to_vec();
    items.sort_unstable();
    items.dedup();
    items
}

/// How many sets have two items, in a triangle.
struct Pairs {
    counts: Vec<u32>,
    n: usize,
}

impl Pairs {
    fn count(sets: &[&[u32]], n: usize) -> Pairs {
        let mut out = Pairs { counts: vec![0; n * n.saturating_sub(1) / 2], n };
        for set in sets {
            for (at, b) in set.iter().enumerate() {
                for a in &set[..at] {
                    let place = Pairs::place(*a, *b);
                    out.counts[place] += 1;
                }
            }
        }
        out
    }

    /// a < b.
    fn place(a: u32, b: u32) -> usize {
        b as usize * (b as usize - 1) / 2 + a as usize
    }

    fn of(&self, a: u32, b: u32) -> u64 {
        u64::from(self.counts[Pairs::place(a.min(b), a.max(b))])
    }

    fn frequent(&self, min_count: u64) -> impl Iterator<Item = (u32, u32, u64)> {
        let pairs = (1..self.n as u32).flat_map(|b| (0..b).map(move |a| (a, b)));
        pairs.map(move |(a, b)| (a, b, self.of(a, b))).filter(move |(_, _, count)| *count >= min_count)
    }
}

/// Sets with three items, all pairs of which have enough sets: item after item, so that what is in memory is that of one.
fn triples(sets: &[&[u32]], pairs: &Pairs, min_count: u64, mut found: impl FnMut([u32; 3], u64)) {
    let mut sets_of: Vec<Vec<u32>> = vec![Vec::new(); pairs.n];
    for (at, set) in sets.iter().enumerate() {
        set.iter().for_each(|item| sets_of[*item as usize].push(at as u32));
    }
    let mut place = vec![usize::MAX; pairs.n];
    for a in 0..pairs.n as u32 {
        let after: Vec<u32> =
            (a + 1..pairs.n as u32).filter(|item| pairs.of(a, *item) >= min_count).collect();
        after.iter().enumerate().for_each(|(at, item)| place[*item as usize] = at);
        let mut counts = vec![0u64; after.len() * after.len().saturating_sub(1) / 2];
        for set in &sets_of[a as usize] {
            let set = sets[*set as usize];
            let of = set[set.partition_point(|item| *item <= a)..].iter().map(|item| place[*item as usize]);
            let with: Vec<usize> = of.filter(|place| *place != usize::MAX).collect();
            for (at, c) in with.iter().enumerate() {
                with[..at].iter().for_each(|b| counts[c * (c - 1) / 2 + b] += 1);
            }
        }
        for (at, c) in after.iter().enumerate() {
            for (other, b) in after[..at].iter().enumerate() {
                let count = counts[at * at.saturating_sub(1) / 2 + other];
                if count >= min_count {
                    found([a, *b, *c], count);
                }
            }
        }
        after.iter().for_each(|item| place[*item as usize] = usize::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all_of(set: &[u32], items: &[u32]) -> bool {
        items.iter().all(|item| set.contains(item))
    }

    proptest! {
        #[test]
        fn every_rule_there_is_and_no_other(
            sets in prop::collection::vec(prop::collection::vec(0u32..7, 0..6), 1..30),
            min_count in 1u64..4,
        ) {
            let options = Options { min_count, min_confidence: 0.3, min_lift: 1.1, ..Options::default() };
            let found = rules(&sets, &options).unwrap();
            let count = |items: &[u32]| sets.iter().filter(|set| all_of(set, items)).count() as f64;
            let mut wanted = 0;
            for right in 0..7u32 {
                for a in (0..7u32).filter(|a| *a != right) {
                    for b in (a..7).filter(|b| *b != right) {
                        let mut left = vec![a, b];
                        left.dedup();
                        let mut whole = left.clone();
                        whole.push(right);
                        let (both, only, own) = (count(&whole), count(&left), count(&[right]));
                        let lift = both * sets.len() as f64 / (only * own);
                        if both >= min_count as f64 && both / only >= 0.3 && lift >= 1.1 {
                            wanted += 1;
                            let rule = found.rules.iter().find(|rule| rule.left == left && rule.right == right);
                            let rule = rule.unwrap();
                            prop_assert!((rule.lift - lift).abs() < 1e-12);
                            prop_assert_eq!((rule.count as f64, rule.left_count as f64), (both, only));
                        }
                    }
                }
            }
            prop_assert_eq!(found.rules.len(), wanted);
            prop_assert!(found.rules.windows(2).all(|pair| pair[0].lift >= pair[1].lift));
        }
    }

    #[test]
    fn large_sets_count_for_pairs_as_any_other() {
        // Thirty of sixty large sets have the two rarest items, and twelve small ones have nothing else.
        let large = |at: u32| -> Vec<u32> {
            (0..100).chain((at < 30).then_some([200, 201]).into_iter().flatten()).collect()
        };
        let mut sets: Vec<Vec<u32>> = (0..60).map(large).collect();
        sets.extend((0..12).map(|_| vec![200, 201]));
        let one = Options { max_left: 1, min_lift: 1.0, max_rules: 100_000, ..Options::default() };
        let found = rules(&sets, &one).unwrap();
        let rule = found.rules.iter().find(|rule| rule.left == [200] && rule.right == 201).unwrap();
        assert_eq!((rule.count, rule.left_count, found.sets_left_out), (42, 42, 0));
        assert!((rule.lift - 72.0 / 42.0).abs() < 1e-12);
        // Of rules with two on the left the counts are those of the small sets alone, and that is said.
        let two = rules(&sets, &Options { max_left: 2, ..one }).unwrap();
        assert_eq!(two.sets_left_out, 60);
        assert!(two.rules.iter().all(|rule| rule.left.len() == 1));
    }

    #[test]
    fn bounds_are_said() {
        let sets: Vec<Vec<u32>> = (0..20).map(|_| (0..10).collect()).collect();
        let tight = Options { max_items: 4, max_set: 3, max_rules: 2, ..Options::default() };
        let found = rules(&sets, &tight).unwrap();
        assert_eq!((found.items_left_out, found.sets_left_out, found.rules.len()), (6, 20, 2));
        assert_eq!(rules(&[], &tight), Err(Refusal::Empty));
        assert_eq!(rules(&[vec![], vec![]], &tight).map(|found| found.rules), Ok(vec![]));
    }
}
