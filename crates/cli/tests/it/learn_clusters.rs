//! `gradus learn clusters` and `gradus learn cuts`, from the outside.

use serde_json::Value;

use crate::ledger_files::{grades_of, texts};
use crate::support::{Place, number, text};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order'\"\n  time: day\n  order: message\n  amount: amount\n  message_id: message\n";
const MODEL: &str = "gradus: 1
title: Test
indicators:
  spend: { title: { zh: 消费, en: Spend }, kind: sum, of: amount }
  orders: { title: { zh: 订单, en: Orders }, kind: orders }
scorecards:
  value:
    title: Value
    combine: sum
    attributes:
      money: { value: spend, bins: [{ below: 50, points: 0 }, { from: 50, points: 20 }] }
";

/// Forty with one or two small orders, twenty with many large ones.
fn place() -> Place {
    let mut rows = String::from("message,id,day,amount\n");
    for id in 0..60 {
        let (n, amount) = if id % 3 == 2 { (9 + id % 4, 400 + id) } else { (1 + id % 2, 20 + id % 7) };
        for order in 0..n {
            rows += &format!("m{id}-{order},C{id},2024-0{}-1{},{amount}\n", 1 + order % 6, order % 9);
        }
    }
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    place.import(&place.file("orders1.csv", rows));
    place
}

#[test]
fn groups_are_learned_written_and_graded() {
    let place = place();
    let page = place.root().join("groups.html");
    let arguments =
        ["learn", "clusters", "--features", "spend,orders", "--write", "kind", "--segments", "-o"];
    let arguments = [&arguments[..], &[page.to_str().unwrap(), "--format", "json"]].concat();
    let done = place.run(&arguments).expect(0).json();
    let learned = &done["learned"];
    assert_eq!((number(learned, "/k"), number(learned, "/n"), number(learned, "/advised")), (2, 60, 2));
    assert_eq!((number(learned, "/clusters/0/n"), number(learned, "/clusters/1/n")), (40, 20));
    assert_eq!(text(learned, "/clusters/1/title/zh"), "消费很高、订单很高");
    assert_eq!(learned["stable"], true);
    assert_eq!(learned["description"]["right"].as_f64(), Some(1.0));
    let paths: Vec<&str> =
        done["draft"]["paths"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(paths, ["predictions.kind", "segments.kind_c1", "segments.kind_c2"]);
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(
        html.matches("<svg").count() >= 4 && html.contains("Very high spend") && !html.contains("<script")
    );
    // What was written grades as it was shown, and its names are words wherever grades are read.
    let draft = done["learned"]["prediction"].clone();
    let model = format!("{MODEL}predictions:\n  kind: {draft}\n");
    std::fs::write(place.root().join("model/m.yaml"), model).unwrap();
    place.run(&["grade"]).expect(0);
    let groups = texts(&grades_of(&place.root(), "2024-06-15", false), "kind");
    assert_eq!(groups.iter().filter(|group| group.as_deref() == Some("c2")).count(), 20);
    let shown = place.run(&["--lang", "zh", "explain", "C2"]).expect(0).out;
    assert!(shown.contains("消费很高、订单很高"), "{shown}");
    let report = place.run(&["--lang", "zh", "report"]).expect(0).out;
    assert!(report.contains("html"), "{report}");
}

/// Thirty buy little; of those who buy much there are fifteen in January, and forty more from March on.
fn growing(refit: &str) -> Place {
    let mut rows = String::from("message,id,day,amount\n");
    for id in 0..85 {
        let much = id >= 30;
        let first_month = if id >= 45 { 3 } else { 1 };
        for order in 0..if much { 6 } else { 2 } {
            let amount = if much { 900 + id } else { 20 + id % 7 };
            rows += &format!("m{id}-{order},C{id},2024-0{first_month}-1{order},{amount}\n");
        }
    }
    // Somebody who comes in spring, so that the clock reaches it.
    rows += "late,C0,2024-04-02,21\n";
    let clusters = format!("clusters: {{ features: [spend, orders], k: 2, seed: 1{refit} }}");
    let model = format!("{MODEL}predictions:\n  kind:\n    title: Kind\n    {clusters}\n");
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", &model)]);
    place.import(&place.file("orders1.csv", rows));
    place
}

fn sizes(place: &Place, date: &str) -> (usize, usize) {
    let groups = texts(&grades_of(&place.root(), date, false), "kind");
    let of = |name: &str| groups.iter().filter(|group| group.as_deref() == Some(name)).count();
    (of("c1"), of("c2"))
}

#[test]
fn a_group_that_has_become_the_larger_one_keeps_its_name() {
    let dates = ["2024-01-31", "2024-02-29", "2024-03-31"];
    // One command or many: the same groups.
    let (together, one_by_one) = (growing(", refit: 1 month"), growing(", refit: 1 month"));
    together.run(&["grade", "--as-of", "2024-01-31..2024-03-31", "--every", "month"]).expect(0);
    for date in dates {
        one_by_one.run(&["grade", "--as-of", date]).expect(0);
    }
    for date in dates {
        assert_eq!(sizes(&together, date), sizes(&one_by_one, date), "{date}");
    }
    assert_eq!(sizes(&together, "2024-01-31"), (30, 15));
    assert_eq!(sizes(&together, "2024-03-31"), (30, 55), "c1 is who buys little, as before");
    // Again, and with everything anew: what was published stays.
    together.run(&["grade", "--as-of", "2024-01-31"]).expect(0);
    assert_eq!(sizes(&together, "2024-01-31"), (30, 15));
    // Who looks at the end first and then back calls groups as they are called at the end.
    let backwards = growing(", refit: 1 month");
    backwards.run(&["grade", "--as-of", "2024-03-31"]).expect(0);
    assert_eq!(sizes(&backwards, "2024-03-31"), (55, 30), "the larger comes first where nothing is known");
    backwards.run(&["grade", "--as-of", "2024-01-31"]).expect(0);
    assert_eq!(sizes(&backwards, "2024-01-31"), (15, 30), "c1 is who buys much here, then as at the end");
}

#[test]
fn between_refits_customers_are_placed_in_the_groups_that_were_found() {
    let place = growing(", refit: 1 year");
    place.run(&["grade", "--as-of", "2024-01-31"]).expect(0);
    place.run(&["grade", "--as-of", "2024-03-31", "--format", "json"]).expect(0);
    assert_eq!(sizes(&place, "2024-03-31"), (30, 55));
    // What it is called is no part of what was found; another number of groups is.
    let model = place.root().join("model/m.yaml");
    let written = std::fs::read_to_string(&model).unwrap();
    std::fs::write(&model, written.replace("k: 2,", "k: 2, names: { c2: { zh: 大客户, en: Big } },"))
        .unwrap();
    place.run(&["grade", "--as-of", "2024-04-02"]).expect(0);
    assert_eq!(sizes(&place, "2024-04-02"), (30, 55));
    let shown = place.run(&["--lang", "zh", "explain", "C50"]).expect(0).out;
    assert!(shown.contains("大客户"), "{shown}");
    std::fs::write(&model, written.replace("k: 2,", "k: 3,")).unwrap();
    place.run(&["grade", "--as-of", "2024-04-02"]).expect(0);
    let groups = texts(&grades_of(&place.root(), "2024-04-02", false), "kind");
    assert!(groups.iter().any(|group| group.as_deref() == Some("c3")), "{groups:?}");
}

#[test]
fn what_cannot_be_learned_is_a_finding() {
    let place = place();
    let refused = place.run(&["learn", "clusters", "--features", "spend * 0"]).expect(1);
    assert!(refused.err.contains("clusters-constant"), "{}", refused.err);
    let refused = place.run(&["learn", "clusters", "--features", "spend,nothing"]).expect(1);
    assert!(refused.err.contains("predictions.groups.clusters.features[1]"), "{}", refused.err);
    let refused = place.run(&["learn", "clusters", "--features", "orders", "--k", "30"]).expect(1);
    assert!(refused.err.contains("clusters-too-few"), "{}", refused.err);
    let refused =
        place.run(&["learn", "clusters", "--features", "spend", "--base", "orders > 1000"]).expect(1);
    assert!(refused.err.contains("clusters-nobody"), "{}", refused.err);
}

#[test]
fn cuts_come_into_the_bins_of_a_scorecard() {
    let place = place();
    let arguments =
        ["learn", "cuts", "--of", "spend", "--k", "2", "--write", "scorecards.value.attributes.money"];
    let done = place.run(&[&arguments[..], &["--format", "json"]].concat()).expect(0).json();
    let cut = done["cuts"]["cuts"][0].as_f64().unwrap();
    assert!(cut > 52.0 && cut <= 3_600.0, "between 52 and 3,600: {cut}");
    assert_eq!(done["cuts"]["counts"], serde_json::json!([40, 20]));
    assert!(done["cuts"]["goodness"].as_f64().unwrap() > 0.9);
    assert_eq!(done["draft"]["paths"][0], "scorecards.value.attributes.money");
    let told = place.run(&["learn", "cuts", "--of", "orders", "--k", "3", "--method", "quantiles"]).expect(0);
    assert!(told.out.contains("[−∞, 2)"), "{}", told.out);
    place.run(&["learn", "cuts", "--of", "orders", "--k", "30"]).expect(1);
    place.run(&["learn", "cuts", "--of", "orders", "--write", "tiers.x"]).expect(1);
}
