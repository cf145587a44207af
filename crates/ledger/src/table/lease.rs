//! One writer: whoever holds the lease may commit, and each holder has a higher number than all before.
//!
//! The lock is the operating system's, so it ends with the process, however that ends. The number
//! goes into every commit: a writer that was paused and replaced finds a higher one and stops.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::LedgerError;

/// Name of the lock file in the workspace folder.
pub const LOCK_FILE: &str = "writer.lock";

/// The right to write to a workspace's tables, until dropped.
#[derive(Debug)]
pub struct WriterLease {
    // Holds the lock while it is open.
    _file: File,
    path: PathBuf,
    fence: u64,
    // Numbers the files written under this lease.
    files: AtomicU64,
}

impl WriterLease {
    /// Takes the lease of a workspace folder.
    ///
    /// # Errors
    /// [`LedgerError::LeaseHeld`] if another process, or another lease of this one, has it.
    pub fn acquire(folder: impl AsRef<Path>) -> Result<Self, LedgerError> {
        Self::acquire_above(folder, 0)
    }

    /// As [`WriterLease::acquire`], with a number above `floor`: for a workspace whose lock file was
    /// lost or restored from an old copy, where the tables know a higher number than the file.
    pub fn acquire_above(folder: impl AsRef<Path>, floor: u64) -> Result<Self, LedgerError> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(|e| LedgerError::io(folder, e))?;
        let path = folder.join(LOCK_FILE);
        let failed = |e| LedgerError::io(&path, e);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LedgerError::LeaseHeld { path }),
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        let fence = text.trim().parse::<u64>().unwrap_or(0).max(floor) + 1;
        // Overwritten in place, always the same length: no old digit stays behind.
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        writeln!(file, "{fence:020}").map_err(failed)?;
        file.sync_all().map_err(failed)?;
        File::open(folder).and_then(|d| d.sync_all()).map_err(|e| LedgerError::io(folder, e))?;
        Ok(Self { _file: file, path, fence, files: AtomicU64::new(0) })
    }

    /// The fencing number, higher than that of every earlier holder.
    pub fn fence(&self) -> u64 {
        self.fence
    }

    /// The beginning of a file name that no writer uses a second time.
    pub(crate) fn unique_name(&self) -> String {
        format!("{:06}-{:08}", self.fence, self.files.fetch_add(1, Ordering::Relaxed))
    }

    /// The lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_and_growing_numbers() {
        let folder = tempfile::tempdir().expect("folder");
        let first = WriterLease::acquire(folder.path()).expect("free");
        assert!(matches!(WriterLease::acquire(folder.path()), Err(LedgerError::LeaseHeld { .. })));
        let number = first.fence();
        drop(first);
        assert_eq!(WriterLease::acquire(folder.path()).expect("free again").fence(), number + 1);
    }
}
