//! Lines that hang together because they read the same values, cell by cell.

use std::collections::{BTreeMap, BTreeSet};

use super::super::region::Cuboid;
use super::super::set::Set;
use super::super::space::Space;
use super::{Gives, Part};
use crate::grade::binning::Binner;
use crate::grade::frame::{Column, NullMeaning, NullReason};
use crate::grade::scorecard::AttributeTerm;

/// How many combinations of cells are looked at for lines that hang together.
const MOST_CELLS: usize = 30_000;

/// Lines put together by what they read, and those that have no cells: group, least, greatest.
#[allow(clippy::type_complexity)]
pub(super) fn parts(
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
pub(super) fn cell_codes(
    attribute: &AttributeTerm,
    binner: &Binner,
    dim: &super::super::space::Dim,
) -> Vec<(Set, u16)> {
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
pub(super) fn all_codes(attribute: &AttributeTerm, binner: Option<&Binner>) -> Vec<u16> {
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
