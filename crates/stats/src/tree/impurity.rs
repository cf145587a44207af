//! How mixed the rows of a node are, kept as sums that can be added and taken away.

use super::{Criterion, Target};

/// Sums over rows: the weight of each class, or weight, Σwy and Σwy² of numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sums {
    pub n: usize,
    pub parts: Vec<f64>,
}

/// What is summed.
#[derive(Clone, Copy)]
pub(super) struct Measure<'a> {
    pub target: Target<'a>,
    pub criterion: Criterion,
    pub weights: Option<&'a [f64]>,
    /// Taken from numbers, so that squares lose no digits to a common level.
    pub level: f64,
}

impl Measure<'_> {
    pub fn none(&self) -> Sums {
        let parts = match self.target {
            Target::Classes { n, .. } => n as usize,
            Target::Numbers(_) => 3,
        };
        Sums { n: 0, parts: vec![0.0; parts] }
    }

    pub fn add(&self, sums: &mut Sums, row: usize) {
        let weight = self.weights.map_or(1.0, |weights| weights[row]);
        sums.n += 1;
        match self.target {
            Target::Classes { of, .. } => sums.parts[of[row] as usize] += weight,
            Target::Numbers(of) => {
                let y = of[row] - self.level;
                sums.parts[0] += weight;
                sums.parts[1] += weight * y;
                sums.parts[2] += weight * y * y;
            }
        }
    }

    pub fn weight(&self, parts: &[f64]) -> f64 {
        match self.target {
            Target::Classes { .. } => parts.iter().sum(),
            Target::Numbers(_) => parts[0],
        }
    }

    /// Weight times impurity: what a split makes less.
    pub fn total(&self, parts: &[f64]) -> f64 {
        let weight = self.weight(parts);
        if weight <= 0.0 {
            return 0.0;
        }
        match (self.target, self.criterion) {
            (Target::Numbers(_), _) => (parts[2] - parts[1] * parts[1] / weight).max(0.0),
            (_, Criterion::Gini) => weight - parts.iter().map(|part| part * part).sum::<f64>() / weight,
            (_, Criterion::Entropy) => {
                let present = parts.iter().filter(|part| **part > 0.0);
                -present.map(|part| part * (part / weight).log2()).sum::<f64>()
            }
        }
    }

    pub fn prediction(&self, sums: &Sums) -> f64 {
        match self.target {
            Target::Numbers(_) => self.level + sums.parts[1] / sums.parts[0],
            Target::Classes { .. } => {
                let most = sums.parts.iter().enumerate();
                most.fold((0, f64::NEG_INFINITY), |b, (at, w)| if *w > b.1 { (at, *w) } else { b }).0 as f64
            }
        }
    }
}

impl Sums {
    pub fn plus(&self, other: &Sums) -> Sums {
        let parts = self.parts.iter().zip(&other.parts).map(|(a, b)| a + b).collect();
        Sums { n: self.n + other.n, parts }
    }

    pub fn minus(&self, other: &Sums) -> Sums {
        let parts = self.parts.iter().zip(&other.parts).map(|(a, b)| a - b).collect();
        Sums { n: self.n - other.n, parts }
    }
}
