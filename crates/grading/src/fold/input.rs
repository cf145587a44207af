//! Prepare: what the aggregates read, evaluated on whole batches. A *channel* is one filter with
//! one argument; indicators that share them share the work.

use std::collections::HashMap;
use std::rc::Rc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use gradus_model::fixed::{FIXED_ONE, round_div};

use super::rows::Rows;

/// The argument of an aggregate as integers whose order and equality are those of the values.
#[derive(Debug)]
pub struct Keys {
    /// One for each row that counts. Numbers: ten-thousandths. Dates, instants, truth values: as they
    /// are. Text: the rank among the texts of this batch.
    pub keys: Vec<i64>,
    /// The values of all rows, for the aggregates that pick one.
    pub array: ArrayRef,
    /// Rows whose number does not fit 64 bits of ten-thousandths, or is not finite: they do not count.
    pub n_faults: u64,
}

/// How values are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// As numbers to be added up: in ten-thousandths.
    Added,
    /// For aggregates that compare, count or keep values and never add them up: whole numbers and
    /// floats as they are, however large or fine; everything else as if it were added.
    Compared,
    /// Only kept: text has no keys then.
    Kept,
}

/// True if values of this type are numbers that can be added up.
pub fn is_numeric(data_type: &DataType) -> bool {
    data_type.is_integer() || data_type.is_floating() || matches!(data_type, DataType::Decimal128(_, _))
}

/// The integers that stand for the values of the rows that count. Rows whose number cannot be held
/// are taken out and counted.
pub fn keys_of(array: ArrayRef, rows: &Rc<Rows>, reading: Reading) -> Result<(Rc<Rows>, Keys), ArrowError> {
    let Read { mut keys, failed, array } = read(array, rows, reading)?;
    if failed.is_empty() {
        return Ok((rows.clone(), Keys { keys, array, n_faults: 0 }));
    }
    let kept = rows.retain(|row| failed.binary_search(&row).is_err());
    let mut of = rows.list().iter();
    keys.retain(|_| of.next().is_some_and(|row| kept.counts(*row)));
    Ok((Rc::new(kept), Keys { keys, array, n_faults: failed.len() as u64 }))
}

/// Integers that compare as the values do, one for each value: 0 where there is none.
pub fn comparable(array: &ArrayRef) -> Result<Vec<i64>, ArrowError> {
    Ok(read(array.clone(), &Rows::all(array.len()), Reading::Compared)?.keys)
}

/// Keys of some rows, 0 for those that failed.
struct Read {
    keys: Vec<i64>,
    /// Ascending.
    failed: Vec<u32>,
    /// The values, text in a form that can be picked from.
    array: ArrayRef,
}

fn read(array: ArrayRef, rows: &Rows, reading: Reading) -> Result<Read, ArrowError> {
    let exact = reading != Reading::Added;
    let (keys, failed) = match array.data_type() {
        DataType::Int64 if exact => gather(array.as_primitive::<Int64Type>().values(), rows, Some),
        DataType::Int64 => {
            gather(array.as_primitive::<Int64Type>().values(), rows, |v| v.checked_mul(FIXED_ONE))
        }
        DataType::Decimal128(_, scale) => {
            let (values, scale) = (array.as_primitive::<Decimal128Type>().values(), *scale);
            match exact || scale == 4 {
                true => gather(values, rows, |v| i64::try_from(v).ok()),
                false => gather(values, rows, |v| rescale(v, scale)),
            }
        }
        DataType::Float64 if exact => {
            gather(array.as_primitive::<Float64Type>().values(), rows, order_of_float)
        }
        DataType::Float64 => gather(array.as_primitive::<Float64Type>().values(), rows, fixed_of_float),
        data_type if data_type.is_integer() || *data_type == DataType::Float32 => {
            let wide = if data_type.is_integer() { DataType::Int64 } else { DataType::Float64 };
            return Ok(Read { array: array.clone(), ..read(cast(&array, &wide)?, rows, reading)? });
        }
        DataType::Boolean => {
            let values = array.as_boolean().values();
            (rows.list().iter().map(|row| i64::from(values.value(*row as usize))).collect(), Vec::new())
        }
        DataType::Date32 => gather(array.as_primitive::<Date32Type>().values(), rows, |v| Some(i64::from(v))),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            gather(array.as_primitive::<TimestampMicrosecondType>().values(), rows, Some)
        }
        data_type if few_texts(data_type, array.as_ref()) => {
            if reading == Reading::Kept {
                return Ok(Read { keys: Vec::new(), failed: Vec::new(), array });
            }
            let texts = array.as_dictionary::<Int32Type>();
            let ranks = text_ranks(texts.values());
            gather(texts.keys().values(), rows, |text| Some(ranks.get(text as usize).copied().unwrap_or(0)))
        }
        _ => {
            let text = cast(&array, &DataType::Utf8)?;
            if reading == Reading::Kept {
                return Ok(Read { keys: Vec::new(), failed: Vec::new(), array: text });
            }
            let (keys, failed) = gather(&text_ranks(&text), rows, Some);
            return Ok(Read { keys, failed, array: text });
        }
    };
    Ok(Read { keys, failed, array })
}

/// The keys of the rows that count, and the rows that have none.
fn gather<T: Copy>(values: &[T], rows: &Rows, key: impl Fn(T) -> Option<i64>) -> (Vec<i64>, Vec<u32>) {
    let mut failed = Vec::new();
    let mut of = |row: u32| {
        key(values[row as usize]).unwrap_or_else(|| {
            failed.push(row);
            0
        })
    };
    let keys = rows.list().iter().map(|row| of(*row)).collect();
    (keys, failed)
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
    batch
        .column_by_name(name)
        .ok_or_else(|| ArrowError::SchemaError(format!("the events have no column {name}")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Decimal128Array, DictionaryArray, Float64Array, Int64Array, StringArray};

    use super::*;

    fn added(array: ArrayRef) -> (Rc<Rows>, Keys) {
        let rows = Rc::new(Rows::all(array.len()));
        keys_of(array, &rows, Reading::Added).unwrap()
    }

    fn compared(array: ArrayRef) -> (Rc<Rows>, Keys) {
        let rows = Rc::new(Rows::all(array.len()));
        keys_of(array, &rows, Reading::Compared).unwrap()
    }

    #[test]
    fn numbers_become_ten_thousandths_and_what_does_not_fit_is_a_fault() {
        let (rows, keys) = added(Arc::new(Int64Array::from(vec![1, i64::MAX, -3])));
        assert_eq!((keys.keys, keys.n_faults, rows.list()), (vec![10_000, -30_000], 1, &[0, 2][..]));

        let products =
            Decimal128Array::from(vec![123_456_789_i128, -5_000]).with_precision_and_scale(37, 8).unwrap();
        let (_, keys) = added(Arc::new(products));
        assert_eq!(keys.keys, vec![12_346, -1], "1.23456789 and -0.00005 round half away from zero");

        let (rows, keys) = added(Arc::new(Float64Array::from(vec![0.1, f64::NAN])));
        assert_eq!((keys.keys, keys.n_faults, rows.len()), (vec![1_000], 1, 1));
    }

    #[test]
    fn what_is_only_compared_keeps_every_digit() {
        let ids = vec![6_222_020_200_112_233_445, 6_222_020_200_112_233_446, i64::MIN];
        let (_, keys) = compared(Arc::new(Int64Array::from(ids.clone())));
        assert_eq!((keys.keys, keys.n_faults), (ids, 0));

        let floats = vec![f64::MIN, -1e-9, -0.0, 0.0, 1e-9, 1.5, f64::MAX, f64::NAN, f64::INFINITY];
        let floats: ArrayRef = Arc::new(Float64Array::from(floats));
        let (rows, keys) = compared(floats.clone());
        assert!(keys.keys.is_sorted() && keys.keys[2] == keys.keys[3] && keys.keys[1] < keys.keys[2]);
        assert_eq!((keys.n_faults, rows.list()), (2, &[0, 1, 2, 3, 4, 5, 6][..]));
        let all = comparable(&floats).unwrap();
        assert_eq!((&all[..7], &all[7..]), (&keys.keys[..], &[0, 0][..]));
    }

    #[test]
    fn texts_rank_by_code_point() {
        let texts: ArrayRef =
            Arc::new(StringArray::from(vec![Some("b"), None, Some("a"), Some("b"), Some("茶")]));
        let keys = comparable(&texts).unwrap();
        assert_eq!(keys[0], keys[3]);
        assert!(keys[2] < keys[0] && keys[0] < keys[4]);

        let few: DictionaryArray<Int32Type> =
            [Some("b"), None, Some("a"), Some("b"), Some("茶")].into_iter().collect();
        let (_, of_few) = compared(Arc::new(few));
        for row in [0, 2, 3, 4] {
            assert_eq!(of_few.keys[row], keys[row]);
        }
        let rows = UInt32Array::from(vec![Some(4), None, Some(1), Some(0)]);
        let plain = take_plain(&of_few.array, &rows).unwrap();
        assert_eq!(plain.as_string::<i32>(), &StringArray::from(vec![Some("茶"), None, None, Some("b")]));
    }
}
