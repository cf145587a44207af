//! COALESCE: the first known value. A fault before it stays a fault.

use crate::check::unify;
use crate::form::Form;
use crate::functions::Function;
use crate::node::Node;
use crate::node::Op;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "COALESCE",
    aliases: &["IFNULL", "NVL"],
    zh: "第一个已知的值",
    en: "the first value that is known",
    signature: "COALESCE(value, value, …)",
    example: "COALESCE(country, 'unknown')",
    at_least: 2,
    at_most: usize::MAX,
    plan,
    rewrite: Form::Call,
    words: ("{*}中第一个已知的值", "the first known of {*}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    let (kind, args) = unify(args)?;
    Ok(Node { kind, op: Op::Coalesce(args) })
}
