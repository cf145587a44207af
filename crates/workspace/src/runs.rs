//! Grading as a job, and the runs that were made.

use std::sync::Arc;

use gradus_store::{Job, Run};
use serde::Deserialize;
use serde_json::json;

use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::jobs::{JobRunner, Work};
use crate::stored::{Stored, processors};
use crate::{GradeOptions, Workspace, WorkspaceError, facts, grade, instant_of, parse_instants, versions};

/// What to grade.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct RunRequest {
    /// A date, or FROM..TO with `every`; the clock's now if left out.
    pub as_of: Option<String>,
    pub every: Option<String>,
    /// Only what was known by then.
    pub known_at: Option<String>,
}

/// Starts a grading.
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    request: RunRequest,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    let instants = match &request.as_of {
        Some(text) => parse_instants(text, request.every.as_deref(), &workspace.zone)?,
        None => Vec::new(),
    };
    let known_at_us = request.known_at.as_ref().map(|text| instant_of(text, &workspace.zone)).transpose()?;
    let options = GradeOptions { instants, known_at_us, store: true, n_threads: processors(), reuse: true };
    let input = json!({ "as_of": request.as_of, "every": request.every, "known_at": request.known_at });
    start_with(workspace, jobs, who, options, input).await
}

async fn start_with(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    options: GradeOptions,
    input: serde_json::Value,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    let owned = workspace.clone();
    let work: Work = Box::new(move |progress| {
        Box::pin(async move {
            let grading = grade(&owned, &options, progress.as_ref()).await?;
            let instants: Vec<_> = grading
                .instants
                .iter()
                .map(|instant| {
                    json!({
                        "as_of": instant.date, "run": instant.run, "customers": instant.n_customers,
                        "moved": instant.n_moved, "faults": instant.faults,
                    })
                })
                .collect();
            Ok(json!({ "version": grading.version, "events": grading.n_events, "instants": instants, "fold_faults": grading.fold_faults }))
        })
    });
    let job = jobs.start(workspace, who, "grade", input, work).await?;
    audit(workspace, &who.account, "run.start", &job.id, json!({})).await?;
    Ok(job)
}

/// Grades with the version that has just come into force what the one before it graded, so that
/// nobody looks at empty pages, and history stays comparable. `None` if there is nothing to grade.
pub async fn start_again(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
) -> Result<Option<Job>, WorkspaceError> {
    let now = versions::now_in_force(workspace).await?;
    let last = match Stored::open(workspace).await {
        Ok(stored) if stored.version != now.version => stored,
        // Nobody was ever graded, or by this very version.
        Ok(_) | Err(WorkspaceError::Findings(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let at = |date: &String| instant_of(date, &workspace.zone).map(|us| workspace.as_of(us));
    let instants = last.instants.iter().map(at).collect::<Result<Vec<_>, _>>()?;
    let options = GradeOptions { instants, known_at_us: None, store: true, n_threads: processors(), reuse: true };
    let input = json!({ "version": now.version, "instants": last.instants });
    start_with(workspace, jobs, who, options, input).await.map(Some)
}

/// Grades the newest graded instant once more: somebody's tier was set, or a set one has ended.
pub async fn start_newest(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
) -> Result<Option<Job>, WorkspaceError> {
    let stored = match Stored::open(workspace).await {
        Ok(stored) => stored,
        Err(WorkspaceError::Findings(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(newest) = stored.instants.last() else { return Ok(None) };
    // What was said now holds from now on: where the clock runs, an earlier instant does not see it.
    let instants = match facts(workspace).await?.clock.stands {
        true => vec![workspace.as_of(instant_of(newest, &workspace.zone)?)],
        false => Vec::new(),
    };
    let options = GradeOptions { instants, known_at_us: None, store: true, n_threads: processors(), reuse: true };
    let input = json!({ "version": stored.version, "instants": [newest] });
    start_with(workspace, jobs, who, options, input).await.map(Some)
}

/// The newest runs.
pub async fn list(workspace: &Workspace, who: &Principal, limit: u32) -> Result<Vec<Run>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    Ok(workspace.store.runs().list(None, limit).await?)
}
