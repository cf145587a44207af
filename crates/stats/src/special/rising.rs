//! The rising factorial z (z+1) … (z+n-1) = gamma(z+n)/gamma(z) in logarithms, with its derivatives in z:
//! the counting models are sums of these. Taken as one thing, it keeps its precision where z is in the
//! millions (a base that hardly differs) and n in the thousands (one who buys all the time).

use super::gamma::{STIRLING_FROM, digamma_rest, less_log, stirling_rest, trigamma_rest};

/// ln gamma(z+n) - ln gamma(z) and its first and second derivative in z.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rising {
    pub ln: f64,
    /// psi(z+n) - psi(z).
    pub first: f64,
    /// psi'(z+n) - psi'(z).
    pub second: f64,
}

/// Up to here the factors are taken one by one.
const FEW: f64 = 32.0;

/// For z > 0 and n >= 0, n whole or not.
///
/// ```
/// let product = gradus_stats::special::rising::rising(2.5, 3.0);
/// assert!((product.ln - (2.5f64 * 3.5 * 4.5).ln()).abs() < 1e-15);
/// ```
pub fn rising(z: f64, n: f64) -> Rising {
    if n == 0.0 {
        return Rising { ln: 0.0, first: 0.0, second: 0.0 };
    }
    if n <= FEW && n.fract() == 0.0 { factor_by_factor(z, n) } else { by_stirling(z, n) }
}

fn factor_by_factor(z: f64, n: f64) -> Rising {
    let (mut ln, mut product, mut first, mut second) = (0.0, 1.0, 0.0, 0.0);
    let mut j = 0.0;
    while j < n {
        let factor = z + j;
        let inverse = 1.0 / factor;
        product *= factor;
        if !(1e-100..=1e100).contains(&product) {
            ln += f64::ln(product);
            product = 1.0;
        }
        first += inverse;
        second -= inverse * inverse;
        j += 1.0;
    }
    Rising { ln: ln + product.ln(), first, second }
}

/// gamma(z+n)/gamma(z) = z/(z+n) gamma(z+1+n)/gamma(z+1) until Stirling's series (A&S 6.1.41, 6.3.18,
/// 6.4.12) holds at z; its difference is taken term by term.
fn by_stirling(z: f64, n: f64) -> Rising {
    let (mut z, mut ratio, mut first, mut second) = (z, 1.0, 0.0, 0.0);
    while z < STIRLING_FROM {
        let (low, high) = (1.0 / z, 1.0 / (z + n));
        ratio *= high / low;
        first += low - high;
        second += high * high - low * low;
        z += 1.0;
    }
    let share = n / z;
    let grown = share.ln_1p();
    let top = z + n;
    let ln = n * z.ln() + (n - 0.5) * grown - z * less_log(share) + (stirling_rest(top) - stirling_rest(z));
    Rising {
        ln: ln + ratio.ln(),
        first: first + grown + (digamma_rest(top) - digamma_rest(z)),
        second: second - n / (z * top) + (trigamma_rest(top) - trigamma_rest(z)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_mpmath() {
        for (z, n, ln, first, second) in KNOWN {
            let found = rising(z, n);
            for (found, expected) in [(found.ln, ln), (found.first, first), (found.second, second)] {
                assert!((found / expected - 1.0).abs() < 1e-12, "{z} {n}: {found:e} is not {expected:e}");
            }
        }
    }

    #[test]
    fn both_ways_agree_where_they_meet() {
        for z in [1e-3, 0.24, 3.0, 40.0, 1e5, 1e8] {
            let (some, other) = (factor_by_factor(z, 32.0), by_stirling(z, 32.0));
            assert!((some.ln - other.ln).abs() < 1e-13 * other.ln.abs().max(1.0), "{z}");
            assert!((some.first / other.first - 1.0).abs() < 1e-12, "{z}");
            assert!((some.second / other.second - 1.0).abs() < 1e-12, "{z}");
        }
    }

    const KNOWN: [(f64, f64, f64, f64, f64); 11] = [
        (0.001, 1.0, -6.907755278982137, 1000.0, -1000000.0),
        (0.243, 5.0, 2.2324176259704256, 5.909601802761824, -17.93171203022342),
        (0.243, 33.0, 81.08677291667152, 7.839821921246977, -18.111241281259996),
        (1.5, 29.5, 74.77901858646541, 3.381281492040282, -0.9020182512980505),
        (3.2, 0.25, 0.2608261630939028, 0.08766312384687013, -0.0304639101195891),
        (20.0, 1000.0, 6004.224421496093, 3.956543637860346, -0.05028995003689606),
        (0.8, 5000.0, 37589.2879945604, 9.482261757988914, -2.2992741495016467),
        (1000000.0, 40.0, 552.6212023083011, 3.999922002053939e-05, -3.9998440061617564e-11),
        (10000000.0, 2500.0, 40295.55147637301, 0.0002499687677042332, -2.4993754061172408e-11),
        (5000.5, 1.0, 8.517293186416572, 0.00019998000199980003, -3.999200119984002e-08),
        (200000.0, 0.5, 6.103035697765087, 2.500003125e-06, -1.2500031249999999e-11),
    ];
}
