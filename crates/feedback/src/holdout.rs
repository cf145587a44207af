//! Hold-out on the tiering itself (分级对照): a seeded share of the customers keeps the tier of the
//! version before, so that what the new tiers do, and not what the customers would have done anyway, is
//! measured. The draw is by customer, so a customer stays where they are, whoever runs a grading and when.

use gradus_grading::grade::draw;
use gradus_model::Text;
use gradus_stats::interim::{self, Look};
use gradus_stats::mean::{Sample, welch};
use gradus_stats::proportion::{detectable, power, sample_size, two_proportions};
use gradus_stats::{normal, proportion};
use serde::Serialize;

use crate::LEVEL;
use crate::interval::Interval;
use crate::sides::Came;
use crate::words::{amount, p_value, percent, points};

/// A difference counts from here on; and the chance to see the one that is planned for.
const ALPHA: f64 = 0.05;
const POWER: f64 = 0.8;

/// Whether a customer keeps the old version's tier.
pub fn is_held(seed: u64, share: f64, customer: i64) -> bool {
    (draw(seed, customer) as f64) < share * 1_000_000.0
}

/// What the new tiers do to one outcome.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    pub outcome: String,
    pub title: Text,
    /// Customers under the new tiers and under the old ones.
    pub n_new: u64,
    pub n_old: u64,
    /// Share or mean of each.
    pub new: f64,
    pub old: f64,
    /// New less old.
    pub difference: Interval,
    pub p: f64,
    /// The chance that a difference as large as the one that was planned for is seen with so many.
    pub power: Option<f64>,
    /// The smallest difference of a share that is seen with a chance of 80 %.
    pub detectable: Option<f64>,
    /// Customers needed in the smaller group.
    pub planned: Option<u64>,
    pub look: Option<Decision>,
    pub words: Text,
}

/// What the stopping rule says: before the planned number only three standard errors count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    GoOn,
    StopEarly,
    Differs,
    NoDifference,
}

impl From<Look> for Decision {
    fn from(look: Look) -> Decision {
        match look {
            Look::GoOn => Decision::GoOn,
            Look::StopEarly => Decision::StopEarly,
            Look::Differs => Decision::Differs,
            Look::NoDifference => Decision::NoDifference,
        }
    }
}

/// The effect on one outcome. `held` says who keeps the old tier; `change` is the difference that was
/// planned for: of a share in points (0.02), of an amount as a share of the old mean. `None` if a side has
/// fewer than two customers.
pub fn effect(came: &Came, held: &[bool], change: f64) -> Option<Effect> {
    let side = |which: bool| -> Vec<f64> {
        let rows = came.values.iter().zip(held).filter(|(_, held)| **held == which);
        rows.filter_map(|(value, _)| *value).collect()
    };
    let (new, old) = (side(false), side(true));
    if new.len() < 2 || old.len() < 2 {
        return None;
    }
    let sizes = (new.len() as f64, old.len() as f64);
    let smaller = sizes.0.min(sizes.1);
    let found = if came.is_share() {
        let with = |values: &[f64]| values.iter().filter(|value| **value > 0.5).count() as u64;
        let counts = ((with(&new), new.len() as u64), (with(&old), old.len() as u64));
        let test = two_proportions(counts.0, counts.1, LEVEL)?;
        let share = counts.1.0 as f64 / sizes.1;
        // A change upwards needs room; where there is none, it is planned downwards.
        let aim = if share + change <= 1.0 { share + change } else { (share - change).max(0.0) };
        let planned = sample_size(share, aim, ALPHA, POWER).map(|n| n * unequal(sizes));
        Found {
            values: (counts.0.0 as f64 / sizes.0, share),
            difference: test.difference.into(),
            p: test.p,
            z: test.z,
            power: power(aim, share, sizes, ALPHA),
            detectable: detectable(share, (sizes.1, sizes.0), ALPHA, POWER),
            planned,
        }
    } else {
        let (a, b) = (Sample::of(&new)?, Sample::of(&old)?);
        let test = welch(&a, &b, LEVEL)?;
        let error = (a.variance / sizes.0 + b.variance / sizes.1).sqrt();
        let wanted = (change * b.mean).abs();
        // Two means: n = (z_alpha + z_beta)^2 (variances) / change^2 in the smaller group.
        let z = normal::critical(1.0 - ALPHA) + normal::quantile(POWER);
        let spread = if sizes.0 >= sizes.1 {
            b.variance + a.variance * sizes.1 / sizes.0
        } else {
            a.variance + b.variance * sizes.0 / sizes.1
        };
        let planned = (wanted > 0.0).then(|| z * z * spread / (wanted * wanted));
        Found {
            values: (a.mean, b.mean),
            difference: test.difference.into(),
            p: test.p,
            z: test.t,
            power: (wanted > 0.0).then(|| normal::survival(normal::critical(1.0 - ALPHA) - wanted / error)),
            detectable: Some(z * error),
            planned,
        }
    };
    let look = found.planned.map(|planned| Decision::from(interim::look(found.z, smaller, planned, ALPHA)));
    let planned = found.planned.map(|planned| planned.ceil() as u64);
    Some(Effect {
        outcome: came.name.clone(),
        title: came.title.clone(),
        n_new: new.len() as u64,
        n_old: old.len() as u64,
        new: found.values.0,
        old: found.values.1,
        difference: found.difference,
        p: found.p,
        power: found.power,
        detectable: found.detectable,
        planned,
        look,
        words: words(came, &found, look, planned, smaller),
    })
}

struct Found {
    values: (f64, f64),
    difference: Interval,
    p: f64,
    z: f64,
    power: Option<f64>,
    detectable: Option<f64>,
    planned: Option<f64>,
}

/// How many more the smaller group needs where the other one is larger: (1 + r) / 2 with r the smaller
/// over the larger.
fn unequal((a, b): (f64, f64)) -> f64 {
    0.5 * (1.0 + a.min(b) / a.max(b))
}

fn words(came: &Came, found: &Found, look: Option<Decision>, planned: Option<u64>, smaller: f64) -> Text {
    let figure = |value: f64| if came.is_share() { percent(value) } else { amount(value) };
    let (new, old, p) = (figure(found.values.0), figure(found.values.1), p_value(found.p));
    let by = |value: f64| match came.is_share() {
        true => points(value),
        false => Text::plain(amount(value)),
    };
    let (difference, low, high) =
        (by(found.difference.value), by(found.difference.low), by(found.difference.high));
    let next = match look {
        Some(Decision::GoOn) => {
            let (n, all) = (smaller as u64, planned.unwrap_or_default());
            Text::new(
                format!("对照组 {n} 位，计划 {all} 位：继续，先不下结论"),
                format!("{n} of {all} planned customers in the smaller group: go on, nothing is decided"),
            )
        }
        Some(Decision::StopEarly) => Text::new(
            "差别超过三个标准误：可以提前结束",
            "more than three standard errors: it may be stopped",
        ),
        Some(Decision::Differs) => {
            Text::new("已达计划人数：差别成立", "the planned number is there: the difference counts")
        }
        Some(Decision::NoDifference) => {
            Text::new("已达计划人数：没有看到差别", "the planned number is there: no difference was seen")
        }
        None => Text::new("没有可计划的人数", "no number can be planned"),
    };
    Text::new(
        format!(
            "{}：新等级 {new}，旧等级 {old}，相差 {}（95% 区间 {} 至 {}，{p}）；{}",
            came.title.zh, difference.zh, low.zh, high.zh, next.zh
        ),
        format!(
            "{}: {new} under the new tiers, {old} under the old ones, {} (95% interval {} to {}, {p}); {}",
            came.title.en, difference.en, low.en, high.en, next.en
        ),
    )
}

/// A share with its interval, for whoever lists the groups.
pub fn share(n_with: u64, n: u64) -> Option<Interval> {
    proportion::wilson(n_with, n, LEVEL).map(Interval::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_model::document::{Better, Counts};

    fn came(values: Vec<f64>, counts: Counts) -> Came {
        Came {
            name: "again".into(),
            title: Text::new("复购率", "Repurchase"),
            counts,
            better: Better::More,
            values: values.into_iter().map(Some).collect(),
        }
    }

    /// Numbers evenly from 0 below 1, the same in every run.
    fn even(seed: u64, at: i64) -> f64 {
        draw(seed, at) as f64 / 1e6
    }

    #[test]
    fn the_draw_keeps_its_share_and_its_customers() {
        let held = (0..100_000).filter(|customer| is_held(7, 0.1, *customer)).count();
        assert!((9_700..10_300).contains(&held), "{held}");
        // Whoever is held at a tenth is held at a fifth, too.
        assert!((0..10_000).all(|customer| !is_held(7, 0.1, customer) || is_held(7, 0.2, customer)));
        assert!((0..1000).all(|customer| !is_held(7, 0.0, customer) && is_held(7, 1.0, customer)));
    }

    #[test]
    fn groups_that_are_the_same_differ_as_often_as_the_test_says() {
        // A/A: 2,000 comparisons of nothing; 5 % of them call it a difference, within three standard errors.
        let n_trials = 2_000;
        let (mut shares, mut amounts, mut early) = (0, 0, 0);
        for trial in 0..n_trials {
            let n = 600;
            let held: Vec<bool> = (0..n).map(|at| is_held(trial * 2 + 1, 0.3, at)).collect();
            let again: Vec<f64> = (0..n).map(|at| f64::from(even(trial * 2 + 1_000_003, at) < 0.3)).collect();
            let money: Vec<f64> = (0..n).map(|at| 100.0 * even(trial * 2 + 5_000_011, at)).collect();
            let found = effect(&came(again, Counts::Happened), &held, 0.02).unwrap();
            shares += u32::from(found.p < ALPHA);
            early += u32::from(found.look == Some(Decision::StopEarly));
            amounts += u32::from(effect(&came(money, Counts::Value), &held, 0.1).unwrap().p < ALPHA);
        }
        let rate = |count: u32| f64::from(count) / n_trials as f64;
        for (what, count) in [("shares", shares), ("amounts", amounts)] {
            assert!(
                (rate(count) - ALPHA).abs() < 3.0 * (ALPHA * 0.95 / n_trials as f64).sqrt(),
                "{what}: {count}"
            );
        }
        // Before the planned number hardly anything is called early.
        assert!(rate(early) < 0.008, "{early}");
    }

    #[test]
    fn an_effect_is_told_with_what_to_do() {
        let held: Vec<bool> = (0..4000).map(|at| at % 4 == 0).collect();
        let again: Vec<f64> = (0..4000)
            .map(|at| {
                let chance = if at % 4 == 0 { 0.2 } else { 0.3 };
                f64::from(even(3, at) < chance)
            })
            .collect();
        let found = effect(&came(again, Counts::Happened), &held, 0.02).unwrap();
        assert_eq!((found.n_new, found.n_old), (3000, 1000));
        assert!(found.difference.low > 0.05 && found.p < 0.001);
        assert_eq!(found.look, Some(Decision::StopEarly), "{found:?}");
        assert!(found.words.zh.contains("可以提前结束"));
        // 2 points are too fine for a thousand; what is seen with them is coarser.
        assert!(found.power.unwrap() < 0.5 && found.detectable.unwrap() > 0.02);
        assert!(found.planned.unwrap() > 1000);
        assert_eq!(effect(&came(vec![1.0, 0.0], Counts::Happened), &[true, true], 0.1), None);
    }

    #[test]
    fn amounts_are_planned_by_their_spread() {
        let held: Vec<bool> = (0..400).map(|at| at % 2 == 0).collect();
        let money: Vec<f64> = (0..400).map(|at| 100.0 + 40.0 * (even(9, at) - 0.5)).collect();
        let found = effect(&came(money, Counts::Value), &held, 0.05).unwrap();
        // Two groups of 200, sd 11.5, change 5: seen almost always; planned about 84 a group.
        assert!((80..90).contains(&found.planned.unwrap()), "{found:?}");
        assert!(found.power.unwrap() > 0.98);
        assert_eq!(found.look, Some(Decision::NoDifference));
    }
}
