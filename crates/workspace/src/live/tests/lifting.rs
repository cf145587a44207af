//! What lifts or keeps a tier: exactly that, added to the ledger, is graded as was promised, and one unit less
//! is not.

use super::*;
use crate::explain::{ExplainOptions, explain};
use crate::ways::{Deed, Goal};

const LIFTED: &str = "
gradus: 1
indicators:
  spend: { kind: sum, of: amount, where: kind = 'order_line', window: 2 months }
  orders: { kind: orders, where: kind = 'order_line', window: 2 months }
  visits: { kind: count, where: kind = 'visit', window: 2 months }
scorecards:
  points:
    attributes:
      spend: { value: spend, slope: { points_each: 1, per: 10 }, cap: { min: 0, max: 60 } }
      visits: { value: visits, bins: [{ below: 1, points: 0 }, { from: 1, points: 30 }] }
tiers:
  by_spend:
    by: spend
    decide: monthly
    start: 2024-01-01
    keep: { grace: 2 months }
    levels: { low: {}, mid: { from: 100 }, high: { from: 1340, demote: 600 } }
  by_points: { by: points, decide: monthly, levels: { low: {}, mid: { from: 70 }, high: { from: 91 } } }
  by_orders: { by: orders, decide: monthly, levels: { low: {}, mid: { from: 4 } } }
";

fn order(world: &World, identity: i64, date: jiff::civil::Date, id: u64, amount: i64) -> Row {
    let noon = world.workspace.zone.start_of(day_of(date)) + 12 * HOUR;
    Row::order(identity, noon, id, amount)
}

/// A ledger of one customer: 1400 in January and 100 in March.
async fn world() -> World {
    let mut world = World::new(LIFTED).await;
    let date = |month, day| jiff::civil::date(2024, month, day);
    let rows = [
        order(&world, 7, date(1, 10), 1, 1400),
        order(&world, 7, date(3, 5), 2, 100),
        // Somebody visits, so that visits are known of everybody.
        Row { kind: "visit", amount: None, order: None, ..order(&world, 8, date(1, 3), 3, 0) },
    ];
    world.commit(&rows).await;
    world
}

fn close(world: &World, month: i8, day: i8) -> AsOf {
    AsOf::close_of(day_of(jiff::civil::date(2024, month, day)), &world.workspace.zone)
}

async fn graded(world: &World, as_of: AsOf, store: bool) -> BTreeMap<i64, Vec<String>> {
    let options = GradeOptions {
        instants: vec![as_of],
        known_at_us: None,
        store,
        reuse: false,
        n_threads: NonZeroUsize::MIN,
    };
    rows_of(&grade(&world.workspace, &options, &()).await.unwrap().instants[0].batches)
}

async fn goals(world: &World, as_of: AsOf) -> Vec<Goal> {
    graded(world, as_of, true).await;
    let options = ExplainOptions { customer: "#7".into(), as_of: Some(as_of), against: None, n_events: 0 };
    explain(&world.workspace, &options).await.unwrap().goals
}

/// What stands in a column once some things were done on a day.
async fn after(deeds: &[Deed], less: i64, day: (i8, i8), by: AsOf, column: &str) -> String {
    let mut world = world().await;
    let mut rows = Vec::new();
    for deed in deeds {
        for _ in 0..deed.times {
            let id = 100 + rows.len() as u64;
            let amount = deed.amount.map_or(1, |amount| amount - less);
            let row = order(&world, 7, jiff::civil::date(2024, day.0, day.1), id, amount);
            rows.push(match deed.kind.as_str() {
                "visit" => Row { kind: "visit", amount: None, order: None, ..row },
                _ => row,
            });
        }
    }
    world.commit(&rows).await;
    let name = format!("{column}=");
    let all = graded(&world, by, false).await;
    all[&7].iter().find_map(|value| value.strip_prefix(&name)).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_promised_suffices_and_one_unit_less_does_not() {
    let world = world().await;
    let as_of = close(&world, 4, 15);
    let found = goals(&world, as_of).await;
    let of = |scheme: &str, level: &str| {
        let goal = found.iter().find(|goal| goal.scheme == scheme && goal.level == level);
        goal.unwrap_or_else(|| panic!("no goal {scheme} {level}: {found:#?}")).clone()
    };
    // High since January; 100 in the two months up to March, so kept by the grace period until May.
    let april = close(&world, 4, 30);
    let keep = of("by_spend", "high");
    assert!(keep.keeps, "{keep:?}");
    let [once] = keep.ways.as_slice() else { panic!("{:?}", keep.ways) };
    assert_eq!((once[0].times, once[0].amount), (1, Some(600)), "600 is enough to stay");
    assert_eq!(keep.by, "2024-05-31", "the grace period of two months since the end of March");
    let by = close(&world, 5, 31);
    for day in [(4, 16), (5, 31)] {
        assert_eq!(after(once, 0, day, by, "by_spend").await, "high");
    }
    assert_eq!(
        after(once, 1, (5, 31), by, "by_spend").await,
        "mid",
        "on the last day one unit less does not"
    );

    // 10 points of 70, of at most 60 by spend: neither an order nor a visit alone is 91, and not both.
    let mid = of("by_points", "mid");
    let [pair] = mid.ways.as_slice() else { panic!("{:?}", mid.ways) };
    assert_eq!(pair.len(), 2, "an order and a visit: {mid:?}");
    let amount = pair[0].amount.unwrap();
    assert_eq!(amount, 300, "30 points more beside those of the visit");
    assert_eq!(after(pair, 0, (4, 20), april, "by_points").await, "mid");
    assert_eq!(after(pair, 1, (4, 20), april, "by_points").await, "low");
    assert_eq!(mid.words.en, "mid by 2024-04-30: one order of CNY 300 and 1 × “visit”");
    assert_eq!(mid.words.zh, "2024-04-30 前升为mid：一笔 300 CNY 的订单加1 次“visit”");

    let orders = of("by_orders", "mid");
    let [three] = orders.ways.as_slice() else { panic!("{:?}", orders.ways) };
    assert_eq!((three[0].times, three[0].amount), (3, None), "one of the two months' orders is there");
    assert_eq!(after(three, 0, (4, 30), april, "by_orders").await, "mid");
    let two = [Deed { times: 2, ..three[0].clone() }];
    assert_eq!(after(&two, 0, (4, 30), april, "by_orders").await, "low");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_reach_says_why() {
    let model = LIFTED
        .replace("high: { from: 91 }", "high: { from: 500 }")
        .replace("mid: { from: 70 }", "mid: { from: 400 }");
    let mut world = World::new(&model).await;
    let rows = [order(&world, 7, jiff::civil::date(2024, 3, 5), 1, 10)];
    world.commit(&rows).await;
    let goals = goals(&world, close(&world, 3, 15)).await;
    let goal = goals.iter().find(|goal| goal.scheme == "by_points" && goal.level == "mid").unwrap();
    assert!(goal.ways.is_empty());
    let reason = goal.out_of_reach.as_ref().unwrap();
    assert!(reason.en.starts_with("no order up to 10000000 and no 12 orders are enough"), "{}", reason.en);
    assert!(goal.words.zh.contains("够不着"), "{}", goal.words.zh);
}

const RECENT: &str = "
gradus: 1
indicators:
  spend: { kind: sum, of: amount, where: kind = 'order_line', window: 3 months }
  orders: { kind: orders, where: kind = 'order_line', window: 3 months }
  recency: { kind: days_since, where: kind = 'order_line' }
scorecards:
  points:
    attributes:
      spend: { value: spend, bins: [{ below: 1000, points: 0 }, { from: 1000, points: 40 }] }
      orders: { value: orders, bins: [{ below: 3, points: 0 }, { from: 3, points: 40 }] }
      recency: { value: recency, bins: [{ below: 10, points: 20 }, { from: 10, points: 0 }], not_applicable: 0 }
tiers:
  by_points: { by: points, decide: monthly, levels: { low: {}, high: { from: 100 } } }
";

/// Nothing that is done at once suffices, because it is too long ago by the review: what suffices late is said, with
/// the day from which it does, and more orders than two where it takes them.
#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_too_long_ago_is_told_with_its_first_day() {
    let place = || async {
        let mut world = World::new(RECENT).await;
        let rows = [order(&world, 7, jiff::civil::date(2024, 1, 10), 1, 50)];
        world.commit(&rows).await;
        world
    };
    let world = place().await;
    let found = goals(&world, close(&world, 4, 2)).await;
    let goal = found.iter().find(|goal| goal.level == "high").unwrap();
    assert_eq!(goal.out_of_reach, None, "{goal:?}");
    let [way] = goal.ways.as_slice() else { panic!("{:?}", goal.ways) };
    assert_eq!((way[0].times, way[0].amount), (3, Some(334)), "{goal:?}");
    // Ten days are too long ago: 21 April is nine days before the review.
    assert_eq!((goal.not_before.as_deref(), goal.by.as_str()), (Some("2024-04-21"), "2024-04-30"));
    assert_eq!(goal.words.en, "high by 2024-04-30: 3 orders of CNY 334 each, not before 2024-04-21");
    assert_eq!(goal.words.zh, "2024-04-30 前升为high：2024-04-21 起，3 笔各 334 CNY 的订单");
    let by = close(&world, 4, 30);
    for (day, less, expected) in [(21, 0, "high"), (30, 0, "high"), (20, 0, "low"), (25, 1, "low")] {
        let mut world = place().await;
        let rows: Vec<Row> = (0..3)
            .map(|at| order(&world, 7, jiff::civil::date(2024, 4, day), 100 + at, 334 - less))
            .collect();
        world.commit(&rows).await;
        let all = graded(&world, by, false).await;
        assert!(all[&7].contains(&format!("by_points={expected}")), "{day} {less}: {:?}", all[&7]);
    }
}
