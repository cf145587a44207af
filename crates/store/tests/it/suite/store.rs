use serde_json::json;

#[tokio::test]
async fn settings_keep_values_and_say_which_one_is_broken() {
    let place = place!();
    let settings = place.store.settings();
    assert_eq!(settings.get("zone").await.unwrap(), None);
    settings.set("zone", &json!("Asia/Shanghai")).await.unwrap();
    settings.set("clock", &json!({"fixed": "2011-12-10"})).await.unwrap();
    settings.set("zone", &json!("Europe/London")).await.unwrap();
    let all = settings.all().await.unwrap();
    assert_eq!(all.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["clock", "zone"]);
    assert_eq!(all[1].1, json!("Europe/London"));
    settings.remove("zone").await.unwrap();
    assert_eq!(settings.get("zone").await.unwrap(), None);
    place.tamper("UPDATE setting SET value = '{' WHERE key = 'clock'").await;
    assert!(settings.get("clock").await.unwrap_err().to_string().contains("clock"));
}

#[tokio::test]
async fn a_schema_that_is_none_of_ours_is_refused() {
    let place = place!();
    place.tamper("DROP TABLE schema_migration").await;
    let error = place.again().await.err().unwrap();
    assert_eq!(error.code(), "store-not-a-store", "a database of somebody else");
}
