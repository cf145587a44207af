//! Gradus as an operator runs it: the verb `grade` on a workspace, from the ledger to tiers and
//! segments of every customer in memory.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use gradus_workspace::{GradeOptions, GradedInstant, Workspace, grade};

use crate::answer::{Answer, Outcome as Measured, cpu_seconds, peak_mb};
use crate::{Outcome, data};

/// Grades everyone once.
pub async fn run(root: &Path, n_threads: NonZeroUsize) -> Outcome<Measured> {
    let workspace = Workspace::open(root, None).await?;
    let options = GradeOptions {
        instants: vec![data::as_of(&workspace.zone)],
        known_at_us: None,
        store: false,
        reuse: false,
        n_threads,
    };
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let grading = grade(&workspace, &options, &()).await?;
    let (seconds, cpu_seconds, peak_mb) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu, peak_mb());
    let instant = grading.instants.first().ok_or("nobody was graded")?;
    if !grading.fold_faults.is_empty() || !instant.faults.is_empty() {
        return Err(format!("faults: {:?} {:?}", grading.fold_faults, instant.faults).into());
    }
    let answer = answer(instant)?;
    Ok(Measured { seconds, cpu_seconds, grade_seconds: grading.seconds_grade, peak_mb, answer })
}

fn answer(instant: &GradedInstant) -> Outcome<Answer> {
    let mut answer = Answer::new();
    for batch in &instant.batches {
        *answer.entry("n".into()).or_default() += batch.num_rows() as i64;
        for name in ["recency_days", "tenure_days", "orders", "active_months", "orders_90", "visits"] {
            let column = cast(column(batch, name)?, &DataType::Int64)?;
            let values = column.as_primitive::<Int64Type>();
            add(&mut answer, name, values.iter().flatten());
        }
        for name in
            ["monetary", "largest_line", "units", "spend_90", "spend_90_before", "returns_value", "value"]
        {
            let column = cast(column(batch, name)?, &DataType::Decimal128(38, 4))?;
            add(
                &mut answer,
                name,
                column.as_primitive::<Decimal128Type>().iter().flatten().map(|v| v as i64),
            );
        }
        add(&mut answer, "average_order_value", cents(column(batch, "average_order_value")?)?.into_iter());
        let last = texts(column(batch, "last_source")?)?;
        add(&mut answer, "last_source", last.iter().flatten().map(|source| i64::from(source == "web")));
        for name in ["member", "rfm"] {
            for level in texts(column(batch, name)?)?.into_iter().flatten() {
                *answer.entry(format!("{name}.{level}")).or_default() += 1;
            }
        }
    }
    Ok(answer)
}

fn add(answer: &mut Answer, name: &str, values: impl Iterator<Item = i64>) {
    let (mut n, mut sum) = (0, 0);
    for value in values {
        n += 1;
        sum += value;
    }
    *answer.entry(format!("n.{name}")).or_default() += n;
    *answer.entry(format!("sum.{name}")).or_default() += sum;
}

/// A decimal of any scale in cents, rounded half up.
fn cents(column: &ArrayRef) -> Outcome<Vec<i64>> {
    let DataType::Decimal128(_, scale @ 4..) = column.data_type() else {
        return Err(format!("the average order value is {}", column.data_type()).into());
    };
    let unit = 10i128.pow(u32::from(scale.unsigned_abs()) - 2);
    let values = column.as_primitive::<Decimal128Type>().iter().flatten();
    Ok(values.map(|value| (2 * value + unit).div_euclid(2 * unit) as i64).collect())
}

fn texts(column: &ArrayRef) -> Outcome<Vec<Option<String>>> {
    let plain = cast(column, &DataType::Utf8)?;
    Ok(plain.as_string::<i32>().iter().map(|text| text.map(String::from)).collect())
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Outcome<&'a ArrayRef> {
    Ok(batch.column_by_name(name).ok_or_else(|| format!("no column {name}"))?)
}
