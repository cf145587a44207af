//! Weight of evidence and information value (Kullback 1959; Good 1950; as used for scorecards by Siddiqi 2006, Credit
//! Risk Scorecards, ch. 6). The sign is Siddiqi's: ln(share of the good / share of the bad), so that more is better;
//! some libraries have the opposite sign, the information value is the same.

use crate::refusal::{Refusal, parameter};

/// How many good and bad there are in one bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub good: u64,
    pub bad: u64,
}

impl Counts {
    pub fn n(&self) -> u64 {
        self.good + self.bad
    }

    /// The share of the bad; no number without rows.
    pub fn bad_rate(&self) -> f64 {
        self.bad as f64 / self.n() as f64
    }

    /// Rows of one kind only.
    pub fn is_pure(&self) -> bool {
        self.n() > 0 && (self.good == 0 || self.bad == 0)
    }

    pub(crate) fn plus(self, other: Counts) -> Counts {
        Counts { good: self.good + other.good, bad: self.bad + other.bad }
    }
}

/// What happens to a bin with none of one kind, whose evidence would be infinite.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Smoothing {
    /// It stays infinite, and the table says which bins those are.
    #[default]
    Raw,
    /// This many are added to the good and to the bad of every bin that has rows, and the totals are sums of
    /// what came out; 0.5 is usual (Haldane 1956, Ann. Hum. Genet. 20; Anscombe 1956, Biometrika 43).
    Add(f64),
    /// So many are added to the good and to the bad of a bin of one kind only; every other bin is as in [`Raw`],
    /// to the bit, because the totals stay those of the plain counts.
    ///
    /// [`Raw`]: Smoothing::Raw
    Pure(f64),
}

/// One bin of the table; shares are those of the plain counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    pub counts: Counts,
    /// Of all good rows those in this bin.
    pub share_of_good: f64,
    pub share_of_bad: f64,
    /// ln(share of good / share of bad); 0 for a bin without rows.
    pub woe: f64,
    /// (share of good - share of bad) woe.
    pub iv: f64,
}

/// The evidence of every bin.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub cells: Vec<Cell>,
    /// The sum over the bins: infinite if a pure bin is not smoothed.
    pub iv: f64,
    /// Bins that have rows of one kind only.
    pub pure: Vec<usize>,
}

/// The table of bins. Refuses no bins and outcomes of one kind.
///
/// ```
/// use gradus_stats::woe::{Counts, Smoothing, table};
/// let bins = [Counts { good: 80, bad: 10 }, Counts { good: 20, bad: 40 }];
/// let found = table(&bins, Smoothing::Raw)?;
/// assert!((found.cells[0].woe - (0.8f64 / 0.2).ln()).abs() < 1e-15);
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn table(bins: &[Counts], smoothing: Smoothing) -> Result<Table, Refusal> {
    let (add, add_pure) = match smoothing {
        Smoothing::Raw => (0.0, 0.0),
        Smoothing::Add(add) => (add, 0.0),
        Smoothing::Pure(add) => (0.0, add),
    };
    parameter(add_pure >= 0.0 && add_pure.is_finite(), "smoothing", "at least 0")?;
    parameter(add >= 0.0 && add.is_finite(), "smoothing", "at least 0")?;
    let all = bins.iter().fold(Counts::default(), |sum, counts| sum.plus(*counts));
    if all.n() == 0 {
        return Err(Refusal::Empty);
    }
    if all.good == 0 || all.bad == 0 {
        return Err(Refusal::OneClass);
    }
    let (good, bad) = (all.good as f64, all.bad as f64);
    let added = add * bins.iter().filter(|counts| counts.n() > 0).count() as f64;
    let cell = |counts: &Counts| {
        let add = if counts.is_pure() { add + add_pure } else { add };
        let of_good = (counts.good as f64 + add) / (good + added);
        let of_bad = (counts.bad as f64 + add) / (bad + added);
        let woe = if counts.n() == 0 { 0.0 } else { (of_good / of_bad).ln() };
        Cell {
            counts: *counts,
            share_of_good: counts.good as f64 / good,
            share_of_bad: counts.bad as f64 / bad,
            woe,
            iv: if counts.n() == 0 { 0.0 } else { (of_good - of_bad) * woe },
        }
    };
    let cells: Vec<Cell> = bins.iter().map(cell).collect();
    let pure = |at: &usize| bins[*at].is_pure();
    Ok(Table {
        iv: cells.iter().map(|cell| cell.iv).sum(),
        pure: (0..bins.len()).filter(pure).collect(),
        cells,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pure_bins_are_infinite_or_smoothed_and_always_named() {
        let bins = [Counts { good: 5, bad: 0 }, Counts::default(), Counts { good: 5, bad: 10 }];
        let raw = table(&bins, Smoothing::Raw).unwrap();
        assert_eq!((raw.cells[0].woe, raw.iv, raw.pure), (f64::INFINITY, f64::INFINITY, vec![0]));
        let smooth = table(&bins, Smoothing::Add(0.5)).unwrap();
        assert!((smooth.cells[0].woe - ((5.5 / 11.0f64) / (0.5 / 11.0)).ln()).abs() < 1e-15);
        assert_eq!((smooth.cells[1].woe, smooth.cells[1].iv), (0.0, 0.0), "nothing is known of an empty bin");
        assert_eq!(smooth.pure, [0]);
    }

    #[test]
    fn smoothing_of_pure_bins_leaves_the_others_as_they_are() {
        let bins = [Counts { good: 5, bad: 0 }, Counts { good: 70, bad: 4 }, Counts { good: 25, bad: 36 }];
        let (raw, smooth) =
            (table(&bins, Smoothing::Raw).unwrap(), table(&bins, Smoothing::Pure(0.5)).unwrap());
        assert_eq!(smooth.cells[1..], raw.cells[1..]);
        assert!((smooth.cells[0].woe - ((5.5f64 / 100.0) / (0.5 / 40.0)).ln()).abs() < 1e-15);
        assert!(smooth.iv.is_finite() && smooth.pure == [0]);
        let mixed = &bins[1..];
        assert_eq!(table(mixed, Smoothing::Pure(0.5)), table(mixed, Smoothing::Raw));
    }

    #[test]
    fn one_kind_has_no_evidence() {
        assert_eq!(table(&[], Smoothing::Raw), Err(Refusal::Empty));
        assert_eq!(table(&[Counts { good: 3, bad: 0 }], Smoothing::Raw), Err(Refusal::OneClass));
    }
}
