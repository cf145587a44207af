//! `/model/rules`: rules from and for other programs.

use axum::http::{Method, StatusCode, header};
use serde_json::json;

use crate::house::House;

const TABLE: &str = r#"<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="d"><decision id="a" name="level">
  <decisionTable hitPolicy="FIRST"><input><inputExpression><text>spend</text></inputExpression></input><output name="level"/>
  <rule><inputEntry><text>&gt; 10</text></inputEntry><outputEntry><text>"gold"</text></outputEntry></rule></decisionTable></decision></definitions>"#;

#[tokio::test]
async fn a_file_is_read_as_a_part_and_written_again_from_the_draft() {
    let (house, administrator) = House::with_administrator().await;
    let (_, operator) = house.user(&administrator, "operator").await;
    let (_, viewer) = house.user(&administrator, "viewer").await;
    let file = json!({ "file_name": "level.dmn", "text": TABLE });
    let path = "/api/v1/model/rules";
    let refused = house.ask(Method::POST, path, Some(&viewer), Some(file.clone())).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let read = house.ask(Method::POST, path, Some(&operator), Some(file)).await;
    assert_eq!(read.status, StatusCode::OK, "{:?}", read.body);
    assert_eq!(read.body["format"], "dmn");
    assert_eq!(read.body["inputs"], json!([{ "name": "spend", "kind": "Any", "known": false }]));
    let table = &read.body["document"]["decision_tables"]["level"];
    assert_eq!(table["rows"], json!([{ "when": ["> 10"], "then": ["gold"] }]));

    // The page adds it to the draft under a name of its own; the export is read back as the same rows.
    let draft = house.ask(Method::GET, "/api/v1/model/draft", Some(&operator), None).await;
    let mut document = draft.body["document"].clone();
    document["decision_tables"] = json!({ "等级表": table });
    let body = json!({ "document": document });
    let etag = draft.headers[header::ETAG].to_str().unwrap();
    let written = house.with_etag(Method::PUT, "/api/v1/model/draft", &operator, etag, body).await;
    assert_eq!(written.status, StatusCode::OK, "{:?}", written.body);
    let name = "/api/v1/model/rules/%E7%AD%89%E7%BA%A7%E8%A1%A8?format=dmn";
    let exported = house.ask(Method::GET, name, Some(&viewer), None).await;
    assert_eq!(exported.status, StatusCode::OK, "{:?}", exported.body);
    assert_eq!(exported.headers[header::CONTENT_TYPE], "application/xml; charset=utf-8");
    let named = exported.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert!(named.ends_with("filename*=UTF-8''%E7%AD%89%E7%BA%A7%E8%A1%A8.dmn"), "{named}");
    let again = json!({ "file_name": "again.dmn", "text": exported.body });
    let again = house.ask(Method::POST, path, Some(&operator), Some(again)).await;
    assert_eq!(again.status, StatusCode::OK, "{:?}", again.body);
    assert_eq!(again.body["document"]["decision_tables"]["等级表"]["rows"], table["rows"]);
    let in_force = format!("{name}&of=in_force");
    let absent = house.ask(Method::GET, &in_force, Some(&viewer), None).await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND, "{:?}", absent.body);
    let folder = house.ask(Method::GET, &format!("{name}&of=folder"), Some(&viewer), None).await;
    assert_eq!(folder.status, StatusCode::BAD_REQUEST, "{:?}", folder.body);

    let wrong = json!({ "file_name": "level.dmn", "text": TABLE.replace("FIRST", "LAST") });
    let wrong = house.ask(Method::POST, path, Some(&operator), Some(wrong)).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{:?}", wrong.body);
    let said = &wrong.body["errors"][0];
    assert_eq!(
        (&said["code"], &said["line"], &said["column"]),
        (&json!("exchange-unsupported"), &json!(2), &json!(3)),
        "{:?}",
        wrong.body
    );
    assert_eq!(said["path"], "/definitions/decision/decisionTable");

    let nothing = house.ask(Method::GET, "/api/v1/model/rules/level?format=dmn", Some(&viewer), None).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND, "{:?}", nothing.body);
    let wrong = house.ask(Method::GET, "/api/v1/model/rules/level?format=doc", Some(&viewer), None).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{:?}", wrong.body);
}
