//! `/simulations`: whom a simulation moves.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{CUSTOMERS, House, value_model};

#[tokio::test]
async fn every_cell_of_the_matrix_and_every_segment_opens_its_customers() {
    let (house, cookie) = House::graded().await;
    let mut changed = value_model();
    changed["scorecards"]["value"]["attributes"]["spend"]["weight"] = json!(0.2);
    changed["scorecards"]["value"]["attributes"]["orders"]["weight"] = json!(0.8);
    changed["segments"]["loyal"]["where"] = json!({ "value": "orders", "at_least": 6 });
    changed["segments"]["new"] =
        json!({ "title": { "zh": "新", "en": "New" }, "base": "everyone", "where": "orders < 3" });
    let read = house.ask(Method::GET, "/api/v1/model/draft", Some(&cookie), None).await;
    let etag = read.headers[axum::http::header::ETAG].to_str().unwrap().to_string();
    let saved = house
        .with_etag(Method::PUT, "/api/v1/model/draft", &cookie, &etag, json!({ "document": changed }))
        .await;
    assert_eq!(saved.status, StatusCode::OK, "{:?}", saved.body);
    let body = json!({ "version": "draft" });
    let started = house.ask(Method::POST, "/api/v1/simulate", Some(&cookie), Some(body)).await;
    let job = house.job(&cookie, started).await;
    let simulation = &job["result"];
    let path = format!("/api/v1/simulations/{}/customers", simulation["id"].as_str().unwrap());
    let list = async |query: &str| {
        let found = house.ask(Method::GET, &format!("{path}?{query}"), Some(&cookie), None).await;
        assert_eq!(found.status, StatusCode::OK, "{query}: {:?}", found.body);
        found.body
    };
    let all = |list: &Value| list["items"].as_array().unwrap().clone();
    let (mut seen, mut moved) = (BTreeSet::new(), 0);
    for cell in simulation["matrix"].as_array().unwrap() {
        let name = |which: &str| match cell[which].as_str() {
            Some("") => "$not_graded".to_string(),
            level => level.unwrap().to_string(),
        };
        let (from, to) = (name("from"), name("to"));
        let opened = list(&format!("scheme=member&from={from}&to={to}&limit=1000")).await;
        assert_eq!(
            (opened["total"].as_u64(), all(&opened).len() as u64),
            (cell["count"].as_u64(), cell["count"].as_u64().unwrap()),
            "{cell}"
        );
        for one in all(&opened) {
            assert!(one["from"] == *from && one["to"] == *to && one["value_after"].is_number(), "{one}");
            assert!(one["label"].as_str().unwrap().contains('*'), "masked: {one}");
            moved += u64::from(one["value_before"] != one["value_after"]);
            assert!(seen.insert(one["customer"].as_str().unwrap().to_string()), "nobody is in two cells");
        }
    }
    assert!(seen.len() == CUSTOMERS && moved > 100, "{} customers, {moved} with another score", seen.len());
    for segment in simulation["segments"].as_array().unwrap() {
        let name = segment["name"].as_str().unwrap();
        for (query, n) in [
            ("from=out&to=in", "entered"),
            ("from=in&to=out", "left"),
            ("from=in", "before"),
            ("to=in", "after"),
        ] {
            let opened = list(&format!("segment={name}&{query}&limit=1")).await;
            assert_eq!(opened["total"], segment[n], "{segment} {query}");
        }
    }
    // Page by page: everybody once, in order.
    let (mut cursor, mut pages) = (String::new(), Vec::new());
    loop {
        let page = list(&format!("scheme=member&limit=150{cursor}")).await;
        assert_eq!(page["total"], CUSTOMERS);
        pages.extend(all(&page).iter().map(|one| one["customer"].as_str().unwrap().parse::<i64>().unwrap()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert!(pages.len() == CUSTOMERS && pages.is_sorted(), "{} in {pages:?}", pages.len());
    let code = async |path: &str| {
        let refused = house.ask(Method::GET, path, Some(&cookie), None).await;
        refused.status.as_u16()
    };
    assert_eq!(code(&path).await, 400, "a scheme or a segment");
    assert_eq!(code(&format!("{path}?scheme=member&cursor=x")).await, 422);
    assert_eq!(code(&format!("{path}?scheme=nothing")).await, 404);
    assert_eq!(code("/api/v1/simulations/abc/customers?scheme=member").await, 404);
    assert_eq!(code("/api/v1/simulations/..%2Fgradus/customers?scheme=member").await, 404);
    // Who sees a part of the customers is not shown who moves.
    let (id, _) = house.user(&cookie, "analyst").await;
    let narrowed = json!({ "scope": { "kind": "segment", "segment": "loyal" } });
    house.ask(Method::PATCH, &format!("/api/v1/users/{id}"), Some(&cookie), Some(narrowed)).await;
    let analyst = house.sign_in("analyst@example.com").await;
    let refused = house.ask(Method::GET, &format!("{path}?scheme=member"), Some(&analyst), None).await;
    assert_eq!((refused.status, &refused.body["code"]), (StatusCode::FORBIDDEN, &json!("out_of_scope")));
}
