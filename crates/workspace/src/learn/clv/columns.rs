//! Columns of a grading, as numbers.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use gradus_grading::fold::CUSTOMER;

pub(super) fn customers(batches: &[RecordBatch]) -> Vec<i64> {
    integers(batches, CUSTOMER).into_iter().map(Option::unwrap_or_default).collect()
}

pub(super) fn integers(batches: &[RecordBatch], name: &str) -> Vec<Option<i64>> {
    let mut out = Vec::new();
    for batch in batches {
        let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
        match column {
            Some(column) => out.extend(column.iter()),
            None => out.resize(out.len() + batch.num_rows(), None),
        }
    }
    out
}

/// Decimals with four digits as numbers; none where the column is absent.
pub(super) fn values(batches: &[RecordBatch], name: &str) -> Vec<Option<f64>> {
    let mut out = Vec::new();
    for batch in batches {
        let column = batch.column_by_name(name);
        let is_decimal =
            column.is_some_and(|column| matches!(column.data_type(), DataType::Decimal128(_, 4)));
        match column.filter(|_| is_decimal).and_then(|one| one.as_primitive_opt::<Decimal128Type>()) {
            Some(column) => out.extend(column.iter().map(|value| value.map(|value| value as f64 / 1e4))),
            None => out.resize(out.len() + batch.num_rows(), None),
        }
    }
    out
}
