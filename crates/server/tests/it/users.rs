//! `/users`, `/roles`, `/keys`.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn rights_change_at_once_and_the_last_administrator_stays() {
    let (house, administrator) = House::with_administrator().await;
    let (id, operator) = house.user(&administrator, "operator").await;
    let refused = house.ask(Method::GET, "/api/v1/users", Some(&operator), None).await;
    assert_eq!((refused.status, &refused.body["code"]), (StatusCode::FORBIDDEN, &json!("forbidden")));
    let path = format!("/api/v1/users/{id}");
    let disabled =
        house.ask(Method::PATCH, &path, Some(&administrator), Some(json!({ "disabled": true }))).await;
    assert_eq!(disabled.body["disabled"], true);
    assert_eq!(
        house.ask(Method::GET, "/api/v1/session", Some(&operator), None).await.status,
        StatusCode::UNAUTHORIZED
    );
    let all = house.ask(Method::GET, "/api/v1/users", Some(&administrator), None).await;
    let own = all.body.as_array().unwrap().iter().find(|user| user["role"] == "administrator").unwrap();
    let path = format!("/api/v1/users/{}", own["id"].as_str().unwrap());
    let last = house.ask(Method::PATCH, &path, Some(&administrator), Some(json!({ "role": "viewer" }))).await;
    assert_eq!(
        (last.status, &last.body["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("last-administrator"))
    );
}

#[tokio::test]
async fn a_key_has_no_more_rights_than_it_was_given() {
    let (house, administrator) = House::with_administrator().await;
    let body = json!({ "name": "nightly", "scopes": ["see_grades"] });
    let made = house.ask(Method::POST, "/api/v1/keys", Some(&administrator), Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
    let token = made.body["token"].as_str().unwrap().to_string();
    let with_key = |path: &str| {
        Request::builder()
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap()
    };
    let seen = house.send(with_key("/api/v1/session")).await;
    assert_eq!(seen.body["permissions"], json!(["see_grades"]));
    assert_eq!(house.send(with_key("/api/v1/users")).await.status, StatusCode::FORBIDDEN);
    let listed = house.ask(Method::GET, "/api/v1/keys", Some(&administrator), None).await;
    assert!(!listed.body.to_string().contains(&token), "a token is shown once");
    let path = format!("/api/v1/keys/{}", made.body["key"]["id"].as_str().unwrap());
    assert_eq!(
        house.ask(Method::DELETE, &path, Some(&administrator), None).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(house.send(with_key("/api/v1/session")).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        house.ask(Method::DELETE, &path, Some(&administrator), None).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn two_users_cannot_share_an_address() {
    let (house, administrator) = House::with_administrator().await;
    house.user(&administrator, "viewer").await;
    let body = json!({ "email": "VIEWER@example.com", "name": "two", "role": "viewer" });
    let taken = house.ask(Method::POST, "/api/v1/users", Some(&administrator), Some(body)).await;
    assert_eq!((taken.status, &taken.body["code"]), (StatusCode::CONFLICT, &json!("taken")));
    let body = json!({ "email": "no address", "name": "x", "role": "viewer" });
    let wrong = house.ask(Method::POST, "/api/v1/users", Some(&administrator), Some(body)).await;
    assert_eq!((wrong.status, &wrong.body["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("email-form")));
}
