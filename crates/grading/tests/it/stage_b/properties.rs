//! What must hold for every card and every customer.

use super::*;
use proptest::prelude::*;

fn points() -> impl Strategy<Value = f64> {
    (-500_0000i64..500_0000).prop_map(|units| units as f64 / 10_000.0)
}

fn caps() -> impl Strategy<Value = Value> {
    (proptest::option::of(-300i64..50), proptest::option::of(50i64..300)).prop_map(|(min, max)| {
        let mut caps = json!({});
        if let Some(min) = min {
            caps["min"] = json!(min);
        }
        if let Some(max) = max {
            caps["max"] = json!(max);
        }
        caps
    })
}

fn unknown() -> impl Strategy<Value = Value> {
    prop_oneof![Just(json!("interval")), Just(json!("reweight")), points().prop_map(|p| json!({"points": p}))]
}

fn attribute(weighted: bool) -> impl Strategy<Value = Value> {
    let value = prop_oneof![Just("recency"), Just("orders"), Just("monetary"), Just("gap"), Just("rating")];
    let bins = (points(), points(), points(), -5i64..60).prop_map(|(a, b, c, cut)| {
        json!({"bins": [{"below": cut, "points": a}, {"from": cut, "below": cut + 20, "points": b}, {"else": true, "points": c}]})
    });
    let slope = (points(), 1i64..500, 1i64..300).prop_map(|(each, per, cap)| {
        json!({"slope": {"points_each": each, "per": per}, "cap": {"min": -cap, "max": cap}})
    });
    let quantiles =
        (points(), points(), points()).prop_map(|(a, b, c)| json!({"quantiles": {"points": [a, b, c]}}));
    let method = prop_oneof![3 => bins, 1 => slope, 1 => quantiles];
    (value, method, caps(), unknown(), proptest::option::of(points()), 1i64..30_000, any::<bool>()).prop_map(
        move |(value, mut attribute, cap, unknown, not_applicable, weight, grouped)| {
            attribute["value"] = json!(value);
            attribute["unknown"] = unknown;
            if attribute.get("cap").is_none() {
                attribute["cap"] = cap;
            }
            if let Some(points) = not_applicable {
                attribute["not_applicable"] = json!(points);
            }
            if weighted {
                attribute["weight"] = json!(weight as f64 / 10_000.0);
            }
            if grouped {
                attribute["group"] = json!("g");
            }
            attribute
        },
    )
}

fn card() -> impl Strategy<Value = Value> {
    let kinds = prop_oneof![Just("sum"), Just("weighted_sum"), Just("scaled")];
    kinds.prop_flat_map(|combine| {
        let attributes = prop::collection::vec(attribute(combine != "sum"), 1..5);
        (attributes, caps(), caps(), points(), points(), any::<bool>()).prop_map(
            move |(attributes, group, total, base, adjustment, grouped)| {
                let mut named = serde_json::Map::new();
                for (index, attribute) in attributes.into_iter().enumerate() {
                    named.insert(format!("a{index}"), attribute);
                }
                let mut rule = json!({"when": "country = 'France'", "points": adjustment});
                if grouped {
                    rule["group"] = json!("g");
                }
                json!({"scorecards": {"s": {
                    "combine": combine, "base_points": base, "attributes": named,
                    "adjustments": {"french": rule}, "groups": {"g": group}, "total": total
                }}})
            },
        )
    })
}

fn customer() -> impl Strategy<Value = Customer> {
    (
        proptest::option::of(0i64..400),
        0i64..30,
        -1_000_0000i64..9_000_0000,
        proptest::option::of(-10.0f64..100.0),
        proptest::option::of(-1i64..11),
        proptest::option::of(prop_oneof![Just("France"), Just("Spain")]),
    )
        .prop_map(|(recency, orders, monetary, gap, rating, country)| Customer {
            recency,
            orders,
            monetary,
            gap,
            rating,
            country,
            hidden: 0,
        })
}

fn compiled(value: Value) -> Option<StageB> {
    compile(&model(value), &indicators(), &CompileContext::default()).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn a_statement_adds_up_and_rows_do_not_see_each_other(card in card(), customers in prop::collection::vec(customer(), 1..12)) {
        // A card whose customers all score the same cannot be scaled; it has a finding.
        let Some(stage) = compiled(card) else { return Ok(()) };
        let whole = batch(&customers);
        let (graded, fits) = grade(&stage, &whole);
        let (score, low, high) = (column(&graded, "s"), column(&graded, "s_low"), column(&graded, "s_high"));
        for row in 0..customers.len() {
            let statement = stage.explain_score(&whole, row, "s", &fits, day()).unwrap();
            prop_assert_eq!(statement.sum_of_lines(), statement.total);
            prop_assert_eq!(statement.sum_of_lines_high(), statement.total_high.unwrap_or(statement.total));
            prop_assert_eq!(statement.total.to_string(), low[row].clone());
            prop_assert_eq!(statement.total_high.unwrap_or(statement.total).to_string(), high[row].clone());
            prop_assert!(statement.total_high.is_none_or(|high| high > statement.total));
            prop_assert_eq!(score[row] == "-", statement.total_high.is_some());
            let first = stage.explain_score(&whole, 0, "s", &fits, day()).unwrap();
            let difference = statement.less(&first);
            prop_assert_eq!(difference.lines.iter().map(|line| line.amount.0).sum::<i64>(), difference.total.0);
            let alone = stage.apply(&whole.slice(row, 1), &fits, day());
            for name in ["s", "s_low", "s_high", "s_completeness"] {
                prop_assert_eq!(&column(&alone, name)[0], &column(&graded, name)[row]);
            }
        }
    }

    #[test]
    fn the_order_of_conditions_never_changes_who_is_in(customers in prop::collection::vec(customer(), 1..20), order in Just(vec![0usize, 1, 2, 3]).prop_shuffle(), all in any::<bool>()) {
        let leaves = [
            json!("orders >= 10"),
            json!({"value": "rating", "at_least": 5}),
            json!({"not": {"value": "country", "equals": "France"}}),
            json!("monetary > 100.5 or recency < 30"),
        ];
        let key = if all { "all" } else { "any" };
        let segment = |order: &[usize]| {
            let list: Vec<Value> = order.iter().map(|index| leaves[*index].clone()).collect();
            json!({"segments": {"g": {"base": "everyone", "where": {key: list}}}})
        };
        let batch = batch(&customers);
        let as_written = column(&grade(&stage(segment(&[0, 1, 2, 3])), &batch).0, "g");
        let stage = stage(segment(&order));
        prop_assert_eq!(&column(&grade(&stage, &batch).0, "g"), &as_written);
        // The reason says the same as the membership.
        for (row, member) in as_written.iter().enumerate() {
            let why = stage.why_segment(&batch, row, "g", &Fits::default(), day()).unwrap();
            prop_assert_eq!(why.condition.truth, why.member);
            prop_assert_eq!(member == "true", why.member == gradus_grading::grade::Truth::True);
        }
    }

    #[test]
    fn equal_values_stay_together(values in prop::collection::vec(0i64..12, 1..60), percent in 1i64..100) {
        let stage = stage(json!({
            "scorecards": {"s": {"attributes": {"q": {"value": "orders", "quantiles": {"points": [1, 2, 3, 4, 5]}}}}},
            "tiers": {"t": {"by": "orders", "levels": {"b": {}, "a": {"top_percent": percent}}}}
        }));
        let customers: Vec<Customer> = values.iter().map(|v| Customer { orders: *v, ..Customer::default() }).collect();
        let (graded, _) = grade(&stage, &batch(&customers));
        let (score, tier) = (column(&graded, "s"), column(&graded, "t"));
        for (i, j) in (0..values.len()).flat_map(|i| (0..i).map(move |j| (i, j))) {
            if values[i] == values[j] {
                prop_assert_eq!((&score[i], &tier[i]), (&score[j], &tier[j]));
            }
            if values[i] > values[j] {
                prop_assert!(score[i] >= score[j]);
                prop_assert!(tier[i] <= tier[j]);
            }
        }
        let best = tier.iter().filter(|level| *level == "a").count();
        prop_assert!(best * 100 >= values.len() * percent as usize);
    }
}
