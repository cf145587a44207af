use proptest::prelude::*;

use super::*;
use crate::separation::separation;

/// Rows whose log-odds go up with a, have a hump in b, and do not know c.
fn rows(n: usize, seed: u64) -> (Vec<Vec<f64>>, Vec<f64>) {
    let mut random = Random::new(seed);
    let columns: Vec<Vec<f64>> = (0..3).map(|_| (0..n).map(|_| random.normal()).collect()).collect();
    let targets = (0..n)
        .map(|row| {
            let (a, b) = (columns[0][row], columns[1][row]);
            let odds = 1.2 * a + if b.abs() < 0.7 { 1.5 } else { -1.0 };
            f64::from(u8::from(random.unit() < chance(odds)))
        })
        .collect();
    (columns, targets)
}

fn views(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}

fn row(columns: &[Vec<f64>], at: usize) -> Vec<f64> {
    columns.iter().map(|column| column[at]).collect()
}

#[test]
fn boosting_finds_what_a_line_cannot() {
    let (columns, targets) = rows(4_000, 1);
    let model = fit(&views(&columns), &targets, None, &Options { rounds: 60, ..Options::default() }).unwrap();
    let (others, truth) = rows(4_000, 2);
    let outcomes: Vec<bool> = truth.iter().map(|y| *y == 1.0).collect();
    let auc = |scores: &[f64]| separation(scores, &outcomes).unwrap().auc;
    let found: Vec<f64> = (0..4_000).map(|at| model.predict(&row(&others, at))).collect();
    let best: Vec<f64> = (0..4_000)
        .map(|at| 1.2 * others[0][at] + if others[1][at].abs() < 0.7 { 1.5 } else { -1.0 })
        .collect();
    assert!(auc(&found) > auc(&best) - 0.02, "{} of {}", auc(&found), auc(&best));
    let importances = model.importances();
    assert!(importances[2] < 0.15 && importances[0] > 0.3);
    // The sums kept while training are those of the model.
    let mean = (0..4_000).map(|at| model.predict(&row(&columns, at))).sum::<f64>() / 4_000.0;
    assert!((mean - targets.iter().sum::<f64>() / 4_000.0).abs() < 0.01);
}

#[test]
fn a_constraint_holds_everywhere() {
    let (columns, targets) = rows(3_000, 3);
    for (monotone, sign) in [(Monotone::Rising, 1.0), (Monotone::Falling, -1.0)] {
        let options = Options {
            monotone: vec![Monotone::Free, monotone, Monotone::Rising],
            rounds: 40,
            ..Options::default()
        };
        let model = fit(&views(&columns), &targets, None, &options).unwrap();
        for at in 0..200 {
            let mut row = row(&columns, at);
            let sums: Vec<f64> = (-30..30)
                .map(|b| {
                    row[1] = f64::from(b) / 10.0;
                    sign * model.sum(&row)
                })
                .collect();
            assert!(sums.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
        }
        assert!(model.trees.len() == 40);
    }
}

#[test]
fn a_seed_determines_the_model_and_rows_held_out_choose_its_size() {
    let (columns, targets) = rows(1_500, 4);
    let options = Options {
        rounds: 400,
        row_share: 0.7,
        column_share: 0.7,
        held_out: 0.25,
        seed: 5,
        ..Options::default()
    };
    let model = fit(&views(&columns), &targets, None, &options).unwrap();
    assert_eq!(model, fit(&views(&columns), &targets, None, &options).unwrap());
    assert_ne!(
        model,
        fit(&views(&columns), &targets, None, &Options { seed: 6, ..options.clone() }).unwrap()
    );
    assert!(model.trees.len() < 200 && model.held_out_loss.len() == model.trees.len() + options.patience);
    let best = model.held_out_loss.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(model.held_out_loss[model.trees.len() - 1], best);
}

/// The tree's expectation when only the columns of `known` are.
fn expected(tree: &[Node], at: usize, row: &[f64], known: u32) -> f64 {
    match &tree[at].split {
        None => tree[at].value,
        Some(split) if known >> split.column & 1 == 1 => expected(tree, split.next(row), row, known),
        Some(split) => {
            let of = |child: usize| tree[child].cover / tree[at].cover * expected(tree, child, row, known);
            of(split.left) + of(split.right)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(25))]
    #[test]
    fn contributions_are_shapley_values(
        values in prop::collection::vec(prop::collection::vec(prop_oneof![9 => -3.0f64..3.0, 1 => Just(f64::NAN)], 5), 30..80),
        seed in 0u64..99,
    ) {
        let n = values.len();
        let columns: Vec<Vec<f64>> = (0..5).map(|at| values.iter().map(|row| row[at]).collect()).collect();
        let mut random = Random::new(seed);
        let targets: Vec<f64> = values.iter().map(|row| row[0].max(-9.0) * row[1].max(-9.0) + random.normal()).collect();
        let options = Options { loss: Loss::Squared, rounds: 4, min_leaf: 2, max_depth: 6, ..Options::default() };
        let model = fit(&views(&columns), &targets, None, &options).unwrap();
        for at in [0, n / 2, n - 1] {
            let row = &values[at];
            let (base, found) = model.contributions(row);
            prop_assert!((base + found.iter().sum::<f64>() - model.sum(row)).abs() < 1e-9);
            for column in 0..5 {
                let mut wanted = 0.0;
                for known in (0u32..32).filter(|known| known >> column & 1 == 0) {
                    // |S|! (n - |S| - 1)! / n! for n = 5.
                    let weight = [24.0, 6.0, 4.0, 6.0, 24.0][known.count_ones() as usize] / 120.0;
                    let gain: f64 = model
                        .trees
                        .iter()
                        .map(|tree| expected(tree, 0, row, known | 1 << column) - expected(tree, 0, row, known))
                        .sum();
                    wanted += weight * gain;
                }
                prop_assert!((found[column] - wanted).abs() < 1e-9, "{} {}", found[column], wanted);
            }
        }
    }
}

#[test]
fn missing_values_go_where_they_fit() {
    let x: Vec<f64> = (0..300).map(|at| if at % 3 == 0 { f64::NAN } else { f64::from(at) }).collect();
    let y: Vec<f64> = x.iter().map(|x| f64::from(u8::from(x.is_nan() || *x > 200.0))).collect();
    let model = fit(&[&x], &y, None, &Options::default()).unwrap();
    assert!(
        model.predict(&[f64::NAN]) > 0.9 && model.predict(&[100.0]) < 0.1 && model.predict(&[250.0]) > 0.9
    );
    // Only what is missing tells.
    let y: Vec<f64> = x.iter().map(|x| f64::from(u8::from(x.is_nan()))).collect();
    let model = fit(&[&x], &y, None, &Options::default()).unwrap();
    assert!(model.predict(&[f64::NAN]) > 0.9 && model.predict(&[1e9]) < 0.1);
}

#[test]
fn what_cannot_be_boosted_is_refused() {
    let options = Options::default();
    assert_eq!(fit(&[], &[1.0, 0.0], None, &options), Err(Refusal::Empty));
    assert_eq!(fit(&[&[1.0, 2.0]], &[1.0, 1.0], None, &options), Err(Refusal::OneClass));
    assert!(matches!(fit(&[&[1.0, 2.0]], &[1.0, 0.5], None, &options), Err(Refusal::Parameter { .. })));
    let infinite = fit(&[&[1.0, f64::INFINITY]], &[1.0, 0.0], None, &options);
    assert_eq!(infinite, Err(Refusal::NotFinite { column: 0, row: 1 }));
    let constant =
        fit(&[&[3.0; 100]], &(0..100).map(|at| f64::from(at % 2)).collect::<Vec<_>>(), None, &options);
    assert_eq!(constant.map(|model| (model.trees.len(), model.predict(&[3.0]))), Ok((0, 0.5)));
    let same = fit(&[&[1.0, 2.0]], &[3.0, 3.0], None, &Options { loss: Loss::Squared, ..options });
    assert_eq!(same, Err(Refusal::Constant));
}
