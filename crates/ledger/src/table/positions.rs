//! Sets of positions, as stretches: what an import delivered lies together.

use serde::{Deserialize, Serialize};

use crate::table::file::Range;

/// Positions in the ledger; stretches that ascend, do not touch, and include both their ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Positions(Vec<(i64, i64)>);

impl Positions {
    /// Stretches in any order, which may overlap; those that end before they begin are empty.
    ///
    /// ```
    /// use gradus_ledger::table::Positions;
    /// let some = Positions::of([(5, 9), (1, 2), (3, 3)]);
    /// assert_eq!(some.stretches(), [(1, 3), (5, 9)]);
    /// ```
    pub fn of(stretches: impl IntoIterator<Item = (i64, i64)>) -> Positions {
        let mut all: Vec<(i64, i64)> = stretches.into_iter().filter(|(first, last)| first <= last).collect();
        all.sort_unstable();
        let mut out: Vec<(i64, i64)> = Vec::new();
        for (first, last) in all {
            match out.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
                _ => out.push((first, last)),
            }
        }
        Positions(out)
    }

    pub fn stretches(&self) -> &[(i64, i64)] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, position: i64) -> bool {
        let next = self.0.partition_point(|(_, last)| *last < position);
        self.0.get(next).is_some_and(|(first, _)| *first <= position)
    }

    /// True if a position of this range, both ends included, may be among them.
    pub fn overlaps(&self, range: &Range) -> bool {
        let next = self.0.partition_point(|(_, last)| *last < range.min);
        self.0.get(next).is_some_and(|(first, _)| *first <= range.max)
    }

    /// What is in either.
    pub fn and(&self, other: &Positions) -> Positions {
        Positions::of(self.0.iter().chain(&other.0).copied())
    }

    /// What is in both.
    pub fn within(&self, other: &Positions) -> Positions {
        let (mut out, mut a, mut b) = (Vec::new(), 0, 0);
        while let (Some(x), Some(y)) = (self.0.get(a), other.0.get(b)) {
            let both = (x.0.max(y.0), x.1.min(y.1));
            if both.0 <= both.1 {
                out.push(both);
            }
            if x.1 < y.1 { a += 1 } else { b += 1 }
        }
        Positions(out)
    }

    /// What is in this and not in the other.
    pub fn without(&self, other: &Positions) -> Positions {
        let (mut out, mut b) = (Vec::new(), 0);
        for (first, last) in &self.0 {
            let mut from = *first;
            while other.0.get(b).is_some_and(|taken| taken.1 < from) {
                b += 1;
            }
            let mut at = b;
            while let Some(taken) = other.0.get(at).filter(|taken| taken.0 <= *last) {
                if from < taken.0 {
                    out.push((from, taken.0 - 1));
                }
                from = from.max(taken.1.saturating_add(1));
                at += 1;
            }
            if from <= *last {
                out.push((from, *last));
            }
        }
        Positions(out)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn each(positions: &Positions) -> BTreeSet<i64> {
        positions.stretches().iter().flat_map(|(first, last)| *first..=*last).collect()
    }

    fn some() -> impl Strategy<Value = Positions> {
        prop::collection::vec((0i64..40, 0i64..6), 0..8)
            .prop_map(|all| Positions::of(all.into_iter().map(|(first, n)| (first, first + n - 1))))
    }

    proptest! {
        /// Against sets of single numbers.
        #[test]
        fn stretches_are_sets(a in some(), b in some(), low in 0i64..45, n in 0i64..9) {
            let (one, other) = (each(&a), each(&b));
            prop_assert_eq!(each(&a.and(&b)), &one | &other);
            prop_assert_eq!(each(&a.within(&b)), &one & &other);
            prop_assert_eq!(each(&a.without(&b)), &one - &other);
            for made in [a.and(&b), a.within(&b), a.without(&b)] {
                // The same set is the same value.
                prop_assert_eq!(&made, &Positions::of(made.stretches().iter().copied()));
            }
            for position in 0..45 {
                prop_assert_eq!(a.contains(position), one.contains(&position));
            }
            let range = Range { min: low, max: low + n };
            prop_assert_eq!(a.overlaps(&range), one.range(low..=low + n).next().is_some());
        }
    }
}
