//! Emptying a store of everything about customers and models: a newcomer leaves the sample data behind.

use sqlx::AssertSqlSafe;

use crate::dump::tables_of;
use crate::error::Result;
use crate::migration::MIGRATIONS;
use crate::statement::query;
use crate::store::Store;

/// What stays: who may sign in, what was set, what was done and the jobs that did it, and the keys of the vault. Whatever
/// a later step of the schema adds goes with the data, unless it is named here.
const STAYS: [&str; 11] = [
    "account",
    "api_key",
    "audit_entry",
    "audit_head",
    "entry_code",
    "idempotency_key",
    "job",
    "session",
    "setting",
    "sign_in_failure",
    "vault_secret",
];

impl Store {
    /// Removes all customers, imports, models, versions and gradings, and the settings whose names begin so;
    /// people, keys, jobs and the audit log stay. All of it or nothing.
    pub async fn empty(&self, settings: &[&str]) -> Result<()> {
        let mut transaction = self.write().await?;
        let tables = tables_of(&mut transaction, MIGRATIONS).await?;
        // Whoever refers to a table was made after it.
        for table in tables.iter().rev().filter(|table| !STAYS.contains(&table.as_str())) {
            query(AssertSqlSafe(format!("DELETE FROM {table}"))).execute(&mut *transaction).await?;
        }
        for beginning in settings {
            query("DELETE FROM setting WHERE key LIKE $1")
                .bind(format!("{beginning}%"))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        // What was deleted does not stay behind in the log.
        self.checkpoint().await?;
        Ok(())
    }
}
