//! Sets of cells of one dimension, as ascending ranges.

/// Half-open ranges of cell numbers, ascending, with something between any two of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Set(Vec<(u32, u32)>);

impl Set {
    pub fn empty() -> Set {
        Set(Vec::new())
    }

    pub fn range(from: u32, below: u32) -> Set {
        if from < below { Set(vec![(from, below)]) } else { Set::empty() }
    }

    pub fn of(cells: impl IntoIterator<Item = u32>) -> Set {
        let mut cells: Vec<u32> = cells.into_iter().collect();
        cells.sort_unstable();
        cells.dedup();
        let mut set = Set::empty();
        for cell in cells {
            set.push(cell, cell + 1);
        }
        set
    }

    /// Appends a range that begins at or after the end of the last one.
    pub fn push(&mut self, from: u32, below: u32) {
        if from >= below {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.1 >= from => last.1 = last.1.max(below),
            _ => self.0.push((from, below)),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> u32 {
        self.0.iter().map(|(from, below)| below - from).sum()
    }

    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.0
    }

    pub fn cells(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|(from, below)| *from..*below)
    }

    pub fn holds(&self, cell: u32) -> bool {
        let after = self.0.partition_point(|(from, _)| *from <= cell);
        after > 0 && cell < self.0[after - 1].1
    }

    pub fn and(&self, other: &Set) -> Set {
        let (mut a, mut b, mut out) = (0, 0, Set::empty());
        while let (Some(left), Some(right)) = (self.0.get(a), other.0.get(b)) {
            out.push(left.0.max(right.0), left.1.min(right.1));
            if left.1 < right.1 { a += 1 } else { b += 1 }
        }
        out
    }

    pub fn or(&self, other: &Set) -> Set {
        let mut all: Vec<(u32, u32)> = self.0.iter().chain(&other.0).copied().collect();
        all.sort_unstable();
        let mut out = Set::empty();
        for (from, below) in all {
            out.push(from, below);
        }
        out
    }

    pub fn minus(&self, other: &Set) -> Set {
        let mut out = Set::empty();
        let mut b = 0;
        for &(from, below) in &self.0 {
            let mut at = from;
            while other.0.get(b).is_some_and(|range| range.1 <= at) {
                b += 1;
            }
            let mut next = b;
            while let Some(&(start, end)) = other.0.get(next).filter(|range| range.0 < below) {
                out.push(at, start.max(at));
                at = at.max(end);
                next += 1;
            }
            out.push(at, below);
        }
        out
    }

    pub fn meets(&self, other: &Set) -> bool {
        let (mut a, mut b) = (0, 0);
        while let (Some(left), Some(right)) = (self.0.get(a), other.0.get(b)) {
            if left.0.max(right.0) < left.1.min(right.1) {
                return true;
            }
            if left.1 < right.1 { a += 1 } else { b += 1 }
        }
        false
    }

    pub fn within(&self, other: &Set) -> bool {
        self.0.iter().all(|(from, below)| {
            let after = other.0.partition_point(|(start, _)| start <= from);
            after > 0 && *below <= other.0[after - 1].1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair of sets of five cells, against sets of bits.
    #[test]
    fn sets_behave_as_bits_do() {
        let of = |bits: u32| Set::of((0..5).filter(|cell| bits >> cell & 1 == 1));
        for a in 0..32u32 {
            for b in 0..32u32 {
                let (left, right) = (of(a), of(b));
                assert_eq!(left.and(&right), of(a & b));
                assert_eq!(left.or(&right), of(a | b));
                assert_eq!(left.minus(&right), of(a & !b), "{a:b} {b:b}");
                assert_eq!(left.meets(&right), a & b != 0);
                assert_eq!(left.within(&right), a & !b == 0);
            }
            assert_eq!(of(a).len(), a.count_ones());
            assert!((0..5).all(|cell| of(a).holds(cell) == (a >> cell & 1 == 1)));
        }
    }
}
