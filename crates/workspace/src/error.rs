//! What can go wrong with a verb. Mistakes of the operator are findings and travel beside results;
//! where they stop the verb they are one variant here.

use std::path::PathBuf;

use gradus_ledger::LedgerError;
use gradus_model::{Findings, Text};
use gradus_store::StoreError;

/// Why a verb did not finish.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// The operator's documents, files or arguments are wrong.
    #[error("{} findings", .0.0.len())]
    Findings(Findings),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the engine failed: {0}")]
    Engine(#[from] datafusion::error::DataFusionError),
    #[error("rows could not be processed: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    /// A defect of ours; says so.
    #[error("this is a defect of Gradus: {0}")]
    Defect(String),
}

impl WorkspaceError {
    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> WorkspaceError {
        WorkspaceError::Io { path: path.into(), source }
    }

    /// What people are told, in both languages.
    pub fn text(&self) -> Text {
        match self {
            WorkspaceError::Findings(findings) => {
                let n = findings.0.len();
                Text::new(format!("{n} 处需要更正"), format!("{n} findings to mend"))
            }
            WorkspaceError::Store(error) => error.text(),
            WorkspaceError::Ledger(LedgerError::LeaseHeld { .. }) => Text::new(
                "另一个进程正在写这个工作区；等它结束后重试",
                "another process is writing to this workspace; try again when it has finished",
            ),
            other => Text::new(format!("运行失败：{other}"), other.to_string()),
        }
    }
}

impl From<Findings> for WorkspaceError {
    fn from(findings: Findings) -> WorkspaceError {
        WorkspaceError::Findings(findings)
    }
}

impl From<gradus_model::Finding> for WorkspaceError {
    fn from(finding: gradus_model::Finding) -> WorkspaceError {
        WorkspaceError::Findings(Findings(vec![finding]))
    }
}
