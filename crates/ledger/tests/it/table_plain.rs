//! Links and the tables of grading.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use gradus_ledger::LedgerError;
use gradus_ledger::table::{
    CommitId, EventsTable, Link, LinksTable, PartitionValues, PlainTable, Storage, WriterLease,
};

use crate::table_support::{AT, schema};

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_are_replaced_by_partition() {
    let (_folder, storage, lease) = bare();
    let columns = Schema::new(vec![
        Field::new("customer", DataType::Int64, false),
        Field::new("tier", DataType::Utf8, true),
        Field::new("as_of", DataType::Date32, false),
    ]);
    let mut table =
        PlainTable::create(&storage, "grades", 1, &columns, &["as_of"], AT).await.expect("create");
    let rows = |day: i32, customers: &[i64], tier: &str| {
        RecordBatch::try_new(
            Arc::new(columns.clone()),
            vec![
                Arc::new(Int64Array::from(customers.to_vec())),
                Arc::new(StringArray::from(vec![tier; customers.len()])),
                Arc::new(Date32Array::from(vec![day; customers.len()])),
            ],
        )
        .expect("batch")
    };
    let both = [rows(19_000, &[1, 2, 3], "gold"), rows(19_001, &[1, 2], "silver")];
    table.append(&lease, &both, id("run:1", 1)).await.expect("append");
    let again = table.append(&lease, &both, id("run:1", 1)).await.expect("append");
    assert!(again.already_committed);
    assert_eq!(table.partitions().expect("partitions").len(), 2);
    let day: PartitionValues = BTreeMap::from([("as_of".to_owned(), Some("2022-01-08".to_owned()))]);
    assert_eq!(read(&table, &day).await, [1, 2, 3]);
    let wrong = table.replace_partition(&lease, &day, &[rows(19_001, &[9], "x")], id("run:2", 1)).await;
    assert!(matches!(wrong, Err(LedgerError::Columns { .. })));
    table
        .replace_partition(&lease, &day, &[rows(19_000, &[4], "gold")], id("run:2", 1))
        .await
        .expect("replace");
    assert_eq!(read(&table, &day).await, [4]);
    assert_eq!(read(&table, &PartitionValues::new()).await, [1, 2, 4]);
    table.add_columns(&lease, &[Field::new("score", DataType::Float64, false)], AT).await.expect("add");
    let reopened = PlainTable::open(&storage, "grades", 1).await.expect("open");
    let batches = reopened.read(&["customer", "score", "as_of"], &day).await.expect("read");
    assert_eq!(batches[0].column(1).null_count(), 1);
    assert_eq!(batches[0].column(2).data_type(), &DataType::Date32);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_customer_is_found_in_every_file() {
    let (_folder, storage, lease) = bare();
    let columns = Schema::new(vec![
        Field::new("customer", DataType::Int64, false),
        Field::new("tier", DataType::Utf8, true),
        Field::new("as_of", DataType::Utf8, false),
    ]);
    let mut table =
        PlainTable::create(&storage, "grades", 1, &columns, &["as_of"], AT).await.expect("create");
    // Sorted, with two rows of every third customer; and one file in which nothing is sorted.
    let rows = |as_of: &str, customers: Vec<i64>| {
        let tiers: Vec<String> = customers.iter().map(|customer| format!("t{}", customer % 7)).collect();
        let dates = vec![as_of; customers.len()];
        RecordBatch::try_new(
            Arc::new(columns.clone()),
            vec![
                Arc::new(Int64Array::from(customers)),
                Arc::new(StringArray::from(tiers)),
                Arc::new(StringArray::from(dates)),
            ],
        )
        .expect("batch")
    };
    let sorted: Vec<i64> = (0..90_000).flat_map(|n| vec![n * 2; 1 + usize::from(n % 3 == 0)]).collect();
    let mixed: Vec<i64> = (0..90_000).map(|n| (n * 7_919) % 90_000).collect();
    table.append(&lease, &[rows("a", sorted), rows("b", mixed)], id("run:1", 1)).await.expect("append");
    let everything = PartitionValues::new();
    let first: PartitionValues = BTreeMap::from([("as_of".to_owned(), Some("a".to_owned()))]);
    for customer in [0, 2, 89_994, 89_999, 179_998, 179_999, -1, i64::MAX] {
        for values in [&everything, &first] {
            let found = table.find(&["as_of", "customer", "tier"], values, "customer", customer).await;
            let found = found.expect("find");
            let mut told: Vec<(String, i64, String)> = Vec::new();
            for batch in &found {
                let ids = batch.column(1).as_primitive::<Int64Type>();
                let text = |at: usize, row: usize| batch.column(at).as_string::<i32>().value(row).to_owned();
                told.extend((0..batch.num_rows()).map(|row| (text(0, row), ids.value(row), text(2, row))));
            }
            let n_sorted = match customer {
                0..=179_998 if customer % 2 == 0 => 1 + usize::from(customer % 6 == 0),
                _ => 0,
            };
            let n_mixed = usize::from((0..90_000).contains(&customer) && values.is_empty());
            assert_eq!(told.len(), n_sorted + n_mixed, "{customer} {values:?}: {told:?}");
            let is_it = |(_, id, tier): &(String, i64, String)| {
                *id == customer && *tier == format!("t{}", customer % 7)
            };
            assert!(told.iter().all(is_it), "{told:?}");
        }
    }
    assert!(table.find(&["tier"], &everything, "nobody", 1).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_and_foreign_tables_are_refused() {
    let (_folder, storage, _lease) = bare();
    let columns = Schema::new(vec![Field::new("customer", DataType::Int64, false)]);
    PlainTable::create(&storage, "grades", 3, &columns, &[], AT).await.expect("create");
    let newer = PlainTable::open(&storage, "grades", 2).await;
    assert!(matches!(newer, Err(LedgerError::FormatTooNew { found: 3, supported: 2, .. })));
    PlainTable::create(&storage, "events", 1, &columns, &[], AT).await.expect("create");
    assert!(matches!(EventsTable::open(&storage).await, Err(LedgerError::NotATable { .. })));
    assert!(matches!(
        EventsTable::create(&storage, &schema(2), AT).await,
        Err(LedgerError::TableExists { .. })
    ));
    assert!(PlainTable::open(&storage, "nothing", 1).await.is_err());
}

/// Tables are kept open: what others committed since is seen all the same, and another table that was put in
/// its place is another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_opened_before_is_as_it_is_now() {
    let (folder, storage, lease) = bare();
    let columns = |name: &str| Schema::new(vec![Field::new(name, DataType::Int64, false)]);
    let rows = |name: &str, value: i64| {
        RecordBatch::try_new(Arc::new(columns(name)), vec![Arc::new(Int64Array::from(vec![value]))])
            .expect("batch")
    };
    let all = async |name: &str| -> Vec<i64> {
        let table = PlainTable::open(&storage, "grades", 1).await.expect("open");
        let batches = table.read(&[name], &PartitionValues::new()).await.expect("read");
        let values = batches.iter().map(|batch| batch.column(0).as_primitive::<Int64Type>().values());
        let mut values: Vec<i64> = values.flatten().copied().collect();
        values.sort_unstable();
        values
    };
    PlainTable::create(&storage, "grades", 1, &columns("a"), &[], AT).await.expect("create");
    assert_eq!(all("a").await, [] as [i64; 0]);
    // Another process has another storage.
    let other = Storage::local(folder.path()).expect("storage");
    let mut table = PlainTable::open(&other, "grades", 1).await.expect("open");
    for value in 1..=45 {
        table.append(&lease, &[rows("a", value)], id(&format!("run:{value}"), 1)).await.expect("append");
        // Through checkpoints, too.
        if value % 11 == 0 {
            assert_eq!(all("a").await, (1..=value).collect::<Vec<_>>());
        }
    }
    assert_eq!(all("a").await.len(), 45);
    std::fs::remove_dir_all(folder.path().join("grades")).expect("remove");
    assert!(PlainTable::open(&storage, "grades", 1).await.is_err());
    let mut table = PlainTable::create(&other, "grades", 1, &columns("b"), &[], AT).await.expect("create");
    for value in 1..=50 {
        table.append(&lease, &[rows("b", value)], id(&format!("run:{value}"), 1)).await.expect("append");
    }
    assert_eq!(all("b").await, (1..=50).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_dated_and_reversible() {
    let (_folder, storage, lease) = bare();
    let mut links = LinksTable::open_or_create(&storage, AT).await.expect("open");
    let link = |customer, valid_from, known, undone| Link {
        identity: 1,
        customer,
        valid_from,
        known,
        position: 0,
        reason: "phone".into(),
        undone,
    };
    links.append(&lease, &[link(10, 100, 1_000, false)], id("resolve", 1)).await.expect("append");
    links.append(&lease, &[link(20, 200, 2_000, false)], id("resolve", 2)).await.expect("append");
    links.append(&lease, &[link(20, 200, 3_000, true)], id("resolve", 3)).await.expect("append");
    let mut found = Vec::new();
    for (time, known, position) in
        [(50, 9_999, None), (150, 9_999, None), (250, 2_500, None), (250, 9_999, None), (250, 9_999, Some(2))]
    {
        let held = links.as_of(time, known, position).await.expect("read");
        found.push(held.first().map(|l| l.customer));
    }
    assert_eq!(found, [None, Some(10), Some(20), Some(10), Some(20)]);
    let reopened = LinksTable::open_or_create(&storage, AT).await.expect("open");
    let positions: Vec<i64> = reopened.statements().await.expect("read").iter().map(|l| l.position).collect();
    assert_eq!(positions, [1, 2, 3]);
}

fn bare() -> (tempfile::TempDir, Storage, WriterLease) {
    let folder = tempfile::tempdir().expect("folder");
    let storage = Storage::local(folder.path()).expect("storage");
    let lease = WriterLease::acquire(folder.path()).expect("lease");
    (folder, storage, lease)
}

fn id(app_id: &str, app_version: i64) -> CommitId {
    CommitId { app_id: app_id.into(), app_version, at: AT }
}

async fn read(table: &PlainTable, values: &PartitionValues) -> Vec<i64> {
    let mut customers = Vec::new();
    for batch in table.read(&["customer"], values).await.expect("read") {
        customers.extend_from_slice(batch.column(0).as_primitive::<Int64Type>().values());
    }
    customers.sort_unstable();
    customers
}
