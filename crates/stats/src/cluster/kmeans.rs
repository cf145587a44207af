//! k-means by Lloyd's algorithm (Lloyd 1982, IEEE Trans. Inf. Theory 28(2)), with Hamerly's bounds (Hamerly 2010, SIAM
//! Data Mining, algorithm 1): distances that cannot change a label are not measured, the result is that of measuring
//! all. Ties go to the lowest cluster. A cluster that runs empty takes the point farthest from its own centre.

use super::assign::Centres;
use super::{Points, seeding, squared_distance};
use crate::random::Random;
use crate::refusal::{Refusal, parameter};

/// Bounds are square roots: two that differ by less than this are measured.
const SLACK: f64 = 1e-10;

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    pub k: usize,
    pub seed: u64,
    /// Starts, of which the best is kept.
    pub n_starts: usize,
    /// With more points than this, the starts are compared on a sample of so many, and the best goes on with all.
    pub sample: usize,
    pub max_rounds: usize,
    /// It rests when the centres move by less, in squares, than this share of the columns' mean variance; 0: when no
    /// point changes its cluster.
    pub tolerance: f64,
}

impl Options {
    /// Ten starts, a sample of 20,000, and the tolerance that is usual (1e-4).
    pub fn of(k: usize, seed: u64) -> Options {
        Options { k, seed, n_starts: 10, sample: 20_000, max_rounds: 300, tolerance: 1e-4 }
    }
}

/// Clusters and their centres.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeans {
    /// One centre after the other.
    pub centres: Vec<f64>,
    pub dimensions: usize,
    pub labels: Vec<u32>,
    pub sizes: Vec<u64>,
    /// The sum of the squared distances to the own centre.
    pub inertia: f64,
    /// Rounds of assigning all points.
    pub rounds: usize,
    /// False if the rounds ran out.
    pub converged: bool,
}

impl KMeans {
    pub fn k(&self) -> usize {
        self.sizes.len()
    }

    pub fn centre(&self, label: usize) -> &[f64] {
        &self.centres[label * self.dimensions..(label + 1) * self.dimensions]
    }

    /// The cluster of a point, brought to the scale of the fit.
    pub fn nearest(&self, point: &[f64]) -> u32 {
        let distances =
            self.centres.chunks_exact(self.dimensions).map(|centre| squared_distance(point, centre));
        let best =
            distances.enumerate().fold((0, f64::INFINITY), |b, (at, d)| if d < b.1 { (at, d) } else { b });
        best.0 as u32
    }

    /// The clusters of many points.
    pub fn assign(&self, points: &Points) -> Vec<u32> {
        let centres = Centres::new(&self.centres, self.dimensions);
        points.rows().map(|row| centres.nearest(row).label).collect()
    }
}

/// The best of several starts by k-means++.
///
/// ```
/// use gradus_stats::cluster::{Options, Points, fit};
/// let points = Points::from_rows(vec![0.0, 0.1, 9.0, 9.2], 1)?;
/// let found = fit(&points, &Options::of(2, 1))?;
/// assert_eq!(found.sizes, [2, 2]);
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn fit(points: &Points, options: &Options) -> Result<KMeans, Refusal> {
    parameter(options.n_starts > 0, "the number of starts", "at least 1")?;
    enough(points, options.k)?;
    let mut random = Random::new(options.seed);
    if points.len() > options.sample.max(options.k) {
        let sample = points.only(&random.sample(points.len(), options.sample.max(options.k)));
        if sample.distinct(options.k) == options.k {
            let best = best_start(&sample, options, &mut random)?;
            return fit_from(points, &best.centres, options);
        }
    }
    best_start(points, options, &mut random)
}

pub(super) fn enough(points: &Points, k: usize) -> Result<(), Refusal> {
    parameter(k > 0, "the number of clusters", "at least 1")?;
    let distinct = points.distinct(k);
    if distinct < k { Err(Refusal::TooFewDistinct { wanted: k, distinct }) } else { Ok(()) }
}

fn best_start(points: &Points, options: &Options, random: &mut Random) -> Result<KMeans, Refusal> {
    let mut best = fit_from(points, &seeding::plus_plus(points, options.k, random), options)?;
    for _ in 1..options.n_starts {
        let next = fit_from(points, &seeding::plus_plus(points, options.k, random), options)?;
        if next.inertia < best.inertia {
            best = next;
        }
    }
    Ok(best)
}

/// From given centres: fully determined. `options.k`, seed and starts do not matter.
pub fn fit_from(points: &Points, start: &[f64], options: &Options) -> Result<KMeans, Refusal> {
    let d = points.dimensions();
    parameter(!start.is_empty() && start.len().is_multiple_of(d), "the centres", "as wide as the points")?;
    parameter(options.max_rounds > 0, "the rounds", "at least 1")?;
    parameter(options.tolerance >= 0.0, "the tolerance", "at least 0")?;
    enough(points, start.len() / d)?;
    let mut search = Search::new(points, start);
    let limit = options.tolerance * mean_variance(points);
    let (mut rounds, mut converged) = (0, false);
    while rounds < options.max_rounds {
        let mut changed = search.assign();
        rounds += 1;
        changed |= search.fill_empty();
        if !changed {
            converged = true;
            break;
        }
        let moved = search.update();
        if moved <= limit && limit > 0.0 {
            // Labels belong to these centres, not to those before.
            search.assign();
            converged = true;
            break;
        }
    }
    if !converged {
        search.assign();
    }
    let inertia = points
        .rows()
        .zip(&search.labels)
        .map(|(row, label)| {
            squared_distance(row, &search.centres[*label as usize * d..(*label as usize + 1) * d])
        })
        .sum();
    let sizes = search.counts.clone();
    Ok(KMeans {
        centres: search.centres,
        dimensions: d,
        labels: search.labels,
        sizes,
        inertia,
        rounds,
        converged,
    })
}

fn mean_variance(points: &Points) -> f64 {
    let (n, d) = (points.len() as f64, points.dimensions());
    let mut means = vec![0.0; d];
    points.rows().for_each(|row| means.iter_mut().zip(row).for_each(|(mean, x)| *mean += x / n));
    points.rows().map(|row| squared_distance(row, &means)).sum::<f64>() / n / d as f64
}

/// What one search remembers.
struct Search<'a> {
    points: &'a Points,
    centres: Vec<f64>,
    labels: Vec<u32>,
    /// At least the distance to the own centre, at most that to any other.
    upper: Vec<f64>,
    lower: Vec<f64>,
    /// How far each centre moved since the bounds were right.
    moved: Vec<f64>,
    sums: Vec<f64>,
    counts: Vec<u64>,
    first: bool,
}

impl<'a> Search<'a> {
    fn new(points: &'a Points, start: &[f64]) -> Search<'a> {
        let (n, k) = (points.len(), start.len() / points.dimensions());
        Search {
            points,
            centres: start.to_vec(),
            labels: vec![0; n],
            upper: vec![f64::INFINITY; n],
            lower: vec![0.0; n],
            moved: vec![0.0; k],
            sums: vec![0.0; start.len()],
            counts: vec![0; k],
            first: true,
        }
    }

    /// Gives every point its nearest centre and adds the points up; whether a label changed.
    fn assign(&mut self) -> bool {
        let d = self.points.dimensions();
        let layout = Centres::new(&self.centres, d);
        let half_gap = half_gaps(&self.centres, d);
        let (mut farthest, mut second) = ((0, 0.0f64), 0.0f64);
        for (label, moved) in self.moved.iter().enumerate() {
            if *moved > farthest.1 {
                (second, farthest) = (farthest.1, (label, *moved));
            } else {
                second = second.max(*moved);
            }
        }
        let mut changed = self.first;
        self.sums.fill(0.0);
        self.counts.fill(0);
        for (row, point) in self.points.rows().enumerate() {
            let own = self.labels[row] as usize;
            let mut upper = self.upper[row] + self.moved[own];
            let mut lower = self.lower[row] - if own == farthest.0 { second } else { farthest.1 };
            let near = half_gap[own].max(lower) * (1.0 - SLACK);
            if upper >= near {
                upper = squared_distance(point, &self.centres[own * d..(own + 1) * d]).sqrt();
                if upper >= near {
                    let nearest = layout.nearest(point);
                    changed |= nearest.label != self.labels[row];
                    self.labels[row] = nearest.label;
                    (upper, lower) = (nearest.squared.sqrt(), nearest.next_squared.sqrt());
                }
            }
            (self.upper[row], self.lower[row]) = (upper, lower);
            let label = self.labels[row] as usize;
            self.counts[label] += 1;
            self.sums[label * d..(label + 1) * d].iter_mut().zip(point).for_each(|(sum, x)| *sum += x);
        }
        self.moved.fill(0.0);
        self.first = false;
        changed
    }

    /// Gives every empty cluster the point farthest from its centre, out of a cluster that keeps another.
    fn fill_empty(&mut self) -> bool {
        let d = self.points.dimensions();
        let mut filled = false;
        for empty in 0..self.counts.len() {
            if self.counts[empty] > 0 {
                continue;
            }
            let mut farthest: Option<(usize, f64)> = None;
            for (row, point) in self.points.rows().enumerate() {
                let own = self.labels[row] as usize;
                let distance = squared_distance(point, &self.centres[own * d..(own + 1) * d]);
                if self.counts[own] > 1 && farthest.is_none_or(|farthest| distance > farthest.1) {
                    farthest = Some((row, distance));
                }
            }
            let Some((row, _)) = farthest else { continue };
            let (own, point) = (self.labels[row] as usize, self.points.row(row));
            for (at, x) in point.iter().enumerate() {
                self.sums[own * d + at] -= x;
                self.sums[empty * d + at] = *x;
            }
            self.counts[own] -= 1;
            self.counts[empty] = 1;
            self.labels[row] = empty as u32;
            (self.upper[row], self.lower[row]) = (f64::INFINITY, 0.0);
            filled = true;
        }
        filled
    }

    /// Every centre becomes its points' mean; the sum of the squared ways.
    fn update(&mut self) -> f64 {
        let d = self.points.dimensions();
        let mut total = 0.0;
        for (label, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let mut squared = 0.0;
            for at in label * d..(label + 1) * d {
                let next = self.sums[at] / *count as f64;
                squared += (next - self.centres[at]) * (next - self.centres[at]);
                self.centres[at] = next;
            }
            self.moved[label] = squared.sqrt();
            total += squared;
        }
        total
    }
}

/// Half the distance of each centre to its nearest other: a point nearer than that is nobody else's.
fn half_gaps(centres: &[f64], d: usize) -> Vec<f64> {
    let k = centres.len() / d;
    let centre = |label: usize| &centres[label * d..(label + 1) * d];
    (0..k)
        .map(|a| {
            let others = (0..k).filter(|b| *b != a).map(|b| squared_distance(centre(a), centre(b)));
            0.5 * others.fold(f64::INFINITY, f64::min).sqrt()
        })
        .collect()
}
