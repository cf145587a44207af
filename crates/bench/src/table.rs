//! A decision table of thousands of rows over ten columns, for a million customers: how long the rows take
//! to compile, and how long everybody takes, with the first row that is hit and with all of them.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, AsArray, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Decimal128Type, Field, Schema};
use gradus_grading::grade::{CompileContext, Fits, IndicatorColumn, NullMeaning, StageB, compile};
use gradus_model::document::Model;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::peak_mb;
use crate::{N_THREADS, Outcome};

/// Customers in one batch.
const BATCH: usize = 8192;
/// Columns of whole numbers; the other two are texts.
const NUMBERS: usize = 8;
/// Values of a column of whole numbers, and of texts.
const VALUES: u64 = 1000;
const TEXTS: u64 = 50;

/// One table in a process of its own.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    compile_seconds: f64,
    first_seconds: f64,
    count_seconds: f64,
    peak_mb: f64,
    /// Customers with a row, the sum of the first rows, the sum of how many are hit.
    answer: [i64; 3],
}

/// A row: for each column nothing, an interval `[from, to)`, or one value.
type Row = Vec<Option<(u64, u64)>>;

/// Numbers without a seed from outside: every run has the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

fn rows(n_rows: usize) -> Vec<Row> {
    let mut numbers = Numbers(0x5DEE_CE66_D123_4567);
    let row = |_| {
        let mut cell = |column: usize| {
            if numbers.below(10) < 4 {
                return None;
            }
            if column >= NUMBERS {
                let text = numbers.below(TEXTS);
                return Some((text, text + 1));
            }
            let from = numbers.below(VALUES);
            let to = if numbers.below(5) == 0 { from + 1 } else { from + 1 + numbers.below(VALUES - from) };
            Some((from, to))
        };
        (0..NUMBERS + 2).map(&mut cell).collect()
    };
    (0..n_rows).map(row).collect()
}

fn customers(n: usize) -> Vec<RecordBatch> {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let mut batches = Vec::new();
    for from in (0..n).step_by(BATCH) {
        let size = BATCH.min(n - from);
        let ids = Int64Array::from_iter_values((from..from + size).map(|id| id as i64));
        let mut fields = vec![Field::new("customer", DataType::Int64, false)];
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(ids)];
        for column in 0..NUMBERS {
            let values = (0..size).map(|_| numbers.below(VALUES) as i64).collect::<Vec<_>>();
            fields.push(Field::new(format!("n{column}"), DataType::Int64, true));
            arrays.push(Arc::new(Int64Array::from(values)));
        }
        for column in 0..2 {
            let texts = (0..size).map(|_| format!("t{}", numbers.below(TEXTS))).collect::<Vec<_>>();
            fields.push(Field::new(format!("t{column}"), DataType::Utf8, true));
            arrays.push(Arc::new(StringArray::from(texts)));
        }
        batches.extend(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays));
    }
    batches
}

fn column(index: usize) -> String {
    if index < NUMBERS { format!("n{index}") } else { format!("t{}", index - NUMBERS) }
}

fn stage(rows: &[Row], hit: &str) -> Outcome<StageB> {
    let cell = |(index, cell): (usize, &Option<(u64, u64)>)| match cell {
        None => "-".to_string(),
        Some((value, _)) if index >= NUMBERS => format!("\"t{value}\""),
        Some((from, to)) if from + 1 == *to => from.to_string(),
        Some((from, to)) => format!("[{from}..{to})"),
    };
    let written: Vec<Value> = rows
        .iter()
        .enumerate()
        .map(|(number, row)| json!({"when": row.iter().enumerate().map(cell).collect::<Vec<_>>(), "then": [number + 1]}))
        .collect();
    let inputs: serde_json::Map<String, Value> =
        (0..NUMBERS + 2).map(|index| (column(index), json!({}))).collect();
    let model: Model = serde_json::from_value(json!({"gradus": 1, "decision_tables": {"t": {
        "hit": hit, "inputs": inputs, "outputs": {"row": {}}, "rows": written,
    }}}))?;
    let indicator = |index: usize| IndicatorColumn {
        name: column(index),
        data_type: if index < NUMBERS { DataType::Int64 } else { DataType::Utf8 },
        null_meaning: NullMeaning::Unknown,
        title: None,
    };
    let indicators: Vec<IndicatorColumn> = (0..NUMBERS + 2).map(indicator).collect();
    compile(&model, &indicators, &CompileContext::default())
        .map_err(|findings| format!("{findings:?}").into())
}

/// Sum and number of the values of the table, over all batches, on two threads.
fn grade(stage: &StageB, batches: &[RecordBatch]) -> Outcome<(i64, i64)> {
    let as_of: jiff::civil::Date = "2026-01-31".parse()?;
    let share = |part: usize| {
        let (mut sum, mut n) = (0i64, 0i64);
        for batch in batches.iter().skip(part).step_by(N_THREADS.get()) {
            let graded = stage.apply(batch, &Fits::default(), as_of);
            let values =
                graded.batch.column_by_name("t").map(|array| array.as_primitive::<Decimal128Type>().clone());
            let values: Decimal128Array = values.unwrap_or_else(|| Decimal128Array::from(Vec::<i128>::new()));
            sum += values.iter().flatten().map(|value| (value / 10_000) as i64).sum::<i64>();
            n += values.iter().flatten().count() as i64;
        }
        (sum, n)
    };
    let parts: Vec<(i64, i64)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..N_THREADS.get()).map(|part| scope.spawn(move || share(part))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    Ok(parts.into_iter().fold((0, 0), |one, other| (one.0 + other.0, one.1 + other.1)))
}

/// One measurement; with a folder the customers and rows are also written there as CSV, for another engine.
pub fn run(n_rows: usize, n_customers: usize, folder: Option<&Path>) -> Outcome<Measured> {
    let rows = rows(n_rows);
    let batches = customers(n_customers);
    if let Some(folder) = folder {
        write(folder, &rows, &batches)?;
    }
    let start = Instant::now();
    let first = stage(&rows, "first")?;
    let compile_seconds = start.elapsed().as_secs_f64();
    let count = stage(&rows, "collect_count")?;
    let start = Instant::now();
    let (sum, n) = grade(&first, &batches)?;
    let first_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let (hits, _) = grade(&count, &batches)?;
    let count_seconds = start.elapsed().as_secs_f64();
    Ok(Measured { compile_seconds, first_seconds, count_seconds, peak_mb: peak_mb(), answer: [n, sum, hits] })
}

/// Measures, and holds the answer against DuckDB's join on a tenth of the customers.
pub fn rounds(folder: &Path, n_rows: usize, n_customers: usize, python: Option<&str>) -> Outcome<()> {
    let measured = run(n_rows, n_customers, None)?;
    println!("{n_rows} rows x {} columns, {n_customers} customers, {N_THREADS} threads", NUMBERS + 2);
    println!(
        "gradus   compile {:.2} s   first row {:.2} s   all rows {:.2} s   peak {:.0} MB   {:?}",
        measured.compile_seconds,
        measured.first_seconds,
        measured.count_seconds,
        measured.peak_mb,
        measured.answer
    );
    let Some(python) = python else { return Ok(()) };
    let few = n_customers / 10;
    let own = run(n_rows, few, Some(folder))?;
    let output =
        Command::new(python).arg(crate::rounds::engines().join("duckdb_table.py")).arg(folder).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let (seconds, answer): (f64, [i64; 3]) = serde_json::from_slice(&output.stdout)?;
    println!("duckdb   {few} customers: join {seconds:.2} s; gradus on the same {:.2} s", own.count_seconds);
    if answer != own.answer {
        return Err(format!("duckdb says {answer:?}, gradus {:?}", own.answer).into());
    }
    Ok(())
}

fn write(folder: &Path, rows: &[Row], batches: &[RecordBatch]) -> Outcome<()> {
    std::fs::create_dir_all(folder)?;
    let mut text = String::from("number");
    (0..NUMBERS + 2).for_each(|index| text.push_str(&format!(",lo{index},hi{index}")));
    for (number, row) in rows.iter().enumerate() {
        text.push_str(&format!("\n{}", number + 1));
        for (index, cell) in row.iter().enumerate() {
            match cell {
                None => text.push_str(",,"),
                Some((value, _)) if index >= NUMBERS => text.push_str(&format!(",t{value},")),
                Some((from, to)) => text.push_str(&format!(",{from},{to}")),
            }
        }
    }
    std::fs::write(folder.join("table_rows.csv"), text)?;
    let mut text = String::from("customer");
    (0..NUMBERS + 2).for_each(|index| text.push_str(&format!(",{}", column(index))));
    for batch in batches {
        for row in 0..batch.num_rows() {
            for (index, array) in batch.columns().iter().enumerate() {
                let value = arrow::util::display::array_value_to_string(array, row)?;
                text.push_str(if index == 0 { "\n" } else { "," });
                text.push_str(&value);
            }
        }
    }
    std::fs::write(folder.join("table_customers.csv"), text)?;
    Ok(())
}
