//! Quarantine: rows that are wrong, with their reason, until they are mended, discarded or expire.
//! Rows are staged under their import and become visible at once when it is done. Listing never
//! opens a row; exporting does, and the caller audits it.

use gradus_model::Text;
use serde::{Deserialize, Serialize};

use crate::error::{Result, StoreError};
use crate::import::ImportNumber;
use crate::seal::{Chance, open, place, seal_next};
use crate::statement::{FromRow, Row, query};
use crate::store::{ROWS_PER_STATEMENT, statements};
use crate::vault::Vault;

/// Bytes of one page of an export, roughly.
const BYTES_PER_PAGE: u64 = 64 << 20;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuarantineStatus {
    /// Nobody has dealt with it.
    Open,
    /// It was imported again, mended or as it is.
    Replayed,
    /// Somebody decided that it is not needed.
    Discarded,
}

impl QuarantineStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            QuarantineStatus::Open => "open",
            QuarantineStatus::Replayed => "replayed",
            QuarantineStatus::Discarded => "discarded",
        }
    }

    fn parse(text: &str) -> Result<QuarantineStatus> {
        use QuarantineStatus::*;
        [Open, Replayed, Discarded]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| StoreError::malformed("the status of a quarantined row"))
    }
}

/// One row that is wrong, as it arrives.
#[derive(Debug, Clone, Copy)]
pub struct NewQuarantineRow<'a> {
    /// As the operator named it.
    pub file: &'a str,
    /// Data row, from 1, the header not counted.
    pub row: u64,
    /// Why, in kebab case.
    pub code: &'a str,
    /// Why, for people. It is sealed too, because it may quote a cell.
    pub message: &'a Text,
    /// The column whose cell is to be mended, where that is known; sealed with the message.
    pub column: Option<&'a str>,
    /// The bytes of the row as they were read.
    pub raw: &'a [u8],
    /// The identity it belongs to, where that much could be read: then erasure finds it.
    pub surrogate: Option<i64>,
    /// Microseconds UTC.
    pub created: i64,
    /// Microseconds UTC; from then on [`Quarantine::expire`] removes it.
    pub expires: i64,
    /// What somebody did with the same row before, and the import that brought it in; open otherwise.
    pub settled: Option<(QuarantineStatus, Option<i64>)>,
}

/// One quarantined row as it is listed: without the row itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuarantineRow {
    pub number: i64,
    #[serde(rename = "import")]
    pub import_number: i64,
    pub file: String,
    pub row: u64,
    pub code: String,
    pub message: Text,
    /// The column whose cell is to be mended, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    pub created: i64,
    pub expires: i64,
    pub status: QuarantineStatus,
    /// The import that brought it in at last.
    pub replayed_by: Option<i64>,
    /// Length of the sealed row in bytes.
    pub n_bytes: u64,
}

/// One quarantined row with its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct QuarantinedRow {
    pub listed: QuarantineRow,
    pub raw: Vec<u8>,
}

impl std::fmt::Debug for QuarantinedRow {
    /// Without the bytes, because what is debugged ends in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QuarantinedRow").field("listed", &self.listed).finish_non_exhaustive()
    }
}

/// How many rows of one import and file have one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuarantineSummary {
    #[serde(rename = "import")]
    pub import_number: i64,
    pub file: String,
    pub code: String,
    pub status: QuarantineStatus,
    pub n_rows: u64,
}

/// Which rows, and which page of them.
#[derive(Debug, Clone, Default)]
pub struct QuarantineFilter<'a> {
    pub import: Option<ImportNumber>,
    pub status: Option<QuarantineStatus>,
    pub code: Option<&'a str>,
    /// Rows with a higher number: the last one of the page before.
    pub after: i64,
    /// At most so many; 0 stands for 1000.
    pub limit: u32,
}

/// What is sealed as the message of a row. What was sealed before has no column.
#[derive(Serialize, Deserialize)]
struct Reason {
    zh: String,
    en: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    column: Option<String>,
}

/// The quarantine; see [`Vault::quarantine`].
pub struct Quarantine<'a> {
    pub(crate) vault: &'a Vault,
}

impl Quarantine<'_> {
    /// Stages rows under an import that is not done yet, in one transaction. Staged before the
    /// import's commit, they need not be read again after a crash: finishing makes them visible,
    /// abandoning removes them.
    pub async fn stage(&self, import: ImportNumber, rows: &[NewQuarantineRow<'_>]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut transaction = self.vault.store().write().await?;
        self.vault.staging(&mut transaction, Some(import)).await?;
        for chunk in statements(rows, |row| row.raw.len()) {
            let mut chance = Chance::for_keys_and_nonces(0, 2 * chunk.len())?;
            let mut sealed = Vec::with_capacity(chunk.len());
            for row in chunk {
                let reason = Reason {
                    zh: row.message.zh.clone(),
                    en: row.message.en.clone(),
                    column: row.column.map(str::to_string),
                };
                let message = serde_json::to_vec(&reason)
                    .map_err(|_| StoreError::malformed("the message of a quarantined row"))?;
                let belongs_to = |part| row_place(part, import.0, row.file, row.row, row.code);
                let key = &self.vault.quarantine_key;
                sealed.push((
                    row,
                    seal_next(&mut chance, key, &belongs_to(MESSAGE), &message)?,
                    seal_next(&mut chance, key, &belongs_to(RAW), row.raw)?,
                ));
            }
            let mut statement = query(
                "INSERT INTO quarantine_row (import_number, file, row_number, code, surrogate, created, expires,
                     status, replayed_by, sealed_message, sealed_row) ",
            );
            statement.push_values(sealed, |(row, message, raw)| {
                [
                    import.0.into(),
                    row.file.into(),
                    as_stored(row.row).into(),
                    row.code.into(),
                    row.surrogate.into(),
                    row.created.into(),
                    row.expires.into(),
                    row.settled.map_or(QuarantineStatus::Open, |(status, _)| status).as_str().into(),
                    row.settled.and_then(|(_, by)| by).into(),
                    message.into(),
                    raw.into(),
                ]
            });
            statement.execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Removes what is staged under an import that is not done yet, so that it can be staged anew.
    pub async fn unstage(&self, import: ImportNumber) -> Result<u64> {
        let mut transaction = self.vault.store().write().await?;
        self.vault.staging(&mut transaction, Some(import)).await?;
        let n_removed = query("DELETE FROM quarantine_row WHERE import_number = $1")
            .bind(import.0)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(n_removed)
    }

    /// Rows of finished imports in the order of their numbers.
    pub async fn list(&self, filter: &QuarantineFilter<'_>) -> Result<Vec<QuarantineRow>> {
        let rows = self.stored(filter).await?;
        rows.into_iter().map(|row| self.open_listed(row)).collect()
    }

    /// Rows with their bytes. The caller checks the right to see them, and audits it. A page ends
    /// early when it grows large; the last one is empty.
    pub async fn export(&self, filter: &QuarantineFilter<'_>) -> Result<Vec<QuarantinedRow>> {
        let mut exported = Vec::new();
        let mut n_bytes = 0u64;
        for listed in self.list(filter).await? {
            n_bytes = n_bytes.saturating_add(listed.n_bytes);
            if n_bytes > BYTES_PER_PAGE && !exported.is_empty() {
                break;
            }
            let sealed: Option<Vec<u8>> = query("SELECT sealed_row FROM quarantine_row WHERE number = $1")
                .bind(listed.number)
                .fetch_optional(self.vault.store().read())
                .await?;
            // Gone since it was listed: expired, or its owner was erased.
            let Some(sealed) = sealed else { continue };
            let belongs_to = row_place(RAW, listed.import_number, &listed.file, listed.row, &listed.code);
            let raw = open(&self.vault.quarantine_key, &belongs_to, &sealed)
                .ok_or_else(|| unreadable(listed.number))?;
            exported.push(QuarantinedRow { listed, raw: raw.to_vec() });
        }
        Ok(exported)
    }

    /// One row of a finished import with its bytes; `None` if there is none, or it is gone.
    pub async fn get(&self, number: i64) -> Result<Option<QuarantinedRow>> {
        let filter = QuarantineFilter { after: number - 1, limit: 1, ..QuarantineFilter::default() };
        let found = self.export(&filter).await?.into_iter().next();
        Ok(found.filter(|row| row.listed.number == number))
    }

    /// How many rows of finished imports there are of this import and status.
    pub async fn count(&self, import: Option<ImportNumber>, status: QuarantineStatus) -> Result<u64> {
        let summary = self.summary(import).await?;
        Ok(summary.iter().filter(|one| one.status == status).map(|one| one.n_rows).sum())
    }

    /// How many rows this import brought in at last, of its own or of others.
    pub async fn replayed_by(&self, import: ImportNumber) -> Result<u64> {
        let n: Option<i64> =
            query("SELECT COUNT(*) FROM quarantine_row WHERE replayed_by = $1 AND status = 'replayed'")
                .bind(import.0)
                .fetch_optional(self.vault.store().read())
                .await?;
        Ok(n.map_or(0, as_count))
    }

    /// How many rows there are by import, file, reason and status.
    pub async fn summary(&self, import: Option<ImportNumber>) -> Result<Vec<QuarantineSummary>> {
        let rows: Vec<(i64, String, String, String, i64)> = query(
            "SELECT q.import_number, q.file, q.code, q.status, COUNT(*)
             FROM quarantine_row q JOIN import_record i ON i.number = q.import_number
             WHERE i.status = 'done' AND ($1 IS NULL OR q.import_number = $1)
             GROUP BY q.import_number, q.file, q.code, q.status
             ORDER BY q.import_number, q.file, q.code, q.status",
        )
        .bind(import.map(|number| number.0))
        .fetch_all(self.vault.store().read())
        .await?;
        rows.into_iter()
            .map(|(import_number, file, code, status, n)| {
                let status = QuarantineStatus::parse(&status)?;
                Ok(QuarantineSummary { import_number, file, code, status, n_rows: as_count(n) })
            })
            .collect()
    }

    /// Says what became of rows; returns how many there were.
    pub async fn mark(
        &self,
        numbers: &[i64],
        status: QuarantineStatus,
        replayed_by: Option<ImportNumber>,
    ) -> Result<u64> {
        let mut n_marked = 0;
        let mut transaction = self.vault.store().write().await?;
        for chunk in numbers.chunks(ROWS_PER_STATEMENT) {
            let mut statement = query("UPDATE quarantine_row SET status = ");
            statement
                .push_bind(status.as_str())
                .push(", replayed_by = ")
                .push_bind(replayed_by.map(|one| one.0));
            statement.push(" WHERE number").push_in(chunk);
            n_marked += statement.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(n_marked)
    }

    /// Removes the rows whose time is over at `now`, whatever their status; returns how many.
    pub async fn expire(&self, now: i64) -> Result<u64> {
        let mut transaction = self.vault.store().write().await?;
        let n_removed = query("DELETE FROM quarantine_row WHERE expires <= $1")
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(n_removed)
    }

    async fn stored(&self, filter: &QuarantineFilter<'_>) -> Result<Vec<Stored>> {
        let limit = if filter.limit == 0 { 1000 } else { filter.limit };
        Ok(query(
            "SELECT q.number, q.import_number, q.file, q.row_number, q.code, q.created, q.expires, q.status,
                 q.replayed_by, q.sealed_message, CAST(LENGTH(q.sealed_row) AS BIGINT)
             FROM quarantine_row q JOIN import_record i ON i.number = q.import_number
             WHERE i.status = 'done' AND q.number > $1 AND ($2 IS NULL OR q.import_number = $2)
                 AND ($3 IS NULL OR q.status = $3) AND ($4 IS NULL OR q.code = $4)
             ORDER BY q.number LIMIT $5",
        )
        .bind(filter.after)
        .bind(filter.import.map(|number| number.0))
        .bind(filter.status.map(QuarantineStatus::as_str))
        .bind(filter.code)
        .bind(i64::from(limit))
        .fetch_all(self.vault.store().read())
        .await?)
    }

    fn open_listed(&self, stored: Stored) -> Result<QuarantineRow> {
        let row = as_count(stored.row_number);
        let belongs_to = row_place(MESSAGE, stored.import_number, &stored.file, row, &stored.code);
        let message = open(&self.vault.quarantine_key, &belongs_to, &stored.sealed_message)
            .ok_or_else(|| unreadable(stored.number))?;
        let reason: Reason = serde_json::from_slice(&message).map_err(|_| unreadable(stored.number))?;
        Ok(QuarantineRow {
            number: stored.number,
            import_number: stored.import_number,
            row,
            message: Text::new(reason.zh, reason.en),
            column: reason.column,
            status: QuarantineStatus::parse(&stored.status)?,
            n_bytes: as_count(stored.n_sealed_bytes).saturating_sub(crate::seal::OVERHEAD_BYTES),
            file: stored.file,
            code: stored.code,
            created: stored.created,
            expires: stored.expires,
            replayed_by: stored.replayed_by,
        })
    }
}

fn unreadable(number: i64) -> StoreError {
    StoreError::Unreadable { what: format!("quarantined row {number}") }
}

const MESSAGE: &[u8] = b"gradus quarantine message 1";
const RAW: &[u8] = b"gradus quarantine row 1";

/// Where a sealed part of a row belongs.
fn row_place(part: &[u8], import: i64, file: &str, row: u64, code: &str) -> Vec<u8> {
    place(&[part, &import.to_le_bytes(), file.as_bytes(), &row.to_le_bytes(), code.as_bytes()])
}

fn as_stored(row: u64) -> i64 {
    i64::try_from(row).unwrap_or(i64::MAX)
}

fn as_count(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}

struct Stored {
    number: i64,
    import_number: i64,
    file: String,
    row_number: i64,
    code: String,
    created: i64,
    expires: i64,
    status: String,
    replayed_by: Option<i64>,
    sealed_message: Vec<u8>,
    n_sealed_bytes: i64,
}

impl FromRow for Stored {
    fn from_row(row: &Row) -> Result<Stored, sqlx::Error> {
        Ok(Stored {
            number: row.get(0)?,
            import_number: row.get(1)?,
            file: row.get(2)?,
            row_number: row.get(3)?,
            code: row.get(4)?,
            created: row.get(5)?,
            expires: row.get(6)?,
            status: row.get(7)?,
            replayed_by: row.get(8)?,
            sealed_message: row.get(9)?,
            n_sealed_bytes: row.get(10)?,
        })
    }
}
