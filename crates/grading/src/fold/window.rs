//! Windows: which stretch of time counts as of an instant. Bounds are worked out once per
//! instant, in microseconds, so that no event needs its local date to be placed.

use gradus_model::document::{Calendar, Span, SpanUnit};

use super::spec::FoldWindow;
use super::zone::{Zone, back, date_of, day_of, step_of};

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
        FoldWindow::Lifetime => {
            Some(Bounds { start_us: i64::MIN, end_us: as_of.instant_us, start_day: i32::MIN, end_day: as_of.day })
        }
        FoldWindow::Since { .. } => None,
        FoldWindow::ByOrder { window } => bounds(window, as_of, zone),
        FoldWindow::Rolling { last, before } => {
            let end_day = before.map_or(as_of.day, |span| back(as_of.day, span));
            let start_day = back(end_day, *last).saturating_add(1);
            // A stretch that was moved back ends with a whole day.
            let end_us = if before.is_some() { zone.close_of(end_day) } else { as_of.instant_us };
            Some(Bounds { start_us: zone.start_of(start_day), end_us, start_day, end_day })
        }
        FoldWindow::Calendar { stretch, years_back } => Some(calendar(*stretch, *years_back, as_of, zone)),
    }
}

fn calendar(stretch: Calendar, years_back: u32, as_of: AsOf, zone: &Zone) -> Bounds {
    let (unit, steps_back) = match stretch {
        Calendar::ThisMonth => (SpanUnit::Month, 0),
        Calendar::LastMonth => (SpanUnit::Month, 1),
        Calendar::ThisQuarter => (SpanUnit::Quarter, 0),
        Calendar::LastQuarter => (SpanUnit::Quarter, 1),
        Calendar::ThisYear => (SpanUnit::Year, 0),
        Calendar::LastYear => (SpanUnit::Year, 1),
    };
    let today = match years_back {
        0 => as_of.day,
        n => back(as_of.day, Span { n, unit: SpanUnit::Year }),
    };
    let step = step_of(today, unit) - steps_back;
    let start_day = first_day(step, unit);
    let last_day = first_day(step + 1, unit) - 1;
    // A stretch that is still running ends with the instant, or with the same date of its year.
    let end_day = last_day.min(today);
    let end_us = if end_day == as_of.day { as_of.instant_us } else { zone.close_of(end_day) };
    Bounds { start_us: zone.start_of(start_day), end_us, start_day, end_day }
}

/// The first local date of a month, quarter or year by its step number.
fn first_day(step: i64, unit: SpanUnit) -> i32 {
    let months = match unit {
        SpanUnit::Quarter => step * 3,
        SpanUnit::Year => step * 12,
        _ => step,
    };
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    jiff::civil::Date::new(year as i16, month as i8, 1).map(day_of).unwrap_or(i32::MIN / 2)
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
        assert_eq!(stretch(&rolling("90 days", Some("90 days")), "2024-03-31"), both("2023-10-04", "2024-01-01"));
        assert_eq!(stretch(&rolling("1 month", None), "2024-03-31"), both("2024-03-01", "2024-03-31"));
        assert_eq!(stretch(&rolling("12 months", None), "2024-02-29"), both("2023-03-01", "2024-02-29"));
    }

    #[test]
    fn calendar_stretches_end_with_the_instant() {
        let both = |a: &str, b: &str| (a.to_string(), b.to_string());
        let calendar = |stretch, years_back| FoldWindow::Calendar { stretch, years_back };
        assert_eq!(stretch(&calendar(Calendar::ThisQuarter, 0), "2024-02-10"), both("2024-01-01", "2024-02-10"));
        assert_eq!(stretch(&calendar(Calendar::LastMonth, 0), "2024-01-31"), both("2023-12-01", "2023-12-31"));
        assert_eq!(stretch(&calendar(Calendar::ThisYear, 1), "2024-02-29"), both("2023-01-01", "2023-02-28"));
        assert!(closes_step(day("2024-02-29"), SpanUnit::Month) && !closes_step(day("2024-02-28"), SpanUnit::Month));
    }
}
