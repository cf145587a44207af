//! Who changed tier, group or segment, and why; and what becomes of it when an event comes late, is
//! taken back, or identities are linked.

use serde_json::Value;

use crate::support::{Place, number, retail_file, text, text_of};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n    - { kind: phone, value: phone }\n  kind: \"'order_line'\"\n  time: day\n  order: message\n  amount: amount\n  message_id: message\n  retracts: void\n";
const MODEL: &str = r#"gradus: 1
indicators:
  spend: { title: { zh: 消费, en: Spend }, kind: sum, of: amount }
  orders: { title: { zh: 订单, en: Orders }, kind: orders }
scorecards:
  value:
    title: { zh: 价值分, en: Value }
    combine: sum
    attributes:
      money:
        title: { zh: 金额, en: Money }
        value: spend
        bins: [{ below: 50, points: 0 }, { from: 50, below: 100, points: 20 }, { from: 100, points: 50 }]
      often:
        title: { zh: 频次, en: Often }
        value: orders
        bins: [{ below: 2, points: 0 }, { from: 2, points: 15 }]
tiers:
  member:
    title: { zh: 会员, en: Member }
    by: value
    levels: { basic: {}, silver: { title: { zh: 银, en: Silver }, from: 20 }, gold: { title: { zh: 金, en: Gold }, from: 50 } }
  best:
    title: { zh: 前列, en: Best }
    by: spend
    levels: { rest: {}, half: { title: { zh: 前半, en: Better half }, top_percent: 50 } }
segments:
  big: { title: { zh: 大客户, en: Big }, base: everyone, where: spend >= 100 }
groupings:
  bands: { title: { zh: 分数段, en: Bands }, base: everyone, kind: bands, value: value, cuts: [20, 50] }
"#;
const ROWS: &str = "message,void,id,phone,day,amount\n\
    a1,,A,13800000001,2024-01-05,60\nb1,,B,,2024-01-06,70\nc1,,C,,2024-01-07,10\nd1,,D,,2024-01-08,5\n\
    a2,,A,,2024-02-05,60\nb2,,B,,2024-02-06,1\nc2,,C,,2024-02-20,85\n";
const HEAD: &str = "message,void,id,phone,day,amount\n";

fn place() -> Place {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    place.import(&place.file("orders1.csv", ROWS));
    place
}

fn grade(place: &Place) -> Value {
    place.run(&["grade", "--as-of", "2024-01-31..2024-02-29", "--format", "json"]).expect(0).json()
}

/// A customer's changes, newest first: what, from, to, cause, whether it corrects.
fn changes(place: &Place, customer: &str) -> Vec<Value> {
    let explained =
        place.run(&["explain", customer, "--as-of", "2024-02-29", "--format", "json"]).expect(0).json();
    explained["history"].as_array().unwrap().clone()
}

fn short(change: &Value) -> String {
    let part = |name: &str| change[name].as_str().unwrap_or("-").to_string();
    let corrects = if change["is_correction"] == true { " corrects" } else { "" };
    format!("{} {} {}>{} {}{corrects}", part("as_of"), part("name"), part("from"), part("to"), part("cause"))
}

fn of<'a>(changes: &'a [Value], name: &str) -> Vec<&'a Value> {
    changes.iter().filter(|one| one["name"] == name).collect()
}

#[test]
fn a_change_names_the_lines_that_moved() {
    let place = place();
    grade(&place);
    let all = changes(&place, "A");
    let shorts: Vec<String> = all.iter().map(short).collect();
    assert_eq!(
        shorts,
        [
            "2024-02-29 big out>in values",
            "2024-02-29 bands 20 – 50>>= 50 values",
            "2024-02-29 member silver>gold values",
        ]
    );
    let member = of(&all, "member")[0];
    assert_eq!((text(member, "/value_before"), text(member, "/value_after")), ("20", "65"));
    assert_eq!(member["amount"], serde_json::json!(45));
    let lines = member["lines"].as_array().unwrap();
    let names: Vec<&str> = lines.iter().map(|line| text(line, "/name")).collect();
    assert_eq!(names, ["money", "often"], "the largest first: {member}");
    assert_eq!((text(&lines[0], "/bin_before"), text(&lines[0], "/bin_after")), ("[50, 100)", ">= 100"));
    assert_eq!((text(&lines[0], "/value_before"), text(&lines[0], "/value_after")), ("60", "120"));
    assert_eq!(lines[0]["points_before"], serde_json::json!(20));
    assert_eq!(lines[0]["points_after"], serde_json::json!(50));
    // B spent more and is no longer in the better half: C overtook, so the cut moved.
    let best = changes(&place, "B");
    assert_eq!(
        of(&best, "best").into_iter().map(short).collect::<Vec<_>>(),
        ["2024-02-29 best half>rest cuts"]
    );
    // In words.
    let said = place.run(&["explain", "A", "--as-of", "2024-02-29", "--lang", "en"]).expect(0).out;
    assert!(said.contains("Member: Silver → Gold (20 → 65)"), "{said}");
    assert!(said.contains("Money: 60 → 120, bin [50, 100) → >= 100, points 20 → 50 (+30)"), "{said}");
    let said = place.run(&["explain", "A", "--as-of", "2024-02-29", "--lang", "zh"]).expect(0).out;
    assert!(said.contains("会员：银 → 金（20 → 65）") && said.contains("自身数据变化"), "{said}");
    let report = place.run(&["report", "--lang", "en", "--format", "json"]).expect(0).json();
    let page = std::fs::read_to_string(text(&report, "/report")).unwrap();
    assert!(page.contains("Why customers moved") && page.contains("Money"));
}

#[test]
fn a_late_event_is_a_correction_that_names_what_it_corrects() {
    let place = place();
    assert_eq!(number(&grade(&place), "/instants/1/corrected"), 0);
    let announced = of(&changes(&place, "A"), "member")[0].clone();
    // Grading again writes nothing anew.
    assert_eq!(number(&grade(&place), "/instants/1/corrected"), 0);
    assert_eq!(of(&changes(&place, "A"), "member"), [&announced]);
    // An order of A is taken back: never gold, and the big customer is none.
    place.import(&place.file("orders2.csv", format!("{HEAD},a2,,,,\n")));
    let again = grade(&place);
    // Member, band and segment of A; and the better half, in which B stands again, not A.
    assert_eq!(number(&again, "/instants/1/corrected"), 5, "{again}");
    let best = changes(&place, "B");
    assert_eq!(
        of(&best, "best").into_iter().map(short).collect::<Vec<_>>(),
        ["2024-02-29 best rest>half cuts corrects", "2024-02-29 best half>rest cuts"]
    );
    let all = changes(&place, "A");
    let member = of(&all, "member");
    assert_eq!(
        member.iter().map(|one| short(one)).collect::<Vec<_>>(),
        ["2024-02-29 member gold>silver values corrects", "2024-02-29 member silver>gold values"]
    );
    assert_eq!(member[0]["corrects"], announced["id"]);
    assert_eq!(member[1], &announced, "what was announced stays");
    assert_eq!(number(&grade(&place), "/instants/1/corrected"), 0);
    // A late event makes them gold after all: that corrects the correction.
    place.import(&place.file("orders3.csv", format!("{HEAD}a3,,A,,2024-02-10,200\n")));
    grade(&place);
    let all = changes(&place, "A");
    let member = of(&all, "member");
    assert_eq!(short(member[0]), "2024-02-29 member silver>gold values corrects");
    assert_eq!((member.len(), &member[0]["corrects"]), (3, &member[1]["id"]));
    let said = place.run(&["explain", "A", "--as-of", "2024-02-29", "--lang", "zh"]).expect(0).out;
    assert!(said.contains("更正"), "{said}");
}

#[test]
fn a_link_corrects_and_whoever_is_none_any_more_is_gone() {
    let place = place();
    grade(&place);
    place.run(&["link", "C", "D", "--reason", "form 1"]).expect(0);
    let again = grade(&place);
    assert!(number(&again, "/instants/0/customers") == 3, "{again}");
    // January was the first graded instant: nothing was announced of it, so nothing is corrected.
    assert_eq!(number(&again, "/instants/0/corrected"), 0);
    let all: Vec<String> =
        ["C", "D"].iter().flat_map(|id| changes(&place, id)).map(|one| short(&one)).collect();
    assert!(all.contains(&"2024-02-29 big out>in values corrects".to_string()), "{all:?}");
}

#[test]
fn what_was_known_earlier_has_a_chain_of_its_own() {
    let place = place();
    grade(&place);
    let announced = changes(&place, "A");
    let stored =
        |as_of| crate::ledger_files::contents(&crate::ledger_files::grades_of(&place.root(), as_of, false));
    let grades = stored("2024-02-29");
    // In January nobody knew of February's orders (a back-load is known when it happened).
    let simulated =
        ["grade", "--as-of", "2024-01-31..2024-02-29", "--known-at", "2024-01-31", "--format", "json"];
    let first = place.run(&simulated).expect(0).json();
    assert_eq!((number(&first, "/instants/1/moved"), number(&first, "/instants/1/corrected")), (0, 0));
    assert_eq!(stored("2024-02-29"), grades, "what was announced stays");
    assert_eq!(changes(&place, "A"), announced);
    assert_eq!(number(&grade(&place), "/instants/1/corrected"), 0);
    let own = crate::ledger_files::grades_of(&place.root(), "2024-02-29", true);
    assert_eq!(own.iter().map(|batch| batch.num_rows()).sum::<usize>(), 4);
}

#[test]
fn the_lines_of_every_change_of_the_retail_example_add_up() {
    let place = Place::example("retail");
    place.import(text_of(&retail_file()));
    let graded =
        place.run(&["grade", "--as-of", "2011-08-31..2011-11-30", "--format", "json"]).expect(0).json();
    let seconds = graded["seconds"].clone();
    let folder = place.root().join("ledger/transitions");
    let (mut n, mut with_score, mut bytes) = (0, 0, 0);
    for batch in crate::ledger_files::tables_below(&folder) {
        use arrow::array::{Array, AsArray};
        use arrow::datatypes::{Decimal128Type, Int32Type};
        let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>().clone();
        let units = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Decimal128Type>().clone();
        let (lines, before, after) = (text("lines"), text("value_before"), text("value_after"));
        let (amount, rest) = (units("amount"), units("rest_amount"));
        let n_rest = batch.column_by_name("rest_lines").unwrap().as_primitive::<Int32Type>().clone();
        n += batch.num_rows();
        for row in 0..batch.num_rows() {
            let parsed: Vec<Value> = match lines.is_valid(row) {
                true => serde_json::from_str(lines.value(row)).unwrap(),
                false => Vec::new(),
            };
            bytes += if lines.is_valid(row) { lines.value(row).len() } else { 0 };
            assert!(parsed.len() <= 5);
            assert!(parsed.len() == 5 || n_rest.value(row) == 0);
            if !amount.is_valid(row) {
                continue;
            }
            with_score += 1;
            let fixed = |text: &str| text.parse::<gradus_model::fixed::Fixed>().unwrap().0;
            let of_line = |line: &Value| line.get("amount").map_or(0, |amount| fixed(&amount.to_string()));
            let sum: i64 = parsed.iter().map(of_line).sum();
            assert_eq!(i128::from(sum) + rest.value(row), amount.value(row), "{parsed:?}");
            if before.is_valid(row) && after.is_valid(row) {
                let difference = fixed(after.value(row)) - fixed(before.value(row));
                assert_eq!(i128::from(difference), amount.value(row));
            }
        }
    }
    assert!(n > 5_000 && with_score > 500, "{n} changes, {with_score} of a score");
    println!("{n} changes, {with_score} of a score, {bytes} bytes of lines; {seconds}");
}
