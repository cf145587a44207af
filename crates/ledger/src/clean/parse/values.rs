//! Kinds, times, orders, lines, numbers and declared fields of a batch.

use arrow::array::{Array, StringArray};
use gradus_model::event_stream::{FieldType, UNDATED};

use super::Parser;
use crate::clean::column::Column;
use crate::clean::date::{DateFault, Shift};
use crate::clean::event_id::{IdSource, order_key};
use crate::clean::events::{FieldValues, Optional, Texts};
use crate::clean::number::{Decimal, NumberFault};
use crate::clean::plan::{FieldPlan, Value};
use crate::clean::text::{MAX_TEXT_BYTES, canonical, canonical_code};
use crate::clean::{RefusalCode, region};

/// Longest kind of event and longest order number, in bytes.
const MAX_CODE_BYTES: usize = 256;

impl Parser<'_> {
    pub(super) fn kinds(&mut self) -> StringArray {
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
                    let code = code.or_else(|| {
                        let text = text.as_deref().unwrap_or("");
                        plan.personal.is_in(text).then_some(RefusalCode::LooksPersonal)
                    });
                    if code == Some(RefusalCode::LooksPersonal) {
                        self.verdicts.refuse(row, RefusalCode::LooksPersonal, &plan.kind.path);
                    }
                    kinds.push(text.as_deref().map(canonical).as_deref().filter(|_| code.is_none()));
                }
                kinds.finish()
            }
        }
    }

    /// Times, and where they are given.
    pub(super) fn times(&mut self, retraction: &[bool]) -> (Vec<i64>, Vec<bool>) {
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
                // Undated attributes count as always known; money that never happened is a mistake.
                None if self.plan.history && self.plan.amount.is_none() && self.plan.rate.is_none() => {
                    self.notes.undated += 1
                }
                // What always held has no date; a rate without one is a mistake.
                None if self.plan.reference && self.plan.rate.is_none() => self.notes.undated += 1,
                None => self.verdicts.refuse(row, RefusalCode::MissingTime, &value.path),
            }
        }
        (times, has_time)
    }

    pub(super) fn known(&mut self, time: &[i64], has_time: &[bool]) -> Vec<i64> {
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
                // Read as seconds, a telephone number would be a day in the far future.
                if text.len() >= 11 && self.plan.personal.is_number(&text) {
                    return Some(Err(RefusalCode::LooksPersonal));
                }
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

    pub(super) fn orders(&mut self) -> (StringArray, Optional<i64>) {
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
                // The source declares them to be codes, however much they look like telephone, card or
                // identity numbers: only what can be no code is refused.
                self.notes.orders += 1;
                if plan.personal.is_in(&order) {
                    if order.contains('@') || order.starts_with('+') {
                        self.verdicts.refuse(row, RefusalCode::LooksPersonal, &value.path);
                        texts.push(None);
                        continue;
                    }
                    self.notes.personal_orders += 1;
                }
                last.0.clear();
                last.0.push_str(&order);
                last.1 = order_key(&order);
            }
            keys.set(row, last.1);
            texts.push(text.as_deref());
        }
        (texts.finish(), keys)
    }

    pub(super) fn lines(&mut self) -> (Vec<Option<&'static str>>, Optional<bool>) {
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

    /// Numbers of the stream's own columns, or of the declared field with this index.
    pub(super) fn numbers(&mut self, value: &Value, whole: bool, field: Option<usize>) -> Optional<i64> {
        let plan = self.plan;
        let column = self.evaluate(value);
        let mut numbers = Optional::none(self.n);
        for row in 0..self.n {
            let Some(read) = column.number(row, &plan.given, plan.decimal_comma) else { continue };
            let declared = field.and_then(|index| plan.fields.get(index));
            let allowed = declared.is_some_and(|field| field.identifies_nobody);
            if !allowed && self.looks_personal(&column, row, &read) {
                match (field, column.text(row, &plan.given)) {
                    (Some(field), Some(text)) if declared.is_some_and(|field| field.is_order) => {
                        self.is_code(row, field, text.into_owned());
                        if let Ok(number) = self.checked(read, !whole) {
                            numbers.set(row, if whole { number.units / 10_000 } else { number.units });
                        }
                    }
                    (Some(field), Some(text)) => self.to_vault(row, field, text.into_owned()),
                    _ => self.verdicts.refuse(row, RefusalCode::LooksPersonal, &value.path),
                }
                continue;
            }
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
    pub(super) fn checked(
        &mut self,
        read: Result<Decimal, NumberFault>,
        rounds: bool,
    ) -> Result<Decimal, RefusalCode> {
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

    pub(super) fn field(&mut self, index: usize, field: &FieldPlan) -> FieldValues {
        let plan = self.plan;
        if let (1, Some(rate)) = (index, &plan.rate) {
            return FieldValues::Text(self.rates(rate));
        }
        match field.field_type {
            FieldType::Text => FieldValues::Text(self.text_field(index, field)),
            FieldType::Integer => FieldValues::Integer(self.integers(index, field)),
            FieldType::Decimal => FieldValues::Decimal(self.numbers(&field.value, false, Some(index))),
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
    fn integers(&mut self, index: usize, field: &FieldPlan) -> Optional<i64> {
        if let Column::Integer(integers) = self.evaluate(&field.value) {
            let mut numbers = Optional::none(self.n);
            for row in (0..self.n).filter(|row| integers.is_valid(*row)) {
                let number = integers.value(row);
                let units = number.checked_mul(10_000);
                if !field.identifies_nobody && units.is_some_and(|units| self.plan.personal.is_units(units)) {
                    if !field.is_order {
                        self.to_vault(row, index, number.to_string());
                        continue;
                    }
                    self.is_code(row, index, number.to_string());
                }
                numbers.set(row, number);
            }
            return numbers;
        }
        self.numbers(&field.value, true, Some(index))
    }

    fn text_field(&mut self, index: usize, field: &FieldPlan) -> StringArray {
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
            if !field.identifies_nobody && plan.personal.is_in(&text) {
                if !field.is_order {
                    self.to_vault(row, index, text.into_owned());
                    texts.push(None);
                    continue;
                }
                self.is_code(row, index, text.clone().into_owned());
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

fn date_code(fault: DateFault) -> RefusalCode {
    match fault {
        DateFault::NotADate => RefusalCode::NotADate,
        DateFault::Impossible => RefusalCode::ImpossibleDate,
        DateFault::OutOfRange => RefusalCode::DateOutOfRange,
    }
}
