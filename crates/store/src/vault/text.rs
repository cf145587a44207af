//! Free text of events: what a customer wrote or an agent noted. Sealed under the identity's key;
//! the text of an event that belongs to nobody yet is sealed under a key of the workspace.

use std::collections::HashMap;

use aes_gcm::Aes256Gcm;
use gradus_model::event_stream::UNATTRIBUTED;

use super::{MAY_VANISH, Vault};
use crate::error::{Result, StoreError};
use crate::import::ImportNumber;
use crate::seal::{Chance, open, place, seal, seal_next};
use crate::statement::query;
use crate::store::statements;

/// One text of one event as it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventText<'a> {
    /// Of an identity that is in the vault; 0 if the event is unattributed.
    pub surrogate: i64,
    pub event_id: [u8; 16],
    /// The field it is the value of.
    pub field: &'a str,
    pub text: &'a str,
}

/// One text of one event, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevealedText {
    pub surrogate: i64,
    pub event_id: [u8; 16],
    pub field: String,
    pub text: String,
}

impl Vault {
    /// Remembers texts in one transaction. An event is never changed, so a text that is there
    /// already stays as it is.
    ///
    /// # Errors
    /// [`StoreError::UnknownIdentity`] if one belongs to an identity that was not remembered:
    /// nothing of the batch is then.
    pub async fn remember_texts(&self, import: Option<ImportNumber>, texts: &[EventText<'_>]) -> Result<()> {
        if texts.is_empty() {
            return Ok(());
        }
        let mut sorted: Vec<&EventText> = texts.iter().collect();
        sorted.sort_by_key(|one| (one.surrogate, one.event_id, one.field));
        sorted.dedup_by_key(|one| (one.surrogate, one.event_id, one.field));
        let mut transaction = self.store.write().await?;
        let import = self.staging(&mut transaction, import).await?;
        for chunk in statements(&sorted, |one| one.text.len()) {
            let mut owners: Vec<i64> = chunk.iter().map(|one| one.surrogate).collect();
            owners.dedup();
            let ciphers = self.ciphers(&mut transaction, &owners).await?;
            let mut chance = Chance::for_keys_and_nonces(0, chunk.len())?;
            let mut rows = Vec::with_capacity(chunk.len());
            for one in chunk {
                let cipher = self.text_cipher(&ciphers, one.surrogate)?;
                let belongs_to = text_place(one.surrogate, &one.event_id, one.field);
                rows.push((one, seal_next(&mut chance, cipher, &belongs_to, one.text.as_bytes())?));
            }
            let mut statement =
                query("INSERT INTO vault_text (surrogate, event_id, field, import_number, sealed) ");
            statement.push_values(rows, |(one, sealed)| {
                [
                    one.surrogate.into(),
                    one.event_id.as_slice().into(),
                    one.field.into(),
                    import.into(),
                    sealed.into(),
                ]
            });
            statement.push(
                " ON CONFLICT (surrogate, event_id, field) DO UPDATE SET import_number = 0
                  WHERE vault_text.import_number <> excluded.import_number AND vault_text.",
            );
            statement.push(MAY_VANISH);
            statement.execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// All texts of an identity (0: of unattributed events), by event and field.
    pub async fn texts_of(&self, surrogate: i64) -> Result<Vec<RevealedText>> {
        let rows = query(
            "SELECT event_id, field, sealed FROM vault_text WHERE surrogate = $1 ORDER BY event_id, field",
        )
        .bind(surrogate)
        .fetch_all(self.store.read())
        .await?;
        self.open_texts(surrogate, rows).await
    }

    /// The texts of one event, by field.
    pub async fn texts_of_event(&self, surrogate: i64, event_id: [u8; 16]) -> Result<Vec<RevealedText>> {
        let rows = query(
            "SELECT event_id, field, sealed FROM vault_text WHERE surrogate = $1 AND event_id = $2 ORDER BY field",
        )
        .bind(surrogate)
        .bind(event_id.to_vec())
        .fetch_all(self.store.read())
        .await?;
        self.open_texts(surrogate, rows).await
    }

    async fn open_texts(
        &self,
        surrogate: i64,
        rows: Vec<(Vec<u8>, String, Vec<u8>)>,
    ) -> Result<Vec<RevealedText>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = self.store.read().begin().await?;
        let ciphers = self.ciphers(&mut connection, &[surrogate]).await?;
        let cipher = self.text_cipher(&ciphers, surrogate)?;
        let unreadable = || StoreError::Unreadable { what: format!("a text of identity {surrogate}") };
        rows.into_iter()
            .map(|(event_id, field, sealed)| {
                let event_id: [u8; 16] = event_id.as_slice().try_into().map_err(|_| unreadable())?;
                let text = open(cipher, &text_place(surrogate, &event_id, &field), &sealed)
                    .and_then(|plain| String::from_utf8(plain.to_vec()).ok())
                    .ok_or_else(unreadable)?;
                Ok(RevealedText { surrogate, event_id, field, text })
            })
            .collect()
    }

    fn text_cipher<'a>(
        &'a self,
        ciphers: &'a HashMap<i64, Aes256Gcm>,
        surrogate: i64,
    ) -> Result<&'a Aes256Gcm> {
        if surrogate == UNATTRIBUTED {
            return Ok(&self.unattributed);
        }
        ciphers.get(&surrogate).ok_or(StoreError::UnknownIdentity { surrogate })
    }
}

impl Vault {
    /// Seals a secret of the workspace, such as that of a second factor, for the place that is named.
    pub fn seal_secret(&self, belongs_to: &str, secret: &[u8]) -> Result<Vec<u8>> {
        seal(&self.unattributed, &secret_place(belongs_to), secret)
    }

    /// Opens what was sealed for the place that is named.
    pub fn open_secret(&self, belongs_to: &str, sealed: &[u8]) -> Result<zeroize::Zeroizing<Vec<u8>>> {
        let opened = open(&self.unattributed, &secret_place(belongs_to), sealed);
        let opened =
            opened.ok_or_else(|| StoreError::Unreadable { what: format!("the secret {belongs_to}") })?;
        Ok(zeroize::Zeroizing::new(opened.to_vec()))
    }
}

fn secret_place(belongs_to: &str) -> Vec<u8> {
    place(&[b"gradus secret 1", belongs_to.as_bytes()])
}

/// Where a text belongs.
fn text_place(surrogate: i64, event_id: &[u8; 16], field: &str) -> Vec<u8> {
    place(&[b"gradus text 1", &surrogate.to_le_bytes(), event_id, field.as_bytes()])
}
