//! `/system`: what is there, and a backup that opens again.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::house::{CUSTOMERS, House, orders_and_amount};

#[tokio::test]
async fn what_is_there_is_counted() {
    let (house, cookie) = House::graded().await;
    let told = house.ask(Method::GET, "/api/v1/system", Some(&cookie), None).await.body;
    assert_eq!((&told["store"]["kind"], &told["last_backup"]), (&json!("SQLite"), &json!(null)));
    assert_eq!((&told["currency"], &told["settings"]["four_eyes"]), (&json!("CNY"), &json!(true)));
    let size = |what: &str| {
        let found = told["sizes"].as_array().unwrap().iter().find(|one| one["what"]["en"] == what);
        found.unwrap_or_else(|| panic!("{what}: {told:#}")).clone()
    };
    let orders: usize = (0..CUSTOMERS).map(|customer| orders_and_amount(customer).0).sum();
    assert_eq!(size("events ledger")["rows"], orders);
    let customers = size("grades")["rows"].as_u64().unwrap();
    assert!((CUSTOMERS as u64 + 1..=2 * CUSTOMERS as u64).contains(&customers), "two gradings: {customers}");
    assert!(size("events ledger")["bytes"].as_u64().unwrap() > 1_000);
    assert_eq!(size("  vault: identities")["rows"], CUSTOMERS);
    assert!(told["formats"].as_array().unwrap().iter().all(|one| one["number"].as_i64().unwrap() >= 1));
    let licences = house.ask(Method::GET, "/api/v1/system/licences", Some(&cookie), None).await.body;
    let items = licences["items"].as_array().unwrap();
    let has = |part: &str, name: &str| items.iter().any(|one| one["part"] == part && one["name"] == name);
    assert!(has("program", "axum") && has("program", "datafusion") && has("page", "react"));
}

#[tokio::test]
async fn a_backup_is_a_job_whose_file_restores() {
    let (house, cookie) = House::graded().await;
    let operator = house.user(&cookie, "operator").await.1;
    let refused = house.ask(Method::POST, "/api/v1/system/backup", Some(&operator), None).await;
    assert_eq!((refused.status, &refused.body["code"]), (StatusCode::FORBIDDEN, &json!("forbidden")));
    let started = house.ask(Method::POST, "/api/v1/system/backup", Some(&cookie), None).await;
    let job = house.job(&cookie, started).await;
    assert_eq!(job["state"], "done", "{job:#}");
    let path = format!("/api/v1/system/backups/{}", job["result"]["file"].as_str().unwrap());
    let refused = house.ask(Method::GET, &path, Some(&operator), None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let request = axum::http::Request::builder()
        .uri(&path)
        .header(axum::http::header::COOKIE, &cookie)
        .body(axum::body::Body::empty())
        .unwrap();
    let response = tower::ServiceExt::oneshot(house.router.clone(), request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let bytes = axum::body::to_bytes(response.into_body(), 64 << 20).await.unwrap();
    assert_eq!(Some(bytes.len() as u64), job["result"]["bytes"].as_u64());
    // Who the customers are stays sealed: neither their numbers nor the key are in it.
    let holds = |marker: &[u8]| bytes.windows(marker.len()).any(|part| part == marker);
    assert!(!holds(b"C0007") && !holds(b"master.key\0"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("whole.tar");
    std::fs::write(&file, &bytes).unwrap();
    let to = folder.path().join("other");
    std::fs::create_dir_all(&to).unwrap();
    let restored = gradus_workspace::restore(&to, &file, None, None, &()).await.unwrap();
    assert!(restored.needs_master_key);
    std::fs::copy(house.folder.path().join(".gradus/master.key"), to.join(".gradus/master.key")).unwrap();
    let workspace = gradus_workspace::Workspace::open(&to, None).await.unwrap();
    let base = gradus_workspace::base::BaseCache::default().newest(&workspace).await.unwrap();
    assert_eq!((base.n_customers(), base.graded.as_of.as_str()), (CUSTOMERS, "2024-06-30"));
    for id in ["00ff", "..%2F..%2Fgradus.yaml"] {
        let path = format!("/api/v1/system/backups/{id}");
        let missing = house.ask(Method::GET, &path, Some(&cookie), None).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND, "{id}");
    }
    let told = house.ask(Method::GET, "/api/v1/system", Some(&cookie), None).await.body;
    assert_eq!(told["last_backup"]["bytes"], job["result"]["bytes"]);
    let log = house.ask(Method::GET, "/api/v1/audit", Some(&cookie), None).await.body.to_string();
    assert!(log.contains("workspace.backup.fetch"), "{log}");
}
