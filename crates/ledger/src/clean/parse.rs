//! Rows of text become typed values, column by column. A row that is wrong keeps its first reason.

use std::borrow::Cow;
use std::collections::HashMap;

use arrow::array::{Array, RecordBatch, StringArray};
use gradus_model::document::{IdentityKind, OutlierAction};
use gradus_model::event_stream::{FieldType, UNATTRIBUTED, UNDATED};

use super::column::Column;
use super::date::{DateFault, Shift, ZoneMemory};
use super::event_id::{IdSource, Values, order_key};
use super::events::{FieldValues, Optional, ParsedRows, Texts};
use super::number::{Decimal, NumberFault};
use super::plan::{FieldPlan, OutlierColumn, OutlierPlan, SourcePlan, Value};
use super::tally::Notes;
use super::text::{MAX_TEXT_BYTES, canonical, canonical_code};
use super::{CleanContext, Identity, LinkSighting, RefusalCode, currency, region};

/// Longest kind of event and longest order number, in bytes.
const MAX_CODE_BYTES: usize = 256;

const FINE: u32 = 0;
const SKIPPED: u32 = u32::MAX;

/// Which rows are out, and why.
#[derive(Debug)]
pub(super) struct Verdicts {
    /// 0 is fine, the highest number is skipped, others point behind their reason.
    status: Vec<u32>,
    reasons: Vec<(RefusalCode, String)>,
}

impl Verdicts {
    fn new(n: usize) -> Verdicts {
        Verdicts { status: vec![FINE; n], reasons: Vec::new() }
    }

    pub(super) fn refuse(&mut self, row: usize, code: RefusalCode, place: &str) {
        if self.status[row] == FINE {
            self.reasons.push((code, place.to_string()));
            self.status[row] = self.reasons.len() as u32;
        }
    }

    #[inline]
    pub(super) fn is_fine(&self, row: usize) -> bool {
        self.status[row] == FINE
    }

    pub(super) fn is_skipped(&self, row: usize) -> bool {
        self.status[row] == SKIPPED
    }

    pub(super) fn reason(&self, row: usize) -> Option<&(RefusalCode, String)> {
        let status = self.status[row];
        if status == SKIPPED { None } else { self.reasons.get((status as usize).checked_sub(1)?) }
    }

    pub(super) fn keep(&self) -> Vec<bool> {
        self.status.iter().map(|status| *status == FINE).collect()
    }
}

/// A batch after parsing, before equal rows are numbered.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) rows: ParsedRows,
    pub(super) verdicts: Verdicts,
    /// As read, before capping; also of rows that are out.
    pub(super) amount_read: Optional<i64>,
    pub(super) unreadable_amount: Vec<bool>,
    /// Short hash of the values, for rows with a key.
    pub(super) marks: Vec<u32>,
    pub(super) has_time: Vec<bool>,
    pub(super) identities: Vec<Identity>,
    pub(super) links: Vec<LinkSighting>,
    /// Row, number of the text, text.
    pub(super) private: Vec<(u32, usize, String)>,
    pub(super) notes: Notes,
}

/// Parses one batch.
pub(super) struct Parser<'a> {
    plan: &'a SourcePlan,
    context: &'a CleanContext<'a>,
    batch: &'a RecordBatch,
    n: usize,
    verdicts: Verdicts,
    notes: Notes,
    memory: ZoneMemory,
}

impl<'a> Parser<'a> {
    pub(super) fn new(plan: &'a SourcePlan, context: &'a CleanContext<'a>, batch: &'a RecordBatch) -> Self {
        let n = batch.num_rows();
        let (verdicts, notes) = (Verdicts::new(n), Notes::default());
        Parser { plan, context, batch, n, verdicts, notes, memory: ZoneMemory::default() }
    }

    pub(super) fn parse(mut self) -> Parsed {
        let plan = self.plan;
        let n = self.n;
        self.skip();
        let (amount_read, currency, unreadable_amount) = self.amounts();
        let (retraction, retracted) = self.retractions();
        let kind = self.kinds();
        let (time, has_time) = self.times(&retraction);
        let known = self.known(&time, &has_time);
        let (order_id, order_key) = self.orders();
        let (line, spend) = self.lines();
        let quantity_read = match &plan.quantity {
            Some(value) => self.numbers(value, false),
            None => Optional::none(n),
        };
        let fields_read: Vec<FieldValues> = plan.fields.iter().map(|field| self.field(field)).collect();
        let found = self.identities();
        let private = self.private();
        let mut rows = ParsedRows {
            identity: found.first,
            time,
            known,
            event_id: vec![[0; 16]; n],
            retraction,
            kind,
            order_id,
            order_key,
            line,
            spend,
            amount: amount_read.clone(),
            currency,
            quantity: quantity_read,
            fields: fields_read,
        };
        let marks = self.event_ids(&mut rows, &has_time, &found.all, &retracted, &private);
        self.outliers(&mut rows);
        let links = self.links(&found.all, &rows);
        Parsed {
            rows,
            verdicts: self.verdicts,
            amount_read,
            unreadable_amount,
            marks,
            has_time,
            identities: found.new,
            links,
            private,
            notes: self.notes,
        }
    }

    fn evaluate(&mut self, value: &Value) -> Column {
        let (column, faults) = value.evaluate(self.batch);
        for row in faults {
            self.verdicts.refuse(row as usize, RefusalCode::ExpressionFailed, &value.path);
        }
        column
    }

    fn skip(&mut self) {
        let Some(value) = &self.plan.skip else { return };
        let column = self.evaluate(value);
        for row in 0..self.n {
            if column.boolean(row, &self.plan.given) == Some(Some(true)) && self.verdicts.is_fine(row) {
                self.verdicts.status[row] = SKIPPED;
            }
        }
    }

    /// Amounts of all rows, also of those that are out: a reconciliation counts their money too.
    fn amounts(&mut self) -> (Optional<i64>, Vec<&'static str>, Vec<bool>) {
        let plan = self.plan;
        let mut amounts = Optional::none(self.n);
        let mut currencies = vec![plan.currency; self.n];
        let mut unreadable = vec![false; self.n];
        let Some(value) = &plan.amount else { return (amounts, currencies, unreadable) };
        let column = self.evaluate(value);
        let named = plan.currency_value.as_ref().map(|value| (self.evaluate(value), value.path.as_str()));
        let mut last: (String, Option<&'static str>) = (String::new(), None);
        for row in 0..self.n {
            let Some(read) = column.number(row, &plan.given, plan.decimal_comma) else { continue };
            let number = match self.checked(read, true) {
                Ok(number) => number,
                Err(code) => {
                    unreadable[row] = true;
                    self.verdicts.refuse(row, code, &value.path);
                    continue;
                }
            };
            let mut code = number.sign.map(|sign| sign.code(plan.currency)).unwrap_or(plan.currency);
            if let Some((column, path)) = &named
                && let Some(written) = column.text(row, &plan.given)
            {
                if last.0 != *written {
                    last = (written.to_string(), currency::named(&written, plan.currency));
                }
                match last.1 {
                    Some(stated) if number.sign.is_none_or(|sign| sign.may_be(stated)) => code = stated,
                    other => {
                        unreadable[row] = true;
                        let refusal = if other.is_some() {
                            RefusalCode::CurrencyMismatch
                        } else {
                            RefusalCode::UnknownCurrency
                        };
                        self.verdicts.refuse(row, refusal, path);
                        continue;
                    }
                }
            }
            amounts.set(row, number.units);
            currencies[row] = code;
        }
        (amounts, currencies, unreadable)
    }

    /// Which rows retract, and the name of the event where they name one.
    fn retractions(&mut self) -> (Vec<bool>, Vec<Option<String>>) {
        let Some(value) = &self.plan.retracts else { return (vec![false; self.n], Vec::new()) };
        let column = self.evaluate(value);
        if let Column::Boolean(_) = &column {
            let flags = (0..self.n).map(|row| column.boolean(row, &self.plan.given) == Some(Some(true)));
            return (flags.collect(), Vec::new());
        }
        let names: Vec<Option<String>> =
            (0..self.n).map(|row| column.text(row, &self.plan.given).map(Cow::into_owned)).collect();
        (names.iter().map(Option::is_some).collect(), names)
    }

    fn kinds(&mut self) -> StringArray {
        let plan = self.plan;
        match self.evaluate(&plan.kind) {
            Column::Same(kind) if plan.given.text(&kind).is_some_and(|k| k.len() <= MAX_CODE_BYTES) => {
                StringArray::from_iter_values(std::iter::repeat_n(kind.trim(), self.n))
            }
            column => {
                let mut kinds = Texts::with_capacity(self.n);
                for row in 0..self.n {
                    let text = column.text(row, &plan.given);
                    let code = match &text {
                        None => Some(RefusalCode::MissingKind),
                        Some(text) if text.len() > MAX_CODE_BYTES => Some(RefusalCode::TextTooLong),
                        Some(_) => None,
                    };
                    if let Some(code) = code {
                        self.verdicts.refuse(row, code, &plan.kind.path);
                    }
                    kinds.push(text.as_deref().map(canonical).as_deref().filter(|_| code.is_none()));
                }
                kinds.finish()
            }
        }
    }

    /// Times, and where they are given.
    fn times(&mut self, retraction: &[bool]) -> (Vec<i64>, Vec<bool>) {
        let mut times = vec![UNDATED; self.n];
        let mut has_time = vec![false; self.n];
        let Some(value) = &self.plan.time else {
            self.notes.undated += self.n as u64;
            return (times, has_time);
        };
        let column = self.evaluate(value);
        let by_name = self.plan.id_source != IdSource::Row;
        for row in 0..self.n {
            match self.instant(&column, row, true) {
                Some(Ok(time)) => {
                    times[row] = time;
                    has_time[row] = true;
                }
                Some(Err(code)) => self.verdicts.refuse(row, code, &value.path),
                // What a retraction names is in the ledger, and its time with it.
                None if retraction[row] && by_name => {}
                None if self.plan.history => self.notes.undated += 1,
                None => self.verdicts.refuse(row, RefusalCode::MissingTime, &value.path),
            }
        }
        (times, has_time)
    }

    fn known(&mut self, time: &[i64], has_time: &[bool]) -> Vec<i64> {
        let plan = self.plan;
        let default = |row: usize| {
            // A retraction without a time becomes known now, whatever it retracts.
            let dated = has_time[row] || plan.time.is_none() || plan.id_source == IdSource::Row;
            if plan.history && dated { time[row] } else { self.context.imported_at }
        };
        let mut known: Vec<i64> = (0..self.n).map(default).collect();
        let Some(value) = &plan.known else { return known };
        let column = self.evaluate(value);
        for (row, known) in known.iter_mut().enumerate() {
            match self.instant(&column, row, false) {
                Some(Ok(instant)) => *known = instant,
                Some(Err(code)) => self.verdicts.refuse(row, code, &value.path),
                None => {}
            }
        }
        known
    }

    /// The instant on a row, if one is given.
    #[inline]
    fn instant(
        &mut self,
        column: &Column,
        row: usize,
        is_event_time: bool,
    ) -> Option<Result<i64, RefusalCode>> {
        let dates = &self.plan.dates;
        let read = match column {
            Column::Timestamp(values, is_instant) => {
                let value = values.is_valid(row).then(|| values.value(row))?;
                if *is_instant { Ok((value, Shift::None)) } else { dates.read_clock(value, &self.memory) }
            }
            Column::Date(values) => {
                let days = values.is_valid(row).then(|| i64::from(values.value(row)))?;
                dates
                    .read_clock(days * 86_400_000_000, &self.memory)
                    .map(|(instant, _)| (instant, Shift::None))
            }
            _ => {
                let text = column.text(row, &self.plan.given)?;
                if is_event_time {
                    dates.read(&text, &self.memory)
                } else {
                    dates.read_any(&text, &self.memory)
                }
            }
        };
        Some(match read {
            Ok((instant, shift)) => {
                self.notes.folds += u64::from(shift == Shift::Fold);
                self.notes.gaps += u64::from(shift == Shift::Gap);
                Ok(instant)
            }
            Err(fault) => Err(date_code(fault)),
        })
    }

    fn orders(&mut self) -> (StringArray, Optional<i64>) {
        let plan = self.plan;
        let Some(value) = &plan.order else { return (StringArray::new_null(self.n), Optional::none(self.n)) };
        let column = self.evaluate(value);
        let mut texts = Texts::with_capacity(self.n);
        let mut keys = Optional::none(self.n);
        // Lines of one order mostly follow each other.
        let mut last = (String::new(), 0i64);
        for row in 0..self.n {
            let text = column.text(row, &plan.given);
            let order = text.as_deref().map(canonical_code).filter(|order| !order.is_empty());
            let Some(order) = order else {
                texts.push(None);
                continue;
            };
            if order.len() > MAX_CODE_BYTES {
                self.verdicts.refuse(row, RefusalCode::TextTooLong, &value.path);
                texts.push(None);
                continue;
            }
            if last.0 != *order {
                last.0.clear();
                last.0.push_str(&order);
                last.1 = order_key(&order);
            }
            keys.set(row, last.1);
            texts.push(text.as_deref());
        }
        (texts.finish(), keys)
    }

    fn lines(&mut self) -> (Vec<Option<&'static str>>, Optional<bool>) {
        let plan = self.plan;
        let mut lines = vec![None; self.n];
        let mut spend = Optional::none(self.n);
        let Some(value) = &plan.line_type else { return (lines, spend) };
        let column = self.evaluate(value);
        for row in 0..self.n {
            let Some(text) = column.text(row, &plan.given) else { continue };
            match line_type(&text) {
                Some(line) => {
                    lines[row] = Some(line);
                    spend.set(row, line != "adjustment");
                }
                None => self.verdicts.refuse(row, RefusalCode::UnknownLineType, &value.path),
            }
        }
        if let Some(value) = &plan.spend {
            let column = self.evaluate(value);
            for row in 0..self.n {
                match column.boolean(row, &plan.given) {
                    Some(Some(counts)) => spend.set(row, counts),
                    Some(None) => self.verdicts.refuse(row, RefusalCode::NotABoolean, &value.path),
                    None => {}
                }
            }
        }
        (lines, spend)
    }

    fn numbers(&mut self, value: &Value, whole: bool) -> Optional<i64> {
        let plan = self.plan;
        let column = self.evaluate(value);
        let mut numbers = Optional::none(self.n);
        for row in 0..self.n {
            let Some(read) = column.number(row, &plan.given, plan.decimal_comma) else { continue };
            match self.checked(read, !whole) {
                Ok(number) if whole && (number.units % 10_000 != 0 || number.rounded) => {
                    self.verdicts.refuse(row, RefusalCode::NotAnInteger, &value.path);
                }
                Ok(number) if whole => numbers.set(row, number.units / 10_000),
                Ok(number) => numbers.set(row, number.units),
                Err(code) => self.verdicts.refuse(row, code, &value.path),
            }
        }
        numbers
    }

    #[inline]
    fn checked(&mut self, read: Result<Decimal, NumberFault>, rounds: bool) -> Result<Decimal, RefusalCode> {
        match read {
            Ok(number) if number.rounded && rounds => {
                if !self.plan.round_amounts {
                    return Err(RefusalCode::TooManyDigits);
                }
                self.notes.rounded += 1;
                Ok(number)
            }
            Ok(number) => Ok(number),
            Err(NumberFault::NotANumber) => Err(RefusalCode::NotANumber),
            Err(NumberFault::TooLarge) => Err(RefusalCode::NumberTooLarge),
        }
    }

    fn field(&mut self, field: &FieldPlan) -> FieldValues {
        let plan = self.plan;
        match field.field_type {
            FieldType::Text => FieldValues::Text(self.text_field(field)),
            FieldType::Integer => FieldValues::Integer(self.integers(&field.value)),
            FieldType::Decimal => FieldValues::Decimal(self.numbers(&field.value, false)),
            FieldType::Boolean => {
                let column = self.evaluate(&field.value);
                let mut values = Optional::none(self.n);
                for row in 0..self.n {
                    match column.boolean(row, &plan.given) {
                        Some(Some(value)) => values.set(row, value),
                        Some(None) => self.verdicts.refuse(row, RefusalCode::NotABoolean, &field.value.path),
                        None => {}
                    }
                }
                FieldValues::Boolean(values)
            }
            FieldType::Date => {
                let column = self.evaluate(&field.value);
                let mut values = Optional::none(self.n);
                for row in 0..self.n {
                    if let Column::Date(dates) = &column {
                        if dates.is_valid(row) {
                            values.set(row, dates.value(row));
                        }
                        continue;
                    }
                    let Some(text) = column.text(row, &plan.given) else { continue };
                    match plan.dates.read_date(&text) {
                        Ok(date) => values.set(row, date),
                        Err(fault) => self.verdicts.refuse(row, date_code(fault), &field.value.path),
                    }
                }
                FieldValues::Date(values)
            }
            FieldType::Timestamp => {
                let column = self.evaluate(&field.value);
                let mut values = Optional::none(self.n);
                for row in 0..self.n {
                    match self.instant(&column, row, false) {
                        Some(Ok(instant)) => values.set(row, instant),
                        Some(Err(code)) => self.verdicts.refuse(row, code, &field.value.path),
                        None => {}
                    }
                }
                FieldValues::Timestamp(values)
            }
        }
    }

    /// Whole numbers; those of an expression may use all 64 bits.
    fn integers(&mut self, value: &Value) -> Optional<i64> {
        if let Column::Integer(integers) = self.evaluate(value) {
            let mut numbers = Optional::none(self.n);
            for row in (0..self.n).filter(|row| integers.is_valid(*row)) {
                numbers.set(row, integers.value(row));
            }
            return numbers;
        }
        self.numbers(value, true)
    }

    fn text_field(&mut self, field: &FieldPlan) -> StringArray {
        let plan = self.plan;
        let column = self.evaluate(&field.value);
        let mut texts = Texts::with_capacity(self.n);
        let mut unknown = 0;
        for row in 0..self.n {
            let text = column.text(row, &plan.given);
            let Some(text) = text.as_deref().map(canonical).filter(|text| !text.is_empty()) else {
                texts.push(None);
                continue;
            };
            if text.len() > MAX_TEXT_BYTES {
                self.verdicts.refuse(row, RefusalCode::TextTooLong, &field.value.path);
                texts.push(None);
                continue;
            }
            if field.is_region {
                let standard = region::standard(&text);
                unknown += u64::from(standard.is_none());
                texts.push(Some(standard.unwrap_or(&text)));
            } else {
                texts.push(Some(&text));
            }
        }
        if unknown > 0 {
            *self.notes.unknown_regions.entry(field.name.clone()).or_default() += unknown;
        }
        texts.finish()
    }

    /// The identities of each row. An identifier that is not valid refuses the row only if no other
    /// of the row is valid: then whose event it is could be mended.
    fn identities(&mut self) -> Found {
        let plan = self.plan;
        let mut found = Found { first: vec![UNATTRIBUTED; self.n], all: Vec::new(), new: Vec::new() };
        let mut wrong: Vec<(usize, RefusalCode, &str)> = Vec::new();
        for (index, identity) in plan.identities.iter().enumerate() {
            let column = self.evaluate(&identity.value);
            let mut surrogates = vec![UNATTRIBUTED; self.n];
            // Customers repeat within a batch, and their spelling with them.
            let mut seen: HashMap<Cow<'_, str>, Option<i64>> = HashMap::new();
            for row in (0..self.n).filter(|row| self.verdicts.is_fine(*row)) {
                let Some(text) = column.text(row, &plan.given) else { continue };
                let known = match seen.get(text.as_ref()) {
                    Some(known) => *known,
                    None => {
                        let normalized = plan.identity_rules.normalized(identity.kind, &text);
                        let surrogate = normalized.map(|normalized| {
                            let surrogate =
                                self.context.surrogates.surrogate(&identity.kind_name, &normalized);
                            found.new.push(Identity {
                                kind: identity.kind_name.clone(),
                                normalized: normalized.into_owned(),
                                display: text.to_string(),
                                surrogate,
                            });
                            surrogate
                        });
                        seen.insert(text, surrogate);
                        surrogate
                    }
                };
                match known {
                    Some(surrogate) => {
                        surrogates[row] = surrogate;
                        if found.first[row] == UNATTRIBUTED {
                            found.first[row] = surrogate;
                        }
                    }
                    None => wrong.push((row, invalid(identity.kind), &identity.value.path)),
                }
            }
            debug_assert_eq!(found.all.len(), index);
            found.all.push(surrogates);
        }
        for (row, code, path) in wrong {
            if found.first[row] == UNATTRIBUTED {
                self.verdicts.refuse(row, code, path);
            } else {
                let kind = plan.identities.iter().find(|one| one.value.path == path);
                let kind = kind.map_or("", |one| one.kind_name.as_ref());
                *self.notes.invalid_identifiers.entry(kind.to_string()).or_default() += 1;
            }
        }
        // Spellings of one identity are remembered once.
        let mut known = std::collections::HashSet::new();
        found.new.retain(|identity| known.insert(identity.surrogate));
        found
    }

    fn private(&mut self) -> Vec<(u32, usize, String)> {
        let plan = self.plan;
        let mut texts = Vec::new();
        for (index, private) in plan.private.iter().enumerate() {
            let column = self.evaluate(&private.value);
            for row in (0..self.n).filter(|row| self.verdicts.is_fine(*row)) {
                if let Some(text) = column.text(row, &plan.given) {
                    texts.push((row as u32, index, canonical(&text).into_owned()));
                }
            }
        }
        texts.sort_by_key(|(row, index, _)| (*row, *index));
        texts
    }

    /// Sets the ids; gives the short hashes of the values of rows that have a key.
    fn event_ids(
        &mut self,
        rows: &mut ParsedRows,
        has_time: &[bool],
        identities: &[Vec<i64>],
        retracted: &[Option<String>],
        private: &[(u32, usize, String)],
    ) -> Vec<u32> {
        let plan = self.plan;
        let message = plan.message_id.as_ref().map(|value| (self.evaluate(value), &value.path));
        let keys: Vec<Option<&StringArray>> = plan
            .key
            .iter()
            .map(|key| self.batch.column_by_name(&key.name).and_then(|c| c.as_any().downcast_ref()))
            .collect();
        let by_name = plan.id_source != IdSource::Row;
        let mut marks = if by_name { vec![0; self.n] } else { Vec::new() };
        let mut values = Values::default();
        let mut private = private.iter().peekable();
        for row in 0..self.n {
            let mut texts: Vec<&(u32, usize, String)> = Vec::new();
            while let Some(text) = private.next_if(|text| text.0 as usize == row) {
                texts.push(text);
            }
            if !self.verdicts.is_fine(row) {
                continue;
            }
            self.row_values(&mut values, rows, row, has_time[row], identities, &texts);
            if !by_name {
                rows.event_id[row] = plan.row_hasher.id(&values);
                continue;
            }
            let whole = plan.row_hasher.id(&values);
            marks[row] = u32::from_le_bytes([whole[0], whole[1], whole[2], whole[3]]);
            values.clear();
            let mut is_given = false;
            if let Some(name) = retracted.get(row).and_then(Option::as_deref) {
                let sensitive =
                    plan.id_source == IdSource::Key && plan.key.first().is_some_and(|key| key.sensitive);
                self.key_value(&mut values, Some(name), sensitive);
                is_given = true;
            } else if let Some((column, _)) = &message {
                let text = column.text(row, &plan.given);
                self.key_value(&mut values, text.as_deref(), false);
                is_given = text.is_some();
            } else {
                for (key, column) in plan.key.iter().zip(&keys) {
                    let text = column.filter(|c| c.is_valid(row)).and_then(|c| plan.given.text(c.value(row)));
                    self.key_value(&mut values, text, key.sensitive);
                    is_given |= text.is_some();
                }
            }
            if is_given {
                rows.event_id[row] = plan.hasher.id(&values);
            } else {
                let path = message.as_ref().map_or("key", |(_, path)| path.as_str());
                self.verdicts.refuse(row, RefusalCode::MissingKey, path);
            }
        }
        marks
    }

    fn key_value(&self, values: &mut Values, text: Option<&str>, sensitive: bool) {
        let text = text.map(canonical_code).unwrap_or_default();
        if sensitive && !text.is_empty() {
            values.integer(b's', self.context.surrogates.surrogate("key", &text));
        } else {
            values.text(b'v', &text);
        }
    }

    /// The parsed row in its canonical form. Known time is not part of it: the same fact exported a
    /// second time is not a second fact.
    fn row_values(
        &self,
        values: &mut Values,
        rows: &ParsedRows,
        row: usize,
        has_time: bool,
        identities: &[Vec<i64>],
        private: &[&(u32, usize, String)],
    ) {
        values.clear();
        if has_time {
            values.integer(b't', rows.time[row]);
        }
        values.text(b'k', rows.kind.value(row));
        match identities {
            [] => {}
            [one] if one[row] != UNATTRIBUTED => values.integer(b'i', one[row]),
            [_] => {}
            several => {
                let mut given: Vec<i64> =
                    several.iter().map(|one| one[row]).filter(|s| *s != UNATTRIBUTED).collect();
                given.sort_unstable();
                given.iter().for_each(|surrogate| values.integer(b'i', *surrogate));
            }
        }
        if let Some(key) = rows.order_key.get(row) {
            values.integer(b'o', *key);
        }
        if let Some(line) = rows.line[row] {
            values.text(b'l', line);
        }
        if let Some(amount) = rows.amount.get(row) {
            values.integer(b'a', *amount);
            values.text(b'c', rows.currency[row]);
        }
        if let Some(quantity) = rows.quantity.get(row) {
            values.integer(b'q', *quantity);
        }
        for (plan, field) in self.plan.fields.iter().zip(&rows.fields) {
            let value = match field {
                FieldValues::Text(texts) => {
                    if texts.is_valid(row) {
                        values.name(&plan.tag);
                        values.text(b'x', texts.value(row));
                    }
                    continue;
                }
                FieldValues::Integer(one) | FieldValues::Decimal(one) | FieldValues::Timestamp(one) => {
                    one.get(row).copied()
                }
                FieldValues::Boolean(one) => one.get(row).map(|value| i64::from(*value)),
                FieldValues::Date(one) => one.get(row).map(|value| i64::from(*value)),
            };
            if let Some(value) = value {
                values.name(&plan.tag);
                values.integer(b'n', value);
            }
        }
        for (_, index, text) in private {
            if let Some(plan) = self.plan.private.get(*index) {
                values.name(&plan.tag);
                values.integer(b'p', self.context.surrogates.surrogate("text", text));
            }
        }
    }

    fn outliers(&mut self, rows: &mut ParsedRows) {
        let plan = self.plan;
        for rule in &plan.outliers {
            let (values, scale) = match rule.column {
                OutlierColumn::Amount => (&mut rows.amount, 1),
                OutlierColumn::Quantity => (&mut rows.quantity, 1),
                OutlierColumn::Field(index) => match rows.fields.get_mut(index) {
                    Some(FieldValues::Decimal(values)) => (values, 1),
                    Some(FieldValues::Integer(values)) => (values, 10_000),
                    _ => continue,
                },
            };
            for row in 0..self.n {
                if !values.given[row] || !self.verdicts.is_fine(row) {
                    continue;
                }
                let Some(limit) = beyond(rule, i128::from(values.values[row]) * scale) else { continue };
                match rule.action {
                    OutlierAction::Refuse => self.verdicts.refuse(row, RefusalCode::Outlier, &rule.path),
                    OutlierAction::Flag => {
                        *self.notes.outliers_flagged.entry(rule.name.clone()).or_default() += 1
                    }
                    OutlierAction::Cap => {
                        *self.notes.outliers_capped.entry(rule.name.clone()).or_default() += 1;
                        values.values[row] = (i128::from(limit) / scale) as i64;
                    }
                }
            }
        }
    }

    /// Pairs of identities seen in one row: the first with each other one.
    fn links(&self, identities: &[Vec<i64>], rows: &ParsedRows) -> Vec<LinkSighting> {
        if identities.len() < 2 {
            return Vec::new();
        }
        let mut pairs: HashMap<(i64, i64), LinkSighting> = HashMap::new();
        for row in (0..self.n).filter(|row| self.verdicts.is_fine(*row) && !rows.retraction[*row]) {
            let mut given =
                self.plan.identities.iter().zip(identities).filter(|(_, all)| all[row] != UNATTRIBUTED);
            let Some((first, a)) = given.next() else { continue };
            for (other, b) in given.filter(|(_, b)| b[row] != a[row]) {
                let sighting = LinkSighting {
                    a: a[row],
                    a_is_id: first.kind == IdentityKind::Id,
                    b: b[row],
                    b_is_id: other.kind == IdentityKind::Id,
                    time: rows.time[row],
                    known: rows.known[row],
                };
                let kept = pairs.entry((a[row], b[row])).or_insert(sighting);
                if (sighting.time, sighting.known) < (kept.time, kept.known) {
                    *kept = sighting;
                }
            }
        }
        let mut links: Vec<LinkSighting> = pairs.into_values().collect();
        links.sort();
        links
    }
}

struct Found {
    /// The identity under which the row's event arrives.
    first: Vec<i64>,
    /// Per mapped identity, per row.
    all: Vec<Vec<i64>>,
    new: Vec<Identity>,
}

fn beyond(rule: &OutlierPlan, value: i128) -> Option<i64> {
    match (rule.min, rule.max) {
        (Some(min), _) if value < i128::from(min) => Some(min),
        (_, Some(max)) if value > i128::from(max) => Some(max),
        _ => None,
    }
}

fn line_type(text: &str) -> Option<&'static str> {
    match text {
        "product" | "商品" => Some("product"),
        "service" | "服务" => Some("service"),
        "adjustment" | "调整" => Some("adjustment"),
        other => match other.to_ascii_lowercase().as_str() {
            "product" => Some("product"),
            "service" => Some("service"),
            "adjustment" => Some("adjustment"),
            _ => None,
        },
    }
}

fn invalid(kind: IdentityKind) -> RefusalCode {
    match kind {
        IdentityKind::Id => RefusalCode::InvalidId,
        IdentityKind::Phone => RefusalCode::InvalidPhone,
        IdentityKind::Email => RefusalCode::InvalidEmail,
        IdentityKind::External => RefusalCode::InvalidExternalId,
    }
}

fn date_code(fault: DateFault) -> RefusalCode {
    match fault {
        DateFault::NotADate => RefusalCode::NotADate,
        DateFault::Impossible => RefusalCode::ImpossibleDate,
        DateFault::OutOfRange => RefusalCode::DateOutOfRange,
    }
}
