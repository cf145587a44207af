//! The contestants in turn, round after round, so that a busy machine slows all of them alike.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::answer::{Answer, Outcome as Measured, differences};
use crate::{Outcome, backtest, data, import, regrade, simulate, ways};

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Small,
    Full,
}

impl Size {
    pub fn named(name: &str) -> Outcome<Size> {
        match name {
            "small" => Ok(Size::Small),
            "full" => Ok(Size::Full),
            other => Err(format!("{other} is neither small nor full").into()),
        }
    }

    /// Events, and rounds over them.
    fn steps(self) -> &'static [(u64, usize)] {
        match self {
            Size::Small => &[(500_000, 5), (2_000_000, 5)],
            Size::Full => &[(500_000, 5), (5_000_000, 5), (50_000_000, 5)],
        }
    }

    /// Order lines that are imported, and rounds over them.
    fn lines(self) -> (u64, usize) {
        match self {
            Size::Small => (500_000, 5),
            Size::Full => (5_000_000, 5),
        }
    }
}

struct Contestant {
    name: &'static str,
    command: Vec<String>,
    runs: Vec<Measured>,
}

/// Measures everything and prints it.
pub async fn all(folder: &Path, size: Size) -> Outcome<()> {
    let python = python();
    let mut growth = Vec::new();
    let mut largest = String::new();
    for (n_events, n_rounds) in size.steps() {
        growth.push((*n_events, compare(folder, *n_events, *n_rounds).await?));
        largest = text(&data::workspace(folder, *n_events).await?);
    }
    print_growth(&growth);
    regrade(&largest)?;
    backtest(&largest)?;
    simulate(Path::new(&largest)).await?;
    ways(&largest)?;
    let (n_rows, n_rounds) = size.lines();
    import::rounds(folder, n_rows, n_rounds, python.as_deref())?;
    crate::micro_batches(Path::new(&largest))?;
    Ok(())
}

/// The contestants on one ledger, and what came out.
async fn compare(folder: &Path, n_events: u64, n_rounds: usize) -> Outcome<Vec<Contestant>> {
    let root = data::workspace(folder, n_events).await?;
    let files = data::active_files(&root).await?;
    let mut contestants = contestants(&root, &files, python().as_deref())?;
    for _ in 0..n_rounds {
        for contestant in &mut contestants {
            let measured: Measured = run(&contestant.command)?;
            contestant.runs.push(measured);
        }
    }
    agree(&contestants)?;
    print(n_events, &contestants);
    Ok(contestants)
}

/// The comparison of the whole grading alone, at one size.
pub async fn grading(folder: &Path, n_events: u64, n_rounds: usize) -> Outcome<()> {
    compare(folder, n_events, n_rounds).await.map(drop)
}

/// Grades the customers of a workspace again, with every attribute known and with intervals.
pub fn regrade(root: &str) -> Outcome<()> {
    for what in ["all known", "intervals"] {
        regrade::print(what, &run(&own(&["one", "regrade", what, root])?)?);
    }
    Ok(())
}

/// A back-test in a process of its own.
pub fn backtest(root: &str) -> Outcome<()> {
    backtest::print(&run(&own(&["one", "backtest", root])?)?);
    Ok(())
}

/// A changed model over one instant and over six, each in a process of its own; the same from the same files by
/// DuckDB, where there is one, which has to move as many customers.
pub async fn simulate(root: &Path) -> Outcome<()> {
    let files: Vec<String> = data::active_files(root).await?.iter().map(|file| text(file)).collect();
    for what in ["instant", "history"] {
        let done: simulate::Simulated = run(&own(&["one", "simulate", what, &text(root)])?)?;
        simulate::print(&done);
        let Some(python) = python() else { continue };
        let command = [python, text(&engines().join("duckdb_simulate.py")), what.into()];
        let other: simulate::Simulated = run(&command.into_iter().chain(files.clone()).collect::<Vec<_>>())?;
        simulate::beside(&done, &other)?;
    }
    Ok(())
}

/// What lifts or keeps the tier, customer by customer, in a process of its own.
pub fn ways(root: &str) -> Outcome<()> {
    ways::print(&run(&own(&["one", "ways", root])?)?);
    Ok(())
}

/// A Python that has the other engines, if the script found one.
pub fn python() -> Option<String> {
    std::env::var("GRADUS_PYTHON").ok().filter(|path| !path.is_empty())
}

fn contestants(root: &Path, files: &[PathBuf], python: Option<&str>) -> Outcome<Vec<Contestant>> {
    let files: Vec<String> = files.iter().map(|file| text(file)).collect();
    let hand: Vec<&str> = ["one", "hand"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let mut all = vec![("by hand", own(&hand)?), ("gradus", own(&["one", "gradus", &text(root)])?)];
    if let Some(python) = python {
        let script = |name: &str| text(&engines().join(name));
        let with = |first: &[String]| first.iter().chain(&files).cloned().collect::<Vec<String>>();
        let table = text(&root.join("table.duckdb"));
        if !root.join("table.duckdb").exists() {
            call(&with(&[python.into(), script("duckdb_load.py"), table.clone()]))?;
        }
        all.push(("duckdb, files", with(&[python.into(), script("duckdb_query.py"), "files".into()])));
        all.push(("duckdb, table", vec![python.into(), script("duckdb_query.py"), "table".into(), table]));
        all.push(("polars", with(&[python.into(), script("polars_query.py")])));
    }
    Ok(all.into_iter().map(|(name, command)| Contestant { name, command, runs: Vec::new() }).collect())
}

/// The folder of the other engines' scripts.
pub fn engines() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("engines")
}

/// This program with other words.
pub fn own(words: &[&str]) -> Outcome<Vec<String>> {
    let program = std::env::current_exe()?;
    Ok(std::iter::once(text(&program)).chain(words.iter().map(|word| (*word).to_string())).collect())
}

pub fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Runs a command and reads the one line of JSON that it prints last.
pub fn run<T: serde::de::DeserializeOwned>(command: &[String]) -> Outcome<T> {
    let printed = call(command)?;
    let last = printed.lines().last().ok_or_else(|| format!("{} printed nothing", command.join(" ")))?;
    Ok(serde_json::from_str(last)?)
}

fn call(command: &[String]) -> Outcome<String> {
    let (program, arguments) = command.split_first().ok_or("no command")?;
    let done = Command::new(program).args(arguments).stderr(Stdio::inherit()).output()?;
    if !done.status.success() {
        let shown: String = command.join(" ").chars().take(200).collect();
        return Err(format!("{shown}: {}", done.status).into());
    }
    Ok(String::from_utf8(done.stdout)?)
}

/// All runs of all contestants found the same, or it is an error. Where a customer's last lines
/// share one instant and not one source, the others may pick either.
fn agree(contestants: &[Contestant]) -> Outcome<()> {
    let strip = |answer: &Answer| {
        let mut answer = answer.clone();
        answer.remove("ambiguous");
        let web = answer.remove("sum.last_source").unwrap_or(-1);
        (answer, web)
    };
    let first = contestants.first().and_then(|c| c.runs.first()).ok_or("nothing ran")?;
    let ambiguous = first.answer.get("ambiguous").copied().unwrap_or(0);
    let (expected, expected_web) = strip(&first.answer);
    for contestant in contestants {
        for run in &contestant.runs {
            let (found, web) = strip(&run.answer);
            let mut different = differences(&expected, &found);
            let may_differ = if contestant.name == "gradus" { 0 } else { ambiguous };
            if (web - expected_web).abs() > may_differ {
                different.push(format!("sum.last_source: {web} instead of {expected_web}"));
            }
            if !different.is_empty() {
                return Err(format!("{} disagrees: {}", contestant.name, different.join("; ")).into());
            }
        }
    }
    println!(
        "\nAll agree: {} numbers; {ambiguous} customers with an ambiguous last source.",
        expected.len() + 1
    );
    Ok(())
}

fn print(n_events: u64, contestants: &[Contestant]) {
    println!("\n{n_events} events, {} customers:", n_events / 10);
    println!(
        "{:<14} {:>3} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8} {:>9}",
        "", "n", "median s", "least s", "most s", "cpu s", "grading s", "peak MB", "x by hand"
    );
    let by_hand = contestants.first().map_or(1.0, |hand| median(hand, |run| run.seconds));
    for contestant in contestants {
        let seconds = median(contestant, |run| run.seconds);
        let ordered = sorted(contestant, |run| run.seconds);
        println!(
            "{:<14} {:>3} {:>9.3} {:>9.3} {:>9.3} {:>9.2} {:>9.3} {:>8.0} {:>9.2}",
            contestant.name,
            contestant.runs.len(),
            seconds,
            ordered.first().unwrap_or(&0.0),
            ordered.last().unwrap_or(&0.0),
            median(contestant, |run| run.cpu_seconds),
            median(contestant, |run| run.grade_seconds),
            median(contestant, |run| run.peak_mb),
            seconds / by_hand
        );
    }
}

fn print_growth(growth: &[(u64, Vec<Contestant>)]) {
    println!("\nMedian seconds per million events:");
    let Some((_, names)) = growth.first() else { return };
    let header: Vec<String> = growth.iter().map(|(n, _)| format!("{n:>12}")).collect();
    println!("{:<14} {}", "", header.join(" "));
    for (at, contestant) in names.iter().enumerate() {
        let cells: Vec<String> = growth
            .iter()
            .filter_map(|(n, all)| Some((n, all.get(at)?)))
            .map(|(n, own)| format!("{:>12.4}", median(own, |run| run.seconds) * 1e6 / *n as f64))
            .collect();
        println!("{:<14} {}", contestant.name, cells.join(" "));
    }
}

fn sorted(contestant: &Contestant, of: impl Fn(&Measured) -> f64) -> Vec<f64> {
    let mut values: Vec<f64> = contestant.runs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The middle run; of an even number the upper of the two in the middle.
fn median(contestant: &Contestant, of: impl Fn(&Measured) -> f64) -> f64 {
    let values = sorted(contestant, of);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
