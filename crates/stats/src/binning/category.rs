//! Bins of categories: in the order of their bad rates every best grouping into bins is one of neighbours (Fisher
//! 1958, J. Am. Stat. Assoc. 53, lemma; Breiman et al. 1984, theorem 4.5), because the information value is convex;
//! so it is the same row of pre-bins. With a least size it is the best grouping of neighbours.

use super::numeric::joined;
use super::{Options, Telling, Trend, check, partition, prebin, pure};
use crate::refusal::{Refusal, lengths};
use crate::woe::{Counts, Table, table};

/// A column of categories, binned.
#[derive(Debug, Clone, PartialEq)]
pub struct CategoryBinning {
    /// The categories of each bin, ascending; bins from the lowest bad rate.
    pub groups: Vec<Vec<u32>>,
    /// The bin of each category; `None` for one without rows.
    pub group_of: Vec<Option<usize>>,
    /// The bin of the rare categories, which also takes those never seen.
    pub rare: Option<usize>,
    /// One cell for each group, and last what is missing.
    pub table: Table,
    /// What the pre-bins told; runs are places in `fine`.
    pub telling: Telling,
    /// The categories of each pre-bin, in the order of their bad rates.
    pub fine: Vec<Vec<u32>>,
}

impl CategoryBinning {
    /// The cell of a category, `None` being missing; no cell for one that was never seen if none is for the rare.
    pub fn bin_of(&self, category: Option<u32>) -> Option<usize> {
        match category {
            None => Some(self.groups.len()),
            Some(category) => self.group_of.get(category as usize).copied().flatten().or(self.rare),
        }
    }

    /// The weight of evidence; 0, which says nothing, for a category that was never seen.
    pub fn woe(&self, category: Option<u32>) -> f64 {
        self.bin_of(category).map_or(0.0, |bin| self.table.cells[bin].woe)
    }
}

/// Bins categories (numbers below `n_categories`, `None` being missing) by the share of the bad. The trend of the
/// options does not matter: categories have no order but that of their bad rates.
pub fn bin_categories(
    categories: &[Option<u32>],
    n_categories: u32,
    bad: &[bool],
    options: &Options,
) -> Result<CategoryBinning, Refusal> {
    check(options)?;
    lengths("the outcomes", categories.len(), bad.len())?;
    let mut counts = vec![Counts::default(); n_categories as usize];
    let mut missing = Counts::default();
    for (category, bad) in categories.iter().zip(bad) {
        let one = Counts { good: u64::from(!bad), bad: u64::from(*bad) };
        match category {
            None => missing = missing.plus(one),
            Some(category) => {
                let Some(counts) = counts.get_mut(*category as usize) else {
                    return Err(Refusal::Parameter { parameter: "a category", wanted: "below their number" });
                };
                *counts = counts.plus(one);
            }
        }
    }
    let all = counts.iter().fold(missing, |sum, counts| sum.plus(*counts));
    if all.n() == missing.n() {
        return Err(Refusal::Empty);
    }
    if all.good == 0 || all.bad == 0 {
        return Err(Refusal::OneClass);
    }
    // (categories, counts): the rare ones together, in the order of the bad rates.
    let least = options.rare_share * all.n() as f64;
    let mut rare: (Vec<u32>, Counts) = (Vec::new(), Counts::default());
    let mut rows: Vec<(Vec<u32>, Counts)> = Vec::new();
    for (category, counts) in counts.iter().enumerate().filter(|(_, counts)| counts.n() > 0) {
        if (counts.n() as f64) < least {
            rare.0.push(category as u32);
            rare.1 = rare.1.plus(*counts);
        } else {
            rows.push((vec![category as u32], *counts));
        }
    }
    let first_rare = rare.0.first().copied();
    if !rare.0.is_empty() {
        rows.push(rare);
    }
    rows.sort_by(|(names, a), (others, b)| {
        let (left, right) = (u128::from(a.bad) * u128::from(b.n()), u128::from(b.bad) * u128::from(a.n()));
        left.cmp(&right).then_with(|| names.cmp(others))
    });
    let rows = thinned(rows);
    let pre_bins: Vec<Counts> = rows.iter().map(|row| row.1).collect();
    let followed = Options { trend: Trend::Ascending, ..options.clone() };
    let division = partition::division(&pre_bins, all, &followed).ok_or(Refusal::Infeasible)?;
    let telling = pure::telling(&pre_bins, &[missing], options);
    let fine = rows.iter().map(|row| row.0.clone()).collect();
    let mut bins = joined(&pre_bins, &division.starts);
    bins.push(missing);
    let mut groups = vec![Vec::new(); division.starts.len()];
    let mut group_of = vec![None; n_categories as usize];
    for (at, (names, _)) in rows.into_iter().enumerate() {
        let group = division.starts.partition_point(|start| *start <= at) - 1;
        names.iter().for_each(|name| group_of[*name as usize] = Some(group));
        groups[group].extend(names);
    }
    groups.iter_mut().for_each(|group| group.sort_unstable());
    let rare = first_rare.and_then(|name| group_of[name as usize]);
    let table = table(&bins, options.smoothing)?;
    Ok(CategoryBinning { groups, group_of, rare, table, telling, fine })
}

/// Neighbours in the order of the bad rates are joined until the pre-bins are few enough.
fn thinned(rows: Vec<(Vec<u32>, Counts)>) -> Vec<(Vec<u32>, Counts)> {
    if rows.len() <= prebin::MOST {
        return rows;
    }
    let all: u64 = rows.iter().map(|row| row.1.n()).sum();
    let each = all.div_ceil(prebin::MOST as u64 / 2);
    let mut out: Vec<(Vec<u32>, Counts)> = Vec::new();
    for (names, counts) in rows {
        match out.last_mut() {
            Some(last) if last.1.n() + counts.n() <= each => {
                last.0.extend(names);
                last.1 = last.1.plus(counts);
            }
            _ => out.push((names, counts)),
        }
    }
    out
}
