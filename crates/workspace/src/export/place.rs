//! A file appears whole or not at all: written beside its place, synced, then renamed.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gradus_ledger::table::Disk;

use gradus_model::{Finding, Place, Text};

use super::{ExportError, ExportReport};
use crate::WorkspaceError;

pub(crate) fn write_whole(
    disk: &Arc<dyn Disk>,
    path: &Path,
    private: bool,
    write: impl FnOnce(&mut File) -> Result<ExportReport, ExportError>,
) -> Result<ExportReport, ExportError> {
    let mut part = Part::begin(disk, path, private)?;
    match write(part.file()) {
        Ok(mut report) => {
            report.n_bytes = part.finish()?;
            Ok(report)
        }
        Err(error) => {
            part.give_up();
            Err(error)
        }
    }
}

/// A small file that is known whole.
pub(crate) fn write_small(
    disk: &Arc<dyn Disk>,
    path: &Path,
    private: bool,
    bytes: &[u8],
) -> std::io::Result<()> {
    let mut part = Part::begin(disk, path, private)?;
    match part.file().write_all(bytes) {
        Ok(()) => part.finish().map(drop),
        Err(error) => {
            part.give_up();
            Err(error)
        }
    }
}

/// What somebody keeps is not written over.
///
/// # Errors
/// A finding if there is a file of this name.
pub(crate) fn is_free(path: &Path) -> Result<(), WorkspaceError> {
    if !path.exists() {
        return Ok(());
    }
    Err(Finding::error(
        "file-exists",
        Place::document(path.display().to_string()),
        Text::new("文件已存在，不会覆盖", "the file exists and is not written over"),
        Text::new("另一个文件名，或先移走这个文件", "another file name, or move this file away first"),
    )
    .into())
}

/// A file on its way to its place.
pub(crate) struct Part {
    disk: Arc<dyn Disk>,
    file: File,
    temporary: PathBuf,
    path: PathBuf,
}

impl Part {
    /// A new file in the same folder. It is created with its final mode, so there is no moment at
    /// which others can open it; an existing file, or a link somebody laid there, is never followed.
    /// What a process left there that was ended in the middle goes first.
    pub(crate) fn begin(disk: &Arc<dyn Disk>, path: &Path, private: bool) -> std::io::Result<Part> {
        let name = path.file_name().ok_or_else(|| {
            std::io::Error::new(std::io::ErrorKind::InvalidInput, format!("{} names no file", path.display()))
        })?;
        remove_left_behind(path, &name.to_string_lossy());
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(if private { 0o600 } else { 0o644 });
        }
        let mut last = None;
        for attempt in 0..1000u32 {
            let mut own = std::ffi::OsString::from(".");
            own.push(name);
            own.push(format!(".{}-{attempt}.part", std::process::id()));
            let temporary = path.with_file_name(own);
            match options.open(&temporary) {
                Ok(file) => {
                    return Ok(Part { disk: disk.clone(), file, temporary, path: path.to_path_buf() });
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| std::io::ErrorKind::AlreadyExists.into()))
    }

    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Puts it in its place; its length in bytes.
    pub(crate) fn finish(self) -> std::io::Result<u64> {
        let put = || -> std::io::Result<u64> {
            self.disk.sync_file(&self.file, &self.temporary)?;
            let n_bytes = self.file.metadata()?.len();
            self.disk.rename(&self.temporary, &self.path)?;
            if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                // The rename itself must survive a power loss; not every file system can sync a folder.
                drop(self.disk.sync_dir(folder));
            }
            Ok(n_bytes)
        };
        put().inspect_err(|_| drop(self.disk.remove(&self.temporary)))
    }

    pub(crate) fn give_up(self) {
        drop(self.disk.remove(&self.temporary));
    }
}

/// Removes parts of this very file whose process is gone. Where the system does not tell which
/// processes there are, they stay.
fn remove_left_behind(path: &Path, name: &str) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let processes = Path::new("/proc");
    for entry in entries.flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        let number = file
            .strip_prefix('.')
            .and_then(|rest| rest.strip_prefix(name))
            .and_then(|rest| rest.strip_prefix('.'))
            .and_then(|rest| rest.strip_suffix(".part"))
            .and_then(|rest| rest.split_once('-'));
        let Some((process, _)) = number else { continue };
        let is_number = !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && processes.join("self").exists() && !processes.join(process).exists() {
            drop(std::fs::remove_file(entry.path()));
        }
    }
}
