//! Logistic regression: the chance of an outcome from columns of numbers (Cox 1958, J. R. Stat. Soc. B 20;
//! McCullagh and Nelder 1989, Generalized Linear Models, ch. 4.4), by Newton's method, which for this link is
//! iteratively re-weighted least squares. Plain maximum likelihood unless a ridge is asked for: a penalty that
//! nobody asked for changes the points of a scorecard. Columns that say the same and columns that separate the
//! outcomes are named, never hidden.

mod collinear;
mod newton;
mod separated;

pub use collinear::Alias;
pub use separated::Separated;

use crate::cholesky;
use crate::normal;
use crate::refusal::{Refusal, finite_columns, lengths, parameter};
use newton::{Problem, Solution};

/// What is fitted, and how.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// How often each row counts; at least 0. All once if absent.
    pub weights: Option<&'a [f64]>,
    /// A known part of the log-odds, row by row.
    pub offset: Option<&'a [f64]>,
    /// λ of the penalty λ/2 Σ β² on the coefficients in their own units; the intercept is free (the peer
    /// scikit-learn's C is 1/λ). 0 is maximum likelihood.
    pub ridge: f64,
    /// Newton steps at most.
    pub max_steps: usize,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { weights: None, offset: None, ridge: 0.0, max_steps: 60 }
    }
}

/// Whether the numbers can be relied on.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// The maximum was found.
    Converged,
    /// The columns tell the outcomes apart, so that no finite maximum exists; predictions are finite, the
    /// coefficients are where the search stopped. Leave the columns out, merge their bins or ask for a ridge.
    Separated(Separated),
    /// The steps did not come to rest.
    NotConverged,
}

/// One coefficient, in the units of its column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficient {
    /// 0 for a column that was left out because others say the same.
    pub value: f64,
    /// From the inverse observed information; absent where it would not be valid: separated, with a
    /// ridge, not converged, or left out.
    pub standard_error: Option<f64>,
}

impl Coefficient {
    /// Wald's statistic.
    pub fn z(&self) -> Option<f64> {
        self.standard_error.map(|error| self.value / error)
    }

    /// The two-sided chance of a statistic at least as far from 0.
    pub fn p(&self) -> Option<f64> {
        self.z().map(normal::two_sided_p)
    }
}

/// A fitted regression.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic {
    pub intercept: Coefficient,
    pub coefficients: Vec<Coefficient>,
    /// The mean of each column, from which contributions are counted.
    pub means: Vec<f64>,
    /// Rows, each counted with its weight.
    pub n: f64,
    pub log_likelihood: f64,
    /// Of the intercept (and the offset) alone.
    pub log_likelihood_null: f64,
    /// Coefficients estimated, the intercept included.
    pub n_parameters: usize,
    pub steps: usize,
    pub status: Status,
    /// Columns that are combinations of columns before them; left out unless a ridge tells them apart.
    pub collinear: Vec<Alias>,
}

impl Logistic {
    /// 2k - 2 ln L (Akaike 1974, IEEE Trans. Autom. Control 19(6)).
    pub fn aic(&self) -> f64 {
        2.0 * self.n_parameters as f64 - 2.0 * self.log_likelihood
    }

    /// k ln n - 2 ln L (Schwarz 1978, Ann. Statist. 6(2)).
    pub fn bic(&self) -> f64 {
        self.n_parameters as f64 * self.n.ln() - 2.0 * self.log_likelihood
    }

    /// 1 - ln L / ln L0 (McFadden 1974).
    pub fn mcfadden_r2(&self) -> f64 {
        1.0 - self.log_likelihood / self.log_likelihood_null
    }

    /// The log-odds of one row; an offset is the caller's to add.
    pub fn log_odds(&self, row: &[f64]) -> f64 {
        self.coefficients.iter().zip(row).fold(self.intercept.value, |sum, (c, x)| sum + c.value * x)
    }

    /// The chance of the outcome for one row.
    pub fn probability(&self, row: &[f64]) -> f64 {
        chance(self.log_odds(row))
    }

    /// What each column adds to this row's log-odds, compared with the mean row: for a linear model these are
    /// exactly the Shapley values (Lundberg and Lee 2017, corollary 1).
    pub fn contributions(&self, row: &[f64]) -> Vec<f64> {
        let terms = self.coefficients.iter().zip(row).zip(&self.means);
        terms.map(|((c, x), mean)| c.value * (x - mean)).collect()
    }
}

/// 1 / (1 + e^-x), without overflow.
pub fn chance(log_odds: f64) -> f64 {
    let e = (-log_odds.abs()).exp();
    if log_odds >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

/// Fits the outcome on the columns, with an intercept.
///
/// ```
/// use gradus_stats::logistic::{Options, Status, fit};
/// let visits = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let bought = [false, false, true, false, true, true];
/// let model = fit(&[&visits], &bought, &Options::default())?;
/// assert_eq!(model.status, Status::Converged);
/// assert!(model.probability(&[6.0]) > model.probability(&[1.0]));
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn fit(columns: &[&[f64]], outcomes: &[bool], options: &Options<'_>) -> Result<Logistic, Refusal> {
    check(columns, outcomes, options)?;
    let all = Problem::new(columns, outcomes, options);
    let collinear = collinear::find(&all);
    let kept: Vec<usize> = (0..columns.len())
        .filter(|column| options.ridge > 0.0 || collinear.iter().all(|alias| alias.column != *column))
        .collect();
    let problem = all.only(&kept);
    let solution = newton::solve(&problem, options);
    let null = match options.offset {
        None => newton::null_log_likelihood(&problem),
        Some(_) => newton::solve(&all.only(&[]), options).log_likelihood,
    };
    let status = match (&solution.direction, solution.converged) {
        (Some(direction), _) => Status::Separated(separated::name(&problem, direction, &kept, options)),
        (None, true) => Status::Converged,
        (None, false) => Status::NotConverged,
    };
    let (intercept, fitted) =
        in_own_units(&problem, &solution, options.ridge == 0.0 && status == Status::Converged);
    let mut coefficients = vec![Coefficient { value: 0.0, standard_error: None }; columns.len()];
    kept.iter().zip(fitted).for_each(|(column, coefficient)| coefficients[*column] = coefficient);
    Ok(Logistic {
        intercept,
        coefficients,
        means: all.means.clone(),
        n: all.n,
        log_likelihood: solution.log_likelihood,
        log_likelihood_null: null,
        n_parameters: kept.len() + 1,
        steps: solution.steps,
        status,
        collinear,
    })
}

fn check(columns: &[&[f64]], outcomes: &[bool], options: &Options<'_>) -> Result<(), Refusal> {
    if outcomes.is_empty() {
        return Err(Refusal::Empty);
    }
    finite_columns(columns, outcomes.len())?;
    for (what, values) in [("weights", options.weights), ("the offset", options.offset)] {
        let Some(values) = values else { continue };
        lengths(what, outcomes.len(), values.len())?;
        parameter(values.iter().all(|value| value.is_finite()), what, "finite numbers")?;
    }
    let weights = options.weights.unwrap_or(&[]);
    parameter(weights.iter().all(|weight| *weight >= 0.0), "weights", "at least 0")?;
    parameter(options.ridge >= 0.0 && options.ridge.is_finite(), "the ridge", "at least 0")?;
    let counts = |row: usize| weights.get(row).is_none_or(|weight| *weight > 0.0);
    let mut seen = outcomes.iter().enumerate().filter(|(row, _)| counts(*row)).map(|(_, outcome)| *outcome);
    let Some(first) = seen.next() else { return Err(Refusal::Empty) };
    if seen.all(|outcome| outcome == first) { Err(Refusal::OneClass) } else { Ok(()) }
}

/// Coefficients of standardised columns back in the columns' units: β = γ/s, β0 = γ0 - Σ γ m/s, and the
/// covariance with the same linear map.
fn in_own_units(
    problem: &Problem<'_>,
    solution: &Solution,
    with_errors: bool,
) -> (Coefficient, Vec<Coefficient>) {
    let k = problem.columns.len();
    let size = k + 1;
    let value = |j: usize| solution.beta[j + 1] / problem.spreads[j];
    let covariance = if with_errors {
        cholesky::factor(&solution.information, size).map(|l| cholesky::inverse(&l, size))
    } else {
        None
    };
    let error = |weights: &dyn Fn(usize) -> f64| {
        covariance.as_ref().map(|c| {
            let variance: f64 = (0..size)
                .map(|a| (0..size).map(|b| weights(a) * c[a * size + b] * weights(b)).sum::<f64>())
                .sum();
            variance.sqrt()
        })
    };
    let shift = |a: usize| if a == 0 { 1.0 } else { -problem.means[a - 1] / problem.spreads[a - 1] };
    let intercept = Coefficient {
        value: solution.beta[0] - (0..k).map(|j| value(j) * problem.means[j]).sum::<f64>(),
        standard_error: error(&shift),
    };
    let coefficients = (0..k)
        .map(|j| Coefficient {
            value: value(j),
            standard_error: error(&|a| if a == j + 1 { 1.0 / problem.spreads[j] } else { 0.0 }),
        })
        .collect();
    (intercept, coefficients)
}

#[cfg(test)]
mod tests;
