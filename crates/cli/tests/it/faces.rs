//! What scripts and people see: exit codes, languages, JSON.

use crate::ledger_files::{contents, grades};
use crate::support::{Place, gradus, repository};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\n";
const MODEL: &str = "gradus: 1\nindicators:\n  spend: { title: { zh: 消费, en: Spend }, kind: sum, of: amount }\nsegments:\n  large: { title: { zh: 大客户, en: Large }, base: everyone, where: spend >= 2 }\n";
const ORDERS: &str = "id,day,amount\nA,2024-03-01,1\nB,2024-03-02,2\nB,2024-03-03,3\n";

fn place() -> Place {
    Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)])
}

/// A document with ten mistakes: each is named at once, with its line, in both languages.
const MISTAKES: &str = "gradus: 1
titel: x
indicators:
  a: { title: a, kind: summ, of: amount }
  b: { title: b, kind: sum, of: amount, window: 90 }
  c: { title: c, kind: sum, of: amount, cap: -1 }
  d: { title: d, kind: count, filter: spend }
scorecards:
  s:
    combine: weighted
    attributes:
      x: { value: a, weight: 10%, bins: [{ from: 0, points: 1.23456 }] }
tiers:
  t: { by: s, levels: { gold: { min: 80 } }, eligible: [orders] }
segments:
  g: { base: everyone, where: { alll: [a] } }
";

#[test]
fn check_names_every_mistake_at_once_in_both_languages() {
    let place = place();
    std::fs::write(place.root().join("model/m.yaml"), MISTAKES).unwrap();
    let json = place.run(&["check", "--format", "json"]).expect(1).json();
    let findings = json.as_array().or(json["findings"].as_array()).unwrap_or_else(|| panic!("{json}"));
    assert!(findings.len() >= 10, "{} findings: {json:#}", findings.len());
    let lines: std::collections::BTreeSet<u64> = findings
        .iter()
        .filter_map(|finding| finding.pointer("/place/line").and_then(|line| line.as_u64()))
        .collect();
    assert!(lines.len() >= 8, "{lines:?}");
    let en = place.run(&["check", "--lang", "en"]).expect(1);
    let zh = place.run(&["check", "--lang", "zh"]).expect(1);
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    assert!(chinese(&zh.err) && chinese(&zh.out), "{zh:?}");
    assert!(!chinese(&en.err) && !chinese(&en.out), "{en:?}");
    for finding in findings {
        let code = format!("[{}]", finding["code"].as_str().unwrap());
        assert!(en.err.contains(&code) && zh.err.contains(&code), "{code}");
    }
    // The locale decides where nothing is said.
    let mut command = crate::support::command(&place.root(), &["check"]);
    let output = command.env("LC_ALL", "zh_CN.UTF-8").output().unwrap();
    assert!(chinese(&String::from_utf8(output.stdout).unwrap()));
}

#[test]
fn exit_codes() {
    let nowhere = Place::empty();
    for verb in [&["check"][..], &["import", "x.csv"], &["grade"], &["explain", "A"]] {
        nowhere.run(verb).expect(1);
    }
    let place = place();
    // Nothing imported yet.
    place.run(&["grade"]).expect(1);
    place.run(&["explain", "A"]).expect(1);
    place.run(&["check"]).expect(0);
    place.run(&["init"]).expect(1);
    place.run(&["import", &place.file("orders.csv", ORDERS)]).expect(0);
    place.run(&["import", &place.file("unknown.csv", ORDERS)]).expect(1);
    place.run(&["import", &place.file("orders2.csv", ORDERS), "--source", "nobody"]).expect(1);
    place.run(&["grade"]).expect(0);
    place.run(&["grade", "--as-of", "tomorrow"]).expect(1);
    place.run(&["grade", "--as-of", "2024-03-01..2024-03-10", "--every", "fortnight"]).expect(1);
    place.run(&["grade", "--as-of", "2024-03-01..2024-03-10", "--every", "day"]).expect(0);
    place.run(&["explain", "A"]).expect(0);
    place.run(&["explain", "nobody"]).expect(1);
    place.run(&["explain", "A", "--against", "B"]).expect(0);
    place.run(&["explain", "B", "--as-of", "2024-03-03", "--against", "2024-03-02"]).expect(0);
    // What the command line itself refuses.
    place.run(&["no-such-verb"]).expect(1);
    place.run(&["--help"]).expect(0);
    place.run(&["grade", "--threads", "0"]).expect(1);
    // The world is broken: the store is no store.
    let store = place.root().join(".gradus/store.sqlite");
    for file in [store.clone(), store.with_extension("sqlite-wal"), store.with_extension("sqlite-shm")] {
        if file.exists() {
            std::fs::write(file, "this is no database, and long enough to be read as one ".repeat(200))
                .unwrap();
        }
    }
    let ran = place.run(&["grade"]).expect(2);
    assert!(!ran.err.is_empty());
}

#[test]
fn json_is_json_on_every_verb() {
    let place = place();
    let file = place.file("orders.csv", ORDERS);
    place.run(&["check", "--format", "json"]).expect(0).json();
    place.run(&["import", &file, "--dry-run", "--format", "json"]).expect(0).json();
    place.run(&["import", &file, "--format", "json"]).expect(0).json();
    place.run(&["grade", "--format", "json"]).expect(0).json();
    place
        .run(&["grade", "--as-of", "2024-03-01..2024-03-10", "--every", "day", "--format", "json"])
        .expect(0)
        .json();
    place.run(&["explain", "B", "--format", "json"]).expect(0).json();
    place.run(&["explain", "B", "--against", "A", "--format", "json"]).expect(0).json();
    // Refusals too.
    place.run(&["explain", "nobody", "--format", "json"]).expect(1).json();
    place.run(&["import", "nowhere.csv", "--format", "json"]).expect(1).json();
    place.run(&["grade", "--as-of", "tomorrow", "--format", "json"]).expect(1).json();
}

#[test]
fn a_dry_run_writes_nothing() {
    let place = place();
    place.run(&["import", &place.file("orders.csv", ORDERS), "--dry-run"]).expect(0);
    assert!(crate::ledger_files::events(&place.root()).is_empty());
    assert_eq!(place.vault(async |vault| vault.count().await.unwrap()), 0);
    place.run(&["grade", "--no-store"]);
    assert!(!place.root().join("ledger/grades").exists());
}

#[test]
fn the_same_grade_twice_is_the_same() {
    let place = place();
    place.import(&place.file("orders.csv", ORDERS));
    place.run(&["grade", "--as-of", "2024-03-03"]).expect(0);
    let first = contents(&grades(&place.root(), "2024-03-03"));
    assert_eq!(first.len(), 2);
    place.run(&["grade", "--as-of", "2024-03-03"]).expect(0);
    assert_eq!(first, contents(&grades(&place.root(), "2024-03-03")));
}

#[test]
fn the_chinese_example_runs() {
    let place = Place::example("retail-zh");
    let data = repository().join("examples/retail-zh/data");
    let ran = place.run(&["import", data.to_str().unwrap(), "--lang", "zh", "--format", "json"]).expect(0);
    for one in ran.json().as_array().unwrap() {
        crate::support::balanced(one);
    }
    place.run(&["grade", "--as-of", "2025-06-30"]).expect(0);
    place.run(&["explain", "139 0000 0042", "--as-of", "2025-06-30", "--lang", "zh"]).expect(0);
}

#[test]
fn a_closed_pipe_is_no_crash() {
    let place = place();
    place.import(&place.file("orders.csv", ORDERS));
    let mut child = crate::support::command(&place.root(), &["explain", "B", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{output:?}");
    gradus(&place.root(), &["check"]).expect(0);
}

#[test]
fn users_are_made_at_the_terminal_and_listed() {
    let place = place();
    let add = ["user", "add", "Lin@Example.com", "--name", "林悦", "--role", "operator"];
    let made = place.run(&[&add[..], &["--format", "json"]].concat()).expect(0).json();
    assert_eq!((&made["email"], &made["role"]), (&"lin@example.com".into(), &"operator".into()));
    assert_eq!(made["code"].as_str().map(str::len), Some(64));
    // The same address again, and a role that does not exist, with what would be right.
    place.run(&add).expect(1);
    let unknown = place
        .run(&["user", "add", "x@example.com", "--name", "x", "--role", "boss", "--lang", "en"])
        .expect(1);
    assert!(unknown.err.contains("no role boss") && unknown.err.contains("approver"), "{unknown:?}");
    let listed = place.run(&["user", "list", "--lang", "zh"]).expect(0);
    assert!(listed.out.contains("lin@example.com") && listed.out.contains("运营"), "{listed:?}");
    assert!(!listed.out.contains(made["code"].as_str().unwrap()));
    let link = place.run(&["user", "link", "lin@example.com", "--at", "http://127.0.0.1:9000/"]).expect(0);
    assert!(
        link.out.starts_with("http://127.0.0.1:9000/enter#") && link.out.trim().len() == 28 + 64,
        "{link:?}"
    );
    place.run(&["user", "link", "nobody@example.com"]).expect(1);
}

#[test]
fn what_is_demanded_of_those_who_sign_in_is_shown_and_changed() {
    let place = place();
    let told = place.run(&["user", "demand", "--lang", "zh"]).expect(0).out;
    assert!(told.contains("不要求任何人") && told.contains("15 分钟"), "{told}");
    let change = ["user", "demand", "--second-factor", "approvers", "--presence-minutes", "30"];
    let told = place.run(&[&["--format", "json"], &change[..]].concat()).expect(0).json();
    assert_eq!((&told["second_factor"], &told["presence_minutes"]), (&"approvers".into(), &30.into()));
    let told = place.run(&["user", "demand", "--lang", "en"]).expect(0).out;
    assert!(told.contains("administrators and approvers") && told.contains("every 30 minutes"), "{told}");
    assert!(told.contains("another person approves"), "{told}");
    let alone = place.run(&["user", "demand", "--four-eyes", "off", "--lang", "zh"]).expect(0).out;
    assert!(alone.contains("不需要另一人审批") && alone.contains("30 分钟"), "{alone}");
    place.run(&["user", "demand", "--four-eyes", "perhaps"]).expect(1);
    place.run(&["user", "demand", "--second-factor", "all"]).expect(1);
    place.run(&["user", "demand", "--presence-minutes", "0"]).expect(1);
}
