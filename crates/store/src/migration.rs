//! The schema, in steps that only go forward. A step that was ever released is never changed.

use std::path::Path;

use sqlx::sqlite::SqlitePool;

use crate::error::{NOT_A_DATABASE, Result, StoreError, primary_code};

/// "Grds": marks the file as ours in SQLite's header.
const APPLICATION_ID: i64 = 0x4772_6473;

/// One step of the schema.
pub(crate) struct Migration {
    pub version: i64,
    pub name: &'static str,
    pub sql: &'static str,
}

macro_rules! step {
    ($version:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../migrations/", $name, ".sql")),
        }
    };
}

/// All steps, oldest first, numbered from 1 without gaps.
pub(crate) const MIGRATIONS: &[Migration] = &[
    step!(1, "0001_setting"),
    step!(2, "0002_import"),
    step!(3, "0003_vault"),
    step!(4, "0004_quarantine"),
    step!(5, "0005_model"),
    step!(6, "0006_run"),
    step!(7, "0007_audit"),
    step!(8, "0008_pending"),
    step!(9, "0009_account"),
    step!(10, "0010_job"),
    step!(11, "0011_version"),
];

/// Number of the last step.
pub(crate) fn newest(migrations: &[Migration]) -> i64 {
    migrations.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Applies the steps that are missing, all in one transaction: after a crash the file has its old
/// schema or the new one.
pub(crate) async fn migrate(path: &Path, writer: &SqlitePool, migrations: &[Migration]) -> Result<()> {
    // The lock comes before the look, so that two processes that open a new store don't both build it.
    let mut transaction =
        writer.begin_with("BEGIN IMMEDIATE").await.map_err(|source| match primary_code(&source) {
            Some(NOT_A_DATABASE) => StoreError::NotAStore { path: path.to_path_buf() },
            _ => source.into(),
        })?;
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
        .fetch_all(&mut *transaction)
        .await?;
    let ours = tables.iter().any(|name| name == "schema_migration");
    if !ours && !tables.is_empty() {
        return Err(StoreError::NotAStore { path: path.to_path_buf() });
    }
    if !ours {
        sqlx::raw_sql(
            "CREATE TABLE schema_migration (
                 version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)",
        )
        .execute(&mut *transaction)
        .await?;
    }
    let applied: Vec<(i64, String, String)> =
        sqlx::query_as("SELECT version, name, checksum FROM schema_migration ORDER BY version")
            .fetch_all(&mut *transaction)
            .await?;
    let known = newest(migrations);
    if let Some((found, _, _)) = applied.iter().rfind(|(version, _, _)| *version > known) {
        return Err(StoreError::NewerSchema { path: path.to_path_buf(), found: *found, known });
    }
    for migration in migrations {
        let checksum = blake3::hash(migration.sql.as_bytes()).to_hex().to_string();
        match applied.iter().find(|(version, _, _)| *version == migration.version) {
            Some((_, _, stored)) if *stored == checksum => continue,
            Some((version, name, _)) => {
                let (version, name) = (*version, name.clone());
                return Err(StoreError::ChangedMigration { path: path.to_path_buf(), version, name });
            }
            None => {}
        }
        sqlx::raw_sql(migration.sql).execute(&mut *transaction).await?;
        sqlx::query("INSERT INTO schema_migration (version, name, checksum) VALUES ($1, $2, $3)")
            .bind(migration.version)
            .bind(migration.name)
            .bind(checksum)
            .execute(&mut *transaction)
            .await?;
    }
    if applied.len() < migrations.len() {
        let marks = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {known}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(marks)).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    async fn fill(store: &Store, steps: usize) {
        let rows = [
            "INSERT INTO setting VALUES ('k', '\"v\"')",
            "INSERT INTO import_record (id, source, started, status) VALUES ('a', 's', 1, 'done')",
            "INSERT INTO vault_forgotten VALUES (7, 8)",
            "INSERT INTO quarantine_row (import_number, file, row_number, code, created, expires, status,
                 sealed_message, sealed_row) VALUES (1, 'f', 1, 'c', 1, 2, 'open', x'00', x'00')",
            "INSERT INTO model_document VALUES ('h', 'd')",
            "INSERT INTO fit (model_hash, kind, subject, numbers, population, n, as_of, created)
                 VALUES ('h', 'quantile', 's', '[]', 'all', 1, 1, 1)",
        ];
        let mut transaction = store.write().await.unwrap();
        for row in rows.iter().take(steps) {
            sqlx::raw_sql(*row).execute(&mut *transaction).await.unwrap();
        }
        transaction.commit().await.unwrap();
    }

    #[test]
    fn steps_are_numbered_without_gaps() {
        for (index, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.version, index as i64 + 1);
            assert!(migration.name.starts_with(&format!("{:04}_", migration.version)), "{}", migration.name);
        }
    }

    #[tokio::test]
    async fn every_older_schema_opens_and_keeps_its_rows() {
        for steps in 1..MIGRATIONS.len() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("store.sqlite");
            let old = Store::open_with(&path, &MIGRATIONS[..steps]).await.unwrap();
            fill(&old, steps).await;
            old.close().await;
            let new = Store::open(&path).await.unwrap();
            assert_eq!(new.settings().get("k").await.unwrap(), Some(serde_json::json!("v")));
            if steps >= 2 {
                assert_eq!(new.imports().list(10).await.unwrap().len(), 1);
            }
            new.audit().append(crate::NewAuditEntry::new(1, "a", "b", "c")).await.unwrap();
            let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(new.read()).await.unwrap();
            assert_eq!(version, new.format());
        }
    }

    #[tokio::test]
    async fn a_newer_schema_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        Store::open(&path).await.unwrap().close().await;
        let before = std::fs::read(&path).unwrap();
        let error = Store::open_with(&path, &MIGRATIONS[..3]).await.err().unwrap();
        assert!(matches!(error, StoreError::NewerSchema { found: 11, known: 3, .. }), "{error}");
        assert!(error.text().zh.contains("更新"));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[tokio::test]
    async fn a_changed_step_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let other = [Migration { version: 1, name: "0001_setting", sql: "CREATE TABLE setting (x TEXT)" }];
        Store::open_with(&path, &other).await.unwrap().close().await;
        let error = Store::open(&path).await.err().unwrap();
        assert!(matches!(error, StoreError::ChangedMigration { version: 1, .. }), "{error}");
    }

    #[tokio::test]
    async fn a_step_that_fails_leaves_the_old_schema() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let broken = [
            Migration { version: 1, name: "0001_setting", sql: MIGRATIONS[0].sql },
            Migration { version: 2, name: "0002_broken", sql: "CREATE TABLE x (y TEXT); CREATE TABL z" },
        ];
        assert!(Store::open_with(&path, &broken).await.is_err());
        let store = Store::open(&path).await.unwrap();
        assert_eq!(store.imports().list(1).await.unwrap(), vec![]);
    }

    #[tokio::test]
    async fn two_that_open_a_new_store_at_once_build_it_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let (one, two, three) = tokio::join!(Store::open(&path), Store::open(&path), Store::open(&path));
        for store in [one, two, three] {
            store.unwrap().settings().set("k", &serde_json::json!(1)).await.unwrap();
        }
    }
}
