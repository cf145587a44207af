//! `/identities`: two customers become one, and two again.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::House;

async fn identities(house: &House, cookie: &str, customer: &str) -> Value {
    let path = format!("/api/v1/customers/{customer}/identities");
    let found = house.ask(Method::GET, &path, Some(cookie), None).await;
    assert_eq!(found.status, StatusCode::OK, "{:?}", found.body);
    found.body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_links_two_identities_and_takes_them_apart() {
    let (house, cookie) = House::graded().await;
    let search = json!({ "text": "C0007" });
    let found = house.ask(Method::POST, "/api/v1/customers/search", Some(&cookie), Some(search)).await;
    let customer = found.body["items"][0]["customer"].as_str().unwrap().to_string();
    let alone = identities(&house, &cookie, &customer).await;
    assert_eq!((alone["identities"].as_array().unwrap().len(), &alone["evidence"]), (1, &json!([])));
    assert!(alone["identities"][0]["value"].as_str().unwrap().contains('*'), "{alone}");
    let pair = json!({ "a": "C0007", "b": "C0008", "reason": "same household account" });
    let (_, viewer) = house.user(&cookie, "viewer").await;
    let refused = house.ask(Method::POST, "/api/v1/identities/link", Some(&viewer), Some(pair.clone())).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let started = house.ask(Method::POST, "/api/v1/identities/link", Some(&cookie), Some(pair.clone())).await;
    assert!(!started.body["input"].to_string().contains("C0007"), "{:?}", started.body);
    let job = house.job(&cookie, started).await;
    assert_eq!(job["state"], "done", "{job:#}");
    let customers = job["result"]["customers"].as_array().unwrap();
    assert_eq!(customers[0], customers[1], "one customer now");
    let together = identities(&house, &cookie, &customer).await;
    assert_eq!(together["identities"].as_array().unwrap().len(), 2, "{together:#}");
    let said = &together["evidence"][0];
    assert_eq!((&said["what"], &said["reason"]), (&json!("linked"), &pair["reason"]), "{together:#}");
    let started = house.ask(Method::POST, "/api/v1/identities/unlink", Some(&cookie), Some(pair)).await;
    let job = house.job(&cookie, started).await;
    assert_eq!(job["state"], "done", "{job:#}");
    assert_ne!(job["result"]["customers"][0], job["result"]["customers"][1]);
    assert_eq!(identities(&house, &cookie, &customer).await["identities"].as_array().unwrap().len(), 1);
}

/// The states that a live grading begins with, and the report as a file: verbs of the terminal that are
/// asked for over the API, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_rebase_and_a_report_are_jobs() {
    let (house, cookie) = House::graded().await;
    let started = house.ask(Method::POST, "/api/v1/rebase", Some(&cookie), Some(json!({}))).await;
    let job = house.job(&cookie, started).await;
    assert_eq!((&job["state"], &job["kind"]), (&json!("done"), &json!("rebase")), "{job:#}");
    assert_eq!(job["result"]["n_customers"], crate::house::CUSTOMERS);
    let body = json!({ "as_of": "2024-05-31" });
    let started = house.ask(Method::POST, "/api/v1/reports", Some(&cookie), Some(body)).await;
    let job = house.job(&cookie, started).await;
    assert_eq!(
        (&job["state"], &job["result"]["name"]),
        (&json!("done"), &json!("report-2024-05-31.html")),
        "{job:#}"
    );
    let path = format!("/api/v1/files/{}", job["result"]["file"].as_str().unwrap());
    let file = house.ask(Method::GET, &path, Some(&cookie), None).await;
    assert!(
        file.status == StatusCode::OK && file.body.as_str().unwrap().contains("<svg"),
        "a page with figures"
    );
    let body = json!({ "as_of": "2024-06-15" });
    let refused = house.ask(Method::POST, "/api/v1/reports", Some(&cookie), Some(body)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{:?}", refused.body);
}
