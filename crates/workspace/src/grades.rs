//! Stored grades: one Delta table per version of the model, one partition per instant, so that
//! any reader can open them and a re-run replaces exactly its instant.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use gradus_grading::fold::CUSTOMER;
use gradus_ledger::table::{CommitId, PlainTable, WriterLease};
use gradus_model::document::Model;
use serde::Deserialize;

use crate::clock::{label, system_us};
use crate::origin::Origin;
use crate::recover::tidy_table;
use crate::stored::processors;
use crate::transitions::{Graded, keep_transitions};
use crate::{Workspace, WorkspaceError};

/// Format number of stored grades.
const GRADES_FORMAT: u32 = 1;
/// Partition column: the local date, or the instant where it is no day's close.
const AS_OF: &str = "as_of";
/// The note beside each file that says what its indicators were made from.
const ORIGIN: &str = "gradus.indicators";

/// The grades of one version.
#[derive(Debug)]
pub struct StoredGrades {
    table: Option<PlainTable>,
    name: String,
}

impl StoredGrades {
    /// The grades of the version with this hash.
    pub async fn open(workspace: &Workspace, model_hash: &str) -> Result<StoredGrades, WorkspaceError> {
        let name = format!("grades/{}", version_name(model_hash));
        let table = match workspace.has_table(&name) {
            true => Some(PlainTable::open(&workspace.storage, &name, GRADES_FORMAT).await?),
            false => None,
        };
        Ok(StoredGrades { table, name })
    }

    /// Replaces the grades of an instant.
    pub async fn replace(
        &mut self,
        workspace: &Workspace,
        lease: &WriterLease,
        as_of: &str,
        run: &str,
        batches: &[RecordBatch],
        origin: Option<&Origin>,
    ) -> Result<(), WorkspaceError> {
        let Some(first) = batches.first() else { return Ok(()) };
        let schema = stored_schema(&first.schema());
        if self.table.is_none() {
            let table =
                PlainTable::create(&workspace.storage, &self.name, GRADES_FORMAT, &schema, &[AS_OF], system_us())
                    .await?;
            self.table = Some(table);
        }
        let Some(table) = &mut self.table else { return Ok(()) };
        let rows = batches.iter().map(|batch| stored(batch, &schema, as_of)).collect::<Result<Vec<_>, _>>()?;
        let values = BTreeMap::from([(AS_OF.to_string(), Some(as_of.to_string()))]);
        let id = CommitId { app_id: run_app(run), app_version: 1, at: system_us() };
        let mut notes = BTreeMap::new();
        if let Some(origin) = origin {
            let text = serde_json::to_string(origin).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
            notes.insert(ORIGIN.to_string(), text);
        }
        table.replace_partition_noted(lease, &values, &rows, &notes, id).await?;
        Ok(())
    }

    /// What the indicators of an instant were made from, where that was noted.
    pub fn origin(&self, as_of: &str) -> Result<Option<Origin>, WorkspaceError> {
        let Some(table) = &self.table else { return Ok(None) };
        let values = BTreeMap::from([(AS_OF.to_string(), Some(as_of.to_string()))]);
        let notes = table.notes(&values)?;
        let mut origins = notes.iter().map(|notes| serde_json::from_str(notes.get(ORIGIN)?).ok());
        let first: Option<Origin> = origins.next().flatten();
        Ok(first.filter(|first| origins.all(|other| other.as_ref() == Some(first))))
    }

    /// The stored instants, ascending.
    pub fn instants(&self) -> Result<Vec<String>, WorkspaceError> {
        let Some(table) = &self.table else { return Ok(Vec::new()) };
        let mut out: Vec<String> =
            table.partitions()?.into_iter().filter_map(|values| values.get(AS_OF).cloned().flatten()).collect();
        out.sort();
        out.dedup();
        Ok(out)
    }

    /// Names of all columns, those that grading does not show included.
    pub fn columns(&self) -> Vec<String> {
        let Some(table) = &self.table else { return Vec::new() };
        let fields = table.schema().fields().iter().map(|field| field.name().clone());
        fields.filter(|name| name != AS_OF).collect()
    }

    /// Columns of an instant.
    pub async fn read(&self, as_of: &str, columns: &[&str]) -> Result<Vec<RecordBatch>, WorkspaceError> {
        self.read_with(as_of, columns, processors()).await
    }

    /// As [`StoredGrades::read`], on so many threads.
    pub async fn read_with(
        &self,
        as_of: &str,
        columns: &[&str],
        n_threads: NonZeroUsize,
    ) -> Result<Vec<RecordBatch>, WorkspaceError> {
        let Some(table) = &self.table else { return Ok(Vec::new()) };
        let values = BTreeMap::from([(AS_OF.to_string(), Some(as_of.to_string()))]);
        Ok(table.read_with(columns, &values, n_threads).await?)
    }
}

/// Completes the runs whose grades are stored, and discards the others: a run counts when its grades
/// are committed. Whoever changed tier follows from the stored grades.
pub(crate) async fn complete_runs(workspace: &Workspace, lease: &WriterLease) -> Result<(), WorkspaceError> {
    let runs = workspace.store.runs();
    let unfinished = runs.unfinished().await?;
    for run in &unfinished {
        let stored = StoredGrades::open(workspace, &run.model_hash).await?;
        let Some(table) = &stored.table else { continue };
        if table.committed(&run_app(&run.id)).await?.is_none() {
            continue;
        }
        let Some(text) = workspace.store.models().document(&run.model_hash).await? else { continue };
        let kept: KeptModel = match serde_json::from_str(&text) {
            Ok(kept) => kept,
            // Written by a version that knew other words: the next grading does it all again.
            Err(_) => continue,
        };
        let as_of = label(workspace.as_of(run.as_of), &workspace.zone);
        let mut columns = vec![CUSTOMER.to_string()];
        for (name, scheme) in kept.model.tiers.iter() {
            columns.push(name.to_string());
            columns.extend(scheme.by.iter().filter(|by| table.schema().column_with_name(by).is_some()).cloned());
        }
        columns.sort();
        columns.dedup();
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let batches = stored.read(&as_of, &names).await?;
        let graded =
            Graded { model: &kept.model, model_hash: &run.model_hash, as_of: &as_of, run: &run.id, batches: &batches };
        let n_moved = keep_transitions(workspace, lease, &stored, graded).await?;
        let n_customers: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let counts = serde_json::json!({ "customers": n_customers, "moved": n_moved, "faults": {} });
        runs.finish(&run.id, &counts, system_us()).await?;
    }
    let discarded = runs.discard_unfinished().await?;
    for run in &unfinished {
        for kind in ["grades", "transitions"] {
            let name = format!("{kind}/{}", version_name(&run.model_hash));
            tidy_table(workspace, lease, &name, GRADES_FORMAT).await?;
        }
    }
    debug_assert!(discarded.len() <= unfinished.len());
    Ok(())
}

/// What of a kept document says who is in which tier.
#[derive(Deserialize)]
struct KeptModel {
    model: Model,
}

/// The stream of the commit that makes a run count.
fn run_app(run: &str) -> String {
    format!("run:{run}")
}

/// A version's name in paths: the first sixteen digits of its hash.
pub fn version_name(model_hash: &str) -> &str {
    model_hash.get(..16).unwrap_or(model_hash)
}

fn stored_schema(graded: &Schema) -> Schema {
    let mut fields: Vec<Field> = graded
        .fields()
        .iter()
        .map(|field| match field.data_type() {
            DataType::Dictionary(_, value) => Field::new(field.name(), value.as_ref().clone(), true),
            data_type => Field::new(field.name(), data_type.clone(), field.is_nullable()),
        })
        .collect();
    fields.push(Field::new(AS_OF, DataType::Utf8, false));
    Schema::new(fields)
}

fn stored(batch: &RecordBatch, schema: &Schema, as_of: &str) -> Result<RecordBatch, WorkspaceError> {
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
    for (column, field) in batch.columns().iter().zip(schema.fields()) {
        columns.push(cast(column, field.data_type())?);
    }
    columns.push(std::sync::Arc::new(StringArray::from(vec![as_of; batch.num_rows()])));
    Ok(RecordBatch::try_new(std::sync::Arc::new(schema.clone()), columns)?)
}
