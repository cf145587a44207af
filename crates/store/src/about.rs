//! What a store is, for whoever looks after it.

use crate::error::Result;
use crate::statement::query;
use crate::store::{Store, StorePlace};

/// Kind, version and size of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreAbout {
    /// `SQLite` or `PostgreSQL`.
    pub kind: &'static str,
    /// Of the database program.
    pub version: String,
    /// The last step of the schema.
    pub format: i64,
    pub n_bytes: u64,
    /// Customers' identities in the vault, quarantined rows, entries of the audit log.
    pub n_identities: u64,
    pub n_quarantined: u64,
    pub n_audited: u64,
}

impl Store {
    /// Looks at it.
    pub async fn about(&self) -> Result<StoreAbout> {
        let (kind, version, n_bytes) = match self.place() {
            StorePlace::File(path) => {
                let version: String = query("SELECT sqlite_version()").fetch_one(self.read()).await?;
                // What is not in the file yet stands beside it.
                let mut log = path.clone().into_os_string();
                log.push("-wal");
                let size = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |facts| facts.len());
                ("SQLite", version, size(path) + size(log.as_ref()))
            }
            StorePlace::Postgres(_) => {
                let version: String =
                    query("SELECT current_setting('server_version')").fetch_one(self.read()).await?;
                let size = self.counted("SELECT pg_database_size(current_database())").await?;
                ("PostgreSQL", version, size)
            }
        };
        Ok(StoreAbout {
            kind,
            version,
            format: self.format(),
            n_bytes,
            n_identities: self.counted("SELECT COUNT(*) FROM vault_identity").await?,
            n_quarantined: self.counted("SELECT COUNT(*) FROM quarantine_row").await?,
            n_audited: self.counted("SELECT COUNT(*) FROM audit_entry").await?,
        })
    }

    async fn counted(&self, sql: &'static str) -> Result<u64> {
        let n: i64 = query(sql).fetch_one(self.read()).await?;
        Ok(u64::try_from(n).unwrap_or(0))
    }
}
