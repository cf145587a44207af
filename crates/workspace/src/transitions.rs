//! Transitions (迁移): who changed tier, group or segment between two graded instants, and why. One
//! Delta table per version of the model, one partition per instant. What was announced stays.

mod cause;
mod change;
mod compare;
mod correct;
mod listed;
mod table;
mod version;
mod words;
mod write;

pub use cause::Cause;
pub use change::{Change, SetTier};
pub use compare::Kind;
pub use listed::{ListedTransition, TransitionCount, TransitionFilter, TransitionList, counts, list, of_one};
pub use table::Transition;
pub use words::CauseCount;

use std::collections::BTreeMap;

use gradus_grading::fold::{AsOf, time_zone_data};
use gradus_grading::grade::Fits;
use gradus_ledger::table::{CommitId, PlainTable, StagedFile, WriterLease};
use gradus_model::document::Model;
use serde::{Deserialize, Serialize};

use crate::clock::{label, system_us};
use crate::compiled::Compiled;
use crate::grades::Chain;
use crate::runs::fits_of;
use crate::stored::processors;
use crate::{StoredGrades, Workspace, WorkspaceError};

/// The folder of the tables.
const TABLE: &str = "transitions";

use self::cause::Explainer;
pub(crate) use self::change::changes_of;
use self::compare::Changes;
pub(crate) use self::compare::Rows;
pub(crate) use self::table::{FORMAT as TRANSITIONS_FORMAT, read};
use self::version::VersionBefore;
pub(crate) use self::words::commonest;
use self::write::{Between, Out};

/// Transitions put into columns at a time.
const PORTION: usize = 32 * 1024;

/// Customers whose changes are looked at together: few enough that what is said of them fits in memory many
/// times over.
const CUSTOMERS: usize = 16 * 1024;

/// A graded instant of a version: what is compared with another one.
pub(crate) struct Graded<'a> {
    pub model: &'a Model,
    pub compiled: &'a Compiled,
    pub as_of: AsOf,
    pub fits: &'a Fits,
    pub rows: Rows<'a>,
}

/// Transitions that are written and do not count yet: noted beside the grades by which they count, so
/// that whoever finds those grades can complete them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Staged {
    files: Vec<StagedFile>,
    /// Changes of tier since the stored instant before, as they stand now.
    pub n_moved: u64,
    /// Transitions that correct what was announced earlier.
    pub n_corrected: u64,
    /// The instant that was compared with; none if there was no earlier one.
    pub since: Option<String>,
    /// The edition of the time zone data.
    #[serde(default)]
    time_zone_data: String,
}

impl Staged {
    /// What a run notes when it is finished.
    pub fn counts(
        &self,
        chain: Chain,
        n_customers: u64,
        faults: &BTreeMap<String, u64>,
    ) -> serde_json::Value {
        let mut counts = serde_json::json!({
            "customers": n_customers, "moved": self.n_moved, "corrected": self.n_corrected, "since": self.since,
            "faults": faults, "time_zone_data": self.time_zone_data,
        });
        if chain != Chain::Announced {
            counts["simulated"] = true.into();
        }
        counts
    }
}

/// Finds who changed since the stored instant before, and who stands elsewhere than was announced; and
/// writes it. It must come before the grades of the instant are replaced. A published version that is the
/// first to grade after another one takes over from there.
pub(crate) async fn stage_transitions(
    workspace: &Workspace,
    lease: &WriterLease,
    stored: &StoredGrades,
    now: &Graded<'_>,
    run: &str,
    version: Option<i64>,
) -> Result<Staged, WorkspaceError> {
    let date = label(now.as_of, &workspace.zone);
    let hash = now.compiled.hash.as_str();
    let mut runs = workspace.store.runs().list(Some(hash), u32::MAX).await?;
    runs.retain(|run| stored.chain.holds(run));
    let other = match version.filter(|_| stored.chain == Chain::Announced) {
        Some(_) => VersionBefore::of(workspace, now).await?,
        None => None,
    };
    let before = match &other {
        Some(other) => Some(other.date.clone()),
        None => stored.instants()?.into_iter().rfind(|instant| *instant < date),
    };
    let mut staged =
        Staged { since: before.clone(), time_zone_data: time_zone_data().into(), ..Staged::default() };
    let mut out = Out::new(workspace, lease, stored.chain.table(TABLE, hash), &date);
    if let (Some(other), Some(before)) = (&other, &before) {
        let earlier = other.graded();
        let changes = Changes::find(&earlier, now).await?;
        // A version that comes back may have announced something of this instant before.
        let names = if was_compared(&runs, now.as_of) { format!("{hash}@{run}") } else { hash.to_string() };
        let between = Between { names: &names, date: &date, before, run, is_other_version: true };
        let explainer = Explainer::of(&earlier, now, &workspace.zone, changes.known()).await?;
        staged.n_moved = write::announce(&mut out, &changes, &explainer, &between, processors()).await?;
    } else if let Some(before) = &before {
        let as_of = workspace.as_of(crate::instant_of(before, &workspace.zone)?);
        let fits = match runs.iter().find(|run| run.as_of == as_of.instant_us) {
            Some(run) => fits_of(workspace, run).await?,
            None => Fits::default(),
        };
        let earlier = Graded { as_of, fits: &fits, rows: Rows::Stored(stored, before), ..*now };
        let changes = Changes::find(&earlier, now).await?;
        if was_compared(&runs, now.as_of) {
            // What was announced of this instant is not announced again.
            staged.n_moved = changes.count(Kind::Tier)?;
        } else {
            let between = Between { names: hash, date: &date, before, run, is_other_version: false };
            let explainer = Explainer::of(&earlier, now, &workspace.zone, changes.known()).await?;
            staged.n_moved = write::announce(&mut out, &changes, &explainer, &between, processors()).await?;
        }
    }
    if other.is_none() && stored.instants()?.contains(&date) && was_compared(&runs, now.as_of) {
        let corrections = correct::corrections(workspace, stored, now, &runs, &date, run).await?;
        staged.n_corrected = corrections.len() as u64;
        for some in corrections.chunks(PORTION) {
            out.write(&table::batch(some)?).await?;
        }
    }
    staged.files = out.finish().await?;
    Ok(staged)
}

/// Makes transitions count that were written.
pub(crate) async fn commit_transitions(
    workspace: &Workspace,
    lease: &WriterLease,
    stored: &StoredGrades,
    model_hash: &str,
    run: &str,
    staged: &Staged,
) -> Result<(), WorkspaceError> {
    if staged.files.is_empty() {
        return Ok(());
    }
    let mut table =
        PlainTable::open(&workspace.storage, &stored.chain.table(TABLE, model_hash), table::FORMAT).await?;
    let id = CommitId { app_id: format!("transitions:{run}"), app_version: 1, at: system_us() };
    table.commit(lease, staged.files.clone(), None, id).await?;
    Ok(())
}

/// True if an earlier run of the instant compared it with one before, and so announced who changed.
fn was_compared(runs: &[gradus_store::Run], as_of: AsOf) -> bool {
    runs.iter().filter(|run| run.as_of == as_of.instant_us).any(|run| {
        let counts = run.counts.as_ref();
        let count = |name: &str| counts.and_then(|counts| counts.get(name));
        // Runs of older programs did not note it; where somebody moved there was one before.
        count("since").is_some_and(|since| !since.is_null())
            || count("moved").and_then(|n| n.as_u64()) > Some(0)
    })
}
