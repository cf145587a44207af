//! Leaving an industry behind: its data and everything that was derived from them go, people and the audit log stay.

use gradus_ledger::table::{EVENTS_TABLE, EventsTable, WriterLease};
use gradus_model::{Finding, Place, Text};
use gradus_store::JobState;
use serde::Serialize;
use serde_json::json;

use super::{IN_USE, InUse, Standing, in_use};
use crate::access::{Permission, Principal};
use crate::accounts::{audit, token};
use crate::export::write_small;
use crate::{Workspace, WorkspaceError};

/// What starting over takes away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effect {
    pub n_events: u64,
    /// Identities in the vault.
    pub n_identities: u64,
    pub n_imports: usize,
    /// Of these, files that did not come with the industry.
    pub n_own_imports: usize,
    pub n_versions: usize,
    /// Of these, versions that somebody submitted.
    pub n_own_versions: usize,
    pub has_draft: bool,
    pub n_runs: usize,
    /// Documents of the industry: sources and models.
    pub n_documents: usize,
    /// What has to be typed to confirm it.
    pub confirm: String,
}

/// What was taken away.
#[derive(Debug, Clone, Serialize)]
pub struct Left {
    pub industry: String,
    pub effect: Effect,
}

pub(super) async fn effect(workspace: &Workspace, in_use: &InUse) -> Result<Effect, WorkspaceError> {
    let store = &workspace.store;
    let n_events = match workspace.has_table(EVENTS_TABLE) {
        true => EventsTable::open(&workspace.storage).await?.snapshot().await?.n_rows(),
        false => 0,
    };
    let imports = store.imports().list(u32::MAX).await?;
    let versions = store.versions().list().await?;
    Ok(Effect {
        n_events,
        n_identities: workspace.vault.count().await?,
        n_own_imports: imports.iter().filter(|one| !in_use.imports.contains(&one.number.0)).count(),
        n_imports: imports.len(),
        n_own_versions: versions.iter().filter(|one| Some(one.number) != in_use.version).count(),
        n_versions: versions.len(),
        has_draft: store.versions().draft().await?.is_some(),
        n_runs: store.runs().list(None, u32::MAX).await?.len(),
        n_documents: in_use.documents.len(),
        confirm: in_use.name.clone(),
    })
}

/// Takes the industry away, with everything that came of it, and puts the settings back that were there before. Gives
/// what was taken away, and the workspace with its settings.
///
/// # Errors
/// Findings: there is no sample data, something else was confirmed, or a job is at work.
pub async fn start_over(
    workspace: &Workspace,
    who: &Principal,
    confirm: &str,
) -> Result<(Left, Workspace), WorkspaceError> {
    who.needs(Permission::ManageSystem)?;
    who.is_present()?;
    who.sees_everyone()?;
    let _lease = WriterLease::acquire(workspace.root.join("ledger"))?;
    let Some(in_use) = in_use(workspace).await? else { return Err(no_sample().into()) };
    let effect = effect(workspace, &in_use).await?;
    if !in_use.with_data && (effect.n_imports > 0 || effect.n_versions > 0) {
        return Err(no_sample().into());
    }
    let jobs = workspace.store.jobs().list(None, None, 200).await?;
    if jobs.iter().any(|job| matches!(job.state, JobState::Queued | JobState::Running)) {
        return Err(at_work().into());
    }
    if confirm.trim() != effect.confirm {
        return Err(not_confirmed(&effect.confirm).into());
    }
    take_away(workspace, &in_use).await?;
    audit(workspace, &who.account, "industry.start_over", &in_use.name, json!(effect)).await?;
    Ok((Left { industry: in_use.name, effect }, workspace.anew()?))
}

/// Takes it away; the lease, or the claim, says that nobody else writes. Cut off in the middle it is done again by
/// whoever starts over or sets up next.
pub(super) async fn take_away(workspace: &Workspace, in_use: &InUse) -> Result<(), WorkspaceError> {
    InUse { standing: Standing::Leaving, job: None, ..in_use.clone() }.keep(workspace).await?;
    if in_use.with_data {
        workspace.store.empty(&["kpi", "owner:", "tour:", "view:"]).await?;
        // Each table is gone at once: one whose log went first would be taken for a damaged one.
        let scratch = workspace.scratch().join(token::id()?);
        std::fs::create_dir_all(&scratch).map_err(|error| WorkspaceError::io(&scratch, error))?;
        for folder in [workspace.root.join("ledger"), workspace.own(), workspace.root.join("reports")] {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries {
                let path = entry.map_err(|error| WorkspaceError::io(&folder, error))?.path();
                if path.is_dir() && path != workspace.scratch() {
                    let to = scratch.join(token::id()?);
                    std::fs::rename(&path, to).map_err(|error| WorkspaceError::io(&path, error))?;
                }
            }
        }
        std::fs::remove_dir_all(&scratch).map_err(|error| WorkspaceError::io(&scratch, error))?;
        let settings = workspace.root.join("gradus.yaml");
        write_small(&workspace.disk, &settings, false, in_use.settings_before.as_bytes())
            .map_err(|error| WorkspaceError::io(&settings, error))?;
    }
    for document in &in_use.documents {
        let path = workspace.root.join(document);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(WorkspaceError::io(path, error));
            }
            _ => {}
        }
    }
    Ok(workspace.store.settings().remove(IN_USE).await?)
}

fn no_sample() -> Finding {
    Finding::error(
        "no-sample-data",
        Place::default(),
        Text::new(
            "这个工作区里不是样例数据，不会清空",
            "what is in this workspace is no sample data, and is not taken away",
        ),
        Text::new("另建一个工作区", "another workspace"),
    )
}

fn at_work() -> Finding {
    Finding::error(
        "jobs-at-work",
        Place::default(),
        Text::new("还有任务在运行", "a job is still at work"),
        Text::new(
            "等它结束，或在“评级与任务”中取消",
            "wait until it is over, or cancel it under “Runs and jobs”",
        ),
    )
}

fn not_confirmed(word: &str) -> Finding {
    Finding::error(
        "not-confirmed",
        Place::default().at("confirm"),
        Text::new("确认的文字不对，什么都没有改动", "the confirmation is not right; nothing was touched"),
        Text::new(format!("原样输入 {word}"), format!("type {word} as it stands")),
    )
}
