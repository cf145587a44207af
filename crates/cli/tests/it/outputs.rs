//! What scripts get of every verb that gives a result: exit code 0 fine, 1 findings, 2 broken; with
//! `--format json` one whole JSON value on standard output and nothing else.

use serde_json::Value;

use crate::support::{Place, Ran, number, text};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\n";
const MODEL: &str = "gradus: 1\nindicators:\n  spend: { title: { zh: 消费, en: Spend }, kind: sum, of: amount }\nsegments:\n  large: { title: { zh: 大客户, en: Large }, base: everyone, where: spend >= 2 }\n";
const ORDERS: &str =
    "id,day,amount\nA,2024-03-01,1\nB,2024-03-02,2\nB,2024-03-03,3\nC,never,3\nD,2024-03-04,much\n";

fn place() -> Place {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    place.run(&["import", &place.file("orders.csv", ORDERS)]).expect(0);
    place
}

fn graded() -> Place {
    let place = place();
    place.run(&["grade"]).expect(0);
    place
}

/// Runs a verb as a program would: whatever its code, standard output is one JSON value, or empty
/// where the world failed.
#[track_caller]
fn json(place: &Place, code: i32, verb: &[&str]) -> Value {
    let mut arguments = verb.to_vec();
    arguments.extend(["--format", "json"]);
    let ran: Ran = place.run(&arguments).expect(code);
    if code == 2 {
        let error = ran.json();
        for lang in ["zh", "en"] {
            for part in ["error", "what", "right"] {
                assert!(!text(&error, &format!("/{part}/{lang}")).is_empty(), "{part}: {ran:?}");
            }
        }
        assert!(
            !text(&error, "/code").is_empty() && ran.err.contains(&format!("[{}]", text(&error, "/code")))
        );
        assert!(!ran.err.is_empty(), "a person reads the other stream: {ran:?}");
        return error;
    }
    assert!(ran.err.is_empty(), "a program reads one stream: {ran:?}");
    ran.json()
}

/// Every finding says what, where and what would be right, in both languages.
#[track_caller]
fn findings(value: &Value) -> Vec<String> {
    let all = value.as_array().unwrap_or_else(|| panic!("findings: {value}"));
    assert!(!all.is_empty());
    for finding in all {
        for part in ["/what/zh", "/what/en", "/right/zh", "/right/en"] {
            assert!(!text(finding, part).is_empty(), "{part} of {finding}");
        }
    }
    all.iter().map(|finding| text(finding, "/code").to_string()).collect()
}

fn path(place: &Place, name: &str) -> String {
    place.root().parent().unwrap().join(name).display().to_string()
}

/// A store that is none.
fn broken(place: &Place) {
    for name in ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm"] {
        let file = place.root().join(".gradus").join(name);
        std::fs::write(file, "this is no database, and long enough to be read as one ".repeat(200)).unwrap();
    }
}

#[test]
fn init() {
    let nowhere = Place::empty();
    let made = json(&nowhere, 0, &["init"]);
    assert_eq!(text(&made, "/workspace"), nowhere.root().display().to_string());
    assert!(nowhere.root().join("gradus.yaml").exists());
    assert_eq!(findings(&json(&nowhere, 1, &["init"])), ["workspace-exists"]);
    // A folder that cannot be made is the world's.
    let file = nowhere.file("file", "x");
    crate::support::gradus(std::path::Path::new(&file), &["init", "--format", "json"]).expect(2);
}

#[test]
fn report() {
    let place = graded();
    let written = json(&place, 0, &["report"]);
    assert!(std::fs::read_to_string(text(&written, "/report")).unwrap().contains("</html>"));
    let to = path(&place, "r.html");
    assert_eq!(text(&json(&place, 0, &["report", "-o", &to]), "/report"), to);
    assert_eq!(findings(&json(&place, 1, &["report", "--as-of", "1999-01-01"])), ["not-graded-yet"]);
    json(&place, 2, &["report", "-o", &format!("{}/r.html", place.file("file", "x"))]);
    let ungraded = self::place();
    assert_eq!(findings(&json(&ungraded, 1, &["report"])), ["not-graded-yet"]);
}

#[test]
fn export() {
    let place = graded();
    let to = path(&place, "all.csv");
    let whole = json(&place, 0, &["export", &to]);
    assert_eq!((number(&whole, "/n_customers"), whole["with_identifiers"] == false), (2, true));
    assert_eq!(number(&whole, "/n_bytes"), std::fs::metadata(&to).unwrap().len());
    let large = json(&place, 0, &["export", &to, "--segment", "large", "--identifiers"]);
    assert_eq!((number(&large, "/n_customers"), large["with_identifiers"] == true), (1, true));
    for (wrong, code) in [
        (&["export", "all.doc"][..], "argument"),
        (&["export", "all.csv", "--tier", "gold"], "argument"),
        (&["export", "all.csv", "--segment", "nobody"], "export-choice"),
        (&["export", "all.csv", "--tier", "a=b"], "export-choice"),
        (&["export", "all.csv", "--columns", "nothing"], "export-choice"),
        (&["export", "all.csv", "--as-of", "1999-01-01"], "not-graded-yet"),
    ] {
        assert_eq!(findings(&json(&place, 1, wrong)), [code], "{wrong:?}");
    }
    let nowhere = path(&place, "no/such/folder/all.csv");
    // A path was mistyped: nothing of the ledger is lost, and nobody is sent to a backup.
    let mistyped = json(&place, 2, &["export", &nowhere]);
    assert_eq!(
        (text(&mistyped, "/code"), text(&mistyped, "/place/document")),
        ("file-missing", nowhere.as_str())
    );
    assert!(text(&mistyped, "/error/en").contains(&nowhere));
    assert!(
        !mistyped.to_string().contains("restore") && !mistyped.to_string().contains("恢复"),
        "{mistyped}"
    );
    let ungraded = self::place();
    assert_eq!(findings(&json(&ungraded, 1, &["export", "all.csv"])), ["not-graded-yet"]);
}

#[test]
fn quarantine() {
    let place = place();
    let listed = json(&place, 0, &["quarantine", "list"]);
    let codes: Vec<&str> = listed.as_array().unwrap().iter().map(|row| text(row, "/code")).collect();
    assert_eq!(codes, ["not-a-date", "not-a-number"]);
    assert_eq!(json(&place, 0, &["quarantine", "list", "--import", "77"]), Value::Array(Vec::new()));
    let to = path(&place, "rows.jsonl");
    let exported = json(&place, 0, &["quarantine", "export", &to]);
    assert_eq!((text(&exported, "/file"), number(&exported, "/n_rows")), (to.as_str(), 2));
    assert_eq!(findings(&json(&place, 1, &["quarantine", "export", &to])), ["file-exists"]);
    json(&place, 2, &["quarantine", "export", &path(&place, "no/such/rows.jsonl")]);
    // One row mended, the other as it was: one counts, one is refused again.
    let rows = std::fs::read_to_string(&to).unwrap().replace("never", "2024-03-05");
    let mended = place.file("mended.jsonl", rows);
    let replayed = json(&place, 0, &["quarantine", "replay", &mended, "--source", "orders"]);
    assert_eq!(text(&replayed, "/outcome"), "imported");
    assert_eq!((number(&replayed, "/tally/attributed/rows"), number(&replayed, "/quarantined")), (1, 1));
    let open = json(&place, 0, &["quarantine", "list"]);
    assert_eq!(open.as_array().unwrap().len(), 1, "the mended row is not open any more: {open}");
    assert!(!place.root().join(".gradus/replay").exists(), "no copy in clear");
    // Again: the same event, counted once.
    let again = json(&place, 0, &["quarantine", "replay", &mended, "--source", "orders"]);
    assert_eq!(number(&again, crate::support::ALREADY_THERE), 1);
    let wrong = json(&place, 1, &["quarantine", "replay", &mended, "--source", "nobody"]);
    assert_eq!(text(&wrong, "/outcome"), "refused");
    assert_eq!(findings(&wrong["findings"]), ["unknown-source"]);
    let other = place.file("other.jsonl", "{\"number\": 1}\nplain text\n\u{ff}\n");
    let refused = json(&place, 1, &["quarantine", "replay", &other, "--source", "orders"]);
    assert_eq!(findings(&refused), ["not-an-exported-row", "not-an-exported-row", "not-an-exported-row"]);
    let nowhere = json(&place, 1, &["quarantine", "replay", "nowhere.jsonl", "--source", "orders"]);
    assert_eq!(findings(&nowhere), ["no-file"]);
    broken(&place);
    json(&place, 2, &["quarantine", "list"]);
}

#[test]
fn explain() {
    let place = graded();
    let one = json(&place, 0, &["explain", "B"]);
    assert_eq!(one["indicators"][0][2], "5");
    assert_eq!(number(&one, "/n_events"), 2);
    assert_eq!(findings(&json(&place, 1, &["explain", "nobody"])), ["unknown-customer"]);
    assert_eq!(findings(&json(&place, 1, &["explain", "B", "--as-of", "1999-01-01"])), ["not-graded-yet"]);
    broken(&place);
    json(&place, 2, &["explain", "B"]);
}

#[test]
fn proposals() {
    let place = place();
    let proposed = json(&place, 0, &["import", "--propose", &place.file("orders.csv", ORDERS)]);
    assert!(text(&proposed, "/0/document").contains("mapping:"));
}
