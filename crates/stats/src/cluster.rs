//! Groups of customers that are alike: k-means, Gaussian mixtures, how many there are, what is typical of each.
//! Everything is determined by the data, the options and a seed.

mod agreement;
mod assign;
mod choose;
mod judge;
mod kmeans;
mod minibatch;
mod mixture;
mod profile;
mod quality;
mod seeding;

pub use agreement::adjusted_rand;
pub use choose::{Choice, ChoiceOptions, Gap, Grouping, Tried, choose_k};
pub use judge::{JudgedCluster, JudgedClusters, judge};
pub use kmeans::{KMeans, Options, fit, fit_from};
pub use minibatch::{MiniBatch, fit_mini_batch};
pub use mixture::{Component, Covariance, Mixture, MixtureOptions, fit_mixture, memberships};
pub use profile::{Profile, Typical, profiles};
pub use quality::{calinski_harabasz, davies_bouldin, silhouette, silhouette_of_each};

use crate::refusal::{Refusal, finite_columns, parameter};
use crate::scale::Scaling;

/// Rows of numbers, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    values: Vec<f64>,
    dimensions: usize,
}

impl Points {
    /// From columns, each brought to its scale. Refuses no rows, no columns and numbers that are not finite.
    pub fn from_columns(columns: &[&[f64]], scalings: &[Scaling]) -> Result<Points, Refusal> {
        let n = columns.first().map_or(0, |column| column.len());
        if n == 0 {
            return Err(Refusal::Empty);
        }
        finite_columns(columns, n)?;
        crate::refusal::lengths("the scales", columns.len(), scalings.len())?;
        let dimensions = columns.len();
        let mut values = vec![0.0; n * dimensions];
        for (at, (column, scaling)) in columns.iter().zip(scalings).enumerate() {
            for (row, value) in column.iter().enumerate() {
                values[row * dimensions + at] = scaling.apply(*value);
            }
        }
        Ok(Points { values, dimensions })
    }

    /// From rows one after the other.
    pub fn from_rows(values: Vec<f64>, dimensions: usize) -> Result<Points, Refusal> {
        if values.is_empty() {
            return Err(Refusal::Empty);
        }
        let whole = dimensions > 0 && values.len().is_multiple_of(dimensions);
        parameter(whole, "the numbers", "a whole number of rows")?;
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return Err(Refusal::NotFinite { column: at % dimensions, row: at / dimensions });
        }
        Ok(Points { values, dimensions })
    }

    pub fn len(&self) -> usize {
        self.values.len() / self.dimensions
    }

    /// Never: points are refused without rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.dimensions..(row + 1) * self.dimensions]
    }

    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.dimensions)
    }

    /// Some of the rows, in the order asked for.
    pub fn only(&self, rows: &[usize]) -> Points {
        let values = rows.iter().flat_map(|row| self.row(*row)).copied().collect();
        Points { values, dimensions: self.dimensions }
    }

    /// Different rows, counted up to `most`.
    fn distinct(&self, most: usize) -> usize {
        let mut known: Vec<&[f64]> = Vec::new();
        for row in self.rows() {
            if known.len() >= most {
                break;
            }
            if !known.contains(&row) {
                known.push(row);
            }
        }
        known.len()
    }
}

/// Squared Euclidean distance.
pub fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[cfg(test)]
mod tests;
