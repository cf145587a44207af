//! The bars of a histogram: edges that people can read, and for each bar the filter that opens exactly
//! those whom it counts.

use gradus_stats::histogram::{self, Extent};

use crate::customers::NumberRange;

/// Beyond this a floating-point number does not tell a whole number from the next.
const EXACT: f64 = 9e15;
/// The largest power of ten that a floating-point number holds exactly.
const EXACT_POWER: i32 = 22;

/// Equal stretches that hold every value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bars {
    /// One more than there are bars, ascending.
    edges: Vec<f64>,
    /// Whole numbers: the last edge lies beyond every value.
    whole: bool,
}

impl Bars {
    /// At most so many bars over these values; `None` if there are none. Values are finite.
    ///
    /// Whole numbers stay together: a bar holds one, two, three … of them. Else edges have two digits more
    /// than a bar is wide, so that they can be written down and read back without changing who is counted.
    pub fn of(values: &[&[f64]], most: usize) -> Option<Bars> {
        let Extent { low, high, is_whole: whole } = Extent::of(values)?;
        if whole && low.abs().max(high.abs()) < EXACT / 2.0 {
            let n = high - low + 1.0;
            let width = (n / most as f64).ceil();
            let bars = (n / width).ceil() as usize;
            return Some(Bars { edges: (0..=bars).map(|at| low + width * at as f64).collect(), whole });
        }
        let largest = low.abs().max(high.abs());
        // How many digits after the point: two more than a bar is wide. Not times 10^-digits: that is not
        // exact, and what is divided by 10^digits is.
        let wide =
            |step: f64| 1i32.saturating_sub(step.log10().floor() as i32).clamp(-EXACT_POWER, EXACT_POWER);
        let unit = |value: f64, digits: i32| match digits >= 0 {
            true => value * 10f64.powi(digits),
            false => value / 10f64.powi(-digits),
        };
        let back = |units: f64, digits: i32| unit(units, -digits);
        let (mut bars, mut digits) = (most, wide((high - low) / most as f64));
        if low == high || unit(largest, digits) > EXACT {
            // They lie so close together that edges between them could not be written down.
            (bars, digits) = (1, wide(largest * 1e-12));
        }
        // A product that was rounded may lie on the wrong side of what it came from.
        let (mut first, mut last) = (unit(low, digits).round(), unit(high, digits).round());
        if back(first, digits) > low {
            first -= 1.0;
        }
        if back(last, digits) < high {
            last += 1.0;
        }
        let width = (last - first) / bars as f64;
        let edge = |at: usize| back((first + width * at as f64).round(), digits);
        Some(Bars { edges: (0..=bars).map(edge).collect(), whole: false })
    }

    pub fn len(&self) -> usize {
        self.edges.len() - 1
    }

    /// How many values are in each.
    pub fn count(&self, values: &[&[f64]]) -> Vec<u64> {
        let mut counts = vec![0; self.len()];
        for values in values {
            for (sum, count) in counts.iter_mut().zip(histogram::count(&self.edges, values)) {
                *sum += count;
            }
        }
        counts
    }

    /// From where to where a bar goes.
    pub fn ends(&self, at: usize) -> (f64, f64) {
        (self.edges[at], self.edges[at + 1])
    }

    /// What opens whom a bar counts.
    pub fn range(&self, name: &str, at: usize) -> NumberRange {
        let (from, to) = self.ends(at);
        let range = NumberRange { name: name.to_string(), from: Some(from), ..NumberRange::default() };
        match at + 1 == self.len() && !self.whole {
            true => NumberRange { up_to: Some(to), ..range },
            false => NumberRange { below: Some(to), ..range },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whole_numbers_stay_together_and_other_edges_can_be_read() {
        let orders = Bars::of(&[&[1.0, 9.0], &[3.0]], 30).unwrap();
        assert_eq!(orders.edges, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]);
        assert_eq!(orders.count(&[&[1.0, 9.0], &[3.0, 3.0]]), [1, 0, 2, 0, 0, 0, 0, 0, 1]);
        let many = Bars::of(&[&[0.0, 100.0]], 40).unwrap();
        assert_eq!((many.len(), many.ends(0), many.ends(33)), (34, (0.0, 3.0), (99.0, 102.0)));
        let spend = Bars::of(&[&[0.3, 99.97]], 4).unwrap();
        assert_eq!(spend.edges, [0.0, 25.0, 50.0, 75.0, 100.0]);
        let tiny = Bars::of(&[&[1.000_000_1, 1.000_000_9]], 2).unwrap();
        assert_eq!(tiny.edges, [1.000_000_1, 1.000_000_5, 1.000_000_9]);
        let one = Bars::of(&[&[2.5]], 30).unwrap();
        assert_eq!((one.count(&[&[2.5, 2.5]]), one.ends(0)), (vec![2], (2.5, 2.5)));
        assert_eq!(Bars::of(&[], 30), None);
    }

    proptest! {
        /// Whatever the values: a bar opens those whom it counts, after its filter went out as JSON and
        /// came back.
        #[test]
        fn a_bar_opens_whom_it_counts(
            values in proptest::collection::vec(prop_oneof![
                -1e3f64..1e3, -1e-4f64..1e-4, 1e12f64..1.1e12, (0u32..50).prop_map(f64::from),
                (-1_000_000i64..1_000_000).prop_map(|v| v as f64 / 10_000.0), -1e17f64..1e17,
            ], 1..60),
            most in 1usize..40,
        ) {
            let bars = Bars::of(&[&values], most).unwrap();
            let counts = bars.count(&[&values]);
            prop_assert!(bars.len() <= most);
            prop_assert_eq!(counts.iter().sum::<u64>(), values.len() as u64);
            for (at, count) in counts.into_iter().enumerate() {
                let sent = serde_json::to_string(&bars.range("x", at)).unwrap();
                let range: NumberRange = serde_json::from_str(&sent).unwrap();
                let opened = values.iter().filter(|value| range.holds(**value)).count() as u64;
                prop_assert_eq!(opened, count, "{}", sent);
            }
        }
    }
}
