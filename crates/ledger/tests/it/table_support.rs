//! What the tests of the tables share.

use arrow::array::{AsArray, RecordBatch, new_null_array};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::TryStreamExt;
use gradus_ledger::table::generate::Synthetic;
use gradus_ledger::table::{
    AppendOptions, EventKey, EventsSnapshot, EventsTable, KeyColumns, ScanBound, Storage, WriterLease,
};
use gradus_model::event_stream::{EventSchema, Field, FieldType, column};
use std::collections::BTreeMap;
use std::sync::Arc;

/// 2026-01-01T00:00:00Z.
pub const AT: i64 = 1_767_225_600_000_000;

pub const KEY_AND_POSITION: [&str; 5] =
    [column::IDENTITY, column::TIME, column::EVENT_ID, column::RETRACTION, column::POSITION];

pub fn schema(n_buckets: u32) -> EventSchema {
    EventSchema {
        n_buckets,
        fields: vec![field("channel", FieldType::Text), field("rating", FieldType::Integer)],
    }
}

pub fn field(name: &str, field_type: FieldType) -> Field {
    Field { name: name.into(), field_type, purpose: "service".into() }
}

pub fn options(app_id: &str, app_version: i64) -> AppendOptions {
    AppendOptions { app_id: app_id.into(), app_version, dedupe: true, at: AT, note: BTreeMap::new() }
}

pub struct Workspace {
    pub folder: tempfile::TempDir,
    pub storage: Storage,
    pub lease: WriterLease,
    pub table: EventsTable,
}

pub async fn workspace(n_buckets: u32) -> Workspace {
    let folder = tempfile::tempdir().expect("folder");
    let storage = Storage::local(folder.path()).expect("storage");
    let lease = WriterLease::acquire(folder.path()).expect("lease");
    let table = EventsTable::create(&storage, &schema(n_buckets), AT).await.expect("create");
    Workspace { folder, storage, lease, table }
}

pub fn events(seed: u64, n_events: u64) -> Vec<RecordBatch> {
    Synthetic::new(seed, (n_events / 10).max(1), n_events).batches(4096).collect()
}

/// The same rows as retractions.
pub fn retractions(batch: &RecordBatch) -> RecordBatch {
    let mut columns = Vec::new();
    for (f, values) in batch.schema().fields().iter().zip(batch.columns()) {
        columns.push(match f.name().as_str() {
            column::RETRACTION => {
                Arc::new(arrow::array::BooleanArray::from(vec![true; batch.num_rows()])) as _
            }
            _ if f.is_nullable() => new_null_array(f.data_type(), batch.num_rows()),
            _ => values.clone(),
        });
    }
    RecordBatch::try_new(batch.schema(), columns).expect("retractions")
}

pub async fn read(plan: &Arc<dyn ExecutionPlan>) -> Vec<Vec<RecordBatch>> {
    let context = Arc::new(TaskContext::default());
    let mut partitions = Vec::new();
    for partition in 0..plan.output_partitioning().partition_count() {
        let stream = plan.execute(partition, context.clone()).expect("execute");
        partitions.push(stream.try_collect().await.expect("read"));
    }
    partitions
}

/// Key and position of every row, bucket by bucket; checks that each bucket is in order.
pub async fn keys(snapshot: &EventsSnapshot, bound: ScanBound) -> Vec<Vec<(EventKey, i64)>> {
    let scan = snapshot.scan(&KEY_AND_POSITION, bound).expect("plan");
    let mut buckets = Vec::new();
    for batches in read(&scan.plan).await {
        let mut rows: Vec<(EventKey, i64)> = Vec::new();
        for batch in batches {
            let keys = KeyColumns::of(&batch).expect("keys");
            let positions = batch.column(4).as_primitive::<Int64Type>();
            rows.extend((0..batch.num_rows()).map(|i| (keys.key(i), positions.value(i))));
        }
        assert!(rows.windows(2).all(|w| w[0].0 < w[1].0), "a bucket is out of order or holds a row twice");
        buckets.push(rows);
    }
    buckets
}

/// All keys of a table, sorted.
pub async fn all_keys(snapshot: &EventsSnapshot) -> Vec<EventKey> {
    let mut all: Vec<EventKey> =
        keys(snapshot, ScanBound::default()).await.concat().into_iter().map(|k| k.0).collect();
    all.sort();
    all
}

pub fn input_keys(batches: &[RecordBatch]) -> Vec<EventKey> {
    let mut all = Vec::new();
    for batch in batches {
        let keys = KeyColumns::of(batch).expect("keys");
        all.extend((0..batch.num_rows()).map(|i| keys.key(i)));
    }
    all.sort();
    all
}

pub fn times(batch: &RecordBatch) -> Vec<i64> {
    batch
        .column_by_name(column::TIME)
        .expect("time")
        .as_primitive::<TimestampMicrosecondType>()
        .values()
        .to_vec()
}

/// Every file below a folder.
pub fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path.display().to_string());
        }
    }
    files.sort();
    files
}
