//! Texts of models: every one that ever graded anybody stays, by its hash, so that any grade can be
//! reproduced.

use crate::error::{Result, StoreError};
use crate::statement::query;
use crate::store::Store;
use crate::writing::Writing;

/// The hash by which a text or file is known: BLAKE3 of its bytes, 64 hexadecimal digits.
pub fn content_hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// The texts; see [`Store::models`].
pub struct Models<'a> {
    pub(crate) store: &'a Store,
}

impl Models<'_> {
    /// Keeps a text, so that [`Models::document`] gives it for its hash; returns the hash.
    pub async fn keep(&self, document: &str) -> Result<String> {
        let mut transaction = self.store.write().await?;
        let hash = keep(&mut transaction, document).await?;
        transaction.commit().await?;
        Ok(hash)
    }

    /// The text with this hash.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if the stored text is no longer the one that was hashed.
    pub async fn document(&self, hash: &str) -> Result<Option<String>> {
        let document: Option<String> = query("SELECT document FROM model_document WHERE hash = $1")
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
}

pub(crate) async fn keep(transaction: &mut Writing, document: &str) -> Result<String> {
    let hash = content_hash(document.as_bytes());
    query("INSERT INTO model_document (hash, document) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING")
        .bind(&hash)
        .bind(document)
        .execute(&mut **transaction)
        .await?;
    Ok(hash)
}
