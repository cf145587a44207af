//! Weighted sums and sums of trees as plain mathematics on numbers; `NAN` is unknown.

use super::super::clusters::kept;
use gradus_model::document::{Link, Trained as Written, TrainedTree};
use gradus_stats::boost::{Boosted, Loss, Node, Split};
use serde::{Deserialize, Serialize};

/// Nodes of all trees of which is kept how many customers came there, at most.
const KEPT_NODES: usize = 200_000;
/// What a leaf counts to which nobody came, so that no share is nought by nought.
const NOBODY: f64 = 0.5;

/// A model that was trained elsewhere, ready to be computed.
#[derive(Debug, Clone)]
pub struct TrainedSum {
    form: Form,
    intercept: f64,
    link: Link,
    n_inputs: usize,
}

#[derive(Debug, Clone)]
enum Form {
    Weights(Vec<f64>),
    /// For each node of each tree whether an unknown input is one there; covers are nought.
    Trees {
        trees: Vec<Vec<Node>>,
        stops: Vec<Vec<bool>>,
    },
}

/// What the base is like: what contributions are counted from. The prediction itself does not depend on it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TrainedFit {
    /// Customers of whom everything was known.
    pub n: u64,
    /// The mean of each input; empty for trees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub means: Vec<f64>,
    /// For each tree how many came to each node; empty for weights, and for very many nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<Vec<u64>>,
}

/// What is wrong with the form of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrainedProblem {
    NoInputs,
    /// Neither weights nor trees, or both.
    Form,
    /// `tree` and `node` are places; without a tree it is a weight.
    UnknownInput {
        tree: Option<usize>,
        node: usize,
        name: String,
    },
    NotFinite {
        path: String,
    },
    Node {
        tree: usize,
        node: usize,
    },
    Shared {
        tree: usize,
        node: usize,
    },
}

impl TrainedSum {
    /// # Errors
    /// What is wrong with its form; the first that is found.
    pub fn of(written: &Written) -> Result<TrainedSum, TrainedProblem> {
        let n_inputs = written.inputs.len();
        if n_inputs == 0 {
            return Err(TrainedProblem::NoInputs);
        }
        if written.weights.is_empty() == written.trees.is_empty() {
            return Err(TrainedProblem::Form);
        }
        if !written.intercept.is_finite() {
            return Err(TrainedProblem::NotFinite { path: "intercept".into() });
        }
        let form = if written.trees.is_empty() {
            let mut weights = vec![0.0; n_inputs];
            for (name, weight) in written.weights.iter() {
                let unknown = || TrainedProblem::UnknownInput { tree: None, node: 0, name: name.to_string() };
                let at = written.inputs.position(name).ok_or_else(unknown)?;
                if !weight.is_finite() {
                    return Err(TrainedProblem::NotFinite { path: format!("weights.{name}") });
                }
                weights[at] = *weight;
            }
            Form::Weights(weights)
        } else {
            let (mut trees, mut stops) = (Vec::new(), Vec::new());
            for (at, tree) in written.trees.iter().enumerate() {
                let (nodes, stop) = nodes_of(written, at, tree)?;
                trees.push(nodes);
                stops.push(stop);
            }
            Form::Trees { trees, stops }
        };
        Ok(TrainedSum {
            form,
            intercept: written.intercept,
            link: written.link.unwrap_or_default(),
            n_inputs,
        })
    }

    pub fn link(&self) -> Link {
        self.link
    }

    /// The sum; `None` if an input is unknown for which the model does not say what then.
    pub fn sum(&self, row: &[f64]) -> Option<f64> {
        match &self.form {
            Form::Weights(weights) => {
                // What does not count need not be known.
                let parts = weights.iter().zip(row).filter(|(weight, _)| **weight != 0.0);
                let sum = parts.fold(self.intercept, |sum, (weight, x)| sum + weight * x);
                Some(sum).filter(|sum| sum.is_finite())
            }
            Form::Trees { trees, stops } => {
                let mut sum = self.intercept;
                for (tree, stops) in trees.iter().zip(stops) {
                    sum += tree[leaf(tree, stops, row, |_| ())?].value;
                }
                Some(sum)
            }
        }
    }

    /// What is made of the sum.
    pub fn predict(&self, row: &[f64]) -> Option<f64> {
        let sum = self.sum(row)?;
        let made = match self.link {
            Link::Identity => sum,
            Link::Logit => {
                let e = libm::exp(-sum.abs());
                if sum >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
            }
            Link::Exp => libm::exp(sum),
        };
        Some(made).filter(|made| made.is_finite())
    }

    /// What the base is like, from its customers.
    pub fn fit(&self, rows: impl Iterator<Item = Vec<f64>>) -> TrainedFit {
        let mut fit = TrainedFit::default();
        match &self.form {
            Form::Weights(_) => {
                let mut sums = vec![0.0; self.n_inputs];
                for row in rows.filter(|row| row.iter().all(|x| x.is_finite())) {
                    fit.n += 1;
                    sums.iter_mut().zip(&row).for_each(|(sum, x)| *sum += x);
                }
                let n = fit.n.max(1) as f64;
                fit.means = sums.into_iter().map(|sum| kept(sum / n)).collect();
            }
            Form::Trees { trees, stops } => {
                if trees.iter().map(Vec::len).sum::<usize>() > KEPT_NODES {
                    return fit;
                }
                fit.covers = trees.iter().map(|tree| vec![0; tree.len()]).collect();
                for row in rows {
                    let known = trees
                        .iter()
                        .zip(stops)
                        .all(|(tree, stops)| leaf(tree, stops, &row, |_| ()).is_some());
                    if !known {
                        continue;
                    }
                    fit.n += 1;
                    for ((tree, stops), covers) in trees.iter().zip(stops).zip(&mut fit.covers) {
                        leaf(tree, stops, &row, |node| covers[node] += 1);
                    }
                }
            }
        }
        fit
    }

    /// The sum of a usual customer of the base, and what each input of this one adds to it; together they are this
    /// one's sum. Exact Shapley values: for trees by the shares of the base that went either way (TreeSHAP).
    pub fn contributions(&self, row: &[f64], fit: &TrainedFit) -> Option<(f64, Vec<f64>)> {
        self.sum(row)?;
        match &self.form {
            Form::Weights(weights) => {
                let means = if fit.means.len() == weights.len() {
                    fit.means.clone()
                } else {
                    vec![0.0; weights.len()]
                };
                let parts = weights.iter().zip(row).zip(&means);
                let parts =
                    parts.map(|((weight, x), mean)| if *weight == 0.0 { 0.0 } else { weight * (x - mean) });
                let usual = weights
                    .iter()
                    .zip(&means)
                    .fold(self.intercept, |sum, (weight, mean)| sum + weight * mean);
                Some((usual, parts.collect()))
            }
            Form::Trees { trees, .. } => {
                if fit.covers.len() != trees.len() {
                    return None;
                }
                let covered = trees.iter().zip(&fit.covers).map(|(tree, covers)| with_covers(tree, covers));
                let boosted = Boosted {
                    loss: Loss::Squared,
                    base: self.intercept,
                    trees: covered.collect::<Option<_>>()?,
                    n_columns: self.n_inputs,
                    held_out_loss: Vec::new(),
                };
                Some(boosted.contributions(row))
            }
        }
    }
}

/// The leaf of a row; every node on the way is told to `visit`.
fn leaf(tree: &[Node], stops: &[bool], row: &[f64], mut visit: impl FnMut(usize)) -> Option<usize> {
    let mut at = 0;
    visit(at);
    while let Some(split) = &tree[at].split {
        let x = row[split.column];
        if x.is_nan() && stops[at] {
            return None;
        }
        let left = if x.is_nan() { split.missing_left } else { x <= split.threshold };
        at = if left { split.left } else { split.right };
        visit(at);
    }
    Some(at)
}

/// A tree with how many came to each node; none if they are of another tree.
fn with_covers(tree: &[Node], covers: &[u64]) -> Option<Vec<Node>> {
    if covers.len() != tree.len() {
        return None;
    }
    let mut out = tree.to_vec();
    // A node comes before those it leads to.
    for at in (0..out.len()).rev() {
        out[at].cover = match out[at].split {
            None => (covers[at] as f64).max(NOBODY),
            Some(split) => out[split.left].cover + out[split.right].cover,
        };
    }
    Some(out)
}

fn nodes_of(
    written: &Written,
    tree: usize,
    nodes: &TrainedTree,
) -> Result<(Vec<Node>, Vec<bool>), TrainedProblem> {
    let n = nodes.nodes.len();
    let wrong = |node: usize| TrainedProblem::Node { tree, node };
    if n == 0 {
        return Err(wrong(0));
    }
    let (mut out, mut stops, mut reached) = (Vec::with_capacity(n), vec![false; n], vec![0u32; n]);
    for (at, node) in nodes.nodes.iter().enumerate() {
        let not_finite =
            |key: &str| TrainedProblem::NotFinite { path: format!("trees[{tree}].nodes[{at}].{key}") };
        let asks = (&node.input, node.cut, node.yes, node.no);
        match (node.gives, asks) {
            (Some(gives), (None, None, None, None)) => {
                if !gives.is_finite() {
                    return Err(not_finite("gives"));
                }
                out.push(Node { value: gives, cover: 0.0, split: None });
            }
            (None, (Some(input), Some(cut), Some(yes), Some(no))) => {
                let name =
                    || TrainedProblem::UnknownInput { tree: Some(tree), node: at, name: input.clone() };
                let column = written.inputs.position(input).ok_or_else(name)?;
                if !cut.is_finite() {
                    return Err(not_finite("cut"));
                }
                let (left, right) = (yes as usize, no as usize);
                if left <= at || right <= at || left >= n || right >= n || left == right {
                    return Err(wrong(at));
                }
                reached[left] += 1;
                reached[right] += 1;
                stops[at] = node.unknown.is_none();
                // Below a cut is at most the number before it.
                let threshold = if node.below { cut.next_down() } else { cut };
                let missing_left = node.unknown.unwrap_or(false);
                let split = Split { column, threshold, missing_left, left, right, gain: 0.0 };
                out.push(Node { value: 0.0, cover: 0.0, split: Some(split) });
            }
            _ => return Err(wrong(at)),
        }
    }
    match (1..n).find(|at| reached[*at] != 1) {
        Some(node) => Err(TrainedProblem::Shared { tree, node }),
        None => Ok((out, stops)),
    }
}
