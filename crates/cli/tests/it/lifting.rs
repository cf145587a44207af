//! What lifts a tier, from the outside: what is promised, imported as an order, is graded as was promised.

use serde_json::Value;

use crate::ledger_files::{grades_of, integers, texts};
use crate::support::{Place, text};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\n";
const TITLES: [&str; 3] = ["{ zh: 普通, en: Basic }", "{ zh: 银, en: Silver }", "{ zh: 金, en: Gold }"];

/// Levels by what was spent in ninety days; `rules` stand before them.
fn model(rules: &str, silver: &str, gold: Option<&str>) -> String {
    let [basic, silver_title, gold_title] = TITLES;
    let gold = gold.map_or(String::new(), |cut| format!("      gold: {{ title: {gold_title}, {cut} }}\n"));
    format!(
        "gradus: 1
indicators:
  spend: {{ title: Spend, kind: sum, of: amount, window: 90 days }}
tiers:
  member:
    title: {{ zh: 会员, en: Member }}
    by: spend
{rules}    start: 2024-01-01
    levels:
      basic: {{ title: {basic} }}
      silver: {{ title: {silver_title}, {silver} }}
{gold}"
    )
}

/// B spent enough in August and fell on 30 November; the clock stands on 10 December.
fn place() -> Place {
    let model = model("    decide: monthly\n    keep: { after_fall: 2 months }\n", "from: 100", None);
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", &model)]);
    place.import(&place.file("orders1.csv", "id,day,amount\nB,2024-08-15,150\nA,2024-12-10,10\n"));
    place
}

/// The level of each customer as of a date; B came first.
fn level_of_b(place: &Place, as_of: &str) -> String {
    place.run(&["grade", "--as-of", as_of]).expect(0);
    let all = grades_of(&place.root(), as_of, false);
    let ids: Vec<i64> = integers(&all, "customer").into_iter().flatten().collect();
    let levels = texts(&all, "member");
    let explained = place.run(&["explain", "B", "--format", "json"]).expect(0).json();
    let own: i64 = match &explained["customer"] {
        Value::String(text) => text.parse().unwrap(),
        number => number.as_i64().unwrap(),
    };
    levels[ids.iter().position(|id| *id == own).unwrap()].clone().unwrap()
}

#[test]
fn who_fell_is_told_the_first_review_at_which_a_rise_counts_and_what_does() {
    let place_of = |amount: u32| {
        let place = place();
        let file = format!("id,day,amount\nB,2024-12-11,{amount}\nA,2025-01-31,10\n");
        place.import(&place.file("orders2.csv", file));
        place
    };
    let place = place();
    assert_eq!(level_of_b(&place, "2024-10-31"), "silver");
    assert_eq!(level_of_b(&place, "2024-12-10"), "basic");
    let explained =
        place.run(&["explain", "B", "--as-of", "2024-12-10", "--format", "json"]).expect(0).json();
    let goals = explained["goals"].as_array().unwrap();
    let [goal] = goals.as_slice() else { panic!("{goals:#?}") };
    // Two months after 30 November is 30 January: the review of the 31st is the first at which anybody rises.
    assert_eq!((text(goal, "/level"), text(goal, "/by")), ("silver", "2025-01-31"), "{goal:#}");
    assert_eq!(
        (text(goal, "/words/zh"), text(goal, "/words/en")),
        (
            "最早 2025-01-31 升为银，降级后2个月内不再升级：一笔 100 CNY 的订单",
            "Silver on 2025-01-31 at the earliest, for there is no rise for 2 months after a fall: one order of CNY 100"
        )
    );
    // Exactly that lifts at that review and not before; one unit less does not.
    let enough = place_of(100);
    assert_eq!(level_of_b(&enough, "2024-12-31"), "basic");
    assert_eq!(level_of_b(&enough, "2025-01-31"), "silver");
    assert_eq!(level_of_b(&place_of(99), "2025-01-31"), "basic");
}

/// Silver is kept for a year since it was reached; 900 at once lifts to gold and begins another year, 100 in the last
/// ninety days of the year does as well: that is the least, and is told first.
#[test]
fn the_least_that_keeps_a_level_is_told_first_also_where_it_is_too_early_now() {
    let rules = "    decide: tier_anniversary\n    promote: at_once\n";
    let model = model(rules, "from: 300, demote: 100", Some("from: 900"));
    let place_of = |later: &str| {
        let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", &model)]);
        place.import(&place.file("orders1.csv", "id,day,amount\nB,2024-08-03,300\nA,2025-01-10,10\n"));
        if !later.is_empty() {
            let file = format!("id,day,amount\n{later}A,2025-08-03,10\n");
            place.import(&place.file("orders2.csv", file));
        }
        place
    };
    let place = place_of("");
    assert_eq!(level_of_b(&place, "2025-01-10"), "silver");
    let explained =
        place.run(&["explain", "B", "--as-of", "2025-01-10", "--format", "json"]).expect(0).json();
    let goals = explained["goals"].as_array().unwrap();
    let keep = goals.iter().find(|goal| goal["keeps"] == true).unwrap();
    assert_eq!(
        (text(keep, "/by"), text(keep, "/not_before"), &keep["ways"][0][0]["amount"]),
        ("2025-08-03", "2025-05-06", &serde_json::json!(100)),
        "{keep:#}"
    );
    assert_eq!(keep["sooner"][0][0]["amount"], 900, "{keep:#}");
    assert_eq!(
        text(keep, "/words/en"),
        "still Silver on 2025-08-03: one order of CNY 100, not before 2025-05-06; sooner, one order of CNY 900"
    );
    for (later, level) in [
        ("B,2025-05-06,100\n", "silver"),
        ("B,2025-08-03,100\n", "silver"),
        ("B,2025-08-03,99\n", "basic"),
        ("B,2025-05-05,100\n", "basic"),
        ("B,2025-01-11,900\n", "gold"),
        ("B,2025-01-11,899\n", "basic"),
    ] {
        assert_eq!(level_of_b(&place_of(later), "2025-08-03"), level, "{later}");
    }
}

/// What an order lies in a sequence with cannot be told of it alone: all events are looked at together, and what is
/// found is the same.
#[test]
fn a_condition_over_a_sequence_changes_nothing_that_lifts() {
    let goals_of = |eligible: &str| {
        let rules = format!("    decide: monthly\n{eligible}");
        let model = model(&rules, "from: 100", Some("from: 400"));
        let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", &model)]);
        let file = "id,day,amount\nB,2024-08-15,150\nB,2024-12-01,60\nA,2024-12-10,10\n";
        place.import(&place.file("orders1.csv", file));
        place.run(&["grade", "--as-of", "2024-12-10"]).expect(0);
        place.run(&["explain", "B", "--as-of", "2024-12-10", "--format", "json"]).expect(0).json()["goals"]
            .clone()
    };
    let steps = "[{ event: order_line }, { event: refund, within: 3 days }]";
    let sequence = format!("    eligible: {{ any: [spend >= 0, {{ sequence: {{ steps: {steps} }} }}] }}\n");
    let plain = goals_of("");
    assert_eq!(plain[0]["ways"][0][0]["amount"], 40, "{plain:#}");
    assert_eq!(goals_of(&sequence), plain);
}
