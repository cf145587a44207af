//! The keep rules of a tier scheme: what must always hold, and a twin written down a second time, which looks
//! at the whole history at every review and remembers nothing.

use gradus_grading::fold::{date_of, day_of};
use gradus_grading::grade::{Held, Memory, Movement, NotGradedReason, Policy, Reach, Reading, Review};
use gradus_model::document::{Span, SpanUnit};
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;

const LEVELS: u16 = 4;
/// Values that reach level 1, 2, 3, and those down to which they are kept.
const RISE: [i64; 3] = [20, 40, 60];
const HOLD: [i64; 3] = [15, 32, 55];
const DAYS: usize = 900;

fn first_day() -> i32 {
    day_of("2024-01-01".parse().unwrap())
}

fn reach(value: i64) -> Reach {
    let count = |cuts: [i64; 3]| cuts.iter().filter(|cut| **cut <= value).count() as u16;
    Reach { rise: count(RISE), hold: count(HOLD) }
}

fn firm(value: Option<i64>) -> Reading {
    let at = reach(value.unwrap_or(0));
    Reading { low: at, high: at, refused: value.is_none().then_some(NotGradedReason::Unknown) }
}

/// What is decided at each day's close at which the scheme decides.
fn decisions(policy: &Policy, values: &[Option<i64>]) -> Vec<(i32, Memory)> {
    let mut memory = Memory::new();
    let mut out = Vec::new();
    for (at, value) in values.iter().enumerate() {
        let day = first_day() + at as i32;
        if policy.decides_on(day) {
            memory = policy.decide(&memory, &firm(*value), day);
            out.push((day, memory));
        }
    }
    out
}

/// Every change of level: day, from, to.
fn moves(decisions: &[(i32, Memory)]) -> Vec<(i32, Option<u16>, Option<u16>)> {
    let mut last = None;
    let mut out = Vec::new();
    for (day, memory) in decisions {
        if memory.level != last {
            out.push((*day, last, memory.level));
            last = memory.level;
        }
    }
    out
}

fn span() -> impl Strategy<Value = Option<Span>> {
    let unit = prop_oneof![
        Just(SpanUnit::Day),
        Just(SpanUnit::Week),
        Just(SpanUnit::Month),
        Just(SpanUnit::Quarter)
    ];
    proptest::option::of((1u32..6, unit).prop_map(|(n, unit)| Span { n, unit }))
}

fn policies() -> impl Strategy<Value = Policy> {
    let review = prop_oneof![
        Just(Review::Calendar(SpanUnit::Day)),
        Just(Review::Calendar(SpanUnit::Month)),
        Just(Review::Calendar(SpanUnit::Quarter)),
        Just(Review::Anniversary),
        Just(Review::TierAnniversary),
    ];
    let freeze = proptest::collection::vec((0i32..DAYS as i32, 0i32..60), 0..3);
    (review, any::<bool>(), span(), span(), span(), any::<bool>(), freeze, 0i32..40).prop_map(
        |(review, at_once, at_least, grace, after_fall, one_level, freeze, start)| {
            let mut freeze: Vec<(i32, i32)> =
                freeze.into_iter().map(|(from, n)| (first_day() + from, first_day() + from + n)).collect();
            freeze.sort_unstable();
            Policy {
                start: first_day() + start,
                review,
                at_once,
                at_least,
                grace,
                after_fall,
                one_level,
                freeze,
            }
        },
    )
}

/// Values that stay for a while, jump, and are now and then unknown.
fn values() -> impl Strategy<Value = Vec<Option<i64>>> {
    let value = prop_oneof![12 => (0i64..80).prop_map(Some), 1 => Just(None)];
    proptest::collection::vec((value, 1usize..50), 20..80).prop_map(|runs| {
        let all = runs.into_iter().flat_map(|(value, n)| std::iter::repeat_n(value, n));
        all.take(DAYS).collect()
    })
}

fn forward(day: i32, span: Span) -> i32 {
    let n = i64::from(span.n);
    let date = date_of(day).unwrap();
    let then: Date = match span.unit {
        SpanUnit::Day => date + n.days(),
        SpanUnit::Week => date + n.weeks(),
        SpanUnit::Month => date + n.months(),
        SpanUnit::Quarter => date + (3 * n).months(),
        SpanUnit::Year => date + n.years(),
    };
    day_of(then)
}

/// The twin: the level as of the last of these days, from the levels of all days before it.
struct Twin<'a> {
    policy: &'a Policy,
    /// Day, value, level.
    days: Vec<(i32, Option<i64>, Option<u16>)>,
}

impl Twin<'_> {
    fn level(&self) -> Option<u16> {
        self.days.last().and_then(|day| day.2)
    }

    /// Since when the level stands without a break.
    fn since(&self) -> i32 {
        let now = self.level();
        self.days.iter().rev().take_while(|day| day.2 == now).last().unwrap().0
    }

    /// Since when in the scheme.
    fn entered(&self) -> Option<i32> {
        self.days.iter().rev().take_while(|day| day.2.is_some()).last().map(|day| day.0)
    }

    fn fell(&self) -> bool {
        let before = self.days.iter().rev().find(|day| day.2 != self.level());
        before.is_some_and(|day| day.2 > self.level())
    }

    /// Since when every decision in this level found the value below it, the one of today included.
    fn below_since(&self, today: i32) -> i32 {
        let (level, since) = (self.level().unwrap(), self.since());
        let is_below = |value: Option<i64>| value.is_none_or(|value| reach(value).hold < level);
        let run = self.days.iter().rev().take_while(|day| day.0 >= since && is_below(day.1));
        run.last().map_or(today, |day| day.0)
    }

    fn is_review(&self, day: i32) -> bool {
        let date = date_of(day).unwrap();
        let anniversary = |of: Option<i32>| {
            of.is_none_or(|of| {
                let from = date_of(of).unwrap();
                (1..20i64).any(|n| from + n.years() == date)
            })
        };
        match self.policy.review {
            Review::Calendar(SpanUnit::Day) => true,
            Review::Calendar(SpanUnit::Month) => date.day() == date.days_in_month(),
            Review::Calendar(_) => date.day() == date.days_in_month() && date.month() % 3 == 0,
            Review::Anniversary => anniversary(self.entered()),
            Review::TierAnniversary => anniversary(self.level().map(|_| self.since())),
        }
    }

    fn decide(&mut self, day: i32, value: Option<i64>) {
        let next = self.next(day, value);
        self.days.push((day, value, next));
    }

    fn next(&self, day: i32, value: Option<i64>) -> Option<u16> {
        let (policy, review) = (self.policy, self.is_review(day));
        let Some(level) = self.level() else {
            return value.filter(|_| review || policy.at_once).map(|value| reach(value).rise);
        };
        let hold = value.map(|value| reach(value).hold);
        if let Some(rise) = value.map(|value| reach(value).rise).filter(|rise| *rise > level) {
            let calm = policy.after_fall.is_some_and(|span| self.fell() && day < forward(self.since(), span));
            return Some(if calm || !(review || policy.at_once) { level } else { rise });
        }
        if hold.is_some_and(|hold| hold >= level) || !review {
            return Some(level);
        }
        let within = |from: i32, span: Option<Span>| span.is_some_and(|span| day < forward(from, span));
        let frozen = policy.freeze.iter().any(|(from, until)| *from <= day && day <= *until);
        if frozen || within(self.since(), policy.at_least) || within(self.below_since(day), policy.grace) {
            return Some(level);
        }
        match policy.one_level {
            true if level > 0 => Some(level - 1),
            _ => hold,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_machine_decides_as_its_twin(policy in policies(), values in values()) {
        let mut twin = Twin { policy: &policy, days: Vec::new() };
        for (day, memory) in decisions(&policy, &values) {
            twin.decide(day, values[(day - first_day()) as usize]);
            prop_assert_eq!(memory.level, twin.level(), "on {}", date_of(day).unwrap());
            if memory.level.is_some() {
                prop_assert_eq!(memory.since, Some(twin.since()));
                prop_assert_eq!(memory.entered, twin.entered());
            }
        }
    }

    #[test]
    fn noise_never_moves_a_customer_twice_within_the_minimum_stay(
        policy in policies(),
        stay in span(),
        values in values(),
    ) {
        let stay = stay.unwrap_or(Span { n: 30, unit: SpanUnit::Day });
        let policy = Policy { at_least: Some(stay), after_fall: Some(stay), ..policy };
        let values: Vec<Option<i64>> = values.into_iter().map(|value| value.or(Some(3))).collect();
        for pair in moves(&decisions(&policy, &values)).windows(2) {
            let (first, second) = (pair[0], pair[1]);
            // Rising further is no noise; anything else waits until the stay is over.
            if second.2 > second.1 && first.2 > first.1 {
                continue;
            }
            prop_assert!(second.0 >= forward(first.0, stay), "{:?} {:?}", first, second);
        }
    }

    #[test]
    fn noise_between_the_two_thresholds_moves_nobody(policy in policies(), noise in proptest::collection::vec(0i64..5, DAYS)) {
        // Level 3 is reached at 60 and kept down to 55.
        let mut values: Vec<Option<i64>> = noise.into_iter().map(|noise| Some(55 + noise)).collect();
        values[..450].fill(Some(61));
        let moves = moves(&decisions(&policy, &values));
        prop_assert!(moves.len() <= 1, "{:?}", moves);
    }

    #[test]
    fn no_state_is_stuck(policy in policies(), values in values(), last in 0i64..80) {
        let decided = decisions(&policy, &values);
        let mut memory = decided.last().map_or(Memory::new(), |(_, memory)| *memory);
        // Six years of one value: longer than every rule together, level by level.
        let from = first_day() + DAYS as i32 + 100;
        for day in from..from + 6 * 366 + 4 * 470 {
            if policy.decides_on(day) {
                memory = policy.decide(&memory, &firm(Some(last)), day);
            }
        }
        let level = memory.level.unwrap();
        let Reach { rise, hold } = reach(last);
        prop_assert!(rise <= level && level <= hold, "level {} at {}", level, last);
        prop_assert_eq!((memory.held, memory.below_since), (None, None));
    }

    #[test]
    fn nobody_falls_further_faster_or_in_a_freeze(policy in policies(), values in values()) {
        let decided = decisions(&policy, &values);
        for pair in decided.windows(2) {
            let (before, now) = (pair[0].1, pair[1].1);
            let day = pair[1].0;
            let Some(level) = before.level.filter(|_| now.level < before.level) else { continue };
            prop_assert!(!policy.freeze.iter().any(|(from, until)| *from <= day && day <= *until));
            if policy.one_level && level > 0 {
                prop_assert_eq!(now.level, Some(level - 1));
            }
            if let Some(stay) = policy.at_least {
                prop_assert!(day >= forward(before.since.unwrap(), stay));
            }
            if let Some(grace) = policy.grace {
                prop_assert!(day >= forward(before.below_since.unwrap(), grace));
            }
        }
    }

    #[test]
    fn who_is_kept_until_a_day_falls_on_it(policy in policies(), values in values()) {
        let decided = decisions(&policy, &values);
        let Some((_, held)) = decided.iter().find(|(_, memory)| memory.below_since.is_some()) else { return Ok(()) };
        let at = decided.iter().position(|(_, memory)| memory == held).unwrap();
        let (mut memory, from) = (decided[at].1, decided[at].0);
        let until = memory.until.unwrap();
        let level = memory.level;
        for day in from + 1..=until {
            prop_assert_eq!(memory.level, level, "fell before {}", date_of(until).unwrap());
            if policy.decides_on(day) {
                memory = policy.decide(&memory, &firm(None), day);
            }
        }
        prop_assert!(memory.level < level, "did not fall on {}", date_of(until).unwrap());
    }

    #[test]
    fn a_policy_without_rules_is_the_value_alone(values in values(), ends in proptest::collection::vec(0i64..30, DAYS)) {
        let policy = Policy {
            start: first_day(),
            review: Review::Calendar(SpanUnit::Day),
            at_once: false,
            at_least: None,
            grace: None,
            after_fall: None,
            one_level: false,
            freeze: Vec::new(),
        };
        let mut memory = Memory::new();
        for (at, (value, more)) in values.iter().zip(ends).enumerate() {
            let flat = |value: i64| { let Reach { rise, .. } = reach(value); Reach { rise, hold: rise } };
            let (low, high) = (flat(value.unwrap_or(0)), flat(value.unwrap_or(0) + more));
            let refused = value.is_none().then_some(NotGradedReason::Unknown);
            memory = policy.decide(&memory, &Reading { low, high, refused }, first_day() + at as i32);
            prop_assert_eq!(memory.level, value.map(|_| low.rise));
            prop_assert_eq!(memory.provisional, value.is_some() && low.rise != high.rise);
            prop_assert_eq!(memory.reason, refused);
        }
    }
}

/// Policies that review each customer on days of their own, with a season without demotion in every year that lies
/// about the day on which most customers come in: it covers reviews about as often as not.
fn of_anniversaries() -> impl Strategy<Value = Policy> {
    let review = prop_oneof![Just(Review::Anniversary), Just(Review::TierAnniversary)];
    let season = proptest::option::weighted(0.8, (-40i32..10, 0i32..60));
    // The 60th day of 2024 is 29 February.
    let start = prop_oneof![3 => 0i32..40, 1 => Just(59)];
    let long = prop_oneof![Just(SpanUnit::Month), Just(SpanUnit::Quarter), Just(SpanUnit::Year)];
    let long = proptest::option::of((1u32..4, long).prop_map(|(n, unit)| Span { n, unit }));
    (review, any::<bool>(), span(), long, span(), any::<bool>(), season, start).prop_map(
        |(review, at_once, at_least, grace, after_fall, one_level, season, start)| {
            let start = first_day() + start;
            let years = season.into_iter().flat_map(|season| (0..8u32).map(move |year| (year, season)));
            let freeze = years.map(|(n, (from, days))| {
                let from = forward(start, Span { n, unit: SpanUnit::Year }) + from;
                (from, from + days)
            });
            let freeze = freeze.collect();
            Policy { start, review, at_once, at_least, grace, after_fall, one_level, freeze }
        },
    )
}

/// Five years of values that stay for months.
fn of_years() -> impl Strategy<Value = Vec<Option<i64>>> {
    let value = prop_oneof![12 => (0i64..80).prop_map(Some), 1 => Just(None)];
    proptest::collection::vec((value, 1usize..200), 12..40).prop_map(|runs| {
        let all = runs.into_iter().flat_map(|(value, n)| std::iter::repeat_n(value, n));
        all.take(5 * 366).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn anniversaries_with_rises_at_once_and_frozen_seasons_are_decided_as_by_the_twin(
        policy in of_anniversaries(),
        values in of_years(),
    ) {
        let mut twin = Twin { policy: &policy, days: Vec::new() };
        let mut before = Memory::new();
        for (day, memory) in decisions(&policy, &values) {
            let value = values[(day - first_day()) as usize];
            twin.decide(day, value);
            let on = date_of(day).unwrap();
            prop_assert_eq!(memory.level, twin.level(), "on {}", on);
            let frozen = policy.freeze.iter().any(|(from, until)| *from <= day && day <= *until);
            if let Some(level) = memory.level {
                prop_assert_eq!((memory.since, memory.entered), (Some(twin.since()), twin.entered()), "on {}", on);
                let reached = value.map(reach);
                if reached.is_none_or(|reached| reached.hold < level) {
                    prop_assert_eq!(memory.below_since, Some(twin.below_since(day)), "on {}", on);
                    prop_assert_eq!(memory.held == Some(Held::Freeze), frozen, "{:?} on {}", memory.held, on);
                }
                // Nothing holds up a rise that counts at once but a fall just before it: no season, no anniversary.
                if let Some(Reach { rise, .. }) = reached.filter(|_| policy.at_once && policy.after_fall.is_none()) {
                    prop_assert!(level >= rise, "{} at {:?} on {}", level, value, on);
                }
            }
            if memory.level < before.level {
                let of = if policy.review == Review::Anniversary { before.entered } else { before.since };
                let of = date_of(of.unwrap()).unwrap();
                let is_anniversary = (1..8i64).any(|n| of + n.years() == on);
                prop_assert!(is_anniversary && !frozen, "fell on {}, of {}", on, of);
            }
            before = memory;
        }
    }

    #[test]
    fn who_is_kept_until_an_anniversary_falls_on_it(policy in of_anniversaries(), values in of_years()) {
        // Each stretch below is looked at from where it begins: the day that is announced is the day of the fall.
        let decided = decisions(&policy, &values);
        let begins = |at: usize| {
            let now = decided[at].1.below_since;
            now.is_some() && (at == 0 || decided[at - 1].1.below_since != now)
        };
        for at in (0..decided.len()).filter(|at| begins(*at)) {
            let (from, mut memory) = decided[at];
            let (until, level) = (memory.until.unwrap(), memory.level);
            for day in from + 1..=until {
                prop_assert_eq!(memory.level, level, "fell before {}", date_of(until).unwrap());
                if policy.decides_on(day) {
                    memory = policy.decide(&memory, &firm(None), day);
                }
            }
            prop_assert!(memory.level < level, "did not fall on {}", date_of(until).unwrap());
        }
    }
}

#[test]
fn a_season_that_covers_the_anniversary_moves_the_fall_by_a_year() {
    let day = |text: &str| day_of(text.parse().unwrap());
    let policy = Policy {
        start: first_day(),
        review: Review::Anniversary,
        at_once: true,
        at_least: None,
        grace: None,
        after_fall: None,
        one_level: false,
        // The first anniversary is frozen, the second is not.
        freeze: vec![(day("2025-02-01"), day("2025-03-15"))],
    };
    let at = |memory: &Memory, text: &str, value: i64| policy.decide(memory, &firm(Some(value)), day(text));
    let entered = at(&Memory::new(), "2024-02-29", 25);
    let risen = at(&entered, "2024-06-10", 45);
    assert_eq!(
        (risen.level, risen.moved, risen.entered),
        (Some(2), Some(Movement::Promoted), entered.entered)
    );
    let below = at(&risen, "2024-07-01", 5);
    assert_eq!(
        (below.level, below.held, below.until),
        (Some(2), Some(Held::Review), Some(day("2026-02-28")))
    );
    let frozen = at(&below, "2025-02-28", 5);
    assert_eq!((frozen.level, frozen.held), (Some(2), Some(Held::Freeze)));
    let fallen = at(&frozen, "2026-02-28", 5);
    assert_eq!((fallen.level, fallen.moved), (Some(0), Some(Movement::Demoted)));
}

#[test]
fn a_grace_period_ends_at_the_first_review_after_it() {
    let months = |n| Some(Span { n, unit: SpanUnit::Month });
    let policy = Policy {
        start: first_day(),
        review: Review::Calendar(SpanUnit::Month),
        at_once: false,
        at_least: None,
        grace: months(3),
        after_fall: None,
        one_level: true,
        freeze: Vec::new(),
    };
    let day = |text: &str| day_of(text.parse().unwrap());
    let at = |memory: &Memory, text: &str, value: i64| policy.decide(memory, &firm(Some(value)), day(text));
    let january = at(&Memory::new(), "2024-01-31", 70);
    assert_eq!((january.level, january.moved), (Some(LEVELS - 1), Some(Movement::Entered)));
    let february = at(&january, "2024-02-29", 5);
    assert_eq!((february.level, february.held), (Some(3), Some(Held::Grace)));
    // Three months after 29 February is 29 May; the next review is that of 31 May.
    assert_eq!(february.until, Some(day("2024-05-31")));
    let may = at(&at(&at(&february, "2024-03-31", 5), "2024-04-30", 5), "2024-05-31", 5);
    assert_eq!((may.level, may.moved, may.held), (Some(2), Some(Movement::Demoted), Some(Held::Grace)));
    let june = at(&may, "2024-06-30", 40);
    assert_eq!((june.level, june.held, june.below_since), (Some(2), None, None), "back above in time");
}
