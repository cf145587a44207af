//! The Arrow and Delta schemas of the events table.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use gradus_model::event_stream::{
    self as stream, DECIMAL_PRECISION, DECIMAL_SCALE, EventSchema, FieldType, column,
};

use crate::error::LedgerError;

/// Microseconds, UTC.
pub fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// Money, quantities and decimal fields.
pub fn decimal() -> DataType {
    DataType::Decimal128(DECIMAL_PRECISION, DECIMAL_SCALE)
}

/// How text of few different values comes out of a scan.
pub fn dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Columns of a data file: the fixed columns without `bucket`, then the declared fields.
pub fn file_schema(events: &EventSchema) -> SchemaRef {
    let mut fields: Vec<Field> = stream::FIXED_COLUMNS
        .iter()
        .filter(|name| **name != column::BUCKET)
        .map(|name| Field::new(*name, fixed_type(name), !is_required(name)))
        .collect();
    fields.extend(events.fields.iter().map(|f| Field::new(&f.name, field_type(f.field_type), true)));
    Arc::new(Schema::new(fields))
}

/// Columns of the rows handed to `append`: the file's without `position`, which the writer gives.
pub fn input_schema(events: &EventSchema) -> SchemaRef {
    without_position(&file_schema(events))
}

/// Columns as a scan gives them: text of few values as dictionaries, other text as views.
pub fn scan_schema(events: &EventSchema) -> SchemaRef {
    let declared: Vec<&str> = events.fields.iter().map(|f| f.name.as_str()).collect();
    let fields: Vec<Field> = file_schema(events)
        .fields()
        .iter()
        .map(|f| match (f.data_type(), f.name().as_str()) {
            (DataType::Utf8, column::ORDER_ID) => f.as_ref().clone().with_data_type(DataType::Utf8View),
            (DataType::Utf8, name) if is_low_cardinality(name) || declared.contains(&name) => {
                f.as_ref().clone().with_data_type(dictionary())
            }
            _ => f.as_ref().clone(),
        })
        .collect();
    Arc::new(Schema::new(fields))
}

/// Column types of a declared field.
pub fn field_type(field_type: FieldType) -> DataType {
    match field_type {
        FieldType::Text => DataType::Utf8,
        FieldType::Integer => DataType::Int64,
        FieldType::Decimal => decimal(),
        FieldType::Boolean => DataType::Boolean,
        FieldType::Date => DataType::Date32,
        FieldType::Timestamp => timestamp(),
    }
}

/// Text columns that hold few different values.
pub fn is_low_cardinality(name: &str) -> bool {
    matches!(name, column::KIND | column::SOURCE | column::LINE | column::CURRENCY)
}

pub(crate) fn without_position(schema: &Schema) -> SchemaRef {
    let fields: Vec<_> = schema.fields().iter().filter(|f| f.name() != column::POSITION).cloned().collect();
    Arc::new(Schema::new(fields))
}

/// Delta's schema string of an Arrow schema of flat columns.
pub(crate) fn delta_schema(schema: &Schema) -> Result<String, LedgerError> {
    let mut fields = Vec::new();
    for field in schema.fields() {
        fields.push(serde_json::json!({
            "name": field.name(),
            "type": delta_type(field.name(), field.data_type())?,
            "nullable": field.is_nullable(),
            "metadata": {},
        }));
    }
    Ok(serde_json::json!({"type": "struct", "fields": fields}).to_string())
}

/// The Arrow schema of a Delta schema string that [`delta_schema`] wrote.
pub(crate) fn arrow_schema(delta: &str) -> Option<Schema> {
    let value: serde_json::Value = serde_json::from_str(delta).ok()?;
    let mut fields = Vec::new();
    for field in value.get("fields")?.as_array()? {
        let data_type = match field.get("type")?.as_str()? {
            "boolean" => DataType::Boolean,
            "byte" => DataType::Int8,
            "short" => DataType::Int16,
            "integer" => DataType::Int32,
            "long" => DataType::Int64,
            "float" => DataType::Float32,
            "double" => DataType::Float64,
            "date" => DataType::Date32,
            "timestamp" => timestamp(),
            "string" => DataType::Utf8,
            "binary" => DataType::Binary,
            other => {
                let (precision, scale) =
                    other.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
                DataType::Decimal128(precision.trim().parse().ok()?, scale.trim().parse().ok()?)
            }
        };
        fields.push(Field::new(field.get("name")?.as_str()?, data_type, field.get("nullable")?.as_bool()?));
    }
    Some(Schema::new(fields))
}

fn delta_type(name: &str, data_type: &DataType) -> Result<String, LedgerError> {
    Ok(match data_type {
        DataType::Boolean => "boolean".into(),
        DataType::Int8 => "byte".into(),
        DataType::Int16 => "short".into(),
        DataType::Int32 => "integer".into(),
        DataType::Int64 => "long".into(),
        DataType::Float32 => "float".into(),
        DataType::Float64 => "double".into(),
        DataType::Date32 => "date".into(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => "timestamp".into(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string".into(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "binary".into(),
        DataType::Decimal128(precision, scale) => format!("decimal({precision},{scale})"),
        other => return Err(LedgerError::columns(name, format!("a table cannot hold {other}"))),
    })
}

fn fixed_type(name: &str) -> DataType {
    match name {
        column::IDENTITY | column::POSITION | column::ORDER_KEY => DataType::Int64,
        column::TIME | column::KNOWN => timestamp(),
        column::EVENT_ID => DataType::Binary,
        column::RETRACTION | column::SPEND => DataType::Boolean,
        column::AMOUNT | column::QUANTITY => decimal(),
        column::BUCKET => DataType::Int32,
        _ => DataType::Utf8,
    }
}

fn is_required(name: &str) -> bool {
    matches!(
        name,
        column::IDENTITY
            | column::TIME
            | column::EVENT_ID
            | column::RETRACTION
            | column::KNOWN
            | column::POSITION
            | column::KIND
            | column::SOURCE
    )
}
