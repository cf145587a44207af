//! CEIL: toward plus infinity.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::to_whole;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "CEIL",
    aliases: &["CEILING"],
    zh: "向上取整",
    en: "rounded up to a whole number",
    signature: "CEIL(number)",
    example: "CEIL(spend)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}向上取整", "{0} rounded up"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    // The factor is at least one, so the quotient never leaves the range.
    to_whole(args, |value, factor| -(-value).div_euclid(factor), f64::ceil)
}
