//! A browser, as far as signing in by a provider needs one.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Method, Request, header};
use openidconnect::{reqwest, url::Url};
use serde_json::{Value, json};

use super::fake::{Fake, Tampered};
use crate::house::{Answer, House};

/// How it reaches the server.
pub const HOST: &str = "127.0.0.1:8080";

pub struct Browser {
    pub host: String,
    /// What the server gave it.
    pub cookies: BTreeMap<String, String>,
    /// The provider is to ask who they are, also if it knows them.
    pub anew: bool,
}

impl Default for Browser {
    fn default() -> Browser {
        Browser { host: HOST.into(), cookies: BTreeMap::new(), anew: false }
    }
}

impl Browser {
    pub async fn begin(&mut self, house: &House) -> Answer {
        let path = format!("/api/v1/session/provider{}", if self.anew { "?anew=true" } else { "" });
        self.post(house, &path, None).await
    }

    /// Signs in at the provider as somebody and comes back: what it has to tell the server.
    pub async fn go(&mut self, house: &House, who: &str) -> Value {
        let begun = self.begin(house).await;
        let url = begun.body["url"].as_str().unwrap_or_else(|| panic!("{:?}", begun.body));
        let mut url = Url::parse(&format!("{url}&login_hint={who}")).unwrap();
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let client = client.build().unwrap();
        let mut jar: BTreeMap<String, String> = BTreeMap::new();
        for _ in 0..10 {
            if url.path() == "/sign-in/return" {
                return told(&url);
            }
            let cookie: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = client.get(url.clone()).header("cookie", cookie.join("; "));
            let answer = request.send().await.unwrap();
            for set in answer.headers().get_all("set-cookie") {
                keep(&mut jar, set.to_str().unwrap());
            }
            let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_string());
            url = url.join(&to.unwrap_or_else(|| panic!("{url}: {}", answer.status()))).unwrap();
        }
        panic!("the provider sends the browser round and round");
    }

    pub async fn end(&mut self, house: &House, told: &Value) -> Answer {
        self.post(house, "/api/v1/session/provider/return", Some(told)).await
    }

    pub async fn sign_in(&mut self, house: &House, who: &str) -> Answer {
        let told = self.go(house, who).await;
        self.end(house, &told).await
    }

    /// Signs in by the provider of ours, which tampers with the token.
    pub async fn with(&mut self, house: &House, fake: &Fake, tampered: Tampered) -> Answer {
        let begun = self.begin(house).await;
        let url = begun.body["url"].as_str().unwrap_or_else(|| panic!("{:?}", begun.body));
        let asked: BTreeMap<String, String> = Url::parse(url).unwrap().query_pairs().into_owned().collect();
        assert_eq!(asked.get("max_age").map(String::as_str), self.anew.then_some("0"));
        assert_eq!(asked.get("prompt").map(String::as_str), self.anew.then_some("login"));
        fake.prepare(&asked["nonce"], tampered);
        assert_eq!(asked["code_challenge_method"], "S256");
        let answer = self.end(house, &json!({ "state": asked["state"], "code": "x" })).await;
        let form = fake.form.lock().unwrap().clone();
        assert!(form.contains("code_verifier=") && form.contains("code=x"), "{form}");
        answer
    }

    /// The cookie of the session.
    pub fn session(&self) -> String {
        format!("gradus={}", self.cookies["gradus"])
    }

    async fn post(&mut self, house: &House, path: &str, body: Option<&Value>) -> Answer {
        let cookie: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::HOST, &self.host)
            .header("x-gradus", "1")
            .header(header::COOKIE, cookie.join("; "));
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map(|body| Body::from(body.to_string())).unwrap_or_default();
        let answer = house.send(request.body(body).unwrap()).await;
        for set in answer.headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
            keep(&mut self.cookies, set);
        }
        answer
    }
}

fn keep(jar: &mut BTreeMap<String, String>, set: &str) {
    let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
    if value.is_empty() {
        jar.remove(name);
    } else {
        jar.insert(name.to_string(), value.to_string());
    }
}

/// What the page hands on.
fn told(url: &Url) -> Value {
    let mut all = serde_json::Map::new();
    for (name, value) in
        url.query_pairs().filter(|(name, _)| ["state", "code", "error", "iss"].contains(&&**name))
    {
        all.insert(name.into_owned(), json!(value));
    }
    Value::Object(all)
}
