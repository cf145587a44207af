//! Whom a file would bring: how many of its customers the vault knows already, and how many are new. A dry
//! run asks this before anything is written.

use std::collections::{HashMap, HashSet};

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use gradus_ledger::clean::{CleanBatch, LinkSighting};
use gradus_model::event_stream::column;
use gradus_store::Vault;
use serde::Serialize;

use crate::WorkspaceError;

/// How many customers a file is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Customers {
    pub new: u64,
    /// Known by the number, phone or e-mail address of a row, or by another one that a row names beside it.
    pub known: u64,
}

/// Collects whom the rows are about.
#[derive(Debug, Default)]
pub(super) struct Newcomers {
    of_events: HashSet<i64>,
}

impl Newcomers {
    /// Adds whom the events of a batch belong to.
    pub(super) fn observe(&mut self, clean: &CleanBatch) {
        let identities = clean.events.column_by_name(column::IDENTITY);
        let Some(identities) = identities.and_then(|column| column.as_primitive_opt::<Int64Type>()) else {
            return;
        };
        // Nobody's events are at zero, and facts of products below it.
        self.of_events.extend(identities.iter().flatten().filter(|identity| *identity > 0));
    }

    /// Counts them. Identities that a row names together are one customer's.
    pub(super) async fn count(
        self,
        vault: &Vault,
        sightings: &[LinkSighting],
    ) -> Result<Customers, WorkspaceError> {
        let mut groups = Groups::default();
        for identity in &self.of_events {
            groups.root(*identity);
        }
        for one in sightings.iter().filter(|one| one.a > 0 && one.b > 0) {
            groups.join(one.a, one.b);
        }
        let mut all: Vec<i64> = groups.parents.keys().copied().collect();
        all.sort_unstable();
        let known = vault.known_among(&all).await?;
        let known: HashSet<i64> = known.into_iter().map(|identity| groups.root(identity)).collect();
        let customers: HashSet<i64> = self.of_events.iter().map(|identity| groups.root(*identity)).collect();
        let n_known = customers.iter().filter(|customer| known.contains(customer)).count() as u64;
        Ok(Customers { new: customers.len() as u64 - n_known, known: n_known })
    }
}

/// Which identities belong together.
#[derive(Default)]
struct Groups {
    parents: HashMap<i64, i64>,
}

impl Groups {
    fn root(&mut self, identity: i64) -> i64 {
        let mut root = identity;
        while let Some(parent) = self.parents.get(&root).copied().filter(|parent| *parent != root) {
            root = parent;
        }
        // The way is short the next time.
        let mut at = identity;
        while at != root {
            at = self.parents.insert(at, root).unwrap_or(root);
        }
        self.parents.entry(root).or_insert(root);
        root
    }

    fn join(&mut self, a: i64, b: i64) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents.insert(a.max(b), a.min(b));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_that_rows_name_together_are_one() {
        let mut groups = Groups::default();
        for (a, b) in [(5, 4), (4, 3), (9, 8), (7, 7)] {
            groups.join(a, b);
        }
        assert_eq!([5, 4, 3].map(|one| groups.root(one)), [3; 3]);
        assert_eq!((groups.root(9), groups.root(7), groups.root(1)), (8, 7, 1));
        groups.join(9, 5);
        assert_eq!(groups.root(8), 3);
    }
}
