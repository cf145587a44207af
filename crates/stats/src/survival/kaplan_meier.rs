//! The share to whom it has not happened yet, by Kaplan and Meier (1958, JASA 53, 457-481), and the cumulative
//! hazard by Nelson (1972) and Aalen (1978, Ann. Statist. 6, 701-726).

use super::{Moment, SurvivalError, moments};
use crate::normal;

/// The curve after one of the times at which something happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub time: f64,
    pub n_at_risk: f64,
    pub n_events: f64,
    /// S(t) from this time on, until the next.
    pub survival: f64,
    /// Greenwood's standard error of S(t) (1926); 0 where S(t) is 1 or 0.
    pub standard_error: f64,
    /// The limits on the scale of ln(-ln S), which stay within 0 and 1 (Kalbfleisch and Prentice 1980,
    /// The Statistical Analysis of Failure Time Data, 1.3); 1 to 1 and 0 to 0 at the ends.
    pub low: f64,
    pub high: f64,
    /// The cumulative hazard, sum of d/n.
    pub hazard: f64,
    /// Its standard error, the root of the sum of d/n^2 (Aalen).
    pub hazard_error: f64,
}

/// S(t) as a step function.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    pub points: Vec<Point>,
    pub n: usize,
    pub n_events: f64,
    /// The last time anybody was seen: beyond it nothing is known.
    pub last_seen: f64,
}

/// The curve of these times; `happened` is false for who is censored. Without anybody it is empty.
///
/// ```
/// use gradus_stats::survival::kaplan_meier::curve;
/// let found = curve(&[6.0, 6.0, 7.0, 10.0], &[true, false, true, false], 0.95).unwrap();
/// assert_eq!(found.points.iter().map(|point| point.survival).collect::<Vec<_>>(), [0.75, 0.375]);
/// assert_eq!(found.median(), Some(7.0));
/// ```
pub fn curve(times: &[f64], happened: &[bool], level: f64) -> Result<Curve, SurvivalError> {
    let moments = moments(times, happened)?;
    let z = normal::critical(level);
    let (mut survival, mut spread, mut hazard, mut hazard_spread) = (1.0, 0.0, 0.0, 0.0);
    let mut points = Vec::new();
    for Moment { time, n_at_risk: n, n_events: d, .. } in moments.iter().copied() {
        if d == 0.0 {
            continue;
        }
        survival *= 1.0 - d / n;
        spread += d / (n * (n - d));
        hazard += d / n;
        hazard_spread += d / (n * n);
        let (low, high) = limits(survival, spread, z);
        points.push(Point {
            time,
            n_at_risk: n,
            n_events: d,
            survival,
            standard_error: if survival > 0.0 { survival * spread.sqrt() } else { 0.0 },
            low,
            high,
            hazard,
            hazard_error: f64::sqrt(hazard_spread),
        });
    }
    Ok(Curve {
        n_events: points.iter().map(|point| point.n_events).sum(),
        points,
        n: times.len(),
        last_seen: moments.last().map_or(0.0, |moment| moment.time),
    })
}

/// S^(e^(±z w)) with w^2 = Greenwood's sum / (ln S)^2.
fn limits(survival: f64, spread: f64, z: f64) -> (f64, f64) {
    if survival <= 0.0 || survival >= 1.0 {
        return (survival, survival);
    }
    let width = z * spread.sqrt() / survival.ln().abs();
    (survival.powf(width.exp()), survival.powf((-width).exp()))
}

impl Curve {
    /// S(t); 1 before the first event.
    pub fn survival(&self, time: f64) -> f64 {
        self.at(time).map_or(1.0, |point| point.survival)
    }

    /// The point in force at a time.
    pub fn at(&self, time: f64) -> Option<&Point> {
        let past = self.points.partition_point(|point| point.time <= time);
        past.checked_sub(1).map(|index| &self.points[index])
    }

    /// The first time at which S(t) is at most one half; `None` if it stays above.
    pub fn median(&self) -> Option<f64> {
        self.time_at(0.5)
    }

    /// The first time at which S(t) is at most this share.
    pub fn time_at(&self, share: f64) -> Option<f64> {
        // Products of fractions such as 3/4 2/3 may miss a round share by a rounding.
        self.points.iter().find(|point| point.survival <= share * (1.0 + 1e-12)).map(|point| point.time)
    }

    /// The mean time within the first `horizon`: the area under the curve up to it, which may not lie
    /// beyond what was seen (`None`).
    pub fn mean_within(&self, horizon: f64) -> Option<f64> {
        let ends_at_zero = self.points.last().is_some_and(|point| point.survival == 0.0);
        if !(horizon <= self.last_seen || ends_at_zero) {
            return None;
        }
        let (mut area, mut from, mut survival) = (0.0, 0.0, 1.0);
        for point in self.points.iter().take_while(|point| point.time < horizon) {
            area += survival * (point.time - from);
            (from, survival) = (point.time, point.survival);
        }
        Some(area + survival * (horizon - from))
    }

    /// The chance that it happens within `horizon` after `time` to whom it has not happened by then; `None`
    /// where nobody was left or seen so long.
    pub fn chance_within(&self, time: f64, horizon: f64) -> Option<f64> {
        let now = self.survival(time);
        let ends_at_zero = self.points.last().is_some_and(|point| point.survival == 0.0);
        let known = time + horizon <= self.last_seen || ends_at_zero;
        (now > 0.0 && known).then(|| 1.0 - self.survival(time + horizon) / now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Freireich et al. 1963, weeks of remission under 6-MP; + censored. The textbook data of Kaplan-Meier.
    const WEEKS: [f64; 21] = [
        6.0, 6.0, 6.0, 6.0, 7.0, 9.0, 10.0, 10.0, 11.0, 13.0, 16.0, 17.0, 19.0, 20.0, 22.0, 23.0, 25.0, 32.0,
        32.0, 34.0, 35.0,
    ];
    const RELAPSED: [bool; 21] = [
        true, true, true, false, true, false, true, false, false, true, true, false, false, false, true,
        true, false, false, false, false, false,
    ];

    #[test]
    fn freireichs_table_is_met() {
        // Printed in Kalbfleisch and Prentice, table 1.1 onwards, and by R's survfit.
        let found = curve(&WEEKS, &RELAPSED, 0.95).unwrap();
        let printed = [
            (6.0, 21.0, 0.857, 0.0764, 0.620, 0.952),
            (7.0, 17.0, 0.807, 0.0869, 0.563, 0.923),
            (10.0, 15.0, 0.753, 0.0963, 0.503, 0.889),
            (13.0, 12.0, 0.690, 0.1068, 0.432, 0.849),
            (16.0, 11.0, 0.627, 0.1141, 0.368, 0.805),
            (22.0, 7.0, 0.538, 0.1282, 0.268, 0.747),
            (23.0, 6.0, 0.448, 0.1346, 0.188, 0.680),
        ];
        assert_eq!(found.points.len(), printed.len());
        for (point, (time, n, survival, error, low, high)) in found.points.iter().zip(printed) {
            assert_eq!((point.time, point.n_at_risk), (time, n));
            assert!((point.survival - survival).abs() < 6e-4, "{point:?}");
            assert!((point.standard_error - error).abs() < 6e-5, "{point:?}");
            assert!((point.low - low).abs() < 6e-4 && (point.high - high).abs() < 6e-4, "{point:?}");
        }
        assert_eq!(found.median(), Some(23.0));
        // Nelson and Aalen by hand: 3/21 + 1/17.
        let hazard = found.points[1];
        assert!((hazard.hazard - (3.0 / 21.0 + 1.0 / 17.0)).abs() < 1e-15);
        assert!((hazard.hazard_error - (3.0 / 441.0 + 1.0 / 289.0f64).sqrt()).abs() < 1e-15);
        assert_eq!(found.mean_within(40.0), None);
        assert!((found.mean_within(6.5).unwrap() - (6.0 + 0.5 * 18.0 / 21.0)).abs() < 1e-12);
        assert!((found.chance_within(7.0, 3.0).unwrap() - 1.0 / 15.0).abs() < 1e-12);
        assert_eq!(found.chance_within(30.0, 30.0), None);
    }

    #[test]
    fn ends_are_ends() {
        let all = curve(&[2.0, 2.0], &[true, true], 0.95).unwrap();
        assert_eq!((all.points[0].survival, all.points[0].low, all.points[0].high), (0.0, 0.0, 0.0));
        assert_eq!(all.mean_within(9.0), Some(2.0));
        let none = curve(&[2.0, 3.0], &[false, false], 0.95).unwrap();
        assert_eq!((none.points.len(), none.survival(9.0), none.median()), (0, 1.0, None));
        assert!(curve(&[], &[], 0.95).unwrap().points.is_empty());
    }
}
