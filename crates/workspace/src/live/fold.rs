//! The two ways to a customer's indicators: merging the new events' state into the one that is
//! kept, and reading all events back.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, UInt32Array, new_null_array};
use arrow::compute::{SortColumn, filter_record_batch, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use gradus_grading::fold::{AsOf, CUSTOMER, Pair, Runs, States, date_of, with_uncovered};
use gradus_grading::grade::{BEFORE, DECIDED};
use gradus_ledger::table::ScanBound;
use gradus_model::event_stream::{SORT_COLUMNS, column};

use super::links::Holding;
use super::touch::Touched;
use super::undone::TakenBack;
use super::{Counted, Live, MicroBatch, Why};
use crate::WorkspaceError;
use crate::coverage::seen;
use crate::decided::{Chains, Standing, chain_instants, decided_at, standings, tier_columns, with_columns};
use crate::grade::runs_of_customers;
use crate::overrides::Holding as SetTiers;
use crate::states::rows_by_customer;

/// Identities read at a time, so that memory does not grow with the number of customers.
const READ_AT_A_TIME: usize = 50_000;

type Faults = BTreeMap<String, u64>;

/// Now, as everything that is counted in one go sees it.
struct Now<'a> {
    as_of: AsOf,
    known_us: i64,
    /// The base is of this day.
    of_today: bool,
    /// On the grounds of which decision each scheme's tier is what it is.
    standings: BTreeMap<String, Standing>,
    /// Instants at which tiers were decided, ascending, with who was whom then.
    earlier: &'a [(AsOf, Holding)],
    holding: &'a Holding,
    /// The rows of today in memory are of the same coverage.
    stands: bool,
    /// Columns of the fold that are uncovered, by instant.
    uncovered: &'a BTreeMap<i64, BTreeSet<String>>,
}

impl Now<'_> {
    /// Values of the fold as of one of the instants, with what is uncovered marked so.
    fn marked(&self, values: RecordBatch, as_of: AsOf) -> Result<RecordBatch, WorkspaceError> {
        match self.uncovered.get(&as_of.instant_us) {
            Some(uncovered) => Ok(with_uncovered(&values, uncovered)?),
            None => Ok(values),
        }
    }
}

/// What was computed, before it counts.
#[derive(Default)]
struct Done {
    batches: Vec<RecordBatch>,
    /// Customers' rows of today; no bytes where none is kept.
    today: Vec<(i64, Option<Box<[u8]>>)>,
    present: BTreeSet<i64>,
    n_merged: u64,
    faults: Faults,
}

impl Live {
    /// Counts rows up to a position and grades whom they touch. Nothing of this is changed unless
    /// all of it was done.
    pub(super) async fn count(
        &mut self,
        rows: RecordBatch,
        position: i64,
        as_of: AsOf,
        known_us: i64,
        taken_back: &TakenBack,
    ) -> Result<MicroBatch, WorkspaceError> {
        if as_of < self.as_of || known_us < self.known_us {
            return Err(WorkspaceError::Defect("a live grading does not go back in time".into()));
        }
        let Some(told) = self.facts_told(&rows, position, known_us, taken_back.facts.as_deref())? else {
            return self.count_over(rows, position, as_of, known_us, (&BTreeSet::new(), taken_back)).await;
        };
        let affected = self.identities_with(&told.changed, &rows).await?;
        let fold = std::mem::replace(&mut self.compiled.fold, told.fold);
        let done = self.count_over(rows, position, as_of, known_us, (&affected, taken_back)).await;
        match done.is_ok() {
            true => self.facts = told.facts,
            false => self.compiled.fold = fold,
        }
        done
    }

    /// Counts rows over the facts as they are now.
    async fn count_over(
        &mut self,
        rows: RecordBatch,
        position: i64,
        as_of: AsOf,
        known_us: i64,
        affected: (&BTreeSet<i64>, &TakenBack),
    ) -> Result<MicroBatch, WorkspaceError> {
        let decisions = self.decisions(as_of);
        let mut instants = chain_instants(&self.model, &[as_of], &self.zone, None);
        instants.remove(&as_of);
        let uncovered_at = |at: &AsOf| (at.instant_us, self.coverage.uncovered(seen(*at, known_us)));
        let then: BTreeMap<i64, BTreeSet<String>> = instants.iter().map(uncovered_at).collect();
        let mut uncovered = then.clone();
        uncovered.extend([uncovered_at(&as_of)]);
        let about = &self.base.about;
        // What was decided without a source that has told of that time since is decided anew.
        let of_today = as_of.day == about.stamp.day
            && decisions.iter().all(|(scheme, at)| about.decided.get(scheme) == Some(&at.instant_us))
            && then.iter().all(|(at, uncovered)| about.uncovered.get(at) == Some(uncovered));
        let stands = then == self.uncovered_then;
        let earlier = instants.into_iter().map(|at| (at, self.links.at(at.instant_us, known_us)));
        let earlier: Vec<(AsOf, Holding)> = earlier.collect();
        let touched = self.touched(&rows, as_of, known_us, (of_today, stands), &earlier, affected)?;
        let Touched { merge, refold, waiting, n_waiting, retracted, holding } = touched;
        let now = Now {
            as_of,
            known_us,
            of_today,
            standings: standings(&self.model, as_of, &self.zone),
            earlier: &earlier,
            holding: holding.as_ref().unwrap_or(&self.links.holding),
            stands,
            uncovered: &uncovered,
        };
        let mut done = Done::default();
        if merge.num_rows() > 0 {
            self.merge(merge, &now, &mut done)?;
        }
        let customers: Vec<i64> = refold.keys().copied().collect();
        for customers in customers.chunks(READ_AT_A_TIME) {
            self.refold(customers, &retracted, &now, &mut done).await?;
        }

        if as_of.day != self.as_of.day || !stands {
            self.today.clear();
        }
        let now_uncovered = uncovered.remove(&as_of.instant_us).unwrap_or_default();
        let covered = self.uncovered.symmetric_difference(&now_uncovered).cloned().collect();
        (self.uncovered, self.uncovered_then) = (now_uncovered, then);
        for (customer, row) in done.today {
            match row {
                Some(row) => self.today.insert(customer, row),
                None => self.today.remove(&customer),
            };
        }
        self.waiting = waiting;
        self.retracted.extend(retracted);
        if let Some(holding) = holding {
            self.links.hold(holding);
        }
        (self.position, self.as_of, self.known_us) = (position, as_of, known_us);
        let mut counted = Counted {
            n_events: rows.num_rows() as u64,
            n_waiting,
            n_merged: done.n_merged,
            ..Counted::default()
        };
        for why in refold.values() {
            *counted.n_refolded.entry(*why).or_default() += 1;
        }
        // Whoever was read back only because of a reference and has no events yet was nobody before.
        let gone = refold
            .into_iter()
            .filter(|(customer, why)| !done.present.contains(customer) && *why != Why::Reference);
        let gone = gone.map(|(customer, _)| customer).collect();
        Ok(MicroBatch { as_of, position, batches: done.batches, gone, covered, counted, faults: done.faults })
    }

    /// Merges the rows' state into what is kept of their customers, and grades them.
    fn merge(&self, rows: RecordBatch, now: &Now<'_>, done: &mut Done) -> Result<(), WorkspaceError> {
        let plan = &self.compiled.fold;
        let runs = Runs::of(sorted(&rows)?);
        let new = plan.states(&runs, now.as_of, &mut done.faults)?;
        let mut old = self.form.rows();
        let mut elsewhere = Vec::new();
        for customer in &new.customers {
            match self.today.get(customer).filter(|_| now.stands && now.as_of.day == self.as_of.day) {
                Some(row) => old.push(*customer, row)?,
                None => elsewhere.push(*customer),
            }
        }
        if now.of_today {
            self.base.find(&elsewhere, &mut old)?;
        }
        let old = old.finish()?;
        let row_of = rows_by_customer(&old);
        let rows: UInt32Array = new.customers.iter().map(|customer| row_of.get(customer).copied()).collect();
        let states = match old.num_rows() {
            0 => new,
            _ => {
                let pairs: Vec<Pair> =
                    rows.iter().enumerate().map(|(at, row)| (row, Some(at as u32))).collect();
                let before = self.codec.decode(&old)?;
                plan.together(new.customers.clone(), &before, &new, &pairs)?
            }
        };
        for (name, n) in plan.faults_of(&states) {
            *done.faults.entry(name).or_default() += n;
        }
        let mut decided: Vec<ArrayRef> = Vec::new();
        let mut rest = &old.columns()[self.codec.schema().fields().len()..];
        for (name, scheme) in self.model.tiers.iter() {
            let own;
            (own, rest) = rest.split_at(tier_columns(name, scheme).len());
            decided.extend(decided_at(own, &rows)?);
        }
        self.keep(&states, &decided, |_| true, done)?;
        let folded = now.marked(plan.finish(&states, now.as_of)?, now.as_of)?;
        let folded = self.with_decided_columns(folded, &decided, now)?;
        done.n_merged += states.customers.len() as u64;
        self.grade(&folded, now, done)
    }

    /// Reads all events of these customers, folds and grades them.
    async fn refold(
        &self,
        customers: &[i64],
        retracted: &[i64],
        now: &Now<'_>,
        done: &mut Done,
    ) -> Result<(), WorkspaceError> {
        // The instants to be graded, earlier ones first, each with whose events are whose then.
        let earlier = now.earlier.iter().map(|(as_of, then)| (*as_of, then.owners(customers)));
        let instants: Vec<(AsOf, BTreeMap<i64, i64>)> =
            earlier.chain([(now.as_of, now.holding.owners(customers))]).collect();
        let identities: BTreeSet<i64> =
            instants.iter().flat_map(|(_, owners)| owners.keys().copied()).collect();
        let identities: Vec<i64> = identities.into_iter().collect();
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let bound = ScanBound {
            position: Some(self.in_ledger),
            known: Some(now.known_us),
            time: Some(now.as_of.instant_us),
        };
        let mut events = self.snapshot.read_identities(&identities, &columns, bound).await?;
        for batch in &self.kept {
            events.push(visible(batch, &identities, now)?);
        }
        events.retain(|batch| batch.num_rows() > 0);
        let kept = |customer: i64| {
            self.can_merge
                && !now.holding.contains(customer)
                && !self.base.links.contains_key(&customer)
                && !self.retracted.contains(&customer)
                && !retracted.contains(&customer)
        };
        let mut chains = Chains::default();
        let (mut all_runs, mut of_owners) = (Vec::new(), None);
        for (as_of, owners) in &instants {
            let mut decided: Vec<RecordBatch> = Vec::new();
            // Whose events are whose changes seldom from one instant to the next.
            if of_owners != Some(owners) {
                let whose: Vec<i64> = owners.keys().copied().collect();
                let own =
                    events.iter().map(|batch| visible(batch, &whose, now)).collect::<Result<Vec<_>, _>>()?;
                (all_runs, of_owners) = (runs_of_customers(&own, owners)?, Some(owners));
            }
            for runs in &all_runs {
                let batches = self.compiled.fold.fold(runs, &[*as_of], &mut done.faults)?;
                let batches = batches.into_iter().map(|batch| now.marked(batch, *as_of));
                let batches = batches.collect::<Result<Vec<_>, _>>()?;
                let batches = chains.put(&self.model, *as_of, &self.zone, batches)?;
                if *as_of != now.as_of {
                    // Where the base knows no fits, the day has changed: those of the run are all there are.
                    let fits = self.base.about.fits.get(&as_of.instant_us).unwrap_or(&self.fits);
                    let date = date(*as_of)?;
                    let graded =
                        batches.iter().map(|batch| self.compiled.stage_b.apply(batch, fits, date).batch);
                    decided.extend(graded);
                    continue;
                }
                for batch in &batches {
                    self.grade(batch, now, done)?;
                }
                let states = self.compiled.fold.states(runs, now.as_of, &mut Faults::new())?;
                let mut columns: Vec<ArrayRef> = Vec::new();
                for field in &self.form.schema().fields()[self.codec.schema().fields().len()..] {
                    let before = field.name().replacen(DECIDED, BEFORE, 1);
                    let of = |batch: &RecordBatch| {
                        batch.column_by_name(field.name()).or_else(|| batch.column_by_name(&before)).cloned()
                    };
                    columns.push(match batches.first().and_then(of) {
                        Some(column) => column,
                        None => new_null_array(field.data_type(), states.customers.len()),
                    });
                }
                self.keep(&states, &columns, kept, done)?;
            }
            if *as_of != now.as_of {
                chains.note(&self.model, *as_of, &self.zone, &decided)?;
            }
        }
        Ok(())
    }

    /// Notes the rows of these customers, where one is to be kept.
    fn keep(
        &self,
        states: &States,
        decided: &[ArrayRef],
        kept: impl Fn(i64) -> bool,
        done: &mut Done,
    ) -> Result<(), WorkspaceError> {
        let mut columns = self.codec.encode(states)?.columns().to_vec();
        columns.extend_from_slice(decided);
        let rows = RecordBatch::try_new(self.form.schema().clone(), columns)?;
        self.form.write(&rows, |customer, bytes| {
            done.today.push((customer, kept(customer).then(|| bytes.into())));
            Ok(())
        })?;
        Ok(())
    }

    /// Adds what the schemes decided earlier, for those that stand by it now.
    fn with_decided_columns(
        &self,
        folded: RecordBatch,
        decided: &[ArrayRef],
        now: &Now<'_>,
    ) -> Result<RecordBatch, WorkspaceError> {
        let (mut folded, mut rest) = (folded, decided);
        for (name, scheme) in self.model.tiers.iter() {
            let names = tier_columns(name, scheme);
            let own;
            (own, rest) = rest.split_at(names.len());
            if let Some(standing) = now.standings.get(name) {
                let names = names.iter().map(|(name, _)| name.as_str());
                folded = with_columns(&folded, *standing, names, own.to_vec())?;
            }
        }
        Ok(folded)
    }

    fn grade(&self, folded: &RecordBatch, now: &Now<'_>, done: &mut Done) -> Result<(), WorkspaceError> {
        let owner = |identity: i64| now.holding.customer_of(identity);
        let set =
            SetTiers::among(&self.overrides, now.as_of.instant_us, now.known_us, owner).and_held(&self.held);
        let folded = &set.with(folded.clone(), &self.model)?;
        let graded = self.compiled.stage_b.apply(folded, &self.fits, date(now.as_of)?);
        for (path, n) in graded.faults {
            *done.faults.entry(path).or_default() += n;
        }
        if let Some(customers) = folded.column_by_name(CUSTOMER) {
            done.present.extend(customers.as_primitive::<Int64Type>().values());
        }
        done.batches.push(graded.batch);
        Ok(())
    }
}

/// The rows of these identities, which ascend, that count now.
fn visible(rows: &RecordBatch, wanted: &[i64], now: &Now<'_>) -> Result<RecordBatch, WorkspaceError> {
    let missing = |name: &str| WorkspaceError::Defect(format!("the events lack the column {name}"));
    let column = |name: &'static str| rows.column_by_name(name).ok_or_else(|| missing(name));
    let identities = column(column::IDENTITY)?.as_primitive::<Int64Type>().values();
    let times = column(column::TIME)?.as_primitive::<TimestampMicrosecondType>().values();
    let known = column(column::KNOWN)?.as_primitive::<TimestampMicrosecondType>().values();
    let counts = |row: usize| {
        wanted.binary_search(&identities[row]).is_ok()
            && times[row] <= now.as_of.instant_us
            && known[row] <= now.known_us
    };
    let keep: BooleanArray = (0..rows.num_rows()).map(|row| Some(counts(row))).collect();
    Ok(filter_record_batch(rows, &keep)?)
}

/// Rows in the order of the ledger.
fn sorted(rows: &RecordBatch) -> Result<RecordBatch, WorkspaceError> {
    if rows.num_rows() < 2 {
        return Ok(rows.clone());
    }
    let sort: Vec<SortColumn> = SORT_COLUMNS
        .iter()
        .filter_map(|name| rows.column_by_name(name))
        .map(|values| SortColumn { values: values.clone(), options: None })
        .collect();
    Ok(take_record_batch(rows, &lexsort_to_indices(&sort, None)?)?)
}

fn date(as_of: AsOf) -> Result<jiff::civil::Date, WorkspaceError> {
    date_of(as_of.day).ok_or_else(|| WorkspaceError::Defect("the instant has no date".into()))
}
