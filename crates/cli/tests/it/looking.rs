//! Looking at customers: a history, a segment on any day, a list; and templates to begin with.

use serde_json::Value;

use crate::support::{Place, gradus, number, repository, retail_file, text, text_of};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n    - { kind: phone, value: phone }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\n";
const MODEL: &str = r#"gradus: 1
indicators:
  spend: { title: { zh: 消费, en: Spend }, kind: sum, of: amount }
tiers:
  member:
    title: { zh: 会员, en: Member }
    by: spend
    levels: { basic: { title: { zh: 普通, en: Basic } }, gold: { title: { zh: 金, en: Gold }, from: 100 } }
segments:
  buyers: { title: { zh: 买家, en: Buyers }, base: everyone, where: spend > 10 }
  big: { title: { zh: 大客户, en: Big }, base: buyers, where: spend >= 100 }
"#;
const ROWS: &str = "id,phone,day,amount\nA,13812340001,2024-01-05,60\nB,,2024-01-06,170\nC,,2024-01-07,10\nA,,2024-02-05,60\n";

fn place() -> Place {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    place.import(&place.file("orders.csv", ROWS));
    place.run(&["grade", "--as-of", "2024-01-31..2024-02-29"]).expect(0);
    place
}

fn json(place: &Place, arguments: &[&str]) -> Value {
    let mut all = arguments.to_vec();
    all.extend(["--format", "json"]);
    place.run(&all).expect(0).json()
}

#[test]
fn a_history_has_every_stored_value_and_how_fresh_it_was() {
    let place = place();
    let spend = json(&place, &["history", "A", "--indicator", "spend"]);
    let points = spend["points"].as_array().unwrap();
    let short: Vec<(&str, &str, &str)> = points
        .iter()
        .map(|one| (text(one, "/as_of"), text(one, "/values/0"), text(one, "/last_event")))
        .collect();
    assert_eq!(
        short,
        [("2024-01-31", "60", "2024-01-04T16:00:00Z"), ("2024-02-29", "120", "2024-02-04T16:00:00Z")]
    );
    // B bought nothing more: the value is of February, the last event of January.
    let other = json(&place, &["history", "B", "--indicator", "member"]);
    assert_eq!(text(&other, "/points/1/values/0"), "gold");
    assert_eq!(text(&other, "/points/1/last_event"), "2024-01-05T16:00:00Z");
    let said = place.run(&["history", "A", "--lang", "en"]).expect(0).out;
    assert!(
        said.contains("Member: Gold") && said.contains("Big: in") && said.contains("last event"),
        "{said}"
    );
    let said = place.run(&["history", "13812340001", "--lang", "zh"]).expect(0).out;
    assert!(said.contains("会员: 普通") && said.contains("大客户: 不在其中"), "{said}");
    assert!(!said.contains("13812340001"));
    place.run(&["history", "nobody"]).expect(1);
    let wrong = place.run(&["history", "A", "--indicator", "speed", "--format", "json"]).expect(1).json();
    assert_eq!(text(&wrong, "/0/code"), "unknown-name");
}

#[test]
fn a_history_is_written_as_people_read_it() {
    let model = MODEL.replace("of: amount }", "of: amount, unit: { zh: 元, en: yuan } }");
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", &model)]);
    place.import(&place.file("orders.csv", ROWS.replace(",170", ",25311.71")));
    place.run(&["grade", "--as-of", "2024-02-10T04:00:00Z"]).expect(0);
    // Noon in Shanghai, digits in groups, the unit that the model names.
    let said = place.run(&["history", "B", "--indicator", "spend", "--lang", "zh"]).expect(0).out;
    for part in ["2024-02-10 12:00", "最近事件 2024-01-06 00:00", "消费: 25,311.71 元"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let explained = place.run(&["explain", "B", "--lang", "zh"]).expect(0).out;
    assert!(explained.contains("截至 2024-02-10 12:00"), "{explained}");
    // For programs it is as it is kept.
    let kept = json(&place, &["history", "B", "--indicator", "spend"]);
    assert_eq!(
        (text(&kept, "/points/0/as_of"), text(&kept, "/points/0/values/0")),
        ("2024-02-10T04:00:00Z", "25311.71")
    );
    assert!(kept.get("forms").is_none() && kept["points"][0].get("numeric").is_none(), "{kept}");
}

#[test]
fn a_segment_has_its_size_its_words_and_its_members_on_any_day() {
    let place = place();
    let now = json(&place, &["segment", "big"]);
    assert_eq!(
        (number(&now, "/n_members"), number(&now, "/n_base"), number(&now, "/n_customers")),
        (2, 2, 3)
    );
    assert_eq!(
        (text(&now, "/base"), text(&now, "/as_of"), &now["graded_for_this"]),
        ("buyers", "2024-02-29", &Value::Bool(false))
    );
    assert_eq!(text(&now, "/members/columns/0/0"), "spend");
    // A graded day, and one that nobody graded.
    assert_eq!(number(&json(&place, &["segment", "big", "--as-of", "2024-01-31"]), "/n_members"), 1);
    let between = json(&place, &["segment", "big", "--as-of", "2024-02-05"]);
    assert_eq!((number(&between, "/n_members"), &between["graded_for_this"]), (2, &Value::Bool(true)));
    assert_eq!(json(&place, &["segment", "big"])["as_of"], "2024-02-29", "nothing of it was kept");
    let said = place.run(&["segment", "big", "--lang", "zh"]).expect(0).out;
    assert!(said.contains("大客户") && said.contains("买家 (2)") && said.contains("条件"), "{said}");
    place.run(&["segment", "small"]).expect(1);
}

#[test]
fn a_list_is_masked_and_goes_page_by_page() {
    let place = place();
    let gold = json(&place, &["list", "--tier", "member=gold", "--sort", "-spend", "--columns", "spend"]);
    assert_eq!(number(&gold, "/total"), 2);
    assert_eq!((text(&gold, "/rows/0/values/0"), text(&gold, "/rows/1/values/0")), ("170.0000", "120.0000"));
    let first = json(&place, &["list", "--limit", "2"]);
    let second = json(&place, &["list", "--limit", "2", "--cursor", text(&first, "/next_cursor")]);
    assert_eq!((first["rows"].as_array().unwrap().len(), second["rows"].as_array().unwrap().len()), (2, 1));
    assert_eq!(number(&json(&place, &["list", "--segment", "big", "--as-of", "2024-01-31"]), "/total"), 1);
    let said = place.run(&["list", "--lang", "en"]).expect(0).out;
    assert!(said.contains("3 / 3 customers as of 2024-02-29") && !said.contains("13812340001"), "{said}");
    place.run(&["list", "--tier", "gold"]).expect(1);
    place.run(&["list", "--tier", "nothing=gold"]).expect(1);
}

#[test]
fn runs_name_the_edition_of_the_time_zone_data() {
    let place = place();
    let runs = json(&place, &["runs"]);
    let data = text(&runs, "/0/counts/time_zone_data");
    assert!(data.starts_with("20") && data.len() >= 5, "{data}");
    let said = place.run(&["runs", "--lang", "zh"]).expect(0).out;
    assert!(said.contains(&format!("时区数据 {data}")), "{said}");
    let report = json(&place, &["report", "--lang", "en"]);
    assert!(
        std::fs::read_to_string(text(&report, "/report"))
            .unwrap()
            .contains(&format!("time zone data {data}"))
    );
}

#[test]
fn every_template_passes_the_check_and_grades_the_retail_example() {
    let place = Place::example("retail");
    place.import(text_of(&retail_file()));
    for document in ["model/retail.yaml", "model/tests.yaml"] {
        std::fs::remove_file(place.root().join(document)).unwrap();
    }
    let all = json(&place, &["template", "list"]);
    let documents = all.as_array().unwrap().iter().filter(|one| text(one, "/kind") == "template");
    let names: Vec<&str> = documents.map(|one| text(one, "/name")).collect();
    assert_eq!(names, ["behaviour", "lifecycle", "rfm", "value"]);
    // Each beside those before it.
    for name in names {
        place.run(&["template", "add", name]).expect(0);
        let checked = place.run(&["check", "--format", "json"]).expect(0).json();
        assert_eq!(checked, serde_json::json!([]), "{name}");
        let graded = place.run(&["grade", "--as-of", "2011-11-30", "--format", "json"]).expect(0).json();
        assert_eq!(number(&graded, "/instants/0/customers"), 4_331, "{name}: {}", graded["instants"]);
        assert_eq!(graded["instants"][0]["faults"], serde_json::json!({}), "{name}");
    }
    for segment in ["habit_regulars", "life_at_risk", "rfm_buyers", "habit_overdue", "habit_rising"] {
        let found = json(&place, &["segment", segment, "--limit", "1"]);
        let (members, base) = (number(&found, "/n_members"), number(&found, "/n_customers"));
        assert!(members > 0 && members <= base, "{segment}: {members} of {base}");
    }
    for tier in ["bronze", "silver", "gold", "platinum"] {
        assert!(
            number(&json(&place, &["list", "--tier", &format!("value_tier={tier}")]), "/total") > 0,
            "{tier}"
        );
    }
    let twice = place.run(&["template", "add", "rfm", "--format", "json"]).expect(1).json();
    assert_eq!(text(&twice, "/0/code"), "template-there");
    place.run(&["template", "add", "nothing"]).expect(1);
    // From the beginning.
    let fresh = Place::empty();
    gradus(&fresh.root(), &["init", "--template", "nothing"]).expect(1);
    assert!(!fresh.root().exists());
    gradus(&fresh.root(), &["init", "--template", "rfm", "--template", "value"]).expect(0);
    let written = std::fs::read_to_string(fresh.root().join("model/rfm.yaml")).unwrap();
    assert_eq!(
        written,
        std::fs::read_to_string(repository().join("crates/workspace/src/templates/rfm.yaml")).unwrap()
    );
}
