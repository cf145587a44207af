//! Rules that hold for a time: every way of looking at the past takes those of the day that is looked at, and of
//! its local date.

use super::*;
use crate::access::Principal;
use crate::backtest::{BacktestRequest, backtest};
use crate::explain::{Against, ExplainOptions, explain};
use crate::simulate::{Stretch, What, simulate, simulate_history};

/// In winter one point and a scarf, in March two and tulips, before and after nothing.
const DATED: &str = "
gradus: 1
indicators:
  spend: { kind: sum, of: amount, where: kind = 'order_line' }
  orders: { kind: orders, where: kind = 'order_line' }
rule_sets:
  care:
    title: { zh: 关怀, en: Care }
    rules:
      winter: { when: spend >= 50, then: 1, until: 2024-02-29 }
      spring: { when: spend >= 50, then: 2, from: 2024-03-01, until: 2024-03-31 }
    otherwise: 0
decision_tables:
  gift:
    hit: first
    inputs: { spend: {} }
    outputs: { out: { default: none } }
    rows:
      - { when: ['>= 50'], then: [scarf], until: 2024-02-29 }
      - { when: ['>= 50'], then: [tulips], from: 2024-03-01, until: 2024-03-31 }
tiers:
  member: { by: care, levels: { low: {}, winter: { from: 1 }, spring: { from: 2 } } }
  kept: { by: care, decide: daily, start: 2024-02-01, keep: { at_least: 2 days }, levels: { low: {}, winter: { from: 1 }, spring: { from: 2 } } }
";

/// Days with what holds on them: points, gift, level, and the level that is kept two days longer.
const DAYS: [(i8, i8, [&str; 4]); 6] = [
    (2, 28, ["1", "scarf", "winter", "winter"]),
    (2, 29, ["1", "scarf", "winter", "winter"]),
    (3, 1, ["2", "tulips", "spring", "spring"]),
    (3, 31, ["2", "tulips", "spring", "spring"]),
    (4, 1, ["0", "none", "low", "low"]),
    (4, 2, ["0", "none", "low", "low"]),
];

async fn world() -> World {
    let mut world = World::new(DATED).await;
    let row = |identity: i64, id: u64, amount: i64| {
        let noon = world.workspace.zone.start_of(day_of(jiff::civil::date(2024, 2, 10))) + 12 * HOUR;
        Row::order(identity, noon, id, amount)
    };
    let late = Row { time_us: at(&world, 24 * 40).instant_us, ..row(9, 3, 5) };
    let rows = [row(7, 1, 60), row(8, 2, 10), late];
    world.commit(&rows).await;
    world
}

fn close(world: &World, month: i8, day: i8) -> AsOf {
    AsOf::close_of(day_of(jiff::civil::date(2024, month, day)), &world.workspace.zone)
}

async fn graded(
    world: &World,
    instants: &[AsOf],
    known_at_us: Option<i64>,
    store: bool,
) -> Vec<BTreeMap<i64, Vec<String>>> {
    let options = GradeOptions {
        instants: instants.to_vec(),
        known_at_us,
        store,
        reuse: store,
        n_threads: NonZeroUsize::MIN,
    };
    let grading = grade(&world.workspace, &options, &()).await.unwrap();
    grading.instants.iter().map(|one| rows_of(&one.batches)).collect()
}

/// Points, gift and level of the one who spent enough.
fn told(rows: &BTreeMap<i64, Vec<String>>) -> [String; 4] {
    ["care", "gift", "member", "kept"].map(|name| {
        let name = format!("{name}=");
        shown(rows[&7].iter().find_map(|value| value.strip_prefix(&name)).unwrap())
    })
}

/// A number without its empty digits.
fn shown(value: &str) -> String {
    value.strip_suffix(".0000").unwrap_or(value).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_hold_on_their_days_in_every_grading_of_the_past() {
    let world = world().await;
    let days: Vec<AsOf> = DAYS.iter().map(|(month, day, _)| close(&world, *month, *day)).collect();
    // Several days in one pass, each alone, as known later, and once more from what is stored.
    let all = graded(&world, &days, None, true).await;
    let known = graded(&world, &days, Some(close(&world, 6, 1).instant_us), false).await;
    let again = graded(&world, &days, None, true).await;
    for (at, (month, day, expected)) in DAYS.iter().enumerate() {
        assert_eq!(told(&all[at]), *expected, "{month}-{day}");
        assert_eq!(told(&known[at]), *expected, "{month}-{day} as known in June");
        assert_eq!(told(&again[at]), *expected, "{month}-{day} once more");
        let alone = graded(&world, &[days[at]], None, false).await;
        assert_eq!(told(&alone[0]), *expected, "{month}-{day} alone");
    }
    // It is the local date that counts: in Shanghai it is March while it is February in Greenwich.
    let night = AsOf::new(
        world.workspace.zone.start_of(day_of(jiff::civil::date(2024, 3, 1))) + HOUR / 2,
        &world.workspace.zone,
    );
    let rows = graded(&world, &[night], None, false).await;
    // The level is that of the last close.
    assert_eq!(told(&rows[0])[..3], ["2", "tulips", "winter"].map(String::from));
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_hold_on_their_days_in_explanations_simulations_and_back_tests() {
    let world = world().await;
    let days: Vec<AsOf> = DAYS.iter().map(|(month, day, _)| close(&world, *month, *day)).collect();
    graded(&world, &days, None, true).await;
    for (at, (month, day, [points, gift, level, kept])) in DAYS.iter().enumerate() {
        let options = ExplainOptions {
            customer: "#7".into(),
            as_of: Some(days[at]),
            against: Some(Against::AsOf(days[0])),
            n_events: 0,
        };
        let explained = explain(&world.workspace, &options).await.unwrap();
        let given = |name: &str| {
            let rule = explained.rules.iter().find(|rule| rule.name == name).unwrap();
            rule.given[0].1.clone().unwrap_or_default()
        };
        assert_eq!(shown(&given("care")), *points, "{month}-{day}");
        assert_eq!(given("gift"), *gift, "{month}-{day}");
        let standing = |name: &str| {
            explained.standings.iter().find(|one| one.scheme == name).unwrap().level.clone().unwrap()
        };
        assert_eq!(
            (standing("member").as_str(), standing("kept").as_str()),
            (*level, *kept),
            "{month}-{day}"
        );
        // What lifts is sought until the end of the month, by the rules of then.
        let goal = explained.goals.iter().find(|goal| goal.scheme == "member" && goal.level == "winter");
        if *month == 4 {
            assert!(goal.unwrap().out_of_reach.is_some(), "no rule gives a point in April: {goal:?}");
        }
        // One instant by another version, here the same.
        let folder = world.workspace.documents().unwrap();
        let date = format!("2024-{month:02}-{day:02}");
        let simulated = simulate(&world.workspace, &folder, Some(&date), &()).await.unwrap();
        let of = |one: &&crate::simulate::TierEffect| one.scheme == "member" && one.level == *level;
        let effect = simulated.tiers.iter().find(of).unwrap();
        let n = if *level == "low" { 2 } else { 1 };
        assert_eq!((effect.count, effect.before), (n, n), "{date}: {simulated:?}");
    }
    let stretch = Stretch {
        from: Some("2024-02-28".into()),
        to: Some("2024-04-02".into()),
        every: Some("day".into()),
        flapping: false,
    };
    let history = simulate_history(&world.workspace, What::Folder, &stretch, &()).await.unwrap();
    for (month, day, [.., level, kept]) in DAYS {
        let date = format!("2024-{month:02}-{day:02}");
        let step = history.as_of.iter().position(|at| *at == date).unwrap();
        for (scheme, level) in [("member", level), ("kept", kept)] {
            let own = history.schemes.iter().find(|own| own.scheme == scheme).unwrap();
            let count = own.steps[step].levels.iter().find(|one| one.level == level).unwrap().count;
            // The other customer is always low.
            assert_eq!(count, if level == "low" { 2 } else { 1 }, "{date} {scheme}");
        }
    }
    for (month, day, [.., level, _]) in DAYS {
        let date = format!("2024-{month:02}-{day:02}");
        let request = BacktestRequest {
            as_of: Some(date.clone()),
            horizon: Some("14d".into()),
            ..BacktestRequest::default()
        };
        let done = backtest(&world.workspace, &Principal::local(), &request, &()).await.unwrap();
        let tiers = done.dates[0].judged.tiers.iter().find(|groups| groups.name == "member").unwrap();
        let n = tiers.groups.iter().find(|group| group.name == level).unwrap().n;
        assert_eq!(n, if level == "low" { 2 } else { 1 }, "{date}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_change_at_midnight_in_live_gradings_too() {
    let mut world = world().await;
    let zone = world.workspace.zone.clone();
    let hours = |month: i8, day: i8, hour: i64| {
        let midnight = zone.start_of(day_of(jiff::civil::date(2024, month, day)));
        AsOf::new(midnight + hour * HOUR, &zone)
    };
    for (month, day, [points, gift, ..]) in DAYS {
        let (before, now) = (hours(month, day, 9), hours(month, day, 10));
        world.rebase(before, before.instant_us).await;
        let mut live = Live::open(&world.workspace, Default::default()).await.unwrap();
        let id = 100 + now.day as u64;
        let row = Row::order(7, now.instant_us, id, 1);
        let batch = world.batch(&mut live, now, now.instant_us).await;
        assert_eq!(told(&batch)[..2], [points, gift].map(String::from), "{month}-{day}");
        world.commit(&[row]).await;
        let batch = world.batch(&mut live, now, now.instant_us).await;
        let micro = live.catch_up(&world.workspace, now, now.instant_us).await.unwrap();
        check(&micro, &batch, &format!("{month}-{day}"), false);
        let rows = rows_of(&micro.batches);
        assert_eq!(told(&rows)[..2], [points, gift].map(String::from), "{month}-{day} live");
    }
}
