use gradus_store::{Attribute, EventText, ImportFile, ImportNumber, ImportStatus, NewImport, StoreError};
use serde_json::json;

use crate::{begin, phone, vault};

#[tokio::test]
async fn an_import_goes_forward_and_tells_what_it_found() {
    let place = place!();
    let imports = place.store.imports();
    let import = begin(&place.store).await;
    assert_eq!(import.files[0].name, "订单.csv");
    assert!(import.id.starts_with("1-") && import.id.len() == 18, "{}", import.id);
    assert_eq!(imports.get(import.number).await.unwrap(), import);
    imports.vaulted(import.number).await.unwrap();
    imports.vaulted(import.number).await.unwrap();
    imports.committed(import.number).await.unwrap();
    imports.report(import.number, Some(&json!({"read": 3})), None, None).await.unwrap();
    imports.report(import.number, None, Some(&json!({"complete": 1})), Some(&json!([1]))).await.unwrap();
    assert!(imports.with_content("ab12").await.unwrap().is_empty(), "it does not count yet");
    imports.finish(import.number, 2_000_000).await.unwrap();
    let done = imports.by_id(&import.id).await.unwrap().unwrap();
    assert_eq!((done.status, done.finished), (ImportStatus::Done, Some(2_000_000)));
    assert_eq!((done.counts, done.quality), (Some(json!({"read": 3})), Some(json!({"complete": 1}))));
    assert_eq!(imports.with_content("ab12").await.unwrap().len(), 1);
    let next = begin(&place.store).await;
    assert_eq!(imports.previous("orders", next.number).await.unwrap().unwrap().number, import.number);
    assert_eq!(imports.previous("visits", next.number).await.unwrap(), None);
    imports.undo(import.number, 3, None).await.unwrap();
    assert!(imports.with_content("ab12").await.unwrap().is_empty());
    assert_eq!(imports.list(1).await.unwrap()[0].number, next.number);
}

#[tokio::test]
async fn no_step_backwards() {
    let place = place!();
    let imports = place.store.imports();
    let import = begin(&place.store).await.number;
    imports.committed(import).await.unwrap();
    let error = imports.abandon(import, 5).await.err().unwrap();
    assert!(
        matches!(error, StoreError::ImportStatus { is: "committed", wanted: "abandoned", .. }),
        "{error:?}"
    );
    assert!(imports.vaulted(import).await.is_err());
    assert!(imports.undo(import, 5, None).await.is_err());
    imports.finish(import, 5).await.unwrap();
    assert!(imports.report(import, Some(&json!(1)), None, None).await.is_err());
    assert!(vault(&place.store).await.remember(Some(import), &[phone("1")]).await.is_err());
    assert!(matches!(imports.get(ImportNumber(77)).await, Err(StoreError::UnknownImport { number: 77 })));
    let error = vault(&place.store).await.remember(Some(ImportNumber(77)), &[phone("1")]).await.err();
    assert!(matches!(error, Some(StoreError::UnknownImport { number: 77 })));
}

#[tokio::test]
async fn what_an_import_changes_of_older_rows_counts_when_it_is_done_and_not_before() {
    let place = place!();
    let vault = vault(&place.store).await;
    let imports = place.store.imports();
    let before = begin(&place.store).await.number;
    vault.remember(Some(before), &[phone("1")]).await.unwrap();
    let surrogate = vault.surrogate("phone", "1");
    let name = |value, known| Attribute { surrogate, kind: "name", normalized: value, display: value, known };
    vault.remember_attributes(Some(before), &[name("甲", 10), name("乙", 20)]).await.unwrap();
    let message = gradus_model::Text::new("不是日期", "no date");
    let wrong = gradus_store::NewQuarantineRow {
        file: "a.csv",
        row: 1,
        code: "not-a-date",
        message: &message,
        column: None,
        raw: b"x",
        surrogate: None,
        created: 1,
        expires: 9,
        settled: None,
    };
    vault.quarantine().stage(before, &[wrong]).await.unwrap();
    imports.finish(before, 1).await.unwrap();
    let shown = async || vault.reveal(surrogate).await.unwrap()[1].value.clone();
    let open = async || {
        let filter = gradus_store::QuarantineFilter::default();
        vault.quarantine().list(&filter).await.unwrap()[0].replayed_by
    };
    assert_eq!(shown().await, "乙");

    // An import that is given up learned that 甲 is the newer name, and replayed the row.
    let cut = begin(&place.store).await.number;
    vault.remember_attributes(Some(cut), &[name("甲", 30)]).await.unwrap();
    vault.remember_attributes(Some(cut), &[name("甲", 25)]).await.unwrap();
    imports.replays(cut, &[1]).await.unwrap();
    imports.report(cut, Some(&json!(1)), Some(&json!(2)), Some(&json!(3))).await.unwrap();
    assert_eq!((shown().await.as_str(), open().await), ("乙", None));
    imports.abandon(cut, 2).await.unwrap();
    assert_eq!((shown().await.as_str(), open().await), ("乙", None));
    let given_up = imports.get(cut).await.unwrap();
    assert_eq!((given_up.counts, given_up.quality, given_up.reconciliation), (None, None, None));

    // One that is done makes both true.
    let done = begin(&place.store).await.number;
    vault.remember_attributes(Some(done), &[name("甲", 30)]).await.unwrap();
    imports.replays(done, &[1]).await.unwrap();
    imports.finish(done, 3).await.unwrap();
    assert_eq!((shown().await.as_str(), open().await), ("甲", Some(done.0)));
    for table in ["vault_attribute_known", "quarantine_replay"] {
        assert_eq!(place.number(&format!("SELECT COUNT(*) FROM {table}")).await, 0, "{table}");
    }
    assert!(imports.replays(done, &[1]).await.is_err(), "it is done");
}

#[tokio::test]
async fn what_was_interrupted_is_found_and_leaves_nothing() {
    let place = place!();
    let vault = vault(&place.store).await;
    let imports = place.store.imports();
    let before = begin(&place.store).await.number;
    vault.remember(Some(before), &[phone("1")]).await.unwrap();
    imports.finish(before, 1).await.unwrap();

    let cut = begin(&place.store).await.number;
    vault.remember(Some(cut), &[phone("1"), phone("2"), phone("3")]).await.unwrap();
    let (one, two) = (vault.surrogate("phone", "1"), vault.surrogate("phone", "2"));
    let name =
        |surrogate, value| Attribute { surrogate, kind: "name", normalized: value, display: value, known: 1 };
    vault.remember_attributes(Some(cut), &[name(one, "甲"), name(two, "乙")]).await.unwrap();
    vault
        .remember_texts(Some(cut), &[EventText { surrogate: one, event_id: [1; 16], field: "c", text: "t" }])
        .await
        .unwrap();

    // The next start.
    let unfinished = imports.unfinished().await.unwrap();
    assert_eq!(unfinished.iter().map(|import| import.number).collect::<Vec<_>>(), [cut]);
    let removed = imports.abandon(cut, 9).await.unwrap();
    assert_eq!((removed.n_identities, removed.n_attributes, removed.n_texts), (2, 2, 1));
    assert_eq!(vault.count().await.unwrap(), 1);
    assert_eq!(vault.reveal(one).await.unwrap().len(), 1, "what an import before it brought stays");
    assert!(vault.reveal(two).await.unwrap().is_empty());
    assert!(imports.unfinished().await.unwrap().is_empty());
    assert_eq!(imports.get(cut).await.unwrap().status, ImportStatus::Abandoned);
    assert!(vault.remember(Some(cut), &[phone("4")]).await.is_err(), "it is over");

    // The same files again: as if nothing had been.
    let again = begin(&place.store).await.number;
    let remembered = vault.remember(Some(again), &[phone("1"), phone("2"), phone("3")]).await.unwrap();
    assert_eq!((remembered.n_new, remembered.n_known), (2, 1));
}

#[tokio::test]
async fn what_another_import_relies_on_does_not_vanish() {
    let place = place!();
    let vault = vault(&place.store).await;
    let imports = place.store.imports();
    let (first, second) = (begin(&place.store).await.number, begin(&place.store).await.number);
    vault.remember(Some(first), &[phone("1"), phone("2"), phone("3")]).await.unwrap();
    let [one, two, three] = ["1", "2", "3"].map(|number| vault.surrogate("phone", number));
    let name = |surrogate| Attribute { surrogate, kind: "name", normalized: "甲", display: "甲", known: 1 };
    let text = EventText { surrogate: one, event_id: [1; 16], field: "c", text: "t" };
    vault.remember_attributes(Some(first), &[name(one), name(two)]).await.unwrap();
    vault.remember_texts(Some(first), &[text]).await.unwrap();

    vault.remember(Some(second), &[phone("1")]).await.unwrap();
    vault.remember_attributes(Some(second), &[name(one), name(three)]).await.unwrap();
    vault.remember_texts(Some(second), &[text]).await.unwrap();
    imports.finish(second, 5).await.unwrap();

    let removed = imports.abandon(first, 9).await.unwrap();
    assert_eq!((removed.n_identities, removed.n_attributes, removed.n_texts), (1, 1, 0));
    assert_eq!(vault.reveal(one).await.unwrap().len(), 2);
    assert_eq!(vault.texts_of(one).await.unwrap().len(), 1);
    assert!(vault.reveal(two).await.unwrap().is_empty());
    assert_eq!(vault.reveal(three).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_batch_that_is_dropped_halfway_never_was() {
    let place = place!();
    let vault = vault(&place.store).await;
    let import = begin(&place.store).await.number;
    let names: Vec<String> = (0..20_000).map(|n| n.to_string()).collect();
    let batch: Vec<_> = names.iter().map(|name| phone(name)).collect();
    vault.remember(Some(import), &batch[..5]).await.unwrap();
    for pause in [1, 5, 20] {
        let work = vault.remember(Some(import), &batch);
        let cut = tokio::time::timeout(std::time::Duration::from_millis(pause), work).await;
        if cut.is_ok() {
            return; // A machine that fast has nothing to drop.
        }
        assert_eq!(vault.count().await.unwrap(), 5, "after {pause} ms");
    }
    // The writer is free again, and the batch goes in whole.
    assert_eq!(vault.remember(Some(import), &batch).await.unwrap().n_new, 19_995);
}

#[tokio::test]
async fn numbers_are_never_given_twice() {
    let place = place!();
    let first = begin(&place.store).await;
    place.tamper("DELETE FROM import_record").await;
    let files: [ImportFile; 0] = [];
    let new = NewImport { source: "s", files: &files, started: 1 };
    let second = place.store.imports().begin(new).await.unwrap();
    assert!(second.number > first.number && second.id != first.id);
}
