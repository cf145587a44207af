//! Grading as a job, and the runs that were made.

use std::sync::Arc;

use gradus_grading::grade::Fits;
use gradus_model::Lang;
use gradus_store::{Job, Run};
use serde::Deserialize;
use serde_json::json;

use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::clock::label;
use crate::jobs::{JobRunner, Work, on_a_thread};
use crate::stored::{Stored, processors};
use crate::{
    GradeOptions, Grading, Progress, RebaseOptions, Workspace, WorkspaceError, facts, grade, instant_of,
    parse_instants, rebase, versions,
};

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
    crate::grade::reached(&instants, crate::facts(workspace).await?.clock, &workspace.zone)?;
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
            Ok(
                json!({ "version": grading.version, "events": grading.n_events, "instants": instants, "fold_faults": grading.fold_faults }),
            )
        })
    });
    let job = jobs.start(workspace, who, "grade", input, work).await?;
    audit(workspace, &who.account, "run.start", &job.id, json!({})).await?;
    Ok(job)
}

/// Starts a rebase: the states of everybody, with which a live grading begins.
pub async fn start_rebase(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    as_of: Option<String>,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    who.sees_everyone()?;
    let instant = as_of.as_deref().map(|text| instant_of(text, &workspace.zone)).transpose()?;
    let options = RebaseOptions {
        as_of: instant.map(|us| workspace.as_of(us)),
        known_at_us: None,
        n_threads: processors(),
    };
    let owned = workspace.clone();
    let work: Work = Box::new(move |progress| {
        Box::pin(on_a_thread(move || async move {
            let done = rebase(&owned, &options, &*progress).await?;
            serde_json::to_value(done).map_err(|error| WorkspaceError::Defect(error.to_string()))
        }))
    });
    let job = jobs.start(workspace, who, "rebase", json!({ "as_of": as_of }), work).await?;
    audit(workspace, &who.account, "rebase.start", &job.id, json!({})).await?;
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
    let options =
        GradeOptions { instants, known_at_us: None, store: true, n_threads: processors(), reuse: true };
    let input = json!({ "version": now.version, "instants": last.instants });
    start_with(workspace, jobs, who, options, input).await.map(Some)
}

/// Grades the newest graded instant once more: somebody's tier was set, or a set one has ended.
pub async fn start_newest(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
) -> Result<Option<Job>, WorkspaceError> {
    match newest(workspace).await? {
        Some((options, input)) => start_with(workspace, jobs, who, options, input).await.map(Some),
        None => Ok(None),
    }
}

/// As [`start_newest`], at once: for whoever waits at a terminal.
pub async fn grade_newest(
    workspace: &Workspace,
    who: &Principal,
    progress: &dyn Progress,
) -> Result<Option<Grading>, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    match newest(workspace).await? {
        Some((options, _)) => grade(workspace, &options, progress).await.map(Some),
        None => Ok(None),
    }
}

/// How the newest graded instant is graded once more, and how a job names that; none if nobody was graded yet.
async fn newest(workspace: &Workspace) -> Result<Option<(GradeOptions, serde_json::Value)>, WorkspaceError> {
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
    let options =
        GradeOptions { instants, known_at_us: None, store: true, n_threads: processors(), reuse: true };
    Ok(Some((options, json!({ "version": stored.version, "instants": [newest] }))))
}

/// The newest runs.
pub async fn list(workspace: &Workspace, who: &Principal, limit: u32) -> Result<Vec<Run>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    Ok(workspace.store.runs().list(None, limit).await?)
}

/// Runs after one, in the same order; after none the first.
pub async fn list_after(
    workspace: &Workspace,
    who: &Principal,
    run: Option<&str>,
    limit: u32,
) -> Result<Vec<Run>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    Ok(workspace.store.runs().list_after(run, limit).await?)
}

/// The numbers that a run applied.
pub(crate) async fn fits_of(workspace: &Workspace, run: &Run) -> Result<Fits, WorkspaceError> {
    let Some(number) = run.fits.first() else { return Ok(Fits::default()) };
    let Some(fit) = workspace.store.fits().get(*number).await? else { return Ok(Fits::default()) };
    let mut fits: Fits = serde_json::from_value(fit.numbers)
        .map_err(|error| WorkspaceError::Defect(format!("fit {} cannot be read: {error}", fit.number)))?;
    fits.number = u64::try_from(fit.number).ok();
    Ok(fits)
}

/// The edition of the time zone data that a run was made with; runs of older programs did not note it.
pub fn time_zone_data_of(run: &Run) -> Option<&str> {
    run.counts.as_ref()?.get("time_zone_data")?.as_str()
}

/// Runs, one a line.
pub fn render(runs: &[Run], workspace: &Workspace, lang: Lang) -> String {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let mut out = String::new();
    for run in runs {
        let count =
            |name: &str| run.counts.as_ref().and_then(|counts| counts.get(name)?.as_u64()).unwrap_or(0);
        let fits: Vec<String> = run.fits.iter().map(i64::to_string).collect();
        out.push_str(&format!(
            "{}  {} {}  {} {}  {} {}  {} {}  {} {}  {} {}  {} {}",
            run.id,
            say("截至", "as of"),
            label(workspace.as_of(run.as_of), &workspace.zone),
            say("模型", "model"),
            run.model_hash.get(..12).unwrap_or(&run.model_hash),
            say("拟合", "fit"),
            fits.join(","),
            say("账本位置", "position"),
            run.position,
            say("客户", "customers"),
            count("customers"),
            say("等级变动", "changes of tier"),
            count("moved"),
            say("时区数据", "time zone data"),
            time_zone_data_of(run).unwrap_or("—"),
        ));
        if count("corrected") > 0 {
            out.push_str(&format!("  {} {}", say("更正", "corrections"), count("corrected")));
        }
        if !run.is_announced() {
            out.push_str(say("  （按当时所知重算，不算公布）", "  (as of what was known, not announced)"));
        }
        out.push('\n');
    }
    out
}
