//! Windows: which stretch of time counts as of an instant. Bounds are worked out once per
//! instant, in microseconds, so that no event needs its local date to be placed.

use gradus_model::document::{Calendar, Span, SpanUnit};
use jiff::ToSpan;

use super::spec::FoldWindow;
use super::zone::{Zone, date_of, day_of, first_day, step_of};

/// The instant as of which customers are graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AsOf {
    /// Microseconds UTC; events at this instant count.
    pub instant_us: i64,
    /// Its local date.
    pub day: i32,
}

impl AsOf {
    pub fn new(instant_us: i64, zone: &Zone) -> AsOf {
        AsOf { instant_us, day: zone.day(instant_us) }
    }

    /// The close of a local date.
    pub fn close_of(day: i32, zone: &Zone) -> AsOf {
        AsOf { instant_us: zone.close_of(day), day }
    }
}

/// A stretch of time, both ends included. Days are the local dates of the ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bounds {
    pub start_us: i64,
    pub end_us: i64,
    pub start_day: i32,
    pub end_day: i32,
}

/// The stretch of a window as of an instant. `None` for a window that begins with an event: its
/// start differs from customer to customer.
///
/// With D the local date of the instant, `last 90 days` covers the local dates D-89 … D.
pub fn bounds(window: &FoldWindow, as_of: AsOf, zone: &Zone) -> Option<Bounds> {
    match window {
        FoldWindow::Lifetime => Some(Bounds {
            start_us: i64::MIN,
            end_us: as_of.instant_us,
            start_day: i32::MIN,
            end_day: as_of.day,
        }),
        FoldWindow::Since { .. } => None,
        FoldWindow::ByOrder { window } => bounds(window, as_of, zone),
        FoldWindow::Whole { step, window } => bounds(window, step_over(*step, as_of, zone), zone),
        FoldWindow::Rolling { last, before } => {
            let end_day = before.map_or(as_of.day, |span| end_back(as_of.day, &[span]));
            // Both ends are counted back from the instant's date, so that stretches of one length
            // meet without a gap however often they are moved back.
            let spans: Vec<Span> = before.iter().chain([last]).copied().collect();
            let start_day = end_back(as_of.day, &spans).saturating_add(1);
            // A stretch that was moved back ends with a whole day.
            let end_us = if before.is_some() { zone.close_of(end_day) } else { as_of.instant_us };
            Some(Bounds { start_us: zone.start_of(start_day), end_us, start_day, end_day })
        }
        FoldWindow::Calendar { stretch, back } => Some(calendar(*stretch, *back, as_of, zone)),
    }
}

/// The first and last local date of a window as of an instant; `None` if it begins with an event, or
/// with the first event there is.
pub fn dates_of(
    window: &FoldWindow,
    as_of: AsOf,
    zone: &Zone,
) -> Option<(jiff::civil::Date, jiff::civil::Date)> {
    let bounds = bounds(window, as_of, zone).filter(|bounds| bounds.start_day > i32::MIN)?;
    Some((date_of(bounds.start_day)?, date_of(bounds.end_day)?))
}

/// The end of a stretch moved back by so much. Months, quarters and years by the calendar: to the same
/// date, or to the end of a shorter month; and the end of a month stays the end of a month, so that
/// as of it months are whole.
fn end_back(day: i32, spans: &[Span]) -> i32 {
    let (mut days, mut months) = (0i64, 0i64);
    for span in spans {
        let n = i64::from(span.n);
        match span.unit {
            SpanUnit::Day => days += n,
            SpanUnit::Week => days += 7 * n,
            SpanUnit::Month => months += n,
            SpanUnit::Quarter => months += 3 * n,
            SpanUnit::Year => months += 12 * n,
        }
    }
    let moved = match (months, date_of(day)) {
        (0, _) => Some(day),
        (_, None) => None,
        (_, Some(date)) => {
            date.checked_sub(months.months()).ok().map(|then| match date == date.last_of_month() {
                true => day_of(then.last_of_month()),
                false => day_of(then),
            })
        }
    };
    let moved = moved.unwrap_or(i32::MIN / 2);
    i32::try_from(i64::from(moved) - days).unwrap_or(i32::MIN / 2).max(i32::MIN / 2)
}

/// The instant, or the close of the last step before the one that still runs.
fn step_over(step: SpanUnit, as_of: AsOf, zone: &Zone) -> AsOf {
    match closes_step(as_of.day, step) {
        true => as_of,
        false => AsOf::close_of(first_day(step_of(as_of.day, step), step) - 1, zone),
    }
}

/// The steps that lie whole in a stretch of days: the first, and one after the last.
pub fn whole_steps(bounds: &Bounds, step: SpanUnit) -> std::ops::Range<i64> {
    let first = step_of(bounds.start_day, step);
    let first = first + i64::from(first_day(first, step) < bounds.start_day);
    let end = step_of(bounds.end_day, step) + i64::from(closes_step(bounds.end_day, step));
    first..end.max(first)
}

fn calendar(stretch: Calendar, back: Option<Span>, as_of: AsOf, zone: &Zone) -> Bounds {
    let (unit, steps_back) = match stretch {
        Calendar::ThisMonth => (SpanUnit::Month, 0),
        Calendar::LastMonth => (SpanUnit::Month, 1),
        Calendar::ThisQuarter => (SpanUnit::Quarter, 0),
        Calendar::LastQuarter => (SpanUnit::Quarter, 1),
        Calendar::ThisYear => (SpanUnit::Year, 0),
        Calendar::LastYear => (SpanUnit::Year, 1),
    };
    let today = back.map_or(as_of.day, |span| end_back(as_of.day, &[span]));
    let step = step_of(today, unit) - steps_back;
    let start_day = first_day(step, unit);
    let last_day = first_day(step + 1, unit) - 1;
    // A stretch that is still running ends with the instant, or with the date so much earlier.
    let end_day = last_day.min(today);
    let end_us = if end_day == as_of.day { as_of.instant_us } else { zone.close_of(end_day) };
    Bounds { start_us: zone.start_of(start_day), end_us, start_day, end_day }
}

/// True if `day` is the last local date of its step.
pub fn closes_step(day: i32, unit: SpanUnit) -> bool {
    date_of(day).is_some() && step_of(day, unit) != step_of(day + 1, unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i32 {
        day_of(text.parse().unwrap())
    }

    fn stretch(window: &FoldWindow, date: &str) -> (String, String) {
        let zone = Zone::new("Asia/Shanghai").unwrap();
        let bounds = bounds(window, AsOf::close_of(day(date), &zone), &zone).unwrap();
        assert_eq!(zone.day(bounds.start_us), bounds.start_day);
        assert_eq!(zone.day(bounds.end_us), bounds.end_day);
        let text = |day| date_of(day).unwrap().to_string();
        (text(bounds.start_day), text(bounds.end_day))
    }

    fn rolling(last: &str, before: Option<&str>) -> FoldWindow {
        FoldWindow::Rolling { last: last.parse().unwrap(), before: before.map(|span| span.parse().unwrap()) }
    }

    #[test]
    fn ninety_days_are_ninety_local_dates() {
        let both = |a: &str, b: &str| (a.to_string(), b.to_string());
        assert_eq!(stretch(&rolling("90 days", None), "2024-03-31"), both("2024-01-02", "2024-03-31"));
        assert_eq!(stretch(&rolling("1 days", None), "2024-03-31"), both("2024-03-31", "2024-03-31"));
        assert_eq!(
            stretch(&rolling("90 days", Some("90 days")), "2024-03-31"),
            both("2023-10-04", "2024-01-01")
        );
        assert_eq!(stretch(&rolling("1 month", None), "2024-03-31"), both("2024-03-01", "2024-03-31"));
        assert_eq!(stretch(&rolling("12 months", None), "2024-02-29"), both("2023-03-01", "2024-02-29"));
    }

    #[test]
    fn as_of_the_end_of_a_month_months_are_whole() {
        let both = |a: &str, b: &str| (a.to_string(), b.to_string());
        assert_eq!(stretch(&rolling("6 months", None), "2024-02-29"), both("2023-09-01", "2024-02-29"));
        assert_eq!(stretch(&rolling("1 month", None), "2024-04-30"), both("2024-04-01", "2024-04-30"));
        assert_eq!(stretch(&rolling("1 quarter", None), "2024-06-30"), both("2024-04-01", "2024-06-30"));
        assert_eq!(stretch(&rolling("1 year", None), "2025-02-28"), both("2024-03-01", "2025-02-28"));
        assert_eq!(
            stretch(&rolling("1 month", Some("1 month")), "2024-02-29"),
            both("2024-01-01", "2024-01-31")
        );
        // Within a month, from the day after the same date.
        assert_eq!(stretch(&rolling("1 month", None), "2024-04-29"), both("2024-03-30", "2024-04-29"));
        assert_eq!(stretch(&rolling("1 month", None), "2024-03-30"), both("2024-03-01", "2024-03-30"));
        assert_eq!(
            stretch(&rolling("1 month", Some("1 month")), "2024-03-30"),
            both("2024-01-31", "2024-02-29")
        );
    }

    /// Over leap years and clock changes: stretches of one length meet, none goes back in time, and as
    /// of the last day of a month each is so many whole months.
    #[test]
    fn stretches_of_months_meet_and_move_forward() {
        for zone in
            ["Asia/Shanghai", "Europe/London", "America/New_York"].map(|name| Zone::new(name).unwrap())
        {
            for (n, unit) in
                [(1, SpanUnit::Month), (6, SpanUnit::Month), (1, SpanUnit::Quarter), (1, SpanUnit::Year)]
            {
                let of = |at: i32, n_before: u32| {
                    let before = (n_before > 0).then_some(Span { n: n_before * n, unit });
                    let window = FoldWindow::Rolling { last: Span { n, unit }, before };
                    bounds(&window, AsOf::close_of(at, &zone), &zone).unwrap()
                };
                let mut earlier: Option<Bounds> = None;
                for at in day("2022-12-01")..day("2025-04-01") {
                    let (now, before) = (of(at, 0), of(at, 1));
                    assert_eq!((now.start_day, now.start_us), (before.end_day + 1, before.end_us + 1));
                    assert_eq!(of(at, 2).end_us + 1, before.start_us);
                    assert!(earlier.is_none_or(|earlier| earlier.start_us <= now.start_us));
                    earlier = Some(now);
                    if closes_step(at, SpanUnit::Month) {
                        assert!(closes_step(now.start_day - 1, SpanUnit::Month), "{now:?}");
                        let months =
                            step_of(at, SpanUnit::Month) - step_of(now.start_day, SpanUnit::Month) + 1;
                        let each = match unit {
                            SpanUnit::Quarter => 3,
                            SpanUnit::Year => 12,
                            _ => 1,
                        };
                        assert_eq!(months, i64::from(n) * each);
                    }
                }
            }
        }
    }

    #[test]
    fn a_running_stretch_moved_back_ends_with_the_same_date() {
        let both = |a: &str, b: &str| (a.to_string(), b.to_string());
        let calendar =
            |stretch, back: &str| FoldWindow::Calendar { stretch, back: Some(back.parse().unwrap()) };
        let month = calendar(Calendar::ThisMonth, "1 month");
        assert_eq!(stretch(&month, "2024-03-15"), both("2024-02-01", "2024-02-15"));
        assert_eq!(stretch(&month, "2024-03-30"), both("2024-02-01", "2024-02-29"));
        assert_eq!(stretch(&month, "2024-03-31"), both("2024-02-01", "2024-02-29"));
        assert_eq!(stretch(&month, "2024-04-29"), both("2024-03-01", "2024-03-29"));
        // A month that is over is compared with a month that is over.
        assert_eq!(stretch(&month, "2024-04-30"), both("2024-03-01", "2024-03-31"));
        assert_eq!(stretch(&month, "2024-01-31"), both("2023-12-01", "2023-12-31"));
        assert_eq!(
            stretch(&calendar(Calendar::ThisQuarter, "1 quarter"), "2024-05-20"),
            both("2024-01-01", "2024-02-20")
        );
        assert_eq!(
            stretch(&calendar(Calendar::ThisYear, "1 year"), "2024-02-29"),
            both("2023-01-01", "2023-02-28")
        );
        assert_eq!(
            stretch(&calendar(Calendar::LastMonth, "1 month"), "2024-03-31"),
            both("2024-01-01", "2024-01-31")
        );
        assert_eq!(
            stretch(&calendar(Calendar::LastQuarter, "1 year"), "2024-03-31"),
            both("2022-10-01", "2022-12-31")
        );
    }

    #[test]
    fn whole_steps_leave_out_the_one_that_runs() {
        let zone = Zone::new("Europe/London").unwrap();
        let steps = |last: &str, step: SpanUnit, date: &str| {
            let window = FoldWindow::Whole { step, window: Box::new(rolling(last, None)) };
            let bounds = bounds(&window, AsOf::close_of(day(date), &zone), &zone).unwrap();
            let whole = whole_steps(&bounds, step);
            let text = |day| date_of(day).unwrap().to_string();
            (whole.end - whole.start, text(bounds.start_day), text(bounds.end_day))
        };
        let is = |n: i64, a: &str, b: &str| (n, a.to_string(), b.to_string());
        assert_eq!(steps("3 months", SpanUnit::Month, "2024-03-30"), is(3, "2023-12-01", "2024-02-29"));
        assert_eq!(steps("3 months", SpanUnit::Month, "2024-03-31"), is(3, "2024-01-01", "2024-03-31"));
        assert_eq!(steps("90 days", SpanUnit::Month, "2024-03-31"), is(2, "2024-01-02", "2024-03-31"));
        assert_eq!(steps("2 weeks", SpanUnit::Week, "2024-04-03"), is(2, "2024-03-18", "2024-03-31"));
        assert_eq!(steps("4 quarters", SpanUnit::Quarter, "2024-11-05"), is(4, "2023-10-01", "2024-09-30"));
        assert_eq!(steps("3 years", SpanUnit::Year, "2025-02-28"), is(3, "2022-01-01", "2024-12-31"));
        assert_eq!(steps("10 days", SpanUnit::Day, "2024-03-31"), is(10, "2024-03-22", "2024-03-31"));
    }

    #[test]
    fn calendar_stretches_end_with_the_instant() {
        let both = |a: &str, b: &str| (a.to_string(), b.to_string());
        let calendar = |stretch, back| FoldWindow::Calendar { stretch, back };
        assert_eq!(
            stretch(&calendar(Calendar::ThisQuarter, None), "2024-02-10"),
            both("2024-01-01", "2024-02-10")
        );
        assert_eq!(
            stretch(&calendar(Calendar::LastMonth, None), "2024-01-31"),
            both("2023-12-01", "2023-12-31")
        );
        assert!(
            closes_step(day("2024-02-29"), SpanUnit::Month)
                && !closes_step(day("2024-02-28"), SpanUnit::Month)
        );
    }
}
