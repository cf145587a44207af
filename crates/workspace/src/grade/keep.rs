//! Grades are kept: fits, run, transitions, rows, in this order, so that they count all at once or not at all.

use gradus_ledger::table::WriterLease;
use gradus_model::document::Model;
use gradus_store::{NewFit, NewRun};

use super::GradedInstant;
use crate::clock::system_us;
use crate::compiled::Compiled;
use crate::grades::StoredGrades;
use crate::origin::Origin;
use crate::transitions::{Graded as Moved, Rows, commit_transitions, stage_transitions};
use crate::{Workspace, WorkspaceError};

/// Keeps grades: fits, run, snapshot, transitions.
pub(super) struct Keeping<'a> {
    pub workspace: &'a Workspace,
    pub lease: &'a WriterLease,
    pub compiled: &'a Compiled,
    pub model: &'a Model,
    pub version: Option<i64>,
    pub known_at: i64,
    pub position: i64,
    pub origin: Option<&'a Origin>,
}

impl Keeping<'_> {
    pub(super) async fn keep(
        &self,
        stored: &mut StoredGrades,
        instant: &mut GradedInstant,
    ) -> Result<(), WorkspaceError> {
        let Keeping { workspace, lease, compiled, .. } = self;
        let now = system_us();
        let numbers =
            serde_json::to_value(&instant.fits).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
        let fit = NewFit {
            model_hash: &compiled.hash,
            kind: "all",
            subject: "model",
            numbers: &numbers,
            population: "graded",
            n: instant.n_customers,
            as_of: instant.as_of.instant_us,
            created: now,
        };
        let run = NewRun {
            model_hash: &compiled.hash,
            version: self.version,
            as_of: instant.as_of.instant_us,
            known_at: self.known_at,
            position: self.position,
            fits: &[],
            started: now,
        };
        let run = workspace.store.runs().begin_fitted(run, &[fit]).await?;
        let moved = Moved {
            model: self.model,
            compiled,
            as_of: instant.as_of,
            fits: &instant.fits,
            rows: Rows::Memory(&instant.batches),
        };
        let staged = stage_transitions(workspace, lease, stored, &moved, &run.id, self.version).await?;
        stored
            .replace(workspace, lease, &instant.date, &run.id, &instant.batches, self.origin, &staged)
            .await?;
        commit_transitions(workspace, lease, stored, &compiled.hash, &run.id, &staged).await?;
        (instant.n_moved, instant.n_corrected) = (staged.n_moved, staged.n_corrected);
        let counts = staged.counts(stored.chain, instant.n_customers, &instant.faults);
        workspace.store.runs().finish(&run.id, &counts, system_us()).await?;
        instant.fits.number = run.fits.first().and_then(|number| u64::try_from(*number).ok());
        instant.run = Some(run.id);
        Ok(())
    }
}
