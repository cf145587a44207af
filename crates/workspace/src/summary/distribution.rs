//! Distributions: of a score, of the money, of recency and frequency together.

use gradus_grading::grade::OutputColumn;
use gradus_model::Text;
use gradus_stats::concentration::{gini, lorenz};
use gradus_stats::quantile::quantiles;
use serde::{Deserialize, Serialize};

use crate::customers::NumberRange;

use super::{GradedBase, SummaryError, SummaryOptions, UNKNOWN, units};

const BINS: usize = 20;
const LORENZ_POINTS: usize = 100;

/// Equal steps from `low` to `high`; the last one holds `high` itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    pub low: f64,
    pub high: f64,
    pub counts: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreSummary {
    pub name: String,
    pub title: Text,
    /// Customers whose score is one number; the others' is an interval or unknown.
    pub n_known: u64,
    pub n_unknown: u64,
    pub mean: Option<f64>,
    /// At 0, 5, 10, … 100 %.
    pub quantiles: Vec<f64>,
    pub histogram: Option<Histogram>,
    /// What opens those whom each count of the histogram counts.
    #[serde(default)]
    pub ranges: Vec<NumberRange>,
}

impl ScoreSummary {
    /// The quantile at a multiple of five per cent.
    pub fn quantile(&self, percent: usize) -> Option<f64> {
        self.quantiles.get(percent / 5).copied()
    }
}

/// The value indicator over all customers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValueSummary {
    pub name: String,
    pub title: Text,
    pub n_known: u64,
    pub total: f64,
    pub mean: Option<f64>,
    /// Shares of population and of the total, poorest first; empty if the total is not positive.
    pub lorenz: Vec<(f64, f64)>,
    pub gini: Option<f64>,
    /// What the best fifth of the customers hold.
    pub top20_share: Option<f64>,
}

/// Customers by fifths of recency and of frequency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RfmMap {
    pub recency: Text,
    pub frequency: Text,
    pub monetary: Option<Text>,
    /// `cells[r][f]`: recency class r (4 the most recent), frequency class f (4 the most often).
    pub cells: Vec<Vec<RfmCell>>,
    /// The least value of each class above the lowest, in the indicator's own order.
    pub recency_cuts: Vec<f64>,
    pub frequency_cuts: Vec<f64>,
    /// What opens a row and a column of cells, both together a cell.
    #[serde(default)]
    pub recency_ranges: Vec<NumberRange>,
    #[serde(default)]
    pub frequency_ranges: Vec<NumberRange>,
    /// Customers of whom one of the two is not known.
    pub n_unknown: u64,
    /// What opens them.
    #[serde(default)]
    pub unknown_ranges: Vec<NumberRange>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct RfmCell {
    pub count: u64,
    /// Mean money of those whose money is known.
    pub mean_value: Option<f64>,
}

pub(crate) fn score_summary(base: &GradedBase, column: &OutputColumn) -> Result<ScoreSummary, SummaryError> {
    let all = base.fixed(&column.name)?;
    let n_all = all.len();
    let known: Vec<i64> = all.into_iter().filter(|value| *value != UNKNOWN).collect();
    let sum: i128 = known.iter().map(|value| i128::from(*value)).sum();
    let found = quantiles(&[&known], 20).unwrap_or_default();
    let histogram = match (found.first(), found.last()) {
        (Some(low), Some(high)) => Some(histogram(&known, *low, *high)),
        _ => None,
    };
    let ranges = match (found.first(), found.last(), &histogram) {
        (Some(low), Some(high), Some(drawn)) => ranges(&column.name, *low, *high, drawn.counts.len()),
        _ => Vec::new(),
    };
    Ok(ScoreSummary {
        name: column.name.clone(),
        title: column.title.clone(),
        n_known: known.len() as u64,
        n_unknown: (n_all - known.len()) as u64,
        mean: (!known.is_empty()).then(|| units(sum) / known.len() as f64),
        quantiles: found.iter().map(|value| units(i128::from(*value))).collect(),
        histogram,
        ranges,
    })
}

fn histogram(values: &[i64], low: i64, high: i64) -> Histogram {
    let span = high.wrapping_sub(low) as u64;
    let n_bins = if span == 0 { 1 } else { BINS };
    let mut counts = vec![0u64; n_bins];
    for value in values {
        let beyond = value.wrapping_sub(low) as u64;
        // In whole numbers, so that an edge is the same one wherever it is computed.
        let bin = match beyond.checked_mul(n_bins as u64) {
            _ if span == 0 => 0,
            Some(times) => (times / span) as usize,
            None => (u128::from(beyond) * n_bins as u128 / u128::from(span)) as usize,
        };
        counts[bin.min(n_bins - 1)] += 1;
    }
    Histogram { low: units(i128::from(low)), high: units(i128::from(high)), counts }
}

/// The filters of a histogram's bins: those whose least value is the edge, or the first one after it.
fn ranges(name: &str, low: i64, high: i64, n_bins: usize) -> Vec<NumberRange> {
    let span = i128::from(high) - i128::from(low);
    let n = n_bins as i128;
    let edge = |at: usize| units(i128::from(low) + (span * at as i128 + n - 1).div_euclid(n));
    let range = |at: usize| {
        let range = NumberRange { name: name.into(), from: Some(edge(at)), ..NumberRange::default() };
        match at + 1 == n_bins {
            true => NumberRange { up_to: Some(units(i128::from(high))), ..range },
            false => NumberRange { below: Some(edge(at + 1)), ..range },
        }
    };
    (0..n_bins).map(range).collect()
}

pub(crate) fn value_summary(base: &GradedBase, name: &str, values: &[i64]) -> ValueSummary {
    let known = values.iter().filter(|value| **value != UNKNOWN);
    let mut sorted: Vec<i64> = known.copied().collect();
    sorted.sort_unstable();
    let total: i128 = sorted.iter().map(|value| i128::from(*value)).sum();
    // Sorted once here: sorting what is sorted costs one pass.
    let plain: Vec<f64> = sorted.iter().map(|value| *value as f64 / 10_000.0).collect();
    let n = sorted.len();
    let best = sorted.iter().skip(n - n / 5).map(|value| i128::from(*value)).sum::<i128>();
    ValueSummary {
        name: name.to_string(),
        title: base.column(name).map_or_else(|| Text::plain(name), |column| column.title.clone()),
        n_known: n as u64,
        total: units(total),
        mean: (n > 0).then(|| units(total) / n as f64),
        lorenz: lorenz(&plain, LORENZ_POINTS)
            .unwrap_or_default()
            .iter()
            .map(|point| (point.population, point.share))
            .collect(),
        gini: gini(&plain),
        top20_share: (total > 0 && n >= 5).then(|| best as f64 / total as f64),
    }
}

pub(crate) fn rfm_map(base: &GradedBase, options: &SummaryOptions) -> Result<Option<RfmMap>, SummaryError> {
    let (Some(recency), Some(frequency)) = (&options.recency, &options.frequency) else { return Ok(None) };
    if !base.has(recency) || !base.has(frequency) || base.n_customers() == 0 {
        return Ok(None);
    }
    let money_name = options.monetary.as_ref().or(options.value_indicator.as_ref());
    let money_name = money_name.filter(|name| base.has(name));
    let (r, f) = (base.fixed(recency)?, base.fixed(frequency)?);
    let money = money_name.map(|name| base.fixed(name)).transpose()?;
    let (Some(r_cuts), Some(f_cuts)) = (fifths(&r), fifths(&f)) else { return Ok(None) };
    let mut counts = [[0u64; 5]; 5];
    let mut sums = [[(0u64, 0i128); 5]; 5];
    let mut n_unknown = 0;
    for (row, (r, f)) in r.iter().zip(&f).enumerate() {
        if *r == UNKNOWN || *f == UNKNOWN {
            n_unknown += 1;
            continue;
        }
        // Fewer days since the last purchase are better.
        let (r, f) = (4 - class(&r_cuts, *r), class(&f_cuts, *f));
        counts[r][f] += 1;
        if let Some(value) = money.as_ref().and_then(|money| money.get(row)).filter(|v| **v != UNKNOWN) {
            sums[r][f].0 += 1;
            sums[r][f].1 += i128::from(*value);
        }
    }
    let title =
        |name: &str| base.column(name).map_or_else(|| Text::plain(name), |column| column.title.clone());
    let cell = |r: usize, f: usize| {
        let (n, sum) = sums[r][f];
        RfmCell { count: counts[r][f], mean_value: (n > 0).then(|| units(sum) / n as f64) }
    };
    let plain = |cuts: &[i64]| cuts.iter().map(|cut| units(i128::from(*cut))).collect();
    Ok(Some(RfmMap {
        recency: title(recency),
        frequency: title(frequency),
        monetary: money_name.map(|name| title(name)),
        cells: (0..5).map(|r| (0..5).map(|f| cell(r, f)).collect()).collect(),
        recency_cuts: plain(&r_cuts),
        frequency_cuts: plain(&f_cuts),
        recency_ranges: (0..5).rev().map(|class| fifth(recency, &r_cuts, class)).collect(),
        frequency_ranges: (0..5).map(|class| fifth(frequency, &f_cuts, class)).collect(),
        n_unknown,
        unknown_ranges: vec![NumberRange {
            name: recency.clone(),
            unknown: true,
            or: vec![frequency.clone()],
            ..NumberRange::default()
        }],
    }))
}

/// The filter of a class: more than as many cuts as it has below it.
fn fifth(name: &str, cuts: &[i64; 4], class: usize) -> NumberRange {
    let cut = |at: usize| cuts.get(at).map(|cut| units(i128::from(*cut)));
    let above = class.checked_sub(1).and_then(cut);
    NumberRange { name: name.into(), above, up_to: cut(class), ..NumberRange::default() }
}

/// Four cuts; a value belongs to the class of how many cuts lie below it, so that equal values
/// stay together.
fn fifths(values: &[i64]) -> Option<[i64; 4]> {
    let known: Vec<i64> = values.iter().copied().filter(|value| *value != UNKNOWN).collect();
    let edges = quantiles(&[&known], 5)?;
    Some([*edges.get(1)?, *edges.get(2)?, *edges.get(3)?, *edges.get(4)?])
}

fn class(cuts: &[i64; 4], value: i64) -> usize {
    cuts.iter().map(|cut| usize::from(value > *cut)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bin_holds_the_maximum() {
        let known: Vec<i64> = (0..=200).map(|score| score * 5_000).collect();
        let found = histogram(&known, 0, 1_000_000);
        assert_eq!(found.counts.iter().sum::<u64>(), 201);
        assert_eq!((found.counts[0], found.counts[19]), (10, 11));
        assert_eq!(histogram(&[7, 7], 7, 7).counts, [2]);
        // The widest span there is.
        assert_eq!(
            histogram(&[i64::MIN + 1, i64::MAX], i64::MIN + 1, i64::MAX).counts.iter().sum::<u64>(),
            2
        );
    }

    #[test]
    fn equal_values_share_a_class() {
        let cuts = fifths(&[1, 1, 1, 1, 1, 1, 1, 1, 2, 9]).unwrap();
        assert_eq!((class(&cuts, 1), class(&cuts, 9)), (0, 4));
        assert_eq!(fifths(&[UNKNOWN]), None);
    }
}
