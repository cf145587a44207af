//! The master key: 32 bytes that wrap the keys of the vault. It is never in the workspace's store.

use std::fmt;
use std::io::Write;
use std::path::Path;

use zeroize::{Zeroize, Zeroizing};

use crate::error::{Result, StoreError};
use crate::seal::{SecretKey, random_key};

/// The master key of a workspace. Wiped from memory when dropped; printing it shows only its id.
pub struct MasterKey {
    key: SecretKey,
}

impl MasterKey {
    /// Reads the key: from `env_value` if there is one, else from the file. Hexadecimal (64
    /// digits) or base64 (standard or URL alphabet, padded or not), surrounding space ignored.
    ///
    /// # Errors
    /// [`StoreError::MasterKeyMissing`] if there is neither, [`StoreError::MasterKeyMalformed`] if
    /// what is there is no key, [`StoreError::File`] if the file cannot be read.
    pub fn from_file_or_env(path: impl AsRef<Path>, env_value: Option<&str>) -> Result<MasterKey> {
        let path = path.as_ref();
        if let Some(value) = env_value.filter(|value| !value.trim().is_empty()) {
            return MasterKey::parse(value)
                .ok_or_else(|| StoreError::MasterKeyMalformed { place: "the environment".to_string() });
        }
        let text = match std::fs::read(path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::MasterKeyMissing { path: path.to_path_buf() });
            }
            Err(error) => return Err(StoreError::file(path)(error)),
        };
        std::str::from_utf8(&text)
            .ok()
            .and_then(MasterKey::parse)
            .ok_or_else(|| StoreError::MasterKeyMalformed { place: path.display().to_string() })
    }

    /// Creates a file with a new key that only its owner may read, and returns the key.
    ///
    /// # Errors
    /// [`StoreError::MasterKeyExists`] if there is a file: a key is never overwritten, because
    /// what it sealed would be lost.
    pub fn generate_file(path: impl AsRef<Path>) -> Result<MasterKey> {
        let path = path.as_ref();
        let key = random_key()?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => StoreError::MasterKeyExists { path: path.to_path_buf() },
            _ => StoreError::file(path)(error),
        })?;
        let mut text = Zeroizing::new(String::with_capacity(65));
        for byte in key.iter() {
            text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        }
        text.push('\n');
        file.write_all(text.as_bytes()).map_err(StoreError::file(path))?;
        file.sync_all().map_err(StoreError::file(path))?;
        // The name must survive a power cut as well, before anything is sealed with the key.
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if let Ok(folder) = std::fs::File::open(folder) {
            folder.sync_all().map_err(StoreError::file(path))?;
        }
        Ok(MasterKey { key })
    }

    /// True if others than its owner may read or change the key file: worth a warning. Some
    /// platforms mount secrets that way, so it is no error.
    #[cfg(unix)]
    pub fn is_exposed(path: impl AsRef<Path>) -> bool {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
    }

    /// A short name of the key that tells nothing about it: 16 hexadecimal digits.
    pub fn id(&self) -> String {
        let hash =
            Zeroizing::new(blake3::derive_key("gradus 2026-11 id of a master key", self.key.as_slice()));
        hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The key that wraps the workspace's keys. Derived, so that the master key itself is used for
    /// one purpose only.
    pub(crate) fn wrapping_key(&self) -> SecretKey {
        Zeroizing::new(blake3::derive_key("gradus 2026-11 wrap of workspace keys", self.key.as_slice()))
    }

    fn parse(text: &str) -> Option<MasterKey> {
        let text = text.trim();
        let mut bytes = if text.len() == 64 { decode_hex(text)? } else { decode_base64(text)? };
        let key = <[u8; 32]>::try_from(bytes.as_slice()).ok().map(Zeroizing::new);
        bytes.zeroize();
        // Placeholders such as 000...0 are no keys.
        key.filter(|key| key.iter().any(|byte| *byte != key[0])).map(|key| MasterKey { key })
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id())
    }
}

fn decode_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(32));
    let mut digits = text.chars();
    while let Some(high) = digits.next() {
        let low = digits.next()?;
        bytes.push((high.to_digit(16)? * 16 + low.to_digit(16)?) as u8);
    }
    Some(bytes)
}

fn decode_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = text.strip_suffix('=').unwrap_or(text);
    // 32 bytes are 42 full characters and one of four bits.
    if text.len() != 43 {
        return None;
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(33));
    let (mut buffer, mut n_bits) = (0u32, 0u32);
    for character in text.bytes() {
        let six = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        buffer = ((buffer << 6) | u32::from(six)) & 0xfff;
        n_bits += 6;
        if n_bits >= 8 {
            n_bits -= 8;
            bytes.push(((buffer >> n_bits) & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hexadecimal_and_both_alphabets_of_base64() {
        let hex = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFB";
        let base64 = "ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7vs=";
        let ids: Vec<String> = [hex, base64, &base64.replace('/', "_"), base64.trim_end_matches('=')]
            .iter()
            .map(|text| MasterKey::from_file_or_env("/nowhere", Some(text)).unwrap().id())
            .collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert!(!hex.contains(&ids[0]));
    }

    #[test]
    fn refuses_what_is_no_key() {
        let zeros = "0".repeat(64);
        let bad = ["abc", &zeros, &"g".repeat(64), &"A".repeat(43), &"é".repeat(32), "x y"];
        for text in bad {
            let error = MasterKey::from_file_or_env("/nowhere", Some(text)).err().unwrap();
            assert_eq!(error.code(), "master-key-malformed", "{text}");
            assert!(!format!("{error}{error:?}").contains(text), "the error shows the key");
        }
        let error = MasterKey::from_file_or_env("/nowhere/key", Some("  ")).err().unwrap();
        assert_eq!(error.code(), "master-key-missing");
    }

    #[test]
    fn a_generated_file_is_private_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let made = MasterKey::generate_file(&path).unwrap();
        assert_eq!(MasterKey::from_file_or_env(&path, None).unwrap().id(), made.id());
        assert_eq!(MasterKey::generate_file(&path).err().unwrap().code(), "master-key-exists");
        assert_eq!(MasterKey::from_file_or_env(&path, None).unwrap().id(), made.id());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!format!("{made:?}").contains(text.trim()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert!(!MasterKey::is_exposed(&path));
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(MasterKey::is_exposed(&path));
        }
        std::fs::write(&path, &text[..30]).unwrap();
        let error = MasterKey::from_file_or_env(&path, None).err().unwrap();
        assert_eq!(error.code(), "master-key-malformed");
    }
}
