//! Retractions that name their event and nothing else: where that event is stored, only the ledger
//! knows. They wait until the whole file is read, since what they name may stand further down in
//! it, and are looked for in this import first, then under the identity that the row names, then
//! everywhere. What is found nowhere goes to quarantine and can be replayed later.

use std::collections::BTreeSet;

use gradus_ledger::clean::{CleanBatch, Tally};
use gradus_ledger::table::{EventRuns, EventsTable, FoundEvents, ScanBound};
use gradus_model::event_stream::{UNATTRIBUTED, column};

use crate::WorkspaceError;

/// The retractions of one file that are still to be placed.
#[derive(Default)]
pub(super) struct Waiting {
    batches: Vec<CleanBatch>,
}

impl Waiting {
    /// Takes them out of a batch.
    pub(super) fn take(&mut self, clean: &mut CleanBatch) -> Result<(), WorkspaceError> {
        self.batches.extend(clean.split_lookups()?);
        Ok(())
    }

    /// Gives them back with identity and time of the events that they name; `arrived` is what the
    /// import brings, `ledger` what was there before.
    pub(super) async fn place(
        self,
        tally: &mut Tally,
        arrived: Option<&EventRuns>,
        ledger: Option<&EventsTable>,
    ) -> Result<Vec<CleanBatch>, WorkspaceError> {
        if self.batches.is_empty() {
            return Ok(Vec::new());
        }
        let lookups = || self.batches.iter().flat_map(|batch| &batch.lookups);
        let mut wanted: BTreeSet<[u8; 16]> = lookups().map(|lookup| lookup.event_id).collect();
        let mut found = match arrived {
            Some(runs) => runs.find_events(&wanted)?,
            None => FoundEvents::new(),
        };
        wanted.retain(|id| !found.contains_key(id));
        if let Some(ledger) = ledger.filter(|_| !wanted.is_empty()) {
            let snapshot = ledger.snapshot().await?;
            let named =
                lookups().filter(|lookup| wanted.contains(&lookup.event_id)).map(|lookup| lookup.identity);
            let named: BTreeSet<i64> = named.filter(|identity| *identity != UNATTRIBUTED).collect();
            let named: Vec<i64> = named.into_iter().collect();
            let columns = [column::IDENTITY, column::TIME, column::EVENT_ID, column::RETRACTION];
            for batch in snapshot.read_identities(&named, &columns, ScanBound::default()).await? {
                found.extend(gradus_ledger::table::events_of(&batch, &wanted)?);
            }
            wanted.retain(|id| !found.contains_key(id));
            if !wanted.is_empty() {
                found.extend(snapshot.find_events(&wanted).await?);
            }
        }
        let mut batches = self.batches;
        for batch in &mut batches {
            batch.place_retractions(tally, |lookup| found.get(&lookup.event_id).copied())?;
        }
        Ok(batches)
    }
}
