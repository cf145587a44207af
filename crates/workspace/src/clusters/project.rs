//! Groups in a plane: principal components of the features, for looking at a sample.

use gradus_grading::grade::clusters::ClustersFit;
use gradus_model::{Lang, Text};
use gradus_stats::cluster::Points;
use gradus_stats::random::Random;
use gradus_stats::symmetric::eigen;
use serde::Serialize;

/// Customers who are drawn.
const DRAWN: usize = 800;
/// The part of a feature from which on an axis is called after it.
const MUCH: f64 = 0.3;

/// Customers in a plane.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scatter {
    /// What the axes are, in words.
    pub x: Text,
    pub y: Text,
    /// The share of all differences between customers that the plane shows.
    pub kept: f64,
    /// A sample, drawn by the seed: two places, and the group from 0.
    pub points: Vec<(f64, f64, u32)>,
    /// Where the groups' centres lie.
    pub centres: Vec<(f64, f64)>,
}

/// The plane in which the customers lie farthest apart; `None` for a single feature.
pub fn scatter(points: &Points, labels: &[u32], fit: &ClustersFit, seed: u64) -> Option<Scatter> {
    let (n, d) = (points.len() as f64, points.dimensions());
    if d < 2 {
        return None;
    }
    let means: Vec<f64> = (0..d).map(|at| points.rows().map(|row| row[at]).sum::<f64>() / n).collect();
    let mut covariance = vec![0.0; d * d];
    for row in points.rows() {
        for i in 0..d {
            for j in 0..=i {
                covariance[i * d + j] += (row[i] - means[i]) * (row[j] - means[j]) / n;
            }
        }
    }
    for i in 0..d {
        for j in 0..i {
            covariance[j * d + i] = covariance[i * d + j];
        }
    }
    let found = eigen(&covariance, d);
    let mut order: Vec<usize> = (0..d).collect();
    order.sort_by(|a, b| found.values[*b].total_cmp(&found.values[*a]));
    let axis = |rank: usize| -> Vec<f64> {
        let vector = &found.vectors[order[rank] * d..(order[rank] + 1) * d];
        // A direction and its opposite are the same: the largest part points upwards.
        let largest = vector
            .iter()
            .copied()
            .fold(0.0, |best: f64, part| if part.abs() > best.abs() { part } else { best });
        vector.iter().map(|part| part * largest.signum()).collect()
    };
    let axes = [axis(0), axis(1)];
    let all: f64 = found.values.iter().map(|value| value.max(0.0)).sum();
    let share = |rank: usize| if all > 0.0 { found.values[order[rank]].max(0.0) / all } else { 0.0 };
    let along = |row: &[f64], axis: &[f64]| -> f64 {
        row.iter().zip(&means).zip(axis).map(|((x, mean), part)| (x - mean) * part).sum()
    };
    let placed = |row: &[f64]| (short(along(row, &axes[0])), short(along(row, &axes[1])));
    let mut drawn = Random::new(seed).sample(points.len(), DRAWN.min(points.len()));
    drawn.sort_unstable();
    let point = |row: &usize| {
        let (x, y) = placed(points.row(*row));
        (x, y, labels[*row])
    };
    let titles: Vec<&Text> = fit.features.iter().map(|feature| &feature.title).collect();
    Some(Scatter {
        x: called(&axes[0], share(0), &titles),
        y: called(&axes[1], share(1), &titles),
        kept: (share(0) + share(1)).min(1.0),
        points: drawn.iter().map(point).collect(),
        centres: fit.clusters.iter().map(|cluster| placed(&cluster.centre)).collect(),
    })
}

/// An axis, by the features of which it has most.
fn called(axis: &[f64], share: f64, titles: &[&Text]) -> Text {
    let mut order: Vec<usize> = (0..axis.len()).collect();
    order.sort_by(|a, b| axis[*b].abs().total_cmp(&axis[*a].abs()));
    let parts: Vec<usize> = order.into_iter().filter(|at| axis[*at].abs() >= MUCH).take(3).collect();
    let of = |lang: Lang| {
        let part =
            |at: &usize| format!("{} {}", if axis[*at] >= 0.0 { "+" } else { "−" }, titles[*at].get(lang));
        parts.iter().map(part).collect::<Vec<_>>().join(" ")
    };
    let share = crate::summary::percent(share, 0);
    Text::new(
        format!("{}（占差异的 {share}）", of(Lang::Zh)),
        format!("{} ({share} of the differences)", of(Lang::En)),
    )
}

/// Four digits are enough to be drawn.
fn short(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_grading::grade::clusters::{Alike, ClusterOptions};
    use gradus_model::Text;
    use gradus_model::document::{ClusterMethod, ClusterScale, Named};

    #[test]
    fn the_plane_shows_what_parts_customers() {
        // Two heaps along the sum of two features; the third says nothing.
        let rows = (0..40).map(|at| {
            let heap = f64::from(at % 2) * 10.0;
            Some(vec![
                heap + f64::from(at % 5) * 0.1,
                heap - f64::from(at % 3) * 0.1,
                f64::from(at % 7) * 0.01,
            ])
        });
        let alike = Alike::of(rows, 3);
        let options = ClusterOptions {
            k: Some(2),
            most: 8,
            method: ClusterMethod::KMeans,
            scale: ClusterScale::Standard,
            seed: 1,
            names: Named::default(),
            features: ["a", "b", "c"].map(Text::plain).to_vec(),
        };
        let (fit, _) = ClustersFit::learn(&alike, &options);
        let points = alike.points(&fit).unwrap();
        let placing = fit.placing();
        let labels: Vec<u32> = points.rows().map(|point| placing.of(point).0 as u32).collect();
        let plane = scatter(&points, &labels, &fit, 1).unwrap();
        assert!(plane.kept > 0.9 && plane.kept <= 1.0);
        assert_eq!(plane.x.en.matches("+").count(), 2, "both features count alike: {}", plane.x.en);
        assert_eq!(plane.points.len(), 40);
        let sides = |cluster: u32| {
            let own = plane.points.iter().filter(move |one| one.2 == cluster);
            own.map(|one| one.0 > 0.0).collect::<std::collections::BTreeSet<bool>>()
        };
        assert!(sides(0).len() == 1 && sides(1).len() == 1 && sides(0) != sides(1));
        assert_eq!((plane.centres[0].0 > 0.0), sides(0).contains(&true));
    }
}
