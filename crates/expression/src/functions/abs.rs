//! ABS.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::numeric;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "ABS",
    aliases: &[],
    zh: "绝对值",
    en: "the absolute value",
    signature: "ABS(number)",
    example: "ABS(change)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}的绝对值", "the absolute value of {0}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    numeric(args, i64::checked_abs, |value, _| value.checked_abs(), |value| Some(value.abs()))
}
