//! The OpenAPI document: as committed, and as it is kept by every role.

use axum::http::{Method, StatusCode};
use gradus_workspace::access::{Permission, Role};
use serde_json::{Value, json};

use crate::house::House;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/openapi.json");

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

#[test]
fn the_committed_description_is_up_to_date() {
    let now = gradus_server::open_api().to_pretty_json().unwrap() + "\n";
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

/// Each operation for nobody, for each role, and with a key of no rights: who lacks the right is refused
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
