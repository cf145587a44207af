//! The API against its own description: a real `gradus serve` is asked whatever the description allows,
//! and what it does not, by schemathesis. It finds nothing, in bounded time.

use std::path::Path;
use std::process::Command;

use crate::serving::Server;
use crate::support::Place;

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\n";
const MODEL: &str = "gradus: 1\nindicators:\n  spend: { title: { zh: 消费, en: Spend }, kind: sum, of: amount }\nscorecards:\n  value: { attributes: { spend: { value: spend, bins: [{ below: 30, points: 10 }, { from: 30, points: 90 }] } } }\ntiers:\n  member: { by: value, levels: { silver: {}, gold: { from: 50 } } }\nsegments:\n  large: { base: everyone, where: spend >= 20 }\n";
const ORDERS: &str = "id,day,amount\nA,2024-03-01,10\nB,2024-03-02,20\nC,2024-03-03,30\nD,2024-03-03,40\n";

/// What is asked, at most so long.
const SECONDS: &str = "120";

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
    let key = server.key(None);
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
