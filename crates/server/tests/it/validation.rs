//! `/backtests`, `/runs/{run}/drift`: every figure opens the customers whom it counts.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{CUSTOMERS, House, value_model};

async fn edited(house: &House, cookie: &str, document: &Value) {
    let read = house.ask(Method::GET, "/api/v1/model/draft", Some(cookie), None).await;
    let etag = read.headers[axum::http::header::ETAG].to_str().unwrap().to_string();
    let body = json!({ "document": document });
    let saved = house.with_etag(Method::PUT, "/api/v1/model/draft", cookie, &etag, body).await;
    assert_eq!(saved.status, StatusCode::OK, "{:?}", saved.body);
}

#[tokio::test]
async fn every_group_of_a_back_test_opens_its_customers() {
    let (house, cookie) = House::graded().await;
    let mut changed = value_model();
    changed["scorecards"]["value"]["attributes"]["spend"]["weight"] = json!(0.2);
    changed["scorecards"]["value"]["attributes"]["orders"]["weight"] = json!(0.8);
    edited(&house, &cookie, &changed).await;
    let body = json!({
        "as_of": "2024-03-31", "every": "month", "dates": 2, "horizon": "60d", "model": "draft", "against": "in_force",
    });
    let started = house.ask(Method::POST, "/api/v1/backtests", Some(&cookie), Some(body)).await;
    let job = house.job(&cookie, started).await;
    let done = &job["result"];
    assert_eq!(done["has_customers"], true, "{job}");
    let path = format!("/api/v1/backtests/{}/customers", job["id"].as_str().unwrap());
    let list = async |query: &str| {
        let found = house.ask(Method::GET, &format!("{path}?{query}"), Some(&cookie), None).await;
        assert_eq!(found.status, StatusCode::OK, "{query}: {:?}", found.body);
        found.body
    };
    let (mut sides, mut n_figures) = (Vec::new(), 0);
    for date in done["dates"].as_array().unwrap() {
        let as_of = date["as_of"].as_str().unwrap();
        for (judged, against) in [(&date["judged"], false), (&date["against"], true)] {
            let of = |rest: String| format!("as_of={as_of}&against={against}&{rest}");
            let mut everybody = BTreeSet::new();
            for group in judged["tiers"][0]["groups"].as_array().unwrap() {
                let name = group["name"].as_str().unwrap();
                let opened = list(&of(format!("kind=tier&name=member&group={name}&limit=1000"))).await;
                let rows = opened["customers"].as_array().unwrap();
                assert_eq!(
                    (opened["n"].as_u64(), rows.len() as u64),
                    (group["n"].as_u64(), group["n"].as_u64().unwrap())
                );
                // What came of them is what the group says of it.
                for (at, outcome) in group["outcomes"].as_array().unwrap().iter().enumerate() {
                    let sum: f64 = rows.iter().filter_map(|one| one["outcomes"][at]["value"].as_f64()).sum();
                    let n = rows.iter().filter(|one| one["outcomes"][at]["value"].is_number()).count();
                    assert_eq!(outcome["n"].as_u64(), Some(n as u64), "{outcome}");
                    let told = outcome["total"].as_f64().or(outcome["n_with"].as_f64()).unwrap();
                    assert!((told - sum).abs() < 1e-6, "{as_of} {name} {outcome} {sum}");
                    n_figures += 1;
                }
                for one in rows {
                    assert!(one["level"] == *name && one["score"].is_number(), "{one}");
                    assert!(one["label"].as_str().unwrap().contains('*'), "masked: {one}");
                    assert!(everybody.insert(one["customer"].as_str().unwrap().to_string()), "in two levels");
                }
            }
            assert_eq!(judged["n_customers"].as_u64(), Some(everybody.len() as u64));
            sides.push(everybody.len());
            let score = &judged["scores"][0];
            for band in score["bands"]["groups"].as_array().unwrap() {
                let name = band["name"].as_str().unwrap();
                let opened = list(&of(format!("kind=band&name=value&group={name}&limit=1"))).await;
                assert_eq!(opened["n"], band["n"], "{band}");
            }
            for lift in score["lifts"].as_array().unwrap() {
                let (outcome, mut least) = (lift["outcome"].as_str().unwrap(), f64::INFINITY);
                for (at, tenth) in lift["tenths"].as_array().unwrap().iter().enumerate() {
                    let query =
                        format!("kind=tenth&name=value&outcome={outcome}&group={}&limit=1000", at + 1);
                    let opened = list(&of(query)).await;
                    let rows = opened["customers"].as_array().unwrap();
                    assert_eq!(
                        (&opened["n"], rows.len() as u64),
                        (&tenth["n"], tenth["n"].as_u64().unwrap())
                    );
                    // The best scores first, over all the tenths.
                    for one in rows {
                        let own = one["score"].as_f64().unwrap();
                        assert!(own <= least, "{own} after {least}");
                        least = own;
                    }
                    n_figures += 1;
                }
            }
        }
    }
    assert!(sides.len() == 4 && sides[3] > 200 && n_figures > 80, "{sides:?} {n_figures}");
    // Page by page: everybody once.
    let group = &done["dates"][1]["judged"]["tiers"][0]["groups"][0];
    let (mut after, mut pages) = (String::new(), BTreeSet::new());
    let query =
        format!("as_of=2024-03-31&kind=tier&name=member&group={}&limit=7", group["name"].as_str().unwrap());
    loop {
        let page = list(&format!("{query}{after}")).await;
        for one in page["customers"].as_array().unwrap() {
            assert!(pages.insert(one["customer"].as_str().unwrap().to_string()));
        }
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(group["n"].as_u64(), Some(pages.len() as u64));
    let code = async |path: &str, cookie: &str| {
        let refused = house.ask(Method::GET, path, Some(cookie), None).await;
        (refused.status.as_u16(), refused.body["errors"][0]["code"].as_str().unwrap_or_default().to_string())
    };
    let tier = "kind=tier&name=member&group=gold";
    let said = async |query: &str| code(&format!("{path}?{query}"), &cookie).await;
    assert_eq!(said(&format!("as_of=2024-05-31&{tier}")).await, (422, "unknown-name".into()));
    assert_eq!(said("as_of=2024-03-31&kind=tier&name=member&group=none").await, (422, "unknown-name".into()));
    assert_eq!(said(&format!("as_of=2024-03-31&{tier}&after=x")).await, (422, "cursor".into()));
    assert_eq!(said("as_of=2024-03-31&kind=tenth&name=value&group=1").await.0, 400, "of which outcome");
    let other = format!("/api/v1/backtests/abc/customers?as_of=2024-03-31&{tier}");
    assert_eq!(code(&other, &cookie).await.0, 404);
    // Once the draft is another one its customers would be others; that is said, and not shown.
    changed["scorecards"]["value"]["attributes"]["spend"]["weight"] = json!(0.3);
    edited(&house, &cookie, &changed).await;
    assert_eq!(said(&format!("as_of=2024-02-29&{tier}")).await, (422, "backtest-outdated".into()));
    // Who sees a part of the customers is not shown these.
    let (id, _) = house.user(&cookie, "analyst").await;
    let narrowed = json!({ "scope": { "kind": "segment", "segment": "loyal" } });
    house.ask(Method::PATCH, &format!("/api/v1/users/{id}"), Some(&cookie), Some(narrowed)).await;
    let analyst = house.sign_in("analyst@example.com").await;
    let refused =
        house.ask(Method::GET, &format!("{path}?as_of=2024-03-31&{tier}"), Some(&analyst), None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{:?}", refused.body);
}

#[tokio::test]
async fn every_bin_of_drift_opens_its_customers_on_both_sides() {
    let (house, cookie) = House::graded().await;
    let runs = house.ask(Method::GET, "/api/v1/runs", Some(&cookie), None).await.body;
    let newest = runs["items"][0]["run"].as_str().unwrap();
    let found = house.ask(Method::GET, &format!("/api/v1/runs/{newest}/drift"), Some(&cookie), None).await;
    assert_eq!(found.status, StatusCode::OK, "{:?}", found.body);
    let (mut n_bins, mut n_moved) = (0, 0);
    for one in found.body["all"].as_array().unwrap() {
        for bin in one["bins"].as_array().unwrap() {
            for (share, opens, n) in
                [("base", "opens_base", "n_base"), ("current", "opens_current", "n_current")]
            {
                assert!(bin[opens].is_object(), "{} {bin}", one["name"]);
                let listed = house
                    .ask(Method::POST, "/api/v1/customers/search", Some(&cookie), Some(bin[opens].clone()))
                    .await;
                assert_eq!(listed.status, StatusCode::OK, "{bin} {:?}", listed.body);
                let n = found.body[n].as_f64().unwrap();
                let expected = (bin[share].as_f64().unwrap() * n).round() as u64;
                assert_eq!(listed.body["total"].as_u64(), Some(expected), "{} {share} {bin}", one["name"]);
                n_bins += 1;
            }
            n_moved += u64::from(bin["base"] != bin["current"]);
        }
    }
    assert!(n_bins > 60 && n_moved > 3, "{n_bins} {n_moved}");
    assert_eq!(found.body["n_current"], CUSTOMERS);
}
