//! `/uploads`, `/imports`, `/quarantine`, `/sources`: a file on its way into the ledger.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use crate::house::House;

/// Five orders of four customers; the amount of the fourth is no number.
const ORDERS: &str = "customer,day,amount,mobile\nA,2024-03-01,10,13800138001\nB,2024-03-01,20,13800138002\n\
                      B,2024-03-02,5,13800138002\nC,2024-03-02,three,13800138003\nD,2024-03-03,40,13800138004\n";

fn source() -> Value {
    json!({
        "gradus": 1, "title": { "zh": "订单", "en": "Orders" }, "files": ["orders*"], "history": true,
        "mapping": {
            "identity": [{ "kind": "id", "value": "customer" }, { "kind": "phone", "value": "mobile" }],
            "kind": "'order_line'", "time": "day", "amount": "amount",
        },
    })
}

/// The id of an upload that arrived whole.
async fn uploaded(house: &House, cookie: &str, name: &str, text: &str) -> String {
    let sent = house.upload(cookie, name, text.to_string()).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{:?}", sent.body);
    assert_eq!(sent.body["n_bytes"], text.len());
    sent.body["upload"].as_str().unwrap().to_string()
}

async fn post(house: &House, cookie: &str, path: &str, body: Value) -> crate::house::Answer {
    house.ask(Method::POST, &format!("/api/v1{path}"), Some(cookie), Some(body)).await
}

/// Imports the orders; the number of the import.
async fn imported(house: &House, cookie: &str) -> Value {
    let upload = uploaded(house, cookie, "orders.csv", ORDERS).await;
    let body =
        json!({ "uploads": [upload], "source": "orders", "source_document": source(), "dry_run": false });
    let job = house.job(cookie, post(house, cookie, "/imports", body).await).await;
    assert_eq!(job["state"], "done", "{job:#}");
    job["result"]["files"][0].clone()
}

#[tokio::test]
async fn a_file_is_looked_at_before_anything_is_written() {
    let (house, administrator) = House::with_administrator().await;
    let upload = uploaded(&house, &administrator, "orders.csv", ORDERS).await;
    let seen = post(&house, &administrator, &format!("/uploads/{upload}/preview"), json!({})).await;
    assert_eq!(seen.status, StatusCode::OK, "{:?}", seen.body);
    assert_eq!(seen.body["columns"], json!(["customer", "day", "amount", "mobile"]));
    assert_eq!((&seen.body["delimiter"], &seen.body["has_header"]), (&json!(","), &json!(true)));
    assert_eq!(seen.body["rows"][0][2], "10");
    assert_eq!(seen.body["rows"][0][3], "138****8001", "what identifies somebody is masked");
    assert!(!seen.body.to_string().contains("13800138001"));
    // Read with another delimiter there is one column.
    let other =
        post(&house, &administrator, &format!("/uploads/{upload}/preview"), json!({ "delimiter": ";" }))
            .await;
    assert_eq!(other.body["columns"].as_array().unwrap().len(), 1, "{:?}", other.body);
    let proposed = post(&house, &administrator, &format!("/uploads/{upload}/propose"), json!({})).await;
    assert_eq!(
        (proposed.status, &proposed.body["name"]),
        (StatusCode::OK, &json!("orders")),
        "{:?}",
        proposed.body
    );
    let kinds: Vec<&str> = proposed.body["source"]["mapping"]["identity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|identity| identity["kind"].as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"phone"), "{:#}", proposed.body);
    let body =
        json!({ "uploads": [upload], "source": "orders", "source_document": source(), "dry_run": true });
    let job = house.job(&administrator, post(&house, &administrator, "/imports", body).await).await;
    assert_eq!((&job["kind"], &job["state"]), (&json!("import_dry_run"), &json!("done")), "{job:#}");
    let told = &job["result"]["files"][0];
    assert_eq!(
        (&told["outcome"], &told["file"], &told["quarantined"]),
        (&json!("imported"), &json!("orders.csv"), &json!(1))
    );
    assert_eq!((&told["balanced"], &told["import"]), (&json!(true), &Value::Null));
    assert_eq!(told["examples"][0]["row"], 4);
    assert_eq!(told["customers"], json!({ "new": 3, "known": 0 }));
    // Nothing was written: no source, no import, and the file still lies there.
    let nothing = house.ask(Method::GET, "/api/v1/imports", Some(&administrator), None).await;
    assert_eq!(nothing.body["items"], json!([]));
    assert_eq!(house.ask(Method::GET, "/api/v1/sources", Some(&administrator), None).await.body, json!([]));
    let still = post(&house, &administrator, &format!("/uploads/{upload}/preview"), json!({})).await;
    assert_eq!(still.status, StatusCode::OK);
}

#[tokio::test]
async fn a_dry_run_says_whom_the_file_would_bring() {
    let (house, administrator) = House::with_administrator().await;
    let told = imported(&house, &administrator).await;
    assert_eq!(told["customers"], Value::Null, "who came is said by what was imported");
    // A is known by number, E by the mobile of B, F's two mobiles are one new customer, the last is nobody's.
    let more = "customer,day,amount,mobile\nA,2024-04-01,1,\nE,2024-04-01,2,13800138002\n\
                F,2024-04-01,3,13800138005\nF,2024-04-02,3,13800138006\n,2024-04-02,3,\n";
    let upload = uploaded(&house, &administrator, "orders2.csv", more).await;
    let body = json!({ "uploads": [upload], "source": "orders", "dry_run": true });
    let job = house.job(&administrator, post(&house, &administrator, "/imports", body).await).await;
    assert_eq!(job["result"]["files"][0]["customers"], json!({ "new": 1, "known": 2 }), "{job:#}");
    let upload = uploaded(&house, &administrator, "orders.csv", ORDERS).await;
    let body = json!({ "uploads": [upload], "source": "orders", "dry_run": true });
    let job = house.job(&administrator, post(&house, &administrator, "/imports", body).await).await;
    assert_eq!(job["result"]["files"][0]["customers"], json!({ "new": 0, "known": 3 }), "{job:#}");
}

#[tokio::test]
async fn an_import_is_reconciled_and_the_same_file_again_adds_nothing() {
    let (house, administrator) = House::with_administrator().await;
    let told = imported(&house, &administrator).await;
    assert_eq!(
        (&told["new"], &told["known"], &told["quarantined"]),
        (&json!(4), &json!(0), &json!(1)),
        "{told:#}"
    );
    let path = format!("/api/v1/imports/{}", told["import"]);
    let seen = house.ask(Method::GET, &path, Some(&administrator), None).await;
    assert_eq!((&seen.body["read"], &seen.body["attributed"]), (&json!(5), &json!(4)), "{:#}", seen.body);
    assert_eq!((&seen.body["state"], &seen.body["files"]), (&json!("done"), &json!(["orders.csv"])));
    assert_eq!(seen.body["reconciliation"]["money"][0]["currency"], "CNY");
    assert_eq!(seen.body["quality"]["rows"], 5, "{:#}", seen.body["quality"]);
    // The source that came with it is kept, and the file is gone.
    let sources = house.ask(Method::GET, "/api/v1/sources", Some(&administrator), None).await;
    assert_eq!(sources.body[0]["name"], "orders");
    let left = std::fs::read_dir(house.folder.path().join(".gradus/uploads")).unwrap().count();
    assert_eq!(left, 0, "an imported file does not stay");
    let again = imported(&house, &administrator).await;
    assert_eq!((&again["new"], &again["known"]), (&json!(0), &json!(4)));
    let list = house.ask(Method::GET, "/api/v1/imports?limit=1", Some(&administrator), None).await;
    assert_eq!(list.body["items"][0]["number"], again["import"]);
    let next = format!("/api/v1/imports?limit=1&cursor={}", list.body["next_cursor"].as_str().unwrap());
    let next = house.ask(Method::GET, &next, Some(&administrator), None).await;
    assert_eq!(next.body["items"][0]["number"], told["import"]);
    let missing = house.ask(Method::GET, "/api/v1/imports/999", Some(&administrator), None).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_refused_row_is_mended_and_replayed() {
    let (house, administrator) = House::with_administrator().await;
    let (_, operator) = house.user(&administrator, "operator").await;
    let told = imported(&house, &operator).await;
    let waiting = house.ask(Method::GET, "/api/v1/quarantine", Some(&administrator), None).await;
    assert_eq!(
        (&waiting.body["total"], &waiting.body["items"][0]["row"]),
        (&json!(1), &json!(4)),
        "{:#}",
        waiting.body
    );
    assert_eq!(waiting.body["items"][0]["column"], "amount", "the column to be mended is named");
    let cell = |body: &Value, column: &str| {
        let cells = body["items"][0]["cells"].as_array().unwrap().clone();
        cells.into_iter().find(|cell| cell["column"] == column).unwrap()
    };
    // An administrator sees no identifiers in clear; an operator does, and the log says so.
    assert_eq!(
        cell(&waiting.body, "amount"),
        json!({ "column": "amount", "value": "three", "masked": false })
    );
    assert_eq!(
        cell(&waiting.body, "mobile"),
        json!({ "column": "mobile", "value": "138****8003", "masked": true })
    );
    let clear = house.ask(Method::GET, "/api/v1/quarantine", Some(&operator), None).await;
    assert_eq!(cell(&clear.body, "mobile")["value"], "13800138003");
    let log = house.ask(Method::GET, "/api/v1/audit?limit=500", Some(&administrator), None).await;
    let actions: Vec<&str> =
        log.body["items"].as_array().unwrap().iter().filter_map(|one| one["action"].as_str()).collect();
    assert_eq!(actions.iter().filter(|action| **action == "quarantine.see").count(), 1, "{actions:?}");
    // Newest first, page by page, it is the same log.
    let (mut newest, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/audit?order=newest&limit=3{cursor}");
        let page = house.ask(Method::GET, &path, Some(&administrator), None).await.body;
        newest.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let mut oldest = log.body["items"].as_array().unwrap().clone();
    oldest.reverse();
    assert!(newest.len() > 6 && newest == oldest, "{newest:#?}");
    let wrong = house.ask(Method::GET, "/api/v1/audit?order=up", Some(&administrator), None).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let book = format!("/api/v1/imports/{}/failed-rows", told["import"]);
    let refused = house.ask(Method::GET, &book, Some(&administrator), None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let book = house.ask(Method::GET, &book, Some(&operator), None).await;
    assert_eq!(book.status, StatusCode::OK);
    assert!(book.headers[header::CONTENT_DISPOSITION].to_str().unwrap().contains("failed-rows.xlsx"));
    let id = waiting.body["items"][0]["id"].clone();
    let mend =
        |amount: &str| json!({ "rows": [{ "id": id, "cells": [{ "column": "amount", "value": amount }] }] });
    // Still wrong: it comes back with its reason, as another row.
    let job = house
        .job(&administrator, post(&house, &administrator, "/quarantine/replay", mend("3 or so")).await)
        .await;
    assert_eq!(
        (&job["state"], &job["result"]["files"][0]["quarantined"]),
        (&json!("done"), &json!(1)),
        "{job:#}"
    );
    let waiting = house.ask(Method::GET, "/api/v1/quarantine", Some(&administrator), None).await;
    assert_eq!(waiting.body["total"], 1);
    let id = waiting.body["items"][0]["id"].clone();
    let mend = json!({ "rows": [{ "id": id, "cells": [{ "column": "amount", "value": "30" }] }] });
    let job = house
        .job(&administrator, post(&house, &administrator, "/quarantine/replay", mend.clone()).await)
        .await;
    let told = &job["result"]["files"][0];
    assert_eq!((&told["new"], &told["quarantined"]), (&json!(1), &json!(0)), "{job:#}");
    // The cells that nobody touched were taken over: the masked number too.
    let found = post(&house, &operator, "/customers/search", json!({ "text": "13800138003" })).await;
    assert!(found.status == StatusCode::OK || found.body["code"] == "not-graded-yet", "{:?}", found.body);
    let empty = house.ask(Method::GET, "/api/v1/quarantine", Some(&administrator), None).await;
    assert_eq!(empty.body["total"], 0);
    let twice = post(&house, &administrator, "/quarantine/replay", mend).await;
    assert_eq!(twice.status, StatusCode::NOT_FOUND);
    let left = std::fs::read_dir(house.folder.path().join(".gradus/uploads")).unwrap().count();
    assert_eq!(left, 0, "mended rows do not stay in clear");
}

#[tokio::test]
async fn a_source_is_edited_by_who_saw_its_newest_state() {
    let (house, administrator) = House::with_administrator().await;
    imported(&house, &administrator).await;
    let seen = house.ask(Method::GET, "/api/v1/sources/orders", Some(&administrator), None).await;
    let mut document = seen.body["document"].clone();
    document["title"] = json!({ "zh": "订单行", "en": "Order lines" });
    let write = async |name: &str, etag: Option<&str>, document: &Value| {
        let mut request = Request::builder()
            .method(Method::PUT)
            .uri(format!("/api/v1/sources/{name}"))
            .header("x-gradus", "1")
            .header(header::COOKIE, &administrator)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(etag) = etag {
            request = request.header(header::IF_MATCH, etag);
        }
        house.send(request.body(Body::from(json!({ "document": document }).to_string())).unwrap()).await
    };
    let blind = write("orders", None, &document).await;
    assert_eq!(
        (blind.status, &blind.body["code"]),
        (StatusCode::PRECONDITION_FAILED, &json!("changed_meanwhile"))
    );
    let etag = seen.headers[header::ETAG].to_str().unwrap();
    let written = write("orders", Some(etag), &document).await;
    assert_eq!(written.status, StatusCode::OK, "{:?}", written.body);
    let late = write("orders", Some(etag), &document).await;
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);
    // It is a file that git can hold, and it reads back as it was written.
    let text = std::fs::read_to_string(house.folder.path().join("sources/orders.yaml")).unwrap();
    assert!(text.contains("Order lines") && text.starts_with("gradus: 1\n"), "{text}");
    let again = house.ask(Method::GET, "/api/v1/sources/orders", Some(&administrator), None).await;
    assert_eq!(again.body["document"], document);
    document["mapping"]["kind"] = json!(7.5);
    document["mapping"]["amont"] = json!("amount");
    let etag = again.headers[header::ETAG].to_str().unwrap();
    let wrong = write("orders", Some(etag), &document).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body["errors"][0]["path"].as_str().unwrap().contains("amont"), "{:#}", wrong.body);
    for name in ["..%2Fgradus", "a%20b", "-x"] {
        let refused = write(name, None, &source()).await;
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("source-name")),
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_upload_is_its_senders_alone() {
    let (house, administrator) = House::with_administrator().await;
    let (_, operator) = house.user(&administrator, "operator").await;
    let upload = uploaded(&house, &operator, "..%2F..%2Fetc%2Fpasswd", ORDERS).await;
    let path = format!("/uploads/{upload}/preview");
    assert_eq!(post(&house, &operator, &path, json!({})).await.body["name"], "passwd");
    assert_eq!(post(&house, &administrator, &path, json!({})).await.status, StatusCode::NOT_FOUND);
    let body = json!({ "uploads": [upload], "dry_run": true });
    assert_eq!(post(&house, &administrator, "/imports", body).await.status, StatusCode::NOT_FOUND);
    for id in ["..", "%2e%2e%2f", "zz", "0123456789abcdef"] {
        let answer = post(&house, &operator, &format!("/uploads/{id}/preview"), json!({})).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id}");
    }
    // Only its owner reads the file on the disk.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let folder = house.folder.path().join(".gradus/uploads").join(&upload);
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(std::fs::metadata(folder.join("passwd")).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let gone = house.ask(Method::DELETE, &format!("/api/v1/uploads/{upload}"), Some(&operator), None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(post(&house, &operator, &path, json!({})).await.status, StatusCode::NOT_FOUND);
    // A file that cannot be read is told as such, and is larger than what other bodies may be.
    let upload = uploaded(&house, &operator, "x.csv", &"a,b\n1,2\n".repeat(1_000_000)).await;
    let seen = post(&house, &operator, &format!("/uploads/{upload}/preview"), json!({})).await;
    assert_eq!((seen.status, seen.body["rows"].as_array().unwrap().len()), (StatusCode::OK, 20));
    let upload = uploaded(&house, &operator, "x.pdf", "%PDF-1.7 and so on").await;
    let seen = post(&house, &operator, &format!("/uploads/{upload}/preview"), json!({})).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_nobody_imported_is_sealed_and_goes_at_the_next_start() {
    let (house, administrator) = House::with_administrator().await;
    let kept = uploaded(&house, &administrator, "orders.csv", ORDERS).await;
    let old = uploaded(&house, &administrator, "orders.csv", ORDERS).await;
    let folder = house.folder.path().join(".gradus/uploads");
    let sealed = std::fs::read(folder.join(&kept).join("orders.csv")).unwrap();
    assert!(sealed.len() > ORDERS.len());
    assert!(!sealed.windows(6).any(|part| part == b"138001" || part == b"amount"));
    // One lies there since yesterday; one was cut off; one an older program left, in clear.
    let about = folder.join(&old).join(".about.json");
    let mut told: Value = serde_json::from_slice(&std::fs::read(&about).unwrap()).unwrap();
    told["at"] = json!(told["at"].as_i64().unwrap() - 86_400_000_001);
    std::fs::write(&about, told.to_string()).unwrap();
    for (name, about) in [
        ("00fe", None),
        (
            "00ff",
            Some(r#"{"id":"00ff","name":"a","n_bytes":1,"account":"x","at":9999999999999999,"file":"a"}"#),
        ),
    ] {
        std::fs::create_dir(folder.join(name)).unwrap();
        std::fs::write(folder.join(name).join("a"), ORDERS).unwrap();
        if let Some(about) = about {
            std::fs::write(folder.join(name).join(".about.json"), about).unwrap();
        }
    }
    let workspace = gradus_workspace::Workspace::open(house.folder.path(), None).await.unwrap();
    gradus_server::App::new(workspace, gradus_server::AppOptions::default()).await.unwrap();
    let left: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(left, [kept.as_str()]);
    // What stays is imported as if it lay there in clear.
    let body =
        json!({ "uploads": [kept], "source": "orders", "source_document": source(), "dry_run": false });
    let job = house.job(&administrator, post(&house, &administrator, "/imports", body).await).await;
    assert_eq!(job["result"]["files"][0]["new"], 4, "{job:#}");
    assert!(std::fs::read_dir(&folder).unwrap().next().is_none(), "what is imported goes");
}

#[tokio::test]
async fn an_import_is_undone_after_its_effect_was_seen() {
    let (house, administrator) = House::with_administrator().await;
    let told = imported(&house, &administrator).await;
    let number = &told["import"];
    let path = format!("/imports/{number}/undo");
    let (_, viewer) = house.user(&administrator, "viewer").await;
    let refused = post(&house, &viewer, &path, json!({ "dry_run": true })).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{:?}", refused.body);
    let job = house
        .job(&administrator, post(&house, &administrator, &path, json!({ "dry_run": true })).await)
        .await;
    let effect = &job["result"]["effect"];
    assert_eq!((&job["kind"], &job["state"]), (&json!("import_undo_dry_run"), &json!("done")), "{job:#}");
    assert_eq!((&effect["taken_back"]["events"], &effect["customers"]), (&json!(4), &json!(3)), "{job:#}");
    assert_eq!(effect["taken_back"]["money"], json!({ "CNY": "75" }), "{job:#}");
    let see = format!("/api/v1/imports/{number}");
    let still = house.ask(Method::GET, &see, Some(&administrator), None).await;
    assert_eq!(still.body["state"], "done");
    let job = house.job(&administrator, post(&house, &administrator, &path, json!({})).await).await;
    assert_eq!((&job["state"], &job["result"]["effect"]), (&json!("done"), effect), "{job:#}");
    let seen = house.ask(Method::GET, &see, Some(&administrator), None).await;
    assert_eq!((&seen.body["state"], &seen.body["reconciliation"]["undone"]), (&json!("undone"), effect));
    let waiting = house.ask(Method::GET, "/api/v1/quarantine", Some(&administrator), None).await;
    assert_eq!(waiting.body["total"], 0, "its quarantine is closed");
    // Once more is a finding at once, and no job.
    let twice = post(&house, &administrator, &path, json!({})).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY, "{:?}", twice.body);
    assert!(twice.body.to_string().contains("import-undone-before"), "{:?}", twice.body);
    let none = post(&house, &administrator, "/imports/99/undo", json!({})).await;
    assert!(none.body.to_string().contains("unknown-import"), "{:?}", none.body);
    let log = house.ask(Method::GET, "/api/v1/audit?limit=500", Some(&administrator), None).await;
    let undone =
        log.body["items"].as_array().unwrap().iter().filter(|one| one["action"] == "import.undo").count();
    assert_eq!(undone, 1, "{:#}", log.body);
}
