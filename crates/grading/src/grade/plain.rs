//! Columns of graded customers as plain values, for whoever counts everybody.

use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, Float64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int32Type};

/// The place of who is on no level.
pub const NO_PLACE: u16 = u16::MAX;

/// A column of numbers as floating-point numbers; `None` if it is not of numbers.
pub fn floats(column: &ArrayRef) -> Option<Float64Array> {
    if let Some(decimals) = column.as_primitive_opt::<Decimal128Type>() {
        let unit = 10f64.powi(i32::from(decimals.scale()));
        // As `cast` does, several times as fast where 64 bits hold the value, which they mostly do.
        let float = |value: i128| i64::try_from(value).map_or_else(|_| wide(value), |short| short as f64);
        return Some(decimals.unary(|value| float(value) / unit));
    }
    if !column.data_type().is_numeric() {
        return None;
    }
    Some(cast(column, &DataType::Float64).ok()?.as_primitive::<Float64Type>().clone())
}

/// Apart, so that it is not computed of every value to be thrown away.
#[cold]
#[inline(never)]
fn wide(value: i128) -> f64 {
    value as f64
}

/// For each row of a column the place of its text among `names`, [`NO_PLACE`] where there is none; `None` if
/// its values cannot be written as text.
pub fn places(column: &ArrayRef, names: &[&str]) -> Option<Vec<u16>> {
    let place = |text: Option<&str>| {
        let at = text.and_then(|text| names.iter().position(|name| *name == text));
        at.map_or(NO_PLACE, |at| at as u16)
    };
    let Some(coded) = column.as_any().downcast_ref::<DictionaryArray<Int32Type>>() else {
        let texts = cast(column, &DataType::Utf8).ok()?;
        return Some(texts.as_string::<i32>().iter().map(place).collect());
    };
    let texts = cast(coded.values(), &DataType::Utf8).ok()?;
    let by_key: Vec<u16> = texts.as_string::<i32>().iter().map(place).collect();
    let of = |key: &i32| by_key.get(*key as usize).copied().unwrap_or(NO_PLACE);
    let keys = coded.keys();
    Some(match keys.null_count() {
        0 => keys.values().iter().map(of).collect(),
        _ => keys.iter().map(|key| key.as_ref().map_or(NO_PLACE, of)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Decimal128Array, Int64Array, StringArray};

    use super::*;

    #[test]
    fn numbers_become_what_arrow_makes_of_them() {
        let wide = i128::from(i64::MAX);
        let all = [0, 1, -1, 12_345_678_901_234_567, wide, wide + 1, -wide - 2, 10i128.pow(37) + 7];
        for scale in [0i8, 2, 4, 9] {
            let values = all.iter().map(|value| (value % 3 != 1).then_some(*value)).chain([Some(7)]);
            let column: Decimal128Array = values.collect();
            let column: ArrayRef = Arc::new(column.with_precision_and_scale(38, scale).unwrap());
            let by_arrow = cast(&column, &DataType::Float64).unwrap();
            assert_eq!(&floats(&column).unwrap(), by_arrow.as_primitive::<Float64Type>());
        }
        let whole: ArrayRef = Arc::new(Int64Array::from(vec![Some(-3), None]));
        assert_eq!(floats(&whole).unwrap(), Float64Array::from(vec![Some(-3.0), None]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["3"]));
        assert!(floats(&texts).is_none());
    }

    #[test]
    fn a_level_has_its_place_however_it_is_stored() {
        let texts = vec![Some("gold"), None, Some("gone"), Some("silver"), Some("gold")];
        let plain: ArrayRef = Arc::new(StringArray::from(texts.clone()));
        let coded: ArrayRef = Arc::new(texts.into_iter().collect::<DictionaryArray<Int32Type>>());
        let full: ArrayRef =
            Arc::new(vec!["silver", "gold"].into_iter().collect::<DictionaryArray<Int32Type>>());
        for column in [plain, coded] {
            assert_eq!(places(&column, &["silver", "gold"]).unwrap(), [1, NO_PLACE, NO_PLACE, 0, 1]);
        }
        assert_eq!(places(&full, &["silver", "gold"]).unwrap(), [0, 1]);
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        assert_eq!(places(&numbers, &["1"]).unwrap(), [0]);
    }
}
