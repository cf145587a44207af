//! Tables as they were last opened, so that whoever opens one again reads only what was committed since:
//! reading a whole log costs as much as answering for one customer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use deltalake_core::DeltaTable;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use url::Url;

/// Tables by where they lie, each with the file of its newest commit: while that file is the very same, the
/// table is, and not another one that was put in its place.
#[derive(Debug, Default)]
pub(crate) struct Opened(Mutex<HashMap<Url, (DeltaTable, ObjectMeta)>>);

impl Opened {
    /// The table as it is now, if it was opened before and still is the same.
    pub async fn again(&self, url: &Url, store: &dyn ObjectStore) -> Option<DeltaTable> {
        let (mut table, commit) = self.all().get(url).cloned()?;
        let before = table.version();
        if store.head(&commit.location).await.ok()? != commit {
            return None;
        }
        // What cannot be brought up to date is opened anew, and says then what is wrong with it.
        table.update_state().await.ok()?;
        if table.version() != before {
            self.keep(url, &table, store).await;
        }
        Some(table)
    }

    /// Keeps a table that was opened.
    pub async fn keep(&self, url: &Url, table: &DeltaTable, store: &dyn ObjectStore) {
        let Some(version) = table.version() else { return };
        let log = Path::from_url_path(url.path()).map(|folder| folder.join("_delta_log"));
        let Ok(log) = log else { return };
        // A commit whose file was cleaned away says nothing of the table.
        match store.head(&log.join(format!("{version:020}.json"))).await {
            Ok(commit) => drop(self.all().insert(url.clone(), (table.clone(), commit))),
            Err(_) => drop(self.all().remove(url)),
        }
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<Url, (DeltaTable, ObjectMeta)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
