//! Other programs open the tables as they are.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use gradus_ledger::table::{CommitId, PartitionValues, PlainTable, Storage, WriterLease};
use gradus_model::event_stream::UNDATED;

use crate::table_support::*;

const SCRIPT: &str = r#"
import sys, json
path = sys.argv[1]
out = {}
from deltalake import DeltaTable
table = DeltaTable(path)
p = table.protocol()
arrow = table.to_pyarrow_table() if hasattr(table, "to_pyarrow_table") else table.to_pyarrow_dataset().to_table()
out["protocol"] = [p.min_reader_version, p.min_writer_version]
out["deltalake"] = [arrow.num_rows, len(arrow.column_names)]
early = [t for t in table.get_add_actions(flatten=True).column("num_records").to_pylist()]
out["stats_rows"] = sum(early)
import polars
frame = polars.scan_delta(path)
out["polars"] = frame.select(
    polars.len().alias("n"), polars.col("amount").sum().cast(polars.String).alias("amount"),
    (polars.col("kind") == "visit").sum().alias("visits"), polars.col("retraction").sum().alias("retractions"),
).collect().rows()[0]
import duckdb
try:
    db = duckdb.connect()
    db.execute("install delta; load delta")
    source = f"delta_scan('{path}')"
    out["duckdb_by"] = "delta extension"
except Exception:
    # Without network the extension is missing: the active files as they are, named by the log.
    files = [path + "/" + f for f in table.get_add_actions(flatten=True).column("path").to_pylist()]
    source = f"read_parquet({files!r}, hive_partitioning=true)"
    out["duckdb_by"] = "files"
out["duckdb"] = db.execute(f"""select count(*), cast(sum(amount) as varchar), count(*) filter (kind = 'visit'),
    count(*) filter (retraction), min(octet_length(event_id)) from {source}""").fetchone()
print(json.dumps(out, default=str))
"#;

#[tokio::test(flavor = "multi_thread")]
async fn duckdb_polars_and_deltalake_open_the_events_table() {
    let Some(python) = std::env::var_os("GRADUS_PYTHON") else {
        eprintln!("skipped: set GRADUS_PYTHON to a Python with duckdb, polars, deltalake and pyarrow");
        return;
    };
    let mut w = workspace(4).await;
    let batches = events(1, 5_000);
    w.table.append(&w.lease, &batches, options("import", 1)).await.expect("append");
    let retracted = retractions(&batches[0].slice(0, 100));
    w.table
        .append(&w.lease, &[undated(&batches[1].slice(0, 10)), retracted], options("import", 2))
        .await
        .expect("append");
    w.table.append(&w.lease, &events(9, 500), options("import", 3)).await.expect("append");
    w.table.compact(&w.lease, 2, AT).await.expect("compact");
    w.table.checkpoint().await.expect("checkpoint");
    let folder = w.folder.path().join("events");
    let output = Command::new(python).args(["-c", SCRIPT]).arg(&folder).output().expect("python");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{shown}\n{}", String::from_utf8_lossy(&output.stderr));
    let found: serde_json::Value = serde_json::from_str(shown.trim()).expect("json");
    eprintln!("{found}");
    assert_eq!(found["protocol"], serde_json::json!([1, 2]));
    assert_eq!(found["deltalake"], serde_json::json!([5_610, 18]));
    assert_eq!(found["stats_rows"], 5_610);
    let (polars, duckdb) = (&found["polars"], &found["duckdb"]);
    assert_eq!(polars[0], 5_610);
    assert_eq!(polars[3], 100);
    assert_eq!(duckdb[4], 16);
    for column in 0..4 {
        assert_eq!(polars[column].to_string(), duckdb[column].to_string(), "column {column}");
    }
}

/// The same rows as attributes that a back-load left undated.
fn undated(batch: &arrow::array::RecordBatch) -> arrow::array::RecordBatch {
    let mut columns = batch.columns().to_vec();
    let times = arrow::array::TimestampMicrosecondArray::from(vec![UNDATED; batch.num_rows()]);
    columns[1] = std::sync::Arc::new(times.with_timezone("UTC"));
    arrow::array::RecordBatch::try_new(batch.schema(), columns).expect("batch")
}

const PARTITIONS: &str = r#"
import sys, json
path = sys.argv[1]
out = {}
from deltalake import DeltaTable
table = DeltaTable(path)
arrow = table.to_pyarrow_table() if hasattr(table, "to_pyarrow_table") else table.to_pyarrow_dataset().to_table()
sums = {}
for as_of, customer in zip(arrow.column("as_of").to_pylist(), arrow.column("customer").to_pylist()):
    sums[as_of] = sums.get(as_of, 0) + customer
out["deltalake"] = sorted(map(list, sums.items()))
import polars
frame = polars.scan_delta(path).group_by("as_of").agg(polars.col("customer").sum()).collect()
out["polars"] = sorted(map(list, frame.rows()))
one = polars.scan_delta(path).filter(polars.col("as_of") == "2024-03-31").collect()
out["polars_one"] = one["customer"].to_list()
import duckdb
files = table.file_uris()
out["duckdb"] = sorted(map(list, duckdb.sql(f"""select as_of, cast(sum(customer) as bigint)
    from read_parquet({files!r}, hive_partitioning=true, hive_types={{'as_of': varchar}}) group by 1""").fetchall()))
print(json.dumps(out))
"#;

/// The values of a partition stand in Delta's log and in the path. A table of an older program, whose files
/// lie beside the log, is read as before, and its files move with the next commit.
#[tokio::test(flavor = "multi_thread")]
async fn others_see_the_instant_of_grades() {
    let folder = tempfile::tempdir().expect("folder");
    let storage = Storage::local(folder.path()).expect("storage");
    let lease = WriterLease::acquire(folder.path()).expect("lease");
    let columns = Schema::new(vec![
        Field::new("customer", DataType::Int64, false),
        Field::new("as_of", DataType::Utf8, false),
    ]);
    let rows = |as_of: &str, customers: &[i64]| {
        let dates = StringArray::from(vec![as_of; customers.len()]);
        RecordBatch::try_new(
            Arc::new(columns.clone()),
            vec![Arc::new(Int64Array::from(customers.to_vec())), Arc::new(dates)],
        )
        .expect("batch")
    };
    let id = |n: i64| CommitId { app_id: format!("run:{n}"), app_version: 1, at: AT };
    let mut table =
        PlainTable::create(&storage, "grades", 1, &columns, &["as_of"], AT).await.expect("create");
    table.append(&lease, &[rows("2024-02-29", &[1, 2])], id(1)).await.expect("append");
    // As an older program left it: the file beside the log.
    let root = folder.path().join("grades");
    let log = root.join("_delta_log/00000000000000000001.json");
    let text = std::fs::read_to_string(&log).expect("log");
    assert!(text.contains("\"path\":\"as_of=2024-02-29/"), "{text}");
    std::fs::write(&log, text.replace("as_of=2024-02-29/", "")).expect("log");
    let inside = std::fs::read_dir(root.join("as_of=2024-02-29")).expect("folder").next();
    let inside = inside.expect("file").expect("file").path();
    std::fs::rename(&inside, root.join(inside.file_name().expect("name"))).expect("rename");
    std::fs::remove_dir(root.join("as_of=2024-02-29")).expect("remove");

    let mut table = PlainTable::open(&storage, "grades", 1).await.expect("open");
    let seen = async |table: &PlainTable, as_of: &str| {
        let values: PartitionValues = BTreeMap::from([("as_of".to_owned(), Some(as_of.to_owned()))]);
        let batches = table.read(&["customer"], &values).await.expect("read");
        batches.iter().map(RecordBatch::num_rows).sum::<usize>()
    };
    assert_eq!(seen(&table, "2024-02-29").await, 2);
    let instant = "2024-03-31T04:00:00Z";
    table.append(&lease, &[rows("2024-03-31", &[3, 4]), rows(instant, &[5])], id(2)).await.expect("append");
    // Nothing that is needed goes, and what moved is deleted where it was.
    table.vacuum(&lease, 0, AT + 1).await.expect("vacuum");
    let table = PlainTable::open(&storage, "grades", 1).await.expect("open");
    for (as_of, n) in [("2024-02-29", 2), ("2024-03-31", 2), (instant, 1)] {
        assert_eq!(seen(&table, as_of).await, n, "{as_of}");
    }
    let mut found: Vec<String> = std::fs::read_dir(&root)
        .expect("folder")
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    assert_eq!(
        found,
        ["_delta_log", "as_of=2024-02-29", "as_of=2024-03-31", "as_of=2024-03-31T04%3A00%3A00Z"]
    );

    let Some(python) = std::env::var_os("GRADUS_PYTHON") else {
        eprintln!("other programs skipped: set GRADUS_PYTHON to a Python with duckdb, polars and deltalake");
        return;
    };
    let output = Command::new(python).args(["-c", PARTITIONS]).arg(&root).output().expect("python");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{shown}\n{}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_str(shown.trim()).expect("json");
    let expected = serde_json::json!([["2024-02-29", 3], ["2024-03-31", 7], [instant, 5]]);
    for reader in ["deltalake", "polars", "duckdb"] {
        assert_eq!(told[reader], expected, "{reader}");
    }
    assert_eq!(told["polars_one"], serde_json::json!([3, 4]));
}
