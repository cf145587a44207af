//! Settings: one JSON value per key.

use serde_json::Value;

use crate::error::{Result, StoreError};
use crate::statement::query;
use crate::store::Store;

/// The settings of the workspace; see [`Store::settings`].
pub struct Settings<'a> {
    pub(crate) store: &'a Store,
}

impl Settings<'_> {
    /// The value, or `None` if it was never set.
    pub async fn get(&self, key: &str) -> Result<Option<Value>> {
        let text: Option<String> = query("SELECT value FROM setting WHERE key = $1")
            .bind(key)
            .fetch_optional(self.store.read())
            .await?;
        text.map(|text| {
            serde_json::from_str(&text).map_err(|_| StoreError::malformed(format!("setting {key}")))
        })
        .transpose()
    }

    /// Sets the value. Identifying values do not belong here: settings are not encrypted.
    pub async fn set(&self, key: &str, value: &Value) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query(
            "INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(key)
        .bind(value.to_string())
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Removes the value, if there is one.
    pub async fn remove(&self, key: &str) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query("DELETE FROM setting WHERE key = $1").bind(key).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// All settings in the order of their keys.
    pub async fn all(&self) -> Result<Vec<(String, Value)>> {
        let rows: Vec<(String, String)> =
            query("SELECT key, value FROM setting ORDER BY key").fetch_all(self.store.read()).await?;
        rows.into_iter()
            .map(|(key, text)| match serde_json::from_str(&text) {
                Ok(value) => Ok((key, value)),
                Err(_) => Err(StoreError::malformed(format!("setting {key}"))),
            })
            .collect()
    }
}
