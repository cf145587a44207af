//! One row as bytes: each column's value after the one before, integers as short as they are.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, FixedSizeBinaryArray, Float64Array, Int64Array,
    ListArray, RecordBatch, StringArray, new_empty_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int32Type, Int64Type, SchemaRef, TimeUnit};

use crate::error::LedgerError;

/// How the rows of a schema are written. The first column is the customer, Int64 without nulls; it
/// is the row's key and not among its bytes.
#[derive(Debug, Clone)]
pub struct RowForm {
    schema: SchemaRef,
    kinds: Vec<Kind>,
}

/// A column's way of being written. A column that may be null has a byte before each value: 0 for
/// null, and then nothing more.
#[derive(Debug, Clone)]
enum Kind {
    /// Whole numbers, dates, instants: zigzag, seven bits a byte.
    Integer,
    /// 128 bits, the same way.
    Wide,
    Float,
    Boolean,
    /// Length, then UTF-8.
    Text,
    Bytes(i32),
    /// Length, then the items.
    List(Box<Kind>),
}

impl RowForm {
    /// # Errors
    /// [`LedgerError::Columns`] if a column's type cannot be kept.
    pub fn new(schema: SchemaRef) -> Result<RowForm, LedgerError> {
        let fields = schema.fields();
        let keyed =
            fields.first().is_some_and(|first| *first.data_type() == DataType::Int64 && !first.is_nullable());
        if !keyed {
            return Err(LedgerError::columns("customer", "the first column is not the customer"));
        }
        let kind = |field: &arrow::datatypes::FieldRef| {
            Kind::of(field.data_type()).ok_or_else(|| {
                LedgerError::columns(field.name(), format!("{} cannot be kept", field.data_type()))
            })
        };
        let kinds = fields.iter().skip(1).map(kind).collect::<Result<_, _>>()?;
        Ok(RowForm { schema, kinds })
    }

    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Hands each row's customer and bytes to `take`, in order.
    pub fn write(
        &self,
        batch: &RecordBatch,
        mut take: impl FnMut(i64, &[u8]) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let same = batch.schema_ref().fields().iter().map(|f| f.data_type()).eq(self
            .schema
            .fields()
            .iter()
            .map(|f| f.data_type()));
        if !same {
            return Err(LedgerError::columns("customer", "these rows have other columns than the file"));
        }
        let columns = batch.columns().iter().skip(1).zip(&self.kinds);
        let columns = columns.map(|(array, kind)| Column::of(array, kind)).collect::<Result<Vec<_>, _>>()?;
        let nullable: Vec<bool> =
            self.schema.fields().iter().skip(1).map(|field| field.is_nullable()).collect();
        let customers = batch.column(0).as_primitive::<Int64Type>().values();
        let mut bytes = Vec::new();
        for (row, customer) in customers.iter().enumerate() {
            bytes.clear();
            for (column, nullable) in columns.iter().zip(&nullable) {
                column.write(row, *nullable, &mut bytes);
            }
            take(*customer, &bytes)?;
        }
        Ok(())
    }

    /// Collects rows to make a batch of them.
    pub fn rows(&self) -> Rows<'_> {
        let fields = self.schema.fields().iter().skip(1);
        let columns = fields.zip(&self.kinds).map(|(field, kind)| Builder::new(kind, field.is_nullable()));
        Rows { form: self, customers: Vec::new(), columns: columns.collect() }
    }
}

/// Rows on their way back into a batch.
#[derive(Debug)]
pub struct Rows<'a> {
    form: &'a RowForm,
    customers: Vec<i64>,
    columns: Vec<Builder>,
}

impl Rows<'_> {
    /// Adds the row that [`RowForm::write`] gave.
    ///
    /// # Errors
    /// [`LedgerError::Columns`] if the bytes are not a row of this form.
    pub fn push(&mut self, customer: i64, mut bytes: &[u8]) -> Result<(), LedgerError> {
        for (at, column) in self.columns.iter_mut().enumerate() {
            if column.read(&mut bytes).is_none() {
                let name = self.form.schema.field(at + 1).name();
                return Err(LedgerError::columns(
                    name,
                    "a stored row ends too early or holds what it cannot",
                ));
            }
        }
        if !bytes.is_empty() {
            return Err(LedgerError::columns("customer", "a stored row is longer than its columns"));
        }
        self.customers.push(customer);
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.customers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }

    pub fn finish(self) -> Result<RecordBatch, LedgerError> {
        let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(self.customers))];
        for (column, field) in self.columns.into_iter().zip(self.form.schema.fields().iter().skip(1)) {
            columns.push(column.finish(field.data_type())?);
        }
        Ok(RecordBatch::try_new(self.form.schema.clone(), columns)?)
    }
}

impl Kind {
    fn of(data_type: &DataType) -> Option<Kind> {
        Some(match data_type {
            DataType::UInt64 => return None,
            data_type if data_type.is_integer() => Kind::Integer,
            DataType::Date32 | DataType::Timestamp(TimeUnit::Microsecond, _) => Kind::Integer,
            DataType::Decimal128(_, _) => Kind::Wide,
            DataType::Float64 => Kind::Float,
            DataType::Boolean => Kind::Boolean,
            DataType::Utf8 => Kind::Text,
            DataType::FixedSizeBinary(n) => Kind::Bytes(*n),
            DataType::List(item) => Kind::List(Box::new(Kind::of(item.data_type())?)),
            _ => return None,
        })
    }
}

/// A column that is being written.
enum Column {
    Integer(Int64Array),
    Wide(Decimal128Array),
    Float(Float64Array),
    Boolean(BooleanArray),
    Text(StringArray),
    Bytes(FixedSizeBinaryArray),
    List(ListArray, Box<Column>),
}

impl Column {
    fn of(array: &ArrayRef, kind: &Kind) -> Result<Column, LedgerError> {
        Ok(match kind {
            Kind::Integer => Column::Integer(as_integers(array)?),
            Kind::Wide => Column::Wide(array.as_primitive::<Decimal128Type>().clone()),
            Kind::Float => Column::Float(array.as_primitive::<Float64Type>().clone()),
            Kind::Boolean => Column::Boolean(array.as_boolean().clone()),
            Kind::Text => Column::Text(array.as_string::<i32>().clone()),
            Kind::Bytes(_) => Column::Bytes(array.as_fixed_size_binary().clone()),
            Kind::List(item) => {
                let list = array.as_list::<i32>().clone();
                let items = Column::of(list.values(), item)?;
                Column::List(list, Box::new(items))
            }
        })
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Column::Integer(array) => array.is_null(row),
            Column::Wide(array) => array.is_null(row),
            Column::Float(array) => array.is_null(row),
            Column::Boolean(array) => array.is_null(row),
            Column::Text(array) => array.is_null(row),
            Column::Bytes(array) => array.is_null(row),
            Column::List(array, _) => array.is_null(row),
        }
    }

    fn write(&self, row: usize, nullable: bool, out: &mut Vec<u8>) {
        if nullable {
            out.push(u8::from(!self.is_null(row)));
            if self.is_null(row) {
                return;
            }
        }
        match self {
            Column::Integer(array) => put(u128::from(zigzag(array.value(row))), out),
            Column::Wide(array) => put(wide_zigzag(array.value(row)), out),
            Column::Float(array) => out.extend(array.value(row).to_bits().to_le_bytes()),
            Column::Boolean(array) => out.push(u8::from(array.value(row))),
            Column::Text(array) => {
                let text = array.value(row).as_bytes();
                put(text.len() as u128, out);
                out.extend_from_slice(text);
            }
            Column::Bytes(array) => out.extend_from_slice(array.value(row)),
            Column::List(array, items) => {
                let (begin, end) = (array.value_offsets()[row], array.value_offsets()[row + 1]);
                put((end - begin) as u128, out);
                for item in begin..end {
                    items.write(item as usize, false, out);
                }
            }
        }
    }
}

/// A column that is being read back.
#[derive(Debug)]
struct Builder {
    values: Values,
    /// One per value, if some may be null.
    valid: Option<Vec<bool>>,
}

#[derive(Debug)]
enum Values {
    Integer(Vec<i64>),
    Wide(Vec<i128>),
    Float(Vec<f64>),
    Boolean(Vec<bool>),
    Text { offsets: Vec<i32>, bytes: Vec<u8> },
    Bytes { width: i32, bytes: Vec<u8> },
    List { offsets: Vec<i32>, items: Box<Builder> },
}

impl Builder {
    fn new(kind: &Kind, nullable: bool) -> Builder {
        let values = match kind {
            Kind::Integer => Values::Integer(Vec::new()),
            Kind::Wide => Values::Wide(Vec::new()),
            Kind::Float => Values::Float(Vec::new()),
            Kind::Boolean => Values::Boolean(Vec::new()),
            Kind::Text => Values::Text { offsets: vec![0], bytes: Vec::new() },
            Kind::Bytes(width) => Values::Bytes { width: *width, bytes: Vec::new() },
            Kind::List(item) => Values::List { offsets: vec![0], items: Box::new(Builder::new(item, false)) },
        };
        Builder { values, valid: nullable.then(Vec::new) }
    }

    /// `None` if the bytes are no such value.
    fn read(&mut self, from: &mut &[u8]) -> Option<()> {
        if let Some(valid) = &mut self.valid {
            let is_valid = byte(from)? != 0;
            valid.push(is_valid);
            if !is_valid {
                return self.skip();
            }
        }
        match &mut self.values {
            Values::Integer(values) => values.push(unzigzag(u64::try_from(get(from)?).ok()?)),
            Values::Wide(values) => values.push(wide_unzigzag(get(from)?)),
            Values::Float(values) => {
                let bits: [u8; 8] = some(from, 8)?.try_into().ok()?;
                values.push(f64::from_bits(u64::from_le_bytes(bits)));
            }
            Values::Boolean(values) => values.push(byte(from)? != 0),
            Values::Text { offsets, bytes } => {
                let length = usize::try_from(get(from)?).ok()?;
                bytes.extend_from_slice(some(from, length)?);
                offsets.push(i32::try_from(bytes.len()).ok()?);
            }
            Values::Bytes { width, bytes } => bytes.extend_from_slice(some(from, *width as usize)?),
            Values::List { offsets, items } => {
                let length = i32::try_from(get(from)?).ok()?;
                for _ in 0..length {
                    items.read(from)?;
                }
                offsets.push(offsets.last()?.checked_add(length)?);
            }
        }
        Some(())
    }

    /// What stands where there is no value.
    fn skip(&mut self) -> Option<()> {
        match &mut self.values {
            Values::Integer(values) => values.push(0),
            Values::Wide(values) => values.push(0),
            Values::Float(values) => values.push(0.0),
            Values::Boolean(values) => values.push(false),
            Values::Text { offsets, .. } | Values::List { offsets, .. } => offsets.push(*offsets.last()?),
            Values::Bytes { width, bytes } => bytes.resize(bytes.len() + *width as usize, 0),
        }
        Some(())
    }

    fn finish(self, data_type: &DataType) -> Result<ArrayRef, LedgerError> {
        let nulls = self.valid.map(NullBuffer::from).filter(|nulls| nulls.null_count() > 0);
        Ok(match self.values {
            Values::Integer(values) => of_integers(Int64Array::new(values.into(), nulls), data_type)?,
            Values::Wide(values) => {
                Arc::new(Decimal128Array::new(values.into(), nulls).with_data_type(data_type.clone()))
            }
            Values::Float(values) => Arc::new(Float64Array::new(values.into(), nulls)),
            Values::Boolean(values) => Arc::new(BooleanArray::new(values.into(), nulls)),
            Values::Text { offsets, bytes } => {
                Arc::new(StringArray::try_new(OffsetBuffer::new(offsets.into()), bytes.into(), nulls)?)
            }
            Values::Bytes { bytes, .. } if bytes.is_empty() => new_empty_array(data_type),
            Values::Bytes { width, bytes } => {
                Arc::new(FixedSizeBinaryArray::try_new(width, bytes.into(), nulls)?)
            }
            Values::List { offsets, items } => {
                let DataType::List(item) = data_type else {
                    return Err(LedgerError::columns("list", "is read as something else"));
                };
                let items = items.finish(item.data_type())?;
                Arc::new(ListArray::try_new(item.clone(), OffsetBuffer::new(offsets.into()), items, nulls)?)
            }
        })
    }
}

/// Dates have no way to 64 bits but over 32.
fn as_integers(array: &ArrayRef) -> Result<Int64Array, LedgerError> {
    let array = match array.data_type() {
        DataType::Date32 => cast(array, &DataType::Int32)?,
        _ => array.clone(),
    };
    Ok(cast(&array, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

fn of_integers(values: Int64Array, data_type: &DataType) -> Result<ArrayRef, LedgerError> {
    Ok(match data_type {
        DataType::Int64 => Arc::new(values),
        DataType::Date32 => {
            let days = cast(&values, &DataType::Int32)?;
            cast(days.as_primitive::<Int32Type>(), data_type)?
        }
        _ => cast(&values, data_type)?,
    })
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

fn wide_zigzag(value: i128) -> u128 {
    ((value << 1) ^ (value >> 127)) as u128
}

fn wide_unzigzag(value: u128) -> i128 {
    (value >> 1) as i128 ^ -((value & 1) as i128)
}

/// Seven bits a byte, the last one below 128.
pub(super) fn put(mut value: u128, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(super) fn get(from: &mut &[u8]) -> Option<u128> {
    let (mut value, mut shift) = (0u128, 0u32);
    // Nearly all numbers are shorter than 64 bits, and those are quicker to put together.
    let mut short = 0u64;
    while shift < 63 {
        let next = byte(from)?;
        short |= u64::from(next & 0x7f) << shift;
        shift += 7;
        if next < 0x80 {
            return Some(u128::from(short));
        }
    }
    value |= u128::from(short);
    loop {
        let next = byte(from)?;
        if shift >= 128 || (shift == 126 && next > 3) {
            return None;
        }
        value |= u128::from(next & 0x7f) << shift;
        shift += 7;
        if next < 0x80 {
            return Some(value);
        }
    }
}

fn byte(from: &mut &[u8]) -> Option<u8> {
    let (first, rest) = from.split_first()?;
    *from = rest;
    Some(*first)
}

pub(super) fn some<'a>(from: &mut &'a [u8], n: usize) -> Option<&'a [u8]> {
    let (begin, rest) = from.split_at_checked(n)?;
    *from = rest;
    Some(begin)
}

#[cfg(test)]
mod tests {
    use arrow::array::Date32Array;
    use arrow::datatypes::{Field, Schema};

    use super::*;

    #[test]
    fn numbers_come_back_whatever_their_size() {
        let mut bytes = Vec::new();
        let wides =
            [0, 1, -1, i128::from(i64::MAX), i128::from(i64::MIN), i128::MAX, i128::MIN, 10i128.pow(38)];
        wides.iter().for_each(|value| put(wide_zigzag(*value), &mut bytes));
        let narrow = [0, 63, -64, 64, i64::MAX, i64::MIN];
        narrow.iter().for_each(|value| put(u128::from(zigzag(*value)), &mut bytes));
        let mut from = bytes.as_slice();
        for value in wides {
            assert_eq!(get(&mut from).map(wide_unzigzag), Some(value));
        }
        for value in narrow {
            assert_eq!(get(&mut from).map(|v| unzigzag(v as u64)), Some(value));
        }
        assert!(from.is_empty());
        assert_eq!(get(&mut [0xff; 30].as_slice()), None);
    }

    #[test]
    fn every_kind_of_column_comes_back() {
        let item = Arc::new(Field::new_list_field(DataType::Utf8, false));
        let schema = Arc::new(Schema::new(vec![
            Field::new("customer", DataType::Int64, false),
            Field::new("day", DataType::Date32, true),
            Field::new("sum", DataType::Decimal128(38, 0), false),
            Field::new("share", DataType::Float64, true),
            Field::new("is", DataType::Boolean, true),
            Field::new("text", DataType::Utf8, true),
            Field::new("id", DataType::FixedSizeBinary(16), false),
            Field::new("list", DataType::List(item.clone()), false),
        ]));
        let ids = [[7u8; 16], [0; 16], [255; 16]];
        let items: ArrayRef = Arc::new(StringArray::from(vec!["茶", "", "x"]));
        let batch = RecordBatch::try_new(
            schema.clone(),
            vec![
                Arc::new(Int64Array::from(vec![-5, 1, 9])),
                Arc::new(Date32Array::from(vec![Some(-1), None, Some(20_000)])),
                Arc::new(
                    Decimal128Array::from(vec![i128::MIN, 0, 12]).with_data_type(DataType::Decimal128(38, 0)),
                ),
                Arc::new(Float64Array::from(vec![Some(-0.0), Some(f64::MAX), None])),
                Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
                Arc::new(StringArray::from(vec![None, Some("é"), Some("")])),
                Arc::new(FixedSizeBinaryArray::try_from_iter(ids.iter()).unwrap()),
                Arc::new(ListArray::new(item, OffsetBuffer::new(vec![0, 2, 2, 3].into()), items, None)),
            ],
        )
        .unwrap();
        let form = RowForm::new(schema).unwrap();
        let (mut rows, mut kept) = (form.rows(), Vec::new());
        form.write(&batch, |customer, bytes| {
            kept.push((customer, bytes.to_vec()));
            Ok(())
        })
        .unwrap();
        kept.iter().for_each(|(customer, bytes)| rows.push(*customer, bytes).unwrap());
        assert_eq!(rows.finish().unwrap(), batch);
        // A slice writes its own rows only.
        let mut again = Vec::new();
        form.write(&batch.slice(1, 2), |customer, bytes| {
            again.push((customer, bytes.to_vec()));
            Ok(())
        })
        .unwrap();
        assert_eq!(again, kept[1..]);
        // What is cut short or has something after it is refused.
        let (customer, bytes) = &kept[0];
        assert!(form.rows().push(*customer, &bytes[..bytes.len() - 1]).is_err());
        assert!(form.rows().push(*customer, &[bytes.as_slice(), &[0]].concat()).is_err());
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        let schema = Schema::new(vec![
            Field::new("customer", DataType::Int64, false),
            Field::new("x", DataType::UInt64, false),
        ]);
        assert!(RowForm::new(Arc::new(schema)).is_err());
        assert!(RowForm::new(Arc::new(Schema::new(vec![Field::new("x", DataType::Utf8, false)]))).is_err());
    }
}
