//! Regions: unions of boxes over the dimensions. A box says for some dimensions which cells are in it;
//! the others are free. Every operation has a budget, so that a model that is too entangled gives "not
//! decided" instead of a long wait.

use std::collections::BTreeMap;

use super::set::Set;

/// The budget was spent before there was an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bound;

/// How many boxes one region may have.
pub(crate) const MOST_BOXES: usize = 20_000;

/// Steps that one question may take.
#[derive(Debug)]
pub(crate) struct Budget(pub usize);

impl Budget {
    pub fn question() -> Budget {
        Budget(400_000)
    }

    /// For a whole table.
    pub fn table() -> Budget {
        Budget(60_000_000)
    }

    pub fn spend(&mut self, steps: usize) -> Result<(), Bound> {
        self.0 = self.0.checked_sub(steps).ok_or(Bound)?;
        Ok(())
    }
}

/// Dimensions that are restricted, ascending; none of the sets is empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Cuboid(pub Vec<(u32, Set)>);

impl Cuboid {
    /// Everything.
    pub fn whole() -> Cuboid {
        Cuboid(Vec::new())
    }

    pub fn of(dim: u32, set: Set) -> Cuboid {
        Cuboid(vec![(dim, set)])
    }

    pub fn get(&self, dim: u32) -> Option<&Set> {
        self.0.binary_search_by_key(&dim, |(own, _)| *own).ok().map(|at| &self.0[at].1)
    }

    pub fn with(&self, dim: u32, set: Set) -> Cuboid {
        let mut out = self.clone();
        match out.0.binary_search_by_key(&dim, |(own, _)| *own) {
            Ok(at) => out.0[at].1 = set,
            Err(at) => out.0.insert(at, (dim, set)),
        }
        out
    }

    /// `None` if nothing is in both.
    pub fn and(&self, other: &Cuboid) -> Option<Cuboid> {
        let (mut a, mut b, mut out) = (0, 0, Vec::with_capacity(self.0.len() + other.0.len()));
        while a < self.0.len() || b < other.0.len() {
            match (self.0.get(a), other.0.get(b)) {
                (Some(left), Some(right)) if left.0 == right.0 => {
                    let set = left.1.and(&right.1);
                    if set.is_empty() {
                        return None;
                    }
                    out.push((left.0, set));
                    (a, b) = (a + 1, b + 1);
                }
                (Some(left), right) if right.is_none_or(|right| left.0 < right.0) => {
                    out.push(left.clone());
                    a += 1;
                }
                (_, Some(right)) => {
                    out.push(right.clone());
                    b += 1;
                }
                _ => break,
            }
        }
        Some(Cuboid(out))
    }

    pub fn meets(&self, other: &Cuboid) -> bool {
        self.0.iter().all(|(dim, set)| other.get(*dim).is_none_or(|own| own.meets(set)))
    }

    /// True if everything here is in the other, too.
    pub fn within(&self, other: &Cuboid) -> bool {
        other.0.iter().all(|(dim, set)| self.get(*dim).is_some_and(|own| own.within(set)))
    }
}

/// A region: a union of boxes, which may overlap.
pub(crate) type Region = Vec<Cuboid>;

pub(crate) fn both(a: &Region, b: &Region) -> Result<Region, Bound> {
    if a.len().saturating_mul(b.len()) > 4 * MOST_BOXES {
        return Err(Bound);
    }
    let mut out: Region =
        a.iter().flat_map(|left| b.iter().filter_map(move |right| left.and(right))).collect();
    tidy(&mut out);
    if out.len() > MOST_BOXES { Err(Bound) } else { Ok(out) }
}

pub(crate) fn either(a: &Region, b: &Region) -> Result<Region, Bound> {
    let mut out: Region = a.iter().chain(b).cloned().collect();
    tidy(&mut out);
    if out.len() > MOST_BOXES { Err(Bound) } else { Ok(out) }
}

/// Puts boxes together that differ in one dimension, drops those inside others.
fn tidy(region: &mut Region) {
    const FEW: usize = 200;
    if region.len() > FEW {
        return;
    }
    let mut index = 0;
    'next: while index < region.len() {
        for other in 0..region.len() {
            if other == index {
                continue;
            }
            if region[index].within(&region[other]) {
                region.swap_remove(index);
                continue 'next;
            }
            if let Some(joined) = join(&region[index], &region[other]) {
                region[other] = joined;
                region.swap_remove(index);
                index = 0;
                continue 'next;
            }
        }
        index += 1;
    }
}

/// One box for two that are equal in all dimensions but one.
fn join(a: &Cuboid, b: &Cuboid) -> Option<Cuboid> {
    if a.0.len() != b.0.len() {
        return None;
    }
    let mut differs = None;
    for (at, (left, right)) in a.0.iter().zip(&b.0).enumerate() {
        if left.0 != right.0 {
            return None;
        }
        if left.1 != right.1 && differs.replace(at).is_some() {
            return None;
        }
    }
    let at = differs?;
    let mut out = a.clone();
    out.0[at].1 = a.0[at].1.or(&b.0[at].1);
    Some(out)
}

/// A box inside `target` that none of the boxes meets; `None` if they cover it. `sizes` is how many cells
/// each dimension has.
pub(crate) fn uncovered(
    target: &Cuboid,
    boxes: &[&Cuboid],
    sizes: &[u32],
    budget: &mut Budget,
) -> Result<Option<Cuboid>, Bound> {
    let mut found = None;
    each_uncovered(target, boxes, sizes, budget, &mut |cuboid| {
        found = Some(cuboid);
        false
    })?;
    Ok(found)
}

/// Calls with each box inside `target` that no box meets, disjoint among themselves, until told to stop
/// by `false`. True if it went through to the end.
pub(crate) fn each_uncovered(
    target: &Cuboid,
    boxes: &[&Cuboid],
    sizes: &[u32],
    budget: &mut Budget,
    say: &mut dyn FnMut(Cuboid) -> bool,
) -> Result<bool, Bound> {
    budget.spend(1 + boxes.len())?;
    let meeting: Vec<&Cuboid> = boxes.iter().copied().filter(|own| own.meets(target)).collect();
    if meeting.iter().any(|own| target.within(own)) {
        return Ok(true);
    }
    if meeting.len() > MANY {
        return sweep(target, &meeting, sizes, budget, say);
    }
    // The box that leaves the fewest dimensions to split; it meets the target in all of them.
    let sticking = |own: &Cuboid| {
        own.0.iter().filter(|(dim, set)| !target.get(*dim).is_some_and(|target| target.within(set))).count()
    };
    let Some(own) = meeting.iter().copied().min_by_key(|own| sticking(own)) else {
        return Ok(say(target.clone()));
    };
    // What is outside of it in one dimension, and then goes on inside.
    let mut rest = target.clone();
    for (dim, set) in &own.0 {
        let mine = rest.get(*dim).cloned().unwrap_or_else(|| Set::range(0, sizes[*dim as usize]));
        let outside = mine.minus(set);
        if !outside.is_empty() && !each_uncovered(&rest.with(*dim, outside), &meeting, sizes, budget, say)? {
            return Ok(false);
        }
        rest = rest.with(*dim, mine.and(set));
    }
    Ok(true)
}

/// Beyond this many boxes they are taken apart dimension by dimension.
const MANY: usize = 32;

/// The same for many boxes, such as the rows of a table: one dimension is cut wherever a box begins or
/// ends, and each stretch is looked at with the boxes that are in it.
fn sweep(
    target: &Cuboid,
    boxes: &[&Cuboid],
    sizes: &[u32],
    budget: &mut Budget,
    say: &mut dyn FnMut(Cuboid) -> bool,
) -> Result<bool, Bound> {
    let Some(dim) = widest_split(target, boxes) else {
        // Nothing is left to tell the boxes apart, and each of them meets the target: it is covered.
        return Ok(true);
    };
    let whole = Set::range(0, sizes[dim as usize]);
    let mine = target.get(dim).unwrap_or(&whole);
    let mut cuts: Vec<u32> = mine.ranges().iter().flat_map(|(from, below)| [*from, *below]).collect();
    for own in boxes.iter().filter_map(|own| own.get(dim)) {
        cuts.extend(own.ranges().iter().flat_map(|(from, below)| [*from, *below]));
    }
    cuts.sort_unstable();
    cuts.dedup();
    // Stretches with the same boxes are one question.
    let mut stretches: BTreeMap<Vec<usize>, Set> = BTreeMap::new();
    for pair in cuts.windows(2).filter(|pair| mine.holds(pair[0])) {
        let inside = |own: &&Cuboid| own.get(dim).is_none_or(|set| set.holds(pair[0]));
        let active: Vec<usize> = (0..boxes.len()).filter(|at| inside(&boxes[*at])).collect();
        budget.spend(1 + boxes.len() / 16)?;
        stretches.entry(active).or_default().push(pair[0], pair[1]);
    }
    for (active, set) in stretches {
        let part = target.with(dim, set);
        let active: Vec<&Cuboid> = active.into_iter().map(|at| boxes[at]).collect();
        if !each_uncovered(&part, &active, sizes, budget, say)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The dimension in which most of the boxes reach less far than the target.
fn widest_split(target: &Cuboid, boxes: &[&Cuboid]) -> Option<u32> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for own in boxes {
        for (dim, set) in &own.0 {
            if !target.get(*dim).is_some_and(|target| target.within(set)) {
                *counts.entry(*dim).or_default() += 1;
            }
        }
    }
    counts.into_iter().max_by_key(|(dim, n)| (*n, std::cmp::Reverse(*dim))).map(|(dim, _)| dim)
}

/// Everything that is not in the region.
pub(crate) fn complement(region: &Region, sizes: &[u32]) -> Result<Region, Bound> {
    minus(&vec![Cuboid::whole()], region, sizes)
}

/// What is in the first and not in the second.
pub(crate) fn minus(a: &Region, b: &Region, sizes: &[u32]) -> Result<Region, Bound> {
    let boxes: Vec<&Cuboid> = b.iter().collect();
    let mut budget = Budget::question();
    let mut out = Vec::new();
    for cuboid in a {
        each_uncovered(cuboid, &boxes, sizes, &mut budget, &mut |cuboid| {
            out.push(cuboid);
            out.len() <= MOST_BOXES
        })?;
        if out.len() > MOST_BOXES {
            return Err(Bound);
        }
    }
    tidy(&mut out);
    Ok(out)
}

/// True if every part of the first is in the second.
pub(crate) fn covered(a: &Region, b: &Region, sizes: &[u32], budget: &mut Budget) -> Result<bool, Bound> {
    let boxes: Vec<&Cuboid> = b.iter().collect();
    for cuboid in a {
        if uncovered(cuboid, &boxes, sizes, budget)?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(seed: &mut u64) -> u64 {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        *seed
    }

    /// Random regions in three dimensions against every point.
    #[test]
    fn regions_agree_with_every_point() {
        let sizes = [3u32, 4, 2];
        let mut seed = 7u64;
        let points: Vec<[u32; 3]> = (0..24).map(|n| [n % 3, n / 3 % 4, n / 12]).collect();
        let holds = |region: &Region, point: &[u32; 3]| {
            region.iter().any(|own| own.0.iter().all(|(dim, set)| set.holds(point[*dim as usize])))
        };
        for _ in 0..500 {
            let mut region = || -> Region {
                (0..draw(&mut seed) % 5)
                    .map(|_| {
                        let mut own = Cuboid::whole();
                        for (dim, size) in sizes.iter().enumerate() {
                            let set = Set::of((0..*size).filter(|_| draw(&mut seed) % 2 == 0));
                            if !set.is_empty() && draw(&mut seed) % 3 != 0 {
                                own = own.with(dim as u32, set);
                            }
                        }
                        own
                    })
                    .collect()
            };
            let (a, b) = (region(), region());
            let (and, or) = (both(&a, &b).unwrap(), either(&a, &b).unwrap());
            let (not, left) = (complement(&a, &sizes).unwrap(), minus(&a, &b, &sizes).unwrap());
            for point in &points {
                assert_eq!(holds(&and, point), holds(&a, point) && holds(&b, point));
                assert_eq!(holds(&or, point), holds(&a, point) || holds(&b, point));
                assert_eq!(holds(&not, point), !holds(&a, point));
                assert_eq!(holds(&left, point), holds(&a, point) && !holds(&b, point));
            }
            let many: Vec<&Cuboid> = a.iter().cycle().take(if a.is_empty() { 0 } else { MANY + 8 }).collect();
            let mut left: Region = Vec::new();
            let mut keep = |own| {
                left.push(own);
                true
            };
            each_uncovered(&Cuboid::whole(), &many, &sizes, &mut Budget::question(), &mut keep).unwrap();
            assert!(points.iter().all(|point| holds(&left, point) != holds(&a, point)));
            let inside = points.iter().all(|point| !holds(&a, point) || holds(&b, point));
            assert_eq!(covered(&a, &b, &sizes, &mut Budget::question()).unwrap(), inside);
        }
    }
}
