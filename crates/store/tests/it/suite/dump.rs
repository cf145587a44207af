use gradus_store::{NewAuditEntry, Store, StorePlace, VersionState};
use serde_json::json;

use crate::Place;

async fn dumped(store: &Store) -> String {
    let mut dump = store.dump().await.unwrap();
    let mut out = String::new();
    while let Some(lines) = dump.next().await.unwrap() {
        out.push_str(&lines);
    }
    out
}

fn lines(text: &str) -> impl Iterator<Item = std::io::Result<String>> + Send + '_ {
    text.lines().map(|line| Ok(line.to_string()))
}

async fn filled(place: Place) -> Place {
    place.store.settings().set("zone", &json!("上海")).await.unwrap();
    for at in 1..=5_000 {
        place.store.settings().set(&format!("owner:{at:05}"), &json!(at)).await.unwrap();
    }
    place
        .store
        .audit()
        .append(NewAuditEntry::new(1, "li", "x", "y").detail(json!({ "n": 1 })))
        .await
        .unwrap();
    place.store.models().keep("{}").await.unwrap();
    place
}

#[tokio::test]
async fn a_dump_makes_the_same_store_in_a_file() {
    let place = filled(place!()).await;
    let text = dumped(&place.store).await;
    let folder = tempfile::tempdir().unwrap();
    let other = StorePlace::File(folder.path().join("other.sqlite"));
    Store::load(&other, None, &mut lines(&text)).await.unwrap();
    let store = Store::open_at(&other, None).await.unwrap();
    assert_eq!(dumped(&store).await, text);
    assert_eq!(store.settings().all().await.unwrap().len(), 5_001);
    // Not over something, not from half of it.
    let taken = Store::load(&other, None, &mut lines(&text)).await.unwrap_err();
    assert_eq!(taken.code(), "store-taken");
    let half: String = text.lines().take(2_000).map(|line| format!("{line}\n")).collect();
    let third = StorePlace::File(folder.path().join("third.sqlite"));
    assert_eq!(Store::load(&third, None, &mut lines(&half)).await.unwrap_err().code(), "store-malformed");
    let store = Store::open_at(&third, None).await.unwrap();
    assert!(store.settings().all().await.unwrap().is_empty(), "all of it or nothing");
    let newer = text.replacen("\"schema\":", "\"schema\":9", 1);
    let fourth = StorePlace::File(folder.path().join("fourth.sqlite"));
    assert_eq!(
        Store::load(&fourth, None, &mut lines(&newer)).await.unwrap_err().code(),
        "store-newer-schema"
    );
}

#[tokio::test]
async fn an_emptied_store_keeps_people_settings_and_the_audit_log() {
    let place = place!();
    let store = &place.store;
    for key in ["zone", "view:1", "view:2"] {
        store.settings().set(key, &json!(1)).await.unwrap();
    }
    store.audit().append(NewAuditEntry::new(1, "li", "x", "y").detail(json!({}))).await.unwrap();
    let version = store.versions().submit("{}", "li", "", 1, None).await.unwrap();
    store.versions().decide(version.number, VersionState::Approved, "wang", "", 2).await.unwrap();
    store.versions().publish(version.number, 3, "wang", "", 3).await.unwrap();
    store.versions().write_draft(0, "{}", None, "li", 4).await.unwrap();
    let before = store.audit().verify(None).await.unwrap();
    store.empty(&["view:"]).await.unwrap();
    assert!(store.versions().list().await.unwrap().is_empty());
    assert!(store.versions().draft().await.unwrap().is_none());
    assert!(store.versions().publications().await.unwrap().is_empty());
    let kept: Vec<String> = store.settings().all().await.unwrap().into_iter().map(|(key, _)| key).collect();
    // Revisions of the draft never repeat, not even now.
    assert_eq!(kept, ["draft_revision", "zone"]);
    assert_eq!(store.audit().verify(None).await.unwrap(), before);
    // Nothing is in the way of what comes next.
    store.versions().submit("{}", "li", "", 5, None).await.unwrap();
}
