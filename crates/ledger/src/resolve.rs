//! Resolve (归一): which customer each identity is, by exact keys.
//!
//! Rows that name two identities are evidence that both are one customer's. A [`LinkSet`] keeps
//! that evidence: per pair of identities when it was first seen, and what a person decided about
//! it. Everything else follows from the evidence alone, whatever the order in which it came:
//!
//! - A pair holds from the time of the row that first showed it, and as soon as that was known.
//! - A customer is a set of connected identities with at most one customer number (`id`). Its
//!   canonical identity is that number, else the smallest surrogate.
//! - An identifier that was seen with two numbers belongs to the one whose pair began last; the
//!   older pair rests, and is reported. Pairs with a number go before pairs without.
//! - An identifier that was seen with more than [`MAX_NUMBERS`] numbers is nobody's own (a shop's
//!   telephone, `13800000000`): from then on it connects nothing, and is reported.
//! - What a person decided goes before all of this: a pair that was undone stays undone, however
//!   often it is seen again; a pair that was linked holds, even between two numbers.

mod pair;
mod settle;
mod statement;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gradus_model::{Finding, Findings, Place, Text};

use pair::Pair;
pub use pair::{Decision, PairRecord};
use settle::{Edge, Settled, settle};

use crate::clean::LinkSighting;

/// Most customer numbers that one identifier may have been seen with.
pub const MAX_NUMBERS: usize = 32;

/// All evidence about which identities are one customer.
#[derive(Debug, Clone, Default)]
pub struct LinkSet {
    pairs: Vec<Pair>,
    index: HashMap<(i64, i64), usize>,
    /// Per identity the pairs it is in.
    of: HashMap<i64, Vec<usize>>,
}

/// Which customer each identity is, as of one instant. Identities that are not in it are their own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolution {
    customers: HashMap<i64, i64>,
}

impl Resolution {
    pub fn customer_of(&self, identity: i64) -> i64 {
        self.customers.get(&identity).copied().unwrap_or(identity)
    }

    /// Identities that are not their own customer, with the customer; sorted.
    pub fn pairs(&self) -> Vec<(i64, i64)> {
        let mut pairs: Vec<(i64, i64)> =
            self.customers.iter().map(|(identity, customer)| (*identity, *customer)).collect();
        pairs.sort_unstable();
        pairs
    }
}

/// Evidence that contradicts other evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conflict {
    /// The identifier was seen with two customers; the later pair holds.
    Contested { identifier: i64, holds: i64, rests: i64 },
    /// The identifier was seen with too many numbers and connects nothing.
    Shared { identifier: i64, n_numbers: usize },
}

impl LinkSet {
    pub fn new() -> LinkSet {
        LinkSet::default()
    }

    /// The evidence as it was stored.
    pub fn from_records(records: impl IntoIterator<Item = PairRecord>) -> LinkSet {
        let mut set = LinkSet::new();
        for record in records {
            let pair = set.pair_mut(record.a, record.a_is_id, record.b, record.b_is_id);
            match record.decision {
                None => pair.see(record.valid_from, record.known),
                Some(decision) => pair.decide(record.known, decision, record.valid_from),
            }
        }
        set
    }

    /// The evidence to store, sorted; [`LinkSet::from_records`] gives the same set back.
    pub fn records(&self) -> Vec<PairRecord> {
        let mut records: Vec<PairRecord> = self.pairs.iter().flat_map(Pair::records).collect();
        records.sort_unstable();
        records
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Adds what rows showed. Seeing the same again changes nothing; returns the records that are
    /// new, for storage.
    pub fn see(&mut self, sightings: &[LinkSighting]) -> Vec<PairRecord> {
        let mut new = Vec::new();
        for one in sightings.iter().filter(|one| one.a != one.b && one.a != 0 && one.b != 0) {
            let pair = self.pair_mut(one.a, one.a_is_id, one.b, one.b_is_id);
            if pair.adds(one.time, one.known) {
                pair.see(one.time, one.known);
                new.push(pair.record(one.time, one.known, None));
            }
        }
        new.sort_unstable();
        new
    }

    /// A person says that a pair is not one customer's (known from `known` on), whatever rows show.
    /// Returns the record for storage; `None` if the pair was never seen.
    pub fn undo(&mut self, a: i64, b: i64, known: i64) -> Option<PairRecord> {
        let key = (a.min(b), a.max(b));
        let pair = self.index.get(&key).and_then(|index| self.pairs.get_mut(*index))?;
        pair.decide(known, Decision::Undone, 0);
        Some(pair.record(0, known, Some(Decision::Undone)))
    }

    /// A person says that two identities are one customer's from `valid_from` on.
    pub fn link(&mut self, a: (i64, bool), b: (i64, bool), valid_from: i64, known: i64) -> PairRecord {
        let pair = self.pair_mut(a.0, a.1, b.0, b.1);
        pair.decide(known, Decision::Linked, valid_from);
        pair.record(valid_from, known, Some(Decision::Linked))
    }

    /// The customer that an identity is, as of `time` as known at `known`, both microseconds UTC.
    pub fn customer_of(&self, identity: i64, time: i64, known: i64) -> i64 {
        let mut edges = Vec::new();
        self.reach(identity, time, known, &mut BTreeSet::new(), &mut edges);
        settle(edges).customer_of(identity)
    }

    /// The customer of every identity, as of `time` as known at `known`.
    pub fn resolve(&self, time: i64, known: i64) -> Resolution {
        let settled = settle(self.edges(time, known));
        Resolution { customers: settled.customers() }
    }

    /// Evidence that contradicts other evidence, as of `time` as known at `known`; sorted.
    pub fn conflicts(&self, time: i64, known: i64) -> Vec<Conflict> {
        let settled: Settled = settle(self.edges(time, known));
        let mut conflicts: Vec<Conflict> = settled
            .resting
            .iter()
            .map(|edge| {
                // The identifier is the end that is no number; its customer now is what holds.
                let (identifier, rests) = if edge.a_is_id { (edge.b, edge.a) } else { (edge.a, edge.b) };
                Conflict::Contested { identifier, holds: settled.customer_of(identifier), rests }
            })
            .collect();
        for identity in self.of.keys() {
            let n_numbers = self.n_numbers(*identity, time, known);
            if n_numbers > MAX_NUMBERS {
                conflicts.push(Conflict::Shared { identifier: *identity, n_numbers });
            }
        }
        conflicts.sort_unstable();
        conflicts
    }

    fn pair_mut(&mut self, a: i64, a_is_id: bool, b: i64, b_is_id: bool) -> &mut Pair {
        let (a, a_is_id, b, b_is_id) =
            if a <= b { (a, a_is_id, b, b_is_id) } else { (b, b_is_id, a, a_is_id) };
        let index = *self.index.entry((a, b)).or_insert_with(|| {
            self.pairs.push(Pair::new(a, a_is_id, b, b_is_id));
            let index = self.pairs.len() - 1;
            self.of.entry(a).or_default().push(index);
            self.of.entry(b).or_default().push(index);
            index
        });
        &mut self.pairs[index]
    }

    /// With how many numbers an identifier was seen; 0 for numbers themselves.
    fn n_numbers(&self, identity: i64, time: i64, known: i64) -> usize {
        let Some(pairs) = self.of.get(&identity).filter(|pairs| pairs.len() > MAX_NUMBERS) else { return 0 };
        pairs
            .iter()
            .filter_map(|index| self.pairs.get(*index))
            .filter(|pair| pair.is_with_number(identity) && pair.holds(time, known).is_some())
            .count()
    }

    fn edge(&self, pair: &Pair, time: i64, known: i64) -> Option<Edge> {
        let (valid_from, by_person) = pair.holds(time, known)?;
        let shared = |identity: i64| self.n_numbers(identity, time, known) > MAX_NUMBERS;
        if !by_person && (shared(pair.a) || shared(pair.b)) {
            return None;
        }
        Some(Edge {
            a: pair.a,
            a_is_id: pair.a_is_id,
            b: pair.b,
            b_is_id: pair.b_is_id,
            valid_from,
            by_person,
        })
    }

    fn edges(&self, time: i64, known: i64) -> Vec<Edge> {
        self.pairs.iter().filter_map(|pair| self.edge(pair, time, known)).collect()
    }

    /// The edges of the identities that can be reached from one.
    fn reach(&self, from: i64, time: i64, known: i64, reached: &mut BTreeSet<i64>, edges: &mut Vec<Edge>) {
        let mut waiting = vec![from];
        reached.insert(from);
        while let Some(identity) = waiting.pop() {
            for pair in
                self.of.get(&identity).into_iter().flatten().filter_map(|index| self.pairs.get(*index))
            {
                let Some(edge) = self.edge(pair, time, known) else { continue };
                let other = if pair.a == identity { pair.b } else { pair.a };
                if reached.insert(other) {
                    waiting.push(other);
                }
                // Each edge once: from its smaller end.
                if identity == pair.a {
                    edges.push(edge);
                }
            }
        }
    }
}

/// Conflicts in words, counted by sort; identifiers are never named.
pub fn findings(conflicts: &[Conflict], place: &Place) -> Findings {
    let contested: BTreeSet<i64> = conflicts
        .iter()
        .filter_map(|conflict| match conflict {
            Conflict::Contested { identifier, .. } => Some(*identifier),
            Conflict::Shared { .. } => None,
        })
        .collect();
    let shared = conflicts.iter().filter(|conflict| matches!(conflict, Conflict::Shared { .. })).count();
    let mut findings = Findings::default();
    if !contested.is_empty() {
        let n = contested.len();
        findings.push(Finding::warning(
            "identifier-contested",
            place.clone(),
            Text::new(
                format!("{n} 个标识（手机号、邮箱等）与两个以上客户编号同时出现；按最近开始的关联归属"),
                format!("{n} identifiers (phones, e-mail addresses ...) were seen with more than one customer number; each belongs to the one whose link began last"),
            ),
            Text::new("核对后撤销错误的关联", "look at them and undo the links that are wrong"),
        ));
    }
    if shared > 0 {
        findings.push(Finding::warning(
            "identifier-shared",
            place.clone(),
            Text::new(
                format!("{shared} 个标识与超过 {MAX_NUMBERS} 个客户编号同时出现，不再用来认人（多为门店电话或占位号码）"),
                format!("{shared} identifiers were seen with more than {MAX_NUMBERS} customer numbers and identify nobody any more (a shop's telephone, a placeholder)"),
            ),
            Text::new("把占位号码写进 cleaning.null_texts", "name placeholders in cleaning.null_texts"),
        ));
    }
    findings
}

/// Which identities belong to which customer, sorted: for merging their states.
pub fn members(resolution: &Resolution) -> BTreeMap<i64, Vec<i64>> {
    let mut members: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for (identity, customer) in resolution.pairs() {
        members.entry(customer).or_default().push(identity);
    }
    members
}

#[cfg(test)]
mod tests;
