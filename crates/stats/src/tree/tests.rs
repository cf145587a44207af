use proptest::prelude::*;

use super::*;
use crate::random::Random;

fn impurity(of: &[u32], rows: &[usize], criterion: Criterion) -> f64 {
    let n = rows.len() as f64;
    let shares = (0..3).map(|class| rows.iter().filter(|row| of[**row] == class).count() as f64 / n);
    match criterion {
        Criterion::Gini => 1.0 - shares.map(|p| p * p).sum::<f64>(),
        Criterion::Entropy => -shares.filter(|p| *p > 0.0).map(|p| p * p.log2()).sum::<f64>(),
    }
}

/// The best decrease of impurity among all thresholds of all columns, sides for missing values included.
fn tried(columns: &[Vec<f64>], of: &[u32], criterion: Criterion, min_leaf: usize) -> f64 {
    let rows: Vec<usize> = (0..of.len()).collect();
    let whole = impurity(of, &rows, criterion);
    let mut best = 0.0f64;
    for column in columns {
        let mut ways: Vec<Vec<bool>> = vec![column.iter().map(|x| !x.is_nan()).collect()];
        for threshold in column.iter().filter(|x| !x.is_nan()) {
            for missing in [true, false] {
                ways.push(column.iter().map(|x| if x.is_nan() { missing } else { x <= threshold }).collect());
            }
        }
        for way in ways {
            let (left, right): (Vec<usize>, Vec<usize>) = rows.iter().partition(|row| way[**row]);
            if left.len() >= min_leaf && right.len() >= min_leaf {
                let part =
                    |rows: &[usize]| rows.len() as f64 / of.len() as f64 * impurity(of, rows, criterion);
                best = best.max(whole - part(&left) - part(&right));
            }
        }
    }
    best
}

proptest! {
    #[test]
    fn the_first_split_is_the_best_of_all(
        rows in prop::collection::vec((0i32..6, prop::option::of(0i32..4), 0u32..3), 4..40),
        entropy in any::<bool>(),
        min_leaf in 1usize..4,
    ) {
        let columns = [
            rows.iter().map(|row| f64::from(row.0)).collect::<Vec<_>>(),
            rows.iter().map(|row| row.1.map_or(f64::NAN, f64::from)).collect(),
        ];
        let of: Vec<u32> = rows.iter().map(|row| row.2).collect();
        let criterion = if entropy { Criterion::Entropy } else { Criterion::Gini };
        let options = Options { criterion, max_depth: 1, min_leaf, ..Options::default() };
        let views = [Column::Numbers(&columns[0]), Column::Numbers(&columns[1])];
        let tree = fit(&views, Target::Classes { of: &of, n: 3 }, &options).unwrap();
        let wanted = tried(&columns, &of, criterion, min_leaf);
        let found = tree.nodes[0].split.as_ref().map_or(0.0, |split| split.decrease);
        prop_assert!((found - wanted).abs() < 1e-9, "{} {}", found, wanted);
    }

    #[test]
    fn categories_are_divided_as_well_as_any_way(
        rows in prop::collection::vec((0u32..5, -3i32..9, 0u32..3), 4..40),
    ) {
        let codes: Vec<Option<u32>> = rows.iter().map(|row| Some(row.0)).collect();
        let column = Column::Categories { codes: &codes, n: 5 };
        let options = Options { max_depth: 1, ..Options::default() };
        let y: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
        let of: Vec<u32> = rows.iter().map(|row| row.2).collect();
        let variance = |rows: &[usize]| {
            let mean = rows.iter().map(|row| y[*row]).sum::<f64>() / rows.len() as f64;
            rows.iter().map(|row| (y[*row] - mean).powi(2)).sum::<f64>()
        };
        let all: Vec<usize> = (0..rows.len()).collect();
        let (mut numbers, mut classes) = (0.0f64, 0.0f64);
        for ways in 1u32..31 {
            let (left, right): (Vec<usize>, Vec<usize>) = all.iter().partition(|row| ways >> rows[**row].0 & 1 == 1);
            if left.is_empty() || right.is_empty() {
                continue;
            }
            numbers = numbers.max(variance(&all) - variance(&left) - variance(&right));
            let part = |rows: &[usize]| rows.len() as f64 * impurity(&of, rows, Criterion::Gini);
            classes = classes.max(part(&all) - part(&left) - part(&right));
        }
        let n = rows.len() as f64;
        let found = |target| {
            let tree = fit(&[column], target, &options).unwrap();
            tree.nodes[0].split.as_ref().map_or(0.0, |split| split.decrease * n)
        };
        prop_assert!((found(Target::Numbers(&y)) - numbers).abs() < 1e-8);
        let of_classes = found(Target::Classes { of: &of, n: 3 });
        prop_assert!((of_classes - classes).abs() < 1e-8);
    }

    /// Every row meets the conditions of exactly the rule of its leaf.
    #[test]
    fn rules_are_the_tree(
        rows in prop::collection::vec((prop::option::of(0i32..9), prop::option::of(0u32..4), 0u32..3), 5..60),
    ) {
        let numbers: Vec<f64> = rows.iter().map(|row| row.0.map_or(f64::NAN, f64::from)).collect();
        let codes: Vec<Option<u32>> = rows.iter().map(|row| row.1).collect();
        let of: Vec<u32> = rows.iter().map(|row| row.2).collect();
        let columns = [Column::Numbers(&numbers), Column::Categories { codes: &codes, n: 4 }];
        let tree = fit(&columns, Target::Classes { of: &of, n: 3 }, &Options::default()).unwrap();
        let rules = tree.rules();
        prop_assert_eq!(rules.len(), tree.leaves().count());
        prop_assert!((rules.iter().map(|rule| rule.share).sum::<f64>() - 1.0).abs() < 1e-12);
        for at in 0..rows.len() {
            let row = [Value::Number(numbers[at]), Value::Category(codes[at])];
            let leaf = tree.leaf(&row);
            let met: Vec<usize> = rules.iter().filter(|rule| meets(rule, &row)).map(|rule| rule.leaf).collect();
            prop_assert_eq!(met, vec![leaf]);
        }
    }
}

fn meets(rule: &Rule, row: &[Value]) -> bool {
    let missing = |column: usize| match row[column] {
        Value::Number(x) => x.is_nan(),
        Value::Category(code) => code.is_none(),
    };
    let number = |column: usize| if let Value::Number(x) = row[column] { x } else { f64::NAN };
    let code = |column: usize| if let Value::Category(Some(code)) = row[column] { code } else { u32::MAX };
    rule.conditions.iter().all(|condition| match condition {
        Condition::Known { column } => !missing(*column),
        Condition::Missing { column } => missing(*column),
        Condition::Between { column, above, at_most, or_missing } => {
            let x = number(*column);
            if x.is_nan() {
                *or_missing
            } else {
                above.is_none_or(|a| x > a) && at_most.is_none_or(|b| x <= b)
            }
        }
        Condition::Among { column, categories, or_missing } => {
            if missing(*column) {
                *or_missing
            } else {
                categories.contains(&code(*column))
            }
        }
        Condition::NotAmong { column, categories, or_missing } => {
            if missing(*column) {
                *or_missing
            } else {
                !categories.contains(&code(*column))
            }
        }
    })
}

#[test]
fn ties_go_to_the_first_column_and_the_lowest_threshold() {
    let a = [1.0, 2.0, 3.0, 4.0];
    let b = [4.0, 3.0, 2.0, 1.0];
    let target = Target::Classes { of: &[0, 1, 1, 0], n: 2 };
    let tree = fit(&[Column::Numbers(&a), Column::Numbers(&b)], target, &Options::default()).unwrap();
    assert_eq!(tree.nodes[0].split.as_ref().unwrap().test, Test::AtMost { column: 0, threshold: 1.5 });
}

#[test]
fn pruning_goes_from_the_tree_to_its_root() {
    let mut random = Random::new(4);
    let x: Vec<f64> = (0..400).map(|_| random.unit()).collect();
    let noise: Vec<f64> = (0..400).map(|_| random.unit()).collect();
    let of: Vec<u32> = x.iter().map(|x| u32::from((*x > 0.5) != (random.unit() < 0.15))).collect();
    let options = Options { max_depth: 8, ..Options::default() };
    let target = Target::Classes { of: &of[..300], n: 2 };
    let halves = [Column::Numbers(&x[..300]), Column::Numbers(&noise[..300])];
    let tree = fit(&halves, target, &options).unwrap();
    let path = tree.pruning_path();
    assert!(path.windows(2).all(|pair| {
        pair[0].alpha <= pair[1].alpha
            && pair[0].n_leaves > pair[1].n_leaves
            && pair[0].impurity <= pair[1].impurity
    }));
    assert_eq!(path.last().unwrap().n_leaves, 1);
    for step in &path {
        let pruned = tree.pruned(step.alpha * (1.0 + 1e-12));
        assert_eq!(pruned.leaves().count(), step.n_leaves);
        // No other tree of the sequence is better when a leaf costs this much.
        let cost = |one: &Pruned| one.impurity + step.alpha * one.n_leaves as f64;
        assert!(path.iter().all(|other| cost(other) >= cost(step) - 1e-12));
    }
    let held_out: Vec<Vec<Value>> =
        (300..400).map(|row| vec![Value::Number(x[row]), Value::Number(noise[row])]).collect();
    let best = tree.pruned_on(&held_out, Target::Classes { of: &of[300..], n: 2 }).unwrap();
    assert!(best.leaves().count() < tree.leaves().count(), "noise is cut off");
    assert!(matches!(best.nodes[0].split.as_ref().unwrap().test, Test::AtMost { column: 0, .. }));
}

#[test]
fn numbers_are_foretold_by_means_and_weights_are_repeated_rows() {
    let x = [1.0, 2.0, 3.0, 4.0, 5.0];
    let y = [1e9 + 1.0, 1e9 + 2.0, 1e9 + 1.5, 1e9 + 9.0, 1e9 + 9.5];
    let tree =
        fit(&[Column::Numbers(&x)], Target::Numbers(&y), &Options { max_depth: 1, ..Options::default() })
            .unwrap();
    assert_eq!(tree.predict(&[Value::Number(3.4)]), 1e9 + 1.5);
    assert!((tree.nodes[2].impurity - 0.0625).abs() < 1e-6);

    let weights = [2.0, 1.0, 3.0, 1.0];
    let of = [0, 1, 0, 1];
    let weighted = Options { weights: Some(&weights), ..Options::default() };
    let tree = fit(&[Column::Numbers(&x[..4])], Target::Classes { of: &of, n: 2 }, &weighted).unwrap();
    let repeated = [1.0, 1.0, 2.0, 3.0, 3.0, 3.0, 4.0];
    let again = [0, 0, 1, 0, 0, 0, 1];
    let plain = fit(&[Column::Numbers(&repeated)], Target::Classes { of: &again, n: 2 }, &Options::default())
        .unwrap();
    let shape =
        |tree: &Tree| tree.nodes.iter().map(|node| (node.weight, node.prediction)).collect::<Vec<_>>();
    assert_eq!(shape(&tree), shape(&plain));
}

#[test]
fn degenerate_data() {
    let none = fit(&[], Target::Classes { of: &[], n: 2 }, &Options::default());
    assert_eq!(none, Err(Refusal::Empty));
    let one =
        fit(&[Column::Numbers(&[1.0, 2.0])], Target::Classes { of: &[1, 1], n: 2 }, &Options::default());
    assert_eq!(one.map(|tree| (tree.nodes.len(), tree.depth(), tree.importances())), Ok((1, 0, vec![0.0])));
    let infinite =
        fit(&[Column::Numbers(&[1.0, f64::INFINITY])], Target::Numbers(&[1.0, 2.0]), &Options::default());
    assert_eq!(infinite, Err(Refusal::NotFinite { column: 0, row: 1 }));
    let missing = [f64::NAN, f64::NAN, 1.0, 1.0];
    let tree = fit(&[Column::Numbers(&missing)], Target::Numbers(&[1.0, 1.0, 5.0, 5.0]), &Options::default())
        .unwrap();
    assert_eq!(tree.nodes[0].split.as_ref().unwrap().test, Test::Known { column: 0 });
    assert_eq!(tree.predict(&[Value::Number(f64::NAN)]), 1.0);
    // No number lies between neighbours.
    let near = [1.0, 1.0 + f64::EPSILON];
    let tree = fit(&[Column::Numbers(&near)], Target::Numbers(&[0.0, 1.0]), &Options::default()).unwrap();
    assert_eq!(
        (tree.predict(&[Value::Number(near[0])]), tree.predict(&[Value::Number(near[1])])),
        (0.0, 1.0)
    );
}
