//! SIGN.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::to_whole;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "SIGN",
    aliases: &[],
    zh: "正数为 1，零为 0，负数为 -1",
    en: "1, 0 or -1",
    signature: "SIGN(number)",
    example: "SIGN(change)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}的符号", "the sign of {0}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    let sign = |value: f64| if value == 0.0 { 0.0 } else { value.signum() };
    to_whole(args, |value, _| value.signum(), sign)
}
