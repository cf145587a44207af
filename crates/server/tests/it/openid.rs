//! `/session/provider`: with a certified provider in a process of its own (`web/tests/provider`), and with
//! one of ours that says what none should.

mod browser;
mod fake;
mod proof;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::house::House;
use browser::{Browser, HOST};
use fake::{Fake, Tampered};

const SECRET: &str = "a secret with : and % in it";

/// A real provider; ended with the test.
struct Real {
    child: Child,
    /// Kept open: the provider may have more to say.
    _output: BufReader<ChildStdout>,
    issuer: String,
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Real {
    /// `None`, with the reason said, where Node or its package is missing.
    fn start() -> Option<Real> {
        let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
        if !web.join("node_modules/oidc-provider/package.json").exists() {
            println!(
                "SKIPPED: web/node_modules has no oidc-provider (npm ci in web/), so no real provider is asked"
            );
            return None;
        }
        let child = Command::new("node")
            .arg(web.join("tests/provider/provider.mjs"))
            .args(["gradus", SECRET, &format!("http://{HOST}/sign-in/return")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = child else {
            println!("SKIPPED: there is no Node here, so no real provider is asked");
            return None;
        };
        let mut issuer = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut issuer).unwrap();
        let issuer = issuer.trim().to_string();
        assert!(issuer.starts_with("http://127.0.0.1:"), "the provider did not start: {issuer:?}");
        Some(Real { child, _output: output, issuer })
    }
}

/// `gradus.yaml` with a provider.
fn settings(issuer: &str, more: &str) -> String {
    format!(
        "sign_in:\n  openid:\n    title: {{ zh: 企业账号, en: Acme }}\n    issuer: {issuer}\n    client_id: gradus\n    client_secret_file: secret\n    scopes: [profile, email, groups]\n{more}"
    )
}

const BY_GROUP: &str = "    groups:\n      - { group: crm-admins, role: administrator }\n      - { group: sales, role: operator, sees: own }\n    new_people: by_group\n";

async fn house(issuer: &str, more: &str) -> (House, String) {
    House::with_settings(&settings(issuer, more), &[("secret", SECRET)]).await
}

/// What the audit log says of an action, newest last.
async fn audited(house: &House, administrator: &str, action: &str) -> Vec<Value> {
    let log = house.ask(Method::GET, "/api/v1/audit?limit=500", Some(administrator), None).await;
    let entries = log.body["items"].as_array().unwrap().clone();
    entries
        .into_iter()
        .filter(|entry| entry["action"] == action)
        .map(|entry| entry["detail"].clone())
        .collect()
}

#[tokio::test]
async fn without_a_provider_there_is_no_way_to_it() {
    let house = House::empty().await;
    let ways = house.ask(Method::GET, "/api/v1/session/provider", None, None).await;
    assert_eq!(ways.body, json!({ "provider": null }));
    let begun = house.ask(Method::POST, "/api/v1/session/provider", None, None).await;
    assert_eq!(begun.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_real_provider_vouches_for_people_and_their_groups_say_what_they_may() {
    let Some(real) = Real::start() else { return };
    let (house, administrator) = house(&real.issuer, BY_GROUP).await;
    let ways = house.ask(Method::GET, "/api/v1/session/provider", None, None).await;
    assert_eq!(ways.body["provider"]["title"], json!({ "zh": "企业账号", "en": "Acme" }));

    // Somebody new, by their group.
    let mut browser = Browser::default();
    let wang = browser.sign_in(&house, "wang").await;
    assert_eq!(wang.status, StatusCode::OK, "{:?}", wang.body);
    assert_eq!(
        (&wang.body["user"]["name"], &wang.body["user"]["role"]),
        (&json!("王芳"), &json!("operator"))
    );
    assert_eq!((&wang.body["scope"]["kind"], &wang.body["user"]["language"]), (&json!("own"), &json!("zh")));
    let seen = house.ask(Method::GET, "/api/v1/session", Some(&browser.session()), None).await;
    assert_eq!(seen.body["user"]["id"], wang.body["user"]["id"]);
    // The cookie of the way there is taken back.
    assert!(!browser.cookies.contains_key("gradus-away"), "{:?}", browser.cookies);

    // Again: the same account, also if an administrator changed what they may.
    let id = wang.body["user"]["id"].as_str().unwrap();
    let changed = json!({ "role": "viewer", "scope": { "kind": "everyone" } });
    let path = format!("/api/v1/users/{id}");
    let changed = house.ask(Method::PATCH, &path, Some(&administrator), Some(changed)).await;
    assert_eq!(changed.status, StatusCode::OK, "{:?}", changed.body);
    let again = Browser::default().sign_in(&house, "wang").await;
    assert_eq!(
        (&again.body["user"]["id"], &again.body["user"]["role"]),
        (&wang.body["user"]["id"], &json!("operator"))
    );

    // The account that was made here belongs to the verified address.
    let lin = Browser::default().sign_in(&house, "lin").await;
    let own = house.ask(Method::GET, "/api/v1/session", Some(&administrator), None).await;
    assert_eq!((lin.status, &lin.body["user"]["id"]), (StatusCode::OK, &own.body["user"]["id"]));

    for (who, code) in [
        ("smith", "no_group"),
        ("unverified", "email_taken"),
        ("nameless", "no_email"),
        ("nobody", "provider_declined"),
    ] {
        let refused = Browser::default().sign_in(&house, who).await;
        assert_eq!(refused.body["code"], code, "{who}: {:?}", refused.body);
        assert!(!refused.headers.contains_key(header::SET_COOKIE), "{who} got a cookie");
    }

    // Whoever is shut out stays out, and what they had open ends.
    let shut = house.ask(Method::PATCH, &path, Some(&administrator), Some(json!({ "disabled": true }))).await;
    assert_eq!(shut.status, StatusCode::OK);
    let refused = Browser::default().sign_in(&house, "wang").await;
    assert_eq!((refused.status, &refused.body["code"]), (StatusCode::FORBIDDEN, &json!("account_disabled")));

    let why: Vec<Value> = audited(&house, &administrator, "session.refused").await;
    let why: Vec<&str> = why.iter().filter_map(|detail| detail["why"].as_str()).collect();
    assert_eq!(why, ["no_group", "email_taken", "no_email", "provider_declined", "account_disabled"]);
    let made = audited(&house, &administrator, "account.create").await;
    assert_eq!(made, [json!({ "role": "operator", "scope": { "kind": "own" }, "by": "openid" })]);
    assert_eq!(audited(&house, &administrator, "account.link").await, [json!({ "by": "openid" })]);
    let begun = audited(&house, &administrator, "session.begin").await;
    assert_eq!(begun.iter().filter(|detail| detail["by"] == "openid").count(), 3);
}

#[tokio::test]
async fn a_real_provider_is_not_fooled_and_neither_are_we() {
    let Some(real) = Real::start() else { return };
    let everybody = "    new_people: { everybody: { role: viewer, sees: own } }\n";
    let (house, _) = house(&real.issuer, everybody).await;

    // What one browser began, another does not end; and then nobody does.
    let mut one = Browser::default();
    let back = one.go(&house, "smith").await;
    let mut other = Browser::default();
    other.go(&house, "wang").await;
    assert_eq!(other.end(&house, &back).await.body["code"], "sign_in_lapsed");
    assert_eq!(one.end(&house, &back).await.body["code"], "sign_in_lapsed");

    // A state is used once.
    let back = one.go(&house, "smith").await;
    let smith = one.end(&house, &back).await;
    assert_eq!((smith.status, &smith.body["user"]["role"]), (StatusCode::OK, &json!("viewer")));
    assert_eq!(smith.body["user"]["language"], "en");
    let replayed = one.end(&house, &back).await;
    assert_eq!(
        (replayed.status, &replayed.body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("sign_in_lapsed"))
    );

    // A code of another sign-in does not fit this one: PKCE.
    let mut stolen = one.go(&house, "wang").await;
    let own = one.go(&house, "smith").await;
    stolen["state"] = own["state"].clone();
    assert_eq!(one.end(&house, &stolen).await.body["code"], "provider_declined");

    // Another issuer than the one we asked.
    let mut mixed = one.go(&house, "smith").await;
    mixed["iss"] = json!("https://evil.example");
    assert_eq!(one.end(&house, &mixed).await.body["code"], "provider_invalid");
}

#[tokio::test]
async fn many_refused_returns_are_slowed_down() {
    let fake = Fake::start().await;
    let (house, _) = house(&fake.issuer, "").await;
    let mut last = None;
    for _ in 0..51 {
        let guess = json!({ "state": "guess", "code": "guess" });
        last = Some(house.ask(Method::POST, "/api/v1/session/provider/return", None, Some(guess)).await);
    }
    let last = last.unwrap();
    assert_eq!((last.status, &last.body["code"]), (StatusCode::TOO_MANY_REQUESTS, &json!("throttled")));
    assert!(last.headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn a_token_that_does_not_hold_signs_nobody_in() {
    let fake = Fake::start().await;
    let (house, administrator) =
        house(&fake.issuer, "    new_people: { everybody: { role: viewer } }\n").await;
    let mut browser = Browser::default();
    let good = browser.with(&house, &fake, Tampered::Nothing).await;
    assert_eq!(
        (good.status, &good.body["user"]["name"]),
        (StatusCode::OK, &json!("Chen")),
        "{:?}",
        good.body
    );
    for tampered in [
        Tampered::Nonce,
        Tampered::NoNonce,
        Tampered::Expired,
        Tampered::FromTheFuture,
        Tampered::Issuer,
        Tampered::Audience,
        Tampered::Signature,
        Tampered::Unsigned,
        Tampered::Key,
        Tampered::SharedSecret,
    ] {
        let answer = browser.with(&house, &fake, tampered).await;
        let told = (answer.status, answer.body["code"].as_str().unwrap_or_default().to_string());
        assert_eq!(
            told,
            (StatusCode::UNAUTHORIZED, "provider_invalid".to_string()),
            "{tampered:?}: {:?}",
            answer.body
        );
        assert!(!answer.headers.contains_key(header::SET_COOKIE), "{tampered:?}");
    }
    assert_eq!(audited(&house, &administrator, "session.refused").await.len(), 10);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_told_so_and_leads_nowhere() {
    // Nothing listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (nobody, _) = house(&format!("http://{free}"), "").await;
    let answer = Browser::default().begin(&nobody).await;
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("provider_unreachable"))
    );
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
    for strange in ["/elsewhere", "/plain", "/large", "/other"] {
        let fake = Fake::start().await;
        let (house, _) = house(&format!("{}{strange}", fake.issuer), "").await;
        let answer = Browser::default().begin(&house).await;
        assert_eq!(answer.body["code"], "provider_unreachable", "{strange}: {:?}", answer.body);
        assert!(!*fake.was_followed.lock().unwrap(), "{strange} was followed");
    }
}

#[tokio::test]
async fn nobody_makes_us_ask_for_keys_again_and_again() {
    let fake = Fake::start().await;
    let (house, _) = house(&fake.issuer, "    new_people: { everybody: { role: viewer } }\n").await;
    let mut browser = Browser::default();
    assert_eq!(browser.with(&house, &fake, Tampered::Nothing).await.status, StatusCode::OK);
    *fake.seed.lock().unwrap() = 9;
    // Keys that are not known are looked for once in half a minute at most.
    let soon = browser.with(&house, &fake, Tampered::Nothing).await;
    assert_eq!(soon.body["code"], "provider_invalid");
}

#[tokio::test]
async fn from_another_name_of_this_host_nobody_leaves() {
    let fake = Fake::start().await;
    let (house, _) = house(&fake.issuer, "").await;
    let mut browser = Browser { host: "evil.example".into(), ..Browser::default() };
    assert_eq!(browser.begin(&house).await.body["code"], "wrong_host");
}
