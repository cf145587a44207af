//! One generation of state files: complete or absent.
//!
//! A generation is written into a folder of another name, every file is synced, and the folder gets
//! its name last. What a process left that was killed meanwhile is removed by the next.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::LedgerError;
use crate::states::file::{StateFile, StateFileWriter};
use crate::states::form::RowForm;
use crate::table::WriterLease;

/// Format number of a generation: its folder, its manifest, its files.
pub const STATE_SET_FORMAT: u32 = 1;

const MANIFEST: &str = "manifest.json";
/// A folder that is being written ends with this.
const UNFINISHED: &str = ".part";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    generation: u64,
    /// What the caller says of its rows.
    about: serde_json::Value,
    files: Vec<Listed>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Listed {
    name: String,
    bytes: u64,
    rows: u64,
}

/// The format alone, which is read first: the rest may be of a later form.
#[derive(Debug, Deserialize)]
struct FormatOnly {
    format: u32,
}

/// A generation that is being written.
#[derive(Debug)]
pub struct StateSetWriter {
    folder: PathBuf,
    unfinished: PathBuf,
    generation: u64,
}

impl StateSetWriter {
    /// Begins the next generation below `folder`. The lease shows that nobody else writes here.
    pub fn begin(folder: impl Into<PathBuf>, _lease: &WriterLease) -> Result<StateSetWriter, LedgerError> {
        let folder = folder.into();
        std::fs::create_dir_all(&folder).map_err(|e| LedgerError::io(&folder, e))?;
        remove_unfinished(&folder)?;
        let generation = generations(&folder)?.last().map_or(1, |last| last + 1);
        let unfinished = folder.join(format!("{}{UNFINISHED}", name_of(generation)));
        std::fs::create_dir(&unfinished).map_err(|e| LedgerError::io(&unfinished, e))?;
        Ok(StateSetWriter { folder, unfinished, generation })
    }

    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// A file of this generation.
    pub fn file(&self, name: &str, form: RowForm) -> Result<StateFileWriter, LedgerError> {
        StateFileWriter::create(self.unfinished.join(name), form)
    }

    /// Makes the generation count, and removes all older ones. `files` are names with what
    /// [`StateFileWriter::finish`] gave.
    pub fn commit(
        self,
        about: serde_json::Value,
        files: Vec<(String, (u64, u64))>,
    ) -> Result<(), LedgerError> {
        let files = files.into_iter().map(|(name, (rows, bytes))| Listed { name, bytes, rows }).collect();
        let manifest = Manifest { format: STATE_SET_FORMAT, generation: self.generation, about, files };
        let path = self.unfinished.join(MANIFEST);
        let text = serde_json::to_vec(&manifest).map_err(|e| LedgerError::io(&path, e.into()))?;
        let write = || {
            std::fs::write(&path, text)?;
            File::open(&path)?.sync_all()?;
            File::open(&self.unfinished)?.sync_all()?;
            std::fs::rename(&self.unfinished, self.folder.join(name_of(self.generation)))?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|e| LedgerError::io(&path, e))?;
        remove_older(&self.folder)
    }
}

/// A generation that is open for look-ups. It stays readable while a newer one replaces it.
#[derive(Debug)]
pub struct StateSet {
    folder: PathBuf,
    manifest: Manifest,
}

impl StateSet {
    /// Opens the newest generation below `folder`; `None` if there is none.
    ///
    /// # Errors
    /// [`LedgerError::FormatTooNew`] if a newer Gradus wrote it.
    pub fn open(folder: impl AsRef<Path>) -> Result<Option<StateSet>, LedgerError> {
        let Some(generation) = generations(folder.as_ref())?.pop() else { return Ok(None) };
        let folder = folder.as_ref().join(name_of(generation));
        let path = folder.join(MANIFEST);
        let bytes = std::fs::read(&path).map_err(|e| LedgerError::io(&path, e))?;
        let malformed = |e: serde_json::Error| LedgerError::NotATable {
            path: path.display().to_string(),
            reason: format!("its manifest cannot be read: {e}"),
        };
        let FormatOnly { format } = serde_json::from_slice(&bytes).map_err(malformed)?;
        if format > STATE_SET_FORMAT {
            return Err(LedgerError::FormatTooNew {
                path: folder.display().to_string(),
                found: format,
                supported: STATE_SET_FORMAT,
            });
        }
        let manifest = serde_json::from_slice(&bytes).map_err(malformed)?;
        Ok(Some(StateSet { folder, manifest }))
    }

    pub fn generation(&self) -> u64 {
        self.manifest.generation
    }

    /// What the writer said of its rows.
    pub fn about(&self) -> &serde_json::Value {
        &self.manifest.about
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.manifest.files.iter().map(|file| file.bytes).sum()
    }

    /// Opens a file; `None` if the generation has none of this name.
    ///
    /// # Errors
    /// [`LedgerError::NotATable`] if it is not as long as the manifest says, or damaged.
    pub fn file(&self, name: &str, form: RowForm) -> Result<Option<StateFile>, LedgerError> {
        let Some(listed) = self.manifest.files.iter().find(|file| file.name == name) else { return Ok(None) };
        let path = self.folder.join(name);
        let size = std::fs::metadata(&path).map_err(|e| LedgerError::io(&path, e))?.len();
        if size != listed.bytes {
            return Err(LedgerError::NotATable {
                path: path.display().to_string(),
                reason: format!(
                    "it has {size} bytes instead of {}; `gradus rebase` writes it anew",
                    listed.bytes
                ),
            });
        }
        StateFile::open(path, form).map(Some)
    }
}

/// Removes what a killed process left half written, and generations that were replaced.
pub fn tidy(folder: impl AsRef<Path>, _lease: &WriterLease) -> Result<(), LedgerError> {
    if !folder.as_ref().exists() {
        return Ok(());
    }
    remove_unfinished(folder.as_ref())?;
    remove_older(folder.as_ref())
}

fn remove_unfinished(folder: &Path) -> Result<(), LedgerError> {
    for name in names(folder)?.iter().filter(|name| name.ends_with(UNFINISHED)) {
        let path = folder.join(name);
        std::fs::remove_dir_all(&path).map_err(|e| LedgerError::io(&path, e))?;
    }
    Ok(())
}

fn remove_older(folder: &Path) -> Result<(), LedgerError> {
    let mut all = generations(folder)?;
    all.pop();
    for generation in all {
        let path = folder.join(name_of(generation));
        // Without its manifest's folder name it counts no more, even if removing stops half-way.
        let going = folder.join(format!("{}{UNFINISHED}", name_of(generation)));
        std::fs::rename(&path, &going).map_err(|e| LedgerError::io(&path, e))?;
        std::fs::remove_dir_all(&going).map_err(|e| LedgerError::io(&going, e))?;
    }
    Ok(())
}

/// Complete generations, ascending.
fn generations(folder: &Path) -> Result<Vec<u64>, LedgerError> {
    let mut all: Vec<u64> = names(folder)?.iter().filter_map(|name| name.parse().ok()).collect();
    all.sort_unstable();
    Ok(all)
}

fn names(folder: &Path) -> Result<Vec<String>, LedgerError> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
            .collect::<Result<_, _>>()
            .map_err(|e| LedgerError::io(folder, e)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(LedgerError::io(folder, error)),
    }
}

fn name_of(generation: u64) -> String {
    format!("{generation:08}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;

    fn form() -> RowForm {
        RowForm::new(Arc::new(Schema::new(vec![Field::new("customer", DataType::Int64, false)]))).unwrap()
    }

    fn write(folder: &Path, lease: &WriterLease, about: u64, commit: bool) {
        let set = StateSetWriter::begin(folder, lease).unwrap();
        let mut file = set.file("bucket-0", form()).unwrap();
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..about as i64));
        file.append(&RecordBatch::try_new(form().schema().clone(), vec![column]).unwrap()).unwrap();
        let done = file.finish().unwrap();
        if commit {
            set.commit(about.into(), vec![("bucket-0".into(), done)]).unwrap();
        }
    }

    #[test]
    fn a_generation_is_there_whole_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let lease = WriterLease::acquire(place.path()).unwrap();
        let folder = place.path().join("states");
        assert!(StateSet::open(&folder).unwrap().is_none());
        write(&folder, &lease, 1, false);
        assert!(StateSet::open(&folder).unwrap().is_none());
        write(&folder, &lease, 2, true);
        let old = StateSet::open(&folder).unwrap().unwrap();
        let old_file = old.file("bucket-0", form()).unwrap().unwrap();
        write(&folder, &lease, 3, false);
        assert_eq!(StateSet::open(&folder).unwrap().unwrap().about(), 2);
        write(&folder, &lease, 4, true);
        let new = StateSet::open(&folder).unwrap().unwrap();
        assert_eq!((new.about().as_u64(), new.generation()), (Some(4), 2));
        assert!(new.file("bucket-1", form()).unwrap().is_none());
        // Who reads the old generation goes on reading it.
        let (form, mut n) = (form(), 0);
        old_file
            .each(10, |batch| {
                n += batch.num_rows();
                Ok(())
            })
            .unwrap();
        let mut rows = form.rows();
        old_file.find(&[1], &mut rows).unwrap();
        assert_eq!((n, rows.len()), (2, 1));
        write(&folder, &lease, 5, false);
        tidy(&folder, &lease).unwrap();
        assert_eq!(names(&folder).unwrap(), ["00000002"]);
    }

    #[test]
    fn a_newer_format_and_a_shortened_file_are_refused() {
        let place = tempfile::tempdir().unwrap();
        let lease = WriterLease::acquire(place.path()).unwrap();
        write(place.path(), &lease, 5, true);
        let folder = place.path().join(name_of(1));
        let bucket = std::fs::read(folder.join("bucket-0")).unwrap();
        std::fs::write(folder.join("bucket-0"), &bucket[1..]).unwrap();
        let set = StateSet::open(place.path()).unwrap().unwrap();
        assert!(matches!(set.file("bucket-0", form()), Err(LedgerError::NotATable { .. })));
        let text = std::fs::read_to_string(folder.join(MANIFEST)).unwrap();
        std::fs::write(folder.join(MANIFEST), text.replace("\"format\":1", "\"format\":9")).unwrap();
        assert!(matches!(StateSet::open(place.path()), Err(LedgerError::FormatTooNew { found: 9, .. })));
    }
}
