use super::*;

#[test]
fn quantile_points_follow_equal_values_and_merged_edges() {
    let stage = stage(json!({"scorecards": {"s": {"attributes": {
        "q": {"value": "orders", "quantiles": {"points": [1, 2, 3, 4, 5], "ties": "renumber"},
              "special": [{"in": [99], "points": -1}]}
    }}}}));
    let orders = [1, 1, 1, 2, 3, 4, 5, 6, 7, 99];
    let customers: Vec<Customer> =
        orders.iter().map(|orders| Customer { orders: *orders, ..Customer::default() }).collect();
    let (graded, fits) = grade(&stage, &batch(&customers));
    let scores = column(&graded, "s");
    assert_eq!(scores[9], "-1");
    assert!(scores[..3].iter().all(|score| *score == scores[0]));
    assert!(fits.fits["scorecards.s.attributes.q"].merged());
    let round: Fits = serde_json::from_str(&serde_json::to_string(&fits).unwrap()).unwrap();
    assert_eq!(round, fits);
}

#[test]
fn fits_are_estimated_in_the_order_of_their_dependence() {
    let stage = stage(json!({
        "scorecards": {"s": {"attributes": {"q": {"value": "gap", "quantiles": {"points": [1, 2, 3, 4]}, "unknown": {"points": 0}}}}},
        "tiers": {"t": {"by": "s", "levels": {"b": {}, "a": {"top_percent": 25}}}},
        "segments": {"best": {"base": "everyone", "where": "t = 'a'"}},
        "groupings": {"r": {"kind": "rfm8", "base": "best", "recency": "gap", "frequency": "orders", "monetary": "monetary", "split": "median"}}
    }));
    let customers: Vec<Customer> = (0..40)
        .map(|i| Customer {
            gap: (i > 0).then_some(f64::from(i) / 3.0),
            orders: i64::from(i),
            monetary: i64::from(i),
            ..Customer::default()
        })
        .collect();
    let whole = batch(&customers);
    let (one, fits) = grade(&stage, &whole);
    assert_eq!(fits.fits.len(), 5);
    assert_eq!(column(&one, "t").iter().filter(|level| *level == "a").count(), 10);
    assert_eq!(column(&one, "r").iter().filter(|class| *class != "-").count(), 10);
    // Cut into batches and graded by several threads: the same.
    let parts: Vec<RecordBatch> = (0..8).map(|part| whole.slice(part * 5, 5)).collect();
    let (many, fits_again) = stage.grade(&parts, None, day(), NonZeroUsize::new(3).unwrap());
    assert_eq!(fits_again, fits);
    for name in ["s", "t", "best", "r"] {
        let together: Vec<String> = many.iter().flat_map(|graded| column(graded, name)).collect();
        assert_eq!(together, column(&one, name), "{name}");
    }
}

#[test]
fn a_missing_fit_is_counted_and_never_a_silent_zero() {
    let stage = stage(
        json!({"scorecards": {"s": {"attributes": {"q": {"value": "orders", "quantiles": {"points": [1, 2]}}}}}}),
    );
    let graded = stage.apply(&batch(&[Customer::default()]), &Fits::default(), day());
    assert_eq!(column(&graded, "s"), ["-"]);
    assert_eq!(graded.faults.get("scorecards.s.attributes.q.value"), Some(&1));
}
