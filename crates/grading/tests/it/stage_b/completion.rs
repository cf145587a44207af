//! Unknown is a value: whatever it turns out to be, score and tier lie where they were announced, and
//! what is said to settle a tier settles it.

use super::*;
use proptest::prelude::*;

fn points() -> impl Strategy<Value = i64> {
    -50i64..50
}

/// An attribute whose unknown values are an interval.
fn attribute() -> impl Strategy<Value = Value> {
    let value = prop_oneof![2 => Just("rating"), 1 => Just("orders"), 1 => Just("country"), 1 => Just("rating + orders")];
    (value, points(), points(), points(), 0i64..10, any::<(bool, bool)>(), 1i64..30, any::<bool>()).prop_map(
        |(value, a, b, c, cut, (grouped, capped), weight, sloped)| {
            let mut attribute = match value {
                "country" => json!({"bins": [{"in": ["France"], "points": a}, {"in": ["Spain"], "points": b}, {"else": true, "points": c}]}),
                _ if sloped => json!({"slope": {"points_each": a, "per": 3}, "cap": {"min": -40, "max": 40}}),
                _ => json!({"bins": [{"below": cut, "points": a}, {"from": cut, "below": cut + 3, "points": b}, {"from": cut + 4, "points": c}]}),
            };
            attribute["value"] = json!(value);
            attribute["weight"] = json!(weight as f64 / 10.0);
            if grouped {
                attribute["group"] = json!("g");
            }
            if capped && attribute.get("cap").is_none() {
                attribute["cap"] = json!({"max": 20});
            }
            attribute
        },
    )
}

fn document() -> impl Strategy<Value = Value> {
    let combine = prop_oneof![Just("weighted_sum"), Just("scaled")];
    (combine, prop::collection::vec(attribute(), 1..4), points(), points(), -20i64..20, 1i64..30).prop_map(
        |(combine, attributes, by_country, by_rating, first, more)| {
            let named: serde_json::Map<String, Value> =
                attributes.into_iter().enumerate().map(|(index, one)| (format!("a{index}"), one)).collect();
            json!({
                "scorecards": {"s": {
                    "combine": combine, "attributes": named, "groups": {"g": {"min": -30, "max": 35}},
                    "adjustments": {
                        "french": {"when": "country = 'France'", "points": by_country},
                        "liked": {"when": "rating >= 7", "points": by_rating, "group": "g"},
                    },
                    "total": {"min": -100, "max": 100},
                }},
                "tiers": {"t": {"by": "s", "levels": {"low": {}, "mid": {"from": first}, "high": {"from": first + more}}}},
            })
        },
    )
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

fn level(name: &str) -> usize {
    ["low", "mid", "high"].iter().position(|own| *own == name).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_completion_lies_in_what_was_announced(
        document in document(),
        orders in 0i64..12,
        rating in proptest::option::of(-1i64..12),
        country in proptest::option::of(prop_oneof![Just("France"), Just("Spain")]),
    ) {
        let Ok(stage) = compile(&model(document), &indicators(), &CompileContext::default()) else { return Ok(()) };
        let base = Customer { orders, rating, country, ..Customer::default() };
        let before = stage.apply(&batch(std::slice::from_ref(&base)), &Fits::default(), day());
        let of = |graded: &Graded, name: &str| column(graded, name)[0].clone();
        let (low, high) = (number(&of(&before, "s_low")), number(&of(&before, "s_high")));
        let (tier, provisional) = (level(&of(&before, "t")), of(&before, "t_provisional") == "true");
        let missing = stage.missing(&[batch(std::slice::from_ref(&base))], &Fits::default(), day());
        prop_assert_eq!(missing[0].n_provisional, u64::from(provisional));
        let settles = |name: &str| missing[0].fields.iter().any(|field| field.name == name && field.n_settled == 1);
        // Adjustments say what they read; a line of the rating alone is closed by the rating.
        let (by_rating, by_country) = (settles("liked"), settles("french"));
        let ratings: Vec<Option<i64>> = match rating {
            Some(known) => vec![Some(known)],
            None => (-2..13).map(Some).chain([None]).collect(),
        };
        let countries: Vec<Option<&'static str>> = match country {
            Some(known) => vec![Some(known)],
            None => vec![Some("France"), Some("Spain"), Some("Peru"), None],
        };
        for rating_then in &ratings {
            for country_then in &countries {
                let customer = Customer { rating: *rating_then, country: *country_then, ..base.clone() };
                let after = stage.apply(&batch(&[customer]), &Fits::default(), day());
                let (least, most) = (number(&of(&after, "s_low")), number(&of(&after, "s_high")));
                prop_assert!(low <= least && most <= high, "{least} to {most} is not within {low} to {high}");
                let (then, open) = (level(&of(&after, "t")), of(&after, "t_provisional") == "true");
                prop_assert!(then >= tier);
                if !provisional {
                    prop_assert!(then == tier && !open);
                }
                let told = (by_rating && rating.is_none() && rating_then.is_some())
                    || (by_country && country.is_none() && country_then.is_some());
                if told {
                    prop_assert!(!open, "what was to settle it did not");
                }
            }
        }
    }
}

#[test]
fn the_line_that_settles_most_comes_first() {
    let stage = stage(json!({
        "scorecards": {"s": {"attributes": {
            "stars": {"value": "rating", "bins": [{"below": 5, "points": 0}, {"from": 5, "points": 50}]},
            "home": {"value": "country", "bins": [{"in": ["France"], "points": 10}, {"else": true, "points": 0}]},
        }}},
        "tiers": {"t": {"by": "s", "levels": {"low": {}, "high": {"from": 30}}}},
    }));
    let of = |rating, country| Customer { rating, country, ..Customer::default() };
    let customers = [of(None, None), of(None, Some("France")), of(Some(9), None), of(Some(1), Some("Peru"))];
    let missing = &stage.missing(&[batch(&customers)], &Fits::default(), day())[0];
    assert_eq!((missing.n_graded, missing.n_provisional), (4, 2));
    let fields: Vec<(&str, u64, u64)> =
        missing.fields.iter().map(|field| (field.name.as_str(), field.n_open, field.n_settled)).collect();
    // Ten points more or less never decide; fifty always do.
    assert_eq!(fields, [("stars", 2, 2), ("home", 1, 0)]);
    assert_eq!(missing.completeness.to_string(), "0.5");
}
