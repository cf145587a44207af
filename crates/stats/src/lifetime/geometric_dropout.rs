//! A customer who is alive, buys as a Poisson process of rate lambda ~ Gamma(shape, rate), and leaves after
//! any purchase with chance p ~ Beta(a, b): the part that BG/NBD and MBG/NBD have in common (Fader, Hardie
//! and Lee 2005, "Counting your customers the easy way", Marketing Science 24, 275-284, section 4).

use super::model::MOST_DRAWN;
use super::value::{Horizon, discounted};
use crate::random::Random;
use crate::special::beta::{incomplete_beta, ln_beta};
use crate::special::gamma::ln_gamma;
use crate::special::quadrature::beta_mean;
use crate::special::rising::rising;

/// What is believed of a living customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alive {
    pub shape: f64,
    /// A time.
    pub rate: f64,
    pub a: f64,
    pub b: f64,
}

impl Alive {
    /// The mean of (1 - e^(-lambda p t)) / p, the purchases to expect within `t` (eq. 9 and 10 with
    /// P(alive) taken out). With c = a+b-1, z = t/(rate+t), after Euler's transformation of the 2F1 there:
    ///
    /// c (1 - (1-z)^(a-1))/(a-1) - (1-z)^(a-1) sum over k >= 1 of (a)_(k-1) (c-shape)_k / ((c+1)_(k-1) k!) z^k
    ///
    /// No exponent grows with the number of purchases, and a = 1 and c <= 0 are nothing special. Where the
    /// two parts cancel or the sum is long, the mean is taken by quadrature over p.
    pub fn expected(&self, t: f64) -> f64 {
        if !(t > 0.0) {
            return if t == 0.0 { 0.0 } else { f64::NAN };
        }
        if t == f64::INFINITY {
            return self.by_quadrature(t);
        }
        self.by_series(t, 4_000).unwrap_or_else(|| self.by_quadrature(t))
    }

    fn by_series(&self, t: f64, most: u32) -> Option<f64> {
        let Alive { shape, rate, a, b } = *self;
        let c = a + b - 1.0;
        let z = t / (rate + t);
        let whole = Parts::of(a, c, t / rate);
        let mut term = (c - shape) * z;
        let (mut sum, mut largest) = (term, term.abs());
        for k in 1..most {
            let k = f64::from(k);
            let ratio = (a + k - 1.0) * (c - shape + k) / ((c + k) * (k + 1.0)) * z;
            term *= ratio;
            sum += term;
            largest = largest.max(term.abs());
            if ratio.abs() < 1.0 && term.abs() <= 1e-17 * sum.abs() * (1.0 - ratio.abs()) {
                return whole.less(sum, largest);
            }
        }
        None
    }

    fn by_quadrature(&self, t: f64) -> f64 {
        let Alive { shape, rate, a, b } = *self;
        beta_mean(a, b, |p| {
            let bought = -(-shape * (p * t / rate).ln_1p()).exp_m1();
            // Below this p t / rate has no full precision, and the limit has.
            if p > 1e-280 { bought / p } else { shape * t / rate }
        })
    }

    /// The discounted purchases to expect within a horizon; see [`super::value`].
    pub fn discounted(&self, horizon: &Horizon) -> f64 {
        discounted(horizon, |t| self.by_series(t, 400))
            .unwrap_or_else(|| self.discounted_by_quadrature(horizon))
    }

    /// One sum over all periods under one integral: its weights are the dear part.
    fn discounted_by_quadrature(&self, horizon: &Horizon) -> f64 {
        let Alive { shape, rate, a, b } = *self;
        let scaled: Vec<f64> =
            (1..=horizon.n_periods).map(|k| f64::from(k) * horizon.period / rate).collect();
        beta_mean(a, b, |p| {
            let (mut sum, mut before, mut weight) = (0.0, 0.0, 1.0);
            for time in &scaled {
                let until = match p > 1e-280 {
                    true => -(-shape * (p * time).ln_1p()).exp_m1() / p,
                    false => shape * time,
                };
                weight /= 1.0 + horizon.rate;
                sum += (until - before) * weight;
                before = until;
            }
            sum
        })
    }

    /// The chance of exactly `k` purchases within `t` (eq. 8): all of them survived, or the last was the end.
    pub fn probability(&self, k: u32, t: f64) -> f64 {
        if t <= 0.0 {
            return if k == 0 { 1.0 } else { 0.0 };
        }
        let Alive { shape, rate, a, b } = *self;
        let n = f64::from(k);
        let (z, log_rest) = (t / (rate + t), -(t / rate).ln_1p());
        let counted = rising(shape, n).ln - ln_gamma(n + 1.0) + shape * log_rest + n * z.ln();
        // B(a, b+k)/B(a, b) and B(a+1, b+k-1)/B(a, b).
        let survived = rising(b, n).ln - rising(a + b, n).ln;
        if k == 0 {
            return (counted + survived).exp();
        }
        let ended = a.ln() + rising(b, n - 1.0).ln - rising(a + b, n).ln;
        (counted + survived).exp() + ended.exp() * incomplete_beta(z, n, shape)
    }

    /// The chance to be still alive after `t` more.
    pub fn survival(&self, t: f64) -> f64 {
        beta_mean(self.a, self.b, |p| (-self.shape * (p * t / self.rate).ln_1p()).exp())
    }

    /// One possible future: the times of purchases within `t`.
    pub fn draw(&self, t: f64, random: &mut Random, times: &mut Vec<f64>) {
        let lambda = random.gamma(self.shape) / self.rate;
        let p = random.beta(self.a, self.b);
        let mut at = 0.0;
        loop {
            at += random.exponential() / lambda;
            if !(at <= t) || times.len() >= MOST_DRAWN {
                return;
            }
            times.push(at);
            if random.open_unit() < p {
                return;
            }
        }
    }
}

/// The two parts of [`Alive::expected`] before the sum is known.
struct Parts {
    first: f64,
    factor: f64,
}

impl Parts {
    /// `grown` is t / rate.
    fn of(a: f64, c: f64, grown: f64) -> Parts {
        let e = a - 1.0;
        let log_rest = -grown.ln_1p();
        let power = e * log_rest;
        let lost = if e == 0.0 { log_rest } else { power.exp_m1() / e };
        // One exponential where nothing cancels in 1 + (e^power - 1).
        let factor = if power > -1.0 { 1.0 + e * lost } else { power.exp() };
        Parts { first: -c * lost, factor }
    }

    /// The difference, if no more than three digits are lost in it.
    fn less(&self, sum: f64, largest: f64) -> Option<f64> {
        let found = self.first - self.factor * sum;
        let size = self.first.abs().max(self.factor * largest);
        (found > 0.0 && size <= 300.0 * found).then_some(found)
    }
}

/// The mean number of purchases until one leaves, if time is endless: (a+b-1)/(a-1), infinite for a <= 1.
pub fn purchases_of_a_lifetime(a: f64, b: f64) -> f64 {
    if a > 1.0 { (a + b - 1.0) / (a - 1.0) } else { f64::INFINITY }
}

/// ln of B(a, b+n)/B(a, b): all of n times survived.
pub fn ln_survived(a: f64, b: f64, n: f64) -> f64 {
    if n <= 0.0 {
        0.0
    } else if n < 1e6 {
        rising(b, n).ln - rising(a + b, n).ln
    } else {
        ln_beta(a, b + n) - ln_beta(a, b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_and_quadrature_agree() {
        for shape in [0.05, 0.243, 2.0, 40.0, 1500.0] {
            for a in [0.02, 0.793, 1.0, 1.0 + 1e-9, 3.5] {
                for b in [0.01, 0.2, 2.4, 60.0, 900.0] {
                    for grown in [1e-4, 0.3, 2.0, 40.0] {
                        let alive = Alive { shape, rate: 8.0, a, b };
                        let (t, quadrature) = (8.0 * grown, alive.by_quadrature(8.0 * grown));
                        if let Some(series) = alive.by_series(t, 4_000) {
                            let off = (series / quadrature - 1.0).abs();
                            assert!(off < 1e-11, "{alive:?} {t}: {series} and {quadrature}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn values_are_those_of_mpmath() {
        // The formula with 2F1 at 80 digits.
        for (shape, rate, a, b, t, expected) in KNOWN {
            let found = Alive { shape, rate, a, b }.expected(t);
            assert!((found / expected - 1.0).abs() < 1e-11, "{shape} {rate} {a} {b} {t}: {found} {expected}");
        }
    }

    #[test]
    fn chances_add_up_and_have_the_expected_mean() {
        let alive = Alive { shape: 2.243, rate: 43.0, a: 0.793, b: 4.426 };
        let chances: Vec<f64> = (0..400).map(|k| alive.probability(k, 39.0)).collect();
        assert!((chances.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let mean: f64 = chances.iter().enumerate().map(|(k, p)| k as f64 * p).sum();
        assert!((mean / alive.expected(39.0) - 1.0).abs() < 1e-11);
    }

    const KNOWN: [(f64, f64, f64, f64, f64, f64); 12] = [
        (0.243, 4.414, 0.793, 2.426, 39.0, 1.196723193320817),
        (2.243, 43.27, 0.793, 4.426, 39.0, 1.687531900145757),
        (0.243, 4.414, 0.793, 2.426, 0.001, 5.5050197502677485e-05),
        (2000.243, 43.27, 0.793, 2002.426, 39.0, 1374.9305300356418),
        (5000.0, 60.0, 1.2, 5003.0, 500.0, 9010.83578929204),
        (0.5, 3.0, 0.3, 0.2, 20.0, 1.3604437349808431),
        (0.5, 3.0, 1.00001, 0.2, 20.0, 0.8144808748326432),
        (12.0, 3.0, 4.0, 8.0, 100000.0, 3.6666666666665946),
        (100000.0, 200000.0, 300000.0, 900000.0, 52.0, 3.9939945423575614),
        (0.01, 5.0, 0.05, 0.01, 10000.0, 2.4714435894936417),
        (300.0, 40.0, 0.001, 300.0, 100.0, 749.4336124508694),
        (1000000.0, 1000000.0, 0.4, 2.5, 60.0, 23.959067325775862),
    ];
}
