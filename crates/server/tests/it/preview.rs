//! `/preview`, `/indicators`, `/simulate`: what a change does, before and after it is made.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Answer, CUSTOMERS, House, orders_and_amount, value_model};

async fn post(house: &House, cookie: &str, path: &str, body: Value) -> Answer {
    house.ask(Method::POST, &format!("/api/v1{path}"), Some(cookie), Some(body)).await
}

async fn preview(house: &House, cookie: &str, document: &Value) -> Value {
    let body = json!({ "document": document, "scorecard": "value", "scheme": "member", "grouping": "rfm" });
    let answer = post(house, cookie, "/preview/model", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{:#}", answer.body);
    answer.body
}

/// Counts by level, and those before.
fn levels(preview: &Value) -> Vec<(String, u64, u64)> {
    let of = |one: &Value| {
        (
            one["level"].as_str().unwrap().to_string(),
            one["count"].as_u64().unwrap(),
            one["before"].as_u64().unwrap(),
        )
    };
    preview["tiers"].as_array().unwrap().iter().map(of).collect()
}

/// The level of every customer.
async fn everybody(house: &House, cookie: &str) -> BTreeMap<String, String> {
    let listed = post(house, cookie, "/customers/search", json!({ "limit": 1000 })).await;
    assert_eq!(listed.status, StatusCode::OK, "{:?}", listed.body);
    let of = |one: &Value| {
        (
            one["customer"].as_str().unwrap().to_string(),
            one["tiers"]["member"].as_str().unwrap_or("").to_string(),
        )
    };
    listed.body["items"].as_array().unwrap().iter().map(of).collect()
}

#[tokio::test]
async fn a_weight_that_is_dragged_moves_customers_at_once() {
    let (house, cookie) = House::graded().await;
    let unchanged = preview(&house, &cookie, &value_model()).await;
    assert_eq!(
        (&unchanged["up"], &unchanged["down"], &unchanged["needs_fold"]),
        (&json!(0), &json!(0), &json!(false))
    );
    let now = levels(&unchanged);
    assert_eq!(
        now.iter().map(|one| one.0.as_str()).collect::<Vec<_>>(),
        ["silver", "gold", "platinum", "black", ""]
    );
    assert!(now.iter().all(|(_, count, before)| count == before), "{now:?}");
    assert!(now[..4].iter().all(|(_, count, _)| *count >= 20), "every level is populated: {now:?}");
    assert_eq!(now.iter().map(|one| one.1).sum::<u64>(), CUSTOMERS as u64);
    let mut changed = value_model();
    changed["scorecards"]["value"]["attributes"]["spend"]["weight"] = json!(0.2);
    changed["scorecards"]["value"]["attributes"]["orders"]["weight"] = json!(0.8);
    let then = preview(&house, &cookie, &changed).await;
    let (up, down) = (then["up"].as_u64().unwrap(), then["down"].as_u64().unwrap());
    assert!(up > 10 && down > 10, "{up} rise, {down} fall");
    // The matrix adds up to everybody, by rows to what was and by columns to what will be.
    let sum = |which: &str, level: &str| {
        let cells = then["matrix"].as_array().unwrap().iter().filter(|cell| cell[which] == level);
        cells.map(|cell| cell["count"].as_u64().unwrap()).sum::<u64>()
    };
    for (level, count, before) in levels(&then) {
        assert_eq!((sum("to", &level), sum("from", &level)), (count, before), "{level}");
    }
    let bars = then["score"]["histogram"].as_array().unwrap();
    let total = |of: &str| bars.iter().map(|bar| bar[of].as_u64().unwrap()).sum::<u64>();
    assert_eq!((total("count"), total("before")), (CUSTOMERS as u64, CUSTOMERS as u64));
    assert_ne!(
        bars.iter().map(|bar| &bar["count"]).collect::<Vec<_>>(),
        bars.iter().map(|bar| &bar["before"]).collect::<Vec<_>>()
    );
    // The bins of an attribute are counted by what the customers are.
    let orders = then["attributes"].as_array().unwrap().iter().find(|one| one["name"] == "orders").unwrap();
    let counted: Vec<u64> =
        orders["bins"].as_array().unwrap().iter().map(|bin| bin["count"].as_u64().unwrap()).collect();
    let among = |from: usize, below: usize| {
        (0..CUSTOMERS).filter(|c| (from..below).contains(&orders_and_amount(*c).0)).count() as u64
    };
    assert_eq!(counted, [among(0, 3), among(3, 5), among(5, 8), among(8, 100)]);
    assert_eq!(
        then["groups"].as_array().unwrap().iter().map(|one| one["count"].as_u64().unwrap()).sum::<u64>(),
        CUSTOMERS as u64
    );
    // Who is closest to a cut comes first.
    let distances: Vec<f64> = then["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| edge["distance"].as_f64().unwrap().abs())
        .collect();
    assert!(distances.len() == 10 && distances.is_sorted(), "{distances:?}");
    // One customer's statement adds up.
    let customer = then["edges"][0]["customer"].clone();
    let body = json!({ "document": changed, "scorecard": "value", "customer": customer });
    let one = post(&house, &cookie, "/preview/model", body).await;
    let lines = one.body["statement"]["lines"].as_array().unwrap();
    let sum: f64 = lines.iter().map(|line| line["amount"].as_f64().unwrap()).sum();
    assert!(
        (sum - one.body["statement"]["total"].as_f64().unwrap()).abs() < 1e-9,
        "{:#}",
        one.body["statement"]
    );
    // What is wrong elsewhere in the document does not keep one from looking.
    changed["segments"]["large"]["where"] = json!("spnd > 1");
    assert_eq!(levels(&preview(&house, &cookie, &changed).await), levels(&then));
    changed["scorecards"]["value"]["attributes"]["spend"]["value"] = json!("spnd");
    let body = json!({ "document": changed, "scorecard": "value" });
    let wrong = post(&house, &cookie, "/preview/model", body).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let unknown =
        post(&house, &cookie, "/preview/model", json!({ "document": value_model(), "scheme": "nobody" }))
            .await;
    assert_eq!(
        (unknown.status, &unknown.body["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("unknown-name"))
    );
}

#[tokio::test]
async fn an_indicator_that_was_never_graded_is_folded() {
    let (house, cookie) = House::graded().await;
    let mut document = value_model();
    document["indicators"]["largest"] =
        json!({ "title": { "zh": "最大单", "en": "Largest" }, "kind": "max", "of": "amount" });
    document["scorecards"]["value"]["attributes"]["spend"]["value"] = json!("largest");
    let then = preview(&house, &cookie, &document).await;
    assert!(then["down"].as_u64().unwrap() > 0, "{:#}", then["tiers"]);
    let body = json!({ "document": document, "name": "largest" });
    let seen = post(&house, &cookie, "/preview/indicator", body).await;
    assert_eq!(seen.status, StatusCode::OK, "{:?}", seen.body);
    assert_eq!(seen.body["words"], json!({ "zh": "金额 的最大值", "en": "greatest amount" }));
    assert_eq!(
        seen.body["used_by"],
        json!([{ "kind": { "zh": "评分卡", "en": "scorecard" }, "name": "value" }])
    );
    let bins = seen.body["distribution"]["bins"].as_array().unwrap();
    assert_eq!(bins.iter().map(|bin| bin["count"].as_u64().unwrap()).sum::<u64>(), CUSTOMERS as u64);
    let greatest = (0..CUSTOMERS).map(|customer| orders_and_amount(customer).1).max().unwrap() as f64;
    assert_eq!(
        seen.body["distribution"]["quantiles"].as_array().unwrap().last().unwrap(),
        &json!({ "q": 1.0, "value": greatest })
    );
    let stored = house.ask(Method::GET, "/api/v1/indicators/spend", Some(&cookie), None).await;
    assert_eq!((stored.status, &stored.body["title"]["en"]), (StatusCode::OK, &json!("Spend")));
    let missing = house.ask(Method::GET, "/api/v1/indicators/largest", Some(&cookie), None).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_segment_is_counted_while_it_is_typed() {
    let (house, cookie) = House::graded().await;
    let matching = |customer: &usize| {
        let (orders, amount) = orders_and_amount(*customer);
        (orders >= 5, orders >= 5 && orders * amount >= 500)
    };
    let (base, count) =
        (0..CUSTOMERS).map(|customer| matching(&customer)).fold((0, 0), |(base, count), (in_base, is_in)| {
            (base + usize::from(in_base), count + usize::from(is_in))
        });
    let condition =
        json!({ "all": [{ "value": "spend", "at_least": 500 }, { "value": "orders", "at_least": 1 }] });
    let seen =
        post(&house, &cookie, "/preview/segment", json!({ "base": "loyal", "where": condition })).await;
    assert_eq!(seen.status, StatusCode::OK, "{:?}", seen.body);
    assert_eq!(
        (&seen.body["count"], &seen.body["base_count"], &seen.body["n_unknown"]),
        (&json!(count), &json!(base), &json!(0))
    );
    assert!(count > 10 && count < base, "{count} of {base}");
    assert!(!seen.body["words"]["zh"].as_str().unwrap().is_empty());
    let outside = seen.body["outside"].as_array().unwrap();
    assert_eq!(outside.len(), 10);
    assert!(
        outside.iter().all(|one| one["fails"]["en"].as_str().unwrap().contains("500")),
        "{:#}",
        outside[0]
    );
    let value = |one: &Value| {
        let spend =
            one["values"].as_array().unwrap().iter().find(|value| value["name"] == "spend").unwrap().clone();
        spend["value"].as_str().unwrap().parse::<f64>().unwrap()
    };
    assert!(seen.body["inside"].as_array().unwrap().iter().all(|one| value(one) >= 500.0));
    assert!(outside.iter().all(|one| value(one) < 500.0));
    // The order of two conditions changes nothing.
    let turned =
        json!({ "all": [{ "value": "orders", "at_least": 1 }, { "value": "spend", "at_least": 500 }] });
    let other = post(&house, &cookie, "/preview/segment", json!({ "base": "loyal", "where": turned })).await;
    assert_eq!(other.body["count"], seen.body["count"]);
    // Of what no source ever delivered it cannot be told who did not do it.
    let unheard = json!({ "base": "loyal", "where": { "did_not": { "event": "survey" } } });
    let unheard = post(&house, &cookie, "/preview/segment", unheard).await;
    assert_eq!(
        (&unheard.body["count"], &unheard.body["n_unknown"]),
        (&json!(0), &json!(base)),
        "{:#}",
        unheard.body
    );
    let wrong =
        post(&house, &cookie, "/preview/segment", json!({ "base": "loyal", "where": "spnd > 3" })).await;
    assert_eq!(
        (wrong.status, &wrong.body["errors"][0]["path"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("where")),
        "{:#}",
        wrong.body
    );
    let nobody =
        post(&house, &cookie, "/preview/segment", json!({ "base": "nobody", "where": "spend > 3" })).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_a_simulation_says_is_exactly_so_after_publishing() {
    let (house, administrator) = House::graded().await;
    let (_, operator) = house.user(&administrator, "operator").await;
    let (_, approver) = house.user(&administrator, "approver").await;
    let mut changed = value_model();
    changed["scorecards"]["value"]["attributes"]["spend"]["weight"] = json!(0.2);
    changed["scorecards"]["value"]["attributes"]["orders"]["weight"] = json!(0.8);
    changed["tiers"]["member"]["levels"]["black"]["from"] = json!(90);
    changed["segments"]["loyal"]["where"]["at_least"] = json!(6);
    let written = house
        .with_etag(Method::PUT, "/api/v1/model/draft", &operator, "\"0\"", json!({ "document": changed }))
        .await;
    assert_eq!(written.status, StatusCode::OK, "{:?}", written.body);
    let now = everybody(&house, &operator).await;
    let started = post(&house, &operator, "/simulate", json!({ "version": "draft" })).await;
    let job = house.job(&operator, started).await;
    assert_eq!(job["state"], "done", "{job:#}");
    let simulated = &job["result"];
    assert_eq!(simulated["customers"], CUSTOMERS);
    // Simulating changes nobody.
    assert_eq!(everybody(&house, &operator).await, now);
    let etag = written.headers[axum::http::header::ETAG].to_str().unwrap().to_string();
    let submitted = house
        .with_etag(Method::POST, "/api/v1/model/draft/submit", &operator, &etag, json!({ "note": "spring" }))
        .await;
    assert_eq!(submitted.status, StatusCode::CREATED, "{:?}", submitted.body);
    let path = format!("/model/versions/{}", submitted.body["version"]);
    post(&house, &approver, &format!("{path}/approve"), json!({ "note": "" })).await;
    let published = post(&house, &approver, &format!("{path}/publish"), json!({})).await;
    assert_eq!(published.body["validated"]["en"], "not yet validated");
    // Publishing grades what was graded before, history included, by the version that is in force now.
    let job = house.watched(&approver, published.body["grading"].as_str().unwrap()).await;
    assert_eq!(
        (&job["state"], &job["result"]["version"]),
        (&json!("done"), &submitted.body["version"]),
        "{job:#}"
    );
    assert_eq!(job["result"]["instants"].as_array().unwrap().len(), 2);
    let then = everybody(&house, &operator).await;
    let mut moved: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (customer, from) in &now {
        *moved.entry((from.clone(), then[customer].clone())).or_default() += 1;
    }
    let told: BTreeMap<(String, String), u64> = simulated["matrix"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| {
            let level = |name: &str| cell[name].as_str().unwrap().to_string();
            ((level("from"), level("to")), cell["count"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(moved, told);
    assert!(
        moved.keys().filter(|(from, to)| from != to).count() >= 4,
        "the fixture tells moves apart: {moved:?}"
    );
    for tier in simulated["tiers"].as_array().unwrap() {
        let count = |all: &BTreeMap<String, String>| {
            all.values().filter(|level| tier["level"] == level.as_str()).count()
        };
        assert_eq!(
            (tier["count"].as_u64(), tier["before"].as_u64()),
            (Some(count(&then) as u64), Some(count(&now) as u64))
        );
        assert!(tier["revenue"].is_number(), "{tier}");
    }
    let revenue = |of: &str| {
        simulated["tiers"].as_array().unwrap().iter().map(|tier| tier[of].as_f64().unwrap()).sum::<f64>()
    };
    let all: usize =
        (0..CUSTOMERS).map(|customer| orders_and_amount(customer).0 * orders_and_amount(customer).1).sum();
    assert_eq!((revenue("revenue"), revenue("revenue_before")), (all as f64, all as f64));
    let loyal = simulated["segments"].as_array().unwrap().iter().find(|one| one["name"] == "loyal").unwrap();
    let at_least =
        |n: usize| (0..CUSTOMERS).filter(|customer| orders_and_amount(*customer).0 >= n).count() as u64;
    assert_eq!((loyal["before"].as_u64(), loyal["after"].as_u64()), (Some(at_least(5)), Some(at_least(6))));
    assert_eq!(
        (loyal["entered"].as_u64(), loyal["left"].as_u64()),
        (Some(0), Some(at_least(5) - at_least(6)))
    );
    // The run names the version that made it.
    let runs = house.ask(Method::GET, "/api/v1/runs", Some(&operator), None).await;
    assert_eq!(runs.body["items"][0]["version"], submitted.body["version"]);
    assert!(
        runs.body["items"].as_array().unwrap().iter().any(|run| run["version"].is_null()),
        "the folder graded before"
    );
    let in_force = house.ask(Method::GET, "/api/v1/model/in-force", Some(&operator), None).await;
    assert_eq!(
        (&in_force.body["version"], &in_force.body["document"]["segments"]["loyal"]["where"]["at_least"]),
        (&submitted.body["version"], &json!(6))
    );
}

#[tokio::test]
async fn a_formula_finds_its_words() {
    let (house, cookie) = House::graded().await;
    let found = house.ask(Method::GET, "/api/v1/catalogue", Some(&cookie), None).await;
    assert_eq!(found.status, StatusCode::OK, "{:?}", found.body);
    let named =
        |what: &str, name: &str| found.body[what].as_array().unwrap().iter().any(|one| one["name"] == name);
    assert!(
        named("columns", "amount") && named("kinds", "order_line") && named("functions", "ROUND"),
        "{:#}",
        found.body["kinds"]
    );
    assert!(
        found.body["functions"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["title"]["zh"] != one["title"]["en"])
    );
}

/// A model with every form of rule over the same two indicators.
fn with_rules() -> Value {
    let mut document = value_model();
    let more = json!({
        "decision_tables": { "deal": { "hit": "first", "inputs": { "orders": {}, "spend": {} }, "outputs": { "rate": { "default": 0 } },
            "rows": [{ "when": [">= 3", "-"], "then": [10] }, { "when": ["-", ">= 100"], "then": [5] }] } },
        "cross_tables": { "care": { "rows": { "inputs": { "orders": {} }, "bands": [{ "when": [">= 3"] }, { "when": ["-"] }] },
            "columns": { "inputs": { "spend": {} }, "bands": [{ "when": [">= 100"] }, { "when": ["-"] }] }, "cells": [[3, 2], [1, 0]] } },
        "decision_trees": { "risk": { "branches": [{ "when": "orders >= 3", "branches": [{ "when": "spend >= 100", "gives": "low" }], "else": { "gives": "middle" } }],
            "else": { "gives": "high" } } },
        "flows": { "review": { "steps": { "base": { "use": "deal" }, "last": { "branches": [{ "when": "risk = 'low'", "use": "review_base * 2" }], "else": "0" } } } },
        "rule_sets": { "gift": { "hit": "first", "rules": { "much": { "when": "spend >= 100", "then": "card" } }, "otherwise": "none" } },
    });
    for (section, own) in more.as_object().unwrap() {
        document[section] = own.clone();
    }
    document
}

/// Paths with their counts, where anybody is counted.
fn counted(seen: &Value) -> BTreeMap<String, u64> {
    let of = |part: &Value| (part["path"].as_str().unwrap().to_string(), part["count"].as_u64().unwrap());
    seen["parts"].as_array().unwrap().iter().map(of).filter(|(_, n)| *n > 0).collect()
}

#[tokio::test]
async fn a_rule_says_how_many_each_of_its_parts_decides_for() {
    let (house, cookie) = House::graded().await;
    let document = with_rules();
    let look = async |name: &str| {
        let seen =
            post(&house, &cookie, "/preview/rules", json!({ "document": document, "name": name })).await;
        assert_eq!(seen.status, StatusCode::OK, "{name}: {:#}", seen.body);
        assert_eq!(seen.body["needs_fold"], false);
        seen.body
    };
    let all = CUSTOMERS as u64;
    // A default, an otherwise or an else takes the rest: everybody is counted once.
    let deal = look("deal").await;
    assert_eq!(counted(&deal).values().sum::<u64>(), all, "{deal:#}");
    let care = counted(&look("care").await);
    assert_eq!(care.values().sum::<u64>(), all, "{care:?}");
    let gift = counted(&look("gift").await);
    assert_eq!(gift.values().sum::<u64>(), all, "{gift:?}");
    let risk = counted(&look("risk").await);
    let at = |path: &str| risk.get(&format!("decision_trees.risk.{path}")).copied().unwrap_or(0);
    assert_eq!(at("branches[0]") + at("else"), all, "{risk:?}");
    assert_eq!(at("branches[0]"), at("branches[0].branches[0]") + at("branches[0].else"), "{risk:?}");
    // The same conditions, the same customers, in whatever form they are written.
    assert_eq!(care["cross_tables.care.cells[0][0]"], at("branches[0].branches[0]"));
    assert_eq!(counted(&deal)["decision_tables.deal.rows[0]"], at("branches[0]"));
    let review = counted(&look("review").await);
    assert_eq!(review["flows.review.steps.base"], all);
    assert_eq!(review["flows.review.steps.last.branches[0]"], at("branches[0].branches[0]"));
    let total: u64 =
        deal["outcomes"].as_array().unwrap().iter().map(|one| one["count"].as_u64().unwrap()).sum();
    assert_eq!(total, all);
    assert_eq!(deal["outcomes"][0]["before"], Value::Null, "no such rule graded anybody yet");
    let names: Vec<&str> =
        deal["reads"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"orders") && names.contains(&"spend"), "{names:?}");
}

#[tokio::test]
async fn one_customer_meets_what_decides_for_them() {
    let (house, cookie) = House::graded().await;
    let document = with_rules();
    let ask = async |name: &str, more: Value| {
        let mut body = json!({ "document": document, "name": name });
        more.as_object().unwrap().iter().for_each(|(key, value)| body[key] = value.clone());
        post(&house, &cookie, "/preview/rules", body).await
    };
    let typed = ask("risk", json!({ "inputs": { "orders": 5, "spend": "20" } })).await;
    assert_eq!(typed.status, StatusCode::OK, "{:#}", typed.body);
    let way = ["decision_trees.risk.branches[0]", "decision_trees.risk.branches[0].else"];
    assert_eq!((&typed.body["met"], &typed.body["gives"]), (&json!(way), &json!("middle")));
    // What is left out is unknown, so no cell of the table is sure.
    let unknown = ask("care", json!({ "inputs": { "orders": 5 } })).await;
    assert_eq!(
        (&unknown.body["met"], &unknown.body["gives"]),
        (&json!(["cross_tables.care.cells[0][1]"]), &json!("2"))
    );
    let found = post(&house, &cookie, "/customers/search", json!({ "limit": 1 })).await;
    let customer = found.body["items"][0]["customer"].clone();
    let real = ask("deal", json!({ "customer": customer })).await;
    assert_eq!(real.status, StatusCode::OK, "{:#}", real.body);
    let orders = real.body["reads"].as_array().unwrap().iter().find(|one| one["name"] == "orders").unwrap();
    assert!(orders["value"].is_string(), "{:#}", real.body);
    assert_eq!(real.body["met"].as_array().unwrap().len(), 1, "{:#}", real.body);

    let wrong = ask("deal", json!({ "inputs": { "orders": "many" } })).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.body["errors"][0]["path"], "inputs.orders");
    assert_eq!(ask("nobody", json!({})).await.body["errors"][0]["code"], "unknown-name");
    assert_eq!(ask("deal", json!({ "customer": "999999999" })).await.status, StatusCode::NOT_FOUND);
}
