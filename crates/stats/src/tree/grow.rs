//! Growing: every column of numbers is sorted once; a split then divides each order without sorting again (as in
//! SLIQ, Mehta, Agrawal and Rissanen 1996, EDBT). O(columns × rows × (log rows + depth)).

use super::impurity::{Measure, Sums};
use super::split::{Search, left};
use super::{Column, Node, Options, Split, Target, Tree, check};
use crate::refusal::Refusal;

/// Grows a tree. Refuses no rows, infinite numbers and codes out of range; one class gives a tree of one leaf.
///
/// ```
/// use gradus_stats::tree::{Column, Options, Target, Value, fit};
/// let spend = [1.0, 2.0, 8.0, 9.0];
/// let target = Target::Classes { of: &[0, 0, 1, 1], n: 2 };
/// let tree = fit(&[Column::Numbers(&spend)], target, &Options::default())?;
/// assert_eq!(tree.predict(&[Value::Number(7.0)]), 1.0);
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn fit(columns: &[Column<'_>], target: Target<'_>, options: &Options<'_>) -> Result<Tree, Refusal> {
    let n = check(columns, target, options)?;
    let level = match target {
        Target::Numbers(of) => of.iter().sum::<f64>() / n as f64,
        Target::Classes { .. } => 0.0,
    };
    let measure = Measure { target, criterion: options.criterion, weights: options.weights, level };
    let mut all = measure.none();
    (0..n).for_each(|row| measure.add(&mut all, row));
    let mut grower = Grower {
        columns,
        options,
        measure,
        weight: measure.weight(&all.parts),
        goes_left: vec![false; n],
        spare: Vec::with_capacity(n),
        tree: Tree { nodes: Vec::new(), n_columns: columns.len() },
    };
    grower.grow(orders(columns, n), all);
    Ok(grower.tree)
}

/// The rows of a node: of each column of numbers those with a value, sorted, then those without; any order else.
type Orders = Vec<(Vec<u32>, Vec<u32>)>;

fn orders(columns: &[Column<'_>], n: usize) -> Orders {
    let order = |column: &Column<'_>| match column {
        Column::Numbers(values) => {
            let (mut known, missing): (Vec<u32>, Vec<u32>) =
                (0..n as u32).partition(|row| !values[*row as usize].is_nan());
            // Equal values stay in the order of the rows, so that sums are added in one order everywhere.
            known.sort_by(|a, b| values[*a as usize].total_cmp(&values[*b as usize]));
            (known, missing)
        }
        Column::Categories { .. } => ((0..n as u32).collect(), Vec::new()),
    };
    columns.iter().map(order).collect()
}

struct Grower<'a> {
    columns: &'a [Column<'a>],
    options: &'a Options<'a>,
    measure: Measure<'a>,
    weight: f64,
    goes_left: Vec<bool>,
    spare: Vec<u32>,
    tree: Tree,
}

/// A node that may still be split.
struct Open {
    node: usize,
    depth: usize,
    orders: Orders,
    sums: Sums,
}

impl Grower<'_> {
    fn grow(&mut self, orders: Orders, sums: Sums) {
        self.leaf(&sums);
        let mut open = vec![Open { node: 0, depth: 0, orders, sums }];
        // Left first: nodes are numbered as one reads a tree from the top, the left branch before the right.
        while let Some(at) = open.pop() {
            let Some((test, missing_left, gain)) = self.best(&at) else { continue };
            let candidate = super::split::Candidate { test, missing_left, gain };
            let mut left_sums = self.measure.none();
            if let Some((known, missing)) = at.orders.first() {
                for row in known.iter().chain(missing) {
                    let goes = left(self.columns, &candidate, *row as usize);
                    self.goes_left[*row as usize] = goes;
                    if goes {
                        self.measure.add(&mut left_sums, *row as usize);
                    }
                }
            }
            let right_sums = at.sums.minus(&left_sums);
            let (left_orders, right_orders) = self.divide(at.orders);
            let (left_node, right_node) = (self.leaf(&left_sums), self.leaf(&right_sums));
            self.tree.nodes[at.node].split = Some(Split {
                test: candidate.test,
                missing_left,
                left: left_node,
                right: right_node,
                decrease: gain / self.weight,
            });
            let depth = at.depth + 1;
            open.push(Open { node: right_node, depth, orders: right_orders, sums: right_sums });
            open.push(Open { node: left_node, depth, orders: left_orders, sums: left_sums });
        }
    }

    fn leaf(&mut self, sums: &Sums) -> usize {
        let weight = self.measure.weight(&sums.parts);
        self.tree.nodes.push(Node {
            n: sums.n as u64,
            weight,
            impurity: (self.measure.total(&sums.parts) / weight).max(0.0),
            classes: if matches!(self.measure.target, Target::Classes { .. }) {
                sums.parts.clone()
            } else {
                vec![]
            },
            prediction: self.measure.prediction(sums),
            split: None,
        });
        self.tree.nodes.len() - 1
    }

    fn best(&self, at: &Open) -> Option<(super::Test, bool, f64)> {
        let whole = self.measure.total(&at.sums.parts);
        let small = at.sums.n < self.options.min_split.max(2) || at.depth >= self.options.max_depth;
        if small || whole <= 1e-12 * self.measure.weight(&at.sums.parts) * self.scale() {
            return None;
        }
        let mut search = Search {
            measure: &self.measure,
            options: self.options,
            all: &at.sums,
            whole,
            best: None,
            sides: [at.sums.parts.clone(), at.sums.parts.clone()],
        };
        for (column, (known, missing)) in at.orders.iter().enumerate() {
            match self.columns[column] {
                Column::Numbers(values) => {
                    let mut without = self.measure.none();
                    missing.iter().for_each(|row| self.measure.add(&mut without, *row as usize));
                    search.numbers(column, values, known, &without);
                }
                Column::Categories { codes, n } => search.categories(column, codes, n, known),
            }
        }
        let best = search.best?;
        (best.gain > self.options.min_decrease * self.weight).then_some((
            best.test,
            best.missing_left,
            best.gain,
        ))
    }

    /// What counts as pure: rounding, measured against the impurity of the root.
    fn scale(&self) -> f64 {
        self.tree.nodes[0].impurity.max(f64::MIN_POSITIVE)
    }

    fn divide(&mut self, orders: Orders) -> (Orders, Orders) {
        let mut part = |rows: Vec<u32>| {
            self.spare.clear();
            let mut lefts = rows;
            lefts.retain(|row| {
                let goes = self.goes_left[*row as usize];
                if !goes {
                    self.spare.push(*row);
                }
                goes
            });
            lefts.shrink_to_fit();
            (lefts, self.spare.clone())
        };
        let both = orders.into_iter().map(|(known, missing)| {
            let ((left_known, right_known), (left_missing, right_missing)) = (part(known), part(missing));
            ((left_known, left_missing), (right_known, right_missing))
        });
        both.unzip()
    }
}
