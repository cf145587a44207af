//! Coverage: which indicators no source has ever delivered anything for, as of an instant and as known
//! then. They are unknown for everybody, not zero; and those that were delivered only from some day on say
//! so. It is a property of the ledger alone, so batch, live and explanation agree.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use gradus_grading::fold::spec::FoldIndicator;
use gradus_grading::fold::{AsOf, FoldPlan, Need, Zone, date_of, dates_of, with_uncovered};
use gradus_ledger::table::{Delivered, EventsSnapshot, ScanBound, Seen, followed_columns};
use gradus_model::event_stream::{EventSchema, UNDATED};
use jiff::civil::Date;

use crate::WorkspaceError;

/// What the ledger delivers of what a fold reads.
#[derive(Debug, Clone)]
pub struct Coverage {
    delivered: Delivered,
    /// Columns of which it is known whether they were given.
    followed: BTreeSet<String>,
    indicators: Vec<(FoldIndicator, Vec<Need>)>,
}

impl Coverage {
    /// Of the events of a snapshot; imports count as undone that were known to be by `known_us`, or all if
    /// that is left out.
    pub async fn of(
        snapshot: &EventsSnapshot,
        fold: &FoldPlan,
        known_us: Option<i64>,
    ) -> Result<Coverage, WorkspaceError> {
        let bound = ScanBound { known: known_us, ..ScanBound::default() };
        Ok(Coverage::new(snapshot.delivered(bound).await?, snapshot.event_schema(), fold))
    }

    /// Of what was delivered.
    pub fn new(delivered: Delivered, schema: &EventSchema, fold: &FoldPlan) -> Coverage {
        let indicators = fold.indicators().iter().cloned().zip(fold.covered_by()).collect();
        Coverage { delivered, followed: followed_columns(schema), indicators }
    }

    /// Adds events that are not in the ledger yet.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), WorkspaceError> {
        Ok(self.delivered.add(batch, None)?)
    }

    /// Columns of the fold of which nothing was delivered that may be seen.
    pub fn uncovered(&self, seen: Seen) -> BTreeSet<String> {
        let is_met = |need: &Need| {
            let has = |column: Option<&str>| self.delivered.has(need.kinds.as_ref(), column, seen);
            has(None) && need.columns.intersection(&self.followed).all(|column| has(Some(column)))
        };
        let missing = self.indicators.iter().filter(|(_, needs)| !needs.iter().all(is_met));
        missing.map(|(indicator, _)| indicator.name.clone()).collect()
    }

    /// Columns of the fold whose events are delivered only since a day after the window's first.
    pub fn partly(&self, as_of: AsOf, seen: Seen, zone: &Zone) -> BTreeMap<String, Date> {
        let since = |need: &Need| {
            let since = |column: Option<&str>| self.delivered.since(need.kinds.as_ref(), column, seen);
            let of_columns = need.columns.intersection(&self.followed).map(|column| since(Some(column)));
            of_columns.chain([since(None)]).flatten().max()
        };
        let of = |(indicator, needs): &(FoldIndicator, Vec<Need>)| {
            let (first, _) = dates_of(&indicator.window, as_of, zone)?;
            let since = needs.iter().filter_map(since).max().filter(|since| *since > UNDATED)?;
            let since = date_of(zone.day(since))?;
            (since > first).then(|| (indicator.name.clone(), since))
        };
        self.indicators.iter().filter_map(of).collect()
    }
}

/// What a grading as of an instant may see of the whole ledger.
pub fn seen(as_of: AsOf, known_us: i64) -> Seen {
    Seen { time: as_of.instant_us, known: known_us, position: i64::MAX }
}

/// The values of the fold with what is uncovered marked so.
pub fn marked(
    batches: Vec<RecordBatch>,
    uncovered: &BTreeSet<String>,
) -> Result<Vec<RecordBatch>, WorkspaceError> {
    batches.iter().map(|batch| Ok(with_uncovered(batch, uncovered)?)).collect()
}
