//! Logarithm and exponential as plain arithmetic without a branch, so that a compiler can take as many numbers at
//! once as a register holds. There are only sums, products and quotients, which IEEE 754 rounds alike everywhere, and
//! none is fused: a number has the same bits alone and in a batch, on every machine and in every width.
//!
//! The ways are the classical ones (Cody and Waite 1980, Software Manual for the Elementary Functions; fdlibm): powers
//! of two are taken out, the rest is a polynomial, here of least largest error (Remez's exchange at 60 digits).
//!
//! A loop over these belongs into [`fearless_simd::dispatch`], in a function that is always inlined: otherwise it gains
//! nothing.

/// ln 2 in two parts: the first has so few digits that its product with a power's exponent is exact.
const LN_2_HIGH: f64 = 0.6931471803691238;
const LN_2_LOW: f64 = 1.9082149292705877e-10;

/// (2 artanh s - 2 s) / s^3 in powers of s^2, up to s = .2005: off by 1.6e-17 of the whole.
const ARTANH: [f64; 7] = [
    0.666666666666729,
    0.3999999999605523,
    0.2857142941436423,
    0.222221369456092,
    0.1818641971726223,
    0.15248916574233898,
    0.15378072883663785,
];

/// (e^r - 1 - r) / r^2 up to r = ln 2 / 2 either way: off by 3.6e-18 of e^r.
const EXP: [f64; 10] = [
    0.5000000000000011,
    0.16666666666666413,
    0.041666666666530267,
    0.008333333333494335,
    0.0013888888943597473,
    0.00019841269506769857,
    2.4801493136224566e-05,
    2.7557586280699177e-06,
    2.763023395340011e-07,
    2.5000066410327433e-08,
];

/// A quotient as 2^doublings (1 + s) / (1 - s), s between -.2005 and .2005.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Quotient {
    pub s: f64,
    pub doublings: f64,
}

impl Quotient {
    /// a / b for normal positive numbers, a below 1e308; no meaning otherwise.
    #[inline(always)]
    pub(crate) fn of(a: f64, b: f64) -> Quotient {
        let (minus, doublings) = scaled_to(a, b);
        Quotient { s: (a + minus) / (a - minus), doublings }
    }

    /// 1 + d / b for b normal and positive and d not negative, their sum below 1e308. Small shares keep their digits.
    #[inline(always)]
    pub(crate) fn of_grown(b: f64, d: f64) -> Quotient {
        let a = b + d;
        let (minus, doublings) = scaled_to(a, b);
        let (apart, both) = if doublings == 0.0 { (d, (b + b) + d) } else { (a + minus, a - minus) };
        Quotient { s: apart / both, doublings }
    }

    /// The natural logarithm, off by less than 2 units in the last place.
    #[inline(always)]
    pub(crate) fn ln(self) -> f64 {
        let Quotient { s, doublings } = self;
        let z = s * s;
        let z2 = z * z;
        let low = (ARTANH[0] + ARTANH[1] * z) + (ARTANH[2] + ARTANH[3] * z) * z2;
        let high = (ARTANH[4] + ARTANH[5] * z) + ARTANH[6] * z2;
        let rest = s * z * (low + high * (z2 * z2)) + doublings * LN_2_LOW;
        doublings * LN_2_HIGH + ((s + s) + rest)
    }
}

/// -b times the power of two that brings it nearest to `a`, and that power's exponent. How far the bits of two
/// positive numbers lie apart is the logarithm of their quotient to base 2, to .09.
#[inline(always)]
fn scaled_to(a: f64, b: f64) -> (f64, f64) {
    const EXPONENT: u64 = 0xfff << 52;
    // Half, to round; and 2^11, which keeps the exponent positive and turns the sign of what it is added to.
    let apart = a.to_bits().wrapping_sub(b.to_bits()).wrapping_add((1 << 51) | (1 << 63));
    let minus = f64::from_bits(b.to_bits().wrapping_add(apart & EXPONENT));
    // The whole number n as a double is what stands below the last place of 2^52.
    let doublings =
        f64::from_bits((apart >> 52) | 0x4330_0000_0000_0000) - (4_503_599_627_370_496.0 + 2_048.0);
    (minus, doublings)
}

/// e^x = 2^n (1 + m).
#[derive(Debug, Clone, Copy)]
struct Power {
    m: f64,
    /// n is what stands in the last places of this.
    shifted: f64,
}

#[inline(always)]
fn power(x: f64) -> Power {
    // Adding it leaves no place for what stands behind the point.
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    let x = if x > LEAST { x } else { LEAST };
    let shifted = x * std::f64::consts::LOG2_E + WHOLE;
    let n = shifted - WHOLE;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let r2 = r * r;
    let r4 = r2 * r2;
    let low = (EXP[0] + EXP[1] * r) + (EXP[2] + EXP[3] * r) * r2;
    let high = (EXP[4] + EXP[5] * r) + (EXP[6] + EXP[7] * r) * r2;
    Power { m: r + r2 * (low + (high + (EXP[8] + EXP[9] * r) * r4) * r4), shifted }
}

/// The least argument of [`exp`] that is told from lower ones.
const LEAST: f64 = -708.0;

/// e^x up to x = 709, off by 1 unit in the last place at most. What is below [`LEAST`], or no number, is taken for
/// it and gives 3.3e-308; there is no meaning above.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    let Power { m, shifted } = power(x);
    f64::from_bits((1.0 + m).to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// e^x - 1 up to x = 709, off by less than 3 units in the last place; the rest as [`exp`].
#[inline(always)]
pub(crate) fn exp_m1(x: f64) -> f64 {
    let Power { m, shifted } = power(x);
    let scale = f64::from_bits(1f64.to_bits().wrapping_add(shifted.to_bits() << 52));
    scale * m + (scale - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// In units of the last place of what is expected.
    fn off(found: f64, expected: f64) -> f64 {
        let unit = f64::from_bits(expected.abs().to_bits() + 1) - expected.abs();
        (found - expected).abs() / unit
    }

    fn worst(pairs: impl IntoIterator<Item = (f64, f64)>) -> f64 {
        pairs.into_iter().map(|(found, expected)| off(found, expected)).fold(0.0, f64::max)
    }

    /// Evenly in the logarithm over all normal numbers below 1e308, and closely around 1.
    fn numbers() -> Vec<f64> {
        let mut random = Random::new(7);
        let mut out: Vec<f64> = (-1_022..1_023)
            .flat_map(|n| {
                [1.0, 1.2, std::f64::consts::SQRT_2, 1.5, 1.9999999999999998].map(|m| m * 2f64.powi(n))
            })
            .collect();
        out.extend((0..200_000).map(|_| 2f64.powf(2_040.0 * random.open_unit() - 1_020.0)));
        out.extend((0..200_000).map(|_| 0.5 + 1.5 * random.open_unit()));
        out.extend(
            (1..1_000).flat_map(|n| [1.0 + f64::from(n) * f64::EPSILON, 1.0 - f64::from(n) * f64::EPSILON]),
        );
        out
    }

    #[test]
    fn logarithms_are_those_of_the_library() {
        let found =
            worst(numbers().into_iter().filter(|x| *x != 1.0).map(|x| (Quotient::of(x, 1.0).ln(), x.ln())));
        assert!(found <= 2.0, "{found}");
        assert_eq!(Quotient::of(1.0, 1.0).ln(), 0.0);
        // Scaled by a number without a short fraction: the quotient itself is rounded in the library's way.
        let quotients = numbers().into_iter().filter(|x| (1e-290..1e290).contains(x)).map(|x| {
            let (a, b) = (x * 0.7, 4.414);
            (Quotient::of(a, b).ln(), (a / b).ln(), (a / b - 1.0).abs())
        });
        let found =
            worst(quotients.filter(|(.., apart)| *apart > 0.4).map(|(found, expected, _)| (found, expected)));
        assert!(found <= 3.0, "{found}");
    }

    #[test]
    fn logarithms_of_what_grew_are_those_of_the_library() {
        let found = worst(numbers().into_iter().map(|x| (Quotient::of_grown(1.0, x).ln(), x.ln_1p())));
        assert!(found <= 2.0, "{found}");
        assert_eq!(Quotient::of_grown(3.0, 0.0).ln(), 0.0);
    }

    #[test]
    fn exponentials_are_those_of_the_library() {
        let mut random = Random::new(8);
        let mut at: Vec<f64> = (-70_800..=70_900).map(|n| f64::from(n) / 100.0).collect();
        at.extend((0..300_000).map(|_| 1_417.0 * random.open_unit() - 708.0));
        at.extend((0..300_000).map(|_| 2.0 * random.open_unit() - 1.0));
        at.extend((-1_020..1_020).map(|n| (f64::from(n) + 0.5) * std::f64::consts::LN_2));
        at.extend((1..1_000).flat_map(|n| [1e-300, 1e-17, 1e-8].map(|unit| f64::from(n - 500) * unit)));
        let found = worst(at.iter().map(|x| (exp(*x), x.exp())));
        assert!(found <= 1.0, "{found}");
        let found = worst(at.iter().filter(|x| **x != 0.0).map(|x| (exp_m1(*x), x.exp_m1())));
        assert!(found <= 3.0, "{found}");
        assert_eq!((exp(0.0), exp_m1(0.0), exp_m1(-0.0)), (1.0, 0.0, 0.0));
        for below in [-709.0, -1e9, f64::NEG_INFINITY, f64::NAN] {
            assert_eq!((exp(below), exp_m1(below)), (exp(LEAST), -1.0));
        }
    }
}
