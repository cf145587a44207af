//! Made-up events for tests and benchmarks: the same seed gives the same rows everywhere.

use std::sync::Arc;

use arrow::array::{
    BinaryBuilder, BooleanBuilder, Decimal128Builder, Int64Builder, RecordBatch, StringBuilder,
    TimestampMicrosecondBuilder,
};
use gradus_model::event_stream::{DECIMAL_PRECISION, DECIMAL_SCALE, EventSchema};

use crate::table::schema::input_schema;

/// What to make up.
#[derive(Debug, Clone, Copy)]
pub struct Synthetic {
    pub seed: u64,
    pub n_customers: u64,
    pub n_events: u64,
    /// Time of the first event, microseconds, UTC.
    pub start: i64,
    /// Time from the first event to the last, microseconds.
    pub span: i64,
}

impl Synthetic {
    /// Two years of events from 2024-01-01 on.
    pub fn new(seed: u64, n_customers: u64, n_events: u64) -> Self {
        let day = 86_400_000_000;
        Self { seed, n_customers, n_events, start: 19_723 * day, span: 730 * day }
    }

    /// Events in order of time, as they would arrive, in batches of `batch_rows`.
    ///
    /// Orders of three lines make up most; refunds, visits and feedback the rest. Identities are
    /// 1 to `n_customers`; one in five draws is among the first twentieth, so that some buy a lot.
    /// Declared fields are null.
    pub fn batches(self, batch_rows: usize) -> impl Iterator<Item = RecordBatch> {
        let batch_rows = batch_rows.max(1) as u64;
        let schema = EventSchema { n_buckets: 1, fields: Vec::new() };
        let schema = input_schema(&schema);
        (0..self.n_events.div_ceil(batch_rows)).filter_map(move |batch| {
            let first = batch * batch_rows;
            let last = (first + batch_rows).min(self.n_events);
            let mut rows = Rows::default();
            (first..last).for_each(|index| self.push(index, &mut rows));
            rows.finish(&schema)
        })
    }

    fn push(&self, index: u64, rows: &mut Rows) {
        // Three neighbours share identity and time: the lines of an order.
        let group = index / 3;
        let draw = mix(self.seed ^ mix(group));
        let few = (self.n_customers / 20).max(1);
        let identity = 1 + if draw.is_multiple_of(5) {
            (draw >> 8) % few
        } else {
            (draw >> 8) % self.n_customers.max(1)
        };
        let groups = (self.n_events / 3).max(1);
        let at = self.start + (i128::from(self.span) * i128::from(group) / i128::from(groups)) as i64;
        let time = at - at.rem_euclid(60_000_000);
        let own = mix(mix(self.seed) ^ index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let id = (u128::from(mix(own ^ 0xA5A5)) << 64) | u128::from(own);
        rows.identity.append_value(identity as i64);
        rows.time.append_value(time);
        rows.event_id.append_value(id.to_be_bytes());
        rows.retraction.append_value(false);
        rows.known.append_value(time);
        rows.source.append_value(if draw.is_multiple_of(3) { "web" } else { "shop" });
        match draw % 100 {
            0..73 => {
                rows.kind.append_value("order_line");
                rows.order(group, if own.is_multiple_of(17) { "service" } else { "product" }, true);
                rows.money(1_0000 + ((own >> 20) % 400) as i128 * 2500, 1 + (own >> 40) as i128 % 5);
            }
            73..77 => {
                rows.kind.append_value("refund");
                rows.order(group, "product", true);
                rows.money(-(1_0000 + ((own >> 20) % 100) as i128 * 2500), -1);
            }
            77..95 => rows.plain("visit"),
            _ => rows.plain("feedback"),
        }
    }
}

#[derive(Default)]
struct Rows {
    identity: Int64Builder,
    time: TimestampMicrosecondBuilder,
    event_id: BinaryBuilder,
    retraction: BooleanBuilder,
    known: TimestampMicrosecondBuilder,
    kind: StringBuilder,
    source: StringBuilder,
    order_id: StringBuilder,
    order_key: Int64Builder,
    line: StringBuilder,
    spend: BooleanBuilder,
    amount: Decimal128Builder,
    currency: StringBuilder,
    quantity: Decimal128Builder,
}

impl Rows {
    fn order(&mut self, order: u64, line: &str, spend: bool) {
        self.order_id.append_value(format!("S{order:09}"));
        self.order_key.append_value(mix(order) as i64);
        self.line.append_value(line);
        self.spend.append_value(spend);
    }

    fn money(&mut self, amount: i128, units: i128) {
        self.amount.append_value(amount);
        self.currency.append_value("CNY");
        self.quantity.append_value(units * 10_000);
    }

    fn plain(&mut self, kind: &str) {
        self.kind.append_value(kind);
        self.order_id.append_null();
        self.order_key.append_null();
        self.line.append_null();
        self.spend.append_null();
        self.amount.append_null();
        self.currency.append_null();
        self.quantity.append_null();
    }

    fn finish(mut self, schema: &arrow::datatypes::SchemaRef) -> Option<RecordBatch> {
        let decimal = |mut b: Decimal128Builder| {
            b.finish().with_precision_and_scale(DECIMAL_PRECISION, DECIMAL_SCALE).ok().map(Arc::new)
        };
        RecordBatch::try_new(
            schema.clone(),
            vec![
                Arc::new(self.identity.finish()),
                Arc::new(self.time.finish().with_timezone("UTC")),
                Arc::new(self.event_id.finish()),
                Arc::new(self.retraction.finish()),
                Arc::new(self.known.finish().with_timezone("UTC")),
                Arc::new(self.kind.finish()),
                Arc::new(self.source.finish()),
                Arc::new(self.order_id.finish()),
                Arc::new(self.order_key.finish()),
                Arc::new(self.line.finish()),
                Arc::new(self.spend.finish()),
                decimal(self.amount)?,
                Arc::new(self.currency.finish()),
                decimal(self.quantity)?,
            ],
        )
        .ok()
    }
}

/// SplitMix64's finaliser (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
