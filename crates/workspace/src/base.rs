//! The graded base in memory: every customer of the newest graded instant, for lists, pages and
//! previews. It is read once and kept until a newer one is stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::Int64Type;
use gradus_grading::grade::CUSTOMER;
use gradus_model::document::Model;
use gradus_model::{Finding, Place, Text};
use gradus_store::Run;
use tokio::sync::Mutex;

use crate::cohorts::CohortBase;
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
    /// The newest base, if this is an earlier one: whom somebody may see is whom they may see now.
    newest: Option<Arc<Base>>,
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
            model_hash: stored.compiled.hash.clone(),
            known_at: run.as_ref().map_or(i64::MAX, |run| run.known_at),
            position: run.as_ref().map(|run| run.position),
            stored: all,
            by_definition,
            instants: stored.instants,
            run: run.map(|run| run.id).unwrap_or_default(),
            rows,
            newest: None,
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
                let compiled = workspace.compiled(&documents, events.event_schema())?;
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
    pub async fn as_of_apart(
        workspace: &Arc<Workspace>,
        newest: &Arc<Base>,
        as_of: &str,
    ) -> Result<Base, WorkspaceError> {
        let (owned, text) = (workspace.clone(), as_of.to_string());
        let base = on_a_thread(move || async move { Base::as_of(&owned, Some(&text)).await }).await?;
        Ok(Base { newest: Some(newest.clone()), ..base })
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
        let graded = stored.shown(workspace, &date, &all).await?;
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

    /// Whether somebody whose scope is this segment sees a customer: by the newest grades, whichever are
    /// looked at.
    pub fn sees(&self, segment: &str, customer: i64) -> bool {
        let newest = self.newest.as_deref().unwrap_or(self);
        let Some((batch, row)) = newest.find(customer) else { return false };
        let column = newest.graded.batches[batch].column_by_name(segment);
        newest.model.segments.get(segment).is_some()
            && column
                .and_then(|column| column.as_boolean_opt())
                .is_some_and(|column| column.is_valid(row) && column.value(row))
    }

    /// For each batch whom somebody sees whose scope is this segment.
    pub(crate) fn in_scope(&self, segment: &str) -> Option<Vec<BooleanArray>> {
        let Some(newest) = &self.newest else { return self.members(segment) };
        newest.model.segments.get(segment)?;
        let of = |batch: &RecordBatch| {
            let ids = crate::moves::customers(std::slice::from_ref(batch));
            ids.into_iter().map(|id| Some(self.sees(segment, id))).collect()
        };
        Some(self.graded.batches.iter().map(of).collect())
    }
}

/// Keeps the newest base of a workspace, and the earlier one that somebody looked at last.
#[derive(Default)]
pub struct BaseCache {
    kept: Mutex<Option<Arc<Base>>>,
    earlier: Mutex<Option<Arc<Base>>>,
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
        let graded = stored.shown(workspace, &newest, &all).await?;
        let base = Arc::new(Base::new(stored, graded, all, run)?);
        *kept = Some(base.clone());
        Ok(base)
    }

    /// The base as of an instant whose grading is stored; the newest if none is named.
    ///
    /// # Errors
    /// A finding if this is no instant, or nobody has been graded as of it.
    pub async fn as_of(
        &self,
        workspace: &Workspace,
        as_of: Option<&str>,
    ) -> Result<Arc<Base>, WorkspaceError> {
        let newest = self.newest(workspace).await?;
        let Some(text) = as_of else { return Ok(newest) };
        let instant = workspace.as_of(crate::instant_of(text, &workspace.zone)?);
        let date = crate::clock::label(instant, &workspace.zone);
        if date == newest.graded.as_of {
            return Ok(newest);
        }
        if !newest.instants.contains(&date) {
            let known = newest.instants.join(", ");
            return Err(Finding::error(
                "not-graded-yet",
                Place::default().at("as_of"),
                Text::new(format!("没有保存 {date} 的评级"), format!("no grading as of {date} is stored")),
                Text::new(
                    format!("选一个已评级的时点（{known}），或先按该日评级"),
                    format!("a graded instant ({known}), or grade as of that day first"),
                ),
            )
            .into());
        }
        // Whoever comes second waits for the first instead of reading everybody once more.
        let mut earlier = self.earlier.lock().await;
        if let Some(base) = earlier.as_ref()
            && base.graded.as_of == date
            && base.newest.as_ref().is_some_and(|own| Arc::ptr_eq(own, &newest))
        {
            return Ok(base.clone());
        }
        // Two of them at once would take the memory of three.
        *earlier = None;
        let base = Base::stored(workspace, Stored::open(workspace).await?, Some(date)).await?;
        let base = Arc::new(Base { newest: Some(newest), ..base });
        *earlier = Some(base.clone());
        Ok(base)
    }
}
