//! TreeSHAP (Lundberg, Erion and Lee 2018, arXiv:1802.03888, algorithm 2): the Shapley values of a tree's expectation,
//! where a column that is not known sends a row both ways in proportion to the rows of training. What would take all
//! 2^columns sets is kept as one weight per number of known columns on the way: O(leaves × depth²).

use super::Node;

/// A column on the way from the root.
#[derive(Clone, Copy)]
struct Step {
    column: usize,
    /// The share of ways that pass when the column is not known, and when it is.
    unknown: f64,
    known: f64,
    /// Of sets of each size, the share that passes.
    weight: f64,
}

/// No column: the root's own entry.
const NONE: usize = usize::MAX;

/// Adds a tree's values to `out`; the tree's expectation.
pub(super) fn add(tree: &[Node], row: &[f64], out: &mut [f64]) -> f64 {
    walk(
        tree,
        row,
        0,
        Vec::with_capacity(16),
        Step { column: NONE, unknown: 1.0, known: 1.0, weight: 0.0 },
        out,
    );
    expectation(tree, 0)
}

fn expectation(tree: &[Node], at: usize) -> f64 {
    match &tree[at].split {
        None => tree[at].value,
        Some(split) => {
            let of = |child: usize| tree[child].cover / tree[at].cover * expectation(tree, child);
            of(split.left) + of(split.right)
        }
    }
}

fn walk(tree: &[Node], row: &[f64], at: usize, mut way: Vec<Step>, step: Step, out: &mut [f64]) {
    extend(&mut way, step);
    let Some(split) = &tree[at].split else {
        for index in 1..way.len() {
            let sum: f64 = unwound(&way, index).iter().map(|step| step.weight).sum();
            let Step { column, unknown, known, .. } = way[index];
            out[column] += sum * (known - unknown) * tree[at].value;
        }
        return;
    };
    let hot = split.next(row);
    let (mut unknown, mut known) = (1.0, 1.0);
    if let Some(before) = way.iter().position(|step| step.column == split.column) {
        (unknown, known) = (way[before].unknown, way[before].known);
        way = unwound(&way, before);
    }
    for child in [split.left, split.right] {
        let part = unknown * tree[child].cover / tree[at].cover;
        let known = if child == hot { known } else { 0.0 };
        walk(
            tree,
            row,
            child,
            way.clone(),
            Step { column: split.column, unknown: part, known, weight: 0.0 },
            out,
        );
    }
}

/// One more column on the way.
fn extend(way: &mut Vec<Step>, step: Step) {
    let n = way.len();
    way.push(Step { weight: if n == 0 { 1.0 } else { 0.0 }, ..step });
    let size = (n + 1) as f64;
    for at in (0..n).rev() {
        let weight = way[at].weight;
        way[at + 1].weight += step.known * weight * (at + 1) as f64 / size;
        way[at].weight = step.unknown * weight * (n - at) as f64 / size;
    }
}

/// The way as if that column were not on it.
fn unwound(way: &[Step], index: usize) -> Vec<Step> {
    let mut out = way.to_vec();
    let last = out.len() - 1;
    let size = out.len() as f64;
    let Step { unknown, known, .. } = out[index];
    let mut next = out[last].weight;
    for at in (0..last).rev() {
        if known != 0.0 {
            let weight = out[at].weight;
            out[at].weight = next * size / ((at + 1) as f64 * known);
            next = weight - out[at].weight * unknown * (last - at) as f64 / size;
        } else {
            out[at].weight *= size / (unknown * (last - at) as f64);
        }
    }
    for at in index..last {
        let Step { column, unknown, known, .. } = out[at + 1];
        out[at] = Step { column, unknown, known, weight: out[at].weight };
    }
    out.truncate(last);
    out
}
