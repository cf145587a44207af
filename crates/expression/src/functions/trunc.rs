//! TRUNC: toward zero.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::to_whole;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "TRUNC",
    aliases: &["INT"],
    zh: "去掉小数部分",
    en: "the digits after the point cut off",
    signature: "TRUNC(number)",
    example: "TRUNC(spend)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}去掉小数", "{0} without the digits after the point"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    to_whole(args, |value, factor| value / factor, f64::trunc)
}
