//! Conversions between kinds: those that widen happen by themselves, the others by cast.

use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray};
use arrow::compute::cast as arrow_cast;
use arrow::datatypes::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};

use crate::form::CastType;
use crate::kind::Kind;
use crate::literal::{
    Literal, MICROS_PER_DAY, date_text, decimal_text, read_date, read_timestamp, timestamp_text,
};
use crate::node::Node;
use crate::number;
use crate::problem::{Problem, text};
use crate::value::{Outcome, Value, make_bools, make_numbers, make_texts, unary};

/// Widens a node to a kind that holds everything it can be.
pub fn widen(node: Node, to: Kind) -> Result<Node, Problem> {
    match (node.kind, to) {
        (from, to) if from == to => Ok(node),
        (Kind::Null, to) => Ok(null_of(to)),
        (Kind::Integer, Kind::Decimal(scale)) => Node::apply(to, vec![node], move |args, _| {
            // 19 digits and 19 more always fit in 38.
            let value = match number::power_of_ten(scale.into()).filter(|_| (0..=19).contains(&scale)) {
                Some(factor) => {
                    unary::<Int64Type, Decimal128Type>(&args[0], |v| Some(i128::from(v) * factor))
                }
                None => unary::<Int64Type, Decimal128Type>(&args[0], |v| number::rescale(v.into(), 0, scale)),
            };
            decimal(value, scale)
        }),
        (Kind::Decimal(from), Kind::Decimal(scale)) => Node::apply(to, vec![node], move |args, _| {
            decimal(
                unary::<Decimal128Type, Decimal128Type>(&args[0], |v| number::rescale(v, from, scale)),
                scale,
            )
        }),
        (Kind::Integer, Kind::Float) => Node::apply(to, vec![node], |args, _| {
            unary::<Int64Type, Float64Type>(&args[0], |v| Some(v as f64))
        }),
        (Kind::Decimal(scale), Kind::Float) => Node::apply(to, vec![node], move |args, _| {
            unary::<Decimal128Type, Float64Type>(&args[0], |v| Some(number::to_float(v, scale)))
        }),
        (Kind::Date, Kind::Timestamp) => Node::apply(to, vec![node], |args, _| {
            instants(unary::<Date32Type, TimestampMicrosecondType>(&args[0], |days| {
                i64::from(days).checked_mul(MICROS_PER_DAY)
            }))
        }),
        (from, to) => Err(mismatch(to, from)),
    }
}

/// A null that has a kind.
pub fn null_of(kind: Kind) -> Node {
    let array = arrow::array::new_null_array(&kind.data_type(), 1);
    Node { kind, op: crate::node::Op::Literal(Literal::Null, array) }
}

/// A written text where a date or an instant is wanted is read as one.
pub fn as_time(node: Node, wanted: Kind) -> Result<Node, Problem> {
    let Some(Literal::Text(text)) = node.as_literal() else { return Ok(node) };
    let literal = match wanted {
        Kind::Date => read_date(text).map(Literal::Date),
        Kind::Timestamp => read_timestamp(text).map(Literal::Timestamp),
        _ => return Ok(node),
    };
    literal.map(Node::literal).ok_or_else(|| crate::allow::bad_date(text))
}

pub fn mismatch(wanted: Kind, found: Kind) -> Problem {
    let (wanted, found) = (wanted.words(), found.words());
    let what = gradus_model::Text::new(
        format!("这里需要{}，写的是{}", wanted.zh, found.zh),
        format!("{} is needed here, this is {}", wanted.en, found.en),
    );
    let right = text!("改写，或用 cast(… as …) 转换", "another expression, or cast(… as …)");
    Problem::new("expression-type", what, right)
}

/// Labels unscaled values with their scale.
pub fn decimal(value: Value, scale: i8) -> Value {
    let array = value.array.as_primitive::<Decimal128Type>().clone();
    Value { array: Arc::new(array.with_data_type(Kind::Decimal(scale).data_type())), ..value }
}

pub fn instants(value: Value) -> Value {
    let array = value.array.as_primitive::<TimestampMicrosecondType>().clone();
    Value { array: Arc::new(array.with_data_type(Kind::Timestamp.data_type())), ..value }
}

/// A cast as written. What cannot be converted is a fault, with `try_cast` null.
pub fn cast(node: Node, to: CastType, try_cast: bool) -> Result<Node, Problem> {
    let (from, kind) = (node.kind, to.kind());
    let known = matches!(
        (from, kind),
        (Kind::Null, _)
            | (_, Kind::Text)
            | (Kind::Text, _)
            | (
                Kind::Integer | Kind::Decimal(_) | Kind::Float,
                Kind::Integer | Kind::Decimal(_) | Kind::Float
            )
            | (Kind::Boolean, Kind::Boolean | Kind::Integer)
            | (Kind::Date | Kind::Timestamp, Kind::Date | Kind::Timestamp)
    );
    if !known {
        return Err(mismatch(kind, from));
    }
    if from == Kind::Null {
        return Ok(null_of(kind));
    }
    let kernel = move |args: &[Value], rows: usize| {
        let mut value = convert(&args[0], from, to, rows);
        if try_cast {
            value.faults = None;
        }
        value
    };
    Node::apply(kind, vec![node], kernel)
}

fn convert(of: &Value, from: Kind, to: CastType, rows: usize) -> Value {
    let args = std::slice::from_ref(of);
    match to {
        CastType::Text => to_text(of, from, rows),
        CastType::Integer => match from {
            Kind::Boolean => from_bools(of),
            _ => make_numbers::<Int64Type>(args, rows, read(of, from, 0, |v| i64::try_from(v).ok())),
        },
        CastType::Decimal(precision, scale) => {
            let limit = number::power_of_ten(i32::from(precision));
            let fits = move |v: i128| limit.is_none_or(|limit| v.abs() < limit).then_some(v);
            decimal(make_numbers::<Decimal128Type>(args, rows, read(of, from, scale, fits)), scale)
        }
        CastType::Float if from == Kind::Text => {
            let texts = of.texts();
            make_numbers::<Float64Type>(args, rows, |row| known(texts.get(row).map(read_float)))
        }
        CastType::Float => make_numbers::<Float64Type>(args, rows, |row| {
            let value = match from {
                Kind::Integer => of.ints().get(row).map(|v| Some(v as f64)),
                Kind::Decimal(scale) => of.decimals().get(row).map(|v| Some(number::to_float(v, scale))),
                _ => of.floats().get(row).map(Some),
            };
            known(value)
        }),
        CastType::Boolean if from == Kind::Boolean => of.clone(),
        CastType::Boolean => {
            let texts = of.texts();
            let mut faults = crate::value::Faults::default();
            let n = if of.scalar { 1 } else { rows };
            let value =
                make_bools(args, rows, |row| match texts.get(row)?.trim().to_ascii_lowercase().as_str() {
                    "true" | "yes" | "y" | "1" | "是" | "真" => Some(true),
                    "false" | "no" | "n" | "0" | "否" | "假" => Some(false),
                    _ => {
                        faults.set(row, n);
                        None
                    }
                });
            Value { faults: faults.finish(), ..value }
        }
        CastType::Date => match from {
            Kind::Date => of.clone(),
            Kind::Timestamp => unary::<TimestampMicrosecondType, Date32Type>(of, |v| {
                i32::try_from(v.div_euclid(MICROS_PER_DAY)).ok()
            }),
            _ => {
                let texts = of.texts();
                make_numbers::<Date32Type>(args, rows, |row| known(texts.get(row).map(read_date)))
            }
        },
        CastType::Timestamp => match from {
            Kind::Timestamp => of.clone(),
            Kind::Date => instants(unary::<Date32Type, TimestampMicrosecondType>(of, |days| {
                i64::from(days).checked_mul(MICROS_PER_DAY)
            })),
            _ => {
                let texts = of.texts();
                let read = |row| known(texts.get(row).map(read_timestamp));
                instants(make_numbers::<TimestampMicrosecondType>(args, rows, read))
            }
        },
    }
}

/// Null, a fault, or a value.
fn known<T>(value: Option<Option<T>>) -> Outcome<T> {
    match value {
        None => Outcome::Null,
        Some(None) => Outcome::Fault,
        Some(Some(value)) => Outcome::Known(value),
    }
}

/// Reads any number or text as an exact decimal of `scale`, then narrows it.
fn read<'a, T>(
    of: &'a Value,
    from: Kind,
    scale: i8,
    narrow: impl Fn(i128) -> Option<T> + 'a,
) -> impl FnMut(usize) -> Outcome<T> + 'a {
    let texts = (from == Kind::Text).then(|| of.texts());
    move |row| {
        let exact = match from {
            Kind::Integer => of.ints().get(row).map(|v| number::rescale(v.into(), 0, scale)),
            Kind::Decimal(s) => of.decimals().get(row).map(|v| number::rescale(v, s, scale)),
            Kind::Float => of.floats().get(row).map(|v| number::from_float(v, scale)),
            _ => texts.as_ref().and_then(|texts| texts.get(row)).map(|t| number::from_text(t, scale)),
        };
        known(exact.map(|exact| exact.and_then(&narrow)))
    }
}

fn read_float(text: &str) -> Option<f64> {
    let text = text.trim();
    // Rust reads `inf`, `nan` and `infinity` as numbers; people do not.
    let plain = text.len() <= 400 && text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    text.parse::<f64>().ok().filter(|v| plain && v.is_finite()).map(|v| v + 0.0)
}

fn from_bools(of: &Value) -> Value {
    let bools: &BooleanArray = of.bools();
    match arrow_cast(bools, &Kind::Integer.data_type()) {
        Ok(array) => Value { array, scalar: of.scalar, faults: None },
        Err(_) => Value::all_faults(Kind::Integer, bools.len()),
    }
}

/// Decimals keep their digits; a float is its shortest exact text.
fn to_text(of: &Value, from: Kind, rows: usize) -> Value {
    let texts = (from == Kind::Text).then(|| of.texts());
    make_texts(std::slice::from_ref(of), rows, |row, out| {
        if of.is_null(row) {
            return Outcome::Null;
        }
        match from {
            Kind::Boolean => out.push_str(if of.bools().value(of.at(row)) { "true" } else { "false" }),
            Kind::Integer => out.push_str(&of.ints().raw(row).to_string()),
            Kind::Decimal(scale) => out.push_str(&decimal_text(of.decimals().raw(row), scale)),
            Kind::Float => out.push_str(&of.floats().raw(row).to_string()),
            Kind::Date => out.push_str(&date_text(of.dates().raw(row))),
            Kind::Timestamp => out.push_str(&timestamp_text(of.instants().raw(row))),
            _ => match texts.as_ref().and_then(|texts| texts.get(row)) {
                Some(text) => out.push_str(text),
                None => return Outcome::Null,
            },
        }
        Outcome::Known(())
    })
}
