//! Parquet: every column as text without loss; groups become dotted columns, lists JSON text.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray, StringBuilder, UInt64Array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float32Type, Float64Type, Int64Type, Schema, TimeUnit};
use gradus_model::{Finding, Place, Text};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::reader::ChunkReader;
use serde_json::Value;

use super::input_file::{InputFile, Parts};
use super::options::{MAX_COLUMNS, ReadOptions};
use super::sniff::{Format, PreviewRow, Sniffed};
use super::{BATCH_ROWS, RawBatch, RawItem, Rows, Summary, columns, document_name};
use crate::error::LedgerError;

const MAX_DEPTH: usize = 8;
const SNIFF_ROWS: usize = 1000;

fn damaged(place: &Place) -> Finding {
    Finding::error(
        "parquet-damaged",
        place.clone(),
        Text::new("Parquet 文件已损坏或不完整", "the Parquet file is damaged or incomplete"),
        Text::new("重新导出或重新传输文件", "export or transfer the file again"),
    )
}

/// The reader of a file; none if the file is not what it claims. A damaged file may make the reader
/// panic, which must not end more than the reading.
fn open(input: &InputFile, batch_rows: usize) -> Result<Option<ParquetRecordBatchReader>, LedgerError> {
    if input.key().is_some() {
        return Ok(reader_of(Parts::of(input)?, batch_rows));
    }
    let file = File::open(input.path()).map_err(|source| LedgerError::io(input.path(), source))?;
    Ok(reader_of(file, batch_rows))
}

fn reader_of(bytes: impl ChunkReader + 'static, batch_rows: usize) -> Option<ParquetRecordBatchReader> {
    let opened = catch_unwind(AssertUnwindSafe(|| {
        ParquetRecordBatchReaderBuilder::try_new(bytes)
            .and_then(|builder| builder.with_batch_size(batch_rows).build())
    }));
    opened.ok().and_then(Result::ok)
}

pub(crate) fn sniff(
    file: &InputFile,
    file_bytes: u64,
    options: &ReadOptions,
    place: &Place,
) -> Result<Sniffed, LedgerError> {
    let mut sniffed = Sniffed::new(Format::Parquet, file_bytes);
    sniffed.has_header = false;
    let Some(mut reader) = open(file, SNIFF_ROWS)? else {
        sniffed.findings.push(damaged(place));
        return Ok(sniffed);
    };
    let names = names(reader_schema(&reader).fields());
    if names.len() > MAX_COLUMNS {
        sniffed.findings.push(Finding::error(
            "too-many-columns",
            place.clone(),
            Text::new(format!("文件有 {} 列", names.len()), format!("the file has {} columns", names.len())),
            Text::new(format!("至多 {MAX_COLUMNS} 列"), format!("at most {MAX_COLUMNS}")),
        ));
        return Ok(sniffed);
    }
    let header: Vec<Option<String>> = names.into_iter().map(Some).collect();
    sniffed.columns = columns::name(&header, header.len(), place, &mut sniffed.findings);
    match catch_unwind(AssertUnwindSafe(|| reader.next())) {
        Ok(Some(Ok(batch))) => {
            let columns = texts(&batch, &options.null_texts)?;
            for row in 0..batch.num_rows() {
                let cell = |column: &StringArray| column.is_valid(row).then(|| column.value(row).to_string());
                sniffed.sample.push(columns.iter().map(cell).collect());
            }
            let preview = sniffed.sample.iter().take(20);
            sniffed.preview = preview.map(|cells| PreviewRow { line: None, cells: cells.clone() }).collect();
        }
        Ok(None) => sniffed.findings.push(Finding::warning(
            "no-rows",
            place.clone(),
            Text::new("文件没有数据行", "the file has no rows"),
            Text::new("应有数据行", "it should have rows"),
        )),
        Ok(Some(Err(_))) | Err(_) => sniffed.findings.push(damaged(place)),
    }
    Ok(sniffed)
}

fn reader_schema(reader: &ParquetRecordBatchReader) -> Arc<Schema> {
    use arrow::array::RecordBatchReader;
    reader.schema()
}

/// Names of the text columns that fields become.
fn names(fields: &[Arc<Field>]) -> Vec<String> {
    fn add(prefix: &str, field: &Field, depth: usize, names: &mut Vec<String>) {
        let name =
            if prefix.is_empty() { field.name().clone() } else { format!("{prefix}.{}", field.name()) };
        match field.data_type() {
            DataType::Struct(inner) if depth < MAX_DEPTH => {
                inner.iter().for_each(|field| add(&name, field, depth + 1, names));
            }
            _ => names.push(name),
        }
    }
    let mut names = Vec::new();
    fields.iter().for_each(|field| add("", field, 1, &mut names));
    names
}

/// The rows of one Parquet file.
pub(crate) struct ParquetRows {
    reader: Option<ParquetRecordBatchReader>,
    columns: Arc<[String]>,
    schema: Arc<Schema>,
    null_texts: Vec<String>,
    max_rows: u64,
    document: String,
    summary: Summary,
}

impl ParquetRows {
    pub(crate) fn open(
        file: &InputFile,
        columns: Arc<[String]>,
        options: &ReadOptions,
    ) -> Result<Self, LedgerError> {
        let batch_rows = ((1 << 20) / columns.len().max(1)).clamp(1, BATCH_ROWS);
        let fields: Vec<Field> = columns.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        Ok(ParquetRows {
            reader: open(file, batch_rows)?,
            columns,
            schema: Arc::new(Schema::new(fields)),
            null_texts: options.null_texts.clone(),
            max_rows: options.max_rows.unwrap_or(u64::MAX),
            document: document_name(file.path()),
            summary: Summary::default(),
        })
    }
}

impl Rows for ParquetRows {
    fn next(&mut self) -> Result<Option<RawItem>, LedgerError> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        let left = self.max_rows.saturating_sub(self.summary.rows);
        if left == 0 {
            return Ok(None);
        }
        let batch = match catch_unwind(AssertUnwindSafe(|| reader.next())) {
            Ok(None) => return Ok(None),
            Ok(Some(Ok(batch))) => batch,
            Ok(Some(Err(_))) | Err(_) => {
                self.reader = None;
                return Ok(Some(RawItem::Finding(damaged(&Place::document(&self.document)))));
            }
        };
        let n_rows = batch.num_rows().min(usize::try_from(left).unwrap_or(usize::MAX));
        let batch = batch.slice(0, n_rows);
        let arrays: Vec<ArrayRef> =
            texts(&batch, &self.null_texts)?.into_iter().map(|array| Arc::new(array) as ArrayRef).collect();
        let first_row = self.summary.rows + 1;
        self.summary.rows += n_rows as u64;
        let options = RecordBatchOptions::new().with_row_count(Some(n_rows));
        Ok(Some(RawItem::Batch(RawBatch {
            columns: self.columns.clone(),
            rows: RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)?,
            first_row,
            numbers: UInt64Array::from_iter_values(first_row..first_row + n_rows as u64),
            lines: UInt64Array::new_null(n_rows),
        })))
    }

    fn summary(&self) -> Summary {
        self.summary
    }
}

fn texts(batch: &RecordBatch, null_texts: &[String]) -> Result<Vec<StringArray>, LedgerError> {
    let mut columns = Vec::new();
    for array in batch.columns() {
        add_texts(array, 1, &mut columns)?;
    }
    for column in &mut columns {
        let is_null = |text: &str| null_texts.iter().any(|null| null == text);
        if column.iter().flatten().any(is_null) {
            *column = column.iter().map(|text| text.filter(|text| !is_null(text))).collect();
        }
    }
    Ok(columns)
}

fn add_texts(array: &ArrayRef, depth: usize, columns: &mut Vec<StringArray>) -> Result<(), LedgerError> {
    match array.data_type() {
        DataType::Struct(_) if depth < MAX_DEPTH => {
            let group = array.as_struct();
            for (index, child) in group.columns().iter().enumerate() {
                // A row whose group is null has no members, whatever lies beneath.
                let field = group.fields()[index].clone();
                let masked = match group.nulls() {
                    Some(nulls) if field.data_type() != &DataType::Null => {
                        let mask = arrow::array::BooleanArray::new(!nulls.inner(), None);
                        arrow::compute::nullif(child, &mask)?
                    }
                    _ => child.clone(),
                };
                add_texts(&masked, depth + 1, columns)?;
            }
            Ok(())
        }
        _ => {
            columns.push(text_column(array)?);
            Ok(())
        }
    }
}

/// One column as text.
fn text_column(array: &ArrayRef) -> Result<StringArray, LedgerError> {
    match array.data_type() {
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>();
            Ok(values
                .iter()
                .map(|value| value.filter(|value| value.is_finite()).map(|value| value.to_string()))
                .collect())
        }
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>();
            Ok(values
                .iter()
                .map(|value| value.filter(|value| value.is_finite()).map(|value| value.to_string()))
                .collect())
        }
        DataType::Timestamp(unit, zone) => instants(array, *unit, zone.as_deref()),
        DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_) | DataType::BinaryView => {
            let binary = cast(array, &DataType::Binary)?;
            let mut builder = StringBuilder::new();
            for bytes in binary.as_binary::<i32>() {
                match bytes.map(std::str::from_utf8) {
                    None => builder.append_null(),
                    Some(Ok(text)) => builder.append_value(text),
                    Some(Err(_)) => {
                        let hex = bytes.unwrap_or_default().iter().map(|byte| format!("{byte:02x}"));
                        builder.append_value(hex.collect::<String>());
                    }
                }
            }
            Ok(builder.finish())
        }
        DataType::Dictionary(_, value) => text_column(&cast(array, value)?),
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(..)
        | DataType::Map(..)
        | DataType::Struct(_) => {
            let mut builder = StringBuilder::new();
            for row in 0..array.len() {
                match json(array, row, 0)? {
                    Value::Null => builder.append_null(),
                    value => builder.append_value(value.to_string()),
                }
            }
            Ok(builder.finish())
        }
        DataType::Null => Ok(StringArray::new_null(array.len())),
        _ => Ok(cast(array, &DataType::Utf8)?.as_string::<i32>().clone()),
    }
}

/// Instants in ISO 8601: with the offset of their zone, if they have one.
fn instants(array: &ArrayRef, unit: TimeUnit, zone: Option<&str>) -> Result<StringArray, LedgerError> {
    let per_second: i128 = match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    };
    let zone = zone.map(|zone| {
        match jiff::fmt::strtime::parse("%:z", zone).ok().and_then(|parsed| parsed.offset()) {
            Some(offset) => jiff::tz::TimeZone::fixed(offset),
            None => jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC),
        }
    });
    let counts = cast(array, &DataType::Int64)?;
    let text = |count: i64| {
        let nanoseconds = i128::from(count) * (1_000_000_000 / per_second);
        let instant = jiff::Timestamp::from_nanosecond(nanoseconds).ok()?;
        Some(match &zone {
            None => jiff::tz::TimeZone::UTC.to_datetime(instant).to_string(),
            Some(zone) => {
                let (local, offset) = (zone.to_datetime(instant), zone.to_offset(instant));
                if offset.seconds() == 0 {
                    format!("{local}Z")
                } else {
                    format!("{local}{}", offset_text(offset.seconds()))
                }
            }
        })
    };
    Ok(counts.as_primitive::<Int64Type>().iter().map(|count| count.and_then(text)).collect())
}

fn offset_text(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// One value within a list as JSON.
fn json(array: &ArrayRef, row: usize, depth: usize) -> Result<Value, LedgerError> {
    if array.is_null(row) || depth > 32 {
        return Ok(Value::Null);
    }
    let list = |values: ArrayRef| -> Result<Value, LedgerError> {
        (0..values.len())
            .map(|index| json(&values, index, depth + 1))
            .collect::<Result<_, _>>()
            .map(Value::Array)
    };
    match array.data_type() {
        DataType::List(_) => list(array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => list(array.as_list::<i64>().value(row)),
        DataType::FixedSizeList(..) => list(array.as_fixed_size_list().value(row)),
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (text_column(entries.column(0))?, entries.column(1));
            let mut object = serde_json::Map::new();
            for index in 0..entries.len() {
                object.insert(keys.value(index).to_string(), json(values, index, depth + 1)?);
            }
            Ok(Value::Object(object))
        }
        DataType::Struct(fields) => {
            let mut object = serde_json::Map::new();
            for (field, column) in fields.iter().zip(array.as_struct().columns()) {
                object.insert(field.name().clone(), json(column, row, depth + 1)?);
            }
            Ok(Value::Object(object))
        }
        kind => {
            let texts = text_column(&array.slice(row, 1))?;
            if texts.is_null(0) {
                return Ok(Value::Null);
            }
            let text = texts.value(0);
            let literal = kind.is_integer() || matches!(kind, DataType::Boolean);
            let parsed = literal.then(|| serde_json::from_str(text).ok()).flatten();
            Ok(parsed.unwrap_or_else(|| Value::String(text.to_string())))
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{
        BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListArray, StructArray,
        TimestampMicrosecondArray,
    };
    use arrow::datatypes::Int32Type;
    use parquet::arrow::ArrowWriter;

    use super::*;
    use crate::collect::{read, sniff as sniff_file};

    fn written() -> Vec<u8> {
        let decimal =
            Decimal128Array::from(vec![Some(123_400), None]).with_precision_and_scale(18, 4).unwrap();
        let plain = TimestampMicrosecondArray::from(vec![1_323_435_000_000_000, 0]);
        let zoned = plain.clone().with_timezone("Asia/Shanghai");
        let fixed = plain.clone().with_timezone("+05:30");
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None]);
        let group = StructArray::try_from(vec![
            ("city", Arc::new(StringArray::from(vec![Some("北京"), Some("")])) as ArrayRef),
            ("vip", Arc::new(BooleanArray::from(vec![true, false])) as ArrayRef),
        ])
        .unwrap();
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("id", Arc::new(Int64Array::from(vec![i64::MAX, 2])) as ArrayRef, true),
            ("amount", Arc::new(decimal) as ArrayRef, true),
            ("rate", Arc::new(Float64Array::from(vec![0.1, 1e21])) as ArrayRef, true),
            ("day", Arc::new(Date32Array::from(vec![15_317, 0])) as ArrayRef, true),
            ("local", Arc::new(plain) as ArrayRef, true),
            ("zoned", Arc::new(zoned) as ArrayRef, true),
            ("fixed", Arc::new(fixed) as ArrayRef, true),
            ("list", Arc::new(list) as ArrayRef, true),
            ("who", Arc::new(group) as ArrayRef, true),
        ])
        .unwrap();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        bytes
    }

    fn get(bytes: &[u8]) -> (Sniffed, Vec<Vec<String>>, Vec<&'static str>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.parquet");
        std::fs::write(&path, bytes).unwrap();
        let options = ReadOptions::default();
        let sniffed = sniff_file(&path, &options, None).unwrap();
        let (mut rows, mut findings) = (Vec::new(), Vec::new());
        for item in read(&path, &sniffed, &options, None).unwrap() {
            match item.unwrap() {
                RawItem::Batch(batch) => {
                    for row in 0..batch.rows.num_rows() {
                        let cell = |column: &ArrayRef| {
                            let column = column.as_string::<i32>();
                            if column.is_null(row) {
                                "∅".to_string()
                            } else {
                                column.value(row).to_string()
                            }
                        };
                        rows.push(batch.rows.columns().iter().map(cell).collect());
                    }
                }
                RawItem::Finding(finding) => findings.push(finding.code),
                RawItem::Fault(fault) => panic!("{fault:?}"),
            }
        }
        findings.extend(sniffed.findings.iter().map(|finding| finding.code));
        (sniffed, rows, findings)
    }

    #[test]
    fn every_type_becomes_text_without_loss() {
        let (sniffed, rows, findings) = get(&written());
        assert_eq!(
            sniffed.columns,
            ["id", "amount", "rate", "day", "local", "zoned", "fixed", "list", "who.city", "who.vip"]
        );
        assert_eq!(
            rows[0],
            [
                "9223372036854775807",
                "12.3400",
                "0.1",
                "2011-12-09",
                "2011-12-09T12:50:00",
                "2011-12-09T20:50:00+08:00",
                "2011-12-09T18:20:00+05:30",
                "[1,null]",
                "北京",
                "true"
            ]
        );
        assert_eq!(rows[1][1..3], ["∅", "1000000000000000000000"]);
        assert_eq!(rows[1][7..9], ["∅", "∅"]);
        assert!(findings.is_empty());
    }

    #[test]
    fn a_damaged_file_is_named() {
        let bytes = written();
        assert_eq!(get(&bytes[..bytes.len() / 2]).2, ["parquet-damaged"]);
        let mut broken = bytes.clone();
        for at in (8..bytes.len() - 600).step_by(3) {
            broken[at] ^= 0x5a;
        }
        let _ = get(&broken);
    }
}
