//! The rows of a file, read and cleaned on other threads than the one that takes them, in the order of
//! the file. Only a few batches wait at any time, so memory does not grow with the file.

use std::num::NonZeroUsize;
use std::sync::Arc;

use futures::{Stream, StreamExt, stream};
use gradus_ledger::LedgerError;
use gradus_ledger::clean::{CleanContext, Cleaned, SourcePlan};
use gradus_ledger::collect::{RawBatch, RawFault, RawItem, RowReader, Summary};
use gradus_model::Finding;
use gradus_store::SurrogateKey;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::WorkspaceError;

/// Batches read ahead of cleaning.
const READ_AHEAD: usize = 4;

/// What a file gave, each batch with what became of its rows.
pub enum Read {
    Batch(RawBatch, Cleaned),
    /// A row that could not be read.
    Fault(RawFault),
    Finding(Finding),
}

/// Reads and cleans a file. The task ends after the last item, with the sums of what was read.
pub fn read_and_clean(
    rows: RowReader,
    plan: SourcePlan,
    surrogates: SurrogateKey,
    imported_at: i64,
    n_threads: NonZeroUsize,
) -> (impl Stream<Item = Result<Read, WorkspaceError>> + Unpin, JoinHandle<Summary>) {
    let (send, items) = mpsc::channel::<Result<RawItem, LedgerError>>(READ_AHEAD);
    let reader = tokio::task::spawn_blocking(move || {
        let mut rows = rows;
        for item in rows.by_ref() {
            if send.blocking_send(item).is_err() {
                break;
            }
        }
        rows.summary()
    });
    let surrogates = Arc::new(surrogates);
    let items = stream::unfold(items, |mut items| async move {
        let item = items.recv().await?;
        Some((item, items))
    });
    let cleaned = items.map(move |item| {
        let (plan, surrogates) = (plan.clone(), surrogates.clone());
        // Begun here and not when it is first waited for, so that several go on beside each other.
        let cleaning = match item {
            Ok(RawItem::Batch(raw)) => Ok(tokio::task::spawn_blocking(move || {
                let surrogate = |kind: &str, normalized: &str| surrogates.surrogate(kind, normalized);
                let cleaned = plan.clean(&raw, &CleanContext { imported_at, surrogates: &surrogate });
                Read::Batch(raw, cleaned)
            })),
            Ok(RawItem::Fault(fault)) => Err(Ok(Read::Fault(fault))),
            Ok(RawItem::Finding(finding)) => Err(Ok(Read::Finding(finding))),
            Err(error) => Err(Err(error.into())),
        };
        async move {
            match cleaning {
                Ok(task) => task
                    .await
                    .map_err(|error| WorkspaceError::Defect(format!("the cleaning task ended: {error}"))),
                Err(other) => other,
            }
        }
    });
    (Box::pin(cleaned.buffered(n_threads.get())), reader)
}
