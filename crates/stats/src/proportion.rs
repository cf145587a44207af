//! Shares of customers: intervals, the comparison of two, and how many it takes to see a difference.

use crate::normal;

/// An estimate with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// The share of `n_with` among `n` with Wilson's score interval (Wilson 1927, JASA 22, 209-212), which
/// is sensible for few customers and for shares near 0 and 1. `None` without customers.
///
/// ```
/// let share = gradus_stats::proportion::wilson(81, 263, 0.95).unwrap();
/// assert_eq!((format!("{:.4}", share.low), format!("{:.4}", share.high)), ("0.2553".into(), "0.3662".into()));
/// ```
pub fn wilson(n_with: u64, n: u64, level: f64) -> Option<Estimate> {
    if n == 0 || n_with > n {
        return None;
    }
    let (n_real, z) = (n as f64, normal::critical(level));
    let p = n_with as f64 / n_real;
    let square = z * z;
    let middle = 2.0 * n_real * p + square;
    let half = z * (square + 4.0 * n_real * p * (1.0 - p)).sqrt();
    let below = 2.0 * (n_real + square);
    Some(Estimate {
        value: p,
        low: if n_with == 0 { 0.0 } else { ((middle - half) / below).max(0.0) },
        high: if n_with == n { 1.0 } else { ((middle + half) / below).min(1.0) },
    })
}

/// Two shares compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoProportions {
    /// First less second, with Newcombe's interval.
    pub difference: Estimate,
    /// Of the pooled test.
    pub z: f64,
    /// Two-sided.
    pub p: f64,
}

/// The first share less the second: the interval of Newcombe (1998, Statistics in Medicine 17, 873-890,
/// method 10) from the two Wilson intervals, and the pooled z test. `None` if either has no customers.
pub fn two_proportions(first: (u64, u64), second: (u64, u64), level: f64) -> Option<TwoProportions> {
    let (a, b) = (wilson(first.0, first.1, level)?, wilson(second.0, second.1, level)?);
    let difference = a.value - b.value;
    let low = difference - ((a.value - a.low).powi(2) + (b.high - b.value).powi(2)).sqrt();
    let high = difference + ((a.high - a.value).powi(2) + (b.value - b.low).powi(2)).sqrt();
    let (n_a, n_b) = (first.1 as f64, second.1 as f64);
    let pooled = (first.0 + second.0) as f64 / (n_a + n_b);
    let error = (pooled * (1.0 - pooled) * (1.0 / n_a + 1.0 / n_b)).sqrt();
    // Nobody or everybody on both sides: no difference, and nothing against it.
    let z = if error > 0.0 { difference / error } else { 0.0 };
    Some(TwoProportions {
        difference: Estimate { value: difference, low, high },
        z,
        p: normal::two_sided_p(z),
    })
}

/// Customers a group needs to see `p2` instead of `p1` with this power, in a two-sided test at `alpha`
/// (Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions, eq. 4.14, without
/// continuity correction, as R's `power.prop.test`). `None` if there is nothing to see.
pub fn sample_size(p1: f64, p2: f64, alpha: f64, power: f64) -> Option<f64> {
    let within = |p: f64| (0.0..=1.0).contains(&p);
    if !within(p1) || !within(p2) || p1 == p2 || !(0.0..1.0).contains(&power) || alpha <= 0.0 {
        return None;
    }
    let mean = 0.5 * (p1 + p2);
    let z_alpha = normal::critical(1.0 - alpha);
    let z_beta = normal::quantile(power);
    let numerator =
        z_alpha * (2.0 * mean * (1.0 - mean)).sqrt() + z_beta * (p1 * (1.0 - p1) + p2 * (1.0 - p2)).sqrt();
    Some((numerator / (p1 - p2)).powi(2))
}

/// The chance to see `p2` instead of `p1` with so many in each group; the groups may differ in size.
pub fn power(p1: f64, p2: f64, (n1, n2): (f64, f64), alpha: f64) -> Option<f64> {
    if !(n1 > 0.0 && n2 > 0.0) {
        return None;
    }
    let pooled = (p1 * n1 + p2 * n2) / (n1 + n2);
    let under_none = (pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2)).sqrt();
    let under_some = (p1 * (1.0 - p1) / n1 + p2 * (1.0 - p2) / n2).sqrt();
    if under_some <= 0.0 {
        return None;
    }
    let far = normal::critical(1.0 - alpha) * under_none;
    Some(normal::survival((far - (p1 - p2).abs()) / under_some))
}

/// The smallest change of a share that so many customers show with this power, upwards of `p`; found by
/// halving, since [`power`] grows with the change. `None` if not even 1 would be seen.
pub fn detectable(p: f64, sizes: (f64, f64), alpha: f64, wanted: f64) -> Option<f64> {
    let reaches = |change: f64| power(p, p + change, sizes, alpha).is_some_and(|power| power >= wanted);
    let (mut low, mut high) = (0.0, 1.0 - p);
    // At the very end the variance vanishes; just before it is enough to tell.
    if !reaches(high * (1.0 - 1e-9)) {
        return None;
    }
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if reaches(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(low: f64, high: f64) -> (String, String) {
        (format!("{low:.4}"), format!("{high:.4}"))
    }

    #[test]
    fn wilson_meets_newcombes_table() {
        // Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3.
        for (n_with, n, low, high) in
            [(15, 148, "0.0624", "0.1605"), (0, 20, "0.0000", "0.1611"), (1, 29, "0.0061", "0.1718")]
        {
            let found = wilson(n_with, n, 0.95).unwrap();
            assert_eq!(shown(found.low, found.high), (low.into(), high.into()));
        }
        assert_eq!(wilson(20, 20, 0.95).unwrap().high, 1.0);
        assert_eq!(wilson(0, 0, 0.95), None);
        assert_eq!(wilson(2, 1, 0.95), None);
    }

    #[test]
    fn differences_meet_newcombes_table() {
        // Newcombe 1998, 873-890, table II, method 10, cases (a) and (d).
        let found = two_proportions((56, 70), (48, 80), 0.95).unwrap();
        assert_eq!(shown(found.difference.low, found.difference.high), ("0.0524".into(), "0.3339".into()));
        let found = two_proportions((9, 10), (3, 10), 0.95).unwrap();
        assert_eq!(shown(found.difference.low, found.difference.high), ("0.1705".into(), "0.8090".into()));
        let same = two_proportions((0, 10), (0, 90), 0.95).unwrap();
        assert_eq!((same.z, same.p), (0.0, 1.0));
        assert_eq!(two_proportions((0, 0), (1, 2), 0.95), None);
    }

    #[test]
    fn power_and_size_are_those_of_r() {
        // R's help of power.prop.test: n = 50, p .50 and .75 gives .740; power .90 needs 76.7.
        let found = power(0.5, 0.75, (50.0, 50.0), 0.05).unwrap();
        assert!((found - 0.7401659).abs() < 1e-6, "{found}");
        let n = sample_size(0.5, 0.75, 0.05, 0.9).unwrap();
        assert!((n - 76.7).abs() < 0.05, "{n}");
        // The detectable change is the one whose sample size this is.
        let change = detectable(0.5, (n, n), 0.05, 0.9).unwrap();
        assert!((change - 0.25).abs() < 1e-9, "{change}");
        assert_eq!(sample_size(0.5, 0.5, 0.05, 0.9), None);
        assert_eq!(detectable(0.5, (1.0, 1.0), 0.05, 0.9), None);
    }
}
