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

pub use cause::Cause;
pub use change::{Change, SetTier};
pub use compare::Kind;
pub use listed::{ListedTransition, TransitionCount, TransitionFilter, TransitionList, counts, list, of_one};
pub use table::Transition;
pub use words::CauseCount;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use arrow::array::RecordBatch;
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

pub(crate) use self::change::changes_of;
use self::compare::Move;
pub(crate) use self::compare::Rows;
pub(crate) use self::table::{FORMAT as TRANSITIONS_FORMAT, read};
use self::version::VersionBefore;
pub(crate) use self::words::commonest;

/// Transitions put into columns at a time.
const PORTION: usize = 32 * 1024;

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
    // Whoever moved is many; written in portions, few lie in memory twice.
    let mut batches = Vec::new();
    if let (Some(other), Some(before)) = (&other, &before) {
        let earlier = other.graded();
        let mut moves = compare::changes(&earlier, now).await?;
        staged.n_moved = moves.iter().filter(|one| one.kind == Kind::Tier).count() as u64;
        cause::explain(&earlier, now, &workspace.zone, processors(), &mut moves).await?;
        version::mark(&mut moves);
        // A version that comes back may have announced something of this instant before.
        let names = if was_compared(&runs, now.as_of) { format!("{hash}@{run}") } else { hash.to_string() };
        let compared = Between { names: &names, date: &date, before, run };
        batches.extend(in_columns(moves, &compared, processors())?);
    } else if let Some(before) = &before {
        let as_of = workspace.as_of(crate::instant_of(before, &workspace.zone)?);
        let fits = match runs.iter().find(|run| run.as_of == as_of.instant_us) {
            Some(run) => fits_of(workspace, run).await?,
            None => Fits::default(),
        };
        let earlier = Graded { as_of, fits: &fits, rows: Rows::Stored(stored, before), ..*now };
        let mut moves = compare::changes(&earlier, now).await?;
        staged.n_moved = moves.iter().filter(|one| one.kind == Kind::Tier).count() as u64;
        // What was announced of this instant is not announced again.
        if !was_compared(&runs, now.as_of) {
            cause::explain(&earlier, now, &workspace.zone, processors(), &mut moves).await?;
            let compared = Between { names: hash, date: &date, before, run };
            batches.extend(in_columns(moves, &compared, processors())?);
        }
    }
    if other.is_none() && stored.instants()?.contains(&date) && was_compared(&runs, now.as_of) {
        let corrections = correct::corrections(workspace, stored, now, &runs, &date, run).await?;
        staged.n_corrected = corrections.len() as u64;
        for some in corrections.chunks(PORTION) {
            batches.push(table::batch(some)?);
        }
    }
    let name = stored.chain.table(TABLE, hash);
    let schema = table::schema();
    if !batches.is_empty() {
        let mut table = PlainTable::open_or_create(
            &workspace.storage,
            &name,
            table::FORMAT,
            &schema,
            &[table::AS_OF],
            system_us(),
        )
        .await?;
        let fields: Vec<_> = schema.fields().iter().map(|field| field.as_ref().clone()).collect();
        table.upgrade(lease, &fields, Some(table::FORMAT), system_us()).await?;
        staged.files = table.stage(lease, &batches).await?;
    }
    Ok(staged)
}

/// What was compared, as transitions name it.
struct Between<'a> {
    /// From which the transitions get their names.
    names: &'a str,
    date: &'a str,
    before: &'a str,
    run: &'a str,
}

/// Changes as they are stored, in portions; the same ones on however many threads.
fn in_columns(
    moves: Vec<Move>,
    between: &Between<'_>,
    n_threads: NonZeroUsize,
) -> Result<Vec<RecordBatch>, WorkspaceError> {
    let mut moves = moves.into_iter();
    let mut batches = Vec::with_capacity(moves.len().div_ceil(PORTION));
    let put = |some: Vec<Move>| {
        let Between { names, date, before, run } = between;
        let some: Vec<Transition> =
            some.into_iter().map(|one| Transition::of(one, names, date, before, run)).collect();
        table::batch(&some)
    };
    // As many portions at a time as there are threads: what is put into columns leaves memory.
    while moves.len() > 0 {
        let portions = (0..n_threads.get()).map(|_| moves.by_ref().take(PORTION).collect::<Vec<Move>>());
        let portions: Vec<Vec<Move>> = portions.take_while(|some| !some.is_empty()).collect();
        let done: Vec<Result<RecordBatch, WorkspaceError>> = std::thread::scope(|scope| {
            let own: Vec<_> = portions.into_iter().map(|some| scope.spawn(|| put(some))).collect();
            own.into_iter()
                .map(|one| one.join().unwrap_or_else(|cause| std::panic::resume_unwind(cause)))
                .collect()
        });
        for batch in done {
            batches.push(batch?);
        }
    }
    Ok(batches)
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

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_grading::grade::Moved;

    /// Three portions and a part of one, put into columns on one thread and on more than there are portions.
    #[test]
    fn transitions_are_the_same_on_however_many_threads() {
        let n = 3 * PORTION + 17;
        let one = |customer: usize| Move {
            customer: customer as i64 * 7,
            kind: if customer.is_multiple_of(3) { Kind::Segment } else { Kind::Tier },
            name: "member".into(),
            from: customer.is_multiple_of(2).then(|| "silver".to_string()),
            to: Some("gold".into()),
            value_before: None,
            value_after: Some(customer.to_string()),
            cause: Cause::Values,
            moved: Moved::default(),
        };
        let between = Between { names: "hash", date: "2024-03-31", before: "2024-02-29", run: "7" };
        let of = |n_threads: usize| {
            let n_threads = NonZeroUsize::new(n_threads).unwrap();
            in_columns((0..n).map(one).collect(), &between, n_threads).unwrap()
        };
        let alone = of(1);
        assert_eq!(alone.iter().map(RecordBatch::num_rows).sum::<usize>(), n);
        assert_eq!(alone.len(), 4);
        for n_threads in [2, 3, 64] {
            assert!(of(n_threads) == alone, "{n_threads} threads");
        }
    }
}
