//! Other programs open the tables as they are.

use std::process::Command;

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
