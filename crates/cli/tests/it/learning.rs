//! What is learned from the ledger: from the past alone, and what is written grades as it was learned.

use std::collections::BTreeMap;

use gradus_workspace::access::Principal;
use gradus_workspace::learn::scorecard::{ScorecardRequest, learn_scorecard};
use gradus_workspace::learn::tree::{TreeRequest, learn_tree};
use gradus_workspace::learn::{TrainingRequest, TrainingSet, Values, training_set};
use gradus_workspace::{Workspace, WorkspaceError};
use serde_json::Value;

use crate::ledger_files::{decimals, flags, grades_of, integers};
use crate::support::{Place, retail_file, runtime, text, text_of};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order'\"\n  time: day\n  known: known\n  order: message\n  amount: amount\n  message_id: message\nfields:\n  city: { type: text, value: city }\n";
const MODEL: &str = "gradus: 1
title: Test
indicators:
  spend: { title: { zh: 消费金额, en: Spend }, kind: sum, of: amount }
  orders: { title: { zh: 订单数, en: Orders }, kind: orders }
  recency: { title: { zh: 距最近购买天数, en: Days since the last order }, kind: days_since }
  city: { title: { zh: 城市, en: City }, kind: last, of: city }
  average: { title: { zh: 客单价, en: Average order }, kind: average, of: amount, window: 30 days }
  always: { title: { zh: 恒定, en: Always the same }, kind: formula, of: 1 + 0 * orders }
  first_day: { title: { zh: 首购日, en: First day }, kind: first, of: \"cast(time as date)\" }
segments:
  often: { base: everyone, where: orders >= 12 }
";
const HEAD: &str = "message,id,day,known,amount,city\n";

/// Four hundred customers over a year; the fewer orders somebody has, the sooner they stop, and those of one city
/// stay longer.
fn rows() -> String {
    let mut out = String::from(HEAD);
    for id in 0..400u32 {
        let city = ["Beijing", "Shanghai", "Xiamen", ""][(id % 4) as usize];
        // From 1 to 12 months active, a little by chance.
        let months = 1 + (id * 7 + (id * id) % 5) % 8 + if city == "Xiamen" { 4 } else { 0 };
        for month in 0..months.min(12) {
            for order in 0..=(id % 3) {
                let (m, d) = (month + 1, 1 + (id * 3 + order * 7) % 27);
                let day = format!("2024-{m:02}-{d:02}");
                let amount = 10 + (id % 50) * 3 + order;
                out += &format!("a{id}-{month}-{order},C{id},{day},{day},{amount},{city}\n");
            }
        }
    }
    out += "last,C0,2024-12-31,2024-12-31,1,Beijing\n";
    out
}

fn place() -> Place {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    place.import(&place.file("orders1.csv", rows()));
    place
}

fn asked() -> TrainingRequest {
    TrainingRequest {
        as_of: Some("2024-09-30".into()),
        dates: Some(2),
        horizon: Some("60d".into()),
        features: ["spend", "orders", "recency", "city", "average", "spend / greatest(orders, 1)"]
            .map(String::from)
            .to_vec(),
        ..TrainingRequest::default()
    }
}

async fn collected(place: &Place, request: &TrainingRequest) -> Result<TrainingSet, WorkspaceError> {
    let workspace = Workspace::open(place.root(), None).await?;
    let documents = workspace.documents()?;
    training_set(&workspace, &documents, request, &()).await
}

fn code(error: WorkspaceError) -> String {
    match error {
        WorkspaceError::Findings(found) => {
            let one = &found.0[0];
            assert!(!one.what.zh.is_empty() && !one.what.en.is_empty() && !one.right.en.is_empty());
            one.code.to_string()
        }
        other => panic!("{other}"),
    }
}

/// Numbers by their bits, so that what is missing equals what is missing.
fn bits(set: &TrainingSet) -> Vec<(String, String)> {
    let of = |values: &Values| match values {
        Values::Numbers(values) => format!("{:?}", values.iter().map(|v| v.to_bits()).collect::<Vec<_>>()),
        Values::Categories { codes, words, .. } => format!("{codes:?} {words:?}"),
    };
    set.features.iter().map(|one| (one.name.clone(), of(&one.values))).collect()
}

#[test]
fn nothing_that_happens_or_becomes_known_later_reaches_a_feature() {
    let place = place();
    runtime().block_on(async {
        let before = collected(&place, &asked()).await.unwrap();
        assert_eq!(before.dates.len(), 3);
        let of = |at: usize| (before.dates[at].as_of.as_str(), before.dates[at].until.as_str());
        assert_eq!(of(2), ("2024-09-30", "2024-11-29"));
        assert_eq!(of(1), ("2024-08-01", "2024-09-30"), "its horizon is over when the held-out date begins");
        assert_eq!(before.features.len(), 6);
        assert!(before.happened.contains(&true) && before.happened.contains(&false));
        // Later orders of everybody; and orders of before that became known only after every date.
        let mut later = String::from(HEAD);
        for id in 0..400 {
            later += &format!("l{id},C{id},2024-10-15,2024-10-15,99999,Lhasa\n");
            later += &format!("k{id},C{id},2024-02-03,2024-12-20,88888,Lhasa\n");
        }
        place.import(&place.file("orders2.csv", later));
        let after = collected(&place, &asked()).await.unwrap();
        assert_eq!(before.customers, after.customers);
        assert_eq!(bits(&before), bits(&after), "what was known then is what was learned from");
        let held = before.held_out();
        assert_ne!(before.happened[held.clone()], after.happened[held], "the outcome is what came");
        // The first date's outcome ends before the later orders.
        let first = before.dates[0].n as usize;
        assert_eq!(before.happened[..first], after.happened[..first]);
    });
}

#[test]
fn what_cannot_be_learned_from_is_said() {
    let place = place();
    runtime().block_on(async {
        let with = |change: &dyn Fn(&mut TrainingRequest)| {
            let mut request = asked();
            change(&mut request);
            request
        };
        for (change, expected) in [
            (
                &(|one: &mut TrainingRequest| one.features = vec!["spent".into()])
                    as &dyn Fn(&mut TrainingRequest),
                "unknown-name",
            ),
            (&|one| one.features = vec!["first_day".into()], "feature-type"),
            (&|one| one.base = Some("orders > 99".into()), "empty-base"),
            (&|one| one.base = Some("nobody_knows".into()), "unknown-name"),
            (&|one| one.outcome = Some("revenue".into()), "outcome-amount"),
            (&|one| one.outcome = Some("nothing".into()), "unknown-outcome"),
            (&|one| one.as_of = Some("2024-12-30".into()), "horizon-not-over"),
            (&|one| one.horizon = Some("11 months".into()), "horizon-not-over"),
            (&|one| (one.horizon, one.as_of) = (Some("9 months".into()), None), "history-too-short"),
            (&|one| one.model = Some("yesterday".into()), "argument"),
        ] {
            let request = with(change);
            let workspace = Workspace::open(place.root(), None).await.unwrap();
            let request = ScorecardRequest { training: request, ..ScorecardRequest::default() };
            let error = learn_scorecard(&workspace, &Principal::local(), &request, &()).await.unwrap_err();
            assert_eq!(code(error), expected, "{request:?}");
        }
        let often = collected(&place, &with(&|one| one.base = Some("often".into()))).await.unwrap();
        let everyone = collected(&place, &asked()).await.unwrap();
        assert!(often.n() < everyone.n() && often.n() > 0);
        let drawn = collected(&place, &with(&|one| one.most_rows = Some(300))).await.unwrap();
        assert!((200..400).contains(&drawn.n()), "{}", drawn.n());
        let known: u64 = drawn.dates.iter().map(|date| date.n_customers).sum();
        assert!(drawn.n() < known as usize && drawn.dates.iter().all(|date| date.n <= date.n_customers));
    });
}

#[test]
fn a_card_is_learned_written_and_grades_as_it_was_learned() {
    let place = place();
    let arguments = [
        "learn",
        "scorecard",
        "--horizon",
        "60d",
        "--as-of",
        "2024-09-30",
        "--min-events",
        "20",
        "--write",
        "stays",
        "--format",
        "json",
    ];
    let page = place.root().join("card.html");
    let done = place.run(&[&arguments[..], &["-o", text_of(&page)]].concat()).expect(0).json();
    assert_eq!((text(&done, "/outcome/name"), text(&done, "/name")), ("churn", "stays"));
    let left_out = done["left_out"].as_array().unwrap();
    let why =
        |name: &str| left_out.iter().find(|one| one["feature"] == name).map(|one| text(one, "/reason/en"));
    assert_eq!(why("always"), Some("the same value for everybody"));
    assert_eq!(why("first_day"), Some("neither a number nor a category"));
    let taken: Vec<&Value> =
        done["attributes"].as_array().unwrap().iter().filter(|one| one["taken"] == true).collect();
    assert!(!taken.is_empty());
    for one in &taken {
        assert!(one["coefficient"].as_f64().unwrap() < 0.0, "more evidence of good is less bad: {one}");
        // The points fall with the bad rate.
        let bins = one["bins"].as_array().unwrap().iter().filter(|bin| bin["n"].as_u64() > Some(0));
        let mut bins: Vec<(f64, f64)> =
            bins.map(|bin| (bin["woe"].as_f64().unwrap(), bin["points"].as_f64().unwrap())).collect();
        bins.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(bins.is_sorted_by(|a, b| a.1 <= b.1), "{bins:?}");
    }
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("<svg") && !html.contains("<script"));
    // The draft holds it; a second of the same name is refused, unless it takes its place.
    let again = place.run(&arguments).expect(1);
    assert!((again.out.clone() + &again.err).contains("name-taken"), "{again:?}");
    place.run(&[&arguments[..], &["--replace"]].concat()).expect(0);
    // The same card in the folder's documents, graded as of the held-out date, gives the learned points.
    let document = serde_json::json!({ "gradus": 1, "scorecards": { "stays": done["scorecard"] } });
    std::fs::write(place.root().join("model/learned.json"), document.to_string()).unwrap();
    equal_to_the_bit(&place, "stays", "2024-09-30", &|request| {
        request.training.horizon = Some("60d".into());
        request.options.min_events = 20;
    });
}

/// Learns in the process, grades by the command, and holds the two together.
fn equal_to_the_bit(place: &Place, name: &str, as_of: &str, change: &dyn Fn(&mut ScorecardRequest)) {
    place.run(&["grade", "--as-of", as_of]).expect(0);
    let mut graded: BTreeMap<i64, i128> = BTreeMap::new();
    let batches = grades_of(&place.root(), as_of, false);
    let (ids, scores) = (integers(&batches, "customer"), decimals(&batches, name));
    graded.extend(ids.iter().zip(&scores).filter_map(|(id, score)| Some(((*id)?, (*score)?))));
    let done = runtime().block_on(async {
        let workspace = Workspace::open(place.root(), None).await.unwrap();
        let mut request = ScorecardRequest::default();
        request.training.as_of = Some(as_of.to_string());
        change(&mut request);
        learn_scorecard(&workspace, &Principal::local(), &request, &()).await.unwrap()
    });
    assert!(done.held_out_scores.len() > 40, "{}", done.held_out_scores.len());
    for (customer, points) in &done.held_out_scores {
        assert_eq!(graded.get(customer), Some(&i128::from(points.0)), "customer {customer}");
    }
    let different: std::collections::BTreeSet<i64> = done.held_out_scores.iter().map(|one| one.1.0).collect();
    assert!(different.len() > 3, "{different:?}");
}

#[test]
fn churn_of_the_retail_customers_can_be_foretold() {
    let place = Place::example("retail");
    place.import(text_of(&retail_file()));
    let done = place.run(&["learn", "scorecard", "--format", "json"]).expect(0).json();
    assert_eq!(text(&done, "/outcome/name"), "churn");
    let auc = done["held_out"]["auc"]["value"].as_f64().unwrap();
    assert!(auc > 0.70, "{auc}");
    assert!(done["calibration"]["brier"].as_f64().unwrap() < 0.25);
    let document = serde_json::json!({ "gradus": 1, "scorecards": { "learned": done["scorecard"] } });
    std::fs::write(place.root().join("model/learned.json"), document.to_string()).unwrap();
    let held = done["dates"].as_array().unwrap().last().unwrap()["as_of"].as_str().unwrap().to_string();
    equal_to_the_bit(&place, "learned", &held, &|_| {});
}

#[test]
fn churn_of_the_retail_customers_has_a_chance_that_gradings_apply() {
    let place = Place::example("retail");
    place.import(text_of(&retail_file()));
    let page = place.root().join("churn.html");
    for method in ["logistic", "boosting"] {
        let arguments = ["learn", "propensity", "--method", method, "--format", "json", "-o", text_of(&page)];
        let done = place.run(&arguments).expect(0).json();
        let metric = |name: &str| {
            let all = done["metrics"].as_array().unwrap();
            all.iter().find(|one| one["name"] == name).map(|one| one["value"].as_f64().unwrap()).unwrap()
        };
        assert!(metric("auc") > 0.70, "{method}: {}", metric("auc"));
        assert!(metric("brier") < 0.24 && metric("calibration_error") < 0.15, "{method}: {done}");
        let weights: f64 =
            done["factors"].as_array().unwrap().iter().map(|one| one["weight"].as_f64().unwrap()).sum();
        assert!((0.9..=1.0 + 1e-9).contains(&weights), "{weights}");
        let curve = done["survival"]["curve"].as_array().unwrap();
        let shares: Vec<f64> = curve.iter().map(|point| point["share"].as_f64().unwrap()).collect();
        assert!(shares.is_sorted_by(|a, b| a >= b) && shares.len() > 5, "{shares:?}");
        assert!(!done["survival"]["hazards"].as_array().unwrap().is_empty());
        let html = std::fs::read_to_string(&page).unwrap();
        assert!(html.contains("<svg") && !html.contains("<script"));
    }
    // As a prediction of the model: each grading applies what could have been learned by its day.
    let document = "gradus: 1\npredictions:\n  churn_risk:\n    title: { zh: 流失概率, en: Chance of churn }\n    propensity:\n      outcome: { kind: orders, where: \"kind = 'order_line' and spend\", counts: not_happened, of_whom: active }\n      horizon: 90 days\n      every: 1 months\n      features: [recency_days, orders, monetary, tenure_days, country]\n";
    std::fs::write(place.root().join("model/churn.yaml"), document).unwrap();
    place.run(&["check"]).expect(0);
    place.run(&["grade", "--as-of", "2011-12-09", "--format", "json"]).expect(0);
    let batches = grades_of(&place.root(), "2011-12-09", false);
    let chances = decimals(&batches, "churn_risk");
    let known: Vec<i128> = chances.iter().flatten().copied().collect();
    assert!(known.len() > 4_000, "{} of {}", known.len(), chances.len());
    assert!(known.iter().all(|chance| (0..=10_000).contains(chance)));
    let mean = known.iter().sum::<i128>() as f64 / known.len() as f64 / 1e4;
    assert!((0.2..0.8).contains(&mean), "{mean}");
    // The same fit a second time: the grades are the same.
    place.run(&["grade", "--as-of", "2011-12-09"]).expect(0);
    assert_eq!(decimals(&grades_of(&place.root(), "2011-12-09", false), "churn_risk"), chances);
    // Too early a day: nothing can be learned, and that is said.
    let early = place.run(&["grade", "--as-of", "2011-02-01"]).expect(0);
    assert!((early.out.clone() + &early.err).contains("prediction-not-learned"), "{early:?}");
}

#[test]
fn columns_that_say_the_same_or_all_are_named() {
    let place = place();
    let with = |features: &[&str]| {
        let mut arguments = vec![
            "learn",
            "propensity",
            "--horizon",
            "60d",
            "--as-of",
            "2024-09-30",
            "--min-events",
            "20",
            "--no-survival",
            "--format",
            "json",
        ];
        features.iter().for_each(|feature| arguments.extend(["--feature", feature]));
        place.run(&arguments).expect(0).json()
    };
    let cautions = |done: &Value| -> String {
        done["cautions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| text(one, "/en").to_string())
            .collect::<Vec<_>>()
            .join("\n")
    };
    let twins = with(&["recency", "orders", "orders * 2 + 1", "always"]);
    assert!(
        cautions(&twins).contains("“orders * 2 + 1” is determined by “Orders” (collinear)"),
        "{}",
        cautions(&twins)
    );
    let left_out = twins["left_out"].as_array().unwrap();
    assert!(left_out.iter().any(|one| one[0]["en"] == "Always the same"), "{left_out:?}");
    let coefficient = |done: &Value, name: &str| {
        let all = done["parameters"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap()["value"].as_f64().unwrap()
    };
    assert_eq!(coefficient(&twins, "orders * 2 + 1"), 0.0);
    assert!(coefficient(&twins, "Days since the last order") > 0.0, "who was away longer leaves sooner");
    // Far too many events are wanted.
    let few = place
        .run(&["learn", "propensity", "--horizon", "60d", "--as-of", "2024-09-30", "--min-events", "100000"])
        .expect(1);
    assert!((few.out + &few.err).contains("too-few-events"));
}

#[test]
fn a_tree_describes_a_segment_and_grades_as_it_was_learned() {
    let place = place();
    // What a segment says is found again.
    let done = place
        .run(&["learn", "tree", "--describe", "often", "--min-events", "5", "--format", "json"])
        .expect(0)
        .json();
    assert!(done["accuracy"].as_f64().unwrap() > 0.99, "{done}");
    let words: Vec<&str> =
        done["rules"].as_array().unwrap().iter().map(|rule| text(rule, "/words/en")).collect();
    assert!(words.iter().any(|words| words.contains("Orders")), "{words:?}");
    let total: u64 = done["rules"].as_array().unwrap().iter().map(|rule| rule["n"].as_u64().unwrap()).sum();
    assert_eq!(Some(total), done["n"].as_u64(), "every customer is in one leaf");
    // Groups by an outcome become a decision tree and segments of the model; each gives what was learned.
    let request = |change: &dyn Fn(&mut TreeRequest)| {
        let mut request = TreeRequest::default();
        request.training.as_of = Some("2024-09-30".into());
        request.training.horizon = Some("60d".into());
        request.options.min_events = 20;
        change(&mut request);
        request
    };
    let done = runtime().block_on(async {
        let workspace = Workspace::open(place.root(), None).await.unwrap();
        learn_tree(&workspace, &Principal::local(), &request(&|_| {}), &()).await.unwrap()
    });
    assert!(done.rules.len() > 1 && done.rules.is_sorted_by(|a, b| a.rate >= b.rate), "{:?}", done.rules);
    let segments: serde_json::Map<String, Value> =
        done.segments.iter().map(|(name, one)| (name.clone(), serde_json::to_value(one).unwrap())).collect();
    let document = serde_json::json!({
        "gradus": 1, "decision_trees": { "churns": done.decision_tree }, "segments": segments,
    });
    std::fs::write(place.root().join("model/learned.json"), document.to_string()).unwrap();
    place.run(&["grade", "--as-of", "2024-09-30"]).expect(0);
    let batches = grades_of(&place.root(), "2024-09-30", false);
    let ids = integers(&batches, "customer");
    let given: BTreeMap<i64, Option<i128>> =
        ids.iter().flatten().copied().zip(decimals(&batches, "churns")).collect();
    assert!(done.given.len() > 40);
    for (customer, share) in &done.given {
        let expected = (share.as_f64().unwrap() * 1e4).round() as i128;
        assert_eq!(given[customer], Some(expected), "customer {customer}");
    }
    // The segments exclude each other and take everybody.
    let mut inside = vec![0; ids.len()];
    for (name, _) in &done.segments {
        for (at, is) in flags(&batches, name).into_iter().enumerate() {
            inside[at] += u32::from(is.expect("known of everybody"));
        }
    }
    assert!(inside.iter().all(|n| *n == 1), "{inside:?}");
    // Into the draft, and not twice.
    let arguments = [
        "learn",
        "tree",
        "--horizon",
        "60d",
        "--as-of",
        "2024-09-30",
        "--min-events",
        "20",
        "--write",
        "leavers",
        "--format",
        "json",
    ];
    let written = place.run(&arguments).expect(0).json();
    assert_eq!(text(&written, "/written/name"), "leavers");
    let again = place.run(&arguments).expect(1);
    assert!((again.out + &again.err).contains("name-taken"));
    place.run(&[&arguments[..], &["--replace"]].concat()).expect(0);
    let unknown = place.run(&["learn", "tree", "--describe", "nobody"]).expect(1);
    assert!((unknown.out + &unknown.err).contains("unknown-target"));
}

#[test]
fn weights_come_from_judgements_or_from_the_data_and_go_into_the_card() {
    let place = place();
    let card = "gradus: 1\nscorecards:\n  value:\n    combine: weighted_sum\n    attributes:\n      money: { value: spend, weight: 0.5, bins: [{ below: 500, points: 0 }, { from: 500, points: 100 }] }\n      often: { value: orders, weight: 0.3, bins: [{ below: 5, points: 0 }, { from: 5, points: 100 }] }\n      lately: { value: recency, weight: 0.2, bins: [{ below: 30, points: 100 }, { from: 30, points: 0 }] }\n";
    std::fs::write(place.root().join("model/card.yaml"), card).unwrap();
    let weight = |done: &Value, name: &str| {
        let all = done["weights"].as_array().unwrap();
        all.iter().find(|one| one["criterion"] == name).unwrap()["weight"].as_f64().unwrap()
    };
    let table = "money,often,lately;1,3,5;1/3,1,3;1/5,1/3,1";
    let done = place
        .run(&["learn", "weights", "--compare", table, "--write", "value", "--format", "json"])
        .expect(0)
        .json();
    // Saaty's textbook matrix: .637 .258 .105, CR .033.
    assert!((weight(&done, "money") - 0.637).abs() < 1e-3 && (weight(&done, "lately") - 0.105).abs() < 1e-3);
    assert!((done["consistency_ratio"].as_f64().unwrap() - 0.033).abs() < 1e-3, "{done}");
    assert_eq!(done["consistent"], true);
    let draft = runtime().block_on(async {
        let workspace = Workspace::open(place.root(), None).await.unwrap();
        gradus_workspace::versions::draft(&workspace, &Principal::local()).await.unwrap().document
    });
    let written = |name: &str| draft["scorecards"]["value"]["attributes"][name]["weight"].as_f64().unwrap();
    assert!((written("money") + written("often") + written("lately") - 1.0).abs() < 1e-9);
    assert!((written("money") - 0.637).abs() < 1e-3);
    // From a file, with a judgement that fits no other.
    let file =
        place.file("judgements.csv", ",money,often,lately\nmoney,1,9,1/9\noften,1/9,1,9\nlately,9,1/9,1\n");
    let odd = place.run(&["learn", "weights", "--compare", &file, "--format", "json"]).expect(0).json();
    assert_eq!(odd["consistent"], false);
    assert!(text(&odd, "/doubt/words/zh").contains("其余判断意味着"));
    let data =
        place.run(&["learn", "weights", "--entropy", "--card", "value", "--format", "json"]).expect(0).json();
    let sum: f64 = ["money", "often", "lately"].iter().map(|name| weight(&data, name)).sum();
    assert!((sum - 1.0).abs() < 1e-9 && data["n"].as_u64() > Some(300), "{data}");
    for (wrong, code) in [
        (vec!["learn", "weights", "--compare", "a,b;1,2;2,1"], "comparisons"),
        (vec!["learn", "weights", "--compare", "x,y;1,2;1/2,1", "--write", "value"], "argument"),
        (vec!["learn", "weights", "--entropy", "--card", "nothing"], "unknown-name"),
    ] {
        let ran = place.run(&wrong).expect(1);
        assert!((ran.out.clone() + &ran.err).contains(code), "{code}: {ran:?}");
    }
}
