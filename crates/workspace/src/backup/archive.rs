//! A tar file, written and read front to back: what every system can open, and no more of it than is
//! needed for plain files.

use std::io::{self, Read, Write};

/// Bytes of a block.
const BLOCK: usize = 512;
/// The largest size that eleven octal digits hold.
const OCTAL_MAX: u64 = 0o77_777_777_777;

/// Writes files one after another.
pub struct ArchiveWriter<W: Write> {
    out: W,
}

impl<W: Write> ArchiveWriter<W> {
    pub fn new(out: W) -> ArchiveWriter<W> {
        ArchiveWriter { out }
    }

    /// Adds a file of `size` bytes; the hash of its content, blake3 in hexadecimal digits.
    ///
    /// # Errors
    /// Also if the content is not of that size: then the archive is of no use.
    pub fn add(&mut self, name: &str, size: u64, content: &mut dyn Read) -> io::Result<String> {
        self.out.write_all(&header(name, size)?)?;
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0u8; 1 << 16];
        let mut left = size;
        while left > 0 {
            let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let n = content.read(&mut buffer[..most])?;
            if n == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("{name} became shorter")));
            }
            hasher.update(&buffer[..n]);
            self.out.write_all(&buffer[..n])?;
            left -= n as u64;
        }
        self.out.write_all(&[0u8; BLOCK][..padding(size)])?;
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// Ends the archive.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&[0u8; 2 * BLOCK])?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn padding(size: u64) -> usize {
    (BLOCK - (size % BLOCK as u64) as usize) % BLOCK
}

/// The block before a file.
fn header(name: &str, size: u64) -> io::Result<[u8; BLOCK]> {
    let too_long = || io::Error::new(io::ErrorKind::InvalidInput, format!("the name {name} is too long"));
    let (prefix, rest) = match name.len() <= 100 {
        true => ("", name),
        // Cut at a slash so that both parts fit.
        false => name
            .match_indices('/')
            .map(|(at, _)| (&name[..at], &name[at + 1..]))
            .find(|(prefix, rest)| prefix.len() <= 155 && rest.len() <= 100)
            .ok_or_else(too_long)?,
    };
    let mut block = [0u8; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, rest.as_bytes());
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    if size <= OCTAL_MAX {
        put(124, format!("{size:011o}\0").as_bytes());
    } else {
        // Larger than octal digits hold: the number itself, marked by the first bit.
        put(124, &[0x80, 0, 0, 0]);
        put(128, &size.to_be_bytes());
    }
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    put(345, prefix.as_bytes());
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(block)
}

/// Reads files one after another.
pub struct ArchiveReader<R: Read> {
    input: R,
    /// What is left of the present file, and the zeros after it.
    left: u64,
    padding: usize,
}

/// A file of the archive; its content is read from the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub size: u64,
}

impl<R: Read> ArchiveReader<R> {
    pub fn new(input: R) -> ArchiveReader<R> {
        ArchiveReader { input, left: 0, padding: 0 }
    }

    /// Goes to the next file; `None` at the end.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] if this is no such archive or it was cut.
    pub fn next(&mut self) -> io::Result<Option<Entry>> {
        io::copy(&mut self.by_ref().take(u64::MAX), &mut io::sink())?;
        let mut zeros = vec![0u8; self.padding];
        self.input.read_exact(&mut zeros).map_err(|_| invalid())?;
        let mut block = [0u8; BLOCK];
        self.input.read_exact(&mut block).map_err(|_| invalid())?;
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let sum: u32 = block
            .iter()
            .enumerate()
            .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
            .sum();
        let is_file = block[156] == b'0' || block[156] == 0;
        if octal(&block[148..156]) != Some(u64::from(sum)) || !is_file {
            return Err(invalid());
        }
        let text = |bytes: &[u8]| {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            String::from_utf8(bytes[..end].to_vec()).map_err(|_| invalid())
        };
        let (rest, prefix) = (text(&block[..100])?, text(&block[345..500])?);
        let name = if prefix.is_empty() { rest } else { format!("{prefix}/{rest}") };
        let size = match block[124] {
            0x80 => block[128..136].iter().fold(0u64, |size, byte| size << 8 | u64::from(*byte)),
            _ => octal(&block[124..136]).ok_or_else(invalid)?,
        };
        (self.left, self.padding) = (size, padding(size));
        Ok(Some(Entry { name, size }))
    }
}

impl<R: Read> Read for ArchiveReader<R> {
    /// Reads of the present file.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let n = self.input.read(&mut buffer[..most])?;
        if n == 0 {
            return Err(invalid());
        }
        self.left -= n as u64;
        Ok(n)
    }
}

fn octal(bytes: &[u8]) -> Option<u64> {
    let digits = bytes.iter().filter(|byte| !matches!(**byte, 0 | b' '));
    digits.into_iter().try_fold(0u64, |number, digit| match digit {
        b'0'..=b'7' => number.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

fn invalid() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "this is no whole archive")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ArchiveWriter::new(Vec::new());
        for (name, bytes) in files {
            let hash = writer.add(name, bytes.len() as u64, &mut &bytes[..]).unwrap();
            assert_eq!(hash, blake3::hash(bytes).to_hex().to_string());
        }
        writer.finish().unwrap()
    }

    #[test]
    fn what_was_written_is_read_whether_or_not_everything_is_looked_at() {
        let long =
            format!("ledger/transitions/{}/_delta_log/{}.json", "0123456789abcdef".repeat(4), "0".repeat(20));
        assert!(long.len() > 100);
        let large = vec![7u8; 1000];
        let bytes = written(&[("empty", b""), (&long, b"x"), ("large", &large), ("512", &[1; 512])]);
        assert_eq!(bytes.len() % BLOCK, 0);
        let mut reader = ArchiveReader::new(&bytes[..]);
        let mut names = Vec::new();
        while let Some(entry) = reader.next().unwrap() {
            if entry.name == "large" {
                let mut content = Vec::new();
                reader.read_to_end(&mut content).unwrap();
                assert_eq!(content, large);
            }
            names.push((entry.name, entry.size));
        }
        assert_eq!(names, [("empty".into(), 0), (long, 1), ("large".into(), 1000), ("512".into(), 512)]);
    }

    #[test]
    fn tar_reads_it_too() {
        let folder = tempfile::tempdir().unwrap();
        let long = format!("a/{}/{}", "b".repeat(90), "c".repeat(60));
        std::fs::write(folder.path().join("x.tar"), written(&[("d/e", b"hello"), (&long, b"world")]))
            .unwrap();
        let listed =
            std::process::Command::new("tar").args(["-xf", "x.tar"]).current_dir(folder.path()).status();
        let Ok(status) = listed else { return println!("skipped: there is no tar") };
        assert!(status.success());
        assert_eq!(std::fs::read(folder.path().join("d/e")).unwrap(), b"hello");
        assert_eq!(std::fs::read(folder.path().join(long)).unwrap(), b"world");
    }

    #[test]
    fn sizes_beyond_octal_digits_and_archives_that_were_cut() {
        let size = 20u64 << 30;
        let block = header("big", size).unwrap();
        let mut reader = ArchiveReader::new(&block[..]);
        assert_eq!(reader.next().unwrap(), Some(Entry { name: "big".into(), size }));
        assert!(reader.next().is_err());
        let bytes = written(&[("a", &[1; 700])]);
        for cut in [0, 100, 512, 900, 1536] {
            let mut reader = ArchiveReader::new(&bytes[..cut]);
            let all = (|| -> io::Result<()> {
                while reader.next()?.is_some() {}
                Ok(())
            })();
            assert!(all.is_err(), "{cut}");
        }
        assert!(ArchiveReader::new(&b"PK\x03\x04 no tar at all"[..]).next().is_err());
    }
}
