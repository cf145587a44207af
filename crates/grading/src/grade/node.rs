//! One definition in the order of evaluation.

use std::sync::{Arc, OnceLock};

use arrow::array::{Array, ArrayRef, BooleanArray, Decimal128Array};
use arrow::datatypes::DataType;
use gradus_model::Text;
use gradus_model::fixed::FIXED_ONE;
use jiff::civil::Date;

use super::cross_table::Cross;
use super::decision_table::Table;
use super::decision_tree::Tree;
use super::fit::{FitRequest, Fits};
use super::flow::Step;
use super::frame::{Column, Formula, Frame};
use super::grouping::Groups;
use super::overridden::take_overrides;
use super::prediction::Prediction;
use super::remembered::{decide, take_decided};
use super::rule_set::{Rules, decimals};
use super::score::{self, Spread};
use super::scorecard::Card;
use super::segment::Membership;
use super::tier::Scheme;

/// One definition in the order of evaluation.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Formula {
        name: String,
        title: Text,
        formula: Formula,
        /// Not written by the operator: an average, a share, a comparison.
        is_lowered: bool,
    },
    Prediction(Box<Prediction>),
    Card(Box<Card>),
    Rules(Box<Rules>),
    Table(Box<Table>),
    Cross(Box<Cross>),
    Tree(Box<Tree>),
    Step(Box<Step>),
    Scheme(Box<Scheme>),
    Groups(Box<Groups>),
    Segment(Box<Membership>),
}

impl Node {
    pub(crate) fn fit_requests(&self) -> Vec<FitRequest> {
        match self {
            Node::Prediction(prediction) => prediction.fit_request().into_iter().collect(),
            Node::Card(card) => card.fit_requests(),
            Node::Scheme(scheme) => scheme.fit_request().into_iter().collect(),
            Node::Groups(groups) => groups.fit_requests(),
            _ => Vec::new(),
        }
    }

    /// Adds this definition's columns to the frame.
    pub(crate) fn evaluate(&self, frame: &mut Frame, fits: &Fits, as_of: Date) {
        match self {
            Node::Formula { name, formula, is_lowered, .. } => {
                let column =
                    if *is_lowered { frame.put_together(name, formula) } else { frame.evaluate(formula) };
                frame.put(name, column);
            }
            Node::Prediction(prediction) => prediction.evaluate(frame, fits),
            Node::Card(card) => {
                let scored = score::evaluate(card, frame, fits, false);
                put_score(frame, &card.name, scored.score, scored.completeness);
            }
            Node::Rules(rules) => {
                let column = rules.evaluate(frame, as_of);
                frame.put(&rules.name, column);
            }
            Node::Table(table) => {
                for (name, column) in table.evaluate(frame, as_of) {
                    frame.put(&name, column);
                }
            }
            Node::Cross(cross) => {
                let column = cross.evaluate(frame, as_of);
                frame.put(&cross.name, column);
            }
            Node::Tree(tree) => {
                let column = tree.evaluate(frame);
                frame.put(&tree.name, column);
            }
            Node::Step(step) => {
                let column = frame.evaluate(&step.formula);
                frame.put(&step.column, column);
            }
            Node::Scheme(scheme) => {
                if let Some(policy) = &scheme.policy {
                    decide(scheme, policy, frame, fits, as_of);
                    return take_overrides(scheme, frame);
                }
                if take_decided(scheme, frame) {
                    return take_overrides(scheme, frame);
                }
                let tiered = scheme.evaluate(frame, fits);
                frame.put(&scheme.name, Column::unknown_where_null(tiered.level));
                frame.put(
                    &format!("{}_provisional", scheme.name),
                    Column::unknown_where_null(tiered.provisional),
                );
                frame.put(&format!("{}_reason", scheme.name), Column::unknown_where_null(tiered.reason));
                take_overrides(scheme, frame);
            }
            Node::Groups(groups) => {
                let array = groups.evaluate(frame, fits);
                frame.put(&groups.name, Column::unknown_where_null(array));
            }
            Node::Segment(segment) => {
                let array = segment.evaluate(frame);
                frame.put(&segment.name, Column::unknown_where_null(array));
            }
        }
    }
}

pub(crate) fn put_score(frame: &mut Frame, name: &str, score: Spread, completeness: Vec<i64>) {
    let plain = |values: &[i64]| -> ArrayRef {
        let values: arrow::array::Decimal128Array =
            values.iter().map(|value| i128::from(*value)).collect::<Vec<_>>().into();
        Arc::new(values.with_data_type(DataType::Decimal128(18, 4)))
    };
    let low = plain(&score.low);
    let (point, high) = match &score.high {
        None => (low.clone(), low.clone()),
        Some(high) => {
            let known = score.low.iter().zip(high);
            let values = known.map(|(low, high)| (low == high).then_some(i128::from(*low))).collect();
            (Arc::new(decimals(values)) as ArrayRef, plain(high))
        }
    };
    frame.put(name, Column::unknown_where_null(point));
    frame.put(&format!("{name}_low"), Column::unknown_where_null(low));
    frame.put(&format!("{name}_high"), Column::unknown_where_null(high));
    let completeness = match completeness.iter().all(|share| *share == FIXED_ONE) {
        true => whole(completeness.len()),
        false => plain(&completeness),
    };
    frame.put(&format!("{name}_completeness"), Column::unknown_where_null(completeness));
}

/// Ones, which most customers have: they share one column's memory.
fn whole(rows: usize) -> ArrayRef {
    const SHARED: usize = 1 << 16;
    static ONES: OnceLock<Decimal128Array> = OnceLock::new();
    let ones = |n: usize| {
        Decimal128Array::from(vec![i128::from(FIXED_ONE); n]).with_data_type(DataType::Decimal128(18, 4))
    };
    match rows <= SHARED {
        true => Arc::new(ONES.get_or_init(|| ones(SHARED)).slice(0, rows)),
        false => Arc::new(ones(rows)),
    }
}

/// True where a mask is true; null is not.
pub(crate) fn only_true(mask: &BooleanArray) -> BooleanArray {
    match mask.nulls() {
        Some(nulls) => BooleanArray::new(mask.values() & nulls.inner(), None),
        None => mask.clone(),
    }
}
