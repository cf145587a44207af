//! Arithmetic on numbers and dates.

use arrow::datatypes::{Date32Type, Decimal128Type, Float64Type, Int64Type};
use gradus_model::Text;

use crate::convert::{decimal, mismatch, widen};
use crate::form::Arithmetic;
use crate::kind::Kind;
use crate::limit::{PRODUCT_SCALE, QUOTIENT_SCALE};
use crate::node::Node;
use crate::number;
use crate::problem::Problem;
use crate::value::{binary, unary};

pub(crate) fn negate(node: Node) -> Result<Node, Problem> {
    match node.kind {
        Kind::Null => Ok(node),
        Kind::Integer => Node::apply(Kind::Integer, vec![node], |args, _| {
            unary::<Int64Type, Int64Type>(&args[0], i64::checked_neg)
        }),
        Kind::Decimal(scale) => Node::apply(Kind::Decimal(scale), vec![node], move |args, _| {
            decimal(unary::<Decimal128Type, Decimal128Type>(&args[0], |v| Some(-v)), scale)
        }),
        Kind::Float => Node::apply(Kind::Float, vec![node], |args, _| {
            unary::<Float64Type, Float64Type>(&args[0], |v| Some(0.0 - v))
        }),
        kind => Err(mismatch(Kind::Decimal(0), kind)),
    }
}

/// A float that is a number; minus zero is zero.
pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value + 0.0)
}

/// Whole numbers stay whole, but for `/`, which always divides exactly to ten digits after the
/// point (spreadsheets expect 3 / 2 = 1.5). Decimals stay exact; a float makes the result a float.
pub(crate) fn arithmetic(op: Arithmetic, left: Node, right: Node) -> Result<Node, Problem> {
    use Arithmetic::*;
    if let (Kind::Date, Kind::Integer | Kind::Date, Add | Subtract) = (left.kind, right.kind, op) {
        return dates(op, left, right);
    }
    for node in [&left, &right] {
        if !node.kind.is_number() {
            let found = node.kind.words();
            let what = Text::new(
                format!("「{}」两边需要数字，这里是{}", op.symbol(), found.zh),
                format!("“{}” takes numbers, this is {}", op.symbol(), found.en),
            );
            let right = match node.kind {
                Kind::Text => {
                    Text::new("数字；连接文本用 CONCAT 或 ||", "numbers; texts are joined with CONCAT or ||")
                }
                Kind::Timestamp => Text::new("DATE_DIFF(较晚, 较早)", "DATE_DIFF(later, earlier)"),
                _ => Text::new("数字", "numbers"),
            };
            return Err(Problem::new("expression-type", what, right));
        }
    }
    let kind = left.kind.common(right.kind).unwrap_or(Kind::Null);
    if kind == Kind::Null {
        return Ok(left);
    }
    if kind == Kind::Float {
        let args = vec![widen(left, Kind::Float)?, widen(right, Kind::Float)?];
        return Node::apply(Kind::Float, args, move |args, rows| {
            binary::<Float64Type, Float64Type, Float64Type>(&args[0], &args[1], rows, |a, b| {
                finite(match op {
                    Add => a + b,
                    Subtract => a - b,
                    Multiply => a * b,
                    Divide => a / b,
                    Remainder => a % b,
                })
            })
        });
    }
    if kind == Kind::Integer && op != Divide {
        let args = vec![widen(left, kind)?, widen(right, kind)?];
        let f = match op {
            Add => i64::checked_add,
            Subtract => i64::checked_sub,
            Multiply => i64::checked_mul,
            _ => i64::checked_rem,
        };
        return Node::apply(kind, args, move |args, rows| {
            binary::<Int64Type, Int64Type, Int64Type>(&args[0], &args[1], rows, f)
        });
    }
    let scale_of = |node: &Node| if let Kind::Decimal(scale) = node.kind { scale } else { 0 };
    let (a_scale, b_scale) = (scale_of(&left), scale_of(&right));
    let widest = a_scale.max(b_scale);
    let (scale, a_to, b_to) = match op {
        Add | Subtract | Remainder => (widest, widest, widest),
        Multiply => ((a_scale + b_scale).min(PRODUCT_SCALE.max(widest)), a_scale, b_scale),
        Divide => (QUOTIENT_SCALE.max(a_scale), a_scale, b_scale),
    };
    let drop = i32::from(a_scale) + i32::from(b_scale) - i32::from(scale);
    let shift = i32::from(scale) - i32::from(a_scale) + i32::from(b_scale);
    let args = vec![widen(left, Kind::Decimal(a_to))?, widen(right, Kind::Decimal(b_to))?];
    Node::apply(Kind::Decimal(scale), args, move |args, rows| {
        let (a, b) = (&args[0], &args[1]);
        type D = Decimal128Type;
        let quotient = number::divider(shift);
        let value = match op {
            Add => binary::<D, D, D>(a, b, rows, |a, b| number::bounded(a.checked_add(b)?)),
            Subtract => binary::<D, D, D>(a, b, rows, |a, b| number::bounded(a.checked_sub(b)?)),
            Multiply => binary::<D, D, D>(a, b, rows, |a, b| number::multiply(a, b, drop)),
            Divide => binary::<D, D, D>(a, b, rows, quotient),
            Remainder => binary::<D, D, D>(a, b, rows, i128::checked_rem),
        };
        decimal(value, scale)
    })
}

/// `date + 30`, `date - 30` and the days between two dates.
fn dates(op: Arithmetic, left: Node, right: Node) -> Result<Node, Problem> {
    let sign = if op == Arithmetic::Add { 1 } else { -1 };
    match right.kind {
        Kind::Date if op == Arithmetic::Subtract => {
            Node::apply(Kind::Integer, vec![left, right], |args, rows| {
                binary::<Date32Type, Date32Type, Int64Type>(&args[0], &args[1], rows, |a, b| {
                    Some(i64::from(a) - i64::from(b))
                })
            })
        }
        Kind::Integer => Node::apply(Kind::Date, vec![left, right], move |args, rows| {
            binary::<Date32Type, Int64Type, Date32Type>(&args[0], &args[1], rows, |days, n| {
                i32::try_from(i64::from(days).checked_add(n.checked_mul(sign)?)?).ok()
            })
        }),
        kind => Err(mismatch(Kind::Integer, kind)),
    }
}
