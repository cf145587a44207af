//! Versions (版本): the one draft that a workspace works at, what was submitted and decided, and from
//! when each version is in force.

use serde::Serialize;

use crate::error::{Result, StoreError};
use crate::model::keep;
use crate::statement::query;
use crate::store::Store;

/// What somebody works at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Draft {
    pub document: String,
    /// The version that it began as.
    pub base_version: Option<i64>,
    pub account: String,
    /// Microseconds UTC, like all instants here.
    pub changed: i64,
    /// Grows with every change.
    pub revision: i64,
}

/// What became of a submitted version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionState {
    Review,
    Approved,
    Rejected,
    Withdrawn,
}

impl VersionState {
    const ALL: [VersionState; 4] =
        [VersionState::Review, VersionState::Approved, VersionState::Rejected, VersionState::Withdrawn];

    pub fn as_str(self) -> &'static str {
        match self {
            VersionState::Review => "review",
            VersionState::Approved => "approved",
            VersionState::Rejected => "rejected",
            VersionState::Withdrawn => "withdrawn",
        }
    }
}

/// A version, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// From 1.
    pub number: i64,
    /// See [`crate::content_hash`].
    pub hash: String,
    /// Who submitted it.
    pub account: String,
    pub note: String,
    pub created: i64,
    pub state: VersionState,
    pub reviewer: Option<String>,
    pub review_note: Option<String>,
    pub decided: Option<i64>,
    /// What its validation said; `None`: not yet validated.
    pub validation: Option<String>,
}

/// From when a version is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Publication {
    pub number: i64,
    pub version: i64,
    pub effective_from: i64,
    pub at: i64,
    pub account: String,
    pub reason: String,
    pub withdrawn: Option<i64>,
}

/// The versions; see [`Store::versions`].
pub struct Versions<'a> {
    pub(crate) store: &'a Store,
}

type Row =
    (i64, String, String, String, i64, String, Option<String>, Option<String>, Option<i64>, Option<String>);
type PublicationRow = (i64, i64, i64, i64, String, String, Option<i64>);

const COLUMNS: &str =
    "number, hash, account, note, created, state, reviewer, review_note, decided, validation";
const PUBLICATION: &str = "number, version, effective_from, at, account, reason, withdrawn";

impl Versions<'_> {
    pub async fn draft(&self) -> Result<Option<Draft>> {
        let row: Option<(String, Option<i64>, String, i64, i64)> =
            query("SELECT document, base_version, account, changed, revision FROM draft")
                .fetch_optional(self.store.read())
                .await?;
        Ok(row.map(|(document, base_version, account, changed, revision)| Draft {
            document,
            base_version,
            account,
            changed,
            revision,
        }))
    }

    /// Writes the draft if it still is the one of `revision` (0: there is none); its new revision.
    /// `None` if somebody changed it meanwhile.
    pub async fn write_draft(
        &self,
        revision: i64,
        document: &str,
        base_version: Option<i64>,
        account: &str,
        at: i64,
    ) -> Result<Option<i64>> {
        let mut transaction = self.store.write().await?;
        let is: Option<i64> = query("SELECT revision FROM draft").fetch_optional(&mut *transaction).await?;
        if is.unwrap_or(0) != revision {
            return Ok(None);
        }
        // Revisions never repeat, not even after a draft was thrown away.
        let last: Option<String> = query("SELECT value FROM setting WHERE key = 'draft_revision'")
            .fetch_optional(&mut *transaction)
            .await?;
        let next = last.and_then(|text| text.parse::<i64>().ok()).unwrap_or(0).max(revision) + 1;
        query(
            "INSERT INTO setting (key, value) VALUES ('draft_revision', $1)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(next.to_string())
        .execute(&mut *transaction)
        .await?;
        query(
            "INSERT INTO draft (one, document, base_version, account, changed, revision) VALUES (1, $1, $2, $3, $4, $5)
             ON CONFLICT (one) DO UPDATE SET document = excluded.document, base_version = excluded.base_version,
                 account = excluded.account, changed = excluded.changed, revision = excluded.revision",
        )
        .bind(document)
        .bind(base_version)
        .bind(account)
        .bind(at)
        .bind(next)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Some(next))
    }

    /// Throws the draft away if it still is the one of `revision`.
    pub async fn drop_draft(&self, revision: i64) -> Result<bool> {
        let mut transaction = self.store.write().await?;
        let gone =
            query("DELETE FROM draft WHERE revision = $1").bind(revision).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(gone == 1)
    }

    /// Makes a version of a text; a draft of `draft_revision` is used up by it.
    pub async fn submit(
        &self,
        document: &str,
        account: &str,
        note: &str,
        at: i64,
        draft_revision: Option<i64>,
    ) -> Result<Version> {
        let mut transaction = self.store.write().await?;
        let hash = keep(&mut transaction, document).await?;
        let number: i64 = query(
            "INSERT INTO version (hash, account, note, created, state) VALUES ($1, $2, $3, $4, 'review') RETURNING number",
        )
        .bind(&hash)
        .bind(account)
        .bind(note)
        .bind(at)
        .fetch_one(&mut *transaction)
        .await?;
        if let Some(revision) = draft_revision {
            query("DELETE FROM draft WHERE revision = $1").bind(revision).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        self.get(number).await
    }

    /// Decides over a version in review.
    ///
    /// # Errors
    /// [`StoreError::VersionState`] if it no longer is.
    pub async fn decide(
        &self,
        number: i64,
        state: VersionState,
        reviewer: &str,
        note: &str,
        at: i64,
    ) -> Result<Version> {
        let mut transaction = self.store.write().await?;
        let changed = query(
            "UPDATE version SET state = $2, reviewer = $3, review_note = $4, decided = $5
             WHERE number = $1 AND state = 'review'",
        )
        .bind(number)
        .bind(state.as_str())
        .bind(reviewer)
        .bind(note)
        .bind(at)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        let version = self.get(number).await?;
        if changed == 0 {
            return Err(StoreError::VersionState {
                number,
                is: version.state.as_str(),
                wanted: state.as_str(),
            });
        }
        Ok(version)
    }

    /// Puts an approved version in force from an instant on.
    pub async fn publish(
        &self,
        number: i64,
        effective_from: i64,
        account: &str,
        reason: &str,
        at: i64,
    ) -> Result<Publication> {
        let version = self.get(number).await?;
        if version.state != VersionState::Approved {
            return Err(StoreError::VersionState { number, is: version.state.as_str(), wanted: "published" });
        }
        let mut transaction = self.store.write().await?;
        let publication: i64 = query(
            "INSERT INTO publication (version, effective_from, at, account, reason) VALUES ($1, $2, $3, $4, $5)
             RETURNING number",
        )
        .bind(number)
        .bind(effective_from)
        .bind(at)
        .bind(account)
        .bind(reason)
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
        let reason = reason.to_string();
        let account = account.to_string();
        Ok(Publication {
            number: publication,
            version: number,
            effective_from,
            at,
            account,
            reason,
            withdrawn: None,
        })
    }

    /// Takes back a publication that is not in force yet; false if there is none such.
    pub async fn withdraw(&self, publication: i64, at: i64) -> Result<bool> {
        let mut transaction = self.store.write().await?;
        let changed = query(
            "UPDATE publication SET withdrawn = $2 WHERE number = $1 AND withdrawn IS NULL AND effective_from > $2",
        )
        .bind(publication)
        .bind(at)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(changed == 1)
    }

    /// The version in force at an instant.
    pub async fn in_force(&self, at: i64) -> Result<Option<Version>> {
        let number: Option<i64> = query(
            "SELECT version FROM publication WHERE effective_from <= $1 AND withdrawn IS NULL
             ORDER BY effective_from DESC, number DESC LIMIT 1",
        )
        .bind(at)
        .fetch_optional(self.store.read())
        .await?;
        match number {
            Some(number) => self.get(number).await.map(Some),
            None => Ok(None),
        }
    }

    pub async fn get(&self, number: i64) -> Result<Version> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM version WHERE number = $1"));
        let row: Option<Row> = query(sql).bind(number).fetch_optional(self.store.read()).await?;
        version_of(row.ok_or(StoreError::UnknownVersion { number })?)
    }

    /// All versions, newest first.
    pub async fn list(&self) -> Result<Vec<Version>> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM version ORDER BY number DESC"));
        let rows: Vec<Row> = query(sql).fetch_all(self.store.read()).await?;
        rows.into_iter().map(version_of).collect()
    }

    /// All publications, newest first.
    pub async fn publications(&self) -> Result<Vec<Publication>> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {PUBLICATION} FROM publication ORDER BY number DESC"));
        let rows: Vec<PublicationRow> = query(sql).fetch_all(self.store.read()).await?;
        let publication = |(number, version, effective_from, at, account, reason, withdrawn)| Publication {
            number,
            version,
            effective_from,
            at,
            account,
            reason,
            withdrawn,
        };
        Ok(rows.into_iter().map(publication).collect())
    }

    /// Stamps what the validation of a version said.
    pub async fn validated(&self, number: i64, validation: &str) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query("UPDATE version SET validation = $2 WHERE number = $1")
            .bind(number)
            .bind(validation)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }
}

fn version_of(row: Row) -> Result<Version> {
    let (number, hash, account, note, created, state, reviewer, review_note, decided, validation) = row;
    let state = VersionState::ALL.into_iter().find(|known| known.as_str() == state);
    let state = state.ok_or_else(|| StoreError::malformed(format!("version {number}")))?;
    Ok(Version { number, hash, account, note, created, state, reviewer, review_note, decided, validation })
}
