//! What holds of a server.

use gradus_store::{Store, StoreError, StorePlace};

use crate::place::{a_schema, connect};

#[tokio::test]
async fn what_keeps_a_server_from_being_used_is_named() {
    let Some(place) = a_schema() else { return };
    let open = async |change: &dyn Fn(&mut gradus_store::PostgresPlace)| -> StoreError {
        let mut place = place.clone();
        change(&mut place);
        Store::open_at(&StorePlace::Postgres(Box::new(place)), None).await.err().unwrap()
    };
    let error = open(&|place| place.port = 1).await;
    assert_eq!(error.code(), "store-unreachable", "{error:?}");
    assert!(error.text().zh.contains("无法连接") && error.text().en.contains("cannot be reached"));
    let error = open(&|place| place.user = "nobody_of_this_name".into()).await;
    assert_eq!(error.code(), "store-access-denied", "{error:?}");
    let error = open(&|place| place.database = "no_such_database".into()).await;
    assert_eq!(error.code(), "store-no-database", "{error:?}");
}

#[tokio::test]
async fn texts_sort_by_their_bytes() {
    let place = place!();
    let settings = place.store.settings();
    for key in ["b", "B", "a", "ä", "_", "中"] {
        settings.set(key, &serde_json::json!(1)).await.unwrap();
    }
    let keys: Vec<String> = settings.all().await.unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["B", "_", "a", "b", "ä", "中"]);
}

#[tokio::test]
async fn a_connection_that_broke_is_replaced() {
    let place = place!();
    let settings = place.store.settings();
    settings.set("k", &serde_json::json!(1)).await.unwrap();
    settings.get("k").await.unwrap();
    let StorePlace::Postgres(at) = &place.place else { panic!() };
    let mut other = connect(at).await;
    // Each connection says whose it is.
    let broken =
        sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1")
            .bind(format!("gradus {}", at.schema))
            .execute(&mut other)
            .await
            .unwrap();
    assert!(broken.rows_affected() >= 2, "one that writes, one that reads");
    settings.set("k", &serde_json::json!(2)).await.unwrap();
    assert_eq!(settings.get("k").await.unwrap(), Some(serde_json::json!(2)));
}
