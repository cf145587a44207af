//! Runs: the events of one customer, next to each other and in order. A run is never split, so
//! every aggregate sees all the events of a customer at once.

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Int64Type, SchemaRef, TimestampMicrosecondType};
use arrow::error::ArrowError;
use gradus_model::event_stream::{UNATTRIBUTED, column};

/// Whole runs of one batch.
#[derive(Debug)]
pub struct Runs {
    pub batch: RecordBatch,
    /// One per run.
    pub customers: Vec<i64>,
    /// Run `i` is the rows `offsets[i] .. offsets[i + 1]`.
    pub offsets: Vec<u32>,
}

impl Runs {
    /// Finds the runs of a batch that holds whole runs only. Unattributed events are no customer's.
    pub fn of(batch: RecordBatch) -> Runs {
        let batch = attributed(batch);
        let identities = identities(&batch);
        let (mut customers, mut offsets) = (Vec::new(), Vec::new());
        let mut previous = None;
        for (row, &identity) in identities.iter().enumerate() {
            if previous != Some(identity) {
                customers.push(identity);
                offsets.push(row as u32);
                previous = Some(identity);
            }
        }
        offsets.push(identities.len() as u32);
        Runs { batch, customers, offsets }
    }

    pub fn len(&self) -> usize {
        self.customers.len()
    }

    pub fn range(&self, run: usize) -> (u32, u32) {
        (self.offsets[run], self.offsets[run + 1])
    }

    /// When the events happened, in microseconds UTC.
    pub fn times(&self) -> &[i64] {
        times(&self.batch)
    }
}

/// The events that belong to somebody. Identities ascend, so nobody's lie together: first, unless
/// an identity is negative.
fn attributed(batch: RecordBatch) -> RecordBatch {
    let identities = identities(&batch);
    let begin = identities.partition_point(|identity| *identity < UNATTRIBUTED);
    let end = identities.partition_point(|identity| *identity <= UNATTRIBUTED);
    match (begin, end) {
        (begin, end) if begin == end => batch,
        (0, end) => batch.slice(end, batch.num_rows() - end),
        (begin, end) => {
            let parts = [batch.slice(0, begin), batch.slice(end, batch.num_rows() - end)];
            concat_batches(&batch.schema(), &parts).unwrap_or_else(|_| batch.slice(0, begin))
        }
    }
}

/// The identity column of a batch of events.
pub fn identities(batch: &RecordBatch) -> &[i64] {
    let index = batch.schema_ref().index_of(column::IDENTITY).unwrap_or(0);
    batch.column(index).as_primitive::<Int64Type>().values()
}

/// The time column of a batch of events, in microseconds UTC.
pub fn times(batch: &RecordBatch) -> &[i64] {
    let index = batch.schema_ref().index_of(column::TIME).unwrap_or(1);
    batch.column(index).as_primitive::<TimestampMicrosecondType>().values()
}

/// Cuts a sorted stream of batches into whole runs. What ends a batch may go on in the next, so
/// the last run waits until its end is seen; nothing else is copied.
#[derive(Debug)]
pub struct RunCutter {
    schema: SchemaRef,
    waiting: Vec<RecordBatch>,
}

impl RunCutter {
    pub fn new(schema: SchemaRef) -> RunCutter {
        RunCutter { schema, waiting: Vec::new() }
    }

    /// Takes the next batch of the stream, gives back what is now known to be whole.
    pub fn push(&mut self, batch: RecordBatch) -> Result<Vec<Runs>, ArrowError> {
        let mut whole = Vec::new();
        let n_rows = batch.num_rows();
        if n_rows == 0 {
            return Ok(whole);
        }
        let ids = identities(&batch);
        let (first, last) = (ids[0], ids[n_rows - 1]);
        let head_end = match self.waiting.last().map(|waiting| identities(waiting)[0]) {
            Some(waiting) if waiting == first => ids.partition_point(|id| *id == first),
            _ => 0,
        };
        let tail_start = ids.partition_point(|id| *id < last);
        if head_end == n_rows {
            self.waiting.push(batch);
            return Ok(whole);
        }
        if head_end > 0 {
            self.waiting.push(batch.slice(0, head_end));
        }
        whole.extend(self.finish()?);
        if head_end < tail_start {
            whole.push(Runs::of(batch.slice(head_end, tail_start - head_end)));
        }
        self.waiting.push(batch.slice(tail_start, n_rows - tail_start));
        whole.retain(|runs| !runs.customers.is_empty());
        Ok(whole)
    }

    /// The stream has ended, or the waiting run has: gives it back.
    pub fn finish(&mut self) -> Result<Option<Runs>, ArrowError> {
        let waiting = std::mem::take(&mut self.waiting);
        let batch = match waiting.len() {
            0 => return Ok(None),
            1 => waiting.into_iter().next().unwrap_or_else(|| RecordBatch::new_empty(self.schema.clone())),
            _ => concat_batches(&self.schema, &waiting)?,
        };
        Ok(Some(Runs::of(batch)).filter(|runs| !runs.customers.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, TimestampMicrosecondArray};
    use proptest::prelude::*;

    use super::*;

    fn batch(identities: &[i64]) -> RecordBatch {
        let times: Vec<i64> = (0..identities.len() as i64).collect();
        RecordBatch::try_from_iter([
            (column::IDENTITY, Arc::new(Int64Array::from(identities.to_vec())) as _),
            (column::TIME, Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC")) as _),
        ])
        .unwrap()
    }

    #[test]
    fn what_is_nobodys_is_in_no_run_wherever_the_stream_is_cut() {
        for size in 1..8 {
            let all = batch(&[-3, -3, 0, 0, 0, 5, 7, 7]);
            let mut cutter = RunCutter::new(all.schema());
            let mut seen = Vec::new();
            for at in (0..8).step_by(size) {
                let whole = cutter.push(all.slice(at, size.min(8 - at))).unwrap();
                seen.extend(whole.iter().flat_map(|runs| runs.customers.clone()));
            }
            seen.extend(cutter.finish().unwrap().iter().flat_map(|runs| runs.customers.clone()));
            assert_eq!(seen, [-3, 5, 7], "batches of {size}");
        }
    }

    proptest! {
        #[test]
        fn runs_are_whole_however_the_stream_is_cut(
            lengths in prop::collection::vec(1usize..9, 1..30),
            cuts in prop::collection::vec(1usize..12, 1..60),
        ) {
            let ids: Vec<i64> = lengths.iter().enumerate().flat_map(|(i, n)| vec![i as i64 + 1; *n]).collect();
            let all = batch(&ids);
            let mut cutter = RunCutter::new(all.schema());
            let (mut at, mut seen) = (0, Vec::new());
            let mut note = |runs: &Runs| for run in 0..runs.len() {
                let (start, end) = runs.range(run);
                seen.push((runs.customers[run], (end - start) as usize));
            };
            for cut in cuts {
                let n = cut.min(ids.len() - at);
                cutter.push(all.slice(at, n)).unwrap().iter().for_each(&mut note);
                at += n;
            }
            cutter.push(all.slice(at, ids.len() - at)).unwrap().iter().for_each(&mut note);
            cutter.finish().unwrap().iter().for_each(&mut note);
            let expected: Vec<(i64, usize)> = lengths.iter().enumerate().map(|(i, n)| (i as i64 + 1, *n)).collect();
            prop_assert_eq!(seen, expected);
        }
    }
}
