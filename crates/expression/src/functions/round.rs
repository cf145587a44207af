//! ROUND: half away from zero, exact on decimals.

use arrow::datatypes::{Decimal128Type, Float64Type, Int64Type};

use crate::arithmetic::finite;
use crate::convert::{decimal, mismatch};
use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::whole_literal;
use crate::kind::Kind;
use crate::node::Node;
use crate::number;
use crate::problem::Problem;
use crate::value::unary;

pub static FUNCTION: Function = Function {
    name: "ROUND",
    aliases: &["四舍五入"],
    zh: "四舍五入到指定的小数位，.5 远离零",
    en: "rounded to so many digits, halves away from zero",
    signature: "ROUND(number[, digits])",
    example: "ROUND(spend, 2)",
    at_least: 1,
    at_most: 2,
    plan,
    rewrite: Form::Call,
    words: ("{0}四舍五入到{1}位小数", "{0} rounded to {1} digits"),
};

fn plan(mut args: Vec<Node>) -> Result<Node, Problem> {
    let digits = if args.len() > 1 { whole_literal(args.pop(), -18, 18)? as i32 } else { 0 };
    match args.first().map(|arg| arg.kind) {
        Some(Kind::Integer) if digits >= 0 => {
            args.pop().map(Ok).unwrap_or_else(|| Err(mismatch(Kind::Decimal(0), Kind::Null)))
        }
        Some(Kind::Integer) => Node::apply(Kind::Integer, args, move |args, _| {
            unary::<Int64Type, Int64Type>(&args[0], |value| {
                let factor = number::power_of_ten(-digits)?;
                i64::try_from(number::round_div(value.into(), factor)?.checked_mul(factor)?).ok()
            })
        }),
        Some(Kind::Decimal(scale)) => {
            let to = i32::from(scale).min(digits).max(0) as i8;
            // Digits before the point are rounded off by dividing further and multiplying back.
            let back = number::power_of_ten((-digits).max(0)).unwrap_or(1);
            let drop = i32::from(scale) - digits;
            Node::apply(Kind::Decimal(to), args, move |args, _| {
                let round = |value: i128| {
                    if drop <= 0 {
                        return Some(value);
                    }
                    match number::power_of_ten(drop) {
                        Some(factor) => number::bounded(number::round_div(value, factor)?.checked_mul(back)?),
                        None => Some(0),
                    }
                };
                decimal(unary::<Decimal128Type, Decimal128Type>(&args[0], round), to)
            })
        }
        Some(Kind::Float) => Node::apply(Kind::Float, args, move |args, _| {
            unary::<Float64Type, Float64Type>(&args[0], |value| {
                if digits == 0 {
                    return finite(value.round());
                }
                // Rounded as it is shown, so that 2.675 to two digits is 2.68.
                match number::from_float(value, 18.min(digits.max(0)) as i8) {
                    Some(exact) if digits >= 0 => finite(number::to_float(exact, digits as i8)),
                    Some(exact) => {
                        let factor = number::power_of_ten(-digits)?;
                        finite((number::round_div(exact, factor)? * factor) as f64)
                    }
                    // Beyond 38 digits there is nothing after the point to round.
                    None => finite(value),
                }
            })
        }),
        Some(Kind::Null) => args.pop().map(Ok).unwrap_or_else(|| Err(mismatch(Kind::Decimal(0), Kind::Null))),
        Some(kind) => Err(mismatch(Kind::Decimal(0), kind)),
        None => Err(mismatch(Kind::Decimal(0), Kind::Null)),
    }
}
