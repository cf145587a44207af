//! Grown on three quarters of the customers, cut back to what holds on the others, its thresholds moved to the
//! roundest numbers that part the same customers; then everybody is counted in the leaves.

use std::ops::Range;

use gradus_model::{Finding, Place, Text};
use gradus_stats::random::Random;
use gradus_stats::tree::{Column as StatsColumn, Options, Split, Target, Test, Tree, Value, fit};

use super::TreeOptions;
use crate::WorkspaceError;
use crate::learn::columns::{Column, Feature};
use crate::learn::cuts::roundest_between;

/// Of the customers those on whom the tree is cut back, and how many at most.
const CUT_BACK_SHARE: f64 = 0.25;
const CUT_BACK_ROWS: usize = 20_000;
/// Another draw than any other of the same seed.
const FOLD: u64 = 0x7ee5_0001;
/// Most categories that a question may name.
const MOST_CATEGORIES: usize = 200;

/// A tree with everybody in its leaves.
pub(super) struct Grown {
    pub tree: Tree,
    /// Of every row, those of a held-out date too.
    pub leaf_of: Vec<usize>,
    /// Of each node how many rows of each class it holds, over the rows that are learned from.
    counts: Vec<Vec<u64>>,
    all: Vec<u64>,
}

impl Grown {
    pub fn n(&self, leaf: usize) -> u64 {
        self.counts[leaf].iter().sum()
    }

    pub fn count(&self, leaf: usize, class: usize) -> u64 {
        self.counts[leaf].get(class).copied().unwrap_or(0)
    }

    pub fn rate(&self, leaf: usize, class: usize) -> f64 {
        self.count(leaf, class) as f64 / self.n(leaf).max(1) as f64
    }

    /// The class of most; of equals the first.
    pub fn class(&self, leaf: usize) -> usize {
        let counts = &self.counts[leaf];
        (0..counts.len()).rev().max_by_key(|class| counts[*class]).unwrap_or(0)
    }

    pub fn counts_all(&self) -> &[u64] {
        &self.all
    }

    pub fn n_all(&self) -> u64 {
        self.all.iter().sum()
    }
}

/// Grows on the rows in `train`.
pub(super) fn grow(
    features: &[Feature],
    customers: &[i64],
    classes: &[u32],
    n_classes: u32,
    train: Range<usize>,
    options: &TreeOptions,
    seed: u64,
) -> Result<Grown, WorkspaceError> {
    let n = classes.len();
    let columns: Vec<Column<'_>> = features.iter().map(|feature| feature.values.part(0..n)).collect();
    let is_aside = |row: &usize| Random::new(customers[*row] as u64 ^ seed ^ FOLD).unit() < CUT_BACK_SHARE;
    let (mut aside, grown_on): (Vec<usize>, Vec<usize>) = train.clone().partition(is_aside);
    aside.truncate(CUT_BACK_ROWS);
    if grown_on.is_empty() || features.is_empty() {
        return Err(nothing().into());
    }
    let owned: Vec<Owned> = columns.iter().map(|column| Owned::of(column, &grown_on)).collect();
    let own: Vec<StatsColumn<'_>> = owned.iter().map(Owned::column).collect();
    let of: Vec<u32> = grown_on.iter().map(|row| classes[*row]).collect();
    let min_leaf = ((grown_on.len() as f64 * options.min_leaf).ceil() as usize).max(1);
    let how = Options {
        max_depth: options.max_depth,
        min_leaf,
        min_split: 2 * min_leaf,
        min_decrease: 1e-4,
        ..Options::default()
    };
    let defect = |refusal: gradus_stats::refusal::Refusal| {
        WorkspaceError::Defect(format!("a tree was refused: {refusal}"))
    };
    let mut tree = fit(&own, Target::Classes { of: &of, n: n_classes }, &how).map_err(defect)?;
    if !aside.is_empty() {
        let rows: Vec<Vec<Value>> = aside.iter().map(|row| row_of(&columns, *row)).collect();
        let of: Vec<u32> = aside.iter().map(|row| classes[*row]).collect();
        // Of an outcome that is rare everywhere no leaf foretells it, and yet the leaves differ: then it stays.
        let cut = tree.pruned_on(&rows, Target::Classes { of: &of, n: n_classes }).map_err(defect)?;
        if cut.leaves().count() > 1 {
            tree = cut;
        }
    }
    round(&mut tree, &columns, &grown_on);
    let leaf_of: Vec<usize> = (0..n).map(|row| tree.leaf(&row_of(&columns, row))).collect();
    let mut counts = vec![vec![0u64; n_classes as usize]; tree.nodes.len()];
    let mut all = vec![0u64; n_classes as usize];
    for row in train {
        counts[leaf_of[row]][classes[row] as usize] += 1;
        all[classes[row] as usize] += 1;
    }
    Ok(Grown { tree, leaf_of, counts, all })
}

fn nothing() -> Finding {
    Finding::error(
        "nothing-left",
        Place::default().at("features"),
        Text::new("没有可以学习的特征或客户", "there is no feature or customer to learn from"),
        Text::new("换别的特征或人群", "other features, or another base"),
    )
}

/// A column of some rows.
enum Owned {
    Numbers(Vec<f64>),
    Categories(Vec<Option<u32>>, u32),
}

impl Owned {
    fn of(column: &Column<'_>, rows: &[usize]) -> Owned {
        match column {
            Column::Numbers(values) => Owned::Numbers(rows.iter().map(|row| values[*row]).collect()),
            // A name is no category: nobody can read a question with a thousand names.
            Column::Categories { words, .. } if words.len() > MOST_CATEGORIES => {
                Owned::Categories(vec![None; rows.len()], 1)
            }
            Column::Categories { codes, words, .. } => {
                Owned::Categories(rows.iter().map(|row| codes[*row]).collect(), words.len() as u32)
            }
        }
    }

    fn column(&self) -> StatsColumn<'_> {
        match self {
            Owned::Numbers(values) => StatsColumn::Numbers(values),
            Owned::Categories(codes, n) => StatsColumn::Categories { codes, n: *n },
        }
    }
}

fn row_of(columns: &[Column<'_>], row: usize) -> Vec<Value> {
    let of = |column: &Column<'_>| match column {
        Column::Numbers(values) => Value::Number(values[row]),
        Column::Categories { codes, .. } => Value::Category(codes[row]),
    };
    columns.iter().map(of).collect()
}

/// Moves each threshold to the roundest number between the values that it parts, with four digits at most.
fn round(tree: &mut Tree, columns: &[Column<'_>], rows: &[usize]) {
    let mut at_node: Vec<Vec<usize>> = vec![Vec::new(); tree.nodes.len()];
    at_node[0] = rows.to_vec();
    // A node comes before its children.
    for node in 0..tree.nodes.len() {
        let here = std::mem::take(&mut at_node[node]);
        let Some(split) = tree.nodes[node].split.as_mut() else { continue };
        let (left, right) = (split.left, split.right);
        if let Test::AtMost { column, threshold } = &mut split.test
            && let Column::Numbers(values) = &columns[*column]
        {
            let known = || here.iter().map(|row| values[*row]).filter(|value| !value.is_nan());
            let below = known().filter(|value| *value <= *threshold).fold(f64::NEG_INFINITY, f64::max);
            let above = known().filter(|value| *value > *threshold).fold(f64::INFINITY, f64::min);
            if below.is_finite() && above.is_finite() {
                if let Some(cut) = roundest_between(below, above) {
                    *threshold = cut.to_f64();
                }
            }
        }
        for row in here {
            let goes_left = goes_left(split, columns, row);
            at_node[if goes_left { left } else { right }].push(row);
        }
    }
}

fn goes_left(split: &Split, columns: &[Column<'_>], row: usize) -> bool {
    match (&split.test, &columns[split.test.column()]) {
        (Test::AtMost { threshold, .. }, Column::Numbers(values)) if !values[row].is_nan() => {
            values[row] <= *threshold
        }
        (Test::Among { categories, .. }, Column::Categories { codes, .. }) => match codes[row] {
            Some(code) => categories.binary_search(&code).is_ok(),
            None => split.missing_left,
        },
        (Test::Known { .. }, Column::Numbers(values)) => !values[row].is_nan(),
        (Test::Known { .. }, Column::Categories { codes, .. }) => codes[row].is_some(),
        _ => split.missing_left,
    }
}
