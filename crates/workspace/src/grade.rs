//! `gradus grade`: every customer as of one instant or many, in as few passes over the ledger as memory allows.

mod by_then;
mod instants;
mod keep;
mod one;
mod parts;
mod pass;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::time::Instant;

use arrow::array::RecordBatch;
use gradus_grading::fold::{AsOf, Told};
use gradus_grading::grade::{Fits, OutputColumn};
use gradus_ledger::table::{EventsTable, WriterLease};
use gradus_model::document::Model;
use gradus_model::{Finding, Findings, Place, Text};

pub use self::by_then::grade_by_then;
pub use self::instants::parse_instants;
pub(crate) use self::instants::reached;
pub(crate) use self::instants::step_unit;
use self::keep::Keeping;
use self::one::{Grader, tiers_alone};
use self::parts::{MOST_BYTES, Parts};
pub(crate) use self::pass::{
    each_linked, each_linked_columns, fold_bounded, fold_linked, fold_now, instant_of, task_context,
};
use self::pass::{fold_all, known_by};
pub use self::pass::{runs_of_customers, scan_columns};
use crate::chain::{Checkpoint, DECIDED_AS_COMPUTED};
use crate::clock::{label, system_us};
use crate::compiled::Compiled;
use crate::coverage::{Coverage, marked, seen};
use crate::decided::{Chains, chain_instants, decision_instants};
use crate::grades::{Chain, StoredGrades};
use crate::indicator_notes::coverage_findings;
use crate::kept_fits::Groups;
use crate::learn::propensity::learned_fits;
use crate::links::linked;
use crate::origin::{Origin, graded_instants, stored_indicators};
use crate::references::{conversion, missing_rates};
use crate::{Clock, Documents, Progress, Workspace, WorkspaceError, versions};

/// What to grade.
#[derive(Debug, Clone)]
pub struct GradeOptions {
    /// Instants, ascending; the clock's now if empty. See [`parse_instants`].
    pub instants: Vec<AsOf>,
    /// Only what was known by then.
    pub known_at_us: Option<i64>,
    /// Whether the grades are kept.
    pub store: bool,
    /// Whether indicators may be read back from stored grades where the fold would give the same.
    pub reuse: bool,
    pub n_threads: NonZeroUsize,
}

/// Everyone as of one instant.
#[derive(Debug, Clone)]
pub struct GradedInstant {
    pub as_of: AsOf,
    /// The local date, or the instant where it is no day's close; as stored.
    pub date: String,
    pub run: Option<String>,
    pub fits: Fits,
    /// One row a customer. Of a grading whose instants do not fit in memory together those before the last hold
    /// customers and tiers only.
    pub batches: Vec<RecordBatch>,
    pub n_customers: u64,
    /// Changes of tier since the stored instant before.
    pub n_moved: u64,
    /// Transitions that correct what was announced of this instant earlier.
    pub n_corrected: u64,
    /// Rows that could not be evaluated, by document path.
    pub faults: BTreeMap<String, u64>,
}

/// What a grading gave.
#[derive(Debug, Clone)]
pub struct Grading {
    pub model_title: Text,
    pub model: Model,
    /// The published version that graded; `None`: the documents of the folder.
    pub version: Option<i64>,
    /// What the validation of that version said; `None`: not yet validated.
    pub validation: Option<String>,
    pub model_hash: String,
    pub clock: Clock,
    /// The position in the ledger up to which it read.
    pub position: i64,
    pub columns: Vec<OutputColumn>,
    pub instants: Vec<GradedInstant>,
    /// Warnings and notes of the documents.
    pub findings: Findings,
    /// Rows that the fold could not evaluate, by indicator.
    pub fold_faults: BTreeMap<String, u64>,
    pub n_events: u64,
    /// Instants whose indicators were read from stored grades: nothing that they are made from has
    /// changed, so the ledger was not read for them.
    pub n_reused: usize,
    /// The day by whose close the decisions of schemes that remember were stored by an earlier grading, from
    /// where this one went on; `None`: everything was decided anew from their start.
    pub goes_on_from: Option<String>,
    /// What was estimated at instants that were graded because tiers depend on what was decided then.
    pub(crate) decided_fits: BTreeMap<i64, Fits>,
    pub seconds_fold: f64,
    pub seconds_grade: f64,
    pub seconds_store: f64,
}
/// Grades everyone as of each instant, with the version in force now; while nothing was published,
/// with the documents of the folder. Where the instants do not fit in memory together they are graded in parts,
/// each of which is kept before the next begins; the grades are the same.
pub async fn grade(
    workspace: &Workspace,
    options: &GradeOptions,
    progress: &dyn Progress,
) -> Result<Grading, WorkspaceError> {
    let documents = versions::now_in_force(workspace).await?;
    if options.store && options.known_at_us.is_none() {
        crate::tier_holdout::prepare(workspace, &documents, options, progress).await?;
    }
    let within = Within { keep: Keep::LastWhole, most_bytes: MOST_BYTES };
    let mut grading = grade_within(workspace, &documents, options, Tiers::AsSet, within, progress).await?;
    // What somebody says was known is simulated history: nobody is held against it.
    if options.store && options.known_at_us.is_none() {
        crate::challenger::shadow(workspace, &mut grading, options, progress).await?;
        if let Some(last) = grading.instants.last() {
            let today = (last.as_of, grading.clock);
            let found = Box::pin(crate::next::renew(workspace, &documents, today, progress)).await?;
            grading.findings.extend(found.locate(&documents.locations));
        }
    }
    Ok(grading)
}

/// Which tier a customer gets for whom a person set one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tiers {
    /// That one, while it holds.
    AsSet,
    /// The computed one: what is remembered from one decision to the next.
    Computed,
}

/// What stays in memory of the instants that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    All,
    /// Customers and tiers.
    Tiers,
    /// All of the last one; of those before only customers and tiers, where they are graded in parts.
    LastWhole,
}

/// How much memory a grading may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Within {
    pub keep: Keep,
    /// For the indicators of the instants of one pass over the ledger.
    pub most_bytes: u64,
}

/// Grades with these documents, whatever is in force; every instant stays whole in memory.
pub(crate) async fn grade_with(
    workspace: &Workspace,
    documents: &Documents,
    options: &GradeOptions,
    tiers: Tiers,
    progress: &dyn Progress,
) -> Result<Grading, WorkspaceError> {
    let within = Within { keep: Keep::All, most_bytes: MOST_BYTES };
    grade_within(workspace, documents, options, tiers, within, progress).await
}

/// As [`grade_with`], of which only customers and tiers stay in memory, so that many instants fit in it.
pub(crate) async fn grade_tiers(
    workspace: &Workspace,
    documents: &Documents,
    options: &GradeOptions,
    tiers: Tiers,
    progress: &dyn Progress,
) -> Result<Grading, WorkspaceError> {
    let within = Within { keep: Keep::Tiers, most_bytes: MOST_BYTES };
    grade_within(workspace, documents, options, tiers, within, progress).await
}

async fn grade_within(
    workspace: &Workspace,
    documents: &Documents,
    options: &GradeOptions,
    tiers: Tiers,
    within: Within,
    progress: &dyn Progress,
) -> Result<Grading, WorkspaceError> {
    let events = open_events(workspace).await?;
    let snapshot = events.snapshot().await?;
    let compiled = Compiled::new(documents, events.event_schema(), &workspace.zone)?;
    let clock = Clock::read(&workspace.settings.clock, &workspace.zone, snapshot.last_event().await?)?;
    let mut instants = options.instants.clone();
    if options.store {
        reached(&instants, clock, &workspace.zone)?;
    }
    if instants.is_empty() {
        let now = AsOf::new(clock.now_us, &workspace.zone);
        // Where the clock stands, nothing more happens on its last day: the day is over.
        instants.push(if clock.stands { AsOf::close_of(now.day, &workspace.zone) } else { now });
    }
    let position = snapshot.last_position();
    // What is known is what has been told by now: a stated bound, the same for events, facts and links.
    let known_at = options.known_at_us.unwrap_or_else(system_us);
    let compiled = compiled
        .over(&snapshot, conversion(&workspace.settings, &snapshot), Told { known_us: known_at, position })
        .await?;
    // Tiers stand as they were decided: those instants are graded too.
    let model = &documents.model;
    let zone = &workspace.zone;
    let asked: BTreeSet<AsOf> = instants.iter().copied().collect();
    let mut checkpoint = match options.reuse {
        true => Checkpoint::newest(workspace, &compiled, model, &snapshot, known_at, asked.first()).await?,
        false => None,
    };
    let known_by_then = checkpoint.as_ref().map(|checkpoint| checkpoint.at);
    instants = chain_instants(model, &instants, zone, known_by_then).into_iter().collect();
    let remembers = model.tiers.iter().any(|(_, scheme)| scheme.remembers());
    let coverage = Coverage::of(&snapshot, &compiled.fold, Some(known_at)).await?;
    let graded_before = match options.reuse {
        true => graded_instants(workspace).await?,
        false => BTreeSet::new(),
    };
    // What is learned before is there before the first row is graded.
    let ascending: Vec<AsOf> = instants.clone();
    let learned = learned_fits(workspace, documents, &ascending, options.known_at_us, progress);
    let learned = Box::pin(learned).await?;
    let grader = Grader {
        workspace,
        learned: &learned,
        compiled: &compiled,
        model,
        options,
        tiers,
        known_at,
        needed: instants.iter().flat_map(|at| decision_instants(model, *at, zone).into_values()).collect(),
        remembers,
    };
    // What somebody says was known is simulated history, and nothing of what was announced.
    let chain = options.known_at_us.map_or(Chain::Announced, Chain::Known);
    let mut stored = match options.store {
        true => Some(StoredGrades::open_chain(workspace, &compiled.hash, chain).await?),
        false => None,
    };
    if options.store {
        workspace.store.models().keep(&compiled.document).await?;
    }

    let mut seconds = Seconds::default();
    let mut graded: Vec<GradedInstant> = Vec::with_capacity(asked.len());
    let mut decided_fits = BTreeMap::new();
    let mut fold_faults = BTreeMap::new();
    let mut n_reused = 0;
    let mut chains = Chains::default();
    let mut groups = Groups::of(workspace, model, options.known_at_us, options.store);
    let mut began = Instant::now();
    let mut parts = Parts::of(&compiled, &snapshot, instants.len(), within.most_bytes, options).await?;
    let mut rest = instants.as_slice();
    while !rest.is_empty() {
        let (portion, later) = rest.split_at(parts.next().clamp(1, rest.len()));
        rest = later;
        progress.begin("fold", Some(snapshot.n_rows()));
        let mut links = Vec::with_capacity(portion.len());
        for as_of in portion {
            links.push(linked(workspace, as_of.instant_us, known_at).await?);
        }
        let mut origins: BTreeMap<AsOf, Origin> = BTreeMap::new();
        let mut folded: Vec<Option<Vec<RecordBatch>>> = vec![None; portion.len()];
        for (at, as_of) in portion.iter().enumerate() {
            let is_stored = graded_before.contains(&as_of.instant_us);
            if !(is_stored || asked.contains(as_of)) {
                continue;
            }
            let origin = Origin::of(&compiled, &snapshot, zone, *as_of, known_at, &links[at])?;
            if is_stored {
                folded[at] =
                    stored_indicators(workspace, &compiled, *as_of, &origin, options.n_threads).await?;
            }
            origins.insert(*as_of, origin);
        }
        n_reused += portion
            .iter()
            .zip(&folded)
            .filter(|(as_of, folded)| folded.is_some() && (asked.contains(as_of) || !remembers))
            .count();
        // Values that could not be worked out are told each time, so those who have them are folded anew.
        let mut keeps_origin = true;
        let missing: Vec<usize> = (0..portion.len()).filter(|at| folded[*at].is_none()).collect();
        if !missing.is_empty() {
            let as_ofs: Vec<AsOf> = missing.iter().map(|at| portion[*at]).collect();
            let links: Vec<_> = missing.iter().map(|at| std::mem::take(&mut links[*at])).collect();
            let (mut now, mut faults) =
                fold_all(&compiled, &snapshot, &as_ofs, &links, known_at, options, progress).await?;
            let bound = known_by(known_at, &as_ofs);
            let mut keep = |at: usize, batch| now[at].push(batch);
            fold_linked(&compiled, &snapshot, &as_ofs, &links, bound, &mut keep, &mut faults).await?;
            for (at, batches) in missing.into_iter().zip(now) {
                folded[at] = Some(batches);
            }
            keeps_origin = faults.is_empty();
            for (name, n) in faults {
                // A later pass meets the rows of the one before again.
                let known: &mut u64 = fold_faults.entry(name).or_default();
                *known = n.max(*known);
            }
        }
        progress.end();
        seconds.fold += lap(&mut began);
        parts.measure(folded.iter().flatten());
        let lease = match options.store && portion.iter().any(|as_of| asked.contains(as_of)) {
            true => Some(WriterLease::acquire(workspace.root.join("ledger"))?),
            false => None,
        };
        progress.begin("grade", Some(portion.len() as u64));
        for ((as_of, batches), n) in portion.iter().zip(folded).zip(1u64..) {
            if let Some(known) = checkpoint.take_if(|known| known.at < *as_of) {
                chains.take_up(model, known.at, zone, &known.batches, DECIDED_AS_COMPUTED)?;
            }
            let uncovered = coverage.uncovered(seen(*as_of, known_at));
            let batches = marked(batches.unwrap_or_default(), &uncovered)?;
            // Earlier instants come first, so what was decided is there.
            let batches = chains.put(model, *as_of, zone, batches)?;
            let is_asked = asked.contains(as_of);
            let mut one = grader.grade(*as_of, batches, is_asked, &mut chains, &mut groups).await?;
            seconds.grade += lap(&mut began);
            progress.at(n);
            if !is_asked {
                if !one.fits.fits.is_empty() {
                    decided_fits.insert(as_of.instant_us, one.fits);
                }
                continue;
            }
            if let (Some(stored), Some(lease)) = (&mut stored, &lease) {
                let origin = origins.get(as_of).filter(|_| keeps_origin);
                let version = documents.version;
                let kept = Keeping {
                    workspace,
                    lease,
                    compiled: &compiled,
                    model,
                    version,
                    known_at,
                    position,
                    origin,
                };
                kept.keep(stored, &mut one).await?;
                seconds.store += lap(&mut began);
            }
            let only_tiers = match within.keep {
                Keep::All => false,
                Keep::Tiers => true,
                Keep::LastWhole => !parts.is_whole() && asked.last() != Some(as_of),
            };
            if only_tiers {
                one.batches = tiers_alone(&one.batches, model)?;
            }
            graded.push(one);
        }
        progress.end();
    }
    let mut findings = compiled.findings.clone();
    if let Some(as_of) = asked.last() {
        let uncovered = coverage_findings(&coverage, &compiled, model, *as_of, known_at);
        findings.extend(uncovered.locate(&documents.locations));
    }
    if let Some(instant) = graded.last() {
        findings.extend(
            crate::predictions::findings(&documents.model, &instant.fits).locate(&documents.locations),
        );
    }
    findings.extend(missing_rates(&compiled.fold, &workspace.settings.currency));
    if let Some(last) = graded.last() {
        findings.extend(last.fits.findings().locate(&documents.locations));
    }
    findings.extend(learned.findings.clone().locate(&documents.locations));
    Ok(Grading {
        model_title: documents.model.title.clone(),
        model: documents.model.clone(),
        version: documents.version,
        validation: versions::validation(workspace, documents.version).await?,
        model_hash: compiled.hash.clone(),
        clock,
        position,
        columns: match graded.last() {
            Some(last) => compiled.stage_b.output_columns_of(&last.fits),
            None => compiled.stage_b.output_columns(),
        },
        instants: graded,
        findings,
        fold_faults,
        n_events: snapshot.n_rows(),
        n_reused,
        goes_on_from: known_by_then.map(|at| label(at, zone)),
        decided_fits,
        seconds_fold: seconds.fold,
        seconds_grade: seconds.grade,
        seconds_store: seconds.store,
    })
}

/// Where the time went.
#[derive(Default)]
struct Seconds {
    fold: f64,
    grade: f64,
    store: f64,
}

/// The seconds since it was asked last.
fn lap(began: &mut Instant) -> f64 {
    std::mem::replace(began, Instant::now()).elapsed().as_secs_f64()
}

/// Opens the events table, or says that nothing was imported.
pub async fn open_events(workspace: &Workspace) -> Result<EventsTable, WorkspaceError> {
    if workspace.has_table("events") {
        let events = EventsTable::open(&workspace.storage).await?;
        if events.snapshot().await?.n_rows() > 0 {
            return Ok(events);
        }
    }
    Err(Finding::error(
        "empty-ledger",
        Place::default(),
        Text::new("账本还是空的", "the ledger is empty"),
        Text::new("先运行 gradus import 文件…", "run `gradus import FILE…` first"),
    )
    .into())
}

#[cfg(test)]
mod tests;
