//! Values of an indicator or a score between bounds, as a filter: what a bar of a histogram or a cell of
//! the RFM map opens.

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{cast, or};
use arrow::datatypes::{DataType, Float64Type};
use gradus_grading::grade::OutputKind;
use gradus_model::{Finding, Place, Text};
use serde::{Deserialize, Serialize};

use super::unknown;
use crate::WorkspaceError;
use crate::base::Base;

/// An indicator or a score, and between what its value lies. Without bounds: whoever has a value.
///
/// Bounds are compared with the value as a floating-point number, which is how bars count.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NumberRange {
    pub name: String,
    /// At least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// More than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<f64>,
    /// Less than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
    /// At most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<f64>,
    /// Those without a value: unknown, or not applicable.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// With `unknown`: those without a value of any of these as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub or: Vec<String>,
}

impl NumberRange {
    fn has_bounds(&self) -> bool {
        [self.from, self.above, self.below, self.up_to].iter().any(Option::is_some)
    }

    /// Whether a value lies in it.
    pub fn holds(&self, value: f64) -> bool {
        self.from.is_none_or(|bound| value >= bound)
            && self.above.is_none_or(|bound| value > bound)
            && self.below.is_none_or(|bound| value < bound)
            && self.up_to.is_none_or(|bound| value <= bound)
    }
}

/// For each batch of the base whose value lies in the range.
pub(super) fn within(base: &Base, range: &NumberRange) -> Result<Vec<BooleanArray>, WorkspaceError> {
    let known = base.graded.columns.iter().find(|column| column.name == range.name);
    known
        .filter(|column| {
            use OutputKind::{Indicator, Prediction, PredictionPart, Score};
            matches!(column.kind, Indicator | Prediction | PredictionPart | Score)
        })
        .ok_or_else(|| unknown("ranges", &range.name))?;
    if range.unknown && range.has_bounds() {
        return Err(wrong(
            Text::new(
                format!("「{}」不能既没有值又在某个范围内", range.name),
                format!("“{}” cannot be without a value and between bounds", range.name),
            ),
            Text::new("只写 unknown，或只写界限", "either unknown or bounds"),
        ));
    }
    if !range.unknown && !range.or.is_empty() {
        return Err(wrong(
            Text::new("or 只能和 unknown 一起用", "`or` goes with `unknown` only"),
            Text::new("去掉 or，或加上 unknown", "leave `or` out, or add `unknown`"),
        ));
    }
    if let Some((other, rest)) = range.or.split_first() {
        let own = within(base, &NumberRange { or: rest.to_vec(), ..range.clone() })?;
        let others = within(base, &NumberRange { name: other.clone(), unknown: true, ..Default::default() })?;
        return own.iter().zip(&others).map(|(own, other)| Ok(or(own, other)?)).collect();
    }
    let of = |batch: &RecordBatch| -> Result<BooleanArray, WorkspaceError> {
        let column = batch.column_by_name(&range.name).ok_or_else(|| unknown("ranges", &range.name))?;
        if column.data_type().is_numeric() {
            let values = cast(column, &DataType::Float64)?;
            let values = values.as_primitive::<Float64Type>();
            let holds = |value: Option<f64>| match value.filter(|value| value.is_finite()) {
                Some(value) => !range.unknown && range.holds(value),
                None => range.unknown,
            };
            return Ok(values.iter().map(|value| Some(holds(value))).collect());
        }
        if range.has_bounds() {
            return Err(wrong(
                Text::new(
                    format!("「{}」不是数值，不能设界限", range.name),
                    format!("“{}” is not a number and has no bounds", range.name),
                ),
                Text::new("用 category 选取类别", "choose a category with `category`"),
            ));
        }
        let nulls = column.logical_nulls();
        let is_known = |row: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        Ok((0..column.len()).map(|row| Some(is_known(row) != range.unknown)).collect())
    };
    base.graded.batches.iter().map(of).collect()
}

fn wrong(what: Text, hint: Text) -> WorkspaceError {
    Finding::error("range-form", Place::default().at("ranges"), what, hint).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bound_is_what_it_says() {
        let range = |text: &str| serde_json::from_str::<NumberRange>(text).unwrap();
        let half_open = range(r#"{"name":"spend","from":10,"below":20}"#);
        assert_eq!([9.99, 10.0, 19.99, 20.0].map(|value| half_open.holds(value)), [false, true, true, false]);
        let closed_above = range(r#"{"name":"spend","above":10,"up_to":20}"#);
        assert_eq!([10.0, 10.01, 20.0, 20.01].map(|v| closed_above.holds(v)), [false, true, true, false]);
        assert!(range(r#"{"name":"spend"}"#).holds(f64::MIN));
    }
}
