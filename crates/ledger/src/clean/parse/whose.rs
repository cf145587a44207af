//! Whose a row is: its identities, what they say about each other, its private texts, and the
//! event id that all of these enter.

use std::borrow::Cow;
use std::collections::HashMap;

use arrow::array::{Array, StringArray};
use gradus_model::document::IdentityKind;
use gradus_model::event_stream::{REFERENCE, UNATTRIBUTED};

use super::Parser;
use crate::clean::event_id::{IdSource, Values};
use crate::clean::events::{FieldValues, ParsedRows};
use crate::clean::text::{canonical, canonical_code};
use crate::clean::{Identity, LinkSighting, RefusalCode};

impl Parser<'_> {
    /// The identities of each row. An identifier that is not valid refuses the row only if no other
    /// of the row is valid: then whose event it is could be mended.
    pub(super) fn identities(&mut self) -> Found {
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

    /// Facts of a reference are nobody's events; what they are about is their key.
    pub(super) fn facts(&mut self, fields: &mut [FieldValues], retracted: &[Option<String>]) -> Found {
        let plan = self.plan;
        if let (Some(FieldValues::Text(keys)), Some(plan_of_key)) = (fields.first_mut(), plan.fields.first())
        {
            let path = plan_of_key.value.path.as_str();
            if plan.rate.is_some() {
                *keys = self.currencies(keys, path);
            }
            for row in 0..self.n {
                let by_name = retracted.get(row).is_some_and(Option::is_some);
                if keys.is_null(row) && !by_name {
                    self.verdicts.refuse(row, RefusalCode::MissingKey, path);
                }
            }
        }
        Found { first: vec![REFERENCE; self.n], all: Vec::new(), new: Vec::new() }
    }

    pub(super) fn private(&mut self) -> Vec<(u32, usize, String)> {
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
        texts.append(&mut self.personal);
        texts.sort_by_key(|(row, index, _)| (*row, *index));
        texts
    }

    /// Sets the ids; gives the short hashes of the values of rows that have a key.
    pub(super) fn event_ids(
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
        let mut marks = if by_name || plan.reference { vec![0; self.n] } else { Vec::new() };
        if plan.reference {
            self.places = vec![[0; 16]; self.n];
        }
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
            if plan.reference {
                marks[row] = values.mark();
                self.places[row] = self.place_of(rows, row);
            }
            if !by_name {
                rows.event_id[row] = plan.row_hasher.id(&values);
                continue;
            }
            marks[row] = values.mark();
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

    /// What a fact of a reference is about, and from when on it holds.
    fn place_of(&self, rows: &ParsedRows, row: usize) -> [u8; 16] {
        let mut values = Values::default();
        values.integer(b't', rows.time[row]);
        if let Some(FieldValues::Text(keys)) = rows.fields.first()
            && keys.is_valid(row)
        {
            values.text(b'k', keys.value(row));
        }
        self.plan.row_hasher.id(&values)
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
        for (at, (plan, field)) in self.plan.fields.iter().zip(&rows.fields).enumerate() {
            // What stands below as a surrogate does not stand here.
            if plan.is_order && private.iter().any(|(_, index, _)| *index == self.plan.private.len() + at) {
                continue;
            }
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
            if let Some(tag) = self.plan.private_tag(*index) {
                values.name(tag);
                values.integer(b'p', self.context.surrogates.surrogate("text", text));
            }
        }
    }

    /// Pairs of identities seen in one row: the first with each other one.
    pub(super) fn links(&self, identities: &[Vec<i64>], rows: &ParsedRows) -> Vec<LinkSighting> {
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

pub(super) struct Found {
    /// The identity under which the row's event arrives.
    pub(super) first: Vec<i64>,
    /// Per mapped identity, per row.
    pub(super) all: Vec<Vec<i64>>,
    pub(super) new: Vec<Identity>,
}

fn invalid(kind: IdentityKind) -> RefusalCode {
    match kind {
        IdentityKind::Id => RefusalCode::InvalidId,
        IdentityKind::Phone => RefusalCode::InvalidPhone,
        IdentityKind::Email => RefusalCode::InvalidEmail,
        IdentityKind::External => RefusalCode::InvalidExternalId,
    }
}
