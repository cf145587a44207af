//! What a purchase brings where it can be negative: margin after refunds and the cost to serve. A customer's
//! purchases scatter around a mean of their own, and these around the base's, all normally; what to expect
//! is a mean of both, the customer's own weighing x / (x + within/between) (Bühlmann 1967, "Experience rating
//! and credibility", ASTIN Bulletin 4, 199-207). The gamma-gamma model ([`super::gamma_gamma`]) fits
//! positive, skewed values better.

use super::fit::{Few, Status};
use super::gamma_gamma::SpendError;
use crate::newton::{Evaluation, maximise};
use crate::random::Random;

const NEEDED: f64 = 10.0;

/// The model with its parameters, in the unit of the values (the variances in its square).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margin {
    pub mean: f64,
    /// Variance of customers' means.
    pub between: f64,
    /// Variance of one customer's purchases.
    pub within: f64,
}

/// How it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct MarginFit {
    pub model: Margin,
    pub status: Status,
    pub log_likelihood: f64,
    pub n_customers: f64,
    /// Of the mean; `None` with too few customers.
    pub standard_error: Option<f64>,
}

impl Margin {
    /// By maximum likelihood, from repeat purchases (x > 0) and their mean value per customer, which is
    /// N(mean, between + within/x). One weak belief keeps both variances apart where all x are equal:
    /// within/between is e (a factor of 55 either way at two deviations).
    pub fn fit(x: &[u32], means: &[f64]) -> Result<MarginFit, SpendError> {
        if x.len() != means.len() {
            return Err(SpendError::UnequalColumns(x.len(), means.len()));
        }
        if let Some(row) = means.iter().position(|mean| !mean.is_finite()) {
            return Err(SpendError::NotFinite { row });
        }
        let mut rows: Vec<(f64, f64)> =
            x.iter().zip(means).filter(|(x, _)| **x > 0).map(|(x, mean)| (f64::from(*x), *mean)).collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let n = rows.len() as f64;
        let centre = rows.iter().map(|row| row.1).sum::<f64>() / n.max(1.0);
        let spread = (rows.iter().map(|row| (row.1 - centre).powi(2)).sum::<f64>() / n.max(1.0)).sqrt();
        if !(spread > 1e-12 * centre.abs()) {
            // Nobody, or all alike: the mean is all there is.
            let status =
                if n < NEEDED { Status::TooFew(Few { n, needed: NEEDED }) } else { Status::Unidentified };
            let model = Margin { mean: centre, between: 0.0, within: 0.0 };
            return Ok(MarginFit {
                model,
                status,
                log_likelihood: 0.0,
                n_customers: n,
                standard_error: None,
            });
        }
        let standard: Vec<(f64, f64)> = rows.iter().map(|(x, m)| (*x, (m - centre) / spread)).collect();
        let bounds = [(-100.0, 100.0), (-16.0, 16.0), (-16.0, 16.0)];
        let found =
            maximise(&[0.0, -0.7, 0.0], &bounds, |place| with_belief(evaluate(place, &standard), place));
        let place = &found.place;
        let model = Margin {
            mean: centre + spread * place[0],
            between: spread * spread * place[1].exp(),
            within: spread * spread * place[2].exp(),
        };
        let status = if n < NEEDED { Status::TooFew(Few { n, needed: NEEDED }) } else { Status::Converged };
        let information: f64 =
            standard.iter().map(|(x, _)| 1.0 / (place[1].exp() + place[2].exp() / x)).sum();
        Ok(MarginFit {
            model,
            standard_error: (status == Status::Converged).then(|| spread / information.sqrt()),
            status,
            log_likelihood: evaluate(place, &standard).value - n * spread.ln(),
            n_customers: n,
        })
    }

    /// How much `x` purchases of one's own weigh, 0 to 1.
    pub fn own_weight(&self, x: u32) -> f64 {
        let own = f64::from(x) * self.between;
        if own > 0.0 { own / (own + self.within) } else { 0.0 }
    }

    /// What to expect of a purchase of a customer with `x` repeat purchases of this mean.
    ///
    /// ```
    /// use gradus_stats::lifetime::margin::Margin;
    /// let model = Margin { mean: 10.0, between: 4.0, within: 12.0 };
    /// assert_eq!((model.expected(0, 0.0), model.expected(3, -2.0)), (10.0, 4.0));
    /// ```
    pub fn expected(&self, x: u32, mean: f64) -> f64 {
        let weight = self.own_weight(x);
        if weight == 0.0 { self.mean } else { self.mean + weight * (mean - self.mean) }
    }

    /// A mean of purchases that the model holds possible for this customer.
    pub fn draw_mean(&self, x: u32, mean: f64, random: &mut Random) -> f64 {
        let rest = self.between * (1.0 - self.own_weight(x));
        self.expected(x, mean) + rest.sqrt() * random.normal()
    }

    /// One purchase of a customer with this mean.
    pub fn draw_purchase(&self, mean: f64, random: &mut Random) -> f64 {
        mean + self.within.sqrt() * random.normal()
    }
}

/// ln L at the mean and the logarithms of both variances.
fn evaluate(place: &[f64], rows: &[(f64, f64)]) -> Evaluation {
    let (mean, between, within) = (place[0], place[1].exp(), place[2].exp());
    let mut out = Evaluation::zero(3);
    for &(x, m) in rows {
        let slope = [0.0, between, within / x];
        let variance = slope[1] + slope[2];
        let away = m - mean;
        let square = away * away / variance;
        out.value -= 0.5 * ((std::f64::consts::TAU * variance).ln() + square);
        out.gradient[0] += away / variance;
        out.hessian[0] -= 1.0 / variance;
        let first = 0.5 * (square - 1.0) / variance;
        let second = (0.5 - square) / (variance * variance);
        for i in 1..3 {
            out.gradient[i] += first * slope[i];
            out.hessian[i * 3 + i] += first * slope[i];
            out.hessian[i] -= away / (variance * variance) * slope[i];
            out.hessian[i * 3] -= away / (variance * variance) * slope[i];
            for j in 1..3 {
                out.hessian[i * 3 + j] += second * slope[i] * slope[j];
            }
        }
    }
    out
}

/// ln within - ln between ~ N(1, 2).
fn with_belief(mut at: Evaluation, place: &[f64]) -> Evaluation {
    let away = place[2] - place[1] - 1.0;
    at.value -= away * away / 8.0;
    at.gradient[1] += away / 4.0;
    at.gradient[2] -= away / 4.0;
    for (index, sign) in [(4, -1.0), (5, 1.0), (7, 1.0), (8, -1.0)] {
        at.hessian[index] += sign / 4.0;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drawn_is_found_again() {
        let truth = Margin { mean: -3.0, between: 25.0, within: 100.0 };
        let mut random = Random::new(11);
        let x: Vec<u32> = (0..4_000).map(|i| i % 9).collect();
        let means: Vec<f64> = x
            .iter()
            .map(|&x| {
                let own = truth.draw_mean(0, 0.0, &mut random);
                let sum: f64 = (0..x).map(|_| truth.draw_purchase(own, &mut random)).sum();
                sum / f64::from(x.max(1))
            })
            .collect();
        let fit = Margin::fit(&x, &means).unwrap();
        assert_eq!(fit.status, Status::Converged);
        let error = fit.standard_error.unwrap();
        assert!((fit.model.mean + 3.0).abs() < 4.0 * error && error < 0.2, "{fit:?}");
        // The estimates' own deviations are 2.1 and 6.8 here.
        assert!((fit.model.between - 25.0).abs() < 8.0, "{fit:?}");
        assert!((fit.model.within - 100.0).abs() < 27.0, "{fit:?}");
        assert!(fit.model.own_weight(100) > 0.9 && fit.model.own_weight(1) < 0.4);
    }

    #[test]
    fn derivatives_are_difference_quotients() {
        let rows = [(1.0, 0.3), (2.0, -1.2), (7.0, 0.9)];
        let place = [0.2, -0.4, 0.5];
        let at = evaluate(&place, &rows);
        for i in 0..3 {
            let moved = |by: f64| {
                let mut there = place;
                there[i] += by;
                evaluate(&there, &rows)
            };
            let (up, down) = (moved(1e-5), moved(-1e-5));
            assert!(((up.value - down.value) / 2e-5 - at.gradient[i]).abs() < 1e-8);
            for j in 0..3 {
                let quotient = (up.gradient[j] - down.gradient[j]) / 2e-5;
                assert!((quotient - at.hessian[i * 3 + j]).abs() < 1e-8, "{i} {j}");
            }
        }
    }

    #[test]
    fn few_and_equal_values_are_no_trouble() {
        let none = Margin::fit(&[0, 0], &[0.0, 0.0]).unwrap();
        assert_eq!(
            (none.status, none.model.expected(3, 9.0)),
            (Status::TooFew(Few { n: 0.0, needed: NEEDED }), 0.0)
        );
        let equal = Margin::fit(&[2; 30], &[-4.0; 30]).unwrap();
        assert_eq!((equal.status, equal.model.expected(2, -4.0)), (Status::Unidentified, -4.0));
        assert_eq!(Margin::fit(&[1], &[f64::INFINITY]), Err(SpendError::NotFinite { row: 0 }));
    }
}
