//! `TreeEnsembleRegressor` and `TreeEnsembleClassifier`: nodes of all trees in parallel lists.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Graph, Node};
use super::operators::{refused, several, two_classes};
use super::sum::{Column, Inputs, Sum, as_cut};
use super::{broken, unsupported};
use crate::document::{Link, TrainedNode, TrainedTree};
use crate::{Finding, Text};

/// Nodes of all trees at most: what a model document holds.
const MOST_NODES: usize = 50_000;

/// What leaves add, by tree and node: to which output, and how much.
type Leaves = BTreeMap<(i64, i64), Vec<(i64, f64)>>;

pub(super) fn regressor(node: &Node<'_>, columns: &[Column], inputs: &mut Inputs) -> Result<Sum, Finding> {
    if node.integer("n_targets")?.max(1) != 1 {
        return Err(several(node));
    }
    let leaves = leaves(node, "target")?;
    let trees = trees(node, columns, inputs, &leaves, |added| added.iter().map(|(_, weight)| weight).sum())?;
    let n = trees.len().max(1) as f64;
    let mut sum = Sum { trees, ..Sum::default() };
    match node.text("aggregate_function")?.as_str() {
        "" | "SUM" => {}
        "AVERAGE" => sum = sum.times(1.0 / n),
        _ => return Err(refused(node)),
    }
    sum.intercept += node.numbers("base_values")?.first().copied().unwrap_or(0.0);
    Ok(sum)
}

pub(super) fn classifier(
    graph: &Graph<'_>,
    node: &Node<'_>,
    columns: &[Column],
    inputs: &mut Inputs,
) -> Result<Sum, Finding> {
    let [_, told] = two_classes(node)?;
    graph.tell_class(told);
    let leaves = leaves(node, "class")?;
    let classes: BTreeSet<i64> = leaves.values().flatten().map(|(class, _)| *class).collect();
    let base = node.numbers("base_values")?;
    let post = node.text("post_transform")?;
    if classes.len() <= 1 {
        // One score, that of the second class.
        let trees =
            trees(node, columns, inputs, &leaves, |added| added.iter().map(|(_, weight)| weight).sum())?;
        let all_positive = leaves.values().flatten().all(|(_, weight)| *weight >= 0.0);
        let intercept = base.get(1).or(base.first()).copied().unwrap_or(0.0);
        let link = match post.as_str() {
            // A chance already.
            "" | "NONE" if all_positive => Link::Identity,
            // With positive scores only the format does not say what is meant.
            "LOGISTIC" if !all_positive => Link::Logit,
            _ => return Err(refused(node)),
        };
        return Ok(Sum { intercept, trees, link, ..Sum::default() });
    }
    if classes.iter().any(|class| !(0..=1).contains(class)) {
        return Err(several(node));
    }
    let of = |class: i64, added: &[(i64, f64)]| -> f64 {
        added.iter().filter(|(own, _)| *own == class).map(|(_, weight)| weight).sum()
    };
    let base_of = |at: usize| base.get(at).copied().unwrap_or(0.0);
    let (trees, intercept, link) = match post.as_str() {
        "" | "NONE" => {
            (trees(node, columns, inputs, &leaves, |added| of(1, added))?, base_of(1), Link::Identity)
        }
        "LOGISTIC" => (trees(node, columns, inputs, &leaves, |added| of(1, added))?, base_of(1), Link::Logit),
        "SOFTMAX" => {
            let apart = trees(node, columns, inputs, &leaves, |added| of(1, added) - of(0, added))?;
            (apart, base_of(1) - base_of(0), Link::Logit)
        }
        _ => return Err(refused(node)),
    };
    Ok(Sum { intercept, trees, link, ..Sum::default() })
}

/// `target_…` or `class_…`.
fn leaves(node: &Node<'_>, kind: &str) -> Result<Leaves, Finding> {
    let list = |name: &str| node.integers(&format!("{kind}_{name}"));
    let (tree, own, id) = (list("treeids")?, list("nodeids")?, list("ids")?);
    let weights = node.numbers(&format!("{kind}_weights"))?;
    let n = weights.len();
    if n == 0 || tree.len() != n || own.len() != n || id.len() != n || weights.iter().any(|w| !w.is_finite())
    {
        return Err(broken(node.place()));
    }
    let mut out = Leaves::new();
    for at in 0..n {
        out.entry((tree[at], own[at])).or_default().push((id[at], weights[at]));
    }
    Ok(out)
}

/// The lists of all nodes.
struct Lists {
    features: Vec<i64>,
    cuts: Vec<f64>,
    modes: Vec<String>,
    yes: Vec<i64>,
    no: Vec<i64>,
    unknown: Vec<i64>,
    /// The list's place of a node of a tree.
    places: BTreeMap<(i64, i64), usize>,
    trees: Vec<i64>,
}

impl Lists {
    fn of(node: &Node<'_>) -> Result<Lists, Finding> {
        let (tree, own) = (node.integers("nodes_treeids")?, node.integers("nodes_nodeids")?);
        let lists = Lists {
            features: node.integers("nodes_featureids")?,
            cuts: node.numbers("nodes_values")?,
            modes: node.texts("nodes_modes")?,
            yes: node.integers("nodes_truenodeids")?,
            no: node.integers("nodes_falsenodeids")?,
            unknown: node.integers("nodes_missing_value_tracks_true")?,
            places: tree.iter().copied().zip(own.iter().copied()).zip(0..).collect(),
            trees: tree.iter().copied().collect::<BTreeSet<i64>>().into_iter().collect(),
        };
        let n = tree.len();
        let lengths = [
            own.len(),
            lists.features.len(),
            lists.cuts.len(),
            lists.modes.len(),
            lists.yes.len(),
            lists.no.len(),
        ];
        let is_whole = n > 0 && lengths.iter().all(|length| *length == n) && lists.places.len() == n;
        if !is_whole || !(lists.unknown.is_empty() || lists.unknown.len() == n) {
            return Err(broken(node.place()));
        }
        if n > MOST_NODES {
            return Err(unsupported(
                node.place(),
                Text::new(
                    format!("树共有 {n} 个节点，太多"),
                    format!("the trees have {n} nodes, which are too many"),
                ),
                Text::new(
                    format!("最多 {MOST_NODES} 个：更少或更浅的树"),
                    format!("{MOST_NODES} at most: fewer or shallower trees"),
                ),
            ));
        }
        Ok(lists)
    }
}

/// All trees, each leaf with what it adds.
fn trees(
    node: &Node<'_>,
    columns: &[Column],
    inputs: &mut Inputs,
    leaves: &Leaves,
    gives: impl Fn(&[(i64, f64)]) -> f64,
) -> Result<Vec<TrainedTree>, Finding> {
    let lists = Lists::of(node)?;
    // A file in which nothing says where what is missing goes was not learned from anything missing.
    let says_unknown = lists.unknown.iter().any(|tracks| *tracks != 0);
    let mut out = Vec::with_capacity(lists.trees.len());
    for tree in &lists.trees {
        let inner: BTreeSet<i64> = lists
            .places
            .range((*tree, i64::MIN)..=(*tree, i64::MAX))
            .filter(|(_, at)| lists.modes[**at] != "LEAF")
            .flat_map(|(_, at)| [lists.yes[*at], lists.no[*at]])
            .collect();
        let own = lists.places.range((*tree, i64::MIN)..=(*tree, i64::MAX)).map(|((_, id), _)| *id);
        let roots: Vec<i64> = own.filter(|id| !inner.contains(id)).collect();
        let [root] = roots[..] else { return Err(broken(node.place())) };
        let mut nodes: Vec<TrainedNode> = Vec::new();
        // Of each open node: its id, and the place of the node that leads to it, on the side `yes`.
        let mut open: Vec<(i64, Option<(usize, bool)>)> = vec![(root, None)];
        let mut seen = BTreeSet::new();
        while let Some((id, from)) = open.pop() {
            let at = *lists.places.get(&(*tree, id)).ok_or_else(|| broken(node.place()))?;
            if !seen.insert(id) {
                return Err(broken(node.place()));
            }
            let place = nodes.len();
            if let Some((parent, side)) = from {
                let way = if side { &mut nodes[parent].yes } else { &mut nodes[parent].no };
                *way = Some(place as u32);
            }
            if lists.modes[at] == "LEAF" {
                let added = leaves.get(&(*tree, id)).map(Vec::as_slice).unwrap_or_default();
                nodes.push(TrainedNode { gives: Some(gives(added)), ..question() });
                continue;
            }
            let column = usize::try_from(lists.features[at]).ok().and_then(|at| columns.get(at));
            let column = column.ok_or_else(|| broken(node.place()))?;
            let (below, holds_left) = match lists.modes[at].as_str() {
                "BRANCH_LEQ" => (false, true),
                "BRANCH_LT" => (true, true),
                "BRANCH_GT" => (false, false),
                "BRANCH_GTE" => (true, false),
                other => {
                    let shown: String = other.chars().take(40).collect();
                    return Err(unsupported(
                        node.place(),
                        Text::new(
                            format!("`{}` 的节点方式 `{shown}`", node.operator),
                            format!("nodes of mode `{shown}` of `{}`", node.operator),
                        ),
                        Text::plain("BRANCH_LEQ / BRANCH_LT / BRANCH_GT / BRANCH_GTE / LEAF"),
                    ));
                }
            };
            let cut = lists.cuts[at];
            let is_single = (cut as f32) as f64 == cut;
            let cut = if is_single { as_cut(cut as f32, below) } else { cut };
            // (x - offset) scale <= cut; where the scale is below nought the other way round.
            let turned = column.scale < 0.0;
            let cut = match column.offset == 0.0 && column.scale == 1.0 {
                true => cut,
                false => cut / column.scale + column.offset,
            };
            if !cut.is_finite() {
                return Err(broken(node.place()));
            }
            let (below, left_holds) = if turned { (!below, !holds_left) } else { (below, holds_left) };
            let input = column.input(inputs);
            let tracks = lists.unknown.get(at).is_some_and(|tracks| *tracks != 0);
            // `yes` is the side at most (or below) the cut; unknown goes where the file's own test says.
            let unknown = says_unknown.then_some(tracks == left_holds);
            nodes.push(TrainedNode {
                input: Some(inputs.name(input).to_string()),
                cut: Some(cut),
                below,
                unknown,
                ..question()
            });
            open.push((lists.no[at], Some((place, !left_holds))));
            open.push((lists.yes[at], Some((place, left_holds))));
        }
        out.push(TrainedTree { nodes });
    }
    Ok(out)
}

fn question() -> TrainedNode {
    TrainedNode { input: None, cut: None, below: false, yes: None, no: None, unknown: None, gives: None }
}
