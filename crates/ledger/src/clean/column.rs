//! What an expression gave: one of the few types that cleaning reads.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array,
    StringArray, TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};

use super::number::{Decimal, NumberFault, from_float, read_decimal, rescale, write_units};
use super::text::{Given, boolean};

/// Values of one mapped expression.
#[derive(Debug, Clone)]
pub(super) enum Column {
    /// Null on every row.
    Nothing,
    /// The same text on every row.
    Same(Arc<str>),
    Text(StringArray),
    Integer(Int64Array),
    Float(Float64Array),
    Decimal(Decimal128Array, i8),
    Boolean(BooleanArray),
    Date(Date32Array),
    /// Microseconds; true if they are an instant and not the reading of some clock.
    Timestamp(TimestampMicrosecondArray, bool),
}

impl Column {
    /// `None` if the type is none that a mapping can give.
    pub(super) fn of(values: &ArrayRef) -> Option<Column> {
        let cast_to = |to: &DataType| cast(values, to).ok();
        Some(match values.data_type() {
            DataType::Null => Column::Nothing,
            DataType::Utf8 => Column::Text(values.as_string::<i32>().clone()),
            DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
                Column::Text(cast_to(&DataType::Utf8)?.as_string::<i32>().clone())
            }
            DataType::Boolean => Column::Boolean(values.as_boolean().clone()),
            DataType::UInt64 => Column::Decimal(
                cast_to(&DataType::Decimal128(20, 0))?.as_primitive::<Decimal128Type>().clone(),
                0,
            ),
            integer if integer.is_integer() => {
                Column::Integer(cast_to(&DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            float if float.is_floating() => {
                Column::Float(cast_to(&DataType::Float64)?.as_primitive::<Float64Type>().clone())
            }
            DataType::Decimal128(_, scale) => {
                Column::Decimal(values.as_primitive::<Decimal128Type>().clone(), *scale)
            }
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal256(_, scale) => {
                let values = cast_to(&DataType::Decimal128(38, *scale))?;
                Column::Decimal(values.as_primitive::<Decimal128Type>().clone(), *scale)
            }
            DataType::Date32 => Column::Date(values.as_primitive::<Date32Type>().clone()),
            DataType::Date64 => {
                Column::Date(cast_to(&DataType::Date32)?.as_primitive::<Date32Type>().clone())
            }
            DataType::Timestamp(_, zone) => {
                let values = cast_to(&DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
                let values = values.as_primitive::<TimestampMicrosecondType>().clone();
                Column::Timestamp(values.with_timezone_opt(None::<Arc<str>>), zone.is_some())
            }
            _ => return None,
        })
    }

    /// The value as a text, if one is given.
    #[inline]
    pub(super) fn text(&self, row: usize, given: &Given) -> Option<Cow<'_, str>> {
        match self {
            Column::Text(values) if values.is_valid(row) => given.text(values.value(row)).map(Cow::Borrowed),
            Column::Same(text) => given.text(text).map(Cow::Borrowed),
            Column::Integer(values) if values.is_valid(row) => {
                Some(Cow::Owned(values.value(row).to_string()))
            }
            Column::Float(values) if values.is_valid(row) => Some(Cow::Owned(values.value(row).to_string())),
            Column::Decimal(values, scale) if values.is_valid(row) => {
                let units = rescale(values.value(row), *scale).ok()?.units;
                Some(Cow::Owned(write_units(units.into())))
            }
            Column::Boolean(values) if values.is_valid(row) => {
                Some(Cow::Borrowed(if values.value(row) { "true" } else { "false" }))
            }
            Column::Date(values) if values.is_valid(row) => {
                Some(Cow::Owned(values.value_as_date(row)?.to_string()))
            }
            Column::Timestamp(values, _) if values.is_valid(row) => {
                Some(Cow::Owned(values.value_as_datetime(row)?.to_string()))
            }
            _ => None,
        }
    }

    /// The value as a number, if one is given.
    #[inline]
    pub(super) fn number(
        &self,
        row: usize,
        given: &Given,
        comma: bool,
    ) -> Option<Result<Decimal, NumberFault>> {
        match self {
            Column::Text(values) if values.is_valid(row) => {
                given.text(values.value(row)).map(|text| read_decimal(text, comma))
            }
            Column::Same(text) => given.text(text).map(|text| read_decimal(text, comma)),
            Column::Integer(values) if values.is_valid(row) => Some(rescale(values.value(row).into(), 0)),
            Column::Float(values) if values.is_valid(row) => Some(from_float(values.value(row))),
            Column::Decimal(values, scale) if values.is_valid(row) => {
                Some(rescale(values.value(row), *scale))
            }
            Column::Boolean(values) if values.is_valid(row) => Some(Err(NumberFault::NotANumber)),
            Column::Date(values) if values.is_valid(row) => Some(Err(NumberFault::NotANumber)),
            Column::Timestamp(values, _) if values.is_valid(row) => Some(Err(NumberFault::NotANumber)),
            _ => None,
        }
    }

    /// The value as yes or no, if one is given; `Some(None)` if it is neither.
    #[inline]
    pub(super) fn boolean(&self, row: usize, given: &Given) -> Option<Option<bool>> {
        match self {
            Column::Boolean(values) => values.is_valid(row).then(|| Some(values.value(row))),
            _ => self.text(row, given).map(|text| boolean(&text)),
        }
    }
}
