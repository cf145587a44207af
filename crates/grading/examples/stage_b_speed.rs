//! How long stage B takes on a base of customers: an 8-attribute scorecard, quantile tiers and
//! RFM segments. `cargo run -p gradus-grading --example stage_b_speed [customers] [threads]`
//! prints milliseconds; five million customers on two threads if nothing is said.

use std::io::Write;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use gradus_grading::grade::{CompileContext, Fits, IndicatorColumn, NullMeaning, StageB, compile};
use gradus_model::document::Model;
use serde_json::json;

const BATCH: usize = 65_536;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let n = arguments.next().unwrap_or(5_000_000);
    let n_threads =
        arguments.next().and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN.saturating_add(1));
    let batches: Vec<RecordBatch> =
        (0..n).step_by(BATCH).map(|from| batch(from, BATCH.min(n - from), false)).collect();
    let open: Vec<RecordBatch> =
        (0..n).step_by(BATCH).map(|from| batch(from, BATCH.min(n - from), true)).collect();
    let as_of = jiff::civil::date(2026, 6, 30);
    let mut out = std::io::stdout().lock();
    for (what, stage, batches) in [
        ("all", stage(true, true), &batches),
        ("all with intervals", stage(true, true), &open),
        ("scorecard", stage(false, false), &batches),
        ("scorecard and tiers", stage(true, false), &batches),
    ] {
        let mut fits: Option<Fits> = None;
        for run in ["estimating fits", "frozen fits", "frozen fits"] {
            let start = Instant::now();
            let (graded, found) = stage.grade(batches, fits.clone(), as_of, n_threads);
            let elapsed = start.elapsed().as_millis();
            fits = Some(found);
            let rows: usize = graded.iter().map(|graded| graded.batch.num_rows()).sum();
            writeln!(out, "{what}, {run}: {rows} customers, {n_threads} threads: {elapsed} ms")?;
        }
    }
    Ok(())
}

fn with_unknown(array: ArrayRef) -> ArrayRef {
    let known = (0..array.len()).map(|row| row % 5 != 0).collect::<Vec<bool>>();
    let data = array.to_data().into_builder().nulls(Some(known.into()));
    arrow::array::make_array(data.build().expect("one validity for each row"))
}

fn stage(tiers: bool, rfm: bool) -> StageB {
    let bins = |cuts: [i64; 4]| {
        json!([
            {"below": cuts[0], "points": 1}, {"from": cuts[0], "below": cuts[1], "points": 3},
            {"from": cuts[1], "below": cuts[2], "points": 5}, {"from": cuts[2], "below": cuts[3], "points": 8},
            {"from": cuts[3], "points": 10}
        ])
    };
    let attribute = |value: &str, weight: f64, cuts: [i64; 4]| json!({"value": value, "weight": weight, "bins": bins(cuts)});
    let mut model = json!({"gradus": 1, "scorecards": {"value": {"combine": "weighted_sum", "attributes": {
        "recency": attribute("recency", 2.5, [7, 30, 90, 180]),
        "orders": attribute("orders", 2.0, [1, 3, 6, 12]),
        "monetary": attribute("monetary", 3.0, [50, 200, 800, 2000]),
        "active": attribute("active", 1.0, [1, 2, 4, 8]),
        "average": attribute("average", 1.5, [10, 30, 60, 120]),
        "returns": attribute("returns", 0.5, [1, 2, 3, 4]),
        "visits": attribute("visits", 1.25, [1, 5, 10, 20]),
        "country": {"value": "country", "weight": 0.75, "bins": [{"in": ["GB", "FR"], "points": 5}, {"else": true, "points": 1}]}
    }}}});
    if tiers {
        model["tiers"] = json!({"vip": {"by": "value", "levels": {
            "bronze": {}, "silver": {"top_percent": 50}, "gold": {"top_percent": 20}, "diamond": {"top_percent": 5}}}});
    }
    if rfm {
        model["groupings"] = json!({"rfm": {"kind": "rfm11", "base": "everyone",
            "recency": "recency", "frequency": "orders", "monetary": "monetary"}});
    }
    let model: Model = serde_json::from_value(model).expect("the model is fixed");
    let decimal = DataType::Decimal128(38, 4);
    let columns = [
        ("recency", DataType::Int64),
        ("orders", DataType::Int64),
        ("monetary", decimal.clone()),
        ("active", DataType::Int64),
        ("average", decimal),
        ("returns", DataType::Int64),
        ("visits", DataType::Int64),
        ("country", DataType::Utf8),
    ];
    let columns = columns.map(|(name, data_type)| IndicatorColumn {
        name: name.into(),
        data_type,
        null_meaning: NullMeaning::Unknown,
        title: None,
    });
    compile(&model, &columns, &CompileContext::default()).expect("the model has no findings")
}

/// Seeded by the customer's number alone. `unknown` leaves the visits of one in five unknown.
fn batch(from: usize, n: usize, unknown: bool) -> RecordBatch {
    let random = |row: usize, column: u64| {
        let mut z = (row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(column << 32);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z ^ (z >> 27)
    };
    let ints = |column: u64, modulus: u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(
            (from..from + n).map(|row| (random(row, column) % modulus) as i64),
        ))
    };
    let money = |column: u64, modulus: u64| -> ArrayRef {
        let values = (from..from + n).map(|row| i128::from(random(row, column) % (modulus * 10_000)));
        let array = Decimal128Array::from_iter_values(values);
        Arc::new(array.with_data_type(DataType::Decimal128(38, 4)))
    };
    let countries = ["GB", "FR", "DE", "ES", "CN"];
    let country = (from..from + n).map(|row| countries[(random(row, 8) % 5) as usize]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("customer", Arc::new(Int64Array::from_iter_values(from as i64 + 1..(from + n) as i64 + 1))),
        ("recency", ints(1, 400)),
        ("orders", ints(2, 20)),
        ("monetary", money(3, 3000)),
        ("active", ints(4, 12)),
        ("average", money(5, 200)),
        ("returns", ints(6, 6)),
        ("visits", if unknown { with_unknown(ints(7, 30)) } else { ints(7, 30) }),
        ("country", Arc::new(StringArray::from_iter_values(country))),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("columns are of one length")
}
