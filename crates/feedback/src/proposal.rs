//! What a review proposes: points and weights of a scorecard that the outcomes contradict. A proposal is
//! never more than a draft; a person simulates, and another one approves.
//!
//! Points are pooled by the adjacent-violators algorithm (Ayer, Brunk, Ewing, Reid and Silverman 1955,
//! Annals of Mathematical Statistics 26, 641-647), and only where the violation is more than chance makes.

use gradus_model::Text;
use gradus_model::document::Better;
use gradus_model::fixed::Fixed;
use gradus_stats::delong;
use gradus_stats::proportion::two_proportions;
use serde::Serialize;

use crate::LEVEL;
use crate::judge::AT_LEAST;
use crate::sides::Came;
use crate::words::{p_value, percent};

const ALPHA: f64 = 0.05;
/// One, in fixed point.
const ONE: i64 = 10_000;

/// An attribute of a scorecard, and in which of its bins each customer is.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeSide {
    pub name: String,
    pub title: Text,
    /// Its bins as they are written.
    pub bins: Vec<BinSide>,
    /// The place of each customer's bin in `bins`; none for special values, unknown and not applicable.
    pub places: Vec<Option<usize>>,
    pub weight: Option<Fixed>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct BinSide {
    pub label: Text,
    pub points: Fixed,
}

/// A change that is proposed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proposal {
    pub attribute: String,
    pub change: Change,
    /// What the outcomes say, and what would change.
    pub words: Text,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// New points by the place of the bin.
    Points(Vec<(usize, Fixed)>),
    Weight(Fixed),
}

/// Bins whose points the outcome contradicts, pooled: one proposal for each group of them.
pub fn points(attribute: &AttributeSide, came: &Came) -> Vec<Proposal> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut counts = vec![(0u64, 0u64); attribute.bins.len()];
    for (place, value) in attribute.places.iter().zip(&came.values) {
        let (Some(place), Some(value)) = (place, value) else { continue };
        counts[*place].1 += 1;
        counts[*place].0 += u64::from(came.is_good(*value));
    }
    let mut order: Vec<usize> = (0..counts.len()).filter(|bin| counts[*bin].1 >= AT_LEAST).collect();
    order.sort_by_key(|bin| (attribute.bins[*bin].points, *bin));
    for bin in order {
        let (with, n) = counts[bin];
        let mut block = Block { bins: vec![bin], with, n, p: None };
        // The block before has fewer points; if it came out clearly better, both are one.
        while let Some(before) = blocks.last() {
            let is_worse = (block.with as f64) * (before.n as f64) < (before.with as f64) * (block.n as f64);
            let same_points = attribute.bins[before.bins[0]].points == attribute.bins[block.bins[0]].points;
            let test = two_proportions((before.with, before.n), (block.with, block.n), LEVEL);
            let Some(test) = test.filter(|test| is_worse && !same_points && test.p < ALPHA) else { break };
            let Some(before) = blocks.pop() else { break };
            block = before.with(block, test.p);
        }
        blocks.push(block);
    }
    let contradicted = blocks.iter().filter_map(|block| Some((block, block.p?)));
    contradicted.map(|(block, p)| pooled(attribute, came, block, &counts, p)).collect()
}

#[derive(Debug, Clone)]
struct Block {
    bins: Vec<usize>,
    with: u64,
    n: u64,
    /// Of the clearest violation inside.
    p: Option<f64>,
}

impl Block {
    fn with(mut self, other: Block, p: f64) -> Block {
        self.bins.extend(other.bins);
        let least = [self.p, other.p, Some(p)].into_iter().flatten().fold(1.0, f64::min);
        Block { bins: self.bins, with: self.with + other.with, n: self.n + other.n, p: Some(least) }
    }
}

fn pooled(attribute: &AttributeSide, came: &Came, block: &Block, counts: &[(u64, u64)], p: f64) -> Proposal {
    let sum: i128 = block
        .bins
        .iter()
        .map(|bin| i128::from(attribute.bins[*bin].points.0) * i128::from(counts[*bin].1))
        .sum();
    // Whole points, as people write them.
    let mean = (sum as f64 / block.n as f64 / ONE as f64).round() as i64 * ONE;
    let shown = |lang: &dyn Fn(&Text) -> String, what: &dyn Fn(usize) -> String, by: &str| {
        let one = |bin: &usize| what(*bin).replace("{}", &lang(&attribute.bins[*bin].label));
        block.bins.iter().map(one).collect::<Vec<_>>().join(by)
    };
    let rate = |bin: usize| {
        let (with, n) = counts[bin];
        let share = with as f64 / n.max(1) as f64;
        percent(if came.better == Better::More { share } else { 1.0 - share })
    };
    let points = |bin: usize| attribute.bins[bin].points;
    let zh = shown(&|text| text.zh.clone(), &|bin| format!("{{}}（{} 分）{}", points(bin), rate(bin)), "，");
    let en =
        shown(&|text| text.en.clone(), &|bin| format!("{{}} ({} points) {}", points(bin), rate(bin)), ", ");
    let words = Text::new(
        format!(
            "“{}”的分值与{}相反（{}）：{zh}。建议都给 {} 分",
            attribute.title.zh,
            came.title.zh,
            p_value(p),
            Fixed(mean)
        ),
        format!(
            "the points of “{}” run against {} ({}): {en}. Proposed: {} points for all of them",
            attribute.title.en,
            came.title.en,
            p_value(p),
            Fixed(mean)
        ),
    );
    let mut bins: Vec<usize> = block.bins.clone();
    bins.sort_unstable();
    let change = Change::Points(bins.into_iter().map(|bin| (bin, Fixed(mean))).collect());
    Proposal { attribute: attribute.name.clone(), change, words }
}

/// Weights without evidence: where the points of an attribute alone do not tell customers apart, half of
/// its weight goes to those that do, in proportion. The sum of the weights stays.
pub fn weights(attributes: &[AttributeSide], came: &Came) -> Vec<Proposal> {
    let auc = |attribute: &AttributeSide| {
        let rows = attribute.places.iter().zip(&came.values).filter_map(|(place, value)| {
            Some((attribute.bins[(*place)?].points.to_f64(), came.is_good((*value)?)))
        });
        let (scores, good): (Vec<f64>, Vec<bool>) = rows.unzip();
        delong::auc(&scores, &good, LEVEL)
    };
    let judged: Vec<(&AttributeSide, Fixed, delong::Auc)> = attributes
        .iter()
        .filter_map(|one| Some((one, one.weight.filter(|weight| weight.0 > 0)?, auc(one)?)))
        .collect();
    let (with, without): (Vec<_>, Vec<_>) = judged.iter().partition(|(_, _, auc)| auc.estimate.low > 0.5);
    let freed: i64 = without.iter().map(|(_, weight, _)| weight.0 / 2).sum();
    let all: i64 = with.iter().map(|(_, weight, _)| weight.0).sum();
    if freed == 0 || all == 0 {
        return Vec::new();
    }
    let mut out = Vec::new();
    for (attribute, weight, auc) in &without {
        let (value, low, high) = (auc.estimate.value, auc.estimate.low, auc.estimate.high);
        let less = Fixed(weight.0 - weight.0 / 2);
        out.push(Proposal {
            attribute: attribute.name.clone(),
            change: Change::Weight(less),
            words: Text::new(
                format!(
                    "单看“{}”，{}（AUC {value:.3}，{low:.3}–{high:.3}）。建议权重 {weight} → {less}",
                    attribute.title.zh,
                    match high < 0.5 {
                        true => format!("分值与{}方向相反", came.title.zh),
                        false => format!("分不出{}", came.title.zh),
                    }
                ),
                format!(
                    "“{}” alone {} (AUC {value:.3}, {low:.3}–{high:.3}). Proposed weight: {weight} → {less}",
                    attribute.title.en,
                    match high < 0.5 {
                        true => format!("points away from {}", came.title.en),
                        false => format!("does not tell {}", came.title.en),
                    }
                ),
            ),
        });
    }
    let mut left = freed;
    for (at, (attribute, weight, _)) in with.iter().enumerate() {
        // The last one takes what rounding leaves.
        let more = if at + 1 == with.len() { left } else { freed * weight.0 / all };
        left -= more;
        let new = Fixed(weight.0 + more);
        out.push(Proposal {
            attribute: attribute.name.clone(),
            change: Change::Weight(new),
            words: Text::new(
                format!("“{}”的权重 {weight} → {new}", attribute.title.zh),
                format!("weight of “{}”: {weight} → {new}", attribute.title.en),
            ),
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_model::document::Counts;

    fn attribute(name: &str, points: &[i64], places: Vec<usize>, weight: i64) -> AttributeSide {
        AttributeSide {
            name: name.into(),
            title: Text::plain(name),
            bins: points
                .iter()
                .enumerate()
                .map(|(at, points)| BinSide {
                    label: Text::plain(format!("bin{at}")),
                    points: Fixed(points * ONE),
                })
                .collect(),
            places: places.into_iter().map(Some).collect(),
            weight: Some(Fixed(weight * ONE / 10)),
        }
    }

    fn came(values: impl Iterator<Item = bool>) -> Came {
        Came {
            name: "again".into(),
            title: Text::new("复购率", "Repurchase"),
            counts: Counts::Happened,
            better: Better::More,
            values: values.map(|again| Some(f64::from(again))).collect(),
        }
    }

    #[test]
    fn bins_that_run_the_wrong_way_become_one_and_the_others_stay() {
        // Of 100 in each bin 10, 60, 20 and 80 buy again; points 0, 10, 30, 50.
        let places: Vec<usize> = (0..400).map(|at| at / 100).collect();
        let again = came((0..400).map(|at| at % 100 < [10, 60, 20, 80][at / 100]));
        let found = points(&attribute("late", &[0, 10, 30, 50], places.clone(), 5), &again);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].change, Change::Points(vec![(1, Fixed(20 * ONE)), (2, Fixed(20 * ONE))]));
        assert_eq!(
            found[0].words.zh,
            "“late”的分值与复购率相反（p < 0.001）：bin1（10 分）60.0%，bin2（30 分）20.0%。建议都给 20 分"
        );
        // A difference that chance makes changes nothing, and neither does the right order.
        let chance = came((0..400).map(|at| at % 100 < [10, 22, 20, 80][at / 100]));
        assert!(points(&attribute("late", &[0, 10, 30, 50], places.clone(), 5), &chance).is_empty());
        let few: Vec<usize> = (0..40).map(|at| at / 10).collect();
        let again = came((0..40).map(|at| at % 10 < [1, 9, 0, 9][at / 10]));
        assert!(points(&attribute("late", &[0, 10, 30, 50], few, 5), &again).is_empty(), "too few to say");
    }

    #[test]
    fn a_weight_without_evidence_goes_to_the_others_and_the_sum_stays() {
        let again = came((0..400).map(|at| at % 2 == 1));
        let tells = attribute(
            "tells",
            &[0, 10],
            (0..400).map(|at| usize::from(at % 2 == 1 || at % 10 == 0)).collect(),
            5,
        );
        let too = attribute(
            "too",
            &[0, 10],
            (0..400).map(|at| usize::from(at % 2 == 1 && at % 3 > 0)).collect(),
            2,
        );
        let idle = attribute("idle", &[0, 10], (0..400).map(|at| usize::from(at % 4 < 2)).collect(), 3);
        let found = weights(&[tells.clone(), idle.clone(), too], &again);
        let changed: Vec<(&str, i64)> = found
            .iter()
            .map(|one| match &one.change {
                Change::Weight(weight) => (one.attribute.as_str(), weight.0),
                Change::Points(_) => panic!(),
            })
            .collect();
        assert_eq!(changed, [("idle", 1_500), ("tells", 6_071), ("too", 2_429)]);
        assert_eq!(changed.iter().map(|(_, weight)| weight).sum::<i64>(), ONE);
        assert!(weights(&[idle], &again).is_empty(), "nobody to give it to");
        assert!(weights(&[tells], &again).is_empty());
    }
}
