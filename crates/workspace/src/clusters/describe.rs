//! Groups by plain rules: a tree that tells them apart, cut at round numbers, and how much of each group its rules catch.

use std::collections::BTreeMap;

use gradus_grading::grade::clusters::ClustersFit;
use gradus_model::Text;
use gradus_stats::random::Random;
use gradus_stats::tree::{Column, Condition, Options, Target, Test, Tree, Value, fit};
use serde::Serialize;

/// Customers from whom the rules are learned; they are counted on everybody.
const LEARNED_FROM: usize = 50_000;
/// Questions on the way to a rule.
const DEPTH: usize = 4;

/// How far plain rules tell the groups apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Description {
    /// The share of customers whom the rules put into their own group.
    pub right: f64,
    /// In the order of the groups.
    pub clusters: Vec<DescribedCluster>,
}

/// A group by rules; a customer for whom one of them holds is put into it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DescribedCluster {
    pub name: String,
    /// None where the tree gives the group no part of its own.
    pub rules: Vec<RuleOfCluster>,
    /// The share of the group for whom a rule holds.
    pub caught: f64,
    /// The share of those for whom a rule holds that are in the group.
    pub precise: f64,
}

/// Conditions that all hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleOfCluster {
    /// Each as SQL.
    pub conditions: Vec<String>,
    pub words: Text,
    /// Customers for whom it holds.
    pub n: u64,
    /// Those of them who are in the group.
    pub n_right: u64,
    /// Of the group.
    pub caught: f64,
}

/// Describes groups on features in their own units; `None` for a single group.
pub fn describe(
    columns: &[Vec<f64>],
    labels: &[u32],
    found: &ClustersFit,
    features: &[String],
) -> Option<Description> {
    let k = found.clusters.len();
    if k < 2 {
        return None;
    }
    let n = labels.len();
    let mut rows: Vec<usize> = match n > LEARNED_FROM {
        true => Random::new(0).sample(n, LEARNED_FROM),
        false => (0..n).collect(),
    };
    rows.sort_unstable();
    let taken: Vec<Vec<f64>> =
        columns.iter().map(|column| rows.iter().map(|row| column[*row]).collect()).collect();
    let classes: Vec<u32> = rows.iter().map(|row| labels[*row]).collect();
    let numbers: Vec<Column<'_>> = taken.iter().map(|column| Column::Numbers(column)).collect();
    let options = Options { max_depth: DEPTH, min_leaf: (rows.len() / 200).max(1), ..Options::default() };
    let mut tree = fit(&numbers, Target::Classes { of: &classes, n: k as u32 }, &options).ok()?;
    at_round_numbers(&mut tree, &taken);
    // Counted on everybody, so that what is promised is what a segment of these rules holds.
    let mut counted: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    let mut row_values = vec![Value::Number(0.0); columns.len()];
    for (row, label) in labels.iter().enumerate() {
        columns.iter().zip(&mut row_values).for_each(|(column, value)| *value = Value::Number(column[row]));
        counted.entry(tree.leaf(&row_values)).or_insert_with(|| vec![0; k])[*label as usize] += 1;
    }
    let mut clusters: Vec<DescribedCluster> = found
        .clusters
        .iter()
        .map(|cluster| DescribedCluster {
            name: cluster.name.clone(),
            rules: Vec::new(),
            caught: 0.0,
            precise: 0.0,
        })
        .collect();
    let titles: Vec<&Text> = found.features.iter().map(|feature| &feature.title).collect();
    let mut n_right = 0;
    for rule in tree.rules() {
        let own = rule.prediction as usize;
        let Some(counts) = counted.get(&rule.leaf) else { continue };
        n_right += counts[own];
        clusters[own].rules.push(RuleOfCluster {
            conditions: rule.conditions.iter().flat_map(|one| conditions(one, features)).collect(),
            words: words(&rule.conditions, &titles),
            n: counts.iter().sum(),
            n_right: counts[own],
            caught: counts[own] as f64 / found.clusters[own].n.max(1) as f64,
        });
    }
    for cluster in &mut clusters {
        cluster.rules.sort_by(|a, b| b.n_right.cmp(&a.n_right));
        let held: u64 = cluster.rules.iter().map(|rule| rule.n).sum();
        let right: u64 = cluster.rules.iter().map(|rule| rule.n_right).sum();
        cluster.caught = cluster.rules.iter().map(|rule| rule.caught).sum();
        cluster.precise = if held > 0 { right as f64 / held as f64 } else { 0.0 };
    }
    Some(Description { right: n_right as f64 / n.max(1) as f64, clusters })
}

/// Each threshold becomes the roundest number that parts the same customers.
fn at_round_numbers(tree: &mut Tree, columns: &[Vec<f64>]) {
    let sorted: Vec<Vec<f64>> = columns
        .iter()
        .map(|column| {
            let mut sorted = column.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            sorted
        })
        .collect();
    for split in tree.nodes.iter_mut().filter_map(|node| node.split.as_mut()) {
        if let Test::AtMost { column, threshold } = &mut split.test {
            let values = &sorted[*column];
            let above = values.partition_point(|value| *value <= *threshold);
            if let (Some(below), Some(above)) = (above.checked_sub(1).map(|at| values[at]), values.get(above))
            {
                *threshold = roundest(below, *above).unwrap_or(*threshold);
            }
        }
    }
}

/// The number of fewest digits that is at least `low` and below `high`.
pub(crate) fn roundest(low: f64, high: f64) -> Option<f64> {
    let middle = low + (high - low) / 2.0;
    if low <= 0.0 && high > 0.0 {
        return Some(0.0);
    }
    (0..16).find_map(|digits| {
        let rounded: f64 = format!("{middle:.digits$e}").parse().ok()?;
        let step = 10f64.powi(middle.abs().log10().floor() as i32 - digits as i32);
        [rounded, rounded - step, rounded + step]
            .into_iter()
            .filter_map(|one| format!("{one:.digits$e}").parse::<f64>().ok())
            .find(|one| low <= *one && *one < high)
    })
}

/// What a rule asks of a feature, as SQL.
fn conditions(condition: &Condition, features: &[String]) -> Vec<String> {
    let Condition::Between { column, above, at_most, .. } = condition else { return Vec::new() };
    let Some(feature) = features.get(*column) else { return Vec::new() };
    // An expression keeps its meaning beside a comparison only in brackets.
    let is_name = feature.chars().all(|c| c.is_alphanumeric() || c == '_')
        || (feature.starts_with('"') && feature.ends_with('"') && feature.matches('"').count() == 2);
    let feature = if is_name { feature.clone() } else { format!("({feature})") };
    let above = above.map(|cut| format!("{feature} > {}", number(cut)));
    let at_most = at_most.map(|cut| format!("{feature} <= {}", number(cut)));
    above.into_iter().chain(at_most).collect()
}

/// A number as SQL and people write it, without an exponent.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" || text.is_empty() { "0".to_string() } else { text.to_string() }
}

fn words(conditions: &[Condition], titles: &[&Text]) -> Text {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for condition in conditions {
        let Condition::Between { column, above, at_most, .. } = condition else { continue };
        let Some(title) = titles.get(*column) else { continue };
        let (above, at_most) = (above.map(number), at_most.map(number));
        let (one_zh, one_en) = match (above, at_most) {
            (Some(above), Some(at_most)) => (
                format!("{}大于 {above}、不超过 {at_most}", title.zh),
                format!("{} above {above}, at most {at_most}", title.en),
            ),
            (Some(above), None) => {
                (format!("{}大于 {above}", title.zh), format!("{} above {above}", title.en))
            }
            (None, Some(at_most)) => {
                (format!("{}不超过 {at_most}", title.zh), format!("{} at most {at_most}", title.en))
            }
            (None, None) => continue,
        };
        zh.push(one_zh);
        en.push(one_en);
    }
    match zh.is_empty() {
        true => Text::new("所有人", "everybody"),
        false => Text::new(zh.join("，且"), en.join(", and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_are_round_and_part_the_same_customers() {
        assert_eq!(roundest(487.31, 512.8), Some(500.0));
        assert_eq!(roundest(-1.0, 2.0), Some(0.0));
        for (low, high) in
            [(487.31, 512.8), (3.0, 4.0), (-8.0, -7.0), (-1.0, 2.0), (0.0012, 0.0013), (99.0, 100.0)]
        {
            let found = roundest(low, high).unwrap();
            assert!(low <= found && found < high, "{found}");
        }
        assert_eq!((number(500.0), number(0.25), number(-0.0)), ("500".into(), "0.25".into(), "0".into()));
    }
}
