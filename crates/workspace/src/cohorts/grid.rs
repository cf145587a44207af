//! Counts and sums by cohort and period, and who bought in which.

use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use gradus_grading::fold::{AsOf, CUSTOMER, Zone, first_day, step_of};
use gradus_model::Text;
use gradus_model::document::SpanUnit;

use super::count::{FIRST, PURCHASES, VALUE};
use super::{Cohort, CohortPeriod, CohortStep, Cohorts, MOST_PERIODS};
use crate::WorkspaceError;

/// The bit of a customer whose first purchase lies before all cohorts.
pub(super) const EARLIER: u64 = 1 << 63;
const _: () = assert!(MOST_PERIODS < 63);

/// What a pass knows and writes: who bought when.
pub(super) struct Counting {
    pub by: CohortStep,
    /// The first step that is told apart.
    pub first: i64,
    /// The last instant before it, in microseconds UTC.
    pub before_us: i64,
    /// The close of each step.
    pub instants: Vec<AsOf>,
    /// Ascending, and whether each of them counts.
    customers: Vec<i64>,
    counts: Vec<bool>,
    bought: Vec<AtomicU64>,
}

/// Counts and sums by cohort and period; sums in ten-thousandths.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grid {
    pub n: usize,
    pub active: Vec<u64>,
    pub value: Vec<i128>,
}

impl Grid {
    pub(super) fn new(n: usize) -> Grid {
        Grid { n, active: vec![0; n * n], value: vec![0; n * n] }
    }

    pub(super) fn merge(&mut self, other: &Grid) {
        self.active.iter_mut().zip(&other.active).for_each(|(own, more)| *own += more);
        self.value.iter_mut().zip(&other.value).for_each(|(own, more)| *own += more);
    }
}

/// The folded columns of a batch.
pub(super) struct Folded {
    pub customers: PrimitiveArray<Int64Type>,
    days: PrimitiveArray<Int64Type>,
    purchases: PrimitiveArray<Int64Type>,
    value: Option<PrimitiveArray<Decimal128Type>>,
}

impl Folded {
    pub(super) fn of(batch: &RecordBatch) -> Result<Folded, WorkspaceError> {
        let missing = || WorkspaceError::Defect("the cohorts were not folded".into());
        let column = |name: &str| batch.column_by_name(name).ok_or_else(missing);
        let whole = |name: &str| -> Result<PrimitiveArray<Int64Type>, WorkspaceError> {
            Ok(cast(column(name)?, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
        };
        let value: Option<ArrayRef> = batch
            .column_by_name(VALUE)
            .map(|values| cast(values, &DataType::Decimal128(38, 4)))
            .transpose()?;
        Ok(Folded {
            customers: whole(CUSTOMER)?,
            days: whole(FIRST)?,
            purchases: whole(PURCHASES)?,
            value: value.map(|values| values.as_primitive::<Decimal128Type>().clone()),
        })
    }

    pub(super) fn len(&self) -> usize {
        self.customers.len()
    }

    /// The step of the first purchase, counted from `first`; none without one.
    pub(super) fn began(&self, row: usize, today: i32, unit: SpanUnit, first: i64) -> Option<i64> {
        if self.days.is_null(row) {
            return None;
        }
        let day = i32::try_from(i64::from(today) - self.days.value(row)).unwrap_or(i32::MIN / 2);
        Some(step_of(day, unit) - first)
    }

    /// Whether something was bought, and for how much.
    pub(super) fn bought(&self, row: usize) -> (bool, i128) {
        let bought = self.purchases.is_valid(row) && self.purchases.value(row) > 0;
        let value = self.value.as_ref().filter(|values| values.is_valid(row));
        (bought, value.map_or(0, |values| values.value(row)))
    }
}

impl Counting {
    pub(super) fn new(
        by: CohortStep,
        first: i64,
        instants: Vec<AsOf>,
        zone: &Zone,
        (customers, counts): (Vec<i64>, Vec<bool>),
    ) -> Counting {
        let bought = customers.iter().map(|_| AtomicU64::new(0)).collect();
        let before_us = AsOf::close_of(first_day(first, by.unit()) - 1, zone).instant_us;
        Counting { by, first, before_us, instants, customers, counts, bought }
    }

    /// By customer the periods in which they bought.
    pub(super) fn bought(&self) -> Vec<u64> {
        self.bought.iter().map(|bits| bits.load(Ordering::Relaxed)).collect()
    }

    /// The place of a customer who counts, looked for from another's on, before whom they do not stand.
    pub(super) fn place(&self, customer: i64, from: usize) -> Option<usize> {
        let rest = self.customers.get(from..)?;
        // Neighbours in the ledger are near each other here.
        let mut reach = 1;
        while rest.get(reach).is_some_and(|other| *other < customer) {
            reach *= 2;
        }
        let near = rest.get(reach / 2..rest.len().min(reach + 1))?;
        let place = from + reach / 2 + near.binary_search(&customer).ok()?;
        self.counts[place].then_some(place)
    }

    /// Notes what a customer did in a step; `began` is the one of their first purchase.
    pub(super) fn note(&self, grid: &mut Grid, place: usize, began: i64, at: usize, did: (bool, i128)) {
        let (bought, brought) = did;
        let Ok(cohort) = usize::try_from(began) else {
            self.bought[place].fetch_or(EARLIER, Ordering::Relaxed);
            return;
        };
        // The first purchase makes them active in its own period, whatever the count calls an order.
        if bought || cohort == at {
            self.bought[place].fetch_or(1 << at, Ordering::Relaxed);
            grid.active[cohort * grid.n + at] += 1;
        }
        grid.value[cohort * grid.n + at] += brought;
    }

    /// Adds what customers did by the close of a step.
    pub(super) fn add(&self, grid: &mut Grid, at: usize, batch: &RecordBatch) -> Result<(), WorkspaceError> {
        let folded = Folded::of(batch)?;
        let today = self.instants[at].day;
        let is_last = at + 1 == self.instants.len();
        for row in 0..folded.len() {
            let Some(began) = folded.began(row, today, self.by.unit(), self.first) else { continue };
            let (bought, brought) = folded.bought(row);
            if !bought && brought == 0 && began != at as i64 && !(began < 0 && is_last) {
                continue;
            }
            if let Some(place) = self.place(folded.customers.value(row), 0) {
                self.note(grid, place, began, at, (bought, brought));
            }
        }
        Ok(())
    }
}

/// What a pass gave.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Counted {
    pub first: i64,
    pub grid: Grid,
    pub bought: Vec<u64>,
    /// Customers who count.
    pub n_seen: u64,
}

pub(super) struct Names {
    pub as_of: String,
    pub purchase: (String, Text),
    pub value: Option<(String, Text)>,
}

impl Counted {
    /// As it is told: from the first cohort that anybody belongs to. `day` is that of the grading.
    pub(super) fn told(&self, by: CohortStep, day: i32, names: Names) -> Cohorts {
        let Grid { n, active, value } = &self.grid;
        let n = *n;
        let n_earlier = self.bought.iter().filter(|bits| **bits & EARLIER != 0).count() as u64;
        let size = |cohort: usize| active[cohort * n + cohort];
        let n_in: u64 = (0..n).map(size).sum();
        let begin = (0..n).find(|cohort| size(*cohort) > 0).unwrap_or(n);
        // The last period is whole only if the grading closes it.
        let closes = day + 1 == first_day(step_of(day, by.unit()) + 1, by.unit());
        let period = |cohort: usize, at: usize| {
            let place = cohort * n + at;
            let n_active = active[place];
            CohortPeriod {
                period: by.name(self.first + at as i64),
                n_active,
                active: if size(cohort) == 0 { 0.0 } else { n_active as f64 / size(cohort) as f64 },
                value: names.value.as_ref().map(|_| value[place] as f64 / 10_000.0),
                runs: at + 1 == n && !closes,
            }
        };
        let cohorts = (begin..n).map(|cohort| Cohort {
            cohort: by.name(self.first + cohort as i64),
            size: size(cohort),
            periods: (cohort..n).map(|at| period(cohort, at)).collect(),
        });
        Cohorts {
            by,
            cohorts: cohorts.collect(),
            as_of: names.as_of,
            purchase: names.purchase,
            value: names.value.clone(),
            n_earlier,
            n_without: self.n_seen.saturating_sub(n_in + n_earlier),
        }
    }
}
