//! Writing a Parquet file whose columns are encoded beside each other, on as many threads as the
//! caller grants. The file is the same however many they are.

use std::sync::Mutex;

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, SchemaRef};
use bytes::Bytes;
use object_store::buffered::BufWriter;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnWriter, ArrowRowGroupWriterFactory, ArrowWriterOptions, compute_leaves,
};
use parquet::arrow::async_writer::AsyncFileWriter;
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;

use crate::error::LedgerError;

/// Rows that are encoded at a time: enough that starting threads does not show.
const ENCODED_ROWS: usize = 32 * 1024;

/// A file being written.
pub(crate) struct ColumnsWriter {
    file: SerializedFileWriter<Vec<u8>>,
    factory: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
    sink: BufWriter,
    n_threads: usize,
    max_group_rows: usize,
    /// Of the row group that is being filled; none before its first rows.
    columns: Vec<ArrowColumnWriter>,
    group_rows: usize,
    waiting: Vec<RecordBatch>,
    waiting_rows: usize,
}

impl ColumnsWriter {
    /// Row groups end after the number of rows that `options` say.
    pub(crate) fn create(
        sink: BufWriter,
        schema: SchemaRef,
        options: ArrowWriterOptions,
        max_group_rows: usize,
        n_threads: usize,
    ) -> Result<Self, LedgerError> {
        let writer = ArrowWriter::try_new_with_options(Vec::new(), schema.clone(), options)?;
        let (file, factory) = writer.into_serialized_writer()?;
        Ok(Self {
            file,
            factory,
            schema,
            sink,
            n_threads,
            max_group_rows: max_group_rows.max(1),
            columns: Vec::new(),
            group_rows: 0,
            waiting: Vec::new(),
            waiting_rows: 0,
        })
    }

    /// Adds rows with the columns of the schema, in its order.
    pub(crate) async fn write(&mut self, batch: &RecordBatch) -> Result<(), LedgerError> {
        let mut done = 0;
        while done < batch.num_rows() {
            let room = self.max_group_rows - self.group_rows - self.waiting_rows;
            let taken = room.min(batch.num_rows() - done);
            self.waiting.push(batch.slice(done, taken));
            self.waiting_rows += taken;
            done += taken;
            let is_full = self.group_rows + self.waiting_rows == self.max_group_rows;
            if is_full || self.waiting_rows >= ENCODED_ROWS {
                self.encode()?;
            }
            if is_full {
                self.end_group().await?;
            }
        }
        Ok(())
    }

    /// Closes and syncs the file; its length in bytes.
    pub(crate) async fn finish(mut self) -> Result<u64, LedgerError> {
        self.encode()?;
        self.end_group().await?;
        self.file.finish()?;
        let n_bytes = self.file.bytes_written() as u64;
        self.put().await?;
        self.sink.complete().await?;
        Ok(n_bytes)
    }

    /// Encodes the waiting rows, column by column.
    fn encode(&mut self) -> Result<(), LedgerError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        if self.columns.is_empty() {
            self.columns = self.factory.create_column_writers(self.file.flushed_row_groups().len())?;
        }
        let waiting = std::mem::take(&mut self.waiting);
        self.group_rows += std::mem::take(&mut self.waiting_rows);
        let schema = self.schema.clone();
        let columns = self.columns.iter_mut().zip(schema.fields()).enumerate();
        if self.n_threads <= 1 {
            for (at, (writer, field)) in columns {
                encode_column(writer, field, at, &waiting)?;
            }
            return Ok(());
        }
        let todo = Mutex::new(columns);
        let next = || todo.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
        let some = || {
            while let Some((at, (writer, field))) = next() {
                encode_column(writer, field, at, &waiting)?;
            }
            Ok::<(), ParquetError>(())
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.n_threads).map(|_| scope.spawn(some)).collect();
            for thread in threads {
                thread.join().map_err(|_| LedgerError::Task("encoding panicked".into()))??;
            }
            Ok(())
        })
    }

    async fn end_group(&mut self) -> Result<(), LedgerError> {
        if self.columns.is_empty() {
            return Ok(());
        }
        self.group_rows = 0;
        let mut group = self.file.next_row_group()?;
        for column in std::mem::take(&mut self.columns) {
            column.close()?.append_to_row_group(&mut group)?;
        }
        group.close()?;
        self.put().await
    }

    /// Hands what is complete to the store.
    async fn put(&mut self) -> Result<(), LedgerError> {
        let bytes = std::mem::take(self.file.inner_mut());
        Ok(AsyncFileWriter::write(&mut self.sink, Bytes::from(bytes)).await?)
    }
}

/// Tables are flat: each field is one column of the file.
fn encode_column(
    writer: &mut ArrowColumnWriter,
    field: &FieldRef,
    at: usize,
    waiting: &[RecordBatch],
) -> Result<(), ParquetError> {
    for batch in waiting {
        for leaf in compute_leaves(field, batch.column(at))? {
            writer.write(&leaf)?;
        }
    }
    Ok(())
}
