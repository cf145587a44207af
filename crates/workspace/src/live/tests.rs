//! Live against batch, to the bit, on random streams of events cut in many ways.

mod effective_dates;
mod learned;
mod lifting;
mod over_history;
mod remembering;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::TimestampMicrosecondArray;
use arrow::array::{ArrayRef, AsArray, BinaryArray, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::Int64Type;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use gradus_grading::fold::{AsOf, CUSTOMER, day_of};
use gradus_ledger::table::{
    AppendOptions, CommitId, EventsTable, Link, LinksTable, Storage, WriterLease, input_schema, scan_schema,
};
use gradus_model::event_stream::{EventSchema, Field, FieldType, REFERENCE, UNDATED, column};

use self::world::{Chance, Row, World, at, check, events, indicators, rows_of};
use super::{Live, MicroBatch, Why};
use crate::decided::decision_instants;
use crate::{GradeOptions, RebaseOptions, Workspace, WorkspaceError, grade, rebase};

const HOUR: i64 = 3_600_000_000;

const MERGEABLE: &str = "
gradus: 1
indicators:
  n: { kind: count }
  orders: { kind: orders, where: kind = 'order_line' }
  spend: { kind: sum, of: amount }
  spend_30: { kind: sum, of: amount, window: 30 days }
  spend_before: { kind: sum, of: amount, window: { last: 2 days, before: 1 day } }
  month: { kind: count, window: { calendar: this_month } }
  least: { kind: min, of: amount }
  most: { kind: max, of: amount, window: 3 days }
  kinds: { kind: distinct, of: category }
  first_category: { kind: first, of: category }
  last_category: { kind: last, of: category }
  last_amount: { kind: last, of: amount }
  often: { kind: most_frequent, of: category }
  spread: { kind: stddev, of: amount }
  middle: { kind: percentile, of: amount, q: 0.5 }
  recency: { kind: days_since }
  tenure: { kind: days_since, pick: first, where: kind = 'order_line' }
  gap: { kind: gap }
  days: { kind: active, step: day }
  streak: { kind: streak, step: day }
  trend: { kind: slope, of: amount, step: day, window: 10 days }
  average: { kind: average, of: amount, per: order, where: kind = 'order_line' }
scorecards:
  value:
    attributes:
      spend:
        value: spend
        bins: [ { below: 50, points: 1 }, { from: 50, below: 150, points: 4 }, { from: 150, points: 9 } ]
      often:
        value: n
        bins: [ { below: 3, points: 1 }, { from: 3, points: 2 } ]
tiers:
  now: { by: value, levels: { low: {}, high: { from: 6 } } }
  monthly: { by: value, decide: monthly, levels: { low: {}, high: { top_percent: 40 } } }
";

const NOT_MERGEABLE: &str = "
gradus: 1
indicators:
  n: { kind: count }
  spend: { kind: sum, of: amount }
  after_visit: { kind: sum, of: amount, window: { since: kind = 'visit' } }
tiers:
  member: { by: spend, levels: { low: {}, high: { from: 100 } } }
";

const PREDICTING: &str = "
gradus: 1
predictions:
  clv: { lifetime: { purchases: kind = 'order_line', value: amount, margin: 0.4, model: mbg_nbd } }
  pact: { contract: { terms: kind = 'order_line', term: 3 days, grace: 1 day, ends: kind = 'visit' } }
tiers:
  best: { by: clv_to_date, levels: { low: {}, high: { from: 20 } } }
";

const REFERRING: &str = "
gradus: 1
indicators:
  n: { kind: count }
  spend: { kind: sum, of: amount }
  cost: { kind: sum, of: category.cost }
  margin: { kind: sum, of: amount - category.cost, window: 30 days }
  dear: { kind: count, where: category.cost >= 5 }
  makers: { kind: distinct, of: category.maker }
  last_maker: { kind: last, of: category.maker }
  known: { kind: share, of: amount, share: category.maker = 'x' }
tiers:
  member: { by: cost, levels: { low: {}, high: { from: 20 } } }
  monthly: { by: cost, decide: monthly, levels: { low: {}, high: { from: 20 } } }
";

/// Customers refolded, by reason, and customers merged.
async fn stream(seed: u64, model: &str) -> (BTreeMap<Why, u64>, u64) {
    let mut chance = Chance(seed);
    let mut world = World::new(model).await;
    if model == learned::LEARNED {
        learned::keep(&world).await;
    }
    let rows = events(&world, &mut chance, 160, 24, model == REFERRING);
    let n_base = 60 + chance.below(60) as usize;
    world.commit(&rows[..n_base]).await;
    let with_links = seed % 2 == 1;
    if with_links {
        world.link(3, 9, at(&world, -72).instant_us, 0, false).await;
        world.link(4, 9, at(&world, 13).instant_us, 0, false).await;
    }
    let mut hour = 8 + chance.below(4) as i64;
    let known = |hour: i64| at(&world, hour).instant_us;
    let first = (at(&world, hour), known(hour));
    let rebased = world.rebase(first.0, first.1).await;
    assert_eq!(rebased.cannot_merge.is_empty(), model != NOT_MERGEABLE);
    let mut live = Live::open(&world.workspace, Default::default()).await.unwrap();
    let mut before = world.batch(&mut live, first.0, first.1).await;
    let mut refolded: BTreeMap<Why, u64> = BTreeMap::new();
    let mut n_merged = 0;
    let mut done = n_base;
    while done < rows.len() {
        let n = (1 + chance.below(14) as usize).min(rows.len() - done);
        world.commit(&rows[done..done + n]).await;
        done += n;
        if with_links && chance.below(4) == 0 {
            let undone = chance.below(3) == 0;
            let known = at(&world, hour).instant_us;
            world.link(3, 9, at(&world, -72).instant_us, known, undone).await;
            world.link(chance.below(8) as i64 + 5, 9, at(&world, hour).instant_us, known, false).await;
        }
        let day = at(&world, hour).day;
        hour += chance.below(5) as i64;
        let mut as_of = at(&world, hour);
        if model == remembering::REMEMBERING && done == rows.len() {
            as_of = AsOf::close_of(as_of.day, &world.workspace.zone);
        }
        let known_us = as_of.instant_us;
        let way = chance.below(4);
        if way == 0 && as_of.day == first.0.day {
            live = Live::open(&world.workspace, Default::default()).await.unwrap();
        }
        let position = live.position();
        let batch = world.batch(&mut live, as_of, known_us).await;
        let what = format!("seed {seed}, {done} events, hour {hour}, way {way}");
        let micro = match way {
            // Handed in from memory; then what was linked is heard of by catching up.
            1 | 2 if !with_links => {
                let fresh = world.all_since(position).await;
                live.take(&fresh, as_of, known_us).await.unwrap()
            }
            _ => live.catch_up(&world.workspace, as_of, known_us).await.unwrap(),
        };
        check(&micro, &batch, &what, model == REFERRING);
        n_merged += micro.counted.n_merged;
        micro.counted.n_refolded.iter().for_each(|(why, n)| *refolded.entry(*why).or_default() += n);
        if way != 0
            && as_of == at(&world, hour)
            && as_of.day == day
            && day == first.0.day
            && micro.covered.is_empty()
        {
            // Whoever changed was told.
            let told: BTreeSet<i64> =
                rows_of(&micro.batches).into_keys().chain(micro.gone.iter().copied()).collect();
            let (was, is) = (indicators(&before), indicators(&batch));
            for customer in was.keys().chain(is.keys()).filter(|customer| !told.contains(customer)) {
                assert_eq!(was.get(customer), is.get(customer), "{what}: {customer} was not told");
            }
        }
        if way == 2 {
            // The same again counts nothing.
            let again = world.all_since(position).await;
            let twice = live.take(&again, as_of, known_us).await.unwrap();
            assert_eq!((twice.counted.n_events, twice.batches.len()), (0, 0), "{what}");
        }
        before = batch;
    }
    (refolded, n_merged)
}

#[tokio::test(flavor = "multi_thread")]
async fn live_is_batch_to_the_bit() {
    let mut refolded: BTreeMap<Why, u64> = BTreeMap::new();
    let mut n_merged = 0;
    for seed in 0..12 {
        let (why, merged) = stream(seed, MERGEABLE).await;
        why.into_iter().for_each(|(why, n)| *refolded.entry(why).or_default() += n);
        n_merged += merged;
    }
    assert!(n_merged > 100, "{n_merged} merged, {refolded:?}");
    for why in [Why::AnotherDay, Why::Linked, Why::Retraction, Why::Late, Why::Due] {
        assert!(refolded.contains_key(&why), "{why:?} never came: {refolded:?}");
    }
    for seed in 12..14 {
        let (refolded, n_merged) = stream(seed, NOT_MERGEABLE).await;
        assert!(refolded.contains_key(&Why::CannotMerge) && n_merged == 0, "{refolded:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn predictions_run_live_as_in_a_batch() {
    for seed in 40..42 {
        let (_, n_merged) = stream(seed, PREDICTING).await;
        assert!(n_merged > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_of_references_are_noticed() {
    let mut refolded: BTreeMap<Why, u64> = BTreeMap::new();
    let mut n_merged = 0;
    for seed in 20..30 {
        let (why, merged) = stream(seed, REFERRING).await;
        why.into_iter().for_each(|(why, n)| *refolded.entry(why).or_default() += n);
        n_merged += merged;
    }
    assert!(n_merged > 20 && refolded.contains_key(&Why::Reference), "{n_merged} merged, {refolded:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn states_of_another_model_are_refused() {
    let mut world = World::new(MERGEABLE).await;
    let code = |error: WorkspaceError| match error {
        WorkspaceError::Findings(findings) => findings.0[0].code.to_string(),
        other => other.to_string(),
    };
    let rows = events(&world, &mut Chance(1), 20, 4, false);
    world.commit(&rows).await;
    let none = Live::open(&world.workspace, Default::default()).await.err().map(code);
    assert_eq!(none.as_deref(), Some("no-states"));
    world.rebase(at(&world, 9), i64::MAX).await;
    assert!(Live::open(&world.workspace, Default::default()).await.is_ok());
    let never = Live::open_newest(&world.workspace).await.err().map(code);
    assert_eq!(never.as_deref(), Some("never-graded"));
    let model = world.workspace.root.join("model/m.yaml");
    for changed in
        [MERGEABLE.replace("window: 30 days", "window: 31 days"), MERGEABLE.replace("monthly: {", "m: {")]
    {
        std::fs::write(&model, changed).unwrap();
        let other = Live::open(&world.workspace, Default::default()).await.err().map(code);
        assert_eq!(other.as_deref(), Some("other-states"));
    }
    std::fs::write(&model, MERGEABLE).unwrap();
    // A title changes no state.
    std::fs::write(
        &model,
        MERGEABLE.replace("n: { kind: count }", "n: { kind: count, title: { zh: 数, en: n } }"),
    )
    .unwrap();
    assert!(Live::open(&world.workspace, Default::default()).await.is_ok());
}

/// Worked out by hand: 30 and 12 of the base, 5 that came since, 100 that is due at noon.
#[tokio::test(flavor = "multi_thread")]
async fn a_sum_of_the_day() {
    let mut world = World::new(MERGEABLE).await;
    let row = |identity, hour: i64, id, amount| Row {
        known_us: 0,
        ..Row::order(identity, at(&world, hour).instant_us, id, amount)
    };
    let (base, later) =
        ([row(7, -30, 1, 30), row(7, 6, 2, 12), row(7, 12, 3, 100)], [row(7, 8, 4, 5), row(8, 8, 5, 1)]);
    world.commit(&base).await;
    let rebased = world.rebase(at(&world, 7), at(&world, 7).instant_us).await;
    assert_eq!((rebased.n_customers, rebased.n_waiting), (1, 1));
    let mut live = Live::open(&world.workspace, Default::default()).await.unwrap();
    world.commit(&later).await;
    let spend = |done: &MicroBatch, customer: i64| {
        rows_of(&done.batches)[&customer].iter().find(|value| value.starts_with("spend=")).cloned().unwrap()
    };
    world.batch(&mut live, at(&world, 9), i64::MAX / 2).await;
    let nine = live.catch_up(&world.workspace, at(&world, 9), i64::MAX / 2).await.unwrap();
    assert_eq!((nine.counted.n_events, nine.counted.n_merged), (2, 2));
    assert_eq!((spend(&nine, 7), spend(&nine, 8)), ("spend=47.0000".into(), "spend=1.0000".into()));
    let noon = live.catch_up(&world.workspace, at(&world, 12), i64::MAX / 2).await.unwrap();
    assert_eq!(noon.counted.n_refolded, BTreeMap::from([(Why::Due, 1)]));
    assert_eq!(spend(&noon, 7), "spend=147.0000");
    assert!(live.take(&[], at(&world, 11), i64::MAX / 2).await.is_err());
}

/// 120 squares of 10^36 fit 128 bits, 240 do not: neither part fails alone.
#[tokio::test(flavor = "multi_thread")]
async fn what_fails_only_when_put_together_is_counted_as_in_a_batch() {
    let mut world = World::new("gradus: 1\nindicators:\n  spread: { kind: stddev, of: amount }\n").await;
    let row = |identity: i64, hour: i64, id: u64, retraction: bool| Row {
        retraction,
        known_us: 0,
        order: None,
        ..Row::order(identity, at(&world, hour).instant_us, id, 99_999_999_999_999)
    };
    let many = |hour: i64, from: u64| {
        [7, 8].into_iter().flat_map(move |who| (from..from + 120).map(move |id| (who, hour, id)))
    };
    let of = |rows: Vec<(i64, i64, u64)>| {
        rows.into_iter().map(|(who, hour, id)| row(who, hour, id, false)).collect::<Vec<_>>()
    };
    let (mut base, mut later) = (of(many(5, 1).collect()), of(many(8, 200).collect()));
    // The second one has a retraction, so it is read back, not merged.
    base.push(row(8, 5, 999, false));
    later.push(row(8, 5, 999, true));
    world.commit(&base).await;
    let rebased = world.rebase(at(&world, 7), i64::MAX / 2).await;
    assert!(rebased.faults.is_empty(), "{:?}", rebased.faults);
    let mut live = Live::open(&world.workspace, Default::default()).await.unwrap();
    world.commit(&later).await;
    let done = live.catch_up(&world.workspace, at(&world, 9), i64::MAX / 2).await.unwrap();
    assert_eq!((done.counted.n_merged, done.counted.n_refolded), (1, BTreeMap::from([(Why::Retraction, 1)])));
    let options = GradeOptions {
        instants: vec![at(&world, 9)],
        known_at_us: Some(i64::MAX / 2),
        store: false,
        reuse: false,
        n_threads: NonZeroUsize::MIN,
    };
    let batch = grade(&world.workspace, &options, &()).await.unwrap();
    assert_eq!(batch.fold_faults, BTreeMap::from([("spread".to_string(), 2)]));
    assert_eq!(done.faults, batch.fold_faults);
}

/// Nobody has told of visits: unknown for all, then a number for all; what was decided at the end of the
/// month is decided anew once somebody tells of visits of that month.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_delivers_is_unknown_live_as_in_a_batch() {
    const MODEL: &str = "
gradus: 1
indicators:
  spend: { kind: sum, of: amount }
  visits: { kind: count, where: kind = 'visit' }
  kinds: { kind: distinct, of: category }
  share: { kind: share, share: kind = 'visit', where: \"kind in ('visit', 'call')\", empty: 1 }
scorecards:
  value:
    attributes:
      visits: { value: visits, bins: [ { below: 1, points: 1 }, { from: 1, points: 9 } ] }
tiers:
  monthly: { by: value, decide: monthly, levels: { low: {}, high: { from: 5 } } }
";
    let mut world = World::new(MODEL).await;
    let row = |identity: i64, hour: i64, id: u64, kind: &'static str, category: Option<&'static str>| Row {
        known_us: at(&world, hour.max(0)).instant_us,
        kind,
        order: None,
        category,
        ..Row::order(identity, at(&world, hour).instant_us, id, 5)
    };
    let base = [
        row(7, -1000, 1, "order_line", None),
        row(8, -1000, 2, "order_line", None),
        row(9, 1, 3, "order_line", None),
    ];
    let steps = [
        // Orders only; a category; a visit of today; a visit of February, told today; then an order of the
        // customer whose row in memory was of the coverage before, and one who was never touched.
        (8, vec![row(7, 7, 4, "order_line", None)]),
        (9, vec![row(8, 8, 5, "order_line", Some("a"))]),
        (10, vec![row(7, 9, 6, "visit", None)]),
        (11, vec![Row { time_us: at(&world, -1000).instant_us, ..row(8, 10, 7, "visit", None) }]),
        (12, vec![row(7, 11, 8, "order_line", None), row(9, 11, 9, "order_line", None)]),
    ];
    world.commit(&base).await;
    world.rebase(at(&world, 6), at(&world, 6).instant_us).await;
    let mut live = Live::open(&world.workspace, Default::default()).await.unwrap();
    let mut covered = Vec::new();
    for (hour, rows) in steps {
        world.commit(&rows).await;
        let (as_of, known_us) = (at(&world, hour), at(&world, hour).instant_us);
        let batch = world.batch(&mut live, as_of, known_us).await;
        let micro = live.catch_up(&world.workspace, as_of, known_us).await.unwrap();
        assert_eq!(rows_of(&micro.batches).len(), rows.len(), "{hour}");
        check(&micro, &batch, &format!("hour {hour}"), false);
        covered.push(micro.covered.len());
        let of = |customer: i64, name: &str| {
            let name = format!("{name}=");
            batch[&customer]
                .iter()
                .find_map(|value| value.strip_prefix(&name))
                .unwrap_or("not there")
                .to_string()
        };
        assert_eq!(of(9, "visits"), if hour < 10 { "null" } else { "0" });
        // As of the end of February nobody had told of visits before 11 o'clock: the tier was not firm.
        let then = |customer| (of(customer, "monthly"), of(customer, "monthly_provisional"));
        let is = |level: &str, open: &str| (level.to_string(), open.to_string());
        assert_eq!(then(7), is("low", if hour < 11 { "true" } else { "false" }), "{hour}");
        assert_eq!(then(8), if hour < 11 { is("low", "true") } else { is("high", "false") }, "{hour}");
        // And a live grading that begins here says the same.
        let mut anew = Live::open(&world.workspace, live.fits.clone()).await.unwrap();
        world.batch(&mut anew, as_of, known_us).await;
        let all = anew.catch_up(&world.workspace, as_of, known_us).await.unwrap();
        check(&all, &batch, &format!("anew, hour {hour}"), false);
    }
    // Of the category one column; of visits the count, and both sums of the share.
    assert_eq!(covered, [0, 1, 3, 0, 0]);
}
