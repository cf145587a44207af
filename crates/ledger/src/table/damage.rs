//! Which data files are not what they were when they were written. Looked for only after reading has
//! failed, because every file is read whole.

use std::path::{Path, PathBuf};

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// The Parquet files below a folder that cannot be read to their end, by name.
pub fn damaged_files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    walk(folder, &mut out);
    out.sort();
    out
}

fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            walk(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "parquet") && !is_whole(&path) {
            out.push(path);
        }
    }
}

fn is_whole(path: &Path) -> bool {
    let Ok(file) = std::fs::File::open(path) else { return false };
    let Ok(reader) = ParquetRecordBatchReaderBuilder::try_new(file).and_then(|builder| builder.build())
    else {
        return false;
    };
    reader.into_iter().all(|batch| batch.is_ok())
}
