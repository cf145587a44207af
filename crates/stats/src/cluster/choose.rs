//! How many clusters: the silhouette, the gap statistic (Tibshirani, Walther and Hastie 2001, J. R. Stat. Soc. B 63(2))
//! and how stable the clusters are when customers are drawn anew (Hennig 2007, Comput. Stat. Data Anal. 52(1)). All
//! three are shown; the advice is the best silhouette among the stable.

use super::kmeans::{self, KMeans, Options};
use super::{Points, adjusted_rand, silhouette};
use crate::random::Random;
use crate::refusal::{Refusal, parameter};

/// What is tried, and on how many points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChoiceOptions {
    /// At least 2.
    pub from: usize,
    pub to: usize,
    pub seed: u64,
    /// With more points, everything is judged on a sample of so many.
    pub sample: usize,
    /// Points at random for the gap, that many times.
    pub n_references: usize,
    /// Samples drawn anew for the stability.
    pub n_resamples: usize,
    /// Mean agreement above which clusters count as stable.
    pub stable: f64,
}

impl ChoiceOptions {
    pub fn of(from: usize, to: usize, seed: u64) -> ChoiceOptions {
        ChoiceOptions { from, to, seed, sample: 4_000, n_references: 10, n_resamples: 20, stable: 0.75 }
    }
}

/// One number of clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    pub k: usize,
    pub inertia: f64,
    pub silhouette: f64,
    /// Mean ln inertia of points at random, less that of the data (eq. 3).
    pub gap: f64,
    /// Its simulation error s (step 3 of their 4).
    pub gap_error: f64,
    /// The mean adjusted Rand index with the clusters of samples drawn anew.
    pub stability: f64,
    /// Points in the smallest cluster.
    pub smallest: u64,
}

/// What was tried and what is advised.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub tried: Vec<Tried>,
    /// The best silhouette among the stable; among all where none is stable.
    pub advised: usize,
    /// Whether the advised clusters are stable: if not, the data may have no groups.
    pub stable: bool,
    /// The least k whose gap is at least the next one's less its error (their step 3); `None` if there is none.
    pub by_gap: Option<usize>,
    /// Points that were judged.
    pub n: usize,
}

/// Tries every k from `from` to `to`, as far as there are different points. Refuses if not even `from` is possible.
pub fn choose_k(points: &Points, options: &ChoiceOptions) -> Result<Choice, Refusal> {
    parameter(
        options.from >= 2 && options.to >= options.from,
        "the numbers of clusters",
        "from at least 2 upwards",
    )?;
    parameter(options.n_references > 0 && options.n_resamples > 0, "references and resamples", "at least 1")?;
    kmeans::enough(points, options.from)?;
    let mut random = Random::new(options.seed);
    let sample;
    let mut judged = points;
    if points.len() > options.sample {
        sample = points.only(&random.sample(points.len(), options.sample.max(options.to)));
        judged = &sample;
    }
    let distinct = judged.distinct(options.to);
    kmeans::enough(judged, options.from)?;
    let mut tried: Vec<Tried> = Vec::new();
    for k in options.from..=options.to.min(distinct) {
        let found = kmeans::fit(judged, &Options { n_starts: 5, ..Options::of(k, random.bits()) })?;
        let (gap, gap_error) = gap(judged, &found, options, &mut random)?;
        tried.push(Tried {
            k,
            inertia: found.inertia,
            silhouette: silhouette(judged, &found.labels, k, options.sample, 0)?.unwrap_or(0.0),
            gap,
            gap_error,
            stability: stability(judged, &found, options, &mut random)?,
            smallest: found.sizes.iter().copied().min().unwrap_or(0),
        });
    }
    let best = |stable: bool| {
        let among = tried.iter().filter(|one| !stable || one.stability >= options.stable);
        among.fold(None, |best: Option<&Tried>, one| match best {
            Some(best) if best.silhouette >= one.silhouette => Some(best),
            _ => Some(one),
        })
    };
    let stable = best(true);
    let advised = stable.or_else(|| best(false)).map_or(options.from, |one| one.k);
    let by_gap =
        tried.windows(2).find(|pair| pair[0].gap >= pair[1].gap - pair[1].gap_error).map(|pair| pair[0].k);
    Ok(Choice { stable: stable.is_some(), advised, by_gap, n: judged.len(), tried })
}

/// Their first kind of reference: uniform over the box of the columns.
fn gap(
    points: &Points,
    found: &KMeans,
    options: &ChoiceOptions,
    random: &mut Random,
) -> Result<(f64, f64), Refusal> {
    let (n, d) = (points.len(), points.dimensions());
    let mut bounds = vec![(f64::INFINITY, f64::NEG_INFINITY); d];
    for row in points.rows() {
        bounds.iter_mut().zip(row).for_each(|(bound, x)| *bound = (bound.0.min(*x), bound.1.max(*x)));
    }
    let mut logs = Vec::with_capacity(options.n_references);
    for _ in 0..options.n_references {
        let values: Vec<f64> = (0..n * d)
            .map(|at| bounds[at % d].0 + random.unit() * (bounds[at % d].1 - bounds[at % d].0))
            .collect();
        let uniform = Points::from_rows(values, d)?;
        let fitted =
            kmeans::fit(&uniform, &Options { n_starts: 2, ..Options::of(found.k(), random.bits()) })?;
        logs.push(fitted.inertia.max(f64::MIN_POSITIVE).ln());
    }
    let count = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / count;
    let spread = (logs.iter().map(|log| (log - mean) * (log - mean)).sum::<f64>() / count).sqrt();
    Ok((mean - found.inertia.max(f64::MIN_POSITIVE).ln(), spread * (1.0 + 1.0 / count).sqrt()))
}

/// Customers drawn with replacement are clustered; everybody then gets the nearest of those centres.
fn stability(
    points: &Points,
    found: &KMeans,
    options: &ChoiceOptions,
    random: &mut Random,
) -> Result<f64, Refusal> {
    let mut sum = 0.0;
    for _ in 0..options.n_resamples {
        let rows: Vec<usize> = (0..points.len()).map(|_| random.below(points.len())).collect();
        let drawn = points.only(&rows);
        // Too few different points were drawn: such a k is not stable.
        if drawn.distinct(found.k()) < found.k() {
            continue;
        }
        let again = kmeans::fit(&drawn, &Options { n_starts: 3, ..Options::of(found.k(), random.bits()) })?;
        sum += adjusted_rand(&found.labels, &again.assign(points))?;
    }
    Ok(sum / options.n_resamples as f64)
}
