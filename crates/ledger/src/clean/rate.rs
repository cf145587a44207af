//! Exchange rates as people write them, read exactly to ten digits after the point: four, as amounts
//! have, would make a yen or a won worth nothing that adds up.

use std::borrow::Cow;

use arrow::array::{Array, StringArray};
use gradus_model::event_stream::{RATE_DIGITS, write_rate};
use gradus_model::fixed::round_div;

use super::events::Texts;
use super::parse::Parser;
use super::plan::Value;
use super::{RefusalCode, currency};

/// What one unit of a currency is worth, and for how many units that is said.
#[derive(Debug, Clone)]
pub(super) struct RatePlan {
    pub(super) rate: Value,
    pub(super) per: Option<Value>,
}

/// Ten digits after the point, rounded half away from zero. `None` if it is no number above zero that
/// a rate can be.
///
/// ```
/// use gradus_ledger::clean::rate::read_rate;
/// assert_eq!(read_rate("7.1234", false), Some(71_234_000_000));
/// assert_eq!(read_rate("0,00000000005", true), Some(1));
/// assert_eq!((read_rate("0", false), read_rate("-7", false), read_rate("7.1.2", false)), (None, None, None));
/// ```
pub fn read_rate(text: &str, decimal_comma: bool) -> Option<i128> {
    let text: Cow<'_, str> = super::text::canonical_code(text.trim());
    let (whole, part) = text.split_once(if decimal_comma { ',' } else { '.' }).unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || whole.len() > 9 || part.len() > 27 || whole.len() + part.len() == 0
    {
        return None;
    }
    let value: i128 = format!("0{whole}{part}").parse().ok()?;
    let n_digits = part.len() as u32;
    let value = match n_digits.checked_sub(RATE_DIGITS) {
        None => value.checked_mul(10i128.pow(RATE_DIGITS - n_digits))?,
        Some(more) => round_div(value, 10i128.pow(more))?,
    };
    (value > 0).then_some(value)
}

impl Parser<'_> {
    /// The rates of a batch in their one spelling.
    pub(super) fn rates(&mut self, plan: &RatePlan) -> StringArray {
        let comma = self.plan.decimal_comma;
        let column = self.evaluate(&plan.rate);
        let per = plan.per.as_ref().map(|value| (self.evaluate(value), value.path.as_str()));
        let mut texts = Texts::with_capacity(self.n);
        for row in 0..self.n {
            let Some(text) = column.text(row, &self.plan.given) else {
                texts.push(None);
                continue;
            };
            let mut rate = read_rate(&text, comma);
            let mut path = plan.rate.path.as_str();
            if let Some((column, per_path)) = &per {
                let units = column.number(row, &self.plan.given, comma).and_then(Result::ok);
                let units = units.filter(|number| number.units > 0 && number.units % 10_000 == 0);
                match units {
                    Some(number) => {
                        let units = i128::from(number.units / 10_000);
                        rate = rate.and_then(|rate| round_div(rate, units)).filter(|rate| *rate > 0);
                    }
                    None => (rate, path) = (None, per_path),
                }
            }
            if rate.is_none() {
                self.verdicts.refuse(row, RefusalCode::NotARate, path);
            }
            texts.push(rate.map(write_rate).as_deref());
        }
        texts.finish()
    }

    /// The currencies of a batch by their codes.
    pub(super) fn currencies(&mut self, keys: &StringArray, path: &str) -> StringArray {
        let mut codes = Texts::with_capacity(self.n);
        for row in 0..self.n {
            let code = keys.is_valid(row).then(|| currency::named(keys.value(row), self.plan.currency));
            if code == Some(None) {
                self.verdicts.refuse(row, RefusalCode::UnknownCurrency, path);
            }
            codes.push(code.flatten());
        }
        codes.finish()
    }
}
