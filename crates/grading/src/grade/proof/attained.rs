//! What a scorecard can give: the set of its scores, or their range where there are too many.
//!
//! Lines that read the same values are looked at together, cell by cell; lines that do not are added
//! freely. What comes out holds every score that anybody can have, and perhaps some that nobody has.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gradus_expression::Mark;
use gradus_model::document::Bin;
use gradus_model::fixed::round_div;
use serde_json::Value;

use super::region::Cuboid;
use super::set::Set;
use super::space::{Ordered, Space};
use super::truths::{Conditions, Truths};
use crate::grade::binning::{Binner, number_of};
use crate::grade::frame::{Column, NullMeaning, NullReason};
use crate::grade::number::LARGEST_POINTS;
use crate::grade::scorecard::{AttributeTerm, Card, Limits, Method, Term, TermKind, Weights};

/// How many sums are kept apart; beyond that only their range is.
const MOST_SUMS: usize = 60_000;

/// How many combinations of cells are looked at for lines that hang together.
const MOST_CELLS: usize = 30_000;

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

/// The column of an attribute may have no value.
fn may_be_null(attribute: &AttributeTerm, space: &Space) -> bool {
    let dim = attribute.value.bare().and_then(|name| space.find(name));
    dim.is_none_or(|dim| space.dim(dim).null)
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

/// Lines put together by what they read, and those that have no cells: group, least, greatest.
#[allow(clippy::type_complexity)]
fn parts(
    given: &[Gives],
    n: usize,
    group: &dyn Fn(usize) -> usize,
    space: &Space,
) -> (Vec<Part>, Vec<(usize, Option<i64>, Option<i64>)>) {
    let dims_of = |gives: &Gives| -> BTreeSet<u32> {
        match gives {
            Gives::Cells(dim, _) => BTreeSet::from([*dim]),
            Gives::When(truths, ..) => truths
                .yes
                .iter()
                .chain(&truths.no)
                .flat_map(|own| own.0.iter().map(|(dim, _)| *dim))
                .collect(),
            _ => BTreeSet::new(),
        }
    };
    let mut together: Vec<(BTreeSet<u32>, Vec<usize>)> = Vec::new();
    let (mut out, mut open) = (Vec::new(), Vec::new());
    let lone = |index: usize, points: &[i64]| -> Part {
        let points: BTreeSet<i64> = points.iter().copied().collect();
        points.into_iter().map(|points| (unit(n, group(index), points), Cuboid::whole())).collect()
    };
    for (index, gives) in given.iter().enumerate() {
        match gives {
            Gives::Any(points) => out.push(lone(index, points)),
            Gives::Between(from, to) => open.push((group(index), *from, *to)),
            _ => {
                let (mut dims, mut lines) = (dims_of(gives), vec![index]);
                let (apart, touching): (Vec<_>, Vec<_>) =
                    together.into_iter().partition(|(other, _)| other.is_disjoint(&dims));
                together = apart;
                for (other, more) in touching {
                    dims.extend(other);
                    lines.extend(more);
                }
                together.push((dims, lines));
            }
        }
    }
    for (dims, mut lines) in together {
        lines.sort_unstable();
        match enumerate(&dims, &lines, given, n, group, space) {
            Some(part) => out.push(part),
            // Too many cells: each line by itself gives more than can be, never less.
            None => out.extend(lines.iter().map(|index| {
                let points: Vec<i64> = match &given[*index] {
                    Gives::Cells(_, cells) => cells.iter().map(|(_, points)| *points).collect(),
                    Gives::When(_, points, _) => vec![0, *points],
                    _ => vec![0],
                };
                lone(*index, &points)
            })),
        }
    }
    (out, open)
}

fn unit(n: usize, at: usize, points: i64) -> Vec<i64> {
    let mut out = vec![0; n];
    out[at] = points;
    out
}

/// Looks at every combination of cells that differ for one of the lines.
fn enumerate(
    dims: &BTreeSet<u32>,
    lines: &[usize],
    given: &[Gives],
    n: usize,
    group: &dyn Fn(usize) -> usize,
    space: &Space,
) -> Option<Part> {
    // Cells of a dimension that are the same to every line are one class.
    let mut classes: Vec<(u32, Vec<Set>)> = Vec::new();
    for dim in dims {
        let sets: Vec<&Set> = lines
            .iter()
            .flat_map(|index| -> Vec<&Set> {
                match &given[*index] {
                    Gives::Cells(own, cells) if own == dim => cells.iter().map(|(set, _)| set).collect(),
                    Gives::When(truths, ..) => {
                        truths.yes.iter().chain(&truths.no).filter_map(|own| own.get(*dim)).collect()
                    }
                    _ => Vec::new(),
                }
            })
            .collect();
        let mut own = vec![Set::range(0, space.sizes[*dim as usize])];
        let null = space.dim(*dim).null_cell().map(|cell| Set::of([cell]));
        for set in sets.into_iter().chain(&null) {
            own = own
                .iter()
                .flat_map(|class| [class.and(set), class.minus(set)])
                .filter(|class| !class.is_empty())
                .collect();
            if own.len() > MOST_CELLS {
                return None;
            }
        }
        classes.push((*dim, own));
    }
    let combinations = classes.iter().try_fold(1usize, |n, (_, own)| n.checked_mul(own.len()));
    let combinations = combinations.filter(|n| *n <= MOST_CELLS)?;
    let mut found: BTreeMap<Vec<i64>, Cuboid> = BTreeMap::new();
    for number in 0..combinations {
        let (mut rest, mut place) = (number, Cuboid::whole());
        for (dim, own) in &classes {
            place = place.with(*dim, own[rest % own.len()].clone());
            rest /= own.len();
        }
        // The classes lie in each box or outside of it, so any cell speaks for all.
        let inside = |region: &[Cuboid]| region.iter().any(|own| own.meets(&place));
        let mut sums = vec![vec![0i64; n]];
        for index in lines {
            let points: BTreeSet<i64> = match &given[*index] {
                Gives::Cells(dim, cells) => {
                    let own = place.get(*dim);
                    cells
                        .iter()
                        .filter(|(set, _)| own.is_some_and(|own| own.meets(set)))
                        .map(|(_, p)| *p)
                        .collect()
                }
                Gives::When(truths, ..) if inside(&truths.no) => BTreeSet::from([0]),
                Gives::When(truths, points, _) if inside(&truths.yes) => BTreeSet::from([*points]),
                Gives::When(_, points, unknown) if unknown.iter().any(|dim| is_null(*dim, &place, space)) => {
                    BTreeSet::from([(*points).min(0)])
                }
                // Unknown, or not applicable, which is a no.
                Gives::When(_, points, _) => BTreeSet::from([0, (*points).min(0)]),
                _ => BTreeSet::from([0]),
            };
            // A cell that this case leaves out.
            sums = sums
                .iter()
                .flat_map(|sums| {
                    points.iter().map(|points| {
                        let mut sums = sums.clone();
                        sums[group(*index)] += points;
                        sums
                    })
                })
                .collect();
        }
        for sums in sums {
            found.entry(sums).or_insert_with(|| place.clone());
        }
    }
    Some(found.into_iter().collect())
}

/// True if the place is where the dimension has no value.
fn is_null(dim: u32, place: &Cuboid, space: &Space) -> bool {
    space.dim(dim).null_cell().is_some_and(|cell| place.get(dim).is_some_and(|own| own.holds(cell)))
}

/// Codes of the cells of an attribute's column; where there is no value, both reasons for it.
fn cell_codes(attribute: &AttributeTerm, binner: &Binner, dim: &super::space::Dim) -> Vec<(Set, u16)> {
    let cells: Vec<u32> = dim.values().cells().collect();
    let column = Column { array: dim.array(&cells), reason: NullReason::All(NullMeaning::Unknown) };
    let mut sets: BTreeMap<u16, Set> = BTreeMap::new();
    for (cell, code) in cells.iter().zip(binner.codes(&column, attribute.codes).0) {
        sets.entry(code).or_default().push(*cell, *cell + 1);
    }
    let mut out: Vec<(Set, u16)> = sets.into_iter().map(|(code, set)| (set, code)).collect();
    if let Some(null) = dim.null_cell() {
        out.extend(
            [attribute.codes.unknown(), attribute.codes.not_applicable()].map(|code| (Set::of([null]), code)),
        );
    }
    out
}

/// Codes that an expression may give: every bin, no bin where there is a gap, and no value.
fn all_codes(attribute: &AttributeTerm, binner: Option<&Binner>) -> Vec<u16> {
    let gap = match binner {
        Some(Binner::Number { codes, .. }) => codes.contains(&attribute.codes.none()),
        Some(Binner::Text { otherwise, .. }) => *otherwise == attribute.codes.none(),
        Some(Binner::Boolean { when_true, when_false }) => {
            [when_true, when_false].contains(&&attribute.codes.none())
        }
        None => false,
    };
    let last = attribute.codes.len() as u16;
    (0..last).filter(|code| *code != attribute.codes.none() || gap).collect()
}

fn attribute_gives(
    term: &Term,
    attribute: &AttributeTerm,
    space: &Space,
    weights: Weights,
    gone: bool,
    nothing_known: bool,
) -> Gives {
    let points = |code: u16| -> Option<i64> {
        let dropped = attribute.dropped.contains(&code);
        if dropped != gone {
            return None;
        }
        if dropped && !nothing_known {
            return Some(0);
        }
        Some(term.contribution(attribute.raw[usize::from(code)].0, weights))
    };
    let dim = attribute.value.bare().and_then(|name| space.find(name));
    match (&attribute.method, dim) {
        (Method::Bins(binner), Some(dim)) => {
            let codes = cell_codes(attribute, binner, space.dim(dim));
            Gives::Cells(
                dim,
                codes.into_iter().filter_map(|(set, code)| Some((set, points(code)?))).collect(),
            )
        }
        (Method::Bins(binner), None) => {
            Gives::Any(all_codes(attribute, Some(binner)).into_iter().filter_map(points).collect())
        }
        (Method::Quantiles { .. }, _) => {
            Gives::Any(all_codes(attribute, None).into_iter().filter_map(points).collect())
        }
        (Method::Slope { each, per, .. }, dim) => {
            if gone {
                return Gives::Any(all_codes(attribute, None).into_iter().filter_map(points).collect());
            }
            let (low, high) = slope_range((*each, *per), dim.map(|dim| space.dim(dim)));
            let others = all_codes(attribute, None).into_iter().filter_map(points);
            let (least, greatest) = others.fold((i64::MAX, i64::MIN), |(least, greatest), points| {
                (least.min(points), greatest.max(points))
            });
            let end = |value: Option<i64>, limit: Option<i64>| match value {
                Some(value) => Some(term.contribution(value, weights)),
                None => limit,
            };
            let (from, to) = (end(low, term.cap.min), end(high, term.cap.max));
            Gives::Between(from.map(|from| from.min(least)), to.map(|to| to.max(greatest)))
        }
    }
}

/// Points of the ends of a column; `None` where it has none.
fn slope_range((each, per): (i64, i64), dim: Option<&super::space::Dim>) -> (Option<i64>, Option<i64>) {
    let Some(dim) = dim else { return (None, None) };
    let at = |cell: u32, low: bool| -> Option<i64> {
        let (from, to) = dim.units(cell)?;
        let super::space::Cells::Ordered { kind, .. } = &dim.cells else { return None };
        let fixed = kind.fixed(if low { from } else { to })?;
        let points = round_div(i128::from(fixed) * i128::from(each), i128::from(per))?;
        i64::try_from(points).ok().filter(|points| points.abs() <= LARGEST_POINTS)
    };
    let ends = (at(0, true), dim.n_values().checked_sub(1).and_then(|last| at(last, false)));
    if each >= 0 { ends } else { (ends.1, ends.0) }
}

/// Least and greatest points of a line before its cap; `None` where there is no end, or where its weight
/// may grow.
fn before_cap(term: &Term, space: &Space) -> Option<(i64, i64)> {
    let points: Vec<i64> = match &term.kind {
        TermKind::When { points, .. } => vec![0, *points],
        TermKind::PerEvent { .. } => return None,
        TermKind::Attribute(attribute) => {
            let codes: Vec<u16> =
                match (&attribute.method, attribute.value.bare().and_then(|name| space.find(name))) {
                    (Method::Slope { .. }, _) => return None,
                    (Method::Bins(binner), Some(dim)) => cell_codes(attribute, binner, space.dim(dim))
                        .into_iter()
                        .map(|(_, code)| code)
                        .collect(),
                    (Method::Bins(binner), None) => all_codes(attribute, Some(binner)),
                    (Method::Quantiles { .. }, _) => all_codes(attribute, None),
                };
            let weights = Weights { all: 1, known: 1 };
            let of = |code: u16| {
                let (low, high) = attribute.raw[usize::from(code)];
                [term.weighted(low, weights), term.weighted(high, weights)]
            };
            codes.into_iter().flat_map(of).collect()
        }
    };
    points.iter().copied().min().zip(points.iter().copied().max())
}

/// True if the limits never change anything between these ends: the lower, the upper.
pub(crate) fn idle(limits: &Limits, range: (i64, i64)) -> (bool, bool) {
    (limits.min.is_some_and(|min| min < range.0), limits.max.is_some_and(|max| max > range.1))
}

impl Ordered {
    /// A value in ten-thousandths, as slopes see it; `None` beyond what points can be.
    fn fixed(self, units: i128) -> Option<i64> {
        let one = super::space::ordered_array(self, &self.data_type(), std::iter::once(Some(units)));
        crate::grade::number::Numbers::of(&one).and_then(|numbers| numbers.fixed(0))
    }
}
