//! FLOOR: toward minus infinity.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::to_whole;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "FLOOR",
    aliases: &[],
    zh: "向下取整",
    en: "rounded down to a whole number",
    signature: "FLOOR(number)",
    example: "FLOOR(spend)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}向下取整", "{0} rounded down"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    to_whole(args, i128::div_euclid, f64::floor)
}
