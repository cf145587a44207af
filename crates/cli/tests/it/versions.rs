//! The published version decides what grades; the folder is the draft.

use serde_json::{Value, json};

use crate::support::{Place, number, text, text_of};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\n";

/// Six customers, one on each of six amounts, so that every threshold divides them otherwise.
const ORDERS: &str = "id,day,amount\nA,2024-03-01,10\nB,2024-03-01,20\nC,2024-03-01,30\nD,2024-03-02,40\nE,2024-03-02,50\nF,2024-03-03,60\n";

fn model(gold_from: i64) -> String {
    format!(
        "gradus: 1\nindicators:\n  # What they spent.\n  spend: {{ title: {{ zh: 消费, en: Spend }}, kind: sum, of: amount }}\n\
         tiers:\n  member:\n    title: {{ zh: 会员, en: Member }}\n    by: spend\n    levels:\n      \
         silver: {{ title: {{ zh: 银, en: Silver }} }}\n      gold: {{ title: {{ zh: 金, en: Gold }}, from: {gold_from} }}\n"
    )
}

fn place() -> Place {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", &model(30))]);
    place.import(&place.file("orders.csv", ORDERS));
    place
}

fn edit(place: &Place, gold_from: i64) {
    std::fs::write(place.root().join("model/m.yaml"), model(gold_from)).unwrap();
}

/// The version that graded and how many are gold.
fn graded(place: &Place) -> (Option<u64>, u64) {
    let graded = place.run(&["grade", "--format", "json"]).expect(0).json();
    let levels = graded.pointer("/summary/latest/tiers/0/levels").and_then(Value::as_array).unwrap();
    let gold = levels.iter().find(|level| level["name"] == "gold").unwrap();
    (graded["version"].as_u64(), number(gold, "/count"))
}

fn publish(place: &Place, expected: u64) {
    let root = place.root();
    let applied =
        place.run(&["apply", text_of(&root), "--submit", "spring", "--format", "json"]).expect(0).json();
    assert_eq!(number(&applied, "/version"), expected);
    let number = expected.to_string();
    place.run(&["versions", "approve", &number]).expect(0);
    place.run(&["versions", "publish", &number]).expect(0);
}

#[test]
fn what_is_published_grades_and_the_folder_is_the_draft() {
    let place = place();
    place.alone();
    assert_eq!(graded(&place), (None, 4), "a workspace that never published grades with its folder");
    publish(&place, 1);
    edit(&place, 60);
    assert_eq!(graded(&place), (Some(1), 4), "the folder's change decides nothing");
    let explained = place.run(&["explain", "C", "--format", "json"]).expect(0).json();
    assert_eq!((number(&explained, "/version"), text(&explained, "/standings/0/level")), (1, "gold"));
    let told = place.run(&["explain", "C", "--lang", "en"]).expect(0);
    assert!(told.out.contains("version 1"), "{}", told.out);
    publish(&place, 2);
    // Nobody has been graded by version 2 yet: what is shown is what version 1 gave, and says so.
    let before = place.run(&["explain", "C", "--format", "json"]).expect(0).json();
    assert_eq!((number(&before, "/version"), text(&before, "/standings/0/level")), (1, "gold"));
    let told = place.run(&["grade", "--no-store", "--lang", "en"]).expect(0);
    assert!(told.out.contains("version 2 (not yet validated)"), "{}", told.out);
    assert_eq!(graded(&place), (Some(2), 1));
    let after = place.run(&["explain", "C", "--format", "json"]).expect(0).json();
    assert_eq!((number(&after, "/version"), text(&after, "/standings/0/level")), (2, "silver"));
    // A rollback is one more publication.
    place.run(&["versions", "publish", "1", "--reason", "rollback"]).expect(0);
    assert_eq!(graded(&place), (Some(1), 4));
    let listed = place.run(&["versions", "list", "--lang", "en"]).expect(0);
    let lines: Vec<&str> = listed.out.lines().collect();
    assert!(lines[0].starts_with("version 2  retired  not yet validated"), "{lines:?}");
    assert!(lines[1].starts_with("version 1  published  not yet validated"), "{lines:?}");
    // The report and the export follow.
    let to = place.root().join("gold.csv");
    place.run(&["export", text_of(&to), "--tier", "member=gold"]).expect(0);
    assert_eq!(std::fs::read_to_string(to).unwrap().lines().count(), 1 + 4);
}

#[test]
fn nobody_approves_their_own_files() {
    let place = place();
    let root = place.root();
    place.run(&["apply", text_of(&root), "--submit", "alone"]).expect(0);
    let refused = place.run(&["versions", "approve", "1", "--lang", "en"]).expect(1);
    assert!(refused.err.contains("[four-eyes]"), "{}", refused.err);
    assert_eq!(graded(&place), (None, 4));
}

#[test]
fn files_go_out_and_come_back_as_they_were() {
    let place = place();
    place.alone();
    publish(&place, 1);
    let root = place.root();
    let other = place.root().with_file_name("git");
    let other = text_of(&other);
    // What the folder says already is left alone, comments included.
    place.run(&["pull", text_of(&root)]).expect(0);
    assert!(
        std::fs::read_to_string(place.root().join("model/m.yaml")).unwrap().contains("# What they spent.")
    );
    place.run(&["pull", other]).expect(0);
    let file = format!("{other}/model/model.yaml");
    let first = std::fs::read_to_string(&file).unwrap();
    place.run(&["pull", other]).expect(0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), first);
    let same = place.run(&["apply", other, "--format", "json"]).expect(0).json();
    assert_eq!(same["changed"], false, "{same}");
    // Only the order of two levels is another one: that is a change, here a wrong one.
    let written = model(30);
    let levels: Vec<&str> = written.lines().filter(|line| line.starts_with("      ")).collect();
    let turned = written.replace(&levels.join("\n"), &format!("{}\n{}", levels[1], levels[0]));
    assert_ne!(turned, written);
    std::fs::write(&file, turned).unwrap();
    let changed = place.run(&["apply", other, "--format", "json"]).expect(1).json();
    assert_eq!((&changed["changed"], &changed["revision"]), (&json!(true), &json!(2)));
    // Somebody's draft is not overwritten unless that is said.
    std::fs::write(&file, model(50)).unwrap();
    let refused = place.run(&["apply", other, "--lang", "en"]).expect(1);
    assert!(refused.err.contains("[draft-exists]"), "{}", refused.err);
    place.run(&["apply", other, "--replace-draft"]).expect(0);
    let refused = place.run(&["pull", other, "--lang", "en"]).expect(1);
    assert!(refused.err.contains("[would-replace]"), "{}", refused.err);
    place.run(&["pull", other, "--draft"]).expect(0);
    place.run(&["pull", other, "--replace"]).expect(0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), first);
}

#[test]
fn a_folder_without_a_model_is_no_empty_model() {
    let place = place();
    let nowhere = place.root().with_file_name("nowhere");
    let refused = place.run(&["apply", text_of(&nowhere), "--submit", "typo", "--lang", "en"]).expect(1);
    assert!(refused.err.contains("[no-model-documents]"), "{}", refused.err);
    let none = place.run(&["versions", "list", "--lang", "en"]).expect(0).out;
    assert_eq!(none.trim(), "there is no version yet; the documents of the folder grade");
}

#[test]
fn a_new_version_takes_over_from_the_one_before() {
    let place = place();
    place.alone();
    place.import(&place.file("orders2.csv", "id,day,amount\nB,2024-03-03,15\n"));
    publish(&place, 1);
    let grade = |from: &str| {
        place.run(&["grade", "--as-of", &format!("{from}..2024-03-03"), "--every", "day"]).expect(0);
    };
    grade("2024-03-02");
    edit(&place, 60);
    publish(&place, 2);
    grade("2024-03-03");
    let changes = || -> Vec<String> {
        let history = place.run(&["history", "B", "--format", "json"]).expect(0).json();
        let part = |one: &Value, name: &str| one[name].as_str().unwrap_or("-").to_string();
        let line = |one: &Value| {
            let [as_of, from, to, cause] = ["as_of", "from", "to", "cause"].map(|name| part(one, name));
            format!("{as_of} {from}>{to} {cause} {}", one["version"])
        };
        history["changes"].as_array().unwrap().iter().map(line).collect()
    };
    assert_eq!(changes(), ["2024-03-03 gold>silver version 2", "2024-03-03 silver>gold values 1"]);
    let told = place.run(&["history", "B", "--lang", "en"]).expect(0);
    assert!(told.out.contains("because a new version of the model graded (version 2)"), "{}", told.out);
    let told = place.run(&["history", "B", "--lang", "zh"]).expect(0);
    assert!(told.out.contains("原因：模型的新版本开始评级（版本 2）"), "{}", told.out);
    // Graded once more, nothing is announced again.
    grade("2024-03-03");
    assert_eq!(changes().len(), 2);
    // Back again: that is one more change, and a second one is not doubled.
    place.run(&["versions", "publish", "1", "--reason", "rollback"]).expect(0);
    grade("2024-03-03");
    assert_eq!(
        changes(),
        [
            "2024-03-03 silver>gold version 1",
            "2024-03-03 gold>silver version 2",
            "2024-03-03 silver>gold values 1"
        ]
    );
    // A version that grades the past anew has its own history of it.
    place.run(&["versions", "publish", "2", "--reason", "once more"]).expect(0);
    grade("2024-03-02");
    assert_eq!(changes(), [""; 0], "with it B was silver all the time");
}

/// After a rollback everything is what it was before: grades, what is exported of them, and why.
#[test]
fn a_rollback_restores_the_grades_to_the_byte() {
    const RULES: &str = "gradus: 1
indicators:
  spend: { kind: sum, of: amount }
  orders: { kind: count }
scorecards:
  value:
    attributes:
      spend: { value: spend, quantiles: { points: [1, 2, 3] } }
      orders: { value: orders, bins: [{ below: 2, points: 0 }, { from: 2, points: EXTRA }] }
rule_sets:
  care:
    rules:
      early: { when: spend >= 20, then: letter, until: 2024-03-02 }
      late: { when: spend >= 20, then: call, from: 2024-03-03 }
    otherwise: none
tiers:
  best: { by: value, levels: { plain: {}, best: { top_percent: 40 } } }
  kept: { by: value, decide: daily, start: 2024-03-01, keep: { grace: 1 day }, levels: { low: {}, high: { from: 3, demote: 2 } } }
segments:
  called: { base: everyone, where: care = 'call' }
";
    let place = Place::with(
        SETTINGS,
        &[("sources/orders.yaml", SOURCE), ("model/m.yaml", &RULES.replace("EXTRA", "1"))],
    );
    place.import(&place.file("orders.csv", ORDERS));
    place.alone();
    publish(&place, 1);
    let days = ["2024-03-01", "2024-03-02", "2024-03-03"];
    let seen = |name: &str| -> Vec<Vec<u8>> {
        place.run(&["grade", "--as-of", "2024-03-01..2024-03-03", "--every", "day"]).expect(0);
        let mut out = Vec::new();
        for day in days {
            for form in ["csv", "parquet"] {
                let to = place.root().join(format!("{name}-{day}.{form}"));
                place.run(&["export", text_of(&to), "--as-of", day]).expect(0);
                out.push(std::fs::read(to).unwrap());
            }
            for customer in ["A", "C", "F"] {
                let told = place.run(&["explain", customer, "--as-of", day, "--format", "json"]);
                // Whom nothing had happened to by then has no explanation.
                let Ok(mut told) = serde_json::from_str::<Value>(&told.out) else { continue };
                // What was announced on the way stays written, and each run has its own number.
                for own in ["run", "history", "fit"] {
                    told.as_object_mut().map(|told| told.remove(own));
                }
                out.push(told.to_string().into_bytes());
            }
        }
        out
    };
    let before = seen("first");
    assert!(before.len() > 10);
    std::fs::write(
        place.root().join("model/m.yaml"),
        RULES.replace("EXTRA", "5").replace("top_percent: 40", "top_percent: 80"),
    )
    .unwrap();
    publish(&place, 2);
    assert_ne!(seen("second"), before, "the second version gives other grades");
    place.run(&["versions", "publish", "1", "--reason", "rollback"]).expect(0);
    assert!(seen("third") == before, "the first one gives what it gave");
}

/// A version that is to come decides nothing before its instant, whatever past is graded, and everything after it.
#[test]
fn a_version_counts_from_its_instant_on() {
    let place = place();
    place.alone();
    publish(&place, 1);
    assert_eq!(graded(&place), (Some(1), 4));
    edit(&place, 60);
    let root = place.root();
    place.run(&["apply", text_of(&root), "--submit", "later"]).expect(0);
    place.run(&["versions", "approve", "2"]).expect(0);
    place.run(&["versions", "publish", "2", "--from", "2099-01-01T00:00:00Z"]).expect(0);
    let by = |args: &[&str]| {
        let mut all = vec!["grade", "--format", "json"];
        all.extend(args);
        place.run(&all).expect(0).json()["version"].as_i64()
    };
    let tested = |expected: i64| {
        assert_eq!(by(&[]), Some(expected));
        assert_eq!(by(&["--as-of", "2024-03-02"]), Some(expected), "the past, too");
        let explained =
            place.run(&["explain", "C", "--as-of", "2024-03-02", "--format", "json"]).expect(0).json();
        let level = if expected == 1 { "gold" } else { "silver" };
        assert_eq!(
            (explained["version"].as_i64(), text(&explained, "/standings/0/level")),
            (Some(expected), level)
        );
        let simulated =
            place.run(&["simulate", "1", "--as-of", "2024-03-02", "--format", "json"]).expect(0).json();
        assert_eq!(
            (simulated["before_version"].as_i64(), simulated["version"].as_i64()),
            (Some(expected), Some(1))
        );
    };
    tested(1);
    place.run(&["versions", "publish", "2"]).expect(0);
    tested(2);
}

/// Each date by the version that was in force on it, if that is asked for; nothing of it is kept.
#[test]
fn the_past_is_graded_by_the_versions_of_its_time_if_asked() {
    let place = place();
    place.alone();
    // Nothing published yet: the folder is all there is.
    let by_then = |as_of: &str| {
        place.run(&[
            "grade",
            "--as-of",
            as_of,
            "--every",
            "month",
            "--by-then",
            "--format",
            "json",
            "--lang",
            "en",
        ])
    };
    assert_eq!(by_then("2024-03-31").expect(0).json()[0]["version"], Value::Null);
    publish(&place, 1);
    edit(&place, 60);
    let root = place.root();
    place.run(&["apply", text_of(&root), "--submit", "later"]).expect(0);
    place.run(&["versions", "approve", "2"]).expect(0);
    place.run(&["versions", "publish", "2", "--from", "2099-03-15"]).expect(0);
    let done = by_then("2099-01-31..2099-04-30").expect(0).json();
    let seen: Vec<(Option<i64>, Vec<&str>, u64)> = done
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let instants =
                one["instants"].as_array().unwrap().iter().map(|instant| text(instant, "/as_of")).collect();
            let levels = one.pointer("/summary/latest/tiers/0/levels").and_then(Value::as_array).unwrap();
            let gold = levels.iter().find(|level| level["name"] == "gold").unwrap();
            (one["version"].as_i64(), instants, number(gold, "/count"))
        })
        .collect();
    assert_eq!(
        seen,
        [(Some(1), vec!["2099-01-31", "2099-02-28"], 4), (Some(2), vec!["2099-03-31", "2099-04-30"], 1)]
    );
    assert_eq!(place.run(&["runs", "--format", "json"]).expect(0).json(), json!([]));
    // Before anything was in force nobody stood anywhere.
    let refused = by_then("2024-03-31").expect(1);
    assert!(
        refused.err.contains("[no-version-then]") || refused.out.contains("no-version-then"),
        "{}",
        refused.err
    );
}

/// What the documents cannot show by themselves: lines of a card that leave many of those with a tier provisional.
#[test]
fn a_check_says_what_leaves_many_provisional_once_somebody_was_graded() {
    let card = "gradus: 1\nindicators:\n  spend: { kind: sum, of: amount }\n  ratio: { kind: last, of: colour }\nscorecards:\n  \
                value:\n    attributes:\n      spend: { value: spend, bins: [{ below: 30, points: 0 }, { from: 30, points: 5 }] }\n      \
                colour: { value: ratio, bins: [{ in: [a], points: 5 }, { else: true, points: 0 }] }\ntiers:\n  member: { by: value, \
                levels: { low: {}, high: { from: 7 } } }\n";
    let source = SOURCE.to_string() + "fields:\n  colour: { type: text, value: colour }\n";
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", &source), ("model/m.yaml", card)]);
    let codes = || -> Vec<String> {
        let found = place.run(&["check", "--format", "json"]).expect(0).json();
        found.as_array().unwrap().iter().map(|one| text(one, "/code").to_string()).collect()
    };
    assert!(codes().is_empty());
    place.import(&place.file(
        "orders.csv",
        "id,day,amount,colour\nA,2024-03-01,10,a\nB,2024-03-01,20,b\nC,2024-03-01,30,\nD,2024-03-02,40,\nE,2024-03-02,50,a\n",
    ));
    assert!(codes().is_empty(), "nobody has been graded");
    place.run(&["grade"]).expect(0);
    let found = place.run(&["check", "--format", "json"]).expect(0).json();
    let one = &found[0];
    assert_eq!(text(one, "/code"), "attribute-leaves-provisional", "{found:#}");
    assert_eq!(text(one, "/place/path"), "scorecards.value.attributes.colour");
    assert_eq!(text(one, "/place/document"), "model/m.yaml");
    // Once it is written what unknown means, nobody is provisional any more: the draft is what is checked.
    let mended = card.replace("colour: { value: ratio,", "colour: { value: ratio, unknown: { points: 0 },");
    std::fs::write(place.root().join("model/m.yaml"), mended).unwrap();
    assert!(codes().is_empty());
}

#[test]
fn a_publication_to_come_is_taken_back_and_a_version_becomes_the_draft() {
    let place = place();
    place.alone();
    publish(&place, 1);
    let of = |arguments: &[&str], code: i32| {
        place.run(&[arguments, &["--format", "json"]].concat()).expect(code).json()
    };
    assert_eq!(of(&["versions", "withdraw", "1"], 1)[0]["code"], "nothing-to-come", "it is in force");
    edit(&place, 60);
    let root = place.root();
    place.run(&["apply", text_of(&root), "--submit", "later"]).expect(0);
    place.run(&["versions", "approve", "2"]).expect(0);
    place.run(&["versions", "publish", "2", "--from", "2099-03-15"]).expect(0);
    let listed = place.run(&["versions", "list", "--lang", "zh"]).expect(0).out;
    assert!(listed.contains("自 2099-03-15 00:00 起"), "from the beginning of that day: {listed}");
    let taken_back = of(&["versions", "withdraw", "2"], 0);
    assert_eq!(text(&taken_back, "/0/standing"), "approved", "{taken_back}");
    assert_eq!(of(&["versions", "withdraw", "2"], 1)[0]["code"], "nothing-to-come");
    assert_eq!(of(&["versions", "withdraw", "7"], 1)[0]["code"], "no-such-thing");
    // The text of a version begins another draft, and takes the place of one only if it is asked to.
    let restored = place.run(&["versions", "restore", "1", "--replace-draft", "--lang", "en"]).expect(0).out;
    assert!(restored.contains("the draft is what version 1 says"), "{restored}");
    edit(&place, 50);
    place.run(&["apply", text_of(&root), "--replace-draft"]).expect(0);
    assert_eq!(of(&["versions", "restore", "2"], 1).as_array().map(Vec::len), Some(1), "a draft is there");
    let restored = of(&["versions", "restore", "2", "--replace-draft"], 0);
    let from = restored["document"]["tiers"]["member"]["levels"]["gold"]["from"].to_string();
    assert_eq!(from.trim_matches('"'), "60", "{restored:#}");
}
