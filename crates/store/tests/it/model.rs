use gradus_store::{ModelStatus, NewFit, NewRun, StoreError, content_hash};
use serde_json::json;

use crate::Place;

#[tokio::test]
async fn a_draft_changes_and_a_published_version_never_does() {
    let place = Place::new().await;
    let models = place.store.models();
    let draft = models.save_draft("价值", "version: 1", 10).await.unwrap();
    assert_eq!((draft.version, draft.status), (1, ModelStatus::Draft));
    assert_eq!(draft.hash, content_hash(b"version: 1"));
    let changed = models.save_draft("价值", "version: 2", 11).await.unwrap();
    assert_eq!((changed.version, models.list(None).await.unwrap().len()), (1, 1));
    let published = models.publish("价值", 1, 12).await.unwrap();
    assert_eq!((published.status, published.published), (ModelStatus::Published, Some(12)));
    let same = models.save_draft("价值", "version: 2", 13).await.unwrap();
    assert_eq!((same.version, same.status), (1, ModelStatus::Published), "nothing new, no new version");
    let next = models.save_draft("价值", "version: 3", 14).await.unwrap();
    assert_eq!((next.version, next.status), (2, ModelStatus::Draft));
    assert_eq!(models.published("价值").await.unwrap().unwrap().version, 1);
    models.publish("价值", 2, 15).await.unwrap();
    assert_eq!(models.get("价值", 1).await.unwrap().status, ModelStatus::Retired);
    assert_eq!(models.published("价值").await.unwrap().unwrap().version, 2);
    // Every text that was ever a version can be had again.
    for text in ["version: 1", "version: 2", "version: 3"] {
        assert_eq!(models.document(&content_hash(text.as_bytes())).await.unwrap().as_deref(), Some(text));
    }
    assert_eq!(models.document("none").await.unwrap(), None);
    assert!(matches!(
        models.publish("价值", 1, 16).await,
        Err(StoreError::ModelStatus { is: "retired", .. })
    ));
    assert!(matches!(models.publish("价值", 9, 16).await, Err(StoreError::UnknownModel { version: 9, .. })));
    models.retire("价值", 2, 17).await.unwrap();
    assert_eq!(models.published("价值").await.unwrap(), None);
    let kept = models.keep("a file").await.unwrap();
    assert_eq!(models.document(&kept).await.unwrap().as_deref(), Some("a file"));
    place.tamper("UPDATE model_document SET document = 'other' WHERE document = 'a file'").await;
    assert!(matches!(models.document(&kept).await, Err(StoreError::Malformed { .. })));
}

#[tokio::test]
async fn fits_are_numbered_and_found_by_their_instant() {
    let place = Place::new().await;
    let fits = place.store.fits();
    let numbers = json!({"cuts": ["1.5", 3]});
    let fit = |as_of| NewFit {
        model_hash: "m",
        kind: "quantile_cuts",
        subject: "scorecards.value.attributes[0]",
        numbers: &numbers,
        population: "有过订单的客户",
        n: 4338,
        as_of,
        created: 99,
    };
    assert_eq!(fits.add(&[fit(10), fit(20), fit(20)]).await.unwrap(), [1, 2, 3]);
    let latest = async |as_of| {
        let fit = fits.latest("m", "quantile_cuts", "scorecards.value.attributes[0]", as_of).await.unwrap();
        fit.map(|fit| fit.number)
    };
    assert_eq!(latest(9).await, None);
    assert_eq!(latest(19).await, Some(1));
    assert_eq!(latest(20).await, Some(3));
    let stored = fits.get(2).await.unwrap().unwrap();
    assert_eq!(
        (stored.numbers, stored.n, stored.population.as_str()),
        (numbers.clone(), 4338, "有过订单的客户")
    );
    assert_eq!(fits.list("m").await.unwrap().len(), 3);
    assert_eq!(fits.list("other").await.unwrap(), vec![]);
}

#[tokio::test]
async fn a_run_counts_when_it_is_finished() {
    let place = Place::new().await;
    let runs = place.store.runs();
    let new =
        |as_of| NewRun { model_hash: "m", as_of, known_at: 50, position: 7, fits: &[3, 1], started: 60 };
    let one = runs.begin(new(10)).await.unwrap();
    let two = runs.begin(new(20)).await.unwrap();
    assert!(runs.list(None, 10).await.unwrap().is_empty());
    runs.finish(&one.id, &json!({"graded": 4338}), 61).await.unwrap();
    assert!(matches!(runs.finish(&one.id, &json!(0), 62).await, Err(StoreError::UnknownRun { .. })));
    let stored = runs.get(&one.id).await.unwrap().unwrap();
    assert_eq!((stored.fits.as_slice(), stored.position, stored.finished), ([3, 1].as_slice(), 7, Some(61)));
    assert_eq!(stored.counts, Some(json!({"graded": 4338})));
    assert_eq!(runs.discard_unfinished().await.unwrap(), [two.id]);
    assert_eq!(runs.list(Some("m"), 10).await.unwrap().len(), 1);
    assert!(runs.list(Some("x"), 10).await.unwrap().is_empty());
}
