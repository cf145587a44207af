//! Which keep rules can never act: those without which every customer would be decided in the same way,
//! whatever their values do. A rule acts where it alone keeps somebody; so for each rule it is asked whether
//! there is a review at which it does, and nothing else would.
//!
//! Of a customer below a level three days matter: since when in the level (`entered`), since when below it
//! (`below`), and the review. A rule that holds until some day holds at every review before it.

use gradus_model::document::{Span, SpanUnit};

use super::keep::{Memory, Policy, Review, is_anniversary};
use crate::fold::{date_of, day_of, first_day, forward, step_of};

/// Years over which every length of month and year occurs.
const YEARS: i32 = 8;
/// The longest year.
const YEAR: i32 = 366;

/// What of a policy can never act.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Idle {
    /// Nobody can fall: there is one level and the value is never missing.
    pub nobody_falls: bool,
    pub at_least: Option<IdleStay>,
    pub after_fall: Option<IdleCalm>,
    pub one_level: bool,
    /// By the number of the stretch, in the order of [`Policy::freeze`].
    pub freeze: Vec<(usize, IdleFreeze)>,
}

/// Why a minimum stay never keeps anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleStay {
    /// It is over before the first review after the entry.
    Over { entered: i32, ends: i32, review: i32 },
    /// The grace period always holds at least as long.
    Grace,
}

/// Why nobody waits after a fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleCalm {
    /// There is one level, and nobody falls into it.
    OneLevel,
    /// It is over before the first day on which they could rise.
    Over { fell: i32, ends: i32, rises: i32 },
}

/// Why a stretch without demotion keeps nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleFreeze {
    /// No review is in it; the next one after it.
    NoReview { next: i32 },
    /// Others hold on every day of it.
    Others,
    /// Nobody could fall at a review in it anyway: it is too soon, or the other keep rules hold.
    NobodyFalls,
}

/// Days, and the rules that hold on them.
struct Days<'a> {
    policy: &'a Policy,
    /// Whoever falls may still be below the level into which they fell: below since the entry.
    chained: bool,
}

impl Policy {
    /// What of the rules can never act, for so many levels; `may_lack`: the value may be missing, or it may
    /// not be known who is graded.
    pub fn idle(&self, n_levels: usize, may_lack: bool) -> Idle {
        if n_levels < 2 && !may_lack {
            return Idle { nobody_falls: true, ..Idle::default() };
        }
        let one_level_acts = n_levels > 2 || (n_levels == 2 && may_lack);
        let days = Days { policy: self, chained: self.one_level && one_level_acts };
        Idle {
            nobody_falls: false,
            at_least: self.at_least.and_then(|stay| days.stay(stay)),
            after_fall: self.after_fall.and_then(|calm| match n_levels {
                0 | 1 => Some(IdleCalm::OneLevel),
                _ => days.calm(calm),
            }),
            one_level: self.one_level && !one_level_acts,
            freeze: (0..self.freeze.len()).filter_map(|at| Some((at, days.freeze(at)?))).collect(),
        }
    }
}

impl Days<'_> {
    /// True if decisions and entries may be on any day, and not at the calendar's reviews alone.
    fn any_day(&self) -> bool {
        self.policy.at_once || !matches!(self.policy.review, Review::Calendar(_))
    }

    fn unit(&self) -> SpanUnit {
        match self.policy.review {
            Review::Calendar(unit) => unit,
            _ => SpanUnit::Day,
        }
    }

    /// The first day on or after another at which the calendar closes a step.
    fn close(&self, day: i32) -> i32 {
        let unit = self.unit();
        first_day(step_of(day, unit) + 1, unit) - 1
    }

    /// The first decision on or after a day.
    fn decision(&self, day: i32) -> i32 {
        if self.any_day() { day } else { self.close(day) }
    }

    /// From when on freezes are over and every pattern of days is to come.
    fn settled(&self) -> i32 {
        self.policy.freeze.iter().map(|(_, end)| end + 1).fold(self.policy.start, i32::max)
    }

    /// Every day on which somebody may enter a level, from a day on.
    fn entries(&self, from: i32) -> impl Iterator<Item = i32> {
        let mut next = self.decision(from);
        std::iter::from_fn(move || {
            let day = next;
            next = self.decision(day + 1);
            (day < from + YEARS * YEAR).then_some(day)
        })
    }

    /// The first day on which the grace period of somebody first below on a day is over.
    fn grace_end(&self, below: i32) -> i32 {
        self.policy.grace.map_or(below, |grace| forward(below, grace))
    }

    /// The first review on or after a day of somebody who entered the level then; where reviews are by the entry
    /// into the scheme and levels are entered on any day, that may be any day.
    fn review(&self, entered: i32, day: i32) -> i32 {
        match self.policy.review {
            Review::Calendar(_) => self.close(day),
            Review::Anniversary if self.policy.at_once => day,
            _ => self.anniversary(entered, day),
        }
    }

    /// The first anniversary of a day on or after another.
    fn anniversary(&self, of: i32, day: i32) -> i32 {
        let state = Memory { entered: Some(of), since: Some(of), ..Memory::new() };
        let found = match self.policy.review {
            Review::Calendar(_) => None,
            _ => self.policy.review_from(&state, day),
        };
        found.unwrap_or(i32::MAX / 2)
    }

    /// A minimum stay keeps somebody alone where a review is before its end and after the grace period's, which
    /// ends soonest for whoever is below right after the entry.
    fn stay(&self, stay: Span) -> Option<IdleStay> {
        let acts = |grace: bool| {
            self.entries(self.settled()).any(|entered| {
                let next = self.decision(entered + 1);
                // Below since the next decision; or since the entry, where that was a fall.
                let fell = Some(entered).filter(|day| self.chained && self.is_review(*day));
                [Some(next), fell].into_iter().flatten().any(|below| {
                    let from = if grace { self.grace_end(below) } else { next };
                    self.review(entered, from.max(next)) < forward(entered, stay)
                })
            })
        };
        if acts(true) {
            return None;
        }
        if self.policy.grace.is_some() && acts(false) {
            return Some(IdleStay::Grace);
        }
        let entered = self.decision(self.settled());
        let review = self.review(entered, self.decision(entered + 1));
        Some(IdleStay::Over { entered, ends: forward(entered, stay), review })
    }

    /// Whoever fell on a day waits if they could rise before the end.
    fn calm(&self, calm: Span) -> Option<IdleCalm> {
        let from = self.settled() + YEARS * YEAR;
        let rises = |fell: i32| match self.policy.at_once {
            true => fell + 1,
            false => match self.policy.review {
                Review::Calendar(_) => self.close(fell + 1),
                _ => self.anniversary(fell, fell + 1),
            },
        };
        let falls = |day: &i32| match self.policy.review {
            Review::Calendar(_) => {
                self.close(*day) == *day && self.may_fall(*day, self.before(*day), from - YEARS * YEAR)
            }
            _ => true,
        };
        let acts = (from..from + YEARS * YEAR).filter(falls).any(|fell| rises(fell) < forward(fell, calm));
        if acts {
            return None;
        }
        let fell = (from..from + YEARS * YEAR).find(falls)?;
        Some(IdleCalm::Over { fell, ends: forward(fell, calm), rises: rises(fell) })
    }

    /// The close of the step before the one that a day closes.
    fn before(&self, review: i32) -> Option<i32> {
        Some(first_day(step_of(review, self.unit()), self.unit()) - 1)
    }

    /// True if somebody may fall at a review, were it not for a freeze there: everything else has ended by then,
    /// and had not at `last`, the last review before it at which they would have fallen. `first` is the first day
    /// on which a level is entered.
    fn may_fall(&self, review: i32, last: Option<i32>, first: i32) -> bool {
        let stay_end = |entered: i32| self.policy.at_least.map_or(entered, |stay| forward(entered, stay));
        let after_last = |end: i32| last.is_none_or(|last| end > last) && end <= review;
        let entered = self.decision(first);
        // Below only since after the last review.
        let below = self.decision(last.map_or(entered + 1, |last| last.max(entered) + 1));
        if below <= review && stay_end(entered) <= review && self.grace_end(below) <= review {
            return true;
        }
        let span = |span: Option<Span>| span.map_or(0, |span| forward(0, span)) + 40;
        // Below since earlier, kept by the grace period until then.
        let since = last.unwrap_or(review);
        let mut belows = (since - span(self.policy.grace)..=review).filter(|day| self.decision(*day) == *day);
        if stay_end(entered) <= review
            && self.policy.grace.is_some()
            && belows.any(|below| below > entered && after_last(self.grace_end(below)))
        {
            return true;
        }
        // Entered late, kept by the minimum stay until then.
        let mut late = (since - span(self.policy.at_least)..review).filter(|day| self.decision(*day) == *day);
        self.policy.at_least.is_some()
            && self.enters_between()
            && late.any(|late| {
                let below = self.decision(late + 1);
                let fell = self.chained && late > entered && self.is_review(late) && !self.frozen(late, None);
                late >= entered
                    && after_last(stay_end(late))
                    && ((below <= review && self.grace_end(below) <= review)
                        || (fell && self.grace_end(late) <= review))
            })
    }

    /// True if somebody may be reviewed on a day.
    fn is_review(&self, day: i32) -> bool {
        !matches!(self.policy.review, Review::Calendar(_)) || self.close(day) == day
    }

    /// True if a level may be entered between two reviews of one customer, or at the reviews of the calendar.
    fn enters_between(&self) -> bool {
        match self.policy.review {
            Review::Calendar(_) => true,
            Review::Anniversary => self.policy.at_once,
            Review::TierAnniversary => false,
        }
    }

    fn frozen(&self, day: i32, but: Option<usize>) -> bool {
        let others = self.policy.freeze.iter().enumerate().filter(|(at, _)| Some(*at) != but);
        others.into_iter().any(|(_, (from, until))| (*from..=*until).contains(&day))
    }

    fn freeze(&self, at: usize) -> Option<IdleFreeze> {
        let (from, until) = self.policy.freeze[at];
        let from = from.max(self.policy.start);
        let calendar = matches!(self.policy.review, Review::Calendar(_));
        let reviews: Vec<i32> = (from..=until).filter(|day| !calendar || self.close(*day) == *day).collect();
        if reviews.is_empty() {
            return Some(IdleFreeze::NoReview { next: self.close(until.max(from) + 1) });
        }
        let alone: Vec<i32> = reviews.into_iter().filter(|day| !self.frozen(*day, Some(at))).collect();
        if alone.is_empty() {
            return Some(IdleFreeze::Others);
        }
        let acts = alone.into_iter().any(|review| match calendar {
            true => {
                let mut last = self.before(review);
                while let Some(day) = last.filter(|day| *day >= self.policy.start && self.frozen(*day, None))
                {
                    last = self.before(day);
                }
                self.may_fall(review, last.filter(|day| *day >= self.policy.start), self.policy.start)
            }
            false => self.began(review).into_iter().any(|entered| {
                let mut last = None;
                let mut own = self.anniversary(entered, entered + 1);
                while own < review {
                    last = Some(own).filter(|day| !self.frozen(*day, None)).or(last);
                    own = self.anniversary(entered, own + 1);
                }
                self.may_fall(review, last, entered)
            }),
        });
        (!acts).then_some(IdleFreeze::NobodyFalls)
    }

    /// The days of which a day is an anniversary.
    fn began(&self, day: i32) -> Vec<i32> {
        let Some(date) = date_of(day) else { return Vec::new() };
        let mut out = Vec::new();
        for years in 1..=i16::try_from((day - self.policy.start) / 365 + 1).unwrap_or(0).max(0) {
            for at in [date.day(), date.day() + 1] {
                let began = jiff::civil::Date::new(date.year() - years, date.month(), at).ok().map(day_of);
                out.extend(began.filter(|began| *began >= self.policy.start && is_anniversary(*began, day)));
            }
        }
        out
    }
}
