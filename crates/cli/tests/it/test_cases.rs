//! `gradus test`, and what a failing case does to a version.

use serde_json::Value;

use crate::support::{Place, number, text, text_of};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\n";
const MODEL: &str = "gradus: 1
indicators:
  spend: { title: { zh: 消费, en: Spend }, kind: sum, of: amount }
scorecards:
  value:
    title: { zh: 价值, en: Value }
    attributes:
      money: { title: { zh: 金额, en: Money }, value: spend, bins: [{ below: 100, points: 10 }, { from: 100, points: 60 }] }
tiers:
  member:
    title: { zh: 会员, en: Member }
    by: value
    levels: { silver: { title: { zh: 银, en: Silver } }, gold: { title: { zh: 金, en: Gold }, from: 50 } }
";
const TESTS: &str = "gradus: 1
tests:
  large:
    title: { zh: 大客户, en: Large }
    inputs: { spend: 120 }
    expect: { scores: { value: { score: 60 } }, tiers: { member: gold } }
  by_events:
    as_of: 2024-03-31
    events:
      - { kind: order_line, time: 2024-03-01, amount: 50 }
      - { kind: order_line, time: 2024-03-02T10:00, amount: 60 }
    expect: { indicators: { spend: 110 }, tiers: { member: gold } }
";

fn place(tests: &str) -> Place {
    Place::with(
        SETTINGS,
        &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL), ("model/tests.yaml", tests)],
    )
}

fn codes(findings: &Value) -> Vec<&str> {
    findings.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

#[test]
fn cases_pass_and_say_what_they_reach_without_any_data() {
    let place = place(TESTS);
    place.run(&["check"]).expect(0);
    let en = place.run(&["test", "--lang", "en"]).expect(0).out;
    assert!(en.contains("✓ Large  [large]") && en.contains("all of 2 cases pass"), "{en}");
    assert!(en.contains("coverage 50.0 % (2 of 4): bins 1/2, levels 1/2"), "{en}");
    assert!(en.contains("Value › Money › < 100  [scorecards.value.attributes.money.bins[0]]"), "{en}");
    assert!(en.contains("Member › Silver  [tiers.member.levels.silver]"), "{en}");
    let json = place.run(&["test", "--format", "json", "--min-coverage", "80"]).expect(1).json();
    assert_eq!((number(&json, "/coverage/n_met"), number(&json, "/coverage/n_parts")), (2, 4));
    assert_eq!(json["reached"], false);
    place.run(&["test", "--min-coverage", "50"]).expect(0);
    assert_eq!(
        place.run(&["test", "large", "--format", "json"]).expect(0).json()["cases"].as_array().unwrap().len(),
        1
    );
    let unknown = place.run(&["test", "lage", "--lang", "en"]).expect(1);
    assert!(unknown.err.contains("unknown-test") && unknown.err.contains("“large”"), "{unknown:?}");
}

#[test]
fn a_failing_case_says_why_and_is_not_submitted() {
    let place = place(&TESTS.replace("score: 60", "score: 40").replace("member: gold", "member: silver"));
    place.import(&place.file("orders.csv", "id,day,amount\nA,2024-03-01,10\n"));
    let zh = place.run(&["test", "--lang", "zh"]).expect(1).out;
    for said in [
        "✗ 大客户",
        "价值：期望 40，得到 60",
        "金额",
        "会员：期望 silver，得到 gold",
        "2 个用例中 2 个不通过",
    ] {
        assert!(zh.contains(said), "{said} is not in {zh}");
    }
    let root = place.root().display().to_string();
    let refused = place.run(&["apply", &root, "--submit", "spring", "--format", "json"]).expect(1).json();
    let found = if refused.is_array() { &refused } else { &refused["findings"] };
    assert!(codes(found).contains(&"test-failed"), "{refused}");
    // Told only, where the workspace wants that.
    let settings = place.root().join("gradus.yaml");
    let told = std::fs::read_to_string(&settings).unwrap() + "failing_tests: warn\n";
    std::fs::write(&settings, told).unwrap();
    let submitted = place
        .run(&["apply", &root, "--submit", "spring", "--replace-draft", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(number(&submitted, "/version"), 1);
}

/// Cases are run once more where a version is published; what was in force before comes back whatever they say.
#[test]
fn a_failing_case_stops_a_publication_but_no_rollback() {
    let wrong = TESTS.replace("member: gold", "member: silver");
    let place = place(&wrong);
    place.import(&place.file("orders.csv", "id,day,amount\nA,2024-03-01,10\n"));
    place.alone();
    let settings = place.root().join("gradus.yaml");
    let blocking = std::fs::read_to_string(&settings).unwrap();
    let warned = blocking.clone() + "failing_tests: warn\n";
    let submit = |expected: u64| {
        let root = place.root();
        let submitted = place.run(&["apply", text_of(&root), "--submit", "spring", "--format", "json"]);
        assert_eq!(number(&submitted.expect(0).json(), "/version"), expected);
        place.run(&["versions", "approve", &expected.to_string()]).expect(0);
    };
    std::fs::write(&settings, &warned).unwrap();
    submit(1);
    // Approved while one was only told; published where cases block.
    std::fs::write(&settings, &blocking).unwrap();
    let refused = place.run(&["versions", "publish", "1", "--lang", "en"]).expect(1);
    assert!(refused.err.contains("test-failed"), "{refused:?}");
    std::fs::write(&settings, &warned).unwrap();
    place.run(&["versions", "publish", "1"]).expect(0);
    std::fs::write(place.root().join("model/tests.yaml"), TESTS).unwrap();
    submit(2);
    std::fs::write(&settings, &blocking).unwrap();
    place.run(&["versions", "publish", "2"]).expect(0);
    // Back to the first, whose cases still fail.
    place.run(&["versions", "publish", "1"]).expect(0);
}

/// What grades is the same version whatever its test cases are.
#[test]
fn test_cases_decide_no_grade() {
    let place = place(TESTS);
    place.import(&place.file("orders.csv", "id,day,amount\nA,2024-03-01,10\n"));
    let model = |place: &Place| {
        text(&place.run(&["grade", "--format", "json"]).expect(0).json(), "/model").to_string()
    };
    let with = model(&place);
    std::fs::write(place.root().join("model/tests.yaml"), "gradus: 1\n").unwrap();
    assert_eq!(model(&place), with);
}

#[test]
fn what_a_case_says_wrong_is_found_with_its_line() {
    let wrong = "gradus: 1
tests:
  a:
    inputs: { spent: 3, spend: much }
    expect: { tiers: { member: gould }, scores: { value: { points: { mony: 3 } } } }
  b:
    events: [{ time: soon, amunt: 3 }]
    expect: {}
  c:
    expect: { segments: { nobody: true } }
";
    let place = place(wrong);
    let findings = place.run(&["check", "--format", "json"]).expect(1).json();
    let mut found: Vec<(&str, u64)> = findings
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["code"].as_str().unwrap(), number(one, "/place/line")))
        .collect();
    found.sort_unstable_by_key(|(code, line)| (*line, *code));
    assert_eq!(
        found,
        [
            ("test-name", 4),
            ("test-value", 4),
            ("test-name", 5),
            ("test-name", 5),
            ("test-form", 6),
            ("test-kind", 7),
            ("test-name", 7),
            ("test-time", 7),
            ("test-form", 8),
            ("test-form", 9),
            ("test-name", 10),
        ],
        "{findings:#}"
    );
}
