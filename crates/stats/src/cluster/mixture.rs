//! Gaussian mixtures by the EM algorithm (Dempster, Laird and Rubin 1977, J. R. Stat. Soc. B 39(1); Bishop 2006, Pattern
//! Recognition and Machine Learning, eq. 9.23 to 9.26): clusters of different size and shape, and how surely a
//! customer belongs. A floor under the variances keeps a component from shrinking to a point.

use std::f64::consts::PI;

use super::kmeans::{self, Options};
use super::{KMeans, Points};
use crate::cholesky;
use crate::refusal::{Refusal, parameter};

/// The shape of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Covariance {
    #[default]
    Full,
    /// Columns vary independently of each other within a component.
    Diagonal,
}

/// How to fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixtureOptions {
    pub k: usize,
    pub covariance: Covariance,
    pub seed: u64,
    pub max_rounds: usize,
    /// It rests when the mean log-likelihood of a point gains less.
    pub tolerance: f64,
    /// Added to each variance, as a share of the column's.
    pub floor: f64,
}

impl MixtureOptions {
    pub fn of(k: usize, covariance: Covariance, seed: u64) -> MixtureOptions {
        MixtureOptions { k, covariance, seed, max_rounds: 500, tolerance: 1e-6, floor: 1e-6 }
    }
}

/// One component.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    pub weight: f64,
    pub mean: Vec<f64>,
    /// Rows one after the other; off the diagonal 0 for diagonal shapes.
    pub covariance: Vec<f64>,
    factor: Vec<f64>,
    /// ln weight - (d ln 2π + ln det)/2.
    constant: f64,
}

/// A fitted mixture.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    pub components: Vec<Component>,
    pub labels: Vec<u32>,
    pub log_likelihood: f64,
    pub n_parameters: usize,
    pub n: usize,
    pub rounds: usize,
    pub converged: bool,
    /// Components of fewer points than they have dimensions: little is known of their shape.
    pub thin: Vec<usize>,
}

impl Mixture {
    /// k ln n - 2 ln L: the less, the better.
    pub fn bic(&self) -> f64 {
        self.n_parameters as f64 * (self.n as f64).ln() - 2.0 * self.log_likelihood
    }

    pub fn aic(&self) -> f64 {
        2.0 * self.n_parameters as f64 - 2.0 * self.log_likelihood
    }

    /// How surely a point belongs to each component; they sum to 1.
    pub fn memberships(&self, point: &[f64]) -> Vec<f64> {
        memberships(&self.components, point)
    }
}

/// How surely a point belongs to each of these components; they sum to 1.
pub fn memberships(components: &[Component], point: &[f64]) -> Vec<f64> {
    let mut parts: Vec<f64> = components.iter().map(|component| component.log_density(point)).collect();
    shares(&mut parts);
    parts
}

impl Component {
    /// A component as it was found earlier; `None` if the covariance is none.
    pub fn of(weight: f64, mean: Vec<f64>, covariance: Vec<f64>) -> Option<Component> {
        let d = mean.len();
        if d == 0 || covariance.len() != d * d || weight.is_nan() || weight <= 0.0 {
            return None;
        }
        let factor = cholesky::factor(&covariance, d)?;
        let constant =
            weight.ln() - 0.5 * (d as f64 * (2.0 * PI).ln() + cholesky::ln_determinant(&factor, d));
        Some(Component { weight, mean, covariance, factor, constant })
    }

    fn log_density(&self, point: &[f64]) -> f64 {
        let apart: Vec<f64> = point.iter().zip(&self.mean).map(|(x, mean)| x - mean).collect();
        let scaled = cholesky::forward(&self.factor, &apart);
        self.constant - 0.5 * scaled.iter().map(|x| x * x).sum::<f64>()
    }
}

/// From logarithms to shares; the logarithm of their sum.
fn shares(logs: &mut [f64]) -> f64 {
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logs.iter().map(|log| (log - most).exp()).sum();
    let total = most + sum.ln();
    logs.iter_mut().for_each(|log| *log = (*log - total).exp());
    total
}

/// Fits a mixture, from the clusters that k-means finds. Refuses more components than different points.
///
/// ```
/// use gradus_stats::cluster::{Covariance, MixtureOptions, Points, fit_mixture};
/// let points = Points::from_rows(vec![0.0, 0.2, 0.1, 5.0, 5.3, 5.1], 1)?;
/// let found = fit_mixture(&points, &MixtureOptions::of(2, Covariance::Diagonal, 1))?;
/// assert!(found.memberships(&[0.1]).iter().any(|share| *share > 0.99));
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn fit_mixture(points: &Points, options: &MixtureOptions) -> Result<Mixture, Refusal> {
    parameter(options.floor > 0.0 && options.floor.is_finite(), "the floor", "greater than 0")?;
    parameter(options.max_rounds > 0, "the rounds", "at least 1")?;
    let start: KMeans = kmeans::fit(points, &Options::of(options.k, options.seed))?;
    let (n, d, k) = (points.len(), points.dimensions(), options.k);
    let floors = floors(points, options.floor);
    let mut shared = vec![0.0; n * k];
    start.labels.iter().enumerate().for_each(|(row, label)| shared[row * k + *label as usize] = 1.0);
    let (mut last, mut rounds, mut converged) = (f64::NEG_INFINITY, 0, false);
    let mut components = Vec::new();
    while rounds < options.max_rounds && !converged {
        rounds += 1;
        components = maximise(points, &shared, options, &floors)?;
        let log_likelihood: f64 = points
            .rows()
            .zip(shared.chunks_exact_mut(k))
            .map(|(point, parts)| {
                parts
                    .iter_mut()
                    .zip(&components)
                    .for_each(|(part, one): (_, &Component)| *part = one.log_density(point));
                shares(parts)
            })
            .sum();
        converged = (log_likelihood - last).abs() <= options.tolerance * n as f64;
        last = log_likelihood;
    }
    let label = |parts: &[f64]| {
        let best = parts
            .iter()
            .enumerate()
            .fold((0, f64::NEG_INFINITY), |b, (at, p)| if *p > b.1 { (at, *p) } else { b });
        best.0 as u32
    };
    let shape = if options.covariance == Covariance::Full { d * (d + 1) / 2 } else { d };
    let thin = (0..k).filter(|at| components[*at].weight * n as f64 <= d as f64).collect();
    Ok(Mixture {
        labels: shared.chunks_exact(k).map(label).collect(),
        components,
        log_likelihood: last,
        n_parameters: k * (d + shape) + k - 1,
        n,
        rounds,
        converged,
        thin,
    })
}

/// A share of each column's variance; of 1 where it has none.
fn floors(points: &Points, floor: f64) -> Vec<f64> {
    let n = points.len() as f64;
    (0..points.dimensions())
        .map(|at| {
            let mean = points.rows().map(|row| row[at]).sum::<f64>() / n;
            let variance = points.rows().map(|row| (row[at] - mean) * (row[at] - mean)).sum::<f64>() / n;
            floor * if variance > 0.0 { variance } else { 1.0 }
        })
        .collect()
}

/// Bishop 9.24 to 9.26, with the floor.
fn maximise(
    points: &Points,
    shared: &[f64],
    options: &MixtureOptions,
    floors: &[f64],
) -> Result<Vec<Component>, Refusal> {
    let (n, d, k) = (points.len() as f64, points.dimensions(), options.k);
    let mut sizes = vec![f64::MIN_POSITIVE; k];
    let mut means = vec![0.0; k * d];
    for (point, parts) in points.rows().zip(shared.chunks_exact(k)) {
        for (at, part) in parts.iter().enumerate() {
            sizes[at] += part;
            means[at * d..(at + 1) * d].iter_mut().zip(point).for_each(|(sum, x)| *sum += part * x);
        }
    }
    means
        .chunks_exact_mut(d)
        .zip(&sizes)
        .for_each(|(mean, size)| mean.iter_mut().for_each(|sum| *sum /= size));
    let mut covariances = vec![vec![0.0; d * d]; k];
    for (point, parts) in points.rows().zip(shared.chunks_exact(k)) {
        for (at, part) in parts.iter().enumerate().filter(|(_, part)| **part > 0.0) {
            let mean = &means[at * d..(at + 1) * d];
            for i in 0..d {
                let weighted = part * (point[i] - mean[i]);
                let from = if options.covariance == Covariance::Full { 0 } else { i };
                for j in from..=i {
                    covariances[at][i * d + j] += weighted * (point[j] - mean[j]);
                }
            }
        }
    }
    let component = |at: usize| -> Result<Component, Refusal> {
        let mut covariance = covariances[at].clone();
        for i in 0..d {
            for j in 0..i {
                covariance[i * d + j] /= sizes[at];
                covariance[j * d + i] = covariance[i * d + j];
            }
            covariance[i * d + i] = covariance[i * d + i] / sizes[at] + floors[i];
        }
        let mean = means[at * d..(at + 1) * d].to_vec();
        Component::of(sizes[at] / n, mean, covariance).ok_or(Refusal::Infeasible)
    };
    (0..k).map(component).collect()
}
