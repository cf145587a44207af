//! What is typical of a cluster: on which columns its customers differ most from all others, in standard deviations
//! of everybody (a standardised mean difference, Cohen 1988, Statistical Power Analysis, 2.2). The words are others'.

use crate::refusal::{Refusal, lengths, parameter};

/// One column, as a cluster has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Typical {
    pub column: usize,
    /// In the column's own unit; no number if nobody there has a value.
    pub mean: f64,
    pub others: f64,
    /// (mean - others) / standard deviation of all; 0 where nothing can be compared.
    pub difference: f64,
}

/// One cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    pub n: u64,
    pub share: f64,
    /// All columns, the greatest difference first; equal ones in the order of the columns.
    pub typical: Vec<Typical>,
}

/// The profiles of `k` clusters on columns in their own units; what is not finite is left out of its column.
///
/// ```
/// use gradus_stats::cluster::profiles;
/// let found = profiles(&[&[1.0, 1.0, 5.0], &[2.0, 9.0, 2.0]], &[0, 0, 1], 2)?;
/// assert_eq!(found[1].typical[0].column, 0);
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn profiles(columns: &[&[f64]], labels: &[u32], k: usize) -> Result<Vec<Profile>, Refusal> {
    if labels.is_empty() {
        return Err(Refusal::Empty);
    }
    parameter(labels.iter().all(|label| (*label as usize) < k), "a label", "below the number of clusters")?;
    let mut out: Vec<Profile> = (0..k)
        .map(|label| {
            let n = labels.iter().filter(|own| **own as usize == label).count();
            Profile { n: n as u64, share: n as f64 / labels.len() as f64, typical: Vec::new() }
        })
        .collect();
    for (column, values) in columns.iter().enumerate() {
        lengths("a column", labels.len(), values.len())?;
        let (mut sums, mut counts) = (vec![0.0; k], vec![0.0; k]);
        let known = || values.iter().zip(labels).filter(|(value, _)| value.is_finite());
        for (value, label) in known() {
            sums[*label as usize] += value;
            counts[*label as usize] += 1.0;
        }
        let (sum, n): (f64, f64) = (sums.iter().sum(), counts.iter().sum());
        let mean = sum / n;
        let spread = (known().map(|(value, _)| (value - mean) * (value - mean)).sum::<f64>() / n).sqrt();
        for (label, profile) in out.iter_mut().enumerate() {
            let own = sums[label] / counts[label];
            let others = (sum - sums[label]) / (n - counts[label]);
            let difference = (own - others) / spread;
            let difference = if difference.is_finite() { difference } else { 0.0 };
            profile.typical.push(Typical { column, mean: own, others, difference });
        }
    }
    for profile in &mut out {
        profile.typical.sort_by(|a, b| b.difference.abs().total_cmp(&a.difference.abs()));
    }
    Ok(out)
}
