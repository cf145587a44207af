//! When a running comparison may be stopped: Haybittle (1971, British Journal of Radiology 44, 793-797)
//! and Peto et al. (1976, British Journal of Cancer 34, 585-612). At looks before the planned end only a
//! difference of three standard errors counts; at the end the usual test, hardly dearer for the looks.

use crate::normal;

/// How far a difference must be from zero, in standard errors, before the planned end.
pub const EARLY_Z: f64 = 3.0;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Not decided yet.
    GoOn,
    /// So clear that waiting tells nothing new.
    StopEarly,
    /// The planned number is there: the difference counts.
    Differs,
    /// The planned number is there, and no difference was seen.
    NoDifference,
}

/// Decides at a look: `z` of the comparison, how many there are in the smaller group and how many were
/// planned for it.
pub fn look(z: f64, n: f64, planned: f64, alpha: f64) -> Look {
    if n < planned {
        return if z.abs() >= EARLY_Z { Look::StopEarly } else { Look::GoOn };
    }
    match z.abs() >= normal::critical(1.0 - alpha) {
        true => Look::Differs,
        false => Look::NoDifference,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_looks_ask_for_more() {
        assert_eq!(look(2.5, 100.0, 200.0, 0.05), Look::GoOn);
        assert_eq!(look(-3.1, 100.0, 200.0, 0.05), Look::StopEarly);
        assert_eq!(look(2.5, 200.0, 200.0, 0.05), Look::Differs);
        assert_eq!(look(1.9, 250.0, 200.0, 0.05), Look::NoDifference);
    }
}
