//! Refused rows on their way to quarantine, staged some at a time under their import. What somebody mended
//! or put aside stays so when the same row comes again.

use std::collections::HashMap;

use gradus_ledger::clean::RefusedRow;
use gradus_model::{Finding, Place, Text};
use gradus_store::{ImportNumber, NewQuarantineRow, QuarantineFilter, QuarantineStatus};

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

/// A row by its content, which is not kept in clear.
type Content = [u8; 32];

/// What became of a row: its status, and the import that brought it in.
type Outcome = (QuarantineStatus, Option<i64>);

/// The rows of a source that nobody has to look at any more: mended and imported, or put aside.
#[derive(Default)]
pub(super) struct Settled {
    /// A row that stood twice in a file and was mended twice stands here twice.
    rows: HashMap<Content, Vec<Outcome>>,
}

impl Settled {
    pub(super) async fn of(workspace: &Workspace, source: &str) -> Result<Settled, WorkspaceError> {
        let quarantine = workspace.vault.quarantine();
        let summary = quarantine.summary(None).await?;
        let mut numbers: Vec<i64> = summary
            .iter()
            .filter(|one| one.status != QuarantineStatus::Open)
            .map(|one| one.import_number)
            .collect();
        numbers.dedup();
        let mut rows: HashMap<Content, Vec<Outcome>> = HashMap::new();
        for number in numbers.into_iter().map(ImportNumber) {
            if workspace.store.imports().get(number).await?.source != source {
                continue;
            }
            let mut of_import: HashMap<Content, Vec<Outcome>> = HashMap::new();
            for status in [QuarantineStatus::Replayed, QuarantineStatus::Discarded] {
                let mut filter = QuarantineFilter {
                    import: Some(number),
                    status: Some(status),
                    ..QuarantineFilter::default()
                };
                loop {
                    let page = quarantine.export(&filter).await?;
                    let Some(last) = page.last() else { break };
                    filter.after = last.listed.number;
                    for row in &page {
                        let outcome = (status, row.listed.replayed_by);
                        of_import.entry(content(&row.raw)).or_default().push(outcome);
                    }
                }
            }
            // The same file again has the same rows again, and no more of them.
            for (content, outcomes) in of_import {
                let known = rows.entry(content).or_default();
                if outcomes.len() > known.len() {
                    *known = outcomes;
                }
            }
        }
        Ok(Settled { rows })
    }

    /// What became of this row before, each time once.
    fn take(&mut self, raw: &[u8]) -> Option<Outcome> {
        if self.rows.is_empty() {
            return None;
        }
        self.rows.get_mut(&content(raw))?.pop()
    }
}

fn content(raw: &[u8]) -> Content {
    *blake3::hash(raw).as_bytes()
}

/// What is said of rows that were dealt with before.
pub(super) fn settled_before(n: u64, place: &Place) -> Option<Finding> {
    (n > 0).then(|| {
        Finding::note(
            "quarantine-settled-before",
            place.clone(),
            Text::new(
                format!("{n} 行此前已修正或忽略，不再重新打开"),
                format!("{n} refused rows were mended or put aside before, and stay so"),
            ),
            Text::new(
                "要重新处理，请在源文件中改正这些行",
                "to have them looked at again, mend them in the file itself",
            ),
        )
    })
}

/// Rows on their way to quarantine, staged some at a time.
pub(super) struct Staging<'a> {
    workspace: &'a Workspace,
    import: Option<ImportNumber>,
    file: String,
    created: i64,
    settled: Settled,
    rows: Vec<Refused>,
    n_rows: u64,
    n_settled: u64,
}

impl<'a> Staging<'a> {
    pub(super) fn new(
        workspace: &'a Workspace,
        import: Option<ImportNumber>,
        file: &str,
        created: i64,
        settled: Settled,
    ) -> Staging<'a> {
        let (file, rows) = (file.to_string(), Vec::new());
        Staging { workspace, import, file, created, settled, rows, n_rows: 0, n_settled: 0 }
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
        let mut staged: Vec<NewQuarantineRow<'_>> = Vec::with_capacity(rows.len());
        for refused in &rows {
            let settled = self.settled.take(&refused.raw);
            self.n_settled += u64::from(settled.is_some());
            staged.push(NewQuarantineRow {
                file: &self.file,
                row: refused.row,
                code: refused.code,
                column: refused.column.as_deref(),
                message: &refused.reason,
                raw: &refused.raw,
                surrogate: None,
                created: self.created,
                expires: self.created + QUARANTINE_US,
                settled,
            });
        }
        Ok(self.workspace.vault.quarantine().stage(import, &staged).await?)
    }

    /// How many rows were refused, and how many of them somebody had dealt with before.
    pub(super) async fn finish(mut self) -> Result<(u64, u64), WorkspaceError> {
        self.flush().await?;
        Ok((self.n_rows, self.n_settled))
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
