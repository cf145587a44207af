//! The OpenAPI document: as committed, and as it is kept by every role.

use axum::http::{Method, StatusCode};
use gradus_workspace::access::{Permission, Role};
use serde_json::{Value, json};

use crate::house::House;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/openapi.json");

/// What an operation does for somebody who sees a part of the customers.
const SCOPES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/part_of_the_customers.tsv");

/// Every operation: method, path, right.
fn operations() -> Vec<(Method, String, String)> {
    let document = serde_json::to_value(gradus_server::open_api()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in
            item.as_object().unwrap().iter().filter(|(_, value)| value["responses"].is_object())
        {
            let right = operation["x-permission"].as_str();
            let right = right.unwrap_or_else(|| panic!("{method} {path} names no right (x-permission)"));
            all.push((method.to_uppercase().parse().unwrap(), path.clone(), right.to_string()));
        }
    }
    all
}

/// Extensions come in any order; in the file they come last, by name.
fn in_order(value: Value) -> Value {
    match value {
        Value::Object(entries) => {
            let (mut extended, own): (Vec<_>, Vec<_>) =
                entries.into_iter().partition(|(key, _)| key.starts_with("x-"));
            extended.sort_by(|(one, _), (other, _)| one.cmp(other));
            own.into_iter().chain(extended).map(|(key, value)| (key, in_order(value))).collect()
        }
        Value::Array(values) => values.into_iter().map(in_order).collect(),
        other => other,
    }
}

#[test]
fn the_committed_description_is_up_to_date() {
    let now = in_order(serde_json::to_value(gradus_server::open_api()).unwrap());
    let now = serde_json::to_string_pretty(&now).unwrap() + "\n";
    if std::env::var_os("GRADUS_GENERATE").is_some() {
        std::fs::create_dir_all(std::path::Path::new(COMMITTED).parent().unwrap()).unwrap();
        std::fs::write(COMMITTED, &now).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(committed == now, "web/openapi.json is stale: run `make generate`");
}

#[test]
fn every_operation_names_a_right_that_exists() {
    let known: Vec<Value> = Permission::ALL.iter().map(|permission| json!(permission)).collect();
    for (method, path, right) in operations() {
        let fine = ["nobody", "signed_in"].contains(&right.as_str()) || known.contains(&json!(right));
        assert!(fine, "{method} {path}: no right is called {right}");
    }
}

/// Each operation with keys of one right each: a key may do what its one right lets, and nothing else of
/// what its maker may.
#[tokio::test]
async fn each_key_may_do_what_its_scopes_say_and_nothing_else() {
    let (house, administrator) = House::with_administrator().await;
    let mut keys = Vec::new();
    for permission in Role::Administrator.permissions() {
        let body = json!({ "name": "one right", "scopes": [permission] });
        let made = house.ask(Method::POST, "/api/v1/keys", Some(&administrator), Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
        keys.push((json!(permission), made.body["token"].as_str().unwrap().to_string()));
    }
    assert!(keys.len() > 10);
    let mut wrong = Vec::new();
    for (method, path, right) in operations() {
        // What ends or resets the house is looked at by role.
        if ["nobody", "signed_in"].contains(&right.as_str()) || path.starts_with("/setup/") {
            continue;
        }
        let path = format!("/api/v1{}", path.replace("{", "").replace("}", ""));
        let body = (method != Method::GET && method != Method::DELETE).then(|| json!({}));
        for (own, token) in &keys {
            let answer = house.ask_with_key(method.clone(), &path, token, body.clone()).await;
            let refused = answer.status == StatusCode::FORBIDDEN && answer.body["code"] == "forbidden";
            if refused == (*own == json!(right)) {
                wrong.push(format!("{own} and {method} {path}: {} {}", answer.status, answer.body));
            }
            assert!(answer.status.as_u16() < 500, "{method} {path}: {:?}", answer);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each operation for somebody who sees their own customers only: what is of everybody is refused, and
/// which that is stands in a file, so that a new operation does not slip through unread.
#[tokio::test]
async fn who_sees_a_part_is_refused_what_is_of_everybody_up_to_date() {
    let (house, administrator) = House::graded().await;
    let (id, _) = house.user(&administrator, "operator").await;
    let own = json!({ "scope": { "kind": "own" } });
    let path = format!("/api/v1/users/{id}");
    assert_eq!(house.ask(Method::PATCH, &path, Some(&administrator), Some(own)).await.status, StatusCode::OK);
    let operator = house.sign_in("operator@example.com").await;
    let permissions: Vec<Value> = Role::Operator.permissions().iter().map(|one| json!(one)).collect();
    let mut told = String::new();
    for (method, path, right) in operations() {
        if !permissions.contains(&json!(right)) {
            continue;
        }
        let address = format!("/api/v1{}", path.replace("{", "").replace("}", ""));
        let body = (method != Method::GET && method != Method::DELETE).then(|| json!({}));
        let answer = house.ask(method.clone(), &address, Some(&operator), body).await;
        assert!(answer.status.as_u16() < 500, "{method} {path}: {:?}", answer);
        let what = match answer.body["code"].as_str() {
            Some("out_of_scope") => "refused",
            Some(_) => "looked at",
            None => "answered",
        };
        told.push_str(&format!("{what}\t{method} {path}\n"));
    }
    if std::env::var_os("GRADUS_GENERATE").is_some() {
        std::fs::write(SCOPES, &told).unwrap();
    }
    let known = std::fs::read_to_string(SCOPES).unwrap_or_default();
    assert!(told == known, "{SCOPES} is stale: run `make generate`, and read what changed\n{told}");
}

/// Each operation for nobody and for each role: who lacks the right is refused
/// before anything else is looked at; who has it is not refused.
#[tokio::test]
async fn each_role_may_do_what_its_rights_say_and_nothing_else() {
    let (house, administrator) = House::with_administrator().await;
    let mut roles = vec![(Role::Administrator, administrator.clone())];
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Administrator) {
        roles.push((role, house.user(&administrator, role.as_str()).await.1));
    }
    for (method, path, right) in operations() {
        let path = format!("/api/v1{}", path.replace("{", "").replace("}", ""));
        let body = (method != Method::GET && method != Method::DELETE).then(|| json!({}));
        let anonymous = house.ask(method.clone(), &path, None, body.clone()).await;
        match right.as_str() {
            "nobody" => assert_ne!(anonymous.body["code"], "not_signed_in", "{method} {path}"),
            _ => assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED, "{method} {path} without a session"),
        }
        if path.ends_with("/session") && method == Method::DELETE {
            continue;
        }
        for (role, cookie) in &roles {
            let answer = house.ask(method.clone(), &path, Some(cookie), body.clone()).await;
            let has = role.permissions().iter().any(|permission| json!(permission) == json!(right));
            let refused = answer.status == StatusCode::FORBIDDEN && answer.body["code"] == "forbidden";
            if !["nobody", "signed_in"].contains(&right.as_str()) && !has {
                assert!(refused, "{role:?} may {method} {path}: {:?}", answer);
            } else {
                assert!(!refused, "{role:?} may not {method} {path}: {:?}", answer);
            }
            assert!(answer.status.as_u16() < 500, "{method} {path}: {:?}", answer);
        }
    }
}
