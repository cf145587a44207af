//! Classification and regression trees (Breiman, Friedman, Olshen and Stone 1984, Classification and Regression Trees):
//! the best split of all at each node, midpoints as thresholds, `<=` to the left. Of equally good splits the first
//! column, the lowest threshold is taken: the same data give the same tree on every machine. Missing values go to
//! the side where they fit better; categories are split into two sets.

mod grow;
mod impurity;
mod prune;
mod rules;
mod split;

pub use grow::fit;
pub use prune::Pruned;
pub use rules::{Condition, Rule};

use crate::refusal::{Refusal, lengths, parameter};

/// A column of the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Column<'a> {
    /// `NAN` is missing.
    Numbers(&'a [f64]),
    /// Below `n`; `None` is missing.
    Categories { codes: &'a [Option<u32>], n: u32 },
}

/// What is to be told apart or foretold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target<'a> {
    /// Classes below `n`.
    Classes {
        of: &'a [u32],
        n: u32,
    },
    Numbers(&'a [f64]),
}

/// What a node is impure by; for numbers it is always the variance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Criterion {
    /// 1 - Σ p².
    #[default]
    Gini,
    /// -Σ p log2 p.
    Entropy,
}

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options<'a> {
    pub criterion: Criterion,
    pub max_depth: usize,
    pub min_leaf: usize,
    /// A node of fewer rows is not split.
    pub min_split: usize,
    /// A split must lessen the impurity, weighted by the share of the rows, by more than this.
    pub min_decrease: f64,
    /// How often each row counts.
    pub weights: Option<&'a [f64]>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            criterion: Criterion::Gini,
            max_depth: 5,
            min_leaf: 1,
            min_split: 2,
            min_decrease: 0.0,
            weights: None,
        }
    }
}

/// A question that a node asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Left if `<=`.
    AtMost { column: usize, threshold: f64 },
    /// Left if among these, ascending.
    Among { column: usize, categories: Vec<u32> },
    /// Left if there is a value.
    Known { column: usize },
}

impl Test {
    pub fn column(&self) -> usize {
        match self {
            Test::AtMost { column, .. } | Test::Among { column, .. } | Test::Known { column } => *column,
        }
    }
}

/// A question and where it leads.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    pub test: Test,
    /// What is missing goes left. A category never seen goes right, as one that is not among the named.
    pub missing_left: bool,
    pub left: usize,
    pub right: usize,
    /// By how much the impurity lessens, weighted by the share of the rows.
    pub decrease: f64,
}

/// A node of a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub n: u64,
    /// The weights' sum.
    pub weight: f64,
    pub impurity: f64,
    /// The weight of each class; empty for numbers.
    pub classes: Vec<f64>,
    /// The class with most weight (of equals the first), or the mean.
    pub prediction: f64,
    pub split: Option<Split>,
}

/// A tree; node 0 is its root, and a node comes before its children.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    pub nodes: Vec<Node>,
    pub n_columns: usize,
}

/// One value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    Number(f64),
    Category(Option<u32>),
}

impl Tree {
    /// The leaf of a row, one value per column.
    pub fn leaf(&self, row: &[Value]) -> usize {
        let mut at = 0;
        while let Some(split) = &self.nodes[at].split {
            at = if goes_left(split, row[split.test.column()]) { split.left } else { split.right };
        }
        at
    }

    /// The class or mean that is foretold for a row.
    pub fn predict(&self, row: &[Value]) -> f64 {
        self.nodes[self.leaf(row)].prediction
    }

    pub fn leaves(&self) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(|at| self.nodes[*at].split.is_none())
    }

    /// Questions on the longest way.
    pub fn depth(&self) -> usize {
        let mut depths = vec![0; self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            if let Some(split) = &node.split {
                (depths[split.left], depths[split.right]) = (depths[at] + 1, depths[at] + 1);
            }
        }
        depths.into_iter().max().unwrap_or(0)
    }

    /// Each column's share of the whole decrease of impurity; all 0 for a tree without questions.
    pub fn importances(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.n_columns];
        for split in self.nodes.iter().filter_map(|node| node.split.as_ref()) {
            out[split.test.column()] += split.decrease;
        }
        let sum: f64 = out.iter().sum();
        if sum > 0.0 {
            out.iter_mut().for_each(|part| *part /= sum);
        }
        out
    }
}

fn goes_left(split: &Split, value: Value) -> bool {
    match (&split.test, value) {
        (Test::Known { .. }, Value::Number(x)) => !x.is_nan(),
        (Test::Known { .. }, Value::Category(code)) => code.is_some(),
        (Test::AtMost { threshold, .. }, Value::Number(x)) if !x.is_nan() => x <= *threshold,
        (Test::Among { categories, .. }, Value::Category(Some(code))) => {
            categories.binary_search(&code).is_ok()
        }
        _ => split.missing_left,
    }
}

fn check(columns: &[Column<'_>], target: Target<'_>, options: &Options<'_>) -> Result<usize, Refusal> {
    let n = match target {
        Target::Classes { of, n } => {
            parameter(of.iter().all(|class| *class < n), "a class", "below their number")?;
            of.len()
        }
        Target::Numbers(of) => {
            crate::refusal::finite_columns(&[of], of.len())?;
            of.len()
        }
    };
    if n == 0 {
        return Err(Refusal::Empty);
    }
    for (column, values) in columns.iter().enumerate() {
        match values {
            Column::Numbers(values) => {
                lengths("a column", n, values.len())?;
                if let Some(row) = values.iter().position(|value| value.is_infinite()) {
                    return Err(Refusal::NotFinite { column, row });
                }
            }
            Column::Categories { codes, n: known } => {
                lengths("a column", n, codes.len())?;
                parameter(
                    codes.iter().flatten().all(|code| code < known),
                    "a category",
                    "below their number",
                )?;
            }
        }
    }
    if let Some(weights) = options.weights {
        lengths("weights", n, weights.len())?;
        parameter(weights.iter().all(|w| w.is_finite() && *w > 0.0), "weights", "greater than 0")?;
    }
    Ok(n)
}

#[cfg(test)]
mod tests;
