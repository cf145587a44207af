//! `/session/presence`, and what is refused without it; `/settings`: of whom a second factor is demanded.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use gradus_workspace::Workspace;
use serde_json::{Value, json};
use std::net::SocketAddr;

use crate::house::{Answer, House, PASSWORD};
use crate::second_factor::shown;

async fn ask(house: &House, method: Method, path: &str, cookie: &str, body: Value) -> Answer {
    let body = (method != Method::GET && method != Method::DELETE).then_some(body);
    house.ask(method, &format!("/api/v1{path}"), Some(cookie), body).await
}

/// The last proof of all who are signed in was so long ago.
pub async fn long_ago(house: &House, minutes: i64) {
    let workspace = Workspace::open(house.folder.path(), None).await.unwrap();
    let accounts = workspace.store.accounts();
    let at = jiff::Timestamp::now().as_microsecond() - minutes * 60_000_000;
    for account in accounts.list().await.unwrap() {
        for session in accounts.sessions_of(&account.id).await.unwrap() {
            accounts.proved(&session.id, at).await.unwrap();
        }
    }
}

fn code(answer: &Answer) -> &str {
    answer.body["code"].as_str().unwrap_or("")
}

#[tokio::test]
async fn what_is_sensitive_wants_a_fresh_proof_and_then_goes_on() {
    let (house, administrator) = House::graded().await;
    let (id, operator) = house.user(&administrator, "operator").await;
    let sensitive = [
        (Method::POST, "/keys".to_string(), json!({ "name": "k", "scopes": ["see_grades"] })),
        (Method::PATCH, format!("/users/{id}"), json!({ "role": "analyst" })),
        (Method::PATCH, format!("/users/{id}"), json!({ "scope": { "kind": "own" } })),
        (Method::PATCH, format!("/users/{id}"), json!({ "forget_second_factor": true })),
        (Method::POST, "/users".into(), json!({ "email": "n@example.com", "name": "N", "role": "viewer" })),
        (Method::POST, format!("/users/{id}/password-reset"), json!({})),
        (Method::PUT, "/settings".into(), json!({ "four_eyes": false })),
        (Method::PUT, "/settings".into(), json!({ "second_factor": "everybody" })),
        (Method::POST, "/system/backup".into(), json!({})),
        (Method::POST, "/me/password".into(), json!({ "old": PASSWORD, "new": "another long password" })),
    ];
    long_ago(&house, 16).await;
    for (method, path, body) in &sensitive {
        let refused = ask(&house, method.clone(), path, &administrator, body.clone()).await;
        let told = (refused.status, code(&refused), &refused.body["proofs"]);
        let wanted = (StatusCode::FORBIDDEN, "reauthentication_required", &json!(["password"]));
        assert_eq!(told, wanted, "{method} {path}: {:?}", refused.body);
    }
    let export = json!({ "who": {}, "format": "csv", "identifiers": true });
    let refused = ask(&house, Method::POST, "/exports", &operator, export.clone()).await;
    assert_eq!(code(&refused), "reauthentication_required", "{:?}", refused.body);
    // What shows nobody in clear goes on without.
    let masked = json!({ "who": {}, "format": "csv", "identifiers": false });
    let started = ask(&house, Method::POST, "/exports", &operator, masked).await;
    assert_eq!(started.status, StatusCode::ACCEPTED, "{:?}", started.body);
    // Looking, and what is no right, too: a name.
    assert_eq!(ask(&house, Method::GET, "/keys", &administrator, json!({})).await.status, StatusCode::OK);
    let named =
        ask(&house, Method::PATCH, &format!("/users/{id}"), &administrator, json!({ "name": "O" })).await;
    assert_eq!(named.status, StatusCode::OK, "{:?}", named.body);

    let wrong =
        ask(&house, Method::POST, "/session/presence", &administrator, json!({ "password": "x" })).await;
    assert_eq!((wrong.status, code(&wrong)), (StatusCode::UNAUTHORIZED, "invalid_credentials"));
    let nothing = ask(&house, Method::POST, "/session/presence", &administrator, json!({})).await;
    assert_eq!(code(&nothing), "invalid_credentials");
    let (_, path, body) = &sensitive[0];
    assert_eq!(
        code(&ask(&house, Method::POST, path, &administrator, body.clone()).await),
        "reauthentication_required"
    );
    let proof = json!({ "password": PASSWORD });
    let proved = ask(&house, Method::POST, "/session/presence", &administrator, proof).await;
    assert_eq!(proved.status, StatusCode::NO_CONTENT, "{:?}", proved.body);
    let made = ask(&house, Method::POST, path, &administrator, body.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
    // It is of this session alone.
    let refused = ask(&house, Method::POST, "/exports", &operator, export).await;
    assert_eq!(code(&refused), "reauthentication_required");
    let log = ask(&house, Method::GET, "/audit", &administrator, json!({})).await.body.to_string();
    assert!(log.contains("session.proved") && log.contains("session.not_proved"), "{log}");
}

#[tokio::test]
async fn how_long_a_proof_lasts_is_a_setting_and_keys_have_none() {
    let (house, administrator) = House::with_administrator().await;
    let key = json!({ "name": "k", "scopes": ["manage_users", "manage_system"] });
    let made = ask(&house, Method::POST, "/keys", &administrator, key.clone()).await;
    let token = made.body["token"].as_str().unwrap().to_string();
    for wrong in [json!(0), json!(1441), json!(-1), json!("15")] {
        let refused =
            ask(&house, Method::PUT, "/settings", &administrator, json!({ "presence_minutes": wrong })).await;
        assert!(refused.status.is_client_error(), "{wrong}: {:?}", refused.body);
    }
    let longer =
        ask(&house, Method::PUT, "/settings", &administrator, json!({ "presence_minutes": 60 })).await;
    assert_eq!(longer.status, StatusCode::NO_CONTENT, "{:?}", longer.body);
    long_ago(&house, 59).await;
    assert_eq!(
        ask(&house, Method::POST, "/keys", &administrator, key.clone()).await.status,
        StatusCode::CREATED
    );
    long_ago(&house, 61).await;
    assert_eq!(
        code(&ask(&house, Method::POST, "/keys", &administrator, key.clone()).await),
        "reauthentication_required"
    );
    let by_key = house.ask_with_key(Method::POST, "/api/v1/keys", &token, Some(key)).await;
    assert_eq!(by_key.status, StatusCode::CREATED, "{:?}", by_key.body);
    let settings = ask(&house, Method::GET, "/settings", &administrator, json!({})).await.body;
    assert_eq!(settings, json!({ "four_eyes": true, "second_factor": "nobody", "presence_minutes": 60 }));
}

#[tokio::test]
async fn guessing_in_an_open_session_is_slowed_down() {
    let (house, administrator) = House::with_administrator().await;
    let guess = async |body: Value, path: &str| ask(&house, Method::POST, path, &administrator, body).await;
    for n in 0..3 {
        let body = json!({ "old": format!("guess {n}"), "new": "another long password" });
        assert_eq!(code(&guess(body, "/me/password").await), "invalid_credentials");
    }
    for n in 0..2 {
        assert_eq!(
            code(&guess(json!({ "password": format!("g{n}") }), "/session/presence").await),
            "invalid_credentials"
        );
    }
    for (path, body) in [
        ("/session/presence", json!({ "password": PASSWORD })),
        ("/me/password", json!({ "old": PASSWORD, "new": "another long password" })),
    ] {
        let slowed = guess(body, path).await;
        assert_eq!((slowed.status, code(&slowed)), (StatusCode::TOO_MANY_REQUESTS, "throttled"), "{path}");
        assert!(slowed.headers.contains_key(header::RETRY_AFTER));
    }
}

#[tokio::test]
async fn who_is_to_have_a_second_factor_does_nothing_else_until_then() {
    let (house, administrator) = House::with_administrator().await;
    let (_, approver) = house.user(&administrator, "approver").await;
    let (_, viewer) = house.user(&administrator, "viewer").await;
    let key = json!({ "name": "k", "scopes": ["manage_users"] });
    let token = ask(&house, Method::POST, "/keys", &administrator, key).await.body["token"]
        .as_str()
        .unwrap()
        .to_string();
    let wrong =
        ask(&house, Method::PUT, "/settings", &administrator, json!({ "second_factor": "some" })).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let set =
        ask(&house, Method::PUT, "/settings", &administrator, json!({ "second_factor": "approvers" })).await;
    assert_eq!(set.status, StatusCode::NO_CONTENT, "{:?}", set.body);

    for (cookie, demanded) in [(&administrator, true), (&approver, true), (&viewer, false)] {
        let session = ask(&house, Method::GET, "/session", cookie, json!({})).await;
        assert_eq!(
            (session.status, &session.body["user"]["second_factor_demanded"]),
            (StatusCode::OK, &json!(demanded))
        );
        for path in ["/roles", "/settings", "/me/sessions", "/views"] {
            let answer = ask(&house, Method::GET, path, cookie, json!({})).await;
            match demanded {
                true => assert_eq!(
                    (answer.status, code(&answer)),
                    (StatusCode::FORBIDDEN, "second_factor_demanded"),
                    "{path}"
                ),
                false => assert_eq!(answer.status, StatusCode::OK, "{path}: {:?}", answer.body),
            }
        }
    }
    // Neither can they take the demand back, nor does signing in anew help.
    let back =
        ask(&house, Method::PUT, "/settings", &administrator, json!({ "second_factor": "nobody" })).await;
    assert_eq!(code(&back), "second_factor_demanded");
    let again = house.sign_in("lin@example.com").await;
    assert_eq!(code(&ask(&house, Method::GET, "/users", &again, json!({})).await), "second_factor_demanded");
    // A program with a key goes on.
    let by_key = house.ask_with_key(Method::GET, "/api/v1/users", &token, None).await;
    assert_eq!(by_key.status, StatusCode::OK, "{:?}", by_key.body);

    let begun = ask(&house, Method::POST, "/me/totp", &administrator, json!({})).await;
    let [now, _] = shown(begun.body["uri"].as_str().unwrap());
    let on = ask(&house, Method::POST, "/me/totp", &administrator, json!({ "code": now })).await;
    assert_eq!(on.body["enabled"], true, "{:?}", on.body);
    let session = ask(&house, Method::GET, "/session", &administrator, json!({})).await;
    assert_eq!(session.body["user"]["second_factor_demanded"], false);
    let recovery = on.body["recovery_codes"][0].clone();
    let off =
        ask(&house, Method::POST, "/me/totp", &administrator, json!({ "enable": false, "code": recovery }))
            .await;
    assert_eq!((off.status, code(&off)), (StatusCode::UNPROCESSABLE_ENTITY, "second-factor-demanded"));
    // A code of it is a proof, too.
    long_ago(&house, 16).await;
    let proof = json!({ "totp": recovery });
    let proved = ask(&house, Method::POST, "/session/presence", &administrator, proof.clone()).await;
    assert_eq!(proved.status, StatusCode::NO_CONTENT, "{:?}", proved.body);
    let used = ask(&house, Method::POST, "/session/presence", &administrator, proof).await;
    assert_eq!(code(&used), "invalid_credentials", "a recovery code opens once");
    let log = ask(&house, Method::GET, "/audit", &administrator, json!({})).await.body.to_string();
    assert!(log.contains("setting.second_factor") && log.contains("approvers"), "{log}");
}

#[tokio::test]
async fn a_key_is_taken_from_its_networks_only() {
    let (house, administrator) = House::with_administrator().await;
    let key =
        json!({ "name": "k", "scopes": ["see_grades"], "networks": ["203.0.113.0/24", "2001:db8::/32"] });
    let made = ask(&house, Method::POST, "/keys", &administrator, key).await;
    assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
    assert_eq!(made.body["key"]["networks"], json!(["203.0.113.0/24", "2001:db8::/32"]));
    let token = made.body["token"].as_str().unwrap().to_string();
    let from = async |address: &str| {
        let mut request = Request::builder()
            .uri("/api/v1/session")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            // Nobody said that a proxy stands before us.
            .header("x-forwarded-for", "203.0.113.1")
            .body(Body::empty())
            .unwrap();
        if !address.is_empty() {
            let peer: SocketAddr = address.parse().unwrap();
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        house.send(request).await
    };
    for address in ["203.0.113.9:1", "[2001:db8:1::9]:1", "[::ffff:203.0.113.9]:1"] {
        assert_eq!(from(address).await.status, StatusCode::OK, "{address}");
    }
    for address in ["203.0.114.9:1", "[2001:db9::9]:1", "127.0.0.1:1", "127.0.0.1:2", ""] {
        let refused = from(address).await;
        assert_eq!((refused.status, code(&refused)), (StatusCode::FORBIDDEN, "wrong_network"), "{address}");
    }
    let log = ask(&house, Method::GET, "/audit?limit=500", &administrator, json!({})).await;
    let refusals =
        log.body["items"].as_array().unwrap().iter().filter(|one| one["action"] == "key.refused").count();
    assert_eq!(refusals, 4, "each address once: {}", log.body);
    let path = format!("/keys/{}", made.body["key"]["id"].as_str().unwrap());
    for wrong in ["203.0.113.0/33", "203.0.113.7/24", "2001:db8::/129", "everywhere"] {
        let refused = ask(&house, Method::PATCH, &path, &administrator, json!({ "networks": [wrong] })).await;
        assert_eq!(code(&refused), "network-form", "{wrong}: {:?}", refused.body);
        assert_eq!(refused.body["errors"][0]["path"], "networks[0]");
    }
    let open =
        ask(&house, Method::PATCH, &path, &administrator, json!({ "networks": [], "name": "open" })).await;
    assert_eq!((&open.body["networks"], &open.body["name"]), (&json!([]), &json!("open")));
    assert_eq!(from("203.0.114.9:1").await.status, StatusCode::OK);
    ask(&house, Method::DELETE, &path, &administrator, json!({})).await;
    let gone = ask(&house, Method::PATCH, &path, &administrator, json!({ "networks": [] })).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}
