//! Pairs become customers: the strongest pair first, and no pair may join two customer numbers.

use std::cmp::Reverse;
use std::collections::HashMap;

/// A pair that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) a: i64,
    pub(super) a_is_id: bool,
    pub(super) b: i64,
    pub(super) b_is_id: bool,
    pub(super) valid_from: i64,
    pub(super) by_person: bool,
}

/// Identities joined to customers.
#[derive(Debug, Default)]
pub(super) struct Settled {
    place: HashMap<i64, usize>,
    identities: Vec<i64>,
    parent: Vec<usize>,
    /// Of roots: the smallest customer number, if the set has one, and the smallest surrogate.
    best: Vec<(Option<i64>, i64)>,
    /// Pairs that would join two numbers.
    pub(super) resting: Vec<Edge>,
}

/// Joins what the edges connect. The result depends on the set of edges only.
pub(super) fn settle(mut edges: Vec<Edge>) -> Settled {
    // Persons first; then pairs with a number; of those the one that began last. Surrogates decide
    // between equals, so that nothing hangs on the order of arrival.
    edges.sort_unstable_by_key(|edge| {
        (
            Reverse(edge.by_person),
            Reverse(edge.a_is_id || edge.b_is_id),
            Reverse(edge.valid_from),
            edge.a,
            edge.b,
        )
    });
    let mut settled = Settled::default();
    for edge in edges {
        let (a, b) = (settled.node(edge.a, edge.a_is_id), settled.node(edge.b, edge.b_is_id));
        let (a, b) = (settled.root(a), settled.root(b));
        if a == b {
            continue;
        }
        let two_numbers = settled.best[a].0.is_some() && settled.best[b].0.is_some();
        if two_numbers && !edge.by_person {
            settled.resting.push(edge);
            continue;
        }
        let ((number_a, least_a), (number_b, least_b)) = (settled.best[a], settled.best[b]);
        let number = match (number_a, number_b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        settled.parent[b] = a;
        settled.best[a] = (number, least_a.min(least_b));
    }
    settled
}

impl Settled {
    pub(super) fn customer_of(&self, identity: i64) -> i64 {
        let Some(mut place) = self.place.get(&identity).copied() else { return identity };
        while self.parent[place] != place {
            place = self.parent[place];
        }
        let (number, least) = self.best[place];
        number.unwrap_or(least)
    }

    /// Of the identities that are not their own customer.
    pub(super) fn customers(&self) -> HashMap<i64, i64> {
        self.identities
            .iter()
            .map(|identity| (*identity, self.customer_of(*identity)))
            .filter(|(identity, customer)| identity != customer)
            .collect()
    }

    fn node(&mut self, identity: i64, is_id: bool) -> usize {
        if let Some(place) = self.place.get(&identity) {
            return *place;
        }
        let place = self.parent.len();
        self.place.insert(identity, place);
        self.identities.push(identity);
        self.parent.push(place);
        self.best.push((is_id.then_some(identity), identity));
        place
    }

    fn root(&mut self, mut place: usize) -> usize {
        while self.parent[place] != place {
            self.parent[place] = self.parent[self.parent[place]];
            place = self.parent[place];
        }
        place
    }
}
