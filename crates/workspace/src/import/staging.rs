//! Refused rows on their way to quarantine, staged some at a time under their import.

use gradus_ledger::clean::RefusedRow;
use gradus_model::Text;
use gradus_store::{ImportNumber, NewQuarantineRow};

use crate::{Workspace, WorkspaceError};

/// How long quarantined rows are kept: 90 days.
const QUARANTINE_US: i64 = 90 * 86_400_000_000;
/// Rows staged for quarantine at a time.
const STAGE_ROWS: usize = 1_000;

/// One row on its way there.
pub(super) struct Refused {
    pub(super) row: u64,
    pub(super) code: &'static str,
    /// The column whose cell is to be mended, where that is known.
    pub(super) column: Option<String>,
    pub(super) reason: Text,
    pub(super) raw: Vec<u8>,
}

/// Rows on their way to quarantine, staged some at a time.
pub(super) struct Staging<'a> {
    workspace: &'a Workspace,
    import: Option<ImportNumber>,
    file: String,
    created: i64,
    rows: Vec<Refused>,
    n_rows: u64,
}

impl<'a> Staging<'a> {
    pub(super) fn new(
        workspace: &'a Workspace,
        import: Option<ImportNumber>,
        file: &str,
        created: i64,
    ) -> Staging<'a> {
        Staging { workspace, import, file: file.to_string(), created, rows: Vec::new(), n_rows: 0 }
    }

    pub(super) async fn add(&mut self, row: Refused) -> Result<(), WorkspaceError> {
        self.n_rows += 1;
        if self.import.is_some() {
            self.rows.push(row);
            if self.rows.len() >= STAGE_ROWS {
                self.flush().await?;
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), WorkspaceError> {
        let rows = std::mem::take(&mut self.rows);
        let Some(import) = self.import else { return Ok(()) };
        let staged: Vec<NewQuarantineRow<'_>> = rows
            .iter()
            .map(|refused| NewQuarantineRow {
                file: &self.file,
                row: refused.row,
                code: refused.code,
                column: refused.column.as_deref(),
                message: &refused.reason,
                raw: &refused.raw,
                surrogate: None,
                created: self.created,
                expires: self.created + QUARANTINE_US,
            })
            .collect();
        Ok(self.workspace.vault.quarantine().stage(import, &staged).await?)
    }

    pub(super) async fn finish(mut self) -> Result<u64, WorkspaceError> {
        self.flush().await?;
        Ok(self.n_rows)
    }
}

impl From<&RefusedRow> for Refused {
    fn from(refused: &RefusedRow) -> Refused {
        Refused {
            row: refused.row,
            code: refused.code.name(),
            column: refused.column.clone(),
            reason: refused.reason.clone(),
            raw: refused.raw.clone().into(),
        }
    }
}
