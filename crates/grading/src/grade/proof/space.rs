//! The space of inputs: one dimension for each value that conditions test, cut into cells on which no
//! test changes its answer. Each cell has a value that stands for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use gradus_expression::{Expression, Mark};
use gradus_model::fixed::{FIXED_ONE, Fixed};

use super::set::Set;
use crate::grade::frame::plain_type;

/// What values a column may have, as far as that is known by how it is made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Domain {
    /// Least and greatest, in units of the column.
    pub least: Option<i128>,
    pub greatest: Option<i128>,
    /// It may be unknown or not applicable.
    pub null: bool,
    /// All the texts there are; any text if `None`.
    pub values: Option<Vec<String>>,
}

/// A kind of column whose values have an order and a least distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ordered {
    Integer,
    /// Digits after the point.
    Decimal(i8),
    Float,
    Date,
    /// Microseconds.
    Instant,
}

#[derive(Debug, Clone)]
pub(crate) enum Cells {
    /// First unit of each cell, and the last unit of the last one.
    Ordered { kind: Ordered, starts: Vec<i128>, last: i128 },
    /// The texts that are named anywhere; and one for every other, if there may be others.
    Text { values: Vec<String>, other: Option<String> },
    /// False, true.
    Boolean,
    /// False, true, null: of something that only evaluation can answer.
    Opaque,
}

/// One dimension.
#[derive(Debug, Clone)]
pub(crate) struct Dim {
    /// The column, or the text of what is opaque.
    pub name: String,
    pub cells: Cells,
    /// The last cell is "no value".
    pub null: bool,
    /// It is given by the fold, so that any value can be put in.
    pub is_input: bool,
    data_type: DataType,
}

/// What the dimensions are made of, before they are cut.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    columns: BTreeMap<String, BTreeSet<Mark>>,
}

impl Marks {
    pub fn add(&mut self, column: &str, marks: impl IntoIterator<Item = Mark>) {
        self.columns.entry(column.to_string()).or_default().extend(marks);
    }
}

/// All dimensions.
#[derive(Debug, Default)]
pub(crate) struct Space {
    pub dims: Vec<Dim>,
    /// How many cells each has.
    pub sizes: Vec<u32>,
    names: BTreeMap<String, u32>,
    opaque: BTreeMap<String, u32>,
}

impl Ordered {
    pub fn of(data_type: &DataType) -> Option<Ordered> {
        Some(match plain_type(data_type) {
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Ordered::Integer,
            DataType::Decimal128(_, scale) if scale >= 0 => Ordered::Decimal(scale),
            DataType::Float64 => Ordered::Float,
            DataType::Date32 => Ordered::Date,
            DataType::Timestamp(TimeUnit::Microsecond, _) => Ordered::Instant,
            _ => return None,
        })
    }

    /// The widest range of units.
    pub fn bounds(self) -> (i128, i128) {
        match self {
            Ordered::Integer => (i128::from(i64::MIN), i128::from(i64::MAX)),
            Ordered::Decimal(_) => (1 - 10i128.pow(38), 10i128.pow(38) - 1),
            Ordered::Float => (float_units(f64::MIN), float_units(f64::MAX)),
            // The years 1 to 9999.
            Ordered::Date => (-719_162, 2_932_896),
            Ordered::Instant => (-62_135_596_800_000_000, 253_402_300_799_999_999),
        }
    }

    /// Units at which a new cell has to begin, so that no test of the mark changes inside one.
    fn breaks(self, mark: &Mark) -> Vec<i128> {
        match (self, mark) {
            (Ordered::Integer, Mark::Number(value, scale)) => around(*value, *scale, 0),
            (Ordered::Decimal(to), Mark::Number(value, scale)) => around(*value, *scale, to),
            (Ordered::Float, Mark::Number(value, scale)) => {
                let text = format!("{value}e-{scale}");
                let at = float_units(text.parse().unwrap_or(0.0));
                // Whichever way the number was rounded to a float, it is between its neighbours.
                vec![at - 1, at, at + 1, at + 2]
            }
            (Ordered::Date, Mark::Date(days)) => vec![i128::from(*days), i128::from(*days) + 1],
            (Ordered::Instant, Mark::Instant(micros)) => vec![i128::from(*micros), i128::from(*micros) + 1],
            _ => Vec::new(),
        }
    }

    /// An ordinary value: the number, or that many days into 2024.
    pub fn ordinary(self, n: i64) -> i128 {
        match self {
            Ordered::Float => float_units(n as f64),
            Ordered::Date => 19_723 + i128::from(n),
            Ordered::Instant => (19_723 + i128::from(n)) * self.one(),
            _ => i128::from(n) * self.one(),
        }
    }

    /// The units of a whole number.
    pub fn nth(self, n: i64) -> i128 {
        if self == Ordered::Float { float_units(n as f64) } else { i128::from(n) * self.one() }
    }

    /// The units nearest to a number; `None` if it is too large to be ordinary.
    pub fn near(self, value: f64) -> Option<i128> {
        match self {
            Ordered::Float => Some(float_units(value)),
            _ if value.abs() < 1e15 => Some((value * self.one() as f64).round() as i128),
            _ => None,
        }
    }

    /// The plain type of such a column.
    pub fn data_type(self) -> DataType {
        match self {
            Ordered::Integer => DataType::Int64,
            Ordered::Decimal(scale) => DataType::Decimal128(38, scale),
            Ordered::Float => DataType::Float64,
            Ordered::Date => DataType::Date32,
            Ordered::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        }
    }

    /// How many units are one, for kinds that count.
    fn one(self) -> i128 {
        match self {
            Ordered::Decimal(scale) => 10i128.checked_pow(u32::from(scale.unsigned_abs())).unwrap_or(1),
            Ordered::Instant => 86_400_000_000,
            _ => 1,
        }
    }

    /// A value from the range that is short to write.
    fn representative(self, from: i128, to: i128) -> i128 {
        if self == Ordered::Float {
            let (low, high) = (float_of(from), float_of(to));
            let whole = if low < -1e15 { high.floor().min(0.0) } else { low.ceil() };
            if from == to || whole < low || whole > high {
                // Near the closed end, where there is one.
                return if low < -1e15 { to } else { from };
            }
            // A stretch without ends below stands for itself by something ordinary.
            return float_units(if low < -1e15 && high > 1.0 { 1.0 } else { whole + 0.0 });
        }
        let one = self.one();
        let (least, _) = self.bounds();
        if from == to {
            return from;
        }
        if from == least {
            let whole = if to >= one { one } else { to.div_euclid(one) * one };
            return if whole >= from { whole } else { to };
        }
        let whole = from.div_euclid(one) * one;
        let whole = if whole < from { whole + one } else { whole };
        if whole <= to { whole } else { from }
    }
}

/// A mark's value in units of `to` digits, and the unit after it; between units, the one above only.
fn around(value: i128, scale: i8, to: i8) -> Vec<i128> {
    let digits = i32::from(to) - i32::from(scale);
    let Some(power) = 10i128.checked_pow(digits.unsigned_abs()) else { return Vec::new() };
    if digits >= 0 {
        return value.checked_mul(power).map_or_else(Vec::new, |at| vec![at, at + 1]);
    }
    let floor = value.div_euclid(power);
    if value.rem_euclid(power) == 0 { vec![floor, floor + 1] } else { vec![floor + 1] }
}

/// Floats as whole numbers in the same order.
pub(crate) fn float_units(value: f64) -> i128 {
    // Both zeros are one value.
    let bits = (value + 0.0).to_bits() as i64;
    i128::from(if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits })
}

fn float_of(units: i128) -> f64 {
    let bits = units as i64;
    f64::from_bits(if bits < 0 { i64::MIN.wrapping_sub(bits) as u64 } else { bits as u64 })
}

impl Dim {
    fn new(
        name: &str,
        data_type: &DataType,
        marks: &BTreeSet<Mark>,
        domain: &Domain,
        is_input: bool,
    ) -> Option<Dim> {
        let data_type = plain_type(data_type);
        let cells = match (&data_type, Ordered::of(&data_type)) {
            (_, Some(kind)) => {
                let (least, greatest) = kind.bounds();
                let least = domain.least.map_or(least, |own| own.max(least));
                let greatest = domain.greatest.map_or(greatest, |own| own.min(greatest));
                let mut starts = BTreeSet::from([least]);
                starts.extend(
                    marks
                        .iter()
                        .flat_map(|mark| kind.breaks(mark))
                        .filter(|at| *at > least && *at <= greatest),
                );
                Cells::Ordered { kind, starts: starts.into_iter().collect(), last: greatest.max(least) }
            }
            (DataType::Utf8, _) => {
                let named = marks.iter().filter_map(|mark| match mark {
                    Mark::Text(text) => Some(text.clone()),
                    _ => None,
                });
                match &domain.values {
                    Some(values) => Cells::Text { values: values.clone(), other: None },
                    None => {
                        let values: Vec<String> = named.collect();
                        let free = |text: &String| !values.contains(text);
                        let other = (0..).map(other_text).find(free);
                        Cells::Text { values, other }
                    }
                }
            }
            (DataType::Boolean, _) => Cells::Boolean,
            _ => return None,
        };
        Some(Dim { name: name.to_string(), cells, null: domain.null, is_input, data_type })
    }

    /// The type of the column.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// How many cells, "no value" included.
    pub fn size(&self) -> u32 {
        self.n_values() + u32::from(self.null)
    }

    /// How many cells hold values.
    pub fn n_values(&self) -> u32 {
        match &self.cells {
            Cells::Ordered { starts, .. } => starts.len() as u32,
            Cells::Text { values, other } => values.len() as u32 + u32::from(other.is_some()),
            Cells::Boolean => 2,
            Cells::Opaque => 3,
        }
    }

    pub fn values(&self) -> Set {
        Set::range(0, self.n_values())
    }

    /// The cell "no value".
    pub fn null_cell(&self) -> Option<u32> {
        self.null.then(|| self.n_values())
    }

    /// First and last unit of a cell of an ordered dimension.
    pub fn units(&self, cell: u32) -> Option<(i128, i128)> {
        let Cells::Ordered { starts, last, .. } = &self.cells else { return None };
        let from = *starts.get(cell as usize)?;
        Some((from, starts.get(cell as usize + 1).map_or(*last, |next| next - 1)))
    }

    /// The value that stands for a cell, in units; `None` for "no value" and for what has no order.
    pub fn representative(&self, cell: u32) -> Option<i128> {
        let Cells::Ordered { kind, .. } = &self.cells else { return None };
        let (from, to) = self.units(cell)?;
        Some(kind.representative(from, to))
    }

    /// What stands for a cell, as a number.
    pub fn number(&self, cell: u32) -> Option<f64> {
        let Cells::Ordered { kind, .. } = &self.cells else { return None };
        let units = self.representative(cell)?;
        Some(if *kind == Ordered::Float { float_of(units) } else { units as f64 / kind.one() as f64 })
    }

    /// True if the cell stands for every text that is not named.
    pub fn is_other(&self, cell: u32) -> bool {
        matches!(&self.cells, Cells::Text { values, other: Some(_) } if values.len() as u32 == cell)
    }

    /// The cell of a value in units.
    pub fn cell_of_units(&self, units: i128) -> Option<u32> {
        let Cells::Ordered { starts, last, .. } = &self.cells else { return None };
        let after = starts.partition_point(|start| *start <= units);
        (after > 0 && units <= *last).then(|| after as u32 - 1)
    }

    /// The cell of a text: its own, or that of all that are not named.
    pub fn cell_of_text(&self, text: &str) -> Option<u32> {
        let Cells::Text { values, other } = &self.cells else { return None };
        let at = values.iter().position(|value| value == text).map(|at| at as u32);
        at.or(other.as_ref().map(|_| values.len() as u32))
    }

    /// The cell of a number.
    pub fn cell_of_fixed(&self, number: Fixed) -> Option<u32> {
        let Cells::Ordered { kind, .. } = &self.cells else { return None };
        let units = i128::from(number.0);
        let (whole, rest) =
            (units.div_euclid(i128::from(FIXED_ONE)), units.rem_euclid(i128::from(FIXED_ONE)));
        self.cell_of_units(match kind {
            Ordered::Integer if rest == 0 => whole,
            Ordered::Decimal(4) => units,
            Ordered::Decimal(_) if rest == 0 => kind.nth(i64::try_from(whole).ok()?),
            Ordered::Float => float_units(number.to_string().parse().ok()?),
            _ => return None,
        })
    }

    /// One value for each of the cells.
    pub fn array(&self, cells: &[u32]) -> ArrayRef {
        let units = |cell: &u32| self.representative(*cell);
        match &self.cells {
            Cells::Ordered { kind, .. } => ordered_array(*kind, &self.data_type, cells.iter().map(units)),
            Cells::Text { values, other } => {
                let of = |cell: &u32| {
                    values.get(*cell as usize).or(other.as_ref().filter(|_| self.is_other(*cell)))
                };
                Arc::new(cells.iter().map(of).collect::<StringArray>())
            }
            Cells::Boolean => {
                Arc::new(cells.iter().map(|cell| (*cell < 2).then_some(*cell == 1)).collect::<BooleanArray>())
            }
            Cells::Opaque => arrow::array::new_null_array(&DataType::Boolean, cells.len()),
        }
    }

    /// Cells on which a test with these marks has to be asked; its answer holds until the next one.
    fn asked(&self, marks: &[Mark]) -> Vec<u32> {
        let mut cells: Vec<u32> = match &self.cells {
            Cells::Ordered { kind, .. } => {
                let own = marks.iter().flat_map(|mark| kind.breaks(mark));
                std::iter::once(0).chain(own.filter_map(|at| self.cell_of_units(at))).collect()
            }
            // Texts that the test does not name have one answer.
            Cells::Text { values, .. } => {
                let own = marks.iter().filter_map(|mark| match mark {
                    Mark::Text(text) => values.iter().position(|value| value == text).map(|at| at as u32),
                    _ => None,
                });
                let beside = own.flat_map(|cell| [cell, cell + 1]);
                std::iter::once(0).chain(beside).filter(|cell| *cell < self.n_values()).collect()
            }
            _ => (0..self.n_values()).collect(),
        };
        cells.sort_unstable();
        cells.dedup();
        cells
    }

    /// Where a test of this column is true, and where it is false.
    pub fn answers(&self, marks: &[Mark], test: &Expression) -> Option<(Set, Set)> {
        let mut asked = self.asked(marks);
        let n_values = asked.len();
        asked.extend(self.null_cell());
        let array = self.array(&asked);
        let schema = Schema::new(vec![Field::new(&self.name, array.data_type().clone(), true)]);
        let batch = RecordBatch::try_new(Arc::new(schema), vec![array]).ok()?;
        let evaluated = test.evaluate(&batch);
        let answers = evaluated.values.as_any().downcast_ref::<BooleanArray>()?;
        let (mut yes, mut no) = (Set::empty(), Set::empty());
        for (at, answer) in answers.iter().enumerate() {
            let below = match at + 1 < n_values {
                true => asked[at + 1],
                false if at < n_values => self.n_values(),
                false => self.size(),
            };
            match answer {
                Some(true) => yes.push(asked[at], below),
                Some(false) => no.push(asked[at], below),
                None => {}
            }
        }
        Some((yes, no))
    }
}

fn other_text(n: usize) -> String {
    if n == 0 { "其他 other".to_string() } else { format!("其他 other {n}") }
}

/// A column of a kind from values in units.
pub(crate) fn ordered_array(
    kind: Ordered,
    data_type: &DataType,
    units: impl Iterator<Item = Option<i128>>,
) -> ArrayRef {
    match kind {
        Ordered::Integer => {
            let array: ArrayRef =
                Arc::new(units.map(|value| value.map(|v| v as i64)).collect::<Int64Array>());
            arrow::compute::cast(&array, data_type).unwrap_or(array)
        }
        Ordered::Decimal(_) => {
            Arc::new(units.collect::<Decimal128Array>().with_data_type(plain_type(data_type)))
        }
        Ordered::Float => Arc::new(units.map(|value| value.map(float_of)).collect::<Float64Array>()),
        Ordered::Date => Arc::new(units.map(|value| value.map(|v| v as i32)).collect::<Date32Array>()),
        Ordered::Instant => {
            let array = units.map(|value| value.map(|v| v as i64)).collect::<TimestampMicrosecondArray>();
            Arc::new(array.with_data_type(plain_type(data_type)))
        }
    }
}

impl Space {
    /// Cuts one column. Does nothing if its type cannot be cut: its tests are opaque then.
    pub fn add(&mut self, name: &str, data_type: &DataType, domain: &Domain, marks: &Marks, is_input: bool) {
        let none = BTreeSet::new();
        let own = marks.columns.get(name).unwrap_or(&none);
        if !self.names.contains_key(name)
            && let Some(dim) = Dim::new(name, data_type, own, domain, is_input)
        {
            let dim = self.push(dim);
            self.names.insert(name.to_string(), dim);
        }
    }

    fn push(&mut self, dim: Dim) -> u32 {
        self.sizes.push(dim.size());
        self.dims.push(dim);
        self.dims.len() as u32 - 1
    }

    pub fn find(&self, name: &str) -> Option<u32> {
        self.names.get(name).copied()
    }

    pub fn dim(&self, dim: u32) -> &Dim {
        &self.dims[dim as usize]
    }

    /// The dimension of something that only evaluation can answer; equal texts share it.
    pub fn opaque(&mut self, sql: &str) -> u32 {
        if let Some(dim) = self.opaque.get(sql) {
            return *dim;
        }
        let dim = self.push(Dim {
            name: sql.to_string(),
            cells: Cells::Opaque,
            null: false,
            is_input: false,
            data_type: DataType::Boolean,
        });
        self.opaque.insert(sql.to_string(), dim);
        dim
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_keep_their_order_as_units() {
        let values = [f64::MIN, -1.5, -f64::MIN_POSITIVE, -0.0, 0.5, 1.0, 1.0f64.next_up(), f64::MAX];
        assert!(values.windows(2).all(|pair| float_units(pair[0]) < float_units(pair[1])));
        assert_eq!(float_units(-0.0), float_units(0.0));
        assert_eq!(float_units(1.0) + 1, float_units(1.0f64.next_up()));
        assert!(values.iter().all(|value| float_of(float_units(*value)) == *value));
    }

    #[test]
    fn a_mark_between_units_cuts_once() {
        assert_eq!(around(25, 1, 0), [3]);
        assert_eq!(around(-25, 1, 0), [-2]);
        assert_eq!(around(3, 0, 4), [30_000, 30_001]);
    }

    #[test]
    fn what_stands_for_a_cell_is_short_to_write() {
        let (least, greatest) = Ordered::Decimal(4).bounds();
        let short = |from, to| Ordered::Decimal(4).representative(from, to);
        assert_eq!(short(least, 29_999), 10_000);
        assert_eq!(short(30_001, greatest), 40_000);
        assert_eq!(short(30_001, 30_009), 30_001);
        assert_eq!(float_of(Ordered::Float.representative(float_units(2.5), float_units(f64::MAX))), 3.0);
    }
}
