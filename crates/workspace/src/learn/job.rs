//! A job that learns: who may start it, what is kept of it, how it is written down.

use std::sync::Arc;

use gradus_model::Lang;
use gradus_store::Job;
use serde::Serialize;
use serde_json::{Value, json};

use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::jobs::{JobRunner, Work};
use crate::{Workspace, WorkspaceError};

/// Whoever may run jobs and sees everybody; and edits models, where the result is written.
pub(super) fn may_learn(who: &Principal, writes: bool) -> Result<(), WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    who.sees_everyone()?;
    if writes {
        who.needs(Permission::EditModels)?;
    }
    Ok(())
}

/// What was learned as the job keeps it, with its page in both languages; `page` takes the workspace's title.
pub(super) fn with_pages(
    workspace: &Workspace,
    done: &impl Serialize,
    page: impl Fn(&str, Lang) -> String,
) -> Result<Value, WorkspaceError> {
    let page = |lang: Lang| page(workspace.settings.title.get(lang), lang);
    let mut value = serde_json::to_value(done).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    value["pages"] = json!({ "zh": page(Lang::Zh), "en": page(Lang::En) });
    Ok(value)
}

/// Starts the work, and writes down who did and what was asked.
pub(super) async fn begin(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    kind: &str,
    asked: Value,
    work: Work,
) -> Result<Job, WorkspaceError> {
    let job = jobs.start(workspace, who, kind, asked.clone(), work).await?;
    audit(workspace, &who.account, "learn.start", &job.id, asked).await?;
    Ok(job)
}
