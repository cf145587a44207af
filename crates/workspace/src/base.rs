//! The graded base in memory: every customer of the newest graded instant, for lists, pages and
//! previews. It is read once and kept until a newer one is stored.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::datatypes::Int64Type;
use gradus_grading::grade::CUSTOMER;
use gradus_model::document::Model;
use tokio::sync::Mutex;

use crate::stored::Stored;
use crate::summary::GradedBase;
use crate::{Workspace, WorkspaceError};

/// Everybody as of one graded instant.
pub struct Base {
    pub graded: GradedBase,
    pub model: Model,
    /// Names the version of the model that graded.
    pub model_hash: String,
    /// All graded instants of that version, ascending.
    pub instants: Vec<String>,
    /// The run that graded them.
    pub run: String,
    /// Customers ascending, with batch and row.
    rows: Vec<(i64, u32, u32)>,
}

impl Base {
    fn new(graded: GradedBase, model: Model, model_hash: String, instants: Vec<String>, run: String) -> Base {
        let mut rows = Vec::with_capacity(graded.n_customers());
        for (at, batch) in graded.batches.iter().enumerate() {
            let Some(customers) = batch.column_by_name(CUSTOMER) else { continue };
            let customers = customers.as_primitive::<Int64Type>();
            rows.extend(customers.values().iter().enumerate().map(|(row, id)| (*id, at as u32, row as u32)));
        }
        rows.sort_unstable();
        Base { graded, model, model_hash, instants, run, rows }
    }

    pub fn n_customers(&self) -> usize {
        self.rows.len()
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
        let of = |batch: &arrow::array::RecordBatch| {
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
        let run = runs.into_iter().find(|run| run.as_of == as_of_us).map(|run| run.id).unwrap_or_default();
        if let Some(base) = kept.as_ref()
            && base.model_hash == stored.compiled.hash
            && base.run == run
            && base.instants == stored.instants
        {
            return Ok(base.clone());
        }
        let graded = stored.base(workspace, &newest, false).await?;
        let base = Base::new(graded, stored.model, stored.compiled.hash.clone(), stored.instants, run);
        let base = Arc::new(base);
        *kept = Some(base.clone());
        Ok(base)
    }
}
