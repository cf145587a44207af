//! Groupings (分群方案): families of disjoint segments.
//!
//! Lifecycle, value and behaviour are waterfalls of conditions over indicators, for example:
//!
//! ```yaml
//! groupings:
//!   lifecycle:
//!     kind: waterfall
//!     base: everyone
//!     layers:
//!       potential: { where: orders = 0 }
//!       lost: { where: recency > 365 }
//!       at_risk: { where: recency > 180 }
//!       new: { where: orders = 1 }
//!       won_back: { where: longest_gap > 365 }
//!       established: { where: orders >= 5 }
//!       active: {}
//!   value: { kind: bands, base: everyone, value: monetary, cuts: [100, 1000] }
//!   behaviour:
//!     kind: waterfall
//!     base: everyone
//!     layers:
//!       frequent: { where: orders_90_days >= 3 }
//!       occasional: { where: orders_90_days >= 1 }
//!       lapsed: {}
//!   geography: { kind: by_value, base: everyone, value: country }
//! ```

mod compile;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use gradus_model::Text;
use gradus_model::document::Ties;
use gradus_model::fixed::Fixed;

use super::fit::{Fit, FitKind, FitRequest, FitValue, Fits};
use super::frame::{Formula, Frame, plain_text};
use super::number::{Boundary, Cut, Numbers, count_boundaries};
use super::rfm::{rfm8_of, rfm11_of};
use super::tier::dictionary;
pub(crate) use compile::compile_grouping;

#[derive(Debug, Clone)]
pub(crate) struct Groups {
    pub name: String,
    pub title: Text,
    pub base: String,
    /// The column of the base segment; everyone if none.
    pub base_segment: Option<Formula>,
    /// Names and titles, except for `by_value`, whose names are its values.
    pub names: Vec<(String, Text)>,
    pub kind: GroupsKind,
}

#[derive(Debug, Clone)]
pub(crate) enum GroupsKind {
    Rfm8 {
        axes: [Formula; 3],
        split: Split8,
    },
    Rfm11 {
        axes: [Formula; 3],
        keys: [String; 3],
        ties: Ties,
    },
    /// `None` takes everybody left.
    Waterfall(Vec<Option<Formula>>),
    ByValue(Formula),
    Bands {
        value: Formula,
        cuts: Vec<Fixed>,
    },
    /// Upper ends of the shares in parts of a million.
    Buckets {
        seed: u64,
        until: Vec<u64>,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum Split8 {
    Fitted { kind: FitKind, keys: [String; 3] },
    Fixed([Fixed; 3]),
}

/// Scores of the eleven segments go from 1 to 5.
const QUINTILES: u32 = 5;

/// How the mathematics calls it.
pub(crate) fn ties_of(ties: Ties) -> gradus_stats::tile::Ties {
    match ties {
        Ties::Keep => gradus_stats::tile::Ties::Keep,
        Ties::Renumber => gradus_stats::tile::Ties::Merge,
    }
}

impl Groups {
    pub(crate) fn fit_requests(&self) -> Vec<FitRequest> {
        let request = |axes: &[Formula; 3], keys: &[String; 3], kind: &FitKind| {
            let one = |(axis, key): (&Formula, &String)| FitRequest {
                key: key.clone(),
                kind: kind.clone(),
                base: self.base.clone(),
                among: self.base_segment.clone(),
                value: FitValue::Formula(axis.clone()),
            };
            axes.iter().zip(keys).map(one).collect()
        };
        match &self.kind {
            GroupsKind::Rfm8 { axes, split: Split8::Fitted { kind, keys } } => request(axes, keys, kind),
            GroupsKind::Rfm11 { axes, keys, ties } => {
                request(axes, keys, &FitKind::Quantiles { parts: QUINTILES, ties: ties_of(*ties) })
            }
            _ => Vec::new(),
        }
    }

    /// The conditions of its layers and of its base.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Formula> {
        let layers: &[Option<Formula>] = match &self.kind {
            GroupsKind::Waterfall(layers) => layers,
            _ => &[],
        };
        layers.iter().flatten().chain(&self.base_segment)
    }

    /// The names that it reads.
    pub(crate) fn reads(&self) -> BTreeSet<String> {
        let values: Vec<&Formula> = match &self.kind {
            GroupsKind::Rfm8 { axes, .. } | GroupsKind::Rfm11 { axes, .. } => axes.iter().collect(),
            GroupsKind::ByValue(value) | GroupsKind::Bands { value, .. } => vec![value],
            GroupsKind::Waterfall(_) | GroupsKind::Buckets { .. } => Vec::new(),
        };
        values.into_iter().chain(self.conditions()).flat_map(|formula| formula.references.clone()).collect()
    }

    pub(crate) fn evaluate(&self, frame: &mut Frame, fits: &Fits) -> ArrayRef {
        let base = self.base_segment.as_ref().map(|formula| frame.condition(formula).0);
        let inside = |row: usize| base.as_ref().is_none_or(|base| base.is_valid(row) && base.value(row));
        let keys: Vec<Option<i32>> = match &self.kind {
            GroupsKind::ByValue(formula) => return by_value(frame, formula, base.as_ref()),
            GroupsKind::Rfm8 { axes, split } => rfm8(frame, fits, axes, split),
            GroupsKind::Rfm11 { axes, keys, ties } => rfm11(frame, fits, axes, keys, *ties),
            GroupsKind::Waterfall(layers) => waterfall(frame, layers),
            GroupsKind::Bands { value, cuts } => {
                let boundaries: Vec<Boundary> =
                    cuts.iter().map(|cut| Boundary::At(Cut::Exact(*cut))).collect();
                bands(frame, value, &boundaries).into_iter().map(|band| band.map(i32::from)).collect()
            }
            GroupsKind::Buckets { seed, until } => buckets(frame, *seed, until),
        };
        let keys = match &base {
            None => keys,
            Some(_) => keys.into_iter().enumerate().map(|(row, key)| key.filter(|_| inside(row))).collect(),
        };
        dictionary(keys, self.names.iter().map(|(name, _)| name.as_str()))
    }
}

/// A number for each row, and which of them stand for something.
struct Counted {
    counts: Vec<u16>,
    known: Option<NullBuffer>,
}

/// The number of boundaries at or below each value; none where there is no value.
fn counted(frame: &mut Frame, formula: &Formula, boundaries: &[Boundary]) -> Counted {
    let column = frame.evaluate(formula);
    let Some(numbers) = Numbers::of(&column.array) else { return nothing(frame.rows) };
    let mut known = numbers.nulls().cloned();
    if matches!(numbers, Numbers::Float(_)) {
        let is_number = NullBuffer::from_iter((0..frame.rows).map(|row| !numbers.is_nan(row)));
        known = NullBuffer::union(known.as_ref(), Some(&is_number));
    }
    Counted { counts: count_boundaries(&numbers, boundaries), known }
}

fn nothing(rows: usize) -> Counted {
    Counted { counts: vec![0; rows], known: Some(NullBuffer::new_null(rows)) }
}

fn bands(frame: &mut Frame, formula: &Formula, boundaries: &[Boundary]) -> Vec<Option<u16>> {
    let Counted { counts, known } = counted(frame, formula, boundaries);
    match known {
        None => counts.into_iter().map(Some).collect(),
        Some(known) => {
            counts.into_iter().zip(known.iter()).map(|(count, known)| known.then_some(count)).collect()
        }
    }
}

/// The bins of a quantile fit, from 0, and how many there are.
fn fitted_bins(frame: &mut Frame, fits: &Fits, axis: &Formula, key: &str) -> (Counted, u16) {
    // A fit has a bin for each stretch between its cuts.
    let (cuts, bins) = match fits.fits.get(key) {
        Some(Fit::Quantiles { cuts, bins, .. }) if bins.len() > cuts.len() => (cuts, bins),
        _ => {
            frame.fault(&axis.path, frame.rows as u64);
            return (nothing(frame.rows), 0);
        }
    };
    let boundaries: Vec<Boundary> = cuts.iter().map(|cut| Boundary::After(*cut)).collect();
    let mut stretches = counted(frame, axis, &boundaries);
    stretches.counts.iter_mut().for_each(|stretch| *stretch = bins[usize::from(*stretch)]);
    (stretches, bins.iter().max().map_or(0, |last| last + 1))
}

/// Quintile scores from 1, recency reversed: the fewest days are the best. Where bins keep their
/// numbers the best is a 5, however few are left.
fn rfm11(
    frame: &mut Frame,
    fits: &Fits,
    axes: &[Formula; 3],
    keys: &[String; 3],
    ties: Ties,
) -> Vec<Option<i32>> {
    let (recency, n) = fitted_bins(frame, fits, &axes[0], &keys[0]);
    let n = if ties.is_keep() && n > 0 { QUINTILES as u16 } else { n };
    let (frequency, n_frequency) = fitted_bins(frame, fits, &axes[1], &keys[1]);
    let (monetary, n_monetary) = fitted_bins(frame, fits, &axes[2], &keys[2]);
    let known = NullBuffer::union(recency.known.as_ref(), frequency.known.as_ref());
    let known = NullBuffer::union(known.as_ref(), monetary.known.as_ref());
    // The segment of every code is looked up once.
    let (width, depth) = (usize::from(n_frequency), usize::from(n_monetary));
    let mut segments = Vec::with_capacity(usize::from(n) * width * depth);
    for r in 0..n {
        for f in 0..n_frequency {
            segments
                .extend((0..n_monetary).map(|m| rfm11_of(n - r, f + 1, m + 1).map(|segment| segment as i32)));
        }
    }
    let codes = recency.counts.iter().zip(&frequency.counts).zip(&monetary.counts);
    let of = |((r, f), m): ((&u16, &u16), &u16)| {
        let code = (usize::from(*r) * width + usize::from(*f)) * depth + usize::from(*m);
        segments.get(code).copied().flatten()
    };
    let mut keys: Vec<Option<i32>> = codes.map(of).collect();
    if let Some(known) = known.filter(|known| known.null_count() > 0) {
        (!known.inner()).set_indices().for_each(|row| keys[row] = None);
    }
    keys
}

/// High recency is at most the split; high frequency and monetary are above a mean or median, and
/// at least a fixed number.
fn rfm8(frame: &mut Frame, fits: &Fits, axes: &[Formula; 3], split: &Split8) -> Vec<Option<i32>> {
    let mut high = Vec::with_capacity(3);
    for (index, axis) in axes.iter().enumerate() {
        let boundary = match split {
            Split8::Fixed(numbers) if index == 0 => Some(Boundary::After(Cut::Exact(numbers[0]))),
            Split8::Fixed(numbers) => Some(Boundary::At(Cut::Exact(numbers[index]))),
            Split8::Fitted { keys, .. } => match fits.fits.get(&keys[index]) {
                Some(Fit::Split { at, .. }) => at.map(Boundary::After),
                _ => {
                    frame.fault(&axis.path, frame.rows as u64);
                    None
                }
            },
        };
        let above: Vec<Option<u16>> = match boundary {
            Some(boundary) => bands(frame, axis, &[boundary]),
            None => vec![None; frame.rows],
        };
        high.push(
            above.into_iter().map(|count| count.map(|count| (count > 0) != (index == 0))).collect::<Vec<_>>(),
        );
    }
    (0..frame.rows).map(|row| Some(rfm8_of(high[0][row]?, high[1][row]?, high[2][row]?) as i32)).collect()
}

/// A layer that cannot be told does not take the customer; the next ones are asked.
fn waterfall(frame: &mut Frame, layers: &[Option<Formula>]) -> Vec<Option<i32>> {
    let mut keys: Vec<Option<i32>> = vec![None; frame.rows];
    for (index, layer) in layers.iter().enumerate() {
        let values = layer.as_ref().map(|formula| frame.condition(formula).0);
        for (row, key) in keys.iter_mut().enumerate() {
            let holds = values.as_ref().is_none_or(|values| values.is_valid(row) && values.value(row));
            if key.is_none() && holds {
                *key = Some(index as i32);
            }
        }
    }
    keys
}

fn by_value(frame: &mut Frame, formula: &Formula, base: Option<&BooleanArray>) -> ArrayRef {
    let column = frame.evaluate(formula);
    let texts = match cast(&plain_text(&column.array), &DataType::Utf8) {
        Ok(texts) => texts,
        Err(_) => {
            frame.fault(&formula.path, frame.rows as u64);
            arrow::array::new_null_array(&DataType::Utf8, frame.rows)
        }
    };
    let Some(texts) = texts.as_string_opt::<i32>() else { return texts };
    let inside = |row: usize| base.is_none_or(|base| base.is_valid(row) && base.value(row));
    let mut names: BTreeMap<&str, i32> = BTreeMap::new();
    for row in 0..texts.len() {
        if texts.is_valid(row) && inside(row) {
            names.entry(texts.value(row)).or_insert(0);
        }
    }
    for (key, slot) in names.values_mut().enumerate() {
        *slot = key as i32;
    }
    let key = |row: usize| {
        (texts.is_valid(row) && inside(row)).then(|| names.get(texts.value(row)).copied()).flatten()
    };
    let keys = (0..texts.len()).map(key).collect();
    let values: Vec<&str> = names.keys().copied().collect();
    let array: ArrayRef = Arc::new(StringArray::from_iter_values(values.iter()));
    dictionary(keys, array.as_string::<i32>().iter().flatten())
}

/// The place of a customer in a draw, evenly from 0 below 1,000,000: SplitMix64 (Steele, Lea and
/// Flood 2014, OOPSLA) of the customer's number offset by SplitMix64 of the seed, scaled. The
/// same customer always falls in the same place, and another seed gives an independent draw.
pub fn draw(seed: u64, customer: i64) -> u64 {
    let mixed = split_mix(split_mix(seed) ^ customer as u64);
    ((u128::from(mixed) * 1_000_000) >> 64) as u64
}

fn split_mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn buckets(frame: &mut Frame, seed: u64, until: &[u64]) -> Vec<Option<i32>> {
    let customers = frame.columns.get(super::CUSTOMER).map(|column| column.array.clone());
    let Some(customers) = customers.as_ref().and_then(|array| array.as_primitive_opt::<Int64Type>()) else {
        frame.fault(super::CUSTOMER, frame.rows as u64);
        return vec![None; frame.rows];
    };
    let of = |customer: &i64| {
        let place = draw(seed, *customer);
        let index = until.partition_point(|end| *end <= place);
        (index < until.len()).then_some(index as i32)
    };
    customers.values().iter().map(of).collect()
}
