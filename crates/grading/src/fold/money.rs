//! Amounts in other currencies become the workspace's, at the rate in force on the event's local date,
//! before any formula sees them. Each is rounded by itself, half away from zero, to four digits; then
//! they are summed exactly. An amount without a rate is a fault: it counts nowhere, and is told.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Int32Type};
use arrow::error::ArrowError;
use gradus_model::event_stream::{
    DECIMAL_PRECISION, DECIMAL_SCALE, RATE, RATE_DIGITS, RATES, column, read_rate, reference_column,
};
use gradus_model::fixed::round_div;

use super::input::event_column;
use super::reference::{ReferenceFacts, ReferenceField};
use super::runs::times;
use super::zone::Zone;

/// The rates of all currencies into one.
#[derive(Debug)]
pub struct Money {
    own: String,
    /// Local dates, ascending, each with the rate that holds from then on.
    rates: HashMap<String, Vec<(i32, i128)>>,
    /// Amounts that had no rate, by currency.
    missing: Mutex<BTreeMap<String, u64>>,
}

/// Amounts of a batch after conversion.
pub struct Converted {
    pub amounts: ArrayRef,
    /// Rows whose amount has no rate, or is too large in the other currency. Ascending.
    pub failed: Vec<u32>,
}

/// The field of the ledger's facts that holds the rates.
pub fn rate_field() -> ReferenceField {
    ReferenceField {
        name: String::new(),
        of: String::new(),
        reference: RATES.into(),
        column: reference_column(RATES, RATE),
        data_type: DataType::Utf8,
    }
}

impl Money {
    pub fn of(facts: &ReferenceFacts, own: &str, zone: &Zone) -> Result<Money, ArrowError> {
        let mut rates: HashMap<String, Vec<(i32, i128)>> = HashMap::new();
        facts.each(&rate_field(), |currency, from_us, text| {
            let Some(rate) = read_rate(text) else { return };
            let of = rates.entry(currency.to_string()).or_default();
            let day = zone.day(from_us);
            // The last that was quoted for a day is that day's.
            match of.last_mut() {
                Some((last, before)) if *last == day => *before = rate,
                _ => of.push((day, rate)),
            }
        })?;
        Ok(Money { own: own.to_string(), rates, missing: Mutex::default() })
    }

    /// How many amounts had no rate so far, by currency.
    pub fn missing(&self) -> BTreeMap<String, u64> {
        self.missing.lock().map(|missing| missing.clone()).unwrap_or_default()
    }

    /// The amounts of events in the workspace's currency; `None` if all of them are in it already.
    pub fn convert(&self, events: &RecordBatch, zone: &Zone) -> Result<Option<Converted>, ArrowError> {
        let currencies = event_column(events, column::CURRENCY)?;
        let few = match currencies.as_dictionary_opt::<Int32Type>() {
            Some(few) => few.clone(),
            None => {
                cast(currencies, &DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)))?
                    .as_dictionary::<Int32Type>()
                    .clone()
            }
        };
        let names = cast(few.values(), &DataType::Utf8)?;
        let names = names.as_string::<i32>();
        let is_foreign: Vec<bool> =
            names.iter().map(|name| name.is_some_and(|name| name != self.own)).collect();
        if !is_foreign.contains(&true) {
            return Ok(None);
        }
        let rates: Vec<Option<&Vec<(i32, i128)>>> =
            names.iter().map(|name| name.and_then(|name| self.rates.get(name))).collect();
        let given = event_column(events, column::AMOUNT)?.as_primitive::<Decimal128Type>();
        let times = times(events);
        let mut amounts = Vec::with_capacity(given.len());
        let (mut failed, mut missing) = (Vec::new(), BTreeMap::<&str, u64>::new());
        for row in 0..given.len() {
            let amount = given.is_valid(row).then(|| given.value(row));
            let foreign =
                few.keys().is_valid(row).then(|| few.keys().value(row) as usize).filter(|at| is_foreign[*at]);
            let (Some(amount), Some(at)) = (amount, foreign) else {
                amounts.push(amount);
                continue;
            };
            let day = zone.day(times[row]);
            let rate = rates[at].and_then(|rates| {
                let n_begun = rates.partition_point(|(from, _)| *from <= day);
                n_begun.checked_sub(1).map(|last| rates[last].1)
            });
            if rate.is_none() {
                *missing.entry(names.value(at)).or_default() += 1;
            }
            let converted = rate.and_then(|rate| converted(amount, rate));
            if converted.is_none() {
                failed.push(row as u32);
            }
            amounts.push(converted);
        }
        if !missing.is_empty()
            && let Ok(mut all) = self.missing.lock()
        {
            for (currency, n) in missing {
                *all.entry(currency.to_string()).or_default() += n;
            }
        }
        let amounts =
            Decimal128Array::from(amounts).with_precision_and_scale(DECIMAL_PRECISION, DECIMAL_SCALE)?;
        Ok(Some(Converted { amounts: Arc::new(amounts), failed }))
    }
}

/// `amount` in ten-thousandths times a rate of ten digits. `None` beyond 18 digits.
fn converted(amount: i128, rate: i128) -> Option<i128> {
    let most = 10i128.pow(u32::from(DECIMAL_PRECISION));
    let converted = round_div(amount.checked_mul(rate)?, 10i128.pow(RATE_DIGITS))?;
    (-most < converted && converted < most).then_some(converted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_round_half_away_from_zero() {
        // 1.00 at 7.12345: 7.1235 (7.12345 rounds up), and the same below zero.
        assert_eq!(converted(10_000, 71_234_500_000), Some(71_235));
        assert_eq!(converted(-10_000, 71_234_500_000), Some(-71_235));
        // 1,000 yen at 0.048912.
        assert_eq!(converted(10_000_000, 489_120_000), Some(489_120));
        assert_eq!(converted(999_999_999_999_999_999, 10_000_000_001), None, "beyond 18 digits");
        assert_eq!(converted(999_999_999_999_999_999, 10_000_000_000), Some(999_999_999_999_999_999));
    }

    proptest! {
        #[test]
        fn the_result_is_the_nearest(amount in -1_000_000_000_000i128..1_000_000_000_000, rate in 1i128..10_000_000_000_000) {
            let one = 10i128.pow(RATE_DIGITS);
            let result = converted(amount, rate).unwrap();
            let off = (amount * rate - result * one).abs();
            prop_assert!(off * 2 <= one);
            prop_assert!(off * 2 < one || result.abs() * one > (amount * rate).abs(), "half goes away from zero");
        }
    }
}
