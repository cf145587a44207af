//! What became of the rows of an import, in rows and in money. Every row that was read is counted
//! in exactly one place, and so is every amount that could be read.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::number::{read_decimal, write_units};
use super::refusal::RefusalCode;

/// A sum of money in ten-thousandths; written as a decimal text, so that no program rounds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Money(pub i128);

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&write_units(self.0))
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || serde::de::Error::custom("not an amount");
        let (negative, digits) = text.strip_prefix('-').map_or((false, text.as_str()), |rest| (true, rest));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() || part.len() > 4 || !whole.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        let whole: i128 = whole.parse().map_err(|_| wrong())?;
        let part = if part.is_empty() {
            0
        } else {
            read_decimal(&format!("0.{part}"), false).map_err(|_| wrong())?.units
        };
        let units = whole.checked_mul(10_000).and_then(|w| w.checked_add(part.into())).ok_or_else(wrong)?;
        Ok(Money(if negative { -units } else { units }))
    }
}

/// Sums of money by currency.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MoneyByCurrency(pub BTreeMap<String, Money>);

impl MoneyByCurrency {
    pub fn add(&mut self, currency: &str, units: i128) {
        match self.0.get_mut(currency) {
            Some(sum) => sum.0 += units,
            None => {
                self.0.insert(currency.to_string(), Money(units));
            }
        }
    }

    pub fn get(&self, currency: &str) -> i128 {
        self.0.get(currency).map_or(0, |sum| sum.0)
    }

    pub fn merge(&mut self, other: &MoneyByCurrency) {
        for (currency, sum) in &other.0 {
            self.add(currency, sum.0);
        }
    }
}

/// Rows of one class, and the money on them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClassSum {
    pub rows: u64,
    /// Of the rows whose amount could be read.
    #[serde(default)]
    pub money: MoneyByCurrency,
    /// Rows whose amount is given and cannot be read, or is in no known currency.
    #[serde(default)]
    pub unreadable_amounts: u64,
}

impl ClassSum {
    pub fn merge(&mut self, other: &ClassSum) {
        self.rows += other.rows;
        self.money.merge(&other.money);
        self.unreadable_amounts += other.unreadable_amounts;
    }
}

/// What happened to values that were kept but not as they stood.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Notes {
    /// Local times that a clock change made twice; the earlier was taken.
    pub folds: u64,
    /// Local times that a clock change left out; moved later.
    pub gaps: u64,
    /// Amounts and quantities with more than four digits after the point, rounded.
    pub rounded: u64,
    /// Identifiers that are not valid, beside another one that is, by kind.
    pub invalid_identifiers: BTreeMap<String, u64>,
    /// Regions that are in no table, by field.
    pub unknown_regions: BTreeMap<String, u64>,
    /// Values outside the range, kept as they are, by column.
    pub outliers_flagged: BTreeMap<String, u64>,
    /// Values outside the range, brought to the limit, by column.
    pub outliers_capped: BTreeMap<String, u64>,
    /// Values of declared fields that look like identifiers, by field: they went to the vault.
    #[serde(default)]
    pub personal_values: BTreeMap<String, u64>,
    /// Order numbers that look like telephone numbers, and were kept.
    #[serde(default)]
    pub personal_orders: u64,
    /// Order numbers, each counted once where lines of one order follow each other.
    #[serde(default)]
    pub orders: u64,
    /// Rows whose event is dated without a time of its own (history).
    pub undated: u64,
}

/// What became of the rows that cleaning saw.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// All rows, as they were read.
    pub read: ClassSum,
    /// Events of somebody.
    pub attributed: ClassSum,
    /// Events of nobody yet.
    pub unattributed: ClassSum,
    /// Facts of a reference: products, stores, campaigns, rates.
    #[serde(default)]
    pub reference: ClassSum,
    /// Rows that retract an event.
    pub retractions: ClassSum,
    /// Rows that the source says are no events.
    pub skipped: ClassSum,
    /// Rows that are wrong.
    pub refused: ClassSum,
    /// Refused rows by reason.
    pub refused_by_code: BTreeMap<RefusalCode, u64>,
    /// Money that capping took off (positive) or put on (negative): the difference between what
    /// was read and what the events hold.
    pub capped: MoneyByCurrency,
    pub notes: Notes,
}

impl Tally {
    /// Adds the counts of another batch of the same import.
    pub fn merge(&mut self, other: &Tally) {
        self.read.merge(&other.read);
        self.attributed.merge(&other.attributed);
        self.unattributed.merge(&other.unattributed);
        self.reference.merge(&other.reference);
        self.retractions.merge(&other.retractions);
        self.skipped.merge(&other.skipped);
        self.refused.merge(&other.refused);
        self.capped.merge(&other.capped);
        add(&mut self.refused_by_code, &other.refused_by_code);
        let (notes, more) = (&mut self.notes, &other.notes);
        notes.folds += more.folds;
        notes.gaps += more.gaps;
        notes.rounded += more.rounded;
        notes.undated += more.undated;
        add(&mut notes.invalid_identifiers, &more.invalid_identifiers);
        add(&mut notes.unknown_regions, &more.unknown_regions);
        add(&mut notes.outliers_flagged, &more.outliers_flagged);
        add(&mut notes.outliers_capped, &more.outliers_capped);
        add(&mut notes.personal_values, &more.personal_values);
        notes.personal_orders += more.personal_orders;
        notes.orders += more.orders;
    }
}

fn add<K: Ord + Clone>(into: &mut BTreeMap<K, u64>, more: &BTreeMap<K, u64>) {
    for (key, n) in more {
        *into.entry(key.clone()).or_default() += n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_exactly() {
        for text in ["0", "-896812.49", "170141183460469231731687303715884.1057"] {
            let money: Money = serde_json::from_value(text.into()).unwrap();
            assert_eq!(money.to_string(), text);
        }
        for text in ["", "1.23456", "x", "1e3", "--1"] {
            assert!(serde_json::from_value::<Money>(text.into()).is_err(), "{text}");
        }
    }
}
