//! Expected purchases within one `t` for many customers. For a given number of purchases they depend on the
//! age alone, smoothly: between alpha + T and a half octave further, a polynomial of degree 15 has full
//! precision. Its singularities (alpha + T = 0 and = -t) lie so far off that Chebyshev's coefficients fall by
//! a factor of 11 from one to the next (Trefethen 2013, Approximation Theory and Approximation Practice,
//! theorem 8.2), and those of its powers by 5, so that it can be summed as it stands.

use std::sync::LazyLock;

use fearless_simd::{Level, dispatch};

use super::bgnbd::BetaGeometric;
use super::by_age::{AGES, ByAge};
use super::history::{History, HistoryError};
use super::model::RepeatModel;
use super::value::Horizon;

/// Coefficients of a polynomial.
const N: usize = AGES;
/// Numbers of purchases that are kept.
const ROWS: usize = 400;
/// Half octaves above alpha that are kept: T up to 2^20 times alpha.
const PANELS: usize = 40;

/// Times alpha, the furthest that is looked ahead by polynomials: beyond, a power could be too large for a number.
const FURTHEST: f64 = 1e300;

/// What all polynomials are made with.
struct Chebyshev {
    /// By place where a polynomial is made to agree, then by degree: Chebyshev's polynomials there.
    at: [[f64; N]; N],
    /// By degree, then by power: their coefficients.
    powers: [[f64; N]; N],
}

static CHEBYSHEV: LazyLock<Chebyshev> = LazyLock::new(|| {
    let angle = |j: usize| std::f64::consts::PI * (j as f64 + 0.5) / N as f64;
    let at = std::array::from_fn(|j| std::array::from_fn(|k| (k as f64 * angle(j)).cos()));
    // T_(k+1) = 2 y T_k - T_(k-1), as powers of y.
    let mut powers = [[0.0; N]; N];
    powers[0][0] = 1.0;
    powers[1][1] = 1.0;
    for k in 2..N {
        powers[k] = std::array::from_fn(|i| {
            let raised = if i == 0 { 0.0 } else { 2.0 * powers[k - 1][i - 1] };
            raised - powers[k - 2][i]
        });
    }
    Chebyshev { at, powers }
});

/// See [`BetaGeometric::expecting`].
#[derive(Debug, Clone)]
pub struct Expecting<const AT_ONCE: bool> {
    model: BetaGeometric<AT_ONCE>,
    t: f64,
    /// Discounted purchases within it instead of those within `t`.
    horizon: Option<Horizon>,
    by_alpha: f64,
    /// By number of purchases, then by half octave.
    panels: Vec<[Option<Box<[f64; N]>>; PANELS]>,
}

impl<const AT_ONCE: bool> Expecting<AT_ONCE> {
    pub(super) fn new(model: BetaGeometric<AT_ONCE>, t: f64) -> Expecting<AT_ONCE> {
        Expecting { model, t, horizon: None, by_alpha: 1.0 / model.alpha, panels: Vec::new() }
    }

    pub(super) fn discounted(model: BetaGeometric<AT_ONCE>, horizon: Horizon) -> Expecting<AT_ONCE> {
        Expecting { horizon: Some(horizon), ..Expecting::new(model, horizon.length()) }
    }

    /// How many polynomials are kept.
    pub fn n_kept(&self) -> usize {
        self.panels.iter().flatten().flatten().count()
    }

    /// The purchases to expect of one customer.
    pub fn of(&mut self, history: &History) -> f64 {
        self.model.p_alive(history) * self.while_alive(history)
    }

    /// [`Expecting::of`] each of many customers in columns: the same bits, faster.
    ///
    /// ```
    /// use gradus_stats::lifetime::bgnbd::BgNbd;
    /// let mut expecting = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 }.expecting(39.0);
    /// let found = expecting.of_each(&[2, 0], &[30.43, 0.0], &[38.86, 38.86]).unwrap();
    /// assert_eq!((format!("{:.3}", found[0]), format!("{:.3}", found[1])), ("1.226".into(), "0.195".into()));
    /// ```
    ///
    /// # Errors
    ///
    /// Columns of unequal length. That each row is a history ([`History::check`]) is taken for granted.
    pub fn of_each(&mut self, x: &[u32], t_x: &[f64], age: &[f64]) -> Result<Vec<f64>, HistoryError> {
        let mut out = self.model.p_alive_each(x, t_x, age)?;
        for (row, expected) in out.iter_mut().enumerate() {
            *expected *= self.while_alive(&History { x: x[row], t_x: t_x[row], age: age[row] });
        }
        Ok(out)
    }

    fn directly(&self, history: &History) -> f64 {
        let alive = self.model.alive(history);
        match &self.horizon {
            Some(horizon) => alive.discounted(horizon),
            None => alive.expected(self.t),
        }
    }

    /// The same of a customer who is known to be one still.
    pub fn while_alive(&mut self, history: &History) -> f64 {
        let ratio = (self.model.alpha + history.age) * self.by_alpha;
        let row = history.x as usize;
        let place = Place::of(ratio);
        if row >= ROWS || place.panel >= PANELS || !self.is_in_reach() {
            return self.directly(history);
        }
        while self.panels.len() <= row {
            self.panels.push(std::array::from_fn(|_| None));
        }
        if self.panels[row][place.panel].is_none() {
            self.panels[row][place.panel] = Some(Box::new(self.polynomial(history, &place)));
        }
        match &self.panels[row][place.panel] {
            Some(coefficients) => sum(coefficients, place.within),
            None => self.directly(history),
        }
    }

    fn is_in_reach(&self) -> bool {
        self.t > 0.0 && self.t < FURTHEST && self.t * self.by_alpha < FURTHEST
    }

    /// Chebyshev's interpolation in the half octave, as powers.
    fn polynomial(&self, history: &History, place: &Place) -> [f64; N] {
        let chebyshev = &*CHEBYSHEV;
        let alpha = self.model.alpha;
        let alive = self.model.alive(history);
        let by_age = ByAge {
            shape: alive.shape,
            rates: std::array::from_fn(|j| {
                let ratio = place.middle + place.half * chebyshev.at[j][1];
                alpha + alpha * (ratio - 1.0)
            }),
            a: alive.a,
            b: alive.b,
        };
        let values = match &self.horizon {
            Some(horizon) => by_age.discounted(horizon),
            None => by_age.expected(self.t),
        };
        let interpolation = Interpolation { chebyshev, values: &values };
        dispatch!(Level::new(), _ => interpolation.work())
    }
}

struct Interpolation<'a> {
    chebyshev: &'a Chebyshev,
    /// At the places where the polynomial is made to agree.
    values: &'a [f64; N],
}

impl Interpolation<'_> {
    #[inline(always)]
    fn work(self) -> [f64; N] {
        let Interpolation { chebyshev: Chebyshev { at, powers }, values } = self;
        let (mut weights, mut out) = ([0.0; N], [0.0; N]);
        for (value, at) in values.iter().zip(at) {
            (0..N).for_each(|k| weights[k] += value * at[k]);
        }
        for (k, (weight, powers)) in weights.iter().zip(powers).enumerate() {
            let weight = weight * if k == 0 { 1.0 } else { 2.0 } / N as f64;
            (0..N).for_each(|i| out[i] += weight * powers[i]);
        }
        out
    }
}

/// Where (alpha + T) / alpha lies among the half octaves from 1 on, and where within it, from -1 to 1.
struct Place {
    panel: usize,
    middle: f64,
    half: f64,
    within: f64,
}

impl Place {
    fn of(ratio: f64) -> Place {
        const SQRT_2: f64 = std::f64::consts::SQRT_2;
        // The exponent of a number of at least 1, and what remains between 1 and 2.
        let bits = ratio.max(1.0).to_bits();
        let exponent = (bits >> 52) as usize - 1023;
        let octave = f64::from_bits(((exponent + 1023) as u64) << 52);
        let upper = ratio >= SQRT_2 * octave;
        let (from, to) = if upper { (SQRT_2 * octave, 2.0 * octave) } else { (octave, SQRT_2 * octave) };
        let (middle, half) = (0.5 * (from + to), 0.5 * (to - from));
        Place { panel: 2 * exponent + usize::from(upper), middle, half, within: (ratio - middle) / half }
    }
}

/// The polynomial in fours, so that the processor need not wait for each sum.
fn sum(c: &[f64; N], y: f64) -> f64 {
    let y2 = y * y;
    let y4 = y2 * y2;
    let four = |i: usize| (c[i] + c[i + 1] * y) + (c[i + 2] + c[i + 3] * y) * y2;
    (four(0) + four(4) * y4) + (four(8) + four(12) * y4) * (y4 * y4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifetime::bgnbd::{BgNbd, MbgNbd};
    use crate::lifetime::value::discounted_purchases;

    #[test]
    fn many_customers_have_the_bits_of_each() {
        let (x, t_x) = ([0, 2, 29, 900, 2, 0], [0.0, 30.4, 37.0, 100.0, 1.0, 0.0]);
        let age = [38.9, 38.9, 38.0, 101.0, 200.0, 0.0];
        for (a, t) in [(0.793, 39.0), (1.0, 1e-3), (30.0, 5_000.0), (0.01, 1e6), (0.793, f64::INFINITY)] {
            let model = BgNbd { r: 0.243, alpha: 4.414, a, b: 2.426 };
            let found = model.expecting(t).of_each(&x, &t_x, &age).unwrap();
            // In another order, so that the polynomials are made at other customers.
            let mut live = model.expecting(t);
            for row in (0..x.len()).rev() {
                let one = live.of(&History { x: x[row], t_x: t_x[row], age: age[row] });
                assert_eq!(found[row].to_bits(), one.to_bits(), "{row} {a} {t}");
            }
        }
        let model = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
        let uneven = model.expecting(1.0).of_each(&[1], &[], &[1.0]);
        assert_eq!(uneven, Err(HistoryError::UnequalColumns(1, 0, 1)));
    }

    #[test]
    fn discounted_purchases_are_those_of_each_customer() {
        let horizon = Horizon { n_periods: 12, period: 4.345, rate: 0.008 };
        let bgnbd = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
        let mbgnbd = MbgNbd { r: 0.525, alpha: 6.183, a: 0.891, b: 1.614 };
        let (mut of_bgnbd, mut of_mbgnbd) =
            (bgnbd.expecting_discounted(&horizon), mbgnbd.expecting_discounted(&horizon));
        for (x, t_x, age) in [(0, 0.0, 38.9), (2, 30.4, 38.9), (29, 37.0, 38.0), (900, 100.0, 101.0)] {
            let history = History { x, t_x, age };
            let (found, direct) = (of_bgnbd.of(&history), discounted_purchases(&bgnbd, &history, &horizon));
            assert!((found - direct).abs() < 1e-11 * direct, "{found} {direct}");
            let (found, direct) = (of_mbgnbd.of(&history), discounted_purchases(&mbgnbd, &history, &horizon));
            assert!((found - direct).abs() < 1e-11 * direct, "{found} {direct}");
        }
    }
}
