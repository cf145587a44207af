//! Scalars, read as what the schema wants at their place from the text as it is written.

use serde_json::{Map, Number, Value, json};

use super::{Walk, words};
use crate::document::Span;
use crate::fixed::Fixed;
use crate::load::{Kind, Node};
use crate::{Finding, Place, Text};

impl Walk<'_> {
    /// A text, number or truth value, as the schema says.
    pub(super) fn scalar(
        &mut self,
        kind: &str,
        node: &Node,
        schema: &Value,
        place: &Place,
        name: &str,
    ) -> Value {
        match kind {
            // What was trained elsewhere has as many digits as it was trained with.
            "number" if schema.get("format").is_some_and(|format| format == "double") => {
                self.floating(node, place)
            }
            "number" => self.number(node, place),
            "integer" => self.integer(node, schema, place),
            "boolean" => self.boolean(node, place),
            _ if name == "Span" => self.span(node, place),
            _ => match &node.kind {
                Kind::Scalar { text, .. } if !node.is_null() => json!(text),
                _ => self.wrong_type(node, words::EXPECTED_TEXT.text(), place),
            },
        }
    }

    /// A fixed-point number, handed on as text so that no digit is lost on the way.
    fn number(&mut self, node: &Node, place: &Place) -> Value {
        let Some(digits) = self.digits(node, place, words::EXPECTED_NUMBER.text()) else {
            return Value::Null;
        };
        let whole = digits.split_once('.');
        let digits = whole.map_or(digits.as_str(), |_| digits.trim_end_matches('0').trim_end_matches('.'));
        if let Some((_, part)) = digits.split_once('.')
            && part.len() > 4
        {
            let n = part.len();
            self.findings.push(Finding::error(
                "too-many-digits",
                place.clone(),
                Text::new(
                    format!("`{digits}` 的小数有 {n} 位"),
                    format!("`{digits}` has {n} digits after the point"),
                ),
                Text::new("小数不超过 4 位", "at most 4 digits after the point"),
            ));
            return Value::Null;
        }
        match digits.parse::<Fixed>() {
            Ok(_) => json!(digits),
            Err(_) => {
                self.out_of_range(digits, Fixed(i64::MIN + 1).to_string(), Fixed(i64::MAX).to_string(), place)
            }
        }
    }

    /// A number of any digits, with an exponent or without.
    fn floating(&mut self, node: &Node, place: &Place) -> Value {
        let Kind::Scalar { text, quoted: false } = &node.kind else {
            return self.wrong_type(node, words::EXPECTED_NUMBER.text(), place);
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let is_number = is_plain_number(mantissa.strip_prefix('+').unwrap_or(mantissa))
            && exponent.parse::<i32>().is_ok();
        let value = text.parse::<f64>().ok().filter(|_| is_number);
        match value {
            Some(value) if value.is_finite() => json!(value),
            Some(_) => self.out_of_range(text, f64::MIN.to_string(), f64::MAX.to_string(), place),
            None => self.wrong_type(node, words::EXPECTED_NUMBER.text(), place),
        }
    }

    fn integer(&mut self, node: &Node, schema: &Value, place: &Place) -> Value {
        let (least, greatest): (i128, i128) = match schema.get("format").and_then(Value::as_str) {
            Some("uint8") => (0, u8::MAX.into()),
            Some("uint16") => (0, u16::MAX.into()),
            Some("uint32") => (0, u32::MAX.into()),
            Some("uint64" | "uint") => (0, u64::MAX.into()),
            Some("int32") => (i32::MIN.into(), i32::MAX.into()),
            _ => (i64::MIN.into(), i64::MAX.into()),
        };
        let Some(digits) = self.digits(node, place, words::EXPECTED_INTEGER.text()) else {
            return Value::Null;
        };
        let whole = match digits.split_once('.') {
            Some((whole, part)) if part.bytes().all(|byte| byte == b'0') => whole,
            Some(_) => return self.wrong_type(node, words::EXPECTED_INTEGER.text(), place),
            None => &digits,
        };
        match whole.parse::<i128>() {
            Ok(value) if (least..=greatest).contains(&value) => {
                match (u64::try_from(value), i64::try_from(value)) {
                    (Ok(value), _) => json!(value),
                    (_, Ok(value)) => json!(value),
                    _ => Value::Null,
                }
            }
            _ => self.out_of_range(&digits, least.to_string(), greatest.to_string(), place),
        }
    }

    fn boolean(&mut self, node: &Node, place: &Place) -> Value {
        let right = match &node.kind {
            Kind::Scalar { text, quoted: false } => match text.as_str() {
                "true" | "True" | "TRUE" => return json!(true),
                "false" | "False" | "FALSE" => return json!(false),
                "yes" | "Yes" | "on" | "On" | "y" | "1" | "是" => Text::plain("`true`"),
                "no" | "No" | "off" | "Off" | "n" | "0" | "否" => Text::plain("`false`"),
                _ => words::EXPECTED_BOOLEAN.text(),
            },
            _ => words::EXPECTED_BOOLEAN.text(),
        };
        self.wrong_type(node, right, place)
    }

    pub(super) fn span(&mut self, node: &Node, place: &Place) -> Value {
        let Kind::Scalar { text, .. } = &node.kind else {
            return self.wrong_type(node, words::SPAN_FORM.text(), place);
        };
        if text.parse::<Span>().is_ok() {
            return json!(text);
        }
        let right = match text.trim().parse::<u32>() {
            Ok(n) if (1..=36_500).contains(&n) => {
                Text::new(format!("`{n} days` 或 `{n} 天`"), format!("`{n} days`"))
            }
            _ => words::SPAN_FORM.text(),
        };
        self.findings.push(Finding::error(
            "not-a-span",
            place.clone(),
            Text::new(
                format!("{} 不是一段时间", words::quoted_or_empty(text).zh.trim_start()),
                format!("{} is not a stretch of time", words::quoted_or_empty(text).en),
            ),
            right,
        ));
        Value::Null
    }

    /// A value whose type nothing prescribes: `then`, `equals`, the members of `in`. Plain `true`,
    /// `12` and `1.5` are what they look like; every other plain text, such as `0012`, `1e3` or
    /// `2011-12-10`, is a text.
    pub(super) fn anything(&mut self, node: &Node) -> Value {
        match &node.kind {
            _ if node.is_null() => Value::Null,
            Kind::Scalar { text, quoted: true } => json!(text),
            Kind::Scalar { text, .. } => match text.as_str() {
                "true" | "True" | "TRUE" => json!(true),
                "false" | "False" | "FALSE" => json!(false),
                text if is_plain_number(text) => {
                    text.parse::<Number>().map_or_else(|_| json!(text), Value::Number)
                }
                text => json!(text),
            },
            Kind::List(items) => Value::Array(items.iter().map(|item| self.anything(item)).collect()),
            Kind::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| (key.text.clone(), self.anything(value)));
                Value::Object(entries.collect::<Map<String, Value>>())
            }
        }
    }

    /// The digits of a number without sign `+` or exponent, or a finding.
    fn digits(&mut self, node: &Node, place: &Place, expected: Text) -> Option<String> {
        let Kind::Scalar { text, quoted } = &node.kind else {
            self.wrong_type(node, expected, place);
            return None;
        };
        let unsigned = text.strip_prefix('+').unwrap_or(text);
        let number =
            if is_plain_number(unsigned) { Some(unsigned.to_owned()) } else { without_exponent(text) };
        match number {
            Some(number) if !quoted => Some(number),
            Some(number) => {
                let right = Text::new(format!("不加引号：`{number}`"), format!("without quotes: `{number}`"));
                self.wrong_type(node, right, place);
                None
            }
            None => {
                let right = match plain_digits(text) {
                    Some(number) => Text::plain(format!("`{number}`")),
                    None => expected,
                };
                self.wrong_type(node, right, place);
                None
            }
        }
    }

    fn out_of_range(&mut self, digits: &str, least: String, greatest: String, place: &Place) -> Value {
        self.findings.push(Finding::error(
            "number-out-of-range",
            place.clone(),
            Text::new(format!("`{digits}` 超出范围"), format!("`{digits}` is out of range")),
            Text::new(format!("{least} 到 {greatest}"), format!("{least} to {greatest}")),
        ));
        Value::Null
    }
}

/// `12`, `-3`, `0.5`: no leading zeros, no exponent, no sign `+`.
fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && (whole == "0" || !whole.starts_with('0')) && part.is_none_or(all_digits)
}

/// The same number in plain digits if it is written with an exponent, as programs write JSON.
fn without_exponent(text: &str) -> Option<String> {
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let exponent: i32 = exponent.parse().ok().filter(|exponent| (-30..=30).contains(exponent))?;
    if !is_plain_number(mantissa) {
        return None;
    }
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{}{whole}{part}{}", "0".repeat(31), "0".repeat(31));
    let point = i32::try_from(31 + whole.len()).ok()? + exponent;
    let (whole, part) = digits.split_at_checked(usize::try_from(point).ok()?)?;
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
}

/// The number that was probably meant: without separators, full-width digits, leading zeros or unit.
fn plain_digits(text: &str) -> Option<String> {
    let ascii: String = text
        .trim()
        .chars()
        .filter(|c| !matches!(c, ',' | '_' | ' ' | '，'))
        .map(|c| match c {
            '０'..='９' => char::from(b'0' + (u32::from(c) - u32::from('０')) as u8),
            '．' => '.',
            '－' | '−' => '-',
            other => other,
        })
        .collect();
    let ascii = ascii.trim_end_matches(['分', '元', '£', '¥']).trim_start_matches(['£', '¥', '+']);
    let (sign, digits) = ascii.strip_prefix('-').map_or(("", ascii), |rest| ("-", rest));
    let trimmed = digits.trim_start_matches('0');
    let trimmed = if trimmed.is_empty() || trimmed.starts_with('.') {
        format!("0{trimmed}")
    } else {
        trimmed.to_owned()
    };
    let number = format!("{sign}{trimmed}");
    (!digits.is_empty() && is_plain_number(&number)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_they_look_like_and_nothing_else_is() {
        for text in ["0", "12", "-3", "0.5", "-0.25", "100.0"] {
            assert!(is_plain_number(text), "{text}");
        }
        for text in [
            "",
            "-",
            ".5",
            "1.",
            "012",
            "1e3",
            "0x1F",
            "+5",
            "1,000",
            "2011-12-10",
            "NO",
            "５",
            "-.",
            "1.2.3",
        ] {
            assert!(!is_plain_number(text), "{text}");
        }
    }

    #[test]
    fn exponents_are_written_out() {
        let cases = [
            ("1e3", Some("1000")),
            ("-2.5E-3", Some("-0.0025")),
            ("0e0", Some("0")),
            ("1e31", None),
            ("e3", None),
        ];
        for (text, plain) in cases {
            assert_eq!(without_exponent(text).as_deref(), plain, "{text}");
        }
        assert_eq!(without_exponent("1.5e30"), Some(format!("15{}", "0".repeat(29))));
    }

    #[test]
    fn what_was_probably_meant_is_proposed() {
        let cases =
            [("1,000", "1000"), ("５０", "50"), ("012", "12"), ("20分", "20"), (".5", "0.5"), ("000", "0")];
        for (text, meant) in cases {
            assert_eq!(plain_digits(text).as_deref(), Some(meant), "{text}");
        }
        for text in ["abc", "10%", "", "-"] {
            assert_eq!(plain_digits(text), None, "{text}");
        }
    }
}
