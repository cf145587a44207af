//! `/cohorts`: against a count of the same orders that knows nothing of the fold.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{CUSTOMERS, House, orders_and_amount};

/// Months with an order of a customer, 0 is January, and what each brought.
fn months(customer: usize) -> BTreeMap<usize, usize> {
    let (orders, amount) = orders_and_amount(customer);
    let mut out = BTreeMap::new();
    for order in 0..orders {
        *out.entry((customer + order) % 6).or_default() += amount;
    }
    out
}

/// By the step of the first order and the periods after it: who is active, and for how much.
fn twin(step: usize, who: impl Fn(usize) -> bool) -> BTreeMap<(usize, usize), (usize, usize)> {
    let mut out: BTreeMap<(usize, usize), (usize, usize)> = BTreeMap::new();
    for customer in (0..CUSTOMERS).filter(|customer| who(*customer)) {
        let months = months(customer);
        let first = months.keys().next().unwrap() / step;
        let active: BTreeSet<usize> = months.keys().map(|month| month / step).collect();
        for one in active {
            out.entry((first, one - first)).or_default().0 += 1;
        }
        for (month, value) in months {
            out.entry((first, month / step - first)).or_default().1 += value;
        }
    }
    out
}

async fn get(house: &House, cookie: &str, path: &str) -> Value {
    let answer = house.ask(Method::GET, &format!("/api/v1{path}"), Some(cookie), None).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {:?}", answer.body);
    answer.body
}

/// Every cell of an answer is that of the twin.
fn holds(told: &Value, twin: &BTreeMap<(usize, usize), (usize, usize)>, steps: usize) {
    let cohorts = told["cohorts"].as_array().unwrap();
    let begin = twin.keys().next().map_or(steps, |cell| cell.0);
    assert_eq!(cohorts.len(), steps - begin);
    for (at, cohort) in cohorts.iter().enumerate() {
        let first = begin + at;
        let size = twin.get(&(first, 0)).map_or(0, |cell| cell.0);
        assert_eq!(cohort["size"], size, "{cohort:#}");
        let periods = cohort["periods"].as_array().unwrap();
        assert_eq!(periods.len(), steps - first);
        for (period, one) in periods.iter().enumerate() {
            let (active, value) = twin.get(&(first, period)).copied().unwrap_or_default();
            assert_eq!(one["n_active"], active, "{first} {period}: {one}");
            assert_eq!(one["value"].as_f64(), Some(value as f64), "{first} {period}: {one}");
            let share = if size == 0 { 0.0 } else { active as f64 / size as f64 };
            assert_eq!(one["active"].as_f64(), Some(share));
            assert_eq!(one["runs"], false, "the last day of June closes the month and the quarter");
        }
    }
}

#[tokio::test]
async fn cohorts_are_those_that_somebody_counts_by_hand() {
    let (house, cookie) = House::graded().await;
    let told = get(&house, &cookie, "/cohorts").await;
    assert_eq!((&told["as_of"], &told["by"]), (&json!("2024-06-30"), &json!("month")));
    assert_eq!((&told["purchase"]["name"], &told["value"]["name"]), (&json!("orders"), &json!("spend")));
    assert_eq!((&told["n_earlier"], &told["n_without"]), (&json!(0), &json!(0)));
    assert_eq!(told["cohorts"][0]["cohort"], "2024-01");
    holds(&told, &twin(1, |_| true), 6);
    let quarters = get(&house, &cookie, "/cohorts?by=quarter").await;
    assert_eq!(quarters["cohorts"][0]["cohort"], "2024-Q1");
    holds(&quarters, &twin(3, |_| true), 2);
    let wrong = house.ask(Method::GET, "/api/v1/cohorts?by=decade", Some(&cookie), None).await;
    assert_eq!((wrong.status, &wrong.body["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")));
}

#[tokio::test]
async fn every_cell_opens_as_many_customers_as_it_says() {
    let (house, cookie) = House::graded().await;
    for by in ["month", "quarter"] {
        let told = get(&house, &cookie, &format!("/cohorts?by={by}")).await;
        let mut opened = 0;
        for cohort in told["cohorts"].as_array().unwrap() {
            let open = async |period: Option<usize>| {
                let mut cell = json!({ "by": by, "cohort": cohort["cohort"] });
                if let Some(period) = period {
                    cell["period"] = json!(period);
                }
                let body = json!({ "cohort": cell, "limit": 1 });
                let found =
                    house.ask(Method::POST, "/api/v1/customers/search", Some(&cookie), Some(body)).await;
                assert_eq!(found.status, StatusCode::OK, "{:?}", found.body);
                found.body["total"].clone()
            };
            assert_eq!(open(None).await, cohort["size"]);
            opened += cohort["size"].as_u64().unwrap();
            for (at, period) in cohort["periods"].as_array().unwrap().iter().enumerate() {
                assert_eq!(open(Some(at)).await, period["n_active"], "{by} {} {at}", cohort["cohort"]);
            }
        }
        assert_eq!(opened, CUSTOMERS as u64);
    }
    for cell in [
        json!({ "by": "month", "cohort": "1999-01" }),
        json!({ "by": "month", "cohort": "2024-06", "period": 3 }),
    ] {
        let body = json!({ "cohort": cell });
        let refused = house.ask(Method::POST, "/api/v1/customers/search", Some(&cookie), Some(body)).await;
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("unknown-cohort"))
        );
    }
}

/// Who sees the members of a segment only, counts these alone.
#[tokio::test]
async fn cohorts_stay_within_the_scope() {
    let (house, administrator) = House::graded().await;
    let (id, _) = house.user(&administrator, "analyst").await;
    let everybody = get(&house, &administrator, "/cohorts").await;
    let narrowed = json!({ "scope": { "kind": "segment", "segment": "loyal" } });
    let path = format!("/api/v1/users/{id}");
    let changed = house.ask(Method::PATCH, &path, Some(&administrator), Some(narrowed)).await;
    assert_eq!(changed.status, StatusCode::OK, "{:?}", changed.body);
    // Whoever sees other people from now on signs in anew.
    let analyst = house.sign_in("analyst@example.com").await;
    let told = get(&house, &analyst, "/cohorts").await;
    assert_ne!(told["cohorts"], everybody["cohorts"]);
    holds(&told, &twin(1, |customer| orders_and_amount(customer).0 >= 5), 6);
    let cell = json!({ "cohort": { "by": "month", "cohort": "2024-01", "period": 1 }, "limit": 1 });
    let opened = house.ask(Method::POST, "/api/v1/customers/search", Some(&analyst), Some(cell)).await;
    assert_eq!(opened.body["total"], told["cohorts"][0]["periods"][1]["n_active"]);
    let own = json!({ "scope": { "kind": "own" } });
    house.ask(Method::PATCH, &path, Some(&administrator), Some(own)).await;
    let analyst = house.sign_in("analyst@example.com").await;
    let nobody = get(&house, &analyst, "/cohorts").await;
    assert_eq!((&nobody["cohorts"], &nobody["n_without"]), (&json!([]), &json!(0)));
}
