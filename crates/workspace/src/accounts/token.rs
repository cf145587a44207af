//! Tokens: 256 random bits, shown once, kept as their SHA-256.

use sha2::{Digest, Sha256};

use crate::WorkspaceError;

/// A new token: a prefix that says what it is, and 64 hexadecimal digits.
pub fn new(prefix: &str) -> Result<String, WorkspaceError> {
    let mut bytes = [0u8; 32];
    fill(&mut bytes)?;
    Ok(format!("{prefix}{}", hex(&bytes)))
}

/// A short id that names a row and opens nothing.
pub fn id() -> Result<String, WorkspaceError> {
    let mut bytes = [0u8; 8];
    fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// What is kept of a token.
pub fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

pub fn fill(bytes: &mut [u8]) -> Result<(), WorkspaceError> {
    getrandom::fill(bytes).map_err(|source| gradus_store::StoreError::NoRandomness { source }.into())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_only_their_hash_is_kept() {
        let (one, two) = (new("gra_").unwrap(), new("gra_").unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 4 + 64);
        assert_eq!(hash(&one).len(), 32);
        assert_ne!(hash(&one), hash(&two));
    }
}
