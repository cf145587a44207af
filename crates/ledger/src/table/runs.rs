//! Sorting more events than fit in memory: sorted runs, spilled to a temporary file each.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::compute::interleave_record_batch;
use arrow::datatypes::{Int64Type, SchemaRef};
use arrow::ipc::reader::FileReader;
use arrow::ipc::writer::FileWriter;
use gradus_model::event_stream::{bucket_of, column};

use crate::error::LedgerError;
use crate::table::keys::KeyColumns;
use crate::table::merge::MergedBatches;

/// Rows per batch of a run.
const BATCH_ROWS: usize = 8 * 1024;

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, LedgerError>> + Send>;

/// Collects events in any order and gives them back bucket by bucket, sorted.
///
/// Each row is given its place in the order of arrival, in the column `position`.
pub struct EventRuns {
    schema: SchemaRef,
    n_buckets: u32,
    limit_bytes: usize,
    spill_folder: std::path::PathBuf,
    arrived: i64,
    waiting: Vec<RecordBatch>,
    waiting_bytes: usize,
    runs: Vec<Run>,
}

/// One sorted run: in memory if it is the only one, else in a temporary file.
#[derive(Clone)]
enum Run {
    Memory { batches: Arc<Vec<RecordBatch>>, buckets: Arc<Vec<Range<usize>>> },
    File { file: Arc<File>, buckets: Arc<Vec<Range<usize>>> },
}

impl EventRuns {
    /// `schema` is the data file's schema; about `limit_bytes` of rows are kept in memory at a time.
    pub fn new(
        schema: SchemaRef,
        n_buckets: u32,
        limit_bytes: usize,
        spill_folder: std::path::PathBuf,
    ) -> Self {
        Self {
            schema,
            n_buckets,
            limit_bytes,
            spill_folder,
            arrived: 0,
            waiting: Vec::new(),
            waiting_bytes: 0,
            runs: Vec::new(),
        }
    }

    /// Rows taken so far.
    pub fn n_rows(&self) -> i64 {
        self.arrived
    }

    /// Takes rows with the columns of the table but `bucket` and `position`, in any order of columns.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), LedgerError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let batch = self.complete(batch)?;
        KeyColumns::of(&batch)?;
        self.arrived += batch.num_rows() as i64;
        self.waiting_bytes += batch.get_array_memory_size() + batch.num_rows() * SORT_BYTES_PER_ROW;
        self.waiting.push(batch);
        if self.waiting_bytes >= self.limit_bytes {
            let run = self.sort_waiting()?;
            let spilled = self.spill(run)?;
            self.runs.push(spilled);
        }
        Ok(())
    }

    /// What was collected so far, in no particular order.
    pub(crate) fn batches(&self) -> impl Iterator<Item = Result<RecordBatch, LedgerError>> + '_ {
        let spilled = self.runs.iter().flat_map(|run| {
            (0..self.n_buckets as usize).flat_map(|bucket| match run.bucket(bucket) {
                Ok(batches) => batches,
                Err(error) => Box::new(std::iter::once(Err(error))),
            })
        });
        self.waiting.iter().cloned().map(Ok).chain(spilled)
    }

    /// Ends the collection.
    pub fn finish(mut self) -> Result<SortedEvents, LedgerError> {
        if !self.waiting.is_empty() {
            let run = self.sort_waiting()?;
            let run = if self.runs.is_empty() { run } else { self.spill(run)? };
            self.runs.push(run);
        }
        Ok(SortedEvents { runs: self.runs, n_buckets: self.n_buckets, n_rows: self.arrived })
    }

    /// Brings the columns into the table's order and adds the order of arrival.
    fn complete(&self, batch: &RecordBatch) -> Result<RecordBatch, LedgerError> {
        let n = batch.num_rows() as i64;
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for field in self.schema.fields() {
            if field.name() == column::POSITION {
                columns.push(Arc::new(Int64Array::from_iter_values(self.arrived..self.arrived + n)));
                continue;
            }
            match batch.column_by_name(field.name()) {
                Some(values) if values.data_type() == field.data_type() => columns.push(values.clone()),
                Some(values) => columns.push(arrow::compute::cast(values, field.data_type())?),
                None if field.is_nullable() => {
                    columns.push(arrow::array::new_null_array(field.data_type(), batch.num_rows()));
                }
                None => return Err(LedgerError::columns(field.name(), "is missing")),
            }
        }
        RecordBatch::try_new(self.schema.clone(), columns)
            .map_err(|e| LedgerError::columns("event", e.to_string()))
    }

    fn sort_waiting(&mut self) -> Result<Run, LedgerError> {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let keys: Vec<KeyColumns> = waiting.iter().map(KeyColumns::of).collect::<Result<_, _>>()?;
        let mut rows: Vec<Vec<Place>> = vec![Vec::new(); self.n_buckets as usize];
        for (batch, keys) in keys.iter().enumerate() {
            for (row, (identity, time)) in keys.identities().iter().zip(keys.times()).enumerate() {
                if let Some(bucket) = rows.get_mut(bucket_of(*identity, self.n_buckets) as usize) {
                    bucket.push(Place {
                        identity: *identity,
                        time: *time,
                        batch: batch as u32,
                        row: row as u32,
                    });
                }
            }
        }
        let sorted = on_threads(rows, |mut rows| {
            rows.sort_unstable_by(|one, other| one.compare(other, &keys));
            Ok(rows)
        })?;
        // Gathered chunk by chunk: one large bucket occupies all threads too.
        let mut buckets = Vec::with_capacity(sorted.len());
        let mut chunks: Vec<&[Place]> = Vec::new();
        for rows in &sorted {
            let first = chunks.len();
            chunks.extend(rows.chunks(BATCH_ROWS));
            buckets.push(first..chunks.len());
        }
        let sources: Vec<&RecordBatch> = waiting.iter().collect();
        let batches = on_threads(chunks, |chunk| {
            let places: Vec<(usize, usize)> =
                chunk.iter().map(|place| (place.batch as usize, place.row as usize)).collect();
            Ok(interleave_record_batch(&sources, &places)?)
        })?;
        Ok(Run::Memory { batches: Arc::new(batches), buckets: Arc::new(buckets) })
    }

    fn spill(&self, run: Run) -> Result<Run, LedgerError> {
        let Run::Memory { batches, buckets } = run else { return Ok(run) };
        let failed = |e| LedgerError::io(&self.spill_folder, e);
        std::fs::create_dir_all(&self.spill_folder).map_err(failed)?;
        // Unlinked at once: nothing is left behind, however the process ends.
        let path = self.spill_folder.join(format!("run-{}-{}", std::process::id(), self.runs.len()));
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(|e| LedgerError::io(&path, e))?;
        std::fs::remove_file(&path).map_err(|e| LedgerError::io(&path, e))?;
        let mut writer = FileWriter::try_new(BufWriter::with_capacity(1 << 20, &file), self.schema.as_ref())?;
        for batch in batches.iter() {
            writer.write(batch)?;
        }
        writer.finish()?;
        drop(writer);
        Ok(Run::File { file: Arc::new(file), buckets })
    }
}

/// Where a row waits, and the part of its key that mostly decides.
#[derive(Debug, Clone, Copy)]
struct Place {
    identity: i64,
    time: i64,
    batch: u32,
    row: u32,
}

impl Place {
    /// The order of rows. Equal keys stay in order of arrival.
    #[inline]
    fn compare(&self, other: &Place, keys: &[KeyColumns]) -> Ordering {
        let of = |place: &Place| keys.get(place.batch as usize).map(|keys| keys.key(place.row as usize));
        (self.identity, self.time)
            .cmp(&(other.identity, other.time))
            .then_with(|| of(self).cmp(&of(other)))
            .then((self.batch, self.row).cmp(&(other.batch, other.row)))
    }
}

/// What sorting adds to each waiting row: its place, and half as much again while the list grows.
const SORT_BYTES_PER_ROW: usize = size_of::<Place>() * 3 / 2;

/// Works on all items, each on one of several threads; the results are in the order of the items.
fn on_threads<T: Send, R: Send>(
    items: Vec<T>,
    work: impl Fn(T) -> Result<R, LedgerError> + Sync,
) -> Result<Vec<R>, LedgerError> {
    let n_threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(8)).min(items.len());
    let todo = Mutex::new(items.into_iter().enumerate());
    let panicked = || LedgerError::Task("sorting panicked".into());
    let some = || {
        let mut done = Vec::new();
        loop {
            let next = todo.lock().map_err(|_| panicked())?.next();
            let Some((at, item)) = next else { return Ok(done) };
            done.push((at, work(item)?));
        }
    };
    let mut all: Vec<(usize, R)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(some)).collect();
        let mut all = Vec::new();
        for thread in threads {
            let some: Result<Vec<(usize, R)>, LedgerError> = thread.join().map_err(|_| panicked())?;
            all.extend(some?);
        }
        Ok::<_, LedgerError>(all)
    })?;
    all.sort_unstable_by_key(|(at, _)| *at);
    Ok(all.into_iter().map(|(_, result)| result).collect())
}

/// Events that are ready to be written.
#[derive(Clone)]
pub struct SortedEvents {
    runs: Vec<Run>,
    n_buckets: u32,
    n_rows: i64,
}

impl SortedEvents {
    pub fn n_rows(&self) -> i64 {
        self.n_rows
    }

    pub fn n_buckets(&self) -> u32 {
        self.n_buckets
    }

    /// Runs that had to be merged; 1 if everything fitted in memory.
    pub fn n_runs(&self) -> usize {
        self.runs.len()
    }

    /// Buckets that have rows.
    pub fn n_filled(&self) -> usize {
        let is_filled = |bucket: &usize| {
            self.runs.iter().any(|run| {
                let (Run::Memory { buckets, .. } | Run::File { buckets, .. }) = run;
                buckets.get(*bucket).is_some_and(|range| !range.is_empty())
            })
        };
        (0..self.n_buckets as usize).filter(is_filled).count()
    }

    /// One bucket's rows in order.
    pub fn bucket(&self, bucket: u32) -> Result<Batches, LedgerError> {
        let mut inputs = Vec::with_capacity(self.runs.len());
        for run in &self.runs {
            inputs.push(run.bucket(bucket as usize)?);
        }
        Ok(match inputs.len() {
            1 => inputs.remove(0),
            _ => Box::new(MergedBatches::new(inputs, BATCH_ROWS)),
        })
    }

    /// The identities of one bucket, sorted, each once, if they are in memory.
    pub fn identities(&self, bucket: u32) -> Option<Vec<i64>> {
        let [Run::Memory { batches, buckets }] = self.runs.as_slice() else { return None };
        let mut identities: Vec<i64> = batches
            .get(buckets.get(bucket as usize)?.clone())?
            .iter()
            .filter_map(|b| {
                Some(b.column_by_name(column::IDENTITY)?.as_primitive_opt::<Int64Type>()?.values())
            })
            .flatten()
            .copied()
            .collect();
        identities.dedup();
        Some(identities)
    }
}

impl Run {
    fn bucket(&self, bucket: usize) -> Result<Batches, LedgerError> {
        match self {
            Run::Memory { batches, buckets } => {
                let batches = batches.clone();
                let range = buckets.get(bucket).cloned().unwrap_or(0..0);
                Ok(Box::new(range.filter_map(move |i| batches.get(i).cloned().map(Ok))))
            }
            Run::File { file, buckets } => {
                let range = buckets.get(bucket).cloned().unwrap_or(0..0);
                if range.is_empty() {
                    return Ok(Box::new(std::iter::empty()));
                }
                let reader = SharedFile { file: file.clone(), offset: 0 };
                let mut reader = FileReader::try_new(BufReader::with_capacity(256 << 10, reader), None)?;
                reader.set_index(range.start)?;
                Ok(Box::new(reader.take(range.len()).map(|batch| batch.map_err(LedgerError::from))))
            }
        }
    }
}

/// Reads a file at an offset of its own, so that several readers share one open file.
struct SharedFile {
    file: Arc<File>,
    offset: u64,
}

impl std::io::Read for SharedFile {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = std::os::unix::fs::FileExt::read_at(self.file.as_ref(), buffer, self.offset)?;
        self.offset += n as u64;
        Ok(n)
    }
}

impl std::io::Seek for SharedFile {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        let out_of_range = || std::io::Error::from(std::io::ErrorKind::InvalidInput);
        self.offset = match to {
            std::io::SeekFrom::Start(offset) => offset,
            std::io::SeekFrom::Current(by) => self.offset.checked_add_signed(by).ok_or_else(out_of_range)?,
            std::io::SeekFrom::End(by) => {
                self.file.metadata()?.len().checked_add_signed(by).ok_or_else(out_of_range)?
            }
        };
        Ok(self.offset)
    }
}
