//! The gamma function, its logarithmic derivatives, and the incomplete gamma function, for x > 0.

/// zeta(k) - 1 for k = 2, 3, … (A&S table 23.3; more digits from mpmath).
const ZETA_LESS_ONE: [f64; 30] = [
    0.644934066848226436,
    0.202056903159594285,
    0.0823232337111381915,
    0.0369277551433699263,
    0.0173430619844491397,
    0.00834927738192282684,
    0.00407735619794433938,
    0.00200839282608221442,
    9.94575127818085337e-4,
    4.94188604119464559e-4,
    2.46086553308048299e-4,
    1.22713347578489147e-4,
    6.12481350587048293e-5,
    3.05882363070204936e-5,
    1.52822594086518717e-5,
    7.63719763789976227e-6,
    3.81729326499983986e-6,
    1.90821271655393893e-6,
    9.53962033872796113e-7,
    4.76932986787806463e-7,
    2.3845050272773299e-7,
    1.19219925965311073e-7,
    5.96081890512594796e-8,
    2.98035035146522802e-8,
    1.49015548283650412e-8,
    7.45071178983542949e-9,
    3.72533402478845705e-9,
    1.86265972351304901e-9,
    9.31327432419668183e-10,
    4.65662906503378407e-10,
];

/// 1 less Euler's constant.
const ONE_LESS_EULER: f64 = 0.422784335098467139;

/// ln sqrt(2 pi).
pub(crate) const HALF_LN_2PI: f64 = 0.918938533204672742;

/// From here on Stirling's series has full precision with the terms used.
pub(crate) const STIRLING_FROM: f64 = 15.0;

/// ln of the gamma function of x > 0. Around 1 and 2, where it vanishes, by A&S 6.1.33, so that it is
/// precise relative to itself; from 15 by Stirling's series (6.1.41), below after steps of
/// gamma(x + 1) = x gamma(x). No number for x <= 0.
///
/// ```
/// assert!((gradus_stats::special::gamma::ln_gamma(6.0) - 120f64.ln()).abs() < 1e-14);
/// ```
pub fn ln_gamma(x: f64) -> f64 {
    if !(x > 0.0) {
        return f64::NAN;
    }
    if (0.5..=1.5).contains(&x) {
        return around_two(x - 1.0) - (x - 1.0).ln_1p();
    }
    if (1.5..=2.5).contains(&x) {
        return around_two(x - 2.0);
    }
    let (mut x, mut product) = (x, 1.0);
    while x < STIRLING_FROM {
        product *= x;
        x += 1.0;
    }
    (x - 0.5) * x.ln() - x + HALF_LN_2PI + stirling_rest(x) - product.ln()
}

/// ln gamma(2 + e) for |e| <= 1/2.
fn around_two(e: f64) -> f64 {
    let mut sum = 0.0;
    for (index, zeta) in ZETA_LESS_ONE.iter().enumerate().rev() {
        let k = (index + 2) as f64;
        let sign = if index % 2 == 0 { 1.0 } else { -1.0 };
        sum = sum * e + sign * zeta / k;
    }
    e * (ONE_LESS_EULER + e * sum)
}

/// What Stirling's formula lacks: ln gamma(x) - ((x - 1/2) ln x - x + ln sqrt(2 pi)), for x >= 15.
pub(crate) fn stirling_rest(x: f64) -> f64 {
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    inverse
        * (1.0 / 12.0
            - square
                * (1.0 / 360.0
                    - square
                        * (1.0 / 1260.0
                            - square
                                * (1.0 / 1680.0 - square * (1.0 / 1188.0 - square * (691.0 / 360360.0))))))
}

/// psi(x), the derivative of ln gamma, for x > 0 (A&S 6.3.5 and 6.3.18).
pub fn digamma(x: f64) -> f64 {
    if !(x > 0.0) {
        return f64::NAN;
    }
    let (mut x, mut shift) = (x, 0.0);
    while x < STIRLING_FROM {
        shift += 1.0 / x;
        x += 1.0;
    }
    x.ln() + digamma_rest(x) - shift
}

/// psi(x) - ln x for x >= 15.
pub(crate) fn digamma_rest(x: f64) -> f64 {
    let square = 1.0 / (x * x);
    -0.5 / x
        - square
            * (1.0 / 12.0
                - square
                    * (1.0 / 120.0
                        - square
                            * (1.0 / 252.0
                                - square
                                    * (1.0 / 240.0 - square * (1.0 / 132.0 - square * (691.0 / 32760.0))))))
}

/// psi'(x), for x > 0 (A&S 6.4.6 and 6.4.12).
pub fn trigamma(x: f64) -> f64 {
    if !(x > 0.0) {
        return f64::NAN;
    }
    let (mut x, mut shift) = (x, 0.0);
    while x < STIRLING_FROM {
        shift += 1.0 / (x * x);
        x += 1.0;
    }
    1.0 / x + trigamma_rest(x) + shift
}

/// psi'(x) - 1/x for x >= 15.
pub(crate) fn trigamma_rest(x: f64) -> f64 {
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    square
        * (0.5
            + inverse
                * (1.0 / 6.0
                    - square
                        * (1.0 / 30.0
                            - square
                                * (1.0 / 42.0
                                    - square
                                        * (1.0 / 30.0 - square * (5.0 / 66.0 - square * (691.0 / 2730.0)))))))
}

/// P(a, x), the share of a gamma distribution of shape `a` and scale 1 below x (A&S 6.5.1): by its series
/// (6.5.29) below a + 1, else by one less [`upper_share`].
///
/// ```
/// // The exponential distribution.
/// assert!((gradus_stats::special::gamma::lower_share(1.0, 2.0) - (1.0 - (-2f64).exp())).abs() < 1e-15);
/// ```
pub fn lower_share(a: f64, x: f64) -> f64 {
    if !(a > 0.0) || !(x >= 0.0) {
        return f64::NAN;
    }
    if x == 0.0 {
        return 0.0;
    }
    if x < a + 1.0 { density_times_x(a, x) * lower_series(a, x) } else { 1.0 - upper_share(a, x) }
}

/// Q(a, x) = 1 - P(a, x) with full precision in the tail (A&S 6.5.31, by Lentz's method).
pub fn upper_share(a: f64, x: f64) -> f64 {
    if !(a > 0.0) || !(x >= 0.0) {
        return f64::NAN;
    }
    if x < a + 1.0 {
        return 1.0 - lower_share(a, x);
    }
    if x == f64::INFINITY {
        return 0.0;
    }
    let mut b = x + 1.0 - a;
    let mut c = f64::INFINITY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for i in 1..100_000 {
        let i = f64::from(i);
        let numerator = -i * (i - a);
        b += 2.0;
        d = 1.0 / (numerator * d + b);
        c = b + numerator / c;
        let step = c * d;
        fraction *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    density_times_x(a, x) * fraction
}

/// sum of x^k / (a (a+1) … (a+k)) for k = 0, 1, …, times what makes [`density_times_x`] the share.
fn lower_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut k) = (1.0 / a, 1.0 / a, a);
    for _ in 0..100_000 {
        k += 1.0;
        term *= x / k;
        sum += term;
        if term < 1e-17 * sum {
            break;
        }
    }
    sum
}

/// x^a e^-x / gamma(a); for large `a` without the difference of large logarithms.
fn density_times_x(a: f64, x: f64) -> f64 {
    if a < STIRLING_FROM {
        return (a * x.ln() - x - ln_gamma(a)).exp();
    }
    let away = (x - a) / a;
    (a / std::f64::consts::TAU).sqrt() * (-a * less_log(away) - stirling_rest(a)).exp()
}

/// e - ln(1 + e), precise near 0.
pub(crate) fn less_log(e: f64) -> f64 {
    if e.abs() > 0.25 {
        return e - e.ln_1p();
    }
    // ln(1 + e) = 2 artanh(s), s = e / (2 + e); e - 2 s = e s.
    let s = e / (2.0 + e);
    let square = s * s;
    let (mut power, mut sum, mut k) = (s * square, 0.0, 3.0);
    while k < 60.0 {
        let term = power / k;
        sum += term;
        if term.abs() <= 1e-18 * sum.abs() {
            break;
        }
        power *= square;
        k += 2.0;
    }
    e * s - 2.0 * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, at: f64) {
        assert!((found / expected - 1.0).abs() < 1e-12, "{at}: {found:e} is not {expected:e}");
    }

    #[test]
    fn ln_gamma_is_that_of_the_handbook() {
        // A&S table 6.4 and mpmath 1.4 at 50 digits.
        for (x, expected) in LN_GAMMA {
            close(ln_gamma(x), expected, x);
        }
        assert_eq!((ln_gamma(1.0), ln_gamma(2.0)), (0.0, 0.0));
        assert!(ln_gamma(0.0).is_nan() && ln_gamma(-1.5).is_nan() && ln_gamma(f64::NAN).is_nan());
    }

    #[test]
    fn its_derivatives_are_those_of_the_handbook() {
        for (x, psi, psi1) in POLYGAMMA {
            close(digamma(x), psi, x);
            close(trigamma(x), psi1, x);
        }
        // A&S 6.3.2 and 6.4.2.
        close(digamma(1.0), ONE_LESS_EULER - 1.0, 1.0);
        close(trigamma(1.0), std::f64::consts::PI.powi(2) / 6.0, 1.0);
    }

    #[test]
    fn incomplete_gamma_is_that_of_mpmath() {
        for (a, x, lower, upper) in INCOMPLETE {
            close(lower_share(a, x), lower, x);
            close(upper_share(a, x), upper, x);
        }
    }

    const LN_GAMMA: [(f64, f64); 16] = [
        (1e-08, 18.42068073818021),
        (0.001, 6.907178885383853),
        (0.3, 1.0957979948180756),
        (0.5, 0.5723649429247001),
        (0.99, 0.005854806764709781),
        (1.0001, -5.771334222047127e-05),
        (1.3, -0.10817480950786047),
        (1.75, -0.08440112102048555),
        (2.001, 0.000423106734800117),
        (2.6, 0.35741186354897986),
        (3.25, 0.9358019311087253),
        (14.9, 24.924132002217277),
        (15.1, 25.458999750992664),
        (100.5, 361.4355404677776),
        (5000.25, 37584.75559523289),
        (1000000000.0, 19723265827.503716),
    ];
    const POLYGAMMA: [(f64, f64, f64); 9] = [
        (1e-05, -100000.57719921567, 10000000001.644909),
        (0.1, -10.423754940411076, 101.43329915079275),
        (0.5, -1.9635100260214235, 4.934802200544679),
        (1.7, 0.2085478748734939, 0.7932328301639984),
        (2.5, 0.7031566406452432, 0.49035775610023485),
        (10.25, 2.277704790686724, 0.10247452151799187),
        (33.3, 3.490467238520243, 0.030485444095338887),
        (4000.5, 8.294049642706195, 0.00024999999869791667),
        (10000000.0, 16.11809560095832, 1.0000000500000017e-07),
    ];
    const INCOMPLETE: [(f64, f64, f64, f64); 10] = [
        (0.5, 0.1, 0.345279153981423, 0.654720846018577),
        (0.5, 3.0, 0.9856941215645704, 0.01430587843542964),
        (3.0, 1.0, 0.08030139707139419, 0.9196986029286058),
        (3.0, 9.0, 0.9937678048936227, 0.006232195106377317),
        (12.5, 13.0, 0.5924013085825534, 0.4075986914174467),
        (20.0, 18.0, 0.34908387201929825, 0.6509161279807018),
        (300.0, 310.0, 0.7224887541718611, 0.2775112458281389),
        (5000.0, 4950.0, 0.2404799143160207, 0.7595200856839793),
        (5000.0, 5200.0, 0.9974151865046462, 0.002584813495353809),
        (0.01, 1e-06, 0.8759337598323533, 0.1240662401676467),
    ];
}
