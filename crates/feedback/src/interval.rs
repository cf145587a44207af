//! An estimate as it is told: with its interval, rounded for nobody.

use gradus_stats::proportion::Estimate;
use serde::Serialize;

/// An estimate with the interval in which it lies with 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl From<Estimate> for Interval {
    fn from(one: Estimate) -> Interval {
        Interval { value: one.value, low: one.low, high: one.high }
    }
}

impl Interval {
    /// Whether zero is among what may be.
    pub fn holds_zero(&self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }
}
