//! Keep rules that can never act, against brute force: every way in which a value may go, decided with and
//! without the rule.

use std::collections::BTreeSet;

use gradus_grading::fold::{date_of, day_of};
use gradus_grading::grade::{Memory, Movement, NotGradedReason, Policy, Reach, Reading, Review};
use gradus_model::document::{Span, SpanUnit};
use serde_json::json;

use crate::proof::{Draw, codes, proved};

fn first_day() -> i32 {
    day_of("2023-10-01".parse().unwrap())
}

/// What of a memory decides later: level, entry into the scheme and the level, whether by a fall, below since.
type Known = (Option<u16>, Option<i32>, Option<i32>, bool, Option<i32>);

fn known(memory: &Memory, review: Review) -> Known {
    let entered = memory.entered.filter(|_| review == Review::Anniversary);
    (memory.level, entered, memory.since, memory.moved == Some(Movement::Demoted), memory.below_since)
}

fn memory(known: &Known) -> Memory {
    let (level, entered, since, fell, below_since) = *known;
    let moved = Some(if fell { Movement::Demoted } else { Movement::Entered }).filter(|_| level.is_some());
    Memory { level, entered, since, moved, below_since, ..Memory::new() }
}

fn readings(n_levels: u16, may_lack: bool) -> Vec<Reading> {
    let firm = |rise: u16, hold: u16| {
        let at = Reach { rise, hold };
        Reading { low: at, high: at, refused: None }
    };
    let mut out: Vec<Reading> =
        (0..n_levels).flat_map(|rise| (rise..n_levels).map(move |hold| firm(rise, hold))).collect();
    if may_lack {
        out.push(Reading { refused: Some(NotGradedReason::Unknown), ..firm(0, 0) });
    }
    out
}

/// The policy without each of its rules.
fn without(policy: &Policy) -> Vec<(String, Policy)> {
    let mut out = Vec::new();
    if policy.at_least.is_some() {
        out.push(("at_least".into(), Policy { at_least: None, ..policy.clone() }));
    }
    if policy.after_fall.is_some() {
        out.push(("after_fall".into(), Policy { after_fall: None, ..policy.clone() }));
    }
    if policy.one_level {
        out.push(("one_level".into(), Policy { one_level: false, ..policy.clone() }));
    }
    for at in 0..policy.freeze.len() {
        let mut freeze = policy.freeze.clone();
        freeze.remove(at);
        out.push((format!("freeze {at}"), Policy { freeze, ..policy.clone() }));
    }
    out
}

/// The rules that decide something. The value may change on every decision day, or on some days only, so that
/// there are not too many ways.
fn acting(
    policy: &Policy,
    readings: &[Reading],
    days: i32,
    changes: Option<&BTreeSet<i32>>,
) -> BTreeSet<String> {
    let mut open = without(policy);
    let mut acting = BTreeSet::new();
    let mut states: BTreeSet<(Known, usize)> =
        (0..readings.len()).map(|at| (known(&Memory::new(), policy.review), at)).collect();
    for day in policy.start..policy.start + days {
        if !policy.decides_on(day) || open.is_empty() {
            continue;
        }
        let free = changes.is_none_or(|changes| changes.contains(&day));
        let mut next = BTreeSet::new();
        let mut seen = BTreeSet::new();
        for (state, last) in &states {
            let before = memory(state);
            let all: Vec<usize> = if free { (0..readings.len()).collect() } else { vec![*last] };
            for at in all {
                // Where the value is free whatever it was, it is decided once.
                if !seen.insert((*state, at)) {
                    continue;
                }
                let now = policy.decide(&before, &readings[at], day);
                open.retain(|(name, other)| {
                    let differs = other.decide(&before, &readings[at], day).level != now.level;
                    if differs {
                        acting.insert(name.clone());
                    }
                    !differs
                });
                next.insert((known(&now, policy.review), if changes.is_some() { at } else { 0 }));
            }
        }
        states = next;
    }
    acting
}

/// The rules of which it is claimed that they never act.
fn claimed(policy: &Policy, n_levels: u16, may_lack: bool) -> BTreeSet<String> {
    let idle = policy.idle(usize::from(n_levels), may_lack);
    if idle.nobody_falls {
        return without(policy).into_iter().map(|(name, _)| name).collect();
    }
    let mut out = BTreeSet::new();
    out.extend(idle.at_least.map(|_| "at_least".to_string()));
    out.extend(idle.after_fall.map(|_| "after_fall".to_string()));
    out.extend(idle.one_level.then(|| "one_level".to_string()));
    out.extend(idle.freeze.iter().map(|(at, _)| format!("freeze {at}")));
    out
}

fn span(draw: &mut Draw, units: &[(SpanUnit, u64)]) -> Option<Span> {
    let (unit, most) = units[draw.below(units.len() as u64) as usize];
    (draw.below(3) > 0).then(|| Span { n: 1 + draw.below(most) as u32, unit })
}

fn policy(draw: &mut Draw, review: Review, units: &[(SpanUnit, u64)], days: i32, longest: u64) -> Policy {
    let start = first_day() + draw.below(20) as i32;
    let n_freeze = draw.below(3);
    let mut freeze: Vec<(i32, i32)> = (0..n_freeze)
        .map(|_| {
            let from = start - 5 + draw.below(days as u64 * 2 / 3) as i32;
            (from, from + draw.below(longest) as i32)
        })
        .collect();
    freeze.sort_unstable();
    Policy {
        start,
        review,
        at_once: false,
        at_least: span(draw, units),
        grace: span(draw, units),
        after_fall: span(draw, units),
        one_level: draw.below(2) == 0,
        freeze,
    }
}

fn agree(
    policy: &Policy,
    n_levels: u16,
    may_lack: bool,
    found: BTreeSet<String>,
    whole: bool,
) -> (usize, usize) {
    let claimed = claimed(policy, n_levels, may_lack);
    let all: BTreeSet<String> = without(policy).into_iter().map(|(name, _)| name).collect();
    let freeze: Vec<_> = policy.freeze.iter().map(|(a, b)| (date_of(*a), date_of(*b))).collect();
    let told = || {
        format!(
            "{policy:?} from {:?} freeze {freeze:?}: claimed {claimed:?}, acting {found:?}",
            date_of(policy.start)
        )
    };
    assert!(claimed.is_disjoint(&found), "{}", told());
    assert!(!whole || claimed.len() + found.len() == all.len(), "{}", told());
    (claimed.len(), found.len())
}

#[test]
fn keep_rules_agree_with_brute_force() {
    use SpanUnit::{Day, Month, Quarter, Week};
    let mut n = (0, 0);
    let mut add = |(idle, acting): (usize, usize)| n = (n.0 + idle, n.1 + acting);
    for seed in 1..=24u64 {
        let mut draw = Draw(seed * 179_424_673);
        let n_levels = 1 + draw.below(3) as u16;
        let may_lack = draw.below(3) == 0;
        let all = readings(n_levels, may_lack);
        let monthly = Review::Calendar(Month);
        let own = policy(&mut draw, monthly, &[(Month, 4), (Day, 70), (Week, 9)], 500, 70);
        add(agree(&own, n_levels, may_lack, acting(&own, &all, 500, None), true));
        let quarterly = Review::Calendar(Quarter);
        let own = policy(&mut draw, quarterly, &[(Month, 9), (Day, 200)], 1100, 200);
        add(agree(&own, n_levels, may_lack, acting(&own, &all, 1100, None), true));
        let daily = Review::Calendar(Day);
        let own = policy(&mut draw, daily, &[(Day, 6), (Week, 1)], 26, 6);
        add(agree(&own, n_levels, may_lack, acting(&own, &all, 26, None), true));
    }
    for seed in 1..=6u64 {
        let mut draw = Draw(seed * 217_645_199);
        let may_lack = draw.below(4) == 0;
        let all = readings(2, may_lack);
        let own = policy(&mut draw, Review::Calendar(Month), &[(Day, 33), (Week, 4)], 66, 20);
        let own = Policy { at_once: true, ..own };
        // Not everything that can be happens in so few days.
        add(agree(&own, 2, may_lack, acting(&own, &all, 66, None), false));
    }
    assert!(n.0 > 20 && n.1 > 40, "{n:?}");
}

/// Reviews on each customer's own days: the value changes on those that matter.
#[test]
fn keep_rules_on_anniversaries_agree_with_brute_force() {
    use SpanUnit::{Month, Year};
    let mut n = (0, 0);
    for seed in 1..=8u64 {
        let mut draw = Draw(seed * 198_491_317);
        let may_lack = draw.below(3) == 0;
        let all = readings(2, may_lack);
        let review = if draw.below(2) == 0 { Review::Anniversary } else { Review::TierAnniversary };
        let at_once = draw.below(3) == 0;
        let days = 1150;
        let own = policy(&mut draw, review, &[(Month, 20), (Year, 2)], days, 90);
        let own = Policy { at_once, ..own };
        let mut changes: BTreeSet<i32> = [0, 1, 2, 40, 100, 200].map(|at| own.start + at).into();
        let stretches = own.freeze.iter().flat_map(|(from, until)| [*from, from + 1, *until, until + 1]);
        // Entries of which the stretches are anniversaries, and the days after them.
        let stretches: Vec<i32> =
            stretches.flat_map(|day| [day - 731, day - 730, day - 366, day - 365, day]).collect();
        changes.extend(stretches);
        for year in 0..4 {
            changes.extend([0, 1, 2].map(|at| own.start + 365 * year + at));
        }
        let found = acting(&own, &all, days, Some(&changes));
        // Where levels are entered at once there are more days that matter than these.
        let one = agree(&own, 2, may_lack, found, !at_once && own.freeze.is_empty());
        n = (n.0 + one.0, n.1 + one.1);
    }
    assert!(n.0 > 1 && n.1 > 4, "{n:?}");
}

/// A scheme by a score whose values are known.
fn scheme(levels: serde_json::Value, more: serde_json::Value) -> serde_json::Value {
    let mut tier = json!({ "by": "card", "levels": levels, "start": "2024-01-01" });
    for (key, value) in more.as_object().unwrap() {
        tier[key] = value.clone();
    }
    json!({
        "scorecards": { "card": { "attributes": { "x": { "value": "a", "unknown": { "points": 0 },
            "bins": [{ "below": 2, "points": 10 }, { "from": 2, "below": 4, "points": 40 }, { "from": 4, "points": 80 }] } } } },
        "tiers": { "tier": tier },
    })
}

#[test]
fn what_keeps_nobody_is_said_with_days() {
    let levels =
        json!({ "low": {}, "mid": { "from": 40, "demote": 30 }, "high": { "from": 80, "demote": 40 } });
    let document = scheme(
        levels,
        json!({
            "decide": "yearly", "keep": { "at_least": "6 months", "after_fall": "3 months" },
            "freeze": [{ "from": "2025-11-01", "until": "2025-11-30" }, { "from": "2025-12-01", "until": "2025-12-31" }],
        }),
    );
    let (proof, _) = proved(document);
    let of = |path: &str| codes(&proof.findings, &format!("tiers.tier.{path}"));
    assert!(of("keep.at_least").contains("keep-never-acts"), "{:#?}", proof.findings);
    assert!(of("keep.after_fall").contains("keep-never-acts"), "{:#?}", proof.findings);
    assert!(of("freeze[0]").contains("freeze-never-acts"), "{:#?}", proof.findings);
    assert!(of("freeze[1]").is_empty(), "{:#?}", proof.findings);
    // Between 30 and 40 there is no score, between 40 and 80 there is.
    assert!(of("levels.mid.demote").contains("demote-never-keeps"), "{:#?}", proof.findings);
    assert!(of("levels.high.demote").is_empty(), "{:#?}", proof.findings);
    let stay =
        proof.findings.iter().find(|one| one.place.path.as_deref() == Some("tiers.tier.keep.at_least"));
    let days: Vec<&str> = stay.unwrap().example.iter().map(|given| given.value.en.as_str()).collect();
    assert_eq!(days, ["2026-12-31", "2027-06-30", "2027-12-31"]);
    let (proof, _) = proved(scheme(
        json!({ "low": {}, "high": { "from": 80, "demote": 0 } }),
        json!({ "decide": "monthly", "keep": { "one_level": true, "at_least": "6 months", "grace": "6 months" } }),
    ));
    let of = |path: &str| codes(&proof.findings, &format!("tiers.tier.{path}"));
    assert!(of("levels.high.demote").contains("level-never-lost"), "{:#?}", proof.findings);
    assert!(of("keep.one_level").contains("keep-never-acts"), "{:#?}", proof.findings);
    assert!(
        of("keep.at_least").contains("keep-never-acts"),
        "the grace period holds longer: {:#?}",
        proof.findings
    );
}

/// Thresholds between which no score is, over random ones.
#[test]
fn thresholds_agree_with_brute_force() {
    let mut n = [0, 0];
    for seed in 1..=120u64 {
        let mut draw = Draw(seed * 122_949_823);
        let from = [11, 30, 40, 41, 79, 80][draw.below(6) as usize];
        let demote = from - [0, 1, 5, 20, 31, 40, 69][draw.below(7) as usize];
        let (proof, _) =
            proved(scheme(json!({ "low": {}, "high": { "from": from, "demote": demote } }), json!({})));
        // What is unknown counts as nothing.
        let scores = [0, 10, 40, 80];
        let keeps = scores.iter().any(|score| (demote..from).contains(score));
        let falls = scores.iter().any(|score| *score < demote);
        let of = codes(&proof.findings, "tiers.tier.levels.high.demote");
        assert_eq!(of.contains("demote-never-keeps"), !keeps, "{from} {demote}: {:#?}", proof.findings);
        assert_eq!(
            of.contains("level-never-lost"),
            keeps && !falls,
            "{from} {demote}: {:#?}",
            proof.findings
        );
        n = [n[0] + usize::from(!keeps), n[1] + usize::from(keeps && !falls)];
    }
    assert!(n[0] > 20 && n[1] > 3, "{n:?}");
}

#[test]
fn quotas_beyond_what_is_left_are_found() {
    let quota = |mid: i64, high: i64| {
        let levels = json!({ "low": {}, "mid": { "quota_percent": mid }, "high": { "quota_percent": high } });
        proved(json!({ "tiers": { "tier": { "by": "a", "levels": levels } } })).0
    };
    for (mid, high) in [(50, 60), (40, 60), (30, 60), (99, 1), (100, 100), (10, 5)] {
        let proof = quota(mid, high);
        let beyond = codes(&proof.findings, "tiers.tier.levels.mid.quota_percent").contains("quota-beyond");
        assert_eq!(beyond, mid + high > 100, "{mid} {high}: {:#?}", proof.findings);
        let empty = codes(&proof.findings, "tiers.tier.levels.low").contains("quota-beyond");
        assert_eq!(empty, mid + high >= 100, "{mid} {high}: {:#?}", proof.findings);
    }
}
