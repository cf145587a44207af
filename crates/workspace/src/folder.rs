//! A workspace is a folder: `gradus.yaml`, `sources/`, `model/` are the operator's documents and
//! belong in git; `ledger/` and `.gradus/` are ours.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gradus_grading::fold::{AsOf, Zone};
use gradus_ledger::LedgerError;
use gradus_ledger::table::{Disk, EVENTS_TABLE, LINKS_TABLE, RealDisk, Storage};
use gradus_model::document::{Model, Named, Source, Workspace as Settings};
use gradus_model::event_stream::{EventSchema, Field};
use gradus_model::load::{Locations, load_model, load_source, load_workspace, merge_models};
use gradus_model::{Finding, Findings, Place, Text};
use gradus_store::{BeforeCommit, MasterKey, Store, Vault};

use crate::WorkspaceError;
use crate::compiled::Compiled;
use crate::lately::Lately;
use crate::recover::recover_if_idle;
use crate::references::{self, columns_of};
use crate::store_place::open_store;
use crate::vault_key::open_vault;

const SETTINGS: &str = "gradus.yaml";

/// An open workspace.
pub struct Workspace {
    pub root: PathBuf,
    pub settings: Settings,
    pub zone: Zone,
    pub storage: Storage,
    pub store: Store,
    pub vault: Vault,
    /// Through which every file goes that must be whole.
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) lately: Lately,
}

/// Whoever stands between a workspace and what lasts: the disk, and who is told before each commit
/// of the store. Tests end the process there; no argument, setting or environment variable does.
#[derive(Clone)]
pub struct Outside {
    pub disk: Arc<dyn Disk>,
    pub before_commit: Option<BeforeCommit>,
}

impl Default for Outside {
    fn default() -> Outside {
        Outside { disk: Arc::new(RealDisk), before_commit: None }
    }
}

/// The operator's documents as they are now.
#[derive(Debug, Clone)]
pub struct Documents {
    pub sources: Named<Source>,
    /// All model documents as one.
    pub model: Model,
    pub locations: Locations,
    /// The published version that the model is; `None`: the folder's own.
    pub version: Option<i64>,
    /// Warnings and notes; errors stop loading.
    pub findings: Findings,
}

impl Workspace {
    /// Opens the workspace in a folder. The vault's master key comes from `GRADUS_MASTER_KEY` if
    /// the caller read it there, else from `.gradus/master.key`.
    ///
    /// What an interrupted process left half done is completed or removed first, unless another
    /// process is writing.
    pub async fn open(root: impl AsRef<Path>, key: Option<&str>) -> Result<Workspace, WorkspaceError> {
        Workspace::open_with(root, key, Outside::default()).await
    }

    /// As [`Workspace::open`], with another disk, or watched.
    pub async fn open_with(
        root: impl AsRef<Path>,
        key: Option<&str>,
        outside: Outside,
    ) -> Result<Workspace, WorkspaceError> {
        let root = root.as_ref().to_path_buf();
        let settings = read_settings(&root)?;
        let zone = zone_of(&settings)?;
        let own = root.join(".gradus");
        std::fs::create_dir_all(&own).map_err(|error| WorkspaceError::io(&own, error))?;
        let key_file = own.join("master.key");
        let store = open_store(&root, &settings, outside.before_commit).await?;
        if key.is_none() && !key_file.exists() && !Vault::exists(&store).await? {
            MasterKey::generate_file(&key_file)?;
        }
        let vault = open_vault(&outside.disk, &own, &store, key).await?;
        let storage = Storage::on_disk(root.join("ledger"), outside.disk.clone())?;
        let workspace = Workspace {
            root,
            settings,
            zone,
            storage,
            store,
            vault,
            disk: outside.disk,
            lately: Lately::default(),
        };
        workspace.has_its_logs()?;
        recover_if_idle(&workspace).await?;
        Ok(workspace)
    }

    /// The same workspace with `gradus.yaml` as it is now, on the same store and ledger: after its settings were
    /// written anew. What the vault had in mind is forgotten.
    pub(crate) fn anew(&self) -> Result<Workspace, WorkspaceError> {
        let settings = read_settings(&self.root)?;
        Ok(Workspace {
            root: self.root.clone(),
            zone: zone_of(&settings)?,
            settings,
            storage: self.storage.clone(),
            store: self.store.clone(),
            vault: self.vault.afresh(),
            disk: self.disk.clone(),
            lately: Lately::default(),
        })
    }

    /// Documents compiled against the columns of the ledger, or as they were lately.
    ///
    /// # Errors
    /// All findings, if any is an error.
    pub fn compiled(&self, documents: &Documents, events: &EventSchema) -> Result<Arc<Compiled>, Findings> {
        self.lately.compiled(documents, events, &self.zone)
    }

    /// Reads and merges the operator's documents in the folder. What grades is
    /// [`crate::versions::now_in_force`].
    ///
    /// # Errors
    /// All findings of all documents, if any is an error.
    pub fn documents(&self) -> Result<Documents, WorkspaceError> {
        read_documents(&self.root)
    }

    /// The instant with its local date.
    pub fn as_of(&self, instant_us: i64) -> AsOf {
        AsOf::new(instant_us, &self.zone)
    }

    /// True if the table has a version. A folder without one is what a process left that was killed
    /// while it created the table.
    pub fn has_table(&self, name: &str) -> bool {
        let log = self.root.join("ledger").join(name).join("_delta_log");
        let is_version = |file: std::ffi::OsString| {
            let name = file.to_string_lossy();
            name.starts_with(|c: char| c.is_ascii_digit())
                && (name.ends_with(".json") || name.ends_with(".parquet"))
        };
        std::fs::read_dir(log)
            .is_ok_and(|entries| entries.flatten().any(|entry| is_version(entry.file_name())))
    }

    /// A table whose log is gone is not an empty one: nothing may begin it anew over its files.
    fn has_its_logs(&self) -> Result<(), WorkspaceError> {
        for name in [EVENTS_TABLE, LINKS_TABLE] {
            let folder = self.root.join("ledger").join(name);
            let has_data = has_data_files(&folder);
            if has_data && !self.has_table(name) {
                let reason = "data files without a log".to_string();
                return Err(LedgerError::NotATable { path: folder.display().to_string(), reason }.into());
            }
        }
        Ok(())
    }

    /// Where temporary files go.
    pub fn scratch(&self) -> PathBuf {
        self.own().join("scratch")
    }

    /// The folder of what is ours and no table.
    pub(crate) fn own(&self) -> PathBuf {
        self.root.join(".gradus")
    }
}

/// True if a table's folder, or one of its buckets, holds a data file.
fn has_data_files(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let path = entry.path();
        let is_data = path.extension().is_some_and(|extension| extension == "parquet");
        is_data || (path.is_dir() && !path.ends_with("_delta_log") && has_data_files(&path))
    })
}

impl Documents {
    /// The events table that these sources fill.
    pub fn event_schema(&self, settings: &Settings) -> EventSchema {
        let mut fields: Vec<Field> = Vec::new();
        for (_, source) in self.sources.iter() {
            for column in columns_of(source) {
                if !fields.iter().any(|field| field.name == column.name) {
                    fields.push(column);
                }
            }
        }
        EventSchema { n_buckets: settings.buckets.max(1), fields }
    }
}

/// Reads `gradus.yaml`.
pub fn read_settings(root: &Path) -> Result<Settings, WorkspaceError> {
    let path = root.join(SETTINGS);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Finding::error(
                "no-workspace",
                Place::document(path.display().to_string()),
                Text::new("这个文件夹里没有 gradus.yaml", "there is no gradus.yaml in this folder"),
                Text::new(
                    "先运行 gradus init，或用 --workspace 指定文件夹",
                    "run `gradus init` first, or name the folder with --workspace",
                ),
            )
            .into());
        }
        Err(error) => return Err(WorkspaceError::io(path, error)),
    };
    let loaded = load_workspace(SETTINGS, &text);
    loaded.value.ok_or(WorkspaceError::Findings(loaded.findings))
}

/// The time zone of the settings.
pub fn zone_of(settings: &Settings) -> Result<Zone, WorkspaceError> {
    Zone::new(&settings.time_zone).map_err(|unknown| {
        Finding::error(
            "unknown-time-zone",
            Place::document(SETTINGS).at("time_zone"),
            Text::new(
                format!("没有名为「{}」的时区", unknown.0),
                format!("no time zone is called “{}”", unknown.0),
            ),
            Text::new("IANA 名称，例如 Asia/Shanghai", "an IANA name, such as Asia/Shanghai"),
        )
        .into()
    })
}

/// Reads `sources/*.yaml`.
pub fn read_sources(root: &Path) -> Result<Named<Source>, WorkspaceError> {
    let mut findings = Findings::default();
    let sources = sources_of(root, &mut findings)?;
    if findings.has_errors() { Err(WorkspaceError::Findings(findings)) } else { Ok(sources) }
}

fn sources_of(root: &Path, findings: &mut Findings) -> Result<Named<Source>, WorkspaceError> {
    let mut sources: Vec<(String, Source)> = Vec::new();
    let mut locations = Vec::new();
    for (name, stem, text) in texts(root, "sources")? {
        let loaded = load_source(&name, &text);
        findings.extend(loaded.findings);
        locations.push(loaded.locations);
        if let Some(source) = loaded.value {
            if sources.iter().any(|(known, _)| *known == stem) {
                findings.push(Finding::error(
                    "duplicate-source",
                    Place::document(&name),
                    Text::new(
                        format!("已经有名为 {stem} 的数据源"),
                        format!("there is already a source called {stem}"),
                    ),
                    Text::new("换一个文件名", "another file name"),
                ));
            }
            sources.push((stem, source));
        }
    }
    let sources: Named<Source> = sources.into_iter().collect();
    // A source that cannot be read would make whatever refers to it look wrong, too.
    if !findings.has_errors() {
        findings.extend(references::check(&sources).locate(&Locations::merge(locations)));
    }
    Ok(sources)
}

/// Reads `sources/*.yaml` and `model/*.yaml`.
pub fn read_documents(root: &Path) -> Result<Documents, WorkspaceError> {
    let mut findings = Findings::default();
    let sources = sources_of(root, &mut findings)?;
    let (model, locations) = models_of(root, &mut findings)?;
    if findings.has_errors() {
        return Err(WorkspaceError::Findings(findings));
    }
    Ok(Documents { sources, model, locations, version: None, findings })
}

fn models_of(root: &Path, findings: &mut Findings) -> Result<(Model, Locations), WorkspaceError> {
    let (mut models, mut locations) = (Vec::new(), Vec::new());
    for (name, _, text) in texts(root, "model")? {
        let loaded = load_model(&name, &text);
        findings.extend(loaded.findings);
        locations.push(loaded.locations);
        if let Some(model) = loaded.value {
            models.push((name, model));
        }
    }
    let locations = Locations::merge(locations);
    let (model, merged) = merge_models(models);
    findings.extend(merged.locate(&locations));
    Ok((model, locations))
}

/// The model of a folder's `model/`, the files that it is written in, and what they say wrong.
pub(crate) fn read_models(root: &Path) -> Result<(Model, Vec<PathBuf>, Findings), WorkspaceError> {
    let mut findings = Findings::default();
    let (model, _) = models_of(root, &mut findings)?;
    Ok((model, model_files(root)?, findings))
}

/// The model documents of a folder.
pub(crate) fn model_files(root: &Path) -> Result<Vec<PathBuf>, WorkspaceError> {
    files_of(&root.join("model"))
}

/// The source documents of a folder.
pub(crate) fn source_files(root: &Path) -> Result<Vec<PathBuf>, WorkspaceError> {
    files_of(&root.join("sources"))
}

/// The documents of a folder, by name: path for people, stem, text.
fn texts(root: &Path, folder: &str) -> Result<Vec<(String, String, String)>, WorkspaceError> {
    let files = files_of(&root.join(folder))?;
    let mut out = Vec::with_capacity(files.len());
    for file in files {
        let bytes = std::fs::read(&file).map_err(|error| WorkspaceError::io(&file, error))?;
        let file_name = file.file_name().and_then(|n| n.to_str()).unwrap_or("").to_string();
        let name = format!("{folder}/{file_name}");
        let text = String::from_utf8(bytes).map_err(|_| {
            WorkspaceError::from(Finding::error(
                "not-utf8",
                Place::document(&name),
                Text::new("文档不是 UTF-8 文本", "the document is not UTF-8 text"),
                Text::new("用 UTF-8 保存", "save it as UTF-8"),
            ))
        })?;
        let stem = file.file_stem().and_then(|n| n.to_str()).unwrap_or("").to_string();
        out.push((name, stem, text));
    }
    Ok(out)
}

/// The documents that lie in a folder, by name.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, WorkspaceError> {
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(WorkspaceError::io(path, error)),
    };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let file = entry.map_err(|error| WorkspaceError::io(path, error))?.path();
        let extension = file.extension().and_then(|e| e.to_str()).unwrap_or("");
        if ["yaml", "yml", "json"].contains(&extension) {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}
