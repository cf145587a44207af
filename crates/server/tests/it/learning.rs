//! `/learn/scorecard`, `…/propensity`, `…/tree`, `…/weights`, `/weights/ahp`, `/predictions`: what is learned, who may,
//! and what is refused.

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::house::{CUSTOMERS, House, value_model};

/// Who orders nothing within a month, from two dates and a third that is held out.
fn churn(more: Value) -> Value {
    let outcome = json!({ "kind": "count", "counts": "not_happened", "of_whom": "everyone" }).to_string();
    let mut body = json!({
        "outcome": outcome, "horizon": "30 days", "dates": 2, "every": "month",
        "features": ["orders", "spend", "recency"],
    });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

async fn learned(house: &House, cookie: &str, what: &str, body: Value) -> Value {
    let path = format!("/api/v1/learn/{what}");
    let started = house.ask(Method::POST, &path, Some(cookie), Some(body)).await;
    assert_eq!(started.status, StatusCode::ACCEPTED, "{what}: {:?}", started.body);
    let job = house.job(cookie, started).await;
    assert_eq!((&job["state"], &job["kind"]), (&json!("done"), &json!(format!("learn_{what}"))), "{job:#}");
    job["result"].clone()
}

async fn draft(house: &House, cookie: &str) -> Value {
    house.ask(Method::GET, "/api/v1/model/draft", Some(cookie), None).await.body["document"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scorecard_a_propensity_and_a_tree_are_learned_and_written_into_the_draft() {
    let (house, cookie) = House::graded().await;
    let card =
        learned(&house, &cookie, "scorecard", churn(json!({ "write": { "name": "risk_card" } }))).await;
    let points = draft(&house, &cookie).await["scorecards"]["risk_card"]["attributes"].clone();
    assert!(points.as_object().is_some_and(|all| !all.is_empty()), "{card:#}");

    let risk = learned(&house, &cookie, "propensity", churn(json!({ "write": { "name": "leaves" } }))).await;
    assert_eq!((&risk["kind"], &risk["state"]), (&json!("propensity"), &json!("fitted")), "{risk:#}");
    assert_eq!(risk["training"].as_array().unwrap().len(), 3, "two dates and one held out");
    assert!(risk["metrics"].as_array().unwrap().iter().any(|one| one["name"] == "auc"), "{risk:#}");
    assert!(risk["pages"]["zh"].as_str().unwrap().contains("<svg"), "a report with plots");
    let written = &draft(&house, &cookie).await["predictions"]["leaves"]["propensity"];
    assert_eq!(written["horizon"], "30 days", "{written}");

    let tree =
        learned(&house, &cookie, "tree", json!({ "describe": "large", "features": ["orders", "spend"] }))
            .await;
    // A segment over these very numbers; who lies at the cut is not always among those it was learned from.
    assert!(tree["accuracy"].as_f64().unwrap() > 0.98, "{tree:#}");
    assert!(tree["rules"].as_array().unwrap().len() >= 2);

    // The same name again takes nobody's place unless that is asked for.
    let again = churn(json!({ "write": { "name": "leaves" } }));
    let path = "/api/v1/learn/propensity";
    let started = house.ask(Method::POST, path, Some(&cookie), Some(again)).await;
    let refused = match started.status {
        StatusCode::ACCEPTED => house.job(&cookie, started).await["state"] == "failed",
        status => status.is_client_error(),
    };
    assert!(refused, "what is there is not replaced by the way");
}

#[tokio::test]
async fn weights_come_from_comparisons_or_from_the_data() {
    let (house, cookie) = House::graded().await;
    // Saaty's own: spend is three times as important as orders.
    let comparisons = json!({ "criteria": ["spend", "orders"], "matrix": [[1.0, 3.0], [0.3333333333, 1.0]] });
    let asked =
        house.ask(Method::POST, "/api/v1/weights/ahp", Some(&cookie), Some(comparisons.clone())).await;
    assert_eq!(asked.status, StatusCode::OK, "{:?}", asked.body);
    let of = |body: &Value| -> Vec<f64> {
        body["weights"].as_array().unwrap().iter().map(|one| one["weight"].as_f64().unwrap()).collect()
    };
    let weights = of(&asked.body);
    assert!((weights[0] - 0.75).abs() < 1e-6 && (weights[1] - 0.25).abs() < 1e-6, "{weights:?}");
    let body = json!({ "card": "value", "comparisons": comparisons, "write": true });
    let learned_weights = learned(&house, &cookie, "weights", body).await;
    assert_eq!(of(&learned_weights), weights);
    let written = &draft(&house, &cookie).await["scorecards"]["value"]["attributes"];
    assert_eq!(
        (written["spend"]["weight"].as_f64(), written["orders"]["weight"].as_f64()),
        (Some(0.75), Some(0.25))
    );
    let by_data = learned(&house, &cookie, "weights", json!({ "card": "value" })).await;
    assert_eq!((&by_data["from"], by_data["n"].as_u64()), (&json!("entropy"), Some(CUSTOMERS as u64)));
    assert!((of(&by_data).iter().sum::<f64>() - 1.0).abs() < 1e-3);
}

#[tokio::test]
async fn bad_input_is_refused_at_once_with_its_place() {
    let (house, cookie) = House::graded().await;
    let ask = async |what: &str, body: Value| {
        house.ask(Method::POST, &format!("/api/v1/{what}"), Some(&cookie), Some(body)).await
    };
    for (what, body) in [
        ("learn/scorecard", churn(json!({ "horizon": "soon" }))),
        ("learn/propensity", churn(json!({ "outcome": "{\"kind\": \"nothing\"}" }))),
        ("learn/propensity", churn(json!({ "prediction": "nobody" }))),
        ("learn/propensity", churn(json!({ "options": { "method": "magic" } }))),
        ("learn/propensity", churn(json!({ "as_of": "2030-13-01" }))),
        ("learn/weights", json!({ "card": "value", "method": "guess" })),
        ("weights/ahp", json!({ "criteria": ["a", "b"], "matrix": [[1.0, 3.0]] })),
        ("weights/ahp", json!({ "criteria": ["a", "b"], "matrix": [[1.0, 0.0], [0.0, 1.0]] })),
        ("weights/ahp", json!({ "criteria": [], "matrix": [] })),
    ] {
        let refused = ask(what, body.clone()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{what} {body}: {:?}", refused.body);
        let first = &refused.body["errors"][0];
        assert!(
            first["message"]["zh"].is_string() || first["code"].is_string(),
            "{what} {body}: {:?}",
            refused.body
        );
    }
    // A field that nobody knows is no request of ours.
    for what in ["learn/scorecard", "learn/propensity", "learn/tree", "learn/weights", "weights/ahp"] {
        let strange = ask(what, json!({ "nobody_knows": 1 })).await;
        assert_eq!(strange.status, StatusCode::BAD_REQUEST, "{what}: {:?}", strange.body);
    }
    // What only the work can tell, the job says, in words: a name that nothing has, too few of one kind.
    for (what, body) in [
        ("learn/scorecard", churn(json!({ "features": ["nothing"] }))),
        ("learn/propensity", churn(json!({ "base": "spend > 100000000" }))),
        ("learn/tree", json!({ "describe": "nothing" })),
        ("learn/weights", json!({ "card": "nothing" })),
    ] {
        let started = ask(what, body.clone()).await;
        let job = house.job(&cookie, started).await;
        assert_eq!(job["state"], "failed", "{what} {body}: {job:#}");
        assert!(
            job["problem"]["zh"].is_string() && job["problem"]["en"].is_string(),
            "{what} {body}: {job:#}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lifetime_value_takes_every_option_of_the_command_line() {
    let (house, cookie) = House::graded().await;
    let asked = json!({
        "kind": "mbg_nbd", "purchases": "kind = 'order_line'", "value": "amount * 2", "margin": 0.35, "costs": "case when kind = 'order_line' then 1 end",
        "horizon": "6 months", "discount": 0.08, "hold_out": "4 weeks", "write": { "name": "worth" },
    });
    let card = learned(&house, &cookie, "clv", asked.clone()).await;
    let said = &card["learned"]["written"]["lifetime"];
    let written = &draft(&house, &cookie).await["predictions"]["worth"]["lifetime"];
    for one in [said, written] {
        assert_eq!((&one["model"], &one["horizon"]), (&json!("mbg_nbd"), &json!("6 months")), "{one:#}");
        assert_eq!((&one["purchases"], &one["value"]), (&asked["purchases"], &asked["value"]), "{one:#}");
        let number = |name: &str| one[name].to_string().trim_matches('"').parse::<f64>().unwrap();
        assert_eq!((number("margin"), number("discount")), (0.35, 0.08), "{one:#}");
        assert_eq!(one["costs"], asked["costs"], "{one:#}");
    }
    assert_eq!(card["written"]["name"], "worth", "{:#}", card["written"]);
    // The same name again is refused before anything is learned; taking its place is asked for.
    let ask =
        async |body: Value| house.ask(Method::POST, "/api/v1/learn/clv", Some(&cookie), Some(body)).await;
    let again = ask(json!({ "write": { "name": "worth" } })).await;
    assert_eq!((again.status, &again.body["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("name-taken")));
    let replacing = json!({ "purchases": asked["purchases"], "write": { "name": "worth", "replace": true } });
    learned(&house, &cookie, "clv", replacing).await;
    for (wrong, at) in [
        (json!({ "kind": "guess" }), "kind"),
        (json!({ "horizon": "soon" }), "horizon"),
        (json!({ "hold_out": "soon" }), "hold_out"),
        (json!({ "write": { "name": "no name" } }), "write"),
    ] {
        let refused = ask(wrong.clone()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {:?}", refused.body);
        assert_eq!(refused.body["errors"][0]["path"], at, "{wrong}: {:?}", refused.body);
    }
    let (_, analyst) = house.user(&cookie, "analyst").await;
    let body = json!({ "write": { "name": "mine" } });
    let refused = house.ask(Method::POST, "/api/v1/learn/clv", Some(&analyst), Some(body)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "the draft is not theirs: {:?}", refused.body);
}

#[tokio::test]
async fn who_may_not_is_told_so() {
    let (house, administrator) = House::graded().await;
    let (_, viewer) = house.user(&administrator, "viewer").await;
    let bodies = [
        ("learn/scorecard", churn(json!({}))),
        ("learn/propensity", churn(json!({}))),
        ("learn/tree", json!({ "describe": "large" })),
        ("learn/weights", json!({ "card": "value" })),
    ];
    for (what, body) in &bodies {
        let path = format!("/api/v1/{what}");
        let refused = house.ask(Method::POST, &path, Some(&viewer), Some(body.clone())).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{what}: {:?}", refused.body);
        let nobody = house.ask(Method::POST, &path, None, Some(body.clone())).await;
        assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{what}");
    }
    // An analyst may learn, and not write into the draft.
    let (_, analyst) = house.user(&administrator, "analyst").await;
    let write = churn(json!({ "write": { "name": "risk" } }));
    let refused = house.ask(Method::POST, "/api/v1/learn/propensity", Some(&analyst), Some(write)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{:?}", refused.body);
    let tree = json!({ "describe": "large", "features": ["orders", "spend"] });
    learned(&house, &analyst, "tree", tree).await;
    for path in ["/api/v1/predictions", "/api/v1/predictions/leaves"] {
        assert_eq!(house.ask(Method::GET, path, None, None).await.status, StatusCode::UNAUTHORIZED);
    }
}

/// A model with a propensity, groups and a model trained elsewhere, graded: each card says what it is made of.
#[tokio::test(flavor = "multi_thread")]
async fn cards_tell_of_every_kind_of_prediction() {
    let mut model = value_model();
    model["predictions"] = json!({
        "leaves": {
            "title": { "zh": "流失概率", "en": "Chance of churn" },
            "propensity": {
                "outcome": { "kind": "count", "counts": "not_happened" }, "horizon": "30 days",
                "every": "1 month", "dates": 2, "features": ["orders", "spend", "recency"],
            },
        },
        "groups": { "clusters": { "features": ["orders", "spend"], "k": 3, "seed": 1 } },
        "outside": { "trained": {
            "from": "PMML, tool", "inputs": { "o": "orders", "s": "spend" }, "intercept": 0.5,
            "trees": [{ "nodes": [
                { "input": "o", "cut": 4.0, "yes": 1, "no": 2 }, { "gives": 1.0 },
                { "input": "s", "cut": 300.0, "yes": 3, "no": 4 }, { "gives": 2.0 }, { "gives": 3.0 },
            ] }],
        } },
    });
    let (house, cookie) = House::graded_by(&model).await;
    let list = house.ask(Method::GET, "/api/v1/predictions", Some(&cookie), None).await;
    assert_eq!(list.status, StatusCode::OK, "{:?}", list.body);
    assert_eq!(list.body["items"].as_array().unwrap().len(), 3);
    let card = async |name: &str| {
        let found = house.ask(Method::GET, &format!("/api/v1/predictions/{name}"), Some(&cookie), None).await;
        assert_eq!(found.status, StatusCode::OK, "{:?}", found.body);
        found.body
    };
    let leaves = card("leaves").await;
    assert_eq!((&leaves["kind"], &leaves["state"]), (&json!("propensity"), &json!("fitted")), "{leaves:#}");
    assert_eq!(leaves["training"].as_array().unwrap().len(), 3, "{leaves:#}");
    assert!(leaves["metrics"].as_array().unwrap().iter().any(|one| one["name"] == "auc"), "{leaves:#}");
    assert!(
        !leaves["factors"].as_array().unwrap().is_empty() && leaves["fitted_at"].is_string(),
        "{leaves:#}"
    );
    assert_eq!(leaves["now"]["n_customers"].as_u64(), Some(CUSTOMERS as u64));
    assert!(leaves["outcome"]["zh"].is_string() && leaves["method"]["en"].is_string());

    let groups = card("groups").await;
    assert_eq!((&groups["kind"], &groups["state"]), (&json!("clusters"), &json!("fitted")), "{groups:#}");
    let sizes: u64 = groups["groups"].as_array().unwrap().iter().map(|one| one["n"].as_u64().unwrap()).sum();
    assert_eq!(sizes, CUSTOMERS as u64);
    let weights: f64 =
        groups["factors"].as_array().unwrap().iter().map(|one| one["weight"].as_f64().unwrap()).sum();
    assert!((weights - 1.0).abs() < 1e-9, "{groups:#}");
    assert_eq!(groups["now"]["groups"].as_array().unwrap().len(), 3);
    let shares: f64 =
        groups["groups"].as_array().unwrap().iter().map(|one| one["share"].as_f64().unwrap()).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{groups:#}");
    assert!(groups["groups"].as_array().unwrap().iter().all(|one| one["silhouette"].is_number()));
    assert!(groups["groups"].as_array().unwrap().iter().all(|one| one["stability"].is_number()));
    for name in ["silhouette", "stability"] {
        let metrics = groups["metrics"].as_array().unwrap();
        let own = metrics.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{groups:#}"));
        assert!(own["value"].is_number() && own["title"]["zh"].is_string(), "{own}");
    }

    let outside = card("outside").await;
    assert_eq!((&outside["kind"], &outside["state"]), (&json!("trained"), &json!("fitted")), "{outside:#}");
    assert!(
        outside["data"].as_array().unwrap().iter().any(|one| one["value"] == "PMML, tool"),
        "{outside:#}"
    );
    assert_eq!(outside["factors"][0]["name"], "o", "everybody is asked for it: {outside:#}");
    let missing = house.ask(Method::GET, "/api/v1/predictions/nobody", Some(&cookie), None).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);

    // While a card of points is edited that reads them, the preview has them too.
    let mut edited = model.clone();
    edited["scorecards"]["risk"] = json!({ "attributes": { "leaves": {
        "value": "leaves", "bins": [{ "below": 0.5, "points": 1 }, { "from": 0.5, "points": 9 }],
    } } });
    let body = json!({ "document": edited, "scorecard": "risk" });
    let seen = house.ask(Method::POST, "/api/v1/preview/model", Some(&cookie), Some(body)).await;
    assert_eq!(seen.status, StatusCode::OK, "{:?}", seen.body);
    assert_eq!(seen.body["score"]["n_unknown"].as_u64(), Some(0), "{:#}", seen.body);
    assert!(seen.headers.get(header::CONTENT_TYPE).is_some());
}
