//! Looks for pairs: customers that share a name or an address, or of whom rows name one identifier. What is shared is
//! found by its blind index, without opening anything; only the few that share something are opened and compared.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gradus_ledger::resolve::{Conflict, Decision, LinkSet, members};
use gradus_model::Text;
use gradus_stats::linkage::{Pair, chance_of_pair};
use gradus_store::{DoublePair, Revealed};
use serde_json::json;

use super::chances::{Chances, pair_of};
use super::compare::{Comparison, Reason, compare};
use crate::links::evidence_rows;
use crate::{Workspace, WorkspaceError};

/// A value that more have is no reason to look at two of them.
const MOST_WITH_ONE_VALUE: u32 = 50;
/// As many pairs are looked at; beyond it those of the commonest values are left out.
const MOST_LOOKED_AT: usize = 200_000;
/// As many are proposed.
const MOST_PROPOSED: usize = 5_000;
/// Less likely pairs are not worth a look.
const LEAST: f64 = 0.2;
/// How many customers are taken to have a second record: companies that looked report a few in a hundred.
const SHARE: f64 = 0.05;
/// Customers that are opened at a time.
const AT_ONCE: usize = 5_000;

/// What a pair shares, as it was found without opening anything: how many have it, of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shared {
    pub(super) identifier: bool,
    pub(super) name: Option<(u64, u64)>,
    pub(super) address: Option<(u64, u64)>,
}

/// A pair that was found.
pub(super) struct Found {
    customers: (i64, i64),
    probability: f64,
    reasons: Vec<Reason>,
}

impl Found {
    pub(super) fn stored(&self, at: i64) -> DoublePair {
        DoublePair {
            a: self.customers.0,
            b: self.customers.1,
            score: (self.probability * 10_000.0).round() as i64,
            reasons: json!(self.reasons),
            found: at,
            state: "open".into(),
            account: None,
            decided: None,
        }
    }
}

/// What was found, the likeliest first.
pub(super) struct AllFound {
    pub(super) pairs: Vec<Found>,
    /// How many more are likely enough, and are not among them.
    pub(super) left_out: usize,
    /// Whether the weights are learned from these pairs, in words.
    pub(super) weights: Text,
}

pub(super) async fn find(workspace: &Workspace) -> Result<AllFound, WorkspaceError> {
    let rows = evidence_rows(workspace).await?;
    let evidence = LinkSet::from_records(rows.iter().map(|(_, record)| *record));
    let resolution = evidence.resolve(i64::MAX, i64::MAX);
    let mut candidates: HashMap<(i64, i64), Shared> = HashMap::new();
    for conflict in evidence.conflicts(i64::MAX, i64::MAX) {
        let Conflict::Contested { holds, rests, .. } = conflict else { continue };
        let (a, b) = (resolution.customer_of(holds), resolution.customer_of(rests));
        if a != b {
            candidates.entry((a.min(b), a.max(b))).or_default().identifier = true;
        }
    }
    for kind in ["name", "address"] {
        let (mut groups, n) = workspace.vault.sharing(kind, MOST_WITH_ONE_VALUE).await?;
        // The rarest say most.
        groups.sort_by_key(Vec::len);
        for group in groups {
            let customers: BTreeSet<i64> = group.iter().map(|one| resolution.customer_of(*one)).collect();
            let n_with = customers.len() as u64;
            if candidates.len() >= MOST_LOOKED_AT {
                break;
            }
            for (at, a) in customers.iter().enumerate() {
                for b in customers.iter().skip(at + 1) {
                    let shared = candidates.entry((*a, *b)).or_default();
                    let own = if kind == "name" { &mut shared.name } else { &mut shared.address };
                    let rarer = own.is_none_or(|(n_before, _)| n_with < n_before);
                    if rarer {
                        *own = Some((n_with, n));
                    }
                }
            }
        }
    }
    // What a person took apart is not proposed again.
    let apart = rows.iter().filter(|(_, record)| record.decision == Some(Decision::Undone));
    let apart: BTreeSet<(i64, i64)> = apart
        .map(|(_, record)| (resolution.customer_of(record.a), resolution.customer_of(record.b)))
        .map(|(a, b)| (a.min(b), a.max(b)))
        .collect();
    let mut candidates: Vec<((i64, i64), Shared)> =
        candidates.into_iter().filter(|(pair, _)| !apart.contains(pair)).collect();
    candidates.sort_unstable_by_key(|(pair, _)| *pair);
    let before = chance_of_pair(SHARE, workspace.vault.count().await?);
    let of = members(&resolution);
    let mut compared: Vec<Vec<Comparison>> = Vec::with_capacity(candidates.len());
    for chunk in candidates.chunks(AT_ONCE) {
        let wanted: Vec<i64> = chunk.iter().flat_map(|((a, b), _)| [*a, *b]).collect();
        let known = opened(workspace, &wanted, &of).await?;
        let none = Vec::new();
        let side = |customer| known.get(customer).unwrap_or(&none);
        compared.extend(chunk.iter().map(|((a, b), shared)| compare(*shared, side(a), side(b))));
    }
    let as_pairs: Vec<Pair> =
        candidates.iter().zip(&compared).map(|((_, shared), all)| pair_of(all, shared)).collect();
    let (chances, weights) = Chances::learned(before, &as_pairs);
    let mut pairs = Vec::new();
    for (((customers, _), all), pair) in candidates.iter().zip(&compared).zip(&as_pairs) {
        let probability = chances.probability(before, pair);
        if probability >= LEAST {
            let mut reasons = chances.reasons(all);
            reasons.sort_by(|one, other| other.bits.abs().total_cmp(&one.bits.abs()));
            pairs.push(Found { customers: *customers, probability, reasons });
        }
    }
    // Numbers decide between equals, so that nothing hangs on the order of a table.
    pairs.sort_by(|one, other| {
        other.probability.total_cmp(&one.probability).then(one.customers.cmp(&other.customers))
    });
    let left_out = pairs.len().saturating_sub(MOST_PROPOSED);
    pairs.truncate(MOST_PROPOSED);
    Ok(AllFound { pairs, left_out, weights })
}

/// What customers are known by, over all of their identities.
pub(super) async fn known_by(
    workspace: &Workspace,
    customers: &[i64],
) -> Result<BTreeMap<i64, Vec<Revealed>>, WorkspaceError> {
    let rows = evidence_rows(workspace).await?;
    let evidence = LinkSet::from_records(rows.iter().map(|(_, record)| *record));
    opened(workspace, customers, &members(&evidence.resolve(i64::MAX, i64::MAX))).await
}

async fn opened(
    workspace: &Workspace,
    customers: &[i64],
    members: &BTreeMap<i64, Vec<i64>>,
) -> Result<BTreeMap<i64, Vec<Revealed>>, WorkspaceError> {
    let identities = |customer: &i64| -> Vec<i64> {
        let own = members.get(customer).into_iter().flatten().copied();
        [*customer].into_iter().chain(own.filter(|identity| identity != customer)).collect()
    };
    let all: Vec<i64> = customers.iter().flat_map(identities).collect();
    let revealed = workspace.vault.reveal_many(&all).await?;
    let of = |customer: &i64| {
        let mut known: Vec<Revealed> = Vec::new();
        for one in identities(customer).iter().filter_map(|identity| revealed.get(identity)).flatten() {
            if !known.contains(one) {
                known.push(one.clone());
            }
        }
        (*customer, known)
    };
    Ok(customers.iter().map(of).collect())
}
