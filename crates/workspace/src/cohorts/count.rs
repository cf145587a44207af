//! The one pass: each customer's purchases as of the close of every month or quarter.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use datafusion::physical_plan::ExecutionPlan;
use futures::{StreamExt, stream};
use gradus_grading::fold::{AsOf, CUSTOMER, Elsewhere, FoldExec, Told, Visible, first_day, step_of};
use gradus_ledger::table::{EventsSnapshot, ScanBound};
use gradus_model::Text;
use gradus_model::document::{Calendar, Indicator, IndicatorKind, Model, Named, Period, Window};
use gradus_model::event_stream::UNDATED;

use super::{Cohort, CohortPeriod, CohortStep, Cohorts, MOST_PERIODS, Purchases, no_purchases};
use crate::base::Base;
use crate::clock::system_us;
use crate::compiled::Compiled;
use crate::grade::{fold_linked, instant_of, open_events, scan_columns, task_context};
use crate::links::linked;
use crate::moves::title;
use crate::references::conversion;
use crate::stored::processors;
use crate::{Documents, Workspace, WorkspaceError, versions};

/// The columns that are folded.
const FIRST: &str = "cohort_days_since_first";
const PURCHASES: &str = "cohort_purchases";
const VALUE: &str = "cohort_value";

/// The bit of a customer whose first purchase lies before all cohorts.
const EARLIER: u64 = 1 << 63;
const _: () = assert!(MOST_PERIODS < 63);

/// Cohorts, and who is in which cell of them.
pub(crate) struct CohortBase {
    pub told: Cohorts,
    /// By a customer's place in the base: the periods in which they bought, the earliest in the lowest
    /// bit. That of the first purchase names the cohort.
    bought: Vec<u64>,
    /// The step of the lowest bit.
    first: i64,
}

impl CohortBase {
    /// Folds the ledger as the grading of the base read it; only those of whom `seen` says so count.
    pub async fn count(
        workspace: &Workspace,
        base: &Base,
        by: CohortStep,
        seen: Option<&[Vec<BooleanArray>]>,
    ) -> Result<CohortBase, WorkspaceError> {
        let purchases = Purchases::of(&base.model).ok_or_else(no_purchases)?;
        let events = open_events(workspace).await?;
        let snapshot = events.snapshot().await?;
        let documents = versions::graded_by(workspace).await?;
        let documents = Documents { model: folded_model(&purchases, by), ..documents };
        let known_at = base.known_at.min(system_us());
        let as_of = workspace.as_of(base.graded.as_of_us);
        let position = base.position.unwrap_or(snapshot.last_position());
        let compiled = Compiled::new(&documents, events.event_schema(), &workspace.zone)?
            .over(
                &snapshot,
                conversion(&workspace.settings, &snapshot),
                Told { known_us: known_at, position },
            )
            .await?;
        let (first, instants) = instants(workspace, &snapshot, as_of, by);
        let bound =
            ScanBound { position: Some(position), known: Some(known_at), time: Some(as_of.instant_us) };
        // Who is whom is what the grading took them for.
        let links = linked(workspace, as_of.instant_us, known_at).await?;
        let counting = Arc::new(Counting {
            by,
            first,
            instants,
            bought: (0..base.n_customers()).map(|_| AtomicU64::new(0)).collect(),
        });
        let (ids, allowed) = places(base, seen);
        let within = Arc::new((ids, allowed));
        let mut grid = fold(&compiled, &snapshot, &links, bound, &counting, &within).await?;
        let all = vec![links; counting.instants.len()];
        let mut faults = BTreeMap::new();
        let mut failed = None;
        let mut keep = |at: usize, batch: RecordBatch| {
            if let Err(error) = counting.add(&mut grid, at, &batch, &within) {
                failed = Some(error);
            }
        };
        fold_linked(&compiled, &snapshot, &counting.instants, &all, bound, &mut keep, &mut faults).await?;
        if let Some(error) = failed {
            return Err(error);
        }
        let bought: Vec<u64> = counting.bought.iter().map(|bits| bits.load(Ordering::Relaxed)).collect();
        let named = |name: &str, one: &Indicator| (name.to_string(), title(one.title.as_ref(), name));
        let n_seen = within.1.iter().filter(|allowed| **allowed).count() as u64;
        let told = grid.told(
            &counting,
            Names {
                as_of: base.graded.as_of.clone(),
                purchase: named(&purchases.name, &purchases.counted),
                value: purchases.value.as_ref().map(|(name, one)| named(name, one)),
            },
            &bought,
            n_seen,
        );
        Ok(CohortBase { told, bought, first })
    }

    /// For each batch of the base who belongs to a cohort, and bought in a period of it.
    pub fn members(&self, base: &Base, cohort: &str, period: Option<u32>) -> Vec<BooleanArray> {
        let names = (0..MOST_PERIODS as i64).map(|at| self.told.by.name(self.first + at));
        let cohort = names.into_iter().position(|name| name == cohort).unwrap_or(MOST_PERIODS);
        let mut out: Vec<Vec<bool>> =
            base.graded.batches.iter().map(|batch| vec![false; batch.num_rows()]).collect();
        for ((_, batch, row), bits) in base.rows().zip(&self.bought) {
            let belongs = bits & EARLIER == 0 && *bits != 0 && bits.trailing_zeros() as usize == cohort;
            let bought =
                period.is_none_or(|period| bits.checked_shr(cohort as u32 + period).unwrap_or(0) & 1 == 1);
            out[batch][row] = belongs && bought;
        }
        out.into_iter().map(BooleanArray::from).collect()
    }
}

/// The model that is folded: the days since the first purchase, and what happened in the period alone.
fn folded_model(purchases: &Purchases, by: CohortStep) -> Model {
    let calendar = match by {
        CohortStep::Month => Calendar::ThisMonth,
        CohortStep::Quarter => Calendar::ThisQuarter,
    };
    let window = Some(Window::Long(Period { calendar: Some(calendar), ..Period::default() }));
    let within = |one: &Indicator| Indicator { window: window.clone(), compare: None, ..one.clone() };
    let first = Indicator {
        kind: IndicatorKind::DaysSince,
        of: None,
        pick: Some("first".into()),
        window: None,
        empty: None,
        compare: None,
        ..purchases.counted.clone()
    };
    let mut indicators =
        vec![(FIRST.to_string(), first), (PURCHASES.to_string(), within(&purchases.counted))];
    if let Some((_, value)) = &purchases.value {
        indicators.push((VALUE.to_string(), within(value)));
    }
    for (_, one) in &mut indicators {
        one.title = None;
    }
    Model {
        gradus: 1,
        title: Text::default(),
        description: Text::default(),
        indicators: indicators.into_iter().collect(),
        scorecards: Named::default(),
        rule_sets: Named::default(),
        decision_tables: Named::default(),
        cross_tables: Named::default(),
        decision_trees: Named::default(),
        flows: Named::default(),
        tiers: Named::default(),
        segments: Named::default(),
        groupings: Named::default(),
        validation: None,
        tests: Default::default(),
    }
}

/// The first step that is told apart, and the close of each one up to the grading, which ends the last.
fn instants(
    workspace: &Workspace,
    snapshot: &EventsSnapshot,
    as_of: AsOf,
    by: CohortStep,
) -> (i64, Vec<AsOf>) {
    let unit = by.unit();
    let last = step_of(as_of.day, unit);
    let earliest = last + 1 - MOST_PERIODS as i64;
    let times = snapshot.files().iter().map(|file| file.facts.time.min);
    let dated = times.filter(|us| *us > UNDATED).min();
    // Where a file has facts without a date its first event is not known: then all steps are told apart.
    let undated = snapshot.files().iter().any(|file| file.facts.time.min <= UNDATED);
    let first = match dated {
        Some(us) if !undated => step_of(workspace.zone.day(us), unit).clamp(earliest, last),
        _ => earliest,
    };
    let close = |step: i64| AsOf::close_of(first_day(step + 1, unit) - 1, &workspace.zone);
    let mut instants: Vec<AsOf> = (first..last).map(close).collect();
    instants.push(as_of);
    (first, instants)
}

/// The customers of the base by their numbers, and whether each of them counts.
fn places(base: &Base, seen: Option<&[Vec<BooleanArray>]>) -> (Vec<i64>, Vec<bool>) {
    let counts = |batch: usize, row: usize| {
        seen.is_none_or(|filters| filters.iter().all(|filter| filter[batch].value(row)))
    };
    base.rows().map(|(id, batch, row)| (id, counts(batch, row))).unzip()
}

/// What a pass knows and writes: who bought when.
struct Counting {
    by: CohortStep,
    first: i64,
    instants: Vec<AsOf>,
    bought: Vec<AtomicU64>,
}

/// Numbers of the customers in order, and whether they count.
type Within = Arc<(Vec<i64>, Vec<bool>)>;

/// Counts and sums by cohort and period; sums in ten-thousandths.
#[derive(Clone)]
struct Grid {
    n: usize,
    active: Vec<u64>,
    value: Vec<i128>,
}

impl Grid {
    fn new(n: usize) -> Grid {
        Grid { n, active: vec![0; n * n], value: vec![0; n * n] }
    }

    fn merge(&mut self, other: &Grid) {
        self.active.iter_mut().zip(&other.active).for_each(|(own, more)| *own += more);
        self.value.iter_mut().zip(&other.value).for_each(|(own, more)| *own += more);
    }
}

impl Counting {
    /// Adds what customers did by the close of a step.
    fn add(
        &self,
        grid: &mut Grid,
        at: usize,
        batch: &RecordBatch,
        within: &Within,
    ) -> Result<(), WorkspaceError> {
        let missing = || WorkspaceError::Defect("the cohorts were not folded".into());
        let column = |name: &str| batch.column_by_name(name).ok_or_else(missing);
        let ids = column(CUSTOMER)?.as_primitive::<Int64Type>();
        let days = cast(column(FIRST)?, &DataType::Int64)?;
        let days = days.as_primitive::<Int64Type>();
        let purchases = cast(column(PURCHASES)?, &DataType::Int64)?;
        let purchases = purchases.as_primitive::<Int64Type>();
        let value: Option<ArrayRef> = batch
            .column_by_name(VALUE)
            .map(|values| cast(values, &DataType::Decimal128(38, 4)))
            .transpose()?;
        let value = value.as_ref().map(|values| values.as_primitive::<Decimal128Type>());
        let (known, allowed) = (&within.0, &within.1);
        let today = i64::from(self.instants[at].day);
        for row in 0..batch.num_rows() {
            if days.is_null(row) {
                continue;
            }
            let day = i32::try_from(today - days.value(row)).unwrap_or(i32::MIN / 2);
            let began = step_of(day, self.by.unit()) - self.first;
            let bought = purchases.is_valid(row) && purchases.value(row) > 0;
            let brought = value.filter(|values| values.is_valid(row)).map_or(0, |values| values.value(row));
            let is_last = at + 1 == self.instants.len();
            if !bought && brought == 0 && began != at as i64 && !(began < 0 && is_last) {
                continue;
            }
            let Ok(place) = known.binary_search(&ids.value(row)) else { continue };
            if !allowed[place] {
                continue;
            }
            let Ok(cohort) = usize::try_from(began) else {
                self.bought[place].fetch_or(EARLIER, Ordering::Relaxed);
                continue;
            };
            // The first purchase makes them active in its own period, whatever the count calls an order.
            if bought || cohort == at {
                self.bought[place].fetch_or(1 << at, Ordering::Relaxed);
                grid.active[cohort * grid.n + at] += 1;
            }
            grid.value[cohort * grid.n + at] += brought;
        }
        Ok(())
    }
}

/// Folds everybody whose events lie under one identity, part by part, and keeps only the counts.
async fn fold(
    compiled: &Compiled,
    snapshot: &EventsSnapshot,
    links: &BTreeMap<i64, i64>,
    bound: ScanBound,
    counting: &Arc<Counting>,
    within: &Within,
) -> Result<Grid, WorkspaceError> {
    let retractions = snapshot.shape(bound).has_retractions;
    let columns = scan_columns(compiled, retractions);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let scan = snapshot.scan(&columns, bound)?;
    let elsewhere: Elsewhere = Arc::new(links.keys().copied().collect());
    let visible = Visible { retractions, ..Visible::default() };
    let exec = FoldExec::new(compiled.fold.clone(), counting.instants.clone(), visible, elsewhere, scan.plan);
    let exec = Arc::new(exec);
    let n = counting.instants.len();
    let at: Arc<BTreeMap<i64, usize>> =
        Arc::new(counting.instants.iter().enumerate().map(|(at, as_of)| (as_of.instant_us, at)).collect());
    let context = task_context();
    let n_partitions = exec.properties().output_partitioning().partition_count();
    let tasks = (0..n_partitions).map(|partition| {
        let (exec, context, at) = (exec.clone(), context.clone(), at.clone());
        let (counting, within) = (counting.clone(), within.clone());
        async move {
            let task = tokio::spawn(async move {
                let mut grid = Grid::new(n);
                let mut batches = exec.execute(partition, context)?;
                while let Some(batch) = batches.next().await {
                    let batch = batch?;
                    if let Some(at) = instant_of(&batch).and_then(|us| at.get(&us)) {
                        counting.add(&mut grid, *at, &batch, &within)?;
                    }
                }
                Ok::<_, WorkspaceError>(grid)
            });
            task.await.map_err(|error| WorkspaceError::Defect(format!("a fold ended: {error}")))?
        }
    });
    let mut grid = Grid::new(n);
    let mut done = stream::iter(tasks).buffered(processors().get());
    while let Some(part) = done.next().await {
        grid.merge(&part?);
    }
    Ok(grid)
}

struct Names {
    as_of: String,
    purchase: (String, Text),
    value: Option<(String, Text)>,
}

impl Grid {
    /// As it is told: from the first cohort that anybody belongs to.
    fn told(&self, counting: &Counting, names: Names, bought: &[u64], n_seen: u64) -> Cohorts {
        let n_earlier = bought.iter().filter(|bits| **bits & EARLIER != 0).count() as u64;
        let size = |cohort: usize| self.active[cohort * self.n + cohort];
        let n_in: u64 = (0..self.n).map(size).sum();
        let begin = (0..self.n).find(|cohort| size(*cohort) > 0).unwrap_or(self.n);
        let unit = counting.by.unit();
        // The last period is whole only if the grading closes it.
        let closes = counting.instants.last().is_some_and(|last| {
            let (this, next) = (step_of(last.day, unit), step_of(last.day + 1, unit));
            this != next
        });
        let period = |cohort: usize, at: usize| {
            let place = cohort * self.n + at;
            let n_active = self.active[place];
            CohortPeriod {
                period: counting.by.name(counting.first + at as i64),
                n_active,
                active: if size(cohort) == 0 { 0.0 } else { n_active as f64 / size(cohort) as f64 },
                value: names.value.as_ref().map(|_| self.value[place] as f64 / 10_000.0),
                runs: at + 1 == self.n && !closes,
            }
        };
        let cohorts = (begin..self.n).map(|cohort| Cohort {
            cohort: counting.by.name(counting.first + cohort as i64),
            size: size(cohort),
            periods: (cohort..self.n).map(|at| period(cohort, at)).collect(),
        });
        Cohorts {
            as_of: names.as_of.clone(),
            by: counting.by,
            purchase: names.purchase.clone(),
            value: names.value.clone(),
            cohorts: cohorts.collect(),
            n_earlier,
            n_without: n_seen.saturating_sub(n_in + n_earlier),
        }
    }
}
