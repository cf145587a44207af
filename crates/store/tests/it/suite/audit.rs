use gradus_store::{AuditHead, AuditVerdict, NewAuditEntry};
use serde_json::json;

use crate::Place;

async fn filled(place: Place, n: i64) -> Place {
    for number in 1..=n {
        let subject = format!("customer {number}");
        let entry =
            NewAuditEntry::new(number * 10, "li", "vault.reveal", &subject).detail(json!({"n": number}));
        assert_eq!(place.store.audit().append(entry).await.unwrap().number, number);
    }
    place
}

#[tokio::test]
async fn an_untouched_log_is_intact() {
    let place = filled(place!(), 0).await;
    let audit = place.store.audit();
    assert_eq!(audit.verify(None).await.unwrap(), AuditVerdict::Intact { n_entries: 0 });
    let place = filled(place!(), 6).await;
    let audit = place.store.audit();
    assert_eq!(audit.verify(None).await.unwrap(), AuditVerdict::Intact { n_entries: 6 });
    let page = audit.list(2, 2).await.unwrap();
    assert_eq!(page.iter().map(|entry| entry.number).collect::<Vec<_>>(), [3, 4]);
    assert_eq!((page[0].at, page[0].actor.as_str(), &page[0].detail), (30, "li", &json!({"n": 3})));
    let head = audit.head().await.unwrap();
    assert_eq!(audit.verify(Some(&head)).await.unwrap(), AuditVerdict::Intact { n_entries: 6 });
    audit.append(NewAuditEntry::new(1, "a", "b", "c")).await.unwrap();
    assert_eq!(audit.verify(Some(&head)).await.unwrap(), AuditVerdict::Intact { n_entries: 7 });
}

#[tokio::test]
async fn the_first_tampered_entry_is_named() {
    let attacks = [
        ("UPDATE audit_entry SET actor = 'wang' WHERE number = 3", 3),
        ("UPDATE audit_entry SET detail = '{\"n\": 3}' WHERE number = 3", 3),
        ("UPDATE audit_entry SET at = at + 1 WHERE number >= 4", 4),
        ("UPDATE audit_entry SET hash = 'x' WHERE number = 6", 6),
        ("UPDATE audit_entry SET previous = '' WHERE number = 2", 2),
        ("DELETE FROM audit_entry WHERE number = 1", 1),
        ("DELETE FROM audit_entry WHERE number = 4", 4),
        ("DELETE FROM audit_entry WHERE number >= 5", 5),
        ("DELETE FROM audit_entry", 1),
        (
            "DELETE FROM audit_entry WHERE number = 2; UPDATE audit_entry SET number = number - 1 WHERE number > 2",
            2,
        ),
        (
            "INSERT INTO audit_entry SELECT 7, at, actor, action, subject, detail, hash, hash FROM audit_entry WHERE number = 6",
            7,
        ),
        ("UPDATE audit_head SET number = 9", 7),
        ("UPDATE audit_head SET hash = 'x'", 6),
        ("DELETE FROM audit_head", 1),
    ];
    for (attack, number) in attacks {
        let place = filled(place!(), 6).await;
        place.tamper_with_the_audit_log(attack).await;
        let verdict = place.store.audit().verify(None).await.unwrap();
        assert_eq!(verdict, AuditVerdict::TamperedAt { number }, "{attack}");
    }
}

#[tokio::test]
async fn a_log_written_anew_is_found_by_a_head_kept_elsewhere() {
    let kept = filled(place!(), 6).await.store.audit().head().await.unwrap();
    let forged = place!();
    for number in 1..=6 {
        let entry = NewAuditEntry::new(number, "nobody", "nothing", "");
        forged.store.audit().append(entry).await.unwrap();
    }
    let audit = forged.store.audit();
    assert_eq!(audit.verify(None).await.unwrap(), AuditVerdict::Intact { n_entries: 6 });
    assert_eq!(audit.verify(Some(&kept)).await.unwrap(), AuditVerdict::TamperedAt { number: 6 });
    let later = AuditHead { number: 8, hash: "x".into() };
    assert_eq!(audit.verify(Some(&later)).await.unwrap(), AuditVerdict::TamperedAt { number: 7 });
}

#[tokio::test]
async fn the_database_refuses_to_change_entries() {
    let place = filled(place!(), 2).await;
    for sql in ["UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry"] {
        assert!(place.try_to_tamper(sql).await.is_err(), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn entries_appended_at_once_make_one_chain() {
    let place = place!();
    let mut tasks = Vec::new();
    for actor in 0..8 {
        let store = place.store.clone();
        tasks.push(tokio::spawn(async move {
            for number in 0..10 {
                store.audit().append(NewAuditEntry::new(number, &actor.to_string(), "x", "y")).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(place.store.audit().verify(None).await.unwrap(), AuditVerdict::Intact { n_entries: 80 });
}
