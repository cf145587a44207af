//! How likely something is to happen to a customer: a logistic regression or boosted trees over what is known of
//! them, brought to true chances by a curve. The parameters were learned before the grading, from earlier dates and
//! what came after each; here they are only applied, to one row at a time.

mod encode;
mod fitted;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use gradus_model::document::{Propensity as Written, ValidationOutcome};
use gradus_model::{Finding, Place, Text};
use gradus_stats::logistic::chance;

pub use self::encode::{Encoding, Entry, FitFeature};
pub use self::fitted::{Calibration, FitNode, FitTree, Learned, PropensityFit};
use super::numbers::{floats, four_digits, value};
use super::reason::{PredictionFactor, PredictionValue, Said};
use super::{Given, Want};
use crate::grade::compile::Compiler;
use crate::grade::frame::Formula;

/// Most features that a reason names.
const MOST_FACTORS: usize = 8;

/// A propensity, ready to be applied.
#[derive(Debug, Clone)]
pub(crate) struct Propensity {
    /// One for each feature.
    pub inputs: Vec<Formula>,
    /// What each is called for people.
    titles: Vec<Text>,
}

impl Propensity {
    pub(super) fn compile(
        compiler: &mut Compiler<'_>,
        written: &Written,
        place: &Place,
    ) -> Option<Propensity> {
        let before = compiler.findings.0.len();
        if !ValidationOutcome::is_countable(written.outcome.kind) {
            compiler.findings.push(Finding::error(
                "outcome-kind",
                place.key("outcome").key("kind"),
                Text::new("结果要能数或能加", "an outcome is something that can be counted or added up"),
                Text::new(
                    "sum、count、orders、distinct 或 active",
                    "`sum`, `count`, `orders`, `distinct` or `active`",
                ),
            ));
        }
        if written.outcome.counts() == gradus_model::document::Counts::Value {
            compiler.findings.push(Finding::error(
                "outcome-amount",
                place.key("outcome").key("counts"),
                Text::new(
                    "这是金额，不是「发生与否」",
                    "this is an amount, and not something that happens or does not",
                ),
                Text::new("counts: happened 或 not_happened", "`counts: happened` or `not_happened`"),
            ));
        }
        if written.dates == Some(0) || written.horizon.n == 0 {
            compiler.findings.push(Finding::error(
                "propensity-dates",
                place.clone(),
                Text::new("观察期与日期个数要大于 0", "the horizon and the number of dates are above 0"),
                Text::new("例如 horizon: 90 days，dates: 6", "such as `horizon: 90 days`, `dates: 6`"),
            ));
        }
        let (mut inputs, mut titles) = (Vec::new(), Vec::new());
        match written.features.is_empty() {
            true => {
                let names: Vec<String> = compiler.model.indicators.names().map(String::from).collect();
                for name in names {
                    let is_fit = compiler.column_type(&name).is_some_and(is_feature);
                    if !is_fit {
                        continue;
                    }
                    let sql = gradus_expression::quote_name(&name);
                    let Some(mut formula) = compiler.formula(&sql, Want::Any, &place.key("features")) else {
                        continue;
                    };
                    formula.sql = name.clone();
                    titles.push(compiler.title(&name));
                    inputs.push(formula);
                }
            }
            false => {
                for (at, sql) in written.features.iter().enumerate() {
                    let at = place.key("features").index(at);
                    let Some(mut formula) = compiler.formula(sql, Want::Any, &at) else { continue };
                    if !is_feature(&formula.data_type) {
                        let kind = formula.data_type.clone();
                        compiler.findings.push(Finding::error(
                            "feature-type",
                            at,
                            Text::new(
                                format!("类型 {kind} 既不是数值也不是类别，不能学习"),
                                format!("a {kind} is neither a number nor a category, so nothing can be learned from it"),
                            ),
                            Text::new(
                                "日期可写成距今天数的指标（days_since）",
                                "a date can be an indicator of days since (`days_since`)",
                            ),
                        ));
                        continue;
                    }
                    let name = sql.trim();
                    titles.push(compiler.title(name));
                    formula.sql = name.to_string();
                    inputs.push(formula);
                }
            }
        }
        let is_wrong =
            compiler.findings.0[before..].iter().any(|one| one.severity == gradus_model::Severity::Error);
        (!is_wrong).then_some(Propensity { inputs, titles })
    }

    pub(super) fn given() -> Vec<Given> {
        vec![Given::number("", "", "")]
    }

    pub(super) fn evaluate(&self, inputs: &[ArrayRef], fit: &PropensityFit) -> Vec<ArrayRef> {
        let n = inputs.first().map_or(0, |array| array.len());
        let Some(rows) = Rows::of(self, inputs, fit) else { return Vec::new() };
        let machine = fit.machine();
        let mut columns = Vec::new();
        let chances = (0..n).map(|row| {
            columns.clear();
            rows.encode(row, &mut columns);
            Some(machine.chance(&columns))
        });
        vec![four_digits(chances.collect::<Vec<_>>())]
    }

    /// Why it says of the only row what it says.
    pub(super) fn say(&self, inputs: &[ArrayRef], fit: &PropensityFit, given: &[PredictionValue]) -> Said {
        let Some(rows) = Rows::of(self, inputs, fit) else {
            return Said {
                lines: vec![Text::new(
                    "学习之后特征变了，要重新学习",
                    "its features changed since it was learned; it has to be learned anew",
                )],
                ..Said::default()
            };
        };
        let machine = fit.machine();
        let mut columns = Vec::new();
        rows.encode(0, &mut columns);
        let (expected, parts) = machine.contributions(&columns);
        let sum = machine.sum(&columns);
        let (own, base) = (fit.calibration.chance(sum), fit.calibration.chance(expected));
        // The parts add up in log-odds; told in chances they add up to the difference from the average customer.
        let whole: f64 = parts.iter().sum();
        let scale = if whole.abs() > 1e-9 { (own - base) / whole } else { own * (1.0 - own) };
        let mut factors: Vec<PredictionFactor> = Vec::new();
        let mut at = 0;
        for feature in &fit.features {
            let width = feature.encoding.width();
            let amount: f64 = parts[at..at + width].iter().sum::<f64>() * scale;
            at += width;
            let place = self.inputs.iter().position(|input| input.sql == feature.name);
            let value = place.and_then(|place| shown(&inputs[place]));
            let title = place.map_or_else(|| feature.title.clone(), |place| self.titles[place].clone());
            factors.push(PredictionFactor { name: feature.name.clone(), title, value, amount });
        }
        factors.retain(|factor| factor.amount.abs() >= 5e-5);
        factors.sort_by(|a, b| b.amount.abs().total_cmp(&a.amount.abs()));
        factors.truncate(MOST_FACTORS);
        let (own, base) = (100.0 * own, 100.0 * base);
        let known = given.first().and_then(|one| one.value.as_ref()).is_some();
        let mut lines = Vec::new();
        if known {
            lines.push(Text::new(
                format!(
                    "{}内「{}」的概率 {own:.1}%；特征居中的客户为 {base:.1}%",
                    fit.horizon.zh, fit.outcome.zh
                ),
                format!(
                    "“{}” within {}: a chance of {own:.1}%; of a customer in the middle {base:.1}%",
                    fit.outcome.en, fit.horizon.en
                ),
            ));
            lines.push(Text::new(
                format!("从截至 {} 的数据学习，{} 行中 {} 行发生", fit.as_of, fit.n, fit.n_events),
                format!(
                    "learned from the data until {}: of {} rows {} had the outcome",
                    fit.as_of, fit.n, fit.n_events
                ),
            ));
        }
        Said { lines, factors }
    }
}

/// Numbers, categories and flags can be learned from.
fn is_feature(data_type: &DataType) -> bool {
    data_type.is_numeric()
        || matches!(
            data_type,
            DataType::Boolean
                | DataType::Utf8
                | DataType::LargeUtf8
                | DataType::Utf8View
                | DataType::Dictionary(_, _)
        )
}

/// A value as people read it.
fn shown(array: &ArrayRef) -> Option<String> {
    if array.is_empty() || array.is_null(0) {
        return None;
    }
    let text = cast(array, &DataType::Utf8).ok()?;
    let text = text.as_string_opt::<i32>()?;
    text.is_valid(0).then(|| text.value(0).to_string())
}

/// The features of a fit, in its order.
struct Rows<'a> {
    features: Vec<(&'a FitFeature, Entries)>,
}

enum Entries {
    Numbers(Float64Array),
    Texts(StringArray),
}

impl<'a> Rows<'a> {
    /// None if the fit asks for a feature that is not there.
    fn of(propensity: &Propensity, inputs: &[ArrayRef], fit: &'a PropensityFit) -> Option<Rows<'a>> {
        let mut features = Vec::with_capacity(fit.features.len());
        for feature in &fit.features {
            let at = propensity.inputs.iter().position(|input| input.sql == feature.name)?;
            let entries = match feature.encoding.is_number() {
                true => Entries::Numbers(floats(inputs.get(at)?)),
                false => {
                    let texts = cast(inputs.get(at)?, &DataType::Utf8).ok()?;
                    Entries::Texts(texts.as_string_opt::<i32>()?.clone())
                }
            };
            features.push((feature, entries));
        }
        Some(Rows { features })
    }

    fn encode(&self, row: usize, out: &mut Vec<f64>) {
        for (feature, entries) in &self.features {
            let entry = match entries {
                Entries::Numbers(numbers) => value(numbers, row).map_or(Entry::Missing, Entry::Number),
                Entries::Texts(texts) if texts.is_valid(row) => Entry::Word(texts.value(row)),
                Entries::Texts(_) => Entry::Missing,
            };
            feature.encoding.encode(entry, out);
        }
    }
}

impl Calibration {
    /// The chance that a sum of log-odds stands for.
    pub fn chance(&self, sum: f64) -> f64 {
        match self {
            Calibration::None => chance(sum),
            Calibration::Platt { intercept, slope } => chance(intercept + slope * sum),
            Calibration::Isotonic { scores, values } => interpolated(scores, values, sum),
        }
    }
}

/// Between corners in proportion; beyond them as at the nearest.
fn interpolated(scores: &[f64], values: &[f64], at: f64) -> f64 {
    let next = scores.partition_point(|score| *score <= at);
    match (next.checked_sub(1), scores.get(next)) {
        (None, _) => values.first().copied().unwrap_or(0.5),
        (Some(last), None) => values[last],
        (Some(before), Some(after)) => {
            let share = (at - scores[before]) / (after - scores[before]);
            values[before] + share * (values[next] - values[before])
        }
    }
}

#[cfg(test)]
mod tests;
