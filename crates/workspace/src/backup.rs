//! `gradus backup` and `gradus restore`: a whole workspace in one file, and back on an empty host.
//!
//! The file is a tar archive: documents, the files of one version of every table, the store as text
//! (the same from SQLite and PostgreSQL), and last a list of all files with their hashes. States are
//! left out: a rebase makes them again.

mod archive;
mod restore;

pub use restore::{Restored, restore, restore_with};

use std::collections::BTreeMap;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use gradus_ledger::table::{LOCK_FILE, WriterLease, table_files};
use gradus_model::{Lang, Text};
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::archive::ArchiveWriter;
use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::clock::system_us;
use crate::export::{Part, is_free};
use crate::{Progress, Workspace, WorkspaceError};

/// Format number of a backup.
pub(crate) const FORMAT: u32 = 1;
/// The setting that tells of the last backup.
pub(crate) const LAST: &str = "backup.last";
const HEAD: &str = "gradus-backup.json";
const SETTINGS: &str = "gradus.yaml";
const STORE: &str = "store.jsonl";
const KEY: &str = "master.key";
/// The last file: what every other one must be.
const LIST: &str = "files.json";

/// The first file of a backup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Head {
    gradus_backup: u32,
    program: String,
    /// Microseconds UTC.
    made: i64,
    /// Tables with their versions.
    tables: BTreeMap<String, u64>,
    with_master_key: bool,
}

/// What a file must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Listed {
    size: u64,
    blake3: String,
}

/// What a backup holds.
#[derive(Debug, Clone, Serialize)]
pub struct BackedUp {
    pub file: String,
    pub n_files: u64,
    pub n_bytes: u64,
    pub n_tables: usize,
    pub with_master_key: bool,
}

/// Writes the whole workspace to a file. While it runs nobody else writes to the ledger.
///
/// # Errors
/// A finding if the file exists; [`gradus_ledger::LedgerError::LeaseHeld`] if another process is writing.
pub async fn backup(
    workspace: &Workspace,
    who: &Principal,
    to: &Path,
    with_master_key: bool,
    progress: &dyn Progress,
) -> Result<BackedUp, WorkspaceError> {
    who.needs(Permission::ManageSystem)?;
    who.sees_everyone()?;
    is_free(to)?;
    let lease = WriterLease::acquire(workspace.root.join("ledger"))?;
    audit(workspace, &who.account, "workspace.backup", "", json!({ "with_master_key": with_master_key }))
        .await?;
    let failed = |error| WorkspaceError::io(to, error);
    let mut part = Part::begin(&workspace.disk, to, true).map_err(failed)?;
    let written = write(workspace, part.file(), with_master_key, progress).await;
    drop(lease);
    match written {
        Ok((n_files, n_tables)) => {
            let n_bytes = part.finish().map_err(failed)?;
            // Whoever looks after the workspace sees when that was.
            let last = json!({ "at": system_us(), "by": who.account, "n_bytes": n_bytes });
            workspace.store.settings().set(LAST, &last).await?;
            Ok(BackedUp { file: to.display().to_string(), n_files, n_bytes, n_tables, with_master_key })
        }
        Err(error) => {
            part.give_up();
            Err(error)
        }
    }
}

async fn write(
    workspace: &Workspace,
    file: &mut std::fs::File,
    with_master_key: bool,
    progress: &dyn Progress,
) -> Result<(u64, usize), WorkspaceError> {
    let root = &workspace.root;
    let mut tables = BTreeMap::new();
    let mut names: Vec<String> = vec![SETTINGS.into()];
    names.extend(documents(root)?);
    for name in table_names(&root.join("ledger"))? {
        let files = table_files(&workspace.storage, &name).await?;
        names.extend(files.log.iter().chain(&files.data).map(|path| format!("ledger/{name}/{path}")));
        tables.insert(name, files.version);
    }
    // Its number only grows: a restored ledger must not be written under an older one.
    names.push(format!("ledger/{LOCK_FILE}"));
    let n_tables = tables.len();
    let head = Head {
        gradus_backup: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_string(),
        made: system_us(),
        tables,
        with_master_key,
    };
    let mut out = Writer { archive: ArchiveWriter::new(BufWriter::new(file)), list: BTreeMap::new() };
    out.bytes(HEAD, &to_json(&head)?)?;
    progress.begin("backup", Some(names.len() as u64));
    for (at, name) in names.iter().enumerate() {
        out.file(name, &root.join(name))?;
        progress.at(at as u64 + 1);
    }
    progress.end();
    // Into a file of its own first, because an entry's size comes before it. It has no name any more when
    // it is read: it is gone with the process.
    let scratch = workspace.scratch();
    std::fs::create_dir_all(&scratch).map_err(|error| WorkspaceError::io(&scratch, error))?;
    let path = scratch.join(format!("store-{}", std::process::id()));
    let failed = |error| WorkspaceError::io(&path, error);
    let mut dumped = workspace.disk.create(&path).map_err(failed)?;
    let mut dump = workspace.store.dump().await?;
    while let Some(lines) = dump.next().await? {
        dumped.write_all(lines.as_bytes()).map_err(failed)?;
    }
    dumped.flush().map_err(failed)?;
    let dumped = std::fs::File::open(&path).map_err(failed)?;
    workspace.disk.remove(&path).map_err(failed)?;
    out.open_file(STORE, dumped, &path)?;
    if with_master_key {
        let key = workspace.own().join(KEY);
        if key.exists() {
            out.file(KEY, &key)?;
        }
    }
    let n_files = out.list.len() as u64;
    let list = to_json(&out.list)?;
    out.bytes(LIST, &list)?;
    out.archive.finish().map_err(|error| WorkspaceError::io(LIST, error))?;
    Ok((n_files, n_tables))
}

struct Writer<'f> {
    archive: ArchiveWriter<BufWriter<&'f mut std::fs::File>>,
    list: BTreeMap<String, Listed>,
}

impl Writer<'_> {
    fn add(
        &mut self,
        name: &str,
        size: u64,
        content: &mut dyn Read,
        from: &Path,
    ) -> Result<(), WorkspaceError> {
        let blake3 =
            self.archive.add(name, size, content).map_err(|error| WorkspaceError::io(from, error))?;
        self.list.insert(name.to_string(), Listed { size, blake3 });
        Ok(())
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), WorkspaceError> {
        self.add(name, bytes.len() as u64, &mut &bytes[..], Path::new(name))
    }

    fn file(&mut self, name: &str, path: &Path) -> Result<(), WorkspaceError> {
        let file = std::fs::File::open(path).map_err(|error| WorkspaceError::io(path, error))?;
        self.open_file(name, file, path)
    }

    /// From its beginning.
    fn open_file(&mut self, name: &str, mut file: std::fs::File, path: &Path) -> Result<(), WorkspaceError> {
        use std::io::{Seek, SeekFrom};
        let failed = |error| WorkspaceError::io(path, error);
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        self.add(name, size, &mut file, path)
    }
}

/// The operator's documents beside the settings.
fn documents(root: &Path) -> Result<Vec<String>, WorkspaceError> {
    let mut out = Vec::new();
    for folder in ["sources", "model"] {
        for name in names_in(&root.join(folder))? {
            if root.join(folder).join(&name).is_file() {
                out.push(format!("{folder}/{name}"));
            }
        }
    }
    if root.join(".gitignore").is_file() {
        out.push(".gitignore".into());
    }
    Ok(out)
}

/// Every table, by its path below the ledger.
pub(crate) fn table_names(ledger: &Path) -> Result<Vec<String>, WorkspaceError> {
    let mut out = Vec::new();
    for name in names_in(ledger)? {
        if ledger.join(&name).join("_delta_log").is_dir() {
            out.push(name);
            continue;
        }
        for inner in names_in(&ledger.join(&name))? {
            if ledger.join(&name).join(&inner).join("_delta_log").is_dir() {
                out.push(format!("{name}/{inner}"));
            }
        }
    }
    Ok(out)
}

/// The names in a folder, sorted; none if it is no folder.
pub(crate) fn names_in(folder: &Path) -> Result<Vec<String>, WorkspaceError> {
    let mut out = Vec::new();
    if folder.is_dir() {
        for entry in std::fs::read_dir(folder).map_err(|error| WorkspaceError::io(folder, error))? {
            let entry = entry.map_err(|error| WorkspaceError::io(folder, error))?;
            out.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    out.sort();
    Ok(out)
}

fn to_json(value: &impl Serialize) -> Result<Vec<u8>, WorkspaceError> {
    serde_json::to_vec(value).map_err(|error| WorkspaceError::Defect(error.to_string()))
}

impl BackedUp {
    /// For people.
    pub fn text(&self) -> Text {
        let mb = self.n_bytes as f64 / 1e6;
        let (zh, en) = match self.with_master_key {
            true => (
                "其中含有主密钥：谁有这个文件，谁就能看到客户身份；请加密保存",
                "it holds the master key: whoever has the file can see who the customers are; keep it encrypted",
            ),
            false => (
                "其中没有主密钥：请另外妥善保存 .gradus/master.key（或 GRADUS_MASTER_KEY），没有它无法恢复客户身份",
                "it does not hold the master key: keep .gradus/master.key (or GRADUS_MASTER_KEY) elsewhere; without it nobody can tell who the customers are",
            ),
        };
        Text::new(
            format!(
                "已备份到 {}：{} 张表，{} 个文件，{mb:.1} MB。{zh}",
                self.file, self.n_tables, self.n_files
            ),
            format!(
                "backup written to {}: {} tables, {} files, {mb:.1} MB; {en}",
                self.file, self.n_tables, self.n_files
            ),
        )
    }

    pub fn render(&self, lang: Lang) -> String {
        self.text().get(lang).to_string()
    }
}
