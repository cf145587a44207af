//! Prepare: what the aggregates read, evaluated on whole batches. A *channel* is one filter with
//! one argument; indicators that share them share the work.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use gradus_model::fixed::{FIXED_ONE, round_div};

/// The argument of an aggregate as integers whose order and equality are those of the values.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Numbers: ten-thousandths. Dates, instants, truth values: as they are. Text: the rank among
    /// the texts of this batch.
    pub keys: Vec<i64>,
    /// The values, for the aggregates that pick one.
    pub array: ArrayRef,
    /// Rows whose number does not fit 64 bits of ten-thousandths, or is not finite.
    pub n_faults: u64,
}

/// Which rows count: true where the filter holds and the argument is not null.
pub type Mask = Vec<bool>;

/// Expands a filter's result; null counts as no.
pub fn mask_of(values: &ArrayRef) -> Mask {
    let values: &BooleanArray = values.as_boolean();
    let mut mask = Vec::with_capacity(values.len());
    match values.nulls() {
        None => mask.extend(values.values().iter()),
        Some(nulls) => mask.extend((values.values() & nulls.inner()).iter()),
    }
    mask
}

/// Restricts a mask to the rows where a value is given.
pub fn with_valid(mask: Option<&Mask>, array: &dyn Array, n_rows: usize) -> Mask {
    let mut out = mask.cloned().unwrap_or_else(|| vec![true; n_rows]);
    if let Some(nulls) = array.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
        for (counts, valid) in out.iter_mut().zip(nulls.inner().iter()) {
            *counts &= valid;
        }
    }
    out
}

/// True if values of this type are numbers that can be added up.
pub fn is_numeric(data_type: &DataType) -> bool {
    data_type.is_integer() || data_type.is_floating() || matches!(data_type, DataType::Decimal128(_, _))
}

/// The integers that stand for the values of an argument. Where a number cannot be held, the
/// mask is cleared and the fault counted.
pub fn keys_of(array: ArrayRef, mask: &mut Mask) -> Result<Keys, ArrowError> {
    let mut n_faults = 0;
    let mut checked = |row: usize, value: Option<i64>| match value {
        Some(value) => value,
        None => {
            n_faults += u64::from(mask[row]);
            mask[row] = false;
            0
        }
    };
    let keys: Vec<i64> = match array.data_type() {
        DataType::Int64 => {
            let values = array.as_primitive::<Int64Type>().values();
            values.iter().enumerate().map(|(row, v)| checked(row, v.checked_mul(FIXED_ONE))).collect()
        }
        DataType::Decimal128(_, 4) => {
            let values = array.as_primitive::<Decimal128Type>().values();
            values.iter().enumerate().map(|(row, v)| checked(row, i64::try_from(*v).ok())).collect()
        }
        DataType::Decimal128(_, scale) => {
            let values = array.as_primitive::<Decimal128Type>().values();
            let scale = *scale;
            values.iter().enumerate().map(|(row, v)| checked(row, rescale(*v, scale))).collect()
        }
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>().values();
            values.iter().enumerate().map(|(row, v)| checked(row, fixed_of_float(*v))).collect()
        }
        data_type if data_type.is_integer() => {
            let wide = cast(&array, &DataType::Int64)?;
            return keys_of(wide, mask).map(|keys| Keys { array, ..keys });
        }
        DataType::Float32 => {
            let wide = cast(&array, &DataType::Float64)?;
            return keys_of(wide, mask).map(|keys| Keys { array, ..keys });
        }
        DataType::Boolean => array.as_boolean().values().iter().map(i64::from).collect(),
        DataType::Date32 => array.as_primitive::<Date32Type>().values().iter().map(|v| i64::from(*v)).collect(),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            array.as_primitive::<TimestampMicrosecondType>().values().to_vec()
        }
        data_type if few_texts(data_type, array.as_ref()) => {
            let texts = array.as_dictionary::<Int32Type>();
            let ranks = text_ranks(texts.values());
            let rank = |text: &i32| ranks.get(*text as usize).copied().unwrap_or(0);
            texts.keys().values().iter().map(rank).collect()
        }
        _ => {
            let text = cast(&array, &DataType::Utf8)?;
            let keys = text_ranks(&text);
            return Ok(Keys { keys, array: text, n_faults: 0 });
        }
    };
    Ok(Keys { keys, array, n_faults })
}

/// Integers whose order and equality are those of the values, for aggregates that compare, count
/// or keep values and never add them up: whole numbers and floats as they are, however large or
/// fine; everything else as [`keys_of`] has it.
pub fn order_keys_of(array: ArrayRef, mask: &mut Mask) -> Result<Keys, ArrowError> {
    let mut n_faults = 0;
    let mut checked = |row: usize, key: Option<i64>| {
        if key.is_none() {
            n_faults += u64::from(mask[row]);
            mask[row] = false;
        }
        key.unwrap_or(0)
    };
    let keys: Vec<i64> = match array.data_type() {
        DataType::Int64 => array.as_primitive::<Int64Type>().values().to_vec(),
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>().values();
            values.iter().enumerate().map(|(row, v)| checked(row, order_of_float(*v))).collect()
        }
        DataType::Decimal128(_, scale) if *scale != 4 => {
            let values = array.as_primitive::<Decimal128Type>().values();
            values.iter().enumerate().map(|(row, v)| checked(row, i64::try_from(*v).ok())).collect()
        }
        data_type if data_type.is_integer() || *data_type == DataType::Float32 => {
            let wide = if data_type.is_integer() { DataType::Int64 } else { DataType::Float64 };
            let keys = order_keys_of(cast(&array, &wide)?, mask)?;
            return Ok(Keys { array, ..keys });
        }
        _ => return keys_of(array, mask),
    };
    Ok(Keys { keys, array, n_faults })
}

/// True if values of this type are told apart more finely, or reach further, than ten-thousandths.
pub fn has_order_keys(data_type: &DataType) -> bool {
    is_numeric(data_type) && !matches!(data_type, DataType::Decimal128(_, 4))
}

/// A finite float's place among the floats; both zeros are one value.
fn order_of_float(value: f64) -> Option<i64> {
    let bits = (value + 0.0).to_bits() as i64;
    // The bits of negative floats descend as the floats ascend.
    value.is_finite().then_some(if bits < 0 { bits ^ i64::MAX } else { bits })
}

/// True for text as the ledger's scan gives it, with fewer texts than rows: each is ranked once.
pub fn few_texts(data_type: &DataType, array: &dyn Array) -> bool {
    let DataType::Dictionary(key, value) = data_type else { return false };
    **key == DataType::Int32
        && **value == DataType::Utf8
        && array.as_any_dictionary().values().len() <= array.len()
}

/// Values at some rows, text in plain form.
pub fn take_plain(array: &dyn Array, rows: &UInt32Array) -> Result<ArrayRef, ArrowError> {
    let taken = take(array, rows, None)?;
    match taken.data_type() {
        DataType::Dictionary(_, value) => cast(&taken, value),
        _ => Ok(taken),
    }
}

/// A float as ten-thousandths, rounded half away from zero. `None` if not finite or too large.
fn fixed_of_float(value: f64) -> Option<i64> {
    let scaled = (value * FIXED_ONE as f64).round();
    (scaled.is_finite() && scaled.abs() < 9.0e18).then_some(scaled as i64)
}

/// A decimal of another scale as ten-thousandths, rounded half away from zero.
fn rescale(value: i128, scale: i8) -> Option<i64> {
    let digits = i32::from(scale) - 4;
    let factor = 10i128.checked_pow(digits.unsigned_abs())?;
    let value = if digits > 0 { round_div(value, factor)? } else { value.checked_mul(factor)? };
    i64::try_from(value).ok()
}

/// The rank of each text among the distinct texts of the batch, by code points.
fn text_ranks(array: &ArrayRef) -> Vec<i64> {
    let texts = array.as_string::<i32>();
    let mut ids: HashMap<&str, usize> = HashMap::new();
    let mut of_row = Vec::with_capacity(texts.len());
    for row in 0..texts.len() {
        let next = ids.len();
        of_row.push(if texts.is_null(row) { 0 } else { *ids.entry(texts.value(row)).or_insert(next) });
    }
    let mut by_text: Vec<(&str, usize)> = ids.into_iter().collect();
    by_text.sort_unstable();
    let mut ranks = vec![0i64; by_text.len().max(1)];
    for (rank, (_, id)) in by_text.iter().enumerate() {
        ranks[*id] = rank as i64;
    }
    of_row.into_iter().map(|id| ranks[id]).collect()
}

/// A column of the events by name.
pub fn event_column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, ArrowError> {
    batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("the events have no column {name}")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Decimal128Array, DictionaryArray, Float64Array, Int64Array, StringArray};

    use super::*;

    #[test]
    fn numbers_become_ten_thousandths_and_what_does_not_fit_is_a_fault() {
        let mut mask = vec![true; 3];
        let keys = keys_of(Arc::new(Int64Array::from(vec![1, i64::MAX, -3])), &mut mask).unwrap();
        assert_eq!((keys.keys, keys.n_faults, mask), (vec![10_000, 0, -30_000], 1, vec![true, false, true]));

        let products = Decimal128Array::from(vec![123_456_789_i128, -5_000]).with_precision_and_scale(37, 8).unwrap();
        let keys = keys_of(Arc::new(products), &mut vec![true; 2]).unwrap();
        assert_eq!(keys.keys, vec![12_346, -1], "1.23456789 and -0.00005 round half away from zero");

        let keys = keys_of(Arc::new(Float64Array::from(vec![0.1, f64::NAN])), &mut vec![true; 2]).unwrap();
        assert_eq!((keys.keys, keys.n_faults), (vec![1_000, 0], 1));
    }

    #[test]
    fn what_is_only_compared_keeps_every_digit() {
        let ids = vec![6_222_020_200_112_233_445, 6_222_020_200_112_233_446, i64::MIN];
        let mut mask = vec![true; 3];
        let keys = order_keys_of(Arc::new(Int64Array::from(ids.clone())), &mut mask).unwrap();
        assert_eq!((keys.keys, keys.n_faults), (ids, 0));

        let floats = vec![f64::MIN, -1e-9, -0.0, 0.0, 1e-9, 1.5, f64::MAX, f64::NAN, f64::INFINITY];
        let mut mask = vec![true; floats.len()];
        let keys = order_keys_of(Arc::new(Float64Array::from(floats)), &mut mask).unwrap();
        assert!(keys.keys[..7].is_sorted() && keys.keys[2] == keys.keys[3] && keys.keys[1] < keys.keys[2]);
        assert_eq!((keys.n_faults, &mask[7..]), (2, &[false, false][..]));
    }

    #[test]
    fn texts_rank_by_code_point() {
        let texts = StringArray::from(vec![Some("b"), None, Some("a"), Some("b"), Some("茶")]);
        let keys = keys_of(Arc::new(texts), &mut vec![true; 5]).unwrap();
        assert_eq!(keys.keys[0], keys.keys[3]);
        assert!(keys.keys[2] < keys.keys[0] && keys.keys[0] < keys.keys[4]);

        let few: DictionaryArray<Int32Type> = [Some("b"), None, Some("a"), Some("b"), Some("茶")].into_iter().collect();
        let of_few = keys_of(Arc::new(few), &mut vec![true; 5]).unwrap();
        for row in [0, 2, 3, 4] {
            assert_eq!(of_few.keys[row], keys.keys[row]);
        }
        let rows = UInt32Array::from(vec![Some(4), None, Some(1), Some(0)]);
        let plain = take_plain(&of_few.array, &rows).unwrap();
        assert_eq!(plain.as_string::<i32>(), &StringArray::from(vec![Some("茶"), None, None, Some("b")]));
    }
}
