//! `/learn/next`, `/next`, `/customers/{customer}/next`: learned as a job, shown wherever customers are.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::House;

const ITEM: &str = "CASE WHEN month(time) IN (1, 2) THEN 'winter' WHEN month(time) IN (3, 4) THEN 'spring' ELSE 'summer' END";

async fn ask(house: &House, cookie: &str, method: Method, path: &str, body: Option<Value>) -> Value {
    let answer = house.ask(method, &format!("/api/v1{path}"), Some(cookie), body).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {:?}", answer.body);
    answer.body
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_learned_is_shown_of_each_customer_in_lists_and_files() {
    let (house, cookie) = House::graded().await;
    assert_eq!(ask(&house, &cookie, Method::GET, "/next", None).await, Value::Null);
    let customers =
        ask(&house, &cookie, Method::POST, "/customers/search", Some(json!({ "limit": 3 }))).await;
    let customer = customers["items"][0]["customer"].as_str().unwrap();
    let path = format!("/customers/{customer}/next");
    let early = house.ask(Method::GET, &format!("/api/v1{path}"), Some(&cookie), None).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY, "{:?}", early.body);
    assert!(early.body.to_string().contains("next-not-learned"));

    let body = json!({ "item": ITEM, "k": 2, "again": true, "n_factors": 2, "seed": 5 });
    let started = house.ask(Method::POST, "/api/v1/learn/next", Some(&cookie), Some(body)).await;
    assert_eq!(started.status, StatusCode::ACCEPTED, "{:?}", started.body);
    let job = house.job(&cookie, started).await;
    assert_eq!((&job["state"], &job["kind"]), (&json!("done"), &json!("next")), "{job:#}");
    let learned = ask(&house, &cookie, Method::GET, "/next", None).await;
    assert_eq!(learned, job["result"].clone().tap(|result| result["seconds"] = learned["seconds"].clone()));
    assert_eq!((learned["n_customers"].as_u64(), learned["n_items"].as_u64()), (Some(400), Some(3)));
    assert_eq!(learned["judged"][0]["until"], "2024-06-28");

    let found = ask(&house, &cookie, Method::GET, &path, None).await;
    assert_eq!((&found["customer"], found["items"].as_array().unwrap().len()), (&json!(customer), 2));
    assert!(
        found["items"].as_array().unwrap().iter().all(|item| !item["why"]["zh"].as_str().unwrap().is_empty())
    );
    let list = json!({ "limit": 3, "columns": ["next", "orders"] });
    let list = ask(&house, &cookie, Method::POST, "/customers/search", Some(list)).await;
    let titles: Vec<&str> =
        found["items"].as_array().unwrap().iter().map(|item| item["title"]["zh"].as_str().unwrap()).collect();
    assert_eq!(list["items"][0]["values"][0], titles.join("; "));
    let export = json!({ "who": {}, "columns": ["next", "next_due"], "format": "csv" });
    let started = house.ask(Method::POST, "/api/v1/exports", Some(&cookie), Some(export)).await;
    let job = house.job(&cookie, started).await;
    assert_eq!((&job["state"], job["result"]["customers"].as_u64()), (&json!("done"), Some(400)), "{job:#}");
    // How it was learned goes into the draft, and another way takes its place only if that is asked.
    let write = |k: u32, replace: bool| json!({ "item": ITEM, "k": k, "n_factors": 2, "refit": "2 weeks", "write": { "replace": replace } });
    let learn =
        async |body: Value| house.ask(Method::POST, "/api/v1/learn/next", Some(&cookie), Some(body)).await;
    let job = house.job(&cookie, learn(write(2, false)).await).await;
    assert_eq!(job["result"]["written"]["name"], "next", "{job:#}");
    let draft = ask(&house, &cookie, Method::GET, "/model/draft", None).await;
    assert_eq!(
        (&draft["document"]["next"]["k"], &draft["document"]["next"]["refit"]),
        (&json!(2), &json!("2 weeks"))
    );
    let refused = learn(write(3, false)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.to_string().contains("name-taken"), "{:?}", refused.body);
    house.job(&cookie, learn(write(3, true)).await).await;
    let draft = ask(&house, &cookie, Method::GET, "/model/draft", None).await;
    assert_eq!(draft["document"]["next"]["k"], 3);
    let nobody = house.ask(Method::GET, "/api/v1/customers/17/next", Some(&cookie), None).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_is_said_at_once_and_a_part_of_the_customers_is_not_enough() {
    let (house, administrator) = House::graded().await;
    for (body, what) in [
        (json!({}), "next-no-item"),
        (json!({ "item": "kind", "k": 99 }), "next-number"),
        (json!({ "item": "kind", "hold_out": "soon" }), "horizon-form"),
    ] {
        let refused = house.ask(Method::POST, "/api/v1/learn/next", Some(&administrator), Some(body)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{:?}", refused.body);
        assert!(refused.body.to_string().contains(what), "{:?}", refused.body);
    }
    let strange = house
        .ask(Method::POST, "/api/v1/learn/next", Some(&administrator), Some(json!({ "items": 3 })))
        .await;
    assert_eq!(strange.status, StatusCode::BAD_REQUEST);
    let (id, _) = house.user(&administrator, "operator").await;
    let own = json!({ "scope": { "kind": "own" } });
    house.ask(Method::PATCH, &format!("/api/v1/users/{id}"), Some(&administrator), Some(own)).await;
    let operator = house.sign_in("operator@example.com").await;
    for (method, path) in [(Method::POST, "/api/v1/learn/next"), (Method::GET, "/api/v1/next")] {
        let body = (method == Method::POST).then(|| json!({ "item": "kind" }));
        let refused = house.ask(method, path, Some(&operator), body).await;
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (StatusCode::FORBIDDEN, &json!("out_of_scope")),
            "{path}"
        );
    }
}

/// A change in passing.
trait Tap: Sized {
    fn tap(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl Tap for Value {}
