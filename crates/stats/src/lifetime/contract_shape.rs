//! Does the curve of renewals have the shape that the model gives it? Pearson's chi-square over the renewals:
//! of those who come to renewal i, n of them, r renew, and the model says that each does with chance p.
//!
//! The likelihood of the model (Fader and Hardie 2007, appendix B) is a product of these binomials, one for each
//! renewal, as that of every hazard in discrete time is (Allison 1982, "Discrete-time methods for the analysis of
//! event histories", Sociological Methodology 13, 61-98). So the sum of (r - n p)^2 / (n p (1-p)) is about
//! chi-square, with as many degrees as renewals less the two parameters that were fitted. Where fewer than five are
//! expected to renew or to leave, renewals that follow each other are taken together (Cochran 1954, "Some methods for
//! strengthening the common chi-square tests", Biometrics 10, 417-451).

use super::contract::{Contracts, ShiftedBetaGeometric};
use crate::special::gamma::upper_share;

/// So many at least are expected to renew, and to leave, in each part of the sum.
const EXPECTED: f64 = 5.0;
/// What is fitted: a and b.
const N_PARAMETERS: usize = 2;

/// Renewals taken together; most often one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// The first and the last of them, 1 being the first renewal of all.
    pub from: u32,
    pub to: u32,
    /// Who came to them, how many renewed, and how many were to.
    pub n: f64,
    pub renewed: f64,
    pub expected: f64,
    variance: f64,
}

impl Part {
    /// By how much the share that renewed differs from the model's.
    pub fn off(&self) -> f64 {
        (self.renewed - self.expected) / self.n
    }

    /// Its part of the chi-square.
    pub fn square(&self) -> f64 {
        (self.renewed - self.expected).powi(2) / self.variance
    }
}

/// The test.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    pub parts: Vec<Part>,
    pub chi_square: f64,
    /// 0 if there are too few renewals for a test.
    pub degrees: usize,
    /// How likely a chi-square as large is if the model is right; `None` without a degree.
    pub p: Option<f64>,
}

impl Shape {
    /// Of renewals and a model fitted to them.
    ///
    /// ```
    /// use gradus_stats::lifetime::contract::{Contracts, ShiftedBetaGeometric};
    /// use gradus_stats::lifetime::contract_shape::Shape;
    /// let model = ShiftedBetaGeometric { a: 1.0, b: 1.0 };
    /// // Of 100 the model has 50 stay, of 60 it has 40 stay.
    /// let shape = Shape::of(&Contracts::of_cohort(&[100.0, 60.0, 40.0]).unwrap(), &model);
    /// assert!((shape.chi_square - 4.0).abs() < 1e-12 && shape.degrees == 0 && shape.p.is_none());
    /// ```
    pub fn of(contracts: &Contracts, model: &ShiftedBetaGeometric) -> Shape {
        let mut parts: Vec<Part> = Vec::new();
        let mut open: Option<Part> = None;
        for (at, (n, renewed)) in contracts.faced().into_iter().enumerate() {
            let renewal = at as u32 + 1;
            let chance = model.retention(renewal);
            let before = open.unwrap_or(Part {
                from: renewal,
                to: renewal,
                n: 0.0,
                renewed: 0.0,
                expected: 0.0,
                variance: 0.0,
            });
            let part = joined(
                before,
                Part {
                    from: renewal,
                    to: renewal,
                    n,
                    renewed,
                    expected: n * chance,
                    variance: n * chance * (1.0 - chance),
                },
            );
            open = match part.expected >= EXPECTED && part.n - part.expected >= EXPECTED {
                true => {
                    parts.push(part);
                    None
                }
                false => Some(part),
            };
        }
        // What is left over is too little for itself.
        if let (Some(rest), Some(last)) = (open, parts.last_mut()) {
            *last = joined(*last, rest);
        }
        let chi_square: f64 = parts.iter().map(Part::square).sum::<f64>() + 0.0;
        let degrees = parts.len().saturating_sub(N_PARAMETERS);
        let p = (degrees > 0).then(|| upper_share(0.5 * degrees as f64, 0.5 * chi_square));
        Shape { parts, chi_square, degrees, p }
    }

    /// Where the model is wrong most.
    pub fn worst(&self) -> Option<&Part> {
        self.parts.iter().max_by(|one, other| one.square().total_cmp(&other.square()))
    }
}

fn joined(one: Part, other: Part) -> Part {
    Part {
        from: one.from,
        to: other.to,
        n: one.n + other.n,
        renewed: one.renewed + other.renewed,
        expected: one.expected + other.expected,
        variance: one.variance + other.variance,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifetime::fit::Options;
    use crate::random::Random;

    fn fitted(contracts: &Contracts) -> ShiftedBetaGeometric {
        ShiftedBetaGeometric::fit(contracts, &Options::default()).model
    }

    /// Customers of one cohort who renew as the model has it, until `n_renewals`.
    fn cohort(model: &ShiftedBetaGeometric, n: usize, n_renewals: usize, random: &mut Random) -> Contracts {
        let (mut left, mut staying) = (vec![0.0; n_renewals], vec![0.0; n_renewals + 1]);
        for _ in 0..n {
            let leaves = random.beta(model.a, model.b);
            match (0..n_renewals).find(|_| random.unit() < leaves) {
                Some(at) => left[at] += 1.0,
                None => staying[n_renewals] += 1.0,
            }
        }
        Contracts::of(&left, &staying).unwrap()
    }

    #[test]
    fn where_the_model_is_right_one_test_in_twenty_says_no() {
        let truth = ShiftedBetaGeometric { a: 0.8, b: 2.0 };
        let mut random = Random::new(41);
        let mut refused = 0;
        for _ in 0..400 {
            let contracts = cohort(&truth, 600, 7, &mut random);
            let shape = Shape::of(&contracts, &fitted(&contracts));
            assert!(shape.degrees >= 3, "{shape:?}");
            refused += usize::from(shape.p.unwrap() < 0.05);
        }
        // 20 are expected, with a deviation of 4.4.
        assert!((6..=36).contains(&refused), "{refused} of 400");
    }

    #[test]
    fn a_curve_of_another_shape_is_told_with_its_worst_renewal() {
        // Nearly everybody renews once and hardly anybody twice: no mixture of steady customers does so.
        let contracts = Contracts::of_cohort(&[200.0, 180.0, 47.0, 40.0, 35.0]).unwrap();
        let shape = Shape::of(&contracts, &fitted(&contracts));
        assert!(shape.p.unwrap() < 1e-6, "{shape:?}");
        let worst = shape.worst().unwrap();
        assert_eq!((worst.from, worst.to), (2, 2));
        assert!(worst.off() < -0.3, "{worst:?}");
    }

    #[test]
    fn few_renewals_are_taken_together_and_nothing_is_tested_with_none() {
        let contracts = Contracts::of_cohort(&[40.0, 30.0, 27.0, 25.0, 24.0]).unwrap();
        let model = ShiftedBetaGeometric { a: 1.0, b: 3.0 };
        let shape = Shape::of(&contracts, &model);
        // 10 are to leave at the first; 6 at the second; then 4.5 and 3.57: together, as nobody follows.
        let ends: Vec<(u32, u32)> = shape.parts.iter().map(|part| (part.from, part.to)).collect();
        assert_eq!(ends, [(1, 1), (2, 2), (3, 4)]);
        assert_eq!(shape.degrees, 1);
        let n: f64 = shape.parts.iter().map(|part| part.n).sum();
        assert_eq!(n, 40.0 + 30.0 + 27.0 + 25.0);
        let nothing = Shape::of(&Contracts::default(), &model);
        assert_eq!((nothing.chi_square, nothing.degrees, nothing.p), (0.0, 0, None));
        assert!(nothing.worst().is_none());
    }
}
