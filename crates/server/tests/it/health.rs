//! `/livez`, `/readyz`, `/metrics`: what those who run it watch.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use gradus_server::{App, AppOptions, router};
use gradus_workspace::Workspace;
use serde_json::json;

use crate::house::{CUSTOMERS, House, orders_and_amount};

async fn from(house: &House, peer: &str, path: &str) -> (StatusCode, String) {
    let peer: std::net::SocketAddr = peer.parse().unwrap();
    let request = Request::builder().uri(path).extension(ConnectInfo(peer)).body(Body::empty()).unwrap();
    let answer = house.send(request).await;
    (answer.status, answer.body.as_str().unwrap_or_default().to_string())
}

#[tokio::test]
async fn it_lives_and_is_ready() {
    let house = House::empty().await;
    assert_eq!(from(&house, "192.0.2.7:5000", "/livez").await, (StatusCode::OK, "ok\n".into()));
    assert_eq!(from(&house, "192.0.2.7:5000", "/readyz").await, (StatusCode::OK, "ok\n".into()));
    // A store that takes no writes takes no work.
    let workspace = Workspace::open(house.folder.path(), None).await.unwrap();
    let app = App::new(workspace, AppOptions::default()).await.unwrap();
    app.workspace.store.clone().close().await;
    let house = House { router: router(app), ..house };
    let (status, told) = from(&house, "192.0.2.7:5000", "/readyz").await;
    assert_eq!((status, told.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"));
    assert_eq!(from(&house, "192.0.2.7:5000", "/livez").await.0, StatusCode::OK, "but it lives");
}

#[tokio::test]
async fn figures_of_the_workspace_are_told_to_this_machine_alone() {
    let (house, cookie) = House::graded().await;
    assert_eq!(from(&house, "192.0.2.7:5000", "/metrics").await.0, StatusCode::UNAUTHORIZED);
    let (status, text) = from(&house, "127.0.0.1:5000", "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    let value = |line: &str| -> f64 {
        let found = text.lines().find_map(|own| own.strip_prefix(line)?.strip_prefix(' ')?.parse().ok());
        found.unwrap_or_else(|| panic!("{line}: {text}"))
    };
    let orders: usize = (0..CUSTOMERS).map(|customer| orders_and_amount(customer).0).sum();
    assert_eq!(value("gradus_import_rows_total{source=\"orders\",outcome=\"accepted\"}"), orders as f64);
    assert_eq!(value("gradus_import_rows_total{source=\"orders\",outcome=\"rejected\"}"), 0.0);
    assert_eq!(value("gradus_run_customers"), CUSTOMERS as f64);
    assert!(value("gradus_run_duration_seconds") > 0.0 && value("gradus_run_age_seconds") < 600.0);
    assert!(value("gradus_disk_free_bytes") > 0.0);
    assert!(value("gradus_tier_drift_psi{scheme=\"member\"}") > 0.0);
    // Tiers and segments as the page shows them.
    let levels = ["silver", "gold", "platinum", "black", ""];
    let of = |level: &&str| value(&format!("gradus_tier_customers{{scheme=\"member\",level=\"{level}\"}}"));
    assert_eq!(levels.iter().map(of).sum::<f64>(), CUSTOMERS as f64);
    let body = json!({ "segment": "loyal", "limit": 1 });
    let found = house.ask(Method::POST, "/api/v1/customers/search", Some(&cookie), Some(body)).await;
    assert_eq!(value("gradus_segment_customers{segment=\"loyal\"}"), found.body["total"].as_f64().unwrap());
    // Nothing names a customer, and every line is one that Prometheus reads.
    assert!(!text.contains("C0001"), "{text}");
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (_, number) = line.rsplit_once(' ').unwrap();
        assert!(number.parse::<f64>().is_ok(), "{line}");
    }
}

#[tokio::test]
async fn who_is_refused_at_the_door_is_counted() {
    let (house, _) = House::with_administrator().await;
    let refused = async || {
        let (_, text) = from(&house, "127.0.0.1:5000", "/metrics").await;
        let line = text.lines().find_map(|line| line.strip_prefix("gradus_sign_in_refused_total "));
        line.map_or(0.0, |number| number.parse::<f64>().unwrap())
    };
    let before = refused().await;
    let guess = json!({ "email": "lin@example.com", "password": "wrong password" });
    house.ask(Method::POST, "/api/v1/session", None, Some(guess)).await;
    assert!(refused().await > before);
}

#[tokio::test]
async fn a_problem_names_its_occurrence() {
    let house = House::empty().await;
    let request = Request::builder().uri("/api/v1/session").body(Body::empty()).unwrap();
    let answer = house.send(request).await;
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
    let id = answer.headers["x-request-id"].to_str().unwrap();
    assert_eq!(answer.body["instance"], format!("urn:gradus:request:{id}"));
    assert_eq!(answer.body["request_id"], id);
    for field in ["type", "title", "status", "detail", "code", "message", "errors"] {
        assert!(!answer.body[field].is_null(), "{field}: {}", answer.body);
    }
}
