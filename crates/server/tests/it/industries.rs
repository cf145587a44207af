//! A newcomer's way over the API: an industry in an empty workspace, its tour, and leaving it behind.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::House;

async fn industries(house: &House, cookie: &str) -> Vec<Value> {
    let all = house.ask(Method::GET, "/api/v1/industries", Some(cookie), None).await;
    assert_eq!(all.status, StatusCode::OK, "{:?}", all.body);
    all.body["items"].as_array().unwrap().clone()
}

async fn beginning(house: &House, cookie: &str) -> Value {
    let seen = house.ask(Method::GET, "/api/v1/setup/industry", Some(cookie), None).await;
    assert_eq!(seen.status, StatusCode::OK, "{:?}", seen.body);
    seen.body
}

async fn session(house: &House, cookie: &str) -> Value {
    house.ask(Method::GET, "/api/v1/session", Some(cookie), None).await.body["workspace"].clone()
}

async fn set_up(house: &House, cookie: &str, name: &str) -> Value {
    let body = json!({ "name": name });
    let started = house.ask(Method::POST, "/api/v1/setup/industry", Some(cookie), Some(body)).await;
    house.job(cookie, started).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_workspace_begins_with_an_industry_and_starts_over_without_it() {
    let (house, administrator) = House::with_administrator().await;
    let before = session(&house, &administrator).await;
    assert_eq!((&before["has_data"], &before["sample"]), (&json!(false), &Value::Null));
    assert_eq!(beginning(&house, &administrator).await, json!({ "is_empty": true, "industry": null }));
    let all = industries(&house, &administrator).await;
    let ecommerce = all.iter().find(|one| one["name"] == "ecommerce").expect("it is built in");
    assert_ne!(ecommerce["title"]["zh"], ecommerce["title"]["en"]);

    let job = set_up(&house, &administrator, "ecommerce").await;
    assert_eq!(job["state"], "done", "{job:#}");
    assert_eq!(job["result"]["n_customers"], ecommerce["n_customers"]);
    assert!(job["result"]["instants"].as_array().unwrap().len() > 3);
    // The industry's own clock, and the words that say what it is.
    let after = session(&house, &administrator).await;
    assert_eq!((&after["has_data"], &after["clock"]["kind"]), (&json!(true), &json!("fixed")));
    assert_eq!(after["sample"]["industry"], "ecommerce");
    let versions = house.ask(Method::GET, "/api/v1/model/versions", Some(&administrator), None).await.body;
    assert_eq!(
        (&versions["items"][0]["version"], &versions["items"][0]["state"]),
        (&json!(1), &json!("published"))
    );
    assert_eq!(versions["items"][0]["validation"], Value::Null, "not yet validated");
    let summary = house.ask(Method::GET, "/api/v1/summary", Some(&administrator), None).await;
    assert_eq!(summary.status, StatusCode::OK, "{:?}", summary.body);
    // Not a second time.
    let body = json!({ "name": "ecommerce" });
    let again = house.ask(Method::POST, "/api/v1/setup/industry", Some(&administrator), Some(body)).await;
    assert_eq!((again.status, &again.body["code"]), (StatusCode::CONFLICT, &json!("workspace-not-empty")));

    let now = beginning(&house, &administrator).await;
    assert_eq!((&now["is_empty"], &now["industry"]["state"]), (&json!(false), &json!("there")));
    let effect = &now["industry"]["effect"];
    assert_eq!((&effect["n_own_imports"], &effect["n_own_versions"]), (&json!(0), &json!(0)));
    assert!(effect["n_events"].as_u64().unwrap() > 0 && effect["n_runs"].as_u64().unwrap() > 3, "{effect}");
    let start_over = async |confirm: &str| {
        let body = json!({ "confirm": confirm });
        house.ask(Method::POST, "/api/v1/setup/start-over", Some(&administrator), Some(body)).await
    };
    let wrong = start_over("yes").await;
    assert_eq!(
        (wrong.status, &wrong.body["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("not-confirmed"))
    );
    assert_eq!(session(&house, &administrator).await, after, "nothing was touched");
    let gone = start_over("ecommerce").await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{:?}", gone.body);
    // As it was: the settings, an empty ledger, no version; and whoever was signed in still is.
    let end = session(&house, &administrator).await;
    assert_eq!(
        (&end["has_data"], &end["has_model"], &end["sample"]),
        (&json!(false), &json!(false), &Value::Null)
    );
    assert_eq!((&end["title"], &end["clock"]["kind"]), (&before["title"], &before["clock"]["kind"]));
    assert_eq!(beginning(&house, &administrator).await["is_empty"], true);
    let imports = house.ask(Method::GET, "/api/v1/imports", Some(&administrator), None).await.body;
    assert_eq!(imports["items"], json!([]));
    let nothing = start_over("ecommerce").await;
    assert_eq!((nothing.status, &nothing.body["code"]), (StatusCode::CONFLICT, &json!("no-sample-data")));
    // What was done stays in the audit log, which holds.
    let log = house.ask(Method::GET, "/api/v1/audit", Some(&administrator), None).await.body;
    let actions: Vec<&str> =
        log["items"].as_array().unwrap().iter().filter_map(|entry| entry["action"].as_str()).collect();
    assert!(actions.contains(&"industry.set_up") && actions.contains(&"industry.start_over"), "{actions:?}");
    // And once more.
    assert_eq!(set_up(&house, &administrator, "ecommerce").await["state"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tour_is_remembered_for_each_person() {
    let (house, administrator) = House::with_administrator().await;
    let tour = async |cookie: &str| {
        house.ask(Method::GET, "/api/v1/me/tour", Some(cookie), None).await.body["tour"].clone()
    };
    assert_eq!(tour(&administrator).await, Value::Null);
    let body = json!({ "step": 0, "state": "open" });
    let none = house.ask(Method::PUT, "/api/v1/me/tour", Some(&administrator), Some(body)).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    set_up(&house, &administrator, "ecommerce").await;
    let begun = tour(&administrator).await;
    assert_eq!((&begun["step"], &begun["state"]), (&json!(0), &json!("left")));
    let n_steps = begun["steps"].as_array().unwrap().len();
    let body = json!({ "step": n_steps - 1, "state": "open" });
    let gone = house.ask(Method::PUT, "/api/v1/me/tour", Some(&administrator), Some(body)).await;
    assert_eq!(gone.status, StatusCode::OK, "{:?}", gone.body);
    assert_eq!(tour(&administrator).await["step"], n_steps - 1);
    let (_, viewer) = house.user(&administrator, "viewer").await;
    assert_eq!(tour(&viewer).await["step"], 0, "everybody walks it themselves");
    for body in [json!({ "step": n_steps, "state": "open" }), json!({ "step": 0, "state": "lost" })] {
        let wrong = house.ask(Method::PUT, "/api/v1/me/tour", Some(&administrator), Some(body)).await;
        assert!(wrong.status.is_client_error(), "{:?}", wrong.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_industry_without_data_leaves_the_settings_and_publishes_nothing() {
    let (house, administrator) = House::with_administrator().await;
    let body = json!({ "name": "no-such-industry" });
    let unknown = house.ask(Method::POST, "/api/v1/setup/industry", Some(&administrator), Some(body)).await;
    assert_eq!((unknown.status, &unknown.body["code"]), (StatusCode::NOT_FOUND, &json!("unknown-industry")));
    let body = json!({ "name": "ecommerce", "with_data": false });
    let started = house.ask(Method::POST, "/api/v1/setup/industry", Some(&administrator), Some(body)).await;
    assert_eq!(house.job(&administrator, started).await["state"], "done");
    let now = session(&house, &administrator).await;
    assert_eq!(
        (&now["has_model"], &now["has_data"], &now["sample"], &now["clock"]["kind"]),
        (&json!(true), &json!(false), &Value::Null, &json!("system"))
    );
    let versions = house.ask(Method::GET, "/api/v1/model/versions", Some(&administrator), None).await.body;
    assert_eq!(versions, json!({ "items": [], "next_cursor": null }));
    let draft = house.ask(Method::GET, "/api/v1/model/draft", Some(&administrator), None).await.body;
    assert!(!draft["document"]["tiers"].as_object().unwrap().is_empty());
    let body = json!({ "confirm": "ecommerce" });
    let gone = house.ask(Method::POST, "/api/v1/setup/start-over", Some(&administrator), Some(body)).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{:?}", gone.body);
    assert_eq!(session(&house, &administrator).await["has_model"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_ones_own_are_never_taken_away() {
    let (house, administrator) = House::graded().await;
    assert_eq!(beginning(&house, &administrator).await, json!({ "is_empty": false, "industry": null }));
    let body = json!({ "name": "ecommerce" });
    let refused = house.ask(Method::POST, "/api/v1/setup/industry", Some(&administrator), Some(body)).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (StatusCode::CONFLICT, &json!("workspace-not-empty"))
    );
    let body = json!({ "confirm": "ecommerce" });
    let kept = house.ask(Method::POST, "/api/v1/setup/start-over", Some(&administrator), Some(body)).await;
    assert_eq!((kept.status, &kept.body["code"]), (StatusCode::CONFLICT, &json!("no-sample-data")));
    assert_eq!(session(&house, &administrator).await["has_data"], true);
    let (_, operator) = house.user(&administrator, "operator").await;
    let body = json!({ "confirm": "ecommerce" });
    let no = house.ask(Method::POST, "/api/v1/setup/start-over", Some(&operator), Some(body)).await;
    assert_eq!(no.status, StatusCode::FORBIDDEN);
}
