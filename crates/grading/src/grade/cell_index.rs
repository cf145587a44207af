//! An index over one column of cells. The constants of the cells cut the values into stretches: each
//! constant, and what lies between two. Within a stretch every value meets the same cells, so one search
//! tells for a value which rows of the table it may hit, as a set of bits.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Date32Type, TimeUnit, TimestampMicrosecondType};
use gradus_expression::{ConstantTest, Literal};

use super::frame::plain_text;
use super::number::Numbers;

/// Stands for null among the stretches of values.
const NULL: u32 = u32::MAX;

/// Words of bits that one column may take; beyond it neighbouring stretches share their bits, and the
/// rows are then held against their own stretches.
const MOST_WORDS: usize = 1 << 20;

/// The tests of one cell, with constants only.
#[derive(Debug, Clone)]
pub(crate) struct ConstantCell {
    pub negated: bool,
    /// None: whatever the value is, the cell holds.
    pub tests: Vec<ConstantTest>,
}

#[derive(Debug, Clone)]
pub(crate) struct ColumnIndex {
    domain: Domain,
    cuts: Cuts,
    words: usize,
    /// How many stretches share one set of bits.
    shared: usize,
    bits: Vec<u64>,
    of_null: Vec<u64>,
    /// For each row the stretches that meet its cell, where sets are shared.
    exact: Vec<Vec<(u32, u32)>>,
    /// Bits that are set, in all.
    weight: u64,
}

/// The kind of order that a column's values have.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Domain {
    Boolean,
    /// Whole numbers and decimals at this scale.
    Number(i8),
    Float,
    Text,
    Days,
    Micros,
}

#[derive(Debug, Clone)]
enum Cuts {
    Whole(Vec<i128>),
    Text(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Whole(i128),
    Text(String),
}

impl ColumnIndex {
    /// The index of one column of a table; the place in `cells` of the first that does not suit the type
    /// of the column.
    pub(crate) fn build(data_type: &DataType, cells: &[ConstantCell]) -> Result<ColumnIndex, usize> {
        let domain = Domain::of(data_type, cells).ok_or(0usize)?;
        let mut keys: Vec<Key> = Vec::new();
        for (index, cell) in cells.iter().enumerate() {
            for literal in cell.tests.iter().flat_map(literals) {
                keys.push(domain.key(literal).ok_or(index)?);
            }
            let has_range = cell.tests.iter().any(|test| matches!(test, ConstantTest::Range { .. }));
            if domain == Domain::Boolean && has_range {
                return Err(index);
            }
        }
        keys.sort();
        keys.dedup();
        let n_stretches = 2 * keys.len() + 1;
        let words = cells.len().div_ceil(64);
        let shared = (n_stretches * words).div_ceil(MOST_WORDS).max(1);
        let at = |literal: &Literal| -> usize {
            domain.key(literal).and_then(|key| keys.binary_search(&key).ok()).unwrap_or(0)
        };
        let mut of_null = vec![0u64; words];
        let mut all_ranges = Vec::with_capacity(cells.len());
        for (row, cell) in cells.iter().enumerate() {
            if cell.holds_for_null() {
                of_null[row / 64] |= 1 << (row % 64);
            }
            all_ranges.push(cell.ranges(n_stretches as u32, at));
        }
        let mut turns: Vec<(u32, u32)> = Vec::new();
        for (row, ranges) in all_ranges.iter().enumerate() {
            turns.extend(ranges.iter().flat_map(|(from, to)| [(*from, row as u32), (to + 1, row as u32)]));
        }
        turns.sort_unstable();
        let mut bits = vec![0u64; n_stretches.div_ceil(shared) * words];
        let mut now = vec![0u64; words];
        let mut turn = turns.iter().peekable();
        for stretch in 0..n_stretches {
            while let Some((_, row)) = turn.next_if(|(at, _)| *at as usize == stretch) {
                now[*row as usize / 64] ^= 1 << (row % 64);
            }
            let from = stretch / shared * words;
            bits[from..from + words].iter_mut().zip(&now).for_each(|(to, word)| *to |= word);
        }
        let weight = bits.iter().map(|word| u64::from(word.count_ones())).sum();
        let cuts = match domain {
            Domain::Text => Cuts::Text(
                keys.into_iter()
                    .filter_map(|key| if let Key::Text(text) = key { Some(text) } else { None })
                    .collect(),
            ),
            _ => Cuts::Whole(
                keys.into_iter()
                    .filter_map(|key| if let Key::Whole(whole) = key { Some(whole) } else { None })
                    .collect(),
            ),
        };
        let exact = if shared > 1 { all_ranges } else { Vec::new() };
        Ok(ColumnIndex { domain, cuts, words, shared, bits, of_null, exact, weight })
    }

    /// The share of rows that an average stretch meets: columns with little of it are looked at first.
    pub(crate) fn density(&self) -> f64 {
        self.weight as f64 / self.bits.len().max(1) as f64
    }

    /// True for what is no number, among floats: every comparison of it fails.
    pub(crate) fn no_numbers(&self, array: &ArrayRef) -> Option<BooleanBuffer> {
        let Some(Numbers::Float(values)) = Numbers::of(array) else { return None };
        let wrong = |row: usize| values.is_valid(row) && !values.value(row).is_finite();
        Some(BooleanBuffer::collect_bool(array.len(), wrong)).filter(|wrong| wrong.count_set_bits() > 0)
    }

    /// The stretch of each value; nothing if the column is of another type than it was compiled for.
    pub(crate) fn stretches(&self, array: &ArrayRef) -> Option<Vec<u32>> {
        let n = array.len();
        let of = |row: usize, found: Result<usize, usize>| -> u32 {
            if array.is_null(row) { NULL } else { place(found) }
        };
        match (&self.cuts, self.domain) {
            (Cuts::Text(cuts), _) => {
                let texts = plain_text(array);
                let texts = texts.as_string_opt::<i32>()?;
                let at = |row: usize| {
                    let value = texts.value(row);
                    cuts.binary_search_by(|cut| cut.as_str().cmp(value))
                };
                Some((0..n).map(|row| if array.is_null(row) { NULL } else { place(at(row)) }).collect())
            }
            (Cuts::Whole(cuts), Domain::Boolean) => {
                let values = array.as_boolean_opt()?;
                Some((0..n).map(|row| of(row, cuts.binary_search(&i128::from(values.value(row))))).collect())
            }
            (Cuts::Whole(cuts), Domain::Days) => {
                let values = array.as_primitive_opt::<Date32Type>()?;
                Some((0..n).map(|row| of(row, cuts.binary_search(&i128::from(values.value(row))))).collect())
            }
            (Cuts::Whole(cuts), Domain::Micros) => {
                let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
                let values = arrow::compute::cast(array, &micros).ok()?;
                let values = values.as_primitive_opt::<TimestampMicrosecondType>()?;
                Some((0..n).map(|row| of(row, cuts.binary_search(&i128::from(values.value(row))))).collect())
            }
            (Cuts::Whole(cuts), domain) => {
                let numbers = Numbers::of(array)?;
                let scale = if let Domain::Number(scale) = domain { scale } else { 0 };
                let at = |row: usize| -> u32 {
                    match &numbers {
                        Numbers::Float(values) => place(cuts.binary_search(&ordered(values.value(row)))),
                        Numbers::Integer(values) => exactly(cuts, i128::from(values.value(row)), 0, scale),
                        Numbers::Decimal(values, own) => exactly(cuts, values.value(row), *own, scale),
                    }
                };
                let is_float = matches!(numbers, Numbers::Float(_));
                if is_float != (domain == Domain::Float) {
                    return None;
                }
                Some((0..n).map(|row| if array.is_null(row) { NULL } else { at(row) }).collect())
            }
        }
    }

    /// The rows that a value of this stretch may hit.
    pub(crate) fn bits(&self, stretch: u32) -> &[u64] {
        if stretch == NULL {
            return &self.of_null;
        }
        let from = stretch as usize / self.shared * self.words;
        &self.bits[from..from + self.words]
    }

    /// Whether a value of this stretch meets the cell of a row whose bit is set.
    pub(crate) fn meets(&self, row: usize, stretch: u32) -> bool {
        stretch == NULL
            || self.exact.is_empty()
            || self.exact[row].iter().any(|(from, to)| (*from..=*to).contains(&stretch))
    }
}

/// `n` cuts make `2 n + 1` stretches: the cuts are the odd ones.
fn place(found: Result<usize, usize>) -> u32 {
    match found {
        Ok(cut) => 2 * cut as u32 + 1,
        Err(gap) => 2 * gap as u32,
    }
}

/// Where a number stands among cuts of another scale, without rounding.
fn exactly(cuts: &[i128], value: i128, scale: i8, cut_scale: i8) -> u32 {
    let power = |digits: i8| 10i128.checked_pow(digits.unsigned_abs().into());
    if scale <= cut_scale {
        let wide = power(cut_scale - scale).and_then(|factor| value.checked_mul(factor));
        // A number too large for the scale of the cuts is beyond all of them.
        let wide = wide.unwrap_or(if value < 0 { i128::MIN } else { i128::MAX });
        return place(cuts.binary_search(&wide));
    }
    let Some(factor) = power(scale - cut_scale) else { return place(cuts.binary_search(&0)) };
    match (cuts.binary_search(&value.div_euclid(factor)), value.rem_euclid(factor)) {
        (Ok(cut), rest) if rest != 0 => 2 * (cut as u32 + 1),
        (found, _) => place(found),
    }
}

/// A whole number in the order of the floats; there is one zero.
fn ordered(value: f64) -> i128 {
    let bits = (if value == 0.0 { 0.0 } else { value }).to_bits() as i64;
    i128::from(bits ^ (((bits >> 63) as u64) >> 1) as i64)
}

fn literals(test: &ConstantTest) -> impl Iterator<Item = &Literal> {
    let both = match test {
        ConstantTest::Null => [None, None],
        ConstantTest::Equals(literal) | ConstantTest::Different(literal) => [Some(literal), None],
        ConstantTest::Range { low, high } => [low, high].map(|end| end.as_ref().map(|(literal, _)| literal)),
    };
    both.into_iter().flatten()
}

impl Domain {
    fn of(data_type: &DataType, cells: &[ConstantCell]) -> Option<Domain> {
        let all = || cells.iter().flat_map(|cell| cell.tests.iter().flat_map(literals));
        Some(match data_type {
            DataType::Boolean => Domain::Boolean,
            DataType::Utf8 => Domain::Text,
            DataType::Timestamp(..) => Domain::Micros,
            DataType::Date32 => match all().any(|literal| matches!(literal, Literal::Timestamp(_))) {
                // Column and constants are both brought to instants.
                true => Domain::Micros,
                false => Domain::Days,
            },
            DataType::Float64 | DataType::Float32 => Domain::Float,
            DataType::Decimal128(_, scale) => Domain::Number(widest(*scale, all())),
            other if other.is_integer() => Domain::Number(widest(0, all())),
            _ => return None,
        })
    }

    fn key(self, literal: &Literal) -> Option<Key> {
        Some(match (self, literal) {
            (Domain::Boolean, Literal::Boolean(value)) => Key::Whole(i128::from(*value)),
            (Domain::Text, Literal::Text(text)) => Key::Text(text.clone()),
            (Domain::Days, Literal::Date(days)) => Key::Whole(i128::from(*days)),
            (Domain::Micros, Literal::Date(days)) => Key::Whole(i128::from(*days) * 86_400_000_000),
            (Domain::Micros, Literal::Timestamp(micros)) => Key::Whole(i128::from(*micros)),
            (Domain::Float, number) => Key::Whole(ordered(number.as_float()?)),
            (Domain::Number(scale), Literal::Integer(value)) => {
                let factor = 10i128.checked_pow(scale.unsigned_abs().into())?;
                Key::Whole(i128::from(*value).checked_mul(factor)?)
            }
            (Domain::Number(scale), Literal::Decimal(value, own)) => {
                let factor = 10i128.checked_pow(u32::try_from(scale - own).ok()?)?;
                Key::Whole(value.checked_mul(factor)?)
            }
            _ => return None,
        })
    }
}

/// The most digits behind the point, of the column or of a constant.
fn widest<'a>(column: i8, constants: impl Iterator<Item = &'a Literal>) -> i8 {
    let scale = |literal: &Literal| if let Literal::Decimal(_, scale) = literal { *scale } else { 0 };
    constants.map(scale).fold(column.max(0), i8::max)
}

impl ConstantCell {
    /// DMN's null: `=` is told of it, an order is not.
    fn holds_for_null(&self) -> bool {
        if self.tests.is_empty() {
            return true;
        }
        let told = |test: &ConstantTest| match test {
            ConstantTest::Null | ConstantTest::Different(_) => Some(true),
            ConstantTest::Equals(_) => Some(false),
            ConstantTest::Range { .. } => None,
        };
        let any = if self.tests.iter().any(|test| told(test) == Some(true)) {
            Some(true)
        } else if self.tests.iter().any(|test| told(test).is_none()) {
            None
        } else {
            Some(false)
        };
        any.map(|any| any != self.negated) == Some(true)
    }

    /// The stretches that meet the cell, both ends included, in order and apart.
    fn ranges(&self, n: u32, at: impl Fn(&Literal) -> usize) -> Vec<(u32, u32)> {
        if self.tests.is_empty() {
            return vec![(0, n - 1)];
        }
        let cut = |literal: &Literal| 2 * at(literal) as u32 + 1;
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for test in &self.tests {
            match test {
                ConstantTest::Null => {}
                ConstantTest::Equals(literal) => ranges.push((cut(literal), cut(literal))),
                ConstantTest::Different(literal) => {
                    ranges.extend([(0, cut(literal) - 1), (cut(literal) + 1, n - 1)])
                }
                ConstantTest::Range { low, high } => {
                    let from = low.as_ref().map_or(0, |(low, closed)| cut(low) + u32::from(!closed));
                    let to = high.as_ref().map_or(n - 1, |(high, closed)| cut(high) - u32::from(!closed));
                    if from <= to {
                        ranges.push((from, to));
                    }
                }
            }
        }
        ranges.sort_unstable();
        let mut apart: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (from, to) in ranges {
            match apart.last_mut() {
                Some((_, end)) if from <= *end + 1 => *end = (*end).max(to),
                _ => apart.push((from, to)),
            }
        }
        if !self.negated {
            return apart;
        }
        let (mut gaps, mut from) = (Vec::with_capacity(apart.len() + 1), 0);
        for (start, end) in apart {
            if from < start {
                gaps.push((from, start - 1));
            }
            from = end + 1;
        }
        if from < n {
            gaps.push((from, n - 1));
        }
        gaps
    }
}
