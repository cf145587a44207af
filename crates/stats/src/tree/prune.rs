//! Cost-complexity pruning (Breiman et al. 1984, ch. 3.3): the subtree with the weakest link, g(t) = (R(t) - R(T_t)) /
//! (leaves - 1), is cut off again and again; R is impurity weighted by the share of the rows.

use super::{Target, Tree, Value};
use crate::refusal::Refusal;

/// A tree of the sequence: the best for every cost of a leaf from its own to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Pruned {
    pub alpha: f64,
    pub n_leaves: usize,
    /// The impurity of its leaves, weighted by the share of the rows.
    pub impurity: f64,
}

impl Tree {
    /// The sequence of pruned trees, from this one to its root alone.
    pub fn pruning_path(&self) -> Vec<Pruned> {
        let mut tree = self.clone();
        let mut out = vec![Pruned { alpha: 0.0, n_leaves: tree.leaves().count(), impurity: tree.cost() }];
        while let Some((alpha, _)) = tree.weakest() {
            // Links that are equally weak go at once.
            while let Some((_, at)) = tree.weakest().filter(|weakest| weakest.0 <= alpha * (1.0 + 1e-12)) {
                tree.nodes[at].split = None;
                tree = tree.compact();
            }
            out.push(Pruned { alpha, n_leaves: tree.leaves().count(), impurity: tree.cost() });
        }
        out
    }

    /// The smallest best tree when a leaf costs `alpha`.
    pub fn pruned(&self, alpha: f64) -> Tree {
        let mut tree = self.clone();
        while let Some((_, at)) = tree.weakest().filter(|weakest| weakest.0 <= alpha) {
            tree.nodes[at].split = None;
            tree = tree.compact();
        }
        tree
    }

    /// Of the sequence, the tree that errs least on other rows (held out), of equals the smallest: share of wrong
    /// classes or mean squared error. Refuses no rows.
    pub fn pruned_on(&self, rows: &[Vec<Value>], target: Target<'_>) -> Result<Tree, Refusal> {
        if rows.is_empty() {
            return Err(Refusal::Empty);
        }
        let error = |tree: &Tree| -> f64 {
            let one = |(at, row): (usize, &Vec<Value>)| match target {
                Target::Classes { of, .. } => f64::from(u8::from(tree.predict(row) != f64::from(of[at]))),
                Target::Numbers(of) => (tree.predict(row) - of[at]).powi(2),
            };
            rows.iter().enumerate().map(one).sum::<f64>() / rows.len() as f64
        };
        let (mut best, mut least) = (self.clone(), error(self));
        for step in &self.pruning_path()[1..] {
            let tree = self.pruned(step.alpha * (1.0 + 1e-12));
            let found = error(&tree);
            if found <= least {
                (best, least) = (tree, found);
            }
        }
        Ok(best)
    }

    /// The impurity of the leaves, weighted by the share of the rows.
    pub fn cost(&self) -> f64 {
        self.leaves().map(|at| self.nodes[at].weight * self.nodes[at].impurity).sum::<f64>()
            / self.nodes[0].weight
    }

    /// The weakest link and its node; of equally weak ones the first.
    fn weakest(&self) -> Option<(f64, usize)> {
        let mut below = vec![(0.0, 0usize); self.nodes.len()];
        let mut out: Option<(f64, usize)> = None;
        // Children have greater numbers.
        for at in (0..self.nodes.len()).rev() {
            let node = &self.nodes[at];
            let own = node.weight * node.impurity / self.nodes[0].weight;
            below[at] = match &node.split {
                None => (own, 1),
                Some(split) => {
                    (below[split.left].0 + below[split.right].0, below[split.left].1 + below[split.right].1)
                }
            };
            if node.split.is_some() {
                let link = ((own - below[at].0) / (below[at].1 as f64 - 1.0)).max(0.0);
                if out.is_none_or(|weakest| link <= weakest.0) {
                    out = Some((link, at));
                }
            }
        }
        out
    }

    /// Without nodes that nothing leads to.
    fn compact(&self) -> Tree {
        let mut nodes = Vec::new();
        let mut copied = vec![(0usize, None::<(usize, bool)>)];
        while let Some((at, parent)) = copied.pop() {
            let number = nodes.len();
            nodes.push(self.nodes[at].clone());
            if let Some((parent, is_left)) = parent {
                let parent: &mut super::Node = &mut nodes[parent];
                if let Some(split) = &mut parent.split {
                    *(if is_left { &mut split.left } else { &mut split.right }) = number;
                }
            }
            if let Some(split) = &self.nodes[at].split {
                copied.push((split.right, Some((number, false))));
                copied.push((split.left, Some((number, true))));
            }
        }
        Tree { nodes, n_columns: self.n_columns }
    }
}
