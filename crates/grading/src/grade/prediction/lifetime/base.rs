//! What the fold says of each customer, as the models want it.

use arrow::array::{Array, ArrayRef, Float64Array};
use gradus_stats::lifetime::history::History;

use super::WEEK;
use crate::grade::prediction::numbers::{floats, value};

/// The inputs of some customers: active days, days since the first and the last of them, what there was to date,
/// what of it on the first day, the shortest and the longest gap, and costs to serve where they are asked for.
pub(super) struct Customers {
    columns: Vec<Float64Array>,
    margin: f64,
}

/// One customer who has bought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bought {
    pub history: History,
    /// What a purchase after the first brought, after margin and costs; 0 without one.
    pub mean: f64,
    /// What any purchase brought, the first included.
    pub mean_of_all: f64,
}

impl Customers {
    pub fn of(inputs: &[ArrayRef], margin: f64) -> Customers {
        Customers { columns: inputs.iter().map(floats).collect(), margin }
    }

    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, Array::len)
    }

    fn value(&self, column: usize, row: usize) -> Option<f64> {
        self.columns.get(column).and_then(|column| value(column, row))
    }

    /// Margin to date after costs to serve, not discounted; none where no source tells.
    pub fn to_date(&self, row: usize) -> Option<f64> {
        Some(self.margin * self.value(3, row)? - self.value(7, row).unwrap_or(0.0))
    }

    /// None of who never bought.
    pub fn bought(&self, row: usize) -> Option<Bought> {
        let days = self.value(0, row).filter(|days| *days >= 1.0)?;
        let (first, last) = (self.value(1, row)?.max(0.0), self.value(2, row)?.max(0.0));
        let x = (days - 1.0).min(f64::from(u32::MAX)) as u32;
        let age = first / WEEK;
        let t_x = if x > 0 { ((first - last).max(0.0) / WEEK).min(age) } else { 0.0 };
        let (total, on_first) = (self.value(3, row).unwrap_or(0.0), self.value(4, row).unwrap_or(0.0));
        let costs = self.value(7, row).unwrap_or(0.0) / days;
        let mean = if x > 0 { self.margin * (total - on_first) / f64::from(x) - costs } else { 0.0 };
        let history = History { x, t_x, age };
        Some(Bought { history, mean, mean_of_all: self.margin * total / days - costs })
    }

    /// Of who has two gaps at least between purchases: the mean gap in days, and whether all are about as long.
    pub fn rhythm(&self, row: usize) -> Option<(f64, bool)> {
        let days = self.value(0, row).filter(|days| *days >= 3.0)?;
        let mean = (self.value(1, row)? - self.value(2, row)?) / (days - 1.0);
        let spread = self.value(6, row)? - self.value(5, row)?;
        // Months are 28 to 31 days long; who comes every day or so comes often, not under contract.
        Some((mean, mean >= 6.0 && spread <= 0.12 * mean))
    }
}
