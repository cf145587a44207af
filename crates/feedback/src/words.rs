//! Numbers as they stand in sentences.

use gradus_model::Text;

use crate::interval::Interval;
use crate::sides::Came;

/// `48.2%`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// A difference of two shares, in percentage points.
pub(crate) fn points(difference: f64) -> Text {
    let points = difference * 100.0;
    Text::new(format!("{points:+.1} 个百分点"), format!("{points:+.1} points"))
}

/// `p < 0.001` or `p = 0.04`.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".into() } else { format!("p = {p:.3}") }
}

/// A figure of an outcome: a share or an amount.
pub(crate) fn figure(came: &Came, value: f64) -> String {
    match came.is_share() {
        true => percent(value),
        false => amount(value),
    }
}

pub(crate) fn amount(value: f64) -> String {
    let rounded = if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") };
    let (sign, digits) = match rounded.strip_prefix('-') {
        Some(digits) => ("-", digits.to_string()),
        None => ("", rounded),
    };
    let (whole, part) =
        digits.split_once('.').map_or((digits.as_str(), None), |(whole, part)| (whole, Some(part)));
    let mut out = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(part) = part {
        out.push('.');
        out.push_str(part);
    }
    out
}

/// A difference of an outcome with its interval.
pub(crate) fn difference(came: &Came, found: &Interval) -> Text {
    if came.is_share() {
        let (value, low, high) = (points(found.value), found.low * 100.0, found.high * 100.0);
        return Text::new(
            format!("{}，95% 区间 {low:+.1} 至 {high:+.1}", value.zh),
            format!("{}, 95% interval {low:+.1} to {high:+.1}", value.en),
        );
    }
    let (value, low, high) = (amount(found.value), amount(found.low), amount(found.high));
    Text::new(format!("{value}，95% 区间 {low} 至 {high}"), format!("{value}, 95% interval {low} to {high}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_signed() {
        assert_eq!(amount(1234567.4), "1,234,567");
        assert_eq!(amount(-1234.0), "-1,234");
        assert_eq!(amount(12.345), "12.35");
        assert_eq!(p_value(0.0400001), "p = 0.040");
        assert_eq!(p_value(1e-9), "p < 0.001");
        assert_eq!(points(-0.0293).zh, "-2.9 个百分点");
    }
}
