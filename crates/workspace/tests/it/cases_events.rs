//! Events as a test writes them, and as the ledger's scan gives them to the fold.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::compute::cast;
use gradus_ledger::table::scan_schema;
use gradus_model::event_stream::{EventSchema, column};

/// One row of the events table.
#[derive(Debug, Clone, Default)]
pub struct Row {
    pub identity: i64,
    pub time_us: i64,
    pub event_id: u64,
    pub retraction: bool,
    pub known_us: i64,
    pub kind: String,
    pub order: Option<String>,
    pub line: Option<String>,
    pub spend: Option<bool>,
    /// Numbers as they are written.
    pub amount: Option<String>,
    pub currency: Option<String>,
    pub quantity: Option<String>,
    /// One per declared field.
    pub fields: Vec<Option<String>>,
}

/// The order of the events table.
pub fn sort(rows: &mut [Row]) {
    rows.sort_by_key(|row| (row.identity, row.time_us, row.event_id, row.retraction));
}

/// The key of an order uses all 64 bits, as the ledger's does.
pub fn order_key(order: &str) -> i64 {
    let hash = blake3::hash(order.as_bytes());
    i64::from_be_bytes(hash.as_bytes()[..8].try_into().unwrap())
}

/// The rows, in the order given, as a scan gives them.
pub fn batch_of(rows: &[Row], events: &EventSchema) -> RecordBatch {
    let schema = scan_schema(events);
    let text = |get: &dyn Fn(&Row) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(get).collect::<StringArray>())
    };
    let instant = |get: &dyn Fn(&Row) -> i64| -> ArrayRef {
        Arc::new(
            rows.iter().map(|row| Some(get(row))).collect::<TimestampMicrosecondArray>().with_timezone("UTC"),
        )
    };
    let columns = schema.fields().iter().map(|field| {
        let array: ArrayRef = match field.name().as_str() {
            column::IDENTITY => Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.identity))),
            column::TIME => instant(&|row| row.time_us),
            column::KNOWN => instant(&|row| row.known_us),
            column::EVENT_ID => {
                let ids = rows.iter().map(|row| u128::from(row.event_id).to_be_bytes());
                Arc::new(BinaryArray::from_iter_values(ids))
            }
            column::RETRACTION => {
                Arc::new(rows.iter().map(|row| Some(row.retraction)).collect::<BooleanArray>())
            }
            column::POSITION => Arc::new(Int64Array::from_iter_values(0..rows.len() as i64)),
            column::KIND => text(&|row| Some(row.kind.clone())),
            column::SOURCE => text(&|_| Some("case".into())),
            column::ORDER_ID => text(&|row| row.order.clone()),
            column::ORDER_KEY => {
                Arc::new(rows.iter().map(|row| row.order.as_deref().map(order_key)).collect::<Int64Array>())
            }
            column::LINE => text(&|row| row.line.clone()),
            column::SPEND => Arc::new(rows.iter().map(|row| row.spend).collect::<BooleanArray>()),
            column::AMOUNT => text(&|row| row.amount.clone()),
            column::QUANTITY => text(&|row| row.quantity.clone()),
            column::CURRENCY => text(&|row| row.currency.clone()),
            name => {
                let at = events.fields.iter().position(|field| field.name == name).expect("a declared field");
                text(&|row| row.fields[at].clone())
            }
        };
        cast(&array, field.data_type()).unwrap()
    });
    let columns = columns.collect();
    RecordBatch::try_new(schema, columns).unwrap()
}
