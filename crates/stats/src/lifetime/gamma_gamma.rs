//! What a purchase brings: the gamma-gamma model of Fader and Hardie 2013, "The gamma-gamma model of
//! monetary value" (note 025), after Colombo and Jiang 1999.
//!
//! A purchase of a customer is worth z ~ Gamma(p, nu), so that its mean is p / nu; nu ~ Gamma(q, v) over
//! customers (v is the note's gamma). Values are positive; for what can be negative, see [`super::margin`].
//! The model takes the value of purchases to have nothing to do with their number: [`correlation`] shows
//! whether that is so.

use thiserror::Error;

use super::fit::{Belief, Data, Few, Fit, Options, Parameters, Prior, Problem, Status, fit, in_logs};
use crate::newton::Evaluation;
use crate::random::Random;
use crate::special::gamma::{digamma, ln_gamma, trigamma};
use crate::special::rising::{Rising, rising};

/// Fewer customers who came back than this, and the weak prior speaks.
const NEEDED: f64 = 10.0;

/// The model with its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaGamma {
    pub p: f64,
    pub q: f64,
    /// In the unit of the values.
    pub v: f64,
}

/// What is wrong with a row of values.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum SpendError {
    #[error("the columns have {0} and {1} rows")]
    UnequalColumns(usize, usize),
    #[error("row {row}: the mean value is not a finite number")]
    NotFinite { row: usize },
    #[error("row {row}: {x} purchases with a mean value of {mean}, which is not above 0")]
    NotPositive { row: usize, x: u32, mean: f64 },
}

/// Customers who came back: repeat purchases, the mean value of these, and how many customers are so.
/// Sorted and counted like [`super::history::Histories`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spends {
    rows: Vec<(u32, f64, f64)>,
}

impl Spends {
    /// Customers without a repeat purchase (x = 0) say nothing here and are left out.
    pub fn of(x: &[u32], mean: &[f64]) -> Result<Spends, SpendError> {
        if x.len() != mean.len() {
            return Err(SpendError::UnequalColumns(x.len(), mean.len()));
        }
        let mut sorted = Vec::new();
        for (row, (&x, &mean)) in x.iter().zip(mean).enumerate() {
            if !mean.is_finite() {
                return Err(SpendError::NotFinite { row });
            }
            if x > 0 && mean <= 0.0 {
                return Err(SpendError::NotPositive { row, x, mean });
            }
            if x > 0 {
                sorted.push((x, mean.to_bits()));
            }
        }
        sorted.sort_unstable();
        let mut rows: Vec<(u32, f64, f64)> = Vec::new();
        for (x, bits) in sorted {
            let mean = f64::from_bits(bits);
            match rows.last_mut() {
                Some(last) if last.0 == x && last.1 == mean => last.2 += 1.0,
                _ => rows.push((x, mean, 1.0)),
            }
        }
        Ok(Spends { rows })
    }

    pub fn n_customers(&self) -> f64 {
        self.rows.iter().map(|row| row.2).sum()
    }

    /// Repeat purchase, mean value, number of customers.
    pub fn rows(&self) -> &[(u32, f64, f64)] {
        &self.rows
    }

    /// The mean of the customers' means.
    pub fn mean(&self) -> f64 {
        self.rows.iter().map(|(_, mean, count)| mean * count).sum::<f64>() / self.n_customers().max(1.0)
    }
}

/// Every search is on all customers.
const WHOLE: (usize, usize) = (usize::MAX / 3, usize::MAX / 3);

impl Data for Vec<(u32, f64, f64)> {
    fn n_patterns(&self) -> usize {
        self.len()
    }

    fn part(&self, _: usize) -> Self {
        self.clone()
    }
}

impl Parameters for GammaGamma {
    const NAMES: &'static [&'static str] = &["p", "q", "v"];

    fn to_logs(&self) -> Vec<f64> {
        vec![self.p.ln(), self.q.ln(), self.v.ln()]
    }

    fn from_logs(logs: &[f64]) -> Self {
        GammaGamma { p: logs[0].exp(), q: logs[1].exp(), v: logs[2].exp() }
    }
}

impl GammaGamma {
    /// What the weak prior believes: p between .5 and 30 (purchases of one customer differ by 20 to 140 % of
    /// their mean), q between 1.5 and 11 (customers differ by 30 % at least); where the mean lies, it does
    /// not say (within a factor of 400 of 1, the search's unit being the mean value).
    pub const PRIOR: &'static [Belief] = &[
        Belief { weights: &[1.0, 0.0, 0.0], mean: 1.3, deviation: 1.0 },
        Belief { weights: &[0.0, 1.0, 0.0], mean: 1.4, deviation: 0.5 },
        Belief { weights: &[1.0, -1.0, 1.0], mean: 0.0, deviation: 3.0 },
    ];

    /// The fit to those who came back. A penalty takes v in the unit of the values, as `lifetimes` does.
    pub fn fit(spends: &Spends, options: &Options) -> Fit<Self> {
        let n = spends.n_customers();
        let forced = (n < NEEDED).then_some(Status::TooFew(Few { n, needed: NEEDED }));
        // Values as shares of their mean, unless a penalty needs their unit.
        let mean = spends.mean();
        let scale = if mean > 0.0 && options.penalty == 0.0 { 1.0 / mean } else { 1.0 };
        let rows: Vec<(u32, f64, f64)> =
            spends.rows.iter().map(|(x, mean, count)| (*x, mean * scale, *count)).collect();
        let beliefs: &[Belief] =
            if forced.is_some() || options.prior == Prior::Weak { Self::PRIOR } else { &[] };
        let centre = if mean > 0.0 { mean * scale } else { 1.0 };
        let starts = [(3.0, 3.0), (1.0, 6.0), (20.0, 2.0)];
        let problem = Problem {
            starts: starts
                .iter()
                .map(|(p, q): &(f64, f64)| vec![p.ln(), q.ln(), (centre * (q - 1.0) / p).ln()])
                .collect(),
            n,
            n_patterns: rows.len(),
            penalty: options.penalty,
            beliefs,
            shifts: vec![0.0, 0.0, scale.ln()],
            unit: n * scale.ln(),
        };
        let mut out: Fit<Self> = fit(&problem, &rows, WHOLE, |logs, rows| Self::evaluate(logs, rows));
        if let Some(forced) = forced {
            out.status = forced;
            out.standard_errors = None;
        }
        out
    }

    /// ln L (eq. 1a) with its first and second derivatives in the logarithms of p, q, v:
    /// ln G(px+q)/(G(px) G(q)) + q ln v + (px-1) ln m + px ln x - (px+q) ln(xm+v).
    pub fn evaluate(logs: &[f64], rows: &[(u32, f64, f64)]) -> Evaluation {
        let [p, q, v] = [logs[0].exp(), logs[1].exp(), logs[2].exp()];
        let (ln_gamma_q, psi_q, psi1_q) = (ln_gamma(q), digamma(q), trigamma(q));
        let mut out = Evaluation::zero(3);
        let mut kept: Option<(u32, Rising, f64, f64)> = None;
        for &(count_x, m, count) in rows {
            let x = f64::from(count_x);
            let (up, psi, psi1) = match kept {
                Some((of, up, psi, psi1)) if of == count_x => (up, psi, psi1),
                _ => (rising(p * x, q), digamma(p * x + q), trigamma(p * x + q)),
            };
            kept = Some((count_x, up, psi, psi1));
            let (sum, whole) = (x * m, x * m + v);
            // ln(xm / (xm + v)) and ln(v / (xm + v)).
            let (ln_sum, ln_v) = (-(v / sum).ln_1p(), -(sum / v).ln_1p());
            let shape = p * x + q;
            out.value += count * (up.ln - ln_gamma_q + q * ln_v + p * x * ln_sum - m.ln());
            out.gradient[0] += count * x * (up.first + ln_sum);
            out.gradient[1] += count * (psi - psi_q + ln_v);
            out.gradient[2] += count * (q / v - shape / whole);
            out.hessian[0] += count * x * x * up.second;
            out.hessian[1] += count * x * psi1;
            out.hessian[2] -= count * x / whole;
            out.hessian[4] += count * (psi1 - psi1_q);
            out.hessian[5] += count * (1.0 / v - 1.0 / whole);
            out.hessian[8] += count * (shape / (whole * whole) - q / (v * v));
        }
        for (to, from) in [(3, 1), (6, 2), (7, 5)] {
            out.hessian[to] = out.hessian[from];
        }
        in_logs(out, &[p, q, v])
    }

    /// The mean over customers, p v / (q-1); `None` where it is infinite (q <= 1).
    pub fn population_mean(&self) -> Option<f64> {
        (self.q > 1.0).then(|| self.p * self.v / (self.q - 1.0))
    }

    /// What to expect of a purchase of a customer with `x` repeat purchases of mean value `mean` (eq. 5): a
    /// weighted mean of their own value and the population's. `None` where that is infinite (px + q <= 1:
    /// only possible without purchases of their own).
    ///
    /// ```
    /// use gradus_stats::lifetime::gamma_gamma::GammaGamma;
    /// let model = GammaGamma { p: 6.25, q: 3.74, v: 15.44 };
    /// assert_eq!(format!("{:.2}", model.expected(2, 22.35).unwrap()), "24.66");
    /// ```
    pub fn expected(&self, x: u32, mean: f64) -> Option<f64> {
        let own = self.p * f64::from(x);
        let shape = own + self.q - 1.0;
        let total = if x == 0 { 0.0 } else { f64::from(x) * mean };
        (shape > 0.0).then(|| self.p * (self.v + total) / shape)
    }

    /// How much the customer's own purchases weigh in [`GammaGamma::expected`], 0 to 1.
    pub fn own_weight(&self, x: u32) -> f64 {
        let own = self.p * f64::from(x);
        (own / (own + self.q - 1.0)).clamp(0.0, 1.0)
    }

    /// A mean value of purchases that the model holds possible for this customer, as nu; draw purchases with
    /// [`GammaGamma::draw_purchase`].
    pub fn draw_nu(&self, x: u32, mean: f64, random: &mut Random) -> f64 {
        let total = if x == 0 { 0.0 } else { f64::from(x) * mean };
        random.gamma(self.p * f64::from(x) + self.q) / (self.v + total)
    }

    pub fn draw_purchase(&self, nu: f64, random: &mut Random) -> f64 {
        random.gamma(self.p) / nu
    }
}

/// Pearson's correlation of the number of repeat purchases with their mean value, over those who came back.
/// The model takes it to be 0; `None` where either does not vary.
pub fn correlation(spends: &Spends) -> Option<f64> {
    let n = spends.n_customers();
    let mean =
        |f: &dyn Fn(&(u32, f64, f64)) -> f64| spends.rows.iter().map(|row| f(row) * row.2).sum::<f64>() / n;
    let (x_mean, m_mean) = (mean(&|row| f64::from(row.0)), mean(&|row| row.1));
    let both = mean(&|row| (f64::from(row.0) - x_mean) * (row.1 - m_mean));
    let (x_square, m_square) =
        (mean(&|row| (f64::from(row.0) - x_mean).powi(2)), mean(&|row| (row.1 - m_mean).powi(2)));
    let below = (x_square * m_square).sqrt();
    (below > 0.0).then(|| both / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused() {
        assert_eq!(Spends::of(&[1], &[]), Err(SpendError::UnequalColumns(1, 0)));
        assert_eq!(Spends::of(&[1], &[f64::NAN]), Err(SpendError::NotFinite { row: 0 }));
        assert_eq!(
            Spends::of(&[0, 2], &[0.0, -1.0]),
            Err(SpendError::NotPositive { row: 1, x: 2, mean: -1.0 })
        );
        let none = Spends::of(&[0, 0], &[0.0, 0.0]).unwrap();
        let fit = GammaGamma::fit(&none, &Options::default());
        assert_eq!(fit.status, Status::TooFew(Few { n: 0.0, needed: NEEDED }));
        assert!(fit.model.expected(0, 0.0).is_some_and(|mean| mean > 0.0 && mean.is_finite()));
        assert_eq!(correlation(&none), None);
    }

    #[test]
    fn an_infinite_mean_is_said() {
        let model = GammaGamma { p: 2.0, q: 0.9, v: 10.0 };
        assert_eq!((model.population_mean(), model.expected(0, 0.0)), (None, None));
        assert!(model.expected(1, 20.0).unwrap() > 0.0);
    }

    #[test]
    fn equal_values_run_to_the_bound_and_stay_equal() {
        let fit = GammaGamma::fit(&Spends::of(&[3; 50], &[20.0; 50]).unwrap(), &Options::default());
        assert!(matches!(fit.status, Status::Boundary(_)), "{:?}", fit.status);
        assert!((fit.model.expected(3, 20.0).unwrap() - 20.0).abs() < 0.01, "{:?}", fit.model);
    }
}
