//! The vault: direct identifiers and free text, and nowhere else.
//!
//! An identity is known outside by its *surrogate*, a keyed hash that is the same in whatever
//! order files arrive. Its values are sealed under a key of its own, which is wrapped by a key of
//! the workspace, which is wrapped by the master key. Destroying the identity's key destroys what
//! it sealed, wherever a copy of that may be. The *blind index*, a second keyed hash, tells
//! whether a surrogate means what it is taken for, and finds attributes by value.

mod attribute;
mod identity;
mod intake;
pub(crate) mod mask;
pub(crate) mod master_key;
mod reveal;
mod text;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Mutex;

use aes_gcm::Aes256Gcm;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::answer::Answers;
use crate::database::Transaction;
use crate::error::{Result, StoreError};
use crate::import::{ImportNumber, ImportStatus, status_of, wrong_status};
use crate::quarantine::Quarantine;
use crate::seal::{SecretKey, cipher, open_key, place, random_key, seal};
use crate::statement::query;
use crate::store::{ROWS_PER_STATEMENT, Store};
use crate::writing::Writing;

pub use attribute::Attribute;
pub use identity::{Forgotten, Identity, Remembered};
pub use intake::Intake;
pub use master_key::MasterKey;
pub use reveal::Revealed;
pub use text::{EventText, RevealedText};

/// Number of the workspace key that wraps the identities' keys today. Each identity says which one
/// wrapped its own, so that a new one can come into use without touching old rows.
const IDENTITY_KEY_ID: i64 = 1;

/// Identities, and attributes, that an import keeps in mind so that it need not ask for them again
/// at each row: 17 bytes an identity, 25 an attribute.
const N_KNOWN: usize = 7_000_000;

/// Keyed hash of an identity: 63 bits, positive, never 0 (0 is unattributed).
///
/// Cheap to clone and to send to threads; pure, about 0.1 microseconds a call.
#[derive(Clone)]
pub struct SurrogateKey {
    key: SecretKey,
}

impl SurrogateKey {
    /// The surrogate of an identity. `normalized` is the one spelling that all spellings of the
    /// same identity are brought to before.
    pub fn surrogate(&self, kind: &str, normalized: &str) -> i64 {
        self.surrogate_and_check(kind, normalized).0
    }

    /// The surrogate, and 64 more bits of the same hash that tell two identities with one
    /// surrogate apart without the cost of the blind index.
    fn surrogate_and_check(&self, kind: &str, normalized: &str) -> (i64, u64) {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&(kind.len() as u32).to_le_bytes());
        hasher.update(kind.as_bytes());
        hasher.update(normalized.as_bytes());
        let mut output = hasher.finalize_xof();
        let mut next = || {
            let mut bytes = [0u8; 8];
            output.fill(&mut bytes);
            u64::from_le_bytes(bytes)
        };
        loop {
            let surrogate = (next() & i64::MAX as u64) as i64;
            if surrogate != 0 {
                return (surrogate, next());
            }
        }
    }

    /// 128 bits that stand for a value of an attribute while an import keeps it in mind.
    fn attribute_mark(&self, attribute: &Attribute<'_>) -> u128 {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(b"attribute");
        hasher.update(&attribute.surrogate.to_le_bytes());
        hasher.update(&(attribute.kind.len() as u32).to_le_bytes());
        hasher.update(attribute.kind.as_bytes());
        hasher.update(attribute.normalized.as_bytes());
        let mut bytes = [0u8; 16];
        hasher.finalize_xof().fill(&mut bytes);
        u128::from_le_bytes(bytes)
    }
}

/// The open vault of a workspace.
pub struct Vault {
    store: Store,
    surrogates: SurrogateKey,
    blind: Hmac<Sha256>,
    identity_keys: Aes256Gcm,
    unattributed: Aes256Gcm,
    pub(crate) quarantine_key: Aes256Gcm,
    known: Mutex<Known>,
}

/// What the import at work has seen in the vault.
#[derive(Default)]
struct Known {
    import: Option<ImportNumber>,
    /// Surrogate to check.
    surrogates: HashMap<i64, u64, Uniform>,
    /// Mark to the latest instant at which the value was known.
    attributes: HashMap<u128, i64, Uniform>,
}

impl Known {
    /// Starts anew if another import is at work: what one saw may have vanished with it.
    fn belongs_to(&mut self, import: Option<ImportNumber>) {
        if self.import != import {
            *self = Known { import, ..Known::default() };
        }
    }
}

/// Hashing for keys that are keyed hashes already.
type Uniform = BuildHasherDefault<UniformHasher>;

#[derive(Default)]
struct UniformHasher(u64);

impl Hasher for UniformHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_i64(&mut self, surrogate: i64) {
        // Bit 63 of a surrogate is always 0, and the table uses the upper bits too.
        self.0 = (surrogate as u64) << 1;
    }

    fn write_u128(&mut self, mark: u128) {
        self.0 = mark as u64;
    }
}

/// 128 bits of a keyed hash.
type Blind = [u8; 16];

impl Vault {
    /// Opens the vault of a store, and makes its keys at the first time.
    ///
    /// # Errors
    /// [`StoreError::WrongMasterKey`] if another master key closed it; [`StoreError::Unreadable`]
    /// if its wrapped keys were changed.
    pub async fn open(store: &Store, master: &MasterKey) -> Result<Vault> {
        let wrapping = cipher(&master.wrapping_key());
        let mut transaction = store.write().await?;
        let stored: Vec<(String, String, Vec<u8>)> =
            query("SELECT name, master_key_id, wrapped FROM vault_secret")
                .fetch_all(&mut *transaction)
                .await?;
        let mut keys = Vec::with_capacity(SECRETS.len());
        for name in SECRETS {
            let key = match stored.iter().find(|(stored, _, _)| stored == name) {
                Some((_, id, _)) if *id != master.id() => {
                    return Err(StoreError::WrongMasterKey { expected: id.clone(), given: master.id() });
                }
                Some((_, _, wrapped)) => open_key(&wrapping, &secret_place(name), wrapped)
                    .ok_or_else(|| StoreError::Unreadable { what: format!("the workspace's key {name}") })?,
                // A key that is gone must not be replaced in silence: all it sealed would be lost.
                None if !stored.is_empty() => {
                    return Err(StoreError::malformed(format!("the workspace's key {name}")));
                }
                None => {
                    let key = random_key()?;
                    wrap_secret(&mut transaction, &wrapping, master, name, &key).await?;
                    key
                }
            };
            keys.push(key);
        }
        transaction.commit().await?;
        let Ok([surrogate, blind, identity, unattributed, quarantine]) = <[SecretKey; 5]>::try_from(keys)
        else {
            return Err(StoreError::malformed("the workspace's keys"));
        };
        let blind = Hmac::<Sha256>::new_from_slice(blind.as_slice())
            .map_err(|_| StoreError::malformed("the workspace's key blind"))?;
        Ok(Vault {
            store: store.clone(),
            surrogates: SurrogateKey { key: surrogate },
            blind,
            identity_keys: cipher(&identity),
            unattributed: cipher(&unattributed),
            quarantine_key: cipher(&quarantine),
            known: Mutex::default(),
        })
    }

    /// The same vault with nothing in mind: for a store that was emptied, where what an import saw is gone.
    pub fn afresh(&self) -> Vault {
        Vault {
            store: self.store.clone(),
            surrogates: self.surrogates.clone(),
            blind: self.blind.clone(),
            identity_keys: self.identity_keys.clone(),
            unattributed: self.unattributed.clone(),
            quarantine_key: self.quarantine_key.clone(),
            known: Mutex::default(),
        }
    }

    /// True if the store has a vault already, which only its own master key opens.
    pub async fn exists(store: &Store) -> Result<bool> {
        let n_keys: i64 = query("SELECT COUNT(*) FROM vault_secret").fetch_one(store.read()).await?;
        Ok(n_keys > 0)
    }

    /// Wraps the vault's keys with another master key. From then on only that one opens it.
    pub async fn change_master_key(&self, old: &MasterKey, new: &MasterKey) -> Result<()> {
        let (unwrapping, wrapping) = (cipher(&old.wrapping_key()), cipher(&new.wrapping_key()));
        let mut transaction = self.store.write().await?;
        let stored: Vec<(String, String, Vec<u8>)> =
            query("SELECT name, master_key_id, wrapped FROM vault_secret ORDER BY name")
                .fetch_all(&mut *transaction)
                .await?;
        query("DELETE FROM vault_secret").execute(&mut *transaction).await?;
        for (name, id, wrapped) in stored {
            if id != old.id() {
                return Err(StoreError::WrongMasterKey { expected: id, given: old.id() });
            }
            let key = open_key(&unwrapping, &secret_place(&name), &wrapped)
                .ok_or_else(|| StoreError::Unreadable { what: format!("the workspace's key {name}") })?;
            wrap_secret(&mut transaction, &wrapping, new, &name, &key).await?;
        }
        transaction.commit().await?;
        // What the old key wrapped must not stay behind in the log.
        self.store.checkpoint().await?;
        Ok(())
    }

    /// The surrogate of an identity; see [`SurrogateKey::surrogate`].
    pub fn surrogate(&self, kind: &str, normalized: &str) -> i64 {
        self.surrogates.surrogate(kind, normalized)
    }

    /// The key of surrogates alone, for threads that compute nothing else.
    pub fn surrogate_key(&self) -> SurrogateKey {
        self.surrogates.clone()
    }

    /// Rows that are wrong.
    pub fn quarantine(&self) -> Quarantine<'_> {
        Quarantine { vault: self }
    }

    /// Answers that were given to requests with a key of their own.
    pub fn answers(&self) -> Answers<'_> {
        Answers { vault: self }
    }

    /// Frees what an import kept in mind; the next one does so anyway.
    pub fn release_memory(&self) {
        *self.known() = Known::default();
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The blind index of a value: a different one for an identity and for an attribute, so that
    /// equal values of both do not show as equal.
    fn blind(&self, role: &str, kind: &str, normalized: &str) -> Blind {
        let mut mac = self.blind.clone();
        for part in [role, kind] {
            mac.update(&(part.len() as u32).to_le_bytes());
            mac.update(part.as_bytes());
        }
        mac.update(normalized.as_bytes());
        let full = mac.finalize().into_bytes();
        std::array::from_fn(|index| full[index])
    }

    /// The number under which rows are staged; checks that the import may still stage.
    pub(crate) async fn staging(
        &self,
        transaction: &mut Writing,
        import: Option<ImportNumber>,
    ) -> Result<i64> {
        let Some(number) = import else { return Ok(KEPT) };
        let is = status_of(transaction, number).await?;
        if !is.is_unfinished() {
            return Err(wrong_status(number, is, ImportStatus::Vaulted));
        }
        Ok(number.0)
    }

    /// The ciphers of these identities; `surrogates` is sorted and without repetition.
    async fn ciphers(
        &self,
        connection: &mut Transaction,
        surrogates: &[i64],
    ) -> Result<HashMap<i64, Aes256Gcm>> {
        let mut ciphers = HashMap::with_capacity(surrogates.len());
        for chunk in surrogates.chunks(ROWS_PER_STATEMENT) {
            let mut statement = query("SELECT surrogate, wrapped_key FROM vault_identity WHERE surrogate");
            statement.push_in(chunk);
            let rows: Vec<(i64, Vec<u8>)> = statement.fetch_all(&mut *connection).await?;
            for (surrogate, wrapped) in rows {
                ciphers.insert(surrogate, self.identity_cipher(surrogate, &wrapped)?);
            }
        }
        Ok(ciphers)
    }

    fn identity_cipher(&self, surrogate: i64, wrapped: &[u8]) -> Result<Aes256Gcm> {
        let key = open_key(&self.identity_keys, &key_place(surrogate), wrapped)
            .ok_or_else(|| StoreError::Unreadable { what: format!("the key of identity {surrogate}") })?;
        Ok(cipher(&key))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        // What a panicking thread left is only a cache.
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The keys of a workspace, in the order in which [`Vault::open`] takes them.
const SECRETS: [&str; 5] = ["surrogate", "blind", "identity", "unattributed", "quarantine"];

/// Import number of what is kept whatever becomes of an import.
const KEPT: i64 = 0;

/// Condition under which a row may still vanish with its import: a second import that relies on
/// it must then mark it as kept.
const MAY_VANISH: &str =
    "import_number IN (SELECT number FROM import_record WHERE status IN ('planned', 'vaulted', 'committed'))";

fn secret_place(name: &str) -> Vec<u8> {
    place(&[b"gradus workspace key 1", name.as_bytes()])
}

fn key_place(surrogate: i64) -> Vec<u8> {
    place(&[b"gradus identity key 1", &surrogate.to_le_bytes(), &IDENTITY_KEY_ID.to_le_bytes()])
}

async fn wrap_secret(
    transaction: &mut Writing,
    wrapping: &Aes256Gcm,
    master: &MasterKey,
    name: &str,
    key: &SecretKey,
) -> Result<()> {
    query("INSERT INTO vault_secret (name, master_key_id, wrapped) VALUES ($1, $2, $3)")
        .bind(name)
        .bind(master.id())
        .bind(seal(wrapping, &secret_place(name), key.as_slice())?)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Two spellings of a value as one text: the length of the normalized one, it, and the displayed
/// one unless both are the same.
fn pack(normalized: &str, display: &str) -> zeroize::Zeroizing<Vec<u8>> {
    let mut packed = zeroize::Zeroizing::new(Vec::with_capacity(4 + normalized.len() + display.len()));
    packed.extend_from_slice(&(normalized.len() as u32).to_le_bytes());
    packed.extend_from_slice(normalized.as_bytes());
    if display != normalized {
        packed.extend_from_slice(display.as_bytes());
    }
    packed
}

/// What [`pack`] packed: normalized and displayed spelling.
fn unpack(packed: &[u8]) -> Option<(String, String)> {
    let (length, rest) = packed.split_first_chunk::<4>()?;
    let (normalized, display) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let display = if display.is_empty() { normalized } else { display };
    Some((String::from_utf8(normalized.to_vec()).ok()?, String::from_utf8(display.to_vec()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrogates_are_positive_stable_and_framed() {
        let key = SurrogateKey { key: zeroize::Zeroizing::new([3; 32]) };
        let other = SurrogateKey { key: zeroize::Zeroizing::new([4; 32]) };
        assert_eq!(key.surrogate("phone", "13800138000"), key.surrogate("phone", "13800138000"));
        assert_ne!(key.surrogate("phone", "13800138000"), other.surrogate("phone", "13800138000"));
        assert_ne!(key.surrogate("ab", "c"), key.surrogate("a", "bc"));
        assert!((0..10_000).all(|n| key.surrogate("id", &n.to_string()) > 0));
    }

    /// Stored ledgers name identities by surrogate: this value must never change.
    #[test]
    fn the_surrogate_of_a_format_is_fixed() {
        let key = SurrogateKey { key: zeroize::Zeroizing::new([3; 32]) };
        assert_eq!(key.surrogate("phone", "13800138000"), 6_970_601_700_818_750_148);
    }

    #[test]
    fn both_spellings_are_kept() {
        for (normalized, display) in [("13800138000", "138-0013-8000"), ("张三", "张三"), ("", ""), ("", "x")]
        {
            let (one, two) = unpack(&pack(normalized, display)).unwrap();
            assert_eq!((one.as_str(), two.as_str()), (normalized, display));
        }
        assert!(unpack(&[1, 2]).is_none());
        assert!(unpack(&[9, 0, 0, 0, b'a']).is_none());
    }
}
