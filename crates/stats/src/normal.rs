//! The normal distribution, without tables of coefficients: series and continued fraction
//! (Abramowitz and Stegun 1964, Handbook of Mathematical Functions, 7.1.6 and 7.1.14).

use std::f64::consts::{PI, SQRT_2};

/// Below it the series converges quickly, above it the continued fraction does.
const TURN: f64 = 2.5;

/// P(Z > z) of a standard normal variable, with full relative precision in the tail.
///
/// ```
/// assert!((gradus_stats::normal::survival(1.959963984540054) - 0.025).abs() < 1e-15);
/// ```
pub fn survival(z: f64) -> f64 {
    let x = z / SQRT_2;
    if x.is_nan() {
        return f64::NAN;
    }
    if x < -TURN {
        return 1.0 - half_erfc(-x);
    }
    if x > TURN { half_erfc(x) } else { 0.5 - 0.5 * erf_series(x) }
}

/// P(Z <= z).
pub fn cdf(z: f64) -> f64 {
    survival(-z)
}

/// The chance of a value at least as far from zero, either way.
pub fn two_sided_p(z: f64) -> f64 {
    (2.0 * survival(z.abs())).min(1.0)
}

/// The density.
pub fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// z with P(Z <= z) = p: a first guess (Abramowitz and Stegun 26.2.23), made exact by Halley's steps.
/// Infinite at 0 and 1, no number outside.
pub fn quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.0 || p == 1.0 {
        return if p == 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    if p > 0.5 {
        return -quantile(1.0 - p);
    }
    let t = (-2.0 * p.ln()).sqrt();
    let (above, below) =
        (2.515517 + t * (0.802853 + t * 0.010328), 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    let mut z = above / below - t;
    for _ in 0..8 {
        let step = (cdf(z) - p) / density(z);
        let step = step / (1.0 + 0.5 * z * step);
        z -= step;
        if step.abs() <= 1e-15 * z.abs().max(1.0) {
            break;
        }
    }
    z
}

/// The z beyond which a share of (1 - level) / 2 lies on either side: 1.96 for 0.95.
pub fn critical(level: f64) -> f64 {
    -quantile((1.0 - level) / 2.0)
}

/// erf(x) = 2/sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (1 3 5 … (2n+1)); all terms have one sign.
fn erf_series(x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (x, x, 0.0);
    while term.abs() > 1e-17 * sum.abs() && n < 500.0 {
        n += 1.0;
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
    }
    2.0 / PI.sqrt() * (-x * x).exp() * sum
}

/// erfc(x) / 2 for x > 0 by the continued fraction 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …)))), from its end.
fn half_erfc(x: f64) -> f64 {
    let mut tail = x;
    for k in (1..=120).rev() {
        tail = x + 0.5 * f64::from(k) / tail;
    }
    (-x * x).exp() / (2.0 * PI.sqrt() * tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_values_are_met() {
        // Abramowitz and Stegun, table 26.1 (Q(x)) and 26.6; R: pnorm(-8) = 6.220960574271785e-16.
        for (z, q) in [(0.0, 0.5), (1.0, 0.15865525393145707), (3.0, 1.3498980316300957e-3)] {
            assert!((survival(z) - q).abs() < 1e-15, "{z}: {}", survival(z));
            assert!((survival(-z) - (1.0 - q)).abs() < 1e-15);
        }
        assert!((survival(8.0) / 6.220960574271785e-16 - 1.0).abs() < 1e-12);
        // Around the turn both ways agree.
        let at = TURN * SQRT_2;
        assert!((survival(at - 1e-9) - survival(at + 1e-9)).abs() < 1e-11);
    }

    #[test]
    fn quantiles_invert_the_distribution() {
        assert!((quantile(0.975) - 1.959963984540054).abs() < 1e-13);
        assert!((quantile(0.995) - 2.5758293035489004).abs() < 1e-13);
        for p in [1e-12, 1e-5, 0.01, 0.3, 0.5, 0.77, 0.999] {
            assert!((cdf(quantile(p)) / p - 1.0).abs() < 1e-11, "{p}");
        }
        assert_eq!(quantile(1.0), f64::INFINITY);
        assert!(quantile(1.5).is_nan());
        assert!((critical(0.95) - 1.959963984540054).abs() < 1e-13);
    }
}
