//! What else identifies the owner of an identity: a name, an address. Sealed under the identity's
//! key, found by blind index. Every value ever given is kept; the one known last is shown, so the
//! order in which files arrive does not matter.

use std::collections::HashMap;

use aes_gcm::Aes256Gcm;

use super::{Blind, KEPT, MAY_VANISH, N_KNOWN, Remembered, Vault, pack};
use crate::error::{Result, StoreError};
use crate::import::ImportNumber;
use crate::seal::{Chance, place, seal_next};
use crate::statement::{Statement, query};
use crate::store::ROWS_PER_STATEMENT;
use crate::writing::Writing;

/// One attribute as it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Of an identity that is in the vault.
    pub surrogate: i64,
    /// Such as `name`, `address`.
    pub kind: &'a str,
    /// The spelling by which it is found.
    pub normalized: &'a str,
    /// As it was written.
    pub display: &'a str,
    /// When it became known, microseconds UTC.
    pub known: i64,
}

struct Arrival<'a> {
    blind: Blind,
    attribute: Attribute<'a>,
}

impl Arrival<'_> {
    fn key(&self) -> (i64, &str, &Blind) {
        (self.attribute.surrogate, self.attribute.kind, &self.blind)
    }
}

impl Vault {
    /// Remembers attributes in one transaction. A value that is there already only becomes known
    /// later, if it does; with an import, once that is done.
    ///
    /// # Errors
    /// [`StoreError::UnknownIdentity`] if one belongs to an identity that was not remembered:
    /// nothing of the batch is then.
    pub async fn remember_attributes(
        &self,
        import: Option<ImportNumber>,
        attributes: &[Attribute<'_>],
    ) -> Result<Remembered> {
        let n_all = attributes.len() as u64;
        let mut marks = Vec::new();
        let mut unseen: Vec<&Attribute> = Vec::new();
        {
            let mut known = self.known();
            known.belongs_to(import);
            for attribute in attributes {
                let mark = self.surrogates.attribute_mark(attribute);
                if known.attributes.get(&mark).is_none_or(|seen| *seen < attribute.known) {
                    marks.push((mark, attribute.known));
                    unseen.push(attribute);
                }
            }
        }
        let mut arrivals: Vec<Arrival> = unseen
            .into_iter()
            .map(|attribute| Arrival {
                blind: self.blind("attribute", attribute.kind, attribute.normalized),
                attribute: *attribute,
            })
            .collect();
        // Within equal values the one known last comes first and stays.
        arrivals.sort_by(|a, b| a.key().cmp(&b.key()).then(b.attribute.known.cmp(&a.attribute.known)));
        arrivals.dedup_by(|later, first| later.key() == first.key());
        if arrivals.is_empty() {
            return Ok(Remembered { n_new: 0, n_known: n_all });
        }
        let mut transaction = self.store.write().await?;
        let import_number = self.staging(&mut transaction, import).await?;
        let mut n_new = 0;
        for chunk in arrivals.chunks(ROWS_PER_STATEMENT) {
            let new = self.unknown_attributes(&mut transaction, import_number, chunk).await?;
            if new.is_empty() {
                continue;
            }
            n_new += new.len() as u64;
            let mut owners: Vec<i64> = new.iter().map(|one| one.attribute.surrogate).collect();
            owners.dedup();
            let ciphers = self.ciphers(&mut transaction, &owners).await?;
            self.attribute_insertion(import_number, &new, &ciphers)?.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        let mut known = self.known();
        known.belongs_to(import);
        for (mark, instant) in marks {
            if known.attributes.len() < N_KNOWN || known.attributes.contains_key(&mark) {
                let seen = known.attributes.entry(mark).or_insert(instant);
                *seen = instant.max(*seen);
            }
        }
        Ok(Remembered { n_new, n_known: n_all - n_new })
    }

    /// The identities that have, or once had, this attribute; sorted. Several people may share a
    /// name.
    pub async fn find_by_attribute(&self, kind: &str, normalized: &str) -> Result<Vec<i64>> {
        let blind = self.blind("attribute", kind, normalized);
        Ok(query("SELECT surrogate FROM vault_attribute WHERE blind = $1 AND kind = $2 ORDER BY surrogate")
            .bind(blind.as_slice())
            .bind(kind)
            .fetch_all(self.store.read())
            .await?)
    }

    /// Identities that share a value of this kind, value by value, where at most `most` do; and how many
    /// identities have one at all. Nothing is opened.
    pub async fn sharing(&self, kind: &str, most: u32) -> Result<(Vec<Vec<i64>>, u64)> {
        let rows: Vec<(Vec<u8>, i64)> = query(
            "SELECT blind, surrogate FROM vault_attribute WHERE kind = $1 AND blind IN (
                 SELECT blind FROM vault_attribute WHERE kind = $1
                 GROUP BY blind HAVING COUNT(*) BETWEEN 2 AND $2)
             ORDER BY blind, surrogate",
        )
        .bind(kind)
        .bind(i64::from(most))
        .fetch_all(self.store.read())
        .await?;
        let n: i64 = query("SELECT COUNT(DISTINCT surrogate) FROM vault_attribute WHERE kind = $1")
            .bind(kind)
            .fetch_one(self.store.read())
            .await?;
        let mut groups: Vec<Vec<i64>> = Vec::new();
        let mut last: Option<Vec<u8>> = None;
        for (blind, surrogate) in rows {
            match (&last, groups.last_mut()) {
                (Some(before), Some(group)) if *before == blind => group.push(surrogate),
                _ => groups.push(vec![surrogate]),
            }
            last = Some(blind);
        }
        Ok((groups, u64::try_from(n).unwrap_or(0)))
    }

    /// Which of these values are not in the vault. Of those that are, what became known later is
    /// noted, and what could vanish with the unfinished import that brought it is marked as kept.
    async fn unknown_attributes<'c, 'a>(
        &self,
        transaction: &mut Writing,
        import_number: i64,
        chunk: &'c [Arrival<'a>],
    ) -> Result<Vec<&'c Arrival<'a>>> {
        let mut surrogates: Vec<i64> = chunk.iter().map(|one| one.attribute.surrogate).collect();
        surrogates.dedup();
        let mut statement = query(
            "SELECT number, surrogate, kind, blind, known, import_number FROM vault_attribute WHERE surrogate",
        );
        statement.push_in(&surrogates);
        let mut stored: Vec<StoredAttribute> = statement.fetch_all(&mut **transaction).await?;
        stored.sort_unstable_by(|a, b| stored_key(a).cmp(&stored_key(b)));
        let mut new = Vec::new();
        let mut others = Vec::new();
        for one in chunk {
            let (surrogate, kind, blind) = one.key();
            let wanted = (surrogate, kind, blind.as_slice());
            let Ok(found) = stored.binary_search_by(|row| stored_key(row).cmp(&wanted)) else {
                new.push(one);
                continue;
            };
            let (number, _, _, _, stored_known, brought_by) = &stored[found];
            if one.attribute.known > *stored_known {
                // What is there only because of this import vanishes with it; of the rest, what
                // becomes known later waits until the import is done.
                let statement = if import_number == KEPT || *brought_by == import_number {
                    "UPDATE vault_attribute SET known = $2 WHERE number = $3 AND $1 >= 0"
                } else {
                    "INSERT INTO vault_attribute_known (import_number, known, attribute_number) VALUES ($1, $2, $3)
                     ON CONFLICT (import_number, attribute_number) DO UPDATE SET known = excluded.known
                     WHERE excluded.known > vault_attribute_known.known"
                };
                query(statement)
                    .bind(import_number)
                    .bind(one.attribute.known)
                    .bind(*number)
                    .execute(&mut **transaction)
                    .await?;
            }
            if *brought_by != import_number && *brought_by != KEPT {
                others.push(*number);
            }
        }
        if !others.is_empty() {
            let mut statement = query("UPDATE vault_attribute SET import_number = 0 WHERE ");
            statement.push(MAY_VANISH).push(" AND number");
            statement.push_in(&others);
            statement.execute(&mut **transaction).await?;
        }
        Ok(new)
    }

    fn attribute_insertion<'n>(
        &self,
        import: i64,
        new: &[&'n Arrival<'n>],
        ciphers: &HashMap<i64, Aes256Gcm>,
    ) -> Result<Statement<'n>> {
        let mut chance = Chance::for_keys_and_nonces(0, new.len())?;
        let mut rows = Vec::with_capacity(new.len());
        for &one in new {
            let Attribute { surrogate, kind, normalized, display, .. } = one.attribute;
            let cipher = ciphers.get(&surrogate).ok_or(StoreError::UnknownIdentity { surrogate })?;
            let belongs_to = attribute_place(surrogate, kind, &one.blind);
            rows.push((one, seal_next(&mut chance, cipher, &belongs_to, &pack(normalized, display))?));
        }
        let mut statement =
            query("INSERT INTO vault_attribute (surrogate, kind, blind, known, import_number, sealed) ");
        statement.push_values(rows, |(one, sealed)| {
            [
                one.attribute.surrogate.into(),
                one.attribute.kind.into(),
                one.blind.as_slice().into(),
                one.attribute.known.into(),
                import.into(),
                sealed.into(),
            ]
        });
        Ok(statement)
    }
}

/// Number, surrogate, kind, blind index, when known, number of the import that brought it.
type StoredAttribute = (i64, i64, String, Vec<u8>, i64, i64);

fn stored_key(row: &StoredAttribute) -> (i64, &str, &[u8]) {
    (row.1, row.2.as_str(), row.3.as_slice())
}

/// Where the value of an attribute belongs.
pub(super) fn attribute_place(surrogate: i64, kind: &str, blind: &[u8]) -> Vec<u8> {
    place(&[b"gradus attribute 1", &surrogate.to_le_bytes(), kind.as_bytes(), blind])
}
