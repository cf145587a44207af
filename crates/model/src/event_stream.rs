//! The columns, order and buckets of the event stream: what the ledger writes and the fold reads.
//!
//! One table holds events of every kind, because the fold wants one sorted stream. Within a
//! bucket, rows are ordered by (identity, time, event id, retraction). Fields that a workspace
//! declares follow the fixed columns, one typed nullable column each.

use serde::{Deserialize, Serialize};

/// Newest format number of the events table. The newest binary opens all older ones. A table has 2 from
/// the first undoing of an import on: a program that knew of none would count what was undone.
pub const EVENTS_FORMAT: u32 = 2;

/// Format number of an events table in which nothing was undone.
pub const EVENTS_FORMAT_FIRST: u32 = 1;

/// Names of the fixed columns.
pub mod column {
    /// Partition column: which bucket the identity falls in. Int32, never null.
    pub const BUCKET: &str = "bucket";
    /// 64-bit surrogate of the identity under which the event arrived; 0 is unattributed. Int64.
    pub const IDENTITY: &str = "identity";
    /// When it happened. Timestamp in microseconds, UTC.
    pub const TIME: &str = "time";
    /// 16 bytes that make the event count once. Binary.
    pub const EVENT_ID: &str = "event_id";
    /// True on the row that retracts the event with the same identity, time and event id. Boolean.
    pub const RETRACTION: &str = "retraction";
    /// When it became known. Timestamp in microseconds, UTC.
    pub const KNOWN: &str = "known";
    /// Order of commitment, strictly increasing, given by the one writer. Int64.
    pub const POSITION: &str = "position";
    /// What kind of fact: `order_line`, `refund`, `visit` ... Utf8.
    pub const KIND: &str = "kind";
    /// The source it came from. Utf8.
    pub const SOURCE: &str = "source";
    /// The order it names, as the source writes it. Utf8, nullable.
    pub const ORDER_ID: &str = "order_id";
    /// The order as a 64-bit key, so that the fold counts orders without text. Int64, nullable.
    pub const ORDER_KEY: &str = "order_key";
    /// `product`, `service` or `adjustment`. Utf8, nullable.
    pub const LINE: &str = "line";
    /// True if the mapping counts this line as spend. Boolean, nullable.
    pub const SPEND: &str = "spend";
    /// Money in `currency`. Decimal(18,4), nullable.
    pub const AMOUNT: &str = "amount";
    /// ISO 4217 code. Utf8, nullable.
    pub const CURRENCY: &str = "currency";
    /// Units. Decimal(18,4), nullable.
    pub const QUANTITY: &str = "quantity";
}

/// The fixed columns in table order, the partition column last as Delta writes it.
pub const FIXED_COLUMNS: [&str; 16] = [
    column::IDENTITY,
    column::TIME,
    column::EVENT_ID,
    column::RETRACTION,
    column::KNOWN,
    column::POSITION,
    column::KIND,
    column::SOURCE,
    column::ORDER_ID,
    column::ORDER_KEY,
    column::LINE,
    column::SPEND,
    column::AMOUNT,
    column::CURRENCY,
    column::QUANTITY,
    column::BUCKET,
];

/// The order of rows within a bucket.
pub const SORT_COLUMNS: [&str; 4] = [column::IDENTITY, column::TIME, column::EVENT_ID, column::RETRACTION];

/// The identity of events that belong to nobody yet: kept, counted, attributable later.
pub const UNATTRIBUTED: i64 = 0;

/// The identity of reference facts: what a product, a store, a campaign is from a date on. They belong to
/// no customer, so no fold sees them among events; formulas read them through a field of an event that
/// names the product. Surrogates of customers are positive.
pub const REFERENCE: i64 = -1;

/// The reference whose facts are exchange rates: its key is a currency, its one field the rate.
pub const RATES: &str = "rates";

/// The field of a reference that holds its key.
pub const REFERENCE_KEY: &str = "key";

/// The column of the events table that holds a field of a reference, whose facts lie in the same table.
///
/// ```
/// use gradus_model::event_stream::{REFERENCE_KEY, reference_column};
/// assert_eq!(reference_column("product", REFERENCE_KEY), "product__key");
/// ```
pub fn reference_column(reference: &str, field: &str) -> String {
    format!("{reference}__{field}")
}

/// The field of [`RATES`].
pub const RATE: &str = "rate";

/// Digits after the point of an exchange rate.
pub const RATE_DIGITS: u32 = 10;

/// A rate in its one spelling; `rate` has ten digits after the point.
///
/// ```
/// use gradus_model::event_stream::{read_rate, write_rate};
/// assert_eq!(write_rate(71_234_000_000), "7.1234");
/// assert_eq!(read_rate("0.0000000001"), Some(1));
/// ```
pub fn write_rate(rate: i128) -> String {
    let one = 10i128.pow(RATE_DIGITS);
    let (whole, part) = (rate / one, rate % one);
    match part {
        0 => whole.to_string(),
        part => format!("{whole}.{}", format!("{part:010}").trim_end_matches('0')),
    }
}

/// A rate that [`write_rate`] wrote.
pub fn read_rate(text: &str) -> Option<i128> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let missing = (RATE_DIGITS as usize).checked_sub(part.len())?;
    format!("{whole}{part}{}", "0".repeat(missing)).parse().ok()
}

/// Time of an attribute that a back-load left undated: it counts as always known, and a backtest
/// that reads it says that it may leak. 0001-01-01T00:00:00Z in microseconds.
pub const UNDATED: i64 = -62_135_596_800_000_000;

/// Digits before and after the point of every amount, quantity and decimal field.
pub const DECIMAL_PRECISION: u8 = 18;
pub const DECIMAL_SCALE: i8 = 4;

/// The type of a declared field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// UTF-8 text that identifies nobody.
    Text,
    /// 64-bit integer.
    Integer,
    /// Decimal(18,4).
    Decimal,
    Boolean,
    /// Calendar date.
    Date,
    /// Instant, microseconds UTC.
    Timestamp,
}

/// One declared field of the event stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub field_type: FieldType,
    /// What the field may be used for; consent masks by it.
    pub purpose: String,
}

/// The columns of one workspace's events table: fixed columns plus declared fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSchema {
    pub n_buckets: u32,
    pub fields: Vec<Field>,
}

/// The bucket of an identity: the high bits of a multiplicative hash, so that surrogates that are
/// dense or share low bits still spread evenly.
///
/// `n_buckets` must be at least 1.
///
/// ```
/// use gradus_model::event_stream::bucket_of;
/// assert!(bucket_of(42, 16) < 16);
/// assert_eq!(bucket_of(7, 1), 0);
/// ```
pub fn bucket_of(identity: i64, n_buckets: u32) -> u32 {
    // Fibonacci hashing (Knuth, The Art of Computer Programming, vol. 3, 6.4).
    let mixed = (identity as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    ((mixed * u64::from(n_buckets)) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_identities_spread_evenly() {
        let mut counts = [0u32; 16];
        for identity in 1..=160_000 {
            counts[bucket_of(identity, 16) as usize] += 1;
        }
        assert!(counts.iter().all(|n| (9_000..11_000).contains(n)), "{counts:?}");
    }
}
