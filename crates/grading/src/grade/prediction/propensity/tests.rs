use std::sync::Arc;

use arrow::array::{Decimal128Array, Int64Array, StringArray};
use arrow::datatypes::Decimal128Type;

use super::*;
use std::collections::BTreeSet;

fn formula(sql: &str, data_type: DataType) -> Formula {
    Formula {
        sql: sql.into(),
        data_type,
        references: BTreeSet::from([sql.to_string()]),
        path: String::new(),
        expression: None,
        said: None,
    }
}

fn propensity() -> Propensity {
    Propensity {
        inputs: vec![formula("days", DataType::Int64), formula("city", DataType::Utf8)],
        titles: vec![Text::new("天数", "Days"), Text::new("城市", "City")],
    }
}

fn feature(name: &str, encoding: Encoding) -> FitFeature {
    FitFeature { name: name.into(), title: Text::plain(name), encoding }
}

fn fit() -> PropensityFit {
    PropensityFit {
        as_of: "2024-06-30".into(),
        outcome: Text::new("流失", "Churn"),
        horizon: Text::new("90 天", "90 days"),
        n: 1000,
        n_events: 400,
        features: vec![
            feature(
                "days",
                Encoding::Number { low: 0.0, high: 100.0, log: false, fill: 50.0, missing: true },
            ),
            feature("city", Encoding::OneOf { words: vec!["Xiamen".into()], missing: false }),
        ],
        learned: Learned::Logistic {
            intercept: -1.0,
            coefficients: vec![0.02, 0.5, -1.0],
            means: vec![40.0, 0.1, 0.25],
        },
        calibration: Calibration::Platt { intercept: 0.1, slope: 0.9 },
    }
}

fn inputs() -> Vec<ArrayRef> {
    vec![
        Arc::new(Int64Array::from(vec![Some(30), None, Some(500)])),
        Arc::new(StringArray::from(vec![Some("Xiamen"), None, Some("Lhasa")])),
    ]
}

fn chances(fit: &PropensityFit) -> Vec<f64> {
    let found = propensity().evaluate(&inputs(), fit);
    let found: &Decimal128Array = found[0].as_primitive::<Decimal128Type>();
    found.values().iter().map(|value| *value as f64 / 1e4).collect()
}

#[test]
fn a_chance_is_the_curve_of_the_weighted_sum() {
    let by_hand = |sum: f64| (1e4 / (1.0 + (-(0.1 + 0.9 * sum)).exp())).round() / 1e4;
    let expected = [by_hand(-1.0 + 0.6 - 1.0), by_hand(-1.0 + 1.0 + 0.5), by_hand(-1.0 + 2.0)];
    assert_eq!(
        chances(&fit()),
        expected,
        "unknown counts as 50 days and as unknown; 500 as 100; Lhasa as none"
    );
}

#[test]
fn what_is_said_adds_up_to_the_difference_from_the_average() {
    let first: Vec<ArrayRef> = inputs().iter().map(|array| array.slice(0, 1)).collect();
    let value = PredictionValue {
        name: "churn".into(),
        title: Text::plain("churn"),
        value: Some("0.2".into()),
        said: None,
    };
    let said = propensity().say(&first, &fit(), &[value]);
    let own = fit().calibration.chance(-1.4);
    let base = fit().calibration.chance(-1.0 + 0.8 + 0.05 - 0.25);
    let sum: f64 = said.factors.iter().map(|factor| factor.amount).sum();
    assert!((sum - (own - base)).abs() < 1e-9, "{sum} {own} {base}");
    assert_eq!(said.factors[0].name, "city");
    assert_eq!(said.factors[0].value.as_deref(), Some("Xiamen"));
    assert!(said.lines[0].zh.contains("流失") && said.lines[1].en.contains("2024-06-30"));
}

#[test]
fn trees_say_what_they_are_made_of_and_stored_ones_are_read_back() {
    let leaf = |value: f64, cover: f64| FitNode { value, cover, split: None };
    let trees = vec![FitTree(vec![
        FitNode { value: 0.0, cover: 100.0, split: Some((0, 40.0, false, 1, 2)) },
        leaf(-0.5, 60.0),
        leaf(1.0, 40.0),
    ])];
    let fit = PropensityFit {
        features: vec![
            feature("days", Encoding::Plain),
            feature("city", Encoding::Ordered { words: vec!["Lhasa".into(), "Xiamen".into()] }),
        ],
        learned: Learned::Boosted { base: -0.3, trees },
        calibration: Calibration::Isotonic { scores: vec![-1.0, 1.0], values: vec![0.2, 0.8] },
        ..fit()
    };
    let stored = serde_json::to_string(&fit).unwrap();
    let read: PropensityFit = serde_json::from_str(&stored).unwrap();
    assert_eq!(read, fit);
    // -0.3 - 0.5 = -0.8 lies at a tenth between -1 and 1; unknown and 500 days go right: 0.7.
    assert_eq!(chances(&read), [0.26, 0.71, 0.71]);
    let parts = read.contributions(&[30.0, 1.0]);
    assert!((parts[0] - (-0.5 - 0.1)).abs() < 1e-12 && parts[1] == 0.0, "{parts:?}");
    // A tree that leads outside of itself is left out rather than followed.
    let broken = PropensityFit {
        learned: Learned::Boosted {
            base: 0.0,
            trees: vec![FitTree(vec![FitNode { value: 0.0, cover: 1.0, split: Some((9, 0.0, true, 0, 7)) }])],
        },
        ..read
    };
    assert_eq!(chances(&broken), [0.5, 0.5, 0.5]);
}

#[test]
fn what_is_stored_comes_back_to_the_bit() {
    let learned = Learned::Logistic {
        intercept: -1.0 / 3.0,
        coefficients: (1..40).map(|at| f64::from(at).sqrt() / 7.0e3).collect(),
        means: (1..40).map(|at| f64::from(at).exp()).collect(),
    };
    let fit = PropensityFit { learned, ..fit() }.rounded();
    let stored = serde_json::to_value(&fit).unwrap().to_string();
    assert_eq!(serde_json::from_str::<PropensityFit>(&stored).unwrap(), fit);
    assert_eq!(fit.clone().rounded(), fit);
}

#[test]
fn a_fit_of_other_features_says_nothing() {
    let other = PropensityFit { features: vec![feature("gone", Encoding::Plain)], ..fit() };
    assert!(propensity().evaluate(&inputs(), &other).is_empty());
    assert!(propensity().say(&inputs(), &other, &[]).lines[0].en.contains("anew"));
}
