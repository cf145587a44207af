//! A real `gradus serve`, for whoever asks it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::support::{command, runtime};

const PASSWORD: &str = "correct horse battery";

/// A server that is ended with the test.
pub struct Server {
    child: Child,
    pub url: String,
    code: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts it on a workspace.
    pub fn start(root: &Path) -> Server {
        let mut child = command(root, &["serve", "--listen", "127.0.0.1:0", "--lang", "en"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut next = || lines.next().expect("a line").expect("text");
        let told = next();
        let url =
            told.split_whitespace().find(|word| word.starts_with("http://")).expect("an address").to_string();
        let code = next().split_whitespace().last().expect("a code").to_string();
        // Whatever is said later goes nowhere, and must not block the server.
        std::thread::spawn(move || lines.for_each(drop));
        Server { child, url, code }
    }

    /// Posts as our own page does; the cookie that was set, and the answer.
    fn post(&self, path: &str, cookie: &str, body: Value) -> (String, Value) {
        runtime().block_on(async {
            let request = reqwest::Client::builder().no_proxy().build().unwrap();
            let request = request.post(format!("{}/api/v1{path}", self.url)).header("x-gradus", "1");
            let request = request.header("cookie", cookie).header("content-type", "application/json");
            let response = request.body(body.to_string()).send().await.expect("an answer");
            assert!(response.status().is_success(), "{path}: {}", response.status());
            let set =
                response.headers().get("set-cookie").and_then(|value| value.to_str().ok()).unwrap_or("");
            let set = set.split(';').next().unwrap_or("").to_string();
            let text = response.text().await.unwrap();
            (set, serde_json::from_str::<Value>(&text).unwrap_or_default())
        })
    }

    /// Makes the administrator; the cookie of their session.
    pub fn administrator(&self) -> String {
        let administrator = json!({
            "code": self.code, "email": "lin@example.com", "name": "Lin", "password": PASSWORD, "language": "en",
        });
        self.post("/setup", "", administrator).0
    }

    /// Makes a user of a role; the cookie of their session.
    pub fn user(&self, administrator: &str, role: &str) -> String {
        let email = format!("{role}@example.com");
        let body = json!({ "email": email, "name": role, "role": role });
        let (_, made) = self.post("/users", administrator, body);
        self.post("/setup/password", "", json!({ "code": made["code"], "password": PASSWORD }));
        self.post("/session", "", json!({ "email": email, "password": PASSWORD })).0
    }

    /// A key that may do everything that its maker may, or these things.
    pub fn key(&self, administrator: &str, only: Option<&[&str]>) -> String {
        let scopes = match only {
            Some(only) => json!(only),
            None => self.permissions(administrator),
        };
        let (_, made) = self.post("/keys", administrator, json!({ "name": "program", "scopes": scopes }));
        made["token"].as_str().expect("a token").to_string()
    }

    /// What whoever has this cookie may do.
    fn permissions(&self, cookie: &str) -> Value {
        runtime().block_on(async {
            let request = reqwest::Client::builder().no_proxy().build().unwrap();
            let request = request.get(format!("{}/api/v1/session", self.url)).header("cookie", cookie);
            let text = request.send().await.expect("an answer").text().await.unwrap();
            serde_json::from_str::<Value>(&text).unwrap()["permissions"].clone()
        })
    }
}
