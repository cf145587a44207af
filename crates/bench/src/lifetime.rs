//! Lifetime value with intervals of a million customers through stage B: the fit, and what is said of everybody, from
//! the columns that the fold gives. Customers buy and leave by chance, by seed.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Decimal128Type, Field, Schema};
use gradus_grading::grade::{CompileContext, StageB, compile};
use gradus_model::document::Model;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::peak_mb;
use crate::{N_THREADS, Outcome};

/// Customers in one batch.
const BATCH: usize = 8192;
/// Days of history.
const DAYS: f64 = 730.0;

#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Fit and predictions together, as a grading does it.
    grade_seconds: f64,
    /// Predictions alone, by the fit that is there.
    apply_seconds: f64,
    peak_mb: f64,
    n_customers: usize,
    n_repeaters: u64,
    /// What is expected of everybody together, and the sum of the ends of their intervals.
    total: f64,
    low: f64,
    high: f64,
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    /// Between 0 and 1, neither of them.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((mixed ^ (mixed >> 31)) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }
}

/// Columns of the fold for some customers.
fn batch(hidden: &[&str], first: usize, n: usize, chance: &mut Chance, losses: bool) -> Outcome<RecordBatch> {
    let (mut days, mut since_first, mut since_last) = (Vec::new(), Vec::new(), Vec::new());
    let (mut total, mut on_first, mut least, mut most) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..n {
        let age = (chance.unit() * DAYS).floor();
        // A mean gap of their own, and a chance to leave after each purchase.
        let gap = -40.0 * chance.unit().ln() + 3.0;
        let leaves = 0.3 * chance.unit() * chance.unit();
        let mean = 20.0 + 180.0 * chance.unit();
        let (mut bought, mut at, mut last, mut gaps) = (1i64, 0.0, 0.0, (f64::MAX, 0.0f64));
        while chance.unit() >= leaves {
            at += (-gap * chance.unit().ln()).ceil().max(1.0);
            if at > age {
                break;
            }
            gaps = (gaps.0.min(at - last), gaps.1.max(at - last));
            (last, bought) = (at, bought + 1);
        }
        let mut worth = |n: i64| {
            let each = if losses && chance.unit() < 0.1 { -0.5 } else { 0.5 + chance.unit() };
            Some((mean * each * n as f64 * 1e4) as i128)
        };
        let one = worth(1);
        total.push(worth(bought - 1).zip(one).map(|(rest, one)| rest + one));
        on_first.push(one);
        days.push(Some(bought));
        since_first.push(Some(age as i64));
        since_last.push(Some((age - last) as i64));
        least.push((bought > 1).then_some(gaps.0));
        most.push((bought > 1).then_some(gaps.1));
    }
    let money = |values: Vec<Option<i128>>| -> Outcome<ArrayRef> {
        Ok(Arc::new(Decimal128Array::from(values).with_precision_and_scale(38, 4)?))
    };
    let ints = |values: Vec<Option<i64>>| -> ArrayRef { Arc::new(Int64Array::from(values)) };
    let floats = |values: Vec<Option<f64>>| -> ArrayRef { Arc::new(Float64Array::from(values)) };
    let all = [
        ints(days),
        ints(since_first),
        ints(since_last),
        money(total)?,
        money(on_first)?,
        floats(least),
        floats(most),
    ];
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values((first..first + n).map(|id| id as i64 + 1)));
    let mut fields = vec![Field::new("customer", DataType::Int64, false)];
    let mut arrays = vec![ids];
    for (name, array) in hidden.iter().zip(all) {
        fields.push(Field::new(*name, array.data_type().clone(), true));
        arrays.push(array);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}

fn stage() -> Outcome<StageB> {
    let model: Model =
        serde_json::from_value(json!({"gradus": 1, "predictions": {"clv": {"lifetime": {}}}}))?;
    compile(&model, &[], &CompileContext::default()).map_err(|findings| format!("{findings:?}").into())
}

/// One measurement: of positive values (gamma-gamma), or with some losses (the model of margins).
pub fn run(n_customers: usize, losses: bool) -> Outcome<Measured> {
    let stage = stage()?;
    let hidden: Vec<&str> = stage.fold_requests().iter().map(|one| one.name.as_str()).collect();
    let mut chance = Chance(20_261_129);
    let mut batches = Vec::new();
    for first in (0..n_customers).step_by(BATCH) {
        batches.push(batch(&hidden, first, BATCH.min(n_customers - first), &mut chance, losses)?);
    }
    let as_of: jiff::civil::Date = "2026-01-31".parse()?;
    let start = Instant::now();
    let (graded, fits) = stage.grade(&batches, None, as_of, N_THREADS);
    let grade_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let (again, fits) = stage.grade(&batches, Some(fits), as_of, N_THREADS);
    let apply_seconds = start.elapsed().as_secs_f64();
    let sum = |name: &str| -> f64 {
        let of = graded.iter().filter_map(|one| one.batch.column_by_name(name));
        of.map(|array| {
            array.as_primitive::<Decimal128Type>().iter().flatten().map(|v| v as f64 / 1e4).sum::<f64>()
        })
        .sum()
    };
    if graded.iter().zip(&again).any(|(one, other)| one.batch != other.batch) {
        return Err("the fit that was estimated gives other numbers when it is applied".into());
    }
    let n_repeaters = fits.fits.values().map(|fit| match fit {
        gradus_grading::grade::Fit::Lifetime(fit) => fit.n_repeaters,
        _ => 0,
    });
    let (total, low, high) = (sum("clv"), sum("clv_low"), sum("clv_high"));
    if !(low <= total && total <= high && low > f64::NEG_INFINITY) {
        return Err(format!("the total {total} lies outside of {low} to {high}").into());
    }
    let n_graded: usize = graded.iter().map(|one| one.batch.column(0).len()).sum();
    Ok(Measured {
        grade_seconds,
        apply_seconds,
        peak_mb: peak_mb(),
        n_customers: n_graded,
        n_repeaters: n_repeaters.sum(),
        total,
        low,
        high,
    })
}

/// Measures both kinds of spend.
pub fn rounds(n_customers: usize) -> Outcome<()> {
    for (what, name) in [("positive", "positive values"), ("losses", "some losses")] {
        let n = n_customers.to_string();
        let one: Measured = crate::rounds::run(&crate::rounds::own(&["one", "lifetime", &n, what])?)?;
        println!(
            "{name}: {} customers, {} came back, {N_THREADS} threads: fit and predictions {:.2} s, predictions alone {:.2} s, peak {:.0} MB; {:.0} to expect ({:.0} to {:.0})",
            one.n_customers,
            one.n_repeaters,
            one.grade_seconds,
            one.apply_seconds,
            one.peak_mb,
            one.total,
            one.low,
            one.high
        );
    }
    Ok(())
}
