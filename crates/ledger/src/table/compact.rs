//! Keeping files few: merging a bucket's sorted files, and deleting files that nobody reads any more.

use std::collections::BTreeSet;

use arrow::array::RecordBatch;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;

use crate::error::LedgerError;
use crate::table::append::{data_path, new_file};
use crate::table::delivered::Delivered;
use crate::table::events::{EventFile, EventsSnapshot, EventsTable};
use crate::table::file::{EventFileWriter, WrittenFile};
use crate::table::lease::WriterLease;
use crate::table::log::Commit;
use crate::table::merge::{Merger, Step};
use crate::table::schema::file_schema;

/// How long a file that was replaced stays, so that those who read an older version can finish.
pub const DEFAULT_RETENTION: i64 = 24 * 3600 * 1_000_000;

/// What a compaction will merge; made from one snapshot, void if the table changes under it.
#[derive(Debug, Clone)]
pub struct CompactionPlan {
    snapshot: EventsSnapshot,
    /// The files to be merged, one list per bucket that has too many.
    merges: Vec<Vec<EventFile>>,
}

/// What a compaction did.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Compacted {
    pub n_buckets: usize,
    pub files_removed: usize,
    pub files_added: usize,
    pub rows: u64,
    pub bytes_read: u64,
    pub bytes_written: u64,
    /// Bytes rewritten per byte of the table: 1 means that the whole table was written again.
    pub write_amplification: f64,
    /// Delta's version.
    pub version: u64,
}

impl CompactionPlan {
    /// Chooses what to merge so that no bucket keeps more than `max_runs` files.
    ///
    /// The smallest files go first, and a larger one joins only if those before it are together at
    /// least as large: a row is then rewritten a number of times that grows with the logarithm of
    /// the bucket's size, not with the number of flushes.
    pub fn new(snapshot: EventsSnapshot, max_runs: usize) -> Self {
        let max_runs = max_runs.max(1);
        let mut merges = Vec::new();
        for bucket in 0..snapshot.event_schema().n_buckets {
            let mut files: Vec<EventFile> =
                snapshot.files().iter().filter(|f| f.bucket == bucket).cloned().collect();
            if files.len() <= max_runs {
                continue;
            }
            files.sort_by(|a, b| (a.facts.rows, &a.active.path).cmp(&(b.facts.rows, &b.active.path)));
            let mut n = files.len() - max_runs + 1;
            let mut rows: u64 = files.iter().take(n).map(|f| f.facts.rows).sum();
            while let Some(next) = files.get(n).filter(|f| f.facts.rows <= rows) {
                rows += next.facts.rows;
                n += 1;
            }
            files.truncate(n);
            merges.push(files);
        }
        Self { snapshot, merges }
    }

    /// True if there is nothing to merge.
    pub fn is_empty(&self) -> bool {
        self.merges.is_empty()
    }
}

impl EventsTable {
    /// Merges files until no bucket has more than `max_runs`. `at` is microseconds, UTC.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] if the table changed meanwhile: plan again.
    pub async fn compact(
        &mut self,
        lease: &WriterLease,
        max_runs: usize,
        at: i64,
    ) -> Result<Compacted, LedgerError> {
        self.refresh().await?;
        let plan = CompactionPlan::new(self.snapshot().await?, max_runs);
        self.run_compaction(lease, plan, at).await
    }

    /// Does what was planned. No row changes, no position, no order within a bucket.
    pub async fn run_compaction(
        &mut self,
        lease: &WriterLease,
        plan: CompactionPlan,
        at: i64,
    ) -> Result<Compacted, LedgerError> {
        let mut done = Compacted { version: self.version(), ..Compacted::default() };
        if plan.is_empty() {
            return Ok(done);
        }
        let jobs: Vec<(EventsSnapshot, Vec<EventFile>, String)> = plan
            .merges
            .iter()
            .map(|files| {
                let bucket = files.first().map_or(0, |f| f.bucket);
                (plan.snapshot.clone(), files.clone(), data_path(bucket, lease, "c"))
            })
            .collect();
        let written: Vec<WrittenFile> = futures::stream::iter(jobs)
            .map(|(snapshot, files, path)| tokio::spawn(merge_files(snapshot, files, path)))
            .buffered(2)
            .map(|joined| joined.map_err(|e| LedgerError::Task(e.to_string()))?)
            .try_collect()
            .await?;

        let mut commit = Commit { data_change: false, at, ..Commit::default() };
        for (files, file) in plan.merges.iter().zip(written) {
            let rows: u64 = files.iter().map(|f| f.facts.rows).sum();
            if rows != file.facts.rows {
                // Only a damaged file gives this; the old files stay.
                return Err(LedgerError::NotATable {
                    path: file.path,
                    reason: format!("{rows} rows went in, {} came out", file.facts.rows),
                });
            }
            done.n_buckets += 1;
            done.files_removed += files.len();
            done.files_added += 1;
            done.rows += rows;
            done.bytes_read += files.iter().map(|f| f.active.size).sum::<u64>();
            done.bytes_written += file.size;
            commit.removes.extend(files.iter().map(|f| f.active.clone()));
            commit.adds.push(new_file(files.first().map_or(0, |f| f.bucket), file)?);
        }
        let table_bytes: u64 = plan.snapshot.files().iter().map(|f| f.active.size).sum();
        done.write_amplification = done.bytes_written as f64 / table_bytes.max(1) as f64;
        commit.note.insert("gradus.write_amplification".into(), done.write_amplification.into());
        done.version = self.log.commit(lease, commit).await?;
        self.refresh().await?;
        Ok(done)
    }

    /// Deletes data files that no version of the last `retention` microseconds needs: replaced ones,
    /// and what interrupted writers left behind, which no version ever had. Returns how many.
    ///
    /// Holding the lease, nobody else has a file that is written but not yet committed.
    pub async fn vacuum(
        &mut self,
        _lease: &WriterLease,
        retention: i64,
        now: i64,
    ) -> Result<usize, LedgerError> {
        self.refresh().await?;
        self.log.vacuum(retention, now).await
    }
}

async fn merge_files(
    snapshot: EventsSnapshot,
    files: Vec<EventFile>,
    path: String,
) -> Result<WrittenFile, LedgerError> {
    let mut inputs: Vec<BoxStream<'static, Result<RecordBatch, LedgerError>>> = Vec::new();
    for file in &files {
        inputs.push(snapshot.read_whole(file).await?);
    }
    let location = snapshot.location(&path)?;
    let schema = file_schema(snapshot.event_schema());
    let mut writer = EventFileWriter::create(snapshot.log_store().clone(), location, path, schema, 1)?;
    let told: Option<Vec<&Delivered>> = files.iter().map(|file| file.facts.delivered.as_ref()).collect();
    if let Some(told) = told {
        let mut delivered = Delivered::default();
        told.into_iter().for_each(|one| delivered.merge(one));
        writer = writer.delivering(delivered);
    }
    let mut merger = Merger::new(inputs.len(), 8192);
    loop {
        match merger.step()? {
            Step::Done => return writer.finish().await,
            Step::Rows(rows) => writer.write(&rows).await?,
            Step::Need(index) => {
                let next = match inputs.get_mut(index) {
                    Some(input) => input.try_next().await?,
                    None => None,
                };
                merger.feed(index, next)?;
            }
        }
    }
}

impl crate::table::log::TableLog {
    /// Deletes data files that are not part of the table and were not within `retention`, and at
    /// once those that never were part of it. The log remembers what was removed for longer than
    /// anybody reads it.
    pub(crate) async fn vacuum(&self, retention: i64, now: i64) -> Result<usize, LedgerError> {
        let oldest = now.saturating_sub(retention);
        let mut keep: BTreeSet<String> = BTreeSet::new();
        for file in self.files()? {
            keep.insert(self.location(&file.path)?.to_string());
        }
        for (path, removed_at) in self.tombstones().await? {
            if removed_at >= oldest {
                keep.insert(self.location(&path)?.to_string());
            }
        }
        let folder = self.location("_delta_log")?;
        let root =
            object_store::path::Path::from_url_path(self.url().path()).map_err(object_store::Error::from)?;
        let found: Vec<_> = self.store().list(Some(&root)).try_collect().await?;
        let mut deleted = 0;
        for object in found {
            let is_data = object.location.extension() == Some("parquet")
                && !object.location.prefix_matches(&folder)
                && !keep.contains(object.location.as_ref());
            if is_data {
                self.store().delete(&object.location).await?;
                deleted += 1;
            }
        }
        Ok(deleted + self.remove_staging()?)
    }
}
