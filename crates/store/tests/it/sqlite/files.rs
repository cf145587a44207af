//! What holds of files.

use gradus_store::{Store, StoreError};
use serde_json::json;

#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    std::fs::write(&path, "").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    let store = Store::open(&path).await.unwrap();
    store.settings().set("k", &json!(1)).await.unwrap();
    let mut n_files = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        n_files += 1;
    }
    assert_eq!(n_files, 3, "the file, its log and the log's index");
}

#[tokio::test]
async fn other_files_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("orders.csv");
    std::fs::write(&text, "id,amount\n".repeat(1000)).unwrap();
    let error = Store::open(&text).await.err().unwrap();
    assert_eq!(error.code(), "store-not-a-store", "{error:?}");
    assert_eq!(std::fs::read(&text).unwrap(), "id,amount\n".repeat(1000).as_bytes());

    assert!(matches!(Store::open(folder.path()).await, Err(StoreError::File { .. })));
    let missing = folder.path().join("no/such/folder/store.sqlite");
    assert!(matches!(Store::open(missing).await, Err(StoreError::File { .. })));
}

#[tokio::test]
async fn what_is_committed_survives_without_closing() {
    let place = place!();
    place.store.settings().set("k", &json!(1)).await.unwrap();
    // A copy of the folder is what a power cut would leave.
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(place.folder.path()).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_name().to_string_lossy().ends_with("-shm") {
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
    }
    let store = Store::open(copy.path().join("store.sqlite")).await.unwrap();
    assert_eq!(store.settings().get("k").await.unwrap(), Some(json!(1)));
}

#[tokio::test]
async fn every_error_has_a_name_and_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let error = Store::open(folder.path().join("none/x")).await.err().unwrap();
    let text = error.text();
    assert!(text.zh.contains("无法使用文件") && text.en.contains("cannot use the file"));
    assert_eq!(error.code(), "store-file");
}
