//! The graded base in memory: every customer of the newest graded instant, for lists, pages and
//! previews. It is read once and kept until a newer one is stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::Int64Type;
use gradus_grading::grade::CUSTOMER;
use gradus_model::document::Model;
use gradus_store::Run;
use tokio::sync::Mutex;

use crate::cohorts::CohortBase;
use crate::compiled::Compiled;
use crate::grade::open_events;
use crate::jobs::on_a_thread;
use crate::origin::definitions;
use crate::stored::{Stored, bases, processors};
use crate::summary::GradedBase;
use crate::{GradeOptions, StoredGrades, Workspace, WorkspaceError, grade, versions};

/// Everybody as of one graded instant.
pub struct Base {
    pub graded: GradedBase,
    pub model: Model,
    /// The published version that graded; `None`: the documents of the folder.
    pub version: Option<i64>,
    /// Names the version of the model that graded.
    pub model_hash: String,
    /// What was known when it graded: microseconds UTC.
    pub known_at: i64,
    /// The position in the ledger up to which it read; none where it was graded for a question only.
    pub position: Option<i64>,
    /// All stored columns of the same customers in the same order, hidden ones of the fold included.
    pub stored: Vec<RecordBatch>,
    /// By the hash of what a column of the fold means, its name.
    pub by_definition: BTreeMap<String, String>,
    /// All graded instants of that version, ascending.
    pub instants: Vec<String>,
    /// The run that graded them.
    pub run: String,
    /// Customers ascending, with batch and row.
    rows: Vec<(i64, u32, u32)>,
    /// Cohorts of everybody, once somebody asked for them.
    pub(crate) cohorts: Mutex<Vec<Arc<CohortBase>>>,
}

impl Base {
    fn new(
        stored: Stored,
        graded: GradedBase,
        all: Vec<RecordBatch>,
        run: Option<Run>,
    ) -> Result<Base, WorkspaceError> {
        let mut rows = Vec::with_capacity(graded.n_customers());
        for (at, batch) in graded.batches.iter().enumerate() {
            let Some(customers) = batch.column_by_name(CUSTOMER) else { continue };
            let customers = customers.as_primitive::<Int64Type>();
            rows.extend(customers.values().iter().enumerate().map(|(row, id)| (*id, at as u32, row as u32)));
        }
        rows.sort_unstable();
        let definitions = definitions(&stored.compiled)?;
        let by_definition = definitions.into_iter().map(|(column, meaning)| (meaning, column)).collect();
        Ok(Base {
            graded,
            model: stored.model,
            version: stored.version,
            model_hash: stored.compiled.hash,
            known_at: run.as_ref().map_or(i64::MAX, |run| run.known_at),
            position: run.as_ref().map(|run| run.position),
            stored: all,
            by_definition,
            instants: stored.instants,
            run: run.map(|run| run.id).unwrap_or_default(),
            rows,
            cohorts: Mutex::default(),
        })
    }

    /// Everybody as of an instant that people write, the newest graded one if none is given. What was
    /// not graded then is graded now and not kept: who is where on any past day.
    ///
    /// # Errors
    /// Findings: nobody has been graded yet, or this is no instant.
    pub async fn as_of(workspace: &Workspace, as_of: Option<&str>) -> Result<Base, WorkspaceError> {
        let Some(text) = as_of else {
            return Base::stored(workspace, Stored::open(workspace).await?, None).await;
        };
        let instant = workspace.as_of(crate::instant_of(text, &workspace.zone)?);
        let date = crate::clock::label(instant, &workspace.zone);
        match Stored::open(workspace).await {
            Ok(stored) if stored.instants.contains(&date) => {
                Base::stored(workspace, stored, Some(date)).await
            }
            // Nobody has been graded yet, or not then.
            Ok(_) | Err(WorkspaceError::Findings(_)) => {
                let options = GradeOptions {
                    instants: vec![instant],
                    known_at_us: None,
                    store: false,
                    reuse: true,
                    n_threads: processors(),
                };
                let grading = grade(workspace, &options, &()).await?;
                let graded = bases(&grading).pop();
                let graded = graded.ok_or_else(|| WorkspaceError::Defect("nothing was graded".into()))?;
                let documents = versions::now_in_force(workspace).await?;
                let events = open_events(workspace).await?;
                let compiled = Compiled::new(&documents, events.event_schema(), &workspace.zone)?;
                let grades = StoredGrades::open(workspace, &compiled.hash).await?;
                let (model, version) = (documents.model, documents.version);
                let stored = Stored { compiled, model, version, grades, instants: Vec::new() };
                let all = graded.batches.clone();
                Base::new(stored, graded, all, None)
            }
            Err(error) => Err(error),
        }
    }

    /// As [`Base::as_of`] on a thread of its own: while everybody is graded for a question, others are
    /// answered.
    pub async fn as_of_apart(workspace: &Arc<Workspace>, as_of: &str) -> Result<Base, WorkspaceError> {
        let (owned, text) = (workspace.clone(), as_of.to_string());
        on_a_thread(move || async move { Base::as_of(&owned, Some(&text)).await }).await
    }

    async fn stored(
        workspace: &Workspace,
        stored: Stored,
        date: Option<String>,
    ) -> Result<Base, WorkspaceError> {
        let date = date.or_else(|| stored.instants.last().cloned()).unwrap_or_default();
        let as_of_us = crate::instant_of(&date, &workspace.zone)?;
        let runs = workspace.store.runs().list(Some(&stored.compiled.hash), 1_000).await?;
        let run = runs.into_iter().find(|run| run.is_announced() && run.as_of == as_of_us);
        let names = stored.grades.columns();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let all = stored.grades.read(&date, &names).await?;
        let graded = stored.shown(workspace, &date, &all)?;
        Base::new(stored, graded, all, run)
    }

    pub fn n_customers(&self) -> usize {
        self.rows.len()
    }

    /// A customer's place among all, who stand by their numbers.
    pub fn place(&self, customer: i64) -> Option<usize> {
        self.rows.binary_search_by_key(&customer, |row| row.0).ok()
    }

    /// Batch and row of a customer.
    pub fn find(&self, customer: i64) -> Option<(usize, usize)> {
        let at = self.rows.binary_search_by_key(&customer, |row| row.0).ok()?;
        Some((self.rows[at].1 as usize, self.rows[at].2 as usize))
    }

    /// Every customer with batch and row, ascending.
    pub fn rows(&self) -> impl Iterator<Item = (i64, usize, usize)> {
        self.rows.iter().map(|(id, batch, row)| (*id, *batch as usize, *row as usize))
    }

    /// For each batch who is in a segment; what cannot be told is not in it. `None` if there is no
    /// such segment.
    pub fn members(&self, segment: &str) -> Option<Vec<BooleanArray>> {
        let of = |batch: &RecordBatch| {
            let column = batch.column_by_name(segment)?.as_boolean_opt()?;
            Some((0..column.len()).map(|row| Some(column.is_valid(row) && column.value(row))).collect())
        };
        self.model.segments.get(segment)?;
        self.graded.batches.iter().map(of).collect()
    }
}

/// Keeps the newest base of a workspace.
#[derive(Default)]
pub struct BaseCache {
    kept: Mutex<Option<Arc<Base>>>,
}

impl BaseCache {
    /// The newest graded base; read anew if a newer one was stored.
    ///
    /// # Errors
    /// A finding if nobody has been graded yet.
    pub async fn newest(&self, workspace: &Workspace) -> Result<Arc<Base>, WorkspaceError> {
        let mut kept = self.kept.lock().await;
        let stored = Stored::open(workspace).await?;
        let newest = stored.instants.last().cloned().unwrap_or_default();
        let as_of_us = crate::instant_of(&newest, &workspace.zone)?;
        let runs = workspace.store.runs().list(Some(&stored.compiled.hash), 1_000).await?;
        let run = runs.into_iter().find(|run| run.is_announced() && run.as_of == as_of_us);
        let id = run.as_ref().map(|run| run.id.as_str()).unwrap_or_default();
        if let Some(base) = kept.as_ref()
            && base.model_hash == stored.compiled.hash
            && base.run == id
            && base.instants == stored.instants
        {
            return Ok(base.clone());
        }
        let names = stored.grades.columns();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let all = stored.grades.read(&newest, &names).await?;
        let graded = stored.shown(workspace, &newest, &all)?;
        let base = Arc::new(Base::new(stored, graded, all, run)?);
        *kept = Some(base.clone());
        Ok(base)
    }
}
