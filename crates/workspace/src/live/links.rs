//! Which customer each identity is, as time goes on.

use std::collections::{BTreeMap, BTreeSet};

use gradus_ledger::table::{Link, links_holding};

/// Statements about links, and what holds now.
#[derive(Debug, Default)]
pub(super) struct Links {
    statements: Vec<Link>,
    /// When what holds may change: ascending.
    valid_from: Vec<i64>,
    known: Vec<i64>,
    /// Statements came that have not been looked at.
    is_new: bool,
    pub holding: Holding,
}

/// Who is whom as of one instant; who is not in it is a customer with one identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Holding {
    customers: BTreeMap<i64, i64>,
    identities: BTreeMap<i64, Vec<i64>>,
}

impl Links {
    /// Before any statement was read.
    pub fn of(customers: BTreeMap<i64, i64>) -> Links {
        Links { holding: Holding::of(customers), ..Links::default() }
    }

    pub fn told(&mut self, statements: Vec<Link>) {
        if statements == self.statements {
            return;
        }
        self.valid_from = statements.iter().map(|link| link.valid_from).collect();
        self.known = statements.iter().map(|link| link.known).collect();
        self.valid_from.sort_unstable();
        self.known.sort_unstable();
        self.statements = statements;
        self.is_new = true;
    }

    /// What holds as of an instant, as known then.
    pub fn at(&self, time: i64, known: i64) -> Holding {
        if self.statements.is_empty() {
            return Holding::default();
        }
        let holding = links_holding(self.statements.iter(), time, known);
        let mut customers: BTreeMap<i64, i64> =
            holding.into_iter().map(|link| (link.identity, link.customer)).collect();
        let numbers: BTreeSet<i64> = customers.values().copied().collect();
        for customer in numbers {
            customers.entry(customer).or_insert(customer);
        }
        Holding::of(customers)
    }

    /// What holds at another instant and known time, if that can be something else.
    pub fn moved(&self, from: (i64, i64), to: (i64, i64)) -> Option<Holding> {
        let between = |at: &[i64], from: i64, to: i64| {
            at.partition_point(|at| *at <= from) != at.partition_point(|at| *at <= to)
        };
        let may_differ =
            self.is_new || between(&self.valid_from, from.0, to.0) || between(&self.known, from.1, to.1);
        may_differ.then(|| self.at(to.0, to.1))
    }

    /// From now on this holds.
    pub fn hold(&mut self, holding: Holding) {
        self.holding = holding;
        self.is_new = false;
    }
}

impl Holding {
    fn of(customers: BTreeMap<i64, i64>) -> Holding {
        let mut identities: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for (identity, customer) in &customers {
            identities.entry(*customer).or_default().push(*identity);
        }
        Holding { customers, identities }
    }

    pub fn customer_of(&self, identity: i64) -> i64 {
        self.customers.get(&identity).copied().unwrap_or(identity)
    }

    /// True for identities of customers with several.
    pub fn contains(&self, identity: i64) -> bool {
        self.customers.contains_key(&identity)
    }

    /// The identities of these customers, with the customer of each.
    pub fn owners(&self, customers: &[i64]) -> BTreeMap<i64, i64> {
        let mut owners = BTreeMap::new();
        for customer in customers {
            if self.contains(*customer) {
                let identities = self.identities.get(customer).into_iter().flatten();
                owners.extend(identities.map(|identity| (*identity, *customer)));
            } else {
                owners.insert(*customer, *customer);
            }
        }
        owners
    }

    /// Customers that have, had, or are an identity whose customer was another before.
    pub fn changed(&self, before: &Holding) -> BTreeSet<i64> {
        let mut out = BTreeSet::new();
        for identity in before.customers.keys().chain(self.customers.keys()) {
            let (was, is) = (before.customer_of(*identity), self.customer_of(*identity));
            // Who begins or ceases to have several identities begins or ceases to be read back.
            if was != is || before.contains(*identity) != self.contains(*identity) {
                out.extend([was, is, *identity]);
            }
        }
        out
    }
}
