//! The events behind an explanation: the newest ones, by the titles of their kinds, in local time, and
//! which of them were taken back.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::TimestampMicrosecondType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use gradus_model::Text;
use gradus_model::event_stream::{UNDATED, column};
use serde::Serialize;

use crate::clock::local;
use crate::{Documents, WorkspaceError};

/// One event as it is shown.
#[derive(Debug, Clone, Serialize)]
pub struct EventLine {
    /// In UTC; `undated` for an attribute that a back-load left without a date.
    pub time: String,
    /// In the workspace's zone, as a terminal shows it.
    #[serde(skip)]
    pub local: String,
    pub kind: String,
    /// What the source calls its kind, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind_title: Option<Text>,
    /// It was taken back and counts no more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retracted: bool,
    pub order: Option<String>,
    pub amount: Option<String>,
    /// As it was paid; indicators read it in the workspace's currency.
    pub currency: Option<String>,
    pub quantity: Option<String>,
    /// Whatever else is known of it, by column: what a test case of the same events says, too.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

/// Fixed columns that are read to be shown.
pub(super) const SHOWN: [&str; 7] = [
    column::KIND,
    column::ORDER_ID,
    column::AMOUNT,
    column::CURRENCY,
    column::QUANTITY,
    column::LINE,
    column::SPEND,
];

/// Columns that are told under names of their own, or are the ledger's affair.
const NO_FIELDS: [&str; 14] = [
    column::BUCKET,
    column::IDENTITY,
    column::TIME,
    column::EVENT_ID,
    column::RETRACTION,
    column::KNOWN,
    column::POSITION,
    column::SOURCE,
    column::ORDER_KEY,
    column::KIND,
    column::ORDER_ID,
    column::AMOUNT,
    column::CURRENCY,
    column::QUANTITY,
];

/// What the sources call their kinds of event.
pub(super) fn kind_titles(documents: &Documents) -> BTreeMap<String, Text> {
    let kinds = documents.sources.iter().flat_map(|(_, source)| source.kinds.iter());
    kinds.filter_map(|(kind, said)| Some((kind.to_string(), said.title.clone()?))).collect()
}

/// Which of a customer's events were taken back.
pub(super) struct Retracted {
    ids: BTreeSet<Vec<u8>>,
    /// Rows that count no more: the events, and what takes them back.
    pub(super) n_rows: usize,
    pub(super) n_events: usize,
}

impl Retracted {
    pub(super) fn of(events: &[RecordBatch]) -> Retracted {
        let mut ids = BTreeSet::new();
        for (batch, row) in rows_of(events).filter(|(batch, row)| is_retraction(batch, *row)) {
            ids.extend(event_id(batch, row));
        }
        let (mut n_rows, mut n_events) = (0, 0);
        for (batch, row) in rows_of(events) {
            if is_retraction(batch, row) {
                n_rows += 1;
            } else if event_id(batch, row).is_some_and(|id| ids.contains(&id)) {
                n_rows += 1;
                n_events += 1;
            }
        }
        Retracted { ids, n_rows, n_events }
    }
}

fn rows_of(events: &[RecordBatch]) -> impl Iterator<Item = (&RecordBatch, usize)> {
    events.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)))
}

fn is_retraction(batch: &RecordBatch, row: usize) -> bool {
    let flags = batch.column_by_name(column::RETRACTION).and_then(|flags| flags.as_boolean_opt());
    flags.is_some_and(|flags| flags.is_valid(row) && flags.value(row))
}

fn event_id(batch: &RecordBatch, row: usize) -> Option<Vec<u8>> {
    let ids = batch.column_by_name(column::EVENT_ID)?;
    match ids.as_binary_opt::<i32>() {
        Some(ids) => Some(ids.value(row).to_vec()),
        None => ids.as_fixed_size_binary_opt().map(|ids| ids.value(row).to_vec()),
    }
}

/// The newest events, at most so many.
pub(super) fn lines(
    events: &[RecordBatch],
    retracted: &Retracted,
    kinds: &BTreeMap<String, Text>,
    zone: &str,
    n_events: usize,
) -> Result<Vec<EventLine>, WorkspaceError> {
    let mut out = Vec::new();
    'all: for batch in events.iter().rev() {
        let text = |name: &str, row: usize| cell(batch, name, row);
        for row in (0..batch.num_rows()).rev() {
            if out.len() == n_events {
                break 'all;
            }
            // What takes an event back is said beside the event.
            if is_retraction(batch, row) {
                continue;
            }
            let kind = text(column::KIND, row)?.unwrap_or_default();
            let times = batch.column_by_name(column::TIME);
            let times = times.and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>());
            out.push(EventLine {
                local: times
                    .map_or(String::new(), |times| local(times.value(row), zone, "%Y-%m-%d %H:%M:%S")),
                kind_title: kinds.get(&kind).cloned(),
                retracted: event_id(batch, row).is_some_and(|id| retracted.ids.contains(&id)),
                time: match is_undated(batch, row) {
                    true => UNDATED_WORD.to_string(),
                    false => text(column::TIME, row)?.unwrap_or_default(),
                },
                kind,
                order: text(column::ORDER_ID, row)?,
                amount: text(column::AMOUNT, row)?,
                currency: text(column::CURRENCY, row)?,
                quantity: text(column::QUANTITY, row)?,
                fields: fields(batch, row)?,
            });
        }
    }
    Ok(out)
}

/// What is known of an event beside the usual.
fn fields(batch: &RecordBatch, row: usize) -> Result<BTreeMap<String, String>, WorkspaceError> {
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let mut out = BTreeMap::new();
    for name in names.filter(|name| !NO_FIELDS.contains(name)) {
        if let Some(value) = cell(batch, name, row)? {
            out.insert(name.to_string(), value);
        }
    }
    Ok(out)
}

/// How an event without a date is written for programs.
pub(super) const UNDATED_WORD: &str = "undated";

fn is_undated(batch: &RecordBatch, row: usize) -> bool {
    let times = batch
        .column_by_name(column::TIME)
        .and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>());
    times.is_some_and(|times| times.value(row) <= UNDATED)
}

/// The events that have a date; `None` if all have.
pub(super) fn with_dates(events: &[RecordBatch]) -> Result<Option<Vec<RecordBatch>>, WorkspaceError> {
    let (mut out, mut all) = (Vec::with_capacity(events.len()), true);
    for batch in events {
        let keep: BooleanArray = (0..batch.num_rows()).map(|row| Some(!is_undated(batch, row))).collect();
        all &= keep.true_count() == batch.num_rows();
        out.push(filter_record_batch(batch, &keep)?);
    }
    Ok((!all).then_some(out))
}

/// One value as people read it.
pub(crate) fn cell(batch: &RecordBatch, name: &str, row: usize) -> Result<Option<String>, WorkspaceError> {
    let Some(column) = batch.column_by_name(name) else { return Ok(None) };
    if column.is_null(row) || column.logical_nulls().is_some_and(|nulls| nulls.is_null(row)) {
        return Ok(None);
    }
    let options = FormatOptions::default().with_timestamp_tz_format(Some("%Y-%m-%d %H:%M:%SZ"));
    let text = ArrayFormatter::try_new(column, &options)?.value(row).to_string();
    // Trailing zeros of a fixed number of digits tell nothing.
    let numeric = column.data_type().is_decimal() && text.contains('.');
    Ok(Some(if numeric { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }))
}
