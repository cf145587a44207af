//! `/missing`: who stands provisionally, and what would settle most.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::house::{CUSTOMERS, House, value_model};

#[tokio::test]
async fn what_would_settle_most_comes_first() {
    // Of two lines one is unknown for everybody with fewer than five orders.
    let mut model = value_model();
    model["scorecards"]["value"]["attributes"]["spend"]["value"] =
        json!("CASE WHEN orders >= 5 THEN spend END");
    let (house, cookie) = House::graded_by(&model).await;
    let told = house.ask(Method::GET, "/api/v1/missing", Some(&cookie), None).await;
    assert_eq!(told.status, StatusCode::OK, "{:?}", told.body);
    let member = &told.body["schemes"][0];
    assert_eq!((&member["scheme"], &member["scorecard"]), (&json!("member"), &json!("value")));
    let few = (0..CUSTOMERS).filter(|customer| crate::house::orders_and_amount(*customer).0 < 5).count();
    let line = &member["lines"][0];
    assert_eq!((&line["name"], &line["kind"]), (&json!("spend"), &json!("attribute")), "{member}");
    let n = |value: &serde_json::Value| value.as_u64().unwrap() as usize;
    assert!(n(&line["n_open"]) <= few && n(&line["n_settled"]) <= n(&line["n_open"]), "{line} of {few}");
    assert!(n(&member["n_provisional"]) > 0 && n(&member["n_graded"]) == CUSTOMERS, "{member}");
    let known = member["completeness"].as_f64().unwrap();
    assert!(known > 0.4 && known < 1.0, "{known}");
    assert_eq!(told.body["findings"][0]["code"], "attribute-leaves-provisional");
    assert_eq!(told.body["as_of"], "2024-06-30");
    let earlier = house.ask(Method::GET, "/api/v1/missing?as_of=2024-05-31", Some(&cookie), None).await;
    assert_eq!(earlier.body["as_of"], "2024-05-31");
    let never = house.ask(Method::GET, "/api/v1/missing?as_of=2020-01-01", Some(&cookie), None).await;
    assert_eq!(never.status, StatusCode::CONFLICT, "{:?}", never.body);
}
