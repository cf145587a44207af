//! What a scorecard can give: the set of its scores, or their range where there are too many.
//!
//! Lines that read the same values are looked at together, cell by cell; lines that do not are added
//! freely. What comes out holds every score that anybody can have, and perhaps some that nobody has.

mod lines;
mod together;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gradus_expression::Mark;
use gradus_model::document::Bin;
use serde_json::Value;

use super::region::Cuboid;
use super::set::Set;
use super::truths::{Conditions, Truths};
use crate::grade::binning::number_of;
use crate::grade::number::LARGEST_POINTS;
use crate::grade::scorecard::{Card, TermKind, Weights};
use lines::{attribute_gives, before_cap, may_be_null};
use together::parts;

pub(crate) use lines::idle;

/// How many sums are kept apart; beyond that only their range is.
const MOST_SUMS: usize = 60_000;

/// How many attributes may give their weight away before only "anything" is known.
const MOST_REWEIGHTED: usize = 8;

/// What a card can give, in ten-thousandths.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attained {
    /// Every score that can come out, ascending; `None` if only the range is known.
    pub scores: Option<Vec<i64>>,
    /// Least and greatest, each with where it is; `None` if there is no end.
    pub least: Option<(i64, Cuboid)>,
    pub greatest: Option<(i64, Cuboid)>,
    /// Before the limits: of each line, of each group, of the whole.
    pub terms: Vec<Option<(i64, i64)>>,
    pub groups: Vec<Option<(i64, i64)>>,
    pub total: Option<(i64, i64)>,
}

/// The values at which bins begin and end, and those that they list.
pub(crate) fn bin_marks(bins: &[Bin]) -> Vec<Mark> {
    let number = |number: gradus_model::fixed::Fixed| Mark::Number(i128::from(number.0), 4);
    let mut marks = Vec::new();
    for bin in bins {
        marks.extend(bin.from.into_iter().chain(bin.below).map(number));
        for value in bin.one_of.iter().flatten() {
            match value {
                Value::String(text) => marks.push(Mark::Text(text.clone())),
                value => marks.extend(number_of(value).map(number)),
            }
        }
    }
    marks
}

/// What one line gives.
enum Gives {
    /// By the cells of one dimension. A cell may be in several entries.
    Cells(u32, Vec<(Set, i64)>),
    /// By a condition: points where it holds, nothing where not, the lesser of both where unknown.
    /// The dimensions are those without whose value it is surely unknown.
    When(Truths, i64, BTreeSet<u32>),
    /// One of these, whatever the others give.
    Any(Vec<i64>),
    /// Something between these; no end where none is known.
    Between(Option<i64>, Option<i64>),
}

/// Lines that hang together: what they give in each group, and where.
type Part = Vec<(Vec<i64>, Cuboid)>;

impl Attained {
    pub fn of(card: &Card, conditions: &mut Conditions) -> Attained {
        let mut out = Attained {
            terms: card.terms.iter().map(|term| before_cap(term, &conditions.space)).collect(),
            ..Attained::default()
        };
        let movable: Vec<usize> = card
            .terms
            .iter()
            .enumerate()
            .filter(|(_, term)| match &term.kind {
                TermKind::Attribute(attribute) => {
                    !attribute.dropped.is_empty() && may_be_null(attribute, &conditions.space)
                }
                _ => false,
            })
            .map(|(index, _)| index)
            .collect();
        if movable.len() > MOST_REWEIGHTED {
            return out;
        }
        let mut all: Option<Sums> = None;
        for mask in 0..1u32 << movable.len() {
            let gone: BTreeSet<usize> = movable
                .iter()
                .enumerate()
                .filter(|(bit, _)| mask >> bit & 1 == 1)
                .map(|(_, index)| *index)
                .collect();
            let Some(own) = sums(card, conditions, &gone) else { return out };
            all = Some(match all {
                None => own,
                Some(all) => all.or(own),
            });
        }
        let Some(sums) = all else { return out };
        out.groups = sums.groups;
        out.total = sums.total;
        out.scores = sums.scores.map(|scores| scores.into_keys().collect());
        (out.least, out.greatest) = (sums.least, sums.greatest);
        out
    }

    pub fn range(&self) -> (Option<i64>, Option<i64>) {
        (self.least.as_ref().map(|end| end.0), self.greatest.as_ref().map(|end| end.0))
    }

    /// True if some score from `from` on and below `below` can come out, as far as is known.
    pub fn reaches(&self, from: Option<i64>, below: Option<i64>) -> bool {
        if let Some(scores) = &self.scores {
            let at = from.map_or(0, |from| scores.partition_point(|score| *score < from));
            return scores.get(at).is_some_and(|score| below.is_none_or(|below| *score < below));
        }
        let (least, greatest) = self.range();
        let low_enough = least.zip(below).is_none_or(|(least, below)| least < below);
        let high_enough = greatest.zip(from).is_none_or(|(greatest, from)| greatest >= from);
        low_enough && high_enough
    }
}

/// Sums of a whole card.
struct Sums {
    scores: Option<BTreeMap<i64, ()>>,
    least: Option<(i64, Cuboid)>,
    greatest: Option<(i64, Cuboid)>,
    groups: Vec<Option<(i64, i64)>>,
    total: Option<(i64, i64)>,
}

impl Sums {
    fn or(self, other: Sums) -> Sums {
        let wider = |a: Option<(i64, i64)>, b: Option<(i64, i64)>| Some((a?.0.min(b?.0), a?.1.max(b?.1)));
        let (mut scores, more) = (self.scores, other.scores);
        match (&mut scores, more) {
            (Some(scores), Some(more)) => scores.extend(more),
            (scores, _) => *scores = None,
        }
        let pick = |a: Option<(i64, Cuboid)>, b: Option<(i64, Cuboid)>, less: bool| {
            let (a, b) = (a?, b?);
            Some(if (a.0 <= b.0) == less { a } else { b })
        };
        Sums {
            scores,
            least: pick(self.least, other.least, true),
            greatest: pick(self.greatest, other.greatest, false),
            groups: self.groups.into_iter().zip(other.groups).map(|(a, b)| wider(a, b)).collect(),
            total: wider(self.total, other.total),
        }
    }
}

/// What the card gives with these attributes giving their weight away, and no others.
fn sums(card: &Card, conditions: &mut Conditions, gone: &BTreeSet<usize>) -> Option<Sums> {
    let weight_gone: i64 = gone
        .iter()
        .map(|index| match &card.terms[*index].kind {
            TermKind::Attribute(attribute) => attribute.weight,
            _ => 0,
        })
        .sum();
    let known = card.weight - weight_gone;
    let nothing_known = !gone.is_empty() && known <= 0;
    let weights = Weights { all: card.weight, known: if nothing_known { card.weight } else { known } };
    let given: Vec<Gives> = card
        .terms
        .iter()
        .enumerate()
        .map(|(index, term)| match &term.kind {
            TermKind::Attribute(attribute) => attribute_gives(
                term,
                attribute,
                &conditions.space,
                weights,
                gone.contains(&index),
                nothing_known,
            ),
            TermKind::When { condition, points } => match conditions.truths(condition) {
                Ok(truths) => {
                    let read = condition.references.iter().filter_map(|name| conditions.space.find(name));
                    let unknown = read.filter(|dim| conditions.surely_unknown.contains(dim)).collect();
                    Gives::When(truths, term.cap.clamp(*points), unknown)
                }
                Err(_) => Gives::Any(vec![0, term.cap.clamp(*points)]),
            },
            TermKind::PerEvent { sum } => {
                let dim = sum.bare().and_then(|name| conditions.space.find(name));
                let end = |low: bool| {
                    let dim = conditions.space.dim(dim?);
                    let units = dim.units(if low { 0 } else { dim.n_values().checked_sub(1)? })?;
                    i64::try_from(if low { units.0 } else { units.1 })
                        .ok()
                        .filter(|units| units.abs() <= LARGEST_POINTS)
                };
                let clamp =
                    |end: Option<i64>, limit: Option<i64>| end.map(|end| term.cap.clamp(end)).or(limit);
                Gives::Between(clamp(end(true), term.cap.min), clamp(end(false), term.cap.max))
            }
        })
        .collect();
    let group = |index: usize| card.terms[index].group.map_or(0, |group| group + 1);
    let n = card.groups.len() + 1;
    let (parts, open) = parts(&given, n, &group, &conditions.space);
    // Two attributes of one value, one of them known and the other not: nobody is such a case.
    if parts.iter().any(Vec::is_empty) {
        return Some(Sums {
            scores: Some(BTreeMap::new()),
            least: Some((i64::MAX, Cuboid::whole())),
            greatest: Some((i64::MIN, Cuboid::whole())),
            groups: card.groups.iter().map(|_| Some((i64::MAX, i64::MIN))).collect(),
            total: Some((i64::MAX, i64::MIN)),
        });
    }
    // Ends of every group, for the ranges.
    let mut low: Vec<Option<i64>> = vec![Some(0); n];
    let mut high: Vec<Option<i64>> = vec![Some(0); n];
    (low[0], high[0]) = (Some(card.base), Some(card.base));
    for part in &parts {
        for at in 0..n {
            let of =
                |pick: fn(i64, i64) -> i64| part.iter().map(|(sums, _)| sums[at]).reduce(pick).unwrap_or(0);
            low[at] = low[at].map(|sum| sum.saturating_add(of(i64::min)));
            high[at] = high[at].map(|sum| sum.saturating_add(of(i64::max)));
        }
    }
    for (at, from, to) in &open {
        low[*at] = low[*at].zip(*from).map(|(sum, from)| sum.saturating_add(from));
        high[*at] = high[*at].zip(*to).map(|(sum, to)| sum.saturating_add(to));
    }
    let groups = (1..n).map(|at| low[at].zip(high[at])).collect();
    let mut out = Sums { scores: None, least: None, greatest: None, groups, total: None };
    let added = if open.is_empty() { add_up(card, &parts, n) } else { None };
    match added {
        Some(added) => {
            let scores: BTreeMap<i64, ()> = added.iter().map(|one| (one.score, ())).collect();
            let least = added.iter().min_by_key(|one| one.score);
            let greatest = added.iter().max_by_key(|one| one.score);
            out.least = least.map(|one| (one.score, one.place.clone()));
            out.greatest = greatest.map(|one| (one.score, one.place.clone()));
            let before = added.iter().map(|one| one.before);
            out.total = before.clone().min().zip(before.max());
            out.scores = Some(scores);
        }
        None => {
            let whole = |ends: &[Option<i64>], low: bool| -> Option<i64> {
                let mut sum = ends[0]?;
                for ((_, limits), end) in card.groups.iter().zip(&ends[1..]) {
                    let limit = if low { limits.min } else { limits.max };
                    sum = sum.saturating_add(end.map(|end| limits.clamp(end)).or(limit)?);
                }
                Some(card.stretch(sum))
            };
            let (least, greatest) = (whole(&low, true), whole(&high, false));
            out.total = least.zip(greatest);
            let ended = |end: Option<i64>, limit: Option<i64>| end.map(|end| card.limit(end)).or(limit);
            out.least = ended(least, card.total.min).map(|end| (end, extreme(&parts, true)));
            out.greatest = ended(greatest, card.total.max).map(|end| (end, extreme(&parts, false)));
        }
    }
    Some(out)
}

/// Where every part gives its least or its most.
fn extreme(parts: &[Part], least: bool) -> Cuboid {
    let sum = |one: &&(Vec<i64>, Cuboid)| one.0.iter().sum::<i64>();
    let mut place = Cuboid::whole();
    for part in parts {
        let own = if least { part.iter().min_by_key(sum) } else { part.iter().max_by_key(sum) };
        place = own.and_then(|own| place.and(&own.1)).unwrap_or(place);
    }
    place
}

/// One way in which the parts add up.
struct Added {
    score: i64,
    /// Stretched, before the limits on the score.
    before: i64,
    place: Cuboid,
}

/// Every sum of the parts; `None` if there are too many.
fn add_up(card: &Card, parts: &[Part], n: usize) -> Option<Vec<Added>> {
    let mut start = vec![0; n];
    start[0] = card.base;
    let mut states: HashMap<Vec<i64>, Cuboid> = HashMap::from([(start, Cuboid::whole())]);
    for part in parts {
        let mut next: HashMap<Vec<i64>, Cuboid> = HashMap::with_capacity(states.len() * 2);
        // In an order of their own, so that the same model gives the same example.
        let mut ordered: Vec<(&Vec<i64>, &Cuboid)> = states.iter().collect();
        ordered.sort_by(|a, b| a.0.cmp(b.0));
        for (sums, place) in ordered {
            for (more, where_) in part {
                let key: Vec<i64> = sums.iter().zip(more).map(|(a, b)| a + b).collect();
                if !next.contains_key(&key) {
                    // Parts share no dimension.
                    next.insert(key, place.and(where_)?);
                }
            }
            if next.len() > MOST_SUMS {
                return None;
            }
        }
        states = next;
    }
    let mut out: Vec<Added> = states
        .into_iter()
        .map(|(sums, place)| {
            let grouped = card.groups.iter().zip(&sums[1..]).map(|((_, limits), sum)| limits.clamp(*sum));
            let before = card.stretch(sums[0] + grouped.sum::<i64>());
            let bounded = card.scale.is_some() || !card.total.is_none();
            Added { score: if bounded { card.limit(before) } else { before }, before, place }
        })
        .collect();
    out.sort_by(|a, b| {
        (a.score, a.before).cmp(&(b.score, b.before)).then_with(|| a.place.0.len().cmp(&b.place.0.len()))
    });
    Some(out)
}
