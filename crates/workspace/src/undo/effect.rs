//! What undoing an import means, in rows, money and customers: what it brought = what is taken back +
//! what stays.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Int64Type, TimestampMicrosecondType};
use gradus_grading::fold::date_of;
use gradus_ledger::clean::MoneyByCurrency;
use gradus_ledger::table::{EventsSnapshot, Positions};
use gradus_model::event_stream::{REFERENCE, UNATTRIBUTED, column};
use gradus_store::{Import, QuarantineStatus};
use serde::{Deserialize, Serialize};

use super::deliveries::Deliveries;
use crate::links::linked;
use crate::{Workspace, WorkspaceError};

/// Rows by what they are, and the money on them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Events of customers.
    pub events: u64,
    /// Events that are nobody's yet.
    pub unattributed: u64,
    /// Facts of references: products, stores, rates.
    pub facts: u64,
    /// Rows that take back another event, which counts again when they go.
    pub retractions: u64,
    /// Money of all events, retractions left out.
    pub money: MoneyByCurrency,
}

impl Sum {
    pub fn rows(&self) -> u64 {
        self.events + self.unattributed + self.facts + self.retractions
    }
}

/// What undoing an import means.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Rows that the import brought into the ledger.
    pub brought: Sum,
    /// Of those, the ones that do not count any more.
    pub taken_back: Sum,
    /// Of those, the ones that stay, since another import delivered them, too.
    pub stays: Sum,
    /// Numbers of those imports.
    pub kept_by: Vec<i64>,
    /// Rows of imports that were undone before, which this one alone delivered still.
    pub of_undone: Sum,
    /// Customers of whom some event does not count any more.
    pub customers: u64,
    /// Local dates of the first and the last event that does not count any more.
    pub first: Option<String>,
    pub last: Option<String>,
    /// Rows of the import in quarantine that are closed.
    pub quarantine_closed: u64,
    /// Rows in quarantine that the import had mended, and that are open again.
    pub quarantine_reopened: u64,
    /// Brought = taken back + stays, in rows and in every currency.
    pub balanced: bool,
}

impl Effect {
    pub(super) async fn of(
        workspace: &Workspace,
        snapshot: &EventsSnapshot,
        deliveries: &Deliveries,
        import: &Import,
        rows: &Positions,
    ) -> Result<Effect, WorkspaceError> {
        let mut effect = Effect::default();
        let Some(one) = deliveries.of(&import.id) else { return Ok(effect) };
        let mut all = Counted::default();
        snapshot.rows_at(&one.own, &COLUMNS, |batch| all.add(batch)).await?;
        let mut gone = Counted::default();
        snapshot.rows_at(&rows.within(&one.own), &COLUMNS, |batch| gone.add(batch)).await?;
        let kept = one.own.without(rows);
        let mut stays = Counted::default();
        snapshot.rows_at(&kept, &COLUMNS, |batch| stays.add(batch)).await?;
        let mut more = Counted::default();
        snapshot.rows_at(&rows.without(&one.own), &COLUMNS, |batch| more.add(batch)).await?;
        effect.kept_by = deliveries
            .others(&import.id)
            .filter(|other| !other.again.within(&kept).is_empty())
            .map(|other| other.number)
            .collect();
        effect.kept_by.sort_unstable();

        let links = linked(workspace, i64::MAX, i64::MAX).await?;
        let identities = gone.identities.iter().chain(&more.identities);
        let customers: BTreeSet<i64> =
            identities.map(|identity| links.get(identity).copied().unwrap_or(*identity)).collect();
        effect.customers = customers.len() as u64;
        let day = |at: Option<i64>| at.and_then(|at| date_of(workspace.zone.day(at))).map(|d| d.to_string());
        let times = || [gone.times, more.times].into_iter().flatten();
        effect.first = day(times().map(|(first, _)| first).min());
        effect.last = day(times().map(|(_, last)| last).max());

        (effect.brought, effect.taken_back) = (all.sum, gone.sum);
        (effect.stays, effect.of_undone) = (stays.sum, more.sum);
        effect.quarantine_closed =
            workspace.vault.quarantine().count(Some(import.number), QuarantineStatus::Open).await?;
        effect.quarantine_reopened = workspace.vault.quarantine().replayed_by(import.number).await?;
        let mut money = effect.taken_back.money.clone();
        money.merge(&effect.stays.money);
        let reported = import.reconciliation.as_ref().and_then(|told| told.pointer("/rows/appended/added"));
        let reported = reported.and_then(|added| added.as_u64());
        effect.balanced = effect.brought.rows() == effect.taken_back.rows() + effect.stays.rows()
            && effect.brought.money == money
            && reported.is_none_or(|added| added == effect.brought.rows());
        Ok(effect)
    }
}

const COLUMNS: [&str; 5] =
    [column::IDENTITY, column::TIME, column::RETRACTION, column::AMOUNT, column::CURRENCY];

/// Rows as they are counted.
#[derive(Default)]
struct Counted {
    sum: Sum,
    /// Of events of customers, and of retractions of such.
    identities: HashSet<i64>,
    times: Option<(i64, i64)>,
}

impl Counted {
    fn add(&mut self, rows: &RecordBatch) -> Result<(), WorkspaceError> {
        let missing = |name: &str| WorkspaceError::Defect(format!("the events lack the column {name}"));
        let column = |name: &'static str| rows.column_by_name(name).ok_or_else(|| missing(name));
        let identities = column(column::IDENTITY)?
            .as_primitive_opt::<Int64Type>()
            .ok_or_else(|| missing(column::IDENTITY))?;
        let times = column(column::TIME)?
            .as_primitive_opt::<TimestampMicrosecondType>()
            .ok_or_else(|| missing(column::TIME))?;
        let retractions =
            column(column::RETRACTION)?.as_boolean_opt().ok_or_else(|| missing(column::RETRACTION))?;
        let amounts = column(column::AMOUNT)?
            .as_primitive_opt::<Decimal128Type>()
            .ok_or_else(|| missing(column::AMOUNT))?;
        let currencies = cast(column(column::CURRENCY)?, &DataType::Utf8)?;
        let currencies = currencies.as_string::<i32>();
        // Summed per batch, so that a currency is looked up once and not for each row.
        let mut money: BTreeMap<&str, i128> = BTreeMap::new();
        for row in 0..rows.num_rows() {
            let (identity, time) = (identities.value(row), times.value(row));
            if !(REFERENCE..=UNATTRIBUTED).contains(&identity) {
                self.identities.insert(identity);
            }
            if retractions.value(row) {
                self.sum.retractions += 1;
                continue;
            }
            match identity {
                REFERENCE => {
                    self.sum.facts += 1;
                    continue;
                }
                UNATTRIBUTED => self.sum.unattributed += 1,
                _ => self.sum.events += 1,
            }
            let (first, last) = self.times.unwrap_or((time, time));
            self.times = Some((first.min(time), last.max(time)));
            if amounts.is_valid(row) {
                let currency = if currencies.is_valid(row) { currencies.value(row) } else { "" };
                *money.entry(currency).or_default() += amounts.value(row);
            }
        }
        for (currency, units) in money {
            self.sum.money.add(currency, units);
        }
        Ok(())
    }
}
