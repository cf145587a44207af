//! `/session`, `/setup`, `/me`.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::json;

use crate::house::{House, PASSWORD};

#[tokio::test]
async fn the_first_administrator_is_made_once_by_the_code_of_the_console() {
    let house = House::empty().await;
    let needed = house.ask(Method::GET, "/api/v1/setup", None, None).await;
    assert_eq!(needed.body, json!({ "needed": true }));
    let with = |code: &str, password: &str| json!({ "code": code, "email": "Lin@Example.com", "name": "林", "password": password, "language": "zh" });
    let wrong = house.ask(Method::POST, "/api/v1/setup", None, Some(with("0", PASSWORD))).await;
    assert_eq!(
        (wrong.status, &wrong.body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("invalid_credentials"))
    );
    // A weak password does not use the code up.
    let weak = house.ask(Method::POST, "/api/v1/setup", None, Some(with(&house.code, "1234567890"))).await;
    assert_eq!(
        (weak.status, &weak.body["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("weak-password"))
    );
    assert_eq!(weak.body["errors"][0]["path"], "password");
    let made = house.ask(Method::POST, "/api/v1/setup", None, Some(with(&house.code, PASSWORD))).await;
    assert_eq!(made.status, StatusCode::OK, "{:?}", made.body);
    assert_eq!(made.body["user"]["role"], "administrator");
    assert_eq!(made.body["workspace"]["has_data"], false);
    let set = made.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
    let again = house.ask(Method::POST, "/api/v1/setup", None, Some(with(&house.code, PASSWORD))).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let closed = house.ask(Method::GET, "/api/v1/setup", None, None).await;
    assert_eq!(closed.body, json!({ "needed": false }));
}

#[tokio::test]
async fn a_session_begins_is_seen_and_ends() {
    let (house, _) = House::with_administrator().await;
    let nobody = house.ask(Method::GET, "/api/v1/session", None, None).await;
    assert_eq!((nobody.status, &nobody.body["code"]), (StatusCode::UNAUTHORIZED, &json!("not_signed_in")));
    assert_eq!(nobody.headers[header::CONTENT_TYPE], "application/problem+json");
    let cookie = house.sign_in("LIN@example.com ").await;
    let seen = house.ask(Method::GET, "/api/v1/session", Some(&cookie), None).await;
    assert_eq!(seen.body["user"]["name"], "林");
    assert_eq!(seen.headers[header::CACHE_CONTROL], "no-store");
    let own = house.ask(Method::GET, "/api/v1/me/sessions", Some(&cookie), None).await;
    assert_eq!(own.body.as_array().unwrap().len(), 2);
    assert_eq!(own.body.as_array().unwrap().iter().filter(|session| session["this"] == true).count(), 1);
    let out = house.ask(Method::DELETE, "/api/v1/session", Some(&cookie), None).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    let after = house.ask(Method::GET, "/api/v1/session", Some(&cookie), None).await;
    assert_eq!(after.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn guessing_is_slowed_down_and_says_nothing() {
    let (house, _) = House::with_administrator().await;
    let guess = |email: &str| json!({ "email": email, "password": "wrong password" });
    let unknown = house.ask(Method::POST, "/api/v1/session", None, Some(guess("nobody@example.com"))).await;
    let known = house.ask(Method::POST, "/api/v1/session", None, Some(guess("lin@example.com"))).await;
    assert_eq!(unknown.status, known.status);
    assert_eq!(unknown.body["detail"], known.body["detail"]);
    for _ in 0..4 {
        house.ask(Method::POST, "/api/v1/session", None, Some(guess("lin@example.com"))).await;
    }
    // The sixth attempt waits, even with the right password.
    let right = json!({ "email": "lin@example.com", "password": PASSWORD });
    let slowed = house.ask(Method::POST, "/api/v1/session", None, Some(right)).await;
    assert_eq!((slowed.status, &slowed.body["code"]), (StatusCode::TOO_MANY_REQUESTS, &json!("throttled")));
    assert!(slowed.headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn a_foreign_page_changes_nothing() {
    let (house, cookie) = House::with_administrator().await;
    let foreign = Request::builder()
        .method(Method::DELETE)
        .uri("/api/v1/session")
        .header(header::COOKIE, &cookie)
        .header(header::ORIGIN, "http://evil.example")
        .header(header::HOST, "127.0.0.1:8080")
        .header("x-gradus", "1")
        .body(Body::empty())
        .unwrap();
    let refused = house.send(foreign).await;
    assert_eq!((refused.status, &refused.body["code"]), (StatusCode::FORBIDDEN, &json!("cross_site")));
    let still = house.ask(Method::GET, "/api/v1/session", Some(&cookie), None).await;
    assert_eq!(still.status, StatusCode::OK);
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let (house, first) = House::with_administrator().await;
    let second = house.sign_in("lin@example.com").await;
    let body = json!({ "old": PASSWORD, "new": "another long password" });
    let changed = house.ask(Method::POST, "/api/v1/me/password", Some(&second), Some(body)).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT);
    assert_eq!(
        house.ask(Method::GET, "/api/v1/session", Some(&first), None).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(house.ask(Method::GET, "/api/v1/session", Some(&second), None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn bodies_that_are_wrong_are_problems() {
    let house = House::empty().await;
    for (body, status) in [
        ("{", StatusCode::BAD_REQUEST),
        (r#"{"email": 1}"#, StatusCode::BAD_REQUEST),
        (r#"{"email": "a@b.c", "password": "x", "role": "administrator"}"#, StatusCode::BAD_REQUEST),
    ] {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/api/v1/session")
            .header("x-gradus", "1")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap();
        let answer = house.send(request).await;
        assert_eq!(answer.status, status, "{body}");
        assert_eq!(answer.body["code"], "invalid_request", "{body}");
    }
    let large = format!(r#"{{"email": "{}", "password": "x"}}"#, "a".repeat(5 << 20));
    let request = Request::builder()
        .method(Method::POST)
        .uri("/api/v1/session")
        .header("x-gradus", "1")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(large))
        .unwrap();
    assert_eq!(house.send(request).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let nowhere = house.ask(Method::GET, "/api/v1/nowhere", None, None).await;
    assert_eq!((nowhere.status, &nowhere.body["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
}

#[tokio::test]
async fn a_one_time_link_opens_once_and_only_on_this_machine() {
    let (house, _) = House::with_administrator().await;
    let workspace = gradus_workspace::Workspace::open(house.folder.path(), None).await.unwrap();
    let code = gradus_workspace::accounts::entry_link(&workspace, "lin@example.com").await.unwrap();
    let from = |peer: &str| {
        let peer: std::net::SocketAddr = peer.parse().unwrap();
        let request = Request::builder()
            .method(Method::POST)
            .uri("/api/v1/session/enter")
            .header("x-gradus", "1")
            .header(header::CONTENT_TYPE, "application/json")
            .extension(axum::extract::ConnectInfo(peer));
        request.body(Body::from(json!({ "code": code }).to_string())).unwrap()
    };
    // From elsewhere it is refused, and not used up.
    let elsewhere = house.send(from("192.0.2.7:5000")).await;
    assert_eq!(
        (elsewhere.status, &elsewhere.body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("invalid_credentials"))
    );
    let here = house.send(from("127.0.0.1:5000")).await;
    assert_eq!(here.status, StatusCode::OK, "{:?}", here.body);
    assert_eq!(here.body["user"]["role"], "administrator");
    let seen = house.ask(Method::GET, "/api/v1/session", Some(&here.cookie()), None).await;
    assert_eq!(seen.status, StatusCode::OK);
    let again = house.send(from("[::1]:5000")).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
}

/// A program that runs wild is told to wait; others are answered meanwhile.
#[tokio::test]
async fn who_asks_too_often_waits() {
    let (house, administrator) = House::with_administrator().await;
    let (_, viewer) = house.user(&administrator, "viewer").await;
    let mut waits = None;
    for asked in 0..20_000 {
        let answer = house.ask(Method::GET, "/api/v1/roles", Some(&viewer), None).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            waits = Some((asked, answer));
            break;
        }
        assert_eq!(answer.status, StatusCode::OK);
    }
    let (asked, answer) = waits.expect("there is an end");
    assert!(asked >= 600, "a page that loads much at once is answered: {asked}");
    assert_eq!(
        (&answer.body["code"], answer.headers["retry-after"].to_str().ok()),
        (&json!("rate_limited"), Some("1"))
    );
    let other = house.ask(Method::GET, "/api/v1/roles", Some(&administrator), None).await;
    assert_eq!(other.status, StatusCode::OK);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let again = house.ask(Method::GET, "/api/v1/roles", Some(&viewer), None).await;
    assert_eq!(again.status, StatusCode::OK);
}
