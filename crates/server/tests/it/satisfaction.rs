//! `/satisfaction`: every number opens the customers whom it counts.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::House;

async fn ask(house: &House, cookie: &str, method: Method, path: &str, body: Option<Value>) -> Value {
    let answer = house.ask(method, &format!("/api/v1{path}"), Some(cookie), body).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {:?}", answer.body);
    answer.body
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cell_opens_as_many_customers_as_it_says() {
    let (house, cookie) = House::with_administrator().await;
    let started = house
        .ask(Method::POST, "/api/v1/setup/industry", Some(&cookie), Some(json!({ "name": "school" })))
        .await;
    assert_eq!(house.job(&cookie, started).await["state"], "done");
    let found = ask(&house, &cookie, Method::GET, "/satisfaction", None).await;
    assert_eq!(found["question"]["field"], "recommend");
    let answered = found["n_answered"].as_u64().unwrap();
    assert!(answered > 20 && answered < found["n_customers"].as_u64().unwrap(), "{found}");
    let bands: u64 =
        ["low", "middle", "high"].map(|band| found["overall"][band].as_u64().unwrap()).iter().sum();
    assert_eq!(bands, answered);
    let grid = &found["grid"];
    let mut opened = 0;
    for (row, cells) in grid["rows"].as_array().unwrap().iter().zip(grid["cells"].as_array().unwrap()) {
        for (column, cell) in grid["columns"].as_array().unwrap().iter().zip(cells.as_array().unwrap()) {
            let (band, group) =
                (row["name"].as_str().unwrap_or("unanswered"), column["name"].as_str().unwrap_or("$none"));
            let own = json!({ "band": band, "group": group, "limit": 1 });
            let list = ask(&house, &cookie, Method::POST, "/satisfaction/customers", Some(own)).await;
            assert_eq!(list["total"], cell["n"], "{band} {group}");
            let mut filters = cell["opens"].clone();
            filters["limit"] = json!(1);
            let list = ask(&house, &cookie, Method::POST, "/customers/search", Some(filters)).await;
            assert_eq!(list["total"], cell["n"], "{band} {group}");
            opened += cell["n"].as_u64().unwrap();
        }
    }
    assert_eq!(opened, found["n_customers"].as_u64().unwrap());
    for corner in ["satisfied_leaving", "dissatisfied_loyal"] {
        if found[corner].is_object() {
            let body = json!({ "corner": corner });
            let list = ask(&house, &cookie, Method::POST, "/satisfaction/customers", Some(body)).await;
            assert_eq!(list["total"], found[corner]["n"], "{corner}");
        }
    }
    let teacher =
        ask(&house, &cookie, Method::GET, "/satisfaction?measure=csat&window=6%20months", None).await;
    assert_eq!((&teacher["question"]["field"], &teacher["question"]["to"]), (&json!("teacher"), &json!(5)));
}

#[tokio::test]
async fn what_cannot_be_told_is_said_and_a_part_is_a_part() {
    let (house, administrator) = House::graded().await;
    let none = house.ask(Method::GET, "/api/v1/satisfaction", Some(&administrator), None).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY, "{:?}", none.body);
    assert!(none.body.to_string().contains("no-survey"), "{:?}", none.body);
    let strange = house.ask(Method::GET, "/api/v1/satisfaction?mesure=nps", Some(&administrator), None).await;
    assert_eq!(strange.status, StatusCode::BAD_REQUEST);
    // Any number is an answer: an order of 7 is one of a passive customer. Who sees a part counts a part.
    let path = "/satisfaction?measure=nps&field=amount";
    let all = ask(&house, &administrator, Method::GET, path, None).await;
    let (id, _) = house.user(&administrator, "operator").await;
    let own = json!({ "scope": { "kind": "segment", "segment": "loyal" } });
    let changed =
        house.ask(Method::PATCH, &format!("/api/v1/users/{id}"), Some(&administrator), Some(own)).await;
    assert_eq!(changed.status, StatusCode::OK, "{:?}", changed.body);
    let operator = house.sign_in("operator@example.com").await;
    let answer = house.ask(Method::GET, &format!("/api/v1{path}"), Some(&operator), None).await;
    match answer.status {
        StatusCode::OK => {
            let part = answer.body["n_customers"].as_u64().unwrap();
            assert!(part > 0 && part < all["n_customers"].as_u64().unwrap());
        }
        // Nobody of the segment answered on the scale.
        status => assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{:?}", answer.body),
    }
}
