//! `/views`: saved, removed, brought back.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn a_removed_view_comes_back_as_it_was() {
    let (house, administrator) = House::with_administrator().await;
    let (_, viewer) = house.user(&administrator, "viewer").await;
    let (_, analyst) = house.user(&administrator, "analyst").await;
    let body = json!({ "kind": "dashboard", "name": "每周", "content": { "tab": "kpis" } });
    let made = house.ask(Method::POST, "/api/v1/views", Some(&viewer), Some(body)).await.body;
    let path = format!("/api/v1/views/{}", made["id"].as_str().unwrap());
    let back = format!("{path}/restore");
    // What stands there is not brought back; what is another's is neither removed nor brought back.
    let early = house.ask(Method::POST, &back, Some(&viewer), None).await;
    assert_eq!(early.status, StatusCode::NOT_FOUND);
    let other = house.ask(Method::DELETE, &path, Some(&analyst), None).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    let gone = house.ask(Method::DELETE, &path, Some(&viewer), None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let list = house.ask(Method::GET, "/api/v1/views", Some(&viewer), None).await.body;
    assert_eq!(list["items"], json!([]));
    assert_eq!(house.ask(Method::POST, &back, Some(&analyst), None).await.status, StatusCode::FORBIDDEN);
    // Whoever manages the system removed nothing, and may: it stays the viewer's.
    let returned = house.ask(Method::POST, &back, Some(&administrator), None).await;
    assert_eq!((returned.status, &returned.body), (StatusCode::OK, &made));
    let list = house.ask(Method::GET, "/api/v1/views", Some(&viewer), None).await.body;
    assert_eq!(list["items"], json!([made]));
    assert_eq!(house.ask(Method::POST, &back, Some(&viewer), None).await.status, StatusCode::NOT_FOUND);
}
