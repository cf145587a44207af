//! Speed of Gradus against DuckDB, Polars and a loop written by hand: the same indicators, scores,
//! tiers and segments of the same customers, in turn, each in a process of its own, all checked
//! against each other. `make bench`, `make bench-small`; docs/benchmarks.md says what came out.
#![allow(clippy::print_stdout)]

mod answer;
mod backtest;
mod csv_file;
mod data;
mod grade_by_hand;
mod gradus;
mod hand;
mod import;
mod lifetime;
mod micro;
mod regrade;
mod rounds;
mod simulate;
mod table;
mod ways;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Threads of every contestant.
const N_THREADS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(N_THREADS.get()).enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(verb(&words)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gradus-bench: {error}");
            std::process::ExitCode::from(2)
        }
    }
}

async fn verb(words: &[&str]) -> Outcome<()> {
    match words {
        // What one process of the comparison does.
        ["one", "gradus", root] => print(&gradus::run(Path::new(root), N_THREADS).await?),
        ["one", "hand", files @ ..] => {
            let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
            print(&hand::run(&files, N_THREADS.get())?)
        }
        ["one", "regrade", what, root] => {
            print(&regrade::run(Path::new(root), N_THREADS, *what == "intervals").await?)
        }
        ["one", "backtest", root] => print(&backtest::run(Path::new(root)).await?),
        ["one", "simulate", what, root] => print(&simulate::run(Path::new(root), *what == "history").await?),
        ["one", "ways", root] => print(&ways::run(Path::new(root), N_THREADS).await?),
        ["one", "import", what, file, root] => {
            print(&import::run(Path::new(file), Path::new(root), *what == "members").await?)
        }
        // Parts of the whole, each alone.
        ["grading", n_events, n_rounds] => {
            rounds::grading(&folder(), n_events.parse()?, n_rounds.parse()?).await
        }
        ["regrade", n_events] => {
            let root = data::workspace(&folder(), n_events.parse()?).await?;
            rounds::regrade(&root.display().to_string())
        }
        ["backtest", n_events] => {
            let root = data::workspace(&folder(), n_events.parse()?).await?;
            rounds::backtest(&root.display().to_string())
        }
        ["simulate", n_events] => {
            let root = data::workspace(&folder(), n_events.parse()?).await?;
            rounds::simulate(&root).await
        }
        ["ways", n_events] => {
            let root = data::workspace(&folder(), n_events.parse()?).await?;
            rounds::ways(&root.display().to_string())
        }
        ["import", n_rows, n_rounds] => {
            import::rounds(&folder(), n_rows.parse()?, n_rounds.parse()?, rounds::python().as_deref())
        }
        ["one", "base", root] => print(&micro::base(Path::new(root), N_THREADS).await?),
        ["one", "fits", root] => print(&micro::fits(Path::new(root), N_THREADS).await?),
        ["one", "micro", root, fits] => print(&micro::run(Path::new(root), fits).await?),
        ["micro", n_events] => micro_batches(&data::workspace(&folder(), n_events.parse()?).await?),
        ["data", n_events] => {
            let root = data::workspace(&folder(), n_events.parse()?).await?;
            println!("{}", root.display());
            Ok(())
        }
        ["one", "table", n_rows, n_customers] => {
            print(&table::run(n_rows.parse()?, n_customers.parse()?, None)?)
        }
        ["one", "lifetime", n_customers, what] => {
            print(&lifetime::run(n_customers.parse()?, *what == "losses")?)
        }
        ["lifetime", n_customers] => lifetime::rounds(n_customers.parse()?),
        ["table", n_rows, n_customers] => {
            table::rounds(&folder(), n_rows.parse()?, n_customers.parse()?, rounds::python().as_deref())
        }
        ["--size", size] => rounds::all(&folder(), rounds::Size::named(size)?).await,
        _ => Err("usage: gradus-bench --size small|full".into()),
    }
}

/// Each step in a process of its own, so that memory is its own.
fn micro_batches(root: &Path) -> Outcome<()> {
    let root_text = rounds::text(root);
    let base: micro::Base = rounds::run(&rounds::own(&["one", "base", &root_text])?)?;
    let fits: serde_json::Value = rounds::run(&rounds::own(&["one", "fits", &root_text])?)?;
    let file = root.join("fits.json");
    std::fs::write(&file, fits.to_string())?;
    micro::print(&base, &rounds::run(&rounds::own(&["one", "micro", &root_text, &rounds::text(&file)])?)?);
    Ok(())
}

fn print<T: serde::Serialize>(value: &T) -> Outcome<()> {
    println!("{}", serde_json::to_string(value)?);
    Ok(())
}

/// Where the data are kept: `GRADUS_BENCH_DIR`, or `bench` in the build's folder.
fn folder() -> PathBuf {
    let named = std::env::var_os("GRADUS_BENCH_DIR").map(PathBuf::from);
    named.unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into())).join("bench")
    })
}
