//! Import of a CSV file: the verb `import` of Gradus, from the first byte to the commit that is on
//! disk, against DuckDB's COPY of the same typed columns, sorted, into a Parquet file.

use std::fs::File;
use std::path::Path;
use std::time::Instant;

use arrow::array::AsArray;
use arrow::compute::sum;
use arrow::datatypes::{Decimal128Type, TimestampMicrosecondType};
use gradus_workspace::{FileReport, ImportOptions, Workspace, import};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, cpu_seconds, differences, median, peak_mb};
use crate::rounds::{engines, own, run as call, text};
use crate::{Outcome, csv_file, data};

const SOURCE: &str = include_str!("../model/orders.yaml");
const IDENTITY: &str = "  identity: [{ kind: id, value: customer_no }, { kind: phone, value: phone }]\n";

/// One import, as a process prints it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Imported {
    pub seconds: f64,
    pub cpu_seconds: f64,
    pub peak_mb: f64,
    /// Rows, and sums over them, as they are read back from the Parquet files.
    pub answer: Answer,
}

/// Imports `file` into a new workspace at `root`, which is removed if it is there.
pub async fn run(file: &Path, root: &Path, identified: bool) -> Outcome<Imported> {
    if root.join("made-by-bench").exists() {
        std::fs::remove_dir_all(root)?;
    }
    std::fs::create_dir_all(root.join("sources"))?;
    std::fs::create_dir_all(root.join("ledger"))?;
    std::fs::write(root.join("made-by-bench"), "")?;
    let settings = format!(
        "gradus: 1\ntime_zone: {}\ncurrency: CNY\nclock: last_event\nbuckets: {}\n",
        data::ZONE,
        data::BUCKETS
    );
    std::fs::write(root.join("gradus.yaml"), settings)?;
    let source =
        SOURCE.replace("mapping:\n", &format!("mapping:\n{}", if identified { IDENTITY } else { "" }));
    std::fs::write(root.join("sources").join("orders.yaml"), source)?;
    let workspace = Workspace::open(root, None).await?;
    let options =
        ImportOptions { files: vec![text(file)], source: Some("orders".into()), ..ImportOptions::default() };
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let imported = import(&workspace, &options, &()).await?;
    let (seconds, cpu_seconds, peak_mb) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu, peak_mb());
    let Some(FileReport::Imported(one)) = imported.files.first() else {
        return Err(format!("nothing was imported: {imported:?}").into());
    };
    if one.quarantined > 0 {
        return Err(format!("{} rows were refused: {:?}", one.quarantined, one.examples.first()).into());
    }
    Ok(Imported { seconds, cpu_seconds, peak_mb, answer: answer(root).await? })
}

/// Rows, amounts, quantities and times of the files that the ledger holds.
async fn answer(root: &Path) -> Outcome<Answer> {
    let mut answer =
        Answer::from(["rows", "amount", "quantity", "seconds"].map(|name| (name.to_string(), 0)));
    for file in data::active_files(root).await? {
        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(file)?)?;
        let mask = ProjectionMask::columns(builder.parquet_schema(), ["time", "amount", "quantity"]);
        for batch in builder.with_projection(mask).with_batch_size(65_536).build()? {
            let batch = batch?;
            let column = |name: &str| batch.column_by_name(name).ok_or_else(|| format!("no column {name}"));
            let mut add = |name: &str, n: i64| *answer.entry(name.to_string()).or_default() += n;
            add("rows", batch.num_rows() as i64);
            for name in ["amount", "quantity"] {
                add(name, sum(column(name)?.as_primitive::<Decimal128Type>()).unwrap_or(0) as i64);
            }
            let times = column("time")?.as_primitive::<TimestampMicrosecondType>();
            add("seconds", times.values().iter().map(|time| time / 1_000_000).sum());
        }
    }
    Ok(answer)
}

/// Both kinds of file, the two programs in turn, round after round; checks and prints.
pub fn rounds(folder: &Path, n_rows: u64, n_rounds: usize, python: Option<&str>) -> Outcome<()> {
    println!("\nImport of {n_rows} order lines from CSV:");
    println!(
        "{:<28} {:>3} {:>9} {:>9} {:>9} {:>8} {:>9} {:>8} {:>8} {:>8}",
        "", "n", "median s", "least s", "most s", "cpu s", "rows/s", "MB/s", "peak MB", "speed"
    );
    for (what, identified) in [("receipts", false), ("members", true)] {
        let file = csv_file::orders(folder, n_rows, identified)?;
        let megabytes = std::fs::metadata(&file)?.len() as f64 / 1e6;
        let scratch = folder.join("csv");
        let workspace = text(&scratch.join(format!("workspace-{what}")));
        let mut commands = vec![("gradus", own(&["one", "import", what, &text(&file), &workspace])?)];
        if let Some(python) = python {
            let out = text(&scratch.join(format!("duckdb-{what}.parquet")));
            let script = text(&engines().join("duckdb_import.py"));
            commands.push(("duckdb", vec![python.into(), script, what.into(), text(&file), out]));
        }
        let mut runs: Vec<Vec<Imported>> = vec![Vec::new(); commands.len()];
        for _ in 0..n_rounds {
            for ((_, command), runs) in commands.iter().zip(&mut runs) {
                runs.push(call(command)?);
            }
        }
        agree(&commands, &runs)?;
        let seconds = |runs: &[Imported]| median(runs.iter().map(|run| run.seconds));
        let reference = runs.last().map_or(1.0, |duckdb| seconds(duckdb));
        for ((name, _), runs) in commands.iter().zip(&runs) {
            let of = |of: fn(&Imported) -> f64| median(runs.iter().map(of));
            let bound =
                |pick: fn(f64, f64) -> f64| runs.iter().map(|run| run.seconds).reduce(pick).unwrap_or(0.0);
            let median = seconds(runs);
            println!(
                "{:<28} {:>3} {median:>9.3} {:>9.3} {:>9.3} {:>8.2} {:>9.0} {:>8.1} {:>8.0} {:>8.2}",
                format!("{what}, {name}"),
                runs.len(),
                bound(f64::min),
                bound(f64::max),
                of(|run| run.cpu_seconds),
                n_rows as f64 / median,
                megabytes / median,
                of(|run| run.peak_mb),
                reference / median
            );
        }
    }
    println!(
        "receipts name nobody; members have a customer number and a telephone, which go through the vault."
    );
    println!("speed: DuckDB's time over one's own; DuckDB encrypts, links, hashes and checks nothing.");
    Ok(())
}

/// Every run of both programs wrote the same rows.
fn agree(commands: &[(&str, Vec<String>)], runs: &[Vec<Imported>]) -> Outcome<()> {
    let first = runs.iter().flatten().next().ok_or("nothing ran")?;
    for ((name, _), runs) in commands.iter().zip(runs) {
        for run in runs {
            let different = differences(&first.answer, &run.answer);
            if !different.is_empty() {
                return Err(format!("{name} disagrees: {}", different.join("; ")).into());
            }
        }
    }
    Ok(())
}
