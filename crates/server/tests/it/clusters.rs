//! `/learn/clusters`, `/learn/cuts`: groups of customers that are alike.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{CUSTOMERS, House, value_model};

async fn learned(house: &House, cookie: &str, body: Value) -> (Value, Value) {
    let started = house.ask(Method::POST, "/api/v1/learn/clusters", Some(cookie), Some(body)).await;
    assert_eq!(started.status, StatusCode::ACCEPTED, "{:?}", started.body);
    let job = house.job(cookie, started).await;
    let path = format!("/api/v1/learn/clusters/{}", job["id"].as_str().unwrap());
    let told = house.ask(Method::GET, &path, Some(cookie), None).await;
    assert_eq!(told.status, StatusCode::OK, "{:?}", told.body);
    (job["result"].clone(), told.body)
}

#[tokio::test]
async fn what_is_learned_is_as_it_is_described_and_grades_as_a_part_of_the_draft() {
    let (house, cookie) = House::graded().await;
    let body = json!({ "features": ["orders", "spend"], "scale": "log", "seed": 1, "k": 3 });
    let (result, told) = learned(&house, &cookie, body).await;
    assert_eq!(result, told, "the description knows every field");
    assert_eq!((told["n"].as_u64(), told["n_left_out"].as_u64()), (Some(CUSTOMERS as u64), Some(0)));
    let clusters = told["clusters"].as_array().unwrap();
    let sizes: Vec<u64> = clusters.iter().map(|one| one["n"].as_u64().unwrap()).collect();
    assert_eq!((sizes.len(), sizes.iter().sum::<u64>()), (3, CUSTOMERS as u64));
    assert!(sizes.is_sorted_by(|a, b| a >= b));
    assert_eq!(told["tried"].as_array().unwrap().len(), 7, "2 to 8");
    assert_eq!(told["scatter"]["points"].as_array().unwrap().len(), CUSTOMERS);
    assert!(clusters[0]["typical"][0]["title"]["zh"].is_string());
    // The rules of a group count what a segment of these rules holds; the prediction groups as it was shown.
    let mut model = value_model();
    model["predictions"] = json!({ "groups": told["prediction"] });
    for (name, segment) in told["segments"].as_object().unwrap() {
        model["segments"][name] = segment.clone();
    }
    let read = house.ask(Method::GET, "/api/v1/model/draft", Some(&cookie), None).await;
    let etag = read.headers[axum::http::header::ETAG].to_str().unwrap().to_string();
    let saved = house
        .with_etag(Method::PUT, "/api/v1/model/draft", &cookie, &etag, json!({ "document": model }))
        .await;
    assert_eq!((saved.status, &saved.body["findings"]), (StatusCode::OK, &json!([])), "{:?}", saved.body);
    for (at, described) in told["description"]["clusters"].as_array().unwrap().iter().enumerate() {
        let name = format!("groups_c{}", at + 1);
        if described["rules"].as_array().unwrap().is_empty() {
            continue;
        }
        let rules = described["rules"].as_array().unwrap();
        let n: u64 = rules.iter().map(|rule| rule["n"].as_u64().unwrap()).sum();
        let segment = &told["segments"][&name];
        let body = json!({ "document": model, "base": segment["base"], "where": segment["where"] });
        let seen = house.ask(Method::POST, "/api/v1/preview/segment", Some(&cookie), Some(body)).await;
        assert_eq!(seen.status, StatusCode::OK, "{:?}", seen.body);
        assert_eq!(seen.body["count"].as_u64(), Some(n), "{name}: {:?}", seen.body);
    }
}

#[tokio::test]
async fn what_cannot_be_grouped_or_cut_is_said_with_its_place() {
    let (house, cookie) = House::graded().await;
    let wrong = json!({ "features": ["orders", "nothing"] });
    let refused = house.ask(Method::POST, "/api/v1/learn/clusters", Some(&cookie), Some(wrong)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{:?}", refused.body);
    assert_eq!(refused.body["errors"][0]["path"], "predictions.groups.clusters.features[1]");
    let many = json!({ "features": ["orders"], "k": 40 });
    let started = house.ask(Method::POST, "/api/v1/learn/clusters", Some(&cookie), Some(many)).await;
    let id = started.body["id"].as_str().unwrap().to_string();
    let job = house.job(&cookie, started).await;
    assert_eq!(job["state"], "failed");
    assert!(job["problem"]["en"].is_string() || job["problem"]["findings"].is_array(), "{job}");
    let told = house.ask(Method::GET, &format!("/api/v1/learn/clusters/{id}"), Some(&cookie), None).await;
    assert_eq!(told.status, StatusCode::CONFLICT);

    let cut =
        async |body: Value| house.ask(Method::POST, "/api/v1/learn/cuts", Some(&cookie), Some(body)).await;
    let found = cut(json!({ "value": "spend", "parts": 4, "method": "jenks" })).await;
    assert_eq!(found.status, StatusCode::OK, "{:?}", found.body);
    assert_eq!(
        (found.body["cuts"].as_array().unwrap().len(), found.body["n"].as_u64()),
        (3, Some(CUSTOMERS as u64))
    );
    let counts: u64 = found.body["counts"].as_array().unwrap().iter().filter_map(Value::as_u64).sum();
    assert!(counts == CUSTOMERS as u64 && found.body["goodness"].as_f64().unwrap() > 0.8);
    let equal = cut(json!({ "value": "spend", "parts": 4, "method": "quantiles" })).await;
    assert!(equal.body["counts"].as_array().unwrap().iter().all(|n| n.as_u64().unwrap().abs_diff(100) < 12));
    assert!(equal.body["goodness"].as_f64() < found.body["goodness"].as_f64(), "natural breaks explain most");
    let few = cut(json!({ "value": "orders", "parts": 12, "method": "jenks" })).await;
    assert_eq!(
        (few.status, &few.body["errors"][0]["path"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("parts"))
    );
    let text = cut(json!({ "value": "nothing", "parts": 3, "method": "jenks" })).await;
    assert_eq!(
        (text.status, &text.body["errors"][0]["path"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("value"))
    );
}

#[tokio::test]
async fn groups_and_cuts_are_written_into_the_draft() {
    let (house, cookie) = House::graded().await;
    let body = json!({
        "features": ["orders", "spend"], "seed": 1, "k": 3, "write": { "name": "circles" }, "segments": true,
    });
    let (result, told) = learned(&house, &cookie, body.clone()).await;
    assert_eq!(result, told, "the description knows every field");
    let paths = told["draft"]["paths"].as_array().unwrap();
    assert!(paths.contains(&json!("predictions.circles")) && paths.len() > 1, "{paths:?}");
    let draft = async || house.ask(Method::GET, "/api/v1/model/draft", Some(&cookie), None).await.body;
    assert_eq!(draft().await["document"]["predictions"]["circles"]["clusters"]["k"], 3);
    // What is called so already is replaced only if that is asked for.
    let again = house.ask(Method::POST, "/api/v1/learn/clusters", Some(&cookie), Some(body)).await;
    assert_eq!(house.job(&cookie, again).await["state"], "failed");
    let replaced =
        json!({ "features": ["orders", "spend"], "k": 2, "write": { "name": "circles", "replace": true } });
    learned(&house, &cookie, replaced).await;
    assert_eq!(draft().await["document"]["predictions"]["circles"]["clusters"]["k"], 2);

    // Five natural breaks if nothing is said, as at the terminal; as of a day; into the draft.
    let cut =
        async |body: Value| house.ask(Method::POST, "/api/v1/learn/cuts", Some(&cookie), Some(body)).await;
    let usual = cut(json!({ "value": "spend" })).await;
    assert_eq!(
        (usual.body["cuts"].as_array().map(Vec::len), &usual.body["method"]),
        (Some(4), &json!("jenks"))
    );
    let then = cut(json!({ "value": "spend", "as_of": "2024-05-31" })).await;
    assert_eq!((then.status, &then.body["as_of"]), (StatusCode::OK, &json!("2024-05-31")), "{:#}", then.body);
    assert!(then.body["n"].as_u64() <= usual.body["n"].as_u64());
    let path = "scorecards.value.attributes.spend";
    let written = cut(json!({ "value": "spend", "parts": 3, "write": path })).await;
    assert_eq!(written.body["draft"]["paths"], json!([path]), "{:#}", written.body);
    let bins = draft().await["document"]["scorecards"]["value"]["attributes"]["spend"]["bins"].clone();
    assert_eq!(bins.as_array().map(Vec::len), Some(3), "{bins:#}");
    let (_, viewer) = house.user(&cookie, "viewer").await;
    for (what, body) in [
        ("cuts", json!({ "value": "spend", "write": path })),
        ("clusters", json!({ "features": ["orders"], "write": { "name": "mine" } })),
    ] {
        let refused =
            house.ask(Method::POST, &format!("/api/v1/learn/{what}"), Some(&viewer), Some(body)).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{what}: {:?}", refused.body);
    }
}
