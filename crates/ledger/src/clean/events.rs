//! The events of a batch as columns.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanArray, BooleanBuilder, Date32Array, Decimal128Array, Int64Array,
    RecordBatch, RecordBatchOptions, StringArray, StringBuilder, TimestampMicrosecondArray,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use gradus_model::event_stream::{self as stream, DECIMAL_PRECISION, DECIMAL_SCALE, FieldType, column};

/// The columns of events that carry these fields: the event stream's without bucket and position.
pub fn schema(fields: impl Iterator<Item = stream::Field>) -> SchemaRef {
    let required = |name: &str| {
        matches!(
            name,
            column::IDENTITY
                | column::TIME
                | column::EVENT_ID
                | column::RETRACTION
                | column::KNOWN
                | column::KIND
                | column::SOURCE
        )
    };
    let fixed =
        stream::FIXED_COLUMNS.iter().filter(|name| !matches!(**name, column::BUCKET | column::POSITION));
    let mut columns: Vec<Field> =
        fixed.map(|name| Field::new(*name, fixed_type(name), !required(name))).collect();
    columns.extend(fields.map(|field| Field::new(field.name, field_type(field.field_type), true)));
    Arc::new(Schema::new(columns))
}

/// Values of a column and where they are given.
#[derive(Debug, Clone, Default)]
pub(super) struct Optional<T> {
    pub(super) values: Vec<T>,
    pub(super) given: Vec<bool>,
}

impl<T: Clone + Default> Optional<T> {
    pub(super) fn none(n: usize) -> Self {
        Optional { values: vec![T::default(); n], given: vec![false; n] }
    }

    #[inline]
    pub(super) fn set(&mut self, row: usize, value: T) {
        self.values[row] = value;
        self.given[row] = true;
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<&T> {
        if self.given[row] { Some(&self.values[row]) } else { None }
    }

    fn nulls(&self) -> Option<NullBuffer> {
        Some(NullBuffer::new(BooleanBuffer::from(self.given.as_slice())))
    }
}

/// A text column as it is built: one buffer, no text of its own per row.
#[derive(Debug, Default)]
pub(super) struct Texts {
    builder: StringBuilder,
}

impl Texts {
    pub(super) fn with_capacity(rows: usize) -> Texts {
        Texts { builder: StringBuilder::with_capacity(rows, rows * 8) }
    }

    #[inline]
    pub(super) fn push(&mut self, text: Option<&str>) {
        self.builder.append_option(text);
    }

    pub(super) fn finish(mut self) -> StringArray {
        self.builder.finish()
    }
}

/// Parsed values of one declared field.
#[derive(Debug)]
pub(super) enum FieldValues {
    Text(StringArray),
    Integer(Optional<i64>),
    Decimal(Optional<i64>),
    Boolean(Optional<bool>),
    Date(Optional<i32>),
    Timestamp(Optional<i64>),
}

impl FieldValues {
    pub(super) fn array(&self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            FieldValues::Text(texts) => Arc::new(texts.clone()),
            FieldValues::Integer(values) => {
                Arc::new(Int64Array::new(values.values.clone().into(), values.nulls()))
            }
            FieldValues::Decimal(values) => Arc::new(decimals(values)?),
            FieldValues::Boolean(values) => Arc::new(booleans(values)),
            FieldValues::Date(values) => {
                Arc::new(Date32Array::new(values.values.clone().into(), values.nulls()))
            }
            FieldValues::Timestamp(values) => Arc::new(
                TimestampMicrosecondArray::new(values.values.clone().into(), values.nulls())
                    .with_timezone("UTC"),
            ),
        })
    }
}

/// The parsed rows of a batch, refused and skipped ones included.
#[derive(Debug)]
pub(super) struct ParsedRows {
    pub(super) identity: Vec<i64>,
    pub(super) time: Vec<i64>,
    pub(super) known: Vec<i64>,
    pub(super) event_id: Vec<[u8; 16]>,
    pub(super) retraction: Vec<bool>,
    pub(super) kind: StringArray,
    pub(super) order_id: StringArray,
    pub(super) order_key: Optional<i64>,
    pub(super) line: Vec<Option<&'static str>>,
    pub(super) spend: Optional<bool>,
    /// After capping.
    pub(super) amount: Optional<i64>,
    /// Of rows with an amount.
    pub(super) currency: Vec<&'static str>,
    pub(super) quantity: Optional<i64>,
    pub(super) fields: Vec<FieldValues>,
}

impl ParsedRows {
    /// The rows that `keep` names as a record batch of `schema`.
    pub(super) fn events(
        &self,
        schema: &SchemaRef,
        source: &str,
        keep: &[bool],
    ) -> Result<RecordBatch, ArrowError> {
        let n = self.identity.len();
        let instants = |values: &[i64]| -> ArrayRef {
            Arc::new(TimestampMicrosecondArray::new(values.to_vec().into(), None).with_timezone("UTC"))
        };
        let mut ids = BinaryBuilder::with_capacity(n, n * 16);
        let mut lines = Texts::with_capacity(n);
        let mut currencies = Texts::with_capacity(n);
        for row in 0..n {
            ids.append_value(self.event_id[row]);
            lines.push(self.line[row]);
            currencies.push(self.amount.given[row].then_some(self.currency[row]));
        }
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(self.identity.clone())),
            instants(&self.time),
            Arc::new(ids.finish()),
            Arc::new(BooleanArray::from(self.retraction.clone())),
            instants(&self.known),
            Arc::new(self.kind.clone()),
            Arc::new(StringArray::from_iter_values(std::iter::repeat_n(source, n))),
            Arc::new(self.order_id.clone()),
            Arc::new(Int64Array::new(self.order_key.values.clone().into(), self.order_key.nulls())),
            Arc::new(lines.finish()),
            Arc::new(booleans(&self.spend)),
            Arc::new(decimals(&self.amount)?),
            Arc::new(currencies.finish()),
            Arc::new(decimals(&self.quantity)?),
        ];
        for field in &self.fields {
            columns.push(field.array()?);
        }
        // Rows that are left out may lack what an event must have.
        let loose: Vec<Field> =
            schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(n));
        let all = RecordBatch::try_new_with_options(Arc::new(Schema::new(loose)), columns, &options)?;
        let kept = if keep.iter().all(|keep| *keep) {
            all
        } else {
            filter_record_batch(&all, &BooleanArray::from(keep.to_vec()))?
        };
        let options = RecordBatchOptions::new().with_row_count(Some(kept.num_rows()));
        RecordBatch::try_new_with_options(schema.clone(), kept.columns().to_vec(), &options)
    }
}

fn decimals(values: &Optional<i64>) -> Result<Decimal128Array, ArrowError> {
    let wide: Vec<i128> = values.values.iter().map(|value| i128::from(*value)).collect();
    Decimal128Array::new(wide.into(), values.nulls())
        .with_precision_and_scale(DECIMAL_PRECISION, DECIMAL_SCALE)
}

fn booleans(values: &Optional<bool>) -> BooleanArray {
    let mut builder = BooleanBuilder::with_capacity(values.values.len());
    for (value, given) in values.values.iter().zip(&values.given) {
        builder.append_option(given.then_some(*value));
    }
    builder.finish()
}

fn field_type(field_type: FieldType) -> DataType {
    match field_type {
        FieldType::Text => DataType::Utf8,
        FieldType::Integer => DataType::Int64,
        FieldType::Decimal => DataType::Decimal128(DECIMAL_PRECISION, DECIMAL_SCALE),
        FieldType::Boolean => DataType::Boolean,
        FieldType::Date => DataType::Date32,
        FieldType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

fn fixed_type(name: &str) -> DataType {
    match name {
        column::IDENTITY | column::ORDER_KEY => DataType::Int64,
        column::TIME | column::KNOWN => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        column::EVENT_ID => DataType::Binary,
        column::RETRACTION | column::SPEND => DataType::Boolean,
        column::AMOUNT | column::QUANTITY => DataType::Decimal128(DECIMAL_PRECISION, DECIMAL_SCALE),
        _ => DataType::Utf8,
    }
}
