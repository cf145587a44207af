//! Stage B: findings, semantics of each feature, and what must always hold.

mod clusters;
mod completion;
mod findings;
mod fits;
mod groups;
mod predictions;
mod properties;
mod scores;
mod tables;
mod tiers;

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int64Array, RecordBatch,
    StringArray,
};
use arrow::datatypes::{DataType, Field, Schema};
use gradus_grading::grade::{CompileContext, Fits, Graded, IndicatorColumn, NullMeaning, StageB, compile};
use gradus_model::Findings;
use gradus_model::document::Model;
use jiff::civil::Date;
use serde_json::{Value, json};

pub fn model(value: Value) -> Model {
    let mut value = value;
    value["gradus"] = json!(1);
    serde_json::from_value(value).unwrap()
}

/// The indicators that every test may use.
pub fn indicators() -> Vec<IndicatorColumn> {
    use NullMeaning::*;
    let column = |name: &str, data_type: DataType, null_meaning| IndicatorColumn {
        name: name.into(),
        data_type,
        null_meaning,
        title: None,
    };
    vec![
        column("recency", DataType::Int64, NotApplicable),
        column("orders", DataType::Int64, NotApplicable),
        column("monetary", DataType::Decimal128(38, 4), NotApplicable),
        column("gap", DataType::Float64, NotApplicable),
        column("rating", DataType::Int64, Unknown),
        column("country", DataType::Utf8, Unknown),
    ]
}

/// One customer's values; nulls by `None`.
#[derive(Debug, Clone, Default)]
pub struct Customer {
    pub recency: Option<i64>,
    pub orders: i64,
    /// In ten-thousandths.
    pub monetary: i64,
    pub gap: Option<f64>,
    pub rating: Option<i64>,
    pub country: Option<&'static str>,
    pub hidden: i64,
}

pub fn batch(customers: &[Customer]) -> RecordBatch {
    batch_with(customers, &[])
}

/// The batch, with hidden fold columns that all hold `hidden`.
pub fn batch_with(customers: &[Customer], hidden: &[(&str, DataType)]) -> RecordBatch {
    let ints = |of: &dyn Fn(&Customer) -> Option<i64>| -> ArrayRef {
        Arc::new(customers.iter().map(of).collect::<Int64Array>())
    };
    let money: Decimal128Array = customers.iter().map(|c| Some(i128::from(c.monetary))).collect();
    let mut columns: Vec<(String, ArrayRef)> = vec![
        ("customer".into(), Arc::new(Int64Array::from_iter_values(1..=customers.len() as i64))),
        ("recency".into(), ints(&|c| c.recency)),
        ("orders".into(), ints(&|c| Some(c.orders))),
        ("monetary".into(), Arc::new(money.with_precision_and_scale(38, 4).unwrap())),
        ("gap".into(), Arc::new(customers.iter().map(|c| c.gap).collect::<Float64Array>())),
        ("rating".into(), ints(&|c| c.rating)),
        ("country".into(), Arc::new(customers.iter().map(|c| c.country).collect::<StringArray>())),
    ];
    for (name, data_type) in hidden {
        let array = ints(&|c| Some(c.hidden));
        columns.push((name.to_string(), arrow::compute::cast(&array, data_type).unwrap()));
    }
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

pub fn stage(value: Value) -> StageB {
    match compile(&model(value), &indicators(), &CompileContext::default()) {
        Ok(stage) => stage,
        Err(findings) => panic!("{findings:#?}"),
    }
}

pub fn findings(value: Value) -> Findings {
    match compile(&model(value), &indicators(), &CompileContext::default()) {
        Ok(stage) => stage.findings().clone(),
        Err(findings) => findings,
    }
}

pub fn day() -> Date {
    "2026-06-30".parse().unwrap()
}

pub fn grade(stage: &StageB, batch: &RecordBatch) -> (Graded, Fits) {
    let (mut graded, fits) = stage.grade(std::slice::from_ref(batch), None, day(), NonZeroUsize::MIN);
    (graded.remove(0), fits)
}

/// A column as texts, nulls as `-`, decimals without trailing zeros.
pub fn column(graded: &Graded, name: &str) -> Vec<String> {
    let array = graded.batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"));
    let array = if matches!(array.data_type(), DataType::Dictionary(_, _)) {
        arrow::compute::cast(array, &DataType::Utf8).unwrap()
    } else {
        array.clone()
    };
    let text = |row: usize| match array.data_type() {
        DataType::Decimal128(_, _) => {
            let value = array.as_primitive::<arrow::datatypes::Decimal128Type>().value(row);
            gradus_model::fixed::Fixed(value as i64).to_string()
        }
        DataType::Boolean => array.as_any().downcast_ref::<BooleanArray>().unwrap().value(row).to_string(),
        _ => arrow::util::display::array_value_to_string(&array, row).unwrap(),
    };
    (0..array.len()).map(|row| if array.is_null(row) { "-".into() } else { text(row) }).collect()
}
