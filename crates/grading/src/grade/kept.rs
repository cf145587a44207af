//! Why a level stands, in words: “Gold kept until 31 March 2024: below 600 since 1 January 2024, grace period
//! of 3 months”.

use gradus_model::Text;
use gradus_model::document::{Span, SpanUnit};
use serde::{Deserialize, Serialize};

use super::keep::{Held, Memory, Movement, Policy};
use super::number::Cut;
use crate::fold::date_of;

/// What a scheme that remembers says of a customer beside the level. Dates are local, as `2024-03-31`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    /// Since when in the scheme, and in the level.
    pub entered: Option<String>,
    pub since: Option<String>,
    pub moved: Option<Movement>,
    /// Since when the value is below the level.
    pub below_since: Option<String>,
    /// Why the level is not what the value alone would give, and the first review at which that can change.
    pub held: Option<Held>,
    pub until: Option<String>,
    /// The first review after the instant.
    pub next_review: Option<String>,
    /// So soon after a fall nobody rises: the first decision at which the customer may again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rises_from: Option<String>,
    /// The same in words; nothing where the level is what the value gives.
    pub words: Option<Text>,
}

/// What the words need beside the memory.
pub(super) struct Around<'a> {
    pub policy: &'a Policy,
    /// The level that stands, and the one that the value alone would give, if it is higher.
    pub level: Option<&'a Text>,
    pub higher: Option<&'a Text>,
    /// The value down to which the level is kept; none in a grid and of the lowest level.
    pub kept_down_to: Option<Cut>,
    /// The value is a score: points.
    pub in_points: bool,
    pub day: i32,
}

impl Remembered {
    pub(super) fn of(memory: &Memory, around: &Around<'_>) -> Remembered {
        let day = |day: Option<i32>| Some(date_of(day?)?.to_string());
        let next = match memory.level {
            Some(_) => around.policy.review_from(memory, around.day.saturating_add(1)),
            None => None,
        };
        Remembered {
            entered: day(memory.entered),
            since: day(memory.since),
            moved: memory.moved,
            below_since: day(memory.below_since),
            held: memory.held,
            until: day(memory.until),
            next_review: day(next),
            rises_from: day(around.policy.rises_from(memory, around.day)),
            words: words(memory, around),
        }
    }
}

fn words(memory: &Memory, around: &Around<'_>) -> Option<Text> {
    let (held, level) = (memory.held?, around.level?);
    let policy = around.policy;
    let until = memory.until.and_then(date_words).unwrap_or_default();
    let span = |span: Option<Span>| span.map(span_words).unwrap_or_default();
    let since = memory.since.and_then(date_words).unwrap_or_default();
    if memory.below_since.is_none() {
        let higher = around.higher.unwrap_or(level);
        return Some(match held {
            Held::AfterFall => {
                let calm = span(policy.after_fall);
                Text::new(
                    format!("最早{}升为{}：{}降级后{}内不再升级", until.zh, higher.zh, since.zh, calm.zh),
                    format!(
                        "{} from {} at the earliest: fell on {}, no rise for {}",
                        higher.en, until.en, since.en, calm.en
                    ),
                )
            }
            _ => Text::new(
                format!("{}定级日升为{}，如果那时仍然达标", until.zh, higher.zh),
                format!(
                    "{} at the review of {}, if the value is still high enough then",
                    higher.en, until.en
                ),
            ),
        });
    }
    let below = memory.below_since.and_then(date_words).unwrap_or_default();
    let lower = match around.kept_down_to {
        Some(cut) => {
            let points = if around.in_points { "分" } else { "" };
            Text::new(format!("自{}起低于{cut}{points}", below.zh), format!("below {cut} since {}", below.en))
        }
        None => Text::new(format!("自{}起未达标", below.zh), format!("below the level since {}", below.en)),
    };
    let why = match held {
        Held::Grace => {
            let grace = span(policy.grace);
            Text::new(format!("处于{}保级期", grace.zh), format!("grace period of {}", grace.en))
        }
        Held::MinimumStay => {
            let stay = span(policy.at_least);
            Text::new(
                format!("{}升入后至少保留{}", since.zh, stay.zh),
                format!("minimum stay of {} since {}", stay.en, since.en),
            )
        }
        Held::Freeze => {
            let stretch = policy.freeze.iter().find(|(from, end)| (*from..=*end).contains(&around.day));
            let end = stretch.and_then(|(_, end)| date_words(*end)).unwrap_or_default();
            Text::new(format!("{}之前为冻结期，不降级", end.zh), format!("no demotion up to {}", end.en))
        }
        Held::Review | Held::AfterFall => Text::new("等到定级日", "until the review"),
    };
    Some(Text::new(
        format!("{}保留至{}：{}，{}", level.zh, until.zh, lower.zh, why.zh),
        format!("{} kept until {}: {}, {}", level.en, until.en, lower.en, why.en),
    ))
}

/// A local date in words.
pub(super) fn date_words(day: i32) -> Option<Text> {
    let date = date_of(day)?;
    Some(Text::new(
        format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        date.strftime("%-d %B %Y").to_string(),
    ))
}

/// A span in words.
pub(super) fn span_words(span: Span) -> Text {
    let (zh, en) = match span.unit {
        SpanUnit::Day => ("天", "day"),
        SpanUnit::Week => ("周", "week"),
        SpanUnit::Month => ("个月", "month"),
        SpanUnit::Quarter => ("个季度", "quarter"),
        SpanUnit::Year => ("年", "year"),
    };
    let n = span.n;
    Text::new(format!("{n}{zh}"), format!("{n} {en}{}", if n == 1 { "" } else { "s" }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::day_of;
    use crate::grade::keep::Review;

    fn day(text: &str) -> i32 {
        day_of(text.parse().unwrap())
    }

    #[test]
    fn a_level_that_is_kept_says_until_when_and_why() {
        let months = |n| Some(Span { n, unit: SpanUnit::Month });
        let policy = Policy {
            start: day("2023-01-01"),
            review: Review::Calendar(SpanUnit::Month),
            at_once: false,
            at_least: months(12),
            grace: months(3),
            after_fall: None,
            one_level: false,
            freeze: vec![(day("2024-02-01"), day("2024-02-29"))],
        };
        let (gold, platinum) = (Text::new("金卡", "Gold"), Text::new("白金卡", "Platinum"));
        let around = Around {
            policy: &policy,
            level: Some(&gold),
            higher: Some(&platinum),
            kept_down_to: Some(Cut::Exact("600".parse().unwrap())),
            in_points: true,
            day: day("2024-02-10"),
        };
        let memory = Memory {
            level: Some(2),
            reason: None,
            entered: Some(day("2023-01-01")),
            since: Some(day("2023-04-01")),
            moved: Some(Movement::Promoted),
            below_since: Some(day("2024-01-01")),
            held: Some(Held::Grace),
            until: Some(day("2024-03-31")),
            ..Memory::new()
        };
        let said = |memory: Memory| {
            let words = Remembered::of(&memory, &around).words.unwrap();
            [words.zh, words.en]
        };
        assert_eq!(
            said(memory),
            [
                "金卡保留至2024年3月31日：自2024年1月1日起低于600分，处于3个月保级期",
                "Gold kept until 31 March 2024: below 600 since 1 January 2024, grace period of 3 months",
            ]
        );
        assert_eq!(
            said(Memory { held: Some(Held::MinimumStay), ..memory }),
            [
                "金卡保留至2024年3月31日：自2024年1月1日起低于600分，2023年4月1日升入后至少保留12个月",
                "Gold kept until 31 March 2024: below 600 since 1 January 2024, minimum stay of 12 months since 1 April 2023",
            ]
        );
        assert_eq!(
            said(Memory { held: Some(Held::Freeze), ..memory })[1],
            "Gold kept until 31 March 2024: below 600 since 1 January 2024, no demotion up to 29 February 2024"
        );
        assert_eq!(
            said(Memory { held: Some(Held::Review), below_since: None, ..memory })[0],
            "2024年3月31日定级日升为白金卡，如果那时仍然达标"
        );
        assert_eq!(Remembered::of(&Memory { held: None, ..memory }, &around).words, None);
    }
}
