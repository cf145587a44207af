//! Micro-batches: a few customers' new events merged into the stored states of everybody, from
//! events in memory to grades in memory.

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{
    ArrayRef, AsArray, BinaryArray, BooleanArray, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{Decimal128Type, Int64Type};
use gradus_grading::fold::AsOf;
use gradus_grading::grade::Fits;
use gradus_ledger::table::scan_schema;
use gradus_model::event_stream::{EventSchema, column};
use gradus_workspace::{GradeOptions, Live, RebaseOptions, Workspace, grade, rebase};
use serde::{Deserialize, Serialize};

use crate::answer::{cpu_seconds, peak_mb};
use crate::{Outcome, data};

/// Customers in a micro-batch, warm runs, cold runs.
const SIZES: [(usize, usize, usize); 3] = [(1, 500, 20), (100, 200, 10), (10_000, 40, 3)];
/// Order lines of each customer.
const LINES: usize = 3;
/// After everything that was known at the rebase.
const KNOWN: i64 = 1 << 60;

/// A rebase in a process of its own.
#[derive(Debug, Serialize, Deserialize)]
pub struct Base {
    n_customers: u64,
    seconds: f64,
    cpu_seconds: f64,
    bytes: u64,
    peak_mb: f64,
}

/// Micro-batches in a process of their own.
#[derive(Debug, Serialize, Deserialize)]
pub struct Micro {
    open_seconds: f64,
    /// Memory after opening, in MB.
    open_mb: f64,
    sizes: Vec<Size>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Size {
    n_customers: usize,
    n_warm: usize,
    median_ms: f64,
    p99_ms: f64,
    cpu_ms: f64,
    n_cold: usize,
    cold_median_ms: f64,
    cold_most_ms: f64,
}

pub async fn base(root: &Path, n_threads: NonZeroUsize) -> Outcome<Base> {
    let workspace = Workspace::open(root, None).await?;
    let options = RebaseOptions { as_of: Some(data::as_of(&workspace.zone)), known_at_us: None, n_threads };
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let done = rebase(&workspace, &options, &()).await?;
    Ok(Base {
        n_customers: done.n_customers,
        seconds: start.elapsed().as_secs_f64(),
        cpu_seconds: cpu_seconds() - cpu,
        bytes: done.bytes,
        peak_mb: peak_mb(),
    })
}

/// Fits of everybody, and the sums of some customers, for a check.
pub async fn fits(root: &Path, n_threads: NonZeroUsize) -> Outcome<Fits> {
    let workspace = Workspace::open(root, None).await?;
    let instants = vec![data::as_of(&workspace.zone)];
    let options = GradeOptions { instants, known_at_us: None, store: false, reuse: false, n_threads };
    let grading = grade(&workspace, &options, &()).await?;
    Ok(grading.instants.into_iter().next().ok_or("nobody was graded")?.fits)
}

pub async fn run(root: &Path, fits: &str) -> Outcome<Micro> {
    let fits: Fits = serde_json::from_str(&std::fs::read_to_string(fits)?)?;
    let workspace = Workspace::open(root, None).await?;
    let as_of = data::as_of(&workspace.zone);
    let n_all: u64 = root.file_name().and_then(|name| name.to_str()).unwrap_or("0").parse::<u64>()? / 10;
    let mut chance = 1u64;
    let mut sizes = Vec::new();
    let (mut open_seconds, mut open_mb) = (0.0, 0.0);
    for (n_customers, n_warm, n_cold) in SIZES {
        let mut cold = Vec::new();
        for _ in 0..n_cold {
            forget(&root.join("ledger").join("states"))?;
            let mut live = Live::open(&workspace, fits.clone()).await?;
            // Opening reads the small files and the index; the customers' blocks are still on disk.
            let events = events(&mut chance, n_customers, n_all, &live, as_of)?;
            cold.push(once(&mut live, &events, as_of).await?);
        }
        let start = Instant::now();
        let mut live = Live::open(&workspace, fits.clone()).await?;
        (open_seconds, open_mb) = (start.elapsed().as_secs_f64(), resident_mb());
        check(&mut live, &mut chance, n_all, as_of).await?;
        warm(&root.join("ledger").join("states"))?;
        let (mut warm, mut cpu) = (Vec::new(), 0.0);
        for at in 0..n_warm + 3 {
            let events = events(&mut chance, n_customers, n_all, &live, as_of)?;
            let before = cpu_seconds();
            let seconds = once(&mut live, &events, as_of).await?;
            // The first ones find code and tables for the first time.
            if at >= 3 {
                cpu += cpu_seconds() - before;
                warm.push(seconds);
            }
        }
        sizes.push(Size {
            n_customers,
            n_warm,
            median_ms: quantile(&mut warm, 0.5) * 1e3,
            p99_ms: quantile(&mut warm, 0.99) * 1e3,
            cpu_ms: cpu / n_warm as f64 * 1e3,
            n_cold,
            cold_median_ms: quantile(&mut cold, 0.5) * 1e3,
            cold_most_ms: quantile(&mut cold, 1.0) * 1e3,
        });
    }
    Ok(Micro { open_seconds, open_mb, sizes })
}

pub fn print(base: &Base, micro: &Micro) {
    println!(
        "\nStates of {} customers written in {:.2} s ({:.2} cpu s), {:.0} MB, {:.0} MB at peak; opened in {:.3} s, {:.0} MB of memory.",
        base.n_customers,
        base.seconds,
        base.cpu_seconds,
        base.bytes as f64 / 1e6,
        base.peak_mb,
        micro.open_seconds,
        micro.open_mb
    );
    println!(
        "{:>10} {:>5} {:>10} {:>8} {:>8} {:>7} {:>15} {:>13}",
        "customers", "warm", "median ms", "p99 ms", "cpu ms", "cold", "cold median ms", "cold most ms"
    );
    for size in &micro.sizes {
        println!(
            "{:>10} {:>5} {:>10.2} {:>8.2} {:>8.2} {:>7} {:>15.2} {:>13.2}",
            size.n_customers,
            size.n_warm,
            size.median_ms,
            size.p99_ms,
            size.cpu_ms,
            size.n_cold,
            size.cold_median_ms,
            size.cold_most_ms
        );
    }
}

async fn once(live: &mut Live, events: &RecordBatch, as_of: AsOf) -> Outcome<f64> {
    let start = Instant::now();
    let done = live.take(std::slice::from_ref(events), as_of, KNOWN).await?;
    let seconds = start.elapsed().as_secs_f64();
    let n_graded: usize = done.batches.iter().map(RecordBatch::num_rows).sum();
    if n_graded != events.num_rows() / LINES || !done.counted.n_refolded.is_empty() || !done.faults.is_empty()
    {
        return Err(format!("{n_graded} graded: {:?} {:?}", done.counted, done.faults).into());
    }
    Ok(seconds)
}

/// Two orders of one customer, one after the other, are two orders more and their money more.
async fn check(live: &mut Live, chance: &mut u64, n_all: u64, as_of: AsOf) -> Outcome<()> {
    let mut values = Vec::new();
    let events = events(chance, 1, n_all, live, as_of)?;
    for _ in 0..2 {
        let mut columns = events.columns().to_vec();
        let next = live.position() + 1;
        let at = events.schema_ref().index_of(column::POSITION)?;
        columns[at] = Arc::new(Int64Array::from_iter_values(next..next + LINES as i64));
        let at = events.schema_ref().index_of(column::ORDER_KEY)?;
        columns[at] = Arc::new(Int64Array::from(vec![next; LINES]));
        let events = RecordBatch::try_new(events.schema(), columns)?;
        let done = live.take(&[events], as_of, KNOWN).await?;
        let graded = done.batches.first().ok_or("nobody was graded")?;
        let column = |name: &str| graded.column_by_name(name).ok_or("a column is missing");
        let orders = column("orders")?.as_primitive::<Int64Type>().value(0);
        let monetary = cast(column("monetary")?, &arrow::datatypes::DataType::Decimal128(38, 4))?;
        values.push((orders, monetary.as_primitive::<Decimal128Type>().value(0)));
    }
    match values.as_slice() {
        [(a, x), (b, y)] if b - a == 1 && y - x == 3 * 125_000 => Ok(()),
        other => Err(format!("two orders came to {other:?}").into()),
    }
}

/// An order of three lines of 12.50 for each of so many customers, in the last hour of the day.
fn events(
    chance: &mut u64,
    n_customers: usize,
    n_all: u64,
    live: &Live,
    as_of: AsOf,
) -> Outcome<RecordBatch> {
    let mut customers = std::collections::BTreeSet::new();
    while customers.len() < n_customers {
        customers.insert((draw(chance) % n_all) as i64 + 1);
    }
    let n_rows = n_customers * LINES;
    let identities: Vec<i64> = customers.iter().flat_map(|customer| [*customer; LINES]).collect();
    let first = live.position() + 1;
    let mut time = || as_of.instant_us - (draw(chance) % 3_600_000_000) as i64;
    let times: Vec<i64> = customers.iter().flat_map(|_| [time(); LINES]).collect();
    let ids: Vec<[u8; 16]> = (0..n_rows).map(|row| (first as u128 + row as u128).to_be_bytes()).collect();
    let schema = scan_schema(&EventSchema { n_buckets: data::BUCKETS, fields: Vec::new() });
    let instants = |values: Vec<i64>| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
    };
    let text = |value: Option<&str>| -> ArrayRef { Arc::new(StringArray::from(vec![value; n_rows])) };
    let columns = schema.fields().iter().map(|field| {
        let array: ArrayRef = match field.name().as_str() {
            column::IDENTITY => Arc::new(Int64Array::from(identities.clone())),
            column::TIME => instants(times.clone()),
            column::KNOWN => instants(times.clone()),
            column::EVENT_ID => Arc::new(BinaryArray::from_iter_values(ids.iter())),
            column::RETRACTION => Arc::new(BooleanArray::from(vec![false; n_rows])),
            column::POSITION => Arc::new(Int64Array::from_iter_values(first..first + n_rows as i64)),
            column::KIND => text(Some("order_line")),
            column::SOURCE => text(Some("web")),
            column::ORDER_KEY => Arc::new(Int64Array::from_iter_values(
                (0..n_rows as i64).map(|row| first + row / LINES as i64),
            )),
            column::AMOUNT => text(Some("12.50")),
            column::QUANTITY => text(Some("1")),
            column::SPEND => Arc::new(BooleanArray::from(vec![true; n_rows])),
            _ => text(None),
        };
        Ok::<_, arrow::error::ArrowError>(cast(&array, field.data_type())?)
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    Ok(RecordBatch::try_new(schema, columns)?)
}

/// Takes the files below a folder out of the page cache; what is being written stays.
fn forget(folder: &Path) -> Outcome<()> {
    for file in files(folder)? {
        let done = Command::new("dd")
            .arg(format!("if={}", file.display()))
            .args(["iflag=nocache", "count=0", "status=none"])
            .status()?;
        if !done.success() {
            return Err("dd cannot take a file out of the page cache".into());
        }
    }
    Ok(())
}

/// Reads the files below a folder once.
fn warm(folder: &Path) -> Outcome<()> {
    for file in files(folder)? {
        std::io::copy(&mut std::fs::File::open(file)?, &mut std::io::sink())?;
    }
    Ok(())
}

fn files(folder: &Path) -> Outcome<Vec<std::path::PathBuf>> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { out.extend(files(&path)?) } else { out.push(path) }
    }
    Ok(out)
}

/// SplitMix64.
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn quantile(values: &mut [f64], q: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (q * values.len() as f64).ceil() as usize;
    values.get(at.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// What the process holds now, in MB.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
