//! SQRT, by one pure-Rust implementation, so that machines agree.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::float;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "SQRT",
    aliases: &[],
    zh: "平方根",
    en: "the square root",
    signature: "SQRT(number)",
    example: "SQRT(spend + 1)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}的平方根", "the square root of {0}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    float(args, libm::sqrt)
}
