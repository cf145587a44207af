//! POWER, by one pure-Rust implementation, so that machines agree.

use arrow::datatypes::Float64Type;

use crate::arithmetic::finite;
use crate::convert::widen;
use crate::form::Form;
use crate::functions::Function;
use crate::kind::Kind;
use crate::node::Node;
use crate::problem::Problem;
use crate::value::binary;

pub static FUNCTION: Function = Function {
    name: "POWER",
    aliases: &["POW"],
    zh: "幂",
    en: "a number to a power",
    signature: "POWER(number, exponent)",
    example: "POWER(1.1, years)",
    at_least: 2,
    at_most: 2,
    plan,
    rewrite: Form::Call,
    words: ("{0}的{1}次方", "{0} to the power of {1}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    let args = args.into_iter().map(|arg| widen(arg, Kind::Float)).collect::<Result<Vec<_>, _>>()?;
    Node::apply(Kind::Float, args, |args, rows| {
        binary::<Float64Type, Float64Type, Float64Type>(&args[0], &args[1], rows, |a, b| {
            finite(libm::pow(a, b))
        })
    })
}
