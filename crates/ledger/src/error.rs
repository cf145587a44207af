//! What can go wrong in the world around the ledger. Mistakes of the operator are findings, not errors.

use std::error::Error;
use std::path::{Path, PathBuf};

use gradus_model::{Finding, Place, Text};

/// The world failed, or refused.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Reading or writing objects failed.
    #[error("the storage of the ledger failed: {0}")]
    Store(#[from] object_store::Error),
    /// The Delta log could not be read or written.
    #[error("the log of a ledger table failed: {0}")]
    Delta(#[from] deltalake_core::DeltaTableError),
    /// A Parquet file could not be read or written.
    #[error("a data file of the ledger failed: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// Rows could not be rearranged in memory.
    #[error("rows of the ledger could not be processed: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    /// The query engine failed.
    #[error("reading the ledger failed: {0}")]
    DataFusion(#[from] Box<datafusion::error::DataFusionError>),
    /// The operating system refused a file.
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    /// There is already a table where one was to be created.
    #[error("{path} already holds a table")]
    TableExists { path: String },
    /// What lies there is no table of this kind.
    #[error("{path} is not a table of Gradus: {reason}")]
    NotATable { path: String, reason: String },
    /// A newer Gradus wrote this table.
    #[error("{path} has format {found}; this version of Gradus reads up to {supported}. Use a newer Gradus")]
    FormatTooNew { path: String, found: u32, supported: u32 },
    /// Another process writes to this workspace.
    #[error("another process is writing to this workspace (lock file {path})")]
    LeaseHeld { path: PathBuf },
    /// A later writer took over; this one must stop.
    #[error("writer {ours} was replaced by writer {found}; nothing was written")]
    Fenced { ours: u64, found: u64 },
    /// The table changed under a rewrite, which must be planned again.
    #[error("the table changed meanwhile: {reason}; plan again")]
    Conflict { reason: String },
    /// The rows handed in break the column contract: a defect of the caller.
    #[error("column {column}: {reason}")]
    Columns { column: String, reason: String },
    /// A task of ours ended abnormally.
    #[error("a background task of the ledger ended abnormally: {0}")]
    Task(String),
}

impl LedgerError {
    /// An I/O error with the path it happened at.
    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }

    /// What people are told: what failed, where, and what they can do, in one. No text of the engine, of
    /// Delta, of the object store or of the system is in it; that is [`cause`].
    pub fn text(&self) -> Text {
        self.as_finding().in_one()
    }

    /// The same in its parts, with a code.
    pub fn as_finding(&self) -> Finding {
        match self {
            LedgerError::LeaseHeld { .. } => Finding::error(
                "ledger-busy",
                Place::default(),
                Text::new("另一个进程正在写这个工作区", "another process is writing to this workspace"),
                Text::new("等它结束后重试", "try again when it has finished"),
            ),
            LedgerError::Fenced { .. } => Finding::error(
                "ledger-taken-over",
                Place::default(),
                Text::new(
                    "另一个写入进程已接替了这个进程，这次没有写入任何内容",
                    "another writer has taken over from this process, and nothing was written",
                ),
                Text::new("重新运行", "run it again"),
            ),
            LedgerError::Conflict { .. } => Finding::error(
                "ledger-changed",
                Place::default(),
                Text::new(
                    "账本在此期间被改动，这次没有写入任何内容",
                    "the ledger was changed meanwhile, and nothing was written",
                ),
                Text::new("重新运行", "run it again"),
            ),
            LedgerError::FormatTooNew { path, found, supported } => Finding::error(
                "ledger-newer",
                Place::document(path),
                Text::new(
                    format!("由更新版本的 Gradus 写成（格式 {found}，本程序只认识到 {supported}）"),
                    format!("a newer Gradus wrote it (format {found}, this program reads up to {supported})"),
                ),
                Text::new("使用更新的程序", "use the newer program"),
            ),
            LedgerError::TableExists { path } => Finding::error(
                "ledger-table-exists",
                Place::document(path),
                Text::new("这里已有一张表", "it already holds a table"),
                Text::new("换一个文件夹", "another folder"),
            ),
            LedgerError::NotATable { path, .. } => Finding::error(
                "ledger-log-damaged",
                Place::document(path),
                Text::new(
                    "日志（_delta_log）缺失或不完整，无法读取这张表",
                    "its log (_delta_log) is missing or not whole, so the table cannot be read",
                ),
                Text::new(
                    "从备份恢复这个文件夹（gradus restore），不要手工修改它",
                    "restore the folder from a backup (gradus restore), and do not mend it by hand",
                ),
            ),
            LedgerError::Io { path, source } => {
                io_failure(&path.display().to_string(), source, is_of_ledger(path))
            }
            LedgerError::Columns { .. } | LedgerError::Task(_) => defect(),
            other => failure(other, "ledger"),
        }
    }

    pub(crate) fn columns(column: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Columns { column: column.into(), reason: reason.into() }
    }
}

/// The technical cause: every error from the outermost in, for those who mend programs.
pub fn cause(error: &(dyn Error + 'static)) -> String {
    let mut parts = vec![error.to_string()];
    let mut inner = error.source();
    while let Some(one) = inner {
        let text = one.to_string();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        inner = one.source();
    }
    parts.join(": ")
}

/// What people are told of an error from below: by what the system said, if it said something, else
/// that a file is damaged, if one is. `at` is where it happened.
pub fn failure(error: &(dyn Error + 'static), at: &str) -> Finding {
    if let Some((place, io)) = found::<std::io::Error>(error).map(|io| (place_of(error), io)) {
        return io_failure(place.as_deref().unwrap_or(at), io, true);
    }
    match found::<object_store::Error>(error) {
        Some(object_store::Error::NotFound { path, .. }) => return missing(path, true),
        Some(
            object_store::Error::PermissionDenied { path, .. }
            | object_store::Error::Unauthenticated { path, .. },
        ) => {
            return denied(path);
        }
        _ => {}
    }
    if found::<parquet::errors::ParquetError>(error).is_some() {
        return damaged(at);
    }
    if found::<deltalake_core::DeltaTableError>(error).is_some() {
        return Finding::error(
            "ledger-log-damaged",
            Place::document(at),
            Text::new(
                "其中一张表的日志（_delta_log）无法读取",
                "the log (_delta_log) of a table in it cannot be read",
            ),
            Text::new(
                "从备份恢复（gradus restore），不要手工修改它",
                "restore it from a backup (gradus restore), and do not mend it by hand",
            ),
        );
    }
    defect()
}

/// A data file cannot be read as what it is.
pub fn damaged(file: &str) -> Finding {
    Finding::error(
        "ledger-file-damaged",
        Place::document(file),
        Text::new("数据文件已损坏，无法读取", "a data file is damaged and cannot be read"),
        Text::new(
            "从备份恢复（gradus restore），并检查磁盘",
            "restore it from a backup (gradus restore), and check the disk",
        ),
    )
}

/// What the system refused, in words. What belongs to the ledger comes back from a backup; another path was
/// mistyped.
pub fn io_failure(place: &str, error: &std::io::Error, belongs_to_ledger: bool) -> Finding {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Finding::error(
            "disk-full",
            Place::document(place),
            Text::new(
                "磁盘已满，无法写入；已经写入的内容不受影响",
                "the disk is full, and it cannot be written; what was written before is safe",
            ),
            Text::new("腾出空间，然后重试", "make room, then try again"),
        ),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => denied(place),
        // A file stands where a folder is wanted: the path is wrong, and not the disk.
        ErrorKind::NotFound | ErrorKind::NotADirectory => missing(place, belongs_to_ledger),
        _ => Finding::error(
            "file-trouble",
            Place::document(place),
            Text::new("无法读写", "it cannot be read or written"),
            Text::new("检查磁盘与文件夹，然后重试", "check the disk and the folder, then try again"),
        ),
    }
}

fn denied(place: &str) -> Finding {
    Finding::error(
        "file-refused",
        Place::document(place),
        Text::new("没有权限读写它，或它是只读的", "it may not be read or written, or is read-only"),
        Text::new(
            "检查文件夹的权限，或把工作区放到可写的位置",
            "check the rights of the folder, or put the workspace where it can be written",
        ),
    )
}

fn missing(place: &str, belongs_to_ledger: bool) -> Finding {
    let right = match belongs_to_ledger {
        true => Text::new(
            "它属于账本：从备份恢复（gradus restore）",
            "it belongs to the ledger: restore it from a backup (gradus restore)",
        ),
        false => Text::new("更正路径，或先建立这个文件夹", "correct the path, or make the folder first"),
    };
    let what = Text::new("它或它所在的文件夹不存在", "it, or the folder for it, is not there");
    Finding::error("file-missing", Place::document(place), what, right)
}

/// True if a path lies in the folder of a ledger.
fn is_of_ledger(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "ledger")
}

/// It is ours.
pub fn defect() -> Finding {
    Finding::error(
        "defect",
        Place::default(),
        Text::new("这是 Gradus 的缺陷，不是您的错误", "this is a defect of Gradus, not your mistake"),
        Text::new(
            "设置 GRADUS_CAUSE=1 再运行一次，并把显示的原因告诉我们",
            "run it again with GRADUS_CAUSE=1, and send us the cause that it shows",
        ),
    )
}

/// True if the system refused something that it would give at another time, or to another person.
pub(crate) fn is_refused(error: &(dyn Error + 'static)) -> bool {
    found::<std::io::Error>(error).is_some_and(|io| io.kind() != std::io::ErrorKind::NotFound)
}

/// True if it may come from a file that is not what it was when it was written.
pub fn may_be_damage(error: &(dyn Error + 'static)) -> bool {
    found::<parquet::errors::ParquetError>(error).is_some()
        || found::<object_store::Error>(error).is_some()
        || found::<arrow::error::ArrowError>(error).is_some()
        || found::<datafusion::error::DataFusionError>(error).is_some()
}

/// The first error of a kind in a chain. Libraries put errors into errors in more than one way; an error
/// of the system that carries another one is only its wrapping.
fn found<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut inner = Some(error);
    while let Some(one) = inner {
        if let Some(carried) = one.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            inner = Some(carried as &(dyn Error + 'static));
            continue;
        }
        if let Some(found) = one.downcast_ref::<E>() {
            return Some(found);
        }
        inner = one.source();
    }
    None
}

/// What the system refused, and where: the object store's own errors forget one of them.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub(crate) struct AtPath {
    pub path: String,
    pub source: std::io::Error,
}

/// The place that an error names.
fn place_of(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(at) = found::<AtPath>(error) {
        return Some(at.path.clone());
    }
    match found::<object_store::Error>(error)? {
        object_store::Error::NotFound { path, .. }
        | object_store::Error::AlreadyExists { path, .. }
        | object_store::Error::PermissionDenied { path, .. } => Some(path.clone()),
        _ => None,
    }
}

impl From<datafusion::error::DataFusionError> for LedgerError {
    fn from(error: datafusion::error::DataFusionError) -> Self {
        Self::DataFusion(Box::new(error))
    }
}
