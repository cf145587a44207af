//! The file and its connections: one writer, several readers.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Sqlite};

use crate::error::{NOT_A_DATABASE, Result, StoreError, primary_code};
use crate::migration::{self, Migration};
use crate::writing::{BeforeCommit, Writing};
use crate::{Accounts, Audits, Fits, Imports, Jobs, Models, Runs, Settings, Versions};

/// The backend of today. Another one changes this word, `migration`, and nothing that calls us.
pub(crate) type Backend = Sqlite;

/// SQLite before this can corrupt a write-ahead log when two connections write and checkpoint at
/// once (sqlite.org/wal.html, "the WAL-reset bug").
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];

/// Connections that read at once.
const N_READERS: u32 = 4;

/// An open store. Cheap to clone; all clones share the connections.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    writer: SqlitePool,
    readers: SqlitePool,
    before_commit: Option<BeforeCommit>,
}

impl Store {
    /// Opens the store at `path`, creates it if there is none, and brings its schema up to date.
    /// Only the owner may read the file.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] if a newer Gradus wrote it, [`StoreError::NotAStore`] if it is
    /// some other file, [`StoreError::File`] if it cannot be created.
    pub async fn open(path: impl AsRef<Path>) -> Result<Store> {
        Store::open_with(path.as_ref(), migration::MIGRATIONS).await
    }

    /// As [`Store::open`]; `before_commit` is told of every commit that follows. Tests end the
    /// process there.
    pub async fn open_watched(path: impl AsRef<Path>, before_commit: BeforeCommit) -> Result<Store> {
        Store::opened(path.as_ref(), migration::MIGRATIONS, Some(before_commit)).await
    }

    pub(crate) async fn open_with(path: &Path, migrations: &[Migration]) -> Result<Store> {
        Store::opened(path, migrations, None).await
    }

    async fn opened(
        path: &Path,
        migrations: &[Migration],
        before_commit: Option<BeforeCommit>,
    ) -> Result<Store> {
        create_private(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30))
            // What is deleted is overwritten, so that a destroyed key does not linger in a free page.
            .pragma("secure_delete", "ON")
            // Sorting never spills into a file beside the store.
            .pragma("temp_store", "MEMORY")
            // Rows come through a channel: with a small one, both threads wake each other all the time.
            .row_buffer_size(1024)
            .disable_statement_logging();
        // A bulk load touches most pages of the index over surrogates: with SQLite's defaults (2 MB
        // of cache, a checkpoint every 4 MB) each of them would be written again and again.
        let writing = options
            .clone()
            .pragma("cache_size", "-65536")
            .pragma("wal_autocheckpoint", "16384")
            .pragma("journal_size_limit", "67108864");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(120))
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(writing)
            .await
            .map_err(|source| refused(path, source))?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&writer).await?;
        check_sqlite(&version)?;
        migration::migrate(path, &writer, migrations).await?;
        let reading = options.pragma("cache_size", "-16384").pragma("query_only", "ON");
        let readers = SqlitePoolOptions::new()
            .max_connections(N_READERS)
            .max_lifetime(None)
            .connect_with(reading)
            .await?;
        Ok(Store { inner: Arc::new(Inner { path: path.to_path_buf(), writer, readers, before_commit }) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Format number of the file: the last step of its schema.
    pub fn format(&self) -> i64 {
        migration::newest(migration::MIGRATIONS)
    }

    pub fn accounts(&self) -> Accounts<'_> {
        Accounts { store: self }
    }

    pub fn imports(&self) -> Imports<'_> {
        Imports { store: self }
    }

    pub fn jobs(&self) -> Jobs<'_> {
        Jobs { store: self }
    }

    pub fn models(&self) -> Models<'_> {
        Models { store: self }
    }

    pub fn versions(&self) -> Versions<'_> {
        Versions { store: self }
    }

    pub fn fits(&self) -> Fits<'_> {
        Fits { store: self }
    }

    pub fn runs(&self) -> Runs<'_> {
        Runs { store: self }
    }

    pub fn audit(&self) -> Audits<'_> {
        Audits { store: self }
    }

    pub fn settings(&self) -> Settings<'_> {
        Settings { store: self }
    }

    /// Moves everything from the write-ahead log into the file and empties the log. False if a
    /// reader was in the way: then nothing is lost, and it can be tried again.
    pub async fn checkpoint(&self) -> Result<bool> {
        let (busy, _, _): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&self.inner.writer).await?;
        Ok(busy == 0)
    }

    /// Closes all connections. What was committed is safe without it; closing leaves one file.
    pub async fn close(self) {
        self.inner.readers.close().await;
        self.inner.writer.close().await;
    }

    /// A transaction that writes. It takes the write lock at once, so it cannot fail halfway
    /// because another connection was faster; dropped without commit, it never was.
    pub(crate) async fn write(&self) -> Result<Writing> {
        let transaction = self.inner.writer.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Writing::new(transaction, self.inner.before_commit.clone()))
    }

    /// Connections for reading; each statement sees the newest commit.
    pub(crate) fn read(&self) -> &SqlitePool {
        &self.inner.readers
    }
}

/// Rows of one statement. SQLite takes 32,766 parameters, the widest insert has 10 a row.
pub(crate) const ROWS_PER_STATEMENT: usize = 1000;

/// Bytes of one statement, roughly: a file with 10 MB in every cell must not fill the memory.
const BYTES_PER_STATEMENT: usize = 16 << 20;

/// Cuts rows into what one statement takes: at least one row each.
pub(crate) fn statements<T>(rows: &[T], n_bytes: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut statements = Vec::new();
    let (mut start, mut sum) = (0, 0usize);
    for (index, row) in rows.iter().enumerate() {
        let n = n_bytes(row);
        if index > start
            && (index - start == ROWS_PER_STATEMENT || sum.saturating_add(n) > BYTES_PER_STATEMENT)
        {
            statements.push(&rows[start..index]);
            (start, sum) = (index, 0);
        }
        sum = sum.saturating_add(n);
    }
    if start < rows.len() {
        statements.push(&rows[start..]);
    }
    statements
}

/// Creates the file with mode 0600, and takes others' rights away from one that has them. The
/// log and its index inherit the mode.
fn create_private(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path).map_err(StoreError::file(path))?;
    let metadata = file.metadata().map_err(StoreError::file(path))?;
    if !metadata.is_file() {
        return Err(StoreError::NotAStore { path: path.to_path_buf() });
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if metadata.permissions().mode() & 0o077 != 0 {
            file.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(StoreError::file(path))?;
        }
    }
    Ok(())
}

fn refused(path: &Path, source: sqlx::Error) -> StoreError {
    match primary_code(&source) {
        Some(NOT_A_DATABASE) => StoreError::NotAStore { path: path.to_path_buf() },
        _ => source.into(),
    }
}

fn check_sqlite(version: &str) -> Result<()> {
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found: [u32; 3] = std::array::from_fn(|_| numbers.next().unwrap_or(0));
    if found >= OLDEST_SQLITE {
        return Ok(());
    }
    let needed = OLDEST_SQLITE.map(|n| n.to_string()).join(".");
    Err(StoreError::OldSqlite { found: version.to_string(), needed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_bounded_in_rows_and_bytes() {
        let lengths = |rows: &[usize]| -> Vec<usize> {
            statements(rows, |n| *n).iter().map(|statement| statement.len()).collect()
        };
        assert_eq!(lengths(&[]), [0usize; 0]);
        assert_eq!(lengths(&[1; 2500]), [1000, 1000, 500]);
        assert_eq!(lengths(&[10 << 20; 3]), [1, 1, 1]);
        assert_eq!(lengths(&[usize::MAX, 1, 1]), [1, 2]);
    }

    #[test]
    fn a_sqlite_with_the_wal_reset_bug_is_refused() {
        for good in ["3.51.3", "3.52.0", "4.0.0", "3.51.10"] {
            assert!(check_sqlite(good).is_ok(), "{good}");
        }
        for bad in ["3.51.2", "3.50.2", "3.7.0", "2.99.99", "", "x"] {
            assert_eq!(check_sqlite(bad).unwrap_err().code(), "store-old-sqlite", "{bad}");
        }
    }

    #[tokio::test]
    async fn connections_are_set_up_for_safety() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("store.sqlite")).await.unwrap();
        let pragma = async |pool: &SqlitePool, name: &str| -> String {
            let sql = sqlx::AssertSqlSafe(format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"));
            sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
        };
        for pool in [&store.inner.writer, &store.inner.readers] {
            assert_eq!(pragma(pool, "journal_mode").await, "wal");
            assert_eq!(pragma(pool, "synchronous").await, "2");
            assert_eq!(pragma(pool, "foreign_keys").await, "1");
            assert_eq!(pragma(pool, "secure_delete").await, "1");
        }
        let refused = sqlx::query("DELETE FROM setting").execute(store.read()).await;
        assert!(refused.is_err(), "a reader must not write");
    }
}
