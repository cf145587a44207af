//! What is learned is what was asked, and what cannot be is refused: nothing is left out, overwritten or printed without
//! a word.

use gradus_workspace::Workspace;
use gradus_workspace::access::Principal;
use serde_json::Value;

use crate::support::{Place, Ran, repository, runtime, text, text_of};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order'\"\n  time: day\n  order: message\n  amount: amount\n  message_id: message\nfields:\n  comes: { type: integer, value: comes }\n  age: { type: integer, value: age }\n";
const MODEL: &str = "gradus: 1
title: Test
indicators:
  spend: { title: { zh: 消费, en: Spend }, kind: sum, of: amount }
  orders: { title: { zh: 订单, en: Orders }, kind: orders }
  comes: { title: { zh: 会来, en: Comes }, kind: last, of: comes }
  age: { title: { zh: 年龄, en: Age }, kind: last, of: age }
scorecards:
  value:
    title: Value
    combine: sum
    attributes:
      money: { value: spend, bins: [{ below: 50, points: 0 }, { from: 50, points: 20 }] }
tiers:
  member: { by: value, levels: { basic: {}, gold: { from: 15 } } }
segments:
  buyers: { base: everyone, where: orders >= 1 }
";
const OUTCOME: &str = r#"{"kind":"orders","counts":"not_happened"}"#;

/// Four hundred customers with an order in January; a part of them orders again in March, the older the rather. What comes
/// of a customer stands in one column already.
fn place() -> Place {
    let mut rows = String::from("message,id,day,amount,comes,age\n");
    for id in 0..400u32 {
        let age = 20 + id % 50;
        let comes = (id * 37) % 100 < 20 + age / 2 + 10 * (id % 3);
        let amount = 10 + (id * 13) % 90;
        let comes_digit = u32::from(comes);
        rows += &format!("a{id},C{id},2024-01-{:02},{amount},{comes_digit},{age}\n", 1 + id % 28);
        if id % 3 == 0 {
            rows += &format!("b{id},C{id},2024-01-{:02},{amount},{comes_digit},{age}\n", 1 + (id + 7) % 28);
        }
        for month in if comes { 3..=5 } else { 3..=2 } {
            rows += &format!(
                "c{id}-{month},C{id},2024-{month:02}-{:02},{amount},{comes_digit},{age}\n",
                1 + id % 28
            );
        }
    }
    rows += "last,C0,2024-06-30,1,0,20\n";
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    place.import(&place.file("orders1.csv", rows));
    place
}

const TRAINING: [&str; 8] =
    ["--outcome", OUTCOME, "--horizon", "60d", "--as-of", "2024-04-15", "--dates", "1"];

fn learn(place: &Place, what: &str, more: &[&str]) -> Ran {
    place.run(&[&["learn", what][..], &TRAINING, &["--min-events", "20", "--format", "json"], more].concat())
}

fn draft(place: &Place) -> Value {
    runtime().block_on(async {
        let workspace = Workspace::open(place.root(), None).await.unwrap();
        gradus_workspace::versions::draft(&workspace, &Principal::local()).await.unwrap().document
    })
}

fn said(ran: &Ran) -> String {
    ran.out.clone() + &ran.err
}

#[test]
fn evidence_is_that_of_the_plain_counts_and_the_outcome_itself_is_named() {
    let place = place();
    let features =
        ["--feature", "age", "--feature", "comes", "--feature", "spend", "--max-p", "1", "--min-iv", "0"];
    let done = learn(&place, "scorecard", &features).expect(0).json();
    let left = done["left_out"].as_array().unwrap();
    let comes = left.iter().find(|one| one["feature"] == "comes").unwrap_or_else(|| panic!("{left:?}"));
    assert!(text(comes, "/reason/en").contains("wholly") && text(comes, "/reason/zh").contains("结果本身"));
    assert_eq!(text(&done, "/outcome/title/en"), "No order within 60 days");
    assert!(text(&done, "/outcome/words/en").starts_with("as asked"), "{}", done["outcome"]);
    let age = done["attributes"].as_array().unwrap().iter().find(|one| one["feature"] == "age").unwrap();
    let bins: Vec<(f64, f64, f64)> = age["bins"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|bin| bin["n"].as_u64() > Some(0))
        .map(|bin| {
            (bin["n_good"].as_f64().unwrap(), bin["n_bad"].as_f64().unwrap(), bin["woe"].as_f64().unwrap())
        })
        .collect();
    let (good, bad): (f64, f64) = (bins.iter().map(|bin| bin.0).sum(), bins.iter().map(|bin| bin.1).sum());
    assert!(bins.len() > 1, "{age}");
    for (own_good, own_bad, woe) in &bins {
        assert!((woe - ((own_good / good) / (own_bad / bad)).ln()).abs() < 1e-12, "{bins:?}");
    }
    // As an option something is added to every bin, and that is said.
    let smooth =
        learn(&place, "scorecard", &[&features[..], &["--smoothing", "0.5"]].concat()).expect(0).json();
    let other = smooth["attributes"].as_array().unwrap().iter().find(|one| one["feature"] == "age").unwrap();
    assert_ne!(other["iv"], age["iv"]);
    assert!(smooth["words"].to_string().contains("0.5 was added"), "{}", smooth["words"]);
}

#[test]
fn where_nothing_is_left_each_feature_says_why() {
    let place = place();
    let none = learn(&place, "scorecard", &["--feature", "age * 0"]).expect(1);
    assert!(
        said(&none).contains("nothing-left") && said(&none).contains("the same value for everybody"),
        "{none:?}"
    );
    let none = learn(&place, "propensity", &["--feature", "age * 0"]).expect(1);
    assert!(said(&none).contains("nothing-left") && said(&none).contains("age * 0"), "{none:?}");
}

#[test]
fn a_propensity_is_kept_as_its_document_says_it_and_not_otherwise() {
    let place = place();
    let features = ["--feature", "age", "--feature", "spend", "--feature", "orders"];
    // A segment is a base here as anywhere: its condition is written.
    let done = learn_plain(&place, &[&features[..], &["--base", "buyers", "--write", "p"]].concat())
        .expect(0)
        .json();
    assert_eq!(text(&done, "/prediction/among"), "orders >= 1");
    for hazard in done["survival"]["hazards"].as_array().unwrap() {
        let at = |name: &str| hazard[name].as_f64().unwrap();
        assert!(at("low") <= at("ratio") && at("ratio") <= at("high"), "{hazard}");
    }
    // What a prediction does not hold cannot be written with it; nor can a score be a feature: both before learning.
    for (more, code) in [
        (vec!["--calibration", "none"], "learn-not-kept"),
        (vec!["--min-events", "20"], "learn-not-kept"),
        (vec!["--most-rows", "1000"], "learn-not-kept"),
        (vec!["--feature", "value"], "name-used-too-early"),
    ] {
        let refused = learn_plain(&place, &[&features[..], &["--write", "q"], &more].concat()).expect(1);
        assert!(said(&refused).contains(code), "{refused:?}");
    }
    // The prediction of the model: what is typed otherwise is a trial.
    let model = format!("{MODEL}predictions:\n  p: {}\n", done["prediction"]);
    std::fs::write(place.root().join("model/m.yaml"), model).unwrap();
    let of = |more: &[&str]| {
        let own = ["learn", "propensity", "--prediction", "p", "--as-of", "2024-04-15", "--format", "json"];
        place.run(&[&own[..], more].concat()).expect(0).json()
    };
    assert!(of(&[])["fit"].is_number());
    let trial = of(&["--method", "boosting"]);
    assert!(trial["fit"].is_null() && text(&trial, "/method/en").contains("boosted"), "{trial}");
    assert!(trial["cautions"].to_string().contains("a trial"), "{}", trial["cautions"]);
    assert!(of(&["--method", "logistic"])["fit"].is_number());
}

fn learn_plain(place: &Place, more: &[&str]) -> Ran {
    place.run(&[&["learn", "propensity"][..], &TRAINING, &["--format", "json"], more].concat())
}

#[test]
fn lifetime_value_says_what_it_cannot_do() {
    let place = place();
    let nobody = place.run(&["learn", "clv", "--purchases", "false"]).expect(1);
    assert!(nobody.out.contains("nobody has bought anything") && !nobody.out.contains(" -0"), "{nobody:?}");
    let wrong = place.run(&["learn", "clv", "--purchases", "nix = 1", "--format", "json"]).expect(1);
    let findings = wrong.json();
    let all = findings.as_array().unwrap();
    assert!(all.len() == 1 && !findings.to_string().contains("learned_"), "{findings}");
    let orders =
        |more: &[&str]| place.run(&[&["learn", "clv", "--purchases", "kind = 'order'"][..], more].concat());
    let long = orders(&["--hold-out", "5 years"]).expect(1);
    assert!(said(&long).contains("hold-out-length"), "{long:?}");
    // Nothing is written that is not sound, and nothing takes another's place unasked.
    let before = draft(&place);
    for (name, code) in [("orders", "name-taken"), ("a b", "argument")] {
        let refused = orders(&["--write", name]).expect(1);
        assert!(said(&refused).contains(code), "{refused:?}");
    }
    assert_eq!(draft(&place), before);
    orders(&["--write", "worth"]).expect(0);
    let again = orders(&["--write", "worth"]).expect(1);
    assert!(said(&again).contains("name-taken"), "{again:?}");
    orders(&["--write", "worth", "--replace"]).expect(0);
}

#[test]
fn groups_take_no_others_name_and_scores_can_be_cut() {
    let place = place();
    let taken =
        place.run(&["learn", "clusters", "--features", "spend,orders", "--write", "worthy", "--k", "2"]);
    taken.expect(0);
    let again =
        place.run(&["learn", "clusters", "--features", "spend,orders", "--write", "worthy", "--k", "2"]);
    assert!(said(&again.expect(1)).contains("name-taken"));
    // Written anew with fewer groups, no segment of a group that is gone stays behind.
    let write = |name: &str, k: &str| {
        let own =
            ["learn", "clusters", "--features", "spend,orders", "--write", name, "--segments", "--replace"];
        place.run(&[&own[..], &["--k", k]].concat()).expect(0);
    };
    write("grp", "3");
    write("grp", "2");
    let draft_now = draft(&place);
    let segments: Vec<&String> = draft_now["segments"].as_object().unwrap().keys().collect();
    assert!(segments.iter().all(|name| *name != "grp_c3"), "{segments:?}");
    let many = place.run(&["learn", "clusters", "--features", "spend", "--k", "500"]).expect(1);
    assert_eq!(said(&many).matches("clusters-number").count(), 1, "{many:?}");
    let same = place.run(&["learn", "cuts", "--of", "spend * 0", "--k", "3"]).expect(1);
    assert!(said(&same).contains("the same for everybody"), "{same:?}");
    // The very number that tiers are cut by.
    place.run(&["grade"]).expect(0);
    let arguments =
        ["learn", "cuts", "--of", "value", "--k", "2", "--write", "tiers.member", "--format", "json"];
    let cuts = place.run(&arguments).expect(0).json();
    assert_eq!(cuts["cuts"]["cuts"].as_array().map(Vec::len), Some(1), "{cuts}");
    let draft = draft(&place);
    let from = &draft["tiers"]["member"]["levels"]["gold"]["from"];
    assert_eq!(from.as_f64(), cuts["cuts"]["cuts"][0].as_f64(), "{draft}");
}

#[test]
fn comparisons_are_read_as_a_spreadsheet_writes_them() {
    let place = place();
    let text = "消费,频次\n1,3\n1/3,1\n";
    let (gbk, _, _) = encoding_rs::GB18030.encode(text);
    let file = place.file("pairs.csv", &gbk);
    let done = place.run(&["learn", "weights", "--compare", &file, "--format", "json"]).expect(0).json();
    assert!((done["weights"][0]["weight"].as_f64().unwrap() - 0.75).abs() < 1e-9, "{done}");
    let zh = |more: &[&str]| {
        said(&place.run(&[&["--lang", "zh", "learn", "weights"][..], more].concat()).expect(1))
    };
    let missing = zh(&["--compare", "/nowhere/pairs.csv"]);
    assert!(missing.contains("没有文件") && !missing.contains("os error"), "{missing}");
    let apart = zh(&["--compare", "a,b;1,1e300;1e-300,1"]);
    assert!(apart.contains("不是可比的判断") && !apart.contains("must be"), "{apart}");
    assert!(zh(&["--entropy"]).contains("--card"));
}

#[test]
fn what_is_imported_can_be_checked_and_graded() {
    let place = place();
    let files = repository().join("crates/grading/tests/it/trained");
    let model = MODEL.replace("scorecards:", "  recency: { title: Recency, kind: days_since }\n  monetary: { title: Money, kind: sum, of: amount }\nscorecards:");
    std::fs::write(place.root().join("model/m.yaml"), model).unwrap();
    for name in ["linear.pmml", "tree.onnx", "boosted.pmml"] {
        let own = name.replace('.', "_");
        place.run(&["rules", "import", text_of(&files.join(name)), "--name", &own]).expect(0);
        // ONNX numbers the columns of its one input: what they are, only the author knows.
        let document = place.root().join(format!("model/{own}.yaml"));
        let mut written = std::fs::read_to_string(&document).unwrap();
        for column in ["X_0", "X_1", "X_2"] {
            written = written.replace(&format!("{column}: {column}"), &format!("{column}: recency"));
        }
        std::fs::write(&document, &written).unwrap();
        place.run(&["check"]).expect(0);
        place.run(&["grade"]).expect(0);
        // The model is called as was asked, so that the next one stands beside it.
        assert!(written.contains(&format!("\n  {own}:")), "{written}");
    }
}
