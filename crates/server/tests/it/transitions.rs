//! `/transitions`, histories, membership on past days, flows: each against the lists of customers as of
//! the two graded days.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{CUSTOMERS, House};

async fn get(house: &House, cookie: &str, path: &str) -> Value {
    let answer = house.ask(Method::GET, &format!("/api/v1{path}"), Some(cookie), None).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {:?}", answer.body);
    answer.body
}

async fn total(house: &House, cookie: &str, body: Value) -> u64 {
    let found = house.ask(Method::POST, "/api/v1/customers/search", Some(cookie), Some(body)).await;
    assert_eq!(found.status, StatusCode::OK, "{:?}", found.body);
    found.body["total"].as_u64().unwrap()
}

/// Everything that a filter lists, page by page of seven.
async fn all(house: &House, cookie: &str, filter: &str) -> Vec<Value> {
    let (mut out, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(house, cookie, &format!("/transitions?limit=7{filter}{cursor}")).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 7);
        out.extend(items.iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return out,
        }
    }
}

#[tokio::test]
async fn flows_lists_and_counts_tell_the_same_moves() {
    let (house, cookie) = House::graded().await;
    let summary = get(&house, &cookie, "/summary").await;
    let migration = &summary["migrations"][0];
    let names: Vec<&str> =
        migration["levels"].as_array().unwrap().iter().map(|level| level[0].as_str().unwrap()).collect();
    let rows: Vec<&str> = names.iter().copied().chain(["$not_graded", "$new"]).collect();
    let columns: Vec<&str> = names.iter().copied().chain(["$not_graded"]).collect();
    let counts = get(&house, &cookie, "/transitions/counts").await;
    assert_eq!(counts["as_of"], "2024-06-30");
    let (mut everybody, mut changed) = (0, 0);
    for (i, from) in rows.iter().enumerate() {
        for (j, to) in columns.iter().enumerate() {
            let flow = json!({ "scheme": "member", "since": "2024-05-31", "from": from, "to": to });
            let opened = total(&house, &cookie, json!({ "moved": flow, "limit": 1 })).await;
            assert_eq!(opened, migration["counts"][i][j].as_u64().unwrap(), "{from} → {to}");
            everybody += opened;
            if names.contains(from) && names.contains(to) && from != to {
                let filter = format!("&kind=tier&name=member&from={from}&to={to}&since=2024-06-30");
                let listed = all(&house, &cookie, &filter).await;
                assert_eq!(listed.len() as u64, opened, "{from} → {to}");
                let ids: BTreeSet<&str> =
                    listed.iter().map(|one| one["customer"].as_str().unwrap()).collect();
                assert_eq!(ids.len() as u64, opened, "nobody is listed twice");
                assert!(listed.iter().all(|one| one["since"] == "2024-05-31" && !one["lines"].is_null()));
                let counted = counts["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|one| one["kind"] == "tier" && one["from"] == *from && one["to"] == *to);
                assert_eq!(counted.map(|one| one["n_customers"].as_u64().unwrap()).sum::<u64>(), opened);
                changed += opened;
            }
        }
    }
    assert_eq!(everybody, CUSTOMERS as u64);
    assert!(changed > 20, "{changed} moved");
    for filter in ["kind=colour", "cause=whim", "cursor=x", "limit=0"] {
        let path = format!("/api/v1/transitions?{filter}");
        let refused = house.ask(Method::GET, &path, Some(&cookie), None).await;
        assert!(refused.status.is_client_error(), "{filter}: {:?}", refused.status);
    }
    let nowhere = json!({ "scheme": "member", "since": "2024-06-30", "from": "gold", "to": "gold" });
    let body = json!({ "moved": nowhere });
    let refused = house.ask(Method::POST, "/api/v1/customers/search", Some(&cookie), Some(body)).await;
    assert_eq!(refused.body["code"], "not-graded-yet");
}

#[tokio::test]
async fn a_customer_has_a_point_for_each_grading_and_the_cause_of_each_move() {
    let (house, cookie) = House::graded().await;
    let moved = all(&house, &cookie, "&kind=tier&cause=values&since=2024-06-30").await;
    let one = &moved[0];
    let customer = one["customer"].as_str().unwrap();
    let history = get(&house, &cookie, &format!("/customers/{customer}/history")).await;
    let columns: Vec<&str> = history["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    assert_eq!(columns, ["value", "member", "rfm"]);
    let points = history["items"].as_array().unwrap();
    assert_eq!(points.iter().map(|point| &point["as_of"]).collect::<Vec<_>>(), ["2024-05-31", "2024-06-30"]);
    assert_eq!((&points[0]["values"][1], &points[1]["values"][1]), (&one["from"], &one["to"]));
    assert_eq!(points[1]["titles"][1], one["to_title"]);
    assert!(history["moves"].as_array().unwrap().iter().any(|own| own["id"] == one["id"]));
    let orders = get(&house, &cookie, &format!("/customers/{customer}/history?name=orders")).await;
    assert_eq!((orders["columns"][0]["kind"].clone(), &orders["moves"]), (json!("indicator"), &json!([])));
    let unknown = format!("/api/v1/customers/{customer}/history?name=nothing");
    let unknown = house.ask(Method::GET, &unknown, Some(&cookie), None).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn membership_is_that_of_the_day() {
    let (house, cookie) = House::graded().await;
    let now = get(&house, &cookie, "/segments/loyal").await;
    assert_eq!(
        now["n_members"].as_u64(),
        Some(total(&house, &cookie, json!({ "segment": "loyal", "limit": 1 })).await)
    );
    let may = get(&house, &cookie, "/segments/loyal?as_of=2024-05-31&limit=1000").await;
    assert_eq!((&may["as_of"], &may["graded_for_this"]), (&json!("2024-05-31"), &json!(false)));
    // Who came in since May stands in the list of changes, and nobody else.
    let entered = all(&house, &cookie, "&kind=segment&name=loyal&to=in&since=2024-06-30").await;
    let left = all(&house, &cookie, "&kind=segment&name=loyal&to=out&since=2024-06-30").await;
    let [was, is] = [&may, &now].map(|one| one["n_members"].as_i64().unwrap());
    assert!(!entered.is_empty());
    let new = entered.iter().filter(|one| one["cause"] == "new").count() as i64;
    assert_eq!(
        is,
        was + entered.len() as i64 - left.iter().filter(|one| one["from"] == "in").count() as i64,
        "{new}"
    );
    let april = get(&house, &cookie, "/segments/loyal?as_of=2024-04-30").await;
    assert_eq!(april["graded_for_this"], true);
    assert!(april["n_members"].as_i64() < may["n_members"].as_i64());
    let viewer = house.user(&cookie, "viewer").await.1;
    let path = "/api/v1/segments/loyal?as_of=2024-04-30";
    let refused = house.ask(Method::GET, path, Some(&viewer), None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "grading everybody is no looking");
    let unknown = house.ask(Method::GET, "/api/v1/segments/nothing", Some(&cookie), None).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

/// Who sees the members of a segment only, is told of no other change.
#[tokio::test]
async fn changes_stay_within_the_scope() {
    let (house, administrator) = House::graded().await;
    let (id, _) = house.user(&administrator, "analyst").await;
    let narrowed = json!({ "scope": { "kind": "segment", "segment": "large" } });
    let path = format!("/api/v1/users/{id}");
    let changed = house.ask(Method::PATCH, &path, Some(&administrator), Some(narrowed)).await;
    assert_eq!(changed.status, StatusCode::OK, "{:?}", changed.body);
    // Whoever sees other people from now on signs in anew.
    let analyst = house.sign_in("analyst@example.com").await;
    let body = json!({ "segment": "large", "limit": 1000 });
    let large =
        house.ask(Method::POST, "/api/v1/customers/search", Some(&administrator), Some(body)).await.body;
    let large: BTreeSet<&str> =
        large["items"].as_array().unwrap().iter().map(|one| one["customer"].as_str().unwrap()).collect();
    let everything = all(&house, &administrator, "&kind=tier&since=2024-06-30").await;
    let own = all(&house, &analyst, "&kind=tier&since=2024-06-30").await;
    let expected = everything.iter().filter(|one| large.contains(one["customer"].as_str().unwrap())).count();
    assert!(expected > 0 && own.len() == expected && everything.len() > expected);
    assert!(own.iter().all(|one| large.contains(one["customer"].as_str().unwrap())));
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let told = get(&house, &analyst, "/transitions/counts").await;
    for one in told["items"].as_array().unwrap() {
        *counts.entry(one["kind"].as_str().unwrap()).or_default() += one["n_customers"].as_u64().unwrap();
    }
    assert_eq!(counts["tier"], expected as u64);
    let loyal = get(&house, &analyst, "/segments/loyal").await;
    assert_eq!((&loyal["n_members"], &loyal["n_customers"]), (&json!(large.len()), &json!(large.len())));
    let stranger = everything.iter().find(|one| !large.contains(one["customer"].as_str().unwrap())).unwrap();
    let path = format!("/api/v1/customers/{}/history", stranger["customer"].as_str().unwrap());
    assert_eq!(house.ask(Method::GET, &path, Some(&analyst), None).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_asked_and_cannot_be_understood_is_not_passed_over() {
    let (house, administrator) = House::graded().await;
    let ask = async |query: &str| {
        let path = format!("/api/v1/transitions?{query}");
        house.ask(Method::GET, &path, Some(&administrator), None).await
    };
    for (query, at) in [("since=abc", "since"), ("since=2024-13-01", "since"), ("until=soon", "until")] {
        let refused = ask(query).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {:?}", refused.body);
        assert_eq!(refused.body["errors"][0]["path"], at, "{query}: {:?}", refused.body);
    }
    for (query, at) in [("foo=1", "foo"), ("limit=abc", "limit")] {
        let refused = ask(query).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}: {:?}", refused.body);
        assert_eq!(refused.body["errors"][0]["path"], at, "{query}: {:?}", refused.body);
    }
    assert_eq!(ask("since=2024-06-01&until=2024-06-30").await.status, StatusCode::OK);
}
