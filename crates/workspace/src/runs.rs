//! Grading as a job, and the runs that were made.

use std::sync::Arc;

use gradus_store::{Job, Run};
use serde::Deserialize;
use serde_json::json;

use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::jobs::{JobRunner, Work};
use crate::stored::processors;
use crate::{GradeOptions, Workspace, WorkspaceError, grade, instant_of, parse_instants};

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
            Ok(json!({ "events": grading.n_events, "instants": instants, "fold_faults": grading.fold_faults }))
        })
    });
    let job = jobs.start(workspace, who, "grade", input, work).await?;
    audit(workspace, &who.account, "run.start", &job.id, json!({})).await?;
    Ok(job)
}

/// The newest runs.
pub async fn list(workspace: &Workspace, who: &Principal, limit: u32) -> Result<Vec<Run>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    Ok(workspace.store.runs().list(None, limit).await?)
}
