//! Identities: remembered in batches, found by value, forgotten for good.

use super::{Blind, IDENTITY_KEY_ID, KEPT, MAY_VANISH, N_KNOWN, Vault, key_place, pack};
use crate::error::{Result, StoreError};
use crate::import::ImportNumber;
use crate::seal::{Chance, cipher, place, seal_next};
use crate::statement::{Statement, query};
use crate::store::ROWS_PER_STATEMENT;
use crate::writing::Writing;

/// One identity as it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// Such as `phone`, `email`, `customer_id`.
    pub kind: &'a str,
    /// The one spelling all others are brought to; what surrogate and search are made of.
    pub normalized: &'a str,
    /// As it was written, for people. Of several spellings the first that arrives stays.
    pub display: &'a str,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Remembered {
    /// New in the vault.
    pub n_new: u64,
    /// There already, or repeated in the batch.
    pub n_known: u64,
}

/// What an erasure removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    pub n_identities: u64,
    pub n_attributes: u64,
    pub n_texts: u64,
    pub n_quarantined: u64,
    /// False if a reader kept the write-ahead log open, so that the destroyed keys are still in
    /// it: [`crate::Store::checkpoint`] has to be repeated until it says true.
    pub log_cleared: bool,
}

/// One identity on its way in.
struct Arrival<'a> {
    surrogate: i64,
    check: u64,
    blind: Blind,
    identity: Identity<'a>,
}

impl Vault {
    /// Remembers a batch in one transaction; what is there already is skipped. With an import,
    /// what is new vanishes if that import is abandoned; without one it is kept.
    ///
    /// Larger batches are faster, because each transaction writes most pages of the index; an
    /// import that streams uses [`Vault::intake`], which collects them.
    ///
    /// # Errors
    /// [`StoreError::SurrogateTaken`] if two identities have one surrogate (at 100 million
    /// identities the odds are 1 in 1,800): nothing of the batch is remembered.
    pub async fn remember(
        &self,
        import: Option<ImportNumber>,
        identities: &[Identity<'_>],
    ) -> Result<Remembered> {
        let arrivals = self.arrivals(import, identities)?;
        let n_all = identities.len() as u64;
        if arrivals.is_empty() {
            return Ok(Remembered { n_new: 0, n_known: n_all });
        }
        let mut transaction = self.store.write().await?;
        let number = self.staging(&mut transaction, import).await?;
        let mut n_new = 0;
        // The next rows are sealed while the database inserts the ones before.
        let mut sealed: Option<Statement<'_>> = None;
        for chunk in arrivals.chunks(ROWS_PER_STATEMENT) {
            let new = self.unknown(&mut transaction, number, chunk).await?;
            n_new += new.len() as u64;
            let before = sealed.take();
            let inserting = async {
                if let Some(statement) = before {
                    statement.execute(&mut *transaction).await?;
                }
                Ok::<(), StoreError>(())
            };
            let sealing = async { self.identity_insertion(number, &new) };
            let (inserted, next) = tokio::join!(inserting, sealing);
            inserted?;
            sealed = next?;
        }
        if let Some(statement) = sealed {
            statement.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        let mut known = self.known();
        known.belongs_to(import);
        let room = N_KNOWN.saturating_sub(known.surrogates.len());
        known.surrogates.extend(arrivals.iter().take(room).map(|one| (one.surrogate, one.check)));
        Ok(Remembered { n_new, n_known: n_all - n_new })
    }

    /// The surrogate of an identity that is in the vault.
    pub async fn find(&self, kind: &str, normalized: &str) -> Result<Option<i64>> {
        let surrogate = self.surrogate(kind, normalized);
        let blind: Option<Vec<u8>> = query("SELECT blind FROM vault_identity WHERE surrogate = $1")
            .bind(surrogate)
            .fetch_optional(self.store.read())
            .await?;
        let wanted = self.blind("identity", kind, normalized);
        Ok(blind.filter(|blind| blind.as_slice() == wanted).map(|_| surrogate))
    }

    /// How many identities the vault holds.
    pub async fn count(&self) -> Result<u64> {
        let n: i64 = query("SELECT COUNT(*) FROM vault_identity").fetch_one(self.store.read()).await?;
        Ok(u64::try_from(n).unwrap_or(0))
    }

    /// Destroys the keys of these identities, and with them everything that was sealed under them,
    /// together with their rows and the quarantined rows that are known to be theirs. A receipt
    /// with the surrogate and the instant stays.
    pub async fn forget(&self, surrogates: &[i64], at: i64) -> Result<Forgotten> {
        let mut forgotten = Forgotten::default();
        let mut transaction = self.store.write().await?;
        for surrogate in surrogates {
            let mut remove = async |sql: &'static str| -> Result<u64> {
                query(sql).bind(*surrogate).execute(&mut *transaction).await
            };
            remove(
                "DELETE FROM vault_attribute_known WHERE attribute_number IN
                     (SELECT number FROM vault_attribute WHERE surrogate = $1)",
            )
            .await?;
            forgotten.n_attributes += remove("DELETE FROM vault_attribute WHERE surrogate = $1").await?;
            forgotten.n_texts += remove("DELETE FROM vault_text WHERE surrogate = $1").await?;
            remove("DELETE FROM tier_override WHERE customer = $1").await?;
            remove("DELETE FROM double_pair WHERE a = $1").await?;
            remove("DELETE FROM double_pair WHERE b = $1").await?;
            forgotten.n_quarantined += remove("DELETE FROM quarantine_row WHERE surrogate = $1").await?;
            let n_identities = remove("DELETE FROM vault_identity WHERE surrogate = $1").await?;
            forgotten.n_identities += n_identities;
            if n_identities > 0 {
                query(
                    "INSERT INTO vault_forgotten (surrogate, forgotten) VALUES ($1, $2)
                     ON CONFLICT (surrogate) DO UPDATE SET forgotten = excluded.forgotten",
                )
                .bind(*surrogate)
                .bind(at)
                .execute(&mut *transaction)
                .await?;
            }
        }
        transaction.commit().await?;
        {
            let mut known = self.known();
            for surrogate in surrogates {
                known.surrogates.remove(surrogate);
            }
            // Marks do not tell whose they are.
            known.attributes.clear();
        }
        // A copy from before an upgrade still holds the keys, and the log the pages as they were.
        self.store.remove_copies()?;
        forgotten.log_cleared = self.store.checkpoint().await?;
        Ok(forgotten)
    }

    /// Which of these identities the vault holds; sorted.
    pub async fn known_among(&self, surrogates: &[i64]) -> Result<Vec<i64>> {
        let mut known: Vec<i64> = Vec::new();
        for chunk in surrogates.chunks(ROWS_PER_STATEMENT) {
            let mut statement = query("SELECT surrogate FROM vault_identity WHERE surrogate");
            statement.push_in(chunk);
            known.extend(statement.fetch_all::<i64>(self.store.read()).await?);
        }
        known.sort_unstable();
        known.dedup();
        Ok(known)
    }

    /// When each of these identities was forgotten, if ever: `(surrogate, instant)`, sorted. An
    /// import asks before it brings somebody back.
    pub async fn forgotten_among(&self, surrogates: &[i64]) -> Result<Vec<(i64, i64)>> {
        let mut receipts: Vec<(i64, i64)> = Vec::new();
        for chunk in surrogates.chunks(ROWS_PER_STATEMENT) {
            let mut statement = query("SELECT surrogate, forgotten FROM vault_forgotten WHERE surrogate");
            statement.push_in(chunk);
            receipts.extend(statement.fetch_all::<(i64, i64)>(self.store.read()).await?);
        }
        receipts.sort_unstable();
        receipts.dedup();
        Ok(receipts)
    }

    /// Hashes a batch, sorts it by surrogate, drops repetitions and what this import has seen.
    fn arrivals<'a>(
        &self,
        import: Option<ImportNumber>,
        identities: &[Identity<'a>],
    ) -> Result<Vec<Arrival<'a>>> {
        let mut arrivals = Vec::new();
        let mut known = self.known();
        known.belongs_to(import);
        for identity in identities {
            let (surrogate, check) = self.surrogates.surrogate_and_check(identity.kind, identity.normalized);
            match known.surrogates.get(&surrogate) {
                Some(seen) if *seen == check => {}
                Some(_) => return Err(StoreError::SurrogateTaken { surrogate }),
                None => {
                    arrivals.push(Arrival { surrogate, check, blind: Blind::default(), identity: *identity })
                }
            }
        }
        drop(known);
        // A stable sort: of several spellings the first stays.
        arrivals.sort_by_key(|one| one.surrogate);
        let mut taken = None;
        arrivals.dedup_by(|later, first| {
            let same = later.surrogate == first.surrogate;
            if same && later.check != first.check {
                taken = Some(first.surrogate);
            }
            same
        });
        if let Some(surrogate) = taken {
            return Err(StoreError::SurrogateTaken { surrogate });
        }
        for one in &mut arrivals {
            one.blind = self.blind("identity", one.identity.kind, one.identity.normalized);
        }
        Ok(arrivals)
    }

    /// Which of these are not in the vault. Those that are, but could vanish with the unfinished
    /// import that brought them, are marked as kept.
    async fn unknown<'c, 'a>(
        &self,
        transaction: &mut Writing,
        import: i64,
        chunk: &'c [Arrival<'a>],
    ) -> Result<Vec<&'c Arrival<'a>>> {
        let surrogates: Vec<i64> = chunk.iter().map(|one| one.surrogate).collect();
        let mut statement =
            query("SELECT surrogate, blind, import_number FROM vault_identity WHERE surrogate");
        statement.push_in(&surrogates);
        let mut stored: Vec<(i64, Vec<u8>, i64)> = statement.fetch_all(&mut **transaction).await?;
        stored.sort_unstable_by_key(|(surrogate, _, _)| *surrogate);
        let mut others = Vec::new();
        let mut new = Vec::with_capacity(chunk.len() - stored.len().min(chunk.len()));
        for one in chunk {
            match stored.binary_search_by_key(&one.surrogate, |(surrogate, _, _)| *surrogate) {
                Ok(found) => {
                    let (surrogate, blind, brought_by) = &stored[found];
                    if blind.as_slice() != one.blind {
                        return Err(StoreError::SurrogateTaken { surrogate: *surrogate });
                    }
                    if *brought_by != import && *brought_by != KEPT {
                        others.push(*surrogate);
                    }
                }
                Err(_) => new.push(one),
            }
        }
        if !others.is_empty() {
            let mut statement = query("UPDATE vault_identity SET import_number = 0 WHERE ");
            statement.push(MAY_VANISH).push(" AND surrogate");
            statement.push_in(&others);
            statement.execute(&mut **transaction).await?;
        }
        Ok(new)
    }

    /// Seals new identities, each under a new key of its own.
    fn identity_insertion<'n>(&self, import: i64, new: &[&'n Arrival<'n>]) -> Result<Option<Statement<'n>>> {
        if new.is_empty() {
            return Ok(None);
        }
        let mut chance = Chance::for_keys_and_nonces(new.len(), 2 * new.len())?;
        let mut rows = Vec::with_capacity(new.len());
        for &one in new {
            let key = chance.key()?;
            let wrapped =
                seal_next(&mut chance, &self.identity_keys, &key_place(one.surrogate), key.as_slice())?;
            let Identity { kind, normalized, display } = one.identity;
            let sealed = seal_next(
                &mut chance,
                &cipher(&key),
                &identity_place(one.surrogate, kind),
                &pack(normalized, display),
            )?;
            rows.push((one, wrapped, sealed));
        }
        let mut statement = query(
            "INSERT INTO vault_identity (surrogate, kind, blind, import_number, key_id, wrapped_key, sealed) ",
        );
        statement.push_values(rows, |(one, wrapped, sealed)| {
            [
                one.surrogate.into(),
                one.identity.kind.into(),
                one.blind.as_slice().into(),
                import.into(),
                IDENTITY_KEY_ID.into(),
                wrapped.into(),
                sealed.into(),
            ]
        });
        Ok(Some(statement))
    }
}

/// Where the value of an identity belongs.
pub(super) fn identity_place(surrogate: i64, kind: &str) -> Vec<u8> {
    place(&[b"gradus identity 1", &surrogate.to_le_bytes(), kind.as_bytes()])
}
