//! Merging sorted streams of events: one core, driven by whoever has the batches.
//!
//! Used when an import's runs become one file, when compaction makes one file of several, and when
//! a scan reads a bucket that has several files.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::{concat_batches, interleave_record_batch};
use arrow::datatypes::Schema;

use crate::error::LedgerError;
use crate::table::keys::{EventKey, KeyColumns};

/// A stretch this long leaves as a slice, without copying.
const SLICE_ROWS: usize = 1024;

/// Stretches of this average length are copied one by one, shorter ones row by row.
const STRETCH_ROWS: usize = 16;

/// What the driver has to do next.
#[derive(Debug)]
pub enum Step {
    /// Hand in the next batch of this input, or say that it has ended.
    Need(usize),
    /// Rows in order.
    Rows(RecordBatch),
    /// Every input has ended and every row is out.
    Done,
}

/// Merges inputs that are each sorted by [`EventKey`]. Equal keys leave in the inputs' order.
#[derive(Debug)]
pub struct Merger {
    batch_rows: usize,
    inputs: Vec<Option<Input>>,
    heap: BinaryHeap<Reverse<(EventKey, usize)>>,
    waiting: Vec<usize>,
    held: Vec<RecordBatch>,
    /// Held batch, first row, rows.
    pending: Vec<(usize, usize, usize)>,
    pending_rows: usize,
    ready: Option<RecordBatch>,
}

#[derive(Debug)]
struct Input {
    batch: RecordBatch,
    keys: KeyColumns,
    row: usize,
    held: Option<usize>,
}

impl Merger {
    pub fn new(n_inputs: usize, batch_rows: usize) -> Self {
        Self {
            batch_rows,
            inputs: (0..n_inputs).map(|_| None).collect(),
            heap: BinaryHeap::with_capacity(n_inputs),
            waiting: (0..n_inputs).rev().collect(),
            held: Vec::new(),
            pending: Vec::new(),
            pending_rows: 0,
            ready: None,
        }
    }

    /// The next batch of an input that [`Step::Need`] named; `None` when it has ended.
    pub fn feed(&mut self, input: usize, batch: Option<RecordBatch>) -> Result<(), LedgerError> {
        let Some(batch) = batch else {
            self.waiting.retain(|i| *i != input);
            return Ok(());
        };
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.waiting.retain(|i| *i != input);
        let keys = KeyColumns::of(&batch)?;
        self.heap.push(Reverse((keys.key(0), input)));
        if let Some(slot) = self.inputs.get_mut(input) {
            *slot = Some(Input { batch, keys, row: 0, held: None });
        }
        Ok(())
    }

    /// Goes on until something is needed or ready.
    pub fn step(&mut self) -> Result<Step, LedgerError> {
        loop {
            if let Some(batch) = self.ready.take() {
                return Ok(Step::Rows(batch));
            }
            if let Some(input) = self.waiting.last() {
                return Ok(Step::Need(*input));
            }
            if self.pending_rows >= self.batch_rows {
                return self.flush();
            }
            let Some(Reverse((_, index))) = self.heap.pop() else {
                return if self.pending.is_empty() { Ok(Step::Done) } else { self.flush() };
            };
            self.advance(index);
        }
    }

    /// Moves the stretch of the smallest input that comes before every other input's head.
    fn advance(&mut self, index: usize) {
        let Some(Some(input)) = self.inputs.get_mut(index) else { return };
        let end = match self.heap.peek() {
            None => input.keys.len(),
            Some(Reverse((bound, other))) => input.keys.end_of_stretch(input.row, bound, index < *other),
        };
        let rows = end - input.row;
        if rows >= SLICE_ROWS && self.pending.is_empty() {
            self.ready = Some(input.batch.slice(input.row, rows));
        } else {
            let held = *input.held.get_or_insert_with(|| {
                self.held.push(input.batch.clone());
                self.held.len() - 1
            });
            self.pending.push((held, input.row, rows));
            self.pending_rows += rows;
        }
        input.row = end;
        if input.row < input.keys.len() {
            self.heap.push(Reverse((input.keys.key(input.row), index)));
        } else {
            self.inputs[index] = None;
            self.waiting.push(index);
        }
    }

    fn flush(&mut self) -> Result<Step, LedgerError> {
        let rows = if self.pending_rows >= self.pending.len() * STRETCH_ROWS {
            let stretches: Vec<RecordBatch> = self
                .pending
                .iter()
                .filter_map(|(held, first, rows)| Some(self.held.get(*held)?.slice(*first, *rows)))
                .collect();
            let schema = stretches.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
            concat_batches(&schema, &stretches)?
        } else {
            let batches: Vec<&RecordBatch> = self.held.iter().collect();
            let places: Vec<(usize, usize)> = self
                .pending
                .iter()
                .flat_map(|(held, first, rows)| (*first..first + rows).map(|row| (*held, row)))
                .collect();
            interleave_record_batch(&batches, &places)?
        };
        self.pending.clear();
        self.pending_rows = 0;
        self.held.clear();
        for input in self.inputs.iter_mut().flatten() {
            input.held = None;
        }
        Ok(Step::Rows(rows))
    }
}

/// Merges sorted iterators of batches into one.
pub struct MergedBatches<I> {
    merger: Merger,
    inputs: Vec<I>,
    failed: bool,
}

impl<I: Iterator<Item = Result<RecordBatch, LedgerError>>> MergedBatches<I> {
    pub fn new(inputs: Vec<I>, batch_rows: usize) -> Self {
        Self { merger: Merger::new(inputs.len(), batch_rows), inputs, failed: false }
    }

    fn advance(&mut self) -> Result<Option<RecordBatch>, LedgerError> {
        loop {
            match self.merger.step()? {
                Step::Rows(rows) => return Ok(Some(rows)),
                Step::Done => return Ok(None),
                Step::Need(index) => {
                    let next = self.inputs.get_mut(index).and_then(Iterator::next).transpose()?;
                    self.merger.feed(index, next)?;
                }
            }
        }
    }
}

impl<I: Iterator<Item = Result<RecordBatch, LedgerError>>> Iterator for MergedBatches<I> {
    type Item = Result<RecordBatch, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.advance().transpose();
        self.failed = matches!(next, Some(Err(_)));
        next
    }
}
