//! Cells become columns of text, some thousand rows at a time.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::{RawBatch, RawItem};
use crate::error::LedgerError;

/// Rows of a full batch; fewer if the rows are wide or long.
pub const BATCH_ROWS: usize = 8192;
const BATCH_CELLS: usize = 1 << 20;
const BATCH_BYTES: usize = 32 << 20;

struct Column {
    values: Vec<u8>,
    offsets: Vec<i32>,
    valid: Vec<bool>,
    any_null: bool,
}

/// What a reader of text has to hand out: what waits, then a full batch, then, where the file has `ended`, the last
/// one and the end. Nothing of it: read on.
pub(crate) fn to_hand_out(
    waiting: &mut VecDeque<RawItem>,
    builder: &mut BatchBuilder,
    ended: bool,
) -> Result<ControlFlow<Option<RawItem>>, LedgerError> {
    if let Some(item) = waiting.pop_front() {
        return Ok(ControlFlow::Break(Some(item)));
    }
    if builder.is_full() || (ended && !builder.is_empty()) {
        return Ok(ControlFlow::Break(Some(RawItem::Batch(builder.finish()?))));
    }
    Ok(if ended { ControlFlow::Break(None) } else { ControlFlow::Continue(()) })
}

/// Rows on their way into a batch. A row is complete only when it is ended.
pub(crate) struct BatchBuilder {
    columns: Arc<[String]>,
    schema: SchemaRef,
    building: Vec<Column>,
    numbers: Vec<u64>,
    lines: Vec<u64>,
    has_lines: bool,
    n_bytes: usize,
    max_rows: usize,
    empty_is_null: bool,
    null_texts: Vec<Vec<u8>>,
}

impl BatchBuilder {
    pub(crate) fn new(columns: Arc<[String]>, null_texts: &[String], has_lines: bool) -> BatchBuilder {
        let fields: Vec<Field> = columns.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        let max_rows = (BATCH_CELLS / columns.len().max(1)).clamp(1, BATCH_ROWS);
        let building = columns
            .iter()
            .map(|_| Column { values: Vec::new(), offsets: vec![0], valid: Vec::new(), any_null: false })
            .collect();
        BatchBuilder {
            schema: Arc::new(Schema::new(fields)),
            building,
            columns,
            numbers: Vec::new(),
            lines: Vec::new(),
            has_lines,
            n_bytes: 0,
            max_rows,
            empty_is_null: null_texts.iter().any(String::is_empty),
            null_texts: null_texts
                .iter()
                .filter(|text| !text.is_empty())
                .map(|text| text.clone().into_bytes())
                .collect(),
        }
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.building.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.numbers.len() >= self.max_rows || self.n_bytes >= BATCH_BYTES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Writes one cell: `write` appends its text, which must be UTF-8. Cells of one row are written
    /// once each; a column number beyond the table is ignored.
    #[inline]
    pub(crate) fn cell(&mut self, column: usize, write: impl FnOnce(&mut Vec<u8>)) {
        let Some(column) = self.building.get_mut(column) else { return };
        let from = column.values.len();
        write(&mut column.values);
        let length = column.values.len() - from;
        let null = if length == 0 {
            self.empty_is_null
        } else {
            !self.null_texts.is_empty() && {
                let text = &column.values[from..];
                self.null_texts.iter().any(|null| null == text)
            }
        };
        if null {
            column.values.truncate(from);
            if !column.any_null {
                column.any_null = true;
                column.valid.clear();
                column.valid.resize(column.offsets.len() - 1, true);
            }
        } else {
            self.n_bytes += length;
        }
        if column.any_null {
            column.valid.push(!null);
        }
        column.offsets.push(column.values.len() as i32);
    }

    /// Writes a cell that has no value, whatever the null texts are.
    pub(crate) fn null(&mut self, column: usize) {
        let Some(column) = self.building.get_mut(column) else { return };
        if !column.any_null {
            column.any_null = true;
            column.valid.clear();
            column.valid.resize(column.offsets.len() - 1, true);
        }
        column.valid.push(false);
        column.offsets.push(column.values.len() as i32);
    }

    /// Ends a row; every column must have been written.
    #[inline]
    pub(crate) fn end_row(&mut self, number: u64, line: u64) {
        self.numbers.push(number);
        self.lines.push(line);
    }

    /// The rows so far as a batch; the builder is empty afterwards.
    pub(crate) fn finish(&mut self) -> Result<RawBatch, LedgerError> {
        let n_rows = self.numbers.len();
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.building.len());
        for column in &mut self.building {
            // The next batch will need about as much room as this one did.
            let room = column.values.len();
            let values = std::mem::replace(&mut column.values, Vec::with_capacity(room));
            let mut next_offsets = Vec::with_capacity(n_rows + 1);
            next_offsets.push(0);
            let offsets = std::mem::replace(&mut column.offsets, next_offsets);
            let nulls = column.any_null.then(|| NullBuffer::from(std::mem::take(&mut column.valid)));
            column.any_null = false;
            arrays.push(Arc::new(StringArray::try_new(
                OffsetBuffer::new(ScalarBuffer::from(offsets)),
                Buffer::from_vec(values),
                nulls,
            )?));
        }
        self.n_bytes = 0;
        let numbers = std::mem::take(&mut self.numbers);
        let lines = std::mem::take(&mut self.lines);
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(n_rows));
        Ok(RawBatch {
            columns: self.columns.clone(),
            rows: RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)?,
            first_row: numbers.first().copied().unwrap_or(0),
            lines: if self.has_lines { UInt64Array::from(lines) } else { UInt64Array::new_null(n_rows) },
            numbers: UInt64Array::from(numbers),
        })
    }
}
