//! `gradus grade`: every customer as of one instant or many, in one pass over the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{AsArray, Int64Array, RecordBatch};
use arrow::compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use futures::{StreamExt, TryStreamExt, stream};
use gradus_grading::fold::{
    AS_OF, AsOf, CUSTOMER, Elsewhere, FoldExec, RunCutter, Runs, Told, Visible, Zone, closes_step, date_of,
    visible_runs,
};
use gradus_grading::grade::{Fits, Graded, OutputColumn};
use gradus_ledger::table::{EventsSnapshot, EventsTable, ScanBound, WriterLease};
use gradus_model::document::{Model, SpanUnit};
use gradus_model::event_stream::{SORT_COLUMNS, column};
use gradus_model::{Finding, Findings, Place, Text};
use gradus_store::{NewFit, NewRun};

use crate::chain::{Checkpoint, DECIDED_AS_COMPUTED, to_be_stored};
use crate::clock::{instant, label, system_us};
use crate::compiled::Compiled;
use crate::coverage::{Coverage, marked, seen};
use crate::decided::{Chains, chain_instants, decision_instants};
use crate::grades::{Chain, StoredGrades};
use crate::indicator_notes::coverage_findings;
use crate::links::linked;
use crate::origin::{Origin, graded_instants, stored_indicators};
use crate::overrides::Holding;
use crate::references::{conversion, missing_rates};
use crate::transitions::{Graded as Moved, Rows, commit_transitions, stage_transitions};
use crate::{Clock, Documents, Progress, Workspace, WorkspaceError, versions};

/// Rows the scan gives at a time: large enough that work per batch does not show.
const BATCH_ROWS: usize = 32_768;
/// Where a scheme remembers, instants that are folded at first, and at most, in one pass over the ledger; and
/// customers times instants of one pass.
const FIRST_AT_A_TIME: usize = 4;
const MOST_AT_A_TIME: usize = 64;
const ROWS_AT_A_TIME: usize = 2_000_000;
/// Most instants of one grading.
const MAX_INSTANTS: usize = 1_000;

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
/// with the documents of the folder.
pub async fn grade(
    workspace: &Workspace,
    options: &GradeOptions,
    progress: &dyn Progress,
) -> Result<Grading, WorkspaceError> {
    let documents = versions::now_in_force(workspace).await?;
    if options.store && options.known_at_us.is_none() {
        crate::tier_holdout::prepare(workspace, &documents, options, progress).await?;
    }
    let mut grading = grade_with(workspace, &documents, options, Tiers::AsSet, progress).await?;
    // What somebody says was known is simulated history: nobody is held against it.
    if options.store && options.known_at_us.is_none() {
        crate::challenger::shadow(workspace, &mut grading, options, progress).await?;
    }
    Ok(grading)
}

/// Which tier a customer gets for whom a person set one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tiers {
    /// That one, while it holds.
    AsSet,
    /// That one; of the grades only customers and tiers are kept, so that many instants fit in memory.
    SetAlone,
    /// The computed one: what is remembered from one decision to the next.
    Computed,
}

/// Grades with these documents, whatever is in force.
pub(crate) async fn grade_with(
    workspace: &Workspace,
    documents: &Documents,
    options: &GradeOptions,
    tiers: Tiers,
    progress: &dyn Progress,
) -> Result<Grading, WorkspaceError> {
    let events = open_events(workspace).await?;
    let snapshot = events.snapshot().await?;
    let compiled = Compiled::new(documents, events.event_schema(), &workspace.zone)?;
    let clock = Clock::read(&workspace.settings.clock, &workspace.zone, snapshot.last_event().await?)?;
    let mut instants = options.instants.clone();
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
    let asked: BTreeSet<AsOf> = instants.iter().copied().collect();
    let known_until = match options.reuse {
        true => Checkpoint::newest(workspace, &compiled, model, &snapshot, known_at, asked.first()).await?,
        false => None,
    };
    let known_by_then = known_until.as_ref().map(|checkpoint| checkpoint.at);
    instants = chain_instants(model, &instants, &workspace.zone, known_by_then).into_iter().collect();
    let needed: BTreeSet<AsOf> = instants
        .iter()
        .flat_map(|as_of| decision_instants(model, *as_of, &workspace.zone).into_values())
        .collect();
    let remembers = model.tiers.iter().any(|(_, scheme)| scheme.remembers());

    let mut began = std::time::Instant::now();
    let (mut seconds_fold, mut seconds_grade) = (0.0, 0.0);
    let coverage = Coverage::of(&snapshot, &compiled.fold, Some(known_at)).await?;
    let mut graded: Vec<GradedInstant> = Vec::with_capacity(asked.len());
    let mut origins: BTreeMap<AsOf, Origin> = BTreeMap::new();
    let mut decided_fits = BTreeMap::new();
    let mut fold_faults = BTreeMap::new();
    let mut n_reused = 0;
    let mut chains = Chains::default();
    let mut checkpoint = known_until;
    let graded_before = match options.reuse {
        true => graded_instants(workspace).await?,
        false => BTreeSet::new(),
    };
    // A few at a time where there are many: each holds the indicators of everybody.
    let mut at_a_time = if remembers { FIRST_AT_A_TIME } else { instants.len() };
    let mut rest = instants.as_slice();
    progress.begin("fold", Some(snapshot.n_rows()));
    while !rest.is_empty() {
        let (portion, later) = rest.split_at(at_a_time.clamp(1, rest.len()));
        rest = later;
        let mut links = Vec::with_capacity(portion.len());
        for as_of in portion {
            links.push(linked(workspace, as_of.instant_us, known_at).await?);
        }
        let mut folded: Vec<Option<Vec<RecordBatch>>> = vec![None; portion.len()];
        for (at, as_of) in portion.iter().enumerate() {
            let is_stored = graded_before.contains(&as_of.instant_us);
            if !(is_stored || asked.contains(as_of)) {
                continue;
            }
            let origin = Origin::of(&compiled, &snapshot, &workspace.zone, *as_of, known_at, &links[at])?;
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
            for (name, n) in faults {
                *fold_faults.entry(name).or_default() += n;
            }
        }
        seconds_fold += began.elapsed().as_secs_f64();
        began = std::time::Instant::now();
        for (as_of, batches) in portion.iter().zip(folded) {
            if let Some(known) = checkpoint.take_if(|known| known.at < *as_of) {
                chains.take_up(model, known.at, &workspace.zone, &known.batches, DECIDED_AS_COMPUTED)?;
            }
            let uncovered = coverage.uncovered(seen(*as_of, known_at));
            let batches = marked(batches.unwrap_or_default(), &uncovered)?;
            // Earlier instants come first, so what was decided is there.
            let batches = chains.put(model, *as_of, &workspace.zone, batches)?;
            let grade = |batches: &[RecordBatch]| {
                grade_instant(&compiled, *as_of, &workspace.zone, batches, options.n_threads)
            };
            let is_asked = asked.contains(as_of);
            let holding = match tiers {
                Tiers::AsSet | Tiers::SetAlone if is_asked => {
                    Holding::of(workspace, *as_of, known_at).await?
                }
                _ => Holding::default(),
            };
            let alone = |mut one: GradedInstant| -> Result<GradedInstant, WorkspaceError> {
                if tiers == Tiers::SetAlone {
                    one.batches = one
                        .batches
                        .iter()
                        .map(|batch| tiers_alone(batch, model))
                        .collect::<Result<_, _>>()?;
                }
                Ok(one)
            };
            if holding.is_empty() {
                let mut one = grade(&batches)?;
                if needed.contains(as_of) {
                    chains.note(model, *as_of, &workspace.zone, &one.batches)?;
                }
                if options.store && is_asked {
                    let computed = one.batches.clone();
                    to_be_stored(&mut one, &batches, &computed, &compiled, model)?;
                }
                match is_asked {
                    true => graded.push(alone(one)?),
                    false if !one.fits.fits.is_empty() => {
                        decided_fits.insert(as_of.instant_us, one.fits);
                    }
                    false => {}
                }
                continue;
            }
            // What was decided, and not what somebody set meanwhile, is remembered.
            let computed = match remembers || needed.contains(as_of) {
                true => Some(grade(&batches)?),
                false => None,
            };
            if let Some(computed) = computed.as_ref().filter(|_| needed.contains(as_of)) {
                chains.note(model, *as_of, &workspace.zone, &computed.batches)?;
            }
            let set: Vec<RecordBatch> =
                batches.iter().map(|batch| holding.with(batch.clone(), model)).collect::<Result<_, _>>()?;
            let mut one = grade(&set)?;
            if options.store {
                let as_shown = one.batches.clone();
                let computed = computed.as_ref().map_or(&as_shown, |computed| &computed.batches);
                to_be_stored(&mut one, &batches, computed, &compiled, model)?;
            }
            graded.push(alone(one)?);
        }
        if let Some(n_customers) = graded.last().map(|one| one.n_customers).filter(|_| remembers) {
            at_a_time = (ROWS_AT_A_TIME / n_customers.max(1) as usize).clamp(1, MOST_AT_A_TIME);
        } else if remembers {
            at_a_time = (ROWS_AT_A_TIME / chains.n_customers().max(1)).clamp(1, MOST_AT_A_TIME);
        }
        seconds_grade += began.elapsed().as_secs_f64();
        began = std::time::Instant::now();
    }
    progress.end();
    // Values that could not be worked out are told each time, so those who have them are folded anew.
    let keeps_origin = fold_faults.is_empty();
    let mut findings = compiled.findings.clone();
    if let Some(as_of) = asked.last() {
        let uncovered = coverage_findings(&coverage, &compiled, model, *as_of, known_at);
        findings.extend(uncovered.locate(&documents.locations));
    }

    let began = std::time::Instant::now();
    if options.store {
        let lease = WriterLease::acquire(workspace.root.join("ledger"))?;
        // What somebody says was known is simulated history, and nothing of what was announced.
        let chain = options.known_at_us.map_or(Chain::Announced, Chain::Known);
        let mut stored = StoredGrades::open_chain(workspace, &compiled.hash, chain).await?;
        workspace.store.models().keep(&compiled.document).await?;
        progress.begin("store", Some(graded.len() as u64));
        for (at, instant) in graded.iter_mut().enumerate() {
            let origin = origins.get(&instant.as_of).filter(|_| keeps_origin);
            let version = documents.version;
            let kept = Keeping {
                workspace,
                lease: &lease,
                compiled: &compiled,
                model,
                version,
                known_at,
                position,
                origin,
            };
            kept.keep(&mut stored, instant).await?;
            progress.at(at as u64 + 1);
        }
        progress.end();
    }
    findings.extend(missing_rates(&compiled.fold, &workspace.settings.currency));
    Ok(Grading {
        model_title: documents.model.title.clone(),
        model: documents.model.clone(),
        version: documents.version,
        validation: versions::validation(workspace, documents.version).await?,
        model_hash: compiled.hash.clone(),
        clock,
        position,
        columns: compiled.stage_b.output_columns(),
        instants: graded,
        findings,
        fold_faults,
        n_events: snapshot.n_rows(),
        n_reused,
        goes_on_from: known_by_then.map(|at| label(at, &workspace.zone)),
        decided_fits,
        seconds_fold,
        seconds_grade,
        seconds_store: began.elapsed().as_secs_f64(),
    })
}

/// Instants as people write them: `2011-12-10`, or `2011-01-31..2011-12-10` with `every` month,
/// quarter, week or day. A stretch gives the closes of its steps, and its end.
pub fn parse_instants(text: &str, every: Option<&str>, zone: &Zone) -> Result<Vec<AsOf>, Finding> {
    let Some((from, to)) = text.split_once("..") else {
        return Ok(vec![AsOf::new(instant(text, zone)?, zone)]);
    };
    let unit = match every.unwrap_or("month") {
        "day" => SpanUnit::Day,
        "week" => SpanUnit::Week,
        "month" => SpanUnit::Month,
        "quarter" => SpanUnit::Quarter,
        "year" => SpanUnit::Year,
        other => {
            return Err(Finding::error(
                "unknown-step",
                Place::default(),
                Text::new(format!("不认识的步长「{other}」"), format!("“{other}” is no step")),
                Text::new("day、week、month、quarter 或 year", "day, week, month, quarter or year"),
            ));
        }
    };
    let (first, last) = (AsOf::new(instant(from, zone)?, zone), AsOf::new(instant(to, zone)?, zone));
    let mut out: Vec<AsOf> = (first.day..=last.day)
        .filter(|day| closes_step(*day, unit))
        .map(|day| AsOf::close_of(day, zone))
        .collect();
    if out.last() != Some(&last) {
        out.push(last);
    }
    if first.day > last.day || out.len() > MAX_INSTANTS {
        return Err(Finding::error(
            "instants",
            Place::default(),
            Text::new(format!("{text} 不是可用的区间"), format!("{text} is no usable stretch")),
            Text::new(
                format!("从早到晚，最多 {MAX_INSTANTS} 个时点"),
                format!("early to late, {MAX_INSTANTS} instants at most"),
            ),
        ));
    }
    Ok(out)
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

/// The columns that the fold needs of a scan.
pub fn scan_columns(compiled: &Compiled, retractions: bool) -> Vec<String> {
    let mut columns = compiled.fold.columns();
    if retractions {
        columns.extend([column::EVENT_ID, column::RETRACTION].map(String::from));
    }
    columns.into_iter().collect()
}

/// Folds all customers as of all instants: one list of batches per instant.
async fn fold_all(
    compiled: &Compiled,
    snapshot: &EventsSnapshot,
    instants: &[AsOf],
    links: &[BTreeMap<i64, i64>],
    known_at: i64,
    options: &GradeOptions,
    progress: &dyn Progress,
) -> Result<(Vec<Vec<RecordBatch>>, BTreeMap<String, u64>), WorkspaceError> {
    let bound = known_by(known_at, instants);
    let retractions = snapshot.shape(bound).has_retractions;
    let columns = scan_columns(compiled, retractions);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let scan = snapshot.scan(&columns, bound)?;
    let visible = Visible { retractions, ..Visible::default() };
    // Whoever has several identities at any of the instants is folded apart at all of them.
    let mut elsewhere: Vec<i64> = links.iter().flat_map(|links| links.keys().copied()).collect();
    elsewhere.sort_unstable();
    elsewhere.dedup();
    let elsewhere: Elsewhere = Arc::new(elsewhere);
    let fold =
        Arc::new(FoldExec::new(compiled.fold.clone(), instants.to_vec(), visible, elsewhere, scan.plan));
    let context = task_context();
    let n_partitions = fold.properties().output_partitioning().partition_count();
    let tasks = (0..n_partitions).map(|partition| {
        let (fold, context) = (fold.clone(), context.clone());
        async move {
            let task = tokio::spawn(async move {
                let stream = fold.execute(partition, context)?;
                stream.try_collect::<Vec<RecordBatch>>().await
            });
            let batches =
                task.await.map_err(|error| WorkspaceError::Defect(format!("a fold ended: {error}")))??;
            Ok::<_, WorkspaceError>(batches)
        }
    });
    let at: BTreeMap<i64, usize> =
        instants.iter().enumerate().map(|(i, as_of)| (as_of.instant_us, i)).collect();
    let mut out: Vec<Vec<RecordBatch>> = vec![Vec::new(); instants.len()];
    // Partitions come back in their own order, so that nothing depends on which thread was faster.
    let mut done = stream::iter(tasks).buffered(options.n_threads.get());
    let mut n_done = 0u64;
    while let Some(batches) = done.next().await {
        for batch in batches? {
            if let Some(instant) = instant_of(&batch).and_then(|instant| at.get(&instant)) {
                out[*instant].push(without_instant(batch));
            }
        }
        n_done += 1;
        progress.at(snapshot.n_rows() * n_done / n_partitions.max(1) as u64);
    }
    Ok((out, fold.faults()))
}

/// Folds everybody as of each instant, each with the links given for it.
pub(crate) async fn fold_bounded(
    compiled: &Compiled,
    snapshot: &EventsSnapshot,
    instants: &[AsOf],
    links: &[BTreeMap<i64, i64>],
    known_at: i64,
    progress: &dyn Progress,
) -> Result<Vec<Vec<RecordBatch>>, WorkspaceError> {
    let options = GradeOptions {
        instants: instants.to_vec(),
        known_at_us: Some(known_at),
        store: false,
        reuse: false,
        n_threads: crate::stored::processors(),
    };
    let (mut folded, mut faults) =
        fold_all(compiled, snapshot, instants, links, known_at, &options, progress).await?;
    let mut keep = |at: usize, batch| folded[at].push(batch);
    let bound = known_by(known_at, instants);
    fold_linked(compiled, snapshot, instants, links, bound, &mut keep, &mut faults).await?;
    Ok(folded)
}

/// Folds everybody as of one instant, as it was known by then.
pub(crate) async fn fold_now(
    workspace: &Workspace,
    compiled: &Compiled,
    snapshot: &EventsSnapshot,
    as_of: AsOf,
    known_at: i64,
) -> Result<Vec<RecordBatch>, WorkspaceError> {
    let links = [linked(workspace, as_of.instant_us, known_at).await?];
    let n_threads = crate::stored::processors();
    let options = GradeOptions {
        instants: vec![as_of],
        known_at_us: Some(known_at),
        store: false,
        reuse: false,
        n_threads,
    };
    let (mut folded, mut faults) =
        fold_all(compiled, snapshot, &[as_of], &links, known_at, &options, &()).await?;
    let mut keep = |at: usize, batch| folded[at].push(batch);
    fold_linked(compiled, snapshot, &[as_of], &links, known_by(known_at, &[as_of]), &mut keep, &mut faults)
        .await?;
    Ok(folded.pop().unwrap_or_default())
}

/// The events that count as of these instants, as far as they were known by then.
fn known_by(known_at: i64, instants: &[AsOf]) -> ScanBound {
    let last = instants.iter().map(|as_of| as_of.instant_us).max();
    ScanBound { position: None, known: Some(known_at), time: last }
}

/// Identities read at a time, so that memory does not grow with the number of linked customers.
const LINKED_AT_A_TIME: usize = 200_000;

/// Folds the customers whose events lie under several identities: their events are read, put
/// under the customer's number, sorted, and folded by the same code.
pub(crate) async fn fold_linked(
    compiled: &Compiled,
    snapshot: &EventsSnapshot,
    instants: &[AsOf],
    links: &[BTreeMap<i64, i64>],
    bound: ScanBound,
    keep: &mut (dyn FnMut(usize, RecordBatch) + Send),
    faults: &mut BTreeMap<String, u64>,
) -> Result<(), WorkspaceError> {
    let all: BTreeSet<i64> = links.iter().flat_map(|links| links.keys().copied()).collect();
    if all.is_empty() {
        return Ok(());
    }
    let columns = scan_columns(compiled, true);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    // Instants with the same links are folded together.
    let mut groups: Vec<(&BTreeMap<i64, i64>, Vec<usize>)> = Vec::new();
    for (at, links) in links.iter().enumerate() {
        match groups.iter_mut().find(|(known, _)| *known == links) {
            Some((_, instants)) => instants.push(at),
            None => groups.push((links, vec![at])),
        }
    }
    for (links, members) in groups {
        let as_ofs: Vec<AsOf> = members.iter().map(|at| instants[*at]).collect();
        // Those who are linked at another instant only stand for themselves at these.
        let mut by_customer: Vec<(i64, i64)> = all
            .iter()
            .map(|identity| (links.get(identity).copied().unwrap_or(*identity), *identity))
            .collect();
        by_customer.sort_unstable();
        let mut start = 0;
        while start < by_customer.len() {
            let mut end = (start + LINKED_AT_A_TIME).min(by_customer.len());
            while end < by_customer.len() && by_customer[end].0 == by_customer[end - 1].0 {
                end += 1;
            }
            let customers: BTreeMap<i64, i64> =
                by_customer[start..end].iter().map(|(c, i)| (*i, *c)).collect();
            let identities: Vec<i64> = customers.keys().copied().collect();
            let batches = snapshot.read_identities(&identities, &columns, bound).await?;
            for runs in runs_of_customers(&batches, &customers)? {
                for batch in compiled.fold.fold(&runs, &as_ofs, faults)? {
                    if let Some(at) =
                        instant_of(&batch).and_then(|us| instants.iter().position(|a| a.instant_us == us))
                    {
                        keep(at, without_instant(batch));
                    }
                }
            }
            start = end;
        }
    }
    Ok(())
}

/// Events under their customers' numbers, in order, without what was retracted.
pub fn runs_of_customers(
    batches: &[RecordBatch],
    customers: &BTreeMap<i64, i64>,
) -> Result<Vec<Runs>, WorkspaceError> {
    let Some(first) = batches.first() else { return Ok(Vec::new()) };
    let events = concat_batches(&first.schema(), batches)?;
    let index = events.schema().index_of(column::IDENTITY)?;
    let identities = events.column(index).as_primitive::<Int64Type>();
    let owners: Int64Array =
        identities.values().iter().map(|id| customers.get(id).copied().unwrap_or(*id)).collect();
    let mut columns = events.columns().to_vec();
    columns[index] = Arc::new(owners);
    let events = RecordBatch::try_new(events.schema(), columns)?;
    let sort: Vec<SortColumn> = SORT_COLUMNS
        .iter()
        .filter_map(|name| events.column_by_name(name))
        .map(|values| SortColumn { values: values.clone(), options: None })
        .collect();
    let order = lexsort_to_indices(&sort, None)?;
    let events = take_record_batch(&events, &order)?;
    let mut cutter = RunCutter::new(events.schema());
    let mut whole = cutter.push(events)?;
    whole.extend(cutter.finish()?);
    let visible = Visible { retractions: true, ..Visible::default() };
    let mut out = Vec::new();
    for runs in whole {
        out.extend(visible_runs(runs, visible, &[])?);
    }
    Ok(out)
}

pub(crate) fn instant_of(batch: &RecordBatch) -> Option<i64> {
    let instants = batch.column_by_name(AS_OF)?.as_primitive_opt::<TimestampMicrosecondType>()?;
    instants.values().first().copied()
}

/// The instant says the same of everybody, and is known from here on.
fn without_instant(mut batch: RecordBatch) -> RecordBatch {
    if let Ok(column) = batch.schema_ref().index_of(AS_OF) {
        batch.remove_column(column);
    }
    batch
}

/// A context whose scans give large batches.
pub fn task_context() -> Arc<TaskContext> {
    let config = datafusion::prelude::SessionConfig::new().with_batch_size(BATCH_ROWS);
    Arc::new(TaskContext::default().with_session_config(config))
}

fn grade_instant(
    compiled: &Compiled,
    as_of: AsOf,
    zone: &Zone,
    batches: &[RecordBatch],
    n_threads: NonZeroUsize,
) -> Result<GradedInstant, WorkspaceError> {
    let date = date_of(as_of.day).ok_or_else(|| WorkspaceError::Defect("the instant has no date".into()))?;
    let (graded, fits) = compiled.stage_b.grade(batches, None, date, n_threads);
    let mut faults = BTreeMap::new();
    let mut out = Vec::with_capacity(graded.len());
    for Graded { batch, faults: more } in graded {
        for (path, n) in more {
            *faults.entry(path).or_default() += n;
        }
        out.push(batch);
    }
    let n_customers = out.iter().map(|batch| batch.num_rows() as u64).sum();
    Ok(GradedInstant {
        as_of,
        date: label(as_of, zone),
        run: None,
        fits,
        batches: out,
        n_customers,
        n_moved: 0,
        n_corrected: 0,
        faults,
    })
}

/// Customers and the tiers of graded rows.
fn tiers_alone(batch: &RecordBatch, model: &Model) -> Result<RecordBatch, WorkspaceError> {
    let names = std::iter::once(CUSTOMER).chain(model.tiers.names());
    let at: Vec<usize> = names.filter_map(|name| batch.schema().index_of(name).ok()).collect();
    Ok(batch.project(&at)?)
}

/// Keeps grades: fits, run, snapshot, transitions.
struct Keeping<'a> {
    workspace: &'a Workspace,
    lease: &'a WriterLease,
    compiled: &'a Compiled,
    model: &'a Model,
    version: Option<i64>,
    known_at: i64,
    position: i64,
    origin: Option<&'a Origin>,
}

impl Keeping<'_> {
    async fn keep(
        &self,
        stored: &mut StoredGrades,
        instant: &mut GradedInstant,
    ) -> Result<(), WorkspaceError> {
        let Keeping { workspace, lease, compiled, .. } = self;
        let now = system_us();
        let numbers =
            serde_json::to_value(&instant.fits).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
        let fit = NewFit {
            model_hash: &compiled.hash,
            kind: "all",
            subject: "model",
            numbers: &numbers,
            population: "graded",
            n: instant.n_customers,
            as_of: instant.as_of.instant_us,
            created: now,
        };
        let run = NewRun {
            model_hash: &compiled.hash,
            version: self.version,
            as_of: instant.as_of.instant_us,
            known_at: self.known_at,
            position: self.position,
            fits: &[],
            started: now,
        };
        let run = workspace.store.runs().begin_fitted(run, &[fit]).await?;
        let moved = Moved {
            model: self.model,
            compiled,
            as_of: instant.as_of,
            fits: &instant.fits,
            rows: Rows::Memory(&instant.batches),
        };
        let staged = stage_transitions(workspace, lease, stored, &moved, &run.id, self.version).await?;
        stored
            .replace(workspace, lease, &instant.date, &run.id, &instant.batches, self.origin, &staged)
            .await?;
        commit_transitions(workspace, lease, stored, &compiled.hash, &run.id, &staged).await?;
        (instant.n_moved, instant.n_corrected) = (staged.n_moved, staged.n_corrected);
        let counts = staged.counts(stored.chain, instant.n_customers, &instant.faults);
        workspace.store.runs().finish(&run.id, &counts, system_us()).await?;
        instant.fits.number = run.fits.first().and_then(|number| u64::try_from(*number).ok());
        instant.run = Some(run.id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_gives_month_ends_and_its_end() {
        let zone = Zone::new("Europe/London").unwrap();
        let instants = parse_instants("2011-01-31..2011-03-10", Some("month"), &zone).unwrap();
        let dates: Vec<String> =
            instants.iter().map(|as_of| date_of(as_of.day).unwrap().to_string()).collect();
        assert_eq!(dates, ["2011-01-31", "2011-02-28", "2011-03-10"]);
        assert!(parse_instants("2011-03-01..2011-01-01", None, &zone).is_err());
        assert!(parse_instants("2011-01-01..2011-12-31", Some("fortnight"), &zone).is_err());
    }
}
