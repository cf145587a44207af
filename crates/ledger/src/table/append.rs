//! Adding events: sorted, deduplicated, written as one file per bucket, and then one commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use gradus_model::event_stream::column;

use crate::error::LedgerError;
use crate::table::events::{EventFile, EventsSnapshot, EventsTable, POSITION_APP};
use crate::table::file::{EventFileWriter, FACTS_TAG, Range, WrittenFile};
use crate::table::keys::{EventKey, KeyColumns};
use crate::table::lease::WriterLease;
use crate::table::log::{Commit, NewFile};
use crate::table::positions::Positions;
use crate::table::runs::{EventRuns, SortedEvents};
use crate::table::scan::ScanBound;
use crate::table::schema::file_schema;

/// Rows kept in memory while an import is sorted, keys included.
pub const DEFAULT_SORT_BYTES: usize = 384 << 20;

/// Buckets written at the same time.
const WRITERS: usize = 2;

/// How often an append is worked out again when others come first.
const ATTEMPTS: usize = 10;

/// What an append is called, and how it treats what is already there.
#[derive(Debug, Clone)]
pub struct AppendOptions {
    /// The stream it belongs to, such as `import:17` or `flush`.
    pub app_id: String,
    /// Its number in that stream; what was committed with this number or a higher one is skipped.
    pub app_version: i64,
    /// Leave out events that the ledger or this append already holds.
    pub dedupe: bool,
    /// Microseconds, UTC.
    pub at: i64,
    /// Noted in the commit.
    pub note: BTreeMap<String, serde_json::Value>,
}

/// What became of an append.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Appended {
    /// True if this number of the stream was committed before; nothing was done.
    pub already_committed: bool,
    /// Rows added.
    pub added: u64,
    /// Rows left out since the ledger holds them.
    pub already_there: u64,
    /// The positions of the rows that the ledger holds and the append delivers again.
    pub again: Positions,
    /// Rows left out since the append itself held them before.
    pub duplicate_in_batch: u64,
    /// Positions that may have been given; dropped rows leave gaps.
    pub positions: Option<(i64, i64)>,
    pub n_files: usize,
    pub bytes: u64,
    /// Delta's version.
    pub version: u64,
}

impl EventsTable {
    /// Collects rows for an append; temporary files go to `spill_folder`.
    pub fn collect(&self, spill_folder: impl Into<std::path::PathBuf>, memory_bytes: usize) -> EventRuns {
        let schema = self.event_schema();
        EventRuns::new(file_schema(schema), schema.n_buckets, memory_bytes, spill_folder.into())
    }

    /// Appends rows that fit in memory.
    pub async fn append(
        &mut self,
        lease: &WriterLease,
        batches: &[RecordBatch],
        options: AppendOptions,
    ) -> Result<Appended, LedgerError> {
        let mut runs = self.collect(std::env::temp_dir(), usize::MAX);
        for batch in batches {
            runs.push(batch)?;
        }
        self.append_sorted(lease, runs.finish()?, options).await
    }

    /// Appends collected rows: files first, then the commit that makes them count.
    ///
    /// When this returns, they are on disk. When it fails, they count or they do not: try again with
    /// the same `app_id` and `app_version`, and nothing is doubled.
    pub async fn append_sorted(
        &mut self,
        lease: &WriterLease,
        events: SortedEvents,
        options: AppendOptions,
    ) -> Result<Appended, LedgerError> {
        self.append_told(lease, events, options, async |_| Ok(())).await
    }

    /// As [`EventsTable::append_sorted`]; `before_commit` is told what will have been appended when
    /// the commit exists, so that it can be written down first. It is told again if others came
    /// first and it was worked out anew.
    pub async fn append_told<E: From<LedgerError>>(
        &mut self,
        lease: &WriterLease,
        events: SortedEvents,
        options: AppendOptions,
        mut before_commit: impl AsyncFnMut(&Appended) -> Result<(), E>,
    ) -> Result<Appended, E> {
        let mut attempt = 0;
        loop {
            let Some((mut appended, commit)) = self.prepare(lease, &events, options.clone()).await? else {
                let version = self.version();
                return Ok(Appended { already_committed: true, version, ..Appended::default() });
            };
            before_commit(&appended).await?;
            match self.log.commit(lease, commit).await {
                Ok(version) => {
                    appended.version = version;
                    self.refresh().await?;
                    return Ok(appended);
                }
                // Another append came first: positions and duplicates are worked out again.
                Err(LedgerError::Conflict { .. }) if attempt < ATTEMPTS => attempt += 1,
                Err(other) => return Err(other.into()),
            }
        }
    }

    /// Writes the files, and gives the commit that makes them count; `None` if it was made before.
    async fn prepare(
        &mut self,
        lease: &WriterLease,
        events: &SortedEvents,
        options: AppendOptions,
    ) -> Result<Option<(Appended, Commit)>, LedgerError> {
        self.refresh().await?;
        if self.committed(&options.app_id).await?.is_some_and(|v| v >= options.app_version) {
            return Ok(None);
        }
        if events.n_buckets() != self.event_schema().n_buckets {
            return Err(LedgerError::columns(column::BUCKET, "the rows were sorted for another table"));
        }
        let snapshot = self.snapshot().await?;
        let positions_given = self.committed(POSITION_APP).await?;
        let first = snapshot.next_position();
        // Rows that are nobody's lie in one bucket: then its columns are what can go on side by side.
        let n_threads = match events.n_filled() >= WRITERS {
            true => 1,
            false => std::thread::available_parallelism().map_or(1, |n| n.get().min(8)),
        };
        let jobs: Vec<WriteBucket> = (0..events.n_buckets())
            .map(|bucket| WriteBucket {
                snapshot: snapshot.clone(),
                events: events.clone(),
                bucket,
                first_position: first,
                dedupe: options.dedupe,
                at: options.at,
                path: data_path(bucket, lease, "a"),
                n_threads,
            })
            .collect();
        // Lazily, so that only as many buckets as there are writers are open.
        let written: Vec<BucketOutcome> = futures::stream::iter(jobs)
            .map(|job| tokio::spawn(job.run()))
            .buffered(WRITERS)
            .map(|joined| joined.map_err(|e| LedgerError::Task(e.to_string()))?)
            .try_collect()
            .await?;

        let mut appended = Appended::default();
        let mut again: Vec<(i64, i64)> = Vec::new();
        let mut commit = Commit {
            data_change: true,
            at: options.at,
            note: options.note,
            unchanged: Some((POSITION_APP.to_owned(), positions_given)),
            ..Commit::default()
        };
        for outcome in written {
            appended.already_there += outcome.again.len() as u64;
            again.extend(outcome.again.into_iter().map(|position| (position, position)));
            appended.duplicate_in_batch += outcome.duplicates;
            if let Some(file) = outcome.file {
                appended.added += file.facts.rows;
                appended.bytes += file.size;
                appended.n_files += 1;
                commit.adds.push(new_file(outcome.bucket, file)?);
            }
        }
        appended.again = Positions::of(again);
        let next = first + events.n_rows();
        if appended.added > 0 {
            appended.positions = Some((first, next - 1));
            commit.transactions.push((POSITION_APP.to_owned(), next));
        }
        commit.transactions.push((options.app_id, options.app_version));
        Ok(Some((appended, commit)))
    }
}

pub(crate) fn new_file(bucket: u32, file: WrittenFile) -> Result<NewFile, LedgerError> {
    let facts =
        serde_json::to_string(&file.facts).map_err(|e| LedgerError::columns("file", e.to_string()))?;
    Ok(NewFile {
        path: file.path,
        size: file.size,
        partition: BTreeMap::from([(column::BUCKET.to_owned(), Some(bucket.to_string()))]),
        tags: BTreeMap::from([(FACTS_TAG.to_owned(), facts)]),
        stats: file.stats,
    })
}

/// Where a new file goes, relative to the table.
pub(crate) fn data_path(bucket: u32, lease: &WriterLease, what: &str) -> String {
    format!("{}={bucket}/{}-{what}.parquet", column::BUCKET, lease.unique_name())
}

struct WriteBucket {
    snapshot: EventsSnapshot,
    events: SortedEvents,
    bucket: u32,
    first_position: i64,
    dedupe: bool,
    /// Microseconds, UTC.
    at: i64,
    path: String,
    /// On which the columns of its file are encoded.
    n_threads: usize,
}

struct BucketOutcome {
    bucket: u32,
    file: Option<WrittenFile>,
    /// Positions of rows that are there already.
    again: Vec<i64>,
    duplicates: u64,
}

impl WriteBucket {
    async fn run(self) -> Result<BucketOutcome, LedgerError> {
        let mut outcome = BucketOutcome { bucket: self.bucket, file: None, again: Vec::new(), duplicates: 0 };
        let mut rows = self.events.bucket(self.bucket)?.peekable();
        if rows.peek().is_none() {
            return Ok(outcome);
        }
        let mut seen = if self.dedupe { Some(self.seen().await?) } else { None };
        let mut writer: Option<EventFileWriter> = None;
        for batch in rows {
            let mut batch = batch?;
            if let Some(seen) = &mut seen {
                let (fresh, back) = seen.fresh(&batch, &mut outcome).await?;
                if !back.is_empty() {
                    batch = known_from(&batch, &back, self.at)?;
                }
                if fresh.true_count() < batch.num_rows() {
                    batch = filter_record_batch(&batch, &fresh)?;
                }
            }
            if batch.num_rows() == 0 {
                continue;
            }
            let batch = positioned(&batch, self.first_position)?;
            let writer = match &mut writer {
                Some(writer) => writer,
                None => writer.insert(self.create_file()?),
            };
            writer.write(&batch).await?;
        }
        if let Some(writer) = writer {
            outcome.file = Some(writer.finish().await?);
        }
        Ok(outcome)
    }

    fn create_file(&self) -> Result<EventFileWriter, LedgerError> {
        let location = self.snapshot.location(&self.path)?;
        let schema = file_schema(self.snapshot.event_schema());
        let store = self.snapshot.log_store().clone();
        let writer = EventFileWriter::create(store, location, self.path.clone(), schema, self.n_threads)?;
        Ok(writer.committed_at(self.first_position))
    }

    /// The keys that this bucket already holds, as far as they can equal a new one.
    async fn seen(&self) -> Result<Seen, LedgerError> {
        let ids = self.events.identities(self.bucket);
        let mut times: Option<Range> = None;
        if ids.is_some() {
            for batch in self.events.bucket(self.bucket)? {
                for time in KeyColumns::of(&batch?)?.times() {
                    let range = times.get_or_insert(Range { min: *time, max: *time });
                    *range = Range { min: range.min.min(*time), max: range.max.max(*time) };
                }
            }
        }
        let mut files = Vec::new();
        for file in self.snapshot.files().iter().filter(|f| f.bucket == self.bucket) {
            let apart = times.is_some_and(|t| !t.overlaps(&file.facts.time));
            if !apart {
                files.push(SeenFile::open(&self.snapshot, file, ids.as_deref()).await?);
            }
        }
        Ok(Seen { files, hidden: self.snapshot.hidden(ScanBound::default()), last: None })
    }
}

/// What is already there, read alongside the new rows.
struct Seen {
    files: Vec<SeenFile>,
    /// What was undone is not there, and comes back when it is delivered again.
    hidden: Arc<Positions>,
    last: Option<EventKey>,
}

impl Seen {
    /// True for each row that is new; and which of those come back after they were undone.
    async fn fresh(
        &mut self,
        batch: &RecordBatch,
        outcome: &mut BucketOutcome,
    ) -> Result<(BooleanArray, Vec<usize>), LedgerError> {
        let keys = KeyColumns::of(batch)?;
        let mut back = Vec::new();
        let mut fresh = Vec::with_capacity(keys.len());
        for row in 0..keys.len() {
            let key = keys.key(row);
            if self.last == Some(key) {
                outcome.duplicates += 1;
                fresh.push(false);
                continue;
            }
            self.last = Some(key);
            let (mut there, mut undone) = (None, false);
            for file in &mut self.files {
                match file.holds(&key, &self.hidden).await? {
                    Before::Stands(position) => there = Some(position),
                    Before::Undone => undone = true,
                    Before::Never => {}
                }
            }
            outcome.again.extend(there);
            if there.is_none() && undone {
                back.push(row);
            }
            fresh.push(there.is_none());
        }
        Ok((fresh.into(), back))
    }
}

/// What a file holds of an event.
enum Before {
    Never,
    /// It was there, and does not count any more.
    Undone,
    /// At this position.
    Stands(i64),
}

struct SeenFile {
    batches: BoxStream<'static, Result<RecordBatch, LedgerError>>,
    keys: Option<(KeyColumns, Int64Array)>,
    row: usize,
    ended: bool,
}

impl SeenFile {
    async fn open(
        snapshot: &EventsSnapshot,
        file: &EventFile,
        ids: Option<&[i64]>,
    ) -> Result<Self, LedgerError> {
        let batches = snapshot.read_keys(file, ids).await?;
        Ok(Self { batches, keys: None, row: 0, ended: false })
    }

    /// Asked in ascending order, of each event once.
    async fn holds(&mut self, key: &EventKey, hidden: &Positions) -> Result<Before, LedgerError> {
        let mut before = Before::Never;
        loop {
            if let Some((keys, positions)) = &self.keys {
                if self.row < keys.len() && keys.key(self.row) < *key {
                    self.row = keys.end_of_stretch(self.row, key, false);
                }
                // An event that was undone and came back is there twice.
                while self.row < keys.len() && keys.key(self.row) == *key {
                    let position = positions.value(self.row);
                    if !hidden.contains(position) {
                        return Ok(Before::Stands(position));
                    }
                    before = Before::Undone;
                    self.row += 1;
                }
                if self.row < keys.len() {
                    return Ok(before);
                }
            }
            if self.ended {
                return Ok(before);
            }
            self.row = 0;
            self.keys = match self.batches.try_next().await? {
                Some(batch) => Some((KeyColumns::of(&batch)?, positions_of(&batch)?)),
                None => {
                    self.ended = true;
                    None
                }
            };
        }
    }
}

fn positions_of(batch: &RecordBatch) -> Result<Int64Array, LedgerError> {
    let positions =
        batch.column_by_name(column::POSITION).and_then(|c| c.as_primitive_opt::<Int64Type>()).cloned();
    positions.ok_or_else(|| LedgerError::columns(column::POSITION, "is missing or has the wrong type"))
}

/// What comes back after it was undone is known from now on: as known before the undoing it is there
/// once, by the row that was undone since, and not twice.
fn known_from(batch: &RecordBatch, rows: &[usize], at: i64) -> Result<RecordBatch, LedgerError> {
    let missing = || LedgerError::columns(column::KNOWN, "is missing or has the wrong type");
    let (index, _) = batch.schema_ref().column_with_name(column::KNOWN).ok_or_else(missing)?;
    let told = batch.column(index).as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(missing)?;
    let mut known: Vec<i64> = told.values().to_vec();
    for row in rows {
        known[*row] = known[*row].max(at);
    }
    let known = TimestampMicrosecondArray::from(known).with_timezone_opt(told.timezone().map(String::from));
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    columns[index] = Arc::new(known);
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}

/// Turns the order of arrival into positions.
fn positioned(batch: &RecordBatch, first: i64) -> Result<RecordBatch, LedgerError> {
    let (index, _) = batch
        .schema_ref()
        .column_with_name(column::POSITION)
        .ok_or_else(|| LedgerError::columns(column::POSITION, "is missing"))?;
    let arrived = batch
        .column(index)
        .as_primitive_opt::<Int64Type>()
        .ok_or_else(|| LedgerError::columns(column::POSITION, "has the wrong type"))?;
    let positions: Int64Array = arrived.unary(|n| n + first);
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    if let Some(slot) = columns.get_mut(index) {
        *slot = Arc::new(positions);
    }
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}
