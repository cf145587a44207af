//! Natural breaks: the classes of one number whose squares within are least (Fisher 1958, J. Am. Stat. Assoc. 53;
//! Jenks 1977), which is exactly k-means in one dimension, solved for certain by dynamic programming (Wang and Song
//! 2011, The R Journal 3(2)). The best last break moves only upwards, so that halving finds a row of the table in
//! O(n log n) (Grønlund et al. 2017, arXiv:1701.07204, section 2).

use crate::refusal::{Refusal, finite_columns, parameter};

/// Classes of one number.
#[derive(Debug, Clone, PartialEq)]
pub struct Breaks {
    /// The least value of each class but the first: classes are `[a, b)`.
    pub cuts: Vec<f64>,
    pub means: Vec<f64>,
    pub counts: Vec<u64>,
    /// The sum of squares within the classes.
    pub within: f64,
    /// 1 - within / around the common mean: the goodness of variance fit; 1 where nobody differs.
    pub goodness: f64,
}

impl Breaks {
    /// Cuts halfway between the greatest value of a class and the least of the next would be k-means'; a value between
    /// classes here belongs to the lower.
    pub fn class_of(&self, value: f64) -> usize {
        self.cuts.partition_point(|cut| *cut <= value)
    }
}

/// Different values with how often they occur, and running sums.
struct Runs {
    values: Vec<f64>,
    counts: Vec<f64>,
    squares: Vec<f64>,
    sums: Vec<f64>,
}

impl Runs {
    fn new(values: &[f64]) -> Runs {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        // Sums around the mean lose no digits to a common level.
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let mut out = Runs { values: vec![], counts: vec![0.0], squares: vec![0.0], sums: vec![0.0] };
        let (mut n, mut sum, mut square) = (0.0, 0.0, 0.0);
        for run in sorted.chunk_by(|a, b| a == b) {
            let (count, x) = (run.len() as f64, run[0] - mean);
            (n, sum, square) = (n + count, sum + count * x, square + count * x * x);
            out.values.push(run[0]);
            out.counts.push(n);
            out.sums.push(sum);
            out.squares.push(square);
        }
        out
    }

    /// The squares of the values from..to around their mean.
    fn cost(&self, from: usize, to: usize) -> f64 {
        let (n, sum) = (self.counts[to] - self.counts[from], self.sums[to] - self.sums[from]);
        (self.squares[to] - self.squares[from] - sum * sum / n).max(0.0)
    }
}

/// The best `k` classes. Of equally good ones the lowest breaks. Refuses no values, values that are not finite and
/// more classes than different values.
///
/// ```
/// use gradus_stats::jenks::breaks;
/// let found = breaks(&[1.0, 2.0, 2.5, 9.0, 9.5, 30.0], 3)?;
/// assert_eq!(found.cuts, [9.0, 30.0]);
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn breaks(values: &[f64], k: usize) -> Result<Breaks, Refusal> {
    if values.is_empty() {
        return Err(Refusal::Empty);
    }
    finite_columns(&[values], values.len())?;
    parameter(k > 0, "the number of classes", "at least 1")?;
    let runs = Runs::new(values);
    let m = runs.values.len();
    if k > m {
        return Err(Refusal::TooFewDistinct { wanted: k, distinct: m });
    }
    // best[j]: the least cost of the first j values in as many classes as there were rows.
    let mut best: Vec<f64> = (0..=m).map(|to| if to == 0 { 0.0 } else { runs.cost(0, to) }).collect();
    let mut starts: Vec<Vec<u32>> = Vec::with_capacity(k);
    for classes in 2..=k {
        let mut row =
            Row { runs: &runs, before: &best, next: vec![f64::INFINITY; m + 1], starts: vec![0; m + 1] };
        row.fill(classes, m, classes - 1, m - 1);
        starts.push(row.starts);
        best = row.next;
    }
    let mut bounds = vec![m];
    for starts in starts.iter().rev() {
        bounds.push(starts[bounds[bounds.len() - 1]] as usize);
    }
    bounds.push(0);
    bounds.reverse();
    let classes = || bounds.windows(2).map(|pair| (pair[0], pair[1]));
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let count = |(from, to): (usize, usize)| runs.counts[to] - runs.counts[from];
    let within: f64 = classes().map(|(from, to)| runs.cost(from, to)).sum();
    let all = runs.cost(0, m);
    Ok(Breaks {
        cuts: bounds[1..bounds.len() - 1].iter().map(|at| runs.values[*at]).collect(),
        means: classes()
            .map(|(from, to)| mean + (runs.sums[to] - runs.sums[from]) / count((from, to)))
            .collect(),
        counts: classes().map(|class| count(class) as u64).collect(),
        within,
        goodness: if m == 1 { 1.0 } else { 1.0 - within / all },
    })
}

/// One more class: a row of the table.
struct Row<'a> {
    runs: &'a Runs,
    before: &'a [f64],
    next: Vec<f64>,
    starts: Vec<u32>,
}

impl Row<'_> {
    /// Ends from `low` to `high`, whose last class starts between `first` and `last`.
    fn fill(&mut self, low: usize, high: usize, first: usize, last: usize) {
        if low > high {
            return;
        }
        let middle = low + (high - low) / 2;
        let (mut best, mut at) = (f64::INFINITY, first);
        for start in first..=last.min(middle - 1) {
            let cost = self.before[start] + self.runs.cost(start, middle);
            if cost < best {
                (best, at) = (cost, start);
            }
        }
        (self.next[middle], self.starts[middle]) = (best, at as u32);
        self.fill(low, middle - 1, first, at);
        self.fill(middle + 1, high, at, last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every choice of breaks, tried.
    fn tried(values: &[f64], k: usize) -> f64 {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let mut different = sorted.clone();
        different.dedup();
        let squares = |part: &[f64]| {
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            part.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>()
        };
        let mut best = f64::INFINITY;
        for chosen in 0u32..1 << (different.len() - 1) {
            if chosen.count_ones() as usize != k - 1 {
                continue;
            }
            let (mut from, mut sum) = (0, 0.0);
            for at in (1..different.len()).filter(|at| chosen >> (at - 1) & 1 == 1) {
                let to = sorted.partition_point(|x| *x < different[at]);
                sum += squares(&sorted[from..to]);
                from = to;
            }
            best = best.min(sum + squares(&sorted[from..]));
        }
        best
    }

    proptest! {
        #[test]
        fn no_other_breaks_are_better(
            values in prop::collection::vec(prop_oneof![-5i32..5, 0i32..200], 1..13),
            k in 1usize..6,
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            match breaks(&values, k) {
                Ok(found) => {
                    prop_assert!((found.within - tried(&values, k)).abs() < 1e-8);
                    let mut counts = vec![0; k];
                    values.iter().for_each(|value| counts[found.class_of(*value)] += 1);
                    prop_assert_eq!(counts, found.counts);
                }
                Err(refusal) => {
                    let refused = matches!(refusal, Refusal::TooFewDistinct { .. });
                    prop_assert!(refused);
                }
            }
        }
    }

    #[test]
    fn degenerate_values() {
        assert_eq!(breaks(&[], 2), Err(Refusal::Empty));
        assert_eq!(breaks(&[4.0; 5], 2), Err(Refusal::TooFewDistinct { wanted: 2, distinct: 1 }));
        assert_eq!(breaks(&[4.0; 5], 1).map(|found| (found.cuts, found.goodness)), Ok((vec![], 1.0)));
        assert_eq!(breaks(&[f64::INFINITY], 1), Err(Refusal::NotFinite { column: 0, row: 0 }));
        let far: Vec<f64> = [0.0, 1.0, 5.0, 6.0].iter().map(|x| 1e9 + x).collect();
        assert!((breaks(&far, 2).unwrap().within - 1.0).abs() < 1e-6, "a common level costs no digits");
    }
}
