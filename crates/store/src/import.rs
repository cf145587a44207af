//! Imports: what was read, how far it came, and what it found.
//!
//! An import counts when its one commit to the events table exists. What it puts into the vault
//! before that, and into quarantine after it, carries its number; [`Imports::unfinished`] names at
//! start what was interrupted, and the caller, who can see whether the commit exists, finishes it
//! or abandons it.

use serde_json::Value;

use crate::error::{Result, StoreError};
use crate::seal::random;
use crate::statement::{FromRow, Row, query};
use crate::store::Store;
use crate::writing::Writing;

/// Number of an import in this store, from 1, never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImportNumber(pub i64);

/// How far an import came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImportStatus {
    /// Its files are known; nothing else is sure.
    Planned,
    /// All its identifiers and texts are in the vault.
    Vaulted,
    /// Its commit to the events table exists.
    Committed,
    /// Its quarantine and reports are complete.
    Done,
    /// It was done, and its events were taken back.
    Undone,
    /// It was interrupted before its commit; nothing of it is left but this record.
    Abandoned,
}

impl ImportStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            ImportStatus::Planned => "planned",
            ImportStatus::Vaulted => "vaulted",
            ImportStatus::Committed => "committed",
            ImportStatus::Done => "done",
            ImportStatus::Undone => "undone",
            ImportStatus::Abandoned => "abandoned",
        }
    }

    fn parse(text: &str) -> Result<ImportStatus> {
        use ImportStatus::*;
        [Planned, Vaulted, Committed, Done, Undone, Abandoned]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| StoreError::malformed("the status of an import"))
    }

    /// Interrupted or still running: neither done nor given up.
    pub fn is_unfinished(self) -> bool {
        matches!(self, ImportStatus::Planned | ImportStatus::Vaulted | ImportStatus::Committed)
    }
}

/// One file of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFile {
    /// As the operator named it.
    pub name: String,
    /// Hash of its bytes, such as [`crate::content_hash`] gives.
    pub content_hash: String,
    pub n_bytes: u64,
}

/// An import that begins.
#[derive(Debug, Clone)]
pub struct NewImport<'a> {
    pub source: &'a str,
    pub files: &'a [ImportFile],
    /// Microseconds UTC.
    pub started: i64,
}

/// An import.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    pub number: ImportNumber,
    /// Number and chance, such as `12-9f3a77c1d2e4b608`. Unlike the number it is never given
    /// twice even when this store is restored from a backup older than the ledger, so it is what
    /// the commit to the events table names.
    pub id: String,
    pub source: String,
    pub files: Vec<ImportFile>,
    /// Microseconds UTC.
    pub started: i64,
    /// Microseconds UTC; of the end, however it ended.
    pub finished: Option<i64>,
    pub status: ImportStatus,
    pub counts: Option<Value>,
    pub quality: Option<Value>,
    pub reconciliation: Option<Value>,
}

/// What an abandoned import left and what was therefore removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Abandoned {
    pub n_identities: u64,
    pub n_attributes: u64,
    pub n_texts: u64,
    pub n_quarantined: u64,
}

/// The imports; see [`Store::imports`].
pub struct Imports<'a> {
    pub(crate) store: &'a Store,
}

impl Imports<'_> {
    /// Records that an import begins.
    pub async fn begin(&self, new: NewImport<'_>) -> Result<Import> {
        let chance = u64::from_be_bytes(random::<8>()?);
        let mut transaction = self.store.write().await?;
        let number: i64 = query(
            "INSERT INTO import_record (id, source, started, status) VALUES ($1, $2, $3, 'planned') RETURNING number",
        )
        .bind(format!("{chance:016x}"))
        .bind(new.source)
        .bind(new.started)
        .fetch_one(&mut *transaction)
        .await?;
        let id = format!("{number}-{chance:016x}");
        query("UPDATE import_record SET id = $1 WHERE number = $2")
            .bind(&id)
            .bind(number)
            .execute(&mut *transaction)
            .await?;
        for (file_number, file) in (1i64..).zip(new.files) {
            query(
                "INSERT INTO import_file (import_number, file_number, name, content_hash, n_bytes)
                 VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(number)
            .bind(file_number)
            .bind(&file.name)
            .bind(&file.content_hash)
            .bind(i64::try_from(file.n_bytes).unwrap_or(i64::MAX))
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(Import {
            number: ImportNumber(number),
            id,
            source: new.source.to_string(),
            files: new.files.to_vec(),
            started: new.started,
            finished: None,
            status: ImportStatus::Planned,
            counts: None,
            quality: None,
            reconciliation: None,
        })
    }

    /// All its identifiers and texts are in the vault.
    pub async fn vaulted(&self, number: ImportNumber) -> Result<()> {
        self.advance(number, &[ImportStatus::Planned], ImportStatus::Vaulted, None).await
    }

    /// Its commit to the events table exists.
    pub async fn committed(&self, number: ImportNumber) -> Result<()> {
        let before = [ImportStatus::Planned, ImportStatus::Vaulted];
        self.advance(number, &before, ImportStatus::Committed, None).await
    }

    /// Writes the reports of an import that is not done yet; `None` leaves what is there.
    pub async fn report(
        &self,
        number: ImportNumber,
        counts: Option<&Value>,
        quality: Option<&Value>,
        reconciliation: Option<&Value>,
    ) -> Result<()> {
        let text = |value: Option<&Value>| value.map(Value::to_string);
        let mut transaction = self.store.write().await?;
        let is = status_of(&mut transaction, number).await?;
        if !is.is_unfinished() {
            return Err(wrong_status(number, is, ImportStatus::Done));
        }
        query(
            "UPDATE import_record SET counts = COALESCE($1, counts), quality = COALESCE($2, quality),
                 reconciliation = COALESCE($3, reconciliation) WHERE number = $4",
        )
        .bind(text(counts))
        .bind(text(quality))
        .bind(text(reconciliation))
        .bind(number.0)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// The import is done: from this instant its quarantine is visible, the rows that it replays are
    /// replayed, and what it learned of attributes that were there before is known. Call it only
    /// when the commit to the events table exists.
    pub async fn finish(&self, number: ImportNumber, finished: i64) -> Result<()> {
        let before = [ImportStatus::Planned, ImportStatus::Vaulted, ImportStatus::Committed];
        self.advance(number, &before, ImportStatus::Done, Some(finished)).await
    }

    /// Notes which quarantined rows an import brings in; they stay open until it is done.
    pub async fn replays(&self, number: ImportNumber, rows: &[i64]) -> Result<()> {
        let mut transaction = self.store.write().await?;
        let is = status_of(&mut transaction, number).await?;
        if !is.is_unfinished() {
            return Err(wrong_status(number, is, ImportStatus::Vaulted));
        }
        for row in rows {
            query(
                "INSERT INTO quarantine_replay (import_number, row_number) VALUES ($1, $2)
                 ON CONFLICT (import_number, row_number) DO NOTHING",
            )
            .bind(number.0)
            .bind(*row)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await
    }

    /// The events of a finished import do not count any more: its open quarantine is closed, what it had
    /// mended is open again, and `report` stands beside its reconciliation, as `undone`.
    pub async fn undo(&self, number: ImportNumber, undone: i64, report: Option<&Value>) -> Result<()> {
        let mut transaction = self.store.write().await?;
        match status_of(&mut transaction, number).await? {
            // Saying the same again is fine: after a crash nobody knows whether it was said.
            ImportStatus::Undone => return Ok(()),
            ImportStatus::Done => {}
            is => return Err(wrong_status(number, is, ImportStatus::Undone)),
        }
        for statement in UNDONE {
            query(*statement).bind(number.0).execute(&mut *transaction).await?;
        }
        if let Some(report) = report {
            let told: Option<Option<String>> =
                query("SELECT reconciliation FROM import_record WHERE number = $1")
                    .bind(number.0)
                    .fetch_optional(&mut *transaction)
                    .await?;
            let told = told.flatten().and_then(|told| serde_json::from_str(&told).ok());
            let mut told: serde_json::Map<String, Value> = told.unwrap_or_default();
            told.insert("undone".into(), report.clone());
            query("UPDATE import_record SET reconciliation = $1 WHERE number = $2")
                .bind(Value::Object(told).to_string())
                .bind(number.0)
                .execute(&mut *transaction)
                .await?;
        }
        set_status(&mut transaction, number, ImportStatus::Undone, Some(undone)).await?;
        transaction.commit().await
    }

    /// Gives up an import whose commit does not exist, and removes what it staged: its quarantine,
    /// its reports, what only it brought into the vault, and what it was going to change there.
    ///
    /// # Errors
    /// [`StoreError::ImportStatus`] if it was committed: then it must be finished.
    pub async fn abandon(&self, number: ImportNumber, at: i64) -> Result<Abandoned> {
        let mut transaction = self.store.write().await?;
        let is = status_of(&mut transaction, number).await?;
        if !matches!(is, ImportStatus::Planned | ImportStatus::Vaulted) {
            return Err(wrong_status(number, is, ImportStatus::Abandoned));
        }
        let mut removed = [0u64; 4];
        for statement in [
            "DELETE FROM vault_attribute_known WHERE import_number = $1",
            "DELETE FROM quarantine_replay WHERE import_number = $1",
            "UPDATE import_record SET counts = NULL, quality = NULL, reconciliation = NULL WHERE number = $1",
        ] {
            query(statement).bind(number.0).execute(&mut *transaction).await?;
        }
        let statements = [
            "DELETE FROM quarantine_row WHERE import_number = $1",
            "DELETE FROM vault_attribute WHERE import_number = $1",
            "DELETE FROM vault_text WHERE import_number = $1",
            "DELETE FROM vault_identity WHERE import_number = $1
                 AND NOT EXISTS (SELECT 1 FROM vault_attribute a WHERE a.surrogate = vault_identity.surrogate)
                 AND NOT EXISTS (SELECT 1 FROM vault_text t WHERE t.surrogate = vault_identity.surrogate)",
        ];
        for (statement, removed) in statements.into_iter().zip(&mut removed) {
            *removed = query(statement).bind(number.0).execute(&mut *transaction).await?;
        }
        set_status(&mut transaction, number, ImportStatus::Abandoned, Some(at)).await?;
        transaction.commit().await?;
        let [n_quarantined, n_attributes, n_texts, n_identities] = removed;
        Ok(Abandoned { n_identities, n_attributes, n_texts, n_quarantined })
    }

    /// What was interrupted, oldest first.
    pub async fn unfinished(&self) -> Result<Vec<Import>> {
        let rows: Vec<Record> = query(
            "SELECT * FROM import_record WHERE status IN ('planned', 'vaulted', 'committed') ORDER BY number",
        )
        .fetch_all(self.store.read())
        .await?;
        self.complete(rows).await
    }

    /// The newest `limit` imports, newest first.
    pub async fn list(&self, limit: u32) -> Result<Vec<Import>> {
        let rows: Vec<Record> = query("SELECT * FROM import_record ORDER BY number DESC LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(self.store.read())
            .await?;
        self.complete(rows).await
    }

    /// The newest `limit` imports with a number below `before`, newest first.
    pub async fn list_before(&self, before: Option<i64>, limit: u32) -> Result<Vec<Import>> {
        let rows: Vec<Record> = query(
            "SELECT * FROM import_record WHERE $1 IS NULL OR number < $1 ORDER BY number DESC LIMIT $2",
        )
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(self.store.read())
        .await?;
        self.complete(rows).await
    }

    pub async fn get(&self, number: ImportNumber) -> Result<Import> {
        let rows: Vec<Record> = query("SELECT * FROM import_record WHERE number = $1")
            .bind(number.0)
            .fetch_all(self.store.read())
            .await?;
        self.complete(rows).await?.pop().ok_or(StoreError::UnknownImport { number: number.0 })
    }

    /// The import with this id, if there is one.
    pub async fn by_id(&self, id: &str) -> Result<Option<Import>> {
        let rows: Vec<Record> =
            query("SELECT * FROM import_record WHERE id = $1").bind(id).fetch_all(self.store.read()).await?;
        Ok(self.complete(rows).await?.pop())
    }

    /// The finished imports that read a file with these very bytes, oldest first.
    pub async fn with_content(&self, content_hash: &str) -> Result<Vec<Import>> {
        let rows: Vec<Record> = query(
            "SELECT * FROM import_record WHERE status = 'done' AND number IN
                 (SELECT import_number FROM import_file WHERE content_hash = $1) ORDER BY number",
        )
        .bind(content_hash)
        .fetch_all(self.store.read())
        .await?;
        self.complete(rows).await
    }

    /// The last finished import of a source before `number` that was no replay of quarantine: what its quality
    /// is compared with. A few mended rows say nothing of what a delivery looks like.
    pub async fn previous(&self, source: &str, before: ImportNumber) -> Result<Option<Import>> {
        let rows: Vec<Record> = query(
            "SELECT * FROM import_record WHERE status = 'done' AND source = $1 AND number < $2
                 AND quality IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM quarantine_row r WHERE r.replayed_by = import_record.number)
             ORDER BY number DESC LIMIT 1",
        )
        .bind(source)
        .bind(before.0)
        .fetch_all(self.store.read())
        .await?;
        Ok(self.complete(rows).await?.pop())
    }

    async fn advance(
        &self,
        number: ImportNumber,
        before: &[ImportStatus],
        wanted: ImportStatus,
        finished: Option<i64>,
    ) -> Result<()> {
        let mut transaction = self.store.write().await?;
        let is = status_of(&mut transaction, number).await?;
        // Saying the same again is fine: after a crash nobody knows whether it was said.
        if is == wanted {
            return Ok(());
        }
        if !before.contains(&is) {
            return Err(wrong_status(number, is, wanted));
        }
        if wanted == ImportStatus::Done {
            for statement in COMPLETED {
                query(*statement).bind(number.0).execute(&mut *transaction).await?;
            }
        }
        set_status(&mut transaction, number, wanted, finished).await?;
        transaction.commit().await
    }

    async fn complete(&self, records: Vec<Record>) -> Result<Vec<Import>> {
        let mut imports = Vec::with_capacity(records.len());
        for mut record in records {
            let files: Vec<(String, String, i64)> = query(
                "SELECT name, content_hash, n_bytes FROM import_file WHERE import_number = $1 ORDER BY file_number",
            )
            .bind(record.0.number.0)
            .fetch_all(self.store.read())
            .await?;
            record.0.files = files
                .into_iter()
                .map(|(name, content_hash, n_bytes)| ImportFile {
                    name,
                    content_hash,
                    n_bytes: u64::try_from(n_bytes).unwrap_or(0),
                })
                .collect();
            imports.push(record.0);
        }
        Ok(imports)
    }
}

/// What becomes true when an import is done, in the same transaction.
const COMPLETED: &[&str] = &[
    "UPDATE vault_attribute SET known = (
         SELECT p.known FROM vault_attribute_known p
         WHERE p.import_number = $1 AND p.attribute_number = vault_attribute.number)
     WHERE number IN (
         SELECT p.attribute_number FROM vault_attribute_known p
         WHERE p.import_number = $1 AND p.known > vault_attribute.known)",
    "DELETE FROM vault_attribute_known WHERE import_number = $1",
    "UPDATE quarantine_row SET status = 'replayed', replayed_by = $1
     WHERE number IN (SELECT row_number FROM quarantine_replay WHERE import_number = $1)",
    "DELETE FROM quarantine_replay WHERE import_number = $1",
];

/// What becomes true when an import is undone, in the same transaction.
const UNDONE: &[&str] = &[
    "UPDATE quarantine_row SET status = 'discarded' WHERE import_number = $1 AND status = 'open'",
    "UPDATE quarantine_row SET status = 'open', replayed_by = NULL
     WHERE replayed_by = $1 AND status = 'replayed'",
];

/// Where an import stands, as seen by the transaction.
pub(crate) async fn status_of(transaction: &mut Writing, number: ImportNumber) -> Result<ImportStatus> {
    let status: Option<String> = query("SELECT status FROM import_record WHERE number = $1")
        .bind(number.0)
        .fetch_optional(&mut **transaction)
        .await?;
    ImportStatus::parse(&status.ok_or(StoreError::UnknownImport { number: number.0 })?)
}

pub(crate) fn wrong_status(number: ImportNumber, is: ImportStatus, wanted: ImportStatus) -> StoreError {
    StoreError::ImportStatus { number: number.0, is: is.as_str(), wanted: wanted.as_str() }
}

async fn set_status(
    transaction: &mut Writing,
    number: ImportNumber,
    status: ImportStatus,
    finished: Option<i64>,
) -> Result<()> {
    query("UPDATE import_record SET status = $1, finished = COALESCE($2, finished) WHERE number = $3")
        .bind(status.as_str())
        .bind(finished)
        .bind(number.0)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// A row of `import_record`, without its files.
struct Record(Import);

impl FromRow for Record {
    fn from_row(row: &Row) -> Result<Record, sqlx::Error> {
        let json = |column: &str| -> Result<Option<Value>, sqlx::Error> {
            let text: Option<String> = row.get(column)?;
            text.map(|text| serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(error.into())))
                .transpose()
        };
        let status: String = row.get("status")?;
        Ok(Record(Import {
            number: ImportNumber(row.get("number")?),
            id: row.get("id")?,
            source: row.get("source")?,
            files: Vec::new(),
            started: row.get("started")?,
            finished: row.get("finished")?,
            status: ImportStatus::parse(&status).map_err(|error| sqlx::Error::Decode(error.into()))?,
            counts: json("counts")?,
            quality: json("quality")?,
            reconciliation: json("reconciliation")?,
        }))
    }
}
