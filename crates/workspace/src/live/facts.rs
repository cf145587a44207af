//! Facts of references that come while the live grading runs. What an event says of its product is
//! part of the event: when that changes for events that have been counted, no kept state is right any
//! more, and everybody is read back.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch, new_null_array};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Field, Int64Type, Schema, SchemaRef, TimestampMicrosecondType};
use futures::StreamExt;
use gradus_grading::fold::{AsOf, FoldPlan, ReferenceFacts, Told};
use gradus_ledger::table::{EventsSnapshot, EventsTable, ScanBound, scan_schema};
use gradus_model::event_stream::{REFERENCE, UNATTRIBUTED, column};

use super::{Live, positions};
use crate::WorkspaceError;
use crate::compiled::Compiled;
use crate::grade::{scan_columns, task_context};
use crate::references::read_facts;

/// Facts as they are told with a micro-batch.
pub(super) struct FactsTold {
    pub facts: Vec<RecordBatch>,
    pub fold: Arc<FoldPlan>,
    /// Events that have been counted may say something else now.
    pub changes_the_past: bool,
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
    for rows in read_facts(fold, snapshot).await? {
        let keep: BooleanArray = positions(&rows).iter().map(|at| Some(*at <= position)).collect();
        facts.push(filter_record_batch(&rows, &keep)?);
    }
    Ok(facts)
}

impl Live {
    /// The facts with those among new rows, if they say anything else than before.
    pub(super) fn facts_told(
        &self,
        rows: &RecordBatch,
        position: i64,
        known_us: i64,
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
        if is_fact.true_count() == 0 && !became_known {
            return Ok(None);
        }
        let columns = ReferenceFacts::columns(&needs);
        let mut facts = Vec::with_capacity(self.facts.len() + 1);
        for batch in self.facts.iter().chain([&filter_record_batch(rows, &is_fact)?]) {
            facts.push(self.only(batch, &columns)?);
        }
        let now = ReferenceFacts::of(&facts, &needs, Told { known_us, position })?;
        // A rate that is quoted in the course of a day is that whole day's.
        let end_of_day = AsOf::close_of(self.as_of.day, &self.zone).instant_us;
        let changes_the_past = match fold.facts() {
            Some(before) => !now.same_until(before, end_of_day),
            None => true,
        };
        Ok(Some(FactsTold { facts, fold: Arc::new(fold.with_facts(Arc::new(now))?), changes_the_past }))
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

    /// Every identity that has an event, in the ledger, in memory or among new rows.
    pub(super) async fn identities(&self, rows: &RecordBatch) -> Result<BTreeSet<i64>, WorkspaceError> {
        let mut all = BTreeSet::new();
        let scan = self.snapshot.scan(&[column::IDENTITY], ScanBound::default())?;
        for bucket in 0..scan.shape.n_buckets {
            let mut events = scan.plan.execute(bucket, task_context())?;
            while let Some(batch) = events.next().await {
                all.extend(identities(&batch?));
            }
        }
        for batch in self.kept.iter().chain([rows]) {
            all.extend(identities(batch));
        }
        all.retain(|identity| !(REFERENCE..=UNATTRIBUTED).contains(identity));
        Ok(all)
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
