//! What customers answered, from the outside: every figure of a survey of ten customers is worked out by hand.

use serde_json::{Value, json};

use crate::support::{Place, Ran};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const ORDERS: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order'\"\n  time: day\n  amount: amount\n";
const SURVEY: &str = "gradus: 1\nfiles: ['survey*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'survey'\"\n  time: day\nfields:\n  recommend: { title: { zh: 推荐意愿, en: Would recommend }, type: integer, value: recommend }\n  needs: { type: text, value: needs }\n";
const MODEL: &str = "gradus: 1
title: Test
indicators:
  spend: { title: Spend, kind: sum, of: amount }
  recency: { title: Recency, kind: days_since, where: kind = 'order' }
  last_answer: { title: Last answer, kind: last, of: recommend }
scorecards:
  value:
    title: Value
    combine: sum
    attributes:
      money: { value: spend, bins: [{ below: 50, points: 0 }, { from: 50, points: 20 }], not_applicable: 0 }
tiers:
  member: { title: { zh: 等级, en: Tier }, by: value, levels: { basic: {}, gold: { from: 20 } } }
segments:
  quiet: { title: { zh: 沉默, en: Quiet }, base: everyone, where: recency > 30 }
";

/// Four golden customers, six basic ones. Of the golden ones three answered, 10, 9 and 3; of the basic ones two, 0
/// and, after a 10 long ago, 8; one more gave an answer that is on no scale.
const ANSWERS: &str = "id,day,recommend,needs
C0,2024-05-01,10,\"price,delivery\"
C1,2024-05-02,9,delivery
C2,2024-05-03,3,\"price；售后\"
C4,2024-05-04,0,price
C5,2023-01-01,10,
C5,2024-05-05,8,
C6,2024-05-06,12,
";

fn orders() -> String {
    let mut out = String::from("id,day,amount\n");
    for id in 0..10 {
        let (day, amount) =
            (if id == 0 { "2024-01-05" } else { "2024-05-20" }, if id < 4 { 100 } else { 10 });
        out += &format!("C{id},{day},{amount}\n");
    }
    out
}

fn place(answers: &str) -> Place {
    let documents =
        [("sources/orders.yaml", ORDERS), ("sources/survey.yaml", SURVEY), ("model/m.yaml", MODEL)];
    let place = Place::with(SETTINGS, &documents);
    place.import(&place.file("orders1.csv", orders()));
    if !answers.is_empty() {
        place.import(&place.file("survey1.csv", answers));
    }
    place.run(&["grade"]).expect(0);
    place
}

fn asked(place: &Place, more: &[&str]) -> Ran {
    place.run(&[&["satisfaction", "--format", "json"], more].concat())
}

fn near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap_or_else(|| panic!("no number: {value}"));
    assert!((value - expected).abs() < 5e-7, "{value} is not {expected}");
}

fn codes(ran: &Ran) -> Vec<String> {
    let found = ran.json();
    let all = found.as_array().unwrap_or_else(|| panic!("{found}"));
    all.iter().map(|one| one["code"].as_str().unwrap().to_string()).collect()
}

#[test]
fn every_figure_is_that_of_a_count_by_hand() {
    let place = place(ANSWERS);
    let found = asked(&place, &["--codes", "needs", "--leaving", "quiet"]).expect(0).json();
    assert_eq!((&found["question"]["measure"], &found["question"]["found"]), (&json!("nps"), &json!(true)));
    let counts =
        ["n_customers", "n_answered", "n_answers", "n_off_scale"].map(|name| found[name].as_u64().unwrap());
    assert_eq!(counts, [10, 5, 7, 1]);
    // Two promoters, two detractors of five: 0, with variance (.4 + .4 - 0)/5 and 1.959964 standard errors.
    near(&found["overall"]["value"]["value"], 0.0);
    near(&found["overall"]["value"]["low"], -78.398559);
    let by = &found["by"]["groups"];
    assert_eq!(
        (&by[0]["name"], &by[1]["name"], by.as_array().unwrap().len()),
        (&json!("basic"), &json!("gold"), 2)
    );
    near(&by[0]["measured"]["value"]["value"], -50.0);
    near(&by[1]["measured"]["value"]["value"], 100.0 / 3.0);
    near(&by[1]["rate"]["value"], 0.75);
    // Basic customers weigh .6/.4, golden ones .4/.6: detractors (2/3 + 3/2)/5, promoters (4/3)/5.
    let bias = &found["bias"];
    near(&bias["weighted"]["value"]["value"], 100.0 * (4.0 / 3.0 - 13.0 / 6.0) / 5.0);
    near(&bias["difference"], -100.0 / 6.0);
    near(&bias["design_effect"], (2.0 * 2.25 + 3.0 * 4.0 / 9.0) / 5.0);
    assert_eq!(bias["converged"], true);
    let cells = found["grid"]["cells"].as_array().unwrap();
    let n: Vec<Vec<u64>> = cells
        .iter()
        .map(|row| row.as_array().unwrap().iter().map(|cell| cell["n"].as_u64().unwrap()).collect())
        .collect();
    assert_eq!(n, [vec![1, 1], vec![1, 0], vec![0, 2], vec![4, 1]]);
    near(&cells[2][1]["share"], 2.0 / 3.0);
    near(&cells[3][0]["share"], 4.0 / 6.0);
    // Of the two promoters one has long bought nothing; of the two detractors one is golden.
    assert_eq!(
        (found["satisfied_leaving"]["n"].as_u64(), found["dissatisfied_loyal"]["n"].as_u64()),
        (Some(1), Some(1))
    );
    let topics = &found["topics"];
    assert_eq!((topics["n_customers"].as_u64(), topics["n_topics"].as_u64()), (Some(4), Some(3)));
    assert_eq!((&topics["topics"][0]["name"], topics["topics"][0]["n"].as_u64()), (&json!("price"), Some(3)));
    assert_eq!(topics["topics"][0]["low"].as_u64(), Some(2));
    // The indicator holds the answer that is on no scale, so it does not say who is in a cell.
    assert_eq!(found["findings"][0]["code"], "answer-not-stored");
    assert_eq!(cells[0][0]["opens"], Value::Null);
}

#[test]
fn whoever_is_counted_is_listed() {
    let place = place(ANSWERS);
    let n = |more: &[&str]| asked(&place, more).expect(0).json()["total"].as_u64().unwrap();
    assert_eq!((n(&["--band", "low"]), n(&["--band", "high"]), n(&["--band", "unanswered"])), (2, 2, 5));
    assert_eq!((n(&["--band", "low", "--group", "gold"]), n(&["--group", "basic"])), (1, 6));
    assert_eq!(n(&["--corner", "satisfied_leaving", "--leaving", "recency > 30"]), 1);
    assert_eq!(n(&["--codes", "needs", "--topic", "delivery"]), 2);
    // Without the answer on no scale the model's indicator is the answer, and cells say how to open them.
    let clean = self::place(&ANSWERS.replace("C6,2024-05-06,12,\n", ""));
    let found = asked(&clean, &[]).expect(0).json();
    let opens = &found["grid"]["cells"][2][1]["opens"];
    let expected = json!({
        "tier": { "scheme": "member", "level": "gold" },
        "ranges": [{ "name": "last_answer", "from": 9.0, "up_to": 10.0 }],
    });
    assert_eq!(opens, &expected);
    assert!(!found["findings"].to_string().contains("answer-not-stored"));
}

#[test]
fn windows_scales_and_days_are_kept() {
    let place = place(ANSWERS);
    // A year before the last answer of C5 its first one counts.
    let past = asked(&place, &["--as-of", "2023-06-30"]).expect(0).json();
    assert_eq!((past["n_answered"].as_u64(), past["overall"]["high"].as_u64()), (Some(1), Some(1)));
    assert!(past["overall"]["words"]["en"].as_str().unwrap().contains("one customer alone"));
    let short = asked(&place, &["--window", "18d"]).expect(0).json();
    assert_eq!(
        short["n_answered"].as_u64(),
        Some(3),
        "2 to 20 May less what is on no scale: {}",
        short["stretch"]
    );
    let csat =
        asked(&place, &["--measure", "csat", "--field", "recommend", "--scale", "10"]).expect(0).json();
    assert_eq!((csat["n_off_scale"].as_u64(), csat["overall"]["high"].as_u64()), (Some(2), Some(2)));
    near(&csat["overall"]["value"]["value"], 50.0);
    let months: Vec<_> =
        csat["trend"].as_array().unwrap().iter().map(|one| one["month"].as_str().unwrap()).collect();
    assert_eq!(months, ["2023-01", "2024-05"]);
    let rated = asked(&place, &["--field", "recommend", "--of-customers", "--scale", "10"]).expect(0).json();
    assert_eq!(rated["question"]["measure"], "csat");
    assert!(
        rated["overall"]["words"]["zh"].as_str().unwrap().contains("评价好（9–10） 2"),
        "{}",
        rated["overall"]
    );
    assert_eq!(codes(&asked(&place, &["--of-customers"]).expect(1)), ["no-survey"]);
    let page = place.file("page.html", "");
    asked(&place, &["--lang", "zh", "--out", &page, "--codes", "needs"]).expect(0);
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("净推荐值") && html.contains("<svg") && html.contains("满意度与忠诚度"), "{html}");
    let text = place.run(&["satisfaction", "--lang", "zh"]).expect(0).out;
    assert!(text.contains("NPS 0.0（95% 区间 -78.4 至 78.4）"), "{text}");
}

#[test]
fn what_is_missing_is_said_with_the_remedy() {
    let place = place("");
    let none = asked(&place, &[]).expect(1);
    assert_eq!(codes(&none), ["no-answers"]);
    for (more, code) in [
        (&["--measure", "happiness"][..], "satisfaction-measure"),
        (&["--measure", "csat", "--field", "recommend", "--scale", "6"], "satisfaction-scale"),
        (&["--measure", "ces"], "no-survey"),
        (&["--field", "amount"], "satisfaction-measure"),
        (&["--by", "membr"], "unknown-name"),
        (&["--band", "angry"], "satisfaction-cell"),
    ] {
        assert_eq!(codes(&asked(&place, more).expect(1)), [code], "{more:?}");
    }
    let wrong = asked(&place, &["--field", "recomend", "--measure", "nps"]).expect(1).json();
    assert_eq!(wrong[0]["place"]["path"], "field", "{wrong}");
    // Nobody asks anything.
    let bare = Place::with(
        SETTINGS,
        &[
            ("sources/orders.yaml", ORDERS),
            (
                "model/m.yaml",
                &MODEL.replace("  last_answer: { title: Last answer, kind: last, of: recommend }\n", ""),
            ),
        ],
    );
    bare.import(&bare.file("orders1.csv", orders()));
    bare.run(&["grade"]).expect(0);
    assert_eq!(codes(&asked(&bare, &[]).expect(1)), ["no-survey"]);

    // All alike: there is a figure, and the words say what its interval is worth.
    let alike = self::place("id,day,recommend,needs\nC0,2024-05-01,9,\nC1,2024-05-02,9,\n");
    let found = asked(&alike, &[]).expect(0).json();
    near(&found["overall"]["value"]["low"], 100.0);
    assert!(found["overall"]["words"]["zh"].as_str().unwrap().contains("没有宽度"));
    let off = self::place("id,day,recommend,needs\nC0,2024-05-01,90,\n");
    assert_eq!(codes(&asked(&off, &[]).expect(1)), ["answers-off-scale"]);
}
