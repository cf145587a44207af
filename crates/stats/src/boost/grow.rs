//! One tree, leaf by leaf: the leaf whose split gains most is split next. A split's gain is that of Chen and Guestrin
//! (2016, eq. 7); the smaller child's histogram is summed, the other's is what is left of the parent's.

use super::bins::{BINS, Binned, MISSING};
use super::{Monotone, Node, Options, Split};

/// First and second derivatives of the loss, row by row.
pub(super) struct Gradients {
    pairs: Vec<[f64; 2]>,
}

impl Gradients {
    pub fn new(n: usize) -> Gradients {
        Gradients { pairs: vec![[0.0; 2]; n] }
    }

    pub fn set(&mut self, row: usize, slope: f64, bend: f64) {
        self.pairs[row] = [slope, bend];
    }
}

/// Sums of one bin: slope, bend, rows.
type Sums = [f64; 3];

fn plus(a: Sums, b: Sums) -> Sums {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

fn minus(a: Sums, b: Sums) -> Sums {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// A leaf that may be split.
struct Open {
    node: usize,
    depth: usize,
    /// Its rows are these of the row list.
    from: usize,
    to: usize,
    all: Sums,
    histogram: Vec<Sums>,
    /// Between these its values must stay for the sake of monotony.
    bounds: (f64, f64),
    best: Option<Best>,
}

#[derive(Clone, Copy)]
struct Best {
    column: usize,
    bin: u8,
    missing_left: bool,
    gain: f64,
    left: Sums,
}

struct Grower<'a> {
    binned: &'a Binned,
    gradients: &'a Gradients,
    columns: &'a [usize],
    options: &'a Options,
    rows: Vec<u32>,
    spare: Vec<u32>,
    nodes: Vec<Node>,
}

/// A tree, and which of the rows it was grown on lie in each leaf.
pub(super) struct Grown {
    pub nodes: Vec<Node>,
    rows: Vec<u32>,
    /// Node, first and last row (excluded).
    leaves: Vec<(usize, usize, usize)>,
}

impl Grown {
    /// Adds each leaf's value to the sums of its rows, which need not be led through the tree again.
    pub fn add(&self, sums: &mut [f64]) {
        for (node, from, to) in &self.leaves {
            let value = self.nodes[*node].value;
            self.rows[*from..*to].iter().for_each(|row| sums[*row as usize] += value);
        }
    }
}

/// Grows a tree on some rows and columns; its values are already multiplied by the learning rate.
pub(super) fn tree(
    binned: &Binned,
    gradients: &Gradients,
    rows: Vec<u32>,
    columns: &[usize],
    options: &Options,
) -> Grown {
    let n = rows.len();
    let mut grower =
        Grower { binned, gradients, columns, options, rows, spare: Vec::new(), nodes: Vec::new() };
    let all = grower.rows.iter().fold([0.0; 3], |sum, row| {
        let [slope, bend] = gradients.pairs[*row as usize];
        plus(sum, [slope, bend, 1.0])
    });
    let bounds = (f64::NEG_INFINITY, f64::INFINITY);
    let histogram = grower.histogram(0, n);
    grower.leaf(all, bounds);
    let mut open = vec![grower.open(0, 0, (0, n), all, histogram, bounds)];
    let mut n_leaves = 1;
    while n_leaves < options.max_leaves {
        // The greatest gain; of equal ones the leaf that is there longest.
        let next = open.iter().enumerate().filter_map(|(at, leaf)| leaf.best.map(|best| (at, best.gain)));
        let Some((at, _)) = next.fold(None, |most: Option<(usize, f64)>, one| match most {
            Some(most) if most.1 >= one.1 => Some(most),
            _ => Some(one),
        }) else {
            break;
        };
        let leaf = open.remove(at);
        open.extend(grower.split(leaf));
        n_leaves += 1;
    }
    let leaves = open.iter().map(|leaf| (leaf.node, leaf.from, leaf.to)).collect();
    Grown { nodes: grower.nodes, rows: grower.rows, leaves }
}

impl Grower<'_> {
    /// A leaf's value, Chen and Guestrin's eq. 5, within its bounds.
    fn value(&self, sums: Sums, bounds: (f64, f64)) -> f64 {
        (-sums[0] / (sums[1] + self.options.ridge).max(1e-300)).clamp(bounds.0, bounds.1)
    }

    /// By how much the loss falls with that value.
    fn worth(&self, sums: Sums, value: f64) -> f64 {
        -(sums[0] * value + 0.5 * (sums[1] + self.options.ridge) * value * value)
    }

    fn leaf(&mut self, sums: Sums, bounds: (f64, f64)) -> usize {
        let value = self.options.learning_rate * self.value(sums, bounds);
        self.nodes.push(Node { value, cover: sums[2], split: None });
        self.nodes.len() - 1
    }

    fn histogram(&self, from: usize, to: usize) -> Vec<Sums> {
        let rows = &self.rows[from..to];
        let pairs: Vec<[f64; 2]> = rows.iter().map(|row| self.gradients.pairs[*row as usize]).collect();
        let mut out = vec![[0.0; 3]; self.columns.len() * BINS];
        for (histogram, column) in out.chunks_exact_mut(BINS).zip(self.columns) {
            let bins = &self.binned.bins[*column];
            for (row, pair) in rows.iter().zip(&pairs) {
                let sums = &mut histogram[usize::from(bins[*row as usize])];
                sums[0] += pair[0];
                sums[1] += pair[1];
                sums[2] += 1.0;
            }
        }
        out
    }

    fn open(
        &self,
        node: usize,
        depth: usize,
        (from, to): (usize, usize),
        all: Sums,
        histogram: Vec<Sums>,
        bounds: (f64, f64),
    ) -> Open {
        let mut out = Open { node, depth, from, to, all, histogram, bounds, best: None };
        if depth < self.options.max_depth && all[2] >= 2.0 * self.options.min_leaf as f64 {
            out.best = self.best(&out);
        }
        out
    }

    /// The best split; of equal ones the first column, the lowest threshold.
    fn best(&self, leaf: &Open) -> Option<Best> {
        let least = self.options.min_leaf.max(1) as f64;
        let own = self.worth(leaf.all, self.value(leaf.all, leaf.bounds));
        let mut best: Option<Best> = None;
        for (histogram, column) in leaf.histogram.chunks_exact(BINS).zip(self.columns) {
            let missing = histogram[usize::from(MISSING)];
            let monotone = self.options.monotone.get(*column).copied().unwrap_or_default();
            let mut left = [0.0; 3];
            // The last bin is worth a look only to part what is missing from all that is known.
            let last = self.binned.thresholds[*column].len();
            for (bin, sums) in histogram.iter().enumerate().take(last + usize::from(missing[2] > 0.0)) {
                left = plus(left, *sums);
                for missing_left in [false, true] {
                    if missing[2] == 0.0 && missing_left {
                        continue;
                    }
                    let left = if missing_left { plus(left, missing) } else { left };
                    let right = minus(leaf.all, left);
                    if left[2] < least || right[2] < least {
                        continue;
                    }
                    let values = (self.value(left, leaf.bounds), self.value(right, leaf.bounds));
                    let wrong = match monotone {
                        Monotone::Free => false,
                        Monotone::Rising => values.0 > values.1,
                        Monotone::Falling => values.0 < values.1,
                    };
                    if wrong {
                        continue;
                    }
                    let gain = self.worth(left, values.0) + self.worth(right, values.1) - own;
                    let known = best.map_or(self.options.min_gain, |best| best.gain);
                    if gain > known + 1e-12 * own.abs() {
                        // Without missing rows those to come go with the greater part.
                        let missing_left = if missing[2] > 0.0 { missing_left } else { left[2] >= right[2] };
                        best = Some(Best { column: *column, bin: bin as u8, missing_left, gain, left });
                    }
                }
            }
        }
        best
    }

    fn split(&mut self, leaf: Open) -> Vec<Open> {
        let Some(best) = leaf.best else { return Vec::new() };
        let right = minus(leaf.all, best.left);
        // Where the constraint binds, both sides stay on their side of the middle (as in LightGBM's basic method).
        let values = (self.value(best.left, leaf.bounds), self.value(right, leaf.bounds));
        let middle = (values.0 + values.1) / 2.0;
        let (low, high) = leaf.bounds;
        let (left_bounds, right_bounds) =
            match self.options.monotone.get(best.column).copied().unwrap_or_default() {
                Monotone::Free => (leaf.bounds, leaf.bounds),
                Monotone::Rising => ((low, middle), (middle, high)),
                Monotone::Falling => ((middle, high), (low, middle)),
            };
        let middle_row = self.divide(&leaf, best);
        let thresholds = &self.binned.thresholds[best.column];
        let threshold = thresholds.get(usize::from(best.bin)).copied().unwrap_or(f64::INFINITY);
        let left_node = self.leaf(best.left, left_bounds);
        let right_node = self.leaf(right, right_bounds);
        self.nodes[leaf.node].split = Some(Split {
            column: best.column,
            threshold,
            missing_left: best.missing_left,
            left: left_node,
            right: right_node,
            gain: best.gain,
        });
        let (left_rows, right_rows) = ((leaf.from, middle_row), (middle_row, leaf.to));
        let left_smaller = middle_row - leaf.from <= leaf.to - middle_row;
        let small = if left_smaller { left_rows } else { right_rows };
        let summed = self.histogram(small.0, small.1);
        let mut rest = leaf.histogram;
        rest.iter_mut().zip(&summed).for_each(|(all, part)| *all = minus(*all, *part));
        let (left_histogram, right_histogram) = if left_smaller { (summed, rest) } else { (rest, summed) };
        let depth = leaf.depth + 1;
        vec![
            self.open(left_node, depth, left_rows, best.left, left_histogram, left_bounds),
            self.open(right_node, depth, right_rows, right, right_histogram, right_bounds),
        ]
    }

    /// Rows that go left come first, in their order; where those that go right begin.
    fn divide(&mut self, leaf: &Open, best: Best) -> usize {
        let bins = &self.binned.bins[best.column];
        self.spare.clear();
        let mut to = leaf.from;
        for at in leaf.from..leaf.to {
            let row = self.rows[at];
            let bin = bins[row as usize];
            if if bin == MISSING { best.missing_left } else { bin <= best.bin } {
                self.rows[to] = row;
                to += 1;
            } else {
                self.spare.push(row);
            }
        }
        self.rows[to..leaf.to].copy_from_slice(&self.spare);
        to
    }
}
