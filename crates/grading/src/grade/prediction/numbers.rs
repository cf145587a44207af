//! Inputs as floating point, and results with four digits.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

/// A column of numbers in floating point; what is no number is null.
pub(super) fn floats(array: &ArrayRef) -> Float64Array {
    let cast = cast(array, &DataType::Float64).ok();
    let values = cast.and_then(|cast| cast.as_primitive_opt::<Float64Type>().cloned());
    values.unwrap_or_else(|| Float64Array::new_null(array.len()))
}

/// The value of a row; `None` if it is null or not finite.
pub(super) fn value(array: &Float64Array, row: usize) -> Option<f64> {
    (row < array.len() && array.is_valid(row)).then(|| array.value(row)).filter(|value| value.is_finite())
}

/// Numbers rounded half away from zero to four digits; null where there is none, or one beyond 14 digits.
pub(super) fn four_digits(values: impl IntoIterator<Item = Option<f64>>) -> ArrayRef {
    const MOST: f64 = 1e17;
    let digits = |value: f64| {
        let scaled = (value * 1e4).round();
        (scaled.abs() <= MOST).then_some(scaled as i128)
    };
    let values: Decimal128Array = values.into_iter().map(|value| value.and_then(digits)).collect();
    Arc::new(values.with_data_type(DataType::Decimal128(18, 4)))
}

/// A number as people read it, with so many digits at most after the point; a dash if there is none.
pub(super) fn shown(value: Option<f64>, digits: usize) -> String {
    let Some(value) = value.filter(|value| value.is_finite()) else { return "–".to_string() };
    let text = format!("{value:.digits$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    if text == "-0" { "0".to_string() } else { text.to_string() }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Decimal128Type;

    use super::*;

    #[test]
    fn four_digits_are_rounded_and_what_is_no_number_is_null() {
        let given = [Some(0.00005), Some(-1.5), None, Some(f64::NAN), Some(1e300)];
        let array = four_digits(given);
        let array = array.as_primitive::<Decimal128Type>();
        let found: Vec<Option<i128>> = array.iter().collect();
        assert_eq!(found, [Some(1), Some(-15_000), None, None, None]);
    }
}
