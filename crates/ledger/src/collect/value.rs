//! What a single text looks like: number, date, phone number, e-mail. Used to find the header of a
//! table and to propose what its columns mean; cleaning has its own, stricter rules.

/// A number as people write it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NumberLook {
    /// ISO code of the currency sign or word beside it.
    pub(crate) currency: Option<&'static str>,
    /// No decimal point.
    pub(crate) integer: bool,
    pub(crate) decimals: usize,
    pub(crate) digits: usize,
    pub(crate) negative: bool,
    pub(crate) percent: bool,
    /// Begins with a zero that a number would not have, so it is a code.
    pub(crate) leading_zero: bool,
    pub(crate) value: f64,
}

const CURRENCY_MARKS: [(&str, &str); 14] = [
    ("人民币", "CNY"),
    ("RMB", "CNY"),
    ("CNY", "CNY"),
    ("USD", "USD"),
    ("EUR", "EUR"),
    ("GBP", "GBP"),
    ("HKD", "HKD"),
    ("HK$", "HKD"),
    ("US$", "USD"),
    ("¥", "CNY"),
    ("¥", "CNY"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("$", "USD"),
];

/// Reads `1,234.50`, `-3`, `¥99`, `99元`, `(12.00)`, `15%`, `1.5E3`.
pub(crate) fn number(text: &str) -> Option<NumberLook> {
    let mut text = text.trim();
    let mut currency = None;
    let mut negative = false;
    if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        text = inner;
        negative = true;
    }
    for sign in ['-', '−', '－'] {
        if let Some(rest) = text.strip_prefix(sign) {
            text = rest.trim_start();
            negative = true;
        }
    }
    text = text.strip_prefix('+').unwrap_or(text);
    for (mark, code) in CURRENCY_MARKS {
        if let Some(rest) = text.strip_prefix(mark).or_else(|| text.strip_suffix(mark)) {
            text = rest.trim();
            currency = Some(code);
            break;
        }
    }
    if let Some(rest) = text.strip_suffix('元') {
        text = rest.trim();
        currency = Some("CNY");
    }
    if let Some(rest) = text.strip_prefix('-') {
        text = rest;
        negative = true;
    }
    let percent = text.ends_with(['%', '％']);
    let text = text.trim_end_matches(['%', '％']).trim_end();
    if text.is_empty() || text.len() > 40 || !text.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let plain: String = text.chars().filter(|c| !matches!(c, ',' | '，')).collect();
    if plain.len() != text.len() && !thousands_are_grouped(text) {
        return None;
    }
    let value: f64 = plain.parse().ok()?;
    let mantissa = plain.split(['e', 'E']).next().unwrap_or("");
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    Some(NumberLook {
        currency,
        integer: !mantissa.contains('.') && mantissa.len() == plain.len(),
        decimals: fraction.len(),
        digits: whole.len() + fraction.len(),
        negative,
        percent,
        leading_zero: whole.len() > 1 && whole.starts_with('0'),
        value: if negative { -value } else { value },
    })
}

fn thousands_are_grouped(text: &str) -> bool {
    let whole = text.split('.').next().unwrap_or("");
    let mut groups = whole.split([',', '，']);
    groups.next().is_some_and(|first| (1..=3).contains(&first.len()))
        && groups.all(|group| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Mobile number of mainland China, or any number in international form.
pub(crate) fn is_phone(text: &str) -> bool {
    let digits: String = text.trim().chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
    let international = digits.starts_with('+') || digits.starts_with("00");
    let number = digits.strip_prefix('+').or_else(|| digits.strip_prefix("00")).unwrap_or(&digits);
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let domestic = number.strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(number);
    let bytes = domestic.as_bytes();
    let mobile = bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1]);
    mobile || (international && (8..=15).contains(&number.len()))
}

pub(crate) fn is_email(text: &str) -> bool {
    let text = text.trim();
    let Some((local, domain)) = text.split_once('@') else { return false };
    !local.is_empty()
        && domain.len() >= 3
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.contains([' ', ',', ';'])
        && !domain.contains('@')
}

/// Identity card number of mainland China, check digit included (GB 11643-1999).
pub(crate) fn is_identity_card(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let bytes = text.trim().as_bytes();
    if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 =
        bytes[..17].iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    CHECKS.get((sum % 11) as usize) == Some(&bytes[17].to_ascii_uppercase())
}

pub(crate) fn is_boolean(text: &str) -> bool {
    const WORDS: [&str; 10] = ["true", "false", "yes", "no", "y", "n", "t", "f", "是", "否"];
    WORDS.iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}

/// The order of the parts of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DateOrder {
    YearMonthDay,
    DayMonthYear,
    MonthDayYear,
    /// Seconds since 1970.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMillis,
}

/// A date as people write it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DateLook {
    /// All orders under which the text is a date: two for `03/04/2024`.
    pub(crate) orders: Vec<DateOrder>,
    /// The text as a format of `strftime`, for the first order.
    pub(crate) format: String,
    pub(crate) has_time: bool,
    pub(crate) has_zone: bool,
    pub(crate) year: i32,
}

impl DateLook {
    /// The format when the parts stand in this order.
    pub(crate) fn format_in(&self, order: DateOrder) -> String {
        let swap = match (self.orders.first(), order) {
            (Some(DateOrder::DayMonthYear), DateOrder::MonthDayYear) => true,
            (Some(DateOrder::MonthDayYear), DateOrder::DayMonthYear) => true,
            _ => false,
        };
        if swap {
            self.format.replace("%d", "%_").replace("%m", "%d").replace("%_", "%m")
        } else {
            self.format.clone()
        }
    }
}

/// Reads `2024-01-05`, `2024/1/5 8:30`, `2024年1月5日`, `20240105`, `5.1.2024`, `01/05/2024 8:30 PM`,
/// `2024-01-05T08:30:00+08:00`, and seconds or milliseconds since 1970.
pub(crate) fn date(text: &str) -> Option<DateLook> {
    let text = text.trim();
    if text.len() < 6 || text.len() > 40 {
        return None;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits_date(text);
    }
    let (first, rest) = take_digits(text)?;
    let (separator, rest) = take_separator(rest)?;
    let (second, rest) = take_digits(rest)?;
    let (separator2, rest) = take_separator(rest)?;
    let (third, mut rest) = take_digits(rest)?;
    let chinese = separator == "年";
    if (chinese && separator2 != "月") || (!chinese && separator != separator2) {
        return None;
    }
    if let Some(after) = rest.strip_prefix('日') {
        rest = after;
    }
    let suffix = if chinese { "日" } else { "" };
    let numbers = [first.parse::<i32>().ok()?, second.parse::<i32>().ok()?, third.parse::<i32>().ok()?];
    let (orders, year, parts) = if first.len() == 4 {
        if !is_day(numbers[1], numbers[2]) {
            return None;
        }
        (vec![DateOrder::YearMonthDay], numbers[0], ["%Y", "%m", "%d"])
    } else if third.len() == 4 || (third.len() == 2 && first.len() <= 2) {
        let year = if third.len() == 4 { numbers[2] } else { 2000 + numbers[2] };
        let mut orders = Vec::new();
        if is_day(numbers[1], numbers[0]) {
            orders.push(DateOrder::DayMonthYear);
        }
        if is_day(numbers[0], numbers[1]) {
            orders.push(DateOrder::MonthDayYear);
        }
        let year_format = if third.len() == 4 { "%Y" } else { "%y" };
        let parts = match orders.first()? {
            DateOrder::DayMonthYear => ["%d", "%m", year_format],
            _ => ["%m", "%d", year_format],
        };
        (orders, year, parts)
    } else {
        return None;
    };
    if !(1900..=2200).contains(&year) {
        return None;
    }
    let mut format = format!("{}{separator}{}{separator2}{}{suffix}", parts[0], parts[1], parts[2]);
    let (has_time, has_zone) = time_of_day(rest, &mut format)?;
    Some(DateLook { orders, format, has_time, has_zone, year })
}

fn is_day(month: i32, day: i32) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

fn digits_date(text: &str) -> Option<DateLook> {
    let look = |order, format: &str, has_time, year| {
        Some(DateLook { orders: vec![order], format: format.to_string(), has_time, has_zone: false, year })
    };
    let part = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<i32>().ok());
    match text.len() {
        8 | 14 => {
            let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
            if !(1900..=2200).contains(&year) || !is_day(month, day) {
                return None;
            }
            if text.len() == 8 {
                return look(DateOrder::YearMonthDay, "%Y%m%d", false, year);
            }
            (part(8, 10)? < 24 && part(10, 12)? < 60 && part(12, 14)? < 61).then_some(())?;
            look(DateOrder::YearMonthDay, "%Y%m%d%H%M%S", true, year)
        }
        10 | 13 => {
            let seconds = text.get(..10)?.parse::<i64>().ok()?;
            // From 2001 to 2065: shorter numbers are counts, longer ones identifiers.
            let year = i32::try_from(1970 + seconds / 31_556_952).ok()?;
            let (order, format) = if text.len() == 10 {
                (DateOrder::EpochSeconds, "unix")
            } else {
                (DateOrder::EpochMillis, "unix_ms")
            };
            ((2001..2066).contains(&year)).then(|| look(order, format, true, year))?
        }
        _ => None,
    }
}

fn take_digits(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    ((1..=4).contains(&end)).then(|| text.split_at(end))
}

fn take_separator(text: &str) -> Option<(&str, &str)> {
    let first = text.chars().next()?;
    matches!(first, '-' | '/' | '.' | '年' | '月').then(|| text.split_at(first.len_utf8()))
}

/// The part after the date: nothing, or a time with optional seconds, fraction, AM/PM and zone.
fn time_of_day(rest: &str, format: &mut String) -> Option<(bool, bool)> {
    if rest.is_empty() {
        return Some((false, false));
    }
    let separator = if rest.starts_with('T') { "T" } else { " " };
    let mut rest = rest.strip_prefix(separator)?.trim_start();
    format.push_str(separator);
    let (hour, after) = take_digits(rest)?;
    let (minute, after) = take_digits(after.strip_prefix(':')?)?;
    rest = after;
    let twelve = rest.to_ascii_uppercase();
    let mut seconds = "";
    if let Some(after) = rest.strip_prefix(':') {
        let (second, after) = take_digits(after)?;
        (second.parse::<u32>().ok()? < 61).then_some(())?;
        seconds = ":%S";
        rest = after;
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
            seconds = ":%S%.f";
            rest = &fraction[end..];
        }
    }
    (hour.parse::<u32>().ok()? < 25 && minute.parse::<u32>().ok()? < 60).then_some(())?;
    let upper = rest.trim().to_ascii_uppercase();
    let half_day = twelve.ends_with("AM") || twelve.ends_with("PM");
    format.push_str(if half_day { "%I:%M" } else { "%H:%M" });
    format.push_str(seconds);
    match upper.as_str() {
        "" => Some((true, false)),
        "AM" | "PM" => {
            format.push_str(if rest.starts_with(' ') { " %p" } else { "%p" });
            Some((true, false))
        }
        "Z" => {
            format.push('Z');
            Some((true, true))
        }
        zone if zone.starts_with(['+', '-']) && zone.len() <= 6 => {
            format.push_str(if zone.contains(':') { "%:z" } else { "%z" });
            Some((true, true))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        assert_eq!(number("1,234.50").unwrap().value, 1234.5);
        assert_eq!(number("¥99").unwrap().currency, Some("CNY"));
        assert_eq!(number("99.5元").unwrap().currency, Some("CNY"));
        assert_eq!(number("-£3").unwrap().value, -3.0);
        assert_eq!(number("(12.00)").unwrap().value, -12.0);
        assert!(number("007").unwrap().leading_zero);
        assert!(number("15%").unwrap().percent);
        for text in ["", "abc", "1,2,3", "2024-01-05", "1.2.3", "12a", "inf", "NaN"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn dates_and_their_formats() {
        let format = |text: &str| date(text).map(|look| look.format);
        assert_eq!(format("2024-01-05").as_deref(), Some("%Y-%m-%d"));
        assert_eq!(format("2010-12-01 08:26:00").as_deref(), Some("%Y-%m-%d %H:%M:%S"));
        assert_eq!(format("2024/1/5 8:30").as_deref(), Some("%Y/%m/%d %H:%M"));
        assert_eq!(format("2024年1月5日").as_deref(), Some("%Y年%m月%d日"));
        assert_eq!(format("2024-01-05T08:30:00.123+08:00").as_deref(), Some("%Y-%m-%dT%H:%M:%S%.f%:z"));
        assert_eq!(format("1/25/2024 8:30 PM").as_deref(), Some("%m/%d/%Y %I:%M %p"));
        assert_eq!(format("20240105").as_deref(), Some("%Y%m%d"));
        assert_eq!(format("1704412800").as_deref(), Some("unix"));
        let both = date("03/04/2024").unwrap();
        assert_eq!(both.orders, [DateOrder::DayMonthYear, DateOrder::MonthDayYear]);
        assert_eq!(both.format_in(DateOrder::MonthDayYear), "%m/%d/%Y");
        for text in ["13800138000", "2024-13-05", "99.50", "1.2.3.4", "12345678", "2024", "10:20:30"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn phones_mails_and_identity_cards() {
        assert!(is_phone("13800138000") && is_phone("+86 138-0013-8000") && is_phone("+44 20 7946 0958"));
        assert!(!is_phone("12345") && !is_phone("20240105123"));
        assert!(is_email("li.fang@example.cn") && !is_email("a@b") && !is_email("@x.com"));
        assert!(is_identity_card("11010519491231002X") && !is_identity_card("110105194912310021"));
    }
}
