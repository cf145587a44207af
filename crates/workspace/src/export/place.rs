//! A file appears whole or not at all: written beside its place, synced, then renamed.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use super::{ExportError, ExportReport};

pub(crate) fn write_whole(
    path: &Path,
    private: bool,
    write: impl FnOnce(&mut File) -> Result<ExportReport, ExportError>,
) -> Result<ExportReport, ExportError> {
    let (mut file, temporary) = beside(path, private)?;
    let result = write(&mut file).and_then(|mut report| {
        file.sync_all()?;
        report.n_bytes = file.metadata()?.len();
        fs::rename(&temporary, path)?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            // The rename itself must survive a power loss; not every file system can sync a folder.
            drop(File::open(folder).and_then(|folder| folder.sync_all()));
        }
        Ok(report)
    });
    if result.is_err() {
        drop(fs::remove_file(&temporary));
    }
    result
}

/// A new file in the same folder. It is created with its final mode, so there is no moment at
/// which others can open it; an existing file, or a link somebody laid there, is never followed.
fn beside(path: &Path, private: bool) -> Result<(File, PathBuf), ExportError> {
    let name = path.file_name().ok_or_else(|| {
        std::io::Error::new(std::io::ErrorKind::InvalidInput, format!("{} names no file", path.display()))
    })?;
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
            Ok(file) => return Ok((file, temporary)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => last = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    Err(last.unwrap_or_else(|| std::io::ErrorKind::AlreadyExists.into()).into())
}
