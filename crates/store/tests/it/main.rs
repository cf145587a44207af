//! The store as its callers use it, and as those who tamper with it do.

mod audit;
mod format;
mod import;
mod model;
mod privacy;
mod quarantine;
mod speed;
mod store;
mod vault;

use std::path::PathBuf;

use gradus_store::{Identity, Import, ImportFile, MasterKey, NewImport, Store, Vault};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};

/// A store in a folder of its own.
pub struct Place {
    pub folder: tempfile::TempDir,
    pub store: Store,
}

impl Place {
    pub async fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("store.sqlite")).await.unwrap();
        Place { folder, store }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("store.sqlite")
    }

    /// Opens the file past the program, as somebody with rights on the machine could.
    pub async fn behind(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.path()).connect().await.unwrap()
    }

    pub async fn tamper(&self, sql: &str) {
        let mut connection = self.behind().await;
        sqlx::raw_sql(AssertSqlSafe(sql.to_string())).execute(&mut connection).await.unwrap();
    }

    pub async fn number(&self, sql: &str) -> i64 {
        let mut connection = self.behind().await;
        sqlx::query_scalar(AssertSqlSafe(sql.to_string())).fetch_one(&mut connection).await.unwrap()
    }
}

pub fn master(byte: u8) -> MasterKey {
    let text = format!("00{}", format!("{byte:02x}").repeat(31));
    MasterKey::from_file_or_env("/nowhere", Some(&text)).unwrap()
}

pub async fn vault(store: &Store) -> Vault {
    Vault::open(store, &master(7)).await.unwrap()
}

pub async fn begin(store: &Store) -> Import {
    let files = [ImportFile { name: "订单.csv".into(), content_hash: "ab12".into(), n_bytes: 100 }];
    store.imports().begin(NewImport { source: "orders", files: &files, started: 1_000_000 }).await.unwrap()
}

pub fn phone(number: &str) -> Identity<'_> {
    Identity { kind: "phone", normalized: number, display: number }
}
