//! `/me/totp`: the second factor.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Answer, House, PASSWORD};

async fn post(house: &House, cookie: Option<&str>, path: &str, body: Value) -> Answer {
    house.ask(Method::POST, &format!("/api/v1{path}"), cookie, Some(body)).await
}

/// What an authenticator shows now, and what it shows in half a minute.
pub fn shown(uri: &str) -> [String; 2] {
    let totp = totp_rs::Totp::from_url(uri).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    [totp.generate(now).to_string(), totp.generate(now + 30).to_string()]
}

#[tokio::test]
async fn whoever_has_a_second_factor_needs_it() {
    let (house, cookie) = House::with_administrator().await;
    let begun = post(&house, Some(&cookie), "/me/totp", json!({})).await;
    assert_eq!((begun.status, &begun.body["enabled"]), (StatusCode::OK, &json!(false)), "{:?}", begun.body);
    let uri = begun.body["uri"].as_str().unwrap().to_string();
    assert!(uri.contains(begun.body["secret"].as_str().unwrap()), "{uri}");
    // Until a code was typed the password is enough.
    house.sign_in("lin@example.com").await;
    let wrong = post(&house, Some(&cookie), "/me/totp", json!({ "code": "000000" })).await;
    assert_eq!((wrong.status, &wrong.body["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("wrong-code")));
    let [now, later] = shown(&uri);
    let on = post(&house, Some(&cookie), "/me/totp", json!({ "code": now })).await;
    assert_eq!((on.status, &on.body["enabled"]), (StatusCode::OK, &json!(true)), "{:?}", on.body);
    let codes: Vec<String> = on.body["recovery_codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap().to_string())
        .collect();
    assert_eq!(codes.len(), 10);
    let sign_in = async |totp: Value| {
        let body = json!({ "email": "lin@example.com", "password": PASSWORD, "totp": totp });
        post(&house, None, "/session", body).await
    };
    let asked = sign_in(Value::Null).await;
    assert_eq!((asked.status, &asked.body["code"]), (StatusCode::UNAUTHORIZED, &json!("totp_required")));
    // With a wrong password nobody learns that there is a second factor.
    let guess = json!({ "email": "lin@example.com", "password": "wrong password" });
    assert_eq!(post(&house, None, "/session", guess).await.body["code"], "invalid_credentials");
    let used = sign_in(json!(now)).await;
    assert_eq!(used.status, StatusCode::UNAUTHORIZED, "a code opens the door once");
    assert_eq!(sign_in(json!(later)).await.status, StatusCode::OK);
    // A recovery code opens it once, too.
    assert_eq!(sign_in(json!(codes[0])).await.status, StatusCode::OK);
    assert_eq!(sign_in(json!(codes[0])).await.status, StatusCode::UNAUTHORIZED);
    // The secret lies sealed in the store.
    let store = std::fs::read(house.folder.path().join(".gradus/store.sqlite")).unwrap();
    let secret = begun.body["secret"].as_str().unwrap().as_bytes();
    assert!(!store.windows(secret.len()).any(|bytes| bytes == secret));
    let refused = post(&house, Some(&cookie), "/me/totp", json!({ "enable": false })).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let off = post(&house, Some(&cookie), "/me/totp", json!({ "enable": false, "code": codes[1] })).await;
    assert_eq!((off.status, &off.body["enabled"]), (StatusCode::OK, &json!(false)), "{:?}", off.body);
    assert_eq!(sign_in(Value::Null).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_administrator_forgets_a_lost_second_factor() {
    let (house, administrator) = House::with_administrator().await;
    let (id, viewer) = house.user(&administrator, "viewer").await;
    let begun = post(&house, Some(&viewer), "/me/totp", json!({})).await;
    let [now, _] = shown(begun.body["uri"].as_str().unwrap());
    post(&house, Some(&viewer), "/me/totp", json!({ "code": now })).await;
    let body = json!({ "email": "viewer@example.com", "password": PASSWORD });
    assert_eq!(post(&house, None, "/session", body.clone()).await.body["code"], "totp_required");
    let path = format!("/api/v1/users/{id}");
    let forgotten = house
        .ask(Method::PATCH, &path, Some(&administrator), Some(json!({ "forget_second_factor": true })))
        .await;
    assert_eq!(forgotten.status, StatusCode::OK, "{:?}", forgotten.body);
    assert_eq!(post(&house, None, "/session", body).await.status, StatusCode::OK);
}
