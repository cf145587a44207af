use super::*;
use gradus_grading::grade::{Cut, NotGradedReason};

fn with_orders(orders: &[i64]) -> Vec<Customer> {
    orders.iter().map(|orders| Customer { orders: *orders, ..Customer::default() }).collect()
}

#[test]
fn thresholds_begin_a_level_and_who_is_not_eligible_has_none() {
    let stage = stage(json!({"tiers": {"vip": {
        "by": "orders", "eligible": "orders > 0",
        "levels": {"普通": {}, "银": {"from": 2}, "金": {"from": 10}}
    }}}));
    let graded = grade(&stage, &batch(&with_orders(&[0, 1, 2, 9, 10]))).0;
    assert_eq!(column(&graded, "vip"), ["-", "普通", "银", "银", "金"]);
    assert_eq!(column(&graded, "vip_reason"), ["not_eligible", "-", "-", "-", "-"]);
    let standing = stage.standing(&batch(&with_orders(&[3])), 0, "vip", &Fits::default(), day()).unwrap();
    let distances: Vec<_> =
        standing.levels.iter().map(|level| level.distance.map(|d| d.to_string())).collect();
    assert_eq!(distances, [None, Some("-1".into()), Some("7".into())]);
    assert!(standing.render(gradus_model::Lang::Zh).contains("还差 7"));
    let standing = stage.standing(&batch(&with_orders(&[0])), 0, "vip", &Fits::default(), day()).unwrap();
    assert_eq!(standing.not_graded, Some(NotGradedReason::NotEligible));
}

#[test]
fn the_best_percent_include_all_ties() {
    let stage = stage(
        json!({"tiers": {"t": {"by": "orders", "levels": {"c": {}, "b": {"top_percent": 50}, "a": {"top_percent": 10}}}}}),
    );
    let (graded, fits) = grade(&stage, &batch(&with_orders(&[1, 2, 3, 4, 5, 5, 5, 8, 9, 9])));
    assert_eq!(column(&graded, "t"), ["c", "c", "c", "c", "b", "b", "b", "b", "a", "a"]);
    let fit = serde_json::to_value(&fits).unwrap();
    assert_eq!(fit["fits"]["tiers.t"]["cutoffs"]["at"], json!([{"exact": 5}, {"exact": 9}]));
    // A frozen fit is only applied.
    let (again, _) = stage.grade(&[batch(&with_orders(&[5, 100]))], Some(fits), day(), NonZeroUsize::MIN);
    assert_eq!(column(&again[0], "t"), ["b", "a"]);
}

#[test]
fn a_tier_is_firm_only_if_the_whole_interval_lies_in_it() {
    let stage = stage(json!({
        "scorecards": {"s": {"attributes": {"r": {"value": "rating", "bins": [{"below": 5, "points": 10}, {"else": true, "points": 20}]}}}},
        "tiers": {
            "narrow": {"by": "s", "levels": {"low": {}, "high": {"from": 15}}},
            "wide": {"by": "s", "levels": {"low": {}, "high": {"from": 10}}},
            "opaque": {"by": "s * 2", "levels": {"low": {}, "high": {"from": 10}}}
        }
    }));
    let customers = [Customer { rating: Some(9), ..Customer::default() }, Customer::default()];
    let graded = grade(&stage, &batch(&customers)).0;
    assert_eq!(column(&graded, "narrow"), ["high", "low"]);
    assert_eq!(column(&graded, "narrow_provisional"), ["false", "true"]);
    assert_eq!(column(&graded, "wide"), ["high", "high"]);
    assert_eq!(column(&graded, "wide_provisional"), ["false", "false"]);
    assert_eq!(column(&graded, "opaque_reason"), ["-", "unknown"]);
}

#[test]
fn not_applicable_and_unknown_are_different_reasons() {
    let stage = stage(json!({"tiers": {
        "a": {"by": "recency", "levels": {"x": {}, "y": {"from": 10}}},
        "b": {"by": "rating", "levels": {"x": {}, "y": {"from": 10}}},
        "c": {"by": "gap", "levels": {"x": {}, "y": {"from": 10}}}
    }}));
    let nan = Customer { gap: Some(f64::NAN), ..Customer::default() };
    let graded = grade(&stage, &batch(&[nan])).0;
    assert_eq!(column(&graded, "a_reason"), ["not_applicable"]);
    assert_eq!(column(&graded, "b_reason"), ["unknown"]);
    assert_eq!(column(&graded, "c_reason"), ["unknown"]);
    assert_eq!(graded.faults.get("tiers.c.by"), Some(&1));
}

#[test]
fn a_grid_maps_two_axes_to_levels() {
    let stage = stage(json!({"tiers": {"g": {
        "grid": {
            "rows": {"value": "orders", "cuts": [2]},
            "columns": {"value": "monetary", "cuts": [100, 500.5]},
            "cells": [["low", "low", "mid"], ["low", "mid", "high"]]
        },
        "levels": {"low": {}, "mid": {}, "high": {}}
    }}}));
    let customer = |orders, monetary| Customer { orders, monetary, ..Customer::default() };
    let customers = [
        customer(1, 0),
        customer(1, 500_5000),
        customer(2, 100_0000),
        customer(9, 500_4999),
        customer(9, 500_5000),
    ];
    let graded = grade(&stage, &batch(&customers)).0;
    assert_eq!(column(&graded, "g"), ["low", "mid", "mid", "mid", "high"]);
    let standing = stage.standing(&batch(&customers), 2, "g", &Fits::default(), day()).unwrap();
    assert_eq!(
        (standing.axes[1].from, standing.axes[1].below),
        (Some("100".parse().unwrap()), Some("500.5".parse().unwrap()))
    );
}

#[test]
fn segments_can_test_where_a_customer_stands() {
    let stage = stage(json!({
        "tiers": {"vip": {"by": "orders", "eligible": "orders > 0", "levels": {"c": {}, "b": {"from": 2}, "a": {"from": 5}}}},
        "segments": {
            "good": {"base": "everyone", "where": {"tier": {"scheme": "vip", "at_least": "b"}}},
            "not_good": {"base": "everyone", "where": {"not": {"tier": {"scheme": "vip", "at_least": "b"}}}}
        }
    }));
    let graded = grade(&stage, &batch(&with_orders(&[0, 1, 2, 7]))).0;
    assert_eq!(column(&graded, "good"), ["false", "false", "true", "true"]);
    assert_eq!(column(&graded, "not_good"), ["true", "true", "false", "false"]);
}

#[test]
fn nobody_to_grade_is_no_mistake() {
    let stage = stage(
        json!({"tiers": {"t": {"by": "orders", "eligible": "orders > 100", "levels": {"b": {}, "a": {"top_percent": 10}}}}}),
    );
    let (graded, fits) = grade(&stage, &batch(&with_orders(&[1])));
    assert_eq!(column(&graded, "t"), ["-"]);
    assert!(
        matches!(fits.fits["tiers.t"], gradus_grading::grade::Fit::Cutoffs { ref at, n: 0 } if *at == [None::<Cut>])
    );
    let (empty, _) = stage.grade(&[], None, day(), NonZeroUsize::MIN);
    assert!(empty.is_empty());
}
