//! `/customers`: every number that the server counts opens exactly those whom it counts; earlier instants.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Answer, CUSTOMERS, House, value_model};

async fn get(house: &House, cookie: &str, path: &str) -> Value {
    let answer = house.ask(Method::GET, &format!("/api/v1{path}"), Some(cookie), None).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {:?}", answer.body);
    answer.body
}

async fn search(house: &House, cookie: &str, body: Value) -> Answer {
    house.ask(Method::POST, "/api/v1/customers/search", Some(cookie), Some(body)).await
}

/// How many customers these ranges open; all of them are listed.
async fn opened(house: &House, cookie: &str, ranges: Value) -> u64 {
    let found = search(house, cookie, json!({ "ranges": ranges, "limit": 1000 })).await;
    assert_eq!(found.status, StatusCode::OK, "{ranges}: {:?}", found.body);
    let n = found.body["items"].as_array().unwrap().len() as u64;
    assert_eq!(found.body["total"], n);
    n
}

fn count(of: &Value) -> u64 {
    of.as_u64().unwrap_or_else(|| panic!("{of} is no count"))
}

/// The model of the house with values that not everybody has, and such as are no whole numbers.
fn model() -> Value {
    let mut model = value_model();
    model["indicators"]["mean"] = json!({ "title": { "zh": "平均", "en": "Mean" }, "kind": "average", "of": "amount", "window": "30 days" });
    model["indicators"]["gap"] = json!({ "title": { "zh": "间隔", "en": "Gap" }, "kind": "gap" });
    model["indicators"]["spread"] = json!({ "title": { "zh": "离散", "en": "Spread" }, "kind": "stddev", "of": "amount", "window": "60 days" });
    model
}

#[tokio::test]
async fn every_bar_and_every_cell_opens_whom_it_counts() {
    let (house, cookie) = House::graded_by(&model()).await;
    let (mut n_bars, mut n_without) = (0, 0);
    for name in ["recency", "orders", "spend", "mean", "gap", "spread"] {
        let detail = get(&house, &cookie, &format!("/indicators/{name}")).await;
        let lies = &detail["distribution"];
        let mut total = 0;
        for bin in lies["bins"].as_array().unwrap() {
            let n = opened(&house, &cookie, json!([bin["range"]])).await;
            assert_eq!(n, count(&bin["count"]), "{name} {bin}");
            (total, n_bars) = (total + n, n_bars + usize::from(n > 0));
        }
        let without = opened(&house, &cookie, json!([{ "name": name, "unknown": true }])).await;
        assert_eq!(without, count(&lies["n_unknown"]) + count(&lies["n_not_applicable"]), "{name}");
        assert_eq!(total + without, CUSTOMERS as u64, "{name}");
        assert_eq!(opened(&house, &cookie, json!([{ "name": name }])).await, total);
        n_without += without;
    }
    assert!(n_bars > 60 && n_without > 20, "{n_bars} bars, {n_without} without a value");
    // The score: as the editor shows it, and as the dashboard does.
    let body = json!({ "document": model(), "scorecard": "value" });
    let preview = house.ask(Method::POST, "/api/v1/preview/model", Some(&cookie), Some(body)).await.body;
    for bar in preview["score"]["histogram"].as_array().unwrap() {
        assert_eq!(opened(&house, &cookie, json!([bar["range"]])).await, count(&bar["before"]), "{bar}");
    }
    let summary = get(&house, &cookie, "/summary").await;
    let score = &summary["latest"]["scores"][0];
    let counts = score["histogram"]["counts"].as_array().unwrap();
    assert_eq!(counts.len(), score["ranges"].as_array().unwrap().len());
    for (range, n) in score["ranges"].as_array().unwrap().iter().zip(counts) {
        assert_eq!(opened(&house, &cookie, json!([range])).await, count(n), "{range}");
    }
    let rfm = &summary["latest"]["rfm"];
    let mut total = 0;
    for (r, row) in rfm["cells"].as_array().unwrap().iter().enumerate() {
        for (f, cell) in row.as_array().unwrap().iter().enumerate() {
            let ranges = json!([rfm["recency_ranges"][r], rfm["frequency_ranges"][f]]);
            let n = opened(&house, &cookie, ranges).await;
            assert_eq!(n, count(&cell["count"]), "{r} {f}");
            total += n;
        }
    }
    assert_eq!(total, CUSTOMERS as u64);
}

/// Who has no recency, and who has no frequency: both are not on the map, and are opened together.
#[tokio::test]
async fn whoever_is_not_on_the_rfm_map_is_opened() {
    let mut model = model();
    model["indicators"]["lately"] = json!({ "title": { "zh": "近期", "en": "Lately" }, "kind": "days_since",
        "window": "120 days" });
    model["groupings"] = json!({ "rfm": { "kind": "rfm11", "base": "everyone", "recency": "lately",
        "frequency": "gap", "monetary": "spend" } });
    let (house, cookie) = House::graded_by(&model).await;
    let rfm = get(&house, &cookie, "/summary").await["latest"]["rfm"].clone();
    let without =
        async |name: &str| opened(&house, &cookie, json!([{ "name": name, "unknown": true }])).await;
    let (lately, gap) = (without("lately").await, without("gap").await);
    let n = opened(&house, &cookie, rfm["unknown_ranges"].clone()).await;
    assert_eq!(n, count(&rfm["n_unknown"]), "{}", rfm["unknown_ranges"]);
    assert!(n > lately.max(gap) && n < CUSTOMERS as u64, "{n} of {lately} and {gap}");
    let alone = json!({ "ranges": [{ "name": "gap", "or": ["lately"] }] });
    let refused = search(&house, &cookie, alone).await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (422, &json!("range-form")));
}

#[tokio::test]
async fn ranges_go_with_other_filters_into_lists_and_files_and_say_what_is_wrong() {
    let (house, cookie) = House::graded().await;
    let narrow = json!([{ "name": "orders", "from": 3, "below": 6 }, { "name": "spend", "above": 300 }]);
    let body = json!({ "ranges": narrow, "tier": { "scheme": "member", "level": "gold" },
        "columns": ["orders", "spend"], "limit": 1000 });
    let listed = search(&house, &cookie, body).await.body;
    let items = listed["items"].as_array().unwrap();
    assert!(items.len() > 3, "{listed:#}");
    for item in items {
        let value = |at: usize| item["values"][at].as_str().unwrap().parse::<f64>().unwrap();
        assert!((3.0..6.0).contains(&value(0)) && value(1) > 300.0, "{item}");
        assert_eq!(item["tiers"]["member"], "gold");
    }
    let who = json!({ "ranges": narrow, "tier": { "scheme": "member", "level": "gold" } });
    let body = json!({ "who": who, "format": "csv" });
    let started = house.ask(Method::POST, "/api/v1/exports", Some(&cookie), Some(body)).await;
    let job = house.job(&cookie, started).await;
    assert_eq!(job["result"]["customers"], items.len(), "{job:#}");
    let code = async |ranges: Value| {
        let refused = search(&house, &cookie, json!({ "ranges": ranges })).await;
        (refused.status.as_u16(), refused.body["code"].as_str().unwrap_or_default().to_string())
    };
    assert_eq!(code(json!([{ "name": "nothing", "from": 1 }])).await, (422, "unknown-name".into()));
    assert_eq!(code(json!([{ "name": "member", "from": 1 }])).await, (422, "unknown-name".into()));
    let both = json!([{ "name": "orders", "from": 1, "unknown": true }]);
    assert_eq!(code(both).await, (422, "range-form".into()));
    assert_eq!(code(json!([{ "name": "orders", "least": 1 }])).await, (400, "invalid_request".into()));
    let many = vec![json!({ "name": "orders" }); 21];
    assert_eq!(code(json!(many)).await, (400, "invalid_request".into()));
    let misspelt = search(&house, &cookie, json!({ "segmnet": "loyal" })).await;
    assert_eq!(misspelt.status, StatusCode::BAD_REQUEST, "a filter that is not known filters nobody");
}

#[tokio::test]
async fn earlier_instants_are_shown_as_they_were_graded() {
    let (house, administrator) = House::graded().await;
    let listed = async |cookie: &str, as_of: Option<&str>| {
        let body = json!({ "limit": 1000, "columns": ["orders"], "as_of": as_of });
        let found = search(&house, cookie, body).await;
        assert_eq!(found.status, StatusCode::OK, "{:?}", found.body);
        found.body
    };
    let (then, now) = (listed(&administrator, Some("2024-05-31")).await, listed(&administrator, None).await);
    assert_eq!((&then["as_of"], &now["as_of"]), (&json!("2024-05-31"), &json!("2024-06-30")));
    let orders = |list: &Value| -> f64 {
        let of = |one: &Value| one["values"][0].as_str().map_or(0.0, |text| text.parse::<f64>().unwrap());
        list["items"].as_array().unwrap().iter().map(of).sum()
    };
    assert!(orders(&then) < orders(&now), "June's orders are not in May's grades");
    let customer = now["items"][0]["customer"].as_str().unwrap();
    let at = |list: &Value| {
        let all = list["items"].as_array().unwrap();
        all.iter().find(|one| one["customer"] == customer).unwrap()["values"][0].clone()
    };
    for (list, query) in [(&then, "?as_of=2024-05-31"), (&now, "?as_of=2024-06-30"), (&now, "")] {
        let page = get(&house, &administrator, &format!("/customers/{customer}{query}")).await;
        assert_eq!(page["as_of"], list["as_of"]);
        let values = page["values"].as_array().unwrap();
        assert_eq!(values.iter().find(|one| one["name"] == "orders").unwrap()["value"], at(list));
    }
    for (as_of, status, code) in [
        ("2024-06-15", StatusCode::CONFLICT, "not-graded-yet"),
        ("Tuesday", StatusCode::UNPROCESSABLE_ENTITY, "instant-form"),
    ] {
        let list = search(&house, &administrator, json!({ "as_of": as_of })).await;
        let path = format!("/api/v1/customers/{customer}?as_of={as_of}");
        let page = house.ask(Method::GET, &path, Some(&administrator), None).await;
        for refused in [list, page] {
            assert_eq!((refused.status, &refused.body["code"]), (status, &json!(code)), "{:?}", refused.body);
        }
    }
    // A file of that day, too.
    let body = json!({ "who": { "as_of": "2024-05-31" }, "format": "csv" });
    let started = house.ask(Method::POST, "/api/v1/exports", Some(&administrator), Some(body)).await;
    let job = house.job(&administrator, started).await;
    assert_eq!(job["result"]["name"], "customers-2024-05-31.csv", "{job:#}");
    // Whom somebody may see is whom they may see now, whichever day they look at.
    let (id, _) = house.user(&administrator, "analyst").await;
    let narrowed = json!({ "scope": { "kind": "segment", "segment": "loyal" } });
    let path = format!("/api/v1/users/{id}");
    house.ask(Method::PATCH, &path, Some(&administrator), Some(narrowed)).await;
    let analyst = house.sign_in("analyst@example.com").await;
    let ids = |list: &Value| {
        let all = list["items"].as_array().unwrap().iter();
        all.map(|one| one["customer"].as_str().unwrap().to_string())
            .collect::<std::collections::BTreeSet<_>>()
    };
    let (seen_then, seen_now) = (listed(&analyst, Some("2024-05-31")).await, listed(&analyst, None).await);
    assert!(ids(&seen_now).len() < CUSTOMERS && ids(&seen_then).is_subset(&ids(&seen_now)));
    let loyal_then =
        search(&house, &administrator, json!({ "segment": "loyal", "as_of": "2024-05-31", "limit": 1000 }))
            .await;
    assert_ne!(ids(&loyal_then.body), ids(&seen_then), "the fixture tells then from now");
}

/// What lifts a customer, as things to do by a date: done, it is what was promised (`live/tests/lifting.rs`).
#[tokio::test]
async fn what_lifts_or_keeps_the_tier_is_told() {
    let (house, cookie) = House::graded().await;
    let listed =
        search(&house, &cookie, json!({ "tier": { "scheme": "member", "level": "silver" } })).await.body;
    let customer = listed["items"][0]["customer"].as_str().unwrap().to_string();
    let ways = get(&house, &cookie, &format!("/customers/{customer}/ways")).await;
    assert_eq!((&ways["customer"], &ways["as_of"]), (&json!(customer), &listed["as_of"]));
    let scheme = &ways["schemes"][0];
    assert_eq!((&scheme["scheme"], &scheme["level"]), (&json!("member"), &json!("silver")));
    assert_eq!(scheme["level_title"]["zh"], "银");
    let goal = &scheme["goals"][0];
    assert_eq!(
        (&goal["level"], &goal["keeps"], &goal["state"]),
        (&json!("gold"), &json!(false), &json!("to_do"))
    );
    assert_eq!(goal["by"], "2024-07-31", "{goal:#}");
    let first = &goal["ways"][0];
    assert_eq!((&first["deeds"][0]["kind"], &first["deeds"][0]["times"]), (&json!("order_line"), &json!(1)));
    // Whoever this is: one order more is enough, whatever it amounts to, or one of so much.
    let deed = (&first["deeds"][0]["amount"], &first["deeds"][0]["currency"]);
    assert!(deed == (&Value::Null, &Value::Null) || deed.0.as_i64() > Some(0) && deed.1 == "CNY", "{deed:?}");
    let words = goal["words"]["zh"].as_str().unwrap();
    assert!(
        words.starts_with("2024-07-31 前升为金：一笔")
            && words.contains(first["words"]["zh"].as_str().unwrap()),
        "{words}"
    );
    // The statement says the same.
    let statement = get(&house, &cookie, &format!("/customers/{customer}/statement")).await;
    assert_eq!(statement["goals"][0]["words"], goal["words"]);
    // The highest level has nothing above it, and here nothing expires.
    let listed =
        search(&house, &cookie, json!({ "tier": { "scheme": "member", "level": "black" } })).await.body;
    let customer = listed["items"][0]["customer"].as_str().unwrap().to_string();
    let ways = get(&house, &cookie, &format!("/customers/{customer}/ways?as_of=2024-06-30")).await;
    assert_eq!(ways["schemes"][0]["goals"], json!([]), "{ways:#}");
    assert!(ways["schemes"][0]["none_because"]["en"].as_str().unwrap().contains("highest"), "{ways:#}");
    let path = format!("/api/v1/customers/{customer}/ways?as_of=2020-01-01");
    let early = house.ask(Method::GET, &path, Some(&cookie), None).await;
    assert_eq!(
        (early.status.as_u16(), &early.body["code"]),
        (409, &json!("not-graded-yet")),
        "{:?}",
        early.body
    );
    let missing = house.ask(Method::GET, "/api/v1/customers/4/ways", Some(&cookie), None).await;
    // Nobody of that number ever did anything.
    assert_eq!(
        (missing.status, &missing.body["code"]),
        (StatusCode::NOT_FOUND, &json!("not_found")),
        "{:?}",
        missing.body
    );
}
