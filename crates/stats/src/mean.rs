//! Means of money and other numbers with their intervals, without resampling.

use crate::moment::mean_f64;
use crate::proportion::Estimate;
use crate::{normal, student};

/// Number, mean and sample variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    pub n: u64,
    pub mean: f64,
    /// With n - 1; 0 for a single value.
    pub variance: f64,
}

impl Sample {
    /// `None` without values. Two passes, so that large means do not swallow the spread.
    pub fn of(values: &[f64]) -> Option<Sample> {
        let mean = mean_f64(&[values])?;
        let n = values.len();
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let variance = if n > 1 { squares / (n as f64 - 1.0) } else { 0.0 };
        Some(Sample { n: n as u64, mean, variance })
    }

    /// The mean with Student's interval (Student 1908, Biometrika 6); `None` for fewer than two values.
    pub fn interval(&self, level: f64) -> Option<Estimate> {
        if self.n < 2 {
            return None;
        }
        let half = student::critical(level, self.n as f64 - 1.0) * (self.variance / self.n as f64).sqrt();
        Some(Estimate { value: self.mean, low: self.mean - half, high: self.mean + half })
    }
}

/// Two means compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Welch {
    /// First less second.
    pub difference: Estimate,
    pub t: f64,
    pub degrees: f64,
    /// Two-sided.
    pub p: f64,
}

/// The first mean less the second, whose variances may differ (Welch 1947, Biometrika 34, 28-35; degrees
/// of freedom by Satterthwaite 1946). `None` for fewer than two values on a side, or no spread at all.
pub fn welch(first: &Sample, second: &Sample, level: f64) -> Option<Welch> {
    if first.n < 2 || second.n < 2 {
        return None;
    }
    let (a, b) = (first.variance / first.n as f64, second.variance / second.n as f64);
    let error = (a + b).sqrt();
    if !(error > 0.0) {
        return None;
    }
    let degrees = (a + b).powi(2) / (a * a / (first.n as f64 - 1.0) + b * b / (second.n as f64 - 1.0));
    let difference = first.mean - second.mean;
    let half = student::critical(level, degrees) * error;
    let t = difference / error;
    let estimate = Estimate { value: difference, low: difference - half, high: difference + half };
    Some(Welch { difference: estimate, t, degrees, p: student::two_sided_p(t, degrees) })
}

/// A ratio of two sums over the same customers, with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    pub estimate: Estimate,
    pub standard_error: f64,
    /// Two-sided, of the ratio being zero.
    pub p: f64,
}

/// sum(numerators) / sum(denominators) with the interval by linearisation: the residuals y - R x over the
/// mean of x (Cochran 1977, Sampling Techniques, 3rd ed., eq. 6.13). What a share of the revenue is, and, with
/// differences above the line, how far two shares of the same customers lie apart. `None` for fewer than
/// two customers or a denominator of no or negative sum.
pub fn ratio(numerators: &[f64], denominators: &[f64], level: f64) -> Option<Ratio> {
    let n = numerators.len();
    if n < 2 || denominators.len() != n {
        return None;
    }
    let (above, below) = (mean_f64(&[numerators])?, mean_f64(&[denominators])?);
    if !(below > 0.0) {
        return None;
    }
    let value = above / below;
    let squares: f64 = numerators.iter().zip(denominators).map(|(y, x)| (y - value * x).powi(2)).sum();
    let standard_error = (squares / (n as f64 * (n as f64 - 1.0))).sqrt() / below;
    let half = normal::critical(level) * standard_error;
    let p = if standard_error > 0.0 {
        normal::two_sided_p(value / standard_error)
    } else {
        f64::from(value == 0.0)
    };
    Some(Ratio { estimate: Estimate { value, low: value - half, high: value + half }, standard_error, p })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: [f64; 10] = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
    const SECOND: [f64; 10] = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

    #[test]
    fn students_sleep_data_give_what_r_prints() {
        // R: t.test(extra ~ group, data = sleep): t = -1.8608, df = 17.776, p = 0.07939,
        // 95 percent -3.3654832 0.2054832.
        let (first, second) = (Sample::of(&FIRST).unwrap(), Sample::of(&SECOND).unwrap());
        let found = welch(&first, &second, 0.95).unwrap();
        assert!((found.t + 1.8608).abs() < 5e-5 && (found.degrees - 17.776).abs() < 5e-4);
        assert!((found.p - 0.07939).abs() < 5e-6);
        assert!((found.difference.low + 3.3654832).abs() < 1e-6);
        assert!((found.difference.high - 0.2054832).abs() < 1e-6);
        // R: t.test(sleep$extra[1:10])$conf.int is -0.5297804 2.0297804.
        let alone = first.interval(0.95).unwrap();
        assert!((alone.low + 0.5297804).abs() < 1e-6 && (alone.high - 2.0297804).abs() < 1e-6);
        assert_eq!(Sample::of(&[5.0]).unwrap().interval(0.95), None);
        assert_eq!(Sample::of(&[]), None);
    }

    #[test]
    fn a_ratio_to_ones_is_a_mean() {
        let found = ratio(&FIRST, &[1.0; 10], 0.95).unwrap();
        let sample = Sample::of(&FIRST).unwrap();
        assert!((found.estimate.value - sample.mean).abs() < 1e-15);
        assert!((found.standard_error - (sample.variance / 10.0).sqrt()).abs() < 1e-15);
        // All in proportion: no doubt left.
        let exact = ratio(&[2.0, 4.0, 6.0], &[1.0, 2.0, 3.0], 0.95).unwrap();
        assert_eq!((exact.estimate.low, exact.estimate.high), (2.0, 2.0));
        assert_eq!(ratio(&[1.0, 2.0], &[0.0, 0.0], 0.95), None);
    }
}
