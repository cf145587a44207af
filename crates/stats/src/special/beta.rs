//! The beta function and its regularised incomplete form.

use super::gamma::{HALF_LN_2PI, STIRLING_FROM, less_log, ln_gamma, stirling_rest};
use super::rising::rising;

/// ln B(a, b) for a, b > 0 (A&S 6.2.2).
pub fn ln_beta(a: f64, b: f64) -> f64 {
    if !(a > 0.0 && b > 0.0) {
        return f64::NAN;
    }
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    if small >= STIRLING_FROM {
        let n = small + large;
        // Logarithms of the two shares instead of three large numbers.
        return HALF_LN_2PI + (small - 0.5) * (small / n).ln() + large * (-small / n).ln_1p()
            - 0.5 * large.ln()
            + stirling_rest(small)
            + stirling_rest(large)
            - stirling_rest(n);
    }
    ln_gamma(small) - rising(large, small).ln
}

/// I_x(a, b), the share of a beta distribution below x (A&S 26.5.1), by the continued fraction on the side
/// where it converges (Lentz 1976).
///
/// ```
/// assert!((gradus_stats::special::beta::incomplete_beta(0.3, 1.0, 1.0) - 0.3).abs() < 1e-15);
/// ```
pub fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    let front = density_part(x, a, b);
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(x, a, b) / a
    } else {
        1.0 - front * fraction(1.0 - x, b, a) / b
    }
}

/// x^a (1-x)^b / B(a, b); for large a and b by how far x is from their share.
fn density_part(x: f64, a: f64, b: f64) -> f64 {
    if a < STIRLING_FROM || b < STIRLING_FROM {
        return (a * x.ln() + b * (-x).ln_1p() - ln_beta(a, b)).exp();
    }
    let n = a + b;
    // a ln(x n / a) + b ln((1-x) n / b), whose parts of first order cancel.
    let away = x * n - a;
    let near = -a * less_log(away / a) - b * less_log(-away / b);
    let rest = stirling_rest(n) - stirling_rest(a) - stirling_rest(b);
    (a / std::f64::consts::TAU * (b / n)).sqrt() * (near + rest).exp()
}

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut out = d;
    for m in 1..=100_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        out *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let step = d * c;
        out *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_mpmath() {
        for (a, b, expected) in LN_BETA {
            assert!((ln_beta(a, b) - expected).abs() < 1e-12 * expected.abs().max(1.0), "{a} {b}");
        }
        for (x, a, b, expected) in INCOMPLETE {
            let found = incomplete_beta(x, a, b);
            assert!((found / expected - 1.0).abs() < 2e-12, "{x} {a} {b}: {found:e} is not {expected:e}");
        }
        assert!(ln_beta(0.0, 1.0).is_nan());
    }

    const LN_BETA: [(f64, f64, f64); 8] = [
        (0.5, 0.5, 1.1447298858494002),
        (0.793, 2.426, -0.5115692885937033),
        (0.0001, 3.0, 9.210190378225807),
        (20.0, 30.0, -33.968820791977386),
        (5000.0, 0.25, -0.8412570228435053),
        (5000.0, 7000.0, -8153.389330083462),
        (1000000.0, 2000000.0, -1909548.290968533),
        (14.5, 10000000.0, -209.84963088470198),
    ];
    const INCOMPLETE: [(f64, f64, f64, f64); 10] = [
        (0.1, 0.5, 0.5, 0.20483276469913345),
        (0.9, 0.243, 4.0, 0.9999902468587825),
        (0.3, 2.0, 5.0, 0.5798249999999999),
        (0.4, 20.0, 30.0, 0.507700199657648),
        (0.2, 20.0, 30.0, 0.000687727628741589),
        (0.5, 5000.0, 5050.0, 0.6910315339024538),
        (0.01, 3.0, 800.0, 0.9867759942273951),
        (0.97, 300.0, 0.3, 7.220927192084099e-06),
        (0.999, 1000.0, 2.5, 0.8487988867813241),
        (0.42, 5000.0, 7000.0, 0.7706878535437867),
    ];
}
