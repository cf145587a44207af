//! A tree as the model document says it: segments, or a decision tree.

use gradus_model::Text;
use gradus_model::document::{
    Condition, ConditionNode, DecisionTree, Model, Outcome, Segment, TreeBranch, TreeElse,
};
use gradus_model::fixed::{FIXED_ONE, Fixed};
use gradus_stats::tree::{Condition as Asked, Split, Test};

use super::TreeRule;
use super::grown::Grown;
use super::words::column_of;
use crate::learn::columns::{Feature, Values};

/// What a leaf asks of a customer, over the base.
pub(super) fn condition(conditions: &[Asked], features: &[Feature], base: &str, model: &Model) -> Condition {
    let mut all: Vec<Condition> = Vec::new();
    if base != "everyone" && model.segments.get(base).is_none() {
        all.push(Condition::Sql(base.to_string()));
    }
    all.extend(conditions.iter().map(|one| asked(one, &features[column_of(one)])));
    match all.len() {
        0 => Condition::Sql("true".to_string()),
        1 => all.remove(0),
        _ => node(ConditionNode { all: Some(all), ..ConditionNode::default() }),
    }
}

/// One segment a leaf, in the order of the rules.
pub(super) fn segments(
    name: &str,
    rules: &[(usize, TreeRule)],
    base: &str,
    model: &Model,
) -> Vec<(String, Segment)> {
    let base = if model.segments.get(base).is_some() { base } else { "everyone" };
    let one = |(at, (_, rule)): (usize, &(usize, TreeRule))| {
        let rate = 100.0 * rule.rate;
        let segment = Segment {
            title: Some(rule.words.clone()),
            description: Some(Text::new(
                format!("{} 位客户，其中 {rate:.1}% 为「{}」", rule.n, rule.title.zh),
                format!("{} customers, {rate:.1}% of them “{}”", rule.n, rule.title.en),
            )),
            base: base.to_string(),
            condition: rule.condition.clone(),
        };
        (format!("{name}_{}", at + 1), segment)
    };
    rules.iter().enumerate().map(one).collect()
}

/// The whole of it; `gives` says what a leaf gives.
pub(super) fn tree(
    title: &Text,
    words: &Text,
    grown: &Grown,
    features: &[Feature],
    gives: &dyn Fn(usize) -> serde_json::Value,
) -> DecisionTree {
    let root = below(0, grown, features, gives);
    let description = Some(words.clone());
    match root.gives {
        // A single leaf: everybody.
        Some(outcome) => DecisionTree {
            title: Some(title.clone()),
            description,
            value: None,
            branches: vec![TreeBranch {
                when: Some(Condition::Sql("true".into())),
                gives: Some(outcome),
                ..TreeBranch::default()
            }],
            otherwise: None,
            undecided: Default::default(),
        },
        None => DecisionTree {
            title: Some(title.clone()),
            description,
            value: None,
            branches: root.branches,
            otherwise: root.otherwise.map(|otherwise| *otherwise),
            undecided: Default::default(),
        },
    }
}

fn below(
    at: usize,
    grown: &Grown,
    features: &[Feature],
    gives: &dyn Fn(usize) -> serde_json::Value,
) -> TreeElse {
    let Some(split) = &grown.tree.nodes[at].split else {
        return TreeElse { gives: Some(Outcome::Value(gives(at))), ..TreeElse::default() };
    };
    let left = below(split.left, grown, features, gives);
    let right = below(split.right, grown, features, gives);
    let branch = TreeBranch {
        when: Some(question(split, features)),
        gives: left.gives,
        branches: left.branches,
        otherwise: left.otherwise,
        ..TreeBranch::default()
    };
    TreeElse { branches: vec![branch], otherwise: Some(Box::new(right)), ..TreeElse::default() }
}

/// Who goes left; always told, also of somebody of whom the value is unknown.
fn question(split: &Split, features: &[Feature]) -> Condition {
    let column = split.test.column();
    let own = match &split.test {
        Test::AtMost { threshold, .. } => {
            Asked::Between { column, above: None, at_most: Some(*threshold), or_missing: split.missing_left }
        }
        Test::Among { categories, .. } => {
            Asked::Among { column, categories: categories.clone(), or_missing: split.missing_left }
        }
        Test::Known { .. } => Asked::Known { column },
    };
    asked(&own, &features[column])
}

fn asked(one: &Asked, feature: &Feature) -> Condition {
    match one {
        Asked::Between { above, at_most, or_missing, .. } => {
            let own = between(feature, above.map(fixed), at_most.map(fixed));
            with_missing(feature, own, *or_missing)
        }
        Asked::Among { categories, or_missing, .. } => {
            with_missing(feature, among(feature, categories), *or_missing)
        }
        Asked::NotAmong { categories, or_missing, .. } => {
            let not = ConditionNode { not: Some(among(feature, categories)), ..ConditionNode::default() };
            with_missing(feature, node(not), *or_missing)
        }
        Asked::Known { .. } => known(feature, true),
        Asked::Missing { .. } => known(feature, false),
    }
}

/// Those without a value belong to it, or do not; either is told.
fn with_missing(feature: &Feature, own: Condition, or_missing: bool) -> Condition {
    if or_missing {
        let any = Some(vec![known(feature, false), own]);
        return node(ConditionNode { any, ..ConditionNode::default() });
    }
    let all = Some(vec![known(feature, true), own]);
    node(ConditionNode { all, ..ConditionNode::default() })
}

fn node(node: ConditionNode) -> Condition {
    Condition::Node(Box::new(node))
}

/// A test of a name is a node that the page draws; an expression is written out.
fn is_name(feature: &Feature) -> bool {
    let mut chars = feature.name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

fn known(feature: &Feature, is: bool) -> Condition {
    match is_name(feature) {
        true => node(ConditionNode {
            value: Some(feature.name.clone()),
            known: Some(is),
            ..ConditionNode::default()
        }),
        false => {
            let test = if is { "is not null" } else { "is null" };
            Condition::Sql(format!("({}) {test}", feature.name))
        }
    }
}

fn between(feature: &Feature, above: Option<Fixed>, at_most: Option<Fixed>) -> Condition {
    if is_name(feature) {
        return node(ConditionNode {
            value: Some(feature.name.clone()),
            more_than: above,
            at_most,
            ..ConditionNode::default()
        });
    }
    let name = &feature.name;
    let parts = above.map(|above| format!("({name}) > {above}"));
    let more = at_most.map(|most| format!("({name}) <= {most}"));
    Condition::Sql(parts.into_iter().chain(more).collect::<Vec<_>>().join(" and "))
}

fn among(feature: &Feature, categories: &[u32]) -> Condition {
    let Values::Categories { words, is_flag, .. } = &feature.values else {
        return Condition::Sql("false".to_string());
    };
    let of = |code: &u32| words.get(*code as usize).cloned().unwrap_or_default();
    let own: Vec<String> = categories.iter().map(of).collect();
    if *is_flag {
        let is = own.iter().any(|word| word == "true");
        let both = own.len() > 1;
        return match (both, is_name(feature)) {
            (true, _) => known(feature, true),
            (false, true) => node(ConditionNode {
                value: Some(feature.name.clone()),
                equals: Some(serde_json::Value::Bool(is)),
                ..ConditionNode::default()
            }),
            (false, false) => Condition::Sql(format!("({}) = {is}", feature.name)),
        };
    }
    if is_name(feature) {
        let list = own.into_iter().map(serde_json::Value::String).collect();
        return node(ConditionNode {
            value: Some(feature.name.clone()),
            one_of: Some(list),
            ..ConditionNode::default()
        });
    }
    let quoted: Vec<String> = own.iter().map(|word| format!("'{}'", word.replace('\'', "''"))).collect();
    Condition::Sql(format!("({}) in ({})", feature.name, quoted.join(", ")))
}

fn fixed(value: f64) -> Fixed {
    Fixed((value * FIXED_ONE as f64).round() as i64)
}
