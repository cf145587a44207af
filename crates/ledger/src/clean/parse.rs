//! Rows of text become typed values, column by column. A row that is wrong keeps its first reason.

mod values;
mod whose;

use std::borrow::Cow;

use arrow::array::RecordBatch;
use gradus_model::document::OutlierAction;

use super::column::Column;
use super::date::ZoneMemory;
use super::events::{FieldValues, Optional, ParsedRows};
use super::number::{Decimal, NumberFault};
use super::plan::{OutlierColumn, OutlierPlan, SourcePlan, Value};
use super::tally::Notes;
use super::{CleanContext, Identity, LinkSighting, RefusalCode, currency};

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
    /// Short hash of the values, for rows with a key and facts of a reference.
    pub(super) marks: Vec<u32>,
    /// What the rows of a reference are about, and from when.
    pub(super) places: Vec<[u8; 16]>,
    pub(super) has_time: Vec<bool>,
    pub(super) identities: Vec<Identity>,
    pub(super) links: Vec<LinkSighting>,
    /// Row, number of the text, text.
    pub(super) private: Vec<(u32, usize, String)>,
    pub(super) notes: Notes,
}

/// Parses one batch.
pub(super) struct Parser<'a> {
    pub(super) plan: &'a SourcePlan,
    context: &'a CleanContext<'a>,
    batch: &'a RecordBatch,
    pub(super) n: usize,
    pub(super) verdicts: Verdicts,
    notes: Notes,
    memory: ZoneMemory,
    /// Values of declared fields that go to the vault: row, field behind the private texts, text.
    personal: Vec<(u32, usize, String)>,
    /// Order numbers in declared fields that look like identifiers. They are codes and stay in the
    /// ledger; in event ids they stand as they did when such values went to the vault, so that a file
    /// that was imported then is known again.
    codes: Vec<(u32, usize, String)>,
    places: Vec<[u8; 16]>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(plan: &'a SourcePlan, context: &'a CleanContext<'a>, batch: &'a RecordBatch) -> Self {
        let n = batch.num_rows();
        let (verdicts, notes) = (Verdicts::new(n), Notes::default());
        let memory = ZoneMemory::default();
        let (personal, codes, places) = (Vec::new(), Vec::new(), Vec::new());
        Parser { plan, context, batch, n, verdicts, notes, memory, personal, codes, places }
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
            Some(value) => self.numbers(value, false, None),
            None => Optional::none(n),
        };
        let mut fields_read: Vec<FieldValues> =
            plan.fields.iter().enumerate().map(|(index, field)| self.field(index, field)).collect();
        let found = match plan.reference {
            true => self.facts(&mut fields_read, &retracted),
            false => self.identities(),
        };
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
        let marks = match self.codes.is_empty() {
            true => self.event_ids(&mut rows, &has_time, &found.all, &retracted, &private),
            false => {
                let mut hashed = [&private[..], &std::mem::take(&mut self.codes)].concat();
                hashed.sort_by_key(|(row, index, _)| (*row, *index));
                self.event_ids(&mut rows, &has_time, &found.all, &retracted, &hashed)
            }
        };
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
            places: self.places,
            links,
            private,
            notes: self.notes,
        }
    }

    pub(super) fn evaluate(&mut self, value: &Value) -> Column {
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
            let personal = self.looks_personal(&column, row, &read);
            let checked = if personal { Err(RefusalCode::LooksPersonal) } else { self.checked(read, true) };
            let number = match checked {
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

    /// True if a number stands there like somebody's telephone.
    pub(super) fn looks_personal(
        &self,
        column: &Column,
        row: usize,
        read: &Result<Decimal, NumberFault>,
    ) -> bool {
        match column {
            Column::Text(_) | Column::Same(_) => column
                .text(row, &self.plan.given)
                .is_some_and(|text| text.len() >= 11 && self.plan.personal.is_number(&text)),
            _ => read.as_ref().is_ok_and(|number| self.plan.personal.is_units(number.units)),
        }
    }

    /// Sends a value of a declared field to the vault in place of the ledger.
    pub(super) fn to_vault(&mut self, row: usize, field: usize, text: String) {
        let plan = self.plan;
        if plan.reference {
            // A fact is nobody's: there is no customer under whose key the vault could keep it.
            let path = plan.fields.get(field).map_or("", |field| field.value.path.as_str());
            self.verdicts.refuse(row, RefusalCode::LooksPersonal, path);
            return;
        }
        if let Some(field) = plan.fields.get(field) {
            *self.notes.personal_values.entry(field.name.clone()).or_default() += 1;
        }
        self.personal.push((row as u32, plan.private.len() + field, text));
    }

    /// Notes a value of a declared field that looks like an identifier and is an order number.
    pub(super) fn is_code(&mut self, row: usize, field: usize, text: String) {
        self.codes.push((row as u32, self.plan.private.len() + field, text));
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
}

fn beyond(rule: &OutlierPlan, value: i128) -> Option<i64> {
    match (rule.min, rule.max) {
        (Some(min), _) if value < i128::from(min) => Some(min),
        (_, Some(max)) if value > i128::from(max) => Some(max),
        _ => None,
    }
}
