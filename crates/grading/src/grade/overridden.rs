//! A tier that a person set takes the place of the computed one, which is told to whoever keeps it.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;

use super::definition::{Kind, taken};
use super::frame::{Column, Frame};
use super::tier::{REASONS, Scheme, dictionary};

/// Prefix of input columns that hold which level a person set: `_override_t`, null where nobody did.
pub const OVERRIDDEN: &str = "_override_";

/// Puts the levels that persons set in their places.
pub(crate) fn take_overrides(scheme: &Scheme, frame: &mut Frame) {
    let Some(set) = frame.columns.get(&format!("{OVERRIDDEN}{}", scheme.name)).cloned() else { return };
    let Some(set) = set.array.as_any().downcast_ref::<StringArray>() else { return };
    if set.null_count() == set.len() {
        return;
    }
    let names = taken(Kind::Tier, &scheme.name);
    let text = |frame: &Frame, name: &str| {
        let column = frame.columns.get(name)?;
        cast(&column.array, &DataType::Utf8).ok()
    };
    let [level, provisional, reason] = names.as_slice() else { return };
    let (Some(levels), Some(reasons)) = (text(frame, level), text(frame, reason)) else { return };
    let Some(open) = frame.columns.get(provisional).and_then(|column| column.array.as_boolean_opt().cloned())
    else {
        return;
    };
    let (levels, reasons) = (levels.as_string::<i32>(), reasons.as_string::<i32>());
    let place = |name: &str| scheme.levels.iter().position(|(own, _)| own == name).map(|at| at as i32);
    let code = |name: &str| REASONS.iter().position(|reason| reason.code() == name).map(|at| at as i32);
    let mut new_levels = Vec::with_capacity(set.len());
    let mut new_reasons = Vec::with_capacity(set.len());
    let mut still_open = Vec::with_capacity(set.len());
    for row in 0..set.len() {
        let by_person = set.is_valid(row).then(|| set.value(row)).and_then(place);
        let computed = levels.is_valid(row).then(|| levels.value(row)).and_then(place);
        let why = reasons.is_valid(row).then(|| reasons.value(row)).and_then(code);
        new_levels.push(by_person.or(computed));
        new_reasons.push(if by_person.is_some() { None } else { why });
        still_open.push(match by_person {
            Some(_) => Some(false),
            None => open.is_valid(row).then(|| open.value(row)),
        });
    }
    let level_names = scheme.levels.iter().map(|(name, _)| name.as_str());
    frame.put(level, Column::unknown_where_null(dictionary(new_levels, level_names)));
    frame.put(provisional, Column::unknown_where_null(Arc::new(BooleanArray::from(still_open))));
    let codes = REASONS.iter().map(|reason| reason.code());
    frame.put(reason, Column::unknown_where_null(dictionary(new_reasons, codes)));
}
