//! What a tier scheme remembers (保级): a pure state machine. From what was decided before, the value of
//! now and the day follows what is decided now, and why; whoever runs it, and how often, changes nothing.

use gradus_model::Text;
use gradus_model::document::{Span, SpanUnit};
use serde::{Deserialize, Serialize};

use super::tier::NotGradedReason;
use crate::fold::{closes_step, date_of, day_of, first_day, forward, step_of};

/// The rules by which a scheme decides. Days are local dates.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The first day at whose close it may decide.
    pub start: i32,
    pub review: Review,
    /// Rises are decided at every close, and shown as soon as they are reached.
    pub at_once: bool,
    /// Minimum stay.
    pub at_least: Option<Span>,
    pub grace: Option<Span>,
    pub after_fall: Option<Span>,
    pub one_level: bool,
    /// First and last days of the stretches without demotion, ascending.
    pub freeze: Vec<(i32, i32)>,
}

/// When a customer's level is reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    /// The close of each step's last day.
    Calendar(SpanUnit),
    /// Anniversaries of the entry into the scheme.
    Anniversary,
    /// Anniversaries of the entry into the level.
    TierAnniversary,
}

/// What is remembered of a customer from one decision to the next. Levels are counted from the lowest, 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    pub level: Option<u16>,
    /// The value is an interval, and its upper end leads to another level.
    pub provisional: bool,
    /// Why there is no level.
    pub reason: Option<NotGradedReason>,
    /// Since when the customer is in the scheme without a break.
    pub entered: Option<i32>,
    /// Since when in this level.
    pub since: Option<i32>,
    /// How the customer came there.
    pub moved: Option<Movement>,
    /// Since when the value has been found below the level at every decision.
    pub below_since: Option<i32>,
    /// Why the level is not what the value alone would give.
    pub held: Option<Held>,
    /// The first review at which that can change, if the value stays as it is.
    pub until: Option<i32>,
}

/// How a customer came to a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    Entered,
    Promoted,
    Demoted,
    /// Out of the scheme.
    Left,
}

/// Why a level is not what the value alone would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// The value is below the level, in a stretch without demotion.
    Freeze,
    /// Below the level, within the minimum stay.
    MinimumStay,
    /// Below the level, within the grace period.
    Grace,
    /// Below the level or above it, until the next review.
    Review,
    /// Above the level, so soon after a fall that nobody rises again.
    AfterFall,
}

/// What one end of the value reaches: the level into which one rises, and the one that one keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The greatest level whose threshold is reached.
    pub rise: u16,
    /// The greatest level that would not be lost; at least `rise`.
    pub hold: u16,
}

/// What a value says of the levels; lower and upper end are the same unless it is an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    pub low: Reach,
    pub high: Reach,
    /// There is no value, or no customer who is graded.
    pub refused: Option<NotGradedReason>,
}

pub(super) const MOVEMENTS: [Movement; 4] =
    [Movement::Entered, Movement::Promoted, Movement::Demoted, Movement::Left];
pub(super) const HOLDS: [Held; 5] =
    [Held::Freeze, Held::MinimumStay, Held::Grace, Held::Review, Held::AfterFall];

impl Movement {
    pub fn code(self) -> &'static str {
        match self {
            Movement::Entered => "entered",
            Movement::Promoted => "promoted",
            Movement::Demoted => "demoted",
            Movement::Left => "left",
        }
    }

    pub fn from_code(code: &str) -> Option<Movement> {
        MOVEMENTS.into_iter().find(|one| one.code() == code)
    }

    pub fn title(self) -> Text {
        match self {
            Movement::Entered => Text::new("首次定级", "graded for the first time"),
            Movement::Promoted => Text::new("升级", "promoted"),
            Movement::Demoted => Text::new("降级", "demoted"),
            Movement::Left => Text::new("退出评级", "left the scheme"),
        }
    }
}

impl Held {
    pub fn code(self) -> &'static str {
        match self {
            Held::Freeze => "freeze",
            Held::MinimumStay => "minimum_stay",
            Held::Grace => "grace",
            Held::Review => "review",
            Held::AfterFall => "after_fall",
        }
    }

    pub fn from_code(code: &str) -> Option<Held> {
        HOLDS.into_iter().find(|one| one.code() == code)
    }

    pub fn title(self) -> Text {
        match self {
            Held::Freeze => Text::new("冻结期内不降级", "no demotion in this stretch"),
            Held::MinimumStay => Text::new("最短停留期内", "minimum stay"),
            Held::Grace => Text::new("保级宽限期内", "grace period"),
            Held::Review => Text::new("等待定级日", "until the next review"),
            Held::AfterFall => Text::new("降级后暂不再升", "no rise so soon after a fall"),
        }
    }
}

impl Memory {
    /// Of a customer of whom nothing was decided yet.
    pub fn new() -> Memory {
        Memory {
            level: None,
            provisional: false,
            reason: Some(NotGradedReason::NotDecidedYet),
            entered: None,
            since: None,
            moved: None,
            below_since: None,
            held: None,
            until: None,
        }
    }

    fn out(self, reason: NotGradedReason) -> Memory {
        let moved = self.level.map(|_| Movement::Left).or(self.moved.filter(|one| *one == Movement::Left));
        Memory { reason: Some(reason), moved, ..Memory::new() }
    }

    fn at(self, level: u16, day: i32, moved: Movement) -> Memory {
        Memory {
            level: Some(level),
            reason: None,
            entered: self.entered.or(Some(day)),
            since: Some(day),
            moved: Some(moved),
            ..Memory::new()
        }
    }
}

impl Default for Memory {
    fn default() -> Memory {
        Memory::new()
    }
}

impl Policy {
    /// True if the scheme decides at the close of a day: for everybody or, where days are each customer's
    /// own, for anybody.
    pub fn decides_on(&self, day: i32) -> bool {
        day >= self.start
            && match self.review {
                _ if self.at_once => true,
                Review::Calendar(unit) => closes_step(day, unit),
                Review::Anniversary | Review::TierAnniversary => true,
            }
    }

    /// What is decided at the close of a day at which [`Policy::decides_on`].
    pub fn decide(&self, before: &Memory, reading: &Reading, day: i32) -> Memory {
        let review = self.is_review(before, day);
        self.at_both_ends(reading, |reach| self.follow(before, reach, day, review))
    }

    /// What is decided of somebody of whom nothing is remembered, whatever day it is.
    pub fn first(&self, reading: &Reading, day: i32) -> Memory {
        let nothing = Memory::new();
        self.at_both_ends(reading, |reach| self.follow(&nothing, reach, day, true))
    }

    /// What is shown between two decisions: a rise that needs no review, as it will be decided at the close
    /// of the day if the value stays.
    pub fn show(&self, before: &Memory, reading: &Reading, day: i32) -> Memory {
        if !self.at_once || day < self.start {
            return *before;
        }
        let rises = |reach: Reach| before.level.is_some_and(|level| reach.rise > level);
        if before.level.is_some()
            && (reading.refused.is_some() || !(rises(reading.low) || rises(reading.high)))
        {
            return *before;
        }
        self.at_both_ends(reading, |reach| match reach {
            Ok(reach) if before.level.is_some() && !rises(reach) => *before,
            reach => self.follow(before, reach, day, false),
        })
    }

    fn at_both_ends(
        &self,
        reading: &Reading,
        follow: impl Fn(Result<Reach, NotGradedReason>) -> Memory,
    ) -> Memory {
        let low = follow(reading.refused.map_or(Ok(reading.low), Err));
        if reading.low == reading.high || low.level.is_none() {
            return Memory { provisional: false, ..low };
        }
        // A tier is firm only if the whole interval leads to it.
        let high = follow(reading.refused.map_or(Ok(reading.high), Err));
        Memory { provisional: low.level != high.level, ..low }
    }

    fn is_review(&self, before: &Memory, day: i32) -> bool {
        match self.review {
            Review::Calendar(unit) => closes_step(day, unit),
            Review::Anniversary => before.entered.is_none_or(|entered| is_anniversary(entered, day)),
            Review::TierAnniversary => before.since.is_none_or(|since| is_anniversary(since, day)),
        }
    }

    fn follow(
        &self,
        before: &Memory,
        reach: Result<Reach, NotGradedReason>,
        day: i32,
        review: bool,
    ) -> Memory {
        let Some(level) = before.level else {
            return match reach {
                Ok(reach) if review || self.at_once => before.at(reach.rise, day, Movement::Entered),
                Ok(_) => *before,
                Err(reason) => before.out(reason),
            };
        };
        let reach = match reach {
            // Who is graded is a rule, and no value that falls: nobody is kept who is not.
            Err(NotGradedReason::NotEligible) if review => return before.out(NotGradedReason::NotEligible),
            Err(NotGradedReason::NotEligible) => return *before,
            other => other,
        };
        if let Ok(Reach { rise, .. }) = reach
            && rise > level
        {
            return self.above(before, rise, day, review);
        }
        let is_below = reach.map_or(true, |reach| reach.hold < level);
        if !is_below {
            return Memory { below_since: None, held: None, until: None, ..*before };
        }
        let below = Memory { below_since: before.below_since.or(Some(day)), ..*before };
        if !(review && self.may_fall(&below, day)) {
            return self.held(below, day);
        }
        let lower = match (level.checked_sub(1), reach) {
            (Some(next), _) if self.one_level => next,
            (_, Ok(reach)) => reach.hold,
            (_, Err(reason)) => return before.out(reason),
        };
        let fallen = before.at(lower, day, Movement::Demoted);
        match reach {
            // Whoever falls level by level has the rules of each level on the way.
            Ok(reach) if reach.hold >= lower => fallen,
            _ => self.held(Memory { below_since: Some(day), ..fallen }, day),
        }
    }

    /// Where somebody fell so lately that nobody rises yet: the end of that time.
    fn calm(&self, state: &Memory, day: i32) -> Option<i32> {
        let fell = state.since.filter(|_| state.moved == Some(Movement::Demoted)).zip(self.after_fall);
        fell.map(|(since, span)| forward(since, span)).filter(|end| day < *end)
    }

    /// The first decision at which somebody rises who fell so lately that nobody does yet; none if that holds
    /// nobody up.
    pub fn rises_from(&self, state: &Memory, day: i32) -> Option<i32> {
        let end = self.calm(state, day)?;
        if self.at_once { Some(end) } else { self.review_from(state, end) }
    }

    fn above(&self, before: &Memory, rise: u16, day: i32, review: bool) -> Memory {
        let waits = Memory { below_since: None, ..*before };
        match self.calm(before, day) {
            Some(_) => Memory { held: Some(Held::AfterFall), until: self.rises_from(before, day), ..waits },
            None if review || self.at_once => before.at(rise, day, Movement::Promoted),
            None => Memory {
                held: Some(Held::Review),
                until: self.review_from(before, day.saturating_add(1)),
                ..waits
            },
        }
    }

    /// The days from which on the minimum stay and the grace period do not hold any more.
    fn ends(&self, state: &Memory) -> (Option<i32>, Option<i32>) {
        let end =
            |from: Option<i32>, span: Option<Span>| from.zip(span).map(|(day, span)| forward(day, span));
        (end(state.since, self.at_least), end(state.below_since, self.grace))
    }

    fn frozen(&self, day: i32) -> Option<i32> {
        self.freeze.iter().filter(|(from, until)| (*from..=*until).contains(&day)).map(|(_, end)| *end).max()
    }

    fn may_fall(&self, state: &Memory, day: i32) -> bool {
        let (stay, grace) = self.ends(state);
        self.frozen(day).is_none() && [stay, grace].into_iter().flatten().all(|end| day >= end)
    }

    /// Why the level stands although the value is below it, and until when.
    fn held(&self, state: Memory, day: i32) -> Memory {
        let (stay, grace) = self.ends(&state);
        let within = |end: Option<i32>| end.is_some_and(|end| day < end);
        let held = match () {
            () if self.frozen(day).is_some() => Held::Freeze,
            () if within(stay) => Held::MinimumStay,
            () if within(grace) => Held::Grace,
            () => Held::Review,
        };
        let mut from = [stay, grace].into_iter().flatten().fold(day.saturating_add(1), i32::max);
        let mut until = self.review_from(&state, from);
        // A freeze that covers the review moves it on.
        while let Some(end) = until.and_then(|day| self.frozen(day)) {
            from = end.saturating_add(1);
            until = self.review_from(&state, from);
        }
        Memory { held: Some(held), until, ..state }
    }

    /// The first review of this customer on a day or after it.
    pub fn review_from(&self, state: &Memory, day: i32) -> Option<i32> {
        let anniversary = |of: Option<i32>| {
            let of = of?;
            let years = date_of(day)?.year().saturating_sub(date_of(of)?.year()).max(1);
            (years..=years.saturating_add(2)).filter_map(|n| anniversary_of(of, n)).find(|at| *at >= day)
        };
        match self.review {
            Review::Calendar(unit) => Some(first_day(step_of(day, unit) + 1, unit) - 1),
            Review::Anniversary => anniversary(state.entered),
            Review::TierAnniversary => anniversary(state.since),
        }
    }
}

/// The day `years` after another; of a 29 February the 28th where there is no other.
fn anniversary_of(day: i32, years: i16) -> Option<i32> {
    let date = date_of(day)?;
    date.checked_add(jiff::Span::new().years(years)).ok().map(day_of)
}

pub(super) fn is_anniversary(of: i32, day: i32) -> bool {
    let (Some(from), Some(at)) = (date_of(of), date_of(day)) else { return false };
    let years = at.year() - from.year();
    years >= 1 && anniversary_of(of, years) == Some(day)
}
