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
    let own =
        all.body["items"].as_array().unwrap().iter().find(|user| user["role"] == "administrator").unwrap();
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
    assert_eq!(listed.body["items"][0]["name"], "nightly");
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

/// Lists are given in parts; together they are the whole, each once.
#[tokio::test]
async fn lists_come_in_parts() {
    let (house, administrator) = House::graded().await;
    for role in ["viewer", "operator", "approver"] {
        house.user(&administrator, role).await;
    }
    for n in 0..5 {
        let body = json!({ "name": format!("key {n}"), "scopes": ["see_grades"] });
        let made = house.ask(Method::POST, "/api/v1/keys", Some(&administrator), Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
    }
    for (path, id, at_least) in
        [("/users", "id", 4), ("/keys", "id", 5), ("/runs", "run", 2), ("/model/versions", "version", 0)]
    {
        let get = async |query: String| {
            house.ask(Method::GET, &format!("/api/v1{path}?{query}"), Some(&administrator), None).await
        };
        let whole = get("limit=200".into()).await.body;
        assert_eq!(whole["next_cursor"], serde_json::Value::Null, "{path}");
        let whole: Vec<_> = whole["items"].as_array().unwrap().iter().map(|one| one[id].clone()).collect();
        assert!(whole.len() >= at_least, "{path}: {whole:?}");
        for limit in [1, 2, 3] {
            let (mut parts, mut cursor) = (Vec::new(), String::new());
            loop {
                let part = get(format!("limit={limit}{cursor}")).await.body;
                let items = part["items"].as_array().unwrap();
                assert!(items.len() <= limit);
                parts.extend(items.iter().map(|one| one[id].clone()));
                let Some(next) = part["next_cursor"].as_str() else { break };
                assert_eq!(items.len(), limit, "{path}: only the last part is short");
                cursor = format!("&cursor={next}");
            }
            assert_eq!(parts, whole, "{path} by {limit}");
        }
        for wrong in ["limit=0", "limit=201", "limit=x"] {
            assert_eq!(get(wrong.into()).await.status, StatusCode::BAD_REQUEST, "{path}?{wrong}");
        }
    }
    let unknown = house.ask(Method::GET, "/api/v1/keys?cursor=none", Some(&administrator), None).await;
    assert_eq!((unknown.status, &unknown.body["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")));
}
