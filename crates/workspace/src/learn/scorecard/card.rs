//! The learned card as the model document says it.

use gradus_model::Text;
use gradus_model::document::{
    Attribute, Bin, Combine, Monotone, Named, ReasonRank, Reasons, Scorecard, Unknown,
};
use gradus_model::fixed::Fixed;
use gradus_stats::binning::Trend;

use super::binned::{Binned, Cut};
use super::choose::Chosen;
use super::{ScorecardOptions, reason};
use crate::learn::training::TrainingSet;

/// The scorecard: attributes with their bins, what is unknown among them, and reason codes.
pub(super) fn scorecard(
    title: &Text,
    set: &TrainingSet,
    binned: &[Binned],
    chosen: &Chosen,
    base: Fixed,
    points: &[Vec<Fixed>],
    options: &ScorecardOptions,
) -> Scorecard {
    let mut attributes: Vec<(String, Attribute)> = Vec::new();
    for (at, (term, points)) in chosen.terms.iter().zip(points).enumerate() {
        let one = &binned[term.at];
        let name = name_of(one, at, &attributes);
        attributes.push((name, attribute(one, at, points)));
    }
    let (dates, n) = (set.dates.iter().filter(|date| !date.is_held_out).count(), set.n_train);
    let (until, outcome) = (set.learned_until(), &set.outcome);
    Scorecard {
        title: Some(title.clone()),
        description: Some(Text::new(
            format!(
                "从 {n} 行（{dates} 个日期，最后一个 {until}）学习：{}。{} 分为好坏 {}:1，每 {} 分好坏比翻倍。",
                outcome.words.zh, options.base_score, options.base_odds, options.points_to_double
            ),
            format!(
                "Learned from {n} rows ({dates} dates, the last {until}): {}. {} points are {}:1 good to bad, and {} more double that.",
                outcome.words.en, options.base_score, options.base_odds, options.points_to_double
            ),
        )),
        combine: Combine::Sum,
        base_points: (base != Fixed::ZERO).then_some(base),
        attributes: attributes.into_iter().collect(),
        adjustments: Named::default(),
        groups: Named::default(),
        total: None,
        reasons: Some(Reasons { rank: ReasonRank::PointsBelow, baseline: None }),
    }
}

/// An expression is no name.
fn name_of(one: &Binned, at: usize, taken: &[(String, Attribute)]) -> String {
    let is_plain = !one.name.is_empty() && one.name.chars().all(|c| c.is_alphanumeric() || c == '_');
    match is_plain && taken.iter().all(|(name, _)| *name != one.name) {
        true => one.name.clone(),
        false => format!("attribute_{}", at + 1),
    }
}

fn attribute(one: &Binned, at: usize, points: &[Fixed]) -> Attribute {
    let n_cells = one.table.cells.len();
    let missing = points[n_cells - 1];
    let (bins, special, monotone) = match &one.cut {
        Cut::Numbers { cuts, specials, trend } => {
            let edge = |at: usize| cuts.get(at).copied();
            let bins = (0..=cuts.len()).map(|at| match (at.checked_sub(1).and_then(edge), edge(at)) {
                (None, None) => Bin { otherwise: true, points: points[at], ..Bin::default() },
                (from, below) => Bin { from, below, points: points[at], ..Bin::default() },
            });
            let special = specials.iter().enumerate().map(|(k, value)| Bin {
                one_of: Some(vec![number(*value)]),
                points: points[cuts.len() + 1 + k],
                ..Bin::default()
            });
            // More bad is fewer points.
            let monotone = match trend {
                Trend::Ascending if !cuts.is_empty() && specials.is_empty() => Some(Monotone::Decreasing),
                Trend::Descending if !cuts.is_empty() && specials.is_empty() => Some(Monotone::Increasing),
                _ => None,
            };
            (bins.collect::<Vec<_>>(), special.collect(), monotone)
        }
        Cut::Categories { groups, rare, is_flag, .. } => {
            let value = |word: &String| match is_flag {
                true => serde_json::Value::Bool(word == "true"),
                false => serde_json::Value::String(word.clone()),
            };
            let of = |(at, group): (usize, &Vec<String>)| match *rare == Some(at) {
                true => Bin { otherwise: true, points: points[at], ..Bin::default() },
                false => Bin {
                    one_of: Some(group.iter().map(value).collect()),
                    points: points[at],
                    ..Bin::default()
                },
            };
            let mut bins: Vec<Bin> = groups.iter().enumerate().map(of).collect();
            let seen: usize = groups.iter().map(Vec::len).sum();
            if rare.is_none() && !(*is_flag && seen == 2) {
                // What was never seen says neither good nor bad.
                bins.push(Bin { otherwise: true, points: points[n_cells], ..Bin::default() });
            }
            (bins, Vec::new(), None)
        }
    };
    Attribute {
        title: Some(one.title.clone()),
        value: one.name.clone(),
        weight: None,
        group: None,
        bins: Some(bins),
        quantiles: None,
        slope: None,
        cases: None,
        special,
        unknown: Unknown::Points(missing),
        unknown_reason: None,
        not_applicable: Some(missing),
        cap: None,
        monotone,
        reason: Some(reason(at)),
        baseline: Some(average(one, points)),
    }
}

/// What the customers of the training have on average: below it, the attribute speaks against somebody.
fn average(one: &Binned, points: &[Fixed]) -> Fixed {
    let (mut sum, mut n) = (0i128, 0i128);
    for (cell, points) in one.table.cells.iter().zip(points) {
        let of_cell = i128::from(cell.counts.n());
        sum += i128::from(points.0) * of_cell;
        n += of_cell;
    }
    Fixed(gradus_model::fixed::round_div(sum, n).unwrap_or(0) as i64)
}

fn number(value: Fixed) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}
