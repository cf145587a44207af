//! Who is nearest to some points, of many who come in pieces.

use std::cmp::Ordering;

/// One of the nearest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    pub id: i64,
    /// Which point.
    pub point: usize,
    /// The value less the point.
    pub distance: f64,
}

impl Near {
    /// By distance, then by id and point, so that the same are found in whatever order they come.
    fn cmp(&self, other: &Near) -> Ordering {
        let (own, others) = (self.distance.abs(), other.distance.abs());
        own.total_cmp(&others).then(self.id.cmp(&other.id)).then(self.point.cmp(&other.point))
    }
}

/// The `n` nearest so far.
#[derive(Debug, Clone)]
pub struct Nearest {
    points: Vec<f64>,
    n: usize,
    found: Vec<Near>,
}

impl Nearest {
    pub fn to(points: Vec<f64>, n: usize) -> Nearest {
        Nearest { points, n, found: Vec::with_capacity(n + 1) }
    }

    /// Looks at more values, with whose they are; what is not a number is near nothing.
    pub fn look(&mut self, ids: &[i64], values: &[f64]) {
        for (id, value) in ids.iter().zip(values) {
            for (point, at) in self.points.iter().enumerate() {
                let distance = value - at;
                let farthest = match self.found.len() < self.n {
                    true => f64::INFINITY,
                    false => self.found.last().map_or(-1.0, |last| last.distance.abs()),
                };
                if !(distance.abs() <= farthest) {
                    continue;
                }
                let own = Near { id: *id, point, distance };
                let place = self.found.partition_point(|one| one.cmp(&own).is_lt());
                if place < self.n {
                    self.found.insert(place, own);
                    self.found.truncate(self.n);
                }
            }
        }
    }

    /// The nearest first.
    pub fn found(self) -> Vec<Near> {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The same as sorting everybody by distance, however they are cut into pieces.
        #[test]
        fn they_are_those_whom_sorting_would_find(
            values in proptest::collection::vec(prop_oneof![-5.0f64..5.0, (-3i32..3).prop_map(f64::from), Just(f64::NAN)], 0..60),
            points in proptest::collection::vec((-3i32..3).prop_map(f64::from), 0..4),
            n in 0usize..8,
            piece in 1usize..20,
        ) {
            let ids: Vec<i64> = (0..values.len() as i64).map(|id| id * 7919 % 61).collect();
            let mut nearest = Nearest::to(points.clone(), n);
            for (ids, values) in ids.chunks(piece).zip(values.chunks(piece)) {
                nearest.look(ids, values);
            }
            let mut all: Vec<Near> = ids.iter().zip(&values).flat_map(|(id, value)| {
                points.iter().enumerate().map(move |(point, at)| Near { id: *id, point, distance: value - at })
            }).filter(|near| !near.distance.is_nan()).collect();
            all.sort_by(Near::cmp);
            all.truncate(n);
            prop_assert_eq!(nearest.found(), all);
        }
    }
}
