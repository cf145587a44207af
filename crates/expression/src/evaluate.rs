//! Evaluation over whole batches, and what a fault does.
//!
//! Why the tree is evaluated here and not by the query engine's physical expressions: theirs fail a
//! whole batch when one row fails, and skip the second operand of AND when the first is false for
//! a whole batch, so that which rows fail would depend on the order of the operands and on which
//! rows happen to share a batch. Here every operation gives its values *and* the rows on which it
//! failed, so a division by zero in one row costs that row and nothing else. The arithmetic of
//! columns is Arrow's and plain loops over its buffers.
//!
//! **The rule for faults.** A fault is a value that should be there and is not.
//! - An operation on a fault is a fault; so are a test for null, a cast and a comparison.
//! - `and`: false if any operand is false; else a fault if any is a fault; else null if any is
//!   null; else true. `or` likewise with true and false exchanged. So a fault counts exactly when
//!   the answer hangs on it, and the order of operands never matters.
//! - `case`: a fault in a condition is a fault of the row unless an earlier branch was taken; a
//!   fault in a branch counts only where that branch is taken. `coalesce` looks at its values in
//!   order and stops at the first that is known.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, new_null_array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::{interleave, nullif, take};
use arrow::datatypes::DataType;

use crate::kind::Kind;
use crate::node::{Node, Op};
use crate::value::{Faults, Value, plain_text};

/// Evaluates a node over columns, which are in the order of the expression's references.
pub fn apply(node: &Node, columns: &[Value], rows: usize) -> Value {
    match &node.op {
        Op::Column(index) => columns[*index].clone(),
        Op::Literal(_, array) => Value::scalar(array.clone()),
        Op::And(parts) => connective(parts, columns, rows, true),
        Op::Or(parts) => connective(parts, columns, rows, false),
        Op::Not(of) => {
            let of = apply(of, columns, rows);
            let (values, nulls) = of.bools().clone().into_parts();
            Value {
                array: Arc::new(BooleanArray::new(!&values, nulls)),
                scalar: of.scalar,
                faults: of.faults,
            }
        }
        Op::IsNull(of, not) => {
            let of = apply(of, columns, rows);
            let valid = match of.array.logical_nulls() {
                Some(nulls) => nulls.into_inner(),
                None => BooleanBuffer::new_set(of.array.len()),
            };
            let answer = if *not { valid } else { !&valid };
            finish(Arc::new(BooleanArray::new(answer, None)), of.scalar, of.faults)
        }
        Op::Case(when, otherwise) => case(node.kind, when, otherwise.as_deref(), columns, rows),
        Op::Coalesce(parts) => coalesce(node.kind, parts, columns, rows),
        Op::Bind(args, body) => {
            let args: Vec<Value> = args.iter().map(|arg| apply(arg, columns, rows)).collect();
            apply(body, &args, rows)
        }
        Op::Apply { kernel, args, strict } => {
            let args: Vec<Value> = args.iter().map(|arg| apply(arg, columns, rows)).collect();
            if *strict && let Some(value) = by_dictionary(&args, rows, |args, n| kernel(args, n)) {
                return value;
            }
            let mut result = kernel(&args, rows);
            let n = result.array.len();
            let mut faults = result.faults.take();
            for arg in &args {
                match (&arg.faults, arg.scalar) {
                    (None, _) => {}
                    (Some(buffer), true) if buffer.value(0) => faults = Some(BooleanBuffer::new_set(n)),
                    (Some(_), true) => {}
                    (Some(buffer), false) => faults = either(faults, buffer),
                }
            }
            finish(result.array, result.scalar, faults)
        }
    }
}

fn either(a: Option<BooleanBuffer>, b: &BooleanBuffer) -> Option<BooleanBuffer> {
    Some(match a {
        Some(a) => &a | b,
        None => b.clone(),
    })
}

/// A value that is null wherever it failed.
fn finish(array: ArrayRef, scalar: bool, faults: Option<BooleanBuffer>) -> Value {
    let Some(faults) = faults else { return Value { array, scalar, faults: None } };
    if faults.count_set_bits() == 0 {
        return Value { array, scalar, faults: None };
    }
    let mask = BooleanArray::new(faults.clone(), None);
    let array = match nullif(&array, &mask) {
        Ok(array) => array,
        Err(_) => new_null_array(array.data_type(), array.len()),
    };
    Value { array, scalar, faults: Some(faults) }
}

/// Where the only column is a dictionary, the kernel runs once per distinct value.
fn by_dictionary(args: &[Value], rows: usize, kernel: impl Fn(&[Value], usize) -> Value) -> Option<Value> {
    let mut columns = args.iter().enumerate().filter(|(_, arg)| !arg.scalar);
    let (index, column) = columns.next()?;
    if columns.next().is_some() || args.iter().any(|arg| arg.faults.is_some()) {
        return None;
    }
    let dictionary = column.array.as_any_dictionary_opt()?;
    let distinct = dictionary.values();
    if distinct.len() > rows || distinct.is_empty() {
        return None;
    }
    let mut args = args.to_vec();
    args[index] = Value::of(distinct.clone());
    let value = kernel(&args, distinct.len()).spread(distinct.len());
    let array = take(&value.array, dictionary.keys(), None).ok()?;
    let faults = match value.faults {
        None => None,
        Some(faults) => {
            let faults: ArrayRef = Arc::new(BooleanArray::new(faults, None));
            let taken = take(&faults, dictionary.keys(), None).ok()?;
            let (values, nulls) = taken.as_boolean().clone().into_parts();
            Some(match nulls {
                Some(nulls) => &values & nulls.inner(),
                None => values,
            })
        }
    };
    Some(finish(array, false, faults))
}

fn connective(parts: &[Node], columns: &[Value], rows: usize, and: bool) -> Value {
    // `decided`: some operand settles the answer. `open`: no operand settles it and one is null.
    let mut decided = BooleanBuffer::new_unset(rows);
    let mut open: Option<BooleanBuffer> = None;
    let mut failed: Option<BooleanBuffer> = None;
    for part in parts {
        let value = apply(part, columns, rows).spread(rows);
        let (values, nulls) = value.bools().clone().into_parts();
        let settles = if and { !&values } else { values };
        match nulls {
            Some(nulls) => {
                decided = &decided | &(&settles & nulls.inner());
                open = either(open, &!nulls.inner());
            }
            None => decided = &decided | &settles,
        }
        if let Some(faults) = &value.faults {
            failed = either(failed, faults);
        }
    }
    let answer = if and { !&decided } else { decided.clone() };
    let nulls = open.map(|open| NullBuffer::new(&decided | &!&open));
    let faults = failed.map(|failed| &failed & &!&decided);
    finish(Arc::new(BooleanArray::new(answer, nulls)), false, faults)
}

/// Which branch gives the value of a row.
const NONE: usize = usize::MAX;

/// A single branch: its values where the condition holds, null elsewhere.
fn when(kind: Kind, condition: &Node, result: &Node, columns: &[Value], rows: usize) -> Value {
    let condition = apply(condition, columns, rows).spread(rows);
    let (values, nulls) = condition.bools().clone().into_parts();
    let taken = match nulls {
        Some(nulls) => &values & nulls.inner(),
        None => values,
    };
    let result = apply(result, columns, rows).spread(rows);
    let mut faults = condition.faults;
    if let Some(failed) = &result.faults {
        faults = either(faults, &(failed & &taken));
    }
    let array = typed(&result.array, &kind.data_type());
    let array = nullif(&array, &BooleanArray::new(!&taken, None))
        .unwrap_or_else(|_| new_null_array(array.data_type(), rows));
    finish(array, false, faults)
}

fn case(
    kind: Kind,
    branches_of: &[(Node, Node)],
    otherwise: Option<&Node>,
    columns: &[Value],
    rows: usize,
) -> Value {
    if let ([(condition, result)], None) = (branches_of, otherwise) {
        return when(kind, condition, result, columns, rows);
    }
    let mut choice = vec![NONE; rows];
    let mut open: Vec<bool> = vec![true; rows];
    let mut faults = Faults::default();
    let mut branches = Vec::with_capacity(branches_of.len() + 1);
    for (branch, (condition, result)) in branches_of.iter().enumerate() {
        let condition = apply(condition, columns, rows).spread(rows);
        let bools = condition.bools();
        for row in 0..rows {
            if !open[row] {
                continue;
            }
            if condition.is_fault(row) {
                open[row] = false;
                faults.set(row, rows);
            } else if bools.is_valid(row) && bools.value(row) {
                open[row] = false;
                choice[row] = branch;
            }
        }
        branches.push(apply(result, columns, rows));
    }
    if let Some(otherwise) = otherwise {
        branches.push(apply(otherwise, columns, rows));
        for row in 0..rows {
            if open[row] {
                choice[row] = branches_of.len();
            }
        }
    }
    choose(kind, &branches, &choice, faults, rows)
}

fn coalesce(kind: Kind, parts: &[Node], columns: &[Value], rows: usize) -> Value {
    let mut choice = vec![NONE; rows];
    let mut branches = Vec::with_capacity(parts.len());
    for (branch, part) in parts.iter().enumerate() {
        let value = apply(part, columns, rows);
        let nulls = value.array.logical_nulls();
        for (row, choice) in choice.iter_mut().enumerate() {
            let at = value.at(row);
            let known = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(at));
            // A fault ends the search: it may not be papered over by the next value.
            if *choice == NONE && (known || value.is_fault(row)) {
                *choice = branch;
            }
        }
        branches.push(value);
    }
    choose(kind, &branches, &choice, Faults::default(), rows)
}

fn choose(kind: Kind, branches: &[Value], choice: &[usize], mut faults: Faults, rows: usize) -> Value {
    let data_type = kind.data_type();
    let mut arrays: Vec<ArrayRef> = branches.iter().map(|value| typed(&value.array, &data_type)).collect();
    arrays.push(new_null_array(&data_type, 1));
    let nothing = arrays.len() - 1;
    let mut picks = Vec::with_capacity(rows);
    for (row, &branch) in choice.iter().enumerate() {
        match branches.get(branch) {
            Some(value) => {
                if value.is_fault(row) {
                    faults.set(row, rows);
                }
                picks.push((branch, value.at(row)));
            }
            None => picks.push((nothing, 0)),
        }
    }
    let views: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    match interleave(&views, &picks) {
        Ok(array) => finish(array, false, faults.finish()),
        Err(_) => Value::all_faults(kind, rows),
    }
}

/// The array in the one layout of its type; a null literal in any type.
pub fn typed(array: &ArrayRef, data_type: &DataType) -> ArrayRef {
    if array.data_type() == data_type {
        return array.clone();
    }
    match data_type {
        DataType::Utf8 if *array.data_type() != DataType::Null => Arc::new(plain_text(array)),
        _ => new_null_array(data_type, array.len()),
    }
}
