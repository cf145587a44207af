//! Student's t distribution with any number of degrees of freedom, by the incomplete beta function
//! (Abramowitz and Stegun 1964, 26.7.1).

use crate::normal;
use crate::special::beta::incomplete_beta;

/// P(|T| > |t|).
pub fn two_sided_p(t: f64, degrees: f64) -> f64 {
    if !(degrees > 0.0) || t.is_nan() {
        return f64::NAN;
    }
    incomplete_beta(degrees / (degrees + t * t), 0.5 * degrees, 0.5)
}

/// The t beyond which a share of (1 - level) / 2 lies on either side: 2.228 for 0.95 and 10 degrees.
pub fn critical(level: f64, degrees: f64) -> f64 {
    if !(degrees > 0.0) || !(0.0..1.0).contains(&level) {
        return f64::NAN;
    }
    let p = 1.0 - level;
    let mut low = 0.0;
    let mut high = normal::critical(level).max(1.0);
    while two_sided_p(high, degrees) > p {
        low = high;
        high *= 2.0;
    }
    // Halving is slow and always right; 200 steps are below a millisecond.
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if two_sided_p(middle, degrees) > p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_values_are_met() {
        // Abramowitz and Stegun, table 26.10 (more digits: R's qt).
        for (degrees, t) in [(1.0, 12.706204736432095), (4.0, 2.7764451051977987), (10.0, 2.2281388519649385)]
        {
            assert!((critical(0.95, degrees) - t).abs() < 1e-10 * t, "{degrees}");
            let p = two_sided_p(t, degrees);
            assert!((p - 0.05).abs() < 1e-11, "{degrees}: {p:e}");
        }
        assert!((critical(0.95, 1e7) - 1.959964).abs() < 1e-5);
        assert!(critical(0.95, 0.0).is_nan());
    }
}
