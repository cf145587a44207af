//! Appending and scanning: order, positions, deduplication, bounds.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Int32Type};
use datafusion::physical_plan::{ExecutionPlanProperties, displayable};
use gradus_ledger::LedgerError;
use gradus_ledger::table::generate::Synthetic;
use gradus_ledger::table::{EventsTable, ScanBound, WriterLease, dictionary};
use gradus_model::event_stream::{bucket_of, column};

use crate::table_support::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_in_comes_out_in_order() {
    let mut w = workspace(4).await;
    let batches = events(1, 20_000);
    let appended = w.table.append(&w.lease, &batches, options("import:1", 1)).await.expect("append");
    assert_eq!((appended.added, appended.already_there, appended.n_files), (20_000, 0, 4));
    let table = EventsTable::open(&w.storage).await.expect("open");
    assert_eq!(table.event_schema(), &schema(4));
    let snapshot = table.snapshot().await.expect("snapshot");
    assert_eq!(snapshot.last_position(), 20_000);
    assert_eq!(all_keys(&snapshot).await, input_keys(&batches));
    let buckets = keys(&snapshot, ScanBound::default()).await;
    for (bucket, rows) in buckets.iter().enumerate() {
        assert!(rows.iter().all(|(key, _)| bucket_of(key.identity, 4) as usize == bucket));
    }
    let mut positions: Vec<i64> = buckets.concat().into_iter().map(|r| r.1).collect();
    positions.sort_unstable();
    assert_eq!(positions, (1..=20_000).collect::<Vec<i64>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_reads_buckets_in_order() {
    let mut w = workspace(3).await;
    w.table.append(&w.lease, &events(1, 9_000), options("import", 1)).await.expect("append");
    let one = w.table.snapshot().await.expect("snapshot");
    let scan = one.scan(&["identity", "time", "kind"], ScanBound::default()).expect("plan");
    let shown = displayable(scan.plan.as_ref()).indent(false).to_string();
    assert!(shown.starts_with("DataSourceExec: file_groups={3 groups:"), "{shown}");
    assert!(shown.contains("output_ordering=[identity@0 ASC NULLS LAST, time@1 ASC NULLS LAST]"), "{shown}");
    assert!(!scan.shape.needs_event_id);

    w.table.append(&w.lease, &events(2, 900), options("import", 2)).await.expect("append");
    w.table.append(&w.lease, &events(3, 90), options("import", 3)).await.expect("append");
    let three = w.table.snapshot().await.expect("snapshot");
    let scan = three.scan(&["identity", "time", "amount"], ScanBound::default()).expect("plan");
    assert_eq!((scan.shape.n_children, scan.shape.n_rows), (3, 9_990));
    let shown = displayable(scan.plan.as_ref()).indent(false).to_string();
    let lines: Vec<&str> = shown.lines().map(str::trim).collect();
    assert_eq!(lines.len(), 4, "{shown}");
    assert_eq!(
        lines[0],
        "BucketMergeExec: order=[identity, time, event_id, retraction], columns=[identity, time, amount]"
    );
    assert!(lines[1..].iter().all(|l| l.starts_with("DataSourceExec: file_groups={3 groups:")), "{shown}");
    let ordering = scan.plan.output_ordering().expect("an order").to_string();
    assert_eq!(ordering, "identity@0 ASC NULLS LAST, time@1 ASC NULLS LAST");
    assert_eq!(scan.plan.output_partitioning().partition_count(), 3);
    assert_eq!(all_keys(&three).await.len(), 9_990);
    // The snapshot taken before shows what it showed.
    assert_eq!(all_keys(&one).await.len(), 9_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn sent_twice_counts_once() {
    let mut w = workspace(4).await;
    let batches = events(7, 6_000);
    w.table.append(&w.lease, &batches[..1], options("import:1", 1)).await.expect("append");
    // The same number of the same stream: skipped whole.
    let again = w.table.append(&w.lease, &batches, options("import:1", 1)).await.expect("append");
    assert!(again.already_committed);
    // Another stream, with rows that are partly there and partly twice in it.
    let mut twice = batches.clone();
    twice.push(batches[1].slice(0, 10));
    let more = w.table.append(&w.lease, &twice, options("import:2", 1)).await.expect("append");
    assert_eq!((more.added, more.already_there, more.duplicate_in_batch), (6_000 - 4_096, 4_096, 10));
    let nothing = w.table.append(&w.lease, &batches, options("import:3", 1)).await.expect("append");
    assert_eq!((nothing.added, nothing.already_there, nothing.n_files), (0, 6_000, 0));
    assert_eq!(w.table.committed("import:3").await.expect("read"), Some(1));
    assert_eq!(all_keys(&w.table.snapshot().await.expect("snapshot")).await, input_keys(&batches));
}

#[tokio::test(flavor = "multi_thread")]
async fn spilled_runs_merge_and_deduplicate() {
    let mut w = workspace(4).await;
    let batches = events(3, 30_000);
    w.table.append(&w.lease, &batches[..2], options("import", 1)).await.expect("append");
    let mut runs = w.table.collect(w.folder.path().join("spill"), 1 << 20);
    for batch in batches.iter().rev().chain(&batches[..1]) {
        runs.push(batch).expect("push");
    }
    let sorted = runs.finish().expect("sort");
    assert!(sorted.n_runs() > 3, "{} runs", sorted.n_runs());
    let appended = w.table.append_sorted(&w.lease, sorted, options("import", 2)).await.expect("append");
    assert_eq!(appended.added, 30_000 - 2 * 4_096);
    assert_eq!((appended.already_there, appended.duplicate_in_batch), (2 * 4_096, 4_096));
    let left = std::fs::read_dir(w.folder.path().join("spill")).expect("folder").count();
    assert_eq!(left, 0, "temporary files stay behind");
    assert_eq!(all_keys(&w.table.snapshot().await.expect("snapshot")).await, input_keys(&batches));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_by_position_and_by_known_time() {
    let mut w = workspace(2).await;
    let batches = events(5, 8_192);
    w.table.append(&w.lease, &batches[..1], options("import", 1)).await.expect("append");
    w.table.append(&w.lease, &batches[1..], options("import", 2)).await.expect("append");
    let snapshot = w.table.snapshot().await.expect("snapshot");
    let first = ScanBound { position: Some(4_096), ..ScanBound::default() };
    assert_eq!(snapshot.shape(first).n_files, 2);
    assert_eq!(keys(&snapshot, first).await.concat().len(), 4_096);
    let inside = ScanBound { position: Some(5_000), ..ScanBound::default() };
    let rows = keys(&snapshot, inside).await.concat();
    assert_eq!(rows.len(), 5_000);
    assert!(rows.iter().all(|r| r.1 <= 5_000));
    let early = *times(&batches[0]).iter().min().expect("a row");
    let known = ScanBound { known: Some(early), ..ScanBound::default() };
    let expected = batches.iter().flat_map(times).filter(|t| *t <= early).count();
    assert_eq!(keys(&snapshot, known).await.concat().len(), expected);
    let before = ScanBound { time: Some(early - 1), ..ScanBound::default() };
    assert_eq!(snapshot.shape(before).n_files, 0);
    assert!(keys(&snapshot, before).await.concat().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn text_of_few_values_comes_as_dictionaries() {
    let mut w = workspace(2).await;
    w.table.append(&w.lease, &events(5, 5_000), options("import", 1)).await.expect("append");
    let snapshot = w.table.snapshot().await.expect("snapshot");
    let scan = snapshot.scan(&["kind", "channel", "order_id"], ScanBound::default()).expect("plan");
    let mut kinds = std::collections::BTreeSet::new();
    for batch in read(&scan.plan).await.concat() {
        assert_eq!(batch.column(0).data_type(), &dictionary());
        assert_eq!(batch.column(1).null_count(), batch.num_rows());
        assert_eq!(batch.column(2).data_type(), &DataType::Utf8View);
        let values =
            batch.column(0).as_dictionary::<Int32Type>().downcast_dict::<arrow::array::StringArray>();
        kinds.extend(values.expect("text").into_iter().flatten().map(str::to_owned));
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["feedback", "order_line", "refund", "visit"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn single_identities_are_read_alone() {
    let mut w = workspace(4).await;
    let batches: Vec<_> = Synthetic::new(11, 3_000, 60_000).batches(8192).collect();
    w.table.append(&w.lease, &batches[..4], options("import", 1)).await.expect("append");
    w.table.append(&w.lease, &batches[4..], options("import", 2)).await.expect("append");
    let snapshot = w.table.snapshot().await.expect("snapshot");
    let wanted = [5i64, 5, 1_700, 2_999, 1_000_000];
    let expected: Vec<_> =
        input_keys(&batches).into_iter().filter(|k| wanted.contains(&k.identity)).collect();
    assert!(!expected.is_empty());
    let rows =
        snapshot.read_identities(&wanted, &KEY_AND_POSITION, ScanBound::default()).await.expect("read");
    assert_eq!(input_keys(&rows), expected);
    let in_order: Vec<_> = rows.iter().flat_map(|b| input_keys(std::slice::from_ref(b))).collect();
    assert_eq!(in_order, expected);
    let half = ScanBound { position: Some(30_000), ..ScanBound::default() };
    let rows = snapshot.read_identities(&wanted, &["amount", "position"], half).await.expect("read");
    assert!(rows.iter().all(|b| b.num_columns() == 2));
    assert!(rows.iter().map(|b| b.num_rows()).sum::<usize>() < expected.len());
    assert!(snapshot.read_identities(&[], &["kind"], half).await.expect("read").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_break_the_contract_are_refused() {
    let mut w = workspace(2).await;
    let good = events(1, 10).remove(0);
    let without_kind = good.project(&[0, 1, 2, 3, 4, 6]).expect("project");
    let refused = w.table.append(&w.lease, &[without_kind], options("import", 1)).await;
    assert!(matches!(refused, Err(LedgerError::Columns { column, .. }) if column == column::KIND));
    let mut columns = good.columns().to_vec();
    columns[2] = std::sync::Arc::new(arrow::array::BinaryArray::from_iter_values(vec![b"short"; 10]));
    let short = arrow::array::RecordBatch::try_new(good.schema(), columns).expect("batch");
    let refused = w.table.append(&w.lease, &[short], options("import", 1)).await;
    assert!(matches!(refused, Err(LedgerError::Columns { column, .. }) if column == column::EVENT_ID));
    // Nothing at all is fine, and counts.
    let empty = w.table.append(&w.lease, &[good.slice(0, 0)], options("import", 1)).await.expect("append");
    assert_eq!((empty.added, empty.already_committed), (0, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_writer_is_stopped() {
    let mut w = workspace(2).await;
    w.table.append(&w.lease, &events(1, 10), options("import", 1)).await.expect("append");
    let other = tempfile::tempdir().expect("folder");
    let newer = WriterLease::acquire_above(other.path(), w.lease.fence() + 5).expect("lease");
    let mut same = EventsTable::open(&w.storage).await.expect("open");
    same.append(&newer, &events(2, 10), options("import", 2)).await.expect("append");
    let stopped = w.table.append(&w.lease, &events(3, 10), options("import", 3)).await;
    assert!(matches!(stopped, Err(LedgerError::Fenced { .. })), "{stopped:?}");
    assert_eq!(same.snapshot().await.expect("snapshot").n_rows(), 20);
}
