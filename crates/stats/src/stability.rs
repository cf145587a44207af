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
