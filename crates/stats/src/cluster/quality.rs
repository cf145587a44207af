//! How well groups are apart, by three indices as scikit-learn defines them.

use super::{Points, squared_distance};
use crate::random::Random;
use crate::refusal::{Refusal, lengths, parameter};

fn check(points: &Points, labels: &[u32], k: usize) -> Result<(), Refusal> {
    lengths("the labels", points.len(), labels.len())?;
    parameter(labels.iter().all(|label| (*label as usize) < k), "a label", "below the number of clusters")
}

/// The mean silhouette (Rousseeuw 1987, J. Comput. Appl. Math. 20): (b - a)/max(a, b) of the mean distances to the
/// own cluster and to the nearest other; 0 for a point alone. With more points than `sample`, it is that of so many
/// drawn by `seed`, measured among themselves. `None` where fewer than two clusters have points.
pub fn silhouette(
    points: &Points,
    labels: &[u32],
    k: usize,
    sample: usize,
    seed: u64,
) -> Result<Option<f64>, Refusal> {
    let all = silhouettes(points, labels, k, sample, seed)?;
    Ok(all.map(|all| all.iter().map(|(_, own)| own).sum::<f64>() / all.len() as f64))
}

/// The mean silhouette of the points of each cluster, measured as [`silhouette`] is; `None` for a cluster without a
/// point among those that were measured, and for all where fewer than two clusters have points.
pub fn silhouette_of_each(
    points: &Points,
    labels: &[u32],
    k: usize,
    sample: usize,
    seed: u64,
) -> Result<Vec<Option<f64>>, Refusal> {
    let (mut sums, mut counts) = (vec![0.0; k], vec![0.0; k]);
    for (label, own) in silhouettes(points, labels, k, sample, seed)?.unwrap_or_default() {
        sums[label as usize] += own;
        counts[label as usize] += 1.0;
    }
    Ok(sums.iter().zip(&counts).map(|(sum, count)| (*count > 0.0).then(|| sum / count)).collect())
}

/// The cluster and the silhouette of each point that is measured.
fn silhouettes(
    points: &Points,
    labels: &[u32],
    k: usize,
    sample: usize,
    seed: u64,
) -> Result<Option<Vec<(u32, f64)>>, Refusal> {
    check(points, labels, k)?;
    let rows = Random::new(seed).sample(points.len(), sample);
    let mut sizes = vec![0.0; k];
    rows.iter().for_each(|row| sizes[labels[*row] as usize] += 1.0);
    if sizes.iter().filter(|size| **size > 0.0).count() < 2 {
        return Ok(None);
    }
    // Each distance serves both of its ends.
    let mut sums = vec![0.0; rows.len() * k];
    for (a, row) in rows.iter().enumerate() {
        for (b, other) in rows.iter().enumerate().take(a) {
            let distance = squared_distance(points.row(*row), points.row(*other)).sqrt();
            sums[a * k + labels[*other] as usize] += distance;
            sums[b * k + labels[*row] as usize] += distance;
        }
    }
    let one = |(at, row): (usize, &usize)| {
        let own = labels[*row] as usize;
        if sizes[own] <= 1.0 {
            return 0.0;
        }
        let inside = sums[at * k + own] / (sizes[own] - 1.0);
        let outside = (0..k)
            .filter(|label| *label != own && sizes[*label] > 0.0)
            .map(|label| sums[at * k + label] / sizes[label])
            .fold(f64::INFINITY, f64::min);
        let most = inside.max(outside);
        if most > 0.0 { (outside - inside) / most } else { 0.0 }
    };
    let of = |(at, row): (usize, &usize)| (labels[*row], one((at, row)));
    Ok(Some(rows.iter().enumerate().map(of).collect()))
}

/// Centres, sizes and the sum of squares within each group.
struct Groups {
    centres: Vec<Vec<f64>>,
    sizes: Vec<f64>,
    within: Vec<f64>,
    /// The mean distance (not squared) to the centre.
    spread: Vec<f64>,
    between: f64,
}

fn groups(points: &Points, labels: &[u32], k: usize) -> Groups {
    let d = points.dimensions();
    let (mut centres, mut sizes) = (vec![vec![0.0; d]; k], vec![0.0; k]);
    for (row, label) in points.rows().zip(labels) {
        sizes[*label as usize] += 1.0;
        centres[*label as usize].iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    let n = points.len() as f64;
    let middle: Vec<f64> = (0..d).map(|at| centres.iter().map(|sum| sum[at]).sum::<f64>() / n).collect();
    centres.iter_mut().zip(&sizes).for_each(|(centre, size)| centre.iter_mut().for_each(|sum| *sum /= size));
    let (mut within, mut spread) = (vec![0.0; k], vec![0.0; k]);
    for (row, label) in points.rows().zip(labels) {
        let squared = squared_distance(row, &centres[*label as usize]);
        within[*label as usize] += squared;
        spread[*label as usize] += squared.sqrt();
    }
    spread.iter_mut().zip(&sizes).for_each(|(spread, size)| *spread /= size);
    let filled = (0..k).filter(|label| sizes[*label] > 0.0);
    let between = filled.map(|label| sizes[label] * squared_distance(&centres[label], &middle)).sum();
    Groups { centres, sizes, within, spread, between }
}

/// (between/(k-1)) / (within/(n-k)) (Caliński and Harabasz 1974, Commun. Stat. 3(1)). `None` unless there are at
/// least two groups and more points than groups.
pub fn calinski_harabasz(points: &Points, labels: &[u32], k: usize) -> Result<Option<f64>, Refusal> {
    check(points, labels, k)?;
    let groups = groups(points, labels, k);
    let filled = groups.sizes.iter().filter(|size| **size > 0.0).count() as f64;
    let n = points.len() as f64;
    let within: f64 = groups.within.iter().sum();
    let defined = filled >= 2.0 && n > filled && within > 0.0;
    Ok(defined.then(|| groups.between * (n - filled) / (within * (filled - 1.0))))
}

/// The mean over groups of the worst (spread + spread)/distance (Davies and Bouldin 1979, IEEE PAMI 1(2)); less is
/// better. `None` with fewer than two groups.
pub fn davies_bouldin(points: &Points, labels: &[u32], k: usize) -> Result<Option<f64>, Refusal> {
    check(points, labels, k)?;
    let groups = groups(points, labels, k);
    let filled: Vec<usize> = (0..k).filter(|label| groups.sizes[*label] > 0.0).collect();
    if filled.len() < 2 {
        return Ok(None);
    }
    let worst = |a: usize| {
        let others = filled.iter().filter(|b| **b != a);
        let ratio = |b: &usize| {
            let distance = squared_distance(&groups.centres[a], &groups.centres[*b]).sqrt();
            (groups.spread[a] + groups.spread[*b]) / distance
        };
        others.map(ratio).fold(0.0, f64::max)
    };
    Ok(Some(filled.iter().map(|a| worst(*a)).sum::<f64>() / filled.len() as f64))
}
