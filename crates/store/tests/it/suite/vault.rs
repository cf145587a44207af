use std::sync::Arc;

use gradus_store::{Attribute, EventText, Identity, Remembered, StoreError, StorePlace, Vault};

use crate::{begin, master, phone, vault};

#[tokio::test]
async fn an_identity_is_the_same_in_any_order_and_after_reopening() {
    let place = place!();
    let first = vault(&place.store).await;
    let one = first.surrogate("phone", "13800138000");
    assert_eq!(first.find("phone", "13800138000").await.unwrap(), None);
    first.remember(None, &[phone("13900139000"), phone("13800138000")]).await.unwrap();
    let again = vault(&place.store).await;
    assert_eq!(again.surrogate("phone", "13800138000"), one);
    assert_eq!(again.surrogate_key().surrogate("phone", "13800138000"), one);
    assert_eq!(again.find("phone", "13800138000").await.unwrap(), Some(one));
    assert_eq!(again.find("email", "13800138000").await.unwrap(), None);

    // Another workspace gives other surrogates, even under the same master key.
    let other = place!();
    assert_ne!(vault(&other.store).await.surrogate("phone", "13800138000"), one);
}

#[tokio::test]
async fn batches_are_idempotent_and_repetitions_count_once() {
    let place = place!();
    let vault = vault(&place.store).await;
    let names: Vec<String> = (0..2500).map(|n| format!("C{n:05}")).collect();
    let mut batch: Vec<Identity> =
        names.iter().map(|name| Identity { kind: "id", normalized: name, display: name }).collect();
    batch.push(batch[3]);
    let first = vault.remember(None, &batch).await.unwrap();
    assert_eq!(first, Remembered { n_new: 2500, n_known: 1 });
    assert_eq!(vault.remember(None, &batch).await.unwrap(), Remembered { n_new: 0, n_known: 2501 });
    // Without what is remembered in memory it is the same.
    let fresh = crate::vault(&place.store).await;
    assert_eq!(fresh.remember(None, &batch[..2000]).await.unwrap(), Remembered { n_new: 0, n_known: 2000 });
    assert_eq!(fresh.count().await.unwrap(), 2500);
    assert_eq!(vault.remember(None, &[]).await.unwrap(), Remembered::default());
}

#[tokio::test]
async fn revealing_gives_what_was_written() {
    let place = place!();
    let vault = vault(&place.store).await;
    let spelled = Identity { kind: "phone", normalized: "13800138000", display: "138-0013-8000" };
    vault.remember(None, &[spelled, phone("13900139000")]).await.unwrap();
    let surrogate = vault.surrogate("phone", "13800138000");
    let attribute =
        |kind, value, known| Attribute { surrogate, kind, normalized: value, display: value, known };
    vault
        .remember_attributes(None, &[attribute("name", "张三", 5), attribute("name", "张叁", 9)])
        .await
        .unwrap();
    vault.remember_attributes(None, &[attribute("address", "北京市海淀区", 1)]).await.unwrap();
    // An older list that arrives later does not win.
    vault.remember_attributes(None, &[attribute("name", "章三", 2)]).await.unwrap();
    let shown: Vec<String> = vault
        .reveal(surrogate)
        .await
        .unwrap()
        .iter()
        .map(|one| format!("{}={}", one.kind, one.value))
        .collect();
    assert_eq!(shown, ["phone=138-0013-8000", "address=北京市海淀区", "name=张叁"]);
    // The older value becomes known again: then it is the newest.
    vault.remember_attributes(None, &[attribute("name", "张三", 10)]).await.unwrap();
    assert_eq!(vault.reveal(surrogate).await.unwrap()[2].value, "张三");
    assert_eq!(vault.find_by_attribute("name", "张叁").await.unwrap(), [surrogate]);
    assert_eq!(vault.find_by_attribute("name", "李四").await.unwrap(), [0i64; 0]);

    let other = vault.surrogate("phone", "13900139000");
    let many = vault.reveal_many(&[other, surrogate, other, 12345]).await.unwrap();
    assert_eq!(many.len(), 2);
    assert_eq!(many[&other][0].value, "13900139000");
    assert_eq!(many[&surrogate][0].masked(), "138****8000");
    assert!(!format!("{many:?}").contains("-0013-"), "debugging shows masks only");
    assert!(vault.reveal(12345).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_order_of_files_does_not_change_what_is_shown() {
    let mut shown = Vec::new();
    for reversed in [false, true] {
        let place = place!();
        let vault = vault(&place.store).await;
        vault.remember(None, &[phone("1")]).await.unwrap();
        let surrogate = vault.surrogate("phone", "1");
        let mut values = vec![("a", 3), ("b", 7), ("c", 5), ("a", 1)];
        if reversed {
            values.reverse();
        }
        for (value, known) in values {
            let one = Attribute { surrogate, kind: "name", normalized: value, display: value, known };
            vault.remember_attributes(None, &[one]).await.unwrap();
        }
        shown.push(vault.reveal(surrogate).await.unwrap()[1].value.clone());
    }
    assert_eq!(shown, ["b", "b"]);
}

#[tokio::test]
async fn a_wrong_master_key_is_named_and_harms_nothing() {
    let place = place!();
    vault(&place.store).await.remember(None, &[phone("13800138000")]).await.unwrap();
    let error = Vault::open(&place.store, &master(9)).await.err().unwrap();
    let StoreError::WrongMasterKey { expected, given } = &error else { panic!("{error:?}") };
    assert_eq!((expected.clone(), given.clone()), (master(7).id(), master(9).id()));
    // Somebody who writes the other key's id beside still cannot open it.
    place.tamper(&format!("UPDATE vault_secret SET master_key_id = '{}'", master(9).id())).await;
    let error = Vault::open(&place.store, &master(9)).await.err().unwrap();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error:?}");
    place.tamper(&format!("UPDATE vault_secret SET master_key_id = '{}'", master(7).id())).await;
    let vault = vault(&place.store).await;
    assert_eq!(vault.reveal(vault.surrogate("phone", "13800138000")).await.unwrap()[0].value, "13800138000");
}

#[tokio::test]
async fn a_lost_workspace_key_is_not_replaced_in_silence() {
    let place = place!();
    vault(&place.store).await;
    place.tamper("DELETE FROM vault_secret WHERE name = 'identity'").await;
    assert!(matches!(Vault::open(&place.store, &master(7)).await, Err(StoreError::Malformed { .. })));
}

#[tokio::test]
async fn the_master_key_can_be_changed() {
    let place = place!();
    let vault = vault(&place.store).await;
    vault.remember(None, &[phone("1")]).await.unwrap();
    let surrogate = vault.surrogate("phone", "1");
    assert!(vault.change_master_key(&master(8), &master(9)).await.is_err());
    vault.change_master_key(&master(7), &master(9)).await.unwrap();
    assert!(Vault::open(&place.store, &master(7)).await.is_err());
    let again = Vault::open(&place.store, &master(9)).await.unwrap();
    assert_eq!(again.surrogate("phone", "1"), surrogate);
    assert_eq!(again.reveal(surrogate).await.unwrap()[0].value, "1");
}

#[tokio::test]
async fn cut_changed_and_swapped_values_do_not_open() {
    let place = place!();
    let vault = vault(&place.store).await;
    vault
        .remember(None, &[phone("11"), phone("22"), Identity { kind: "id", normalized: "33", display: "33" }])
        .await
        .unwrap();
    let one = vault.surrogate("phone", "11");
    let two = vault.surrogate("phone", "22");
    let name =
        |surrogate, value| Attribute { surrogate, kind: "name", normalized: value, display: value, known: 1 };
    vault.remember_attributes(None, &[name(one, "甲"), name(two, "乙")]).await.unwrap();
    let keep = "CREATE TABLE kept AS SELECT * FROM vault_identity; CREATE TABLE kept_a AS SELECT * FROM vault_attribute";
    place.tamper(keep).await;
    let other = |column: &str| format!("(SELECT {column} FROM kept WHERE surrogate = {two})");
    let attacks = [
        "UPDATE vault_identity SET sealed = substr(sealed, 1, length(sealed) - 1)".to_string(),
        "UPDATE vault_identity SET sealed = x''".to_string(),
        "UPDATE vault_identity SET wrapped_key = substr(wrapped_key, 2)".to_string(),
        "UPDATE vault_identity SET kind = 'email'".to_string(),
        format!("UPDATE vault_identity SET sealed = {}", other("sealed")),
        format!("UPDATE vault_identity SET wrapped_key = {}", other("wrapped_key")),
        format!(
            "UPDATE vault_identity SET sealed = {}, wrapped_key = {}",
            other("sealed"),
            other("wrapped_key")
        ),
        format!("UPDATE vault_attribute SET sealed = (SELECT sealed FROM kept_a WHERE surrogate = {two})"),
        "UPDATE vault_attribute SET kind = 'address'".to_string(),
        "UPDATE vault_attribute SET blind = randomblob(16)".to_string(),
    ];
    for attack in attacks {
        place.tamper(&format!("{attack} WHERE surrogate = {one}")).await;
        let error = vault.reveal(one).await.err();
        assert!(matches!(error, Some(StoreError::Unreadable { .. })), "{attack}: {error:?}");
        assert_eq!(vault.reveal(two).await.unwrap()[1].value, "乙", "others are not harmed");
        place
            .tamper(
                "DELETE FROM vault_identity; INSERT INTO vault_identity SELECT * FROM kept;
                 DELETE FROM vault_attribute; INSERT INTO vault_attribute SELECT * FROM kept_a",
            )
            .await;
        assert_eq!(vault.reveal(one).await.unwrap()[1].value, "甲");
    }
}

#[tokio::test]
async fn a_taken_surrogate_is_refused_and_nothing_of_the_batch_stays() {
    let place = place!();
    let import = begin(&place.store).await;
    let first = vault(&place.store).await;
    first.remember(Some(import.number), &[phone("11")]).await.unwrap();
    let taken = first.surrogate("phone", "11");
    // No two values with one surrogate are at hand, so the stored one gets another blind index.
    place.tamper("UPDATE vault_identity SET blind = randomblob(16)").await;
    let fresh = vault(&place.store).await;
    let error = fresh.remember(None, &[phone("22"), phone("11"), phone("33")]).await.err().unwrap();
    assert!(matches!(error, StoreError::SurrogateTaken { surrogate } if surrogate == taken), "{error:?}");
    assert_eq!(fresh.count().await.unwrap(), 1);
    assert_eq!(fresh.find("phone", "11").await.unwrap(), None, "it belongs to somebody else");
}

#[tokio::test]
async fn texts_are_kept_by_event_and_field() {
    let place = place!();
    let vault = vault(&place.store).await;
    vault.remember(None, &[phone("11")]).await.unwrap();
    let surrogate = vault.surrogate("phone", "11");
    let text = |surrogate, id: u8, field, text| EventText { surrogate, event_id: [id; 16], field, text };
    let texts = [
        text(surrogate, 1, "comment", "送货太慢"),
        text(surrogate, 1, "note", ""),
        text(surrogate, 2, "comment", "很好"),
        text(0, 3, "comment", "谁写的?"),
    ];
    vault.remember_texts(None, &texts).await.unwrap();
    vault.remember_texts(None, &texts).await.unwrap();
    vault.remember_texts(None, &[text(surrogate, 2, "comment", "changed")]).await.unwrap();
    let all = vault.texts_of(surrogate).await.unwrap();
    assert_eq!(all.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), ["送货太慢", "", "很好"]);
    let event = vault.texts_of_event(surrogate, [1; 16]).await.unwrap();
    assert_eq!(event.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), ["comment", "note"]);
    assert_eq!(vault.texts_of(0).await.unwrap()[0].text, "谁写的?");
    assert!(vault.texts_of(999).await.unwrap().is_empty());

    place
        .tamper("UPDATE vault_text SET event_id = x'09090909090909090909090909090909' WHERE field = 'note'")
        .await;
    assert!(matches!(vault.texts_of(surrogate).await, Err(StoreError::Unreadable { .. })));

    let unknown = [text(surrogate, 8, "comment", "x"), text(4711, 9, "comment", "y")];
    let error = vault.remember_texts(None, &unknown).await.err().unwrap();
    assert!(matches!(error, StoreError::UnknownIdentity { surrogate: 4711 }), "{error:?}");
    assert!(vault.texts_of_event(surrogate, [8; 16]).await.unwrap().is_empty());
    let nobody = Attribute { surrogate: 4711, kind: "name", normalized: "x", display: "x", known: 1 };
    let error = vault.remember_attributes(None, &[nobody]).await.err().unwrap();
    assert!(matches!(error, StoreError::UnknownIdentity { surrogate: 4711 }), "{error:?}");
}

#[tokio::test]
async fn forgetting_leaves_a_receipt_and_nothing_else() {
    let place = place!();
    let vault = vault(&place.store).await;
    vault.remember(None, &[phone("11"), phone("22")]).await.unwrap();
    let (one, two) = (vault.surrogate("phone", "11"), vault.surrogate("phone", "22"));
    let name = |surrogate| Attribute { surrogate, kind: "name", normalized: "甲", display: "甲", known: 1 };
    vault.remember_attributes(None, &[name(one), name(two)]).await.unwrap();
    vault
        .remember_texts(None, &[EventText { surrogate: one, event_id: [1; 16], field: "c", text: "t" }])
        .await
        .unwrap();
    let wrapped =
        place.bytes(&format!("SELECT wrapped_key FROM vault_identity WHERE surrogate = {one}")).await;

    let forgotten = vault.forget(&[one, 12345], 99).await.unwrap();
    assert_eq!((forgotten.n_identities, forgotten.n_attributes, forgotten.n_texts), (1, 1, 1));
    // Of its old pages and its log PostgreSQL promises nothing.
    assert_eq!(forgotten.log_cleared, matches!(place.place, StorePlace::File(_)));
    assert!(vault.reveal(one).await.unwrap().is_empty());
    assert!(vault.texts_of(one).await.unwrap().is_empty());
    assert_eq!(vault.find_by_attribute("name", "甲").await.unwrap(), [two]);
    assert_eq!(vault.forgotten_among(&[two, one, 12345]).await.unwrap(), [(one, 99)]);
    let in_hexadecimal: String = wrapped.iter().map(|byte| format!("{byte:02x}")).collect();
    for (name, bytes) in place.everything().await {
        for wrapped in [wrapped.as_slice(), in_hexadecimal.as_bytes()] {
            let found = bytes.windows(wrapped.len()).any(|window| window == wrapped);
            assert!(!found, "the destroyed key is still in {name}");
        }
    }
    // Somebody who comes back is new, under a new key.
    assert_eq!(vault.remember(None, &[phone("11")]).await.unwrap().n_new, 1);
    assert_eq!(vault.reveal(one).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_at_once_lose_and_double_nothing() {
    let place = place!();
    let vault = Arc::new(vault(&place.store).await);
    let second = place.again().await.unwrap();
    let other = Arc::new(crate::vault(&second).await);
    let mut tasks = Vec::new();
    for writer in 0..8usize {
        let vault = if writer % 2 == 0 { vault.clone() } else { other.clone() };
        tasks.push(tokio::spawn(async move {
            let mut n_new = 0;
            for batch in 0..5usize {
                // Batches of different writers overlap by half.
                let names: Vec<String> =
                    (0..400).map(|n| format!("C{}", writer * 1000 + batch * 200 + n)).collect();
                let identities: Vec<Identity> = names
                    .iter()
                    .map(|name| Identity { kind: "id", normalized: name, display: name })
                    .collect();
                n_new += vault.remember(None, &identities).await.unwrap().n_new;
                let found = vault.reveal(vault.surrogate("id", &names[7])).await.unwrap();
                assert_eq!(found[0].value, names[7]);
            }
            n_new
        }));
    }
    let mut n_new = 0;
    for task in tasks {
        n_new += task.await.unwrap();
    }
    assert_eq!(n_new, 8200);
    assert_eq!(vault.count().await.unwrap(), 8200);
}

#[tokio::test]
async fn hostile_values_are_kept_as_they_are() {
    let place = place!();
    let vault = vault(&place.store).await;
    let long = "长".repeat(1_000_000);
    let values = ["", " ", "'; DROP TABLE vault_identity; --", "\0", "\u{202e}x", "😀", long.as_str()];
    let identities: Vec<Identity> = values
        .iter()
        .map(|value| Identity { kind: "\"odd kind\"", normalized: value, display: value })
        .collect();
    assert_eq!(vault.remember(None, &identities).await.unwrap().n_new, values.len() as u64);
    for value in values {
        let surrogate = vault.find("\"odd kind\"", value).await.unwrap().unwrap();
        assert_eq!(vault.reveal(surrogate).await.unwrap()[0].value, value);
    }
}

#[tokio::test]
async fn an_intake_collects_and_drops_repetitions() {
    let place = place!();
    let vault = vault(&place.store).await;
    let import = begin(&place.store).await.number;
    let mut intake = vault.intake(Some(import));
    for round in 0..3i64 {
        intake.identities(&[phone("1"), phone("2"), phone("1")]).await.unwrap();
        let surrogate = vault.surrogate("phone", "1");
        let name = Attribute { surrogate, kind: "name", normalized: "甲", display: "甲", known: round };
        intake.attributes(&[name]).await.unwrap();
        let text = EventText { surrogate, event_id: [round as u8; 16], field: "c", text: "t" };
        intake.texts(&[text]).await.unwrap();
    }
    assert_eq!(vault.count().await.unwrap(), 0, "nothing goes in before there is enough");
    assert_eq!(intake.finish().await.unwrap(), Remembered { n_new: 2, n_known: 7 });
    let surrogate = vault.find("phone", "1").await.unwrap().unwrap();
    assert_eq!(vault.reveal(surrogate).await.unwrap().len(), 2);
    assert_eq!(vault.texts_of(surrogate).await.unwrap().len(), 3);
    assert_eq!(place.number("SELECT MAX(known) FROM vault_attribute").await, 2);

    // A text too long to wait goes in at once.
    let mut intake = vault.intake(Some(import));
    let long = "x".repeat(70 << 20);
    intake.texts(&[EventText { surrogate, event_id: [9; 16], field: "c", text: &long }]).await.unwrap();
    assert_eq!(vault.texts_of_event(surrogate, [9; 16]).await.unwrap()[0].text.len(), 70 << 20);
}

#[tokio::test]
async fn what_an_import_keeps_in_mind_does_not_outlive_it() {
    let place = place!();
    let vault = vault(&place.store).await;
    let first = begin(&place.store).await.number;
    let surrogate = vault.surrogate("phone", "1");
    let name = Attribute { surrogate, kind: "name", normalized: "甲", display: "甲", known: 1 };
    vault.remember(Some(first), &[phone("1")]).await.unwrap();
    vault.remember_attributes(Some(first), &[name]).await.unwrap();
    place.store.imports().abandon(first, 2).await.unwrap();
    let second = begin(&place.store).await.number;
    assert_eq!(vault.remember(Some(second), &[phone("1")]).await.unwrap().n_new, 1);
    assert_eq!(vault.remember_attributes(Some(second), &[name]).await.unwrap().n_new, 1);
    // Nor an erasure.
    vault.forget(&[surrogate], 3).await.unwrap();
    assert_eq!(vault.remember(Some(second), &[phone("1")]).await.unwrap().n_new, 1);
    assert_eq!(vault.remember_attributes(Some(second), &[name]).await.unwrap().n_new, 1);
    vault.release_memory();
    assert_eq!(vault.remember(Some(second), &[phone("1")]).await.unwrap().n_known, 1);
}

/// Servers spawn this work on threads.
#[test]
fn the_work_can_move_between_threads() {
    fn can_move<T: Send>(_: &T) {}
    #[allow(dead_code)]
    async fn intake(vault: &Vault) {
        let mut intake = vault.intake(None);
        can_move(&intake.identities(&[phone("1")]));
        can_move(&intake.attributes(&[]));
        can_move(&intake.texts(&[]));
        can_move(&intake.finish());
    }
    #[allow(dead_code)]
    async fn others(vault: &Vault) {
        can_move(&vault.reveal_many(&[1]));
        can_move(&vault.forget(&[1], 1));
        can_move(&vault.texts_of(1));
        let quarantine = vault.quarantine();
        can_move(&quarantine.export(&Default::default()));
    }
}
