//! What the models know of a customer: how many purchases after the first, when the last of them, and how
//! long ago the first. Equal customers are counted, not repeated: a base has fewer patterns than people.

use thiserror::Error;

use super::fit::Data;

/// One customer, seen from the first purchase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct History {
    /// Purchases after the first.
    pub x: u32,
    /// From the first purchase to the last; 0 if there was one only.
    pub t_x: f64,
    /// From the first purchase to the end of what is known (T in the papers).
    pub age: f64,
}

/// What is wrong with a history that is handed in.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum HistoryError {
    #[error("the columns have {0}, {1} and {2} rows")]
    UnequalColumns(usize, usize, usize),
    #[error("row {row}: a time is not a finite number")]
    NotFinite { row: usize },
    #[error("row {row}: a time is negative")]
    Negative { row: usize },
    #[error("row {row}: the last purchase ({t_x}) is after the end ({age})")]
    AfterTheEnd { row: usize, t_x: f64, age: f64 },
    #[error("row {row}: no purchase after the first, but a time of the last one ({t_x})")]
    NoPurchaseButTime { row: usize, t_x: f64 },
}

impl History {
    /// Checks what the formulas take for granted; `row` is only for the error.
    pub fn check(&self, row: usize) -> Result<(), HistoryError> {
        let History { x, t_x, age } = *self;
        if !t_x.is_finite() || !age.is_finite() {
            return Err(HistoryError::NotFinite { row });
        }
        if t_x < 0.0 || age < 0.0 {
            return Err(HistoryError::Negative { row });
        }
        if t_x > age {
            return Err(HistoryError::AfterTheEnd { row, t_x, age });
        }
        if x == 0 && t_x != 0.0 {
            return Err(HistoryError::NoPurchaseButTime { row, t_x });
        }
        Ok(())
    }

    /// The same in another unit of time.
    pub fn scaled(&self, factor: f64) -> History {
        History { x: self.x, t_x: self.t_x * factor, age: self.age * factor }
    }
}

/// A base of customers as its distinct patterns, sorted by purchases, age and last purchase: so a fit does
/// not depend on the order in which customers come.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histories {
    x: Vec<u32>,
    t_x: Vec<f64>,
    age: Vec<f64>,
    count: Vec<f64>,
}

impl Histories {
    /// Customers in columns.
    ///
    /// ```
    /// use gradus_stats::lifetime::history::Histories;
    /// let base = Histories::of(&[2, 0, 0], &[30.4, 0.0, 0.0], &[38.9, 38.9, 38.9]).unwrap();
    /// assert_eq!((base.n_patterns(), base.n_customers()), (2, 3.0));
    /// ```
    pub fn of(x: &[u32], t_x: &[f64], age: &[f64]) -> Result<Histories, HistoryError> {
        if x.len() != t_x.len() || x.len() != age.len() {
            return Err(HistoryError::UnequalColumns(x.len(), t_x.len(), age.len()));
        }
        // Non-negative numbers are ordered as their bits are; those who never came back have no t_x, and
        // the others are put together by their purchases first: less to sort.
        const APART: usize = 512;
        let mut once: Vec<u64> = Vec::new();
        let mut apart: Vec<Vec<u128>> = Vec::new();
        let mut often: Vec<(u32, u128)> = Vec::new();
        for row in 0..x.len() {
            History { x: x[row], t_x: t_x[row], age: age[row] }.check(row)?;
            let (t_x, age) = ((t_x[row] + 0.0).to_bits(), (age[row] + 0.0).to_bits());
            let both = u128::from(age) << 64 | u128::from(t_x);
            match x[row] as usize {
                0 => once.push(age),
                x if x < APART => {
                    if apart.len() < x {
                        apart.resize(x, Vec::new());
                    }
                    apart[x - 1].push(both);
                }
                _ => often.push((x[row], both)),
            }
        }
        once.sort_unstable();
        often.sort_unstable();
        let mut out = Histories::default();
        for age in once {
            out.push(0, 0.0, f64::from_bits(age), 1.0);
        }
        let mut push = |x: u32, both: u128| {
            out.push(x, f64::from_bits(both as u64), f64::from_bits((both >> 64) as u64), 1.0);
        };
        for (x, mut rows) in (1..).zip(apart) {
            rows.sort_unstable();
            rows.iter().for_each(|both| push(x, *both));
        }
        often.iter().for_each(|(x, both)| push(*x, *both));
        Ok(out)
    }

    /// Customers one after the other, each standing for so many (1, or a weight).
    pub fn of_counted(rows: impl IntoIterator<Item = (History, f64)>) -> Result<Histories, HistoryError> {
        let mut sorted: Vec<(u32, u64, u64, u64)> = Vec::new();
        for (row, (history, count)) in rows.into_iter().enumerate() {
            history.check(row)?;
            if !count.is_finite() {
                return Err(HistoryError::NotFinite { row });
            }
            if count < 0.0 {
                return Err(HistoryError::Negative { row });
            }
            let bits = |value: f64| (value + 0.0).to_bits();
            sorted.push((history.x, bits(history.age), bits(history.t_x), bits(count)));
        }
        sorted.sort_unstable();
        let mut out = Histories::default();
        for (x, age, t_x, count) in sorted {
            out.push(x, f64::from_bits(t_x), f64::from_bits(age), f64::from_bits(count));
        }
        Ok(out)
    }

    fn push(&mut self, x: u32, t_x: f64, age: f64, count: f64) {
        let same =
            self.x.last() == Some(&x) && self.age.last() == Some(&age) && self.t_x.last() == Some(&t_x);
        match self.count.last_mut() {
            Some(last) if same => *last += count,
            _ => {
                self.x.push(x);
                self.t_x.push(t_x);
                self.age.push(age);
                self.count.push(count);
            }
        }
    }

    pub fn n_patterns(&self) -> usize {
        self.x.len()
    }

    /// Of nobody 0: the sum of nothing is -0 in floating point, which would be printed.
    pub fn n_customers(&self) -> f64 {
        self.count.iter().sum::<f64>() + 0.0
    }

    /// Customers with a purchase after the first.
    pub fn n_repeaters(&self) -> f64 {
        self.x.iter().zip(&self.count).filter(|(x, _)| **x > 0).map(|(_, count)| count).sum::<f64>() + 0.0
    }

    /// The longest time that anybody is known; 0 for nobody.
    pub fn longest(&self) -> f64 {
        self.age.iter().copied().fold(0.0, f64::max)
    }

    /// Purchases after the first, of all together.
    pub fn n_purchases(&self) -> f64 {
        self.x.iter().zip(&self.count).map(|(x, count)| f64::from(*x) * count).sum::<f64>() + 0.0
    }

    /// Time that all together are known.
    pub fn exposure(&self) -> f64 {
        self.age.iter().zip(&self.count).map(|(age, count)| age * count).sum::<f64>() + 0.0
    }

    /// The patterns with the number of customers of each.
    pub fn patterns(&self) -> impl Iterator<Item = (History, f64)> + '_ {
        (0..self.x.len())
            .map(|i| (History { x: self.x[i], t_x: self.t_x[i], age: self.age[i] }, self.count[i]))
    }

    /// The same in another unit of time.
    pub(crate) fn scaled(&self, factor: f64) -> Histories {
        let scale = |times: &[f64]| times.iter().map(|time| time * factor).collect();
        Histories {
            x: self.x.clone(),
            t_x: scale(&self.t_x),
            age: scale(&self.age),
            count: self.count.clone(),
        }
    }

    /// About `n` of the patterns, evenly over their order, standing for all.
    pub(crate) fn thinned(&self, n: usize) -> Histories {
        let step = self.x.len().div_ceil(n.max(1)).max(1);
        let mut out = Histories::default();
        for i in (step / 2..self.x.len()).step_by(step) {
            out.push(self.x[i], self.t_x[i], self.age[i], self.count[i] * step as f64);
        }
        out
    }

    /// Stretches of equal `x`, as columns: t_x, age, count.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (u32, &[f64], &[f64], &[f64])> + '_ {
        let mut from = 0;
        std::iter::from_fn(move || {
            let x = *self.x.get(from)?;
            let to = from + self.x[from..].partition_point(|&other| other == x);
            let run = (x, &self.t_x[from..to], &self.age[from..to], &self.count[from..to]);
            from = to;
            Some(run)
        })
    }
}

impl Data for Histories {
    fn n_patterns(&self) -> usize {
        self.x.len()
    }

    fn part(&self, n: usize) -> Histories {
        self.thinned(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_customers_are_counted_in_any_order() {
        let base = Histories::of(&[1, 0, 1, 0], &[2.0, 0.0, 2.0, -0.0], &[9.0, 8.0, 9.0, 8.0]).unwrap();
        let turned = Histories::of(&[0, 1, 0, 1], &[0.0, 2.0, 0.0, 2.0], &[8.0, 9.0, 8.0, 9.0]).unwrap();
        assert_eq!(base, turned);
        let counted = Histories::of_counted([
            (History { x: 1, t_x: 2.0, age: 9.0 }, 2.0),
            (History { x: 0, t_x: 0.0, age: 8.0 }, 2.0),
        ]);
        assert_eq!(counted.unwrap(), base);
        assert_eq!(
            (base.n_repeaters(), base.n_purchases(), base.longest(), base.exposure()),
            (2.0, 2.0, 9.0, 34.0)
        );
        assert_eq!(base.runs().map(|(x, t_x, _, _)| (x, t_x.len())).collect::<Vec<_>>(), [(0, 1), (1, 1)]);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_row() {
        let of = |x: u32, t_x: f64, age: f64| Histories::of(&[0, x], &[0.0, t_x], &[1.0, age]).unwrap_err();
        assert_eq!(of(1, f64::NAN, 2.0), HistoryError::NotFinite { row: 1 });
        assert_eq!(of(1, 1.0, f64::INFINITY), HistoryError::NotFinite { row: 1 });
        assert_eq!(of(1, -1.0, 2.0), HistoryError::Negative { row: 1 });
        assert_eq!(of(1, 3.0, 2.0), HistoryError::AfterTheEnd { row: 1, t_x: 3.0, age: 2.0 });
        assert_eq!(of(0, 1.0, 2.0), HistoryError::NoPurchaseButTime { row: 1, t_x: 1.0 });
        assert_eq!(Histories::of(&[1], &[], &[1.0]), Err(HistoryError::UnequalColumns(1, 0, 1)));
        assert_eq!(Histories::of(&[], &[], &[]).unwrap().n_customers(), 0.0);
    }
}
