//! From transactions to what the models need: Fader and Hardie, "Creating an RFM summary using Excel" (note
//! 022). Transactions of one period (a day, a week) are one purchase.
//!
//! - x: distinct periods with a purchase, less the first;
//! - t_x: from the first period to the last; T: from the first period to the end;
//! - mean: of the periods' sums, the first period left out; 0 without repeat purchase.
//!
//! Where libraries differ: whole calendar weeks ([`week_of`]) are not days / 7 ([`Summary::history`] with a
//! unit of 7); the first purchase belongs to no mean; who first bought after the end is absent.

use thiserror::Error;

use super::history::History;

/// What is wrong with the rows handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SummaryError {
    #[error("the columns have {0}, {1} and {2} rows")]
    UnequalColumns(usize, usize, usize),
    #[error("row {row} comes before the row above it: sort by customer, then by period")]
    NotSorted { row: usize },
    #[error("row {row}: the amount is not a finite number")]
    NotFinite { row: usize },
}

/// One customer in whole periods.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    pub customer: u64,
    /// Purchases after the first.
    pub x: u32,
    /// Periods from the first purchase to the last.
    pub t_x: u32,
    /// Periods from the first purchase to the end.
    pub age: u32,
    /// The mean amount of a period with a repeat purchase; 0 without one.
    pub mean: f64,
    /// The amount of the first period.
    pub first: f64,
    pub first_period: i32,
}

impl Summary {
    /// In a unit of so many periods: 7 makes weeks of days, fractions kept.
    pub fn history(&self, unit: f64) -> History {
        History { x: self.x, t_x: f64::from(self.t_x) / unit, age: f64::from(self.age) / unit }
    }

    /// All that was spent.
    pub fn total(&self) -> f64 {
        self.first + f64::from(self.x) * self.mean
    }
}

/// Rows sorted by customer and then by period (numbered; days since any day, say); `end` is the last period
/// that counts. Customers without a row up to it are left out.
///
/// ```
/// use gradus_stats::lifetime::summary::summarise;
/// let found = summarise(&[1, 1, 1, 2], &[3, 8, 8, 20], &[5.0, 2.0, 4.0, 1.0], 10).unwrap();
/// assert_eq!(found.len(), 1);
/// assert_eq!((found[0].x, found[0].t_x, found[0].age, found[0].mean), (1, 5, 7, 6.0));
/// ```
pub fn summarise(
    customers: &[u64],
    periods: &[i32],
    amounts: &[f64],
    end: i32,
) -> Result<Vec<Summary>, SummaryError> {
    if customers.len() != periods.len() || customers.len() != amounts.len() {
        return Err(SummaryError::UnequalColumns(customers.len(), periods.len(), amounts.len()));
    }
    let mut out: Vec<Summary> = Vec::new();
    let mut sum = 0.0;
    let mut last: Option<(u64, i32)> = None;
    for row in 0..customers.len() {
        let here = (customers[row], periods[row]);
        if last.is_some_and(|last| last > here) {
            return Err(SummaryError::NotSorted { row });
        }
        if !amounts[row].is_finite() {
            return Err(SummaryError::NotFinite { row });
        }
        if here.1 <= end {
            match out.last_mut() {
                Some(summary) if summary.customer == here.0 => {
                    let first = summary.first_period;
                    if last.is_some_and(|last| last.1 != here.1) {
                        summary.x += 1;
                        summary.t_x = here.1.abs_diff(first);
                    }
                    if here.1 == first { summary.first += amounts[row] } else { sum += amounts[row] }
                }
                _ => {
                    finish(out.last_mut(), sum);
                    sum = 0.0;
                    out.push(Summary {
                        customer: here.0,
                        x: 0,
                        t_x: 0,
                        age: end.abs_diff(here.1),
                        mean: 0.0,
                        first: amounts[row],
                        first_period: here.1,
                    });
                }
            }
        }
        last = Some(here);
    }
    finish(out.last_mut(), sum);
    Ok(out)
}

fn finish(summary: Option<&mut Summary>, sum: f64) {
    if let Some(summary) = summary.filter(|summary| summary.x > 0) {
        summary.mean = sum / f64::from(summary.x);
    }
}

/// What a customer did in a hold-out time: nothing is left out here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldOut {
    pub customer: u64,
    /// Distinct periods with a purchase.
    pub n_purchases: u32,
    /// Rows, of which a period may have several.
    pub n_rows: u32,
    pub total: f64,
}

impl HeldOut {
    /// The mean amount of a purchase, comparable with [`Summary::mean`]; 0 without one.
    pub fn mean(&self) -> f64 {
        self.total / f64::from(self.n_purchases.max(1))
    }

    /// The mean amount of a row: what `lifetimes` gives as `monetary_value_holdout`.
    pub fn mean_of_rows(&self) -> f64 {
        self.total / f64::from(self.n_rows.max(1))
    }
}

/// One for each customer of `summaries` (in the order of the rows), after `from` up to `to`, from rows as in
/// [`summarise`].
pub fn held_out(
    summaries: &[Summary],
    customers: &[u64],
    periods: &[i32],
    amounts: &[f64],
    (from, to): (i32, i32),
) -> Vec<HeldOut> {
    let mut row = 0;
    let mut out = Vec::with_capacity(summaries.len());
    for summary in summaries {
        while row < customers.len() && customers[row] < summary.customer {
            row += 1;
        }
        let mut held = HeldOut { customer: summary.customer, n_purchases: 0, n_rows: 0, total: 0.0 };
        let mut last = None;
        while row < customers.len() && customers[row] == summary.customer {
            if periods[row] > from && periods[row] <= to {
                if last != Some(periods[row]) {
                    held.n_purchases += 1;
                    last = Some(periods[row]);
                }
                held.n_rows += 1;
                held.total += amounts[row];
            }
            row += 1;
        }
        out.push(held);
    }
    out
}

/// The number of the calendar week, ending on Sunday, of a day since 1970-01-01 (a Thursday).
///
/// ```
/// use gradus_stats::lifetime::summary::week_of;
/// // Thursday to Sunday are week 0, the Monday after is week 1.
/// assert_eq!((week_of(0), week_of(3), week_of(4), week_of(-4)), (0, 0, 1, -1));
/// ```
pub fn week_of(day: i32) -> i32 {
    (day + 3).div_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_sorted_is_refused() {
        assert_eq!(summarise(&[1, 1], &[3, 2], &[1.0; 2], 9), Err(SummaryError::NotSorted { row: 1 }));
        assert_eq!(summarise(&[2, 1], &[2, 3], &[1.0; 2], 9), Err(SummaryError::NotSorted { row: 1 }));
        assert_eq!(summarise(&[1], &[3], &[f64::NAN], 9), Err(SummaryError::NotFinite { row: 0 }));
        assert_eq!(summarise(&[1], &[3], &[], 9), Err(SummaryError::UnequalColumns(1, 1, 0)));
        assert_eq!(summarise(&[], &[], &[], 9), Ok(vec![]));
    }

    #[test]
    fn what_comes_after_the_end_is_held_out() {
        let (customers, periods, amounts) = ([1, 1, 1, 1, 2], [3, 8, 12, 12, 20], [5.0, 2.0, 4.0, 1.0, 9.0]);
        let found = summarise(&customers, &periods, &amounts, 10).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].x, found[0].total()), (1, 7.0));
        let held = held_out(&found, &customers, &periods, &amounts, (10, 15));
        assert_eq!(held, [HeldOut { customer: 1, n_purchases: 1, n_rows: 2, total: 5.0 }]);
        assert_eq!((held[0].mean(), held[0].mean_of_rows()), (5.0, 2.5));
    }
}
