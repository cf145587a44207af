//! How far two groupings of the same points agree.

use std::collections::BTreeMap;

use crate::refusal::{Refusal, lengths};

/// The adjusted Rand index (Hubert and Arabie 1985, J. Classif. 2, eq. 5): 1 for the same groups whatever their
/// names, 0 on average for chance. Two groupings of one group each, or of all alone each, agree.
///
/// ```
/// use gradus_stats::cluster::adjusted_rand;
/// assert_eq!(adjusted_rand(&[0, 0, 1, 1], &[7, 7, 3, 3]), Ok(1.0));
/// ```
pub fn adjusted_rand(first: &[u32], second: &[u32]) -> Result<f64, Refusal> {
    lengths("the labels", first.len(), second.len())?;
    if first.is_empty() {
        return Err(Refusal::Empty);
    }
    let (mut both, mut rows, mut columns) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (a, b) in first.iter().zip(second) {
        *both.entry((a, b)).or_insert(0.0) += 1.0;
        *rows.entry(a).or_insert(0.0) += 1.0;
        *columns.entry(b).or_insert(0.0) += 1.0;
    }
    let pairs = |n: f64| n * (n - 1.0) / 2.0;
    let together: f64 = both.values().map(|n| pairs(*n)).sum();
    let (of_rows, of_columns): (f64, f64) =
        (rows.values().map(|n| pairs(*n)).sum(), columns.values().map(|n| pairs(*n)).sum());
    let expected = of_rows * of_columns / pairs(first.len() as f64);
    let most = (of_rows + of_columns) / 2.0;
    // Also where there is only one pair, or none.
    if expected.is_nan() || most == expected {
        Ok(1.0)
    } else {
        Ok((together - expected) / (most - expected))
    }
}
