//! How many clusters. Of centres: the silhouette, the gap statistic (Tibshirani, Walther and Hastie 2001, J. R. Stat. Soc.
//! B 63(2)), which begins at one cluster, and how stable the clusters are when customers are drawn anew (Hennig 2007, Comput.
//! Stat. Data Anal. 52(1)); all three are shown, the advice is the best silhouette among the stable. Of mixtures: the BIC
//! (Schwarz 1978, Ann. Stat. 6(2); Fraley and Raftery 2002, J. Am. Stat. Assoc. 97), and silhouette and stability of the
//! groups that the mixture itself gives; the advice is the least BIC.

use super::kmeans::{self, Options};
use super::mixture::{Covariance, Mixture, MixtureOptions, fit_mixture, memberships};
use super::{Points, adjusted_rand, silhouette, squared_distance};
use crate::random::Random;
use crate::refusal::{Refusal, parameter};

/// Rounds of the mixtures that are only judged, and when they rest: figures need no more.
const JUDGED_ROUNDS: usize = 60;
const JUDGED_TOLERANCE: f64 = 1e-4;
/// Other references for one cluster than for any other number.
const ONE: u64 = 0x0001_0001;

/// How groups are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    #[default]
    Centres,
    Shapes(Covariance),
}

/// What is tried, and on how many points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChoiceOptions {
    pub grouping: Grouping,
    /// At least 2; one cluster is always held against them.
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
        ChoiceOptions {
            grouping: Grouping::Centres,
            from,
            to,
            seed,
            sample: 4_000,
            n_references: 10,
            n_resamples: 20,
            stable: 0.75,
        }
    }
}

/// Mean ln inertia of points at random, less that of the data (eq. 3), with its simulation error s (step 3 of their 4).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    pub value: f64,
    pub error: f64,
}

/// One number of clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    pub k: usize,
    pub inertia: f64,
    pub silhouette: f64,
    /// Of centres only.
    pub gap: Option<Gap>,
    /// Of mixtures only; the less, the better.
    pub bic: Option<f64>,
    /// The mean adjusted Rand index with the clusters of samples drawn anew.
    pub stability: f64,
    /// Points in the smallest cluster.
    pub smallest: u64,
}

/// What was tried and what is advised.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub tried: Vec<Tried>,
    /// Of centres the best silhouette among the stable, or among all where none is stable; of mixtures the least BIC. At
    /// least `from`: whether the data have groups at all is said by `by_gap`, `by_bic` and `stable`.
    pub advised: usize,
    /// Whether the advised clusters are stable: if not, the data may have no groups.
    pub stable: bool,
    /// The least k, from 1 on, whose gap is at least the next one's less its error (their step 3); `None` if there is none.
    pub by_gap: Option<usize>,
    /// The k, from 1 on, with the least BIC; of mixtures only.
    pub by_bic: Option<usize>,
    /// Of one cluster.
    pub gap_of_one: Option<Gap>,
    pub bic_of_one: Option<f64>,
    /// Points that were judged.
    pub n: usize,
}

/// Groups of the judged points, and how others would fall into them.
pub(super) enum Found {
    Centres(kmeans::KMeans),
    Shapes(Mixture),
}

impl Found {
    pub(super) fn fit(
        points: &Points,
        k: usize,
        grouping: Grouping,
        n_starts: usize,
        seed: u64,
    ) -> Result<Found, Refusal> {
        match grouping {
            Grouping::Centres => {
                kmeans::fit(points, &Options { n_starts, ..Options::of(k, seed) }).map(Found::Centres)
            }
            Grouping::Shapes(covariance) => {
                let options = MixtureOptions {
                    max_rounds: JUDGED_ROUNDS,
                    tolerance: JUDGED_TOLERANCE,
                    ..MixtureOptions::of(k, covariance, seed)
                };
                fit_mixture(points, &options).map(Found::Shapes)
            }
        }
    }

    fn labels(&self) -> &[u32] {
        match self {
            Found::Centres(found) => &found.labels,
            Found::Shapes(found) => &found.labels,
        }
    }

    pub(super) fn assign(&self, points: &Points) -> Vec<u32> {
        match self {
            Found::Centres(found) => found.assign(points),
            Found::Shapes(found) => {
                let best = |point: &[f64]| {
                    let shares = memberships(&found.components, point).into_iter().enumerate();
                    shares.fold((0, f64::NEG_INFINITY), |b, (at, s)| if s > b.1 { (at, s) } else { b }).0
                        as u32
                };
                points.rows().map(best).collect()
            }
        }
    }

    fn bic(&self) -> Option<f64> {
        match self {
            Found::Centres(_) => None,
            Found::Shapes(found) => Some(found.bic()),
        }
    }
}

/// The sum of squared distances to the mean of the own group, and how many are in each.
fn within(points: &Points, labels: &[u32], k: usize) -> (f64, Vec<u64>) {
    let d = points.dimensions();
    let (mut centres, mut sizes) = (vec![0.0; k * d], vec![0u64; k]);
    for (row, label) in points.rows().zip(labels) {
        let label = *label as usize;
        sizes[label] += 1;
        centres[label * d..(label + 1) * d].iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    for (centre, size) in centres.chunks_exact_mut(d).zip(&sizes) {
        centre.iter_mut().for_each(|sum| *sum /= (*size).max(1) as f64);
    }
    let of = |(row, label): (&[f64], &u32)| {
        let label = *label as usize;
        squared_distance(row, &centres[label * d..(label + 1) * d])
    };
    (points.rows().zip(labels).map(of).sum(), sizes)
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
    let is_centres = options.grouping == Grouping::Centres;
    let mut tried: Vec<Tried> = Vec::new();
    for k in options.from..=options.to.min(distinct) {
        let found = match Found::fit(judged, k, options.grouping, 5, random.bits()) {
            Ok(found) => found,
            // Shapes that are flat: fewer of them may be had.
            Err(refusal) if tried.is_empty() => return Err(refusal),
            Err(_) => break,
        };
        let (inertia, sizes) = match &found {
            Found::Centres(found) => (found.inertia, found.sizes.clone()),
            Found::Shapes(found) => within(judged, &found.labels, k),
        };
        tried.push(Tried {
            k,
            inertia,
            silhouette: silhouette(judged, found.labels(), k, options.sample, 0)?.unwrap_or(0.0),
            gap: is_centres.then(|| gap(judged, k, inertia, options, &mut random)).transpose()?,
            bic: found.bic(),
            stability: stability(judged, k, found.labels(), options, &mut random)?,
            smallest: sizes.iter().copied().min().unwrap_or(0),
        });
    }
    let best = |stable: bool| {
        let among = tried.iter().filter(|one| !stable || one.stability >= options.stable);
        among.fold(None, |best: Option<&Tried>, one| match best {
            Some(best) if best.silhouette >= one.silhouette => Some(best),
            _ => Some(one),
        })
    };
    let least = |a: &&Tried, b: &&Tried| {
        a.bic.unwrap_or(f64::INFINITY).total_cmp(&b.bic.unwrap_or(f64::INFINITY)).then(a.k.cmp(&b.k))
    };
    let of_shapes = tried.iter().filter(|one| one.bic.is_some()).min_by(least);
    let advised = of_shapes.or_else(|| best(true)).or_else(|| best(false));
    let stable = advised.is_some_and(|one| one.stability >= options.stable);
    let advised = advised.map_or(options.from, |one| one.k);
    let mut apart = Random::new(options.seed ^ ONE);
    let (mut gap_of_one, mut bic_of_one) = (None, None);
    if options.from == 2 {
        let (inertia, _) = within(judged, &vec![0; judged.len()], 1);
        gap_of_one = is_centres.then(|| gap(judged, 1, inertia, options, &mut apart)).transpose()?;
        if !is_centres {
            bic_of_one =
                Found::fit(judged, 1, options.grouping, 1, apart.bits()).ok().and_then(|one| one.bic());
        }
    }
    let gaps: Vec<(usize, Gap)> = gap_of_one
        .map(|gap| (1, gap))
        .into_iter()
        .chain(tried.iter().filter_map(|one| Some((one.k, one.gap?))))
        .collect();
    let by_gap = gaps
        .windows(2)
        .find(|pair| pair[0].1.value >= pair[1].1.value - pair[1].1.error)
        .map(|pair| pair[0].0);
    let by_bic = of_shapes.map(|best| match bic_of_one {
        Some(one) if best.bic.is_none_or(|bic| one <= bic) => 1,
        _ => best.k,
    });
    Ok(Choice { stable, advised, by_gap, by_bic, gap_of_one, bic_of_one, n: judged.len(), tried })
}

/// Their first kind of reference: uniform over the box of the columns.
fn gap(
    points: &Points,
    k: usize,
    inertia: f64,
    options: &ChoiceOptions,
    random: &mut Random,
) -> Result<Gap, Refusal> {
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
        let fitted = kmeans::fit(&uniform, &Options { n_starts: 2, ..Options::of(k, random.bits()) })?;
        logs.push(fitted.inertia.max(f64::MIN_POSITIVE).ln());
    }
    let count = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / count;
    let spread = (logs.iter().map(|log| (log - mean) * (log - mean)).sum::<f64>() / count).sqrt();
    let value = mean - inertia.max(f64::MIN_POSITIVE).ln();
    Ok(Gap { value, error: spread * (1.0 + 1.0 / count).sqrt() })
}

/// Customers drawn with replacement are grouped anew; everybody then gets their group by what was found.
fn stability(
    points: &Points,
    k: usize,
    labels: &[u32],
    options: &ChoiceOptions,
    random: &mut Random,
) -> Result<f64, Refusal> {
    let mut sum = 0.0;
    for _ in 0..options.n_resamples {
        let rows: Vec<usize> = (0..points.len()).map(|_| random.below(points.len())).collect();
        let drawn = points.only(&rows);
        // Too few different points were drawn: such a k is not stable.
        if drawn.distinct(k) < k {
            continue;
        }
        match Found::fit(&drawn, k, options.grouping, 3, random.bits()) {
            Ok(again) => sum += adjusted_rand(labels, &again.assign(points))?,
            // A shape that is flat in one sample is not stable either.
            Err(_) if options.grouping != Grouping::Centres => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(sum / options.n_resamples as f64)
}
