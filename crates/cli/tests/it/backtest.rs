//! Whether grades were right, from the outside: nothing later reaches what was graded, and what is counted
//! is what the ledger's files say, and what was published.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ledger_files::{decimals, events, flags, grades_of, instants, integers, texts};
use crate::support::{Place, number, repository, retail_file, text, text_of};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order'\"\n  time: day\n  known: known\n  order: message\n  amount: amount\n  message_id: message\n";
const MODEL: &str = "gradus: 1
title: Test
indicators:
  spend: { title: Spend, kind: sum, of: amount }
  orders: { title: Orders, kind: orders }
scorecards:
  value:
    title: Value
    combine: sum
    attributes:
      money: { value: spend, bins: [{ below: 50, points: 0 }, { from: 50, below: 100, points: 20 }, { from: 100, points: 50 }] }
      often: { value: orders, bins: [{ below: 2, points: 0 }, { from: 2, points: 15 }] }
tiers:
  member: { by: value, levels: { basic: {}, silver: { from: 20 }, gold: { from: 50 } } }
";
const HEAD: &str = "message,id,day,known,amount\n";

/// Sixty customers with one to three orders in the first quarter, and the better of them one more after it.
fn rows() -> String {
    let mut out = String::from(HEAD);
    let mut add = |message: String, id: usize, day: &str, amount: usize| {
        out += &format!("{message},C{id},{day},{day},{amount}\n");
    };
    for id in 0..60 {
        for order in 0..=(id % 3) {
            add(format!("a{id}-{order}"), id, &format!("2024-0{}-1{order}", order + 1), 20 + id);
        }
        if id % 4 != 0 && id > 20 {
            add(format!("b{id}"), id, "2024-04-20", 100 + id);
        }
    }
    add("last".into(), 0, "2024-07-31", 1);
    out
}

fn place() -> Place {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    place.import(&place.file("orders1.csv", rows()));
    place
}

fn backtest(place: &Place, more: &[&str]) -> Value {
    let arguments = [&["backtest", "--as-of", "2024-03-31", "--format", "json"], more].concat();
    place.run(&arguments).expect(0).json()
}

/// What the grading side alone says: sizes of levels, edges of bands, ranks without outcomes.
fn left(done: &Value) -> Vec<String> {
    let judged = &done["dates"][0]["judged"];
    let groups = |groups: &Value| -> Vec<String> {
        let all = groups["groups"].as_array().unwrap();
        all.iter().map(|one| format!("{} {} {}", one["name"], one["title"]["en"], one["n"])).collect()
    };
    let mut out = vec![judged["n_customers"].to_string()];
    judged["tiers"].as_array().unwrap().iter().for_each(|one| out.extend(groups(one)));
    judged["scores"].as_array().unwrap().iter().for_each(|one| out.extend(groups(&one["bands"])));
    out
}

fn outcome<'a>(done: &'a Value, name: &str) -> &'a Value {
    let all = done["dates"][0]["judged"]["outcomes"].as_array().unwrap();
    all.iter().find(|one| one["outcome"] == name).unwrap()
}

#[test]
fn nothing_that_happened_or_became_known_later_reaches_the_grades() {
    let place = place();
    let before = backtest(&place, &[]);
    assert_eq!(number(&before, "/dates/0/judged/n_customers"), 60);
    let revenue = outcome(&before, "revenue")["total"].as_f64().unwrap();
    // After the date, and before it but known only after: both would lift C3 to gold.
    let late = format!(
        "{HEAD}x1,C3,2024-04-02,2024-04-02,5000\nx2,C3,2024-02-02,2024-05-01,5000\nx3,new,2024-02-02,2024-05-01,10\n"
    );
    place.import(&place.file("orders2.csv", late));
    let after = backtest(&place, &[]);
    assert_eq!(left(&after), left(&before));
    // The later side sees what happened in its time, and not what happened before it.
    assert_eq!(outcome(&after, "revenue")["total"].as_f64().unwrap(), revenue + 5000.0);
    // A grading with everything that is known now does see it, so the test can fail.
    let graded =
        place.run(&["grade", "--as-of", "2024-03-31", "--no-store", "--format", "json"]).expect(0).json();
    assert_eq!(number(&graded, "/instants/0/customers"), 61);
}

#[test]
fn what_is_counted_is_said_and_adds_up() {
    let place = place();
    let done = backtest(&place, &[]);
    // By hand: of 39 customers above 20 those not divisible by four, 29, buy again for 100 + id.
    let again: Vec<u64> = (21..60).filter(|id| id % 4 != 0).collect();
    let repurchase = outcome(&done, "repurchase");
    assert_eq!((number(repurchase, "/n"), number(repurchase, "/n_with")), (60, again.len() as u64));
    let revenue: u64 = again.iter().map(|id| 100 + id).sum();
    assert_eq!(outcome(&done, "revenue")["total"], revenue as f64);
    // All bought in the 90 days before, so churn is the rest.
    assert_eq!(number(outcome(&done, "churn"), "/n_with"), 60 - again.len() as u64);
    assert_eq!(text(&done, "/dates/0/until"), "2024-06-29");
    assert!(text(&done, "/outcomes/0/words/zh").contains("评级后 90 天内的合计"));
    let tiers = done["dates"][0]["judged"]["tiers"][0]["groups"].as_array().unwrap();
    let total: f64 = tiers.iter().map(|one| one["outcomes"][0]["total"].as_f64().unwrap()).sum();
    assert_eq!(total, revenue as f64);
    let said = place.run(&["backtest", "--as-of", "2024-03-31", "--lang", "zh"]).expect(0).out;
    assert!(said.contains("只用当时已知的数据") && said.contains("复购率：AUC"), "{said}");
    // As a page, which needs nothing else.
    let page = place.root().join("backtest.html");
    place.run(&["backtest", "--as-of", "2024-03-31", "--lang", "zh", "-o", text_of(&page)]).expect(0);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("捕获曲线") && page.contains("校准") && !page.contains("<script"));
}

#[test]
fn a_horizon_that_is_not_over_is_refused_with_the_last_day_that_would_do() {
    let place = place();
    let ran = place.run(&["backtest", "--as-of", "2024-06-30", "--lang", "zh"]).expect(1);
    assert!(ran.err.contains("最晚 2024-05-02"), "{}", ran.err);
    // That day does.
    place.run(&["backtest", "--as-of", "2024-05-02"]).expect(0);
    let ran = place.run(&["backtest", "--as-of", "2023-06-30"]).expect(1);
    assert!(ran.err.contains("no customer was known by 2023-06-30"), "{}", ran.err);
    let ran = place.run(&["backtest", "--horizon", "soon"]).expect(1);
    assert!(ran.err.contains("90d"), "{}", ran.err);
}

#[test]
fn a_facts_without_a_date_may_leak_and_is_named() {
    let source = SOURCE.replace("  known: known\n", "").replace("gradus: 1\n", "gradus: 1\nhistory: true\n");
    let people = "gradus: 1\nfiles: ['people*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'attribute'\"\nfields:\n  plan: { type: text, value: plan }\n";
    let model = MODEL.replace("indicators:\n", "indicators:\n  plan: { title: Plan, kind: last, of: plan }\n  plan_90: { title: Plan of late, kind: last, of: plan, window: 90 days }\n");
    let place = Place::with(
        SETTINGS,
        &[("sources/orders.yaml", &source), ("sources/people.yaml", people), ("model/m.yaml", &model)],
    );
    place.import(&place.file("orders1.csv", rows()));
    place.import(&place.file("people1.csv", "id,plan\nC1,gold\nC2,basic\n"));
    let done = backtest(&place, &[]);
    let leaks = done["dates"][0]["leaks"].as_array().unwrap();
    assert_eq!(leaks.len(), 1, "{leaks:?}");
    assert_eq!((text(&leaks[0], "/indicator"), number(&leaks[0], "/n")), ("plan", 2));
    let said = place.run(&["backtest", "--as-of", "2024-03-31", "--lang", "zh"]).expect(0).out;
    assert!(said.contains("可能泄漏：Plan（2 位客户）取自未注明日期的资料"), "{said}");
}

#[test]
fn a_challenger_is_held_against_the_champion_on_the_same_customers() {
    let place = place();
    let before = backtest(&place, &[]);
    // A challenger that looks at the wrong end.
    let turned = MODEL.replace("{ below: 50, points: 0 }", "{ below: 50, points: 90 }");
    std::fs::write(place.root().join("model/m.yaml"), turned).unwrap();
    let folder = backtest(&place, &["--model", "folder", "--against", "folder"]);
    assert!(text(&folder, "/dates/0/challenge/verdict/zh").ends_with("完全相同"), "{folder:#}");
    assert_eq!(number(&folder, "/dates/0/challenge/n"), 60);
    let auc = |done: &Value| {
        done["dates"][0]["judged"]["scores"][0]["separations"][0]["auc"]["value"].as_f64().unwrap()
    };
    assert!(auc(&before) > 0.6 && auc(&folder) < auc(&before));
}

#[test]
fn retail_by_another_way_of_counting() {
    let place = Place::example("retail");
    place.import(text_of(&retail_file()));
    let date = "2011-09-10";
    let done =
        place.run(&["backtest", "--as-of", date, "--horizon", "90d", "--format", "json"]).expect(0).json();
    // The same by the files alone: grades as they are stored, and events as they lie in the ledger.
    place.run(&["grade", "--as-of", date, "--known-at", "2011-09-10"]).expect(0);
    let all = grades_of(&place.root(), date, true);
    let ids = integers(&all, "customer");
    let scores = decimals(&all, "value_score");
    let scheme = text(&done, "/dates/0/judged/tiers/0/name").to_string();
    let levels = texts(&all, &scheme);
    let ledger = events(&place.root());
    let (identity, kind) = (integers(&ledger, "identity"), texts(&ledger, "kind"));
    let (time, amount, spend) =
        (instants(&ledger, "time"), decimals(&ledger, "amount"), flags(&ledger, "spend"));
    // London: the close of 10 September 2011 (summer) and of 9 December.
    let (from, to) = (1_315_695_600_000_000i64, 1_323_475_200_000_000i64);
    let mut came: BTreeMap<i64, i128> = BTreeMap::new();
    for row in 0..time.len() {
        let is_in = time[row] >= from && time[row] < to;
        if is_in && kind[row].as_deref() == Some("order_line") && spend[row] == Some(true) {
            *came.entry(identity[row].unwrap()).or_default() += amount[row].unwrap_or(0);
        }
    }
    let again: Vec<bool> = ids.iter().map(|id| came.contains_key(&id.unwrap())).collect();
    assert_eq!(number(outcome(&done, "repurchase"), "/n"), ids.len() as u64);
    assert_eq!(
        number(outcome(&done, "repurchase"), "/n_with"),
        again.iter().filter(|it| **it).count() as u64
    );
    let revenue: i128 = ids.iter().filter_map(|id| came.get(&id.unwrap())).sum();
    let told = outcome(&done, "revenue")["total"].as_f64().unwrap();
    assert!((told - revenue as f64 / 10_000.0).abs() < 1e-3, "{told} {revenue}");
    for group in done["dates"][0]["judged"]["tiers"][0]["groups"].as_array().unwrap() {
        let name = text(group, "/name");
        let members: Vec<usize> =
            (0..ids.len()).filter(|at| levels[*at].as_deref().unwrap_or("") == name).collect();
        assert_eq!(number(group, "/n"), members.len() as u64, "{name}");
        let with = members.iter().filter(|at| again[**at]).count() as u64;
        let told =
            group["outcomes"].as_array().unwrap().iter().find(|one| one["outcome"] == "repurchase").unwrap();
        assert_eq!(number(told, "/n_with"), with, "{name}");
    }
    // AUC pair by pair.
    let known: Vec<(i128, bool)> =
        scores.iter().zip(&again).filter_map(|(score, again)| Some(((*score)?, *again))).collect();
    let (mut wins, mut pairs) = (0.0, 0.0);
    for (high, _) in known.iter().filter(|(_, again)| *again) {
        for (low, _) in known.iter().filter(|(_, again)| !again) {
            pairs += 1.0;
            wins += if high > low {
                1.0
            } else if high == low {
                0.5
            } else {
                0.0
            };
        }
    }
    let judged = &done["dates"][0]["judged"]["scores"];
    let own = judged.as_array().unwrap().iter().find(|one| one["score"] == "value_score").unwrap();
    let told = own["separations"][0]["auc"]["value"].as_f64().unwrap();
    assert!((told - wins / pairs).abs() < 1e-12, "{told} {}", wins / pairs);
    assert!(told > 0.7, "the retail score tells who buys again: {told}");
}

#[test]
fn cdnow_as_published() {
    // Fader, Hardie and Lee 2005: the sample's 2,357 customers make 1,882 repeat purchases in weeks 40 to 78.
    let folder = match std::env::var_os("GRADUS_DATA") {
        Some(folder) => std::path::PathBuf::from(folder),
        None => repository().join("../shared/data"),
    };
    let file = folder.join("cdnow/cdnow_sample.csv.gz");
    if !file.exists() {
        println!(
            "skipped: cdnow_sample.csv.gz is not here; name the folder that holds cdnow/ in GRADUS_DATA"
        );
        return;
    }
    let source = "gradus: 1\nfiles: ['cdnow_*.csv.gz']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: sample_customer_id }\n  kind: \"'purchase'\"\n  time: date\n  amount: dollar_value\ncleaning:\n  dates: ['%Y-%m-%d']\n";
    let model = "gradus: 1
indicators:
  days: { kind: active, step: day }
  recency: { kind: days_since }
scorecards:
  value:
    combine: sum
    attributes:
      often: { value: days, bins: [{ below: 2, points: 0 }, { from: 2, below: 4, points: 30 }, { from: 4, points: 60 }] }
      late: { value: recency, bins: [{ below: 60, points: 40 }, { from: 60, below: 150, points: 20 }, { from: 150, points: 0 }] }
tiers:
  value_tier: { by: value, levels: { low: {}, middle: { from: 30 }, high: { from: 70 } } }
validation:
  horizon: 39 weeks
  outcomes:
    days: { title: Days with a purchase, kind: active, counts: value }
    again: { title: Bought again, kind: active }
";
    let settings =
        "gradus: 1\ntime_zone: America/New_York\ncurrency: USD\nregion: US\nclock: last_event\nbuckets: 4\n";
    let place = Place::with(settings, &[("sources/cdnow.yaml", source), ("model/cdnow.yaml", model)]);
    place.import(text_of(&file));
    let done = place.run(&["backtest", "--as-of", "1997-09-30", "--format", "json"]).expect(0).json();
    assert_eq!(text(&done, "/dates/0/until"), "1998-06-30");
    assert_eq!(number(&done, "/dates/0/judged/n_customers"), 2_357);
    assert_eq!(outcome(&done, "days")["total"], 1_882.0);
    let orders = done["dates"][0]["judged"]["tiers"][0]["orders"].as_array().unwrap();
    assert!(orders.iter().all(|one| one["standing"] == "holds"), "{orders:?}");
}

#[test]
fn a_review_names_the_contradiction_and_proposes_a_draft_that_simulate_takes() {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    // Who spends little comes again, who spends much does not: against the points of the card.
    let mut rows = String::from(HEAD);
    for id in 0..200 {
        let amount = if id % 2 == 0 { 10 } else { 120 };
        rows += &format!("a{id},C{id},2024-02-10,2024-02-10,{amount}\n");
        if id % 2 == 0 && id % 10 != 0 {
            rows += &format!("b{id},C{id},2024-04-20,2024-04-20,30\n");
        }
    }
    rows += "last,C0,2024-05-31,2024-05-31,1\n";
    place.import(&place.file("orders1.csv", rows));
    let asked = ["review", "--quarter", "2024-Q2", "--lang", "zh", "--format", "json"];
    let done = place.run(&asked).expect(0).json();
    let review = &done["review"];
    assert_eq!((text(review, "/from"), text(review, "/until")), ("2024-03-31", "2024-05-31"));
    assert_eq!(review["is_over"], false);
    let said: Vec<&str> =
        review["contradictions"].as_array().unwrap().iter().map(|one| text(one, "/zh")).collect();
    assert!(said.iter().any(|one| one.contains("gold的复购率（0.0%）不如basic（81.0%）")), "{said:?}");
    let proposal = &review["proposals"][0];
    assert_eq!(text(proposal, "/attribute"), "value.money");
    let points: Vec<&Value> = proposal["change"]["points"].as_array().unwrap().iter().collect();
    assert_eq!(points.len(), 2, "{proposal:#}");
    assert!(points.iter().all(|one| one[1].to_string().trim_matches('"') == "25"), "{points:?}");
    assert_eq!(done["draft_revision"], Value::Null);
    let [html, markdown] = ["html", "md"].map(|ending| {
        let path = place.root().join(format!("reports/review-2024-Q2.zh.{ending}"));
        std::fs::read_to_string(path).unwrap()
    });
    assert!(html.contains("季度尚未结束") && html.contains("建议都给 25 分") && !html.contains("<script"));
    assert_eq!(html.matches("<svg").count(), html.matches("</svg>").count());
    assert!(markdown.starts_with("# 2024-Q2 季度复盘") && markdown.contains("| --- |"), "{markdown}");
    // The draft is what simulate takes, and gold is gone from it.
    place.run(&[&asked[..], &["--draft"]].concat()).expect(0);
    let simulated =
        place.run(&["simulate", "draft", "--as-of", "2024-05-31", "--format", "json"]).expect(0).json();
    let gold = simulated["tiers"].as_array().unwrap().iter().find(|one| one["level"] == "gold").unwrap();
    assert_eq!((number(gold, "/before"), number(gold, "/count")), (100, 0), "{gold:#}");
    // A second one does not take its place without being told to.
    place.run(&[&asked[..], &["--draft"]].concat()).expect(1);
    place.run(&[&asked[..], &["--draft", "--replace-draft"]].concat()).expect(0);
    let ran = place.run(&["review", "--quarter", "2024-Q4"]).expect(1);
    assert!(ran.err.contains("2024-Q2 at the latest"), "{}", ran.err);
}

#[test]
fn drift_is_measured_between_two_gradings() {
    let place = place();
    let ran = place.run(&["drift"]).expect(1);
    assert!(ran.err.contains("gradus grade"), "{}", ran.err);
    place.run(&["grade", "--as-of", "2024-03-31"]).expect(0);
    let ran = place.run(&["drift"]).expect(1);
    assert!(ran.err.contains("before 2024-03-31"), "{}", ran.err);
    place.run(&["grade", "--as-of", "2024-04-30"]).expect(0);
    // Which of the two is not there, and how to find one that is.
    for (arguments, which) in [
        (["drift", "--to", "999"], "要看的评级“999”不存在"),
        (["drift", "--from", "1"], "用来比较的评级“1”不存在"),
    ] {
        let ran = place.run(&[&["--lang", "zh"], &arguments[..]].concat()).expect(1);
        assert!(ran.err.contains(which) && ran.err.contains("gradus runs"), "{}", ran.err);
    }
    let none = place.run(&["backtest", "--dates", "0", "--horizon", "30d"]).expect(1);
    assert!(none.err.contains("instants"), "{}", none.err);
    let found = place.run(&["drift", "--format", "json"]).expect(0).json();
    assert_eq!((text(&found, "/from/as_of"), text(&found, "/to/as_of")), ("2024-03-31", "2024-04-30"));
    let tier = found["all"].as_array().unwrap().iter().find(|one| one["name"] == "member").unwrap();
    // By hand from the counts of the levels.
    let levels = |as_of: &str| -> BTreeMap<String, f64> {
        let mut counts = BTreeMap::new();
        for level in texts(&grades_of(&place.root(), as_of, false), "member") {
            *counts.entry(level.unwrap()).or_insert(0.0) += 1.0 / 60.0;
        }
        counts
    };
    let (then, now) = (levels("2024-03-31"), levels("2024-04-30"));
    let psi: f64 = ["basic", "silver", "gold"]
        .iter()
        .map(|level| {
            let share = |of: &BTreeMap<String, f64>| of.get(*level).copied().unwrap_or(0.0).max(1e-4);
            (share(&now) - share(&then)) * (share(&now) / share(&then)).ln()
        })
        .sum();
    let told = tier["psi"].as_f64().unwrap();
    assert!(psi > 0.1 && (told - psi).abs() < 1e-9, "{told} {psi}");
    assert_eq!(tier["band"], if psi >= 0.25 { "shifted" } else { "watch" });
    // It is in the report, beside the flow of the levels.
    let page = place.root().join("report.html");
    place.run(&["report", "--lang", "zh", "-o", text_of(&page)]).expect(0);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("人群稳定性（PSI）") && page.contains("带的宽度是人数"));
}

#[test]
fn a_challenger_grades_in_shadow_and_changes_nobody() {
    let place = place();
    let ran = place.run(&["challenger", "show"]).expect(1);
    assert!(ran.err.contains("gradus challenger set"), "{}", ran.err);
    // A version by which silver begins later; it is approved by nobody, and graded by all the same.
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("model")).unwrap();
    let other = MODEL.replace("silver: { from: 20 }", "silver: { from: 40 }");
    std::fs::write(folder.path().join("model/m.yaml"), other).unwrap();
    place.run(&["apply", text_of(folder.path()), "--submit", "later silver"]).expect(0);
    place.run(&["challenger", "set", "1"]).expect(0);
    place.run(&["challenger", "set", "99"]).expect(1);
    place.run(&["grade", "--as-of", "2024-03-31"]).expect(0);
    let found = place.run(&["challenger", "show", "--limit", "1000", "--format", "json"]).expect(0).json();
    assert_eq!((number(&found, "/challenger"), text(&found, "/as_of")), (1, "2024-03-31"));
    // By hand: who is silver in force is basic by the challenger, and nobody else moves.
    let all = grades_of(&place.root(), "2024-03-31", false);
    let (ids, levels) = (integers(&all, "customer"), texts(&all, "member"));
    let mut silver: Vec<String> = ids
        .iter()
        .zip(&levels)
        .filter(|(_, level)| level.as_deref() == Some("silver"))
        .map(|(id, _)| id.unwrap().to_string())
        .collect();
    silver.sort();
    let listed = found["customers"].as_array().unwrap();
    let mut told: Vec<String> = listed.iter().map(|one| text(one, "/customer").to_string()).collect();
    told.sort();
    assert!(!silver.is_empty());
    assert_eq!(told, silver);
    assert!(
        listed.iter().all(|one| (text(one, "/champion"), text(one, "/challenger")) == ("silver", "basic"))
    );
    assert_eq!(number(&found, "/schemes/0/n_lower"), silver.len() as u64);
    // The two differ in one cut, and it is said which.
    assert_eq!(found["schemes"][0]["same_values"], true);
    assert_eq!(
        found["schemes"][0]["cuts"],
        serde_json::json!([{ "level": "silver", "champion": 20.0, "challenger": 40.0 }])
    );
    let said = place.run(&["challenger", "show", "--lang", "zh"]).expect(0).out;
    assert!(said.contains("每位客户的值都相同；分界 silver 20 → 40"), "{said}");
    // Page by page the same, each once.
    let (mut pages, mut after) = (Vec::new(), None::<String>);
    loop {
        let mut asked = vec!["challenger", "show", "--limit", "2", "--format", "json"];
        if let Some(after) = &after {
            asked.extend(["--after", after]);
        }
        let page = place.run(&asked).expect(0).json();
        pages.extend(
            page["customers"].as_array().unwrap().iter().map(|one| text(one, "/customer").to_string()),
        );
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_string()),
            None => break,
        }
    }
    pages.sort();
    assert_eq!(pages, silver);
    place.run(&["challenger", "off"]).expect(0);
}

#[test]
fn the_score_beside_a_level_is_that_of_its_decision() {
    let model = MODEL.replace("by: value,", "by: value, decide: monthly,");
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", &model)]);
    place.import(&place.file("orders1.csv", rows()));
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("model")).unwrap();
    let other = model.replace("silver: { from: 20 }", "silver: { from: 40 }");
    std::fs::write(folder.path().join("model/m.yaml"), other).unwrap();
    place.run(&["apply", text_of(folder.path()), "--submit", "later silver"]).expect(0);
    place.run(&["challenger", "set", "1"]).expect(0);
    // Levels of 25 April are those of the end of March; what was bought on 20 April counts at the end of April.
    place.run(&["grade", "--as-of", "2024-03-31"]).expect(0);
    place.run(&["grade", "--as-of", "2024-04-25"]).expect(0);
    let scores = |as_of: &str| -> BTreeMap<i64, f64> {
        let all = grades_of(&place.root(), as_of, false);
        let scores = decimals(&all, "value").into_iter().map(|score| score.unwrap() as f64 / 1e4);
        integers(&all, "customer").into_iter().flatten().zip(scores).collect()
    };
    let (then, now) = (scores("2024-03-31"), scores("2024-04-25"));
    let found = place.run(&["challenger", "show", "--limit", "1000", "--format", "json"]).expect(0).json();
    assert_eq!(text(&found, "/as_of"), "2024-04-25");
    assert_eq!(
        (text(&found, "/schemes/0/champion_decided"), text(&found, "/schemes/0/challenger_decided")),
        ("2024-03-31", "2024-03-31")
    );
    let (mut n, mut n_moved) = (0, 0);
    for one in found["customers"].as_array().unwrap() {
        let customer: i64 = text(one, "/customer").parse().unwrap();
        for side in ["champion_score", "challenger_score"] {
            assert_eq!(one[side].as_f64(), Some(then[&customer]), "{one}");
        }
        assert!((20.0..40.0).contains(&then[&customer]), "silver in force, and not by the challenger: {one}");
        n += 1;
        n_moved += u64::from(then[&customer] != now[&customer]);
    }
    assert!(n > 5 && n_moved > 0, "{n} {n_moved}");
}

#[test]
fn a_seeded_share_keeps_the_tiers_of_the_version_before() {
    let place = place();
    place.alone();
    // Version 1 is the model as it is, version 2 lets silver begin later; both come into force in turn.
    for (number, model) in
        [(1, MODEL.to_string()), (2, MODEL.replace("silver: { from: 20 }", "silver: { from: 40 }"))]
    {
        let folder = tempfile::TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("model")).unwrap();
        std::fs::write(folder.path().join("model/m.yaml"), model).unwrap();
        place.run(&["apply", text_of(folder.path()), "--submit", "n", "--replace-draft"]).expect(0);
        let number = number.to_string();
        place.run(&["versions", "approve", &number]).expect(0);
        place.run(&["versions", "publish", &number]).expect(0);
    }
    let grade = || place.run(&["grade", "--as-of", "2024-07-31", "--format", "json"]).expect(0).json();
    assert_eq!(number(&grade(), "/version"), 2);
    let levels = || -> BTreeMap<i64, String> {
        let all = grades_of(&place.root(), "2024-07-31", false);
        // Both versions' tables lie there; the newest grading is that of the version in force.
        integers(&all, "customer")
            .into_iter()
            .flatten()
            .zip(texts(&all, "member").into_iter().flatten())
            .collect()
    };
    let by_new = levels();
    let ran = place.run(&["hold-out", "begin", "--version", "1", "--share", "0.9"]).expect(1);
    assert!(ran.err.contains("0.5 at most"), "{}", ran.err);
    let begun = ["hold-out", "begin", "--version", "1", "--share", "0.4", "--seed", "7", "--format", "json"];
    assert_eq!(text(&place.run(&begun).expect(0).json(), "/from"), "2024-07-31");
    place.run(&begun).expect(1);
    grade();
    let with_holdout = levels();
    let moved: Vec<i64> = by_new.keys().copied().filter(|id| by_new[id] != with_holdout[id]).collect();
    // Who moved is held, was basic by the new version, and is silver by the old one; of those whom the two
    // versions see differently about two fifths are held.
    assert!(moved.iter().all(|id| (by_new[id].as_str(), with_holdout[id].as_str()) == ("basic", "silver")));
    let shown = place
        .run(&["backtest", "--version", "1", "--as-of", "2024-05-02", "--format", "json"])
        .expect(0)
        .json();
    assert!(number(&shown, "/version") == 1);
    let listed = place.run(&["versions", "list", "--lang", "zh"]).expect(0).out;
    assert!(listed.contains("回测 2024-05-02 至 2024-07-31：收入人均"), "{listed}");
    assert!((1..12).contains(&moved.len()), "of twelve whom the versions see differently: {moved:?}");
    // Explained as it is stored.
    let one = format!("#{}", moved[0]);
    let explained = place.run(&["explain", &one, "--as-of", "2024-07-31", "--format", "json"]).expect(0).out;
    assert!(explained.contains("silver"), "{explained}");
    let said = place.run(&["explain", &one, "--as-of", "2024-07-31", "--lang", "zh"]).expect(0).out;
    assert!(said.contains("分级对照：保留版本 1 给的等级"), "{said}");
    // Grading again changes nobody, and the end gives everybody the new tier.
    grade();
    assert_eq!(levels(), with_holdout);
    let ran = place.run(&["hold-out", "effect"]).expect(1);
    assert!(ran.err.contains("nothing has happened since"), "{}", ran.err);
    // A month later: those on the new tiers bought, those on the old ones did not.
    let mut rows = String::from(HEAD);
    for id in 0..60 {
        rows += &format!("c{id},C{id},2024-08-20,2024-08-20,{}\n", 10 + id);
    }
    place.import(&place.file("orders3.csv", rows));
    let found = place.run(&["hold-out", "effect", "--format", "json"]).expect(0).json();
    assert_eq!((text(&found, "/as_of"), text(&found, "/until")), ("2024-07-31", "2024-08-20"));
    assert_eq!(number(&found, "/n_customers"), 60);
    let again =
        found["effects"].as_array().unwrap().iter().find(|one| one["outcome"] == "repurchase").unwrap();
    // Everybody came back, whatever their tiers: no difference is claimed.
    assert_eq!((number(again, "/n_new") + number(again, "/n_old"), again["p"].as_f64()), (60, Some(1.0)));
    let said = place.run(&["hold-out", "effect", "--lang", "zh"]).expect(0).out;
    assert!(said.contains("保留版本 1 的等级") && said.contains("复购率"), "{said}");
    place.run(&["hold-out", "end"]).expect(0);
    place.run(&["hold-out", "end"]).expect(1);
    let later = place.run(&["grade", "--as-of", "2024-08-21", "--format", "json"]).expect(0).json();
    assert_eq!(number(&later, "/version"), 2);
}
