//! Columns of a batch, brought to the types that expressions compute with.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

use crate::kind::Kind;
use crate::value::{Faults, Value};

/// The column as values of `kind`. A column that has come with another type than the expression
/// was compiled for fails on every row.
pub fn load(array: &ArrayRef, kind: Kind) -> Value {
    let wanted = kind.data_type();
    match (kind, array.data_type()) {
        (
            Kind::Text,
            DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 | DataType::Dictionary(_, _),
        ) => Value::of(array.clone()),
        (Kind::Float, _) => floats(array),
        (Kind::Decimal(scale), DataType::Decimal128(_, s)) if *s == scale => {
            // The precision is only a label: 38 digits hold everything.
            let array: Decimal128Array = array.as_primitive().clone();
            Value::of(Arc::new(array.with_data_type(wanted)))
        }
        (_, found) if *found == wanted => Value::of(array.clone()),
        (_, found) if Kind::of(found).and_then(|found| found.common(kind)) == Some(kind) => {
            match cast(array, &wanted) {
                // A value that is lost on the way would silently become unknown.
                Ok(cast) if cast.null_count() == array.logical_null_count() => Value::of(cast),
                _ => Value::all_faults(kind, array.len()),
            }
        }
        _ => Value::all_faults(kind, array.len()),
    }
}

/// Infinities and NaN are faults; minus zero is zero.
fn floats(array: &ArrayRef) -> Value {
    let Ok(array) = cast(array, &DataType::Float64) else {
        return Value::all_faults(Kind::Float, array.len());
    };
    let floats = array.as_primitive::<Float64Type>();
    let mut faults = Faults::default();
    let mut values = Vec::with_capacity(floats.len());
    for (row, value) in floats.values().iter().enumerate() {
        if value.is_finite() {
            values.push(value + 0.0);
        } else {
            if floats.is_valid(row) {
                faults.set(row, floats.len());
            }
            values.push(0.0);
        }
    }
    let faults = faults.finish();
    let nulls = match &faults {
        None => floats.nulls().cloned(),
        Some(faults) => {
            let known = arrow::buffer::NullBuffer::new(!faults);
            arrow::buffer::NullBuffer::union(floats.nulls(), Some(&known))
        }
    };
    Value { array: Arc::new(Float64Array::new(values.into(), nulls)), scalar: false, faults }
}
