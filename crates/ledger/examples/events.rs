//! Measures the events table: `cargo run --example events -- FOLDER N_EVENTS [SORT_MIB]`.
//!
//! Writes seeded events, then scans them in the ways that the fold does. Numbers go to standard
//! error; the table stays in the folder, and a second run measures reading only.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use datafusion::execution::TaskContext;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{binary, col, lit};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use futures::{StreamExt, TryStreamExt};
use gradus_ledger::table::generate::Synthetic;
use gradus_ledger::table::{AppendOptions, EventsSnapshot, EventsTable, ScanBound, Storage, WriterLease};
use gradus_model::event_stream::EventSchema;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = arguments.get(1).ok_or("usage: events FOLDER N_EVENTS [SORT_MIB]")?.clone();
    let n_events: u64 = arguments.get(2).ok_or("usage: events FOLDER N_EVENTS [SORT_MIB]")?.parse()?;
    let sort_bytes: usize = arguments.get(3).map_or(Ok(384), |v| v.parse::<usize>())? << 20;
    let folder = Path::new(&folder);
    let storage = Storage::local(folder)?;
    let lease = WriterLease::acquire(folder)?;
    let schema = EventSchema { n_buckets: 16, fields: Vec::new() };
    let mut table = EventsTable::open_or_create(&storage, &schema, 0).await?;
    if table.committed("bench").await?.is_none() {
        write(&mut table, &lease, folder, n_events, sort_bytes).await?;
    }
    read(&table, n_events).await?;
    small_appends(&mut table, &lease, n_events).await?;
    Ok(())
}

async fn write(
    table: &mut EventsTable,
    lease: &WriterLease,
    folder: &Path,
    n_events: u64,
    sort_bytes: usize,
) -> Outcome<()> {
    let start = Instant::now();
    let made: usize = Synthetic::new(1, n_events / 10, n_events).batches(8192).map(|b| b.num_rows()).sum();
    say("generating alone", made as u64, start);
    let start = Instant::now();
    let mut runs = table.collect(folder.join("spill"), sort_bytes);
    for batch in Synthetic::new(1, n_events / 10, n_events).batches(8192) {
        runs.push(&batch)?;
    }
    let sorted = runs.finish()?;
    say(&format!("generating and sorting into {} runs", sorted.n_runs()), n_events, start);
    let merging = Instant::now();
    let done = table.append_sorted(lease, sorted, options("bench", 1)).await?;
    say("merging, writing, committing", n_events, merging);
    say("append in all", n_events, start);
    eprintln!(
        "{:.1} bytes per event in {} files; peak {} MB",
        done.bytes as f64 / done.added as f64,
        done.n_files,
        peak_mb()
    );
    Ok(())
}

async fn read(table: &EventsTable, n_events: u64) -> Outcome<()> {
    let snapshot = table.snapshot().await?;
    let cases: [(&str, &[&str]); 5] = [
        ("identity, time", &["identity", "time"]),
        ("kind", &["kind"]),
        (
            "fold: identity, time, kind, order_key, amount, quantity",
            &["identity", "time", "kind", "order_key", "amount", "quantity"],
        ),
        ("event_id", &["event_id"]),
        (
            "everything",
            &[
                "identity",
                "time",
                "event_id",
                "retraction",
                "known",
                "position",
                "kind",
                "source",
                "order_id",
                "order_key",
                "line",
                "spend",
                "amount",
                "currency",
                "quantity",
            ],
        ),
    ];
    for (name, columns) in cases {
        for _ in 0..2 {
            let scan = snapshot.scan(columns, ScanBound::default())?;
            let start = Instant::now();
            let rows = count(&scan.plan).await?;
            say(&format!("scan {name}"), rows, start);
        }
    }
    for _ in 0..5 {
        let scan = snapshot.scan(&["kind", "amount"], ScanBound::default())?;
        let schema = scan.plan.schema();
        let predicate = binary(col("kind", &schema)?, Operator::Eq, lit("order_line"), &schema)?;
        let plan: Arc<dyn ExecutionPlan> = Arc::new(FilterExec::try_new(predicate, scan.plan)?);
        let start = Instant::now();
        let rows = count(&plan).await?;
        say(&format!("filter on kind as dictionary, {rows} left"), n_events, start);
        let plan = filter_over_views(&snapshot).await?;
        let start = Instant::now();
        let rows = count(&plan).await?;
        say(&format!("filter on kind as view, {rows} left"), n_events, start);
    }
    for round in ["cold", "warm", "warm"] {
        for n in [1usize, 100, 10_000] {
            let ids: Vec<i64> = (0..n as i64).map(|i| 1 + (i * 7_919) % (n_events as i64 / 10)).collect();
            let start = Instant::now();
            let rows = snapshot
                .read_identities(&ids, &["identity", "time", "kind", "amount"], ScanBound::default())
                .await?;
            let rows: usize = rows.iter().map(|b| b.num_rows()).sum();
            eprintln!(
                "{round}: {n} identities, {rows} events: {:.1} ms",
                start.elapsed().as_secs_f64() * 1e3
            );
        }
    }
    Ok(())
}

/// The same filter over the same files, with text decoded as views.
async fn filter_over_views(snapshot: &EventsSnapshot) -> Outcome<Arc<dyn ExecutionPlan>> {
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(16));
    let files: Vec<String> = snapshot.files().iter().map(|f| format!("/{}", f.location)).collect();
    let frame = context.read_parquet(files, ParquetReadOptions::default()).await?;
    let frame = frame.select_columns(&["kind", "amount"])?;
    let frame = frame.filter(datafusion::prelude::col("kind").eq(datafusion::prelude::lit("order_line")))?;
    Ok(frame.create_physical_plan().await?)
}

async fn small_appends(table: &mut EventsTable, lease: &WriterLease, n_events: u64) -> Outcome<()> {
    let next = table.committed("small").await?.unwrap_or(0) + 1;
    for (n, round) in [1u64, 1, 100, 10_000, 100_000].into_iter().zip(0..) {
        let batches: Vec<_> =
            Synthetic::new((100 + next + round) as u64, n_events / 10, n).batches(8192).collect();
        let start = Instant::now();
        table.append(lease, &batches, options("small", next + round)).await?;
        eprintln!("append {n} events, deduplicated: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    }
    let snapshot = table.snapshot().await?;
    let scan = snapshot
        .scan(&["identity", "time", "kind", "order_key", "amount", "quantity"], ScanBound::default())?;
    let start = Instant::now();
    let rows = count(&scan.plan).await?;
    say(&format!("fold columns, {} files merged per bucket", scan.shape.n_children), rows, start);
    let start = Instant::now();
    let done = table.compact(lease, 2, 0).await?;
    eprintln!(
        "compact to 2: {:.1} ms, {} rows, {:.1} MB written, amplification {:.3}",
        start.elapsed().as_secs_f64() * 1e3,
        done.rows,
        done.bytes_written as f64 / 1e6,
        done.write_amplification
    );
    eprintln!("peak {} MB", peak_mb());
    Ok(())
}

async fn count(plan: &Arc<dyn ExecutionPlan>) -> Outcome<u64> {
    let context = Arc::new(TaskContext::default());
    let n = plan.output_partitioning().partition_count();
    let counts: Vec<u64> = futures::stream::iter(0..n)
        .map(|partition| {
            let (plan, context) = (plan.clone(), context.clone());
            tokio::spawn(async move {
                let rows = plan.execute(partition, context)?.map_ok(|b| b.num_rows() as u64);
                rows.try_fold(0, |a, b| async move { Ok(a + b) }).await
            })
        })
        .buffer_unordered(2)
        .map(|joined| joined.map_err(|e| Box::new(e) as Box<dyn Error>).and_then(|r| Ok(r?)))
        .try_collect()
        .await?;
    Ok(counts.iter().sum())
}

fn options(app_id: &str, app_version: i64) -> AppendOptions {
    AppendOptions { app_id: app_id.into(), app_version, dedupe: true, at: 0, note: BTreeMap::new() }
}

fn say(what: &str, rows: u64, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("{what}: {seconds:.2} s, {:.2} M rows/s", rows as f64 / seconds / 1e6);
}

/// The most memory that this process has held.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|v| v.parse::<u64>().ok()).unwrap_or(0) / 1024
}
