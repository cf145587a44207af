//! Reading what was committed after a position: how a live grading catches up.

use arrow::array::RecordBatch;
use futures::TryStreamExt;
use gradus_model::event_stream::{SORT_COLUMNS, column};

use crate::error::LedgerError;
use crate::table::events::EventsSnapshot;
use crate::table::lookup::conform;
use crate::table::merge::MergedBatches;
use crate::table::scan::ScanBound;
use crate::table::schema::scan_schema;
use crate::table::undone::only;

impl EventsSnapshot {
    /// The events whose position is greater, sorted by identity, time, event id, retraction, with
    /// these columns. Only files that hold such an event are read; a compaction may have put it
    /// beside many older ones. What was undone since is left out.
    pub async fn read_since(&self, position: i64, columns: &[&str]) -> Result<Vec<RecordBatch>, LedgerError> {
        let schema = scan_schema(self.event_schema());
        let mut read: Vec<&str> = columns.to_vec();
        read.extend(SORT_COLUMNS.iter().chain(&[column::KNOWN, column::POSITION]));
        let hidden = self.hidden(ScanBound::default());
        let mut inputs = Vec::new();
        for file in self.files().iter().filter(|file| file.facts.position.max > position) {
            let mut batches = self.read_file(file, &schema, &read, None).await?;
            let mut rows = Vec::new();
            while let Some(batch) = batches.try_next().await? {
                let after = only(&batch, |at| at > position && !hidden.contains(at))?;
                if after.num_rows() > 0 {
                    rows.push(Ok(conform(after, &schema)?));
                }
            }
            inputs.push(rows.into_iter());
        }
        MergedBatches::new(inputs, 8192)
            .map(|rows| {
                let rows = rows?;
                let places = columns.iter().map(|name| {
                    rows.schema().index_of(name).map_err(|_| LedgerError::columns(*name, "does not exist"))
                });
                Ok(rows.project(&places.collect::<Result<Vec<_>, _>>()?)?)
            })
            .collect()
    }
}
