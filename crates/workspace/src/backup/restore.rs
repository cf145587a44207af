//! `gradus restore`: a backup becomes a workspace in an empty folder. The backup is read to its end and
//! proven whole before anything is written; `gradus.yaml` comes last, so what is half restored is no
//! workspace yet, and restoring again begins anew.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use gradus_ledger::table::Disk;
use gradus_model::document::StoreSetting;
use gradus_model::load::load_workspace;
use gradus_model::{Finding, Lang, Place, Text};
use gradus_store::{BeforeCommit, Store, StoreError, StorePlace};
use serde::Serialize;

use super::archive::ArchiveReader;
use super::{FORMAT, HEAD, Head, KEY, LIST, Listed, SETTINGS, STORE};
use crate::export::Part;
use crate::init::with_store;
use crate::store_place::store_place;
use crate::{Outside, Progress, WorkspaceError};

/// Says that a restore has begun here, until it is done.
const MARKER: &str = ".gradus/restoring";

/// What was restored.
#[derive(Debug, Clone, Serialize)]
pub struct Restored {
    pub workspace: PathBuf,
    pub n_files: u64,
    pub n_bytes: u64,
    /// The master key was not in the backup and is not here: it has to be put here.
    pub needs_master_key: bool,
}

/// Makes a workspace of a backup in an empty folder; its store goes to `store`, or where it was.
///
/// # Errors
/// Findings: the folder is in use, the backup is damaged or of a newer program, the database holds
/// something already.
pub async fn restore(
    root: &Path,
    from: &Path,
    store: Option<&StoreSetting>,
    key: Option<&str>,
    progress: &dyn Progress,
) -> Result<Restored, WorkspaceError> {
    restore_with(root, from, store, key, Outside::default(), progress).await
}

/// As [`restore`], with the outside as it is given.
pub async fn restore_with(
    root: &Path,
    from: &Path,
    store: Option<&StoreSetting>,
    key: Option<&str>,
    outside: Outside,
    progress: &dyn Progress,
) -> Result<Restored, WorkspaceError> {
    let Outside { disk, before_commit } = outside;
    is_free(root)?;
    progress.begin("verify", None);
    let list = verified(from)?;
    progress.end();
    write(&disk, &root.join(MARKER), &mut &b""[..])?;
    let mut done = Restored { workspace: root.to_path_buf(), n_files: 0, n_bytes: 0, needs_master_key: true };
    let mut settings = String::new();
    let mut reader = opened(from)?;
    let damaged = |_: io::Error| damaged(from);
    progress.begin("restore", Some(list.len() as u64));
    while let Some(entry) = reader.next().map_err(damaged)? {
        progress.at(done.n_files);
        match entry.name.as_str() {
            HEAD | LIST => continue,
            SETTINGS => {
                reader.read_to_string(&mut settings).map_err(damaged)?;
                if let Some(store) = store {
                    settings = with_store(&settings, store);
                }
            }
            STORE => load_store(root, &settings, &disk, before_commit.clone(), &mut reader).await?,
            KEY => {
                write(&disk, &root.join(".gradus").join(KEY), &mut reader)?;
                done.needs_master_key = false;
            }
            name => write(&disk, &root.join(inside(from, name)?), &mut reader)?,
        }
        done.n_files += 1;
        done.n_bytes += entry.size;
    }
    progress.end();
    // From here on it is a workspace.
    write(&disk, &root.join(SETTINGS), &mut settings.as_bytes())?;
    let marker = root.join(MARKER);
    disk.remove(&marker).map_err(|error| WorkspaceError::io(marker, error))?;
    done.needs_master_key &= key.is_none();
    Ok(done)
}

/// Nothing is there but what an interrupted restore left.
fn is_free(root: &Path) -> Result<(), WorkspaceError> {
    let is_left = root.join(MARKER).exists() && !root.join(SETTINGS).exists();
    let is_empty = || std::fs::read_dir(root).map_or(true, |mut entries| entries.next().is_none());
    if is_left || is_empty() || has_only_begun(root) {
        return Ok(());
    }
    Err(Finding::error(
        "restore-needs-empty",
        Place::document(root.display().to_string()),
        Text::new("这个文件夹不是空的，没有改动它", "this folder is not empty; it was not touched"),
        Text::new(
            "用 --workspace 指定一个空的或不存在的文件夹",
            "name an empty folder, or one that is not there, with --workspace",
        ),
    )
    .into())
}

/// A restore was ended before its mark was whole: nothing is there but the mark's beginning.
fn has_only_begun(root: &Path) -> bool {
    let names = |folder: &Path| -> Option<Vec<String>> {
        let entries = std::fs::read_dir(folder).ok()?;
        entries.map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect()
    };
    let of_mark = |name: &String| name.starts_with(".restoring.") && name.ends_with(".part");
    names(root).is_some_and(|names| names == [".gradus"])
        && names(&root.join(".gradus")).is_some_and(|names| names.iter().all(of_mark))
}

type Reader = ArchiveReader<BufReader<std::fs::File>>;

fn opened(from: &Path) -> Result<Reader, WorkspaceError> {
    let file = std::fs::File::open(from).map_err(|error| WorkspaceError::io(from, error))?;
    Ok(ArchiveReader::new(BufReader::with_capacity(1 << 20, file)))
}

/// Reads a backup to its end: every file is what the list at the end says.
fn verified(from: &Path) -> Result<BTreeMap<String, Listed>, WorkspaceError> {
    let broken = |_: io::Error| damaged(from);
    let mut reader = opened(from)?;
    let mut found: BTreeMap<String, Listed> = BTreeMap::new();
    let mut list: Option<BTreeMap<String, Listed>> = None;
    while let Some(entry) = reader.next().map_err(broken)? {
        if found.is_empty() && entry.name != HEAD {
            return Err(damaged(from));
        }
        if entry.name == LIST {
            let mut text = Vec::new();
            reader.read_to_end(&mut text).map_err(broken)?;
            list = serde_json::from_slice(&text).ok();
            continue;
        }
        let mut hasher = blake3::Hasher::new();
        if entry.name == HEAD {
            let mut text = Vec::new();
            reader.read_to_end(&mut text).map_err(broken)?;
            hasher.update(&text);
            is_known(from, serde_json::from_slice(&text).ok())?;
        } else {
            let mut buffer = vec![0u8; 1 << 16];
            loop {
                match reader.read(&mut buffer).map_err(broken)? {
                    0 => break,
                    n => hasher.update(&buffer[..n]),
                };
            }
        }
        let blake3 = hasher.finalize().to_hex().to_string();
        found.insert(entry.name, Listed { size: entry.size, blake3 });
    }
    match list {
        Some(list) if list == found => Ok(list),
        _ => Err(damaged(from)),
    }
}

fn is_known(from: &Path, head: Option<Head>) -> Result<(), WorkspaceError> {
    let Some(head) = head else { return Err(damaged(from)) };
    if head.gradus_backup <= FORMAT {
        return Ok(());
    }
    Err(Finding::error(
        "backup-newer",
        Place::document(from.display().to_string()),
        Text::new("这个备份由更新版本的 Gradus 写成", "a newer Gradus wrote this backup"),
        Text::new(
            format!("使用 Gradus {} 或更新的程序", head.program),
            format!("Gradus {} or newer", head.program),
        ),
    )
    .into())
}

fn damaged(from: &Path) -> WorkspaceError {
    Finding::error(
        "backup-damaged",
        Place::document(from.display().to_string()),
        Text::new(
            "这个文件不是完整的 Gradus 备份，没有恢复任何内容",
            "this is no whole backup of Gradus; nothing was restored",
        ),
        Text::new("重新复制这个文件，或使用另一个备份", "copy the file once more, or take another backup"),
    )
    .into()
}

/// A name that stays below the workspace.
fn inside(from: &Path, name: &str) -> Result<PathBuf, WorkspaceError> {
    let path = Path::new(name);
    let plain = !name.is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)));
    if plain { Ok(path.to_path_buf()) } else { Err(damaged(from)) }
}

/// Writes a file whole, with the folders above it.
fn write(disk: &Arc<dyn Disk>, path: &Path, content: &mut dyn Read) -> Result<(), WorkspaceError> {
    let failed = |error| WorkspaceError::io(path, error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| WorkspaceError::io(folder, error))?;
    }
    let private = path.file_name().is_some_and(|name| name == KEY);
    let mut part = Part::begin(disk, path, private).map_err(failed)?;
    match io::copy(content, part.file()).and_then(|_| part.file().flush()) {
        Ok(()) => part.finish().map(|_| ()).map_err(failed),
        Err(error) => {
            part.give_up();
            Err(failed(error))
        }
    }
}

/// Fills the store, which must be new.
async fn load_store(
    root: &Path,
    settings: &str,
    disk: &Arc<dyn Disk>,
    before_commit: Option<BeforeCommit>,
    reader: &mut Reader,
) -> Result<(), WorkspaceError> {
    let loaded = load_workspace(SETTINGS, settings);
    let settings = loaded.value.ok_or(WorkspaceError::Findings(loaded.findings))?;
    let place = store_place(root, &settings)?;
    if let StorePlace::File(path) = &place {
        // Of a restore that was interrupted.
        for suffix in ["", "-wal", "-shm"] {
            let left = PathBuf::from(format!("{}{suffix}", path.display()));
            if left.exists() {
                disk.remove(&left).map_err(|error| WorkspaceError::io(&left, error))?;
            }
        }
    }
    let mut lines = BufReader::new(reader).lines();
    Store::load(&place, before_commit, &mut lines).await.map_err(|error| match error {
        StoreError::Taken { what } => Finding::error(
            "store-taken",
            Place::document(SETTINGS).at("store"),
            Text::new(
                format!("{what} 里已有另一个工作区的存储"),
                format!("{what} holds the store of a workspace already"),
            ),
            Text::new(
                "用 --store-schema 指定一个新的模式（schema），或先清空它",
                "another schema with --store-schema, or empty this one first",
            ),
        )
        .into(),
        other => other.into(),
    })
}

impl Restored {
    /// For people.
    pub fn render(&self, lang: Lang) -> String {
        let (place, n, mb) = (self.workspace.display(), self.n_files, self.n_bytes as f64 / 1e6);
        let mut out = match lang {
            Lang::Zh => format!("已恢复到 {place}：{n} 个文件，{mb:.1} MB"),
            Lang::En => format!("restored to {place}: {n} files, {mb:.1} MB"),
        };
        if self.needs_master_key {
            out.push_str(match lang {
                Lang::Zh => "。备份里没有主密钥：请把它放到 .gradus/master.key，或设置 GRADUS_MASTER_KEY",
                Lang::En => {
                    "; the backup holds no master key: put it at .gradus/master.key, or set GRADUS_MASTER_KEY"
                }
            });
        }
        out
    }
}
