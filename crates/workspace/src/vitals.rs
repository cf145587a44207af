//! Figures for whoever watches over a workspace from outside. They are counted from what is kept, so they are
//! right after a restart, too; nothing in them names a customer.

use std::collections::BTreeMap;
use std::path::Path;

use gradus_stats::stability::{DEFAULT_EPSILON, Stability};
use gradus_store::{QuarantineStatus, Run};

use crate::access::Principal;
use crate::clock::system_us;
use crate::facts::free_bytes;
use crate::figures::SummaryCache;
use crate::jobs::JobRunner;
use crate::summary::{LevelHistory, LevelPoint, Summary};
use crate::{Workspace, WorkspaceError};

/// Of so many newest runs the one that ended last is looked for.
const RUNS_LOOKED_AT: u32 = 200;

/// How a workspace is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vitals {
    /// Rows of finished imports, by source.
    pub rows: BTreeMap<String, SourceRows>,
    /// Refused rows that wait to be mended.
    pub n_quarantined: u64,
    pub n_jobs_running: usize,
    pub n_jobs_waiting: usize,
    /// The grading that ended last.
    pub last_run: Option<LastRun>,
    /// By scheme and level, as of the newest grading; who has no level stands under an empty name.
    pub tiers: Vec<(String, String, u64)>,
    pub segments: Vec<(String, u64)>,
    /// How far the tiers of each scheme moved since the grading before (population stability index).
    pub tier_drift: Vec<(String, f64)>,
    /// What is left on the disk of the workspace; none where the system does not tell.
    pub free_bytes: Option<u64>,
}

/// What became of the rows of a source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SourceRows {
    pub n_added: u64,
    /// They were there already.
    pub n_known: u64,
    pub n_refused: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LastRun {
    pub seconds: f64,
    /// Since it ended.
    pub age_seconds: f64,
    pub n_customers: u64,
    pub n_moved: u64,
}

/// Looks at everything. Tiers and segments come from the summary of the newest grading, which is made once for each.
pub async fn vitals(
    workspace: &Workspace,
    jobs: &JobRunner,
    summaries: &SummaryCache,
) -> Result<Vitals, WorkspaceError> {
    let runs = workspace.store.runs().list(None, RUNS_LOOKED_AT).await?;
    let (n_jobs_running, n_jobs_waiting) = jobs.n_at_work();
    let summary = match summaries.summary(workspace, &Principal::local(), None).await {
        Ok(summary) => Some(summary),
        // Nobody was graded yet.
        Err(WorkspaceError::Findings(_)) => None,
        Err(error) => return Err(error),
    };
    let (tiers, segments) = summary.as_deref().map(counted).unwrap_or_default();
    let moved = |history: &LevelHistory| Some((history.scheme.clone(), tier_drift(history)?));
    Ok(Vitals {
        rows: rows(workspace).await?,
        n_quarantined: workspace.vault.quarantine().count(None, QuarantineStatus::Open).await?,
        n_jobs_running,
        n_jobs_waiting,
        last_run: runs
            .iter()
            .filter_map(|run| Some((run.finished?, run)))
            .max_by_key(|(at, _)| *at)
            .map(told),
        tiers,
        segments,
        tier_drift: summary.iter().flat_map(|summary| summary.history.iter().filter_map(moved)).collect(),
        free_bytes: free_bytes(Path::new(&workspace.root)),
    })
}

async fn rows(workspace: &Workspace) -> Result<BTreeMap<String, SourceRows>, WorkspaceError> {
    let mut by_source: BTreeMap<String, SourceRows> = BTreeMap::new();
    for import in workspace.store.imports().list(u32::MAX).await? {
        let told = import.reconciliation.as_ref().and_then(|report| report.get("rows"));
        let n = |pointer: &str| told.and_then(|rows| rows.pointer(pointer)?.as_u64()).unwrap_or(0);
        let rows = by_source.entry(import.source.clone()).or_default();
        rows.n_added += n("/appended/added");
        rows.n_known += n("/appended/already_there");
        rows.n_refused += n("/quarantined");
    }
    Ok(by_source)
}

fn told((finished, run): (i64, &Run)) -> LastRun {
    let n = |name: &str| run.counts.as_ref().and_then(|counts| counts.get(name)?.as_u64()).unwrap_or(0);
    let seconds = |us: i64| us.max(0) as f64 / 1e6;
    LastRun {
        seconds: seconds(finished - run.started),
        age_seconds: seconds(system_us() - finished),
        n_customers: n("customers"),
        n_moved: n("moved"),
    }
}

type Counted = (Vec<(String, String, u64)>, Vec<(String, u64)>);

fn counted(summary: &Summary) -> Counted {
    let mut tiers = Vec::new();
    for scheme in &summary.latest.tiers {
        let level = |name: &str, count| (scheme.name.clone(), name.to_string(), count);
        tiers.extend(scheme.levels.iter().map(|part| level(&part.name, part.count)));
        tiers.push(level("", scheme.n_not_graded));
    }
    let members = summary.latest.segments.iter().map(|one| (one.members.name.clone(), one.members.count));
    (tiers, members.collect())
}

/// `None` with a single grading, or nobody in one of the two.
fn tier_drift(history: &LevelHistory) -> Option<f64> {
    let [.., before, after] = &history.points[..] else { return None };
    let counts = |point: &LevelPoint| {
        let all = point.counts.iter().copied().chain([point.not_graded]);
        all.map(|n| n as f64).collect::<Vec<_>>()
    };
    Some(Stability::of_counts(counts(before), counts(after), DEFAULT_EPSILON)?.psi)
}
