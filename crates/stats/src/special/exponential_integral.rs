//! The generalised exponential integral E_s(z), which discounted residual purchases are made of.

use super::quadrature::legendre;

/// e^z E_s(z) = integral over u > 0 of e^(-z u) (1+u)^(-s), for any real s and z > 0; of the size of 1/(z+s).
/// From 1 on by its continued fraction (A&S 5.1.22), below by quadrature in ln(1+u).
///
/// ```
/// // A&S table 5.1: E_1(1) = .219383934.
/// let found = gradus_stats::special::exponential_integral::scaled(1.0, 1.0) / 1f64.exp();
/// assert!((found - 0.21938393439552026).abs() < 1e-15);
/// ```
pub fn scaled(s: f64, z: f64) -> f64 {
    if !(z > 0.0) || !s.is_finite() {
        return f64::NAN;
    }
    if z >= 1.0 && s >= 0.0 { fraction(s, z) } else { by_quadrature(s, z) }
}

fn fraction(s: f64, z: f64) -> f64 {
    let mut b = z + s;
    let mut c = f64::INFINITY;
    let mut d = 1.0 / b;
    let mut out = d;
    for i in 1..100_000 {
        let i = f64::from(i);
        let numerator = -i * (s - 1.0 + i);
        b += 2.0;
        d = 1.0 / (numerator * d + b);
        c = b + numerator / c;
        let step = c * d;
        out *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    out
}

/// With 1 + u = e^w: the integrand falls doubly exponentially, panel by panel until nothing is left.
fn by_quadrature(s: f64, z: f64) -> f64 {
    let integrand = |w: f64| (-z * w.exp_m1() + (1.0 - s) * w).exp();
    let width = 0.5f64.min(4.0 / (1.0 - s).abs().max(1.0));
    let (mut from, mut sum) = (0.0, 0.0);
    loop {
        let part = legendre(from, from + width, integrand);
        sum += part;
        from += width;
        // Past its summit, if it has one, at z e^w = 1 - s.
        let falls = z * from.exp() > 1.0 - s;
        if falls && part <= 1e-18 * sum || from > 2_000.0 {
            return sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_mpmath() {
        for (s, z, expected) in KNOWN {
            let found = scaled(s, z);
            assert!((found / expected - 1.0).abs() < 1e-12, "{s} {z}: {found:e} is not {expected:e}");
        }
        assert!(scaled(1.0, 0.0).is_nan());
    }

    const KNOWN: [(f64, f64, f64); 12] = [
        (0.606, 0.1, 3.44015984686991),
        (0.606, 0.0001, 82.33443621453667),
        (1.0, 0.5, 0.9229106324837305),
        (3.5, 1e-06, 0.39999973333386574),
        (40.0, 0.2, 0.025506798319294494),
        (0.25, 2.0, 0.4579338426572877),
        (5.5, 30.0, 0.028286929835670542),
        (1.0, 700.0, 0.0014265364183008867),
        (120.0, 1.0, 0.008332749890512263),
        (2.0, 0.99, 0.4055901974777764),
        (-1.5, 0.3, 35.96497622387152),
        (-0.5, 3.0, 0.38234066249038373),
    ];
}
