//! The evidence as statements of the links table: which customer an identity is, from when on.

use std::collections::{BTreeMap, BTreeSet};

use super::pair::Pair;
use super::settle::settle;
use super::{LinkSet, MAX_NUMBERS};
use crate::table::Link;

/// Why a link holds, as the links table keeps it.
pub const REASON: &str = "exact_key";

impl LinkSet {
    /// Every link that follows from all evidence, sorted by identity and time: at any instant, the
    /// one that began last says which customer an identity is.
    pub fn statements(&self) -> Vec<Link> {
        let mut links = Vec::new();
        let mut done: BTreeSet<i64> = BTreeSet::new();
        let mut identities: Vec<i64> = self.of.keys().copied().collect();
        identities.sort_unstable();
        for identity in identities {
            if !done.contains(&identity) {
                self.state(identity, &mut done, &mut links);
            }
        }
        links.sort_by_key(|link| (link.identity, link.valid_from));
        links
    }

    /// What has to be said in the links table, where `standing` is what it says, so that it says
    /// what follows from the evidence: new links, and old ones taken back, known at `known`.
    pub fn changes(&self, standing: &[Link], known: i64) -> Vec<Link> {
        let key = |link: &Link| (link.identity, link.valid_from, link.customer);
        let mut said: BTreeMap<(i64, i64, i64), &Link> = BTreeMap::new();
        for link in standing {
            if link.undone {
                said.remove(&key(link));
            } else {
                said.insert(key(link), link);
            }
        }
        let mut changes = Vec::new();
        for link in self.statements() {
            if said.remove(&key(&link)).is_none() {
                changes.push(link);
            }
        }
        // What does not follow any more is taken back before anything new is said.
        let undone = said.into_values().map(|link| Link { undone: true, known, position: 0, ..link.clone() });
        let mut all: Vec<Link> = undone.collect();
        all.append(&mut changes);
        all
    }

    /// The links of all identities that were ever connected with one.
    fn state(&self, from: i64, done: &mut BTreeSet<i64>, links: &mut Vec<Link>) {
        let mut waiting = vec![from];
        let mut members = BTreeSet::from([from]);
        let mut pairs: BTreeSet<usize> = BTreeSet::new();
        // Instants at which anything may change, and when what happens there became known.
        let mut instants: BTreeMap<i64, i64> = BTreeMap::new();
        while let Some(identity) = waiting.pop() {
            let overflow = self.overflow(identity);
            for index in self.of.get(&identity).into_iter().flatten() {
                let Some(pair) = self.pairs.get(*index) else { continue };
                let Some((valid_from, by_person)) = pair.holds(i64::MAX, i64::MAX) else { continue };
                let other = if pair.a == identity { pair.b } else { pair.a };
                let ends = overflow.min(self.overflow(other));
                if !by_person && valid_from >= ends {
                    if valid_from == ends {
                        note(&mut instants, valid_from, pair);
                    }
                    continue;
                }
                note(&mut instants, valid_from, pair);
                pairs.insert(*index);
                if members.insert(other) {
                    waiting.push(other);
                }
            }
        }
        done.extend(&members);
        let mut customers: BTreeMap<i64, i64> =
            members.iter().map(|identity| (*identity, *identity)).collect();
        for (time, known) in instants {
            let edges = pairs
                .iter()
                .filter_map(|index| self.pairs.get(*index))
                .filter_map(|pair| self.edge(pair, time, i64::MAX))
                .collect();
            let settled = settle(edges);
            for (identity, customer) in &mut customers {
                let now = settled.customer_of(*identity);
                if now != *customer {
                    *customer = now;
                    links.push(Link {
                        identity: *identity,
                        customer: now,
                        valid_from: time,
                        known,
                        position: 0,
                        reason: REASON.to_string(),
                        undone: false,
                    });
                }
            }
        }
    }

    /// From when on an identifier was seen with too many numbers.
    fn overflow(&self, identity: i64) -> i64 {
        let Some(pairs) = self.of.get(&identity).filter(|pairs| pairs.len() > MAX_NUMBERS) else {
            return i64::MAX;
        };
        let mut begins: Vec<i64> = pairs
            .iter()
            .filter_map(|index| self.pairs.get(*index))
            .filter(|pair| pair.is_with_number(identity))
            .filter_map(|pair| pair.holds(i64::MAX, i64::MAX).map(|(valid_from, _)| valid_from))
            .collect();
        begins.sort_unstable();
        begins.get(MAX_NUMBERS).copied().unwrap_or(i64::MAX)
    }
}

fn note(instants: &mut BTreeMap<i64, i64>, valid_from: i64, pair: &Pair) {
    let known = instants.entry(valid_from).or_insert(i64::MIN);
    *known = (*known).max(pair.known());
}
