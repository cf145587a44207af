//! Integrals of smooth positive functions: nothing cancels, so the precision is that of the integrand.

/// Nodes and weights of Gauss and Legendre's rule of 16 points on [-1, 1], the positive half (A&S table
/// 25.4; more digits from mpmath).
pub(crate) const LEGENDRE: [(f64, f64); 8] = [
    (0.0950125098376374402, 0.189450610455068496),
    (0.281603550779258913, 0.182603415044923589),
    (0.458016777657227386, 0.169156519395002538),
    (0.617876244402643748, 0.149595988816576732),
    (0.755404408355003034, 0.124628971255533872),
    (0.865631202387831744, 0.0951585116824927848),
    (0.944575023073232576, 0.0622535239386478929),
    (0.989400934991649933, 0.0271524594117540949),
];

/// The integral of `f` over [from, to] by one panel of 16 points: exact for polynomials of degree 31.
///
/// ```
/// let found = gradus_stats::special::quadrature::legendre(0.0, 2.0, |x| x.exp());
/// assert!((found - 2f64.exp_m1()).abs() < 1e-14);
/// ```
pub fn legendre(from: f64, to: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (middle, half) = (0.5 * (from + to), 0.5 * (to - from));
    let mut sum = 0.0;
    for (node, weight) in LEGENDRE {
        sum += weight * (f(middle - half * node) + f(middle + half * node));
    }
    half * sum
}

/// The mean of f(p) over p ~ Beta(a, b), for `f` that is smooth in ln p and bounded: the trapezoidal rule
/// in v with p = 1/(1+e^-u), u = ln(a/b) + s sinh v, which converges exponentially whether the
/// distribution is a needle (a and b in the millions) or lies at both ends (a and b near 0).
///
/// ```
/// let found = gradus_stats::special::quadrature::beta_mean(2.0, 3.0, |p| p * p);
/// assert!((found - 0.2).abs() < 1e-14);
/// ```
pub fn beta_mean(a: f64, b: f64, f: impl Fn(f64) -> f64) -> f64 {
    const FIRST: f64 = 1.0 / 8.0;
    const LAST: f64 = 1.0 / 64.0;
    const FAR: f64 = 30.0;
    let centre = (a / b).ln();
    let spread = ((a + b) / (a * b)).sqrt().min(1.0);
    // ln p and ln(1-p) at u.
    let logs = |u: f64| if u < 0.0 { (u - u.exp().ln_1p(), -u.exp().ln_1p()) } else { both(u) };
    let (p_top, q_top) = logs(centre);
    let top = a * p_top + b * q_top;
    let at = |v: f64| {
        let (ln_p, ln_q) = logs(centre + spread * v.sinh());
        let weight = (a * ln_p + b * ln_q - top).exp() * v.cosh();
        (weight, weight * f(ln_p.exp()))
    };
    let (mut mass, mut sum) = at(0.0);
    // How far to either side there is something.
    let mut ends = [FAR; 2];
    for (side, end) in [-1.0, 1.0].into_iter().zip(&mut ends) {
        let mut v = FIRST;
        while v < FAR {
            let (weight, part) = at(side * v);
            mass += weight;
            sum += part;
            if weight <= 1e-20 * mass && part.abs() <= 1e-20 * sum.abs() {
                *end = v;
                break;
            }
            v += FIRST;
        }
    }
    // Half the step doubles the digits that are right: so few that agree are enough.
    let mut step = FIRST;
    loop {
        let before = sum / mass;
        for (side, end) in [-1.0, 1.0].into_iter().zip(ends) {
            let mut v = 0.5 * step;
            while v < end {
                let (weight, part) = at(side * v);
                mass += weight;
                sum += part;
                v += step;
            }
        }
        step *= 0.5;
        let found = sum / mass;
        if step <= LAST || (found - before).abs() <= 1e-10 * found.abs() {
            return found;
        }
    }
}

fn both(u: f64) -> (f64, f64) {
    let rest = (-u).exp().ln_1p();
    (-rest, -u - rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_beta_distribution_are_met() {
        for a in [1e-4, 0.05, 0.8, 3.0, 250.0, 1e6] {
            for b in [1e-4, 0.3, 2.4, 90.0, 1e7] {
                let mean = beta_mean(a, b, |p| p);
                let expected = a / (a + b);
                assert!((mean / expected - 1.0).abs() < 1e-11, "{a} {b}: {mean} is not {expected}");
                let second = beta_mean(a, b, |p| p * p);
                let expected = expected * (a + 1.0) / (a + b + 1.0);
                assert!((second / expected - 1.0).abs() < 1e-11, "{a} {b}: {second} is not {expected}");
            }
        }
    }
}
