//! Versions of models. A draft may change; a published version never does; every text that was
//! ever a version stays, by its hash, so that any grade can be reproduced.

use serde::{Deserialize, Serialize};

use crate::error::{Result, StoreError};
use crate::store::Store;
use crate::writing::Writing;

/// The hash by which a text or file is known: BLAKE3 of its bytes, 64 hexadecimal digits.
pub fn content_hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// Where a version is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelStatus {
    Draft,
    Published,
    Retired,
}

impl ModelStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            ModelStatus::Draft => "draft",
            ModelStatus::Published => "published",
            ModelStatus::Retired => "retired",
        }
    }

    fn parse(text: &str) -> Result<ModelStatus> {
        use ModelStatus::*;
        [Draft, Published, Retired]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| StoreError::malformed("the status of a model"))
    }
}

/// One version of a model, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelVersion {
    pub name: String,
    /// From 1, without gaps.
    pub version: i64,
    /// See [`content_hash`].
    pub hash: String,
    pub status: ModelStatus,
    /// Microseconds UTC, like the other two.
    pub created: i64,
    pub published: Option<i64>,
    pub retired: Option<i64>,
}

/// The models; see [`Store::models`].
pub struct Models<'a> {
    pub(crate) store: &'a Store,
}

type Columns = (String, i64, String, String, i64, Option<i64>, Option<i64>);

impl Models<'_> {
    /// Keeps a text, so that [`Models::document`] gives it for its hash; returns the hash. A run
    /// on a file that was never saved as a version keeps its model this way.
    pub async fn keep(&self, document: &str) -> Result<String> {
        let mut transaction = self.store.write().await?;
        let hash = keep(&mut transaction, document).await?;
        transaction.commit().await?;
        Ok(hash)
    }

    /// Saves a text as the draft of a model. If its newest version has this text already, that one
    /// is returned, whatever its status; if the newest is a draft, it changes; else a new version
    /// begins.
    pub async fn save_draft(&self, name: &str, document: &str, created: i64) -> Result<ModelVersion> {
        let mut transaction = self.store.write().await?;
        let hash = keep(&mut transaction, document).await?;
        let newest: Option<Columns> = sqlx::query_as(
            "SELECT name, version, hash, status, created, published, retired FROM model_version
             WHERE name = $1 ORDER BY version DESC LIMIT 1",
        )
        .bind(name)
        .fetch_optional(&mut *transaction)
        .await?;
        let newest = newest.map(version_of).transpose()?;
        let saved = match newest {
            Some(newest) if newest.hash == hash => newest,
            Some(newest) if newest.status == ModelStatus::Draft => {
                sqlx::query(
                    "UPDATE model_version SET hash = $1, created = $2 WHERE name = $3 AND version = $4 AND status = 'draft'",
                )
                .bind(&hash)
                .bind(created)
                .bind(name)
                .bind(newest.version)
                .execute(&mut *transaction)
                .await?;
                ModelVersion { hash, created, ..newest }
            }
            newest => {
                let version = newest.map_or(1, |newest| newest.version + 1);
                sqlx::query(
                    "INSERT INTO model_version (name, version, hash, status, created) VALUES ($1, $2, $3, 'draft', $4)",
                )
                .bind(name)
                .bind(version)
                .bind(&hash)
                .bind(created)
                .execute(&mut *transaction)
                .await?;
                let status = ModelStatus::Draft;
                let name = name.to_string();
                ModelVersion { name, version, hash, status, created, published: None, retired: None }
            }
        };
        transaction.commit().await?;
        Ok(saved)
    }

    /// Publishes a draft, and retires the version published before it.
    ///
    /// # Errors
    /// [`StoreError::ModelStatus`] if it is no draft, [`StoreError::UnknownModel`] if there is none.
    pub async fn publish(&self, name: &str, version: i64, at: i64) -> Result<ModelVersion> {
        self.advance(name, version, ModelStatus::Draft, ModelStatus::Published, at).await
    }

    /// Retires a published version without a successor.
    pub async fn retire(&self, name: &str, version: i64, at: i64) -> Result<ModelVersion> {
        self.advance(name, version, ModelStatus::Published, ModelStatus::Retired, at).await
    }

    pub async fn get(&self, name: &str, version: i64) -> Result<ModelVersion> {
        let row: Option<Columns> = sqlx::query_as(
            "SELECT name, version, hash, status, created, published, retired FROM model_version
             WHERE name = $1 AND version = $2",
        )
        .bind(name)
        .bind(version)
        .fetch_optional(self.store.read())
        .await?;
        version_of(row.ok_or_else(|| StoreError::UnknownModel { name: name.to_string(), version })?)
    }

    /// The version in force, if one is published.
    pub async fn published(&self, name: &str) -> Result<Option<ModelVersion>> {
        let versions = self.list(Some(name)).await?;
        Ok(versions.into_iter().rev().find(|version| version.status == ModelStatus::Published))
    }

    /// All versions, of one model or of all, by name and version.
    pub async fn list(&self, name: Option<&str>) -> Result<Vec<ModelVersion>> {
        let rows: Vec<Columns> = sqlx::query_as(
            "SELECT name, version, hash, status, created, published, retired FROM model_version
             WHERE $1 IS NULL OR name = $1 ORDER BY name, version",
        )
        .bind(name)
        .fetch_all(self.store.read())
        .await?;
        rows.into_iter().map(version_of).collect()
    }

    /// The text with this hash.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if the stored text is no longer the one that was hashed.
    pub async fn document(&self, hash: &str) -> Result<Option<String>> {
        let document: Option<String> =
            sqlx::query_scalar("SELECT document FROM model_document WHERE hash = $1")
                .bind(hash)
                .fetch_optional(self.store.read())
                .await?;
        match document {
            Some(document) if content_hash(document.as_bytes()) != hash => {
                Err(StoreError::malformed(format!("model {hash}")))
            }
            document => Ok(document),
        }
    }

    async fn advance(
        &self,
        name: &str,
        version: i64,
        before: ModelStatus,
        wanted: ModelStatus,
        at: i64,
    ) -> Result<ModelVersion> {
        let mut transaction = self.store.write().await?;
        let is: Option<String> =
            sqlx::query_scalar("SELECT status FROM model_version WHERE name = $1 AND version = $2")
                .bind(name)
                .bind(version)
                .fetch_optional(&mut *transaction)
                .await?;
        let is = is.ok_or_else(|| StoreError::UnknownModel { name: name.to_string(), version })?;
        let is = ModelStatus::parse(&is)?;
        if is != before {
            let (is, wanted) = (is.as_str(), wanted.as_str());
            return Err(StoreError::ModelStatus { name: name.to_string(), version, is, wanted });
        }
        if wanted == ModelStatus::Published {
            sqlx::query(
                "UPDATE model_version SET status = 'retired', retired = $1 WHERE name = $2 AND status = 'published'",
            )
            .bind(at)
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        }
        let update = match wanted {
            ModelStatus::Published => {
                "UPDATE model_version SET status = $1, published = $2 WHERE name = $3 AND version = $4"
            }
            _ => "UPDATE model_version SET status = $1, retired = $2 WHERE name = $3 AND version = $4",
        };
        sqlx::query(update)
            .bind(wanted.as_str())
            .bind(at)
            .bind(name)
            .bind(version)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        self.get(name, version).await
    }
}

async fn keep(transaction: &mut Writing, document: &str) -> Result<String> {
    let hash = content_hash(document.as_bytes());
    sqlx::query("INSERT INTO model_document (hash, document) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING")
        .bind(&hash)
        .bind(document)
        .execute(&mut **transaction)
        .await?;
    Ok(hash)
}

fn version_of(columns: Columns) -> Result<ModelVersion> {
    let (name, version, hash, status, created, published, retired) = columns;
    Ok(ModelVersion {
        name,
        version,
        hash,
        status: ModelStatus::parse(&status)?,
        created,
        published,
        retired,
    })
}
