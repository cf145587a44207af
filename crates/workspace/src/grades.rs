//! Stored grades: one Delta table per version of the model, one partition per instant, so that
//! any reader can open them and a re-run replaces exactly its instant.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use gradus_grading::fold::CUSTOMER;
use gradus_ledger::table::{BatchMap, CommitId, PlainTable, WriterLease};
use gradus_store::Run;

use crate::clock::{label, system_us};
use crate::origin::Origin;
use crate::recover::tidy_table;
use crate::stored::processors;
use crate::transitions::{Staged, TRANSITIONS_FORMAT, commit_transitions};
use crate::{Workspace, WorkspaceError};

/// Format number of stored grades.
pub(crate) const GRADES_FORMAT: u32 = 1;
/// Partition column: the local date, or the instant where it is no day's close.
const AS_OF: &str = "as_of";
/// The note beside each file that says what its indicators were made from.
const ORIGIN: &str = "gradus.indicators";
/// The note beside each file that holds the transitions which count with these grades.
const STAGED: &str = "gradus.transitions";

/// Where grades and transitions of a version stand. Simulated history never writes into what was
/// announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chain {
    Announced,
    /// As of what was known by an instant that somebody stated, in microseconds UTC.
    Known(i64),
}

impl Chain {
    /// The path of a table of this chain.
    pub(crate) fn table(self, kind: &str, model_hash: &str) -> String {
        match self {
            Chain::Announced => format!("{kind}/{}", version_name(model_hash)),
            Chain::Known(us) => format!("{kind}/{}-known-{us}", version_name(model_hash)),
        }
    }

    /// True if the run, which is finished, belongs to it.
    pub(crate) fn holds(self, run: &Run) -> bool {
        match self {
            Chain::Announced => run.is_announced(),
            Chain::Known(us) => !run.is_announced() && run.known_at == us,
        }
    }
}

/// The grades of one version.
#[derive(Debug)]
pub struct StoredGrades {
    table: Option<PlainTable>,
    name: String,
    pub(crate) chain: Chain,
}

impl StoredGrades {
    /// The grades of the version with this hash, as they were announced.
    pub async fn open(workspace: &Workspace, model_hash: &str) -> Result<StoredGrades, WorkspaceError> {
        StoredGrades::open_chain(workspace, model_hash, Chain::Announced).await
    }

    pub(crate) async fn open_chain(
        workspace: &Workspace,
        model_hash: &str,
        chain: Chain,
    ) -> Result<StoredGrades, WorkspaceError> {
        let name = chain.table("grades", model_hash);
        let table = match workspace.has_table(&name) {
            true => Some(PlainTable::open(&workspace.storage, &name, GRADES_FORMAT).await?),
            false => None,
        };
        Ok(StoredGrades { table, name, chain })
    }

    /// Replaces the grades of an instant.
    pub(crate) async fn replace(
        &mut self,
        workspace: &Workspace,
        lease: &WriterLease,
        as_of: &str,
        run: &str,
        batches: &[RecordBatch],
        origin: Option<&Origin>,
        staged: &Staged,
    ) -> Result<(), WorkspaceError> {
        let Some(first) = batches.first() else { return Ok(()) };
        let schema = stored_schema(&first.schema());
        if self.table.is_none() {
            let table = PlainTable::create(
                &workspace.storage,
                &self.name,
                GRADES_FORMAT,
                &schema,
                &[AS_OF],
                system_us(),
            )
            .await?;
            self.table = Some(table);
        }
        let Some(table) = &mut self.table else { return Ok(()) };
        let rows =
            batches.iter().map(|batch| stored(batch, &schema, as_of)).collect::<Result<Vec<_>, _>>()?;
        let values = BTreeMap::from([(AS_OF.to_string(), Some(as_of.to_string()))]);
        let id = CommitId { app_id: run_app(run), app_version: 1, at: system_us() };
        let json = |error: serde_json::Error| WorkspaceError::Defect(error.to_string());
        let mut notes = BTreeMap::from([(STAGED.to_string(), serde_json::to_string(staged).map_err(json)?)]);
        if let Some(origin) = origin {
            notes.insert(ORIGIN.to_string(), serde_json::to_string(origin).map_err(json)?);
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

    /// The transitions that were written to count with the grades of an instant.
    fn staged(&self, as_of: &str) -> Result<Staged, WorkspaceError> {
        let Some(table) = &self.table else { return Ok(Staged::default()) };
        let values = BTreeMap::from([(AS_OF.to_string(), Some(as_of.to_string()))]);
        let notes = table.notes(&values)?;
        let first = notes.iter().find_map(|notes| notes.get(STAGED));
        match first.map(|text| serde_json::from_str(text)) {
            None => Ok(Staged::default()),
            Some(staged) => {
                staged.map_err(|error| WorkspaceError::Defect(format!("noted transitions: {error}")))
            }
        }
    }

    /// True if the column is stored.
    pub fn has(&self, column: &str) -> bool {
        self.table.as_ref().is_some_and(|table| table.schema().column_with_name(column).is_some())
    }

    /// The stored instants, ascending.
    pub fn instants(&self) -> Result<Vec<String>, WorkspaceError> {
        let Some(table) = &self.table else { return Ok(Vec::new()) };
        let mut out: Vec<String> = table
            .partitions()?
            .into_iter()
            .filter_map(|values| values.get(AS_OF).cloned().flatten())
            .collect();
        out.sort();
        out.dedup();
        Ok(out)
    }

    /// How many customers an instant has.
    pub fn n_customers(&self, as_of: &str) -> Result<u64, WorkspaceError> {
        let Some(table) = &self.table else { return Ok(0) };
        Ok(table.n_rows(&BTreeMap::from([(AS_OF.to_string(), Some(as_of.to_string()))]))?)
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

    /// As [`StoredGrades::read`], each batch put through `map` as soon as it is read, so that only what comes of
    /// it stays in memory.
    pub(crate) async fn read_mapped(
        &self,
        as_of: &str,
        columns: &[&str],
        map: BatchMap,
    ) -> Result<Vec<RecordBatch>, WorkspaceError> {
        let Some(table) = &self.table else { return Ok(Vec::new()) };
        let values = BTreeMap::from([(AS_OF.to_string(), Some(as_of.to_string()))]);
        Ok(table.read_mapped(columns, &values, processors(), map).await?)
    }

    /// Columns of one customer as of an instant; no row if the customer was not there.
    pub(crate) async fn of_customer(
        &self,
        as_of: &str,
        columns: &[&str],
        customer: i64,
    ) -> Result<Vec<RecordBatch>, WorkspaceError> {
        let Some(table) = &self.table else { return Ok(Vec::new()) };
        let values = BTreeMap::from([(AS_OF.to_string(), Some(as_of.to_string()))]);
        Ok(table.find(columns, &values, CUSTOMER, customer).await?)
    }
}

/// Completes the runs whose grades are stored, and discards the others: a run counts when its grades
/// are committed, and with them the transitions that they note.
pub(crate) async fn complete_runs(workspace: &Workspace, lease: &WriterLease) -> Result<(), WorkspaceError> {
    let runs = workspace.store.runs();
    let unfinished = runs.unfinished().await?;
    // A run that never finished does not say whose chain it is: its commit does.
    let chains = |run: &Run| [Chain::Announced, Chain::Known(run.known_at)];
    for run in &unfinished {
        for chain in chains(run) {
            let stored = StoredGrades::open_chain(workspace, &run.model_hash, chain).await?;
            let Some(table) = &stored.table else { continue };
            if table.committed(&run_app(&run.id)).await?.is_none() {
                continue;
            }
            let as_of = label(workspace.as_of(run.as_of), &workspace.zone);
            let staged = stored.staged(&as_of)?;
            commit_transitions(workspace, lease, &stored, &run.model_hash, &run.id, &staged).await?;
            let n_customers = table.n_rows(&BTreeMap::from([(AS_OF.to_string(), Some(as_of))]))?;
            runs.finish(&run.id, &staged.counts(chain, n_customers, &BTreeMap::new()), system_us()).await?;
        }
    }
    let discarded = runs.discard_unfinished().await?;
    for run in &unfinished {
        for chain in chains(run) {
            tidy_table(workspace, lease, &chain.table("grades", &run.model_hash), GRADES_FORMAT).await?;
            tidy_table(workspace, lease, &chain.table("transitions", &run.model_hash), TRANSITIONS_FORMAT)
                .await?;
        }
    }
    debug_assert!(discarded.len() <= unfinished.len());
    Ok(())
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
