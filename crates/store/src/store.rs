//! An open store: one connection that writes, several that read.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::database::postgres::{self, PostgresPlace};
use crate::database::{Pool, sqlite};
use crate::error::{Result, StoreError};
use crate::migration::{self, Migration};
use crate::writing::{BeforeCommit, Writing};
use crate::{Accounts, Audits, Doubles, Fits, Imports, Jobs, Models, Overrides, Runs, Settings, Versions};

/// Where a store is.
#[derive(Debug, Clone)]
pub enum StorePlace {
    /// A file of SQLite.
    File(PathBuf),
    Postgres(Box<PostgresPlace>),
}

impl fmt::Display for StorePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StorePlace::File(path) => path.display().fmt(f),
            StorePlace::Postgres(place) => place.fmt(f),
        }
    }
}

impl From<&Path> for StorePlace {
    fn from(path: &Path) -> StorePlace {
        StorePlace::File(path.to_path_buf())
    }
}

/// An open store. Cheap to clone; all clones share the connections.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    place: StorePlace,
    writer: Pool,
    readers: Pool,
    before_commit: Option<BeforeCommit>,
}

/// The connections to a file whose schema is up to date.
async fn file(place: &StorePlace, path: &Path, migrations: &[Migration]) -> Result<(Pool, Pool)> {
    let writer = sqlite::writer(path).await?;
    if let Some(format) = migration::older(&writer, migrations).await? {
        sqlite::keep_copy(&writer, path, format).await?;
    }
    migration::migrate(place, &writer, migrations).await?;
    Ok((writer, sqlite::readers(path).await?))
}

impl Store {
    /// Opens the store in the file `path`, creates it if there is none, and brings its schema up to
    /// date. Only the owner may read the file.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] if a newer Gradus wrote it, [`StoreError::NotAStore`] if it is
    /// some other file, [`StoreError::File`] if it cannot be created.
    ///
    /// [`StoreError::NewerSchema`]: crate::StoreError::NewerSchema
    /// [`StoreError::NotAStore`]: crate::StoreError::NotAStore
    /// [`StoreError::File`]: crate::StoreError::File
    pub async fn open(path: impl AsRef<Path>) -> Result<Store> {
        Store::open_at(&path.as_ref().into(), None).await
    }

    /// As [`Store::open`]; `before_commit` is told of every commit that follows. Tests end the
    /// process there.
    pub async fn open_watched(path: impl AsRef<Path>, before_commit: BeforeCommit) -> Result<Store> {
        Store::open_at(&path.as_ref().into(), Some(before_commit)).await
    }

    /// As [`Store::open`], in a file or in PostgreSQL, watched or not.
    ///
    /// # Errors
    /// Also what keeps a database from being used: [`StoreError::Unreachable`],
    /// [`StoreError::AccessDenied`], [`StoreError::OldPostgres`] and others.
    ///
    /// [`StoreError::Unreachable`]: crate::StoreError::Unreachable
    /// [`StoreError::AccessDenied`]: crate::StoreError::AccessDenied
    /// [`StoreError::OldPostgres`]: crate::StoreError::OldPostgres
    pub async fn open_at(place: &StorePlace, before_commit: Option<BeforeCommit>) -> Result<Store> {
        Store::opened(place, migration::MIGRATIONS, before_commit).await
    }

    pub(crate) async fn opened(
        place: &StorePlace,
        migrations: &[Migration],
        before_commit: Option<BeforeCommit>,
    ) -> Result<Store> {
        let (writer, readers) = match place {
            StorePlace::File(path) => {
                // Two that turn on the log of a new file get in each other's way, and there SQLite
                // gives up at once instead of waiting.
                let begun = Instant::now();
                loop {
                    match file(place, path, migrations).await {
                        Err(StoreError::Busy { .. }) if begun.elapsed() < sqlite::BUSY_TIMEOUT => {
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                        opened => break opened?,
                    }
                }
            }
            StorePlace::Postgres(postgres) => {
                let writer = postgres::writer(postgres).await?;
                migration::migrate(place, &writer, migrations).await?;
                (writer, postgres::readers(postgres))
            }
        };
        Ok(Store { inner: Arc::new(Inner { place: place.clone(), writer, readers, before_commit }) })
    }

    /// The file or database.
    pub fn place(&self) -> &StorePlace {
        &self.inner.place
    }

    /// Format number of the store: the last step of its schema.
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

    pub fn overrides(&self) -> Overrides<'_> {
        Overrides { store: self }
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

    pub fn doubles(&self) -> Doubles<'_> {
        Doubles { store: self }
    }

    pub fn settings(&self) -> Settings<'_> {
        Settings { store: self }
    }

    /// Lets go of what was deleted. SQLite: moves everything from the write-ahead log into the file
    /// and empties the log; false if a reader was in the way: then nothing is lost, and it can be
    /// tried again. PostgreSQL: lets the server reuse the room, and says false, because when old
    /// pages and its log are overwritten is the server's affair.
    pub async fn checkpoint(&self) -> Result<bool> {
        match &self.inner.writer {
            Pool::Sqlite(pool) => sqlite::checkpoint(pool).await,
            Pool::Postgres(pool) => postgres::reuse_room(pool).await.map(|()| false),
        }
    }

    /// Removes the copies that were made before the schema was changed: what is erased must not be in
    /// them. PostgreSQL has none.
    pub(crate) fn remove_copies(&self) -> Result<()> {
        match &self.inner.place {
            StorePlace::File(path) => sqlite::remove_copies(path),
            StorePlace::Postgres(_) => Ok(()),
        }
    }

    /// Closes all connections. What was committed is safe without it; closing leaves one file.
    pub async fn close(self) {
        self.inner.readers.close().await;
        self.inner.writer.close().await;
    }

    /// A transaction that writes. It is the only one from its begin on, so it cannot fail halfway
    /// because another connection was faster; dropped without commit, it never was.
    pub(crate) async fn write(&self) -> Result<Writing> {
        Ok(Writing::new(self.inner.writer.begin_writing().await?, self.inner.before_commit.clone()))
    }

    /// Connections for reading; each statement sees the newest commit.
    pub(crate) fn read(&self) -> &Pool {
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
}
