//! Runs: the events of one customer, next to each other and in order. A run is never split, so
//! every aggregate sees all the events of a customer at once.

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Int64Type, SchemaRef, TimestampMicrosecondType};
use arrow::error::ArrowError;
use gradus_model::event_stream::{REFERENCE, UNATTRIBUTED, column};

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

/// The events that belong to somebody. Identities ascend, so facts of references and nobody's events
/// lie together: first, unless an identity is less than theirs.
fn attributed(batch: RecordBatch) -> RecordBatch {
    let identities = identities(&batch);
    let begin = identities.partition_point(|identity| *identity < REFERENCE);
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

/// Rows of runs that lie across two batches after which they are given back together.
const MANY_ROWS: usize = 4_096;
/// Parts of such runs that may hold on to the batches they were cut from.
const MANY_PARTS: usize = 8;

/// Cuts a sorted stream of batches into whole runs; each run is given back once, and whole. What
/// ends a batch may go on in the next, so the last run waits until its end is seen. Only runs across
/// batches are copied, and given back many at a time, later than those around them: so few rows at
/// a time would cost more than they are worth.
#[derive(Debug)]
pub struct RunCutter {
    schema: SchemaRef,
    /// The run that may go on.
    waiting: Vec<RecordBatch>,
    /// Whole runs, in parts.
    across: Vec<RecordBatch>,
    n_across: usize,
    many_rows: usize,
}

impl RunCutter {
    pub fn new(schema: SchemaRef) -> RunCutter {
        RunCutter { schema, waiting: Vec::new(), across: Vec::new(), n_across: 0, many_rows: MANY_ROWS }
    }

    /// A cutter for those who need the runs in order: each across batches is given back by itself.
    pub fn in_order(schema: SchemaRef) -> RunCutter {
        RunCutter { many_rows: 1, ..RunCutter::new(schema) }
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
        self.close()?;
        if self.n_across >= self.many_rows {
            whole.extend(self.take_across()?);
        }
        if head_end < tail_start {
            whole.push(Runs::of(batch.slice(head_end, tail_start - head_end)));
        }
        self.waiting.push(batch.slice(tail_start, n_rows - tail_start));
        whole.retain(|runs| !runs.customers.is_empty());
        Ok(whole)
    }

    /// The stream has ended: gives back what waits.
    pub fn finish(&mut self) -> Result<Option<Runs>, ArrowError> {
        self.close()?;
        self.take_across()
    }

    /// The waiting run is whole.
    fn close(&mut self) -> Result<(), ArrowError> {
        self.n_across += self.waiting.iter().map(RecordBatch::num_rows).sum::<usize>();
        self.across.append(&mut self.waiting);
        if self.across.len() >= MANY_PARTS {
            // A part keeps its whole batch in memory until it is copied.
            self.across = vec![concat_batches(&self.schema, &self.across)?];
        }
        Ok(())
    }

    fn take_across(&mut self) -> Result<Option<Runs>, ArrowError> {
        let mut parts = std::mem::take(&mut self.across);
        self.n_across = 0;
        let batch = match (parts.pop(), parts.is_empty()) {
            (None, _) => return Ok(None),
            (Some(part), true) => part,
            (Some(part), false) => {
                parts.push(part);
                concat_batches(&self.schema, &parts)?
            }
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
            seen.sort_unstable();
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
            let expected: Vec<(i64, usize)> = lengths.iter().enumerate().map(|(i, n)| (i as i64 + 1, *n)).collect();
            for in_order in [false, true] {
                let mut cutter =
                    if in_order { RunCutter::in_order(all.schema()) } else { RunCutter::new(all.schema()) };
                let (mut at, mut seen) = (0, Vec::new());
                let mut note = |runs: &Runs| for run in 0..runs.len() {
                    let (start, end) = runs.range(run);
                    seen.push((runs.customers[run], (end - start) as usize));
                };
                for cut in &cuts {
                    let n = (*cut).min(ids.len() - at);
                    cutter.push(all.slice(at, n)).unwrap().iter().for_each(&mut note);
                    at += n;
                }
                cutter.push(all.slice(at, ids.len() - at)).unwrap().iter().for_each(&mut note);
                cutter.finish().unwrap().iter().for_each(&mut note);
                if !in_order {
                    seen.sort_unstable();
                }
                prop_assert_eq!(&seen, &expected);
            }
        }
    }
}
