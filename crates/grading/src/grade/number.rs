//! Columns of numbers as slices of three kinds, and cuts in the units of each kind, so that one
//! comparison of whole numbers decides a bin exactly.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use gradus_model::fixed::{FIXED_ONE, Fixed, round_div};
use serde::{Deserialize, Serialize};

/// Above this (in ten-thousandths) a number that becomes points is a fault: a score stays within
/// 18 digits whatever is added to it.
pub(crate) const LARGEST_POINTS: i64 = 100_000_000_000_000;

/// A column of numbers.
pub(crate) enum Numbers {
    Integer(arrow::array::Int64Array),
    Decimal(arrow::array::Decimal128Array, i8),
    Float(arrow::array::Float64Array),
}

impl Numbers {
    /// `None` if the column is not of numbers.
    pub(crate) fn of(array: &ArrayRef) -> Option<Numbers> {
        use DataType::*;
        Some(match array.data_type() {
            Int64 => Numbers::Integer(array.as_primitive::<Int64Type>().clone()),
            Int8 | Int16 | Int32 | UInt8 | UInt16 | UInt32 => {
                Numbers::Integer(cast(array, &Int64).ok()?.as_primitive::<Int64Type>().clone())
            }
            Decimal128(_, scale) => Numbers::Decimal(array.as_primitive::<Decimal128Type>().clone(), *scale),
            Float64 => Numbers::Float(array.as_primitive::<Float64Type>().clone()),
            UInt64 | Decimal32(_, _) | Decimal64(_, _) | Decimal256(_, _) => {
                let array = cast(array, &Decimal128(38, 4)).ok()?;
                Numbers::Decimal(array.as_primitive::<Decimal128Type>().clone(), 4)
            }
            Float16 | Float32 => Numbers::Float(cast(array, &Float64).ok()?.as_primitive().clone()),
            Null => Numbers::Integer(cast(array, &Int64).ok()?.as_primitive::<Int64Type>().clone()),
            _ => return None,
        })
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Numbers::Integer(array) => array.len(),
            Numbers::Decimal(array, _) => array.len(),
            Numbers::Float(array) => array.len(),
        }
    }

    pub(crate) fn nulls(&self) -> Option<&NullBuffer> {
        match self {
            Numbers::Integer(array) => array.nulls(),
            Numbers::Decimal(array, _) => array.nulls(),
            Numbers::Float(array) => array.nulls(),
        }
    }

    /// True where a value is there and is not a number (0/0 in floating point).
    pub(crate) fn is_nan(&self, row: usize) -> bool {
        matches!(self, Numbers::Float(array) if array.is_valid(row) && array.value(row).is_nan())
    }

    /// The value in ten-thousandths, rounded half away from zero; `None` beyond `LARGEST_POINTS`.
    pub(crate) fn fixed(&self, row: usize) -> Option<i64> {
        let wide = match self {
            Numbers::Integer(array) => i128::from(array.value(row)) * i128::from(FIXED_ONE),
            Numbers::Decimal(array, scale) => rescale(array.value(row), *scale)?,
            Numbers::Float(array) => {
                let value = (array.value(row) * FIXED_ONE as f64).round();
                if value.abs() > LARGEST_POINTS as f64 || value.is_nan() {
                    return None;
                }
                value as i128
            }
        };
        i64::try_from(wide).ok().filter(|value| value.abs() <= LARGEST_POINTS)
    }
}

/// A decimal of some scale in ten-thousandths, rounded half away from zero.
fn rescale(value: i128, scale: i8) -> Option<i128> {
    let digits = u32::from(scale.unsigned_abs().abs_diff(4));
    match scale {
        4 => Some(value),
        scale if scale > 4 => round_div(value, 10i128.checked_pow(digits)?),
        scale => value.checked_mul(10i128.checked_pow(if scale < 0 {
            u32::from(scale.unsigned_abs()) + 4
        } else {
            digits
        })?),
    }
}

/// A number at which a bin begins or ends, as a fit holds it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// Whole numbers and decimals: exact to four digits.
    Exact(Fixed),
    /// Floating-point values, written as the shortest text that reads back the same.
    #[serde(with = "float_text")]
    Float(f64),
}

impl Cut {
    /// For display and comparison of cuts.
    pub fn to_f64(self) -> f64 {
        match self {
            Cut::Exact(fixed) => fixed.to_f64(),
            Cut::Float(value) => value,
        }
    }
}

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cut::Exact(fixed) => fixed.fmt(f),
            Cut::Float(value) => value.fmt(f),
        }
    }
}

mod float_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where one stretch of numbers ends and the next begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Boundary {
    /// The next begins with the number itself.
    At(Cut),
    /// The number still belongs to what is below.
    After(Cut),
}

impl Boundary {
    /// The boundary in units of 1 / 10^scale: the least whole number above it.
    fn in_units(self, scale: i8) -> i128 {
        let (cut, after) = match self {
            Boundary::At(cut) => (cut, false),
            Boundary::After(cut) => (cut, true),
        };
        let fixed = match cut {
            Cut::Exact(fixed) => i128::from(fixed.0),
            // Only met if a fit of floating-point values is applied to a column that became exact.
            Cut::Float(value) => (value * FIXED_ONE as f64).floor() as i128,
        };
        let digits = i32::from(scale) - 4;
        if digits >= 0 {
            let power = 10i128.checked_pow(digits.unsigned_abs()).unwrap_or(i128::MAX);
            return fixed.saturating_mul(power).saturating_add(i128::from(after));
        }
        let power = 10i128.checked_pow(digits.unsigned_abs()).unwrap_or(i128::MAX);
        let floor = fixed.div_euclid(power);
        floor + i128::from(after || fixed.rem_euclid(power) != 0)
    }

    fn in_float(self) -> f64 {
        match self {
            Boundary::At(cut) => cut.to_f64(),
            Boundary::After(cut) => cut.to_f64().next_up(),
        }
    }
}

/// For each row the number of boundaries at or below its value; 0 for null rows and for rows that
/// are not numbers (see `is_nan`). Boundaries ascend.
pub(crate) fn count_boundaries(numbers: &Numbers, boundaries: &[Boundary]) -> Vec<u16> {
    let mut counts = vec![0u16; numbers.len()];
    match numbers {
        Numbers::Integer(array) => {
            let cuts: Vec<i128> = boundaries.iter().map(|boundary| boundary.in_units(0)).collect();
            // A cut above every integer is never reached.
            let cuts: Vec<i64> = cuts
                .into_iter()
                .filter(|&cut| cut <= i128::from(i64::MAX))
                .map(|cut| cut.max(i128::from(i64::MIN)) as i64)
                .collect();
            count_whole(&mut counts, array.values(), &cuts, |value| value as i32);
        }
        Numbers::Decimal(array, scale) => {
            let cuts: Vec<i128> = boundaries.iter().map(|boundary| boundary.in_units(*scale)).collect();
            count_whole(&mut counts, array.values(), &cuts, |value| value as i32);
        }
        Numbers::Float(array) => {
            let cuts: Vec<f64> = boundaries.iter().map(|boundary| boundary.in_float()).collect();
            count(&mut counts, array.values(), &cuts);
        }
    }
    counts
}

/// Rows of a block, which stays in the nearest cache.
const BLOCK: usize = 512;
/// From more cuts on each value is searched for.
const FEW: usize = 24;

/// As [`count`], of whole numbers: those of a block that all fit in 32 bits are compared several at a time.
/// `low` gives the lowest 32 bits.
fn count_whole<T>(counts: &mut [u16], values: &[T], cuts: &[T], low: impl Fn(T) -> i32)
where
    T: PartialOrd + Copy + From<i32>,
{
    if cuts.len() > FEW {
        return count(counts, values, cuts);
    }
    // What no number of 32 bits reaches counts none of them, what each reaches counts all.
    let narrow_cuts: Vec<i32> = cuts
        .iter()
        .filter(|cut| **cut <= T::from(i32::MAX))
        .map(|cut| if *cut <= T::from(i32::MIN) { i32::MIN } else { low(*cut) })
        .collect();
    for (slots, values) in counts.chunks_mut(BLOCK).zip(values.chunks(BLOCK)) {
        let mut narrow = [0i32; BLOCK];
        let mut all_fit = true;
        for (slot, value) in narrow.iter_mut().zip(values) {
            *slot = low(*value);
            all_fit &= T::from(*slot) == *value;
        }
        match all_fit {
            true => count(slots, &narrow[..values.len()], &narrow_cuts),
            false => count(slots, values, cuts),
        }
    }
}

/// Rows in blocks; no branch depends on a value.
fn count<T: PartialOrd + Copy>(counts: &mut [u16], values: &[T], cuts: &[T]) {
    if cuts.len() > FEW {
        for (slot, value) in counts.iter_mut().zip(values) {
            *slot = cuts.partition_point(|cut| *value >= *cut) as u16;
        }
        return;
    }
    for (slots, values) in counts.chunks_mut(BLOCK).zip(values.chunks(BLOCK)) {
        for cut in cuts {
            for (slot, value) in slots.iter_mut().zip(values) {
                // There are few cuts; a check for overflow would keep the rows from being compared side by side.
                *slot = slot.wrapping_add(u16::from(*value >= *cut));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Decimal128Array, Float64Array, Int64Array};
    use std::sync::Arc;

    fn cut(text: &str) -> Cut {
        Cut::Exact(text.parse().unwrap())
    }

    #[test]
    fn a_cut_between_units_is_met_exactly_by_every_type() {
        let boundaries = [Boundary::At(cut("-1.5")), Boundary::At(cut("2")), Boundary::After(cut("2.5"))];
        let integers: ArrayRef = Arc::new(Int64Array::from(vec![-2, -1, 1, 2, 3, i64::MAX]));
        assert_eq!(count_boundaries(&Numbers::of(&integers).unwrap(), &boundaries), [0, 1, 1, 2, 3, 3]);
        for (scale, one) in [(2i8, 100i128), (4, 10_000), (6, 1_000_000)] {
            let values: Vec<i128> = vec![-one * 16 / 10, -one * 15 / 10, one * 25 / 10, one * 25 / 10 + 1];
            let decimals: ArrayRef =
                Arc::new(Decimal128Array::from(values).with_precision_and_scale(20, scale).unwrap());
            assert_eq!(count_boundaries(&Numbers::of(&decimals).unwrap(), &boundaries), [0, 1, 2, 3]);
        }
        let floats: ArrayRef =
            Arc::new(Float64Array::from(vec![-1.6, -1.5, 2.5, 2.5f64.next_up(), f64::INFINITY]));
        assert_eq!(count_boundaries(&Numbers::of(&floats).unwrap(), &boundaries), [0, 1, 2, 3, 3]);
    }

    /// Around what fits in 32 bits, in one block and in several, with cuts beyond on either side.
    #[test]
    fn large_and_small_numbers_are_counted_alike() {
        let near = |middle: i128| (-2..=2).map(move |step| middle + step);
        let edges = [0, i128::from(i32::MIN), i128::from(i32::MAX), i128::from(i64::MAX) - 2, -(1 << 60)];
        let all: Vec<i128> = edges.into_iter().flat_map(near).collect();
        let mut cuts = all.clone();
        cuts.sort_unstable();
        cuts.retain(|cut| cut % 3 != 0);
        let boundaries: Vec<Boundary> = cuts
            .iter()
            .filter_map(|cut| Fixed::from_integer(i64::try_from(*cut).ok()?))
            .map(|cut| Boundary::At(Cut::Exact(cut)))
            .collect();
        let told: Vec<i128> = boundaries.iter().map(|boundary| boundary.in_units(0)).collect();
        for repeat in [1usize, 40, 700] {
            // Small ones alone in the first blocks, all of them after.
            let small = (0..repeat * 9).map(|n| n as i128 % 7 - 3);
            let values: Vec<i128> = small.chain(all.iter().copied().cycle().take(repeat * 11)).collect();
            let expected: Vec<u16> =
                values.iter().map(|value| told.iter().filter(|cut| value >= *cut).count() as u16).collect();
            let decimals: ArrayRef =
                Arc::new(Decimal128Array::from(values.clone()).with_precision_and_scale(38, 0).unwrap());
            assert_eq!(count_boundaries(&Numbers::of(&decimals).unwrap(), &boundaries), expected);
            let whole: Option<Vec<i64>> = values.iter().map(|value| i64::try_from(*value).ok()).collect();
            let integers: ArrayRef = Arc::new(Int64Array::from(whole.unwrap()));
            assert_eq!(count_boundaries(&Numbers::of(&integers).unwrap(), &boundaries), expected);
        }
    }

    #[test]
    fn many_cuts_count_as_few_do() {
        let boundaries: Vec<Boundary> =
            (0..60).map(|n| Boundary::At(Cut::Exact(Fixed::from_integer(n).unwrap()))).collect();
        let integers: ArrayRef = Arc::new(Int64Array::from(vec![-1, 0, 30, 99]));
        assert_eq!(count_boundaries(&Numbers::of(&integers).unwrap(), &boundaries), [0, 1, 31, 60]);
    }

    #[test]
    fn a_float_cut_reads_back_as_it_was_written() {
        for value in [0.1 + 0.2, 1e-300, -5.0, 123_456_789.123_456_79] {
            let text = serde_json::to_string(&Cut::Float(value)).unwrap();
            assert_eq!(serde_json::from_str::<Cut>(&text).unwrap(), Cut::Float(value));
        }
    }
}
