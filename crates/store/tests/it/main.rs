//! The store as its callers use it, and as those who tamper with it do: one suite, on both databases.

// The suite is compiled once for each database.
#![allow(clippy::duplicate_mod)]

mod format;
mod place;
mod postgres;
mod sqlite;

use gradus_store::{Identity, Import, ImportFile, MasterKey, NewImport, Store, Vault};

pub use place::Place;

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
