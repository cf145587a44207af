//! Tables as any reader sees them: the active files of the log, read as Parquet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Decimal128Type, Int64Type, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

/// The active files of a table and their partition values.
pub fn active_files(table: &Path) -> BTreeMap<PathBuf, BTreeMap<String, String>> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir(table.join("_delta_log"))
        .expect("the log")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    versions.sort();
    // Killed between its folder and its first commit: no table yet.
    if versions.is_empty() {
        return BTreeMap::new();
    }
    assert!(versions[0].ends_with("00000000000000000000.json"), "the log begins later: {versions:?}");
    let mut active = BTreeMap::new();
    for version in versions {
        for line in std::fs::read_to_string(version).expect("a commit").lines() {
            let action: Value = serde_json::from_str(line).expect("an action");
            if let Some(path) = action.pointer("/remove/path").and_then(Value::as_str) {
                active.remove(&table.join(decoded(path)));
            }
            if let Some(path) = action.pointer("/add/path").and_then(Value::as_str) {
                let values = action.pointer("/add/partitionValues").cloned().unwrap_or_default();
                active.insert(
                    table.join(decoded(path)),
                    serde_json::from_value(values).expect("partition values"),
                );
            }
        }
    }
    active
}

/// All rows of a Parquet file.
pub fn rows_of(path: &Path) -> Vec<RecordBatch> {
    let file = std::fs::File::open(path).expect("a file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("a reader");
    reader.map(|batch| batch.expect("rows")).collect()
}

/// All events of a workspace.
pub fn events(root: &Path) -> Vec<RecordBatch> {
    let table = root.join("ledger/events");
    match table.join("_delta_log").exists() {
        true => active_files(&table).keys().flat_map(|path| rows_of(path)).collect(),
        false => Vec::new(),
    }
}

/// Stored grades of a date.
pub fn grades(root: &Path, as_of: &str) -> Vec<RecordBatch> {
    grades_of(root, as_of, false)
}

/// Stored grades of a date: those that were announced, or those of gradings as of what was known.
pub fn grades_of(root: &Path, as_of: &str, simulated: bool) -> Vec<RecordBatch> {
    let tables = std::fs::read_dir(root.join("ledger/grades")).expect("grades");
    let mut tables: Vec<PathBuf> = tables.map(|entry| entry.expect("an entry").path()).collect();
    tables.retain(|table| table.display().to_string().contains("-known-") == simulated);
    let of_date = |values: &BTreeMap<String, String>| values.get("as_of").is_some_and(|date| date == as_of);
    let files = tables.iter().flat_map(|table| active_files(table));
    files.filter(|(_, values)| of_date(values)).flat_map(|(path, _)| rows_of(&path)).collect()
}

/// All rows of all tables in a folder.
pub fn tables_below(folder: &Path) -> Vec<RecordBatch> {
    let tables = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    tables.flat_map(|table| active_files(&table)).flat_map(|(path, _)| rows_of(&path)).collect()
}

/// Every row as text, sorted: two tables with the same contents give the same. `position`, the
/// order of arrival, is left out.
pub fn contents(batches: &[RecordBatch]) -> Vec<String> {
    let mut out = Vec::new();
    for batch in batches {
        let options = FormatOptions::default().with_null("∅");
        let schema = batch.schema();
        let columns: Vec<(&String, ArrayFormatter<'_>)> = schema
            .fields()
            .iter()
            .zip(batch.columns())
            .filter(|(field, _)| field.name() != "position")
            .map(|(field, column)| {
                (field.name(), ArrayFormatter::try_new(column, &options).expect("a formatter"))
            })
            .collect();
        for row in 0..batch.num_rows() {
            let mut line = String::new();
            for (name, column) in &columns {
                line.push_str(&format!("{name}={} ", column.value(row)));
            }
            out.push(line);
        }
    }
    out.sort_unstable();
    out
}

/// The ids of all events.
pub fn event_ids(batches: &[RecordBatch]) -> BTreeSet<Vec<u8>> {
    let mut ids = BTreeSet::new();
    for batch in batches {
        let column = named(batch, "event_id").as_binary::<i32>().clone();
        ids.extend(column.iter().flatten().map(<[u8]>::to_vec));
    }
    ids
}

#[track_caller]
pub fn named<'a>(batch: &'a RecordBatch, name: &str) -> &'a ArrayRef {
    batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name} in {:?}", batch.schema()))
}

/// A column of 64-bit integers over all batches.
pub fn integers(batches: &[RecordBatch], name: &str) -> Vec<Option<i64>> {
    batches
        .iter()
        .flat_map(|batch| named(batch, name).as_primitive::<Int64Type>().iter().collect::<Vec<_>>())
        .collect()
}

/// A column of instants in microseconds.
pub fn instants(batches: &[RecordBatch], name: &str) -> Vec<i64> {
    batches
        .iter()
        .flat_map(|batch| named(batch, name).as_primitive::<TimestampMicrosecondType>().values().to_vec())
        .collect()
}

/// A column of decimals, in units of its last digit.
pub fn decimals(batches: &[RecordBatch], name: &str) -> Vec<Option<i128>> {
    batches
        .iter()
        .flat_map(|batch| named(batch, name).as_primitive::<Decimal128Type>().iter().collect::<Vec<_>>())
        .collect()
}

/// A column of booleans.
pub fn flags(batches: &[RecordBatch], name: &str) -> Vec<Option<bool>> {
    batches.iter().flat_map(|batch| named(batch, name).as_boolean().iter().collect::<Vec<_>>()).collect()
}

/// A column of texts, whatever its encoding in Arrow.
pub fn texts(batches: &[RecordBatch], name: &str) -> Vec<Option<String>> {
    let plain = |batch: &RecordBatch| {
        let column =
            arrow::compute::cast(named(batch, name), &arrow::datatypes::DataType::Utf8).expect("texts");
        column.as_string::<i32>().iter().map(|text| text.map(String::from)).collect::<Vec<_>>()
    };
    batches.iter().flat_map(plain).collect()
}

/// The path of an action: percent-encoded as in a URL.
fn decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = path.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).expect("a path that is text")
}
