//! Bins as one table: every value falls in exactly one stretch of numbers or one category, and
//! each stretch knows its bin.

use std::cmp::Ordering;
use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use gradus_model::document::Bin;
use gradus_model::fixed::Fixed;
use serde_json::Value;

use super::fit::Fit;
use super::frame::plain_text;
use super::number::{Boundary, Cut, Numbers, count_boundaries};

/// What kind of values an attribute cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Number,
    Text,
    Boolean,
}

impl ValueKind {
    pub(crate) fn of(data_type: &DataType) -> Option<ValueKind> {
        match super::frame::plain_type(data_type) {
            DataType::Utf8 => Some(ValueKind::Text),
            DataType::Boolean => Some(ValueKind::Boolean),
            other if other.is_numeric() || other.is_null() => Some(ValueKind::Number),
            _ => None,
        }
    }
}

/// Codes of one attribute: bins from 0, then these three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Codes {
    pub n_bins: u16,
}

impl Codes {
    /// The value is there and no bin takes it.
    pub(crate) fn none(self) -> u16 {
        self.n_bins
    }
    pub(crate) fn unknown(self) -> u16 {
        self.n_bins + 1
    }
    pub(crate) fn not_applicable(self) -> u16 {
        self.n_bins + 2
    }
    pub(crate) fn len(self) -> usize {
        usize::from(self.n_bins) + 3
    }
}

/// How values become codes.
#[derive(Debug, Clone)]
pub(crate) enum Binner {
    /// One code for each stretch between ascending boundaries.
    Number {
        boundaries: Vec<Boundary>,
        codes: Vec<u16>,
    },
    Text {
        codes: HashMap<String, u16>,
        otherwise: u16,
    },
    Boolean {
        when_true: u16,
        when_false: u16,
    },
}

/// A stretch of numbers `[from, below)`, `in` values as the least stretch that holds them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    pub from: Option<Boundary>,
    pub below: Option<Boundary>,
}

impl Stretch {
    fn holds(&self, from: Option<Boundary>, below: Option<Boundary>) -> bool {
        let starts = self.from.is_none_or(|own| from.is_some_and(|from| compare(own, from).is_le()));
        let ends = self.below.is_none_or(|own| below.is_some_and(|below| compare(own, below).is_ge()));
        starts && ends
    }
}

/// The stretches of one bin; `else` has none.
pub(crate) fn stretches(bin: &Bin) -> Vec<Stretch> {
    let exact = |number: Fixed| Cut::Exact(number);
    if let Some(values) = &bin.one_of {
        let single = |number: Fixed| Stretch {
            from: Some(Boundary::At(exact(number))),
            below: Some(Boundary::After(exact(number))),
        };
        return values.iter().filter_map(number_of).map(single).collect();
    }
    if bin.from.is_none() && bin.below.is_none() {
        return Vec::new();
    }
    let at = |number: Option<Fixed>| number.map(|number| Boundary::At(exact(number)));
    vec![Stretch { from: at(bin.from), below: at(bin.below) }]
}

/// A JSON number with at most four digits after the point.
pub(crate) fn number_of(value: &Value) -> Option<Fixed> {
    value.as_number().and_then(|number| number.to_string().parse().ok())
}

/// The text by which a category in a document is compared with a value.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_string)
}

impl Binner {
    /// Special bins come before the others; the first bin that takes a value has it.
    pub(crate) fn of_bins(kind: ValueKind, bins: &[&Bin], codes: Codes) -> Binner {
        let otherwise = bins.iter().position(|bin| bin.otherwise).map_or(codes.none(), |bin| bin as u16);
        let listed = |bin: &Bin, value: &Value| bin.one_of.iter().flatten().any(|own| own == value);
        match kind {
            ValueKind::Number => {
                let stretches: Vec<(Stretch, u16)> = bins
                    .iter()
                    .enumerate()
                    .flat_map(|(code, bin)| {
                        stretches(bin).into_iter().map(move |stretch| (stretch, code as u16))
                    })
                    .collect();
                number_table(&stretches, otherwise)
            }
            ValueKind::Text => {
                let mut by_text = HashMap::new();
                for (code, bin) in bins.iter().enumerate() {
                    for text in bin.one_of.iter().flatten().filter_map(text_of) {
                        by_text.entry(text).or_insert(code as u16);
                    }
                }
                Binner::Text { codes: by_text, otherwise }
            }
            ValueKind::Boolean => {
                let code = |value: bool| {
                    let found = bins.iter().position(|bin| listed(bin, &Value::Bool(value)));
                    found.map_or(otherwise, |bin| bin as u16)
                };
                Binner::Boolean { when_true: code(true), when_false: code(false) }
            }
        }
    }

    /// Quantile bins of a fit, behind the special bins. `None` if the fit is of another kind.
    pub(crate) fn of_fit(special: &[&Bin], fit: &Fit) -> Option<Binner> {
        let Fit::Quantiles { cuts, bins, .. } = fit else { return None };
        let mut all: Vec<(Stretch, u16)> = special
            .iter()
            .enumerate()
            .flat_map(|(code, bin)| stretches(bin).into_iter().map(move |stretch| (stretch, code as u16)))
            .collect();
        let edge = |index: usize| cuts.get(index).map(|cut| Boundary::After(*cut));
        for (interval, bin) in bins.iter().enumerate() {
            let from = interval.checked_sub(1).and_then(edge);
            let stretch = Stretch { from, below: edge(interval) };
            all.push((stretch, special.len() as u16 + bin));
        }
        Some(number_table(&all, 0))
    }

    /// The code of each row. Nulls become unknown or not applicable; values that are not numbers
    /// become unknown and are counted.
    pub(crate) fn codes(&self, column: &super::frame::Column, codes: Codes) -> (Vec<u16>, u64) {
        let array = &column.array;
        let mut faults = 0;
        let mut result = match self {
            Binner::Number { boundaries, codes: by_stretch } => {
                let Some(numbers) = Numbers::of(array) else {
                    return (vec![codes.unknown(); array.len()], array.len() as u64);
                };
                let mut counts = count_boundaries(&numbers, boundaries);
                for count in &mut counts {
                    *count = by_stretch.get(usize::from(*count)).copied().unwrap_or(codes.none());
                }
                if matches!(numbers, Numbers::Float(_)) {
                    for (row, code) in counts.iter_mut().enumerate() {
                        if numbers.is_nan(row) {
                            *code = codes.unknown();
                            faults += 1;
                        }
                    }
                }
                counts
            }
            Binner::Text { codes: by_text, otherwise } => text_codes(array, by_text, *otherwise, codes),
            Binner::Boolean { when_true, when_false } => match array.as_boolean_opt() {
                Some(values) => {
                    values.values().iter().map(|v| if v { *when_true } else { *when_false }).collect()
                }
                None => vec![codes.unknown(); array.len()],
            },
        };
        if let Some(nulls) = array.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
            for row in (!nulls.inner()).set_indices() {
                result[row] = if column.is_unknown(row) { codes.unknown() } else { codes.not_applicable() };
            }
        }
        (result, faults)
    }
}

fn text_codes(array: &ArrayRef, by_text: &HashMap<String, u16>, otherwise: u16, codes: Codes) -> Vec<u16> {
    let of = |text: &str| by_text.get(text).copied().unwrap_or(otherwise);
    if let Some(dictionary) = array.as_any_dictionary_opt() {
        let values = plain_text(dictionary.values());
        if let Some(texts) = values.as_string_opt::<i32>() {
            let by_key: Vec<u16> = (0..texts.len()).map(|key| of(texts.value(key))).collect();
            let keys = dictionary.normalized_keys();
            return keys.into_iter().map(|key| by_key.get(key).copied().unwrap_or(codes.unknown())).collect();
        }
    }
    let plain = plain_text(array);
    match plain.as_string_opt::<i32>() {
        Some(texts) => (0..texts.len()).map(|row| of(texts.value(row))).collect(),
        None => vec![codes.unknown(); array.len()],
    }
}

/// Stretches cut at every boundary, each piece given to the first that holds it.
fn number_table(stretches: &[(Stretch, u16)], otherwise: u16) -> Binner {
    let mut boundaries: Vec<Boundary> =
        stretches.iter().flat_map(|(stretch, _)| [stretch.from, stretch.below]).flatten().collect();
    boundaries.sort_by(|a, b| compare(*a, *b));
    boundaries.dedup_by(|a, b| a == b);
    let piece = |index: usize| {
        let from = index.checked_sub(1).and_then(|index| boundaries.get(index).copied());
        let below = boundaries.get(index).copied();
        let holder = stretches.iter().find(|(stretch, _)| stretch.holds(from, below));
        holder.map_or(otherwise, |(_, code)| *code)
    };
    let codes = (0..=boundaries.len()).map(piece).collect();
    Binner::Number { boundaries, codes }
}

/// Ascending order of boundaries. Exact and floating cuts meet only where special bins stand before
/// a floating fit.
pub(crate) fn compare(a: Boundary, b: Boundary) -> Ordering {
    let parts = |boundary: Boundary| match boundary {
        Boundary::At(cut) => (cut, false),
        Boundary::After(cut) => (cut, true),
    };
    let ((left, left_after), (right, right_after)) = (parts(a), parts(b));
    let by_cut = match (left, right) {
        (Cut::Exact(left), Cut::Exact(right)) => left.cmp(&right),
        _ => left.to_f64().total_cmp(&right.to_f64()),
    };
    by_cut.then(left_after.cmp(&right_after))
}
