//! What several functions share.

use std::cmp::Ordering;

use arrow::datatypes::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};
use gradus_model::Text;
use jiff::civil::Date;

use crate::arithmetic::finite;
use crate::check::unify;
use crate::convert::{as_time, cast, decimal, instants, mismatch, widen};
use crate::form::{CastType, Form};
use crate::kind::Kind;
use crate::literal::{Literal, to_date};
use crate::node::Node;
use crate::number;
use crate::problem::Problem;
use crate::value::{Outcome, Value, make_bools, make_numbers, make_texts, unary};

pub(super) fn bad_argument(zh: &str, en: &str) -> Problem {
    Problem::new("expression-argument", Text::new(zh, en), Text::default())
}

/// A whole number that stands in the text of the expression.
pub(super) fn whole_literal(node: Option<Node>, from: i64, to: i64) -> Result<i64, Problem> {
    match node.as_ref().and_then(Node::as_literal) {
        Some(Literal::Integer(value)) if (from..=to).contains(value) => Ok(*value),
        _ => Err(bad_argument(
            &format!("这里要写明一个 {from} 到 {to} 的整数"),
            &format!("a written whole number from {from} to {to} is needed here"),
        )),
    }
}

/// A text that stands in the text of the expression.
pub(super) fn text_literal(node: Option<Node>) -> Result<String, Problem> {
    match node.as_ref().and_then(Node::as_literal) {
        Some(Literal::Text(text)) => Ok(text.clone()),
        _ => Err(bad_argument("这里要写明一段文本", "a written text is needed here")),
    }
}

pub(super) fn texts_only(args: Vec<Node>) -> Result<Vec<Node>, Problem> {
    args.into_iter().map(|arg| widen(arg, Kind::Text)).collect()
}

pub(super) fn map_text(
    args: Vec<Node>,
    f: impl Fn(&str, &mut String) + Send + Sync + 'static,
) -> Result<Node, Problem> {
    Node::apply(Kind::Text, texts_only(args)?, move |args, rows| {
        let texts = args[0].texts();
        make_texts(args, rows, |row, out| match texts.get(row) {
            Some(text) => {
                f(text, out);
                Outcome::Known(())
            }
            None => Outcome::Null,
        })
    })
}

pub(super) fn test_texts(
    args: Vec<Node>,
    f: impl Fn(&str, &str) -> bool + Send + Sync + 'static,
) -> Result<Node, Problem> {
    Node::apply(Kind::Boolean, texts_only(args)?, move |args, rows| {
        let (texts, parts) = (args[0].texts(), args[1].texts());
        make_bools(args, rows, |row| Some(f(texts.get(row)?, parts.get(row)?)))
    })
}

/// A text and one or two whole numbers.
pub(super) fn cut(
    args: Vec<Node>,
    f: impl Fn(&str, &[i64], &mut String) + Send + Sync + 'static,
) -> Result<Node, Problem> {
    let mut args = args.into_iter();
    let mut nodes: Vec<Node> =
        args.next().map(|text| widen(text, Kind::Text)).into_iter().collect::<Result<_, _>>()?;
    for arg in args {
        nodes.push(widen(arg, Kind::Integer)?);
    }
    Node::apply(Kind::Text, nodes, move |args, rows| {
        let texts = args[0].texts();
        make_texts(args, rows, |row, out| {
            let Some(text) = texts.get(row) else { return Outcome::Null };
            let mut numbers = [0i64; 2];
            let n = args.len() - 1;
            for (number, arg) in numbers.iter_mut().zip(&args[1..]) {
                match arg.ints().get(row) {
                    Some(value) => *number = value,
                    None => return Outcome::Null,
                }
            }
            f(text, &numbers[..n.min(2)], out);
            Outcome::Known(())
        })
    })
}

/// A function of one float; what is not a number is a fault.
pub(super) fn float(args: Vec<Node>, f: fn(f64) -> f64) -> Result<Node, Problem> {
    let args = args.into_iter().map(|arg| widen(arg, Kind::Float)).collect::<Result<Vec<_>, _>>()?;
    Node::apply(Kind::Float, args, move |args, _| {
        unary::<Float64Type, Float64Type>(&args[0], |value| finite(f(value)))
    })
}

/// A function of one number that keeps its type. The second argument of `exact` is the scale.
pub(super) fn numeric(
    args: Vec<Node>,
    whole: fn(i64) -> Option<i64>,
    exact: fn(i128, i8) -> Option<i128>,
    float: fn(f64) -> Option<f64>,
) -> Result<Node, Problem> {
    match args.first().map_or(Kind::Null, |arg| arg.kind) {
        Kind::Integer => {
            Node::apply(Kind::Integer, args, move |args, _| unary::<Int64Type, Int64Type>(&args[0], whole))
        }
        Kind::Decimal(scale) => Node::apply(Kind::Decimal(scale), args, move |args, _| {
            decimal(unary::<Decimal128Type, Decimal128Type>(&args[0], |value| exact(value, scale)), scale)
        }),
        Kind::Float => {
            Node::apply(Kind::Float, args, move |args, _| unary::<Float64Type, Float64Type>(&args[0], float))
        }
        Kind::Null => widen(Node::literal(Literal::Null), Kind::Integer),
        kind => Err(mismatch(Kind::Decimal(0), kind)),
    }
}

/// A function to whole numbers. `exact` gets the unscaled value and the power of ten it is scaled by.
pub(super) fn to_whole(
    args: Vec<Node>,
    exact: fn(i128, i128) -> i128,
    float: fn(f64) -> f64,
) -> Result<Node, Problem> {
    match args.first().map_or(Kind::Null, |arg| arg.kind) {
        Kind::Integer => Node::apply(Kind::Integer, args, move |args, _| {
            unary::<Int64Type, Int64Type>(&args[0], |value| i64::try_from(exact(value.into(), 1)).ok())
        }),
        Kind::Decimal(scale) => {
            let factor = number::power_of_ten(scale.into()).unwrap_or(1);
            Node::apply(Kind::Decimal(0), args, move |args, _| {
                decimal(
                    unary::<Decimal128Type, Decimal128Type>(&args[0], |value| Some(exact(value, factor))),
                    0,
                )
            })
        }
        Kind::Float => Node::apply(Kind::Float, args, move |args, _| {
            unary::<Float64Type, Float64Type>(&args[0], |value| finite(float(value)))
        }),
        Kind::Null => widen(Node::literal(Literal::Null), Kind::Integer),
        kind => Err(mismatch(Kind::Decimal(0), kind)),
    }
}

/// The largest or smallest of the known values.
pub(super) fn extreme(args: Vec<Node>, keep: Ordering) -> Result<Node, Problem> {
    let (kind, args) = unify(args)?;
    if kind == Kind::Null || kind == Kind::Boolean {
        return Err(mismatch(Kind::Decimal(0), kind));
    }
    if kind == Kind::Text {
        return Node::apply_lenient(kind, args, move |args, rows| {
            let texts: Vec<_> = args.iter().map(Value::texts).collect();
            make_texts(args, rows, |row, out| {
                let known = texts.iter().filter_map(|texts| texts.get(row));
                match known.reduce(|a, b| if b.cmp(a) == keep { b } else { a }) {
                    Some(text) => {
                        out.push_str(text);
                        Outcome::Known(())
                    }
                    None => Outcome::Null,
                }
            })
        });
    }
    Node::apply_lenient(kind, args, move |args, rows| {
        macro_rules! best {
            ($type:ty, $get:ident, $order:expr) => {
                make_numbers::<$type>(args, rows, |row| {
                    let known = args.iter().filter_map(|arg| arg.$get().get(row));
                    known.reduce(|a, b| if $order(&b, &a) == keep { b } else { a }).into()
                })
            };
        }
        match kind {
            Kind::Integer => best!(Int64Type, ints, i64::cmp),
            Kind::Decimal(scale) => decimal(best!(Decimal128Type, decimals, i128::cmp), scale),
            Kind::Float => best!(Float64Type, floats, f64::total_cmp),
            Kind::Date => best!(Date32Type, dates, i32::cmp),
            _ => instants(best!(TimestampMicrosecondType, instants, i64::cmp)),
        }
    })
}

/// Dates; instants by their UTC date, written texts read as dates.
pub(super) fn as_dates(args: Vec<Node>) -> Result<Vec<Node>, Problem> {
    args.into_iter()
        .map(|arg| {
            let arg = as_time(arg, Kind::Date)?;
            match arg.kind {
                Kind::Date => Ok(arg),
                Kind::Timestamp => cast(arg, CastType::Date, false),
                Kind::Null => widen(arg, Kind::Date),
                kind => Err(mismatch(Kind::Date, kind)),
            }
        })
        .collect()
}

pub(super) fn date_part(args: Vec<Node>, part: fn(Date) -> i64) -> Result<Node, Problem> {
    Node::apply(Kind::Integer, as_dates(args)?, move |args: &[Value], _| {
        unary::<Date32Type, Int64Type>(&args[0], |days| to_date(days).map(part))
    })
}

/// One operand is itself; nested connectives become one flat one, as when written with the operator.
pub(super) fn connective(
    args: Vec<Form>,
    parts: fn(Form) -> Result<Vec<Form>, Form>,
    whole: fn(Vec<Form>) -> Form,
) -> Form {
    let mut flat = Vec::with_capacity(args.len());
    for arg in args {
        match parts(arg) {
            Ok(parts) => flat.extend(parts),
            Err(one) => flat.push(one),
        }
    }
    match <[Form; 1]>::try_from(flat) {
        Ok([only]) => only,
        Err(all) => whole(all),
    }
}

/// Of what is rewritten before it is typed, and so never asked for.
pub(super) fn rewritten(args: Vec<Node>) -> Result<Node, Problem> {
    Ok(args.into_iter().next().unwrap_or_else(|| Node::literal(Literal::Null)))
}
