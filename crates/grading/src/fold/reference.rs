//! Reference facts: what a product, a store or a campaign is from a date on. A formula reads them
//! through a field of the event that names the product: `product.category`, as of the event's own time.
//!
//! They are few beside the events, so all of them are in memory, by key and date, and every batch of
//! events is given the columns that its formulas read before anything else looks at it. Batch, merge
//! and refold come through the same place, so none can see other values.
//!
//! A fact says something of each field that it fills; an empty cell says nothing. Of several facts of
//! one key that hold from one date on, the one that became known last counts, and of those known
//! together the one that was committed last.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array, new_null_array};
use arrow::compute::{cast, concat_batches, take};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema, TimestampMicrosecondType};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use gradus_model::event_stream::{REFERENCE_KEY, column, reference_column};
use serde::Serialize;

use super::input::event_column;
use super::runs::times;

/// A field of a reference, as formulas read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReferenceField {
    /// As formulas write it: `product.category`.
    pub name: String,
    /// The field of events that holds the key.
    pub of: String,
    pub reference: String,
    /// The column of the facts that holds the values.
    pub column: String,
    #[serde(skip)]
    pub data_type: DataType,
}

/// Which facts count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Only what was known by this instant.
    pub known_us: i64,
    /// Only what was committed up to this position.
    pub position: i64,
}

/// All facts that some formulas read, by key and date.
#[derive(Debug, Clone, Default)]
pub struct ReferenceFacts {
    references: BTreeMap<String, Reference>,
}

#[derive(Debug, Clone, Default)]
struct Reference {
    keys: HashMap<String, u32>,
    /// By column.
    fields: BTreeMap<String, Dated>,
}

/// Values of one field: those of key `k` are `ends[k - 1] .. ends[k]`, by the date from which they hold.
#[derive(Debug, Clone)]
struct Dated {
    ends: Vec<u32>,
    from_us: Vec<i64>,
    values: ArrayRef,
}

/// No key of the reference.
const NO_KEY: u32 = u32::MAX;

impl ReferenceFacts {
    /// The columns of the events table that hold these fields, and what tells facts apart.
    pub fn columns<'a>(fields: impl IntoIterator<Item = &'a ReferenceField>) -> Vec<String> {
        let fixed = [
            column::IDENTITY,
            column::TIME,
            column::EVENT_ID,
            column::RETRACTION,
            column::KNOWN,
            column::POSITION,
        ];
        let mut columns: Vec<String> = fixed.map(String::from).into();
        for field in fields {
            columns.extend([reference_column(&field.reference, REFERENCE_KEY), field.column.clone()]);
        }
        columns.sort();
        columns.dedup();
        columns
    }

    /// Sorts facts out. `rows` are the rows of the ledger that are facts, in any order; a column that
    /// they lack has never been filled.
    pub fn of(
        rows: &[RecordBatch],
        fields: &[ReferenceField],
        told: Told,
    ) -> Result<ReferenceFacts, ArrowError> {
        let mut references: BTreeMap<String, Reference> = BTreeMap::new();
        let Some(first) = rows.iter().find(|batch| batch.num_rows() > 0) else {
            return Ok(ReferenceFacts { references });
        };
        let rows = concat_batches(&first.schema(), rows.iter().filter(|batch| batch.num_rows() > 0))?;
        let counted = counted(&rows, told)?;
        let from = times(&rows);
        let known = instants(&rows, column::KNOWN)?;
        let positions = event_column(&rows, column::POSITION)?.as_primitive::<Int64Type>().values();
        let mut by_reference: BTreeMap<&str, Vec<&ReferenceField>> = BTreeMap::new();
        fields.iter().for_each(|field| by_reference.entry(&field.reference).or_default().push(field));
        for (reference, fields) in by_reference {
            let Some(keys) = rows.column_by_name(&reference_column(reference, REFERENCE_KEY)) else {
                continue;
            };
            let keys = cast(keys, &DataType::Utf8)?;
            let keys = keys.as_string::<i32>();
            let mut order: Vec<u32> =
                counted.iter().copied().filter(|row| keys.is_valid(*row as usize)).collect();
            order.sort_by_key(|row| {
                let row = *row as usize;
                (keys.value(row), from[row], known[row], positions[row])
            });
            let mut sorted = Reference::default();
            for row in &order {
                let next = sorted.keys.len() as u32;
                sorted.keys.entry(keys.value(*row as usize).to_string()).or_insert(next);
            }
            for field in fields {
                let Some(values) = rows.column_by_name(&field.column) else { continue };
                sorted.fields.insert(field.column.clone(), dated(&order, keys, from, values)?);
            }
            references.insert(reference.to_string(), sorted);
        }
        Ok(ReferenceFacts { references })
    }

    /// One column per field: the value that held at each event's time; null where none is known.
    pub fn look_up(
        &self,
        events: &RecordBatch,
        fields: &[ReferenceField],
    ) -> Result<Vec<ArrayRef>, ArrowError> {
        let mut keys: HashMap<(&str, &str), Vec<u32>> = HashMap::new();
        let mut columns = Vec::with_capacity(fields.len());
        for field in fields {
            let dated = self
                .references
                .get(&field.reference)
                .and_then(|all| Some((all, all.fields.get(&field.column)?)));
            let Some((reference, dated)) = dated else {
                columns.push(new_null_array(&field.data_type, events.num_rows()));
                continue;
            };
            let keys = match keys.entry((&field.reference, &field.of)) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(new) => {
                    new.insert(reference.keys_of(event_column(events, &field.of)?)?)
                }
            };
            let rows: UInt32Array =
                keys.iter().zip(times(events)).map(|(key, time)| dated.at(*key, *time)).collect();
            let values = take(&dated.values, &rows, None)?;
            columns.push(match values.data_type() == &field.data_type {
                true => values,
                false => cast(&values, &field.data_type)?,
            });
        }
        Ok(columns)
    }

    /// The events with the columns that these fields are read from.
    pub fn extend(&self, events: &RecordBatch, fields: &[ReferenceField]) -> Result<RecordBatch, ArrowError> {
        let mut schema: Vec<Field> =
            events.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        let mut columns = events.columns().to_vec();
        for (field, values) in fields.iter().zip(self.look_up(events, fields)?) {
            schema.push(Field::new(&field.name, values.data_type().clone(), true));
            columns.push(values);
        }
        RecordBatch::try_new(Arc::new(Schema::new(schema)), columns)
    }

    /// Key, date and text of each value of a field: by key, the dates of one key ascending.
    pub fn each(
        &self,
        field: &ReferenceField,
        mut take: impl FnMut(&str, i64, &str),
    ) -> Result<(), ArrowError> {
        let reference = self.references.get(&field.reference);
        let Some((reference, dated)) = reference.and_then(|all| Some((all, all.fields.get(&field.column)?)))
        else {
            return Ok(());
        };
        let texts = cast(&dated.values, &DataType::Utf8)?;
        let texts = texts.as_string::<i32>();
        for (key, number) in &reference.keys {
            let (begin, end) = dated.range(*number);
            (begin..end).for_each(|row| take(key, dated.from_us[row], texts.value(row)));
        }
        Ok(())
    }

    /// The keys of each reference of which the two say something else to some event up to an instant.
    pub fn changed_until(
        &self,
        other: &ReferenceFacts,
        instant_us: i64,
    ) -> BTreeMap<String, BTreeSet<String>> {
        let (mine, theirs) = (self.until(instant_us), other.until(instant_us));
        let mut changed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for of in mine.keys().chain(theirs.keys()) {
            if mine.get(of) != theirs.get(of) {
                let (reference, _, key) = of;
                changed.entry(reference.to_string()).or_default().insert(key.to_string());
            }
        }
        changed
    }

    /// Dates and values up to an instant, by reference, column and key.
    fn until(&self, instant_us: i64) -> BTreeMap<(&str, &str, &str), Vec<(i64, String)>> {
        let mut all = BTreeMap::new();
        for (name, reference) in &self.references {
            for (column, dated) in &reference.fields {
                let options = FormatOptions::default();
                let Ok(shown) = ArrayFormatter::try_new(dated.values.as_ref(), &options) else { continue };
                for (key, number) in &reference.keys {
                    let (begin, end) = dated.range(*number);
                    let by_then = (begin..end).filter(|row| dated.from_us[*row] <= instant_us);
                    let values: Vec<(i64, String)> =
                        by_then.map(|row| (dated.from_us[row], shown.value(row).to_string())).collect();
                    if !values.is_empty() {
                        all.insert((name.as_str(), column.as_str(), key.as_str()), values);
                    }
                }
            }
        }
        all
    }
}

impl Reference {
    /// The number of the key on each row.
    fn keys_of(&self, column: &ArrayRef) -> Result<Vec<u32>, ArrowError> {
        let number = |key: &str| self.keys.get(key).copied().unwrap_or(NO_KEY);
        let of_texts = |texts: &StringArray| -> Vec<u32> {
            texts.iter().map(|text| text.map_or(NO_KEY, number)).collect()
        };
        // Each of the few texts is looked up once.
        if let Some(few) = column.as_dictionary_opt::<Int32Type>() {
            let texts = cast(few.values(), &DataType::Utf8)?;
            let numbers = of_texts(texts.as_string::<i32>());
            let of_key =
                |key: Option<i32>| key.and_then(|key| numbers.get(key as usize).copied()).unwrap_or(NO_KEY);
            return Ok(few.keys().iter().map(of_key).collect());
        }
        let texts = cast(column, &DataType::Utf8)?;
        Ok(of_texts(texts.as_string::<i32>()))
    }
}

impl Dated {
    fn range(&self, key: u32) -> (usize, usize) {
        let key = key as usize;
        let end = self.ends.get(key).copied().unwrap_or(0) as usize;
        let begin =
            key.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0) as usize;
        (begin.min(end), end)
    }

    /// The row of the value that holds at an instant.
    #[inline]
    fn at(&self, key: u32, time_us: i64) -> Option<u32> {
        let (begin, end) = self.range(key);
        let n_begun = self.from_us[begin..end].partition_point(|from| *from <= time_us);
        n_begun.checked_sub(1).map(|last| (begin + last) as u32)
    }
}

/// The facts that count: known by then, and not taken back by then.
fn counted(rows: &RecordBatch, told: Told) -> Result<Vec<u32>, ArrowError> {
    let known = instants(rows, column::KNOWN)?;
    let positions = event_column(rows, column::POSITION)?.as_primitive::<Int64Type>().values();
    let ids = cast(event_column(rows, column::EVENT_ID)?, &DataType::Binary)?;
    let ids = ids.as_binary::<i32>();
    let retractions = event_column(rows, column::RETRACTION)?.as_boolean();
    let from = times(rows);
    let seen = |row: &usize| known[*row] <= told.known_us && positions[*row] <= told.position;
    let all = 0..rows.num_rows();
    let retracted: HashSet<(i64, &[u8])> = all
        .clone()
        .filter(seen)
        .filter(|row| retractions.value(*row))
        .map(|row| (from[row], ids.value(row)))
        .collect();
    let stands =
        |row: &usize| !retractions.value(*row) && !retracted.contains(&(from[*row], ids.value(*row)));
    Ok(all.filter(seen).filter(stands).map(|row| row as u32).collect())
}

/// The values of one column, one per key and date: the last of those that hold from one date on.
fn dated(order: &[u32], keys: &StringArray, from: &[i64], values: &ArrayRef) -> Result<Dated, ArrowError> {
    let (mut ends, mut from_us, mut rows) = (Vec::new(), Vec::new(), Vec::<u32>::new());
    let mut last: Option<(&str, Option<i64>)> = None;
    let nulls = values.logical_nulls();
    for row in order {
        let at = *row as usize;
        let key = keys.value(at);
        let (same_key, last_from) = last.map_or((false, None), |(last, from)| (last == key, from));
        if last.is_some() && !same_key {
            ends.push(rows.len() as u32);
        }
        let last_from = last_from.filter(|_| same_key);
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(at)) {
            last = Some((key, last_from));
            continue;
        }
        match (last_from == Some(from[at]), rows.last_mut()) {
            (true, Some(before)) => *before = *row,
            _ => {
                from_us.push(from[at]);
                rows.push(*row);
            }
        }
        last = Some((key, Some(from[at])));
    }
    if last.is_some() {
        ends.push(rows.len() as u32);
    }
    Ok(Dated { ends, from_us, values: take(values, &UInt32Array::from(rows), None)? })
}

fn instants<'a>(rows: &'a RecordBatch, name: &str) -> Result<&'a [i64], ArrowError> {
    Ok(event_column(rows, name)?.as_primitive::<TimestampMicrosecondType>().values())
}

#[cfg(test)]
mod tests;
