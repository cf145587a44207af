//! What can go wrong in the world around the ledger. Mistakes of the operator are findings, not errors.

use std::path::PathBuf;

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

    pub(crate) fn columns(column: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Columns { column: column.into(), reason: reason.into() }
    }
}

impl From<datafusion::error::DataFusionError> for LedgerError {
    fn from(error: datafusion::error::DataFusionError) -> Self {
        Self::DataFusion(Box::new(error))
    }
}
