use super::*;
use crate::random::Random;

/// Rows whose log-odds are known.
fn rows(n: usize, seed: u64) -> (Vec<f64>, Vec<f64>, Vec<bool>) {
    let mut random = Random::new(seed);
    let a: Vec<f64> = (0..n).map(|_| random.normal()).collect();
    let b: Vec<f64> = (0..n).map(|_| 50.0 + 7.0 * random.normal()).collect();
    let y = a.iter().zip(&b).map(|(a, b)| random.unit() < chance(0.7 * a - 0.1 * (b - 50.0) - 0.5)).collect();
    (a, b, y)
}

#[test]
fn the_score_equations_hold_at_the_maximum() {
    let (a, b, y) = rows(2_000, 1);
    let model = fit(&[&a, &b], &y, &Options::default()).unwrap();
    assert_eq!(model.status, Status::Converged);
    let residual: Vec<f64> =
        (0..y.len()).map(|row| f64::from(u8::from(y[row])) - model.probability(&[a[row], b[row]])).collect();
    assert!(residual.iter().sum::<f64>().abs() < 1e-9);
    for column in [&a, &b] {
        assert!(residual.iter().zip(column).map(|(r, x)| r * x).sum::<f64>().abs() < 1e-7);
    }
    assert!((model.coefficients[0].value - 0.7).abs() < 4.0 * model.coefficients[0].standard_error.unwrap());
    assert!((model.coefficients[1].value + 0.1).abs() < 4.0 * model.coefficients[1].standard_error.unwrap());
    assert!(model.coefficients[0].p().unwrap() < 1e-10);
    let row = [1.3, 44.0];
    let shares: f64 = model.contributions(&row).iter().sum();
    assert!((model.log_odds(&row) - model.log_odds(&model.means) - shares).abs() < 1e-12);
}

#[test]
fn weights_are_repeated_rows_and_an_offset_is_a_known_part() {
    let (a, b, y) = rows(300, 2);
    let weights: Vec<f64> = (0..300).map(|row| f64::from(row % 3)).collect();
    let weighted = fit(&[&a, &b], &y, &Options { weights: Some(&weights), ..Options::default() }).unwrap();
    let repeated: Vec<usize> = (0..300).flat_map(|row| std::iter::repeat_n(row, row % 3)).collect();
    let of = |values: &[f64]| repeated.iter().map(|row| values[*row]).collect::<Vec<_>>();
    let outcomes: Vec<bool> = repeated.iter().map(|row| y[*row]).collect();
    let plain = fit(&[&of(&a), &of(&b)], &outcomes, &Options::default()).unwrap();
    assert!((weighted.log_likelihood - plain.log_likelihood).abs() < 1e-9);
    assert!((weighted.coefficients[1].value - plain.coefficients[1].value).abs() < 1e-10);
    let (left, right) = (weighted.intercept.standard_error.unwrap(), plain.intercept.standard_error.unwrap());
    assert!((left - right).abs() < 1e-9);

    let full = fit(&[&a, &b], &y, &Options::default()).unwrap();
    let known: Vec<f64> = b.iter().map(|b| full.coefficients[1].value * b).collect();
    let rest = fit(&[&a], &y, &Options { offset: Some(&known), ..Options::default() }).unwrap();
    assert!((rest.coefficients[0].value - full.coefficients[0].value).abs() < 1e-9);
    assert!((rest.log_likelihood - full.log_likelihood).abs() < 1e-9);
    assert!(rest.log_likelihood_null < rest.log_likelihood);
}

#[test]
fn columns_that_separate_are_named() {
    let (a, b, y) = rows(400, 3);
    let told: Vec<f64> = y.iter().map(|y| if *y { 3.0 } else { 1.0 }).collect();
    let model = fit(&[&a, &told, &b], &y, &Options::default()).unwrap();
    assert_eq!(model.status, Status::Separated(Separated { columns: vec![1], complete: true }));
    assert_eq!(model.coefficients[1].standard_error, None);
    assert!(model.log_odds(&[0.0, 3.0, 50.0]).is_finite());

    // A group all of whose members have the outcome: quasi-complete.
    let group: Vec<f64> = (0..400).map(|row| f64::from(u8::from(y[row] && row % 9 == 0))).collect();
    let model = fit(&[&a, &b, &group], &y, &Options::default()).unwrap();
    assert_eq!(model.status, Status::Separated(Separated { columns: vec![2], complete: false }));

    // Only both columns together.
    let c: Vec<f64> = a.iter().zip(&y).map(|(a, y)| if *y { 0.5 } else { -0.5 } - a).collect();
    let model = fit(&[&a, &b, &c], &y, &Options::default()).unwrap();
    assert_eq!(model.status, Status::Separated(Separated { columns: vec![0, 2], complete: true }));
    let held = fit(&[&a, &b, &c], &y, &Options { ridge: 0.1, ..Options::default() }).unwrap();
    assert_eq!(held.status, Status::Converged);
    assert_eq!(held.coefficients[0].standard_error, None, "a ridge's errors would not be valid");
}

#[test]
fn one_row_in_many_is_enough_to_separate() {
    let (a, b, y) = rows(20_000, 4);
    let at = y.iter().position(|y| *y).unwrap();
    let rare: Vec<f64> = (0..y.len()).map(|row| f64::from(u8::from(row == at))).collect();
    let model = fit(&[&a, &rare, &b], &y, &Options::default()).unwrap();
    assert_eq!(model.status, Status::Separated(Separated { columns: vec![1], complete: false }));
}

#[test]
fn columns_that_say_the_same_are_named_and_left_out() {
    let (a, b, y) = rows(500, 5);
    let sum: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 2.0 * a - 0.3 * b + 4.0).collect();
    let constant = vec![7.0; 500];
    let model = fit(&[&a, &constant, &b, &sum], &y, &Options::default()).unwrap();
    let named = vec![Alias { column: 1, of: vec![] }, Alias { column: 3, of: vec![0, 2] }];
    assert_eq!(model.collinear, named);
    assert_eq!(model.status, Status::Converged);
    let plain = fit(&[&a, &b], &y, &Options::default()).unwrap();
    assert!((model.log_likelihood - plain.log_likelihood).abs() < 1e-9);
    assert_eq!((model.n_parameters, model.coefficients[3].value), (3, 0.0));
    // Nearly the same is not the same.
    let near: Vec<f64> = a.iter().enumerate().map(|(row, a)| a + 1e-3 * (row as f64).sin()).collect();
    assert_eq!(fit(&[&a, &near], &y, &Options::default()).unwrap().collinear, []);
}

#[test]
fn units_do_not_matter() {
    let (a, b, y) = rows(800, 6);
    let model = fit(&[&a, &b], &y, &Options::default()).unwrap();
    let far: Vec<f64> = a.iter().map(|a| 1e6 + 1e-3 * a).collect();
    let moved = fit(&[&far, &b], &y, &Options::default()).unwrap();
    assert!((moved.coefficients[0].value * 1e-3 / model.coefficients[0].value - 1.0).abs() < 1e-5);
    assert!((moved.log_likelihood - model.log_likelihood).abs() < 1e-6);
}

#[test]
fn what_cannot_be_fitted_is_refused_by_kind() {
    let options = Options::default();
    assert_eq!(fit(&[], &[], &options).unwrap_err(), Refusal::Empty);
    assert_eq!(fit(&[&[1.0, 2.0]], &[true, true], &options).unwrap_err(), Refusal::OneClass);
    let broken = fit(&[&[1.0, 2.0], &[1.0, f64::NAN]], &[true, false], &options).unwrap_err();
    assert_eq!(broken, Refusal::NotFinite { column: 1, row: 1 });
    assert!(matches!(fit(&[&[1.0]], &[true, false], &options), Err(Refusal::Lengths { .. })));
    let weights = Options { weights: Some(&[1.0, -1.0]), ..options };
    assert!(matches!(fit(&[], &[true, false], &weights), Err(Refusal::Parameter { .. })));
    let alone = fit(&[], &[true, false, false, false], &options).unwrap();
    assert!((alone.intercept.value + 3f64.ln()).abs() < 1e-12);
}
