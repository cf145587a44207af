//! Cleaned rows, and what becomes of them once equal rows are told apart.

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, TimestampMicrosecondArray,
};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Decimal128Type, Int64Type, TimestampMicrosecondType};
use arrow::error::ArrowError;
use gradus_model::event_stream::{REFERENCE, UNATTRIBUTED, column};

use super::event_id::{IdSource, OccurrenceCounter};
use super::parse::{Parsed, Parser};
use super::plan::SourcePlan;
use super::tally::{ClassSum, Tally};
use super::{CleanContext, Identity, LinkSighting, RefusalCode, RefusedRow};
use crate::collect::RawBatch;
use crate::error::LedgerError;

/// A free text of an event, for the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateText {
    /// Row of `CleanBatch::events`.
    pub event: usize,
    /// The event's identity; 0 if it is nobody's yet.
    pub surrogate: i64,
    pub event_id: [u8; 16],
    /// The name under `mapping.private`.
    pub field: String,
    pub text: String,
}

/// A retraction whose identity and time are those of the event it names, which only the ledger
/// knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetractionLookup {
    /// Row of `CleanBatch::events`.
    pub event: usize,
    pub event_id: [u8; 16],
    /// The identity that the retracting row names, a hint for where to look; 0 if it names none.
    pub identity: i64,
    /// The time that the retracting row gives, if any, microseconds UTC.
    pub time: Option<i64>,
    refusal: RefusedRow,
}

/// What cleaning made of one batch of raw rows.
#[derive(Debug, Clone)]
pub struct CleanBatch {
    /// The event stream's columns without bucket and position; see [`SourcePlan::schema`].
    pub events: RecordBatch,
    /// Data row, from 1, of each event.
    pub rows: Vec<u64>,
    /// Each identity of the batch once.
    pub identities: Vec<Identity>,
    /// Each pair once, with its earliest sighting.
    pub links: Vec<LinkSighting>,
    pub private: Vec<PrivateText>,
    pub refused: Vec<RefusedRow>,
    /// Retractions that are to be placed with [`CleanBatch::place_retractions`] before the events
    /// may be appended.
    pub lookups: Vec<RetractionLookup>,
    pub tally: Tally,
}

/// A batch of rows, each read and judged; equal rows are not told apart yet.
#[derive(Debug)]
pub struct Cleaned {
    plan: SourcePlan,
    raw: RawBatch,
    parsed: Parsed,
}

impl SourcePlan {
    /// Reads and judges the rows of one batch. Batches may be cleaned on several threads; number
    /// them in the order of the file.
    pub fn clean(&self, raw: &RawBatch, context: &CleanContext<'_>) -> Cleaned {
        let parsed = Parser::new(self, context, &raw.rows).parse();
        Cleaned { plan: self.clone(), raw: raw.clone(), parsed }
    }
}

impl Cleaned {
    /// Tells equal rows of the file apart, and sums up. Use one counter for all batches of a file,
    /// and a new one for the next file.
    ///
    /// # Errors
    /// Never for what a file holds: only if columns do not fit together, which is a defect.
    pub fn numbered(mut self, counter: &mut OccurrenceCounter) -> Result<CleanBatch, LedgerError> {
        self.tell_apart(counter);
        let parsed = &self.parsed;
        let keep = parsed.verdicts.keep();
        let events = parsed.rows.events(&self.plan.schema, &self.plan.source, &keep)?;
        // Where each raw row went.
        let mut event_of = vec![usize::MAX; keep.len()];
        let mut rows = Vec::with_capacity(events.num_rows());
        for row in (0..keep.len()).filter(|row| keep[*row]) {
            event_of[row] = rows.len();
            rows.push(self.row_number(row));
        }
        let refused = (0..keep.len()).filter_map(|row| self.refused(row)).collect();
        let private = parsed
            .private
            .iter()
            .filter(|(row, _, _)| keep[*row as usize])
            .filter_map(|(row, index, text)| {
                let row = *row as usize;
                Some(PrivateText {
                    event: event_of[row],
                    surrogate: parsed.rows.identity[row],
                    event_id: parsed.rows.event_id[row],
                    field: self.plan.private_name(*index)?.to_string(),
                    text: text.clone(),
                })
            })
            .collect();
        let by_name = self.plan.id_source != IdSource::Row;
        let lookups = (0..keep.len())
            .filter(|row| keep[*row] && by_name && parsed.rows.retraction[*row])
            .map(|row| RetractionLookup {
                event: event_of[row],
                event_id: parsed.rows.event_id[row],
                identity: parsed.rows.identity[row],
                time: parsed.has_time[row].then_some(parsed.rows.time[row]),
                refusal: self.refusal(row, RefusalCode::NothingToRetract, "mapping.retracts"),
            })
            .collect();
        let tally = self.tally(&keep);
        Ok(CleanBatch {
            events,
            rows,
            identities: self.parsed.identities,
            links: self.parsed.links,
            private,
            refused,
            lookups,
            tally,
        })
    }

    fn tell_apart(&mut self, counter: &mut OccurrenceCounter) {
        let Parsed { rows, verdicts, marks, places, .. } = &mut self.parsed;
        for row in 0..rows.identity.len() {
            if !verdicts.is_fine(row) {
                continue;
            }
            let retraction = rows.retraction[row];
            if self.plan.reference {
                // Equal facts are one; two that differ at one date would be settled by chance.
                let mark = marks[row];
                let before = if retraction { None } else { counter.remember(&places[row], false, mark) };
                if before.is_some_and(|before| before != mark) {
                    verdicts.refuse(row, RefusalCode::FactConflict, "mapping.key");
                }
                continue;
            }
            if self.plan.id_source == IdSource::Row {
                let number = counter.next(&rows.event_id[row], retraction);
                rows.event_id[row] = self.plan.row_hasher.numbered(rows.event_id[row], number);
            } else if !retraction {
                // Equal copies are left to the ledger, which counts them; others contradict.
                let mark = marks[row];
                if counter.remember(&rows.event_id[row], false, mark).is_some_and(|before| before != mark) {
                    verdicts.refuse(row, RefusalCode::KeyConflict, "key");
                }
            }
        }
    }

    fn row_number(&self, row: usize) -> u64 {
        self.raw.numbers.values().get(row).copied().unwrap_or(self.raw.first_row + row as u64)
    }

    fn refused(&self, row: usize) -> Option<RefusedRow> {
        let (code, place) = self.parsed.verdicts.reason(row)?;
        Some(self.refusal(row, *code, place))
    }

    fn refusal(&self, row: usize, code: RefusalCode, place: &str) -> RefusedRow {
        let lines = &self.raw.lines;
        RefusedRow {
            row: self.row_number(row),
            line: (row < lines.len() && lines.is_valid(row)).then(|| lines.value(row)),
            code,
            place: place.to_string(),
            column: self.plan.column_at(place),
            reason: code.reason(place),
            raw: raw_json(&self.raw, row),
        }
    }

    fn tally(&self, keep: &[bool]) -> Tally {
        let parsed = &self.parsed;
        let mut tally = Tally { notes: parsed.notes.clone(), ..Tally::default() };
        for row in 0..keep.len() {
            let class = if parsed.verdicts.is_skipped(row) {
                &mut tally.skipped
            } else if let Some((code, _)) = parsed.verdicts.reason(row) {
                *tally.refused_by_code.entry(*code).or_default() += 1;
                &mut tally.refused
            } else if parsed.rows.retraction[row] {
                &mut tally.retractions
            } else if parsed.rows.identity[row] == REFERENCE {
                &mut tally.reference
            } else if parsed.rows.identity[row] == UNATTRIBUTED {
                &mut tally.unattributed
            } else {
                &mut tally.attributed
            };
            class.rows += 1;
            tally.read.rows += 1;
            if parsed.unreadable_amount[row] {
                class.unreadable_amounts += 1;
                tally.read.unreadable_amounts += 1;
            }
            let Some(read) = parsed.amount_read.get(row) else { continue };
            let currency = parsed.rows.currency[row];
            // Events hold what capping left of an amount; other rows what was written.
            let kept = if keep[row] { parsed.rows.amount.values[row] } else { *read };
            class.money.add(currency, kept.into());
            tally.read.money.add(currency, (*read).into());
            if kept != *read {
                tally.capped.add(currency, i128::from(*read) - i128::from(kept));
            }
        }
        tally
    }
}

impl CleanBatch {
    /// Takes the retractions out whose event is to be looked up, with their texts: what they name may
    /// stand further down in the file. The counts stay here.
    ///
    /// # Errors
    /// Only if columns do not fit together, which is a defect.
    pub fn split_lookups(&mut self) -> Result<Option<CleanBatch>, LedgerError> {
        if self.lookups.is_empty() {
            return Ok(None);
        }
        let mut taken = vec![false; self.events.num_rows()];
        for lookup in &self.lookups {
            taken[lookup.event] = true;
        }
        let mut other = CleanBatch {
            events: self.events.clone(),
            rows: self.rows.clone(),
            identities: Vec::new(),
            links: Vec::new(),
            private: self.private.clone(),
            refused: Vec::new(),
            lookups: std::mem::take(&mut self.lookups),
            tally: Tally::default(),
        };
        other.keep(&taken)?;
        let left: Vec<bool> = taken.iter().map(|taken| !taken).collect();
        self.keep(&left)?;
        Ok(Some(other))
    }

    /// Gives each retraction the identity and time of the event it names, which `find` looks up. Rows
    /// that name nothing are refused, and move in `tally`, the counts of the import.
    ///
    /// # Errors
    /// Only if columns do not fit together, which is a defect.
    pub fn place_retractions(
        &mut self,
        tally: &mut Tally,
        mut find: impl FnMut(&RetractionLookup) -> Option<(i64, i64)>,
    ) -> Result<(), LedgerError> {
        if self.lookups.is_empty() {
            return Ok(());
        }
        let mut identities = int64(&self.events, column::IDENTITY)?;
        let mut times = self
            .events
            .column_by_name(column::TIME)
            .and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>())
            .ok_or_else(|| defect(column::TIME))?
            .values()
            .to_vec();
        let mut keep = vec![true; self.events.num_rows()];
        for lookup in std::mem::take(&mut self.lookups) {
            let event = lookup.event;
            match find(&lookup) {
                Some((identity, time)) => {
                    identities[event] = identity;
                    times[event] = time;
                }
                None => {
                    keep[event] = false;
                    self.refuse(event, lookup.refusal, tally)?;
                }
            }
        }
        let times = TimestampMicrosecondArray::new(times.into(), None).with_timezone("UTC");
        let columns: Vec<ArrayRef> = self
            .events
            .schema()
            .fields()
            .iter()
            .zip(self.events.columns())
            .map(|(field, values)| match field.name().as_str() {
                column::IDENTITY => std::sync::Arc::new(Int64Array::from(identities.clone())) as ArrayRef,
                column::TIME => std::sync::Arc::new(times.clone()) as ArrayRef,
                _ => values.clone(),
            })
            .collect();
        self.events = RecordBatch::try_new(self.events.schema(), columns)?;
        for text in &mut self.private {
            text.surrogate = identities.get(text.event).copied().unwrap_or(text.surrogate);
        }
        self.keep(&keep)?;
        self.refused.sort_by_key(|refused| refused.row);
        Ok(())
    }

    /// Keeps some of the events, with their texts and look-ups.
    fn keep(&mut self, keep: &[bool]) -> Result<(), LedgerError> {
        self.events = filter_record_batch(&self.events, &BooleanArray::from(keep.to_vec()))?;
        let mut kept = keep.iter();
        self.rows.retain(|_| kept.next().copied().unwrap_or(true));
        let mut n_before = 0;
        let mut moved = Vec::with_capacity(keep.len());
        for kept in keep {
            moved.push(n_before);
            n_before += usize::from(*kept);
        }
        let place = |event: &mut usize| {
            let kept = keep[*event];
            *event = moved[*event];
            kept
        };
        self.private.retain_mut(|text| place(&mut text.event));
        self.lookups.retain_mut(|lookup| place(&mut lookup.event));
        Ok(())
    }

    /// Moves a retraction from its class to the refused.
    fn refuse(&mut self, event: usize, refusal: RefusedRow, tally: &mut Tally) -> Result<(), LedgerError> {
        *tally.refused_by_code.entry(refusal.code).or_default() += 1;
        self.refused.push(refusal);
        let one = ClassSum { rows: 1, ..ClassSum::default() };
        tally.retractions.rows -= 1;
        tally.refused.merge(&one);
        let amounts =
            self.events.column_by_name(column::AMOUNT).and_then(|c| c.as_primitive_opt::<Decimal128Type>());
        let currencies = self.events.column_by_name(column::CURRENCY).and_then(|c| c.as_string_opt::<i32>());
        let (Some(amounts), Some(currencies)) = (amounts, currencies) else {
            return Err(defect(column::AMOUNT));
        };
        if amounts.is_valid(event) && currencies.is_valid(event) {
            let (currency, amount) = (currencies.value(event), amounts.value(event));
            tally.retractions.money.add(currency, -amount);
            tally.refused.money.add(currency, amount);
        }
        Ok(())
    }
}

fn int64(events: &RecordBatch, name: &str) -> Result<Vec<i64>, LedgerError> {
    let column = events.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>());
    Ok(column.ok_or_else(|| defect(name))?.values().to_vec())
}

fn defect(name: &str) -> LedgerError {
    LedgerError::Arrow(ArrowError::SchemaError(format!("column {name} is not what cleaning made")))
}

/// The cells of a row as one JSON object, in the order of the columns; null where nothing is given.
fn raw_json(raw: &RawBatch, row: usize) -> String {
    let mut cells = serde_json::Map::with_capacity(raw.columns.len());
    for (name, values) in raw.columns.iter().zip(raw.rows.columns()) {
        let text =
            values.as_string_opt::<i32>().filter(|texts| texts.is_valid(row)).map(|texts| texts.value(row));
        cells.insert(name.clone(), text.into());
    }
    serde_json::Value::Object(cells).to_string()
}
