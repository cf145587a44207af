//! Files at rest under a key of their own: what was sent and is not imported yet.
//!
//! A file is a row of pieces, each sealed by itself (AES-256-GCM, a random nonce) as the n-th of its
//! file, the last one as the last: a piece that was changed, moved or taken from another file does not
//! open, and a file that was cut short has no last piece. So it is written and read as a stream, from any
//! place, with one piece in memory. The key is wrapped by a key of the workspace ([`Vault::new_file_key`]).

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use aes_gcm::Aes256Gcm;
use zeroize::Zeroizing;

use crate::error::{Result, StoreError};
use crate::seal::{OVERHEAD_BYTES, SecretKey, cipher, open, open_key, place, random_key, seal};
use crate::vault::Vault;

/// Plain bytes of a piece.
const PIECE_BYTES: usize = 256 << 10;
const SEALED_BYTES: u64 = PIECE_BYTES as u64 + OVERHEAD_BYTES;

/// The key of one file, wiped from memory when dropped; printing it shows nothing of it.
#[derive(Clone)]
pub struct FileKey(SecretKey);

impl FileKey {
    /// For a process of our own that reads the file, through a pipe and nothing else.
    pub fn to_hex(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(64));
        for byte in self.0.iter() {
            text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        }
        text
    }

    /// What [`FileKey::to_hex`] gave.
    pub fn from_hex(text: &str) -> Option<FileKey> {
        let mut key = Zeroizing::new([0u8; 32]);
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (at, byte) in key.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(FileKey(key))
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey")
    }
}

impl Vault {
    /// A key for the file of this name, and the same key wrapped, to be kept beside the file.
    pub fn new_file_key(&self, name: &str) -> Result<(FileKey, Vec<u8>)> {
        let key = random_key()?;
        let wrapped = seal(&self.quarantine_key, &key_place(name), key.as_slice())?;
        Ok((FileKey(key), wrapped))
    }

    /// The key of the file of this name.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if it was changed, or belongs to another file.
    pub fn file_key(&self, name: &str, wrapped: &[u8]) -> Result<FileKey> {
        open_key(&self.quarantine_key, &key_place(name), wrapped)
            .map(FileKey)
            .ok_or_else(|| StoreError::Unreadable { what: "the key of a sealed file".to_string() })
    }
}

fn key_place(name: &str) -> Vec<u8> {
    place(&[b"file key", name.as_bytes()])
}

/// The place of a piece within its file, which has a key of its own.
fn piece_place(number: u64, last: bool) -> Vec<u8> {
    place(&[b"piece", &number.to_le_bytes(), &[u8::from(last)]])
}

/// Seals what is written. Without [`SealedWriter::finish`] there is no last piece, and the file does not open.
pub struct SealedWriter<W: Write> {
    out: W,
    cipher: Aes256Gcm,
    piece: Zeroizing<Vec<u8>>,
    number: u64,
}

impl<W: Write> SealedWriter<W> {
    pub fn new(out: W, key: &FileKey) -> SealedWriter<W> {
        let piece = Zeroizing::new(Vec::with_capacity(PIECE_BYTES));
        SealedWriter { out, cipher: cipher(&key.0), piece, number: 0 }
    }

    /// Seals the last piece; what it was written to.
    pub fn finish(mut self) -> io::Result<W> {
        self.put(true)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn put(&mut self, last: bool) -> io::Result<()> {
        let sealed = seal(&self.cipher, &piece_place(self.number, last), &self.piece);
        self.out.write_all(&sealed.map_err(io::Error::other)?)?;
        self.number += 1;
        self.piece.clear();
        Ok(())
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full piece waits: only what comes after it says that it is not the last.
        if self.piece.len() == PIECE_BYTES && !bytes.is_empty() {
            self.put(false)?;
        }
        let n = bytes.len().min(PIECE_BYTES - self.piece.len());
        self.piece.extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Reads a sealed file from any place. What does not open is an error of kind `InvalidData`.
pub struct SealedReader {
    file: File,
    cipher: Aes256Gcm,
    n_pieces: u64,
    n_bytes: u64,
    at: u64,
    /// The piece at hand and its number.
    piece: Option<(u64, Zeroizing<Vec<u8>>)>,
    sealed: Vec<u8>,
}

impl SealedReader {
    pub fn open(path: &Path, key: &FileKey) -> io::Result<SealedReader> {
        let file = File::open(path)?;
        let sealed = file.metadata()?.len();
        let n_pieces = sealed.div_ceil(SEALED_BYTES);
        let last = sealed - n_pieces.saturating_sub(1) * SEALED_BYTES;
        if n_pieces == 0 || last < OVERHEAD_BYTES {
            return Err(damaged());
        }
        let n_bytes = sealed - n_pieces * OVERHEAD_BYTES;
        let mut reader = SealedReader {
            file,
            cipher: cipher(&key.0),
            n_pieces,
            n_bytes,
            at: 0,
            piece: None,
            sealed: Vec::new(),
        };
        // Whether it is whole is known before anything of it is used.
        reader.bring(n_pieces - 1)?;
        Ok(reader)
    }

    /// Plain bytes of the whole file.
    pub fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    fn bring(&mut self, number: u64) -> io::Result<()> {
        if self.piece.as_ref().is_some_and(|(at_hand, _)| *at_hand == number) {
            return Ok(());
        }
        self.piece = None;
        let last = number + 1 == self.n_pieces;
        let plain = if last { self.n_bytes - number * PIECE_BYTES as u64 } else { PIECE_BYTES as u64 };
        let length = usize::try_from(plain + OVERHEAD_BYTES).map_err(io::Error::other)?;
        self.sealed.resize(length, 0);
        self.file.seek(SeekFrom::Start(number * SEALED_BYTES))?;
        self.file.read_exact(&mut self.sealed)?;
        let piece = open(&self.cipher, &piece_place(number, last), &self.sealed).ok_or_else(damaged)?;
        self.piece = Some((number, piece));
        Ok(())
    }
}

impl Read for SealedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.n_bytes || buffer.is_empty() {
            return Ok(0);
        }
        self.bring(self.at / PIECE_BYTES as u64)?;
        let Some((_, piece)) = &self.piece else { return Err(damaged()) };
        let within = (self.at % PIECE_BYTES as u64) as usize;
        let rest = piece.get(within..).unwrap_or_default();
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for SealedReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.n_bytes.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the sealed file is incomplete or was changed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> FileKey {
        FileKey(Zeroizing::new([byte; 32]))
    }

    fn bytes_of(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 31 + at / 251) as u8).collect()
    }

    fn written(path: &Path, plain: &[u8], step: usize) {
        let mut out = SealedWriter::new(File::create(path).unwrap(), &key(7));
        for piece in plain.chunks(step) {
            out.write_all(piece).unwrap();
        }
        out.finish().unwrap();
    }

    #[test]
    fn what_was_written_is_read_whole_and_from_any_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sealed");
        for length in
            [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES, 3 * PIECE_BYTES + 17]
        {
            let plain = bytes_of(length);
            written(&path, &plain, 100_003);
            let mut reader = SealedReader::open(&path, &key(7)).unwrap();
            assert_eq!(reader.n_bytes(), length as u64);
            let mut read = Vec::new();
            reader.read_to_end(&mut read).unwrap();
            assert!(read == plain, "{length} bytes");
            for at in [0, length / 2, length.saturating_sub(9), length] {
                reader.seek(SeekFrom::Start(at as u64)).unwrap();
                let mut rest = Vec::new();
                reader.read_to_end(&mut rest).unwrap();
                assert!(rest == plain[at..], "{length} bytes from {at}");
            }
        }
    }

    #[test]
    fn what_was_cut_changed_or_moved_does_not_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sealed");
        written(&path, &bytes_of(3 * PIECE_BYTES + 17), 1 << 20);
        let whole = std::fs::read(&path).unwrap();
        let reads = |bytes: &[u8], key: &FileKey| {
            std::fs::write(&path, bytes).unwrap();
            let mut read = Vec::new();
            SealedReader::open(&path, key).and_then(|mut reader| reader.read_to_end(&mut read)).is_ok()
        };
        assert!(reads(&whole, &key(7)));
        assert!(!reads(&whole, &key(8)));
        let piece = SEALED_BYTES as usize;
        for length in [0, 1, piece - 1, piece, piece + 28, 2 * piece, 3 * piece, whole.len() - 1] {
            assert!(!reads(&whole[..length], &key(7)), "cut to {length}");
        }
        for at in [0, 12, piece - 1, piece, 2 * piece + 5, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(!reads(&changed, &key(7)), "changed at {at}");
        }
        let moved = [&whole[piece..2 * piece], &whole[..piece], &whole[2 * piece..]].concat();
        assert!(!reads(&moved, &key(7)), "pieces changed places");
    }

    #[test]
    fn without_an_end_nothing_is_read_and_no_key_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sealed");
        let mut out = SealedWriter::new(File::create(&path).unwrap(), &key(7));
        out.write_all(&bytes_of(2 * PIECE_BYTES)).unwrap();
        drop(out);
        assert!(SealedReader::open(&path, &key(7)).is_err());
        assert_eq!(format!("{:?}", key(7)), "FileKey");
        assert_eq!(FileKey::from_hex(&key(7).to_hex()).unwrap().0.as_slice(), [7; 32]);
        assert!(FileKey::from_hex("07").is_none() && FileKey::from_hex(&"g".repeat(64)).is_none());
    }
}
