//! Groups of customers that are alike.

use super::*;
use gradus_grading::grade::clusters::ClustersStatus;
use gradus_grading::grade::{Fit, OutputKind, PredictionKind};

/// Three kinds of customers: 30 with little, 20 with much, 10 who came long ago; one of them with an unknown.
fn kinds() -> Vec<Customer> {
    let mut all = Vec::new();
    for at in 0..60i64 {
        let (recency, orders, monetary) = match at % 6 {
            0..=2 => (10 + at % 5, 2 + at % 2, 200 + at % 7),
            3 | 4 => (5 + at % 4, 30 + at % 3, 9_000 + 10 * (at % 9)),
            _ => (300 + at % 20, 3, 250 + at % 5),
        };
        all.push(Customer {
            recency: Some(recency),
            orders,
            monetary: 10_000 * monetary,
            ..Customer::default()
        });
    }
    all.push(Customer { recency: None, orders: 1, ..Customer::default() });
    all
}

fn model_of(clusters: Value) -> Value {
    json!({"predictions": {"kind": {"title": {"zh": "客群", "en": "Kind"}, "clusters": clusters}}})
}

fn features() -> Value {
    json!(["recency", "orders", "monetary"])
}

fn fit_of(fits: &Fits) -> &gradus_grading::grade::clusters::ClustersFit {
    match &fits.fits["predictions.kind"] {
        Fit::Clusters(fit) => fit,
        other => panic!("{other:?}"),
    }
}

#[test]
fn groups_are_found_and_named_by_size_and_by_what_is_typical() {
    let stage = stage(model_of(json!({"features": features(), "seed": 3})));
    let (graded, fits) = grade(&stage, &batch(&kinds()));
    let fit = fit_of(&fits);
    assert_eq!((fit.status, fit.n, fit.n_unknown, fit.clusters.len()), (ClustersStatus::Found, 60, 1, 3));
    let sizes: Vec<u64> = fit.clusters.iter().map(|one| one.n).collect();
    assert_eq!(sizes, [30, 20, 10]);
    let groups = column(&graded, "kind");
    for (at, group) in groups.iter().enumerate() {
        let wanted = if at == 60 { "-" } else { ["c1", "c1", "c1", "c2", "c2", "c3"][at % 6] };
        assert_eq!(group, wanted, "customer {at}");
    }
    assert_eq!(column(&graded, "kind_sure")[60], "-");
    let sure: f64 = column(&graded, "kind_sure")[0].parse().unwrap();
    assert!((0.5..=1.0).contains(&sure));
    let columns = stage.output_columns_of(&fits);
    let own = columns.iter().find(|column| column.name == "kind").unwrap();
    assert_eq!((own.kind, own.values.len()), (OutputKind::Prediction, 3));
    assert!(own.values[1].1.zh.contains("orders很高") && own.values[2].1.en.starts_with("Very high recency"));
    assert!(stage.output_columns().iter().find(|column| column.name == "kind").unwrap().values.is_empty());
}

#[test]
fn neither_batches_nor_order_nor_a_stored_fit_change_a_group() {
    for method in ["k_means", "mixture"] {
        let stage =
            stage(model_of(json!({"features": features(), "k": 3, "method": method, "scale": "log"})));
        let customers = kinds();
        let (graded, fits) = grade(&stage, &batch(&customers));
        let whole = column(&graded, "kind");
        // Cut elsewhere, on two threads.
        let cut = [batch(&customers[..7]), batch(&customers[7..40]), batch(&customers[40..])];
        let (pieces, cut_fits) = stage.grade(&cut, None, day(), NonZeroUsize::new(2).unwrap());
        let together: Vec<String> = pieces.iter().flat_map(|piece| column(piece, "kind")).collect();
        assert_eq!(together, whole);
        assert_eq!(cut_fits.fits, fits.fits);
        // The other way round.
        let mut reversed = customers.clone();
        reversed.reverse();
        let (again, reversed_fits) = grade(&stage, &batch(&reversed));
        let mut back = column(&again, "kind");
        back.reverse();
        assert_eq!(back, whole);
        assert_eq!(reversed_fits.fits, fits.fits);
        // Stored and read back, one customer at a time: live.
        let stored: Fits = serde_json::from_str(&serde_json::to_string(&fits).unwrap()).unwrap();
        assert_eq!(stored, fits);
        for (at, customer) in customers.iter().enumerate() {
            let one = stage.apply(&batch(std::slice::from_ref(customer)), &stored, day());
            assert_eq!(column(&one, "kind"), [whole[at].clone()]);
            assert_eq!(column(&one, "kind_sure"), [column(&graded, "kind_sure")[at].clone()]);
        }
    }
}

#[test]
fn how_well_groups_part_the_customers_is_kept_with_them() {
    // The same whether their number was asked for or found.
    for k in [Some(3), None] {
        let mut clusters = json!({"features": features(), "seed": 3});
        if let Some(k) = k {
            clusters["k"] = json!(k);
        }
        let stage = stage(model_of(clusters));
        let (_, fits) = grade(&stage, &batch(&kinds()));
        let fit = fit_of(&fits);
        let judged = fit.judged.unwrap();
        // Three kinds that are nothing alike.
        assert!(judged.silhouette > 0.7 && judged.silhouette <= 1.0, "{judged:?}");
        assert!(judged.stability > 0.9 && judged.stability <= 1.0, "{judged:?}");
        assert_eq!(judged.n, 60);
        assert!(fit.clusters.iter().all(|one| one.silhouette > Some(0.5) && one.stability > Some(0.75)));
        // What was found before that was kept is read as it was.
        let mut before = serde_json::to_value(fit).unwrap();
        before.as_object_mut().unwrap().remove("judged");
        for cluster in before["clusters"].as_array_mut().unwrap() {
            cluster.as_object_mut().unwrap().retain(|name, _| name != "silhouette" && name != "stability");
        }
        let read: gradus_grading::grade::clusters::ClustersFit = serde_json::from_value(before).unwrap();
        assert!(read.judged.is_none());
        let centres = |fit: &gradus_grading::grade::clusters::ClustersFit| -> Vec<Vec<f64>> {
            fit.clusters.iter().map(|one| one.centre.clone()).collect()
        };
        assert_eq!(centres(&read), centres(fit));
        assert!(read.clusters.iter().all(|one| one.silhouette.is_none()));
    }
}

#[test]
fn groups_that_are_found_anew_keep_their_names_where_the_fit_before_is_given() {
    let stage = stage(model_of(json!({
        "features": features(), "k": 3, "seed": 3, "names": {"c1": {"zh": "小客户", "en": "Little"}},
    })));
    let (_, before) = grade(&stage, &batch(&kinds()));
    // Most of those with little have gone, so that those with much are the largest group now.
    let later: Vec<Customer> = kinds()
        .into_iter()
        .enumerate()
        .filter(|(at, _)| at % 6 > 1 || *at < 12)
        .map(|(_, one)| one)
        .collect();
    let (alone, fresh) = grade(&stage, &batch(&later));
    assert_eq!(fit_of(&fresh).clusters[0].n, 20, "the largest comes first");
    let given = Fits { before: before.fits.clone(), ..Fits::default() };
    let (mut graded, fits) = stage.grade(&[batch(&later)], Some(given), day(), NonZeroUsize::MIN);
    let graded = graded.remove(0);
    assert!(fits.before.is_empty() && fit_of(&fits).declined.is_none());
    for (at, customer) in later.iter().enumerate() {
        let wanted = match (customer.recency, customer.orders) {
            (None, _) => "-",
            (Some(recency), _) if recency >= 300 => "c3",
            (Some(_), orders) if orders >= 30 => "c2",
            _ => "c1",
        };
        assert_eq!(column(&graded, "kind")[at], wanted, "customer {at}");
    }
    assert_ne!(column(&alone, "kind"), column(&graded, "kind"));
    assert_eq!(fit_of(&fits).clusters[0].title, gradus_model::Text::new("小客户", "Little"));
    // A fit that is given is applied as it is, and nothing is carried over.
    let (_, again) = stage.grade(&[batch(&later)], Some(before.clone()), day(), NonZeroUsize::MIN);
    assert_eq!(again.fits, before.fits);
}

#[test]
fn a_group_may_be_asked_for_in_a_segment_and_is_explained() {
    let mut model =
        model_of(json!({"features": features(), "k": 3, "names": {"c2": {"zh": "大客户", "en": "Big"}}}));
    model["segments"] = json!({"big": {"base": "everyone", "where": "kind = 'c2'"}});
    let stage = stage(model);
    let (graded, fits) = grade(&stage, &batch(&kinds()));
    assert_eq!(column(&graded, "big").iter().filter(|own| *own == "true").count(), 20);
    let reason = stage.explain_predictions(&batch(&kinds()[3..4]), 0, &fits, day()).remove(0);
    assert_eq!((reason.kind, reason.given[0].value.as_deref()), (PredictionKind::Clusters, Some("c2")));
    assert_eq!(reason.given[0].said.as_ref().unwrap().zh, "大客户");
    // What makes it nearer here sums to the difference of the squared distances.
    let fit = fit_of(&fits);
    let point: Vec<f64> =
        fit.features.iter().zip([8.0, 30.0, 9_030.0]).map(|(one, x)| (x - one.centre) / one.width).collect();
    let squared =
        |at: usize| -> f64 { point.iter().zip(&fit.clusters[at].centre).map(|(a, b)| (a - b).powi(2)).sum() };
    let next = squared(0).min(squared(2));
    let sum: f64 = reason.factors.iter().map(|factor| factor.amount).sum();
    assert!((sum - (next - squared(1))).abs() < 1e-9, "{sum}");
    let unknown = stage.explain_predictions(&batch(&kinds()[60..]), 0, &fits, day()).remove(0);
    assert!(unknown.lines[0].en.contains("unknown") && unknown.factors.is_empty());
}

#[test]
fn what_cannot_be_grouped_is_said() {
    let said = |clusters: Value, customers: &[Customer]| {
        let stage = stage(model_of(clusters));
        let (graded, fits) = grade(&stage, &batch(customers));
        assert!(column(&graded, "kind").iter().all(|group| group == "-"));
        let findings = fits.findings();
        assert_eq!(findings.0.len(), 1);
        assert_eq!(findings.0[0].place.path.as_deref(), Some("predictions.kind.clusters"));
        (fit_of(&fits).status, findings.0[0].code)
    };
    let same = vec![Customer { recency: Some(3), orders: 2, ..Customer::default() }; 9];
    let all = json!({"features": features()});
    assert_eq!(said(all.clone(), &same), (ClustersStatus::Constant, "clusters-constant"));
    assert_eq!(said(all.clone(), &[]), (ClustersStatus::Nobody, "clusters-nobody"));
    assert_eq!(said(all, &[Customer::default()]), (ClustersStatus::Nobody, "clusters-nobody"));
    let two = [(1, 1), (1, 1), (9, 4)];
    let two = two.map(|(recency, orders)| Customer { recency: Some(recency), orders, ..Customer::default() });
    let many = json!({"features": features(), "k": 5});
    assert_eq!(said(many, &two), (ClustersStatus::TooFew { different: 2 }, "clusters-too-few"));
}

#[test]
fn what_is_written_wrong_is_a_finding() {
    let codes = |clusters: Value| -> Vec<(String, String)> {
        let findings = findings(model_of(clusters));
        findings
            .0
            .iter()
            .map(|one| (one.code.to_string(), one.place.path.clone().unwrap_or_default()))
            .collect()
    };
    let at = |rest: &str| format!("predictions.kind.clusters.{rest}");
    assert_eq!(codes(json!({"features": []})), [("clusters-features".into(), at("features"))]);
    assert_eq!(codes(json!({"features": ["orders"], "k": 0})), [("clusters-number".into(), at("k"))]);
    assert_eq!(
        codes(json!({"features": ["orders"], "k": 3, "names": {"c0": "x", "big": "y"}})),
        [("clusters-names".into(), at("names.c0")), ("clusters-names".into(), at("names.big"))]
    );
    // One that may come later is only noted.
    let later = stage(model_of(json!({"features": ["orders"], "k": 3, "names": {"c4": "x"}})));
    let noted: Vec<&str> = later.findings().0.iter().map(|one| one.code).collect();
    assert_eq!(noted, ["clusters-names-later"]);
    assert_eq!(codes(json!({"features": ["country"]})).len(), 1, "a text is no number");
    assert_eq!(codes(json!({"features": ["orders", "nothing"]}))[0].1, at("features[1]"));
}

#[test]
fn of_whom_it_is_not_asked_it_says_nothing() {
    let mut model = model_of(json!({"features": ["orders"], "k": 2}));
    model["predictions"]["kind"]["among"] = json!("recency < 100");
    let stage = stage(model);
    let (graded, fits) = grade(&stage, &batch(&kinds()));
    assert_eq!(fit_of(&fits).n, 50);
    let groups = column(&graded, "kind");
    assert!((0..60).all(|at| (groups[at] == "-") == (at % 6 == 5)));
}
