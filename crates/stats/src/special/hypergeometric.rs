//! Gauss's hypergeometric function 2F1(a, b; c; z) for 0 <= z < 1, in logarithms and without overflow: by
//! its series (A&S 15.1.1) or, where that is shorter, by Euler's transformation (15.3.3), which takes the
//! large exponents out of it.

/// What the sum of a series came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sum {
    /// The sum is `value` times e to the power of `ln_scale`.
    pub value: f64,
    pub ln_scale: f64,
    /// The largest of the terms' sizes relative to the sum: 1e6 means that six digits were lost.
    pub cancellation: f64,
    /// Did the terms become negligible.
    pub complete: bool,
}

const LARGE: f64 = 1e200;

/// sum over k >= 0 of (a)_k (b)_k / ((c)_k k!) z^k, up to `most` terms.
pub fn series(a: f64, b: f64, c: f64, z: f64, most: usize) -> Sum {
    let (mut term, mut sum, mut largest, mut ln_scale) = (1.0f64, 1.0f64, 1.0f64, 0.0f64);
    let mut k = 0.0;
    let mut complete = false;
    // Beyond this the terms do not change their sign any more.
    let settled = (-a).max(-b).max(0.0);
    for _ in 0..most {
        let ratio = (a + k) * (b + k) / ((c + k) * (k + 1.0)) * z;
        term *= ratio;
        k += 1.0;
        sum += term;
        largest = largest.max(term.abs());
        if largest > LARGE {
            (term, sum, largest) = (term / LARGE, sum / LARGE, largest / LARGE);
            ln_scale += LARGE.ln();
        }
        // The rest is about a geometric series.
        let rest = term.abs() / (1.0 - ratio.abs()).max(1e-12);
        if ratio.abs() < 1.0 && k > settled && rest <= 1e-17 * sum.abs() {
            complete = true;
            break;
        }
    }
    let cancellation = if sum == 0.0 { f64::INFINITY } else { largest / sum.abs() };
    Sum { value: sum, ln_scale, cancellation: cancellation.max(1.0), complete }
}

/// ln 2F1(a, b; c; z) for positive a, b, c, where it is above 0; a, b and c may be in the thousands. No
/// number outside, and where no series converges within three million terms.
///
/// ```
/// // 2F1(1, 1; 2; z) = -ln(1-z)/z.
/// let found = gradus_stats::special::hypergeometric::ln_two_f_one(1.0, 1.0, 2.0, 0.5);
/// assert!((found - (2.0 * 2f64.ln()).ln()).abs() < 1e-15);
/// ```
pub fn ln_two_f_one(a: f64, b: f64, c: f64, z: f64) -> f64 {
    const MOST: usize = 3_000_000;
    if !(a > 0.0 && b > 0.0 && c > 0.0 && (0.0..1.0).contains(&z)) {
        return f64::NAN;
    }
    let as_it_is = || series(a, b, c, z, MOST);
    let transformed = || series(c - a, c - b, c, z, MOST);
    let power = (c - a - b) * (-z).ln_1p();
    let shorter = ((c - a) * (c - b)).abs() < a * b;
    if shorter {
        let sum = transformed();
        if sum.complete && sum.cancellation < 100.0 && sum.value > 0.0 {
            return power + sum.ln_scale + sum.value.ln();
        }
    }
    // All its terms are positive: nothing can be lost.
    let sum = as_it_is();
    if sum.complete { sum.ln_scale + sum.value.ln() } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_mpmath() {
        for (a, b, c, z, expected) in KNOWN {
            let found = ln_two_f_one(a, b, c, z);
            let off = (found - expected).abs();
            assert!(off < 1e-12 * expected.abs().max(1.0), "{a} {b} {c} {z}: {found} is not {expected}");
        }
        assert!(ln_two_f_one(1.0, 1.0, 1.0, 1.0).is_nan());
        assert!(ln_two_f_one(-1.0, 1.0, 1.0, 0.5).is_nan());
    }

    const KNOWN: [(f64, f64, f64, f64, f64); 10] = [
        (0.5, 0.5, 1.0, 0.25, 0.07062807382066649),
        (1.0, 2.5, 3.5, 0.909, 1.3791227989181074),
        (0.243, 2.426, 2.219, 0.9, 0.6666138494182039),
        (40.0, 30.0, 35.0, 0.5, 23.89923859738816),
        (2000.243, 2002.4, 2001.2, 0.3, 713.8643976550912),
        (5000.5, 3.0, 5001.5, 0.97, 10.500584273298903),
        (3.2, 1.6, 4.2, 0.0, 0.0),
        (1.0, 12.0, 13.5, 0.999, 3.032112236133725),
        (300.0, 2.0, 600.0, 0.8, 1.0238755148964211),
        (2.5, 3000.0, 3.0, 0.4, 1529.084634204632),
    ];
}
