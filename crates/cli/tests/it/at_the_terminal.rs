//! What people do on the page is done at the terminal as well, by the same words: users, tiers that a person
//! sets, cells that are mended.

use serde_json::{Value, json};

use crate::support::{Place, number, text};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\n";
const MODEL: &str = "gradus: 1\nindicators:\n  spend: { title: { zh: 消费, en: Spend }, kind: sum, of: amount }\nsegments:\n  large: { title: { zh: 大客户, en: Large }, base: everyone, where: spend >= 2 }\ntiers:\n  member:\n    title: { zh: 会员, en: Member }\n    by: spend\n    levels:\n      silver: { title: { zh: 银, en: Silver } }\n      gold: { title: { zh: 金, en: Gold }, from: 30 }\n";
const ORDERS: &str =
    "id,day,amount\nA,2024-03-01,10\nB,2024-03-02,40\nC,never,3\nD,2024-03-04,much\nE,2024-03-03,50\n";

fn graded() -> Place {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    place.run(&["import", &place.file("orders.csv", ORDERS)]).expect(0);
    place.run(&["grade"]).expect(0);
    place
}

/// One JSON value of a verb that ends with this code.
#[track_caller]
fn json_of(place: &Place, code: i32, verb: &[&str]) -> Value {
    place.run(&[verb, &["--format", "json"]].concat()).expect(code).json()
}

#[track_caller]
fn code_of(place: &Place, verb: &[&str]) -> String {
    text(&json_of(place, 1, verb), "/0/code").to_string()
}

#[test]
fn users_are_disabled_and_enabled_and_get_another_role() {
    let place = graded();
    for (email, role) in [("lin@example.com", "operator"), ("wang@example.com", "administrator")] {
        place.run(&["user", "add", email, "--name", "林", "--role", role]).expect(0);
    }
    let lin = "Lin@example.com";
    let disabled = json_of(&place, 0, &["user", "disable", lin]);
    assert_eq!((text(&disabled, "/email"), &disabled["disabled"]), ("lin@example.com", &json!(true)));
    assert!(place.run(&["user", "list", "--lang", "zh"]).expect(0).out.contains("运营  已停用"));
    assert_eq!(
        code_of(&place, &["key", "create", "x", "--for", lin, "--scope", "see_grades"]),
        "unknown-user",
        "who is disabled opens nothing"
    );
    assert_eq!(json_of(&place, 0, &["user", "enable", lin])["disabled"], false);
    let told = place.run(&["user", "role", lin, "analyst", "--own", "--lang", "en"]).expect(0).out;
    assert!(told.contains("Analyst  own customers only"), "{told}");
    let told = place.run(&["user", "role", lin, "viewer", "--segment", "large", "--lang", "zh"]).expect(0);
    assert!(told.out.contains("只看分群 large"), "{told:?}");
    // What they see stays, unless something is said of it.
    assert!(place.run(&["user", "role", lin, "service", "--lang", "zh"]).expect(0).out.contains("large"));
    let told = place.run(&["user", "role", lin, "service", "--everyone", "--lang", "zh"]).expect(0);
    assert!(!told.out.contains("large"), "{told:?}");
    assert_eq!(code_of(&place, &["user", "role", lin, "boss"]), "argument");
    assert_eq!(code_of(&place, &["user", "role", lin, "viewer", "--segment", "larg"]), "unknown-name");
    assert_eq!(code_of(&place, &["user", "disable", "wang@example.com"]), "last-administrator");
    assert_eq!(code_of(&place, &["user", "disable", "nobody@example.com"]), "unknown-user");
    let changed =
        json_of(&place, 0, &["user", "change", lin, "--name", "林悦", "--language", "en", "--sign-out"]);
    assert_eq!((text(&changed, "/name"), text(&changed, "/language")), ("林悦", "en"));
    place.run(&["user", "change", lin]).expect(1);
    let reset = json_of(&place, 0, &["user", "password-reset", lin]);
    assert_eq!(text(&reset, "/code").len(), 64);
    let told = place.run(&["user", "password-reset", lin, "--lang", "zh"]).expect(0).out;
    assert!(told.contains("一天内") && !told.contains(text(&reset, "/code")), "{told}");
    let verified = json_of(&place, 0, &["audit", "verify"]);
    assert!(number(&verified, "/intact/n_entries") >= 9, "each of it is in the audit log: {verified}");
}

fn level(place: &Place, customer: &str) -> String {
    text(&json_of(place, 0, &["explain", customer]), "/standings/0/level").to_string()
}

#[test]
fn a_tier_is_asked_for_approved_and_ended() {
    let place = graded();
    assert_eq!(level(&place, "A"), "silver");
    let add = |tier: &'static str, until: &'static str| {
        ["override", "add", "A", "--tier", tier, "--reason", "董事会的客人", "--until", until]
    };
    for wrong in
        [add("member=purple", "2024-12-31"), add("club=gold", "2024-12-31"), add("member=gold", "2024-01-01")]
    {
        assert_eq!(code_of(&place, &wrong), "override-form", "{wrong:?}");
    }
    assert_eq!(code_of(&place, &add("gold", "2024-12-31")), "argument");
    let asked = json_of(&place, 0, &add("member=gold", "2024-12-31"));
    assert_eq!((text(&asked, "/standing"), text(&asked, "/reason")), ("waiting", "董事会的客人"));
    let id = text(&asked, "/id");
    assert_eq!(level(&place, "A"), "silver", "asking changes nothing");
    assert_eq!(code_of(&place, &["override", "approve", id]), "four-eyes");
    let told = place.run(&["override", "list", "--lang", "zh"]).expect(0).out;
    assert!(told.contains("会员: 金  待审批  至 2024-12-31  董事会的客人"), "{told}");
    place.run(&["user", "demand", "--four-eyes", "off"]).expect(0);
    let approved = place.run(&["override", "approve", id, "--lang", "en"]).expect(0).out;
    assert!(approved.contains("Member: Gold  active") && approved.contains("graded anew"), "{approved}");
    assert_eq!(level(&place, "A"), "gold");
    assert_eq!(code_of(&place, &["override", "approve", id]), "changed-meanwhile");
    for (state, n) in [("active", 1), ("waiting", 0)] {
        let listed = json_of(&place, 0, &["override", "list", "--state", state]);
        assert_eq!(listed["items"].as_array().unwrap().len(), n, "{state}");
    }
    for (customer, n) in [("A", 1), ("B", 0)] {
        let listed = json_of(&place, 0, &["override", "list", "--customer", customer]);
        assert_eq!(listed["items"].as_array().unwrap().len(), n, "{customer}");
    }
    assert_eq!(text(&json_of(&place, 0, &["override", "end", id]), "/standing"), "ended");
    assert_eq!(level(&place, "A"), "silver", "where the customer would have been");
    // One person is enough: what is asked for holds at once.
    let asked = json_of(&place, 0, &add("member=gold", "2024-12-31"));
    assert_eq!((text(&asked, "/standing"), level(&place, "A").as_str()), ("active", "gold"));
    assert_eq!(code_of(&place, &["override", "end", "ffffffffffffffffffffffffffffffff"]), "no-such-thing");
}

/// Number and code of each open row.
fn open_rows(place: &Place) -> Vec<(String, String)> {
    let rows = json_of(place, 0, &["quarantine", "list"]);
    let row = |row: &Value| (number(row, "/number").to_string(), text(row, "/code").to_string());
    rows.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn a_cell_is_mended_and_its_row_counts() {
    let place = graded();
    let rows = open_rows(&place);
    assert_eq!((rows[0].1.as_str(), rows[1].1.as_str()), ("not-a-date", "not-a-number"));
    let first = rows[0].0.as_str();
    let shown = json_of(&place, 0, &["quarantine", "show", first]);
    assert_eq!((text(&shown, "/cells/1/column"), text(&shown, "/cells/1/value")), ("day", "never"));
    assert_eq!(shown["cells"][0]["masked"], true, "whose row it is stays hidden: {shown}");
    let clear = json_of(&place, 0, &["quarantine", "show", first, "--identifiers"]);
    assert_eq!((text(&clear, "/cells/0/value"), &clear["cells"][0]["masked"]), ("C", &json!(false)));
    assert!(place.run(&["quarantine", "show", first, "--lang", "zh"]).expect(0).out.contains("day: never"));
    let wrong = json_of(&place, 1, &["quarantine", "mend", first, "--set", "dya=2024-03-05"]);
    assert_eq!(
        (text(&wrong, "/0/code"), text(&wrong, "/0/right/en")),
        ("mended-column", "did you mean “day”?")
    );
    assert_eq!(code_of(&place, &["quarantine", "mend", first, "--set", "day"]), "argument");
    // Wrong again: another row of quarantine, with its reason, in the place of the first.
    let again = json_of(&place, 1, &["quarantine", "mend", first, "--set", "day=soon"]);
    assert_eq!(number(&again, "/quarantined"), 1);
    let rows = open_rows(&place);
    let of = |code: &str| rows.iter().find(|row| row.1 == code).unwrap().0.clone();
    assert_eq!((rows.len(), of("not-a-date") == first), (2, false));
    let mended = json_of(&place, 0, &["quarantine", "mend", &of("not-a-date"), "--set", "day=2024-03-05"]);
    assert_eq!((text(&mended, "/outcome"), number(&mended, "/tally/attributed/rows")), ("imported", 1));
    let told = place.run(&["quarantine", "mend", &of("not-a-number"), "--set", "amount=4"]).expect(0);
    assert!(told.out.contains("(orders)"), "{told:?}");
    assert!(open_rows(&place).is_empty());
    assert_eq!(code_of(&place, &["quarantine", "mend", first]), "no-such-thing");
    place.run(&["grade"]).expect(0);
    let explained = json_of(&place, 0, &["explain", "D"]);
    assert_eq!(number(&explained, "/n_events"), 1, "{explained}");
    let left = place.root().join(".gradus/uploads");
    let n_left = std::fs::read_dir(left).map_or(0, |folder| folder.count());
    assert_eq!(n_left, 0, "the sealed file of mended rows goes with the replay");
}
