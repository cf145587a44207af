//! Killed at every step, and the power cut at every step.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow::array::RecordBatch;
use gradus_ledger::LedgerError;
use gradus_ledger::table::{Disk, EventKey, EventsTable, RealDisk, Storage, WriterLease};

use crate::table_support::*;

/// A disk that stops working at one operation, and forgets what was not synced.
#[derive(Debug, Default)]
struct FrailDisk {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    done: usize,
    stop_at: usize,
    /// The operation at which it stops takes effect, but the caller hears of a failure.
    takes_effect: bool,
    /// Syncing says that it worked, and does nothing.
    lies: bool,
    synced_content: BTreeSet<PathBuf>,
    entries: BTreeSet<PathBuf>,
    synced_entries: BTreeSet<PathBuf>,
}

impl FrailDisk {
    fn stopping_at(stop_at: usize, takes_effect: bool) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { stop_at, takes_effect, ..State::default() }) })
    }

    fn act<T>(&self, work: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state.lock().expect("state");
        state.done += 1;
        let gone = || io::Error::other("the disk is gone");
        if state.done > state.stop_at || (state.done == state.stop_at && !state.takes_effect) {
            return Err(gone());
        }
        let outcome = work(&mut state)?;
        if state.done == state.stop_at { Err(gone()) } else { Ok(outcome) }
    }

    /// What the disk holds when the power comes back.
    fn cut_power(&self) {
        let state = self.state.lock().expect("state");
        for path in &state.entries {
            if !state.synced_entries.contains(path) {
                let _ = std::fs::remove_dir_all(path);
                let _ = std::fs::remove_file(path);
            } else if path.is_file() && !state.synced_content.contains(path) {
                File::create(path).expect("emptied");
            }
        }
    }
}

impl Disk for FrailDisk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.act(|state| {
            state.entries.insert(path.to_owned());
            RealDisk.create_dir(path)
        })
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        self.act(|state| {
            state.entries.insert(path.to_owned());
            RealDisk.create(path)
        })
    }

    fn write_at(&self, file: &File, path: &Path, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.act(|state| {
            state.synced_content.remove(path);
            RealDisk.write_at(file, path, bytes, offset)
        })
    }

    fn sync_file(&self, file: &File, path: &Path) -> io::Result<()> {
        self.act(|state| {
            if !state.lies {
                state.synced_content.insert(path.to_owned());
            }
            RealDisk.sync_file(file, path)
        })
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.act(|state| {
            RealDisk.link(from, to)?;
            state.entries.insert(to.to_owned());
            if state.synced_content.contains(from) {
                state.synced_content.insert(to.to_owned());
            }
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.act(|state| {
            RealDisk.rename(from, to)?;
            state.entries.remove(from);
            state.entries.insert(to.to_owned());
            if state.synced_content.contains(from) {
                state.synced_content.insert(to.to_owned());
            }
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.act(|_| RealDisk.remove(path))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.act(|state| {
            let inside: Vec<PathBuf> =
                state.entries.iter().filter(|e| e.parent() == Some(path)).cloned().collect();
            state.synced_entries.extend(inside);
            RealDisk.sync_dir(path)
        })
    }
}

/// The script's rows: three appends, of which the last repeats some of the first.
fn parts() -> Vec<Vec<RecordBatch>> {
    let (a, b, c) = (events(1, 120), events(2, 80), events(3, 40));
    vec![a.clone(), b, [c, vec![a[0].slice(0, 30)]].concat()]
}

/// Create, append, append, compact, checkpoint, append. Says which appends were acknowledged.
async fn script(
    storage: &Storage,
    lease: &WriterLease,
    acknowledged: &mut Vec<usize>,
) -> Result<(), LedgerError> {
    let mut table = EventsTable::create(storage, &schema(2), AT).await?;
    for (part, batches) in parts().iter().enumerate() {
        if part == 2 {
            table.compact(lease, 1, AT).await?;
            table.checkpoint().await?;
        }
        table.append(lease, batches, options("import", part as i64 + 1)).await?;
        acknowledged.push(part);
    }
    Ok(())
}

async fn stopped_everywhere(takes_effect: bool, power_cut: bool) {
    let mut steps = 0;
    for stop_at in 1.. {
        let folder = tempfile::tempdir().expect("folder");
        let disk = FrailDisk::stopping_at(stop_at, takes_effect);
        let storage = Storage::on_disk(folder.path(), disk.clone()).expect("storage");
        let lease = WriterLease::acquire(folder.path()).expect("lease");
        let mut acknowledged = Vec::new();
        let outcome = script(&storage, &lease, &mut acknowledged).await;
        if power_cut {
            disk.cut_power();
        }
        drop(lease);
        check(folder.path(), &acknowledged, stop_at).await;
        if outcome.is_ok() && disk.state.lock().expect("state").done < stop_at {
            break;
        }
        steps = stop_at;
    }
    assert!(steps > 60, "only {steps} steps");
}

/// Opens what is left with a sound disk: what was acknowledged is there, the rest whole or absent;
/// doing everything again gives every row once.
async fn check(folder: &Path, acknowledged: &[usize], step: usize) {
    let storage = Storage::local(folder).expect("storage");
    let lease = WriterLease::acquire(folder).expect("lease");
    let mut table = EventsTable::open_or_create(&storage, &schema(2), AT)
        .await
        .unwrap_or_else(|e| panic!("step {step}: the table does not open: {e}"));
    let found: BTreeSet<EventKey> =
        all_keys(&table.snapshot().await.expect("snapshot")).await.into_iter().collect();
    for (part, batches) in parts().iter().enumerate() {
        let rows = input_keys(batches);
        let there = rows.iter().filter(|k| found.contains(k)).count();
        let committed = table.committed("import").await.expect("read").is_some_and(|v| v > part as i64);
        if acknowledged.contains(&part) || committed {
            assert_eq!(there, rows.len(), "step {step}: part {part} was acknowledged, and is lost");
        } else {
            // The last part's repeated rows are there by way of the first.
            let by_others = if part == 2 { 30.min(there) } else { 0 };
            assert_eq!(there, by_others, "step {step}: part {part} is there in half");
        }
    }
    for (part, batches) in parts().iter().enumerate() {
        table.append(&lease, batches, options("import", part as i64 + 1)).await.expect("again");
    }
    table.compact(&lease, 1, AT).await.expect("compact");
    let mut expected = input_keys(&parts().concat());
    expected.dedup();
    let keys = all_keys(&table.snapshot().await.expect("snapshot")).await;
    assert_eq!(keys, expected, "step {step}: rows are lost or doubled");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_step() {
    stopped_everywhere(false, false).await;
    stopped_everywhere(true, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn power_cut_at_every_step() {
    stopped_everywhere(false, true).await;
    stopped_everywhere(true, true).await;
}

/// The simulation itself would notice: on a disk that does not sync, acknowledged rows are lost.
#[tokio::test(flavor = "multi_thread")]
async fn without_syncing_a_power_cut_loses_rows() {
    let folder = tempfile::tempdir().expect("folder");
    let disk = FrailDisk::stopping_at(usize::MAX, false);
    disk.state.lock().expect("state").lies = true;
    let storage = Storage::on_disk(folder.path(), disk.clone()).expect("storage");
    let lease = WriterLease::acquire(folder.path()).expect("lease");
    script(&storage, &lease, &mut Vec::new()).await.expect("all goes well");
    disk.cut_power();
    let storage = Storage::local(folder.path()).expect("storage");
    let rows = match EventsTable::open(&storage).await {
        Ok(table) => table.snapshot().await.map(|s| s.n_rows()).unwrap_or(0),
        Err(_) => 0,
    };
    assert_eq!(rows, 0);
}
