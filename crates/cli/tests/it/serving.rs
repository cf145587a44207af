//! A real `gradus serve`, for whoever asks it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::support::{command, runtime};

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

    /// Makes the administrator and a key that may do everything that one may, or these things; the key.
    pub fn key(&self, only: Option<&[&str]>) -> String {
        let post = async |path: &str, cookie: &str, body: Value| {
            let request = reqwest::Client::builder().no_proxy().build().unwrap();
            let request = request.post(format!("{}/api/v1{path}", self.url)).header("x-gradus", "1");
            let request = request.header("cookie", cookie).header("content-type", "application/json");
            let response = request.body(body.to_string()).send().await.expect("an answer");
            assert!(response.status().is_success(), "{path}: {}", response.status());
            let set =
                response.headers().get("set-cookie").and_then(|value| value.to_str().ok()).unwrap_or("");
            let set = set.split(';').next().unwrap_or("").to_string();
            (set, serde_json::from_str::<Value>(&response.text().await.unwrap()).unwrap())
        };
        runtime().block_on(async {
            let administrator = json!({
                "code": self.code, "email": "lin@example.com", "name": "Lin", "password": "correct horse battery", "language": "en",
            });
            let (cookie, session) = post("/setup", "", administrator).await;
            let scopes = match only {
                Some(only) => json!(only),
                None => session["permissions"].clone(),
            };
            let (_, made) = post("/keys", &cookie, json!({ "name": "conformance", "scopes": scopes })).await;
            made["token"].as_str().expect("a token").to_string()
        })
    }
}
