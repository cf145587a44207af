//! Grading again after a change of weights only, as an operator does it: `grade` finds that the stored
//! grades of the version before hold all indicators, reads them, works out scores, tiers and segments
//! anew, and the matrix says who moved from which tier to which.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use arrow::array::AsArray;
use arrow::compute::concat_batches;
use gradus_workspace::summary::{GradedBase, SummaryOptions, migrate};
use gradus_workspace::{GradeOptions, Grading, StoredGrades, Workspace, bases, grade};
use serde::{Deserialize, Serialize};

use crate::answer::{cpu_seconds, median, peak_mb};
use crate::{Outcome, data};

const N_RUNS: usize = 5;

/// Medians of several runs in one process.
#[derive(Debug, Serialize, Deserialize)]
pub struct Regraded {
    n_customers: usize,
    /// Whose tier is provisional, because an attribute is unknown and their score an interval.
    n_provisional: usize,
    /// Grading and keeping everyone by the version before: once, and not counted.
    seconds_before: [f64; 3],
    /// All of it.
    seconds: f64,
    cpu_seconds: f64,
    /// Finding and reading the stored indicators.
    seconds_read: f64,
    /// Scores, tiers and segments, cut-offs and quantiles estimated anew.
    seconds_grade: f64,
    /// Reading the tiers of the version before, and the matrix.
    seconds_matrix: f64,
    peak_mb: f64,
    /// Levels, lowest first; `counts[from][to]`.
    levels: Vec<String>,
    counts: Vec<Vec<u64>>,
}

/// Grades everyone by the benchmark's model and keeps the grades; then again and again with other
/// weights. With `intervals`, an attribute that is unknown for most customers is part of the model.
pub async fn run(root: &Path, n_threads: NonZeroUsize, intervals: bool) -> Outcome<Regraded> {
    let (before, after) = models(intervals)?;
    let document = root.join("model").join("bench.yaml");
    std::fs::write(&document, before)?;
    let workspace = Workspace::open(root, None).await?;
    let options = |store: bool, reuse: bool| GradeOptions {
        instants: vec![data::as_of(&workspace.zone)],
        known_at_us: None,
        store,
        reuse,
        n_threads,
    };
    let first = grade(&workspace, &options(true, true), &()).await?;
    let seconds_before = [first.seconds_fold, first.seconds_grade, first.seconds_store];
    let mut old = bases(&first).into_iter().next().ok_or("nobody was graded")?;
    old.batches = Vec::new();
    let (hash, date) = (first.model_hash.clone(), old.as_of.clone());
    drop(first);
    std::fs::write(&document, after)?;
    let mut runs = Vec::new();
    let mut last: Option<(Grading, GradedBase)> = None;
    for _ in 0..N_RUNS {
        drop(last.take());
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let grading = grade(&workspace, &options(false, true), &()).await?;
        if grading.n_reused != 1 {
            return Err("the stored indicators were not found".into());
        }
        let graded = start.elapsed().as_secs_f64();
        let stored = StoredGrades::open(&workspace, &hash).await?;
        old.batches = stored.read_with(&date, &["customer", "member"], n_threads).await?;
        let new = bases(&grading).into_iter().next().ok_or("nobody was graded")?;
        let migration =
            migrate(&old, &new, &SummaryOptions::default())?.into_iter().next().ok_or("no tiers")?;
        let seconds = start.elapsed().as_secs_f64();
        let measured =
            [seconds, cpu_seconds() - cpu, grading.seconds_fold, grading.seconds_grade, seconds - graded];
        runs.push((measured, migration));
        last = Some((grading, new));
    }
    let peak_mb = peak_mb();
    let (_, again) = last.ok_or("nothing ran")?;
    let anew = grade(&workspace, &options(false, false), &()).await?;
    let anew = bases(&anew).into_iter().next().filter(|_| anew.n_reused == 0).ok_or("nobody was graded")?;
    // However they are cut into batches, the rows are the same, to the bit.
    let whole = |base: &GradedBase| {
        let schema = base.batches.first().ok_or("nobody was graded")?.schema();
        Outcome::Ok(concat_batches(&schema, &base.batches)?)
    };
    if whole(&anew)? != whole(&again)? {
        return Err("stored indicators and the fold disagree".into());
    }
    std::fs::write(&document, data::MODEL)?;
    // What was kept for this alone.
    for table in ["grades", "transitions"] {
        let _ = std::fs::remove_dir_all(root.join("ledger").join(table));
    }
    let of = |at: usize| median(runs.iter().map(|run| run.0[at]));
    let n_provisional = again.batches.iter().map(|batch| {
        batch.column_by_name("member_provisional").map_or(0, |flags| flags.as_boolean().true_count())
    });
    let migration = runs.last().map(|run| run.1.clone()).ok_or("nothing ran")?;
    Ok(Regraded {
        n_customers: again.n_customers(),
        n_provisional: n_provisional.sum(),
        seconds_before,
        seconds: of(0),
        cpu_seconds: of(1),
        seconds_read: of(2),
        seconds_grade: of(3),
        seconds_matrix: of(4),
        peak_mb,
        levels: migration.levels.iter().map(|(name, _)| name.clone()).collect(),
        counts: migration.counts,
    })
}

/// The model, and the same with two other weights.
fn models(intervals: bool) -> Outcome<(String, String)> {
    let replaced = |text: &str, from: &str, to: &str| match text.contains(from) {
        true => Ok(text.replacen(from, to, 1)),
        false => Err(format!("the benchmark's model has no {from:?}")),
    };
    let mut before = data::MODEL.to_string();
    if intervals {
        let indicator = "indicators:\n  last_refund: { kind: last, of: amount, where: kind = 'refund' }\n";
        before = replaced(&before, "indicators:\n", indicator)?;
        let attribute = "    attributes:\n      refund:\n        value: last_refund\n        weight: 1\n        bins:\n          - { below: -100, points: 0 }\n          - { from: -100, points: 4 }\n";
        before = replaced(&before, "    attributes:\n", attribute)?;
    }
    let after = replaced(&before, "weight: 2.5\n", "weight: 1\n")?;
    let after = replaced(&after, "weight: 3\n", "weight: 4.5\n")?;
    Ok((before, after))
}

pub fn print(what: &str, regraded: &Regraded) {
    let Regraded { n_customers, n_provisional, .. } = regraded;
    println!(
        "\nGrading again after a change of two weights, {what}: {n_customers} customers, {n_provisional} tiers provisional, n = {N_RUNS}"
    );
    println!(
        "  whole               {:.3} s ({:.2} cpu s, peak {:.0} MB)",
        regraded.seconds, regraded.cpu_seconds, regraded.peak_mb
    );
    println!("  reading indicators  {:.3} s", regraded.seconds_read);
    println!("  grading             {:.3} s", regraded.seconds_grade);
    println!("  tiers before, moves {:.3} s", regraded.seconds_matrix);
    let [fold, grade, store] = regraded.seconds_before;
    println!("  (the version before, once: fold {fold:.2} s, grading {grade:.2} s, keeping {store:.2} s)");
    let names = regraded.levels.iter().map(String::as_str).chain(["not graded"]);
    let header: Vec<String> = names.clone().map(|name| format!("{name:>11}")).collect();
    println!("  {:<12}{}", "from \\ to", header.join(""));
    for (name, row) in names.zip(&regraded.counts) {
        let cells: Vec<String> = row.iter().take(header.len()).map(|n| format!("{n:>11}")).collect();
        println!("  {name:<12}{}", cells.join(""));
    }
}
