//! `gradus vault rekey`: another master key. The keys of the vault are wrapped anew; what they wrap in turn,
//! the key of every customer, stays as it is, and so do all sealed texts.
//!
//! The store changes in one transaction. The new key stands beside the old one before it, and takes its
//! place after it; what a crash left between is completed when the workspace is opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gradus_ledger::table::{Disk, WriterLease};
use gradus_model::{Finding, Lang, Place, Text};
use gradus_store::{MasterKey, Store, StoreError, Vault};
use serde::Serialize;
use serde_json::json;

use crate::accounts::audit;
use crate::export::write_small;
use crate::{Workspace, WorkspaceError};

const KEY: &str = "master.key";
/// The key that is to come.
const NEXT: &str = "master.key.next";
/// Where the new key stands if the old one is in the environment.
const NEW_IN_ENVIRONMENT: &str = "GRADUS_NEW_MASTER_KEY";

/// What became of the master key.
#[derive(Debug, Clone, Serialize)]
pub struct Rekeyed {
    /// Short names that tell nothing about the keys.
    pub before: String,
    pub after: String,
    /// Where the old key lies, for backups from before; none if it never was in a file.
    pub old_key: Option<PathBuf>,
    /// The new key is the one that was given in the environment.
    pub in_environment: bool,
}

/// Wraps the vault's keys with another master key: a new one in `.gradus/master.key`, or the one that is given.
///
/// # Errors
/// Findings: the key comes from the environment and no new one was given, or it is the same.
pub async fn rekey(
    root: &Path,
    key: Option<&str>,
    new_key: Option<&str>,
    actor: &str,
) -> Result<Rekeyed, WorkspaceError> {
    let given = |key: Option<&str>| key.map(str::trim).filter(|key| !key.is_empty()).map(str::to_string);
    let (key, new_key) = (given(key), given(new_key));
    if key.is_some() && new_key.is_none() {
        return Err(Finding::error(
            "rekey-needs-new-key",
            Place::default(),
            Text::new(
                "主密钥来自环境变量 GRADUS_MASTER_KEY，新的主密钥却没有给出",
                "the master key comes from GRADUS_MASTER_KEY, and no new one was given",
            ),
            Text::new(
                format!("把新的主密钥（32 字节，十六进制或 base64）放在 {NEW_IN_ENVIRONMENT}"),
                format!("put the new one (32 bytes in hexadecimal or base64) into {NEW_IN_ENVIRONMENT}"),
            ),
        )
        .into());
    }
    let workspace = Workspace::open(root, key.as_deref()).await?;
    let _lease = WriterLease::acquire(root.join("ledger"))?;
    let own = root.join(".gradus");
    let old = MasterKey::from_file_or_env(own.join(KEY), key.as_deref())?;
    let in_environment = new_key.is_some();
    let new = match &new_key {
        Some(new_key) => MasterKey::from_file_or_env("", Some(new_key))?,
        // One that a crash left was never used.
        None if own.join(NEXT).exists() => MasterKey::from_file_or_env(own.join(NEXT), None)?,
        None => MasterKey::generate_file(own.join(NEXT))?,
    };
    if new.id() == old.id() {
        return Err(Finding::error(
            "rekey-same-key",
            Place::default(),
            Text::new("新的主密钥与现在的相同", "the new master key is the one that holds now"),
            Text::new(
                format!("在 {NEW_IN_ENVIRONMENT} 中给出另一个"),
                format!("another one in {NEW_IN_ENVIRONMENT}"),
            ),
        )
        .into());
    }
    let (before, after) = (old.id(), new.id());
    audit(&workspace, actor, "vault.rekey", &after, json!({ "before": before })).await?;
    workspace.vault.change_master_key(&old, &new).await?;
    let old_key = match key.is_none() {
        true => Some(put_in_place(&workspace.disk, &own, &before, !in_environment)?),
        false => None,
    };
    Ok(Rekeyed { before, after, old_key, in_environment })
}

/// Opens the vault with the key of the workspace; with the next one, if a change of key was interrupted after
/// the store had changed.
pub(crate) async fn open_vault(
    disk: &Arc<dyn Disk>,
    own: &Path,
    store: &Store,
    key: Option<&str>,
) -> Result<Vault, WorkspaceError> {
    let master = MasterKey::from_file_or_env(own.join(KEY), key)?;
    let next = own.join(NEXT);
    match Vault::open(store, &master).await {
        Err(StoreError::WrongMasterKey { expected, given }) if key.is_none() && next.exists() => {
            let new = MasterKey::from_file_or_env(&next, None)?;
            if new.id() != expected {
                return Err(StoreError::WrongMasterKey { expected, given }.into());
            }
            let vault = Vault::open(store, &new).await?;
            put_in_place(disk, own, &given, true)?;
            Ok(vault)
        }
        opened => Ok(opened?),
    }
}

/// The old key is put aside under its name, since backups from before need it; the next one takes its place.
fn put_in_place(
    disk: &Arc<dyn Disk>,
    own: &Path,
    before: &str,
    has_next: bool,
) -> Result<PathBuf, WorkspaceError> {
    let (key, aside) = (own.join(KEY), own.join(format!("master.key.old-{before}")));
    let io = |path: &Path| {
        let path = path.to_path_buf();
        move |error| WorkspaceError::io(path, error)
    };
    // A second name first: at no instant is there no key.
    if !aside.exists() && disk.link(&key, &aside).is_err() {
        let text = std::fs::read(&key).map_err(io(&key))?;
        write_small(disk, &aside, true, &text).map_err(io(&aside))?;
    }
    match has_next {
        true => disk.rename(&own.join(NEXT), &key).map_err(io(&key))?,
        false => disk.remove(&key).map_err(io(&key))?,
    }
    // Names outlive a power cut only when their folder is on disk.
    disk.sync_dir(own).map_err(io(own))?;
    Ok(aside)
}

impl Rekeyed {
    /// For a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let (before, after) = (&self.before, &self.after);
        let mut out = match lang {
            Lang::Zh => format!("主密钥已更换：{before} → {after}"),
            Lang::En => format!("the master key is changed: {before} → {after}"),
        };
        if self.in_environment {
            out.push_str(match lang {
                Lang::Zh => "。从现在起请把新的主密钥放在 GRADUS_MASTER_KEY",
                Lang::En => "; from now on GRADUS_MASTER_KEY has to be the new one",
            });
        }
        if let Some(old) = &self.old_key {
            let old = old.display();
            out.push_str(&match lang {
                Lang::Zh => format!("\n旧密钥保存在 {old}：此前的备份仍需要它；不再需要时请删除"),
                Lang::En => format!(
                    "\nthe old one is kept in {old}: backups from before need it; delete it when none is left"
                ),
            });
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_store::Identity;

    async fn place() -> (tempfile::TempDir, i64) {
        let folder = tempfile::tempdir().unwrap();
        let workspace = crate::init(folder.path(), None, "UTC", "EUR", None).await.unwrap();
        let mut intake = workspace.vault.intake(None);
        let one = Identity { kind: "phone", normalized: "+8613800138000", display: "138 0013 8000" };
        intake.identities(&[one]).await.unwrap();
        intake.finish().await.unwrap();
        let surrogate = workspace.vault.surrogate("phone", "+8613800138000");
        (folder, surrogate)
    }

    async fn known(root: &Path, key: Option<&str>, surrogate: i64) -> usize {
        let workspace = Workspace::open(root, key).await.unwrap();
        assert_eq!(workspace.vault.find("phone", "+8613800138000").await.unwrap(), Some(surrogate));
        workspace.vault.reveal(surrogate).await.unwrap().len()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn another_key_opens_the_same_vault_and_the_old_one_no_more() {
        let (folder, surrogate) = place().await;
        let root = folder.path();
        let n_known = known(root, None, surrogate).await;
        let done = rekey(root, None, None, "cli").await.unwrap();
        assert_ne!(done.before, done.after);
        assert_eq!(known(root, None, surrogate).await, n_known);
        let old = std::fs::read_to_string(done.old_key.unwrap()).unwrap();
        assert!(matches!(
            Workspace::open(root, Some(&old)).await,
            Err(WorkspaceError::Store(StoreError::WrongMasterKey { .. }))
        ));
        assert!(!root.join(".gradus").join(NEXT).exists());
        // From a file to the environment, and on from there.
        let second = "0123456789abcdef".repeat(4);
        let done = rekey(root, None, Some(&second), "cli").await.unwrap();
        assert!(done.in_environment && !root.join(".gradus").join(KEY).exists());
        assert_eq!(known(root, Some(&second), surrogate).await, n_known);
        let refused = rekey(root, Some(&second), None, "cli").await.unwrap_err();
        let WorkspaceError::Findings(findings) = refused else { panic!("{refused}") };
        assert_eq!(findings.0[0].code, "rekey-needs-new-key");
        let third = "123456789abcdef0".repeat(4);
        let done = rekey(root, Some(&second), Some(&third), "cli").await.unwrap();
        assert_eq!(done.old_key, None);
        assert_eq!(known(root, Some(&third), surrogate).await, n_known);
        let same = rekey(root, Some(&third), Some(&third), "cli").await;
        assert!(matches!(same, Err(WorkspaceError::Findings(_))));
    }

    /// Ended before the store changed, the old key holds; after it, the new one is put in place.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_crash_leaves_a_key_that_opens() {
        let (folder, surrogate) = place().await;
        let root = folder.path();
        let own = root.join(".gradus");
        let next = MasterKey::generate_file(own.join(NEXT)).unwrap();
        let n_known = known(root, None, surrogate).await;
        let old = MasterKey::from_file_or_env(own.join(KEY), None).unwrap();
        assert_ne!(old.id(), next.id());
        let workspace = Workspace::open(root, None).await.unwrap();
        workspace.vault.change_master_key(&old, &next).await.unwrap();
        drop(workspace);
        assert_eq!(known(root, None, surrogate).await, n_known);
        assert!(!own.join(NEXT).exists() && own.join(format!("master.key.old-{}", old.id())).exists());
        assert_eq!(MasterKey::from_file_or_env(own.join(KEY), None).unwrap().id(), next.id());
        assert_eq!(known(root, None, surrogate).await, n_known);
    }
}
