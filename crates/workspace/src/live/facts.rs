//! Facts of references that come while the live grading runs. What an event says of its product is
//! part of the event: when that changes for events that have been counted, the kept states of their
//! customers are not right any more, and they are read back.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, new_null_array};
use arrow::compute::cast;
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema, SchemaRef, TimestampMicrosecondType};
use futures::StreamExt;
use gradus_grading::fold::{AsOf, FoldPlan, ReferenceFacts, Told};
use gradus_ledger::table::{EventsSnapshot, EventsTable, ScanBound, scan_schema};
use gradus_model::event_stream::{RATES, REFERENCE, UNATTRIBUTED, column};

use super::{Live, positions};
use crate::WorkspaceError;
use crate::compiled::Compiled;
use crate::grade::{scan_columns, task_context};
use crate::references::read_facts;

/// Facts as they are told with a micro-batch.
pub(super) struct FactsTold {
    pub facts: Vec<RecordBatch>,
    pub fold: Arc<FoldPlan>,
    /// Events that have been counted may say something else now: those with these texts in these columns.
    pub changed: Vec<(String, BTreeSet<String>)>,
}

/// The columns of events and facts that are read.
pub(super) fn columns_read(compiled: &Compiled, events: &EventsTable) -> Result<SchemaRef, WorkspaceError> {
    let all = scan_schema(events.event_schema());
    let mut columns = scan_columns(compiled, true);
    columns.extend([column::KNOWN, column::POSITION].map(String::from));
    let needs = compiled.fold.needs();
    if !needs.is_empty() {
        let of_facts = ReferenceFacts::columns(&needs);
        columns.extend(of_facts.into_iter().filter(|name| all.column_with_name(name).is_some()));
    }
    columns.sort();
    columns.dedup();
    let fields = columns.iter().map(|name| Ok(all.field_with_name(name)?.clone()));
    Ok(Arc::new(Schema::new(fields.collect::<Result<Vec<_>, WorkspaceError>>()?)))
}

/// The facts that a base of this position counts, or will count when they become known.
pub(super) async fn of_base(
    fold: &FoldPlan,
    snapshot: &EventsSnapshot,
    position: i64,
) -> Result<Vec<RecordBatch>, WorkspaceError> {
    let mut facts = Vec::new();
    for rows in read_facts(fold, snapshot, ScanBound::default()).await? {
        let keep: BooleanArray = positions(&rows).iter().map(|at| Some(*at <= position)).collect();
        facts.push(filter_record_batch(&rows, &keep)?);
    }
    Ok(facts)
}

impl Live {
    /// The facts with those among new rows, if they say anything else than before. `standing` are those
    /// that are left, if some were taken back.
    pub(super) fn facts_told(
        &self,
        rows: &RecordBatch,
        position: i64,
        known_us: i64,
        standing: Option<&[RecordBatch]>,
    ) -> Result<Option<FactsTold>, WorkspaceError> {
        let fold = &self.compiled.fold;
        let needs = fold.needs();
        if needs.is_empty() {
            return Ok(None);
        }
        let is_fact: BooleanArray =
            identities(rows).iter().map(|identity| Some(*identity == REFERENCE)).collect();
        let became_known = self.facts.iter().any(|facts| {
            let known = facts
                .column_by_name(column::KNOWN)
                .map(|known| known.as_primitive::<TimestampMicrosecondType>());
            known.is_some_and(|known| known.values().iter().any(|at| self.known_us < *at && *at <= known_us))
        });
        if is_fact.true_count() == 0 && !became_known && standing.is_none() {
            return Ok(None);
        }
        let columns = ReferenceFacts::columns(&needs);
        let mut facts = Vec::with_capacity(self.facts.len() + 1);
        for batch in standing.unwrap_or(&self.facts).iter().chain([&filter_record_batch(rows, &is_fact)?]) {
            facts.push(self.only(batch, &columns)?);
        }
        let now = ReferenceFacts::of(&facts, &needs, Told { known_us, position })?;
        // A rate that is quoted in the course of a day is that whole day's.
        let end_of_day = AsOf::close_of(self.as_of.day, &self.zone).instant_us;
        let mut of_reference = match fold.facts() {
            Some(before) => now.changed_until(before, end_of_day),
            None => now.changed_until(&ReferenceFacts::default(), end_of_day),
        };
        let mut changed: Vec<(String, BTreeSet<String>)> = Vec::new();
        if let Some(currencies) = of_reference.remove(RATES) {
            changed.push((column::CURRENCY.to_string(), currencies));
        }
        for field in fold.references() {
            let known = changed.iter().any(|(of, _)| *of == field.of);
            if let (Some(keys), false) = (of_reference.get(&field.reference), known) {
                changed.push((field.of.clone(), keys.clone()));
            }
        }
        Ok(Some(FactsTold { facts, fold: Arc::new(fold.with_facts(Arc::new(now))?), changed }))
    }

    /// The columns of facts among those of a batch; what it lacks has never been filled.
    fn only(&self, batch: &RecordBatch, columns: &[String]) -> Result<RecordBatch, WorkspaceError> {
        let there = columns.iter().filter_map(|name| self.schema.column_with_name(name));
        let fields: Vec<Field> = there.map(|(_, field)| field.clone().with_nullable(true)).collect();
        let values = fields.iter().map(|field| match batch.column_by_name(field.name()) {
            Some(values) => values.clone(),
            None => new_null_array(field.data_type(), batch.num_rows()),
        });
        let values = values.collect();
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), values)?)
    }

    /// Identities that have an event, in the ledger, in memory or among new rows, with one of these texts
    /// in one of these columns.
    pub(super) async fn identities_with(
        &self,
        changed: &[(String, BTreeSet<String>)],
        rows: &RecordBatch,
    ) -> Result<BTreeSet<i64>, WorkspaceError> {
        let mut found = BTreeSet::new();
        if changed.is_empty() {
            return Ok(found);
        }
        let mut columns = vec![column::IDENTITY];
        columns.extend(changed.iter().map(|(of, _)| of.as_str()));
        let scan = self.snapshot.scan(&columns, ScanBound::default())?;
        for bucket in 0..scan.shape.n_buckets {
            let mut events = scan.plan.execute(bucket, task_context())?;
            while let Some(batch) = events.next().await {
                note(&batch?, changed, &mut found)?;
            }
        }
        for batch in self.kept.iter().chain([rows]) {
            note(batch, changed, &mut found)?;
        }
        found.retain(|identity| !(REFERENCE..=UNATTRIBUTED).contains(identity));
        Ok(found)
    }

    /// Reads the columns of references, too, that the ledger has got since.
    pub(super) fn read_columns(&mut self) -> Result<(), WorkspaceError> {
        let schema = columns_read(&self.compiled, &self.events)?;
        if schema != self.schema {
            self.columns = schema.fields().iter().map(|field| field.name().clone()).collect();
            self.schema = schema;
            let kept = std::mem::take(&mut self.kept);
            for batch in &kept {
                let batch = self.conform(std::slice::from_ref(batch))?;
                self.kept.push(batch);
            }
        }
        Ok(())
    }

    /// True of the columns that hold facts.
    pub(super) fn is_of_a_reference(&self, name: &str) -> bool {
        let of_events = self.compiled.fold.columns();
        let fields = self.compiled.fold.needs();
        !of_events.contains(name) && ReferenceFacts::columns(&fields).iter().any(|column| column == name)
    }
}

fn identities(rows: &RecordBatch) -> &[i64] {
    rows.column_by_name(column::IDENTITY).map_or(&[], |values| values.as_primitive::<Int64Type>().values())
}

/// Adds the identities of the rows with one of these texts in one of these columns.
fn note(
    rows: &RecordBatch,
    changed: &[(String, BTreeSet<String>)],
    found: &mut BTreeSet<i64>,
) -> Result<(), WorkspaceError> {
    let of_rows = identities(rows);
    for (of, keys) in changed {
        let Some(values) = rows.column_by_name(of) else { continue };
        let names = |values: &ArrayRef| -> Result<Vec<bool>, WorkspaceError> {
            let texts = cast(values, &DataType::Utf8)?;
            Ok(texts
                .as_string::<i32>()
                .iter()
                .map(|text| text.is_some_and(|text| keys.contains(text)))
                .collect())
        };
        match values.as_dictionary_opt::<Int32Type>() {
            Some(few) => {
                let named = names(few.values())?;
                let is_named =
                    |key: Option<i32>| key.is_some_and(|key| named.get(key as usize) == Some(&true));
                let rows = few.keys().iter().zip(of_rows).filter(|(key, _)| is_named(*key));
                found.extend(rows.map(|(_, identity)| *identity));
            }
            None => {
                let rows = names(values)?.into_iter().zip(of_rows).filter(|(named, _)| *named);
                found.extend(rows.map(|(_, identity)| *identity));
            }
        }
    }
    Ok(())
}
