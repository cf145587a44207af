//! The evidence about one pair of identities.

use serde::{Deserialize, Serialize};

/// What a person decided about a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Linked,
    /// Stays so, however often rows show the pair again.
    Undone,
}

/// One piece of evidence, as it is stored. Instants are microseconds UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PairRecord {
    /// The smaller surrogate.
    pub a: i64,
    pub a_is_id: bool,
    pub b: i64,
    pub b_is_id: bool,
    /// From when on the two are one customer; of no meaning for [`Decision::Undone`].
    pub valid_from: i64,
    pub known: i64,
    /// `None` is what a row showed.
    pub decision: Option<Decision>,
}

#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) a: i64,
    pub(super) a_is_id: bool,
    pub(super) b: i64,
    pub(super) b_is_id: bool,
    /// (valid_from, known): each later known one begins earlier. Nearly always just one.
    seen: Vec<(i64, i64)>,
    /// (known, decision, valid_from), in this order.
    decided: Vec<(i64, Decision, i64)>,
}

impl Pair {
    pub(super) fn new(a: i64, a_is_id: bool, b: i64, b_is_id: bool) -> Pair {
        Pair { a, a_is_id, b, b_is_id, seen: Vec::new(), decided: Vec::new() }
    }

    /// True if a sighting says something that the ones before do not.
    pub(super) fn adds(&self, valid_from: i64, known: i64) -> bool {
        !self.seen.iter().any(|(from, since)| *from <= valid_from && *since <= known)
    }

    pub(super) fn see(&mut self, valid_from: i64, known: i64) {
        if self.adds(valid_from, known) {
            self.seen.retain(|(from, since)| *from < valid_from || *since < known);
            self.seen.push((valid_from, known));
            self.seen.sort_unstable_by_key(|(_, known)| *known);
        }
    }

    pub(super) fn decide(&mut self, known: i64, decision: Decision, valid_from: i64) {
        let decided = (known, decision, valid_from);
        if let Err(at) = self.decided.binary_search(&decided) {
            self.decided.insert(at, decided);
        }
    }

    /// From when on the pair holds, and whether a person says so; `None` if it does not.
    pub(super) fn holds(&self, time: i64, known: i64) -> Option<(i64, bool)> {
        let decided = self.decided.iter().rev().find(|(since, _, _)| *since <= known);
        let (valid_from, by_person) = match decided {
            Some((_, Decision::Undone, _)) => return None,
            Some((_, Decision::Linked, valid_from)) => (*valid_from, true),
            None => (self.seen.iter().rev().find(|(_, since)| *since <= known)?.0, false),
        };
        (valid_from <= time).then_some((valid_from, by_person))
    }

    /// When the evidence that holds at the end became known.
    pub(super) fn known(&self) -> i64 {
        match self.decided.last() {
            Some((known, _, _)) => *known,
            None => self.seen.last().map_or(i64::MIN, |(_, known)| *known),
        }
    }

    /// True if the other end is a customer number and `identity` is none.
    pub(super) fn is_with_number(&self, identity: i64) -> bool {
        if identity == self.a { !self.a_is_id && self.b_is_id } else { !self.b_is_id && self.a_is_id }
    }

    pub(super) fn record(&self, valid_from: i64, known: i64, decision: Option<Decision>) -> PairRecord {
        let Pair { a, a_is_id, b, b_is_id, .. } = *self;
        PairRecord { a, a_is_id, b, b_is_id, valid_from, known, decision }
    }

    pub(super) fn records(&self) -> Vec<PairRecord> {
        let seen = self.seen.iter().map(|(from, known)| self.record(*from, *known, None));
        let decided =
            self.decided.iter().map(|(known, decision, from)| self.record(*from, *known, Some(*decision)));
        seen.chain(decided).collect()
    }
}
