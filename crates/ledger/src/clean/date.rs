//! Dates and times as people write them, read into instants.
//!
//! Read without being told are the forms that begin with the year and so can mean only one thing:
//! ISO 8601, the same with slashes or dots, `20240105`, and 2024年1月5日. Other forms are named by
//! the source. A date without a time is the start of that local day.

mod year_first;

use std::cell::Cell;

use gradus_model::event_stream::UNDATED;
use jiff::Timestamp;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use unicode_normalization::UnicodeNormalization;

use super::number;
use super::text::is_invisible;
use year_first::days_from_civil;

const DAY: i64 = 86_400_000_000;
const SECOND: i64 = 1_000_000;

/// Longest text that can be a date.
const MAX_BYTES: usize = 64;

/// Forms that are read as year-first dates are: faster, and no less strict about the order.
const YEAR_FIRST: [&str; 8] = [
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y%m%d",
];

/// One form in which dates are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Year first, as the module says.
    Iso,
    /// Days since 1899-12-30, as spreadsheets keep them, with a time of day as a fraction. Before March 1900
    /// they are one less, for the 29 February 1900 that spreadsheets count and that never was.
    Excel,
    /// Days since 1904-01-01: workbooks of old Macs.
    Excel1904,
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMillis,
    /// A strptime form, such as `%d/%m/%Y %H:%M`.
    Strptime(String),
}

impl Form {
    /// A form as a source names it; `None` if it is no strptime form.
    pub fn named(name: &str) -> Option<Form> {
        match name.trim().to_ascii_lowercase().as_str() {
            "iso" | "iso8601" => return Some(Form::Iso),
            "excel" => return Some(Form::Excel),
            "excel_1904" => return Some(Form::Excel1904),
            "unix" => return Some(Form::Unix),
            "unix_ms" => return Some(Form::UnixMillis),
            _ => {}
        }
        if YEAR_FIRST.contains(&name) {
            return Some(Form::Iso);
        }
        // A form that cannot write a date cannot read one.
        let sample = jiff::civil::date(2024, 2, 29).at(13, 14, 15, 0).to_zoned(TimeZone::UTC).ok()?;
        let written = BrokenDownTime::from(&sample).to_string(name).ok()?;
        let read = BrokenDownTime::parse(name, &written).ok()?;
        (read.to_date().is_ok() || read.to_timestamp().is_ok()).then(|| Form::Strptime(name.to_string()))
    }
}

/// Why a text is no instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateFault {
    /// Not in any of the forms.
    NotADate,
    /// In form, but no such day or time, such as February 30.
    Impossible,
    /// Before the earliest or after the latest date that the source allows.
    OutOfRange,
}

/// What a clock change did to a local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    None,
    /// The local time came twice; the first was taken.
    Fold,
    /// The local time never came; moved later by the length of the gap.
    Gap,
}

/// What a text says, before a zone is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Microseconds since 1970-01-01T00:00 on the clock it was read from.
    pub clock: i64,
    /// Seconds east of Greenwich, where the text says so.
    pub offset: Option<i32>,
    pub has_time: bool,
}

/// How a source's dates are read.
#[derive(Debug, Clone)]
pub struct DateRules {
    forms: Vec<Form>,
    zone: TimeZone,
    /// Microseconds UTC; before it is refused.
    earliest: i64,
    /// Microseconds UTC; from it on is refused.
    latest: i64,
}

/// The stretch of local time in which the offset found last is the only one. One per batch, so
/// that the zone is asked once a season and not once a row.
#[derive(Debug)]
pub struct ZoneMemory(Cell<(i64, i64, i64)>);

impl Default for ZoneMemory {
    fn default() -> ZoneMemory {
        ZoneMemory(Cell::new((1, 0, 0)))
    }
}

impl DateRules {
    /// `earliest` and `latest` are local dates, both allowed. No event is dated before 1900 or after 2199
    /// unless they say so: such dates are what programs write for "none" and "for ever".
    pub fn new(
        forms: Vec<Form>,
        zone: TimeZone,
        earliest: Option<jiff::civil::Date>,
        latest: Option<jiff::civil::Date>,
    ) -> DateRules {
        let forms = if forms.is_empty() { vec![Form::Iso] } else { forms };
        let mut rules = DateRules { forms, zone, earliest: i64::MIN, latest: i64::MAX };
        let memory = ZoneMemory::default();
        let start = |date: jiff::civil::Date| {
            days_from_civil(date.year().into(), date.month() as u32, date.day() as u32)
        };
        rules.earliest = match earliest {
            Some(date) => rules.instant(start(date) * DAY, &memory).map_or(i64::MIN, |found| found.0),
            None => days_from_civil(1900, 1, 1) * DAY,
        };
        rules.latest = match latest {
            Some(date) => rules.instant((start(date) + 1) * DAY, &memory).map_or(i64::MAX, |found| found.0),
            None => days_from_civil(2200, 1, 1) * DAY,
        };
        rules
    }

    /// The instant that a text names, microseconds UTC.
    ///
    /// # Errors
    /// It names none, or one out of range.
    #[inline]
    pub fn read(&self, text: &str, memory: &ZoneMemory) -> Result<(i64, Shift), DateFault> {
        let (instant, shift) = self.read_any(text, memory)?;
        if instant < self.earliest || instant >= self.latest {
            return Err(DateFault::OutOfRange);
        }
        Ok((instant, shift))
    }

    /// As [`DateRules::read`], for fields, where any year may stand: birthdays, contract ends.
    ///
    /// # Errors
    /// It names no instant.
    pub fn read_any(&self, text: &str, memory: &ZoneMemory) -> Result<(i64, Shift), DateFault> {
        let written = self.written(text)?;
        let (instant, shift) = match written.offset {
            Some(offset) => (written.clock - i64::from(offset) * SECOND, Shift::None),
            None => {
                let (instant, shift) = self.instant(written.clock, memory).ok_or(DateFault::Impossible)?;
                // The start of a day is well defined even where the clock jumps over midnight.
                (instant, if written.has_time { shift } else { Shift::None })
            }
        };
        if instant <= UNDATED { Err(DateFault::Impossible) } else { Ok((instant, shift)) }
    }

    /// The instant of a reading of the source's clock, both in microseconds.
    pub fn read_clock(&self, clock: i64, memory: &ZoneMemory) -> Result<(i64, Shift), DateFault> {
        let (instant, shift) = self.instant(clock, memory).ok_or(DateFault::Impossible)?;
        if instant < self.earliest || instant >= self.latest {
            Err(DateFault::OutOfRange)
        } else {
            Ok((instant, shift))
        }
    }

    /// The local date that a text names, days since 1970-01-01. A text with an offset of its own is
    /// brought to the zone first.
    ///
    /// # Errors
    /// It names none.
    pub fn read_date(&self, text: &str) -> Result<i32, DateFault> {
        let written = self.written(text)?;
        let clock = match written.offset {
            None => written.clock,
            Some(offset) => {
                let instant = written.clock - i64::from(offset) * SECOND;
                let at = Timestamp::from_microsecond(instant).map_err(|_| DateFault::Impossible)?;
                instant + i64::from(self.zone.to_offset(at).seconds()) * SECOND
            }
        };
        i32::try_from(clock.div_euclid(DAY)).map_err(|_| DateFault::Impossible)
    }

    fn written(&self, text: &str) -> Result<Written, DateFault> {
        if text.len() > MAX_BYTES {
            return Err(DateFault::NotADate);
        }
        if !text.is_ascii() {
            let folded: String = text.chars().filter(|c| !is_invisible(*c)).nfkc().collect();
            return self.first_form(folded.trim());
        }
        self.first_form(text)
    }

    fn first_form(&self, text: &str) -> Result<Written, DateFault> {
        let mut fault = DateFault::NotADate;
        for form in &self.forms {
            match read_form(form, text) {
                Ok(written) => return Ok(written),
                // "No such day" in one form says more than "not in this form" in another.
                Err(DateFault::Impossible) => fault = DateFault::Impossible,
                Err(_) => {}
            }
        }
        Err(fault)
    }

    #[inline]
    fn instant(&self, clock: i64, memory: &ZoneMemory) -> Option<(i64, Shift)> {
        let (from, to, offset) = memory.0.get();
        if (from..to).contains(&clock) {
            return Some((clock - offset, Shift::None));
        }
        self.ask_zone(clock, memory)
    }

    fn ask_zone(&self, clock: i64, memory: &ZoneMemory) -> Option<(i64, Shift)> {
        let local = TimeZone::UTC.to_datetime(Timestamp::from_microsecond(clock).ok()?);
        let found = self.zone.to_ambiguous_timestamp(local);
        let shift = match found.offset() {
            jiff::tz::AmbiguousOffset::Unambiguous { .. } => Shift::None,
            jiff::tz::AmbiguousOffset::Gap { .. } => Shift::Gap,
            jiff::tz::AmbiguousOffset::Fold { .. } => Shift::Fold,
        };
        let instant = found.compatible().ok()?;
        if shift == Shift::None {
            memory.0.set(self.stretch(instant, clock));
        }
        Some((instant.as_microsecond(), shift))
    }

    /// The local times around an instant at which its offset is the only one.
    fn stretch(&self, instant: Timestamp, clock: i64) -> (i64, i64, i64) {
        let offset = clock - instant.as_microsecond();
        let offset_at = |at: Timestamp| i64::from(self.zone.to_offset(at).seconds()) * SECOND;
        // The transition at or before the instant, and the next one.
        let just_after = instant.checked_add(jiff::SignedDuration::from_micros(1)).unwrap_or(instant);
        let from = self.zone.preceding(just_after).next().map_or(i64::MIN, |transition| {
            let at = transition.timestamp();
            let before = at.checked_sub(jiff::SignedDuration::from_micros(1)).unwrap_or(at);
            at.as_microsecond() + offset.max(offset_at(before))
        });
        let to = self.zone.following(instant).next().map_or(i64::MAX, |transition| {
            let at = transition.timestamp();
            at.as_microsecond() + offset.min(offset_at(at))
        });
        (from, to, offset)
    }
}

fn read_form(form: &Form, text: &str) -> Result<Written, DateFault> {
    match form {
        Form::Iso => year_first::read(text),
        Form::Excel => {
            let (day, time_of_day) = serial(text)?;
            let since_1970 = match day {
                1..=59 => day - 25_568,
                61..=2_958_465 => day - 25_569,
                _ => return Err(DateFault::Impossible),
            };
            Ok(of_serial(since_1970, time_of_day, text))
        }
        Form::Excel1904 => {
            let (day, time_of_day) = serial(text)?;
            if !(0..=2_957_003).contains(&day) {
                return Err(DateFault::Impossible);
            }
            Ok(of_serial(day - 24_107, time_of_day, text))
        }
        Form::Unix | Form::UnixMillis => {
            let read = number::read_decimal(text, false).map_err(|_| DateFault::NotADate)?;
            let scale = if *form == Form::Unix { 100 } else { 1 };
            let clock = i128::from(read.units) * scale / if *form == Form::Unix { 1 } else { 10 };
            let clock = i64::try_from(clock).map_err(|_| DateFault::Impossible)?;
            Timestamp::from_microsecond(clock).map_err(|_| DateFault::Impossible)?;
            Ok(Written { clock, offset: Some(0), has_time: true })
        }
        Form::Strptime(form) => {
            let read = BrokenDownTime::parse(form, text).map_err(|_| DateFault::NotADate)?;
            let has_time = read.hour().is_some();
            if read.offset().is_some() || read.iana_time_zone().is_some() || read.timestamp().is_some() {
                let at = read.to_timestamp().map_err(|_| DateFault::Impossible)?;
                return Ok(Written { clock: at.as_microsecond(), offset: Some(0), has_time: true });
            }
            let date = read.to_date().map_err(|_| DateFault::Impossible)?;
            let time = read.to_time().map_err(|_| DateFault::Impossible)?;
            let local = date.to_datetime(time);
            let at = TimeZone::UTC.to_timestamp(local).map_err(|_| DateFault::Impossible)?;
            Ok(Written { clock: at.as_microsecond(), offset: None, has_time })
        }
    }
}

/// A spreadsheet's day number, and the microseconds of its time of day.
fn serial(text: &str) -> Result<(i64, i64), DateFault> {
    let days = number::read_decimal(text, false).map_err(|_| DateFault::NotADate)?;
    // A serial keeps a time of day as a fraction of a day; four digits are 8.64 seconds,
    // so the fraction is read again from the text, to the millisecond.
    let fraction: f64 = match text.split_once('.') {
        Some((_, part)) => format!("0.{part}").parse().map_err(|_| DateFault::NotADate)?,
        None => 0.0,
    };
    let whole = days.units.div_euclid(10_000) - i64::from(days.rounded && fraction >= 0.99995);
    Ok((whole, (fraction * 86_400_000.0).round() as i64 * 1_000))
}

fn of_serial(day: i64, time_of_day: i64, text: &str) -> Written {
    Written { clock: day * DAY + time_of_day, offset: None, has_time: text.contains('.') }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(zone: &str, forms: &[&str]) -> DateRules {
        let forms = forms.iter().map(|form| Form::named(form).unwrap()).collect();
        DateRules::new(forms, TimeZone::get(zone).unwrap(), None, None)
    }

    fn read(rules: &DateRules, text: &str) -> Result<(String, Shift), DateFault> {
        let (instant, shift) = rules.read(text, &ZoneMemory::default())?;
        Ok((Timestamp::from_microsecond(instant).unwrap().to_string(), shift))
    }

    #[test]
    fn year_first_forms_are_read_without_being_told() {
        let shanghai = rules("Asia/Shanghai", &[]);
        let cases = [
            ("2024-01-05", "2024-01-04T16:00:00Z"),
            ("2024-01-05 08:09", "2024-01-05T00:09:00Z"),
            ("2024-01-05T08:09:10.1234567", "2024-01-05T00:09:10.123456Z"),
            ("2024-01-05T08:09:10Z", "2024-01-05T08:09:10Z"),
            ("2024-01-05T08:09:10+01:00", "2024-01-05T07:09:10Z"),
            ("2024-01-05 08:09:10 -0500", "2024-01-05T13:09:10Z"),
            ("2024/1/5 8:09", "2024-01-05T00:09:00Z"),
            ("2024.01.05", "2024-01-04T16:00:00Z"),
            ("20240105", "2024-01-04T16:00:00Z"),
            ("2024年1月5日", "2024-01-04T16:00:00Z"),
            ("2024年1月5日 8:30", "2024-01-05T00:30:00Z"),
            ("2024年1月5日8时30分", "2024-01-05T00:30:00Z"),
            ("２０２４－０１－０５", "2024-01-04T16:00:00Z"),
            ("2024-02-29 24:00", "2024-02-29T16:00:00Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(&shanghai, text), Ok((expected.to_string(), Shift::None)), "{text}");
        }
        for text in
            ["2023-02-29", "2024-13-01", "2024-00-10", "2024-01-32", "2024-01-05 25:00", "2024-01-05 10:60"]
        {
            assert_eq!(read(&shanghai, text), Err(DateFault::Impossible), "{text}");
        }
        for text in [
            "",
            "x",
            "05/01/2024",
            "2024",
            "2024-01",
            "24-01-05",
            "2024-01/05",
            "2024-01-05x",
            "2024-01-0512:00",
        ] {
            assert_eq!(read(&shanghai, text), Err(DateFault::NotADate), "{text}");
        }
        assert_eq!(read(&shanghai, "0001-01-01"), Err(DateFault::Impossible));
        assert_eq!(read(&shanghai, "1899-12-31"), Err(DateFault::OutOfRange));
        assert_eq!(read(&shanghai, "2200-01-02"), Err(DateFault::OutOfRange));
        assert!(read(&shanghai, "2199-12-31").is_ok() && read(&shanghai, "9999-12-31").is_err());
        assert_eq!(read(&shanghai, &"1".repeat(100_000)), Err(DateFault::NotADate));
    }

    #[test]
    fn clock_changes_are_told() {
        let london = rules("Europe/London", &[]);
        let fold = ("2011-10-30T00:30:00Z".to_string(), Shift::Fold);
        let gap = ("2011-03-27T01:30:00Z".to_string(), Shift::Gap);
        assert_eq!(read(&london, "2011-10-30 01:30"), Ok(fold));
        assert_eq!(read(&london, "2011-03-27 01:30"), Ok(gap));
        // Midnight that never came: the day still has a start, and nobody is warned.
        let sao_paulo = rules("America/Sao_Paulo", &[]);
        assert_eq!(read(&sao_paulo, "2018-11-04"), Ok(("2018-11-04T03:00:00Z".to_string(), Shift::None)));
    }

    #[test]
    fn stated_forms_are_tried_in_order() {
        let uk = rules("Europe/London", &["%d/%m/%Y %H:%M", "%d/%m/%Y", "excel"]);
        assert_eq!(read(&uk, "01/12/2010 08:26").unwrap().0, "2010-12-01T08:26:00Z");
        assert_eq!(read(&uk, "31/12/2010").unwrap().0, "2010-12-31T00:00:00Z");
        assert_eq!(read(&uk, "40513.35138888889").unwrap().0, "2010-12-01T08:26:00Z");
        assert_eq!(read(&uk, "40513").unwrap().0, "2010-12-01T00:00:00Z");
        assert_eq!(read(&uk, "31/02/2010"), Err(DateFault::Impossible));
        assert_eq!(read(&uk, "2010-12-01"), Err(DateFault::NotADate));
        assert_eq!(
            read(&rules("Asia/Shanghai", &["unix"]), "1704412800.5").unwrap().0,
            "2024-01-05T00:00:00.5Z"
        );
        assert_eq!(
            read(&rules("Asia/Shanghai", &["unix_ms"]), "1704412800500").unwrap().0,
            "2024-01-05T00:00:00.5Z"
        );
        // The same day in both systems of spreadsheets, and around the day in 1900 that never was.
        let (of_1900, of_1904) = (rules("UTC", &["excel"]), rules("UTC", &["excel_1904"]));
        assert_eq!(read(&of_1900, "45293.5").unwrap().0, "2024-01-02T12:00:00Z");
        assert_eq!(read(&of_1904, "43831.5").unwrap().0, "2024-01-02T12:00:00Z");
        assert_eq!(read(&of_1900, "1").unwrap().0, "1900-01-01T00:00:00Z");
        assert_eq!(read(&of_1900, "59").unwrap().0, "1900-02-28T00:00:00Z");
        assert_eq!(read(&of_1900, "60"), Err(DateFault::Impossible));
        assert_eq!(read(&of_1900, "61").unwrap().0, "1900-03-01T00:00:00Z");
        assert_eq!(read(&of_1904, "0").unwrap().0, "1904-01-01T00:00:00Z");
        assert_eq!(read(&of_1900, "2958466"), Err(DateFault::Impossible));
        for form in ["%Q", "%H:%M", "hello", "", "%Y-%m"] {
            assert_eq!(Form::named(form), None, "{form}");
        }
    }

    #[test]
    fn the_range_is_of_local_dates_and_includes_both() {
        let date = |text: &str| Some(text.parse().unwrap());
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let rules = DateRules::new(vec![], zone, date("2024-01-05"), date("2024-01-06"));
        assert!(read(&rules, "2024-01-05 00:00").is_ok() && read(&rules, "2024-01-06 23:59:59").is_ok());
        for text in ["2024-01-04 23:59:59", "2024-01-07 00:00"] {
            assert_eq!(read(&rules, text), Err(DateFault::OutOfRange));
        }
    }

    proptest! {
        #[test]
        fn every_local_time_is_read_as_the_zone_says(
            zone in "Europe/London|Asia/Shanghai|America/New_York|America/Sao_Paulo|Australia/Lord_Howe|Africa/Casablanca",
            times in proptest::collection::vec((1970i64..2037, 1u32..13, 1u32..29, 0i64..86_400), 1..40),
        ) {
            let rules = rules(&zone, &[]);
            let memory = ZoneMemory::default();
            for (year, month, day, second) in times {
                let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
                let text = format!("{year:04}-{month:02}-{day:02} {h:02}:{m:02}:{s:02}");
                let local: jiff::civil::DateTime = text.parse().unwrap();
                let expected = TimeZone::get(&zone).unwrap().to_ambiguous_timestamp(local).compatible().unwrap();
                prop_assert_eq!(rules.read(&text, &memory).unwrap().0, expected.as_microsecond(), "{}", text);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}|[0-9年月日/:. TZ+-]{0,30}") {
            for forms in [&["iso", "excel", "unix"][..], &["%d/%m/%Y %H:%M %z"][..]] {
                let _ = rules("Europe/London", forms).read(&text, &ZoneMemory::default());
            }
        }
    }
}
