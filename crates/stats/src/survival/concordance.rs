//! How well a score tells who comes first: Harrell's C (Harrell et al. 1982, JAMA 247, 2543-2546).

use super::{SurvivalError, order};

/// Pairs that can be told apart: one had the event, the other was then still without it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Concordance {
    /// Pairs in which the one with the higher risk score came first.
    pub concordant: f64,
    pub discordant: f64,
    /// Pairs of equal scores: half of each counts.
    pub tied: f64,
}

impl Concordance {
    /// One half for chance, 1 for a perfect order; `None` without a pair.
    pub fn c(&self) -> Option<f64> {
        let all = self.concordant + self.discordant + self.tied;
        (all > 0.0).then(|| (self.concordant + 0.5 * self.tied) / all)
    }
}

/// Higher `risk` is taken to mean an earlier event. Who is censored when another's event happens counts as
/// later; two events at one time are no pair.
///
/// ```
/// let found = gradus_stats::survival::concordance::concordance(&[1.0, 2.0, 3.0], &[true; 3], &[0.9, 0.5, 0.1]);
/// assert_eq!(found.unwrap().c(), Some(1.0));
/// ```
pub fn concordance(times: &[f64], happened: &[bool], risk: &[f64]) -> Result<Concordance, SurvivalError> {
    if times.len() != risk.len() {
        return Err(SurvivalError::UnequalColumns(times.len(), risk.len()));
    }
    if let Some(row) = risk.iter().position(|risk| risk.is_nan()) {
        return Err(SurvivalError::NotFinite { row, column: 0 });
    }
    let order = order(times, happened)?;
    let mut distinct = risk.to_vec();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    let rank = |row: usize| distinct.partition_point(|value| *value < risk[row]);
    let mut later = Counts::new(distinct.len());
    let mut out = Concordance { concordant: 0.0, discordant: 0.0, tied: 0.0 };
    let mut to = order.len();
    while to > 0 {
        let time = times[order[to - 1]];
        let from = order[..to].partition_point(|&row| times[row] < time);
        let together = &order[from..to];
        together.iter().filter(|&&row| !happened[row]).for_each(|&row| later.add(rank(row)));
        for &row in together.iter().filter(|&&row| happened[row]) {
            let below = later.below(rank(row));
            let equal = later.below(rank(row) + 1) - below;
            out.concordant += below;
            out.tied += equal;
            out.discordant += later.n - below - equal;
        }
        together.iter().filter(|&&row| happened[row]).for_each(|&row| later.add(rank(row)));
        to = from;
    }
    Ok(out)
}

/// How many of each rank, with sums from below in logarithmic time (Fenwick 1994).
struct Counts {
    tree: Vec<f64>,
    n: f64,
}

impl Counts {
    fn new(n_ranks: usize) -> Counts {
        Counts { tree: vec![0.0; n_ranks + 1], n: 0.0 }
    }

    fn add(&mut self, rank: usize) {
        self.n += 1.0;
        let mut i = rank + 1;
        while i < self.tree.len() {
            self.tree[i] += 1.0;
            i += i & i.wrapping_neg();
        }
    }

    fn below(&self, rank: usize) -> f64 {
        let (mut i, mut sum) = (rank, 0.0);
        while i > 0 {
            sum += self.tree[i];
            i -= i & i.wrapping_neg();
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn it_is_what_counting_every_pair_gives() {
        let mut random = Random::new(3);
        let n = 150;
        let times: Vec<f64> = (0..n).map(|_| (random.open_unit() * 20.0).floor()).collect();
        let happened: Vec<bool> = (0..n).map(|_| random.open_unit() < 0.6).collect();
        let risk: Vec<f64> = (0..n).map(|_| (random.open_unit() * 10.0).floor()).collect();
        let mut naive = Concordance { concordant: 0.0, discordant: 0.0, tied: 0.0 };
        for i in (0..n).filter(|&i| happened[i]) {
            for j in 0..n {
                if times[j] > times[i] || (times[j] == times[i] && !happened[j]) {
                    match risk[i].total_cmp(&risk[j]) {
                        std::cmp::Ordering::Greater => naive.concordant += 1.0,
                        std::cmp::Ordering::Less => naive.discordant += 1.0,
                        std::cmp::Ordering::Equal => naive.tied += 1.0,
                    }
                }
            }
        }
        assert_eq!(concordance(&times, &happened, &risk).unwrap(), naive);
        assert_eq!(concordance(&[1.0], &[false], &[1.0]).unwrap().c(), None);
        assert!(concordance(&[1.0], &[true], &[f64::NAN]).is_err());
    }
}
