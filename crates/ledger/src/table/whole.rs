//! Everything that one version of a table is made of: for copies that are whole.

use futures::TryStreamExt;

use crate::error::LedgerError;
use crate::table::log::TableLog;
use crate::table::store::Storage;

/// The files of one version of a table, relative to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFiles {
    pub version: u64,
    /// The log up to that version.
    pub log: Vec<String>,
    /// What is in the table at that version.
    pub data: Vec<String>,
}

/// Lists the files of a table's newest version. Whoever holds the writer's lease finds the same until
/// they let it go.
pub async fn table_files(storage: &Storage, name: &str) -> Result<TableFiles, LedgerError> {
    let log = TableLog::open(storage, name).await?;
    let version = log.version();
    let data = log.files()?.into_iter().map(|file| file.path).collect();
    let folder = log.location("_delta_log")?;
    let mut names = Vec::new();
    let listed: Vec<_> = log.store().list(Some(&folder)).try_collect().await?;
    for object in listed {
        let Some(name) = object.location.filename() else { continue };
        let number = name.split('.').next().and_then(|digits| digits.parse::<u64>().ok());
        // What is no version's is a pointer to the last checkpoint.
        if number.is_none_or(|number| number <= version) && !name.contains('#') {
            names.push(format!("_delta_log/{name}"));
        }
    }
    names.sort();
    Ok(TableFiles { version, log: names, data })
}
