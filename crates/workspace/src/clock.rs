//! The workspace's clock: the system's, the last event's, or fixed.

use gradus_grading::fold::{AsOf, Zone, date_of, day_of};
use gradus_model::document::ClockSetting;
use gradus_model::{Finding, Place, Text};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::WorkspaceError;

/// What "now" means in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Microseconds UTC.
    pub now_us: i64,
    /// True if it stands still: shown as a banner.
    pub stands: bool,
}

impl Clock {
    /// Reads the clock. `last_event_us` is the time of the last event of the ledger, if there is one.
    pub fn read(
        setting: &ClockSetting,
        zone: &Zone,
        last_event_us: Option<i64>,
    ) -> Result<Clock, WorkspaceError> {
        Ok(match setting {
            ClockSetting::System => Clock { now_us: system_us(), stands: false },
            // One event with a slip in its year does not take everybody into the future.
            ClockSetting::LastEvent => match last_event_us {
                Some(last) => Clock { now_us: last.min(system_us()), stands: true },
                None => Clock { now_us: system_us(), stands: false },
            },
            ClockSetting::Fixed(text) => Clock { now_us: instant(text, zone)?, stands: true },
        })
    }
}

/// Microseconds UTC by the system's clock.
pub fn system_us() -> i64 {
    Timestamp::now().as_microsecond()
}

/// The years in which time zones have rules. Others are what programs write for "never" and "for ever".
const YEARS: std::ops::Range<i16> = 1900..2200;

/// An instant as people write it: `2011-12-10` is the close of that local date,
/// `2011-12-10T12:00:00Z` is that instant.
///
/// # Errors
/// It is no instant, or none between 1900 and 2199.
pub fn instant(text: &str, zone: &Zone) -> Result<i64, Finding> {
    let text = text.trim();
    let found = match text.parse::<Date>() {
        Ok(date) if !text.contains('T') && !text.contains(' ') => {
            Some((date.year(), zone.close_of(day_of(date))))
        }
        _ => text
            .parse::<Timestamp>()
            .ok()
            .map(|instant| (instant.to_zoned(jiff::tz::TimeZone::UTC).year(), instant.as_microsecond())),
    };
    if let Some((year, us)) = found {
        return match YEARS.contains(&year) {
            true => Ok(us),
            false => Err(Finding::error(
                "instant-range",
                Place::default(),
                Text::new(
                    format!("「{text}」不在 1900 年至 2199 年之间"),
                    format!("“{text}” is not between 1900 and 2199"),
                ),
                Text::new("这段时间里的日期", "a date between these years"),
            )),
        };
    }
    Err({
        Finding::error(
            "instant-form",
            Place::default(),
            Text::new(
                format!("「{text}」不是日期也不是时刻"),
                format!("“{text}” is neither a date nor an instant"),
            ),
            Text::new(
                "例如 2011-12-10 或 2011-12-10T12:00:00Z",
                "such as 2011-12-10 or 2011-12-10T12:00:00Z",
            ),
        )
    })
}

/// From when something holds, as people write it: `2011-12-10` is the first instant of that local date, and an
/// instant is that instant. What holds *from* a day holds on it.
pub fn beginning(text: &str, zone: &Zone) -> Result<i64, Finding> {
    let text = text.trim();
    match text.parse::<Date>() {
        Ok(date) if !text.contains('T') && !text.contains(' ') => {
            instant(text, zone).map(|_| zone.start_of(day_of(date)))
        }
        _ => instant(text, zone),
    }
}

/// How an instant is written and stored: as its date if it is that date's close, else in full.
/// [`instant`] reads it back.
pub fn label(as_of: AsOf, zone: &Zone) -> String {
    match (date_of(as_of.day), Timestamp::from_microsecond(as_of.instant_us)) {
        (Some(date), _) if zone.close_of(as_of.day) == as_of.instant_us => date.to_string(),
        (_, Ok(instant)) => instant.to_string(),
        _ => as_of.instant_us.to_string(),
    }
}

/// An instant in local time, to the minute.
pub fn local_time(us: i64, zone: &Zone) -> String {
    local(us, zone.name(), "%Y-%m-%d %H:%M")
}

/// A graded instant, as [`label`] writes it, for people: a date as it is, another instant on the clock of a zone.
pub(crate) fn on_clock(written: &str, zone: &str) -> String {
    match written.parse::<Timestamp>() {
        Ok(at) => local(at.as_microsecond(), zone, "%Y-%m-%d %H:%M"),
        Err(_) => written.to_string(),
    }
}

/// An instant in the local time of a zone, in this form of `strftime`.
pub(crate) fn local(us: i64, zone: &str, form: &str) -> String {
    match (Timestamp::from_microsecond(us), jiff::tz::TimeZone::get(zone)) {
        (Ok(instant), Ok(zone)) => instant.to_zoned(zone).strftime(form).to_string(),
        (Ok(instant), Err(_)) => instant.strftime(form).to_string(),
        (Err(_), _) => us.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_close_in_the_workspaces_zone() {
        let zone = Zone::new("Asia/Shanghai").unwrap();
        let close = instant("2024-03-31", &zone).unwrap();
        assert_eq!(Timestamp::from_microsecond(close).unwrap().to_string(), "2024-03-31T15:59:59.999999Z");
        assert_eq!(instant("2024-03-31T00:00:00Z", &zone).unwrap(), 1_711_843_200_000_000);
        for text in ["2024-03-31", "2024-03-31T04:00:00Z"] {
            let us = instant(text, &zone).unwrap();
            assert_eq!(label(AsOf::new(us, &zone), &zone), text);
        }
        assert_eq!(instant("31/03/2024", &zone).unwrap_err().code, "instant-form");
        for never in ["9999-12-31", "0001-01-01", "-000001-01-01", "9999-12-30T22:00:00Z", "2200-01-01"] {
            assert_eq!(instant(never, &zone).unwrap_err().code, "instant-range", "{never}");
            assert_eq!(beginning(never, &zone).unwrap_err().code, "instant-range", "{never}");
        }
        assert!(instant("1900-01-01", &zone).is_ok() && instant("2199-12-31", &zone).is_ok());
        // What begins on a day begins with it.
        let begins = beginning("2024-03-31", &zone).unwrap();
        assert_eq!(Timestamp::from_microsecond(begins).unwrap().to_string(), "2024-03-30T16:00:00Z");
        assert_eq!(beginning("2024-03-31T04:00:00Z", &zone), instant("2024-03-31T04:00:00Z", &zone));
        assert_eq!(beginning("31/03/2024", &zone).unwrap_err().code, "instant-form");
    }
}
