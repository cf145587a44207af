//! Columns of values on their way through an expression, with the rows whose evaluation failed.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, BooleanBufferBuilder, PrimitiveArray,
    StringArray, StringBuilder, UInt32Array, new_null_array,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::{cast, take};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType,
};

use crate::kind::Kind;
use crate::limit::MAX_TEXT;

/// One value per row, or one for all rows. Where `faults` is set, the value is null.
#[derive(Debug, Clone)]
pub struct Value {
    pub array: ArrayRef,
    /// The array has one row that stands for every row.
    pub scalar: bool,
    /// As long as the array.
    pub faults: Option<BooleanBuffer>,
}

/// Collects rows that fail; costs nothing while none does.
#[derive(Debug, Default)]
pub struct Faults(Option<Vec<bool>>);

impl Faults {
    pub fn set(&mut self, row: usize, rows: usize) {
        self.0.get_or_insert_with(|| vec![false; rows])[row] = true;
    }

    pub fn finish(self) -> Option<BooleanBuffer> {
        self.0.map(BooleanBuffer::from)
    }
}

impl Value {
    pub fn of(array: ArrayRef) -> Value {
        Value { array, scalar: false, faults: None }
    }

    pub fn scalar(array: ArrayRef) -> Value {
        Value { array, scalar: true, faults: None }
    }

    /// Every row failed.
    pub fn all_faults(kind: Kind, rows: usize) -> Value {
        let faults = Some(BooleanBuffer::new_set(rows));
        Value { array: new_null_array(&kind.data_type(), rows), scalar: false, faults }
    }

    pub fn at(&self, row: usize) -> usize {
        if self.scalar { 0 } else { row }
    }

    pub fn is_null(&self, row: usize) -> bool {
        self.array.is_null(self.at(row))
    }

    pub fn is_fault(&self, row: usize) -> bool {
        self.faults.as_ref().is_some_and(|faults| faults.value(self.at(row)))
    }

    pub fn ints(&self) -> Numbers<'_, Int64Type> {
        Numbers::of(self)
    }

    pub fn decimals(&self) -> Numbers<'_, Decimal128Type> {
        Numbers::of(self)
    }

    pub fn floats(&self) -> Numbers<'_, Float64Type> {
        Numbers::of(self)
    }

    pub fn dates(&self) -> Numbers<'_, Date32Type> {
        Numbers::of(self)
    }

    pub fn instants(&self) -> Numbers<'_, TimestampMicrosecondType> {
        Numbers::of(self)
    }

    pub fn bools(&self) -> &BooleanArray {
        self.array.as_boolean()
    }

    /// The texts, whatever way they are laid out.
    pub fn texts(&self) -> Texts {
        Texts { array: plain_text(&self.array), scalar: self.scalar }
    }

    /// The value with one entry per row.
    pub fn spread(self, rows: usize) -> Value {
        if !self.scalar {
            return self;
        }
        let index = UInt32Array::from(vec![0u32; rows]);
        let array = match take(&self.array, &index, None) {
            Ok(array) => array,
            Err(_) => new_null_array(self.array.data_type(), rows),
        };
        let faults = self
            .faults
            .map(|f| if f.value(0) { BooleanBuffer::new_set(rows) } else { BooleanBuffer::new_unset(rows) });
        Value { array, scalar: false, faults }
    }
}

/// Text as `Utf8`, from dictionaries and views too.
pub fn plain_text(array: &ArrayRef) -> StringArray {
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().clone(),
        _ => match cast(array, &DataType::Utf8) {
            Ok(plain) => plain.as_string::<i32>().clone(),
            // Only more than 2 GB of text in one batch comes here; unknown is the honest value.
            Err(_) => new_null_array(&DataType::Utf8, array.len()).as_string::<i32>().clone(),
        },
    }
}

/// Numbers of one type, by row.
pub struct Numbers<'a, T: ArrowPrimitiveType> {
    pub array: &'a PrimitiveArray<T>,
    scalar: bool,
}

impl<'a, T: ArrowPrimitiveType> Numbers<'a, T> {
    fn of(value: &'a Value) -> Numbers<'a, T> {
        Numbers { array: value.array.as_primitive::<T>(), scalar: value.scalar }
    }

    pub fn get(&self, row: usize) -> Option<T::Native> {
        let row = if self.scalar { 0 } else { row };
        if self.array.is_null(row) { None } else { Some(self.array.value(row)) }
    }

    /// The value, garbage where it is null.
    pub fn raw(&self, row: usize) -> T::Native {
        self.array.values()[if self.scalar { 0 } else { row }]
    }
}

/// Texts by row.
pub struct Texts {
    array: StringArray,
    scalar: bool,
}

impl Texts {
    pub fn get(&self, row: usize) -> Option<&str> {
        let row = if self.scalar { 0 } else { row };
        if self.array.is_null(row) { None } else { Some(self.array.value(row)) }
    }
}

/// How many entries the result of an operation has: one if all its arguments stand for every row.
pub fn extent(args: &[Value], rows: usize) -> (usize, bool) {
    if args.iter().all(|arg| arg.scalar) { (1, true) } else { (rows, false) }
}

/// Null where any argument is null.
pub fn any_null(args: &[&Value], extent: usize) -> Option<NullBuffer> {
    let mut nulls: Option<NullBuffer> = None;
    for arg in args {
        if arg.scalar {
            if arg.is_null(0) {
                return Some(NullBuffer::new_null(extent));
            }
        } else {
            nulls = NullBuffer::union(nulls.as_ref(), arg.array.logical_nulls().as_ref());
        }
    }
    nulls
}

/// Computes a number from two, row by row; `None` where neither is null is a fault.
pub fn binary<A, B, O>(
    left: &Value,
    right: &Value,
    rows: usize,
    f: impl Fn(A::Native, B::Native) -> Option<O::Native>,
) -> Value
where
    A: ArrowPrimitiveType,
    B: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    let scalar = left.scalar && right.scalar;
    let n = if scalar { 1 } else { rows };
    let nulls = any_null(&[left, right], n);
    let (a, b) = (Numbers::<A>::of(left), Numbers::<B>::of(right));
    let (values, failed) = match (left.scalar, right.scalar) {
        (false, false) => all(a.array.values().iter().zip(b.array.values()).map(|(a, b)| f(*a, *b))),
        (false, true) => all(a.array.values().iter().map(|a| f(*a, b.raw(0)))),
        (true, false) => all(b.array.values().iter().map(|b| f(a.raw(0), *b))),
        (true, true) => all(std::iter::once(f(a.raw(0), b.raw(0)))),
    };
    let faults =
        if failed { failures(n, nulls.as_ref(), |row| f(a.raw(row), b.raw(row)).is_none()) } else { None };
    Value { array: Arc::new(PrimitiveArray::<O>::new(values.into(), nulls)), scalar, faults }
}

/// The values, with whatever stands for nothing where there is none, and whether that was so.
fn all<T: Default>(results: impl Iterator<Item = Option<T>>) -> (Vec<T>, bool) {
    let mut failed = false;
    let of = |result: Option<T>| {
        failed |= result.is_none();
        result.unwrap_or_default()
    };
    (results.map(of).collect(), failed)
}

/// The rows that failed though nothing was null.
fn failures(n: usize, nulls: Option<&NullBuffer>, failed: impl Fn(usize) -> bool) -> Option<BooleanBuffer> {
    let mut faults = Faults::default();
    for row in (0..n).filter(|row| nulls.is_none_or(|nulls| nulls.is_valid(*row)) && failed(*row)) {
        faults.set(row, n);
    }
    faults.finish()
}

/// Computes a number from one, row by row; `None` where it is not null is a fault.
pub fn unary<A, O>(of: &Value, f: impl Fn(A::Native) -> Option<O::Native>) -> Value
where
    A: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    let array = of.array.as_primitive::<A>();
    let (values, failed) = all(array.values().iter().map(|value| f(*value)));
    let faults = match failed {
        true => failures(array.len(), array.nulls(), |row| f(array.values()[row]).is_none()),
        false => None,
    };
    let array = PrimitiveArray::<O>::new(values.into(), array.nulls().cloned());
    Value { array: Arc::new(array), scalar: of.scalar, faults }
}

/// A result of a function on one row.
pub enum Outcome<T> {
    Known(T),
    Null,
    Fault,
}

impl<T> From<Option<T>> for Outcome<T> {
    /// `None` is null, not a fault.
    fn from(value: Option<T>) -> Outcome<T> {
        value.map_or(Outcome::Null, Outcome::Known)
    }
}

/// Makes a column of texts row by row; a text that grows too long is a fault.
pub fn make_texts(
    args: &[Value],
    rows: usize,
    mut f: impl FnMut(usize, &mut String) -> Outcome<()>,
) -> Value {
    let (n, scalar) = extent(args, rows);
    let mut builder = StringBuilder::with_capacity(n, n * 8);
    let (mut faults, mut text) = (Faults::default(), String::new());
    for row in 0..n {
        text.clear();
        match f(row, &mut text) {
            Outcome::Known(()) if text.len() <= MAX_TEXT => builder.append_value(&text),
            Outcome::Null => builder.append_null(),
            _ => {
                faults.set(row, n);
                builder.append_null();
            }
        }
    }
    Value { array: Arc::new(builder.finish()), scalar, faults: faults.finish() }
}

/// Makes a column of numbers row by row.
pub fn make_numbers<O: ArrowPrimitiveType>(
    args: &[Value],
    rows: usize,
    mut f: impl FnMut(usize) -> Outcome<O::Native>,
) -> Value {
    let (n, scalar) = extent(args, rows);
    let mut faults = Faults::default();
    let mut values: Vec<Option<O::Native>> = Vec::with_capacity(n);
    for row in 0..n {
        values.push(match f(row) {
            Outcome::Known(value) => Some(value),
            Outcome::Null => None,
            Outcome::Fault => {
                faults.set(row, n);
                None
            }
        });
    }
    let array: PrimitiveArray<O> = values.into_iter().collect();
    Value { array: Arc::new(array), scalar, faults: faults.finish() }
}

/// Makes a column of yes and no row by row.
pub fn make_bools(args: &[Value], rows: usize, mut f: impl FnMut(usize) -> Option<bool>) -> Value {
    let (n, scalar) = extent(args, rows);
    let mut values = BooleanBufferBuilder::new(n);
    let mut valid = BooleanBufferBuilder::new(n);
    for row in 0..n {
        let outcome = f(row);
        values.append(outcome.unwrap_or(false));
        valid.append(outcome.is_some());
    }
    let array = BooleanArray::new(values.finish(), Some(NullBuffer::new(valid.finish())));
    Value { array: Arc::new(array), scalar, faults: None }
}
