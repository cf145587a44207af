//! A file to be read: as it lies there, or sealed under a key of its own (what was sent and is not
//! imported yet). Either is opened as often as a format needs, and read from any place.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use gradus_store::{FileKey, SealedReader};
use parquet::errors::Result as ParquetResult;
use parquet::file::reader::{ChunkReader, Length};

use crate::error::LedgerError;

/// A file, and its key if it is sealed.
#[derive(Debug, Clone)]
pub struct InputFile {
    path: PathBuf,
    key: Option<FileKey>,
}

/// What every format can read.
pub(crate) trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

impl InputFile {
    /// `None` for a file in clear.
    pub fn new(path: impl Into<PathBuf>, key: Option<FileKey>) -> InputFile {
        InputFile { path: path.into(), key }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn key(&self) -> Option<&FileKey> {
        self.key.as_ref()
    }

    /// Bytes of the file as its owner knows it.
    pub fn n_bytes(&self) -> Result<u64, LedgerError> {
        let n_bytes = match &self.key {
            Some(key) => SealedReader::open(&self.path, key).map(|reader| reader.n_bytes()),
            None => std::fs::metadata(&self.path).map(|metadata| metadata.len()),
        };
        n_bytes.map_err(|source| LedgerError::io(&self.path, source))
    }

    /// Its bytes from the beginning.
    pub fn reader(&self) -> Result<Box<dyn Read + Send>, LedgerError> {
        Ok(Box::new(self.open()?))
    }

    pub(crate) fn open(&self) -> Result<Box<dyn ReadSeek>, LedgerError> {
        self.open_io().map_err(|source| LedgerError::io(&self.path, source))
    }

    pub(crate) fn open_io(&self) -> io::Result<Box<dyn ReadSeek>> {
        Ok(match &self.key {
            Some(key) => Box::new(SealedReader::open(&self.path, key)?),
            None => Box::new(File::open(&self.path)?),
        })
    }
}

impl From<&Path> for InputFile {
    fn from(path: &Path) -> InputFile {
        InputFile::new(path, None)
    }
}

impl From<&PathBuf> for InputFile {
    fn from(path: &PathBuf) -> InputFile {
        InputFile::new(path, None)
    }
}

impl From<&InputFile> for InputFile {
    fn from(file: &InputFile) -> InputFile {
        file.clone()
    }
}

/// A sealed file as Parquet reads it: any part, at any time.
pub(crate) struct Parts {
    file: InputFile,
    n_bytes: u64,
}

impl Parts {
    pub(crate) fn of(file: &InputFile) -> Result<Parts, LedgerError> {
        Ok(Parts { file: file.clone(), n_bytes: file.n_bytes()? })
    }
}

impl Length for Parts {
    fn len(&self) -> u64 {
        self.n_bytes
    }
}

impl ChunkReader for Parts {
    type T = BufReader<Box<dyn ReadSeek>>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        let mut reader = self.file.open_io()?;
        reader.seek(SeekFrom::Start(start))?;
        Ok(BufReader::new(reader))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let mut reader = self.file.open_io()?;
        reader.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        reader.take(length as u64).read_to_end(&mut bytes)?;
        if bytes.len() < length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
    use gradus_store::SealedWriter;
    use parquet::arrow::ArrowWriter;

    use super::*;
    use crate::collect::{RawItem, ReadOptions, content_hash, read, sniff};

    /// The same bytes, sealed.
    fn sealed(bytes: &[u8], path: &Path) -> InputFile {
        let key = FileKey::from_hex(&"0123456789abcdef".repeat(4)).unwrap();
        let mut out = SealedWriter::new(File::create(path).unwrap(), &key);
        out.write_all(bytes).unwrap();
        out.finish().unwrap();
        InputFile::new(path, Some(key))
    }

    fn cells(file: &InputFile) -> Vec<String> {
        let options = ReadOptions::default();
        let sniffed = sniff(file, &options, None).unwrap();
        assert!(!sniffed.findings.has_errors(), "{:?}", sniffed.findings);
        let mut cells = sniffed.columns.clone();
        for item in read(file, &sniffed, &options, None).unwrap() {
            let RawItem::Batch(batch) = item.unwrap() else { panic!("a fault") };
            for row in 0..batch.rows.num_rows() {
                for column in batch.rows.columns() {
                    cells.push(column.as_string::<i32>().value(row).to_string());
                }
            }
        }
        cells
    }

    #[test]
    fn a_sealed_file_reads_as_the_same_in_clear() {
        let folder = tempfile::tempdir().unwrap();
        let csv: String = (0..60_000).map(|row| format!("c{row},{},2024-03-01\n", row * 7)).collect();
        let csv = format!("customer,amount,day\n{csv}");
        let json: String =
            (0..9_000).map(|row| format!("{{\"customer\": \"c{row}\", \"amount\": {row}}}\n")).collect();
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(csv.as_bytes()).unwrap();
        let columns = ["customer", "city"].map(|name| {
            let values: StringArray = (0..70_000).map(|row| Some(format!("{name} {}", row * 31))).collect();
            (name, Arc::new(values) as ArrayRef)
        });
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut parquet = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut parquet, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        assert!(csv.len() > 1 << 20 && parquet.len() > 1 << 20, "more than one piece");
        for (name, bytes) in [
            ("a.csv", csv.into_bytes()),
            ("a.csv.gz", packed.finish().unwrap()),
            ("a.jsonl", json.into_bytes()),
            ("a.parquet", parquet),
        ] {
            let plain = folder.path().join(name);
            std::fs::write(&plain, &bytes).unwrap();
            let sealed = sealed(&bytes, &folder.path().join(format!("sealed-{name}")));
            assert_eq!(sealed.n_bytes().unwrap(), bytes.len() as u64);
            assert_eq!(content_hash(&sealed).unwrap(), content_hash(&plain).unwrap(), "{name}");
            let cells_in_clear = cells(&InputFile::from(&plain));
            assert!(cells_in_clear.len() > 10_000);
            assert!(cells(&sealed) == cells_in_clear, "{name}");
            // Without its key it is nothing.
            assert!(std::fs::read(sealed.path()).unwrap().windows(8).all(|part| part != b"customer"));
        }
    }

    #[test]
    fn a_sealed_file_that_was_changed_gives_no_row() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let file = sealed(b"customer,amount\nA,1\n", &path);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert!(sniff(&file, &ReadOptions::default(), None).is_err());
    }
}
