//! Features in bins: what is cut where, and the evidence of each bin.

use gradus_model::document::Named;
use gradus_model::fixed::Fixed;
use gradus_model::{Finding, Text};
use gradus_stats::binning::{Options, PreBins, Telling, Trend, bin_categories, bin_numbers};
use gradus_stats::refusal::Refusal;
use gradus_stats::woe::{Counts, Smoothing, Table};
use serde::Serialize;

use super::{ScorecardOptions, TrendAsked, of_feature};
use crate::learn::columns::{Column, Feature};
use crate::learn::cuts::cuts;
use crate::learn::training::{LeftOut, TrainingSet};

/// Pre-bins of a number.
const PRE_BINS: usize = 50;
/// Most categories of a feature: beyond, it is a name and no category.
const MOST_CATEGORIES: usize = 1_000;
/// Added to both kinds of a bin that has one kind only, so that its evidence is finite.
pub(super) const OF_ONE_KIND: f64 = 0.5;

/// A feature in bins.
#[derive(Debug, Clone)]
pub(super) struct Binned {
    /// By place in the training set.
    pub feature: usize,
    pub name: String,
    pub title: Text,
    pub kind: &'static str,
    pub cut: Cut,
    /// The bins of ordinary values, then special ones, last what is missing.
    pub table: Table,
    /// Neighbouring values that are of one kind, and many enough for a bin, but for that: they were joined with others.
    pub runs: Vec<(Text, Counts)>,
}

#[derive(Debug, Clone)]
pub(super) enum Cut {
    Numbers {
        cuts: Vec<Fixed>,
        specials: Vec<Fixed>,
        trend: Trend,
    },
    /// `rare` is the bin that takes what was never seen.
    Categories {
        groups: Vec<Vec<String>>,
        group_of: Vec<Option<usize>>,
        rare: Option<usize>,
        is_flag: bool,
    },
}

/// One line of the table of a feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LearnedBin {
    /// `range`, `category`, `rare`, `special` or `missing`.
    pub kind: &'static str,
    pub label: Text,
    pub n: u64,
    pub n_good: u64,
    pub n_bad: u64,
    /// None without customers.
    pub bad_rate: Option<f64>,
    /// Of those to whom the outcome came true, be it good or bad.
    pub n_events: u64,
    pub event_rate: Option<f64>,
    pub woe: f64,
    pub iv: f64,
    /// Customers of one kind only: half a customer was added to each kind, unless something else was asked for.
    pub one_kind: bool,
    /// 0 of what is not on the card.
    pub points: Fixed,
}

/// A feature with its table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LearnedAttribute {
    pub feature: String,
    pub title: Text,
    pub kind: &'static str,
    /// `ascending`, `descending`, `peak` or `valley`: how the bad rate goes with the number; `none` of others.
    pub trend: &'static str,
    pub iv: f64,
    /// Whether it is on the card; if not, why.
    pub taken: bool,
    pub why_not: Option<Text>,
    /// On the weight of evidence; below 0, because more evidence of good is less bad.
    pub coefficient: Option<f64>,
    pub standard_error: Option<f64>,
    pub p: Option<f64>,
    /// The code under which it is a reason.
    pub reason: Option<String>,
    pub bins: Vec<LearnedBin>,
}

/// Cuts every feature on the rows that are learned from. What has no bins is left out with the reason.
pub(super) fn bin_features(
    set: &TrainingSet,
    bad: &[bool],
    options: &ScorecardOptions,
) -> Result<(Vec<Binned>, Vec<LeftOut>), Finding> {
    known(set, options)?;
    let (mut out, mut left_out) = (Vec::new(), set.left_out.clone());
    for (at, feature) in set.features.iter().enumerate() {
        match binned(at, feature, set, bad, options) {
            Ok(one) => out.push(one),
            Err(reason) => {
                left_out.push(LeftOut { feature: feature.name.clone(), title: feature.title.clone(), reason })
            }
        }
    }
    Ok((out, left_out))
}

/// Trends and special values speak of features that are there.
fn known(set: &TrainingSet, options: &ScorecardOptions) -> Result<(), Finding> {
    let features: Named<()> = set.features.iter().map(|one| (one.name.clone(), ())).collect();
    for name in options.trends.keys().chain(options.specials.keys()) {
        if features.get(name).is_none() {
            let all = features.names().collect::<Vec<_>>().join(", ");
            return Err(of_feature(
                "unknown-name",
                name,
                Text::new(format!("没有名为「{name}」的特征"), format!("no feature is called “{name}”")),
                Text::new(format!("可选：{all}"), format!("one of {all}")),
            ));
        }
    }
    Ok(())
}

fn binned(
    at: usize,
    feature: &Feature,
    set: &TrainingSet,
    bad: &[bool],
    options: &ScorecardOptions,
) -> Result<Binned, Text> {
    let specials = options.specials.get(&feature.name).cloned().unwrap_or_default();
    let trend = options.trends.get(&feature.name).copied().unwrap_or(options.trend);
    let mut wanted = Options {
        pre_bins: PreBins::Quantiles(PRE_BINS),
        trend: trend.of_stats(),
        max_bins: options.max_bins,
        min_share: options.min_share,
        specials: specials.iter().map(|value| value.to_f64()).collect(),
        smoothing: options.smoothing.map_or(Smoothing::Pure(OF_ONE_KIND), Smoothing::Add),
        ..Options::default()
    };
    let (cut, table, runs) = match feature.values.part(set.train()) {
        Column::Numbers(values) => {
            let fine = cuts(values, &wanted.specials, PRE_BINS);
            let has_missing = values.iter().any(|value| value.is_nan());
            if fine.is_empty() && !has_missing && specials.is_empty() {
                return Err(constant());
            }
            wanted.pre_bins = PreBins::Cuts(fine.iter().map(|cut| cut.to_f64()).collect());
            let found = bin_numbers(values, bad, &wanted)
                .or_else(|refusal| match refusal {
                    // So few ordinary values that they cannot be parted: they are one bin.
                    Refusal::Infeasible => bin_numbers(values, bad, &one_bin(&wanted)),
                    other => Err(other),
                })
                .map_err(refused)?;
            if found.telling == Telling::Wholly || parted(values, bad, &found.table, &wanted.specials) {
                return Err(tells_wholly());
            }
            let edge = |at: usize| {
                let cut = at.checked_sub(1).and_then(|at| found.fine.get(at));
                cut.and_then(|cut| fine.iter().find(|own| own.to_f64() == *cut)).copied()
            };
            let runs = runs(&found.telling, |from, to| range_words(edge(from), edge(to)));
            let kept = found.cuts.iter().filter_map(|cut| fine.iter().find(|own| own.to_f64() == *cut));
            let kept: Vec<Fixed> = kept.copied().collect();
            (Cut::Numbers { cuts: kept, specials, trend: found.trend }, found.table, runs)
        }
        Column::Categories { codes, words, is_flag } => {
            if !specials.is_empty() {
                return Err(Text::new("特殊值只用于数值", "special values are of numbers only"));
            }
            if words.len() > MOST_CATEGORIES {
                return Err(Text::new(
                    format!("{} 个不同的取值，像名称而不是类别", words.len()),
                    format!("{} different values: a name rather than a category", words.len()),
                ));
            }
            let first = codes.first().copied().flatten();
            if codes.iter().all(|code| *code == first) {
                return Err(constant());
            }
            let n = words.len() as u32;
            let found = bin_categories(codes, n, bad, &wanted)
                .or_else(|refusal| match refusal {
                    Refusal::Infeasible => bin_categories(codes, n, bad, &one_bin(&wanted)),
                    other => Err(other),
                })
                .map_err(refused)?;
            if found.telling == Telling::Wholly {
                return Err(tells_wholly());
            }
            let name = |code: &u32| words[*code as usize].clone();
            let runs = runs(&found.telling, |from, to| {
                let all: Vec<String> = found.fine[from..to].iter().flatten().map(name).collect();
                category_words(&all, is_flag)
            });
            let groups = found.groups.iter().map(|group| group.iter().map(name).collect()).collect();
            let cut = Cut::Categories { groups, group_of: found.group_of, rare: found.rare, is_flag };
            (cut, found.table, runs)
        }
    };
    Ok(Binned {
        feature: at,
        name: feature.name.clone(),
        title: feature.title.clone(),
        kind: feature.kind,
        cut,
        table,
        runs,
    })
}

/// Whether a threshold parts the two kinds: the greatest of one is less than the least of the other, and what is missing
/// or special is of one kind, too. A threshold within one fine bin is found here and nowhere else.
fn parted(values: &[f64], bad: &[bool], table: &Table, specials: &[f64]) -> bool {
    let apart = &table.cells[table.cells.len() - 1 - specials.len()..];
    if apart.iter().any(|cell| cell.counts.n() > 0 && !cell.counts.is_pure()) {
        return false;
    }
    let none = (f64::INFINITY, f64::NEG_INFINITY);
    let mut bounds = [none, none];
    for (value, bad) in values.iter().zip(bad) {
        if !value.is_nan() && !specials.contains(value) {
            let bound = &mut bounds[usize::from(*bad)];
            *bound = (bound.0.min(*value), bound.1.max(*value));
        }
    }
    bounds[0].1 < bounds[1].0 || bounds[1].1 < bounds[0].0
}

fn runs(telling: &Telling, words: impl Fn(usize, usize) -> Text) -> Vec<(Text, Counts)> {
    match telling {
        Telling::Wholly => Vec::new(),
        Telling::Runs(all) => all.iter().map(|(from, to, counts)| (words(*from, *to), *counts)).collect(),
    }
}

pub(super) fn tells_wholly() -> Text {
    Text::new(
        "把两种结果完全分开，系数没有有限的值；检查它是不是结果本身",
        "tells the outcomes apart wholly, so that it has no finite coefficient; make sure that it is not the outcome itself",
    )
}

/// A range of numbers.
fn range_words(from: Option<Fixed>, below: Option<Fixed>) -> Text {
    match (from, below) {
        (None, None) => Text::new("任何值", "any value"),
        (None, Some(below)) => Text::new(format!("低于 {below}"), format!("below {below}")),
        (Some(from), Some(below)) => {
            Text::new(format!("{from} 至 {below} 以下"), format!("{from} to below {below}"))
        }
        (Some(from), None) => Text::new(format!("{from} 及以上"), format!("{from} and above")),
    }
}

/// Categories, or yes and no.
fn category_words(all: &[String], is_flag: bool) -> Text {
    let words = |yes: &str, no: &str, between: &str| {
        let word = |word: &String| match (is_flag, word.as_str()) {
            (true, "true") => yes.to_string(),
            (true, _) => no.to_string(),
            (false, word) => word.to_string(),
        };
        all.iter().map(word).collect::<Vec<_>>().join(between)
    };
    Text::new(words("是", "否", "、"), words("yes", "no", ", "))
}

fn one_bin(options: &Options) -> Options {
    Options { max_bins: 1, min_share: 0.0, min_good: 0, min_bad: 0, ..options.clone() }
}

fn constant() -> Text {
    Text::new("所有客户的值都一样", "the same value for everybody")
}

fn refused(refusal: Refusal) -> Text {
    match refusal {
        Refusal::Empty => Text::new("没有已知的值", "no value is known"),
        Refusal::Infeasible => Text::new("没有满足条件的分箱", "no bins meet the conditions"),
        other => Text::new(format!("不能分箱：{other}"), format!("cannot be cut into bins: {other}")),
    }
}

impl TrendAsked {
    fn of_stats(self) -> Trend {
        match self {
            TrendAsked::Auto => Trend::Auto,
            TrendAsked::Rising => Trend::Ascending,
            TrendAsked::Falling => Trend::Descending,
            TrendAsked::Peak => Trend::Peak,
            TrendAsked::Valley => Trend::Valley,
            TrendAsked::Any => Trend::Any,
        }
    }
}

impl Binned {
    /// The cell of each entry, by place in the table; what was never seen has the place after the last.
    pub(super) fn cells(&self, column: Column<'_>) -> Vec<usize> {
        let n = self.table.cells.len();
        match (&self.cut, column) {
            (Cut::Numbers { cuts, specials, .. }, Column::Numbers(values)) => {
                let cuts: Vec<f64> = cuts.iter().map(|cut| cut.to_f64()).collect();
                let specials: Vec<f64> = specials.iter().map(|value| value.to_f64()).collect();
                let of = |value: &f64| match specials.iter().position(|special| special == value) {
                    _ if value.is_nan() => n - 1,
                    Some(special) => cuts.len() + 1 + special,
                    None => cuts.partition_point(|cut| cut <= value),
                };
                values.iter().map(of).collect()
            }
            (Cut::Categories { group_of, rare, .. }, Column::Categories { codes, .. }) => {
                let of = |code: &Option<u32>| match code {
                    None => n - 1,
                    Some(code) => group_of.get(*code as usize).copied().flatten().or(*rare).unwrap_or(n),
                };
                codes.iter().map(of).collect()
            }
            (_, Column::Numbers(values)) => vec![n; values.len()],
            (_, Column::Categories { codes, .. }) => vec![n; codes.len()],
        }
    }

    /// The evidence of each entry.
    pub(super) fn woe(&self, column: Column<'_>) -> Vec<f64> {
        let of = |cell: usize| self.table.cells.get(cell).map_or(0.0, |cell| cell.woe);
        self.cells(column).into_iter().map(of).collect()
    }

    /// The evidence of each cell, and last of what was never seen.
    pub(super) fn evidence(&self) -> Vec<f64> {
        self.table.cells.iter().map(|cell| cell.woe).chain([0.0]).collect()
    }

    /// As people see it, with points if it is on the card.
    pub(super) fn shown(&self, points: Option<&Vec<Fixed>>, is_bad_event: bool) -> LearnedAttribute {
        let labels = self.labels();
        let rows = self.table.cells.iter().zip(labels).enumerate().map(|(at, (cell, (kind, label)))| {
            let (n, n_good, n_bad) = (cell.counts.n(), cell.counts.good, cell.counts.bad);
            let n_events = if is_bad_event { n_bad } else { n_good };
            LearnedBin {
                kind,
                label,
                n,
                n_good,
                n_bad,
                bad_rate: (n > 0).then(|| cell.counts.bad_rate()),
                n_events,
                event_rate: (n > 0).then(|| n_events as f64 / n as f64),
                woe: cell.woe,
                iv: cell.iv,
                one_kind: cell.counts.is_pure(),
                points: points.map_or(Fixed::ZERO, |points| points[at]),
            }
        });
        let trend = match &self.cut {
            Cut::Numbers { trend, cuts, .. } if !cuts.is_empty() => match trend {
                Trend::Ascending => "ascending",
                Trend::Descending => "descending",
                Trend::Peak => "peak",
                Trend::Valley => "valley",
                Trend::Any | Trend::Auto => "none",
            },
            _ => "none",
        };
        LearnedAttribute {
            feature: self.name.clone(),
            title: self.title.clone(),
            kind: self.kind,
            trend,
            iv: self.table.iv,
            taken: points.is_some(),
            why_not: None,
            coefficient: None,
            standard_error: None,
            p: None,
            reason: None,
            bins: rows.collect(),
        }
    }

    pub(super) fn labels(&self) -> Vec<(&'static str, Text)> {
        let mut out = Vec::new();
        match &self.cut {
            Cut::Numbers { cuts, specials, .. } => {
                for at in 0..=cuts.len() {
                    let (from, below) = (at.checked_sub(1).map(|at| cuts[at]), cuts.get(at));
                    out.push(("range", range_words(from, below.copied())));
                }
                let special = |value: &Fixed| {
                    ("special", Text::new(format!("等于 {value}"), format!("equal to {value}")))
                };
                out.extend(specials.iter().map(special));
            }
            Cut::Categories { groups, rare, is_flag, .. } => {
                for (at, group) in groups.iter().enumerate() {
                    let label = category_words(group, *is_flag);
                    out.push(match *rare == Some(at) {
                        true => (
                            "rare",
                            Text::new(format!("{}及其他", label.zh), format!("{} and others", label.en)),
                        ),
                        false => ("category", label),
                    });
                }
            }
        }
        out.push(("missing", Text::new("未知或不适用", "unknown or not applicable")));
        out
    }
}
