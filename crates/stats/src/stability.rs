//! Population stability index: how far a distribution has moved from its base. The symmetric
//! Kullback-Leibler divergence of two binned samples (Kullback and Leibler 1951; as PSI in Siddiqi
//! 2006, Credit Risk Scorecards, ch. 7). Below 0.1 stable, to 0.25 watch, above shifted.

use crate::quantile::quantiles_f64;
use crate::tile::{Ties, bins_from_edges};

/// A share below this counts as this; no renormalisation. One empty bin of 1 % adds 0.046 with it.
pub const DEFAULT_EPSILON: f64 = 1e-4;

/// The index of two samples counted in the same bins. `None` if either is empty or the bins differ.
pub fn psi_of_counts(base: &[f64], current: &[f64], epsilon: f64) -> Option<f64> {
    let (n_base, n_current): (f64, f64) = (base.iter().sum(), current.iter().sum());
    if base.len() != current.len() || n_base <= 0.0 || n_current <= 0.0 {
        return None;
    }
    let term = |(expected, actual): (&f64, &f64)| {
        let (e, a) = ((expected / n_base).max(epsilon), (actual / n_current).max(epsilon));
        (a - e) * (a / e).ln()
    };
    Some(base.iter().zip(current).map(term).sum())
}

/// The index of two samples in `n_bins` quantile bins of the base (equal edges merge, bins closed
/// on the right and open at both ends). `None` if either is empty.
pub fn psi(base: &[f64], current: &[f64], n_bins: u32, epsilon: f64) -> Option<f64> {
    let bins = bins_from_edges(&quantiles_f64(&[base], n_bins)?, Ties::Merge);
    let count = |values: &[f64]| {
        let mut counts = vec![0.0; bins.bins.len()];
        for &value in values {
            counts[usize::from(bins.bin_of(value))] += 1.0;
        }
        counts
    };
    psi_of_counts(&count(base), &count(current), epsilon)
}

/// How far a distribution has moved, in words: the bands of Siddiqi (2006), closed below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// Below .10.
    Stable,
    /// From .10.
    Watch,
    /// From .25.
    Shifted,
}

impl Band {
    pub fn of(psi: f64) -> Band {
        match psi {
            psi if psi < 0.10 => Band::Stable,
            psi if psi < 0.25 => Band::Watch,
            _ => Band::Shifted,
        }
    }
}

/// Two samples in the bins of the base, bin by bin.
#[derive(Debug, Clone, PartialEq)]
pub struct Stability {
    /// Upper edges of all bins but the last; none if the bins are names.
    pub edges: Vec<f64>,
    pub base: Vec<f64>,
    pub current: Vec<f64>,
    /// What each bin adds to the index.
    pub parts: Vec<f64>,
    pub psi: f64,
}

impl Stability {
    /// Of counts in the same bins. `None` as for [`psi_of_counts`].
    pub fn of_counts(base: Vec<f64>, current: Vec<f64>, epsilon: f64) -> Option<Stability> {
        let psi = psi_of_counts(&base, &current, epsilon)?;
        let (n_base, n_current): (f64, f64) = (base.iter().sum(), current.iter().sum());
        let part = |(expected, actual): (&f64, &f64)| {
            let (e, a) = ((expected / n_base).max(epsilon), (actual / n_current).max(epsilon));
            (a - e) * (a / e).ln()
        };
        let parts = base.iter().zip(&current).map(part).collect();
        Some(Stability { edges: Vec::new(), base, current, parts, psi })
    }

    /// Of numbers, in `n_bins` quantile bins of the base, and one bin more for those without a value on
    /// either side. `None` if either is empty.
    pub fn of_values(
        base: &[Option<f64>],
        current: &[Option<f64>],
        n_bins: u32,
        epsilon: f64,
    ) -> Option<Stability> {
        let known: Vec<f64> = base.iter().flatten().copied().collect();
        let bins = match quantiles_f64(&[&known], n_bins) {
            Some(edges) => bins_from_edges(&edges, Ties::Merge),
            // Nobody has a value in the base: one bin for those who do, one for those who do not.
            None => bins_from_edges::<f64>(&[], Ties::Merge),
        };
        let has_unknown = base.iter().chain(current).any(Option::is_none);
        let n = bins.cuts.len() + 1;
        let count = |values: &[Option<f64>]| {
            let mut counts = vec![0.0; n + usize::from(has_unknown)];
            for value in values {
                match value {
                    Some(value) => counts[bins.cuts.partition_point(|cut| cut < value)] += 1.0,
                    None => counts[n] += 1.0,
                }
            }
            counts
        };
        let found = Stability::of_counts(count(base), count(current), epsilon)?;
        Some(Stability { edges: bins.cuts, ..found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_textbook_example_and_its_bands() {
        // Ten bins of 100 against shifted ones, by hand: 0.0084.
        let current = [80.0, 90.0, 95.0, 100.0, 105.0, 110.0, 110.0, 105.0, 105.0, 100.0];
        let found = Stability::of_counts(vec![100.0; 10], current.to_vec(), DEFAULT_EPSILON).unwrap();
        assert!((found.psi - 0.008410998713428186).abs() < 1e-15);
        assert!((found.parts.iter().sum::<f64>() - found.psi).abs() < 1e-15);
        assert!((found.parts[0] - (0.08 - 0.1) * 0.8f64.ln()).abs() < 1e-15);
        let bands: Vec<Band> = [0.0, 0.0999, 0.1, 0.2499, 0.25, 3.0].map(Band::of).to_vec();
        assert_eq!(
            bands,
            [Band::Stable, Band::Stable, Band::Watch, Band::Watch, Band::Shifted, Band::Shifted]
        );
    }

    #[test]
    fn bins_are_the_bases_and_closed_on_the_right() {
        let base: Vec<Option<f64>> = (1..=10).map(|value| Some(f64::from(value))).collect();
        let found = Stability::of_values(&base, &base, 5, DEFAULT_EPSILON).unwrap();
        assert_eq!((found.edges.len(), found.psi), (4, 0.0));
        assert_eq!(found.base, [2.0; 5]);
        // Those without a value are a bin of their own.
        let current = [Some(1.0), None, Some(99.0), Some(-5.0)];
        let moved = Stability::of_values(&base, &current, 5, DEFAULT_EPSILON).unwrap();
        assert_eq!(moved.current, [2.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
        assert_eq!(moved.base[5], 0.0);
        assert_eq!(Stability::of_values(&[], &base, 5, DEFAULT_EPSILON), None);
        // Nobody had a value, now everybody has.
        let new = Stability::of_values(&[None], &[Some(1.0)], 5, DEFAULT_EPSILON).unwrap();
        assert_eq!((new.base.clone(), new.current.clone()), (vec![0.0, 1.0], vec![1.0, 0.0]));
    }
}
