//! Gradient boosting of regression trees (Friedman 2001, Ann. Statist. 29(5)) with second-order steps (Chen and Guestrin
//! 2016, KDD, eq. 5 to 7) on histograms, grown leaf by leaf (Ke et al. 2017, NIPS). Trees can be held monotone in a
//! column, rows and columns drawn by seed, the number of trees chosen on rows held out. The same data, options and
//! seed give the same model on every machine.

mod bins;
mod grow;
mod shap;

use crate::logistic::chance;
use crate::random::Random;
use crate::refusal::{Refusal, lengths, parameter};
use bins::Binned;
use grow::Gradients;

/// What is made small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Loss {
    /// Targets 0 and 1; the model's sum is log-odds.
    #[default]
    Logistic,
    /// Half the squared error.
    Squared,
}

/// How the answer may go with a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Monotone {
    #[default]
    Free,
    Rising,
    Falling,
}

/// How to boost.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    pub loss: Loss,
    /// Trees at most.
    pub rounds: usize,
    pub learning_rate: f64,
    pub max_leaves: usize,
    pub max_depth: usize,
    /// Rows in a leaf at least.
    pub min_leaf: u64,
    /// λ of the penalty λ/2 w² on a leaf's value.
    pub ridge: f64,
    /// A split must gain more than this.
    pub min_gain: f64,
    /// Bins of a column, 2 to 254.
    pub max_bins: usize,
    /// The share of the rows that each tree sees.
    pub row_share: f64,
    /// The share of the columns that each tree sees, at least one.
    pub column_share: f64,
    /// Of each column; those not named are free.
    pub monotone: Vec<Monotone>,
    /// The share of rows held out to choose the number of trees; 0 keeps all trees.
    pub held_out: f64,
    /// Trees without getting better on the rows held out, after which it stops.
    pub patience: usize,
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            loss: Loss::Logistic,
            rounds: 100,
            learning_rate: 0.1,
            max_leaves: 31,
            max_depth: 12,
            min_leaf: 20,
            ridge: 1.0,
            min_gain: 0.0,
            max_bins: 254,
            row_share: 1.0,
            column_share: 1.0,
            monotone: Vec::new(),
            held_out: 0.0,
            patience: 10,
            seed: 0,
        }
    }
}

/// A node of a boosted tree; a leaf if it leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// What a leaf adds.
    pub value: f64,
    /// Rows that came here in training.
    pub cover: f64,
    pub split: Option<Split>,
}

/// `<=` goes left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    pub column: usize,
    pub threshold: f64,
    pub missing_left: bool,
    pub left: usize,
    pub right: usize,
    pub gain: f64,
}

impl Split {
    fn next(&self, row: &[f64]) -> usize {
        let x = row[self.column];
        if (x.is_nan() && self.missing_left) || x <= self.threshold { self.left } else { self.right }
    }
}

/// A boosted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Boosted {
    pub loss: Loss,
    /// The sum before any tree.
    pub base: f64,
    /// Node 0 of each is its root.
    pub trees: Vec<Vec<Node>>,
    pub n_columns: usize,
    /// The mean loss on the rows held out after each tree that was tried; empty if none were.
    pub held_out_loss: Vec<f64>,
}

impl Boosted {
    /// The sum of all trees: log-odds for the logistic loss. `NAN` is missing.
    pub fn sum(&self, row: &[f64]) -> f64 {
        self.trees.iter().fold(self.base, |sum, tree| sum + leaf_value(tree, row))
    }

    /// The chance, or the number itself for squared errors.
    pub fn predict(&self, row: &[f64]) -> f64 {
        match self.loss {
            Loss::Logistic => chance(self.sum(row)),
            Loss::Squared => self.sum(row),
        }
    }

    /// What each column adds to the sum of this row, and the sum that is expected without knowing any: exact Shapley
    /// values of the trees' own expectations (TreeSHAP; Lundberg, Erion and Lee 2018, arXiv:1802.03888, algorithm 2).
    /// Together they are the row's sum.
    pub fn contributions(&self, row: &[f64]) -> (f64, Vec<f64>) {
        let mut out = vec![0.0; self.n_columns];
        let mut expected = self.base;
        for tree in &self.trees {
            expected += shap::add(tree, row, &mut out);
        }
        (expected, out)
    }

    /// Each column's share of the gain of all splits; all 0 without splits.
    pub fn importances(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.n_columns];
        self.trees
            .iter()
            .flatten()
            .filter_map(|node| node.split)
            .for_each(|split| out[split.column] += split.gain);
        let sum: f64 = out.iter().sum();
        if sum > 0.0 {
            out.iter_mut().for_each(|part| *part /= sum);
        }
        out
    }
}

fn leaf_value(tree: &[Node], row: &[f64]) -> f64 {
    let mut at = 0;
    while let Some(split) = &tree[at].split {
        at = split.next(row);
    }
    tree[at].value
}

/// Boosts. `NAN` in a column is missing. Refuses no rows or columns, targets that are not 0 or 1 (logistic) or not
/// finite, and targets that are all the same.
///
/// ```
/// use gradus_stats::boost::{Options, fit};
/// let x: Vec<f64> = (0..200).map(|at| f64::from(at % 50)).collect();
/// let y: Vec<f64> = x.iter().map(|x| if (10.0..30.0).contains(x) { 1.0 } else { 0.0 }).collect();
/// let model = fit(&[&x], &y, None, &Options::default())?;
/// assert!(model.predict(&[20.0]) > 0.9 && model.predict(&[40.0]) < 0.1);
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn fit(
    columns: &[&[f64]],
    targets: &[f64],
    weights: Option<&[f64]>,
    options: &Options,
) -> Result<Boosted, Refusal> {
    check(columns, targets, weights, options)?;
    let n = targets.len();
    let mut random = Random::new(options.seed);
    let n_held =
        if options.held_out > 0.0 { ((n as f64 * options.held_out) as usize).clamp(1, n - 1) } else { 0 };
    let held: Vec<usize> = random.sample(n, n_held);
    let mut is_held = vec![false; n];
    held.iter().for_each(|row| is_held[*row] = true);
    let rows: Vec<u32> = (0..n as u32).filter(|row| !is_held[*row as usize]).collect();
    let binned = Binned::new(columns, options.max_bins);
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let base = start(&rows, targets, &weight, options.loss)?;
    let mut sums = vec![base; n];
    let mut gradients = Gradients::new(n);
    let mut model = Boosted {
        loss: options.loss,
        base,
        trees: Vec::new(),
        n_columns: columns.len(),
        held_out_loss: Vec::new(),
    };
    let (mut best, mut best_loss) = (0, f64::INFINITY);
    for _ in 0..options.rounds {
        for row in &rows {
            let row = *row as usize;
            let (slope, bend) = derivatives(options.loss, sums[row], targets[row]);
            gradients.set(row, weight(row) * slope, weight(row) * bend);
        }
        let seen: Vec<u32> = match options.row_share < 1.0 {
            true => {
                let most = ((rows.len() as f64 * options.row_share).round() as usize).max(1);
                random.sample(rows.len(), most).into_iter().map(|at| rows[at]).collect()
            }
            false => rows.clone(),
        };
        let most = ((columns.len() as f64 * options.column_share).round() as usize).clamp(1, columns.len());
        let allowed = random.sample(columns.len(), most);
        let grown = grow::tree(&binned, &gradients, seen, &allowed, options);
        if grown.nodes.len() == 1 && options.row_share >= 1.0 && options.column_share >= 1.0 {
            // Nothing is left to gain, and the next tree would see the same.
            break;
        }
        if options.row_share < 1.0 {
            binned.add(&grown.nodes, 0..n, &mut sums);
        } else {
            grown.add(&mut sums);
            binned.add(&grown.nodes, held.iter().copied(), &mut sums);
        }
        model.trees.push(grown.nodes);
        if !held.is_empty() {
            let all: f64 = held.iter().map(|row| weight(*row)).sum();
            let loss: f64 =
                held.iter().map(|row| weight(*row) * loss(options.loss, sums[*row], targets[*row])).sum();
            model.held_out_loss.push(loss / all);
            if loss / all < best_loss {
                (best, best_loss) = (model.trees.len(), loss / all);
            } else if model.trees.len() - best >= options.patience {
                break;
            }
        }
    }
    if !held.is_empty() {
        model.trees.truncate(best);
    }
    Ok(model)
}

fn check(
    columns: &[&[f64]],
    targets: &[f64],
    weights: Option<&[f64]>,
    options: &Options,
) -> Result<(), Refusal> {
    if targets.len() < 2 || columns.is_empty() {
        return Err(Refusal::Empty);
    }
    for (column, values) in columns.iter().enumerate() {
        lengths("a column", targets.len(), values.len())?;
        if let Some(row) = values.iter().position(|value| value.is_infinite()) {
            return Err(Refusal::NotFinite { column, row });
        }
    }
    let valid = targets
        .iter()
        .all(|y| if options.loss == Loss::Logistic { *y == 0.0 || *y == 1.0 } else { y.is_finite() });
    parameter(valid, "a target", "0 or 1, or a finite number for squared errors")?;
    if let Some(weights) = weights {
        lengths("weights", targets.len(), weights.len())?;
        parameter(weights.iter().all(|w| w.is_finite() && *w > 0.0), "weights", "greater than 0")?;
    }
    let share = |share: f64| share > 0.0 && share <= 1.0;
    parameter(
        share(options.row_share) && share(options.column_share),
        "a share",
        "greater than 0, at most 1",
    )?;
    parameter((0.0..1.0).contains(&options.held_out), "the share held out", "at least 0, less than 1")?;
    parameter((2..=254).contains(&options.max_bins), "the number of bins", "from 2 to 254")?;
    parameter(options.learning_rate > 0.0 && options.learning_rate <= 1.0, "the learning rate", "in (0, 1]")?;
    parameter(options.max_leaves >= 2 && options.max_depth >= 1, "leaves and depth", "at least 2 and 1")?;
    parameter(options.ridge >= 0.0 && options.min_gain >= 0.0, "ridge and gain", "at least 0")
}

/// The best constant.
fn start(rows: &[u32], targets: &[f64], weight: &dyn Fn(usize) -> f64, loss: Loss) -> Result<f64, Refusal> {
    let all: f64 = rows.iter().map(|row| weight(*row as usize)).sum();
    let mean = rows.iter().map(|row| weight(*row as usize) * targets[*row as usize]).sum::<f64>() / all;
    let first = targets[rows[0] as usize];
    if rows.iter().all(|row| targets[*row as usize] == first) {
        return Err(if loss == Loss::Logistic { Refusal::OneClass } else { Refusal::Constant });
    }
    Ok(if loss == Loss::Logistic { (mean / (1.0 - mean)).ln() } else { mean })
}

/// First and second derivative of the loss by the sum.
fn derivatives(loss: Loss, sum: f64, target: f64) -> (f64, f64) {
    match loss {
        Loss::Logistic => {
            let p = chance(sum);
            (p - target, (p * (1.0 - p)).max(1e-16))
        }
        Loss::Squared => (sum - target, 1.0),
    }
}

fn loss(loss: Loss, sum: f64, target: f64) -> f64 {
    match loss {
        Loss::Logistic => (-sum.abs()).exp().ln_1p() + sum.max(0.0) - target * sum,
        Loss::Squared => 0.5 * (sum - target) * (sum - target),
    }
}

#[cfg(test)]
mod tests;
