//! Whom events touch, and how they are to be counted.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use gradus_grading::fold::AsOf;
use gradus_model::event_stream::{REFERENCE, UNATTRIBUTED, column};

use super::links::Holding;
use super::undone::TakenBack;
use super::{Live, Why};
use crate::WorkspaceError;
use crate::states::Waiting;

/// What a micro-batch does.
pub(super) struct Touched {
    /// Rows to be merged, none of a customer who is refolded.
    pub merge: RecordBatch,
    /// Customers whose events are read back.
    pub refold: BTreeMap<i64, Why>,
    /// Events that do not count yet, all of them.
    pub waiting: Vec<Waiting>,
    pub n_waiting: u64,
    /// Identities that have a retraction now.
    pub retracted: Vec<i64>,
    /// The links that hold now, if others may have held before.
    pub holding: Option<Holding>,
}

impl Live {
    /// Sorts out the rows of a micro-batch. `of_today` says that the base has states of this day to
    /// merge with, `stands` that those in memory are still good; `earlier` are the instants at which
    /// tiers were decided, with who was whom then; `affected` are the identities of which facts of
    /// references have changed what their events say, `taken_back` those of whom an import was undone.
    pub(super) fn touched(
        &self,
        rows: &RecordBatch,
        as_of: AsOf,
        known_us: i64,
        (of_today, stands): (bool, bool),
        earlier: &[(AsOf, Holding)],
        (affected, taken_back): (&BTreeSet<i64>, &TakenBack),
    ) -> Result<Touched, WorkspaceError> {
        let mut refold: BTreeMap<i64, Why> = BTreeMap::new();
        let from = (self.as_of.instant_us, self.known_us);
        let moved = self.links.moved(from, (as_of.instant_us, known_us));
        let holding = moved.as_ref().unwrap_or(&self.links.holding);
        if let Some(moved) = &moved {
            let mut changed = moved.changed(&self.links.holding);
            for (decided, then) in earlier {
                changed.extend(then.changed(&self.links.at(decided.instant_us, self.known_us)));
            }
            refold.extend(changed.into_iter().map(|customer| (customer, Why::Linked)));
        }
        // Whose tier, as it was decided, an event of that time may change: as of then the identity
        // may have been another's.
        let at_decisions = |identity: i64, time: i64| {
            let earlier = earlier.iter().filter(move |(decided, _)| time <= decided.instant_us);
            earlier.map(move |(_, then)| then.customer_of(identity))
        };

        let counts = |time: i64, known: i64| time <= as_of.instant_us && known <= known_us;
        let (due, mut waiting): (Vec<Waiting>, Vec<Waiting>) =
            self.waiting.iter().copied().partition(|event| counts(event.time_us, event.known_us));
        for event in due {
            for customer in
                at_decisions(event.identity, event.time_us).chain([holding.customer_of(event.identity)])
            {
                refold.entry(customer).or_insert(Why::Due);
            }
        }

        let missing = |name: &str| WorkspaceError::Defect(format!("the events lack the column {name}"));
        let column = |name: &'static str| rows.column_by_name(name).ok_or_else(|| missing(name));
        let identities = column(column::IDENTITY)?.as_primitive::<Int64Type>().values();
        let times = column(column::TIME)?.as_primitive::<TimestampMicrosecondType>().values();
        let known = column(column::KNOWN)?.as_primitive::<TimestampMicrosecondType>().values();
        let retractions = column(column::RETRACTION)?.as_boolean();
        let (mut retracted, mut n_waiting) = (Vec::new(), 0);
        let mut keep = vec![false; rows.num_rows()];
        for row in 0..rows.num_rows() {
            let identity = identities[row];
            // Nobody's events, and facts of references.
            if (REFERENCE..=UNATTRIBUTED).contains(&identity) {
                continue;
            }
            if retractions.value(row) {
                retracted.push(identity);
            }
            if !counts(times[row], known[row]) {
                waiting.push(Waiting { identity, time_us: times[row], known_us: known[row] });
                n_waiting += 1;
                continue;
            }
            let customer = holding.customer_of(identity);
            let mut is_late = false;
            for then in at_decisions(identity, times[row]) {
                is_late = true;
                if then != customer {
                    refold.entry(then).or_insert(Why::Late);
                }
            }
            let why = if !self.can_merge {
                Some(Why::CannotMerge)
            } else if holding.contains(identity) || self.base.links.contains_key(&identity) {
                Some(Why::Linked)
            } else if retractions.value(row) || self.retracted.contains(&identity) {
                Some(Why::Retraction)
            } else if is_late {
                Some(Why::Late)
            } else if !of_today
                && (!stands || as_of.day != self.as_of.day || !self.today.contains_key(&customer))
            {
                Some(Why::AnotherDay)
            } else {
                None
            };
            match why {
                Some(why) => {
                    refold.entry(customer).or_insert(why);
                }
                None => keep[row] = true,
            }
        }
        let undone = taken_back.identities.iter().map(|identity| (identity, Why::Undone));
        for (identity, why) in undone.chain(affected.iter().map(|identity| (identity, Why::Reference))) {
            let then = earlier.iter().map(|(_, then)| then.customer_of(*identity));
            for customer in then.chain([holding.customer_of(*identity)]) {
                refold.entry(customer).or_insert(why);
            }
        }
        if !refold.is_empty() {
            for (keep, identity) in keep.iter_mut().zip(identities) {
                *keep &= !refold.contains_key(identity);
            }
        }
        let merge = match keep.contains(&false) {
            true => filter_record_batch(rows, &BooleanArray::from(keep))?,
            false => rows.clone(),
        };
        Ok(Touched { merge, refold, waiting, n_waiting, retracted, holding: moved })
    }
}
