//! Fits (拟合参数): numbers estimated on a stated population, dated and numbered, then only applied.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, BooleanArray};
use gradus_model::fixed::{FIXED_ONE, Fixed};
use gradus_model::{Findings, Place};
use gradus_stats::tile::{Ties, bins_from_edges};
use gradus_stats::{moment, quantile, select};
use serde::{Deserialize, Serialize};

use super::frame::Formula;
use super::number::{Cut, Numbers};

/// Format number of stored fits.
pub const FITS_FORMAT: u32 = 1;

/// All fits of one estimation. The caller gives the number when it stores them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Fits {
    pub format: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// Local date as of which they were estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// By key: the path of what needed the fit, such as `scorecards.value.attributes.recency`.
    pub fits: BTreeMap<String, Fit>,
    /// Fits of before, for what is estimated now: a new fit of groups takes over the names of their counterparts.
    /// Nothing else is taken from them, and they are not kept with what was estimated.
    #[serde(skip)]
    pub before: BTreeMap<String, Fit>,
}

impl Fits {
    /// What is to be said of what was estimated: a method that could not do it.
    pub fn findings(&self) -> Findings {
        let of = |(key, fit): (&String, &Fit)| match fit {
            Fit::Clusters(fit) => {
                let place = Place::default().at(format!("{key}.clusters"));
                match fit.declined {
                    Some(declined) => declined.stands(&place, fit.n_unknown),
                    None => fit.status.finding(&place, fit.n_unknown),
                }
            }
            _ => None,
        };
        Findings(self.fits.iter().filter_map(of).collect())
    }
}

/// One fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// Interval i holds what is above `cuts[i - 1]` and at most `cuts[i]`, and is bin `bins[i]`
    /// (from 0). Exact cuts are rounded down to four digits, which moves no value with four digits.
    Quantiles {
        cuts: Vec<Cut>,
        bins: Vec<u16>,
        /// How many values it was estimated on.
        n: u64,
        /// How many bins were asked for.
        asked: u32,
    },
    /// For each level above the lowest the least value that reaches it, all ties included; none
    /// if nobody does.
    Cutoffs { at: Vec<Option<Cut>>, n: u64 },
    /// For each level above the lowest the value and the customer's number of the last who has a place
    /// in it, or in a higher one; none if nobody does. Of equal values the smaller numbers come first.
    Places { last: Vec<Option<(Cut, i64)>>, n: u64 },
    /// Mean or median, rounded down to four digits where exact; none without values.
    Split { at: Option<Cut>, n: u64 },
    /// Of a prediction of lifetime value.
    Lifetime(Box<super::LifetimeFit>),
    /// Of a prediction under contract.
    Contract(Box<super::ContractFit>),
    /// Of a prediction that groups customers.
    Clusters(Box<super::clusters::ClustersFit>),
    /// Of a model that was trained elsewhere: what the base is like.
    Trained(Box<super::trained::TrainedFit>),
    /// Of a prediction of a chance; learned before it is applied.
    Propensity(Box<super::propensity::PropensityFit>),
}

impl Fit {
    /// True if quantile edges coincided, so that there are fewer bins than were asked for.
    pub fn merged(&self) -> bool {
        matches!(self, Fit::Quantiles { bins, asked, .. } if bins.len() < *asked as usize)
    }

    pub fn n(&self) -> u64 {
        match self {
            Fit::Quantiles { n, .. }
            | Fit::Cutoffs { n, .. }
            | Fit::Places { n, .. }
            | Fit::Split { n, .. } => *n,
            Fit::Lifetime(fit) => fit.n,
            Fit::Contract(fit) => fit.n,
            Fit::Clusters(fit) => fit.n,
            Fit::Trained(fit) => fit.n,
            Fit::Propensity(fit) => fit.n,
        }
    }
}

/// What has to be estimated, on which values of whom.
#[derive(Debug, Clone)]
pub struct FitRequest {
    pub key: String,
    pub kind: FitKind,
    /// The population, as the operator named it: `everyone`, a segment, or a condition.
    pub base: String,
    /// Whose values; everyone's if left out.
    pub(crate) among: Option<Formula>,
    pub(crate) value: FitValue,
}

impl FitRequest {
    /// Where the value stands of which numbers are estimated; none of a score.
    pub fn value_path(&self) -> Option<&str> {
        match &self.value {
            FitValue::Formula(formula) => Some(&formula.path),
            FitValue::Score(_) | FitValue::Inputs(_) => None,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum FitValue {
    Formula(Formula),
    /// The low end of a score, which is the score itself where it is known.
    Score(String),
    /// All that a prediction reads.
    Inputs(Vec<Formula>),
}

/// How it is estimated.
#[derive(Debug, Clone, PartialEq)]
pub enum FitKind {
    Quantiles {
        parts: u32,
        ties: Ties,
    },
    /// The best so many percent, one entry for each level above the lowest.
    TopPercent {
        percents: Vec<Fixed>,
    },
    /// So many places in each level above the lowest.
    Places {
        quotas: Vec<Quota>,
    },
    Mean,
    Median,
    /// Parameters of a prediction.
    Prediction,
}

/// How many customers a level holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    Count(u32),
    /// Of those who have a value, rounded down.
    Percent(Fixed),
}

impl Quota {
    fn of(self, n: usize) -> usize {
        match self {
            Quota::Count(count) => count as usize,
            Quota::Percent(percent) => {
                let share = n as i128 * i128::from(percent.0.max(0)) / (100 * i128::from(FIXED_ONE));
                share as usize
            }
        }
    }
}

/// Values with the customers' numbers, of one batch.
pub(crate) struct Places {
    pub values: Piece,
    pub customers: Vec<i64>,
}

/// Who has the last place in each level, over the whole base. Values are those of [`Piece`]s without nulls.
pub(crate) fn settle(quotas: &[Quota], places: &[Places]) -> Fit {
    let float = places.iter().any(|one| matches!(one.values, Piece::Float(_)));
    let mut all: Vec<(f64, i64, i64)> = Vec::new();
    for one in places {
        match &one.values {
            Piece::Exact(values) => {
                all.extend(values.iter().zip(&one.customers).map(|(v, id)| (Fixed(*v).to_f64(), *v, *id)))
            }
            Piece::Float(values) => all.extend(values.iter().zip(&one.customers).map(|(v, id)| (*v, 0, *id))),
        }
    }
    // The best first; among equals the smaller number.
    match float {
        true => all.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2))),
        false => all.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.2.cmp(&b.2))),
    }
    let n = all.len();
    let mut last = vec![None; quotas.len()];
    let mut taken = 0usize;
    for (quota, slot) in quotas.iter().zip(&mut last).rev() {
        taken = taken.saturating_add(quota.of(n)).min(n);
        *slot = taken.checked_sub(1).and_then(|at| all.get(at)).map(|(value, exact, customer)| {
            let cut = if float { Cut::Float(*value) } else { Cut::Exact(Fixed(*exact)) };
            (cut, *customer)
        });
    }
    Fit::Places { last, n: n as u64 }
}

/// Values of one batch, nulls and what is not a number left out.
pub(crate) enum Piece {
    Exact(Vec<i64>),
    Float(Vec<f64>),
}

impl Piece {
    /// Values of the rows where `among` is true. Text has no fit and gives an empty piece.
    pub(crate) fn of(array: &ArrayRef, among: Option<&BooleanArray>) -> Piece {
        let Some(numbers) = Numbers::of(array) else { return Piece::Exact(Vec::new()) };
        let keep = |row: usize| {
            array.is_valid(row) && among.is_none_or(|mask| mask.is_valid(row) && mask.value(row))
        };
        let all = array.null_count() == 0 && among.is_none();
        match &numbers {
            Numbers::Integer(values) => {
                let unit = |value: &i64| value.saturating_mul(FIXED_ONE);
                Piece::Exact(if all {
                    values.values().iter().map(unit).collect()
                } else {
                    values
                        .values()
                        .iter()
                        .enumerate()
                        .filter(|(row, _)| keep(*row))
                        .map(|(_, v)| unit(v))
                        .collect()
                })
            }
            Numbers::Decimal(values, scale) => {
                let (up, down) = powers(*scale);
                let unit = |value: &i128| {
                    let value = value.saturating_mul(up).div_euclid(down);
                    value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
                };
                let narrow = |value: &i128| (*value).clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
                Piece::Exact(if all && up == 1 && down == 1 {
                    values.values().iter().map(narrow).collect()
                } else {
                    values
                        .values()
                        .iter()
                        .enumerate()
                        .filter(|(row, _)| keep(*row))
                        .map(|(_, v)| unit(v))
                        .collect()
                })
            }
            Numbers::Float(values) => {
                let rows = values.values().iter().enumerate();
                Piece::Float(rows.filter(|(row, v)| keep(*row) && !v.is_nan()).map(|(_, v)| *v).collect())
            }
        }
    }
}

/// Factor and divisor that turn units of 1 / 10^scale into ten-thousandths.
fn powers(scale: i8) -> (i128, i128) {
    let power = 10i128.checked_pow(u32::from(scale.abs_diff(4))).unwrap_or(i128::MAX);
    if scale <= 4 { (power, 1) } else { (1, power) }
}

/// Estimates one fit on the values of the whole base, in whatever pieces they come.
pub(crate) fn estimate(kind: &FitKind, pieces: &[Piece]) -> Fit {
    let float = pieces.iter().any(|piece| matches!(piece, Piece::Float(_)));
    if float {
        let values: Vec<Vec<f64>> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Float(values) => values.clone(),
                Piece::Exact(values) => values.iter().map(|&value| Fixed(value).to_f64()).collect(),
            })
            .collect();
        let chunks: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
        return estimate_float(kind, &chunks);
    }
    let chunks: Vec<&[i64]> = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Exact(values) => values.as_slice(),
            Piece::Float(_) => &[],
        })
        .collect();
    estimate_exact(kind, &chunks)
}

fn estimate_exact(kind: &FitKind, chunks: &[&[i64]]) -> Fit {
    let exact = |value: i64| Cut::Exact(Fixed(value));
    let narrow = |value: i128| i64::try_from(value).ok().map(exact);
    let n: usize = chunks.iter().map(|chunk| chunk.len()).sum();
    match kind {
        FitKind::Quantiles { parts, ties } => {
            let edges = quantile::quantiles(chunks, *parts).unwrap_or_default();
            let bins = bins_from_edges(&edges, *ties);
            let cuts = bins.cuts.into_iter().map(exact).collect();
            Fit::Quantiles { cuts, bins: bins.bins, n: n as u64, asked: *parts }
        }
        FitKind::TopPercent { percents } => {
            let at = best(percents, n, |ranks| select::order_statistics(chunks, ranks));
            Fit::Cutoffs { at: at.into_iter().map(|value| value.map(exact)).collect(), n: n as u64 }
        }
        FitKind::Places { quotas } => Fit::Places { last: vec![None; quotas.len()], n: 0 },
        // What a prediction estimates it estimates itself, from all that it reads.
        FitKind::Prediction => Fit::Split { at: None, n: 0 },
        FitKind::Mean => {
            let (sum, n) = moment::sum_and_count(chunks);
            Fit::Split { at: if n == 0 { None } else { narrow(sum.div_euclid(n as i128)) }, n: n as u64 }
        }
        FitKind::Median => {
            let at = quantile::twice_median(chunks).and_then(|twice| narrow(twice.div_euclid(2)));
            Fit::Split { at, n: n as u64 }
        }
    }
}

fn estimate_float(kind: &FitKind, chunks: &[&[f64]]) -> Fit {
    let n: usize = chunks.iter().map(|chunk| chunk.len()).sum();
    match kind {
        FitKind::Quantiles { parts, ties } => {
            let edges = quantile::quantiles_f64(chunks, *parts).unwrap_or_default();
            let bins = bins_from_edges(&edges, *ties);
            let cuts = bins.cuts.into_iter().map(Cut::Float).collect();
            Fit::Quantiles { cuts, bins: bins.bins, n: n as u64, asked: *parts }
        }
        FitKind::TopPercent { percents } => {
            let at = best(percents, n, |ranks| select::order_statistics_f64(chunks, ranks));
            Fit::Cutoffs { at: at.into_iter().map(|value| value.map(Cut::Float)).collect(), n: n as u64 }
        }
        FitKind::Places { quotas } => Fit::Places { last: vec![None; quotas.len()], n: 0 },
        // What a prediction estimates it estimates itself, from all that it reads.
        FitKind::Prediction => Fit::Split { at: None, n: 0 },
        FitKind::Mean => Fit::Split { at: moment::mean_f64(chunks).map(Cut::Float), n: n as u64 },
        FitKind::Median => {
            let edges = quantile::quantiles_f64(chunks, 2);
            Fit::Split { at: edges.and_then(|edges| edges.get(1).copied()).map(Cut::Float), n: n as u64 }
        }
    }
}

/// The value of the last of the best so many percent; their number is rounded up, so that a small
/// base still has a best customer.
fn best<T: Copy>(
    percents: &[Fixed],
    n: usize,
    select: impl FnOnce(&[usize]) -> Option<Vec<T>>,
) -> Vec<Option<T>> {
    let hundred = 100 * i128::from(FIXED_ONE);
    let rank = |percent: &Fixed| {
        let best = (n as i128 * i128::from(percent.0.max(0)) + hundred - 1) / hundred;
        (best > 0).then(|| n - (best as usize).min(n))
    };
    let ranks: Vec<Option<usize>> = percents.iter().map(rank).collect();
    let wanted: Vec<usize> = ranks.iter().flatten().copied().filter(|rank| *rank < n).collect();
    let mut values = select(&wanted).unwrap_or_default().into_iter();
    ranks.into_iter().map(|rank| rank.filter(|rank| *rank < n).and_then(|_| values.next())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cuts(fit: Fit) -> Vec<Option<String>> {
        match fit {
            Fit::Cutoffs { at, .. } => at.into_iter().map(|cut| cut.map(|cut| cut.to_string())).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn the_best_percent_are_rounded_up_and_nobody_has_no_cutoff() {
        let percents: Vec<Fixed> = ["50", "10", "0"].iter().map(|text| text.parse().unwrap()).collect();
        let kind = FitKind::TopPercent { percents };
        let pieces = [Piece::Exact(vec![10_000, 30_000]), Piece::Exact(vec![20_000])];
        assert_eq!(cuts(estimate(&kind, &pieces)), [Some("2".into()), Some("3".into()), None]);
        assert_eq!(cuts(estimate(&kind, &[])), [None, None, None]);
        assert_eq!(
            cuts(estimate(&kind, &[Piece::Float(vec![0.5])])),
            [Some("0.5".into()), Some("0.5".into()), None]
        );
    }

    #[test]
    fn places_are_exactly_so_many_and_equals_go_by_their_number() {
        let places = [
            Places { values: Piece::Exact(vec![30_000, 20_000, 20_000]), customers: vec![5, 9, 2] },
            Places { values: Piece::Exact(vec![20_000, 10_000]), customers: vec![4, 1] },
        ];
        let settled = |quotas: &[Quota]| match settle(quotas, &places) {
            Fit::Places { last, n: 5 } => last
                .into_iter()
                .map(|last| last.map(|(cut, customer)| (cut.to_string(), customer)))
                .collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        let at = |value: &str, customer| Some((value.to_string(), customer));
        assert_eq!(settled(&[Quota::Count(1), Quota::Count(2)]), [at("2", 4), at("2", 2)]);
        assert_eq!(settled(&[Quota::Count(9), Quota::Count(0)]), [at("1", 1), None]);
        // 59 % of five are two.
        assert_eq!(settled(&[Quota::Percent("59".parse().unwrap())]), [at("2", 2)]);
        assert_eq!(settle(&[Quota::Count(3)], &[]), Fit::Places { last: vec![None], n: 0 });
    }

    #[test]
    fn without_values_there_is_one_bin_and_no_split() {
        let kind = FitKind::Quantiles { parts: 5, ties: Ties::Merge };
        let fit = estimate(&kind, &[]);
        assert_eq!(fit, Fit::Quantiles { cuts: vec![], bins: vec![0], n: 0, asked: 5 });
        assert!(fit.merged());
        assert_eq!(estimate(&FitKind::Mean, &[]), Fit::Split { at: None, n: 0 });
    }

    #[test]
    fn a_mean_is_rounded_down_so_that_no_value_crosses_it() {
        let fit = estimate(&FitKind::Mean, &[Piece::Exact(vec![-1, -2])]);
        assert_eq!(fit, Fit::Split { at: Some(Cut::Exact(Fixed(-2))), n: 2 });
    }
}
