//! `/kpis`: against sums over the list of customers; definitions, targets, who may change them.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Answer, CUSTOMERS, House};

async fn get(house: &House, cookie: &str, path: &str) -> Value {
    let answer = house.ask(Method::GET, &format!("/api/v1{path}"), Some(cookie), None).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {:?}", answer.body);
    answer.body
}

/// Level, orders, spend and days since the last order of every customer.
async fn everybody(house: &House, cookie: &str) -> Vec<(Option<String>, f64, f64, f64)> {
    let body = json!({ "limit": 1000, "columns": ["orders", "spend", "recency"] });
    let listed = house.ask(Method::POST, "/api/v1/customers/search", Some(cookie), Some(body)).await;
    let of = |one: &Value| {
        let value = |at: usize| one["values"][at].as_str().unwrap().parse::<f64>().unwrap();
        (one["tiers"]["member"].as_str().map(String::from), value(0), value(1), value(2))
    };
    listed.body["items"].as_array().unwrap().iter().map(of).collect()
}

fn kpi<'v>(told: &'v Value, name: &str) -> &'v Value {
    let found = told["kpis"].as_array().unwrap().iter().find(|one| one["name"] == name);
    found.unwrap_or_else(|| panic!("{name}: {told:#}"))
}

fn close(figure: &Value, expected: f64, why: &str) {
    let value = figure["value"].as_f64().unwrap_or_else(|| panic!("{why}: {figure}"));
    assert!((value - expected).abs() < 1e-9 * expected.abs().max(1.0), "{why}: {value} and {expected}");
}

fn own() -> Value {
    let title = |zh: &str, en: &str| json!({ "zh": zh, "en": en });
    json!({
        "own": [
            { "name": "mean_spend", "title": title("人均消费", "Mean spend"), "unit": "money", "measure": { "kind": "mean", "indicator": "spend" } },
            { "name": "median_spend", "title": title("消费中位数", "Median spend"), "unit": "money", "measure": { "kind": "median", "indicator": "spend" } },
            { "name": "all_orders", "title": title("订单总数", "All orders"), "unit": "count", "measure": { "kind": "sum", "indicator": "orders" } },
            { "name": "heavy", "title": title("大买家占比", "Heavy buyers"), "unit": "percent",
              "measure": { "kind": "share", "where": { "all": [{ "value": "orders", "at_least": 5 }, "spend >= 300"] } } },
        ],
        "targets": [
            { "name": "heavy", "value": 0.3, "higher_is_better": true },
            { "name": "repeat_rate", "value": 0.9, "higher_is_better": true },
        ],
    })
}

async fn put(house: &House, cookie: &str, revision: &Value, body: Value) -> Answer {
    let etag = format!("\"{}\"", revision.as_str().unwrap());
    house.with_etag(Method::PUT, "/api/v1/kpis", cookie, &etag, body).await
}

/// Every figure of every level, those of the operator among them, is what the list of customers adds up
/// to, and opens as many customers as it says.
#[tokio::test]
async fn figures_are_sums_over_the_customers_that_they_open() {
    let (house, cookie) = House::graded().await;
    let before = get(&house, &cookie, "/kpis").await;
    assert_eq!((&before["by"], &before["scheme"]), (&json!("tier"), &json!("member")));
    let set = put(&house, &cookie, &before["revision"], own()).await;
    assert_eq!(set.status, StatusCode::OK, "{:?}", set.body);
    let told = get(&house, &cookie, "/kpis?by=tier&scheme=member").await;
    assert_eq!(told["revision"], set.body["revision"]);
    assert_ne!(told["revision"], before["revision"]);
    let all = everybody(&house, &cookie).await;
    assert_eq!(all.len(), CUSTOMERS);
    let whole: f64 = all.iter().map(|one| one.2).sum();
    let check = |figure: &dyn Fn(&str) -> Value, who: &[&(Option<String>, f64, f64, f64)], why: &str| {
        let n = who.len() as f64;
        let orders: f64 = who.iter().map(|one| one.1).sum();
        let spend: f64 = who.iter().map(|one| one.2).sum();
        close(&figure("customers"), n, why);
        if who.is_empty() {
            assert_eq!(figure("mean_spend")["value"], Value::Null, "of nobody there is no mean");
            return;
        }
        close(&figure("revenue"), spend, why);
        close(&figure("revenue_share"), spend / whole, why);
        close(&figure("revenue_per_customer"), spend / n, why);
        close(&figure("orders_per_customer"), orders / n, why);
        let active = who.iter().filter(|one| one.3 <= 90.0).count();
        close(&figure("active_share"), active as f64 / n, why);
        assert_eq!(figure("active_share")["n_customers"], active, "{why}");
        close(&figure("repeat_rate"), who.iter().filter(|one| one.1 >= 2.0).count() as f64 / n, why);
        close(&figure("mean_spend"), spend / n, why);
        close(&figure("all_orders"), orders, why);
        let mut sorted: Vec<f64> = who.iter().map(|one| one.2).collect();
        sorted.sort_by(f64::total_cmp);
        let middle = (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0;
        close(&figure("median_spend"), middle, why);
        let heavy = who.iter().filter(|one| one.1 >= 5.0 && one.2 >= 300.0).count();
        close(&figure("heavy"), heavy as f64 / n, why);
        assert_eq!(figure("heavy")["n_customers"], heavy, "{why}");
    };
    check(&|name| kpi(&told, name)["total"].clone(), &all.iter().collect::<Vec<_>>(), "everybody");
    let groups = told["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 5, "four levels and those who are not graded");
    for (at, group) in groups.iter().enumerate() {
        let level = group["name"].as_str();
        let who: Vec<_> = all.iter().filter(|one| one.0.as_deref() == level).collect();
        assert_eq!(group["n_customers"], who.len());
        assert!(level.is_none() || who.len() >= 20, "{group}");
        check(&|name| kpi(&told, name)["rows"][at].clone(), &who, level.unwrap_or("not graded"));
        for name in ["heavy", "active_share", "repeat_rate", "mean_spend", "revenue"] {
            let mut tier = json!({ "scheme": "member" });
            if let Some(level) = level {
                tier["level"] = json!(level);
            }
            let body = json!({ "kpi": name, "tier": tier, "limit": 1 });
            let opened = house.ask(Method::POST, "/api/v1/customers/search", Some(&cookie), Some(body)).await;
            assert_eq!(opened.body["total"], kpi(&told, name)["rows"][at]["n_customers"], "{name} {group}");
        }
    }
    assert_eq!(kpi(&told, "heavy")["target"], json!({ "value": 0.3, "higher_is_better": true }));
    assert_eq!(kpi(&told, "customers")["target"], Value::Null);
    // Neither orders nor returns are told apart in this model: no figure is made up.
    let names: Vec<&str> =
        told["kpis"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(!names.contains(&"average_order_value") && !names.contains(&"returns_share"), "{names:?}");
    let number = house.ask(Method::GET, "/api/v1/kpis?by=category&name=orders", Some(&cookie), None).await;
    assert_eq!(number.body["code"], "no-category", "{:?}", number.body);
    let segments = get(&house, &cookie, "/kpis?by=segment").await;
    let loyal: Vec<_> = all.iter().filter(|one| one.1 >= 5.0).collect();
    assert_eq!(segments["groups"][0]["name"], "loyal");
    check(&|name| kpi(&segments, name)["rows"][0].clone(), &loyal, "loyal");
}

#[tokio::test]
async fn whoever_changes_kpis_has_seen_them_and_it_is_audited() {
    let (house, cookie) = House::graded().await;
    let revision = get(&house, &cookie, "/kpis").await["revision"].clone();
    let without = house.ask(Method::PUT, "/api/v1/kpis", Some(&cookie), Some(own())).await;
    assert_eq!(without.status, StatusCode::PRECONDITION_REQUIRED);
    assert_eq!(put(&house, &cookie, &revision, own()).await.status, StatusCode::OK);
    let late = put(&house, &cookie, &revision, json!({ "own": [], "targets": [] })).await;
    assert_eq!(
        (late.status, &late.body["code"]),
        (StatusCode::PRECONDITION_FAILED, &json!("changed_meanwhile"))
    );
    let log = get(&house, &cookie, "/audit").await;
    assert!(log.to_string().contains("kpis.set"), "{log}");
    let viewer = house.user(&cookie, "viewer").await.1;
    let now = get(&house, &viewer, "/kpis").await["revision"].clone();
    let refused = put(&house, &viewer, &now, own()).await;
    assert_eq!((refused.status, &refused.body["code"]), (StatusCode::FORBIDDEN, &json!("forbidden")));
}

#[tokio::test]
async fn what_is_wrong_with_a_kpi_is_said_where_it_stands() {
    let (house, cookie) = House::graded().await;
    let revision = get(&house, &cookie, "/kpis").await["revision"].clone();
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut body = own();
        change(&mut body);
        body
    };
    let cases = [
        (wrong(&|body| body["own"][1]["name"] = json!("revenue")), "own[1].name"),
        (wrong(&|body| body["own"][1]["name"] = json!("a b")), "own[1].name"),
        (wrong(&|body| body["own"][0]["title"]["en"] = json!("")), "own[0].title"),
        (
            wrong(&|body| body["own"][2]["measure"]["indicator"] = json!("nothing")),
            "own[2].measure.indicator",
        ),
        (wrong(&|body| body["own"][3]["measure"]["where"] = json!("orderz >= 3")), "own[3].measure.where"),
        (wrong(&|body| body["targets"][0]["name"] = json!("gone")), "targets[0]"),
    ];
    for (body, place) in cases {
        let refused = put(&house, &cookie, &revision, body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{place}: {:?}", refused.body);
        let places = refused.body["errors"].as_array().unwrap().iter().map(|one| one["path"].clone());
        assert!(places.clone().any(|path| path == place), "{place}: {:?}", places.collect::<Vec<_>>());
    }
    let both = wrong(&|body| body["own"][0]["measure"]["where"] = json!("orders > 1"));
    assert_eq!(put(&house, &cookie, &revision, both).await.status, StatusCode::BAD_REQUEST);
}

/// Who sees a part of the customers, is told of these only.
#[tokio::test]
async fn kpis_stay_within_the_scope() {
    let (house, administrator) = House::graded().await;
    let (id, _) = house.user(&administrator, "analyst").await;
    let narrowed = json!({ "scope": { "kind": "segment", "segment": "loyal" } });
    let path = format!("/api/v1/users/{id}");
    let changed = house.ask(Method::PATCH, &path, Some(&administrator), Some(narrowed)).await;
    assert_eq!(changed.status, StatusCode::OK, "{:?}", changed.body);
    // Whoever sees other people from now on signs in anew.
    let analyst = house.sign_in("analyst@example.com").await;
    let all = everybody(&house, &administrator).await;
    let loyal: Vec<_> = all.iter().filter(|one| one.1 >= 5.0).collect();
    let told = get(&house, &analyst, "/kpis").await;
    close(&kpi(&told, "customers")["total"], loyal.len() as f64, "customers");
    close(&kpi(&told, "revenue")["total"], loyal.iter().map(|one| one.2).sum(), "revenue");
    close(&kpi(&told, "revenue_share")["total"], 1.0, "everybody is whom they see");
    let levels: u64 =
        told["groups"].as_array().unwrap().iter().map(|one| one["n_customers"].as_u64().unwrap()).sum();
    assert_eq!(levels, loyal.len() as u64);
}
