use gradus_store::{NewFit, NewRun, StoreError, VersionState, content_hash};
use serde_json::json;

#[tokio::test]
async fn a_draft_has_one_writer_at_a_time() {
    let place = place!();
    let versions = place.store.versions();
    assert_eq!(versions.draft().await.unwrap(), None);
    assert_eq!(versions.write_draft(0, "a", None, "lin", 10).await.unwrap(), Some(1));
    assert_eq!(versions.write_draft(0, "b", None, "wu", 11).await.unwrap(), None, "wu did not see lin's");
    assert_eq!(versions.write_draft(1, "b", None, "wu", 12).await.unwrap(), Some(2));
    assert!(!versions.drop_draft(1).await.unwrap());
    assert!(versions.drop_draft(2).await.unwrap());
    assert_eq!(
        versions.write_draft(0, "c", None, "lin", 13).await.unwrap(),
        Some(3),
        "a revision never repeats"
    );
}

#[tokio::test]
async fn the_version_in_force_follows_the_instant() {
    let place = place!();
    let versions = place.store.versions();
    let submitted = async |text: &str| versions.submit(text, "lin", "why", 10, None).await.unwrap().number;
    let (one, two) = (submitted("version: 1").await, submitted("version: 2").await);
    let early = versions.publish(one, 20, "wu", "", 20).await;
    assert!(matches!(early, Err(StoreError::VersionState { is: "review", .. })));
    for number in [one, two] {
        let decided = versions.decide(number, VersionState::Approved, "wu", "fine", 15).await.unwrap();
        assert_eq!((decided.state, decided.reviewer.as_deref()), (VersionState::Approved, Some("wu")));
    }
    assert!(versions.decide(one, VersionState::Rejected, "wu", "", 16).await.is_err(), "decided once");
    versions.publish(one, 20, "wu", "", 20).await.unwrap();
    let later = versions.publish(two, 100, "wu", "spring", 30).await.unwrap();
    let at = async |instant| versions.in_force(instant).await.unwrap().map(|version| version.number);
    assert_eq!(
        (at(19).await, at(20).await, at(99).await, at(100).await),
        (None, Some(one), Some(one), Some(two))
    );
    // Back to the first: one more row, and history stays as it was.
    versions.publish(one, 150, "wu", "rollback", 150).await.unwrap();
    assert_eq!((at(120).await, at(150).await), (Some(two), Some(one)));
    assert!(!versions.withdraw(later.number, 160).await.unwrap(), "what was in force stays");
    assert_eq!(versions.get(two).await.unwrap().validation, None);
    assert!(matches!(versions.get(9).await, Err(StoreError::UnknownVersion { number: 9 })));
}

#[tokio::test]
async fn a_kept_text_is_the_one_that_was_hashed() {
    let place = place!();
    let models = place.store.models();
    let kept = models.keep("a file").await.unwrap();
    assert_eq!(kept, content_hash(b"a file"));
    assert_eq!(models.document(&kept).await.unwrap().as_deref(), Some("a file"));
    assert_eq!(models.document("none").await.unwrap(), None);
    place.tamper("UPDATE model_document SET document = 'other' WHERE document = 'a file'").await;
    assert!(matches!(models.document(&kept).await, Err(StoreError::Malformed { .. })));
}

#[tokio::test]
async fn fits_are_numbered_and_found_by_their_instant() {
    let place = place!();
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
        let subject = "scorecards.value.attributes[0]";
        assert_eq!(
            fits.latest("m", "quantile_cuts", subject, as_of, 98).await.unwrap(),
            None,
            "not there yet"
        );
        let fit = fits.latest("m", "quantile_cuts", subject, as_of, 99).await.unwrap();
        fit.map(|fit| fit.number)
    };
    assert_eq!(latest(9).await, None);
    assert_eq!(latest(19).await, Some(1));
    assert_eq!(latest(20).await, Some(3));
    let earliest = async |as_of| {
        let fit = fits.earliest("m", "quantile_cuts", "scorecards.value.attributes[0]", as_of).await.unwrap();
        fit.map(|fit| fit.number)
    };
    assert_eq!((earliest(9).await, earliest(10).await, earliest(20).await), (Some(1), Some(3), None));
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
    let place = place!();
    let runs = place.store.runs();
    let new = |as_of| NewRun {
        model_hash: "m",
        version: Some(3),
        as_of,
        known_at: 50,
        position: 7,
        fits: &[3, 1],
        started: 60,
    };
    let one = runs.begin(new(10)).await.unwrap();
    let two = runs.begin(new(20)).await.unwrap();
    assert!(runs.list(None, 10).await.unwrap().is_empty());
    runs.finish(&one.id, &json!({"graded": 4338}), 61).await.unwrap();
    assert!(matches!(runs.finish(&one.id, &json!(0), 62).await, Err(StoreError::UnknownRun { .. })));
    let stored = runs.get(&one.id).await.unwrap().unwrap();
    assert_eq!((stored.fits.as_slice(), stored.position, stored.finished), ([3, 1].as_slice(), 7, Some(61)));
    assert_eq!(stored.version, Some(3));
    assert_eq!(stored.counts, Some(json!({"graded": 4338})));
    assert_eq!(runs.discard_unfinished().await.unwrap(), [two.id]);
    assert_eq!(runs.list(Some("m"), 10).await.unwrap().len(), 1);
    assert!(runs.list(Some("x"), 10).await.unwrap().is_empty());
}
