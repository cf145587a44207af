//! Opening what is sealed. Who asks, and whether they may, is the caller's to check and to audit.

use std::collections::{BTreeMap, HashMap};

use super::attribute::attribute_place;
use super::identity::identity_place;
use super::mask::masked;
use super::{Vault, unpack};
use crate::error::{Result, StoreError};
use crate::seal::open;
use crate::statement::query;
use crate::store::ROWS_PER_STATEMENT;

/// One value, opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Revealed {
    pub kind: String,
    pub normalized: String,
    /// As it was written.
    pub value: String,
}

impl Revealed {
    /// What those who may not see the value are shown.
    pub fn masked(&self) -> String {
        masked(&self.kind, &self.value)
    }
}

impl std::fmt::Debug for Revealed {
    /// Masked, because what is debugged ends in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind, self.masked())
    }
}

impl Vault {
    /// What is known of an identity: its own value first, then the newest of each attribute by
    /// kind. Empty if it is not in the vault, or was forgotten.
    pub async fn reveal(&self, surrogate: i64) -> Result<Vec<Revealed>> {
        Ok(self.reveal_many(&[surrogate]).await?.remove(&surrogate).unwrap_or_default())
    }

    /// [`Vault::reveal`] for many, by surrogate; those that are not in the vault are left out. An
    /// export calls it with some 10,000 at a time.
    pub async fn reveal_many(&self, surrogates: &[i64]) -> Result<BTreeMap<i64, Vec<Revealed>>> {
        let mut wanted = surrogates.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let mut revealed: BTreeMap<i64, Vec<Revealed>> = BTreeMap::new();
        // One transaction, so that an erasure in between cannot take the key from under a value.
        let mut reading = self.store.read().begin().await?;
        for chunk in wanted.chunks(ROWS_PER_STATEMENT) {
            let mut statement =
                query("SELECT surrogate, kind, wrapped_key, sealed FROM vault_identity WHERE surrogate");
            statement.push_in(chunk);
            let rows: Vec<(i64, String, Vec<u8>, Vec<u8>)> = statement.fetch_all(&mut reading).await?;
            let mut ciphers = HashMap::with_capacity(rows.len());
            for (surrogate, kind, wrapped, sealed) in rows {
                let cipher = self.identity_cipher(surrogate, &wrapped)?;
                let value = open(&cipher, &identity_place(surrogate, &kind), &sealed);
                revealed.insert(surrogate, vec![value_of(surrogate, kind, value)?]);
                ciphers.insert(surrogate, cipher);
            }
            let mut statement =
                query("SELECT surrogate, kind, blind, sealed FROM vault_attribute WHERE surrogate");
            statement.push_in(chunk);
            // Equally late values are told apart by their blind index: arbitrary, but the same in
            // whatever order they came.
            statement.push(" ORDER BY surrogate, kind, known DESC, blind");
            let rows: Vec<(i64, String, Vec<u8>, Vec<u8>)> = statement.fetch_all(&mut reading).await?;
            for (surrogate, kind, blind, sealed) in rows {
                let (Some(cipher), Some(values)) = (ciphers.get(&surrogate), revealed.get_mut(&surrogate))
                else {
                    continue;
                };
                let newest = values.iter().skip(1).all(|value| value.kind != kind);
                if newest {
                    let value = open(cipher, &attribute_place(surrogate, &kind, &blind), &sealed);
                    values.push(value_of(surrogate, kind, value)?);
                }
            }
        }
        Ok(revealed)
    }
}

fn value_of(surrogate: i64, kind: String, opened: Option<zeroize::Zeroizing<Vec<u8>>>) -> Result<Revealed> {
    let (normalized, value) = opened
        .and_then(|packed| unpack(&packed))
        .ok_or_else(|| StoreError::Unreadable { what: format!("the {kind} of identity {surrogate}") })?;
    Ok(Revealed { kind, normalized, value })
}
