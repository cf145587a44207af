//! Values as they are written in an expression.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};

use crate::kind::Kind;

/// A written value. Numbers are exact: a whole number, or a decimal with the digits as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Literal {
    Null,
    Boolean(bool),
    Integer(i64),
    /// Unscaled value and number of digits after the point.
    Decimal(i128, i8),
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
}

/// The largest unscaled value that 38 digits hold.
pub(crate) const MAX_DECIMAL: i128 = 10i128.pow(38) - 1;

impl Literal {
    pub fn kind(&self) -> Kind {
        match self {
            Literal::Null => Kind::Null,
            Literal::Boolean(_) => Kind::Boolean,
            Literal::Integer(_) => Kind::Integer,
            Literal::Decimal(_, scale) => Kind::Decimal(*scale),
            Literal::Text(_) => Kind::Text,
            Literal::Date(_) => Kind::Date,
            Literal::Timestamp(_) => Kind::Timestamp,
        }
    }

    /// A number as written: digits, at most one point, perhaps an exponent. `None` if it needs
    /// more than 38 digits.
    pub fn number(text: &str) -> Option<Literal> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{part}");
        if digits.is_empty() || digits.len() > 400 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut scale = i32::try_from(part.len()).ok()?.checked_sub(exponent)?;
        let mut digits = digits.trim_start_matches('0').to_string();
        if digits.is_empty() {
            scale = scale.clamp(0, 38);
        } else if !(-38..=400).contains(&scale) {
            return None;
        }
        while scale < 0 {
            digits.push('0');
            scale += 1;
        }
        // Zeros at the end beyond 38 places say nothing.
        while scale > 38 && digits.ends_with('0') {
            digits.pop();
            scale -= 1;
        }
        if digits.len() > 38 || scale > 38 {
            return None;
        }
        let value = if digits.is_empty() { 0 } else { i128::from_str(&digits).ok()? };
        Some(Literal::decimal(value, scale as i8))
    }

    /// A decimal, or the whole number it is.
    pub fn decimal(value: i128, scale: i8) -> Literal {
        match i64::try_from(value) {
            Ok(whole) if scale == 0 => Literal::Integer(whole),
            _ => Literal::Decimal(value, scale),
        }
    }

    /// The number as a float, as it is compared with a column of floats.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Literal::Integer(value) => Some(*value as f64),
            Literal::Decimal(value, scale) => Some(crate::number::to_float(*value, *scale)),
            _ => None,
        }
    }

    /// The number with its sign turned.
    pub fn negated(&self) -> Option<Literal> {
        match self {
            Literal::Integer(value) => Some(Literal::decimal(-i128::from(*value), 0)),
            Literal::Decimal(value, scale) => Some(Literal::decimal(-value, *scale)),
            _ => None,
        }
    }

    /// The text that reads back as this value.
    pub fn sql(&self) -> String {
        match self {
            Literal::Null => "null".into(),
            Literal::Boolean(value) => value.to_string(),
            Literal::Integer(value) => value.to_string(),
            Literal::Decimal(value, scale) => decimal_text(*value, *scale),
            Literal::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Literal::Date(days) => format!("date '{}'", date_text(*days)),
            Literal::Timestamp(micros) => format!("timestamp '{}'", timestamp_text(*micros)),
        }
    }
}

/// A decimal with all its digits after the point.
pub fn decimal_text(value: i128, scale: i8) -> String {
    let scale = usize::try_from(scale).unwrap_or(0);
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// Days since 1970-01-01 as `2011-12-10`.
pub fn date_text(days: i32) -> String {
    match to_date(days) {
        Some(date) => date.to_string(),
        None => format!("{days}"),
    }
}

pub fn timestamp_text(micros: i64) -> String {
    match Timestamp::from_microsecond(micros) {
        Ok(instant) => instant.to_string(),
        Err(_) => format!("{micros}"),
    }
}

const EPOCH: Date = date(1970, 1, 1);

pub fn to_date(days: i32) -> Option<Date> {
    EPOCH.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

pub fn from_date(date: Date) -> i32 {
    date.duration_since(EPOCH).as_hours().div_euclid(24) as i32
}

/// `2011-12-10`, and nothing looser.
pub fn read_date(text: &str) -> Option<i32> {
    let text = text.trim();
    if text.len() < 8 || text.len() > 13 || text.contains(['T', ' ', ':']) {
        return None;
    }
    Date::from_str(text).ok().map(from_date)
}

/// RFC 3339, or a date with a time of day, or a date; without an offset it is UTC.
pub fn read_timestamp(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.len() > 40 || text.contains('[') {
        return None;
    }
    if let Ok(instant) = Timestamp::from_str(text) {
        return Some(instant.as_microsecond());
    }
    if let Some(days) = read_date(text) {
        return Some(i64::from(days) * MICROS_PER_DAY);
    }
    let civil = DateTime::from_str(text).ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond())
}

pub const MICROS_PER_DAY: i64 = 86_400_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_the_digits_they_are_written_with() {
        assert_eq!(Literal::number("3"), Some(Literal::Integer(3)));
        assert_eq!(Literal::number("1.50"), Some(Literal::Decimal(150, 2)));
        assert_eq!(Literal::number("1.5e3"), Some(Literal::Integer(1500)));
        assert_eq!(Literal::number("0.000"), Some(Literal::Decimal(0, 3)));
        assert_eq!(Literal::number("1e400"), None);
        assert_eq!(Literal::number("1e-400"), None);
        assert_eq!(Literal::number("9223372036854775808"), Some(Literal::Decimal(9223372036854775808, 0)));
        assert_eq!(Literal::number(&"9".repeat(39)), None);
        assert_eq!(Literal::number("0e99999999999"), None);
    }

    #[test]
    fn dates_and_instants_read_back() {
        for text in ["1969-12-31", "2011-12-10", "0001-01-01", "9999-12-31"] {
            assert_eq!(date_text(read_date(text).unwrap()), text);
        }
        for text in ["2011-13-01", "2011-02-30", "11-1-1", "", "20111210T00"] {
            assert_eq!(read_date(text), None, "{text}");
        }
        let at = read_timestamp("2011-12-10T08:00:00+08:00").unwrap();
        assert_eq!(timestamp_text(at), "2011-12-10T00:00:00Z");
        assert_eq!(read_timestamp("2011-12-10 00:00:00"), Some(at));
    }
}
