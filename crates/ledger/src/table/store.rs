//! Where tables live, and a local object store that keeps its promises through a power cut.
//!
//! `object_store`'s own local store never calls fsync. Ours writes to a staging file, syncs it,
//! puts it in place and syncs the directory, so an object that exists is whole, and a write that
//! returned is still there after the power comes back.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    UploadPart,
};
use url::Url;

use crate::error::{AtPath, LedgerError};
use crate::table::opened::Opened;

/// The root under which a workspace's tables lie.
#[derive(Debug, Clone)]
pub struct Storage {
    root: Url,
    store: Arc<dyn ObjectStore>,
    /// Shared by all copies.
    opened: Arc<Opened>,
}

impl Storage {
    /// A folder of this machine, created if absent, with every write synced.
    pub fn local(folder: impl AsRef<FsPath>) -> Result<Self, LedgerError> {
        Self::on_disk(folder, Arc::new(RealDisk))
    }

    /// As [`Storage::local`], over another disk; tests cut the power with it.
    pub fn on_disk(folder: impl AsRef<FsPath>, disk: Arc<dyn Disk>) -> Result<Self, LedgerError> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(|e| LedgerError::io(folder, e))?;
        let folder = folder.canonicalize().map_err(|e| LedgerError::io(folder, e))?;
        let root = Url::from_directory_path(&folder).map_err(|()| LedgerError::NotATable {
            path: folder.display().to_string(),
            reason: "the folder's path cannot be written as a URL".into(),
        })?;
        Ok(Self { root, store: Arc::new(DurableStore::new(disk)), opened: Arc::default() })
    }

    /// Any other object store; "/" of `store` is the root of `root`'s host.
    pub fn remote(root: Url, store: Arc<dyn ObjectStore>) -> Self {
        Self { root, store, opened: Arc::default() }
    }

    /// The store whose "/" is the root of the machine or bucket.
    pub fn object_store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// Tables that were opened before.
    pub(crate) fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Removes staging files that interrupted writers left below a local folder.
    pub(crate) fn remove_staging(&self, url: &Url) -> Result<usize, LedgerError> {
        match url.to_file_path() {
            Ok(folder) if url.scheme() == "file" => remove_staging(&folder),
            _ => Ok(0),
        }
    }

    /// The URL of a table, ending in a slash.
    pub(crate) fn table_url(&self, name: &str) -> Result<Url, LedgerError> {
        self.root
            .join(&format!("{name}/"))
            .map_err(|e| LedgerError::NotATable { path: name.to_owned(), reason: e.to_string() })
    }
}

/// The operations of a local disk that decide what survives a crash.
pub trait Disk: std::fmt::Debug + Send + Sync + 'static {
    fn create_dir(&self, path: &FsPath) -> io::Result<()>;
    fn create(&self, path: &FsPath) -> io::Result<File>;
    fn write_at(&self, file: &File, path: &FsPath, bytes: &[u8], offset: u64) -> io::Result<()>;
    fn sync_file(&self, file: &File, path: &FsPath) -> io::Result<()>;
    /// Fails if `to` exists.
    fn link(&self, from: &FsPath, to: &FsPath) -> io::Result<()>;
    fn rename(&self, from: &FsPath, to: &FsPath) -> io::Result<()>;
    fn remove(&self, path: &FsPath) -> io::Result<()>;
    fn sync_dir(&self, path: &FsPath) -> io::Result<()>;
}

/// The disk of this machine.
#[derive(Debug)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn create_dir(&self, path: &FsPath) -> io::Result<()> {
        match std::fs::create_dir(path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    }

    fn create(&self, path: &FsPath) -> io::Result<File> {
        File::create(path)
    }

    fn write_at(&self, file: &File, _path: &FsPath, bytes: &[u8], offset: u64) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    fn sync_file(&self, file: &File, _path: &FsPath) -> io::Result<()> {
        file.sync_all()
    }

    fn link(&self, from: &FsPath, to: &FsPath) -> io::Result<()> {
        std::fs::hard_link(from, to)
    }

    fn rename(&self, from: &FsPath, to: &FsPath) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &FsPath) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn sync_dir(&self, path: &FsPath) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

/// A local object store, "/" being the root of the file system, that syncs what it acknowledges.
#[derive(Debug)]
pub struct DurableStore {
    reader: LocalFileSystem,
    writer: Writer,
}

impl DurableStore {
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self { reader: LocalFileSystem::new(), writer: Writer { disk, staged: Arc::new(AtomicU64::new(0)) } }
    }
}

impl std::fmt::Display for DurableStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DurableStore")
    }
}

#[async_trait]
impl ObjectStore for DurableStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let path = self.reader.path_to_filesystem(location)?;
        let writer = self.writer.clone();
        blocking(move || {
            let (file, staging) = writer.stage(&path)?;
            let outcome = (|| {
                let mut offset = 0;
                for chunk in payload.iter() {
                    writer.disk.write_at(&file, &staging, chunk, offset).map_err(failed(&staging))?;
                    offset += chunk.len() as u64;
                }
                writer.place(&file, &staging, &path, opts.mode)
            })();
            if outcome.is_err() {
                // Only tidiness: the name marks it as staging, no list shows it.
                let _ = writer.disk.remove(&staging);
            }
            outcome
        })
        .await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let path = self.reader.path_to_filesystem(location)?;
        let writer = self.writer.clone();
        blocking(move || {
            let (file, staging) = writer.stage(&path)?;
            Ok(Box::new(StagedUpload { writer, file: Arc::new(file), staging, path, offset: 0 })
                as Box<dyn MultipartUpload>)
        })
        .await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.reader.get_opts(location, options).await
    }

    async fn get_ranges(
        &self,
        location: &Path,
        ranges: &[std::ops::Range<u64>],
    ) -> Result<Vec<bytes::Bytes>> {
        self.reader.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let disk = self.writer.disk.clone();
        let reader = LocalFileSystem::new();
        locations
            .then(move |location| {
                let disk = disk.clone();
                let path = location.and_then(|l| reader.path_to_filesystem(&l).map(|p| (l, p)));
                async move {
                    let (location, path) = path?;
                    blocking(move || disk.remove(&path).map_err(failed(&path))).await?;
                    Ok(location)
                }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.reader.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.reader.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let bytes = self.get(from).await?.bytes().await?;
        let mode = match options.mode {
            CopyMode::Overwrite => PutMode::Overwrite,
            CopyMode::Create => PutMode::Create,
        };
        self.put_opts(to, bytes.into(), mode.into()).await.map(|_| ())
    }
}

#[derive(Debug, Clone)]
struct Writer {
    disk: Arc<dyn Disk>,
    staged: Arc<AtomicU64>,
}

impl Writer {
    /// A staging file beside `path`. Its name ends in `#number`, which no listing shows.
    fn stage(&self, path: &FsPath) -> Result<(File, PathBuf)> {
        let parent = path.parent().ok_or_else(|| Error::Generic {
            store: "local",
            source: format!("{} has no folder", path.display()).into(),
        })?;
        self.create_dirs(parent)?;
        let n = self.staged.fetch_add(1, Ordering::Relaxed);
        let mut name = path.as_os_str().to_owned();
        name.push(format!("#{}{n:09}", std::process::id()));
        let staging = PathBuf::from(name);
        let file = self.disk.create(&staging).map_err(failed(&staging))?;
        Ok((file, staging))
    }

    /// Creates missing folders and syncs the entry of each.
    fn create_dirs(&self, path: &FsPath) -> Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.create_dirs(parent)?;
            self.disk.create_dir(path).map_err(failed(path))?;
            self.disk.sync_dir(parent).map_err(failed(parent))?;
        }
        Ok(())
    }

    /// Content first, then the name, then the folder: a name never shows half a file.
    fn place(&self, file: &File, staging: &FsPath, path: &FsPath, mode: PutMode) -> Result<PutResult> {
        self.disk.sync_file(file, staging).map_err(failed(staging))?;
        match mode {
            PutMode::Overwrite => self.disk.rename(staging, path).map_err(failed(path))?,
            PutMode::Create => {
                self.disk.link(staging, path).map_err(failed(path))?;
                let _ = self.disk.remove(staging);
            }
            PutMode::Update(_) => {
                return Err(Error::NotImplemented {
                    operation: "conditional update".into(),
                    implementer: "DurableStore".into(),
                });
            }
        }
        if let Some(parent) = path.parent() {
            self.disk.sync_dir(parent).map_err(failed(parent))?;
        }
        Ok(PutResult { e_tag: None, version: None })
    }
}

#[derive(Debug)]
struct StagedUpload {
    writer: Writer,
    file: Arc<File>,
    staging: PathBuf,
    path: PathBuf,
    offset: u64,
}

#[async_trait]
impl MultipartUpload for StagedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let start = self.offset;
        self.offset += data.content_length() as u64;
        let (writer, file, staging) = (self.writer.clone(), self.file.clone(), self.staging.clone());
        blocking(move || {
            let mut offset = start;
            for chunk in data.iter() {
                writer.disk.write_at(&file, &staging, chunk, offset).map_err(failed(&staging))?;
                offset += chunk.len() as u64;
            }
            Ok(())
        })
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let (writer, file) = (self.writer.clone(), self.file.clone());
        let (staging, path) = (self.staging.clone(), self.path.clone());
        blocking(move || writer.place(&file, &staging, &path, PutMode::Overwrite)).await
    }

    async fn abort(&mut self) -> Result<()> {
        let (writer, staging) = (self.writer.clone(), self.staging.clone());
        blocking(move || writer.disk.remove(&staging).map_err(failed(&staging))).await
    }
}

fn remove_staging(folder: &FsPath) -> Result<usize, LedgerError> {
    let mut removed = 0;
    for entry in std::fs::read_dir(folder).map_err(|e| LedgerError::io(folder, e))? {
        let entry = entry.map_err(|e| LedgerError::io(folder, e))?;
        let path = entry.path();
        if path.is_dir() {
            removed += remove_staging(&path)?;
            continue;
        }
        let name = entry.file_name();
        let number = name.to_str().and_then(|n| n.rsplit_once('#')).map(|(_, number)| number);
        if number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())) {
            std::fs::remove_file(&path).map_err(|e| LedgerError::io(&path, e))?;
            removed += 1;
        }
    }
    Ok(removed)
}

fn failed(path: &FsPath) -> impl Fn(io::Error) -> Error + use<> {
    let path = path.display().to_string();
    move |source| match source.kind() {
        io::ErrorKind::NotFound => Error::NotFound { path: path.clone(), source: source.into() },
        io::ErrorKind::AlreadyExists => Error::AlreadyExists { path: path.clone(), source: source.into() },
        _ => Error::Generic { store: "local", source: AtPath { path: path.clone(), source }.into() },
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => runtime.spawn_blocking(work).await.map_err(|source| Error::JoinError { source })?,
        Err(_) => work(),
    }
}
