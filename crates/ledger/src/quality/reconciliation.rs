//! The reconciliation of an import (对账): every row and every amount that was read is accounted
//! for, once.
//!
//! In rows: `read = attributed + unattributed + reference + retractions + quarantined + skipped`, where
//! quarantined are the rows that could not be read as rows and those that cleaning refused. The
//! first four are events, facts of a reference among them, which carry no money; `events = added + already there + copies`, as the ledger counted them
//! when it committed. In money, by currency: `read = attributed + unattributed + retractions +
//! quarantined + skipped + capped`, over the rows whose amount could be read; rows whose amount
//! could not are counted beside it. Both sides are counted apart from each other, so that a defect
//! shows.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::clean::{Money, RefusalCode, Tally};

/// What the ledger did with the events, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Appended {
    pub added: u64,
    /// The ledger held them already.
    pub already_there: u64,
    /// The import held them twice, under one key.
    pub copies: u64,
}

/// The reconciliation in rows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RowLines {
    pub read: u64,
    pub attributed: u64,
    pub unattributed: u64,
    /// Facts of a reference.
    #[serde(default)]
    pub reference: u64,
    pub retractions: u64,
    pub quarantined: u64,
    pub skipped: u64,
    /// Of the quarantined: no rows at all (broken quotes, wrong encoding ...), by code.
    pub unreadable: BTreeMap<String, u64>,
    /// Of the quarantined: refused by cleaning, by code.
    pub refused: BTreeMap<RefusalCode, u64>,
    /// `None` while nothing has been committed (a dry run).
    pub appended: Option<Appended>,
}

/// Sums of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Amounts {
    pub read: Money,
    pub attributed: Money,
    pub unattributed: Money,
    pub retractions: Money,
    pub quarantined: Money,
    pub skipped: Money,
    /// What capping of outliers took off.
    pub capped: Money,
}

/// The reconciliation in money, one currency.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MoneyLine {
    pub currency: String,
    #[serde(flatten)]
    pub amounts: Amounts,
}

/// What was read and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reconciliation {
    pub rows: RowLines,
    /// Sorted by currency.
    pub money: Vec<MoneyLine>,
    /// Rows whose amount is given and could not be read: their money is in no sum. Rows that could
    /// not be read at all are among them.
    pub rows_with_unreadable_amount: u64,
}

impl Reconciliation {
    /// `unreadable` are the faults of reading by code; `appended` is what the commit said.
    pub fn new(
        tally: &Tally,
        unreadable: &BTreeMap<String, u64>,
        appended: Option<Appended>,
    ) -> Reconciliation {
        let n_unreadable: u64 = unreadable.values().sum();
        let rows = RowLines {
            read: tally.read.rows + n_unreadable,
            attributed: tally.attributed.rows,
            unattributed: tally.unattributed.rows,
            reference: tally.reference.rows,
            retractions: tally.retractions.rows,
            quarantined: tally.refused.rows + n_unreadable,
            skipped: tally.skipped.rows,
            unreadable: unreadable.clone(),
            refused: tally.refused_by_code.clone(),
            appended,
        };
        let sums = [
            &tally.read,
            &tally.attributed,
            &tally.unattributed,
            &tally.retractions,
            &tally.refused,
            &tally.skipped,
        ];
        let currencies: BTreeSet<&String> = sums.iter().flat_map(|sum| sum.money.0.keys()).collect();
        let money = currencies
            .into_iter()
            .map(|currency| MoneyLine {
                currency: currency.clone(),
                amounts: Amounts {
                    read: Money(tally.read.money.get(currency)),
                    attributed: Money(tally.attributed.money.get(currency)),
                    unattributed: Money(tally.unattributed.money.get(currency)),
                    retractions: Money(tally.retractions.money.get(currency)),
                    quarantined: Money(tally.refused.money.get(currency)),
                    skipped: Money(tally.skipped.money.get(currency)),
                    capped: Money(tally.capped.get(currency)),
                },
            })
            .collect();
        Reconciliation {
            rows,
            money,
            rows_with_unreadable_amount: tally.read.unreadable_amounts + n_unreadable,
        }
    }

    /// True if everything that was read is accounted for. If it is not, the fault is ours.
    pub fn balances(&self) -> bool {
        let rows = &self.rows;
        let events = rows.attributed + rows.unattributed + rows.reference + rows.retractions;
        let by_reason: u64 = rows.unreadable.values().sum::<u64>() + rows.refused.values().sum::<u64>();
        let appended = rows.appended.is_none_or(|a| a.added + a.already_there + a.copies == events);
        rows.read == events + rows.quarantined + rows.skipped
            && rows.quarantined == by_reason
            && appended
            && self.money.iter().all(|line| line.amounts.balance())
    }
}

impl Amounts {
    fn balance(&self) -> bool {
        let parts = [
            self.attributed,
            self.unattributed,
            self.retractions,
            self.quarantined,
            self.skipped,
            self.capped,
        ];
        self.read.0 == parts.iter().map(|part| part.0).sum::<i128>()
    }
}
