//! Do groups differ in when it happens: the log-rank test of Mantel (1966) and Peto and Peto (1972, J. R.
//! Statist. Soc. A 135, 185-207).

use super::{SurvivalError, order};
use crate::special::gamma::upper_share;
use crate::symmetric::{cholesky, solve_with};

/// What came of the comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRank {
    /// Per group.
    pub observed: Vec<f64>,
    /// Events per group if all were alike.
    pub expected: Vec<f64>,
    /// Of that many degrees of freedom.
    pub chi_square: f64,
    pub degrees: usize,
    pub p: f64,
}

/// `groups` are numbers from 0 to `n_groups` - 1. `None` where there is nothing to compare: fewer than two
/// groups at risk together when something happens.
pub fn log_rank(
    times: &[f64],
    happened: &[bool],
    groups: &[usize],
    n_groups: usize,
) -> Result<Option<LogRank>, SurvivalError> {
    if times.len() != groups.len() {
        return Err(SurvivalError::UnequalColumns(times.len(), groups.len()));
    }
    let order = order(times, happened)?;
    let mut at_risk = vec![0.0; n_groups];
    for &group in groups {
        at_risk[group] += 1.0;
    }
    let (mut observed, mut expected) = (vec![0.0; n_groups], vec![0.0; n_groups]);
    let mut variance = vec![0.0; n_groups * n_groups];
    let mut from = 0;
    while from < order.len() {
        let time = times[order[from]];
        let to = from + order[from..].partition_point(|&i| times[i] <= time);
        let n: f64 = at_risk.iter().sum();
        let events = order[from..to].iter().filter(|&&i| happened[i]);
        let d = events.clone().count() as f64;
        events.for_each(|&i| observed[groups[i]] += 1.0);
        if d > 0.0 {
            // Hypergeometric: d of n fall on the groups by chance.
            let factor = if n > 1.0 { d * (n - d) / (n * n * (n - 1.0)) } else { 0.0 };
            for g in 0..n_groups {
                expected[g] += d * at_risk[g] / n;
                for h in 0..n_groups {
                    let own = if g == h { n * at_risk[g] } else { 0.0 };
                    variance[g * n_groups + h] += factor * (own - at_risk[g] * at_risk[h]);
                }
            }
        }
        order[from..to].iter().for_each(|&i| at_risk[groups[i]] -= 1.0);
        from = to;
    }
    Ok(statistic(observed, expected, &variance))
}

/// The quadratic form over the groups that vary, less one: the last follows from the others.
fn statistic(observed: Vec<f64>, expected: Vec<f64>, variance: &[f64]) -> Option<LogRank> {
    let n_groups = observed.len();
    let varying: Vec<usize> = (0..n_groups).filter(|&g| variance[g * n_groups + g] > 0.0).collect();
    let used = varying.get(..varying.len().checked_sub(1)?)?;
    let degrees = used.len();
    let matrix: Vec<f64> =
        used.iter().flat_map(|&g| used.iter().map(move |&h| variance[g * n_groups + h])).collect();
    let lower = if degrees > 0 { cholesky(&matrix, degrees)? } else { return None };
    let away: Vec<f64> = used.iter().map(|&g| observed[g] - expected[g]).collect();
    let mut solved = away.clone();
    solve_with(&lower, degrees, &mut solved);
    let chi_square: f64 = away.iter().zip(&solved).map(|(a, b)| a * b).sum();
    let p = upper_share(0.5 * degrees as f64, 0.5 * chi_square);
    Some(LogRank { observed, expected, chi_square, degrees, p })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freireichs_trial_is_met() {
        // 6-MP against placebo: R's survdiff prints 10.7 (expected) against 21 and 19.3 against 9, chi-square
        // 16.8 on 1 degree.
        let mut times = vec![
            6.0, 6.0, 6.0, 6.0, 7.0, 9.0, 10.0, 10.0, 11.0, 13.0, 16.0, 17.0, 19.0, 20.0, 22.0, 23.0, 25.0,
            32.0, 32.0, 34.0, 35.0,
        ];
        let censored = [3, 5, 7, 8, 11, 12, 13, 16, 17, 18, 19, 20];
        let mut happened: Vec<bool> = (0..21).map(|i| !censored.contains(&i)).collect();
        times.extend([
            1.0, 1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 5.0, 5.0, 8.0, 8.0, 8.0, 8.0, 11.0, 11.0, 12.0, 12.0, 15.0,
            17.0, 22.0, 23.0,
        ]);
        happened.extend([true; 21]);
        let groups: Vec<usize> = (0..42).map(|i| usize::from(i >= 21)).collect();
        let found = log_rank(&times, &happened, &groups, 2).unwrap().unwrap();
        assert_eq!(found.observed, [9.0, 21.0]);
        assert!((found.expected[0] - 19.25).abs() < 0.01 && (found.expected[1] - 10.75).abs() < 0.01);
        assert!((found.chi_square - 16.793).abs() < 1e-3, "{}", found.chi_square);
        assert!((found.p / 4.17e-5 - 1.0).abs() < 0.01, "{:e}", found.p);
        // A group nobody is in changes nothing.
        let wider = log_rank(&times, &happened, &groups, 3).unwrap().unwrap();
        assert_eq!((wider.degrees, wider.chi_square), (1, found.chi_square));
    }

    #[test]
    fn nothing_to_compare_is_said() {
        assert_eq!(log_rank(&[1.0, 2.0], &[true, true], &[0, 0], 2).unwrap(), None);
        assert_eq!(log_rank(&[1.0, 2.0], &[false, false], &[0, 1], 2).unwrap(), None);
        assert_eq!(log_rank(&[], &[], &[], 0).unwrap(), None);
    }
}
