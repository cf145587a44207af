//! Does a fit track what happened: expected against actual repeat purchases of a base, period by period, over
//! the time it was fitted to and the time held out (Fader, Hardie and Lee 2005, section 5, figures 2 and 3).

use super::model::RepeatModel;

/// One period of the plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tracked {
    /// The end of the period.
    pub until: f64,
    /// Repeat purchases in the period.
    pub actual: f64,
    pub expected: f64,
    pub cumulative_actual: f64,
    pub cumulative_expected: f64,
}

/// `births` are the times of first purchases with how many customers had theirs then, `repeats` the times of
/// repeat purchases with how many there were, both on one clock; `ends` the ends of the periods, rising. The
/// first period begins with the clock.
pub fn tracking(
    model: &impl RepeatModel,
    births: &[(f64, f64)],
    repeats: &[(f64, f64)],
    ends: &[f64],
) -> Vec<Tracked> {
    tracking_of(|age| model.expected_new(age), births, repeats, ends)
}

/// The same for whatever says how many repeats to expect of a new customer up to an age.
pub fn tracking_of(
    expected_new: impl Fn(f64) -> f64,
    births: &[(f64, f64)],
    repeats: &[(f64, f64)],
    ends: &[f64],
) -> Vec<Tracked> {
    let (mut before_actual, mut before_expected) = (0.0, 0.0);
    let mut out = Vec::with_capacity(ends.len());
    for &until in ends {
        let born = births.iter().filter(|(time, _)| *time < until);
        let cumulative_expected: f64 = born.map(|(time, count)| count * expected_new(until - time)).sum();
        let seen = repeats.iter().filter(|(time, _)| *time <= until);
        let cumulative_actual: f64 = seen.map(|(_, count)| count).sum();
        out.push(Tracked {
            until,
            actual: cumulative_actual - before_actual,
            expected: cumulative_expected - before_expected,
            cumulative_actual,
            cumulative_expected,
        });
        (before_actual, before_expected) = (cumulative_actual, cumulative_expected);
    }
    out
}

/// How far predictions of single customers were from what they did in the hold-out time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    pub n: usize,
    pub actual_total: f64,
    pub predicted_total: f64,
    pub mean_absolute: f64,
    pub root_mean_square: f64,
}

/// `None` without a customer, or if the columns differ in length.
pub fn errors(predicted: &[f64], actual: &[f64]) -> Option<Errors> {
    if predicted.is_empty() || predicted.len() != actual.len() {
        return None;
    }
    let n = predicted.len() as f64;
    let away = || predicted.iter().zip(actual).map(|(predicted, actual)| predicted - actual);
    Some(Errors {
        n: predicted.len(),
        actual_total: actual.iter().sum(),
        predicted_total: predicted.iter().sum(),
        mean_absolute: away().map(f64::abs).sum::<f64>() / n,
        root_mean_square: (away().map(|away| away * away).sum::<f64>() / n).sqrt(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifetime::bgnbd::BgNbd;

    #[test]
    fn periods_add_up() {
        let model = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
        let found = tracking(&model, &[(0.0, 2.0), (3.0, 1.0)], &[(1.0, 1.0), (5.0, 2.0)], &[2.0, 4.0, 6.0]);
        assert_eq!(found.iter().map(|period| period.actual).collect::<Vec<_>>(), [1.0, 0.0, 2.0]);
        let expected = 2.0 * model.expected_new(6.0) + model.expected_new(3.0);
        assert!((found[2].cumulative_expected - expected).abs() < 1e-14);
        assert!((found.iter().map(|period| period.expected).sum::<f64>() - expected).abs() < 1e-14);
        let found = errors(&[1.0, 2.0], &[0.0, 4.0]).unwrap();
        assert_eq!((found.mean_absolute, found.root_mean_square), (1.5, 2.5f64.sqrt()));
        assert_eq!(errors(&[], &[]), None);
    }
}
