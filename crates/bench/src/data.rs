//! The ledger of the benchmark: seeded events in a workspace, made once and kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use gradus_grading::fold::{AsOf, Zone, day_of};
use gradus_ledger::table::generate::Synthetic;
use gradus_ledger::table::{AppendOptions, EventsTable, Storage, WriterLease};
use gradus_model::event_stream::EventSchema;

use crate::Outcome;

pub const ZONE: &str = "Asia/Shanghai";
/// The local date as of whose close everyone is graded: the last day of the events.
pub const AS_OF: (i16, i8, i8) = (2025, 12, 31);
pub const BUCKETS: u32 = 16;
const SEED: u64 = 1;
pub const MODEL: &str = include_str!("../model/bench.yaml");
const SORT_BYTES: usize = 384 << 20;

/// The instant, in the zone of the benchmark.
pub fn as_of(zone: &Zone) -> AsOf {
    AsOf::close_of(day_of(jiff::civil::date(AS_OF.0, AS_OF.1, AS_OF.2)), zone)
}

/// The workspace of a size below `folder`, made if it is not there. `customers` is a tenth of
/// `n_events`.
pub async fn workspace(folder: &Path, n_events: u64) -> Outcome<PathBuf> {
    let root = folder.join(n_events.to_string());
    std::fs::create_dir_all(root.join("model"))?;
    std::fs::create_dir_all(root.join("sources"))?;
    std::fs::create_dir_all(root.join("ledger"))?;
    let settings =
        format!("gradus: 1\ntime_zone: {ZONE}\ncurrency: CNY\nclock: last_event\nbuckets: {BUCKETS}\n");
    std::fs::write(root.join("gradus.yaml"), settings)?;
    std::fs::write(root.join("model").join("bench.yaml"), MODEL)?;
    let ledger = root.join("ledger");
    let storage = Storage::local(&ledger)?;
    let lease = WriterLease::acquire(&ledger)?;
    let schema = EventSchema { n_buckets: BUCKETS, fields: Vec::new() };
    let mut table = EventsTable::open_or_create(&storage, &schema, 0).await?;
    if table.committed("bench").await?.is_none() {
        let start = Instant::now();
        let mut runs = table.collect(ledger.join("spill"), SORT_BYTES);
        for batch in Synthetic::new(SEED, n_events / 10, n_events).batches(8192) {
            runs.push(&batch)?;
        }
        let options = AppendOptions {
            app_id: "bench".into(),
            app_version: 1,
            dedupe: true,
            at: 0,
            note: BTreeMap::new(),
        };
        let done = table.append_sorted(&lease, runs.finish()?, options).await?;
        eprintln!(
            "{n_events} events written in {:.1} s, {:.1} bytes each",
            start.elapsed().as_secs_f64(),
            done.bytes as f64 / done.added.max(1) as f64
        );
    }
    Ok(root)
}

/// The files of the table as it is now, bucket by bucket.
pub async fn active_files(root: &Path) -> Outcome<Vec<PathBuf>> {
    let table = EventsTable::open(&Storage::local(root.join("ledger"))?).await?;
    let snapshot = table.snapshot().await?;
    let mut files: Vec<PathBuf> =
        snapshot.files().iter().map(|file| PathBuf::from(format!("/{}", file.location))).collect();
    files.sort();
    Ok(files)
}
