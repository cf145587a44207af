//! Whoever signed in by the provider shows there that it is still they, before something sensitive.

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::browser::Browser;
use super::fake::{Fake, Tampered};
use super::{Real, house};
use crate::house::{Answer, House};
use crate::presence::long_ago;

/// People of both groups manage keys, which is sensitive.
const MANAGERS: &str = "    groups:\n      - { group: crm-admins, role: administrator }\n      - { group: sales, role: administrator }\n    new_people: by_group\n";

async fn new_key(house: &House, cookie: &str) -> Answer {
    let key = json!({ "name": "k", "scopes": ["see_grades"] });
    house.ask(Method::POST, "/api/v1/keys", Some(cookie), Some(key)).await
}

fn code(answer: &Answer) -> &str {
    answer.body["code"].as_str().unwrap_or("")
}

/// Who the session is of; null: of nobody any more.
async fn whose(house: &House, cookie: &str) -> Value {
    house.ask(Method::GET, "/api/v1/session", Some(cookie), None).await.body["user"]["id"].clone()
}

#[tokio::test]
async fn whoever_came_by_the_provider_shows_there_that_it_is_still_they() {
    let Some(real) = Real::start() else { return };
    let (house, _) = house(&real.issuer, MANAGERS).await;
    let mut browser = Browser::default();
    let wang = browser.sign_in(&house, "wang").await;
    assert_eq!((wang.status, &wang.body["user"]["role"]), (StatusCode::OK, &json!("administrator")));
    let wang = wang.body["user"]["id"].clone();

    // Without a password or a second factor the provider is the only way.
    long_ago(&house, 16).await;
    let refused = new_key(&house, &browser.session()).await;
    let told = (refused.status, code(&refused), &refused.body["proofs"]);
    assert_eq!(told, (StatusCode::FORBIDDEN, "reauthentication_required", &json!(["provider"])));
    let typed = json!({ "password": "whatever it may be" });
    let before = browser.session();
    let typed = house.ask(Method::POST, "/api/v1/session/presence", Some(&before), Some(typed)).await;
    assert_eq!(code(&typed), "invalid_credentials");

    // Somebody else at the same browser is not they, and takes nothing over.
    browser.anew = true;
    let back = browser.go(&house, "lin").await;
    let other = browser.end(&house, &back).await;
    assert_eq!((other.status, code(&other)), (StatusCode::FORBIDDEN, "another_person"), "{:?}", other.body);
    assert!(!other.headers.contains_key(header::SET_COOKIE));
    assert_eq!(whose(&house, &browser.session()).await, wang);
    assert_eq!(code(&new_key(&house, &browser.session()).await), "reauthentication_required");

    // They themselves go on, in a session of their own; the one before has ended.
    let back = browser.go(&house, "wang").await;
    let proved = browser.end(&house, &back).await;
    assert_eq!((proved.status, &proved.body["user"]["id"]), (StatusCode::OK, &wang), "{:?}", proved.body);
    assert_ne!(browser.session(), before);
    assert_eq!(whose(&house, &before).await, Value::Null);
    let made = new_key(&house, &browser.session()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
    // It lasts as long as any other proof.
    long_ago(&house, 16).await;
    assert_eq!(code(&new_key(&house, &browser.session()).await), "reauthentication_required");
}

#[tokio::test]
async fn a_provider_that_does_not_ask_proves_nothing() {
    let fake = Fake::start().await;
    let (house, _) = house(&fake.issuer, MANAGERS).await;
    let mut browser = Browser::default();
    let signed_in = browser.with(&house, &fake, Tampered::Nothing).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{:?}", signed_in.body);
    // It does not say when it asked them, so who sits there now is not known.
    assert_eq!(code(&new_key(&house, &browser.session()).await), "reauthentication_required");
    browser.anew = true;
    let now = jiff::Timestamp::now().as_second();
    for unasked in [None, Some(now - 3600)] {
        *fake.auth_time.lock().unwrap() = unasked;
        let answer = browser.with(&house, &fake, Tampered::Nothing).await;
        let told = (answer.status, code(&answer));
        assert_eq!(told, (StatusCode::UNAUTHORIZED, "provider_not_asked"), "{unasked:?}: {:?}", answer.body);
        assert!(!answer.headers.contains_key(header::SET_COOKIE), "{unasked:?}");
        assert_eq!(code(&new_key(&house, &browser.session()).await), "reauthentication_required");
    }
    *fake.auth_time.lock().unwrap() = Some(now);
    let proved = browser.with(&house, &fake, Tampered::Nothing).await;
    assert_eq!(proved.status, StatusCode::OK, "{:?}", proved.body);
    assert_eq!(new_key(&house, &browser.session()).await.status, StatusCode::CREATED);
}
