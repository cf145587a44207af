//! How well clusters that were found stand, the whole and each of them: the silhouette, and whether they come again when
//! points are drawn anew. Of the whole by the adjusted Rand index; of each by Jaccard's similarity (points in both over points
//! in either) with the most similar cluster of the new ones (Hennig 2007, "Cluster-wise assessment of cluster stability",
//! Comput. Stat. Data Anal. 52(1), 258-271: below .6 a cluster is hardly one, from .75 it is stable).

use super::choose::{ChoiceOptions, Found};
use super::quality::{silhouette, silhouette_of_each};
use super::{Points, adjusted_rand};
use crate::random::Random;
use crate::refusal::{Refusal, lengths, parameter};

/// One cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedCluster {
    /// `None` without a point among those that were judged.
    pub silhouette: Option<f64>,
    pub stability: Option<f64>,
}

/// All clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedClusters {
    pub silhouette: f64,
    pub stability: f64,
    pub each: Vec<JudgedCluster>,
    /// Points by which they were judged.
    pub n: usize,
}

/// Judges `k` clusters by at most `options.sample` points. Refuses fewer than two clusters, and labels that are none.
pub fn judge(
    points: &Points,
    labels: &[u32],
    k: usize,
    options: &ChoiceOptions,
) -> Result<JudgedClusters, Refusal> {
    parameter(k >= 2, "the number of clusters", "at least 2")?;
    parameter(options.n_resamples > 0, "resamples", "at least 1")?;
    lengths("the labels", points.len(), labels.len())?;
    let mut random = Random::new(options.seed);
    let (sample, sampled);
    let (mut judged, mut labels) = (points, labels);
    if points.len() > options.sample {
        let rows = random.sample(points.len(), options.sample);
        sample = points.only(&rows);
        sampled = rows.iter().map(|row| labels[*row]).collect::<Vec<u32>>();
        (judged, labels) = (&sample, &sampled);
    }
    let whole = silhouette(judged, labels, k, options.sample, 0)?.unwrap_or(0.0);
    let silhouettes = silhouette_of_each(judged, labels, k, options.sample, 0)?;
    let mut sizes = vec![0u64; k];
    labels.iter().for_each(|label| sizes[*label as usize] += 1);
    let (mut agreement, mut similarity) = (0.0, vec![0.0; k]);
    for _ in 0..options.n_resamples {
        let rows: Vec<usize> = (0..judged.len()).map(|_| random.below(judged.len())).collect();
        let drawn = judged.only(&rows);
        // Too few different points were drawn, or a shape is flat: such clusters do not come again.
        if drawn.distinct(k) < k {
            continue;
        }
        let Ok(again) = Found::fit(&drawn, k, options.grouping, 3, random.bits()) else { continue };
        let again = again.assign(judged);
        agreement += adjusted_rand(labels, &again)?;
        for (sum, own) in similarity.iter_mut().zip(most_similar(labels, &again, &sizes)) {
            *sum += own;
        }
    }
    let n = options.n_resamples as f64;
    let each = silhouettes.into_iter().zip(similarity).zip(&sizes).map(|((silhouette, sum), size)| {
        JudgedCluster { silhouette, stability: (*size > 0).then(|| sum / n) }
    });
    Ok(JudgedClusters { silhouette: whole, stability: agreement / n, each: each.collect(), n: judged.len() })
}

/// Of each cluster the greatest similarity that one of the others has.
fn most_similar(labels: &[u32], again: &[u32], sizes: &[u64]) -> Vec<f64> {
    let k = sizes.len();
    let (mut both, mut others) = (vec![0u64; k * k], vec![0u64; k]);
    for (own, other) in labels.iter().zip(again) {
        both[*own as usize * k + *other as usize] += 1;
        others[*other as usize] += 1;
    }
    let similar = |own: usize, other: usize| {
        let shared = both[own * k + other];
        let either = sizes[own] + others[other] - shared;
        if either > 0 { shared as f64 / either as f64 } else { 0.0 }
    };
    (0..k).map(|own| (0..k).map(|other| similar(own, other)).fold(0.0, f64::max)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_apart_stands_and_two_halves_of_one_do_not() {
        let mut random = Random::new(3);
        let mut values = Vec::new();
        let mut labels = Vec::new();
        for at in 0..300 {
            let (x, label) = match at % 3 {
                // One far away; and one round cloud that was cut in two.
                0 => (40.0 + random.normal(), 2),
                _ => (random.normal(), 0),
            };
            let y = random.normal();
            labels.push(if label == 0 && x < 0.0 { 1 } else { label });
            values.extend([x, y]);
        }
        let points = Points::from_rows(values, 2).unwrap();
        let found = judge(&points, &labels, 3, &ChoiceOptions::of(3, 3, 7)).unwrap();
        assert_eq!(found.n, 300);
        let of = |at: usize| (found.each[at].silhouette.unwrap(), found.each[at].stability.unwrap());
        assert!(of(2).0 > 0.9 && of(2).1 > 0.9, "{found:?}");
        assert!(of(0).1 < of(2).1 - 0.05 && of(1).1 < of(2).1 - 0.05, "{found:?}");
        assert!(of(0).0 < 0.6 && of(1).0 < 0.6, "{found:?}");
        // The whole is the mean of all points.
        let mean: f64 = labels.iter().map(|label| of(*label as usize).0).sum::<f64>() / 300.0;
        assert!((found.silhouette - mean).abs() < 1e-9, "{found:?}");
        // The same again.
        assert_eq!(judge(&points, &labels, 3, &ChoiceOptions::of(3, 3, 7)).unwrap(), found);
        // On a sample.
        let few = judge(&points, &labels, 3, &ChoiceOptions { sample: 60, ..ChoiceOptions::of(3, 3, 7) });
        assert_eq!(few.unwrap().n, 60);
        assert!(judge(&points, &labels, 1, &ChoiceOptions::of(2, 2, 7)).is_err());
        assert!(judge(&points, &labels[1..], 3, &ChoiceOptions::of(3, 3, 7)).is_err());
    }

    #[test]
    fn similarity_is_what_both_have_over_what_either_has() {
        // The first cluster {0,1,2} is most similar to {0,1}: 2 of 3; the second {3,4} to {2,3,4}: 2 of 3.
        assert_eq!(most_similar(&[0, 0, 0, 1, 1], &[1, 1, 0, 0, 0], &[3, 2]), [2.0 / 3.0, 2.0 / 3.0]);
    }
}
