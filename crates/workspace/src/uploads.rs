//! Files that a browser sent, on their way to an import. They lie below the workspace's own folder
//! under an id, sealed while they come in under a key of their own, only the service may read them, and
//! they go as soon as they are imported, or after a day.

use std::io::Write;
use std::path::{Path, PathBuf};

use gradus_ledger::clean::SourcePlan;
use gradus_ledger::collect::propose::propose as propose_columns;
use gradus_ledger::collect::{ExcelProgram, InputFile, ReadOptions, Sniffed, sniff};
use gradus_ledger::propose::{SourceDraft, source_document};
use gradus_model::load::load_source;
use gradus_model::{Finding, Findings, Place, Text};
use gradus_store::{FileKey, SealedWriter};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::{Permission, Principal};
use crate::accounts::token;
use crate::clock::system_us;
use crate::folder::read_sources;
use crate::mask::RowMask;
use crate::{Workspace, WorkspaceError};

/// The largest file that is taken.
pub const MAX_UPLOAD_BYTES: u64 = 4 << 30;
/// The most files that one person may have lying here.
const MAX_FILES: usize = 50;
/// How long a file lies here that nobody imports.
const KEPT_US: i64 = 86_400_000_000;
/// Rows of a preview.
const PREVIEW_ROWS: usize = 20;

/// A file that was sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Upload {
    pub id: String,
    /// As it is called at home.
    pub name: String,
    pub n_bytes: u64,
    account: String,
    at: i64,
    /// What it is called here: nothing in it that a path or a pattern would take for something else.
    file: String,
    /// Its key, wrapped by the workspace's.
    key: Vec<u8>,
    /// The hash of its content, computed while it came in; none with files of an earlier version.
    #[serde(default)]
    content_hash: Option<String>,
}

impl Upload {
    /// The hash of its content, if it is known: an import need not open every piece only to hash it.
    pub(crate) fn content_hash(&self) -> Option<&str> {
        self.content_hash.as_deref()
    }
}

/// A file on its way in.
pub struct Incoming {
    upload: Upload,
    folder: PathBuf,
    file: Option<SealedWriter<std::fs::File>>,
    hasher: blake3::Hasher,
}

impl Incoming {
    /// Takes the next bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), WorkspaceError> {
        self.upload.n_bytes += bytes.len() as u64;
        if self.upload.n_bytes > MAX_UPLOAD_BYTES {
            return Err(too_large());
        }
        self.hasher.update(bytes);
        let path = self.folder.join(&self.upload.file);
        match &mut self.file {
            Some(file) => file.write_all(bytes).map_err(|error| WorkspaceError::io(path, error)),
            None => Err(WorkspaceError::Defect("the upload is over".into())),
        }
    }

    /// Nothing has come yet.
    pub fn is_empty(&self) -> bool {
        self.upload.n_bytes == 0
    }

    /// The file is whole.
    pub fn finish(mut self) -> Result<Upload, WorkspaceError> {
        let Some(file) = self.file.take() else {
            return Err(WorkspaceError::Defect("the upload is over".into()));
        };
        self.upload.content_hash = Some(self.hasher.finalize().to_hex().to_string());
        let kept = self.keep(file);
        if kept.is_err() {
            drop(std::fs::remove_dir_all(&self.folder));
        }
        kept.map(|()| self.upload.clone())
    }

    fn keep(&self, file: SealedWriter<std::fs::File>) -> Result<(), WorkspaceError> {
        let io = |error| WorkspaceError::io(&self.folder, error);
        file.finish().and_then(|file| file.sync_all()).map_err(io)?;
        let about =
            serde_json::to_vec(&self.upload).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
        // Without this there is no such upload.
        std::fs::write(self.folder.join(ABOUT), about).map_err(io)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // Cut off: nothing of it stays.
            drop(std::fs::remove_dir_all(&self.folder));
        }
    }
}

const ABOUT: &str = ".about.json";

/// Begins to take a file.
pub fn begin(workspace: &Workspace, who: &Principal, name: &str) -> Result<Incoming, WorkspaceError> {
    who.needs(Permission::ImportData)?;
    sweep(workspace)?;
    let own = all(workspace)?.into_iter().filter(|upload| upload.account == who.account).count();
    if own >= MAX_FILES {
        return Err(Finding::error(
            "too-many-uploads",
            Place::default(),
            Text::new(
                format!("已有 {own} 个上传的文件尚未导入"),
                format!("{own} files lie here that were not imported"),
            ),
            Text::new("先导入或等一天后自动清除", "import them first, or wait a day until they go"),
        )
        .into());
    }
    let id = token::id()?;
    let folder = uploads(workspace).join(&id);
    let io = |error| WorkspaceError::io(&folder, error);
    private_folder(&folder).map_err(io)?;
    let file = safe_name(name);
    let opened = private_file(&folder.join(&file)).map_err(io)?;
    let (file_key, key) = workspace.vault.new_file_key(&id)?;
    let upload = Upload {
        id,
        name: shown_name(name),
        n_bytes: 0,
        account: who.account.clone(),
        at: system_us(),
        file,
        key,
        content_hash: None,
    };
    let file = Some(SealedWriter::new(opened, &file_key));
    Ok(Incoming { upload, folder: folder.clone(), file, hasher: blake3::Hasher::new() })
}

/// The file of an upload, and the key that opens it. Whoever sent it may use it, and nobody else.
pub fn find(
    workspace: &Workspace,
    who: &Principal,
    id: &str,
) -> Result<(Upload, PathBuf, FileKey), WorkspaceError> {
    who.needs(Permission::ImportData)?;
    let missing = || WorkspaceError::NotFound { what: "upload" };
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(missing());
    }
    let folder = uploads(workspace).join(id);
    let about = std::fs::read(folder.join(ABOUT)).map_err(|_| missing())?;
    let upload: Upload = serde_json::from_slice(&about).map_err(|_| missing())?;
    if upload.account != who.account {
        return Err(missing());
    }
    let path = folder.join(&upload.file);
    let key = workspace.vault.file_key(&upload.id, &upload.key)?;
    Ok((upload, path, key))
}

/// Removes an upload.
pub fn remove(workspace: &Workspace, who: &Principal, id: &str) -> Result<(), WorkspaceError> {
    find(workspace, who, id)?;
    let folder = uploads(workspace).join(id);
    std::fs::remove_dir_all(&folder).map_err(|error| WorkspaceError::io(folder, error))
}

/// How somebody says a file has to be read.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ReadAs {
    pub encoding: Option<String>,
    pub delimiter: Option<String>,
    pub sheet: Option<String>,
}

impl ReadAs {
    fn options(&self) -> ReadOptions {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        ReadOptions {
            encoding: given(&self.encoding),
            delimiter: given(&self.delimiter),
            sheet: given(&self.sheet),
            ..ReadOptions::default()
        }
    }

    /// As a source says it.
    fn written(&self) -> serde_json::Map<String, Value> {
        let pairs = [("encoding", &self.encoding), ("delimiter", &self.delimiter), ("sheet", &self.sheet)];
        let given = pairs
            .into_iter()
            .filter_map(|(key, text)| Some((key, text.clone().filter(|text| !text.is_empty())?)));
        given.map(|(key, text)| (key.to_string(), json!(text))).collect()
    }
}

/// A first look at a file.
#[derive(Debug, Clone)]
pub struct Preview {
    pub upload: Upload,
    pub sniffed: Sniffed,
    /// The first rows, identifying content masked.
    pub rows: Vec<Vec<Option<String>>>,
    /// Known sources: name, title, and whether the file has the columns that they want.
    pub sources: Vec<(String, Text, bool)>,
}

/// Looks at the first rows.
pub fn preview(
    workspace: &Workspace,
    who: &Principal,
    id: &str,
    read_as: &ReadAs,
    excel: Option<&ExcelProgram>,
) -> Result<Preview, WorkspaceError> {
    let (upload, path, key) = find(workspace, who, id)?;
    let sniffed = sniff(&InputFile::new(path, Some(key)), &read_as.options(), excel)?;
    if sniffed.findings.has_errors() {
        return Err(sniffed.findings.into());
    }
    let proposal = propose_columns(&sniffed, &sniffed.sample);
    let mask = RowMask::proposed(&proposal, &workspace.settings.region);
    let row = |row: &gradus_ledger::collect::PreviewRow| {
        let cell = |(at, cell): (usize, &Option<String>)| {
            let column = sniffed.columns.get(at).map(String::as_str).unwrap_or_default();
            cell.as_ref().map(|value| mask.shown(column, value).0)
        };
        row.cells.iter().enumerate().map(cell).collect()
    };
    let rows = sniffed.preview.iter().take(PREVIEW_ROWS).map(row).collect();
    let fits = |name: &str, source: &gradus_model::document::Source| {
        let place = Place::document(format!("sources/{name}.yaml"));
        SourcePlan::compile(name, source, &workspace.settings, &sniffed.columns, &place).is_ok()
    };
    let sources = read_sources(&workspace.root)?
        .iter()
        .map(|(name, source)| (name.to_string(), source.title.clone(), fits(name, source)))
        .collect();
    Ok(Preview { upload, sniffed, rows, sources })
}

/// A source for a file, as proposed from its headers and values.
#[derive(Debug, Clone)]
pub struct Proposed {
    pub name: String,
    pub document: Value,
    pub findings: Findings,
}

/// Proposes a source.
pub fn propose(
    workspace: &Workspace,
    who: &Principal,
    id: &str,
    read_as: &ReadAs,
    excel: Option<&ExcelProgram>,
) -> Result<Proposed, WorkspaceError> {
    let (upload, path, key) = find(workspace, who, id)?;
    let sniffed = sniff(&InputFile::new(path, Some(key)), &read_as.options(), excel)?;
    if sniffed.findings.has_errors() {
        return Err(sniffed.findings.into());
    }
    let proposal = propose_columns(&sniffed, &sniffed.sample);
    let stem = upload.name.split('.').next().unwrap_or("file").to_string();
    let draft = SourceDraft { title: stem.clone(), files: vec![upload.file.clone()], history: true };
    let loaded = load_source("proposed.yaml", &source_document(&proposal, &draft));
    let mut findings = sniffed.findings;
    findings.extend(proposal.findings);
    let Some(mut source) = loaded.value else {
        // A file so strange that nothing can be proposed for it.
        return Err(loaded.findings.into());
    };
    source.read = read_as.written();
    let document =
        serde_json::to_value(&source).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    Ok(Proposed { name: source_name(&stem), document, findings })
}

/// A name that a source may have.
fn source_name(stem: &str) -> String {
    let name: String =
        stem.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).take(40).collect();
    let name = name.trim_matches('_').to_string();
    if name.is_empty() { "source".to_string() } else { name }
}

/// Removes what nobody imported within a day, and what was cut off.
pub fn sweep(workspace: &Workspace) -> Result<(), WorkspaceError> {
    let now = system_us();
    for upload in all(workspace)? {
        if now - upload.at > KEPT_US {
            drop(std::fs::remove_dir_all(uploads(workspace).join(&upload.id)));
        }
    }
    Ok(())
}

/// Removes what a process left that was ended while a file came in, and what an older program left, whose
/// files were not sealed. Only at the start, when nothing comes in.
pub fn tidy(workspace: &Workspace) -> Result<(), WorkspaceError> {
    let Ok(entries) = std::fs::read_dir(uploads(workspace)) else { return Ok(()) };
    for entry in entries.flatten() {
        if about(&entry.path()).is_none() {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
    sweep(workspace)
}

fn all(workspace: &Workspace) -> Result<Vec<Upload>, WorkspaceError> {
    let Ok(entries) = std::fs::read_dir(uploads(workspace)) else { return Ok(Vec::new()) };
    Ok(entries.flatten().filter_map(|entry| about(&entry.path())).collect())
}

/// What is known of the upload in a folder; `None` if it is not whole.
fn about(folder: &Path) -> Option<Upload> {
    serde_json::from_slice(&std::fs::read(folder.join(ABOUT)).ok()?).ok()
}

fn uploads(workspace: &Workspace) -> PathBuf {
    workspace.own().join("uploads")
}

pub(crate) fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

pub(crate) fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// The last part of what a browser calls the file, without control characters.
fn shown_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let shown: String = last.chars().filter(|c| !c.is_control()).take(120).collect();
    if shown.trim().is_empty() { "file".to_string() } else { shown.trim().to_string() }
}

/// The same without what a pattern, a path or a hidden file would be.
fn safe_name(name: &str) -> String {
    let safe: String = shown_name(name)
        .chars()
        .map(|c| if c.is_alphanumeric() || "._- ()".contains(c) { c } else { '_' })
        .collect();
    let safe = safe.trim_start_matches(['.', '~']).trim().to_string();
    if safe.is_empty() { "file".to_string() } else { safe }
}

fn too_large() -> WorkspaceError {
    let gb = MAX_UPLOAD_BYTES >> 30;
    Finding::error(
        "upload-too-large",
        Place::default(),
        Text::new(format!("文件超过 {gb} GB"), format!("the file is larger than {gb} GB")),
        Text::new(
            "压缩（gzip）或拆分后再上传，或在服务器上用 gradus import",
            "compress (gzip) or split it, or use `gradus import` on the server",
        ),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere() {
        for (given, shown, safe) in [
            ("../../etc/passwd", "passwd", "passwd"),
            ("C:\\data\\orders[1].csv", "orders[1].csv", "orders_1_.csv"),
            (".hidden", ".hidden", "hidden"),
            ("订单 2024.xlsx", "订单 2024.xlsx", "订单 2024.xlsx"),
            ("", "file", "file"),
            ("a\nb*.csv", "ab*.csv", "ab_.csv"),
        ] {
            assert_eq!((shown_name(given).as_str(), safe_name(given).as_str()), (shown, safe), "{given:?}");
        }
        assert_eq!(source_name("Orders 2024 (final)"), "orders_2024__final");
        assert_eq!(source_name("***"), "source");
    }
}
