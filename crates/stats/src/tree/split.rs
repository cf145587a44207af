//! The best question on one column.

use super::impurity::{Measure, Sums};
use super::{Column, Options, Target, Test};

/// Two decreases that differ by less, relative to the node's own impurity, are equal.
const EQUAL: f64 = 1e-12;
/// Up to so many categories every way to divide them is tried where there are more than two classes.
const ALL_WAYS: usize = 8;

/// A question with what it brings: the decrease of weight times impurity.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub test: Test,
    pub missing_left: bool,
    pub gain: f64,
}

/// The search within one node.
pub(super) struct Search<'a> {
    pub measure: &'a Measure<'a>,
    pub options: &'a Options<'a>,
    pub all: &'a Sums,
    pub whole: f64,
    pub best: Option<Candidate>,
    /// The sums of both sides of what is being weighed.
    pub sides: [Vec<f64>; 2],
}

impl Search<'_> {
    /// Takes a division if it is allowed and better by more than rounding.
    fn offer(&mut self, left: &Sums, missing: &Sums, test: impl Fn() -> Test) {
        // Without missing rows, those to come go where more of the others went.
        let ways: &[bool] = if missing.n > 0 { &[true, false] } else { &[true] };
        for with_missing in ways {
            let n_left = left.n + if *with_missing { missing.n } else { 0 };
            let n_right = self.all.n - n_left;
            if n_left.min(n_right) < self.options.min_leaf.max(1) {
                continue;
            }
            let with = if *with_missing { 1.0 } else { 0.0 };
            let [lefts, rights] = &mut self.sides;
            for at in 0..self.all.parts.len() {
                lefts[at] = left.parts[at] + with * missing.parts[at];
                rights[at] = self.all.parts[at] - lefts[at];
            }
            let gain = self.whole - self.measure.total(lefts) - self.measure.total(rights);
            let known = self.best.as_ref().map_or(0.0, |best| best.gain);
            if gain > known + EQUAL * self.whole {
                let missing_left = if missing.n > 0 { *with_missing } else { n_left >= n_right };
                self.best = Some(Candidate { test: test(), missing_left, gain });
            }
        }
    }

    /// Numbers in ascending order; `missing` rows have none.
    pub fn numbers(&mut self, column: usize, values: &[f64], sorted: &[u32], missing: &Sums) {
        let mut left = self.measure.none();
        for (at, row) in sorted.iter().enumerate() {
            self.measure.add(&mut left, *row as usize);
            let (value, Some(next)) =
                (values[*row as usize], sorted.get(at + 1).map(|row| values[*row as usize]))
            else {
                break;
            };
            if value < next {
                self.offer(&left, missing, || {
                    let middle = value + (next - value) / 2.0;
                    // Between neighbouring numbers there is none: then the lower, which is at most itself.
                    Test::AtMost { column, threshold: if middle < next { middle } else { value } }
                });
            }
        }
        if missing.n > 0 {
            self.known(column, missing);
        }
    }

    /// Those with a value against those without.
    fn known(&mut self, column: usize, missing: &Sums) {
        let known = self.all.minus(missing);
        let none = self.measure.none();
        self.offer(&known, &none, || Test::Known { column });
    }

    /// Categories. Of two classes and of numbers, the best of all divisions is one along the order of the means (theorem
    /// 4.5); of more classes all divisions are tried, and beyond eight categories those along the order of the share
    /// of the node's most frequent class.
    pub fn categories(&mut self, column: usize, codes: &[Option<u32>], n: u32, rows: &[u32]) {
        let mut sums = vec![self.measure.none(); n as usize];
        let mut missing = self.measure.none();
        for row in rows {
            match codes[*row as usize] {
                Some(code) => self.measure.add(&mut sums[code as usize], *row as usize),
                None => self.measure.add(&mut missing, *row as usize),
            }
        }
        let mut present: Vec<u32> = (0..n).filter(|code| sums[*code as usize].n > 0).collect();
        let among = |codes: &[u32]| {
            let mut categories = codes.to_vec();
            categories.sort_unstable();
            Test::Among { column, categories }
        };
        let many_classes = matches!(self.measure.target, Target::Classes { n, .. } if n > 2);
        if many_classes && present.len() <= ALL_WAYS {
            // The last category stays right, so that no division is tried twice.
            for ways in 1u32..1 << present.len().saturating_sub(1) {
                let chosen: Vec<u32> =
                    (0..present.len()).filter(|at| ways >> at & 1 == 1).map(|at| present[at]).collect();
                let left =
                    chosen.iter().fold(self.measure.none(), |sum, code| sum.plus(&sums[*code as usize]));
                self.offer(&left, &missing, || among(&chosen));
            }
        } else {
            let frequent = match self.measure.target {
                Target::Numbers(_) => 1,
                Target::Classes { n: 2, .. } => 1,
                Target::Classes { .. } => self.measure.prediction(self.all) as usize,
            };
            let place = |code: &u32| {
                let sums = &sums[*code as usize];
                sums.parts[frequent] / self.measure.weight(&sums.parts)
            };
            present.sort_by(|a, b| place(a).total_cmp(&place(b)).then(a.cmp(b)));
            let mut left = self.measure.none();
            for at in 0..present.len().saturating_sub(1) {
                left = left.plus(&sums[present[at] as usize]);
                self.offer(&left, &missing, || among(&present[..=at]));
            }
        }
        if missing.n > 0 && !present.is_empty() {
            self.known(column, &missing);
        }
    }
}

/// Whether a row goes left.
pub(super) fn left(columns: &[Column<'_>], candidate: &Candidate, row: usize) -> bool {
    match (&candidate.test, columns[candidate.test.column()]) {
        (Test::Known { .. }, Column::Numbers(values)) => !values[row].is_nan(),
        (Test::Known { .. }, Column::Categories { codes, .. }) => codes[row].is_some(),
        (Test::AtMost { threshold, .. }, Column::Numbers(values)) if !values[row].is_nan() => {
            values[row] <= *threshold
        }
        (Test::Among { categories, .. }, Column::Categories { codes, .. }) => match codes[row] {
            Some(code) => categories.binary_search(&code).is_ok(),
            None => candidate.missing_left,
        },
        _ => candidate.missing_left,
    }
}
