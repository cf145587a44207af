use super::*;

fn customers() -> Vec<Customer> {
    vec![
        Customer {
            recency: Some(10),
            orders: 5,
            monetary: 1_000_0000,
            rating: Some(9),
            country: Some("France"),
            ..Customer::default()
        },
        Customer {
            recency: Some(30),
            orders: 1,
            monetary: 50_0000,
            rating: None,
            country: Some("Spain"),
            ..Customer::default()
        },
        Customer {
            recency: None,
            orders: 0,
            monetary: 0,
            rating: Some(-1),
            country: None,
            ..Customer::default()
        },
    ]
}

fn scores(card: Value) -> (Vec<String>, Vec<String>, Vec<String>, Vec<String>) {
    let stage = stage(json!({"scorecards": {"s": card}}));
    let graded = grade(&stage, &batch(&customers())).0;
    assert!(graded.faults.is_empty(), "{:?}", graded.faults);
    (
        column(&graded, "s"),
        column(&graded, "s_low"),
        column(&graded, "s_high"),
        column(&graded, "s_completeness"),
    )
}

#[test]
fn bins_are_closed_on_the_left_and_special_values_come_first() {
    let (score, ..) = scores(json!({
        "base_points": 100,
        "attributes": {
            "recency": {"value": "recency", "bins": [{"below": 30, "points": 10}, {"from": 30, "points": 3}], "not_applicable": -5},
            "rating": {"value": "rating", "special": [{"in": [-1], "points": 7}], "bins": [{"from": 0, "below": 9, "points": 1}, {"else": true, "points": 2}], "unknown": {"points": 0.5}},
            "country": {"value": "country", "bins": [{"in": ["France"], "points": 20}, {"else": true, "points": 4}], "unknown": {"points": 0}}
        }
    }));
    assert_eq!(score, ["132", "107.5", "102"]);
}

#[test]
fn an_unknown_value_makes_an_interval_by_default() {
    let (score, low, high, completeness) = scores(json!({
        "attributes": {
            "orders": {"value": "orders", "bins": [{"below": 2, "points": 1}, {"else": true, "points": 3}]},
            "rating": {"value": "rating", "bins": [{"below": 5, "points": -2}, {"else": true, "points": 6}]}
        }
    }));
    assert_eq!(score, ["9", "-", "-1"]);
    assert_eq!(
        (low, high),
        (vec!["9".to_string(), "-1".into(), "-1".into()], vec!["9".to_string(), "7".into(), "-1".into()])
    );
    assert_eq!(completeness, ["1", "0.5", "1"]);
}

#[test]
fn reweighting_gives_the_weight_to_what_is_known() {
    let (score, low, high, completeness) = scores(json!({
        "combine": "weighted_sum",
        "attributes": {
            "orders": {"value": "orders", "weight": 0.3, "bins": [{"below": 2, "points": 10}, {"else": true, "points": 30}], "unknown": "reweight"},
            "rating": {"value": "rating", "weight": 0.7, "bins": [{"below": 5, "points": 1}, {"else": true, "points": 2}], "unknown": "reweight"}
        }
    }));
    // The second: 10 x 0.3 x 1 / 0.3.
    assert_eq!(score, ["10.4", "10", "3.7"]);
    assert_eq!(low, high);
    assert_eq!(completeness, ["1", "0.3", "1"]);
}

#[test]
fn with_nothing_known_the_score_is_an_interval() {
    let (score, low, high, completeness) = scores(json!({
        "attributes": {"rating": {"value": "rating", "bins": [{"below": 5, "points": 1}, {"else": true, "points": 2}], "unknown": "reweight"}}
    }));
    assert_eq!(
        (score[1].as_str(), low[1].as_str(), high[1].as_str(), completeness[1].as_str()),
        ("-", "1", "2", "0")
    );
}

#[test]
fn caps_hold_per_line_per_group_and_in_total() {
    let (score, ..) = scores(json!({
        "combine": "weighted_sum",
        "attributes": {
            "money": {"value": "monetary", "slope": {"points_each": 1, "per": 100}, "weight": 2, "cap": {"min": 0, "max": 15}, "group": "spend"},
            "orders": {"value": "orders", "slope": {"points_each": 2}, "cap": {"min": 1, "max": 8}, "group": "spend"}
        },
        "adjustments": {"french": {"when": "country = 'France'", "points": 50}},
        "groups": {"spend": {"max": 20}},
        "total": {"min": 1.5, "max": 60}
    }));
    // 15 (of 20) + 8 (of 10) limited to 20, + 50, limited to 60; 1 + 2; 0 + 1 limited to 1.5, and
    // the third may be French: 1.5 to 51.
    assert_eq!(score, ["60", "3", "-"]);
}

#[test]
fn scaled_scores_run_from_0_to_100() {
    let (score, ..) = scores(json!({
        "combine": "scaled",
        "base_points": 7,
        "attributes": {
            "orders": {"value": "orders", "weight": 2, "bins": [{"below": 1, "points": -1}, {"from": 1, "below": 2, "points": 0}, {"from": 2, "points": 5}]},
            "recency": {"value": "recency", "bins": [{"below": 30, "points": 3}, {"else": true, "points": 1}], "not_applicable": 0}
        }
    }));
    // Least -2 + 0, greatest 10 + 3: 15 points make 100.
    assert_eq!(score, ["100", "20", "0"]);
}

#[test]
fn events_give_points_that_the_fold_sums() {
    let stage = stage(json!({"scorecards": {"s": {"adjustments": {
        "complaints": {"per_event": {"event": "complaint", "where": "severity >= 2", "window": "90 days", "decay": {"half_life": "30 days"}}, "points": -10, "cap": {"min": -25}}
    }}}}));
    let requests = stage.fold_requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(
        (requests[0].name.as_str(), requests[0].filter.as_deref()),
        ("_b1", Some("kind = 'complaint' and (severity >= 2)"))
    );
    let customers =
        [Customer { hidden: -10, ..Customer::default() }, Customer { hidden: -40, ..Customer::default() }];
    let graded = grade(&stage, &batch_with(&customers, &[("_b1", DataType::Decimal128(38, 4))])).0;
    assert_eq!(column(&graded, "s"), ["-10", "-25"]);
    // Without the column every row is a fault, and counted.
    let graded = grade(&stage, &batch(&customers)).0;
    assert_eq!(graded.faults.values().sum::<u64>(), 2);
}

#[test]
fn composites_and_formulas_are_evaluated_in_their_order() {
    let stage = stage(json!({
        "indicators": {
            "double": {"kind": "formula", "of": "base_value * 2"},
            "base_value": {"kind": "formula", "of": "orders + 1"}
        },
        "scorecards": {
            "top": {"attributes": {"a": {"value": "low_card", "bins": [{"below": 5, "points": 1}, {"else": true, "points": 2}]}}},
            "low_card": {"attributes": {"b": {"value": "double", "slope": {"points_each": 1}, "cap": {"min": 0, "max": 100}}}}
        }
    }));
    let graded = grade(&stage, &batch(&customers())).0;
    assert_eq!(column(&graded, "low_card"), ["12", "4", "2"]);
    assert_eq!(column(&graded, "top"), ["2", "1", "1"]);
}

#[test]
fn rule_sets_follow_priority_dates_and_hit_policy() {
    let rules = |hit: &str| {
        json!({
            "hit": hit, "otherwise": 0,
            "rules": {
                "a": {"when": "orders >= 1", "then": 1},
                "b": {"when": "orders >= 5", "then": 5, "priority": 2},
                "old": {"when": "orders >= 0", "then": 100, "until": "2026-06-29"},
                "today": {"when": "orders >= 0", "then": 0.25, "from": "2026-06-30", "priority": -1}
            }
        })
    };
    let of = |hit: &str| {
        column(&grade(&stage(json!({"rule_sets": {"r": rules(hit)}})), &batch(&customers())).0, "r")
    };
    assert_eq!(of("first"), ["5", "1", "0.25"]);
    assert_eq!(of("sum"), ["6.25", "1.25", "0.25"]);
    assert_eq!(of("max"), ["5", "1", "0.25"]);
    assert_eq!(of("min"), ["0.25", "0.25", "0.25"]);
    let text = stage(
        json!({"rule_sets": {"r": {"rules": {"a": {"when": "country = 'France'", "then": "近"}}, "otherwise": "远"}}}),
    );
    assert_eq!(column(&grade(&text, &batch(&customers())).0, "r"), ["近", "远", "远"]);
}

#[test]
fn a_statement_shows_value_bin_points_weight_and_caps() {
    let stage = stage(json!({"scorecards": {"value": {
        "title": {"zh": "价值分", "en": "Value score"}, "combine": "weighted_sum", "base_points": 5,
        "attributes": {
            "recency": {"title": {"zh": "最近消费天数", "en": "days since the last order"}, "value": "recency", "weight": 2, "group": "g", "bins": [{"below": 30, "points": 10}, {"from": 30, "points": 3}]},
            "money": {"value": "monetary", "group": "g", "slope": {"points_each": 1, "per": 100}, "cap": {"min": 0, "max": 8}}
        },
        "adjustments": {"french": {"when": "country = 'France'", "points": -1}},
        "groups": {"g": {"max": 25}}, "total": {"max": 28}
    }}}));
    let batch = batch(&customers());
    let statement = stage.explain_score(&batch, 0, "value", &Fits::default(), day()).unwrap();
    assert_eq!((statement.sum_of_lines(), statement.total.to_string().as_str()), (statement.total, "28"));
    let zh = statement.render(gradus_model::Lang::Zh);
    for text in ["价值分", "基础分", "最近消费天数", "< 30", "封顶", "合计", "28"] {
        assert!(zh.contains(text), "{text} in\n{zh}");
    }
    let other = stage.explain_score(&batch, 1, "value", &Fits::default(), day()).unwrap();
    let difference = statement.less(&other);
    let lines: i64 = difference.lines.iter().map(|line| line.amount.0).sum();
    assert_eq!(lines, statement.total.0 - other.total.0);
    assert!(difference.render(gradus_model::Lang::En).contains("change"));
    assert!(stage.explain_score(&batch, 9, "value", &Fits::default(), day()).is_none());
    let back: gradus_grading::grade::Statement =
        serde_json::from_str(&serde_json::to_string(&statement).unwrap()).unwrap();
    assert_eq!(back, statement);
}

#[test]
fn the_largest_numbers_that_a_document_may_hold_do_not_overflow() {
    let mut attributes = serde_json::Map::new();
    for index in 0..50 {
        let unknown = if index == 0 { json!({"points": 1}) } else { json!("reweight") };
        let (weight, value) = if index == 0 { (0.0001, "orders") } else { (1_000_000.0, "rating") };
        let bins = json!([{"else": true, "points": 10_000_000}]);
        attributes.insert(
            format!("a{index}"),
            json!({"value": value, "weight": weight, "unknown": unknown, "bins": bins}),
        );
    }
    attributes.insert("slope".into(), json!({"value": "monetary", "weight": 1_000_000, "unknown": "reweight", "slope": {"points_each": 10_000_000, "per": 0.0001}}));
    let stage = stage(json!({"scorecards": {"s": {"combine": "weighted_sum", "attributes": attributes}}}));
    let rich = Customer { monetary: i64::MAX, rating: Some(1), ..Customer::default() };
    let batch = batch(&[rich, Customer::default()]);
    let graded = grade(&stage, &batch).0;
    assert_eq!(graded.faults.get("scorecards.s.attributes.slope.value"), Some(&1));
    for row in 0..2 {
        let statement = stage.explain_score(&batch, row, "s", &Fits::default(), day()).unwrap();
        assert_eq!(statement.sum_of_lines(), statement.total);
    }
}
