//! `/identities/doubles`: customers that may be one person, found, decided, and thought better of. And names:
//! found by, and shown masked.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Answer, CUSTOMERS, House};

async fn post(house: &House, cookie: &str, path: &str, body: Value) -> Answer {
    house.ask(Method::POST, &format!("/api/v1{path}"), Some(cookie), Some(body)).await
}

async fn doubles(house: &House, cookie: &str, query: &str) -> Value {
    let path = format!("/api/v1/identities/doubles{query}");
    let found = house.ask(Method::GET, &path, Some(cookie), None).await;
    assert_eq!(found.status, StatusCode::OK, "{:?}", found.body);
    found.body
}

/// Everybody has a name and a mobile; two have one name and nearly one mobile, two have one name alone, and rows
/// name two with one mobile.
async fn with_people() -> (House, String) {
    let (house, cookie) = House::graded().await;
    let mut people = String::from("customer,name,mobile,note\n");
    for customer in 0..CUSTOMERS {
        let (name, mobile) = match customer {
            7 => ("王小明".to_string(), "13911112222".to_string()),
            8 => ("王小明".to_string(), "13911112223".to_string()),
            20 | 21 => ("Mary Ann  Lee".to_string(), format!("1370000{:04}", customer * 137)),
            31 => (format!("Person {customer}"), "13800000030".to_string()),
            _ => (format!("Person {customer}"), format!("1380000{customer:04}")),
        };
        people.push_str(&format!("C{customer:04},{name},{mobile},calls in the evening\n"));
    }
    let source = json!({
        "gradus": 1, "title": { "zh": "客户", "en": "People" }, "files": ["people*"], "history": true,
        "mapping": {
            "identity": [{ "kind": "id", "value": "customer" }, { "kind": "phone", "value": "mobile" }],
            "kind": "'profile'", "private": { "name": "name", "note": "note" },
        },
        "kinds": { "profile": { "title": { "zh": "资料", "en": "Profile" } } },
    });
    let sent = house.upload(&cookie, "people.csv", people).await;
    let body = json!({ "uploads": [sent.body["upload"]], "source": "people", "source_document": source, "dry_run": false });
    let started = post(&house, &cookie, "/imports", body).await;
    let job = house.job(&cookie, started).await;
    assert_eq!(job["state"], "done", "{job:#}");
    assert_eq!(job["result"]["files"][0]["outcome"], "imported", "{job:#}");
    assert_eq!(job["result"]["files"][0]["new"], CUSTOMERS, "{job:#}");
    (house, cookie)
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_found_by_name_and_shown_masked() {
    let (house, cookie) = with_people().await;
    let search =
        async |text: &str| post(&house, &cookie, "/customers/search", json!({ "text": text })).await.body;
    let found = search("王小明").await;
    let labels: Vec<&str> =
        found["items"].as_array().unwrap().iter().map(|one| one["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["王**", "王**"], "{found:#}");
    assert_eq!(search("  mary ann lee ").await["items"].as_array().unwrap().len(), 2);
    assert_eq!(search("calls in the evening").await["items"], json!([]), "a note is no name");
    assert!(!found.to_string().contains("王小明"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pairs_are_found_decided_and_thought_better_of() {
    let (house, cookie) = with_people().await;
    let before = doubles(&house, &cookie, "").await;
    assert_eq!((&before["items"], &before["looked"]), (&json!([]), &Value::Null));
    let (_, viewer) = house.user(&cookie, "viewer").await;
    let refused = house.ask(Method::GET, "/api/v1/identities/doubles", Some(&viewer), None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let look = async || {
        let started = post(&house, &cookie, "/identities/doubles", json!({})).await;
        house.job(&cookie, started).await
    };
    let job = look().await;
    assert_eq!((&job["state"], &job["kind"]), (&json!("done"), &json!("doubles")), "{job:#}");
    let found = doubles(&house, &cookie, "").await;
    let codes = |pair: &Value| -> Vec<String> {
        let reasons = pair["reasons"].as_array().unwrap();
        reasons.iter().map(|reason| reason["code"].as_str().unwrap().to_string()).collect()
    };
    // Which of two equally likely pairs comes first is a matter of their numbers.
    let all = found["items"].as_array().unwrap();
    let by = |code: &str| all.iter().find(|pair| codes(pair).contains(&code.to_string()));
    let first = by("near_phone").unwrap_or_else(|| panic!("{found:#}"));
    let mut told = codes(first);
    told.sort();
    assert_eq!(told, ["near_phone", "same_name"], "{found:#}");
    assert!(first["probability"].as_f64().unwrap() > 0.95, "{first:#}");
    for masked in ["139****2222", "139****2223"] {
        assert!(first.to_string().contains(masked), "{first:#}");
    }
    assert!(!found.to_string().contains("13911112222") && !found.to_string().contains("王小明"));
    // One name alone, with other telephones, is less; one mobile of two numbers is found, too.
    let name_alone = all.iter().find(|pair| {
        codes(pair).contains(&"other_phone".to_string()) && codes(pair).contains(&"same_name".to_string())
    });
    if let Some(pair) = name_alone {
        assert!(pair["probability"].as_f64() < first["probability"].as_f64());
    }
    assert!(by("shared_identifier").is_some(), "{found:#}");
    assert_eq!(found["n_open"], all.len());
    // By pages of one they are the same.
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = doubles(&house, &cookie, &format!("?limit=1{cursor}")).await;
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(&paged, all);

    let path = format!("/identities/doubles/{}", first["pair"].as_str().unwrap());
    let say = async |verdict: &str, reason: &str| {
        post(&house, &cookie, &path, json!({ "verdict": verdict, "reason": reason })).await
    };
    let different = say("different", "").await;
    assert_eq!(
        (different.status, &different.body["job"]),
        (StatusCode::OK, &Value::Null),
        "{:?}",
        different.body
    );
    assert_eq!(say("same", "x").await.status, StatusCode::CONFLICT);
    look().await;
    let kept = doubles(&house, &cookie, "?state=different").await;
    assert_eq!((&kept["items"][0]["pair"], &kept["n_different"]), (&first["pair"], &json!(1)), "{kept:#}");
    assert!(kept["items"][0]["by"].is_string() && kept["items"][0]["decided"].is_string());
    assert_eq!(say("open", "").await.status, StatusCode::OK);
    let open = doubles(&house, &cookie, "").await;
    assert!(open["items"].as_array().unwrap().iter().any(|pair| pair["pair"] == first["pair"]), "{open:#}");

    let unfounded = say("same", " ").await;
    assert_eq!(unfounded.body["code"], "reason-missing", "{:?}", unfounded.body);
    let same = say("same", "asked by telephone").await;
    let job = house.watched(&cookie, same.body["job"]["id"].as_str().unwrap()).await;
    assert_eq!(job["state"], "done", "{job:#}");
    assert_eq!(job["result"]["customers"][0], job["result"]["customers"][1], "one customer now");
    assert_eq!(doubles(&house, &cookie, "?state=same").await["items"][0]["pair"], first["pair"]);
    let apart = say("open", "it was her sister").await;
    let job = house.watched(&cookie, apart.body["job"]["id"].as_str().unwrap()).await;
    assert_eq!(job["state"], "done", "{job:#}");
    assert_ne!(job["result"]["customers"][0], job["result"]["customers"][1], "two again");
    assert_eq!(doubles(&house, &cookie, "?state=same").await["n_same"], 0);

    for wrong in ["1", "a-b", "1-2-3", "-"] {
        let missing =
            post(&house, &cookie, &format!("/identities/doubles/{wrong}"), json!({ "verdict": "same" }))
                .await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    let path = "/api/v1/identities/doubles?cursor=none";
    let refused = house.ask(Method::GET, path, Some(&cookie), None).await;
    assert_eq!(refused.body["code"], "cursor", "{:?}", refused.body);
}
