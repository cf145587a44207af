//! Imports that were undone since the live grading counted their events.

use std::collections::BTreeSet;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use gradus_ledger::table::Positions;
use gradus_model::event_stream::{REFERENCE, UNATTRIBUTED, column};

use super::{Live, facts};
use crate::WorkspaceError;

/// What was counted and does not count any more.
#[derive(Default)]
pub(super) struct TakenBack {
    /// Whose events.
    pub identities: BTreeSet<i64>,
    /// The facts that stand, if some of them were taken back.
    pub facts: Option<Vec<RecordBatch>>,
}

impl Live {
    /// What is hidden now and was counted when the last events were.
    pub(super) async fn taken_back(&self, hidden: &Positions) -> Result<TakenBack, WorkspaceError> {
        // Later positions have not been counted, and are not read any more.
        let counted = Positions::of([(i64::MIN, self.position)]);
        let rows = hidden.without(&self.undone).within(&counted);
        let mut taken_back = TakenBack::default();
        if rows.is_empty() {
            return Ok(taken_back);
        }
        let mut of_facts = false;
        let note = |batch: &RecordBatch| {
            let identities = batch
                .column_by_name(column::IDENTITY)
                .and_then(|c| c.as_primitive_opt::<Int64Type>())
                .ok_or_else(|| WorkspaceError::Defect("the events lack their identities".into()))?;
            for identity in identities.values() {
                match *identity {
                    REFERENCE => of_facts = true,
                    UNATTRIBUTED => {}
                    identity => {
                        taken_back.identities.insert(identity);
                    }
                }
            }
            Ok::<(), WorkspaceError>(())
        };
        self.snapshot.rows_at(&rows, &[column::IDENTITY], note).await?;
        if of_facts {
            let standing = facts::of_base(&self.compiled.fold, &self.snapshot, self.position).await?;
            taken_back.facts = Some(standing);
        }
        Ok(taken_back)
    }
}
