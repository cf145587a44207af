//! Sealing: AES-256-GCM with a random nonce, and what the sealed value belongs to as associated
//! data, so that a value which is moved to another place does not open.
//!
//! A sealed value is nonce (12 bytes), ciphertext, tag (16 bytes). Random nonces are safe for 2^32
//! messages under one key (NIST SP 800-38D, 8.3): each identity has a key of its own, and the
//! workspace's keys seal fewer keys and quarantined rows than that.

use aes_gcm::aead::Payload;
use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use zeroize::Zeroizing;

use crate::error::{Result, StoreError};

const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// How much longer a sealed value is than its plain text.
pub(crate) const OVERHEAD_BYTES: u64 = (NONCE_BYTES + TAG_BYTES) as u64;

/// A key, wiped from memory when dropped.
pub(crate) type SecretKey = Zeroizing<[u8; 32]>;

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// A new key.
pub(crate) fn random_key() -> Result<SecretKey> {
    let mut key = Zeroizing::new([0u8; 32]);
    getrandom::fill(key.as_mut_slice())?;
    Ok(key)
}

/// The cipher of a key.
pub(crate) fn cipher(key: &[u8; 32]) -> Aes256Gcm {
    Aes256Gcm::new(key.into())
}

/// Random bytes taken from the system at once and handed out in pieces, each once: asking for
/// every nonce alone costs more than sealing. Wiped when dropped.
pub(crate) struct Chance {
    bytes: Zeroizing<Vec<u8>>,
    used: usize,
}

impl Chance {
    /// Enough for `n_keys` keys and `n_nonces` sealed values.
    pub(crate) fn for_keys_and_nonces(n_keys: usize, n_nonces: usize) -> Result<Chance> {
        let mut bytes = Zeroizing::new(vec![0u8; n_keys * 32 + n_nonces * NONCE_BYTES]);
        getrandom::fill(&mut bytes)?;
        Ok(Chance { bytes, used: 0 })
    }

    pub(crate) fn key(&mut self) -> Result<SecretKey> {
        Ok(Zeroizing::new(self.next()?))
    }

    /// The next bytes; asks the system again if more are wanted than were planned, so that none
    /// is ever handed out twice.
    fn next<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.bytes.get(self.used..).and_then(|rest| rest.first_chunk::<N>()) {
            Some(bytes) => {
                self.used += N;
                Ok(*bytes)
            }
            None => random(),
        }
    }
}

/// Seals `plain` for the place that `belongs_to` names.
pub(crate) fn seal(cipher: &Aes256Gcm, belongs_to: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    seal_with(random()?, cipher, belongs_to, plain)
}

/// [`seal`] for many values.
pub(crate) fn seal_next(
    chance: &mut Chance,
    cipher: &Aes256Gcm,
    belongs_to: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>> {
    seal_with(chance.next()?, cipher, belongs_to, plain)
}

fn seal_with(
    nonce: [u8; NONCE_BYTES],
    cipher: &Aes256Gcm,
    belongs_to: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>> {
    let payload = Payload { msg: plain, aad: belongs_to };
    let sealed = cipher
        .encrypt(&Nonce::from(nonce), payload)
        .map_err(|_| StoreError::malformed("a value too long to seal"))?;
    let mut out = Vec::with_capacity(NONCE_BYTES + sealed.len());
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Ok(out)
}

/// Opens what [`seal`] gave. `None` if it was cut, changed, moved, or sealed with another key.
pub(crate) fn open(cipher: &Aes256Gcm, belongs_to: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if sealed.len() < NONCE_BYTES + TAG_BYTES {
        return None;
    }
    let (nonce, rest) = sealed.split_at(NONCE_BYTES);
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
    cipher.decrypt(&Nonce::from(nonce), Payload { msg: rest, aad: belongs_to }).ok().map(Zeroizing::new)
}

/// Opens a sealed key.
pub(crate) fn open_key(cipher: &Aes256Gcm, belongs_to: &[u8], sealed: &[u8]) -> Option<SecretKey> {
    let plain = open(cipher, belongs_to, sealed)?;
    Some(Zeroizing::new(<[u8; 32]>::try_from(plain.as_slice()).ok()?))
}

/// Names a place: every part with its length, so that no two places read alike.
pub(crate) fn place(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
    for part in parts {
        // Parts are names and numbers; one of 4 GiB would have been refused long before.
        out.extend_from_slice(&(part.len() as u32).to_le_bytes());
        out.extend_from_slice(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_whole_unchanged_and_in_its_place() {
        let cipher_one = cipher(&[7; 32]);
        let sealed = seal(&cipher_one, b"here", "张三".as_bytes()).unwrap();
        assert_eq!(open(&cipher_one, b"here", &sealed).unwrap().as_slice(), "张三".as_bytes());
        assert!(open(&cipher_one, b"there", &sealed).is_none());
        assert!(open(&cipher(&[8; 32]), b"here", &sealed).is_none());
        for length in 0..sealed.len() {
            assert!(open(&cipher_one, b"here", &sealed[..length]).is_none(), "cut to {length}");
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&cipher_one, b"here", &changed).is_none(), "changed at {at}");
        }
    }

    #[test]
    fn chance_is_never_handed_out_twice() {
        let mut chance = Chance::for_keys_and_nonces(2, 1).unwrap();
        let keys: Vec<SecretKey> = (0..5).map(|_| chance.key().unwrap()).collect();
        for (index, key) in keys.iter().enumerate() {
            assert!(keys[..index].iter().all(|other| other != key));
            assert_ne!(key.as_slice(), [0; 32]);
        }
    }

    #[test]
    fn equal_values_do_not_look_equal() {
        let cipher = cipher(&[7; 32]);
        assert_ne!(seal(&cipher, b"", b"x").unwrap(), seal(&cipher, b"", b"x").unwrap());
    }

    #[test]
    fn places_do_not_run_together() {
        assert_ne!(place(&[b"ab", b"c"]), place(&[b"a", b"bc"]));
        assert_ne!(place(&[b""]), place(&[]));
    }
}
