//! Why a prediction says of one customer what it says: its numbers, and sentences that a person understands.

use arrow::array::{ArrayRef, RecordBatch};
use gradus_model::{Lang, Text};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Prediction;
use super::numbers::shown;
use crate::grade::fit::{Fit, Fits};
use crate::grade::frame::Frame;
use crate::grade::node::Node;
use crate::grade::stage::StageB;

/// How a prediction is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PredictionKind {
    Lifetime,
    Contract,
    Propensity,
    Clusters,
    Trained,
}

/// One column that a prediction gives, for one customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictionValue {
    /// The column.
    pub name: String,
    pub title: Text,
    /// As people read it; none if it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The value's title, where it has one: what a cluster is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Text>,
}

/// What a feature adds to a prediction, strongest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictionFactor {
    pub name: String,
    pub title: Text,
    /// The feature's value as people read it; none if it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What it adds, in the unit that the sentences state; below zero it takes away.
    pub amount: f64,
}

/// Why a prediction says of one customer what it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictionReason {
    pub name: String,
    pub title: Text,
    pub kind: PredictionKind,
    /// Its columns, the prediction itself first.
    pub given: Vec<PredictionValue>,
    /// Whole sentences with their numbers: what is expected, within what horizon, and how sure that is.
    pub lines: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub factors: Vec<PredictionFactor>,
}

/// What a method says of one customer; [`Prediction::reason`] adds the rest.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    pub lines: Vec<Text>,
    pub factors: Vec<PredictionFactor>,
}

impl PredictionReason {
    /// Indented lines for a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let unknown = if lang == Lang::Zh { "未知" } else { "unknown" };
        let value = |one: &Option<String>| one.clone().unwrap_or_else(|| unknown.to_string());
        let is_money = matches!(self.kind, PredictionKind::Lifetime | PredictionKind::Contract);
        let own = self.given.first().map_or_else(
            || unknown.to_string(),
            |one| match (&one.said, one.value.as_ref().and_then(|value| value.parse::<f64>().ok())) {
                (Some(said), _) => said.get(lang).to_string(),
                (None, Some(amount)) if is_money => shown(Some(amount), 2),
                (None, _) => value(&one.value),
            },
        );
        let mut text = format!("{}: {own}\n", self.title.get(lang));
        for line in &self.lines {
            text.push_str(&format!("  {}\n", line.get(lang)));
        }
        for factor in &self.factors {
            let sign = if factor.amount > 0.0 { "+" } else { "" };
            let (title, amount) = (factor.title.get(lang), factor.amount);
            text.push_str(&format!("  {title} = {}: {sign}{amount:.3}\n", value(&factor.value)));
        }
        text
    }
}

impl StageB {
    /// Why each prediction says of one row of a batch what it says, in the order of evaluation; empty if
    /// there is no such row.
    pub fn explain_predictions(
        &self,
        batch: &RecordBatch,
        row: usize,
        fits: &Fits,
        as_of: Date,
    ) -> Vec<PredictionReason> {
        let Some(mut frame) = self.frame_of_row(batch, row) else { return Vec::new() };
        let mut reasons = Vec::new();
        for node in &self.nodes {
            node.evaluate(&mut frame, fits, as_of);
            if let Node::Prediction(prediction) = node {
                reasons.push(prediction.reason(&mut frame, fits));
            }
        }
        reasons
    }
}

impl Prediction {
    /// Of the only row of a frame that has the prediction's columns already.
    fn reason(&self, frame: &mut Frame, fits: &Fits) -> PredictionReason {
        let faults = frame.faults.clone();
        let inside = self.among.as_ref().is_none_or(|among| {
            let told = crate::grade::node::only_true(&frame.condition(among).0);
            told.len() > 0 && told.value(0)
        });
        let inputs: Vec<ArrayRef> =
            self.inputs().iter().map(|formula| frame.evaluate(formula).array).collect();
        frame.faults = faults;
        let columns = self.columns();
        let given: Vec<PredictionValue> = columns
            .into_iter()
            .map(|(name, given)| {
                let value = frame.show(&name, 0);
                let titled = given.values.iter().find(|(own, _)| Some(own) == value.as_ref());
                // What a group is called belongs to the fit that found it.
                let called = match fits.fits.get(&super::fit_key(&self.name)) {
                    Some(Fit::Clusters(fit)) if name == self.name => fit
                        .clusters
                        .iter()
                        .find(|one| Some(&one.name) == value.as_ref())
                        .map(|one| &one.title),
                    _ => None,
                };
                let said = called.or(titled.map(|(_, title)| title)).cloned();
                PredictionValue { name, title: given.title, value, said }
            })
            .collect();
        let said = match (inside, fits.fits.get(&super::fit_key(&self.name))) {
            (false, _) => Said {
                lines: vec![Text::new(
                    "这位客户不在此预测的范围内",
                    "this customer is not among those of whom it is asked",
                )],
                ..Said::default()
            },
            (true, None) => Said {
                lines: vec![Text::new("还没有拟合参数", "nothing has been learned or estimated yet")],
                ..Said::default()
            },
            (true, Some(fit)) => self.method.say(&inputs, fit, &given),
        };
        let (name, title) = (self.name.clone(), self.title.clone());
        PredictionReason {
            name,
            title,
            kind: self.method.kind(),
            given,
            lines: said.lines,
            factors: said.factors,
        }
    }
}
