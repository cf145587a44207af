//! Tier schemes that remember: live against batch, and whatever was graded in between against everything
//! decided anew from nothing.

use super::*;

pub(super) const REMEMBERING: &str = "
gradus: 1
indicators:
  n: { kind: count }
  spend: { kind: sum, of: amount }
  of_late: { kind: sum, of: amount, window: 3 days }
tiers:
  kept:
    by: of_late
    start: 2024-03-18
    keep: { at_least: 3 days, grace: 2 days, after_fall: 1 day }
    levels: { low: {}, mid: { from: 20, demote: 10 }, high: { from: 60, demote: 45 } }
  frozen:
    by: of_late
    start: 2024-03-17
    promote: at_once
    keep: { one_level: true }
    freeze: [{ from: 2024-03-20, until: 2024-03-27 }]
    levels: { low: {}, mid: { from: 20 }, high: { from: 60 } }
  at_month_ends:
    by: of_late
    eligible: n >= 2
    start: 2024-02-01
    decide: monthly
    promote: at_once
    keep: { grace: 1 month }
    levels: { low: {}, high: { from: 30 } }
  joined:
    by: spend
    start: 2024-03-20
    decide: anniversary
    levels: { a: {}, b: { from: 40 } }
  plain: { by: spend, decide: monthly, levels: { low: {}, high: { from: 40 } } }
segments:
  late: { base: everyone, where: kept_held is not null or frozen_since > joined_entered }
";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_live_is_what_a_batch_remembers() {
    let mut refolded: BTreeMap<Why, u64> = BTreeMap::new();
    let mut n_merged = 0;
    for seed in 40..42 {
        let (why, merged) = stream(seed, REMEMBERING).await;
        why.into_iter().for_each(|(why, n)| *refolded.entry(why).or_default() += n);
        n_merged += merged;
    }
    assert!(n_merged > 0, "{n_merged} merged, {refolded:?}");
    for why in [Why::AnotherDay, Why::Linked, Why::Late] {
        assert!(refolded.contains_key(&why), "{why:?} never came: {refolded:?}");
    }
}

/// The grades as of an instant without what only storing adds.
async fn graded(world: &World, as_of: AsOf, store: bool, reuse: bool) -> (BTreeMap<i64, Vec<String>>, bool) {
    let options =
        GradeOptions { instants: vec![as_of], known_at_us: None, store, reuse, n_threads: NonZeroUsize::MIN };
    let grading = grade(&world.workspace, &options, &()).await.unwrap();
    let mut rows = rows_of(&grading.instants[0].batches);
    rows.values_mut().for_each(|row| row.retain(|value| !value.starts_with('_')));
    (rows, grading.goes_on_from.is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_is_the_same_whatever_was_graded_in_between() {
    let (mut n_went_on, mut n_held) = (0, 0);
    for seed in 60..64 {
        let mut chance = Chance(seed);
        let mut world = World::new(REMEMBERING).await;
        // By time, so that a grading in between sees most of what it decides on; some come late.
        let mut rows = events(&world, &mut chance, 140, 14, false);
        rows.iter_mut().for_each(|row| row.known_us = row.time_us);
        let late: BTreeMap<u64, i64> =
            rows.iter().map(|row| (row.id, chance.below(9) as i64 / 8 * 60 * HOUR)).collect();
        rows.sort_by_key(|row| row.time_us.saturating_add(late[&row.id]));
        let close = |hour: i64| AsOf::close_of(at(&world, hour).day, &world.workspace.zone);
        let mut runs: Vec<AsOf> = (0..6).map(|_| close(chance.below(24 * 14) as i64 - 24 * 14)).collect();
        runs.push(at(&world, -30));
        runs.sort();
        runs.dedup();
        let last = close(30);
        let mut done = 0;
        for as_of in runs {
            let n = rows[done..].iter().take_while(|row| row.time_us <= as_of.instant_us).count();
            if n > 0 {
                world.commit(&rows[done..done + n]).await;
                done += n;
            }
            if done > 0 {
                let (now, went_on) = graded(&world, as_of, true, true).await;
                let (anew, _) = graded(&world, as_of, false, false).await;
                assert_eq!(now, anew, "seed {seed}, {as_of:?}");
                n_went_on += usize::from(went_on);
                let held = |row: &&Vec<String>| row.iter().any(|value| value == "kept_held=grace");
                n_held += now.values().filter(held).count();
            }
        }
        if done < rows.len() {
            world.commit(&rows[done..]).await;
        }
        let (now, _) = graded(&world, last, true, true).await;
        let mut other = World::new(REMEMBERING).await;
        other.commit(&rows).await;
        let (anew, went_on) = graded(&other, last, true, true).await;
        assert!(!went_on, "there is nothing to go on from");
        assert_eq!(now, anew, "seed {seed}: another ledger with the same events, graded once");
    }
    assert!(n_went_on > 3 && n_held > 3, "{n_went_on} went on from what was stored, {n_held} were held");
}
