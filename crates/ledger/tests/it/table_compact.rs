//! Compaction, vacuum, schema evolution, and everything at once.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use gradus_ledger::LedgerError;
use gradus_ledger::table::{CompactionPlan, DEFAULT_RETENTION, EventsTable, ScanBound};
use gradus_model::event_stream::FieldType;

use crate::table_support::*;

#[tokio::test(flavor = "multi_thread")]
async fn compaction_keeps_every_row_and_position() {
    let mut w = workspace(3).await;
    for seed in 1..=7 {
        let n = if seed == 1 { 9_000 } else { 300 };
        w.table.append(&w.lease, &events(seed, n), options("flush", seed as i64)).await.expect("append");
    }
    let before = w.table.snapshot().await.expect("snapshot");
    let rows_before = sorted(keys(&before, ScanBound::default()).await.concat());
    let done = w.table.compact(&w.lease, 3, AT).await.expect("compact");
    assert_eq!((done.n_buckets, done.files_added), (3, 3));
    // The large first file stays as it is.
    assert!(done.write_amplification < 0.5, "{done:?}");
    let after = w.table.snapshot().await.expect("snapshot");
    assert!(after.shape(ScanBound::default()).n_children <= 3);
    assert_eq!(sorted(keys(&after, ScanBound::default()).await.concat()), rows_before);
    assert_eq!(after.last_position(), before.last_position());
    let one = w.table.compact(&w.lease, 1, AT).await.expect("compact");
    assert!(one.write_amplification > 0.9, "{one:?}");
    let whole = w.table.snapshot().await.expect("snapshot");
    assert_eq!(whole.shape(ScanBound::default()).n_children, 1);
    assert_eq!(sorted(keys(&whole, ScanBound::default()).await.concat()), rows_before);
    let nothing = w.table.compact(&w.lease, 1, AT).await.expect("compact");
    assert_eq!(nothing.files_removed, 0);
    // Old snapshots read their own files until the vacuum.
    assert_eq!(sorted(keys(&before, ScanBound::default()).await.concat()), rows_before);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rewrites_of_one_file_conflict() {
    let mut w = workspace(2).await;
    for seed in 1..=4 {
        w.table.append(&w.lease, &events(seed, 500), options("flush", seed as i64)).await.expect("append");
    }
    let plan = CompactionPlan::new(w.table.snapshot().await.expect("snapshot"), 1);
    let mut other = EventsTable::open(&w.storage).await.expect("open");
    other.run_compaction(&w.lease, plan.clone(), AT).await.expect("first");
    let second = w.table.run_compaction(&w.lease, plan, AT).await;
    assert!(matches!(second, Err(LedgerError::Conflict { .. })), "{second:?}");
    assert_eq!(all_keys(&w.table.snapshot().await.expect("snapshot")).await.len(), 2_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn vacuum_waits_for_readers_and_spares_the_living() {
    let mut w = workspace(2).await;
    for seed in 1..=3 {
        w.table.append(&w.lease, &events(seed, 500), options("flush", seed as i64)).await.expect("append");
    }
    w.table.compact(&w.lease, 1, AT).await.expect("compact");
    let count = || walk(&w.folder.path().join("events")).len();
    std::fs::write(w.folder.path().join("events/bucket=0/x.parquet#123"), b"half").expect("staging");
    std::fs::write(w.folder.path().join("events/bucket=0/orphan.parquet"), b"half").expect("orphan");
    let before = count();
    // Files are as old as this machine's clock says: "now" is far ahead of it.
    let later = 4_102_444_800_000_000;
    let young = w.table.vacuum(&w.lease, later - AT + 1, later).await.expect("vacuum");
    assert_eq!(young, 2, "only what no version ever had goes at once");
    let deleted = w.table.vacuum(&w.lease, DEFAULT_RETENTION, later).await.expect("vacuum");
    assert_eq!(deleted, 6);
    assert_eq!(count(), before - 8);
    assert_eq!(all_keys(&w.table.snapshot().await.expect("snapshot")).await.len(), 1_500);
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_declared_later_read_as_null_before() {
    let mut w = workspace(2).await;
    w.table.append(&w.lease, &events(1, 1_000), options("import", 1)).await.expect("append");
    let score = field("score", FieldType::Integer);
    w.table.add_fields(&w.lease, std::slice::from_ref(&score), AT).await.expect("add");
    w.table.add_fields(&w.lease, std::slice::from_ref(&score), AT).await.expect("add again");
    let other_type = w.table.add_fields(&w.lease, &[field("score", FieldType::Text)], AT).await;
    assert!(matches!(other_type, Err(LedgerError::Columns { .. })));
    let taken = w.table.add_fields(&w.lease, &[field("Amount", FieldType::Text)], AT).await;
    assert!(matches!(taken, Err(LedgerError::Columns { .. })));
    let with_score: Vec<RecordBatch> = events(2, 1_000)
        .into_iter()
        .map(|batch| {
            let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
            fields.push(Arc::new(arrow::datatypes::Field::new(
                "score",
                arrow::datatypes::DataType::Int64,
                true,
            )));
            let mut columns = batch.columns().to_vec();
            columns.push(Arc::new(Int64Array::from(vec![7; batch.num_rows()])));
            RecordBatch::try_new(Arc::new(arrow::datatypes::Schema::new(fields)), columns).expect("batch")
        })
        .collect();
    w.table.append(&w.lease, &with_score, options("import", 2)).await.expect("append");
    for compacted in [false, true] {
        if compacted {
            w.table.compact(&w.lease, 1, AT).await.expect("compact");
        }
        let table = EventsTable::open(&w.storage).await.expect("open");
        assert_eq!(table.event_schema().fields.len(), 3);
        let scan =
            table.snapshot().await.expect("snapshot").scan(&["score"], ScanBound::default()).expect("plan");
        let (mut sevens, mut nulls) = (0, 0);
        for batch in read(&scan.plan).await.concat() {
            let scores = batch.column(0).as_primitive::<Int64Type>();
            nulls += scores.null_count();
            sevens += scores.iter().flatten().filter(|v| *v == 7).count();
        }
        assert_eq!((sevens, nulls), (1_000, 1_000));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_survives_checkpoints() {
    let mut w = workspace(2).await;
    for n in 1..=45 {
        w.table.append(&w.lease, &events(n, 50), options("flush", n as i64)).await.expect("append");
    }
    let checkpoints = walk(&w.folder.path().join("events/_delta_log"));
    assert!(checkpoints.iter().any(|p| p.ends_with(".checkpoint.parquet")), "{checkpoints:?}");
    let table = EventsTable::open(&w.storage).await.expect("open");
    let (old, new) = (w.table.snapshot().await.expect("snapshot"), table.snapshot().await.expect("snapshot"));
    let facts = |s: &gradus_ledger::table::EventsSnapshot| {
        s.files().iter().map(|f| (f.active.path.clone(), f.facts.clone())).collect::<Vec<_>>()
    };
    assert_eq!(facts(&old), facts(&new));
    assert!(new.files().iter().all(|f| f.facts.n_columns == 17));
    assert_eq!(new.last_position(), 45 * 50);
    assert_eq!(table.committed("flush").await.expect("read"), Some(45));
    assert_eq!(table.fence().await.expect("read"), w.lease.fence());
}

#[tokio::test(flavor = "multi_thread")]
async fn flush_compactions_and_a_retraction_at_once() {
    let w = workspace(4).await;
    let (storage, lease) = (w.storage.clone(), Arc::new(w.lease));
    let flushes: Vec<Vec<RecordBatch>> = (1..=8).map(|seed| events(seed, 400)).collect();
    let first = flushes[0].clone();
    let mut table = w.table;
    table.append(&lease, &first, options("flush", 1)).await.expect("append");

    let mut tasks = Vec::new();
    let flush = async |mut table: EventsTable,
                       lease: Arc<gradus_ledger::table::WriterLease>,
                       all: Vec<Vec<RecordBatch>>| {
        for (i, batches) in all.iter().enumerate().skip(1) {
            table.append(&lease, batches, options("flush", i as i64 + 1)).await.expect("flush");
        }
    };
    tasks.push(tokio::spawn(flush(
        EventsTable::open(&storage).await.expect("open"),
        lease.clone(),
        flushes.clone(),
    )));
    for _ in 0..2 {
        let mut table = EventsTable::open(&storage).await.expect("open");
        let lease = lease.clone();
        tasks.push(tokio::spawn(async move {
            for _ in 0..12 {
                match table.compact(&lease, 1, AT).await {
                    Ok(_) | Err(LedgerError::Conflict { .. }) => {}
                    Err(other) => panic!("{other}"),
                }
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        }));
    }
    let retracted: Vec<RecordBatch> = first.iter().map(retractions).collect();
    let mut other = EventsTable::open(&storage).await.expect("open");
    let (rows, lease_too) = (retracted.clone(), lease.clone());
    tasks.push(tokio::spawn(async move {
        other.append(&lease_too, &rows, options("retract", 1)).await.expect("retract");
    }));
    for task in tasks {
        task.await.expect("task");
    }
    let mut expected: Vec<RecordBatch> = flushes.concat();
    expected.extend(retracted);
    table.refresh().await.expect("refresh");
    let snapshot = table.snapshot().await.expect("snapshot");
    assert_eq!(all_keys(&snapshot).await, input_keys(&expected));
    assert!(snapshot.shape(ScanBound::default()).needs_event_id);
    let mut positions: Vec<i64> =
        keys(&snapshot, ScanBound::default()).await.concat().into_iter().map(|r| r.1).collect();
    positions.sort_unstable();
    positions.dedup();
    assert_eq!(positions.len(), expected.iter().map(RecordBatch::num_rows).sum::<usize>());
}

fn sorted<T: Ord>(mut rows: Vec<T>) -> Vec<T> {
    rows.sort();
    rows
}
