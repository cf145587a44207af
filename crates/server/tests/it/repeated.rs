//! `Idempotency-Key`: what is sent again happens once.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use crate::house::{Answer, House};

async fn post(house: &House, cookie: &str, path: &str, key: &str, body: &Value) -> Answer {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/api/v1{path}"))
        .header("x-gradus", "1")
        .header("idempotency-key", key)
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    house.send(request).await
}

async fn a_customer(house: &House, cookie: &str) -> String {
    let found =
        house.ask(Method::POST, "/api/v1/customers/search", Some(cookie), Some(json!({ "limit": 1 }))).await;
    found.body["items"][0]["customer"].as_str().unwrap().to_string()
}

#[tokio::test]
async fn what_is_sent_again_happens_once() {
    let (house, cookie) = House::graded().await;
    let path = format!("/customers/{}/notes", a_customer(&house, &cookie).await);
    let note = json!({ "text": "Prefers the phone" });
    let first = post(&house, &cookie, &path, "note-1", &note).await;
    assert!(first.status.is_success(), "{:?}", first.body);
    let store = std::fs::read(house.folder.path().join(".gradus/store.sqlite")).unwrap();
    assert!(!store.windows(10).any(|bytes| bytes == b"Prefers th"), "kept answers are sealed");
    let again = post(&house, &cookie, &path, "note-1", &note).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    let listed = async || {
        let notes = house.ask(Method::GET, &format!("/api/v1{path}"), Some(&cookie), None).await;
        notes.body["items"].as_array().unwrap().len()
    };
    assert_eq!(listed().await, 1);
    // Another key is another request; the same key for something else is refused.
    assert!(post(&house, &cookie, &path, "note-2", &note).await.status.is_success());
    assert_eq!(listed().await, 2);
    let other = post(&house, &cookie, &path, "note-1", &json!({ "text": "Prefers letters" })).await;
    assert_eq!(
        (other.status, other.body["code"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("idempotency_key_reused"))
    );
    assert_eq!(listed().await, 2);
}

#[tokio::test]
async fn keys_are_of_one_account_and_what_was_refused_may_be_mended() {
    let (house, cookie) = House::graded().await;
    let path = format!("/customers/{}/notes", a_customer(&house, &cookie).await);
    let refused = post(&house, &cookie, &path, "k", &json!({ "text": "" })).await;
    assert!(refused.status.is_client_error(), "{:?}", refused.body);
    assert!(post(&house, &cookie, &path, "k", &json!({ "text": "Mended" })).await.status.is_success());
    // Somebody else's key by the same name answers nothing of it.
    let (_, other) = house.user(&cookie, "operator").await;
    let theirs = post(&house, &other, &path, "k", &json!({ "text": "Theirs" })).await;
    assert!(theirs.status.is_success(), "{:?}", theirs.body);
    for wrong in ["", "with space", &"x".repeat(201)] {
        let answer = post(&house, &cookie, &path, wrong, &json!({ "text": "No" })).await;
        assert_eq!(
            (answer.status, answer.body["code"].as_str()),
            (StatusCode::BAD_REQUEST, Some("idempotency_key")),
            "{wrong:?}"
        );
    }
    let notes = house.ask(Method::GET, &format!("/api/v1{path}"), Some(&cookie), None).await;
    assert_eq!(notes.body["items"].as_array().unwrap().len(), 2);
}
