//! Customers under contract, who renew or leave at the end of every period: the shifted beta-geometric model
//! of Fader and Hardie 2007, "How to project customer retention", J. Interactive Marketing 21, 76-90.
//!
//! A customer leaves at each renewal with chance theta ~ Beta(a, b): those who leave easily are gone first,
//! so retention rises with age although nobody changes. BG/NBD and Pareto/NBD are not for contracts: there
//! leaving is seen, and a customer who does not buy between renewals has not left.

use thiserror::Error;

use super::fit::{Belief, Data, Few, Fit, Options, Parameters, Prior, Problem, Status, fit, in_logs};
use crate::newton::Evaluation;
use crate::special::hypergeometric::ln_two_f_one;
use crate::special::rising::rising;

/// Fewer customers who left than this, and the weak prior speaks.
const NEEDED: f64 = 10.0;

/// The model with its parameters (alpha and beta in the paper).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShiftedBetaGeometric {
    pub a: f64,
    pub b: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum ContractError {
    #[error("period {period}: a number of customers is negative or not finite")]
    NotACount { period: usize },
}

/// How many customers left at their first, second, … renewal, and how many are known to have renewed so many
/// times and are still there: any mixture of cohorts of any age.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Contracts {
    left: Vec<f64>,
    staying: Vec<f64>,
}

impl Contracts {
    /// `left[i]` left at renewal i + 1; `staying[i]` renewed i times and were last seen so (i = 0: have not
    /// come to a renewal yet and say nothing).
    pub fn of(left: &[f64], staying: &[f64]) -> Result<Contracts, ContractError> {
        for counts in [left, staying] {
            if let Some(period) = counts.iter().position(|count| !(count.is_finite() && *count >= 0.0)) {
                return Err(ContractError::NotACount { period });
            }
        }
        Ok(Contracts { left: left.to_vec(), staying: staying.to_vec() })
    }

    /// One cohort: how many there were at the start and after each renewal.
    ///
    /// ```
    /// use gradus_stats::lifetime::contract::Contracts;
    /// let cohort = Contracts::of_cohort(&[1000.0, 631.0, 468.0]).unwrap();
    /// assert_eq!(cohort, Contracts::of(&[369.0, 163.0], &[0.0, 0.0, 468.0]).unwrap());
    /// ```
    pub fn of_cohort(surviving: &[f64]) -> Result<Contracts, ContractError> {
        let left: Vec<f64> = surviving.windows(2).map(|pair| pair[0] - pair[1]).collect();
        let mut staying = vec![0.0; surviving.len()];
        if let (Some(last), Some(survivors)) = (staying.last_mut(), surviving.last()) {
            *last = *survivors;
        }
        Contracts::of(&left, &staying)
    }

    /// For the first renewal, the second, …: how many came to it, and how many of them renewed. Who left at a later
    /// renewal, or is known to have renewed so often, renewed.
    pub fn faced(&self) -> Vec<(f64, f64)> {
        let longest = self.left.len().max(self.staying.len().saturating_sub(1));
        let (mut out, mut renewed) = (vec![(0.0, 0.0); longest], 0.0);
        for at in (0..longest).rev() {
            renewed += self.staying.get(at + 1).copied().unwrap_or(0.0);
            let gone = self.left.get(at).copied().unwrap_or(0.0);
            out[at] = (renewed + gone, renewed);
            renewed += gone;
        }
        out
    }

    pub fn n_customers(&self) -> f64 {
        self.left.iter().chain(&self.staying).sum()
    }

    pub fn n_left(&self) -> f64 {
        self.left.iter().sum()
    }
}

impl Data for Contracts {
    fn n_patterns(&self) -> usize {
        self.left.len() + self.staying.len()
    }

    fn part(&self, _: usize) -> Self {
        self.clone()
    }
}

impl Parameters for ShiftedBetaGeometric {
    const NAMES: &'static [&'static str] = &["a", "b"];

    fn to_logs(&self) -> Vec<f64> {
        vec![self.a.ln(), self.b.ln()]
    }

    fn from_logs(logs: &[f64]) -> Self {
        ShiftedBetaGeometric { a: logs[0].exp(), b: logs[1].exp() }
    }
}

impl ShiftedBetaGeometric {
    /// What the weak prior believes: odds of leaving at the first renewal between 1 : 60 and 7 : 1, the
    /// geometric mean of a and b between .2 and 10.
    pub const PRIOR: &'static [Belief] = &[
        Belief { weights: &[1.0, -1.0], mean: -1.1, deviation: 1.5 },
        Belief { weights: &[0.5, 0.5], mean: 0.4, deviation: 1.0 },
    ];

    pub fn fit(contracts: &Contracts, options: &Options) -> Fit<Self> {
        let n = contracts.n_customers();
        let n_left = contracts.n_left();
        let forced = (n_left < NEEDED).then_some(Status::TooFew(Few { n: n_left, needed: NEEDED }));
        let beliefs: &[Belief] =
            if forced.is_some() || options.prior == Prior::Weak { Self::PRIOR } else { &[] };
        let problem = Problem {
            starts: vec![vec![0.0, 1.0], vec![2.0, 3.0], vec![-1.0, -1.0]],
            n,
            n_patterns: contracts.left.len() + contracts.staying.len(),
            penalty: options.penalty,
            beliefs,
            shifts: vec![0.0, 0.0],
            unit: 0.0,
        };
        let mut out: Fit<Self> = fit(&problem, contracts, (usize::MAX / 3, usize::MAX / 3), Self::evaluate);
        if let Some(forced) = forced {
            out.status = forced;
            out.standard_errors = None;
        }
        out
    }

    /// ln L (the paper's appendix B) with derivatives in the logarithms of a and b.
    pub fn evaluate(logs: &[f64], contracts: &Contracts) -> Evaluation {
        let (a, b) = (logs[0].exp(), logs[1].exp());
        let mut out = Evaluation::zero(2);
        let mut add = |renewed: f64, periods: f64, has_left: bool, count: f64| {
            if count == 0.0 || periods == 0.0 {
                return;
            }
            let (stayed, faced) = (rising(b, renewed), rising(a + b, periods));
            let of_left = f64::from(u8::from(has_left));
            out.value += count * (stayed.ln - faced.ln + of_left * a.ln());
            out.gradient[0] += count * (of_left / a - faced.first);
            out.gradient[1] += count * (stayed.first - faced.first);
            out.hessian[0] -= count * (of_left / (a * a) + faced.second);
            out.hessian[1] -= count * faced.second;
            out.hessian[2] -= count * faced.second;
            out.hessian[3] += count * (stayed.second - faced.second);
        };
        for (i, count) in contracts.left.iter().enumerate() {
            add(i as f64, i as f64 + 1.0, true, *count);
        }
        for (i, count) in contracts.staying.iter().enumerate() {
            add(i as f64, i as f64, false, *count);
        }
        in_logs(out, &[a, b])
    }

    /// S(n), the share of a cohort that renews n times at least: B(a, b+n)/B(a, b) (eq. 6).
    pub fn survival(&self, n: u32) -> f64 {
        let n = f64::from(n);
        (rising(self.b, n).ln - rising(self.a + self.b, n).ln).exp()
    }

    /// Renewals to expect of a new customer who may renew n times: the sum of S(1) … S(n).
    ///
    /// ```
    /// use gradus_stats::lifetime::contract::ShiftedBetaGeometric;
    /// let model = ShiftedBetaGeometric { a: 1.0, b: 1.0 };
    /// assert!((model.expected_renewals(2) - (1.0 / 2.0 + 1.0 / 3.0)).abs() < 1e-14);
    /// ```
    pub fn expected_renewals(&self, n: u32) -> f64 {
        let (mut stays, mut sum) = (1.0, 0.0);
        for renewal in 1..=n {
            stays *= self.retention(renewal);
            sum += stays;
        }
        sum
    }

    /// The retention rate of renewal n = 1, 2, …: of those still there, the share that renews: (b+n-1)/(a+b+n-1)
    /// (eq. 8).
    pub fn retention(&self, n: u32) -> f64 {
        let before = f64::from(n.max(1) - 1);
        (self.b + before) / (self.a + self.b + before)
    }

    /// The periods that a new customer is expected to pay for, the first included, each worth 1/(1+rate) of
    /// the one before: DEL of Fader and Hardie 2010, "Customer-base valuation in a contractual setting",
    /// Marketing Science 29, 85-93: 2F1(1, b; a+b; 1/(1+rate)).
    pub fn discounted_lifetime(&self, rate: f64) -> f64 {
        ln_two_f_one(1.0, self.b, self.a + self.b, 1.0 / (1.0 + rate)).exp()
    }

    /// The periods still to be paid for by a customer who is in period n (has renewed n - 1 times) and is
    /// about to decide, the next payment counted in full: DERL of the same paper:
    /// (b+n-1)/(a+b+n-1) 2F1(1, b+n; a+b+n; 1/(1+rate)).
    pub fn discounted_residual(&self, n: u32, rate: f64) -> f64 {
        let age = f64::from(n);
        let later = ln_two_f_one(1.0, self.b + age, self.a + self.b + age, 1.0 / (1.0 + rate)).exp();
        self.retention(n) * later
    }

    /// The same for a limited number of renewals.
    pub fn discounted_residual_within(&self, n: u32, rate: f64, n_renewals: u32) -> f64 {
        let (mut stays, mut worth, mut sum) = (1.0, 1.0, 0.0);
        for k in 0..n_renewals {
            stays *= self.retention(n + k);
            sum += stays * worth;
            worth /= 1.0 + rate;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fader and Hardie 2007, table 1: per cent of a cohort of an unnamed firm after 0, 1, … 12 years.
    const REGULAR: [f64; 13] =
        [100.0, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3];
    const HIGH_END: [f64; 13] =
        [100.0, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4];

    fn seven_years(percent: &[f64; 13]) -> Fit<ShiftedBetaGeometric> {
        let surviving: Vec<f64> = percent[..8].iter().map(|percent| (10.0 * percent).round()).collect();
        ShiftedBetaGeometric::fit(&Contracts::of_cohort(&surviving).unwrap(), &Options::default())
    }

    #[test]
    fn the_papers_cohorts_are_met() {
        // The paper's fits to the first seven years, and where they stand after twelve (figure 5).
        for (cohort, a, b) in [(REGULAR, "0.704", "1.182"), (HIGH_END, "0.668", "3.806")] {
            let fit = seven_years(&cohort);
            assert_eq!(fit.status, Status::Converged);
            assert_eq!((format!("{:.3}", fit.model.a), format!("{:.3}", fit.model.b)), (a.into(), b.into()));
            for (year, percent) in cohort.iter().enumerate() {
                let off = 100.0 * fit.model.survival(year as u32) - percent;
                assert!(off.abs() < 2.0, "{year}: off by {off}");
            }
            assert!(fit.standard_errors.unwrap().iter().all(|error| *error > 0.0 && *error < 1.0));
        }
    }

    #[test]
    fn retention_rises_and_sums_are_those_of_mpmath() {
        let model = ShiftedBetaGeometric { a: 0.668, b: 3.806 };
        assert!((1..40).all(|n| model.retention(n + 1) > model.retention(n)));
        assert!(
            (1..9)
                .all(|n| { (model.survival(n) / model.survival(n - 1) - model.retention(n)).abs() < 1e-14 })
        );
        for (rate, n, lifetime, residual) in SUMS {
            assert!((model.discounted_lifetime(rate) / lifetime - 1.0).abs() < 1e-12, "{rate}");
            assert!((model.discounted_residual(n, rate) / residual - 1.0).abs() < 1e-12, "{rate} {n}");
        }
        let endless = model.discounted_residual(3, 0.1);
        assert!((model.discounted_residual_within(3, 0.1, 600) / endless - 1.0).abs() < 1e-12);
    }

    #[test]
    fn few_and_strange_cohorts_have_a_status() {
        let of = |surviving: &[f64]| {
            ShiftedBetaGeometric::fit(&Contracts::of_cohort(surviving).unwrap(), &Options::default())
        };
        let nobody_left = of(&[500.0, 500.0, 500.0]);
        assert_eq!(nobody_left.status, Status::TooFew(Few { n: 0.0, needed: NEEDED }));
        assert!(nobody_left.model.survival(1) > 0.9);
        // The same share leaves every time: all are alike.
        let alike = of(&[1000.0, 800.0, 640.0, 512.0]);
        assert!(matches!(&alike.status, Status::Boundary(ends) if ends.len() == 2), "{:?}", alike.status);
        assert!((alike.model.retention(9) - 0.8).abs() < 1e-3);
        assert!(alike.model.discounted_residual(2, 0.1).is_finite());
        assert_eq!(Contracts::of(&[-1.0], &[]), Err(ContractError::NotACount { period: 0 }));
        // One period says nothing of how they differ.
        let one = of(&[1000.0, 700.0]);
        assert_eq!(one.status, Status::Unidentified, "{:?}", one.model);
        assert!((one.model.survival(1) - 0.7).abs() < 1e-6);
    }

    /// rate, n, DEL, DERL.
    const SUMS: [(f64, u32, f64, f64); 3] = [
        (0.1, 1, 5.922596407612764, 5.41485604837404),
        (0.1, 5, 5.922596407612764, 6.8970573977460905),
        (0.01, 3, 19.821411862394854, 23.791691339836316),
    ];
}
