//! The text of one cell: what a person would have typed into a CSV file.

use calamine::{DataRef, ExcelDateTime};

/// What a cell holds.
#[derive(Debug, PartialEq)]
pub(crate) enum CellText {
    Empty,
    Text(String),
    /// `#N/A` and its kind: nothing is known, and the operator is told how often.
    Error,
}

pub(crate) fn text(value: &DataRef<'_>) -> CellText {
    match value {
        DataRef::Empty => CellText::Empty,
        DataRef::Error(_) => CellText::Error,
        DataRef::Int(number) => CellText::Text(number.to_string()),
        DataRef::Float(number) => number_text(*number).map_or(CellText::Error, CellText::Text),
        DataRef::Bool(value) => CellText::Text(value.to_string()),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => non_empty(text),
        DataRef::SharedString(text) => non_empty(text),
        DataRef::DateTime(value) => date_text(value).map_or(CellText::Error, CellText::Text),
    }
}

fn non_empty(text: &str) -> CellText {
    if text.is_empty() { CellText::Empty } else { CellText::Text(text.to_string()) }
}

/// A number in full: integers keep every digit, others the 15 significant ones that Excel shows, so
/// that 0.1 + 0.2 is 0.3; never an exponent.
pub(crate) fn number_text(number: f64) -> Option<String> {
    if !number.is_finite() {
        return None;
    }
    if number == number.trunc() {
        return Some(if number == 0.0 { "0".to_string() } else { format!("{number}") });
    }
    let rounded: f64 = format!("{number:.14e}").parse().ok()?;
    Some(format!("{rounded}"))
}

/// ISO 8601: a date, a date with time, a time of day, or hours, minutes and seconds of a duration.
fn date_text(value: &ExcelDateTime) -> Option<String> {
    let serial = value.as_f64();
    if value.is_duration() {
        let millis = (serial * 86_400_000.0).round();
        if !(millis.abs() < 1e15) {
            return None;
        }
        let sign = if millis < 0.0 { "-" } else { "" };
        let millis = millis.abs() as u64;
        let (hours, rest) = (millis / 3_600_000, millis % 3_600_000);
        return Some(format!("{sign}{hours:02}:{}", minutes_seconds(rest)));
    }
    // Beyond what Excel itself shows as a date, the number is all there is.
    if !(0.0..2_958_466.0).contains(&serial) {
        return number_text(serial);
    }
    let (year, month, day, hour, minute, second, milli) = value.to_ymd_hms_milli();
    let of_day = minutes_seconds(u64::from(minute) * 60_000 + u64::from(second) * 1000 + u64::from(milli));
    let time = format!("{hour:02}:{of_day}");
    if serial < 1.0 && serial > 0.0 {
        return Some(time);
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    Some(if time == "00:00:00" { date } else { format!("{date}T{time}") })
}

fn minutes_seconds(millis: u64) -> String {
    let (minutes, rest) = (millis / 60_000, millis % 60_000);
    let (seconds, millis) = (rest / 1000, rest % 1000);
    if millis == 0 {
        format!("{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}.{millis:03}")
    }
}

#[cfg(test)]
mod tests {
    use calamine::{CellErrorType, ExcelDateTimeType};

    use super::*;

    fn of(value: DataRef<'_>) -> String {
        match text(&value) {
            CellText::Text(text) => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(of(DataRef::Float(13800138000.0)), "13800138000");
        assert_eq!(of(DataRef::Float(100000.0)), "100000");
        assert_eq!(of(DataRef::Float(0.1 + 0.2)), "0.3");
        assert_eq!(of(DataRef::Float(-19.99)), "-19.99");
        assert_eq!(of(DataRef::Float(-0.0)), "0");
        assert_eq!(of(DataRef::Float(9007199254740991.0)), "9007199254740991");
        assert_eq!(of(DataRef::Float(f64::NAN)), "Error");
        assert_eq!(of(DataRef::Error(CellErrorType::NA)), "Error");
    }

    #[test]
    fn dates_in_both_systems() {
        let date = |value, is_1904| {
            of(DataRef::DateTime(ExcelDateTime::new(value, ExcelDateTimeType::DateTime, is_1904)))
        };
        assert_eq!(date(45296.0, false), "2024-01-05");
        assert_eq!(date(45296.0 - 1462.0, true), "2024-01-05");
        assert_eq!(date(45296.5, false), "2024-01-05T12:00:00");
        assert_eq!(date(1.0, false), "1900-01-01");
        assert_eq!(date(61.0, false), "1900-03-01");
        assert_eq!(date(0.25, false), "06:00:00");
        assert_eq!(date(-1.0, false), "-1");
        let duration = ExcelDateTime::new(1.5, ExcelDateTimeType::TimeDelta, false);
        assert_eq!(of(DataRef::DateTime(duration)), "36:00:00");
    }
}
