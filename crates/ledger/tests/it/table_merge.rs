//! Merging equals sorting, whatever the inputs look like.

use std::sync::Arc;

use arrow::array::{BinaryArray, BooleanArray, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema};
use gradus_ledger::LedgerError;
use gradus_ledger::table::{EventKey, MergedBatches, timestamp};
use proptest::prelude::*;

use crate::table_support::input_keys;

type Rows = Vec<(i64, i64, u8, bool)>;

fn batch(rows: &[(i64, i64, u8, bool)]) -> RecordBatch {
    let schema = Schema::new(vec![
        Field::new("identity", DataType::Int64, false),
        Field::new("time", timestamp(), false),
        Field::new("event_id", DataType::Binary, false),
        Field::new("retraction", DataType::Boolean, false),
    ]);
    let ids: Vec<[u8; 16]> = rows.iter().map(|r| [r.2; 16]).collect();
    let times = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|r| r.1));
    RecordBatch::try_new(
        Arc::new(schema),
        vec![
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.0))),
            Arc::new(times.with_timezone("UTC")),
            Arc::new(BinaryArray::from_iter_values(ids)),
            Arc::new(rows.iter().map(|r| Some(r.3)).collect::<BooleanArray>()),
        ],
    )
    .expect("batch")
}

fn key(row: &(i64, i64, u8, bool)) -> EventKey {
    EventKey { identity: row.0, time: row.1, event_id: u128::from_be_bytes([row.2; 16]), retraction: row.3 }
}

fn inputs() -> impl Strategy<Value = (Vec<Rows>, usize, usize)> {
    // Few different identities make ties and long stretches, many make short ones.
    let row = |n: i64| (-n..n, -3i64..3, any::<u8>(), any::<bool>());
    let rows = prop_oneof![
        prop::collection::vec(row(3), 0..300),
        prop::collection::vec(row(1_000), 0..300),
        prop::collection::vec(row(100_000).prop_map(|(i, t, e, r)| (i / 50_000 * 50_000, t, e, r)), 0..3_000),
    ];
    (prop::collection::vec(rows, 0..6), 1usize..400, 1usize..500)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn merging_is_sorting((parts, batch_rows, cut) in inputs()) {
        let sources: Vec<_> = parts
            .iter()
            .map(|rows| {
                let mut rows = rows.clone();
                rows.sort_by_key(key);
                let batches: Vec<Result<RecordBatch, LedgerError>> =
                    rows.chunks(cut).map(|chunk| Ok(batch(chunk))).collect();
                batches.into_iter()
            })
            .collect();
        let merged: Vec<RecordBatch> =
            MergedBatches::new(sources, batch_rows).collect::<Result<_, _>>().expect("merge");
        let in_order: Vec<EventKey> = merged.iter().flat_map(|b| input_keys(std::slice::from_ref(b))).collect();
        let mut expected: Vec<EventKey> = parts.concat().iter().map(key).collect();
        expected.sort();
        prop_assert_eq!(in_order, expected);
        prop_assert!(merged.iter().all(|b| b.num_rows() > 0));
    }
}
