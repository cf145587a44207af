//! k-means in small batches (Sculley 2010, WWW, algorithm 1): each centre moves towards its new points by one over how
//! many it has seen. For data that are too many to be gone through again and again; a little worse than all rounds.

use super::assign::Centres;
use super::kmeans::enough;
use super::{KMeans, Points, seeding, squared_distance};
use crate::random::Random;
use crate::refusal::{Refusal, parameter};

/// How to go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MiniBatch {
    pub k: usize,
    pub seed: u64,
    pub batch: usize,
    pub steps: usize,
    /// Points among which the start is sought.
    pub sample: usize,
}

impl MiniBatch {
    pub fn of(k: usize, seed: u64) -> MiniBatch {
        MiniBatch { k, seed, batch: 1024, steps: 200, sample: 10_000 }
    }
}

/// Centres by batches, then every point's nearest. The status is not converged: batches never rest.
pub fn fit_mini_batch(points: &Points, options: &MiniBatch) -> Result<KMeans, Refusal> {
    parameter(options.batch > 0 && options.steps > 0, "batch and steps", "at least 1")?;
    enough(points, options.k)?;
    let (n, d) = (points.len(), points.dimensions());
    let mut random = Random::new(options.seed);
    let sample = points.only(&random.sample(n, options.sample.max(options.k)));
    let from = if sample.distinct(options.k) == options.k { &sample } else { points };
    let mut centres = seeding::plus_plus(from, options.k, &mut random);
    let mut seen = vec![0.0; options.k];
    for _ in 0..options.steps {
        let rows: Vec<usize> = (0..options.batch).map(|_| random.below(n)).collect();
        let layout = Centres::new(&centres, d);
        let labels: Vec<usize> =
            rows.iter().map(|row| layout.nearest(points.row(*row)).label as usize).collect();
        for (row, label) in rows.into_iter().zip(labels) {
            seen[label] += 1.0;
            let centre = &mut centres[label * d..(label + 1) * d];
            centre
                .iter_mut()
                .zip(points.row(row))
                .for_each(|(centre, x)| *centre += (x - *centre) / seen[label]);
        }
    }
    let layout = Centres::new(&centres, d);
    let labels: Vec<u32> = points.rows().map(|row| layout.nearest(row).label).collect();
    let mut sizes = vec![0; options.k];
    labels.iter().for_each(|label| sizes[*label as usize] += 1);
    let own = |label: u32| &centres[label as usize * d..(label as usize + 1) * d];
    let inertia = points.rows().zip(&labels).map(|(row, label)| squared_distance(row, own(*label))).sum();
    Ok(KMeans { dimensions: d, labels, sizes, inertia, rounds: options.steps, converged: false, centres })
}
