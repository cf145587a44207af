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

#[tokio::test]
async fn every_figure_of_a_simulation_over_history_opens_its_customers() {
    let (house, cookie) = House::graded().await;
    // Spend of the last sixty days goes up and down; the model is simulated as it is being edited.
    let mut edited = value_model();
    edited["indicators"]["spend"]["window"] = json!("60 days");
    let body = json!({
        "version": "draft", "document": edited, "from": "2024-01-31", "to": "2024-06-30", "every": "month",
        "flapping": true,
    });
    let started = house.ask(Method::POST, "/api/v1/simulate", Some(&cookie), Some(body)).await;
    let job = house.job(&cookie, started).await;
    assert_eq!(job["input"]["edited"], true);
    let history = &job["result"];
    let path = format!("/api/v1/simulations/{}/customers", history["id"].as_str().unwrap());
    let list = async |query: &str| {
        let found =
            house.ask(Method::GET, &format!("{path}?scheme=member&{query}"), Some(&cookie), None).await;
        assert_eq!(found.status, StatusCode::OK, "{query}: {:?}", found.body);
        found.body
    };
    let member = &history["schemes"][0];
    let (mut moves, mut counted) = (0, 0);
    for step in member["steps"].as_array().unwrap() {
        let at = step["as_of"].as_str().unwrap();
        for level in step["levels"].as_array().unwrap() {
            let name = match level["level"].as_str().unwrap() {
                "" => "$not_graded",
                name => name,
            };
            for (by, figure) in [("simulated", "count"), ("in_force", "before")] {
                let opened = list(&format!("step={at}&by={by}&to={name}&limit=1")).await;
                assert_eq!(opened["total"], level[figure], "{at} {by} {level}");
                counted += opened["total"].as_u64().unwrap();
            }
        }
        for cell in step["matrix"].as_array().unwrap() {
            let name = |which: &str| match cell[which].as_str().unwrap() {
                "" => "$not_graded".to_string(),
                level => level.to_string(),
            };
            let opened = list(&format!("step={at}&from={}&to={}&limit=1", name("from"), name("to"))).await;
            assert_eq!(opened["total"], cell["count"], "{at} {cell}");
        }
        for how in ["up", "down", "entered", "left"] {
            let opened = list(&format!("step={at}&how={how}&limit=1")).await;
            assert_eq!(opened["total"], step["moves"][how], "{at} {how} {step}");
            assert_eq!(opened["as_of"], at);
            moves += opened["total"].as_u64().unwrap();
            let before = list(&format!("step={at}&how={how}&by=in_force&limit=1")).await;
            assert_eq!(before["total"], step["moves_before"][how], "{at} {how} in force");
        }
    }
    assert!(moves > 50 && counted > 1_000, "{moves} moves, {counted} counted");
    for (of, by) in [("with_rules", "simulated"), ("in_force", "in_force")] {
        let told = member["flapping"].as_array().unwrap().iter().find(|one| one["of"] == of).unwrap();
        for (how, figure) in [("moved", "customers_moved"), ("back_and_forth", "customers_back_and_forth")] {
            let opened = list(&format!("by={by}&how={how}&limit=3")).await;
            assert_eq!(opened["total"], told[figure], "{of} {how}");
            for one in opened["items"].as_array().unwrap() {
                assert!(one["label"].as_str().unwrap().contains('*'), "masked: {one}");
            }
        }
    }
    let code = async |query: &str| {
        let refused = house.ask(Method::GET, &format!("{path}?{query}"), Some(&cookie), None).await;
        refused.status.as_u16()
    };
    assert_eq!(code("scheme=member&step=2024-02-01").await, 404, "no such instant");
    assert_eq!(code("scheme=member&step=2024-02-29&to=lead").await, 404, "no such level");
    assert_eq!(code("scheme=nothing&how=moved").await, 404);
    assert_eq!(code("segment=loyal&how=moved").await, 400);
    assert_eq!(code("scheme=member&step=2024-02-29&how=back_and_forth").await, 400);
    assert_eq!(code("scheme=member&by=chance").await, 400);
    // Kept in another form than a simulation of one instant.
    assert_eq!(code("scheme=member&to=gold").await, 404);
    // The list of jobs stays short; the job itself has all of it.
    let jobs = house.ask(Method::GET, "/api/v1/jobs", Some(&cookie), None).await;
    let listed = jobs.body["items"].as_array().unwrap().iter().find(|one| one["id"] == job["id"]).unwrap();
    assert!(listed["result"].is_null() && listed["state"] == "done", "{listed}");
}
