//! Bytes of a file as a stream: plain or gzip, counted, and with an end that a bomb cannot move.

use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::input_file::InputFile;
use crate::error::LedgerError;

const READ_BUFFER_BYTES: usize = 256 << 10;

/// Why a stream ended before the file said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EarlyEnd {
    /// More bytes came out of the compressed file than allowed.
    TooLarge,
    /// The compressed data end in the middle.
    CutOff,
    /// The compressed data are damaged.
    Damaged,
}

/// One file as a stream of unpacked bytes.
pub(crate) struct Input {
    reader: Box<dyn Read + Send>,
    /// Bytes taken from the file so far; shared, so that a progress bar can look at it.
    taken: Arc<AtomicU64>,
    unpacked: u64,
    max_unpacked: u64,
    gzip: bool,
    early_end: Option<EarlyEnd>,
}

struct Counting<R> {
    inner: R,
    taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.taken.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl Input {
    /// Opens a file; whether it is gzip is seen from its first two bytes, not from its name.
    pub(crate) fn open(file: &InputFile, max_unpacked: u64) -> Result<Input, LedgerError> {
        let gzip = is_gzip(file)?;
        let file = file.open()?;
        let taken = Arc::new(AtomicU64::new(0));
        let counting = Counting { inner: file, taken: taken.clone() };
        let reader: Box<dyn Read + Send> = if gzip {
            Box::new(MultiGzDecoder::new(BufReader::with_capacity(READ_BUFFER_BYTES, counting)))
        } else {
            Box::new(counting)
        };
        Ok(Input { reader, taken, unpacked: 0, max_unpacked, gzip, early_end: None })
    }

    /// The next bytes; 0 at the end, whatever the reason for the end was.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.early_end.is_some() || buffer.is_empty() {
            return Ok(0);
        }
        let mut room = buffer.len();
        if self.gzip {
            let left = self.max_unpacked.saturating_sub(self.unpacked);
            if left == 0 {
                // One more byte decides whether the file ends exactly at the limit.
                let mut probe = [0u8; 1];
                if matches!(self.reader.read(&mut probe), Ok(n) if n > 0) {
                    self.early_end = Some(EarlyEnd::TooLarge);
                }
                return Ok(0);
            }
            room = room.min(usize::try_from(left).unwrap_or(usize::MAX));
        }
        loop {
            match self.reader.read(&mut buffer[..room]) {
                Ok(n) => {
                    self.unpacked += n as u64;
                    return Ok(n);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if self.gzip && error.kind() == io::ErrorKind::UnexpectedEof => {
                    self.early_end = Some(EarlyEnd::CutOff);
                    return Ok(0);
                }
                Err(error)
                    if self.gzip
                        && matches!(
                            error.kind(),
                            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
                        ) =>
                {
                    self.early_end = Some(EarlyEnd::Damaged);
                    return Ok(0);
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn early_end(&self) -> Option<EarlyEnd> {
        self.early_end
    }

    pub(crate) fn is_gzip(&self) -> bool {
        self.gzip
    }

    pub(crate) fn taken(&self) -> Arc<AtomicU64> {
        self.taken.clone()
    }

    pub(crate) fn unpacked(&self) -> u64 {
        self.unpacked
    }
}

fn is_gzip(file: &InputFile) -> Result<bool, LedgerError> {
    let mut magic = Vec::with_capacity(2);
    file.open()?.take(2).read_to_end(&mut magic).map_err(|source| LedgerError::io(file.path(), source))?;
    Ok(magic == [0x1f, 0x8b])
}
