//! Numbers and amounts as people write them, read exactly into ten-thousandths.
//!
//! Read are: digits of any width, one decimal point, groups of three, a sign before or after,
//! parentheses for negative amounts, a currency sign, code or word on either side, 万 and 亿, and
//! the exponents that spreadsheets write. What could mean two things is refused, never guessed.

use gradus_model::fixed::round_div;

use super::currency::{self, Sign};

/// The largest magnitude of a decimal(18,4), in ten-thousandths.
pub const MAX_UNITS: i64 = 999_999_999_999_999_999;

/// Digits after the point that are kept.
const SCALE: i64 = 4;

/// Longer texts that are not plain digits are no number that anyone meant.
const MAX_DECORATED_BYTES: usize = 256;

/// Why a text is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFault {
    NotANumber,
    /// Beyond 99,999,999,999,999.9999 either way.
    TooLarge,
}

/// A number in ten-thousandths, and what it was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    /// Rounded half away from zero.
    pub units: i64,
    /// True if digits other than zero were rounded away.
    pub rounded: bool,
    /// The currency that was written beside it.
    pub sign: Option<Sign>,
}

/// Reads a number. `decimal_comma` swaps the roles of point and comma.
///
/// ```
/// use gradus_ledger::clean::number::read_decimal;
/// assert_eq!(read_decimal("￥１，２３４.５", false).unwrap().units, 12_345_000);
/// assert_eq!(read_decimal("(0.00005)", false).unwrap().units, -1);
/// assert!(read_decimal("12,5", false).is_err());
/// ```
///
/// # Errors
/// The text is no number, or one that does not fit.
pub fn read_decimal(text: &str, decimal_comma: bool) -> Result<Decimal, NumberFault> {
    match plain(text.as_bytes(), if decimal_comma { b',' } else { b'.' }) {
        Some(read) => read,
        None => decorated(text, decimal_comma),
    }
}

/// Brings an integer of scale `scale` to ten-thousandths.
///
/// # Errors
/// It does not fit.
pub fn rescale(value: i128, scale: i8) -> Result<Decimal, NumberFault> {
    let shift = i64::from(scale) - SCALE;
    let power = u32::try_from(shift.unsigned_abs()).ok().and_then(|p| 10i128.checked_pow(p));
    let power = power.ok_or(NumberFault::TooLarge)?;
    if shift <= 0 {
        let units = value.checked_mul(power).ok_or(NumberFault::TooLarge)?;
        return fitting(units, false);
    }
    let units = round_div(value, power).ok_or(NumberFault::TooLarge)?;
    fitting(units, value % power != 0)
}

/// Reads a binary number as the shortest decimal that gives it back, rounded to four digits.
///
/// # Errors
/// It is infinite, not a number, or does not fit.
pub fn from_float(value: f64) -> Result<Decimal, NumberFault> {
    if !value.is_finite() {
        return Err(NumberFault::NotANumber);
    }
    let scaled = (value * 10_000.0).round();
    // Below 2^52 ten-thousandths are exact, and the quotient is the nearest number to the decimal.
    if scaled.abs() < 4_503_599_627_370_496.0 && scaled / 10_000.0 == value {
        return Ok(Decimal { units: scaled as i64, rounded: false, sign: None });
    }
    let mut read = read_decimal(&value.to_string(), false)?;
    // The digits of a binary number beyond the fifteenth were never written by anybody.
    read.rounded = false;
    Ok(read)
}

/// Ten-thousandths as a decimal text, without trailing zeros.
pub fn write_units(units: i128) -> String {
    let magnitude = units.unsigned_abs();
    let (whole, part) = (magnitude / 10_000, magnitude % 10_000);
    let sign = if units < 0 { "-" } else { "" };
    if part == 0 {
        return format!("{sign}{whole}");
    }
    let digits = format!("{part:04}");
    format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
}

fn fitting(units: i128, rounded: bool) -> Result<Decimal, NumberFault> {
    match i64::try_from(units) {
        Ok(units) if units.unsigned_abs() <= MAX_UNITS as u64 => Ok(Decimal { units, rounded, sign: None }),
        _ => Err(NumberFault::TooLarge),
    }
}

/// Sign, digits, point, digits, all ASCII: what nearly every cell holds. `None` if there is more.
fn plain(bytes: &[u8], point: u8) -> Option<Result<Decimal, NumberFault>> {
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, bytes),
    };
    let mut units: i64 = 0;
    let mut n_digits = 0usize;
    let mut at_point = None;
    for (index, byte) in digits.iter().enumerate() {
        match byte.wrapping_sub(b'0') {
            digit @ 0..=9 => {
                // Eighteen digits cannot overflow; longer numbers take the other way.
                n_digits += 1;
                if n_digits > 18 {
                    return long(negative, digits, point);
                }
                units = units * 10 + i64::from(digit);
            }
            _ if *byte == point && at_point.is_none() => at_point = Some(index),
            _ => return None,
        }
    }
    if n_digits == 0 {
        return None;
    }
    let n_after = at_point.map_or(0, |at| digits.len() - at - 1);
    let signed = if negative { -units } else { units };
    Some(rescale(i128::from(signed), n_after as i8))
}

/// As [`plain`], for numbers of any length.
fn long(negative: bool, digits: &[u8], point: u8) -> Option<Result<Decimal, NumberFault>> {
    let mut points = digits.iter().enumerate().filter(|(_, byte)| **byte == point).map(|(at, _)| at);
    let at_point = points.next().unwrap_or(digits.len());
    if points.next().is_some() || !digits.iter().all(|b| b.is_ascii_digit() || *b == point) {
        return None;
    }
    let values = digits.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0');
    Some(from_digits(values, at_point as i64, negative))
}

/// The number whose digits are given and whose decimal point stands after `point` of them.
fn from_digits(digits: impl Iterator<Item = u8>, point: i64, negative: bool) -> Result<Decimal, NumberFault> {
    let mut units: i128 = 0;
    let mut up = false;
    let mut rounded = false;
    let mut n_read: i64 = 0;
    for digit in digits {
        let place = n_read - point;
        n_read += 1;
        if place < SCALE {
            units = units * 10 + i128::from(digit);
            if units > i128::from(MAX_UNITS) {
                return Err(NumberFault::TooLarge);
            }
        } else {
            up |= place == SCALE && digit >= 5;
            rounded |= digit != 0;
        }
    }
    // Digits that were not written are zeros.
    let missing = point + SCALE - n_read;
    if missing > 0 && units != 0 {
        let power = u32::try_from(missing).ok().filter(|p| *p <= 20).and_then(|p| 10i128.checked_pow(p));
        units = power.and_then(|power| units.checked_mul(power)).ok_or(NumberFault::TooLarge)?;
    }
    units += i128::from(up);
    fitting(if negative { -units } else { units }, rounded)
}

fn decorated(text: &str, decimal_comma: bool) -> Result<Decimal, NumberFault> {
    if text.len() > MAX_DECORATED_BYTES {
        return Err(NumberFault::NotANumber);
    }
    let folded: String = text.chars().filter_map(fold).collect();
    let mut rest = folded.trim();
    let mut negative = None;
    let mut sign = None;
    let mut zeros: i64 = 0;
    if let Some(inner) = rest.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        negative = Some(true);
        rest = inner.trim();
    }
    // Signs and currency stand in either order before the digits, each at most once.
    loop {
        if let (None, Some(first)) = (negative, rest.chars().next().filter(|c| matches!(c, '-' | '+'))) {
            negative = Some(first == '-');
            rest = rest[1..].trim_start();
        } else if let (None, Some((found, after))) = (sign, currency::prefix(rest)) {
            sign = Some(found);
            rest = after.trim_start();
        } else {
            break;
        }
    }
    loop {
        if let (None, Some(before)) = (negative, rest.strip_suffix('-')) {
            negative = Some(true);
            rest = before.trim_end();
        } else if let (None, Some((found, before))) = (sign, currency::suffix(rest)) {
            sign = Some(found);
            rest = before.trim_end();
        } else if let (0, Some(before)) = (zeros, rest.strip_suffix('万')) {
            zeros = 4;
            rest = before.trim_end();
        } else if let (0, Some(before)) = (zeros, rest.strip_suffix('亿')) {
            zeros = 8;
            rest = before.trim_end();
        } else {
            break;
        }
    }
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
        None => (rest, 0),
    };
    let (point, groups) = if decimal_comma { (',', ['.', ' ', '\'']) } else { ('.', [',', ' ', '\'']) };
    let (whole, part) = mantissa.split_once(point).unwrap_or((mantissa, ""));
    if (whole.is_empty() && part.is_empty()) || !part.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NumberFault::NotANumber);
    }
    check_groups(whole, groups)?;
    let digits = whole.bytes().chain(part.bytes()).filter(u8::is_ascii_digit).map(|byte| byte - b'0');
    let n_whole = whole.bytes().filter(u8::is_ascii_digit).count() as i64;
    let read = from_digits(digits, n_whole + exponent + zeros, negative == Some(true))?;
    Ok(Decimal { sign, ..read })
}

/// Full-width and typographic forms as ASCII; marks that nobody sees vanish.
fn fold(c: char) -> Option<char> {
    Some(match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0)?,
        '。' => '.',
        '、' => ',',
        '−' | '–' | '﹣' => '-',
        '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => ' ',
        '’' => '\'',
        '￥' => '¥',
        '￡' => '£',
        '萬' => '万',
        '億' => '亿',
        _ if super::text::is_invisible(c) => return None,
        _ => c,
    })
}

fn exponent_of(text: &str) -> Result<i64, NumberFault> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NumberFault::NotANumber);
    }
    let value: i64 = digits.parse().map_err(|_| NumberFault::NotANumber)?;
    Ok(if text.starts_with('-') { -value } else { value })
}

/// Digits, or one to three digits followed by groups of three after one and the same separator.
fn check_groups(whole: &str, separators: [char; 3]) -> Result<(), NumberFault> {
    let Some(separator) = whole.chars().find(|c| separators.contains(c)) else {
        let all = whole.bytes().all(|b| b.is_ascii_digit());
        return if all { Ok(()) } else { Err(NumberFault::NotANumber) };
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let mut groups = whole.split(separator);
    let first = groups.next().unwrap_or("");
    let good = (1..=3).contains(&first.len()) && digits(first) && groups.all(|g| g.len() == 3 && digits(g));
    if good { Ok(()) } else { Err(NumberFault::NotANumber) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clean::currency::Sign;

    fn units(text: &str) -> Result<i64, NumberFault> {
        read_decimal(text, false).map(|read| read.units)
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let cases = [
            ("0", 0),
            ("-0.00", 0),
            ("1234.5", 12_345_000),
            (".5", 5_000),
            ("5.", 50_000),
            ("+7", 70_000),
            ("1,234.50", 12_345_000),
            ("1,234,567", 12_345_670_000),
            ("１２３．４５", 1_234_500),
            ("￥1,000", 10_000_000),
            ("¥-12.5", -125_000),
            ("-¥12.5", -125_000),
            ("(12.50)", -125_000),
            ("（￥12.50）", -125_000),
            ("12.50-", -125_000),
            ("12.5元", 125_000),
            ("1.2万元", 120_000_000),
            ("3亿", 3_000_000_000_000),
            ("RMB 88", 880_000),
            ("88 USD", 880_000),
            ("$5", 50_000),
            ("1 234.5", 12_345_000),
            ("1\u{202f}234.5", 12_345_000),
            ("1'234.5", 12_345_000),
            ("1.5E+05", 1_500_000_000),
            ("1.5e-3", 15),
            ("0.00005", 1),
            ("-0.00005", -1),
            ("0.00004999", 0),
            ("\u{200e}42\u{202c}", 420_000),
            ("99999999999999.9999", MAX_UNITS),
            ("000000000000000000000000000001.5", 15_000),
        ];
        for (text, expected) in cases {
            assert_eq!(units(text), Ok(expected), "{text}");
        }
        assert_eq!(read_decimal("1.234,56", true).unwrap().units, 12_345_600);
        assert_eq!(read_decimal("£3", false).unwrap().sign, Some(Sign::Code("GBP")));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let cases = [
            "",
            "-",
            ".",
            "abc",
            "NaN",
            "inf",
            "-Infinity",
            "=1+1",
            "1,2",
            "12,5",
            "1,2345",
            ",123",
            "1.2.3",
            "--1",
            "1-2",
            "(-5)-",
            "0x10",
            "1e",
            "1e1000",
            "12%",
            "1 2",
            "$£5",
            "１２，５",
            "元",
            "()",
            "1_000",
        ];
        for text in cases {
            assert_eq!(units(text), Err(NumberFault::NotANumber), "{text}");
        }
        for text in ["100000000000000", "-99999999999999.99995", "1e15", "1e999", "10000000亿"] {
            assert_eq!(units(text), Err(NumberFault::TooLarge), "{text}");
        }
    }

    #[test]
    fn a_number_of_100_kb_is_read_in_one_pass() {
        let nines = "9".repeat(100_000);
        assert_eq!(units(&nines), Err(NumberFault::TooLarge));
        let zeros = format!("{}.{}", "0".repeat(100_000), "3".repeat(100_000));
        assert_eq!(read_decimal(&zeros, false).unwrap(), Decimal { units: 3_333, rounded: true, sign: None });
        assert_eq!(units(&"x".repeat(100_000)), Err(NumberFault::NotANumber));
    }

    #[test]
    fn binary_numbers_read_as_the_decimal_that_was_meant() {
        for (value, expected) in
            [(0.1 + 0.2, 3_000), (2.55 * 6.0, 153_000), (-1e13, -100_000_000_000_000_000)]
        {
            assert_eq!(from_float(value).unwrap().units, expected, "{value}");
        }
        assert_eq!(from_float(f64::NAN), Err(NumberFault::NotANumber));
        assert_eq!(from_float(1e300), Err(NumberFault::TooLarge));
    }

    /// Schoolbook: the digits as a list, rounded from the fifth after the point.
    fn naive(negative: bool, whole: &str, part: &str) -> Option<i64> {
        let mut digits: Vec<u32> =
            whole.chars().chain(part.chars().take(4)).filter_map(|c| c.to_digit(10)).collect();
        digits.extend(std::iter::repeat_n(0, 4 - part.len().min(4)));
        let mut value: i128 = digits.iter().fold(0, |sum, digit| sum * 10 + i128::from(*digit));
        if part.chars().nth(4).is_some_and(|c| c >= '5') {
            value += 1;
        }
        let value = if negative { -value } else { value };
        i64::try_from(value).ok().filter(|v| v.unsigned_abs() <= MAX_UNITS as u64)
    }

    proptest! {
        #[test]
        fn amounts_equal_a_schoolbook_reading(
            negative: bool, whole in "[0-9]{1,20}", part in "[0-9]{0,12}", style in 0..5usize,
        ) {
            let number = if part.is_empty() { whole.clone() } else { format!("{whole}.{part}") };
            let text = match (style, negative) {
                (0, true) => format!("-{number}"),
                (0, false) => number,
                (1, true) => format!("({number})"),
                (1, false) => format!("¥{number}"),
                (2, true) => format!("{number}-"),
                (2, false) => format!("+{number}"),
                (3, true) => format!("￥-{number}元").replace("￥", ""),
                (3, false) => format!("{number} EUR"),
                (_, true) => format!("－{number}"),
                (_, false) => number.chars().map(|c| match c {
                    '0'..='9' => char::from_u32(c as u32 + 0xfee0).unwrap(),
                    _ => '．',
                }).collect(),
            };
            prop_assert_eq!(units(&text).ok(), naive(negative, &whole, &part), "{}", text);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}|[0-9.,eE+()¥-]{0,40}") {
            let _ = read_decimal(&text, false);
            let _ = read_decimal(&text, true);
        }
    }
}
