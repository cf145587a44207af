//! Real time: events that came after the base of the day are merged into the states of the
//! customers whom they touch, and just those are graded.
//!
//! What cannot be merged is refolded: the customer's events are read back from the ledger. Live is
//! slower there, never different: for one instant, position and known time the grades are those
//! of a batch with the same fits, to the bit.

mod facts;
mod fold;
mod links;
mod touch;
mod undone;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, new_null_array};
use arrow::compute::{cast, concat_batches, filter_record_batch};
use arrow::datatypes::{Int64Type, SchemaRef};
use gradus_grading::fold::{AsOf, StateCodec, Told};
use gradus_grading::grade::Fits;
use gradus_ledger::states::RowForm;
use gradus_ledger::table::{EventsSnapshot, EventsTable, LinksTable, Positions, ScanBound};
use gradus_model::document::Model;
use gradus_model::event_stream::column;
use gradus_model::{Finding, Place, Text};
use gradus_store::TierOverride;

use self::links::Links;
use self::undone::TakenBack;
use crate::clock::system_us;
use crate::compiled::Compiled;
use crate::coverage::Coverage;
use crate::decided::decision_instants;
use crate::grade::open_events;
use crate::states::{Base, Waiting, row_schema};
use crate::{Workspace, WorkspaceError, versions};

/// Why a customer's events were read back instead of merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// An indicator of the model cannot be merged.
    CannotMerge,
    /// There is no state of this day: it began after the last rebase.
    AnotherDay,
    /// The customer has, or had, several identities.
    Linked,
    /// An event was taken back.
    Retraction,
    /// The event happened before an instant at which a tier was decided.
    Late,
    /// An event that was dated in the future has become due.
    Due,
    /// A fact of a reference came that changes what earlier events of the customer say.
    Reference,
    /// An import that had brought an event of the customer was undone.
    Undone,
}

/// What became of the events.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counted {
    /// Events that were new.
    pub n_events: u64,
    /// Events that had been counted before.
    pub n_again: u64,
    /// Of the new ones, those that do not count yet.
    pub n_waiting: u64,
    /// Customers into whose state the events were merged.
    pub n_merged: u64,
    /// Customers whose events were read back, by the first reason found.
    pub n_refolded: BTreeMap<Why, u64>,
}

/// The customers whom a micro-batch touched, graded.
#[derive(Debug, Clone)]
pub struct MicroBatch {
    pub as_of: AsOf,
    /// The last position that counts.
    pub position: i64,
    /// Columns as of a grading run.
    pub batches: Vec<RecordBatch>,
    /// Customers who are none any more: linked to another, or all their events taken back.
    pub gone: Vec<i64>,
    /// Columns of the fold of which something was delivered for the first time: what was unknown for
    /// everybody has become a number, for those who are not graded here too. Or the other way about, when
    /// all that was ever delivered was undone.
    pub covered: Vec<String>,
    pub counted: Counted,
    /// Rows that could not be evaluated, by indicator or document path.
    pub faults: BTreeMap<String, u64>,
}

/// A live grading: one version, one fit, the base of the day, and what came since.
pub struct Live {
    compiled: Compiled,
    model: Model,
    zone: gradus_grading::fold::Zone,
    fits: Fits,
    base: Base,
    codec: StateCodec,
    form: RowForm,
    /// Every state of the fold can be merged.
    can_merge: bool,
    /// Columns of events that are read.
    columns: Vec<String>,
    schema: SchemaRef,
    events: EventsTable,
    snapshot: EventsSnapshot,
    /// Events up to here are read from the ledger, later ones are kept in memory.
    in_ledger: i64,
    kept: Vec<RecordBatch>,
    /// Everything up to here counts.
    position: i64,
    as_of: AsOf,
    known_us: i64,
    /// Rows of this day that replace those of the base.
    today: HashMap<i64, Box<[u8]>>,
    waiting: Vec<Waiting>,
    /// Identities that have a retraction among their events.
    retracted: HashSet<i64>,
    links: Links,
    /// Positions that did not count any more when the last events were counted.
    undone: Positions,
    /// Facts of references that are read, whenever they become known.
    facts: Vec<RecordBatch>,
    /// Tiers that persons set.
    overrides: Vec<TierOverride>,
    /// Tiers that a hold-out keeps, by scheme and customer.
    held: BTreeMap<String, BTreeMap<i64, String>>,
    /// What the events of the ledger and those in memory deliver.
    coverage: Coverage,
    /// Columns of the fold that are uncovered now, and those that were as of the decision instants.
    uncovered: BTreeSet<String>,
    uncovered_then: BTreeMap<i64, BTreeSet<String>>,
}

impl Live {
    /// Opens a live grading on the base of the last rebase, with frozen fits. Nothing counts yet
    /// but what the base counts: [`Live::catch_up`] adds what the ledger has got since.
    ///
    /// # Errors
    /// Findings: the model is wrong; there is no base; it belongs to another model.
    pub async fn open(workspace: &Workspace, fits: Fits) -> Result<Live, WorkspaceError> {
        let documents = versions::now_in_force(workspace).await?;
        let events = open_events(workspace).await?;
        let snapshot = events.snapshot().await?;
        let compiled = Compiled::new(&documents, events.event_schema(), &workspace.zone)?;
        let codec = StateCodec::new(&compiled.fold);
        let form = RowForm::new(row_schema(&codec, &documents.model))?;
        let base = Base::open(workspace, &codec, &form)?;
        let stamp = &base.about.stamp;
        let told = Told { known_us: stamp.known_us, position: stamp.position };
        // Money in another currency may come at any time.
        let compiled = compiled.over(&snapshot, Some(&workspace.settings.currency), told).await?;
        let facts = facts::of_base(&compiled.fold, &snapshot, stamp.position).await?;
        let schema = facts::columns_read(&compiled, &events)?;
        let coverage = Coverage::of(&snapshot, &compiled.fold, None).await?;
        let mut uncovered_then = base.about.uncovered.clone();
        let uncovered = uncovered_then.get(&base.about.stamp.instant_us).cloned().unwrap_or_default();
        uncovered_then.remove(&base.about.stamp.instant_us);
        let of_base = ScanBound { known: Some(stamp.known_us), position: Some(stamp.position), time: None };
        let mut live = Live {
            can_merge: compiled.fold.can_merge().into_iter().all(|can| can),
            zone: workspace.zone.clone(),
            model: documents.model,
            in_ledger: stamp.position,
            position: stamp.position,
            as_of: AsOf { instant_us: stamp.instant_us, day: stamp.day },
            known_us: stamp.known_us,
            kept: Vec::new(),
            today: HashMap::new(),
            waiting: base.waiting.clone(),
            retracted: base.retracted.clone(),
            links: Links::of(base.links.clone()),
            undone: snapshot.hidden(of_base).as_ref().clone(),
            overrides: workspace.store.overrides().approved().await?,
            held: crate::tier_holdout::held(workspace, AsOf { instant_us: stamp.instant_us, day: stamp.day })
                .await?,
            compiled,
            fits,
            base,
            codec,
            form,
            columns: schema.fields().iter().map(|field| field.name().clone()).collect(),
            schema,
            events,
            snapshot,
            facts,
            coverage,
            uncovered,
            uncovered_then,
        };
        live.read_links(workspace).await?;
        Ok(live)
    }

    /// Opens a live grading with the fits of the newest run of the model.
    ///
    /// # Errors
    /// As [`Live::open`]; a finding if the model was never graded.
    pub async fn open_newest(workspace: &Workspace) -> Result<Live, WorkspaceError> {
        let mut live = Live::open(workspace, Fits::default()).await?;
        let runs = workspace.store.runs().list(Some(&live.compiled.hash), 10_000).await?;
        let run = runs.into_iter().find(gradus_store::Run::is_announced);
        let number = run.and_then(|run| run.fits.first().copied());
        let fit = match number {
            Some(number) => workspace.store.fits().get(number).await?,
            None => None,
        };
        let Some(fit) = fit else {
            return Err(Finding::error(
                "never-graded",
                Place::default(),
                Text::new(
                    "这个模型还没有评级过，没有拟合参数",
                    "this model was never graded, so it has no fits",
                ),
                Text::new("先运行 gradus grade", "run `gradus grade` first"),
            )
            .into());
        };
        live.fits = serde_json::from_value(fit.numbers).map_err(|error| {
            WorkspaceError::Defect(format!("the fits of the run cannot be read: {error}"))
        })?;
        live.fits.number = u64::try_from(fit.number).ok();
        Ok(live)
    }

    /// The last position that counts.
    pub fn position(&self) -> i64 {
        self.position
    }

    /// Customers in the base, and customers of today in memory.
    pub fn n_customers(&self) -> (u64, usize) {
        (self.base.n_customers(), self.today.len())
    }

    /// Takes events that are cleaned and have their positions in the ledger, in order, and grades
    /// whom they touch as of an instant no earlier than the last. What was taken before is skipped.
    /// The events stay in memory until [`Live::catch_up`] finds them in the ledger.
    pub async fn take(
        &mut self,
        events: &[RecordBatch],
        as_of: AsOf,
        known_us: i64,
    ) -> Result<MicroBatch, WorkspaceError> {
        let rows = self.conform(events)?;
        let n_rows = rows.num_rows();
        let rows = after(&rows, self.position)?;
        let position = positions(&rows).iter().copied().fold(self.position, i64::max);
        let (n_kept, covered) = (self.kept.len(), self.coverage.clone());
        self.coverage.add(&rows)?;
        self.kept.extend((rows.num_rows() > 0).then(|| rows.clone()));
        let done = self.count(rows, position, as_of, known_us, &TakenBack::default()).await;
        if done.is_err() {
            self.kept.truncate(n_kept);
            self.coverage = covered;
        }
        let mut done = done?;
        done.counted.n_again = n_rows as u64 - done.counted.n_events;
        Ok(done)
    }

    /// Takes what was committed to the ledger since the last position, and whatever became due.
    pub async fn catch_up(
        &mut self,
        workspace: &Workspace,
        as_of: AsOf,
        known_us: i64,
    ) -> Result<MicroBatch, WorkspaceError> {
        self.events.refresh().await?;
        self.read_columns()?;
        self.read_links(workspace).await?;
        self.overrides = workspace.store.overrides().approved().await?;
        self.held = crate::tier_holdout::held(workspace, as_of).await?;
        let snapshot = self.events.snapshot().await?;
        let mut coverage = Coverage::of(&snapshot, &self.compiled.fold, None).await?;
        let last = snapshot.last_position().max(self.in_ledger);
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let rows = self.conform(&snapshot.read_since(self.position, &columns).await?)?;
        let mut kept = Vec::new();
        for batch in &self.kept {
            let batch = after(batch, last)?;
            if batch.num_rows() > 0 {
                coverage.add(&batch)?;
                kept.push(batch);
            }
        }
        let kept = std::mem::replace(&mut self.kept, kept);
        let before = (
            std::mem::replace(&mut self.snapshot, snapshot),
            std::mem::replace(&mut self.in_ledger, last),
            std::mem::replace(&mut self.coverage, coverage),
        );
        let hidden = self.snapshot.hidden(ScanBound::default());
        let done = match self.taken_back(&hidden).await {
            Ok(taken_back) => self.count(rows, last.max(self.position), as_of, known_us, &taken_back).await,
            Err(error) => Err(error),
        };
        if done.is_ok() {
            self.undone = hidden.as_ref().clone();
        } else {
            // As before: what is read from the ledger must be what has been counted.
            self.kept = kept;
            (self.snapshot, self.in_ledger, self.coverage) = before;
        }
        done
    }

    async fn read_links(&mut self, workspace: &Workspace) -> Result<(), WorkspaceError> {
        if !workspace.has_table(gradus_ledger::table::LINKS_TABLE) {
            return Ok(());
        }
        let table = LinksTable::open_or_create(&workspace.storage, system_us()).await?;
        self.links.told(table.statements().await?);
        Ok(())
    }

    /// Events as the fold reads them, as one batch.
    fn conform(&self, events: &[RecordBatch]) -> Result<RecordBatch, WorkspaceError> {
        let mut parts = Vec::with_capacity(events.len());
        for batch in events {
            let columns = self.schema.fields().iter().map(|field| {
                let Some(found) = batch.column_by_name(field.name()) else {
                    // A reference of which there was no fact when the batch was made.
                    if self.is_of_a_reference(field.name()) {
                        return Ok(new_null_array(field.data_type(), batch.num_rows()));
                    }
                    return Err(WorkspaceError::Defect(format!(
                        "the events lack the column {}",
                        field.name()
                    )));
                };
                Ok::<_, WorkspaceError>(match found.data_type() == field.data_type() {
                    true => found.clone(),
                    false => cast(found, field.data_type())?,
                })
            });
            parts.push(RecordBatch::try_new(self.schema.clone(), columns.collect::<Result<_, _>>()?)?);
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => concat_batches(&self.schema, &parts)?,
        })
    }

    /// The decision instant of each scheme whose tier stands as it was decided earlier.
    fn decisions(&self, as_of: AsOf) -> BTreeMap<String, AsOf> {
        decision_instants(&self.model, as_of, &self.zone)
    }
}

/// The rows whose position is greater.
fn after(rows: &RecordBatch, position: i64) -> Result<RecordBatch, WorkspaceError> {
    if positions(rows).iter().all(|at| *at > position) {
        return Ok(rows.clone());
    }
    let keep: BooleanArray = positions(rows).iter().map(|at| Some(*at > position)).collect();
    Ok(filter_record_batch(rows, &keep)?)
}

fn positions(rows: &RecordBatch) -> &[i64] {
    rows.column_by_name(column::POSITION).map_or(&[], |c| c.as_primitive::<Int64Type>().values())
}
