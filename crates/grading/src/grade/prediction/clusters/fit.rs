//! What is learned of groups, and which one a customer belongs to. Learning does not depend on the order in which the
//! customers come: they are put in the order of their numbers first.

use gradus_model::document::{ClusterMethod, ClusterScale, Named};
use gradus_model::{Finding, Place, Text};
use gradus_stats::cluster::{
    Choice, ChoiceOptions, Component, Covariance, Grouping, MiniBatch, MixtureOptions, Options, Points,
    choose_k, fit, fit_from, fit_mini_batch, fit_mixture, judge, memberships, squared_distance,
};
use gradus_stats::refusal::Refusal;
use gradus_stats::scale::{Scale, Scaling, scalings};
use serde::{Deserialize, Serialize};

/// Beyond so many customers centres are sought in small batches.
const MANY: usize = 200_000;
/// From so many customers the shapes of a mixture are learned.
const SHAPED: usize = 50_000;
/// Rounds over everybody after small batches: what ran empty is filled again.
const POLISHED: usize = 10;

/// How groups are sought.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterOptions {
    /// Chosen if left out.
    pub k: Option<u32>,
    pub most: u32,
    pub method: ClusterMethod,
    pub scale: ClusterScale,
    pub seed: u64,
    /// What groups are called, by name.
    pub names: Named<Text>,
    /// What the features are called.
    pub features: Vec<Text>,
}

/// Whether groups were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClustersStatus {
    Found,
    /// Of nobody all features are known.
    Nobody,
    /// Everybody is alike in everything.
    Constant,
    /// There are fewer different customers than groups were asked for.
    TooFew {
        different: u64,
    },
    /// The mathematics declined: shapes that are flat.
    Declined,
}

impl ClustersStatus {
    /// That groups were to be found anew, and were not.
    pub fn stands(self, place: &Place, n_unknown: u64) -> Option<Finding> {
        let why = self.finding(place, n_unknown)?;
        let what = Text::new(
            format!("到了重新分群的时候却分不出：{}；继续用之前的群", why.what.zh),
            format!("it is time for new groups, but none were found: {}; those of before stand", why.what.en),
        );
        Some(Finding::warning("clusters-not-anew", place.clone(), what, why.right))
    }

    /// What is to be said of it; `None` if there is nothing.
    pub fn finding(self, place: &Place, n_unknown: u64) -> Option<Finding> {
        let (code, what, right) = match self {
            ClustersStatus::Found => return None,
            ClustersStatus::Nobody if n_unknown > 0 => (
                "clusters-nobody",
                Text::new(
                    format!("{n_unknown} 位客户没有一位的特征是全部已知的，无法分群"),
                    format!("of none of {n_unknown} customers all features are known: nobody can be grouped"),
                ),
                Text::new(
                    "去掉未知的特征，或用 coalesce(特征, 0) 给出默认值",
                    "the unknown feature left out, or a value in its place: `coalesce(feature, 0)`",
                ),
            ),
            ClustersStatus::Nobody => (
                "clusters-nobody",
                Text::new("范围里没有客户，无法分群", "nobody is in the base: there is nobody to be grouped"),
                Text::new("放宽 among 条件，或先导入数据", "a wider `among`, or data imported first"),
            ),
            ClustersStatus::Constant => (
                "clusters-constant",
                Text::new(
                    "所有客户的特征都一样，没有可分的群",
                    "all customers are alike in every feature: there is nothing to part them by",
                ),
                Text::new("换有差别的特征", "features in which customers differ"),
            ),
            ClustersStatus::TooFew { different } => (
                "clusters-too-few",
                Text::new(
                    format!("只有 {different} 种不同的客户，分不出这么多群"),
                    format!("only {different} customers differ: there are more groups than that"),
                ),
                Text::new(format!("k 不大于 {different}"), format!("`k` at most {different}")),
            ),
            ClustersStatus::Declined => (
                "clusters-declined",
                Text::new(
                    "特征之间完全相关，或群太扁，混合模型没有解",
                    "features determine each other or a group is flat: the mixture has no solution",
                ),
                Text::new("去掉重复的特征，或改用 k_means", "a repeated feature left out, or `k_means`"),
            ),
        };
        Some(Finding::warning(code, place.clone(), what, right))
    }
}

/// The groups of a prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClustersFit {
    pub status: ClustersStatus,
    /// Customers from whom it was learned.
    pub n: u64,
    /// Customers left out because a feature is unknown.
    pub n_unknown: u64,
    pub method: ClusterMethod,
    /// Whether logarithms were taken first.
    pub log: bool,
    pub features: Vec<FeatureScale>,
    /// By the numbers in their names: the largest first, unless the names come from a fit before.
    pub clusters: Vec<Cluster>,
    /// The greatest number that a group of this prediction ever had; 0 where that is seen from the groups.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub last_number: u32,
    /// Why no new groups were found when it was time for them, so that these still stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<ClustersStatus>,
    /// How well the groups part the customers; none in fits from before it was kept, and where it cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<JudgedGroups>,
}

/// How well groups part the customers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct JudgedGroups {
    /// Between -1 and 1: how much nearer customers are to their own group than to the next.
    pub silhouette: f64,
    /// The mean agreement (adjusted Rand index) with the groups of samples drawn anew.
    pub stability: f64,
    /// Customers by whom it was judged.
    pub n: u64,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// One feature, and how it is brought to a scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureScale {
    pub title: Text,
    pub centre: f64,
    pub width: f64,
    /// Everybody has the same value: it does not part anybody.
    pub constant: bool,
    /// The mean of everybody from whom it was learned, in the feature's own unit.
    pub mean: f64,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    pub name: String,
    pub title: Text,
    pub n: u64,
    /// On the scale of the features.
    pub centre: Vec<f64>,
    /// Of a mixture: its share, and how its customers vary, row after row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covariance: Vec<f64>,
    /// The mean of each feature in its own unit.
    pub means: Vec<f64>,
    /// How far it lies from all others, in standard deviations of everybody, on the scale of the features.
    pub differences: Vec<f64>,
    /// How much nearer its customers are to their own group than to the next, from -1 to 1; none in fits from before it was
    /// kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silhouette: Option<f64>,
    /// How similar its counterpart is when customers are drawn anew: 1 is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stability: Option<f64>,
}

/// Customers whose features are all known, one column a feature, in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Alike {
    pub columns: Vec<Vec<f64>>,
    pub n_unknown: u64,
}

impl Alike {
    /// Of the features of everybody; `None` is unknown.
    pub fn of(rows: impl IntoIterator<Item = Option<Vec<f64>>>, n_features: usize) -> Alike {
        let (mut known, mut n_unknown) = (Vec::new(), 0);
        for row in rows {
            match row {
                Some(row) => known.push(row),
                None => n_unknown += 1,
            }
        }
        known.sort_unstable_by(|a, b| {
            let different = a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
            different.unwrap_or(std::cmp::Ordering::Equal)
        });
        let columns = (0..n_features).map(|at| known.iter().map(|row| row[at]).collect()).collect();
        Alike { columns, n_unknown }
    }

    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The customers on the scale of a fit.
    ///
    /// # Errors
    /// Nobody is there.
    pub fn points(&self, fit: &ClustersFit) -> Result<Points, Refusal> {
        let rows = (0..self.len()).flat_map(|row| {
            fit.features
                .iter()
                .zip(&self.columns)
                .map(move |(feature, column)| feature.scaled(column[row], fit.log))
        });
        Points::from_rows(rows.collect(), self.columns.len())
    }
}

impl FeatureScale {
    pub(super) fn scaled(&self, value: f64, log: bool) -> f64 {
        let scaling = Scaling { centre: self.centre, width: self.width, constant: self.constant };
        scaling.apply(if log { logarithm(value) } else { value })
    }
}

/// ln(1 + |x|) with the sign of x.
pub(super) fn logarithm(value: f64) -> f64 {
    value.abs().ln_1p().copysign(value)
}

/// A number as it is kept: twelve digits, which are read back exactly as they were written.
pub(in crate::grade) fn kept(value: f64) -> f64 {
    // Of more than 22 digits after the point the last would not be certain.
    let text = if value.abs() < 1e-9 { format!("{value:.20}") } else { format!("{value:.11e}") };
    text.parse().unwrap_or(value)
}

/// How the numbers of groups are judged, in learning and in grading alike.
pub fn choice_options(options: &ClusterOptions) -> ChoiceOptions {
    let usual = ChoiceOptions::of(2, options.most.max(2) as usize, options.seed);
    match options.method {
        ClusterMethod::KMeans => ChoiceOptions { sample: 2_000, n_references: 5, n_resamples: 10, ..usual },
        // By figures of the mixture itself, which takes longer to find.
        ClusterMethod::Mixture => ChoiceOptions {
            grouping: Grouping::Shapes(Covariance::Full),
            sample: 1_000,
            n_resamples: 5,
            ..usual
        },
    }
}

impl ClustersFit {
    /// Nothing found yet: the scales only.
    pub fn scales(alike: &Alike, options: &ClusterOptions) -> ClustersFit {
        let log = options.scale == ClusterScale::Log;
        let scale = match options.scale {
            ClusterScale::Standard | ClusterScale::Log => Scale::Standard,
            ClusterScale::Robust => Scale::Robust,
            ClusterScale::MinMax => Scale::MinMax,
        };
        let features = alike.columns.iter().zip(&options.features).map(|(column, title)| {
            let n = column.len().max(1) as f64;
            let values: Vec<f64> = match log {
                true => column.iter().map(|value| logarithm(*value)).collect(),
                false => column.clone(),
            };
            let of = |scale: Scale| scalings(&[&values], scale).ok().and_then(|all| all.first().copied());
            // Where most have the same number the quartiles tell nothing apart.
            let found = of(scale).filter(|found| !found.constant || scale != Scale::Robust);
            let found = found.or_else(|| of(Scale::Standard));
            let found = found.unwrap_or(Scaling { centre: 0.0, width: 1.0, constant: true });
            FeatureScale {
                title: title.clone(),
                centre: kept(found.centre),
                width: kept(found.width),
                constant: found.constant,
                mean: kept(column.iter().sum::<f64>() / n),
            }
        });
        ClustersFit {
            status: ClustersStatus::Nobody,
            n: alike.len() as u64,
            n_unknown: alike.n_unknown,
            method: options.method,
            log,
            features: features.collect(),
            clusters: Vec::new(),
            last_number: 0,
            declined: None,
            judged: None,
        }
    }

    /// Judges the groups that were found, the whole and each of them.
    pub fn judge(&mut self, alike: &Alike, options: &ClusterOptions) {
        let k = self.clusters.len();
        if self.status != ClustersStatus::Found || k < 2 {
            return;
        }
        let Ok(points) = alike.points(self) else { return };
        let place = self.placing();
        let labels: Vec<u32> = points.rows().map(|point| place.of(point).0 as u32).collect();
        let Ok(judged) = judge(&points, &labels, k, &choice_options(options)) else { return };
        self.judged = Some(JudgedGroups {
            silhouette: kept(judged.silhouette),
            stability: kept(judged.stability),
            n: judged.n as u64,
        });
        for (cluster, own) in self.clusters.iter_mut().zip(judged.each) {
            cluster.silhouette = own.silhouette.map(kept);
            cluster.stability = own.stability.map(kept);
        }
    }

    /// The groups of these customers, and how their number was chosen if it was.
    pub fn learn(alike: &Alike, options: &ClusterOptions) -> (ClustersFit, Option<Choice>) {
        let mut found = ClustersFit::scales(alike, options);
        let Ok(points) = alike.points(&found) else { return (found, None) };
        if found.features.iter().all(|feature| feature.constant) {
            found.status = ClustersStatus::Constant;
            return (found, None);
        }
        let (k, choice) = match options.k {
            Some(k) => (k as usize, None),
            None => match choose_k(&points, &choice_options(options)) {
                Ok(choice) => (choice.advised, Some(choice)),
                Err(refusal) => {
                    found.status = declined(refusal);
                    return (found, None);
                }
            },
        };
        match grouped(&points, k, options) {
            Ok(groups) => found.take(groups, alike, &points, options),
            Err(refusal) => found.status = declined(refusal),
        }
        (found, choice)
    }

    /// Names the groups, the largest first, and says what is typical of each.
    fn take(&mut self, groups: Vec<Cluster>, alike: &Alike, points: &Points, options: &ClusterOptions) {
        self.status = ClustersStatus::Found;
        self.clusters = groups;
        let place = self.placing();
        let mut labels: Vec<usize> = points.rows().map(|point| place.of(point).0).collect();
        self.clusters.iter_mut().for_each(|cluster| cluster.n = 0);
        labels.iter().for_each(|label| self.clusters[*label].n += 1);
        let mut order: Vec<usize> = (0..self.clusters.len()).collect();
        order.sort_by(|a, b| {
            let (a, b) = (&self.clusters[*a], &self.clusters[*b]);
            let apart =
                a.centre.iter().zip(&b.centre).map(|(a, b)| b.total_cmp(a)).find(|order| order.is_ne());
            b.n.cmp(&a.n).then(apart.unwrap_or(std::cmp::Ordering::Equal))
        });
        let mut rank = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, label)| rank[*label] = at);
        labels.iter_mut().for_each(|label| *label = rank[*label]);
        self.clusters = order.iter().map(|label| self.clusters[*label].clone()).collect();
        let (k, d) = (self.clusters.len(), points.dimensions());
        let (mut sums, mut scaled) = (vec![vec![0.0; d]; k], vec![vec![0.0; d]; k]);
        for (row, (point, label)) in points.rows().zip(&labels).enumerate() {
            for (at, value) in point.iter().enumerate() {
                sums[*label][at] += alike.columns[at][row];
                scaled[*label][at] += value;
            }
        }
        let n = points.len() as f64;
        let spread = |at: usize| {
            let mean = points.rows().map(|point| point[at]).sum::<f64>() / n;
            (points.rows().map(|point| (point[at] - mean).powi(2)).sum::<f64>() / n).sqrt()
        };
        let spreads: Vec<f64> = (0..d).map(spread).collect();
        let totals: Vec<f64> = (0..d).map(|at| scaled.iter().map(|own| own[at]).sum()).collect();
        for (label, cluster) in self.clusters.iter_mut().enumerate() {
            let own = cluster.n.max(1) as f64;
            cluster.means = sums[label].iter().map(|sum| kept(sum / own)).collect();
            cluster.differences = (0..d)
                .map(|at| {
                    let others = (totals[at] - scaled[label][at]) / (n - cluster.n as f64);
                    let difference = (scaled[label][at] / own - others) / spreads[at];
                    if difference.is_finite() { kept(difference) } else { 0.0 }
                })
                .collect();
            cluster.name = format!("c{}", label + 1);
        }
        self.retitle(&options.names);
    }

    /// The group whose centre is nearest to a point, but for its own.
    pub(super) fn next_to(&self, own: usize, point: &[f64]) -> Option<&Cluster> {
        let others = self.clusters.iter().enumerate().filter(|(at, _)| *at != own).map(|(_, one)| one);
        others
            .min_by(|a, b| squared_distance(point, &a.centre).total_cmp(&squared_distance(point, &b.centre)))
    }

    /// Ready to tell the group of one customer after the other.
    pub fn placing(&self) -> Placing<'_> {
        let component =
            |one: &Cluster| Component::of(one.weight?, one.centre.clone(), one.covariance.clone());
        let components: Option<Vec<Component>> = match self.method {
            ClusterMethod::KMeans => None,
            ClusterMethod::Mixture => self.clusters.iter().map(component).collect(),
        };
        Placing { fit: self, components }
    }
}

/// Tells the groups of customers.
pub struct Placing<'a> {
    fit: &'a ClustersFit,
    components: Option<Vec<Component>>,
}

impl Placing<'_> {
    /// The group of a customer by their features in their own units, and how clearly they belong to it.
    pub fn of_values(&self, values: &[f64]) -> Option<(usize, f64)> {
        if self.fit.status != ClustersStatus::Found || values.len() != self.fit.features.len() {
            return None;
        }
        let scaled =
            self.fit.features.iter().zip(values).map(|(one, value)| one.scaled(*value, self.fit.log));
        Some(self.of(&scaled.collect::<Vec<f64>>()))
    }

    /// The same on the scale of the fit. With centres: by how much the next one is farther away, as a share of that
    /// distance; with shapes: the chance.
    pub fn of(&self, point: &[f64]) -> (usize, f64) {
        if let Some(components) = &self.components {
            let first = (0, f64::NEG_INFINITY);
            let shares = memberships(components, point).into_iter().enumerate();
            let best =
                shares.fold(first, |best, (at, share)| if share > best.1 { (at, share) } else { best });
            return (best.0, best.1.clamp(0.0, 1.0));
        }
        let (mut label, mut nearest, mut next) = (0, f64::INFINITY, f64::INFINITY);
        for (at, cluster) in self.fit.clusters.iter().enumerate() {
            let distance = squared_distance(point, &cluster.centre);
            if distance < nearest {
                (label, next, nearest) = (at, nearest, distance);
            } else if distance < next {
                next = distance;
            }
        }
        let sure = if next.is_infinite() {
            1.0
        } else if next == 0.0 {
            0.0
        } else {
            1.0 - (nearest / next).sqrt()
        };
        (label, sure)
    }
}

fn declined(refusal: Refusal) -> ClustersStatus {
    match refusal {
        Refusal::TooFewDistinct { distinct, .. } => ClustersStatus::TooFew { different: distinct as u64 },
        Refusal::Empty => ClustersStatus::Nobody,
        _ => ClustersStatus::Declined,
    }
}

/// Groups without names.
fn grouped(points: &Points, k: usize, options: &ClusterOptions) -> Result<Vec<Cluster>, Refusal> {
    let d = points.dimensions();
    let cluster = |centre: &[f64]| Cluster {
        name: String::new(),
        title: Text::default(),
        n: 0,
        centre: centre.iter().map(|value| kept(*value)).collect(),
        weight: None,
        covariance: Vec::new(),
        means: Vec::new(),
        differences: Vec::new(),
        silhouette: None,
        stability: None,
    };
    if options.method == ClusterMethod::Mixture {
        let mut random = gradus_stats::random::Random::new(options.seed);
        let sample = (points.len() > SHAPED).then(|| points.only(&random.sample(points.len(), SHAPED)));
        let mixture = MixtureOptions::of(k, Covariance::Full, options.seed);
        let found = fit_mixture(sample.as_ref().unwrap_or(points), &mixture)?;
        let shaped = |one: &Component| Cluster {
            weight: Some(kept(one.weight)),
            covariance: one.covariance.iter().map(|value| kept(*value)).collect(),
            ..cluster(&one.mean)
        };
        return Ok(found.components.iter().map(shaped).collect());
    }
    let usual = Options::of(k, options.seed);
    let found = match points.len() > MANY {
        false => fit(points, &usual)?,
        true => {
            let start = fit_mini_batch(points, &MiniBatch::of(k, options.seed))?;
            fit_from(points, &start.centres, &Options { max_rounds: POLISHED, ..usual })?
        }
    };
    Ok(found.centres.chunks_exact(d).map(cluster).collect())
}
