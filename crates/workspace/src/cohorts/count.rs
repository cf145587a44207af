//! Cohorts of a graded base: counted in one pass, or read back where that was done before.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use gradus_grading::fold::{AsOf, Told, first_day, step_of};
use gradus_ledger::table::{EventsSnapshot, ScanBound};
use gradus_model::document::{Calendar, Indicator, IndicatorKind, Model, Period, RefundDate, Window};
use gradus_model::event_stream::UNDATED;

use super::grid::{Counted, Counting, EARLIER, Names};
use super::kept::Kept;
use super::{CohortStep, Cohorts, MOST_PERIODS, Purchases, no_purchases, pass, stretches};
use crate::base::Base;
use crate::clock::system_us;
use crate::compiled::Compiled;
use crate::grade::{fold_linked, open_events};
use crate::links::linked;
use crate::moves::title;
use crate::references::conversion;
use crate::{Documents, Workspace, WorkspaceError, versions};

/// The columns that are folded.
pub(super) const FIRST: &str = "cohort_days_since_first";
pub(super) const PURCHASES: &str = "cohort_purchases";
pub(super) const VALUE: &str = "cohort_value";

/// Cohorts, and who is in which cell of them.
pub(crate) struct CohortBase {
    pub told: Cohorts,
    /// By a customer's place in the base: the periods in which they bought, the earliest in the lowest
    /// bit. That of the first purchase names the cohort.
    bought: Vec<u64>,
    /// The step of the lowest bit.
    first: i64,
}

/// How the ledger is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Each customer's events of one step as if they were somebody's whole life: every event is looked at once.
    Stretches,
    /// Everybody as of the close of every step. What counts by the date of an order whose refund came in another
    /// step can be told in this way only.
    Closes,
}

impl CohortBase {
    /// The cohorts of everybody: read back if they were counted for this grading before, by whichever process.
    pub async fn of_everybody(
        workspace: &Workspace,
        base: &Base,
        by: CohortStep,
    ) -> Result<CohortBase, WorkspaceError> {
        let purchases = Purchases::of(&base.model).ok_or_else(no_purchases)?;
        let kept = Kept::of(workspace, base, by);
        if let Some(counted) = kept.as_ref().and_then(|kept| kept.read(base.n_customers())) {
            return Ok(CohortBase::new(workspace, base, by, &purchases, counted));
        }
        let counted = counted(workspace, base, by, &purchases, None, way(&purchases)).await?;
        if let Some(kept) = kept {
            kept.write(&counted);
        }
        Ok(CohortBase::new(workspace, base, by, &purchases, counted))
    }

    /// Counts only those of whom `seen` says so.
    pub async fn of_some(
        workspace: &Workspace,
        base: &Base,
        by: CohortStep,
        seen: &[Vec<BooleanArray>],
    ) -> Result<CohortBase, WorkspaceError> {
        let purchases = Purchases::of(&base.model).ok_or_else(no_purchases)?;
        let counted = counted(workspace, base, by, &purchases, Some(seen), way(&purchases)).await?;
        Ok(CohortBase::new(workspace, base, by, &purchases, counted))
    }

    fn new(
        workspace: &Workspace,
        base: &Base,
        by: CohortStep,
        purchases: &Purchases,
        counted: Counted,
    ) -> CohortBase {
        let named = |name: &str, one: &Indicator| (name.to_string(), title(one.title.as_ref(), name));
        let names = Names {
            as_of: base.graded.as_of.clone(),
            purchase: named(&purchases.name, &purchases.counted),
            value: purchases.value.as_ref().map(|(name, one)| named(name, one)),
        };
        let day = workspace.as_of(base.graded.as_of_us).day;
        let told = counted.told(by, day, names);
        CohortBase { told, bought: counted.bought, first: counted.first }
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

pub(super) fn way(purchases: &Purchases) -> Way {
    let by_order = |one: &Indicator| one.refunds_count_by == Some(RefundDate::Order);
    match by_order(&purchases.counted) || purchases.value.as_ref().is_some_and(|(_, one)| by_order(one)) {
        true => Way::Closes,
        false => Way::Stretches,
    }
}

/// Folds the ledger as the grading of the base read it; only those of whom `seen` says so count.
pub(super) async fn counted(
    workspace: &Workspace,
    base: &Base,
    by: CohortStep,
    purchases: &Purchases,
    seen: Option<&[Vec<BooleanArray>]>,
    way: Way,
) -> Result<Counted, WorkspaceError> {
    let events = open_events(workspace).await?;
    let snapshot = events.snapshot().await?;
    let documents = versions::graded_by(workspace).await?;
    let window = match way {
        Way::Stretches => None,
        Way::Closes => Some(step_window(by)),
    };
    let documents = Documents { model: folded_model(purchases, window), ..documents };
    let known_at = base.known_at.min(system_us());
    let as_of = workspace.as_of(base.graded.as_of_us);
    let position = base.position.unwrap_or(snapshot.last_position());
    let compiled = Compiled::new(&documents, events.event_schema(), &workspace.zone)?
        .over(&snapshot, conversion(&workspace.settings, &snapshot), Told { known_us: known_at, position })
        .await?;
    let first = first_step(workspace, &snapshot, as_of, by);
    let bound = ScanBound { position: Some(position), known: Some(known_at), time: Some(as_of.instant_us) };
    // Who is whom is what the grading took them for.
    let links = linked(workspace, as_of.instant_us, known_at).await?;
    let places = places(base, seen);
    let n_seen = places.1.iter().filter(|counts| **counts).count() as u64;
    let instants = closes(workspace, first, as_of, by);
    let counting = Arc::new(Counting::new(by, first, instants, &workspace.zone, places));
    let grid = match way {
        Way::Stretches => stretches::count(&compiled, &snapshot, links, bound, &counting).await?,
        Way::Closes => {
            let mut grid = pass::fold(&compiled, &snapshot, &links, bound, &counting).await?;
            let all = vec![links; counting.instants.len()];
            let mut faults = BTreeMap::new();
            let mut failed = None;
            let mut keep = |at: usize, batch: RecordBatch| {
                if let Err(error) = counting.add(&mut grid, at, &batch) {
                    failed = Some(error);
                }
            };
            fold_linked(&compiled, &snapshot, &counting.instants, &all, bound, &mut keep, &mut faults)
                .await?;
            if let Some(error) = failed {
                return Err(error);
            }
            grid
        }
    };
    Ok(Counted { first, grid, bought: counting.bought(), n_seen })
}

/// One month or quarter, the one that an instant lies in.
fn step_window(by: CohortStep) -> Window {
    let calendar = match by {
        CohortStep::Month => Calendar::ThisMonth,
        CohortStep::Quarter => Calendar::ThisQuarter,
    };
    Window::Long(Period { calendar: Some(calendar), ..Period::default() })
}

/// The model that is folded: the days since the first purchase, and what happened in the window.
fn folded_model(purchases: &Purchases, window: Option<Window>) -> Model {
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
    Model { indicators: indicators.into_iter().collect(), ..Model::default() }
}

/// The first step that is told apart.
fn first_step(workspace: &Workspace, snapshot: &EventsSnapshot, as_of: AsOf, by: CohortStep) -> i64 {
    let unit = by.unit();
    let last = step_of(as_of.day, unit);
    let earliest = last + 1 - MOST_PERIODS as i64;
    let times = snapshot.files().iter().map(|file| file.facts.time.min);
    let dated = times.filter(|us| *us > UNDATED).min();
    // Where a file has facts without a date its first event is not known: then all steps are told apart.
    let undated = snapshot.files().iter().any(|file| file.facts.time.min <= UNDATED);
    match dated {
        Some(us) if !undated => step_of(workspace.zone.day(us), unit).clamp(earliest, last),
        _ => earliest,
    }
}

/// The close of each step from the first one up to the grading, which ends the last.
fn closes(workspace: &Workspace, first: i64, as_of: AsOf, by: CohortStep) -> Vec<AsOf> {
    let unit = by.unit();
    let close = |step: i64| AsOf::close_of(first_day(step + 1, unit) - 1, &workspace.zone);
    let mut instants: Vec<AsOf> = (first..step_of(as_of.day, unit)).map(close).collect();
    instants.push(as_of);
    instants
}

/// The customers of the base by their numbers, and whether each of them counts.
fn places(base: &Base, seen: Option<&[Vec<BooleanArray>]>) -> (Vec<i64>, Vec<bool>) {
    let counts = |batch: usize, row: usize| {
        seen.is_none_or(|filters| filters.iter().all(|filter| filter[batch].value(row)))
    };
    base.rows().map(|(id, batch, row)| (id, counts(batch, row))).unzip()
}
