//! `/model`: draft, review, publication.

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::house::{Answer, House};

fn document(threshold: i64) -> Value {
    json!({
        "gradus": 1,
        "title": { "zh": "价值", "en": "Value" },
        "indicators": { "orders": { "title": { "zh": "订单数", "en": "Orders" }, "kind": "count", "where": "kind = 'order_line'" } },
        "segments": { "loyal": { "title": { "zh": "忠诚", "en": "Loyal" }, "base": "everyone", "where": { "value": "orders", "at_least": threshold } } },
    })
}

fn etag(answer: &Answer) -> String {
    answer.headers[header::ETAG].to_str().unwrap().to_string()
}

#[tokio::test]
async fn a_draft_is_reviewed_by_another_person_and_published() {
    let (house, administrator) = House::with_administrator().await;
    let (_, operator) = house.user(&administrator, "operator").await;
    let (_, approver) = house.user(&administrator, "approver").await;
    let begun = house.ask(Method::GET, "/api/v1/model/draft", Some(&operator), None).await;
    assert_eq!((begun.status, etag(&begun)), (StatusCode::OK, "\"0\"".to_string()));
    let body = json!({ "document": document(3) });
    let written =
        house.with_etag(Method::PUT, "/api/v1/model/draft", &operator, &etag(&begun), body.clone()).await;
    assert_eq!(written.status, StatusCode::OK, "{:?}", written.body);
    assert_eq!(written.body["document"], document(3));
    // Who did not see the change does not overwrite it.
    let late =
        house.with_etag(Method::PUT, "/api/v1/model/draft", &operator, &etag(&begun), body.clone()).await;
    assert_eq!(
        (late.status, &late.body["code"]),
        (StatusCode::PRECONDITION_FAILED, &json!("changed_meanwhile"))
    );
    let blind = house.ask(Method::PUT, "/api/v1/model/draft", Some(&operator), Some(body)).await;
    assert_eq!(blind.status, StatusCode::PRECONDITION_REQUIRED);
    let note = json!({ "note": "spring" });
    let submitted = house
        .with_etag(Method::POST, "/api/v1/model/draft/submit", &operator, &etag(&written), note.clone())
        .await;
    assert_eq!((submitted.status, &submitted.body["state"]), (StatusCode::CREATED, &json!("review")));
    assert_eq!(submitted.body["validation"], Value::Null, "not yet validated");
    let path = format!("/api/v1/model/versions/{}", submitted.body["version"]);
    let own = house.ask(Method::POST, &format!("{path}/approve"), Some(&operator), Some(note.clone())).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN);
    let early = house.ask(Method::POST, &format!("{path}/publish"), Some(&approver), Some(json!({}))).await;
    assert_eq!((early.status, &early.body["code"]), (StatusCode::CONFLICT, &json!("version_state")));
    let approved = house.ask(Method::POST, &format!("{path}/approve"), Some(&approver), Some(note)).await;
    assert_eq!(approved.body["state"], "approved");
    let published =
        house.ask(Method::POST, &format!("{path}/publish"), Some(&approver), Some(json!({}))).await;
    assert_eq!((published.status, &published.body["state"]), (StatusCode::OK, &json!("published")));
    let seen = house.ask(Method::GET, &path, Some(&operator), None).await;
    assert_eq!(seen.body["document"]["segments"]["loyal"]["where"]["at_least"], 3);
    // What is in force is what the next draft begins as.
    let next = house.ask(Method::GET, "/api/v1/model/draft", Some(&operator), None).await;
    let version = submitted.body["version"].as_i64().unwrap();
    assert_eq!((&next.body["base_version"], &next.body["revision"]), (&json!(version), &json!(-version)));
    // Whoever began with what was in force before would take back what was published meanwhile.
    let body = json!({ "document": document(9) });
    let stale = house.with_etag(Method::PUT, "/api/v1/model/draft", &operator, "\"0\"", body.clone()).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{:?}", stale.body);
    let fresh = house.with_etag(Method::PUT, "/api/v1/model/draft", &operator, &etag(&next), body).await;
    assert_eq!(fresh.status, StatusCode::OK, "{:?}", fresh.body);
}

#[tokio::test]
async fn a_difference_is_told_in_words() {
    let (house, administrator) = House::with_administrator().await;
    let body = json!({ "document": document(2) });
    let written = house.with_etag(Method::PUT, "/api/v1/model/draft", &administrator, "\"0\"", body).await;
    let note = json!({ "note": "" });
    let submitted = house
        .with_etag(Method::POST, "/api/v1/model/draft/submit", &administrator, &etag(&written), note)
        .await;
    let version = submitted.body["version"].to_string();
    let body = json!({ "document": document(3) });
    house.with_etag(Method::PUT, "/api/v1/model/draft", &administrator, "\"0\"", body).await;
    let path = format!("/api/v1/model/diff?from={version}&to=draft");
    let told = house.ask(Method::GET, &path, Some(&administrator), None).await;
    assert_eq!(told.status, StatusCode::OK, "{:?}", told.body);
    assert_eq!(told.body["changes"].as_array().unwrap().len(), 1, "{:#}", told.body);
    assert_eq!(
        told.body["changes"][0]["words"],
        json!({ "zh": "分群“忠诚” › 条件：orders ≥ 2 → orders ≥ 3", "en": "segment “Loyal” › condition: orders at least 2 → orders at least 3" })
    );
    let same = house
        .ask(
            Method::GET,
            &format!("/api/v1/model/diff?from={version}&to={version}"),
            Some(&administrator),
            None,
        )
        .await;
    assert_eq!(same.body["changes"], json!([]));
    let wrong =
        house.ask(Method::GET, "/api/v1/model/diff?from=x&to=draft", Some(&administrator), None).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let missing =
        house.ask(Method::GET, "/api/v1/model/diff?from=77&to=draft", Some(&administrator), None).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_approves_their_own_unless_one_person_is_enough() {
    let (house, administrator) = House::with_administrator().await;
    let body = json!({ "document": document(2) });
    let written = house.with_etag(Method::PUT, "/api/v1/model/draft", &administrator, "\"0\"", body).await;
    let note = json!({ "note": "" });
    let submitted = house
        .with_etag(Method::POST, "/api/v1/model/draft/submit", &administrator, &etag(&written), note.clone())
        .await;
    let path = format!("/api/v1/model/versions/{}/approve", submitted.body["version"]);
    let own = house.ask(Method::POST, &path, Some(&administrator), Some(note)).await;
    assert_eq!((own.status, &own.body["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("four-eyes")));
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_path_and_is_not_submitted() {
    let (house, administrator) = House::with_administrator().await;
    let mut wrong = document(1);
    wrong["segments"]["loyal"]["where"]["value"] = json!("ordrs");
    let checked = house
        .ask(Method::POST, "/api/v1/model/check", Some(&administrator), Some(json!({ "document": wrong })))
        .await;
    assert_eq!(checked.status, StatusCode::OK);
    let finding = &checked.body["findings"][0];
    assert_eq!(finding["severity"], "error", "{finding}");
    assert!(finding["path"].as_str().unwrap().starts_with("segments.loyal"), "{finding}");
    assert!(finding["hint"]["en"].as_str().unwrap().contains("orders"), "{finding}");
    let body = json!({ "document": wrong });
    let written = house.with_etag(Method::PUT, "/api/v1/model/draft", &administrator, "\"0\"", body).await;
    assert_eq!(written.status, StatusCode::OK, "a draft may be wrong for a while");
    assert_eq!(written.body["findings"].as_array().unwrap().len(), 1);
    let note = json!({ "note": "" });
    let refused = house
        .with_etag(Method::POST, "/api/v1/model/draft/submit", &administrator, &etag(&written), note)
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for document in [json!(7), json!([]), json!("x")] {
        let body = json!({ "document": document });
        let answer =
            house.with_etag(Method::PUT, "/api/v1/model/draft", &administrator, &etag(&written), body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

/// The cases of a document as it is being edited: what differs and why, and which cases meet a part.
#[tokio::test]
async fn test_cases_are_run_over_http() {
    let (house, administrator) = House::graded().await;
    let mut model = crate::house::value_model();
    model["tests"] = json!({
        "large": { "title": { "zh": "大客户", "en": "Large" }, "as_of": "2024-06-30", "inputs": { "spend": 900, "orders": 9 },
            "expect": { "scores": { "value": { "score": 100 } }, "tiers": { "member": "black" } } },
        "small": { "as_of": "2024-06-30", "inputs": { "spend": 10, "orders": 1 },
            "expect": { "tiers": { "member": "gold" } } },
    });
    let run = async |body: Value| {
        house.ask(Method::POST, "/api/v1/model/test", Some(&administrator), Some(body)).await
    };
    let tested = run(json!({ "document": model, "min_coverage": 99 })).await;
    assert_eq!(tested.status, StatusCode::OK, "{:?}", tested.body);
    let body = &tested.body;
    assert_eq!((&body["fine"], &body["reached"]), (&json!(false), &json!(false)));
    assert_eq!((&body["n_cases"], &body["n_failed"], &body["version"]), (&json!(2), &json!(1), &Value::Null));
    let (large, small) = (&body["cases"][0], &body["cases"][1]);
    assert_eq!((&large["name"], &large["passed"]), (&json!("large"), &json!(true)));
    assert_eq!(large["differences"], json!([]));
    let difference = &small["differences"][0];
    assert_eq!(
        (&difference["path"], &difference["expected"], &difference["got"]),
        (&json!("expect.tiers.member"), &json!("gold"), &json!("silver"))
    );
    assert!(difference["why"][0]["zh"].is_string(), "{difference}");
    let parts = body["coverage"]["parts"].as_array().unwrap();
    assert_eq!(body["coverage"]["n_parts"], parts.len());
    let met_by = |kind: &str, path: &str| {
        let found = parts.iter().find(|part| part["kind"] == kind && part["path"] == path);
        found.unwrap_or_else(|| panic!("no {kind} {path} in {parts:#?}"))["met_by"].clone()
    };
    assert_eq!(met_by("bin", "scorecards.value.attributes.spend.bins[3]"), json!(["large"]));
    assert_eq!(met_by("bin", "scorecards.value.attributes.spend.bins[0]"), json!(["small"]));
    assert_eq!(met_by("bin", "scorecards.value.attributes.spend.bins[1]"), json!([]));
    assert_eq!(met_by("level", "tiers.member.levels.black"), json!(["large"]));
    assert_eq!(met_by("in", "segments.loyal"), json!(["large"]));
    assert_eq!(met_by("out", "segments.loyal"), json!(["small"]));
    let n_met = parts.iter().filter(|part| part["met_by"] != json!([])).count();
    assert_eq!(body["coverage"]["n_met"], n_met);
    // Chosen cases; the draft, which is the folder's model here and has none.
    let one = run(json!({ "document": model, "only": ["large"] })).await;
    assert_eq!((&one.body["n_cases"], &one.body["fine"]), (&json!(1), &json!(true)));
    let draft = run(json!({})).await;
    assert_eq!((draft.status, &draft.body["n_cases"]), (StatusCode::OK, &json!(0)), "{:?}", draft.body);
    // What is wrong is said with its code.
    let unknown = run(json!({ "document": model, "only": ["lage"] })).await;
    assert_eq!((unknown.status.as_u16(), &unknown.body["code"]), (422, &json!("unknown-test")));
    model["tests"]["small"]["expect"]["tiers"]["member"] = json!("gould");
    let misspelt = run(json!({ "document": model })).await;
    assert_eq!((misspelt.status.as_u16(), &misspelt.body["code"]), (422, &json!("test-name")));
    assert_eq!(misspelt.body["errors"][0]["path"], "tests.small.expect.tiers.member");
    assert_eq!(run(json!({ "version": "x" })).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(run(json!({ "version": "77" })).await.status, StatusCode::NOT_FOUND);
    assert_eq!(run(json!({ "min_coverage": 101 })).await.status, StatusCode::BAD_REQUEST);
}
