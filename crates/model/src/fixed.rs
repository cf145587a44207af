//! Fixed-point numbers with four digits after the point: points, weights, cuts. They add up
//! exactly, which is what makes a score statement a statement.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One unit in the last place is 1/10,000.
pub const FIXED_ONE: i64 = 10_000;

/// A number with four digits after the point, held as an integer of ten-thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fixed(pub i64);

/// Why a text is not a fixed-point number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a number with at most four digits after the point")]
pub struct NotFixed;

impl Fixed {
    pub const ZERO: Fixed = Fixed(0);
    pub const ONE: Fixed = Fixed(FIXED_ONE);

    pub fn from_integer(value: i64) -> Option<Fixed> {
        value.checked_mul(FIXED_ONE).map(Fixed)
    }

    /// For display and charts only: grading never goes through it.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / FIXED_ONE as f64
    }

    /// The product of two fixed-point numbers, rounded half away from zero to four digits.
    /// `None` on overflow.
    ///
    /// ```
    /// use gradus_model::fixed::Fixed;
    /// let half = "0.5".parse::<Fixed>().unwrap();
    /// assert_eq!("0.0001".parse::<Fixed>().unwrap().times(half), Some(Fixed(1)));
    /// ```
    pub fn times(self, other: Fixed) -> Option<Fixed> {
        round_div(i128::from(self.0) * i128::from(other.0), i128::from(FIXED_ONE))
            .and_then(|value| i64::try_from(value).ok())
            .map(Fixed)
    }
}

/// `numerator / denominator` rounded half away from zero; `None` if the denominator is zero.
pub fn round_div(numerator: i128, denominator: i128) -> Option<i128> {
    if denominator == 0 {
        return None;
    }
    let (quotient, remainder) = (numerator / denominator, numerator % denominator);
    let away = if (numerator < 0) == (denominator < 0) { 1 } else { -1 };
    // |remainder| < |denominator|, so doubling the smaller side cannot be avoided; use unsigned.
    let twice = remainder.unsigned_abs().checked_mul(2)?;
    Some(if twice >= denominator.unsigned_abs() { quotient + away } else { quotient })
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (whole, part) = (magnitude / FIXED_ONE as u64, magnitude % FIXED_ONE as u64);
        let sign = if self.0 < 0 { "-" } else { "" };
        if part == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{part:04}");
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl FromStr for Fixed {
    type Err = NotFixed;

    fn from_str(text: &str) -> Result<Self, NotFixed> {
        let text = text.trim();
        let (negative, digits) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |s: &str| s.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && part.is_empty()) || part.len() > 4 || !plain(whole) || !plain(part) {
            return Err(NotFixed);
        }
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| NotFixed)? };
        let part: i64 = format!("{part:0<4}").parse().map_err(|_| NotFixed)?;
        let value = whole.checked_mul(FIXED_ONE).and_then(|v| v.checked_add(part)).ok_or(NotFixed)?;
        Ok(Fixed(if negative { -value } else { value }))
    }
}

impl Serialize for Fixed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % FIXED_ONE == 0 {
            serializer.serialize_i64(self.0 / FIXED_ONE)
        } else {
            serializer.serialize_f64(self.to_f64())
        }
    }
}

impl<'de> Deserialize<'de> for Fixed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Integer(i64),
            Float(f64),
            Text(String),
        }
        let text = match Form::deserialize(deserializer)? {
            Form::Integer(value) => value.to_string(),
            // The shortest text that reads back as the same number is what was written.
            Form::Float(value) => value.to_string(),
            Form::Text(text) => text,
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Fixed {
    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "type": "number",
            "multipleOf": 0.0001,
            "description": "A number with at most four digits after the point."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_read_back_as_they_are_written() {
        for text in ["0", "-3", "12.5", "-0.0001", "99999.9999"] {
            assert_eq!(text.parse::<Fixed>().unwrap().to_string(), text);
        }
        for text in ["", "-", ".", "1.23456", "1e3", "１", "9223372036854775807"] {
            assert!(text.parse::<Fixed>().is_err(), "{text}");
        }
    }

    #[test]
    fn halves_round_away_from_zero() {
        assert_eq!(round_div(5, 10), Some(1));
        assert_eq!(round_div(-5, 10), Some(-1));
        assert_eq!(round_div(-5, -10), Some(1));
        assert_eq!(round_div(4, 10), Some(0));
        assert_eq!(round_div(1, 0), None);
    }
}
