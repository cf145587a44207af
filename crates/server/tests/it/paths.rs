//! What an address names and is not there: 404 with a code and words, whatever is asked of it.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Answer, House, value_model};

/// A body with which each operation would be fine, if only the thing were there.
fn body_of(method: &Method, path: &str) -> Option<Value> {
    let body = match path {
        "/customers/{customer}/notes" => json!({ "text": "called back" }),
        "/customers/{customer}/overrides" => {
            json!({ "scheme": "member", "level": "gold", "reason": "why", "expires": "2030-01-31" })
        }
        "/customers/{customer}/owner" => json!({ "owner": null }),
        "/customers/{customer}/reveal" => json!({ "reason": "they asked" }),
        "/identities/doubles/{pair}" => json!({ "verdict": "different" }),
        "/imports/{number}/undo" => json!({ "dry_run": true }),
        "/keys/{id}" => json!({ "name": "another" }),
        "/model/versions/{version}/approve" | "/model/versions/{version}/reject" => json!({ "note": "no" }),
        "/users/{id}" => json!({ "name": "Another" }),
        _ => json!({}),
    };
    (*method != Method::GET && *method != Method::DELETE).then_some(body)
}

/// What has to be said beside the path.
fn query_of(path: &str) -> &'static str {
    match path {
        "/backtests/{job}/customers" => "?as_of=2024-06-30&kind=tier&name=member",
        "/model/rules/{name}" => "?format=pmml",
        "/simulations/{simulation}/customers" => "?scheme=member",
        "/model/versions/{version}/restore" => "?revision=0",
        _ => "",
    }
}

#[tokio::test]
async fn what_an_address_names_and_is_not_there_is_not_found() {
    let (house, administrator) = House::graded().await;
    let (_, operator) = house.user(&administrator, "operator").await;
    let document = serde_json::to_value(gradus_server::open_api()).unwrap();
    let (mut wrong, mut n_asked) = (Vec::new(), 0);
    for (path, item) in document["paths"].as_object().unwrap().iter().filter(|(path, _)| path.contains('{')) {
        for (method, operation) in
            item.as_object().unwrap().iter().filter(|(_, one)| one["responses"].is_object())
        {
            let method: Method = method.to_uppercase().parse().unwrap();
            // A source of a name that there is not yet is made by writing it.
            if (method.as_str(), path.as_str()) == ("PUT", "/sources/{name}") {
                continue;
            }
            let documented = operation["responses"]["404"].is_object();
            if !documented {
                wrong.push(format!("{method} {path}: 404 is not in the description"));
            }
            let right = operation["x-permission"].as_str().unwrap();
            let cookie = if right.ends_with("_identities") { &operator } else { &administrator };
            let (before, after) = path.split_once('{').unwrap();
            let after = after.split_once('}').unwrap().1;
            for nothing in ["NIX", "999999999", "ffffffffffffffffffffffffffffffff"] {
                let address = format!("/api/v1{before}{nothing}{after}{}", query_of(path));
                let answer = house.ask(method.clone(), &address, Some(cookie), body_of(&method, path)).await;
                n_asked += 1;
                let said = ["code", "message"]
                    .iter()
                    .all(|part| answer.body[*part].as_str().is_some_and(|text| !text.is_empty()));
                if answer.status != StatusCode::NOT_FOUND || !said {
                    wrong.push(format!("{method} {address}: {} {}", answer.status, answer.body));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(n_asked > 100, "only {n_asked} addresses");
}

#[tokio::test]
async fn what_is_not_found_is_called_by_its_name_in_the_language() {
    let (house, administrator) = House::graded().await;
    for (path, zh, en) in [
        ("/segments/NIX", "没有「NIX」", "no “NIX”"),
        ("/customers/999999999", "客户", "customer"),
        ("/jobs/NIX", "任务", "job"),
        ("/predictions/NIX", "预测", "prediction"),
        ("/model/versions/999999999", "版本", "version"),
        ("/runs/NIX/drift", "评级", "run"),
        ("/sources/NIX", "数据源", "source"),
        ("/simulations/NIX/customers?scheme=member", "试算", "simulation"),
    ] {
        for (language, wanted) in [("zh", zh), ("en", en)] {
            let request = axum::http::Request::get(format!("/api/v1{path}"))
                .header("cookie", &administrator)
                .header("accept-language", language)
                .body(axum::body::Body::empty())
                .unwrap();
            let answer = house.send(request).await;
            let said = answer.body["message"].as_str().unwrap_or_default();
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {:?}", answer.body);
            assert!(said.contains(wanted), "{path} in {language}: {said}");
        }
    }
}

#[tokio::test]
async fn a_publication_from_a_date_on_begins_with_that_day() {
    let (house, administrator) = House::graded().await;
    let alone = json!({ "four_eyes": false });
    house.ask(Method::PUT, "/api/v1/settings", Some(&administrator), Some(alone)).await;
    let draft = house.ask(Method::GET, "/api/v1/model/draft", Some(&administrator), None).await;
    let etag = |of: &Answer| of.headers["etag"].to_str().unwrap().to_string();
    let with = async |method: Method, path: &str, etag: String, body: Value| {
        house.with_etag(method, &format!("/api/v1/model/draft{path}"), &administrator, &etag, body).await
    };
    let written = with(Method::PUT, "", etag(&draft), json!({ "document": value_model() })).await;
    let submitted = with(Method::POST, "/submit", etag(&written), json!({ "note": "spring" })).await;
    let version = submitted.body["version"].as_i64().unwrap_or_else(|| panic!("{:#}", submitted.body));
    let approve = format!("/api/v1/model/versions/{version}/approve");
    let approved = house.ask(Method::POST, &approve, Some(&administrator), Some(json!({ "note": "" }))).await;
    assert_eq!(approved.status, StatusCode::OK, "{:#}", approved.body);
    let path = format!("/api/v1/model/versions/{version}/publish");
    let publish = async |from: &str| {
        let body = json!({ "effective_from": from });
        house.ask(Method::POST, &path, Some(&administrator), Some(body)).await
    };
    let begins = publish("2099-03-15").await;
    assert_eq!(begins.status, StatusCode::OK, "{:?}", begins.body);
    let last = begins.body["publications"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["effective_from"], "2099-03-14T16:00:00Z", "midnight in Shanghai: {last}");
    // Today is from now on, though its first instant is over.
    let today = jiff::Timestamp::now().in_tz("Asia/Shanghai").unwrap().date();
    let begun = publish(&today.to_string()).await;
    assert_eq!(
        (begun.status, &begun.body["state"]),
        (StatusCode::OK, &json!("published")),
        "{:#}",
        begun.body
    );
    let wrong = publish("soon").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{:?}", wrong.body);
    assert_eq!(wrong.body["errors"][0]["path"], "effective_from");
}
