//! BG/NBD beside the Python library lifetimes on the same customers in the same run: the fit, the purchases
//! to expect of everybody and P(alive) of everybody, with the likelihood that each reached.
//!
//! cargo run -p gradus-stats --example lifetime_speed -- PYTHON [FOLDER] [ROUNDS] [CUSTOMERS...]
//!
//! PYTHON is an interpreter that has lifetimes 0.11.3 (or `-`: without it). The build must be optimised
//! (the repository's profile is). Customers are drawn with a seed: r .243, alpha 4.414, a .793, b 2.426,
//! known for 27 to 39 weeks, once with times to the last digit (no two customers alike) and once in whole
//! days, as a ledger has them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use gradus_stats::lifetime::bgnbd::BgNbd;
use gradus_stats::lifetime::fit::{Fit, Options, Status};
use gradus_stats::lifetime::history::{Histories, History};
use gradus_stats::lifetime::model::RepeatModel;
use gradus_stats::random::Random;

const TRUTH: BgNbd = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
const WEEKS_AHEAD: f64 = 39.0;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let python = arguments.first().map_or("-", String::as_str);
    let folder = PathBuf::from(arguments.get(1).map_or("target/lifetime-speed", String::as_str));
    let rounds: usize = arguments.get(2).and_then(|text| text.parse().ok()).unwrap_or(3);
    let mut sizes: Vec<usize> = arguments.iter().skip(3).filter_map(|text| text.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![2_000, 100_000, 1_000_000];
    }
    std::fs::create_dir_all(&folder).expect("a folder to write the columns into");
    for n in sizes {
        for whole_days in [false, true] {
            compare(&columns(n, whole_days), whole_days, python, &folder, rounds);
        }
    }
}

/// x, t_x, T as the files hold them.
struct Columns {
    x: Vec<u32>,
    t_x: Vec<f64>,
    age: Vec<f64>,
}

fn columns(n: usize, whole_days: bool) -> Columns {
    let mut random = Random::new(20_250_101);
    let mut out = Columns { x: Vec::new(), t_x: Vec::new(), age: Vec::new() };
    let new = History { x: 0, t_x: 0.0, age: 0.0 };
    let mut times = Vec::new();
    for _ in 0..n {
        let mut age = 27.0 + 12.0 * random.open_unit();
        times.clear();
        TRUTH.draw_purchases(&new, age, &mut random, &mut times);
        if whole_days {
            // Several purchases of one day are one.
            age = (age * 7.0).ceil() / 7.0;
            times.iter_mut().for_each(|time| *time = (*time * 7.0).ceil() / 7.0);
            times.dedup();
        }
        out.x.push(times.len() as u32);
        out.t_x.push(times.last().copied().unwrap_or(0.0));
        out.age.push(age);
    }
    out
}

/// Wall and processor seconds.
type Seconds = (f64, f64);

struct Round {
    fit: Seconds,
    expected: Seconds,
    alive: Seconds,
    log_likelihood: f64,
    expected_sum: f64,
    alive_sum: f64,
    peak_mb: f64,
}

fn compare(columns: &Columns, whole_days: bool, python: &str, folder: &Path, rounds: usize) {
    write(folder, columns);
    let kind = if whole_days { "whole days" } else { "exact times" };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut fit = None;
    for _ in 0..rounds {
        let (found, round) = our_round(columns);
        fit = Some(found);
        ours.push(round);
        if python != "-" {
            theirs.push(their_round(python, folder));
        }
    }
    let Some(fit) = fit else { return };
    assert_eq!(fit.status, Status::Converged);
    println!("{} customers, {kind}, {} patterns: {:?}", columns.x.len(), fit.n_patterns, fit.model);
    println!(
        "{:24}{:>14}{:>14}{:>14}{:>18}{:>12}",
        "", "fit s (cpu)", "E[Y] s (cpu)", "alive s (cpu)", "ln L", "peak MB"
    );
    for (name, rounds) in [("gradus", &ours), ("lifetimes", &theirs)] {
        let Some(last) = rounds.last() else { continue };
        let shown = |of: fn(&Round) -> Seconds| {
            format!("{:.5} ({:.5})", median(rounds, |round| of(round).0), median(rounds, |round| of(round).1))
        };
        println!(
            "{name:24}{:>18}{:>18}{:>18}{:>18.6}{:>10.0}",
            shown(|round| round.fit),
            shown(|round| round.expected),
            shown(|round| round.alive),
            last.log_likelihood,
            last.peak_mb
        );
    }
    if let (Some(our), Some(their)) = (ours.last(), theirs.last()) {
        let times = |of: fn(&Round) -> Seconds| {
            median(&theirs, |round| of(round).1) / median(&ours, |round| of(round).1).max(1e-9)
        };
        println!(
            "{:24}{:>18.1}{:>18.1}{:>18.1}   ln L {:+.6}, E[Y] {:+.1e}, alive {:+.1e}",
            "times as fast (cpu)",
            times(|round| round.fit),
            times(|round| round.expected),
            times(|round| round.alive),
            our.log_likelihood - their.log_likelihood,
            our.expected_sum / their.expected_sum - 1.0,
            our.alive_sum / their.alive_sum - 1.0,
        );
        // The same likelihood, or a better one: else the comparison means nothing.
        assert!(our.log_likelihood > their.log_likelihood - 1e-3);
        assert!((our.expected_sum / their.expected_sum - 1.0).abs() < 1e-3);
    }
    println!();
}

/// From the columns to the parameters: checking and grouping are in the time of the fit.
fn our_round(columns: &Columns) -> (Fit<BgNbd>, Round) {
    let (fit, fit_seconds) = timed(|| {
        let base = Histories::of(&columns.x, &columns.t_x, &columns.age).expect("histories are sound");
        BgNbd::fit(&base, &Options::default())
    });
    let Columns { x, t_x, age } = columns;
    let (expected, expected_seconds) =
        timed(|| fit.model.expecting(WEEKS_AHEAD).of_each(x, t_x, age).expect("columns of one length"));
    let (alive, alive_seconds) =
        timed(|| fit.model.p_alive_each(x, t_x, age).expect("columns of one length"));
    let round = Round {
        fit: fit_seconds,
        expected: expected_seconds,
        alive: alive_seconds,
        log_likelihood: fit.log_likelihood,
        expected_sum: expected.iter().sum(),
        alive_sum: alive.iter().sum(),
        peak_mb: peak_mb(),
    };
    (fit, round)
}

fn their_round(python: &str, folder: &Path) -> Round {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bench/engines/lifetimes_fit.py");
    let output = Command::new(python)
        .arg(script)
        .arg(folder)
        .arg(WEEKS_AHEAD.to_string())
        .env("OMP_NUM_THREADS", "1")
        .env("OPENBLAS_NUM_THREADS", "1")
        .output()
        .expect("the interpreter starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let json = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = |key: &str| -> f64 {
        let from = json.find(&format!("\"{key}\": ")).expect("the key") + key.len() + 4;
        json[from..].split([',', '}']).next().and_then(|text| text.trim().parse().ok()).expect("a number")
    };
    let seconds = |what: &str| (number(&format!("{what}_wall")), number(&format!("{what}_cpu")));
    Round {
        fit: seconds("fit"),
        expected: seconds("expected"),
        alive: seconds("alive"),
        log_likelihood: number("log_likelihood"),
        expected_sum: number("expected_sum"),
        alive_sum: number("alive_sum"),
        peak_mb: number("peak_mb"),
    }
}

fn write(folder: &Path, columns: &Columns) {
    let x: Vec<f64> = columns.x.iter().map(|x| f64::from(*x)).collect();
    for (name, values) in [("x", &x), ("t_x", &columns.t_x), ("age", &columns.age)] {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        std::fs::write(folder.join(format!("{name}.f64")), bytes).expect("the columns are written");
    }
}

/// Work is done over and over until it takes long enough to be measured (the kernel counts processor time in
/// steps of some milliseconds), and divided; lifetimes_fit.py does the same.
fn timed<T>(work: impl Fn() -> T) -> (T, Seconds) {
    const LONG_ENOUGH: f64 = 0.4;
    let (wall, cpu) = (Instant::now(), processor_seconds());
    let (mut out, mut times) = (work(), 1);
    while wall.elapsed().as_secs_f64() < LONG_ENOUGH {
        out = work();
        times += 1;
    }
    let each = 1.0 / f64::from(times);
    (out, (wall.elapsed().as_secs_f64() * each, (processor_seconds() - cpu) * each))
}

/// Of this process, from Linux; 0 elsewhere.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn peak_mb() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.trim().split(' ').next().and_then(|kilobytes| kilobytes.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn median(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
