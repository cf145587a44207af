//! Expected purchases of customers who differ by their age alone: [`Alive::expected`] at several ages at once. What a
//! term of the series takes from the parameters is worked out once, and what it takes from the age is a product.

use fearless_simd::{Level, dispatch};

use super::geometric_dropout::Alive;
use super::value::Horizon;
use crate::special::vector::{Quotient, exp, exp_m1};

/// How many ages.
pub(super) const AGES: usize = 16;

/// Terms between two looks at whether the rest is negligible.
const STRIDE: u32 = 8;

/// Terms at most; as [`Alive::expected`] and [`Alive::discounted`] have it.
const TERMS: (u32, u32) = (4_000, 400);

/// Where more is lost when the two parts are subtracted, or the exponent is so large that its rounding tells, single
/// customers have ways of their own.
const MOST_LOST: f64 = 30.0;
const LEAST_POWER: f64 = -64.0;

/// What is believed of living customers, by age.
#[derive(Debug, Clone, Copy)]
pub(super) struct ByAge {
    pub shape: f64,
    pub rates: [f64; AGES],
    pub a: f64,
    pub b: f64,
}

impl ByAge {
    /// [`Alive::expected`] of each, to rounding; `t` is positive and finite.
    pub(super) fn expected(&self, t: f64) -> [f64; AGES] {
        self.or_else(self.by_series(t, TERMS.0), |alive| alive.expected(t))
    }

    /// [`Alive::discounted`] of each, to rounding.
    pub(super) fn discounted(&self, horizon: &Horizon) -> [f64; AGES] {
        let (mut sums, mut before, mut weight) = ([0.0; AGES], [0.0; AGES], 1.0);
        for k in 1..=horizon.n_periods {
            let until = self.by_series(f64::from(k) * horizon.period, TERMS.1);
            weight /= 1.0 + horizon.rate;
            for (sum, (until, before)) in sums.iter_mut().zip(until.iter().zip(&before)) {
                *sum += (until - before) * weight;
            }
            before = until;
        }
        self.or_else(sums, |alive| alive.discounted(horizon))
    }

    /// No number where the series loses too much or takes too long.
    fn by_series(&self, t: f64, most: u32) -> [f64; AGES] {
        let mut out = [f64::NAN; AGES];
        let series = Series { of: self, t, most, out: &mut out };
        dispatch!(Level::new(), _ => series.work());
        out
    }

    fn or_else(&self, mut values: [f64; AGES], otherwise: impl Fn(&Alive) -> f64) -> [f64; AGES] {
        for (value, rate) in values.iter_mut().zip(self.rates).filter(|(value, _)| value.is_nan()) {
            *value = otherwise(&Alive { shape: self.shape, rate, a: self.a, b: self.b });
        }
        values
    }
}

struct Series<'a> {
    of: &'a ByAge,
    t: f64,
    most: u32,
    /// A slice, so that loops stay loops until they are made wide.
    out: &'a mut [f64],
}

impl Series<'_> {
    #[inline(always)]
    fn work(self) {
        let Series { of: ByAge { shape, rates, a, b }, t, most, out } = self;
        let c = a + b - 1.0;
        let above = c - shape;
        let mut z = [0.0; AGES];
        let mut term = [0.0; AGES];
        let mut sum = [0.0; AGES];
        let mut largest = [0.0; AGES];
        for j in 0..AGES {
            z[j] = t / (rates[j] + t);
            term[j] = above * z[j];
            sum[j] = term[j];
            largest[j] = term[j].abs();
        }
        let mut k = 0.0;
        let last = f64::from(most);
        loop {
            let mut coefficient = 0.0;
            for _ in 0..STRIDE {
                k += 1.0;
                coefficient = (a + k - 1.0) * (above + k) / ((c + k) * (k + 1.0));
                for j in 0..AGES {
                    term[j] *= coefficient * z[j];
                    sum[j] += term[j];
                    let size = term[j].abs();
                    largest[j] = if size > largest[j] { size } else { largest[j] };
                }
            }
            let mut open = 0u64;
            for j in 0..AGES {
                let ratio = (coefficient * z[j]).abs();
                let small = term[j].abs() <= 1e-17 * sum[j].abs() * (1.0 - ratio);
                open |= u64::from(!(small & (ratio < 1.0)));
            }
            if open == 0 {
                break;
            }
            if k >= last {
                return;
            }
        }
        let e = a - 1.0;
        for j in 0..AGES {
            let log_rest = -Quotient::of_grown(rates[j], t).ln();
            let power = e * log_rest;
            let grown = exp_m1(power);
            let lost = if e == 0.0 { log_rest } else { grown / e };
            let factor = if power > -1.0 { 1.0 + grown } else { exp(power) };
            let first = -c * lost;
            let found = first - factor * sum[j];
            let (first, other) = (first.abs(), factor * largest[j]);
            let size = if first > other { first } else { other };
            let sound = (found > 0.0) & (size <= MOST_LOST * found) & (power > LEAST_POWER);
            out[j] = if sound { found } else { f64::NAN };
        }
    }
}
