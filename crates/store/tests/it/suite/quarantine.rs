use gradus_model::Text;
use gradus_store::{NewQuarantineRow, QuarantineFilter, QuarantineStatus, StoreError};

use crate::{begin, phone, vault};

fn row<'a>(row: u64, code: &'a str, message: &'a Text, raw: &'a [u8]) -> NewQuarantineRow<'a> {
    NewQuarantineRow {
        file: "orders.csv",
        row,
        code,
        message,
        column: None,
        raw,
        surrogate: None,
        created: 10,
        expires: 100,
        settled: None,
    }
}

#[tokio::test]
async fn rows_become_visible_with_their_import_and_not_before() {
    let place = place!();
    let vault = vault(&place.store).await;
    let import = begin(&place.store).await.number;
    let message = Text::new("日期无法识别", "not a date");
    let rows = [row(3, "bad-date", &message, b"1,\xff\xfe,x"), row(9, "bad-amount", &message, b"")];
    vault.quarantine().stage(import, &rows).await.unwrap();
    let all = QuarantineFilter::default();
    assert!(vault.quarantine().list(&all).await.unwrap().is_empty());
    assert!(vault.quarantine().export(&all).await.unwrap().is_empty());
    assert!(vault.quarantine().summary(None).await.unwrap().is_empty());
    place.store.imports().finish(import, 11).await.unwrap();

    let listed = vault.quarantine().list(&all).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!((listed[0].row, listed[0].code.as_str(), listed[0].n_bytes), (3, "bad-date", 6));
    assert_eq!(listed[0].message, message);
    let exported = vault.quarantine().export(&all).await.unwrap();
    assert_eq!(exported[0].raw, b"1,\xff\xfe,x");
    assert_eq!(exported[1].raw, b"");
    let summary = vault.quarantine().summary(Some(import)).await.unwrap();
    assert_eq!(
        summary.iter().map(|one| (one.code.as_str(), one.n_rows)).collect::<Vec<_>>(),
        [("bad-amount", 1), ("bad-date", 1)]
    );
    let error = vault.quarantine().stage(import, &rows).await.err().unwrap();
    assert!(matches!(error, StoreError::ImportStatus { .. }), "a finished import takes no more");
}

#[tokio::test]
async fn an_abandoned_import_leaves_no_rows() {
    let place = place!();
    let vault = vault(&place.store).await;
    let import = begin(&place.store).await.number;
    let message = Text::plain("x");
    let rows: Vec<_> = (1..=2500).map(|n| row(n, "bad-date", &message, b"raw")).collect();
    vault.quarantine().stage(import, &rows).await.unwrap();
    assert_eq!(place.number("SELECT COUNT(*) FROM quarantine_row").await, 2500);
    assert_eq!(place.store.imports().abandon(import, 1).await.unwrap().n_quarantined, 2500);
    assert_eq!(place.number("SELECT COUNT(*) FROM quarantine_row").await, 0);
}

#[tokio::test]
async fn rows_are_paged_marked_and_expire() {
    let place = place!();
    let vault = vault(&place.store).await;
    let quarantine = vault.quarantine();
    let import = begin(&place.store).await.number;
    let message = Text::plain("x");
    let rows: Vec<_> = (1..=10)
        .map(|n| NewQuarantineRow { expires: 100 + n as i64, ..row(n, "bad-date", &message, b"raw") })
        .collect();
    quarantine.stage(import, &rows).await.unwrap();
    place.store.imports().finish(import, 11).await.unwrap();
    let first = quarantine.list(&QuarantineFilter { limit: 4, ..Default::default() }).await.unwrap();
    let after = first.last().unwrap().number;
    let second = quarantine.list(&QuarantineFilter { limit: 4, after, ..Default::default() }).await.unwrap();
    assert_eq!(second.iter().map(|one| one.row).collect::<Vec<_>>(), [5, 6, 7, 8]);

    let numbers: Vec<i64> = first.iter().map(|one| one.number).collect();
    let replay = begin(&place.store).await.number;
    let marked = quarantine.mark(&numbers[..2], QuarantineStatus::Replayed, Some(replay)).await.unwrap();
    assert_eq!(marked, 2);
    assert_eq!(quarantine.mark(&[numbers[2], 999], QuarantineStatus::Discarded, None).await.unwrap(), 1);
    let open = QuarantineFilter { status: Some(QuarantineStatus::Open), ..Default::default() };
    assert_eq!(quarantine.list(&open).await.unwrap().len(), 7);
    let replayed = QuarantineFilter { status: Some(QuarantineStatus::Replayed), ..Default::default() };
    assert_eq!(quarantine.list(&replayed).await.unwrap()[0].replayed_by, Some(replay.0));
    let none = QuarantineFilter { code: Some("other"), ..Default::default() };
    assert!(quarantine.list(&none).await.unwrap().is_empty());

    assert_eq!(quarantine.expire(104).await.unwrap(), 4);
    assert_eq!(quarantine.list(&QuarantineFilter::default()).await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_moved_row_does_not_open_and_erasure_finds_the_rows_of_a_customer() {
    let place = place!();
    let vault = vault(&place.store).await;
    vault.remember(None, &[phone("1")]).await.unwrap();
    let surrogate = vault.surrogate("phone", "1");
    let import = begin(&place.store).await.number;
    let message = Text::plain("x");
    let owned = NewQuarantineRow { surrogate: Some(surrogate), ..row(1, "bad-date", &message, b"hers") };
    vault.quarantine().stage(import, &[owned, row(2, "bad-date", &message, b"other")]).await.unwrap();
    place.store.imports().finish(import, 11).await.unwrap();
    assert_eq!(vault.forget(&[surrogate], 5).await.unwrap().n_quarantined, 1);
    assert_eq!(vault.quarantine().list(&QuarantineFilter::default()).await.unwrap().len(), 1);
    place.tamper("UPDATE quarantine_row SET row_number = 3").await;
    let error = vault.quarantine().export(&QuarantineFilter::default()).await.err();
    assert!(matches!(error, Some(StoreError::Unreadable { .. })), "{error:?}");
}

#[tokio::test]
async fn large_rows_are_staged_and_exported_in_bounded_pages() {
    let place = place!();
    let vault = vault(&place.store).await;
    let quarantine = vault.quarantine();
    let import = begin(&place.store).await.number;
    let message = Text::plain("x");
    let raw = vec![b'x'; 25 << 20];
    let rows: Vec<_> = (1..=3).map(|n| row(n, "cell-too-long", &message, &raw)).collect();
    quarantine.stage(import, &rows[..1]).await.unwrap();
    assert_eq!(quarantine.unstage(import).await.unwrap(), 1);
    quarantine.stage(import, &rows).await.unwrap();
    place.store.imports().finish(import, 11).await.unwrap();
    assert!(quarantine.unstage(import).await.is_err(), "what is visible stays");
    let (mut after, mut pages) = (0, Vec::new());
    loop {
        let page = quarantine.export(&QuarantineFilter { after, ..Default::default() }).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.listed.number;
        assert!(page.iter().all(|one| one.raw == raw));
        pages.push(page.len());
    }
    assert_eq!(pages, [2, 1]);
}
