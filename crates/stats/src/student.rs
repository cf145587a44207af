//! Student's t distribution with any number of degrees of freedom: the regularised incomplete beta
//! function by its continued fraction (Abramowitz and Stegun 1964, 26.5.8 and 26.7.1).

use crate::normal;

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

/// I_x(a, b), by the continued fraction on the side where it converges (Lentz 1976).
pub fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(x, a, b) / a
    } else {
        1.0 - front * beta_fraction(1.0 - x, b, a) / b
    }
}

fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut out = d;
    for m in 1..=10_000 {
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

/// ln of the gamma function of x > 0: Stirling's series with Bernoulli numbers, beyond 15 after as many
/// steps of gamma(x + 1) = x gamma(x) (Abramowitz and Stegun 6.1.41).
pub fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < 15.0 {
        shift -= x.ln();
        x += 1.0;
    }
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    let series = inverse
        * (1.0 / 12.0
            - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0))));
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series + shift
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

    #[test]
    fn gamma_of_whole_and_half_numbers_is_known() {
        assert!((ln_gamma(6.0) - 120f64.ln()).abs() < 1e-13);
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-13);
        assert!((incomplete_beta(0.3, 1.0, 1.0) - 0.3).abs() < 1e-15, "uniform");
    }
}
