//! Where to start: greedy k-means++ (Arthur and Vassilvitskii 2007, SODA; the greedy form, with 2 + ln k candidates
//! for each centre, is that of their section 5).

use super::{Points, squared_distance};
use crate::random::Random;

/// `k` centres among the points, which must have as many different rows.
pub(super) fn plus_plus(points: &Points, k: usize, random: &mut Random) -> Vec<f64> {
    let n = points.len();
    let trials = 2 + (k as f64).ln() as usize;
    let mut centres = points.row(random.below(n)).to_vec();
    let mut nearest: Vec<f64> = points.rows().map(|row| squared_distance(row, &centres)).collect();
    let mut total: f64 = nearest.iter().sum();
    for _ in 1..k {
        let mut best: Option<(f64, Vec<f64>, usize)> = None;
        for _ in 0..trials {
            let candidate = draw(&nearest, random.unit() * total);
            let centre = points.row(candidate);
            let after: Vec<f64> = points
                .rows()
                .zip(&nearest)
                .map(|(row, known)| known.min(squared_distance(row, centre)))
                .collect();
            let potential: f64 = after.iter().sum();
            if best.as_ref().is_none_or(|best| potential < best.0) {
                best = Some((potential, after, candidate));
            }
        }
        if let Some((potential, after, candidate)) = best {
            (total, nearest) = (potential, after);
            centres.extend_from_slice(points.row(candidate));
        }
    }
    centres
}

/// The first point up to which the distances add up to more than `target`; never one that is a centre already.
fn draw(nearest: &[f64], target: f64) -> usize {
    let mut sum = 0.0;
    let mut last = 0;
    for (at, distance) in nearest.iter().enumerate().filter(|(_, distance)| **distance > 0.0) {
        sum += distance;
        last = at;
        if sum > target {
            break;
        }
    }
    last
}
