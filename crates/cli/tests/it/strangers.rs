//! What people stumbled over who saw the command line for the first time.

use serde_json::Value;

use crate::support::{Place, gradus, number, text};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nkinds:\n  order_line: { title: { zh: 订单行, en: Order line } }\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order_line'\"\n  time: at\n  amount: amount\n  message_id: message\n  retracts: void\n";
const MODEL: &str = "gradus: 1
indicators:
  spend: { title: { zh: 消费, en: Spend }, kind: sum, of: amount }
  orders: { title: { zh: 次数, en: Orders }, kind: count }
scorecards:
  value:
    title: { zh: 价值, en: Value }
    combine: sum
    attributes:
      spend: { value: spend, quantiles: { points: [1, 2] } }
tiers:
  member:
    title: { zh: 会员, en: Member }
    by: spend
    levels: { silver: { title: { zh: 银, en: Silver } }, gold: { title: { zh: 金, en: Gold }, from: 30 } }
  map:
    title: { zh: 九宫格, en: Map }
    grid:
      rows: { title: { zh: 消费高低, en: How much }, value: spend, cuts: [30] }
      columns: { title: { zh: 次数多少, en: How often }, value: orders, cuts: [2] }
      cells: [[low, low], [low, high]]
    levels: { low: {}, high: {} }
segments:
  large: { title: { zh: 大客户, en: Large }, base: everyone, where: spend >= 30 }
";
const HEAD: &str = "message,void,id,at,amount\n";

fn place() -> Place {
    Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)])
}

fn file(place: &Place, name: &str, rows: &str) -> String {
    place.file(name, format!("{HEAD}{rows}"))
}

fn graded() -> Place {
    let place = place();
    let rows =
        "m1,,A,2024-03-01T23:30:00Z,10\nm2,,A,2024-03-02T01:00:00Z,20\nm3,,B,2024-03-02T02:00:00Z,40\n";
    place.import(&file(&place, "orders1.csv", rows));
    place.import(&file(&place, "orders2.csv", ",m2,,,\n"));
    place.run(&["grade", "--as-of", "2024-03-31"]).expect(0);
    place
}

fn codes(findings: &Value) -> Vec<&str> {
    findings.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

/// A refused row that was mended stays mended when its file comes again; a replay is no delivery that the next
/// one is compared with.
#[test]
fn what_was_mended_stays_mended() {
    let place = place();
    let mut rows = String::new();
    for n in 0..40 {
        rows.push_str(&format!("m{n},,C{n},2024-03-01,1{n}\n"));
    }
    let delivery =
        file(&place, "orders1.csv", &format!("{rows}x1,,A,2024-03-01,ten\nx2,,A,2024-03-01,eleven\n"));
    assert_eq!(number(&place.import(&delivery), "/quarantined"), 2);
    let mended = place.root().parent().unwrap().join("rows.jsonl").display().to_string();
    place.run(&["quarantine", "export", &mended]).expect(0);
    let first =
        std::fs::read_to_string(&mended).unwrap().lines().next().unwrap().replace("\"ten\"", "\"10\"");
    std::fs::write(&mended, first).unwrap();
    let replay = ["quarantine", "replay", &mended, "--source", "orders", "--format", "json"];
    let replayed = place.run(&replay).expect(0).json();
    assert_eq!(codes(&replayed["findings"]), Vec::<&str>::new(), "a replay is compared with nothing");
    let open = || place.run(&["quarantine", "list", "--format", "json"]).expect(0).json();
    assert_eq!(open().as_array().unwrap().len(), 1);

    let again = place.import(&delivery);
    assert_eq!(number(&again, "/quarantined"), 2, "it was refused again");
    assert_eq!(codes(&again["findings"]), ["quarantine-settled-before"]);
    let rows: Vec<u64> = open().as_array().unwrap().iter().map(|row| number(row, "/row")).collect();
    assert_eq!(rows, [42, 42], "the one that nobody mended is open, of either import");
}

#[test]
fn names_that_do_not_exist_are_findings() {
    let place = graded();
    for (arguments, near) in [
        (&["list", "--tier", "member=gould"][..], "gold"),
        (&["list", "--tier", "membr=gold"], "member"),
        (&["list", "--segment", "lage"], "large"),
        (&["segment", "lagre"], "large"),
        (&["user", "add", "a@example.com", "--name", "A", "--role", "viewer", "--segment", "larg"], "large"),
    ] {
        let ran = place.run(&[arguments, &["--lang", "en"]].concat()).expect(1);
        assert!(ran.err.contains("unknown-name") && ran.err.contains(&format!("“{near}”")), "{ran:?}");
    }
    assert!(place.run(&["list", "--tier", "member=gold", "--lang", "en"]).expect(0).out.contains('1'));
    assert_eq!(place.run(&["user", "list", "--format", "json"]).expect(0).json(), serde_json::json!([]));
}

#[test]
fn an_explanation_says_times_kinds_axes_and_what_was_taken_back() {
    let place = graded();
    let en = place.run(&["explain", "A", "--lang", "en"]).expect(0).out;
    assert!(en.contains("1 events (1 more were taken back), the newest (times of Asia/Shanghai):"), "{en}");
    // In local time, by the kind's title; what was taken back says so.
    assert!(en.contains("2024-03-02 07:30:00  Order line"), "{en}");
    assert!(
        en.contains("2024-03-02 09:00:00  Order line") && en.contains("taken back, counts no more"),
        "{en}"
    );
    assert!(en.contains("How much: 10 ∈") && en.contains("How often: 1 ∈"), "{en}");
    assert!(en.contains("the lower half of all customers"), "{en}");
    let zh = place.run(&["explain", "A", "--lang", "zh"]).expect(0).out;
    for said in ["另有 1 个已撤回", "订单行", "已撤回，不再计入", "消费高低: 10 ∈", "全体客户中较低的一半"]
    {
        assert!(zh.contains(said), "{said} is not in {zh}");
    }
    let json = place.run(&["explain", "A", "--format", "json"]).expect(0).json();
    assert_eq!((number(&json, "/n_events"), number(&json, "/n_retracted")), (1, 1));
    assert_eq!(json["events"].as_array().unwrap().len(), 2);
    assert_eq!(json["events"][0]["retracted"], true);
    assert_eq!(text(&json, "/events/1/time"), "2024-03-01 23:30:00Z");
}

#[test]
fn a_header_that_was_named_is_no_news() {
    let source = SOURCE.replace("mapping:\n", "read: { header: 2 }\nmapping:\n");
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", &source), ("model/m.yaml", MODEL)]);
    let imported =
        place.import(&place.file("orders.csv", format!("Export of March\n{HEAD}m1,,A,2024-03-01,10\n")));
    assert_eq!(codes(&imported["findings"]), Vec::<&str>::new());
    let found = place.file("orders-found.csv", format!("Export of March\n{HEAD}m2,,A,2024-03-01,10\n"));
    let without = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    assert_eq!(codes(&without.import(&found)["findings"]), ["rows-above-header"]);
}

#[test]
fn a_workspace_is_begun_in_the_language_that_was_said() {
    for (said, written) in [
        (&["--lang", "en"][..], Some("language: en")),
        (&["--lang", "zh"], Some("language: zh")),
        (&[], None),
    ] {
        let place = Place::empty();
        gradus(&place.root(), &[&["init"], said].concat()).expect(0);
        let settings = std::fs::read_to_string(place.root().join("gradus.yaml")).unwrap();
        assert_eq!(settings.lines().find(|line| line.starts_with("language")), written, "{settings}");
        gradus(&place.root(), &["check"]).expect(0);
    }
}

#[test]
fn what_is_not_there_is_the_operators_mistake() {
    let place = graded();
    for arguments in [
        &["versions", "publish", "99"][..],
        &["versions", "reject", "99", "--note", "no"],
        &["key", "revoke", "nothing"],
        &["import", "--undo", "99"],
        &["simulate", "99"],
        &["no-such-verb"],
    ] {
        let ran = place.run(arguments).expect(1);
        assert!(!ran.err.is_empty(), "{arguments:?}");
    }
    let findings = place.run(&["versions", "publish", "99", "--format", "json"]).expect(1).json();
    assert_eq!(text(&findings, "/0/code"), "no-such-thing");
    let undo = place.run(&["import", "--undo", "99", "--lang", "en"]).expect(1);
    assert!(undo.err.contains("gradus imports"), "{undo:?}");
    let listed = place.run(&["imports", "--lang", "en"]).expect(0).out;
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("2  ") && lines[1].contains("orders1.csv"), "{listed}");
    assert_eq!(place.run(&["imports", "--format", "json"]).expect(0).json().as_array().unwrap().len(), 2);
}

#[test]
fn versions_are_rejected_and_published_from_a_date() {
    let place = graded();
    let apply = |note: &str| {
        let root = place.root().display().to_string();
        let ran = place.run(&["apply", &root, "--submit", note, "--format", "json"]).expect(0);
        number(&ran.json(), "/version").to_string()
    };
    place.alone();
    let first = apply("first");
    let rejected =
        place.run(&["versions", "reject", &first, "--note", "too early", "--lang", "en"]).expect(0);
    assert!(rejected.out.contains("rejected"), "{rejected:?}");
    let model = MODEL.replace("from: 30", "from: 20");
    std::fs::write(place.root().join("model/m.yaml"), model).unwrap();
    let second = apply("second");
    place.run(&["versions", "approve", &second]).expect(0);
    let published = place
        .run(&["versions", "publish", &second, "--from", "2099-01-01T00:00:00Z", "--lang", "en"])
        .expect(0);
    assert!(published.out.contains("from 2099-01-01 08:00"), "{published:?}");
    // The folder's documents grade until then.
    std::fs::write(place.root().join("model/m.yaml"), MODEL).unwrap();
    let simulated = place.run(&["simulate", &second, "--lang", "en"]).expect(0).out;
    assert!(simulated.contains("nobody moves") && !simulated.contains(" 0 rise"), "{simulated}");
}

#[test]
fn keys_are_made_at_the_terminal() {
    let place = graded();
    let key = |scope: &str| {
        place.run(&[
            "key",
            "create",
            "nightly",
            "--for",
            "op@example.com",
            "--scope",
            scope,
            "--format",
            "json",
        ])
    };
    assert_eq!(codes(&key("see_grades").expect(1).json()), ["unknown-user"]);
    place.run(&["user", "add", "op@example.com", "--name", "Op", "--role", "operator"]).expect(0);
    let wrong = place
        .run(&["key", "create", "x", "--for", "op@example.com", "--scope", "see_grade", "--lang", "en"])
        .expect(1);
    assert!(wrong.err.contains("did you mean see_grades?"), "{wrong:?}");
    assert_eq!(codes(&key("manage_users").expect(1).json()), ["key-beyond-owner"]);
    let made = key("see_grades,import_data").expect(0).json();
    assert!(text(&made, "/token").starts_with("gra_"), "{made}");
    let listed = place.run(&["key", "list", "--lang", "en"]).expect(0).out;
    assert!(listed.contains("nightly  op@example.com  see_grades,import_data"), "{listed}");
    assert!(!listed.contains(text(&made, "/token")));
    let networks =
        ["key", "networks", text(&made, "/id"), "--network", "203.0.113.0/24,2001:db8::/32", "--lang", "en"];
    let told = place.run(&networks).expect(0).out;
    assert!(told.contains("from 203.0.113.0/24,2001:db8::/32 only"), "{told}");
    assert!(
        place
            .run(&["key", "list", "--lang", "zh"])
            .expect(0)
            .out
            .contains("仅限 203.0.113.0/24,2001:db8::/32")
    );
    let wrong =
        place.run(&["key", "networks", text(&made, "/id"), "--network", "203.0.113.7/24", "--lang", "en"]);
    assert!(wrong.expect(1).err.contains("the network is 203.0.113.0/24"));
    place.run(&["key", "networks", text(&made, "/id"), "--everywhere"]).expect(0);
    assert!(!place.run(&["key", "list", "--lang", "en"]).expect(0).out.contains("only from"));
    place.run(&["key", "revoke", text(&made, "/id")]).expect(0);
    assert!(place.run(&["key", "list", "--lang", "zh"]).expect(0).out.contains("已吊销"));
    let all = place.run(&["key", "list", "--format", "json"]).expect(0).json();
    assert!(all[0]["revoked_us"].is_number(), "{all}");
}

#[test]
fn the_master_key_is_changed() {
    let place = graded();
    let key = place.root().join(".gradus/master.key");
    let before = std::fs::read_to_string(&key).unwrap();
    let done = place.run(&["vault", "rekey", "--format", "json"]).expect(0).json();
    assert_ne!(done["before"], done["after"]);
    let after = std::fs::read_to_string(&key).unwrap();
    assert_ne!(after, before);
    assert!(!done.to_string().contains(after.trim()) && !done.to_string().contains(before.trim()));
    // Whoever is known by a sealed number is found with the new key, and not with the old one.
    place.run(&["explain", "A"]).expect(0);
    std::fs::write(&key, before).unwrap();
    place.run(&["explain", "A"]).expect(2);
}
