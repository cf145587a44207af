//! One file of rows sorted by customer, in blocks: a look-up reads one block, and only the index of
//! the blocks is in memory.
//!
//! Layout: magic; blocks; index; footer. A block is rows one after the other, each as the distance
//! to the customer before it (to 0 for the first), the length of its bytes, the bytes. An index entry
//! is the block's first customer, place, length and checksum. All fixed numbers are little-endian.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;

use crate::error::LedgerError;
use crate::states::form::{RowForm, Rows, get, put, some};

const MAGIC: &[u8; 8] = b"GRADUSs1";
/// A block is closed when it has reached this: a page of the operating system, so that a look-up
/// that is not cached reads one or two.
const BLOCK_BYTES: usize = 4096;
const ENTRY_BYTES: usize = 28;
const FOOTER_BYTES: usize = 48;

/// Writes a file. Rows come in ascending order of customers, each customer once.
#[derive(Debug)]
pub struct StateFileWriter {
    path: PathBuf,
    form: RowForm,
    file: BufWriter<File>,
    written: u64,
    block: Vec<u8>,
    first: Option<i64>,
    last: Option<i64>,
    index: Vec<u8>,
    n_blocks: u64,
    n_rows: u64,
}

impl StateFileWriter {
    /// Creates the file; it must not exist.
    pub fn create(path: impl Into<PathBuf>, form: RowForm) -> Result<StateFileWriter, LedgerError> {
        let path = path.into();
        let file = File::create_new(&path).map_err(|e| LedgerError::io(&path, e))?;
        let mut writer = StateFileWriter {
            file: BufWriter::with_capacity(1 << 18, file),
            path,
            form,
            written: 0,
            block: Vec::with_capacity(BLOCK_BYTES * 2),
            first: None,
            last: None,
            index: Vec::new(),
            n_blocks: 0,
            n_rows: 0,
        };
        writer.put(MAGIC)?;
        Ok(writer)
    }

    /// Adds rows.
    ///
    /// # Errors
    /// [`LedgerError::Columns`] if a customer does not come after the one before.
    pub fn append(&mut self, batch: &RecordBatch) -> Result<(), LedgerError> {
        let form = self.form.clone();
        form.write(batch, |customer, bytes| self.row(customer, bytes))
    }

    /// Writes index and footer, and returns when all is on disk: rows and bytes.
    pub fn finish(mut self) -> Result<(u64, u64), LedgerError> {
        self.close_block()?;
        let index = std::mem::take(&mut self.index);
        let begin = self.written;
        self.put(&index)?;
        let mut footer = Vec::with_capacity(FOOTER_BYTES);
        for number in [begin, self.n_blocks, self.n_rows, self.last.unwrap_or(0) as u64] {
            footer.extend(number.to_le_bytes());
        }
        let checksum = checksum(&[index.as_slice(), &footer].concat());
        footer.extend(checksum.to_le_bytes());
        footer.extend(MAGIC);
        self.put(&footer)?;
        let path = self.path;
        let file = self.file.into_inner().map_err(|e| LedgerError::io(&path, e.into_error()))?;
        file.sync_all().map_err(|e| LedgerError::io(&path, e))?;
        Ok((self.n_rows, self.written))
    }

    fn row(&mut self, customer: i64, bytes: &[u8]) -> Result<(), LedgerError> {
        if self.last.is_some_and(|last| last >= customer) {
            return Err(LedgerError::columns("customer", "rows of a state file are not in ascending order"));
        }
        let before = if self.first.is_some() { self.last.unwrap_or(0) } else { 0 };
        // The distance of two customers may need all 64 bits.
        let step = if self.first.is_some() { customer.wrapping_sub(before) as u64 } else { 0 };
        self.first.get_or_insert(customer);
        put(u128::from(step), &mut self.block);
        put(bytes.len() as u128, &mut self.block);
        self.block.extend_from_slice(bytes);
        self.last = Some(customer);
        self.n_rows += 1;
        if self.block.len() >= BLOCK_BYTES {
            self.close_block()?;
        }
        Ok(())
    }

    fn close_block(&mut self) -> Result<(), LedgerError> {
        let Some(first) = self.first.take() else { return Ok(()) };
        let block = std::mem::take(&mut self.block);
        self.index.extend(first.to_le_bytes());
        self.index.extend(self.written.to_le_bytes());
        self.index.extend((block.len() as u32).to_le_bytes());
        self.index.extend(checksum(&block).to_le_bytes());
        self.n_blocks += 1;
        self.put(&block)?;
        self.block = block;
        self.block.clear();
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), LedgerError> {
        self.written += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|e| LedgerError::io(&self.path, e))
    }
}

/// A file that is open for look-ups. Rows stay on disk, in the operating system's cache.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    file: File,
    form: RowForm,
    blocks: Vec<Block>,
    last: i64,
    n_rows: u64,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    first: i64,
    at: u64,
    bytes: u32,
    checksum: u64,
}

impl StateFile {
    /// Opens a file of rows of this form.
    ///
    /// # Errors
    /// [`LedgerError::NotATable`] if the file is cut short or changed.
    pub fn open(path: impl Into<PathBuf>, form: RowForm) -> Result<StateFile, LedgerError> {
        let path = path.into();
        let file = File::open(&path).map_err(|e| LedgerError::io(&path, e))?;
        let size = file.metadata().map_err(|e| LedgerError::io(&path, e))?.len();
        let mut footer = [0u8; FOOTER_BYTES];
        let place = size.checked_sub(FOOTER_BYTES as u64).ok_or_else(|| broken(&path, "it is too short"))?;
        file.read_exact_at(&mut footer, place).map_err(|e| LedgerError::io(&path, e))?;
        let (numbers, magic) = footer.split_at(FOOTER_BYTES - MAGIC.len());
        if magic != MAGIC {
            return Err(broken(&path, "it does not end as a state file does"));
        }
        let mut numbers = numbers.chunks_exact(8).map(|number| u64_of(number));
        let mut next = || numbers.next().unwrap_or(0);
        let (begin, n_blocks, n_rows, last, sum) = (next(), next(), next(), next() as i64, next());
        if begin > place || n_blocks.checked_mul(ENTRY_BYTES as u64) != Some(place - begin) {
            return Err(broken(&path, "its index is not where it should be"));
        }
        let mut index = vec![0u8; (place - begin) as usize];
        file.read_exact_at(&mut index, begin).map_err(|e| LedgerError::io(&path, e))?;
        index.extend_from_slice(&footer[..FOOTER_BYTES - 16]);
        if checksum(&index) != sum {
            return Err(broken(&path, "its index has changed"));
        }
        index.truncate((place - begin) as usize);
        let blocks = index.chunks_exact(ENTRY_BYTES).map(Block::of).collect();
        Ok(StateFile { path, file, form, blocks, last, n_rows })
    }

    pub fn n_rows(&self) -> u64 {
        self.n_rows
    }

    /// Adds the rows of these customers to `rows`, in order; customers ascend. Who is not in the
    /// file is left out.
    pub fn find(&self, customers: &[i64], rows: &mut Rows<'_>) -> Result<(), LedgerError> {
        let mut bytes = Vec::new();
        let mut at = 0;
        while let Some(customer) = customers.get(at).filter(|customer| **customer <= self.last) {
            let after = self.blocks.partition_point(|block| block.first <= *customer);
            let Some(block) = after.checked_sub(1) else {
                at += 1;
                continue;
            };
            let end = match self.blocks.get(after) {
                Some(next) => at + customers[at..].partition_point(|customer| *customer < next.first),
                None => customers.len(),
            };
            self.read_block(self.blocks[block], &mut bytes)?;
            let mut from = bytes.as_slice();
            let mut found = self.blocks[block].first;
            let mut wanted = customers[at..end].iter().peekable();
            while wanted.peek().is_some() && !from.is_empty() {
                let row = self.row(&mut from, &mut found)?;
                while wanted.next_if(|customer| **customer < found).is_some() {}
                if wanted.next_if(|customer| **customer == found).is_some() {
                    rows.push(found, row)?;
                }
            }
            at = end;
        }
        Ok(())
    }

    /// Every row, in order, in batches of about `batch_rows`.
    pub fn each(
        &self,
        batch_rows: usize,
        mut take: impl FnMut(RecordBatch) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let mut bytes = Vec::new();
        let mut rows = self.form.rows();
        for block in &self.blocks {
            self.read_block(*block, &mut bytes)?;
            let mut from = bytes.as_slice();
            let mut found = block.first;
            while !from.is_empty() {
                let row = self.row(&mut from, &mut found)?;
                rows.push(found, row)?;
            }
            if rows.len() >= batch_rows {
                take(std::mem::replace(&mut rows, self.form.rows()).finish()?)?;
            }
        }
        if rows.is_empty() { Ok(()) } else { take(rows.finish()?) }
    }

    fn read_block(&self, block: Block, bytes: &mut Vec<u8>) -> Result<(), LedgerError> {
        bytes.resize(block.bytes as usize, 0);
        self.file.read_exact_at(bytes, block.at).map_err(|e| LedgerError::io(&self.path, e))?;
        if checksum(bytes) != block.checksum {
            return Err(broken(&self.path, "a block of it has changed"));
        }
        Ok(())
    }

    fn row<'a>(&self, from: &mut &'a [u8], customer: &mut i64) -> Result<&'a [u8], LedgerError> {
        let row = |from: &mut &'a [u8]| {
            let step = u64::try_from(get(from)?).ok()?;
            let length = usize::try_from(get(from)?).ok()?;
            Some((step, some(from, length)?))
        };
        let (step, bytes) = row(from).ok_or_else(|| broken(&self.path, "a row of it ends too early"))?;
        *customer = customer.wrapping_add(step as i64);
        Ok(bytes)
    }
}

impl Block {
    fn of(entry: &[u8]) -> Block {
        Block {
            first: u64_of(&entry[..8]) as i64,
            at: u64_of(&entry[8..16]),
            bytes: u64_of(&entry[16..20]) as u32,
            checksum: u64_of(&entry[20..28]),
        }
    }
}

/// Up to eight bytes, little-endian.
fn u64_of(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// The first eight bytes of blake3.
fn checksum(bytes: &[u8]) -> u64 {
    u64_of(&blake3::hash(bytes).as_bytes()[..8])
}

fn broken(path: &Path, reason: &str) -> LedgerError {
    LedgerError::NotATable {
        path: path.display().to_string(),
        reason: format!("{reason}; `gradus rebase` writes it anew"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray};
    use arrow::datatypes::{DataType, Field, Int64Type, Schema};
    use proptest::prelude::*;

    use super::*;

    fn form() -> RowForm {
        let fields =
            vec![Field::new("customer", DataType::Int64, false), Field::new("name", DataType::Utf8, true)];
        RowForm::new(Arc::new(Schema::new(fields))).unwrap()
    }

    fn batch(customers: &[i64], width: usize) -> RecordBatch {
        let names = customers.iter().map(|c| (c % 3 != 0).then(|| format!("{c:>width$}")));
        let columns: Vec<ArrayRef> =
            vec![Arc::new(Int64Array::from(customers.to_vec())), Arc::new(names.collect::<StringArray>())];
        RecordBatch::try_new(form().schema().clone(), columns).unwrap()
    }

    fn written(folder: &Path, customers: &[i64], width: usize) -> PathBuf {
        let path = folder.join("x");
        let _ = std::fs::remove_file(&path);
        let mut writer = StateFileWriter::create(&path, form()).unwrap();
        for part in customers.chunks(7) {
            writer.append(&batch(part, width)).unwrap();
        }
        let (n_rows, n_bytes) = writer.finish().unwrap();
        assert_eq!(n_rows as usize, customers.len());
        assert_eq!(n_bytes, std::fs::metadata(&path).unwrap().len());
        path
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn who_is_looked_for_is_found(
            kept in prop::collection::btree_set(prop_oneof![any::<i64>(), -50i64..50], 0..400),
            others in prop::collection::btree_set(prop_oneof![any::<i64>(), -60i64..60], 0..40),
            width in 1usize..300,
            every in 1usize..9,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let all: Vec<i64> = kept.iter().copied().collect();
            let file = StateFile::open(written(folder.path(), &all, width), form()).unwrap();
            let mut wanted: Vec<i64> = all.iter().step_by(every).copied().chain(others).collect();
            wanted.sort_unstable();
            wanted.dedup();
            let form = form();
            let mut rows = form.rows();
            file.find(&wanted, &mut rows).unwrap();
            let there: Vec<i64> = wanted.into_iter().filter(|customer| kept.contains(customer)).collect();
            prop_assert_eq!(rows.finish().unwrap(), batch(&there, width));
            let mut read = Vec::new();
            file.each(50, |batch| {
                read.extend_from_slice(batch.column(0).as_primitive::<Int64Type>().values());
                Ok(())
            }).unwrap();
            prop_assert_eq!(read, all);
        }
    }

    #[test]
    fn order_is_held() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = StateFileWriter::create(folder.path().join("x"), form()).unwrap();
        assert!(writer.append(&batch(&[3, 3], 1)).is_err());
    }

    #[test]
    fn a_changed_byte_and_a_missing_end_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let all: Vec<i64> = (0..500).collect();
        let path = written(folder.path(), &all, 20);
        let whole = std::fs::read(&path).unwrap();
        for at in (8..whole.len()).step_by(97) {
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            std::fs::write(&path, &changed).unwrap();
            let form = form();
            let seen = StateFile::open(&path, form.clone()).and_then(|file| {
                let mut rows = form.rows();
                file.find(&all, &mut rows)?;
                rows.finish()
            });
            assert!(seen.is_err(), "byte {at}");
        }
        for length in [0, 5, FOOTER_BYTES, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(StateFile::open(&path, form()).is_err(), "{length} bytes");
        }
    }
}
