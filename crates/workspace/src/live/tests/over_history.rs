//! A version over a stretch of history, counted by hand.

use super::*;
use crate::simulate::{Stretch, What, simulate_history};

/// Spend of the month decides, and a month below is forgiven.
const KEPT: &str = "
gradus: 1
indicators:
  spend: { kind: sum, of: amount, window: { calendar: this_month } }
tiers:
  member:
    by: spend
    decide: monthly
    start: 2024-01-01
    keep: { grace: 1 month }
    levels:
      low: {}
      high: { from: 50, benefits: [ { title: lounge, cost: 365, per: year } ] }
";

#[tokio::test(flavor = "multi_thread")]
async fn keep_rules_spare_customers_from_moving_back_and_forth() {
    let mut world = World::new(KEPT).await;
    let row = |identity: i64, month: i8, id: u64| {
        let noon = world.workspace.zone.start_of(day_of(jiff::civil::date(2024, month, 10))) + 12 * HOUR;
        Row::order(identity, noon, id, 60)
    };
    // 7 buys in every other month, 8 in January and May, 9 from March on every month.
    let months = [(7, vec![1, 3, 5]), (8, vec![1, 5]), (9, vec![3, 4, 5, 6])];
    let mut rows = Vec::new();
    for (identity, months) in months {
        for month in months {
            rows.push(row(identity, month, rows.len() as u64 + 1));
        }
    }
    world.commit(&rows).await;
    let stretch = Stretch {
        from: Some("2024-01-01".into()),
        to: Some("2024-06-30".into()),
        every: Some("month".into()),
        flapping: true,
    };
    let history = simulate_history(&world.workspace, What::Folder, &stretch, &()).await.unwrap();
    assert_eq!(
        history.as_of,
        ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31", "2024-06-30"]
    );
    let member = &history.schemes[0];
    // High: 7 all the time; 8 in January and February, forgiven, low in March and April, high again in May;
    // 9 from March on.
    let high: Vec<u64> = member.steps.iter().map(|step| step.levels[1].count).collect();
    assert_eq!(high, [2, 2, 2, 2, 3, 3]);
    let falls: Vec<u64> = member.steps.iter().map(|step| step.moves.down).collect();
    assert_eq!(falls, [0, 0, 1, 0, 0, 0]);
    let entered: Vec<u64> = member.steps.iter().map(|step| step.moves.entered).collect();
    assert_eq!(entered, [0, 0, 1, 0, 0, 0], "9 is there from March on");
    // 8 falls in March, when 9 comes; 7 stays.
    let march: Vec<(&str, &str, u64)> =
        member.steps[2].matrix.iter().map(|one| (one.from.as_str(), one.to.as_str(), one.count)).collect();
    assert_eq!(march, [("high", "low", 1), ("high", "high", 1), ("", "high", 1)]);
    assert!(member.steps[0].matrix.is_empty(), "nothing comes before the first");
    // A year of the lounge is 365: one a day for each of them.
    let costs: Vec<Option<f64>> = member.steps.iter().map(|step| step.benefit_cost).collect();
    assert_eq!(costs, [0.0, 58.0, 62.0, 60.0, 93.0, 90.0].map(Some));
    let told = |of: &str| {
        let one = member.flapping.iter().find(|one| one.of == of).unwrap();
        (one.moves, one.customers_moved, one.back_and_forth, one.customers_back_and_forth)
    };
    // 8 falls in March and rises in May.
    assert_eq!(told("with_rules"), (2, 1, 1, 1));
    // 7: down, up, down, up, down; 8: down, up, down. 9 never.
    assert_eq!(told("without_rules"), (8, 2, 6, 2));
    assert!(member.flapping.iter().all(|one| one.of != "in_force"), "the folder is in force");
    let words = history.render(gradus_model::Lang::En);
    assert!(
        words.contains("without keep rules: 2 customers moved 8 times; 2 of them 6 times back and forth"),
        "{words}"
    );
}
