//! The API against its own description: a real `gradus serve` is asked whatever the description allows,
//! and what it does not, by schemathesis. It finds nothing, in bounded time.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Place, command, runtime};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\n";
const MODEL: &str = "gradus: 1\nindicators:\n  spend: { title: { zh: 消费, en: Spend }, kind: sum, of: amount }\nscorecards:\n  value: { attributes: { spend: { value: spend, bins: [{ below: 30, points: 10 }, { from: 30, points: 90 }] } } }\ntiers:\n  member: { by: value, levels: { silver: {}, gold: { from: 50 } } }\nsegments:\n  large: { base: everyone, where: spend >= 20 }\n";
const ORDERS: &str = "id,day,amount\nA,2024-03-01,10\nB,2024-03-02,20\nC,2024-03-03,30\nD,2024-03-03,40\n";

/// What is asked, at most so long.
const SECONDS: &str = "120";

/// A server that is ended with the test.
struct Server {
    child: Child,
    url: String,
    code: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(root: &Path) -> Server {
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

    /// Makes the administrator and a key that may do everything that one may; the key.
    fn key(&self) -> String {
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
            let scopes: Vec<Value> = session["permissions"].as_array().unwrap().clone();
            let (_, made) = post("/keys", &cookie, json!({ "name": "conformance", "scopes": scopes })).await;
            made["token"].as_str().expect("a token").to_string()
        })
    }
}

#[test]
fn the_api_keeps_to_its_description() {
    let Some(python) = std::env::var_os("GRADUS_PYTHON").filter(|python| !python.is_empty()) else {
        println!("SKIPPED: no Python packages, so the API is not compared with its description");
        return;
    };
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    place.import(&place.file("orders.csv", ORDERS));
    place.run(&["grade", "--as-of", "2024-03-02..2024-03-03", "--every", "day"]).expect(0);
    let server = Server::start(&place.root());
    let key = server.key();
    let program = Path::new(&python).with_file_name("schemathesis");
    let output = Command::new(program)
        .args(["--no-color", "run", &format!("{}/api/openapi.json", server.url)])
        .args(["--url", &format!("{}/api/v1", server.url)])
        .args(["--header", &format!("Authorization: Bearer {key}"), "--header", "Accept-Language: en"])
        // A model that fits the schema may still say something wrong: that is told as a finding.
        .args(["--checks", "all", "--exclude-checks", "positive_data_acceptance"])
        .args(["--max-examples", "4", "--generation-deterministic"])
        .args(["--max-time", SECONDS, "--request-timeout", "30", "--workers", "2", "--continue-on-failure"])
        // A stream has no end that could be waited for; whoever asks is not to take their own key away.
        .args(["--exclude-path", "/jobs/{id}/events", "--exclude-path", "/keys/{id}"])
        .args(["--warnings", "off"])
        .current_dir(place.root())
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .expect("schemathesis runs");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("Test cases:"), "{told}");
}
