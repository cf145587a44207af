//! How many instants are folded in one pass over the ledger: all of them, or as many as fit in memory.

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use futures::{StreamExt, stream};
use gradus_grading::fold::AS_OF;
use gradus_ledger::table::{EventsSnapshot, ScanBound};
use gradus_model::event_stream::column;

use super::GradeOptions;
use super::pass::task_context;
use crate::WorkspaceError;
use crate::compiled::Compiled;

/// What the indicators of the instants of one pass may take.
pub(super) const MOST_BYTES: u64 = 2_000_000_000;
/// Most instants of one part: each has links of its own in memory.
const MOST_AT_A_TIME: usize = 64;
/// A text with its offset, and a column that grading adds (a code of a dictionary and its bit): what they take
/// at least, before anything was measured.
const TEXT_BYTES: u64 = 24;
const GRADE_BYTES: u64 = 5;

/// Cuts instants into parts.
#[derive(Debug)]
pub(super) struct Parts {
    is_whole: bool,
    n_instants: usize,
    most_bytes: u64,
    /// Customers as of any instant, at most.
    n_customers: u64,
    /// Of one customer as of one instant.
    row_bytes: u64,
}

impl Parts {
    /// Looks at how many customers there can be; only where that matters the identities are counted.
    pub(super) async fn of(
        compiled: &Compiled,
        snapshot: &EventsSnapshot,
        n_instants: usize,
        most_bytes: u64,
        options: &GradeOptions,
    ) -> Result<Parts, WorkspaceError> {
        let row_bytes = row_bytes(&compiled.fold.output_schema())
            + GRADE_BYTES * compiled.stage_b.output_columns().len() as u64;
        // Nobody is a customer without an event.
        let n_customers = snapshot.n_rows();
        let mut parts = Parts { is_whole: true, n_instants, most_bytes, n_customers, row_bytes };
        if n_instants > 1 && !parts.fits() {
            parts.n_customers = n_identities(snapshot, options.n_threads).await?;
        }
        parts.is_whole = n_instants <= 1 || parts.fits();
        Ok(parts)
    }

    fn fits(&self) -> bool {
        (self.n_instants as u64).saturating_mul(self.n_customers).saturating_mul(self.row_bytes)
            <= self.most_bytes
    }

    /// True if all instants are one part.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// How many instants the next part has.
    pub(super) fn next(&self) -> usize {
        if self.is_whole {
            return self.n_instants;
        }
        let one = self.n_customers.saturating_mul(self.row_bytes).max(1);
        usize::try_from(self.most_bytes / one).unwrap_or(usize::MAX).clamp(1, MOST_AT_A_TIME)
    }

    /// Takes the measure of what was folded for the parts that follow.
    pub(super) fn measure<'b>(&mut self, folded: impl Iterator<Item = &'b Vec<RecordBatch>>) {
        let (mut bytes, mut rows) = (0u64, 0u64);
        for batch in folded.flatten() {
            rows += batch.num_rows() as u64;
            // Of a part of a longer array only that part.
            let size = |array: &Arc<dyn Array>| {
                array.to_data().get_slice_memory_size().unwrap_or_else(|_| array.get_array_memory_size())
            };
            bytes += batch.columns().iter().map(size).sum::<usize>() as u64;
        }
        if rows > 0 {
            self.row_bytes = bytes.div_ceil(rows).max(1);
        }
    }
}

/// What a customer's indicators take.
fn row_bytes(schema: &SchemaRef) -> u64 {
    let columns = schema.fields().iter().filter(|field| field.name() != AS_OF);
    columns
        .map(|field| match field.data_type() {
            DataType::Boolean | DataType::Null => 1,
            other => other.primitive_width().map_or(TEXT_BYTES, |width| width as u64),
        })
        .sum()
}

/// How many identities have an event: all that are looked at is one sorted column.
async fn n_identities(snapshot: &EventsSnapshot, n_threads: NonZeroUsize) -> Result<u64, WorkspaceError> {
    let plan = snapshot.scan(&[column::IDENTITY], ScanBound::default())?.plan;
    let context = task_context();
    let n_partitions = plan.properties().output_partitioning().partition_count();
    let tasks = (0..n_partitions).map(|partition| {
        let (plan, context) = (plan.clone(), context.clone());
        async move {
            let task = tokio::spawn(async move {
                let (mut n, mut last) = (0u64, None);
                let mut batches = plan.execute(partition, context)?;
                while let Some(batch) = batches.next().await {
                    let batch = batch?;
                    let Some(ids) = identities(&batch) else { continue };
                    for id in ids {
                        n += u64::from(last != Some(*id));
                        last = Some(*id);
                    }
                }
                Ok::<_, WorkspaceError>(n)
            });
            task.await.map_err(|error| WorkspaceError::Defect(format!("a scan ended: {error}")))?
        }
    });
    let mut n = 0;
    let mut done = stream::iter(tasks).buffer_unordered(n_threads.get());
    while let Some(part) = done.next().await {
        n += part?;
    }
    Ok(n)
}

fn identities(batch: &RecordBatch) -> Option<&[i64]> {
    use arrow::array::AsArray;
    let ids = batch.column_by_name(column::IDENTITY)?;
    Some(ids.as_primitive_opt::<arrow::datatypes::Int64Type>()?.values())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(n_instants: usize, n_customers: u64, most_bytes: u64) -> Parts {
        let mut parts = Parts { is_whole: true, n_instants, most_bytes, n_customers, row_bytes: 270 };
        parts.is_whole = parts.fits();
        parts
    }

    #[test]
    fn what_fits_is_one_part_and_the_rest_is_cut() {
        let few = parts(12, 500_000, MOST_BYTES);
        assert!(few.is_whole());
        assert_eq!(few.next(), 12);
        let mut many = parts(12, 4_700_000, MOST_BYTES);
        assert!(!many.is_whole());
        assert_eq!(many.next(), 1);
        // Rows that turn out to be smaller.
        let ids = arrow::array::Int64Array::from_iter_values(0..1_000);
        let batch = RecordBatch::try_from_iter([("customer", Arc::new(ids) as Arc<dyn Array>)]).unwrap();
        many.measure([vec![batch.slice(10, 500)]].iter());
        assert_eq!(many.row_bytes, 8, "of a slice only the slice");
        assert_eq!(many.next(), 53);
        many.n_customers = 1_000;
        assert_eq!(many.next(), MOST_AT_A_TIME);
        assert!(!many.is_whole(), "what was begun in parts stays so");
    }
}
