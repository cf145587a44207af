//! Imports that were undone: from then on their events do not count.
//!
//! Nothing in the table changes. The table says which positions do not count, since when that is known
//! and since which position, so that what was known before stays what it was. Whoever reads under a
//! bound of known time or position sees what was undone by then as undone, and the rest as it stands.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Int64Type, Schema, TimestampMicrosecondType};
use datafusion::common::{Result as ExecResult, internal_err};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use futures::TryStreamExt;
use gradus_model::event_stream::{EVENTS_FORMAT, REFERENCE, column};
use serde::{Deserialize, Serialize};

use crate::error::LedgerError;
use crate::table::events::{EventsSnapshot, EventsTable, POSITION_APP, table_schema};
use crate::table::lease::WriterLease;
use crate::table::log::{Commit, FORMAT_PROPERTY};
use crate::table::positions::Positions;
use crate::table::scan::ScanBound;

/// Table property that lists what was undone.
pub(crate) const UNDONE_PROPERTY: &str = "gradus.undone";

/// One import that was undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// The import's id.
    pub import: String,
    /// Since when it is known, microseconds UTC.
    pub known: i64,
    /// The position that the undoing took: whoever reads up to an earlier one does not see it.
    pub position: i64,
    /// The positions that do not count any more.
    pub rows: Positions,
}

impl Undone {
    fn is_seen(&self, bound: ScanBound) -> bool {
        bound.known.is_none_or(|known| self.known <= known)
            && bound.position.is_none_or(|position| self.position <= position)
    }
}

/// The stream of the commit by which an undoing counts.
pub fn undo_app(import: &str) -> String {
    format!("undo:{import}")
}

impl EventsTable {
    /// From now on these positions, which an import delivered, do not count. One commit; done before,
    /// it is not done again.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] if another commit came first: what is to be undone is worked out anew.
    pub async fn undo(
        &mut self,
        lease: &WriterLease,
        import: &str,
        rows: Positions,
        at: i64,
    ) -> Result<(), LedgerError> {
        self.refresh().await?;
        let app = undo_app(import);
        if self.committed(&app).await?.is_some() {
            return Ok(());
        }
        let snapshot = self.snapshot().await?;
        let position = snapshot.next_position();
        let mut all = snapshot.undone().to_vec();
        all.push(Undone { import: import.to_string(), known: at, position, rows });
        let told =
            serde_json::to_string(&all).map_err(|e| LedgerError::columns(UNDONE_PROPERTY, e.to_string()))?;
        // A program that knows of no undoing would count what was undone.
        let properties = BTreeMap::from([
            (UNDONE_PROPERTY.to_owned(), told),
            (FORMAT_PROPERTY.to_owned(), EVENTS_FORMAT.to_string()),
        ]);
        let schema = table_schema(self.event_schema())?;
        let commit = Commit {
            metadata: Some(self.log.changed_metadata(&schema, &properties)?),
            transactions: vec![(POSITION_APP.to_owned(), position + 1), (app, 1)],
            based_on: Some(self.version()),
            at,
            ..Commit::default()
        };
        self.log.commit(lease, commit).await?;
        self.refresh().await
    }
}

impl EventsSnapshot {
    /// The positions that do not count for a reader under this bound.
    pub fn hidden(&self, bound: ScanBound) -> Arc<Positions> {
        let seen = self.undone().iter().filter(|undone| undone.is_seen(bound));
        Arc::new(Positions::of(seen.flat_map(|undone| undone.rows.stretches().iter().copied())))
    }

    /// Hands over the rows at these positions, whether they count or not, with these columns.
    pub async fn rows_at<E: From<LedgerError>>(
        &self,
        positions: &Positions,
        columns: &[&str],
        mut take: impl FnMut(&RecordBatch) -> Result<(), E>,
    ) -> Result<(), E> {
        let schema = crate::table::schema::file_schema(self.event_schema());
        let mut read = columns.to_vec();
        read.push(column::POSITION);
        for file in self.files().iter().filter(|file| positions.overlaps(&file.facts.position)) {
            let mut batches = self.read_file(file, &schema, &read, None).await?;
            while let Some(batch) = batches.try_next().await.map_err(E::from)? {
                let rows = only(&batch, |position| positions.contains(position))?;
                if rows.num_rows() > 0 {
                    take(&rows)?;
                }
            }
        }
        Ok(())
    }

    /// The time of the last event that counts; facts of references, which hold from a date on, are none.
    pub async fn last_event(&self) -> Result<Option<i64>, LedgerError> {
        let hidden = self.hidden(ScanBound::default());
        let last_of = |file: &crate::table::EventFile| file.facts.last_event.unwrap_or(file.facts.time.max);
        let (doubtful, sure): (Vec<_>, Vec<_>) =
            self.files().iter().partition(|file| hidden.overlaps(&file.facts.position));
        let mut last = sure.into_iter().map(last_of).max().unwrap_or(i64::MIN);
        let schema = crate::table::schema::file_schema(self.event_schema());
        let read = [column::IDENTITY, column::TIME, column::POSITION];
        for file in doubtful {
            if last_of(file) <= last {
                continue;
            }
            let mut batches = self.read_file(file, &schema, &read, None).await?;
            while let Some(batch) = batches.try_next().await? {
                let rows = only(&batch, |position| !hidden.contains(position))?;
                let identities = rows
                    .column_by_name(column::IDENTITY)
                    .and_then(|c| c.as_primitive_opt::<Int64Type>())
                    .ok_or_else(|| LedgerError::columns(column::IDENTITY, "is missing"))?;
                let times = rows
                    .column_by_name(column::TIME)
                    .and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>())
                    .ok_or_else(|| LedgerError::columns(column::TIME, "is missing"))?;
                let of_events = identities.values().iter().zip(times.values());
                let of_events = of_events.filter(|(identity, _)| **identity != REFERENCE);
                last = of_events.map(|(_, time)| *time).fold(last, i64::max);
            }
        }
        Ok(Some(last).filter(|last| *last > i64::MIN))
    }
}

/// The rows of a batch whose position passes.
pub(crate) fn only(batch: &RecordBatch, passes: impl Fn(i64) -> bool) -> Result<RecordBatch, LedgerError> {
    let positions = batch
        .column_by_name(column::POSITION)
        .and_then(|c| c.as_primitive_opt::<Int64Type>())
        .ok_or_else(|| LedgerError::columns(column::POSITION, "is missing or has the wrong type"))?;
    let keep: BooleanArray = positions.values().iter().map(|at| Some(passes(*at))).collect();
    Ok(filter_record_batch(batch, &keep)?)
}

/// True of a position that counts: what a scan asks of each row where something was undone.
#[derive(Debug, Eq)]
pub(crate) struct Counts {
    position: Arc<dyn PhysicalExpr>,
    hidden: Arc<Positions>,
}

impl Counts {
    pub(crate) fn new(position: Arc<dyn PhysicalExpr>, hidden: Arc<Positions>) -> Counts {
        Counts { position, hidden }
    }
}

// By hand, as everywhere where an expression holds one.
impl PartialEq for Counts {
    fn eq(&self, other: &Counts) -> bool {
        self.position.eq(&other.position) && self.hidden == other.hidden
    }
}

impl Hash for Counts {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.position.hash(state);
        self.hidden.hash(state);
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is outside {} stretches", self.position, self.hidden.stretches().len())
    }
}

impl PhysicalExpr for Counts {
    fn data_type(&self, _input_schema: &Schema) -> ExecResult<DataType> {
        Ok(DataType::Boolean)
    }

    fn nullable(&self, _input_schema: &Schema) -> ExecResult<bool> {
        Ok(false)
    }

    fn evaluate(&self, batch: &RecordBatch) -> ExecResult<ColumnarValue> {
        let positions = self.position.evaluate(batch)?.into_array(batch.num_rows())?;
        let Some(positions) = positions.as_primitive_opt::<Int64Type>() else {
            return internal_err!("positions are no integers");
        };
        let counts: BooleanArray =
            positions.values().iter().map(|at| Some(!self.hidden.contains(*at))).collect();
        Ok(ColumnarValue::Array(Arc::new(counts)))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.position]
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> ExecResult<Arc<dyn PhysicalExpr>> {
        match (children.pop(), children.is_empty()) {
            (Some(position), true) => Ok(Arc::new(Counts::new(position, self.hidden.clone()))),
            _ => internal_err!("one position is asked for"),
        }
    }

    fn fmt_sql(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}
