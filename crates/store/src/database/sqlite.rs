//! SQLite: one file, one connection that writes, several that read.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Sqlite};

use super::Pool;
use crate::error::{NOT_A_DATABASE, Result, StoreError, primary_code};

/// SQLite before this can corrupt a write-ahead log when two connections write and checkpoint at
/// once (sqlite.org/wal.html, "the WAL-reset bug").
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];

/// As long as a statement waits for another process's lock.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Connections that read at once.
const N_READERS: u32 = 4;

/// The connection that writes. The file is created if there is none; only its owner may read it.
pub(crate) async fn writer(path: &Path) -> Result<Pool> {
    create_private(path)?;
    // A bulk load touches most pages of the index over surrogates: with SQLite's defaults (2 MB
    // of cache, a checkpoint every 4 MB) each of them would be written again and again.
    let options = options(path)
        .pragma("cache_size", "-65536")
        .pragma("wal_autocheckpoint", "16384")
        .pragma("journal_size_limit", "67108864");
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(120))
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
        .map_err(|source| refused(path, source))?;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&writer).await?;
    check_version(&version)?;
    Ok(Pool::Sqlite(writer))
}

/// The connections that read; each statement sees the newest commit.
pub(crate) async fn readers(path: &Path) -> Result<Pool> {
    let options = options(path).pragma("cache_size", "-16384").pragma("query_only", "ON");
    let readers =
        SqlitePoolOptions::new().max_connections(N_READERS).max_lifetime(None).connect_with(options).await?;
    Ok(Pool::Sqlite(readers))
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // What is deleted is overwritten, so that a destroyed key does not linger in a free page.
        .pragma("secure_delete", "ON")
        // Sorting never spills into a file beside the store.
        .pragma("temp_store", "MEMORY")
        // Rows come through a channel: with a small one, both threads wake each other all the time.
        .row_buffer_size(1024)
        .disable_statement_logging()
}

/// Takes the write lock at once.
pub(super) async fn begin_writing(pool: &SqlitePool) -> Result<sqlx::Transaction<'static, Sqlite>> {
    Ok(pool.begin_with("BEGIN IMMEDIATE").await?)
}

/// Moves everything from the write-ahead log into the file and empties the log; false if a reader
/// was in the way.
pub(crate) async fn checkpoint(pool: &SqlitePool) -> Result<bool> {
    let (busy, _, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(pool).await?;
    Ok(busy == 0)
}

/// Copies a store before its schema is changed, beside it and whole or not at all. Opened by the older
/// program it is as it was; [`remove_copies`] removes it.
pub(crate) async fn keep_copy(pool: &Pool, path: &Path, format: i64) -> Result<()> {
    let Pool::Sqlite(pool) = pool else { return Ok(()) };
    let copy = copy_of(path, &format!("format-{format}"));
    let part = copy_of(path, &format!("format-{format}.part"));
    let failed = |error| StoreError::File { path: part.clone(), source: error };
    match std::fs::remove_file(&part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    // An empty file with the right mode: SQLite writes into that.
    create_private(&part)?;
    sqlx::query("VACUUM INTO $1").bind(part.display().to_string()).execute(pool).await?;
    std::fs::File::open(&part).and_then(|file| file.sync_all()).map_err(failed)?;
    std::fs::rename(&part, &copy).map_err(failed)
}

/// Removes what [`keep_copy`] kept.
pub(crate) fn remove_copies(path: &Path) -> Result<()> {
    let stem = copy_of(path, "format-");
    let stem = stem.file_name().unwrap_or_default().to_string_lossy().trim_end_matches(".sqlite").to_string();
    let Some(folder) = path.parent() else { return Ok(()) };
    for entry in std::fs::read_dir(folder).map_err(StoreError::file(folder))? {
        let entry = entry.map_err(StoreError::file(folder))?;
        if entry.file_name().to_string_lossy().starts_with(&stem) {
            std::fs::remove_file(entry.path()).map_err(StoreError::file(&entry.path()))?;
        }
    }
    Ok(())
}

/// Beside `store.sqlite`: `store-NAME.sqlite`.
fn copy_of(path: &Path, name: &str) -> std::path::PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-{name}.sqlite"))
}

/// What SQLite says of a file that is none of its own.
pub(crate) fn refused(path: &Path, source: sqlx::Error) -> StoreError {
    match primary_code(&source) {
        Some(NOT_A_DATABASE) => StoreError::NotAStore { place: path.display().to_string() },
        _ => source.into(),
    }
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
        return Err(StoreError::NotAStore { place: path.display().to_string() });
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

fn check_version(version: &str) -> Result<()> {
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
    fn a_sqlite_with_the_wal_reset_bug_is_refused() {
        for good in ["3.51.3", "3.52.0", "4.0.0", "3.51.10"] {
            assert!(check_version(good).is_ok(), "{good}");
        }
        for bad in ["3.51.2", "3.50.2", "3.7.0", "2.99.99", "", "x"] {
            assert_eq!(check_version(bad).unwrap_err().code(), "store-old-sqlite", "{bad}");
        }
    }

    #[tokio::test]
    async fn connections_are_set_up_for_safety() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let Pool::Sqlite(writer) = writer(&path).await.unwrap() else { panic!() };
        let Pool::Sqlite(readers) = readers(&path).await.unwrap() else { panic!() };
        let pragma = async |pool: &SqlitePool, name: &str| -> String {
            let sql = sqlx::AssertSqlSafe(format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"));
            sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
        };
        for pool in [&writer, &readers] {
            assert_eq!(pragma(pool, "journal_mode").await, "wal");
            assert_eq!(pragma(pool, "synchronous").await, "2");
            assert_eq!(pragma(pool, "foreign_keys").await, "1");
            assert_eq!(pragma(pool, "secure_delete").await, "1");
        }
        sqlx::query("CREATE TABLE x (y)").execute(&writer).await.unwrap();
        let refused = sqlx::query("DELETE FROM x").execute(&readers).await;
        assert!(refused.is_err(), "a reader must not write");
    }
}
