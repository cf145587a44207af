//! What was learned, in a form that is stored: features, the regression or the trees, and the curve to chances.

use gradus_model::Text;
use gradus_stats::boost::{Boosted, Loss, Node, Split};
use serde::{Deserialize, Serialize};

use super::encode::FitFeature;

/// A learned propensity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PropensityFit {
    /// Local date of the last thing that it was learned from.
    pub as_of: String,
    /// What happens, and within how long, for people.
    pub outcome: Text,
    pub horizon: Text,
    /// Rows that it was learned from, and to how many of them it happened.
    pub n: u64,
    pub n_events: u64,
    pub features: Vec<FitFeature>,
    pub learned: Learned,
    pub calibration: Calibration,
}

/// The sum of log-odds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Learned {
    /// A coefficient for each column of the features, and the mean of the column, from which parts are counted.
    Logistic { intercept: f64, coefficients: Vec<f64>, means: Vec<f64> },
    /// Trees over the columns of the features.
    Boosted { base: f64, trees: Vec<FitTree> },
}

/// One tree; node 0 is its root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitTree(pub Vec<FitNode>);

/// A leaf has a value; another node asks whether its column is at most the threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitNode {
    pub value: f64,
    /// Rows that came here in training.
    pub cover: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<FitSplit>,
}

/// Column, threshold, whether what is missing goes left, left, right.
pub type FitSplit = (usize, f64, bool, usize, usize);

/// How a sum becomes a chance; fitted on rows that nothing else was fitted on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibration {
    #[default]
    None,
    Platt {
        intercept: f64,
        slope: f64,
    },
    /// A curve that never falls, by its corners.
    Isotonic {
        scores: Vec<f64>,
        values: Vec<f64>,
    },
}

impl FitTree {
    pub fn of(nodes: &[Node]) -> FitTree {
        let of = |node: &Node| FitNode {
            value: node.value,
            cover: node.cover,
            split: node.split.map(|one| (one.column, one.threshold, one.missing_left, one.left, one.right)),
        };
        FitTree(nodes.iter().map(of).collect())
    }

    /// As the mathematics has it; none if a node leads outside of the tree.
    fn nodes(&self, n_columns: usize) -> Option<Vec<Node>> {
        let n = self.0.len();
        let of = |(at, node): (usize, &FitNode)| {
            let split = match node.split {
                None => None,
                // Children come after their parents, so that no way goes round.
                Some((column, threshold, missing_left, left, right))
                    if column < n_columns && (at + 1..n).contains(&left) && (at + 1..n).contains(&right) =>
                {
                    Some(Split { column, threshold, missing_left, left, right, gain: 0.0 })
                }
                Some(_) => return None,
            };
            Some(Node { value: node.value, cover: node.cover, split })
        };
        if n == 0 { None } else { self.0.iter().enumerate().map(of).collect() }
    }
}

/// What computes the sum.
pub(super) enum Sum<'f> {
    Logistic { intercept: f64, coefficients: &'f [f64], means: &'f [f64] },
    Boosted(Boosted),
}

/// A fit, ready for many rows.
pub(super) struct Machine<'f> {
    sum: Sum<'f>,
    calibration: &'f Calibration,
}

impl PropensityFit {
    /// The same with every number cut to twelve digits: what a store gives back is then what was learned, to the bit.
    pub fn rounded(self) -> PropensityFit {
        fn cut(value: &mut serde_json::Value) {
            match value {
                serde_json::Value::Number(number) if number.is_f64() => {
                    let digits =
                        number.as_f64().and_then(|number| format!("{number:.11e}").parse::<f64>().ok());
                    if let Some(number) = digits.and_then(serde_json::Number::from_f64) {
                        *value = serde_json::Value::Number(number);
                    }
                }
                serde_json::Value::Array(all) => all.iter_mut().for_each(cut),
                serde_json::Value::Object(all) => all.values_mut().for_each(cut),
                _ => {}
            }
        }
        let read = serde_json::to_value(&self).ok().and_then(|mut value| {
            cut(&mut value);
            serde_json::from_str(&value.to_string()).ok()
        });
        read.unwrap_or(self)
    }

    pub(super) fn machine(&self) -> Machine<'_> {
        let n_columns = self.features.iter().map(|feature| feature.encoding.width()).sum();
        let sum = match &self.learned {
            Learned::Logistic { intercept, coefficients, means } => {
                Sum::Logistic { intercept: *intercept, coefficients, means }
            }
            Learned::Boosted { base, trees } => Sum::Boosted(Boosted {
                loss: Loss::Logistic,
                base: *base,
                trees: trees.iter().filter_map(|tree| tree.nodes(n_columns)).collect(),
                n_columns,
                held_out_loss: Vec::new(),
            }),
        };
        Machine { sum, calibration: &self.calibration }
    }

    /// The chance of a row of columns, as its features encode them.
    pub fn chances<'r>(&self, rows: impl Iterator<Item = &'r [f64]>) -> Vec<f64> {
        let machine = self.machine();
        rows.map(|row| machine.chance(row)).collect()
    }

    /// The same as sums of log-odds, before they are brought to chances.
    pub fn sums<'r>(&self, rows: impl Iterator<Item = &'r [f64]>) -> Vec<f64> {
        let machine = self.machine();
        rows.map(|row| machine.sum(row)).collect()
    }

    /// What each feature adds to the log-odds of a row, compared with what is expected without knowing any.
    pub fn contributions(&self, row: &[f64]) -> Vec<f64> {
        let (_, parts) = self.machine().contributions(row);
        let mut at = 0;
        let of = |feature: &FitFeature| {
            let width = feature.encoding.width();
            at += width;
            parts[at - width..at].iter().sum()
        };
        self.features.iter().map(of).collect()
    }
}

impl Machine<'_> {
    pub(super) fn sum(&self, row: &[f64]) -> f64 {
        match &self.sum {
            Sum::Logistic { intercept, coefficients, .. } => {
                coefficients.iter().zip(row).fold(*intercept, |sum, (coefficient, x)| sum + coefficient * x)
            }
            Sum::Boosted(model) => model.sum(row),
        }
    }

    pub(super) fn chance(&self, row: &[f64]) -> f64 {
        self.calibration.chance(self.sum(row))
    }

    /// The sum that is expected without knowing anything, and what each column adds to it: exact for the
    /// regression, TreeSHAP for trees.
    pub(super) fn contributions(&self, row: &[f64]) -> (f64, Vec<f64>) {
        match &self.sum {
            Sum::Logistic { intercept, coefficients, means } => {
                let expected =
                    coefficients.iter().zip(*means).fold(*intercept, |sum, (c, mean)| sum + c * mean);
                let parts = coefficients.iter().zip(row).zip(*means).map(|((c, x), mean)| c * (x - mean));
                (expected, parts.collect())
            }
            Sum::Boosted(model) => model.contributions(row),
        }
    }
}
