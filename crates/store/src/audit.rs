//! The audit log: who did what. Each entry's hash covers the hash before it, so a change, a
//! removal or an insertion in the middle is found; the head, kept apart, finds entries that were
//! cut off at the end. Somebody who can write the whole file can also recompute it: an operator
//! who fears that keeps a head elsewhere (printed in a report, sent by mail) and verifies against it.
//!
//! Entries name customers by surrogate, never by what identifies them: they are not encrypted and
//! outlive an erasure.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::database::Transaction;
use crate::error::{Result, StoreError};
use crate::statement::query;
use crate::store::Store;

/// An entry to append.
#[derive(Debug, Clone)]
pub struct NewAuditEntry<'a> {
    /// Microseconds UTC.
    pub at: i64,
    /// Who: a user's id, or `system`.
    pub actor: &'a str,
    /// Did what: such as `quarantine.export`, `vault.reveal`, `model.publish`.
    pub action: &'a str,
    /// To what: a surrogate, a model's name and version, an import's number.
    pub subject: &'a str,
    pub detail: Value,
}

impl<'a> NewAuditEntry<'a> {
    pub fn new(at: i64, actor: &'a str, action: &'a str, subject: &'a str) -> NewAuditEntry<'a> {
        NewAuditEntry { at, actor, action, subject, detail: Value::Null }
    }

    pub fn detail(mut self, detail: Value) -> NewAuditEntry<'a> {
        self.detail = detail;
        self
    }
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditEntry {
    /// From 1, without gaps.
    pub number: i64,
    pub at: i64,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub detail: Value,
    /// Hash of this entry: 64 hexadecimal digits.
    pub hash: String,
}

/// The end of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// Number of the last entry; 0 if there is none.
    pub number: i64,
    /// Its hash; empty if there is none.
    pub hash: String,
}

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditVerdict {
    /// All entries are as they were written.
    Intact { n_entries: u64 },
    /// The first entry that is not as it was written, or is missing.
    TamperedAt { number: i64 },
}

/// The audit log; see [`Store::audit`].
pub struct Audits<'a> {
    pub(crate) store: &'a Store,
}

/// Columns of an entry as stored; `detail` stays text, because its bytes are what is hashed.
type Columns = (i64, i64, String, String, String, String, String, String);

/// Entries read at once when verifying.
const PAGE: i64 = 5000;

impl Audits<'_> {
    /// Appends an entry; returns the new head.
    pub async fn append(&self, entry: NewAuditEntry<'_>) -> Result<AuditHead> {
        let mut transaction = self.store.write().await?;
        let before = head(&mut transaction).await?;
        let number = before.number + 1;
        let detail = entry.detail.to_string();
        let hash =
            entry_hash(&before.hash, number, entry.at, entry.actor, entry.action, entry.subject, &detail);
        query(
            "INSERT INTO audit_entry (number, at, actor, action, subject, detail, previous, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(number)
        .bind(entry.at)
        .bind(entry.actor)
        .bind(entry.action)
        .bind(entry.subject)
        .bind(detail)
        .bind(before.hash)
        .bind(&hash)
        .execute(&mut *transaction)
        .await?;
        query("UPDATE audit_head SET number = $1, hash = $2 WHERE one = 1")
            .bind(number)
            .bind(&hash)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(AuditHead { number, hash })
    }

    /// Entries after `after`, oldest first, at most `limit`.
    pub async fn list(&self, after: i64, limit: u32) -> Result<Vec<AuditEntry>> {
        let mut transaction = self.store.read().begin().await?;
        entries(page(&mut transaction, after, i64::from(limit)).await?)
    }

    /// Entries before `before`, or all if it is `None`: newest first, at most `limit`.
    pub async fn newest(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>> {
        let rows: Vec<Columns> = query(
            "SELECT number, at, actor, action, subject, detail, previous, hash FROM audit_entry
             WHERE number < $1 ORDER BY number DESC LIMIT $2",
        )
        .bind(before.unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(self.store.read())
        .await?;
        entries(rows)
    }

    /// The end of the log, to be kept elsewhere.
    pub async fn head(&self) -> Result<AuditHead> {
        let mut transaction = self.store.read().begin().await?;
        head(&mut transaction).await
    }

    /// Recomputes the whole chain. With a head that was kept elsewhere, the log must also still
    /// contain that very entry.
    pub async fn verify(&self, kept: Option<&AuditHead>) -> Result<AuditVerdict> {
        // One snapshot: what others append meanwhile is not in it, so an entry past the head was
        // not appended by us.
        let mut snapshot = self.store.read().begin().await?;
        let end = head(&mut snapshot).await?;
        let mut before = AuditHead { number: 0, hash: String::new() };
        loop {
            let rows = page(&mut snapshot, before.number, PAGE).await?;
            if rows.is_empty() {
                break;
            }
            for (number, at, actor, action, subject, detail, previous, hash) in rows {
                let wanted = entry_hash(&before.hash, number, at, &actor, &action, &subject, &detail);
                if number != before.number + 1 || previous != before.hash || hash != wanted {
                    return Ok(AuditVerdict::TamperedAt { number: before.number + 1 });
                }
                if kept.is_some_and(|kept| kept.number == number && kept.hash != hash) {
                    return Ok(AuditVerdict::TamperedAt { number });
                }
                before = AuditHead { number, hash };
            }
        }
        if before.number != end.number {
            return Ok(AuditVerdict::TamperedAt { number: before.number.min(end.number) + 1 });
        }
        if before.hash != end.hash {
            return Ok(AuditVerdict::TamperedAt { number: end.number });
        }
        if kept.is_some_and(|kept| kept.number > end.number) {
            return Ok(AuditVerdict::TamperedAt { number: end.number + 1 });
        }
        Ok(AuditVerdict::Intact { n_entries: u64::try_from(end.number).unwrap_or(0) })
    }
}

fn entries(rows: Vec<Columns>) -> Result<Vec<AuditEntry>> {
    rows.into_iter()
        .map(|(number, at, actor, action, subject, detail, _, hash)| {
            let detail = serde_json::from_str(&detail)
                .map_err(|_| StoreError::malformed(format!("audit entry {number}")))?;
            Ok(AuditEntry { number, at, actor, action, subject, detail, hash })
        })
        .collect()
}

async fn page(connection: &mut Transaction, after: i64, limit: i64) -> Result<Vec<Columns>> {
    Ok(query(
        "SELECT number, at, actor, action, subject, detail, previous, hash FROM audit_entry
         WHERE number > $1 ORDER BY number LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?)
}

async fn head(connection: &mut Transaction) -> Result<AuditHead> {
    let row: Option<(i64, String)> =
        query("SELECT number, hash FROM audit_head WHERE one = 1").fetch_optional(connection).await?;
    // A head that somebody removed reads like that of an empty log, which the entries contradict.
    let (number, hash) = row.unwrap_or_default();
    Ok(AuditHead { number, hash })
}

/// The hash of an entry: every part framed by its length, so that none can run into the next.
fn entry_hash(
    previous: &str,
    number: i64,
    at: i64,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &str,
) -> String {
    let place = crate::seal::place(&[
        b"gradus audit 1",
        previous.as_bytes(),
        &number.to_le_bytes(),
        &at.to_le_bytes(),
        actor.as_bytes(),
        action.as_bytes(),
        subject.as_bytes(),
        detail.as_bytes(),
    ]);
    blake3::hash(&place).to_hex().to_string()
}
