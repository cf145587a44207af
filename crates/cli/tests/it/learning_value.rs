//! Lifetime value from the outside: published numbers through the whole line, refusals, the draft, every face once.

use std::path::PathBuf;

use serde_json::Value;

use crate::ledger_files::{decimals, grades};
use crate::support::{Place, number, repository, text, text_of};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: America/New_York\ncurrency: USD\nregion: US\nclock: last_event\nbuckets: 4\n";

/// The published sample, which is no part of the repository.
fn cdnow() -> Option<PathBuf> {
    let folder = match std::env::var_os("GRADUS_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => repository().join("../shared/data"),
    };
    let path = folder.join("cdnow/cdnow_sample.csv.gz");
    if !path.exists() {
        println!(
            "skipped: cdnow_sample.csv.gz is not here; name the folder that holds cdnow/ in GRADUS_DATA"
        );
        return None;
    }
    Some(path)
}

fn near(found: &Value, expected: f64, tolerance: f64, of: &str) {
    let found = found.as_f64().unwrap_or(f64::NAN);
    assert!((found / expected - 1.0).abs() <= tolerance, "{of}: {found} is not {expected}");
}

fn parameter(fit: &Value, name: &str) -> Value {
    let all = fit["parameters"].as_array().unwrap();
    all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name} in {fit}"))["value"]
        .clone()
}

#[test]
fn cdnow_is_what_was_published_through_the_whole_line() {
    let Some(file) = cdnow() else { return };
    let source = "gradus: 1\nfiles: ['cdnow_*.csv.gz']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: sample_customer_id }\n  kind: \"'purchase'\"\n  time: date\n  amount: dollar_value\ncleaning:\n  dates: ['%Y-%m-%d']\n";
    let model = "gradus: 1
predictions:
  clv:
    lifetime: { purchases: kind = 'purchase', horizon: 39 weeks }
";
    let place = Place::with(SETTINGS, &[("sources/cdnow.yaml", source), ("model/cdnow.yaml", model)]);
    place.import(text_of(&file));
    let learned = place
        .run(&["learn", "clv", "--as-of", "1998-06-30", "--hold-out", "39 weeks", "--format", "json"])
        .expect(0)
        .json();
    let held_out = &learned["learned"]["held_out"];
    // Fader, Hardie and Lee 2005: weeks 40 to 78.
    assert_eq!((text(held_out, "/from"), text(held_out, "/until")), ("1997-09-30", "1998-06-30"));
    assert_eq!(number(held_out, "/n_customers"), 2_357);
    assert_eq!(held_out["actual"], 1_882.0);
    near(&held_out["expected"], 1_653.41, 1e-3, "expected purchases");
    near(&held_out["mean_absolute"], 0.78545, 1e-3, "mean absolute error");
    near(&held_out["root_mean_square"], 1.60798, 1e-3, "root mean square error");
    let points = held_out["points"].as_array().unwrap();
    assert_eq!(points.last().unwrap()["until"], "1998-06-30");
    let page = std::fs::read_to_string(text(&learned, "/file")).unwrap();
    assert!(page.contains("<svg") && page.contains("held against what came"), "{page}");

    let learned = place.run(&["learn", "clv", "--as-of", "1997-09-30", "--format", "json"]).expect(0).json();
    let fit = &learned["learned"]["lifetime"];
    assert_eq!(text(fit, "/status/is"), "converged");
    for (name, published) in [("r", 0.2425945), ("alpha", 4.413602), ("a", 0.792922), ("b", 2.425907)] {
        near(&parameter(fit, name), published, 1e-3, name);
    }
    near(&fit["log_likelihood"], -9_582.42921, 1e-6, "ln L");
    assert_eq!((number(fit, "/n"), number(fit, "/n_repeaters")), (2_357, 946));
    // Note 025, means unrounded.
    for (name, published) in [("p", 6.24957), ("q", 3.74422), ("v", 15.44352)] {
        near(&parameter(&fit["spend"], name), published, 2e-3, name);
    }
    // The customer of the published sheet: x = 2, t_x = 30.43, T = 38.86.
    place.run(&["grade", "--as-of", "1997-09-30"]).expect(0);
    let all = grades(&place.root(), "1997-09-30");
    let purchases = decimals(&all, "clv_purchases");
    assert!(purchases.iter().flatten().any(|one| (*one - 12_259).abs() <= 10), "1.226 is among them");
    assert_eq!(purchases.iter().flatten().count(), 2_357);
    let explained = place.run(&["explain", "0001", "--as-of", "1997-09-30"]).expect(0);
    assert!(
        explained.out.contains("to date;") && explained.out.contains("39 weeks (discounted at 10 % a year)")
    );
}

const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: kind\n  time: day\n  amount: amount\n  message_id: message\n";
const MODEL: &str = "gradus: 1
indicators:
  spend: { title: Spend, kind: sum, of: amount, where: kind = 'order' }
  orders: { title: Orders, kind: count, where: kind = 'order' }
predictions:
  clv:
    title: { zh: 终身价值, en: Lifetime value }
    lifetime: { purchases: kind = 'order', value: amount, margin: 0.5 }
tiers:
  worth: { by: clv, levels: { low: {}, high: { from: 30 } } }
segments:
  leaving: { base: everyone, where: clv_alive < 0.5 }
";

/// Two hundred customers who come for a while at times of their own.
fn shoppers() -> String {
    let mut out = String::from("message,id,kind,day,amount\n");
    let mut chance = 7u64;
    let mut below = |limit: u64| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) % limit
    };
    for id in 0..200 {
        let mut day = below(200) as i64;
        let pace = 3 + below(60);
        let mut order = 0;
        loop {
            let date = date_of(day);
            out += &format!("m{id}-{order},C{id},order,{date},{}\n", 10 + below(90));
            day += 1 + below(2 * pace) as i64;
            order += 1;
            if day > 364 || below(5) == 0 {
                break;
            }
        }
    }
    out + "last,C0,visit,2024-12-31,0\n"
}

/// A day of 2024, from 0.
fn date_of(mut day: i64) -> String {
    let months = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    for (month, days) in (1..).zip(months) {
        if day < days {
            return format!("2024-{month:02}-{:02}", day + 1);
        }
        day -= days;
    }
    "2024-12-31".to_string()
}

fn place(model: &str, rows: String) -> Place {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", model)]);
    place.import(&place.file("orders1.csv", rows));
    place
}

#[test]
fn two_hundred_customers_go_through_every_face() {
    let place = place(MODEL, shoppers());
    place.run(&["check"]).expect(0);
    place.run(&["grade", "--as-of", "2024-09-30..2024-12-31", "--every", "month"]).expect(0);
    let all = grades(&place.root(), "2024-12-31");
    for column in ["clv", "clv_low", "clv_high", "clv_alive", "clv_purchases", "clv_to_date"] {
        assert_eq!(decimals(&all, column).iter().flatten().count(), 200, "{column}");
    }
    // Graded again it is the same, from stored indicators or anew.
    place.run(&["grade", "--as-of", "2024-12-31"]).expect(0);
    let again = grades(&place.root(), "2024-12-31");
    assert_eq!(decimals(&again, "clv_high"), decimals(&all, "clv_high"));
    let explained = place.run(&["explain", "C3", "--lang", "zh"]).expect(0);
    assert!(
        explained.out.contains("至今带来") && explained.out.contains("仍是客户的概率"),
        "{}",
        explained.out
    );
    let told = place.run(&["history", "C3", "--lang", "zh"]).expect(0).out;
    assert!(told.lines().any(|line| line.contains("仍活跃概率") && line.ends_with('%')), "{told}");
    let explained = place.run(&["explain", "C3", "--format", "json"]).expect(0).json();
    assert_eq!(text(&explained, "/predictions/0/kind"), "lifetime");
    assert!(explained["predictions"][0]["lines"].as_array().unwrap().len() >= 4);
    let csv = place.root().join("out.csv");
    place.run(&["export", text_of(&csv)]).expect(0);
    let csv = std::fs::read_to_string(csv).unwrap();
    assert!(csv.lines().next().unwrap().contains("Lifetime value") || csv.contains("clv"), "{csv:.200}");
    place.run(&["backtest", "--as-of", "2024-09-30", "--horizon", "90d", "--format", "json"]).expect(0);
    place.run(&["report"]).expect(0);
    let learned =
        place.run(&["learn", "clv", "--write", "worth_more", "--margin", "0.4", "--format", "json"]);
    let learned = learned.expect(0).json();
    assert!(learned["draft_revision"].as_i64().is_some_and(|revision| revision > 0), "{learned}");
    assert!(learned["learned"]["words"][1]["en"].as_str().unwrap().contains("95 % interval"));
    let simulated = place.run(&["simulate", "draft", "--format", "json"]).expect(0);
    drop(simulated);
}

#[test]
fn fees_by_the_month_are_refused_with_the_reason_and_the_way_out() {
    let mut rows = String::from("message,id,kind,day,amount\n");
    for id in 0..60 {
        for month in 1..=(4 + id % 8) {
            rows += &format!("m{id}-{month},C{id},order,2024-{month:02}-{:02},30\n", 1 + id % 28);
        }
    }
    rows += "last,C0,visit,2024-12-31,0\n";
    let place = place(MODEL, rows);
    let graded = place.run(&["grade", "--lang", "en"]).expect(0);
    assert!(graded.err.contains("fixed intervals") && graded.err.contains("contract"), "{}", graded.err);
    let learned = place.run(&["learn", "clv", "--format", "json"]).expect(1).json();
    assert_eq!(text(&learned, "/learned/lifetime/status/is"), "contractual");
    assert_eq!(learned["learned"]["refused"], true);
    let all = grades(&place.root(), "2024-12-31");
    assert_eq!(decimals(&all, "clv").iter().flatten().count(), 0);
    assert_eq!(decimals(&all, "clv_to_date").iter().flatten().count(), 60);
}

#[test]
fn what_is_wrong_names_its_place_and_what_would_be_right() {
    let wrong = MODEL.replace("value: amount, margin: 0.5", "value: amuont, margin: 1.5, discount: 0.1");
    let place = place(MODEL, shoppers());
    std::fs::write(place.root().join("model/m.yaml"), wrong).unwrap();
    let checked = place.run(&["check", "--lang", "en"]).expect(1);
    assert!(checked.err.contains("predictions.clv.lifetime.value"), "{}", checked.err);
    assert!(checked.err.contains("prediction-share"), "{}", checked.err);
    assert!(checked.err.contains("between 0 and 1"), "{}", checked.err);
    let place = place_of_nobody();
    let learned = place.run(&["learn", "clv", "--prediction", "nothing", "--lang", "en"]).expect(1);
    assert!(
        learned.err.contains("there is no prediction of lifetime value named `nothing`"),
        "{}",
        learned.err
    );
}

fn place_of_nobody() -> Place {
    place("gradus: 1\nindicators:\n  spend: { kind: sum, of: amount }\n", shoppers())
}

/// Three hundred members who pay once a year; each stays with a chance of their own.
fn members() -> String {
    let mut out = String::from("message,id,kind,day,amount\n");
    let mut chance = 11u64;
    let mut below = |limit: u64| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) % limit
    };
    for id in 0..300u64 {
        let (mut year, month) = (2019 + below(5), 1 + below(12));
        let (leaves, fee) = (5 + below(60), 200 + below(100));
        let mut term = 0;
        while year < 2025 {
            out += &format!(
                "m{id}-{term},M{id},order,{year}-{month:02}-{:02},{}\n",
                1 + id % 28,
                fee + below(20)
            );
            if below(100) < leaves {
                break;
            }
            year += 1;
            term += 1;
        }
    }
    out + "last,M0,visit,2024-12-31,0\n"
}

const NO_PREDICTION: &str = "gradus: 1
indicators:
  orders: { title: Orders, kind: count, where: kind = 'order' }
";

#[test]
fn a_contract_that_the_model_does_not_have_is_learned_held_out_and_written() {
    let place = place(NO_PREDICTION, members());
    let asked = ["learn", "clv", "--contract", "kind = 'order'", "--term", "1 year", "--grace", "1 month"];
    let learned = place.run(&[&asked[..], &["--write", "members", "--format", "json"][..]].concat());
    let learned = learned.expect(0).json();
    assert!(learned["draft_revision"].as_i64().is_some_and(|revision| revision > 0), "{learned}");
    let contract = &learned["learned"]["contract"];
    assert_eq!(number(contract, "/n"), 300);
    assert_eq!(text(contract, "/status/is"), "converged");
    assert_eq!(text(&learned, "/learned/written/contract/terms"), "kind = 'order'");
    let held_out = &learned["learned"]["held_out"];
    let (expected, actual) = (held_out["expected"].as_f64().unwrap(), held_out["actual"].as_f64().unwrap());
    assert!(actual > 30.0 && (expected / actual - 1.0).abs() < 0.35, "{expected} against {actual}");
    let renewals = held_out["renewals"].as_array().unwrap();
    assert!(renewals.len() > 1 && renewals[0]["renewal"] == 1, "{renewals:?}");
    let renewed: i64 = renewals.iter().map(|one| one["actual"].as_i64().unwrap()).sum();
    assert!(renewed > 0 && renewed as f64 <= actual, "{renewals:?}");
    // What is written is found again, and learns the same.
    let again =
        place.run(&["learn", "clv", "--model", "draft", "--prediction", "members", "--format", "json"]);
    let again = again.expect(0).json();
    assert_eq!(again["learned"]["contract"]["parameters"], contract["parameters"]);
    let said = place.run(&[&asked[..], &["--lang", "en"][..]].concat()).expect(0);
    assert!(said.out.contains("held out: renewal") && said.out.contains("single contracts"), "{}", said.out);
    let page = std::fs::read_to_string(text(&learned, "/file")).unwrap();
    assert!(page.contains("Renewals so far") || page.contains("累计续约"), "{page:.400}");
}

#[test]
fn options_that_the_prediction_does_not_have_are_refused() {
    let place = place(MODEL, shoppers());
    let of_purchases =
        place.run(&["learn", "clv", "--prediction", "clv", "--term", "1 year", "--lang", "en"]);
    let of_purchases = of_purchases.expect(1);
    assert!(of_purchases.err.contains("has no options of a contract"), "{}", of_purchases.err);
    let contract = ["learn", "clv", "--contract", "kind = 'order'", "--lang", "en"];
    let both =
        place.run(&[&contract[..], &["--term", "1 year", "--kind", "mbg_nbd", "--costs", "1"][..]].concat());
    let both = both.expect(1);
    assert_eq!(both.err.matches("under contract has no such option").count(), 2, "{}", both.err);
    let unsaid = place.run(&contract).expect(1);
    assert!(unsaid.err.contains("how long a term is"), "{}", unsaid.err);
    let wrong = place.run(&["learn", "clv", "--contract", "nix = 1", "--term", "1 month", "--lang", "en"]);
    let wrong = wrong.expect(1);
    assert!(wrong.err.contains("contract") && !wrong.err.contains("learned_days"), "{}", wrong.err);
}

#[test]
fn what_a_purchase_is_is_taken_from_the_models_orders_where_nothing_is_spend() {
    let by_orders = place(NO_PREDICTION, shoppers());
    let learned = by_orders.run(&["learn", "clv", "--format", "json"]).expect(0).json();
    assert_eq!(number(&learned, "/learned/lifetime/n"), 200);
    assert_eq!(text(&learned, "/learned/written/lifetime/purchases"), "kind = 'order'");
    let nothing = place_of_nobody().run(&["learn", "clv", "--lang", "en"]).expect(1);
    assert!(nothing.err.contains("no event counts as `spend`"), "{}", nothing.err);
    assert!(nothing.err.contains("--purchases"), "{}", nothing.err);
}
