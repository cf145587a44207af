//! Exact arithmetic on whole numbers and decimals, and its rounding: half away from zero, always.

use arrow::datatypes::i256;

use crate::literal::MAX_DECIMAL;

/// Ten to the power of `exponent`; beyond 38 it does not fit.
pub fn power_of_ten(exponent: i32) -> Option<i128> {
    u32::try_from(exponent).ok().and_then(|exponent| 10i128.checked_pow(exponent))
}

/// The value if 38 digits hold it.
pub fn bounded(value: i128) -> Option<i128> {
    (-MAX_DECIMAL..=MAX_DECIMAL).contains(&value).then_some(value)
}

/// `a / b`, rounded half away from zero. `None` if `b` is zero.
pub fn round_div(a: i128, b: i128) -> Option<i128> {
    gradus_model::fixed::round_div(a, b)
}

/// The same number with another count of digits after the point.
pub fn rescale(value: i128, from: i8, to: i8) -> Option<i128> {
    let by = i32::from(to) - i32::from(from);
    if by >= 0 {
        if value == 0 {
            return Some(0);
        }
        bounded(value.checked_mul(power_of_ten(by)?)?)
    } else {
        match power_of_ten(-by) {
            Some(factor) => round_div(value, factor),
            None => Some(0),
        }
    }
}

/// The product with `drop` digits rounded off.
pub fn multiply(a: i128, b: i128, drop: i32) -> Option<i128> {
    if drop == 0
        && let Some(product) = a.checked_mul(b)
    {
        return bounded(product);
    }
    let product = i256::from_i128(a).checked_mul(i256::from_i128(b))?;
    narrow_div(product, i256::from_i128(power_of_ten(drop)?))
}

/// `a * 10^shift / b`, rounded. `shift` may be negative.
pub fn divide(a: i128, b: i128, shift: i32) -> Option<i128> {
    if b == 0 {
        return None;
    }
    if shift < 0 {
        let b = i256::from_i128(b).checked_mul(i256::from_i128(power_of_ten(-shift)?))?;
        return narrow_div(i256::from_i128(a), b);
    }
    let factor = power_of_ten(shift)?;
    if let Some(a) = a.checked_mul(factor)
        && let Some(quotient) = round_div(a, b)
    {
        return bounded(quotient);
    }
    narrow_div(i256::from_i128(a).checked_mul(i256::from_i128(factor))?, i256::from_i128(b))
}

/// [`divide`] for one shift, fast where 64 bits hold everything on the way.
pub fn divider(shift: i32) -> impl Fn(i128, i128) -> Option<i128> {
    let factor = u32::try_from(shift).ok().and_then(|shift| 10i64.checked_pow(shift));
    move |a, b| match factor.and_then(|factor| narrow_divide(a, b, factor)) {
        Some(quotient) => Some(quotient),
        None => divide(a, b, shift),
    }
}

fn narrow_divide(a: i128, b: i128, factor: i64) -> Option<i128> {
    let (a, b) = (i64::try_from(a).ok()?.checked_mul(factor)?, i64::try_from(b).ok()?);
    let (top, below) = (a.unsigned_abs(), b.unsigned_abs());
    let (quotient, rest) = (top.checked_div(below)?, top.checked_rem(below)?);
    // rest >= below - rest: at least half.
    let rounded = i128::from(quotient + u64::from(rest >= below - rest));
    Some(if (a < 0) == (b < 0) { rounded } else { -rounded })
}

fn narrow_div(a: i256, b: i256) -> Option<i128> {
    let negative = (a < i256::ZERO) != (b < i256::ZERO);
    let (a, b) = (a.checked_abs()?, b.checked_abs()?);
    let (quotient, remainder) = (a.checked_div(b)?, a.checked_rem(b)?);
    // remainder >= b - remainder: at least half.
    let up = remainder >= b.checked_sub(remainder)?;
    let quotient = if up { quotient.checked_add(i256::ONE)? } else { quotient };
    let quotient = bounded(quotient.to_i128()?)?;
    Some(if negative { -quotient } else { quotient })
}

/// Compares decimals of different scales exactly.
pub fn compare(a: i128, a_scale: i8, b: i128, b_scale: i8) -> std::cmp::Ordering {
    let by = i32::from(a_scale) - i32::from(b_scale);
    if by == 0 {
        return a.cmp(&b);
    }
    if by < 0 {
        return compare(b, b_scale, a, a_scale).reverse();
    }
    match power_of_ten(by).and_then(|factor| b.checked_mul(factor)) {
        Some(b) => a.cmp(&b),
        // b is beyond everything that a can be.
        None => 0.cmp(&b),
    }
}

/// The nearest float; the same on every machine.
pub fn to_float(value: i128, scale: i8) -> f64 {
    // Up to 2^53 and 10^22 both sides are exact, and the quotient is correctly rounded.
    match power_of_ten(i32::from(scale)) {
        Some(factor) => value as f64 / factor as f64,
        None => 0.0,
    }
}

/// A float as a decimal, rounded half away from zero.
pub fn from_float(value: f64, scale: i8) -> Option<i128> {
    // The shortest digits that mean this float are what people see; they are rounded, not the
    // binary expansion, so that 0.15 rounds like 0.15.
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let negative = mantissa.starts_with('-');
    let mantissa = mantissa.trim_start_matches('-');
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: i128 = format!("{whole}{part}").parse().ok()?;
    let shift = exponent - i32::try_from(part.len()).ok()? + i32::from(scale);
    let value = if shift >= 0 {
        if digits == 0 { 0 } else { bounded(digits.checked_mul(power_of_ten(shift)?)?)? }
    } else {
        power_of_ten(-shift).and_then(|factor| round_div(digits, factor)).unwrap_or(0)
    };
    Some(if negative { -value } else { value })
}

/// A written number with at most this many digits after the point after rounding.
pub fn from_text(text: &str, scale: i8) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if !digits.as_bytes().first()?.is_ascii_digit() && !digits.starts_with('.') {
        return None;
    }
    let (value, from) = match crate::literal::Literal::number(digits)? {
        crate::literal::Literal::Integer(value) => (i128::from(value), 0),
        crate::literal::Literal::Decimal(value, scale) => (value, scale),
        _ => return None,
    };
    let value = rescale(value, from, scale)?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    #[test]
    fn quotients_and_products_round_half_away_from_zero() {
        assert_eq!(divide(3, 2, 0), Some(2));
        assert_eq!(divide(-3, 2, 0), Some(-2));
        assert_eq!(divide(1, 3, 10), Some(3_333_333_333));
        assert_eq!(divide(1, 0, 10), None);
        assert_eq!(multiply(15, 1, 1), Some(2));
        assert_eq!(multiply(-15, 1, 1), Some(-2));
        assert_eq!(multiply(i128::MAX, 2, 0), None);
    }

    #[test]
    fn the_fast_way_to_divide_is_the_long_one() {
        let some = [
            0,
            1,
            -1,
            2,
            -3,
            7,
            15,
            -15,
            9_999,
            10_000,
            123_456_789,
            i64::MAX.into(),
            i64::MIN.into(),
            10i128.pow(25),
        ];
        for shift in [-3, 0, 2, 6, 10, 18, 19, 30] {
            let quotient = divider(shift);
            for a in some {
                for b in some {
                    assert_eq!(quotient(a, b), divide(a, b, shift), "{a} / {b}, {shift}");
                }
            }
        }
    }

    #[test]
    fn intermediate_results_may_be_wider_than_the_type() {
        let big = 10i128.pow(37);
        assert_eq!(divide(big, 10i128.pow(30), 20), Some(10i128.pow(27)));
        assert_eq!(multiply(big, big, 37), Some(big));
        assert_eq!(multiply(big, big, 0), None);
    }

    #[test]
    fn decimals_compare_exactly_whatever_their_scales() {
        assert_eq!(compare(15, 1, 150, 2), Ordering::Equal);
        assert_eq!(compare(MAX_DECIMAL, 0, 1, 38), Ordering::Greater);
        assert_eq!(compare(-MAX_DECIMAL, 0, 1, 38), Ordering::Less);
        assert_eq!(compare(1, 38, -MAX_DECIMAL, 0), Ordering::Greater);
        assert_eq!(compare(1, 38, MAX_DECIMAL, 0), Ordering::Less);
    }

    #[test]
    fn floats_round_as_they_are_shown() {
        assert_eq!(from_float(0.15, 1), Some(2));
        assert_eq!(from_float(-2.5, 0), Some(-3));
        assert_eq!(from_float(1e300, 4), None);
        assert_eq!(from_float(1e-300, 4), Some(0));
    }
}
