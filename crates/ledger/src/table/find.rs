//! Finding events by their id alone, where nothing says whose they are.
//!
//! The ledger is sorted by identity and has no index over event ids: every key of the table is
//! read, the key columns only. A retraction that names its event and no customer needs this, once
//! for a whole import.

use std::collections::{BTreeSet, HashMap};

use arrow::array::RecordBatch;
use futures::TryStreamExt;

use crate::error::LedgerError;
use crate::table::events::EventsSnapshot;
use crate::table::keys::KeyColumns;
use crate::table::runs::EventRuns;
use crate::table::scan::ScanBound;
use crate::table::undone::only;

/// Identity and time, in microseconds UTC, of events by their id.
pub type FoundEvents = HashMap<[u8; 16], (i64, i64)>;

impl EventsSnapshot {
    /// Finds events that are no retractions. Reading ends when all are found.
    pub async fn find_events(&self, wanted: &BTreeSet<[u8; 16]>) -> Result<FoundEvents, LedgerError> {
        let mut found = FoundEvents::new();
        // An event that was undone is none that could be taken back.
        let hidden = self.hidden(ScanBound::default());
        for file in self.files() {
            let mut batches = self.read_keys(file, None).await?;
            while found.len() < wanted.len() {
                let Some(batch) = batches.try_next().await? else { break };
                let batch = only(&batch, |position| !hidden.contains(position))?;
                note(&KeyColumns::of(&batch)?, wanted, &mut found);
            }
        }
        Ok(found)
    }
}

impl EventRuns {
    /// Finds events among those that were collected so far.
    pub fn find_events(&self, wanted: &BTreeSet<[u8; 16]>) -> Result<FoundEvents, LedgerError> {
        let mut found = FoundEvents::new();
        for batch in self.batches() {
            note(&KeyColumns::of(&batch?)?, wanted, &mut found);
        }
        Ok(found)
    }
}

/// The wanted events of a batch that has the key columns.
///
/// # Errors
/// A key column is missing.
pub fn events_of(batch: &RecordBatch, wanted: &BTreeSet<[u8; 16]>) -> Result<FoundEvents, LedgerError> {
    let mut found = FoundEvents::new();
    note(&KeyColumns::of(batch)?, wanted, &mut found);
    Ok(found)
}

fn note(keys: &KeyColumns, wanted: &BTreeSet<[u8; 16]>, found: &mut FoundEvents) {
    for row in 0..keys.len() {
        let key = keys.key(row);
        if key.retraction {
            continue;
        }
        let id = key.event_id.to_be_bytes();
        if wanted.contains(&id) {
            found.insert(id, (key.identity, key.time));
        }
    }
}
