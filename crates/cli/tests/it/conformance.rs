//! The API against its own description: a real `gradus serve` is asked whatever the description allows,
//! and what it does not, by schemathesis: with a key, and as every role with the cookie of a session. It
//! follows the description's links, so that what was made is read, changed and removed. It finds nothing,
//! in bounded time.

use std::path::Path;
use std::process::Command;

use crate::serving::Server;
use crate::support::Place;

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\n";
const MODEL: &str = "gradus: 1\nindicators:\n  spend: { title: { zh: 消费, en: Spend }, kind: sum, of: amount }\nscorecards:\n  value: { attributes: { spend: { value: spend, bins: [{ below: 30, points: 10 }, { from: 30, points: 90 }] } } }\ntiers:\n  member: { by: value, levels: { silver: {}, gold: { from: 50 } } }\nsegments:\n  large: { base: everyone, where: spend >= 20 }\n";
const ORDERS: &str = "id,day,amount\nA,2024-03-01,10\nB,2024-03-02,20\nC,2024-03-03,30\nD,2024-03-03,40\n";

/// Every run asks at most so long: 55 s with a key, and for each of the six roles its share.
const WITH_KEY_S: &str = "55";
const AS_ADMINISTRATOR_S: &str = "60";
const AS_ROLE_S: &str = "14";
/// Links that the runs follow between them at least. How many they come to in their time depends on the
/// machine; none at all would mean that the description's links lead nowhere.
const LINKS: u64 = 1;

/// What asks, and how it is known.
struct Asked<'a> {
    url: &'a str,
    python: &'a Path,
    folder: &'a Path,
    header: String,
    phases: &'a str,
    seconds: &'a str,
}

impl Asked<'_> {
    /// Asks; how many links were followed.
    fn ask(&self) -> u64 {
        let output = Command::new(self.python.with_file_name("schemathesis"))
            .args(["--no-color", "run", &format!("{}/api/openapi.json", self.url)])
            .args(["--url", &format!("{}/api/v1", self.url), "--phases", self.phases])
            .args(["--header", &self.header, "--header", "X-Gradus: 1", "--header", "Accept-Language: en"])
            // Whoever asks stays who they are; that others are refused is a check of its own.
            .args(["--generation-with-security-parameters", "false"])
            // A model that fits the schema may still say something wrong: that is told as a finding.
            .args(["--checks", "all", "--exclude-checks", "positive_data_acceptance"])
            .args(["--max-examples", "4", "--generation-deterministic"])
            .args(["--max-time", self.seconds, "--request-timeout", "30", "--workers", "1"])
            // A stream has no end that could be waited for; whoever asks is not to take their own key or
            // session away.
            .args(["--exclude-path", "/jobs/{id}/events", "--exclude-path", "/keys/{id}"])
            .args(["--exclude-operation-id", "delete_session"])
            .args(["--exclude-operation-id", "delete_me_sessions_id"])
            .args(["--continue-on-failure", "--warnings", "off"])
            .current_dir(self.folder)
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .expect("schemathesis runs");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
        assert!(told.contains("Test cases:"), "{told}");
        let links = told.lines().find_map(|line| line.trim().strip_prefix("API Links:"));
        links.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
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
    let administrator = server.administrator();
    let ask = |header: String, phases: &str, seconds: &str| {
        let (url, folder) = (server.url.as_str(), place.root());
        Asked { url, python: Path::new(&python), folder: &folder, header, phases, seconds }.ask()
    };
    let mut links = 0;
    for role in ["viewer", "service", "analyst", "approver", "operator"] {
        let cookie = server.user(&administrator, role);
        links += ask(format!("Cookie: {cookie}"), "coverage,stateful", AS_ROLE_S);
    }
    links += ask(format!("Cookie: {administrator}"), "stateful", AS_ADMINISTRATOR_S);
    let key = server.key(&administrator, None);
    links += ask(format!("Authorization: Bearer {key}"), "examples,coverage,fuzzing", WITH_KEY_S);
    println!("{links} links were followed");
    assert!(links >= LINKS, "stateful testing followed {links} links only");
}
