//! `gradus rebase`: one pass over the ledger writes what is known of each customer, so that later
//! events of the day need not read the ledger again.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{SchemaRef, TimestampMicrosecondType};
use datafusion::physical_plan::ExecutionPlan;
use futures::{StreamExt, stream};
use gradus_grading::fold::{
    AsOf, Elsewhere, FoldPlan, RunCutter, Runs, StateCodec, Told, Visible, visible_runs,
};
use gradus_ledger::states::{RowForm, StateFileWriter, StateSetWriter};
use gradus_ledger::table::{ScanBound, WriterLease};
use gradus_model::event_stream::column;
use serde::Serialize;

use crate::clock::{label, system_us};
use crate::compiled::Compiled;
use crate::coverage::{Coverage, seen};
use crate::decided::{Decided, chain_instants, decision_instants, tier_columns};
use crate::grade::{Tiers, grade_with, open_events, task_context};
use crate::links::linked;
use crate::references::conversion;
use crate::states::{About, Waiting, beside, bucket_name, columns_of, folder, row_schema};
use crate::{Clock, GradeOptions, Progress, Workspace, WorkspaceError, versions};

/// As of when, and how.
#[derive(Debug, Clone)]
pub struct RebaseOptions {
    /// The clock's now if left out.
    pub as_of: Option<AsOf>,
    /// Only what was known by then; everything that has been told by now if left out.
    pub known_at_us: Option<i64>,
    pub n_threads: NonZeroUsize,
}

/// What a rebase wrote.
#[derive(Debug, Clone, Serialize)]
pub struct Rebased {
    pub generation: u64,
    /// The instant as of which, as people write it.
    pub as_of: String,
    /// The last position in the ledger that counts.
    pub position: i64,
    pub n_customers: u64,
    /// Customers with several identities or with retractions: their events are read when they are
    /// touched.
    pub n_linked: u64,
    pub n_retracted: u64,
    /// Events that do not count before some later instant.
    pub n_waiting: u64,
    pub bytes: u64,
    /// Indicators because of which every touched customer's events are read.
    pub cannot_merge: Vec<String>,
    /// Rows that the fold could not evaluate, by indicator.
    pub faults: BTreeMap<String, u64>,
    pub seconds: f64,
}

/// Writes the state of every customer, bucket by bucket. Memory is bounded by what is folded at
/// once, unless tiers stand as they were decided at an earlier instant: then everybody is graded
/// as of that instant first, and their tiers stay in memory.
pub async fn rebase(
    workspace: &Workspace,
    options: &RebaseOptions,
    progress: &dyn Progress,
) -> Result<Rebased, WorkspaceError> {
    let began = std::time::Instant::now();
    let documents = versions::now_in_force(workspace).await?;
    // Held to the end, so that everything here reads the ledger at one position.
    let lease = WriterLease::acquire(workspace.root.join("ledger"))?;
    let events = open_events(workspace).await?;
    let snapshot = events.snapshot().await?;
    let compiled = Compiled::new(&documents, events.event_schema(), &workspace.zone)?;
    let as_of = match options.as_of {
        Some(as_of) => as_of,
        None => {
            let clock =
                Clock::read(&workspace.settings.clock, &workspace.zone, snapshot.last_event().await?)?;
            let now = AsOf::new(clock.now_us, &workspace.zone);
            // Where the clock stands, nothing more happens on its last day: the day is over.
            if clock.stands { AsOf::close_of(now.day, &workspace.zone) } else { now }
        }
    };
    let known_us = options.known_at_us.unwrap_or_else(system_us);
    let told = Told { known_us, position: snapshot.last_position() };
    let compiled = compiled.over(&snapshot, conversion(&workspace.settings, &snapshot), told).await?;
    let decisions = decision_instants(&documents.model, as_of, &workspace.zone);
    let mut fits = BTreeMap::new();
    let mut decided = BTreeMap::new();
    if !decisions.is_empty() {
        let mut instants: Vec<AsOf> = decisions.values().copied().collect();
        instants.sort();
        instants.dedup();
        let asked = GradeOptions {
            instants,
            known_at_us: Some(known_us),
            store: false,
            reuse: false,
            n_threads: options.n_threads,
        };
        let graded = grade_with(workspace, &documents, &asked, Tiers::Computed, progress).await?;
        for (name, at) in &decisions {
            let earlier = graded.instants.iter().find(|earlier| earlier.as_of == *at);
            if let Some((earlier, scheme)) = earlier.zip(documents.model.tiers.get(name)) {
                decided.insert(name.clone(), Decided::of(name, scheme, &earlier.batches, "")?);
            }
        }
        fits.extend(graded.decided_fits);
        fits.extend(graded.instants.into_iter().map(|instant| (instant.as_of.instant_us, instant.fits)));
    }

    progress.begin("rebase", Some(snapshot.n_rows()));
    let links = linked(workspace, as_of.instant_us, known_us).await?;
    // Later events too: a live grading that goes on into the next day has to know when they are due.
    let bound = ScanBound::default();
    let has_retractions = snapshot.shape(bound).has_retractions;
    let may_be_unknown = snapshot.files().iter().any(|file| file.facts.known.max > known_us);
    let codec = StateCodec::new(&compiled.fold);
    let mut columns: Vec<String> = compiled.fold.columns().into_iter().collect();
    // Values picked from two parts at one instant are told apart by their events.
    columns.push(column::EVENT_ID.into());
    columns.extend(has_retractions.then(|| column::RETRACTION.into()));
    columns.extend(may_be_unknown.then(|| column::KNOWN.into()));
    columns.sort();
    columns.dedup();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let scan = snapshot.scan(&columns, bound)?;
    let n_buckets = snapshot.event_schema().n_buckets;
    let writer = StateSetWriter::begin(folder(workspace), &lease)?;
    let schema = row_schema(&codec, &documents.model);
    let form = RowForm::new(schema.clone())?;
    let shared = Arc::new(Shared {
        plan: compiled.fold.clone(),
        codec: codec.clone(),
        schema,
        decided: documents
            .model
            .tiers
            .iter()
            .map(|(name, scheme)| {
                let known = match decided.remove(name) {
                    None if scheme.remembers() => Some(Decided::of(name, scheme, &[], "")?),
                    known => known,
                };
                Ok((tier_columns(name, scheme).len(), known))
            })
            .collect::<Result<_, WorkspaceError>>()?,
        visible: Visible {
            known_at_us: may_be_unknown.then_some(known_us),
            position: None,
            retractions: has_retractions,
        },
        elsewhere: Arc::new(links.keys().copied().collect()),
        as_of,
    });
    let tasks = (0..n_buckets as usize).map(|bucket| {
        let (plan, shared) = (scan.plan.clone(), shared.clone());
        let file = writer.file(&bucket_name(bucket as u32), form.clone());
        async move {
            let task = tokio::spawn(write_bucket(plan, bucket, shared, file?));
            task.await.map_err(|error| WorkspaceError::Defect(format!("a rebase ended: {error}")))?
        }
    });
    let mut done = stream::iter(tasks).buffered(options.n_threads.get());
    let (mut files, mut noted) = (Vec::new(), Noted::default());
    while let Some(bucket) = done.next().await {
        let (written, more) = bucket?;
        files.push((bucket_name(files.len() as u32), written));
        noted.waiting.extend(more.waiting);
        noted.retracted.extend(more.retracted);
        for (name, n) in more.faults {
            *noted.faults.entry(name).or_default() += n;
        }
        progress.at(snapshot.n_rows() * files.len() as u64 / u64::from(n_buckets.max(1)));
    }
    drop(done);
    let n_customers = files.iter().map(|(_, (rows, _))| rows).sum();
    for (name, form, rows) in beside(&noted.waiting, &links, &noted.retracted)? {
        let mut file = writer.file(name, form)?;
        file.append(&rows)?;
        files.push((name.to_string(), file.finish()?));
    }
    let bytes = files.iter().map(|(_, (_, bytes))| bytes).sum();
    let position = snapshot.last_position();
    let coverage = Coverage::of(&snapshot, &compiled.fold, None).await?;
    let instants = chain_instants(&documents.model, &[as_of], &workspace.zone, None);
    let about = About {
        stamp: codec.stamp(as_of, position, known_us),
        n_buckets,
        columns: columns_of(form.schema()),
        decided: decisions.iter().map(|(scheme, at)| (scheme.clone(), at.instant_us)).collect(),
        fits,
        uncovered: instants
            .into_iter()
            .map(|at| (at.instant_us, coverage.uncovered(seen(at, known_us))))
            .collect(),
    };
    let about = serde_json::to_value(&about).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    let generation = writer.generation();
    writer.commit(about, files)?;
    progress.end();
    let indicators = compiled.fold.indicators().iter().zip(compiled.fold.can_merge());
    Ok(Rebased {
        generation,
        as_of: label(as_of, &workspace.zone),
        position,
        n_customers,
        n_linked: links.len() as u64,
        n_retracted: noted.retracted.len() as u64,
        n_waiting: noted.waiting.len() as u64,
        bytes,
        cannot_merge: indicators
            .filter(|(_, can)| !can)
            .map(|(indicator, _)| indicator.name.clone())
            .collect(),
        faults: noted.faults,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// What every bucket needs.
struct Shared {
    plan: Arc<FoldPlan>,
    codec: StateCodec,
    schema: SchemaRef,
    /// One per scheme: how many columns it has, and what it decided.
    decided: Vec<(usize, Option<Decided>)>,
    visible: Visible,
    elsewhere: Elsewhere,
    as_of: AsOf,
}

/// What a bucket has beside its rows.
#[derive(Default)]
struct Noted {
    waiting: Vec<Waiting>,
    retracted: HashSet<i64>,
    faults: BTreeMap<String, u64>,
}

async fn write_bucket(
    plan: Arc<dyn ExecutionPlan>,
    bucket: usize,
    shared: Arc<Shared>,
    mut file: StateFileWriter,
) -> Result<((u64, u64), Noted), WorkspaceError> {
    let mut events = plan.execute(bucket, task_context())?;
    let mut cutter = RunCutter::in_order(events.schema());
    let mut noted = Noted::default();
    while let Some(batch) = events.next().await {
        for runs in cutter.push(batch?)? {
            shared.write(runs, &mut file, &mut noted)?;
        }
    }
    if let Some(runs) = cutter.finish()? {
        shared.write(runs, &mut file, &mut noted)?;
    }
    Ok((file.finish()?, noted))
}

impl Shared {
    fn write(&self, runs: Runs, file: &mut StateFileWriter, noted: &mut Noted) -> Result<(), WorkspaceError> {
        self.note(&runs, noted);
        let Some(runs) = visible_runs(runs, self.visible, &self.elsewhere)? else { return Ok(()) };
        let states = self.plan.states(&runs, self.as_of, &mut noted.faults)?;
        for (name, n) in self.plan.faults_of(&states) {
            *noted.faults.entry(name).or_default() += n;
        }
        let mut columns = self.codec.encode(&states)?.columns().to_vec();
        let mut rest = &self.schema.fields()[columns.len()..];
        for (n_columns, decided) in &self.decided {
            let fields;
            (fields, rest) = rest.split_at(*n_columns);
            match decided {
                Some(decided) => columns.extend(decided.columns(&states.customers)?),
                None => columns.extend(
                    fields
                        .iter()
                        .map(|f| arrow::array::new_null_array(f.data_type(), states.customers.len())),
                ),
            }
        }
        Ok(file.append(&RecordBatch::try_new(self.schema.clone(), columns)?)?)
    }

    /// Writes down who has a retraction, and which events do not count yet.
    fn note(&self, runs: &Runs, noted: &mut Noted) {
        let retractions = runs.batch.column_by_name(column::RETRACTION).map(|c| c.as_boolean());
        let known = self.visible.known_at_us.zip(runs.batch.column_by_name(column::KNOWN));
        let known = known.map(|(by, known)| (by, known.as_primitive::<TimestampMicrosecondType>().values()));
        let times = runs.times();
        if retractions.is_none() && known.is_none() && times.iter().all(|time| *time <= self.as_of.instant_us)
        {
            return;
        }
        for run in 0..runs.len() {
            let (begin, end) = runs.range(run);
            let identity = runs.customers[run];
            for row in begin as usize..end as usize {
                if retractions.is_some_and(|retractions| retractions.value(row)) {
                    noted.retracted.insert(identity);
                }
                let known_us = known.map_or(i64::MIN, |(_, known)| known[row]);
                let is_unknown = known.is_some_and(|(by, _)| known_us > by);
                if times[row] > self.as_of.instant_us || is_unknown {
                    noted.waiting.push(Waiting { identity, time_us: times[row], known_us });
                }
            }
        }
    }
}
