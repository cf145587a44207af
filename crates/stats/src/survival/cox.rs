//! Proportional hazards (Cox 1972, J. R. Statist. Soc. B 34, 187-220): what multiplies the rate at which it
//! happens. Ties by Efron (1977, JASA 72, 557-565).

use super::concordance::{Concordance, concordance};
use super::{SurvivalError, order};
use crate::newton::{Evaluation, maximise};
use crate::normal;
use crate::special::gamma::upper_share;
use crate::symmetric::inverse;

/// What a fit ended with. Coefficients are finite in every case.
#[derive(Debug, Clone, PartialEq)]
pub enum CoxStatus {
    Converged,
    /// Nothing happened, so there is nothing to fit.
    NoEvents,
    /// These covariates (by position) order the events perfectly, alone or together: their coefficients run
    /// away, and what is given is where the likelihood stopped rising measurably.
    Separated(Vec<usize>),
    /// The likelihood does not settle.
    Unsettled,
}

/// One covariate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficient {
    /// ln of the factor per unit of the covariate.
    pub value: f64,
    /// From the observed information; `None` where the fit is separated.
    pub standard_error: Option<f64>,
}

impl Coefficient {
    pub fn hazard_ratio(&self) -> f64 {
        self.value.exp()
    }

    /// Two-sided, by Wald.
    pub fn p(&self) -> Option<f64> {
        self.standard_error.map(|error| normal::two_sided_p(self.value / error))
    }

    /// Of the hazard ratio.
    pub fn interval(&self, level: f64) -> Option<(f64, f64)> {
        let half = normal::critical(level) * self.standard_error?;
        Some(((self.value - half).exp(), (self.value + half).exp()))
    }
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Cox {
    pub status: CoxStatus,
    /// Per covariate; `None` for those in `left_out`.
    pub coefficients: Vec<Option<Coefficient>>,
    /// Covariates that do not vary, or that earlier ones determine.
    pub left_out: Vec<usize>,
    /// Means of the covariates, at which the baseline stands.
    pub means: Vec<f64>,
    /// Times of events with the cumulative baseline hazard (Breslow 1972: sum of d over the sum of factors at
    /// risk).
    pub baseline: Vec<(f64, f64)>,
    pub log_likelihood: f64,
    /// Without covariates.
    pub log_likelihood_null: f64,
    pub concordance: Concordance,
    pub n: usize,
    pub n_events: usize,
}

impl Cox {
    /// ln of the factor on the hazard of these covariates, against the mean.
    pub fn ln_factor(&self, covariates: &[f64]) -> f64 {
        let parts = self.coefficients.iter().zip(covariates).zip(&self.means);
        parts.map(|((coefficient, x), mean)| coefficient.map_or(0.0, |c| c.value * (x - mean))).sum()
    }

    /// The chance that it has not happened by `time`.
    pub fn survival(&self, covariates: &[f64], time: f64) -> f64 {
        let past = self.baseline.partition_point(|(at, _)| *at <= time);
        let hazard = past.checked_sub(1).map_or(0.0, |index| self.baseline[index].1);
        (-hazard * self.ln_factor(covariates).exp()).exp()
    }

    /// Twice the gain in ln L over no covariates, its degrees of freedom, and the chance of as much by chance.
    pub fn likelihood_ratio(&self) -> (f64, usize, f64) {
        let degrees = self.coefficients.iter().flatten().count();
        let statistic = (2.0 * (self.log_likelihood - self.log_likelihood_null)).max(0.0);
        let p = if degrees == 0 { 1.0 } else { upper_share(0.5 * degrees as f64, 0.5 * statistic) };
        (statistic, degrees, p)
    }
}

/// The fit to `columns` of covariates, one per covariate with a row per customer.
pub fn cox(times: &[f64], happened: &[bool], columns: &[Vec<f64>]) -> Result<Cox, SurvivalError> {
    let order = order(times, happened)?;
    for (column, values) in columns.iter().enumerate() {
        if values.len() != times.len() {
            return Err(SurvivalError::UnequalColumns(times.len(), values.len()));
        }
        if let Some(row) = values.iter().position(|value| !value.is_finite()) {
            return Err(SurvivalError::NotFinite { row, column });
        }
    }
    let scales: Vec<(f64, f64)> = columns.iter().map(|values| mean_and_deviation(values)).collect();
    let standard: Vec<Vec<f64>> = columns
        .iter()
        .zip(&scales)
        .map(|(values, (mean, deviation))| {
            let by = if *deviation > 0.0 { 1.0 / deviation } else { 0.0 };
            values.iter().map(|value| (value - mean) * by).collect()
        })
        .collect();
    let kept = independent(&standard, times.len());
    let used: Vec<&[f64]> = kept.iter().map(|&k| standard[k].as_slice()).collect();
    let k = used.len();
    let rows = Rows { times, happened, order: &order, columns: &used };
    let null = rows.evaluate(&vec![0.0; k]);
    let optimum = maximise(&vec![0.0; k], &vec![(-60.0, 60.0); k], |place| rows.evaluate(place));
    let n_events = happened.iter().filter(|happened| **happened).count();
    let status = status(&optimum, &kept, n_events);
    let information: Vec<f64> = optimum.at.hessian.iter().map(|value| -value).collect();
    let covariance = if status == CoxStatus::Converged { inverse(&information, k) } else { None };
    let mut coefficients = vec![None; columns.len()];
    for (i, &column) in kept.iter().enumerate() {
        let deviation = scales[column].1;
        coefficients[column] = Some(Coefficient {
            value: optimum.place[i] / deviation,
            standard_error: covariance.as_ref().map(|c| c[i * k + i].sqrt() / deviation),
        });
    }
    let scores = rows.scores(&optimum.place);
    Ok(Cox {
        status,
        coefficients,
        left_out: (0..columns.len()).filter(|column| !kept.contains(column)).collect(),
        means: scales.iter().map(|scale| scale.0).collect(),
        baseline: rows.baseline(&scores),
        log_likelihood: optimum.at.value,
        log_likelihood_null: null.value,
        concordance: concordance(times, happened, &scores)?,
        n: times.len(),
        n_events,
    })
}

fn status(optimum: &crate::newton::Optimum, kept: &[usize], n_events: usize) -> CoxStatus {
    if n_events == 0 {
        return CoxStatus::NoEvents;
    }
    // Covariates have deviation 1, so that each event brings information of about 1; where the best
    // direction brings a thousandth in all, and has gone far, the likelihood has levelled off.
    let mut away = vec![false; kept.len()];
    for direction in optimum.flat_directions(1e-3) {
        for (i, part) in direction.iter().enumerate() {
            away[i] |= part.abs() > 0.2 && optimum.place[i].abs() > 3.0;
        }
    }
    for (i, held) in optimum.held.iter().enumerate() {
        away[i] |= *held != 0;
    }
    if away.contains(&true) {
        return CoxStatus::Separated((0..kept.len()).filter(|&i| away[i]).map(|i| kept[i]).collect());
    }
    if optimum.is_settled && optimum.is_steep(1e-3) { CoxStatus::Converged } else { CoxStatus::Unsettled }
}

fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
    // A constant may leave a rounding behind.
    let deviation = variance.sqrt();
    (mean, if deviation > 1e-12 * mean.abs() { deviation } else { 0.0 })
}

/// The columns that are not sums of multiples of earlier ones: Cholesky's decomposition of their
/// correlations, column by column.
fn independent(standard: &[Vec<f64>], n: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    let mut residuals: Vec<Vec<f64>> = Vec::new();
    for (column, values) in standard.iter().enumerate() {
        let mut rest = values.clone();
        // Twice, so that rounding does not look like something new.
        for _ in 0..2 {
            for basis in &residuals {
                let share: f64 = rest.iter().zip(basis).map(|(a, b)| a * b).sum();
                rest.iter_mut().zip(basis).for_each(|(a, b)| *a -= share * b);
            }
        }
        let left: f64 = rest.iter().map(|a| a * a).sum();
        if left > 1e-10 * n as f64 {
            let by = 1.0 / left.sqrt();
            residuals.push(rest.iter().map(|a| a * by).collect());
            kept.push(column);
        }
    }
    kept
}

struct Rows<'a> {
    times: &'a [f64],
    happened: &'a [bool],
    order: &'a [usize],
    columns: &'a [&'a [f64]],
}

impl Rows<'_> {
    fn scores(&self, place: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.times.len()];
        for (coefficient, column) in place.iter().zip(self.columns) {
            out.iter_mut().zip(*column).for_each(|(score, x)| *score += coefficient * x);
        }
        out
    }

    /// From the last time to the first: who joins those at risk, and who of them had the event.
    fn backwards(&self, mut visit: impl FnMut(f64, &[usize])) {
        let mut to = self.order.len();
        while to > 0 {
            let time = self.times[self.order[to - 1]];
            let from = self.order[..to].partition_point(|&row| self.times[row] < time);
            visit(time, &self.order[from..to]);
            to = from;
        }
    }

    /// Efron's partial likelihood: of d events at one time, the l-th is drawn from those at risk less l/d of
    /// the d.
    fn evaluate(&self, place: &[f64]) -> Evaluation {
        let k = place.len();
        let scores = self.scores(place);
        let top = scores.iter().copied().fold(0.0, f64::max);
        let mut out = Evaluation::zero(k);
        let (mut risk, mut tied) = (Sums::zero(k), Sums::zero(k));
        self.backwards(|_, together| {
            tied.clear();
            let mut d = 0.0;
            for &row in together {
                let factor = (scores[row] - top).exp();
                risk.add(factor, self.columns, row);
                if self.happened[row] {
                    d += 1.0;
                    tied.add(factor, self.columns, row);
                    out.value += scores[row] - top;
                    for i in 0..k {
                        out.gradient[i] += self.columns[i][row];
                    }
                }
            }
            let mut l = 0.0;
            while l < d {
                let share = l / d;
                let mass = risk.mass - share * tied.mass;
                out.value -= mass.ln();
                let mean = |i: usize| (risk.first[i] - share * tied.first[i]) / mass;
                for i in 0..k {
                    out.gradient[i] -= mean(i);
                    for j in 0..k {
                        let second = (risk.second[i * k + j] - share * tied.second[i * k + j]) / mass;
                        out.hessian[i * k + j] -= second - mean(i) * mean(j);
                    }
                }
                l += 1.0;
            }
        });
        out
    }

    fn baseline(&self, scores: &[f64]) -> Vec<(f64, f64)> {
        let (mut mass, mut steps) = (0.0, Vec::new());
        self.backwards(|time, together| {
            mass += together.iter().map(|&row| scores[row].exp()).sum::<f64>();
            let d = together.iter().filter(|&&row| self.happened[row]).count();
            if d > 0 {
                steps.push((time, d as f64 / mass));
            }
        });
        let mut hazard = 0.0;
        steps
            .iter()
            .rev()
            .map(|(time, step)| {
                hazard += step;
                (*time, hazard)
            })
            .collect()
    }
}

struct Sums {
    mass: f64,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Sums {
    fn zero(k: usize) -> Sums {
        Sums { mass: 0.0, first: vec![0.0; k], second: vec![0.0; k * k] }
    }

    fn clear(&mut self) {
        self.mass = 0.0;
        self.first.fill(0.0);
        self.second.fill(0.0);
    }

    fn add(&mut self, factor: f64, columns: &[&[f64]], row: usize) {
        let k = columns.len();
        self.mass += factor;
        for i in 0..k {
            let x = factor * columns[i][row];
            self.first[i] += x;
            for j in 0..k {
                self.second[i * k + j] += x * columns[j][row];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separation_and_collinearity_are_named() {
        let times: Vec<f64> = (1..=20).map(f64::from).collect();
        let happened = vec![true; 20];
        let noise: Vec<f64> = (0..20).map(|i| f64::from((i * 7) % 5)).collect();
        let perfect: Vec<f64> = times.iter().map(|time| -time).collect();
        let found = cox(&times, &happened, &[noise.clone(), perfect]).unwrap();
        assert_eq!(found.status, CoxStatus::Separated(vec![1]), "{:?}", found.coefficients);
        assert_eq!(found.concordance.c(), Some(1.0));
        assert!(
            found.coefficients.iter().flatten().all(|c| c.value.is_finite() && c.standard_error.is_none())
        );
        let doubled: Vec<f64> = noise.iter().map(|x| 2.0 * x - 3.0).collect();
        let found = cox(&times, &happened, &[noise, doubled, vec![4.1; 20]]).unwrap();
        assert_eq!((found.left_out.clone(), found.status.clone()), (vec![1, 2], CoxStatus::Converged));
        assert!(found.coefficients[1].is_none() && found.survival(&[1.0, -1.0, 4.1], 5.0) < 1.0);
    }

    #[test]
    fn nothing_to_fit_is_said() {
        let found = cox(&[1.0, 2.0], &[false, false], &[vec![1.0, 2.0]]).unwrap();
        assert_eq!(found.status, CoxStatus::NoEvents);
        assert_eq!(found.survival(&[1.0], 9.0), 1.0);
        assert_eq!(cox(&[], &[], &[]).unwrap().status, CoxStatus::NoEvents);
        let refused = cox(&[1.0], &[true], &[vec![f64::NAN]]);
        assert_eq!(refused, Err(SurvivalError::NotFinite { row: 0, column: 0 }));
    }
}
