//! `/overrides`, `/entitlements`, `/customers/{customer}/notes`: what people set and write.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Answer, House, value_model};

async fn post(house: &House, cookie: &str, path: &str, body: Value) -> Answer {
    house.ask(Method::POST, &format!("/api/v1{path}"), Some(cookie), Some(body)).await
}

async fn get(house: &House, cookie: &str, path: &str) -> Answer {
    house.ask(Method::GET, &format!("/api/v1{path}"), Some(cookie), None).await
}

/// The ledger's number of a customer, and their level.
async fn found(house: &House, cookie: &str, name: &str) -> (String, Value) {
    let found = post(house, cookie, "/customers/search", json!({ "text": name })).await;
    assert_eq!(found.body["total"], 1, "{:#}", found.body);
    let one = &found.body["items"][0];
    (one["customer"].as_str().unwrap().to_string(), one["tiers"]["member"].clone())
}

/// Waits until nothing runs.
async fn settled(house: &House, cookie: &str) {
    let jobs = get(house, cookie, "/jobs").await;
    for job in jobs.body["items"].as_array().unwrap() {
        let ended = house.watched(cookie, job["id"].as_str().unwrap()).await;
        assert_eq!(ended["state"], "done", "{ended:#}");
    }
}

#[tokio::test]
async fn a_tier_is_set_by_one_person_approved_by_another_and_goes_back() {
    let (house, administrator) = House::graded().await;
    let (_, operator) = house.user(&administrator, "operator").await;
    let (_, approver) = house.user(&administrator, "approver").await;
    let (_, viewer) = house.user(&administrator, "viewer").await;
    let (customer, before) = found(&house, &operator, "C0000").await;
    assert_eq!(before, "silver", "one order of five: the lowest level");
    let path = format!("/customers/{customer}/overrides");
    let wanted = |level: &str, expires: Value| json!({ "scheme": "member", "level": level, "reason": "VIP of the board", "expires": expires });
    assert_eq!(
        post(&house, &viewer, &path, wanted("black", Value::Null)).await.status,
        StatusCode::FORBIDDEN
    );
    for wrong in [
        wanted("purple", Value::Null),
        wanted("black", json!("2001-01-01")),
        json!({ "scheme": "member", "level": "black", "reason": " " }),
        // At its end the computed tier returns, so it has one.
        wanted("black", Value::Null),
    ] {
        let refused = post(&house, &operator, &path, wrong).await;
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("override-form")),
            "{:#}",
            refused.body
        );
    }
    let asked = post(&house, &operator, &path, wanted("black", json!("2030-01-31"))).await;
    assert_eq!(
        (asked.status, &asked.body["state"]),
        (StatusCode::CREATED, &json!("waiting")),
        "{:#}",
        asked.body
    );
    assert_eq!(found(&house, &operator, "C0000").await.1, "silver", "asking changes nothing");
    let one = format!("/overrides/{}", asked.body["id"].as_str().unwrap());
    // A second one does not stand beside the first while that waits.
    let second = post(&house, &administrator, &path, wanted("gold", json!("2030-01-31"))).await;
    assert_eq!(
        (second.status, &second.body["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("override-waiting")),
        "{:#}",
        second.body
    );
    let other = format!("/customers/{}/overrides", found(&house, &operator, "C0001").await.0);
    let own = post(&house, &administrator, &other, wanted("black", json!("2030-01-31"))).await;
    let own = post(
        &house,
        &administrator,
        &format!("/overrides/{}/approve", own.body["id"].as_str().unwrap()),
        json!({}),
    )
    .await;
    assert_eq!((own.status, &own.body["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("four-eyes")));
    let approved = post(&house, &approver, &format!("{one}/approve"), json!({})).await;
    assert_eq!(
        (approved.status, &approved.body["state"]),
        (StatusCode::OK, &json!("active")),
        "{:#}",
        approved.body
    );
    let again = post(&house, &approver, &format!("{one}/approve"), json!({})).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    settled(&house, &operator).await;
    assert_eq!(found(&house, &operator, "C0000").await.1, "black");
    // The statement says that a person set it, why, and where the customer would stand.
    let why = get(&house, &operator, &format!("/customers/{customer}/statement")).await;
    assert_eq!(why.body["standings"][0]["level"], "black");
    assert_eq!(why.body["overrides"][0]["reason"], "VIP of the board");
    assert!(
        why.body["standings"][0]["value"].as_str().unwrap().parse::<f64>().unwrap() < 40.0,
        "the score is what it was"
    );
    // Nobody else moved, and a preview of the unchanged model moves nobody either.
    let preview =
        post(&house, &operator, "/preview/model", json!({ "document": value_model(), "scheme": "member" }))
            .await;
    assert_eq!(
        (&preview.body["up"], &preview.body["down"]),
        (&json!(0), &json!(0)),
        "{:#}",
        preview.body["matrix"]
    );
    let strange = get(&house, &viewer, "/overrides?state=nix").await;
    assert_eq!(strange.status, StatusCode::BAD_REQUEST, "{:?}", strange.body);
    assert!(strange.body.to_string().contains("waiting, active, expired"), "{:?}", strange.body);
    let list = get(&house, &viewer, "/overrides?state=active").await;
    assert_eq!(list.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(list.body["items"][0]["customer"], json!(customer));
    assert_eq!(list.body["next_cursor"], Value::Null);
    // One at a time: all that there are, newest first, and those that stand so alone.
    let whole = get(&house, &viewer, "/overrides").await.body["items"].clone();
    let (mut parts, mut cursor) = (Vec::new(), String::new());
    loop {
        let part = get(&house, &viewer, &format!("/overrides?limit=1{cursor}")).await.body;
        parts.extend(part["items"].as_array().unwrap().clone());
        let Some(next) = part["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((parts.len() > 1, json!(parts)), (true, whole));
    let waiting = get(&house, &viewer, "/overrides?state=waiting&limit=1").await.body;
    assert_eq!(waiting["items"][0]["state"], "waiting");
    // The reason lies in the vault and not in the store's tables.
    let store = std::fs::read(house.folder.path().join(".gradus/store.sqlite")).unwrap();
    assert!(!store.windows(16).any(|bytes| bytes == b"VIP of the board"));
    let ended = post(&house, &operator, &format!("{one}/end"), json!({})).await;
    assert_eq!((ended.status, &ended.body["state"]), (StatusCode::OK, &json!("ended")));
    settled(&house, &operator).await;
    assert_eq!(found(&house, &operator, "C0000").await.1, "silver", "where the customer would have been");
    let log = get(&house, &administrator, "/audit?limit=500").await;
    let actions: Vec<&str> =
        log.body["items"].as_array().unwrap().iter().filter_map(|one| one["action"].as_str()).collect();
    for action in ["override.ask", "override.approve", "override.end"] {
        assert!(actions.contains(&action), "{actions:?}");
    }
    assert!(!log.body.to_string().contains("VIP"), "reasons stay out of the log");
}

#[tokio::test]
async fn a_shop_asks_what_a_customer_is_entitled_to() {
    let (house, cookie) = House::graded().await;
    let ask = async |body: Value| post(&house, &cookie, "/entitlements/check", body).await;
    // Nine orders of 22 each: gold by spend, black by orders.
    let (_, level) = found(&house, &cookie, "C0005").await;
    let told = ask(json!({ "customer": "C0005" })).await;
    assert_eq!(
        (told.status, &told.body["entitled"], &told.body["level"]),
        (StatusCode::OK, &json!(true), &level),
        "{:#}",
        told.body
    );
    let levels = ["silver", "gold", "platinum", "black"];
    let own = levels.iter().position(|name| *name == level).unwrap();
    for (at, name) in levels.iter().enumerate() {
        let told = ask(json!({ "customer": "C0005", "scheme": "member", "at_least": name })).await;
        assert_eq!(told.body["entitled"], own >= at, "{name}");
    }
    let unknown = ask(json!({ "customer": "C0005", "benefit": "a yacht" })).await;
    assert_eq!(
        (unknown.status, &unknown.body["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("unknown-name"))
    );
    let nobody = ask(json!({ "customer": "C9999" })).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn notes_lie_in_the_vault_and_an_owner_sees_their_own() {
    let (house, administrator) = House::graded().await;
    let (service_id, service) = house.user(&administrator, "service").await;
    let (customer, _) = found(&house, &service, "C0007").await;
    let path = format!("/customers/{customer}/notes");
    let empty = post(&house, &service, &path, json!({ "text": "  " })).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let written =
        post(&house, &service, &path, json!({ "text": "Wants to be called in the evening." })).await;
    assert_eq!(
        (written.status, &written.body["by"]),
        (StatusCode::CREATED, &json!(service_id)),
        "{:#}",
        written.body
    );
    let notes = get(&house, &administrator, &path).await;
    assert_eq!(notes.body["items"][0]["text"], "Wants to be called in the evening.");
    let store = std::fs::read(house.folder.path().join(".gradus/store.sqlite")).unwrap();
    assert!(!store.windows(18).any(|bytes| bytes == b"called in the even"));
    let owner = format!("/api/v1/customers/{customer}/owner");
    let set = house.ask(Method::PUT, &owner, Some(&service), Some(json!({ "owner": service_id }))).await;
    assert_eq!(set.status, StatusCode::NO_CONTENT, "{:?}", set.body);
    let seen = get(&house, &service, &format!("/customers/{customer}")).await;
    assert_eq!(seen.body["owner"], json!(service_id));
    // Who sees only their own sees this one and no other, whatever is asked for.
    let narrowed = json!({ "scope": { "kind": "own" } });
    let changed = house
        .ask(Method::PATCH, &format!("/api/v1/users/{service_id}"), Some(&administrator), Some(narrowed))
        .await;
    assert_eq!(changed.status, StatusCode::OK, "{:?}", changed.body);
    let service = house.sign_in("service@example.com").await;
    let (other, _) = found(&house, &administrator, "C0008").await;
    let mine = post(&house, &service, "/customers/search", json!({})).await;
    assert_eq!((&mine.body["total"], &mine.body["items"][0]["customer"]), (&json!(1), &json!(customer)));
    for path in ["", "/statement", "/notes", "/overrides", "/benefits"] {
        assert_eq!(
            get(&house, &service, &format!("/customers/{customer}{path}")).await.status,
            StatusCode::OK,
            "{path}"
        );
        assert_eq!(
            get(&house, &service, &format!("/customers/{other}{path}")).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    for (path, body) in [
        ("/preview/model", json!({ "document": value_model() })),
        ("/preview/segment", json!({ "base": "everyone", "where": "spend > 1" })),
        ("/preview/indicator", json!({ "document": value_model(), "name": "spend" })),
    ] {
        let refused = post(&house, &service, path, body).await;
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (StatusCode::FORBIDDEN, &json!("out_of_scope")),
            "{path}"
        );
    }
    let refused = post(&house, &service, "/entitlements/check", json!({ "customer": "C0008" })).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_its_askers_alone_and_holds_whom_they_see() {
    let (house, administrator) = House::graded().await;
    let (operator_id, operator) = house.user(&administrator, "operator").await;
    let (_, analyst) = house.user(&administrator, "analyst").await;
    let lines = async |cookie: &str, body: Value| {
        let job = house.job(cookie, post(&house, cookie, "/exports", body).await).await;
        assert_eq!(job["state"], "done", "{job:#}");
        let path = format!("/files/{}", job["result"]["file"].as_str().unwrap());
        let file = get(&house, cookie, &path).await;
        assert_eq!(file.status, StatusCode::OK);
        let text = file.body.as_str().unwrap().to_string();
        (path, text)
    };
    let all = json!({ "who": {}, "columns": ["value", "member"], "format": "csv" });
    let (path, text) = lines(&analyst, all.clone()).await;
    assert_eq!(text.lines().count(), 1 + crate::house::CUSTOMERS);
    assert!(!text.contains("C0001"), "no identifiers unless they are asked for");
    assert_eq!(get(&house, &operator, &path).await.status, StatusCode::NOT_FOUND, "another one's file");
    let clear = json!({ "who": { "tier": { "scheme": "member", "level": "black" }, "segment": "loyal" }, "format": "csv", "identifiers": true });
    assert_eq!(post(&house, &analyst, "/exports", clear.clone()).await.status, StatusCode::FORBIDDEN);
    let (_, text) = lines(&operator, clear).await;
    assert!(text.contains("C0005") && !text.contains("C0000"), "{text}");
    let listed = post(
        &house,
        &operator,
        "/customers/search",
        json!({ "tier": { "scheme": "member", "level": "black" }, "segment": "loyal" }),
    )
    .await;
    assert_eq!(text.lines().count() as u64, 1 + listed.body["total"].as_u64().unwrap());
    // Who sees a part of the customers exports that part, and sees nobody else's jobs.
    let narrowed = json!({ "scope": { "kind": "segment", "segment": "large" } });
    house
        .ask(Method::PATCH, &format!("/api/v1/users/{operator_id}"), Some(&administrator), Some(narrowed))
        .await;
    let operator = house.sign_in("operator@example.com").await;
    let (_, text) = lines(&operator, all).await;
    let large = (0..crate::house::CUSTOMERS)
        .map(crate::house::orders_and_amount)
        .filter(|(n, each)| *n >= 5 && n * each >= 800);
    assert_eq!(text.lines().count(), 1 + large.count());
    let jobs = get(&house, &operator, "/jobs").await;
    assert!(
        jobs.body["items"].as_array().unwrap().iter().all(|job| job["by"] == json!(operator_id)),
        "{:#}",
        jobs.body
    );
}
