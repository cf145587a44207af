//! What was learned before, and groups, live as in a batch.

use gradus_grading::grade::Fit;
use gradus_grading::grade::propensity::PropensityFit;
use serde_json::json;

use super::world::{at, rows_of};
use super::*;
use crate::kept_fits::{self, Kept, depends_on};

pub(super) const LEARNED: &str = "
gradus: 1
indicators:
  n: { kind: count }
  spend: { kind: sum, of: amount }
  last_category: { kind: last, of: category }
  recency: { kind: days_since }
predictions:
  leaves:
    propensity:
      outcome: { kind: count, where: kind = 'order_line', counts: not_happened }
      horizon: 30 days
      features: [spend, last_category, recency]
      refit: 20 years
  groups:
    clusters: { features: [n, spend], k: 2, refit: 1 day }
scorecards:
  risk:
    attributes:
      leaves:
        value: leaves
        bins: [ { below: 0.4, points: 1 }, { from: 0.4, below: 0.6, points: 4 }, { from: 0.6, points: 9 } ]
tiers:
  now: { by: risk, levels: { low: {}, high: { from: 4 } } }
";

/// Puts a fit into the store as if it had been learned half a year before: numbers and words, with what is missing.
pub(super) async fn keep(world: &World) {
    let feature =
        |name: &str, encoding| json!({"name": name, "title": {"zh": name, "en": name}, "encoding": encoding});
    let number =
        json!({"is": "number", "low": -20.0, "high": 200.0, "log": false, "fill": 10.0, "missing": true});
    let recency =
        json!({"is": "number", "low": 0.0, "high": 20.0, "log": false, "fill": 3.0, "missing": false});
    let fit: PropensityFit = serde_json::from_value(json!({
        "as_of": "2023-10-01",
        "outcome": {"zh": "流失", "en": "Churn"},
        "horizon": {"zh": "30 天", "en": "30 days"},
        "n": 1000, "n_events": 400,
        "features": [
            feature("spend", number),
            feature("last_category", json!({"is": "one_of", "words": ["a", "茶"], "missing": true})),
            feature("recency", recency),
        ],
        "learned": {"logistic": {
            "intercept": 0.3,
            "coefficients": [-0.011, 0.4, 0.7, -0.6, 0.2, 0.07],
            "means": [40.0, 0.1, 0.3, 0.3, 0.2, 4.0],
        }},
        "calibration": {"platt": {"intercept": 0.05, "slope": 0.93}},
    }))
    .unwrap();
    let documents = world.workspace.documents().unwrap();
    let hash = depends_on(&world.workspace, &documents.model, "leaves");
    let then = AsOf::close_of(day_of(jiff::civil::date(2023, 10, 1)), &world.workspace.zone);
    let numbers = json!({"fit": fit});
    // Batches are graded as of what was known then.
    let kind = Kept::Propensity.kind(Some(then.instant_us));
    kept_fits::keep(&world.workspace, kind, (&hash, "leaves"), then, (&numbers, "everyone", 1000))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_learned_and_groups_run_live_as_in_a_batch() {
    for seed in 50..53 {
        let (_, n_merged) = stream(seed, LEARNED).await;
        assert!(n_merged > 0);
    }
}

/// Otherwise the test above would hold nulls against nulls.
#[tokio::test(flavor = "multi_thread")]
async fn the_chance_is_that_of_the_fit_that_was_kept() {
    let mut world = World::new(LEARNED).await;
    keep(&world).await;
    let rows = events(&world, &mut Chance(50), 160, 24, false);
    world.commit(&rows).await;
    let now = at(&world, 20);
    world.rebase(now, now.instant_us).await;
    let mut live = Live::open(&world.workspace, Default::default()).await.unwrap();
    let graded = world.batch(&mut live, now, now.instant_us).await;
    assert!(matches!(live.fits.fits["predictions.leaves"], Fit::Propensity(_)));
    let said = |name: &str| -> BTreeSet<String> {
        let own = graded.values().flatten().filter_map(|value| value.strip_prefix(&format!("{name}=")));
        own.map(String::from).collect()
    };
    let chances = said("leaves");
    assert!(chances.len() > 8 && !chances.contains("null"), "{chances:?}");
    assert_eq!(said("groups"), ["c1", "c2"].map(String::from).into_iter().collect());
    // And live says the same of all who are touched.
    let micro = live.catch_up(&world.workspace, now, now.instant_us).await.unwrap();
    for (customer, row) in rows_of(&micro.batches) {
        assert_eq!(graded.get(&customer), Some(&row));
    }
}
