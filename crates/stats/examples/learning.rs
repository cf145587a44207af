//! What the mathematics of learning needs, one task in one process: `learning.py` beside it runs this and the Python
//! libraries in turn on the same numbers and prints both. docs/benchmarks.md says what came out.
//!
//! `learning data FOLDER N` writes the numbers, `learning run TASK FOLDER N` does one task and prints one line of JSON.
#![allow(clippy::print_stdout)]

use std::path::Path;
use std::time::Instant;

use gradus_stats::binning::{self, bin_numbers};
use gradus_stats::cluster::{self, Points};
use gradus_stats::logistic;
use gradus_stats::random::Random;
use gradus_stats::separation::separation;
use gradus_stats::{boost, tree};

const COLUMNS: usize = 8;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["data", folder, n] => rows(n).and_then(|n| data(Path::new(folder), n)),
        ["run", task, folder, n] => rows(n).and_then(|n| run(task, Path::new(folder), n)),
        _ => Err("learning data FOLDER N | learning run TASK FOLDER N".into()),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("learning: {error}");
            std::process::ExitCode::from(2)
        }
    }
}

fn rows(n: &str) -> Outcome<usize> {
    Ok(n.parse()?)
}

/// Columns x, outcomes y of a curved rule, heaps for clusters: one file each, f64 in little-endian order, rows together.
fn data(folder: &Path, n: usize) -> Outcome<()> {
    let mut random = Random::new(5);
    let centres: Vec<f64> = (0..8 * COLUMNS).map(|_| 20.0 * random.unit() - 10.0).collect();
    let (mut x, mut y, mut heaps, mut line) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..n {
        let row: Vec<f64> = (0..COLUMNS).map(|_| random.normal()).collect();
        let curved =
            0.8 * row[0] - 1.5 + 0.3 * (3.0 * row[0]).sin() + 0.5 * row[1] * row[2] - 0.4 * row[3].abs();
        let straight = 0.8 * row[0] - 0.5 * row[1] + 0.25 * row[2] - 1.0;
        y.push(f64::from(u8::from(random.unit() < logistic::chance(curved))));
        line.push(f64::from(u8::from(random.unit() < logistic::chance(straight))));
        x.extend(row);
        let heap = random.below(8);
        heaps.extend((0..COLUMNS).map(|at| centres[heap * COLUMNS + at] + 2.0 * random.normal()));
    }
    for (name, values) in [("x", &x), ("y", &y), ("line", &line), ("heaps", &heaps)] {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        std::fs::write(folder.join(format!("{name}-{n}.f64")), bytes)?;
    }
    Ok(())
}

fn read(folder: &Path, name: &str, n: usize) -> Outcome<Vec<f64>> {
    let bytes = std::fs::read(folder.join(format!("{name}-{n}.f64")))?;
    Ok(bytes.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect())
}

fn columns(rows: &[f64]) -> Vec<Vec<f64>> {
    (0..COLUMNS).map(|at| rows.iter().skip(at).step_by(COLUMNS).copied().collect()).collect()
}

fn run(task: &str, folder: &Path, n: usize) -> Outcome<()> {
    match task {
        "logistic" => {
            let (x, y) = (columns(&read(folder, "x", n)?), read(folder, "line", n)?);
            let outcomes: Vec<bool> = y.iter().map(|y| *y == 1.0).collect();
            let views: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
            timed(
                || logistic::fit(&views, &outcomes, &logistic::Options::default()),
                |model| model.log_likelihood,
            )
        }
        "binning" => {
            let (x, y) = (columns(&read(folder, "x", n)?).swap_remove(0), read(folder, "y", n)?);
            let bad: Vec<bool> = y.iter().map(|y| *y == 1.0).collect();
            timed(|| bin_numbers(&x, &bad, &binning::Options::default()), |binning| binning.table.iv)
        }
        "heaps" | "cloud" => {
            let points =
                Points::from_rows(read(folder, if task == "heaps" { "heaps" } else { "x" }, n)?, COLUMNS)?;
            // The cloud has no clusters: fifty rounds, neither more nor fewer, as for the peer.
            let options = match task {
                "heaps" => cluster::Options { n_starts: 1, ..cluster::Options::of(8, 1) },
                _ => cluster::Options {
                    n_starts: 1,
                    tolerance: 0.0,
                    max_rounds: 50,
                    ..cluster::Options::of(8, 1)
                },
            };
            timed(|| cluster::fit(&points, &options), |found| found.inertia)
        }
        "starts" => {
            let points = Points::from_rows(read(folder, "heaps", n)?, COLUMNS)?;
            timed(|| cluster::fit(&points, &cluster::Options::of(8, 1)), |found| found.inertia)
        }
        "tree" => {
            let (x, y) = (columns(&read(folder, "x", n)?), read(folder, "y", n)?);
            let of: Vec<u32> = y.iter().map(|y| *y as u32).collect();
            let columns: Vec<tree::Column<'_>> =
                x.iter().map(|column| tree::Column::Numbers(column)).collect();
            timed(
                || tree::fit(&columns, tree::Target::Classes { of: &of, n: 2 }, &tree::Options::default()),
                |tree| tree.cost(),
            )
        }
        "boost" => {
            let (x, y) = (columns(&read(folder, "x", n)?), read(folder, "y", n)?);
            let half = n / 2;
            let views: Vec<&[f64]> = x.iter().map(|column| &column[..half]).collect();
            let judge = |model: &boost::Boosted| {
                let scores: Vec<f64> = (half..n)
                    .map(|row| model.sum(&x.iter().map(|column| column[row]).collect::<Vec<f64>>()))
                    .collect();
                let outcomes: Vec<bool> = y[half..].iter().map(|y| *y == 1.0).collect();
                separation(&scores, &outcomes).map_or(f64::NAN, |found| found.auc)
            };
            let options = boost::Options { ridge: 0.0, ..boost::Options::default() };
            timed(|| boost::fit(&views, &y[..half], None, &options), judge)
        }
        _ => Err("tasks: logistic, binning, heaps, cloud, starts, tree, boost".into()),
    }
}

/// One task, its time, processor time and peak memory, and a number by which results are compared.
fn timed<T>(
    work: impl Fn() -> Result<T, gradus_stats::refusal::Refusal>,
    result: impl Fn(&T) -> f64,
) -> Outcome<()> {
    let (start, cpu) = (Instant::now(), processor_seconds());
    let found = work()?;
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), processor_seconds() - cpu);
    let peak = peak_mb();
    let result = result(&found);
    println!(r#"{{"seconds": {seconds}, "cpu": {cpu}, "peak_mb": {peak}, "result": {result}}}"#);
    Ok(())
}

/// From the system's own accounts; in hundredths of a second. No number elsewhere than on Linux.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(f64::NAN);
    (ticks(11) + ticks(12)) / 100.0
}

fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}
